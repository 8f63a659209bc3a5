//! What can go wrong in this crate.

use omni_core::error::{DataError, ParamError};
use omni_core::numeric;

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
    /// A search or quantile failed inside.
    #[error(transparent)]
    Numeric(#[from] numeric::Error),
    /// A method for demand met a series without any.
    #[error("the series has no period with demand")]
    NoDemand,
    /// An error cannot be scaled by a training series that never changes.
    #[error("the training series does not change, so an error cannot be scaled by its changes")]
    ZeroScale,
    /// A sample covariance cannot be inverted; a shrunk one can.
    #[error("the covariance of {rows} rows from {periods} periods is singular")]
    Singular {
        /// How many rows the hierarchy has.
        rows: usize,
        /// How many periods the residuals have.
        periods: usize,
    },
}
