//! Quantiles and draws of normal errors.

use crate::Error;
use crate::moments::finite;
use omni_core::check;
use omni_core::rng::{self, Xoshiro256PlusPlus};
use statrs::distribution::{ContinuousCDF, Normal};

/// The quantiles of normal forecasts: per step the levels side by side.
pub(crate) fn quantiles(
    means: &[f64],
    standard_errors: &[f64],
    levels: &[f64],
) -> Result<Vec<f64>, Error> {
    check::levels("levels", levels)?;
    let normal = Normal::standard();
    let z: Vec<f64> = levels.iter().map(|level| normal.inverse_cdf(*level)).collect();
    let mut out = Vec::with_capacity(means.len().saturating_mul(levels.len()));
    for (mean, error) in means.iter().zip(standard_errors) {
        for z in &z {
            out.push(finite("quantile", mean + z * error)?);
        }
    }
    Ok(out)
}

/// A draw from the standard normal distribution.
pub(crate) fn draw(rng: &mut Xoshiro256PlusPlus) -> f64 {
    // In (0, 1): the ends have no quantile.
    let p = rng::uniform(rng).max(f64::EPSILON / 4.0);
    Normal::standard().inverse_cdf(p)
}

/// Paths kept at once are bounded, so that a mistaken count does not fill the memory.
pub(crate) fn check_paths(paths: usize, horizon: usize) -> Result<usize, Error> {
    let most = 100_000_000 / horizon.max(1);
    if (1..=most).contains(&paths) {
        Ok(paths)
    } else {
        let rule = "at least 1, and at most 100,000,000 values in all";
        Err(omni_core::error::ParamError::new("paths", rule, paths).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_two_steps() {
        let got = quantiles(&[1.0, 2.0], &[1.0, 2.0], &[0.025, 0.5, 0.975]).unwrap();
        let z = 1.959_963_984_540_054;
        for (got, expected) in
            got.iter().zip([1.0 - z, 1.0, 1.0 + z, 2.0 - 2.0 * z, 2.0, 2.0 + 2.0 * z])
        {
            assert!((got - expected).abs() < 1e-12, "{got} {expected}");
        }
        assert!(quantiles(&[1.0], &[1.0], &[0.5, 0.5]).is_err());
        assert!(quantiles(&[1.0], &[f64::MAX], &[0.01]).is_err());
    }

    #[test]
    fn draws_are_standard_normal() {
        let mut rng = rng::stream(1, 1);
        let draws: Vec<f64> = (0..100_000).map(|_| draw(&mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|v| v * v).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
        assert!(check_paths(0, 1).is_err() && check_paths(usize::MAX, 1).is_err());
        assert!(check_paths(1_000, 100_000).is_ok());
    }
}
