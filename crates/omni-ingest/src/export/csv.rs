//! Comma-separated values as RFC 4180 has them.
//!
//! Lines end in CR LF. A field is quoted if it holds the delimiter, a quote or a line end,
//! if it is empty (a missing one is not), or begins or ends with a blank.
//!
//! Source: Shafranovich (2005), RFC 4180.

use super::{Cell, Row, Sink, Table, rfc3339};
use crate::Error;
use omni_core::ParamError;
use std::fmt::Write as _;
use std::io::Write;

/// Writes the rows of one table. Call [`finish`](Self::finish): what is collected is lost
/// otherwise.
///
/// # Examples
/// ```
/// use omni_ingest::export::{CsvWriter, OrderRow, Row};
///
/// let mut writer = CsvWriter::new(Vec::new(), OrderRow::TABLE, b';')?;
/// writer.write(&OrderRow { order: 7, channel: "web; shop", currency: "EUR", total_minor: 1999, ..Default::default() })?;
/// let text = String::from_utf8(writer.finish()?).unwrap();
/// assert!(text.starts_with("order;number;channel;"));
/// assert!(text.contains("\r\n7;\"\";\"web; shop\";"));
/// # Ok::<(), omni_ingest::Error>(())
/// ```
#[derive(Debug)]
pub struct CsvWriter<W> {
    sink: Sink<W>,
    delimiter: char,
}

impl<W: Write> CsvWriter<W> {
    /// Begins with the header.
    ///
    /// # Errors
    /// [`Error::Param`] if the delimiter is no ASCII, or a letter, digit, quote, line end or
    /// NUL, or one of `+-.:_`, which numbers, times and names of columns hold;
    /// [`Error::Write`].
    pub fn new(output: W, table: &'static Table, delimiter: u8) -> Result<Self, Error> {
        let taken = delimiter.is_ascii_alphanumeric() || b"\"\r\n\0+-.:_".contains(&delimiter);
        if taken || !delimiter.is_ascii() {
            let rule = "an ASCII character that no number, name or quote holds";
            return Err(ParamError::new("delimiter", rule, u64::from(delimiter)).into());
        }
        let delimiter = char::from(delimiter);
        let mut sink = Sink::new(output, table);
        let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        sink.text.push_str(&names.join(&delimiter.to_string()));
        sink.text.push_str("\r\n");
        Ok(Self { sink, delimiter })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// [`Error::Param`] if it is of another table or a time has no four-digit year: nothing
    /// of it is written; [`Error::Write`].
    pub fn write<R: Row>(&mut self, row: &R) -> Result<(), Error> {
        let delimiter = self.delimiter;
        self.sink.row(row, |line, row| {
            let mut first = true;
            row.visit(|_, cell| {
                if !first {
                    line.push(delimiter);
                }
                first = false;
                put(line, cell, delimiter)
            })?;
            line.push_str("\r\n");
            Ok(())
        })
    }

    /// Rows written.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.sink.rows
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn finish(self) -> Result<W, Error> {
        self.sink.finish()
    }
}

fn put(line: &mut String, cell: Cell<'_>, delimiter: char) -> Result<(), Error> {
    // Writing into a string does not fail.
    let _ = match cell {
        Cell::Missing => Ok(()),
        Cell::Text(text) => {
            put_text(line, text, delimiter);
            Ok(())
        }
        Cell::Count(count) => write!(line, "{count}"),
        Cell::Whole(whole) => write!(line, "{whole}"),
        Cell::Real(real) => write!(line, "{real}"),
        Cell::Flag(flag) => write!(line, "{flag}"),
        Cell::Time(at) => {
            line.push_str(&rfc3339(at)?);
            Ok(())
        }
    };
    Ok(())
}

fn put_text(line: &mut String, text: &str, delimiter: char) {
    let edge = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let special = |c| c == delimiter || matches!(c, '"' | '\r' | '\n');
    let quoted =
        edge(text.chars().next()) || edge(text.chars().next_back()) || text.contains(special);
    if !quoted {
        line.push_str(text);
        return;
    }
    line.push('"');
    for (at, part) in text.split('"').enumerate() {
        if at > 0 {
            line.push_str("\"\"");
        }
        line.push_str(part);
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{OrderRow, PersonRow};

    #[test]
    fn only_what_needs_it_is_quoted() {
        for (text, expected) in [
            ("", "\"\""),
            ("a b", "a b"),
            (" a", "\" a\""),
            ("a\u{a0}", "\"a\u{a0}\""),
            ("a;b", "\"a;b\""),
            ("a,b", "a,b"),
            ("5\" nail", "\"5\"\" nail\""),
            ("a\r\nb", "\"a\r\nb\""),
        ] {
            let mut line = String::new();
            put_text(&mut line, text, ';');
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn a_delimiter_is_told_from_values() {
        for delimiter in [b',', b';', b'\t', b'|', 1] {
            assert!(CsvWriter::new(Vec::new(), OrderRow::TABLE, delimiter).is_ok());
        }
        for delimiter in [b'"', b'\n', b'a', b'0', b'-', b'.', b':', b'_', 0, 0xa7] {
            let error = CsvWriter::new(Vec::new(), OrderRow::TABLE, delimiter).unwrap_err();
            assert!(matches!(error, Error::Param(_)), "{delimiter}");
        }
    }

    #[test]
    fn a_row_of_another_table_is_refused() {
        let mut writer = CsvWriter::new(Vec::new(), OrderRow::TABLE, b',').unwrap();
        assert!(writer.write(&PersonRow::default()).is_err());
        assert_eq!(writer.rows(), 0);
        let text = String::from_utf8(writer.finish().unwrap()).unwrap();
        assert_eq!(text.lines().count(), 1);
    }
}
