//! Demand until the next delivery, and the safety stock against its variance.
//!
//! ```text
//! μ = d·(L + R)                         mean of the demand over the protection interval
//! σ = √((L + R)·s_d² + d²·s_L²)         its standard deviation
//! safety stock = z·σ                    z = Φ⁻¹(cycle service level), normal demand
//! ```
//!
//! `d` and `s_d` are mean and standard deviation of demand per period, `L` and `s_L` those
//! of the lead time in periods, `R` the review period: an order placed now must last until
//! the one after the next review arrives. `R = 0` is continuous review. The variance adds
//! what comes of irregular demand and what comes of irregular deliveries; late suppliers
//! often weigh more than moody customers. O(1).
//!
//! Source: Hadley & Whitin (1963), Analysis of Inventory Systems, 3.4; Silver, Pyke &
//! Thomas (2017), Inventory and Production Management in Supply Chains, 6.10.
//!
//! Limits: demand of different periods and the lead time are independent.

use crate::Error;
use crate::demand::Distribution;
use crate::error::finite;
use omni_core::check;

/// The time that stock must last, with the demand and the lead time in it.
///
/// # Examples
/// ```
/// use omni_inventory::ProtectionInterval;
///
/// // 20 ± 6 units a day, 5 ± 1 days to deliver, looked at every 2 days.
/// let demand = ProtectionInterval::new(20.0, 6.0, 5.0)
///     .with_lead_time_sd(1.0)
///     .with_review_period(2.0)
///     .demand()?;
/// assert_eq!(demand.mean, 140.0);
/// assert_eq!(format!("{:.3}", demand.sd), "25.534");
/// assert_eq!(format!("{:.1}", demand.safety_stock(0.95)?), "42.0");
/// # Ok::<(), omni_inventory::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("lead time demand", "lead_time_demand_distribution"))]
pub struct ProtectionInterval {
    demand_mean: f64,
    demand_sd: f64,
    lead_time: f64,
    lead_time_sd: f64,
    review_period: f64,
}

impl ProtectionInterval {
    /// Mean and standard deviation of demand per period, and the lead time in periods:
    /// always the same, and with continuous review.
    #[must_use]
    pub const fn new(demand_mean: f64, demand_sd: f64, lead_time: f64) -> Self {
        Self { demand_mean, demand_sd, lead_time, lead_time_sd: 0.0, review_period: 0.0 }
    }

    /// Standard deviation of the lead time, in periods.
    #[must_use]
    pub const fn with_lead_time_sd(self, lead_time_sd: f64) -> Self {
        Self { lead_time_sd, ..self }
    }

    /// Periods from one look at the stock to the next.
    #[must_use]
    pub const fn with_review_period(self, review_period: f64) -> Self {
        Self { review_period, ..self }
    }

    /// Mean and standard deviation of the demand in it.
    ///
    /// # Errors
    /// [`Error::Param`] unless every number is non-negative and finite,
    /// [`Error::Unrepresentable`] if a result does not fit an `f64`.
    ///
    /// # Examples
    /// ```
    /// use omni_inventory::ProtectionInterval;
    ///
    /// // Four days, each with a standard deviation of 3: twice as much, not four times.
    /// let demand = ProtectionInterval::new(10.0, 3.0, 4.0).demand()?;
    /// assert_eq!((demand.mean, demand.sd), (40.0, 6.0));
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn demand(&self) -> Result<LeadTimeDemand, Error> {
        let demand_mean = check::non_negative("demand_mean", self.demand_mean)?;
        let demand_sd = check::non_negative("demand_sd", self.demand_sd)?;
        let lead_time = check::non_negative("lead_time", self.lead_time)?;
        let lead_time_sd = check::non_negative("lead_time_sd", self.lead_time_sd)?;
        let review_period = check::non_negative("review_period", self.review_period)?;
        let interval = finite("lead_time + review_period", lead_time + review_period)?;
        let sd = (interval.sqrt() * demand_sd).hypot(demand_mean * lead_time_sd);
        Ok(LeadTimeDemand {
            mean: finite("mean of the lead time demand", demand_mean * interval)?,
            sd: finite("sd of the lead time demand", sd)?,
        })
    }
}

/// Mean and standard deviation of the demand until the next delivery.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LeadTimeDemand {
    /// Mean, in units of stock.
    pub mean: f64,
    /// Standard deviation, in units of stock.
    pub sd: f64,
}

impl LeadTimeDemand {
    /// Stock above the mean that lasts with probability `cycle_service_level`, for normal
    /// demand. Below a level of one half it is negative.
    ///
    /// # Errors
    /// [`Error::Param`] unless the level is in `(0, 1)`, [`Error::Unrepresentable`] if the
    /// stock does not fit an `f64`.
    ///
    /// # Examples
    /// ```
    /// use omni_inventory::ProtectionInterval;
    ///
    /// let demand = ProtectionInterval::new(10.0, 3.0, 4.0).demand()?;
    /// assert_eq!(format!("{:.3}", demand.safety_stock(0.975)?), "11.760");
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn safety_stock(&self, cycle_service_level: f64) -> Result<f64, Error> {
        check::probability("cycle_service_level", cycle_service_level)?;
        Distribution::normal(0.0, self.sd)?.quantile(cycle_service_level)
    }

    /// Normal demand of this mean and spread.
    ///
    /// # Errors
    /// As [`Distribution::normal`].
    pub fn normal(&self) -> Result<Distribution, Error> {
        Distribution::normal(self.mean, self.sd)
    }

    /// Gamma demand of this mean and spread: never negative, fitting from a spread of half
    /// the mean on.
    ///
    /// # Errors
    /// As [`Distribution::gamma`]: mean and spread must be above zero.
    pub fn gamma(&self) -> Result<Distribution, Error> {
        Distribution::gamma(self.mean, self.sd)
    }

    /// Demand in whole units of this mean and spread: negative binomial if the variance is
    /// above the mean, else Poisson, which is the least spread whole units can have when
    /// customers come independently.
    ///
    /// # Errors
    /// As [`Distribution::poisson`] and [`Distribution::negative_binomial`].
    ///
    /// # Examples
    /// ```
    /// use omni_inventory::{Distribution, ProtectionInterval};
    ///
    /// let slow = ProtectionInterval::new(0.5, 1.0, 4.0).demand()?;
    /// assert_eq!(slow.whole_units()?, Distribution::negative_binomial(2.0, 2.0)?);
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn whole_units(&self) -> Result<Distribution, Error> {
        let dispersion = self.sd * (self.sd / self.mean);
        if dispersion > 1.0 {
            Distribution::negative_binomial(self.mean, dispersion)
        } else {
            Distribution::poisson(self.mean)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::error::ParamError;
    use omni_testkit::assert_close;

    #[test]
    fn both_variances_count() {
        let cases = [
            // d, s_d, L, s_L, R -> mean, sd
            ((10.0, 3.0, 4.0, 0.0, 0.0), (40.0, 6.0)),
            ((10.0, 0.0, 4.0, 0.5, 0.0), (40.0, 5.0)),
            ((4.0, 3.0, 0.5, 1.0, 0.5), (4.0, 5.0)),
            ((0.0, 2.0, 4.0, 9.0, 0.0), (0.0, 4.0)),
            ((5.0, 2.0, 0.0, 0.0, 0.0), (0.0, 0.0)),
        ];
        for ((d, sd, l, sl, r), expected) in cases {
            let interval =
                ProtectionInterval::new(d, sd, l).with_lead_time_sd(sl).with_review_period(r);
            let demand = interval.demand().unwrap();
            assert_eq!((demand.mean, demand.sd), expected);
        }
    }

    #[test]
    fn squares_outside_the_range_do_not_overflow() {
        let demand =
            ProtectionInterval::new(1e150, 3e200, 1.0).with_lead_time_sd(4e50).demand().unwrap();
        assert_close!(demand.sd, 5e200, 1e-15);
    }

    #[test]
    fn bad_arguments_are_named() {
        let base = ProtectionInterval::new(1.0, 1.0, 1.0);
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            let error = |name| Err(ParamError::new(name, "non-negative and finite", bad).into());
            assert_eq!(ProtectionInterval::new(bad, 1.0, 1.0).demand(), error("demand_mean"));
            assert_eq!(ProtectionInterval::new(1.0, bad, 1.0).demand(), error("demand_sd"));
            assert_eq!(ProtectionInterval::new(1.0, 1.0, bad).demand(), error("lead_time"));
            assert_eq!(base.with_lead_time_sd(bad).demand(), error("lead_time_sd"));
            assert_eq!(base.with_review_period(bad).demand(), error("review_period"));
        }
        let name = "mean of the lead time demand";
        let too_much = ProtectionInterval::new(1e300, 1.0, 1e300).demand();
        assert_eq!(too_much, Err(Error::Unrepresentable { name }));
        assert!(base.demand().unwrap().safety_stock(1.0).is_err());
    }

    #[test]
    fn whole_units_choose_by_the_spread() {
        let demand = |mean, sd| LeadTimeDemand { mean, sd };
        assert_eq!(demand(4.0, 2.0).whole_units(), Distribution::poisson(4.0));
        assert_eq!(demand(4.0, 1.0).whole_units(), Distribution::poisson(4.0));
        assert_eq!(demand(4.0, 4.0).whole_units(), Distribution::negative_binomial(4.0, 4.0));
        assert_eq!(demand(0.0, 0.0).whole_units(), Distribution::poisson(0.0));
        assert!(demand(0.0, 1.0).whole_units().is_err());
    }
}
