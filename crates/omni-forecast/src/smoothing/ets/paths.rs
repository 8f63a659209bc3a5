//! Possible futures of a fit: simulated paths, and quantiles of them.
//!
//! ```text
//! e_h ~ N(0, σ²), or drawn from the residuals        y_h = ŷ_h + e_h   or   ŷ_h (1 + e_h)
//! the states learn from y_h as from any value
//! ```
//!
//! Relative errors are cut off at −1: a value does not turn negative by its error alone.
//! Path `i` under a seed is the same whatever the number of paths. O(h) per path.
//!
//! Limits: forms that are [unstable](super::Form::is_unstable) have paths that run away; a
//! path that leaves the range of numbers is an error.

use super::fit::EtsFit;
use super::form::ErrorKind;
use super::recursion::{Passes, State};
use crate::forecaster::check_horizon;
use crate::moments::finite;
use crate::{Error, gaussian};
use omni_core::error::{DataError, ParamError};
use omni_core::numeric::quantile::{QuantileType, quantile};
use omni_core::{check, rng};

/// Paths behind standard errors and quantiles of forms without a formula.
pub(super) const PATHS: usize = 4_000;

/// Numbers one call may simulate.
const MOST: usize = 100_000_000;

impl EtsFit {
    /// Simulates `paths` futures of `horizon` periods with normal errors, path by path.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is out of range, `paths` is 0 or there are more than
    /// 10⁸ numbers to draw; [`Error::Data`] if a path overflows.
    ///
    /// # Examples
    /// Demand over a lead time of three months, in nine of ten cases at most:
    /// ```
    /// use omni_forecast::smoothing::{Ets, cumulative_quantiles};
    ///
    /// let y = [112.0, 118.0, 132.0, 129.0, 121.0, 135.0, 148.0, 148.0, 136.0, 119.0, 104.0, 118.0];
    /// let fit = Ets::new("ANN".parse()?, 1).fit(&y)?;
    /// let paths = fit.simulate(3, 1_000, 7)?;
    /// let most = cumulative_quantiles(&paths, 3, &[0.9])?[2];
    /// assert!(most > 3.0 * fit.forecast(1)?[0]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn simulate(&self, horizon: usize, paths: usize, seed: u64) -> Result<Vec<f64>, Error> {
        self.paths(horizon, paths, seed, &|rng| self.sigma * gaussian::draw(rng))
    }

    /// Simulates with errors drawn from `residuals` (of [`residuals`](Self::residuals)),
    /// whatever their distribution.
    ///
    /// # Errors
    /// As [`simulate`](Self::simulate), and [`Error::Data`] if there is no residual or one is
    /// not finite.
    pub fn simulate_from(
        &self,
        residuals: &[f64],
        horizon: usize,
        paths: usize,
        seed: u64,
    ) -> Result<Vec<f64>, Error> {
        check::min_len("residuals", residuals, 1)?;
        check::all_finite("residuals", residuals)?;
        self.paths(horizon, paths, seed, &|rng| {
            #[expect(clippy::cast_possible_truncation, reason = "below the length of a slice")]
            let index = rng::below(rng, residuals.len() as u64) as usize;
            residuals.get(index).copied().unwrap_or(0.0)
        })
    }

    fn paths(
        &self,
        horizon: usize,
        paths: usize,
        seed: u64,
        draw: &dyn Fn(&mut rng::Xoshiro256PlusPlus) -> f64,
    ) -> Result<Vec<f64>, Error> {
        let horizon = check_horizon(horizon)?;
        if paths == 0 || paths > MOST / horizon {
            return Err(ParamError::new("paths", "at least 1, at most 10^8 numbers", paths).into());
        }
        let passes = Passes::new(self.form);
        let w = self.weights();
        let relative = self.form.error == ErrorKind::Multiplicative;
        let mut all = Vec::with_capacity(horizon * paths);
        let mut season = self.season.clone();
        for path in 0..paths as u64 {
            let mut rng = rng::stream(seed, path);
            season.clone_from(&self.season);
            let mut state = State { level: self.level, slope: self.slope };
            let mut position = self.phase as usize;
            for _ in 0..horizon {
                let mut none = 0.0;
                let entry = season.get_mut(position).unwrap_or(&mut none);
                let mean = (passes.mean)(state, *entry, w.phi);
                let error = draw(&mut rng);
                let value = if relative { mean * (1.0 + error.max(-1.0)) } else { mean + error };
                let value = finite("path", value)?;
                state = (passes.next)(state, entry, Some(value), &w);
                all.push(if self.non_negative { value.max(0.0) } else { value });
                position += 1;
                if position >= self.season.len() {
                    position = 0;
                }
            }
        }
        Ok(all)
    }

    /// Standard errors of the next `horizon` periods: by formula, or from 4,000 simulated
    /// paths where the form has none (a trend that is a factor; additive errors with a season
    /// that is).
    ///
    /// # Errors
    /// As [`forecast`](Self::forecast).
    pub fn standard_errors(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let means = self.recursion(horizon)?;
        if let Some(errors) = self.formula(&means) {
            return errors.into_iter().map(|e| finite("standard error", e)).collect();
        }
        let paths = self.simulate(horizon, PATHS, 0)?;
        let deviation = |step: usize| {
            let values = paths.iter().skip(step).step_by(horizon);
            let scale = crate::moments::magnitude(values.clone().copied());
            let mean = values.clone().map(|v| v / scale).sum::<f64>() / PATHS as f64;
            let squares: f64 = values.map(|v| (v / scale - mean).powi(2)).sum();
            finite("standard error", scale * (squares / PATHS as f64).sqrt())
        };
        (0..horizon).map(deviation).collect()
    }

    /// Quantiles of the next `horizon` periods, period by period the `levels` side by side:
    /// of normal distributions around the means, or of 4,000 simulated paths where the form
    /// has no formula for its standard errors.
    ///
    /// # Errors
    /// As [`forecast`](Self::forecast), and [`Error::Data`] if the levels are not in `(0, 1)`
    /// and ascending.
    pub fn quantiles(&self, horizon: usize, levels: &[f64]) -> Result<Vec<f64>, Error> {
        check::levels("levels", levels)?;
        let recursion = self.recursion(horizon)?;
        let Some(errors) = self.formula(&recursion) else {
            return path_quantiles(&self.simulate(horizon, PATHS, 0)?, horizon, levels);
        };
        let mut all = gaussian::quantiles(&self.forecast(horizon)?, &errors, levels)?;
        if self.non_negative {
            for value in &mut all {
                *value = value.max(0.0);
            }
        }
        Ok(all)
    }
}

/// Quantiles of simulated paths, period by period the `levels` side by side.
///
/// # Errors
/// [`Error::Param`] if `horizon` is out of range, [`Error::Data`] if `paths` does not hold
/// whole paths or a value is not finite, or the levels are not in `(0, 1)` and ascending.
pub fn path_quantiles(paths: &[f64], horizon: usize, levels: &[f64]) -> Result<Vec<f64>, Error> {
    of_steps(paths, horizon, levels, false)
}

/// Quantiles of the sum of the first 1, 2, … periods of simulated paths: of the demand over a
/// lead time.
///
/// # Errors
/// As [`path_quantiles`].
pub fn cumulative_quantiles(
    paths: &[f64],
    horizon: usize,
    levels: &[f64],
) -> Result<Vec<f64>, Error> {
    of_steps(paths, horizon, levels, true)
}

fn of_steps(
    paths: &[f64],
    horizon: usize,
    levels: &[f64],
    cumulative: bool,
) -> Result<Vec<f64>, Error> {
    let horizon = check_horizon(horizon)?;
    check::levels("levels", levels)?;
    check::min_len("paths", paths, horizon)?;
    if !paths.len().is_multiple_of(horizon) {
        let expected = paths.len() / horizon * horizon;
        return Err(DataError::Length { name: "paths", expected, got: paths.len() }.into());
    }
    check::all_finite("paths", paths)?;
    let mut sums = vec![0.0; paths.len() / horizon];
    let mut sorted = sums.clone();
    let mut all = Vec::with_capacity(horizon * levels.len());
    for step in 0..horizon {
        for (sum, value) in sums.iter_mut().zip(paths.iter().skip(step).step_by(horizon)) {
            *sum = if cumulative { finite("paths", *sum + value)? } else { *value };
        }
        sorted.clone_from(&sums);
        sorted.sort_unstable_by(f64::total_cmp);
        for level in levels {
            all.push(quantile(&sorted, *level, QuantileType::Linear)?);
        }
    }
    Ok(all)
}
