//! Damerau-Levenshtein: edits and swaps of neighbors, edits between the swapped allowed.
//!
//! ```text
//! insert, delete, replace, swap of neighbors = 1 each          CA → AC → ABC = 2
//! similarity = 1 − distance / max(|a|, |b|)
//! ```
//!
//! Characters (Unicode scalar values) are counted, never bytes. A metric: symmetric, and
//! the triangle inequality holds. With n ≥ m the lengths without common beginning and end:
//! O(n) as [`osa`](super::osa) if the distance is 2 at most, O(m·n) time and O(n) memory
//! above that.
//!
//! Sources: Damerau (1964), "A technique for computer detection and correction of spelling
//! errors", Communications of the ACM 7(3), 171–176; Lowrance & Wagner (1975), "An
//! extension of the string-to-string correction problem", J. ACM 22(2), 177–183; Zhao &
//! Sahni (2020), "Linear space string correction algorithm using the Damerau-Levenshtein
//! distance", BMC Bioinformatics 21(S1), 4.

use super::edit::{count, osa_within, similarity, trimmed, within};
use super::masks::{Symbol, Task, with_symbols};

/// Damerau-Levenshtein distance, with unrestricted swaps.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::damerau_levenshtein;
///
/// assert_eq!(damerau_levenshtein("CA", "ABC"), 2); // swap, then insert between
/// ```
#[must_use]
#[inline]
pub fn damerau_levenshtein(a: &str, b: &str) -> usize {
    with_symbols(a, b, Damerau)
}

/// Damerau-Levenshtein distance if it is at most `max`.
#[must_use]
#[inline]
pub fn damerau_levenshtein_within(a: &str, b: &str, max: usize) -> Option<usize> {
    match max {
        0 | 1 => osa_within(a, b, max),
        2 => osa_within(a, b, max).or_else(|| with_symbols(a, b, WideSwap).then_some(2)),
        _ => Some(damerau_levenshtein(a, b)).filter(|distance| *distance <= max),
    }
}

/// Damerau-Levenshtein distance as a similarity in `[0, 1]`.
#[must_use]
#[inline]
pub fn damerau_levenshtein_similarity(a: &str, b: &str) -> f64 {
    similarity(damerau_levenshtein(a, b), count(a).max(count(b)))
}

/// Up to this distance of OSA the two agree: an unrestricted swap needs an edit between
/// its letters, so it costs two at least, and only then OSA may be further away.
const SAME_AS_OSA: usize = 2;

/// Whether all that differs is one swap with a letter put between: `xy` and `ycx`, the
/// only way to a distance of two that OSA does not see.
struct WideSwap;

impl Task for WideSwap {
    type Out = bool;

    #[inline]
    fn run<S: Symbol>(self, a: &[S], b: &[S]) -> bool {
        let (a, b, _) = trimmed(a, b);
        match (a, b) {
            ([x, y], [v, _, w]) | ([v, _, w], [x, y]) => x == w && y == v,
            _ => false,
        }
    }
}

/// The Damerau-Levenshtein distance.
struct Damerau;

impl Task for Damerau {
    type Out = usize;

    #[inline]
    fn run<S: Symbol>(self, a: &[S], b: &[S]) -> usize {
        let (pattern, text, _) = trimmed(a, b);
        match within::<S, true>(pattern, text, SAME_AS_OSA) {
            Some(distance) => distance,
            None => damerau(pattern, text),
        }
    }
}

/// One column of the matrix, as far as it is needed later.
#[derive(Clone)]
struct Cell<S> {
    symbol: S,
    /// Which of the distinct symbols it is.
    kind: usize,
    /// The value one row up and two rows up.
    up: [usize; 2],
    /// One row up and two columns left of the last row with this symbol: where a swap
    /// with the column to the left begins.
    swap: usize,
}

/// The whole matrix, two rows kept.
///
/// Of all swaps that end here, only those whose two letters are neighbors in one of the
/// strings can be better than plain edits.
fn damerau<S: Symbol>(rows: &[S], columns: &[S]) -> usize {
    let far = rows.len().max(columns.len()) + 1;
    let mut kinds = columns.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    let mut last_rows = vec![0_usize; kinds.len()];
    let mut cells: Vec<Cell<S>> = (1..)
        .zip(columns)
        .map(|(column, symbol)| Cell {
            symbol: *symbol,
            kind: kinds.binary_search(symbol).unwrap_or_default(),
            up: [column, far],
            swap: far,
        })
        .collect();
    for (row, symbol) in (1_usize..).zip(rows) {
        let mut last_column = 0;
        // The value to the left, those of the row above one and two to the left, and that
        // of two rows above one to the left.
        let (mut left, mut corner, mut beyond) = (row, row - 1, far);
        let mut far_corner = row.checked_sub(2).unwrap_or(far);
        // Two rows above, one to the left of the last column with this symbol.
        let mut before = far;
        for (column, cell) in (1..).zip(&mut cells) {
            let [up, two_up] = cell.up;
            let mut best = (left.min(up) + 1).min(corner + usize::from(cell.symbol != *symbol));
            if cell.symbol == *symbol {
                last_column = column;
                cell.swap = beyond;
                before = far_corner;
            } else {
                let last_row = last_rows.get(cell.kind).copied().unwrap_or_default();
                if column - last_column == 1 {
                    best = best.min(cell.swap + (row - last_row));
                } else if row - last_row == 1 {
                    best = best.min(before + (column - last_column));
                }
            }
            cell.up = [best, up];
            (left, beyond, corner, far_corner) = (best, corner, up, two_up);
        }
        let kind = kinds.binary_search(symbol).ok();
        if let Some(last) = kind.and_then(|kind| last_rows.get_mut(kind)) {
            *last = row;
        }
    }
    cells.last().map_or(rows.len(), |cell| cell.up[0])
}

#[cfg(test)]
mod tests {
    use super::super::edit::tests::pairs;
    use super::*;
    use proptest::prelude::*;

    /// The edit matrix itself.
    fn matrix(a: &str, b: &str) -> usize {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let mut d = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                if i == 0 || j == 0 {
                    d[i][j] = i + j;
                    continue;
                }
                let replaced = d[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                d[i][j] = replaced.min(d[i - 1][j] + 1).min(d[i][j - 1] + 1);
                let k = (1..i).rev().find(|k| a[k - 1] == b[j - 1]);
                let l = (1..j).rev().find(|l| b[l - 1] == a[i - 1]);
                if let (Some(k), Some(l)) = (k, l) {
                    d[i][j] = d[i][j].min(d[k - 1][l - 1] + (i - k) + (j - l) - 1);
                }
            }
        }
        d[a.len()][b.len()]
    }

    fn agree(a: &str, b: &str) {
        let truth = matrix(a, b);
        assert_eq!(damerau_levenshtein(a, b), truth, "{a} {b}");
        assert_eq!(damerau_levenshtein(b, a), truth, "{a} {b}");
        for max in (0..6).chain([truth, truth.saturating_sub(1)]) {
            let within = Some(truth).filter(|distance| *distance <= max);
            assert_eq!(damerau_levenshtein_within(a, b, max), within, "{a} {b} {max}");
        }
    }

    #[test]
    fn a_wide_swap_is_two_edits() {
        agree("CA", "ABC");
        agree("aaaaaaaaaaaaaaadaaaaaa", "aaaaaaaaaaaaaaaabdaaaaa");
    }

    proptest! {
        #[test]
        fn short_strings_agree_with_the_matrix((a, b) in pairs(24)) {
            agree(&a, &b);
        }

        #[test]
        fn it_is_a_metric((a, b) in pairs(12), (c, _) in pairs(12)) {
            let far = damerau_levenshtein(&a, &b) + damerau_levenshtein(&b, &c);
            prop_assert!(damerau_levenshtein(&a, &c) <= far);
            prop_assert_eq!(damerau_levenshtein(&a, &b) == 0, a == b);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn long_strings_agree_with_the_matrix((a, b) in pairs(200)) {
            agree(&a, &b);
        }
    }

    #[test]
    fn empty_strings_are_equal() {
        assert_eq!((damerau_levenshtein("", ""), damerau_levenshtein("", "é")), (0, 1));
        assert_eq!(damerau_levenshtein_similarity("", ""), 1.0);
    }
}
