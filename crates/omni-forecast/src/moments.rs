//! Means that neither overflow nor underflow on the way.

use crate::Error;
use omni_core::DataError;
use omni_core::numeric::sum::Accumulator;

/// The largest power of two not above the largest magnitude; 1 if all values are zero.
///
/// Dividing by it is exact for all but subnormal numbers, and brings every value below 2.
pub(crate) fn magnitude(values: impl Iterator<Item = f64>) -> f64 {
    let largest = values.fold(0.0_f64, |largest, v| largest.max(v.abs()));
    if largest > 0.0 {
        f64::from_bits(largest.to_bits() & f64::INFINITY.to_bits()).max(f64::MIN_POSITIVE)
    } else {
        1.0
    }
}

/// The arithmetic mean; `None` without a value.
///
/// # Errors
/// [`DataError::Overflow`] if a value or the mean is not finite.
pub(crate) fn mean(
    name: &'static str,
    values: impl Iterator<Item = f64> + Clone,
) -> Result<Option<f64>, Error> {
    mean_of(name, values, |v| v, |mean| mean)
}

/// The square root of the mean of the squares; `None` without a value.
///
/// # Errors
/// As [`mean`].
pub(crate) fn root_mean_square(
    name: &'static str,
    values: impl Iterator<Item = f64> + Clone,
) -> Result<Option<f64>, Error> {
    mean_of(name, values, |v| v * v, f64::sqrt)
}

fn mean_of(
    name: &'static str,
    values: impl Iterator<Item = f64> + Clone,
    term: impl Fn(f64) -> f64,
    of_mean: impl Fn(f64) -> f64,
) -> Result<Option<f64>, Error> {
    let scale = magnitude(values.clone());
    let mut sum = Accumulator::new();
    let mut count = 0_usize;
    for value in values {
        sum.push(term(value / scale));
        count += 1;
    }
    if count == 0 {
        return Ok(None);
    }
    finite(name, scale * of_mean(sum.total() / count as f64)).map(Some)
}

/// A result, or an error if it overflowed.
pub(crate) fn finite(name: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() { Ok(value) } else { Err(DataError::Overflow { name }.into()) }
}

/// A standard error that has grown by a factor since the first step; `None` stays.
///
/// # Errors
/// [`DataError::Overflow`] if it is not finite.
pub(crate) fn grown(sigma: Option<f64>, factor: f64) -> Result<Option<f64>, Error> {
    sigma.map(|sigma| finite("sigma", sigma * factor)).transpose()
}

/// The changes of a series over `lag` periods: `y_t − y_{t−lag}`.
pub(crate) fn changes(y: &[f64], lag: usize) -> impl Iterator<Item = f64> + Clone {
    y.iter().zip(y.iter().skip(lag)).map(|(before, after)| after - before)
}

/// The root mean square of the changes over `lag` periods; `None` without a change.
///
/// # Errors
/// As [`mean`].
pub(crate) fn root_mean_square_change(
    name: &'static str,
    y: &[f64],
    lag: usize,
) -> Result<Option<f64>, Error> {
    root_mean_square(name, changes(y, lag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_are_powers_of_two() {
        let cases: [(&[f64], f64); 6] = [
            (&[], 1.0),
            (&[0.0, -0.0], 1.0),
            (&[3.0, -5.0], 4.0),
            (&[0.3], 0.25),
            (&[5e-324], f64::MIN_POSITIVE),
            (&[f64::MAX], 2.0_f64.powi(1023)),
        ];
        for (values, expected) in cases {
            assert_eq!(magnitude(values.iter().copied()), expected, "{values:?}");
        }
    }

    #[test]
    fn means_at_the_ends_of_the_range() {
        for unit in [1.0, 1e307, 1e-300, -1e-300] {
            let values = [3.0 * unit, 4.0 * unit, -unit];
            let got = mean("y", values.into_iter()).unwrap().unwrap();
            assert!((got / unit - 2.0).abs() < 1e-15, "{got}");
            let got = root_mean_square("y", values.into_iter()).unwrap().unwrap();
            assert!((got / unit.abs() - (26.0_f64 / 3.0).sqrt()).abs() < 1e-15, "{got}");
        }
        assert_eq!(mean("y", [].into_iter()), Ok(None));
        let overflow = Err(DataError::Overflow { name: "y" }.into());
        assert_eq!(mean("y", [f64::INFINITY].into_iter()), overflow);
        assert_eq!(root_mean_square_change("y", &[f64::MAX, f64::MIN], 1), overflow);
    }

    #[test]
    fn changes_of_a_short_series_are_none() {
        for lag in [2, 3, usize::MAX] {
            assert_eq!(root_mean_square_change("y", &[1.0, 2.0], lag), Ok(None));
        }
    }
}
