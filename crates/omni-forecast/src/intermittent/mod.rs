//! Intermittent demand: most periods have none.

mod croston;
mod tsb;

pub use croston::{Croston, CrostonFit};
pub use tsb::{Tsb, TsbFit};
