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
use rustc_hash::FxHashSet;
use std::fmt;

/// The records seen so far.
#[derive(Clone, Default)]
pub struct Seen {
    fingerprints: FxHashSet<u128>,
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

    /// Whether a key was seen before. It is seen now.
    pub fn repeats_key(&mut self, key: &[u8]) -> bool {
        !self.fingerprints.insert(siphash128(KEY, key))
    }

    /// How many distinct records were seen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    /// Whether none was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("records", &self.len()).finish_non_exhaustive()
    }
}

/// "omni-ingest seen" as two words.
const KEY: [u64; 2] = [u64::from_le_bytes(*b"omni-ing"), u64::from_le_bytes(*b"est seen")];

/// `SipHash` with two rounds a word, four at the end and 128 bits out.
fn siphash128(key: [u64; 2], data: &[u8]) -> u128 {
    let mut state = [
        key[0] ^ 0x736f_6d65_7073_6575,
        key[1] ^ 0x646f_7261_6e64_6f6d ^ 0xee,
        key[0] ^ 0x6c79_6765_6e65_7261,
        key[1] ^ 0x7465_6462_7974_6573,
    ];
    let (words, rest) = data.as_chunks::<8>();
    for word in words {
        absorb(&mut state, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    for (byte, from) in last.iter_mut().zip(rest) {
        *byte = *from;
    }
    // The top byte is the length modulo 256.
    absorb(&mut state, u64::from_le_bytes(last) | (data.len() as u64) << 56);
    state[2] ^= 0xee;
    let mut half = || {
        for _ in 0..4 {
            round(&mut state);
        }
        let half = state[0] ^ state[1] ^ state[2] ^ state[3];
        state[1] ^= 0xdd;
        u128::from(half)
    };
    let low = half();
    low | half() << 64
}

#[inline]
fn absorb(state: &mut [u64; 4], word: u64) {
    state[3] ^= word;
    round(state);
    round(state);
    state[0] ^= word;
}

#[inline]
fn round([a, b, c, d]: &mut [u64; 4]) {
    *a = a.wrapping_add(*b);
    *b = b.rotate_left(13) ^ *a;
    *a = a.rotate_left(32);
    *c = c.wrapping_add(*d);
    *d = d.rotate_left(16) ^ *c;
    *a = a.wrapping_add(*d);
    *d = d.rotate_left(21) ^ *a;
    *c = c.wrapping_add(*b);
    *b = b.rotate_left(17) ^ *c;
    *c = c.rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Dialect, RecordReader};

    #[test]
    fn the_hash_gives_the_published_values() {
        let key = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let data: Vec<u8> = (0..64).collect();
        // The first, second and ninth of the reference vectors, as bytes.
        let vectors: [(usize, [u8; 16]); 2] = [
            (
                0,
                [
                    0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7,
                    0x55, 0x02, 0x93,
                ],
            ),
            (
                1,
                [
                    0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b,
                    0x22, 0xfc, 0x45,
                ],
            ),
        ];
        for (len, bytes) in vectors {
            assert_eq!(siphash128(key, &data[..len]), u128::from_le_bytes(bytes), "{len}");
        }
    }

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
}
