//! The orders of all channels, each once.

use super::claims::AlsoIn;
use super::persons::Persons;
use super::{Channel, Sale};
use crate::collect::{Collection, ReturnedLine};
use crate::outcome::Leaves;
use crate::sale::{SaleLine, SaleStatus};
use crate::{Account, Error, Keys};
use chrono::{DateTime, Utc};
use omni_core::{ChannelId, Money, MoneyError, Order, OrderId};
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

/// An order, wherever it was placed, and who else saw it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct UnifiedOrder {
    /// The order.
    pub order: Order,
    /// The channel that sold it.
    pub channel: String,
    /// Who ordered; `None` for a guest.
    pub person: Option<u32>,
    /// How it ended, as far as its channel says.
    pub status: SaleStatus,
    /// What its lines cost when they were sold, whatever became of it.
    pub total: Money,
    /// What went back by refunds that name it.
    pub refunded: Money,
    /// The channels that have it too.
    pub also_in: Vec<OtherChannel>,
}

impl UnifiedOrder {
    /// What it brought in: nothing if it is not paid, or was canceled or refunded as a whole.
    ///
    /// # Errors
    /// [`MoneyError`] if more came back than 64 bits hold.
    pub fn net(&self) -> Result<Money, MoneyError> {
        match self.status {
            SaleStatus::Sold => self.total.try_sub(self.refunded),
            SaleStatus::Open | SaleStatus::Canceled | SaleStatus::Refunded => {
                Ok(Money::zero(self.total.currency()))
            }
        }
    }
}

/// A channel that has an order of another one, and the number it has there. Prints as
/// `square:T1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OtherChannel {
    /// The channel.
    pub channel: String,
    /// The number of the order there.
    pub number: String,
}

impl fmt::Display for OtherChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.channel, self.number)
    }
}

/// Orders, returns and the keys behind their numbers.
pub(super) type Built = (Vec<UnifiedOrder>, Vec<(ChannelId, ReturnedLine)>, Keys);

/// Lines in an order that does not depend on the files.
fn canonical(a: &SaleLine<'_>, b: &SaleLine<'_>) -> Ordering {
    let key = |line: &SaleLine<'_>| (line.placed_at, line.quantity, line.discount, line.status);
    (a.order.cmp(&b.order))
        .then_with(|| a.product.cmp(&b.product))
        .then_with(|| a.sku.cmp(&b.sku))
        .then_with(|| key(a).cmp(&key(b)))
        .then_with(|| a.price.total(a.quantity).cmp(&b.price.total(b.quantity)))
        .then_with(|| a.title.cmp(&b.title))
        .then_with(|| a.customer.cmp(&b.customer))
}

/// Builds the orders channel by channel, in the order of the channels' names.
pub(super) fn build(
    channels: &[Channel],
    sales: Vec<Sale>,
    mut also_in: AlsoIn,
    persons: &Persons,
) -> Result<Built, Error> {
    let mut by_channel: BTreeMap<&str, (usize, Vec<Sale>)> = BTreeMap::new();
    for (place, channel) in channels.iter().enumerate() {
        by_channel.insert(&channel.name, (place, Vec::new()));
    }
    for sale in sales {
        let name = channels.get(sale.channel).map_or("", |channel| channel.name.as_str());
        by_channel.entry(name).or_insert((sale.channel, Vec::new())).1.push(sale);
    }
    let (mut orders, mut returns, mut keys) = (Vec::new(), Vec::new(), Keys::new());
    for person in 0..persons.count {
        keys.customers.insert(person.to_string())?;
    }
    for (name, (place, sales)) in by_channel {
        let (mut sold, mut back) = (Vec::new(), Vec::new());
        for mut sale in sales {
            for line in &mut sale.lines {
                let order = (place, line.order.to_string());
                let person = persons.by_order.get(&order).or(persons.by_fate.get(&sale.fate));
                line.customer = person.map(|person| person.to_string().into());
            }
            if sale.leaves == Leaves::Return { &mut back } else { &mut sold }.extend(sale.lines);
        }
        sold.sort_by(canonical);
        back.sort_by(canonical);
        let mut statuses: FxHashMap<&str, (SaleStatus, DateTime<Utc>)> = FxHashMap::default();
        let mut collection = Collection::new(keys, name)?;
        let channel = collection.channel();
        for line in &sold {
            collection.sell(line)?;
            statuses.entry(&line.order).or_insert((line.status, line.placed_at));
        }
        for line in &back {
            collection.take_back(line, 0, Vec::new())?;
        }
        let read = collection.finish(Account::default())?;
        keys = read.keys;
        let mut refunds: FxHashMap<OrderId, Vec<Money>> = FxHashMap::default();
        for returned in &read.returns {
            if let Some(order) = returned.order {
                refunds.entry(order).or_default().push(returned.amount);
            }
        }
        for order in read.orders {
            let number = order.number.strip_prefix('#').unwrap_or(&order.number).to_string();
            let status = statuses.get(order.number.as_str()).map(|(status, _)| *status);
            let mut total = Money::zero(order.currency);
            for line in &order.lines {
                total = total.try_add(line.total()?)?;
            }
            let mut refunded = Money::zero(order.currency);
            for amount in refunds.remove(&order.id).unwrap_or_default() {
                refunded = refunded.try_add(amount)?;
            }
            let person = persons.by_order.get(&(place, order.number.clone())).copied();
            orders.push(UnifiedOrder {
                channel: name.to_string(),
                person,
                status: status.unwrap_or_default(),
                total,
                refunded,
                also_in: also_in.remove(&(place, number)).into_iter().flatten().collect(),
                order,
            });
        }
        returns.extend(read.returns.into_iter().map(|returned| (channel, returned)));
    }
    orders.sort_by(|a, b| {
        let key = |order: &UnifiedOrder| (order.order.placed_at, order.channel.clone());
        key(a).cmp(&key(b)).then_with(|| a.order.number.cmp(&b.order.number))
    });
    Ok((orders, returns, keys))
}
