//! One record as it is lent, and what may be wrong with it.

use super::dialect::Dialect;
use super::encoding::{self, Encoding};
use super::splitter::Span;
use crate::json::JsonError;
use std::borrow::Cow;
use std::fmt;

/// Why a record has no fields to offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Defect {
    /// A quote is not closed, or text follows a closing quote.
    Quote,
    /// It has another number of fields than the header.
    FieldCount,
    /// The file ends within it.
    Truncated,
    /// It is longer than the largest record size; its raw text is its beginning.
    TooLong,
    /// It is no text in the encoding of the file.
    Encoding,
    /// It holds a NUL byte.
    Nul,
    /// It is not a JSON object.
    Json,
}

impl Defect {
    pub(super) const fn of_json(error: JsonError, is_last: bool) -> Self {
        if is_last && error.is_cut() { Self::Truncated } else { Self::Json }
    }

    /// What it means, as the end of a sentence about the record.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Quote => "its quotes do not match",
            Self::FieldCount => "it has another number of fields than the header",
            Self::Truncated => "the file ends within it",
            Self::TooLong => "it is longer than the largest record",
            Self::Encoding => "it is no text in the encoding of the file",
            Self::Nul => "it holds a NUL byte",
            Self::Json => "it is not a JSON object",
        }
    }
}

/// Where a record lies and what it is.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Place {
    /// From 1.
    pub(super) number: u64,
    /// The physical line it starts on, from 1.
    pub(super) line: u64,
    /// The byte of the input it starts at.
    pub(super) offset: u64,
    /// The byte of the input behind its line end.
    pub(super) behind: u64,
    /// Its bytes in the buffer, without the line end.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Its text among those of the records read ahead.
    pub(super) text_start: usize,
    pub(super) text_end: usize,
    /// Its fields among theirs.
    pub(super) fields_start: usize,
    pub(super) fields_end: usize,
    /// Whether it has quotes, so that its fields may be written in several ways.
    pub(super) quotes: bool,
    /// Whether doubled quotes or escapes are to be undone.
    pub(super) doubled: bool,
    /// Whether its text is not what its bytes say in UTF-8.
    pub(super) decoded: bool,
    pub(super) is_last: bool,
    pub(super) defect: Option<Defect>,
}

/// One record, lent by a [`RecordReader`](super::RecordReader) until the next is asked for.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub(super) place: &'a Place,
    pub(super) raw: &'a [u8],
    pub(super) text: &'a str,
    /// Fields whose doubled quotes were undone.
    pub(super) undoubled: &'a str,
    pub(super) spans: &'a [Span],
    pub(super) dialect: &'a Dialect,
}

impl<'a> Record<'a> {
    /// Its number, from 1; the header and blank lines are not counted.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.place.number
    }

    /// The physical line it starts on, from 1; in X12, which knows no lines, 1.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.place.line
    }

    /// The byte it starts at, from 0, a byte order mark included.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.place.offset
    }

    /// Its bytes without the line end.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Its text without the line end; bytes that are no text are replaced.
    #[must_use]
    pub fn raw_text(&self) -> Cow<'a, str> {
        let windows = match self.dialect.encoding() {
            Encoding::Utf8 => false,
            Encoding::Windows1252 => !self.raw.is_ascii(),
            Encoding::Detect => {
                // A text that is cut within a character may still be UTF-8.
                str::from_utf8(self.raw).is_err_and(|error| error.error_len().is_some())
                    || self.place.decoded
            }
        };
        if windows {
            Cow::Owned(encoding::from_windows_1252(self.raw))
        } else {
            String::from_utf8_lossy(self.raw)
        }
    }

    /// Whether it was read as Windows-1252 because it is not UTF-8; see
    /// [`Encoding::Detect`].
    #[must_use]
    pub fn is_guessed(&self) -> bool {
        self.place.decoded && self.dialect.encoding() == Encoding::Detect
    }

    /// What a record is whose text is no JSON.
    pub(crate) const fn json_defect(&self, error: JsonError) -> Defect {
        Defect::of_json(error, self.place.is_last)
    }

    /// What is wrong with it as a whole; it then has no fields.
    #[must_use]
    pub const fn defect(&self) -> Option<Defect> {
        self.place.defect
    }

    /// Whether the input ends right behind it, without a line end: it may be cut off.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.place.is_last
    }

    /// How many fields it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether it has no field.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// A field without its quotes, from 0.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> Option<&'a str> {
        let span = self.spans.get(index)?;
        let text = if span.doubled { self.undoubled } else { self.text };
        text.get(span.start..span.end)
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The bytes that two records share exactly if all their fields are equal: the raw
    /// text, with only those fields quoted that need it.
    pub(crate) fn canonical<'b>(&self, buffer: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        if self.place.defect.is_some() || !self.place.quotes && !self.place.decoded {
            return self.raw;
        }
        if !self.place.quotes {
            return self.text.as_bytes();
        }
        let special = [self.dialect.delimiter(), b'\n'];
        buffer.clear();
        for (index, field) in self.iter().enumerate() {
            if index > 0 {
                buffer.push(self.dialect.delimiter());
            }
            let quote = self.dialect.quote().unwrap_or(b'"');
            if field.bytes().any(|byte| byte == quote || special.contains(&byte)) {
                buffer.push(quote);
                for byte in field.bytes() {
                    buffer.push(byte);
                    if byte == quote {
                        buffer.push(quote);
                    }
                }
                buffer.push(quote);
            } else {
                buffer.extend_from_slice(field.as_bytes());
            }
        }
        buffer
    }
}

impl fmt::Debug for Record<'_> {
    /// Without the fields: they may hold personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("number", &self.place.number)
            .field("line", &self.place.line)
            .field("offset", &self.place.offset)
            .field("bytes", &self.raw.len())
            .field("fields", &self.spans.len())
            .field("defect", &self.place.defect)
            .finish()
    }
}
