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

use super::{Explained, Order, OrderError, OrderLine, ShipmentState, Units};
use crate::error::{Check, Violations};
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

    fn units(&self) -> Units {
        self.lines.iter().map(|part| (part.line, part.quantity)).collect()
    }

    /// Whether its units still lie at its location.
    fn is_packing(&self) -> bool {
        !self.state.is_terminal() && self.state != ShipmentState::Shipped
    }

    pub(super) fn check(&self) -> Result<(), Violations> {
        let mut check = Check::new();
        check.that(!self.lines.is_empty(), "lines", "must not be empty");
        distinct(&mut check, "lines", ".line", self.lines.iter().map(|part| part.line));
        for (i, part) in self.lines.iter().enumerate() {
            if part.quantity == 0 {
                check.that(false, format!("lines[{i}].quantity"), "must be at least 1");
            }
        }
        check.finish()
    }

    /// What a quantity in this shipment says about its line.
    pub(super) fn explain(&self, quantity: u64, line: &mut Explained) {
        match self.state {
            ShipmentState::Shipped => line.under_way += quantity,
            ShipmentState::Delivered | ShipmentState::Collected => line.arrived += quantity,
            _ if self.is_packing() => line.packing += quantity,
            _ => {}
        }
    }
}

/// What a move of a shipment does to the counters of a line in it.
fn count(to: ShipmentState, quantity: u32, line: &mut OrderLine) {
    match to {
        ShipmentState::Shipped => {
            line.allocated -= quantity;
            line.shipped += quantity;
        }
        ShipmentState::Delivered => line.delivered += quantity,
        ShipmentState::Collected => {
            line.allocated -= quantity;
            line.shipped += quantity;
            line.delivered += quantity;
        }
        ShipmentState::Lost | ShipmentState::ReturnedToSender => line.shipped -= quantity,
        ShipmentState::Canceled | ShipmentState::Rejected | ShipmentState::NotCollected => {
            line.allocated -= quantity;
        }
        ShipmentState::Pending
        | ShipmentState::Picking
        | ShipmentState::Packed
        | ShipmentState::ReadyForPickup => {}
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
        shipment.state = ShipmentState::Shipped;
        shipment.shipped_at = Some(at);
        self.commit(|order| {
            count_all(ShipmentState::Shipped, &shipment, &mut order.lines);
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
        let state = self.shipment(id)?.state.try_to(to)?;
        self.commit(|order| {
            if let Some(shipment) = order.shipments.iter_mut().find(|s| s.id == id) {
                shipment.state = state;
                match state {
                    ShipmentState::Shipped | ShipmentState::ReadyForPickup => {
                        shipment.shipped_at = Some(at);
                    }
                    ShipmentState::Delivered | ShipmentState::Collected => {
                        shipment.delivered_at = Some(at);
                    }
                    _ => {}
                }
                count_all(state, shipment, &mut order.lines);
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
        shipment.check()?;
        let mut check = Check::new();
        check.that(shipment.state == ShipmentState::Pending, "state", "must be pending");
        check.finish()?;
        let packing = self.packing();
        self.all_units(&shipment.units(), |line| line.allocated.saturating_sub(packing.of(line.id)))
    }

    /// Units in shipments that have not left.
    pub(super) fn packing(&self) -> Units {
        let open = self.shipments.iter().filter(|shipment| shipment.is_packing());
        let parts = open.flat_map(|shipment| &shipment.lines);
        parts.map(|part| (part.line, part.quantity)).collect()
    }
}

fn count_all(to: ShipmentState, shipment: &Shipment, lines: &mut [OrderLine]) {
    let units = shipment.units();
    for line in lines {
        count(to, units.of(line.id), line);
    }
}
