//! Baselines: what any other method has to beat.

mod average;
mod drift;
mod naive;
mod naive2;
mod seasonal_average;
mod seasonal_naive;

pub use average::{Average, AverageFit};
pub use drift::{Drift, DriftFit};
pub use naive::{Naive, NaiveFit};
pub use naive2::{Naive2, Naive2Fit};
pub use seasonal_average::{SeasonalAverage, SeasonalAverageFit};
pub use seasonal_naive::{SeasonalNaive, SeasonalNaiveFit};
