//! What a supplier sends, X12 856: a tree of shipment, orders, pallets, cartons and items.
//!
//! ```text
//! BSN  number, date
//! HL   id, parent, level             S shipment, O order, T pallet, P carton, I item
//!   TD5 carrier   REF tracking, lots, serial numbers   DTM shipped, expected, best before
//!   PRF order     MAN*GM  SSCC        LIN line, codes   SN1 units
//! CTT  number of HL
//! ```
//!
//! A level inherits what stands above it: an item lies in the carton, on the pallet, of the
//! order it hangs below, in whatever order the levels are nested. A parent must stand before
//! its children; a level that refers to none that does is listed and hangs from nothing. One
//! bad element costs itself.
//!
//! O(segments) time; memory as the document has items.
//!
//! Source: ANSI ASC X12 856, version 004010; GS1 General Specifications for the SSCC.

use super::acknowledgment::find;
use super::purchase_order::PurchaseOrder;
use super::value::{DocumentError, Issue, Issues, ItemCodes, Problem, expect, gs1_checks};
use super::x12::{Segment, Transaction};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What a supplier sends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ShipNotice {
    /// The number of the shipment.
    pub number: String,
    /// The date of the notice.
    pub date: Option<NaiveDate>,
    /// When it was shipped (`DTM*011`).
    pub shipped: Option<NaiveDate>,
    /// When it is expected (`DTM*017`, `DTM*067`).
    pub expected: Option<NaiveDate>,
    /// The code of the carrier (`TD503`).
    pub carrier: String,
    /// Bill of lading and tracking numbers (`REF*BM`, `REF*CN`, `REF*2I`) of the shipment.
    pub tracking: Vec<String>,
    /// Pallets and cartons.
    pub packages: Vec<Package>,
    /// What is in them.
    pub items: Vec<ShippedItem>,
    /// Elements that could not be read.
    pub issues: Vec<Issue>,
}

/// A pallet or a carton.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Package {
    /// Whether it is a pallet (`T`) or a carton (`P`).
    pub is_pallet: bool,
    /// Its serial shipping container code, 18 digits; empty if it has none that checks.
    pub sscc: String,
    /// The package it lies on or in: a place in [`ShipNotice::packages`].
    pub inside: Option<usize>,
    /// Tracking numbers of its own.
    pub tracking: Vec<String>,
}

/// Units of one item in one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ShippedItem {
    /// The number of the order; empty if none stands above it.
    pub order: String,
    /// The number of the line; `None` if it names none.
    pub line: Option<u32>,
    /// What it is.
    pub codes: ItemCodes,
    /// Units; `None` if it does not say.
    pub quantity: Option<u64>,
    /// Their unit.
    pub unit: String,
    /// The innermost package: a place in [`ShipNotice::packages`].
    pub package: Option<usize>,
    /// Lots (`LIN` with `LT`, `REF*LT`).
    pub lots: Vec<String>,
    /// Serial numbers (`LIN` with `SN`, `REF*SE`, `MAN*SN`).
    pub serials: Vec<String>,
    /// Best before (`DTM*036`).
    pub best_before: Option<NaiveDate>,
}

/// What a level hands down to those below it.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// A place in the list of order numbers.
    order: Option<usize>,
    package: Option<usize>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Shipment,
    Order,
    Package,
    /// A place in the list of items.
    Item(usize),
}

/// A notice while it grows.
#[derive(Default)]
struct Growing {
    notice: ShipNotice,
    orders: Vec<String>,
    levels: BTreeMap<u64, Level>,
    here: Level,
    /// The id of this level.
    id: Option<u64>,
    count: u64,
    issues: Issues,
}

impl ShipNotice {
    /// Reads a transaction 856.
    ///
    /// # Errors
    /// [`DocumentError`] if it is another document, broken, or has no number.
    pub fn read(transaction: &Transaction<'_>) -> Result<Self, DocumentError> {
        expect(transaction, "856")?;
        let missing = |element| DocumentError::Missing { segment: "BSN", element };
        let mut all = transaction.segments();
        let bsn = all.clone().find(|segment| segment.name() == "BSN").ok_or(missing(0))?;
        if bsn.text(2).is_empty() {
            return Err(missing(2));
        }
        let mut growing = Growing::default();
        for segment in all.by_ref() {
            growing.issues.place += 1;
            growing.take(&segment);
        }
        let Growing { mut notice, issues, .. } = growing;
        notice.issues = issues.list;
        Ok(notice)
    }

    /// The packages around an item, the innermost first.
    pub fn around(&self, item: &ShippedItem) -> impl Iterator<Item = &Package> {
        let mut next = item.package;
        // A package lies in one that stands before it: this ends.
        std::iter::from_fn(move || {
            let package = self.packages.get(next?)?;
            next = package.inside;
            Some(package)
        })
    }
}

impl Growing {
    fn take(&mut self, segment: &Segment<'_>) {
        let issues = &mut self.issues;
        match segment.name() {
            "BSN" => {
                segment.text(2).clone_into(&mut self.notice.number);
                self.notice.date = issues.date(segment, 3);
            }
            "HL" => self.level(segment),
            "TD5" if self.here.kind == Kind::Shipment => {
                segment.text(3).clone_into(&mut self.notice.carrier);
            }
            "PRF" => {
                if segment.text(1).is_empty() {
                    issues.note(segment, 1, Problem::Missing);
                }
                self.orders.push(segment.text(1).to_owned());
                self.here.order = Some(self.orders.len() - 1);
                self.keep();
            }
            "MAN" => self.mark(segment),
            "REF" => self.reference(segment),
            "DTM" => self.time(segment),
            "LIN" => self.line(segment),
            "SN1" => {
                let quantity = issues.quantity(segment, 2);
                if quantity.is_none() && segment.text(2).is_empty() {
                    issues.note(segment, 2, Problem::Missing);
                }
                match self.item() {
                    Some(item) => {
                        item.quantity = quantity;
                        segment.text(3).clone_into(&mut item.unit);
                    }
                    None => self.issues.note(segment, 0, Problem::Place),
                }
            }
            "CTT" => {
                let counted = issues.quantity(segment, 1);
                if counted.is_some_and(|count| count != self.count) {
                    issues.note(segment, 1, Problem::Count);
                }
            }
            _ => {}
        }
    }

    /// The item of this level.
    fn item(&mut self) -> Option<&mut ShippedItem> {
        match self.here.kind {
            Kind::Item(at) => self.notice.items.get_mut(at),
            _ => None,
        }
    }

    /// What this level hands down has changed.
    fn keep(&mut self) {
        if let Some(id) = self.id {
            self.levels.insert(id, self.here);
        }
    }

    fn level(&mut self, segment: &Segment<'_>) {
        self.count += 1;
        let number = |text: &str| text.parse::<u64>().ok();
        let id = self.issues.read(segment, 1, Problem::Quantity, number);
        let parent = self.issues.read(segment, 2, Problem::Parent, number);
        let above = parent.and_then(|parent| self.levels.get(&parent).copied());
        if above.is_none() && parent.is_some() {
            self.issues.note(segment, 2, Problem::Parent);
        }
        let mut here = above.unwrap_or_default();
        here.kind = match segment.text(3) {
            "S" => Kind::Shipment,
            "O" => Kind::Order,
            level @ ("T" | "P") => {
                let inside = here.package;
                let is_pallet = level == "T";
                self.notice.packages.push(Package { is_pallet, inside, ..Package::default() });
                here.package = Some(self.notice.packages.len() - 1);
                Kind::Package
            }
            "I" => {
                let order = here.order.and_then(|at| self.orders.get(at)).cloned();
                self.notice.items.push(ShippedItem {
                    order: order.unwrap_or_default(),
                    package: here.package,
                    ..ShippedItem::default()
                });
                Kind::Item(self.notice.items.len() - 1)
            }
            // A level of another kind hands down what stands above it.
            _ => here.kind,
        };
        (self.here, self.id) = (here, id);
        self.keep();
    }

    fn mark(&mut self, segment: &Segment<'_>) {
        for (qualifier, value) in segment.pairs(1) {
            match (qualifier, self.here.kind) {
                ("GM" | "AA", Kind::Package) => {
                    let digits = value.strip_prefix("00").filter(|rest| rest.len() == 18);
                    let sscc = digits.unwrap_or(value);
                    if sscc.len() == 18 && gs1_checks(sscc) {
                        if let Some(package) = self.package() {
                            sscc.clone_into(&mut package.sscc);
                        }
                    } else {
                        self.issues.note(segment, 2, Problem::CheckDigit);
                    }
                }
                ("CP", Kind::Package) => {
                    if let Some(package) = self.package() {
                        package.tracking.push(value.to_owned());
                    }
                }
                ("SN", _) => {
                    if let Some(item) = self.item() {
                        item.serials.push(value.to_owned());
                    }
                }
                _ => {}
            }
        }
    }

    fn package(&mut self) -> Option<&mut Package> {
        self.notice.packages.get_mut(self.here.package?)
    }

    fn reference(&mut self, segment: &Segment<'_>) {
        let value = segment.text(2).to_owned();
        if value.is_empty() {
            return;
        }
        match (segment.text(1), self.here.kind) {
            ("BM" | "CN" | "2I", Kind::Package) => {
                if let Some(package) = self.package() {
                    package.tracking.push(value);
                }
            }
            ("BM" | "CN" | "2I", _) => self.notice.tracking.push(value),
            ("LT", Kind::Item(_)) => {
                if let Some(item) = self.item() {
                    item.lots.push(value);
                }
            }
            ("SE", Kind::Item(_)) => {
                if let Some(item) = self.item() {
                    item.serials.push(value);
                }
            }
            _ => {}
        }
    }

    fn time(&mut self, segment: &Segment<'_>) {
        let date = self.issues.date(segment, 2);
        match segment.text(1) {
            "011" => self.notice.shipped = date.or(self.notice.shipped),
            "017" | "067" => self.notice.expected = date.or(self.notice.expected),
            "036" => {
                if let Some(item) = self.item() {
                    item.best_before = date.or(item.best_before);
                }
            }
            _ => {}
        }
    }

    fn line(&mut self, segment: &Segment<'_>) {
        let number = |text: &str| text.parse::<u32>().ok();
        let line = self.issues.read(segment, 1, Problem::Quantity, number);
        let codes = ItemCodes::of(segment, 2);
        if codes.is_empty() && line.is_none() {
            self.issues.note(segment, 3, Problem::Missing);
        }
        let Some(item) = self.item() else {
            self.issues.note(segment, 0, Problem::Place);
            return;
        };
        item.line = line;
        item.codes = codes;
        for (qualifier, value) in segment.pairs(2) {
            match qualifier {
                "LT" => item.lots.push(value.to_owned()),
                "SN" => item.serials.push(value.to_owned()),
                _ => {}
            }
        }
    }
}

/// What was ordered of a line and what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Sent {
    /// The line.
    pub line: u32,
    /// Units ordered.
    pub ordered: u64,
    /// Units sent, in all notices.
    pub sent: u64,
}

/// What the notices sent of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Fulfillment {
    /// Every line of the order.
    pub lines: Vec<Sent>,
    /// Items that name the order and no line of it: a place in the list of notices and one
    /// in its items.
    pub not_ordered: Vec<(usize, usize)>,
    /// Items of the order without a number of units.
    pub uncounted: Vec<(usize, usize)>,
}

impl Fulfillment {
    /// Adds up what some notices sent of an order. Each shipment is to be given once.
    #[must_use]
    pub fn of(order: &PurchaseOrder, notices: &[ShipNotice]) -> Self {
        let mut sent = vec![0_u64; order.lines.len()];
        let mut all = Self::default();
        for (number, notice) in notices.iter().enumerate() {
            for (at, item) in notice.items.iter().enumerate() {
                if item.order != order.number {
                    continue;
                }
                let line = find(order, item.line, &item.codes).and_then(|line| sent.get_mut(line));
                match (line, item.quantity) {
                    (Some(line), Some(quantity)) => *line = line.saturating_add(quantity),
                    (Some(_), None) => all.uncounted.push((number, at)),
                    (None, _) => all.not_ordered.push((number, at)),
                }
            }
        }
        let lines = order.lines.iter().zip(sent).map(|(line, sent)| Sent {
            line: line.line,
            ordered: u64::from(line.quantity),
            sent,
        });
        all.lines = lines.collect();
        all
    }

    /// The lines of which fewer units were sent than ordered.
    pub fn short(&self) -> impl Iterator<Item = &Sent> {
        self.lines.iter().filter(|line| line.sent < line.ordered)
    }

    /// The lines of which more were sent.
    pub fn over(&self) -> impl Iterator<Item = &Sent> {
        self.lines.iter().filter(|line| line.sent > line.ordered)
    }
}
