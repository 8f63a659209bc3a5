//! Watching a forecast while it runs: small states that take one period at a time and say
//! when the forecast has left the demand.
//!
//! | | Says | Where |
//! |---|---|---|
//! | Tracking signal | how one-sided the errors are | [`TrackingSignal`] |
//! | Cumulative sums | that errors have shifted by a known amount | [`Cusum`] |
//! | Page–Hinkley | that errors have left their own mean | [`PageHinkley`] |
//!
//! Each is plain data of at most 80 bytes, updated in O(1) without allocation; an update
//! that fails changes nothing. They take errors as forecast less actual, as
//! [`metrics`](crate::eval::metrics) does: above zero, too much was forecast.

mod cusum;
mod page_hinkley;
mod tracking_signal;

pub use cusum::Cusum;
pub use page_hinkley::PageHinkley;
pub use tracking_signal::TrackingSignal;

/// Which way the errors went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Alarm {
    /// The forecast has become too high: stock builds up.
    TooHigh,
    /// The forecast has become too low: stock runs out.
    TooLow,
}
