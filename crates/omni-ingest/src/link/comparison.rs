//! How two values of a column compare: the first level that fits, from equal to different.
//!
//! ```text
//! level 0         equal
//! level 1 … k     the similarities asked for, the strictest first
//! level k + 1     none of them
//! ```
//!
//! If one of the values is missing there is no level, and the comparison is no evidence.
//! A text that is no number, or no date, fits no level of numbers or dates.

use super::Table;
use crate::Error;
use crate::similarity::{damerau_levenshtein_within, jaro_winkler, levenshtein_within};
use crate::values::MISSING;
use omni_core::error::ParamError;

/// When two values are alike, though not equal.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Level {
    /// A Jaro-Winkler similarity of at least this.
    JaroWinkler(f64),
    /// A Levenshtein distance of at most this.
    Levenshtein(usize),
    /// A Damerau-Levenshtein distance of at most this: a swap of neighbors is one edit.
    Damerau(usize),
    /// Numbers that differ by at most this.
    Number(f64),
    /// Dates, written `YYYYMMDD` or `YYYY-MM-DD`, at most so many days apart.
    Days(u32),
    /// Equal in their first so many characters.
    Prefix(usize),
}

impl Level {
    /// A Jaro-Winkler similarity of at least this, in (0, 1].
    #[must_use]
    pub const fn jaro_winkler(similarity: f64) -> Self {
        Self::JaroWinkler(similarity)
    }

    fn fits(self, a: &str, b: &str) -> bool {
        match self {
            Self::JaroWinkler(least) => jaro_winkler(a, b) >= least,
            Self::Levenshtein(most) => levenshtein_within(a, b, most).is_some(),
            Self::Damerau(most) => damerau_levenshtein_within(a, b, most).is_some(),
            Self::Number(most) => {
                let number = |text: &str| text.trim().parse::<f64>().ok();
                number(a).zip(number(b)).is_some_and(|(a, b)| (a - b).abs() <= most)
            }
            Self::Days(most) => {
                day(a).zip(day(b)).is_some_and(|(a, b)| a.abs_diff(b) <= u64::from(most))
            }
            Self::Prefix(len) => {
                let prefix = |text: &str| text.chars().take(len).collect::<String>();
                a.chars().nth(len.saturating_sub(1)).is_some() && prefix(a) == prefix(b)
            }
        }
    }

    fn check(self) -> Result<(), ParamError> {
        let fits = match self {
            Self::JaroWinkler(least) => least > 0.0 && least <= 1.0,
            Self::Number(most) => most >= 0.0 && most.is_finite(),
            Self::Levenshtein(most) | Self::Damerau(most) | Self::Prefix(most) => most > 0,
            Self::Days(_) => true,
        };
        if fits {
            return Ok(());
        }
        let value = match self {
            Self::JaroWinkler(value) | Self::Number(value) => value,
            _ => 0.0,
        };
        Err(ParamError::new("level", "a similarity in (0, 1] or a positive distance", value))
    }
}

/// Days since 1970 of a date.
fn day(text: &str) -> Option<i64> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<u32>().ok();
    let year = i32::try_from(part(0, 4)?).ok()?;
    let date = chrono::NaiveDate::from_ymd_opt(year, part(4, 6)?, part(6, 8)?)?;
    let rest = digits.len() == 8;
    rest.then(|| date.signed_duration_since(chrono::NaiveDate::default()).num_days())
}

/// A column and the levels between equal and different.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Comparison {
    column: String,
    levels: Vec<Level>,
    term_frequency: bool,
}

impl Comparison {
    /// Compares a column; the strictest level first.
    pub fn new(column: impl Into<String>, levels: impl IntoIterator<Item = Level>) -> Self {
        let levels = levels.into_iter().collect();
        Self { column: column.into(), levels, term_frequency: false }
    }

    /// With equal values weighed by how frequent they are.
    #[must_use]
    pub const fn with_term_frequency(mut self) -> Self {
        self.term_frequency = true;
        self
    }

    /// Its column.
    #[must_use]
    pub fn column(&self) -> &str {
        &self.column
    }

    /// Whether equal values are weighed by how frequent they are.
    #[must_use]
    pub const fn has_term_frequency(&self) -> bool {
        self.term_frequency
    }

    /// How many levels there are, equal and different among them.
    #[must_use]
    pub fn level_count(&self) -> usize {
        self.levels.len() + 2
    }

    /// What a level is called.
    #[must_use]
    pub fn level_name(&self, level: usize) -> String {
        match level.checked_sub(1).map(|at| self.levels.get(at)) {
            None => "equal".to_owned(),
            Some(None) => "different".to_owned(),
            Some(Some(Level::JaroWinkler(least))) => format!("Jaro-Winkler >= {least}"),
            Some(Some(Level::Levenshtein(most))) => format!("Levenshtein <= {most}"),
            Some(Some(Level::Damerau(most))) => format!("Damerau-Levenshtein <= {most}"),
            Some(Some(Level::Number(most))) => format!("within {most}"),
            Some(Some(Level::Days(most))) => format!("within {most} days"),
            Some(Some(Level::Prefix(len))) => format!("first {len} characters"),
        }
    }

    /// The level of two texts, both known.
    #[must_use]
    pub fn level(&self, a: &str, b: &str) -> usize {
        if a == b {
            return 0;
        }
        let fits = self.levels.iter().position(|level| level.fits(a, b));
        fits.unwrap_or(self.levels.len()) + 1
    }

    pub(crate) fn level_of(&self, table: &Table, column: usize, a: u32, b: u32) -> Option<usize> {
        let ids = table.ids(column);
        let (a, b) = (*ids.get(a as usize)?, *ids.get(b as usize)?);
        if a == MISSING || b == MISSING {
            return None;
        }
        if a == b {
            return Some(0);
        }
        Some(self.level(table.text(column, a), table.text(column, b)))
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        self.levels.iter().try_for_each(|level| level.check())?;
        if self.levels.len() > 13 {
            let count = self.levels.len();
            return Err(ParamError::new("levels", "at most 13", count).into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_level_that_fits() {
        let name = Comparison::new("name", [Level::jaro_winkler(0.9), Level::jaro_winkler(0.7)]);
        for (a, b, level) in [
            ("martha", "martha", 0),
            ("martha", "marhta", 1),
            ("jones", "jonson", 2),
            ("a", "b", 3),
        ] {
            assert_eq!(name.level(a, b), level, "{a} {b}");
        }
        let date = Comparison::new("born", [Level::Damerau(1), Level::Days(31)]);
        assert_eq!(date.level("19700102", "19701002"), 1);
        assert_eq!(date.level("1970-01-31", "1970-03-01"), 2);
        assert_eq!(date.level("19700102", "unknown"), 3);
        let number = Comparison::new("age", [Level::Number(1.0)]);
        assert_eq!((number.level("41", "42"), number.level("41", "x")), (1, 2));
        let code = Comparison::new("postcode", [Level::Prefix(3)]);
        assert_eq!((code.level("nb64", "nb65"), code.level("nb", "nb6")), (1, 2));
    }

    #[test]
    fn levels_are_checked_and_named() {
        assert!(Comparison::new("a", [Level::jaro_winkler(f64::NAN)]).check().is_err());
        assert!(Comparison::new("a", [Level::Damerau(0)]).check().is_err());
        let own = Comparison::new("a", [Level::Damerau(2)]);
        assert_eq!(own.level_name(0), "equal");
        assert_eq!(own.level_name(1), "Damerau-Levenshtein <= 2");
        assert_eq!((own.level_name(2).as_str(), own.level_count()), ("different", 3));
    }
}
