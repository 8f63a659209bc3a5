//! What can be wrong with an argument, a column of data or a record, said once for all crates.
//!
//! Every crate of the family has an `Error` of its own; it wraps the structs of this
//! module, so a method never invents a new way to say "alpha must be in (0, 1], got NaN".

use std::cmp::Ordering;
use std::fmt;

/// The value an error complains about.
///
/// Compared by [`f64::total_cmp`], so that two errors about NaN are equal.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Value {
    /// A real number.
    Float(f64),
    /// A whole number.
    Int(i128),
    /// A short text that is not personal data.
    Text(Box<str>),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b) == Ordering::Equal,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(v) => write!(f, "{v}"),
            Self::Int(v) => write!(f, "{v}"),
            Self::Text(v) => write!(f, "{v:?}"),
        }
    }
}

impl From<f64> for Value {
    fn from(v: f64) -> Self {
        Self::Float(v)
    }
}

impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Self::Text(v.into())
    }
}

macro_rules! value_from_int {
    ($($t:ty),*) => {$(
        impl From<$t> for Value {
            fn from(v: $t) -> Self {
                Self::Int(i128::from(v))
            }
        }
    )*};
}
value_from_int!(i32, i64, i128, u32, u64);

impl From<usize> for Value {
    fn from(v: usize) -> Self {
        Self::Int(v as i128)
    }
}

/// One argument or setting is out of its range: `alpha must be in (0, 1], got NaN`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be {rule}, got {value}")]
#[non_exhaustive]
pub struct ParamError {
    /// The argument, as it is named in the signature.
    pub name: &'static str,
    /// What it must be, as the end of a sentence.
    pub rule: &'static str,
    /// What it was.
    pub value: Value,
}

impl ParamError {
    /// Says that `name` must be `rule` and was `value`.
    pub fn new(name: &'static str, rule: &'static str, value: impl Into<Value>) -> Self {
        Self { name, rule, value: value.into() }
    }
}

/// A column or series that a method cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// One entry breaks the rule of its column.
    #[error("{name}[{index}] must be {rule}, got {value}")]
    Entry {
        /// The column, as it is named in the signature.
        name: &'static str,
        /// The first entry that breaks the rule, from 0.
        index: usize,
        /// What the entry must be, as the end of a sentence.
        rule: &'static str,
        /// What it was.
        value: Value,
    },
    /// Two columns that belong together differ in length.
    #[error("{name} must have {expected} entries like the columns beside it, got {got}")]
    Length {
        /// The column of the wrong length.
        name: &'static str,
        /// The length of the first column.
        expected: usize,
        /// The length it has.
        got: usize,
    },
    /// There is less data than the method needs.
    #[error("{name} must have at least {needed} entries, got {got}")]
    TooShort {
        /// The column.
        name: &'static str,
        /// How many entries the method needs.
        needed: usize,
        /// How many there are.
        got: usize,
    },
    /// A total does not fit its integer type or is not finite.
    #[error("the total of {name} is too large")]
    Overflow {
        /// What was added up.
        name: &'static str,
    },
}

impl DataError {
    /// Says that entry `index` of column `name` must be `rule` and was `value`.
    pub fn entry(
        name: &'static str,
        index: usize,
        rule: &'static str,
        value: impl Into<Value>,
    ) -> Self {
        Self::Entry { name, index, rule, value: value.into() }
    }
}

/// One broken rule of a record: which field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Violation {
    /// The field, as a path from the record: `lines[2].shipped`.
    pub path: String,
    /// The rule it breaks, as a sentence: `must not exceed ordered - cancelled`.
    pub rule: String,
}

/// Every broken rule of one record, never empty.
///
/// Records are checked whole: a caller who repairs what one error names does
/// not meet the next error only afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violations {
    found: Vec<Violation>,
}

impl Violations {
    /// The violations, in the order in which they were found.
    #[must_use]
    pub fn as_slice(&self) -> &[Violation] {
        &self.found
    }

    /// The fields named, in the order in which they were found.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.found.iter().map(|v| v.path.as_str())
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, v) in self.found.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{} {}", v.path, v.rule)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

/// Collects the broken rules of one record.
///
/// # Examples
/// ```
/// use omni_core::error::Check;
///
/// let found = Check::all(|order| {
///     order.that(2 > 1, "number", "must not be blank");
///     order.each("lines", [3, 0], |line, units| line.that(units > 0, "units", "must be above 0"));
/// });
/// assert_eq!(found.unwrap_err().to_string(), "lines[1].units must be above 0");
/// ```
#[derive(Debug)]
pub struct Check {
    found: Vec<Violation>,
}

impl Check {
    /// Runs all rules of a record.
    ///
    /// # Errors
    /// All violations, if there was any.
    pub fn all(rules: impl FnOnce(&mut Self)) -> Result<(), Violations> {
        let mut check = Self { found: Vec::new() };
        rules(&mut check);
        let found = check.found;
        if found.is_empty() { Ok(()) } else { Err(Violations { found }) }
    }

    /// Notes that `path` breaks `rule` unless `holds`.
    pub fn that(&mut self, holds: bool, path: impl Into<String>, rule: impl Into<String>) {
        if !holds {
            self.found.push(Violation { path: path.into(), rule: rule.into() });
        }
    }

    /// Runs the rules of a part of the record, the paths of what they find below `path`.
    pub fn part(&mut self, path: impl fmt::Display, rules: impl FnOnce(&mut Self)) {
        if let Err(part) = Self::all(rules) {
            let below = |v: Violation| Violation { path: format!("{path}.{}", v.path), ..v };
            self.found.extend(part.found.into_iter().map(below));
        }
    }

    /// Runs the rules of each entry of a list, as of a part `list[i]`.
    pub fn each<T>(
        &mut self,
        list: &str,
        entries: impl IntoIterator<Item = T>,
        mut rules: impl FnMut(&mut Self, T),
    ) {
        for (i, entry) in entries.into_iter().enumerate() {
            self.part(format_args!("{list}[{i}]"), |check| rules(check, entry));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_argument_index_and_value() {
        let cases = [
            (
                ParamError::new("alpha", "in (0, 1]", f64::NAN).to_string(),
                "alpha must be in (0, 1], got NaN",
            ),
            (
                DataError::entry("y", 3, "finite", f64::INFINITY).to_string(),
                "y[3] must be finite, got inf",
            ),
            (
                DataError::Length { name: "day", expected: 4, got: 3 }.to_string(),
                "day must have 4 entries like the columns beside it, got 3",
            ),
            (
                ParamError::new("code", "lower case", "ABC").to_string(),
                "code must be lower case, got \"ABC\"",
            ),
        ];
        for (got, expected) in cases {
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn errors_about_nan_are_equal() {
        assert_eq!(
            ParamError::new("a", "finite", f64::NAN),
            ParamError::new("a", "finite", f64::NAN)
        );
        assert_ne!(ParamError::new("a", "finite", 1.0), ParamError::new("a", "finite", 1_i64));
    }

    #[test]
    fn a_check_keeps_every_violation_with_its_path() {
        let violations = Check::all(|order| {
            order.that(false, "number", "must not be blank");
            order.each("lines", [1, 2, 4], |line, shipped| {
                line.that(shipped <= 3, "shipped", "must not exceed ordered");
            });
        })
        .unwrap_err();
        assert_eq!(violations.paths().collect::<Vec<_>>(), ["number", "lines[2].shipped"]);
    }
}
