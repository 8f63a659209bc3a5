//! Croston's method: demand size and time between demands, smoothed apart; and its
//! correction by Syntetos and Boylan (SBA).
//!
//! ```text
//! at the k-th period with demand, t_k:
//!   z_k = z_{k−1} + α (y_{t_k} − z_{k−1})            size
//!   x_k = x_{k−1} + α (t_k − t_{k−1} − x_{k−1})      interval
//! ŷ_{n+h|n} = c · z / x      the same for every step h ≥ 1;  c = 1, or 1 − α/2 (SBA)
//! ```
//!
//! `y` (length n) and `z` are in units of stock, `x` in periods. Start: `z₁ = y_{t₁}`
//! and `x₁ = t₁`, the position of the first demand counted from 1, as Nixtla's
//! implementation does.
//!
//! Optimized, sizes and intervals each have a weight of their own, that of least squared
//! one-step errors in `[0.1, 0.3]`, the range such demand is smoothed with.
//! O(n) time, O(1) memory; O(n) memory to find weights.
//!
//! Sources: Croston (1972), "Forecasting and stock control for intermittent demands",
//! Operational Research Quarterly 23(3), 289–303; Syntetos & Boylan (2005), "The accuracy
//! of intermittent demand estimates", International Journal of Forecasting 21(2), 303–314.
//!
//! Limits: nothing is learned from the periods after the last demand, so an item that
//! died out keeps its forecast; [`Tsb`](super::Tsb) reacts. A mean, not a distribution.

use crate::forecaster::flat;
use crate::moments::{finite, magnitude};
use crate::{Error, Forecaster};
use omni_core::check;
use omni_core::numeric::{Limits, minimize::brent};

/// Settings of Croston's method; checked by [`fit`](Croston::fit).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("CrostonClassic", "CrostonSBA", "SBA", "Syntetos-Boylan approximation"))]
pub struct Croston {
    alpha: Option<f64>,
    corrected: bool,
}

/// The range of an optimized weight.
const WEIGHTS: (f64, f64) = (0.1, 0.3);

impl Croston {
    /// The classic method; weight `alpha` in `(0, 1]` for sizes and intervals.
    #[must_use]
    pub const fn new(alpha: f64) -> Self {
        Self { alpha: Some(alpha), corrected: false }
    }

    /// The method corrected by `1 − alpha/2`, nearly unbiased (SBA).
    #[must_use]
    pub const fn sba(alpha: f64) -> Self {
        Self { alpha: Some(alpha), corrected: true }
    }

    /// The classic method with the weights of least squared errors, one for the sizes and one
    /// for the intervals.
    #[must_use]
    pub const fn optimized() -> Self {
        Self { alpha: None, corrected: false }
    }

    /// Learns from `y`: one demand per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if the weight is outside `(0, 1]` or NaN, [`Error::Data`] on a
    /// negative or non-finite entry, [`Error::NoDemand`] if `y` is empty or all zero.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::intermittent::Croston;
    ///
    /// let y = [0.0, 4.0, 0.0, 0.0, 0.0, 2.0, 0.0];
    /// let fit = Croston::new(0.5).fit(&y)?;
    /// assert_eq!((fit.size, fit.interval), (3.0, 3.0)); // sizes 4, 2; intervals 2, 4
    /// assert_eq!(fit.mean(), 1.0); // units per period
    /// assert_eq!(Croston::sba(0.5).fit(&y)?.mean(), 0.75);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<CrostonFit, Error> {
        let Some(alpha) = self.alpha else {
            check::all_non_negative("y", y)?;
            let sizes: Vec<f64> = y.iter().copied().filter(|demand| *demand > 0.0).collect();
            let intervals: Vec<f64> = intervals(y).collect();
            let ((_, size), (_, interval)) = (best_smoothed(&sizes)?, best_smoothed(&intervals)?);
            return Ok(CrostonFit { size, interval, correction: 1.0 });
        };
        let alpha = check::weight("alpha", alpha)?;
        check::all_non_negative("y", y)?;
        let mut demands = (1_usize..).zip(y).filter(|(_, demand)| **demand > 0.0);
        let (mut last, &size) = demands.next().ok_or(Error::NoDemand)?;
        let correction = if self.corrected { 1.0 - alpha / 2.0 } else { 1.0 };
        let mut fit = CrostonFit { size, interval: last as f64, correction };
        for (period, &demand) in demands {
            fit.size += alpha * (demand - fit.size);
            fit.interval += alpha * ((period - last) as f64 - fit.interval);
            last = period;
        }
        Ok(fit)
    }
}

impl Forecaster for Croston {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// What [`Croston::fit`] learned.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CrostonFit {
    /// Mean positive demand, in units of stock.
    pub size: f64,
    /// Mean number of periods from one demand to the next, at least 1.
    pub interval: f64,
    /// Factor on the mean: 1, or `1 − alpha/2` for SBA.
    pub correction: f64,
}

impl CrostonFit {
    /// Forecast mean demand of any coming period, in units of stock per period.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.correction * self.size / self.interval
    }

    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON).
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        flat(self.mean(), horizon)
    }
}

/// The number of periods from one demand to the next, the first from the start.
pub(super) fn intervals(y: &[f64]) -> impl Iterator<Item = f64> {
    let mut last = 0_usize;
    (1_usize..).zip(y).filter(|(_, demand)| **demand > 0.0).map(move |(period, _)| {
        let interval = period - last;
        last = period;
        interval as f64
    })
}

/// The weight in the usual range with the least squared one-step errors, and the level that it
/// leaves; levels start at the first value.
pub(super) fn best_smoothed(values: &[f64]) -> Result<(f64, f64), Error> {
    /// Weights tried before refining.
    const TRIED: usize = 16;
    let Some((&first, rest)) = values.split_first() else { return Err(Error::NoDemand) };
    // Squares stay in range.
    let scale = magnitude(values.iter().copied());
    let run = |alpha: f64| {
        let (mut level, mut squares) = (first / scale, 0.0);
        for value in rest {
            let error = value / scale - level;
            squares += error * error;
            level += alpha * error;
        }
        (squares, level)
    };
    let at = |k: usize| WEIGHTS.0 + (WEIGHTS.1 - WEIGHTS.0) * k as f64 / (TRIED - 1) as f64;
    let mut best = (WEIGHTS.0, f64::INFINITY);
    for k in 0..TRIED {
        let squares = run(at(k)).0;
        if squares < best.1 {
            best = (at(k), squares);
        }
    }
    let step = (WEIGHTS.1 - WEIGHTS.0) / (TRIED - 1) as f64;
    let (lo, hi) = ((best.0 - step).max(WEIGHTS.0), (best.0 + step).min(WEIGHTS.1));
    let found = brent(|alpha| run(alpha).0, lo, hi, Limits::BRENT.with_tolerance(1e-7))?;
    if found.value < best.1 {
        best = (found.x, found.value);
    }
    Ok((best.0, finite("y", scale * run(best.0).1)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::{DataError, ParamError};

    #[test]
    fn cases() {
        let cases: [(&[f64], f64, f64); 5] = [
            (&[3.0], 3.0, 1.0),
            (&[0.0, 0.0, 8.0], 8.0, 3.0),
            // Nothing happens after the last demand.
            (&[0.0, 0.0, 8.0, 0.0, 0.0], 8.0, 3.0),
            (&[8.0, 4.0], 6.0, 1.0),
            (&[8.0, 0.0, 0.0, 4.0], 6.0, 2.0),
        ];
        for (y, size, interval) in cases {
            let fit = Croston::new(0.5).fit(y).unwrap();
            assert_eq!((fit.size, fit.interval), (size, interval), "{y:?}");
            assert_eq!(fit.forecast(2).unwrap(), [size / interval; 2]);
        }
    }

    #[test]
    fn optimized_weights_are_no_worse_than_any_other() {
        let sizes = [3.0, 9.0, 4.0, 4.0, 12.0, 5.0, 2.0];
        let (alpha, level) = best_smoothed(&sizes).unwrap();
        let run = |alpha: f64| {
            let (mut level, mut squares) = (sizes[0], 0.0);
            for value in &sizes[1..] {
                squares += (value - level) * (value - level);
                level += alpha * (value - level);
            }
            (squares, level)
        };
        assert!((run(alpha).1 - level).abs() < 1e-12);
        for k in 0..=200 {
            assert!(run(alpha).0 <= run(0.1 + 0.001 * f64::from(k)).0 + 1e-9);
        }
        let y = [0.0, 3.0, 0.0, 9.0, 4.0];
        let fit = Croston::optimized().fit(&y).unwrap();
        let intervals: Vec<f64> = intervals(&y).collect();
        assert_eq!(intervals, [2.0, 2.0, 1.0]);
        assert_eq!(fit.interval, best_smoothed(&intervals).unwrap().1);
        assert_eq!(Croston::optimized().fit(&[0.0]), Err(Error::NoDemand));
    }

    #[test]
    fn errors() {
        for bad in [0.0, -0.1, 1.1, f64::NAN] {
            let expected = ParamError::new("alpha", "in (0, 1]", bad);
            assert_eq!(Croston::new(bad).fit(&[1.0]), Err(expected.clone().into()));
            assert_eq!(Croston::sba(bad).fit(&[1.0]), Err(expected.into()));
        }
        for empty in [&[][..], &[0.0], &[0.0, -0.0]] {
            assert_eq!(Croston::new(0.1).fit(empty), Err(Error::NoDemand));
        }
        let entry = DataError::entry("y", 1, "non-negative and finite", f64::INFINITY);
        assert_eq!(Croston::new(0.1).fit(&[0.0, f64::INFINITY]), Err(entry.into()));
    }
}
