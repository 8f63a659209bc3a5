//! Demand as quantiles: what may come, not only its mean.

mod empirical;

pub use empirical::EmpiricalQuantiles;
