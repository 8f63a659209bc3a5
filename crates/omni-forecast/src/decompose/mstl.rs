//! MSTL: several seasons, trend and remainder.
//!
//! ```text
//! y_t = S_1,t + … + S_K,t + T_t + R_t       periods m_1 < … < m_K
//!
//! twice (once for K = 1), for k = 1..K:
//!   S_k = season of STL with period m_k on y less all other seasons
//! T, R = trend and remainder of the last STL
//! ```
//!
//! `y` (length n) and the parts are in the unit of the series. The windows of the seasons
//! are 11, 15, 19, …; all else is as [`Stl`] has it. So this follows R's `mstl`, and gives
//! its values; Nixtla's implementation runs five inner loops without jumps, which is
//! `with_stl(Stl::periodic(2).with_iterations(5, 0).with_jumps(1, 1, 1))`.
//!
//! A period of which the series has not more than two is left out, and missing in the
//! [`periods`](Decomposition::periods) of the result.
//! O(K n · window) time, O(K n) memory.
//!
//! Source: Bandara, Hyndman & Bergmeir (2021), "MSTL: A seasonal-trend decomposition
//! algorithm for time series with multiple seasonal patterns", arXiv:2107.13462.
//!
//! Limits: as for [`Stl`].

use super::{Decomposition, Stl, gaps};
use crate::Error;
use omni_core::check;
use omni_core::error::{DataError, ParamError};

/// Settings of MSTL; checked by [`fit`](Mstl::fit).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Mstl {
    periods: Vec<usize>,
    windows: Vec<usize>,
    iterations: Option<usize>,
    stl: Stl,
}

/// More seasons than this are a mistake.
const MAX_SEASONS: usize = 32;

impl Mstl {
    /// Seasons of so many periods, each at least 2; their order does not matter.
    #[must_use]
    pub fn new(periods: &[usize]) -> Self {
        let mut periods = periods.to_vec();
        periods.sort_unstable();
        periods.dedup();
        Self { periods, windows: Vec::new(), iterations: None, stl: Stl::periodic(2) }
    }

    /// Windows of the seasons instead of 11, 15, 19, …, that of the shortest first.
    #[must_use]
    pub fn with_windows(self, windows: &[usize]) -> Self {
        Self { windows: windows.to_vec(), ..self }
    }

    /// How often each season is found, instead of twice (once if there is one).
    #[must_use]
    pub fn with_iterations(self, iterations: usize) -> Self {
        Self { iterations: Some(iterations), ..self }
    }

    /// All settings of the single decompositions but their period and window.
    #[must_use]
    pub fn with_stl(self, stl: Stl) -> Self {
        Self { stl, ..self }
    }

    /// The longest period, 1 without one.
    pub(super) fn longest(&self) -> usize {
        self.periods.last().copied().unwrap_or(1).max(1)
    }

    /// Decomposes `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if there is no period or more than 32, one is below 2, or as
    /// [`Stl::fit`]; [`Error::Data`] if `y` has not more than two of the shortest, an entry is
    /// not finite or the parts overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::decompose::Mstl;
    ///
    /// // Every third day is good, and every fifth is bad.
    /// let y: Vec<f64> = (0..60).map(|t| 20.0 + f64::from(6 * (t % 3) / 2 - (t % 5) / 4 * 5)).collect();
    /// let parts = Mstl::new(&[5, 3]).fit(&y)?;
    /// assert_eq!(parts.periods, [3, 5]);
    /// assert!(parts.remainder.iter().all(|r| r.abs() < 0.1));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<Decomposition, Error> {
        check::all_finite("y", y)?;
        self.decompose(y, None)
    }

    /// Decomposes `y`; a `None` is a missing period, which gets seasons and a trend from its
    /// neighbors and a remainder of 0.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::Data`] if no value is observed.
    pub fn fit_with_gaps(&self, y: &[Option<f64>]) -> Result<Decomposition, Error> {
        let (filled, observed) = gaps::filled(y, self.longest())?;
        let mut parts = self.decompose(&filled, observed.as_deref())?;
        for (remainder, y) in parts.remainder.iter_mut().zip(y) {
            *remainder = if y.is_some() { *remainder } else { 0.0 };
        }
        Ok(parts)
    }

    fn decompose(&self, y: &[f64], observed: Option<&[f64]>) -> Result<Decomposition, Error> {
        let shortest = self.periods.first().copied().unwrap_or_default();
        if !(1..=MAX_SEASONS).contains(&self.periods.len()) {
            let rule = "1 to 32 of them";
            return Err(ParamError::new("periods", rule, self.periods.len()).into());
        }
        if shortest < 2 {
            return Err(ParamError::new("period", "at least 2", shortest).into());
        }
        let whole = |m: &&usize| y.len() > m.saturating_mul(2);
        let periods: Vec<usize> = self.periods.iter().take_while(whole).copied().collect();
        if periods.is_empty() {
            let needed = shortest.saturating_mul(2).saturating_add(1);
            return Err(DataError::TooShort { name: "y", needed, got: y.len() }.into());
        }
        let iterations = match self.iterations {
            Some(0) => return Err(ParamError::new("iterations", "at least 1", 0_usize).into()),
            Some(given) => given.min(1_000),
            None => 1 + usize::from(periods.len() > 1),
        };
        let mut adjusted = y.to_vec();
        let mut seasonal = vec![vec![0.0; y.len()]; periods.len()];
        let mut last = None;
        for _ in 0..iterations {
            for (k, (period, season)) in periods.iter().zip(&mut seasonal).enumerate() {
                let window = self.windows.get(k).copied().unwrap_or(11 + 4 * k);
                adjusted.iter_mut().zip(&*season).for_each(|(y, season)| *y += season);
                let stl = self.stl.of_period(*period, window);
                let mut parts = stl.decompose(&adjusted, observed)?;
                if let Some(found) = parts.seasonal.pop() {
                    *season = found;
                }
                adjusted.iter_mut().zip(&*season).for_each(|(y, season)| *y -= season);
                last = Some(parts);
            }
        }
        let last = last.ok_or_else(|| ParamError::new("iterations", "at least 1", iterations))?;
        Ok(Decomposition { periods, seasonal, ..last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_seasons(n: usize) -> Vec<f64> {
        (0..n)
            .map(|t| 30.0 + [3.0, -1.0, -2.0][t % 3] + [2.0, 0.0, -2.0, 1.0, -1.0][t % 5])
            .collect()
    }

    #[test]
    fn one_season_is_stl() {
        let y = two_seasons(40);
        assert_eq!(Mstl::new(&[3]).fit(&y), Stl::new(3, 11).fit(&y));
        let robust = Stl::periodic(2).robust();
        let expected = Stl::new(3, 7).robust().fit(&y);
        assert_eq!(Mstl::new(&[3]).with_windows(&[7]).with_stl(robust).fit(&y), expected);
    }

    #[test]
    fn seasons_that_repeat_are_found_and_repeat_ahead() {
        let y = two_seasons(90);
        let parts = Mstl::new(&[5, 3, 5]).with_iterations(12).fit(&y).unwrap();
        assert_eq!(parts.periods, [3, 5]);
        let ahead = parts.seasonal_forecast(30).unwrap();
        for (t, season) in ahead.iter().enumerate() {
            let expected = two_seasons(120)[90 + t] - 30.0;
            assert!((season - expected).abs() < 1e-3, "{t} {season} {expected}");
        }
    }

    #[test]
    fn a_period_too_long_is_left_out() {
        let y = two_seasons(20);
        assert_eq!(Mstl::new(&[3, 10, usize::MAX]).fit(&y), Mstl::new(&[3]).fit(&y));
        assert!(Mstl::new(&[10]).fit(&y).is_err());
    }

    #[test]
    fn missing_periods() {
        let gaps: Vec<_> = two_seasons(90)
            .into_iter()
            .enumerate()
            .map(|(t, v)| (t % 11 != 4).then_some(v))
            .collect();
        let parts = Mstl::new(&[3, 5]).with_iterations(12).fit_with_gaps(&gaps).unwrap();
        for (t, expected) in two_seasons(90).into_iter().enumerate() {
            let got = parts.seasonal[0][t] + parts.seasonal[1][t] + parts.trend[t];
            assert!((got - expected).abs() < 0.1, "{t} {got} {expected}");
        }
    }

    #[test]
    fn errors() {
        let y = two_seasons(20);
        assert!(Mstl::new(&[]).fit(&y).is_err());
        assert!(Mstl::new(&[1, 3]).fit(&y).is_err());
        assert!(Mstl::new(&(2..40).collect::<Vec<_>>()).fit(&y).is_err());
        assert!(Mstl::new(&[3]).with_iterations(0).fit(&y).is_err());
        assert!(Mstl::new(&[3]).fit(&[f64::NAN; 20]).is_err());
        assert!(Mstl::new(&[3]).fit_with_gaps(&[None; 20]).is_err());
    }
}
