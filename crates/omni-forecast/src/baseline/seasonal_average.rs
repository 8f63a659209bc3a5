//! Seasonal window average: this Monday is like the last few Mondays.
//!
//! ```text
//! ŷ_{n+h|n} = mean of the last w values of the phase of n + h
//! ```
//!
//! The season has m periods; `y` (length n) and the forecast are in the unit of the series.
//! A window of 1 is the [seasonal naive](super::SeasonalNaive) method. O(n) time, O(m) memory.
//!
//! Source: Hyndman & Athanasopoulos (2021), "Forecasting: Principles and Practice",
//! 3rd edition, section 5.2.
//!
//! Limits: neither trend nor standard error; the season is a fixed number of periods.

use crate::forecaster::check_horizon;
use crate::moments::mean;
use crate::{Error, Forecaster};
use omni_core::check;

/// Settings of the seasonal window average; checked by [`fit`](SeasonalAverage::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SeasonalAverage {
    season: usize,
    window: usize,
}

impl SeasonalAverage {
    /// A season of so many periods and a window of so many seasons, both at least 1. A phase
    /// seen less often is averaged over what there is.
    #[must_use]
    pub const fn new(season: usize, window: usize) -> Self {
        Self { season, window }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if season or window is 0, [`Error::Data`] if `y` is shorter than a
    /// season or an entry is not finite.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::baseline::SeasonalAverage;
    ///
    /// let y = [9.0, 1.0, 3.0, 2.0, 5.0, 4.0];
    /// assert_eq!(SeasonalAverage::new(2, 2).fit(&y)?.forecast(3)?, [4.0, 3.0, 4.0]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<SeasonalAverageFit, Error> {
        let season = check::at_least_one("season", self.season)?;
        let window = check::at_least_one("window", self.window)?;
        check::all_finite("y", y)?;
        check::min_len("y", y, season)?;
        // From the newest season back; the first of them is the oldest phase to come.
        let averages = (0..season).rev().map(|back| {
            let values = y.iter().rev().skip(back).step_by(season).take(window).copied();
            Ok(mean("y", values)?.unwrap_or_default())
        });
        Ok(SeasonalAverageFit { averages: averages.collect::<Result<_, Error>>()? })
    }
}

impl Forecaster for SeasonalAverage {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// What [`SeasonalAverage::fit`] learned.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SeasonalAverageFit {
    /// The average of each phase, from that of the next period on.
    pub averages: Vec<f64>,
}

impl SeasonalAverageFit {
    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if the averages were emptied.
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let horizon = check_horizon(horizon)?;
        check::min_len("averages", &self.averages, 1)?;
        Ok(self.averages.iter().copied().cycle().take(horizon).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::SeasonalNaive;

    #[test]
    fn a_window_of_one_is_seasonal_naive() {
        let y = [4.0, 8.0, 15.0, 16.0, 23.0, 42.0, 7.0];
        for season in 1..=7 {
            let naive = SeasonalNaive::new(season).fit(&y).unwrap().forecast(9);
            assert_eq!(SeasonalAverage::new(season, 1).fit(&y).unwrap().forecast(9), naive);
        }
    }

    #[test]
    fn a_phase_seen_less_often() {
        // Phases of the season of 3, newest first: 7, 16; 42, 15; 23, 8.
        let fit = SeasonalAverage::new(3, 9).fit(&[8.0, 15.0, 16.0, 23.0, 42.0, 7.0]).unwrap();
        assert_eq!(fit.averages, [15.5, 28.5, 11.5]);
        let uneven = SeasonalAverage::new(2, 9).fit(&[1.0, 2.0, 5.0]).unwrap();
        assert_eq!(uneven.averages, [2.0, 3.0]);
    }

    #[test]
    fn errors() {
        assert!(SeasonalAverage::new(0, 1).fit(&[1.0]).is_err());
        assert!(SeasonalAverage::new(1, 0).fit(&[1.0]).is_err());
        assert!(SeasonalAverage::new(2, 1).fit(&[1.0]).is_err());
        assert!(SeasonalAverage::new(usize::MAX, usize::MAX).fit(&[1.0]).is_err());
        assert!(SeasonalAverageFit { averages: vec![] }.forecast(1).is_err());
    }
}
