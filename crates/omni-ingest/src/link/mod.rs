//! Probabilistic linkage of any table: which rows are of one thing, without labels.
//!
//! | step | module |
//! |---|---|
//! | rows as columns of distinct texts | [`Table`] |
//! | which pairs are compared | [`block`](crate::block) |
//! | how two values compare | [`comparison`] |
//! | how often strangers agree, counted over all pairs | [`frequency`] |
//! | how often matches agree, by EM | [`em`] |
//! | weights and probabilities | [`fellegi_sunter`] |
//! | why | [`explain`] |
//! | how right it was | [`mod@score`] |
//!
//! Persons have a model of their own that keeps families apart:
//! [`identity`](crate::identity).
//!
//! # Examples
//! ```
//! use omni_ingest::block::{self, Rule};
//! use omni_ingest::link::{Comparison, Em, FellegiSunter, Level, Table};
//!
//! let mut table = Table::new(["name", "city"]);
//! for (name, city) in [("martha", "bath"), ("marhta", "bath"), ("john", "york"), ("paul", "hull")] {
//!     table.push([Some(name), Some(city)])?;
//! }
//! let method = FellegiSunter::new([
//!     Comparison::new("name", [Level::jaro_winkler(0.9)]),
//!     Comparison::new("city", []),
//! ]);
//! let mut model = method.fit(&table)?;
//! model.train(&table, &Rule::on(["city"]), &Em::new())?;
//! let pairs = block::pairs(&table, &[Rule::on(["city"])], 1000)?;
//! let scored = model.score(&table, &pairs.pairs)?;
//! assert!(scored[0].probability > 0.5);
//! println!("{}", model.explain(&table, 0, 1)?);
//! # Ok::<(), omni_ingest::Error>(())
//! ```

pub mod comparison;
pub mod em;
pub mod explain;
pub mod fellegi_sunter;
pub mod frequency;
pub mod score;
mod table;

pub use comparison::{Comparison, Level};
pub use em::{Em, Session};
pub use explain::Waterfall;
pub use fellegi_sunter::{FellegiSunter, Model, Parameters, Scored};
pub use score::{Score, score};
pub use table::Table;
