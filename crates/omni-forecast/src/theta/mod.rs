//! The theta methods: a level that follows the series, and a line through it.

mod auto;
mod model;
mod search;

pub use auto::AutoTheta;
pub use model::{State, Theta, ThetaFit};
