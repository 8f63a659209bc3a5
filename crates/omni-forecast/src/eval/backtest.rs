//! Rolling-origin backtest: how a method would have done, had it run before.
//!
//! ```text
//! origin k (of K, oldest first):  train y_1..y_{n_k},  n_k = n − h − (K−k)·s
//!                                 forecast and compare y_{n_k+1}..y_{n_k+h}
//! ```
//!
//! `n` is the length of the series, `h` the horizon, `s` the step from one origin to the
//! next. The method is fitted anew at every origin and sees nothing after it.
//! K fits; O(K·h) memory.
//!
//! Pooled over origins and over series: MAE, bias, sMAPE, MASE and RMSSE by their mean, RMSE
//! by the root of the mean square. MASE and RMSSE are scaled by the training part of each
//! origin from its first sale on; where that never changes they are not defined and do
//! not count.
//!
//! Source: Tashman (2000), "Out-of-sample tests of forecasting accuracy: an analysis and
//! review", International Journal of Forecasting 16(4), 437–450.
//!
//! Limits: origins less than a horizon apart share periods, so their errors are not
//! independent.

use crate::eval::metrics;
use crate::eval::scores::QuantileScores;
use crate::forecaster::check_horizon;
use crate::moments::{mean, root_mean_square};
use crate::{Error, Forecaster};
use omni_core::error::{DataError, ParamError};
use omni_core::series::Series;
use omni_core::{Observation, Panel, check};

/// The most values one run forecasts for a series: origins times horizon.
const MAX_VALUES: usize = 10_000_000;

/// Settings of a backtest; checked when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("cross_validation", "time series cross-validation", "rolling origin"))]
pub struct Backtest {
    horizon: usize,
    origins: usize,
    step: usize,
    min_train: usize,
    season: usize,
}

impl Backtest {
    /// Forecasts `horizon` periods from each of the last `origins` origins, a horizon
    /// apart, so that every period is forecast once.
    #[must_use]
    pub const fn new(horizon: usize, origins: usize) -> Self {
        Self { horizon, origins, step: horizon, min_train: 1, season: 1 }
    }

    /// Puts the origins `step` periods apart, at least 1.
    #[must_use]
    pub const fn with_step(self, step: usize) -> Self {
        Self { step, ..self }
    }

    /// Asks for at least `min_train` periods before the first origin (default 1).
    #[must_use]
    pub const fn with_min_train(self, min_train: usize) -> Self {
        Self { min_train, ..self }
    }

    /// Scales MASE and RMSSE by the changes over `season` periods (default 1).
    #[must_use]
    pub const fn with_season(self, season: usize) -> Self {
        Self { season, ..self }
    }

    /// Tries `method` on one series, one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is 0, the horizon is above
    /// [`MAX_HORIZON`](crate::MAX_HORIZON) or origins times horizon above 10,000,000;
    /// [`Error::Data`] if `y` is too short for all origins or an entry is not finite; what
    /// `method` returns if it fails at an origin.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::baseline::{Naive, SeasonalNaive};
    /// use omni_forecast::eval::Backtest;
    ///
    /// let y: Vec<f64> = [4.0, 1.0, 9.0].repeat(10);
    /// let backtest = Backtest::new(6, 3);
    /// assert_eq!(backtest.run(&SeasonalNaive::new(3), &y)?.scores.mae, 0.0);
    /// assert_eq!(backtest.run(&Naive, &y)?.scores.mae, 13.0 / 3.0);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn run(&self, method: &dyn Forecaster, y: &[f64]) -> Result<BacktestReport, Error> {
        self.check()?;
        check::all_finite("y", y)?;
        self.run_from(method, y, &self.ends(y.len())?)
    }

    /// Tries `method` from origins of the caller's choice: how many periods are known at
    /// each, ascending. The numbers of origins and their step are not read.
    ///
    /// # Errors
    /// As [`run`](Self::run); [`Error::Data`] if an origin is not above the one before it,
    /// knows fewer periods than asked for, or has no whole horizon after it.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::baseline::Naive;
    /// use omni_forecast::eval::Backtest;
    ///
    /// let y: Vec<f64> = (0..30).map(f64::from).collect();
    /// let report = Backtest::new(2, 1).run_at(&Naive, &y, &[10, 12, 25])?;
    /// assert_eq!(report.origins[2].train_len, 25);
    /// assert_eq!(report.scores.mae, 1.5);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn run_at(
        &self,
        method: &dyn Forecaster,
        y: &[f64],
        origins: &[usize],
    ) -> Result<BacktestReport, Error> {
        self.check_origins(y.len(), origins)?;
        check::all_finite("y", y)?;
        self.run_from(method, y, origins)
    }

    /// Tries quantile forecasts: `forecast` gets what is known at an origin and the horizon,
    /// and returns the quantiles of `levels`, per step the levels side by side.
    ///
    /// # Errors
    /// As [`run`](Self::run) and [`QuantileScores::of`]; what `forecast` returns if it fails.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::eval::Backtest;
    ///
    /// let y: Vec<f64> = [0.0, 1.0, 2.0, 1.0].repeat(10);
    /// // The quartiles of what was seen, for every step.
    /// let report = Backtest::new(4, 3).run_quantiles(&y, &[0.25, 0.75], |past, horizon| {
    ///     let mut sorted = past.to_vec();
    ///     sorted.sort_by(f64::total_cmp);
    ///     Ok([sorted[past.len() / 4], sorted[past.len() * 3 / 4]].repeat(horizon))
    /// })?;
    /// assert_eq!(report.scores.coverage_of(0.5), Some(0.75));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn run_quantiles(
        &self,
        y: &[f64],
        levels: &[f64],
        forecast: impl FnMut(&[f64], usize) -> Result<Vec<f64>, Error>,
    ) -> Result<QuantileBacktest, Error> {
        self.run_quantiles_at(y, levels, &self.ends(y.len())?, forecast)
    }

    /// As [`run_quantiles`](Self::run_quantiles), from origins of the caller's choice as in
    /// [`run_at`](Self::run_at).
    ///
    /// # Errors
    /// As both.
    pub fn run_quantiles_at(
        &self,
        y: &[f64],
        levels: &[f64],
        origins: &[usize],
        mut forecast: impl FnMut(&[f64], usize) -> Result<Vec<f64>, Error>,
    ) -> Result<QuantileBacktest, Error> {
        self.check_origins(y.len(), origins)?;
        check::all_finite("y", y)?;
        let one = |&train_len: &usize| {
            let (train, actual) = self.cut(y, train_len);
            let quantiles = forecast(train, self.horizon)?;
            let scores = QuantileScores::of(actual, &quantiles, levels, train)?;
            Ok(QuantileOrigin { train_len, quantiles, scores })
        };
        let origins = origins.iter().map(one).collect::<Result<Vec<_>, Error>>()?;
        let each: Vec<QuantileScores> = origins.iter().map(|o| o.scores.clone()).collect();
        let scores = QuantileScores::pool(&each)?;
        Ok(QuantileBacktest { origins, scores })
    }

    /// How many periods are known at each of the evenly spaced origins.
    fn ends(&self, len: usize) -> Result<Vec<usize>, Error> {
        self.check()?;
        let needed = (self.origins - 1)
            .checked_mul(self.step)
            .and_then(|span| span.checked_add(self.horizon)?.checked_add(self.min_train))
            .unwrap_or(usize::MAX);
        if len < needed {
            return Err(DataError::TooShort { name: "y", needed, got: len }.into());
        }
        let last = len - self.horizon;
        Ok((0..self.origins).rev().map(|before_last| last - before_last * self.step).collect())
    }

    fn check_origins(&self, len: usize, origins: &[usize]) -> Result<(), Error> {
        let settings = Self { origins: origins.len(), ..*self };
        settings.check()?;
        let mut least = self.min_train;
        for (index, &known) in origins.iter().enumerate() {
            if known < least || len.saturating_sub(known) < self.horizon {
                let rule = "ascending, with min_train periods before and the horizon after it";
                return Err(DataError::entry("origins", index, rule, known).into());
            }
            least = known.saturating_add(1);
        }
        Ok(())
    }

    /// What is known at an origin and the horizon after it.
    fn cut<'a>(&self, y: &'a [f64], train_len: usize) -> (&'a [f64], &'a [f64]) {
        let (train, future) = y.split_at(train_len);
        (train, future.split_at(self.horizon).0)
    }

    fn run_from(
        &self,
        method: &dyn Forecaster,
        y: &[f64],
        ends: &[usize],
    ) -> Result<BacktestReport, Error> {
        let mut origins = Vec::with_capacity(ends.len());
        for &train_len in ends {
            let (train, actual) = self.cut(y, train_len);
            let forecast = method.forecast(train, self.horizon)?;
            let scores = Scores::of(actual, &forecast, train, self.season)?;
            origins.push(Origin { train_len, forecast, scores });
        }
        let each: Vec<Scores> = origins.iter().map(|origin| origin.scores).collect();
        let scores = Scores::pool(&each)?;
        Ok(BacktestReport { origins, scores })
    }

    /// Tries `method` on every series of a panel; each counts the same in the pooled scores.
    ///
    /// A series that is too short, misses a value or makes the method fail is left out
    /// and named. Censored values count as demand.
    ///
    /// # Errors
    /// [`Error::Param`] as [`run`](Self::run), [`Error::Data`] if no series is left or the
    /// pooled scores overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Panel, Period};
    /// use omni_forecast::{baseline::Naive, eval::Backtest};
    ///
    /// let mut panel = Panel::new(Period::Day);
    /// panel.push(7, 100, &[1.0, 2.0, 4.0, 4.0])?;
    /// panel.push(9, 103, &[5.0])?;
    /// let report = Backtest::new(1, 2).run_panel(&Naive, &panel)?;
    /// assert_eq!(report.scores.mae, 1.0);
    /// assert_eq!((report.series[0].key, report.skipped[0].0), (7, 9));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn run_panel(
        &self,
        method: &dyn Forecaster,
        panel: &Panel,
    ) -> Result<PanelBacktest, Error> {
        self.check()?;
        let (mut series, mut skipped) = (Vec::new(), Vec::new());
        for (key, values) in panel.iter() {
            match complete(&values).and_then(|y| self.run(method, y)) {
                Ok(report) => series.push(SeriesScores { key, scores: report.scores }),
                Err(reason) => skipped.push((key, reason.to_string())),
            }
        }
        let each: Vec<Scores> = series.iter().map(|series| series.scores).collect();
        let scores = Scores::pool(&each)?;
        Ok(PanelBacktest { series, skipped, scores })
    }

    fn check(&self) -> Result<(), Error> {
        check_horizon(self.horizon)?;
        check::at_least_one("origins", self.origins)?;
        check::at_least_one("step", self.step)?;
        check::at_least_one("min_train", self.min_train)?;
        check::at_least_one("season", self.season)?;
        if self.origins.checked_mul(self.horizon).is_some_and(|values| values <= MAX_VALUES) {
            Ok(())
        } else {
            let rule = "at most 10000000 / horizon";
            Err(ParamError::new("origins", rule, self.origins).into())
        }
    }
}

/// The values of a series none of which is missing.
fn complete<'a>(series: &Series<'a>) -> Result<&'a [f64], Error> {
    match series.observation.iter().position(|&how| how == Observation::Missing) {
        None => Ok(series.values),
        Some(index) => Err(DataError::entry("y", index, "observed", "missing").into()),
    }
}

/// Errors of a forecast; see [`metrics`] for the formulas.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Scores {
    /// Mean absolute error, in the unit of the series.
    pub mae: f64,
    /// Root mean square error, in the unit of the series.
    pub rmse: f64,
    /// Mean of forecast minus actual, in the unit of the series.
    pub bias: f64,
    /// Mean of the actual values, in the unit of the series.
    pub mean_actual: f64,
    /// Symmetric mean absolute percentage error, in `[0, 200]`.
    pub smape: f64,
    /// Mean absolute scaled error; `None` if no training part changes.
    pub mase: Option<f64>,
    /// Root mean squared scaled error; `None` if no training part changes.
    pub rmsse: Option<f64>,
}

impl Scores {
    /// The errors of one forecast of `actual` after `train`, scaled by the changes over `season` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `season` is 0, [`Error::Data`] if the lengths of `actual` and
    /// `forecast` differ or are 0, an entry is not finite or a score overflows.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::eval::Scores;
    ///
    /// let scores = Scores::of(&[4.0, 6.0], &[5.0, 7.0], &[0.0, 1.0, 3.0, 5.0], 1)?;
    /// assert_eq!((scores.mae, scores.mase), (1.0, Some(0.5))); // changes 2 and 2 from the first sale on
    /// assert_eq!(scores.relative_bias(), Some(0.2));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn of(
        actual: &[f64],
        forecast: &[f64],
        train: &[f64],
        season: usize,
    ) -> Result<Self, Error> {
        check::at_least_one("season", season)?;
        check::all_finite("train", train)?;
        let train = metrics::from_first_sale(train);
        let scaled = |score: Result<f64, Error>| match score {
            Ok(score) => Ok(Some(score)),
            Err(Error::ZeroScale) => Ok(None),
            Err(error) => Err(error),
        };
        let (mase, rmsse) = if train.len() > season {
            (
                scaled(metrics::mase(actual, forecast, train, season))?,
                scaled(metrics::rmsse(actual, forecast, train, season))?,
            )
        } else {
            (None, None)
        };
        Ok(Self {
            mae: metrics::mae(actual, forecast)?,
            rmse: metrics::rmse(actual, forecast)?,
            bias: metrics::bias(actual, forecast)?,
            mean_actual: mean("actual", actual.iter().copied())?.unwrap_or_default(),
            smape: metrics::smape(actual, forecast)?,
            mase,
            rmsse,
        })
    }

    /// The bias as a share of the actual total: −0.1 if a tenth too little was forecast.
    /// `None` if the total is 0 or the share overflows.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::eval::Scores;
    ///
    /// let scores = Scores::of(&[10.0, 10.0], &[9.0, 9.0], &[1.0, 2.0], 1)?;
    /// assert_eq!(scores.relative_bias(), Some(-0.1));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    #[must_use]
    pub fn relative_bias(&self) -> Option<f64> {
        Some(self.bias / self.mean_actual).filter(|share| share.is_finite())
    }

    /// The scores of several forecasts of one length together.
    fn pool(scores: &[Self]) -> Result<Self, Error> {
        let average = |of: fn(Self) -> f64| -> Result<f64, Error> {
            let none = DataError::TooShort { name: "scores", needed: 1, got: 0 };
            Ok(mean("scores", scores.iter().copied().map(of))?.ok_or(none)?)
        };
        let average_defined =
            |of: fn(Self) -> Option<f64>| mean("scores", scores.iter().copied().filter_map(of));
        Ok(Self {
            mae: average(|s| s.mae)?,
            rmse: root_mean_square("scores", scores.iter().map(|s| s.rmse))?.unwrap_or_default(),
            bias: average(|s| s.bias)?,
            mean_actual: average(|s| s.mean_actual)?,
            smape: average(|s| s.smape)?,
            mase: average_defined(|s| s.mase)?,
            rmsse: average_defined(|s| s.rmsse)?,
        })
    }
}

/// What [`Backtest::run`] found on one series.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct BacktestReport {
    /// Each origin, oldest first.
    pub origins: Vec<Origin>,
    /// The scores pooled over the origins.
    pub scores: Scores,
}

/// One origin of a backtest.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Origin {
    /// How many periods the method learned from; the forecast starts after them.
    pub train_len: usize,
    /// The forecast means, one per step.
    pub forecast: Vec<f64>,
    /// Their errors.
    pub scores: Scores,
}

/// What [`Backtest::run_quantiles`] found on one series.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct QuantileBacktest {
    /// Each origin, oldest first.
    pub origins: Vec<QuantileOrigin>,
    /// The scores pooled over the origins.
    pub scores: QuantileScores,
}

/// One origin of a backtest of quantiles.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct QuantileOrigin {
    /// How many periods were known; the forecast starts after them.
    pub train_len: usize,
    /// The quantiles, per step the levels side by side.
    pub quantiles: Vec<f64>,
    /// How good they were.
    pub scores: QuantileScores,
}

/// What [`Backtest::run_panel`] found on many series.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PanelBacktest {
    /// The scores of each series, keys ascending.
    pub series: Vec<SeriesScores>,
    /// The key of each series left out and why, keys ascending.
    pub skipped: Vec<(u32, String)>,
    /// The scores pooled over the series.
    pub scores: Scores,
}

/// The scores of one series of a panel.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SeriesScores {
    /// The key of the series.
    pub key: u32,
    /// Pooled over its origins.
    pub scores: Scores,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::{Naive, SeasonalNaive};
    use crate::intermittent::Tsb;
    use omni_core::Period;

    #[test]
    fn origins_stand_where_they_should() {
        let y: Vec<f64> = (0..20).map(f64::from).collect();
        let ends = |backtest: Backtest| -> Vec<usize> {
            let report = backtest.run(&Naive, &y).unwrap();
            report.origins.iter().map(|origin| origin.train_len).collect()
        };
        assert_eq!(ends(Backtest::new(3, 4)), [8, 11, 14, 17]);
        assert_eq!(ends(Backtest::new(3, 4).with_step(1)), [14, 15, 16, 17]);
        assert_eq!(ends(Backtest::new(3, 2).with_step(5)), [12, 17]);
        assert_eq!(ends(Backtest::new(19, 1)), [1]);
    }

    #[test]
    fn pooled_scores_by_hand() {
        // Origins after 2 and 3 values: forecasts 2 and 4, actual 4 and 1.
        let report = Backtest::new(1, 2).run(&Naive, &[1.0, 2.0, 4.0, 1.0]).unwrap();
        let s = report.scores;
        assert_eq!((s.mae, s.rmse, s.bias), (2.5, 6.5_f64.sqrt(), 0.5));
        assert_eq!((s.mean_actual, s.relative_bias()), (2.5, Some(0.2)));
        assert_eq!(s.mase, Some(f64::midpoint(2.0, 3.0 / 1.5)));
        let expected = f64::midpoint(400.0 / 6.0, 120.0);
        assert!((s.smape - expected).abs() < 1e-12);
    }

    #[test]
    fn scores_without_a_scale_are_none() {
        let report = Backtest::new(1, 1).run(&Naive, &[2.0, 2.0, 3.0]).unwrap();
        assert_eq!((report.scores.mase, report.scores.rmsse), (None, None));
        let report = Backtest::new(1, 1).with_season(9).run(&Naive, &[2.0, 2.0, 3.0]).unwrap();
        assert_eq!((report.scores.mae, report.scores.mase), (1.0, None));
        let zero = Backtest::new(1, 1).run(&Naive, &[0.0, 0.0]).unwrap();
        assert_eq!((zero.scores.smape, zero.scores.relative_bias()), (0.0, None));
    }

    #[test]
    fn errors() {
        let y = [1.0, 2.0, 3.0];
        let short = |needed| Err(DataError::TooShort { name: "y", needed, got: 3 }.into());
        assert_eq!(Backtest::new(2, 2).run(&Naive, &y), short(5));
        assert_eq!(Backtest::new(1, 2).with_step(usize::MAX).run(&Naive, &y), short(usize::MAX));
        let backtest = Backtest::new(1, 1).with_min_train(usize::MAX);
        assert_eq!(backtest.run(&Naive, &y), short(usize::MAX));
        for (name, bad) in [
            ("origins", Backtest::new(1, 0)),
            ("step", Backtest::new(1, 1).with_step(0)),
            ("min_train", Backtest::new(1, 1).with_min_train(0)),
            ("season", Backtest::new(1, 1).with_season(0)),
        ] {
            assert_eq!(bad.run(&Naive, &y), Err(ParamError::new(name, "at least 1", 0_u32).into()));
        }
        assert!(Backtest::new(0, 1).run(&Naive, &y).is_err());
        assert!(Backtest::new(usize::MAX, 1).run(&Naive, &y).is_err());
        let many = ParamError::new("origins", "at most 10000000 / horizon", usize::MAX);
        assert_eq!(Backtest::new(2, usize::MAX).run(&Naive, &y), Err(many.into()));
        // The method's own error comes through.
        let backtest = Backtest::new(1, 1);
        assert_eq!(backtest.run(&Tsb::new(0.1, 0.1), &[0.0, 1.0]), Err(Error::NoDemand));
    }

    #[test]
    fn a_method_that_breaks_its_promise_is_named() {
        #[derive(Debug)]
        struct Broken(Vec<f64>);
        impl Forecaster for Broken {
            fn forecast(&self, _: &[f64], _: usize) -> Result<Vec<f64>, Error> {
                Ok(self.0.clone())
            }
        }
        for bad in [vec![], vec![1.0, 2.0], vec![f64::NAN]] {
            let error = Backtest::new(1, 1).run(&Broken(bad), &[1.0, 2.0]).unwrap_err();
            assert!(error.to_string().starts_with("forecast"), "{error}");
        }
    }

    #[test]
    fn a_panel_names_what_it_leaves_out() {
        let mut panel = Panel::new(Period::Day);
        panel.push(1, 0, &[1.0, 2.0, 4.0]).unwrap();
        panel.push(2, 0, &[1.0, 2.0, 4.0]).unwrap();
        panel.push(3, 0, &[1.0]).unwrap();
        panel.mark(2, 1, Observation::Missing).unwrap();
        let report = Backtest::new(1, 1).run_panel(&Naive, &panel).unwrap();
        assert_eq!(report.series.len(), 1);
        assert_eq!(report.scores, report.series[0].scores);
        let expected = [
            (2, "y[1] must be observed, got \"missing\"".to_owned()),
            (3, "y must have at least 2 entries, got 1".to_owned()),
        ];
        assert_eq!(report.skipped, expected);
        let none = Backtest::new(9, 1).run_panel(&SeasonalNaive::new(1), &panel);
        assert_eq!(none, Err(DataError::TooShort { name: "scores", needed: 1, got: 0 }.into()));
    }
}
