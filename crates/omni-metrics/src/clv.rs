//! Customer lifetime value: what a customer's future margins are worth today.
//!
//! [`formula`] holds the closed formulas, for a margin, a retention rate and a discount
//! rate that somebody knows. They learn nothing from purchases.

pub mod formula;

pub use formula::{AnnualRate, Cycle, FirstPayment, Margin, MarginStream, Term, annuity_factor};
