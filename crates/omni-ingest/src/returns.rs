//! Which sale a cancellation undoes, where the file does not say.
//!
//! ```text
//! match(return) = the latest earlier sale, not yet matched, of the same
//!                 customer, code, unit price and quantity
//! ```
//!
//! Lines are walked in the order of the file. A return without a customer is not matched:
//! too many strangers buy one of the same thing. A return of a part of a line finds no
//! sale. O(1) expected time a line, memory for every open sale of a known customer.

use crate::parse::Decimal;
use crate::sale::{Price, SaleLine};
use rustc_hash::FxHashMap;
use std::fmt;

/// What a return was matched to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The sale of this record.
    Sale(u64),
    /// No sale fits.
    NoSale,
    /// The return has no customer.
    NoCustomer,
}

/// Finds the sales that returns undo.
///
/// # Examples
/// ```
/// use omni_ingest::returns::{Match, SaleMatcher};
/// use omni_ingest::{Format, formats};
///
/// let file = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
///     536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
///     C536379,85123A,HEART,-6,2010-12-02 09:41:00,2.55,17850,United Kingdom\n";
/// let mut reader = formats::uci_online_retail().reader(file.as_bytes())?;
/// let mut matcher = SaleMatcher::new();
/// let mut matches = Vec::new();
/// while let Some(outcome) = reader.next_outcome()? {
///     let record = outcome.record().number();
///     match outcome.line() {
///         Some(line) if outcome.breaks("cancellation") => matches.push(matcher.take_back(line)),
///         Some(line) => matcher.sell(record, line),
///         None => {}
///     }
/// }
/// assert_eq!(matches, [Match::Sale(1)]);
/// # Ok::<(), omni_ingest::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct SaleMatcher {
    open: FxHashMap<Key, Vec<u64>>,
}

/// What a sale and its return share.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    customer: Box<str>,
    sku: Box<str>,
    /// Mantissa and scale, without zeros at the end.
    price: (i64, u8),
    per_unit: bool,
    quantity: u64,
}

impl Key {
    fn of(line: &SaleLine<'_>) -> Option<Self> {
        let (price, per_unit) = match line.price {
            Price::Unit(price) => (price, true),
            Price::Line(total) => (total, false),
        };
        let sign = if per_unit { 1 } else { line.quantity.signum() };
        Some(Self {
            customer: line.customer.as_deref()?.into(),
            sku: line.sku.as_ref().into(),
            price: shortest(price.times(sign).unwrap_or(price)),
            per_unit,
            quantity: line.quantity.unsigned_abs(),
        })
    }
}

fn shortest(price: Decimal) -> (i64, u8) {
    let fits = |scale: &u8| price.rescale(*scale).is_some();
    let scale = (0..price.scale()).find(fits).unwrap_or(price.scale());
    (price.rescale(scale).unwrap_or(price.mantissa()), scale)
}

impl SaleMatcher {
    /// No sale yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sale, if it is one: of a positive quantity to a known customer.
    pub fn sell(&mut self, record: u64, line: &SaleLine<'_>) {
        if line.quantity > 0
            && let Some(key) = Key::of(line)
        {
            self.open.entry(key).or_default().push(record);
        }
    }

    /// Matches a return; its quantity counts without its sign.
    pub fn take_back(&mut self, line: &SaleLine<'_>) -> Match {
        let Some(key) = Key::of(line) else { return Match::NoCustomer };
        self.open.get_mut(&key).and_then(Vec::pop).map_or(Match::NoSale, Match::Sale)
    }
}

impl fmt::Debug for SaleMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaleMatcher").field("keys", &self.open.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sale::SaleStatus;
    use chrono::DateTime;
    use omni_core::Currency;

    fn line(customer: Option<&'static str>, quantity: i64, price: Price) -> SaleLine<'static> {
        SaleLine {
            order: "1".into(),
            refers_to: None,
            sku: "A".into(),
            product: None,
            title: "".into(),
            quantity,
            price,
            discount: Decimal::ZERO,
            currency: Currency::GBP,
            placed_at: DateTime::UNIX_EPOCH,
            customer: customer.map(Into::into),
            country: "".into(),
            status: SaleStatus::Sold,
        }
    }

    #[test]
    fn the_latest_open_sale_of_the_same_kind_is_taken_once() {
        let unit = |text: &str| Price::Unit(text.parse().unwrap());
        let mut matcher = SaleMatcher::new();
        matcher.sell(1, &line(Some("ada"), 2, unit("2.50")));
        matcher.sell(2, &line(Some("ada"), 2, unit("2.5")));
        matcher.sell(3, &line(Some("ada"), -2, unit("2.5"))); // no sale
        matcher.sell(4, &line(None, 2, unit("2.5")));
        let back = line(Some("ada"), -2, unit("2.500"));
        assert_eq!(matcher.take_back(&back), Match::Sale(2));
        assert_eq!(matcher.take_back(&back), Match::Sale(1));
        assert_eq!(matcher.take_back(&back), Match::NoSale);
        assert_eq!(matcher.take_back(&line(None, -2, unit("2.5"))), Match::NoCustomer);
        assert_eq!(matcher.take_back(&line(Some("bea"), -2, unit("2.5"))), Match::NoSale);
    }

    #[test]
    fn line_totals_match_without_their_sign() {
        let total = |text: &str| Price::Line(text.parse().unwrap());
        let mut matcher = SaleMatcher::new();
        matcher.sell(1, &line(Some("ada"), 2, total("5.00")));
        assert_eq!(matcher.take_back(&line(Some("ada"), -2, total("-5"))), Match::Sale(1));
    }
}
