//! Exponential smoothing.
//!
//! | For | Settings |
//! |---|---|
//! | a level | [`Ses`] |
//! | level and trend | [`Holt`] |
//! | level, trend and season | [`HoltWinters`] |
//! | any form of the family, parameters given or found | [`Ets`] |
//! | the form of the smallest information criterion | [`AutoEts`] |
//! | price, promotion, holiday beside a form | [`RegressionEts`] |
//! | effects that many series share | [`PooledEffects`] |
//!
//! A season of more than 24 periods is better taken out by a decomposition first, and what is
//! left given to [`AutoEts`] with a period of 1: it leaves such seasons out unless asked.

pub(crate) mod ets;
mod holt;
mod holt_winters;
mod ses;

pub use ets::{
    AutoEts, AutoEtsFit, Candidate, Criterion, Driven, ErrorKind, Ets, EtsFit, Fallback, Form,
    LeftOut, PooledEffects, PooledFit, Region, RegressionEts, RegressionFit, Season, Trend,
    cumulative_quantiles, path_quantiles,
};
pub use holt::Holt;
pub use holt_winters::HoltWinters;
pub use ses::{Ses, SesFit, Start};
