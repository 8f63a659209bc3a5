//! What the targets call; the tests of the crate replay kept input through the same.
#![allow(missing_docs)]

#[path = "../../tests/hostile/mod.rs"]
pub mod hostile;
