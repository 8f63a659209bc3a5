//! How good a forecast is: error metrics, and the rolling-origin backtest.

mod backtest;
pub mod metrics;

pub use backtest::{Backtest, BacktestReport, Origin, PanelBacktest, Scores, SeriesScores};
