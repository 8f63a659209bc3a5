//! ARIMA: values that depend on past values and past errors, season included.
//!
//! ```text
//! φ(B) Φ(Bᵐ) (1 − B)ᵈ (1 − Bᵐ)ᴰ (y_t − c_t − x_t β) = θ(B) Θ(Bᵐ) ε_t
//! φ(B) = 1 − φ₁B − … − φ_p Bᵖ,   θ(B) = 1 + θ₁B + … + θ_q B^q,   Φ, Θ likewise in Bᵐ
//! c_t = c (a mean) if d + D = 0,   c t (a drift) if d + D = 1
//! AICc = −2 log L + 2k + 2k(k+1)/(N − k − 1),   k: coefficients and σ²,  N = n − d − D m
//! ```
//!
//! `B` shifts by one period, `m` is the season in periods; `y` (length n), `c` and `σ` are in
//! the unit of the series. Signs and the likelihood are as R's `arima(method = "ML")` has
//! them, with one difference: the likelihood here is that of the differenced series, exactly;
//! R gives the starting values a prior of 10⁶ σ², which moves it by some 10⁻³.
//!
//! [`Arima`] fits one order by exact maximum likelihood, [`AutoArima`] finds the order.
//! All roots stay outside the circle of radius 1.001, so every model found is stationary
//! and invertible.
//! A value of the likelihood costs O(n r) until the gains have settled and O(n · coefficients)
//! from there, r = max(p + Pm, q + Qm); slopes three times as much. A season of 52 therefore
//! costs little more than one of 12. Memory O(n r) at most.
//!
//! Missing values stay in place ([`Arima::fit_with_gaps`]): the likelihood is that of what is
//! observed, and k gaps make a value k + 1 times as dear. [`ArimaFit::update`] learns a value
//! and [`ArimaFit::skip`] a missing one, without a new fit.
//!
//! Sources: Box, Jenkins, Reinsel & Ljung (2016), "Time Series Analysis", 5th edition, Wiley;
//! Hyndman & Khandakar (2008), "Automatic time series forecasting: the forecast package for
//! R", Journal of Statistical Software 27(3). The parts name theirs.
//!
//! Limits: standard errors do not know that coefficients are estimated; one season; orders of
//! at most 2,000 periods. Where differences explain a series exactly, `sigma` is 0 and there
//! is no likelihood.

mod auto;
mod autocovariance;
mod candidate;
mod difference;
mod likelihood;
mod model;
mod objective;
mod order;
mod polynomial;
mod sample;
mod search;
mod state;
mod unit_root;

pub use auto::{AutoArima, AutoArimaFit, Fallback, Tried};
pub use model::{Arima, ArimaFit};
pub use order::Order;
