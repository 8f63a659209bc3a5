//! What can go wrong in this crate.

use omni_core::error::{DataError, ParamError};

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting or argument is out of range.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// A column or series cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A result is too large, or too close to zero, for a number of 64 bits.
    #[error("{name} does not fit a number of 64 bits: the arguments are too far apart")]
    Unrepresentable {
        /// The result.
        name: &'static str,
    },
    /// A forecast has no quantiles of the demand over several periods together.
    #[error("the forecast has no cumulative quantiles, which a lead time needs")]
    NoCumulative,
    /// A probability lies outside the levels of a forecast, which is never extrapolated.
    #[error("the forecast has levels from {lowest} to {highest}, {level} is not between them")]
    OutsideLevels {
        /// The probability asked for.
        level: f64,
        /// The lowest level of the forecast.
        lowest: f64,
        /// The highest level of the forecast.
        highest: f64,
    },
}

/// A result that is a finite number, or the error that names it.
pub(crate) fn finite(name: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() { Ok(value) } else { Err(Error::Unrepresentable { name }) }
}

/// A result that is a finite number above zero, or the error that names it.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64, Error> {
    if value > 0.0 { finite(name, value) } else { Err(Error::Unrepresentable { name }) }
}
