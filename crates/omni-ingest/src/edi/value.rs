//! What the documents share: dates, quantities, prices, codes of a line.

use super::x12::{Defect, Segment, Transaction};
use chrono::NaiveDate;
use omni_core::{Currency, UnitPrice};
use std::fmt;

/// What is wrong with one element of a document. It costs that element, nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Issue {
    /// The place of the segment in its transaction, from 1 (`ST`).
    pub place: u64,
    /// The name of the segment.
    pub segment: String,
    /// The position of the element, from 1; 0 is the segment as a whole.
    pub element: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Problem {
    /// It is needed and absent.
    Missing,
    /// It is no date of the calendar as `CCYYMMDD`.
    Date,
    /// It is no whole number of units.
    Quantity,
    /// It is no exact decimal, or one with too many digits.
    Price,
    /// It is no currency.
    Currency,
    /// Its check digit does not fit.
    CheckDigit,
    /// It does not count what it should.
    Count,
    /// It refers to a level that does not stand before it.
    Parent,
    /// It stands where it has no meaning.
    Place,
}

/// Why a transaction is not read as a document at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// It is another document.
    #[error("expected a transaction {expected}, got {found:?}")]
    Set {
        /// What was to be read.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The transaction is broken: what it says cannot be trusted to be whole.
    #[error("the transaction is broken: {0:?}")]
    Broken(Vec<Defect>),
    /// It has no segment that says what it is about.
    #[error("no {segment}{element:02}")]
    Missing {
        /// The segment.
        segment: &'static str,
        /// The element.
        element: usize,
    },
}

/// The codes of an item. `Debug` shows them: they are no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ItemCodes {
    /// The trade item number (`EN`, `UP`, `UK`, `EO`, `UI`), as written.
    pub gtin: Option<String>,
    /// The code of the supplier (`VN`, `VP`).
    pub supplier: Option<String>,
    /// Our own code (`SK`, `BP`, `IN`).
    pub buyer: Option<String>,
}

impl ItemCodes {
    /// The codes among the pairs of a segment from a position on. The first of a kind counts.
    pub(super) fn of(segment: &Segment<'_>, from: usize) -> Self {
        let mut codes = Self::default();
        for (qualifier, value) in segment.pairs(from) {
            let place = match qualifier {
                "EN" | "UP" | "UK" | "EO" | "UI" => &mut codes.gtin,
                "VN" | "VP" => &mut codes.supplier,
                "SK" | "BP" | "IN" => &mut codes.buyer,
                _ => continue,
            };
            place.get_or_insert_with(|| value.to_owned());
        }
        codes
    }

    /// Whether two items are the same: by the first kind of code that both have. A trade item
    /// number has the same meaning with and without leading zeros.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let bare = |gtin: &str| gtin.trim_start_matches('0').to_owned();
        if let (Some(a), Some(b)) = (&self.gtin, &other.gtin) {
            return bare(a) == bare(b);
        }
        if let (Some(a), Some(b)) = (&self.buyer, &other.buyer) {
            return a == b;
        }
        matches!((&self.supplier, &other.supplier), (Some(a), Some(b)) if a == b)
    }

    /// Whether there is no code.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.gtin.is_none() && self.supplier.is_none() && self.buyer.is_none()
    }
}

/// Collects what is wrong while a document is read.
#[derive(Default)]
pub(super) struct Issues {
    pub(super) list: Vec<Issue>,
    /// The place of the segment that is read.
    pub(super) place: u64,
}

impl Issues {
    pub(super) fn note(&mut self, segment: &Segment<'_>, element: usize, problem: Problem) {
        let segment = segment.name().to_owned();
        self.list.push(Issue { place: self.place, segment, element, problem });
    }

    /// An element read by a function; absent is `None` without an issue.
    pub(super) fn read<T>(
        &mut self,
        segment: &Segment<'_>,
        element: usize,
        problem: Problem,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = segment.text(element);
        if text.is_empty() {
            return None;
        }
        let value = parse(text);
        if value.is_none() {
            self.note(segment, element, problem);
        }
        value
    }

    pub(super) fn date(&mut self, segment: &Segment<'_>, element: usize) -> Option<NaiveDate> {
        self.read(segment, element, Problem::Date, date)
    }

    pub(super) fn quantity(&mut self, segment: &Segment<'_>, element: usize) -> Option<u64> {
        self.read(segment, element, Problem::Quantity, quantity)
    }
}

impl fmt::Debug for Issues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.fmt(f)
    }
}

/// Whether a transaction is whole and of this kind.
pub(super) fn expect(
    transaction: &Transaction<'_>,
    expected: &'static str,
) -> Result<(), DocumentError> {
    if !transaction.defects().is_empty() {
        return Err(DocumentError::Broken(transaction.defects().to_vec()));
    }
    if transaction.set() != expected {
        let found = transaction.set().chars().take(16).collect();
        return Err(DocumentError::Set { expected, found });
    }
    Ok(())
}

/// `20250328`
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u32 = text.parse().ok()?;
    let year = i32::try_from(number / 10_000).ok()?;
    NaiveDate::from_ymd_opt(year, number / 100 % 100, number % 100)
}

/// A whole number, perhaps with zeros behind a point.
pub(super) fn quantity(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let zeros = decimals.bytes().all(|byte| byte == b'0');
    if whole.is_empty() || !digits(whole) || !zeros {
        return None;
    }
    whole.parse().ok()
}

/// An exact decimal, perhaps without a digit before the point.
pub(super) fn price(text: &str, currency: Currency) -> Option<UnitPrice> {
    let text = if text.starts_with('.') { format!("0{text}") } else { text.to_owned() };
    UnitPrice::from_decimal(&text, currency).ok().filter(|price| price.value() >= 0)
}

/// Whether the last digit of a number of GS1 checks the others: weights 3, 1, 3 .. from the
/// right, to a multiple of ten.
pub(super) fn gs1_checks(digits: &str) -> bool {
    let sum: Option<u32> = digits
        .chars()
        .rev()
        .enumerate()
        .map(|(at, digit)| Some(digit.to_digit(10)? * if at % 2 == 1 { 3 } else { 1 }))
        .sum();
    sum.is_some_and(|sum| sum % 10 == 0 && !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_never_guessed() {
        assert_eq!(date("20250228"), NaiveDate::from_ymd_opt(2025, 2, 28));
        for bad in ["", "250228", "20250229", "2025-2-28", "+2025022", "é250228"] {
            assert_eq!(date(bad), None, "{bad}");
        }
        assert_eq!(
            (quantity("12"), quantity("12.00"), quantity("0")),
            (Some(12), Some(12), Some(0))
        );
        for bad in ["", "1.5", "-1", "1e3", ".0", "99999999999999999999"] {
            assert_eq!(quantity(bad), None, "{bad}");
        }
        let gbp = Currency::GBP;
        assert_eq!(price(".5", gbp), UnitPrice::new(50, 2, gbp).ok());
        assert_eq!(price("6.8", gbp), price("6.80", gbp));
        for bad in ["", "-1", "1,5", "1.2.3", "."] {
            assert_eq!(price(bad, gbp), None, "{bad}");
        }
    }

    #[test]
    fn check_digits_of_gs1() {
        assert!(gs1_checks("4006381333931") && gs1_checks("106141412345678908"));
        assert!(!gs1_checks("4006381333932") && !gs1_checks("") && !gs1_checks("40x"));
    }

    #[test]
    fn the_first_common_code_decides() {
        let codes = |gtin: &str, supplier: &str| ItemCodes {
            gtin: (!gtin.is_empty()).then(|| gtin.to_owned()),
            supplier: (!supplier.is_empty()).then(|| supplier.to_owned()),
            buyer: None,
        };
        assert!(codes("036000291452", "A").is_same(&codes("0036000291452", "B")));
        assert!(!codes("036000291452", "A").is_same(&codes("4006381333931", "A")));
        assert!(codes("", "A").is_same(&codes("4006381333931", "A")));
        assert!(!codes("", "").is_same(&codes("", "")) && codes("", "").is_empty());
    }
}
