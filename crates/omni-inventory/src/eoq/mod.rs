//! How much to order where demand is steady: the family of the economic order quantity.

mod classic;

pub use classic::{Eoq, eoq};
