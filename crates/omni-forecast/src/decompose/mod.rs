//! Series taken apart into season, trend and remainder, and forecasts on the parts.

pub(crate) mod classical;
pub(crate) mod gaps;
mod loess;
mod parts;
mod stl;

pub use classical::{Classical, Kind, SeasonalIndices, is_seasonal};
pub use parts::Decomposition;
pub use stl::Stl;
