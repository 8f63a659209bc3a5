//! Exact repeats: a fingerprint of 128 bits for every distinct record.
//!
//! ```text
//! fingerprint(record) = SipHash-2-4-128(key, canonical text of all fields)
//! repeat              ⇔ the fingerprint was seen before
//! ```
//!
//! Two records are equal if all their fields are, however they are quoted. Keeping the
//! texts would cost as much memory as the file; a fingerprint costs 16 bytes. Two
//! different records share one with probability 2⁻¹²⁸, among n records n²/2¹²⁹: below
//! 10⁻²⁰ for a thousand million. `SipHash` is a keyed pseudo-random function, so this holds
//! for any records chosen without looking for a collision; the key is fixed, so that
//! every run agrees. O(bytes) time.
//!
//! Source: Aumasson & Bernstein (2012), "`SipHash`: a fast short-input PRF", INDOCRYPT,
//! LNCS 7668, 489–508; the 128-bit output is that of its reference code.

use crate::record::Record;
use crate::siphash::siphash128;
use std::fmt;

/// The records seen so far.
#[derive(Clone, Default)]
pub struct Seen {
    fingerprints: Fingerprints,
    expected: Vec<Expected>,
    buffer: Vec<u8>,
}

/// A record that will be asked for soon.
#[derive(Clone, Copy)]
struct Expected {
    print: u128,
    /// Whether it was met at the first look.
    met: bool,
}

impl Seen {
    /// Nothing seen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether all fields of the record equal those of an earlier one. It is seen now.
    pub fn repeats(&mut self, record: &Record<'_>) -> bool {
        !self.fingerprints.insert(fingerprint(record.canonical(&mut self.buffer)))
    }

    /// Takes fingerprints of records that [`expected_repeats`](Self::expected_repeats) is
    /// going to ask for. None of them is seen by that.
    ///
    /// One look into a large table waits for the memory longer than all else that is done
    /// with a record takes. Many looks, none of which depends on another, wait together.
    pub(crate) fn look_up<'r>(&mut self, records: impl Iterator<Item = Record<'r>>) {
        let Self { fingerprints, expected, buffer } = self;
        expected.clear();
        for record in records {
            let print = fingerprint(record.canonical(buffer));
            expected.push(Expected { print, met: false });
        }
        fingerprints.reserve(expected.len());
        for expected in expected.iter_mut() {
            expected.met = fingerprints.is_at_home(expected.print);
        }
        // The next to ask for is the last.
        expected.reverse();
    }

    /// Whether the next of the expected records repeats an earlier one. It is seen now.
    pub(crate) fn expected_repeats(&mut self) -> bool {
        let Some(Expected { print, met }) = self.expected.pop() else { return false };
        met || !self.fingerprints.insert(print)
    }

    /// Whether the text equals an earlier one. It is seen now.
    pub(crate) fn repeats_text(&mut self, text: &str) -> bool {
        !self.fingerprints.insert(fingerprint(text.as_bytes()))
    }

    /// How many distinct records were seen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fingerprints.len
    }

    /// Whether none was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fingerprints.len == 0
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("records", &self.len()).finish_non_exhaustive()
    }
}

/// A set of fingerprints, ascending, with free places between them.
///
/// They are as good as random, so their first bits say where each is looked for: at its
/// *home*, or as near behind it as smaller ones leave room. Free places are zero. Growing
/// moves them apart within the same memory, so a set that grows never takes it twice.
///
/// Source: Amble & Knuth (1974), "Ordered hash tables", Computer Journal 17(2), 135–142.
#[derive(Clone, Default)]
struct Fingerprints {
    /// At most seven of eight homes are taken; behind the last home lie those that found no
    /// room before.
    places: Vec<u128>,
    homes: usize,
    len: usize,
}

/// Homes up to which they double when they grow; then by a quarter, and when there are many by
/// an eighth, which takes more time and less memory.
const DOUBLING: usize = 1 << 20;
const LARGE: usize = 1 << 22;

impl Fingerprints {
    /// Makes room for so many.
    fn reserve(&mut self, more: usize) {
        while self.len + more > self.homes / 8 * 7 {
            self.grow();
        }
    }

    /// Where a fingerprint is looked for first.
    #[inline]
    fn home(&self, print: u128) -> usize {
        let product = (print >> 64) * self.homes as u128;
        usize::try_from(product >> 64).unwrap_or(0)
    }

    /// Whether it is where it is looked for first.
    #[inline]
    fn is_at_home(&self, print: u128) -> bool {
        self.places.get(self.home(print)) == Some(&print)
    }

    /// Adds one, which is not zero; false if it is there.
    fn insert(&mut self, print: u128) -> bool {
        self.reserve(1);
        let home = self.home(print);
        let behind = self.places.get(home..).unwrap_or_default();
        // A free place, less one, is larger than any.
        let at = behind.iter().position(|place| place.wrapping_sub(1) >= print - 1);
        let at = home + at.unwrap_or(behind.len());
        let larger = self.places.get_mut(at..).unwrap_or_default();
        match larger.first() {
            Some(&place) if place == print => return false,
            Some(0) => self.set(at, print),
            _ => {
                if let Some(free) = larger.iter().position(|&place| place == 0) {
                    larger.copy_within(..free, 1);
                    self.set(at, print);
                } else {
                    if self.places.len() == self.places.capacity() {
                        self.places.reserve_exact(1 << 10); // not as much again
                    }
                    self.places.insert(at, print);
                }
            }
        }
        self.len += 1;
        true
    }

    #[cold]
    fn grow(&mut self) {
        let (old_homes, old) = (self.homes, self.places.len());
        self.homes += match old_homes {
            ..DOUBLING => old_homes.max(64),
            DOUBLING..LARGE => old_homes / 4,
            LARGE.. => old_homes / 8,
        };
        // Nothing lies further behind the last home than before.
        let new = old + self.homes - old_homes;
        self.places.reserve_exact(new - old);
        self.places.resize(new, 0);
        // All to the end, and from there to where they belong, the first first: none is
        // overwritten, since there is room for those that follow.
        let mut first = new;
        for at in (0..old).rev() {
            let print = self.take(at);
            if print != 0 {
                first -= 1;
                self.set(first, print);
            }
        }
        let mut free = 0;
        for at in first..new {
            let print = self.take(at);
            let place = self.home(print).max(free);
            self.set(place, print);
            free = place + 1;
        }
    }

    #[inline]
    fn take(&mut self, at: usize) -> u128 {
        self.places.get_mut(at).map_or(0, std::mem::take)
    }

    #[inline]
    fn set(&mut self, at: usize, print: u128) {
        if let Some(place) = self.places.get_mut(at) {
            *place = print;
        }
    }
}

/// "omni-ingest seen" as two words.
const KEY: [u64; 2] = [u64::from_le_bytes(*b"omni-ing"), u64::from_le_bytes(*b"est seen")];

/// The fingerprint of a text; never zero.
fn fingerprint(text: &[u8]) -> u128 {
    siphash128(KEY, text).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Dialect, RecordReader};
    use std::collections::BTreeSet;

    #[test]
    fn equal_fields_are_repeats_however_they_are_quoted() {
        let file = "a,b\n\"a\",b\n\"a,b\",c\na,\"b,c\"\na,b\n12\" x,y\n\"12\"\" x\",y\nA,b\n";
        let mut records = RecordReader::new(file.as_bytes(), Dialect::csv()).unwrap();
        let (mut seen, mut repeats) = (Seen::new(), Vec::new());
        while let Some(record) = records.next_record().unwrap() {
            repeats.push(seen.repeats(&record));
        }
        assert_eq!(repeats, [false, true, false, false, true, false, true, false]);
        assert_eq!(seen.len(), 5);
    }

    #[test]
    fn fingerprints_are_a_set() {
        let mut ours = Fingerprints::default();
        let mut theirs = BTreeSet::new();
        for turn in 0..50_000_u64 {
            // Some crowd at either end, some come again.
            let print = match turn % 4 {
                0 => u128::MAX - u128::from(turn % 9_973),
                1 => u128::from(turn % 10_007) + 1,
                _ => fingerprint(&(turn % 30_000).to_le_bytes()),
            };
            assert_eq!(ours.insert(print), theirs.insert(print));
        }
        assert_eq!(ours.len, theirs.len());
        assert!(ours.places.iter().filter(|&&place| place != 0).eq(&theirs));
    }

    #[test]
    fn a_set_takes_little_more_than_its_fingerprints() {
        let mut prints = Fingerprints::default();
        for turn in 0..1_200_000_u64 {
            prints.insert(fingerprint(&turn.to_le_bytes()));
        }
        assert_eq!((prints.len, prints.homes), (1_200_000, 1_638_400));
        assert!(prints.places.capacity() < prints.homes + 2_000);
    }

    #[test]
    fn what_is_expected_is_not_seen_yet() {
        let file = "a\nb\na\nc\nb\n";
        let mut records = RecordReader::new(file.as_bytes(), Dialect::csv()).unwrap();
        assert_eq!(records.read_ahead(10), Ok(5));
        let mut seen = Seen::new();
        for _ in 0..2 {
            seen.look_up((0..5).filter_map(|at| records.ahead(at)));
            assert!(seen.is_empty());
        }
        let repeats: Vec<bool> = (0..5).map(|_| seen.expected_repeats()).collect();
        assert_eq!(repeats, [false, false, true, false, true]);
        seen.look_up((0..5).filter_map(|at| records.ahead(at)));
        assert!((0..5).all(|_| seen.expected_repeats()));
        assert_eq!(seen.len(), 3);
    }
}
