//! The default for intermittent demand: calibrated quantiles of whole units for a whole panel.
//!
//! ```text
//! F = (1 − ω) Σ_k w_k negbin(m_k s_d, φ)  +  ω hurdle(Σ_k v_k p_k, S)
//! ω = argmin Σ CRPS, drawn to ½ by the weight of 20 scores
//! ```
//!
//! Each item has levels `m_k` and chances of demand `p_k` at five speeds, weighted by how well
//! each foretold the item and the panel ([`CountState`]), sizes `S` with their spikes and
//! a tail, a weekday factor `s_d` of the whole panel ([`CountPrior`]). `ω` is learned from the
//! ranked probability scores of the last two horizons of the data, each forecast from
//! before it, in units of the item's mean change, over at most 2,000 items.
//!
//! The demand of h periods together has its own distribution: a level that wanders errs in the
//! same direction every day, so the quantile of the sum is neither the sum of quantiles nor
//! that of independent days. Its quantiles never fall from h to h + 1. Beyond 64
//! periods they are computed for each 32nd part of the horizon and interpolated between.
//!
//! O(n + H · range) time and O(1) memory per item, in parallel over items with feature `rayon`.
//!
//! Sources: those of its parts, and Gneiting & Raftery (2007), "Strictly proper scoring rules,
//! prediction, and estimation", JASA 102(477), 359–378.
//!
//! Limits: no trend, no season of the year, no promotion. Demand that varies less than a
//! Poisson number gets quantiles that are too wide. A weekday factor is that of the whole panel.

use super::CountDistribution;
use super::distribution::{MOST, Part};
use super::lattice::Lattice;
use super::prior::{CountPrior, Factor, Moments, average, sum};
use super::state::{CountState, Lead, Outlook};
use crate::Error;
use crate::fan::{Blend, Fallback, Fan, SeriesReport, Skip};
use crate::forecaster::check_horizon;
use crate::parallel::in_order;
use omni_core::error::{DataError, ParamError};
use omni_core::series::Series;
use omni_core::{Observation, Panel, Period, Quantiles, check};
use std::collections::BTreeMap;

/// How many items the weight of the hurdle is learned from, at most.
const SCORED: usize = 2_000;

/// The least history before an origin that is scored.
const HISTORY: usize = 20;

/// For how many scores a weight of ½ counts.
const EVEN: f64 = 20.0;

/// How many neighbors lend their distribution to a new item, at most.
const NEIGHBORS: usize = 32;

/// Up to which horizon each sum has its own distribution.
const EXACT: usize = 64;

/// Items of a label that its prior is drawn to the panel by.
const LABEL_STRENGTH: f64 = 3.0;

/// Settings of the default for intermittent demand; checked by [`fit`](Self::fit).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct IntermittentQuantiles {
    horizon: usize,
    levels: Vec<f64>,
    unit: f64,
    calendar: Option<(i32, Vec<i32>)>,
    leading_zeros: bool,
}

impl IntermittentQuantiles {
    /// The median and the 95 % quantile of the next `horizon` periods.
    #[must_use]
    pub fn new(horizon: usize) -> Self {
        Self { horizon, levels: vec![0.5, 0.95], unit: 1.0, calendar: None, leading_zeros: false }
    }

    /// Forecasts these levels, ascending in `(0, 1)`.
    #[must_use]
    pub fn with_levels(self, levels: &[f64]) -> Self {
        Self { levels: levels.to_vec(), ..self }
    }

    /// Counts demand in multiples of `unit` (default 1): 0.1 for goods sold by tenths of a
    /// kilogram, 6 for goods sold in packs of six. Values between are rounded.
    #[must_use]
    pub fn with_unit(self, unit: f64) -> Self {
        Self { unit, ..self }
    }

    /// The day (since 1970-01-01) of each period from period `first` on, past and coming:
    /// where the shop closes on some days, periods are trading days and have no fixed
    /// week. Without it the periods of a daily panel are days. A period outside has no weekday.
    #[must_use]
    pub fn with_calendar(self, first: i32, days: &[i32]) -> Self {
        Self { calendar: Some((first, days.to_vec())), ..self }
    }

    /// Keeps all zeros before the first sale of a series. Otherwise they count as the time before
    /// it was listed if so many would be unlikely (1 %) at the rate of what followed.
    #[must_use]
    pub fn with_leading_zeros(self) -> Self {
        Self { leading_zeros: true, ..self }
    }

    /// Learns from a panel and forecasts it: quantiles per step and of sums from the first
    /// step on, and for each series what its forecast is made of and every fallback.
    ///
    /// A series with a negative or huge value is skipped, and the report says so.
    ///
    /// # Errors
    /// [`Error::Param`] if the horizon is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON) or the
    /// unit is not positive; [`Error::Data`] if levels do not ascend in `(0, 1)` or the days
    /// of the calendar do not ascend.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Panel, Period};
    /// use omni_forecast::intermittent::IntermittentQuantiles;
    ///
    /// let mut panel = Panel::new(Period::Day);
    /// panel.push(1, 0, &[0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 1.0].repeat(8))?;
    /// panel.push(2, 0, &[5.0, 0.0, 7.0, 2.0, 0.0, 9.0, 4.0].repeat(8))?;
    /// panel.push(3, 0, &[])?; // listed, never sold
    ///
    /// let fan = IntermittentQuantiles::new(14).with_levels(&[0.5, 0.95]).fit(&panel)?;
    /// let week = fan.quantiles.cumulative(1, 7).unwrap();
    /// assert!(week[0] >= 3.0 && week[1] <= 12.0, "{week:?}");
    /// // A new item is forecast as its neighbors are, and the report says so.
    /// assert!(fan.series[2].fallback.is_some() && fan.quantiles.get(3, 0).is_some());
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, panel: &Panel) -> Result<Fan, Error> {
        self.learn(panel)?.fan()
    }

    /// Learns from a panel: the prior, and the state of every item, to be forecast or updated.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn learn(&self, panel: &Panel) -> Result<CountForecast, Error> {
        check_horizon(self.horizon)?;
        check::levels("levels", &self.levels)?;
        check::positive("unit", self.unit)?;
        if let Some((_, days)) = &self.calendar
            && let Some(at) = days.windows(2).position(|pair| pair.first() >= pair.last())
        {
            let day = days.get(at + 1).copied().unwrap_or(0);
            return Err(DataError::entry("days", at + 1, "ascending", day).into());
        }
        let series: Vec<(u32, Series<'_>)> = panel.iter().collect();
        let of = |at: usize| series.get(at).map(|(_, series)| series);
        let counted = in_order(
            series.len(),
            || (),
            |(), at| of(at).map_or(Err(Skip::Overflow), |series| self.count(series)),
        );
        let moments: Vec<Moments> = counted.iter().flatten().map(|(_, moments)| *moments).collect();
        let mut prior = CountPrior::pool(&moments);
        let levels = by_labels(&mut prior, panel, &counted);
        let shared = prior;
        let items = in_order(
            series.len(),
            || (),
            |(), at| {
                let (key, series) = series.get(at)?;
                let (start, moments) = counted.get(at)?.as_ref().copied().unwrap_or_default();
                let (level, occasion) = levels.get(at).copied().unwrap_or((0.1, 0.1));
                let own = shared.with_own(level, occasion);
                let skipped = counted.get(at)?.as_ref().err().copied();
                let mut item = Item {
                    key: *key,
                    next: series.first.saturating_add(as_i32(series.values.len())),
                    report: SeriesReport::of(*key, series, start, skipped),
                    state: CountState::default(),
                    level,
                    occasion,
                    has_demand: moments.has_demand(),
                };
                if skipped.is_none() {
                    self.filter(&mut item.state, &own, series, start..series.values.len());
                }
                Some(item)
            },
        )
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
        let taught: Vec<&Item> = items.iter().filter(|item| item.has_demand).collect();
        for speed in 0..super::state::SPEEDS {
            let mean = |of: fn(&CountState) -> &[f64]| {
                average(taught.iter().filter_map(|item| of(&item.state).get(speed).copied()))
            };
            let scores = [mean(|state| state.scores().0), mean(|state| state.scores().1)];
            for (pooled, score) in
                [&mut prior.scores, &mut prior.occasion_scores].into_iter().zip(scores)
            {
                if let Some(pooled) = pooled.get_mut(speed) {
                    *pooled = score;
                }
            }
        }
        prior.hurdle = self.hurdle_weight(&prior, &series, &items);
        let neighbors = Neighbors::of(panel, &items);
        Ok(CountForecast {
            settings: self.clone(),
            daily: panel.period() == Period::Day,
            prior,
            items,
            neighbors,
        })
    }

    /// The weekday of a period.
    fn weekday(&self, daily: bool, period: i32) -> Option<usize> {
        let day = match &self.calendar {
            Some((first, days)) => {
                let at = i64::from(period) - i64::from(*first);
                usize::try_from(at).ok().and_then(|at| days.get(at)).copied()?
            }
            None if daily => period,
            None => return None,
        };
        // Day 0 was a Thursday.
        usize::try_from((i64::from(day) + 3).rem_euclid(7)).ok()
    }

    /// Where a series starts, and its sums.
    fn count(&self, series: &Series<'_>) -> Result<(usize, Moments), Skip> {
        let (mut first_sale, mut moments, mut all) = (None, Moments::default(), Moments::default());
        let daily = series.period == Period::Day;
        for (at, (&value, &how)) in series.values.iter().zip(series.observation).enumerate() {
            if how == Observation::Missing {
                continue;
            }
            let period = series.first.saturating_add(as_i32(at));
            if value < 0.0 {
                return Err(Skip::Negative { period });
            }
            let units = self.units(value);
            if units > MOST {
                return Err(Skip::Overflow);
            }
            if units > 0.0 && first_sale.is_none() {
                first_sale = Some(at);
                moments = Moments::default();
            }
            if how == Observation::Observed {
                moments.add(self.weekday(daily, period), units);
                all.add(self.weekday(daily, period), units);
            }
        }
        let start = first_sale.unwrap_or(0);
        if self.leading_zeros || likely_listed(start, &moments) {
            return Ok((0, all));
        }
        Ok((start, moments))
    }

    fn units(&self, value: f64) -> f64 {
        (value / self.unit).round() + 0.0
    }

    fn filter(
        &self,
        state: &mut CountState,
        prior: &CountPrior,
        series: &Series<'_>,
        range: std::ops::Range<usize>,
    ) {
        let daily = series.period == Period::Day;
        let observed = series.values.iter().zip(series.observation);
        for (at, (&value, &how)) in observed.enumerate().take(range.end).skip(range.start) {
            let period = series.first.saturating_add(as_i32(at));
            let factor = prior.factor(self.weekday(daily, period));
            match how {
                Observation::Observed => state.learn(prior, factor, self.units(value)),
                Observation::Censored => state.learn_censored(prior, factor, self.units(value)),
                Observation::Missing => state.skip(),
            }
        }
    }

    /// The weight of the hurdle distribution of least ranked probability scores.
    fn hurdle_weight(
        &self,
        prior: &CountPrior,
        series: &[(u32, Series<'_>)],
        items: &[Item],
    ) -> f64 {
        let every = series.len().div_ceil(SCORED).max(1);
        let scores = in_order(
            series.len().div_ceil(every),
            <(Lattice, Lattice)>::default,
            |lattices, at| {
                let (_, series) = series.get(at * every)?;
                let item = items.get(at * every)?;
                item.has_demand.then(|| self.score(prior, series, item, lattices))
            },
        );
        let scores: Vec<[f64; 3]> = scores.into_iter().flatten().flatten().collect();
        let of = |which: usize| sum(scores.iter().filter_map(|s| s.get(which).copied()));
        let (levels, hurdle, both) = (of(0), of(1), of(2));
        let gap = levels + hurdle - 2.0 * both;
        let best = if gap > 1e-9 * levels { (levels - both) / gap } else { 0.5 };
        let share = EVEN / (EVEN + scores.len() as f64);
        share * 0.5 + (1.0 - share) * best.clamp(0.0, 1.0)
    }

    /// Scores of both kinds over the last two horizons of a series.
    fn score(
        &self,
        prior: &CountPrior,
        series: &Series<'_>,
        item: &Item,
        (levels, hurdle): &mut (Lattice, Lattice),
    ) -> Vec<[f64; 3]> {
        let start = series.values.len() - item.report.periods;
        let length = self.horizon.min(item.report.periods / 5).clamp(1, 28);
        let own = item.prior(prior);
        let daily = series.period == Period::Day;
        let change: f64 = series
            .values
            .windows(2)
            .skip(start)
            .map(|pair| match pair {
                [a, b] => (self.units(*b) - self.units(*a)).abs(),
                _ => 0.0,
            })
            .sum::<f64>()
            / item.report.periods as f64;
        let mut found = Vec::new();
        for back in [2, 1] {
            let Some(known) = series.values.len().checked_sub(back * length) else { continue };
            if known < start + HISTORY || change <= 0.0 {
                continue;
            }
            let mut state = CountState::default();
            self.filter(&mut state, &own, series, start..known);
            let outlook = state.outlook(&own);
            let mut sums = [0.0; 3];
            let mut parts = Vec::new();
            let weekday = |at: usize| self.weekday(daily, series.first.saturating_add(as_i32(at)));
            // Periods of one weekday share their distributions.
            for day in std::iter::once(None).chain((0..7).map(Some)) {
                let mut ready = false;
                for at in known..known + length {
                    let (Some(&value), Some(Observation::Observed)) =
                        (series.values.get(at), series.observation.get(at))
                    else {
                        continue;
                    };
                    if weekday(at) != day {
                        continue;
                    }
                    if !ready {
                        let factor = own.factor(day);
                        parts.clear();
                        outlook.levels_of(factor, 1.0, &mut parts);
                        levels.fill(&parts, 16.0);
                        parts.clear();
                        outlook.hurdle_of(factor, 1.0, &mut parts);
                        hurdle.fill(&parts, 16.0);
                        ready = true;
                    }
                    let terms = levels.ranked(hurdle, self.units(value));
                    for (sum, term) in sums.iter_mut().zip(terms) {
                        *sum += term;
                    }
                }
            }
            found.push(sums.map(|sum| sum / (change * length as f64)));
        }
        found
    }
}

/// Whether an item may have been listed for so many periods before its first sale: unless they
/// would have been without demand in less than 1 % of the cases, judged by what followed.
fn likely_listed(before: usize, after: &Moments) -> bool {
    before as f64 * (1.0 - after.chance_after_the_first()).ln() >= 0.01_f64.ln()
}

/// Level and chance of demand of each series from its labels, drawn to the panel; the
/// strength and spread of the prior are those within labels.
fn by_labels(
    prior: &mut CountPrior,
    panel: &Panel,
    counted: &[Result<(usize, Moments), Skip>],
) -> Vec<(f64, f64)> {
    let odds = |chance: f64| (chance / (1.0 - chance)).ln();
    let own = |at: usize| {
        let moments = counted.get(at)?.as_ref().ok()?.1;
        let chance = moments.chance().clamp(0.001, 0.999);
        moments.has_demand().then(|| (moments.mean().ln(), odds(chance)))
    };
    let mut found = vec![(prior.level.ln(), odds(prior.occasion)); counted.len()];
    let rest = |found: &[(f64, f64)], at: usize| {
        let (level, chance) = own(at)?;
        let (of_level, of_chance) = found.get(at)?;
        Some((level - of_level, chance - of_chance))
    };
    let variance = |found: &[(f64, f64)]| {
        average((0..found.len()).filter_map(|at| rest(found, at)).map(|(level, _)| level * level))
    };
    let before = variance(&found);
    for labels in panel.labels() {
        let mut groups: BTreeMap<u32, Vec<(f64, f64)>> = BTreeMap::new();
        for (at, label) in labels.of.iter().enumerate() {
            groups.entry(*label).or_default().extend(rest(&found, at));
        }
        let effect = |label: &u32| {
            let group = groups.get(label).map_or(&[][..], Vec::as_slice);
            let drawn = |total: f64| total / (group.len() as f64 + LABEL_STRENGTH);
            (drawn(sum(group.iter().map(|g| g.0))), drawn(sum(group.iter().map(|g| g.1))))
        };
        let effects: BTreeMap<u32, (f64, f64)> =
            groups.keys().map(|label| (*label, effect(label))).collect();
        for (slot, label) in found.iter_mut().zip(&labels.of) {
            let (level, chance) = effects.get(label).copied().unwrap_or_default();
            *slot = (slot.0 + level, slot.1 + chance);
        }
    }
    if before > 0.0 {
        // Labels that tell items apart leave less between those of a label.
        let share = (variance(&found) / before).clamp(0.05, 1.0);
        let within = ((1.0 + prior.spread).ln() * share).max(0.01).exp_m1();
        prior.level_strength = (prior.level_strength * prior.spread / within).clamp(0.1, 20.0);
        prior.spread = within;
    }
    let moments: Vec<Moments> = counted.iter().flatten().map(|(_, moments)| *moments).collect();
    let trend = Moments::trend(&moments);
    prior.level *= trend;
    found
        .into_iter()
        .map(|(level, chance)| (level + trend.ln(), chance + trend.ln()))
        .map(|(level, chance)| {
            (level.exp().clamp(1e-6, MOST), 1.0 / (1.0 + (-chance.clamp(-7.0, 7.0)).exp()))
        })
        .collect()
}

#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Item {
    key: u32,
    /// The first period to forecast.
    next: i32,
    report: SeriesReport,
    state: CountState,
    level: f64,
    occasion: f64,
    has_demand: bool,
}

impl Item {
    fn prior(&self, prior: &CountPrior) -> CountPrior {
        prior.with_own(self.level, self.occasion)
    }

    fn history(&self) -> usize {
        self.report.periods - self.report.missing
    }

    /// What its forecast is made of.
    fn described(&self, prior: &CountPrior, neighbors: &Neighbors, at: usize) -> SeriesReport {
        let mut report = self.report;
        if report.skipped.is_some() {
            return report;
        }
        let own = self.prior(prior);
        let pooled = self.state.pooled(&own);
        report.blend =
            Some(Blend { hurdle: prior.hurdle, memory: self.state.outlook(&own).memory(), pooled });
        report.fallback = if self.history() == 0 {
            let lent = neighbors.lenders(at);
            if lent.len() > 1 || neighbors.labels(at) > 0 {
                Some(Fallback::Neighbors { count: lent.len(), labels: neighbors.labels(at) })
            } else {
                Some(Fallback::Panel)
            }
        } else if !self.has_demand {
            Some(Fallback::NoDemand)
        } else if pooled > 0.1 {
            Some(Fallback::Short { periods: self.history() })
        } else {
            None
        };
        report
    }
}

/// Whose distributions a series without history gets.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Neighbors {
    /// By position of the new series: how many labels are shared, and with which series.
    of: BTreeMap<usize, (usize, Vec<usize>)>,
}

impl Neighbors {
    fn of(panel: &Panel, items: &[Item]) -> Self {
        let new = |item: &Item| item.report.skipped.is_none() && item.history() == 0;
        let mut of = BTreeMap::new();
        if !items.iter().any(new) {
            return Self { of };
        }
        // The first labels are the coarser ones: the last is given up first.
        for shared in (0..=panel.labels().len()).rev() {
            let labels = |at: usize| -> Vec<u32> {
                let first = panel.labels().iter().take(shared);
                first.filter_map(|labels| labels.of.get(at).copied()).collect()
            };
            let mut groups: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
            for (at, _) in items.iter().enumerate().filter(|(_, item)| item.has_demand) {
                groups.entry(labels(at)).or_default().push(at);
            }
            for (at, _) in items.iter().enumerate().filter(|(_, item)| new(item)) {
                if of.contains_key(&at) {
                    continue;
                }
                if let Some(group) = groups.get(&labels(at)) {
                    let every = group.len().div_ceil(NEIGHBORS);
                    let some = group.iter().copied().step_by(every).collect();
                    of.insert(at, (shared, some));
                }
            }
        }
        Self { of }
    }

    fn lenders(&self, at: usize) -> &[usize] {
        self.of.get(&at).map_or(&[], |(_, of)| of)
    }

    fn labels(&self, at: usize) -> usize {
        self.of.get(&at).map_or(0, |(shared, _)| *shared)
    }
}

/// What [`IntermittentQuantiles::learn`] learned: the prior of the panel and a state per item.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CountForecast {
    settings: IntermittentQuantiles,
    daily: bool,
    prior: CountPrior,
    items: Vec<Item>,
    neighbors: Neighbors,
}

/// Buffers that the items of a thread share.
#[derive(Debug, Default)]
struct Scratch {
    lattice: Lattice,
    parts: Vec<Part>,
}

/// What an item's forecast is made of: outlooks with their share.
struct Views {
    of: Vec<(f64, Outlook)>,
    next: i32,
}

impl CountForecast {
    /// What the panel told.
    #[must_use]
    pub const fn prior(&self) -> &CountPrior {
        &self.prior
    }

    /// The state of an item and the prior it is to be updated with; `None` if it was skipped.
    #[must_use]
    pub fn state(&self, key: u32) -> Option<(&CountState, CountPrior)> {
        let (_, item) = self.item(key)?;
        Some((&item.state, item.prior(&self.prior)))
    }

    /// Learns the demand of an item's next period without a refit: `None` is missing. Its
    /// forecast moves on by one period.
    ///
    /// # Errors
    /// [`Error::Param`] if there is no such item or the value is negative or above 1e8 units.
    pub fn update(&mut self, key: u32, value: Option<f64>) -> Result<(), Error> {
        let at = self
            .item(key)
            .map(|(at, _)| at)
            .ok_or_else(|| ParamError::new("key", "a key that was forecast", key))?;
        let units = value.map(|value| self.settings.units(value));
        let Some(item) = self.items.get_mut(at) else { return Ok(()) };
        let prior = item.prior(&self.prior);
        let weekday = self.settings.weekday(self.daily, item.next);
        if let Some(units) = units {
            item.state.update(&prior, weekday, units)?;
            item.has_demand |= units > 0.0;
        } else {
            item.state.skip();
            item.report.missing += 1;
        }
        item.report.periods += 1;
        item.next = item.next.saturating_add(1);
        Ok(())
    }

    /// The distribution of demand of `key` at `step` (from 0), in multiples of the unit.
    #[must_use]
    pub fn distribution(&self, key: u32, step: usize) -> Option<CountDistribution> {
        let (at, item) = self.item(key)?;
        let views = self.views(at, item);
        let mut parts = Vec::new();
        views.step(self.factor(views.next, step), &mut parts);
        Some(CountDistribution::of(parts))
    }

    /// The distribution of demand of `key` over the first `periods` steps together.
    #[must_use]
    pub fn cumulative(&self, key: u32, periods: usize) -> Option<CountDistribution> {
        if periods <= 1 {
            return if periods == 1 { self.distribution(key, 0) } else { None };
        }
        let (at, item) = self.item(key)?;
        let views = self.views(at, item);
        let mut leads = vec![Lead::default(); views.of.len()];
        for step in 0..periods {
            views.lengthen(&mut leads, self.factor(views.next, step));
        }
        let mut parts = Vec::new();
        views.sum(&leads, &mut parts);
        Some(CountDistribution::of(parts))
    }

    /// The means of the coming periods of `key`, in the unit of its values.
    #[must_use]
    pub fn means(&self, key: u32) -> Option<Vec<f64>> {
        let (at, item) = self.item(key)?;
        let views = self.views(at, item);
        let mean = |step: usize| {
            let factor = self.factor(views.next, step);
            let means = views.of.iter().map(|(share, outlook)| share * outlook.mean(factor));
            self.settings.unit * means.sum::<f64>()
        };
        Some((0..self.settings.horizon).map(mean).collect())
    }

    /// The quantiles of all items, and a report on each.
    ///
    /// # Errors
    /// [`Error::Data`] if a quantile overflows in the unit of the values.
    pub fn fan(&self) -> Result<Fan, Error> {
        let rows = in_order(self.items.len(), Scratch::default, |scratch, at| {
            let item = self.items.get(at)?;
            item.report.skipped.is_none().then(|| self.rows(at, item, scratch))
        });
        let size =
            rows.iter().flatten().count() * self.settings.horizon * self.settings.levels.len();
        let (mut keys, mut values, mut sums) =
            (Vec::new(), Vec::with_capacity(size), Vec::with_capacity(size));
        for (item, rows) in self.items.iter().zip(rows) {
            if let Some((steps, cumulative)) = rows {
                keys.push(item.key);
                values.extend(steps);
                sums.extend(cumulative);
            }
        }
        let levels = self.settings.levels.clone();
        let quantiles =
            Quantiles::new(keys, levels, self.settings.horizon, values)?.with_cumulative(sums)?;
        let report = |(at, item): (usize, &Item)| item.described(&self.prior, &self.neighbors, at);
        Ok(Fan { quantiles, series: self.items.iter().enumerate().map(report).collect() })
    }

    fn item(&self, key: u32) -> Option<(usize, &Item)> {
        let at = self.items.binary_search_by_key(&key, |item| item.key).ok()?;
        let item = self.items.get(at)?;
        item.report.skipped.is_none().then_some((at, item))
    }

    fn factor(&self, next: i32, step: usize) -> Factor {
        let period = next.saturating_add(as_i32(step));
        self.prior.factor(self.settings.weekday(self.daily, period))
    }

    fn views(&self, at: usize, item: &Item) -> Views {
        let outlook = |item: &Item| item.state.outlook(&item.prior(&self.prior));
        let lenders = if item.history() == 0 { self.neighbors.lenders(at) } else { &[] };
        let share = 1.0 / lenders.len().max(1) as f64;
        let mut of: Vec<(f64, Outlook)> = lenders
            .iter()
            .filter_map(|at| self.items.get(*at))
            .map(|item| (share, outlook(item)))
            .collect();
        if of.is_empty() {
            of.push((1.0, outlook(item)));
        }
        Views { of, next: item.next }
    }

    /// The quantiles of each step and of each sum, the levels side by side.
    fn rows(&self, at: usize, item: &Item, scratch: &mut Scratch) -> (Vec<f64>, Vec<f64>) {
        let IntermittentQuantiles { horizon, levels, unit, .. } = &self.settings;
        let width = levels.len();
        let rarest = levels.iter().fold(0.5_f64, |rarest, p| rarest.min(*p).min(1.0 - p));
        let left_out = -(rarest.max(1e-14) * 1e-4).ln();
        let views = self.views(at, item);
        let Scratch { lattice, parts } = scratch;
        let mut steps = Vec::with_capacity(horizon * width);
        let mut sums: Vec<f64> = Vec::with_capacity(horizon * width);
        let mut by_day: [Option<Vec<f64>>; 8] = Default::default();
        let mut leads = vec![Lead::default(); views.of.len()];
        let mut largest = vec![0.0_f64; width];
        let mut due = 1;
        for step in 0..*horizon {
            let period = views.next.saturating_add(as_i32(step));
            let weekday = self.settings.weekday(self.daily, period);
            let factor = self.prior.factor(weekday);
            let slot = weekday.map_or(7, |day| day.min(7));
            if let Some(cached) = by_day.get_mut(slot) {
                let row = cached.get_or_insert_with(|| {
                    parts.clear();
                    views.step(factor, parts);
                    lattice.fill(parts, left_out);
                    lattice.quantiles(levels).map(|q| q * unit).collect()
                });
                steps.extend_from_slice(row);
            }
            views.lengthen(&mut leads, factor);
            let periods = step + 1;
            if periods < due && periods < *horizon {
                continue;
            }
            due = periods + (periods / 32).max(1).min(if periods < EXACT { 1 } else { usize::MAX });
            let before = largest.clone();
            if step == 0 {
                largest.copy_from_slice(steps.get(..width).unwrap_or(&before));
            } else {
                parts.clear();
                views.sum(&leads, parts);
                lattice.fill(parts, left_out);
                for (largest, q) in largest.iter_mut().zip(lattice.quantiles(levels)) {
                    *largest = largest.max(q * unit);
                }
            }
            // Whole units between two horizons that were computed.
            let done = sums.len() / width;
            let gap = (periods - done) as f64;
            for at in done + 1..=periods {
                let share = (at - done) as f64 / gap;
                sums.extend(before.iter().zip(&largest).map(|(a, b)| {
                    if at == periods { *b } else { a + ((b - a) / unit * share).ceil() * unit }
                }));
            }
        }
        (steps, sums)
    }
}

impl Views {
    fn step(&self, factor: Factor, parts: &mut Vec<Part>) {
        for (share, outlook) in &self.of {
            outlook.step(factor, *share, parts);
        }
    }

    fn lengthen(&self, leads: &mut [Lead], factor: Factor) {
        for ((_, outlook), lead) in self.of.iter().zip(leads) {
            outlook.lengthen(lead, factor);
        }
    }

    fn sum(&self, leads: &[Lead], parts: &mut Vec<Part>) {
        for ((share, outlook), lead) in self.of.iter().zip(leads) {
            outlook.sum(lead, *share, parts);
        }
    }
}

/// A number of periods; those beyond the range of an `i32` have no number of their own.
fn as_i32(periods: usize) -> i32 {
    i32::try_from(periods).unwrap_or(i32::MAX)
}
