//! Totals that do not lose small terms among large ones.
//!
//! ```text
//! s ← fl(s + x)             the running sum
//! c ← c + (s + x − fl(s + x))   its rounding errors, each of them exact
//! Σx ≈ s + c
//! ```
//!
//! The error is at most `ε |Σx| + O(n ε²) Σ|x|`, ε = 2⁻⁵³: a result rounded once as long
//! as the terms cancel to no less than about `n ε` of their size. Another order of the
//! same terms may change the last bit, not more. O(n) time, O(1) memory.
//!
//! Terms of 2⁹⁶⁰ and more are added up apart, divided by 2⁶⁴, so a sum overflows only if
//! its value does: `1e308 + 1e308 − 1e308` is `1e308` in every order. An infinite or NaN
//! term makes the total infinite or NaN as plain addition would, so the caller sees it.
//!
//! Source: Neumaier (1974), "Rundungsfehleranalyse einiger Verfahren zur Summation
//! endlicher Summen", ZAMM 54(1), 39–51; the branch-free error term is Knuth's.

use crate::check;
use crate::error::DataError;

/// The compensated sum of `values`; 0 if there is none.
///
/// Not finite if a value is not, or if the total is beyond the range of `f64`.
///
/// # Examples
/// ```
/// use omni_core::numeric::sum::sum;
///
/// let values = [1e100, 1.0, -1e100];
/// assert_eq!(sum(&values), 1.0);
/// assert_eq!(values.iter().sum::<f64>(), 0.0);
/// ```
#[must_use]
pub fn sum(values: &[f64]) -> f64 {
    values.iter().copied().collect::<Accumulator>().total()
}

/// The arithmetic mean of `values`, between the smallest and the largest of them.
///
/// Does not overflow: the mean of two times `1e308` is `1e308`.
///
/// # Errors
/// [`DataError::TooShort`] if there is no value, [`DataError::Entry`] if one is not finite.
///
/// # Examples
/// ```
/// use omni_core::numeric::sum::mean;
///
/// assert_eq!(mean(&[1.0, 2.0, 6.0])?, 3.0);
/// # Ok::<(), omni_core::error::DataError>(())
/// ```
pub fn mean(values: &[f64]) -> Result<f64, DataError> {
    check::min_len("values", values, 1)?;
    check::all_finite("values", values)?;
    let accumulator: Accumulator = values.iter().copied().collect();
    let count = values.len() as f64;
    let total = accumulator.total();
    let mean = if total.is_finite() { total / count } else { accumulator.reduced() / count * GROW };
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok(mean.max(smallest).min(largest))
}

/// A compensated sum that grows term by term.
///
/// [`merge`](Self::merge) joins sums of parts; it is commutative, and associative up to
/// the rounding of the last bit.
///
/// # Examples
/// ```
/// use omni_core::numeric::sum::Accumulator;
///
/// let mut north: Accumulator = [0.1; 10].into_iter().collect();
/// let mut south = Accumulator::new();
/// south.push(1e17);
/// north.merge(&south);
/// north.push(-1e17);
/// assert_eq!(north.total(), 1.0);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Accumulator {
    /// The finite terms below [`LARGE`].
    small: Pair,
    /// The finite terms from [`LARGE`] on, times [`SHRINK`].
    large: Pair,
    /// The plain sum of the terms that are not finite, 0 without one.
    special: f64,
}

/// 2⁹⁶⁰: fewer than 2⁶³ terms below it do not overflow.
const LARGE: f64 = f64::from_bits((1023 + 960) << 52);
/// 2⁻⁶⁴.
const SHRINK: f64 = f64::from_bits((1023 - 64) << 52);
/// 2⁶⁴.
const GROW: f64 = f64::from_bits((1023 + 64) << 52);

impl Accumulator {
    /// The empty sum.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a term.
    #[inline]
    pub fn push(&mut self, value: f64) {
        if value.abs() < LARGE {
            self.small.add(value);
        } else if value.is_finite() {
            self.large.add(value * SHRINK);
        } else {
            self.special += value;
        }
    }

    /// Adds every term of another sum.
    pub fn merge(&mut self, other: &Self) {
        self.small.merge(other.small);
        self.large.merge(other.large);
        self.special += other.special;
    }

    /// The sum so far, not finite if a term was not or if it is beyond the range of `f64`.
    #[must_use]
    pub fn total(&self) -> f64 {
        if self.special != 0.0 {
            self.special
        } else if self.large.total() == 0.0 {
            self.small.total()
        } else {
            self.reduced() * GROW
        }
    }

    /// The sum of the finite terms times [`SHRINK`], always finite.
    fn reduced(&self) -> f64 {
        let mut pair = self.large;
        pair.merge(Pair {
            sum: self.small.sum * SHRINK,
            correction: self.small.correction * SHRINK,
        });
        pair.total()
    }
}

impl Extend<f64> for Accumulator {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

impl FromIterator<f64> for Accumulator {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut accumulator = Self::new();
        accumulator.extend(values);
        accumulator
    }
}

/// A sum and the rounding errors it left out.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
struct Pair {
    sum: f64,
    correction: f64,
}

impl Pair {
    #[inline]
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        let added = sum - self.sum;
        self.correction += (self.sum - (sum - added)) + (value - added);
        self.sum = sum;
    }

    fn merge(&mut self, other: Self) {
        let correction = self.correction + other.correction;
        self.correction = 0.0;
        self.add(other.sum);
        self.correction += correction;
    }

    fn total(self) -> f64 {
        self.sum + self.correction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    #[test]
    fn sums_that_plain_addition_gets_wrong() {
        let cases: [(&[f64], f64); 13] = [
            (&[], 0.0),
            (&[-3.5], -3.5),
            (&[1e100, 1.0, -1e100], 1.0),
            (&[1.0, 1e100, 1.0, -1e100], 2.0),
            (&[0.1; 10], 1.0),
            (&[1e308, 1e308, -1e308], 1e308),
            (&[1e308, 1.0, -1e308], 1.0),
            (&[-f64::MAX, f64::MAX, f64::MAX, 5e-324, -f64::MAX], 5e-324),
            (&[5e-324, 5e-324], 1e-323),
            (&[f64::MAX, f64::MAX], INF),
            (&[-f64::MAX, -1e300], -INF),
            (&[INF, 1.0, -f64::MAX], INF),
            (&[-INF, 1e100], -INF),
        ];
        for (values, expected) in cases {
            assert_eq!(sum(values), expected, "{values:?}");
        }
        assert!(sum(&[INF, -INF]).is_nan());
        assert!(sum(&[1.0, f64::NAN, f64::MAX]).is_nan());
    }

    #[test]
    fn a_merge_is_the_sum_of_all_terms() {
        let whole = [1e300, 3.0, 1e16, 1.0, -1e16, -1e300, f64::MAX, 0.25, -f64::MAX];
        for cut in 0..=whole.len() {
            let (left, right) = whole.split_at(cut);
            let left: Accumulator = left.iter().copied().collect();
            let right: Accumulator = right.iter().copied().collect();
            let (mut a, mut b) = (left, right);
            a.merge(&right);
            b.merge(&left);
            assert_eq!((a.total(), b.total()), (4.25, 4.25), "cut at {cut}");
        }
    }

    #[test]
    fn means_stay_inside_their_values() {
        assert_eq!(mean(&[f64::MAX; 3]), Ok(f64::MAX));
        assert_eq!(mean(&[0.1; 7]), Ok(0.1));
        assert_eq!(mean(&[1e308, -1e308, 1.0, 1.0]), Ok(0.5));
        assert_eq!(mean(&[1e308, 1.5e308]), Ok(1.25e308));
        assert_eq!(mean(&[5e-324]), Ok(5e-324));
        assert_eq!(mean(&[]), Err(DataError::TooShort { name: "values", needed: 1, got: 0 }));
        assert_eq!(mean(&[1.0, f64::NAN]), Err(DataError::entry("values", 1, "finite", f64::NAN)));
    }
}
