//! Plain decimal text: what amounts, unit prices and rates are printed as and read from.
//!
//! ```text
//! text = ["-"] digits ["." digits]
//! ```
//!
//! No plus sign, exponent, grouping, white space, NaN or infinity, and no rounding.

use crate::error::ParamError;
use crate::money::MoneyError;
use std::fmt;
use std::num::NonZeroU64;

/// The exact number `value · 10^-scale`, `scale <= MAX_SCALE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) value: i64,
    pub(crate) scale: u8,
}

/// `10^18` is the largest power of ten in an `i64`.
pub(crate) const MAX_SCALE: u8 = 18;

/// `10^exponent`, saturating; exact beyond [`MAX_SCALE`], up to 19.
pub(crate) const fn power_of_ten(exponent: u8) -> NonZeroU64 {
    NonZeroU64::MIN.saturating_add(9).saturating_pow(exponent as u32)
}

impl Decimal {
    /// Reads a decimal; an error calls it `name`.
    pub(crate) fn parse(name: &'static str, text: &str) -> Result<Self, MoneyError> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) =
            digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !(plain(whole) && fraction.is_none_or(plain)) {
            let shown: String = text.chars().take(32).collect();
            let error = ParamError::new(name, "a plain decimal such as -19.99", shown.as_str());
            return Err(error.into());
        }
        let fraction = fraction.unwrap_or_default();
        let overflow = MoneyError::Overflow { operation: "parse" };
        let scale = u8::try_from(fraction.len()).ok().filter(|&scale| scale <= MAX_SCALE);
        let value = whole.bytes().chain(fraction.bytes()).try_fold(0_i64, |value, digit| {
            value.checked_mul(10)?.checked_add(sign * i64::from(digit - b'0'))
        });
        match (value, scale) {
            (Some(value), Some(scale)) => Ok(Self { value, scale }),
            _ => Err(overflow),
        }
    }

    /// The value with `scale` decimals, if it has no more and fits.
    pub(crate) fn rescale(self, scale: u8) -> Option<i64> {
        if scale >= self.scale {
            self.value.checked_mul(i64::try_from(power_of_ten(scale - self.scale).get()).ok()?)
        } else {
            let unit = i64::try_from(power_of_ten(self.scale - scale).get()).ok()?;
            (self.value % unit == 0).then_some(self.value / unit)
        }
    }

    /// Drops zeros at the end while more than `least` decimals are left.
    pub(crate) fn trim(mut self, least: u8) -> Self {
        while self.scale > least && self.value % 10 == 0 {
            self = Self { value: self.value / 10, scale: self.scale - 1 };
        }
        self
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.value < 0 { "-" } else { "" };
        let unit = power_of_ten(self.scale);
        let (whole, fraction) =
            (self.value.unsigned_abs() / unit, self.value.unsigned_abs() % unit);
        match usize::from(self.scale) {
            0 => write!(f, "{sign}{whole}"),
            width => write!(f, "{sign}{whole}.{fraction:0width$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_prints() {
        for text in ["0", "-1", "0.00", "19.99", "-0.005", "1.000000000000000001"] {
            assert_eq!(Decimal::parse("x", text).unwrap().to_string(), text);
        }
        for value in [i64::MIN, i64::MAX, 0, -1] {
            for scale in 0..=MAX_SCALE {
                let decimal = Decimal { value, scale };
                assert_eq!(Decimal::parse("x", &decimal.to_string()), Ok(decimal));
            }
        }
    }

    #[test]
    fn refuses_everything_else() {
        let bad = "|.|-|1.|.5|+1|1e3|1,000|1 000| 1|1 |--1|1.2.3|1.-2|NaN|inf|٣|−1|0x1|1_0|$1";
        for text in bad.split('|') {
            let error = Decimal::parse("x", text).unwrap_err();
            assert!(matches!(error, MoneyError::Param(_)), "{text:?}: {error}");
        }
        for text in ["9223372036854775808", "-9223372036854775809", "0.0000000000000000001"] {
            let overflow = MoneyError::Overflow { operation: "parse" };
            assert_eq!(Decimal::parse("x", text), Err(overflow), "{text}");
        }
        assert!(Decimal::parse("x", &format!("1.{}", "0".repeat(1_000))).is_err());
    }

    #[test]
    fn rescales_without_rounding() {
        let price = Decimal { value: 2_550, scale: 3 };
        assert_eq!(price.rescale(2), Some(255));
        assert_eq!(price.rescale(1), None);
        assert_eq!(price.rescale(5), Some(255_000));
        assert_eq!(Decimal { value: i64::MAX, scale: 0 }.rescale(1), None);
        assert_eq!(price.trim(0), Decimal { value: 255, scale: 2 });
        assert_eq!(Decimal { value: 0, scale: 9 }.trim(2), Decimal { value: 0, scale: 2 });
    }
}
