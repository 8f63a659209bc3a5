//! The default: several methods forecast a series, each weighs as much as it was right before.
//!
//! ```text
//! f_h = Σ_i w_i f_{i,h}          w_i ∝ 1 / MSE_i on the last origins of the series
//! s²_h = Σ_i w_i (s²_{i,h} + (f_{i,h} − f_h)²)
//! q_{h,p} = f_h + z_p s_h
//! ```
//!
//! `f_{i,h}` and `s_{i,h}` are mean and standard error of candidate i, h periods ahead, in the
//! unit of the series; `z_p` is the normal quantile. `s²` is the variance of the mixture of the
//! candidates: it grows where they disagree.
//!
//! In a panel, demand that is often zero (1.32 periods or more to one with demand), counted in
//! few pieces (a mean below 10) or erratic without a season (a squared coefficient of
//! variation of 0.49 or more) has its own distribution instead, see
//! [`IntermittentQuantiles`](crate::IntermittentQuantiles).
//!
//! | candidate | where |
//! |---|---|
//! | exponential smoothing, ARIMA, theta (standard and dynamic optimized), complex smoothing | every series, with the shortest season if it has at most 24 periods (theta with any) |
//! | dynamic theta after [`Mstl`](crate::decompose::Mstl) of all seasons | where there is a season |
//! | smoothing and ARIMA after it too | where a season is longer than 24 periods or there are several |
//!
//! Smoothing takes forms whose trend is damped, ARIMA one difference at most: a trend that goes
//! on unchanged fits the last few changes and leads far off. Decompositions are of the logarithm where every value is positive. Weights come from the last
//! two origins, a horizon apart, each forecast from the values before it alone. A shorter
//! history has one origin, or a horizon down to half; then the candidates count evenly, and the
//! result says [so](Reason).
//!
//! Three fits per candidate: time is that of the slowest, ARIMA.
//!
//! Sources: Bates & Granger (1969), "The combination of forecasts", Operational Research
//! Quarterly 20(4), 451–468; Petropoulos & Svetunkov (2020), "A simple combination of univariate
//! models", International Journal of Forecasting 36(1), 110–115 (the pool); Gardner
//! (1985), "Exponential smoothing: the state of the art", Journal of Forecasting 4(1), 1–28; Syntetos & Boylan
//! (2005), "The accuracy of intermittent demand estimates", ibid. 21(2), 303–314 (what is
//! intermittent).
//!
//! Limits: the origins cover the last two horizons, so what a longer season does outside of them
//! has no say in the weights. Errors are taken as normal, so the quantiles of very skewed series are too low above.
//! Candidates that are wrong in the same way do not cancel. A stock-out counts as demand in a
//! series that is not intermittent.

mod candidate;
mod panel;

pub use panel::{AutoFan, Method, PanelReport, Rhythm};

use crate::combine::{self, Combined, Member};
use crate::forecaster::check_horizon;
use crate::moments::{finite, magnitude, root_mean_square};
use crate::{Error, Forecaster, gaussian};
use candidate::{Candidate, Outlook};
use omni_core::check;

/// A season up to which smoothing and ARIMA model it themselves.
const LONGEST_MODELED: usize = 24;

/// The least history an origin leaves, and in seasons.
const HISTORY: usize = 8;
const SEASONS: usize = 3;

/// With fewer values nothing is known of how far they vary.
const KNOWN: usize = 3;

/// Settings of the default; checked by [`fit`](Auto::fit).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Auto {
    horizon: usize,
    levels: Vec<f64>,
    seasonal_periods: Option<Vec<usize>>,
    origins: usize,
    calendar: Option<(i32, Vec<i32>)>,
}

impl Auto {
    /// Forecasts `horizon` periods: the median and the 95 % quantile, beside the mean.
    #[must_use]
    pub fn new(horizon: usize) -> Self {
        Self {
            horizon,
            levels: vec![0.5, 0.95],
            seasonal_periods: None,
            origins: 2,
            calendar: None,
        }
    }

    /// Forecasts these levels, ascending in `(0, 1)`.
    #[must_use]
    pub fn with_levels(self, levels: &[f64]) -> Self {
        Self { levels: levels.to_vec(), ..self }
    }

    /// Seasons that may be in the series, in periods: `[24, 168]` for hours. Without them a
    /// panel has those of its period (7 days, 52 weeks, 12 months, 4 quarters) and a series none.
    #[must_use]
    pub fn with_seasonal_periods(self, periods: &[usize]) -> Self {
        Self { seasonal_periods: Some(periods.to_vec()), ..self }
    }

    /// Weighs candidates by so many origins; 0 counts them evenly.
    #[must_use]
    pub fn with_origins(self, origins: usize) -> Self {
        Self { origins, ..self }
    }

    /// The day of each period from period `first` on, past and coming; see
    /// [`IntermittentQuantiles::with_calendar`](crate::IntermittentQuantiles::with_calendar).
    #[must_use]
    pub fn with_calendar(self, first: i32, days: &[i32]) -> Self {
        Self { calendar: Some((first, days.to_vec())), ..self }
    }

    /// Forecasts one series: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if the horizon is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON) or a
    /// seasonal period is 0, [`Error::Data`] if `y` is empty, an entry is not finite or the
    /// forecasts overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::Auto;
    ///
    /// let y: Vec<f64> = (0..48).map(|t| f64::from(100 + t + 10 * (t % 4))).collect();
    /// let auto = Auto::new(4).with_seasonal_periods(&[4]).fit_series(&y)?;
    /// let expected = [148.0, 159.0, 170.0, 181.0];
    /// assert!(auto.mean.iter().zip(expected).all(|(got, e)| (got - e).abs() < 3.0));
    /// for candidate in &auto.candidates {
    ///     println!("{}: weight {:.2}, error {:?}", candidate.name, candidate.weight, candidate.error);
    /// }
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit_series(&self, y: &[f64]) -> Result<AutoFit, Error> {
        check::all_finite("y", y)?;
        let y: Vec<Option<f64>> = y.iter().copied().map(Some).collect();
        self.fit_with_gaps(&y)
    }

    /// Forecasts one series in which a `None` is a missing period.
    ///
    /// # Errors
    /// As [`fit_series`](Self::fit_series); [`Error::Data`] if no value is observed.
    pub fn fit_with_gaps(&self, y: &[Option<f64>]) -> Result<AutoFit, Error> {
        let seasons = Seasons::new(self.seasonal_periods.as_deref().unwrap_or_default())?;
        self.blend(y, &seasons, self.horizon)
    }

    fn blend(
        &self,
        y: &[Option<f64>],
        seasons: &Seasons,
        horizon: usize,
    ) -> Result<AutoFit, Error> {
        check_horizon(horizon)?;
        let seen: Vec<f64> = y.iter().copied().flatten().collect();
        check::min_len("y", &seen, 1)?;
        check::all_finite("y", &seen)?;
        let mut members = Vec::new();
        let mut able = ask(candidate::pool(seasons), y, horizon, &mut members);
        if able.is_empty() {
            able = ask(vec![Candidate::Naive], y, horizon, &mut members);
        }
        let mut reason = if able.len() > 1 { Reason::RollingOrigin } else { Reason::OnlyOne };
        if able.len() > 1 {
            let origins = self.origins(y.len(), seasons, horizon);
            let errors = able.iter().map(|(candidate, _)| rolling_error(candidate, y, &origins));
            let taking_part = members.iter_mut().filter(|member| member.failed.is_none());
            for (member, error) in taking_part.zip(errors.collect::<Vec<_>>()) {
                member.error = error;
            }
            if members.iter().all(|member| member.error.is_none()) {
                reason = Reason::TooShort;
            }
        }
        combine::weigh(&mut members, reason == Reason::RollingOrigin);
        let Combined { mean, members } = Combined::of(members, horizon)?;
        let known = seen.len() >= KNOWN;
        let standard_error = if known { spread(&mean, &members, &able)? } else { None };
        Ok(AutoFit { mean, standard_error, candidates: members, reason })
    }

    /// The origins a series of `n` values has room for, each as the parts known and to come.
    fn origins(&self, n: usize, seasons: &Seasons, horizon: usize) -> Vec<(usize, usize)> {
        let history = HISTORY.max(SEASONS.saturating_mul(seasons.modeled()));
        let room = n.saturating_sub(history);
        // More origins than there is room for have no step.
        let origins = (1..=self.origins.min(room)).rev().find_map(|origins| {
            let step = horizon.min(room / origins);
            // A horizon that is cut by more than half says little about the whole.
            (step > 0 && step >= horizon.div_ceil(2)).then_some((origins, step))
        });
        let (origins, step) = origins.unwrap_or_default();
        (1..=origins).rev().map(|back| (n - back * step, step)).collect()
    }
}

/// The candidates that can learn from a series, and what they say; each becomes a member.
fn ask(
    pool: Vec<Candidate>,
    y: &[Option<f64>],
    horizon: usize,
    members: &mut Vec<Member>,
) -> Vec<(Candidate, Outlook)> {
    let mut able = Vec::with_capacity(pool.len());
    for candidate in pool {
        let outlook = candidate.outlook(y, horizon);
        let mean = outlook.as_ref().map(|outlook| outlook.mean.clone());
        members.push(Member::new(candidate.name(), mean.map_err(Clone::clone)));
        able.extend(outlook.ok().map(|outlook| (candidate, outlook)));
    }
    able
}

/// The root mean square error of a candidate on what came after each origin; `None` if it failed
/// there, or nothing came.
fn rolling_error(
    candidate: &Candidate,
    y: &[Option<f64>],
    origins: &[(usize, usize)],
) -> Option<f64> {
    let mut errors = Vec::new();
    for &(known, step) in origins {
        let (before, after) = y.split_at_checked(known)?;
        let outlook = candidate.outlook(before, step).ok()?;
        errors.extend(after.iter().zip(&outlook.mean).filter_map(|(y, f)| Some(f - (*y)?)));
    }
    root_mean_square("y", errors.iter().copied()).ok()?
}

impl Forecaster for Auto {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        let settings = Self { horizon, ..self.clone() };
        settings.fit_series(y).map(|fit| fit.mean)
    }
}

/// What [`Auto::fit_series`] found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AutoFit {
    /// The forecast means, one per step.
    pub mean: Vec<f64>,
    /// Their standard errors; `None` if the series is too short for any.
    pub standard_error: Option<Vec<f64>>,
    /// Every candidate: its weight, its root mean square error on the origins, its forecast, or why it
    /// was left out.
    pub candidates: Vec<Member>,
    /// What the weights come from.
    pub reason: Reason,
}

/// What the weights of the candidates come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Reason {
    /// Errors on a rolling origin.
    RollingOrigin,
    /// Even weights: the series is too short for an origin, or none was asked for.
    TooShort,
    /// One candidate could learn from the series.
    OnlyOne,
}

impl AutoFit {
    /// The quantiles at `levels`, ascending in `(0, 1)`: per step the levels side by side.
    ///
    /// # Errors
    /// [`Error::Data`] if levels do not ascend in `(0, 1)`, the series is too short for a
    /// standard error, or a quantile overflows.
    pub fn quantiles(&self, levels: &[f64]) -> Result<Vec<f64>, Error> {
        gaussian::quantiles(&self.mean, self.errors()?, levels)
    }

    /// The quantiles of the sums over the first 1, 2, … steps: per sum the levels side by side.
    ///
    /// The error of a step is taken as a moving average of shocks with the weights that its
    /// standard errors imply, `ψ_j² = (s²_{j+1} − s²_j) / s²_1`: a shock stays in all later
    /// steps, so the errors of steps add up rather than cancel.
    ///
    /// # Errors
    /// As [`quantiles`](Self::quantiles).
    pub fn cumulative_quantiles(&self, levels: &[f64]) -> Result<Vec<f64>, Error> {
        let (mut sum, mut means) = (0.0, Vec::with_capacity(self.mean.len()));
        for mean in &self.mean {
            sum += mean;
            means.push(finite("mean", sum)?);
        }
        gaussian::quantiles(&means, &cumulated(self.errors()?), levels)
    }

    fn errors(&self) -> Result<&[f64], Error> {
        let short = omni_core::DataError::TooShort { name: "y", needed: 2, got: 1 };
        self.standard_error.as_deref().ok_or_else(|| short.into())
    }
}

/// Standard errors of the sums of the first steps, from those of the steps.
fn cumulated(errors: &[f64]) -> Vec<f64> {
    let scale = magnitude(errors.iter().copied());
    let (mut before, mut reach, mut variance) = (0.0_f64, 0.0, 0.0_f64);
    let mut sums = Vec::with_capacity(errors.len());
    for error in errors.iter().map(|error| error / scale) {
        // How far a shock of the first step still reaches, in its own unit.
        reach += (error * error - before * before).max(0.0).sqrt();
        before = before.max(error);
        variance += reach * reach;
        sums.push(scale * variance.sqrt());
    }
    sums
}

/// The standard errors of the mixture; `None` if no candidate with weight has any.
fn spread(
    mean: &[f64],
    members: &[Member],
    outlooks: &[(Candidate, Outlook)],
) -> Result<Option<Vec<f64>>, Error> {
    let mut all = Vec::with_capacity(mean.len());
    let able = || members.iter().filter(|m| m.failed.is_none()).zip(outlooks);
    let scale = magnitude(able().flat_map(|(_, (_, outlook))| &outlook.mean).copied());
    for (step, mean) in mean.iter().enumerate() {
        let (mut variance, mut weight) = (0.0, 0.0);
        for (member, (_, outlook)) in able() {
            if let Some(errors) = &outlook.standard_error
                && let (Some(error), Some(own)) = (errors.get(step), outlook.mean.get(step))
            {
                let (error, apart) = (error / scale, (own - mean) / scale);
                variance += member.weight * (error * error + apart * apart);
                weight += member.weight;
            }
        }
        if weight <= 0.0 {
            return Ok(None);
        }
        all.push(finite("standard error", scale * (variance / weight).sqrt())?);
    }
    Ok(Some(all))
}

/// The seasons of a series, ascending; none stands for no season.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seasons {
    periods: Vec<usize>,
}

impl Seasons {
    fn new(periods: &[usize]) -> Result<Self, Error> {
        let mut own = Vec::with_capacity(periods.len());
        for &period in periods {
            if check::at_least_one("seasonal_periods", period)? > 1 {
                own.push(period);
            }
        }
        own.sort_unstable();
        own.dedup();
        Ok(Self { periods: own })
    }

    /// The shortest season, 1 if there is none.
    fn shortest(&self) -> usize {
        self.periods.first().copied().unwrap_or(1)
    }

    /// The season that smoothing and ARIMA model themselves, 1 if there is none.
    fn modeled(&self) -> usize {
        Some(self.shortest()).filter(|period| *period <= LONGEST_MODELED).unwrap_or(1)
    }

    /// Whether there is a season that they cannot.
    fn has_more(&self) -> bool {
        self.periods.len() > 1 || self.shortest() > LONGEST_MODELED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_a_horizon_apart_where_there_is_room() {
        let seasons = Seasons::new(&[4]).unwrap();
        let of = |n, count| Auto::new(4).with_origins(count).origins(n, &seasons, 4);
        assert_eq!(of(60, 2), [(52, 4), (56, 4)]);
        // Room for one and a cut horizon; less than half of it says nothing.
        assert_eq!(of(15, 2), [(12, 3)]);
        assert_eq!(of(13, 2), []);
        assert_eq!(of(60, 0), []);
        // As many as the settings like, no more than fit, and without a search through all numbers.
        assert_eq!(of(60, usize::MAX).len(), 24);
    }

    #[test]
    fn the_error_on_origins_by_hand() {
        let y = [Some(1.0), Some(2.0), None, Some(4.0), Some(8.0)];
        // 2 for what was 4, the missing period left out; 4 for what was 8.
        let error = rolling_error(&Candidate::Naive, &y, &[(2, 2), (4, 1)]);
        assert_eq!(error, Some(10.0_f64.sqrt()));
        assert_eq!(rolling_error(&Candidate::Naive, &y, &[]), None);
    }

    #[test]
    fn candidates_that_disagree_widen_the_forecast() {
        let outlook = |mean: f64| Outlook { mean: vec![mean], standard_error: Some(vec![1.0]) };
        let able = [(Candidate::Naive, outlook(0.0)), (Candidate::Naive, outlook(2.0))];
        let mut members =
            able.each_ref().map(|(_, outlook)| Member::new("", Ok(outlook.mean.clone())));
        combine::weigh(&mut members, false);
        assert_eq!(spread(&[1.0], &members, &able), Ok(Some(vec![2.0_f64.sqrt()])));
    }

    #[test]
    fn errors_of_sums() {
        // Shocks that pass: variances add up. Shocks that stay: 1, 1 + 4, 1 + 4 + 9.
        let walk = [1.0, 2.0_f64.sqrt(), 3.0_f64.sqrt()];
        for (errors, variances) in [([1.0; 3], [1.0, 2.0, 3.0]), (walk, [1.0, 5.0, 14.0])] {
            for (got, variance) in cumulated(&errors).iter().zip(variances) {
                assert!((got * got - variance).abs() < 1e-12, "{errors:?}: {got}");
            }
        }
    }
}
