//! Gamma demand: positive, skewed, for items whose spread is large beside their mean.
//!
//! ```text
//! f(x)  = x^(a−1) e^(−x/θ) / (Γ(a) θ^a)       x > 0;  μ = a·θ,  σ² = a·θ²
//! n(x)  = θ·upper₁(a, x/θ)                     loss;         below zero, μ − x
//! n̄(x)  = θ·lower₁(a, x/θ)                     complementary loss
//! n₂(x) = θ²·upper₂(a, x/θ)                    second loss
//! ```
//!
//! `a` is the shape, `θ` the scale in units of stock. The integrals come from one kernel
//! that adds positive numbers only, so losses hold 1e-12 relative in both tails and for
//! shapes from 1e-300 to 1e15. O(√a) up to a shape of 10⁴, O(1) above. The quantile is
//! found by Newton steps on the logarithm of the smaller tail, kept inside a bracket.
//!
//! Source: Burgin (1975), "The gamma distribution and inventory control", Operational
//! Research Quarterly 26(3), 507–525.

use super::Level;
use super::incomplete::{Order, lower, power_term, upper};
use super::normal::standard_quantile;
use crate::Error;
use omni_core::check;
use omni_core::error::ParamError;

/// Demand with shape `a` and scale `θ`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "RawGamma")
)]
pub struct Gamma {
    shape: f64,
    scale: f64,
}

impl Gamma {
    /// Demand with this shape and this scale (in units of stock).
    ///
    /// # Errors
    /// [`Error::Param`] unless both are positive and finite and `shape` is at most 1e15:
    /// beyond it the spread drowns in the rounding of the mean.
    /// [`Error::Unrepresentable`] if the mean or the variance does not fit an `f64`.
    pub fn new(shape: f64, scale: f64) -> Result<Self, Error> {
        check::positive("shape", shape)?;
        check::positive("scale", scale)?;
        if shape > 1e15 {
            return Err(ParamError::new("shape", "at most 1e15", shape).into());
        }
        crate::error::positive("mean", shape * scale)?;
        crate::error::finite("variance", shape * scale * scale)?;
        Ok(Self { shape, scale })
    }

    /// Demand with this mean and standard deviation, in units of stock.
    ///
    /// # Errors
    /// [`Error::Param`] unless both are positive and finite, else as [`new`](Self::new).
    pub fn from_mean_sd(mean: f64, sd: f64) -> Result<Self, Error> {
        check::positive("mean", mean)?;
        check::positive("sd", sd)?;
        let ratio = mean / sd;
        let shape = crate::error::positive("shape", ratio * ratio)?;
        Self::new(shape, crate::error::positive("scale", sd / ratio)?)
    }

    /// The shape, without unit.
    #[must_use]
    pub const fn shape(&self) -> f64 {
        self.shape
    }

    /// The scale, in units of stock.
    #[must_use]
    pub const fn scale(&self) -> f64 {
        self.scale
    }

    pub(super) fn mean(&self) -> f64 {
        self.shape * self.scale
    }

    pub(super) fn sd(&self) -> f64 {
        self.shape.sqrt() * self.scale
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        if x > 0.0 { lower(Order::Tail, self.shape, x / self.scale) } else { 0.0 }
    }

    pub(super) fn sf(&self, x: f64) -> f64 {
        if x > 0.0 { upper(Order::Tail, self.shape, x / self.scale) } else { 1.0 }
    }

    pub(super) fn loss(&self, x: f64) -> f64 {
        if x > 0.0 {
            self.scale * upper(Order::Loss, self.shape, x / self.scale)
        } else {
            self.mean() - x
        }
    }

    pub(super) fn complementary_loss(&self, x: f64) -> f64 {
        if x > self.mean() {
            x - self.mean() + self.loss(x)
        } else if x > 0.0 {
            self.scale * lower(Order::Loss, self.shape, x / self.scale)
        } else {
            0.0
        }
    }

    pub(super) fn second_loss(&self, x: f64) -> f64 {
        if x > 0.0 {
            self.scale * (self.scale * upper(Order::Second, self.shape, x / self.scale))
        } else {
            let off = self.mean() - x;
            f64::midpoint(off * off, self.shape * self.scale * self.scale)
        }
    }

    pub(super) fn quantile(&self, level: Level) -> f64 {
        self.scale * standard_gamma_quantile(self.shape, level)
    }
}

/// The quantile of a gamma distribution of scale 1.
fn standard_gamma_quantile(a: f64, level: Level) -> f64 {
    let from_below = level.below <= level.above;
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    let mut x = first_guess(a, level);
    for _ in 0..200 {
        let (tail, target) = if from_below {
            (lower(Order::Tail, a, x), level.below)
        } else {
            (upper(Order::Tail, a, x), level.above)
        };
        // Positive where x is too small.
        let log_ratio = if from_below { (target / tail).ln() } else { (tail / target).ln() };
        if log_ratio > 0.0 {
            low = x;
        } else {
            high = x;
        }
        // d ln(tail)/d ln(x) = ±x·f(x)/tail, and x·f(x) = a·power_term(a, x).
        let slope = a * power_term(a, x) / tail;
        let newton = x * (log_ratio / slope).exp();
        let next = if newton > low && newton < high {
            newton
        } else if high == f64::INFINITY {
            2.0 * x.max(1.0)
        } else if low == 0.0 {
            x / 1024.0
        } else {
            low.sqrt() * high.sqrt()
        };
        let moved = (next - x).abs();
        if moved.is_nan() || moved <= 2.0 * f64::EPSILON * x {
            return next;
        }
        x = next;
    }
    x
}

/// Wilson and Hilferty's cube, or the first term of the series near zero.
fn first_guess(a: f64, level: Level) -> f64 {
    let spread = (9.0 * a).recip();
    let root = 1.0 - spread + standard_quantile(level) * spread.sqrt();
    let cube = a * root * root * root;
    if a >= 1.0 && root > 0.1 {
        return cube;
    }
    let near_zero = (level.below.ln() / a).exp() * if a < 1.0 { 1.0 } else { a };
    if level.below <= level.above || near_zero < 0.1 { near_zero } else { cube.max(0.1) }
        .max(f64::MIN_POSITIVE)
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGamma {
    shape: f64,
    scale: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<RawGamma> for Gamma {
    type Error = Error;

    fn try_from(raw: RawGamma) -> Result<Self, Error> {
        Self::new(raw.shape, raw.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    #[test]
    fn quantiles_hold_their_digits() {
        // Shape, tail above, quantile, with 40 digits.
        for (shape, above, x) in [
            (0.001, 0.001, 0.264_770_270_239_651_16),
            (0.05, 0.1, 0.076_317_113_909_188_45),
            (0.3, 0.05, 1.372_349_944_100_887_3),
            (0.5, 0.5, 0.227_468_211_559_786_4),
            (1.0, 0.95, 0.051_293_294_387_550_58),
            (1.0, 1e-06, 13.815_510_557_964_274),
            (7.0, 0.9, 3.894_766_804_876_184_5),
            (7.0, 0.01, 14.570_618_870_336_398),
            (60.0, 1e-09, 118.662_029_255_230_96),
            (400.0, 0.999, 341.033_226_493_507_2),
            (400.0, 0.05, 433.455_701_054_689_65),
        ] {
            let level = Level { below: 1.0 - above, above };
            assert_close!(standard_gamma_quantile(shape, level), x, 1e-12, "{shape} {above}");
        }
    }

    #[test]
    fn quantiles_invert_the_distribution() {
        for shape in [1e-3, 0.05, 0.5, 1.0, 7.0, 300.0, 9_999.0, 1e6, 1e12] {
            for above in [1.0 - 1e-10, 0.999, 0.8, 0.5, 0.1, 1e-3, 1e-10, 1e-200] {
                let level = Level { below: 1.0 - above, above };
                if shape < 0.1 && above > 0.4 {
                    continue; // the quantile underflows or its tail is ill-conditioned
                }
                let x = standard_gamma_quantile(shape, level);
                let tolerance = 1e-11 + 4.0 * f64::EPSILON * shape;
                if above > 0.5 {
                    assert_close!(
                        lower(Order::Tail, shape, x),
                        level.below,
                        tolerance,
                        "{shape} {above}"
                    );
                } else {
                    assert_close!(
                        upper(Order::Tail, shape, x),
                        above,
                        tolerance,
                        "{shape} {above}"
                    );
                }
            }
        }
    }

    #[test]
    fn shape_and_scale_follow_from_mean_and_sd() {
        let demand = Gamma::from_mean_sd(12.0, 6.0).unwrap();
        assert_eq!((demand.shape(), demand.scale()), (4.0, 3.0));
        assert_eq!((demand.mean(), demand.sd()), (12.0, 6.0));
        assert_eq!(demand.loss(-3.0), 15.0);
        assert_eq!(demand.second_loss(-3.0), 130.5);
    }

    #[test]
    fn bad_parameters_are_named() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Gamma::new(bad, 1.0).is_err());
            assert!(Gamma::new(1.0, bad).is_err());
            assert!(Gamma::from_mean_sd(bad, 1.0).is_err());
            assert!(Gamma::from_mean_sd(1.0, bad).is_err());
        }
        assert!(Gamma::new(1e16, 1.0).is_err());
        let too_wide = Error::Unrepresentable { name: "variance" };
        assert_eq!(Gamma::new(1.0, 1e200), Err(too_wide));
    }
}
