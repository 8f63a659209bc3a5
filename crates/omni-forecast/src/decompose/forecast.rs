//! A forecast on the parts: any method for what is not seasonal, the seasons again.
//!
//! ```text
//! ŷ_{n+h} = f⁻¹( method(T + R)_h + Σ_k S_k,n+h−m_k·⌈h/m_k⌉ )
//! ```
//!
//! `f` is a [`BoxCox`] transformation, if one is asked for. With `MSTL` of one season this is
//! R's `stlf`. A series too short for every season is left to the method alone.
//! O(K n · window) time beside the method.
//!
//! Source: Hyndman & Athanasopoulos (2021), "Forecasting: Principles and Practice",
//! 3rd edition, sections 12.1 and 13.1.
//!
//! Limits: the last season is taken as it is; its error is not counted.

use super::{BoxCox, Decomposition, Mstl};
use crate::moments::finite;
use crate::{Error, Forecaster};
use omni_core::DataError;

/// Which transformation comes before the decomposition.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Transform {
    None,
    Given(BoxCox),
    Guerrero,
}

/// Settings: a decomposition, and the method for the seasonally adjusted series.
#[derive(Debug, Clone)]
pub struct MstlForecast<'a> {
    mstl: Mstl,
    method: &'a dyn Forecaster,
    transform: Transform,
}

impl<'a> MstlForecast<'a> {
    /// Seasons of so many periods, and `method` for the rest.
    #[must_use]
    pub fn new(periods: &[usize], method: &'a dyn Forecaster) -> Self {
        Self::of(Mstl::new(periods), method)
    }

    /// A decomposition as set, and `method` for the rest.
    #[must_use]
    pub const fn of(mstl: Mstl, method: &'a dyn Forecaster) -> Self {
        Self { mstl, method, transform: Transform::None }
    }

    /// Transforms the series first, and the forecasts back.
    #[must_use]
    pub fn with_box_cox(self, transform: BoxCox) -> Self {
        Self { transform: Transform::Given(transform), ..self }
    }

    /// As [`with_box_cox`](Self::with_box_cox), with [Guerrero's](BoxCox::guerrero) `λ` for
    /// the longest season.
    #[must_use]
    pub fn with_guerrero(self) -> Self {
        Self { transform: Transform::Guerrero, ..self }
    }

    /// The parts of `y` (transformed, if so set), and the transformation used; no parts if
    /// `y` is too short for every season.
    ///
    /// # Errors
    /// As [`Mstl::fit`] and [`BoxCox::transform`].
    pub fn parts(&self, y: &[f64]) -> Result<(Option<Decomposition>, Option<BoxCox>), Error> {
        let map = match self.transform {
            Transform::None => None,
            Transform::Given(map) => Some(map),
            Transform::Guerrero => Some(BoxCox::guerrero(y, self.mstl.longest())?),
        };
        let parts = match &map {
            Some(map) => self.mstl.fit(&map.transform(y)?),
            None => self.mstl.fit(y),
        };
        match parts {
            Ok(parts) => Ok((Some(parts), map)),
            Err(Error::Data(DataError::TooShort { .. })) => Ok((None, map)),
            Err(error) => Err(error),
        }
    }
}

impl Forecaster for MstlForecast<'_> {
    /// # Examples
    /// ```
    /// use omni_forecast::Forecaster;
    /// use omni_forecast::baseline::Drift;
    /// use omni_forecast::decompose::MstlForecast;
    ///
    /// let y: Vec<f64> = (0..40).map(|t| 10.0 + [3.0, -1.0, 0.0, -2.0][t % 4]).collect();
    /// let ahead = MstlForecast::new(&[4], &Drift).forecast(&y, 4)?;
    /// for (got, expected) in ahead.iter().zip([13.0, 9.0, 10.0, 8.0]) {
    ///     assert!((got - expected).abs() < 1e-9);
    /// }
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        let (parts, map) = self.parts(y)?;
        let mut means = match (&parts, &map) {
            (Some(parts), _) => self.method.forecast(&parts.seasonally_adjusted(), horizon)?,
            (None, Some(map)) => self.method.forecast(&map.transform(y)?, horizon)?,
            (None, None) => self.method.forecast(y, horizon)?,
        };
        if let Some(parts) = &parts {
            for (mean, season) in means.iter_mut().zip(parts.seasonal_forecast(horizon)?) {
                *mean = finite("forecast", *mean + season)?;
            }
        }
        match map {
            Some(map) => map.inverse(&means),
            None => Ok(means),
        }
    }
}
