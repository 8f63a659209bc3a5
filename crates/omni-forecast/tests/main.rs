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

mod arima;
mod auto;
mod baseline;
mod ces;
mod conformal;
mod decompose;
mod degenerate;
mod ets;
mod eval;
mod hierarchy;
mod intermittent;
mod monitor;
mod properties;
mod reference;
#[cfg(feature = "serde")]
mod serde;
mod theta;
