//! The whole ETS family: level, trend and season that follow the series, with a likelihood.
//!
//! ```text
//! y_t = ŷ_t + ε_t       additive errors          ŷ_t = ℓ + φb + s and its 14 relatives
//! y_t = ŷ_t (1 + ε_t)   multiplicative errors    ε_t ~ N(0, σ²)
//!
//! log-likelihood = −½ ( n ln Σ e_t² + 2 Σ ln |ŷ_t| )     the second sum for multiplicative errors
//! AIC = −2 log-likelihood + 2k,  BIC: k ln n,  AICc = AIC + 2k(k+1)/(n−k−1)
//! σ² = Σ e_t² / (n − k + 1)                               e_t = ε_t: relative where multiplicative
//! ```
//!
//! `n` counts the values seen; `k` the parameters estimated, the start states among them
//! (`m − 1` of a season) and one for σ: the convention of R's package forecast, which drops
//! the constants of the density. States are in the unit of the series; multiplicative
//! seasons and trends, and `ε` of multiplicative errors, have none.
//!
//! [`Ets`] fits one form, [`AutoEts`] chooses among them: Gauss–Newton steps from several
//! starts, within bounds on the weights. A step costs O(n P²) time for `P` parameters and
//! O(m P) memory.
//!
//! Source: Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential Smoothing:
//! The State Space Approach", Springer.
//!
//! Limits: one season; errors are independent and normal; forms with a multiplicative part
//! need values above zero.

mod auto;
mod fit;
mod form;
mod paths;
mod pooled;
mod recursion;
mod region;
mod regression;
mod search;
mod settings;
mod start;
mod variance;

pub use auto::{AutoEts, AutoEtsFit, Candidate, Criterion, Fallback, LeftOut};
pub use fit::EtsFit;
pub use form::{ErrorKind, Form, Season, Trend};
pub use paths::{cumulative_quantiles, path_quantiles};
pub use pooled::{Driven, PooledEffects, PooledFit};
pub use region::Region;
pub use regression::{RegressionEts, RegressionFit};
pub use settings::Ets;
