//! Guards: an argument either passes or becomes an error that names it.
//!
//! Each guard is written positively (`value > 0.0`), so NaN fails it. The
//! scalar guards give the value back, so that a check is one `let` with one `?`.

use crate::error::{DataError, ParamError};

macro_rules! scalar_guard {
    ($(#[$doc:meta])* $name:ident, $rule:literal, |$v:ident| $holds:expr) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// [`ParamError`] with the name, the rule and the value.
        pub fn $name(name: &'static str, $v: f64) -> Result<f64, ParamError> {
            if $holds { Ok($v) } else { Err(ParamError::new(name, $rule, $v)) }
        }
    };
}

scalar_guard!(
    /// A smoothing weight in `(0, 1]`.
    weight, "in (0, 1]", |v| v > 0.0 && v <= 1.0
);
scalar_guard!(
    /// A share in `[0, 1]`, both ends allowed.
    fraction, "in [0, 1]", |v| (0.0..=1.0).contains(&v)
);
scalar_guard!(
    /// A probability or quantile level in `(0, 1)`, both ends excluded.
    probability, "in (0, 1)", |v| v > 0.0 && v < 1.0
);
scalar_guard!(
    /// A finite number above zero.
    positive, "positive and finite", |v| v > 0.0 && v.is_finite()
);
scalar_guard!(
    /// A finite number not below zero.
    non_negative, "non-negative and finite", |v| v >= 0.0 && v.is_finite()
);
scalar_guard!(
    /// A finite number.
    finite, "finite", |v| v.is_finite()
);

/// A count that is at least one.
///
/// # Errors
/// [`ParamError`] if it is zero.
pub fn at_least_one(name: &'static str, count: usize) -> Result<usize, ParamError> {
    if count >= 1 { Ok(count) } else { Err(ParamError::new(name, "at least 1", count)) }
}

macro_rules! column_guard {
    ($(#[$doc:meta])* $name:ident, $rule:literal, |$v:ident| $holds:expr) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// [`DataError::Entry`] with the index and the value of the first that is not.
        pub fn $name(name: &'static str, values: &[f64]) -> Result<(), DataError> {
            match values.iter().position(|&$v| !($holds)) {
                None => Ok(()),
                Some(index) => Err(DataError::entry(name, index, $rule, values[index])),
            }
        }
    };
}

column_guard!(
    /// Every entry is finite.
    all_finite, "finite", |v| v.is_finite()
);
column_guard!(
    /// Every entry is finite and not below zero.
    all_non_negative, "non-negative and finite", |v| v >= 0.0 && v.is_finite()
);
column_guard!(
    /// Every entry is finite and above zero.
    all_positive, "positive and finite", |v| v > 0.0 && v.is_finite()
);

/// At least `needed` entries.
///
/// # Errors
/// [`DataError::TooShort`].
pub fn min_len<T>(name: &'static str, values: &[T], needed: usize) -> Result<(), DataError> {
    let got = values.len();
    if got >= needed { Ok(()) } else { Err(DataError::TooShort { name, needed, got }) }
}

/// Exactly `expected` entries, the length of the column beside it.
///
/// # Errors
/// [`DataError::Length`].
pub fn same_len<T>(name: &'static str, values: &[T], expected: usize) -> Result<(), DataError> {
    let got = values.len();
    if got == expected { Ok(()) } else { Err(DataError::Length { name, expected, got }) }
}

/// Quantile levels: at least one, each in `(0, 1)`, strictly ascending.
///
/// # Errors
/// [`DataError::TooShort`] without a level, [`DataError::Entry`] for the first one that
/// is out of range or not above its predecessor.
pub fn levels(name: &'static str, levels: &[f64]) -> Result<(), DataError> {
    min_len(name, levels, 1)?;
    let mut below = 0.0;
    for (index, &level) in levels.iter().enumerate() {
        if !(level > below && level < 1.0) {
            return Err(DataError::entry(name, index, "in (0, 1) and ascending", level));
        }
        below = level;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalar_guards_at_their_edges() {
        type Guard = fn(&'static str, f64) -> Result<f64, ParamError>;
        let cases: [(Guard, &[f64], &[f64]); 6] = [
            (weight, &[f64::MIN_POSITIVE, 1.0], &[0.0, -0.0, 1.000_000_1]),
            (fraction, &[0.0, 1.0], &[-1e-300, 1.000_000_1]),
            (probability, &[0.5], &[0.0, 1.0]),
            (positive, &[5e-324, f64::MAX], &[0.0, -1.0]),
            (non_negative, &[0.0, -0.0, f64::MAX], &[-5e-324]),
            (finite, &[f64::MIN, f64::MAX], &[]),
        ];
        for (guard, good, bad) in cases {
            for &v in good {
                assert_eq!(guard("x", v), Ok(v));
            }
            for &v in bad.iter().chain(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]) {
                assert_eq!(guard("x", v).unwrap_err().name, "x");
            }
        }
    }

    #[test]
    fn column_guards_name_the_first_bad_entry() {
        assert_eq!(all_non_negative("y", &[0.0, 1.0]), Ok(()));
        assert_eq!(
            all_non_negative("y", &[0.0, -1.0, f64::NAN]),
            Err(DataError::entry("y", 1, "non-negative and finite", -1.0))
        );
        assert!(all_positive("y", &[0.0]).is_err());
        assert!(all_finite("y", &[f64::NAN]).is_err());
    }

    #[test]
    fn levels_ascend() {
        assert_eq!(levels("levels", &[0.1, 0.9]), Ok(()));
        for bad in [&[][..], &[0.0], &[1.0], &[0.5, 0.5], &[0.9, 0.1], &[f64::NAN]] {
            assert!(levels("levels", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lengths() {
        assert_eq!(min_len("y", &[1], 1), Ok(()));
        assert_eq!(
            min_len::<u8>("y", &[], 1),
            Err(DataError::TooShort { name: "y", needed: 1, got: 0 })
        );
        assert_eq!(
            same_len("b", &[1], 2),
            Err(DataError::Length { name: "b", expected: 2, got: 1 })
        );
        assert!(at_least_one("horizon", 0).is_err());
    }
}
