//! Demand smoothing and market share: two numbers that are often taken for one another.
//!
//! ```text
//! S_t = α y_t + (1 − α) S_{t−1}        smoothed demand, in pieces; S₁ = y₁
//! G_t = α x_t + (1 − α) G_{t−1}        smoothed market, in pieces; G₁ = x₁
//! s_t = y_t / x_t                      share of one period, in [0, 1]
//! ŝ_t = S_t / G_t                      smoothed share, in [0, 1]
//! ```
//!
//! `y` is what we sold, `x ≥ y` what the whole market bought (we included) in the same
//! periods and unit; `α` is in `(0, 1]`.
//!
//! The worked example of the platform's source document smooths a forecast of 1000 pieces
//! and a demand of 1200 with α = 0.2, and confuses four things:
//!
//! - The result is `0.2 · 1200 + 0.8 · 1000 = 1040`, not the 1080 it prints; 1080 takes
//!   α = 0.4.
//! - It calls these pieces a market share. A share has no unit and needs the market.
//! - It takes last month's demand for `S_{t−1}`, which is right for the first month only.
//! - It feeds the *expected* demand of next month as if it had been observed. `S_t` is the
//!   forecast of period t + 1 made from what was seen up to t.
//!
//! The smoothed share is a ratio of smoothed quantities, not a smoothed ratio: a month in
//! which hardly anybody bought says little about the share and weighs little here. O(n)
//! time, 32 bytes of state.
//!
//! Source: Brown (1956), "Exponential Smoothing for Predicting Demand", Arthur D. Little.
//!
//! Limits: neither trend nor season; a share of sales is not a share of demand where we
//! were out of stock.

use crate::Error;
use omni_core::check;
use omni_core::error::DataError;

/// One step of exponential smoothing: the new level from what was observed and the level
/// before it.
///
/// # Errors
/// [`Error::Param`] if `alpha` is outside `(0, 1]` or an argument is not finite.
///
/// # Examples
/// ```
/// use omni_forecast::market_share::smoothed;
///
/// assert_eq!(smoothed(0.2, 1200.0, 1000.0)?, 1040.0);
/// assert_eq!(smoothed(0.4, 1200.0, 1000.0)?, 1080.0); // what the document prints
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn smoothed(alpha: f64, observed: f64, previous: f64) -> Result<f64, Error> {
    let alpha = check::weight("alpha", alpha)?;
    let observed = check::finite("observed", observed)?;
    let previous = check::finite("previous", previous)?;
    // Not previous + alpha (observed − previous), whose difference can overflow.
    Ok(alpha * observed + (1.0 - alpha) * previous)
}

/// Our part of the market, in `[0, 1]`.
///
/// # Errors
/// [`Error::Param`] if an argument is negative or not finite, `market` is 0, or `own` exceeds
/// it.
///
/// # Examples
/// ```
/// use omni_forecast::market_share::share;
///
/// assert_eq!(share(1200.0, 8000.0)?, 0.15);
/// assert!(share(1200.0, 800.0).is_err()); // a part larger than the whole
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn share(own: f64, market: f64) -> Result<f64, Error> {
    let own = check::non_negative("own", own)?;
    let market = check::positive("market", market)?;
    if own <= market {
        Ok(own / market)
    } else {
        Err(omni_core::error::ParamError::new("own", "at most the market", own).into())
    }
}

/// Settings of smoothed demand and share; checked by [`fit`](MarketShare::fit).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MarketShare {
    alpha: f64,
}

impl MarketShare {
    /// Smooths with weight `alpha` in `(0, 1]`.
    #[must_use]
    pub const fn new(alpha: f64) -> Self {
        Self { alpha }
    }

    /// Learns from what we sold and what the market bought, one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Param`] if `alpha` is outside `(0, 1]` or NaN; [`Error::Data`] if the lengths
    /// differ or are 0, an entry is negative or not finite, or we sold more than the market
    /// bought.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::market_share::MarketShare;
    ///
    /// let fit = MarketShare::new(0.2).fit(&[1000.0, 1200.0], &[5000.0, 4800.0])?;
    /// assert_eq!(fit.demand, 1040.0); // pieces: the forecast of the coming month
    /// assert_eq!(fit.last_share, Some(0.25)); // of the last month alone
    /// assert_eq!(fit.share(), Some(1040.0 / 4960.0)); // smoothed
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, own: &[f64], market: &[f64]) -> Result<MarketShareFit, Error> {
        check::weight("alpha", self.alpha)?;
        check::same_len("market", market, own.len())?;
        check::min_len("own", own, 1)?;
        check::all_non_negative("own", own)?;
        check::all_non_negative("market", market)?;
        let mut pairs = own.iter().copied().zip(market.iter().copied()).enumerate();
        if let Some((index, (own, _))) = pairs.clone().find(|(_, (own, market))| own > market) {
            return Err(DataError::entry("own", index, "at most the market", own).into());
        }
        let (_, (demand, market)) = pairs.next().unwrap_or_default();
        let last_share = ratio(demand, market);
        let mut fit = MarketShareFit { alpha: self.alpha, demand, market, last_share };
        for (_, (own, market)) in pairs {
            fit.update(own, market)?;
        }
        Ok(fit)
    }
}

/// Smoothed demand and share; takes further periods one by one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MarketShareFit {
    /// The weight.
    pub alpha: f64,
    /// Smoothed demand for what we sell: the forecast of the coming period, in pieces.
    pub demand: f64,
    /// Smoothed demand of the whole market, in pieces.
    pub market: f64,
    /// Our share of the last period alone; `None` if nobody bought.
    pub last_share: Option<f64>,
}

impl MarketShareFit {
    /// The smoothed share in `[0, 1]`; `None` if nobody ever bought.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        ratio(self.demand, self.market)
    }

    /// Takes one more period.
    ///
    /// # Errors
    /// [`Error::Param`] if a value is negative or not finite, or `own` exceeds `market`; the
    /// state stays as it was.
    pub fn update(&mut self, own: f64, market: f64) -> Result<(), Error> {
        check::non_negative("own", own)?;
        check::non_negative("market", market)?;
        if own > market {
            return Err(omni_core::error::ParamError::new("own", "at most the market", own).into());
        }
        let next = Self {
            alpha: self.alpha,
            demand: smoothed(self.alpha, own, self.demand)?,
            market: smoothed(self.alpha, market, self.market)?,
            last_share: ratio(own, market),
        };
        *self = next;
        Ok(())
    }
}

/// A share; rounding may lift the part above the whole by a hair.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| (part / whole).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoothing::Ses;
    use omni_core::ParamError;

    #[test]
    fn demand_is_simple_exponential_smoothing() {
        let (own, market) = ([3.0, 0.0, 5.0, 1.0], [10.0, 0.0, 9.0, 1.0]);
        let fit = MarketShare::new(0.3).fit(&own, &market).unwrap();
        assert!((fit.demand - Ses::new(0.3).fit(&own).unwrap().level).abs() < 1e-15);
        assert_eq!(fit.last_share, Some(1.0));
        assert!(fit.share().is_some_and(|share| (0.3..0.7).contains(&share)));
        let mut later = MarketShare::new(0.3).fit(&own[..2], &market[..2]).unwrap();
        assert_eq!(later.last_share, None);
        later.update(5.0, 9.0).unwrap();
        later.update(1.0, 1.0).unwrap();
        assert_eq!(later, fit);
    }

    #[test]
    fn a_tiny_month_hardly_moves_the_share() {
        // 10 % of a thousand, then all of one piece.
        let fit = MarketShare::new(0.2).fit(&[100.0, 1.0], &[1000.0, 1.0]).unwrap();
        assert!(fit.share().is_some_and(|share| share < 0.101));
    }

    #[test]
    fn shares_stay_in_their_range() {
        for values in [[1e300, 1e300, f64::MAX], [5e-324, 0.0, 5e-324], [0.1, 0.2, 0.3]] {
            for alpha in [1e-9, 0.3, 1.0] {
                let fit = MarketShare::new(alpha).fit(&values, &values).unwrap();
                assert!(fit.share().is_none_or(|share| (0.0..=1.0).contains(&share)));
                assert!(fit.demand.is_finite());
            }
        }
        assert_eq!(MarketShare::new(0.5).fit(&[0.0], &[0.0]).unwrap().share(), None);
    }

    #[test]
    fn errors() {
        let over = DataError::entry("own", 1, "at most the market", 3.0);
        assert_eq!(MarketShare::new(0.5).fit(&[1.0, 3.0], &[1.0, 2.0]), Err(over.into()));
        let alpha = ParamError::new("alpha", "in (0, 1]", 0.0);
        assert_eq!(MarketShare::new(0.0).fit(&[1.0], &[1.0]), Err(alpha.clone().into()));
        assert_eq!(smoothed(0.0, 1.0, 1.0), Err(alpha.into()));
        assert!(MarketShare::new(0.5).fit(&[], &[]).is_err());
        assert!(MarketShare::new(0.5).fit(&[1.0], &[]).is_err());
        assert!(MarketShare::new(0.5).fit(&[-1.0], &[1.0]).is_err());
        assert!(MarketShare::new(0.5).fit(&[1.0], &[f64::INFINITY]).is_err());
        assert!(share(1.0, 0.0).is_err() && share(-1.0, 1.0).is_err());
        let mut fit = MarketShare::new(0.5).fit(&[1.0], &[2.0]).unwrap();
        let before = fit;
        assert!(fit.update(2.0, 1.0).is_err() && fit.update(f64::NAN, 1.0).is_err());
        assert_eq!(fit, before);
    }
}
