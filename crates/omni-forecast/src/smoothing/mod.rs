//! Exponential smoothing.

mod ses;

pub use ses::{Ses, SesFit, Start};
