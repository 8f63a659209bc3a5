//! Edit distances: how many slips of the pen lie between two strings.
//!
//! ```text
//!                 insert  delete  replace  swap of neighbors
//! levenshtein       1       1        1         2
//! osa               1       1        1         1, none edited again
//!
//! similarity = 1 − distance / max(|a|, |b|)
//! ```
//!
//! Distances and lengths count characters (Unicode scalar values), never bytes. A
//! similarity is in `[0, 1]`, and 1 for two empty strings. Both are symmetric;
//! Levenshtein obeys the triangle inequality, OSA does not (`CA → AC → ABC` costs 2,
//! `CA → ABC` 3): see [`damerau`](super::damerau) for one with swaps that does.
//!
//! # Cost
//! With n ≥ m the lengths without common beginning and end:
//!
//! | | m ≤ 64 | longer | memory |
//! |---|---|---|---|
//! | distance d | O(n) | O(d·n/64), at most O(m·n/64) | none; O(n) |
//! | with a bound k | O(n) | O(k·n/64), less where it is soon passed | none; O(n) |
//!
//! 64 cells of a column of the edit matrix are computed at once. Longer patterns are cut
//! into strips of 64 rows, each run along the text once; what crosses from strip to strip
//! is one byte a column. Only the diagonals that a bound leaves are followed; without a
//! bound one that grows is tried.
//!
//! Sources: Levenshtein (1966), Soviet Physics Doklady 10(8), 707–710; Myers (1999), "A
//! fast bit-vector algorithm for approximate string matching", J. ACM 46(3), 395–415;
//! Hyyrö (2003), "A bit-vector algorithm for computing Levenshtein and Damerau edit
//! distances", Nordic J. Computing 10(1), 29–39; Ukkonen (1985), "Algorithms for
//! approximate string matching", Information and Control 64, 100–118.

use super::masks::{Job, Masks, Symbol, Task, WORD, with_symbols};

/// Levenshtein distance.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::levenshtein;
///
/// assert_eq!(levenshtein("kitten", "sitting"), 3);
/// assert_eq!(levenshtein("Müller", "Muller"), 1); // one letter, though two bytes
/// ```
#[must_use]
#[inline]
pub fn levenshtein(a: &str, b: &str) -> usize {
    with_symbols(a, b, Distance::<false>)
}

/// Levenshtein distance if it is at most `max`.
///
/// Cheaper than the distance where most pairs are far apart, or long.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::levenshtein_within;
///
/// assert_eq!(levenshtein_within("Smith", "Smyth", 1), Some(1));
/// assert_eq!(levenshtein_within("Smith", "Jones", 2), None);
/// ```
#[must_use]
#[inline]
pub fn levenshtein_within(a: &str, b: &str, max: usize) -> Option<usize> {
    with_symbols(a, b, Within::<false> { max })
}

/// Optimal string alignment: Levenshtein with swaps of neighbors, none edited twice.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::osa;
///
/// assert_eq!((osa("ab", "ba"), osa("CA", "ABC")), (1, 3));
/// ```
#[must_use]
#[inline]
pub fn osa(a: &str, b: &str) -> usize {
    with_symbols(a, b, Distance::<true>)
}

/// Optimal string alignment if it is at most `max`.
#[must_use]
#[inline]
pub fn osa_within(a: &str, b: &str, max: usize) -> Option<usize> {
    with_symbols(a, b, Within::<true> { max })
}

/// Levenshtein distance as a similarity in `[0, 1]`.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::levenshtein_similarity;
///
/// assert_eq!(levenshtein_similarity("Smith", "Smyth"), 0.8);
/// assert_eq!(levenshtein_similarity("", ""), 1.0);
/// ```
#[must_use]
#[inline]
pub fn levenshtein_similarity(a: &str, b: &str) -> f64 {
    similarity(levenshtein(a, b), count(a).max(count(b)))
}

/// Optimal string alignment as a similarity in `[0, 1]`.
#[must_use]
#[inline]
pub fn osa_similarity(a: &str, b: &str) -> f64 {
    similarity(osa(a, b), count(a).max(count(b)))
}

/// Characters of a string.
#[inline]
pub(super) fn count(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// A distance of at most `most` as a similarity.
#[inline]
pub(super) fn similarity(distance: usize, most: usize) -> f64 {
    if most == 0 { 1.0 } else { 1.0 - distance as f64 / most as f64 }
}

/// Both strings without their common beginning and end, the shorter one first, and how
/// many symbols were cut from each. No distance here changes by that.
#[inline]
pub(super) fn trimmed<'a, S: Symbol>(a: &'a [S], b: &'a [S]) -> (&'a [S], &'a [S], usize) {
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let a = a.get(start..).unwrap_or_default();
    let b = b.get(start..).unwrap_or_default();
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let a = a.get(..a.len() - end).unwrap_or_default();
    let b = b.get(..b.len() - end).unwrap_or_default();
    if a.len() <= b.len() { (a, b, start + end) } else { (b, a, start + end) }
}

/// The distance, with swaps or without.
struct Distance<const SWAPS: bool>;

impl<const SWAPS: bool> Task for Distance<SWAPS> {
    type Out = usize;

    #[inline]
    fn run<S: Symbol>(self, a: &[S], b: &[S]) -> usize {
        let (pattern, text, _) = trimmed(a, b);
        distance::<S, SWAPS>(pattern, text)
    }
}

/// The distance of two trimmed strings, the shorter one first.
#[inline]
fn distance<S: Symbol, const SWAPS: bool>(pattern: &[S], text: &[S]) -> usize {
    let n = text.len();
    let mut max = n;
    if pattern.len() > WORD {
        // A bound too low costs a quarter of the next one, so all tries together cost at
        // most a third more than the last.
        max = text.len() - pattern.len() + WORD;
    }
    while max < n {
        if let Some(distance) = within::<S, SWAPS>(pattern, text, max) {
            return distance;
        }
        max = max.saturating_mul(4);
    }
    // The distance is at most n.
    within::<S, SWAPS>(pattern, text, n).unwrap_or(n)
}

/// The distance up to a bound, with swaps or without.
struct Within<const SWAPS: bool> {
    max: usize,
}

impl<const SWAPS: bool> Task for Within<SWAPS> {
    type Out = Option<usize>;

    #[inline]
    fn run<S: Symbol>(self, a: &[S], b: &[S]) -> Option<usize> {
        if a.len().abs_diff(b.len()) > self.max {
            return None;
        }
        let (pattern, text, _) = trimmed(a, b);
        within::<S, SWAPS>(pattern, text, self.max)
    }
}

/// The distance of two trimmed strings, the shorter one first, if it is at most `max`.
#[inline]
pub(super) fn within<S: Symbol, const SWAPS: bool>(
    pattern: &[S],
    text: &[S],
    max: usize,
) -> Option<usize> {
    if pattern.is_empty() {
        Some(text.len()).filter(|distance| *distance <= max)
    } else if pattern.len() <= WORD {
        S::with_masks(pattern, Column::<S, SWAPS> { rows: pattern.len(), text, max })
    } else {
        strips::<S, SWAPS>(pattern, text, max)
    }
}

/// Differences down one column of the edit matrix, one bit a row.
struct Vertical {
    /// Where it rises by one.
    plus: u64,
    /// Where it falls by one.
    minus: u64,
    /// Where the matrix stays the same along the diagonal into the column before.
    level: u64,
    /// Where the symbol of the column before stands in the pattern.
    before: u64,
}

impl Vertical {
    const fn new() -> Self {
        Self { plus: !0, minus: 0, level: 0, before: 0 }
    }

    /// Goes one column on: from the mask of its symbol, and what crosses the top edge
    /// (+1, −1 and whether a swap may begin there), to the differences along each row.
    #[inline]
    fn step<const SWAPS: bool>(&mut self, mask: u64, [up, down, swap]: [u64; 3]) -> (u64, u64) {
        let swapped = if SWAPS { ((!self.level & mask) << 1 | swap) & self.before } else { 0 };
        let matched = mask | down;
        let level = ((matched & self.plus).wrapping_add(self.plus) ^ self.plus)
            | matched
            | self.minus
            | swapped;
        let rises = self.minus | !(level | self.plus);
        let falls = level & self.plus;
        let (right, left) = (rises << 1 | up, falls << 1 | down);
        self.plus = left | !(level | right);
        self.minus = right & level;
        if SWAPS {
            (self.level, self.before) = (level, mask);
        }
        (rises, falls)
    }
}

/// A pattern of up to 64 symbols: one word holds a column.
struct Column<'a, S, const SWAPS: bool> {
    rows: usize,
    text: &'a [S],
    max: usize,
}

impl<S: Symbol, const SWAPS: bool> Job<S> for Column<'_, S, SWAPS> {
    type Out = Option<usize>;

    #[inline]
    fn run<M: Masks<S>>(self, masks: &M) -> Option<usize> {
        let last = (self.rows - 1) & 63;
        let mut column = Vertical::new();
        let mut score = self.rows;
        // Each column to come lowers the score by one at most.
        let mut most = self.max.saturating_add(self.text.len());
        for &symbol in self.text {
            let (rises, falls) = column.step::<SWAPS>(masks.get(symbol), [1, 0, 0]);
            score += (rises >> last & 1) as usize;
            score -= (falls >> last & 1) as usize;
            most -= 1;
            if score > most {
                return None;
            }
        }
        Some(score).filter(|score| *score <= self.max)
    }
}

/// A longer pattern: strips of 64 rows, each along the diagonals the bound leaves.
///
/// An alignment of at most `max` edits, of which n − m are needed anyway, goes at most
/// `(max − (n − m)) / 2` below the main diagonal and as much above that of the end. What
/// lies outside is taken as the most it can be, so no value is ever too small, and those
/// of such an alignment are exact.
fn strips<S: Symbol, const SWAPS: bool>(pattern: &[S], text: &[S], max: usize) -> Option<usize> {
    let (m, n) = (pattern.len(), text.len());
    // A swap over the edge of a strip needs a column more on either side.
    let beside = usize::from(SWAPS);
    let below = max.min(n).checked_sub(n - m)? / 2 + beside;
    let above = n - m + below;
    // What crosses the lower edge of the strip above, by column.
    let mut edge = vec![RISES; n];
    // The value at the top left corner of the strip.
    let (mut corner, mut from, mut score) = (0_usize, 0, m);
    for (strip, part) in pattern.chunks(WORD).enumerate() {
        let top = strip * WORD;
        let bottom = top + part.len();
        let start = top.saturating_sub(below);
        let end = bottom.saturating_add(above).min(n);
        corner = down(corner, edge.get(from..start)?);
        from = start;
        let (text, edge) = (text.get(start..end)?, edge.get_mut(start..end)?);
        S::with_masks(part, Strip::<S, SWAPS> { rows: part.len(), text, edge });
        // The least any alignment through the lower edge can come to.
        corner += part.len();
        score = corner;
        let mut least = usize::MAX;
        for (column, step) in (start..).zip(&*edge) {
            let to_go = (m - bottom).abs_diff(n - column);
            least = least.min(score + to_go);
            score = score + usize::from(step & RISES) - usize::from(step >> 1 & 1);
        }
        if least.min(score + (m - bottom).abs_diff(n - end)) > max {
            return None;
        }
    }
    Some(score).filter(|score| *score <= max)
}

const RISES: u8 = 1;

/// A value of the matrix carried along an edge.
fn down(value: usize, edge: &[u8]) -> usize {
    edge.iter()
        .fold(value, |value, step| value + usize::from(step & RISES) - usize::from(step >> 1 & 1))
}

/// One strip, from the edge above it to the edge below it.
struct Strip<'a, S, const SWAPS: bool> {
    rows: usize,
    text: &'a [S],
    edge: &'a mut [u8],
}

impl<S: Symbol, const SWAPS: bool> Job<S> for Strip<'_, S, SWAPS> {
    type Out = ();

    #[inline]
    fn run<M: Masks<S>>(self, masks: &M) {
        let last = (self.rows - 1) & 63;
        let mut column = Vertical::new();
        for (&symbol, edge) in self.text.iter().zip(self.edge) {
            let mask = masks.get(symbol);
            let swap = (!column.level & mask) >> 63;
            let above = u64::from(*edge);
            let across = [above & 1, above >> 1 & 1, above >> 2];
            let (rises, falls) = column.step::<SWAPS>(mask, across);
            let out = (rises >> last & 1) | (falls >> last & 1) << 1 | swap << 2;
            *edge = out.to_le_bytes()[0];
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The edit matrix itself.
    fn matrix(a: &str, b: &str, swaps: bool) -> usize {
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
                if swaps && i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    d[i][j] = d[i][j].min(d[i - 2][j - 2] + 1);
                }
            }
        }
        d[a.len()][b.len()]
    }

    fn agree(a: &str, b: &str) {
        let truth = [matrix(a, b, false), matrix(a, b, true)];
        assert_eq!([levenshtein(a, b), osa(a, b)], truth, "{a} {b}");
        assert_eq!([levenshtein(b, a), osa(b, a)], truth, "{a} {b}");
        let longest = count(a).max(count(b));
        for max in (0..8).chain(truth).chain(truth.map(|d| d.saturating_sub(1))).chain([longest]) {
            let within = [levenshtein_within(a, b, max), osa_within(a, b, max)];
            assert_eq!(within, truth.map(|d| Some(d).filter(|d| *d <= max)), "{a} {b} {max}");
        }
    }

    /// Any two strings, and a string with a few edits of it.
    pub(in super::super) fn pairs(longest: usize) -> impl Strategy<Value = (String, String)> {
        let letters = prop_oneof![
            prop::sample::select(vec!['a', 'b']),
            prop::sample::select(vec!['a', 'b', 'c', 'd', '\0', '~']),
            prop::sample::select(vec!['a', 'b', 'é', '山', '👍']),
        ];
        let text = move || prop::collection::vec(letters.clone(), 0..longest);
        let edits = prop::collection::vec((0_usize..400, 0_u8..4), 0..12);
        let edited = (text(), edits).prop_map(|(text, edits)| {
            let mut other = text.clone();
            for (at, edit) in edits {
                let at = at % (other.len() + 1);
                match edit {
                    0 => other.insert(at, 'b'),
                    1 if at < other.len() => drop(other.remove(at)),
                    2 if at < other.len() => other[at] = 'c',
                    _ if at + 1 < other.len() => other.swap(at, at + 1),
                    _ => {}
                }
            }
            (text.into_iter().collect(), other.into_iter().collect())
        });
        let any = (text(), text());
        prop_oneof![
            edited,
            any.prop_map(|(a, b)| (a.into_iter().collect(), b.into_iter().collect())),
        ]
    }

    proptest! {
        #[test]
        fn short_strings_agree_with_the_matrix((a, b) in pairs(24)) {
            agree(&a, &b);
        }

        #[test]
        fn a_swap_over_the_edge_of_a_strip_is_seen(
            at in 50_usize..140,
            shift in 0_usize..3,
            length in 142_usize..200,
        ) {
            // Letters that do not repeat nearby, swapped somewhere, after an insertion.
            let text: Vec<char> = ('a'..='z').cycle().take(length).collect();
            let mut other = text.clone();
            other.swap(at, at + 1);
            for _ in 0..shift {
                other.insert(0, '山');
            }
            agree(&text.iter().collect::<String>(), &other.iter().collect::<String>());
        }

        #[test]
        fn the_way_round_is_never_shorter((a, b) in pairs(20), (c, _) in pairs(20)) {
            prop_assert!(levenshtein(&a, &c) <= levenshtein(&a, &b) + levenshtein(&b, &c));
            prop_assert_eq!(levenshtein(&a, &b) == 0, a == b);
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
    fn every_length_about_a_word_agrees() {
        for len in [63, 64, 65, 127, 128, 129, 193] {
            let a = "abcdefg".repeat(40)[..len].to_string();
            agree(&a, &a);
            agree(&a, &a.replace("gab", "gba"));
            agree(&a, &a[..len - 40]);
            agree(&a, &format!("x{}y", &a[5..]));
            agree(&a, &a.chars().rev().collect::<String>());
        }
    }

    #[test]
    fn empty_strings_are_equal() {
        assert_eq!((levenshtein_similarity("", ""), osa_similarity("", "")), (1.0, 1.0));
        assert_eq!(levenshtein_within("", "", 0), Some(0));
        assert_eq!(levenshtein("", "é"), 1);
    }
}
