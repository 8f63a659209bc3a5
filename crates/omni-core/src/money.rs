//! Money: a whole number of minor units of one currency.
//!
//! ```text
//! 19.99 EUR = { minor: 1999, currency: EUR }     10^exponent minor units make one unit
//!
//! allocate(m; w):  q_i = ⌊|m| w_i / Σw⌋,  r_i = |m| w_i mod Σw
//!                  the |m| − Σq units left go, one each, to the largest r_i
//!                  (ties: the lowest i);  part_i = sign(m) q_i
//! ```
//!
//! `m` is in minor units, `w` are weights without unit. Amounts of two currencies never
//! meet: every operation that could mix them returns an error, and there is neither `+`
//! nor `<` between amounts. Every `i64` is an amount, also `i64::MIN`, so that
//! construction cannot fail and a column of integers is a column of money; therefore
//! [`try_neg`](Money::try_neg) and [`try_abs`](Money::try_abs) can. Products go through
//! `i128`. Allocation is exact for all weights: `2⁶³ · 2⁶⁴` fits 128 bits. It takes O(n)
//! time and memory; everything else is O(1).
//!
//! Source of the allocation: largest remainders, Hamilton's method; Balinski & Young
//! (1982), "Fair Representation", Yale University Press.

use crate::currency::Currency;
use crate::decimal::{Decimal, NumberError};
use crate::error::{DataError, ParamError, Violations};
use crate::rate::Rate;
use crate::rounding::{Rounding, round_div};
use std::cmp::{Ordering, Reverse};
use std::fmt;
use std::str::FromStr;

/// Why an amount could not be computed or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// Two currencies met in one operation.
    #[error("{left} and {right} cannot be mixed")]
    CurrencyMismatch {
        /// The currency of the first operand.
        left: Currency,
        /// The currency of the second operand.
        right: Currency,
    },
    /// The result does not fit 64 bits.
    #[error("the result of {operation} does not fit 64 bits")]
    Overflow {
        /// What was computed.
        operation: &'static str,
    },
    /// A text has more decimals than its currency.
    #[error("{currency} has {} decimals, got {decimals}", currency.exponent())]
    TooManyDecimals {
        /// The currency.
        currency: Currency,
        /// How many decimals the text has.
        decimals: u8,
    },
    /// One argument is out of its range or not readable.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// One entry of a list is out of its range.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A stored record contradicts itself.
    #[error(transparent)]
    Record(#[from] Violations),
}

/// An amount of money: minor units of one currency.
///
/// With the feature `serde` it is `{"minor":1999,"currency":"EUR"}`. Minor units beyond
/// 2⁵³ do not survive JavaScript, so they are also read from text (`"minor":"1999"`); a
/// number with a decimal point or exponent is refused.
///
/// # Examples
/// ```
/// use omni_core::{Currency, Money};
///
/// let price: Money = "19.99 EUR".parse()?;
/// let total = price.checked_mul(3)?;
/// assert_eq!(total, Money::new(5997, Currency::EUR));
/// assert_eq!(total.to_string(), "59.97 EUR");
///
/// let dollar = Money::new(1, Currency::USD);
/// assert!(total.try_add(dollar).is_err());
/// # Ok::<(), omni_core::MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Money {
    #[cfg_attr(feature = "serde", serde(deserialize_with = "read_minor"))]
    minor: i64,
    currency: Currency,
}

impl Money {
    /// So many minor units (cents, pence, yen) of a currency.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// Reads a bare decimal such as `-19.99`, as it stands in a column of one currency.
    ///
    /// Fewer decimals than the currency has are fine, more are an error even if they are
    /// zeros. A number with more decimals is a [`UnitPrice`](crate::UnitPrice).
    ///
    /// # Errors
    /// [`MoneyError::TooManyDecimals`]; [`MoneyError::Param`] if the text is no plain
    /// decimal (sign, exponent, grouping: see there); [`MoneyError::Overflow`].
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Money};
    ///
    /// assert_eq!(Money::from_decimal("-19.9", Currency::EUR)?.minor(), -1990);
    /// assert!(Money::from_decimal("19.999", Currency::EUR).is_err());
    /// assert!(Money::from_decimal("1,999.00", Currency::EUR).is_err());
    /// # Ok::<(), omni_core::MoneyError>(())
    /// ```
    pub fn from_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let decimal = plain_decimal("amount", text)?;
        if decimal.scale > currency.exponent() {
            return Err(MoneyError::TooManyDecimals { currency, decimals: decimal.scale });
        }
        let minor = decimal.rescale(currency.exponent());
        minor.map(|minor| Self::new(minor, currency)).ok_or(overflow("parse"))
    }

    /// The bare decimal that [`from_decimal`](Self::from_decimal) reads: `19.99`.
    #[must_use]
    pub fn to_decimal(self) -> String {
        Decimal { mantissa: self.minor, scale: self.currency.exponent() }.to_string()
    }

    pub(crate) fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn try_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_add(other.minor), "an addition")
    }

    /// The difference of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn try_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_sub(other.minor), "a subtraction")
    }

    /// The sum of many amounts, the same in any order; nothing if there is none.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] if one amount is in another currency,
    /// [`MoneyError::Overflow`] if the total does not fit.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Money};
    ///
    /// let amounts = [1999, -500, 1].map(|minor| Money::new(minor, Currency::EUR));
    /// assert_eq!(Money::try_sum(Currency::EUR, amounts)?.minor(), 1500);
    /// # Ok::<(), omni_core::MoneyError>(())
    /// ```
    pub fn try_sum(
        currency: Currency,
        amounts: impl IntoIterator<Item = Self>,
    ) -> Result<Self, MoneyError> {
        let zero = Self::zero(currency);
        let total = amounts.into_iter().try_fold(0_i128, |total, amount| {
            zero.same_currency(amount)?;
            total.checked_add(i128::from(amount.minor)).ok_or(overflow("a sum"))
        })?;
        zero.with(i64::try_from(total).ok(), "a sum")
    }

    /// So many times the amount.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn checked_mul(self, quantity: i64) -> Result<Self, MoneyError> {
        self.with(self.minor.checked_mul(quantity), "a multiplication")
    }

    /// A share of the amount, rounded once to whole minor units.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Money, Rate, Rounding};
    ///
    /// let line = Money::new(915_150, Currency::EUR);
    /// let ten_percent: Rate = "10 %".parse()?;
    /// assert_eq!(line.mul_rate(ten_percent, Rounding::HalfUp)?.minor(), 91_515);
    /// # Ok::<(), omni_core::MoneyError>(())
    /// ```
    pub fn mul_rate(self, rate: Rate, rounding: Rounding) -> Result<Self, MoneyError> {
        let product = i128::from(self.minor) * i128::from(rate.ppm());
        let share = round_div(product, Rate::PARTS, rounding);
        self.with(i64::try_from(share).ok(), "a share")
    }

    /// The amount with the other sign.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] for `i64::MIN` minor units only.
    pub fn try_neg(self) -> Result<Self, MoneyError> {
        self.with(self.minor.checked_neg(), "a negation")
    }

    /// The amount without its sign.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] for `i64::MIN` minor units only.
    pub fn try_abs(self) -> Result<Self, MoneyError> {
        self.with(self.minor.checked_abs(), "an absolute value")
    }

    /// Which of two amounts of one currency is larger.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn try_cmp(self, other: Self) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// Parts in proportion to `weights` that sum to the amount exactly.
    ///
    /// Each part is its exact share rounded down or up to a minor unit. What rounding
    /// down leaves over goes to the parts with the largest remainders, the first of
    /// equals first. A zero weight gets nothing; negative amounts mirror positive ones.
    ///
    /// # Errors
    /// [`MoneyError::Param`] if no weight is above zero.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Money};
    ///
    /// let discount = Money::new(915, Currency::EUR);
    /// let parts = discount.allocate(&[3823, 1999, 501])?;
    /// assert_eq!(parts.iter().map(|p| p.minor()).collect::<Vec<_>>(), [553, 289, 73]);
    /// # Ok::<(), omni_core::MoneyError>(())
    /// ```
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let sum: u128 = weights.iter().copied().map(u128::from).sum();
        if sum == 0 {
            let rule = "a list with an entry above zero; entries";
            return Err(ParamError::new("weights", rule, weights.len()).into());
        }
        let amount = u128::from(self.minor.unsigned_abs());
        let (mut parts, mut remainders) = (Vec::new(), Vec::new());
        for (i, &weight) in weights.iter().enumerate() {
            let product = amount * u128::from(weight);
            parts.push(product / sum);
            remainders.push((Reverse(product % sum), i));
        }
        let left = amount - parts.iter().sum::<u128>();
        if left > 0 {
            // Every remainder is below the sum: fewer units are left than there are parts.
            let left = usize::try_from(left).map_err(|_| overflow("an allocation"))?;
            remainders.select_nth_unstable(left);
            for &(_, i) in remainders.iter().take(left) {
                if let Some(part) = parts.get_mut(i) {
                    *part += 1;
                }
            }
        }
        let signed = |part: u64| {
            if self.is_negative() {
                0_i64.checked_sub_unsigned(part)
            } else {
                0_i64.checked_add_unsigned(part)
            }
        };
        let part = |part| u64::try_from(part).ok().and_then(signed);
        parts.into_iter().map(|p| self.with(part(p), "an allocation")).collect()
    }

    /// `parts` equal parts that sum to the amount exactly: the first ones are one minor
    /// unit larger where it does not divide.
    ///
    /// The parts are computed one by one; any number of them takes no memory.
    ///
    /// # Errors
    /// [`MoneyError::Param`] if `parts` is zero.
    ///
    /// # Examples
    /// Three pieces that cost 10.00 together are refunded one by one:
    /// ```
    /// use omni_core::{Currency, Money};
    ///
    /// let refunds: Vec<Money> = Money::new(1000, Currency::EUR).split(3)?.collect();
    /// assert_eq!(refunds.iter().map(|r| r.minor()).collect::<Vec<_>>(), [334, 333, 333]);
    /// # Ok::<(), omni_core::MoneyError>(())
    /// ```
    pub fn split(
        self,
        parts: u32,
    ) -> Result<impl ExactSizeIterator<Item = Self> + Clone, MoneyError> {
        if parts == 0 {
            return Err(ParamError::new("parts", "at least 1", parts).into());
        }
        let (each, left) = (self.minor / i64::from(parts), self.minor % i64::from(parts));
        Ok((0..parts).map(move |i| {
            let one = if u64::from(i) < left.unsigned_abs() { left.signum() } else { 0 };
            Self { minor: each + one, ..self }
        }))
    }

    /// The same currency with another number of minor units, if there is one.
    pub(crate) fn with(
        self,
        minor: Option<i64>,
        operation: &'static str,
    ) -> Result<Self, MoneyError> {
        minor.map(|minor| Self { minor, ..self }).ok_or(MoneyError::Overflow { operation })
    }
}

const fn overflow(operation: &'static str) -> MoneyError {
    MoneyError::Overflow { operation }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.to_decimal(), self.currency))
    }
}

/// Reads a decimal without a plus sign; an error calls it `name`.
pub(crate) fn plain_decimal(name: &'static str, text: &str) -> Result<Decimal, MoneyError> {
    match text.parse() {
        Ok(decimal) if !text.starts_with('+') => Ok(decimal),
        Err(NumberError::TooLarge) => Err(overflow("parse")),
        _ => {
            let shown: String = text.chars().take(32).collect();
            let rule = "a plain decimal such as -19.99";
            Err(ParamError::new(name, rule, shown.as_str()).into())
        }
    }
}

/// Splits `19.99 EUR` into number and currency.
pub(crate) fn split_currency<'a>(
    name: &'static str,
    text: &'a str,
) -> Result<(&'a str, Currency), MoneyError> {
    let Some((decimal, code)) = text.split_once(' ') else {
        let shown: String = text.chars().take(32).collect();
        let rule = "a decimal and a currency such as 19.99 EUR";
        return Err(ParamError::new(name, rule, shown.as_str()).into());
    };
    Ok((decimal, code.parse()?))
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads what `Display` prints: `19.99 EUR`.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (decimal, currency) = split_currency("amount", text)?;
        Self::from_decimal(decimal, currency)
    }
}

/// Reads minor units from an integer or its text, never from a float.
#[cfg(feature = "serde")]
fn read_minor<'de, D: serde::Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a 64-bit integer or its text")]
    enum Minor {
        Number(i64),
        Text(String),
    }

    if !from.is_human_readable() {
        return i64::deserialize(from);
    }
    match Minor::deserialize(from)? {
        Minor::Number(minor) => Ok(minor),
        Minor::Text(text) => match plain_decimal("minor", &text) {
            Ok(Decimal { mantissa, scale: 0 }) => Ok(mantissa),
            _ => Err(serde::de::Error::custom("minor units must be a whole number of 64 bits")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EUR: Currency = Currency::EUR;

    fn eur(minor: i64) -> Money {
        Money::new(minor, EUR)
    }

    fn parts(minor: i64, weights: &[u64]) -> Vec<i64> {
        eur(minor).allocate(weights).unwrap().into_iter().map(Money::minor).collect()
    }

    #[test]
    fn an_amount_is_sixteen_bytes() {
        assert_eq!(size_of::<Money>(), 16);
    }

    #[test]
    fn arithmetic_is_checked_at_both_ends() {
        let (least, most) = (eur(i64::MIN), eur(i64::MAX));
        let fails = |operation| Err(MoneyError::Overflow { operation });
        assert_eq!(most.try_add(eur(1)), fails("an addition"));
        assert_eq!(least.try_sub(eur(1)), fails("a subtraction"));
        assert_eq!(least.try_neg(), fails("a negation"));
        assert_eq!(least.try_abs(), fails("an absolute value"));
        assert_eq!(least.checked_mul(-1), fails("a multiplication"));
        assert_eq!(most.mul_rate(Rate::from_ppm(1_000_001), Rounding::HalfUp), fails("a share"));
        assert_eq!(Money::try_sum(EUR, [most, eur(1)]), fails("a sum"));
        // An intermediate total may leave the range, only the result may not.
        assert_eq!(Money::try_sum(EUR, [most, eur(1), eur(-1)]), Ok(most));
        assert_eq!(least.try_add(most), Ok(eur(-1)));
        assert_eq!(eur(-5).try_abs(), Ok(eur(5)));
    }

    #[test]
    fn currencies_never_mix() {
        let (left, right) = (eur(1), Money::new(1, Currency::JPY));
        let error = MoneyError::CurrencyMismatch { left: EUR, right: Currency::JPY };
        assert_eq!(left.try_add(right), Err(error.clone()));
        assert_eq!(left.try_sub(right), Err(error.clone()));
        assert_eq!(left.try_cmp(right), Err(error.clone()));
        assert_eq!(Money::try_sum(EUR, [left, right]), Err(error.clone()));
        assert_eq!(error.to_string(), "EUR and JPY cannot be mixed");
        assert_ne!(left, right);
        assert_eq!(left.try_cmp(eur(2)), Ok(Ordering::Less));
    }

    #[test]
    fn allocation_gives_the_rest_to_the_largest_remainders() {
        assert_eq!(parts(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(parts(5, &[3, 7]), [2, 3]);
        assert_eq!(parts(-100, &[1, 1, 1]), [-34, -33, -33]);
        assert_eq!(parts(0, &[1, 2]), [0, 0]);
        assert_eq!(parts(1000, &[0, 1, 0, 2]), [0, 333, 0, 667]);
        assert_eq!(parts(915, &[3823, 1999, 501]), [553, 289, 73]);
        assert_eq!(parts(2, &[1, 1, 1, 1, 1]), [1, 1, 0, 0, 0]);
        assert_eq!(parts(-7, &[5, 3, 1]), [-4, -2, -1]);
    }

    #[test]
    fn allocation_is_exact_for_the_largest_numbers() {
        assert_eq!(parts(i64::MAX, &[1, 1]), [i64::MAX / 2 + 1, i64::MAX / 2]);
        assert_eq!(parts(i64::MIN, &[u64::MAX]), [i64::MIN]);
        assert_eq!(parts(i64::MIN, &[u64::MAX, 0, u64::MAX]), [i64::MIN / 2, 0, i64::MIN / 2]);
        assert_eq!(parts(i64::MAX, &[u64::MAX, 1]), [i64::MAX, 0]);
    }

    #[test]
    fn nothing_can_be_allocated_to_no_weight() {
        for weights in [&[][..], &[0, 0]] {
            let error = eur(1).allocate(weights).unwrap_err();
            assert!(matches!(error, MoneyError::Param(_)), "{error}");
        }
    }

    #[test]
    fn a_split_is_lazy_and_sums() {
        let split = |minor, n| eur(minor).split(n).unwrap().map(Money::minor).collect::<Vec<_>>();
        assert_eq!(split(1000, 3), [334, 333, 333]);
        assert_eq!(split(-1000, 3), [-334, -333, -333]);
        assert_eq!(split(2, 4), [1, 1, 0, 0]);
        assert_eq!(split(i64::MIN, 1), [i64::MIN]);
        assert!(eur(1).split(0).is_err());
        let many = eur(i64::MIN).split(u32::MAX).unwrap();
        assert_eq!(many.len(), 4_294_967_295);
    }

    #[test]
    fn text_is_read_as_it_is_printed() {
        let cases = [(1999, "EUR", "19.99 EUR"), (-5, "EUR", "-0.05 EUR"), (7, "JPY", "7 JPY")];
        for (minor, code, text) in cases {
            let money = Money::new(minor, code.parse().unwrap());
            assert_eq!(money.to_string(), text);
            assert_eq!(text.parse(), Ok(money));
        }
        assert_eq!(format!("{:>10}", eur(-5)), " -0.05 EUR");
        assert_eq!("-1 EUR".parse(), Ok(eur(-100)));
        assert_eq!("-0.00 EUR".parse(), Ok(eur(0)));
    }

    #[test]
    fn text_is_never_rounded_or_guessed() {
        for (text, decimals) in [("1.999 EUR", 3), ("1.990 EUR", 3)] {
            let error = MoneyError::TooManyDecimals { currency: EUR, decimals };
            assert_eq!(text.parse::<Money>(), Err(error));
        }
        let bad =
            "|EUR|1.00|1.00EUR|1.00  EUR|1.00 EUR | 1.00 EUR|1.00 eur|1.00 XAU|1,00 EUR|EUR 1.00";
        for text in bad.split('|') {
            let error = text.parse::<Money>().unwrap_err();
            assert!(matches!(error, MoneyError::Param(_)), "{text:?}: {error}");
        }
        let bad = "|.|-|1.|.5|+1|1e3|1,000|1 000| 1|1 |--1|1.2.3|1.-2|NaN|inf|٣|−1|0x1|1_0|$1";
        for text in bad.split('|') {
            let error = Money::from_decimal(text, EUR).unwrap_err();
            assert!(matches!(error, MoneyError::Param(_)), "{text:?}: {error}");
        }
        let huge = "92233720368547758.08 EUR".parse::<Money>();
        assert_eq!(huge, Err(MoneyError::Overflow { operation: "parse" }));
        assert_eq!("-92233720368547758.08 EUR".parse(), Ok(eur(i64::MIN)));
    }
}
