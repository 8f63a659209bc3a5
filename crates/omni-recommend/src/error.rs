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
    /// A user without any interaction was asked for.
    #[error("user {user} has no interaction")]
    UnknownUser {
        /// The user.
        user: u32,
    },
    /// No user has both a history and something held out, so no mean is defined.
    #[error("no user has both a history and a held-out item")]
    NothingToEvaluate,
}
