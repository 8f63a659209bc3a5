//! AutoTheta: the theta method that explains a series best.
//!
//! ```text
//! AICc = n ln(mean e²) + 2k + 2k (k + 1) / (n − k − 1)
//! ```
//!
//! `n` counts the errors from the fourth period on, which all four forms share, `k` the
//! parameters found (2 with θ = 2, else 3) and the variance.

use super::{Theta, ThetaFit};
use crate::{Error, Forecaster};

/// Settings of the automatic theta method; checked by [`fit`](AutoTheta::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AutoTheta {
    season: usize,
}

impl AutoTheta {
    /// A season of so many periods, 1 for none; it is taken out if it is there.
    #[must_use]
    pub const fn new(season: usize) -> Self {
        Self { season }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// As [`Theta::fit`].
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::theta::AutoTheta;
    ///
    /// let y = [12.0, 13.0, 15.0, 14.0, 17.0, 18.0, 20.0, 19.0, 22.0, 23.0];
    /// let fit = AutoTheta::new(1).fit(&y)?;
    /// assert!(fit.forecast(2)?[1] > 23.0);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<ThetaFit, Error> {
        Theta::standard().with_season(self.season).prepared(y)?.best(&[
            Theta::standard(),
            Theta::optimized(),
            Theta::dynamic(),
            Theta::dynamic_optimized(),
        ])
    }
}

impl Forecaster for AutoTheta {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}
