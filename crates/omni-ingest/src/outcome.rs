//! What became of a record: its class, the rules it breaks, what leaves of it.

use crate::parsed::Parsed;
use crate::record::Record;
use crate::rule::{Action, Case, Class, Finding, Rule, RuleBook, RuleId};
use crate::sale::SaleLine;
use crate::{Activity, Contact};
use std::fmt;

/// What became of one record, lent until the next is asked for.
#[derive(Clone)]
pub struct Outcome<'a> {
    pub(crate) record: Record<'a>,
    pub(crate) parsed: Parsed<'a>,
    pub(crate) court: &'a Court,
}

/// What records are judged by, and the case of the last.
pub(crate) struct Court {
    pub(crate) file: String,
    pub(crate) columns: Vec<String>,
    pub(crate) book: RuleBook,
    pub(crate) case: Case,
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
        self.court.book.class(self.court.case.broken())
    }

    /// Class and first deciding rule it would have if its sale were no copy of another
    /// channel's.
    #[must_use]
    pub fn unless_copy(&self) -> (Class, Option<&'a str>) {
        let broken = self.court.book.without_copies(self.court.case.broken());
        (self.court.book.class(broken), self.court.book.reason(broken))
    }

    /// The first rule that set it aside.
    #[must_use]
    pub fn reason(&self) -> Option<&'a str> {
        self.court.book.reason(self.court.case.broken())
    }

    /// All rules it breaks, in the fixed order; repairs and flags too.
    pub fn rules(&self) -> impl Iterator<Item = &'a str> {
        self.court.book.names(self.court.case.broken())
    }

    /// Whether it breaks a rule.
    #[must_use]
    pub fn breaks(&self, rule: &str) -> bool {
        self.court.book.find(rule).is_some_and(|rule| self.court.case.broken().contains(rule))
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
        match self.court.book.decisive(self.court.case.broken()).map(Rule::action) {
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
        let deciding = self.court.book.deciding(self.court.case.broken());
        let decisive = self.court.case.findings().filter(|f| deciding.contains(f.rule));
        let first = decisive.min_by_key(|finding| finding.rule);
        Reject {
            file: self.court.file.clone(),
            record: self.record.number(),
            line: self.record.line(),
            offset: self.record.offset(),
            class: self.class(),
            column: first.and_then(|finding| self.column(&finding)),
            value: first.map_or(String::new(), |finding| finding.before.to_string()),
            raw: self.record.raw_text().into_owned(),
            rules: self.court.book.names(deciding).map(ToString::to_string).collect(),
        }
    }

    /// All rules it breaks with the text that breaks them, in the fixed order: what decides,
    /// what was mended, what is only noted. A rule may be broken in several columns.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation<'a>> {
        let violation = |finding: Finding<'a>| {
            let rule = self.court.book.get(finding.rule)?;
            let column = self.court.columns.get(finding.column).map(String::as_str);
            let (before, after) = (finding.before, finding.after);
            Some(Violation { rule: rule.name(), action: rule.action(), column, before, after })
        };
        let mut findings: Vec<_> = self.court.case.findings().collect();
        findings.sort_by_key(|finding| finding.rule);
        findings.into_iter().filter_map(violation).collect()
    }

    /// What was mended, before and after.
    pub fn repairs(&self) -> impl Iterator<Item = Repair> + '_ {
        let of_action = |finding: &Finding<'_>, action| {
            self.rule(finding.rule).is_some_and(|rule| rule.action() == action)
        };
        let repairs = self.court.case.findings().filter(move |f| of_action(f, Action::Repair));
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
        self.court.book.get(rule)
    }

    fn column(&self, finding: &Finding<'_>) -> Option<String> {
        self.court.columns.get(finding.column).cloned()
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
