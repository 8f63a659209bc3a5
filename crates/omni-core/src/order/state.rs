//! The stored lifecycles of an order, a payment, a shipment and a return, as tables.
//!
//! ```text
//! order     draft → placed → completed; draft, placed → cancelled
//! payment   pending → authorized → captured → refunded; pending → captured, failed, voided;
//!           authorized → voided, expired
//! shipment  pending → picking → packed → shipped → delivered; picking → ready_for_pickup →
//!           collected; and the ends cancelled, rejected, lost, returned_to_sender, not_collected
//! return    requested → approved → in_transit → received → completed; requested, approved →
//!           received; and the ends rejected, cancelled, lost
//! ```
//!
//! A *state* is stored and moves along its table; every pair that is not in the table, and
//! every move of a state to itself, is an [`IllegalTransition`]. How far an order is paid,
//! fulfilled or returned is a *status*: derived, never stored (see [`status`](super::status)).

use std::fmt;

/// A move that is not in the table of its lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{entity} cannot move from {from} to {to}")]
#[non_exhaustive]
pub struct IllegalTransition {
    /// What was to be moved: `order`, `payment`, `shipment` or `return`.
    pub entity: &'static str,
    /// The state it is in.
    pub from: &'static str,
    /// The state it was to move to.
    pub to: &'static str,
}

/// Defines a lifecycle: the states with the names they are stored under, and where each
/// may move. The first state is where the lifecycle starts.
macro_rules! lifecycle {
    ($(
        $(#[$doc:meta])*
        $name:ident $entity:literal {
            $($state:ident $text:literal $state_doc:literal => [$($next:ident),*],)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = $state_doc]
                #[cfg_attr(feature = "serde", serde(rename = $text))]
                $state,
            )*
        }

        impl $name {
            /// Every state with the states it may move to, in the order of a usual life.
            pub const TABLE: &[(Self, &[Self])] = &[
                $((Self::$state, &[$(Self::$next),*]),)*
            ];

            /// The states this one may move to.
            #[must_use]
            pub const fn allowed(self) -> &'static [Self] {
                Self::TABLE[self as usize].1
            }

            /// Whether this state is an end.
            #[must_use]
            pub const fn is_terminal(self) -> bool {
                self.allowed().is_empty()
            }

            /// Moves to `next`.
            ///
            /// # Errors
            /// [`IllegalTransition`] if the table has no such move.
            pub fn try_to(self, next: Self) -> Result<Self, IllegalTransition> {
                if self.allowed().contains(&next) {
                    Ok(next)
                } else {
                    Err(IllegalTransition {
                        entity: $entity,
                        from: self.as_str(),
                        to: next.as_str(),
                    })
                }
            }

            /// The name it is stored under.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$state => $text,)*
                }
            }
        }

        impl Default for $name {
            /// The first state of the table.
            fn default() -> Self {
                Self::TABLE[0].0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    )*};
}

lifecycle! {
    /// Where an order stands: small on purpose, the rest is derived.
    ///
    /// # Examples
    /// ```
    /// use omni_core::order::OrderState;
    ///
    /// let placed = OrderState::Draft.try_to(OrderState::Placed)?;
    /// assert_eq!(placed.allowed(), [OrderState::Completed, OrderState::Canceled]);
    /// let error = placed.try_to(OrderState::Draft).unwrap_err();
    /// assert_eq!(error.to_string(), "order cannot move from placed to draft");
    /// # Ok::<(), omni_core::order::IllegalTransition>(())
    /// ```
    OrderState "order" {
        Draft "draft" "Being put together; binds nobody." => [Placed, Canceled],
        Placed "placed" "Ordered; to be fulfilled." => [Completed, Canceled],
        Completed "completed" "Every unit was delivered or canceled." => [],
        Canceled "cancelled" "Nothing will be delivered." => [],
    }

    /// Where a payment stands; a partial refund is an amount, not a state.
    PaymentState "payment" {
        Pending "pending" "Started; nothing is promised." => [Authorized, Captured, Failed, Voided],
        Authorized "authorized" "Promised by the payer's bank." => [Captured, Voided, Expired],
        Captured "captured" "Money was taken." => [Refunded],
        Failed "failed" "Refused." => [],
        Voided "voided" "Given up before money was taken." => [],
        Expired "expired" "The promise lapsed." => [],
        Refunded "refunded" "The whole amount taken went back." => [],
    }

    /// Where a shipment or pickup stands.
    ShipmentState "shipment" {
        Pending "pending" "To be picked." => [Picking, Canceled],
        Picking "picking" "Being picked." => [Packed, ReadyForPickup, Rejected, Canceled],
        Packed "packed" "Ready for the carrier." => [Shipped, Canceled],
        Shipped "shipped" "On its way." => [Delivered, Lost, ReturnedToSender],
        ReadyForPickup "ready_for_pickup" "Waits in the shop for the customer."
            => [Collected, NotCollected],
        Delivered "delivered" "The carrier handed it over." => [],
        Collected "collected" "The customer took it." => [],
        Lost "lost" "Lost on its way." => [],
        ReturnedToSender "returned_to_sender" "Came back without having been handed over." => [],
        NotCollected "not_collected" "The customer did not come." => [],
        Rejected "rejected" "The place could not or would not pick it." => [],
        Canceled "cancelled" "Given up before it left." => [],
    }

    /// Where a return of delivered goods stands.
    ReturnState "return" {
        Requested "requested" "Asked for." => [Approved, Rejected, Canceled, Received],
        Approved "approved" "Agreed to." => [InTransit, Received, Canceled],
        InTransit "in_transit" "On its way back." => [Received, Lost],
        Received "received" "Taken in and looked at." => [Completed],
        Completed "completed" "Settled." => [],
        Rejected "rejected" "Refused." => [],
        Canceled "cancelled" "Called off by the customer." => [],
        Lost "lost" "Lost on its way back." => [],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! check_every_pair {
        ($name:ident, $entity:literal, $legal:literal of $pairs:literal) => {
            let mut legal = 0;
            for &(from, allowed) in $name::TABLE {
                assert_eq!(from.allowed(), allowed);
                assert_eq!(from.is_terminal(), allowed.is_empty());
                for &(to, _) in $name::TABLE {
                    let moved = from.try_to(to);
                    if allowed.contains(&to) {
                        assert_eq!(moved, Ok(to));
                        legal += 1;
                    } else {
                        let (from, to) = (from.as_str(), to.as_str());
                        assert_eq!(moved, Err(IllegalTransition { entity: $entity, from, to }));
                    }
                }
            }
            assert_eq!((legal, $name::TABLE.len().pow(2)), ($legal, $pairs), $entity);
        };
    }

    #[test]
    fn every_legal_pair_moves_and_every_other_is_an_error() {
        check_every_pair!(OrderState, "order", 4 of 16);
        check_every_pair!(PaymentState, "payment", 8 of 49);
        check_every_pair!(ShipmentState, "shipment", 13 of 144);
        check_every_pair!(ReturnState, "return", 10 of 64);
    }

    #[test]
    fn a_lifecycle_starts_with_its_first_state() {
        assert_eq!(OrderState::default(), OrderState::Draft);
        assert_eq!(PaymentState::default(), PaymentState::Pending);
        assert_eq!(ShipmentState::default(), ShipmentState::Pending);
        assert_eq!(ReturnState::default(), ReturnState::Requested);
    }
}
