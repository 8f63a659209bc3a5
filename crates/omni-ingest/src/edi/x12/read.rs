//! Transactions out of a stream, one at a time.

use super::scan::Scanner;
use super::{Defect, EnvelopeDefect, Finding, Group, Interchange, Segment, Separators};
use crate::Error;
use crate::edi::EdiError;
use std::fmt;
use std::io;

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
    scanner: Scanner<R>,
    limits: Limits,
    interchange: Interchange,
    group: Group,
    place: Place,
    groups: u64,
    transactions: u64,
    number: u64,
    /// Whether the segment read last is still to be used.
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
        // Ends of segments are kept in 32 bits.
        let limits = Limits { transaction: limits.transaction.min(1 << 30), ..limits };
        let mut scanner = Scanner::new(input, limits.segment);
        scanner.skip_blanks()?;
        if scanner.peek()?.is_none() {
            return Err(Error::Empty);
        }
        scanner.start = scanner.offset;
        scanner.take_up_to(3)?;
        if scanner.segment != b"ISA" || !scanner.read_header()? {
            return Err(EdiError::NotX12.into());
        }
        Ok(Self {
            scanner,
            limits,
            interchange: Interchange::default(),
            group: Group::default(),
            place: Place::Outside,
            groups: 0,
            transactions: 0,
            number: 0,
            held: true,
            text: String::new(),
            ends: Vec::new(),
            count: 0,
            first: 0,
            defects: Vec::new(),
            findings: Vec::new(),
            found: 0,
        })
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
            let more = self.held || self.scanner.next_segment()?;
            if let Some(at) = self.scanner.garbage.take() {
                self.find_at(at, EnvelopeDefect::Garbage);
            }
            if !more {
                if open {
                    self.note(Defect::Truncated);
                    return Ok(Some(self.lend()));
                }
                self.end_interchange(false);
                return Ok(None);
            }
            self.held = false;
            let header = self.scanner.header.is_some();
            let name = self.scanner.name();
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
        self.scanner.offset
    }

    fn lend(&mut self) -> Transaction<'_> {
        self.number += 1;
        self.current()
    }

    /// The transaction that was asked for last.
    pub(crate) fn current(&self) -> Transaction<'_> {
        Transaction {
            number: self.number,
            at: self.first,
            separators: self.scanner.separators,
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
        self.find_at(self.scanner.start, defect);
    }

    fn find_at(&mut self, at: u64, defect: EnvelopeDefect) {
        self.found = self.found.saturating_add(1);
        if self.findings.len() < KEPT {
            self.findings.push(Finding { at, defect });
        }
    }

    /// The first segment of a transaction is the one read last.
    fn begin(&mut self) {
        if self.place != Place::Group {
            self.find(EnvelopeDefect::NoGroup);
        }
        self.first = self.scanner.start;
        self.keep();
    }

    /// Takes over the segment read last.
    fn keep(&mut self) {
        self.count += 1;
        if self.scanner.long
            || self.text.len() + self.scanner.segment.len() >= self.limits.transaction
        {
            self.note(Defect::TooLong);
        }
        if self.defects.contains(&Defect::TooLong) {
            return;
        }
        if self.scanner.segment.contains(&0) {
            self.note(Defect::Nul);
        }
        if let Ok(text) = std::str::from_utf8(&self.scanner.segment) {
            self.text.push_str(text);
        } else {
            self.text.push_str(&String::from_utf8_lossy(&self.scanner.segment));
            self.note(Defect::Encoding);
        }
        if let Ok(end) = u32::try_from(self.text.len()) {
            self.ends.push(end);
        }
        self.text.push(self.scanner.separators.terminator());
    }

    /// Compares `SE` with `ST` and the number of segments.
    fn check_trailer(&mut self) {
        let declared = self.scanner.counted(1);
        let found = self.count;
        if declared != Some(found) {
            self.note(Defect::Count { declared, found });
        }
        let trailer = self.scanner.part(2);
        let header =
            self.text.split(self.scanner.separators.terminator()).next().unwrap_or_default();
        let header = Segment { text: header, separators: self.scanner.separators };
        if header.name() == "ST" && header.text(2) != trailer {
            self.note(Defect::Control);
        }
    }

    fn begin_interchange(&mut self) {
        self.end_interchange(false);
        if let Some(header) = self.scanner.header.take() {
            self.scanner.separators = header.separators;
            self.scanner.inside = true;
            self.interchange = header.interchange;
            if !header.exact {
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
            let (declared, found) = (self.scanner.counted(1), self.groups);
            if declared != Some(found) {
                self.find(EnvelopeDefect::InterchangeCount { declared, found });
            }
            if self.scanner.part(2) != self.interchange.control {
                self.find(EnvelopeDefect::InterchangeControl);
            }
        } else {
            self.find(EnvelopeDefect::NoInterchangeTrailer);
        }
        self.place = Place::Outside;
        self.scanner.inside = false;
    }

    fn begin_group(&mut self) {
        self.end_group(false);
        let part = |position| self.scanner.part(position);
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
                let (declared, found) = (self.scanner.counted(1), self.transactions);
                if declared != Some(found) {
                    self.find(EnvelopeDefect::GroupCount { declared, found });
                }
                if self.scanner.part(2) != self.group.control {
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
}

impl<R> fmt::Debug for X12Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("X12Reader")
            .field("number", &self.number)
            .field("bytes", &self.scanner.offset)
            .field("separators", &self.scanner.separators)
            .finish_non_exhaustive()
    }
}
