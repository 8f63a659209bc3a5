//! What to order today: a forecast and the stock turned into a list with a reason per line.
//!
//! ```text
//! position = available + incoming
//! s = q_{L+R}(α)            must last until the order after the next review arrives
//! S = max(s, q_{L+R+C}(α))  and C periods more
//! position < s: order S − position, else nothing
//! ```
//!
//! `q_n(α)` is the quantile of the demand of the next `n` periods together at the service
//! level `α`, in units of stock, rounded up; `L` is the lead time, `R` the review period,
//! `C` the periods an order should last beyond them. This is the (R, s, S) policy with
//! both levels taken from the forecast, so that trend, season and spread are in them.
//! O(log keys + levels) per item, plus sorting the items.
//!
//! Source: Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply
//! Chains, 6.5 ((R, s, S) system).
//!
//! Limits: one supplier without minimum order, packs or price breaks, and one lead time
//! for all items of a call; items with another one go into a call of their own.

use crate::Error;
use crate::reorder_point::from_quantiles;
use omni_core::Quantiles;
use omni_core::error::{DataError, ParamError};
use std::fmt;

/// The stock of one item, in whole units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StockPosition {
    /// The item, by its key in the forecast.
    pub key: u32,
    /// What can be sold: on hand less reserved and unsellable; below zero if customers wait.
    pub available: i64,
    /// What is ordered and has not arrived.
    pub incoming: i64,
}

/// Settings: how sure, how soon, for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("(R, s, S)", "periodic review", "min-max"))]
pub struct Replenish {
    service_level: f64,
    lead_time: usize,
    review_period: usize,
    cover: usize,
}

impl Replenish {
    /// Stock shall last with probability `service_level`; an order takes `lead_time`
    /// periods to arrive and should last `cover` periods. Stock is reviewed every period.
    #[must_use]
    pub const fn new(service_level: f64, lead_time: usize, cover: usize) -> Self {
        Self { service_level, lead_time, review_period: 1, cover }
    }

    /// Periods from one review to the next, at least 1.
    #[must_use]
    pub const fn with_review_period(self, review_period: usize) -> Self {
        Self { review_period, ..self }
    }

    /// Decides for every item of `stock`; the result is sorted by key. An item without a
    /// forecast is in the list, with that as its reason.
    ///
    /// # Errors
    /// [`Error::Param`] if the service level is not in `(0, 1)`, the review period is 0, or
    /// lead time, review period and cover together exceed the horizon of the forecast;
    /// [`Error::OutsideLevels`] and [`Error::NoCumulative`] as
    /// [`from_quantiles`]; [`Error::Data`] if a key
    /// comes twice or its position overflows; [`Error::Unrepresentable`] if a level is not
    /// below 2⁵³ units.
    ///
    /// # Examples
    /// ```
    /// use omni_core::Quantiles;
    /// use omni_inventory::{Replenish, StockPosition};
    ///
    /// // Cumulative demand of item 7 at 50 % and 95 %, for one to four days.
    /// let days = vec![3.0, 8.0, 6.0, 13.0, 9.0, 17.5, 12.0, 21.0];
    /// let forecast = Quantiles::new(vec![7], vec![0.5, 0.95], 4, vec![3.0; 8])?
    ///     .with_cumulative(days)?;
    /// let stock = [StockPosition { key: 7, available: 4, incoming: 6 }];
    ///
    /// let plan = Replenish::new(0.95, 1, 2).plan(&forecast, &stock)?;
    /// assert_eq!(plan[0].order_quantity, 11);
    /// assert_eq!(plan[0].to_string(), "position 10 is below the reorder point 13: order 11");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn plan(
        &self,
        forecast: &Quantiles,
        stock: &[StockPosition],
    ) -> Result<Vec<Replenishment>, Error> {
        omni_core::check::probability("service_level", self.service_level)?;
        omni_core::check::at_least_one("review_period", self.review_period)?;
        let protected = self.lead_time.saturating_add(self.review_period);
        let covered = protected.saturating_add(self.cover);
        if covered > forecast.horizon() {
            let name = "lead_time + review_period + cover";
            return Err(
                ParamError::new(name, "at most the horizon of the forecast", covered).into()
            );
        }
        let mut rows: Vec<(usize, &StockPosition)> = stock.iter().enumerate().collect();
        rows.sort_unstable_by_key(|&(index, row)| (row.key, index));
        let mut last = None;
        let mut plan = Vec::with_capacity(rows.len());
        for (index, row) in rows {
            if last == Some(row.key) {
                let rule = "an item that did not come before";
                return Err(DataError::entry("stock", index, rule, row.key).into());
            }
            last = Some(row.key);
            let position = row
                .available
                .checked_add(row.incoming)
                .ok_or(DataError::Overflow { name: "available + incoming" })?;
            if forecast.keys().binary_search(&row.key).is_err() {
                plan.push(Replenishment {
                    key: row.key,
                    position,
                    reorder_point: None,
                    order_quantity: 0,
                    why: Why::NoForecast,
                });
                continue;
            }
            let level = |periods| {
                from_quantiles(forecast, row.key, periods, self.service_level).and_then(whole_units)
            };
            let reorder_point = level(protected)?;
            let (order_quantity, why) = if position < reorder_point {
                let up_to = level(covered)?.max(reorder_point);
                let quantity = up_to
                    .checked_sub(position)
                    .ok_or(DataError::Overflow { name: "order_quantity" })?;
                (quantity, Why::BelowReorderPoint)
            } else {
                (0, Why::Enough)
            };
            plan.push(Replenishment {
                key: row.key,
                position,
                reorder_point: Some(reorder_point),
                order_quantity,
                why,
            });
        }
        Ok(plan)
    }
}

/// A level rounded up to whole units; what is above a whole number by rounding only is not.
fn whole_units(level: f64) -> Result<i64, Error> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    let units = (level * (1.0 - 1e-12)).ceil();
    if units.is_nan() || units.abs() >= LIMIT {
        return Err(Error::Unrepresentable { name: "stock level" });
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53, see above")]
    let units = units as i64;
    Ok(units)
}

/// Why an item is ordered or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Why {
    /// The position would not last until the order after the next one arrives.
    BelowReorderPoint,
    /// The position lasts.
    Enough,
    /// The forecast does not know the item: a person must decide.
    NoForecast,
}

/// The decision for one item. Prints as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Replenishment {
    /// The item.
    pub key: u32,
    /// Available and incoming units.
    pub position: i64,
    /// Order below this position; `None` without a forecast.
    pub reorder_point: Option<i64>,
    /// Units to order today, 0 for none.
    pub order_quantity: i64,
    /// Why.
    pub why: Why,
}

impl fmt::Display for Replenishment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, order_quantity, .. } = self;
        match (self.why, self.reorder_point) {
            (Why::BelowReorderPoint, Some(point)) => {
                write!(
                    f,
                    "position {position} is below the reorder point {point}: order {order_quantity}"
                )
            }
            (Why::Enough, Some(point)) => {
                write!(f, "position {position} covers the reorder point {point}: nothing to order")
            }
            _ => write!(f, "position {position}, no forecast: decide by hand"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast() -> Quantiles {
        // Keys 2 and 5, two levels, three periods.
        let cumulative = vec![1.0, 4.0, 2.0, 6.0, 3.0, 9.0, 0.0, 0.2, 0.0, 0.3, 0.0, 0.5];
        Quantiles::new(vec![2, 5], vec![0.5, 0.9], 3, vec![1.0; 12])
            .and_then(|q| q.with_cumulative(cumulative))
            .unwrap()
    }

    fn stock(key: u32, available: i64, incoming: i64) -> StockPosition {
        StockPosition { key, available, incoming }
    }

    #[test]
    fn each_line_says_why() {
        let rows = [stock(9, 3, 0), stock(5, -2, 1), stock(2, 2, 4)];
        let plan = Replenish::new(0.9, 1, 1).plan(&forecast(), &rows).unwrap();
        let lines: Vec<_> = plan.iter().map(|l| (l.key, l.order_quantity, l.to_string())).collect();
        assert_eq!(
            lines,
            [
                (2, 0, "position 6 covers the reorder point 6: nothing to order".into()),
                (5, 2, "position -1 is below the reorder point 1: order 2".into()),
                (9, 0, "position 3, no forecast: decide by hand".into()),
            ]
        );
    }

    #[test]
    fn the_review_period_and_the_cover_count() {
        let quantity = |settings: Replenish, available| {
            settings.plan(&forecast(), &[stock(2, available, 0)]).unwrap()[0].order_quantity
        };
        assert_eq!(quantity(Replenish::new(0.9, 0, 0), 3), 1);
        assert_eq!(quantity(Replenish::new(0.9, 0, 2), 3), 6);
        assert_eq!(quantity(Replenish::new(0.9, 0, 2), 4), 0);
        assert_eq!(quantity(Replenish::new(0.9, 0, 0).with_review_period(3), 4), 5);
    }

    #[test]
    fn a_longer_time_never_asks_for_less() {
        // Some forecasts fall from one period to the next; the reorder point must be reached.
        let forecast = Quantiles::new(vec![2], vec![0.9], 2, vec![1.0; 2])
            .and_then(|q| q.with_cumulative(vec![6.0, 4.0]))
            .unwrap();
        let plan = Replenish::new(0.9, 0, 1).plan(&forecast, &[stock(2, 1, 0)]).unwrap();
        assert_eq!((plan[0].reorder_point, plan[0].order_quantity), (Some(6), 5));
    }

    #[test]
    fn settings_and_rows_are_checked() {
        let plan = |settings: Replenish, rows: &[StockPosition]| {
            settings.plan(&forecast(), rows).unwrap_err()
        };
        let good = Replenish::new(0.9, 1, 1);
        let error = plan(Replenish::new(f64::NAN, 1, 1), &[]);
        assert_eq!(error, ParamError::new("service_level", "in (0, 1)", f64::NAN).into());
        let error = plan(good.with_review_period(0), &[]);
        assert_eq!(error, ParamError::new("review_period", "at least 1", 0_usize).into());
        for horizon in [4, usize::MAX] {
            let error = plan(Replenish::new(0.9, horizon - 1, 0), &[]);
            let name = "lead_time + review_period + cover";
            let rule = "at most the horizon of the forecast";
            assert_eq!(error, ParamError::new(name, rule, horizon).into());
        }
        let rule = "an item that did not come before";
        let error = plan(good, &[stock(2, 1, 1), stock(5, 1, 1), stock(2, 1, 1)]);
        assert_eq!(error, DataError::entry("stock", 2, rule, 2_u32).into());
        let error = plan(good, &[stock(2, i64::MAX, 1)]);
        assert_eq!(error, DataError::Overflow { name: "available + incoming" }.into());
        let error = plan(good, &[stock(2, i64::MIN, 0)]);
        assert_eq!(error, DataError::Overflow { name: "order_quantity" }.into());
        assert!(matches!(
            plan(Replenish::new(0.95, 1, 1), &[stock(2, 0, 0)]),
            Error::OutsideLevels { .. }
        ));
    }

    #[test]
    fn whole_units_round_up_but_not_for_rounding() {
        for (level, units) in
            [(0.0, 0), (0.2, 1), (13.0, 13), (13.000_000_000_001, 13), (13.01, 14)]
        {
            assert_eq!(whole_units(level), Ok(units));
        }
        for level in [1e16, 1e300] {
            assert_eq!(whole_units(level), Err(Error::Unrepresentable { name: "stock level" }));
        }
    }
}
