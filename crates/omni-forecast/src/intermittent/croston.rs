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
//! O(n) time, O(1) memory.
//!
//! Sources: Croston (1972), "Forecasting and stock control for intermittent demands",
//! Operational Research Quarterly 23(3), 289–303; Syntetos & Boylan (2005), "The accuracy
//! of intermittent demand estimates", International Journal of Forecasting 21(2), 303–314.
//!
//! Limits: nothing is learned from the periods after the last demand, so an item that
//! died out keeps its forecast; [`Tsb`](super::Tsb) reacts. A mean, not a distribution.

use crate::forecaster::flat;
use crate::{Error, Forecaster};
use omni_core::check;

/// Settings of Croston's method; checked by [`fit`](Croston::fit).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("CrostonClassic", "CrostonSBA", "SBA", "Syntetos-Boylan approximation"))]
pub struct Croston {
    alpha: f64,
    corrected: bool,
}

impl Croston {
    /// The classic method; weight `alpha` in `(0, 1]` for sizes and intervals.
    #[must_use]
    pub const fn new(alpha: f64) -> Self {
        Self { alpha, corrected: false }
    }

    /// The method corrected by `1 − alpha/2`, nearly unbiased (SBA).
    #[must_use]
    pub const fn sba(alpha: f64) -> Self {
        Self { alpha, corrected: true }
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
        let alpha = check::weight("alpha", self.alpha)?;
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
