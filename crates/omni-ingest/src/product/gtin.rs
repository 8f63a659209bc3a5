//! Trade item numbers: GTIN-8, -12, -13, -14 and ISBN, with their check digits.
//!
//! ```text
//! GTIN     d₁ … d₁₄, shorter ones with zeros in front
//!          3·d₁ + d₂ + 3·d₃ + … + 3·d₁₃ + d₁₄ ≡ 0 (mod 10)
//! ISBN-10  10·d₁ + 9·d₂ + … + 2·d₉ + d₁₀ ≡ 0 (mod 11), X stands for 10;
//!          as a GTIN: 978 d₁ … d₉ and a new check digit
//! ```
//!
//! Zeros in front do not change a check digit, so one number of 14 digits stands for every
//! way to write it: the UPC `036000291452` and the EAN `0036000291452` are equal. One wrong
//! digit is always noticed, two swapped neighbors unless they differ by 5. O(1).
//!
//! Source: GS1 General Specifications, section 7.9 (check digit calculations); ISO 2108
//! (ISBN).

use std::fmt;
use std::str::FromStr;

/// A trade item number whose check digit is right.
///
/// # Examples
/// ```
/// use omni_ingest::product::{Gtin, GtinError};
///
/// let upc: Gtin = "0 36000 29145 2".parse()?;
/// assert_eq!(upc, "0036000291452".parse()?);
/// assert_eq!("0-306-40615-2".parse::<Gtin>()?.to_string(), "09780306406157");
/// assert_eq!("036000291453".parse::<Gtin>(), Err(GtinError::CheckDigit));
/// assert_eq!(GtinError::CheckDigit.reason(), "bad_gtin_check_digit");
/// # Ok::<(), GtinError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Gtin(u64);

/// Why a text is no trade item number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GtinError {
    /// Nothing is written, or only zeros.
    #[error("no trade item number is given")]
    Missing,
    /// It is not of 8, 12, 13 or 14 digits, nor an ISBN-10.
    #[error("a trade item number has 8, 12, 13 or 14 digits, an ISBN 10 or 13")]
    Malformed,
    /// The last digit does not fit the others.
    #[error("the check digit of the trade item number is wrong")]
    CheckDigit,
}

impl GtinError {
    /// The name of the broken rule, in snake case.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "missing_gtin",
            Self::Malformed => "malformed_gtin",
            Self::CheckDigit => "bad_gtin_check_digit",
        }
    }
}

impl Gtin {
    /// The number; written with 14 digits it is the GTIN-14.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Reads a number that may have lost zeros in front, as spreadsheets drop them: 7, 9
    /// or 11 digits are taken too.
    ///
    /// # Errors
    /// As of [`str::parse`].
    pub fn padded(text: &str) -> Result<Self, GtinError> {
        match text.parse() {
            Err(GtinError::Malformed) => {
                let text = text.trim();
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                if digits && matches!(text.len(), 7 | 9 | 11) {
                    checked(&text.bytes().map(|byte| u64::from(byte - b'0')).collect::<Vec<_>>())
                } else {
                    Err(GtinError::Malformed)
                }
            }
            read => read,
        }
    }
}

impl FromStr for Gtin {
    type Err = GtinError;

    /// Blanks and hyphens between the digits are passed over.
    fn from_str(text: &str) -> Result<Self, GtinError> {
        let mut digits: Vec<u64> = Vec::with_capacity(14);
        let mut ten = false;
        for byte in text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')) {
            match byte {
                _ if ten || digits.len() > 14 => return Err(GtinError::Malformed),
                b'0'..=b'9' => digits.push(u64::from(byte - b'0')),
                b'X' | b'x' if digits.len() == 9 => {
                    digits.push(10);
                    ten = true;
                }
                _ => return Err(GtinError::Malformed),
            }
        }
        match digits.len() {
            0 => Err(GtinError::Missing),
            8 | 12..=14 => checked(&digits),
            10 => isbn(&digits),
            _ => Err(GtinError::Malformed),
        }
    }
}

/// A number whose last digit is to be checked.
fn checked(digits: &[u64]) -> Result<Gtin, GtinError> {
    let sum: u64 = digits.iter().rev().zip([1, 3].iter().cycle()).map(|(d, by)| d * by).sum();
    match digits.iter().fold(0, |number, digit| 10 * number + digit) {
        0 => Err(GtinError::Missing),
        number if sum.is_multiple_of(10) => Ok(Gtin(number)),
        _ => Err(GtinError::CheckDigit),
    }
}

fn isbn(digits: &[u64]) -> Result<Gtin, GtinError> {
    let sum: u64 = digits.iter().zip((1..=10).rev()).map(|(d, by)| d * by).sum();
    if digits.iter().all(|digit| *digit == 0) {
        return Err(GtinError::Missing);
    }
    if !sum.is_multiple_of(11) {
        return Err(GtinError::CheckDigit);
    }
    let front: Vec<u64> = [9, 7, 8].iter().chain(digits.iter().take(9)).copied().collect();
    let sum: u64 = front.iter().rev().zip([3, 1].iter().cycle()).map(|(d, by)| d * by).sum();
    let number = front.iter().fold(0, |number, digit| 10 * number + digit);
    Ok(Gtin(10 * number + (10 - sum % 10) % 10))
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014}", self.0)
    }
}

impl TryFrom<String> for Gtin {
    type Error = GtinError;

    fn try_from(text: String) -> Result<Self, GtinError> {
        text.parse()
    }
}

impl From<Gtin> for String {
    fn from(gtin: Gtin) -> Self {
        gtin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_read() {
        for (text, number) in [
            ("96385074", 96_385_074),
            ("036000291452", 36_000_291_452),
            ("4006381333931", 4_006_381_333_931),
            ("00012345600012", 12_345_600_012),
            ("978-0-306-40615-7", 9_780_306_406_157),
            ("0306406152", 9_780_306_406_157),
            ("043942089X", 9_780_439_420_891),
        ] {
            assert_eq!(text.parse(), Ok(Gtin(number)), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("", GtinError::Missing),
            (" - ", GtinError::Missing),
            ("0000000000000", GtinError::Missing),
            ("0000000000", GtinError::Missing),
            ("96385075", GtinError::CheckDigit),
            ("4006381333913", GtinError::CheckDigit), // two digits swapped
            ("0306406153", GtinError::CheckDigit),
            ("12345", GtinError::Malformed),
            ("5.77E+17", GtinError::Malformed),
            ("03064X6152", GtinError::Malformed),
            ("043942089XX", GtinError::Malformed),
            ("４００６３８１３３３９３１", GtinError::Malformed),
        ] {
            assert_eq!(text.parse::<Gtin>(), Err(error), "{text}");
        }
        assert_eq!("9".repeat(100_000).parse::<Gtin>(), Err(GtinError::Malformed));
    }

    #[test]
    fn lost_zeros_are_padded_only_where_asked() {
        assert_eq!("36000291452".parse::<Gtin>(), Err(GtinError::Malformed));
        assert_eq!(Gtin::padded("36000291452"), Ok(Gtin(36_000_291_452)));
        assert_eq!(Gtin::padded("36000291453"), Err(GtinError::CheckDigit));
        assert_eq!(Gtin::padded("3600029145"), Err(GtinError::CheckDigit)); // read as an ISBN
    }
}
