//! A ledger of orders added up by channel and period.
//!
//! ```text
//! total = Σ_channel by_channel = Σ_period by_period = Σ cells      orders, units, money
//! ```
//!
//! Money and units are added in 128 bits and must fit 64 at the end, so a total never
//! depends on the order of the rows. Customers do not add up: one who buys in two
//! channels is a customer of each. They are counted anew for the total, for each
//! channel, each period and each cell.
//!
//! A **repeat** customer has two orders or more in the slice that is looked at. An
//! **omnichannel** customer has orders in two channels or more of the whole ledger, so
//! the figure of a channel says how many of its customers also buy elsewhere.
//!
//! O(m log m) time for m orders, O(m + cells) memory.
//!
//! Limits: orders without a customer are in all totals and in no count of customers;
//! `guest_orders` says how many there are.

use super::figures::{CellKpi, ChannelKpi, Kpi, KpiTable, PeriodKpi};
use crate::Error;
use crate::history;
use omni_core::error::DataError;
use omni_core::{Period, Sales, check};
use std::collections::BTreeMap;

/// Orders with what else is known of each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ledger<'a> {
    sales: Sales<'a>,
    cost: Option<&'a [i64]>,
    service: Option<(&'a [bool], &'a [bool])>,
}

impl<'a> Ledger<'a> {
    /// The orders alone.
    #[must_use]
    pub const fn new(sales: Sales<'a>) -> Self {
        Self { sales, cost: None, service: None }
    }

    /// With what the goods of each order cost, in minor units.
    ///
    /// # Errors
    /// [`DataError::Length`] if there is not one cost per order.
    pub fn with_cost(self, cost: &'a [i64]) -> Result<Self, Error> {
        check::same_len("cost", cost, self.sales.len())?;
        Ok(Self { cost: Some(cost), ..self })
    }

    /// With whether each order was delivered on time and in full.
    ///
    /// # Errors
    /// [`DataError::Length`] if there are not two flags per order.
    pub fn with_service(self, on_time: &'a [bool], in_full: &'a [bool]) -> Result<Self, Error> {
        check::same_len("on_time", on_time, self.sales.len())?;
        check::same_len("in_full", in_full, self.sales.len())?;
        Ok(Self { service: Some((on_time, in_full)), ..self })
    }

    /// Adds the orders up by channel and period. No order gives a total of zeros.
    ///
    /// # Errors
    /// [`DataError::Overflow`], naming the column, if a total does not fit 64 bits.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Period, Sale, SaleColumns};
    /// use omni_metrics::kpi::Ledger;
    ///
    /// // Channel 0 is the web shop, channel 1 the store.
    /// let mut sales = SaleColumns::new(Currency::EUR);
    /// let none = Sale {
    ///     customer: None, channel: 0, day: 0, revenue: 0, units: 1, returned_value: 0, returned_units: 0,
    /// };
    /// sales.push(Sale { customer: Some(7), revenue: 10_000, ..none })?;
    /// sales.push(Sale { customer: Some(7), channel: 1, day: 40, revenue: 4_000, ..none })?;
    /// sales.push(Sale { channel: 1, day: 41, revenue: 2_000, ..none })?; // a guest
    ///
    /// let table = Ledger::new(sales.view()).table(Period::Month)?;
    /// assert_eq!(table.total.average_order_value(), Some(16_000.0 / 3.0));
    /// assert_eq!(table.total.omnichannel_customer_share(), Some(1.0));
    /// assert_eq!(table.by_channel[1].kpi.revenue, 6_000);
    /// assert_eq!(table.by_period[0].kpi.gross_margin(), None); // no costs given
    /// assert_eq!(table.channel_mix(), [(0, Some(0.625)), (1, Some(0.375))]);
    /// # Ok::<(), omni_metrics::Error>(())
    /// ```
    pub fn table(&self, period: Period) -> Result<KpiTable, Error> {
        let mut sums = self.sums(period);
        self.count_customers(period, &mut sums);
        let finish = |sums: &Sums| sums.finish(self.cost.is_some(), self.service.is_some());
        let mut table = KpiTable {
            period,
            currency: self.sales.currency(),
            total: finish(&sums.total)?,
            by_channel: Vec::with_capacity(sums.by_channel.len()),
            by_period: Vec::with_capacity(sums.by_period.len()),
            cells: Vec::with_capacity(sums.cells.len()),
        };
        for (&channel, sums) in &sums.by_channel {
            table.by_channel.push(ChannelKpi { channel, kpi: finish(sums)? });
        }
        for (&period, sums) in &sums.by_period {
            table.by_period.push(PeriodKpi { period, kpi: finish(sums)? });
        }
        for (&(channel, period), sums) in &sums.cells {
            table.cells.push(CellKpi { channel, period, kpi: finish(sums)? });
        }
        Ok(table)
    }

    /// Adds up what adds up: first the cells, then the slices from the cells.
    fn sums(&self, period: Period) -> Slices {
        let sales = &self.sales;
        let mut slices = Slices::default();
        let rows = sales.channel().iter().zip(sales.day());
        let money = sales.revenue().iter().zip(sales.returned_value());
        let units = sales.units().iter().zip(sales.returned_units());
        let mut cost = self.cost.unwrap_or_default().iter();
        let (on_time, in_full) = self.service.unwrap_or_default();
        let mut in_time = on_time.iter().zip(in_full);
        let columns = rows.zip(sales.customer()).zip(money.zip(units));
        for (((&channel, &day), customer), ((&revenue, &value), (&units, &returned))) in columns {
            let cell = slices.cells.entry((channel, period.index(day))).or_default();
            cell.orders += 1;
            cell.guest_orders += u64::from(customer.is_none());
            cell.revenue += i128::from(revenue);
            cell.returned_value += i128::from(value);
            cell.units += i128::from(units);
            cell.returned_units += i128::from(returned);
            cell.cost += cost.next().map_or(0, |&cost| i128::from(cost));
            cell.on_time_in_full += in_time.next().map_or(0, |(&a, &b)| u64::from(a && b));
        }
        for (&(channel, period), cell) in &slices.cells {
            slices.total.add(cell);
            slices.by_channel.entry(channel).or_default().add(cell);
            slices.by_period.entry(period).or_default().add(cell);
        }
        slices
    }

    /// Counts the known customers of every slice.
    fn count_customers(&self, period: Period, slices: &mut Slices) {
        let sales = &self.sales;
        let rows = sales.customer().iter().zip(sales.channel()).zip(sales.day());
        let mut orders: Vec<Order> = rows
            .zip(sales.revenue())
            .filter_map(|(((&customer, &channel), &day), &revenue)| {
                Some(Order { customer: customer?, channel, period: period.index(day), revenue })
            })
            .collect();
        orders.sort_unstable_by_key(Order::key);
        for own in orders.chunk_by_mut(|a, b| a.customer == b.customer) {
            let channels = own.first().map(|o| o.channel)..own.last().map(|o| o.channel);
            let omnichannel = channels.start != channels.end;
            slices.total.count(own, omnichannel);
            for part in own.chunk_by(|a, b| a.channel == b.channel) {
                if let Some(slice) =
                    part.first().and_then(|o| slices.by_channel.get_mut(&o.channel))
                {
                    slice.count(part, omnichannel);
                }
                for part in part.chunk_by(|a, b| a.period == b.period) {
                    let key = part.first().map(|order| (order.channel, order.period));
                    if let Some(slice) = key.and_then(|key| slices.cells.get_mut(&key)) {
                        slice.count(part, omnichannel);
                    }
                }
            }
            own.sort_unstable_by_key(|order| order.period);
            for part in own.chunk_by(|a, b| a.period == b.period) {
                if let Some(slice) = part.first().and_then(|o| slices.by_period.get_mut(&o.period))
                {
                    slice.count(part, omnichannel);
                }
            }
        }
    }
}

/// An order of a known customer.
#[derive(Clone, Copy)]
struct Order {
    customer: u32,
    channel: u32,
    period: i32,
    revenue: i64,
}

impl Order {
    /// A number that sorts by customer, channel and period.
    fn key(&self) -> u128 {
        let rest = history::order(self.channel, self.period);
        (u128::from(self.customer) << 64) | u128::from(rest)
    }
}

/// Every slice of the ledger while it is added up.
#[derive(Default)]
struct Slices {
    total: Sums,
    by_channel: BTreeMap<u32, Sums>,
    by_period: BTreeMap<i32, Sums>,
    cells: BTreeMap<(u32, i32), Sums>,
}

/// One slice; its sums cannot overflow.
#[derive(Default)]
struct Sums {
    orders: u64,
    guest_orders: u64,
    on_time_in_full: u64,
    customers: u64,
    repeat_customers: u64,
    omnichannel_customers: u64,
    omnichannel_revenue: i128,
    revenue: i128,
    returned_value: i128,
    units: i128,
    returned_units: i128,
    cost: i128,
}

impl Sums {
    /// Adds what adds up; customers do not.
    fn add(&mut self, other: &Self) {
        self.orders += other.orders;
        self.guest_orders += other.guest_orders;
        self.on_time_in_full += other.on_time_in_full;
        self.revenue += other.revenue;
        self.returned_value += other.returned_value;
        self.units += other.units;
        self.returned_units += other.returned_units;
        self.cost += other.cost;
    }

    /// Counts one customer with all orders of the slice.
    fn count(&mut self, orders: &[Order], omnichannel: bool) {
        self.customers += 1;
        self.repeat_customers += u64::from(orders.len() > 1);
        if omnichannel {
            self.omnichannel_customers += 1;
            self.omnichannel_revenue += orders.iter().map(|o| i128::from(o.revenue)).sum::<i128>();
        }
    }

    fn finish(&self, with_cost: bool, with_service: bool) -> Result<Kpi, DataError> {
        let total = history::total;
        let omnichannel_revenue = total("revenue", self.omnichannel_revenue)?;
        Ok(Kpi {
            orders: self.orders,
            guest_orders: self.guest_orders,
            revenue: total("revenue", self.revenue)?,
            returned_value: total("returned_value", self.returned_value)?,
            net_revenue: total("net_revenue", self.revenue - self.returned_value)?,
            units: total("units", self.units)?,
            returned_units: total("returned_units", self.returned_units)?,
            cost: if with_cost { Some(total("cost", self.cost)?) } else { None },
            on_time_in_full: with_service.then_some(self.on_time_in_full),
            customers: self.customers,
            repeat_customers: self.repeat_customers,
            omnichannel_customers: self.omnichannel_customers,
            omnichannel_revenue,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::{Currency, Sale, SaleColumns};
    use omni_testkit::assert_close;

    const NONE: Sale = Sale {
        customer: None,
        channel: 0,
        day: 0,
        revenue: 0,
        units: 0,
        returned_value: 0,
        returned_units: 0,
    };

    fn sales(rows: &[Sale]) -> SaleColumns {
        let mut columns = SaleColumns::new(Currency::EUR);
        for &row in rows {
            columns.push(row).unwrap();
        }
        columns
    }

    /// Seven orders of four customers in the channels app 0, market 1, store 2, web 3.
    fn ledger() -> (SaleColumns, Vec<i64>, Vec<bool>, Vec<bool>) {
        let order = |customer, channel, day, revenue, units, returned_units, returned_value| Sale {
            customer: Some(customer),
            channel,
            day,
            revenue,
            units,
            returned_value,
            returned_units,
        };
        let orders = [
            order(0, 3, 1, 10_000, 2, 0, 0),
            order(1, 2, 1, 4_000, 1, 0, 0),
            order(0, 0, 9, 6_000, 3, 1, 2_000),
            order(2, 3, 12, 20_000, 4, 0, 0),
            order(1, 3, 20, 5_000, 1, 1, 5_000),
            order(3, 1, 28, 8_000, 2, 0, 0),
            order(0, 2, 29, 7_000, 2, 0, 0),
        ];
        let cost = vec![6_000, 2_500, 3_300, 14_000, 3_000, 5_600, 4_200];
        let on_time = vec![true, true, false, true, true, true, true];
        let in_full = vec![true, true, true, false, true, true, true];
        (sales(&orders), cost, on_time, in_full)
    }

    #[test]
    fn figures_of_a_small_ledger() {
        let (sales, cost, on_time, in_full) = ledger();
        let ledger = Ledger::new(sales.view()).with_cost(&cost).unwrap();
        let table = ledger.with_service(&on_time, &in_full).unwrap().table(Period::Week).unwrap();
        let total = &table.total;
        let cases = [
            (total.average_order_value(), 60_000.0 / 7.0),
            (total.units_per_transaction(), 15.0 / 7.0),
            (total.gross_margin(), 107.0 / 300.0),
            (total.repeat_purchase_rate(), 0.5),
            (total.purchase_frequency(), 1.75),
            (total.omnichannel_customer_share(), 0.5),
            (total.omnichannel_revenue_share(), 8.0 / 15.0),
            (total.return_rate_units(), 2.0 / 15.0),
            (total.return_rate_value(), 7.0 / 60.0),
            (total.on_time_in_full_rate(), 5.0 / 7.0),
        ];
        for (i, (got, expected)) in cases.into_iter().enumerate() {
            assert_close!(got.unwrap(), expected, 1e-15, "case {i}");
        }
        assert_eq!(total.net_revenue, 53_000);
        let mix: Vec<_> =
            table.channel_mix().into_iter().map(|(_, share)| share.unwrap()).collect();
        for (got, expected) in mix.into_iter().zip([0.1, 2.0 / 15.0, 11.0 / 60.0, 7.0 / 12.0]) {
            assert_close!(got, expected, 1e-15);
        }
    }

    #[test]
    fn slices_count_customers_anew() {
        let (sales, ..) = ledger();
        let table = Ledger::new(sales.view()).table(Period::Month).unwrap();
        let web = table.by_channel[3].kpi;
        assert_eq!((web.orders, web.customers, web.repeat_customers), (3, 3, 0));
        assert_eq!((web.omnichannel_customers, web.omnichannel_revenue), (2, 15_000));
        assert_eq!(table.by_period.len(), 1);
        assert_eq!(table.by_period[0].kpi, table.total);
        assert_eq!(table.get(3, 0), Some(&web));
        assert_eq!(table.get(3, 1), None);
        assert_eq!((web.cost, web.gross_margin(), web.on_time_in_full_rate()), (None, None, None));
    }

    #[test]
    fn no_order_no_ratio() {
        let table = Ledger::new(sales(&[]).view()).table(Period::Day).unwrap();
        assert!(
            table.cells.is_empty() && table.by_channel.is_empty() && table.by_period.is_empty()
        );
        let total = table.total;
        assert_eq!((total.orders, total.revenue, total.customers), (0, 0, 0));
        let ratios = [
            total.average_order_value(),
            total.units_per_transaction(),
            total.repeat_purchase_rate(),
            total.purchase_frequency(),
            total.omnichannel_customer_share(),
            total.omnichannel_revenue_share(),
            total.return_rate_units(),
            total.return_rate_value(),
        ];
        assert_eq!(ratios, [None; 8]);
    }

    #[test]
    fn guests_are_in_totals_but_no_customers() {
        let rows = [Sale { revenue: 5, ..NONE }, Sale { customer: Some(0), revenue: 7, ..NONE }];
        let total = Ledger::new(sales(&rows).view()).table(Period::Year).unwrap().total;
        assert_eq!((total.orders, total.guest_orders, total.customers), (2, 1, 1));
        assert_eq!((total.revenue, total.purchase_frequency()), (12, Some(1.0)));
    }

    #[test]
    fn totals_beyond_64_bits_are_named() {
        let max = i64::MAX;
        let cases = [
            ("revenue", [Sale { revenue: max, ..NONE }, Sale { revenue: 1, ..NONE }]),
            ("units", [Sale { units: max, ..NONE }, Sale { units: 1, ..NONE }]),
            ("net_revenue", [Sale { revenue: max, ..NONE }, Sale { returned_value: -1, ..NONE }]),
            (
                "returned_value",
                [Sale { returned_value: i64::MIN, ..NONE }, Sale { returned_value: -1, ..NONE }],
            ),
        ];
        for (name, rows) in cases {
            let error = Ledger::new(sales(&rows).view()).table(Period::Day).unwrap_err();
            assert_eq!(error, Error::Data(DataError::Overflow { name }));
        }
        let columns = sales(&[NONE, NONE]);
        let cost = Ledger::new(columns.view()).with_cost(&[i64::MIN, -1]).unwrap();
        let overflow = Err(Error::Data(DataError::Overflow { name: "cost" }));
        assert_eq!(cost.table(Period::Day), overflow);
    }

    #[test]
    fn columns_of_another_length_are_errors() {
        let columns = sales(&[NONE]);
        let ledger = Ledger::new(columns.view());
        let length = |name, got| Err(Error::Data(DataError::Length { name, expected: 1, got }));
        assert_eq!(ledger.with_cost(&[]), length("cost", 0));
        assert_eq!(ledger.with_service(&[true; 2], &[true]), length("on_time", 2));
        assert_eq!(ledger.with_service(&[true], &[]), length("in_full", 0));
    }
}
