//! Exact decimals: what amounts, prices and rates are printed as and read from.
//!
//! ```text
//! integer = ["-" | "+"] digits
//! decimal = ["-" | "+"] digits ["." digits]        value = mantissa · 10^-scale
//! ```
//!
//! Digits are ASCII. No blanks, no exponent, no grouping, no `.5` or `5.`, no NaN. A value
//! fits an `i64` with at most 18 decimals or it is [`NumberError::TooLarge`]: nothing is
//! rounded. Zeros at the end of the decimals are kept, so a text is printed as it was
//! read. O(bytes).

use crate::record::stored_as_text;
use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// There is no text.
    #[error("no number at all")]
    Missing,
    /// It is not written as a number.
    #[error("not a number")]
    Malformed,
    /// It does not fit 64 bits, or has more than 18 decimals.
    #[error("a number too large or too precise")]
    TooLarge,
}

/// Most decimals of a [`Decimal`]: `10^18` is the largest power of ten in an `i64`.
pub const MAX_SCALE: u8 = 18;

/// Reads an integer.
///
/// # Errors
/// [`NumberError`] if the text is not an integer that fits 64 bits.
///
/// # Examples
/// ```
/// use omni_core::decimal::{NumberError, integer};
///
/// assert_eq!(integer("-12"), Ok(-12));
/// assert_eq!(integer("1,5x"), Err(NumberError::Malformed));
/// assert_eq!(integer("9223372036854775808"), Err(NumberError::TooLarge));
/// ```
#[inline]
pub fn integer(text: &str) -> Result<i64, NumberError> {
    let (negative, digits) = sign(text.as_bytes());
    match digits {
        [] if text.is_empty() => Err(NumberError::Missing),
        [] => Err(NumberError::Malformed),
        _ => accumulate(0, negative, digits),
    }
}

#[inline]
fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// Appends digits to a value.
#[inline]
fn accumulate(start: i64, negative: bool, digits: &[u8]) -> Result<i64, NumberError> {
    let mut value = start;
    let mut fits = true;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(NumberError::Malformed);
        }
        let digit = if negative { -i64::from(digit) } else { i64::from(digit) };
        match value.checked_mul(10).and_then(|value| value.checked_add(digit)) {
            Some(next) => value = next,
            // Go on: what follows may show that it is no number at all.
            None => fits = false,
        }
    }
    if fits { Ok(value) } else { Err(NumberError::TooLarge) }
}

/// The exact number `mantissa · 10^-scale`.
///
/// Compared by value: `2.50` equals `2.5`.
///
/// # Examples
/// ```
/// use omni_core::Decimal;
///
/// let price: Decimal = "0.055".parse()?;
/// assert_eq!((price.mantissa(), price.scale()), (55, 3));
/// assert_eq!(price.times(2).and_then(|total| total.rescale(2)), Some(11)); // 11 pence
/// # Ok::<(), omni_core::decimal::NumberError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    pub(crate) mantissa: i64,
    pub(crate) scale: u8,
}

/// `10^exponent`; the largest that fits is `10^19`.
pub(crate) const fn power_of_ten(exponent: u8) -> NonZeroU64 {
    NonZeroU64::MIN.saturating_add(9).saturating_pow(exponent as u32)
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// The number `mantissa · 10^-scale`; `None` if `scale` is above 18.
    #[must_use]
    pub const fn new(mantissa: i64, scale: u8) -> Option<Self> {
        if scale <= MAX_SCALE { Some(Self { mantissa, scale }) } else { None }
    }

    /// Its digits as one integer.
    #[must_use]
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// Its number of decimals, at most 18.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Whether it is above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Its size without its sign, if that fits.
    #[must_use]
    pub const fn abs(self) -> Option<Self> {
        match self.mantissa.checked_abs() {
            Some(mantissa) => Some(Self { mantissa, ..self }),
            None => None,
        }
    }

    /// So many times itself, if that fits.
    #[must_use]
    pub const fn times(self, quantity: i64) -> Option<Self> {
        match self.mantissa.checked_mul(quantity) {
            Some(mantissa) => Some(Self { mantissa, ..self }),
            None => None,
        }
    }

    /// The integer `self · 10^scale`, if it is one and fits.
    #[must_use]
    pub const fn rescale(self, scale: u8) -> Option<i64> {
        if scale >= self.scale {
            match 10_i64.checked_pow((scale - self.scale) as u32) {
                Some(power) => self.mantissa.checked_mul(power),
                None if self.mantissa == 0 => Some(0),
                None => None,
            }
        } else {
            // At most 18, so the power fits.
            let power = 10_i64.pow((self.scale - scale) as u32);
            if self.mantissa % power == 0 { Some(self.mantissa / power) } else { None }
        }
    }

    /// The same number without zeros at the end of its decimals.
    #[must_use]
    pub const fn trim(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self = Self { mantissa: self.mantissa / 10, scale: self.scale - 1 };
        }
        self
    }

    /// Mantissas at one common scale, which always fit 128 bits.
    fn aligned(self, other: Self) -> (i128, i128) {
        let scale = self.scale.max(other.scale);
        let up = |number: Self| {
            i128::from(number.mantissa) * 10_i128.pow(u32::from(scale - number.scale))
        };
        (up(self), up(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, others) = self.aligned(*other);
        mine.cmp(&others)
    }
}

impl FromStr for Decimal {
    type Err = NumberError;

    #[inline]
    fn from_str(text: &str) -> Result<Self, NumberError> {
        if text.is_empty() {
            return Err(NumberError::Missing);
        }
        let (negative, digits) = sign(text.as_bytes());
        let Some(point) = digits.iter().position(|&byte| byte == b'.') else {
            return Ok(Self { mantissa: integer(text)?, scale: 0 });
        };
        let (whole, decimals) = digits.split_at(point);
        let decimals = decimals.get(1..).unwrap_or_default();
        if whole.is_empty() || decimals.is_empty() {
            return Err(NumberError::Malformed);
        }
        let start = accumulate(0, negative, whole);
        let mantissa = accumulate(start.unwrap_or(0), negative, decimals);
        let scale = u8::try_from(decimals.len()).ok().filter(|&scale| scale <= MAX_SCALE);
        match (start, mantissa, scale) {
            (Err(NumberError::Malformed), ..) | (_, Err(NumberError::Malformed), _) => {
                Err(NumberError::Malformed)
            }
            (Ok(_), Ok(mantissa), Some(scale)) => Ok(Self { mantissa, scale }),
            _ => Err(NumberError::TooLarge),
        }
    }
}

stored_as_text!(Decimal);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let unit = power_of_ten(self.scale);
        let (whole, part) =
            (self.mantissa.unsigned_abs() / unit, self.mantissa.unsigned_abs() % unit);
        match usize::from(self.scale) {
            0 => write!(f, "{sign}{whole}"),
            width => write!(f, "{sign}{whole}.{part:0width$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_plain_or_refused() {
        for (text, value) in [("0", 0), ("007", 7), ("+5", 5), ("-9223372036854775808", i64::MIN)] {
            assert_eq!(integer(text), Ok(value));
        }
        assert_eq!(integer(""), Err(NumberError::Missing));
        for text in ["-", "+", " 1", "1 ", "--1", "1.0", "two", "1e3", "٣", "1_0", "0x1"] {
            assert_eq!(integer(text), Err(NumberError::Malformed), "{text}");
        }
        for text in ["9223372036854775808", "-9223372036854775809", &"9".repeat(400)] {
            assert_eq!(integer(text), Err(NumberError::TooLarge), "{text}");
        }
        // No number at all beats a number too large.
        assert_eq!(integer(&format!("{}x", "9".repeat(40))), Err(NumberError::Malformed));
    }

    #[test]
    fn decimals_are_exact() {
        for text in ["0", "-1", "0.00", "19.99", "-0.005", "1.000000000000000001"] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
        for mantissa in [i64::MIN, -1, 0, i64::MAX] {
            for scale in 0..=MAX_SCALE {
                let decimal = Decimal::new(mantissa, scale).unwrap();
                assert_eq!(decimal.to_string().parse(), Ok(decimal));
            }
        }
        for text in [".", "-", "1.", ".5", "1e3", "1,000", "12.3.4", "free", "#REF!", "1.-2", "NaN"]
        {
            assert_eq!(text.parse::<Decimal>(), Err(NumberError::Malformed), "{text}");
        }
        let thirty = "123456789012345678901234567890";
        for text in [
            thirty.to_string(),
            format!("0.{thirty}"),
            format!("{thirty}.5"),
            "0.0000000000000000001".into(),
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(NumberError::TooLarge), "{text}");
        }
        assert_eq!(format!("{thirty}.x").parse::<Decimal>(), Err(NumberError::Malformed));
    }

    #[test]
    fn decimals_compare_and_rescale_by_value() {
        let of = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(of("2.50"), of("2.5"));
        assert!(of("-9223372036854775808") < of("-0.000000000000000001"));
        assert!(of("9223372036854775807") > of("9.223372036854775807"));
        assert_eq!(of("2.550").rescale(2), Some(255));
        assert_eq!(of("2.555").rescale(2), None);
        assert_eq!(of("9223372036854775807").rescale(1), None);
        assert_eq!(of("0").rescale(u8::MAX), Some(0));
        assert_eq!(of("1").rescale(u8::MAX), None);
        assert_eq!(of("-9223372036854775808").abs(), None);
        assert_eq!(of("4611686018427387904").times(2), None);
        assert_eq!(Decimal::new(1, 19), None);
        assert_eq!(of("25.500").trim().to_string(), "25.5");
        assert_eq!(of("0.000").trim().scale(), 0);
    }
}
