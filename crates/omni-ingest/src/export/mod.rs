//! The unified set as tables: CSV, NDJSON, and Parquet with the feature `arrow`.
//!
//! ```text
//! row struct ──visit──► (column, cell) ──► CSV     RFC 4180, one header
//!                                      ├─► NDJSON  one object a line
//!                                      └─► Parquet one file a table
//! ```
//!
//! Each table has a name, a version and columns in a fixed order: [`tables`]. A row is a
//! plain struct that borrows its texts; `of` fills one from the types of omni-core. The
//! version counts up when a column changes its meaning, its kind or its place; a column may
//! be added at the end without it, so readers should go by name. [`ColumnRow`] is the schema
//! as a table of its own.
//!
//! | kind | CSV | JSON | Parquet |
//! |---|---|---|---|
//! | text | text, quoted where needed | string | `Utf8` |
//! | count (0 and more) | digits | number | `UInt64` |
//! | whole | digits with a sign | number | `Int64` |
//! | real | shortest decimal that reads back as the same | number | `Float64` |
//! | flag | `true`, `false` | boolean | `Boolean` |
//! | time | RFC 3339 in UTC, `2025-07-14T10:58:45Z` | the same as a string | `Timestamp(µs, UTC)` |
//! | missing | nothing; an empty text is `""` | `null` | null |
//!
//! Money is a whole number of minor units with the code of its currency beside it; the price
//! of a unit, which may have more decimals, is an exact decimal as text. A real that is not
//! finite is missing.
//!
//! [`unified`] writes a whole [`Unified`](crate::unify::Unified) set; persons are the golden
//! records of [`merge`](crate::merge), and who was erased by [`privacy`](crate::privacy) is in
//! no table.
//!
//! # Limits
//! A count above 2⁵³ loses digits in readers that hold JSON numbers as doubles. Parquet
//! keeps microseconds. A text is written as it is: a spreadsheet may take one that begins
//! with `=` for a formula.

mod csv;
mod ndjson;
#[cfg(feature = "arrow")]
pub mod parquet;
mod rows;
mod unified;

pub use csv::CsvWriter;
pub use ndjson::NdjsonWriter;
pub use rows::{
    ColumnRow, ConsentRow, EventRow, IdentityRow, OrderLineRow, OrderRow, PersonRow, ProductRow,
    RejectRow, ReturnRow, tables,
};
pub(crate) use unified::{Book, fill};
pub use unified::{Form, Written, unified};

use crate::Error;
use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use omni_core::ParamError;
use std::fmt;
use std::io::Write;

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number, 0 and more.
    Count,
    /// A whole number.
    Whole,
    /// A number.
    Real,
    /// Yes or no.
    Flag,
    /// An instant.
    Time,
}

impl Kind {
    /// Its name, in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Count => "count",
            Self::Whole => "whole",
            Self::Real => "real",
            Self::Flag => "flag",
            Self::Time => "time",
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether a cell may be missing.
    pub optional: bool,
    /// What it means.
    pub meaning: &'static str,
}

/// A table: its name, the version of its layout, its columns in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Table {
    /// Its name: `orders`.
    pub name: &'static str,
    /// Counts up when a column changes.
    pub version: u32,
    /// What a row is.
    pub meaning: &'static str,
    /// Its columns in their order.
    pub columns: &'static [Column],
}

/// One cell. `Debug` leaves out the text.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Cell<'a> {
    /// Nothing.
    Missing,
    /// Text.
    Text(&'a str),
    /// A whole number, 0 and more.
    Count(u64),
    /// A whole number.
    Whole(i64),
    /// A number.
    Real(f64),
    /// Yes or no.
    Flag(bool),
    /// An instant.
    Time(DateTime<Utc>),
}

impl fmt::Debug for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("Missing"),
            Self::Text(_) => f.write_str("Text(***)"),
            Self::Count(count) => f.debug_tuple("Count").field(count).finish(),
            Self::Whole(whole) => f.debug_tuple("Whole").field(whole).finish(),
            Self::Real(real) => f.debug_tuple("Real").field(real).finish(),
            Self::Flag(flag) => f.debug_tuple("Flag").field(flag).finish(),
            Self::Time(at) => f.debug_tuple("Time").field(at).finish(),
        }
    }
}

/// A row of a table.
pub trait Row {
    /// The table.
    const TABLE: &'static Table;

    /// Gives every column with its cell, in the order of the table.
    ///
    /// # Errors
    /// The first that `take` returns.
    fn visit<E>(
        &self,
        take: impl FnMut(&'static Column, Cell<'_>) -> Result<(), E>,
    ) -> Result<(), E>;
}

/// What a field of a row struct is.
trait Field {
    const KIND: Kind;
    const OPTIONAL: bool = false;
    fn cell(&self) -> Cell<'_>;
}

macro_rules! fields {
    ($($type:ty: $kind:ident, $this:ident => $cell:expr;)*) => {$(
        impl Field for $type {
            const KIND: Kind = Kind::$kind;
            fn cell(&self) -> Cell<'_> {
                let $this = self;
                $cell
            }
        }
    )*};
}

fields! {
    &str: Text, this => Cell::Text(this);
    String: Text, this => Cell::Text(this);
    u64: Count, this => Cell::Count(*this);
    u32: Count, this => Cell::Count(u64::from(*this));
    i64: Whole, this => Cell::Whole(*this);
    f64: Real, this => if this.is_finite() { Cell::Real(*this) } else { Cell::Missing };
    bool: Flag, this => Cell::Flag(*this);
    DateTime<Utc>: Time, this => Cell::Time(*this);
}

impl<T: Field> Field for Option<T> {
    const KIND: Kind = T::KIND;
    const OPTIONAL: bool = true;

    fn cell(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Missing, Field::cell)
    }
}

/// A time as RFC 3339 has it: UTC, with as many digits of a second as it needs.
fn rfc3339(at: DateTime<Utc>) -> Result<String, Error> {
    if (0..=9999).contains(&at.year()) {
        Ok(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    } else {
        Err(ParamError::new("time", "within the years 0 to 9999", i64::from(at.year())).into())
    }
}

/// Collects text and hands it over in large pieces.
struct Sink<W> {
    output: W,
    table: &'static Table,
    text: String,
    rows: u64,
}

/// As many bytes are collected before they are written.
const PIECE: usize = 1 << 16;

impl<W: Write> Sink<W> {
    const fn new(output: W, table: &'static Table) -> Self {
        Self { output, table, text: String::new(), rows: 0 }
    }

    /// Appends one row, all or nothing of it.
    fn row<R: Row>(
        &mut self,
        row: &R,
        append: impl FnOnce(&mut String, &R) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if R::TABLE.name != self.table.name {
            return Err(ParamError::new("row", "of the table of the writer", R::TABLE.name).into());
        }
        let before = self.text.len();
        if let Err(error) = append(&mut self.text, row) {
            self.text.truncate(before);
            return Err(error);
        }
        self.rows += 1;
        if self.text.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.output.write_all(self.text.as_bytes()).map_err(|error| Error::write(&error))?;
        self.text.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<W, Error> {
        self.flush()?;
        self.output.flush().map_err(|error| Error::write(&error))?;
        Ok(self.output)
    }
}

impl<W> fmt::Debug for Sink<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink")
            .field("table", &self.table.name)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use std::collections::BTreeSet;

    #[test]
    fn tables_and_columns_have_names_of_their_own() {
        let mut names = BTreeSet::new();
        for table in tables() {
            assert!(names.insert(table.name));
            let columns: BTreeSet<_> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(columns.len(), table.columns.len(), "{}", table.name);
            for column in table.columns {
                let meaning = column.meaning.trim();
                assert!(meaning.ends_with('.'), "{}.{}: {meaning}", table.name, column.name);
            }
            // An amount never stands without its currency.
            let amount = table.columns.iter().any(|column| column.name.ends_with("_minor"));
            assert!(!amount || columns.contains("currency"), "{}", table.name);
        }
    }

    #[test]
    fn times_are_of_the_calendar() {
        let at = |seconds, nanos| DateTime::from_timestamp(seconds, nanos).unwrap();
        assert_eq!(rfc3339(at(0, 0)).unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(at(-1, 1_000_000)).unwrap(), "1969-12-31T23:59:59.001Z");
        assert_eq!(rfc3339(at(1, 1)).unwrap(), "1970-01-01T00:00:01.000000001Z");
        let year = at(253_402_300_799, 0);
        assert_eq!(rfc3339(year).unwrap(), "9999-12-31T23:59:59Z");
        assert!(rfc3339(year + TimeDelta::seconds(1)).is_err());
        assert!(rfc3339(DateTime::<Utc>::MIN_UTC).is_err());
    }
}
