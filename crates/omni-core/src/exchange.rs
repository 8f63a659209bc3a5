//! Exchange between currencies: an exact ratio, rounded once.
//!
//! ```text
//! 1 unit of `from` = n / d units of `to`
//! minor_to = round(minor_from · n · 10^(e_to − e_from) / d)      e = decimals of the currency
//! ```
//!
//! The ratio is kept as the fraction of two integers in lowest terms, so a quoted rate is
//! what was quoted and its inverse is exact. Nothing converts on its own: an amount
//! changes its currency only here. Converting there and back does not always return the
//! same amount, since each way rounds once. O(1).

use crate::currency::Currency;
use crate::decimal::power_of_ten;
use crate::error::ParamError;
use crate::money::{Money, MoneyError, plain_decimal};
use crate::record::read_by_fields;
use crate::rounding::{Rounding, round_div};
use std::num::NonZeroU64;

/// How many units of one currency a unit of another one is worth.
///
/// # Examples
/// ```
/// use omni_core::{Currency, ExchangeRate, Money, Rounding};
///
/// let rate = ExchangeRate::from_decimal("161.35", Currency::EUR, Currency::JPY)?;
/// let price = Money::new(1999, Currency::EUR);
/// assert_eq!(rate.convert(price, Rounding::HalfUp)?.to_string(), "3225 JPY");
/// assert!(rate.convert(Money::new(1, Currency::USD), Rounding::HalfUp).is_err());
/// # Ok::<(), omni_core::MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize))]
pub struct ExchangeRate {
    from: Currency,
    to: Currency,
    numerator: NonZeroU64,
    denominator: NonZeroU64,
}

impl ExchangeRate {
    /// `numerator / denominator` units of `to` for one unit of `from`.
    ///
    /// # Errors
    /// [`MoneyError::Param`] if one of the numbers is zero, or if `to` is `from`;
    /// [`MoneyError::Overflow`] if one of the numbers, in lowest terms and counted in minor
    /// units, is beyond 64 bits.
    pub fn new(
        from: Currency,
        to: Currency,
        numerator: u64,
        denominator: u64,
    ) -> Result<Self, MoneyError> {
        if from == to {
            return Err(ParamError::new("to", "another currency than `from`", to.code()).into());
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        let positive = |name, number: u64| {
            let reduced = number.checked_div(divisor).and_then(NonZeroU64::new);
            reduced.ok_or_else(|| ParamError::new(name, "positive", number))
        };
        let numerator = positive("numerator", numerator)?;
        let denominator = positive("denominator", denominator)?;
        let rate = Self { from, to, numerator, denominator };
        rate.in_minor_units().map(|_| rate)
    }

    /// A quoted rate such as `1.0875`: so many units of `to` for one unit of `from`.
    ///
    /// # Errors
    /// [`MoneyError::Param`] if the text is no plain decimal above zero, or if `to` is
    /// `from`; [`MoneyError::Overflow`] if it has more than 18 decimals or does not fit.
    pub fn from_decimal(text: &str, from: Currency, to: Currency) -> Result<Self, MoneyError> {
        let rate = plain_decimal("rate", text)?;
        let numerator = u64::try_from(rate.mantissa())
            .map_err(|_| ParamError::new("rate", "positive", rate.to_string().as_str()))?;
        Self::new(from, to, numerator, power_of_ten(rate.scale()).get())
    }

    /// The currency it converts from.
    #[must_use]
    pub const fn from(self) -> Currency {
        self.from
    }

    /// The currency it converts to.
    #[must_use]
    pub const fn to(self) -> Currency {
        self.to
    }

    /// The numerator in lowest terms.
    #[must_use]
    pub const fn numerator(self) -> u64 {
        self.numerator.get()
    }

    /// The denominator in lowest terms.
    #[must_use]
    pub const fn denominator(self) -> u64 {
        self.denominator.get()
    }

    /// The same rate from the other side, exactly.
    #[must_use]
    pub const fn inverse(self) -> Self {
        Self {
            from: self.to,
            to: self.from,
            numerator: self.denominator,
            denominator: self.numerator,
        }
    }

    /// The amount in the other currency, rounded once to whole minor units.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] if the amount is not in the currency the rate
    /// converts from, [`MoneyError::Overflow`] if the result does not fit.
    pub fn convert(self, amount: Money, rounding: Rounding) -> Result<Money, MoneyError> {
        amount.same_currency(Money::zero(self.from))?;
        let (numerator, denominator) = self.in_minor_units()?;
        let product = i128::from(amount.minor()) * i128::from(numerator.get());
        let minor = i64::try_from(round_div(product, denominator, rounding)).ok();
        Money::zero(self.to).with(minor, "an exchange")
    }

    /// Minor units of `to` for one minor unit of `from`.
    fn in_minor_units(self) -> Result<(NonZeroU64, NonZeroU64), MoneyError> {
        let (from, to) = (self.from.exponent(), self.to.exponent());
        let times = |number: NonZeroU64, decimals| {
            let scaled = number.checked_mul(power_of_ten(decimals));
            scaled.ok_or(MoneyError::Overflow { operation: "an exchange rate" })
        };
        Ok((
            times(self.numerator, to.saturating_sub(from))?,
            times(self.denominator, from.saturating_sub(to))?,
        ))
    }
}

const fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

read_by_fields! {
    ExchangeRate { from: Currency, to: Currency, numerator: u64, denominator: u64 }
        => Self::new(from, to, numerator, denominator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Rounding::{Ceil, Floor, HalfUp};

    const EUR: Currency = Currency::EUR;
    const JPY: Currency = Currency::JPY;

    #[test]
    fn decimals_of_both_currencies_count() {
        let dinar: Currency = "KWD".parse().unwrap();
        let rate = ExchangeRate::from_decimal("0.3333", EUR, dinar).unwrap();
        let convert = |minor, rounding| rate.convert(Money::new(minor, EUR), rounding);
        assert_eq!(convert(100, HalfUp), Ok(Money::new(333, dinar)));
        assert_eq!(convert(100, Ceil), Ok(Money::new(334, dinar)));
        assert_eq!(convert(-100, Floor), Ok(Money::new(-334, dinar)));
        let yen = ExchangeRate::new(dinar, JPY, 500, 1).unwrap();
        assert_eq!(yen.convert(Money::new(1, dinar), HalfUp), Ok(Money::new(1, JPY)));
        assert_eq!(yen.convert(Money::new(1, dinar), Floor), Ok(Money::new(0, JPY)));
    }

    #[test]
    fn a_rate_is_kept_in_lowest_terms_and_inverts_exactly() {
        let rate = ExchangeRate::from_decimal("1.08750000", EUR, Currency::USD).unwrap();
        assert_eq!((rate.numerator(), rate.denominator()), (87, 80));
        assert_eq!(rate.inverse(), ExchangeRate::new(Currency::USD, EUR, 80, 87).unwrap());
        assert_eq!(rate.inverse().inverse(), rate);
    }

    #[test]
    fn broken_rates_are_refused() {
        for (numerator, denominator) in [(0, 1), (1, 0), (0, 0)] {
            let error = ExchangeRate::new(EUR, JPY, numerator, denominator).unwrap_err();
            assert!(matches!(error, MoneyError::Param(_)), "{error}");
        }
        for text in ["0", "-1", "0.00", "1e3", "NaN", ""] {
            assert!(ExchangeRate::from_decimal(text, EUR, JPY).is_err(), "{text}");
        }
        assert!(ExchangeRate::new(EUR, EUR, 1, 1).is_err());
        let overflow = Err(MoneyError::Overflow { operation: "an exchange rate" });
        assert_eq!(ExchangeRate::new(JPY, EUR, u64::MAX, 1), overflow);
        assert!(ExchangeRate::new(EUR, JPY, u64::MAX, 1).is_ok());
    }

    #[test]
    fn amounts_beyond_the_range_and_of_other_currencies_are_errors() {
        let rate = ExchangeRate::new(EUR, Currency::USD, u64::MAX, 1).unwrap();
        let overflow = Err(MoneyError::Overflow { operation: "an exchange" });
        assert_eq!(rate.convert(Money::new(i64::MIN, EUR), HalfUp), overflow);
        let error = MoneyError::CurrencyMismatch { left: JPY, right: EUR };
        assert_eq!(rate.convert(Money::new(1, JPY), HalfUp), Err(error));
        let same = ExchangeRate::new(EUR, Currency::USD, u64::MAX, u64::MAX).unwrap();
        assert_eq!(same.convert(Money::new(i64::MIN, EUR), HalfUp).map(Money::minor), Ok(i64::MIN));
    }
}
