//! Longest common subsequence, and the insertions and deletions it leaves.
//!
//! ```text
//! lcs              = length of the longest text that both strings contain in order
//! indel            = |a| + |b| − 2·lcs
//! lcs_similarity   = lcs / max(|a|, |b|)
//! indel_similarity = 1 − indel / (|a| + |b|)
//! ```
//!
//! Characters (Unicode scalar values) are counted, never bytes. Similarities are in
//! `[0, 1]`, and 1 for two empty strings. With n ≥ m the lengths without common beginning
//! and end: O(n) for m ≤ 64 without allocation, O(m·n/64) time and O(n) memory above, 64
//! cells at once as in [`edit`](super::edit).
//!
//! Source: Hyyrö (2004), "Bit-parallel LCS-length computation revisited", AWOCA, 16–27.

use super::edit::{count, similarity, trimmed};
use super::masks::{Job, Masks, Symbol, Task, WORD, with_symbols};

/// Insertions and deletions that make one string the other.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::indel;
///
/// assert_eq!(indel("Smith", "Smyth"), 2);
/// ```
#[must_use]
#[inline]
pub fn indel(a: &str, b: &str) -> usize {
    let lengths = count(a) + count(b);
    lengths.saturating_sub(2 * lcs(a, b))
}

/// Length of the longest common subsequence.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::lcs;
///
/// assert_eq!(lcs("O'Brien", "OBrien"), 6);
/// ```
#[must_use]
#[inline]
pub fn lcs(a: &str, b: &str) -> usize {
    with_symbols(a, b, Common)
}

/// Insertions and deletions as a similarity in `[0, 1]`.
#[must_use]
#[inline]
pub fn indel_similarity(a: &str, b: &str) -> f64 {
    let lengths = count(a) + count(b);
    similarity(lengths.saturating_sub(2 * lcs(a, b)), lengths)
}

/// Longest common subsequence as a similarity in `[0, 1]`.
#[must_use]
#[inline]
pub fn lcs_similarity(a: &str, b: &str) -> f64 {
    let longest = count(a).max(count(b));
    similarity(longest.saturating_sub(lcs(a, b)), longest)
}

/// Length of the longest common subsequence.
struct Common;

impl Task for Common {
    type Out = usize;

    #[inline]
    fn run<S: Symbol>(self, a: &[S], b: &[S]) -> usize {
        let (pattern, text, same) = trimmed(a, b);
        same + common(pattern, text)
    }
}

/// The longest common subsequence of two strings of symbols, fastest with the shorter
/// one first.
pub(super) fn common<S: Symbol>(pattern: &[S], text: &[S]) -> usize {
    if pattern.len() <= WORD {
        return S::with_masks(pattern, CommonColumn { text });
    }
    let mut edge = vec![false; text.len()];
    let strips = pattern.chunks(WORD);
    let strip = |part| S::with_masks(part, CommonStrip { text, edge: &mut edge, lengths: None });
    strips.map(strip).sum()
}

/// The longest common subsequence with each beginning of the text, from one symbol on.
pub(super) fn common_of_prefixes<S: Symbol>(pattern: &[S], text: &[S]) -> Vec<usize> {
    let mut edge = vec![false; text.len()];
    let mut lengths = vec![0; text.len()];
    for part in pattern.chunks(WORD) {
        let strip = CommonStrip { text, edge: &mut edge, lengths: Some(&mut lengths) };
        S::with_masks(part, strip);
    }
    lengths
}

/// Rows up to which a column of the matrix does not rise stay set.
struct CommonColumn<'a, S> {
    text: &'a [S],
}

impl<S: Symbol> Job<S> for CommonColumn<'_, S> {
    type Out = usize;

    #[inline]
    fn run<M: Masks<S>>(self, masks: &M) -> usize {
        let mut flat = !0_u64;
        for &symbol in self.text {
            let matched = flat & masks.get(symbol);
            flat = flat.wrapping_add(matched) | (flat & !matched);
        }
        flat.count_zeros() as usize
    }
}

/// One strip of a longer pattern; the carry of its addition crosses its edge.
struct CommonStrip<'a, S> {
    text: &'a [S],
    edge: &'a mut [bool],
    /// Adds what each column comes to.
    lengths: Option<&'a mut [usize]>,
}

impl<S: Symbol> Job<S> for CommonStrip<'_, S> {
    type Out = usize;

    #[inline]
    fn run<M: Masks<S>>(self, masks: &M) -> usize {
        let mut flat = !0_u64;
        let mut lengths = self.lengths.into_iter().flatten();
        for (&symbol, edge) in self.text.iter().zip(self.edge) {
            let matched = flat & masks.get(symbol);
            let (sum, first) = flat.overflowing_add(matched);
            let (sum, second) = sum.overflowing_add(u64::from(*edge));
            *edge = first || second;
            flat = sum | (flat & !matched);
            if let Some(length) = lengths.next() {
                *length += flat.count_zeros() as usize;
            }
        }
        flat.count_zeros() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::super::edit::tests::pairs;
    use super::*;
    use proptest::prelude::*;

    fn plain_lcs(a: &str, b: &str) -> usize {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let mut d = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 1..=a.len() {
            for j in 1..=b.len() {
                let same = d[i - 1][j - 1] + usize::from(a[i - 1] == b[j - 1]);
                d[i][j] = same.max(d[i - 1][j]).max(d[i][j - 1]);
            }
        }
        d[a.len()][b.len()]
    }

    fn agree(a: &str, b: &str) {
        assert_eq!(lcs(a, b), plain_lcs(a, b), "{a} {b}");
        assert_eq!(lcs(b, a), lcs(a, b), "{a} {b}");
        assert_eq!(indel(a, b), count(a) + count(b) - 2 * lcs(a, b), "{a} {b}");
    }

    proptest! {
        #[test]
        fn short_strings_agree_with_the_matrix((a, b) in pairs(24)) {
            agree(&a, &b);
        }

        #[test]
        fn prefixes_agree_with_the_whole((a, b) in pairs(150)) {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            for (end, length) in (1..).zip(common_of_prefixes(&a, &b)).step_by(7) {
                prop_assert_eq!(length, common(&a, &b[..end]));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn long_strings_agree_with_the_matrix((a, b) in pairs(300)) {
            agree(&a, &b);
        }
    }

    #[test]
    fn empty_strings_are_equal() {
        assert_eq!((lcs("", "é"), indel("", "é")), (0, 1));
        assert_eq!((lcs_similarity("", ""), indel_similarity("", "")), (1.0, 1.0));
    }
}
