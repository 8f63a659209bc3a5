//! JSON, one object a line.
//!
//! Every object has all columns in their order; a missing cell is `null`. The text is UTF-8,
//! control characters are escaped, so that a line end always ends a row.
//!
//! Source: Bray (2017), RFC 8259; the lines as on ndjson.org.

use super::{Cell, Row, Sink, Table, rfc3339};
use crate::Error;
use std::fmt::Write as _;
use std::io::Write;

/// Writes the rows of one table. Call [`finish`](Self::finish): what is collected is lost
/// otherwise.
///
/// # Examples
/// ```
/// use omni_ingest::export::{IdentityRow, NdjsonWriter, Row};
///
/// let mut writer = NdjsonWriter::new(Vec::new(), IdentityRow::TABLE);
/// writer.write(&IdentityRow { person: 3, kind: "loyalty", value: "12\"", verified_at: None })?;
/// let text = String::from_utf8(writer.finish()?).unwrap();
/// assert_eq!(text, "{\"person\":3,\"kind\":\"loyalty\",\"value\":\"12\\\"\",\"verified_at\":null}\n");
/// # Ok::<(), omni_ingest::Error>(())
/// ```
#[derive(Debug)]
pub struct NdjsonWriter<W> {
    sink: Sink<W>,
}

impl<W: Write> NdjsonWriter<W> {
    /// Nothing written.
    #[must_use]
    pub const fn new(output: W, table: &'static Table) -> Self {
        Self { sink: Sink::new(output, table) }
    }

    /// Writes one row.
    ///
    /// # Errors
    /// [`Error::Param`] if it is of another table or a time has no four-digit year: nothing
    /// of it is written; [`Error::Write`].
    pub fn write<R: Row>(&mut self, row: &R) -> Result<(), Error> {
        self.sink.row(row, |line, row| {
            let mut before = '{';
            row.visit(|column, cell| {
                line.push(before);
                before = ',';
                put_text(line, column.name);
                line.push(':');
                put(line, cell)
            })?;
            line.push_str("}\n");
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

fn put(line: &mut String, cell: Cell<'_>) -> Result<(), Error> {
    // Writing into a string does not fail.
    let _ = match cell {
        Cell::Missing => write!(line, "null"),
        Cell::Text(text) => {
            put_text(line, text);
            Ok(())
        }
        Cell::Count(count) => write!(line, "{count}"),
        Cell::Whole(whole) => write!(line, "{whole}"),
        Cell::Real(real) => write!(line, "{real}"),
        Cell::Flag(flag) => write!(line, "{flag}"),
        Cell::Time(at) => write!(line, "\"{}\"", rfc3339(at)?),
    };
    Ok(())
}

fn put_text(line: &mut String, text: &str) {
    line.push('"');
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        let short = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            c if c.is_control() => "",
            _ => continue,
        };
        line.push_str(text.get(plain..at).unwrap_or_default());
        plain = at + c.len_utf8();
        if short.is_empty() {
            let _ = write!(line, "\\u{:04x}", u32::from(c));
        } else {
            line.push_str(short);
        }
    }
    line.push_str(text.get(plain..).unwrap_or_default());
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_text_is_escaped() {
        for (text, expected) in [
            ("", r#""""#),
            ("Müller", r#""Müller""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("a\r\n\tb", r#""a\r\n\tb""#),
            ("\0\u{1f}\u{85}é", "\"\\u0000\\u001f\\u0085é\""),
        ] {
            let mut line = String::new();
            put_text(&mut line, text);
            assert_eq!(line, expected);
        }
    }
}
