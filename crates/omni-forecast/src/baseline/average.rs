//! Averages: of the whole past, or of a window of it.
//!
//! ```text
//! ŷ_{n+h|n} = mean of the last w values            w = n without a window
//! σ² = Σ (y_t − mean)² / (w − 1)        σ_h = σ √(1 + 1/w)
//! ```
//!
//! `y` (length n), the forecast and `σ` are in the unit of the series. The standard error
//! counts the mean as estimated and is the same at every step, as in R's `meanf`.
//! O(n) time, O(1) memory.
//!
//! Source: Hyndman & Athanasopoulos (2021), "Forecasting: Principles and Practice",
//! 3rd edition, sections 5.2 and 5.5.
//!
//! Limits: the standard error holds for independent values around one mean.

use crate::forecaster::{check_horizon, flat};
use crate::moments::{finite, grown, mean, root_mean_square};
use crate::{Error, Forecaster};
use omni_core::check;

/// Settings of an average; checked by [`fit`](Average::fit).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Average {
    window: Option<usize>,
}

impl Average {
    /// The average of the whole past.
    #[must_use]
    pub const fn historic() -> Self {
        Self { window: None }
    }

    /// The average of the last `window` values, at least 1; of all if there are fewer.
    #[must_use]
    pub const fn window(window: usize) -> Self {
        Self { window: Some(window) }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if the window is 0, [`Error::Data`] if `y` is empty, an entry is not
    /// finite or the deviations overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::baseline::Average;
    ///
    /// let y = [8.0, 1.0, 2.0, 6.0];
    /// assert_eq!(Average::historic().fit(&y)?.mean(), 4.25);
    /// assert_eq!(Average::window(3).fit(&y)?.mean(), 3.0);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<AverageFit, Error> {
        let window = self.window.map(|w| check::at_least_one("window", w)).transpose()?;
        check::all_finite("y", y)?;
        check::min_len("y", y, 1)?;
        let window = window.unwrap_or(y.len()).min(y.len());
        let values = y.iter().copied().skip(y.len() - window);
        let average = mean("y", values.clone())?.unwrap_or_default();
        let sigma = if window < 2 {
            None
        } else {
            let size = root_mean_square("y", values.map(|v| v - average))?;
            grown(size, (window as f64 / (window - 1) as f64).sqrt())?
        };
        Ok(AverageFit { average: finite("y", average)?, window, sigma })
    }
}

impl Forecaster for Average {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// What [`Average::fit`] learned.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AverageFit {
    /// The average.
    pub average: f64,
    /// How many values it is of.
    pub window: usize,
    /// Standard deviation of these values; `None` if there is one only.
    pub sigma: Option<f64>,
}

impl AverageFit {
    /// Forecast mean of any coming period.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.average
    }

    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON).
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        flat(self.average, horizon)
    }

    /// Standard error of the forecast `step` periods ahead (from 1), `None` without [`sigma`](Self::sigma).
    ///
    /// # Errors
    /// [`Error::Param`] if `step` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if the standard error overflows.
    pub fn standard_error(&self, step: usize) -> Result<Option<f64>, Error> {
        check_horizon(step)?;
        grown(self.sigma, (1.0 + 1.0 / self.window.max(1) as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_by_hand() {
        let fit = Average::historic().fit(&[1.0, 2.0, 6.0]).unwrap();
        assert_eq!((fit.mean(), fit.window, fit.sigma), (3.0, 3, Some(7.0_f64.sqrt())));
        let error = fit.standard_error(5).unwrap().unwrap();
        assert!((error - (28.0_f64 / 3.0).sqrt()).abs() < 1e-14, "{error}");
        let one = Average::window(1).fit(&[1.0, 2.0, 6.0]).unwrap();
        assert_eq!((one.mean(), one.sigma, one.standard_error(1)), (6.0, None, Ok(None)));
        assert_eq!(Average::window(9).fit(&[1.0, 2.0, 6.0]), Ok(fit));
    }

    #[test]
    fn errors() {
        assert!(Average::window(0).fit(&[1.0]).is_err());
        assert!(Average::historic().fit(&[]).is_err());
        assert!(Average::historic().fit(&[f64::MAX; 3]).is_ok());
        assert!(Average::historic().fit(&[1.0]).unwrap().standard_error(0).is_err());
    }
}
