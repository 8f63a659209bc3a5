//! Diebold–Mariano: is one forecast better than another, or was it luck?
//!
//! ```text
//! d_t = L(a_t) − L(b_t)              loss differences of h-step forecasts, t = 1..n
//! V   = 1/n (γ₀ + 2 Σ_{k=1..h−1} γ_k)        γ_k = 1/n Σ (d_t − d̄)(d_{t−k} − d̄)
//! DM  = d̄ / √V · √((n + 1 − 2h + h(h−1)/n) / n)        against Student's t, n − 1 degrees
//! ```
//!
//! Errors of h-step forecasts overlap, so the h − 1 first autocovariances count. Their sum
//! may be below zero in a small sample; then they are weighted by `1 − k/h` (Bartlett),
//! which cannot happen to, and the result says so. The last factor is the small-sample
//! correction of Harvey, Leybourne & Newbold. O(n h) time.
//!
//! Sources: Diebold & Mariano (1995), "Comparing predictive accuracy", Journal of Business
//! & Economic Statistics 13(3), 253–263; Harvey, Leybourne & Newbold (1997), "Testing the
//! equality of prediction mean squared errors", International Journal of Forecasting
//! 13(2), 281–291; Newey & West (1987), Econometrica 55(3), 703–708.
//!
//! Limits: it compares forecasts, not methods: nested models and weights found on the same
//! data make it too ready. One test per comparison: of twenty, one is significant by chance.

use crate::Error;
use crate::moments::{finite, magnitude};
use omni_core::check;
use omni_core::error::{DataError, ParamError};
use statrs::function::beta::checked_beta_reg;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DieboldMariano {
    /// The mean of loss a less loss b: below zero if a was better.
    pub mean_difference: f64,
    /// The corrected statistic.
    pub statistic: f64,
    /// How likely a difference at least as large is, either way, if both are equally good.
    pub p_value: f64,
    /// How likely a lead of a at least as large is, if a is not better.
    pub p_a_better: f64,
    /// Whether the autocovariances had to be weighted to keep the variance above zero.
    pub bartlett: bool,
}

/// Compares two columns of losses (say squared or absolute errors, or pinball losses) of
/// forecasts `horizon` steps ahead of the same periods, oldest first.
///
/// # Errors
/// [`Error::Param`] if `horizon` is 0 or not below the number of periods; [`Error::Data`] if
/// the lengths differ, there are fewer than two, an entry is not finite, the difference
/// never changes (it is no sample then), or a sum overflows.
///
/// # Examples
/// ```
/// use omni_forecast::eval::diebold_mariano;
///
/// let absolute_a = [1.0, 2.0, 1.0, 3.0, 2.0, 1.0, 2.0, 1.0];
/// let absolute_b = [2.0, 4.0, 1.0, 5.0, 3.0, 3.0, 3.0, 2.0];
/// let test = diebold_mariano(&absolute_a, &absolute_b, 1)?;
/// assert_eq!(test.mean_difference, -1.25);
/// assert!(test.p_a_better < 0.01 && test.p_value < 0.01);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn diebold_mariano(a: &[f64], b: &[f64], horizon: usize) -> Result<DieboldMariano, Error> {
    check::same_len("b", b, a.len())?;
    check::min_len("a", a, 2)?;
    check::all_finite("a", a)?;
    check::all_finite("b", b)?;
    check::at_least_one("horizon", horizon)?;
    if horizon >= a.len() {
        return Err(ParamError::new("horizon", "below the number of periods", horizon).into());
    }
    let unit = magnitude(a.iter().chain(b).copied());
    let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a / unit - b / unit).collect();
    let n = difference.len() as f64;
    let center = difference.iter().sum::<f64>() / n;
    let centered: Vec<f64> = difference.iter().map(|d| d - center).collect();
    if centered.iter().all(|d| d.abs() <= 4.0 * f64::EPSILON) {
        return Err(DataError::entry(
            "b",
            0,
            "other than a by more than a constant",
            center * unit,
        )
        .into());
    }
    let autocovariance = |lag: usize| -> f64 {
        centered.iter().zip(centered.iter().skip(lag)).map(|(x, y)| x * y).sum::<f64>() / n
    };
    let h = horizon as f64;
    let variance = |weight: &dyn Fn(f64) -> f64| {
        let later = (1..horizon).map(|lag| weight(lag as f64) * autocovariance(lag));
        (autocovariance(0) + 2.0 * later.sum::<f64>()) / n
    };
    let mut used = variance(&|_| 1.0);
    // Rounding must not pass for a variance.
    let bartlett = used <= 1e-12 * autocovariance(0) / n;
    if bartlett {
        used = variance(&|lag| 1.0 - lag / h);
    }
    // At least 1/n for any horizon below n: (n − h)² + n − h is positive.
    let correction = ((n + 1.0 - 2.0 * h + h * (h - 1.0) / n) / n).sqrt();
    let statistic = finite("a", center / used.sqrt() * correction)?;
    let both = tails(statistic, n - 1.0)?;
    let p_a_better = if statistic < 0.0 { both / 2.0 } else { 1.0 - both / 2.0 };
    Ok(DieboldMariano {
        mean_difference: finite("a", center * unit)?,
        statistic,
        p_value: both,
        p_a_better,
        bartlett,
    })
}

/// The probability that Student's t is at least as far from zero.
fn tails(t: f64, freedom: f64) -> Result<f64, Error> {
    let at = freedom / (freedom + t * t);
    if at <= 0.0 {
        return Ok(0.0);
    }
    let p = checked_beta_reg(freedom / 2.0, 0.5, at.min(1.0));
    p.map_or_else(|_| Err(DataError::Overflow { name: "a" }.into()), |p| Ok(p.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_tails() {
        // t with 7 degrees: 2.364624 leaves 5 %, 3.499483 leaves 1 %.
        for (t, expected) in [(2.364_624_251_592_785, 0.05), (3.499_483_297_350_493_6, 0.01)] {
            assert!((tails(t, 7.0).unwrap() - expected).abs() < 1e-12);
            assert!((tails(-t, 7.0).unwrap() - expected).abs() < 1e-12);
        }
        // One degree is Cauchy: half lies beyond 1.
        assert!((tails(1.0, 1.0).unwrap() - 0.5).abs() < 1e-14);
        assert_eq!(tails(0.0, 3.0).unwrap(), 1.0);
        assert_eq!(tails(1e200, 3.0).unwrap(), 0.0);
    }

    #[test]
    fn one_step_by_hand() {
        // d = 1, −1, 3, 1: mean 1, γ₀ = 2, V = 1/2, factor √(3/4).
        let test = diebold_mariano(&[2.0, 0.0, 4.0, 2.0], &[1.0; 4], 1).unwrap();
        let expected = 1.0 / 0.5_f64.sqrt() * 0.75_f64.sqrt();
        assert!((test.statistic - expected).abs() < 1e-14);
        assert!(!test.bartlett && test.p_a_better > 0.5);
    }

    #[test]
    fn exchanging_the_forecasts_mirrors_the_test() {
        let (a, b) = ([1.0, 4.0, 2.0, 8.0, 5.0], [3.0, 3.0, 3.0, 2.0, 9.0]);
        for horizon in 1..5 {
            let (one, two) = (diebold_mariano(&a, &b, horizon), diebold_mariano(&b, &a, horizon));
            let (one, two) = (one.unwrap(), two.unwrap());
            assert_eq!(one.statistic, -two.statistic);
            assert_eq!(one.p_value, two.p_value);
            assert!((one.p_a_better + two.p_a_better - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn a_variance_below_zero_is_guarded_against() {
        // Alternating differences: γ₁ is near −γ₀.
        let a = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -0.9];
        let test = diebold_mariano(&a, &[0.0; 8], 2).unwrap();
        assert!(test.bartlett && test.statistic.is_finite() && test.p_value > 0.0);
    }

    #[test]
    fn equal_forecasts_are_wrongly_rejected_about_as_often_as_said() {
        use omni_core::rng;
        let mut stream = rng::stream(17, 0);
        let mut draw = |_| rng::uniform(&mut stream) + rng::uniform(&mut stream);
        let runs = 2_000;
        let rejected = (0..runs)
            .filter(|_| {
                let a: Vec<f64> = (0..40).map(&mut draw).collect();
                let b: Vec<f64> = (0..40).map(&mut draw).collect();
                diebold_mariano(&a, &b, 1).unwrap().p_value < 0.05
            })
            .count();
        // 100 expected, standard deviation 9.7.
        assert!((60..=140).contains(&rejected), "{rejected}");
    }

    #[test]
    fn errors() {
        let constant = diebold_mariano(&[1.0, 2.0], &[0.0, 1.0], 1).unwrap_err().to_string();
        assert_eq!(constant, "b[0] must be other than a by more than a constant, got 1");
        assert!(diebold_mariano(&[1.0], &[1.0], 1).is_err());
        assert!(diebold_mariano(&[1.0, 2.0], &[1.0], 1).is_err());
        assert!(diebold_mariano(&[1.0, 2.0], &[2.0, 1.0], 0).is_err());
        assert!(diebold_mariano(&[1.0, 2.0], &[2.0, 1.0], 2).is_err());
        assert!(diebold_mariano(&[1.0, f64::NAN], &[2.0, 1.0], 1).is_err());
        for unit in [1e300, 1e-300] {
            let (a, b) = ([unit, 2.0 * unit, 5.0 * unit], [3.0 * unit, 0.0, unit]);
            assert!(diebold_mariano(&a, &b, 1).unwrap().statistic.is_finite());
        }
    }
}
