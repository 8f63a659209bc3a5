//! Ratios of 0 to 100 for texts of several words: titles, addresses, full names.
//!
//! ```text
//! ratio(a, b)      = 100 · (1 − indel(a, b) / (|a| + |b|))
//! token_sort_ratio = ratio of the words of each, sorted and joined by one blank
//! token_set_ratio  = max(ratio(s+x, s+y), ratio(s, s+x), ratio(s, s+y))
//!                    s: words in both, x: words of a only, y: words of b only,
//!                    each once, sorted and joined; 100 if s is not empty and x or y is
//! partial_ratio    = max ratio(shorter, w) over all parts w of the longer one of up to
//!                    |shorter| characters, shorter parts only at its ends
//! ```
//!
//! Lengths count characters; words are parted by white space. Nothing is folded, dropped
//! or sorted out beforehand. Two empty texts give 100, but 0 in `token_set_ratio`: no word
//! is no evidence.
//!
//! With n ≥ m the lengths: `ratio` as [`indel`](super::indel); the token ratios sort
//! the words first, O(n log n); `partial_ratio` O(n·m·⌈m/64⌉) at most, for titles rather
//! than books. A window that is far off the best one cannot become the best before it has
//! moved half the difference (each step changes its distance by two at most), so most
//! windows are skipped.
//!
//! The definitions are those of `RapidFuzz`, of which the values here are equal.

use super::edit::count;
use super::lcs::{common, common_of_prefixes, indel_similarity, lcs};
use super::masks::{Symbol, Task, with_symbols};
use std::borrow::Cow;

/// Insertions and deletions as a ratio of 0 to 100.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::ratio;
///
/// assert_eq!(ratio("Smith", "Smyth"), 80.0);
/// ```
#[must_use]
#[inline]
pub fn ratio(a: &str, b: &str) -> f64 {
    100.0 * indel_similarity(a, b)
}

/// The ratio whatever the order of the words.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::token_sort_ratio;
///
/// assert_eq!(token_sort_ratio("Lovelace  Ada", "Ada Lovelace"), 100.0);
/// ```
#[must_use]
pub fn token_sort_ratio(a: &str, b: &str) -> f64 {
    ratio(&sorted(a), &sorted(b))
}

/// The words of a text, sorted and joined by one blank.
fn sorted(text: &str) -> Cow<'_, str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [] => return Cow::Borrowed(""),
        [word] => return Cow::Borrowed(*word),
        _ => words.sort_unstable(),
    }
    Cow::Owned(words.join(" "))
}

/// The ratio whatever the order and number of the words, 100 if those of one text are
/// all in the other.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::token_set_ratio;
///
/// assert_eq!(token_set_ratio("red cotton shirt", "shirt red red"), 100.0);
/// ```
#[must_use]
pub fn token_set_ratio(a: &str, b: &str) -> f64 {
    let (a, b) = (distinct(a), distinct(b));
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let of = |words: &[&str], others: &[&str], shared: bool| -> Vec<String> {
        let kept = words.iter().filter(|word| others.binary_search(word).is_ok() == shared);
        kept.map(|word| (*word).to_string()).collect()
    };
    let shared = of(&a, &b, true).join(" ");
    let (only_a, only_b) = (of(&a, &b, false).join(" "), of(&b, &a, false).join(" "));
    if !shared.is_empty() && (only_a.is_empty() || only_b.is_empty()) {
        return 100.0;
    }
    let (s, x, y) = (count(&shared), count(&only_a), count(&only_b));
    let blank = usize::from(s > 0);
    let (with_x, with_y) = (s + blank + x, s + blank + y);
    // What is in front is the same on both sides, so it costs nothing.
    let apart = (x + y).saturating_sub(2 * lcs(&only_a, &only_b));
    let best = as_ratio(apart, with_x + with_y);
    if s == 0 {
        return best;
    }
    best.max(as_ratio(blank + x, s + with_x)).max(as_ratio(blank + y, s + with_y))
}

/// The distinct words of a text, sorted.
fn distinct(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words.dedup();
    words
}

#[inline]
fn as_ratio(distance: usize, lengths: usize) -> f64 {
    if lengths == 0 { 100.0 } else { 100.0 * (1.0 - distance as f64 / lengths as f64) }
}

/// The best ratio of the shorter text beside any part of the longer one.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::partial_ratio;
///
/// assert_eq!(partial_ratio("HDR-CX405", "Sony HDR-CX405 Handycam"), 100.0);
/// ```
#[must_use]
pub fn partial_ratio(a: &str, b: &str) -> f64 {
    with_symbols(a, b, Partial)
}

struct Partial;

impl Task for Partial {
    type Out = f64;

    fn run<S: Symbol>(self, a: &[S], b: &[S]) -> f64 {
        let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
        if short.is_empty() {
            return if long.is_empty() { 100.0 } else { 0.0 };
        }
        let mut best = best_part(short, long);
        if short.len() == long.len() && best < 100.0 {
            // Either may be the part.
            best = best.max(best_part(long, short));
        }
        best
    }
}

/// The best ratio of a text beside any part of one at least as long.
fn best_part<S: Symbol>(short: &[S], long: &[S]) -> f64 {
    let m = short.len();
    // Whole windows: the least distance.
    let (mut least, mut at) = (2 * m, 0);
    while let Some(window) = long.get(at..at + m) {
        let distance = 2 * (m - common(short, window));
        if distance == 0 {
            return 100.0;
        }
        let behind = distance.saturating_sub(least);
        least = least.min(distance);
        at += behind / 2 + 1;
    }
    let mut best = as_ratio(least, 2 * m);
    let mut ends = |short: &[S], end: &[S]| {
        for (length, common) in (1..).zip(common_of_prefixes(short, end)) {
            best = best.max(as_ratio(m + length - 2 * common, m + length));
        }
    };
    // Parts at the beginning, then those at the end, read backward.
    ends(short, long.get(..m - 1).unwrap_or_default());
    let backward: Vec<S> = short.iter().rev().copied().collect();
    let end: Vec<S> = long.iter().rev().take(m - 1).copied().collect();
    ends(&backward, &end);
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All parts, one by one.
    fn plain_partial(a: &str, b: &str) -> f64 {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
        if short.is_empty() {
            return if long.is_empty() { 100.0 } else { 0.0 };
        }
        let of = |part: &[char]| part.iter().collect::<String>();
        let parts = |short: &[char], long: &[char]| {
            let (m, n) = (short.len(), long.len());
            let mut best = 0.0_f64;
            for start in 0..n {
                for end in start + 1..=n.min(start + m) {
                    if end - start == m || start == 0 || end == n {
                        best = best.max(ratio(&of(short), &of(&long[start..end])));
                    }
                }
            }
            best
        };
        let best = parts(&short, &long);
        if short.len() == long.len() { best.max(parts(&long, &short)) } else { best }
    }

    proptest! {
        #[test]
        fn parts_agree_with_trying_all(a in "[abcé]{0,14}", b in "[abcé]{0,30}") {
            let (got, expected) = (partial_ratio(&a, &b), plain_partial(&a, &b));
            prop_assert!((got - expected).abs() < 1e-9, "{got} {expected}");
            prop_assert_eq!(got, partial_ratio(&b, &a));
        }

        #[test]
        fn ratios_are_symmetric_and_bounded(a in any::<String>(), b in any::<String>()) {
            for of in [ratio, token_sort_ratio, token_set_ratio, partial_ratio] {
                let value = of(&a, &b);
                prop_assert!((0.0..=100.0).contains(&value));
                prop_assert_eq!(value, of(&b, &a));
            }
            prop_assert_eq!(ratio(&a, &a), 100.0);
            prop_assert_eq!(partial_ratio(&a, &a), 100.0);
        }
    }

    #[test]
    fn parts_of_long_texts_are_found() {
        let long = "the quick brown fox jumps over the lazy dog ".repeat(20);
        let short = format!("{}x{}", &long[100..180], &long[180..260]);
        assert!(partial_ratio(&short, &long) > 99.0);
        assert_eq!(partial_ratio(&long[3..300], &long), 100.0);
    }
}
