//! Reading one file of one format: what becomes of each record.

use crate::account::{Account, Tally};
use crate::record::{Dialect, Record, RecordReader};
use crate::rule::{Action, Case, Class, Finding, Rule, RuleBook, RuleId};
use crate::sale::SaleLine;
use crate::schema::Header;
use crate::{Error, Keys, Read};
use std::fmt;
use std::io;

/// An export format of a channel: its dialect, its rules and how its rows are read.
///
/// Implemented by the formats of [`formats`](crate::formats); each is a settings struct
/// with the defaults of the export.
pub trait Format {
    /// What reads the rows of one file.
    type Parser: Parser;

    /// The channel, in snake case: `shopify`.
    fn channel(&self) -> &'static str;

    /// What the file is called in messages: `Shopify orders`.
    fn name(&self) -> &'static str;

    /// How the file is written.
    fn dialect(&self) -> Dialect;

    /// The rules of the format, in their fixed order, without those of the structure.
    fn rules(&self) -> &'static [Rule];

    /// Asks the header for its columns. What is missing is reported by the caller.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is wrong.
    fn parser(&self, header: &mut Header<'_>) -> Result<Self::Parser, Error>;

    /// Reads a file record by record.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is wrong, [`Error::Io`], [`Error::Empty`],
    /// [`Error::NoHeader`], [`Error::MissingColumns`] or [`Error::RepeatedColumns`] if the
    /// file is not of this format.
    fn reader<R: io::Read>(&self, input: R) -> Result<Reader<Self::Parser, R>, Error> {
        let book = RuleBook::new(self.rules())?;
        let mut records = RecordReader::new(input, self.dialect())?;
        let columns = records.header()?;
        let mut header = Header::new(&columns);
        let parser = self.parser(&mut header)?;
        header.finish(self.name())?;
        Ok(Reader {
            channel: self.channel(),
            file: self.channel().to_string(),
            records,
            columns,
            parser,
            book,
            case: Case::new(),
            tally: Tally::default(),
            failed: false,
        })
    }
}

/// Reads the rows of one file of a [`Format`], one after the other.
pub trait Parser {
    /// Reads a well-formed record: notes every broken rule and returns the line if it could
    /// be typed.
    ///
    /// A line that breaks no deciding rule, or leaves as a return, has a valid number,
    /// code, quantity, price and discount.
    fn parse<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Option<SaleLine<'r>>;
}

/// What became of one record, lent until the next is asked for.
#[derive(Clone)]
pub struct Outcome<'a> {
    record: Record<'a>,
    sale: Option<SaleLine<'a>>,
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

    /// The first rule that set it aside.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        self.book.reason(self.case.broken())
    }

    /// All rules it breaks, in the fixed order; repairs and flags too.
    pub fn rules(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.book.names(self.case.broken())
    }

    /// Whether it breaks a rule.
    #[must_use]
    pub fn breaks(&self, rule: &str) -> bool {
        self.book.find(rule).is_some_and(|rule| self.case.broken().contains(rule))
    }

    /// The line as the file has it, whatever its class; `None` if it cannot be typed.
    #[must_use]
    pub const fn line(&self) -> Option<&SaleLine<'a>> {
        self.sale.as_ref()
    }

    /// What leaves: a sale, a return, or nothing.
    #[must_use]
    pub fn leaves(&self) -> Leaves {
        let Some(line) = &self.sale else { return Leaves::Nothing };
        match self.book.decisive(self.case.broken()).map(Rule::action) {
            None => Leaves::Sale,
            Some(Action::Cancellation | Action::Refund) if line.is_returnable() => Leaves::Return,
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

    /// The line that leaves, if one does: the sale as it is, a return without its sign.
    #[must_use]
    pub fn into_line(self) -> Option<SaleLine<'a>> {
        match self.leaves() {
            Leaves::Nothing => None,
            Leaves::Sale => self.sale,
            Leaves::Return => self.sale.and_then(SaleLine::positive),
        }
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

/// What leaves the reader for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// A line of a sale.
    Sale,
    /// A line of a return: a refund or a cancellation.
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
///         Entry::Sale(line) => assert_eq!((line.sku.as_ref(), line.quantity), ("85123A", 6)),
///         Entry::Return(_) => {}
///         Entry::SetAside(reject) => assert_eq!((reject.record, reject.reason()), (2, "bad_quantity")),
///     }
/// }
/// assert_eq!(reader.account().records, 2);
/// # Ok::<(), omni_ingest::Error>(())
/// ```
pub struct Reader<P, R> {
    channel: &'static str,
    file: String,
    records: RecordReader<R>,
    columns: Vec<String>,
    parser: P,
    book: RuleBook,
    case: Case,
    tally: Tally,
    failed: bool,
}

impl<P: Parser, R: io::Read> Reader<P, R> {
    /// With the name of the file, for its rejects; without, it is the channel.
    #[must_use]
    pub fn named(mut self, file: impl Into<String>) -> Self {
        self.file = file.into();
        self
    }

    /// The channel of the format.
    #[must_use]
    pub const fn channel(&self) -> &'static str {
        self.channel
    }

    /// The rules in their fixed order.
    #[must_use]
    pub const fn rules(&self) -> &RuleBook {
        &self.book
    }

    /// The next record and what became of it; `None` at the end of the file.
    ///
    /// # Errors
    /// [`Error::Io`] if reading fails.
    pub fn next_outcome(&mut self) -> Result<Option<Outcome<'_>>, Error> {
        let Some(record) = self.records.next_record()? else {
            return Ok(None);
        };
        self.case.clear();
        let sale = match record.defect() {
            Some(defect) => {
                self.case.breaks(RuleId::of_defect(defect), usize::MAX, "");
                None
            }
            None => self.parser.parse(&record, &mut self.case),
        };
        self.tally.count(self.case.broken());
        Ok(Some(Outcome {
            record,
            sale,
            case: &self.case,
            book: &self.book,
            columns: &self.columns,
            file: &self.file,
        }))
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
    /// A line of a sale, accepted or repaired.
    Sale(SaleLine<'static>),
    /// A line of a return, quantity and price positive: a refund, or a cancellation that
    /// is counted as rejected.
    Return(SaleLine<'static>),
    /// Any other record: a duplicate, a copy or a reject.
    SetAside(Reject),
}

impl<P: Parser, R: io::Read> Iterator for Reader<P, R> {
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
        let leaves = outcome.leaves();
        let aside = if leaves == Leaves::Sale { None } else { Some(outcome.reject()) };
        let entry = match (leaves, outcome.into_line(), aside) {
            (Leaves::Sale, Some(line), _) => Entry::Sale(line.into_owned()),
            (Leaves::Return, Some(line), _) => Entry::Return(line.into_owned()),
            (_, _, aside) => Entry::SetAside(aside?),
        };
        Some(Ok(entry))
    }
}

impl<P, R> fmt::Debug for Reader<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("channel", &self.channel)
            .field("file", &self.file)
            .field("records", &self.records)
            .finish_non_exhaustive()
    }
}
