//! Repeated integrals of the gamma density, without cancellation.
//!
//! ```text
//! upper_k(a, x) = ∫_x^∞ (t − x)^k/k! · t^(a−1) e^(−t)/Γ(a) dt       k = 0, 1, 2
//! lower_k(a, x) = ∫_0^x (x − t)^k/k! · t^(a−1) e^(−t)/Γ(a) dt
//! ```
//!
//! For a gamma demand of shape `a` and scale 1, `upper` is the tail, the loss and the
//! second loss at `x`. For a Poisson demand of mean `x` and a whole level `a`, `lower_1` is
//! the loss and `upper_1` the complementary loss (differentiate both twice by the mean).
//!
//! | where | how | terms |
//! |---|---|---|
//! | lower, x ≤ a + 1 | `x^(a+k) e^(−x)/Γ(a+k+1) · Σ_j C(j+k, k) x^j/(a+k+1)_j`, all terms positive | O(√a) |
//! | upper, x > a | `x^(a+k) e^(−x)/Γ(a) · U(k+1, a+k+1, x)` by its continued fraction | O(√a), O(1/x) |
//! | upper, a and x below 0.02 | expansion around `a = x = 0` | 8 |
//! | a > 10⁴ | the integral over `u = \|t − x\|` by the trapezoidal rule after `u = w·exp(s − e^(−s))` | 81 |
//! | the other side | the sum of both, which is a polynomial | 1 |
//!
//! `U` is Tricomi's function. Its fraction in the first argument,
//! `f_α = 1/(x + 2α − b − α(α − b + 1)·f_{α+1})`, gives `U(n, b, x) = f_1·…·f_n`; `U` is the
//! minimal solution of the recurrence, and for `x > a` the leading steps add positive
//! numbers, so no digits are lost. Library routines for the incomplete gamma function take
//! `a·ln x − x − ln Γ(a)` (nine digits left at `a = 10⁶`) and `1 − lower`; the
//! textbook loss `a·Q(a+1, x) − x·Q(a, x)` then loses what remains.
//!
//! Sources: Temme (1994), Probability in the Engineering and Informational Sciences 8(2),
//! 291–307; Loader (2000), "Fast and accurate computation of binomial probabilities";
//! Takahasi & Mori (1974), Publ. RIMS 9(3), 721–741.

use statrs::function::gamma::{gamma, ln_gamma};
use std::f64::consts::PI;

/// Above this shape the integral is taken by quadrature, whose cost does not grow.
const LARGE_SHAPE: f64 = 1e4;
/// Below this, for shape and point, the expansion around zero holds all digits.
const SMALL: f64 = 0.02;
/// Below this shape the gamma function itself is used, above it Stirling's series.
const STIRLING: f64 = 16.0;
/// A term this much smaller than the sum no longer changes it.
const NEGLIGIBLE: f64 = 1e-18;

/// The weight of the integrand: `(t − x)^k/k!`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// k = 0: a probability.
    Tail,
    /// k = 1: a loss.
    Loss,
    /// k = 2: a second loss.
    Second,
}

impl Order {
    const fn k(self) -> f64 {
        match self {
            Self::Tail => 0.0,
            Self::Loss => 1.0,
            Self::Second => 2.0,
        }
    }

    /// `u^k/k!`.
    fn weight(self, u: f64) -> f64 {
        match self {
            Self::Tail => 1.0,
            Self::Loss => u,
            Self::Second => u * u / 2.0,
        }
    }

    /// `upper + (−1)^k·lower`, the integral over all `t`.
    fn whole(self, a: f64, x: f64) -> f64 {
        match self {
            Self::Tail => 1.0,
            Self::Loss => a - x,
            Self::Second => f64::midpoint((a - x) * (a - x), a),
        }
    }
}

/// The integral above `x`, for `a > 0` and `x >= 0`.
pub(super) fn upper(order: Order, a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        order.whole(a, x)
    } else if x > a || (x < SMALL && a < SMALL) {
        upper_tail(order, a, x)
    } else {
        match order {
            Order::Tail | Order::Second => order.whole(a, x) - lower_tail(order, a, x),
            Order::Loss => order.whole(a, x) + lower_tail(order, a, x),
        }
    }
}

/// The integral below `x`, for `a > 0` and `x >= 0`.
pub(super) fn lower(order: Order, a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if x <= a + 1.0 {
        lower_tail(order, a, x)
    } else {
        match order {
            Order::Tail | Order::Second => order.whole(a, x) - upper_tail(order, a, x),
            Order::Loss => upper_tail(order, a, x) - order.whole(a, x),
        }
    }
}

fn upper_tail(order: Order, a: f64, x: f64) -> f64 {
    if x < SMALL {
        return upper_near_zero(order, a, x);
    }
    let density = power_term(a, x) * a;
    if density == 0.0 {
        0.0
    } else if a > LARGE_SHAPE {
        let slope = (x - a + 1.0) / x;
        density / x * quadrature(order, slope, x, |y| (a - 1.0) * log1p_minus(y))
    } else if order == Order::Second && x <= a + 1.0 {
        let (tail, loss) = (upper_tail(Order::Tail, a, x), upper_tail(Order::Loss, a, x));
        f64::midpoint(x * tail, (1.0 + a - x) * loss)
    } else {
        density * tricomi(order.k(), a, x)
    }
}

/// `x^k·U(k + 1, a + k + 1, x)` for `x > a`.
fn tricomi(k: f64, a: f64, x: f64) -> f64 {
    // The fraction below f_{k+1}, by Lentz's algorithm.
    let mut fraction = x - a + k + 1.0;
    let (mut c, mut d) = (fraction, 0.0);
    let mut j = 1.0;
    while j < 1e5 {
        let numerator = (k + j) * (a - j);
        let denominator = x - a + k + 1.0 + 2.0 * j;
        d = (denominator + numerator * d).recip();
        c = denominator + numerator / c;
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() <= f64::EPSILON {
            break;
        }
        j += 1.0;
    }
    let mut f = fraction.recip();
    let mut product = f;
    let mut alpha = k;
    while alpha >= 1.0 {
        f = (x + 2.0 * alpha - (a + k + 1.0) + alpha * (a + k - alpha) * f).recip();
        product *= x * f;
        alpha -= 1.0;
    }
    product
}

/// `upper` for `a` and `x` below [`SMALL`], where the mass near zero hides the tail.
fn upper_near_zero(order: Order, a: f64, x: f64) -> f64 {
    /// `ζ(k)/k` for k = 2, 3, ..; Euler's constant stands for k = 1.
    const LN_GAMMA: [f64; 9] = [
        0.577_215_664_901_532_9,
        0.822_467_033_424_113_2,
        0.400_685_634_386_531_4,
        0.270_580_808_427_784_5,
        0.207_385_551_028_673_98,
        0.169_557_176_997_408_2,
        0.144_049_896_768_846_1,
        0.125_509_669_524_743_05,
        0.111_334_265_869_564_69,
    ];
    // ln Γ(1 + a) = −γ·a + ζ(2)/2·a² − ζ(3)/3·a³ ..
    let log_gamma = -a * LN_GAMMA.iter().rev().fold(0.0, |sum, c| c - a * sum);
    let power = (a * x.ln()).exp();
    let mut series = 0.0;
    let mut term = 1.0;
    for j in 1..=8 {
        let j = f64::from(j);
        term *= -x / j;
        series += term / (a + j);
    }
    let head = (log_gamma.exp_m1() - (a * x.ln()).exp_m1()) / a;
    let tail = head - power * series;
    let loss = power * (-x).exp() - (x - a) * tail;
    let integral = match order {
        Order::Tail => tail,
        Order::Loss => loss,
        Order::Second => f64::midpoint(x * tail, (1.0 + a - x) * loss),
    };
    integral * a / log_gamma.exp()
}

fn lower_tail(order: Order, a: f64, x: f64) -> f64 {
    let k = order.k();
    if a > LARGE_SHAPE {
        let density = power_term(a, x) * a;
        if density == 0.0 {
            return 0.0;
        }
        let slope = (a - 1.0 - x) / x;
        return density / x * quadrature(order, slope, x, |y| (a - 1.0) * log1p_minus(-y));
    }
    let first = power_term(a + k, x);
    if first == 0.0 {
        return 0.0;
    }
    let (mut sum, mut term, mut j) = (1.0, 1.0, 0.0);
    while term > NEGLIGIBLE * sum {
        term *= x / (a + k + 1.0 + j) * ((j + 1.0 + k) / (j + 1.0));
        sum += term;
        j += 1.0;
    }
    first * sum
}

/// `∫ u^k/k! · exp(−slope·u + bend(u/x)) du` over `u > 0`, where `bend(y) ≈ −a·y²/2`.
fn quadrature(order: Order, slope: f64, x: f64, bend: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 0.1;
    let width = (slope.max(0.0) + x.sqrt().recip()).recip();
    (0..=80)
        .map(|i| {
            let s = STEP.mul_add(f64::from(i), -3.7);
            let decay = (-s).exp();
            let u = width * (s - decay).exp();
            let height = (bend(u / x) - slope * u).exp();
            order.weight(u) * height * u * (1.0 + decay)
        })
        .sum::<f64>()
        * STEP
}

/// `ln(1 + y) − y`; minus infinity at `y <= −1`.
fn log1p_minus(y: f64) -> f64 {
    if y.abs() < 0.05 {
        let series = (2..=14).rev().fold(0.0, |sum, k| {
            let sign = if k % 2 == 0 { -1.0 } else { 1.0 };
            sum * y + sign / f64::from(k)
        });
        series * y * y
    } else if y > -1.0 {
        y.ln_1p() - y
    } else {
        f64::NEG_INFINITY
    }
}

/// `x^a e^(−x)/Γ(a + 1)` for `a > 0`, `x > 0`.
pub(super) fn power_term(a: f64, x: f64) -> f64 {
    if x == f64::INFINITY {
        0.0
    } else if a >= STIRLING {
        (-stirling_error(a) - deviance(a, x)).exp() / (2.0 * PI * a).sqrt()
    } else if x < 700.0 {
        x.powf(a) * (-x).exp() / gamma(a + 1.0)
    } else {
        (a * x.ln() - x).exp() / gamma(a + 1.0)
    }
}

/// `ln Γ(a + 1) − (a + ½)·ln a + a − ½·ln 2π`, for `a > 0`.
pub(super) fn stirling_error(a: f64) -> f64 {
    if a < STIRLING {
        return ln_gamma(a + 1.0) - (a + 0.5) * a.ln() + a - 0.5 * (2.0 * PI).ln();
    }
    let square = a * a;
    let series = [1.0 / 1188.0, -1.0 / 1680.0, 1.0 / 1260.0, -1.0 / 360.0, 1.0 / 12.0];
    series.iter().fold(0.0, |sum, c| sum / square + c) / a
}

/// `a·ln(a/x) + x − a`, for `a > 0`, `x > 0`: zero at `x = a`, and exact near it.
pub(super) fn deviance(a: f64, x: f64) -> f64 {
    let total = a + x;
    let v =
        if total.is_finite() { (a - x) / total } else { (0.5 * a - 0.5 * x) / (0.5 * a + 0.5 * x) };
    if v.abs() >= 0.1 {
        return a * (a / x).ln() + x - a;
    }
    // (a − x)·v + 2·a·Σ_{j≥1} v^(2j+1)/(2j+1)
    let square = v * v;
    let series = (1..=9).rev().fold(0.0, |sum, j| square * (sum + f64::from(2 * j + 1).recip()));
    (a - x) * v + 2.0 * (a * v * series)
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    const ORDERS: [Order; 3] = [Order::Tail, Order::Loss, Order::Second];

    /// `(a, x, upper of order 0, 1, 2, lower of order 0, 1, 2)`, computed with 60 digits.
    const VALUES: [(f64, f64, [f64; 3], [f64; 3]); 33] = [
        (
            1e-10,
            1e-10,
            [2.244_863_524_002_411e-09, 9.999_999_976_551_365e-11, 4.999_999_999_5e-11],
            [0.999_999_997_755_136_5, 9.999_999_976_551_365e-11, 4.999_999_988_025_683e-21],
        ),
        (
            1e-10,
            0.015,
            [3.637_433_349_371_528_3e-10, 9.305_504_393_693_774e-11, 4.855_768_415_562_323e-11],
            [0.999_999_999_636_256_6, 0.014_999_999_993_055_043, 0.000_112_499_999_942_315_85],
        ),
        (
            0.01,
            0.005,
            [0.046_239_139_957_802_135, 0.009_721_704_516_483_961, 0.005_000_754_369_427_696],
            [0.953_760_860_042_197_8, 0.004_721_704_516_483_962, 1.174_563_057_230_405_2e-05],
        ),
        (
            0.015,
            0.019,
            [0.049_963_348_932_152_32, 0.013_786_400_396_330_611, 0.007_340_279_212_228_092],
            [0.950_036_651_067_847_7, 0.017_786_400_396_330_61, 0.000_167_720_787_771_908_25],
        ),
        (
            1e-10,
            0.5,
            [5.597_735_948_054_988e-11, 3.266_438_623_588_298e-11, 2.216_043_643_074_143_5e-11],
            [0.999_999_999_944_022_7, 0.499_999_999_932_664_36, 0.124_999_999_977_839_56],
        ),
        (
            0.001,
            0.03,
            [0.002_955_535_156_126_287, 0.000_881_895_611_154_297_6, 0.000_472_493_346_557_305_8],
            [0.997_044_464_843_873_8, 0.029_881_895_611_154_296, 0.000_448_006_653_442_694_2],
        ),
        (
            0.3,
            0.001_618_623_109_117_163_5,
            [0.837_982_746_275_625_5, 0.298_583_136_467_214_96, 0.194_515_581_040_432_07],
            [0.162_017_253_724_374_45, 0.000_201_759_576_332_162_2, 1.419_972_174_486_702_5e-07],
        ),
        (
            0.3,
            0.5,
            [0.186_188_195_325_607_35, 0.127_443_832_043_430_8, 0.097_524_581_648_774_16],
            [0.813_811_804_674_392_6, 0.327_443_832_043_430_8, 0.072_475_418_351_225_84],
        ),
        (
            0.3,
            9.0,
            [8.273_696_002_345_569e-06, 7.767_504_566_753_234e-06, 7.326_739_428_555_108e-06],
            [0.999_991_726_303_997_7, 8.700_007_767_504_566, 37.994_992_673_260_57],
        ),
        (
            0.7,
            0.7,
            [0.343_410_939_740_495_86, 0.298_036_383_606_914_65, 0.269_212_020_712_630_9],
            [0.656_589_060_259_504_1, 0.298_036_383_606_914_65, 0.080_787_979_287_369_1],
        ),
        (
            2.0,
            0.25,
            [0.973_500_978_839_256_1, 1.752_301_761_910_661, 2.531_102_544_982_066],
            [0.026_499_021_160_743_916, 0.002_301_761_910_660_953_6, 0.000_147_455_017_934_178_2],
        ),
        (
            2.0,
            2.5,
            [0.287_297_495_183_645_8, 0.369_382_493_807_544_57, 0.451_467_492_431_443_35],
            [0.712_702_504_816_354_2, 0.869_382_493_807_544_6, 0.673_532_507_568_556_6],
        ),
        (
            2.0,
            40.0,
            [1.741_825_244_669_551_4e-16, 1.784_308_787_222_467_3e-16, 1.826_792_329_775_383_4e-16],
            [0.999_999_999_999_999_8, 38.0, 723.0],
        ),
        (
            15.5,
            3.0,
            [0.999_999_709_386_982_6, 12.500_000_062_728_924, 85.874_999_987_500_7],
            [2.906_130_174_835_628_7e-07, 6.272_892_345_104_214e-08, 1.249_929_293_080_989_6e-08],
        ),
        (
            15.5,
            15.75,
            [0.441_233_090_933_825_5, 1.448_795_529_751_548_2, 4.018_008_914_760_706],
            [0.558_766_909_066_174_5, 1.698_795_529_751_548_2, 3.763_241_085_239_293_7],
        ),
        (
            15.5,
            60.0,
            [2.079_490_546_036_588_3e-12, 2.707_177_339_724_705_3e-12, 3.503_609_242_085_310_8e-12],
            [0.999_999_999_997_920_6, 44.500_000_000_002_71, 997.874_999_999_996_5],
        ),
        (
            16.5,
            16.0,
            [0.516_739_607_310_328_2, 1.858_299_041_491_730_9, 5.527_641_139_601_424],
            [0.483_260_392_689_671_8, 1.358_299_041_491_730_9, 2.847_358_860_398_576],
        ),
        (
            25.0,
            25.5,
            [0.434_093_934_981_063_7, 1.761_241_194_289_442, 5.975_007_969_580_922],
            [0.565_906_065_018_936_4, 2.261_241_194_289_442, 6.649_992_030_419_078],
        ),
        (
            150.0,
            60.0,
            [1.0, 90.0, 4_125.0],
            [1.339_206_924_619_056e-22, 8.707_631_369_134_932e-23, 5.564_850_090_077_381e-23],
        ),
        (
            150.0,
            150.0,
            [0.489_141_770_250_640_3, 4.883_311_418_525_483, 39.127_288_478_060_76],
            [0.510_858_229_749_359_7, 4.883_311_418_525_483, 35.872_711_521_939_24],
        ),
        (
            150.0,
            400.0,
            [4.071_147_763_561_617_6e-47, 6.457_902_190_817_994e-47, 1.022_072_995_548_325e-46],
            [1.0, 250.0, 31_325.0],
        ),
        (
            5_000.0,
            4_500.0,
            [0.999_999_999_999_873, 500.000_000_000_001_1, 127_499.999_999_999_99],
            [1.269_773_170_520_442_2e-13, 1.102_931_866_610_972_4e-12, 9.414_530_781_050_898e-12],
        ),
        (
            5_000.0,
            5_010.0,
            [0.441_944_721_053_657_6, 23.509_249_305_693_69, 1_001.279_904_363_790_7],
            [0.558_055_278_946_342_4, 33.509_249_305_693_69, 1_548.720_095_636_209_4],
        ),
        (
            5_000.0,
            6_000.0,
            [1.147_006_552_460_124_8e-40, 6.808_404_979_628_388e-40, 4.022_137_005_599_449_5e-39],
            [1.0, 1_000.0, 502_500.0],
        ),
        (
            20_000.0,
            18_000.0,
            [1.0, 2_000.0, 2_010_000.0],
            [7.719_940_948_087_348e-49, 6.883_424_549_824_821e-48, 6.108_059_117_888_043e-47],
        ),
        (
            20_000.0,
            20_000.0,
            [0.499_059_683_766_250_65, 56.418_723_276_272_25, 5_018.806_199_300_643],
            [0.500_940_316_233_749_3, 56.418_723_276_272_25, 4_981.193_800_699_357],
        ),
        (
            20_000.0,
            20_000.5,
            [0.497_649_236_253_278_9, 56.169_546_048_103_86, 4_990.659_161_353_878_5],
            [0.502_350_763_746_721_2, 56.669_546_048_103_86, 5_009.465_838_646_121_5],
        ),
        (
            20_000.0,
            21_000.0,
            [1.714_866_608_575_398_6e-12, 3.466_885_267_519_191e-11, 6.890_074_787_833_259e-10],
            [0.999_999_999_998_285_1, 1_000.000_000_000_034_7, 509_999.999_999_999_3],
        ),
        (
            1_000_000.0,
            996_000.0,
            [0.999_968_992_881_788_9, 4_000.006_968_524_592, 8_499_998.498_988_578],
            [3.100_711_821_108_297e-05, 0.006_968_524_592_365_096, 1.501_011_422_092_944],
        ),
        (
            1_000_000.0,
            1_000_000.0,
            [0.499_867_019_239_127_4, 398.942_247_156_244_04, 250_132.980_743_141_82],
            [0.500_132_980_760_872_5, 398.942_247_156_244_04, 249_867.019_256_858_18],
        ),
        (
            1_000_000.0,
            1_005_000.0,
            [2.987_490_140_114_635e-07, 5.598_842_968_727_969_4e-05, 0.010_178_299_537_404_806],
            [0.999_999_701_250_986, 5_000.000_055_988_429, 12_999_999.989_821_7],
        ),
        (
            1_000_000_000_000.0,
            999_995_000_000.0,
            [0.999_999_713_360_321_7, 5_000_000.053_459_178, 12_999_999_990_328.848],
            [2.866_396_783_250_204e-07, 0.053_459_177_520_870_73, 9_671.152_031_548_778],
        ),
        (
            1_000_000_000_000.0,
            1_000_008_000_000.0,
            [6.222_021_635_306_897e-16, 7.551_609_796_471_808e-11, 9.039_216_473_175_63e-06],
            [0.999_999_999_999_999_3, 8_000_000.0, 32_500_000_000_000.0],
        ),
    ];

    #[test]
    fn forty_digit_values_over_all_regimes() {
        for (a, x, upper_values, lower_values) in VALUES {
            for (i, order) in ORDERS.into_iter().enumerate() {
                assert_close!(
                    upper(order, a, x),
                    upper_values[i],
                    1e-12,
                    "upper {order:?} {a} {x}"
                );
                assert_close!(
                    lower(order, a, x),
                    lower_values[i],
                    1e-12,
                    "lower {order:?} {a} {x}"
                );
            }
        }
    }

    #[test]
    fn neighboring_regimes_agree() {
        for order in ORDERS {
            for a in [LARGE_SHAPE, SMALL, STIRLING] {
                let beside = a * (1.0 + 1e-15);
                for x in [a * 0.97, a, a * 1.03] {
                    assert_close!(upper(order, a, x), upper(order, beside, x), 2e-12);
                    assert_close!(lower(order, a, x), lower(order, beside, x), 2e-12);
                }
            }
        }
    }

    #[test]
    fn the_deviance_near_and_far_from_its_zero() {
        // a·ln(a/x) + x − a with 60 digits.
        for (a, x, expected) in [
            (16.0, 16.0, 0.0),
            (16.0, 16.001, 3.124_869_797_777_515e-08),
            (16.0, 19.5, 0.334_788_106_721_281_9),
            (16.0, 19.6, 0.352_946_496_052_955_36),
            (1_000_000.0, 999_000.0, 0.500_333_583_533_500_1),
            (1_000_000_000_000.0, 1_000_000_000_001.0, 4.999_999_999_996_667e-13),
            (25.0, 1.0, 56.471_895_621_705_016),
            (20.0, 700.0, 608.893_038_770_211_8),
        ] {
            assert_close!(deviance(a, x), expected, 1e-14, "{a} {x}");
        }
        for (a, x) in
            [(f64::MAX, f64::MAX), (f64::MAX, 1.3e308), (1.3e308, f64::MAX), (5e-324, 5e-324)]
        {
            assert!(deviance(a, x) >= 0.0, "{a} {x}");
        }
    }

    #[test]
    fn no_argument_gives_nan_or_hangs() {
        let points = [5e-324, 1e-300, 1e-9, 0.019, 0.5, 1.0, 15.9, 1e4, 1e7, 1e15, 1e300, f64::MAX];
        for a in &points[..10] {
            for x in points.iter().chain(&[0.0, f64::INFINITY]) {
                for order in [Order::Tail, Order::Loss] {
                    let (above, below) = (upper(order, *a, *x), lower(order, *a, *x));
                    assert!(above >= 0.0 && below >= 0.0, "{order:?} {a} {x}: {above} {below}");
                }
            }
        }
    }
}
