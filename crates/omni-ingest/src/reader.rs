//! Reading one file of one format: what becomes of each record.

use crate::account::{Account, Tally};
use crate::outcome::{Court, Leaves, Outcome, Reject};
use crate::parsed::Parsed;
use crate::record::{Dialect, Record, RecordReader, Source};
use crate::rule::{Case, Rule, RuleBook, RuleId};
use crate::sale::SaleLine;
use crate::schema::Header;
use crate::seen::Seen;
use crate::{Activity, Error, Keys, Read};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Cursor};

/// An export format of a channel: its dialect, its rules and how its rows are read.
///
/// Implemented by the formats of [`formats`](crate::formats); each is a settings struct
/// with the defaults of the export.
pub trait Format {
    /// The channel, in snake case: `shopify`.
    fn channel(&self) -> &str;

    /// What the file is called in messages: `Shopify orders`.
    fn name(&self) -> &str;

    /// How the file is written.
    fn dialect(&self) -> Dialect;

    /// The rules of the format, in their fixed order, without those of the structure.
    fn rules(&self) -> &[Rule];

    /// What the parts of a record are called, by the position that its findings have, where
    /// the file has no header that says so.
    fn fields(&self) -> &[&str] {
        &[]
    }

    /// The rule that a record breaks if all its fields equal those of an earlier one;
    /// `None` if such records are not looked for.
    fn repeat_rule(&self) -> Option<&str> {
        None
    }

    /// Whether the channel only reports orders that another one may have sold, as a stream
    /// of events does. Its order is a copy if another channel knows the number; see
    /// [`unify`](crate::unify).
    fn is_witness(&self) -> bool {
        false
    }

    /// What reads the records of its files.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is wrong.
    fn parser(&self) -> Result<Box<dyn Parser>, Error>;

    /// Reads a file record by record.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is wrong, [`Error::Io`], [`Error::Empty`],
    /// [`Error::NoHeader`], [`Error::MissingColumns`] or [`Error::RepeatedColumns`] if the
    /// file is not of this format.
    fn reader<R: io::Read>(&self, input: R) -> Result<Reader<R>, Error>
    where
        Self: Sized,
    {
        Reader::open(self, input)
    }
}

/// Reads the records of a [`Format`], one after the other, and remembers what later
/// records need.
pub trait Parser {
    /// Asks the header of the next file for its columns. What is missing is reported by
    /// the caller. Not called where the dialect has no header.
    fn bind(&mut self, header: &mut Header<'_>);

    /// Reads a well-formed record: notes every broken rule and returns what could be typed.
    ///
    /// A line that breaks no deciding rule, or leaves as a return, has a valid number,
    /// code, quantity, price and discount.
    fn parse<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Parsed<'r>;

    /// Whether the first record of a file describes the columns in a sentence each, as some
    /// exports do below the header. It is then no record and not counted.
    fn is_description(&self, record: &Record<'_>) -> bool {
        let _ = record;
        false
    }

    /// Whether a record may have to wait for another: only then are records asked
    /// [`is_early`](Self::is_early).
    fn may_wait(&self) -> bool {
        false
    }

    /// Whether the record needs another that was not read yet: it is then put off until
    /// the end of the file. So the order of the rows does not matter.
    fn is_early(&self, record: &Record<'_>) -> bool {
        let _ = record;
        false
    }
}

/// Reads one file of a [`Format`]; made by [`Format::reader`].
///
/// As an iterator it gives owned [`Entry`]s, one per record;
/// [`next_outcome`](Self::next_outcome) lends each record with all that is known of it, its
/// texts as they lie in the buffer. Memory does not grow with the file, but for 16 bytes and
/// the slack of a table per distinct record that detecting repeats takes.
///
/// # Examples
/// ```
/// use omni_ingest::{Entry, Format, formats};
///
/// let file = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
///     536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
///     536366,22633,WARMER,two,2010-12-01 08:28:00,1.85,17850,United Kingdom\n";
/// let mut reader = formats::uci_online_retail().reader(file.as_bytes())?;
/// for entry in &mut reader {
///     match entry? {
///         Entry::Sale(lines) => assert_eq!((lines[0].sku.as_ref(), lines[0].quantity), ("85123A", 6)),
///         Entry::Return(_) | Entry::Activity(_) => {}
///         Entry::SetAside(reject) => assert_eq!((reject.record, reject.reason()), (2, "bad_quantity")),
///     }
/// }
/// assert_eq!(reader.account().records, 2);
/// # Ok::<(), omni_ingest::Error>(())
/// ```
pub struct Reader<R> {
    channel: String,
    format: String,
    dialect: Dialect,
    records: Source<R>,
    parser: Box<dyn Parser>,
    court: Court,
    repeat: Option<RuleId>,
    seen: Seen,
    put_off: PutOff,
    /// Whether the next record may describe the columns.
    described: bool,
    tally: Tally,
    failed: bool,
}

/// How many records are split ahead, so that their repeats are looked for together.
const AHEAD: usize = 64;

/// Records that wait for the end of the file.
#[derive(Default)]
struct PutOff {
    /// Their raw texts, a line end after each.
    raw: Vec<u8>,
    places: VecDeque<Waiting>,
    /// What reads them again.
    again: Option<RecordReader<Cursor<Vec<u8>>>>,
}

/// Where a record that waits stood.
struct Waiting {
    number: u64,
    line: u64,
    offset: u64,
    /// Whether it repeats an earlier record.
    repeats: bool,
}

impl PutOff {
    fn push(&mut self, record: &Record<'_>, repeats: bool) {
        self.raw.extend_from_slice(record.raw());
        self.raw.push(b'\n');
        let (number, line, offset) = (record.number(), record.line(), record.offset());
        self.places.push_back(Waiting { number, line, offset, repeats });
    }

    /// Nothing more will wait.
    fn begin<R: io::Read>(&mut self, records: &Source<R>) -> Result<(), Error> {
        self.again = Some(records.anew(std::mem::take(&mut self.raw))?);
        Ok(())
    }

    /// Moves to the next record that waited; false if none is left.
    fn advance(&mut self) -> Result<bool, Error> {
        match &mut self.again {
            Some(again) if !self.places.is_empty() => {
                Ok(again.advance() || again.read_ahead(1)? > 0)
            }
            _ => Ok(false),
        }
    }
}

impl<R: io::Read> Reader<R> {
    /// Reads a file of a format; [`Format::reader`] where the type of the format is known.
    ///
    /// # Errors
    /// See [`Format::reader`].
    pub fn open(format: &dyn Format, input: R) -> Result<Self, Error> {
        let book = RuleBook::new(format.rules())?;
        let dialect = format.dialect();
        let mut reader = Self {
            channel: format.channel().to_string(),
            format: format.name().to_string(),
            dialect,
            records: Source::open(input, dialect)?,
            parser: format.parser()?,
            repeat: format.repeat_rule().and_then(|rule| book.find(rule)),
            court: Court {
                file: format.channel().to_string(),
                columns: format.fields().iter().map(ToString::to_string).collect(),
                book,
                case: Case::new(),
            },
            seen: Seen::new(),
            put_off: PutOff::default(),
            described: false,
            tally: Tally::default(),
            failed: false,
        };
        reader.begin()?;
        Ok(reader)
    }

    /// Goes on with another file of the same format and channel: what was seen in the
    /// files before counts, so an order in both is a repeat. The account begins anew.
    ///
    /// # Errors
    /// See [`Format::reader`]; the files before are then still read right, and another
    /// can follow.
    pub fn follow(&mut self, file: impl Into<String>, input: R) -> Result<(), Error> {
        self.court.file = file.into();
        self.records = Source::open(input, self.dialect)?;
        self.put_off = PutOff::default();
        self.tally = Tally::default();
        self.failed = false;
        self.begin()
    }

    /// Reads the header of a file.
    fn begin(&mut self) -> Result<(), Error> {
        self.described = self.dialect.has_header();
        if !self.dialect.has_header() {
            return Ok(());
        }
        self.court.columns = self.records.header()?;
        let mut header = Header::new(&self.court.columns);
        self.parser.bind(&mut header);
        header.finish(&self.format)
    }

    /// With the name of the file, for its rejects; without, it is the channel.
    #[must_use]
    pub fn named(mut self, file: impl Into<String>) -> Self {
        self.court.file = file.into();
        self
    }

    /// The channel of the format.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// The rules in their fixed order.
    #[must_use]
    pub const fn rules(&self) -> &RuleBook {
        &self.court.book
    }

    /// The next record and what became of it; `None` at the end of the file.
    ///
    /// Records come in the order of the file, but for those that need a later one: they
    /// come at the end.
    ///
    /// # Errors
    /// [`Error::Io`] if reading fails, [`Error::Endless`] if no record comes.
    pub fn next_outcome(&mut self) -> Result<Option<Outcome<'_>>, Error> {
        if self.put_off.again.is_none() {
            while self.advance()? {
                if std::mem::take(&mut self.described) && self.is_description() {
                    self.records.uncount();
                    continue;
                }
                if self.parser.may_wait() && self.is_put_off() {
                    continue;
                }
                return Ok(self.judge(false));
            }
            self.put_off.begin(&self.records)?;
        }
        Ok(if self.put_off.advance()? { self.judge(true) } else { None })
    }

    /// Moves to the next record of the file; false at its end.
    fn advance(&mut self) -> Result<bool, Error> {
        if self.records.advance() {
            return Ok(true);
        }
        // Whether the first is one at all is to be known before others are counted.
        let most = if self.described { 1 } else { AHEAD };
        if !self.records.read_ahead(most)? {
            return Ok(false);
        }
        if self.repeat.is_some() {
            let sound = |record: &Record<'_>| record.defect().is_none();
            let records = (0..AHEAD).map_while(|at| self.records.ahead(at));
            self.seen.look_up(records.filter(sound));
        }
        Ok(true)
    }

    fn is_description(&self) -> bool {
        self.records.current().is_some_and(|record| self.parser.is_description(&record))
    }

    /// Puts the record that was moved to off if it needs a later one.
    fn is_put_off(&mut self) -> bool {
        let Some(record) = self.records.current() else { return false };
        let early = record.defect().is_none() && self.parser.is_early(&record);
        if early {
            let repeats = self.repeat.is_some() && self.seen.expected_repeats();
            self.put_off.push(&record, repeats);
        }
        early
    }

    /// What becomes of the record that was moved to.
    fn judge(&mut self, put_off: bool) -> Option<Outcome<'_>> {
        self.court.case.clear();
        let waited = if put_off { self.put_off.places.pop_front() } else { None };
        let (record, repeats) =
            if let (Some(again), Some(place)) = (&mut self.put_off.again, waited) {
                again.place(place.number, place.line, place.offset);
                (again.current()?, place.repeats)
            } else {
                let record = self.records.current()?;
                let compared = self.repeat.is_some() && record.defect().is_none();
                (record, compared && self.seen.expected_repeats())
            };
        let parsed = if let Some(defect) = record.defect() {
            self.court.case.breaks(RuleId::of_defect(defect), usize::MAX, "");
            Parsed::NOTHING
        } else {
            if let Some(rule) = self.repeat.filter(|_| repeats) {
                self.court.case.breaks(rule, usize::MAX, "");
            }
            if record.is_guessed() {
                let before = String::from_utf8_lossy(record.raw());
                self.court.case.repair(RuleId::DECODED, usize::MAX, &before, &record.raw_text());
            }
            self.parser.parse(&record, &mut self.court.case)
        };
        self.tally.count(self.court.case.broken());
        Some(Outcome { record, parsed, court: &self.court })
    }

    /// What became of the records read so far.
    #[must_use]
    pub fn account(&self) -> Account {
        self.tally.account(&self.court.book, self.records.bytes())
    }

    /// Reads the rest of the file into orders, returns, rejects and repairs; customers
    /// and variants get their numbers from `keys`, which may come from another file.
    ///
    /// # Errors
    /// [`Error::Io`] if reading fails, [`Error::Param`] if the numbers are used up,
    /// [`Error::Order`] if the lines of one order add up to more than 64 bits hold.
    pub fn into_read(self, keys: Keys) -> Result<Read, Error> {
        Read::collect(self, keys)
    }
}

/// One record as an owned value.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Lines of a sale, accepted or repaired.
    Sale(Vec<SaleLine<'static>>),
    /// Lines of a return, quantity and price positive: a refund, or a cancellation that
    /// is counted as rejected.
    Return(Vec<SaleLine<'static>>),
    /// What a person did, accepted or repaired.
    Activity(Activity<'static>),
    /// Any other record: a duplicate, a copy or a reject.
    SetAside(Reject),
}

impl<R: io::Read> Iterator for Reader<R> {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let outcome = match self.next_outcome() {
            Ok(outcome) => outcome?,
            Err(error) => {
                self.failed = true;
                return Some(Err(error));
            }
        };
        let owned =
            |lines: Vec<SaleLine<'_>>| lines.into_iter().map(SaleLine::into_owned).collect();
        Some(Ok(match (outcome.leaves(), outcome.reason(), outcome.activity()) {
            (Leaves::Sale, ..) => Entry::Sale(owned(outcome.into_lines().collect())),
            (Leaves::Return, ..) => Entry::Return(owned(outcome.into_lines().collect())),
            (_, None, Some(activity)) => Entry::Activity(activity.clone().into_owned()),
            _ => Entry::SetAside(outcome.reject()),
        }))
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("channel", &self.channel)
            .field("file", &self.court.file)
            .field("records", &self.records)
            .finish_non_exhaustive()
    }
}
