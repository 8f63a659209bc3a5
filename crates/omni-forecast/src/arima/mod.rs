//! ARIMA.

mod auto;
mod autocovariance;
mod candidate;
mod difference;
mod likelihood;
mod model;
mod objective;
mod order;
mod polynomial;
mod sample;
mod search;
mod state;
mod unit_root;

pub use auto::{AutoArima, AutoArimaFit, Fallback, Tried};
pub use model::{Arima, ArimaFit};
pub use order::Order;
