//! Normal demand.
//!
//! ```text
//! z = (x − μ)/σ
//! n(x)  = σ·G(z)        G(z)  = φ(z) − z·Φ(−z)               loss
//! n₂(x) = σ²·G₂(z)      G₂(z) = ((z² + 1)·Φ(−z) − z·φ(z))/2  second loss
//! ```
//!
//! The formulas of the right column lose every digit by z = 8. Here all three integrals
//! come from Mills' ratio `r₀ = Φ(−z)/φ(z)`: up to z = 3 by a polynomial fitted to 50 digits
//! (4e-16 off), beyond by the continued fraction of the repeated integrals of the tail, in
//! which every term is positive:
//!
//! ```text
//! r_k = 1/(z + (k + 1)·r_{k+1})    Φ(−z) = φ·r₀    G = φ·r₀·r₁    G₂ = φ·r₀·r₁·r₂
//! ```
//!
//! Relative error below 1e-13 up to z = 37, where the loss underflows. O(1). The `erfc` of
//! statrs 0.19 is not used: it is off by 9e-11 at z = 1.
//!
//! Source: Abramowitz & Stegun (1964), 26.2.14 and 7.2 (repeated integrals of erfc).
//!
//! Limit: a normal demand is negative with probability Φ(−μ/σ). Above σ/μ = 0.5 a
//! [gamma](super::Gamma) demand describes retail sales better.

use super::Level;
use crate::Error;
use omni_core::check;
use statrs::function::erf::erfc_inv;
use std::f64::consts::{PI, SQRT_2};

/// Demand with mean `μ` and standard deviation `σ`; with `σ = 0` it is always `μ`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "RawNormal")
)]
pub struct Normal {
    mean: f64,
    sd: f64,
}

impl Normal {
    /// Demand with this mean and standard deviation, in units of stock.
    ///
    /// # Errors
    /// [`Error::Param`] unless `mean` is finite and `sd` non-negative and finite.
    pub fn new(mean: f64, sd: f64) -> Result<Self, Error> {
        check::finite("mean", mean)?;
        check::non_negative("sd", sd)?;
        Ok(Self { mean, sd })
    }

    /// The mean, in units of stock.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// The standard deviation, in units of stock.
    #[must_use]
    pub const fn sd(&self) -> f64 {
        self.sd
    }

    /// `(x − μ)/σ`; of a demand that is always `μ`, minus or plus infinity, and plus at `μ`.
    fn z(&self, x: f64) -> f64 {
        let off = x - self.mean;
        if self.sd > 0.0 {
            off / self.sd
        } else if off < 0.0 {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        }
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        standard_tail(-self.z(x))
    }

    pub(super) fn sf(&self, x: f64) -> f64 {
        standard_tail(self.z(x))
    }

    pub(super) fn quantile(&self, level: Level) -> f64 {
        self.mean + self.sd * standard_quantile(level)
    }

    pub(super) fn loss(&self, x: f64) -> f64 {
        (self.mean - x).max(0.0) + self.sd * standard_losses(self.z(x).abs()).1
    }

    pub(super) fn complementary_loss(&self, x: f64) -> f64 {
        (x - self.mean).max(0.0) + self.sd * standard_losses(self.z(x).abs()).1
    }

    pub(super) fn second_loss(&self, x: f64) -> f64 {
        let far = self.sd * (self.sd * standard_losses(self.z(x).abs()).2);
        let off = self.mean - x;
        if off > 0.0 { f64::midpoint(off * off, self.sd * self.sd) - far } else { far }
    }
}

/// `Φ(−z)`.
fn standard_tail(z: f64) -> f64 {
    if z < 0.0 { 1.0 - standard_losses(-z).0 } else { standard_losses(z).0 }
}

/// `Φ(−z)`, `G(z)`, `G₂(z)` for `z >= 0`.
fn standard_losses(z: f64) -> (f64, f64, f64) {
    if z.is_nan() || z >= 40.0 {
        return (0.0, 0.0, 0.0);
    }
    let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
    if z == 0.0 {
        return (0.5, density, 0.25);
    }
    if z <= 3.0 {
        let at = z / 1.5 - 1.0;
        let ratio = MILLS.iter().rev().fold(0.0, |sum, c| sum * at + c);
        let loss = 1.0 - z * ratio;
        return (density * ratio, density * loss, density * (0.5 * (ratio - z * loss)));
    }
    // From r_k = 0 at a k from where on the fraction no longer changes.
    let mut k = (10.0 + 700.0 / (z * z)).floor();
    let (mut r0, mut r1, mut r2) = (0.0, 0.0, 0.0);
    while k >= 1.0 {
        (r0, r1, r2) = ((z + k * r0).recip(), r0, r1);
        k -= 1.0;
    }
    let tail = density * r0;
    let loss = tail * r1;
    (tail, loss, loss * r2)
}

/// Mills' ratio on `[0, 3]`, in powers of `z/1.5 − 1`.
const MILLS: [f64; 24] = [
    0.515_815_638_217_963_4,
    -0.339_414_814_009_582_46,
    0.198_450_927_234_429_1,
    -0.105_722_915_081_366_1,
    0.052_159_506_836_071_41,
    -0.024_103_533_710_350_51,
    0.010_520_989_922_641_79,
    -0.004_365_817_646_496_871,
    0.001_731_142_197_865_975_3,
    -0.000_658_668_858_652_858_8,
    0.000_241_306_528_690_848_37,
    -8.536_958_449_265_01e-05,
    2.923_807_814_812_019_4e-05,
    -9.715_014_436_882_458e-06,
    3.137_870_384_276_665_3e-06,
    -9.866_869_410_387_015e-07,
    3.021_372_647_808_567e-07,
    -9.043_501_255_244_965e-08,
    2.685_330_866_414_313_6e-08,
    -7.691_446_240_835_142e-09,
    1.896_392_903_551_037_6e-09,
    -5.202_967_128_311_455e-10,
    2.396_405_725_694_661e-10,
    -6.362_361_548_748_74e-11,
];

/// The `z` with `Φ(z)` at a level, from the smaller of its two tails.
pub(super) fn standard_quantile(level: Level) -> f64 {
    if level.below <= level.above { -upper_point(level.below) } else { upper_point(level.above) }
}

/// The `z >= 0` with `Φ(−z) = tail`, for `tail` in `(0, 0.5]`.
fn upper_point(tail: f64) -> f64 {
    let z = SQRT_2 * erfc_inv(2.0 * tail);
    if z.is_nan() || z >= 37.0 {
        return z;
    }
    // One step of Newton on ln Φ(−z), which is nearly straight in the tail.
    let at = standard_tail(z);
    let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
    z + at / density * (at / tail).ln()
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNormal {
    mean: f64,
    sd: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<RawNormal> for Normal {
    type Error = Error;

    fn try_from(raw: RawNormal) -> Result<Self, Error> {
        Self::new(raw.mean, raw.sd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    #[test]
    fn deep_tails_hold_all_digits() {
        // z, Φ(−z), G(z), G₂(z) with 40 digits.
        for (z, tail, loss, second) in [
            (0.0, 0.5, 0.398_942_280_401_432_7, 0.25),
            (0.5, 0.308_537_538_725_986_9, 0.197_796_557_401_306_03, 0.104_819_630_012_666_93),
            (1.0, 0.158_655_253_931_457_05, 0.083_315_470_587_686_3, 0.037_669_891_671_885_38),
            (2.0, 0.022_750_131_948_179_21, 0.008_490_702_616_829_637, 0.002_884_363_357_259_966),
            (
                2.99,
                0.001_394_887_235_492_249_4,
                0.000_395_877_120_548_317_7,
                0.000_105_607_322_526_389_74,
            ),
            (
                3.0,
                0.001_349_898_031_630_094_6,
                0.000_382_154_317_047_723_6,
                0.000_101_717_540_243_461_87,
            ),
            (
                3.01,
                0.001_306_238_448_769_468_6,
                0.000_368_874_727_934_348_7,
                9.796_275_884_353_962e-05,
            ),
            (
                3.5,
                0.000_232_629_079_035_525_04,
                5.848_091_842_142_244e-05,
                1.397_293_228_027_325_2e-05,
            ),
            (
                3.99,
                3.303_664_762_940_242e-05,
                7.468_752_424_444_25e-06,
                1.618_162_727_934_928_7e-06,
            ),
            (
                4.01,
                3.035_937_392_661_822e-05,
                6.835_149_135_881_99e-06,
                1.475_212_945_865_721_2e-06,
            ),
            (5.0, 2.866_515_718_791_939e-07, 5.346_165_533_832_815e-08, 9.671_647_593_776_582e-09),
            (8.0, 6.220_960_574_271_784e-16, 7.550_262_411_946_499e-17, 9.037_532_235_729_25e-18),
            (
                15.0,
                3.670_966_199_312_751e-51,
                2.426_025_087_528_983_2e-52,
                1.596_428_400_963_815_8e-53,
            ),
            (
                30.0,
                4.906_713_927_148_187e-198,
                1.631_956_734_091_401e-199,
                5.421_862_436_991_746e-201,
            ),
            (
                37.0,
                5.725_571_222_524_577e-300,
                1.545_199_190_512_202_4e-301,
                4.167_108_814_713_862e-303,
            ),
        ] {
            let got = standard_losses(z);
            assert_close!(got.0, tail, 2e-13, "tail {z}");
            assert_close!(got.1, loss, 2e-13, "loss {z}");
            assert_close!(got.2, second, 5e-13, "second loss {z}");
        }
    }

    #[test]
    fn quantiles_invert_the_tail() {
        for (tail, z) in [
            (0.4, 0.253_347_103_135_799_7),
            (0.1, 1.281_551_565_544_600_4),
            (0.05, 1.644_853_626_951_472_6),
            (0.025, 1.959_963_984_540_054_3),
            (0.01, 2.326_347_874_040_841),
            (0.001, 3.090_232_306_167_813_6),
            (1e-06, 4.753_424_308_822_899),
            (1e-12, 7.034_483_825_301_132),
            (1e-20, 9.262_340_089_798_407),
            (1e-100, 21.273_453_560_965_326),
            (1e-300, 37.047_096_299_361_2),
        ] {
            let level = Level { below: 1.0 - tail, above: tail };
            assert_close!(standard_quantile(level), z, 1e-14, "{tail:e}");
            let mirrored = Level { below: tail, above: 1.0 - tail };
            assert_close!(standard_quantile(mirrored), -z, 1e-14, "{tail:e}");
        }
        assert_eq!(standard_quantile(Level { below: 0.5, above: 0.5 }).abs(), 0.0);
        assert!(standard_quantile(Level { below: 1.0, above: 5e-324 }).is_finite());
    }

    #[test]
    fn without_spread_demand_is_its_mean() {
        let sure = Normal::new(5.0, 0.0).unwrap();
        assert_eq!((sure.cdf(4.9), sure.cdf(5.0), sure.sf(5.0)), (0.0, 1.0, 0.0));
        assert_eq!((sure.loss(2.0), sure.loss(5.0), sure.complementary_loss(7.0)), (3.0, 0.0, 2.0));
        assert_eq!((sure.second_loss(2.0), sure.second_loss(6.0)), (4.5, 0.0));
        assert_eq!(sure.quantile(Level { below: 0.9, above: 0.1 }), 5.0);
    }

    #[test]
    fn bad_parameters_are_named() {
        assert!(Normal::new(f64::NAN, 1.0).is_err());
        assert!(Normal::new(0.0, -1.0).is_err());
        assert!(Normal::new(0.0, f64::INFINITY).is_err());
    }
}
