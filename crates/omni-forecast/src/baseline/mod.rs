//! Baselines: what any other method has to beat.

mod naive;
mod seasonal_naive;

pub use naive::{Naive, NaiveFit};
pub use seasonal_naive::{SeasonalNaive, SeasonalNaiveFit};
