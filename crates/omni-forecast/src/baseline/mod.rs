//! Baselines: what any other method has to beat.

mod naive;
mod naive2;
mod seasonal_naive;

pub use naive::{Naive, NaiveFit};
pub use naive2::{Naive2, Naive2Fit};
pub use seasonal_naive::{SeasonalNaive, SeasonalNaiveFit};
