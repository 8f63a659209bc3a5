//! The products of one channel as a table: an id and any columns.

use crate::Error;
use crate::record::{Dialect, RecordReader};
use omni_core::error::DataError;
use rustc_hash::FxHashSet;
use std::io;

/// The products of one channel: an id each, and attributes as the channel writes them.
///
/// # Examples
/// ```
/// use omni_ingest::product::ProductTable;
/// use omni_ingest::record::Dialect;
///
/// let file = "id|title|price\n7|Sharp EL-1192BL|36.89\n7|again|1\n";
/// let table = ProductTable::read(file.as_bytes(), Dialect::csv().with_delimiter(b'|'))?;
/// assert_eq!((table.len(), table.id(0), table.field(0, 1)), (1, "7", "36.89"));
/// assert_eq!((table.rejects()[0].record, table.rejects()[0].reason), (2, "repeated_id"));
/// # Ok::<(), omni_ingest::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductTable {
    columns: Vec<String>,
    ids: Vec<String>,
    fields: Vec<Vec<String>>,
    known: FxHashSet<String>,
    rejects: Vec<RowReject>,
}

/// A row that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowReject {
    /// Its number, from 1.
    pub record: u64,
    /// The broken rule, in snake case.
    pub reason: &'static str,
}

impl ProductTable {
    /// A table without rows; the column of the ids is not among the names.
    #[must_use]
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Adds a product.
    ///
    /// # Errors
    /// [`Error::Data`] if the id is empty or known, or there is not one field a column.
    pub fn push<S: Into<String>>(
        &mut self,
        id: impl Into<String>,
        fields: impl IntoIterator<Item = S>,
    ) -> Result<(), Error> {
        let fields: Vec<String> = fields.into_iter().map(Into::into).collect();
        if fields.len() != self.columns.len() {
            let (needed, got) = (self.columns.len(), fields.len());
            return Err(DataError::Length { name: "fields", expected: needed, got }.into());
        }
        self.take(id.into(), fields).map_err(|_| {
            DataError::entry("id", self.ids.len(), "neither empty nor repeated", "this one").into()
        })
    }

    /// Reads a table whose first column holds the ids. A row that cannot be read, or whose
    /// id is empty or that of an earlier row, is set aside.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Empty`], [`Error::NoHeader`]; [`Error::Param`] if the
    /// dialect cannot be.
    pub fn read(input: impl io::Read, dialect: Dialect) -> Result<Self, Error> {
        let mut records = RecordReader::new(input, dialect)?;
        let mut table = Self::new(records.header()?.into_iter().skip(1));
        while let Some(record) = records.next_record()? {
            let taken = match record.defect() {
                Some(_) => Err("malformed_record"),
                None => {
                    let fields = record.iter().skip(1).map(str::to_owned).collect();
                    table.take(record.get(0).unwrap_or_default().trim().to_owned(), fields)
                }
            };
            if let Err(reason) = taken {
                table.rejects.push(RowReject { record: record.number(), reason });
            }
        }
        Ok(table)
    }

    fn take(&mut self, id: String, fields: Vec<String>) -> Result<(), &'static str> {
        if id.is_empty() {
            return Err("missing_id");
        }
        if !self.known.insert(id.clone()) {
            return Err("repeated_id");
        }
        self.ids.push(id);
        self.fields.push(fields);
        Ok(())
    }

    /// The names of the columns, without that of the ids.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many products there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no product.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The id of a row, empty if there is no such row.
    #[must_use]
    pub fn id(&self, row: usize) -> &str {
        self.ids.get(row).map_or("", String::as_str)
    }

    /// A field, empty if there is no such row or column.
    #[must_use]
    pub fn field(&self, row: usize, column: usize) -> &str {
        self.fields.get(row).and_then(|fields| fields.get(column)).map_or("", String::as_str)
    }

    /// The rows that [`read`](Self::read) set aside.
    #[must_use]
    pub fn rejects(&self) -> &[RowReject] {
        &self.rejects
    }

    /// The filled fields of a column, without the blanks around them.
    pub(super) fn filled(&self, column: usize) -> impl Iterator<Item = &str> + '_ {
        let fields = self.fields.iter().filter_map(move |fields| fields.get(column));
        fields.map(|field| field.trim()).filter(|field| !field.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_cannot_be_taken_are_named() {
        let file = "id,title\n1,a\n,b\n1,c\n2\n3,\"d\"\n";
        let table = ProductTable::read(file.as_bytes(), Dialect::csv()).unwrap();
        let reasons: Vec<_> = table.rejects().iter().map(|r| (r.record, r.reason)).collect();
        assert_eq!(reasons, [(2, "missing_id"), (3, "repeated_id"), (4, "malformed_record")]);
        assert_eq!((table.len(), table.id(1), table.field(1, 0)), (2, "3", "d"));
        assert_eq!((table.id(9), table.field(9, 0), table.field(0, 9)), ("", "", ""));
        assert!(ProductTable::read(&b""[..], Dialect::csv()).is_err());
    }

    #[test]
    fn a_row_has_a_field_a_column() {
        let mut table = ProductTable::new(["title"]);
        assert!(table.push("1", ["a", "b"]).is_err());
        assert!(table.push("", ["a"]).is_err());
        table.push("1", ["a"]).unwrap();
        assert!(table.push("1", ["a"]).is_err());
        assert_eq!(table.len(), 1);
    }
}
