//! Poisson demand: whole units, customers who come one by one.
//!
//! ```text
//! P(X = k) = m^k e^(−m)/k!                     σ² = m
//! P(X ≤ k) = upper₀(k + 1, m)                  P(X > k) = lower₀(k + 1, m)
//! n(k)  = E(X − k)⁺ = lower₁(k, m)             k ≥ 1;  n(0) = m
//! n̄(k)  = E(k − X)⁺ = upper₁(k, m)
//! n₂(k) = E[(X − k)⁺(X − k − 1)⁺]/2 = lower₂(k, m)
//! ```
//!
//! `m` is the mean in units of stock, `upper` and `lower` the repeated integrals of the
//! gamma density; both sides have the same second derivative by `m`. So a Poisson loss
//! costs O(√m) up to a mean of 10⁴ and O(1) above, and loses no digits in the tails.
//! Between whole levels the losses are straight lines, which is what they are.
//!
//! Source: Hadley & Whitin (1963), Analysis of Inventory Systems, appendix 3;
//! Zipkin (2000), Foundations of Inventory Management, C.2.3.

use super::Level;
use super::incomplete::{Order, lower, upper};
use super::whole::{interpolate, quantile};
use crate::Error;
use omni_core::check;
use omni_core::error::ParamError;

/// Demand in whole units with mean `m`; with `m = 0` there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "RawPoisson")
)]
pub struct Poisson {
    mean: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature of every distribution")]
impl Poisson {
    /// Demand with this mean, in units of stock.
    ///
    /// # Errors
    /// [`Error::Param`] unless `mean` is in `[0, 1e15]`, where an `f64` still tells one
    /// unit from the next.
    pub fn new(mean: f64) -> Result<Self, Error> {
        check::non_negative("mean", mean)?;
        if mean > 1e15 {
            return Err(ParamError::new("mean", "at most 1e15", mean).into());
        }
        Ok(Self { mean })
    }

    /// The mean, in units of stock.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn sd(&self) -> f64 {
        self.mean.sqrt()
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        if x >= 0.0 { upper(Order::Tail, x.floor() + 1.0, self.mean) } else { 0.0 }
    }

    pub(super) fn sf(&self, x: f64) -> f64 {
        if x >= 0.0 { lower(Order::Tail, x.floor() + 1.0, self.mean) } else { 1.0 }
    }

    pub(super) fn quantile(&self, level: Level) -> f64 {
        let guess = [self.mean, self.sd(), self.sd().recip()];
        quantile(level, guess, |x| self.cdf(x), |x| self.sf(x))
    }

    pub(super) fn loss(&self, x: f64) -> f64 {
        interpolate(x, |k| if k > 0.0 { lower(Order::Loss, k, self.mean) } else { self.mean - k })
    }

    pub(super) fn complementary_loss(&self, x: f64) -> f64 {
        interpolate(x, |k| if k > 0.0 { upper(Order::Loss, k, self.mean) } else { 0.0 })
    }

    /// At a whole `k`.
    pub(super) fn second_loss(&self, k: f64) -> f64 {
        if k > 0.0 {
            lower(Order::Second, k, self.mean)
        } else {
            let off = self.mean - k;
            f64::midpoint(off * off, k)
        }
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPoisson {
    mean: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<RawPoisson> for Poisson {
    type Error = Error;

    fn try_from(raw: RawPoisson) -> Result<Self, Error> {
        Self::new(raw.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    /// The distribution added up term by term: probabilities from 0 on.
    fn probabilities(mean: f64) -> Vec<f64> {
        let mut terms = vec![(-mean).exp()];
        for k in 1..400 {
            terms.push(terms[k - 1] * mean / k as f64);
        }
        terms
    }

    #[test]
    fn agrees_with_the_sum_over_all_demands() {
        for mean in [0.05, 1.0, 7.3, 60.0] {
            let (demand, p) = (Poisson::new(mean).unwrap(), probabilities(mean));
            for level in [0, 1, 2, 7, 30, 61, 90] {
                let x = f64::from(level);
                let sum = |f: &dyn Fn(f64) -> f64| -> f64 {
                    p.iter().enumerate().map(|(k, p)| p * f(k as f64)).sum()
                };
                assert_close!(demand.cdf(x), sum(&|k| f64::from(k <= x)), 1e-13);
                assert_close!(demand.sf(x), sum(&|k| f64::from(k > x)), 1e-12);
                assert_close!(demand.loss(x), sum(&|k| (k - x).max(0.0)), 1e-12);
                assert_close!(demand.complementary_loss(x), sum(&|k| (x - k).max(0.0)), 1e-12);
                let second = sum(&|k| (k - x).max(0.0) * (k - x - 1.0).max(0.0) / 2.0);
                assert_close!(demand.second_loss(x), second, 1e-12);
                let between = sum(&|k| (k - x - 0.25).max(0.0));
                assert_close!(demand.loss(x + 0.25), between, 1e-12);
            }
        }
    }

    #[test]
    fn quantiles_are_the_smallest_level_that_reaches() {
        for mean in [0.0, 1e-9, 0.3, 5.0, 4e3, 1e6, 1e12] {
            let demand = Poisson::new(mean).unwrap();
            for p in [1e-12, 0.01, 0.5, 0.9, 0.999_999] {
                let level = Level { below: p, above: 1.0 - p };
                let k = demand.quantile(level);
                assert!(k >= 0.0 && k.fract() == 0.0, "{mean} {p}: {k}");
                assert!(demand.cdf(k) >= p * (1.0 - 1e-11), "{mean} {p}: {k}");
                assert!(k == 0.0 || demand.cdf(k - 1.0) < p, "{mean} {p}: {k}");
            }
        }
    }

    #[test]
    fn no_demand_needs_no_stock() {
        let none = Poisson::new(0.0).unwrap();
        assert_eq!(
            (none.cdf(0.0), none.sf(0.0), none.loss(0.0), none.loss(3.0)),
            (1.0, 0.0, 0.0, 0.0)
        );
        assert_eq!(none.complementary_loss(3.0), 3.0);
        assert_eq!(none.loss(-2.5), 2.5);
        assert_eq!(none.second_loss(-3.0), 3.0); // 3·2/2
    }

    #[test]
    fn bad_means_are_named() {
        for bad in [-1.0, f64::NAN, f64::INFINITY, 1e16] {
            assert!(Poisson::new(bad).is_err());
        }
    }
}
