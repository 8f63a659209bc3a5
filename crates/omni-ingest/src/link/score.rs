//! How right a partition is: precision, recall and F1 over pairs.
//!
//! ```text
//! found = Σ |cluster| (|cluster| − 1) / 2          true = the same over the truth
//! both  = the same over what is one cluster in both
//! precision = both / found    recall = both / true    F1 = 2 both / (found + true)
//! ```
//!
//! Counted from sizes, so a million records take a moment. Nothing found is precision 1,
//! nothing to find recall 1.

use rustc_hash::FxHashMap;
use std::fmt;
use std::hash::Hash;

/// Pairs that are right and wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Score {
    /// Pairs found.
    pub found: u64,
    /// Pairs of the truth.
    pub truth: u64,
    /// Pairs found that are of the truth.
    pub both: u64,
}

impl Score {
    /// Of the pairs found, the share that is right.
    #[must_use]
    pub fn precision(&self) -> f64 {
        if self.found == 0 { 1.0 } else { self.both as f64 / self.found as f64 }
    }

    /// Of the true pairs, the share that was found.
    #[must_use]
    pub fn recall(&self) -> f64 {
        if self.truth == 0 { 1.0 } else { self.both as f64 / self.truth as f64 }
    }

    /// The harmonic mean of both.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let sum = self.found + self.truth;
        if sum == 0 { 1.0 } else { 2.0 * self.both as f64 / sum as f64 }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "F1 {:.4}, precision {:.4}, recall {:.4} ({} pairs found, {} true, {} both)",
            self.f1(),
            self.precision(),
            self.recall(),
            self.found,
            self.truth,
            self.both
        )
    }
}

/// Compares the clusters of items with the truth: one pair of labels for every item.
///
/// # Examples
/// ```
/// use omni_ingest::link::score;
///
/// let found = score([("a", 1), ("a", 1), ("a", 2), ("b", 2)]);
/// assert_eq!((found.found, found.truth, found.both), (3, 2, 1));
/// assert_eq!(found.f1(), 0.4);
/// ```
pub fn score<F: Hash + Eq + Clone, T: Hash + Eq + Clone>(
    items: impl IntoIterator<Item = (F, T)>,
) -> Score {
    let mut found: FxHashMap<F, u64> = FxHashMap::default();
    let mut truth: FxHashMap<T, u64> = FxHashMap::default();
    let mut both: FxHashMap<(F, T), u64> = FxHashMap::default();
    for (own, real) in items {
        *found.entry(own.clone()).or_default() += 1;
        *truth.entry(real.clone()).or_default() += 1;
        *both.entry((own, real)).or_default() += 1;
    }
    let pairs = |sizes: &mut dyn Iterator<Item = u64>| sizes.map(|n| n * (n - 1) / 2).sum();
    Score {
        found: pairs(&mut found.into_values()),
        truth: pairs(&mut truth.into_values()),
        both: pairs(&mut both.into_values()),
    }
}
