//! The numerics that several crates need: sums, quantiles, roots and minima.
//!
//! | Question | Module |
//! |---|---|
//! | what is the total, the mean? | [`sum`] |
//! | what value is exceeded in 5 % of the cases? | [`quantile`] |
//!
//! Everything here is deterministic, takes `f64`, and answers any input with a finite
//! result or an [`Error`]; only a sum that is not finite is returned as it is.

pub mod quantile;
pub mod sum;

use crate::error::{DataError, ParamError};

/// Why a numeric method has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument or setting is out of its range.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// A slice cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
}
