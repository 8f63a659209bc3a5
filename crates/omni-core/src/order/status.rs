//! How far an order is paid, fulfilled and returned: derived from amounts and counters.
//!
//! Nothing here is stored, so nothing here can disagree with what happened.

use super::{Order, PaymentState};
use crate::{Money, MoneyError};

/// How far an order is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PaymentStatus {
    /// Nothing is to be paid and nothing was.
    NotDue,
    /// Nothing was promised or paid.
    Unpaid,
    /// Money was promised, none taken.
    Authorized,
    /// Less than the total was taken.
    PartiallyPaid,
    /// The total was taken, or more.
    Paid,
    /// A part of what was taken went back.
    PartiallyRefunded,
    /// All that was taken went back.
    Refunded,
}

/// How far an order is fulfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum FulfillmentStatus {
    /// Every unit was canceled.
    Canceled,
    /// No unit is set aside.
    Unfulfilled,
    /// Some units are set aside, none is shipped.
    PartiallyAllocated,
    /// Every unit is set aside, none is shipped.
    Allocated,
    /// Some units are shipped, none is delivered.
    PartiallyShipped,
    /// Every unit is shipped, none is delivered.
    Shipped,
    /// Some units are delivered.
    PartiallyDelivered,
    /// Every unit is delivered.
    Delivered,
}

/// How far an order came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ReturnStatus {
    /// Nothing came back or is to come back.
    None,
    /// A return is open, nothing is back yet.
    Requested,
    /// Some of the delivered units are back.
    PartiallyReturned,
    /// All delivered units are back.
    Returned,
}

impl Order {
    /// Money taken by all payments.
    ///
    /// # Errors
    /// [`MoneyError`] never happens: construction refuses sums that do not fit.
    pub fn captured(&self) -> Result<Money, MoneyError> {
        Money::try_sum(self.currency, self.payments.iter().map(|p| p.captured))
    }

    /// Money that went back.
    ///
    /// # Errors
    /// As [`captured`](Self::captured).
    pub fn refunded(&self) -> Result<Money, MoneyError> {
        Money::try_sum(self.currency, self.payments.iter().map(|p| p.refunded))
    }

    /// How far the order is paid.
    ///
    /// # Errors
    /// As [`captured`](Self::captured).
    pub fn payment_status(&self) -> Result<PaymentStatus, MoneyError> {
        let due = self.total()?.minor();
        let captured = self.captured()?.minor();
        let refunded = self.refunded()?.minor();
        let promised = self.payments.iter().any(|p| p.state == PaymentState::Authorized);
        Ok(match captured {
            0 if promised => PaymentStatus::Authorized,
            0 if due == 0 => PaymentStatus::NotDue,
            0 => PaymentStatus::Unpaid,
            _ if refunded == captured => PaymentStatus::Refunded,
            _ if refunded > 0 => PaymentStatus::PartiallyRefunded,
            _ if captured < due => PaymentStatus::PartiallyPaid,
            _ => PaymentStatus::Paid,
        })
    }

    /// How far the order is fulfilled.
    #[must_use]
    pub fn fulfillment_status(&self) -> FulfillmentStatus {
        let units = |count: fn(&super::OrderLine) -> u32| -> u64 {
            self.lines.iter().map(|line| u64::from(count(line))).sum()
        };
        let kept = units(super::OrderLine::kept);
        let allocated = units(|line| line.allocated);
        let shipped = units(|line| line.shipped);
        let delivered = units(|line| line.delivered);
        match (delivered, shipped, allocated) {
            _ if kept == 0 => FulfillmentStatus::Canceled,
            (0, 0, 0) => FulfillmentStatus::Unfulfilled,
            (0, 0, all) if all == kept => FulfillmentStatus::Allocated,
            (0, 0, _) => FulfillmentStatus::PartiallyAllocated,
            (0, all, _) if all == kept => FulfillmentStatus::Shipped,
            (0, _, _) => FulfillmentStatus::PartiallyShipped,
            (all, ..) if all == kept => FulfillmentStatus::Delivered,
            _ => FulfillmentStatus::PartiallyDelivered,
        }
    }

    /// How far the order came back.
    #[must_use]
    pub fn return_status(&self) -> ReturnStatus {
        let lines = &self.lines;
        if lines.iter().all(|line| line.returned == 0) {
            if lines.iter().all(|line| line.return_requested == 0) {
                ReturnStatus::None
            } else {
                ReturnStatus::Requested
            }
        } else if lines.iter().all(|line| line.returned == line.delivered) {
            ReturnStatus::Returned
        } else {
            ReturnStatus::PartiallyReturned
        }
    }
}
