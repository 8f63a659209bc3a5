//! STL: season, trend and remainder by local regression.
//!
//! ```text
//! y_t = S_t + T_t + R_t
//!
//! inner loop, from T = 0:
//!   C = each cycle-subseries of y − T smoothed, one period longer at both ends
//!   L = smooth of (averages of m, m and 3 consecutive values of C)
//!   S = C − L          T = smooth of y − S
//! outer loop, robust: every point counts in the next inner loop by
//!   ρ_t = (1 − (|R_t| / (6 median |R|))²)²,  0 beyond
//! ```
//!
//! `m` is the period, `y` (length n) and the parts are in the unit of the series. The
//! smooths are local regressions over a window of so many points: [`Stl::new`] sets the
//! window of the season, the others default as in R's `stl`: the trend to
//! `1.5 m / (1 − 1.5 / window)` rounded up to an odd number, the low-pass to `m`, jumps to
//! a tenth of the windows, two inner loops, or one of them in each of 15 robust outer ones.
//! [Periodic](Stl::periodic): the smoothed season is averaged, so that it repeats exactly.
//!
//! A missing period has weight 0 in every smooth: it gets a season and a trend from its
//! neighbors, and a remainder of 0.
//! O(n · window) time per loop, O(n) memory.
//!
//! Source: Cleveland, Cleveland, McRae & Terpenning (1990), "STL: A seasonal-trend
//! decomposition procedure based on loess", Journal of Official Statistics 6(1), 3–73.
//!
//! Limits: additive only (decompose the logarithm, or a [`BoxCox`](super::BoxCox)
//! transform, otherwise); more than two whole periods are needed; the season has a fixed
//! number of periods.

use super::loess::Loess;
use super::{Decomposition, gaps};
use crate::Error;
use crate::moments::{finite, magnitude};
use omni_core::error::ParamError;
use omni_core::{DataError, check};

/// Settings of STL; checked by [`fit`](Stl::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stl {
    period: usize,
    /// Of the season; `None` repeats exactly.
    window: Option<usize>,
    trend_window: Option<usize>,
    low_pass_window: Option<usize>,
    degrees: [u8; 3],
    /// Season, trend, low-pass; `None`: a tenth of the window.
    jumps: Option<[usize; 3]>,
    /// Inner and outer; `None`: 2 and 0, or 1 and 15 if robust.
    iterations: Option<[usize; 2]>,
    robust: bool,
}

/// Outer iterations beyond this are a mistake.
const MAX_ITERATIONS: usize = 1_000;

impl Stl {
    /// A season of `period` periods, at least 2, that changes as fast as a `window` of so many
    /// seasons lets it: odd and at least 7 is advised, 11 is what R's forecasts take.
    #[must_use]
    pub const fn new(period: usize, window: usize) -> Self {
        Self {
            period,
            window: Some(window),
            trend_window: None,
            low_pass_window: None,
            degrees: [0, 1, 1],
            jumps: None,
            iterations: None,
            robust: false,
        }
    }

    /// A season of `period` periods that repeats exactly.
    #[must_use]
    pub const fn periodic(period: usize) -> Self {
        Self { window: None, ..Self::new(period, 0) }
    }

    /// Lets outliers count less.
    #[must_use]
    pub const fn robust(self) -> Self {
        Self { robust: true, ..self }
    }

    /// Points in the window of the trend.
    #[must_use]
    pub const fn with_trend_window(self, window: usize) -> Self {
        Self { trend_window: Some(window), ..self }
    }

    /// Points in the window of the low-pass filter.
    #[must_use]
    pub const fn with_low_pass_window(self, window: usize) -> Self {
        Self { low_pass_window: Some(window), ..self }
    }

    /// Degrees of the local polynomials of season, trend and low-pass, each 0 or 1.
    #[must_use]
    pub const fn with_degrees(self, season: u8, trend: u8, low_pass: u8) -> Self {
        Self { degrees: [season, trend, low_pass], ..self }
    }

    /// Points from one evaluation to the next, for season, trend and low-pass; 1 evaluates
    /// everywhere.
    #[must_use]
    pub const fn with_jumps(self, season: usize, trend: usize, low_pass: usize) -> Self {
        Self { jumps: Some([season, trend, low_pass]), ..self }
    }

    /// Inner loops in each pass, at least 1, and robust passes after the first.
    #[must_use]
    pub const fn with_iterations(self, inner: usize, outer: usize) -> Self {
        Self { iterations: Some([inner, outer]), ..self }
    }

    /// Decomposes `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if the period is below 2, a jump or the inner iterations are 0, a
    /// degree is above 1 or iterations are above 1,000; [`Error::Data`] if `y` has not more
    /// than two whole periods, an entry is not finite or the parts overflow.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::decompose::Stl;
    ///
    /// // A rising demand with a peak on every third day.
    /// let y: Vec<f64> = (0..30).map(|t| 10.0 + f64::from(t) + [0.0, -6.0, 6.0][t as usize % 3]).collect();
    /// let parts = Stl::periodic(3).fit(&y)?;
    /// assert!((parts.seasonal[0][2] - 6.0).abs() < 1e-9);
    /// assert!((parts.trend[20] - 30.0).abs() < 1e-9);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64]) -> Result<Decomposition, Error> {
        check::all_finite("y", y)?;
        self.decompose(y, None)
    }

    /// Decomposes `y`; a `None` is a missing period.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::Data`] if no value is observed.
    pub fn fit_with_gaps(&self, y: &[Option<f64>]) -> Result<Decomposition, Error> {
        let (filled, weights) = gaps::filled(y, self.period)?;
        let mut parts = self.decompose(&filled, weights.as_deref())?;
        if weights.is_some() {
            for (remainder, y) in parts.remainder.iter_mut().zip(y) {
                *remainder = if y.is_some() { *remainder } else { 0.0 };
            }
        }
        Ok(parts)
    }

    /// The parts of finite values; `observed` is 0 where the value is a stand-in.
    pub(super) fn decompose(
        &self,
        y: &[f64],
        observed: Option<&[f64]>,
    ) -> Result<Decomposition, Error> {
        let plan = self.plan(y.len())?;
        let scale = magnitude(y.iter().copied());
        let z: Vec<f64> = y.iter().map(|v| v / scale).collect();
        let (mut season, mut trend, weights) = plan.run(&z, observed);
        if self.window.is_none() {
            repeat(&mut season, self.period);
        }
        for part in [&mut season, &mut trend] {
            for value in part {
                *value = finite("y", *value * scale)?;
            }
        }
        let remainder: Result<Vec<f64>, Error> = y
            .iter()
            .zip(season.iter().zip(&trend))
            .map(|(y, (season, trend))| finite("y", y - season - trend))
            .collect();
        Ok(Decomposition {
            periods: vec![self.period],
            seasonal: vec![season],
            trend,
            remainder: remainder?,
            weights,
        })
    }

    fn plan(&self, n: usize) -> Result<Plan, Error> {
        let m = self.period;
        if m < 2 {
            return Err(ParamError::new("period", "at least 2", m).into());
        }
        let needed = m.saturating_mul(2).saturating_add(1);
        if n < needed {
            return Err(DataError::TooShort { name: "y", needed, got: n }.into());
        }
        let [inner, outer] = match (self.iterations, self.robust) {
            (Some(given), _) => given,
            (None, true) => [1, 15],
            (None, false) => [2, 0],
        };
        if !(1..=MAX_ITERATIONS).contains(&inner) {
            return Err(ParamError::new("inner iterations", "in 1..=1000", inner).into());
        }
        if outer > MAX_ITERATIONS {
            return Err(ParamError::new("outer iterations", "at most 1000", outer).into());
        }
        // A window so long that all weights are alike.
        let season = self.window.unwrap_or(n.saturating_mul(10));
        let season = odd(season);
        let default_trend = 1.5 * m as f64 / (1.0 - 1.5 / season as f64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive; a period beyond the integers is beyond any series"
        )]
        let windows = [
            season,
            odd(self.trend_window.unwrap_or(default_trend.ceil() as usize)),
            odd(self.low_pass_window.unwrap_or(m)),
        ];
        let jumps = self.jumps.unwrap_or(windows.map(|w| w.div_ceil(10)));
        let mut loess = [Loess { window: 0, degree: 0, jump: 0 }; 3];
        for (((loess, window), jump), degree) in
            loess.iter_mut().zip(windows).zip(jumps).zip(self.degrees)
        {
            check::at_least_one("jump", jump)?;
            if degree > 1 {
                return Err(ParamError::new("degree", "0 or 1", usize::from(degree)).into());
            }
            *loess = Loess { window, degree, jump };
        }
        let [season, trend, low_pass] = loess;
        Ok(Plan { m, season, trend, low_pass, inner, outer })
    }
}

/// The next odd number, at least 3.
fn odd(window: usize) -> usize {
    window.max(3) | 1
}

/// Settings that hold for a series of a known length, checked.
struct Plan {
    m: usize,
    season: Loess,
    trend: Loess,
    low_pass: Loess,
    inner: usize,
    outer: usize,
}

/// What a pass writes to, so that none of it is allocated twice.
struct Work {
    /// The smoothed cycle-subseries, a period longer at both ends.
    cycle: Vec<f64>,
    /// Averages of it.
    averages: [Vec<f64>; 2],
    /// A series, one cycle-subseries of it, and its weights.
    series: Vec<f64>,
    sub: Vec<f64>,
    sub_weights: Vec<f64>,
    smooth: Vec<f64>,
    kernel: Vec<f64>,
}

impl Plan {
    /// Season, trend and, after robust passes, weights.
    fn run(&self, y: &[f64], observed: Option<&[f64]>) -> (Vec<f64>, Vec<f64>, Option<Vec<f64>>) {
        let n = y.len();
        let (mut season, mut trend) = (vec![0.0; n], vec![0.0; n]);
        let longest = n.div_ceil(self.m) + 2;
        let mut work = Work {
            cycle: vec![0.0; n + 2 * self.m],
            averages: [Vec::with_capacity(n + 2 * self.m), Vec::with_capacity(n + 2 * self.m)],
            series: vec![0.0; n],
            sub: Vec::with_capacity(longest),
            sub_weights: Vec::with_capacity(longest),
            smooth: vec![0.0; longest],
            kernel: Vec::with_capacity(n),
        };
        let mut robust: Option<Vec<f64>> = None;
        for pass in 0..=self.outer {
            for _ in 0..self.inner {
                let weights = robust.as_deref().or(observed);
                self.step(y, weights, &mut season, &mut trend, &mut work);
            }
            if pass < self.outer {
                let mut weights = robust.take().unwrap_or_else(|| vec![0.0; n]);
                for (((weight, y), season), trend) in
                    weights.iter_mut().zip(y).zip(&season).zip(&trend)
                {
                    *weight = (y - season - trend).abs();
                }
                bisquare(&mut weights, observed);
                robust = Some(weights);
            }
        }
        (season, trend, robust)
    }

    /// One inner loop.
    fn step(
        &self,
        y: &[f64],
        weights: Option<&[f64]>,
        season: &mut [f64],
        trend: &mut [f64],
        work: &mut Work,
    ) {
        let m = self.m;
        for ((out, y), trend) in work.series.iter_mut().zip(y).zip(&*trend) {
            *out = y - trend;
        }
        for phase in 0..m {
            work.sub.clear();
            work.sub.extend(work.series.iter().skip(phase).step_by(m));
            let weights = weights.map(|weights| {
                work.sub_weights.clear();
                work.sub_weights.extend(weights.iter().skip(phase).step_by(m));
                &work.sub_weights[..]
            });
            let length = work.sub.len() + 2;
            if let Some(smooth) = work.smooth.get_mut(..length) {
                self.season.smooth_and_extend(&work.sub, weights, smooth, &mut work.kernel);
                let places = work.cycle.iter_mut().skip(phase).step_by(m);
                places.zip(smooth).for_each(|(place, value)| *place = *value);
            }
        }
        let [first, second] = &mut work.averages;
        moving_average(&work.cycle, m, first);
        moving_average(first, m, second);
        moving_average(second, 3, first);
        self.low_pass.smooth(first, None, &mut work.series, &mut work.kernel);
        for ((season, cycle), low) in
            season.iter_mut().zip(work.cycle.iter().skip(m)).zip(&work.series)
        {
            *season = cycle - low;
        }
        for ((out, y), season) in work.series.iter_mut().zip(y).zip(&*season) {
            *out = y - season;
        }
        self.trend.smooth(&work.series, weights, trend, &mut work.kernel);
    }
}

/// Averages of `length` consecutive values: `length − 1` fewer than there are values.
fn moving_average(values: &[f64], length: usize, out: &mut Vec<f64>) {
    out.clear();
    let mut sum: f64 = values.iter().take(length).sum();
    let divisor = length as f64;
    out.push(sum / divisor);
    for (old, new) in values.iter().zip(values.iter().skip(length)) {
        sum += new - old;
        out.push(sum / divisor);
    }
}

/// Turns absolute remainders into weights; what is not observed has weight 0.
fn bisquare(remainders: &mut [f64], observed: Option<&[f64]>) {
    let mut sorted: Vec<f64> = match observed {
        None => remainders.to_vec(),
        Some(seen) => {
            let seen = remainders.iter().zip(seen).filter(|(_, seen)| **seen > 0.0);
            seen.map(|(r, _)| *r).collect()
        }
    };
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = |k: usize| sorted.get(k).copied().unwrap_or_default();
    let half = sorted.len() / 2;
    let bound = 3.0 * (middle(half) + middle(sorted.len().saturating_sub(half + 1)));
    for r in remainders.iter_mut() {
        let u = *r / bound;
        *r = if *r <= 0.001 * bound {
            1.0
        } else if *r <= 0.999 * bound {
            (1.0 - u * u).powi(2)
        } else {
            0.0
        };
    }
    if let Some(observed) = observed {
        remainders.iter_mut().zip(observed).for_each(|(weight, seen)| *weight *= seen);
    }
}

/// Replaces every value by the mean of its phase.
fn repeat(season: &mut [f64], m: usize) {
    for phase in 0..m {
        let of = season.iter().skip(phase).step_by(m);
        let mean = of.clone().sum::<f64>() / of.len() as f64;
        season.iter_mut().skip(phase).step_by(m).for_each(|value| *value = mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seasonal(n: usize) -> Vec<f64> {
        (0..n).map(|t| 50.0 + 0.5 * t as f64 + [4.0, -1.0, -5.0, 2.0][t % 4]).collect()
    }

    #[test]
    fn a_season_on_a_level_is_found_exactly() {
        let y: Vec<f64> = (0..41).map(|t| 50.0 + [4.0, -1.0, -5.0, 2.0][t % 4]).collect();
        let robust = Stl::periodic(4).robust();
        for stl in [Stl::periodic(4), Stl::new(4, 7), Stl::new(4, 7).with_jumps(1, 1, 1), robust] {
            let parts = stl.fit(&y).unwrap();
            for t in 0..41 {
                let season = [4.0, -1.0, -5.0, 2.0][t % 4];
                assert!((parts.seasonal[0][t] - season).abs() < 1e-9, "{stl:?} {t} {parts:?}");
                assert!((parts.trend[t] - 50.0).abs() < 1e-9, "{stl:?} {t}");
                assert!(parts.remainder[t].abs() < 1e-9);
            }
        }
    }

    #[test]
    fn an_outlier_is_left_out_by_robust_passes() {
        let mut y = seasonal(60);
        for (t, y) in y.iter_mut().enumerate() {
            *y += [0.3, -0.2, 0.1, -0.3, 0.2, 0.0, -0.1][t * t % 7];
        }
        y[30] += 1_000.0;
        let parts = Stl::periodic(4).robust().fit(&y).unwrap();
        assert_eq!(parts.weights.as_ref().unwrap()[30], 0.0);
        assert!((parts.remainder[30] - 1_000.0).abs() < 2.0, "{}", parts.remainder[30]);
    }

    #[test]
    fn missing_periods_get_their_season() {
        let y: Vec<Option<f64>> = seasonal(60)
            .into_iter()
            .enumerate()
            .map(|(t, v)| (t % 7 != 3 && !(20..26).contains(&t)).then_some(v))
            .collect();
        for stl in [Stl::periodic(4), Stl::new(4, 7)] {
            let parts = stl.with_degrees(1, 1, 1).fit_with_gaps(&y).unwrap();
            for t in 0..60 {
                let season = [4.0, -1.0, -5.0, 2.0][t % 4];
                let got = parts.seasonal[0][t];
                assert!((got - season).abs() < 0.4, "{stl:?} {t} {got} {season}");
                assert!(y[t].is_some() || parts.remainder[t] == 0.0);
            }
        }
        let whole: Vec<Option<f64>> = seasonal(30).into_iter().map(Some).collect();
        assert_eq!(Stl::new(4, 7).fit_with_gaps(&whole), Stl::new(4, 7).fit(&seasonal(30)));
    }

    #[test]
    fn errors() {
        let y = seasonal(30);
        assert_eq!(
            Stl::periodic(1).fit(&y),
            Err(ParamError::new("period", "at least 2", 1_usize).into())
        );
        for (period, needed) in [(15, 31), (usize::MAX, usize::MAX)] {
            let short = DataError::TooShort { name: "y", needed, got: 30 };
            assert_eq!(Stl::periodic(period).fit(&y), Err(short.into()));
        }
        assert!(Stl::periodic(14).fit(&y).is_ok());
        assert!(Stl::new(4, usize::MAX).fit(&y).is_ok());
        assert!(Stl::new(4, 0).with_trend_window(usize::MAX).fit(&y).is_ok());
        assert!(Stl::new(4, 7).with_jumps(1, 0, 1).fit(&y).is_err());
        assert!(Stl::new(4, 7).with_degrees(0, 2, 1).fit(&y).is_err());
        assert!(Stl::new(4, 7).with_iterations(0, 0).fit(&y).is_err());
        assert!(Stl::new(4, 7).with_iterations(1, usize::MAX).fit(&y).is_err());
        assert!(Stl::new(4, 7).fit_with_gaps(&[None; 30]).is_err());
    }
}
