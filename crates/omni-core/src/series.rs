//! Demand over time: one series, a panel of many, and forecasts as quantiles.
//!
//! ```text
//! Panel      series i:  values[offsets[i] .. offsets[i + 1]],  first period first[i]
//! Quantiles  series i, step h, level l:  values[(i · horizon + h) · levels + l]
//! ```
//!
//! Series of a panel start where their demand starts, so a panel is ragged on the left.
//! Periods are numbered by [`Period::index`]. A value that was not observed is
//! [`Missing`](Observation::Missing); one that was cut off because stock ran out is
//! [`Censored`](Observation::Censored): demand was at least that much. Neither is a zero.

use crate::check;
use crate::columns::Demand;
use crate::error::{DataError, ParamError};
use crate::record::read_by_fields;
use crate::time::Period;
use std::ops::Range;

/// How a value of a series came about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum Observation {
    /// The demand of the period.
    #[default]
    Observed,
    /// Unknown: the value beside it says nothing.
    Missing,
    /// Stock ran out: demand was at least the value beside it.
    Censored,
}

/// One series, borrowed from a [`TimeSeries`] or a [`Panel`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Series<'a> {
    /// The kind of its periods.
    pub period: Period,
    /// The index of its first period.
    pub first: i32,
    /// One value per period, oldest first.
    pub values: &'a [f64],
    /// How each value came about.
    pub observation: &'a [Observation],
}

impl Series<'_> {
    /// The values; `None` where a value is missing.
    pub fn observed(&self) -> impl Iterator<Item = Option<f64>> {
        self.values
            .iter()
            .zip(self.observation)
            .map(|(&value, &how)| (how != Observation::Missing).then_some(value))
    }

    /// Whether every value is the demand of its period.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.observation.iter().all(|&how| how == Observation::Observed)
    }
}

/// One series of regular periods.
///
/// # Examples
/// ```
/// use omni_core::{Observation, Period, TimeSeries};
///
/// let series = TimeSeries::new(Period::Month, 672, vec![4.0, 0.0, 7.0])?
///     .with_observation(1, Observation::Missing)?;
/// let observed: Vec<_> = series.view().observed().collect();
/// assert_eq!(observed, [Some(4.0), None, Some(7.0)]);
/// # Ok::<(), omni_core::error::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TimeSeries {
    period: Period,
    first: i32,
    values: Vec<f64>,
    observation: Vec<Observation>,
}

impl TimeSeries {
    /// Takes one value per period, oldest first, the first one of period `first`.
    ///
    /// # Errors
    /// [`DataError::Entry`] if a value is not finite, [`DataError::Overflow`] if a period
    /// number would not fit an `i32`.
    pub fn new(period: Period, first: i32, values: Vec<f64>) -> Result<Self, DataError> {
        check::all_finite("values", &values)?;
        period_after(first, values.len())?;
        let observation = vec![Observation::Observed; values.len()];
        Ok(Self { period, first, values, observation })
    }

    /// Says how the value at `position` came about.
    ///
    /// # Errors
    /// [`DataError::TooShort`] if there is no such position.
    pub fn with_observation(
        mut self,
        position: usize,
        how: Observation,
    ) -> Result<Self, DataError> {
        let got = self.values.len();
        let slot = self.observation.get_mut(position).ok_or(DataError::TooShort {
            name: "values",
            needed: position.saturating_add(1),
            got,
        })?;
        *slot = how;
        Ok(self)
    }

    /// Lends the series.
    #[must_use]
    pub fn view(&self) -> Series<'_> {
        Series {
            period: self.period,
            first: self.first,
            values: &self.values,
            observation: &self.observation,
        }
    }
}

/// A label of every series of a panel: its store, its category, its channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Labels {
    /// What the label says: `"channel"`.
    pub name: String,
    /// The label of each series.
    pub of: Vec<u32>,
}

/// Many series of one kind of period, each with a key and its own start.
///
/// # Examples
/// Three sales of two products; the series run to the last day of the data.
/// ```
/// use omni_core::Panel;
///
/// let panel = Panel::daily(&[7, 7, 9], &[100, 103, 102], &[1.0, 2.0, 5.0])?;
/// assert_eq!(panel.keys(), [7, 9]);
/// let sold = |key| panel.get(key).map(|series| series.values.to_vec());
/// assert_eq!(sold(7), Some(vec![1.0, 0.0, 0.0, 2.0]));
/// assert_eq!(sold(9), Some(vec![5.0, 0.0]));
/// # Ok::<(), omni_core::error::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    period: Period,
    keys: Vec<u32>,
    first: Vec<i32>,
    offsets: Vec<usize>,
    values: Vec<f64>,
    observation: Vec<Observation>,
    labels: Vec<Labels>,
}

impl Panel {
    /// A panel without series.
    #[must_use]
    pub fn new(period: Period) -> Self {
        Self {
            period,
            keys: Vec::new(),
            first: Vec::new(),
            offsets: vec![0],
            values: Vec::new(),
            observation: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Daily series from columns of equal length: what, on which day, how many units.
    /// Each runs from its first row to the last day of the data.
    ///
    /// # Errors
    /// As [`Demand::new`] and [`Panel::from_demand`].
    pub fn daily(key: &[u32], day: &[i32], units: &[f64]) -> Result<Self, DataError> {
        let demand = Demand::new(key, day, units)?;
        let bounds = day.iter().min().copied().zip(day.iter().max().copied());
        let Some((start, last)) = bounds else { return Ok(Self::new(Period::Day)) };
        Self::from_demand(Period::Day, &demand, start..period_after(last, 1)?)
    }

    /// Adds up demand per key and period. `days` are the days that were observed,
    /// half-open and whole periods; each series runs from the period of its first row
    /// to the end of them, with zeros where there was no row.
    ///
    /// O(n log n) time for n rows, plus the size of the panel.
    ///
    /// # Errors
    /// [`DataError::Entry`] if a row's day lies outside `days`, or an end of `days` is not
    /// the border of a period (a part of a period would look like a drop in demand);
    /// [`DataError::Overflow`] if a sum is not finite, `days` hold more than a million periods
    /// or the panel would hold more than 2²⁸ values.
    pub fn from_demand(
        period: Period,
        demand: &Demand<'_>,
        days: Range<i32>,
    ) -> Result<Self, DataError> {
        for (index, edge) in [days.start, days.end].into_iter().enumerate() {
            if period.start(period.index(edge)) != Ok(edge) {
                return Err(DataError::entry("days", index, "the first day of a period", edge));
            }
        }
        if let Some(index) = demand.day().iter().position(|day| !days.contains(day)) {
            let day = demand.day()[index];
            return Err(DataError::entry("day", index, "within the observed days", day));
        }
        let end = period.index(days.end);
        if periods_between(period.index(days.start), end) > MAX_PERIODS {
            return Err(DataError::Overflow { name: "periods" });
        }
        let mut order: Vec<usize> = (0..demand.len()).collect();
        // Units sort too: the sum of a period does not depend on the order of its rows.
        order.sort_unstable_by(|&a, &b| {
            let at = |i: usize| (demand.key()[i], period.index(demand.day()[i]));
            at(a).cmp(&at(b)).then(demand.units()[a].total_cmp(&demand.units()[b]))
        });
        let series = || order.chunk_by(|&a, &b| demand.key()[a] == demand.key()[b]);
        let start = |rows: &[usize]| period.index(demand.day()[rows[0]]);
        let length = |rows| periods_between(start(rows), end);
        if series().map(length).sum::<usize>() > MAX_VALUES {
            return Err(DataError::Overflow { name: "periods" });
        }
        let mut panel = Self::new(period);
        for rows in series() {
            let first = start(rows);
            let mut values = vec![0.0; length(rows)];
            for &row in rows {
                let at = period.index(demand.day()[row]);
                values[periods_between(first, at)] += demand.units()[row];
            }
            if values.iter().any(|v| !v.is_finite()) {
                return Err(DataError::Overflow { name: "units" });
            }
            panel.push(demand.key()[rows[0]], first, &values)?;
        }
        Ok(panel)
    }

    /// Adds a series with one value per period from period `first` on.
    ///
    /// # Errors
    /// [`DataError::Entry`] if `key` is not above the last key or a value is not finite,
    /// [`DataError::Overflow`] if a period number would not fit an `i32`.
    pub fn push(&mut self, key: u32, first: i32, values: &[f64]) -> Result<(), DataError> {
        if self.keys.last().is_some_and(|&last| key <= last) {
            return Err(DataError::entry("key", self.keys.len(), "above the last key", key));
        }
        check::all_finite("values", values)?;
        period_after(first, values.len())?;
        self.keys.push(key);
        self.first.push(first);
        self.values.extend_from_slice(values);
        self.observation.resize(self.values.len(), Observation::Observed);
        self.offsets.push(self.values.len());
        Ok(())
    }

    /// Says how the value of `key` in period `index` came about.
    ///
    /// # Errors
    /// [`ParamError`] if the panel has no series `key` or the series no such period.
    pub fn mark(&mut self, key: u32, index: i32, how: Observation) -> Result<(), ParamError> {
        let series = self
            .keys
            .binary_search(&key)
            .map_err(|_| ParamError::new("key", "a key of the panel", key))?;
        let range = self.offsets[series]..self.offsets[series + 1];
        usize::try_from(i64::from(index) - i64::from(self.first[series]))
            .ok()
            .and_then(|position| self.observation[range].get_mut(position))
            .map(|slot| *slot = how)
            .ok_or_else(|| ParamError::new("index", "a period of the series", index))
    }

    /// Gives every series a label, the levels of a hierarchy.
    ///
    /// # Errors
    /// [`DataError::Length`] unless there is one label per series.
    pub fn with_labels(mut self, name: &str, of: Vec<u32>) -> Result<Self, DataError> {
        check::same_len("of", &of, self.keys.len())?;
        self.labels.push(Labels { name: name.to_owned(), of });
        Ok(self)
    }

    /// The kind of its periods.
    #[must_use]
    pub const fn period(&self) -> Period {
        self.period
    }

    /// The keys, ascending.
    #[must_use]
    pub fn keys(&self) -> &[u32] {
        &self.keys
    }

    /// The labels given to the series.
    #[must_use]
    pub fn labels(&self) -> &[Labels] {
        &self.labels
    }

    /// The number of series.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The series of a key.
    #[must_use]
    pub fn get(&self, key: u32) -> Option<Series<'_>> {
        self.keys.binary_search(&key).ok().map(|i| self.series_at(i))
    }

    /// All series with their keys, keys ascending.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u32, Series<'_>)> {
        (0..self.keys.len()).map(|i| (self.keys[i], self.series_at(i)))
    }

    fn series_at(&self, i: usize) -> Series<'_> {
        let range = self.offsets[i]..self.offsets[i + 1];
        Series {
            period: self.period,
            first: self.first[i],
            values: &self.values[range.clone()],
            observation: &self.observation[range],
        }
    }
}

/// The longest series made from rows, 2,700 years of days: two rows, one of them with a
/// broken date, must not fill the memory.
const MAX_PERIODS: usize = 1_000_000;

/// The most values of a panel made from rows, 100,000 series of seven years of days: one
/// broken date lengthens every series.
const MAX_VALUES: usize = 1 << 28;

/// How many periods lie between two of them, the earlier one first.
fn periods_between(from: i32, to: i32) -> usize {
    usize::try_from(i64::from(to) - i64::from(from)).unwrap_or(0)
}

/// The period `count` after `first`, or an error if it has no number.
fn period_after(first: i32, count: usize) -> Result<i32, DataError> {
    i32::try_from(count)
        .ok()
        .and_then(|count| first.checked_add(count))
        .ok_or(DataError::Overflow { name: "periods" })
}

/// Forecast demand as quantiles: for each key, step ahead and level; and, where the
/// method gives it, of the demand added up from the first step to each step.
///
/// Quantiles are non-negative and never cross: a higher level never has a lower value.
/// Step 0 is the first period after the data. The quantile of a sum is not the sum of
/// the quantiles, so a reorder point needs [`cumulative`](Quantiles::cumulative).
///
/// # Examples
/// ```
/// use omni_core::Quantiles;
///
/// // One key, two steps, levels 50 % and 95 %.
/// let fan = Quantiles::new(vec![7], vec![0.5, 0.95], 2, vec![3.0, 8.0, 3.0, 9.0])?
///     .with_cumulative(vec![3.0, 8.0, 6.0, 13.0])?;
/// assert_eq!(fan.get(7, 1), Some(&[3.0, 9.0][..]));
/// assert_eq!(fan.cumulative(7, 2), Some(&[6.0, 13.0][..]));
/// # Ok::<(), omni_core::error::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize))]
pub struct Quantiles {
    keys: Vec<u32>,
    levels: Vec<f64>,
    horizon: usize,
    values: Vec<f64>,
    cumulative: Option<Vec<f64>>,
}

impl Quantiles {
    /// Takes the quantiles of each step: keys ascending, levels ascending in `(0, 1)`,
    /// `keys × horizon × levels` values, the levels of one step side by side.
    ///
    /// # Errors
    /// [`DataError::Entry`] if keys or levels do not ascend, or a value is negative, not
    /// finite or below the value of the level before it; [`DataError::Length`] if the
    /// number of values is another; [`DataError::TooShort`] without a level.
    pub fn new(
        keys: Vec<u32>,
        levels: Vec<f64>,
        horizon: usize,
        values: Vec<f64>,
    ) -> Result<Self, DataError> {
        check::levels("levels", &levels)?;
        if let Some(index) = keys.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(DataError::entry("keys", index + 1, "ascending", keys[index + 1]));
        }
        let quantiles = Self { keys, levels, horizon, values: Vec::new(), cumulative: None };
        quantiles.check_values("values", &values)?;
        Ok(Self { values, ..quantiles })
    }

    /// Adds the quantiles of the demand of steps `0..=h` together, shaped like the others.
    ///
    /// # Errors
    /// As [`new`](Self::new) for the values.
    pub fn with_cumulative(self, cumulative: Vec<f64>) -> Result<Self, DataError> {
        self.check_values("cumulative", &cumulative)?;
        Ok(Self { cumulative: Some(cumulative), ..self })
    }

    fn check_values(&self, name: &'static str, values: &[f64]) -> Result<(), DataError> {
        let expected = self
            .keys
            .len()
            .checked_mul(self.horizon)
            .and_then(|steps| steps.checked_mul(self.levels.len()))
            .ok_or(DataError::Overflow { name })?;
        check::same_len(name, values, expected)?;
        check::all_non_negative(name, values)?;
        let crossing =
            (1..values.len()).find(|&i| i % self.levels.len() != 0 && values[i] < values[i - 1]);
        match crossing {
            None => Ok(()),
            Some(i) => {
                let rule = "at least the value of the level below it";
                Err(DataError::entry(name, i, rule, values[i]))
            }
        }
    }

    /// The keys, ascending.
    #[must_use]
    pub fn keys(&self) -> &[u32] {
        &self.keys
    }

    /// The levels, ascending, in `(0, 1)`.
    #[must_use]
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// The number of steps ahead.
    #[must_use]
    pub const fn horizon(&self) -> usize {
        self.horizon
    }

    /// The quantiles of `key` at `step` (from 0), one per level.
    #[must_use]
    pub fn get(&self, key: u32, step: usize) -> Option<&[f64]> {
        self.row(&self.values, key, step)
    }

    /// The quantiles of the demand of `key` over the first `periods` steps together,
    /// one per level; `None` if `periods` is 0 or the method gave none.
    #[must_use]
    pub fn cumulative(&self, key: u32, periods: usize) -> Option<&[f64]> {
        self.row(self.cumulative.as_ref()?, key, periods.checked_sub(1)?)
    }

    fn row<'a>(&self, values: &'a [f64], key: u32, step: usize) -> Option<&'a [f64]> {
        let series = self.keys.binary_search(&key).ok()?;
        if step >= self.horizon {
            return None;
        }
        let start = (series * self.horizon + step) * self.levels.len();
        values.get(start..start + self.levels.len())
    }
}

read_by_fields! {
    Quantiles {
        keys: Vec<u32>,
        levels: Vec<f64>,
        horizon: usize,
        values: Vec<f64>,
        cumulative: Option<Vec<f64>>
    } => Self::new(keys, levels, horizon, values).and_then(|fan| match cumulative {
        Some(cumulative) => fan.with_cumulative(cumulative),
        None => Ok(fan),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_adds_up_per_period_and_runs_to_the_end() {
        let demand = Demand::new(&[3, 1, 3, 3], &[14, 0, 8, 14], &[1.0, 2.0, 4.0, 8.0]).unwrap();
        // Weeks that start on day 4 (Monday, 1970-01-05) and its neighbors.
        let panel = Panel::from_demand(Period::Week, &demand, -3..25).unwrap();
        assert_eq!(panel.keys(), [1, 3]);
        assert_eq!(panel.get(1).unwrap().values, [2.0, 0.0, 0.0, 0.0]);
        assert_eq!(
            (panel.get(3).unwrap().first, panel.get(3).unwrap().values),
            (1, &[4.0, 9.0, 0.0][..])
        );
        assert_eq!(panel.get(2), None);
    }

    #[test]
    fn rows_outside_and_broken_periods_are_errors() {
        let demand = Demand::new(&[0], &[30], &[1.0]).unwrap();
        let outside = Panel::from_demand(Period::Day, &demand, 0..30).unwrap_err();
        assert_eq!(outside, DataError::entry("day", 0, "within the observed days", 30_i32));
        assert!(Panel::from_demand(Period::Month, &demand, 0..40).is_err());
        let huge = Demand::new(&[0, 0], &[0, 0], &[f64::MAX, f64::MAX]).unwrap();
        assert_eq!(
            Panel::from_demand(Period::Day, &huge, 0..1),
            Err(DataError::Overflow { name: "units" })
        );
    }

    #[test]
    fn two_rows_far_apart_do_not_fill_the_memory() {
        let far = Panel::daily(&[0, 0], &[0, 2_000_000_000], &[1.0, 1.0]);
        assert_eq!(far, Err(DataError::Overflow { name: "periods" }));
        let longest = Panel::daily(&[0, 0], &[1, 1_000_000], &[1.0, 1.0]).unwrap();
        assert_eq!(longest.get(0).unwrap().values.len(), 1_000_000);
        assert!(Panel::daily(&[0, 0], &[0, 1_000_000], &[1.0, 1.0]).is_err());
    }

    #[test]
    fn a_position_beyond_the_series_is_an_error() {
        for position in [1, usize::MAX] {
            let series = TimeSeries::new(Period::Day, 0, vec![1.0]).unwrap();
            assert!(series.with_observation(position, Observation::Missing).is_err());
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let a = Panel::daily(&[0, 0, 0], &[5, 5, 5], &[0.1, 0.2, 0.3]).unwrap();
        let b = Panel::daily(&[0, 0, 0], &[5, 5, 5], &[0.3, 0.1, 0.2]).unwrap();
        assert_eq!(a, b);
        assert!(Panel::daily(&[], &[], &[]).unwrap().is_empty());
        assert!(Panel::daily(&[0], &[i32::MAX], &[1.0]).is_err());
    }

    #[test]
    fn a_stock_out_is_marked() {
        let mut panel = Panel::daily(&[7, 7], &[10, 12], &[1.0, 2.0]).unwrap();
        panel.mark(7, 11, Observation::Censored).unwrap();
        assert!(!panel.get(7).unwrap().is_complete());
        assert!(panel.mark(7, 13, Observation::Missing).is_err());
        assert!(panel.mark(7, 9, Observation::Missing).is_err());
        assert!(panel.mark(8, 11, Observation::Missing).is_err());
    }

    #[test]
    fn keys_of_a_panel_ascend_and_labels_fit() {
        let mut panel = Panel::new(Period::Day);
        panel.push(5, 0, &[1.0]).unwrap();
        assert!(panel.push(5, 0, &[1.0]).is_err());
        assert!(panel.push(6, i32::MAX, &[1.0]).is_err());
        assert!(panel.push(6, 0, &[f64::NAN]).is_err());
        assert!(panel.clone().with_labels("channel", vec![]).is_err());
        assert_eq!(panel.with_labels("channel", vec![2]).unwrap().labels()[0].of, [2]);
    }

    #[test]
    fn quantiles_refuse_what_cannot_be() {
        let make = |keys: &[u32], levels: &[f64], values: &[f64]| {
            Quantiles::new(keys.to_vec(), levels.to_vec(), 1, values.to_vec())
        };
        assert!(make(&[1, 2], &[0.5, 0.9], &[0.0, 1.0, 2.0, 2.0]).is_ok());
        assert!(make(&[2, 1], &[0.5], &[0.0, 1.0]).is_err());
        assert!(make(&[1], &[0.9, 0.5], &[0.0, 1.0]).is_err());
        assert!(make(&[1], &[], &[]).is_err());
        assert!(make(&[1], &[0.5, 0.9], &[1.0, 0.5]).is_err());
        assert!(make(&[1], &[0.5], &[-1.0]).is_err());
        assert!(make(&[1], &[0.5], &[f64::NAN]).is_err());
        assert!(make(&[1], &[0.5], &[]).is_err());
        let fan = make(&[1], &[0.5], &[1.0]).unwrap();
        assert_eq!((fan.get(1, 1), fan.get(2, 0), fan.cumulative(1, 1)), (None, None, None));
        assert!(fan.with_cumulative(vec![1.0, 2.0]).is_err());
    }
}
