#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::expect_used,
        clippy::panic,
        clippy::unwrap_used,
        reason = "not library code"
    )
)]

// The front door: one file of one channel, or all files of all channels as one.
mod collect;
mod outcome;
mod parsed;
mod reader;
mod sale;
pub mod unify;

// Channels: formats built in and of your own, and which one a file is of.
pub mod catalog;
pub mod detect;
pub mod formats;
pub mod spec;

// What becomes of every record.
pub mod account;
pub mod returns;
pub mod rule;

// From bytes to records, from texts to values.
pub mod json;
pub mod parse;
pub mod record;
pub mod schema;
pub mod seen;

// Texts that should be the same and are not.
pub mod clean;
pub mod similarity;

// Persons; and any table, without labels.
pub mod block;
pub mod cluster;
pub mod identity;
pub mod link;

// Products.
pub mod product;

// Many versions of one thing, events over time.
pub mod merge;
pub mod stream;

// Suppliers.
pub mod edi;

// What leaves, and what must not.
pub mod export;
pub mod privacy;

// What all of them need.
mod error;
mod parallel;
mod siphash;
mod steady;
mod values;

pub use account::Account;
pub use catalog::Catalog;
pub use collect::{Keys, Read, ReturnedLine, read};
pub use error::Error;
pub use outcome::{Leaves, Outcome, Reject, Repair, Violation};
pub use parsed::{Activity, Contact, Content, Parsed};
pub use reader::{Entry, Format, Parser, Reader};
pub use sale::{Price, SaleLine, SaleStatus};
pub use spec::{ChannelSpec, SpecDraft};
