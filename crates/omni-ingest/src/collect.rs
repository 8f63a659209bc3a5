//! A whole file as orders, returns, rejects and repairs, with its account.

use crate::account::Account;
use crate::outcome::{Leaves, Outcome, Reject, Repair};
use crate::reader::Reader;
use crate::rule::Class;
use crate::sale::{SaleLine, SaleStatus};
use crate::{Error, Format};
use chrono::{DateTime, Utc};
use omni_core::order::{OrderLine, OrderRecord, OrderState};
use omni_core::{
    ChannelId, CustomerId, Index, Money, Order, OrderId, OrderLineId, ParamError, Rounding, Sku,
    UnitPrice, VariantId,
};
use rustc_hash::FxHashMap;
use std::io;

/// Reads a whole file: the front door of this crate.
///
/// # Errors
/// [`Error::MissingColumns`], [`Error::Empty`] or another if the file is not of the
/// format; [`Error::Io`]; see [`Reader::into_read`].
///
/// # Examples
/// ```
/// use omni_ingest::formats;
///
/// let file = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,\
///     Lineitem name,Lineitem price,Lineitem sku\n\
///     #1001,ada@example.com,paid,GBP,2025-07-14 11:58:45 +0100,2,Mug,9.79,MUG-S\n\
///     #1002,bea@example.com,paid,GBP,31/04/2025,1,Tee,14.90,TEE-M\n";
/// let read = omni_ingest::read(&formats::shopify_orders(), file.as_bytes())?;
/// assert_eq!((read.orders.len(), read.rejects[0].reason()), (1, "bad_date"));
/// println!("{}", read.account);
/// # Ok::<(), omni_ingest::Error>(())
/// ```
pub fn read<F: Format, R: io::Read>(format: &F, input: R) -> Result<Read, Error> {
    format.reader(input)?.into_read(Keys::new())
}

/// The caller's keys and the numbers they have in orders and returns.
///
/// Hand the keys of one file to the next, and the same channel, customer and variant keep
/// their numbers, and no order number is given twice.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Keys {
    /// Channels: the position is the [`ChannelId`].
    pub channels: Index<String>,
    /// Customers as their channel names them: the position is the [`CustomerId`]. Two
    /// channels may name one person differently.
    pub customers: Index<String>,
    /// Products of the catalog, or codes where there is none: the position is the
    /// [`VariantId`].
    pub variants: Index<String>,
    /// What the channel that named a variant first calls it, by [`VariantId`].
    titles: Vec<String>,
    orders: u64,
    lines: u64,
}

impl Keys {
    /// No keys yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The title of each variant, as it was first written; empty if it never was.
    #[must_use]
    pub fn titles(&self) -> &[String] {
        &self.titles
    }
}

/// The number of a key, without copying a key that has one.
fn number(index: &mut Index<String>, key: &str) -> Result<u32, ParamError> {
    match index.get(key) {
        Some(number) => Ok(number),
        None => index.insert(key.to_string()),
    }
}

/// What one file held.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Read {
    /// The orders in the order of their first rows.
    ///
    /// A sale is completed and delivered; an order that waits to be paid is placed and no
    /// more; a canceled order is canceled, of a refunded one
    /// all units are returned. A refund that names its order is counted in the `returned`
    /// units of the line it fits.
    pub orders: Vec<Order>,
    /// What came back, in the order of the file: refunds and cancellations.
    pub returns: Vec<ReturnedLine>,
    /// The rejected records.
    pub rejects: Vec<Reject>,
    /// The duplicates and copies.
    pub set_aside: Vec<Reject>,
    /// Every mended field of what leaves.
    pub repairs: Vec<Repair>,
    /// The keys behind the numbers.
    pub keys: Keys,
    /// What became of every record.
    pub account: Account,
}

/// A line that came back.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ReturnedLine {
    /// The record, from 1.
    pub record: u64,
    /// The number of the return in its channel.
    pub number: String,
    /// The number of the order it undoes, if the file names it.
    pub refers_to: Option<String>,
    /// That order, if it is in the same file and has a line that fits.
    pub order: Option<OrderId>,
    /// Who gave it back; `None` for a guest.
    pub customer: Option<CustomerId>,
    /// What came back.
    pub variant: VariantId,
    /// The code it was sold under.
    pub sku: Sku,
    /// How many, at least one.
    pub quantity: u32,
    /// The price of one unit.
    pub unit_price: UnitPrice,
    /// The money that went back.
    pub amount: Money,
    /// When it came back.
    pub at: DateTime<Utc>,
    /// All deciding rules of the record: `non_product_code` beside `cancellation` is
    /// money back for something that is no product.
    pub rules: Vec<String>,
}

impl Read {
    pub(crate) fn collect<R: io::Read>(mut reader: Reader<R>, keys: Keys) -> Result<Self, Error> {
        let mut collection = Collection::new(keys, reader.channel())?;
        while let Some(outcome) = reader.next_outcome()? {
            collection.add(outcome)?;
        }
        collection.finish(reader.account())
    }
}

/// The parts of a [`Read`] while it grows.
pub(crate) struct Collection {
    channel: ChannelId,
    /// Where the order of a number is in `orders`.
    places: FxHashMap<Box<str>, usize>,
    orders: Vec<OrderRecord>,
    returns: Vec<ReturnedLine>,
    rejects: Vec<Reject>,
    set_aside: Vec<Reject>,
    repairs: Vec<Repair>,
    keys: Keys,
}

impl Collection {
    pub(crate) fn new(mut keys: Keys, channel: &str) -> Result<Self, Error> {
        Ok(Self {
            channel: ChannelId::new(number(&mut keys.channels, channel)?),
            places: FxHashMap::default(),
            orders: Vec::new(),
            returns: Vec::new(),
            rejects: Vec::new(),
            set_aside: Vec::new(),
            repairs: Vec::new(),
            keys,
        })
    }

    /// The channel it is of.
    pub(crate) const fn channel(&self) -> ChannelId {
        self.channel
    }

    fn add(&mut self, outcome: Outcome<'_>) -> Result<(), Error> {
        let class = outcome.class();
        if outcome.leaves() != Leaves::Nothing || class == Class::Repaired {
            self.repairs.extend(outcome.repairs());
        }
        match class {
            Class::Rejected => self.rejects.push(outcome.reject()),
            Class::Duplicate | Class::Copy => self.set_aside.push(outcome.reject()),
            Class::Accepted | Class::Repaired | Class::Refund => {}
        }
        match outcome.leaves() {
            Leaves::Nothing => Ok(()),
            Leaves::Sale => outcome.into_lines().try_for_each(|line| self.sell(&line)),
            Leaves::Return => {
                let record = outcome.record().number();
                let rules = outcome.reject().rules;
                outcome
                    .into_lines()
                    .try_for_each(|line| self.take_back(&line, record, rules.clone()))
            }
        }
    }

    fn customer(&mut self, line: &SaleLine<'_>) -> Result<Option<CustomerId>, Error> {
        let customer = line.customer.as_deref();
        let customer = customer.map(|key| number(&mut self.keys.customers, key)).transpose()?;
        Ok(customer.map(CustomerId::new))
    }

    fn variant(&mut self, line: &SaleLine<'_>) -> Result<VariantId, Error> {
        let key = line.product.as_ref().unwrap_or(&line.sku);
        let variant = number(&mut self.keys.variants, key)?;
        let titles = &mut self.keys.titles;
        titles.resize(self.keys.variants.len(), String::new());
        if let Some(title) = titles.get_mut(variant as usize).filter(|title| title.is_empty()) {
            line.title.trim().clone_into(title);
        }
        Ok(VariantId::new(variant))
    }

    /// Adds a line to its order, a new one if the number is new.
    pub(crate) fn sell(&mut self, line: &SaleLine<'_>) -> Result<(), Error> {
        let place = match self.places.get(line.order.as_ref()) {
            Some(&place) => place,
            None => self.open(line)?,
        };
        let id = OrderLineId::new(self.keys.lines);
        self.keys.lines += 1;
        let ordered = units(line)?;
        let unit_price = line.price.unit_price(line.quantity, line.currency)?;
        let sku = Sku::new(&line.sku)?;
        let mut sold = OrderLine::new(id, self.variant(line)?, sku, ordered, unit_price);
        sold.discount = money(line)?;
        match line.status {
            SaleStatus::Canceled => sold.canceled = ordered,
            SaleStatus::Open => {}
            status @ (SaleStatus::Sold | SaleStatus::Refunded) => {
                sold.shipped = ordered;
                sold.delivered = ordered;
                sold.returned = if status == SaleStatus::Refunded { ordered } else { 0 };
            }
        }
        if let Some(order) = self.orders.get_mut(place) {
            order.lines.push(sold);
        }
        Ok(())
    }

    fn open(&mut self, line: &SaleLine<'_>) -> Result<usize, Error> {
        let place = self.orders.len();
        self.places.insert(line.order.as_ref().into(), place);
        let id = OrderId::new(self.keys.orders);
        self.keys.orders += 1;
        let mut order = OrderRecord::new(id, self.channel, line.placed_at, line.currency);
        order.number = line.order.to_string();
        order.customer = self.customer(line)?;
        order.state = match line.status {
            SaleStatus::Canceled => OrderState::Canceled,
            SaleStatus::Open => OrderState::Placed,
            SaleStatus::Sold | SaleStatus::Refunded => OrderState::Completed,
        };
        self.orders.push(order);
        Ok(place)
    }

    /// Adds a return.
    pub(crate) fn take_back(
        &mut self,
        line: &SaleLine<'_>,
        record: u64,
        rules: Vec<String>,
    ) -> Result<(), Error> {
        let unit_price = line.price.unit_price(line.quantity, line.currency)?;
        let paid = unit_price.times(line.quantity, Rounding::HalfUp)?;
        let returned = ReturnedLine {
            record,
            number: line.order.to_string(),
            refers_to: line.refers_to.as_ref().map(ToString::to_string),
            order: None,
            customer: self.customer(line)?,
            variant: self.variant(line)?,
            sku: Sku::new(&line.sku)?,
            quantity: units(line)?,
            unit_price,
            amount: paid.try_sub(money(line)?)?,
            at: line.placed_at,
            rules,
        };
        self.returns.push(returned);
        Ok(())
    }

    /// Counts the returns that name an order in its lines, and checks the orders.
    pub(crate) fn finish(mut self, account: Account) -> Result<Read, Error> {
        for returned in &mut self.returns {
            let place = returned.refers_to.as_deref().and_then(|number| self.places.get(number));
            let order = place.and_then(|&place| self.orders.get_mut(place));
            let Some(order) = order.filter(|order| order.state == OrderState::Completed) else {
                continue;
            };
            let fits = |line: &&mut OrderLine| {
                line.variant == returned.variant && line.returnable() >= returned.quantity
            };
            // The line of the same price first: an item may stand on two lines.
            let same = order.lines.iter().position(|line| {
                line.unit_price == returned.unit_price
                    && line.variant == returned.variant
                    && line.returnable() >= returned.quantity
            });
            let line = match same {
                Some(at) => order.lines.get_mut(at),
                None => order.lines.iter_mut().find(fits),
            };
            if let Some(line) = line {
                line.returned += returned.quantity;
                returned.order = Some(order.id);
            }
        }
        let mut orders = Vec::with_capacity(self.orders.len());
        for record in self.orders {
            let number = record.number.clone();
            let order = Order::new(record);
            orders.push(order.map_err(|violations| Error::Order { number, violations })?);
        }
        Ok(Read {
            orders,
            returns: self.returns,
            rejects: self.rejects,
            set_aside: self.set_aside,
            repairs: self.repairs,
            keys: self.keys,
            account,
        })
    }
}

/// The units of a line that leaves: its format has checked that there are any.
fn units(line: &SaleLine<'_>) -> Result<u32, ParamError> {
    let units = u32::try_from(line.quantity).ok().filter(|&units| units > 0);
    units.ok_or(ParamError::new("quantity", "from 1 to 4294967295", line.quantity))
}

/// The discount of a line as money.
fn money(line: &SaleLine<'_>) -> Result<Money, Error> {
    let minor = line.discount.rescale(line.currency.exponent()).ok_or_else(|| {
        let shown = line.discount.to_string();
        ParamError::new("discount", "in whole minor units", shown.as_str())
    })?;
    Ok(Money::new(minor, line.currency))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats;

    const TILL: &str = "Date,Time,Time Zone,Item,Qty,SKU,Gross Sales,Discounts,Transaction ID,Notes,Event Type,Customer ID\n\
        2025-06-09,08:48:08,Europe/London,Mug,3,37,$10.00,-$1.00,T1,,Payment,SQ1\n\
        2025-06-09,08:48:08,Europe/London,Tee,1,38,$5.00,,T1,,Payment,SQ1\n\
        2025-06-12,12:00:00,Europe/London,Tee,-1,38,-$5.00,,T1R,Refund of T1,Refund,SQ1\n\
        2025-06-13,12:00:00,Europe/London,Tee,-1,38,-$5.00,,T2R,Refund of T1,Refund,SQ1\n\
        2025-06-13,12:00:00,Europe/London,Tee,-1,38,-$5.00,,T3R,Refund of T9,Refund,\n";

    #[test]
    fn lines_of_one_number_are_one_order_and_refunds_find_it() {
        let read = read(&formats::square_items(), TILL.as_bytes()).unwrap();
        assert_eq!(read.orders.len(), 1);
        let order = &read.orders[0];
        assert_eq!((order.number.as_str(), order.lines.len()), ("T1", 2));
        assert_eq!(order.total().unwrap().to_string(), "14.00 USD");
        assert_eq!(order.returned_goods().unwrap().gross().to_string(), "5.00 USD");
        // The second refund of one tee fits no line any more, the third no order.
        let found: Vec<_> = read.returns.iter().map(|returned| returned.order).collect();
        assert_eq!(found, [Some(order.id), None, None]);
        assert_eq!(read.returns[2].customer, None);
        assert_eq!(read.account.refunds, 3);
    }

    #[test]
    fn keys_go_from_file_to_file() {
        let first = read(&formats::square_items(), TILL.as_bytes()).unwrap();
        let reader = formats::square_items().reader(TILL.as_bytes()).unwrap();
        let second = reader.into_read(first.keys).unwrap();
        assert_eq!(second.orders[0].id, OrderId::new(1));
        assert_eq!(second.orders[0].lines[0].id, OrderLineId::new(2));
        assert_eq!(second.orders[0].customer, first.orders[0].customer);
        assert_eq!(second.keys.variants.keys(), ["37", "38"]);
    }

    #[test]
    fn the_status_of_the_sale_is_the_state_of_the_order() {
        let file = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku\n\
            #1,a@x.example,voided,GBP,2025-07-14 11:58:45 +0100,2,Mug,9.79,A\n\
            #2,a@x.example,refunded,GBP,2025-07-14 11:58:45 +0100,2,Mug,9.79,A\n";
        let read = read(&formats::shopify_orders(), file.as_bytes()).unwrap();
        assert_eq!(read.orders[0].state, OrderState::Canceled);
        assert_eq!(read.orders[0].goods().unwrap().gross().minor(), 0);
        let refunded = &read.orders[1];
        assert_eq!(refunded.goods().unwrap(), refunded.returned_goods().unwrap());
    }
}
