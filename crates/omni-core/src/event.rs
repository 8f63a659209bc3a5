//! What people do: views, searches, carts, purchases, returns.
//!
//! An [`Event`] is one act of one person in one channel. `Debug` masks the session, which
//! may lead back to a person.

use crate::error::Check;
use crate::record::checked;
use crate::{ChannelId, CustomerId, EventId, VariantId};
use chrono::{DateTime, Utc};
use std::fmt;

/// What a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum EventKind {
    /// Looked at an item.
    View,
    /// Searched.
    Search,
    /// Put an item into the cart.
    AddToCart,
    /// Bought an item.
    Purchase,
    /// Rated an item.
    Rate,
    /// Sent an item back.
    Return,
    /// Opened a message.
    Open,
    /// Clicked an advertisement or a message.
    Click,
    /// Called.
    Call,
    /// Came to a shop or site.
    Visit,
}

impl EventKind {
    /// Whether this is done with an item, so that an event of the kind has to name one.
    #[must_use]
    pub const fn needs_variant(self) -> bool {
        matches!(self, Self::AddToCart | Self::Purchase | Self::Rate | Self::Return)
    }
}

/// Who did something.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Actor {
    /// A known customer.
    Customer(CustomerId),
    /// Somebody unknown, by the name of their session: 1 to 128 characters.
    Session(String),
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Customer(id) => f.debug_tuple("Customer").field(id).finish(),
            Self::Session(_) => f.write_str("Session(***)"),
        }
    }
}

/// Everything an event holds, as plain data; [`Event::new`] checks it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct EventRecord {
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Where.
    pub channel: ChannelId,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub kind: EventKind,
    /// With what.
    pub variant: Option<VariantId>,
    /// How many base units, at least one; `None` where the act has no quantity.
    pub quantity: Option<u32>,
    /// What goes with the kind: the stars of a rating, the seconds of a visit. Finite.
    pub value: Option<f64>,
}

impl EventRecord {
    fn check(&self, check: &mut Check) {
        if let Actor::Session(name) = &self.actor {
            let named = !name.trim().is_empty() && name.chars().count() <= 128;
            check.that(named, "actor.session", "must be 1 to 128 characters, not blank");
        }
        let named = self.variant.is_some() || !self.kind.needs_variant();
        check.that(named, "variant", "must be named for an act of this kind");
        check.that(self.quantity != Some(0), "quantity", "must be at least 1");
        check.that(self.value.is_none_or(f64::is_finite), "value", "must be finite");
    }
}

checked! {
    /// An event that breaks no rule. Reads like its [`EventRecord`].
    ///
    /// # Examples
    /// ```
    /// use chrono::DateTime;
    /// use omni_core::event::{Actor, Event, EventKind, EventRecord};
    /// use omni_core::{ChannelId, EventId, VariantId};
    ///
    /// let seen = EventRecord {
    ///     id: EventId::new(1),
    ///     at: DateTime::UNIX_EPOCH,
    ///     channel: ChannelId::new(0),
    ///     actor: Actor::Session("8f14e45f".into()),
    ///     kind: EventKind::View,
    ///     variant: Some(VariantId::new(7)),
    ///     quantity: None,
    ///     value: None,
    /// };
    /// assert!(!format!("{seen:?}").contains("8f14e45f"));
    /// let nothing = EventRecord { kind: EventKind::Purchase, variant: None, ..seen.clone() };
    /// assert!(Event::new(nothing).is_err());
    /// assert_eq!(Event::new(seen)?.kind, EventKind::View);
    /// # Ok::<(), omni_core::Violations>(())
    /// ```
    Event(EventRecord)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_rule_is_named() {
        let record = EventRecord {
            id: EventId::new(1),
            at: DateTime::UNIX_EPOCH,
            channel: ChannelId::new(0),
            actor: Actor::Session(" ".into()),
            kind: EventKind::AddToCart,
            variant: None,
            quantity: Some(0),
            value: Some(f64::NAN),
        };
        let violations = Event::new(record.clone()).unwrap_err();
        assert_eq!(
            violations.paths().collect::<Vec<_>>(),
            ["actor.session", "variant", "quantity", "value"]
        );
        let actor = Actor::Customer(CustomerId::new(3));
        let (kind, quantity, value) = (EventKind::Search, None, Some(-0.0));
        assert!(Event::new(EventRecord { actor, kind, quantity, value, ..record }).is_ok());
    }
}
