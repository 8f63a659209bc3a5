//! What a method returns for a whole panel: quantiles, and an account of every series.

use omni_core::Quantiles;

/// Forecast quantiles of a panel, with a report on every series of it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Fan {
    /// The quantiles of every series that could be forecast, per step and cumulative.
    pub quantiles: Quantiles,
    /// One report per series of the panel, keys ascending.
    pub series: Vec<SeriesReport>,
}

impl Fan {
    /// The keys without a forecast, ascending, and why they have none.
    pub fn skipped(&self) -> impl Iterator<Item = (u32, Skip)> {
        self.series.iter().filter_map(|series| Some((series.key, series.skipped?)))
    }
}

/// What was seen of a series, and whether it has a forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SeriesReport {
    /// The key of the series.
    pub key: u32,
    /// How many periods were used, the missing ones among them.
    pub periods: usize,
    /// How many of them are missing.
    pub missing: usize,
    /// How many of them are censored: stock ran out, so demand was at least the value.
    pub censored: usize,
    /// Why the series has no forecast; `None` if it has one.
    pub skipped: Option<Skip>,
}

/// Why a series has no forecast.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Skip {
    /// Too few stretches of observed periods as long as the horizon.
    #[error("has {got} windows of the horizon without a gap, needs {needed}")]
    TooShort {
        /// How many the settings ask for.
        needed: usize,
        /// How many there are.
        got: usize,
    },
    /// A value is below zero.
    #[error("demand in period {period} is below zero")]
    Negative {
        /// The first such period.
        period: i32,
    },
    /// Demand adds up to more than a number can hold.
    #[error("demand over the horizon is too large")]
    Overflow,
}
