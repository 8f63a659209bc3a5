//! What can go wrong in this crate.

use crate::record::Defect;
use omni_core::MoneyError;
use omni_core::error::{DataError, ParamError, Violations};
use std::io;

/// What stops the reading of a file. What is wrong with one record never does: it is a
/// [`Reject`](crate::Reject).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting or argument is out of range.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// A column or series cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Reading the input failed.
    #[error("reading failed: {message}")]
    Io {
        /// The kind of the failure.
        kind: io::ErrorKind,
        /// What the input said.
        message: String,
    },
    /// Writing the output failed.
    #[error("writing failed: {message}")]
    Write {
        /// The kind of the failure.
        kind: io::ErrorKind,
        /// What the output said.
        message: String,
    },
    /// The input goes on and on without a record: one line, or blank lines, of more than a
    /// thousand times the largest record.
    #[error("no record ends after line {line}, whatever is read")]
    Endless {
        /// The physical line it starts on, from 1.
        line: u64,
    },
    /// The input holds nothing but blank lines.
    #[error("the file is empty")]
    Empty,
    /// The first record cannot be read as column names.
    #[error("the first line is not a header: {}", defect.meaning())]
    NoHeader {
        /// What is wrong with it.
        defect: Defect,
    },
    /// The header lacks columns that the format needs.
    #[error("not a {format} file: no column {}", list(missing))]
    MissingColumns {
        /// The format the file was read as.
        format: String,
        /// The columns that are missing, as the format writes them.
        missing: Vec<String>,
        /// The columns there are.
        found: Vec<String>,
    },
    /// A column that the format needs appears more than once.
    #[error("not a {format} file: more than one column {}", list(repeated))]
    RepeatedColumns {
        /// The format the file was read as.
        format: String,
        /// The columns, as the file writes them.
        repeated: Vec<String>,
    },
    /// A channel is described wrongly.
    #[error("channel spec: {0}")]
    Spec(#[from] Violations),
    /// The lines of an order cannot stand in one order: they add up to more than 64 bits
    /// hold, or are of two currencies.
    #[error("order {number:?}: {violations}")]
    Order {
        /// The number of the order.
        number: String,
        /// What is wrong with it.
        violations: Violations,
    },
    /// What is known of a person cannot stand in one customer.
    #[error("person {person}: {violations}")]
    Person {
        /// The number of the person.
        person: u32,
        /// What is wrong.
        violations: Violations,
    },
    /// A document of electronic data interchange cannot be read or written.
    #[error(transparent)]
    Edi(#[from] crate::edi::EdiError),
    /// There is no record of a key.
    #[error("no record has this key")]
    UnknownRecord,
    /// There is no person of a number.
    #[error("no person has this number")]
    UnknownPerson,
    /// No merge into a person is known that could be undone.
    #[error("no merge into this person can be undone")]
    NoMerge,
    /// An amount cannot be computed.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Error {
    pub(crate) fn io(error: &io::Error) -> Self {
        Self::Io { kind: error.kind(), message: error.to_string() }
    }

    pub(crate) fn write(error: &io::Error) -> Self {
        Self::Write { kind: error.kind(), message: error.to_string() }
    }
}

/// `"a", "b" and 3 more`
fn list(names: &[String]) -> String {
    let shown: Vec<String> =
        names.iter().take(8).map(|name| format!("{:?}", shorten(name))).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn shorten(name: &str) -> String {
    name.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_columns() {
        let missing: Vec<String> = (0..10).map(|n| format!("c{n}")).collect();
        let error = Error::MissingColumns { format: "x".into(), missing, found: Vec::new() };
        assert_eq!(
            error.to_string(),
            "not a x file: no column \"c0\", \"c1\", \"c2\", \"c3\", \"c4\", \"c5\", \"c6\", \"c7\" and 2 more"
        );
        let error = Error::io(&io::Error::other("disk on fire"));
        assert_eq!(error.to_string(), "reading failed: disk on fire");
        let error = Error::NoHeader { defect: Defect::Nul };
        assert_eq!(error.to_string(), "the first line is not a header: it holds a NUL byte");
    }
}
