//! `SipHash` with 128 bits out: a keyed fingerprint.
//!
//! Two rounds a word, four at the end. A pseudo-random function of its key: who does not
//! know the key can neither predict a value nor look for two texts that share one. It is no
//! hash for secrets without a key. O(bytes).
//!
//! Source: Aumasson & Bernstein (2012), "`SipHash`: a fast short-input PRF", INDOCRYPT,
//! LNCS 7668, 489–508; the 128-bit output is that of its reference code.

/// `SipHash` with two rounds a word, four at the end and 128 bits out.
pub(crate) fn siphash128(key: [u64; 2], data: &[u8]) -> u128 {
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
    // The last bytes at the low end of a word, the length modulo 256 at its top.
    let shift = 64 - 8 * u32::try_from(rest.len()).unwrap_or(0);
    let last = match data.last_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word).checked_shr(shift).unwrap_or(0),
        None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    absorb(&mut state, last | (data.len() as u64) << 56);
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
}
