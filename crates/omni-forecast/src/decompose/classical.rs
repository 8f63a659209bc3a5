//! Classical decomposition: one index per phase of the season, from moving averages.
//!
//! ```text
//! T_t = (½ y_{t−m/2} + y_{t−m/2+1} + … + ½ y_{t+m/2}) / m      m even; plain average if odd
//! d_t = y_t − T_t           or  y_t / T_t                      additive, multiplicative
//! s_j = mean of d_t over the t of phase j, then centered: Σ s_j = 0 or m
//! ```
//!
//! `m` is the period; `y` (length n) and `T` are in the unit of the series, additive
//! indices too, multiplicative ones are shares. Whether there is a season at all is
//! [tested](is_seasonal) as in the M4 competition, at 90 %:
//!
//! ```text
//! |r_m| > 1.645 √((1 + 2 (r₁² + … + r_{m−1}²)) / n)            r_k the autocorrelation at lag k
//! ```
//!
//! O(n) time, the test O(n m).
//!
//! Sources: Persons (1919); Makridakis, Spiliotis & Assimakopoulos (2020), "The M4
//! Competition", International Journal of Forecasting 36(1), 54–74.
//!
//! Limits: the season repeats exactly; the test has no power below three seasons and says no.

use crate::Error;
use crate::moments::{finite, magnitude};
use omni_core::check;
use omni_core::error::{DataError, ParamError};

/// How season and rest are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Kind {
    /// They are added.
    Additive,
    /// They are multiplied.
    Multiplicative,
}

/// Settings of a classical decomposition; checked by [`fit`](Classical::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Classical {
    period: usize,
    kind: Kind,
}

impl Classical {
    /// A season of `period` periods, at least 2, that is added.
    #[must_use]
    pub const fn additive(period: usize) -> Self {
        Self { period, kind: Kind::Additive }
    }

    /// A season of `period` periods, at least 2, that is multiplied; for values above 0.
    #[must_use]
    pub const fn multiplicative(period: usize) -> Self {
        Self { period, kind: Kind::Multiplicative }
    }

    /// The indices of `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if the period is below 2, [`Error::Data`] if `y` is shorter than two
    /// seasons, an entry is not finite (or not positive, where multiplied) or the indices
    /// overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::decompose::Classical;
    ///
    /// let y = [8.0, 12.0, 16.0, 24.0, 8.0, 12.0, 16.0, 24.0].repeat(2);
    /// let season = Classical::multiplicative(4).fit(&y)?;
    /// assert_eq!(season.indices[3], 1.6); // 24 of 15 on average
    /// assert_eq!(season.adjusted(&y)?, [15.0; 16]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<SeasonalIndices, Error> {
        let m = self.period;
        if m < 2 {
            return Err(ParamError::new("period", "at least 2", m).into());
        }
        match self.kind {
            Kind::Additive => check::all_finite("y", y)?,
            Kind::Multiplicative => check::all_positive("y", y)?,
        }
        check::min_len("y", y, m.saturating_mul(2))?;
        let scale = magnitude(y.iter().copied());
        let half = m / 2;
        let (mut sums, mut counts) = (vec![0.0; m], vec![0_u32; m]);
        // A window of m + 1 with half weights at its ends, or of m.
        let even = m % 2 == 0;
        let length = if even { m + 1 } else { m };
        for (start, window) in y.windows(length).enumerate() {
            let mut total: f64 = window.iter().map(|v| v / scale).sum();
            if even {
                let ends = [window.first(), window.last()];
                total -= 0.5 * ends.into_iter().flatten().map(|v| v / scale).sum::<f64>();
            }
            let trend = total / m as f64;
            let t = start + half;
            let value = y.get(t).map_or(0.0, |v| v / scale);
            let ratio = match self.kind {
                Kind::Additive => value - trend,
                Kind::Multiplicative => value / trend,
            };
            if let (Some(sum), Some(count)) = (sums.get_mut(t % m), counts.get_mut(t % m)) {
                *sum += ratio;
                *count += 1;
            }
        }
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum /= f64::from(count.max(1));
        }
        let mean = sums.iter().sum::<f64>() / m as f64;
        for index in &mut sums {
            *index = match self.kind {
                Kind::Additive => finite("y", (*index - mean) * scale)?,
                Kind::Multiplicative => finite("y", *index / mean)?,
            };
        }
        Ok(SeasonalIndices { kind: self.kind, indices: sums, phase: y.len() % m })
    }
}

/// The season of a series as one index per phase.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SeasonalIndices {
    /// How the indices act.
    pub kind: Kind,
    /// By phase, from that of the first value of the series.
    pub indices: Vec<f64>,
    /// The phase of the next period.
    pub phase: usize,
}

impl SeasonalIndices {
    /// The values of the series without the season; the first is of phase 0.
    ///
    /// # Errors
    /// [`Error::Data`] if there is no index or a value overflows.
    pub fn adjusted(&self, y: &[f64]) -> Result<Vec<f64>, Error> {
        check::min_len("indices", &self.indices, 1)?;
        let pairs = y.iter().zip(self.indices.iter().cycle());
        pairs.map(|(y, index)| finite("y", self.without(*y, *index))).collect()
    }

    /// Puts the season of the coming periods into their forecasts.
    pub(crate) fn restore(&self, values: &mut [f64]) -> Result<(), Error> {
        check::min_len("indices", &self.indices, 1)?;
        for (value, index) in values.iter_mut().zip(self.coming()) {
            *value = finite("y", self.with(*value, index))?;
        }
        Ok(())
    }

    /// The indices of the coming periods, without end; none without an index.
    pub(crate) fn coming(&self) -> impl Iterator<Item = f64> + '_ {
        let from = self.phase % self.indices.len().max(1);
        self.indices.iter().copied().cycle().skip(from)
    }

    pub(crate) fn without(&self, value: f64, index: f64) -> f64 {
        match self.kind {
            Kind::Additive => value - index,
            Kind::Multiplicative => value / index,
        }
    }

    pub(crate) fn with(&self, value: f64, index: f64) -> f64 {
        match self.kind {
            Kind::Additive => value + index,
            Kind::Multiplicative => value * index,
        }
    }
}

/// Whether `y` has a season of `period` periods, at 90 %.
///
/// A period below 2, fewer than three seasons, and a series that never changes have none.
///
/// # Errors
/// [`Error::Data`] if an entry is not finite.
///
/// # Examples
/// ```
/// use omni_forecast::decompose::is_seasonal;
///
/// let y = [3.0, 9.0, 4.0, 8.0, 3.0, 9.5, 4.0, 8.5, 3.5, 9.0, 4.5, 8.0];
/// assert!(is_seasonal(&y, 4)?);
/// assert!(!is_seasonal(&y[..11], 4)?); // fewer than three seasons
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn is_seasonal(y: &[f64], period: usize) -> Result<bool, Error> {
    check::all_finite("y", y)?;
    if period < 2 || y.len() < period.saturating_mul(3) {
        return Ok(false);
    }
    let scale = magnitude(y.iter().copied());
    let mean = y.iter().map(|v| v / scale).sum::<f64>() / y.len() as f64;
    let centered: Vec<f64> = y.iter().map(|v| v / scale - mean).collect();
    let at = |lag: usize| -> f64 {
        centered.iter().zip(centered.iter().skip(lag)).map(|(a, b)| a * b).sum()
    };
    let total = at(0);
    if !(total > 0.0) {
        return Ok(false);
    }
    let squares: f64 = (1..period).map(|lag| (at(lag) / total).powi(2)).sum();
    let limit = 1.645 * ((1.0 + 2.0 * squares) / y.len() as f64).sqrt();
    Ok((at(period) / total).abs() > limit)
}

/// The season of a series that [has one](is_seasonal): multiplied where every value is
/// positive and no index is below 0.01, else added.
pub(crate) fn season_if_any(y: &[f64], period: usize) -> Result<Option<SeasonalIndices>, Error> {
    if !is_seasonal(y, period)? {
        return Ok(None);
    }
    if y.iter().all(|v| *v > 0.0) {
        match Classical::multiplicative(period).fit(y) {
            Ok(season) if season.indices.iter().all(|s| *s >= 0.01) => return Ok(Some(season)),
            // A ratio that overflows: the season is added.
            Ok(_) | Err(Error::Data(DataError::Overflow { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Classical::additive(period).fit(y).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_by_hand() {
        // Averages of 3 (odd): 4, 5, 6 at t = 1, 2, 3.
        let y = [1.0, 3.0, 8.0, 4.0, 6.0, 11.0];
        let fit = Classical::additive(3).fit(&y).unwrap();
        // Phase 1: 3 - 4 and 6 - 7; phase 2: 8 - 5; phase 0: 4 - 6. Mean 0.
        assert_eq!(fit.indices, [-2.0, -1.0, 3.0]);
        assert_eq!(fit.phase, 0);
        assert_eq!(fit.adjusted(&y).unwrap(), [3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        let mut ahead = [9.0, 10.0, 11.0, 12.0];
        fit.restore(&mut ahead).unwrap();
        assert_eq!(ahead, [7.0, 9.0, 14.0, 10.0]);
    }

    #[test]
    fn the_kind_follows_the_values() {
        let positive = [2.0, 8.0, 5.0, 9.0].repeat(5);
        let kind = |y: &[f64]| season_if_any(y, 4).unwrap().map(|s| s.kind);
        assert_eq!(kind(&positive), Some(Kind::Multiplicative));
        let zero: Vec<f64> = positive.iter().map(|v| v - 2.0).collect();
        assert_eq!(kind(&zero), Some(Kind::Additive));
        let tiny = [1e-3, 8.0, 5.0, 9.0].repeat(5);
        assert_eq!(kind(&tiny), Some(Kind::Additive));
        assert_eq!(kind(&[3.0; 20]), None);
        assert_eq!(kind(&positive[..11]), None);
        assert_eq!(season_if_any(&positive, 1), Ok(None));
        assert_eq!(season_if_any(&positive, usize::MAX), Ok(None));
    }

    #[test]
    fn errors() {
        assert!(Classical::additive(1).fit(&[1.0; 9]).is_err());
        assert!(Classical::additive(5).fit(&[1.0; 9]).is_err());
        assert!(Classical::additive(usize::MAX).fit(&[1.0; 9]).is_err());
        assert!(Classical::multiplicative(2).fit(&[1.0, 0.0, 1.0, 2.0]).is_err());
        assert!(is_seasonal(&[f64::NAN], 2).is_err());
        let empty = SeasonalIndices { kind: Kind::Additive, indices: vec![], phase: 3 };
        assert!(empty.adjusted(&[1.0]).is_err());
        assert!(empty.restore(&mut [1.0]).is_err());
    }
}
