//! The form of complex exponential smoothing of the lowest `AICc`.
//!
//! All four forms are fitted, [as their models say](super::Ces), and their `AICc` compared:
//! they have the same errors to explain, and all their first states count as parameters.

use super::CesFit;
use super::model::Prepared;
use crate::{Error, Forecaster};

/// Settings of automatic complex exponential smoothing; checked by [`fit`](AutoCes::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AutoCes {
    period: usize,
}

impl AutoCes {
    /// A season of so many periods, 1 for none.
    #[must_use]
    pub const fn new(period: usize) -> Self {
        Self { period }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// A series shorter than two seasons gets no season.
    ///
    /// # Errors
    /// [`Error::Param`] if the period is 0, [`Error::Data`] if `y` is empty, an entry is not
    /// finite or the states overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::ces::{AutoCes, Season};
    ///
    /// let y: Vec<f64> = (0..48).map(|t| 50.0 + [9.0, -2.0, -8.0, 1.0][t % 4] + (t % 7) as f64).collect();
    /// let fit = AutoCes::new(4).fit(&y)?;
    /// assert_ne!(fit.season, Season::None);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<CesFit, Error> {
        Prepared::best(y, self.period)
    }
}

impl Forecaster for AutoCes {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}
