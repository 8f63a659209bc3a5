//! TSB: intermittent demand that may die out.
//!
//! ```text
//! p_t = p_{t−1} + β (d_t − p_{t−1})     every period; d_t = 1 if y_t > 0, else 0
//! z_t = z_{t−1} + α (y_t − z_{t−1})     only where y_t > 0
//! ŷ_{t+h|t} = p_t · z_t                 the same for every step h ≥ 1
//! ```
//!
//! `y` (length n) and `z` are in units of stock per period; `p` is a probability.
//! Start: `p₁ = d₁`, `z₁` = the first positive demand, as Nixtla's implementation does.
//! O(n) time, O(1) memory.
//!
//! Source: Teunter, Syntetos & Babai (2011), "Intermittent demand: linking forecasting
//! to inventory obsolescence", EJOR 214(3), 606–615.
//!
//! Limits: a mean, not a distribution; a stock-out looks like a period without demand.

use crate::forecaster::flat;
use crate::{Error, Forecaster};
use omni_core::check;

/// Settings of TSB; checked by [`fit`](Tsb::fit).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("Teunter-Syntetos-Babai"))]
pub struct Tsb {
    alpha: f64,
    beta: f64,
}

impl Tsb {
    /// Weight `alpha` for the demand size, `beta` for its probability, both in `(0, 1]`.
    #[must_use]
    pub const fn new(alpha: f64, beta: f64) -> Self {
        Self { alpha, beta }
    }

    /// Learns from `y`: one demand per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if a weight is outside `(0, 1]` or NaN, [`Error::Data`] on a
    /// negative or non-finite entry, [`Error::NoDemand`] if `y` is empty or all zero.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::intermittent::Tsb;
    ///
    /// let fit = Tsb::new(0.5, 0.5).fit(&[0.0, 4.0, 0.0, 2.0])?;
    /// assert_eq!((fit.probability, fit.size), (0.625, 3.0));
    /// assert_eq!(fit.mean(), 1.875); // units per period
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<TsbFit, Error> {
        let alpha = check::weight("alpha", self.alpha)?;
        let beta = check::weight("beta", self.beta)?;
        check::all_non_negative("y", y)?;
        let (Some((&first, rest)), Some(size)) =
            (y.split_first(), y.iter().copied().find(|demand| *demand > 0.0))
        else {
            return Err(Error::NoDemand);
        };
        let mut fit = TsbFit { probability: f64::from(first > 0.0), size };
        for &demand in rest {
            fit.probability += beta * (f64::from(demand > 0.0) - fit.probability);
            if demand > 0.0 {
                fit.size += alpha * (demand - fit.size);
            }
        }
        Ok(fit)
    }
}

impl Forecaster for Tsb {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// What [`Tsb::fit`] learned: plain data, cheap to copy and to store.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TsbFit {
    /// Probability of demand in a period, in `[0, 1]`.
    pub probability: f64,
    /// Mean positive demand, in units of stock.
    pub size: f64,
}

impl TsbFit {
    /// Forecast mean demand of any coming period, in units of stock per period.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.probability * self.size
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
        let cases: [(&[f64], f64, f64); 4] = [
            (&[3.0], 1.0, 3.0),
            // Leading zeros lower the probability from the start, not the size.
            (&[0.0, 0.0, 8.0], 0.5, 8.0),
            (&[8.0, 0.0, 0.0], 0.25, 8.0),
            (&[8.0, 4.0], 1.0, 6.0),
        ];
        for (y, probability, size) in cases {
            let fit = Tsb::new(0.5, 0.5).fit(y).unwrap();
            assert_eq!((fit.probability, fit.size), (probability, size), "{y:?}");
            assert_eq!(fit.forecast(2).unwrap(), [probability * size; 2]);
        }
    }

    #[test]
    fn weights_of_one_follow_the_last_period() {
        let fit = Tsb::new(1.0, 1.0).fit(&[5.0, 0.0, 3.0]).unwrap();
        assert_eq!(fit.mean(), 3.0);
        assert_eq!(Tsb::new(1.0, 1.0).fit(&[5.0, 3.0, 0.0]).unwrap().mean(), 0.0);
    }

    #[test]
    fn errors() {
        for bad in [0.0, -0.1, 1.1, f64::NAN] {
            let expected = |name| Err(ParamError::new(name, "in (0, 1]", bad).into());
            assert_eq!(Tsb::new(bad, 0.1).fit(&[1.0]), expected("alpha"));
            assert_eq!(Tsb::new(0.1, bad).fit(&[1.0]), expected("beta"));
        }
        let tsb = Tsb::new(0.1, 0.1);
        for empty in [&[][..], &[0.0], &[0.0, -0.0]] {
            assert_eq!(tsb.fit(empty), Err(Error::NoDemand));
        }
        let entry = DataError::entry("y", 1, "non-negative and finite", -1.0);
        assert_eq!(tsb.fit(&[0.0, -1.0]), Err(entry.into()));
    }
}
