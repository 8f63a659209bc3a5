//! Naive: tomorrow is like today.
//!
//! ```text
//! ŷ_{n+h|n} = y_n                                   for every step h ≥ 1
//! σ² = 1/(n−1) · Σ_{t=2..n} (y_t − y_{t−1})²
//! σ_h = σ √h
//! ```
//!
//! `y` (length n), the forecast and `σ` are in the unit of the series. `σ_h` is the
//! standard error of step `h` if the changes are independent (a random walk); no degree
//! of freedom is taken off, as in R's and Nixtla's implementations.
//! O(n) time, O(1) memory.
//!
//! Source: Hyndman & Athanasopoulos (2021), "Forecasting: Principles and Practice",
//! 3rd edition, sections 5.2 and 5.5.
//!
//! Limits: knows neither trend nor season; the random walk overstates the error of a
//! series that returns to its mean.

use crate::forecaster::{check_horizon, flat};
use crate::moments::{grown, root_mean_square_change};
use crate::{Error, Forecaster};
use omni_core::check;

/// The naive method; it has no settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("random walk"))]
pub struct Naive;

impl Naive {
    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Data`] if `y` is empty, an entry is not finite or the changes overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::baseline::Naive;
    ///
    /// let fit = Naive.fit(&[3.0, 7.0, 4.0])?;
    /// assert_eq!(fit.forecast(2)?, [4.0, 4.0]);
    /// assert_eq!(fit.sigma, Some(12.5_f64.sqrt())); // changes +4 and −3
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<NaiveFit, Error> {
        check::all_finite("y", y)?;
        check::min_len("y", y, 1)?;
        let level = y.iter().copied().last().unwrap_or_default();
        let sigma = root_mean_square_change("y", y, 1)?;
        Ok(NaiveFit { level, sigma })
    }
}

impl Forecaster for Naive {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// What [`Naive::fit`] learned.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct NaiveFit {
    /// The last value.
    pub level: f64,
    /// Root mean square of the changes from one period to the next; `None` for one value.
    pub sigma: Option<f64>,
}

impl NaiveFit {
    /// Forecast mean of any coming period.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.level
    }

    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON).
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        flat(self.mean(), horizon)
    }

    /// Standard error of the forecast `step` periods ahead (from 1), `None` without [`sigma`](Self::sigma).
    ///
    /// # Errors
    /// [`Error::Param`] if `step` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if the standard error overflows.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::baseline::Naive;
    ///
    /// let fit = Naive.fit(&[5.0, 8.0, 5.0, 8.0])?; // each step was off by 3
    /// assert_eq!((fit.standard_error(1)?, fit.standard_error(4)?), (Some(3.0), Some(6.0)));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn standard_error(&self, step: usize) -> Result<Option<f64>, Error> {
        let step = check_horizon(step)?;
        grown(self.sigma, (step as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::DataError;

    #[test]
    fn cases() {
        let cases: [(&[f64], f64, Option<f64>); 5] = [
            (&[5.0], 5.0, None),
            (&[2.0, 2.0, 2.0], 2.0, Some(0.0)),
            (&[0.0, 3.0], 3.0, Some(3.0)),
            (&[1e-300, 2e-300], 2e-300, Some(1e-300)),
            (&[1e300, -1e300], -1e300, Some(2e300)),
        ];
        for (y, level, sigma) in cases {
            let fit = Naive.fit(y).unwrap();
            assert_eq!((fit.mean(), fit.sigma), (level, sigma), "{y:?}");
        }
    }

    #[test]
    fn standard_error_grows_with_the_root_of_the_step() {
        let fit = Naive.fit(&[0.0, 3.0]).unwrap();
        assert_eq!(fit.standard_error(4), Ok(Some(6.0)));
        assert!(fit.standard_error(0).is_err());
        assert_eq!(Naive.fit(&[1.0]).unwrap().standard_error(4), Ok(None));
    }

    #[test]
    fn errors() {
        assert_eq!(
            Naive.fit(&[]),
            Err(DataError::TooShort { name: "y", needed: 1, got: 0 }.into())
        );
        assert_eq!(
            Naive.fit(&[1.0, f64::NAN]),
            Err(DataError::entry("y", 1, "finite", f64::NAN).into())
        );
        assert_eq!(Naive.fit(&[f64::MAX, f64::MIN]), Err(DataError::Overflow { name: "y" }.into()));
    }
}
