//! The economic order quantity, with its cost curve.
//!
//! ```text
//! C(q) = K·D/q + h·q/2                 cost per unit of time of ordering q each time
//! Q*   = √(2·D·K/h)                    the q with the lowest cost
//! C(Q*) = √(2·D·K·h) = h·Q*
//! C(q)/C(Q*) − 1 = (ρ − 1)²/(2ρ)       ρ = q/Q*: what another quantity costs
//! ```
//!
//! `D` is demand per unit of time, `K` the cost of one order whatever its size, `h` the
//! cost of holding one unit of stock for one unit of time. With `D` and `h` per year, the
//! cost is per year and the cycle time in years. O(1). The cost of other quantities is
//! taken from the last line: it loses no digits near `Q*` and does not overflow on the way.
//!
//! Source: Harris (1913), "How many parts to make at once", Factory, The Magazine of
//! Management 10(2), 135–136, 152.
//!
//! Limits: demand is constant and known, delivery is complete and at once, the price does
//! not depend on the quantity. The curve is flat: 20 % off `Q*` costs under 3 % more.

use crate::Error;
use crate::error::{finite, positive};
use omni_core::check;
use omni_core::error::ParamError;

/// The economic order quantity of a demand, a cost per order and a cost of holding one unit.
///
/// # Errors
/// [`Error::Param`] unless each argument is positive and finite, [`Error::Unrepresentable`]
/// if the quantity, the cost or the cycle does not fit an `f64`.
///
/// # Examples
/// 10,000 units a year, 200 per order, 10 to hold a unit for a year. The document this
/// project starts from prints 2000 for these inputs; its formula gives 632.46, and
/// ordering 2000 would cost 73.9 % more.
/// ```
/// let best = omni_inventory::eoq(10_000.0, 200.0, 10.0)?;
/// assert_eq!(format!("{:.2}", best.order_quantity), "632.46");
/// assert_eq!(best.whole_quantity()?, 632);
/// assert_eq!(format!("{:.1}", best.orders_per_time), "15.8");
/// assert_eq!(best.cost_at(2000.0)?.round(), 11_000.0);
/// assert_eq!(format!("{:.1} %", 100.0 * best.excess_at(2000.0)?), "73.9 %");
/// # Ok::<(), omni_inventory::Error>(())
/// ```
#[doc(alias("economic_order_quantity", "Wilson formula"))]
pub fn eoq(demand_rate: f64, order_cost: f64, holding_cost: f64) -> Result<Eoq, Error> {
    check::positive("demand_rate", demand_rate)?;
    check::positive("order_cost", order_cost)?;
    check::positive("holding_cost", holding_cost)?;
    let quantity = best_quantity(demand_rate, order_cost, holding_cost);
    let order_quantity = positive("order_quantity", quantity)?;
    Ok(Eoq {
        order_quantity,
        cost: positive("cost", holding_cost * order_quantity)?,
        orders_per_time: positive("orders_per_time", demand_rate / order_quantity)?,
        cycle_time: positive("cycle_time", order_quantity / demand_rate)?,
    })
}

/// `√(2·D·K/h)`; by single roots where the product under the root leaves the range of `f64`.
fn best_quantity(demand_rate: f64, order_cost: f64, holding_cost: f64) -> f64 {
    let setup = 2.0 * order_cost * demand_rate;
    let square = setup / holding_cost;
    if setup.is_normal() && square.is_normal() {
        return square.sqrt();
    }
    let mut roots = [order_cost.sqrt(), demand_rate.sqrt(), holding_cost.sqrt().recip()];
    roots.sort_by(f64::total_cmp);
    let [smallest, middle, largest] = roots;
    // The smallest and the largest together stay between the two.
    std::f64::consts::SQRT_2 * (smallest * largest) * middle
}

/// The best order quantity, what it costs, and what any other one would cost.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Eoq {
    /// The quantity with the lowest cost, in units of stock.
    pub order_quantity: f64,
    /// Cost of ordering and holding per unit of time at that quantity.
    pub cost: f64,
    /// Orders per unit of time: per year if demand is per year.
    pub orders_per_time: f64,
    /// Time from one order to the next, in units of time.
    pub cycle_time: f64,
}

impl Eoq {
    /// Cost of ordering and holding per unit of time if every order is for `quantity`.
    ///
    /// # Errors
    /// [`Error::Param`] unless `quantity` is positive and finite,
    /// [`Error::Unrepresentable`] if the cost does not fit an `f64`.
    ///
    /// # Examples
    /// ```
    /// let best = omni_inventory::eoq(100.0, 2.0, 4.0)?;
    /// assert_eq!((best.order_quantity, best.cost), (10.0, 40.0));
    /// assert_eq!(best.cost_at(20.0)?, 50.0);
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn cost_at(&self, quantity: f64) -> Result<f64, Error> {
        let excess = self.excess_at(quantity)?;
        finite("cost", self.cost + self.cost * excess)
    }

    /// What ordering `quantity` each time costs above the lowest cost, as a share of it:
    /// 0.25 for a quarter more.
    ///
    /// # Errors
    /// [`Error::Param`] unless `quantity` is positive and finite,
    /// [`Error::Unrepresentable`] if the share does not fit an `f64`.
    ///
    /// # Examples
    /// ```
    /// let best = omni_inventory::eoq(100.0, 2.0, 4.0)?;
    /// assert_eq!(best.excess_at(5.0)?, best.excess_at(20.0)?); // half as bad as double
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn excess_at(&self, quantity: f64) -> Result<f64, Error> {
        check::positive("quantity", quantity)?;
        let ratio = positive("quantity / order_quantity", quantity / self.order_quantity)?;
        let off = ratio - 1.0;
        finite("excess", off / ratio * off / 2.0)
    }

    /// The whole quantity with the lowest cost, at least one; of two that cost the same,
    /// the smaller.
    ///
    /// # Errors
    /// [`Error::Unrepresentable`] if it is 2⁵³ units or more, where an `f64` no longer
    /// tells one unit from the next.
    ///
    /// # Examples
    /// ```
    /// let best = omni_inventory::eoq(3.0, 1.0, 1.0)?; // √6: 2 and 3 cost the same
    /// assert_eq!(best.whole_quantity()?, 2);
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn whole_quantity(&self) -> Result<u64, Error> {
        const LIMIT: f64 = 9_007_199_254_740_992.0;
        if !(self.order_quantity > 0.0 && self.order_quantity < LIMIT) {
            return Err(Error::Unrepresentable { name: "whole_quantity" });
        }
        let below = self.order_quantity.floor().max(1.0);
        // C(n) <= C(n + 1) exactly if Q*² <= n(n + 1); the slack is the rounding of Q*.
        let even = below.sqrt() * (below + 1.0).sqrt();
        let whole = if self.order_quantity <= even * (1.0 + 4.0 * f64::EPSILON) {
            below
        } else {
            below + 1.0
        };
        whole_number("whole_quantity", whole).map_err(Error::from)
    }
}

/// A whole `f64` in `[0, 2⁵³]` as an integer.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked on the line above"
)]
fn whole_number(name: &'static str, value: f64) -> Result<u64, ParamError> {
    if (0.0..=9_007_199_254_740_992.0).contains(&value) {
        Ok(value as u64)
    } else {
        Err(ParamError::new(name, "in [0, 2^53]", value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    #[test]
    fn the_example_of_the_source_document() {
        let best = eoq(10_000.0, 200.0, 10.0).unwrap();
        assert_close!(best.order_quantity, 632.455_532_033_675_9, 1e-12);
        assert_close!(best.cost, 6_324.555_320_336_758, 1e-12);
        assert_close!(best.orders_per_time, 15.811_388_300_841_895, 1e-12);
        assert_close!(best.cycle_time * 365.0, 23.084_626_919_229_173, 1e-12);
        assert_close!(best.cost_at(632.0).unwrap(), 6_324.556_962_025_317, 1e-12);
        assert_close!(best.cost_at(633.0).unwrap(), 6_324.557_661_927_331, 1e-12);
        assert_close!(best.cost_at(2000.0).unwrap(), 11_000.0, 1e-12);
        assert_close!(best.excess_at(2000.0).unwrap(), 0.739_252_713_092_608_8, 1e-12);
        assert_eq!(best.whole_quantity(), Ok(632));
    }

    #[test]
    fn bad_arguments_are_named() {
        let bad = |name| move |v: f64| Error::from(ParamError::new(name, "positive and finite", v));
        for v in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(eoq(v, 1.0, 1.0), Err(bad("demand_rate")(v)));
            assert_eq!(eoq(1.0, v, 1.0), Err(bad("order_cost")(v)));
            assert_eq!(eoq(1.0, 1.0, v), Err(bad("holding_cost")(v)));
            assert_eq!(eoq(1.0, 1.0, 1.0).unwrap().cost_at(v), Err(bad("quantity")(v)));
        }
    }

    #[test]
    fn products_outside_the_range_do_not_spoil_the_root() {
        for (demand, order, holding, quantity) in [
            (1e200, 1e200, 1e150, 2.0_f64.sqrt() * 1e125),
            (1e-200, 1e-200, 1e-150, 2.0_f64.sqrt() * 1e-125),
            (1e300, 1e-300, 2e-8, 1e4),
            (1e300, 2e10, 1e6, 2e152),
            (1e-300, 2e-10, 1e-6, 2e-152),
        ] {
            let best = eoq(demand, order, holding).unwrap();
            assert_close!(best.order_quantity, quantity, 1e-14);
        }
        let unrepresentable = |name| Err(Error::Unrepresentable { name });
        assert_eq!(eoq(1e300, 1e300, 1e-300), unrepresentable("order_quantity"));
        assert_eq!(eoq(5e-324, 5e-324, 1e308), unrepresentable("order_quantity"));
        assert_eq!(eoq(1e308, 1e300, 1e308), unrepresentable("cost"));
    }

    #[test]
    fn whole_quantities_at_their_edges() {
        assert_eq!(eoq(1e-6, 1.0, 1.0).unwrap().whole_quantity(), Ok(1));
        assert_eq!(eoq(1e30, 1e30, 1.0).unwrap().whole_quantity().ok(), None);
        for n in [1.0_f64, 2.0, 9.0, 1000.0, 94_906_265.0] {
            // Q*² = n(n + 1): a tie, which the smaller wins.
            let tie = eoq(n * (n + 1.0) / 2.0, 1.0, 1.0).unwrap();
            assert_eq!(tie.whole_quantity().unwrap() as f64, n);
        }
    }
}
