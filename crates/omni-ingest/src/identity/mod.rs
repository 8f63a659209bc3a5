//! Identity

mod beliefs;
mod explain;
mod keys;
mod levels;
mod model;
mod odds;
mod profile;
mod record;
mod resolver;
mod roster;
#[cfg(feature = "serde")]
mod snapshot;
mod state;
mod store;

pub use explain::{Explanation, Step};
pub use levels::Level;
pub use model::Model;
pub use odds::{Evidence, Odds};
pub use profile::Field;
pub use record::{PersonFields, PersonRecord};
pub use resolver::{Limits, Resolution, Resolver};
pub use state::{Changes, Merge, PersonId, Split, State};
