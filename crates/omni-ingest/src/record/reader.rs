//! The buffer, the positions and the lending of records.

use super::encoding::{self, Encoding};
use super::objects::Columns;
use super::splitter::{Span, Split, Splitter, first_line};
use crate::Error;
use crate::json::{JsonError, unescape};
use omni_core::error::ParamError;
use std::borrow::Cow;
use std::fmt;
use std::io::{ErrorKind, Read};

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
    /// For the [`Reader`](crate::Reader) of a format; a [`RecordReader`] reads no X12, for
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

    /// Whether a record is a transaction of X12.
    pub(crate) const fn is_of_transactions(&self) -> bool {
        matches!(self.form, Form::Transactions)
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

    fn check(self) -> Result<Splitter, ParamError> {
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
    const fn of_json(error: JsonError, is_last: bool) -> Self {
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
    /// Whether `text` is not what `raw` says in UTF-8.
    decoded: bool,
    dialect: Dialect,
    defect: Option<Defect>,
}

impl<'a> Record<'a> {
    /// A record whose fields are parts of a text.
    pub(super) const fn of_parts(
        (number, offset): (u64, u64),
        text: &'a str,
        spans: &'a [Span],
        dialect: Dialect,
        defect: Option<Defect>,
    ) -> Self {
        Self {
            number,
            line: 1,
            offset,
            raw: text.as_bytes(),
            text,
            undoubled: "",
            spans,
            quotes: false,
            is_last: false,
            decoded: false,
            dialect,
            defect,
        }
    }

    /// Its number, from 1; the header and blank lines are not counted.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The physical line it starts on, from 1; in X12, which knows no lines, 1.
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

    /// Its text without the line end; bytes that are no text are replaced.
    #[must_use]
    pub fn raw_text(&self) -> Cow<'a, str> {
        let windows = match self.dialect.encoding {
            Encoding::Utf8 => false,
            Encoding::Windows1252 => !self.raw.is_ascii(),
            Encoding::Detect => {
                // A text that is cut within a character may still be UTF-8.
                str::from_utf8(self.raw).is_err_and(|error| error.error_len().is_some())
                    || self.decoded
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
        self.decoded && self.dialect.encoding == Encoding::Detect
    }

    /// What a record is whose text is no JSON.
    pub(crate) const fn json_defect(&self, error: JsonError) -> Defect {
        Defect::of_json(error, self.is_last)
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
        if self.defect.is_some() || !self.quotes && !self.decoded {
            return self.raw;
        }
        if !self.quotes {
            return self.text.as_bytes();
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
    /// The text of a record that is not in UTF-8.
    decoded: String,
    /// The columns of objects.
    columns: Columns,
    /// The beginning of a record that is too long.
    beginning: Vec<u8>,
}

/// Where a record lies.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Place {
    line: u64,
    offset: u64,
    /// Its first byte in the buffer.
    start: usize,
    content: usize,
    quotes: bool,
    /// Whether doubled quotes are still to be undone.
    doubled: bool,
    /// Whether it was decoded: its fields lie in the decoded text.
    decoded: bool,
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
            decoded: String::new(),
            columns: Columns::default(),
            beginning: Vec::new(),
        })
    }

    /// The same for other input, which has no header.
    pub(crate) fn anew<T: Read>(&self, input: T) -> Result<RecordReader<T>, Error> {
        let mut reader = RecordReader::with_capacity(input, self.dialect, 4096)?;
        reader.columns.clone_from(&self.columns);
        Ok(reader)
    }

    /// Reads the first record as column names, without the blanks around them, and holds
    /// every later record to their number. Empty if the input is.
    ///
    /// Of objects the names are the keys of the first lines, which are records all the same.
    ///
    /// # Errors
    /// [`Error::Io`] if reading fails, [`Error::NoHeader`] if the first record has a
    /// [`Defect`].
    pub fn header(&mut self) -> Result<Vec<String>, Error> {
        if self.dialect.form == Form::Objects {
            return self.keys();
        }
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

    /// Reads the beginning; a byte order mark is no part of a record.
    fn begin(&mut self) -> Result<(), Error> {
        if !self.begun {
            self.begun = true;
            self.fill()?;
            if self.window().starts_with(BYTE_ORDER_MARK) {
                self.consume(BYTE_ORDER_MARK.len());
                if self.dialect.encoding == Encoding::Windows1252 {
                    self.dialect.encoding = Encoding::Detect;
                }
            }
        }
        Ok(())
    }

    /// The keys of the objects at the start, which are not consumed.
    fn keys(&mut self) -> Result<Vec<String>, Error> {
        self.begin()?;
        if !self.skip_blank_lines()? {
            return Ok(Vec::new());
        }
        while first_line(self.window(), self.ended).is_none()
            && self.window().len() <= self.dialect.max_record
        {
            self.fill()?;
        }
        let mut columns = Columns::default();
        let mut rest = self.window();
        while let Some((content, consumed)) =
            first_line(rest, self.ended).filter(|&(_, consumed)| consumed > 0)
        {
            columns.learn(rest.get(..content).unwrap_or_default());
            rest = rest.get(consumed..).unwrap_or_default();
        }
        if columns.is_empty() {
            return Err(Error::NoHeader { defect: Defect::Json });
        }
        let name = |bytes: &[u8]| match str::from_utf8(bytes) {
            Ok(name) => name.to_string(),
            Err(_) => encoding::from_windows_1252(bytes),
        };
        let names = columns.names().map(name).collect();
        self.columns = columns;
        Ok(names)
    }

    /// Moves to the next record; false at the end of the input.
    ///
    /// # Errors
    /// [`Error::Io`] if reading fails.
    pub(crate) fn advance(&mut self) -> Result<bool, Error> {
        self.begin()?;
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
                let place = Place { line, offset, start, content, is_last, ..Place::default() };
                if self.dialect.form == Form::Objects {
                    self.members(place)
                } else {
                    let defect = self.count_fields(is_last);
                    Place { quotes, doubled: quotes, defect, ..place }
                }
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
        let Place { line, offset, start, content, quotes, is_last, decoded, mut defect, .. } =
            self.found;
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
            decoded: false,
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
        let encoding = self.dialect.encoding;
        let is_utf8 = encoding != Encoding::Windows1252 || raw.is_ascii();
        let utf8 = if is_utf8 {
            str::from_utf8(raw).map_err(|error| error.error_len())
        } else {
            Err(Some(1))
        };
        if let Err(wrong) = utf8
            && !decoded
            && defect.is_none()
        {
            let known = encoding != Encoding::Utf8;
            if known && encoding::decode(raw, &mut self.spans, &mut self.decoded) {
                self.found.decoded = true;
            } else {
                let cut = encoding == Encoding::Utf8 && is_last && wrong.is_none();
                defect = Some(if cut { Defect::Truncated } else { Defect::Encoding });
            }
        }
        let text = utf8.unwrap_or(&self.decoded);
        let record = Record { decoded: utf8.is_err() && encoding != Encoding::Utf8, ..record };
        if defect.is_some() {
            return Record { raw, defect, ..record };
        }
        if self.found.doubled {
            self.found.doubled = false;
            let quote = self.dialect.quote.map(char::from);
            undouble(text, quote, &mut self.spans, &mut self.undoubled);
        }
        let (undoubled, spans) = (self.undoubled.as_str(), self.spans.as_slice());
        Record { raw, text, undoubled, spans, quotes, ..record }
    }

    /// The fields of an object.
    fn members(&mut self, place: Place) -> Place {
        let line = self.buffer.get(place.start..place.start + place.content).unwrap_or_default();
        match self.columns.split(line, &mut self.spans) {
            // A key that is no column counts where records are compared: then by their texts.
            Ok(met) => Place { quotes: !met.stray, doubled: met.escapes, ..place },
            Err(error) => {
                let defect = Some(Defect::of_json(error, place.is_last));
                Place { defect, ..place }
            }
        }
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

/// Moves the fields with doubled quotes, or without a quote those with escapes of JSON, into
/// `single`, plain.
fn undouble(text: &str, quote: Option<char>, spans: &mut [Span], single: &mut String) {
    single.clear();
    for span in spans.iter_mut().filter(|span| span.doubled) {
        let start = single.len();
        let field = text.get(span.start..span.end).unwrap_or_default();
        if let Some(quote) = quote {
            let mut second = false;
            for character in field.chars() {
                second = character == quote && !second;
                if !second {
                    single.push(character);
                }
            }
            // An odd quote cannot be left over: the splitter consumed them in pairs.
        } else {
            unescape(field, single);
        }
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

    /// Fields of each record, or its defect.
    fn read(file: &[u8], dialect: Dialect) -> Vec<Result<Vec<String>, Defect>> {
        let mut records = RecordReader::with_capacity(file, dialect, 16).unwrap();
        if dialect.has_header() {
            records.header().unwrap();
        }
        let mut read = Vec::new();
        while let Some(record) = records.next_record().unwrap() {
            let fields = record.iter().map(ToString::to_string).collect();
            read.push(record.defect().map_or(Ok(fields), Err));
        }
        read
    }

    fn fields<'a>(fields: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        fields.into_iter().map(ToString::to_string).collect()
    }

    #[test]
    fn records_are_decoded_one_by_one() {
        let file = b"a,b\nna\xefve,\"1 \"\"\x80\"\"\"\n\xc3\xa9,x\n\x9d,y\nz,\xc3";
        let windows = read(file, Dialect::csv().with_encoding(Encoding::Windows1252));
        let bad = Err(Defect::Encoding);
        let first = Ok(fields(["naïve", "1 \"€\""]));
        assert_eq!(
            windows,
            [first.clone(), Ok(fields(["Ã©", "x"])), bad.clone(), Ok(fields(["z", "Ã"]))]
        );
        let detected = read(file, Dialect::csv().with_encoding(Encoding::Detect));
        assert_eq!(detected, [first, Ok(fields(["é", "x"])), bad.clone(), Ok(fields(["z", "Ã"]))]);
        let utf8 = read(file, Dialect::csv());
        let cut = Err(Defect::Truncated);
        assert_eq!(utf8, [bad.clone(), Ok(fields(["é", "x"])), bad, cut]);
        // A byte order mark overrules the setting.
        let marked = b"\xef\xbb\xbfa,b\n\xc3\xa9,\xe9\xe9\n\xc3\xa9,x\n";
        let windows = read(marked, Dialect::csv().with_encoding(Encoding::Windows1252));
        assert_eq!(windows, [Ok(fields(["Ã©", "éé"])), Ok(fields(["é", "x"]))]);
    }

    #[test]
    fn decoded_records_keep_their_place_and_bytes() {
        let dialect = Dialect::csv().with_encoding(Encoding::Detect);
        let file = b"\xe9\xe9,b\nc,\xe9\n".as_slice();
        let mut records = RecordReader::new(file, dialect).unwrap();
        let first = records.next_record().unwrap().unwrap();
        assert_eq!((first.raw(), &*first.raw_text()), (b"\xe9\xe9,b".as_slice(), "éé,b"));
        assert!(first.is_guessed());
        let second = records.next_record().unwrap().unwrap();
        assert_eq!((second.offset(), second.line(), second.get(1)), (5, 2, Some("é")));
    }

    #[test]
    fn objects_are_records_of_the_keys_of_the_first_lines() {
        let file = concat!(
            "\u{feff}{\"a\":\"x\",\"b\":1.50}\n",
            "{\"b\":null,\"c\":true,\"a\":\"1\\n\\u00e9\"}\n\n",
            "{\"a\":1,\"a\":[1, 2],\"\\u0063\":\"\"}\n",
            "{\"a\":1,}\n[1]\n{\"a\":\"cu",
        );
        let read = read(file.as_bytes(), Dialect::objects());
        let json = Err(Defect::Json);
        let expected = [
            Ok(fields(["x", "1.50", ""])),
            Ok(fields(["1\né", "", "true"])),
            Ok(fields(["[1, 2]", "", ""])),
            json.clone(),
            json,
            Err(Defect::Truncated),
        ];
        // One buffer of sixteen bytes holds no line: the first alone gives the keys.
        let of_two = expected.clone().map(|record| record.map(|fields| fields[..2].to_vec()));
        assert_eq!(read, of_two);
        let mut records = RecordReader::new(file.as_bytes(), Dialect::objects()).unwrap();
        assert_eq!(records.header().unwrap(), ["a", "b", "c"]);
        let mut at = 0;
        while let Some(record) = records.next_record().unwrap() {
            let got = record.iter().map(ToString::to_string).collect();
            assert_eq!(record.defect().map_or(Ok(got), Err), expected[at]);
            at += 1;
        }
        assert_eq!(at, expected.len());
        let mut none = RecordReader::new(&b"a,b\n1,2\n"[..], Dialect::objects()).unwrap();
        assert_eq!(none.header(), Err(Error::NoHeader { defect: Defect::Json }));
    }
}
