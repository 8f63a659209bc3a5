//! The Box–Cox transformation: a series whose swings grow with its level made even.
//!
//! ```text
//! z = (sign(y) |y|^λ − 1) / λ      λ ≠ 0
//! z = ln y                         λ = 0
//! ```
//!
//! `λ ≤ 0` needs values above 0. [Guerrero's](BoxCox::guerrero) `λ` makes the spread within
//! a season grow as `mean^(1 − λ)` from season to season: it minimizes the coefficient of
//! variation of `s_i / m_i^(1 − λ)`, with `m_i` and `s_i` the mean and the standard deviation
//! of the i-th season, over `[−1, 2]`, or `[0, 2]` if a value is not positive, as R does.
//! A forecast transformed back is the median, not the mean. O(n) time.
//!
//! Sources: Box & Cox (1964), "An analysis of transformations", JRSS B 26(2), 211–252;
//! Bickel & Doksum (1981), JASA 76, 296–311 (the sign); Guerrero (1993), "Time-series
//! analysis supported by power transformations", Journal of Forecasting 12(1), 37–48.

use crate::Error;
use crate::moments::{finite, magnitude};
use omni_core::check;
use omni_core::numeric::{Limits, minimize::brent};

/// A Box–Cox transformation.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BoxCox {
    lambda: f64,
}

impl BoxCox {
    /// A given `λ`; 0 is the logarithm, 1 changes nothing but the level.
    #[must_use]
    pub const fn new(lambda: f64) -> Self {
        Self { lambda }
    }

    /// Guerrero's `λ` for a season of so many periods; a season of 1 counts as 2, and a
    /// series of not more than two seasons, or without spread, gets 1.
    ///
    /// # Errors
    /// [`Error::Param`] if the season is 0, [`Error::Data`] if an entry is not finite.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::decompose::BoxCox;
    ///
    /// // Swings that are a third of the level: even as logarithms.
    /// let y = [3.0, 6.0, 30.0, 60.0, 300.0, 600.0];
    /// assert!(BoxCox::guerrero(&y, 2)?.lambda().abs() < 1e-6);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn guerrero(y: &[f64], season: usize) -> Result<Self, Error> {
        check::at_least_one("season", season)?;
        check::all_finite("y", y)?;
        if y.len() <= season.saturating_mul(2) {
            return Ok(Self::new(1.0));
        }
        let period = season.max(2);
        let scale = magnitude(y.iter().copied());
        let whole = y.get(y.len() % period..).unwrap_or_default();
        let seasons: Vec<(f64, f64)> = whole
            .chunks_exact(period)
            .map(|values| {
                let mean = values.iter().map(|v| v / scale).sum::<f64>() / period as f64;
                let squares: f64 = values.iter().map(|v| (v / scale - mean).powi(2)).sum();
                (mean, (squares / (period - 1) as f64).sqrt())
            })
            .collect();
        let count = seasons.len() as f64;
        let variation = |lambda: f64| {
            let ratio = |(mean, spread): &(f64, f64)| spread / mean.powf(1.0 - lambda);
            let average = seasons.iter().map(ratio).sum::<f64>() / count;
            let squares: f64 = seasons.iter().map(|s| (ratio(s) - average).powi(2)).sum();
            (squares / (count - 1.0)).sqrt() / average
        };
        let lowest = if y.iter().all(|v| *v > 0.0) { -1.0 } else { 0.0 };
        // A mean that is not positive, or no spread at all, has no such ratio.
        if !variation(1.0).is_finite() || !variation(0.5).is_finite() {
            return Ok(Self::new(1.0));
        }
        let best = brent(variation, lowest, 2.0, Limits::BRENT)?;
        Ok(Self::new(best.x))
    }

    /// The `λ`.
    #[must_use]
    pub const fn lambda(&self) -> f64 {
        self.lambda
    }

    /// The values transformed.
    ///
    /// # Errors
    /// [`Error::Param`] if `λ` is not in `[−10, 10]`, [`Error::Data`] if a value is not finite,
    /// not positive for `λ ≤ 0`, or the result overflows.
    pub fn transform(&self, y: &[f64]) -> Result<Vec<f64>, Error> {
        let lambda = self.checked()?;
        if lambda > 0.0 {
            check::all_finite("y", y)?;
        } else {
            check::all_positive("y", y)?;
        }
        let of = |v: f64| {
            if lambda == 0.0 { v.ln() } else { (v.signum() * v.abs().powf(lambda) - 1.0) / lambda }
        };
        y.iter().map(|v| finite("y", of(*v))).collect()
    }

    /// The values transformed back.
    ///
    /// # Errors
    /// As [`transform`](Self::transform); a value that no positive one leads to overflows.
    pub fn inverse(&self, z: &[f64]) -> Result<Vec<f64>, Error> {
        let lambda = self.checked()?;
        check::all_finite("z", z)?;
        let of = |v: f64| {
            let base = lambda * v + 1.0;
            if lambda == 0.0 {
                v.exp()
            } else if lambda < 0.0 && base <= 0.0 {
                f64::INFINITY
            } else {
                base.signum() * base.abs().powf(1.0 / lambda)
            }
        };
        z.iter().map(|v| finite("z", of(*v))).collect()
    }

    fn checked(self) -> Result<f64, Error> {
        let lambda = self.lambda;
        if (-10.0..=10.0).contains(&lambda) {
            Ok(lambda)
        } else {
            Err(omni_core::error::ParamError::new("lambda", "in [-10, 10]", lambda).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let y = [0.5, 1.0, 7.0, 1_000.0];
        for lambda in [-1.0, -0.3, 0.0, 0.5, 1.0, 2.0] {
            let map = BoxCox::new(lambda);
            let back = map.inverse(&map.transform(&y).unwrap()).unwrap();
            for (back, y) in back.iter().zip(y) {
                assert!((back / y - 1.0).abs() < 1e-9, "{lambda} {back} {y}");
            }
        }
        assert_eq!(BoxCox::new(1.0).transform(&[-3.0, 0.0, 5.0]).unwrap(), [-4.0, -1.0, 4.0]);
        let signed = BoxCox::new(0.5);
        let back = signed.inverse(&signed.transform(&[-4.0, 9.0]).unwrap()).unwrap();
        assert!((back[0] + 4.0).abs() < 1e-12 && (back[1] - 9.0).abs() < 1e-12);
    }

    #[test]
    fn errors() {
        assert!(BoxCox::new(f64::NAN).transform(&[1.0]).is_err());
        assert!(BoxCox::new(0.0).transform(&[0.0]).is_err());
        assert!(BoxCox::new(2.0).transform(&[1e300]).is_err());
        assert!(BoxCox::new(-1.0).inverse(&[1.0]).is_err());
        assert!(BoxCox::new(0.0).inverse(&[1e4]).is_err());
        assert!(BoxCox::guerrero(&[1.0], 0).is_err());
        assert!(BoxCox::guerrero(&[f64::NAN; 9], 2).is_err());
    }

    #[test]
    fn series_that_cannot_tell_are_left_as_they_are() {
        for y in [&[][..], &[1.0; 4], &[5.0; 20], &[0.0; 20], &[-1.0, 1.0, -1.0, 1.0, -1.0, 1.0]] {
            assert_eq!(BoxCox::guerrero(y, 2).unwrap(), BoxCox::new(1.0), "{y:?}");
        }
    }
}
