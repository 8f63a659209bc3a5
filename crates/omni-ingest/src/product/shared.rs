//! Shared columns: what their agreement is worth, learned from the pairs themselves.
//!
//! ```text
//! level   equal | near | different, if both fields are filled
//! m_l     = (1 + Σ P(pair) over first choices at level l) / (3 + Σ P)
//! u_l     = (1 + second choices at level l) / (3 + second choices)
//! weight  = ln(m_l / u_l), held within ±1½
//! ```
//!
//! A brand that both name, a year, a weight: nobody knows beforehand whether they tell
//! products apart. Right pairs (weighted by their probability) and runners-up say so. The
//! bound keeps a column below a code: its text counts among the words already.
//!
//! *Near*: numbers within a fifth, texts of which one holds the other or that share half of
//! their words. O(pairs · columns).
//!
//! Source: Fellegi & Sunter (1969), "A theory for record linkage", JASA 64(328), 1183–1210.

use super::profile::{Profile, Profiles};
use super::tokens::{squash, words};

const BOUND: f64 = 1.5;

/// How two fields compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Equal,
    Near,
    Different,
}

/// The weight of each level of each shared column.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ColumnWeights {
    weights: Vec<[f64; 3]>,
}

/// The level of two folded fields; none if one is empty.
pub(super) fn level(a: &str, b: &str) -> Option<Level> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    if a == b {
        return Some(Level::Equal);
    }
    if let (Ok(x), Ok(y)) = (a.parse::<f64>(), b.parse::<f64>()) {
        let (gap, size) = ((x - y).abs(), x.abs().max(y.abs()));
        return Some(if gap <= 0.02 * size {
            Level::Equal
        } else if gap <= 0.2 * size {
            Level::Near
        } else {
            Level::Different
        });
    }
    let (x, y) = (squash(a), squash(b));
    if x == y && !x.is_empty() {
        return Some(Level::Equal);
    }
    let held = |long: &str, short: &str| !short.is_empty() && long.contains(short);
    let (left, right): (Vec<&str>, Vec<&str>) =
        (words(a).take(64).collect(), words(b).take(64).collect());
    let common = left.iter().filter(|word| right.contains(word)).count();
    let near =
        held(&x, &y) || held(&y, &x) || (common > 0 && 2 * common >= left.len().max(right.len()));
    Some(if near { Level::Near } else { Level::Different })
}

impl ColumnWeights {
    /// Learns from the first choices with their probabilities and the second choices.
    pub(super) fn learn(
        profiles: &Profiles,
        columns: usize,
        first: impl Iterator<Item = (u32, u32, f64)>,
        second: impl Iterator<Item = (u32, u32)>,
    ) -> Self {
        let mut right = vec![[1.0; 3]; columns];
        let mut wrong = vec![[1.0; 3]; columns];
        let count = |counts: &mut Vec<[f64; 3]>, a: u32, b: u32, weight: f64| {
            let [left, right] = &profiles.sides;
            let (Some(a), Some(b)) = (left.get(a as usize), right.get(b as usize)) else { return };
            for (counts, (x, y)) in counts.iter_mut().zip(a.shared.iter().zip(&b.shared)) {
                if let Some(count) = level(x, y).and_then(|l| counts.get_mut(l as usize)) {
                    *count += weight;
                }
            }
        };
        first.for_each(|(a, b, probability)| count(&mut right, a, b, probability));
        second.for_each(|(a, b)| count(&mut wrong, a, b, 1.0));
        let weights = right.iter().zip(&wrong).map(|(right, wrong)| {
            let (m, u): (f64, f64) = (right.iter().sum(), wrong.iter().sum());
            std::array::from_fn(|level| {
                let of = |counts: &[f64; 3]| counts.get(level).copied().unwrap_or(1.0);
                (of(right) / m * u / of(wrong)).ln().clamp(-BOUND, BOUND)
            })
        });
        Self { weights: weights.collect() }
    }

    /// What each shared column of a pair adds to its score.
    pub(super) fn of<'a>(
        &'a self,
        a: &'a Profile,
        b: &'a Profile,
    ) -> impl Iterator<Item = (usize, f64)> + 'a {
        let fields = a.shared.iter().zip(&b.shared);
        self.weights.iter().zip(fields).enumerate().filter_map(|(column, (weights, (x, y)))| {
            let weight = weights.get(level(x, y)? as usize)?;
            Some((column, *weight))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_compare_by_what_they_hold() {
        for (a, b, expected) in [
            ("", "x", None),
            ("sony", "sony", Some(Level::Equal)),
            ("d-link", "dlink", Some(Level::Equal)),
            ("hp", "hp inc.", Some(Level::Near)),
            ("vldb journal", "journal of vldb", Some(Level::Near)),
            ("sony", "canon", Some(Level::Different)),
            ("1.50", "1.5", Some(Level::Equal)),
            ("1.5", "1.7", Some(Level::Near)),
            ("1999", "1200", Some(Level::Different)),
            ("-", "!", Some(Level::Different)),
            ("nan", "1", Some(Level::Different)),
        ] {
            assert_eq!(level(a, b), expected, "{a} {b}");
        }
    }
}
