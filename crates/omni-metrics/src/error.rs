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
    /// The days lie so far apart that a table of their periods would not fit memory.
    #[error("the cohort matrix must have at most {limit} cells: choose a longer period")]
    TooManyCells {
        /// The most cells it may have.
        limit: u64,
    },
}
