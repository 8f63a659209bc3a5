//! Amounts as people and exports write them: `£1,234.50`, `GBP 12.00`, `($9.69)`, `1.234,50 €`.
//!
//! ```text
//! amount = "(" positive ")" | ["-"] mark? ["-"] number | number mark?        blanks between
//! number = digits ["." digits] | group ("," group₃)* ["." digits]
//! mark   = $ US$ C$ A$ £ € ¥ | three capital letters
//! ```
//!
//! `.` and `,` stand for the decimal mark and the group separator of the [`MoneyStyle`].
//! Groups are either all there, of three digits after a first of one to three, or not
//! there: `12.3.4`, `1,5` and `1,23,456` are refused, not guessed. Parentheses, as
//! bookkeepers write them, make the amount negative. A mark that names one currency is
//! reported; a bare `$` or `¥` names several and is not. O(bytes).

use super::number::{Decimal, NumberError};
use omni_core::Currency;

/// Which characters an export puts into its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MoneyStyle {
    decimal: char,
    group: Option<char>,
}

impl MoneyStyle {
    /// `1,234.50`
    pub const POINT: Self = Self { decimal: '.', group: Some(',') };
    /// `1.234,50`
    pub const COMMA: Self = Self { decimal: ',', group: Some('.') };

    /// With this decimal mark and this mark between groups of three digits, or none.
    #[must_use]
    pub const fn new(decimal: char, group: Option<char>) -> Self {
        Self { decimal, group }
    }

    /// The decimal mark.
    #[must_use]
    pub const fn decimal(self) -> char {
        self.decimal
    }

    /// The mark between groups of three digits, if there may be one.
    #[must_use]
    pub const fn group(self) -> Option<char> {
        self.group
    }

    /// Without group separators.
    #[must_use]
    pub const fn ungrouped(self) -> Self {
        Self { decimal: self.decimal, group: None }
    }
}

/// An amount read from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Amount {
    /// How much.
    pub value: Decimal,
    /// The currency, if the text names one.
    pub currency: Option<Currency>,
}

/// Reads an amount.
///
/// # Errors
/// [`NumberError`] if the text is not one amount in this style.
///
/// # Examples
/// ```
/// use omni_core::Currency;
/// use omni_ingest::parse::{MoneyStyle, money};
///
/// let amount = money::parse("£1,234.50", MoneyStyle::POINT)?;
/// assert_eq!((amount.value.to_string().as_str(), amount.currency), ("1234.50", Some(Currency::GBP)));
/// assert_eq!(money::parse("($9.69)", MoneyStyle::POINT)?.value.to_string(), "-9.69");
/// assert_eq!(money::parse("1.234,5 EUR", MoneyStyle::COMMA)?.value.to_string(), "1234.5");
/// assert!(money::parse("12.3.4", MoneyStyle::POINT).is_err());
/// # Ok::<(), omni_ingest::parse::NumberError>(())
/// ```
#[inline]
pub fn parse(text: &str, style: MoneyStyle) -> Result<Amount, NumberError> {
    // A plain decimal is by far the most frequent.
    match plain(text) {
        Some(value) if style.decimal == '.' => Ok(Amount { value, currency: None }),
        _ => parse_written(text, style),
    }
}

/// A short decimal of digits and perhaps a point between them, in one pass.
#[inline]
fn plain(text: &str) -> Option<Decimal> {
    let bytes = text.as_bytes();
    // So many digits fit.
    let fits = bytes.len() <= 18 && bytes.last().is_some_and(u8::is_ascii_digit);
    if !fits || !bytes.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let (mut mantissa, mut scale, mut decimals) = (0, 0, 0);
    for &byte in bytes {
        match byte {
            b'0'..=b'9' => {
                mantissa = 10 * mantissa + i64::from(byte - b'0');
                scale += decimals;
            }
            b'.' if decimals == 0 => decimals = 1,
            _ => return None,
        }
    }
    Decimal::new(mantissa, scale)
}

/// Reads an amount that is more than a plain decimal, or none.
fn parse_written(text: &str, style: MoneyStyle) -> Result<Amount, NumberError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NumberError::Missing);
    }
    let inner = text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    let (brackets, rest) = (inner.is_some(), inner.unwrap_or(text).trim());
    let (minus, rest) = strip_minus(rest);
    let (mark, rest) = strip_mark(rest);
    let (second_minus, rest) = if minus { (false, rest) } else { strip_minus(rest) };
    let (tail_mark, digits) = if mark.is_some() { (None, rest) } else { strip_tail_mark(rest) };
    if brackets && (minus || second_minus) {
        return Err(NumberError::Malformed);
    }
    let mut plain = String::with_capacity(digits.len() + 1);
    if brackets || minus || second_minus {
        plain.push('-');
    }
    ungroup(digits, style, &mut plain)?;
    let currency = mark.or(tail_mark).map(currency).transpose()?.flatten();
    Ok(Amount { value: plain.parse()?, currency })
}

fn strip_minus(text: &str) -> (bool, &str) {
    let rest = text.strip_prefix(['-', '\u{2212}']);
    (rest.is_some(), rest.unwrap_or(text).trim_start())
}

fn strip_mark(text: &str) -> (Option<&str>, &str) {
    let numeral = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | ',' | '\u{2212}');
    match text.find(numeral).unwrap_or(text.len()) {
        0 => (None, text),
        end => {
            let (mark, rest) = text.split_at(end);
            (Some(mark.trim_end()), rest)
        }
    }
}

fn strip_tail_mark(text: &str) -> (Option<&str>, &str) {
    match text.rfind(|c: char| c.is_ascii_digit()) {
        Some(last) if last + 1 < text.len() => {
            let (digits, mark) = text.split_at(last + 1);
            (Some(mark.trim_start()), digits)
        }
        _ => (None, text),
    }
}

/// The currency a mark names; `None` for a mark that several share.
fn currency(mark: &str) -> Result<Option<Currency>, NumberError> {
    let code = match mark {
        "$" | "¥" => return Ok(None),
        "US$" => "USD",
        "C$" | "CA$" => "CAD",
        "A$" | "AU$" => "AUD",
        "£" => "GBP",
        "€" => "EUR",
        code => code,
    };
    Currency::new(code).map(Some).map_err(|_| NumberError::Malformed)
}

/// Copies a number without its groups and with a point.
fn ungroup(digits: &str, style: MoneyStyle, plain: &mut String) -> Result<(), NumberError> {
    let (whole, decimals) = match digits.split_once(style.decimal) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (digits, None),
    };
    let mut groups = whole.split(|c| Some(c) == style.group);
    let first = groups.next().unwrap_or_default();
    plain.push_str(first);
    if first.is_empty() {
        return Err(NumberError::Malformed);
    }
    let mut grouped = false;
    for group in groups {
        grouped = true;
        if group.len() != 3 {
            return Err(NumberError::Malformed);
        }
        plain.push_str(group);
    }
    if grouped && !(1..=3).contains(&first.len()) {
        return Err(NumberError::Malformed);
    }
    if let Some(decimals) = decimals {
        plain.push('.');
        plain.push_str(decimals);
    }
    // What is left between must be digits; a second sign is not.
    let ascii_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if ascii_digits(plain.trim_start_matches('-')) { Ok(()) } else { Err(NumberError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, style: MoneyStyle) -> Result<(String, Option<&'static str>), NumberError> {
        let amount = parse(text, style)?;
        Ok((amount.value.to_string(), amount.currency.map(Currency::code)))
    }

    #[test]
    fn amounts_are_read_as_they_are_written() {
        let cases = [
            ("12.80", "12.80", None),
            ("$2,501.40", "2501.40", None),
            ("-$12.00", "-12.00", None),
            ("$-12.00", "-12.00", None),
            ("($9.69)", "-9.69", None),
            ("(US$ 1,000,000)", "-1000000", Some("USD")),
            ("GBP 12.00", "12.00", Some("GBP")),
            ("GBP\u{a0}12", "12", Some("GBP")),
            ("12.00 EUR", "12.00", Some("EUR")),
            (" £5 ", "5", Some("GBP")),
            ("\u{2212}3", "-3", None),
            ("0.001", "0.001", None),
            ("999,999", "999999", None),
        ];
        for (text, value, currency) in cases {
            assert_eq!(read(text, MoneyStyle::POINT), Ok((value.into(), currency)), "{text}");
        }
        assert_eq!(read("1.234,50 €", MoneyStyle::COMMA), Ok(("1234.50".into(), Some("EUR"))));
        assert_eq!(read("0,5", MoneyStyle::COMMA), Ok(("0.5".into(), None)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        let bad = "#REF!|N/A|free|12.3.4|1,5|1,23,456|1234,567|,123|12.|.5|--1|-(1)|(-1)|$$1|\
                   1e3|1 000|XAU 3|ZZZ 3|$|()|(|1)|£|1£2|12,|1-|0x10|٣";
        for text in bad.split('|') {
            let read = read(text, MoneyStyle::POINT);
            assert_eq!(read, Err(NumberError::Malformed), "{text:?}");
        }
        assert_eq!(read(" ", MoneyStyle::POINT), Err(NumberError::Missing));
        assert_eq!(read("1.5", MoneyStyle::COMMA), Err(NumberError::Malformed));
        assert_eq!(read("1,000", MoneyStyle::POINT.ungrouped()), Err(NumberError::Malformed));
        let thirty = "123456789012345678901234567890";
        assert_eq!(read(thirty, MoneyStyle::POINT), Err(NumberError::TooLarge));
        assert_eq!(read(&format!("${thirty}"), MoneyStyle::POINT), Err(NumberError::TooLarge));
    }
}
