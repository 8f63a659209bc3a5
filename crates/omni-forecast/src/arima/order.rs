//! The orders of a seasonal ARIMA model.

use crate::Error;
use omni_core::error::ParamError;
use std::fmt;

/// The longest lag a model may have: orders times period, with the differences.
const MAX_LAG: usize = 2_000;

/// The orders of an ARIMA(p, d, q)(P, D, Q)\[m\] model.
///
/// # Examples
/// ```
/// use omni_forecast::arima::Order;
///
/// let airline = Order::new(0, 1, 1).with_season(0, 1, 1, 12);
/// assert_eq!(airline.to_string(), "ARIMA(0,1,1)(0,1,1)[12]");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Order {
    /// Autoregressive lags, `p`.
    pub ar: usize,
    /// Differences, `d`.
    pub differences: usize,
    /// Moving-average lags, `q`.
    pub ma: usize,
    /// Seasonal autoregressive lags, `P`.
    pub seasonal_ar: usize,
    /// Seasonal differences, `D`.
    pub seasonal_differences: usize,
    /// Seasonal moving-average lags, `Q`.
    pub seasonal_ma: usize,
    /// Periods of a season, `m`; 1 without one.
    pub period: usize,
}

impl Order {
    /// An order without a season.
    #[must_use]
    pub const fn new(ar: usize, differences: usize, ma: usize) -> Self {
        Self {
            ar,
            differences,
            ma,
            seasonal_ar: 0,
            seasonal_differences: 0,
            seasonal_ma: 0,
            period: 1,
        }
    }

    /// With seasonal orders `P`, `D`, `Q` and the periods of a season.
    #[must_use]
    pub const fn with_season(
        self,
        ar: usize,
        differences: usize,
        ma: usize,
        period: usize,
    ) -> Self {
        Self { seasonal_ar: ar, seasonal_differences: differences, seasonal_ma: ma, period, ..self }
    }

    /// Coefficients of the ARMA part: `p + q + P + Q`.
    #[must_use]
    pub const fn coefficients(&self) -> usize {
        self.ar + self.ma + self.seasonal_ar + self.seasonal_ma
    }

    /// Values lost to the differences: `d + D m`.
    #[must_use]
    pub const fn lost(&self) -> usize {
        self.differences + self.seasonal_differences * self.period
    }

    /// All differences: `d + D`.
    pub(super) const fn integration(&self) -> usize {
        self.differences + self.seasonal_differences
    }

    /// The order, if its lags can be kept.
    pub(super) fn checked(self) -> Result<Self, Error> {
        let lag = |plain: usize, seasonal: usize| {
            seasonal.checked_mul(self.period).and_then(|s| s.checked_add(plain))
        };
        for (name, plain, seasonal) in [
            ("ar", self.ar, self.seasonal_ar),
            ("ma", self.ma, self.seasonal_ma),
            ("differences", self.differences, self.seasonal_differences),
        ] {
            if lag(plain, seasonal).is_none_or(|lag| lag > MAX_LAG) {
                let got = lag(plain, seasonal).unwrap_or(usize::MAX);
                return Err(ParamError::new(name, "of at most 2000 periods", got).into());
            }
        }
        if self.differences > 4 {
            return Err(ParamError::new("differences", "at most 4", self.differences).into());
        }
        if self.seasonal_differences > 4 {
            let got = self.seasonal_differences;
            return Err(ParamError::new("seasonal_differences", "at most 4", got).into());
        }
        if self.period == 0 {
            return Err(ParamError::new("period", "at least 1", 0_u32).into());
        }
        Ok(self)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ARIMA({},{},{})", self.ar, self.differences, self.ma)?;
        if self.seasonal_ar + self.seasonal_differences + self.seasonal_ma > 0 {
            let (p, d, q) = (self.seasonal_ar, self.seasonal_differences, self.seasonal_ma);
            write!(f, "({p},{d},{q})[{}]", self.period)?;
        }
        Ok(())
    }
}
