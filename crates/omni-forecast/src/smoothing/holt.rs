//! Holt's linear trend, damped or not.
//!
//! ```text
//! ŷ_t = ℓ + φ b            e_t = y_t − ŷ_t
//! ℓ ← ℓ + φ b + α e_t      b ← φ b + β e_t
//! ŷ_{t+h|t} = ℓ + (φ + φ² + … + φʰ) b        h ℓ + h b without damping, φ = 1
//! ```
//!
//! `ℓ` is in the unit of the series, `b` in that unit per period. `β` is the weight of the
//! error in the slope, `α β*` in Holt's own words. Weights and start are those of least
//! squared errors: the form `ANN` has no trend, this is `AAN` or `AAdN` of the
//! [family](super::Ets), as R's `holt` and statsforecast's `Holt` are. O(n) per step of the
//! search.
//!
//! Source: Holt (1957, reprinted 2004), "Forecasting seasonals and trends by exponentially
//! weighted moving averages", International Journal of Forecasting 20(1); Gardner &
//! `McKenzie` (1985), "Forecasting trends in time series", Management Science 31(10).
//!
//! Limits: a trend goes on for ever, below zero too; a damped one levels off.

use super::ets::{ErrorKind, Ets, EtsFit, Form, Season, Trend};
use crate::{Error, Forecaster};

/// Settings of Holt's method; checked by [`fit`](Holt::fit).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Holt {
    ets: Ets,
}

impl Holt {
    /// A trend that goes on.
    #[must_use]
    pub const fn new() -> Self {
        Self { ets: Ets::new(Form::new(ErrorKind::Additive, Trend::Additive, Season::None), 1) }
    }

    /// A trend that fades.
    #[must_use]
    pub const fn damped() -> Self {
        let form = Form::new(ErrorKind::Additive, Trend::AdditiveDamped, Season::None);
        Self { ets: Ets::new(form, 1) }
    }

    /// Gives the weight of the level, in `[0, 1]`.
    #[must_use]
    pub fn with_alpha(self, alpha: f64) -> Self {
        Self { ets: self.ets.with_alpha(alpha) }
    }

    /// Gives the weight of the slope, in `[0, 1]`.
    #[must_use]
    pub fn with_beta(self, beta: f64) -> Self {
        Self { ets: self.ets.with_beta(beta) }
    }

    /// Gives the damping, in `(0, 1]`.
    #[must_use]
    pub fn with_phi(self, phi: f64) -> Self {
        Self { ets: self.ets.with_phi(phi) }
    }

    /// Cuts forecasts, quantiles and paths off at zero: demand is not negative.
    #[must_use]
    pub fn with_non_negative(self) -> Self {
        Self { ets: self.ets.with_non_negative() }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// As [`Ets::fit`].
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::smoothing::Holt;
    ///
    /// let y = [10.0, 12.5, 13.0, 15.5, 17.0, 18.5, 21.0, 22.0];
    /// let steady = Holt::new().fit(&y)?.forecast(20)?;
    /// let damped = Holt::damped().fit(&y)?.forecast(20)?;
    /// assert!(steady[19] > 50.0 && damped[19] < steady[19]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<EtsFit, Error> {
        self.ets.fit(y)
    }

    /// Learns from a series with missing values: the states move on where there is none.
    ///
    /// # Errors
    /// As [`Ets::fit`].
    pub fn fit_with_gaps(&self, y: &[Option<f64>]) -> Result<EtsFit, Error> {
        self.ets.fit_with_gaps(y)
    }
}

impl Default for Holt {
    fn default() -> Self {
        Self::new()
    }
}

impl Forecaster for Holt {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}
