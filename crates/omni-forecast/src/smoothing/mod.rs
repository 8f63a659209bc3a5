//! Exponential smoothing.

pub(crate) mod ets;
mod ses;

pub use ets::{
    AutoEts, AutoEtsFit, Candidate, Criterion, ErrorKind, Ets, EtsFit, Fallback, Form, LeftOut,
    Region, Season, Trend,
};
pub use ses::{Ses, SesFit, Start};
