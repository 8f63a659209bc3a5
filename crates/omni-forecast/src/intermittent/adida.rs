//! ADIDA: demand summed over as many periods as lie between two demands, then smoothed.
//!
//! ```text
//! k   = mean number of periods from one demand to the next, rounded (halves to even)
//! S_j = sum of the j-th block of k periods, counted from the end; what is left is dropped
//! ŷ   = SES(S) / k        the same for every step
//! ```
//!
//! `y` (length n) and `ŷ` are in units of stock per period, `k` in periods. The first interval
//! runs from the start of the series. SES starts at the first block; its weight has the
//! least squared one-step errors in `[0.1, 0.3]`, the range that intermittent demand
//! is smoothed with (Syntetos & Boylan 2005).
//! O(n) time, O(n / k) memory.
//!
//! Source: Nikolopoulos, Syntetos, Boylan, Petropoulos & Assimakopoulos (2011), "An
//! aggregate–disaggregate intermittent demand approach (ADIDA) to forecasting", Journal of the
//! Operational Research Society 62(3), 544–554.
//!
//! Limits: a mean, not a distribution.

use super::croston::{best_smoothed, intervals};
use crate::forecaster::flat;
use crate::{Error, Forecaster};
use omni_core::{DataError, check};

/// ADIDA, which has no settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Adida;

impl Adida {
    /// Learns from `y`: one demand per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Data`] on a negative or non-finite entry or if sums overflow,
    /// [`Error::NoDemand`] if `y` is empty or all zero.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::intermittent::Adida;
    ///
    /// let fit = Adida.fit(&[0.0, 3.0, 0.0, 5.0, 0.0, 4.0])?;
    /// assert_eq!(fit.block, 2);
    /// assert!((1.6..1.9).contains(&fit.mean));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<AdidaFit, Error> {
        check::all_non_negative("y", y)?;
        let block = mean_interval(y)?;
        let (alpha, mean) = of_blocks(y, block)?;
        Ok(AdidaFit { block, alpha, mean })
    }
}

impl Forecaster for Adida {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// What [`Adida::fit`] learned.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AdidaFit {
    /// How many periods are summed.
    pub block: usize,
    /// The weight found for the blocks.
    pub alpha: f64,
    /// Forecast mean demand of any coming period, in units of stock per period.
    pub mean: f64,
}

impl AdidaFit {
    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON).
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        flat(self.mean, horizon)
    }
}

/// The mean interval between demands, rounded.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most the length of the series"
)]
pub(super) fn mean_interval(y: &[f64]) -> Result<usize, Error> {
    let (sum, count) = intervals(y).fold((0.0, 0.0), |(sum, count), x| (sum + x, count + 1.0));
    if count == 0.0 {
        return Err(Error::NoDemand);
    }
    Ok((sum / count).round_ties_even().max(1.0) as usize)
}

/// The weight and the forecast per period of blocks of `block` periods.
pub(super) fn of_blocks(y: &[f64], block: usize) -> Result<(f64, f64), Error> {
    let rest = y.len() % block;
    let blocks: Vec<f64> =
        y.get(rest..).unwrap_or(&[]).chunks(block).map(|block| block.iter().sum()).collect();
    if blocks.iter().any(|sum| sum.is_infinite()) {
        return Err(DataError::Overflow { name: "y" }.into());
    }
    let (alpha, level) = best_smoothed(&blocks)?;
    Ok((alpha, level / block as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_counted_from_the_end() {
        // Intervals 1 and 3: blocks of 2; the first value is dropped.
        let fit = Adida.fit(&[9.0, 0.0, 0.0, 8.0, 0.0]);
        assert_eq!(fit.map(|fit| fit.block), Ok(2));
        let (_, mean) = of_blocks(&[9.0, 1.0, 0.0, 1.0, 0.0], 2).unwrap();
        assert_eq!(mean, 0.5);
    }

    #[test]
    fn errors() {
        assert_eq!(Adida.fit(&[]), Err(Error::NoDemand));
        assert_eq!(Adida.fit(&[0.0]), Err(Error::NoDemand));
        assert!(Adida.fit(&[-1.0]).is_err());
        let overflow = Err(DataError::Overflow { name: "y" }.into());
        assert_eq!(Adida.fit(&[0.0, 0.0, f64::MAX, f64::MAX, f64::MAX, f64::MAX]), overflow);
    }
}
