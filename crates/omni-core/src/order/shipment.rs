//! A shipment of an order, or a pickup of it in a shop.
//!
//! ```text
//! to                                     allocated   shipped   delivered
//! shipped                                    −q        +q
//! delivered                                                       +q
//! collected                                  −q        +q         +q
//! lost, returned_to_sender                             −q
//! cancelled, rejected, not_collected         −q
//! ```
//!
//! `q` is the quantity of a line in the shipment. A shipment that ends without having been
//! handed over leaves its units open: they are allocated anew, perhaps elsewhere, or canceled.

use super::place::{Held, Place};
use super::{Order, OrderError, ShipmentState};
use crate::error::Check;
use crate::location::FulfillmentMethod;
use crate::record::distinct;
use crate::{LocationId, OrderLineId, ShipmentId};
use chrono::{DateTime, Utc};

/// Units of one line in a shipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct ShipmentLine {
    /// The line.
    pub line: OrderLineId,
    /// Units, at least one.
    pub quantity: u32,
}

impl From<(OrderLineId, u32)> for ShipmentLine {
    fn from((line, quantity): (OrderLineId, u32)) -> Self {
        Self { line, quantity }
    }
}

/// A shipment or pickup; checked as a part of the [`Order`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Shipment {
    /// Its id, unique in the order.
    pub id: ShipmentId,
    /// Where the goods are picked.
    pub location: LocationId,
    /// How they reach the customer.
    pub method: FulfillmentMethod,
    /// What is in it: at least one line, none twice.
    pub lines: Vec<ShipmentLine>,
    /// Where it stands.
    #[cfg_attr(feature = "serde", serde(default))]
    pub state: ShipmentState,
    /// What the carrier calls it.
    pub tracking: Option<String>,
    /// When it was promised to arrive.
    pub promised_at: Option<DateTime<Utc>>,
    /// When it left or lay ready in the shop.
    pub shipped_at: Option<DateTime<Utc>>,
    /// When the customer got it.
    pub delivered_at: Option<DateTime<Utc>>,
}

impl Shipment {
    /// A shipment to be picked at a place.
    #[must_use]
    pub fn new<L: Into<ShipmentLine>>(
        id: ShipmentId,
        location: LocationId,
        lines: impl IntoIterator<Item = L>,
    ) -> Self {
        Self {
            id,
            location,
            method: FulfillmentMethod::Ship,
            lines: lines.into_iter().map(Into::into).collect(),
            state: ShipmentState::Pending,
            tracking: None,
            promised_at: None,
            shipped_at: None,
            delivered_at: None,
        }
    }

    /// The same to be fetched by the customer.
    #[must_use]
    pub fn for_pickup(self) -> Self {
        Self { method: FulfillmentMethod::Pickup, ..self }
    }

    /// Its units, unless it ended before they arrived.
    pub(super) fn held(&self) -> impl Iterator<Item = Held> {
        let place = match self.state {
            ShipmentState::Pending
            | ShipmentState::Picking
            | ShipmentState::Packed
            | ShipmentState::ReadyForPickup => Some(Place::Packing),
            ShipmentState::Shipped => Some(Place::UnderWay),
            ShipmentState::Delivered | ShipmentState::Collected => Some(Place::Arrived),
            ShipmentState::Lost
            | ShipmentState::ReturnedToSender
            | ShipmentState::NotCollected
            | ShipmentState::Rejected
            | ShipmentState::Canceled => None,
        };
        let at = move |place| {
            move |part: &ShipmentLine| Held { line: part.line, place, units: part.quantity }
        };
        place.into_iter().flat_map(move |place| self.lines.iter().map(at(place)))
    }

    pub(super) fn check(&self, check: &mut Check) {
        check.that(!self.lines.is_empty(), "lines", "must not be empty");
        distinct(check, "lines", ".line", self.lines.iter().map(|part| part.line));
        check.each("lines", &self.lines, |check, part| {
            check.that(part.quantity >= 1, "quantity", "must be at least 1");
        });
    }
}

impl Order {
    /// Adds a shipment of allocated units, to be picked.
    ///
    /// # Errors
    /// [`OrderError::State`] unless the order is placed, [`OrderError::Duplicate`],
    /// [`OrderError::Invalid`] unless the shipment is pending and has lines, none twice,
    /// [`OrderError::Unknown`], [`OrderError::Quantity`] above what is allocated and in no
    /// open shipment.
    pub fn add_shipment(&mut self, shipment: Shipment) -> Result<(), OrderError> {
        self.check_shipment(&shipment)?;
        self.commit(|order| order.shipments.push(shipment))
    }

    /// Adds a shipment that is on its way already.
    ///
    /// # Errors
    /// As [`add_shipment`](Self::add_shipment).
    pub fn ship(&mut self, mut shipment: Shipment, at: DateTime<Utc>) -> Result<(), OrderError> {
        self.check_shipment(&shipment)?;
        let packing: Vec<Held> = shipment.held().collect();
        shipment.state = ShipmentState::Shipped;
        shipment.shipped_at = Some(at);
        self.commit(|order| {
            order.recount(packing, shipment.held());
            order.shipments.push(shipment);
        })
    }

    /// Notes that a shipment was handed over, or collected where it lay for pickup.
    ///
    /// # Errors
    /// As [`move_shipment`](Self::move_shipment).
    pub fn deliver(&mut self, id: ShipmentId, at: DateTime<Utc>) -> Result<(), OrderError> {
        let to = match self.shipment(id)?.state {
            ShipmentState::ReadyForPickup => ShipmentState::Collected,
            _ => ShipmentState::Delivered,
        };
        self.move_shipment(id, to, at)
    }

    /// Moves a shipment on; the counters of its lines follow as the module says.
    ///
    /// # Errors
    /// [`OrderError::Unknown`], [`OrderError::Illegal`].
    pub fn move_shipment(
        &mut self,
        id: ShipmentId,
        to: ShipmentState,
        at: DateTime<Utc>,
    ) -> Result<(), OrderError> {
        let before = self.shipment(id)?.clone();
        let state = before.state.try_to(to)?;
        let mut shipment = Shipment { state, ..before.clone() };
        match state {
            ShipmentState::Shipped | ShipmentState::ReadyForPickup => {
                shipment.shipped_at = Some(at);
            }
            ShipmentState::Delivered | ShipmentState::Collected => {
                shipment.delivered_at = Some(at);
            }
            _ => {}
        }
        self.commit(|order| {
            order.recount(before.held(), shipment.held());
            if let Some(old) = order.shipments.iter_mut().find(|old| old.id == shipment.id) {
                *old = shipment;
            }
        })
    }

    fn shipment(&self, id: ShipmentId) -> Result<&Shipment, OrderError> {
        let unknown = OrderError::Unknown { entity: "shipment", id: id.get() };
        self.shipments.iter().find(|shipment| shipment.id == id).ok_or(unknown)
    }

    fn check_shipment(&self, shipment: &Shipment) -> Result<(), OrderError> {
        self.placed("ship units")?;
        if self.shipments.iter().any(|known| known.id == shipment.id) {
            return Err(OrderError::Duplicate { entity: "shipment", id: shipment.id.get() });
        }
        Check::all(|check| {
            shipment.check(check);
            check.that(shipment.state == ShipmentState::Pending, "state", "must be pending");
        })?;
        let packing = self.packing();
        let parts = shipment.lines.iter().map(|part| (part.line, part.quantity));
        self.can_give(parts, |line| line.allocated.saturating_sub(packing(line.id)))
    }
}
