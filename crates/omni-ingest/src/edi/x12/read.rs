//! Transactions out of a stream, one at a time.

use super::{Group, Interchange, Segment, Separators, may_separate};
use crate::Error;
use crate::edi::EdiError;
use std::fmt;
use std::io::{self, BufRead, BufReader};

/// How much of a transaction is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one segment; the longest that the standard knows has a few thousand.
    pub segment: usize,
    /// Bytes of one transaction. A ship notice of ten thousand cartons has about a million.
    pub transaction: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { segment: 1 << 16, transaction: 1 << 23 }
    }
}

/// What is wrong with one transaction. It costs no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Defect {
    /// `SE01` is not the number of segments from `ST` to `SE`.
    Count {
        /// What it says; `None` if that is no number.
        declared: Option<u64>,
        /// How many there are.
        found: u64,
    },
    /// `SE02` is not `ST02`.
    Control,
    /// It does not begin with `ST`.
    NoHeader,
    /// Another transaction or the end of the group comes before `SE`.
    NoTrailer,
    /// The input ends before `SE`.
    Truncated,
    /// It is longer than the limits. Only its beginning is kept.
    TooLong,
    /// It is not UTF-8. The parts that are not read `U+FFFD`.
    Encoding,
    /// It holds a NUL byte.
    Nul,
}

/// What is wrong with an envelope. Its transactions are read all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum EnvelopeDefect {
    /// `GE01` is not the number of transactions of the group.
    GroupCount {
        /// What it says; `None` if that is no number.
        declared: Option<u64>,
        /// How many there are.
        found: u64,
    },
    /// `GE02` is not `GS06`.
    GroupControl,
    /// The group has no `GE`.
    NoGroupTrailer,
    /// A transaction or a `GE` stands outside a group.
    NoGroup,
    /// `IEA01` is not the number of groups of the interchange.
    InterchangeCount {
        /// What it says; `None` if that is no number.
        declared: Option<u64>,
        /// How many there are.
        found: u64,
    },
    /// `IEA02` is not `ISA13`.
    InterchangeControl,
    /// The interchange has no `IEA`.
    NoInterchangeTrailer,
    /// The elements of `ISA` do not have their fixed lengths. They are read by their
    /// separators.
    HeaderLength,
    /// Something between two interchanges is none.
    Garbage,
}

/// Something wrong with an envelope, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Finding {
    /// The first byte of the segment it shows at, from 0.
    pub at: u64,
    /// What it is.
    pub defect: EnvelopeDefect,
}

/// As many findings are kept.
const KEPT: usize = 1_000;

/// Lends the transactions of an input one after the other.
///
/// Line ends after a terminator, a byte order mark, acknowledgments (`TA1`) and several
/// interchanges with different separators in one input are read. Memory is bounded by the
/// [`Limits`], whatever the input. O(bytes).
///
/// # Examples
/// ```
/// use omni_ingest::edi::x12::{Defect, X12Reader};
///
/// let file = "ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         \
/// *250101*0000*U*00401*000000001*0*T*>~GS*PO*BUYER*SELLER*20250101*0000*1*X*004010~\
/// ST*850*0001~BEG*00*NE*PO1**20250328~SE*3*0001~\
/// ST*850*0002~BEG*00*NE*PO2**20250328~SE*9*0002~GE*2*1~IEA*1*000000001~";
/// let mut reader = X12Reader::new(file.as_bytes())?;
/// let first = reader.next_transaction()?.unwrap();
/// let number = first.segments().find(|s| s.name() == "BEG").and_then(|beg| beg.element(3));
/// assert_eq!((first.set(), number, first.defects()), ("850", Some("PO1"), &[][..]));
/// let second = reader.next_transaction()?.unwrap();
/// assert_eq!(second.defects(), [Defect::Count { declared: Some(9), found: 3 }]);
/// assert!(reader.next_transaction()?.is_none() && reader.findings().is_empty());
/// # Ok::<(), omni_ingest::Error>(())
/// ```
pub struct X12Reader<R> {
    input: BufReader<R>,
    limits: Limits,
    /// The byte the next read gives.
    offset: u64,
    /// `None` outside of an interchange.
    separators: Option<Separators>,
    /// Those of the transaction that is lent.
    lent: Separators,
    interchange: Interchange,
    group: Group,
    place: Place,
    groups: u64,
    transactions: u64,
    number: u64,
    /// The segment read last, where it began, and whether it was too long.
    segment: Vec<u8>,
    start: u64,
    long: bool,
    /// What a header says that was read and not yet used.
    header: Option<(Separators, Interchange, bool)>,
    /// Whether that segment is still to be used.
    held: bool,
    /// The transaction: its text with terminators, and the ends of its segments.
    text: String,
    ends: Vec<u32>,
    count: u64,
    first: u64,
    defects: Vec<Defect>,
    findings: Vec<Finding>,
    found: u64,
}

/// Where in the envelopes the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Interchange,
    Group,
}

/// One transaction, lent until the next is asked for. `Debug` leaves out the text.
#[derive(Clone, Copy)]
pub struct Transaction<'a> {
    number: u64,
    at: u64,
    separators: Separators,
    text: &'a str,
    ends: &'a [u32],
    defects: &'a [Defect],
    interchange: &'a Interchange,
    group: &'a Group,
}

impl<'a> Transaction<'a> {
    /// Its number in the input, from 1.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Where it begins, in bytes from 0.
    #[must_use]
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// What it is: `850` is a purchase order. Empty if it has no `ST`.
    #[must_use]
    pub fn set(&self) -> &'a str {
        self.header().map_or("", |st| st.text(1))
    }

    /// Its control number, ST02.
    #[must_use]
    pub fn control(&self) -> &'a str {
        self.header().map_or("", |st| st.text(2))
    }

    fn header(&self) -> Option<Segment<'a>> {
        self.segments().next().filter(|segment| segment.name() == "ST")
    }

    /// Its segments, `ST` and `SE` too.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'a>> + Clone + use<'a> {
        let (text, separators) = (self.text, self.separators);
        let mut start = 0_usize;
        self.ends.iter().map(move |&end| {
            let end = end as usize;
            let segment = text.get(start..end).unwrap_or_default();
            start = end + 1; // the terminator
            Segment { text: segment, separators }
        })
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn defects(&self) -> &'a [Defect] {
        self.defects
    }

    /// What stands around it.
    #[must_use]
    pub const fn interchange(&self) -> &'a Interchange {
        self.interchange
    }

    /// The group it is in; empty if it is in none.
    #[must_use]
    pub const fn group(&self) -> &'a Group {
        self.group
    }

    /// The text, without line ends between its segments.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.text
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("number", &self.number)
            .field("at", &self.at)
            .field("set", &self.set())
            .field("control", &self.control())
            .field("segments", &self.ends.len())
            .field("defects", &self.defects)
            .finish_non_exhaustive()
    }
}

impl<R: io::Read> X12Reader<R> {
    /// Reads the first header.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Empty`] if there is nothing but blanks;
    /// [`EdiError::NotX12`] if the input does not begin with an interchange.
    pub fn new(input: R) -> Result<Self, Error> {
        Self::with_limits(input, Limits::default())
    }

    /// The same with limits of one's own.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_limits(input: R, limits: Limits) -> Result<Self, Error> {
        let mut reader = Self {
            input: BufReader::with_capacity(1 << 16, input),
            // Ends of segments are kept in 32 bits.
            limits: Limits { transaction: limits.transaction.min(1 << 30), ..limits },
            offset: 0,
            separators: None,
            lent: Separators::USUAL,
            interchange: Interchange::default(),
            group: Group::default(),
            place: Place::Outside,
            groups: 0,
            transactions: 0,
            number: 0,
            segment: Vec::new(),
            start: 0,
            long: false,
            header: None,
            held: false,
            text: String::new(),
            ends: Vec::new(),
            count: 0,
            first: 0,
            defects: Vec::new(),
            findings: Vec::new(),
            found: 0,
        };
        reader.skip_blanks()?;
        if reader.peek()?.is_none() {
            return Err(Error::Empty);
        }
        reader.start = reader.offset;
        reader.take_up_to(3)?;
        if reader.segment != b"ISA" || !reader.read_header()? {
            return Err(EdiError::NotX12.into());
        }
        reader.held = true;
        Ok(reader)
    }

    /// The next transaction, `None` at the end.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn next_transaction(&mut self) -> Result<Option<Transaction<'_>>, Error> {
        self.text.clear();
        self.ends.clear();
        self.defects.clear();
        self.count = 0;
        let mut open = false;
        loop {
            if !self.held && !self.next_segment()? {
                if open {
                    self.note(Defect::Truncated);
                    return Ok(Some(self.lend()));
                }
                self.end_interchange(false);
                return Ok(None);
            }
            self.held = false;
            let header = self.header.is_some();
            let name = self.name();
            let envelope = header || matches!(name, b"IEA" | b"GS" | b"GE" | b"ST");
            if open && envelope {
                self.held = true;
                self.note(Defect::NoTrailer);
                return Ok(Some(self.lend()));
            }
            match name {
                b"ISA" if header => self.begin_interchange(),
                b"IEA" => self.end_interchange(true),
                b"GS" => self.begin_group(),
                b"GE" => self.end_group(true),
                b"TA1" if !open && self.place == Place::Interchange => {}
                b"ST" => {
                    self.begin();
                    self.transactions += 1;
                    open = true;
                }
                b"SE" => {
                    if open {
                        self.keep();
                    } else {
                        self.begin();
                        self.note(Defect::NoHeader);
                    }
                    self.check_trailer();
                    return Ok(Some(self.lend()));
                }
                _ if open => self.keep(),
                _ => {
                    self.begin();
                    self.note(Defect::NoHeader);
                    open = true;
                }
            }
        }
    }

    /// What was wrong with the envelopes so far, the first thousand.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How often something was wrong with an envelope so far.
    #[must_use]
    pub const fn findings_total(&self) -> u64 {
        self.found
    }

    /// Bytes read so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.offset
    }

    fn lend(&mut self) -> Transaction<'_> {
        self.number += 1;
        Transaction {
            number: self.number,
            at: self.first,
            separators: self.lent,
            text: &self.text,
            ends: &self.ends,
            defects: &self.defects,
            interchange: &self.interchange,
            group: &self.group,
        }
    }

    fn note(&mut self, defect: Defect) {
        if !self.defects.contains(&defect) {
            self.defects.push(defect);
        }
    }

    fn find(&mut self, defect: EnvelopeDefect) {
        self.found = self.found.saturating_add(1);
        if self.findings.len() < KEPT {
            self.findings.push(Finding { at: self.start, defect });
        }
    }

    /// The first segment of a transaction is the one read last.
    fn begin(&mut self) {
        if self.place != Place::Group {
            self.find(EnvelopeDefect::NoGroup);
        }
        self.first = self.start;
        self.keep();
    }

    /// Takes over the segment read last.
    fn keep(&mut self) {
        self.count += 1;
        if self.long || self.text.len() + self.segment.len() >= self.limits.transaction {
            self.note(Defect::TooLong);
        }
        if self.defects.contains(&Defect::TooLong) {
            return;
        }
        if self.segment.contains(&0) {
            self.note(Defect::Nul);
        }
        if let Ok(text) = std::str::from_utf8(&self.segment) {
            self.text.push_str(text);
        } else {
            self.text.push_str(&String::from_utf8_lossy(&self.segment));
            self.note(Defect::Encoding);
        }
        if let Ok(end) = u32::try_from(self.text.len()) {
            self.ends.push(end);
        }
        self.text.push(self.lent.terminator());
    }

    /// Compares `SE` with `ST` and the number of segments.
    fn check_trailer(&mut self) {
        let declared = self.counted(1);
        let found = self.count;
        if declared != Some(found) {
            self.note(Defect::Count { declared, found });
        }
        let trailer = self.part(2);
        let header = self.text.split(self.lent.terminator()).next().unwrap_or_default();
        let header = Segment { text: header, separators: self.lent };
        if header.name() == "ST" && header.text(2) != trailer {
            self.note(Defect::Control);
        }
    }

    /// The name of the segment read last.
    fn name(&self) -> &[u8] {
        let element = self.lent.element;
        let end = self.segment.iter().position(|byte| *byte == element);
        self.segment.get(..end.unwrap_or(self.segment.len())).unwrap_or_default()
    }

    /// An element of the segment read last, trimmed.
    fn part(&self, position: usize) -> String {
        let element = self.lent.element;
        let part = self.segment.split(|byte| *byte == element).nth(position);
        String::from_utf8_lossy(part.unwrap_or_default()).trim().to_owned()
    }

    /// The same as a number.
    fn counted(&self, position: usize) -> Option<u64> {
        let part = self.part(position);
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| digits)
    }

    fn begin_interchange(&mut self) {
        self.end_interchange(false);
        if let Some((separators, interchange, lengths)) = self.header.take() {
            self.separators = Some(separators);
            self.lent = separators;
            self.interchange = interchange;
            if !lengths {
                self.find(EnvelopeDefect::HeaderLength);
            }
        }
        self.place = Place::Interchange;
        self.groups = 0;
    }

    /// Leaves the interchange, by its trailer or without.
    fn end_interchange(&mut self, trailer: bool) {
        self.end_group(false);
        if self.place == Place::Outside {
            return;
        }
        if trailer {
            let (declared, found) = (self.counted(1), self.groups);
            if declared != Some(found) {
                self.find(EnvelopeDefect::InterchangeCount { declared, found });
            }
            if self.part(2) != self.interchange.control {
                self.find(EnvelopeDefect::InterchangeControl);
            }
        } else {
            self.find(EnvelopeDefect::NoInterchangeTrailer);
        }
        self.place = Place::Outside;
        self.separators = None;
    }

    fn begin_group(&mut self) {
        self.end_group(false);
        let part = |position| self.part(position);
        self.group = Group {
            function: part(1),
            sender: part(2),
            receiver: part(3),
            date: part(4),
            time: part(5),
            control: part(6),
            version: part(8),
        };
        self.place = Place::Group;
        self.groups += 1;
        self.transactions = 0;
    }

    /// Leaves the group, by its trailer or without.
    fn end_group(&mut self, trailer: bool) {
        match (self.place, trailer) {
            (Place::Group, true) => {
                let (declared, found) = (self.counted(1), self.transactions);
                if declared != Some(found) {
                    self.find(EnvelopeDefect::GroupCount { declared, found });
                }
                if self.part(2) != self.group.control {
                    self.find(EnvelopeDefect::GroupControl);
                }
            }
            (Place::Group, false) => self.find(EnvelopeDefect::NoGroupTrailer),
            (_, true) => self.find(EnvelopeDefect::NoGroup),
            (_, false) => return,
        }
        self.place = Place::Interchange;
        self.group = Group::default();
    }

    // Bytes.

    fn peek(&mut self) -> Result<Option<u8>, Error> {
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(&error)),
            }
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.input.consume(bytes);
        self.offset = self.offset.saturating_add(bytes as u64);
    }

    /// Passes line ends, and outside of an interchange also blanks and a byte order mark.
    fn skip_blanks(&mut self) -> Result<(), Error> {
        let outside = self.separators.is_none();
        while let Some(byte) = self.peek()? {
            let blank = matches!(byte, b'\r' | b'\n')
                || outside && matches!(byte, b' ' | b'\t' | 0x1a | 0xef | 0xbb | 0xbf);
            if !blank {
                break;
            }
            self.advance(1);
        }
        Ok(())
    }

    /// Takes bytes into the segment until it has so many, or meets its end.
    fn take_up_to(&mut self, len: usize) -> Result<(), Error> {
        self.segment.clear();
        let terminator = self.separators.map(|separators| separators.terminator);
        while self.segment.len() < len
            && let Some(byte) = self.peek()?
            && Some(byte) != terminator
        {
            self.segment.push(byte);
            self.advance(1);
        }
        Ok(())
    }

    /// Reads one segment that is not blank; `false` at the end of the input.
    fn next_segment(&mut self) -> Result<bool, Error> {
        loop {
            self.skip_blanks()?;
            self.start = self.offset;
            self.long = false;
            if self.peek()?.is_none() {
                return Ok(false);
            }
            self.take_up_to(3)?;
            if self.segment == b"ISA" {
                if self.read_header()? {
                    return Ok(true);
                }
                self.find(EnvelopeDefect::Garbage);
                if self.separators.is_none() {
                    return self.skip_to_header();
                }
            }
            let Some(separators) = self.separators else {
                self.find(EnvelopeDefect::Garbage);
                return self.skip_to_header();
            };
            self.read_rest(separators.terminator)?;
            if !self.segment.is_empty() {
                return Ok(true);
            }
        }
    }

    /// Reads on to the end of the segment.
    fn read_rest(&mut self, terminator: u8) -> Result<(), Error> {
        while self.peek()?.is_some() {
            let bytes = self.input.buffer();
            let end = bytes.iter().position(|byte| *byte == terminator);
            let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
            let room = self.limits.segment.saturating_sub(self.segment.len());
            self.long |= part.len() > room;
            self.segment.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
            let taken = part.len() + usize::from(end.is_some());
            self.advance(taken);
            if end.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Reads the rest of an `ISA` segment, whose name was taken: sixteen elements by their
    /// separators, the last of one byte, and the terminator behind it. `false` if it is no
    /// header; what was taken stays in the segment.
    fn read_header(&mut self) -> Result<bool, Error> {
        let mut found = 0;
        while found < 16 && self.segment.len() < 512 {
            let Some(byte) = self.peek()? else { return Ok(false) };
            self.segment.push(byte);
            self.advance(1);
            let element = self.segment.get(3).copied().unwrap_or_default();
            if !may_separate(element) {
                return Ok(false);
            }
            found += usize::from(byte == element);
        }
        let mut ends = [0; 2];
        for end in &mut ends {
            let Some(byte) = self.peek()? else { return Ok(false) };
            *end = byte;
            self.segment.push(byte);
            self.advance(1);
        }
        let [component, terminator] = ends;
        let element = self.segment.get(3).copied().unwrap_or_default();
        self.segment.pop();
        let text = String::from_utf8_lossy(&self.segment).into_owned();
        let parts: Vec<&str> = text.split(char::from(element)).collect();
        let part = |at: usize| parts.get(at).copied().unwrap_or_default();
        let repetition = match part(11).as_bytes() {
            [byte] if may_separate(*byte) => Some(*byte),
            _ => None,
        };
        let Ok(separators) = Separators::new(element, component, repetition, terminator) else {
            return Ok(false);
        };
        let lengths = parts.iter().skip(1).map(|part| part.len());
        let exact = lengths.eq([2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1]);
        let owned = |at| part(at).trim().to_owned();
        let interchange = Interchange {
            sender: (owned(5), owned(6)),
            receiver: (owned(7), owned(8)),
            date: owned(9),
            time: owned(10),
            version: owned(12),
            control: owned(13),
            is_test: part(15) == "T",
        };
        // The name is found by the separators in force until the header is used.
        self.segment.truncate(3);
        self.header = Some((separators, interchange, exact));
        Ok(true)
    }

    /// Passes everything up to the next header; `false` at the end of the input.
    fn skip_to_header(&mut self) -> Result<bool, Error> {
        let mut last = [0_u8; 3];
        while let Some(byte) = self.peek()? {
            self.advance(1);
            last = [last[1], last[2], byte];
            if last == *b"ISA" {
                self.start = self.offset - 3;
                self.segment.clear();
                self.segment.extend_from_slice(b"ISA");
                if self.read_header()? {
                    return Ok(true);
                }
                last = [0; 3];
            }
        }
        Ok(false)
    }
}

impl<R> fmt::Debug for X12Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("X12Reader")
            .field("number", &self.number)
            .field("offset", &self.offset)
            .field("separators", &self.separators)
            .finish_non_exhaustive()
    }
}
