//! The figures of one slice of a ledger, and the ratios they answer.
//!
//! Totals are exact integers; ratios are computed from them on demand, so a stored table
//! holds nothing that could disagree. A ratio is `None` unless its denominator is
//! positive. The definitions stand in the table of [`kpi`](super).

use super::ratio::ratio;
use omni_core::{Currency, Period};

/// What [`Ledger::table`](super::Ledger::table) added up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct KpiTable {
    /// The kind of period.
    pub period: Period,
    /// The currency of all money.
    pub currency: Currency,
    /// The whole ledger.
    pub total: Kpi,
    /// Every channel with an order, ids ascending.
    pub by_channel: Vec<ChannelKpi>,
    /// Every period with an order, oldest first.
    pub by_period: Vec<PeriodKpi>,
    /// Every channel and period with an order, by channel and then by period.
    pub cells: Vec<CellKpi>,
}

impl KpiTable {
    /// The share of each channel in the revenue, ids ascending; `None` without revenue.
    #[must_use]
    pub fn channel_mix(&self) -> Vec<(u32, Option<f64>)> {
        let share = |kpi: &Kpi| ratio(kpi.revenue.into(), self.total.revenue.into());
        self.by_channel.iter().map(|row| (row.channel, share(&row.kpi))).collect()
    }

    /// The figures of one channel in one period; `None` if it had no order.
    #[must_use]
    pub fn get(&self, channel: u32, period: i32) -> Option<&Kpi> {
        let key = |cell: &CellKpi| (cell.channel, cell.period);
        let at = self.cells.binary_search_by_key(&(channel, period), key).ok()?;
        self.cells.get(at).map(|cell| &cell.kpi)
    }
}

/// The figures of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ChannelKpi {
    /// The channel.
    pub channel: u32,
    /// Its figures.
    pub kpi: Kpi,
}

/// The figures of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PeriodKpi {
    /// The period, as [`Period::index`] numbers it.
    pub period: i32,
    /// Its figures.
    pub kpi: Kpi,
}

/// The figures of a channel in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CellKpi {
    /// The channel.
    pub channel: u32,
    /// The period, as [`Period::index`] numbers it.
    pub period: i32,
    /// The figures.
    pub kpi: Kpi,
}

/// Figures of one slice of the ledger: exact totals, and ratios of them as methods.
///
/// # Examples
/// ```
/// use omni_core::{Currency, Period, Sales};
/// use omni_metrics::kpi::Ledger;
///
/// // Two orders of one customer, in two channels; one of four units came back.
/// let sales = Sales::new(
///     &[Some(7), Some(7)], &[0, 1], &[3, 9], &[6_000, 2_000], &[3, 1], &[2_000, 0], &[1, 0],
///     Currency::EUR,
/// )?;
/// let ledger = Ledger::new(sales).with_cost(&[3_000, 1_000])?;
/// let ledger = ledger.with_service(&[true, true], &[true, false])?;
/// let kpi = ledger.table(Period::Month)?.total;
///
/// assert_eq!((kpi.revenue, kpi.net_revenue), (8_000, 6_000));
/// assert_eq!(kpi.average_order_value(), Some(4_000.0));
/// assert_eq!(kpi.units_per_transaction(), Some(2.0));
/// assert_eq!(kpi.gross_margin(), Some(0.5));
/// assert_eq!(kpi.repeat_purchase_rate(), Some(1.0));
/// assert_eq!(kpi.purchase_frequency(), Some(2.0));
/// assert_eq!(kpi.omnichannel_customer_share(), Some(1.0));
/// assert_eq!(kpi.omnichannel_revenue_share(), Some(1.0));
/// assert_eq!(kpi.return_rate_units(), Some(0.25));
/// assert_eq!(kpi.return_rate_value(), Some(0.25));
/// assert_eq!(kpi.on_time_in_full_rate(), Some(0.5));
/// # Ok::<(), omni_metrics::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Kpi {
    /// Number of orders.
    pub orders: u64,
    /// Orders without a known customer.
    pub guest_orders: u64,
    /// Revenue before returns, in minor units.
    pub revenue: i64,
    /// Value of what came back, in minor units.
    pub returned_value: i64,
    /// Revenue less the value of what came back.
    pub net_revenue: i64,
    /// Units sold before returns.
    pub units: i64,
    /// Units that came back.
    pub returned_units: i64,
    /// Cost of the goods sold in minor units, if costs were given.
    pub cost: Option<i64>,
    /// Orders delivered on time and in full, if that was given.
    pub on_time_in_full: Option<u64>,
    /// Known customers with an order. Does not add up over slices.
    pub customers: u64,
    /// Customers with two orders or more in this slice. Does not add up over slices.
    pub repeat_customers: u64,
    /// Customers of this slice with orders in two channels or more of the ledger. Does
    /// not add up over slices.
    pub omnichannel_customers: u64,
    /// Revenue of those customers in this slice, in minor units.
    pub omnichannel_revenue: i64,
}

impl Kpi {
    /// Revenue per order, in minor units.
    #[must_use]
    pub fn average_order_value(&self) -> Option<f64> {
        ratio(self.revenue.into(), self.orders.into())
    }

    /// Units per order.
    #[must_use]
    pub fn units_per_transaction(&self) -> Option<f64> {
        ratio(self.units.into(), self.orders.into())
    }

    /// The share of the revenue left after the cost of the goods; `None` without costs.
    #[must_use]
    pub fn gross_margin(&self) -> Option<f64> {
        ratio(i128::from(self.revenue) - i128::from(self.cost?), self.revenue.into())
    }

    /// The share of customers with two orders or more.
    #[must_use]
    pub fn repeat_purchase_rate(&self) -> Option<f64> {
        ratio(self.repeat_customers.into(), self.customers.into())
    }

    /// Orders per known customer; guest orders are left out.
    #[must_use]
    pub fn purchase_frequency(&self) -> Option<f64> {
        ratio(i128::from(self.orders) - i128::from(self.guest_orders), self.customers.into())
    }

    /// The share of customers who buy in two channels or more.
    #[must_use]
    pub fn omnichannel_customer_share(&self) -> Option<f64> {
        ratio(self.omnichannel_customers.into(), self.customers.into())
    }

    /// The share of all revenue, guests included, that those customers bring.
    #[must_use]
    pub fn omnichannel_revenue_share(&self) -> Option<f64> {
        ratio(self.omnichannel_revenue.into(), self.revenue.into())
    }

    /// The share of units that came back.
    #[must_use]
    pub fn return_rate_units(&self) -> Option<f64> {
        ratio(self.returned_units.into(), self.units.into())
    }

    /// The share of the revenue that was given back.
    #[must_use]
    pub fn return_rate_value(&self) -> Option<f64> {
        ratio(self.returned_value.into(), self.revenue.into())
    }

    /// The share of orders delivered on time and in full; `None` if that was not given.
    #[must_use]
    pub fn on_time_in_full_rate(&self) -> Option<f64> {
        ratio(self.on_time_in_full?.into(), self.orders.into())
    }
}
