//! A return of delivered goods, and what became of them.
//!
//! ```text
//! to                             return_requested   returned
//! (requested)                          +q
//! rejected, cancelled, lost            −q
//! received                             −q             +r
//! ```
//!
//! `q` is the quantity asked for, `r <= q` what was taken in. What becomes of the goods
//! (the disposition) and whether money goes back (a refund of a payment) are two
//! decisions; neither implies the other. Goods may come back at any place.

use super::place::{Held, Place};
use super::{Order, OrderError, OrderLine, ReturnState};
use crate::error::Check;
use crate::record::distinct;
use crate::{LocationId, OrderLineId, ReturnId};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Why goods come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ReturnReason {
    /// Too large, too small.
    WrongSize,
    /// Not as described or not liked.
    NotAsExpected,
    /// Broken or faulty.
    Defective,
    /// Damaged on its way.
    DamagedInTransit,
    /// Something else was sent.
    WrongItem,
    /// Came too late.
    Late,
    /// None of these, or not said.
    Other,
}

/// What becomes of goods that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Disposition {
    /// Sold again.
    Restock,
    /// Kept as damaged stock.
    Damaged,
    /// Held until its quality is known.
    Quarantine,
    /// Sent back to who supplied it.
    ToVendor,
    /// Thrown away.
    Discard,
}

/// Units of one line that are to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct ReturnLine {
    /// The line.
    pub line: OrderLineId,
    /// Units, at least one.
    pub quantity: u32,
    /// Why.
    pub reason: ReturnReason,
}

/// Units of one line that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct ReceivedLine {
    /// The line.
    pub line: OrderLineId,
    /// Units, at least one.
    pub quantity: u32,
    /// What becomes of them.
    pub disposition: Disposition,
}

/// A return; checked as a part of the [`Order`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Return {
    /// Its id, unique in the order.
    pub id: ReturnId,
    /// Where the goods come back to.
    pub location: LocationId,
    /// What is to come back: at least one line, none twice.
    pub lines: Vec<ReturnLine>,
    /// Where it stands.
    #[cfg_attr(feature = "serde", serde(default))]
    pub state: ReturnState,
    /// What came back, at most what was asked for. A line may stand here more than once,
    /// since its units may differ in what becomes of them.
    #[cfg_attr(feature = "serde", serde(default))]
    pub received: Vec<ReceivedLine>,
    /// When it came back.
    pub received_at: Option<DateTime<Utc>>,
}

impl Return {
    /// A return that has just been asked for.
    #[must_use]
    pub const fn new(id: ReturnId, location: LocationId, lines: Vec<ReturnLine>) -> Self {
        let state = ReturnState::Requested;
        Self { id, location, lines, state, received: Vec::new(), received_at: None }
    }

    fn is_received(&self) -> bool {
        matches!(self.state, ReturnState::Received | ReturnState::Completed)
    }

    /// Its units: those asked for while they are expected, those that came back afterwards.
    pub(super) fn held(&self) -> impl Iterator<Item = Held> {
        let expected = !self.is_received() && !self.state.is_terminal();
        let asked = self.lines.iter().filter(move |_| expected).map(|part| Held {
            line: part.line,
            place: Place::ComingBack,
            units: part.quantity,
        });
        asked.chain(self.received.iter().map(|part| Held {
            line: part.line,
            place: Place::Back,
            units: part.quantity,
        }))
    }

    pub(super) fn check(&self, check: &mut Check) {
        check.that(!self.lines.is_empty(), "lines", "must not be empty");
        distinct(check, "lines", ".line", self.lines.iter().map(|part| part.line));
        check.each("lines", &self.lines, |check, part| {
            check.that(part.quantity >= 1, "quantity", "must be at least 1");
        });
        let holds = self.received.is_empty() != self.is_received();
        check.that(holds, "received", "must be empty until something is received, and only then");
        let mut left: BTreeMap<OrderLineId, u32> =
            self.lines.iter().map(|part| (part.line, part.quantity)).collect();
        check.each("received", &self.received, |check, part| {
            let asked = left.get_mut(&part.line).filter(|left| **left >= part.quantity);
            let rule = "must be at least 1 and in all at most what was asked for";
            check.that(asked.is_some() && part.quantity >= 1, "quantity", rule);
            if let Some(left) = asked {
                *left -= part.quantity;
            }
        });
    }
}

impl Order {
    /// Adds a return of delivered units.
    ///
    /// # Errors
    /// [`OrderError::Duplicate`], [`OrderError::Invalid`] unless the return is in the state
    /// requested and has lines, none twice, [`OrderError::Unknown`],
    /// [`OrderError::Quantity`] above what is delivered and neither back nor asked for.
    pub fn request_return(&mut self, goods: Return) -> Result<(), OrderError> {
        if self.returns.iter().any(|known| known.id == goods.id) {
            return Err(OrderError::Duplicate { entity: "return", id: goods.id.get() });
        }
        Check::all(|check| {
            goods.check(check);
            check.that(goods.state == ReturnState::Requested, "state", "must be requested");
        })?;
        let parts = goods.lines.iter().map(|part| (part.line, part.quantity));
        self.can_give(parts, OrderLine::returnable)?;
        self.commit(|order| {
            order.recount([], goods.held());
            order.returns.push(goods);
        })
    }

    /// Takes goods in, at most what was asked for; the rest is no longer expected.
    ///
    /// # Errors
    /// [`OrderError::Unknown`], [`OrderError::Illegal`] if the return is received or has
    /// ended, [`OrderError::Invalid`] unless at least one unit and of each line at most
    /// what was asked for is received.
    pub fn receive_return(
        &mut self,
        id: ReturnId,
        received: Vec<ReceivedLine>,
        at: DateTime<Utc>,
    ) -> Result<(), OrderError> {
        let mut goods = self.find_return(id)?.clone();
        goods.state = goods.state.try_to(ReturnState::Received)?;
        goods.received = received;
        goods.received_at = Some(at);
        Check::all(|check| goods.check(check))?;
        self.put_return(goods)
    }

    /// Moves a return on. To take goods in, use [`receive_return`](Self::receive_return):
    /// a move to `Received` is refused here, since it does not say what was received.
    ///
    /// # Errors
    /// [`OrderError::Unknown`], [`OrderError::Illegal`], [`OrderError::Invalid`].
    pub fn move_return(&mut self, id: ReturnId, to: ReturnState) -> Result<(), OrderError> {
        let mut goods = self.find_return(id)?.clone();
        goods.state = goods.state.try_to(to)?;
        Check::all(|check| goods.check(check))?;
        self.put_return(goods)
    }

    fn find_return(&self, id: ReturnId) -> Result<&Return, OrderError> {
        let unknown = OrderError::Unknown { entity: "return", id: id.get() };
        self.returns.iter().find(|goods| goods.id == id).ok_or(unknown)
    }

    /// Puts a return that moved in the place of the old one and counts what follows.
    fn put_return(&mut self, goods: Return) -> Result<(), OrderError> {
        let before = self.find_return(goods.id)?.clone();
        self.commit(|order| {
            order.recount(before.held(), goods.held());
            if let Some(old) = order.returns.iter_mut().find(|old| old.id == goods.id) {
                *old = goods;
            }
        })
    }
}
