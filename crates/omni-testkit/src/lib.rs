//! Test support of the omni crates: comparison to a relative tolerance, and the
//! loader of reference values.
//!
//! This crate depends on none of ours, so every one of ours may test with it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::cast_possible_truncation,
    reason = "a failed expectation is what a test reports"
)]

pub mod people;
pub mod reference;

use std::fmt;

/// Asserts that two numbers agree to a relative tolerance: `assert_close!(got, expected, 1e-12)`.
///
/// Equal numbers agree (two zeros, two infinities of one sign); NaN agrees with nothing.
/// The relative error is `|got − expected| / |expected|`, so an expected zero asks for an
/// exact zero unless an absolute slack is named: `assert_close!(got, expected, 1e-12, abs 1e-15)`.
#[macro_export]
macro_rules! assert_close {
    ($got:expr, $expected:expr, $relative:expr $(,)?) => {
        $crate::assert_close!($got, $expected, $relative, abs 0.0, "")
    };
    ($got:expr, $expected:expr, $relative:expr, abs $absolute:expr $(,)?) => {
        $crate::assert_close!($got, $expected, $relative, abs $absolute, "")
    };
    ($got:expr, $expected:expr, $relative:expr, $($context:tt)+) => {
        $crate::assert_close!(@$got, $expected, $relative, $($context)+)
    };
    (@$got:expr, $expected:expr, $relative:expr, abs $absolute:expr, $($context:tt)+) => {
        if let Err(difference) = $crate::compare($got, $expected, $relative, $absolute) {
            panic!("{difference} {}", format_args!($($context)+));
        }
    };
    (@$got:expr, $expected:expr, $relative:expr, $($context:tt)+) => {
        if let Err(difference) = $crate::compare($got, $expected, $relative, 0.0) {
            panic!("{difference} {}", format_args!($($context)+));
        }
    };
}

/// How two numbers differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    got: f64,
    expected: f64,
    relative: f64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { got, expected, relative } = self;
        let error = (got - expected).abs() / expected.abs();
        write!(
            f,
            "got {got:e}, expected {expected:e}: relative error {error:e} above {relative:e}, {} ULP apart",
            ulps(*got, *expected)
        )
    }
}

/// Compares two numbers: `|got − expected| <= relative·|expected| + absolute`.
///
/// # Errors
/// [`Difference`] if they are further apart or one is NaN.
pub fn compare(got: f64, expected: f64, relative: f64, absolute: f64) -> Result<(), Difference> {
    let near = (got - expected).abs() <= relative * expected.abs() + absolute;
    if got == expected || (near && got.is_finite()) {
        Ok(())
    } else {
        Err(Difference { got, expected, relative })
    }
}

/// The number of doubles between two numbers.
#[must_use]
pub fn ulps(a: f64, b: f64) -> u64 {
    let ordered = |v: f64| {
        let bits = v.to_bits().cast_signed();
        if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
    };
    ordered(a).abs_diff(ordered(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_and_near_numbers_pass() {
        assert_close!(1.0, 1.0, 0.0);
        assert_close!(0.0, -0.0, 0.0);
        assert_close!(f64::INFINITY, f64::INFINITY, 0.0);
        assert_close!(1.0 + 1e-13, 1.0, 1e-12);
        assert_close!(1e-16, 0.0, 1e-12, abs 1e-15);
        assert_close!(2.0, 2.0, 1e-12, "case {}", 7);
    }

    #[test]
    fn far_numbers_and_nan_fail() {
        for (got, expected) in
            [(1.1, 1.0), (f64::NAN, f64::NAN), (f64::INFINITY, 1.0), (1e-300, 0.0), (-1.0, 1.0)]
        {
            assert!(compare(got, expected, 1e-12, 0.0).is_err(), "{got} {expected}");
        }
    }

    #[test]
    fn ulps_count_across_zero() {
        assert_eq!(ulps(1.0, f64::from_bits(1.0_f64.to_bits() + 3)), 3);
        assert_eq!(ulps(0.0, -0.0), 0);
        assert_eq!(ulps(5e-324, -5e-324), 2);
    }
}
