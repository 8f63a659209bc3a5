//! Where the units of an order are, as its shipments and returns say.
//!
//! ```text
//! place         counted in              shipment                        return
//! packing       allocated               pending … packed, ready
//! under way     shipped                 shipped
//! arrived       shipped, delivered      delivered, collected
//! coming back   return_requested                                        requested … in_transit
//! back          returned                                                received, completed
//! ```
//!
//! A shipment or return in any other state holds no units. So one table serves twice: a move
//! takes units out of the counters of one place and into those of another, and an order
//! from outside is believed if its counters cover what its parts hold. A line may count more
//! than that: some systems keep no record of how units got where they are.

use super::{OrderLine, OrderRecord, Return, Shipment};
use crate::OrderLineId;
use std::collections::BTreeMap;

/// Where units are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Being packed, or packed and not yet handed over.
    Packing,
    /// With the carrier.
    UnderWay,
    /// With the customer.
    Arrived,
    /// Asked to come back.
    ComingBack,
    /// Back.
    Back,
}

/// Units of one line at a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) line: OrderLineId,
    pub(super) place: Place,
    pub(super) units: u32,
}

impl OrderLine {
    /// The counters that count units at a place.
    fn counters(&mut self, place: Place) -> [Option<&mut u32>; 2] {
        match place {
            Place::Packing => [Some(&mut self.allocated), None],
            Place::UnderWay => [Some(&mut self.shipped), None],
            Place::Arrived => [Some(&mut self.shipped), Some(&mut self.delivered)],
            Place::ComingBack => [Some(&mut self.return_requested), None],
            Place::Back => [Some(&mut self.returned), None],
        }
    }
}

impl OrderRecord {
    /// Counts a part of the order that held units in one way and now holds them in another.
    pub(super) fn recount(
        &mut self,
        before: impl IntoIterator<Item = Held>,
        after: impl IntoIterator<Item = Held>,
    ) {
        let mut lines: BTreeMap<_, _> = self.lines.iter_mut().map(|l| (l.id, l)).collect();
        let mut counters = |held: Held, change: fn(u32, u32) -> u32| {
            let line = lines.get_mut(&held.line);
            let counters = line.into_iter().flat_map(|line| line.counters(held.place));
            counters.flatten().for_each(|counter| *counter = change(*counter, held.units));
        };
        before.into_iter().for_each(|held| counters(held, |count, units| count - units));
        after.into_iter().for_each(|held| counters(held, |count, units| count + units));
    }

    /// The units of each line at each place.
    pub(super) fn places(&self) -> BTreeMap<(OrderLineId, Place), u64> {
        let shipped = self.shipments.iter().flat_map(Shipment::held);
        let returned = self.returns.iter().flat_map(Return::held);
        let mut places = BTreeMap::new();
        for held in shipped.chain(returned) {
            *places.entry((held.line, held.place)).or_default() += u64::from(held.units);
        }
        places
    }
}
