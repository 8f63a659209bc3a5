//! Rules: what may be wrong with a record, what follows, and in which order.
//!
//! ```text
//! rules r₀ < r₁ < … < r₆₃        the fixed order of a format
//! B ⊆ rules                      all rules a record breaks, a bit each
//! class(B) = class of the action of min { r ∈ B : r decides }
//!            Repaired   if no rule of B decides and one repairs
//!            Accepted   otherwise
//! ```
//!
//! A rule *decides* if it sets the record aside: reject, cancellation, duplicate, copy,
//! refund. A repair mends one field and keeps the text before and after; a flag only
//! notes. The order is that of the rule table, not that of the checks in the code, so the
//! first reason of a record does not depend on how it is checked. All broken rules are
//! kept. Breaking a rule and counting a record are O(1).
//!
//! ```
//! use omni_ingest::rule::{Case, Class, Rule, RuleBook};
//!
//! let book = RuleBook::new(&[Rule::reject("bad_price"), Rule::repair("sku_trimmed")])?;
//! let (bad_price, sku_trimmed) = (book.find("bad_price").unwrap(), book.find("sku_trimmed").unwrap());
//!
//! let mut case = Case::new();
//! case.repair(sku_trimmed, 3, " A1", "A1");
//! assert_eq!(book.class(case.broken()), Class::Repaired);
//! case.breaks(bad_price, 5, "free");
//! assert_eq!(book.class(case.broken()), Class::Rejected);
//! assert_eq!(book.reason(case.broken()), Some("bad_price"));
//! # Ok::<(), omni_ingest::Error>(())
//! ```

use crate::Error;
use crate::record::Defect;
use omni_core::error::ParamError;
use std::borrow::Cow;

/// What follows from a broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Action {
    /// The record is rejected.
    Reject,
    /// The record is counted as rejected and still leaves as a return: the row undoes a
    /// sale, and the books need it.
    Cancellation,
    /// The record repeats an earlier one.
    Duplicate,
    /// The record is a sale that another channel reports too.
    Copy,
    /// The record gives money back; it leaves as a return.
    Refund,
    /// One field was mended.
    Repair,
    /// Worth knowing; nothing follows.
    Flag,
}

impl Action {
    /// Whether a record that breaks the rule is set aside.
    #[must_use]
    pub const fn decides(self) -> bool {
        !matches!(self, Self::Repair | Self::Flag)
    }
}

/// What became of a record. Every record has exactly one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Class {
    /// Taken as it is.
    Accepted,
    /// Taken after a fix.
    Repaired,
    /// An exact repeat of an earlier record.
    Duplicate,
    /// A sale that another channel reports too.
    Copy,
    /// Money given back.
    Refund,
    /// Not taken, for a reason.
    Rejected,
}

impl Class {
    /// Whether records of it are taken: as they are or after a fix.
    #[must_use]
    pub const fn is_taken(self) -> bool {
        matches!(self, Self::Accepted | Self::Repaired)
    }
}

/// A rule: its name and what follows when it is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rule {
    name: Cow<'static, str>,
    action: Action,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident $action:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub const fn $name(name: &'static str) -> Self {
            Self { name: Cow::Borrowed(name), action: Action::$action }
        }
    )*};
}

impl Rule {
    constructors! {
        /// A rule whose breach rejects the record.
        reject Reject;
        /// A rule met by a row that cancels a sale.
        cancellation Cancellation;
        /// A rule met by a repeat.
        duplicate Duplicate;
        /// A rule met by a copy of another channel's sale.
        copy Copy;
        /// A rule met by a refund.
        refund Refund;
        /// A rule whose breach is mended.
        repair Repair;
        /// A rule whose breach is only noted.
        flag Flag;
    }

    /// A rule with a name that is known only when the program runs.
    #[must_use]
    pub const fn named(name: String, action: Action) -> Self {
        Self { name: Cow::Owned(name), action }
    }

    /// Its name, in snake case.
    #[must_use]
    pub const fn name(&self) -> &str {
        match &self.name {
            Cow::Borrowed(name) => name,
            Cow::Owned(name) => name.as_str(),
        }
    }

    /// What follows when it is broken.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }
}

/// The rules about the record as a whole; they come first in every format.
pub static STRUCTURE: [Rule; 8] = [
    Rule::reject("malformed_quotes"),
    Rule::reject("wrong_field_count"),
    Rule::reject("truncated"),
    Rule::reject("record_too_long"),
    Rule::reject("invalid_encoding"),
    Rule::reject("nul_byte"),
    Rule::reject("malformed_json"),
    Rule::repair("decoded_windows_1252"),
];

/// The position of a rule in the order of its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(u8);

impl RuleId {
    /// The rule of this name in a format's table. Only for constants: a name that is not
    /// in the table stops the compilation.
    pub(crate) const fn of(table: &[Rule], name: &str) -> Self {
        let mut at = 0;
        while !same(table[at].name(), name) {
            at += 1;
        }
        Self::at(STRUCTURE.len() + at)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a rule book has at most 64 rules")]
    const fn at(position: usize) -> Self {
        Self(position as u8)
    }

    /// The structural rule of a defect.
    #[must_use]
    pub const fn of_defect(defect: Defect) -> Self {
        Self::at(match defect {
            Defect::Quote => 0,
            Defect::FieldCount => 1,
            Defect::Truncated => 2,
            Defect::TooLong => 3,
            Defect::Encoding => 4,
            Defect::Nul => 5,
            Defect::Json => 6,
        })
    }

    /// The structural rule of a record whose encoding was guessed.
    pub(crate) const DECODED: Self = Self::at(7);

    const fn bit(self) -> u64 {
        1 << (self.0 & 63)
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    if a.len() != b.len() {
        return false;
    }
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A set of rules of one rule book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RuleSet(u64);

impl RuleSet {
    /// Whether no rule is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a rule is in it.
    #[must_use]
    pub const fn contains(self, rule: RuleId) -> bool {
        self.0 & rule.bit() != 0
    }

    /// The set of some rules.
    pub(crate) const fn of(rules: &[RuleId]) -> Self {
        let (mut set, mut at) = (Self(0), 0);
        while at < rules.len() {
            set.insert(rules[at]);
            at += 1;
        }
        set
    }

    /// The rules in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The rules of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    const fn insert(&mut self, rule: RuleId) {
        self.0 |= rule.bit();
    }

    /// The positions of its rules in the rule book, ascending.
    pub fn positions(self) -> impl Iterator<Item = usize> {
        (0..64).filter(move |at| self.0 >> at & 1 == 1)
    }

    /// The position of its first rule.
    const fn first(self) -> Option<usize> {
        if self.0 == 0 { None } else { Some(self.0.trailing_zeros() as usize) }
    }
}

/// The rules of a format in their fixed order, [`STRUCTURE`] first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleBook {
    rules: Vec<Rule>,
    deciding: RuleSet,
    repairing: RuleSet,
    copying: RuleSet,
}

impl RuleBook {
    /// Puts the rules of a format after those of the structure.
    ///
    /// # Errors
    /// [`Error::Param`] if there are more than 56 rules or two have one name.
    pub fn new(own: &[Rule]) -> Result<Self, Error> {
        let rules: Vec<Rule> = STRUCTURE.iter().chain(own).cloned().collect();
        if rules.len() > 64 {
            return Err(ParamError::new("rules", "at most 56", own.len()).into());
        }
        let [mut deciding, mut repairing, mut copying] = [RuleSet::default(); 3];
        for (at, rule) in rules.iter().enumerate() {
            if rules.iter().take(at).any(|earlier| earlier.name == rule.name) {
                return Err(ParamError::new("rules", "of distinct names", rule.name()).into());
            }
            if rule.action == Action::Copy {
                copying.insert(RuleId::at(at));
            }
            if rule.action.decides() {
                deciding.insert(RuleId::at(at));
            } else if rule.action == Action::Repair {
                repairing.insert(RuleId::at(at));
            }
        }
        Ok(Self { rules, deciding, repairing, copying })
    }

    /// The rules in their order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A rule.
    #[must_use]
    pub fn get(&self, rule: RuleId) -> Option<&Rule> {
        self.rules.get(usize::from(rule.0))
    }

    /// The rule of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<RuleId> {
        self.rules.iter().position(|rule| rule.name == name).map(RuleId::at)
    }

    /// The names of the rules of a set, in the fixed order.
    pub fn names(&self, set: RuleSet) -> impl Iterator<Item = &str> {
        set.positions().filter_map(|at| self.rules.get(at)).map(Rule::name)
    }

    /// The rules of a set that set a record aside.
    #[must_use]
    pub const fn deciding(&self, set: RuleSet) -> RuleSet {
        set.and(self.deciding)
    }

    /// The rules of a set but those met by copies.
    #[must_use]
    pub const fn without_copies(&self, set: RuleSet) -> RuleSet {
        RuleSet(set.0 & !self.copying.0)
    }

    /// The first rule of a set that sets a record aside.
    #[must_use]
    pub fn decisive(&self, set: RuleSet) -> Option<&Rule> {
        self.rules.get(self.deciding(set).first()?)
    }

    /// Its name.
    #[must_use]
    pub fn reason(&self, set: RuleSet) -> Option<&str> {
        self.decisive(set).map(Rule::name)
    }

    /// What becomes of a record that breaks the rules of a set.
    #[must_use]
    pub fn class(&self, set: RuleSet) -> Class {
        match self.decisive(set).map(Rule::action) {
            None if set.and(self.repairing).is_empty() => Class::Accepted,
            None => Class::Repaired,
            Some(Action::Duplicate) => Class::Duplicate,
            Some(Action::Copy) => Class::Copy,
            Some(Action::Refund) => Class::Refund,
            Some(_) => Class::Rejected,
        }
    }
}

/// The rules one record breaks and the text that breaks them.
///
/// It is reused from record to record: clearing keeps the memory.
#[derive(Clone, Default)]
pub struct Case {
    broken: RuleSet,
    findings: Vec<Place>,
    text: String,
}

/// Where in the text of a case a finding lies.
#[derive(Debug, Clone, Copy)]
struct Place {
    rule: RuleId,
    column: usize,
    start: usize,
    middle: usize,
    end: usize,
}

/// One broken rule of a record. `Debug` leaves out the texts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The rule.
    pub rule: RuleId,
    /// The position of the column in the file; beyond the last if none is concerned.
    pub column: usize,
    /// The text found.
    pub before: &'a str,
    /// What a repair made of it; empty where nothing was mended.
    pub after: &'a str,
}

impl std::fmt::Debug for Finding<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finding")
            .field("rule", &self.rule)
            .field("column", &self.column)
            .finish_non_exhaustive()
    }
}

impl Case {
    /// No rule broken.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets everything, for the next record.
    pub fn clear(&mut self) {
        self.broken = RuleSet::default();
        self.findings.clear();
        self.text.clear();
    }

    /// Notes that the text of a column breaks a rule.
    pub fn breaks(&mut self, rule: RuleId, column: usize, text: &str) {
        self.repair(rule, column, text, "");
    }

    /// Notes that the text of a column was mended.
    pub fn repair(&mut self, rule: RuleId, column: usize, before: &str, after: &str) {
        self.broken.insert(rule);
        let start = self.text.len();
        self.text.push_str(before);
        let middle = self.text.len();
        self.text.push_str(after);
        self.findings.push(Place { rule, column, start, middle, end: self.text.len() });
    }

    /// All broken rules.
    #[must_use]
    pub const fn broken(&self) -> RuleSet {
        self.broken
    }

    /// All broken rules with the text that breaks them, in the order of the checks.
    pub fn findings(&self) -> impl Iterator<Item = Finding<'_>> {
        self.findings.iter().map(|place| Finding {
            rule: place.rule,
            column: place.column,
            before: self.text.get(place.start..place.middle).unwrap_or_default(),
            after: self.text.get(place.middle..place.end).unwrap_or_default(),
        })
    }
}

impl std::fmt::Debug for Case {
    /// Without the texts: they may be personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case").field("broken", &self.broken).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[Rule] = &[
        Rule::duplicate("duplicate_row"),
        Rule::cancellation("cancellation"),
        Rule::reject("bad_price"),
        Rule::copy("copy"),
        Rule::refund("refund"),
        Rule::repair("trimmed"),
        Rule::flag("odd"),
    ];
    const BAD_PRICE: RuleId = RuleId::of(OWN, "bad_price");

    #[test]
    fn the_first_deciding_rule_gives_the_class() {
        let book = RuleBook::new(OWN).unwrap();
        assert_eq!(book.find("bad_price"), Some(BAD_PRICE));
        let cases: [(&[&str], Class, Option<&str>); 9] = [
            (&[], Class::Accepted, None),
            (&["odd"], Class::Accepted, None),
            (&["odd", "trimmed"], Class::Repaired, None),
            (&["trimmed", "bad_price"], Class::Rejected, Some("bad_price")),
            (&["bad_price", "duplicate_row"], Class::Duplicate, Some("duplicate_row")),
            (&["refund", "copy"], Class::Copy, Some("copy")),
            (&["refund"], Class::Refund, Some("refund")),
            (&["bad_price", "cancellation"], Class::Rejected, Some("cancellation")),
            (&["duplicate_row", "truncated"], Class::Rejected, Some("truncated")),
        ];
        let mut case = Case::new();
        for (broken, class, reason) in cases {
            case.clear();
            for name in broken {
                case.breaks(book.find(name).unwrap(), 0, "x");
            }
            assert_eq!((book.class(case.broken()), book.reason(case.broken())), (class, reason));
            assert_eq!(case.findings().count(), broken.len());
        }
    }

    #[test]
    fn every_defect_has_its_rule() {
        let book = RuleBook::new(&[]).unwrap();
        for (defect, name) in [
            (Defect::Quote, "malformed_quotes"),
            (Defect::FieldCount, "wrong_field_count"),
            (Defect::Truncated, "truncated"),
            (Defect::TooLong, "record_too_long"),
            (Defect::Encoding, "invalid_encoding"),
            (Defect::Nul, "nul_byte"),
            (Defect::Json, "malformed_json"),
        ] {
            assert_eq!(book.find(name), Some(RuleId::of_defect(defect)));
        }
        assert_eq!(book.find("decoded_windows_1252"), Some(RuleId::DECODED));
    }

    #[test]
    fn a_rule_book_has_few_rules_of_distinct_names() {
        assert!(RuleBook::new(&[Rule::flag("a"), Rule::flag("a")]).is_err());
        assert!(RuleBook::new(&[Rule::flag("truncated")]).is_err());
        let names: Vec<String> = (0..57).map(|n| format!("r{n}")).collect();
        let rules: Vec<Rule> = names.iter().map(|n| Rule::flag(n.clone().leak())).collect();
        assert!(RuleBook::new(&rules[..56]).is_ok());
        assert!(RuleBook::new(&rules).is_err());
    }

    #[test]
    fn findings_keep_both_texts() {
        let mut case = Case::new();
        case.repair(BAD_PRICE, 4, " a", "a");
        case.breaks(BAD_PRICE, 5, "é");
        let found: Vec<_> = case.findings().map(|f| (f.column, f.before, f.after)).collect();
        assert_eq!(found, [(4, " a", "a"), (5, "é", "")]);
        assert!(!format!("{case:?}").contains('é'));
    }
}
