//! When to order: the stock at which the next order must go out.
//!
//! | method | target | needs |
//! |---|---|---|
//! | [`cycle_service`] | no stock-out in this share of the order cycles | the demand until delivery |
//! | [`fill_rate`] | this share of the units sold from the shelf | and the order quantity |
//! | [`from_quantiles`] | as `cycle_service` | a forecast with cumulative quantiles |
//!
//! The two targets differ: with large orders a shelf is rarely at risk, and 98 % of the
//! units need far less stock than 98 % of the cycles.

mod cycle_service;
mod fill_rate;
mod forecast;

pub use cycle_service::cycle_service;
pub use fill_rate::{fill_rate, fill_rate_at};
pub use forecast::from_quantiles;

/// A reorder point and what it achieves.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ReorderPoint {
    /// Order when the inventory position (available and incoming) falls to this level.
    pub reorder_point: f64,
    /// How much of it is above the mean demand until delivery; may be negative.
    pub safety_stock: f64,
    /// Probability that a cycle passes without a stock-out.
    pub cycle_service_level: f64,
}
