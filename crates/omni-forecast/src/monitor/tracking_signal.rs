//! Tracking signals: are the errors of a running forecast one-sided?
//!
//! ```text
//! e_t = f_t − y_t
//! E_t = E_{t−1} + γ (e_t − E_{t−1})        smoothed error
//! M_t = M_{t−1} + γ (|e_t| − M_{t−1})      smoothed absolute error
//! Trigg   T_t = E_t / M_t                  in [−1, 1]
//! Brown   C_t = Σ_{i≤t} e_i / M_t          in mean absolute errors
//! ```
//!
//! Both start at 0. E and M start together, so T is ±1 after one error and settles. `γ` is
//! in `(0, 1]`, usually 0.1. Where all errors so far were zero both signals are 0.
//!
//! If errors have no bias, T has a standard deviation of about `√(γ / (2 − γ)) · 1.25`
//! (0.29 for γ = 0.1): |T| above 0.5 is unusual then. C wanders like a random walk, so
//! Brown's limit of 4 to 8 must be read with its age in mind;
//! [`restart`](TrackingSignal::restart) it after each intervention.
//!
//! Sources: Brown (1959), "Statistical Forecasting for Inventory Control", McGraw-Hill;
//! Trigg (1964), "Monitoring a forecasting system", Operational Research Quarterly 15(3),
//! 271–274.
//!
//! Limits: demand that is mostly zero has one-sided errors from period to period even if
//! the forecast is right: watch sums over its lead time instead.

use crate::Error;
use crate::moments::finite;
use omni_core::check;

/// The state of a tracking signal.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TrackingSignal {
    /// The weight `γ` of the newest error, in `(0, 1]`.
    pub gamma: f64,
    /// Smoothed error `E`, in units of stock.
    pub error: f64,
    /// Smoothed absolute error `M`, in units of stock.
    pub deviation: f64,
    /// The errors added up, in units of stock.
    pub sum: f64,
    /// How many errors it has seen.
    pub count: u64,
}

impl TrackingSignal {
    /// A signal that has seen nothing; `gamma` is checked by [`update`](Self::update).
    #[must_use]
    pub const fn new(gamma: f64) -> Self {
        Self { gamma, error: 0.0, deviation: 0.0, sum: 0.0, count: 0 }
    }

    /// Takes what came and what had been forecast; gives back Trigg's signal.
    ///
    /// # Errors
    /// [`Error::Param`] if `gamma` is outside `(0, 1]` or an argument is not finite,
    /// [`Error::Data`] if a sum overflows; the state stays as it was.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::monitor::TrackingSignal;
    ///
    /// let mut signal = TrackingSignal::new(0.2);
    /// for actual in [9.0, 11.0, 10.0, 12.0, 8.0, 10.0] {
    ///     signal.update(actual, 10.0)?;
    /// }
    /// assert!(signal.trigg().abs() < 0.5);
    /// // Demand has grown by half; the forecast has not.
    /// for actual in [15.0, 14.0, 16.0, 15.0] {
    ///     signal.update(actual, 10.0)?;
    /// }
    /// assert!(signal.trigg() < -0.8 && signal.brown() < -4.0);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn update(&mut self, actual: f64, forecast: f64) -> Result<f64, Error> {
        let gamma = check::weight("gamma", self.gamma)?;
        let actual = check::finite("actual", actual)?;
        let e = finite("forecast", check::finite("forecast", forecast)? - actual)?;
        let next = Self {
            gamma,
            error: finite("error", self.error + gamma * (e - self.error))?,
            deviation: finite("deviation", self.deviation + gamma * (e.abs() - self.deviation))?,
            sum: finite("sum", self.sum + e)?,
            count: self.count.saturating_add(1),
        };
        *self = next;
        Ok(self.trigg())
    }

    /// Trigg's signal, in `[−1, 1]`: near 1 if the forecast is always too high, near −1 if
    /// it is always too low.
    #[must_use]
    pub fn trigg(&self) -> f64 {
        let signal = self.error / self.deviation;
        // Rounding, or a state from elsewhere, must not leave the range.
        if self.deviation > 0.0 { signal.clamp(-1.0, 1.0) } else { 0.0 }
    }

    /// Brown's signal: the sum of the errors in mean absolute errors.
    #[must_use]
    pub fn brown(&self) -> f64 {
        let signal = self.sum / self.deviation;
        if self.deviation > 0.0 && !signal.is_nan() {
            signal.clamp(-f64::MAX, f64::MAX)
        } else {
            0.0
        }
    }

    /// Forgets all errors.
    pub const fn restart(&mut self) {
        *self = Self::new(self.gamma);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::rng;

    #[test]
    fn by_hand() {
        let mut signal = TrackingSignal::new(0.5);
        assert_eq!((signal.trigg(), signal.brown()), (0.0, 0.0));
        assert_eq!(signal.update(8.0, 10.0), Ok(1.0));
        // E = 1 then −0.5 after an error of −2, M = 1 then 1.5.
        assert_eq!(signal.update(12.0, 10.0), Ok(-0.5 / 1.5));
        assert_eq!((signal.sum, signal.count), (0.0, 2));
        signal.restart();
        assert_eq!(signal, TrackingSignal::new(0.5));
    }

    #[test]
    fn without_bias_it_stays_within_its_spread() {
        let mut stream = rng::stream(4, 0);
        let mut signal = TrackingSignal::new(0.1);
        let mut squares = 0.0;
        let n = 20_000;
        for _ in 0..n {
            let error = rng::uniform(&mut stream) - rng::uniform(&mut stream);
            squares += signal.update(0.0, error).unwrap().powi(2);
        }
        let spread = (squares / f64::from(n)).sqrt();
        let said = (0.1_f64 / 1.9).sqrt() * 1.25;
        assert!((spread / said - 1.0).abs() < 0.1, "{spread} {said}");
    }

    #[test]
    fn a_failed_update_changes_nothing() {
        let mut signal = TrackingSignal::new(0.5);
        signal.update(1.0, f64::MAX).unwrap();
        let before = signal;
        assert!(signal.update(f64::NAN, 1.0).is_err());
        assert!(signal.update(1.0, f64::INFINITY).is_err());
        assert!(signal.update(f64::MIN, f64::MAX).is_err());
        assert!(signal.update(-1.0, f64::MAX).is_err());
        assert_eq!(signal, before);
        assert!(TrackingSignal::new(0.0).update(1.0, 1.0).is_err());
        assert!(TrackingSignal::new(f64::NAN).update(1.0, 1.0).is_err());
    }
}
