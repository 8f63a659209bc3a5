//! Identity

mod keys;
mod model;
mod profile;
mod record;
mod resolver;
mod roster;
mod store;
mod values;

pub use model::{Level, Model, Odds};
pub use profile::Field;
pub use record::{PersonFields, PersonRecord};
pub use resolver::{Limits, Resolution, Resolver};
