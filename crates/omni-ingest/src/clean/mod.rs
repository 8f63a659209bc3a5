//! Texts as people type them, made comparable.
//!
//! All are pure functions of any text; none panics. What is clean already is lent back
//! without a copy where that can be.

pub mod address;
pub mod email;
pub mod name;
pub mod phone;
pub mod text;
