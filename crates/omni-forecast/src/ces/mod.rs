//! Complex exponential smoothing: a level and what may become of it.

mod auto;
mod filter;
mod model;

pub use auto::AutoCes;
pub use filter::Season;
pub use model::{Ces, CesFit};
