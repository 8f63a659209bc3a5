//! Seasonal naive: this Monday is like last Monday.
//!
//! ```text
//! ŷ_{n+h|n} = y_{n+h−m·(k+1)}     k = ⌊(h−1)/m⌋, the full seasons before step h
//! σ² = 1/(n−m) · Σ_{t=m+1..n} (y_t − y_{t−m})²
//! σ_h = σ √(k+1)
//! ```
//!
//! `m` is the season, in periods; `y` (length n), the forecast and `σ` are in the unit
//! of the series. A season of 1 is the [naive](super::Naive) method. No degree of freedom
//! is taken off `σ`, as in R's and Nixtla's implementations.
//! O(n) time, O(m) memory.
//!
//! Source: Hyndman & Athanasopoulos (2021), "Forecasting: Principles and Practice",
//! 3rd edition, sections 5.2 and 5.5.
//!
//! Limits: the season is a fixed number of periods, so days left out of the series
//! (a shop closed at New Year) shift it.

use crate::forecaster::check_horizon;
use crate::moments::{grown, root_mean_square_change};
use crate::{Error, Forecaster};
use omni_core::check;

/// Settings of the seasonal naive method; checked by [`fit`](SeasonalNaive::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SeasonalNaive {
    season: usize,
}

impl SeasonalNaive {
    /// A season of so many periods, at least 1.
    #[must_use]
    pub const fn new(season: usize) -> Self {
        Self { season }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if the season is 0, [`Error::Data`] if `y` is shorter than a
    /// season, an entry is not finite or the changes overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::baseline::SeasonalNaive;
    ///
    /// let fit = SeasonalNaive::new(2).fit(&[1.0, 8.0, 2.0, 9.0])?;
    /// assert_eq!(fit.forecast(3)?, [2.0, 9.0, 2.0]);
    /// assert_eq!(fit.sigma, Some(1.0));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<SeasonalNaiveFit, Error> {
        let season = check::at_least_one("season", self.season)?;
        check::all_finite("y", y)?;
        check::min_len("y", y, season)?;
        let last_season = y.iter().copied().skip(y.len() - season).collect();
        let sigma = root_mean_square_change("y", y, season)?;
        Ok(SeasonalNaiveFit { last_season, sigma })
    }
}

impl Forecaster for SeasonalNaive {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// What [`SeasonalNaive::fit`] learned.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SeasonalNaiveFit {
    /// The values of the last season, oldest first.
    pub last_season: Vec<f64>,
    /// Root mean square of the changes from one season to the next; `None` if there is
    /// one season only.
    pub sigma: Option<f64>,
}

impl SeasonalNaiveFit {
    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if the last season was emptied.
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let horizon = check_horizon(horizon)?;
        check::min_len("last_season", &self.last_season, 1)?;
        Ok(self.last_season.iter().copied().cycle().take(horizon).collect())
    }

    /// Standard error of the forecast `step` periods ahead (from 1), `None` without [`sigma`](Self::sigma).
    ///
    /// # Errors
    /// [`Error::Param`] if `step` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if the last season was emptied or the standard error overflows.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::baseline::SeasonalNaive;
    ///
    /// let fit = SeasonalNaive::new(2).fit(&[1.0, 8.0, 4.0, 11.0])?;
    /// assert_eq!(fit.standard_error(2)?, Some(3.0)); // still the first season ahead
    /// assert_eq!(fit.standard_error(7)?, Some(6.0)); // the fourth
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn standard_error(&self, step: usize) -> Result<Option<f64>, Error> {
        let step = check_horizon(step)?;
        check::min_len("last_season", &self.last_season, 1)?;
        let seasons = step.div_ceil(self.last_season.len());
        grown(self.sigma, (seasons as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Naive;
    use omni_core::{DataError, ParamError};

    #[test]
    fn a_season_of_one_is_naive() {
        let y = [3.0, 7.0, 4.0];
        let (seasonal, naive) = (SeasonalNaive::new(1).fit(&y).unwrap(), Naive.fit(&y).unwrap());
        assert_eq!(seasonal.sigma, naive.sigma);
        assert_eq!(seasonal.forecast(3), naive.forecast(3));
        assert_eq!(seasonal.standard_error(3), naive.standard_error(3));
    }

    #[test]
    fn one_season_has_no_sigma() {
        let fit = SeasonalNaive::new(3).fit(&[1.0, 2.0, 3.0]).unwrap();
        assert_eq!((fit.sigma, fit.standard_error(1)), (None, Ok(None)));
        assert_eq!(fit.forecast(5).unwrap(), [1.0, 2.0, 3.0, 1.0, 2.0]);
    }

    #[test]
    fn standard_error_steps_up_with_each_season() {
        let fit = SeasonalNaive::new(2).fit(&[0.0, 0.0, 2.0, 2.0]).unwrap();
        let of = |step| fit.standard_error(step).unwrap().unwrap();
        assert_eq!((of(1), of(2), of(7), of(8)), (2.0, 2.0, 4.0, 4.0));
    }

    #[test]
    fn errors() {
        assert_eq!(
            SeasonalNaive::new(0).fit(&[1.0]),
            Err(ParamError::new("season", "at least 1", 0_u32).into())
        );
        assert_eq!(
            SeasonalNaive::new(usize::MAX).fit(&[1.0]),
            Err(DataError::TooShort { name: "y", needed: usize::MAX, got: 1 }.into())
        );
        let mut emptied = SeasonalNaive::new(1).fit(&[1.0]).unwrap();
        emptied.last_season.clear();
        assert!(emptied.forecast(1).is_err());
        assert!(emptied.standard_error(1).is_err());
    }
}
