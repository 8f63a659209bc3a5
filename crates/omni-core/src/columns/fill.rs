//! From orders and events to columns, in one pass each.
//!
//! A pass over orders takes those that are placed or completed and of which something was
//! not canceled; what it leaves out is counted by reason in [`Skipped`]. Revenue is what
//! the goods cost without tax and without shipping, in every tax mode. The zone says on
//! which local day an instant falls. O(orders and their lines), each seen once.

use super::{BehaviorColumns, DemandColumns, PurchaseColumns, Sale, SaleColumns};
use crate::event::{Actor, Event, EventKind};
use crate::order::{Order, OrderLine, OrderState};
use crate::time::business_day;
use crate::{Currency, CustomerId, MoneyError, OrderLineId, VariantId};
use chrono::TimeZone;
use std::collections::BTreeMap;

/// Columns filled in one pass, and what the pass left out.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Filled<C> {
    /// The rows.
    pub columns: C,
    /// What has no row, by reason.
    pub skipped: Skipped,
}

/// How many orders or events a pass left out, by the first reason that held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Skipped {
    /// Orders that are still drafts.
    pub draft: usize,
    /// Orders that were canceled, as a whole or unit by unit.
    pub canceled: usize,
    /// Orders in another currency.
    pub other_currency: usize,
    /// Orders of guests and events of unknown sessions, where rows are about customers.
    pub unknown_customer: usize,
    /// Orders of which every unit came back, where rows are about money that stayed.
    pub returned: usize,
    /// Events without an item.
    pub without_item: usize,
}

impl Skipped {
    /// Whether an order was placed and something of it not canceled; counts it if not.
    fn sold(&mut self, order: &Order) -> bool {
        let kept = order.lines.iter().any(|line| line.kept() > 0);
        match order.state {
            OrderState::Draft => self.draft += 1,
            OrderState::Placed | OrderState::Completed if kept => return true,
            _ => self.canceled += 1,
        }
        false
    }

    /// Whether an order is in this currency; counts it if not.
    fn same_currency(&mut self, order: &Order, currency: Currency) -> bool {
        self.other_currency += usize::from(order.currency != currency);
        order.currency == currency
    }
}

impl PurchaseColumns {
    /// One row per order of a known customer in this currency: the revenue of what was
    /// neither canceled nor sent back.
    ///
    /// # Errors
    /// [`MoneyError`] never happens: an order refuses amounts that do not fit.
    ///
    /// # Examples
    /// ```
    /// use chrono::{DateTime, Utc};
    /// use omni_core::order::{Order, OrderLine, OrderRecord};
    /// use omni_core::{
    ///     ChannelId, Currency, CustomerId, OrderId, OrderLineId, PurchaseColumns, Sku, UnitPrice,
    ///     VariantId,
    /// };
    ///
    /// let order = |customer| -> Result<Order, Box<dyn std::error::Error>> {
    ///     let now = DateTime::UNIX_EPOCH;
    ///     let mut record = OrderRecord::new(OrderId::new(1), ChannelId::new(0), now, Currency::EUR);
    ///     record.customer = customer;
    ///     let price = UnitPrice::new(1999, 2, Currency::EUR)?;
    ///     let (line, mug) = (OrderLineId::new(1), VariantId::new(7));
    ///     record.lines.push(OrderLine::new(line, mug, Sku::new("MUG-S")?, 2, price));
    ///     let mut order = Order::new(record)?;
    ///     order.place()?;
    ///     Ok(order)
    /// };
    /// let orders = [order(Some(CustomerId::new(4)))?, order(None)?];
    /// let read = PurchaseColumns::from_orders(&orders, Currency::EUR, &Utc)?;
    /// assert_eq!(read.columns.view().amount(), [3998]);
    /// assert_eq!(read.skipped.unknown_customer, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_orders<'a, Tz: TimeZone>(
        orders: impl IntoIterator<Item = &'a Order>,
        currency: Currency,
        zone: &Tz,
    ) -> Result<Filled<Self>, MoneyError> {
        let (mut columns, mut skipped) = (Self::new(currency), Skipped::default());
        for order in orders {
            if !(skipped.sold(order) && skipped.same_currency(order, currency)) {
                continue;
            }
            let Some(customer) = order.customer else {
                skipped.unknown_customer += 1;
                continue;
            };
            if order.lines.iter().all(|line| line.kept() == line.returned) {
                skipped.returned += 1;
                continue;
            }
            let amount = order.goods()?.net().try_sub(order.returned_goods()?.net())?;
            columns.push(customer.get(), business_day(order.placed_at, zone), amount.minor());
        }
        Ok(Filled { columns, skipped })
    }
}

impl DemandColumns {
    /// One row per order line, its key the variant: the units that were not canceled.
    /// What came back later was asked for all the same.
    pub fn from_orders<'a, Tz: TimeZone>(
        orders: impl IntoIterator<Item = &'a Order>,
        zone: &Tz,
    ) -> Filled<Self> {
        let (mut columns, mut skipped) = (Self::new(), Skipped::default());
        for order in orders {
            if skipped.sold(order) {
                let day = business_day(order.placed_at, zone);
                for line in order.lines.iter().filter(|line| line.kept() > 0) {
                    columns.row((line.variant.get(), day, f64::from(line.kept())));
                }
            }
        }
        Filled { columns, skipped }
    }
}

impl BehaviorColumns {
    /// One row per line of an order of a known customer with the units that were not
    /// canceled, and one per line and return with the units that came back, on the day
    /// they did. Units that came back without a record of when count on the day of the order.
    pub fn from_orders<'a, Tz: TimeZone>(
        orders: impl IntoIterator<Item = &'a Order>,
        zone: &Tz,
    ) -> Filled<Self> {
        let (mut columns, mut skipped) = (Self::new(), Skipped::default());
        for order in orders {
            if !skipped.sold(order) {
                continue;
            }
            let Some(customer) = order.customer else {
                skipped.unknown_customer += 1;
                continue;
            };
            let customer = customer.get();
            let day = business_day(order.placed_at, zone);
            // What came back of each line and has no row yet.
            let mut back: BTreeMap<OrderLineId, (VariantId, u32)> = BTreeMap::new();
            for OrderLine { id, variant, returned, .. } in &order.lines {
                if *returned > 0 {
                    back.insert(*id, (*variant, *returned));
                }
            }
            for line in order.lines.iter().filter(|line| line.kept() > 0) {
                let units = f64::from(line.kept());
                columns.row((customer, line.variant.get(), day, EventKind::Purchase, units));
            }
            for goods in &order.returns {
                let Some(at) = goods.received_at else { continue };
                let day = business_day(at, zone);
                for part in &goods.received {
                    if let Some((variant, left)) = back.get_mut(&part.line) {
                        *left = left.saturating_sub(part.quantity);
                        let units = f64::from(part.quantity);
                        columns.row((customer, variant.get(), day, EventKind::Return, units));
                    }
                }
            }
            for (variant, left) in back.into_values().filter(|(_, left)| *left > 0) {
                columns.row((customer, variant.get(), day, EventKind::Return, f64::from(left)));
            }
        }
        Filled { columns, skipped }
    }

    /// One row per event of a known customer with an item.
    pub fn from_events<'a, Tz: TimeZone>(
        events: impl IntoIterator<Item = &'a Event>,
        zone: &Tz,
    ) -> Filled<Self> {
        let (mut columns, mut skipped) = (Self::new(), Skipped::default());
        for event in events {
            match (&event.actor, event.variant) {
                (Actor::Customer(customer), Some(item)) => {
                    let day = business_day(event.at, zone);
                    let quantity = f64::from(event.quantity.unwrap_or(1));
                    columns.row((customer.get(), item.get(), day, event.kind, quantity));
                }
                (Actor::Session(_), _) => skipped.unknown_customer += 1,
                (_, None) => skipped.without_item += 1,
            }
        }
        Filled { columns, skipped }
    }
}

impl SaleColumns {
    /// One row per order in this currency: revenue and units of what was not canceled, and
    /// how much of that came back.
    ///
    /// # Errors
    /// [`MoneyError`] never happens: an order refuses amounts that do not fit.
    pub fn from_orders<'a, Tz: TimeZone>(
        orders: impl IntoIterator<Item = &'a Order>,
        currency: Currency,
        zone: &Tz,
    ) -> Result<Filled<Self>, MoneyError> {
        let (mut columns, mut skipped) = (Self::new(currency), Skipped::default());
        for order in orders {
            if skipped.sold(order) && skipped.same_currency(order, currency) {
                let units = |count: fn(&OrderLine) -> u32| {
                    order.lines.iter().map(|line| i64::from(count(line))).sum::<i64>()
                };
                columns.push(Sale {
                    customer: order.customer.map(CustomerId::get),
                    channel: order.channel.get(),
                    day: business_day(order.placed_at, zone),
                    revenue: order.goods()?.net().minor(),
                    units: units(OrderLine::kept),
                    returned_value: order.returned_goods()?.net().minor(),
                    returned_units: units(|line| line.returned),
                })?;
            }
        }
        Ok(Filled { columns, skipped })
    }
}
