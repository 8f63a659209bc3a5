//! The numerics that several crates need: sums, quantiles, roots and minima.
//!
//! | Question | Answer |
//! |---|---|
//! | What is the total, the mean? | [`sum::sum`], [`sum::mean`] |
//! | Which value is exceeded in 5 % of the cases? | [`quantile::quantile`] |
//! | Where does a function of one variable become zero? | [`root::bracketed`] |
//! | Where is a function of one variable smallest? | [`minimize::brent`] |
//! | Where is a smooth function of several variables smallest, within bounds? | [`minimize::quasi_newton`] |
//! | And if it has kinks or cliffs? | [`minimize::nelder_mead`] |
//!
//! Everything here is deterministic, takes `f64`, and answers any input with a finite
//! result or an [`Error`]; only a sum that is not finite is returned as it is.

mod limits;
pub mod minimize;
pub mod quantile;
pub mod root;
pub mod sum;

pub use limits::Limits;

use crate::error::{DataError, ParamError, Value};

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
    /// The function has the same sign at both ends of the bracket.
    #[error("the function must change its sign between the ends, got {at_lo} and {at_hi}")]
    NoSignChange {
        /// Its value at the lower end.
        at_lo: Value,
        /// Its value at the upper end.
        at_hi: Value,
    },
    /// The function has no finite value where the method needs one.
    #[error("the function must be finite, got {value} at {x}")]
    NotFinite {
        /// Where.
        x: Value,
        /// What it was.
        value: Value,
    },
}
