//! What a fit has learned: states, forecasts, updates.

use super::form::{Form, Season};
use super::recursion::{Data, Passes, State, Theta};
use super::region::Weights;
use super::search::{Found, Problem};
use super::variance::{is_third_class, standard_errors, third_class};
use crate::Error;
use crate::forecaster::check_horizon;
use crate::moments::finite;
use omni_core::check;

/// What [`Ets::fit`](super::Ets::fit) learned: plain data; the states move on with
/// [`update`](EtsFit::update).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct EtsFit {
    /// The form.
    pub form: Form,
    /// Whether forecasts are cut off at zero.
    pub non_negative: bool,
    /// Whether the search ended because it could not do better.
    pub converged: bool,
    /// The length of the season; 1 without.
    pub period: u32,
    /// The entry of [`season`](Self::season) that belongs to the next period.
    pub phase: u32,
    /// Steps of the last search.
    pub iterations: u32,
    /// Weight of the level.
    pub alpha: f64,
    /// Weight of the trend; 0 without.
    pub beta: f64,
    /// Weight of the season; 0 without.
    pub gamma: f64,
    /// Damping; 1 without.
    pub phi: f64,
    /// The level now.
    pub level: f64,
    /// The slope now, a factor where the trend is one; 0 without.
    pub slope: f64,
    /// The season now, by position; empty without.
    pub season: Vec<f64>,
    /// The level before the first value.
    pub start_level: f64,
    /// The slope before the first value.
    pub start_slope: f64,
    /// The season before the first value, that of the first period first.
    pub start_season: Vec<f64>,
    /// Standard deviation of the one-step errors, relative where the error is
    /// multiplicative.
    pub sigma: f64,
    /// Without the constants of the density, as R has it.
    pub log_likelihood: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// Akaike's criterion for short series; `None` with too few values for it.
    pub aicc: Option<f64>,
    /// Schwarz's criterion.
    pub bic: f64,
    /// How many numbers were estimated, σ among them.
    pub parameters: u32,
    /// How many values were seen by the fit.
    pub observed: u32,
}

impl EtsFit {
    pub(super) fn new(
        found: &Found,
        problem: &Problem<'_>,
        scale: f64,
        parameters: usize,
        non_negative: bool,
        season_given: bool,
    ) -> Result<Self, Error> {
        let form = problem.form;
        let mut theta = found.theta.clone();
        if form.is_seasonal() && !season_given {
            center(&mut theta, form);
        }
        let passes = Passes::new(form);
        let mut season = vec![0.0; theta.season.len()];
        let (_, state) = (passes.pass)(problem.data, &theta, &mut season);
        let n = problem.observed as f64;
        let log_likelihood = -0.5 * found.value - n * scale.ln();
        let k = parameters as f64;
        let aic = -2.0 * log_likelihood + 2.0 * k;
        let left = n - k - 1.0;
        let degrees = n - k + 1.0;
        let degrees = if degrees > 0.0 { degrees } else { n };
        let additive = form.error == super::ErrorKind::Additive;
        let unit = if additive { scale } else { 1.0 };
        let of_season = if form.season == Season::Additive { scale } else { 1.0 };
        let of_slope = if form.trend.is_multiplicative() { 1.0 } else { scale };
        let scaled = |values: &[f64]| -> Result<Vec<f64>, Error> {
            if form.is_seasonal() {
                values.iter().map(|s| finite("season", s * of_season)).collect()
            } else {
                Ok(Vec::new())
            }
        };
        let w = theta.weights;
        let len = problem.data.y.len();
        Ok(Self {
            form,
            non_negative,
            converged: found.converged,
            period: small(problem.period),
            phase: small(if problem.period > 0 { len % problem.period } else { 0 }),
            iterations: small(found.iterations),
            alpha: w.alpha,
            beta: w.beta,
            gamma: w.gamma,
            phi: w.phi,
            level: finite("level", state.level * scale)?,
            slope: finite("slope", state.slope * of_slope)?,
            season: scaled(&season)?,
            start_level: finite("level", theta.level * scale)?,
            start_slope: finite("slope", theta.slope * of_slope)?,
            start_season: scaled(&theta.season)?,
            sigma: finite("sigma", (found.sums.squares / degrees).sqrt() * unit)?,
            log_likelihood: finite("log_likelihood", log_likelihood)?,
            aic,
            aicc: (left > 0.0).then(|| aic + 2.0 * k * (k + 1.0) / left),
            bic: -2.0 * log_likelihood + k * n.ln(),
            parameters: small(parameters),
            observed: small(problem.observed),
        })
    }

    pub(super) const fn weights(&self) -> Weights {
        Weights { alpha: self.alpha, beta: self.beta, gamma: self.gamma, phi: self.phi }
    }

    /// Forecast means of the next `horizon` periods.
    ///
    /// They are those of the recursion without errors, and exact, but where the error and
    /// the season are multiplicative: there level and season learn from the same error, and
    /// the mean accounts for it (up to a percent for large errors). With a trend that is a
    /// factor, or a season that is one and additive errors, they are not exact.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if a mean overflows.
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let mut means = if is_third_class(self) {
            let means = third_class(self, check_horizon(horizon)?).0;
            means.into_iter().map(|mean| finite("mean", mean)).collect::<Result<_, _>>()?
        } else {
            self.recursion(horizon)?
        };
        if self.non_negative {
            for mean in &mut means {
                *mean = mean.max(0.0);
            }
        }
        Ok(means)
    }

    /// Standard errors by formula, if there is one, given the means of the recursion.
    pub(super) fn formula(&self, means: &[f64]) -> Option<Vec<f64>> {
        if is_third_class(self) {
            Some(third_class(self, means.len()).1)
        } else {
            standard_errors(self, means)
        }
    }

    /// The means of the recursion without errors.
    pub(super) fn recursion(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let horizon = check_horizon(horizon)?;
        let passes = Passes::new(self.form);
        let w = self.weights();
        let mut state = State { level: self.level, slope: self.slope };
        let mut means = Vec::with_capacity(horizon);
        let mut position = self.phase as usize;
        for _ in 0..horizon {
            let mut season = self.season.get(position).copied().unwrap_or(0.0);
            means.push(finite("mean", (passes.mean)(state, season, w.phi))?);
            state = (passes.next)(state, &mut season, None, &w);
            position += 1;
            if position >= self.season.len() {
                position = 0;
            }
        }
        Ok(means)
    }

    /// Learns from the value of one more period; the parameters stay.
    ///
    /// # Errors
    /// [`Error::Data`] if the value is not finite, or not above zero where the form has a
    /// multiplicative part, or a state overflows; the fit is then as before.
    pub fn update(&mut self, value: f64) -> Result<(), Error> {
        check::finite("value", value)?;
        if self.form.needs_positive() {
            check::positive("value", value)?;
        }
        self.advance(Some(value))
    }

    /// Moves on by one period whose value is missing.
    ///
    /// # Errors
    /// [`Error::Data`] if a state overflows; the fit is then as before.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.advance(None)
    }

    fn advance(&mut self, value: Option<f64>) -> Result<(), Error> {
        let passes = Passes::new(self.form);
        let state = State { level: self.level, slope: self.slope };
        let position = self.phase as usize;
        let mut season = self.season.get(position).copied().unwrap_or(0.0);
        let next = (passes.next)(state, &mut season, value, &self.weights());
        finite("season", season)?;
        self.slope = finite("slope", next.slope)?;
        self.level = finite("level", next.level)?;
        if let Some(entry) = self.season.get_mut(position) {
            *entry = season;
            self.phase += 1;
            if self.phase == self.period {
                self.phase = 0;
            }
        }
        Ok(())
    }

    /// One-step means of the series the fit was made from, from its start states.
    ///
    /// # Errors
    /// [`Error::Data`] if an entry is not finite or a mean overflows.
    pub fn fitted(&self, y: &[f64]) -> Result<Vec<f64>, Error> {
        self.walk(y).map(|(means, _)| means)
    }

    /// One-step errors of the series the fit was made from, relative where the error of the
    /// form is multiplicative.
    ///
    /// # Errors
    /// As [`fitted`](Self::fitted).
    pub fn residuals(&self, y: &[f64]) -> Result<Vec<f64>, Error> {
        self.walk(y).map(|(_, errors)| errors)
    }

    fn walk(&self, y: &[f64]) -> Result<(Vec<f64>, Vec<f64>), Error> {
        check::all_finite("y", y)?;
        let relative = self.form.error == super::ErrorKind::Multiplicative;
        let season = if self.form.is_seasonal() { self.start_season.clone() } else { vec![0.0] };
        let theta = Theta {
            weights: self.weights(),
            level: self.start_level,
            slope: self.start_slope,
            season,
            coefficients: Vec::new(),
        };
        let (mut means, mut errors) = (Vec::with_capacity(y.len()), Vec::with_capacity(y.len()));
        let mut room = vec![0.0; theta.season.len()];
        let walk = Passes::new(self.form).walk;
        walk(Data { y, x: &[], count: 0 }, &theta, &mut room, &mut |mean, value| {
            means.push(mean);
            errors.push(if relative { value / mean - 1.0 } else { value - mean });
        });
        for (mean, error) in means.iter().zip(&errors) {
            finite("mean", *mean)?;
            finite("residual", *error)?;
        }
        Ok((means, errors))
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Level and season are known together only: gives the season mean 0, or mean 1.
fn center(theta: &mut Theta, form: Form) {
    let mean = theta.season.iter().sum::<f64>() / theta.season.len().max(1) as f64;
    if form.season == Season::Additive {
        theta.level += mean;
        theta.season.iter_mut().for_each(|s| *s -= mean);
    } else {
        theta.level *= mean;
        if !form.trend.is_multiplicative() {
            theta.slope *= mean;
        }
        theta.season.iter_mut().for_each(|s| *s /= mean);
    }
}
