//! Drift: the last value, and the mean change from there on.
//!
//! ```text
//! b = (y_n − y₁) / (n − 1)
//! ŷ_{n+h|n} = y_n + h b
//! σ² = Σ_{t=2..n} (y_t − y_{t−1} − b)² / (n − 2)
//! σ_h = σ √(h (1 + h / (n − 1)))
//! ```
//!
//! `y` (length n) and `σ` are in the unit of the series, `b` in that per period. The
//! standard errors hold for a random walk with drift and count the drift as estimated, as
//! R's `rwf` does. O(n) time, O(1) memory.
//!
//! Source: Hyndman & Athanasopoulos (2021), "Forecasting: Principles and Practice",
//! 3rd edition, sections 5.2 and 5.5.
//!
//! Limits: the drift is that between the first and the last value; what lies between has no
//! say in it.

use crate::forecaster::check_horizon;
use crate::moments::{changes, finite, grown, root_mean_square};
use crate::{Error, Forecaster};
use omni_core::check;

/// The drift method; it has no settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Drift;

impl Drift {
    /// Learns from `y`: one value per period, oldest first. One value has no drift.
    ///
    /// # Errors
    /// [`Error::Data`] if `y` is empty, an entry is not finite or the changes overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::baseline::Drift;
    ///
    /// let fit = Drift.fit(&[3.0, 7.0, 4.0, 9.0])?;
    /// assert_eq!(fit.forecast(3)?, [11.0, 13.0, 15.0]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<DriftFit, Error> {
        check::all_finite("y", y)?;
        check::min_len("y", y, 1)?;
        let (first, last) = (y.first().copied(), y.last().copied());
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        let steps = y.len() - 1;
        let drift = if steps == 0 { 0.0 } else { finite("y", (last - first) / steps as f64)? };
        let sigma = if steps < 2 {
            None
        } else {
            let size = root_mean_square("y", changes(y, 1).map(|change| change - drift))?;
            let per_freedom = (steps as f64 / (steps - 1) as f64).sqrt();
            grown(size, per_freedom)?
        };
        Ok(DriftFit { last, drift, steps, sigma })
    }
}

impl Forecaster for Drift {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// What [`Drift::fit`] learned.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DriftFit {
    /// The last value.
    pub last: f64,
    /// The mean change per period.
    pub drift: f64,
    /// The changes it is the mean of.
    pub steps: usize,
    /// Standard deviation of the changes around the drift; `None` below three values.
    pub sigma: Option<f64>,
}

impl DriftFit {
    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if a forecast overflows.
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let steps = 1..=check_horizon(horizon)?;
        steps.map(|h| finite("forecast", self.last + h as f64 * self.drift)).collect()
    }

    /// Standard error of the forecast `step` periods ahead (from 1), `None` without [`sigma`](Self::sigma).
    ///
    /// # Errors
    /// [`Error::Param`] if `step` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if the standard error overflows.
    pub fn standard_error(&self, step: usize) -> Result<Option<f64>, Error> {
        let h = check_horizon(step)? as f64;
        grown(self.sigma, (h * (1.0 + h / self.steps.max(1) as f64)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_by_hand() {
        let fit = Drift.fit(&[1.0, 4.0, 3.0]).unwrap();
        // Changes 3 and -1 around 1: squares 4 + 4, one degree of freedom.
        assert_eq!((fit.drift, fit.sigma), (1.0, Some(8.0_f64.sqrt())));
        // Variance at two steps: 8 · 2 (1 + 2 / 2).
        let error = fit.standard_error(2).unwrap().unwrap();
        assert!((error - 32.0_f64.sqrt()).abs() < 1e-14, "{error}");
        assert_eq!(Drift.fit(&[5.0]).unwrap().forecast(2).unwrap(), [5.0, 5.0]);
        let two = Drift.fit(&[5.0, 7.0]).unwrap();
        assert_eq!((two.forecast(1).unwrap(), two.sigma), (vec![9.0], None));
    }

    #[test]
    fn errors() {
        assert!(Drift.fit(&[]).is_err());
        assert!(Drift.fit(&[f64::MAX, f64::MIN]).is_err());
        assert!(Drift.fit(&[0.0, f64::MAX]).unwrap().forecast(3).is_err());
        assert!(Drift.fit(&[0.0, 1.0]).unwrap().forecast(0).is_err());
    }
}
