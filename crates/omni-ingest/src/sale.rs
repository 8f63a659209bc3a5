//! One line of a sale as a channel reports it: what all formats have in common.

use crate::parse::Decimal;
use chrono::{DateTime, Utc};
use omni_core::{Currency, Money, MoneyError, Rounding, UnitPrice};
use std::borrow::Cow;
use std::fmt;

/// What a channel charges for a line; some give the price of one unit, some of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Price {
    /// The price of one unit.
    Unit(Decimal),
    /// The price of all units of the line.
    Line(Decimal),
}

impl Price {
    /// The price of the whole line, exact; `None` if it does not fit 64 bits.
    #[must_use]
    pub const fn total(self, quantity: i64) -> Option<Decimal> {
        match self {
            Self::Unit(price) => price.times(quantity),
            Self::Line(total) => Some(total),
        }
    }

    /// The price of one unit, with as many decimals as it takes.
    ///
    /// A line total that cannot be divided evenly gets the fewest decimals with which
    /// the quantity times the price rounds to the total again.
    ///
    /// # Errors
    /// [`MoneyError`] if the price does not fit, or a line total has more decimals than
    /// its currency, or `quantity` is not positive.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Rounding};
    /// use omni_ingest::Price;
    ///
    /// let ten = "10.00".parse()?;
    /// let unit = Price::Line(ten).unit_price(3, Currency::USD)?;
    /// assert_eq!(unit.to_string(), "3.333 USD");
    /// assert_eq!(unit.times(3, Rounding::HalfUp)?.to_string(), "10.00 USD");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unit_price(self, quantity: i64, currency: Currency) -> Result<UnitPrice, MoneyError> {
        let total = match self {
            Self::Unit(price) => return UnitPrice::new(price.mantissa(), price.scale(), currency),
            Self::Line(total) => total,
        };
        let overflow = MoneyError::Overflow { operation: "a price" };
        let minor = total
            .rescale(currency.exponent())
            .ok_or(MoneyError::TooManyDecimals { currency, decimals: total.scale() })?;
        if quantity <= 0 {
            let rule = "above zero";
            return Err(omni_core::ParamError::new("quantity", rule, quantity).into());
        }
        let quantity_wide = i128::from(quantity);
        for scale in currency.exponent()..=18 {
            let power = 10_i128.pow(u32::from(scale - currency.exponent()));
            let scaled = i128::from(minor) * power;
            let nearest = scaled.signum() * ((scaled.abs() + quantity_wide / 2) / quantity_wide);
            let Ok(value) = i64::try_from(nearest) else { break };
            let price = UnitPrice::new(value, scale, currency)?;
            if price.times(quantity, Rounding::HalfUp) == Ok(Money::new(minor, currency)) {
                return Ok(price);
            }
        }
        Err(overflow)
    }
}

/// How an order ended, as far as its channel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum SaleStatus {
    /// It counts as revenue.
    #[default]
    Sold,
    /// It waits to be paid: no revenue yet.
    Open,
    /// It was canceled before anything was charged.
    Canceled,
    /// All of it was paid back.
    Refunded,
}

/// One line of a sale or a return, in the words of its channel.
///
/// Borrowed from the file while it is read ([`Reader::next_outcome`](crate::Reader::next_outcome))
/// or owned. `Debug` leaves out the customer.
#[derive(Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SaleLine<'a> {
    /// The number the channel gives the order.
    pub order: Cow<'a, str>,
    /// The order in this or another channel that this line undoes or copies.
    pub refers_to: Option<Cow<'a, str>>,
    /// The code it was sold under, normalized.
    pub sku: Cow<'a, str>,
    /// The key of the product in the [`Catalog`](crate::Catalog), if one was given.
    pub product: Option<Cow<'a, str>>,
    /// What the channel calls it.
    pub title: Cow<'a, str>,
    /// Units; negative where the file says so and the line does not leave.
    pub quantity: i64,
    /// What they cost before the discount.
    pub price: Price,
    /// The discount on the line, not negative.
    pub discount: Decimal,
    /// The currency of both.
    pub currency: Currency,
    /// When the order was placed.
    pub placed_at: DateTime<Utc>,
    /// The key of the customer in this channel; `None` for a guest.
    pub customer: Option<Cow<'a, str>>,
    /// The country of the customer as the channel writes it, or empty.
    pub country: Cow<'a, str>,
    /// How the order ended.
    pub status: SaleStatus,
}

impl SaleLine<'_> {
    /// What the line cost after the discount, exact; `None` if it does not fit 64 bits.
    #[must_use]
    pub fn total(&self) -> Option<Decimal> {
        let total = self.price.total(self.quantity)?;
        if self.discount.is_zero() {
            return Some(total);
        }
        let scale = total.scale().max(self.discount.scale());
        let minuend = total.rescale(scale)?;
        Decimal::new(minuend.checked_sub(self.discount.rescale(scale)?)?, scale)
    }

    /// The line as a return: quantity and price without their signs; `None` without units.
    pub(crate) fn positive(mut self) -> Option<Self> {
        self.quantity = self.quantity.checked_abs().filter(|&units| units > 0)?;
        self.price = match self.price {
            Price::Unit(price) => Price::Unit(price.abs()?),
            Price::Line(total) => Price::Line(total.abs()?),
        };
        Some(self)
    }

    /// Whether there is a [`positive`](Self::positive) line.
    pub(crate) const fn is_returnable(&self) -> bool {
        let (Price::Unit(price) | Price::Line(price)) = self.price;
        self.quantity != 0 && self.quantity != i64::MIN && price.mantissa() != i64::MIN
    }

    /// The same line, independent of the file.
    #[must_use]
    pub fn into_owned(self) -> SaleLine<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        SaleLine {
            order: owned(self.order),
            refers_to: self.refers_to.map(owned),
            sku: owned(self.sku),
            product: self.product.map(owned),
            title: owned(self.title),
            customer: self.customer.map(owned),
            country: owned(self.country),
            ..self
        }
    }
}

impl fmt::Debug for SaleLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaleLine")
            .field("order", &self.order)
            .field("refers_to", &self.refers_to)
            .field("sku", &self.sku)
            .field("quantity", &self.quantity)
            .field("price", &self.price)
            .field("discount", &self.discount)
            .field("currency", &self.currency)
            .field("placed_at", &self.placed_at)
            .field("customer", &self.customer.as_ref().map(|_| "***"))
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_line_total_becomes_a_unit_price_that_gives_it_back() {
        for minor in [0, 1, 99, 1000, 250_140, 99_999_999_999_999] {
            for quantity in [1, 2, 3, 7, 12, 97, 1_000_003, 4_294_967_295] {
                let total = Decimal::new(minor, 2).unwrap();
                let unit = Price::Line(total).unit_price(quantity, Currency::USD).unwrap();
                let back = unit.times(quantity, Rounding::HalfUp).unwrap();
                assert_eq!(back.minor(), minor, "{quantity} x {unit}");
            }
        }
    }

    #[test]
    fn what_cannot_be_a_price_is_an_error() {
        let price = Price::Line(decimal("1.005"));
        assert!(matches!(
            price.unit_price(1, Currency::USD),
            Err(MoneyError::TooManyDecimals { decimals: 3, .. })
        ));
        for quantity in [0, -1, i64::MIN] {
            assert!(Price::Line(decimal("1")).unit_price(quantity, Currency::USD).is_err());
        }
        let huge = Price::Unit(decimal("9223372036854775807"));
        assert!(huge.unit_price(1, Currency::USD).is_err());
        assert_eq!(huge.total(2), None);
    }

    #[test]
    fn totals_are_exact_and_returns_have_no_sign() {
        let mut line = SaleLine {
            order: "1".into(),
            refers_to: None,
            sku: "A".into(),
            product: None,
            title: "".into(),
            quantity: -2,
            price: Price::Unit(decimal("0.055")),
            discount: Decimal::ZERO,
            currency: Currency::GBP,
            placed_at: DateTime::UNIX_EPOCH,
            customer: Some("ada@example.com".into()),
            country: "".into(),
            status: SaleStatus::Sold,
        };
        assert_eq!(line.total(), Some(decimal("-0.11")));
        assert!(!format!("{line:?}").contains("ada"));
        line = line.positive().unwrap();
        line.discount = decimal("0.1");
        assert_eq!(line.total(), Some(decimal("0.01")));
        line.quantity = i64::MIN;
        assert_eq!((line.total(), line.positive()), (None, None));
    }
}
