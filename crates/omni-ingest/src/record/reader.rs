//! The buffer, the positions and the lending of records.

use super::splitter::{Span, Split, Splitter, first_line};
use crate::Error;
use omni_core::error::ParamError;
use std::borrow::Cow;
use std::fmt;
use std::io::{ErrorKind, Read};

/// How a delimited text file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dialect {
    delimiter: u8,
    quote: Option<u8>,
    header: bool,
    max_record: usize,
}

impl Dialect {
    /// Comma and double quotes, records of at most 1 MiB.
    #[must_use]
    pub const fn csv() -> Self {
        Self { delimiter: b',', quote: Some(b'"'), header: true, max_record: 1 << 20 }
    }

    /// Tabs and no quoting: a quote is an ordinary character.
    #[must_use]
    pub const fn tabs() -> Self {
        Self { delimiter: b'\t', quote: None, header: true, max_record: 1 << 20 }
    }

    /// Lines of one field each, without a header: a record is a line, as in NDJSON.
    #[must_use]
    pub const fn lines() -> Self {
        Self { delimiter: b'\n', quote: None, header: false, max_record: 1 << 20 }
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

    /// With records of at most so many bytes; a longer one is [`Defect::TooLong`].
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

    /// Whether the dialect contradicts itself.
    pub(crate) fn verify(self) -> Result<(), ParamError> {
        self.check().map(|_| ())
    }

    fn check(self) -> Result<Splitter, ParamError> {
        let plain = |byte: u8| byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0);
        let shown = |byte: u8| char::from(byte).to_string();
        let lines = self.delimiter == b'\n' && self.quote.is_none() && !self.header;
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
    /// It is not UTF-8.
    Encoding,
    /// It holds a NUL byte.
    Nul,
}

impl Defect {
    /// What it means, as the end of a sentence about the record.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Quote => "its quotes do not match",
            Self::FieldCount => "it has another number of fields than the header",
            Self::Truncated => "the file ends within it",
            Self::TooLong => "it is longer than the largest record",
            Self::Encoding => "it is not UTF-8",
            Self::Nul => "it holds a NUL byte",
        }
    }
}

/// One record, lent by a [`RecordReader`] until the next is asked for.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    number: u64,
    line: u64,
    offset: u64,
    raw: &'a [u8],
    text: &'a str,
    /// Fields whose doubled quotes were undone.
    undoubled: &'a str,
    spans: &'a [Span],
    quotes: bool,
    is_last: bool,
    dialect: Dialect,
    defect: Option<Defect>,
}

impl<'a> Record<'a> {
    /// Its number, from 1; the header and blank lines are not counted.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The physical line it starts on, from 1.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// The byte it starts at, from 0, a byte order mark included.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Its bytes without the line end.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Its text without the line end; what is no UTF-8 is replaced.
    #[must_use]
    pub fn raw_text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.raw)
    }

    /// What is wrong with it as a whole; it then has no fields.
    #[must_use]
    pub const fn defect(&self) -> Option<Defect> {
        self.defect
    }

    /// Whether the input ends right behind it, without a line end: it may be cut off.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.is_last
    }

    /// The same record with the place it had in its file.
    pub(crate) const fn placed(mut self, number: u64, line: u64, offset: u64) -> Self {
        self.number = number;
        self.line = line;
        self.offset = offset;
        self
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
        if !self.quotes || self.defect.is_some() {
            return self.raw;
        }
        let special = [self.dialect.delimiter, b'\n'];
        buffer.clear();
        for (index, field) in self.iter().enumerate() {
            if index > 0 {
                buffer.push(self.dialect.delimiter);
            }
            let quote = self.dialect.quote.unwrap_or(b'"');
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
            .field("number", &self.number)
            .field("line", &self.line)
            .field("offset", &self.offset)
            .field("bytes", &self.raw.len())
            .field("fields", &self.spans.len())
            .field("defect", &self.defect)
            .finish()
    }
}

/// Reads the records of a delimited text file; see the [module](super).
///
/// # Examples
/// ```
/// use omni_ingest::record::{Dialect, RecordReader};
///
/// let file = "sku,title\nA1,\"Lamp, desk\"\nA2,Candle 12\" Taper\n";
/// let mut records = RecordReader::new(file.as_bytes(), Dialect::csv())?;
/// assert_eq!(records.header()?, ["sku", "title"]);
/// let mut titles = Vec::new();
/// while let Some(record) = records.next_record()? {
///     titles.push(record.get(1).unwrap_or_default().to_string());
/// }
/// assert_eq!(titles, ["Lamp, desk", "Candle 12\" Taper"]);
/// # Ok::<(), omni_ingest::Error>(())
/// ```
pub struct RecordReader<R> {
    input: R,
    dialect: Dialect,
    splitter: Splitter,
    buffer: Vec<u8>,
    /// The bytes of the buffer not yet read by the caller.
    start: usize,
    end: usize,
    ended: bool,
    begun: bool,
    /// Whether a NUL byte was ever read.
    has_nul: bool,
    /// File position of `start`.
    offset: u64,
    /// Physical line of `start`, from 1.
    line: u64,
    number: u64,
    width: Option<usize>,
    /// Bytes that attempts over several lines may still look at in vain; a debt if negative.
    patience: i64,
    /// The record that was found last.
    found: Place,
    spans: Vec<Span>,
    undoubled: String,
    /// The beginning of a record that is too long.
    beginning: Vec<u8>,
}

/// Where a record lies.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    line: u64,
    offset: u64,
    /// Its first byte in the buffer.
    start: usize,
    content: usize,
    quotes: bool,
    /// Whether doubled quotes are still to be undone.
    doubled: bool,
    is_last: bool,
    defect: Option<Defect>,
}

/// What is kept of a record that is too long.
const BEGINNING: usize = 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl<R: Read> RecordReader<R> {
    /// Reads from `input`; no `BufReader` is needed.
    ///
    /// # Errors
    /// [`Error::Param`] if the dialect contradicts itself.
    pub fn new(input: R, dialect: Dialect) -> Result<Self, Error> {
        Self::with_capacity(input, dialect, 128 << 10)
    }

    /// With a buffer that starts at `capacity` bytes (at least 16).
    ///
    /// # Errors
    /// [`Error::Param`] if the dialect contradicts itself.
    pub fn with_capacity(input: R, dialect: Dialect, capacity: usize) -> Result<Self, Error> {
        let splitter = dialect.check()?;
        Ok(Self {
            input,
            dialect,
            splitter,
            buffer: vec![0; capacity.clamp(16, 1 << 24)],
            start: 0,
            end: 0,
            ended: false,
            begun: false,
            has_nul: false,
            offset: 0,
            line: 1,
            number: 0,
            width: None,
            patience: 4 * count(dialect.max_record),
            found: Place::default(),
            spans: Vec::new(),
            undoubled: String::new(),
            beginning: Vec::new(),
        })
    }

    /// Reads the first record as column names, without the blanks around them, and holds
    /// every later record to their number. Empty if the input is.
    ///
    /// # Errors
    /// [`Error::Io`] if reading fails, [`Error::NoHeader`] if the first record has a
    /// [`Defect`].
    pub fn header(&mut self) -> Result<Vec<String>, Error> {
        let names: Vec<String> = match self.next_record()? {
            Some(Record { defect: Some(defect), .. }) => return Err(Error::NoHeader { defect }),
            Some(record) => record.iter().map(|name| name.trim().to_string()).collect(),
            None => Vec::new(),
        };
        self.number = 0;
        self.width = Some(names.len());
        Ok(names)
    }

    /// How many bytes have been read as records so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.offset
    }

    /// Takes the current record out of the numbering: it is none.
    pub(crate) const fn uncount(&mut self) {
        self.number = self.number.saturating_sub(1);
    }

    /// The next record; `None` at the end of the input.
    ///
    /// # Errors
    /// [`Error::Io`] if reading fails.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, Error> {
        Ok(if self.advance()? { Some(self.current()) } else { None })
    }

    /// Moves to the next record; false at the end of the input.
    ///
    /// # Errors
    /// [`Error::Io`] if reading fails.
    pub(crate) fn advance(&mut self) -> Result<bool, Error> {
        if !self.begun {
            self.begun = true;
            self.fill()?;
            if self.window().starts_with(BYTE_ORDER_MARK) {
                self.consume(BYTE_ORDER_MARK.len());
            }
        }
        if !self.skip_blank_lines()? {
            return Ok(false);
        }
        self.number += 1;
        let (line, offset) = (self.line, self.offset);
        let found = self.find()?;
        let start = self.start;
        self.found = match found {
            Found::Whole { content, consumed, breaks, quotes } => {
                let is_last = content == consumed && self.ended;
                self.consume(consumed);
                self.line += breaks + u64::from(consumed > content);
                let defect = self.count_fields(is_last);
                Place { line, offset, start, content, quotes, doubled: quotes, is_last, defect }
            }
            Found::Bad { content, consumed, defect } => {
                self.consume(consumed);
                self.line += u64::from(consumed > content);
                let defect = Some(defect);
                Place { line, offset, start, content, defect, ..Place::default() }
            }
            Found::TooLong => {
                Place { line, offset, defect: Some(Defect::TooLong), ..Place::default() }
            }
        };
        Ok(true)
    }

    /// The record that [`advance`](Self::advance) moved to.
    pub(crate) fn current(&mut self) -> Record<'_> {
        let Place { line, offset, start, content, quotes, is_last, mut defect, .. } = self.found;
        let record = Record {
            number: self.number,
            line,
            offset,
            raw: &[],
            text: "",
            undoubled: "",
            spans: &[],
            quotes: false,
            is_last,
            dialect: self.dialect,
            defect,
        };
        if defect == Some(Defect::TooLong) {
            return Record { raw: &self.beginning, ..record };
        }
        let raw = self.buffer.get(start..start + content).unwrap_or_default();
        if self.has_nul && raw.contains(&0) {
            defect = Some(Defect::Nul);
        }
        // Another encoding than UTF-8 would be decoded here, into a text of its own.
        let text = std::str::from_utf8(raw).unwrap_or_else(|_| {
            defect = Some(Defect::Encoding);
            ""
        });
        if defect.is_some() {
            return Record { raw, defect, ..record };
        }
        if self.found.doubled {
            self.found.doubled = false;
            let quote = self.dialect.quote.map_or('"', char::from);
            undouble(text, quote, &mut self.spans, &mut self.undoubled);
        }
        let (undoubled, spans) = (self.undoubled.as_str(), self.spans.as_slice());
        Record { raw, text, undoubled, spans, quotes, ..record }
    }

    /// Holds the record that was just split to the width of the header.
    fn count_fields(&self, is_last: bool) -> Option<Defect> {
        let width = self.width?;
        match self.spans.len() {
            fields if fields == width => None,
            fields if fields < width && is_last => Some(Defect::Truncated),
            _ => Some(Defect::FieldCount),
        }
    }

    fn window(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn consume(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
        self.patience = self.patience.saturating_add(8 * count(bytes));
    }

    /// Moves to the next line that is not blank; false at the end of the input.
    fn skip_blank_lines(&mut self) -> Result<bool, Error> {
        loop {
            match self.window() {
                [b'\n', ..] => self.consume(1),
                [b'\r', b'\n', ..] => self.consume(2),
                [b'\r'] if self.ended => self.consume(1),
                [] | [b'\r'] if !self.ended => {
                    self.fill()?;
                    continue;
                }
                window => return Ok(!window.is_empty()),
            }
            self.line += 1;
        }
    }

    /// Finds the record at the start of the window, which is not empty.
    fn find(&mut self) -> Result<Found, Error> {
        loop {
            let data = self.buffer.get(self.start..self.end).unwrap_or_default();
            let patient = self.patience > 0;
            let split = self.splitter.split(data, self.ended, self.width, patient, &mut self.spans);
            let broken = match split {
                Split::Whole { content, consumed, breaks, quotes } => {
                    if content <= self.dialect.max_record {
                        return Ok(Found::Whole { content, consumed, breaks, quotes });
                    }
                    (breaks > 0).then_some(content)
                }
                Split::More { breaks } => {
                    if data.len() <= self.dialect.max_record + 2 {
                        self.fill()?;
                        continue;
                    }
                    (breaks > 0).then_some(data.len())
                }
                Split::Broken { looked } => Some(looked),
            };
            match first_line(data, self.ended) {
                Some((content, consumed))
                    if broken.is_some() && content <= self.dialect.max_record =>
                {
                    let looked = broken.unwrap_or(0).min(self.dialect.max_record);
                    self.patience = self.patience.saturating_sub(count(looked));
                    let cut = content == consumed && self.ended;
                    let defect = if cut { Defect::Truncated } else { Defect::Quote };
                    return Ok(Found::Bad { content, consumed, defect });
                }
                None if broken.is_some() && data.len() <= self.dialect.max_record + 2 => {
                    self.fill()?;
                }
                _ => {
                    self.skip_line()?;
                    return Ok(Found::TooLong);
                }
            }
        }
    }

    /// Drops the first line, keeping its beginning.
    fn skip_line(&mut self) -> Result<(), Error> {
        let data = self.buffer.get(self.start..self.end).unwrap_or_default();
        // The line is longer than the largest record, so this much of it is there.
        let kept = self.dialect.max_record.min(BEGINNING);
        self.beginning.clear();
        self.beginning.extend_from_slice(data.get(..kept).unwrap_or_default());
        loop {
            if let Some((content, consumed)) = first_line(self.window(), self.ended) {
                self.consume(consumed);
                self.line += u64::from(consumed > content);
                return Ok(());
            }
            self.consume(self.end - self.start);
            self.fill()?;
        }
    }

    /// Reads until the buffer is full or the input ends; a full buffer grows.
    fn fill(&mut self) -> Result<(), Error> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let old = self.end;
        while let Some(room) = self.buffer.get_mut(self.end..).filter(|room| !room.is_empty()) {
            match self.input.read(room) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                // A reader that claims more than it was given is held to its room.
                Ok(bytes) => self.end += bytes.min(room.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(&error)),
            }
        }
        self.has_nul |= self.buffer.get(old..self.end).is_some_and(|new| new.contains(&0));
        Ok(())
    }
}

impl<R> fmt::Debug for RecordReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordReader")
            .field("dialect", &self.dialect)
            .field("number", &self.number)
            .field("line", &self.line)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

/// A number of bytes of the buffer, which is far below `i64::MAX / 8`.
fn count(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX / 8)
}

/// What lies at the start of the window.
enum Found {
    Whole { content: usize, consumed: usize, breaks: u64, quotes: bool },
    Bad { content: usize, consumed: usize, defect: Defect },
    TooLong,
}

/// Moves the fields with doubled quotes into `single`, the quotes undoubled.
fn undouble(text: &str, quote: char, spans: &mut [Span], single: &mut String) {
    single.clear();
    for span in spans.iter_mut().filter(|span| span.doubled) {
        let start = single.len();
        let mut second = false;
        for character in text.get(span.start..span.end).unwrap_or_default().chars() {
            second = character == quote && !second;
            if !second {
                single.push(character);
            }
        }
        // An odd quote cannot be left over: the splitter consumed them in pairs.
        *span = Span { start, end: single.len(), doubled: true };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_records_of_one_field() {
        let file = "{\"a\": \"x,y\"}\r\n\n{\"b\": 1}\n{\"cut";
        let mut records = RecordReader::new(file.as_bytes(), Dialect::lines()).unwrap();
        let mut seen = Vec::new();
        while let Some(record) = records.next_record().unwrap() {
            assert_eq!((record.defect(), record.len()), (None, 1));
            let text = record.get(0).unwrap().to_string();
            seen.push((record.number(), record.line(), text, record.is_last()));
        }
        let expected = [
            (1, 1, "{\"a\": \"x,y\"}", false),
            (2, 3, "{\"b\": 1}", false),
            (3, 4, "{\"cut", true),
        ];
        assert_eq!(seen, expected.map(|(n, line, text, last)| (n, line, text.to_string(), last)));
        assert!(Dialect::csv().with_delimiter(b'\n').check().is_err());
    }
}
