//! Electronic data interchange with suppliers.
//!
//! ```text
//! PurchaseOrder ──850──► supplier ──855──► Acknowledgment ──┐
//!       │                    └──856──► ShipNotice           ├─► what differs
//!       └───────────────────────────────────────────────────┘
//! ```
//!
//! [`x12`] reads and writes the syntax of ANSI ASC X12, whatever the document; what the
//! documents mean stands beside it.

mod acknowledgment;
mod purchase_order;
mod ship_notice;
mod value;
pub mod x12;

pub use acknowledgment::{
    AcknowledgedLine, Acknowledgment, Answer, Change, Difference, Outcome, Status,
};
pub use purchase_order::{Place, PurchaseLine, PurchaseOrder};
pub use ship_notice::{Fulfillment, Package, Sent, ShipNotice, ShippedItem};
pub use value::{DocumentError, Issue, ItemCodes, Problem};

/// What cannot be read or written as EDI.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EdiError {
    /// The input does not begin with an interchange header.
    #[error("not X12: no readable ISA segment at the start")]
    NotX12,
    /// A separator cannot be told from text or from another separator.
    #[error(
        "the {name} separator must be ASCII, no letter, digit, blank or NUL, and no other separator; got {byte:#04x}"
    )]
    Separators {
        /// Which one.
        name: &'static str,
        /// What was given.
        byte: u8,
    },
    /// A value holds a separator or a control character: X12 has no way to write it.
    #[error("{segment}{element:02} cannot hold {found:?}")]
    Unwritable {
        /// The segment, such as `N1`.
        segment: String,
        /// The position of the element in it, from 1.
        element: usize,
        /// The character.
        found: char,
    },
    /// A value is too short or too long for its element.
    #[error("{segment}{element:02} must have {least} to {most} characters, got {got}")]
    Length {
        /// The segment, such as `ISA`.
        segment: String,
        /// The position of the element in it, from 1.
        element: usize,
        /// The least number of characters.
        least: usize,
        /// The greatest.
        most: usize,
        /// The number of characters of the value.
        got: usize,
    },
    /// The name of a segment is not two or three upper-case letters and digits.
    #[error("{0:?} is no name of a segment")]
    SegmentName(String),
    /// More transactions, segments or control numbers than the envelope can count.
    #[error("the envelope cannot count so many {0}")]
    Count(&'static str),
}
