//! Rounding to whole units: one exact division, seven named modes.
//!
//! ```text
//! round_div(n, d, mode) = the integer beside n / d that `mode` names
//!
//!   n / d     HalfUp  HalfEven  HalfDown  Floor  Ceil  TowardZero  AwayFromZero
//!   2.5          3       2         2        2      3        2           3
//!  −2.5         −3      −2        −2       −3     −2       −2          −3
//!   0.333        0       0         0        0      1        0           1
//! ```
//!
//! `n` and `d` are integers, so a tie is a tie and not a neighbor of one. There is no
//! default mode: tax law, price lists and banks differ, and the caller has to say.
//! Retail mostly rounds [`Rounding::HalfUp`]. O(1).

use std::num::NonZeroU64;

/// Which of the two neighbors of a number between two integers to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Rounding {
    /// The nearer one; from the middle, away from zero. What a till does.
    HalfUp,
    /// The nearer one; from the middle, the even one. What a bank does.
    HalfEven,
    /// The nearer one; from the middle, toward zero.
    HalfDown,
    /// The lower one.
    Floor,
    /// The higher one.
    Ceil,
    /// The one nearer to zero: cuts decimals off.
    TowardZero,
    /// The one farther from zero.
    AwayFromZero,
}

/// `num / den`, rounded once. It cannot fail: no quotient of these types overflows.
///
/// # Examples
/// ```
/// use omni_core::rounding::{Rounding, round_div};
/// use std::num::NonZeroU64;
///
/// let two = NonZeroU64::new(2).ok_or("zero")?;
/// assert_eq!(round_div(5, two, Rounding::HalfUp), 3);
/// assert_eq!(round_div(-5, two, Rounding::HalfUp), -3);
/// assert_eq!(round_div(5, two, Rounding::HalfEven), 2);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub const fn round_div(num: i128, den: NonZeroU64, rounding: Rounding) -> i128 {
    let den = den.get() as i128;
    let floor = num.div_euclid(den);
    let rest = num.rem_euclid(den);
    if rest == 0 {
        return floor;
    }
    let up = match rounding {
        Rounding::Floor => false,
        Rounding::Ceil => true,
        Rounding::TowardZero => num < 0,
        Rounding::AwayFromZero => num > 0,
        Rounding::HalfUp => 2 * rest > den || (2 * rest == den && num > 0),
        Rounding::HalfDown => 2 * rest > den || (2 * rest == den && num < 0),
        Rounding::HalfEven => 2 * rest > den || (2 * rest == den && floor % 2 != 0),
    };
    // A rest means den >= 2, so the floor is far from the end of the range.
    floor + up as i128
}

#[cfg(test)]
mod tests {
    use super::*;
    use Rounding::{AwayFromZero, Ceil, Floor, HalfDown, HalfEven, HalfUp, TowardZero};

    const ALL: [Rounding; 7] = [HalfUp, HalfEven, HalfDown, Floor, Ceil, TowardZero, AwayFromZero];

    fn all(num: i128, den: u64) -> [i128; 7] {
        ALL.map(|mode| round_div(num, NonZeroU64::new(den).unwrap(), mode))
    }

    #[test]
    fn each_mode_takes_the_neighbor_it_names() {
        assert_eq!(all(5, 2), [3, 2, 2, 2, 3, 2, 3]);
        assert_eq!(all(-5, 2), [-3, -2, -2, -3, -2, -2, -3]);
        assert_eq!(all(7, 2), [4, 4, 3, 3, 4, 3, 4]);
        assert_eq!(all(-7, 2), [-4, -4, -3, -4, -3, -3, -4]);
        assert_eq!(all(1, 3), [0, 0, 0, 0, 1, 0, 1]);
        assert_eq!(all(-1, 3), [0, 0, 0, -1, 0, 0, -1]);
        assert_eq!(all(2, 3), [1, 1, 1, 0, 1, 0, 1]);
        assert_eq!(all(-2, 3), [-1, -1, -1, -1, 0, 0, -1]);
        assert_eq!(all(249_999, 100_000), [2, 2, 2, 2, 3, 2, 3]);
        assert_eq!(all(250_001, 100_000), [3, 3, 3, 2, 3, 2, 3]);
        assert_eq!(all(-4, 1), [-4; 7]);
        assert_eq!(all(0, 9), [0; 7]);
    }

    #[test]
    fn the_ends_of_the_range_do_not_overflow() {
        assert_eq!(all(3 * i128::from(i64::MAX), 7), [3_952_873_730_080_618_203; 7]);
        assert_eq!(all(i128::MIN, 1), [i128::MIN; 7]);
        assert_eq!(all(i128::MAX, 1), [i128::MAX; 7]);
        assert_eq!(all(i128::MAX, 2)[0], 1 << 126);
        assert_eq!(all(1, u64::MAX), [0, 0, 0, 0, 1, 0, 1]);
        assert_eq!(all(-1, u64::MAX), [0, 0, 0, -1, 0, 0, -1]);
    }
}
