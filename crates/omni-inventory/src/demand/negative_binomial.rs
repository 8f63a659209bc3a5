//! Negative binomial demand: whole units with more spread than Poisson, such as baskets
//! of several pieces or a mean that itself varies.
//!
//! ```text
//! P(X = k) = Γ(k + r)/(k! Γ(r)) · p^r (1 − p)^k        k = 0, 1, ..
//! p = 1/d,  r = m/(d − 1)                               σ² = m·d
//! P(X = k + 1)/P(X = k) = (k + r)/(k + 1) · (1 − p)
//! ```
//!
//! `m` is the mean in units of stock, `d > 1` the dispersion: variance over mean. One
//! probability comes from the saddle-point form (no difference of large logarithms), its
//! neighbors from the ratio; every sum runs away from the mean over positive terms, and
//! the other side follows from `n(k) − n̄(k) = m − k`. O(σ + d) per call.
//!
//! Source: Loader (2000), "Fast and accurate computation of binomial probabilities";
//! Zipkin (2000), Foundations of Inventory Management, C.2.3.
//!
//! Limit: σ and d are at most 10⁴, which bounds the time of a call: milliseconds at
//! usual levels, half a second for a quantile with a tail of 1e-300 at the largest d;
//! a gamma demand of the same mean and spread takes over smoothly there. A sum stops
//! where its terms fall below the smallest normal number, so results below 1e-300 are
//! right in size only.

use super::Level;
use super::incomplete::{deviance, stirling_error};
use super::whole::{interpolate, quantile};
use crate::Error;
use omni_core::check;
use omni_core::error::ParamError;
use std::f64::consts::PI;

const LARGEST: f64 = 1e4;
/// Below it the ratios of the saddle-point form leave the range of an `f64`.
const SMALLEST: f64 = 1e-200;

/// Demand in whole units with mean `m` and variance `m·d`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "RawNegativeBinomial")
)]
pub struct NegativeBinomial {
    mean: f64,
    dispersion: f64,
}

impl NegativeBinomial {
    /// Demand with this mean, in units of stock, and this ratio of variance to mean.
    ///
    /// # Errors
    /// [`Error::Param`] unless `mean` is finite and at least 1e-200, `dispersion` above 1 and at
    /// most 10⁴ (at 1 the demand is [Poisson](super::Poisson)), and the standard deviation
    /// at most 10⁴.
    pub fn new(mean: f64, dispersion: f64) -> Result<Self, Error> {
        check::positive("mean", mean)?;
        if mean < SMALLEST {
            return Err(ParamError::new("mean", "at least 1e-200", mean).into());
        }
        if !(dispersion > 1.0 && dispersion <= LARGEST) {
            return Err(ParamError::new("dispersion", "in (1, 1e4]", dispersion).into());
        }
        let sd = (mean * dispersion).sqrt();
        if sd > LARGEST {
            return Err(ParamError::new("sd", "at most 1e4", sd).into());
        }
        let demand = Self { mean, dispersion };
        crate::error::positive("mean / (dispersion - 1)", demand.size())?;
        Ok(demand)
    }

    /// The mean, in units of stock.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// Variance over mean.
    #[must_use]
    pub const fn dispersion(&self) -> f64 {
        self.dispersion
    }

    pub(super) fn sd(&self) -> f64 {
        (self.mean * self.dispersion).sqrt()
    }

    /// `r`.
    fn size(&self) -> f64 {
        self.mean / (self.dispersion - 1.0)
    }

    /// `1 − p`.
    fn more(&self) -> f64 {
        (self.dispersion - 1.0) / self.dispersion
    }

    /// `P(X = k)` for a whole `k >= 0`.
    fn probability(&self, k: f64) -> f64 {
        let r = self.size();
        if k <= 0.0 {
            return (-r * (self.dispersion - 1.0).ln_1p()).exp();
        }
        let n = k + r;
        let log = stirling_error(n)
            - stirling_error(r)
            - stirling_error(k)
            - deviance(r, n / self.dispersion)
            - deviance(k, n * self.more());
        log.exp() * (r / n / (2.0 * PI * k)).sqrt()
    }

    /// `Σ_{j≥1} weight(j)·P(X = k + j)`, for a growing `weight` and `k` from the mean on.
    fn above(&self, k: f64, weight: impl Fn(f64) -> f64) -> f64 {
        let (r, more) = (self.size(), self.more());
        let mut at = k + 1.0;
        let mut p = self.probability(at);
        let (mut sum, mut j) = (0.0, 1.0);
        loop {
            let term = p * weight(j);
            sum += term;
            // Beyond the mean the terms fall at least as fast as this ratio.
            let ratio = (at + r) / (at + 1.0) * more;
            // A subnormal number times a ratio above one half rounds to itself, forever.
            let spent = p.is_nan() || p < f64::MIN_POSITIVE;
            if spent || (sum > 0.0 && term <= 1e-17 * sum * (1.0 - ratio)) {
                return sum;
            }
            p *= ratio;
            at += 1.0;
            j += 1.0;
        }
    }

    /// `Σ_{j≥0} weight(j)·P(X = k − j)` down to zero demand, for `k` below the mean.
    fn below(&self, k: f64, weight: impl Fn(f64) -> f64) -> f64 {
        let (r, more) = (self.size(), self.more());
        let mut at = k;
        let mut p = self.probability(at);
        let (mut sum, mut j) = (0.0, 0.0);
        while at >= 0.0 && p > 0.0 {
            sum += p * weight(j);
            // Far below the mode the terms only fall.
            let ratio = at / ((at - 1.0 + r) * more);
            let spent =
                p < f64::MIN_POSITIVE || p * (weight(j) + 1.0) < 1e-17 * sum * (1.0 - ratio);
            if at < 1.0 || (ratio < 1.0 && spent) {
                break;
            }
            p *= ratio;
            at -= 1.0;
            j += 1.0;
        }
        sum
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        let k = x.floor();
        if k < 0.0 {
            0.0
        } else if k < self.mean {
            self.below(k, |_| 1.0)
        } else {
            1.0 - self.above(k, |_| 1.0)
        }
    }

    pub(super) fn sf(&self, x: f64) -> f64 {
        let k = x.floor();
        if k < 0.0 {
            1.0
        } else if k < self.mean {
            1.0 - self.below(k, |_| 1.0)
        } else {
            self.above(k, |_| 1.0)
        }
    }

    pub(super) fn quantile(&self, level: Level) -> f64 {
        let skewness = (2.0 * self.dispersion - 1.0) / self.sd();
        quantile(level, [self.mean, self.sd(), skewness], |x| self.cdf(x), |x| self.sf(x))
    }

    pub(super) fn loss(&self, x: f64) -> f64 {
        interpolate(x, |k| {
            if k < self.mean { self.mean - k + self.complement(k) } else { self.above(k, |j| j) }
        })
    }

    pub(super) fn complementary_loss(&self, x: f64) -> f64 {
        interpolate(x, |k| {
            if k < self.mean { self.complement(k) } else { k - self.mean + self.above(k, |j| j) }
        })
    }

    /// `n̄(k)` by its sum, below the mean.
    fn complement(&self, k: f64) -> f64 {
        if k > 0.0 { self.below(k - 1.0, |j| j + 1.0) } else { 0.0 }
    }

    /// At a whole `k`.
    pub(super) fn second_loss(&self, k: f64) -> f64 {
        if k >= self.mean {
            return self.above(k, |j| j * (j - 1.0) / 2.0);
        }
        // E[(X − k)(X − k − 1)]/2 over all demands, less the part below k.
        let off = self.mean - k;
        let whole = f64::midpoint(off * off, self.mean * self.dispersion - off);
        let short =
            if k > 0.0 { self.below(k - 1.0, |j| (j + 1.0) * (j + 2.0) / 2.0) } else { 0.0 };
        whole - short
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNegativeBinomial {
    mean: f64,
    dispersion: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<RawNegativeBinomial> for NegativeBinomial {
    type Error = Error;

    fn try_from(raw: RawNegativeBinomial) -> Result<Self, Error> {
        Self::new(raw.mean, raw.dispersion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    #[test]
    fn a_tail_of_subnormal_terms_ends() {
        assert!(NegativeBinomial::new(1e-310, 50.0).is_err());
        for (mean, dispersion) in [(1e-200, 50.0), (1e-200, 1e4), (9e3, 1e4)] {
            let demand = NegativeBinomial::new(mean, dispersion).unwrap();
            for x in [0.0, 3.0, 12_500.0, 2.5e6, 1e15] {
                let values = [demand.cdf(x), demand.sf(x), demand.loss(x), demand.second_loss(x)];
                assert!(
                    values.iter().all(|v| v.is_finite() && *v >= 0.0),
                    "{demand:?} {x} {values:?}"
                );
            }
        }
    }

    #[test]
    fn agrees_with_the_sum_over_all_demands() {
        for (mean, dispersion) in [(0.2, 1.01), (0.5, 3.0), (8.0, 1.5), (60.0, 9.0), (5.0, 40.0)] {
            let demand = NegativeBinomial::new(mean, dispersion).unwrap();
            let (r, more) = (demand.size(), demand.more());
            let mut p = vec![dispersion.powf(-r)];
            for k in 0..4000 {
                let k = f64::from(k);
                p.push(p[p.len() - 1] * (k + r) / (k + 1.0) * more);
            }
            for x in [0.0, 1.0, 4.0, 8.0, 20.0, 75.0] {
                let sum = |f: &dyn Fn(f64) -> f64| -> f64 {
                    p.iter().enumerate().map(|(k, p)| p * f(k as f64)).sum()
                };
                assert_close!(demand.cdf(x), sum(&|k| f64::from(k <= x)), 1e-12);
                assert_close!(demand.sf(x), sum(&|k| f64::from(k > x)), 1e-11);
                assert_close!(demand.loss(x), sum(&|k| (k - x).max(0.0)), 1e-11);
                assert_close!(demand.complementary_loss(x), sum(&|k| (x - k).max(0.0)), 1e-12);
                let second = sum(&|k| (k - x).max(0.0) * (k - x - 1.0).max(0.0) / 2.0);
                assert_close!(demand.second_loss(x), second, 1e-11);
            }
        }
    }

    #[test]
    fn near_dispersion_one_it_is_poisson() {
        let poisson = super::super::Poisson::new(7.0).unwrap();
        let nearly = NegativeBinomial::new(7.0, 1.0 + 1e-11).unwrap();
        for x in [0.0, 3.0, 7.0, 12.0, 30.0] {
            assert_close!(nearly.loss(x), poisson.loss(x), 1e-8);
            assert_close!(nearly.sf(x), poisson.sf(x), 1e-8);
        }
    }

    #[test]
    fn bad_parameters_are_named() {
        for (mean, dispersion) in
            [(0.0, 2.0), (f64::NAN, 2.0), (1.0, 1.0), (1.0, f64::NAN), (1.0, 1e5), (1e8, 2.0)]
        {
            assert!(NegativeBinomial::new(mean, dispersion).is_err(), "{mean} {dispersion}");
        }
    }
}
