//! Naive2: the naive forecast of the seasonally adjusted series, the benchmark of the M
//! competitions.
//!
//! ```text
//! ŷ_{n+h|n} = s_{n+h} · y_n / s_n     where the series has a season, else y_n
//! ```
//!
//! `s` are the multiplicative indices of a [classical
//! decomposition](crate::decompose::Classical), if the
//! [test](crate::decompose::is_seasonal) at 90 % finds a season. `y` (length n) is in the
//! unit of the series. O(n) time, the test O(n m) for a season of m periods.
//!
//! Source: Makridakis, Spiliotis & Assimakopoulos (2020), "The M4 Competition",
//! International Journal of Forecasting 36(1), 54–74.
//!
//! Limits: where a value is not positive, or an index is below 0.01, the season is added
//! instead; the competitions have no such series.

use crate::decompose::SeasonalIndices;
use crate::decompose::classical::season_if_any;
use crate::forecaster::flat;
use crate::{Error, Forecaster};
use omni_core::check;

/// Settings of Naive2; checked by [`fit`](Naive2::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Naive2 {
    season: usize,
}

impl Naive2 {
    /// A season of so many periods, 1 for none.
    #[must_use]
    pub const fn new(season: usize) -> Self {
        Self { season }
    }

    /// Learns from `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if the season is 0, [`Error::Data`] if `y` is empty, an entry is not
    /// finite or the indices overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::baseline::Naive2;
    ///
    /// let y = [6.0, 18.0, 12.0, 12.0].repeat(5);
    /// let ahead = Naive2::new(4).fit(&y)?.forecast(2)?;
    /// assert!((ahead[0] - 6.0).abs() < 1e-12 && (ahead[1] - 18.0).abs() < 1e-12);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<Naive2Fit, Error> {
        check::at_least_one("season", self.season)?;
        check::all_finite("y", y)?;
        check::min_len("y", y, 1)?;
        let season = season_if_any(y, self.season)?;
        let adjusted = match &season {
            Some(season) => season.adjusted(y)?,
            None => y.to_vec(),
        };
        Ok(Naive2Fit { last: adjusted.last().copied().unwrap_or_default(), season })
    }
}

impl Forecaster for Naive2 {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y)?.forecast(horizon)
    }
}

/// What [`Naive2::fit`] learned.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Naive2Fit {
    /// The last value without the season.
    pub last: f64,
    /// The season, if the series has one.
    pub season: Option<SeasonalIndices>,
}

impl Naive2Fit {
    /// Forecast means of the next `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Param`] if `horizon` is not in `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON),
    /// [`Error::Data`] if a forecast overflows.
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        let mut means = flat(self.last, horizon)?;
        if let Some(season) = &self.season {
            season.restore(&mut means)?;
        }
        Ok(means)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decompose::Kind;

    #[test]
    fn without_a_season_it_is_naive() {
        let y = [6.0, 18.0, 6.0, 18.0, 6.0, 18.0, 7.0];
        for season in [1, 3, usize::MAX] {
            assert_eq!(Naive2::new(season).fit(&y).unwrap().forecast(2).unwrap(), [7.0; 2]);
        }
        assert!(Naive2::new(0).fit(&y).is_err());
        assert!(Naive2::new(2).fit(&[]).is_err());
    }

    #[test]
    fn zeros_have_an_added_season() {
        let y = [0.0, 9.0, 4.0, 5.0].repeat(5);
        let fit = Naive2::new(4).fit(&y).unwrap();
        assert_eq!(fit.season.as_ref().map(|s| s.kind), Some(Kind::Additive));
        assert_eq!(fit.forecast(2).unwrap(), [0.0, 9.0]);
    }
}
