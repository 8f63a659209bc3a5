//! Ratios with a number that no ledger of orders holds.
//!
//! ```text
//! conversion rate            = orders / visits
//! customer acquisition cost  = marketing spend / new customers
//! return on ad spend         = revenue / marketing spend
//! marketing cost ratio       = marketing spend / revenue
//! inventory turnover         = cost of goods sold / average inventory at cost
//! days inventory outstanding = days · average inventory at cost / cost of goods sold
//! GMROI                      = (revenue − cost of goods sold) / average inventory at cost
//! sell-through               = units sold / units received
//! ```
//!
//! Money is in minor units of one currency, and both numbers of a ratio are of the same
//! days. Every ratio is `None` unless its denominator is positive. O(1).
//!
//! Limits: nothing is annualized. The turnover of 30 days is about a twelfth of that of
//! a year.

/// `numerator / denominator`, `None` unless the denominator is positive.
pub(super) fn ratio(numerator: i128, denominator: i128) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

/// Orders per visit.
///
/// # Examples
/// ```
/// use omni_metrics::kpi::conversion_rate;
///
/// assert_eq!(conversion_rate(7, 350), Some(0.02));
/// assert_eq!(conversion_rate(0, 0), None); // a channel that counts no visits
/// ```
#[must_use]
pub fn conversion_rate(orders: u64, visits: u64) -> Option<f64> {
    ratio(orders.into(), visits.into())
}

/// Marketing spend per new customer, in minor units.
///
/// # Examples
/// ```
/// use omni_metrics::kpi::customer_acquisition_cost;
///
/// assert_eq!(customer_acquisition_cost(9000, 4), Some(2250.0));
/// ```
#[must_use]
pub fn customer_acquisition_cost(marketing_spend: i64, new_customers: u64) -> Option<f64> {
    ratio(marketing_spend.into(), new_customers.into())
}

/// Revenue per unit of marketing spend: all revenue, whether marketing caused it or not.
///
/// # Examples
/// ```
/// use omni_metrics::kpi::return_on_ad_spend;
///
/// assert_eq!(return_on_ad_spend(60_000, 10_000), Some(6.0));
/// ```
#[must_use]
pub fn return_on_ad_spend(revenue: i64, marketing_spend: i64) -> Option<f64> {
    ratio(revenue.into(), marketing_spend.into())
}

/// Marketing spend per unit of revenue.
///
/// # Examples
/// ```
/// use omni_metrics::kpi::marketing_cost_ratio;
///
/// assert_eq!(marketing_cost_ratio(9_000, 60_000), Some(0.15));
/// ```
#[must_use]
pub fn marketing_cost_ratio(marketing_spend: i64, revenue: i64) -> Option<f64> {
    ratio(marketing_spend.into(), revenue.into())
}

/// How often the stock was sold in the days of `cost`: cost of goods sold / average
/// inventory at cost.
///
/// # Examples
/// ```
/// use omni_metrics::kpi::inventory_turnover;
///
/// assert_eq!(inventory_turnover(38_600, 25_000), Some(1.544));
/// ```
#[must_use]
pub fn inventory_turnover(cost: i64, average_inventory: i64) -> Option<f64> {
    ratio(cost.into(), average_inventory.into())
}

/// For how many days the average stock lasts at the pace of `cost` in `days`.
///
/// # Examples
/// ```
/// use omni_metrics::kpi::days_inventory_outstanding;
///
/// assert_eq!(days_inventory_outstanding(30, 25_000, 50_000), Some(15.0));
/// ```
#[must_use]
pub fn days_inventory_outstanding(days: u32, average_inventory: i64, cost: i64) -> Option<f64> {
    ratio(i128::from(days) * i128::from(average_inventory), cost.into())
}

/// Gross margin return on inventory: gross profit per unit of money in the stock.
///
/// # Examples
/// ```
/// use omni_metrics::kpi::gmroi;
///
/// assert_eq!(gmroi(60_000, 38_600, 25_000), Some(0.856));
/// ```
#[must_use]
pub fn gmroi(revenue: i64, cost: i64, average_inventory: i64) -> Option<f64> {
    ratio(i128::from(revenue) - i128::from(cost), average_inventory.into())
}

/// The share of the units received that was sold.
///
/// # Examples
/// ```
/// use omni_metrics::kpi::sell_through;
///
/// assert_eq!(sell_through(15, 40), Some(0.375));
/// ```
#[must_use]
pub fn sell_through(units: i64, units_received: i64) -> Option<f64> {
    ratio(units.into(), units_received.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ratio_without_a_positive_denominator() {
        for none in [0, -1, i64::MIN] {
            assert_eq!(return_on_ad_spend(1, none), None);
            assert_eq!(marketing_cost_ratio(1, none), None);
            assert_eq!(inventory_turnover(1, none), None);
            assert_eq!(days_inventory_outstanding(1, 1, none), None);
            assert_eq!(gmroi(1, 0, none), None);
            assert_eq!(sell_through(1, none), None);
        }
        assert_eq!(conversion_rate(u64::MAX, 0), None);
        assert_eq!(customer_acquisition_cost(1, 0), None);
    }

    #[test]
    fn extremes_stay_finite() {
        let largest = i64::MAX as f64;
        assert_eq!(gmroi(i64::MAX, i64::MIN, 1), Some(2.0 * largest));
        let days = days_inventory_outstanding(u32::MAX, i64::MAX, 1);
        assert_eq!(days, Some(f64::from(u32::MAX) * largest));
        assert_eq!(conversion_rate(u64::MAX, 1), Some(u64::MAX as f64));
    }
}
