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

mod error;
mod parallel;
mod siphash;
mod values;

// Records of a file.
pub mod json;
pub mod parse;
pub mod record;
pub mod schema;
pub mod seen;

// What becomes of them.
pub mod account;
pub mod rule;

// Texts that should be the same and are not.
pub mod clean;
pub mod similarity;

// Channels.
pub mod catalog;
pub mod detect;
pub mod formats;
pub mod spec;

// Persons.
pub mod block;
pub mod cluster;
pub mod identity;
pub mod link;

// Many versions of one thing, events over time.
pub mod merge;
pub mod stream;

// Suppliers.
pub mod edi;

// What leaves, and what must not.
pub mod export;
pub mod privacy;

// Products.
pub mod product;

// Sales.
mod collect;
mod parsed;
mod reader;
pub mod returns;
mod sale;
pub mod unify;

pub use account::Account;
pub use catalog::Catalog;
pub use collect::{Keys, Read, ReturnedLine, read};
pub use error::Error;
pub use parsed::{Activity, Contact, Content, Parsed};
pub use reader::{Entry, Format, Leaves, Outcome, Parser, Reader, Reject, Repair, Violation};
pub use sale::{Price, SaleLine, SaleStatus};
pub use spec::{ChannelSpec, SpecDraft};
