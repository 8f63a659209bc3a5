//! How a file of records is written.

use super::encoding::Encoding;
use super::splitter::Splitter;
use omni_core::error::ParamError;

/// How a text file of records is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dialect {
    delimiter: u8,
    quote: Option<u8>,
    header: bool,
    max_record: usize,
    #[cfg_attr(feature = "serde", serde(default))]
    encoding: Encoding,
    #[cfg_attr(feature = "serde", serde(default))]
    form: Form,
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
enum Form {
    /// Fields between delimiters.
    #[default]
    Fields,
    /// A JSON object on a line.
    Objects,
    /// A transaction of X12.
    Transactions,
}

impl Dialect {
    /// Comma and double quotes, UTF-8, records of at most 1 MiB.
    #[must_use]
    pub const fn csv() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            header: true,
            max_record: 1 << 20,
            encoding: Encoding::Utf8,
            form: Form::Fields,
        }
    }

    /// Tabs and no quoting: a quote is an ordinary character.
    #[must_use]
    pub const fn tabs() -> Self {
        Self { delimiter: b'\t', quote: None, ..Self::csv() }
    }

    /// Lines of one field each, without a header: a record is a line, as in NDJSON.
    #[must_use]
    pub const fn lines() -> Self {
        Self { delimiter: b'\n', quote: None, header: false, ..Self::csv() }
    }

    /// Lines of flat JSON objects: a table whose columns are the keys of the first lines,
    /// as many as one buffer holds. Keys that first appear later are passed over.
    #[must_use]
    pub const fn objects() -> Self {
        Self { header: true, form: Form::Objects, ..Self::lines() }
    }

    /// Transactions of X12: a record is all from `ST` to `SE`, a field a segment of it.
    ///
    /// For the [`Reader`](crate::Reader) of a format; a [`RecordReader`](super::RecordReader) reads no X12, for
    /// that there is an [`X12Reader`](crate::edi::x12::X12Reader).
    #[must_use]
    pub const fn transactions() -> Self {
        Self { form: Form::Transactions, max_record: 8 << 20, ..Self::lines() }
    }

    /// In this encoding.
    #[must_use]
    pub const fn with_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// With this byte between fields.
    #[must_use]
    pub const fn with_delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// With this byte around fields, or none.
    #[must_use]
    pub const fn with_quote(mut self, quote: Option<u8>) -> Self {
        self.quote = quote;
        self
    }

    /// With records of at most so many bytes; a longer one is
    /// [`Defect::TooLong`](super::Defect::TooLong).
    #[must_use]
    pub const fn with_max_record(mut self, bytes: usize) -> Self {
        self.max_record = bytes;
        self
    }

    /// Whether the first record names the columns.
    #[must_use]
    pub const fn has_header(&self) -> bool {
        self.header
    }

    /// The byte between fields.
    #[must_use]
    pub const fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The byte around fields.
    #[must_use]
    pub const fn quote(&self) -> Option<u8> {
        self.quote
    }

    /// The largest record size in bytes.
    #[must_use]
    pub const fn max_record(&self) -> usize {
        self.max_record
    }

    /// Whether a record is a transaction of X12.
    pub(crate) const fn is_of_transactions(&self) -> bool {
        matches!(self.form, Form::Transactions)
    }

    /// Whether a record is a JSON object on a line.
    #[inline]
    pub(super) const fn is_of_objects(&self) -> bool {
        matches!(self.form, Form::Objects)
    }

    /// Whether the dialect contradicts itself.
    pub(crate) fn verify(self) -> Result<(), ParamError> {
        self.check().map(|_| ())
    }

    /// The encoding.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What splits it.
    pub(super) fn check(self) -> Result<Splitter, ParamError> {
        let plain = |byte: u8| byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0);
        let shown = |byte: u8| char::from(byte).to_string();
        if self.form == Form::Transactions {
            return Err(ParamError::new("dialect", "of lines, not of transactions", "X12"));
        }
        let alone = self.form == Form::Objects || !self.header;
        let lines = self.delimiter == b'\n' && self.quote.is_none() && alone;
        if !(plain(self.delimiter) || lines) || Some(self.delimiter) == self.quote {
            let rule = "ASCII, no line end, not NUL and not the quote";
            return Err(ParamError::new("delimiter", rule, shown(self.delimiter).as_str()));
        }
        if let Some(quote) = self.quote.filter(|&quote| !plain(quote)) {
            let rule = "ASCII, no line end and not NUL";
            return Err(ParamError::new("quote", rule, shown(quote).as_str()));
        }
        if !(16..=1 << 30).contains(&self.max_record) {
            let rule = "from 16 to 2^30 bytes";
            return Err(ParamError::new("max_record", rule, self.max_record));
        }
        Ok(Splitter { delimiter: self.delimiter, quote: self.quote })
    }
}
