//! Prices of one unit, with as many decimals as it takes.
//!
//! ```text
//! price = value · 10^-scale units of the currency,   exponent <= scale <= 18
//! times(n) = round(value · n / 10^(scale − exponent)) minor units
//! ```
//!
//! A screw costs 0.0125 EUR, and the exports of some shops are in thousandths of a pound.
//! Rounding such a price to cents before it is multiplied is wrong by up to half a cent
//! per piece; here only the total of the line becomes [`Money`], rounded once. Zeros at
//! the end beyond the currency's decimals are dropped, so that equal prices are equal
//! values. O(1).

use crate::currency::Currency;
use crate::decimal::{Decimal, power_of_ten};
use crate::error::ParamError;
use crate::money::{Money, MoneyError, plain_decimal, split_currency};
use crate::record::stored_as_text;
use crate::rounding::{Rounding, round_div};
use std::fmt;
use std::str::FromStr;

/// The exact price of one unit.
///
/// With the feature `serde` it is its text, `"2.555 GBP"`.
///
/// # Examples
/// ```
/// use omni_core::{Money, Rounding, UnitPrice};
///
/// let price: UnitPrice = "2.555 GBP".parse()?;
/// assert_eq!(price.times(6, Rounding::HalfUp)?.to_string(), "15.33 GBP");
/// assert_eq!(price.times(1, Rounding::HalfUp)?.to_string(), "2.56 GBP");
/// assert!(Money::try_from(price).is_err()); // never rounded silently
/// # Ok::<(), omni_core::MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnitPrice {
    value: i64,
    scale: u8,
    currency: Currency,
}

impl UnitPrice {
    /// The price `value · 10^-scale`: `new(2555, 3, GBP)` is 2.555 pounds.
    ///
    /// # Errors
    /// [`MoneyError::Param`] if `scale` is above 18, [`MoneyError::Overflow`] if the price
    /// in minor units does not fit.
    pub fn new(value: i64, scale: u8, currency: Currency) -> Result<Self, MoneyError> {
        let price = Decimal::new(value, scale)
            .ok_or_else(|| ParamError::new("scale", "at most 18", u32::from(scale)))?
            .trim();
        let scale = price.scale().max(currency.exponent());
        let value = price.rescale(scale).ok_or(MoneyError::Overflow { operation: "a price" })?;
        Ok(Self { value, scale, currency })
    }

    /// Reads a bare decimal such as `2.555`, as it stands in a column of one currency.
    ///
    /// # Errors
    /// [`MoneyError::Param`] if the text is no plain decimal, [`MoneyError::Overflow`] if
    /// it has more than 18 decimals or does not fit.
    pub fn from_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let price = plain_decimal("price", text)?;
        Self::new(price.mantissa(), price.scale(), currency)
    }

    /// The price in units of `10^-scale`.
    #[must_use]
    pub const fn value(self) -> i64 {
        self.value
    }

    /// Its decimals: those of the currency or, where it needs them, more.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The price of so many units, rounded once to whole minor units.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Rounding, UnitPrice};
    ///
    /// let screw = UnitPrice::from_decimal("0.0125", Currency::EUR)?;
    /// assert_eq!(screw.times(1_000, Rounding::HalfUp)?.to_string(), "12.50 EUR");
    /// # Ok::<(), omni_core::MoneyError>(())
    /// ```
    pub fn times(self, quantity: i64, rounding: Rounding) -> Result<Money, MoneyError> {
        let product = i128::from(self.value) * i128::from(quantity);
        let decimals = self.scale - self.currency.exponent();
        let minor = round_div(product, power_of_ten(decimals), rounding);
        Money::zero(self.currency).with(i64::try_from(minor).ok(), "a line total")
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let price = Decimal { mantissa: self.value, scale: self.scale };
        f.pad(&format!("{price} {}", self.currency))
    }
}

impl FromStr for UnitPrice {
    type Err = MoneyError;

    /// Reads what `Display` prints: `2.555 GBP`.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (decimal, currency) = split_currency("price", text)?;
        Self::from_decimal(decimal, currency)
    }
}

impl From<Money> for UnitPrice {
    fn from(price: Money) -> Self {
        let currency = price.currency();
        Self { value: price.minor(), scale: currency.exponent(), currency }
    }
}

impl TryFrom<UnitPrice> for Money {
    type Error = MoneyError;

    /// The price as money, if it is a whole number of minor units.
    fn try_from(price: UnitPrice) -> Result<Self, MoneyError> {
        let UnitPrice { value, scale: decimals, currency } = price;
        if decimals == currency.exponent() {
            Ok(Self::new(value, currency))
        } else {
            Err(MoneyError::TooManyDecimals { currency, decimals })
        }
    }
}

stored_as_text!(UnitPrice);

#[cfg(test)]
mod tests {
    use super::*;

    const EUR: Currency = Currency::EUR;

    #[test]
    fn equal_prices_are_equal_values() {
        let price = UnitPrice::new(2_550, 3, EUR).unwrap();
        assert_eq!((price.value(), price.scale()), (255, 2));
        assert_eq!(UnitPrice::new(25_500_000, 7, EUR), Ok(price));
        assert_eq!("2.5500000 EUR".parse(), Ok(UnitPrice::from(Money::new(255, EUR))));
        assert_eq!(UnitPrice::new(3, 0, EUR).unwrap().to_string(), "3.00 EUR");
        assert_eq!(UnitPrice::new(20, 1, Currency::JPY).unwrap().to_string(), "2 JPY");
        assert_eq!(size_of::<UnitPrice>(), 16);
    }

    #[test]
    fn thousandths_of_a_pound_are_exact() {
        let price = UnitPrice::new(1_001, 3, Currency::GBP).unwrap();
        assert_eq!(price.to_string(), "1.001 GBP");
        assert_eq!(price.times(1_000, Rounding::HalfUp).unwrap().minor(), 100_100);
    }

    #[test]
    fn a_line_is_rounded_once() {
        let times = |text: &str, quantity, rounding| {
            let price = UnitPrice::from_decimal(text, EUR).unwrap();
            price.times(quantity, rounding).unwrap().minor()
        };
        // The authorized and the captured amount of one order differed by a hundredth.
        assert_eq!(times("98.9009", 1, Rounding::HalfUp), 9_890);
        assert_eq!(times("0.005", 1, Rounding::HalfUp), 1);
        assert_eq!(times("0.005", 1, Rounding::HalfEven), 0);
        assert_eq!(times("0.005", 3, Rounding::HalfEven), 2);
        assert_eq!(times("-0.005", 1, Rounding::HalfUp), -1);
        assert_eq!(times("0.000000000000000001", i64::MAX, Rounding::Floor), 922);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let overflow = |operation| MoneyError::Overflow { operation };
        assert_eq!(UnitPrice::new(i64::MAX, 1, EUR), Err(overflow("a price")));
        assert!(UnitPrice::new(i64::MAX, 2, EUR).is_ok());
        assert!(matches!(UnitPrice::new(1, 19, EUR), Err(MoneyError::Param(_))));
        let most = UnitPrice::from(Money::new(i64::MAX, EUR));
        assert_eq!(most.times(2, Rounding::Floor), Err(overflow("a line total")));
        assert_eq!(most.times(1, Rounding::Floor), Money::try_from(most));
    }

    #[test]
    fn only_a_whole_price_becomes_money() {
        let price = UnitPrice::new(1_005, 3, EUR).unwrap();
        let error = MoneyError::TooManyDecimals { currency: EUR, decimals: 3 };
        assert_eq!(Money::try_from(price), Err(error));
    }
}
