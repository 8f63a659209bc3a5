//! One day of retail: raw channel exports in, decisions and a report out.
//!
//! ```text
//! cargo run --release --example retail_day
//! cargo run --release --example retail_day -- --online-retail FILE.csv.gz --stock STOCK.csv --out DIR
//! ```
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "not library code"
)]

mod charts;
mod report;
