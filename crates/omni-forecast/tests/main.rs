//! Reference values, properties and hostile input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "not library code"
)]

mod baseline;
mod ces;
mod arima;
mod decompose;
mod degenerate;
mod ets;
mod conformal;
mod eval;
mod hierarchy;
mod monitor;
mod intermittent;
mod properties;
mod reference;
#[cfg(feature = "serde")]
mod serde;
mod theta;
