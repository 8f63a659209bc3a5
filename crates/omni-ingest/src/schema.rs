//! Columns by name: asked for once, then known by position.
//!
//! A format asks the [`Header`] for each column it reads, by the name the export gives it
//! and the names it has in other versions or countries. Names are compared without the
//! blanks around them; capitals matter only to tell two columns apart. What is missing is
//! collected, so that one error names all of it.
//!
//! ```
//! use omni_ingest::schema::Header;
//!
//! let names = ["order-id".to_string(), "Quantity".to_string()];
//! let mut header = Header::new(&names);
//! let quantity = header.required(&["quantity-purchased", "quantity"]);
//! let notes = header.optional(&["notes"]);
//! header.finish("marketplace orders")?;
//! assert_eq!((quantity.position(), notes.is_present()), (1, false));
//! # Ok::<(), omni_ingest::Error>(())
//! ```

use crate::Error;
use crate::record::Record;

/// A column of a file: where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column(usize);

impl Default for Column {
    fn default() -> Self {
        Self::ABSENT
    }
}

impl Column {
    /// A column that the file does not have; its fields are empty.
    pub const ABSENT: Self = Self(usize::MAX);

    /// The column at a position, for formats without a header.
    pub(crate) const fn at(position: usize) -> Self {
        Self(position)
    }

    /// Its position, from 0; beyond every record if it is absent.
    #[must_use]
    pub const fn position(self) -> usize {
        self.0
    }

    /// Whether the file has it.
    #[must_use]
    pub const fn is_present(self) -> bool {
        self.0 != usize::MAX
    }

    /// Its field of a record, empty if there is none.
    #[must_use]
    #[inline]
    pub fn of<'a>(self, record: &Record<'a>) -> &'a str {
        record.get(self.0).unwrap_or_default()
    }
}

/// The column names of a file, and what a format asked of them.
#[derive(Debug, Clone)]
pub struct Header<'a> {
    names: &'a [String],
    missing: Vec<String>,
    repeated: Vec<String>,
    found: usize,
}

impl<'a> Header<'a> {
    /// The names in the order of the columns.
    #[must_use]
    pub const fn new(names: &'a [String]) -> Self {
        Self { names, missing: Vec::new(), repeated: Vec::new(), found: 0 }
    }

    /// The names in the order of the columns.
    #[must_use]
    pub const fn names(&self) -> &'a [String] {
        self.names
    }

    /// The column with the first of these names that the file has; without any of them
    /// the file is not of the format, nor if the name stands twice.
    pub fn required(&mut self, names: &[&str]) -> Column {
        let column = self.optional(names);
        if !column.is_present() {
            self.missing.extend(names.first().map(ToString::to_string));
        }
        column
    }

    /// The column with the first of these names that the file has. If the name stands
    /// twice it is not clear which is meant, so the file is not of the format.
    pub fn optional(&mut self, names: &[&str]) -> Column {
        let found = names.iter().find_map(|name| {
            let exact = self.find(|have| have == *name);
            exact.or_else(|| self.find(|have| have.eq_ignore_ascii_case(name)))
        });
        let Some((position, again)) = found else {
            return Column::ABSENT;
        };
        self.found += 1;
        if again {
            self.repeated.extend(self.names.get(position).cloned());
        }
        Column(position)
    }

    /// How many of the columns asked for the file has.
    #[must_use]
    pub const fn found(&self) -> usize {
        self.found
    }

    /// The first column whose name fits, and whether there is another.
    fn find(&self, fits: impl Fn(&str) -> bool) -> Option<(usize, bool)> {
        let mut found = self.names.iter().enumerate().filter(|(_, name)| fits(name));
        let (position, _) = found.next()?;
        Some((position, found.next().is_some()))
    }

    /// Ends the questions.
    ///
    /// # Errors
    /// [`Error::Empty`] if there is no column at all, [`Error::MissingColumns`] with all
    /// required columns that are missing, [`Error::RepeatedColumns`].
    pub fn finish(self, format: &str) -> Result<(), Error> {
        let format = format.to_string();
        if self.names.is_empty() {
            return Err(Error::Empty);
        }
        if !self.missing.is_empty() {
            let found = self.names.to_vec();
            return Err(Error::MissingColumns { format, missing: self.missing, found });
        }
        if !self.repeated.is_empty() {
            return Err(Error::RepeatedColumns { format, repeated: self.repeated });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_first_name_that_is_there_wins_and_capitals_decide_only_ties() {
        let names = names(&["sku", "SKU", "Qty"]);
        let mut header = Header::new(&names);
        assert_eq!(header.required(&["SKU"]).position(), 1);
        assert_eq!(header.required(&["sku"]).position(), 0);
        assert_eq!(header.required(&["quantity", "QTY"]).position(), 2);
        assert_eq!(header.optional(&["notes"]), Column::ABSENT);
        assert_eq!(header.finish("x"), Ok(()));
    }

    #[test]
    fn one_error_names_all_missing_columns() {
        let names = names(&["a"]);
        let mut header = Header::new(&names);
        for column in ["b", "a", "c"] {
            header.required(&[column]);
        }
        let error = header.finish("x").unwrap_err();
        assert!(matches!(&error, Error::MissingColumns { missing, .. } if missing == &["b", "c"]));
        assert_eq!(error.to_string(), "not a x file: no column \"b\", \"c\"");
    }

    #[test]
    fn an_ambiguous_column_and_an_empty_file_are_errors() {
        let twice = names(&["a", "a"]);
        let mut header = Header::new(&twice);
        header.required(&["a"]);
        assert!(matches!(header.finish("x"), Err(Error::RepeatedColumns { .. })));
        assert_eq!(Header::new(&[]).finish("x"), Err(Error::Empty));
    }
}
