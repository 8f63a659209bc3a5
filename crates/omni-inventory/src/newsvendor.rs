//! The newsvendor: how much to stock for one season when what is left loses value.
//!
//! ```text
//! ρ    = c_u/(c_u + c_o)               critical ratio
//! S*   = F⁻¹(ρ)                        the smallest S with F(S) ≥ ρ
//! C(S) = c_o·E(S − X)⁺ + c_u·E(X − S)⁺ expected cost
//! ```
//!
//! `c_u` is the underage cost of one unit short, `c_o` the overage cost of one unit left
//! over, `X` the demand of the season, `S` the stock level, both in units of stock. Any
//! [`Distribution`] will do: its module says what a call costs. The tail `1 − ρ` is kept
//! beside `ρ`, so a ratio of 1 − 1e-30 is still an exact question.
//!
//! With a price `r`, a purchase cost `c`, a salvage value `v` and, where they apply, a
//! holding cost `h` per unit left and a penalty `p` per unit short:
//!
//! ```text
//! c_u = r − c + p     c_o = c − v + h     profit = (r − c)·E X − C(S)
//! ```
//!
//! For stock that is reviewed every period and arrives `L` periods later, use the demand
//! of `L + 1` periods ([`ProtectionInterval`](crate::ProtectionInterval) with a review
//! period of 1) and costs per period.
//!
//! Source: Arrow, Harris & Marschak (1951), "Optimal inventory policy", Econometrica
//! 19(3), 250–272; Snyder & Shen (2019), Fundamentals of Supply Chain Theory, 4.3.

use crate::Error;
use crate::demand::{Distribution, Level};
use crate::error::{finite, positive};
use omni_core::check;
use omni_core::error::ParamError;

/// The best stock level for the cost of one unit short and of one unit left over.
///
/// # Errors
/// [`Error::Param`] unless both costs are positive and finite, [`Error::Unrepresentable`]
/// if the ratio of the costs, the level or its cost does not fit an `f64`.
///
/// # Examples
/// A unit short costs 0.70, a unit left over 0.18.
/// ```
/// use omni_inventory::{Distribution, newsvendor};
///
/// let best = newsvendor(0.70, 0.18, &Distribution::normal(50.0, 8.0)?)?;
/// assert_eq!(format!("{:.3}", best.base_stock_level), "56.604");
/// assert_eq!(format!("{:.3}", best.expected_cost), "1.998");
///
/// let sold = Distribution::empirical(&[3.0, 5.0, 4.0, 9.0])?;
/// assert_eq!(newsvendor(3.0, 1.0, &sold)?.base_stock_level, 5.0); // F(5) = 3/4
/// # Ok::<(), omni_inventory::Error>(())
/// ```
#[doc(alias("newsvendor_normal", "newsvendor_poisson", "newsvendor_discrete", "newsboy"))]
pub fn newsvendor(
    underage_cost: f64,
    overage_cost: f64,
    demand: &Distribution,
) -> Result<Newsvendor, Error> {
    check::positive("underage_cost", underage_cost)?;
    check::positive("overage_cost", overage_cost)?;
    let odds = positive("underage_cost / overage_cost", underage_cost / overage_cost)?;
    let level = Level {
        below: (1.0 + odds.recip()).recip(),
        above: positive("1 - critical_ratio", (1.0 + odds).recip())?,
    };
    positive("critical_ratio", level.below)?;
    let base_stock_level = demand.quantile_at(level)?;
    let expected_shortage = demand.loss(base_stock_level)?;
    let expected_leftover = demand.complementary_loss(base_stock_level)?;
    let cost = underage_cost * expected_shortage + overage_cost * expected_leftover;
    Ok(Newsvendor {
        base_stock_level,
        expected_cost: finite("expected_cost", cost)?,
        expected_shortage,
        expected_leftover,
        critical_ratio: level.below,
    })
}

/// The expected cost of any other stock level.
///
/// # Errors
/// As [`newsvendor`]; [`Error::Param`] unless `base_stock_level` is finite.
///
/// # Examples
/// ```
/// use omni_inventory::{Distribution, newsvendor, newsvendor_cost};
///
/// let demand = Distribution::poisson(18.0)?;
/// let best = newsvendor(270.0, 200.0, &demand)?;
/// assert_eq!(best.base_stock_level, 19.0);
/// assert!(newsvendor_cost(270.0, 200.0, &demand, 20.0)? > best.expected_cost);
/// # Ok::<(), omni_inventory::Error>(())
/// ```
#[doc(alias("newsvendor_normal_cost", "newsvendor_poisson_cost"))]
pub fn newsvendor_cost(
    underage_cost: f64,
    overage_cost: f64,
    demand: &Distribution,
    base_stock_level: f64,
) -> Result<f64, Error> {
    check::positive("underage_cost", underage_cost)?;
    check::positive("overage_cost", overage_cost)?;
    check::finite("base_stock_level", base_stock_level)?;
    let short = underage_cost * demand.loss(base_stock_level)?;
    finite("expected_cost", short + overage_cost * demand.complementary_loss(base_stock_level)?)
}

/// The best stock level and what comes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Newsvendor {
    /// The stock with the lowest expected cost, in units of stock.
    pub base_stock_level: f64,
    /// Expected cost of the season at that level.
    pub expected_cost: f64,
    /// Expected units short.
    pub expected_shortage: f64,
    /// Expected units left over.
    pub expected_leftover: f64,
    /// The probability with which the level should be enough.
    pub critical_ratio: f64,
}

/// Prices and costs of one unit, from which the costs of being short and of being left
/// with stock follow.
///
/// # Examples
/// Bought at 0.30, sold at 1, worth 0.12 afterwards.
/// ```
/// use omni_inventory::{Distribution, UnitEconomics};
///
/// let best = UnitEconomics::new(1.0, 0.30)
///     .with_salvage_value(0.12)
///     .newsvendor(&Distribution::normal(50.0, 8.0)?)?;
/// assert_eq!(format!("{:.2}", best.stock.base_stock_level), "56.60");
/// assert_eq!(format!("{:.3}", best.expected_profit), "33.002");
/// # Ok::<(), omni_inventory::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("newsvendor_normal_explicit", "newsvendor_poisson_explicit"))]
pub struct UnitEconomics {
    price: f64,
    purchase_cost: f64,
    salvage_value: f64,
    holding_cost: f64,
    stockout_cost: f64,
}

impl UnitEconomics {
    /// A unit bought for `purchase_cost` and sold for `price`, worth nothing afterwards.
    #[must_use]
    pub const fn new(price: f64, purchase_cost: f64) -> Self {
        Self { price, purchase_cost, salvage_value: 0.0, holding_cost: 0.0, stockout_cost: 0.0 }
    }

    /// What a unit left over still brings; below zero if its disposal costs money.
    #[must_use]
    pub const fn with_salvage_value(self, salvage_value: f64) -> Self {
        Self { salvage_value, ..self }
    }

    /// What holding a unit left over costs.
    #[must_use]
    pub const fn with_holding_cost(self, holding_cost: f64) -> Self {
        Self { holding_cost, ..self }
    }

    /// What a customer who goes without costs beyond the sale that is lost.
    #[must_use]
    pub const fn with_stockout_cost(self, stockout_cost: f64) -> Self {
        Self { stockout_cost, ..self }
    }

    /// The stock level with the highest expected profit.
    ///
    /// # Errors
    /// [`Error::Param`] unless all amounts are finite, `holding_cost` and `stockout_cost`
    /// non-negative, and both of these positive: what a unit short loses (price − purchase
    /// cost + stockout cost) and what a unit left over loses (purchase cost − salvage value
    /// + holding cost). Else as [`newsvendor`].
    ///
    /// # Examples
    /// ```
    /// use omni_inventory::{Distribution, UnitEconomics};
    ///
    /// let best = UnitEconomics::new(10.0, 6.0)
    ///     .with_stockout_cost(2.0)
    ///     .newsvendor(&Distribution::poisson(4.0)?)?;
    /// assert_eq!((best.stock.critical_ratio, best.stock.base_stock_level), (0.5, 4.0));
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn newsvendor(&self, demand: &Distribution) -> Result<ProfitableStock, Error> {
        let price = check::finite("price", self.price)?;
        let purchase_cost = check::finite("purchase_cost", self.purchase_cost)?;
        let salvage_value = check::finite("salvage_value", self.salvage_value)?;
        let holding_cost = check::non_negative("holding_cost", self.holding_cost)?;
        let stockout_cost = check::non_negative("stockout_cost", self.stockout_cost)?;
        let margin = price - purchase_cost;
        let underage_cost = margin + stockout_cost;
        let overage_cost = purchase_cost - salvage_value + holding_cost;
        if !(underage_cost > 0.0 && underage_cost.is_finite()) {
            let rule = "below price + stockout_cost, or no stock earns anything";
            return Err(ParamError::new("purchase_cost", rule, purchase_cost).into());
        }
        if !(overage_cost > 0.0 && overage_cost.is_finite()) {
            let rule = "below purchase_cost + holding_cost, or endless stock earns most";
            return Err(ParamError::new("salvage_value", rule, salvage_value).into());
        }
        let stock = newsvendor(underage_cost, overage_cost, demand)?;
        let expected_profit = margin * demand.mean() - stock.expected_cost;
        Ok(ProfitableStock { stock, expected_profit: finite("expected_profit", expected_profit)? })
    }
}

/// The stock level with the highest expected profit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ProfitableStock {
    /// The level and its cost against a season in which demand is known beforehand.
    pub stock: Newsvendor,
    /// Expected profit of the season at that level.
    pub expected_profit: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    #[test]
    fn a_ratio_near_one_keeps_its_tail() {
        let demand = Distribution::normal(0.0, 1.0).unwrap();
        // P(X > S) = 1/(1 + 1e30)
        let best = newsvendor(1e30, 1.0, &demand).unwrap();
        assert_eq!(best.critical_ratio, 1.0);
        assert_close!(demand.sf(best.base_stock_level).unwrap(), 1e-30, 1e-12);
        let mirrored = newsvendor(1.0, 1e30, &demand).unwrap();
        assert_eq!(mirrored.base_stock_level, -best.base_stock_level);
    }

    #[test]
    fn a_known_demand_costs_nothing() {
        let best = newsvendor(3.0, 2.0, &Distribution::normal(7.0, 0.0).unwrap()).unwrap();
        assert_eq!((best.base_stock_level, best.expected_cost), (7.0, 0.0));
    }

    #[test]
    fn the_tie_goes_to_the_smaller_level() {
        let demand = Distribution::empirical(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        for (under, over, level) in
            [(1.0, 1.0, 2.0), (3.0, 1.0, 3.0), (0.3, 0.1, 3.0), (1.0, 3.0, 1.0)]
        {
            let best = newsvendor(under, over, &demand).unwrap();
            assert_eq!(best.base_stock_level, level, "{under}:{over}");
            let cost = newsvendor_cost(under, over, &demand, level + 1.0).unwrap();
            assert_close!(cost, best.expected_cost, 1e-14);
        }
    }

    #[test]
    fn every_price_and_cost_counts() {
        // Nobody comes, or four do; by hand: what is earned in each case, and the mean of both.
        let demand = Distribution::empirical(&[0.0, 4.0]).unwrap();
        let unit = UnitEconomics::new(10.0, 6.0).with_salvage_value(3.0).with_stockout_cost(2.0);
        let held = unit.with_holding_cost(1.0).newsvendor(&demand).unwrap();
        assert_close!(held.stock.critical_ratio, 0.6, 1e-15); // 10 − 6 + 2 to 6 − 3 + 1
        assert_eq!(held.stock.base_stock_level, 4.0);
        assert_close!(held.expected_profit, f64::midpoint(4.0 * (3.0 - 6.0 - 1.0), 16.0), 1e-14);
        let dear = unit.with_holding_cost(20.0).newsvendor(&demand).unwrap();
        assert_close!(dear.stock.critical_ratio, 6.0 / 29.0, 1e-15);
        assert_eq!(dear.stock.base_stock_level, 0.0);
        assert_close!(dear.expected_profit, f64::midpoint(0.0, -2.0 * 4.0), 1e-14);
    }

    #[test]
    fn bad_costs_are_named() {
        let demand = Distribution::poisson(3.0).unwrap();
        let param = |name, rule, value: f64| Error::from(ParamError::new(name, rule, value));
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = param("underage_cost", "positive and finite", bad);
            assert_eq!(newsvendor(bad, 1.0, &demand), Err(error.clone()));
            assert_eq!(newsvendor_cost(bad, 1.0, &demand, 1.0), Err(error));
            let error = param("overage_cost", "positive and finite", bad);
            assert_eq!(newsvendor(1.0, bad, &demand), Err(error));
        }
        assert!(matches!(newsvendor(1e300, 1e-300, &demand), Err(Error::Unrepresentable { .. })));
        let error = UnitEconomics::new(5.0, 5.0).newsvendor(&demand).unwrap_err();
        assert!(error.to_string().starts_with("purchase_cost must be below price"), "{error}");
        let error = UnitEconomics::new(5.0, 2.0).with_salvage_value(2.0).newsvendor(&demand);
        assert!(error.unwrap_err().to_string().starts_with("salvage_value must be below"));
        let error = UnitEconomics::new(5.0, 2.0).with_holding_cost(-1.0).newsvendor(&demand);
        assert!(error.unwrap_err().to_string().starts_with("holding_cost must be non-neg"));
    }
}
