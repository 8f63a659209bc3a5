//! Complex exponential smoothing in its four forms.
//!
//! ```text
//! ŷ_t = ℓ_{t−1}                                              e_t = y_t − ŷ_t
//! ℓ_t = ℓ_{t−1} − (1 − α₁) c_{t−1} + (α₀ − α₁) e_t           the level
//! c_t = ℓ_{t−1} + (1 − α₀) c_{t−1} + (α₀ + α₁) e_t           the potential
//!
//! simple    ℓ and c of m periods ago, one pair per phase
//! partial   ŷ_t = ℓ_{t−1} + s_{t−m},  s_t = s_{t−m} + β₀ e_t
//! full      ŷ_t = ℓ_{t−1} + s_{t−m},  (s, d) as (ℓ, c) above with β₀, β₁ and lag m
//! ```
//!
//! `y` (length n) and the states are in the unit of the series, m is the season. One model
//! is stationary or not, with a trend or without: `α₁ = 1` keeps the level, above 1 it
//! grows by a factor, below it decays. The parameters are held where each pair forgets its
//! start:
//!
//! ```text
//! (α₀ − 3/2)² + (α₁ − 1/2)² < 3/2    (α₀ − 5/2)² + α₁² > 5/4    (α₀ − 1/2)² + (α₁ − 1)² > 1/4
//! ```
//!
//! so too `(β₀, β₁)` of the full form; `β₀` of the partial one in (0, 1).
//!
//! Errors are linear in the first level and potential, which so have a closed form of least
//! squares for given parameters (the potential is left at `ℓ₀ / α₀`, where a constant level
//! keeps it, unless it has a say of its own). Running the model backwards for them, as other
//! implementations do, is wrong for a series that grows: the model read backwards grows too,
//! and a short series has no time to forget that. The first indices are those of a classical
//! decomposition. The sum of squared errors is minimized over a grid and then by the
//! simplex method. Below six values nothing is found: `α₀ = 1.3`, `α₁ = 1`, `ℓ₀` the mean of
//! the first three.
//!
//! ```text
//! AICc = n ln(2π e SSE / n) + 2k + 2k (k + 1) / (n − k − 1)
//! ```
//!
//! `k` counts the parameters, all first states (with m − 1 free indices) and the variance.
//!
//! Standard errors are exact for normal errors and known parameters, by the answer `ψ_j` of
//! the forecast to an error j periods before: `σ_h² = σ² (1 + ψ₁² + … + ψ_{h−1}²)`. A missing
//! period has no error: the states move on by themselves.
//! O(n) time: some 200 passes; O(n + m) memory to fit, O(m) to keep.
//!
//! Source: Svetunkov, Kourentzes & Ord (2022), "Complex exponential smoothing", Naval
//! Research Logistics 69(8), 1108–1123.
//!
//! Limits: growth by a factor far ahead can overflow, which is an error; demand forecasts
//! can fall below zero; the region holds for each pair, not for both together.

use super::filter::{Data, Params, Room, Season, sums};
use crate::decompose::{Classical, gaps};
use crate::forecaster::check_horizon;
use crate::moments::{finite, magnitude};
use crate::{Error, Forecaster, gaussian};
use omni_core::error::{DataError, ParamError};
use omni_core::numeric::{Limits, minimize::nelder_mead};
use omni_core::{check, rng};

/// Below so many values nothing is found.
const FEWEST: usize = 6;

/// Where nothing is found: a level that stays, and a season that hardly changes.
const fn default(season: Season) -> Params {
    match season {
        Season::Full => [1.3, 1.0, 1.1, 1.0],
        _ => [1.3, 1.0, 0.1, 1.0],
    }
}

/// Settings of complex exponential smoothing; checked by [`fit`](Ces::fit).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ces {
    season: Season,
    period: usize,
    params: Option<Params>,
}

impl Ces {
    /// Without a season.
    #[must_use]
    pub const fn new() -> Self {
        Self { season: Season::None, period: 1, params: None }
    }

    /// With a season of `period` periods, at least 2.
    #[must_use]
    pub const fn seasonal(season: Season, period: usize) -> Self {
        Self { season, period, params: None }
    }

    /// Given parameters `[α₀, α₁]` and `[β₀, β₁]`; those the form does not have are ignored.
    #[must_use]
    pub const fn with_parameters(self, alpha: [f64; 2], beta: [f64; 2]) -> Self {
        Self { params: Some([alpha[0], alpha[1], beta[0], beta[1]]), ..self }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if the period of a season is below 2 or given parameters are outside
    /// the stable region; [`Error::Data`] if `y` is empty or shorter than two seasons, an entry
    /// is not finite or the states overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::ces::Ces;
    ///
    /// let y = [100.0, 109.0, 121.0, 133.0, 146.0, 161.0, 178.0, 194.0, 214.0, 236.0];
    /// let ahead = Ces::new().fit(&y)?.forecast(2)?;
    /// assert!((ahead[0] / 236.0 - 1.1).abs() < 0.01); // a tenth more each period
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<CesFit, Error> {
        check::all_finite("y", y)?;
        Prepared::new(y, None, self.season, self.period)?.fit(self)
    }

    /// Learns from `y`; a `None` is a missing period.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::Data`] if no value is observed.
    pub fn fit_with_gaps(&self, y: &[Option<f64>]) -> Result<CesFit, Error> {
        // What came before the first observation says nothing.
        let first = y.iter().position(Option::is_some).unwrap_or(y.len());
        let (filled, observed) = gaps::filled(y.get(first..).unwrap_or_default(), self.period)?;
        Prepared::new(&filled, observed.as_deref(), self.season, self.period)?.fit(self)
    }
}

impl Default for Ces {
    fn default() -> Self {
        Self::new()
    }
}

impl Forecaster for Ces {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// A series in units of its magnitude.
pub(super) struct Prepared {
    data: Data,
    scale: f64,
    observed: usize,
}

impl Prepared {
    fn new(
        y: &[f64],
        observed: Option<&[f64]>,
        season: Season,
        period: usize,
    ) -> Result<Self, Error> {
        check::min_len("y", y, 1)?;
        let scale = magnitude(y.iter().copied());
        let mut values: Vec<f64> = y.iter().map(|v| v / scale).collect();
        let seasonal = match season {
            Season::None => Vec::new(),
            _ => Classical::additive(period).fit(&values)?.indices,
        };
        if let Some(observed) = observed {
            for (value, seen) in values.iter_mut().zip(observed) {
                *value = if *seen > 0.0 { *value } else { f64::NAN };
            }
        }
        let seen = values.iter().filter(|v| !v.is_nan());
        let count = seen.clone().count();
        let first = seasonal.len().max(3).min(count);
        let level = seen.take(first).sum::<f64>() / first as f64;
        Ok(Self { data: Data { values, level, seasonal }, scale, observed: count })
    }

    /// The form of the lowest `AICc`; seasons only where the series has two of them.
    pub(super) fn best(y: &[f64], period: usize) -> Result<CesFit, Error> {
        check::at_least_one("period", period)?;
        check::all_finite("y", y)?;
        let plain = Ces::new();
        let mut best = Self::new(y, None, Season::None, period)?.fit(&plain)?;
        if period < 2 || y.len() < period.saturating_mul(2) {
            return Ok(best);
        }
        let prepared = Self::new(y, None, Season::Partial, period)?;
        for season in [Season::Simple, Season::Partial, Season::Full] {
            let fit = prepared.fit(&Ces::seasonal(season, period))?;
            if fit.score < best.score {
                best = fit;
            }
        }
        Ok(best)
    }

    fn fit(&self, settings: &Ces) -> Result<CesFit, Error> {
        let season = settings.season;
        let mut room = Room::new(&self.data);
        let found = match settings.params {
            Some(params) => {
                if !admissible(season, &params) {
                    let [a, ..] = params;
                    return Err(ParamError::new("alpha", "in the stable region", a).into());
                }
                Found { params, count: 0, iterations: 0, converged: true }
            }
            None if self.observed < FEWEST => {
                Found { params: default(season), count: 0, iterations: 0, converged: true }
            }
            None => self.search(season, &mut room)?,
        };
        let [sums] = sums(season, &self.data, [found.params], &mut room);
        let start = if self.observed < FEWEST { [0.0; 2] } else { sums.solve().0 };
        self.filter(season, found, start)
    }

    /// The parameters of least squared errors: the best of a grid, refined.
    fn search(&self, season: Season, room: &mut Room<1>) -> Result<Found, Error> {
        const REAL: [f64; 8] = [1.05, 1.3, 1.6, 1.85, 1.15, 1.45, 1.75, 1.95];
        const IMAGINARY: [f64; 4] = [0.9, 1.0, 1.02, 1.1];
        let (count, betas): (usize, &[[f64; 2]]) = match season {
            Season::None | Season::Simple => (2, &[[0.1, 1.0]]),
            Season::Partial => (3, &[[0.05, 1.0], [0.3, 1.0]]),
            Season::Full => (4, &[[1.1, 1.0], [1.4, 1.0]]),
        };
        let [of_default] = sums(season, &self.data, [default(season)], room);
        let mut best = (default(season), of_default.solve().1);
        // Where a level that stays leaves nothing but rounding, every parameter would do.
        let size: f64 = self.data.values.iter().filter(|v| !v.is_nan()).map(|v| v * v).sum();
        if best.1 <= 1e-24 * size {
            return Ok(Found { params: default(season), count, iterations: 0, converged: true });
        }
        let mut lanes = Room::<4>::new(&self.data);
        for [b0, b1] in betas {
            for a1 in IMAGINARY {
                // With a second pair the grid is coarser in the first.
                for a0 in REAL.as_chunks::<4>().0.iter().take(2 / betas.len()) {
                    let tried = a0.map(|a0| [a0, a1, *b0, *b1]);
                    let sums = sums(season, &self.data, tried, &mut lanes);
                    for (params, sums) in tried.into_iter().zip(sums) {
                        let squares = sums.solve().1;
                        if squares < best.1 && admissible(season, &params) {
                            best = (params, squares);
                        }
                    }
                }
            }
        }
        let (start, least) = best;
        let full = |x: &[f64]| {
            let mut params = start;
            params.iter_mut().zip(x).for_each(|(p, x)| *p = *x);
            params
        };
        let loss = |x: &[f64]| {
            let params = full(x);
            if !admissible(season, &params) {
                return f64::INFINITY;
            }
            let [sums] = sums(season, &self.data, [params], room);
            sums.solve().1
        };
        if least == 0.0 {
            return Ok(Found { params: start, count, iterations: 0, converged: true });
        }
        let first = start.get(..count).unwrap_or_default();
        let best = nelder_mead(loss, first, 0.02, Limits::new(1e-3, 200))?;
        let params = full(&best.x);
        Ok(Found { params, count, iterations: best.iterations, converged: best.converged })
    }

    /// The states after the last value, and the size of the errors.
    fn filter(
        &self,
        season: Season,
        found: Found,
        [of_level, of_potential]: [f64; 2],
    ) -> Result<CesFit, Error> {
        let [a0, a1, b0, b1] = found.params;
        let level = self.data.level + of_level;
        let potential = level / a0 + of_potential;
        let simple = season == Season::Simple;
        let (base, steady) = if simple { ([level, potential], a0) } else { ([0.0; 2], b0) };
        let indices = self.data.seasonal.iter();
        let mut fit = CesFit {
            season,
            alpha: [a0, a1],
            beta: [b0, b1],
            level,
            potential,
            seasonal: indices.map(|s| [base[0] + s, base[1] + s / steady]).collect(),
            phase: 0,
            periods: 0,
            sigma: None,
            log_likelihood: None,
            aicc: None,
            score: f64::INFINITY,
            iterations: found.iterations,
            converged: found.converged,
        };
        let mut squares = 0.0;
        for value in &self.data.values {
            let error = if value.is_nan() { 0.0 } else { value - fit.ahead() };
            squares += error * error;
            fit.advance(error);
        }
        let n = self.observed as f64;
        let free = if self.observed < FEWEST { 0 } else { found.count + 2 };
        let states = free + self.data.seasonal.len().saturating_sub(1);
        if self.observed > 1 {
            let divisor = if self.observed > free { self.observed - free } else { self.observed };
            fit.sigma = Some(finite("sigma", self.scale * (squares / divisor as f64).sqrt())?);
        }
        let k = states as f64 + 1.0;
        if n > k + 1.0 {
            let penalty = 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0);
            // Below it, rounding is all there is.
            let mean = (squares / n).max(1e-30);
            fit.score = n * mean.ln() + penalty;
            if squares / n > 1e-30 {
                let size = std::f64::consts::TAU * std::f64::consts::E * mean;
                let twice = n * (size.ln() + 2.0 * self.scale.ln());
                fit.log_likelihood = Some(-0.5 * twice);
                fit.aicc = Some(twice + penalty);
            }
        }
        for state in
            [&mut fit.level, &mut fit.potential].into_iter().chain(fit.seasonal.as_flattened_mut())
        {
            *state = finite("y", *state * self.scale)?;
        }
        Ok(fit)
    }
}

/// Parameters, how many of them were searched for, and how the search went.
#[derive(Clone, Copy)]
struct Found {
    params: Params,
    count: usize,
    iterations: usize,
    converged: bool,
}

/// Whether a level and its potential forget where they started.
fn is_stable(real: f64, imaginary: f64) -> bool {
    let from = |x: f64, y: f64| (real - x).powi(2) + (imaginary - y).powi(2);
    from(1.5, 0.5) < 1.5 && from(2.5, 0.0) > 1.25 && from(0.5, 1.0) > 0.25
}

fn admissible(season: Season, [a0, a1, b0, b1]: &Params) -> bool {
    let seasonal = match season {
        Season::None | Season::Simple => true,
        Season::Partial => *b0 > 0.0 && *b0 < 1.0,
        Season::Full => is_stable(*b0, *b1),
    };
    seasonal && is_stable(*a0, *a1)
}

/// What [`Ces::fit`] learned.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CesFit {
    /// The form.
    pub season: Season,
    /// `α₀` and `α₁`.
    pub alpha: [f64; 2],
    /// `β₀` and `β₁`; without a meaning where the form has none.
    pub beta: [f64; 2],
    /// The level after the last value; without a meaning in the simple form.
    pub level: f64,
    /// The potential after the last value; without a meaning in the simple form.
    pub potential: f64,
    /// Index (level, in the simple form) and potential of each phase.
    pub seasonal: Vec<[f64; 2]>,
    /// The phase of the next period.
    pub phase: usize,
    /// The periods so far.
    pub periods: usize,
    /// Standard deviation of the one-step errors; `None` for one value.
    pub sigma: Option<f64>,
    /// The Gaussian log-likelihood; `None` for a perfect fit or too few values.
    pub log_likelihood: Option<f64>,
    /// The corrected information criterion; `None` where the likelihood is.
    pub aicc: Option<f64>,
    /// `AICc` in units of the series, with a floor under a perfect fit.
    score: f64,
    /// Steps of the search.
    pub iterations: usize,
    /// Whether the search ended because it could not do better.
    pub converged: bool,
}

impl CesFit {
    /// The mean of the next period.
    fn ahead(&self) -> f64 {
        let lagged = self.seasonal.get(self.phase).map_or(0.0, |[index, _]| *index);
        if self.season == Season::Simple { lagged } else { self.level + lagged }
    }

    /// The states after a period with this error.
    fn advance(&mut self, error: f64) {
        let step = |[level, potential]: [f64; 2], [a0, a1]: [f64; 2]| {
            [
                level - (1.0 - a1) * potential + (a0 - a1) * error,
                level + (1.0 - a0) * potential + (a0 + a1) * error,
            ]
        };
        if self.season != Season::Simple {
            [self.level, self.potential] = step([self.level, self.potential], self.alpha);
        }
        let phases = self.seasonal.len();
        if let Some(state) = self.seasonal.get_mut(self.phase) {
            match self.season {
                Season::None => {}
                Season::Simple => *state = step(*state, self.alpha),
                Season::Partial => state[0] += self.beta[0] * error,
                Season::Full => *state = step(*state, self.beta),
            }
            self.phase = if self.phase + 1 < phases { self.phase + 1 } else { 0 };
        }
        self.periods += 1;
    }

    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if a forecast overflows.
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let mut state = self.clone();
        let mut means = Vec::with_capacity(check_horizon(horizon)?);
        for _ in 0..horizon {
            means.push(finite("forecast", state.ahead())?);
            state.advance(0.0);
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
        let mut answer = self.clone();
        (answer.level, answer.potential) = (0.0, 0.0);
        answer.seasonal.fill([0.0; 2]);
        answer.advance(1.0);
        let mut squares = 1.0_f64;
        let mut errors = Vec::with_capacity(horizon);
        for _ in 0..horizon {
            errors.push(finite("sigma", sigma * squares.sqrt())?);
            squares += answer.ahead() * answer.ahead();
            answer.advance(0.0);
        }
        Ok(errors)
    }

    fn known_sigma(&self) -> Result<f64, Error> {
        let short = DataError::TooShort { name: "y", needed: 2, got: self.periods };
        self.sigma.ok_or_else(|| short.into())
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
            let mut state = self.clone();
            for _ in 0..horizon {
                let error = sigma * gaussian::draw(&mut rng);
                all.push(finite("path", state.ahead() + error)?);
                state.advance(error);
            }
        }
        Ok(all)
    }

    /// Learns one value more, as if it had been the next of `y`, with the parameters as
    /// they are.
    ///
    /// # Errors
    /// [`Error::Data`] if `value` is not finite or the states overflow; nothing changes then.
    pub fn update(&mut self, value: f64) -> Result<(), Error> {
        let value = check::finite("value", value)?;
        self.moved(value - self.ahead())
    }

    /// Passes over a missing period: the states move on by themselves.
    ///
    /// # Errors
    /// [`Error::Data`] if the states overflow; nothing changes then.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.moved(0.0)
    }

    fn moved(&mut self, error: f64) -> Result<(), Error> {
        let before = (self.level, self.potential, self.phase, self.periods);
        let lagged = self.seasonal.get(self.phase).copied();
        self.advance(error);
        let after = self.seasonal.get(before.2).copied().unwrap_or_default();
        let states = [self.level, self.potential, after[0], after[1]];
        if states.iter().all(|state| state.is_finite()) {
            return Ok(());
        }
        (self.level, self.potential, self.phase, self.periods) = before;
        if let (Some(state), Some(lagged)) = (self.seasonal.get_mut(before.2), lagged) {
            *state = lagged;
        }
        Err(DataError::Overflow { name: "y" }.into())
    }
}
