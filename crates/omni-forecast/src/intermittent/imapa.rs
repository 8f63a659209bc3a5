//! IMAPA: the mean of forecasts from demand summed over 1, 2, … periods.
//!
//! ```text
//! K = mean number of periods from one demand to the next, rounded (halves to even)
//! ŷ = 1/K Σ_{k=1..K} SES(S^(k)) / k       S^(k) the sums of blocks of k periods
//! ```
//!
//! `y` (length n) and `ŷ` are in units of stock per period; blocks and the weight of each
//! smoothing are those of [`Adida`](super::Adida). O(K n) time, O(n) memory.
//!
//! Source: Petropoulos & Kourentzes (2015), "Forecast combinations for intermittent demand",
//! Journal of the Operational Research Society 66(6), 914–924.
//!
//! Limits: a mean, not a distribution.

use super::adida::{mean_interval, of_blocks};
use crate::forecaster::flat;
use crate::{Error, Forecaster};
use omni_core::check;

/// IMAPA, which has no settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Imapa;

impl Imapa {
    /// Learns from `y`: one demand per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Data`] on a negative or non-finite entry or if sums overflow,
    /// [`Error::NoDemand`] if `y` is empty or all zero.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::intermittent::Imapa;
    ///
    /// let fit = Imapa.fit(&[0.0, 3.0, 0.0, 5.0, 0.0, 4.0])?;
    /// assert_eq!(fit.blocks, 2);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<ImapaFit, Error> {
        check::all_non_negative("y", y)?;
        let blocks = mean_interval(y)?;
        let mut mean = 0.0;
        for block in 1..=blocks {
            mean += of_blocks(y, block)?.1 / blocks as f64;
        }
        Ok(ImapaFit { blocks, mean })
    }
}

impl Forecaster for Imapa {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// What [`Imapa::fit`] learned.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ImapaFit {
    /// The longest block, in periods.
    pub blocks: usize,
    /// Forecast mean demand of any coming period, in units of stock per period.
    pub mean: f64,
}

impl ImapaFit {
    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON).
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        flat(self.mean, horizon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_in_every_period_is_smoothed_as_it_is() {
        let y = [3.0, 5.0, 4.0, 6.0];
        assert_eq!(Imapa.fit(&y).unwrap().mean, of_blocks(&y, 1).unwrap().1);
        assert_eq!(Imapa.fit(&[0.0]), Err(Error::NoDemand));
    }
}
