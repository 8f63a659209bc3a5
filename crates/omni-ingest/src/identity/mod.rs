//! Who is who: every person once, families apart, without labels and without tuning.
//!
//! ```text
//! record ─ normalize ─► profile ─ blocking keys ─► candidate pairs ─ odds ─► links
//!        links ─ components ─► clusters that evidence holds together ─► persons
//! ```
//!
//! | step | what it does |
//! |---|---|
//! | normalize | names, e-mail, phone, address through [`clean`](crate::clean); placeholders and blocked texts are missing |
//! | profiles | records that say the same are compared once |
//! | keys | a dozen blocking rules; blocks beyond a limit are left out and counted |
//! | odds | one person against strangers *and* against members of one household ([`Odds`]) |
//! | model | frequencies of values, how common persons and households are ([`Model`]) |
//! | clusters | average linkage on log odds ([`cluster`](crate::cluster)): contradiction outweighs a chain of links |
//! | weak links | below the threshold only where nobody else fits |
//!
//! [`Resolver`] does it once for all records, [`State`] as they come in, with stable
//! persons, rules of the user (must and cannot link), exact undo and erasure; both give the
//! same persons. [`Explanation`] says why.
//!
//! What keeps mistakes from spreading:
//! - A household is a third kind of pair. Its members share surname, address, phone and
//!   perhaps a mailbox, so these are no evidence *between* them; given name, date of birth,
//!   national id are.
//! - An identifier that more than eight people use (by their initials) is neither key nor
//!   evidence. A relay address of a marketplace contradicts no other address.
//! - A mailbox that bears another given name is somebody else's.
//! - Two clusters join only if all their pairs together speak for it.
//!
//! The defaults are beliefs about people, written down with their reasons in the source of
//! the module (`beliefs.rs`); what depends on the data is learned from it.
//!
//! Linear in the records but for blocks of at most the limit and components of links.
//!
//! # Examples
//! ```
//! use omni_ingest::identity::{PersonRecord, Resolver};
//!
//! let shop = PersonRecord {
//!     name: Some("Lena Usher"),
//!     email: Some("lena@example.com"),
//!     phone: Some("07700 900123"),
//!     ..PersonRecord::default()
//! };
//! let phone = PersonRecord { name: Some("USHER, L."), ..shop };
//! let brother = PersonRecord {
//!     name: Some("Paul Usher"),
//!     email: Some("paul@example.com"),
//!     ..shop
//! };
//! let found = Resolver::new().resolve([shop, phone, brother])?;
//! assert_eq!(found.persons, [0, 0, 1]);
//! # Ok::<(), omni_ingest::Error>(())
//! ```

mod beliefs;
mod explain;
mod keys;
mod levels;
mod memo;
mod model;
mod odds;
mod profile;
mod record;
mod resolver;
mod roster;
mod rules;
#[cfg(feature = "serde")]
mod snapshot;
mod state;
mod store;
mod undo;

pub use explain::{Explanation, Step};
pub use levels::Level;
pub use model::Model;
pub use odds::{Evidence, Odds};
pub use profile::Field;
pub use record::{PersonFields, PersonRecord};
pub use resolver::{Limits, Resolution, Resolver};
pub use state::{Changes, Merge, PersonId, Split, State};
