//! Products: which rows of two catalogs are one article, without labels and without tuning.
//!
//! ```text
//! table a ─┐ roles   profiles       candidates      evidence       assignment   probability
//!          ├──────► typed tokens ─► k nearest,  ─► score with ─► best first, ─► against the
//! table b ─┘ of      rarity          both ways      reasons        one to one    runners-up
//!            columns                                                             P ≥ ½: a pair
//! ```
//!
//! - [`roles`]: which column is title, price, code .., from the values.
//! - [`tokenize`]: words, numbers, measures, codes.
//! - Candidates: the nearest of every product in the other table, both ways.
//! - [`Signal`]: what speaks for and against a pair; the reasons of each accepted pair are
//!   in [`Match::reasons`].
//! - The cut: the scores that every product's second choice gets show what a wrong answer
//!   looks like in *these* catalogs; a pair stands if it is more likely right than wrong.
//! - [`Gtin`]: equal trade item numbers decide before anything is scored.
//! - [`differences`]: how the channels differ about one product.
//!
//! Time grows with products · tokens · list limit, not with |a| · |b|. Limits: color names
//! are those of a short list, most of them English; a catalog of fewer than some dozens of
//! products is judged by a fixed prior, because there are too few second choices to learn
//! from; two listings of one article in one table count as two products.

mod assign;
mod calibrate;
mod candidates;
mod columns;
mod differences;
mod evidence;
mod gtin;
mod matcher;
mod profile;
mod shared;
mod table;
mod tokens;

pub use assign::Assignment;
pub use columns::{Role, roles};
pub use differences::{Difference, DifferenceKind, differences};
pub use evidence::{Reason, Signal};
pub use gtin::{Gtin, GtinError};
pub use matcher::{Match, MatchAccount, Matches, ProductMatcher};
pub use table::{ProductTable, RowReject};
pub use tokens::{Token, TokenKind, tokenize};
