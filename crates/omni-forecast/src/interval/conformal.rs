//! Conformal quantiles: a point forecast, and the errors it made when it was tried before.
//!
//! ```text
//! windows w = 1..W, each n_w periods known, the method refitted:
//! e_{w,h} = y_{n_w+h} − ŷ_{n_w+h|n_w}                  signed error of step h
//! q_{h,p} = ŷ_h + e_(k)      k = ⌈(W+1) p⌉ for p ≥ ½, ⌊(W+1) p⌋ below, cut to 1..W
//! ```
//!
//! `e_(k)` is the k-th smallest of the W errors of that step. If errors are exchangeable,
//! demand stays at or below `q_{h,p}` with a probability of at least p, for any method and
//! any distribution, as long as `k ≤ W`: W scores carry levels from 1/(W+1) to W/(W+1).
//! Beyond, the extreme error stands in and [`supports`](ConformalFit::supports) says no.
//! Three windows carry 25 % to 75 %: a 95 % quantile takes 19, a 99 % one 99.
//!
//! Windows are spaced as the caller likes: a step of the horizon never uses a period
//! twice, a step of 1 gets the most scores out of a short series although these overlap.
//! A split conformal forecast has one window, whose errors of all steps stand for every
//! step. Quantiles over the steps together use the errors of the sums.
//!
//! W fits of the method; O(W h) memory.
//!
//! Sources: Vovk, Gammerman & Shafer (2005), "Algorithmic Learning in a Random World",
//! Springer; Lei, G'Sell, Rinaldo, Tibshirani & Wasserman (2018), "Distribution-free
//! predictive inference for regression", JASA 113(523), 1094–1111 (split); Stankevičiūtė,
//! Alaa & van der Schaar (2021), "Conformal time-series forecasting", `NeurIPS` 34 (scores
//! per step).
//!
//! Limits: errors of a series are not exchangeable: a method that gets better with more
//! data had larger errors before, a trend in the spread is not followed, and the promise
//! is one on average over series, not for each day of one. A point forecast near zero plus
//! an error can be negative; [`with_non_negative`](Conformal::with_non_negative) cuts it.

use crate::forecaster::check_horizon;
use crate::{Error, Forecaster};
use omni_core::check;
use omni_core::error::{DataError, ParamError};
use omni_core::numeric::quantile::{QuantileType, quantiles};

/// The most errors kept: windows times horizon.
const MAX_ERRORS: usize = 10_000_000;

/// Settings of conformal quantiles; checked by [`fit`](Conformal::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Conformal {
    windows: usize,
    step: Option<usize>,
    min_train: usize,
    split: Option<usize>,
    non_negative: bool,
}

impl Conformal {
    /// Scores of the last `windows` windows, each as long as the horizon, one after the other.
    #[must_use]
    pub const fn new(windows: usize) -> Self {
        Self { windows, step: None, min_train: 1, split: None, non_negative: false }
    }

    /// Split conformal: the last `calibration` periods are forecast once from those before
    /// them, and their errors stand for every step.
    #[must_use]
    pub const fn split(calibration: usize) -> Self {
        Self { windows: 1, step: None, min_train: 1, split: Some(calibration), non_negative: false }
    }

    /// Puts the windows `step` periods apart, at least 1 (default: the horizon).
    #[must_use]
    pub const fn with_step(self, step: usize) -> Self {
        Self { step: Some(step), ..self }
    }

    /// Asks for at least `min_train` periods before the first window (default 1).
    #[must_use]
    pub const fn with_min_train(self, min_train: usize) -> Self {
        Self { min_train, ..self }
    }

    /// Lets no quantile fall below zero.
    #[must_use]
    pub const fn with_non_negative(self) -> Self {
        Self { non_negative: true, ..self }
    }

    /// Tries `method` on the windows, then forecasts the `horizon` periods after `y`.
    ///
    /// # Errors
    /// [`Error::Param`] if the windows, the step, `min_train` or the calibration is 0, the
    /// horizon is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON) or windows times horizon
    /// exceed 10,000,000; [`Error::Data`] if `y` is too short or an entry is not finite; what
    /// `method` returns if it fails.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::interval::Conformal;
    /// use omni_forecast::intermittent::Croston;
    ///
    /// let y: Vec<f64> = [0.0, 3.0, 0.0, 0.0, 5.0, 2.0, 0.0].repeat(12);
    /// let fit = Conformal::new(19).with_step(2).fit(&Croston::sba(0.1), &y, 4)?;
    /// assert!(fit.supports(0.95) && !fit.supports(0.99));
    /// let reorder = fit.cumulative_quantiles(&[0.95])?; // over 1, 2, 3 and 4 periods
    /// assert!(reorder[3] > 4.0 * fit.mean[0]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(
        &self,
        method: &dyn Forecaster,
        y: &[f64],
        horizon: usize,
    ) -> Result<ConformalFit, Error> {
        check_horizon(horizon)?;
        check::at_least_one("windows", self.windows)?;
        check::at_least_one("min_train", self.min_train)?;
        let ahead = match self.split {
            Some(calibration) => check_horizon(check::at_least_one("calibration", calibration)?)?,
            None => horizon,
        };
        let step = check::at_least_one("step", self.step.unwrap_or(ahead))?;
        let ends = window_ends(y, ahead, self.windows, step, self.min_train)?;
        let errors = errors(method, y, ahead, &ends)?;
        let mean = mean(method, y, horizon)?;
        // A split window is as many scores of one step.
        let windows = if self.split.is_some() { ahead } else { self.windows };
        Ok(ConformalFit {
            mean,
            errors,
            windows,
            pooled: self.split.is_some(),
            non_negative: self.non_negative,
        })
    }
}

/// A point forecast with its past errors.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ConformalFit {
    /// The point forecast, one value per step.
    pub mean: Vec<f64>,
    /// Actual less forecast, window by window, the steps side by side.
    pub errors: Vec<f64>,
    /// How many scores each quantile rests on.
    pub windows: usize,
    /// Whether the errors of all steps stand for every step.
    pub pooled: bool,
    /// Whether quantiles are cut at zero.
    pub non_negative: bool,
}

impl ConformalFit {
    /// Whether there are enough scores for this level: it is within 1/(W+1) and W/(W+1).
    #[must_use]
    pub fn supports(&self, level: f64) -> bool {
        rank(self.windows, level).is_some()
    }

    /// The quantiles of each step, the levels side by side; never crossing. A level that
    /// is not [supported](Self::supports) takes the extreme error seen.
    ///
    /// # Errors
    /// [`Error::Data`] if levels do not ascend in `(0, 1)` or a quantile overflows.
    pub fn quantiles(&self, levels: &[f64]) -> Result<Vec<f64>, Error> {
        check::levels("levels", levels)?;
        self.read(
            levels.len(),
            |step| self.scores(step),
            |mean, scores, out| {
                out.extend(levels.iter().map(|&level| mean + ranked(scores, level)));
            },
        )
    }

    /// The quantiles of the demand of steps `0..=k` together, the levels side by side. With
    /// demand that cannot be negative they never fall from one `k` to the next.
    ///
    /// # Errors
    /// As [`quantiles`](Self::quantiles); [`Error::Param`] for a split forecast, which has
    /// one window only.
    pub fn cumulative_quantiles(&self, levels: &[f64]) -> Result<Vec<f64>, Error> {
        check::levels("levels", levels)?;
        if self.pooled {
            let rule = "rolling windows for sums over steps";
            return Err(ParamError::new("windows", rule, 1_u32).into());
        }
        let horizon = self.mean.len();
        let summed = |step: usize| -> Vec<f64> {
            self.errors.chunks(horizon).map(|errors| errors.iter().take(step + 1).sum()).collect()
        };
        let mut total = 0.0;
        let mut all = self.read(levels.len(), summed, |mean, scores, out| {
            total += mean;
            out.extend(levels.iter().map(|&level| total + ranked(scores, level)));
        })?;
        if self.non_negative {
            for at in levels.len()..all.len() {
                if let Some(before) = all.get(at - levels.len()).copied() {
                    all[at] = all[at].max(before);
                }
            }
        }
        Ok(all)
    }

    /// Symmetric quantiles as Nixtla's library has them: type 7 of `ŷ ± |e|`, all 2W of them.
    ///
    /// Interpolating between few values promises more than they carry; see
    /// [`quantiles`](Self::quantiles).
    ///
    /// # Errors
    /// As [`quantiles`](Self::quantiles).
    pub fn symmetric_quantiles(&self, levels: &[f64]) -> Result<Vec<f64>, Error> {
        check::levels("levels", levels)?;
        let mut mirrored = Vec::new();
        let mut failed = None;
        let read = self.read(
            levels.len(),
            |step| self.scores(step),
            |mean, scores, out| {
                mirrored.clear();
                mirrored.extend(scores.iter().flat_map(|e| [mean - e.abs(), mean + e.abs()]));
                mirrored.sort_unstable_by(f64::total_cmp);
                match quantiles(&mirrored, levels, QuantileType::Linear) {
                    Ok(found) => out.extend(found),
                    Err(error) => failed = Some(error),
                }
            },
        );
        failed.map_or(read, |error| Err(error.into()))
    }

    /// The errors that stand for a step.
    fn scores(&self, step: usize) -> Vec<f64> {
        if self.pooled {
            self.errors.clone()
        } else {
            self.errors.iter().skip(step).step_by(self.mean.len()).copied().collect()
        }
    }

    fn read(
        &self,
        levels: usize,
        scores: impl Fn(usize) -> Vec<f64>,
        mut of: impl FnMut(f64, &[f64], &mut Vec<f64>),
    ) -> Result<Vec<f64>, Error> {
        let mut out = Vec::with_capacity(self.mean.len().saturating_mul(levels));
        for (step, &mean) in self.mean.iter().enumerate() {
            let mut scores = scores(step);
            scores.sort_unstable_by(f64::total_cmp);
            of(mean, &scores, &mut out);
        }
        if self.non_negative {
            for q in &mut out {
                *q = q.max(0.0);
            }
        }
        check_finite(out)
    }
}

/// The rank of a level among `count` scores, from 1; `None` if they are too few.
fn rank(count: usize, level: f64) -> Option<usize> {
    let position = (count as f64 + 1.0) * level;
    // A product that misses a whole number by rounding is that number.
    let whole = position.round();
    let near = (position - whole).abs() <= 4.0 * f64::EPSILON * position;
    let rank = if near {
        whole
    } else if level < 0.5 {
        position.floor()
    } else {
        position.ceil()
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 1..=count")]
    (rank >= 1.0 && rank <= count as f64).then_some(rank as usize)
}

/// The sorted score that stands for a level; the extreme one if there are too few.
fn ranked(sorted: &[f64], level: f64) -> f64 {
    let extreme = if level < 0.5 { sorted.first() } else { sorted.last() };
    let found = rank(sorted.len(), level).and_then(|rank| sorted.get(rank - 1));
    found.or(extreme).copied().unwrap_or_default()
}

/// How many periods are known at each window, oldest first.
pub(super) fn window_ends(
    y: &[f64],
    horizon: usize,
    windows: usize,
    step: usize,
    min_train: usize,
) -> Result<Vec<usize>, Error> {
    check::all_finite("y", y)?;
    if windows.checked_mul(horizon).is_none_or(|errors| errors > MAX_ERRORS) {
        return Err(ParamError::new("windows", "at most 10000000 / horizon", windows).into());
    }
    let needed = (windows - 1)
        .checked_mul(step)
        .and_then(|span| span.checked_add(horizon)?.checked_add(min_train))
        .unwrap_or(usize::MAX);
    check::min_len("y", y, needed)?;
    Ok((0..windows).rev().map(|later| y.len() - horizon - later * step).collect())
}

/// Actual less forecast, window by window, the steps side by side.
pub(super) fn errors(
    method: &dyn Forecaster,
    y: &[f64],
    horizon: usize,
    ends: &[usize],
) -> Result<Vec<f64>, Error> {
    let mut errors = Vec::with_capacity(ends.len() * horizon);
    for &end in ends {
        let (known, future) = y.split_at(end);
        let forecast = mean(method, known, horizon)?;
        errors.extend(future.iter().zip(&forecast).map(|(y, f)| y - f));
    }
    if errors.iter().all(|e| e.is_finite()) {
        Ok(errors)
    } else {
        Err(DataError::Overflow { name: "y" }.into())
    }
}

/// The point forecast, held to what a [`Forecaster`] promises.
pub(super) fn mean(method: &dyn Forecaster, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
    let mean = method.forecast(y, horizon)?;
    check::same_len("forecast", &mean, horizon)?;
    check::all_finite("forecast", &mean)?;
    Ok(mean)
}

pub(super) fn check_finite(values: Vec<f64>) -> Result<Vec<f64>, Error> {
    if values.iter().all(|v| v.is_finite()) {
        Ok(values)
    } else {
        Err(DataError::Overflow { name: "quantiles" }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Naive;

    #[test]
    fn ranks_and_what_they_carry() {
        let cases = [
            (3, 0.25, Some(1)),
            (3, 0.75, Some(3)),
            (3, 0.76, None),
            (3, 0.2, None),
            (3, 0.5, Some(2)),
            (4, 0.5, Some(3)),
            (19, 0.95, Some(19)),
            (18, 0.95, None),
            (99, 0.07, Some(7)),
            (99, 0.99, Some(99)),
            (0, 0.5, None),
        ];
        for (count, level, expected) in cases {
            assert_eq!(rank(count, level), expected, "{count} {level}");
        }
    }

    #[test]
    fn naive_errors_by_hand() {
        // Known 1; 1 2; 1 2 4; then 8: errors 1, 2, 4 for one step.
        let y = [1.0, 2.0, 4.0, 8.0];
        let fit = Conformal::new(3).fit(&Naive, &y, 1).unwrap();
        assert_eq!((&fit.mean[..], &fit.errors[..]), (&[8.0][..], &[1.0, 2.0, 4.0][..]));
        assert_eq!(
            fit.quantiles(&[0.1, 0.25, 0.5, 0.75, 0.9]).unwrap(),
            [9.0, 9.0, 10.0, 12.0, 12.0]
        );
        assert_eq!([0.1, 0.25, 0.9].map(|p| fit.supports(p)), [false, true, false]);
        // 8 ± {1, 2, 4}: 4, 6, 7, 9, 10, 12.
        assert_eq!(fit.symmetric_quantiles(&[0.2, 0.5]).unwrap(), [6.0, 8.0]);
    }

    #[test]
    fn windows_as_far_apart_as_asked() {
        let y: Vec<f64> = (0..10).map(f64::from).collect();
        let ends = |horizon, windows, step| window_ends(&y, horizon, windows, step, 1).unwrap();
        assert_eq!(ends(2, 3, 2), [4, 6, 8]);
        assert_eq!(ends(2, 3, 1), [6, 7, 8]);
        assert_eq!(ends(2, 2, 5), [3, 8]);
        let fit = Conformal::new(4).with_step(1).fit(&Naive, &y, 3).unwrap();
        assert_eq!(fit.errors, [1.0, 2.0, 3.0].repeat(4));
        assert_eq!(fit.quantiles(&[0.5]).unwrap(), [10.0, 11.0, 12.0]);
        assert_eq!(fit.cumulative_quantiles(&[0.5]).unwrap(), [10.0, 21.0, 33.0]);
    }

    #[test]
    fn a_split_pools_the_steps() {
        let y = [5.0, 6.0, 4.0, 7.0];
        let fit = Conformal::split(3).fit(&Naive, &y, 2).unwrap();
        assert_eq!((fit.windows, &fit.errors[..]), (3, &[1.0, -1.0, 2.0][..]));
        assert_eq!(fit.quantiles(&[0.25, 0.75]).unwrap(), [6.0, 9.0, 6.0, 9.0]);
        let sums = fit.cumulative_quantiles(&[0.5]).unwrap_err().to_string();
        assert_eq!(sums, "windows must be rolling windows for sums over steps, got 1");
    }

    #[test]
    fn cut_at_zero() {
        let y = [9.0, 0.0, 5.0, 1.0];
        let fit = Conformal::new(3).with_non_negative().fit(&Naive, &y, 1).unwrap();
        assert_eq!(fit.quantiles(&[0.25, 0.75]).unwrap(), [0.0, 6.0]);
        assert!(fit.symmetric_quantiles(&[0.01]).unwrap()[0] >= 0.0);
    }

    #[test]
    fn errors_are_named() {
        let y = [1.0, 2.0, 3.0];
        let fit = |settings: Conformal, horizon| settings.fit(&Naive, &y, horizon);
        assert_eq!(
            fit(Conformal::new(3), 1),
            Err(DataError::TooShort { name: "y", needed: 4, got: 3 }.into())
        );
        assert!(fit(Conformal::new(0), 1).is_err());
        assert!(fit(Conformal::new(1), 0).is_err());
        assert!(fit(Conformal::new(1).with_step(0), 1).is_err());
        assert!(fit(Conformal::new(1).with_min_train(0), 1).is_err());
        assert!(fit(Conformal::new(usize::MAX), 1).is_err());
        assert!(fit(Conformal::new(2).with_step(usize::MAX), 1).is_err());
        assert!(fit(Conformal::split(0), 1).is_err());
        assert!(Conformal::new(1).fit(&Naive, &[1.0, f64::NAN], 1).is_err());
        assert!(Conformal::new(1).fit(&Naive, &[f64::MIN, f64::MAX], 1).is_err());
        let good = fit(Conformal::new(1), 1).unwrap();
        assert!(good.quantiles(&[0.9, 0.1]).is_err() && good.quantiles(&[]).is_err());
        let huge = Conformal::new(1).fit(&Naive, &[0.0, f64::MAX], 1).unwrap();
        assert!(huge.quantiles(&[0.5]).is_err());
    }
}
