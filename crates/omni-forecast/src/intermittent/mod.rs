//! Intermittent demand: most periods have none.

mod adida;
mod croston;
mod distribution;
mod imapa;
mod lattice;
mod prior;
mod quantiles;
mod sizes;
mod state;
mod tsb;

pub use adida::{Adida, AdidaFit};
pub use croston::{Croston, CrostonFit};
pub use distribution::{CountDistribution, dispersion};
pub use imapa::{Imapa, ImapaFit};
pub use prior::CountPrior;
pub use quantiles::{CountForecast, IntermittentQuantiles};
pub use state::CountState;
pub use tsb::{Tsb, TsbFit};
