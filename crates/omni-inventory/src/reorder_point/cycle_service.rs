//! The reorder point for a share of order cycles without a stock-out.
//!
//! ```text
//! r = F⁻¹(α) = min{ r : F(r) ≥ α }
//! ```
//!
//! `F` is the distribution of the demand until delivery, `α` the cycle service level
//! (type 1 service). The cost of a call is that of the quantile of the distribution.
//!
//! Source: Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply
//! Chains, 6.7 (P₁ criterion).
//!
//! Limit: the level says how often stock runs out, not how much is then missing; see
//! [`fill_rate`](super::fill_rate()).

use super::ReorderPoint;
use crate::Error;
use crate::demand::{Distribution, Level};

/// The smallest stock that lasts until delivery with probability `level`.
///
/// # Errors
/// [`Error::Param`] unless `level` is in `(0, 1)`, [`Error::Unrepresentable`] if the
/// result does not fit an `f64`.
///
/// # Examples
/// ```
/// use omni_inventory::{ProtectionInterval, reorder_point};
///
/// let demand = ProtectionInterval::new(20.0, 6.0, 5.0).with_lead_time_sd(1.0).demand()?;
/// let point = reorder_point::cycle_service(&demand.normal()?, 0.95)?;
/// assert_eq!(format!("{:.1}", point.reorder_point), "139.6");
/// assert_eq!(format!("{:.1}", point.safety_stock), "39.6");
/// # Ok::<(), omni_inventory::Error>(())
/// ```
#[doc(alias("type 1 service", "P1"))]
pub fn cycle_service(demand: &Distribution, level: f64) -> Result<ReorderPoint, Error> {
    let reorder_point = demand.quantile_at(Level::new("level", level)?)?;
    ReorderPoint::of(demand, reorder_point)
}

impl ReorderPoint {
    pub(super) fn of(demand: &Distribution, reorder_point: f64) -> Result<Self, Error> {
        Ok(Self {
            reorder_point,
            safety_stock: crate::error::finite("safety_stock", reorder_point - demand.mean())?,
            cycle_service_level: demand.cdf(reorder_point)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::error::ParamError;

    #[test]
    fn whole_units_reach_at_least_the_level() {
        let demand = Distribution::poisson(4.0).unwrap();
        let point = cycle_service(&demand, 0.95).unwrap();
        assert_eq!((point.reorder_point, point.safety_stock), (8.0, 4.0));
        assert!(point.cycle_service_level >= 0.95);
    }

    #[test]
    fn a_level_outside_is_named() {
        let demand = Distribution::poisson(4.0).unwrap();
        for bad in [0.0, 1.0, -0.1, f64::NAN] {
            let error = ParamError::new("level", "in (0, 1)", bad);
            assert_eq!(cycle_service(&demand, bad), Err(error.into()));
        }
    }
}
