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
}
