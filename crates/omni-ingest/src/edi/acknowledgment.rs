//! What a supplier makes of a purchase order, X12 855, and how it differs from it.
//!
//! ```text
//! BAK  answer, order number, date            DTM  dates of the whole
//! PO1  line, quantity, unit, price, codes
//! ACK  status, quantity, unit, date          one or more for each line
//! CTT  number of lines
//! ```
//!
//! A line may be split: some units accepted, some later, some refused. An answer without
//! details (`AK`, `AT`) accepts every line as ordered, one with `RJ` or `RD` refuses all.
//! One bad element costs itself; it is listed under [`Acknowledgment::issues`].
//!
//! Source: ANSI ASC X12 855, version 004010.

use super::purchase_order::{PurchaseLine, PurchaseOrder};
use super::value::{DocumentError, Issue, Issues, ItemCodes, Problem, expect, price};
use super::x12::{Segment, Transaction};
use chrono::NaiveDate;
use omni_core::{Currency, UnitPrice};
use std::collections::BTreeMap;

/// What the supplier says about the order as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Answer {
    /// All is accepted as ordered, without details (`AK`, `AT`).
    Accepted,
    /// The lines say what is accepted (`AC`, `AD`, `AE`, `AH` and others).
    Detailed,
    /// All is refused (`RD`, `RJ`).
    Rejected,
}

/// What becomes of some units of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Status {
    /// Accepted, as ordered or with changes (`IA`, `IC`, `IP`, `IQ`, `DR`, `AA`, `AC`, `AR`, `BP`, `SP`).
    Accepted,
    /// Something else comes in its place (`IS`).
    Substituted,
    /// It comes later (`IB`).
    Backordered,
    /// It waits for something (`IE`, `IF`, `IH`, `IW`).
    Held,
    /// It does not come (`IR`, `ID`, `R1` to `R9`, `RQ`).
    Rejected,
    /// Another code.
    Other,
}

impl Status {
    fn of(code: &str) -> Self {
        match code {
            "IA" | "IC" | "IP" | "IQ" | "DR" | "AA" | "AC" | "AR" | "BP" | "SP" => Self::Accepted,
            "IS" => Self::Substituted,
            "IB" => Self::Backordered,
            "IE" | "IF" | "IH" | "IW" => Self::Held,
            "IR" | "ID" => Self::Rejected,
            _ if code.starts_with('R') => Self::Rejected,
            _ => Self::Other,
        }
    }
}

/// What an `ACK` segment says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Outcome {
    /// What becomes of the units.
    pub status: Status,
    /// The code behind it.
    pub code: String,
    /// How many units; `None` if it does not say.
    pub quantity: Option<u64>,
    /// When they are shipped or delivered.
    pub date: Option<NaiveDate>,
    /// What comes in their place, if the status is [`Status::Substituted`].
    pub codes: ItemCodes,
}

/// A line of an acknowledgment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AcknowledgedLine {
    /// The number of the line of the order; `None` if it names none.
    pub line: Option<u32>,
    /// Units.
    pub quantity: Option<u64>,
    /// Their unit.
    pub unit: String,
    /// The price of one unit.
    pub price: Option<UnitPrice>,
    /// What it is.
    pub codes: ItemCodes,
    /// What becomes of it, part by part.
    pub outcomes: Vec<Outcome>,
}

/// What a supplier makes of a purchase order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Acknowledgment {
    /// The number of our order.
    pub order: String,
    /// What the supplier calls it; may be empty.
    pub supplier_order: String,
    /// What is said about the whole.
    pub answer: Answer,
    /// The date of the acknowledgment, or of the order if there is none.
    pub date: Option<NaiveDate>,
    /// The currency of its prices; `None` is that of the order.
    pub currency: Option<Currency>,
    /// Its lines.
    pub lines: Vec<AcknowledgedLine>,
    /// Elements that could not be read.
    pub issues: Vec<Issue>,
}

impl Acknowledgment {
    /// Reads a transaction 855. Prices without a currency of their own are of `currency`,
    /// that of the order.
    ///
    /// # Errors
    /// [`DocumentError`] if it is another document, broken, or names no order.
    pub fn read(transaction: &Transaction<'_>, currency: Currency) -> Result<Self, DocumentError> {
        expect(transaction, "855")?;
        let missing = |element| DocumentError::Missing { segment: "BAK", element };
        let mut segments = transaction.segments();
        let bak = segments.clone().find(|segment| segment.name() == "BAK").ok_or(missing(0))?;
        if bak.text(3).is_empty() {
            return Err(missing(3));
        }
        let mut issues = Issues::default();
        let mut read = Self {
            order: bak.text(3).to_owned(),
            supplier_order: bak.text(8).to_owned(),
            answer: match bak.text(2) {
                "AK" | "AT" => Answer::Accepted,
                "RD" | "RJ" => Answer::Rejected,
                _ => Answer::Detailed,
            },
            date: None,
            currency: None,
            lines: Vec::new(),
            issues: Vec::new(),
        };
        for segment in segments.by_ref() {
            issues.place += 1;
            read.take(&segment, currency, &mut issues);
        }
        read.issues = issues.list;
        Ok(read)
    }

    fn take(&mut self, segment: &Segment<'_>, usual: Currency, issues: &mut Issues) {
        match segment.name() {
            "BAK" => {
                let own = issues.date(segment, 9);
                self.date = own.or_else(|| issues.date(segment, 4));
            }
            "CUR" => {
                let code = |text: &str| Currency::new(text).ok();
                self.currency = issues.read(segment, 2, Problem::Currency, code);
            }
            "PO1" => {
                let currency = self.currency.unwrap_or(usual);
                let number = |text: &str| text.parse().ok();
                self.lines.push(AcknowledgedLine {
                    line: issues.read(segment, 1, Problem::Quantity, number),
                    quantity: issues.quantity(segment, 2),
                    unit: segment.text(3).to_owned(),
                    price: issues.read(segment, 4, Problem::Price, |text| price(text, currency)),
                    codes: ItemCodes::of(segment, 6),
                    outcomes: Vec::new(),
                });
            }
            "ACK" => {
                let outcome = Outcome {
                    status: Status::of(segment.text(1)),
                    code: segment.text(1).to_owned(),
                    quantity: issues.quantity(segment, 2),
                    date: issues.date(segment, 5),
                    codes: ItemCodes::of(segment, 7),
                };
                match self.lines.last_mut() {
                    Some(line) => line.outcomes.push(outcome),
                    None => issues.note(segment, 0, Problem::Place),
                }
            }
            "CTT" => {
                let counted = issues.quantity(segment, 1);
                if counted.is_some_and(|count| count != self.lines.len() as u64) {
                    issues.note(segment, 1, Problem::Count);
                }
            }
            _ => {}
        }
    }

    /// How the answer differs from the order, by line; nothing if all comes as ordered.
    ///
    /// Lines are found by their number, else by their codes. What is not mentioned at all is
    /// [`Change::Unanswered`], unless the whole order was accepted.
    #[must_use]
    pub fn differences(&self, order: &PurchaseOrder) -> Vec<Difference> {
        let mut list = Vec::new();
        let mut differ = |line, change| list.push(Difference { line, change });
        if self.order != order.number {
            differ(None, Change::OtherOrder);
        }
        if self.answer == Answer::Rejected {
            differ(None, Change::AllRejected);
            return list;
        }
        // Several lines of the answer may be about one line of the order.
        let mut answers: BTreeMap<usize, Vec<&AcknowledgedLine>> = BTreeMap::new();
        for line in &self.lines {
            match find(order, line.line, &line.codes) {
                Some(at) => answers.entry(at).or_default().push(line),
                None => differ(line.line, Change::NotOrdered),
            }
        }
        for (at, line) in order.lines.iter().enumerate() {
            match answers.get(&at) {
                Some(answers) => {
                    compare(order, line, answers, |change| differ(Some(line.line), change));
                }
                None if self.answer == Answer::Accepted => {}
                None => differ(Some(line.line), Change::Unanswered),
            }
        }
        list
    }
}

/// The line of an order that a document is about: by its number, if the codes do not speak
/// against it, else by the codes.
pub(super) fn find(order: &PurchaseOrder, number: Option<u32>, codes: &ItemCodes) -> Option<usize> {
    let numbered =
        number.and_then(|number| order.lines.iter().position(|line| line.line == number));
    let fits = |at: &usize| {
        let line = order.lines.get(*at);
        line.is_some_and(|line| {
            codes.is_empty() || line.codes.is_same(codes) || !comparable(line, codes)
        })
    };
    numbered.filter(fits).or_else(|| order.lines.iter().position(|line| line.codes.is_same(codes)))
}

/// Whether line and codes have a kind of code in common.
fn comparable(line: &PurchaseLine, codes: &ItemCodes) -> bool {
    let both = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some();
    both(&line.codes.gtin, &codes.gtin)
        || both(&line.codes.buyer, &codes.buyer)
        || both(&line.codes.supplier, &codes.supplier)
}

/// One way in which a document differs from the order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Difference {
    /// The line; `None` is the order as a whole, or a line without a number.
    pub line: Option<u32>,
    /// How.
    pub change: Change,
}

/// How a document differs from the order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Change {
    /// It is about another order.
    OtherOrder,
    /// The whole order is refused.
    AllRejected,
    /// It names something that was not ordered.
    NotOrdered,
    /// It says nothing about the line.
    Unanswered,
    /// Other units are accepted than ordered.
    Quantity {
        /// Units ordered.
        ordered: u64,
        /// Units accepted, substitutes too.
        accepted: u64,
    },
    /// The unit is another.
    Unit {
        /// The unit of the answer.
        unit: String,
    },
    /// The price is another.
    Price {
        /// The price of the order.
        ordered: UnitPrice,
        /// The price of the answer.
        acknowledged: UnitPrice,
    },
    /// It comes at another time than wanted.
    Date {
        /// The date of the order.
        wanted: NaiveDate,
        /// The date of the answer.
        promised: NaiveDate,
    },
    /// Units come later.
    Backordered {
        /// How many.
        quantity: u64,
    },
    /// Units wait for something.
    Held {
        /// How many.
        quantity: u64,
    },
    /// Units do not come.
    Rejected {
        /// How many.
        quantity: u64,
    },
    /// Something else comes in its place.
    Substituted {
        /// What.
        codes: ItemCodes,
    },
    /// A status that is not known here.
    Unclear {
        /// The code.
        code: String,
    },
}

fn compare(
    order: &PurchaseOrder,
    line: &PurchaseLine,
    answers: &[&AcknowledgedLine],
    mut differ: impl FnMut(Change),
) {
    let ordered = u64::from(line.quantity);
    let (mut accepted, mut dates) = (0_u64, Vec::new());
    for answer in answers {
        if !answer.unit.is_empty() && answer.unit != line.unit {
            differ(Change::Unit { unit: answer.unit.clone() });
        }
        if let Some(acknowledged) = answer.price.filter(|price| *price != line.price) {
            differ(Change::Price { ordered: line.price, acknowledged });
        }
        if answer.outcomes.is_empty() {
            accepted = accepted.saturating_add(answer.quantity.unwrap_or(ordered));
        }
        for outcome in &answer.outcomes {
            // A single outcome without a number is about the whole line.
            let quantity = outcome.quantity.or(answer.quantity).unwrap_or(ordered);
            match outcome.status {
                Status::Accepted => accepted = accepted.saturating_add(quantity),
                Status::Substituted => {
                    accepted = accepted.saturating_add(quantity);
                    differ(Change::Substituted { codes: outcome.codes.clone() });
                }
                Status::Backordered => differ(Change::Backordered { quantity }),
                Status::Held => differ(Change::Held { quantity }),
                Status::Rejected => differ(Change::Rejected { quantity }),
                Status::Other => differ(Change::Unclear { code: outcome.code.clone() }),
            }
            if outcome.status != Status::Rejected {
                dates.extend(outcome.date);
            }
        }
    }
    if accepted != ordered {
        differ(Change::Quantity { ordered, accepted });
    }
    if let Some(wanted) = order.wanted {
        dates.sort_unstable();
        dates.dedup();
        for promised in dates.into_iter().filter(|date| *date != wanted) {
            differ(Change::Date { wanted, promised });
        }
    }
}
