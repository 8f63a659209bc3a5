//! Page–Hinkley: have errors left the mean they used to have? Needs no standard error.
//!
//! ```text
//! e_t = f_t − y_t                   x̄_t = mean of e_1..e_t
//! U_t = Σ_{i≤t} (e_i − x̄_i − δ)     up:   U_t − min U
//! D_t = Σ_{i≤t} (e_i − x̄_i + δ)     down: max D − D_t
//! alarm where one of them exceeds λ; all starts again then
//! ```
//!
//! `δ` (units of stock) is the drift that is let pass, `λ` (units of stock) the limit. A
//! forecast with a constant bias raises no alarm: that is the tracking signal's to say.
//! Differences to the extremes are kept, not the sums, so a long life costs no digits.
//!
//! Sources: Page (1954), "Continuous inspection schemes", Biometrika 41(1/2), 100–115;
//! Hinkley (1971), "Inference about the change-point from cumulative sum tests", Biometrika
//! 58(3), 509–523; Gama, Sebastião & Rodrigues (2013), "On evaluating stream learning
//! algorithms", Machine Learning 90, 317–346.
//!
//! Limits: `λ` is in units of stock, so it must be chosen per series (say 10 to 20 mean
//! absolute errors); the mean is learned from the same errors, so the first few count as normal.

use super::Alarm;
use crate::Error;
use crate::moments::finite;
use omni_core::check;

/// The state of a two-sided Page–Hinkley test.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PageHinkley {
    /// The drift `δ` that is let pass, in units of stock.
    pub tolerance: f64,
    /// The limit `λ`, in units of stock.
    pub limit: f64,
    /// The mean error since the last alarm.
    pub mean: f64,
    /// How far errors have risen above it.
    pub rise: f64,
    /// How far they have fallen below it.
    pub fall: f64,
    /// How many errors since the last alarm.
    pub count: u64,
}

impl PageHinkley {
    /// A test that has seen nothing; checked by [`update`](Self::update).
    #[must_use]
    pub const fn new(tolerance: f64, limit: f64) -> Self {
        Self { tolerance, limit, mean: 0.0, rise: 0.0, fall: 0.0, count: 0 }
    }

    /// Takes what came and what had been forecast; says whether the errors have drifted.
    ///
    /// # Errors
    /// [`Error::Param`] if the tolerance is negative, the limit not above zero or an argument
    /// is not finite, [`Error::Data`] on overflow; the state stays as it was.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::monitor::{Alarm, PageHinkley};
    ///
    /// let mut watch = PageHinkley::new(0.5, 20.0);
    /// for t in 0..30 {
    ///     assert_eq!(watch.update(f64::from(9 + t % 3), 10.0)?, None);
    /// }
    /// let alarm = (0..10).map(|_| watch.update(16.0, 10.0)).find_map(|found| found.ok()?);
    /// assert_eq!(alarm, Some(Alarm::TooLow));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn update(&mut self, actual: f64, forecast: f64) -> Result<Option<Alarm>, Error> {
        let tolerance = check::non_negative("tolerance", self.tolerance)?;
        let limit = check::positive("limit", self.limit)?;
        let actual = check::finite("actual", actual)?;
        let e = finite("forecast", check::finite("forecast", forecast)? - actual)?;
        let count = self.count.saturating_add(1);
        let mean = finite("mean", self.mean + (e - self.mean) / count as f64)?;
        let rise = finite("rise", self.rise + (e - mean - tolerance))?.max(0.0);
        let fall = finite("fall", self.fall - (e - mean + tolerance))?.max(0.0);
        let alarm = if rise > limit {
            Some(Alarm::TooHigh)
        } else if fall > limit {
            Some(Alarm::TooLow)
        } else {
            None
        };
        *self = if alarm.is_some() {
            Self::new(tolerance, limit)
        } else {
            Self { tolerance, limit, mean, rise, fall, count }
        };
        Ok(alarm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::rng;

    #[test]
    fn as_the_sums_and_their_extremes_say() {
        let mut stream = rng::stream(6, 0);
        let mut watch = PageHinkley::new(0.1, 1e9);
        let (mut up, mut down, mut least, mut most) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
        let mut sum = 0.0;
        for t in 1..500 {
            let e = rng::uniform(&mut stream) - 0.3;
            assert_eq!(watch.update(0.0, e), Ok(None));
            sum += e;
            let mean = sum / f64::from(t);
            up += e - mean - 0.1;
            down += e - mean + 0.1;
            (least, most) = (least.min(up), most.max(down));
            assert!((watch.rise - (up - least)).abs() < 1e-10);
            assert!((watch.fall - (most - down)).abs() < 1e-10);
        }
    }

    #[test]
    fn a_constant_bias_is_no_drift_but_a_change_is() {
        let mut watch = PageHinkley::new(0.0, 5.0);
        for _ in 0..1_000 {
            assert_eq!(watch.update(0.0, 7.0), Ok(None));
        }
        assert_eq!(watch.update(0.0, 20.0), Ok(Some(Alarm::TooHigh)));
        assert_eq!(watch, PageHinkley::new(0.0, 5.0));
    }

    #[test]
    fn errors_leave_the_state() {
        let mut watch = PageHinkley::new(0.0, 1.0);
        watch.update(0.0, 0.5).unwrap();
        let before = watch;
        assert!(watch.update(f64::INFINITY, 0.0).is_err());
        assert!(watch.update(f64::MIN, f64::MAX).is_err());
        assert_eq!(watch, before);
        assert!(PageHinkley::new(-1.0, 1.0).update(0.0, 0.0).is_err());
        assert!(PageHinkley::new(0.0, f64::NAN).update(0.0, 0.0).is_err());
    }
}
