//! ARIMA of a given order.

use super::candidate::{self, Candidate, Effort};
use super::difference;
use super::objective::Objective;
use super::order::Order;
use super::sample::{Sample, Scaled, trend};
use super::search::Search;
use super::state::State;
use crate::forecaster::check_horizon;
use crate::moments::{finite, mean};
use crate::{Error, Forecaster, gaussian};
use omni_core::check;
use omni_core::error::{DataError, ParamError};
use omni_core::rng::{self, Xoshiro256PlusPlus};

/// Settings of an ARIMA model; checked by [`fit`](Arima::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Arima {
    order: Order,
    constant: bool,
}

impl Arima {
    /// A model of this order without a constant.
    #[must_use]
    pub const fn new(order: Order) -> Self {
        Self { order, constant: false }
    }

    /// With a mean (without differences) or a drift (with one).
    #[must_use]
    pub const fn with_constant(self) -> Self {
        Self { constant: true, ..self }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if an order is too long or a constant meets more than one difference,
    /// [`Error::Data`] if `y` is shorter than the differences and regressors need, an entry is
    /// not finite or the noise overflows.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::arima::{Arima, Order};
    ///
    /// let y: Vec<f64> = (0..40).map(|t| f64::from(t) + f64::from(t * t % 7)).collect();
    /// let fit = Arima::new(Order::new(0, 1, 1)).with_constant().fit(&y)?;
    /// assert!((fit.constant.unwrap_or_default() - 1.0).abs() < 0.1);
    /// assert!(fit.standard_errors(2)?[1] > fit.sigma);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<ArimaFit, Error> {
        check::all_finite("y", y)?;
        self.fit_with(&some(y), &[])
    }

    /// As [`fit`](Self::fit); a `None` is a missing period.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with_gaps(&self, y: &[Option<f64>]) -> Result<ArimaFit, Error> {
        self.fit_with(y, &[])
    }

    /// A regression on the columns `x`, each as long as `y`, with ARIMA errors.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::Data`] if a column differs in length or is not finite,
    /// [`Error::Param`] if the columns are collinear after the differences.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::arima::{Arima, Order};
    ///
    /// let promotion: Vec<f64> = (0..60).map(|t| f64::from(u8::from(t % 9 == 4))).collect();
    /// let y: Vec<f64> =
    ///     (0..60_i32).map(|t| 20.0 + 5.0 * promotion[t as usize] + f64::from(t * t % 5)).collect();
    /// let fit = Arima::new(Order::new(1, 0, 0))
    ///     .with_constant()
    ///     .fit_with_regressors(&y, &[&promotion])?;
    /// assert!((fit.coefficients[0] - 5.0).abs() < 1.0);
    /// let means = fit.forecast_with(2, &[&[0.0, 1.0]])?;
    /// assert!(means[1] - means[0] > 3.0);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit_with_regressors(&self, y: &[f64], x: &[&[f64]]) -> Result<ArimaFit, Error> {
        check::all_finite("y", y)?;
        self.fit_with(&some(y), x)
    }

    fn fit_with(&self, y: &[Option<f64>], x: &[&[f64]]) -> Result<ArimaFit, Error> {
        let order = self.order.checked()?;
        if self.constant && order.integration() > 1 {
            let rule = "at most 1 where there is a constant";
            return Err(ParamError::new("differences", rule, order.integration()).into());
        }
        let sample = Sample::new(y, x)?;
        let mut search = Search::default();
        let (candidate, scaled) =
            candidate::fit(&sample, order, self.constant, &[], Effort::THOROUGH, &mut search)?;
        ArimaFit::new(&sample, candidate, scaled)
    }
}

impl Forecaster for Arima {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// Every value observed.
pub(super) fn some(y: &[f64]) -> Vec<Option<f64>> {
    y.iter().copied().map(Some).collect()
}

/// What [`Arima::fit`] learned.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ArimaFit {
    /// The order of the model.
    pub order: Order,
    /// Autoregressive coefficients `φ`.
    pub ar: Vec<f64>,
    /// Moving-average coefficients `θ`, added (as R writes them).
    pub ma: Vec<f64>,
    /// Seasonal autoregressive coefficients `Φ`.
    pub seasonal_ar: Vec<f64>,
    /// Seasonal moving-average coefficients `Θ`, added.
    pub seasonal_ma: Vec<f64>,
    /// Mean of the series, or its drift per period where there is one difference.
    pub constant: Option<f64>,
    /// One coefficient per regressor.
    pub coefficients: Vec<f64>,
    /// Standard deviation of the one-step errors, their squares divided by the number of
    /// values less the number of coefficients; 0 where the fit is exact.
    pub sigma: f64,
    /// Exact Gaussian log-likelihood of the differenced series; `None` where the fit is exact.
    pub log_likelihood: Option<f64>,
    /// Akaike's criterion for small samples; `None` where the fit is exact or the values are
    /// too few.
    pub aicc: Option<f64>,
    /// Values that count: those observed less those lost to differences.
    pub observations: usize,
    /// Steps of the search.
    pub iterations: usize,
    /// Whether the search ended because it could not do better.
    pub converged: bool,
    /// Periods since the first value.
    time: u64,
    state: State,
}

impl ArimaFit {
    pub(super) fn new(
        sample: &Sample,
        candidate: Candidate,
        mut scaled: Scaled,
    ) -> Result<Self, Error> {
        let Candidate { order, constant, x, log_likelihood, aicc, iterations, converged, .. } =
            candidate;
        let objective = &mut scaled.objective;
        objective.value(&x);
        if !objective.regress() {
            let rule = "of columns that differ once differenced, and of gaps between values";
            return Err(ParamError::new("x", rule, sample.regressors(constant)).into());
        }
        let unit = scaled.unit;
        let (level, beta) = objective.beta[sample.gaps.len()..].split_at(usize::from(constant));
        // In units of the scaled sample; an offset stands for a mean.
        let constant = level.first().map(|c| c * unit + scaled.offset);
        let beta: Vec<f64> = beta.iter().map(|b| b * unit).collect();
        let errors = sample.errors(&order, constant, &beta);
        let state = sample.state(&order, objective, errors, unit);
        let (back, n) = (sample.scale * unit, sample.y.len());
        let exact = log_likelihood.is_none();
        let observations = objective.observed();
        let used = order.coefficients() + sample.regressors(constant.is_some());
        let divisor = if observations > used { observations - used } else { observations };
        let sigma = if exact { 0.0 } else { (objective.squares / divisor as f64).sqrt() * back };
        let (ar, seasonal_ar) = objective.gains.ar.parts();
        let (ma, seasonal_ma) = objective.gains.ma.parts();
        let coefficients: Result<Vec<f64>, Error> = beta
            .iter()
            .zip(&sample.x_scale)
            .map(|(b, s)| finite("coefficients", b * sample.scale / s))
            .collect();
        let mut fit = Self {
            order,
            ar,
            ma,
            seasonal_ar,
            seasonal_ma,
            constant: constant.map(|c| finite("constant", c * sample.scale)).transpose()?,
            coefficients: coefficients?,
            sigma: finite("y", sigma)?,
            log_likelihood,
            aicc,
            observations,
            iterations,
            converged,
            time: n as u64,
            state,
        };
        for _ in 0..sample.trailing {
            fit.time += 1;
            fit.state.skip();
        }
        Ok(fit)
    }

    /// What does not depend on the errors, `step` periods ahead.
    fn known(&self, step: usize, x: &[&[f64]]) -> f64 {
        let time = self.time + step as u64;
        let by_x: f64 = x
            .iter()
            .zip(&self.coefficients)
            .map(|(x, b)| b * x.get(step - 1).copied().unwrap_or_default())
            .sum();
        by_x + self.constant.map_or(0.0, |c| c * trend(&self.order, time))
    }

    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if a mean overflows or the model has regressors.
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        self.forecast_with(horizon, &[])
    }

    /// Forecast means, given the coming `horizon` values of each regressor.
    ///
    /// # Errors
    /// As [`forecast`](Self::forecast); [`Error::Data`] if there are not as many columns as the
    /// model has regressors, one is not as long as the horizon, or an entry is not finite.
    pub fn forecast_with(&self, horizon: usize, x: &[&[f64]]) -> Result<Vec<f64>, Error> {
        let horizon = check_horizon(horizon)?;
        check::same_len("x", x, self.coefficients.len())?;
        for column in x {
            check::same_len("x", column, horizon)?;
            check::all_finite("x", column)?;
        }
        let means = self.state.means(horizon);
        means.iter().enumerate().map(|(i, m)| finite("mean", m + self.known(i + 1, x))).collect()
    }

    /// Standard errors of the next `horizon` periods: of the coming noise, and of what is
    /// uncertain about the state; not of the coefficients.
    ///
    /// # Errors
    /// As [`forecast`](Self::forecast), regressors apart.
    pub fn standard_errors(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let horizon = check_horizon(horizon)?;
        let variances = self.state.variances(horizon);
        variances.iter().map(|v| finite("sigma", self.sigma * v.sqrt())).collect()
    }

    /// Normal quantiles: per step the levels side by side.
    ///
    /// # Errors
    /// As [`forecast`](Self::forecast); [`Error::Data`] if the levels are not ascending in (0, 1).
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::arima::{Arima, Order};
    ///
    /// let y = [5.0, 7.0, 4.0, 6.0, 8.0, 5.0, 6.0, 7.0];
    /// let fit = Arima::new(Order::new(0, 0, 0)).with_constant().fit(&y)?;
    /// let q = fit.quantiles(1, &[0.5, 0.95])?;
    /// assert!((q[0] - 6.0).abs() < 1e-12 && q[1] > 8.0);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn quantiles(&self, horizon: usize, levels: &[f64]) -> Result<Vec<f64>, Error> {
        gaussian::quantiles(&self.forecast(horizon)?, &self.standard_errors(horizon)?, levels)
    }

    /// Paths of the future with normal noise, `paths` rows of `horizon` values.
    ///
    /// Path `i` depends on the seed and `i` alone.
    ///
    /// # Errors
    /// As [`forecast`](Self::forecast); [`Error::Param`] if `paths` is 0 or too large.
    pub fn simulate(&self, horizon: usize, paths: usize, seed: u64) -> Result<Vec<f64>, Error> {
        self.paths(horizon, paths, seed, |rng| self.sigma * gaussian::draw(rng))
    }

    /// Paths of the future with noise drawn from `residuals`, as [`residuals`](Self::residuals)
    /// returns them; their mean is taken off.
    ///
    /// # Errors
    /// As [`simulate`](Self::simulate); [`Error::Data`] if there is no residual or one is not
    /// finite.
    pub fn bootstrap(
        &self,
        horizon: usize,
        paths: usize,
        seed: u64,
        residuals: &[f64],
    ) -> Result<Vec<f64>, Error> {
        check::min_len("residuals", residuals, 1)?;
        check::all_finite("residuals", residuals)?;
        let center = mean("residuals", residuals.iter().copied())?.unwrap_or_default();
        self.paths(horizon, paths, seed, |rng| {
            let drawn = rng::below(rng, residuals.len() as u64);
            let drawn = usize::try_from(drawn).ok().and_then(|i| residuals.get(i));
            drawn.map_or(0.0, |r| r - center)
        })
    }

    fn paths(
        &self,
        horizon: usize,
        paths: usize,
        seed: u64,
        noise: impl Fn(&mut Xoshiro256PlusPlus) -> f64,
    ) -> Result<Vec<f64>, Error> {
        let horizon = check_horizon(horizon)?;
        check::same_len::<f64>("x", &[], self.coefficients.len())?;
        let paths = gaussian::check_paths(paths, horizon)?;
        let root = self.state.root();
        let known: Vec<f64> = (1..=horizon).map(|step| self.known(step, &[])).collect();
        let mut all = Vec::with_capacity(paths * horizon);
        for path in 0..paths {
            let mut rng = rng::stream(seed, path as u64);
            let mut moved = self.state.mean_state();
            for column in &root {
                let by = self.sigma * gaussian::draw(&mut rng);
                moved.iter_mut().zip(column).for_each(|(x, c)| *x += c * by);
            }
            for known in &known {
                let error = noise(&mut rng);
                let value = self.state.advance(&mut moved, error);
                all.push(finite("path", known + value)?);
            }
        }
        Ok(all)
    }

    /// The one-step errors of a series under this model, divided by the growth of their
    /// standard deviation while the filter settles; the values lost to differences have none.
    ///
    /// # Errors
    /// [`Error::Data`] if `y` is shorter than the differences need, an entry is not finite, or
    /// `x` does not have one column as long as `y` for each regressor.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::arima::{Arima, Order};
    ///
    /// let y = [5.0, 7.0, 4.0, 6.0, 8.0, 5.0, 6.0, 7.0];
    /// let fit = Arima::new(Order::new(0, 1, 0)).fit(&y)?;
    /// assert_eq!(fit.residuals(&y, &[])?, [2.0, -3.0, 2.0, 2.0, -3.0, 1.0, 1.0]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn residuals(&self, y: &[f64], x: &[&[f64]]) -> Result<Vec<f64>, Error> {
        check::all_finite("y", y)?;
        Ok(self.filter(&some(y), x)?.1)
    }

    /// This model at the end of another series: the same coefficients, the state of `y`.
    ///
    /// # Errors
    /// As [`residuals`](Self::residuals).
    pub fn refilter(&self, y: &[f64], x: &[&[f64]]) -> Result<Self, Error> {
        check::all_finite("y", y)?;
        Ok(self.filter(&some(y), x)?.0)
    }

    /// As [`refilter`](Self::refilter) without regressors; a `None` is a missing period.
    ///
    /// # Errors
    /// As [`residuals`](Self::residuals).
    pub fn refilter_with_gaps(&self, y: &[Option<f64>]) -> Result<Self, Error> {
        Ok(self.filter(y, &[])?.0)
    }

    fn filter(&self, y: &[Option<f64>], x: &[&[f64]]) -> Result<(Self, Vec<f64>), Error> {
        let order = self.order.checked()?;
        check::same_len("x", x, self.coefficients.len())?;
        let sample = Sample::new(y, x)?;
        let (got, needed) = (sample.observed(), order.lost() + 1);
        if got < needed {
            return Err(DataError::TooShort { name: "y", needed, got }.into());
        }
        let scale = sample.scale;
        let beta: Vec<f64> =
            self.coefficients.iter().zip(&sample.x_scale).map(|(b, s)| b * s / scale).collect();
        let errors = sample.errors(&order, self.constant.map(|c| c / scale), &beta);
        let (w, gaps) = (difference::difference(&errors, &order), sample.gap_columns(&order));
        for value in &w {
            finite("y", *value)?;
        }
        let count = gaps.len();
        let mut objective = Objective::new(&order, w, gaps, count);
        if !objective.set_coefficients(&self.state.phi(), &self.state.theta()) {
            let rule = "of gaps between values, under a stationary model";
            return Err(ParamError::new("y", rule, count).into());
        }
        let residuals = objective.whitened().iter().map(|e| e * scale).collect();
        let state = sample.state(&order, &mut objective, errors, 1.0);
        let mut fit = Self { state, time: sample.y.len() as u64, ..self.clone() };
        (0..sample.trailing).for_each(|_| fit.skip());
        Ok((fit, residuals))
    }

    /// Learns the next value without a new fit: O(lags).
    ///
    /// # Errors
    /// [`Error::Data`] if `value` or the state it leads to is not finite, or the model has
    /// regressors; the fit is as before.
    pub fn update(&mut self, value: f64) -> Result<(), Error> {
        self.update_with(value, &[])
    }

    /// Learns the next value, given that of each regressor.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn update_with(&mut self, value: f64, x: &[f64]) -> Result<(), Error> {
        check::finite("value", value)?;
        check::same_len("x", x, self.coefficients.len())?;
        check::all_finite("x", x)?;
        let by_x: f64 = x.iter().zip(&self.coefficients).map(|(x, b)| x * b).sum();
        let error = finite("value", value - by_x - self.known(1, &[]))?;
        if !(error - self.state.mean()).is_finite() {
            return Err(DataError::Overflow { name: "value" }.into());
        }
        self.state.update(error);
        self.time += 1;
        Ok(())
    }

    /// Moves on by a period without a value.
    pub fn skip(&mut self) {
        self.state.skip();
        self.time += 1;
    }
}
