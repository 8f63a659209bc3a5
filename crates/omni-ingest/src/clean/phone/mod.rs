//! Telephone numbers to the form of ITU-T E.164.
//!
//! ```text
//! "07700 900123", GB  →  +447700900123
//!
//! [tel:] [+ | international prefix] [calling code] [(trunk prefix)] national number [ext. n]
//! ```
//!
//! What a number without `+` means depends on where it was written down, so the region is
//! an argument. The calling code, the prefixes and how many digits a number has are known
//! for about a hundred countries ([`Region`]); numbers of any other assigned calling code are
//! read if they come with `+`.
//!
//! Read by these rules, in order:
//! 1. After `+`, or the region's own international prefix, there is a calling code.
//! 2. A trunk prefix goes, also in `+44 (0)20`, if what is left is a complete number; where
//!    the plan has none, as in Italy, a zero in front is part of the number.
//! 3. Digits that begin with the region's own calling code and are longer than its usual
//!    numbers lose it, if what is left is a complete number: `447700900123`.
//! 4. Anything else is taken as it is: `7700900123`, a spreadsheet having lost the zero.
//!
//! A number is [possible](Phone::is_possible) if its length fits its plan. Whether it is
//! in use in a plan's ranges needs far more data and changes every week; feature `phone`
//! asks the crate `phonenumber` (`Phone::is_valid`).
//!
//! Letters stand for the digits of their key if a possible number comes out
//! (`1 (800) FLOWERS`); else they end the number. A number with digits masked
//! (`(+44)77******59`) is none. O(length), no allocation.

mod plan;

pub use plan::Region;

use plan::calling_code;
use std::fmt;
use std::str::FromStr;

/// Why a text is no telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneError {
    /// There is no text.
    #[error("no phone number at all")]
    Missing,
    /// It has no two digits, or characters no number has.
    #[error("not a phone number")]
    Malformed,
    /// Some of its digits are hidden.
    #[error("a phone number with hidden digits")]
    Masked,
    /// It has more digits than any number.
    #[error("a phone number with too many digits")]
    TooLong,
    /// After `+` there is no calling code in use.
    #[error("a phone number with an unknown calling code")]
    UnknownCallingCode,
}

/// Most digits of a calling code and a number that are kept: two more than E.164 allows
/// for, so that what is too long can be shown.
const DIGITS: usize = 17;
/// Most digits of an extension.
const EXTENSION: usize = 7;

/// A telephone number with its calling code.
///
/// Shown as E.164 writes it, without the extension. `Debug` is masked.
///
/// # Examples
/// ```
/// use omni_ingest::clean::phone::{Phone, PhoneError, Region};
///
/// let gb = Region::new("GB").ok_or("no such region")?;
/// for text in ["+44 (0)7700 900123", "0044 7700 900123", "07700-900-123", "7700900123"] {
///     assert_eq!(Phone::parse(text, gb)?.to_string(), "+447700900123");
/// }
/// assert_eq!(Phone::parse("(+44)77******59", gb), Err(PhoneError::Masked));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Phone {
    /// All digits; a calling code never begins with zero, so none is lost.
    digits: u64,
    calling: u16,
    extension: Option<Extension>,
}

/// The digits of an extension, zeros in front kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Extension {
    number: u32,
    digits: u8,
}

impl Phone {
    /// Reads a number as it was written down in a region.
    ///
    /// # Errors
    /// [`PhoneError`] if it is no telephone number.
    pub fn parse(text: &str, region: Region) -> Result<Self, PhoneError> {
        read(text, Some(region))
    }

    /// All its digits as one number: a small key for finding equals.
    #[must_use]
    pub const fn digits(self) -> u64 {
        self.digits
    }

    /// Its calling code.
    #[must_use]
    pub const fn calling_code(self) -> u16 {
        self.calling
    }

    /// How many digits it has after the calling code.
    const fn national_len(self) -> usize {
        (self.digits.ilog10() - self.calling.ilog10()) as usize
    }

    /// Its extension.
    #[must_use]
    pub fn extension(self) -> Option<String> {
        self.extension.map(|extension| extension.to_string())
    }

    /// The number without its extension.
    #[must_use]
    pub const fn without_extension(self) -> Self {
        Self { extension: None, ..self }
    }

    /// Whether a number of its plan can have so many digits, be it without its area; of a
    /// plan that is not known here, whether E.164 allows for them.
    #[must_use]
    pub fn is_possible(self) -> bool {
        let len = self.national_len();
        match Region::of_calling_code(self.calling) {
            Some(region) => region.plan().is_possible(len),
            None => (4..=14).contains(&len) && self.digits.ilog10() < 15,
        }
    }

    /// Whether its national digits are all the same: typed to fill in a form.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::clean::phone::{Phone, Region};
    ///
    /// let us = Region::new("US").ok_or("no such region")?;
    /// assert!(Phone::parse("000-000-0000", us)?.is_placeholder());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_placeholder(self) -> bool {
        let mut rest = self.digits;
        let last = rest % 10;
        (0..self.national_len()).all(|_| {
            let same = rest % 10 == last;
            rest /= 10;
            same
        })
    }

    /// Whether it is in a range in use, by the metadata of the crate `phonenumber`.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::clean::phone::{Phone, Region};
    ///
    /// let gb = Region::new("GB").ok_or("no such region")?;
    /// assert!(Phone::parse("020 7946 0018", gb)?.is_valid());
    /// assert!(!Phone::parse("07700 900123", gb)?.is_valid()); // kept for fiction
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "phone")]
    #[must_use]
    pub fn is_valid(self) -> bool {
        let number = phonenumber::parse(None, self.without_extension().to_string());
        number.is_ok_and(|number| phonenumber::is_valid(&number))
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.digits)
    }
}

impl fmt::Debug for Phone {
    /// The calling code only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone(+{} ***)", self.calling)
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$}", self.number, width = usize::from(self.digits))
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    /// Reads a number that begins with `+`.
    fn from_str(text: &str) -> Result<Self, PhoneError> {
        read(text, None)
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;

    fn try_from(text: String) -> Result<Self, PhoneError> {
        text.parse()
    }
}

impl From<Phone> for String {
    /// E.164, with the extension as RFC 3966 writes it.
    fn from(phone: Phone) -> Self {
        match phone.extension {
            Some(extension) => format!("{phone};ext={extension}"),
            None => phone.to_string(),
        }
    }
}

/// Reads a number written down in a region, or with `+`.
fn read(text: &str, region: Option<Region>) -> Result<Phone, PhoneError> {
    if text.trim().is_empty() {
        return Err(PhoneError::Missing);
    }
    if is_masked(text) {
        return Err(PhoneError::Masked);
    }
    let (text, extension) = split_extension(text);
    // What stands before the number: a label, an apostrophe, a bracket.
    let start =
        text.find(|c: char| is_plus(c) || digit(c).is_some()).ok_or(PhoneError::Malformed)?;
    let text = text.get(start..).unwrap_or_default();
    // A second number, or a word, ends the first.
    let first = text.find([';', ',', '|']).and_then(|end| text.get(..end)).unwrap_or(text);
    let phone = number(first, region)?;
    Ok(Phone { extension, ..phone })
}

/// Whether digits are hidden: stars or dots in their place, or two or more `x`.
fn is_masked(text: &str) -> bool {
    let mut before = ' ';
    text.chars().any(|character| {
        let hidden = matches!(character, '*' | '•' | '●' | '·')
            || (matches!(character, 'x' | 'X' | '#') && character == before);
        before = character;
        hidden
    })
}

const fn is_plus(character: char) -> bool {
    matches!(character, '+' | '＋')
}

/// The digit of a character, also full-width and Arabic ones.
fn digit(character: char) -> Option<u8> {
    let zero = match character {
        '0'..='9' => '0',
        '０'..='９' => '０',
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        _ => return None,
    };
    u8::try_from(u32::from(character) - u32::from(zero)).ok().map(|value| b'0' + value)
}

/// The text before an extension, and the extension.
fn split_extension(text: &str) -> (&str, Option<Extension>) {
    let none = (text, None);
    let trimmed = text.trim_end();
    let head = trimmed.trim_end_matches(|c: char| c.is_ascii_digit());
    let tail = trimmed.get(head.len()..).unwrap_or_default();
    let (Ok(number), Ok(digits)) = (tail.parse(), u8::try_from(tail.len())) else { return none };
    if tail.len() > EXTENSION {
        return none;
    }
    let head = head.trim_end_matches([' ', '\u{a0}', '.', ':', '=']);
    let word = ["extension", "extn", "ext", "x", "#"].iter().find_map(|word| {
        let at = head.len().checked_sub(word.len())?;
        let (rest, end) = (head.get(..at)?, head.get(at..)?);
        end.eq_ignore_ascii_case(word).then_some(rest)
    });
    // An `x` in a word is none of it.
    let Some(rest) = word.filter(|rest| !rest.ends_with(char::is_alphabetic)) else { return none };
    let rest = rest.trim_end_matches([' ', '\u{a0}', ',', ';', '.']);
    if rest.chars().any(|character| digit(character).is_some()) {
        (rest, Some(Extension { number, digits }))
    } else {
        none
    }
}

/// Digits of a number.
#[derive(Clone, Copy)]
struct Digits {
    digits: [u8; DIGITS + 4],
    len: usize,
}

impl Digits {
    const fn new() -> Self {
        Self { digits: [0; DIGITS + 4], len: 0 }
    }

    /// Adds a digit; none fits after the last.
    fn push(&mut self, digit: u8) -> Option<()> {
        *self.digits.get_mut(self.len)? = digit;
        self.len += 1;
        Some(())
    }

    fn as_slice(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or_default()
    }
}

/// Reads a number without label and extension.
fn number(text: &str, region: Option<Region>) -> Result<Phone, PhoneError> {
    let with_plus = text.starts_with(is_plus);
    let text = text.strip_prefix(is_plus).unwrap_or(text);
    let (mut digits, mut before_letters, mut letters) = (Digits::new(), None, 0);
    for character in text.chars() {
        let pushed = match character {
            _ if digit(character).is_some() => digit(character).and_then(|d| digits.push(d)),
            'a'..='z' | 'A'..='Z' => {
                before_letters = before_letters.or(Some(digits));
                letters += 1;
                digits.push(key(character))
            }
            _ if is_separator(character) => Some(()),
            _ => return Err(PhoneError::Malformed),
        };
        if pushed.is_none() {
            if before_letters.is_some() {
                break;
            }
            return Err(PhoneError::TooLong);
        }
    }
    let Some(plain) = before_letters else {
        return of_digits(digits.as_slice(), with_plus, region);
    };
    // At least three letters, or they are no number someone made up.
    let spelled = of_digits(digits.as_slice(), with_plus, region);
    match spelled {
        Ok(phone) if letters >= 3 && phone.is_possible() => Ok(phone),
        _ => of_digits(plain.as_slice(), with_plus, region),
    }
}

/// The key of a letter on a telephone.
const fn key(letter: char) -> u8 {
    match letter.to_ascii_uppercase() {
        'A'..='C' => b'2',
        'D'..='F' => b'3',
        'G'..='I' => b'4',
        'J'..='L' => b'5',
        'M'..='O' => b'6',
        'P'..='S' => b'7',
        'T'..='V' => b'8',
        _ => b'9',
    }
}

/// What stands between the digits of a number.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character,
            '-' | '.' | '/' | '(' | ')' | '[' | ']' | '~' | '\'' | '’' | '_' | '\\'
            | '‐'..='―' | '−' | '－' | '（' | '）' | '．' | '／' | '\u{ad}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

/// The rules at the top of this module.
fn of_digits(digits: &[u8], with_plus: bool, region: Option<Region>) -> Result<Phone, PhoneError> {
    if digits.len() < 2 {
        return Err(PhoneError::Malformed);
    }
    if with_plus {
        return international(digits);
    }
    let region = region.ok_or(PhoneError::UnknownCallingCode)?;
    let plan = region.plan();
    if let Some(rest) = digits.strip_prefix(plan.international.as_bytes())
        && !rest.starts_with(b"0")
        && rest.len() > 2
    {
        return international(rest);
    }
    let mut national = without_trunk(digits, region);
    if national.len() == digits.len() && digits.len() > plan.usual {
        let code = Digits::of(region.calling_code());
        if let Some(rest) = digits.strip_prefix(code.as_slice()) {
            let rest = without_trunk(rest, region);
            if plan.is_complete(rest.len()) {
                national = rest;
            }
        }
    }
    phone(region.calling_code(), national)
}

fn international(digits: &[u8]) -> Result<Phone, PhoneError> {
    let (calling, len) = calling_code(digits).ok_or(PhoneError::UnknownCallingCode)?;
    let rest = digits.get(len..).unwrap_or_default();
    if rest.len() < 2 {
        return Err(PhoneError::Malformed);
    }
    match Region::of_calling_code(calling) {
        Some(region) => phone(calling, without_trunk(rest, region)),
        None => phone(calling, rest),
    }
}

/// The number without its trunk prefix, if that leaves a complete one or more.
fn without_trunk(digits: &[u8], region: Region) -> &[u8] {
    let plan = region.plan();
    let stripped = |prefix: &&str| -> Option<&[u8]> {
        let rest = digits.strip_prefix(prefix.as_bytes())?;
        let complete = plan.is_complete(rest.len()) || rest.len() > plan.longest();
        (complete && (region.code() != "BY" || is_belarusian(rest))).then_some(rest)
    };
    let rest = plan.trunk.iter().filter_map(stripped).min_by_key(|rest| rest.len());
    match rest {
        // In Brazil two digits of a carrier may follow.
        Some([_, _, rest @ ..]) if region.code() == "BR" && (10..=11).contains(&rest.len()) => rest,
        Some(rest) => rest,
        None => digits,
    }
}

/// Whether digits begin like a number of Belarus. Its services have numbers of many lengths
/// that begin with 8, as its trunk prefix does: in `801 100 10 00` nothing is one.
fn is_belarusian(digits: &[u8]) -> bool {
    let subscriber = digits.len() == 9 && matches!(digits, [b'1'..=b'4', ..]);
    subscriber || matches!(digits, [b'8', b'0'..=b'2', ..] | [b'9', b'0', ..])
}

impl Digits {
    /// The digits of a calling code.
    fn of(code: u16) -> Self {
        let mut digits = Self::new();
        for power in [100, 10, 1] {
            if code >= power {
                let _ = u8::try_from(code / power % 10).map(|value| digits.push(b'0' + value));
            }
        }
        digits
    }
}

fn phone(calling: u16, national: &[u8]) -> Result<Phone, PhoneError> {
    let len = calling.ilog10() as usize + 1 + national.len();
    if len > DIGITS {
        return Err(PhoneError::TooLong);
    }
    let digits = national.iter().fold(u64::from(calling), |number, digit| {
        number * 10 + u64::from(digit.wrapping_sub(b'0'))
    });
    Ok(Phone { digits, calling, extension: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(region: &str, text: &str) -> Result<String, PhoneError> {
        Phone::parse(text, Region::new(region).unwrap()).map(|phone| phone.to_string())
    }

    #[test]
    fn numbers_are_read_in_every_dress() {
        for (region, text, number) in [
            ("GB", "Tel: 020 7946 0018", "+442079460018"),
            ("GB", "'07700 900123", "+447700900123"),
            ("GB", "+44 07700 900123", "+447700900123"),
            ("GB", "447700900123", "+447700900123"),
            ("GB", "0044 (0) 7700 900 123", "+447700900123"),
            ("GB", "020 7946 0018 home", "+442079460018"),
            ("GB", "020 7946 0018; 07700 900123", "+442079460018"),
            ("GB", "（０２０）７９４６　００１８", "+442079460018"),
            ("GB", "\u{202a}07700 900123\u{202c}", "+447700900123"),
            ("DE", "0171/1234567", "+491711234567"),
            ("DE", "491711234567", "+491711234567"),
            ("IT", "02 1234 5678", "+390212345678"),
            ("IT", "+39 02 1234 5678", "+390212345678"),
            ("HU", "06 30 123 4567", "+36301234567"),
            ("RU", "8 (912) 345-67-89", "+79123456789"),
            ("RU", "800 123-45-67", "+78001234567"),
            ("MX", "+52 1 55 1234 5678", "+525512345678"),
            ("MX", "044 55 1234 5678", "+525512345678"),
            ("BR", "0 15 11 91234-5678", "+5511912345678"),
            ("BR", "(11) 91234-5678", "+5511912345678"),
            ("BY", "8 029 123 45 67", "+375291234567"),
            ("BY", "80 29 123-45-67", "+375291234567"),
            ("BY", "029 123-45-67", "+375291234567"),
            ("BY", "29 123-45-67", "+375291234567"),
            ("BY", "+375 (8029) 123-45-67", "+375291234567"),
            ("BY", "375 29 123 45 67", "+375291234567"),
            ("BY", "8~10 44 20 7946 0018", "+442079460018"),
            // Services begin as the trunk prefix does.
            ("BY", "801 100 10 00", "+3758011001000"),
            ("BY", "8 801 100 10 00", "+3758011001000"),
            ("BY", "+375 801 100 10 00", "+3758011001000"),
            ("BY", "8 800 123-45-67", "+3758001234567"),
            ("BY", "800 12 345", "+37580012345"),
            ("BY", "8 820 0123 4567", "+37582001234567"),
            ("BY", "820 0123 4567", "+37582001234567"),
            ("BY", "8 902 123 45 67", "+3759021234567"),
            ("AU", "0011 44 20 7946 0018", "+442079460018"),
            ("JP", "03-1234-5678", "+81312345678"),
            ("IN", "+91 98765 43210", "+919876543210"),
            ("IN", "098765 43210", "+919876543210"),
            ("CN", "138 0013 8000", "+8613800138000"),
            ("ZA", "082 123 4567", "+27821234567"),
            ("SE", "070-123 45 67", "+46701234567"),
            ("NZ", "021 123 4567", "+64211234567"),
            ("US", "+996 555 123 456", "+996555123456"),
        ] {
            assert_eq!(parse(region, text).as_deref(), Ok(number), "{region} {text}");
            let phone = Phone::parse(text, Region::new(region).unwrap()).unwrap();
            assert!(phone.is_possible(), "{region} {text}");
        }
    }

    #[test]
    fn no_number_is_no_number() {
        for (text, error) in [
            ("", PhoneError::Missing),
            (" ", PhoneError::Missing),
            ("n/a", PhoneError::Malformed),
            ("call me", PhoneError::Malformed),
            ("1", PhoneError::Malformed),
            ("+", PhoneError::Malformed),
            ("1 @ 2", PhoneError::Malformed),
            ("(+44)77******59", PhoneError::Masked),
            ("07700 9xxxxx", PhoneError::Masked),
            ("+999 123456", PhoneError::UnknownCallingCode),
            ("123456789012345678901234567890", PhoneError::TooLong),
        ] {
            assert_eq!(parse("GB", text), Err(error), "{text}");
        }
        assert_eq!("07700900123".parse::<Phone>(), Err(PhoneError::UnknownCallingCode));
    }

    #[test]
    fn extensions_are_kept_apart() {
        for text in
            ["07700 900123 x012", "07700 900123 ext. 012", "07700900123;ext=012", "07700900123#012"]
        {
            let phone = Phone::parse(text, Region::new("GB").unwrap()).unwrap();
            assert_eq!(phone.to_string(), "+447700900123", "{text}");
            assert_eq!(phone.extension().as_deref(), Some("012"), "{text}");
            assert_eq!(String::from(phone).parse(), Ok(phone));
            assert_ne!(phone, phone.without_extension());
        }
    }

    #[test]
    fn debug_shows_no_digits() {
        let phone: Phone = "+44 7700 900123".parse().unwrap();
        assert_eq!(format!("{phone:?}"), "Phone(+44 ***)");
        assert_eq!((phone.calling_code(), phone.national_len()), (44, 10));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), odd in "[0-9+x#*() ;./a-zéext-]{0,30}") {
            for region in Region::all() {
                for text in [&text, &odd] {
                    if let Ok(phone) = Phone::parse(text, region) {
                        // What is written is read back.
                        let again: Phone = phone.to_string().parse().unwrap();
                        prop_assert_eq!(again.calling_code(), phone.calling_code());
                        if phone.is_possible() && !text.contains('0') {
                            prop_assert_eq!(again, phone.without_extension());
                        }
                    }
                }
            }
        }

        #[test]
        fn complete_numbers_are_read_with_and_without_prefix(number in 2_000_000_000_u64..9_999_999_999) {
            let gb = Region::new("GB").unwrap();
            let expected = format!("+44{number}");
            for text in [format!("0{number}"), format!("{number}"), format!("+44{number}"),
                format!("0044{number}"), format!("+44 (0){number}"), format!("44{number}")]
            {
                prop_assert_eq!(Phone::parse(&text, gb).unwrap().to_string(), expected.clone());
            }
        }
    }
}
