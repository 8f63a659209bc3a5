//! Facts as columns: what the methods read.
//!
//! A view borrows slices of equal length and checks that once; it can be made from
//! vectors, Arrow arrays or a database's buffers without copying. Its owned twin is
//! filled row by row, or from orders and events in one pass, and lends the view.
//!
//! Customers and variants are numbers (see [`Index`](crate::Index)), days are days since
//! 1970-01-01 (see [`time`](crate::time)), money is in minor units of one currency.

mod fill;

pub use fill::{Filled, Skipped};

use crate::check;
use crate::currency::Currency;
use crate::error::{DataError, ParamError};
use crate::event::EventKind;

/// Money received from known customers, one row per order.
///
/// # Examples
/// ```
/// use omni_core::{Currency, Purchases};
///
/// let rows = Purchases::new(&[0, 0, 1], &[10, 40, 12], &[1999, 500, 2500], Currency::EUR)?;
/// assert_eq!(rows.len(), 3);
/// # Ok::<(), omni_core::error::DataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Purchases<'a> {
    customer: &'a [u32],
    day: &'a [i32],
    amount: &'a [i64],
    currency: Currency,
}

impl<'a> Purchases<'a> {
    /// Takes columns of equal length: who, on which day, how much in minor units.
    ///
    /// # Errors
    /// [`DataError::Length`] if a column differs in length from `customer`.
    pub fn new(
        customer: &'a [u32],
        day: &'a [i32],
        amount: &'a [i64],
        currency: Currency,
    ) -> Result<Self, DataError> {
        check::same_len("day", day, customer.len())?;
        check::same_len("amount", amount, customer.len())?;
        Ok(Self { customer, day, amount, currency })
    }

    /// The customer of each row.
    #[must_use]
    pub const fn customer(&self) -> &'a [u32] {
        self.customer
    }

    /// The day of each row, in days since 1970-01-01.
    #[must_use]
    pub const fn day(&self) -> &'a [i32] {
        self.day
    }

    /// The amount of each row, in minor units of the currency.
    #[must_use]
    pub const fn amount(&self) -> &'a [i64] {
        self.amount
    }

    /// The currency of all amounts.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.customer.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.customer.is_empty()
    }
}

/// The owned twin of [`Purchases`].
#[derive(Debug, Clone, PartialEq)]
pub struct PurchaseColumns {
    customer: Vec<u32>,
    day: Vec<i32>,
    amount: Vec<i64>,
    currency: Currency,
}

impl PurchaseColumns {
    /// No row yet.
    #[must_use]
    pub const fn new(currency: Currency) -> Self {
        Self { customer: Vec::new(), day: Vec::new(), amount: Vec::new(), currency }
    }

    /// Adds one order of a customer.
    pub fn push(&mut self, customer: u32, day: i32, amount: i64) {
        self.customer.push(customer);
        self.day.push(day);
        self.amount.push(amount);
    }

    /// Lends the rows.
    #[must_use]
    pub fn view(&self) -> Purchases<'_> {
        Purchases {
            customer: &self.customer,
            day: &self.day,
            amount: &self.amount,
            currency: self.currency,
        }
    }
}

/// Units asked for, one row per key and day with demand; a key is a variant, or a
/// variant at a place.
///
/// A day without a row had no demand. What was not observed, or could not be sold for
/// want of stock, is marked in the [`Panel`](crate::Panel) made from these rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand<'a> {
    key: &'a [u32],
    day: &'a [i32],
    units: &'a [f64],
}

impl<'a> Demand<'a> {
    /// Takes columns of equal length: of what, on which day, how many base units.
    /// Rows of one key and day add up.
    ///
    /// # Errors
    /// [`DataError::Length`] if a column differs in length from `key`,
    /// [`DataError::Entry`] if a number of units is negative or not finite.
    pub fn new(key: &'a [u32], day: &'a [i32], units: &'a [f64]) -> Result<Self, DataError> {
        check::same_len("day", day, key.len())?;
        check::same_len("units", units, key.len())?;
        check::all_non_negative("units", units)?;
        Ok(Self { key, day, units })
    }

    /// The key of each row.
    #[must_use]
    pub const fn key(&self) -> &'a [u32] {
        self.key
    }

    /// The day of each row, in days since 1970-01-01.
    #[must_use]
    pub const fn day(&self) -> &'a [i32] {
        self.day
    }

    /// The units of each row, in base units.
    #[must_use]
    pub const fn units(&self) -> &'a [f64] {
        self.units
    }

    /// The number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.key.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.key.is_empty()
    }
}

/// The owned twin of [`Demand`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DemandColumns {
    key: Vec<u32>,
    day: Vec<i32>,
    units: Vec<f64>,
}

impl DemandColumns {
    /// No row yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { key: Vec::new(), day: Vec::new(), units: Vec::new() }
    }

    /// Adds the units of a key on a day.
    ///
    /// # Errors
    /// [`ParamError`] if `units` is negative or not finite.
    pub fn push(&mut self, key: u32, day: i32, units: f64) -> Result<(), ParamError> {
        self.units.push(check::non_negative("units", units)?);
        self.key.push(key);
        self.day.push(day);
        Ok(())
    }

    /// Lends the rows.
    #[must_use]
    pub fn view(&self) -> Demand<'_> {
        Demand { key: &self.key, day: &self.day, units: &self.units }
    }
}

/// What customers did with variants, one row per act.
///
/// The rows feed a recommender, which weighs the kinds and forgets old acts; quantities
/// are positive also for a return, its kind says that the units came back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Behavior<'a> {
    customer: &'a [u32],
    item: &'a [u32],
    day: &'a [i32],
    kind: &'a [EventKind],
    quantity: &'a [f64],
}

impl<'a> Behavior<'a> {
    /// Takes columns of equal length: who, with which item, on which day, what, how many.
    ///
    /// # Errors
    /// [`DataError::Length`] if a column differs in length from `customer`,
    /// [`DataError::Entry`] if a quantity is negative or not finite.
    pub fn new(
        customer: &'a [u32],
        item: &'a [u32],
        day: &'a [i32],
        kind: &'a [EventKind],
        quantity: &'a [f64],
    ) -> Result<Self, DataError> {
        check::same_len("item", item, customer.len())?;
        check::same_len("day", day, customer.len())?;
        check::same_len("kind", kind, customer.len())?;
        check::same_len("quantity", quantity, customer.len())?;
        check::all_non_negative("quantity", quantity)?;
        Ok(Self { customer, item, day, kind, quantity })
    }

    /// The customer of each row.
    #[must_use]
    pub const fn customer(&self) -> &'a [u32] {
        self.customer
    }

    /// The item of each row: a variant, or whatever is recommended.
    #[must_use]
    pub const fn item(&self) -> &'a [u32] {
        self.item
    }

    /// The day of each row, in days since 1970-01-01.
    #[must_use]
    pub const fn day(&self) -> &'a [i32] {
        self.day
    }

    /// What was done in each row.
    #[must_use]
    pub const fn kind(&self) -> &'a [EventKind] {
        self.kind
    }

    /// The quantity of each row, 1 where the act has none.
    #[must_use]
    pub const fn quantity(&self) -> &'a [f64] {
        self.quantity
    }

    /// The number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.customer.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.customer.is_empty()
    }
}

/// The owned twin of [`Behavior`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BehaviorColumns {
    customer: Vec<u32>,
    item: Vec<u32>,
    day: Vec<i32>,
    kind: Vec<EventKind>,
    quantity: Vec<f64>,
}

impl BehaviorColumns {
    /// No row yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one act.
    ///
    /// # Errors
    /// [`ParamError`] if `quantity` is negative or not finite.
    pub fn push(
        &mut self,
        customer: u32,
        item: u32,
        day: i32,
        kind: EventKind,
        quantity: f64,
    ) -> Result<(), ParamError> {
        self.row(customer, item, day, kind, check::non_negative("quantity", quantity)?);
        Ok(())
    }

    fn row(&mut self, customer: u32, item: u32, day: i32, kind: EventKind, quantity: f64) {
        self.customer.push(customer);
        self.item.push(item);
        self.day.push(day);
        self.kind.push(kind);
        self.quantity.push(quantity);
    }

    /// Adds the rows of other columns.
    pub fn append(&mut self, other: &Self) {
        self.customer.extend(&other.customer);
        self.item.extend(&other.item);
        self.day.extend(&other.day);
        self.kind.extend(&other.kind);
        self.quantity.extend(&other.quantity);
    }

    /// Lends the rows.
    #[must_use]
    pub fn view(&self) -> Behavior<'_> {
        Behavior {
            customer: &self.customer,
            item: &self.item,
            day: &self.day,
            kind: &self.kind,
            quantity: &self.quantity,
        }
    }
}

/// Sales of all channels, one row per order: what revenue reports and KPIs read.
///
/// Amounts are in minor units of one currency. A guest order has no customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sales<'a> {
    customer: &'a [Option<u32>],
    channel: &'a [u32],
    day: &'a [i32],
    revenue: &'a [i64],
    units: &'a [i64],
    returned_value: &'a [i64],
    returned_units: &'a [i64],
    currency: Currency,
}

impl<'a> Sales<'a> {
    /// Takes columns of equal length: who, where, on which day, revenue and units before
    /// returns, and the value and units that came back of the same order.
    ///
    /// # Errors
    /// [`DataError::Length`] if a column differs in length from `customer`,
    /// [`DataError::Entry`] if a count of units is negative.
    #[expect(clippy::too_many_arguments, reason = "one argument per column, none optional")]
    pub fn new(
        customer: &'a [Option<u32>],
        channel: &'a [u32],
        day: &'a [i32],
        revenue: &'a [i64],
        units: &'a [i64],
        returned_value: &'a [i64],
        returned_units: &'a [i64],
        currency: Currency,
    ) -> Result<Self, DataError> {
        let rows = customer.len();
        check::same_len("channel", channel, rows)?;
        check::same_len("day", day, rows)?;
        check::same_len("revenue", revenue, rows)?;
        check::same_len("units", units, rows)?;
        check::same_len("returned_value", returned_value, rows)?;
        check::same_len("returned_units", returned_units, rows)?;
        for (name, column) in [("units", units), ("returned_units", returned_units)] {
            if let Some(index) = column.iter().position(|&v| v < 0) {
                return Err(DataError::entry(name, index, "non-negative", column[index]));
            }
        }
        Ok(Self {
            customer,
            channel,
            day,
            revenue,
            units,
            returned_value,
            returned_units,
            currency,
        })
    }

    /// The customer of each order, if known.
    #[must_use]
    pub const fn customer(&self) -> &'a [Option<u32>] {
        self.customer
    }

    /// The channel of each order.
    #[must_use]
    pub const fn channel(&self) -> &'a [u32] {
        self.channel
    }

    /// The day of each order, in days since 1970-01-01.
    #[must_use]
    pub const fn day(&self) -> &'a [i32] {
        self.day
    }

    /// The revenue of each order before returns, in minor units.
    #[must_use]
    pub const fn revenue(&self) -> &'a [i64] {
        self.revenue
    }

    /// The units of each order before returns, in base units.
    #[must_use]
    pub const fn units(&self) -> &'a [i64] {
        self.units
    }

    /// The value of what came back of each order, in minor units.
    #[must_use]
    pub const fn returned_value(&self) -> &'a [i64] {
        self.returned_value
    }

    /// The units that came back of each order, in base units.
    #[must_use]
    pub const fn returned_units(&self) -> &'a [i64] {
        self.returned_units
    }

    /// The currency of all amounts.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The number of orders.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.customer.len()
    }

    /// Whether there is no order.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.customer.is_empty()
    }
}

/// The owned twin of [`Sales`].
#[derive(Debug, Clone, PartialEq)]
pub struct SaleColumns {
    customer: Vec<Option<u32>>,
    channel: Vec<u32>,
    day: Vec<i32>,
    revenue: Vec<i64>,
    units: Vec<i64>,
    returned_value: Vec<i64>,
    returned_units: Vec<i64>,
    currency: Currency,
}

/// One row of [`SaleColumns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sale {
    /// Who bought, if known.
    pub customer: Option<u32>,
    /// Where.
    pub channel: u32,
    /// On which day, in days since 1970-01-01.
    pub day: i32,
    /// Revenue before returns, in minor units.
    pub revenue: i64,
    /// Units before returns, not negative.
    pub units: i64,
    /// Value of what came back, in minor units.
    pub returned_value: i64,
    /// Units that came back, not negative.
    pub returned_units: i64,
}

impl SaleColumns {
    /// No row yet.
    #[must_use]
    pub const fn new(currency: Currency) -> Self {
        Self {
            customer: Vec::new(),
            channel: Vec::new(),
            day: Vec::new(),
            revenue: Vec::new(),
            units: Vec::new(),
            returned_value: Vec::new(),
            returned_units: Vec::new(),
            currency,
        }
    }

    /// Adds one order.
    ///
    /// # Errors
    /// [`ParamError`] if a count of units is negative.
    pub fn push(&mut self, sale: Sale) -> Result<(), ParamError> {
        for (name, units) in [("units", sale.units), ("returned_units", sale.returned_units)] {
            if units < 0 {
                return Err(ParamError::new(name, "non-negative", units));
            }
        }
        self.customer.push(sale.customer);
        self.channel.push(sale.channel);
        self.day.push(sale.day);
        self.revenue.push(sale.revenue);
        self.units.push(sale.units);
        self.returned_value.push(sale.returned_value);
        self.returned_units.push(sale.returned_units);
        Ok(())
    }

    /// Lends the rows.
    #[must_use]
    pub fn view(&self) -> Sales<'_> {
        Sales {
            customer: &self.customer,
            channel: &self.channel,
            day: &self.day,
            revenue: &self.revenue,
            units: &self.units,
            returned_value: &self.returned_value,
            returned_units: &self.returned_units,
            currency: self.currency,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_unequal_length_are_named() {
        let error = Purchases::new(&[0, 1], &[0, 0], &[1], Currency::EUR).unwrap_err();
        assert_eq!(error, DataError::Length { name: "amount", expected: 2, got: 1 });
        let error = Demand::new(&[0], &[], &[1.0]).unwrap_err();
        assert_eq!(error, DataError::Length { name: "day", expected: 1, got: 0 });
        let error = Behavior::new(&[0], &[0], &[0], &[], &[1.0]).unwrap_err();
        assert_eq!(error, DataError::Length { name: "kind", expected: 1, got: 0 });
        let error =
            Sales::new(&[None], &[0], &[0], &[1], &[1], &[0], &[], Currency::EUR).unwrap_err();
        assert_eq!(error, DataError::Length { name: "returned_units", expected: 1, got: 0 });
    }

    #[test]
    fn bad_units_are_named() {
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            let error = Demand::new(&[0, 0], &[0, 0], &[1.0, bad]).unwrap_err();
            assert_eq!(error, DataError::entry("units", 1, "non-negative and finite", bad));
            assert!(DemandColumns::new().push(0, 0, bad).is_err());
            assert!(BehaviorColumns::new().push(0, 0, 0, EventKind::View, bad).is_err());
        }
        let error =
            Sales::new(&[None], &[0], &[0], &[1], &[-1], &[0], &[0], Currency::EUR).unwrap_err();
        assert_eq!(error, DataError::entry("units", 0, "non-negative", -1_i64));
    }

    #[test]
    fn a_refused_row_leaves_the_columns_as_they_were() {
        let mut demand = DemandColumns::new();
        demand.push(1, 2, 3.0).unwrap();
        let before = demand.clone();
        demand.push(1, 2, f64::NAN).unwrap_err();
        assert_eq!(demand, before);
        assert_eq!(demand.view(), Demand::new(&[1], &[2], &[3.0]).unwrap());
    }
}
