//! Sample quantiles of the nine types of Hyndman & Fan.
//!
//! ```text
//! x₁ ≤ … ≤ x_n   the sorted values, x₀ = x₁ and x_{n+1} = x_n
//! h = n p + m     the position of level p in [0, 1];  j = ⌊h⌋,  g = h − j
//!
//! types 4–9   Q(p) = x_j + g (x_{j+1} − x_j)
//! type 1      x_j if g = 0, else x_{j+1}                      m = 0
//! type 2      (x_j + x_{j+1}) / 2 if g = 0, else x_{j+1}      m = 0
//! type 3      x_j if g = 0 and j is even, else x_{j+1}        m = −1/2
//! ```
//!
//! [`QuantileType`] gives `m` of types 4–9. Types 1–3 jump, so a position within
//! `4 ε n p` (ε = 2⁻⁵²) of a whole number counts as that number: level 0.07 of 100 values is
//! the 7th of them although `100.0 * 0.07` is `7.000000000000001`. Types 4–9 are continuous
//! and need no such rule; as in `NumPy`, and in R for type 7.
//!
//! The interpolation never overflows, never leaves `[x_j, x_{j+1}]` and never falls with a
//! rising level. O(n) to check the slice, O(1) per level.
//!
//! Source: Hyndman & Fan (1996), "Sample quantiles in statistical packages", The American
//! Statistician 50(4), 361–365.

use super::Error;
use crate::check;
use crate::error::DataError;

/// How a quantile is read off a sample; the numbers are those of R's `quantile(type = )`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum QuantileType {
    /// Type 1: the smallest value that at least a share `p` of the sample does not exceed.
    InverseCdf,
    /// Type 2: as type 1, with the average of the two neighbors where the share is met exactly.
    AveragedInverseCdf,
    /// Type 3: the value whose rank is nearest to `n p`, the even rank if two are.
    NearestEven,
    /// Type 4: type 1 made continuous; `m = 0`.
    LinearInverseCdf,
    /// Type 5: linear between the midpoints of the steps, usual in hydrology; `m = 1/2`.
    Hazen,
    /// Type 6: rank `k` estimates level `k / (n + 1)`; `m = p`.
    Weibull,
    /// Type 7: the smallest value is level 0 and the largest level 1; `m = 1 − p`.
    /// The default of R, `NumPy` and spreadsheets.
    #[default]
    Linear,
    /// Type 8: about median-unbiased whatever the distribution, the advice of Hyndman & Fan;
    /// `m = (p + 1) / 3`.
    MedianUnbiased,
    /// Type 9: about unbiased for a normal distribution; `m = p/4 + 3/8`.
    NormalUnbiased,
}

impl QuantileType {
    /// All nine, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::InverseCdf,
        Self::AveragedInverseCdf,
        Self::NearestEven,
        Self::LinearInverseCdf,
        Self::Hazen,
        Self::Weibull,
        Self::Linear,
        Self::MedianUnbiased,
        Self::NormalUnbiased,
    ];
}

/// The quantile at level `p` of values sorted in ascending order.
///
/// # Errors
/// [`Error::Param`] if `p` is outside `[0, 1]`; [`Error::Data`] if there is no value, one is
/// not finite, or one is below its predecessor.
///
/// # Examples
/// ```
/// use omni_core::numeric::quantile::{QuantileType, quantile};
///
/// let sorted = [1.0, 2.0, 3.0, 10.0];
/// assert_eq!(quantile(&sorted, 0.5, QuantileType::Linear)?, 2.5);
/// assert_eq!(quantile(&sorted, 0.5, QuantileType::InverseCdf)?, 2.0);
/// # Ok::<(), omni_core::numeric::Error>(())
/// ```
pub fn quantile(sorted: &[f64], p: f64, kind: QuantileType) -> Result<f64, Error> {
    let p = check::fraction("p", p)?;
    check_sorted(sorted)?;
    Ok(at(sorted, p, kind))
}

/// The quantiles at several levels of values sorted in ascending order, checked once.
///
/// # Errors
/// As [`quantile`]; a level outside `[0, 1]` is an entry of `levels`.
///
/// # Examples
/// ```
/// use omni_core::numeric::quantile::{QuantileType, quantiles};
///
/// let sorted = [1.0, 2.0, 3.0, 10.0];
/// assert_eq!(quantiles(&sorted, &[0.0, 0.5, 1.0], QuantileType::Linear)?, [1.0, 2.5, 10.0]);
/// # Ok::<(), omni_core::numeric::Error>(())
/// ```
pub fn quantiles(sorted: &[f64], levels: &[f64], kind: QuantileType) -> Result<Vec<f64>, Error> {
    check_sorted(sorted)?;
    if let Some(index) = levels.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(DataError::entry("levels", index, "in [0, 1]", levels[index]).into());
    }
    Ok(levels.iter().map(|&p| at(sorted, p, kind)).collect())
}

fn check_sorted(sorted: &[f64]) -> Result<(), DataError> {
    check::min_len("sorted", sorted, 1)?;
    check::all_finite("sorted", sorted)?;
    match sorted.windows(2).position(|pair| pair[0] > pair[1]) {
        None => Ok(()),
        Some(i) => {
            Err(DataError::entry("sorted", i + 1, "at least the entry before it", sorted[i + 1]))
        }
    }
}

fn at(sorted: &[f64], p: f64, kind: QuantileType) -> f64 {
    let (below, weight) = position(sorted.len(), p, kind);
    let low = sorted[below];
    between(low, *sorted.get(below + 1).unwrap_or(&low), weight)
}

/// Where level `p` lies among `n ≥ 1` values: the index of the value below, from 0, and the
/// weight of the next one.
fn position(n: usize, p: f64, kind: QuantileType) -> (usize, f64) {
    let count = n as f64;
    let np = count * p;
    let rank = match kind {
        QuantileType::InverseCdf => snap(np, np).ceil(),
        QuantileType::AveragedInverseCdf => {
            let h = snap(np, np);
            if h.fract() == 0.0 { h + 0.5 } else { h.ceil() }
        }
        QuantileType::NearestEven => {
            let h = snap(np - 0.5, np);
            if h.fract() == 0.0 { h + h.rem_euclid(2.0) } else { h.ceil() }
        }
        QuantileType::LinearInverseCdf => np,
        QuantileType::Hazen => np + 0.5,
        QuantileType::Weibull => (count + 1.0) * p,
        QuantileType::Linear => (count - 1.0) * p + 1.0,
        QuantileType::MedianUnbiased => (count + 1.0 / 3.0) * p + 1.0 / 3.0,
        QuantileType::NormalUnbiased => (count + 0.25) * p + 0.375,
    };
    if rank <= 1.0 {
        return (0, 0.0);
    }
    if rank >= count {
        return (n - 1, 0.0);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 1..n")]
    let below = rank as usize - 1;
    (below, rank.fract())
}

/// `h`, or the whole number it misses only by the rounding of a product of size `np`.
fn snap(h: f64, np: f64) -> f64 {
    let whole = h.round();
    if (h - whole).abs() <= 4.0 * f64::EPSILON * np { whole } else { h }
}

/// The point at `weight` in `[0, 1)` of the way from `low` to `high`, which is not below it.
fn between(low: f64, high: f64, weight: f64) -> f64 {
    let width = high - low;
    let point = if width.is_finite() {
        low + weight * width
    } else {
        2.0 * (low / 2.0 + weight * (high / 2.0 - low / 2.0))
    };
    point.min(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    /// The formulas of the module in exact fractions, confirmed by `NumPy` 2.4's nine methods.
    #[test]
    fn all_types_as_published() {
        let sorted = [-3.5, 0.25, 0.25, 1.0, 2.75, 4.0, 7.5, 11.0, 11.0, 30.0];
        let levels = [0.05, 0.1, 0.25, 0.33, 0.5, 0.65, 0.75, 0.9, 0.95];
        #[rustfmt::skip]
        let expected = [
            [-3.5, -3.5, 0.25, 1.0, 2.75, 7.5, 11.0, 11.0, 30.0],
            [-3.5, -1.625, 0.25, 1.0, 3.375, 7.5, 11.0, 20.5, 30.0],
            [-3.5, -3.5, 0.25, 0.25, 2.75, 4.0, 11.0, 11.0, 30.0],
            [-3.5, -3.5, 0.25, 0.475, 2.75, 5.75, 9.25, 11.0, 20.5],
            [-3.5, -1.625, 0.25, 0.85, 3.375, 7.5, 11.0, 20.5, 30.0],
            [-3.5, -3.125, 0.25, 0.7225, 3.375, 8.025, 11.0, 28.1, 30.0],
            [-1.8125, -0.125, 0.4375, 0.9775, 3.375, 6.975, 10.125, 12.9, 21.45],
            [-3.5, -2.125, 0.25, 0.8075, 3.375, 7.675, 11.0, 691.0 / 30.0, 30.0],
            [-3.5, -2.0, 0.25, 0.818_125, 3.375, 7.631_25, 11.0, 22.4, 30.0],
        ];
        for (kind, expected) in QuantileType::ALL.into_iter().zip(expected) {
            let all = quantiles(&sorted, &levels, kind).unwrap();
            for ((p, got), expected) in levels.into_iter().zip(all).zip(expected) {
                assert_close!(got, expected, 1e-14, "{kind:?} at {p}");
                assert_eq!(quantile(&sorted, p, kind), Ok(got));
            }
        }
    }

    #[test]
    fn levels_met_up_to_rounding_are_met() {
        let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
        for k in 1..100 {
            let (rank, p) = (f64::from(k), f64::from(k) / 100.0);
            let at = |kind| quantile(&sorted, p, kind).unwrap();
            assert_eq!(at(QuantileType::InverseCdf), rank, "{p}");
            assert_eq!(at(QuantileType::AveragedInverseCdf), rank + 0.5, "{p}");
            assert_eq!(at(QuantileType::NearestEven), rank, "{p}");
        }
    }

    #[test]
    fn ends_single_values_and_ties() {
        for kind in QuantileType::ALL {
            for p in [0.0, 5e-324, 0.3, 1.0 - f64::EPSILON, 1.0] {
                assert_eq!(quantile(&[7.0], p, kind), Ok(7.0));
                assert_eq!(quantile(&[0.1; 9], p, kind), Ok(0.1));
            }
            let sorted = [-2.0, 1.0, 1.0, 8.0];
            assert_eq!(quantile(&sorted, 0.0, kind), Ok(-2.0));
            assert_eq!(quantile(&sorted, 1.0, kind), Ok(8.0));
            assert_eq!(quantile(&sorted, 0.5, kind), Ok(1.0));
        }
    }

    #[test]
    fn the_widest_range_does_not_overflow() {
        let wide = [-f64::MAX, f64::MAX];
        assert_eq!(quantile(&wide, 0.5, QuantileType::Linear), Ok(0.0));
        assert_close!(quantile(&wide, 0.75, QuantileType::Linear).unwrap(), f64::MAX / 2.0, 1e-15);
        let near_one = quantile(&wide, 1.0 - f64::EPSILON, QuantileType::Linear).unwrap();
        assert!(near_one < f64::MAX && near_one > 0.999 * f64::MAX, "{near_one:e}");
        assert_eq!(quantile(&wide, 0.5, QuantileType::AveragedInverseCdf), Ok(0.0));
        let same_sign = [f64::MAX, f64::MAX];
        assert_eq!(quantile(&same_sign, 0.3, QuantileType::Hazen), Ok(f64::MAX));
    }

    #[test]
    fn what_is_not_a_sorted_sample_or_a_level() {
        let kind = QuantileType::Linear;
        for p in [-5e-324, 1.0 + f64::EPSILON, f64::NAN, f64::INFINITY] {
            let error = crate::error::ParamError::new("p", "in [0, 1]", p);
            assert_eq!(quantile(&[1.0], p, kind), Err(error.into()));
            assert_eq!(
                quantiles(&[1.0], &[0.5, p], kind),
                Err(DataError::entry("levels", 1, "in [0, 1]", p).into())
            );
        }
        let cases: [(&[f64], DataError); 4] = [
            (&[], DataError::TooShort { name: "sorted", needed: 1, got: 0 }),
            (&[1.0, f64::NAN], DataError::entry("sorted", 1, "finite", f64::NAN)),
            (&[f64::INFINITY], DataError::entry("sorted", 0, "finite", f64::INFINITY)),
            (&[1.0, 2.0, 1.5], DataError::entry("sorted", 2, "at least the entry before it", 1.5)),
        ];
        for (sorted, error) in cases {
            assert_eq!(quantile(sorted, 0.5, kind), Err(error.into()), "{sorted:?}");
        }
    }
}
