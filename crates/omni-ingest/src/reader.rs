//! Reading one file of one format: what becomes of each record.

use crate::account::{Account, Tally};
use crate::parsed::Parsed;
use crate::record::{Dialect, Record, RecordReader, Source};
use crate::rule::{Action, Case, Class, Finding, Rule, RuleBook, RuleId};
use crate::sale::SaleLine;
use crate::schema::Header;
use crate::seen::Seen;
use crate::{Activity, Contact, Error, Keys, Read};
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

/// What became of one record, lent until the next is asked for.
#[derive(Clone)]
pub struct Outcome<'a> {
    record: Record<'a>,
    parsed: Parsed<'a>,
    case: &'a Case,
    book: &'a RuleBook,
    columns: &'a [String],
    file: &'a str,
}

impl<'a> Outcome<'a> {
    /// The record.
    #[must_use]
    pub const fn record(&self) -> &Record<'a> {
        &self.record
    }

    /// Its class.
    #[must_use]
    pub fn class(&self) -> Class {
        self.book.class(self.case.broken())
    }

    /// Class and first deciding rule it would have if its sale were no copy of another
    /// channel's.
    #[must_use]
    pub fn unless_copy(&self) -> (Class, Option<&'a str>) {
        let broken = self.book.without_copies(self.case.broken());
        (self.book.class(broken), self.book.reason(broken))
    }

    /// The first rule that set it aside.
    #[must_use]
    pub fn reason(&self) -> Option<&'a str> {
        self.book.reason(self.case.broken())
    }

    /// All rules it breaks, in the fixed order; repairs and flags too.
    pub fn rules(&self) -> impl Iterator<Item = &'a str> {
        self.book.names(self.case.broken())
    }

    /// Whether it breaks a rule.
    #[must_use]
    pub fn breaks(&self, rule: &str) -> bool {
        self.book.find(rule).is_some_and(|rule| self.case.broken().contains(rule))
    }

    /// The lines of a sale or a return as the file has them, whatever the class of the
    /// record; none if it cannot be typed.
    #[must_use]
    pub fn lines(&self) -> &[SaleLine<'a>] {
        self.parsed.lines()
    }

    /// The first of its [`lines`](Self::lines): the only one where a record is a line.
    #[must_use]
    pub fn line(&self) -> Option<&SaleLine<'a>> {
        self.lines().first()
    }

    /// What a person did, if the record is an event.
    #[must_use]
    pub fn activity(&self) -> Option<&Activity<'a>> {
        self.parsed.activity()
    }

    /// What the record says about a person, if it does.
    #[must_use]
    pub fn contact(&self) -> Option<&Contact<'a>> {
        self.parsed.contact.as_deref()
    }

    /// What leaves: a sale, a return, or nothing.
    #[must_use]
    pub fn leaves(&self) -> Leaves {
        let lines = self.lines();
        if lines.is_empty() {
            return Leaves::Nothing;
        }
        match self.book.decisive(self.case.broken()).map(Rule::action) {
            None => Leaves::Sale,
            Some(Action::Cancellation | Action::Refund)
                if lines.iter().all(SaleLine::is_returnable) =>
            {
                Leaves::Return
            }
            Some(_) => Leaves::Nothing,
        }
    }

    /// The record with all that is wrong with it, for a list of rejects.
    #[must_use]
    pub fn reject(&self) -> Reject {
        let deciding = self.book.deciding(self.case.broken());
        let decisive = self.case.findings().filter(|f| deciding.contains(f.rule));
        let first = decisive.min_by_key(|finding| finding.rule);
        Reject {
            file: self.file.to_string(),
            record: self.record.number(),
            line: self.record.line(),
            offset: self.record.offset(),
            class: self.class(),
            column: first.and_then(|finding| self.column(&finding)),
            value: first.map_or(String::new(), |finding| finding.before.to_string()),
            raw: self.record.raw_text().into_owned(),
            rules: self.book.names(deciding).map(ToString::to_string).collect(),
        }
    }

    /// All rules it breaks with the text that breaks them, in the fixed order: what decides,
    /// what was mended, what is only noted. A rule may be broken in several columns.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation<'a>> {
        let violation = |finding: Finding<'a>| {
            let rule = self.book.get(finding.rule)?;
            let column = self.columns.get(finding.column).map(String::as_str);
            let (before, after) = (finding.before, finding.after);
            Some(Violation { rule: rule.name(), action: rule.action(), column, before, after })
        };
        let mut findings: Vec<_> = self.case.findings().collect();
        findings.sort_by_key(|finding| finding.rule);
        findings.into_iter().filter_map(violation).collect()
    }

    /// What was mended, before and after.
    pub fn repairs(&self) -> impl Iterator<Item = Repair> + '_ {
        let of_action = |finding: &Finding<'_>, action| {
            self.rule(finding.rule).is_some_and(|rule| rule.action() == action)
        };
        let repairs = self.case.findings().filter(move |f| of_action(f, Action::Repair));
        repairs.map(|finding| Repair {
            record: self.record.number(),
            column: self.column(&finding),
            rule: self.rule(finding.rule).map_or("", Rule::name).to_string(),
            before: finding.before.to_string(),
            after: finding.after.to_string(),
        })
    }

    /// The lines that leave: those of a sale as they are, those of a return without their
    /// sign.
    pub fn into_lines(self) -> impl Iterator<Item = SaleLine<'a>> {
        let leaves = self.leaves();
        let parsed = if leaves == Leaves::Nothing { Parsed::NOTHING } else { self.parsed };
        parsed.into_lines().filter_map(move |line| match leaves {
            Leaves::Return => line.positive(),
            Leaves::Sale | Leaves::Nothing => Some(line),
        })
    }

    fn rule(&self, rule: RuleId) -> Option<&'a Rule> {
        self.book.get(rule)
    }

    fn column(&self, finding: &Finding<'_>) -> Option<String> {
        self.columns.get(finding.column).cloned()
    }
}

impl fmt::Debug for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome")
            .field("record", &self.record)
            .field("class", &self.class())
            .field("rules", &self.rules().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// A rule that a record breaks, and where. `Debug` leaves out the texts.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Violation<'a> {
    /// The rule.
    pub rule: &'a str,
    /// What follows.
    pub action: Action,
    /// The column; `None` if it is the record as a whole.
    pub column: Option<&'a str>,
    /// The text found.
    pub before: &'a str,
    /// What a repair made of it; empty where nothing was mended.
    pub after: &'a str,
}

impl fmt::Debug for Violation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Violation")
            .field("rule", &self.rule)
            .field("action", &self.action)
            .field("column", &self.column)
            .finish_non_exhaustive()
    }
}

/// What leaves the reader for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// Lines of a sale.
    Sale,
    /// Lines of a return: a refund or a cancellation.
    Return,
    /// Nothing.
    Nothing,
}

/// A record that was set aside, and why.
///
/// `Debug` leaves out the texts: they may be personal data.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Reject {
    /// The file, as the reader was told.
    pub file: String,
    /// The record, from 1; the header is not counted.
    pub record: u64,
    /// The physical line it starts on, from 1.
    pub line: u64,
    /// The byte it starts at, from 0.
    pub offset: u64,
    /// Its class.
    pub class: Class,
    /// The column that breaks the first rule; `None` if it is the record as a whole.
    pub column: Option<String>,
    /// The text of that column.
    pub value: String,
    /// The text of the whole record.
    pub raw: String,
    /// All deciding rules it breaks, in the fixed order; the first is the reason.
    pub rules: Vec<String>,
}

impl Reject {
    /// The first rule it breaks.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.rules.first().map_or("", String::as_str)
    }
}

impl fmt::Debug for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reject")
            .field("file", &self.file)
            .field("record", &self.record)
            .field("class", &self.class)
            .field("column", &self.column)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// A field that was mended. `Debug` leaves out the texts.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Repair {
    /// The record, from 1.
    pub record: u64,
    /// The column.
    pub column: Option<String>,
    /// The rule it broke.
    pub rule: String,
    /// The text in the file.
    pub before: String,
    /// The text that was used.
    pub after: String,
}

impl fmt::Debug for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repair")
            .field("record", &self.record)
            .field("column", &self.column)
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}

/// Reads one file of a [`Format`]; made by [`Format::reader`].
///
/// As an iterator it gives owned [`Entry`]s, one per record;
/// [`next_outcome`](Self::next_outcome) lends each record with all that is known of it and
/// allocates nothing. Memory does not grow with the file, but for 16 bytes and the slack
/// of a hash table per distinct record that detecting repeats takes.
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
    file: String,
    dialect: Dialect,
    records: Source<R>,
    columns: Vec<String>,
    parser: Box<dyn Parser>,
    book: RuleBook,
    repeat: Option<RuleId>,
    seen: Seen,
    put_off: PutOff,
    /// Whether the next record may describe the columns.
    described: bool,
    case: Case,
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
            file: format.channel().to_string(),
            dialect,
            records: Source::open(input, dialect)?,
            columns: format.fields().iter().map(ToString::to_string).collect(),
            parser: format.parser()?,
            repeat: format.repeat_rule().and_then(|rule| book.find(rule)),
            book,
            seen: Seen::new(),
            put_off: PutOff::default(),
            described: false,
            case: Case::new(),
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
        self.file = file.into();
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
        self.columns = self.records.header()?;
        let mut header = Header::new(&self.columns);
        self.parser.bind(&mut header);
        header.finish(&self.format)
    }

    /// With the name of the file, for its rejects; without, it is the channel.
    #[must_use]
    pub fn named(mut self, file: impl Into<String>) -> Self {
        self.file = file.into();
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
        &self.book
    }

    /// The next record and what became of it; `None` at the end of the file.
    ///
    /// Records come in the order of the file, but for those that need a later one: they
    /// come at the end.
    ///
    /// # Errors
    /// [`Error::Io`] if reading fails.
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
            self.seen.expect(records.filter(sound));
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
        self.case.clear();
        let waited = if put_off { self.put_off.places.pop_front() } else { None };
        let (record, repeats) = match (&mut self.put_off.again, waited) {
            (Some(again), Some(place)) => {
                again.place(place.number, place.line, place.offset);
                (again.current()?, place.repeats)
            }
            _ => {
                let record = self.records.current()?;
                let compared = self.repeat.is_some() && record.defect().is_none();
                (record, compared && self.seen.expected_repeats())
            }
        };
        let parsed = if let Some(defect) = record.defect() {
            self.case.breaks(RuleId::of_defect(defect), usize::MAX, "");
            Parsed::NOTHING
        } else {
            if let Some(rule) = self.repeat.filter(|_| repeats) {
                self.case.breaks(rule, usize::MAX, "");
            }
            if record.is_guessed() {
                let before = String::from_utf8_lossy(record.raw());
                self.case.repair(RuleId::DECODED, usize::MAX, &before, &record.raw_text());
            }
            self.parser.parse(&record, &mut self.case)
        };
        self.tally.count(self.case.broken());
        Some(Outcome {
            record,
            parsed,
            case: &self.case,
            book: &self.book,
            columns: &self.columns,
            file: &self.file,
        })
    }

    /// What became of the records read so far.
    #[must_use]
    pub fn account(&self) -> Account {
        self.tally.account(&self.book, self.records.bytes())
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
            .field("file", &self.file)
            .field("records", &self.records)
            .finish_non_exhaustive()
    }
}
