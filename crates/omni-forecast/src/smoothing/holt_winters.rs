//! Holt–Winters: level, trend and a season that is added or a factor.
//!
//! ```text
//! additive          ŷ_t = ℓ + φb + s             multiplicative   ŷ_t = (ℓ + φb) s
//! ℓ ← ℓ + φb + α e                               ℓ ← ℓ + φb + α e/s
//! b ← φb + β e                                   b ← φb + β e/s
//! s ← s + γ e                                    s ← s + γ e/(ℓ + φb)
//! ```
//!
//! `e = y_t − ŷ_t`, `s` the season of the period, one of `m`; additive seasons are in the
//! unit of the series, factors have none. Weights and start are of highest likelihood: the
//! forms `AAA` and `MAM` of the [family](super::Ets), as in statsforecast. R's `hw` with
//! factors minimizes `Σ e²` instead of relative errors; so does
//! [`with_squared_errors`](HoltWinters::with_squared_errors), and the intervals are those of
//! `MAM` for its weights. O(n m²) per step of the search.
//!
//! Source: Winters (1960), "Forecasting sales by exponentially weighted moving averages",
//! Management Science 6(3); chapter 2 and 5 of the book cited at [`Ets`](super::Ets).
//!
//! Limits: factors need values above zero.

use super::ets::{ErrorKind, Ets, EtsFit, Form, Season, Trend};
use crate::{Error, Forecaster};

/// Settings of Holt–Winters; checked by [`fit`](HoltWinters::fit).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HoltWinters {
    ets: Ets,
    damped: bool,
    squared_errors: bool,
}

impl HoltWinters {
    /// A season of `period` periods that is added.
    #[must_use]
    pub const fn additive(period: usize) -> Self {
        let form = Form::new(ErrorKind::Additive, Trend::Additive, Season::Additive);
        Self { ets: Ets::new(form, period), damped: false, squared_errors: false }
    }

    /// A season of `period` periods that is a factor.
    #[must_use]
    pub const fn multiplicative(period: usize) -> Self {
        let form = Form::new(ErrorKind::Multiplicative, Trend::Additive, Season::Multiplicative);
        Self { ets: Ets::new(form, period), damped: false, squared_errors: false }
    }

    /// Lets the trend fade.
    #[must_use]
    pub fn damped(self) -> Self {
        Self { damped: true, ..self }
    }

    /// Minimizes squared errors; relative ones otherwise where the season is a factor.
    #[must_use]
    pub fn with_squared_errors(self) -> Self {
        Self { squared_errors: true, ..self }
    }

    /// Gives the weight of the level, in `[0, 1]`.
    #[must_use]
    pub fn with_alpha(self, alpha: f64) -> Self {
        Self { ets: self.ets.with_alpha(alpha), ..self }
    }

    /// Gives the weight of the slope, in `[0, 1]`.
    #[must_use]
    pub fn with_beta(self, beta: f64) -> Self {
        Self { ets: self.ets.with_beta(beta), ..self }
    }

    /// Gives the weight of the season, in `[0, 1]`.
    #[must_use]
    pub fn with_gamma(self, gamma: f64) -> Self {
        Self { ets: self.ets.with_gamma(gamma), ..self }
    }

    /// Gives the damping, in `(0, 1]`, of a [damped](Self::damped) trend.
    #[must_use]
    pub fn with_phi(self, phi: f64) -> Self {
        Self { ets: self.ets.with_phi(phi), ..self }
    }

    /// Cuts forecasts, quantiles and paths off at zero: demand is not negative.
    #[must_use]
    pub fn with_non_negative(self) -> Self {
        Self { ets: self.ets.with_non_negative(), ..self }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// As [`Ets::fit`].
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::smoothing::HoltWinters;
    ///
    /// let y: Vec<f64> = (0..36).map(|t| f64::from(100 + 2 * t) * [0.8, 1.0, 1.2][t as usize % 3]).collect();
    /// let next = HoltWinters::multiplicative(3).fit(&y)?.forecast(3)?;
    /// assert!((next[0] - 172.0 * 0.8).abs() < 0.5 && (next[2] - 176.0 * 1.2).abs() < 0.5);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<EtsFit, Error> {
        let (ets, form) = self.settings();
        ets.fit(y).and_then(|fit| self.judged(fit, form, y.iter().map(|v| Some(*v))))
    }

    /// Learns from a series with missing values: the states move on where there is none.
    ///
    /// # Errors
    /// As [`Ets::fit`].
    pub fn fit_with_gaps(&self, y: &[Option<f64>]) -> Result<EtsFit, Error> {
        let (ets, form) = self.settings();
        ets.fit_with_gaps(y).and_then(|fit| self.judged(fit, form, y.iter().copied()))
    }

    /// The form that is searched, and the one that is meant.
    fn settings(&self) -> (Ets, Form) {
        let mut form = self.ets.form();
        if self.damped {
            form.trend = Trend::AdditiveDamped;
        }
        let error = if self.squared_errors { ErrorKind::Additive } else { form.error };
        (self.ets.clone().with_form(Form { error, ..form }), form)
    }

    /// A fit by squared errors as the form that is meant has it.
    fn judged(
        &self,
        fit: EtsFit,
        form: Form,
        y: impl Iterator<Item = Option<f64>>,
    ) -> Result<EtsFit, Error> {
        if fit.form == form {
            return Ok(fit);
        }
        let y: Vec<Option<f64>> = y.collect();
        self.ets.clone().with_form(form).judge(&fit, &y)
    }
}

impl Forecaster for HoltWinters {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}
