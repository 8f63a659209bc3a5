//! Splitting the bytes of a file into records, some of them ahead.

use super::ahead::Ahead;
use super::dialect::Dialect;
use super::encoding::{self, Encoding};
use super::objects::Columns;
use super::splitter::{Split, Splitter, first_line};
use super::view::{Defect, Place, Record};
use super::window::Window;
use crate::Error;
use std::fmt;
use std::io::Read;

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
    window: Window<R>,
    dialect: Dialect,
    splitter: Splitter,
    begun: bool,
    /// Physical line of the start of the window, from 1.
    line: u64,
    number: u64,
    width: Option<usize>,
    /// Bytes that attempts over several lines may still look at in vain; a debt if negative.
    patience: i64,
    /// The columns of objects.
    columns: Columns,
    ahead: Ahead,
}

/// What is kept of a record that is too long.
const BEGINNING: usize = 1024;

/// So many times the largest record are read for one record that is not there.
const VAIN: u64 = 1 << 10;

/// As many bytes of records are split ahead as the nearest cache holds with what is known
/// of them.
const AHEAD: usize = 16 << 10;

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
            window: Window::new(input, capacity.clamp(16, 1 << 24)),
            dialect,
            splitter,
            begun: false,
            line: 1,
            number: 0,
            width: None,
            patience: 4 * count(dialect.max_record()),
            columns: Columns::default(),
            ahead: Ahead::default(),
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
        if self.dialect.is_of_objects() {
            return self.keys();
        }
        let names: Vec<String> = match self.next_record()? {
            Some(record) => match record.defect() {
                Some(defect) => return Err(Error::NoHeader { defect }),
                None => record.iter().map(|name| name.trim().to_string()).collect(),
            },
            None => Vec::new(),
        };
        self.number = 0;
        self.width = Some(names.len());
        Ok(names)
    }

    /// How many bytes have been read as records so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let current = self.ahead.places.get(self.ahead.current);
        current.map_or(self.window.offset(), |place| place.behind)
    }

    /// The next record; `None` at the end of the input.
    ///
    /// # Errors
    /// [`Error::Io`] if reading fails, [`Error::Endless`] if no record comes.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, Error> {
        if self.advance() || self.read_ahead(1)? > 0 { Ok(self.current()) } else { Ok(None) }
    }

    /// Takes the current record, the last that was split, out of the numbering: it is none.
    pub(crate) const fn uncount(&mut self) {
        self.number = self.number.saturating_sub(1);
    }

    /// Moves to the next of the records that were split ahead; false if there is none.
    #[inline]
    pub(crate) fn advance(&mut self) -> bool {
        let next = self.ahead.current + 1;
        let is_there = next < self.ahead.places.len();
        if is_there {
            self.ahead.current = next;
        }
        is_there
    }

    /// Splits up to `most` records and moves to the first; those of before are gone. How many
    /// there are: none only at the end of the input, fewer where the buffer ends.
    ///
    /// # Errors
    /// [`Error::Io`] if reading fails.
    pub(crate) fn read_ahead(&mut self, most: usize) -> Result<usize, Error> {
        self.ahead.clear();
        self.begin()?;
        let mut bytes = 0;
        while self.ahead.places.len() < most && bytes < AHEAD {
            match self.split()? {
                Some(place) => {
                    bytes += place.end - place.start;
                    self.ahead.places.push(place);
                }
                None => break,
            }
        }
        self.ahead.settle(&self.window, &self.dialect);
        Ok(self.ahead.places.len())
    }

    /// The record that was moved to, if there is one.
    #[inline]
    pub(crate) fn current(&self) -> Option<Record<'_>> {
        self.ahead(self.ahead.current)
    }

    /// One of the records that were split ahead.
    #[inline]
    pub(crate) fn ahead(&self, at: usize) -> Option<Record<'_>> {
        self.ahead.record(at, &self.window, &self.dialect)
    }

    /// Gives the current record the place it had in another file.
    pub(crate) fn place(&mut self, number: u64, line: u64, offset: u64) {
        if let Some(place) = self.ahead.places.get_mut(self.ahead.current) {
            *place = Place { number, line, offset, ..*place };
        }
    }

    /// Reads the beginning; a byte order mark is no part of a record.
    fn begin(&mut self) -> Result<(), Error> {
        if !self.begun {
            self.begun = true;
            self.window.fill()?;
            if self.window.bytes().starts_with(BYTE_ORDER_MARK) {
                self.consume(BYTE_ORDER_MARK.len());
                if self.dialect.encoding() == Encoding::Windows1252 {
                    self.dialect = self.dialect.with_encoding(Encoding::Detect);
                }
            }
        }
        Ok(())
    }

    /// The keys of the objects at the start, which are not consumed.
    fn keys(&mut self) -> Result<Vec<String>, Error> {
        self.begin()?;
        if !self.skip_blank_lines(true)? {
            return Ok(Vec::new());
        }
        while first_line(self.window.bytes(), self.window.has_ended()).is_none()
            && self.window.bytes().len() <= self.dialect.max_record()
        {
            self.window.fill()?;
        }
        let mut columns = Columns::default();
        let mut rest = self.window.bytes();
        while let Some((content, consumed)) =
            first_line(rest, self.window.has_ended()).filter(|&(_, consumed)| consumed > 0)
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

    /// Splits the next record; `None` at the end of the input, and where the buffer has to be
    /// filled and holds records already.
    fn split(&mut self) -> Result<Option<Place>, Error> {
        let may_fill = self.ahead.places.is_empty();
        if !self.skip_blank_lines(may_fill)? {
            return Ok(None);
        }
        let (line, offset) = (self.line, self.window.offset());
        let fields_start = self.ahead.spans.len();
        let Some(found) = self.find(may_fill)? else {
            self.ahead.spans.truncate(fields_start);
            return Ok(None);
        };
        self.number += 1;
        let start = self.window.start();
        let place =
            Place { number: self.number, line, offset, start, fields_start, ..Place::default() };
        let mut place = match found {
            Found::Whole { content, consumed, breaks, quotes } => {
                let is_last = content == consumed && self.window.has_ended();
                self.consume(consumed);
                self.line += breaks + u64::from(consumed > content);
                let place = Place { end: start + content, is_last, ..place };
                if self.dialect.is_of_objects() {
                    self.members(place)
                } else {
                    let defect = self.count_fields(fields_start, is_last);
                    Place { quotes, doubled: quotes, defect, ..place }
                }
            }
            Found::Bad { content, consumed, defect } => {
                self.consume(consumed);
                self.line += u64::from(consumed > content);
                Place { end: start + content, defect: Some(defect), ..place }
            }
            // It is not in the buffer any more.
            Found::TooLong => Place { end: start, defect: Some(Defect::TooLong), ..place },
        };
        place.fields_end = self.ahead.spans.len();
        place.behind = self.window.offset();
        Ok(Some(place))
    }

    /// The fields of an object.
    fn members(&mut self, place: Place) -> Place {
        let line = self.window.get(place.start, place.end);
        self.ahead.spans.truncate(place.fields_start);
        match self.columns.split(line, &mut self.ahead.spans) {
            // A key that is no column counts where records are compared: then by their texts.
            Ok(met) => Place { quotes: !met.stray, doubled: met.escapes, ..place },
            Err(error) => {
                let defect = Some(Defect::of_json(error, place.is_last));
                Place { defect, ..place }
            }
        }
    }

    /// Holds the record that was just split to the width of the header.
    fn count_fields(&self, fields_start: usize, is_last: bool) -> Option<Defect> {
        let width = self.width?;
        match self.ahead.spans.len() - fields_start {
            fields if fields == width => None,
            fields if fields < width && is_last => Some(Defect::Truncated),
            _ => Some(Defect::FieldCount),
        }
    }

    fn consume(&mut self, bytes: usize) {
        self.window.consume(bytes);
        self.patience = self.patience.saturating_add(8 * count(bytes));
    }

    /// Moves to the next line that is not blank; false if there is none, or none in the
    /// buffer where it may not be filled.
    #[inline]
    fn skip_blank_lines(&mut self, may_fill: bool) -> Result<bool, Error> {
        match self.window.bytes() {
            [b'\n' | b'\r', ..] | [] => self.skip_to_text(may_fill),
            _ => Ok(true),
        }
    }

    fn skip_to_text(&mut self, may_fill: bool) -> Result<bool, Error> {
        let (offset, line) = (self.window.offset(), self.line);
        loop {
            if may_fill {
                self.hold_to_bounds(offset, line)?;
            }
            let ended = self.window.has_ended();
            match self.window.bytes() {
                [b'\n', ..] => self.consume(1),
                [b'\r', b'\n', ..] => self.consume(2),
                [b'\r'] if ended => self.consume(1),
                [] | [b'\r'] if !ended => {
                    if !may_fill {
                        return Ok(false);
                    }
                    self.window.fill()?;
                    continue;
                }
                bytes => return Ok(!bytes.is_empty()),
            }
            self.line += 1;
        }
    }

    /// Finds the record at the start of the window, which is not empty; `None` if that takes
    /// more than the buffer holds and it may not be filled.
    fn find(&mut self, may_fill: bool) -> Result<Option<Found>, Error> {
        let most = self.dialect.max_record();
        let fields_start = self.ahead.spans.len();
        loop {
            self.ahead.spans.truncate(fields_start);
            let (data, ended) = (self.window.bytes(), self.window.has_ended());
            let patient = self.patience > 0;
            let spans = &mut self.ahead.spans;
            let split = self.splitter.split(data, ended, self.width, patient, spans);
            let broken = match split {
                Split::Whole { content, consumed, breaks, quotes } => {
                    if content <= most {
                        return Ok(Some(Found::Whole { content, consumed, breaks, quotes }));
                    }
                    (breaks > 0).then_some(content)
                }
                Split::More { breaks } => {
                    if data.len() <= most + 2 {
                        if !may_fill {
                            return Ok(None);
                        }
                        self.window.fill()?;
                        continue;
                    }
                    (breaks > 0).then_some(data.len())
                }
                Split::Broken { looked } => Some(looked),
            };
            match first_line(data, ended) {
                Some((content, consumed)) if broken.is_some() && content <= most => {
                    let looked = broken.unwrap_or(0).min(most);
                    self.patience = self.patience.saturating_sub(count(looked));
                    let cut = content == consumed && ended;
                    let defect = if cut { Defect::Truncated } else { Defect::Quote };
                    return Ok(Some(Found::Bad { content, consumed, defect }));
                }
                _ if !may_fill => return Ok(None),
                None if broken.is_some() && data.len() <= most + 2 => self.window.fill()?,
                _ => {
                    self.skip_line()?;
                    return Ok(Some(Found::TooLong));
                }
            }
        }
    }

    /// Drops the first line, keeping its beginning.
    fn skip_line(&mut self) -> Result<(), Error> {
        // The line is longer than the largest record, so this much of it is there.
        let kept = self.dialect.max_record().min(BEGINNING);
        let beginning = self.window.bytes().get(..kept).unwrap_or_default();
        self.ahead.beginning.clear();
        self.ahead.beginning.extend_from_slice(beginning);
        let (offset, line) = (self.window.offset(), self.line);
        loop {
            self.hold_to_bounds(offset, line)?;
            let (data, ended) = (self.window.bytes(), self.window.has_ended());
            if let Some((content, consumed)) = first_line(data, ended) {
                self.consume(consumed);
                self.line += u64::from(consumed > content);
                return Ok(());
            }
            self.consume(data.len());
            self.window.fill()?;
        }
    }
}

impl<R> RecordReader<R> {
    /// An error if too much was read in vain since a place: the input may have no end.
    fn hold_to_bounds(&self, offset: u64, line: u64) -> Result<(), Error> {
        let vain = self.window.offset() - offset;
        if vain / VAIN > self.dialect.max_record() as u64 {
            return Err(Error::Endless { line });
        }
        Ok(())
    }
}

impl<R> fmt::Debug for RecordReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordReader")
            .field("dialect", &self.dialect)
            .field("number", &self.number)
            .field("line", &self.line)
            .field("offset", &self.window.offset())
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
