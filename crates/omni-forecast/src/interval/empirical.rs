//! Empirical quantiles: what happened before, in the shares in which it happened.
//!
//! ```text
//! S_{t,h} = y_t + y_{t−1} + … + y_{t−h+1}     demand of the h periods that end with t
//! w_t     = (1 − δ)^(n−t)                     weight, 1 for all if δ = 0
//! F_h(x)  = Σ_{t: S_{t,h} ≤ x} w_t / Σ_t w_t
//! q_{h,p} = the least S_{t,h} with F_h ≥ p    demand of the next h periods together
//! ```
//!
//! `y` (length n) and `S` are in units of stock, `p` is a level in `(0, 1)`, `h` runs from
//! 1 to the horizon H, and `t` over the windows in which nothing is missing. Step k alone
//! has the quantiles `q_{1,p}`, the same for all k. The quantile is one of the sums seen
//! (type 1 of Hyndman & Fan), so whole units stay whole. It never falls from one `h` to
//! the next: without gaps and with equal weights that follows from `y ≥ 0`, elsewhere the
//! largest so far is kept.
//!
//! O(H · n log n) time per series, O(n) memory beside the result.
//!
//! Sources: Hyndman & Fan (1996), "Sample quantiles in statistical packages", The American
//! Statistician 50(4), 361–365; windows of the lead time: Porras & Dekker (2008), "An
//! inventory control system for spare parts at a refinery", EJOR 184(1), 101–132;
//! exponential weights: Taylor (2007), "Forecasting daily supermarket sales using
//! exponentially weighted quantile regression", EJOR 178(1), 154–167.
//!
//! Limits: no quantile exceeds what was seen, so n windows cannot tell levels above
//! 1 − 1/n apart; windows overlap, so n of them hold the evidence of about n/H independent
//! ones; neither trend nor season nor promotion. A censored value counts as the demand of
//! its period although demand was at least that, so quantiles of series with stock-outs
//! are too low: the report counts them.

use crate::Error;
use crate::fan::{Fan, SeriesReport, Skip};
use crate::forecaster::check_horizon;
use omni_core::error::ParamError;
use omni_core::numeric::quantile::{QuantileType, quantiles};
use omni_core::series::Series;
use omni_core::{Observation, Panel, Quantiles, check};

/// Settings of empirical quantiles; checked by [`fit`](EmpiricalQuantiles::fit).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EmpiricalQuantiles {
    horizon: usize,
    levels: Vec<f64>,
    window: Option<usize>,
    decay: Option<f64>,
    min_windows: usize,
}

impl EmpiricalQuantiles {
    /// The median and the 95 % quantile of the next `horizon` periods, from all periods
    /// of a series.
    #[must_use]
    pub fn new(horizon: usize) -> Self {
        Self { horizon, levels: vec![0.5, 0.95], window: None, decay: None, min_windows: 10 }
    }

    /// Forecasts these levels, ascending in `(0, 1)`.
    #[must_use]
    pub fn with_levels(self, levels: &[f64]) -> Self {
        Self { levels: levels.to_vec(), ..self }
    }

    /// Uses the last `periods` of each series only.
    #[must_use]
    pub fn with_window(self, periods: usize) -> Self {
        Self { window: Some(periods), ..self }
    }

    /// Lets the weight of a window fall by the share `decay` in `(0, 1]` with each period
    /// of its age.
    #[must_use]
    pub fn with_decay(self, decay: f64) -> Self {
        Self { decay: Some(decay), ..self }
    }

    /// Skips a series with fewer than `min_windows` windows of the whole horizon without
    /// a gap (default 10, at least 1).
    #[must_use]
    pub fn with_min_windows(self, min_windows: usize) -> Self {
        Self { min_windows, ..self }
    }

    /// Learns from a panel of demand.
    ///
    /// A series that is too short, has a negative value or sums that overflow is reported
    /// as skipped; the others get their quantiles.
    ///
    /// # Errors
    /// [`Error::Param`] if the horizon is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// `decay` is outside `(0, 1]` or NaN, `min_windows` is 0 or does not fit the window;
    /// [`Error::Data`] if levels do not ascend in `(0, 1)`.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Panel, Period};
    /// use omni_forecast::EmpiricalQuantiles;
    ///
    /// let mut panel = Panel::new(Period::Day);
    /// panel.push(7, 0, &[0.0, 2.0, 0.0, 1.0, 0.0, 0.0, 3.0, 0.0])?;
    /// let fan = EmpiricalQuantiles::new(2)
    ///     .with_levels(&[0.5, 0.9])
    ///     .with_min_windows(5)
    ///     .fit(&panel)?;
    /// // One day: 0 0 0 0 0 1 2 3; two days together: 0 1 1 2 2 3 3.
    /// assert_eq!(fan.quantiles.get(7, 1), Some(&[0.0, 3.0][..]));
    /// assert_eq!(fan.quantiles.cumulative(7, 2), Some(&[2.0, 3.0][..]));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, panel: &Panel) -> Result<Fan, Error> {
        let horizon = self.check()?;
        let (mut keys, mut values, mut cumulative) = (Vec::new(), Vec::new(), Vec::new());
        let mut reports = Vec::with_capacity(panel.len());
        let longest = panel.iter().map(|(_, series)| series.values.len()).max().unwrap_or(0);
        let mut scratch = Scratch::new(self.decay.unwrap_or(0.0), longest);
        for (key, series) in panel.iter() {
            let used = self.window.unwrap_or(usize::MAX).min(series.values.len());
            let before = series.values.len() - used;
            let skipped = match self.rows(&series, before, &mut scratch)? {
                Ok(rows) => {
                    let one_period = rows.iter().take(self.levels.len());
                    for _ in 0..horizon {
                        values.extend(one_period.clone());
                    }
                    cumulative.extend(rows);
                    keys.push(key);
                    None
                }
                Err(skip) => Some(skip),
            };
            reports.push(SeriesReport::of(key, &series, before, skipped));
        }
        let quantiles = Quantiles::new(keys, self.levels.clone(), horizon, values)?
            .with_cumulative(cumulative)?;
        Ok(Fan { quantiles, series: reports })
    }

    fn check(&self) -> Result<usize, Error> {
        check_horizon(self.horizon)?;
        check::levels("levels", &self.levels)?;
        check::at_least_one("min_windows", self.min_windows)?;
        if let Some(decay) = self.decay {
            check::weight("decay", decay)?;
        }
        match self.window {
            // So many periods hold too few windows, whatever the series.
            Some(window) if window - window.min(self.horizon - 1) < self.min_windows => {
                Err(ParamError::new("window", "at least horizon + min_windows - 1", window).into())
            }
            _ => Ok(self.horizon),
        }
    }

    /// Puts the used values into `scratch`, NaN where one is missing.
    fn load(&self, series: &Series<'_>, before: usize, scratch: &mut Scratch) -> Result<(), Skip> {
        scratch.values.clear();
        let (mut run, mut windows) = (0_usize, 0_usize);
        for ((value, how), period) in
            series.values.iter().zip(series.observation).zip(series.first..).skip(before)
        {
            if *how == Observation::Missing {
                run = 0;
                scratch.values.push(f64::NAN);
            } else if *value < 0.0 {
                return Err(Skip::Negative { period });
            } else {
                run += 1;
                windows += usize::from(run >= self.horizon);
                // Adding 0 turns −0 into 0.
                scratch.values.push(value + 0.0);
            }
        }
        let needed = self.min_windows;
        if windows >= needed { Ok(()) } else { Err(Skip::TooShort { needed, got: windows }) }
    }

    /// The quantiles of the sums over 1 to `horizon` periods, the levels side by side.
    fn rows(
        &self,
        series: &Series<'_>,
        before: usize,
        scratch: &mut Scratch,
    ) -> Result<Result<Vec<f64>, Skip>, Error> {
        if let Err(skip) = self.load(series, before, scratch) {
            return Ok(Err(skip));
        }
        let Scratch { values, sums, sorted, weighted, fade } = scratch;
        let mut rows = Vec::with_capacity(self.horizon * self.levels.len());
        let mut largest = vec![0.0_f64; self.levels.len()];
        sums.clear();
        sums.resize(values.len(), 0.0);
        for step in 0..self.horizon {
            for (sum, value) in sums.iter_mut().skip(step).zip(&*values) {
                *sum += value;
            }
            if sums.iter().any(|sum| sum.is_infinite()) {
                return Ok(Err(Skip::Overflow));
            }
            let found = if self.decay.is_some() {
                // Ages count from the newest window without a gap: the shares stay the same,
                // and not all weights can vanish.
                let whole = sums.iter().copied().skip(step).rev().skip_while(|sum| sum.is_nan());
                weighted.clear();
                weighted.extend(
                    whole
                        .zip(&*fade)
                        .filter(|(sum, _)| !sum.is_nan())
                        .map(|(value, &weight)| Weighted { value, weight }),
                );
                weighted_quantiles(weighted, &self.levels)
            } else {
                sorted.clear();
                sorted.extend(sums.iter().copied().skip(step).filter(|sum| !sum.is_nan()));
                // Not negative, so they sort as their bits do, which is faster.
                sorted.sort_unstable_by_key(|sum| sum.to_bits());
                quantiles(sorted, &self.levels, QuantileType::InverseCdf)?
            };
            for (largest, quantile) in largest.iter_mut().zip(found) {
                *largest = largest.max(quantile);
                rows.push(*largest);
            }
        }
        Ok(Ok(rows))
    }
}

/// Buffers that the series of a panel share.
#[derive(Debug)]
struct Scratch {
    values: Vec<f64>,
    sums: Vec<f64>,
    sorted: Vec<f64>,
    weighted: Vec<Weighted>,
    /// The weight of each age, 1 for age 0.
    fade: Vec<f64>,
}

impl Scratch {
    fn new(decay: f64, longest: usize) -> Self {
        let fade = std::iter::successors(Some(1.0), |weight| Some(weight * (1.0 - decay)));
        Self {
            values: Vec::new(),
            sums: Vec::new(),
            sorted: Vec::new(),
            weighted: Vec::new(),
            fade: fade.take(longest).collect(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Weighted {
    value: f64,
    weight: f64,
}

/// For each level the least value whose share of the weight, with all below it, reaches it.
///
/// `sample` is not empty, and one of its weights is 1; it is sorted on the way.
fn weighted_quantiles(sample: &mut [Weighted], levels: &[f64]) -> Vec<f64> {
    // Rounding in the sum of weights must not push a level over a step it just reaches.
    const SLACK: f64 = 1e-12;
    sample.sort_unstable_by_key(|s| s.value.to_bits());
    let total: f64 = sample.iter().map(|s| s.weight).sum();
    let mut found = Vec::with_capacity(levels.len());
    let mut below = 0.0;
    let mut value = sample.first().map_or(0.0, |first| first.value);
    let mut at = sample.iter();
    for &level in levels {
        while below < (level - SLACK) * total {
            let Some(next) = at.next() else { break };
            below += next.weight;
            value = next.value;
        }
        found.push(value);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::{DataError, Period};

    fn panel(series: &[&[f64]]) -> Panel {
        let mut panel = Panel::new(Period::Day);
        for (key, values) in (0..).zip(series) {
            panel.push(key, 100, values).unwrap();
        }
        panel
    }

    fn settings(horizon: usize) -> EmpiricalQuantiles {
        EmpiricalQuantiles::new(horizon).with_levels(&[0.5, 0.9]).with_min_windows(1)
    }

    fn row(fan: &Fan, periods: usize) -> Vec<f64> {
        fan.quantiles.cumulative(0, periods).unwrap().to_vec()
    }

    #[test]
    fn levels_pick_values_that_were_seen() {
        let fan = settings(1).fit(&panel(&[&[4.0, 1.0, 3.0, 2.0]])).unwrap();
        assert_eq!(row(&fan, 1), [2.0, 4.0]);
        let fan =
            settings(1).with_levels(&[0.25, 0.26, 0.75]).fit(&panel(&[&[4.0, 1.0, 3.0, 2.0]]));
        assert_eq!(row(&fan.unwrap(), 1), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn a_sum_is_not_the_sum_of_quantiles() {
        // Demand every other day: one day 0 or 5, two days always 5.
        let fan = settings(2).fit(&panel(&[&[0.0, 5.0, 0.0, 5.0, 0.0, 5.0]])).unwrap();
        assert_eq!((row(&fan, 1), row(&fan, 2)), (vec![0.0, 5.0], vec![5.0, 5.0]));
        assert_eq!(fan.quantiles.get(0, 1), Some(&[0.0, 5.0][..]));
    }

    #[test]
    fn the_window_forgets_what_lies_before_it() {
        let y = [9.0, 9.0, 9.0, 1.0, 1.0, 2.0];
        let fan = settings(1).with_window(3).fit(&panel(&[&y])).unwrap();
        assert_eq!((row(&fan, 1), fan.series[0].periods), (vec![1.0, 2.0], 3));
    }

    #[test]
    fn decay_prefers_what_is_new() {
        // Weights 1/4, 1/2, 1 of 7/4: the new value alone holds 57 %.
        let fan = settings(1).with_decay(0.5).fit(&panel(&[&[8.0, 4.0, 1.0]])).unwrap();
        assert_eq!(row(&fan, 1), [1.0, 8.0]);
        let fan = settings(1).with_decay(1.0).fit(&panel(&[&[8.0, 4.0, 1.0]])).unwrap();
        assert_eq!(row(&fan, 1), [1.0, 1.0]);
    }

    #[test]
    fn a_gap_breaks_the_windows_over_it() {
        let mut panel = panel(&[&[1.0, 2.0, 50.0, 3.0, 4.0]]);
        panel.mark(0, 102, Observation::Missing).unwrap();
        panel.mark(0, 104, Observation::Censored).unwrap();
        let fan = settings(2).fit(&panel).unwrap();
        assert_eq!(row(&fan, 2), [3.0, 7.0]);
        let report = fan.series[0];
        assert_eq!((report.periods, report.missing, report.censored), (5, 1, 1));
        let fan = settings(3).fit(&panel).unwrap();
        assert_eq!(fan.skipped().collect::<Vec<_>>(), [(0, Skip::TooShort { needed: 1, got: 0 })]);
    }

    #[test]
    fn cumulative_quantiles_never_fall() {
        // Windows of 1: 9 three times of five; of 2 without the gap: 9, 2.
        let mut panel = panel(&[&[0.0, 9.0, 0.0, 1.0, 1.0, 0.0, 9.0]]);
        for period in [100, 102, 105] {
            panel.mark(0, period, Observation::Missing).unwrap();
        }
        let fan = settings(2).fit(&panel).unwrap();
        assert_eq!((row(&fan, 1), row(&fan, 2)), (vec![1.0, 9.0], vec![2.0, 9.0]));
    }

    #[test]
    fn a_bad_series_does_not_stop_the_others() {
        let panel = panel(&[&[1.0, -1.0], &[f64::MAX, f64::MAX], &[], &[1.0, 2.0], &[0.0, 0.0]]);
        for settings in [settings(2), settings(2).with_decay(0.1)] {
            let fan = settings.fit(&panel).unwrap();
            let skipped: Vec<_> = fan.skipped().collect();
            let expected = [
                (0, Skip::Negative { period: 101 }),
                (1, Skip::Overflow),
                (2, Skip::TooShort { needed: 1, got: 0 }),
            ];
            assert_eq!(skipped, expected);
            assert_eq!(fan.quantiles.keys(), [3, 4]);
            assert_eq!(fan.quantiles.cumulative(3, 2), Some(&[3.0, 3.0][..]));
            assert_eq!(fan.quantiles.cumulative(4, 2), Some(&[0.0, 0.0][..]));
        }
    }

    #[test]
    fn errors() {
        let panel = panel(&[&[1.0; 20]]);
        let param = |name, rule, value: usize| Err(ParamError::new(name, rule, value).into());
        let horizon = "in 1..=100000";
        assert_eq!(settings(0).fit(&panel), param("horizon", horizon, 0));
        assert_eq!(settings(usize::MAX).fit(&panel), param("horizon", horizon, usize::MAX));
        assert_eq!(
            settings(1).with_min_windows(0).fit(&panel),
            param("min_windows", "at least 1", 0)
        );
        let window = "at least horizon + min_windows - 1";
        for bad in [0, 6] {
            let few = settings(5).with_min_windows(3).with_window(bad);
            assert_eq!(few.fit(&panel), param("window", window, bad));
        }
        assert!(settings(5).with_min_windows(3).with_window(7).fit(&panel).is_ok());
        assert_eq!(
            settings(1).with_decay(f64::NAN).fit(&panel),
            Err(ParamError::new("decay", "in (0, 1]", f64::NAN).into())
        );
        assert_eq!(
            settings(1).with_levels(&[0.9, 0.5]).fit(&panel),
            Err(DataError::entry("levels", 1, "in (0, 1) and ascending", 0.5).into())
        );
    }
}
