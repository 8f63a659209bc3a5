//! A place that holds stock: warehouse, store, locker, supplier.

use crate::LocationId;
use crate::error::Check;
use crate::record::{checked, code, distinct};

/// What kind of place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum LocationKind {
    /// A warehouse.
    Warehouse,
    /// A store that customers walk into.
    Store,
    /// The stock of a supplier who ships to customers.
    Supplier,
    /// A parcel locker.
    Locker,
    /// No place on a map: stock of a service, a room-night, a download.
    Virtual,
}

/// How goods reach the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum FulfillmentMethod {
    /// A carrier brings them.
    Ship,
    /// The customer fetches them.
    Pickup,
}

/// A point on the earth, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Position {
    /// Degrees north, from -90 to 90.
    pub latitude: f64,
    /// Degrees east, from -180 to 180.
    pub longitude: f64,
}

/// Everything a location holds, as plain data; [`Location::new`] checks it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct LocationRecord {
    /// Its id.
    pub id: LocationId,
    /// Its code, `[a-z0-9_-]{1,32}`.
    pub code: String,
    /// What kind of place it is.
    pub kind: LocationKind,
    /// Where it lies.
    pub position: Option<Position>,
    /// How goods leave it for the customer, none twice.
    pub methods: Vec<FulfillmentMethod>,
    /// How many orders a day it can serve; `None` if that is no limit.
    pub daily_capacity: Option<u32>,
    /// Whether its stock is kept out of the shared offer (a franchise store's own goods).
    pub private: bool,
}

impl LocationRecord {
    fn check(&self, check: &mut Check) {
        code(check, "code", &self.code);
        if let Some(at) = self.position {
            let north = (-90.0..=90.0).contains(&at.latitude);
            let east = (-180.0..=180.0).contains(&at.longitude);
            check.that(north, "position.latitude", "must be in [-90, 90]");
            check.that(east, "position.longitude", "must be in [-180, 180]");
        }
        distinct(check, "methods", "", &self.methods);
    }
}

checked! {
    /// A location that breaks no rule. Reads like its [`LocationRecord`].
    ///
    /// # Examples
    /// ```
    /// use omni_core::location::{FulfillmentMethod, Location, LocationKind, LocationRecord, Position};
    /// use omni_core::LocationId;
    ///
    /// let store = Location::new(LocationRecord {
    ///     id: LocationId::new(3),
    ///     code: "berlin-mitte".into(),
    ///     kind: LocationKind::Store,
    ///     position: Some(Position { latitude: 52.52, longitude: 13.405 }),
    ///     methods: vec![FulfillmentMethod::Pickup],
    ///     daily_capacity: Some(40),
    ///     private: false,
    /// })?;
    /// assert!(store.offers(FulfillmentMethod::Pickup));
    /// # Ok::<(), omni_core::Violations>(())
    /// ```
    Location(LocationRecord)
}

impl Location {
    /// Whether goods leave it this way.
    #[must_use]
    pub fn offers(&self, method: FulfillmentMethod) -> bool {
        self.methods.contains(&method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_rule_is_named() {
        let record = LocationRecord {
            id: LocationId::new(1),
            code: "Berlin".into(),
            kind: LocationKind::Store,
            position: Some(Position { latitude: f64::NAN, longitude: 180.1 }),
            methods: vec![FulfillmentMethod::Ship, FulfillmentMethod::Ship],
            daily_capacity: None,
            private: true,
        };
        let violations = Location::new(record.clone()).unwrap_err();
        assert_eq!(
            violations.paths().collect::<Vec<_>>(),
            ["code", "position.latitude", "position.longitude", "methods[1]"]
        );
        let position = Some(Position { latitude: -90.0, longitude: 180.0 });
        let fixed = LocationRecord { code: "b_1-a".into(), position, methods: vec![], ..record };
        assert_eq!(Location::new(fixed.clone()).map(Location::into_record), Ok(fixed));
    }
}
