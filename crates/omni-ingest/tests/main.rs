//! Reference values, properties and hostile input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::format_push_string,
    clippy::naive_bytecount,
    clippy::redundant_closure_for_method_calls,
    clippy::too_many_lines,
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "not library code"
)]

mod bounds;
mod channels;
mod degenerate;
mod detect;
mod edi;
mod erasure;
mod events;
mod export;
mod formats;
mod fuzz;
mod hostile;
mod identity;
mod json;
mod linkage;
mod merge;
mod privacy;
mod products;
mod properties;
mod reference;
mod rights;
#[cfg(feature = "serde")]
mod serde;
mod similarity;
mod streams;
mod suppliers;
mod truth;
mod unify;
