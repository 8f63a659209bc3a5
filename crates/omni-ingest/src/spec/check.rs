//! Rules and repairs that a spec adds, as data.

use super::draft::Field;
use super::pattern::Pattern;
use crate::parse::{DateParser, Decimal, MoneyStyle, money};
use crate::rule::Action;
use crate::seen::Seen;
use chrono_tz::Tz;
use omni_core::error::ParamError;
use std::borrow::Cow;
use std::cmp::Ordering;

/// What follows when a record fails a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Severity {
    /// The record is rejected, with the name of the check as reason.
    Reject,
    /// It is only noted.
    Flag,
}

impl Severity {
    pub(crate) const fn action(self) -> Action {
        match self {
            Self::Reject => Action::Reject,
            Self::Flag => Action::Flag,
        }
    }
}

/// A rule of the spec about one column. The column must be in the file.
///
/// An empty text passes every test but [`Test::Present`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Check {
    /// Its name, in snake case: the reason of a reject.
    pub name: String,
    /// What follows when a record fails.
    pub severity: Severity,
    /// The names the column may have.
    pub column: Vec<String>,
    /// What its text must be.
    pub test: Test,
}

/// What a text must be.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Test {
    /// Not empty.
    Present,
    /// A number, or an amount in the spec's style, from `min` to `max`.
    Range {
        /// The least it may be.
        #[cfg_attr(feature = "serde", serde(default))]
        min: Option<Decimal>,
        /// The most it may be.
        #[cfg_attr(feature = "serde", serde(default))]
        max: Option<Decimal>,
    },
    /// One of these words, capitals or not.
    OneOf(Vec<String>),
    /// Of this [`Pattern`].
    Matches(String),
    /// Different from the text of every earlier record. 16 bytes of memory each.
    Unique,
    /// In this relation to another column of the record.
    Compare {
        /// The relation.
        relation: Relation,
        /// The names the other column may have.
        column: Vec<String>,
        /// As what the two are compared.
        by: Comparison,
    },
}

/// A relation between two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Relation {
    /// Less than the other.
    Less,
    /// At most the other.
    AtMost,
    /// Equal to the other.
    Equal,
    /// Not equal to the other.
    Different,
    /// At least the other.
    AtLeast,
    /// More than the other.
    More,
}

impl Relation {
    const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::Different => order.is_ne(),
            Self::AtLeast => order.is_ge(),
            Self::More => order.is_gt(),
        }
    }
}

/// As what two columns are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Comparison {
    /// Numbers or amounts in the spec's style.
    Number,
    /// Instants in the spec's layouts.
    Date,
    /// Texts, by character.
    Text,
}

/// A repair of a field before it is read: whatever it changes is noted, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct FieldRepair {
    /// Its name, in snake case. Several fields may share one.
    pub name: String,
    /// The field.
    pub field: Field,
    /// What is done.
    pub mend: Mend,
}

/// How a text is mended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Mend {
    /// White space around it goes.
    Trim,
    /// Capital letters.
    Uppercase,
    /// Small letters.
    Lowercase,
    /// Digits get zeros in front, up to this many.
    PadZeros(u8),
    /// A text in front of it goes.
    Strip(String),
    /// One whole text is replaced by another.
    Replace {
        /// The text, capitals or not.
        from: String,
        /// What it becomes.
        to: String,
    },
}

impl Mend {
    /// The mended text, if it differs.
    pub(super) fn apply(&self, text: &str) -> Option<String> {
        let changed: Cow<'_, str> = match self {
            Self::Trim => text.trim().into(),
            Self::Uppercase => text.to_uppercase().into(),
            Self::Lowercase => text.to_lowercase().into(),
            Self::PadZeros(width) => {
                let (digits, width) = (text.trim(), usize::from(*width));
                let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                if !number || digits.len() >= width {
                    return None;
                }
                format!("{digits:0>width$}").into()
            }
            Self::Strip(prefix) => text.trim_start().strip_prefix(prefix.as_str())?.into(),
            Self::Replace { from, to } => {
                if !text.trim().eq_ignore_ascii_case(from) {
                    return None;
                }
                to.as_str().into()
            }
        };
        (changed != text).then(|| changed.into_owned())
    }
}

/// A test ready to be made; remembers what [`Test::Unique`] needs.
#[derive(Debug, Clone)]
pub(super) enum Ready {
    Present,
    Range { min: Option<Decimal>, max: Option<Decimal> },
    OneOf(Vec<String>),
    Matches(Pattern),
    Unique(Seen),
    Compare { relation: Relation, by: Comparison },
}

impl Test {
    pub(super) fn ready(&self) -> Result<Ready, ParamError> {
        Ok(match self {
            Self::Present => Ready::Present,
            Self::Range { min, max } => Ready::Range { min: *min, max: *max },
            Self::OneOf(words) => Ready::OneOf(words.clone()),
            Self::Matches(pattern) => Ready::Matches(Pattern::new(pattern)?),
            Self::Unique => Ready::Unique(Seen::new()),
            Self::Compare { relation, by, .. } => Ready::Compare { relation: *relation, by: *by },
        })
    }

    /// The names of the other column, if there is one.
    pub(super) fn other(&self) -> Option<&[String]> {
        match self {
            Self::Compare { column, .. } => Some(column),
            _ => None,
        }
    }
}

impl Ready {
    /// Whether a text passes, beside that of the other column.
    pub(super) fn passes(
        &mut self,
        text: &str,
        other: &str,
        style: MoneyStyle,
        dates: &mut DateParser<Tz>,
    ) -> bool {
        let (text, other) = (text.trim(), other.trim());
        if text.is_empty() {
            return !matches!(self, Self::Present);
        }
        let number = |text| money::parse(text, style).map(|amount| amount.value).ok();
        match self {
            Self::Present => true,
            Self::Range { min, max } => number(text).is_some_and(|value| {
                min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max)
            }),
            Self::OneOf(words) => words.iter().any(|word| word.eq_ignore_ascii_case(text)),
            Self::Matches(pattern) => pattern.fits(text),
            Self::Unique(seen) => !seen.repeats_text(text),
            Self::Compare { .. } if other.is_empty() => true,
            Self::Compare { relation, by } => {
                let order = match by {
                    Comparison::Number => number(text).zip(number(other)).map(|(a, b)| a.cmp(&b)),
                    Comparison::Text => Some(text.cmp(other)),
                    Comparison::Date => {
                        let first = dates.parse(text).ok();
                        let second = dates.parse(other).ok();
                        first.zip(second).map(|(a, b)| a.at.cmp(&b.at))
                    }
                };
                order.is_some_and(|order| relation.holds(order))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::Layout;

    #[test]
    fn mends_change_only_what_they_must() {
        let cases = [
            (Mend::Trim, " a\t", Some("a")),
            (Mend::Trim, "a", None),
            (Mend::Uppercase, "aé", Some("AÉ")),
            (Mend::Lowercase, "a", None),
            (Mend::PadZeros(5), "37", Some("00037")),
            (Mend::PadZeros(5), "00037", None),
            (Mend::PadZeros(5), "3x", None),
            (Mend::PadZeros(5), "", None),
            (Mend::Strip("'".into()), "'+44", Some("+44")),
            (Mend::Strip("'".into()), "+44", None),
            (Mend::Replace { from: "n/a".into(), to: String::new() }, "N/A", Some("")),
        ];
        for (mend, text, mended) in cases {
            assert_eq!(mend.apply(text).as_deref(), mended, "{mend:?} {text}");
        }
    }

    #[test]
    fn tests_pass_or_fail() {
        let layout = Layout::new("%Y-%m-%d").unwrap();
        let mut dates = DateParser::new(vec![layout], Tz::UTC);
        let range = Test::Range { min: "0".parse().ok(), max: "9.5".parse().ok() };
        let compare = |relation, by| Test::Compare { relation, by, column: vec!["b".to_string()] };
        let cases = [
            (Test::Present, " ", "", false),
            (range.clone(), "$9.50", "", true),
            (range.clone(), "9.51", "", false),
            (range.clone(), "many", "", false),
            (range, "", "", true),
            (Test::OneOf(vec!["Paid".into()]), "paid", "", true),
            (Test::OneOf(vec!["Paid".into()]), "owed", "", false),
            (Test::Matches("##".into()), "12", "", true),
            (compare(Relation::AtMost, Comparison::Number), "1,000", "999", false),
            (compare(Relation::AtMost, Comparison::Number), "9", "10", true),
            (compare(Relation::AtMost, Comparison::Number), "9", "x", false),
            (compare(Relation::Less, Comparison::Text), "9", "10", false),
            (compare(Relation::AtLeast, Comparison::Date), "2025-02-01", "2025-01-31", true),
            (compare(Relation::Different, Comparison::Text), "a", "", true),
        ];
        for (test, text, other, passes) in cases {
            let mut ready = test.ready().unwrap();
            let got = ready.passes(text, other, MoneyStyle::POINT, &mut dates);
            assert_eq!(got, passes, "{test:?} {text} {other}");
        }
        let mut unique = Test::Unique.ready().unwrap();
        let mut fresh = |text| unique.passes(text, "", MoneyStyle::POINT, &mut dates);
        assert_eq!(
            [fresh("a"), fresh("b"), fresh("a"), fresh(""), fresh("")],
            [true, true, false, true, true]
        );
    }
}
