//! Simple exponential smoothing: a level that follows the series at its own pace.
//!
//! ```text
//! ℓ_t = ℓ_{t−1} + α (y_t − ℓ_{t−1})  =  α y_t + (1 − α) ℓ_{t−1}
//! ŷ_{t+h|t} = ℓ_t                          the same for every step h ≥ 1
//! e_t = y_t − ℓ_{t−1}                      the one-step error
//! σ² = mean of e_t²
//! σ_h = σ √(1 + (h−1) α²)
//! ```
//!
//! `y` (length n), `ℓ` and `σ` are in the unit of the series; the weight `α` is in
//! `(0, 1]`. The start `ℓ₀` is [named](Start): the first value, so that `ℓ₁ = y₁` and the
//! errors run from t = 2 (as Nixtla's implementation and R's `initial = "simple"` do), or
//! the value of least squared errors from t = 1 (as R's `initial = "optimal"`). Errors
//! are linear in `ℓ₀`, so the second has a closed form:
//!
//! ```text
//! u_t = e_t for ℓ₀ = 0,  c_t = (1 − α)^{t−1}      ℓ₀ = Σ u_t c_t / Σ c_t²
//! ```
//!
//! An optimized `α` minimizes `Σ e_t²` over `[0.0001, 1]`. The sum may have several
//! minima: 32 weights are tried, dense near 0, and each that is lower than its neighbors
//! is refined; the lowest wins, the smallest of equals. Where the series cannot tell
//! (two values, or a constant), that is 0.0001.
//! O(n) time and O(1) memory for a given `α`; about 20 passes and O(n) memory to find it.
//!
//! Sources: Brown (1956), "Exponential Smoothing for Predicting Demand", Arthur D. Little;
//! Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential Smoothing",
//! Springer, chapters 2, 5 and 6.
//!
//! Limits: neither trend nor season, and no missing value; `σ_h` holds where the errors are
//! independent and is too narrow where they are not.

use crate::forecaster::{check_horizon, flat};
use crate::moments::{finite, grown, magnitude};
use crate::{Error, Forecaster};
use omni_core::check;
use omni_core::numeric::{Limits, minimize::brent};

/// The smallest weight an optimization tries, as in R.
const SMALLEST_ALPHA: f64 = 1e-4;

/// Weights tried before refining, and how many of them run through the data at once.
const GRID: usize = 32;
const LANES: usize = 8;

/// The level before the first value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Start {
    /// The first value itself.
    #[default]
    FirstValue,
    /// The level of least squared one-step errors.
    LeastSquares,
}

/// Settings of simple exponential smoothing; checked by [`fit`](Ses::fit).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias(
    "SimpleExponentialSmoothing",
    "SimpleExponentialSmoothingOptimized",
    "SimpleExpSmoothing"
))]
pub struct Ses {
    alpha: Option<f64>,
    start: Start,
}

impl Ses {
    /// A given weight `alpha` in `(0, 1]`.
    #[must_use]
    pub const fn new(alpha: f64) -> Self {
        Self { alpha: Some(alpha), start: Start::FirstValue }
    }

    /// The weight of least squared one-step errors.
    #[must_use]
    pub const fn optimized() -> Self {
        Self { alpha: None, start: Start::FirstValue }
    }

    /// Starts the level at `start` instead of the first value.
    #[must_use]
    pub const fn with_start(self, start: Start) -> Self {
        Self { start, ..self }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if `alpha` is outside `(0, 1]` or NaN, [`Error::Data`] if `y` is
    /// empty (or has one value and `alpha` is to be found), an entry is not finite or the
    /// errors overflow.
    ///
    /// # Examples
    /// A forecast of 1000 pieces, then a demand of 1200, smoothed with 0.2: the new
    /// forecast is 1040. The example of the source document prints 1080, which takes a
    /// weight of 0.4, feeds an expected demand as if it were observed, and calls this
    /// number of pieces a market share.
    /// ```
    /// use omni_forecast::smoothing::Ses;
    ///
    /// let fit = Ses::new(0.2).fit(&[1000.0, 1200.0])?;
    /// assert_eq!(fit.mean(), 1040.0);
    /// assert_eq!(Ses::new(0.4).fit(&[1000.0, 1200.0])?.mean(), 1080.0);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    /// The weight found by least squares:
    /// ```
    /// use omni_forecast::smoothing::Ses;
    ///
    /// let y = [12.0, 15.0, 11.0, 14.0, 21.0, 24.0, 20.0, 23.0];
    /// let fit = Ses::optimized().fit(&y)?;
    /// assert!(fit.sigma <= Ses::new(0.5).fit(&y)?.sigma);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<SesFit, Error> {
        let given = self.alpha.map(|alpha| check::weight("alpha", alpha)).transpose()?;
        check::all_finite("y", y)?;
        check::min_len("y", y, if given.is_some() { 1 } else { 2 })?;
        let scale = magnitude(y.iter().copied());
        let alpha = match given {
            Some(alpha) => alpha,
            None => best_alpha(&centered(y, scale, self.start), self.start)?,
        };
        let center = center(y, scale, self.start);
        let start = match self.start {
            Start::FirstValue => center * scale,
            Start::LeastSquares => {
                (center + best_start(&centered(y, scale, self.start), alpha)) * scale
            }
        };
        let mut level = start;
        let mut squares = 0.0;
        for &value in y {
            let error = value - level;
            squares += (error / scale) * (error / scale);
            level += alpha * error;
        }
        let errors = match self.start {
            // The first value was taken, not forecast.
            Start::FirstValue => y.len() - 1,
            Start::LeastSquares => y.len(),
        };
        let sigma = scale * (squares / errors as f64).sqrt();
        let sigma = if errors == 0 { None } else { Some(finite("y", sigma)?) };
        Ok(SesFit { alpha, start: finite("y", start)?, level: finite("y", level)?, sigma })
    }
}

impl Forecaster for Ses {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// What [`Ses::fit`] learned.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SesFit {
    /// The weight, given or found.
    pub alpha: f64,
    /// The level before the first value.
    pub start: f64,
    /// The level after the last value.
    pub level: f64,
    /// Root mean square of the one-step errors; `None` if there is none.
    pub sigma: Option<f64>,
}

impl SesFit {
    /// Forecast mean of any coming period.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.level
    }

    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON).
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        flat(self.mean(), horizon)
    }

    /// Standard error of the forecast `step` periods ahead (from 1), `None` without [`sigma`](Self::sigma).
    ///
    /// # Errors
    /// [`Error::Param`] if `step` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if the standard error overflows.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::smoothing::Ses;
    ///
    /// let fit = Ses::new(0.5).fit(&[4.0, 8.0])?; // 4 was forecast, 8 came
    /// assert_eq!((fit.level, fit.sigma), (6.0, Some(4.0)));
    /// assert_eq!(fit.standard_error(6)?, Some(6.0)); // 4·√(1 + 5·0.5²)
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn standard_error(&self, step: usize) -> Result<Option<f64>, Error> {
        let step = check_horizon(step)?;
        let growth = (1.0 + (step - 1) as f64 * self.alpha * self.alpha).sqrt();
        grown(self.sigma, growth)
    }
}

/// What the values are centered at, in units of `scale`: near where the level starts,
/// so that little cancels in the sums.
fn center(y: &[f64], scale: f64, start: Start) -> f64 {
    match start {
        Start::FirstValue => y.first().map_or(0.0, |first| first / scale),
        Start::LeastSquares => y.iter().map(|v| v / scale).sum::<f64>() / y.len() as f64,
    }
}

fn centered(y: &[f64], scale: f64, start: Start) -> Vec<f64> {
    let center = center(y, scale, start);
    y.iter().map(|v| v / scale - center).collect()
}

/// The weight in `[SMALLEST_ALPHA, 1]` of least squared errors.
fn best_alpha(z: &[f64], start: Start) -> Result<f64, Error> {
    let loss = |alpha: f64| {
        let [loss] = squared_errors(z, [alpha], start);
        loss
    };
    let mut weights = [0.0; GRID];
    for (k, weight) in weights.iter_mut().enumerate() {
        let share = k as f64 / (GRID - 1) as f64;
        *weight = SMALLEST_ALPHA + (1.0 - SMALLEST_ALPHA) * share * share;
    }
    let mut losses = [0.0; GRID];
    for (weights, losses) in weights.as_chunks().0.iter().zip(losses.as_chunks_mut().0) {
        *losses = squared_errors::<LANES>(z, *weights, start);
    }
    let tried: Vec<(f64, f64)> = weights.into_iter().zip(losses).collect();
    // The errors change with the square of what the weight is off.
    let limits = Limits::BRENT.with_tolerance(1e-7);
    let mut best = (SMALLEST_ALPHA, f64::INFINITY);
    let mut keep = |alpha: f64, loss: f64| {
        if loss < best.1 {
            best = (alpha, loss);
        }
    };
    for (k, middle) in tried.iter().enumerate() {
        keep(middle.0, middle.1);
        // At an end of the range the search goes to one side only.
        let below = tried.get(k.saturating_sub(1)).unwrap_or(middle);
        let above = tried.get(k + 1).unwrap_or(middle);
        let lowest = middle.1 <= below.1 && middle.1 <= above.1;
        let flat = middle.1 == below.1 && middle.1 == above.1;
        if lowest && !flat {
            let refined = brent(loss, below.0, above.0, limits)?;
            keep(refined.x, refined.value);
        }
    }
    Ok(best.0)
}

/// `Σ e_t²` for several weights in one pass over the centered values.
fn squared_errors<const N: usize>(z: &[f64], alpha: [f64; N], start: Start) -> [f64; N] {
    let mut squares = [0.0; N];
    match start {
        Start::FirstValue => {
            let mut level = [0.0; N];
            for &value in z {
                for ((level, squares), alpha) in level.iter_mut().zip(&mut squares).zip(&alpha) {
                    let error = value - *level;
                    *squares += error * error;
                    *level += alpha * error;
                }
            }
        }
        Start::LeastSquares => {
            let (of_zero, cross, pulls) = start_sums(z, alpha);
            for k in 0..N {
                squares[k] = (of_zero[k] - cross[k] * cross[k] / pulls[k]).max(0.0);
            }
        }
    }
    squares
}

/// `Σ u_t²`, `Σ u_t c_t` and `Σ c_t²` for several weights.
fn start_sums<const N: usize>(z: &[f64], alpha: [f64; N]) -> ([f64; N], [f64; N], [f64; N]) {
    let (mut level, mut pull) = ([0.0; N], [1.0; N]);
    let (mut squares, mut cross, mut pulls) = ([0.0; N], [0.0; N], [0.0; N]);
    for &value in z {
        for k in 0..N {
            let error = value - level[k];
            squares[k] += error * error;
            cross[k] += error * pull[k];
            pulls[k] += pull[k] * pull[k];
            level[k] += alpha[k] * error;
            // A pull that no longer counts would slow everything as a subnormal number.
            pull[k] = if pull[k] > 1e-100 { pull[k] - alpha[k] * pull[k] } else { 0.0 };
        }
    }
    (squares, cross, pulls)
}

/// The start of least squared errors, from the same center.
fn best_start(z: &[f64], alpha: f64) -> f64 {
    let (_, [cross], [pulls]) = start_sums(z, [alpha]);
    cross / pulls
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::{DataError, ParamError};

    #[test]
    fn cases_by_hand() {
        let cases: [(&[f64], f64, f64, Option<f64>); 4] = [
            (&[5.0], 0.3, 5.0, None),
            (&[1000.0, 1200.0], 0.2, 1040.0, Some(200.0)),
            (&[4.0, 8.0, 2.0], 0.5, 4.0, Some(4.0)),
            (&[4.0, 8.0, 2.0], 1.0, 2.0, Some(26.0_f64.sqrt())),
        ];
        for (y, alpha, level, sigma) in cases {
            let fit = Ses::new(alpha).fit(y).unwrap();
            assert_eq!((fit.start, fit.level, fit.sigma), (y[0], level, sigma), "{y:?}");
        }
    }

    #[test]
    fn standard_error_grows_with_the_weight() {
        let fit = Ses::new(0.5).fit(&[4.0, 8.0, 2.0]).unwrap();
        assert_eq!(fit.standard_error(1), Ok(Some(4.0)));
        assert_eq!(fit.standard_error(13), Ok(Some(8.0)));
        assert!(fit.standard_error(0).is_err());
        assert_eq!(Ses::new(0.5).fit(&[4.0]).unwrap().standard_error(1), Ok(None));
    }

    #[test]
    fn the_start_of_least_squares() {
        // With a weight near 0 the level hardly moves: the best one is the mean.
        let fit = Ses::new(1e-12).with_start(Start::LeastSquares).fit(&[1.0, 2.0, 6.0]).unwrap();
        assert!((fit.start - 3.0).abs() < 1e-9, "{fit:?}");
        // With a weight of 1 it counts for the first value only.
        let fit = Ses::new(1.0).with_start(Start::LeastSquares).fit(&[1.0, 2.0, 6.0]).unwrap();
        assert!((fit.start - 1.0).abs() < 1e-12, "{fit:?}");
    }

    #[test]
    fn the_lower_of_two_minima_wins() {
        // Both series have a minimum near 0.1 and one near 0.9; one unit decides which is lower.
        for (seventh, expected) in [(6.0, 0.91..0.92), (5.0, 0.13..0.14)] {
            let y = [6.0, 1.0, 3.0, 2.0, 9.0, 8.0, seventh, 3.0, 0.0];
            let found = Ses::optimized().fit(&y).unwrap();
            assert!(expected.contains(&found.alpha), "{found:?}");
            for k in 1..=10_000 {
                let tried = Ses::new(f64::from(k) * 1e-4).fit(&y).unwrap();
                assert!(
                    found.sigma <= tried.sigma.map(|s| s * (1.0 + 1e-9)),
                    "{found:?} {tried:?}"
                );
            }
        }
    }

    #[test]
    fn a_series_that_cannot_tell_gets_the_smallest_weight() {
        for y in [&[3.0, 3.0, 3.0][..], &[0.0, 0.0], &[1.0, 5.0]] {
            assert_eq!(Ses::optimized().fit(y).unwrap().alpha, SMALLEST_ALPHA, "{y:?}");
        }
    }

    #[test]
    fn a_minimum_beside_an_end_of_the_range_is_found() {
        // Least squared errors at 0.972, where 1 is the best weight of the grid.
        let y = [0.0, 2.0, 5.0, 4.0, 8.0];
        let found = Ses::optimized().fit(&y).unwrap();
        assert!((0.97..0.975).contains(&found.alpha), "{found:?}");
        assert!(found.sigma < Ses::new(1.0).fit(&y).unwrap().sigma);
    }

    #[test]
    fn a_trend_takes_the_largest_weight() {
        let y: Vec<f64> = (0..30).map(f64::from).collect();
        for start in [Start::FirstValue, Start::LeastSquares] {
            assert_eq!(Ses::optimized().with_start(start).fit(&y).unwrap().alpha, 1.0);
        }
    }

    #[test]
    fn errors() {
        for bad in [0.0, -0.1, 1.1, f64::NAN] {
            let expected = ParamError::new("alpha", "in (0, 1]", bad);
            assert_eq!(Ses::new(bad).fit(&[1.0]), Err(expected.into()));
        }
        let short = |needed, got| Err(DataError::TooShort { name: "y", needed, got }.into());
        assert_eq!(Ses::new(0.1).fit(&[]), short(1, 0));
        assert_eq!(Ses::optimized().fit(&[1.0]), short(2, 1));
        assert_eq!(
            Ses::new(0.1).fit(&[1.0, f64::NAN]),
            Err(DataError::entry("y", 1, "finite", f64::NAN).into())
        );
        assert_eq!(
            Ses::new(0.5).fit(&[f64::MAX, f64::MIN]),
            Err(DataError::Overflow { name: "y" }.into())
        );
    }
}
