//! How two values of a field compare.

use super::profile::Field;
use crate::similarity::{jaro_winkler, osa_within};

/// How two values of a field compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Level {
    /// One of them is missing, or the value is no evidence.
    Missing,
    /// They are equal.
    Exact,
    /// They differ as a typing error makes them differ.
    Near,
    /// One is an initial and the other begins with it.
    Initial,
    /// They differ.
    Different,
}

impl Level {
    /// How many levels there are.
    pub(super) const COUNT: usize = 5;

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Exact => "exact",
            Self::Near => "near",
            Self::Initial => "initial",
            Self::Different => "different",
        }
    }
}

/// Words that begin alike are one name with a typing error from here on.
const ALIKE: f64 = 0.9;

/// Compares two normalized texts of a field.
///
/// Near are names, streets and cities of a Jaro-Winkler similarity of at least 0.9; names
/// and everything made of digits if one letter was dropped, added, replaced or swapped
/// with its neighbor; e-mail addresses also if they have the same mailbox elsewhere, house
/// numbers if only the letter differs.
pub(super) fn compare(field: Field, a: &str, b: &str) -> Level {
    if a.is_empty() || b.is_empty() {
        return Level::Missing;
    }
    if a == b {
        return Level::Exact;
    }
    let one_edit = || osa_within(a, b, 1).is_some();
    let shorter = a.len().min(b.len());
    let near = match field {
        Field::Given | Field::Surname => {
            let (mut in_a, mut in_b) = (a.chars(), b.chars());
            let same_start = in_a.next() == in_b.next();
            if in_a.as_str().is_empty() || in_b.as_str().is_empty() {
                return if same_start { Level::Initial } else { Level::Different };
            }
            jaro_winkler(a, b) >= ALIKE || ((shorter >= 3 || same_start) && one_edit())
        }
        Field::Email => one_edit() || mailbox(a) == mailbox(b),
        Field::Street | Field::City => jaro_winkler(a, b) >= ALIKE,
        Field::Detail => jaro_winkler(a, b) >= 0.85,
        Field::Number => {
            let digits = |text: &'_ str| -> usize {
                text.trim_end_matches(|c: char| !c.is_ascii_digit()).len()
            };
            a.get(..digits(a)) == b.get(..digits(b)) || (a.len().max(b.len()) >= 2 && one_edit())
        }
        Field::Postcode | Field::Region | Field::Birth | Field::National => one_edit(),
        Field::Phone | Field::Loyalty => shorter >= 5 && one_edit(),
        Field::Account | Field::Device => false,
    };
    if near { Level::Near } else { Level::Different }
}

/// What stands before the `@`.
pub(super) fn mailbox(email: &str) -> &str {
    email.rsplit_once('@').map_or(email, |(mailbox, _)| mailbox)
}

/// Whether a mailbox bears a name of at least three letters, as a word of its own.
pub(super) fn bears(email: &str, name: &str) -> bool {
    name.len() >= 3 && mailbox(email).split(|c: char| !c.is_alphabetic()).any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_by_field() {
        use Field::{Birth, City, Email, Given, Loyalty, Number, Phone, Postcode};
        for (field, a, b, level) in [
            (Given, "anna", "anna", Level::Exact),
            (Given, "anna", "", Level::Missing),
            (Given, "a", "anna", Level::Initial),
            (Given, "a", "a", Level::Exact),
            (Given, "b", "anna", Level::Different),
            (Given, "ana", "anna", Level::Near),
            (Given, "ze", "zoe", Level::Near),
            (Given, "bo", "jo", Level::Different),
            (Given, "maya", "jude", Level::Different),
            (Email, "a.b@x.example", "a.b@y.example", Level::Near),
            (Email, "a.b@x.example", "c.d@x.example", Level::Different),
            (Phone, "7700900123", "7700900132", Level::Near),
            (Phone, "1234", "1235", Level::Different),
            (Number, "12", "12a", Level::Near),
            (Number, "1", "2", Level::Different),
            (Postcode, "nb64qq", "nb46qq", Level::Near),
            (Birth, "19700102", "19700201", Level::Different),
            (Loyalty, "12345", "12354", Level::Near),
            (City, "northbury", "nortbury", Level::Near),
        ] {
            assert_eq!(compare(field, a, b), level, "{field:?} {a} {b}");
            assert_eq!(compare(field, b, a), level, "{field:?} {b} {a}");
        }
    }

    #[test]
    fn mailboxes_bear_whole_names() {
        assert!(bears("abbot.lukasz.114@example.org", "lukasz"));
        assert!(!bears("annabel@example.org", "anna"));
        assert!(!bears("jo.b@example.org", "jo"));
    }
}
