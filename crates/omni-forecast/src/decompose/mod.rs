//! Series taken apart into season, trend and remainder, and forecasts on the parts.

mod box_cox;
pub(crate) mod classical;
mod forecast;
pub(crate) mod gaps;
mod loess;
mod mstl;
mod parts;
mod stl;

pub use box_cox::BoxCox;
pub use classical::{Classical, Kind, SeasonalIndices, is_seasonal};
pub use forecast::MstlForecast;
pub use mstl::Mstl;
pub use parts::Decomposition;
pub use stl::Stl;
