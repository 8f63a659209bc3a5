//! Hierarchies: forecasts of totals and of their parts that add up.
//!
//! ```text
//! y = S b        S = [C; I]      C: one row of zeros and ones per aggregate
//! ```
//!
//! `b` are the m bottom series (say SKU × store), `y` all n series: first the aggregates,
//! then the bottom series, each a row of h columns (the steps ahead, or sample paths). Base
//! forecasts `ŷ` of all rows rarely add up; a reconciled forecast `ỹ = S b̃` does.
//!
//! | | `b̃` comes from | where |
//! |---|---|---|
//! | Bottom-up | the bottom rows | [`bottom_up`] |
//! | Top-down, middle-out | one level, divided by shares | [`TopDown`] |
//! | Minimum trace | all rows, each as good as its errors | [`MinT`] |
//! | Coherent quantiles | joint sample paths, each reconciled | [`Paths`] |
//!
//! Review: Athanasopoulos, Hyndman, Kourentzes & Panagiotelis (2024), "Forecast
//! reconciliation: a review", International Journal of Forecasting 40(2), 430–456.

mod dense;
mod mint;
mod non_negative;
mod paths;
mod projection;
mod residuals;
mod structure;
mod top_down;

pub use mint::{Covariance, MinT, MinTFit, Reconciled};
pub use paths::Paths;
pub use structure::{Hierarchy, Level};
pub use top_down::{Proportions, TopDown, TopDownFit, bottom_up};
