//! Cumulative sums: the quickest way to notice errors that have shifted by a known amount.
//!
//! ```text
//! z_t  = (f_t − y_t) / σ
//! H_t  = max(0, H_{t−1} + z_t − k)        too high
//! L_t  = max(0, L_{t−1} − z_t − k)        too low
//! alarm where H_t or L_t exceeds h; that sum then starts again at 0
//! ```
//!
//! `σ` is the standard error of the forecast, `k` half the shift to be noticed in `σ`, `h`
//! the limit. For normal errors `k = 0.5` and `h = 5` raise a false alarm every 465 periods
//! in the mean, and notice a shift of one `σ` after about 10; `h = 4` does so every 168
//! and after about 8.
//!
//! Sources: Page (1954), "Continuous inspection schemes", Biometrika 41(1/2), 100–115; run
//! lengths: Montgomery (2020), "Introduction to Statistical Quality Control", 8th edition,
//! section 9.1.
//!
//! Limits: the run lengths hold for independent normal errors. Errors of several steps
//! ahead overlap, and demand that is mostly zero is skewed: raise `h`.

use super::Alarm;
use crate::Error;
use crate::moments::finite;
use omni_core::check;

/// Two cumulative sums, one per side.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Cusum {
    /// Standard error of the forecast, in units of stock.
    pub sigma: f64,
    /// The allowance `k`, in standard errors.
    pub allowance: f64,
    /// The limit `h`, in standard errors.
    pub limit: f64,
    /// Evidence that the forecast is too high.
    pub high: f64,
    /// Evidence that it is too low.
    pub low: f64,
}

impl Cusum {
    /// Sums for a forecast with standard error `sigma`, allowance 0.5 and limit 5; checked by
    /// [`update`](Self::update).
    #[must_use]
    pub const fn new(sigma: f64) -> Self {
        Self { sigma, allowance: 0.5, limit: 5.0, high: 0.0, low: 0.0 }
    }

    /// Half the shift to be noticed, in standard errors.
    #[must_use]
    pub const fn with_allowance(self, allowance: f64) -> Self {
        Self { allowance, ..self }
    }

    /// The limit of an alarm, in standard errors.
    #[must_use]
    pub const fn with_limit(self, limit: f64) -> Self {
        Self { limit, ..self }
    }

    /// Takes what came and what had been forecast; says whether the errors have shifted.
    ///
    /// # Errors
    /// [`Error::Param`] if `sigma` or the limit is not above zero, the allowance is negative
    /// or an argument is not finite, [`Error::Data`] on overflow; the state stays as it was.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::monitor::{Alarm, Cusum};
    ///
    /// let mut watch = Cusum::new(2.0);
    /// // Two standard errors too low, period after period: noticed in the fourth.
    /// for _ in 0..3 {
    ///     assert_eq!(watch.update(14.0, 10.0)?, None);
    /// }
    /// assert_eq!(watch.update(14.0, 10.0)?, Some(Alarm::TooLow));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn update(&mut self, actual: f64, forecast: f64) -> Result<Option<Alarm>, Error> {
        let sigma = check::positive("sigma", self.sigma)?;
        let allowance = check::non_negative("allowance", self.allowance)?;
        let limit = check::positive("limit", self.limit)?;
        let actual = check::finite("actual", actual)?;
        let z = finite("forecast", (check::finite("forecast", forecast)? - actual) / sigma)?;
        let mut high = finite("high", self.high + z - allowance)?.max(0.0);
        let mut low = finite("low", self.low - z - allowance)?.max(0.0);
        // The larger one if, after a change of sign, both exceed it.
        let alarm = if high > limit && high >= low {
            high = 0.0;
            Some(Alarm::TooHigh)
        } else if low > limit {
            low = 0.0;
            Some(Alarm::TooLow)
        } else {
            None
        };
        (self.high, self.low) = (high, low);
        Ok(alarm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::rng;

    /// Nearly normal: twelve uniform numbers.
    fn normal(stream: &mut rng::Xoshiro256PlusPlus) -> f64 {
        (0..12).map(|_| rng::uniform(stream)).sum::<f64>() - 6.0
    }

    fn mean_run(shift: f64, runs: u32) -> f64 {
        let mut stream = rng::stream(8, 0);
        let periods: u32 = (0..runs)
            .map(|_| {
                let mut watch = Cusum::new(1.0);
                let alarmed = |_: &u32| watch.update(normal(&mut stream), shift).unwrap().is_some();
                (1..1_000_000).find(alarmed).unwrap()
            })
            .sum();
        f64::from(periods) / f64::from(runs)
    }

    #[test]
    fn run_lengths_as_published() {
        let (quiet, shifted) = (mean_run(0.0, 400), mean_run(1.0, 400));
        assert!((380.0..=560.0).contains(&quiet), "{quiet}");
        assert!((9.5..=11.2).contains(&shifted), "{shifted}");
    }

    #[test]
    fn sides_and_restart() {
        let mut watch = Cusum::new(1.0).with_allowance(0.0).with_limit(2.0);
        assert_eq!(watch.update(0.0, 2.0), Ok(None));
        assert_eq!((watch.high, watch.low), (2.0, 0.0));
        assert_eq!(watch.update(0.0, 0.5), Ok(Some(Alarm::TooHigh)));
        assert_eq!((watch.high, watch.low), (0.0, 0.0));
        assert_eq!(watch.update(0.0, -2.5), Ok(Some(Alarm::TooLow)));
    }

    #[test]
    fn errors_leave_the_state() {
        let mut watch = Cusum::new(1.0);
        watch.update(0.0, 1.0).unwrap();
        let before = watch;
        assert!(watch.update(f64::NAN, 0.0).is_err());
        assert!(watch.update(f64::MIN, f64::MAX).is_err());
        assert_eq!(watch, before);
        for bad in [Cusum::new(0.0), Cusum::new(f64::NAN), Cusum::new(1.0).with_limit(0.0)] {
            let mut bad = bad;
            assert!(bad.update(0.0, 0.0).is_err());
        }
        assert!(Cusum::new(1.0).with_allowance(-1.0).update(0.0, 0.0).is_err());
        assert!(Cusum::new(5e-324).update(0.0, 1e300).is_err());
    }
}
