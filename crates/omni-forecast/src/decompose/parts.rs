//! The parts of a series, and how strong they are.
//!
//! ```text
//! y_t = Σ_k S_k,t + T_t + R_t
//! trend strength      F_T = max(0, 1 − Var R / Var(T + R))
//! seasonal strength   F_S = max(0, 1 − Var R / Var(S + R))
//! ```
//!
//! Both are in `[0, 1]`; 0 where nothing varies.
//!
//! Source: Wang, Smith & Hyndman (2006), "Characteristic-based clustering for time series
//! data", Data Mining and Knowledge Discovery 13(3), 335–364.

use crate::Error;
use crate::forecaster::check_horizon;
use crate::moments::{magnitude, mean};
use omni_core::check;
use omni_core::error::ParamError;

/// The parts of an additive decomposition, each as long as the series.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Decomposition {
    /// The periods of the seasons.
    pub periods: Vec<usize>,
    /// One seasonal part per period, in the same order.
    pub seasonal: Vec<Vec<f64>>,
    /// The slowly changing part.
    pub trend: Vec<f64>,
    /// What is left; 0 in a missing period.
    pub remainder: Vec<f64>,
    /// How much each period counted in the last pass of a robust fit, in `[0, 1]`.
    pub weights: Option<Vec<f64>>,
}

impl Decomposition {
    /// The series without its seasons: trend and remainder.
    #[must_use]
    pub fn seasonally_adjusted(&self) -> Vec<f64> {
        self.trend.iter().zip(&self.remainder).map(|(trend, rest)| trend + rest).collect()
    }

    /// The seasons of the next `horizon` periods together: the last ones again.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON) or a
    /// period is 0, [`Error::Data`] if a seasonal part is shorter than its period.
    pub fn seasonal_forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let mut sum = vec![0.0; check_horizon(horizon)?];
        for (&period, part) in self.periods.iter().zip(&self.seasonal) {
            let period = check::at_least_one("period", period)?;
            check::min_len("seasonal", part, period)?;
            let last = part.iter().skip(part.len() - period).cycle();
            sum.iter_mut().zip(last).for_each(|(sum, value)| *sum += value);
        }
        Ok(sum)
    }

    /// How much of what is not seasonal the trend explains, in `[0, 1]`.
    ///
    /// # Errors
    /// [`Error::Data`] if a part is not finite.
    pub fn trend_strength(&self) -> Result<f64, Error> {
        strength(&self.trend, &self.remainder)
    }

    /// How much of what is not trend the season `k` explains, in `[0, 1]`.
    ///
    /// # Errors
    /// [`Error::Param`] if there is no such season, [`Error::Data`] if a part is not finite.
    pub fn seasonal_strength(&self, k: usize) -> Result<f64, Error> {
        let rule = "below the number of seasons";
        let part = self.seasonal.get(k).ok_or_else(|| ParamError::new("k", rule, k))?;
        strength(part, &self.remainder)
    }
}

fn strength(part: &[f64], remainder: &[f64]) -> Result<f64, Error> {
    let both = part.iter().zip(remainder);
    let scale = magnitude(part.iter().chain(remainder).copied());
    let both = variance(both.map(|(p, r)| p / scale + r / scale))?;
    let rest = variance(remainder.iter().map(|r| r / scale))?;
    Ok(if both > 0.0 { (1.0 - rest / both).max(0.0) } else { 0.0 })
}

fn variance(values: impl Iterator<Item = f64> + Clone) -> Result<f64, Error> {
    let center = mean("parts", values.clone())?.unwrap_or_default();
    Ok(mean("parts", values.map(|v| (v - center) * (v - center)))?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Decomposition {
        Decomposition {
            periods: vec![2, 3],
            seasonal: vec![vec![1.0, -1.0, 1.0, -1.0], vec![0.0, 0.5, 0.25, 0.0]],
            trend: vec![1.0, 2.0, 3.0, 4.0],
            remainder: vec![0.0, 0.1, -0.1, 0.0],
            weights: None,
        }
    }

    #[test]
    fn parts_add_up_and_repeat() {
        assert_eq!(parts().seasonally_adjusted(), [1.0, 2.1, 2.9, 4.0]);
        assert_eq!(parts().seasonal_forecast(4).unwrap(), [1.5, -0.75, 1.0, -0.5]);
        assert!(parts().seasonal_forecast(0).is_err());
        let mut broken = parts();
        broken.periods[0] = 5;
        assert!(broken.seasonal_forecast(1).is_err());
        broken.periods[0] = 0;
        assert!(broken.seasonal_forecast(1).is_err());
    }

    #[test]
    fn strengths_by_hand() {
        // Var R = 0.005, Var(T + R) = 1.205, Var(S + R) = 1 - 0.1 + 0.005.
        assert!((parts().trend_strength().unwrap() - (1.0 - 0.005 / 1.205)).abs() < 1e-12);
        let season = parts().seasonal_strength(0).unwrap();
        assert!((season - (1.0 - 0.005 / 0.905)).abs() < 1e-12, "{season}");
        assert!(parts().seasonal_strength(2).is_err());
        let mut flat = parts();
        flat.remainder = vec![0.0; 4];
        flat.trend = vec![7.0; 4];
        assert_eq!(flat.trend_strength(), Ok(0.0));
        flat.trend[0] = f64::INFINITY;
        assert!(flat.trend_strength().is_err());
    }
}
