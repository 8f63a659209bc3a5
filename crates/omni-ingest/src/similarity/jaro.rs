//! Jaro and Jaro-Winkler: names that agree in most letters, nearly in place.
//!
//! ```text
//! two equal letters match if their places differ by at most w = max(⌊max(|a|, |b|) / 2⌋ − 1, 0);
//! each letter matches once, from the left.       m = number of matches
//! t = ⌊(places k at which the k-th matched letters differ) / 2⌋
//!
//! jaro         = (m/|a| + m/|b| + (m − t)/m) / 3             0 if m = 0
//! jaro_winkler = jaro + ℓ · 0.1 · (1 − jaro)   if jaro > 0.7, else jaro
//! ```
//!
//! Lengths and places count characters (Unicode scalar values), never bytes; `ℓ ≤ 4` is
//! the length of the common prefix. Both are in `[0, 1]` and symmetric. Two empty strings
//! give 1, an empty one beside another 0: a missing value is no evidence, so ask for it
//! first.
//!
//! O(|a| + |b|) word operations up to 64 characters, without allocation; above that
//! O(n log n) time and O(n) memory: the letters of either string are sorted, and those of
//! one kind are matched by one pass over both. That gives the same matches as the search
//! from the left, since the windows of later letters end later.
//!
//! Some libraries compare bytes, which makes `ü` two letters, or put the boost on every
//! pair; the values differ there.
//!
//! Sources: Jaro (1989), "Advances in record-linkage methodology as applied to matching
//! the 1985 census of Tampa, Florida", JASA 84(406), 414–420; Winkler (1990), "String
//! comparator metrics and enhanced decision rules in the Fellegi-Sunter model of record
//! linkage", Proc. Survey Research Methods, ASA, 354–359.

use super::masks::{Job, Masks, Symbol, Task, WORD, with_symbols};

/// Weight of a character of the common prefix.
const PREFIX_WEIGHT: f64 = 0.1;
/// Most characters of the prefix that count.
const PREFIX: usize = 4;
/// The boost is for pairs above it.
const BOOST_ABOVE: f64 = 0.7;

/// Jaro similarity, in `[0, 1]`.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::jaro;
///
/// let alike = jaro("MARTHA", "MARHTA"); // six matches, one transposition
/// assert!((alike - 17.0 / 18.0).abs() < 1e-15);
/// assert_eq!(jaro("Müller", "Muller"), jaro("Muxler", "Muller"));
/// assert_eq!((jaro("abc", "xyz"), jaro("", "")), (0.0, 1.0));
/// ```
#[must_use]
#[inline]
pub fn jaro(a: &str, b: &str) -> f64 {
    with_symbols(a, b, Jaro)
}

/// Jaro-Winkler similarity, in `[0, 1]`: Jaro raised for names that begin alike.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::jaro_winkler;
///
/// let alike = jaro_winkler("MARTHA", "MARHTA");
/// assert!((alike - 0.961_111_111_111_111_1).abs() < 1e-15);
/// ```
#[must_use]
#[inline]
pub fn jaro_winkler(a: &str, b: &str) -> f64 {
    let jaro = jaro(a, b);
    if jaro > BOOST_ABOVE {
        let prefix = a.chars().zip(b.chars()).take(PREFIX).take_while(|(a, b)| a == b).count();
        jaro + prefix as f64 * PREFIX_WEIGHT * (1.0 - jaro)
    } else {
        jaro
    }
}

struct Jaro;

impl Task for Jaro {
    type Out = f64;

    #[inline]
    fn run<S: Symbol>(self, a: &[S], b: &[S]) -> f64 {
        if a.is_empty() || b.is_empty() {
            return if a.len() == b.len() { 1.0 } else { 0.0 };
        }
        let window = (a.len().max(b.len()) / 2).saturating_sub(1);
        let (matches, differing) = if a.len() <= WORD && b.len() <= WORD {
            S::with_masks(a, Short { a, b, window })
        } else {
            long(a, b, window)
        };
        if matches == 0 {
            return 0.0;
        }
        let m = matches as f64;
        let in_order = (matches - differing / 2) as f64;
        (m / a.len() as f64 + m / b.len() as f64 + in_order / m) / 3.0
    }
}

/// Matches of two strings of at most 64 symbols each.
struct Short<'a, S> {
    a: &'a [S],
    b: &'a [S],
    window: usize,
}

impl<S: Symbol> Job<S> for Short<'_, S> {
    /// Matches, and places at which the matched symbols differ.
    type Out = (usize, usize);

    #[inline]
    fn run<M: Masks<S>>(self, masks: &M) -> (usize, usize) {
        // Places of `a` in reach of the current place of `b`; those past its end have
        // no mask. A window above 31 cannot be: both have at most 64 symbols.
        let mut reach = (2_u64 << self.window) - 1;
        let (mut in_a, mut in_b) = (0_u64, 0_u64);
        for (at, &symbol) in self.b.iter().enumerate() {
            let free = masks.get(symbol) & reach & !in_a;
            in_a |= free & free.wrapping_neg();
            in_b |= u64::from(free != 0) << (at & 63);
            reach = reach << 1 | u64::from(at < self.window);
        }
        let matches = in_a.count_ones() as usize;
        let mut differing = 0;
        while in_a != 0 {
            let a = self.a.get(in_a.trailing_zeros() as usize);
            let b = self.b.get(in_b.trailing_zeros() as usize);
            differing += usize::from(a != b);
            in_a &= in_a - 1;
            in_b &= in_b.wrapping_sub(1);
        }
        (matches, differing)
    }
}

/// Bits of a place in a string; above them there is room for any character.
const PLACE: u32 = 43;

/// Matches of two strings of any length.
fn long<S: Symbol>(a: &[S], b: &[S], window: usize) -> (usize, usize) {
    // Symbol and place in one word, by symbol first.
    let sorted = |symbols: &[S]| {
        let of = |(place, symbol): (u64, &S)| u64::from((*symbol).into()) << PLACE | place;
        let mut places: Vec<u64> = (0..).zip(symbols).map(of).collect();
        places.sort_unstable();
        places
    };
    let (from_a, from_b) = (sorted(a), sorted(b));
    let (mut left, mut right) = (from_a.iter().peekable(), from_b.iter().peekable());
    let (mut in_a, mut in_b) = (vec![false; a.len()], vec![false; b.len()]);
    let mut matches = 0;
    let flag = |flags: &mut [bool], word: u64| {
        let place = usize::try_from(word & ((1 << PLACE) - 1)).ok();
        if let Some(flag) = place.and_then(|place| flags.get_mut(place)) {
            *flag = true;
        }
    };
    while let (Some(&&one), Some(&&other)) = (left.peek(), right.peek()) {
        if one >> PLACE == other >> PLACE && one.abs_diff(other) <= window as u64 {
            flag(&mut in_a, one);
            flag(&mut in_b, other);
            matches += 1;
            left.next();
            right.next();
        } else if one < other {
            // Out of reach of everything that is left on the other side.
            left.next();
        } else {
            right.next();
        }
    }
    let kept = |symbols: &'_ [S], flags: Vec<bool>| -> Vec<S> {
        symbols.iter().zip(flags).filter(|(_, flag)| *flag).map(|(symbol, _)| *symbol).collect()
    };
    let (in_a, in_b) = (kept(a, in_a), kept(b, in_b));
    let differing = in_a.iter().zip(&in_b).filter(|(a, b)| a != b).count();
    (matches, differing)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, step by step.
    fn plain(a: &str, b: &str) -> f64 {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        if a.is_empty() || b.is_empty() {
            return f64::from(u8::from(a.len() == b.len()));
        }
        let window = (a.len().max(b.len()) / 2).saturating_sub(1);
        let (mut in_a, mut in_b) = (vec![false; a.len()], vec![false; b.len()]);
        for i in 0..a.len() {
            let reach = i.saturating_sub(window)..(i + window + 1).min(b.len());
            if let Some(j) = reach.into_iter().find(|&j| !in_b[j] && a[i] == b[j]) {
                (in_a[i], in_b[j]) = (true, true);
            }
        }
        let of = |s: &[char], f: &[bool]| -> Vec<char> {
            s.iter().zip(f).filter(|(_, f)| **f).map(|(s, _)| *s).collect()
        };
        let (x, y) = (of(&a, &in_a), of(&b, &in_b));
        let m = x.len() as f64;
        let t = x.iter().zip(&y).filter(|(x, y)| x != y).count() / 2;
        if x.is_empty() {
            return 0.0;
        }
        (m / a.len() as f64 + m / b.len() as f64 + (m - t as f64) / m) / 3.0
    }

    #[test]
    fn any_length_gives_the_definition() {
        let mut state = 1_u64;
        for len in (0..40).chain([62, 63, 64, 65, 66, 100, 129, 300]) {
            for round in 0..60 {
                let mut draw = |letters: &[char], len: usize| -> String {
                    (0..len)
                        .map(|_| {
                            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                            letters[(state >> 33) as usize % letters.len()]
                        })
                        .collect()
                };
                let letters: &[char] = match round % 3 {
                    0 => &['a', 'b'],
                    1 => &['a', 'b', 'c', 'd', 'e', 'f', 'g', '\0'],
                    _ => &['a', 'é', 'ß', '山', '👍', 'b'],
                };
                let a = draw(letters, len);
                let b = draw(letters, (len + round).saturating_sub(30));
                assert_eq!(jaro(&a, &b), plain(&a, &b), "{a} {b}");
                assert_eq!(jaro(&b, &a), jaro(&a, &b), "{a} {b}");
            }
        }
    }

    #[test]
    fn the_boost_is_for_likely_pairs_only() {
        // Five matches of 8 and 6 letters.
        let low = jaro("abcdefgh", "abxyzq");
        assert!(low < 0.7);
        assert_eq!(jaro_winkler("abcdefgh", "abxyzq"), low);
        assert_eq!(jaro_winkler("same", "same"), 1.0);
        assert_eq!(jaro_winkler("", ""), 1.0);
        assert_eq!(jaro_winkler("", "a"), 0.0);
    }
}
