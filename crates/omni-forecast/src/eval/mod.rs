//! How good a forecast is: error metrics, the rolling-origin backtest, what a forecast costs
//! in stock, and whether one is better than another.

mod backtest;
mod diebold_mariano;
pub mod metrics;
mod scores;
mod stock;

pub use backtest::{
    Backtest, BacktestReport, Origin, PanelBacktest, QuantileBacktest, QuantileOrigin, Scores,
    SeriesScores,
};
pub use diebold_mariano::{DieboldMariano, diebold_mariano};
pub use scores::{Coverage, QuantileScores, interval_score, msis, weighted};
pub use stock::{OrderUpTo, StockReport, cumulative_error, periods_in_stock};
