//! What a method returns for a whole panel: quantiles, and an account of every series.

use omni_core::series::Series;
use omni_core::{Observation, Quantiles};

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
    /// What a blended forecast is made of; `None` from a method that does not blend.
    pub blend: Option<Blend>,
    /// What the forecast leans on besides the series itself; `None` if that was enough.
    pub fallback: Option<Fallback>,
}

impl SeriesReport {
    /// Counts what a series holds from position `start` on.
    pub(crate) fn of(key: u32, series: &Series<'_>, start: usize, skipped: Option<Skip>) -> Self {
        let count =
            |what| series.observation.iter().skip(start).filter(|&&how| how == what).count();
        Self {
            key,
            periods: series.values.len() - start.min(series.values.len()),
            missing: count(Observation::Missing),
            censored: count(Observation::Censored),
            skipped,
            blend: None,
            fallback: None,
        }
    }
}

/// What a forecast of counts is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Blend {
    /// Weight of the hurdle distribution; the rest is negative binomial.
    pub hurdle: f64,
    /// Over how many periods the levels are averaged.
    pub memory: f64,
    /// Share of the panel in the slowest level; the rest is the series itself.
    pub pooled: f64,
}

/// What a forecast leans on besides the series itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Fallback {
    /// No history: the distributions of other series, evenly mixed.
    Neighbors {
        /// How many there are.
        count: usize,
        /// How many labels they share with the series.
        labels: usize,
    },
    /// No history, nor a series to take it from: what the panel says of any item.
    Panel,
    /// A history without demand: the panel says how likely that is to end.
    NoDemand,
    /// A history so short that the panel has more than a tenth of its level.
    Short {
        /// How many periods there are.
        periods: usize,
    },
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
