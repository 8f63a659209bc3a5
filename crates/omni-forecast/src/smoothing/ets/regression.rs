//! Level, trend and season with regressors: price, promotion, holiday.
//!
//! ```text
//! y_t = c·x_t + η_t         η an additive form of the family: ANN, AAN, AAdN, ANA, AAA, AAdA
//! e_t = η_t − η̂_t           Σ e_t² minimal over c, the weights and the start states
//! ```
//!
//! `x_t` (K regressors) in whatever units, `c` in units of the series per unit of the
//! regressor. All parameters are searched at once: the one-step means are linear in `c` and
//! the start states, so a Gauss–Newton step sets them right together. `c` is then the
//! generalized least squares estimate under the errors of the form, not the ordinary one that
//! mistakes a moving level for an effect; its standard errors are those of that estimate with
//! the weights taken as known. A value is first cleaned of its regressors, then smoothed:
//! a promotion does not raise the level.
//!
//! Effects in percent: give the logarithm of the series.
//!
//! Source: Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential Smoothing",
//! Springer, chapter 9 (regressors with constant coefficients).
//!
//! Limits: the future of the regressors must be known; constant effects.

use super::fit::EtsFit;
use super::form::{ErrorKind, Form, Season, Trend};
use super::recursion::Data;
use super::region::Region;
use super::search::{Found, Given, Problem, Room};
use super::settings::{marked, scaled};
use super::start::{Plan, Seeds, best_of};
use crate::Error;
use crate::moments::{finite, magnitude};
use omni_core::check;
use omni_core::error::{DataError, ParamError};

/// Settings of exponential smoothing with regressors; checked by
/// [`fit`](RegressionEts::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RegressionEts {
    form: Option<Form>,
    period: usize,
    non_negative: bool,
}

impl RegressionEts {
    /// A given additive form; `period` is the length of its season.
    #[must_use]
    pub const fn new(form: Form, period: usize) -> Self {
        Self { form: Some(form), period, non_negative: false }
    }

    /// The additive form of the smallest `AICc`; `period` is the length of the season, 1 for
    /// none.
    #[must_use]
    pub const fn auto(period: usize) -> Self {
        Self { form: None, period, non_negative: false }
    }

    /// Cuts forecasts and quantiles off at zero: demand is not negative.
    #[must_use]
    pub const fn with_non_negative(self) -> Self {
        Self { non_negative: true, ..self }
    }

    /// Learns from `y` and the regressors beside it, one column each.
    ///
    /// # Errors
    /// [`Error::Param`] if the form is not additive or its period is below 2, [`Error::Data`]
    /// if a column has another length than `y`, an entry is not finite, a column never
    /// changes, or there are fewer values than parameters.
    ///
    /// # Examples
    /// A promotion in every fifth week sells 30 more, at a level that drifts:
    /// ```
    /// use omni_forecast::smoothing::RegressionEts;
    ///
    /// let promotion: Vec<f64> = (0..40).map(|t| f64::from(u8::from(t % 5 == 0))).collect();
    /// let y: Vec<f64> = (0..40)
    ///     .map(|t| 100.0 + f64::from(t * 7 % 11) + 30.0 * promotion[t as usize])
    ///     .collect();
    /// let fit = RegressionEts::auto(1).fit(&y, &[&promotion])?;
    /// assert!((fit.coefficients[0] - 30.0).abs() < 3.0, "{fit:?}");
    /// let next = fit.forecast(2, &[&[1.0, 0.0]])?;
    /// assert!(next[0] - next[1] > 27.0);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64], x: &[&[f64]]) -> Result<RegressionFit, Error> {
        check::all_finite("y", y)?;
        self.fit_marked(y.to_vec(), x)
    }

    /// Learns from a series with missing values; the regressors are known there too.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with_gaps(&self, y: &[Option<f64>], x: &[&[f64]]) -> Result<RegressionFit, Error> {
        self.fit_marked(marked(y)?, x)
    }

    fn fit_marked(&self, mut y: Vec<f64>, x: &[&[f64]]) -> Result<RegressionFit, Error> {
        let forms = self.forms()?;
        let (rows, units) = rows_of(x, y.len())?;
        let scale = scaled(&mut y);
        let observed = y.iter().filter(|v| !v.is_nan()).count();
        let data = Data { y: &y, x: &rows, count: x.len() };
        let mut room = Room::default();
        let mut seeds = Seeds::new(&y, self.period);
        let mut best: Option<(f64, usize, Problem<'_>, Found)> = None;
        let mut needed = usize::MAX;
        for form in forms {
            let count = form.parameters(self.period).saturating_add(x.len());
            needed = needed.min(count);
            if observed < count {
                continue;
            }
            let problem = problem(data, form, self.period, observed, false);
            let Some(found) = best_of(&problem, &mut seeds, &|_| {}, &[], Plan::ONE, &mut room)
            else {
                continue;
            };
            let (n, k) = (observed as f64, count as f64);
            let left = n - k - 1.0;
            let correction = if left > 0.0 { 2.0 * k * (k + 1.0) / left } else { f64::MAX };
            let criterion = found.value + 2.0 * k + correction;
            if best.as_ref().is_none_or(|(least, ..)| criterion < *least) {
                best = Some((criterion, count, problem, found));
            }
        }
        let Some((_, count, problem, found)) = best else {
            return Err(DataError::TooShort { name: "y", needed, got: observed }.into());
        };
        let ets = EtsFit::new(&found, &problem, scale, count, false, false)?;
        let variances = problem.coefficient_variances(&found.theta, &mut room);
        let coefficients = found.theta.coefficients.iter().zip(&units);
        let coefficients: Result<_, _> =
            coefficients.map(|(c, unit)| finite("coefficient", c * scale / unit)).collect();
        let errors = variances.iter().zip(&units);
        let standard_errors: Result<_, _> =
            errors.map(|(v, unit)| finite("standard error", v.sqrt() * ets.sigma / unit)).collect();
        Ok(RegressionFit {
            ets,
            coefficients: coefficients?,
            standard_errors: standard_errors?,
            non_negative: self.non_negative,
        })
    }

    fn forms(&self) -> Result<Vec<Form>, Error> {
        if let Some(form) = self.form {
            check_form(form, self.period)?;
            return Ok(vec![form]);
        }
        check::at_least_one("period", self.period)?;
        let seasonal = |f: &Form| f.is_seasonal();
        Ok(Form::all()
            .filter(|f| is_additive(*f))
            .filter(|f| self.period > 1 || !seasonal(f))
            .collect())
    }
}

fn is_additive(form: Form) -> bool {
    form.error == ErrorKind::Additive
        && matches!(form.trend, Trend::None | Trend::Additive | Trend::AdditiveDamped)
        && form.season != Season::Multiplicative
}

/// A form that regressors may stand beside.
pub(super) fn check_form(form: Form, period: usize) -> Result<(), Error> {
    if !is_additive(form) {
        let name = form.to_string();
        return Err(ParamError::new("form", "additive in all parts", name.as_str()).into());
    }
    if form.is_seasonal() && period < 2 {
        return Err(ParamError::new("period", "at least 2 for a season", period).into());
    }
    Ok(())
}

/// The problem of a form beside regressors.
pub(super) fn problem(
    data: Data<'_>,
    form: Form,
    period: usize,
    observed: usize,
    coefficients: bool,
) -> Problem<'_> {
    let period = if form.is_seasonal() { period } else { 1 };
    let given = Given { coefficients, ..Given::default() };
    Problem { form, period, data, observed, region: Region::default(), given }
}

/// Columns as rows, each column in a unit near its largest value.
fn rows_of(x: &[&[f64]], len: usize) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let mut units = Vec::with_capacity(x.len());
    let mut rows = vec![0.0; len * x.len()];
    for (k, column) in x.iter().enumerate() {
        check::same_len("x", column, len)?;
        check::all_finite("x", column)?;
        if let [first, rest @ ..] = column
            && rest.iter().all(|v| v == first)
        {
            return Err(DataError::entry("x", k, "a column that changes", *first).into());
        }
        let unit = magnitude(column.iter().copied());
        for (t, value) in column.iter().enumerate() {
            rows[t * x.len() + k] = value / unit;
        }
        units.push(unit);
    }
    Ok((rows, units))
}

/// What [`RegressionEts::fit`] learned.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RegressionFit {
    /// The fit of what the regressors leave of the series.
    pub ets: EtsFit,
    /// What a unit of each regressor adds to the series.
    pub coefficients: Vec<f64>,
    /// Standard errors of the coefficients, the weights taken as known.
    pub standard_errors: Vec<f64>,
    /// Whether forecasts are cut off at zero.
    pub non_negative: bool,
}

impl RegressionFit {
    /// Forecast means of the next `horizon` periods, given the regressors there.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is out of range, [`Error::Data`] if the columns are not
    /// those of the fit or not `horizon` long, an entry is not finite or a mean overflows.
    pub fn forecast(&self, horizon: usize, x: &[&[f64]]) -> Result<Vec<f64>, Error> {
        let means = self.ets.forecast(horizon)?;
        self.add(&means, 1, x)
    }

    /// Standard errors of the next `horizon` periods; the coefficients taken as known.
    ///
    /// # Errors
    /// As [`EtsFit::standard_errors`].
    pub fn standard_errors(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        self.ets.standard_errors(horizon)
    }

    /// Quantiles of the next `horizon` periods, period by period the `levels` side by side.
    ///
    /// # Errors
    /// As [`forecast`](Self::forecast) and [`EtsFit::quantiles`].
    pub fn quantiles(
        &self,
        horizon: usize,
        x: &[&[f64]],
        levels: &[f64],
    ) -> Result<Vec<f64>, Error> {
        let quantiles = self.ets.quantiles(horizon, levels)?;
        self.add(&quantiles, levels.len(), x)
    }

    /// Learns from the value of one more period and its regressors.
    ///
    /// # Errors
    /// [`Error::Data`] if there are not as many regressors as coefficients, one is not finite
    /// or a state overflows; the fit is then as before.
    pub fn update(&mut self, value: f64, x: &[f64]) -> Result<(), Error> {
        check::same_len("x", x, self.coefficients.len())?;
        check::all_finite("x", x)?;
        self.ets.update(finite("value", value - dot(&self.coefficients, x.iter().copied()))?)
    }

    /// Moves on by one period whose value is missing.
    ///
    /// # Errors
    /// As [`EtsFit::skip`].
    pub fn skip(&mut self) -> Result<(), Error> {
        self.ets.skip()
    }

    /// Adds what the regressors of each step do to its `each` numbers.
    fn add(&self, numbers: &[f64], each: usize, x: &[&[f64]]) -> Result<Vec<f64>, Error> {
        let horizon = numbers.len() / each;
        let effects = effects(&self.coefficients, horizon, x)?;
        let of = |(number, effect): (&f64, &f64)| {
            let value = finite("mean", number + effect)?;
            Ok(if self.non_negative { value.max(0.0) } else { value })
        };
        let effects: Vec<f64> =
            effects.iter().flat_map(|e| std::iter::repeat_n(*e, each)).collect();
        numbers.iter().zip(&effects).map(of).collect()
    }
}

/// What regressors do in each of the coming periods.
pub(super) fn effects(
    coefficients: &[f64],
    horizon: usize,
    x: &[&[f64]],
) -> Result<Vec<f64>, Error> {
    check::same_len("x", x, coefficients.len())?;
    for column in x {
        check::same_len("x", column, horizon)?;
        check::all_finite("x", column)?;
    }
    let of = |t: usize| dot(coefficients, x.iter().map(|c| c.get(t).copied().unwrap_or(0.0)));
    Ok((0..horizon).map(of).collect())
}

fn dot(coefficients: &[f64], x: impl Iterator<Item = f64>) -> f64 {
    coefficients.iter().zip(x).map(|(c, x)| c * x).sum()
}
