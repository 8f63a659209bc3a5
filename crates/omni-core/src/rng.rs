//! Randomness from a seed: the same numbers on every machine, run and thread count.
//!
//! [`stream`] turns a seed and a key into a generator of its own, so that work on
//! key 7 draws the same numbers whether or not key 6 was worked on before it.
//! The generator is xoshiro256++ by name: a later release of its library may not
//! change the values, as it may with an unnamed "standard" generator.
//!
//! Source: Blackman & Vigna (2021), "Scrambled linear pseudorandom number
//! generators", ACM TOMS 47(4); seeding by splitmix64 as they advise.

pub use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

/// A generator for `key` under `seed`.
///
/// Streams of different keys or seeds are independent for all practical purposes.
///
/// # Examples
/// ```
/// use omni_core::rng;
///
/// let mut a = rng::stream(7, 1);
/// let mut b = rng::stream(7, 1);
/// assert_eq!(rng::uniform(&mut a), rng::uniform(&mut b));
/// ```
#[must_use]
pub fn stream(seed: u64, key: u64) -> Xoshiro256PlusPlus {
    // The key goes through a mixer of its own, so that (1, 2) and (2, 1) differ.
    let mut state = seed ^ splitmix(&mut key.wrapping_add(0x5851_F42D_4C95_7F2D));
    let mut bytes = [0_u8; 32];
    for chunk in bytes.chunks_exact_mut(8) {
        chunk.copy_from_slice(&splitmix(&mut state).to_le_bytes());
    }
    Xoshiro256PlusPlus::from_seed(bytes)
}

fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number in `[0, 1)`: one of the 2⁵³ equally spaced ones.
pub fn uniform(rng: &mut Xoshiro256PlusPlus) -> f64 {
    (rng.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// A whole number in `0..bound`, all equally likely; 0 for a bound of 0.
///
/// Source: Lemire (2019), "Fast random integer generation in an interval", ACM TOMACS 29(1).
pub fn below(rng: &mut Xoshiro256PlusPlus, bound: u64) -> u64 {
    loop {
        let wide = u128::from(rng.next_u64()) * u128::from(bound);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
        let (high, low) = ((wide >> 64) as u64, wide as u64);
        if bound == 0 || low >= bound.wrapping_neg() % bound {
            return high;
        }
    }
}

/// Puts `items` into a random order, every one equally likely (Fisher–Yates).
pub fn shuffle<T>(rng: &mut Xoshiro256PlusPlus, items: &mut [T]) {
    for i in (1..items.len()).rev() {
        #[expect(clippy::cast_possible_truncation, reason = "at most i")]
        let j = below(rng, i as u64 + 1) as usize;
        items.swap(i, j);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the published algorithms, written a second time in another language.
    const PINNED: [u64; 3] =
        [7_197_606_080_471_588_345, 15_643_128_130_952_568_047, 14_044_689_454_844_083_470];

    #[test]
    fn values_are_pinned() {
        let mut rng = stream(42, 0);
        let got: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(got, PINNED);
    }

    #[test]
    fn streams_differ_by_seed_and_key() {
        let mut first: Vec<u64> =
            (0..50).flat_map(|seed| (0..50).map(move |key| stream(seed, key).next_u64())).collect();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 2_500);
    }

    #[test]
    fn below_is_in_range_and_even() {
        let mut rng = stream(1, 2);
        assert_eq!(below(&mut rng, 0), 0);
        assert_eq!(below(&mut rng, 1), 0);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[below(&mut rng, 7) as usize] += 1;
        }
        // 10,000 each, standard deviation 93.
        assert!(counts.iter().all(|c| c.abs_diff(10_000) < 500), "{counts:?}");
    }

    #[test]
    fn a_shuffle_keeps_the_items() {
        let mut items: Vec<u32> = (0..100).collect();
        shuffle(&mut stream(3, 4), &mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
