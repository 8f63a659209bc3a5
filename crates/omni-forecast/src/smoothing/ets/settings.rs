//! Settings of one form, and how it is fitted.

use super::fit::EtsFit;
use super::form::{Form, Season};
use super::recursion::{Data, Passes, Theta};
use super::region::{Region, Weights, is_admissible};
use super::search::{Found, Given, Problem, Room};
use super::start::{Plan, Seeds, best_of, is_usual};
use crate::moments::magnitude;
use crate::{Error, Forecaster};
use omni_core::check;
use omni_core::error::{DataError, ParamError};

/// Settings of one form of exponential smoothing; checked by [`fit`](Ets::fit).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ets {
    form: Form,
    period: usize,
    alpha: Option<f64>,
    beta: Option<f64>,
    gamma: Option<f64>,
    phi: Option<f64>,
    level: Option<f64>,
    slope: Option<f64>,
    season: Option<Vec<f64>>,
    region: Region,
    non_negative: bool,
}

impl Ets {
    /// A form; `period` is the length of its season in periods (not read without season).
    #[must_use]
    pub const fn new(form: Form, period: usize) -> Self {
        Self {
            form,
            period,
            alpha: None,
            beta: None,
            gamma: None,
            phi: None,
            level: None,
            slope: None,
            season: None,
            region: Region::Bounded,
            non_negative: false,
        }
    }

    /// Gives the weight of the level, in `[0, 1]`.
    #[must_use]
    pub fn with_alpha(self, alpha: f64) -> Self {
        Self { alpha: Some(alpha), ..self }
    }

    /// Gives the weight of the trend, in `[0, 1]`: `b ← φb + β e`.
    #[must_use]
    pub fn with_beta(self, beta: f64) -> Self {
        Self { beta: Some(beta), ..self }
    }

    /// Gives the weight of the season, in `[0, 1]`.
    #[must_use]
    pub fn with_gamma(self, gamma: f64) -> Self {
        Self { gamma: Some(gamma), ..self }
    }

    /// Gives the damping, in `(0, 1]`.
    #[must_use]
    pub fn with_phi(self, phi: f64) -> Self {
        Self { phi: Some(phi), ..self }
    }

    /// Gives the level before the first value.
    #[must_use]
    pub fn with_start_level(self, level: f64) -> Self {
        Self { level: Some(level), ..self }
    }

    /// Gives the slope before the first value; a factor where the trend is one.
    #[must_use]
    pub fn with_start_slope(self, slope: f64) -> Self {
        Self { slope: Some(slope), ..self }
    }

    /// Gives the season before the first value, that of the first period first: `period`
    /// numbers, used as they are.
    #[must_use]
    pub fn with_start_season(self, season: Vec<f64>) -> Self {
        Self { season: Some(season), ..self }
    }

    /// Searches another region of weights.
    #[must_use]
    pub fn with_region(self, region: Region) -> Self {
        Self { region, ..self }
    }

    /// Cuts forecasts, quantiles and paths off at zero: demand is not negative.
    #[must_use]
    pub fn with_non_negative(self) -> Self {
        Self { non_negative: true, ..self }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is out of range, [`Error::Data`] if `y` has fewer values
    /// than there are parameters to estimate, an entry is not finite, or not above zero
    /// where the form has a multiplicative part, or a state overflows.
    ///
    /// # Examples
    /// Quarterly sales with a season that grows with the level:
    /// ```
    /// use omni_forecast::smoothing::Ets;
    ///
    /// let y = [
    ///     30.0, 42.0, 51.0, 36.0, 33.0, 47.0, 55.0, 40.0, 36.0, 51.0, 62.0, 43.0, 40.0, 56.0,
    ///     66.0, 48.0, 43.0, 61.0, 73.0, 52.0,
    /// ];
    /// let fit = Ets::new("MAM".parse()?, 4).fit(&y)?;
    /// let next = fit.forecast(4)?;
    /// assert!((46.0..48.0).contains(&next[0]) && (77.0..80.0).contains(&next[2]), "{next:?}");
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<EtsFit, Error> {
        check::all_finite("y", y)?;
        self.fit_marked(y.to_vec())
    }

    /// Learns from a series with missing values: the states move on where there is none.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with_gaps(&self, y: &[Option<f64>]) -> Result<EtsFit, Error> {
        self.fit_marked(marked(y)?)
    }

    /// Learns from a series with NaN where a value is missing.
    fn fit_marked(&self, mut y: Vec<f64>) -> Result<EtsFit, Error> {
        self.check_settings()?;
        check_values(self.form, &y)?;
        let scale = scaled(&mut y);
        let found = self.search(&y, scale, &mut Room::default())?;
        let free = self.free();
        EtsFit::new(
            &found,
            &self.problem(&y),
            scale,
            free + 1,
            self.non_negative,
            self.season.is_some(),
        )
    }

    pub(crate) const fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn with_form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// What another fit's weights and start are worth under this form; they count as
    /// estimated.
    pub(crate) fn judge(self, fit: &EtsFit, y: &[Option<f64>]) -> Result<EtsFit, Error> {
        let all_given = Self {
            alpha: Some(fit.alpha),
            beta: Some(fit.beta),
            gamma: Some(fit.gamma),
            phi: Some(fit.phi),
            level: Some(fit.start_level),
            slope: Some(fit.start_slope),
            season: Some(fit.start_season.clone()),
            ..self
        };
        let mut y = marked(y)?;
        let scale = scaled(&mut y);
        let mut found = all_given.search(&y, scale, &mut Room::default())?;
        found.iterations = fit.iterations as usize;
        found.converged = fit.converged;
        let parameters = fit.parameters as usize;
        EtsFit::new(&found, &all_given.problem(&y), scale, parameters, all_given.non_negative, true)
    }

    /// What is searched, on a scaled series.
    fn problem<'a>(&self, y: &'a [f64]) -> Problem<'a> {
        let data = Data { y, x: &[], count: 0 };
        let given = Given {
            alpha: self.alpha.is_some(),
            beta: self.beta.is_some(),
            gamma: self.gamma.is_some(),
            phi: self.phi.is_some(),
            level: self.level.is_some(),
            slope: self.slope.is_some(),
            season: self.season.is_some(),
            coefficients: false,
        };
        let observed = y.iter().filter(|v| !v.is_nan()).count();
        let period = if self.form.is_seasonal() { self.period } else { 1 };
        Problem { form: self.form, period, data, observed, region: self.region, given }
    }

    /// How many parameters there are to estimate, without σ.
    fn free(&self) -> usize {
        let form = self.form;
        let one = |there: bool, given: bool| usize::from(there && !given);
        one(true, self.alpha.is_some())
            + one(form.has_trend(), self.beta.is_some())
            + one(form.is_seasonal(), self.gamma.is_some())
            + one(form.trend.is_damped(), self.phi.is_some())
            + one(true, self.level.is_some())
            + one(form.has_trend(), self.slope.is_some())
            + if form.is_seasonal() && self.season.is_none() { self.period - 1 } else { 0 }
    }

    fn search(&self, y: &[f64], scale: f64, room: &mut Room) -> Result<Found, Error> {
        self.check_settings()?;
        let problem = self.problem(y);
        let free = self.free();
        let needed = free + 1;
        if problem.observed < needed {
            let got = problem.observed;
            return Err(DataError::TooShort { name: "y", needed, got }.into());
        }
        let additive_trend = !self.form.trend.is_multiplicative();
        let overlay = |theta: &mut Theta| {
            let w = &mut theta.weights;
            if let Some(alpha) = self.alpha {
                w.alpha = alpha;
            }
            if let (Some(beta), true) = (self.beta, self.form.has_trend()) {
                w.beta = beta;
                w.alpha = if self.alpha.is_some() { w.alpha } else { w.alpha.max(beta) };
            }
            if let (Some(gamma), true) = (self.gamma, self.form.is_seasonal()) {
                w.gamma = gamma;
                w.alpha = if self.alpha.is_some() { w.alpha } else { w.alpha.min(1.0 - gamma) };
            }
            if let (Some(phi), true) = (self.phi, self.form.trend.is_damped()) {
                w.phi = phi;
            }
            if self.region.is_usual() {
                w.beta = if self.beta.is_some() { w.beta } else { w.beta.min(w.alpha) };
                w.gamma = if self.gamma.is_some() { w.gamma } else { w.gamma.min(1.0 - w.alpha) };
            }
            if let Some(level) = self.level {
                theta.level = level / scale;
            }
            if let (Some(slope), true) = (self.slope, self.form.has_trend()) {
                theta.slope = if additive_trend { slope / scale } else { slope };
            }
            if let (Some(season), true) = (&self.season, self.form.is_seasonal()) {
                let unit = if self.form.season == Season::Additive { scale } else { 1.0 };
                theta.season = season.iter().map(|s| s / unit).collect();
            }
        };
        let mut seeds = Seeds::new(y, problem.period);
        if free == 0 {
            let mut theta = seeds.theta(self.form, 0);
            overlay(&mut theta);
            let sums = problem.sums(&Passes::new(self.form), &theta, room);
            if !sums.squares.is_finite() {
                return Err(refused(self.form));
            }
            let value = problem.value(sums);
            return Ok(Found { theta, sums, value, iterations: 0, converged: true });
        }
        best_of(&problem, &mut seeds, &overlay, &[], Plan::ONE, room)
            .ok_or_else(|| refused(self.form))
    }

    fn check_settings(&self) -> Result<(), Error> {
        let form = self.form;
        if form.is_seasonal() && !(2..=MAX_PERIOD).contains(&self.period) {
            return Err(ParamError::new("period", "in 2..=10000 for a season", self.period).into());
        }
        let usual = self.region.is_usual();
        let top = if self.region == Region::Admissible { 2.0 } else { 1.0 };
        let within = |name, rule, value: Option<f64>, top: f64| match value {
            Some(v) if !(0.0..=top).contains(&v) => Err(ParamError::new(name, rule, v)),
            _ => Ok(()),
        };
        within("alpha", "in [0, 1], or up to 2 in the admissible region", self.alpha, top)?;
        let most = if usual { self.alpha.unwrap_or(top) } else { 2.0 * top - 1.0 };
        within("beta", "in its region: up to alpha, 1, or 3", self.beta, most)?;
        let rest = if usual { 1.0 - self.alpha.unwrap_or(0.0) + 1e-12 } else { top };
        within("gamma", "in its region: up to 1 - alpha, 1, or 2", self.gamma, rest)?;
        within("phi", "in (0, 1]", self.phi, 1.0)?;
        if let Some(phi) = self.phi {
            check::weight("phi", phi)?;
        }
        if let (Some(beta), Some(gamma), true) = (self.beta, self.gamma, usual)
            && beta > 1.0 - gamma
        {
            return Err(ParamError::new("beta", "at most 1 - gamma", beta).into());
        }
        for (name, value) in [("start_level", self.level), ("start_slope", self.slope)] {
            value.map(|v| check::finite(name, v)).transpose()?;
        }
        if let (Some(season), true) = (&self.season, form.is_seasonal()) {
            check::same_len("start_season", season, self.period)?;
            check::all_finite("start_season", season)?;
        }
        self.check_given_region()
    }

    /// Weights that are all given must lie in the region.
    fn check_given_region(&self) -> Result<(), Error> {
        let form = self.form;
        let beta = if form.has_trend() { self.beta } else { Some(0.0) };
        let gamma = if form.is_seasonal() { self.gamma } else { Some(0.0) };
        let phi = if form.trend.is_damped() { self.phi } else { Some(1.0) };
        if let (Some(alpha), Some(beta), Some(gamma), Some(phi)) = (self.alpha, beta, gamma, phi) {
            let w = Weights { alpha, beta, gamma, phi };
            let usual = !self.region.is_usual() || is_usual(&w);
            let admissible = self.region == Region::Usual
                || is_admissible(&w, form, self.period, &mut Vec::new());
            if !(usual && admissible) {
                let rule = "such that the weights together are in their region";
                return Err(ParamError::new("alpha", rule, alpha).into());
            }
        }
        Ok(())
    }
}

/// A season longer than this is a mistake.
const MAX_PERIOD: usize = 10_000;

fn refused(form: Form) -> Error {
    let name = form.to_string();
    let rule = "one whose means stay above zero on this series";
    ParamError::new("form", rule, name.as_str()).into()
}

/// Divides by a power of two near the largest value.
pub(super) fn scaled(y: &mut [f64]) -> f64 {
    let scale = magnitude(y.iter().copied().filter(|v| !v.is_nan()));
    for v in y.iter_mut() {
        *v /= scale;
    }
    scale
}

/// NaN where a value is missing.
pub(super) fn marked(y: &[Option<f64>]) -> Result<Vec<f64>, Error> {
    let bad = |(_, v): &(usize, &Option<f64>)| v.is_some_and(|v| !v.is_finite());
    if let Some((index, Some(value))) = y.iter().enumerate().find(bad) {
        return Err(DataError::entry("y", index, "finite", *value).into());
    }
    Ok(y.iter().map(|v| v.unwrap_or(f64::NAN)).collect())
}

/// Whether a form can learn from these values at all.
fn check_values(form: Form, y: &[f64]) -> Result<(), Error> {
    if form.needs_positive()
        && let Some(index) = y.iter().position(|v| *v <= 0.0)
    {
        return Err(
            DataError::entry("y", index, "positive for a multiplicative form", y[index]).into()
        );
    }
    Ok(())
}

impl Forecaster for Ets {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}
