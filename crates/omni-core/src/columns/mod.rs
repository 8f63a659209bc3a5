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

/// Defines a view over columns of one length and its owned twin: the view's checked `new`,
/// a getter per column, `len` and `is_empty`; of the twin `new`, `view`, and `row`, which
/// adds a row unchecked. A column `where guard` is checked by it; what stands after the columns
/// is one value for all rows.
macro_rules! columns {
    (
        $(#[$view:meta])* $View:ident,
        $(#[$twin:meta])* $Twin:ident,
        $(#[$new:meta])* new {
            $(#[$first_doc:meta])* $first:ident: $First:ty,
            $($(#[$doc:meta])* $column:ident: $Kind:ty $(where $guard:path)?,)+
        }
        $($(#[$one_doc:meta])* $one:ident: $One:ty)?
    ) => {
        $(#[$view])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $View<'a> {
            $first: &'a [$First],
            $($column: &'a [$Kind],)+
            $($one: $One,)?
        }

        impl<'a> $View<'a> {
            $(#[$new])*
            pub fn new(
                $first: &'a [$First],
                $($column: &'a [$Kind],)+
                $($one: $One,)?
            ) -> Result<Self, DataError> {
                $(check::same_len(stringify!($column), $column, $first.len())?;)+
                $($($guard(stringify!($column), $column)?;)?)+
                Ok(Self { $first, $($column,)+ $($one)? })
            }

            $(#[$first_doc])*
            #[must_use]
            pub const fn $first(&self) -> &'a [$First] {
                self.$first
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $column(&self) -> &'a [$Kind] {
                    self.$column
                }
            )+

            $(
                $(#[$one_doc])*
                #[must_use]
                pub const fn $one(&self) -> $One {
                    self.$one
                }
            )?

            /// The number of rows.
            #[must_use]
            pub const fn len(&self) -> usize {
                self.$first.len()
            }

            /// Whether there is no row.
            #[must_use]
            pub const fn is_empty(&self) -> bool {
                self.$first.is_empty()
            }
        }

        $(#[$twin])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $Twin {
            $first: Vec<$First>,
            $($column: Vec<$Kind>,)+
            $($one: $One,)?
        }

        impl $Twin {
            /// No row yet.
            #[must_use]
            pub const fn new($($one: $One)?) -> Self {
                Self { $first: Vec::new(), $($column: Vec::new(),)+ $($one)? }
            }

            fn row(&mut self, ($first, $($column),+): ($First, $($Kind),+)) {
                self.$first.push($first);
                $(self.$column.push($column);)+
            }

            /// Lends the rows.
            #[must_use]
            pub fn view(&self) -> $View<'_> {
                $View { $first: &self.$first, $($column: &self.$column,)+ $($one: self.$one)? }
            }
        }
    };
}

columns! {
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
    Purchases,
    /// The owned twin of [`Purchases`].
    PurchaseColumns,
    /// Takes columns of equal length: who, on which day, how much in minor units.
    ///
    /// # Errors
    /// [`DataError::Length`] if a column differs in length from `customer`.
    new {
        /// The customer of each row.
        customer: u32,
        /// The day of each row, in days since 1970-01-01.
        day: i32,
        /// The amount of each row, in minor units of the currency.
        amount: i64,
    }
    /// The currency of all amounts.
    currency: Currency
}

impl PurchaseColumns {
    /// Adds one order of a customer.
    pub fn push(&mut self, customer: u32, day: i32, amount: i64) {
        self.row((customer, day, amount));
    }
}

columns! {
    /// Units asked for, one row per key and day with demand; a key is a variant, or a
    /// variant at a place.
    ///
    /// A day without a row had no demand. What was not observed, or could not be sold for
    /// want of stock, is marked in the [`Panel`](crate::Panel) made from these rows.
    Demand,
    /// The owned twin of [`Demand`].
    #[derive(Default)]
    DemandColumns,
    /// Takes columns of equal length: of what, on which day, how many base units.
    /// Rows of one key and day add up.
    ///
    /// # Errors
    /// [`DataError::Length`] if a column differs in length from `key`,
    /// [`DataError::Entry`] if a number of units is negative or not finite.
    new {
        /// The key of each row.
        key: u32,
        /// The day of each row, in days since 1970-01-01.
        day: i32,
        /// The units of each row, in base units.
        units: f64 where check::all_non_negative,
    }
}

impl DemandColumns {
    /// Adds the units of a key on a day.
    ///
    /// # Errors
    /// [`ParamError`] if `units` is negative or not finite.
    pub fn push(&mut self, key: u32, day: i32, units: f64) -> Result<(), ParamError> {
        self.row((key, day, check::non_negative("units", units)?));
        Ok(())
    }
}

columns! {
    /// What customers did with variants, one row per act.
    ///
    /// The rows feed a recommender, which weighs the kinds and forgets old acts; quantities
    /// are positive also for a return, its kind says that the units came back.
    Behavior,
    /// The owned twin of [`Behavior`].
    #[derive(Default)]
    BehaviorColumns,
    /// Takes columns of equal length: who, with which item, on which day, what, how many.
    ///
    /// # Errors
    /// [`DataError::Length`] if a column differs in length from `customer`,
    /// [`DataError::Entry`] if a quantity is negative or not finite.
    new {
        /// The customer of each row.
        customer: u32,
        /// The item of each row: a variant, or whatever is recommended.
        item: u32,
        /// The day of each row, in days since 1970-01-01.
        day: i32,
        /// What was done in each row.
        kind: EventKind,
        /// The quantity of each row, 1 where the act has none.
        quantity: f64 where check::all_non_negative,
    }
}

impl BehaviorColumns {
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
        self.row((customer, item, day, kind, check::non_negative("quantity", quantity)?));
        Ok(())
    }

    /// Adds the rows of other columns.
    pub fn append(&mut self, other: &Self) {
        self.customer.extend(&other.customer);
        self.item.extend(&other.item);
        self.day.extend(&other.day);
        self.kind.extend(&other.kind);
        self.quantity.extend(&other.quantity);
    }
}

columns! {
    /// Sales of all channels, one row per order: what revenue reports and KPIs read.
    ///
    /// Amounts are in minor units of one currency. A guest order has no customer.
    Sales,
    /// The owned twin of [`Sales`].
    SaleColumns,
    /// Takes columns of equal length: who, where, on which day, revenue and units before
    /// returns, and the value and units that came back of the same order.
    ///
    /// # Errors
    /// [`DataError::Length`] if a column differs in length from `customer`,
    /// [`DataError::Entry`] if a count of units is negative.
    #[expect(clippy::too_many_arguments, reason = "one argument per column, none optional")]
    new {
        /// The customer of each order, if known.
        customer: Option<u32>,
        /// The channel of each order.
        channel: u32,
        /// The day of each order, in days since 1970-01-01.
        day: i32,
        /// The revenue of each order before returns, in minor units.
        revenue: i64,
        /// The units of each order before returns, in base units.
        units: i64 where no_negative_count,
        /// The value of what came back of each order, in minor units.
        returned_value: i64,
        /// The units that came back of each order, in base units.
        returned_units: i64 where no_negative_count,
    }
    /// The currency of all amounts.
    currency: Currency
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
    /// Adds one order.
    ///
    /// # Errors
    /// [`ParamError`] if a count of units is negative.
    pub fn push(&mut self, sale: Sale) -> Result<(), ParamError> {
        let Sale { customer, channel, day, revenue, units, returned_value, returned_units } = sale;
        for (name, count) in [("units", units), ("returned_units", returned_units)] {
            if count < 0 {
                return Err(ParamError::new(name, "non-negative", count));
            }
        }
        self.row((customer, channel, day, revenue, units, returned_value, returned_units));
        Ok(())
    }
}

fn no_negative_count(name: &'static str, counts: &[i64]) -> Result<(), DataError> {
    match counts.iter().enumerate().find(|(_, count)| **count < 0) {
        None => Ok(()),
        Some((index, &count)) => Err(DataError::entry(name, index, "non-negative", count)),
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
