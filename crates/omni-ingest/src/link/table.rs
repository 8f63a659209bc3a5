//! Rows as columns of distinct texts.

use crate::Error;
use crate::values::{MISSING, Values};
use omni_core::error::{DataError, ParamError};
use std::fmt;

/// Texts by row and column; each distinct text of a column is kept once.
///
/// Normalize texts before they come in ([`clean`](crate::clean)): they are compared as they
/// are. An empty text is missing.
#[derive(Clone)]
pub struct Table {
    names: Vec<String>,
    values: Vec<Values>,
    ids: Vec<Vec<u32>>,
    rows: u32,
}

impl fmt::Debug for Table {
    /// Without the texts: they may be personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("columns", &self.names)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Table {
    /// No rows yet, with columns of these names.
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        let names: Vec<String> = columns.into_iter().map(Into::into).collect();
        Self {
            values: vec![Values::default(); names.len()],
            ids: vec![Vec::new(); names.len()],
            rows: 0,
            names,
        }
    }

    /// Adds a row: one text for each column, or none where it is missing.
    ///
    /// # Errors
    /// [`Error::Data`] if there is another number of texts than of columns, or too many
    /// rows or texts for 32 bits.
    pub fn push<'a>(
        &mut self,
        row: impl IntoIterator<Item = Option<&'a str>>,
    ) -> Result<(), Error> {
        let texts: Vec<&str> = row.into_iter().map(Option::unwrap_or_default).collect();
        if texts.len() != self.names.len() {
            let (expected, got) = (self.names.len(), texts.len());
            return Err(DataError::Length { name: "row", expected, got }.into());
        }
        let Some(rows) = self.rows.checked_add(1) else {
            return Err(DataError::Overflow { name: "rows" }.into());
        };
        for ((values, ids), text) in self.values.iter_mut().zip(&mut self.ids).zip(texts) {
            let id = values.intern(text);
            if id == MISSING && !text.is_empty() {
                return Err(DataError::Overflow { name: "texts" }.into());
            }
            ids.push(id);
        }
        self.rows = rows;
        Ok(())
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.rows
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The place of a column.
    ///
    /// # Errors
    /// [`Error::Param`] if there is none of this name.
    pub fn column(&self, name: &str) -> Result<usize, Error> {
        let at = self.names.iter().position(|own| own == name);
        at.ok_or_else(|| ParamError::new("column", "a column of the table", name).into())
    }

    /// The text of a row in a column; `None` if it is missing.
    #[must_use]
    pub fn get(&self, row: u32, column: usize) -> Option<&str> {
        let id = self.ids(column).get(row as usize)?;
        Some(self.text(column, *id)).filter(|text| !text.is_empty())
    }

    /// The numbers of the texts of a column.
    pub(crate) fn ids(&self, column: usize) -> &[u32] {
        self.ids.get(column).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn text(&self, column: usize, id: u32) -> &str {
        self.values.get(column).map_or("", |values| values.text(id))
    }

    /// How often every text of a column occurs, by its number; the missing one never.
    pub(crate) fn counts(&self, column: usize) -> Vec<u64> {
        let mut counts = vec![0; self.values.get(column).map_or(0, Values::len)];
        for id in self.ids(column) {
            if let Some(count) = counts.get_mut(*id as usize).filter(|_| *id != MISSING) {
                *count += 1;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_width_of_the_table() {
        let mut table = Table::new(["a", "b"]);
        table.push([Some("x"), None]).unwrap();
        table.push([Some("x"), Some("y")]).unwrap();
        assert!(table.push([Some("x")]).is_err());
        assert_eq!((table.len(), table.get(1, 1), table.get(0, 1)), (2, Some("y"), None));
        assert_eq!(table.counts(0), [0, 2]);
        assert!(table.column("c").is_err());
        assert!(!format!("{table:?}").contains('y'));
    }
}
