//! One line of a sale as a channel reports it: what all formats have in common.

use crate::parse::Decimal;
use chrono::{DateTime, Utc};
use omni_core::{Currency, Money, MoneyError, Rounding, UnitPrice, VariantId};
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
        let minor = total.rescale(currency.exponent()).ok_or(MoneyError::TooManyDecimals {
            currency,
            decimals: total.scale(),
        })?;
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
    /// The product in the [`Catalog`](crate::Catalog), if one was given.
    pub product: Option<VariantId>,
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

    /// The line as a return: quantity and price without their signs.
    pub(crate) fn positive(mut self) -> Option<Self> {
        self.quantity = self.quantity.checked_abs()?;
        self.price = match self.price {
            Price::Unit(price) => Price::Unit(price.abs()?),
            Price::Line(total) => Price::Line(total.abs()?),
        };
        Some(self)
    }

    /// The same line, independent of the file.
    #[must_use]
    pub fn into_owned(self) -> SaleLine<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        SaleLine {
            order: owned(self.order),
            refers_to: self.refers_to.map(owned),
            sku: owned(self.sku),
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
