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
    buffer: Vec<u8>,
}

impl Seen {
    /// Nothing seen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether all fields of the record equal those of an earlier one. It is seen now.
    pub fn repeats(&mut self, record: &Record<'_>) -> bool {
        let print = siphash128(KEY, record.canonical(&mut self.buffer));
        !self.fingerprints.insert(print)
    }

    /// Whether the text equals an earlier one. It is seen now.
    pub(crate) fn repeats_text(&mut self, text: &str) -> bool {
        !self.fingerprints.insert(siphash128(KEY, text.as_bytes()))
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

/// A set of fingerprints: they are as good as random, so their first bits are the place
/// where each is looked for, and the next free place behind it is where it goes. One miss
/// of the cache a record, and growing keeps their order; a set of the standard library has
/// two and does not.
#[derive(Clone, Default)]
struct Fingerprints {
    /// Zero where none is; a power of two places, at most three quarters of them taken.
    places: Vec<u128>,
    len: usize,
}

impl Fingerprints {
    /// Adds one; false if it is there.
    fn insert(&mut self, print: u128) -> bool {
        // That of a record that is zero is told from a free place.
        let print = print.max(1);
        if self.len >= self.places.len() / 4 * 3 {
            let old = std::mem::take(&mut self.places);
            self.places = vec![0; (old.len() * 2).max(64)];
            for print in old.into_iter().filter(|&print| print != 0) {
                self.put(print);
            }
        }
        let new = self.put(print);
        self.len += usize::from(new);
        new
    }

    fn put(&mut self, print: u128) -> bool {
        let bits = self.places.len().trailing_zeros();
        let first = usize::try_from(print >> (128 - bits)).unwrap_or(0);
        let (before, after) = self.places.split_at_mut(first);
        for place in after.iter_mut().chain(before) {
            if *place == print {
                return false;
            }
            if *place == 0 {
                *place = print;
                return true;
            }
        }
        false
    }
}

/// "omni-ingest seen" as two words.
const KEY: [u64; 2] = [u64::from_le_bytes(*b"omni-ing"), u64::from_le_bytes(*b"est seen")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Dialect, RecordReader};

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
        let mut theirs = std::collections::BTreeSet::new();
        for turn in 0..5_000_u64 {
            // Some crowd at one end, some wrap around, some come again.
            let print = match turn % 4 {
                0 => u128::MAX - u128::from(turn % 97),
                1 => u128::from(turn),
                _ => siphash128(KEY, &(turn % 1_000).to_le_bytes()),
            };
            assert_eq!(ours.insert(print), theirs.insert(print.max(1)));
        }
        assert_eq!(ours.len, theirs.len());
    }
}
