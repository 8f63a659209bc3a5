//! Identity

mod model;
mod profile;
mod record;
mod resolver;
mod store;
mod values;

pub use model::{Level, Model, Odds};
pub use profile::Field;
pub use record::{PersonFields, PersonRecord};
pub use resolver::{Resolution, Resolver};
