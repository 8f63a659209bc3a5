//! What a point method must offer to be backtested and combined.

use crate::Error;
use omni_core::check;
use omni_core::error::ParamError;
use std::fmt;

/// The longest horizon a method forecasts: 100,000 periods.
///
/// It keeps a mistaken horizon from filling the memory.
pub const MAX_HORIZON: usize = 100_000;

/// A point method with its settings: a pure function from the past to the mean of the future.
///
/// Object-safe, so that methods of different kinds stand in one list.
///
/// # Examples
/// ```
/// use omni_forecast::Forecaster;
/// use omni_forecast::baseline::{Naive, SeasonalNaive};
///
/// let methods: [(&str, &dyn Forecaster); 2] =
///     [("naive", &Naive), ("seasonal naive", &SeasonalNaive::new(3))];
/// let y = [5.0, 1.0, 0.0, 6.0, 2.0, 0.0];
/// for (name, method) in methods {
///     assert_eq!(method.forecast(&y, 4)?.len(), 4, "{name}");
/// }
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub trait Forecaster: fmt::Debug + Send + Sync {
    /// Forecasts the `horizon` periods after `y`, one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is out of range or `horizon` is not in
    /// `1..=`[`MAX_HORIZON`], [`Error::Data`] or [`Error::NoDemand`] if the method cannot
    /// learn from `y`.
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error>;
}

/// A horizon that can be forecast.
pub(crate) fn check_horizon(horizon: usize) -> Result<usize, ParamError> {
    if (1..=MAX_HORIZON).contains(&horizon) {
        Ok(horizon)
    } else {
        Err(ParamError::new("horizon", "in 1..=100000", horizon))
    }
}

/// The same mean for every period of the horizon.
pub(crate) fn flat(mean: f64, horizon: usize) -> Result<Vec<f64>, Error> {
    Ok(vec![check::finite("mean", mean)?; check_horizon(horizon)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn horizons_at_their_edges() {
        for good in [1, MAX_HORIZON] {
            assert_eq!(flat(2.0, good).unwrap().len(), good);
        }
        for bad in [0, MAX_HORIZON + 1, usize::MAX] {
            let expected = ParamError::new("horizon", "in 1..=100000", bad);
            assert_eq!(flat(2.0, bad), Err(expected.into()));
        }
        assert!(flat(f64::NAN, 1).is_err());
    }
}
