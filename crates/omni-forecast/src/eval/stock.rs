//! What a forecast costs in the warehouse: stock held, demand not met, and the measures of
//! how an error builds up.
//!
//! ```text
//! each period t   1. what was ordered L periods ago arrives
//!                 2. every R periods: order S_t − (on hand + on order − owed), if positive
//!                 3. demand y_t is met from stock; the rest is lost, or owed and met first
//!                 4. holding costs c_h per unit left, shortage c_s per unit not met in time
//! fill rate       share of demand met from stock in its period
//! cycle service   share of review cycles (R periods) without a unit short
//!
//! CFE = Σ_t (f_t − y_t)                   cumulative error: above zero is stock built up
//! PIS = Σ_t Σ_{i≤t} (f_i − y_i)           units times periods in stock (below zero: missing)
//! ```
//!
//! `S_t` is the order-up-to level: the service-level quantile of demand over the lead time
//! and the review period, L + R periods, which cumulative quantiles give. A forecast is
//! good if little stock meets much demand; a sharp quantile is what does that. The
//! simulation starts with the first level on hand. O(n) time.
//!
//! Sources: Silver, Pyke & Thomas (2017), "Inventory and Production Management in Supply
//! Chains", 4th edition, chapter 6 (periodic review, order up to); Wallström & Segerstedt
//! (2010), "Evaluation of forecasting error measurements and techniques for intermittent
//! demand", International Journal of Production Economics 128(2), 625–636 (periods in
//! stock; their signs are the opposite).
//!
//! Limits: one item at one place, whole lead times, no minimum order and no capacity.
//! Demand of stock-out periods must be the demand, not what was sold.

use crate::Error;
use crate::moments::finite;
use omni_core::check;
use omni_core::error::DataError;

/// Settings of an order-up-to simulation; checked when it runs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OrderUpTo {
    lead_time: usize,
    review: usize,
    holding_cost: f64,
    shortage_cost: f64,
    backorders: bool,
    warm_up: usize,
}

impl OrderUpTo {
    /// Orders every period; goods arrive `lead_time` periods later (0: before the demand of
    /// the same period). `holding_cost` is per unit and period, `shortage_cost` per unit not
    /// met in time. What is not met is lost.
    #[must_use]
    pub const fn new(lead_time: usize, holding_cost: f64, shortage_cost: f64) -> Self {
        Self { lead_time, review: 1, holding_cost, shortage_cost, backorders: false, warm_up: 0 }
    }

    /// Orders only every `review` periods, at least 1.
    #[must_use]
    pub const fn with_review(self, review: usize) -> Self {
        Self { review, ..self }
    }

    /// Keeps what is not met as owed instead of losing it.
    #[must_use]
    pub const fn with_backorders(self) -> Self {
        Self { backorders: true, ..self }
    }

    /// Leaves the first `periods` out of the report.
    #[must_use]
    pub const fn with_warm_up(self, periods: usize) -> Self {
        Self { warm_up: periods, ..self }
    }

    /// How many periods of demand an order-up-to level must cover.
    #[must_use]
    pub const fn protection(&self) -> usize {
        self.lead_time.saturating_add(self.review)
    }

    /// Simulates `demand` with an order-up-to level per period.
    ///
    /// # Errors
    /// [`Error::Param`] if `review` is 0 or a cost is negative or not finite; [`Error::Data`]
    /// if the lengths differ, an entry is negative or not finite, no period is left after
    /// the warm-up, or a total overflows.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::eval::OrderUpTo;
    ///
    /// // Goods ordered in one period arrive in the next; two units cover both.
    /// let policy = OrderUpTo::new(1, 0.1, 5.0);
    /// let report = policy.run(&[1.0, 0.0, 3.0, 0.0], &[2.0; 4])?;
    /// assert_eq!((report.short, report.fill_rate), (1.0, Some(0.75)));
    /// assert_eq!(report.cycle_service, 0.75);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn run(&self, demand: &[f64], levels: &[f64]) -> Result<StockReport, Error> {
        check::same_len("levels", levels, demand.len())?;
        check::all_non_negative("levels", levels)?;
        self.simulate(demand, |t| Ok(levels.get(t).copied().unwrap_or_default()))
    }

    /// Simulates the periods of `demand` from `start` on, asking for a level at every review
    /// with all demand before it, and nothing after it.
    ///
    /// # Errors
    /// As [`run`](Self::run); what `level` returns if it fails; [`Error::Data`] if a level is
    /// negative or not finite.
    ///
    /// # Examples
    /// A forecast made anew at every review, with one and a half times the mean as stock:
    /// ```
    /// use omni_forecast::eval::OrderUpTo;
    /// use omni_forecast::intermittent::Croston;
    ///
    /// let demand: Vec<f64> = (0..60).map(|t| f64::from(t % 3)).collect();
    /// let policy = OrderUpTo::new(2, 0.1, 5.0);
    /// let report = policy.run_with(&demand, 20, |past| {
    ///     Ok(1.5 * policy.protection() as f64 * Croston::sba(0.1).fit(past)?.mean())
    /// })?;
    /// assert_eq!(report.periods, 40);
    /// assert!(report.fill_rate.is_some_and(|rate| rate > 0.9));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn run_with(
        &self,
        demand: &[f64],
        start: usize,
        mut level: impl FnMut(&[f64]) -> Result<f64, Error>,
    ) -> Result<StockReport, Error> {
        check::min_len("demand", demand, start.saturating_add(1))?;
        check::all_non_negative("demand", demand)?;
        let (_, future) = demand.split_at(start);
        self.simulate(future, |t| {
            let level = level(demand.get(..start + t).unwrap_or_default())?;
            if level >= 0.0 && level.is_finite() {
                Ok(level)
            } else {
                let rule = "non-negative and finite";
                Err(DataError::entry("levels", t, rule, level).into())
            }
        })
    }

    fn simulate(
        &self,
        demand: &[f64],
        mut level: impl FnMut(usize) -> Result<f64, Error>,
    ) -> Result<StockReport, Error> {
        check::at_least_one("review", self.review)?;
        check::non_negative("holding_cost", self.holding_cost)?;
        check::non_negative("shortage_cost", self.shortage_cost)?;
        check::all_non_negative("demand", demand)?;
        check::min_len("demand", demand, self.warm_up.saturating_add(1))?;
        // What arrives in each period to come; orders beyond the end never matter.
        let mut arriving = vec![0.0; demand.len()];
        let (mut on_hand, mut on_order, mut owed) = (0.0, 0.0, 0.0);
        let mut seen = StockReport::default();
        let (mut held, mut cycles, mut served, mut clean) = (0.0, 0_usize, 0_usize, true);
        let mut counted_cycle = false;
        for (t, &demand_now) in demand.iter().enumerate() {
            on_hand += arriving[t];
            on_order -= arriving[t];
            if t % self.review == 0 {
                let target = level(t)?;
                if t == 0 {
                    on_hand = target;
                }
                let order: f64 = target - (on_hand + on_order - owed);
                if order > 0.0 && t > 0 {
                    seen.orders += usize::from(t >= self.warm_up);
                    if self.lead_time == 0 {
                        on_hand += order;
                    } else {
                        on_order += order;
                        if let Some(slot) = arriving.get_mut(t.saturating_add(self.lead_time)) {
                            *slot += order;
                        }
                    }
                }
                (clean, counted_cycle) = (true, t >= self.warm_up);
            }
            let paid = f64::min(on_hand, owed);
            on_hand -= paid;
            owed -= paid;
            let sold = f64::min(on_hand, demand_now);
            on_hand -= sold;
            let short = demand_now - sold;
            if self.backorders {
                owed += short;
            }
            clean &= short == 0.0;
            if t >= self.warm_up {
                seen.periods += 1;
                seen.demand += demand_now;
                seen.short += short;
                seen.periods_short += usize::from(short > 0.0);
                held += on_hand;
            }
            // A cycle cut by the end still counts: what it saw is known.
            let ends = (t + 1).is_multiple_of(self.review) || t + 1 == demand.len();
            if ends && counted_cycle {
                cycles += 1;
                served += usize::from(clean);
            }
        }
        seen.average_stock = finite("demand", held / seen.periods as f64)?;
        seen.cycle_service = if cycles == 0 { 1.0 } else { served as f64 / cycles as f64 };
        finite("demand", seen.demand)?;
        seen.fill_rate = (seen.demand > 0.0).then(|| 1.0 - seen.short / seen.demand);
        seen.holding = finite("demand", self.holding_cost * held)?;
        seen.shortage = finite("demand", self.shortage_cost * seen.short)?;
        seen.cost = finite("demand", seen.holding + seen.shortage)?;
        Ok(seen)
    }
}

/// What an [`OrderUpTo`] simulation saw.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct StockReport {
    /// Periods counted.
    pub periods: usize,
    /// Their demand, in units.
    pub demand: f64,
    /// Units not met in their period: lost, or owed for a while.
    pub short: f64,
    /// Periods with a unit short.
    pub periods_short: usize,
    /// Share of demand met from stock in its period; `None` without demand.
    pub fill_rate: Option<f64>,
    /// Share of review cycles without a unit short; 1 if none began after the warm-up.
    pub cycle_service: f64,
    /// Mean stock at the end of a period, in units.
    pub average_stock: f64,
    /// Orders placed.
    pub orders: usize,
    /// Cost of holding stock.
    pub holding: f64,
    /// Cost of shortage.
    pub shortage: f64,
    /// Both together.
    pub cost: f64,
}

/// The error added up: the units by which stock would have grown, had each forecast been
/// ordered; below zero if it would have shrunk.
///
/// # Errors
/// [`Error::Data`] if the lengths differ or are 0, an entry is not finite, or the sum overflows.
///
/// # Examples
/// ```
/// use omni_forecast::eval::{cumulative_error, periods_in_stock};
///
/// let (actual, forecast) = ([0.0, 0.0, 3.0], [1.0, 1.0, 1.0]);
/// assert_eq!(cumulative_error(&actual, &forecast)?, 0.0);
/// // One unit lay for a period, then two; then all were gone.
/// assert_eq!(periods_in_stock(&actual, &forecast)?, 3.0);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn cumulative_error(actual: &[f64], forecast: &[f64]) -> Result<f64, Error> {
    running(actual, forecast).map(|(error, _)| error)
}

/// The cumulative error added up over the periods, in units times periods: what lay in
/// stock, and for how long. It tells early from late, which the error does not.
///
/// # Errors
/// As [`cumulative_error`].
pub fn periods_in_stock(actual: &[f64], forecast: &[f64]) -> Result<f64, Error> {
    running(actual, forecast).map(|(_, periods)| periods)
}

fn running(actual: &[f64], forecast: &[f64]) -> Result<(f64, f64), Error> {
    check::min_len("actual", actual, 1)?;
    check::same_len("forecast", forecast, actual.len())?;
    check::all_finite("actual", actual)?;
    check::all_finite("forecast", forecast)?;
    let (mut error, mut periods) = (0.0, 0.0);
    for (y, f) in actual.iter().zip(forecast) {
        error += f - y;
        periods += error;
    }
    Ok((finite("forecast", error)?, finite("forecast", periods)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_by_hand() {
        // Lead time 1, up to 4: on hand after demand 3, 0, 2, 4.
        //  t  arrives  hand  order  demand  left  short
        //  0     –       4     –      1       3      0
        //  1     0       3     1      5       0      2
        //  2     1       1     3      1       0      0      (1 arrives, 3 ordered)
        //  3     3       3     1      0       3      0
        let report = OrderUpTo::new(1, 1.0, 10.0).run(&[1.0, 5.0, 1.0, 0.0], &[4.0; 4]).unwrap();
        assert_eq!((report.short, report.periods_short, report.orders), (2.0, 1, 3));
        assert_eq!((report.holding, report.shortage, report.cost), (6.0, 20.0, 26.0));
        assert_eq!((report.average_stock, report.cycle_service), (1.5, 0.75));
        // Owed instead of lost: the 2 are delivered first.
        //  2     1       1     5      1       0      1      (1 pays one of the two owed)
        //  3     5       5     …      0       3             (2 owed)
        let owed = OrderUpTo::new(1, 1.0, 10.0).with_backorders();
        let report = owed.run(&[1.0, 5.0, 1.0, 0.0], &[4.0; 4]).unwrap();
        assert_eq!((report.short, report.periods_short), (3.0, 2));
        assert_eq!(report.holding, 3.0 + 0.0 + 0.0 + 3.0);
    }

    #[test]
    fn without_lead_time_a_level_of_demand_is_enough() {
        let demand = [3.0, 0.0, 7.0, 2.0, 7.0];
        let report = OrderUpTo::new(0, 1.0, 1.0).run(&demand, &[7.0; 5]).unwrap();
        assert_eq!((report.fill_rate, report.cycle_service), (Some(1.0), 1.0));
        assert_eq!(report.average_stock, (4.0 + 7.0 + 0.0 + 5.0 + 0.0) / 5.0);
    }

    #[test]
    fn cycles_are_those_of_the_review() {
        let policy = OrderUpTo::new(0, 1.0, 1.0).with_review(2);
        // 2 units for two periods each: the second cycle runs out.
        let report = policy.run(&[1.0, 1.0, 2.0, 1.0, 0.0], &[2.0; 5]).unwrap();
        assert_eq!((report.cycle_service, report.orders), (2.0 / 3.0, 2));
        assert_eq!(policy.protection(), 2);
        let warm = policy.with_warm_up(4).run(&[1.0, 1.0, 2.0, 1.0, 0.0], &[2.0; 5]).unwrap();
        assert_eq!((warm.periods, warm.cycle_service, warm.fill_rate), (1, 1.0, None));
        let half = policy.with_warm_up(3).run(&[1.0, 1.0, 2.0, 1.0], &[2.0; 4]).unwrap();
        assert_eq!((half.periods, half.cycle_service), (1, 1.0));
    }

    #[test]
    fn what_comes_in_and_goes_out_balances() {
        use omni_core::rng;
        let mut stream = rng::stream(1, 0);
        let demand: Vec<f64> = (0..500).map(|_| rng::below(&mut stream, 5) as f64).collect();
        let mut before = f64::INFINITY;
        for level in [2.0, 6.0, 12.0, 20.0] {
            for policy in
                [OrderUpTo::new(3, 1.0, 9.0), OrderUpTo::new(3, 1.0, 9.0).with_backorders()]
            {
                let report = policy.run(&demand, &vec![level; 500]).unwrap();
                assert!(report.average_stock <= level && report.short <= report.demand);
                assert!(report.fill_rate.is_some_and(|rate| (0.0..=1.0).contains(&rate)));
            }
            let short = OrderUpTo::new(3, 1.0, 9.0).run(&demand, &vec![level; 500]).unwrap().short;
            assert!(short <= before);
            before = short;
        }
    }

    #[test]
    fn the_level_is_asked_with_the_past_only() {
        let demand = [1.0, 2.0, 3.0, 4.0, 5.0];
        let mut asked = Vec::new();
        let policy = OrderUpTo::new(1, 1.0, 1.0).with_review(2);
        policy
            .run_with(&demand, 2, |past| {
                asked.push(past.to_vec());
                Ok(9.0)
            })
            .unwrap();
        assert_eq!(asked, [vec![1.0, 2.0], vec![1.0, 2.0, 3.0, 4.0]]);
        let bad = policy.run_with(&demand, 2, |_| Ok(f64::NAN)).unwrap_err().to_string();
        assert_eq!(bad, "levels[0] must be non-negative and finite, got NaN");
        assert_eq!(policy.run_with(&demand, 2, |_| Err(Error::NoDemand)), Err(Error::NoDemand));
    }

    #[test]
    fn errors() {
        let policy = OrderUpTo::new(1, 1.0, 1.0);
        assert!(policy.run(&[], &[]).is_err());
        assert!(policy.run(&[1.0], &[]).is_err());
        assert!(policy.run(&[-1.0], &[1.0]).is_err());
        assert!(policy.run(&[1.0], &[f64::INFINITY]).is_err());
        assert!(policy.with_review(0).run(&[1.0], &[1.0]).is_err());
        assert!(policy.with_warm_up(usize::MAX).run(&[1.0], &[1.0]).is_err());
        assert!(OrderUpTo::new(1, f64::NAN, 1.0).run(&[1.0], &[1.0]).is_err());
        assert!(policy.run_with(&[1.0], usize::MAX, |_| Ok(1.0)).is_err());
        assert!(OrderUpTo::new(usize::MAX, 1.0, 1.0).run(&[1.0, 2.0], &[1.0, 5.0]).is_ok());
        assert!(policy.run(&[f64::MAX, f64::MAX], &[0.0, 0.0]).is_err());
        assert!(cumulative_error(&[], &[]).is_err());
        assert!(periods_in_stock(&[f64::MIN, 0.0], &[f64::MAX, 0.0]).is_err());
    }
}
