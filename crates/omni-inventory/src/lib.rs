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

pub mod demand;
pub mod eoq;
mod error;
pub mod newsvendor;
pub mod reorder_point;
pub mod replenish;
pub mod safety_stock;

pub use demand::Distribution;
pub use eoq::{Eoq, eoq};
pub use error::Error;
pub use newsvendor::{Newsvendor, ProfitableStock, UnitEconomics, newsvendor, newsvendor_cost};
pub use reorder_point::ReorderPoint;
pub use replenish::{Replenish, Replenishment, StockPosition, Why};
pub use safety_stock::{LeadTimeDemand, ProtectionInterval};
