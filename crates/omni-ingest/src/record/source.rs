//! Where the records of a format come from: lines of text, or an interchange of X12.

use super::dialect::Dialect;
use super::reader::RecordReader;
use super::splitter::Span;
use super::view::{Defect, Place, Record};
use crate::Error;
use crate::edi::x12::{self, Limits, X12Reader};
use std::fmt;
use std::io::{Cursor, Read};

/// The records of one file.
pub(crate) enum Source<R> {
    /// Of lines.
    Lines(Box<RecordReader<R>>),
    /// Of transactions.
    Transactions(Box<Transactions<R>>),
}

/// Transactions as records.
pub(crate) struct Transactions<R> {
    input: X12Reader<R>,
    dialect: Dialect,
    /// The transaction that was moved to, and its segments.
    place: Place,
    spans: Vec<Span>,
}

impl<R: Read> Source<R> {
    pub(crate) fn open(input: R, dialect: Dialect) -> Result<Self, Error> {
        if !dialect.is_of_transactions() {
            return Ok(Self::Lines(Box::new(RecordReader::new(input, dialect)?)));
        }
        let limits = Limits { transaction: dialect.max_record(), ..Limits::default() };
        let input = X12Reader::with_limits(input, limits)?;
        Ok(Self::Transactions(Box::new(Transactions {
            input,
            dialect,
            place: Place::default(),
            spans: Vec::new(),
        })))
    }

    /// The names of the columns; none of transactions.
    pub(crate) fn header(&mut self) -> Result<Vec<String>, Error> {
        match self {
            Self::Lines(records) => records.header(),
            Self::Transactions(_) => Ok(Vec::new()),
        }
    }

    /// A reader of records of this file that were put off.
    pub(crate) fn anew(&self, raw: Vec<u8>) -> Result<RecordReader<Cursor<Vec<u8>>>, Error> {
        match self {
            Self::Lines(records) => records.anew(Cursor::new(raw)),
            Self::Transactions(_) => RecordReader::new(Cursor::new(raw), Dialect::lines()),
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Lines(records) => records.bytes(),
            Self::Transactions(transactions) => transactions.input.bytes(),
        }
    }

    /// Takes the current record, the only one read ahead, out of the numbering: it is none.
    pub(crate) const fn uncount(&mut self) {
        if let Self::Lines(records) = self {
            records.uncount();
        }
    }

    /// Moves to the next of the records read ahead; false if there is none.
    #[inline]
    pub(crate) fn advance(&mut self) -> bool {
        match self {
            Self::Lines(records) => records.advance(),
            Self::Transactions(_) => false,
        }
    }

    /// Reads up to `most` records and moves to the first; false at the end of the input.
    pub(crate) fn read_ahead(&mut self, most: usize) -> Result<bool, Error> {
        match self {
            Self::Lines(records) => Ok(records.read_ahead(most)? > 0),
            Self::Transactions(transactions) => transactions.advance(),
        }
    }

    /// One of the records read ahead.
    #[inline]
    pub(crate) fn ahead(&self, at: usize) -> Option<Record<'_>> {
        match self {
            Self::Lines(records) => records.ahead(at),
            Self::Transactions(transactions) => (at == 0).then(|| transactions.current()),
        }
    }

    /// The record that was moved to, if there is one.
    #[inline]
    pub(crate) fn current(&self) -> Option<Record<'_>> {
        match self {
            Self::Lines(records) => records.current(),
            Self::Transactions(transactions) => Some(transactions.current()),
        }
    }
}

impl<R: Read> Transactions<R> {
    fn advance(&mut self) -> Result<bool, Error> {
        self.spans.clear();
        let Some(transaction) = self.input.next_transaction()? else { return Ok(false) };
        let mut start = 0;
        for segment in transaction.segments() {
            let end = start + segment.as_str().len();
            self.spans.push(Span { start, end, doubled: false });
            start = end + 1; // the terminator
        }
        // What else may be wrong is a rule of the format.
        let defect = transaction.defects().iter().find_map(|defect| match defect {
            x12::Defect::Truncated => Some(Defect::Truncated),
            x12::Defect::TooLong => Some(Defect::TooLong),
            x12::Defect::Encoding => Some(Defect::Encoding),
            x12::Defect::Nul => Some(Defect::Nul),
            _ => None,
        });
        let (number, offset) = (transaction.number(), transaction.at());
        self.place = Place { number, line: 1, offset, defect, ..Place::default() };
        Ok(true)
    }

    fn current(&self) -> Record<'_> {
        let text = self.input.current().as_str();
        Record {
            place: &self.place,
            raw: text.as_bytes(),
            text,
            undoubled: "",
            spans: &self.spans,
            dialect: &self.dialect,
        }
    }
}

impl<R> fmt::Debug for Source<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines(records) => records.fmt(f),
            Self::Transactions(transactions) => transactions.input.fmt(f),
        }
    }
}
