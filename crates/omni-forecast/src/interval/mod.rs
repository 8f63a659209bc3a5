//! Demand as quantiles: what may come, not only its mean.

mod bootstrap;
mod conformal;
mod empirical;

pub use bootstrap::{Bootstrap, BootstrapFit};
pub use conformal::{Conformal, ConformalFit};
pub use empirical::EmpiricalQuantiles;
