//! Exponential smoothing.

pub(crate) mod ets;
mod holt;
mod holt_winters;
mod ses;

pub use ets::{
    AutoEts, AutoEtsFit, Candidate, Criterion, ErrorKind, Ets, EtsFit, Fallback, Form, LeftOut,
    Region, Season, Trend, cumulative_quantiles, path_quantiles,
};
pub use holt::Holt;
pub use holt_winters::HoltWinters;
pub use ses::{Ses, SesFit, Start};
