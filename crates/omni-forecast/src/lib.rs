#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::expect_used,
        clippy::panic,
        clippy::unwrap_used,
        reason = "not library code"
    )
)]

pub mod arima;
pub mod auto;
pub mod baseline;
pub mod ces;
pub mod combine;
pub mod decompose;
pub mod eval;
pub mod hierarchy;
pub mod intermittent;
pub mod interval;
pub mod market_share;
pub mod monitor;
pub mod smoothing;
pub mod theta;

mod error;
mod fan;
mod forecaster;
mod gaussian;
mod moments;
mod parallel;

pub use auto::Auto;
pub use error::Error;
pub use fan::{Blend, Fallback, Fan, SeriesReport, Skip};
pub use forecaster::{Forecaster, MAX_HORIZON};
pub use intermittent::IntermittentQuantiles;
pub use interval::EmpiricalQuantiles;
