//! The default for a whole panel: each series gets the method that fits its kind.

use super::{Auto, Reason, Seasons};
use crate::combine::Member;
use crate::decompose::is_seasonal;
use crate::fan::{Fallback, Skip};
use crate::forecaster::check_horizon;
use crate::{Error, IntermittentQuantiles};
use omni_core::series::Series;
use omni_core::{Observation, Panel, Period, Quantiles, check};

/// How many periods there are to one with demand where demand is intermittent.
const INTERVAL: f64 = 1.32;
/// From this squared coefficient of variation of the sizes on, demand is erratic.
const ERRATIC: f64 = 0.49;
/// Below this mean, whole numbers of pieces are far from normal.
const FEW: f64 = 10.0;

/// Forecasts of a panel, with a report on every series of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AutoFan {
    /// Quantiles of every series that has a forecast, per step and cumulative.
    pub quantiles: Quantiles,
    /// Means of the same series, a row of `horizon` per key.
    pub means: Vec<f64>,
    /// One report per series of the panel, keys ascending.
    pub series: Vec<PanelReport>,
}

impl AutoFan {
    /// The means of the coming periods of `key`.
    #[must_use]
    pub fn mean(&self, key: u32) -> Option<&[f64]> {
        let at = self.quantiles.keys().binary_search(&key).ok()?;
        self.means.chunks(self.quantiles.horizon()).nth(at)
    }
}

/// How a series was forecast, and why so.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PanelReport {
    /// The key of the series.
    pub key: u32,
    /// The method chosen.
    pub method: Method,
    /// Why the series has no forecast; `None` if it has one.
    pub skipped: Option<Skip>,
    /// What an intermittent forecast leans on besides the series.
    pub fallback: Option<Fallback>,
}

/// A method for one series of a panel.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Method {
    /// Demand that is often zero, counted in few pieces or erratic without a season: its own
    /// distribution.
    Intermittent(Rhythm),
    /// A weighted combination.
    Combination {
        /// What the weights come from.
        reason: Reason,
        /// Every candidate with its weight and its error on the rolling origin.
        candidates: Vec<Member>,
    },
    /// The combination failed, so the series was forecast like intermittent demand.
    FellBack {
        /// Why it failed.
        error: Error,
    },
}

/// What the kind of a series of demand is told by, from its first sale on.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Rhythm {
    /// Periods to one with demand; infinite without any.
    pub interval: f64,
    /// Mean demand of a period.
    pub mean: f64,
    /// Squared coefficient of variation of demand where there is any.
    pub variation: f64,
}

/// A forecast of one series.
struct Row {
    means: Vec<f64>,
    values: Vec<f64>,
    sums: Vec<f64>,
}

impl Auto {
    /// Forecasts a panel of demand: quantiles per step and of sums from the first step on,
    /// never below zero, and for every series the method and why it was chosen.
    ///
    /// Censored values count as missing for a combination, and as demand of at least that much
    /// for intermittent demand. Series forecast as intermittent learn from each other.
    ///
    /// # Errors
    /// [`Error::Param`] if the horizon is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON) or a
    /// seasonal period is 0; [`Error::Data`] if levels do not ascend in `(0, 1)`.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Panel, Period};
    /// use omni_forecast::auto::{Auto, Method};
    ///
    /// let mut panel = Panel::new(Period::Month);
    /// panel.push(1, 0, &[0.0, 1.0, 0.0, 0.0, 2.0, 0.0].repeat(6))?;
    /// panel.push(2, 0, &[520.5, 610.0, 480.0, 590.0, 555.0, 602.5].repeat(6))?;
    ///
    /// let fan = Auto::new(3).with_levels(&[0.5, 0.95]).fit(&panel)?;
    /// assert!(matches!(fan.series[0].method, Method::Intermittent(_)));
    /// assert!(matches!(fan.series[1].method, Method::Combination { .. }));
    /// assert!(fan.quantiles.cumulative(2, 3).unwrap()[1] > 3.0 * 480.0);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, panel: &Panel) -> Result<AutoFan, Error> {
        check_horizon(self.horizon)?;
        check::levels("levels", &self.levels)?;
        let seasons = self.seasons_of(panel)?;
        let all: Vec<(u32, Series<'_>)> = panel.iter().collect();
        let combined = crate::parallel::in_order(
            all.len(),
            || (),
            |(), at| all.get(at).map_or(Ok(None), |(_, series)| self.combination(series, &seasons)),
        );
        let mut counted = Panel::new(panel.period());
        for ((key, series), combined) in all.iter().zip(&combined) {
            if !matches!(combined, Ok(Some(_))) {
                counted.push(*key, series.first, series.values)?;
                for (index, how) in (series.first..).zip(series.observation) {
                    counted.mark(*key, index, *how)?;
                }
            }
        }
        let counts = self.intermittent().learn(&counted)?;
        let fan = counts.fan()?;
        let mut reports = fan.series.into_iter();
        let levels = self.levels.len();
        let (mut keys, mut out) =
            (Vec::new(), Row { means: Vec::new(), values: Vec::new(), sums: Vec::new() });
        let mut series = Vec::with_capacity(all.len());
        for ((key, own), combined) in all.iter().zip(combined) {
            let (method, skipped, fallback, row) = match combined {
                Ok(Some((method, row))) => (method, None, None, Some(row)),
                other => {
                    let report = reports.next();
                    let method = match other {
                        Ok(_) => Method::Intermittent(Rhythm::of(own)),
                        Err(error) => Method::FellBack { error },
                    };
                    let row = counts.means(*key).and_then(|means| {
                        let rows = |of: &dyn Fn(usize) -> Option<Vec<f64>>| {
                            (0..self.horizon)
                                .map(of)
                                .collect::<Option<Vec<_>>>()
                                .map(|r| r.concat())
                        };
                        let values = rows(&|step| Some(fan.quantiles.get(*key, step)?.to_vec()))?;
                        let sums =
                            rows(&|step| Some(fan.quantiles.cumulative(*key, step + 1)?.to_vec()))?;
                        Some(Row { means, values, sums })
                    });
                    let (skipped, fallback) =
                        report.map_or((None, None), |report| (report.skipped, report.fallback));
                    (method, skipped, fallback, row)
                }
            };
            if let Some(row) = row {
                keys.push(*key);
                out.means.extend(row.means);
                out.values.extend(row.values);
                out.sums.extend(monotone(row.sums, levels));
            }
            series.push(PanelReport { key: *key, method, skipped, fallback });
        }
        let quantiles = Quantiles::new(keys, self.levels.clone(), self.horizon, out.values)?
            .with_cumulative(out.sums)?;
        Ok(AutoFan { quantiles, means: out.means, series })
    }

    /// The combination for a series of that kind; `None` for another kind.
    fn combination(
        &self,
        series: &Series<'_>,
        seasons: &Seasons,
    ) -> Result<Option<(Method, Row)>, Error> {
        let Rhythm { interval, mean, variation } = Rhythm::of(series);
        let is_whole = series.values.iter().all(|v| v.fract() == 0.0);
        let is_negative = series.values.iter().any(|v| *v < 0.0);
        if interval >= INTERVAL || (is_whole && mean < FEW) || is_negative {
            return Ok(None);
        }
        let y: Vec<Option<f64>> = seen(series).collect();
        if variation >= ERRATIC {
            let known: Vec<f64> = y.iter().copied().flatten().collect();
            let mut has_season = false;
            for period in &seasons.periods {
                has_season |= is_seasonal(&known, *period)?;
            }
            if !has_season {
                return Ok(None);
            }
        }
        let fit = self.blend(&y, seasons, self.horizon)?;
        let at_least_zero = |values: Vec<f64>| values.into_iter().map(|v| v.max(0.0)).collect();
        let row = Row {
            values: at_least_zero(fit.quantiles(&self.levels)?),
            sums: at_least_zero(fit.cumulative_quantiles(&self.levels)?),
            means: at_least_zero(fit.mean),
        };
        let method = Method::Combination { reason: fit.reason, candidates: fit.candidates };
        Ok(Some((method, row)))
    }

    fn intermittent(&self) -> IntermittentQuantiles {
        let settings = IntermittentQuantiles::new(self.horizon).with_levels(&self.levels);
        match &self.calendar {
            Some((first, days)) => settings.with_calendar(*first, days),
            None => settings,
        }
    }

    fn seasons_of(&self, panel: &Panel) -> Result<Seasons, Error> {
        match &self.seasonal_periods {
            Some(periods) => Seasons::new(periods),
            // Trading days with gaps have no fixed week.
            None if self.calendar.is_some() => Seasons::new(&[]),
            None => Seasons::new(match panel.period() {
                Period::Day => &[7],
                Period::Week => &[52],
                Period::Month => &[12],
                Period::Quarter => &[4],
                _ => &[],
            }),
        }
    }
}

/// The observed values; a censored one is not known.
fn seen(series: &Series<'_>) -> impl Iterator<Item = Option<f64>> + Clone {
    let from = series.values.iter().position(|v| *v > 0.0).unwrap_or(series.values.len());
    let rows = series.values.iter().zip(series.observation).skip(from);
    rows.map(|(value, how)| (*how == Observation::Observed).then_some(*value))
}

impl Rhythm {
    fn of(series: &Series<'_>) -> Self {
        let (mut count, mut mean) = (0.0, 0.0);
        // Mean and summed squares of the sizes, updated as each comes.
        let (mut sold, mut size, mut squares) = (0.0, 0.0, 0.0);
        for value in seen(series).flatten() {
            count += 1.0;
            mean += (value - mean) / count;
            if value > 0.0 {
                sold += 1.0;
                let apart = value - size;
                size += apart / sold;
                squares += apart * (value - size);
            }
        }
        let interval = if sold > 0.0 { count / sold } else { f64::INFINITY };
        let variation = if sold > 1.0 { squares / (sold - 1.0) / (size * size) } else { 0.0 };
        Self { interval, mean, variation }
    }
}

/// Demand of more periods is never less.
fn monotone(mut sums: Vec<f64>, levels: usize) -> Vec<f64> {
    for at in levels..sums.len() {
        let before = sums.get(at - levels).copied().unwrap_or_default();
        if let Some(sum) = sums.get_mut(at) {
            *sum = sum.max(before);
        }
    }
    sums
}
