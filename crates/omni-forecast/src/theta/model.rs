//! The theta model in its four forms.
//!
//! ```text
//! ŷ_t = ℓ_{t−1} + ω ((1 − α)^{t−1} A_{t−1} + (1 − (1 − α)^t) / α · B_{t−1})     ω = 1 − 1/θ
//! ℓ_t = ℓ_{t−1} + α (y_t − ℓ_{t−1})
//!
//! standard, optimized:  A + B t the least-squares line through all values, t = 1..n
//! dynamic:              the line through the values so far,
//!   ȳ_t = ȳ_{t−1} + (y_t − ȳ_{t−1}) / t
//!   B_t = ((t − 2) B_{t−1} + 6 (y_t − ȳ_{t−1}) / t) / (t + 1)      A_t = ȳ_t − (t + 1)/2 · B_t
//! ```
//!
//! `y` (length n), `ℓ` and `A` are in the unit of the series, `B` in that per period. The
//! standard and the dynamic form have `θ = 2`, the others find it in `[1, 10¹⁰]`. `α` is
//! found in `[0.1, 0.99]` and `ℓ₀` anywhere, so that the squared errors from the fourth
//! period on are least, as in the implementations of the method's authors. For a given `α`
//! the other two have a closed form: nothing is left to a start value. Below seven values
//! nothing is found: `α = 1/2`, `θ = 2`, `ℓ₀` as if the first value had been smoothed before.
//!
//! Further ahead, forecasts stand in for the values. The model is linear with normal
//! errors, so standard errors are exact in all four forms (with `σ`, the parameters and,
//! where it is not dynamic, the line taken as known):
//!
//! ```text
//! σ_h = σ √(1 + (h − 1) α²)          a fixed line
//! σ_h² = w_h' P_h w_h + σ²           dynamic: P the covariance of (ℓ, ȳ, B), step by step
//! ```
//!
//! With a [season](Theta::with_season): where the [test](crate::decompose::is_seasonal)
//! finds one, the series is divided by its [classical](crate::decompose::Classical)
//! multiplicative indices first and forecasts are multiplied again; by additive ones where
//! a value is not positive or an index is below 0.01.
//! O(n) time: about 60 passes; O(n) memory to fit, O(1) to keep.
//!
//! Sources: Assimakopoulos & Nikolopoulos (2000), "The theta model", International Journal
//! of Forecasting 16(4), 521–530; Fiorucci, Pellegrini, Louzada, Petropoulos & Koehler
//! (2016), "Models for optimising the theta method and their relationship to state space
//! models", ibid. 32(4), 1151–1161.
//!
//! Limits: a trend goes on as a straight line; demand forecasts can fall below zero.

use super::search::{Best, Period, Search};
use crate::decompose::classical::season_if_any;
use crate::decompose::{Kind, SeasonalIndices, gaps};
use crate::forecaster::check_horizon;
use crate::moments::{finite, magnitude};
use crate::{Error, Forecaster, gaussian};
use omni_core::error::{DataError, ParamError};
use omni_core::{check, rng};

/// Errors before it do not count: the line is not there yet, the first level is free.
const BURN_IN: usize = 3;

/// Below so many values nothing is found.
const FEWEST: usize = BURN_IN + 4;

/// The range in which a weight is found.
const ALPHA: (f64, f64) = (0.1, 0.99);

/// Settings of a theta method; checked by [`fit`](Theta::fit).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[expect(clippy::struct_field_names, reason = "the parameter is called theta")]
pub struct Theta {
    dynamic: bool,
    alpha: Option<f64>,
    theta: Option<f64>,
    start: Option<f64>,
    season: usize,
}

impl Theta {
    const fn of(dynamic: bool, theta: Option<f64>) -> Self {
        Self { dynamic, alpha: None, theta, start: None, season: 1 }
    }

    /// The standard form: half the slope of the line through all values.
    #[must_use]
    pub const fn standard() -> Self {
        Self::of(false, Some(2.0))
    }

    /// The optimized form (OTM): a share of the slope that is found.
    #[must_use]
    pub const fn optimized() -> Self {
        Self::of(false, None)
    }

    /// The dynamic standard form (DSTM): half the slope of the line so far.
    #[must_use]
    pub const fn dynamic() -> Self {
        Self::of(true, Some(2.0))
    }

    /// The dynamic optimized form (DOTM): a share of the slope so far that is found.
    #[must_use]
    pub const fn dynamic_optimized() -> Self {
        Self::of(true, None)
    }

    /// A season of so many periods, 1 for none; it is taken out if it is there.
    #[must_use]
    pub const fn with_season(self, season: usize) -> Self {
        Self { season, ..self }
    }

    /// A given weight in `(0, 1]`.
    #[must_use]
    pub const fn with_alpha(self, alpha: f64) -> Self {
        Self { alpha: Some(alpha), ..self }
    }

    /// A given `θ`, at least 1.
    #[must_use]
    pub const fn with_theta(self, theta: f64) -> Self {
        Self { theta: Some(theta), ..self }
    }

    /// A given level before the first value.
    #[must_use]
    pub const fn with_start(self, start: f64) -> Self {
        Self { start: Some(start), ..self }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if `alpha` is outside `(0, 1]`, `theta` below 1, `start` not finite
    /// or the season 0; [`Error::Data`] if `y` is empty, an entry is not finite or the
    /// states overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::theta::Theta;
    ///
    /// let y = [12.0, 13.0, 15.0, 14.0, 17.0, 18.0, 20.0, 19.0, 22.0, 23.0];
    /// let fit = Theta::dynamic_optimized().fit(&y)?;
    /// let ahead = fit.forecast(3)?;
    /// assert!(ahead[0] > 23.0 && ahead[2] > ahead[0]);
    /// let p95 = fit.quantiles(3, &[0.95])?;
    /// assert!(p95[2] > ahead[2]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<ThetaFit, Error> {
        self.prepared(y)?.fit(self)
    }

    /// Learns from `y`; a `None` is a missing period.
    ///
    /// A missing period counts no error and the state moves on by its own forecast. The
    /// line and the season are found with the nearest observed value of the same phase in
    /// its place.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::Data`] if no value is observed.
    pub fn fit_with_gaps(&self, y: &[Option<f64>]) -> Result<ThetaFit, Error> {
        // What came before the first observation says nothing.
        let first = y.iter().position(Option::is_some).unwrap_or(y.len());
        let y = y.get(first..).unwrap_or_default();
        let (filled, observed) = gaps::filled(y, self.season)?;
        let mut prepared = self.prepared(&filled)?;
        prepared.observed = observed;
        prepared.fit(self)
    }

    /// The series without its season.
    pub(super) fn prepared(&self, y: &[f64]) -> Result<Prepared, Error> {
        check::at_least_one("season", self.season)?;
        check::all_finite("y", y)?;
        check::min_len("y", y, 1)?;
        let season = season_if_any(y, self.season)?;
        let values = match &season {
            Some(season) => season.adjusted(y)?,
            None => y.to_vec(),
        };
        Ok(Prepared { values, observed: None, season })
    }
}

impl Forecaster for Theta {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// A series without its season, which is kept beside it.
pub(super) struct Prepared {
    values: Vec<f64>,
    /// 0 where a value stands in for a missing one; `None` if none is missing.
    observed: Option<Vec<f64>>,
    season: Option<SeasonalIndices>,
}

impl Prepared {
    /// The form of the lowest `AICc`, the first of equals.
    pub(super) fn best(&self, forms: &[Theta]) -> Result<ThetaFit, Error> {
        let mut best: Option<(f64, ThetaFit)> = None;
        for form in forms {
            let fit = self.fit(form)?;
            let score = fit.score();
            if best.as_ref().is_none_or(|(least, _)| score < *least) {
                best = Some((score, fit));
            }
        }
        best.map(|(_, fit)| fit)
            .ok_or_else(|| ParamError::new("forms", "at least 1", 0_usize).into())
    }

    fn fit(&self, form: &Theta) -> Result<ThetaFit, Error> {
        let alpha = form.alpha.map(|alpha| check::weight("alpha", alpha)).transpose()?;
        let theta = form.theta.map(|theta| match theta {
            theta if theta >= 1.0 && theta.is_finite() => Ok(theta),
            theta => Err(ParamError::new("theta", "at least 1", theta)),
        });
        let theta = theta.transpose()?;
        let start = form.start.map(|start| check::finite("start", start)).transpose()?;
        let n = self.values.len();
        let first = self.values.first().copied().unwrap_or_default();
        // With no more errors than parameters every weight would do.
        let few = n < FEWEST;
        let differences = self.values.iter().map(|v| finite("y", v - first));
        let differences: Vec<f64> = differences.collect::<Result<_, _>>()?;
        let scale = magnitude(differences.iter().copied());
        let mut periods = self.periods(&differences, scale, form.dynamic);
        // With the level given, the line is no longer free to shift it by the first value.
        let offset = if start.is_some() { first / scale } else { 0.0 };
        for period in &mut periods {
            period.intercept += offset;
        }
        let omega = theta.map(|theta| 1.0 - 1.0 / theta);
        let search = Search {
            periods: &periods,
            alpha: match alpha {
                Some(alpha) => (alpha, alpha),
                None if few => (0.5, 0.5),
                None => ALPHA,
            },
            omega: omega.or(few.then_some(0.5)),
            start: start.map(|start| start / scale - first / scale).or(few.then_some(0.0)),
        };
        let best = search.run()?;
        let known =
            [search.start.is_some(), search.omega.is_some(), search.alpha.1 <= search.alpha.0];
        let found = known.iter().filter(|known| !**known).count();
        let start = start.unwrap_or(first * (1.0 - best.omega) + best.start * scale);
        self.filter(form, &best, start, found)
    }

    /// The differences with the line before each of them.
    fn periods(&self, differences: &[f64], scale: f64, dynamic: bool) -> Vec<Period> {
        let n = differences.len();
        let z = differences.iter().map(|v| v / scale);
        let mut line = State::first(0.0);
        if !dynamic {
            (line.intercept, line.slope) = least_squares(z.clone());
        }
        let weights = z.enumerate().map(|(t, value)| {
            let counts = t >= BURN_IN.min(n.saturating_sub(1));
            let seen = self.observed.as_ref().and_then(|seen| seen.get(t).copied()).unwrap_or(1.0);
            let weight = if counts { seen } else { 0.0 };
            let period = Period { value, intercept: line.intercept, slope: line.slope, weight };
            if dynamic && t > 0 {
                line.learn_line(value);
                line.periods += 1;
            }
            period
        });
        weights.collect()
    }

    /// The states after the last value, and the size of the errors.
    fn filter(
        &self,
        form: &Theta,
        best: &Best,
        start: f64,
        found: usize,
    ) -> Result<ThetaFit, Error> {
        let n = self.values.len();
        // In units in which nothing overflows on the way.
        let unit = magnitude(self.values.iter().copied());
        let values = self.values.iter().map(|v| v / unit);
        let first = values.clone().next().unwrap_or_default();
        let mut fit = ThetaFit {
            alpha: best.alpha,
            theta: 1.0 / (1.0 - best.omega),
            start: finite("start", start)?,
            dynamic: form.dynamic,
            state: State::first(first),
            sigma: None,
            errors: 0,
            found,
            season: self.season.clone(),
            iterations: best.iterations,
            converged: best.converged,
        };
        if !form.dynamic {
            (fit.state.intercept, fit.state.slope) = least_squares(values.clone());
        }
        fit.state.level = start / unit + best.alpha * (first - start / unit);
        fit.state.pull = 1.0 - best.alpha;
        let mut squares = 0.0;
        for (t, value) in values.enumerate().skip(1) {
            let ahead = fit.state.ahead(&fit);
            let seen = self.observed.as_ref().and_then(|seen| seen.get(t)).is_none_or(|s| *s > 0.0);
            if seen && t >= BURN_IN.min(n.saturating_sub(1)) {
                squares += (value - ahead) * (value - ahead);
                fit.errors += 1;
            }
            fit.state = fit.state.after(&fit, if seen { value } else { ahead });
        }
        let state = &mut fit.state;
        for part in [&mut state.level, &mut state.mean, &mut state.intercept, &mut state.slope] {
            *part *= unit;
        }
        state.checked()?;
        if fit.errors > 0 {
            let divisor = if fit.errors > found { fit.errors - found } else { fit.errors };
            fit.sigma = Some(finite("sigma", unit * (squares / divisor as f64).sqrt())?);
        }
        Ok(fit)
    }
}

/// Intercept and slope of the least-squares line over t = 1..n.
fn least_squares(values: impl ExactSizeIterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let middle = f64::midpoint(n, 1.0);
    let (mut cross, mut squares) = (0.0, 0.0);
    for (t, value) in values.enumerate() {
        let t = (t + 1) as f64 - middle;
        cross += t * (value - mean);
        squares += t * t;
    }
    let slope = if squares > 0.0 { cross / squares } else { 0.0 };
    (mean - middle * slope, slope)
}

/// What the model knows after a period.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct State {
    /// The smoothed level ℓ.
    pub level: f64,
    /// The mean of the values, if dynamic.
    pub mean: f64,
    /// The line `A + B t`: `A`.
    pub intercept: f64,
    /// The line `A + B t`: `B`.
    pub slope: f64,
    /// `(1 − α)` to the number of periods: what is left of the first level.
    pub pull: f64,
    /// The periods so far.
    pub periods: usize,
}

impl State {
    /// After one value, for a dynamic line; the level is not set.
    const fn first(value: f64) -> Self {
        Self { level: value, mean: value, intercept: value, slope: 0.0, pull: 1.0, periods: 1 }
    }

    /// What the line adds per unit of it: for `A` and for `B`.
    fn lift(&self, fit: &ThetaFit) -> (f64, f64) {
        let omega = 1.0 - 1.0 / fit.theta;
        (omega * self.pull, omega * (1.0 - (1.0 - fit.alpha) * self.pull) / fit.alpha)
    }

    /// The mean of the next period.
    fn ahead(&self, fit: &ThetaFit) -> f64 {
        let (intercept, slope) = self.lift(fit);
        self.level + intercept * self.intercept + slope * self.slope
    }

    /// After the next value.
    fn after(mut self, fit: &ThetaFit, value: f64) -> Self {
        self.level += fit.alpha * (value - self.level);
        if fit.dynamic {
            self.learn_line(value);
        }
        let pull = self.pull * (1.0 - fit.alpha);
        self.pull = if pull > 1e-100 { pull } else { 0.0 };
        self.periods += 1;
        self
    }

    /// The line through one value more.
    fn learn_line(&mut self, value: f64) {
        let t = (self.periods + 1) as f64;
        let change = value - self.mean;
        self.slope = ((t - 2.0) * self.slope + 6.0 * change / t) / (t + 1.0);
        self.mean += change / t;
        self.intercept = self.mean - self.slope * (t + 1.0) / 2.0;
    }

    fn checked(self) -> Result<Self, Error> {
        for part in [self.level, self.mean, self.intercept, self.slope] {
            finite("y", part)?;
        }
        Ok(self)
    }
}

/// What [`Theta::fit`] learned; a season, if any, is taken out of all but the forecasts.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ThetaFit {
    /// The weight, given or found.
    pub alpha: f64,
    /// The share of the line is `1 − 1/θ`, given or found.
    pub theta: f64,
    /// The level before the first value, given or found.
    pub start: f64,
    /// Whether the line follows the series.
    pub dynamic: bool,
    /// The state after the last value.
    pub state: State,
    /// Standard deviation of the one-step errors that count; `None` if there is none.
    pub sigma: Option<f64>,
    /// How many errors count.
    pub errors: usize,
    /// How many of `alpha`, `theta` and `start` were found.
    pub found: usize,
    /// The season, if the series has one.
    pub season: Option<SeasonalIndices>,
    /// Steps of the search.
    pub iterations: usize,
    /// Whether the search ended because it could not do better.
    pub converged: bool,
}

impl ThetaFit {
    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if a forecast overflows.
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let mut state = self.state;
        let mut means = Vec::with_capacity(check_horizon(horizon)?);
        for _ in 0..horizon {
            let mean = state.ahead(self);
            means.push(finite("forecast", mean)?);
            state = state.after(self, mean);
        }
        if let Some(season) = &self.season {
            season.restore(&mut means)?;
        }
        Ok(means)
    }

    /// Standard errors of the forecasts of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if the series was too short for a [`sigma`](Self::sigma) or one overflows.
    pub fn standard_errors(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let horizon = check_horizon(horizon)?;
        let sigma = self.known_sigma()?;
        let growth = if self.dynamic {
            self.growth_of_dynamic(horizon)
        } else {
            let alpha = self.alpha;
            (0..horizon).map(|h| (1.0 + h as f64 * alpha * alpha).sqrt()).collect()
        };
        let mut errors = Vec::with_capacity(horizon);
        for growth in growth {
            errors.push(finite("sigma", sigma * growth)?);
        }
        if let Some(season) = self.season.as_ref().filter(|s| s.kind == Kind::Multiplicative) {
            season.restore(&mut errors)?;
        }
        Ok(errors)
    }

    fn known_sigma(&self) -> Result<f64, Error> {
        let short = DataError::TooShort { name: "y", needed: 2, got: self.state.periods };
        self.sigma.ok_or_else(|| short.into())
    }

    /// Standard errors for errors of size 1, by the covariance of level, mean and slope.
    fn growth_of_dynamic(&self, horizon: usize) -> Vec<f64> {
        let mut state = self.state;
        let mut covariance = [[0.0_f64; 3]; 3];
        let mut growth = Vec::with_capacity(horizon);
        for _ in 0..horizon {
            let n = state.periods as f64;
            let (of_intercept, of_slope) = state.lift(self);
            let w = [1.0, of_intercept, of_slope - of_intercept * (n + 1.0) / 2.0];
            let learn = 6.0 / ((n + 1.0) * (n + 2.0));
            let gain = [self.alpha, 1.0 / (n + 1.0), learn];
            let moves = [
                [1.0 - self.alpha, 0.0, 0.0],
                [0.0, n / (n + 1.0), 0.0],
                [0.0, -learn, (n - 1.0) / (n + 2.0)],
            ];
            let mut variance = 1.0;
            let mut step = [[0.0; 3]; 3];
            for i in 0..3 {
                for j in 0..3 {
                    variance += w[i] * covariance[i][j] * w[j];
                    step[i][j] = moves[i][j] + gain[i] * w[j];
                }
            }
            growth.push(variance.sqrt());
            let mut half = [[0.0; 3]; 3];
            for i in 0..3 {
                for j in 0..3 {
                    half[i][j] = (0..3).map(|k| step[i][k] * covariance[k][j]).sum();
                }
            }
            for i in 0..3 {
                for j in 0..3 {
                    let carried: f64 = (0..3).map(|k| half[i][k] * step[j][k]).sum();
                    covariance[i][j] = carried + gain[i] * gain[j];
                }
            }
            state = state.after(self, 0.0);
        }
        growth
    }

    /// Forecast quantiles under normal errors: per period of the horizon the `levels` side
    /// by side.
    ///
    /// # Errors
    /// As [`standard_errors`](Self::standard_errors); [`Error::Data`] if the levels are not
    /// ascending in `(0, 1)`.
    pub fn quantiles(&self, horizon: usize, levels: &[f64]) -> Result<Vec<f64>, Error> {
        gaussian::quantiles(&self.forecast(horizon)?, &self.standard_errors(horizon)?, levels)
    }

    /// Possible futures under normal errors: `paths` rows of `horizon` values, one after the
    /// other.
    ///
    /// # Errors
    /// As [`standard_errors`](Self::standard_errors); [`Error::Param`] if `paths` is 0 or the
    /// values are more than 100,000,000.
    pub fn simulate(&self, horizon: usize, paths: usize, seed: u64) -> Result<Vec<f64>, Error> {
        let horizon = check_horizon(horizon)?;
        let sigma = self.known_sigma()?;
        let paths = gaussian::check_paths(paths, horizon)?;
        let mut all = Vec::with_capacity(paths * horizon);
        for path in 0..paths {
            let mut rng = rng::stream(seed, path as u64);
            let mut state = self.state;
            let start = all.len();
            for _ in 0..horizon {
                let value = state.ahead(self) + sigma * gaussian::draw(&mut rng);
                all.push(finite("path", value)?);
                state = state.after(self, value);
            }
            if let (Some(season), Some(row)) = (&self.season, all.get_mut(start..)) {
                season.restore(row)?;
            }
        }
        Ok(all)
    }

    /// Learns one value more, as if it had been the next of `y`, with the parameters (and,
    /// where it is not dynamic, the line and the season) as they are.
    ///
    /// # Errors
    /// [`Error::Data`] if `value` is not finite or the state overflows; nothing changes then.
    pub fn update(&mut self, value: f64) -> Result<(), Error> {
        let mut value = check::finite("value", value)?;
        if let Some(season) = &self.season
            && let Some(index) = season.coming().next()
        {
            value = finite("value", season.without(value, index))?;
        }
        self.state = self.state.after(self, value).checked()?;
        self.next_phase();
        Ok(())
    }

    /// Passes over a missing period: the state moves on by its own forecast.
    ///
    /// # Errors
    /// [`Error::Data`] if the state overflows; nothing changes then.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.state = self.state.after(self, self.state.ahead(self)).checked()?;
        self.next_phase();
        Ok(())
    }

    fn next_phase(&mut self) {
        if let Some(season) = &mut self.season {
            season.phase = (season.phase + 1) % season.indices.len().max(1);
        }
    }

    /// What [`AutoTheta`](super::AutoTheta) compares: `AICc` of the errors, the size of
    /// which comes in through its logarithm.
    fn score(&self) -> f64 {
        let n = self.errors as f64;
        let k = self.found as f64 + 1.0;
        let Some(sigma) = self.sigma.filter(|_| n > k + 1.0) else { return k };
        let divisor = n / (n - self.found as f64);
        n * (2.0 * sigma.ln() - divisor.ln()) + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0)
    }
}
