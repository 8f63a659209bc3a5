//! The one way in which a record becomes valid by construction.
//!
//! A record is plain data with public fields, as a form or a database row holds it. Its
//! checked twin holds the same data behind [`Deref`](std::ops::Deref): every field can be
//! read, none can be written; construction and deserialization both run the check.

use crate::error::Check;
use std::collections::BTreeSet;

/// Defines the checked twin of a record that has `fn check(&self, check: &mut Check)`.
macro_rules! checked {
    ($(#[$doc:meta])* $name:ident($record:ident)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        pub struct $name($record);

        impl $name {
            /// Takes the record if it breaks no rule.
            ///
            /// # Errors
            /// Every broken rule with the path of its field.
            pub fn new(record: $record) -> Result<Self, $crate::Violations> {
                $crate::error::Check::all(|check| record.check(check))?;
                Ok(Self(record))
            }

            /// Gives the record back, to be changed and checked anew.
            #[must_use]
            pub fn into_record(self) -> $record {
                self.0
            }
        }

        impl std::ops::Deref for $name {
            type Target = $record;

            fn deref(&self) -> &$record {
                &self.0
            }
        }

        impl TryFrom<$record> for $name {
            type Error = $crate::Violations;

            fn try_from(record: $record) -> Result<Self, $crate::Violations> {
                Self::new(record)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let record = <$record as serde::Deserialize>::deserialize(from)?;
                Self::new(record).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use checked;

/// Stores a value as the text that `Display` prints, and reads it through `FromStr`.
macro_rules! stored_as_text {
    ($name:ident) => {
        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use stored_as_text;

/// Reads a value by the names of its fields, through the expression that checks them.
macro_rules! read_by_fields {
    ($name:ident { $($field:ident: $kind:ty),+ } => $checked:expr) => {
        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct $name {
                    $($field: $kind),+
                }
                let $name { $($field),+ } = serde::Deserialize::deserialize(from)?;
                $checked.map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use read_by_fields;

/// Notes every entry of `list` that repeats an earlier one.
pub(crate) fn distinct<T: Ord>(
    check: &mut Check,
    list: &str,
    field: &str,
    entries: impl IntoIterator<Item = T>,
) {
    let mut seen = BTreeSet::new();
    for (i, entry) in entries.into_iter().enumerate() {
        if !seen.insert(entry) {
            check.that(false, format!("{list}[{i}]{field}"), "must not repeat an earlier one");
        }
    }
}

/// Notes a text that is blank, longer than 64 characters or holds a control character.
pub(crate) fn label(check: &mut Check, path: &str, text: &str) {
    let holds = !text.trim().is_empty()
        && text.chars().count() <= 64
        && !text.chars().any(char::is_control);
    check.that(holds, path, "must be 1 to 64 characters, not blank, without control characters");
}

/// Notes a code that is not `[a-z0-9_-]{1,32}`.
pub(crate) fn code(check: &mut Check, path: &str, text: &str) {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    let holds = (1..=32).contains(&text.len()) && text.bytes().all(plain);
    check.that(holds, path, "must be 1 to 32 of a-z, 0-9, _ and -");
}
