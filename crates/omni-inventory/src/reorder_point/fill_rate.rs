//! The reorder point for a share of demand filled from the shelf.
//!
//! ```text
//! β(r) = 1 − [n(r) − n(r + Q)]/Q          fill rate of ordering Q at inventory position r
//! find the r with β(r) = target
//! ```
//!
//! `n` is the loss of the demand until delivery, `Q` the order quantity, both in units of
//! stock; what is missing is delivered later. `n(r) − n(r + Q)` is the integral of the
//! upper tail over `Q` units, so it lies between `Q·P(X > r + Q)` and `Q·P(X > r)`: the
//! answer lies in `[F⁻¹(β) − Q, F⁻¹(β)]`, where Newton steps find it, halving where a step
//! leaves the bracket. For small `Q` the integral is taken directly instead of as a difference:
//! by Gauss and Legendre's rule where the tail is smooth, step by step where it has steps.
//! In whole units the answer is the smallest whole `r ≥ 0` that reaches the target, found
//! by a search that doubles and halves.
//!
//! About ten evaluations of the loss and the tail. The tail is the slope, so Newton's step
//! costs nothing extra; and an end of the bracket may itself be the answer up to rounding,
//! which a root finder that wants a change of sign would refuse.
//!
//! Source: Hadley & Whitin (1963), Analysis of Inventory Systems, 4.7; Zipkin (2000),
//! Foundations of Inventory Management, 6.2.3 (exact for orders placed at exactly `r`).
//!
//! Limits: the reorder point may be negative where orders are large (customers wait for
//! some of every order). Demand that jumps past `r` in one go undershoots it and fills
//! less; unmet demand that is lost instead of late fills slightly more.

use super::ReorderPoint;
use crate::Error;
use crate::demand::{Distribution, Level, smallest};
use omni_core::check;

/// The smallest reorder point at which the share `target` of all demand is filled from
/// the shelf, if every order is for `order_quantity`.
///
/// # Errors
/// [`Error::Param`] unless `target` is in `(0, 1)` and `order_quantity` is positive and
/// finite, [`Error::Unrepresentable`] if the result does not fit an `f64`.
///
/// # Examples
/// ```
/// use omni_inventory::{ProtectionInterval, reorder_point};
///
/// let demand = ProtectionInterval::new(20.0, 6.0, 5.0).with_lead_time_sd(1.0).demand()?;
/// let point = reorder_point::fill_rate(&demand.normal()?, 0.98, 200.0)?;
/// assert_eq!(format!("{:.1}", point.reorder_point), "114.7");
/// // 98 % of the units, although one cycle in four runs out at its end.
/// assert_eq!(format!("{:.2}", point.cycle_service_level), "0.73");
/// # Ok::<(), omni_inventory::Error>(())
/// ```
#[doc(alias("type 2 service", "P2", "beta service level"))]
pub fn fill_rate(
    demand: &Distribution,
    target: f64,
    order_quantity: f64,
) -> Result<ReorderPoint, Error> {
    let level = Level::new("target", target)?;
    check::positive("order_quantity", order_quantity)?;
    let high = demand.quantile_at(level)?;
    let low = crate::error::finite("reorder_point", high - order_quantity)?;
    // Below the normal numbers a share of it would be rounded away.
    let short = level.above * order_quantity;
    if !short.is_normal() {
        return Err(Error::Unrepresentable { name: "units short per order" });
    }
    let reorder_point = if demand.in_whole_units() {
        // A target met to rounding is met.
        let short = short * (1.0 + 1e-12);
        let reached = |r| short_per_order(demand, r, order_quantity).is_ok_and(|n| n <= short);
        let r = smallest(f64::midpoint(low, high), reached);
        if !reached(r) {
            return Err(Error::Unrepresentable { name: "reorder_point" });
        }
        r
    } else {
        solve(demand, order_quantity, short, low, high)?
    };
    ReorderPoint::of(demand, reorder_point)
}

/// The share of demand filled from the shelf if `order_quantity` is ordered whenever the
/// inventory position falls to `reorder_point`.
///
/// # Errors
/// [`Error::Param`] unless `reorder_point` is finite and `order_quantity` positive and
/// finite, [`Error::Unrepresentable`] if a loss does not fit an `f64`.
///
/// # Examples
/// ```
/// use omni_inventory::{Distribution, reorder_point};
///
/// let demand = Distribution::normal(100.0, 24.0)?;
/// let share = reorder_point::fill_rate_at(&demand, 110.0, 200.0)?;
/// assert_eq!(format!("{share:.4}"), "0.9730");
/// # Ok::<(), omni_inventory::Error>(())
/// ```
pub fn fill_rate_at(
    demand: &Distribution,
    reorder_point: f64,
    order_quantity: f64,
) -> Result<f64, Error> {
    check::finite("reorder_point", reorder_point)?;
    check::positive("order_quantity", order_quantity)?;
    let short = short_per_order(demand, reorder_point, order_quantity)?;
    Ok((1.0 - short / order_quantity).clamp(0.0, 1.0))
}

/// `n(r) − n(r + Q)`: units short in an order cycle.
fn short_per_order(demand: &Distribution, r: f64, quantity: f64) -> Result<f64, Error> {
    let (before, after) = (demand.loss(r)?, demand.loss(r + quantity)?);
    if after < 0.5 * before {
        return Ok(before - after);
    }
    // Half or less of the loss goes: integrate the tail instead of subtracting.
    match demand {
        Distribution::Gamma(_) if r < quantity => {
            // Not smooth at zero; what is left over instead is small here.
            let kept = demand.complementary_loss(r + quantity)? - demand.complementary_loss(r)?;
            Ok(quantity - kept)
        }
        Distribution::Normal(_) | Distribution::Gamma(_) => smooth(demand, r, quantity),
        Distribution::Poisson(_) | Distribution::NegativeBinomial(_) => {
            let steps = |at: f64| Some(at.floor() + 1.0);
            Ok(stepped(demand, r, quantity, 2, steps)?.unwrap_or(before - after))
        }
        Distribution::Empirical(observed) => {
            let steps = |at: f64| observed.next_above(at);
            Ok(stepped(demand, r, quantity, 64, steps)?.unwrap_or(before - after))
        }
    }
}

/// The integral of a smooth tail from `r` over `quantity`.
fn smooth(demand: &Distribution, r: f64, quantity: f64) -> Result<f64, Error> {
    let half = 0.5 * quantity;
    let mut sum = 0.0;
    for (node, weight) in LEGENDRE {
        let (left, right) = (r + half * (1.0 - node), r + half * (1.0 + node));
        sum += weight * f64::midpoint(demand.sf(left)?, demand.sf(right)?);
    }
    Ok(quantity * sum)
}

/// The integral of a tail that falls in steps, by its steps; `None` if there are more than
/// `most`. A quantity that drowns in the rounding of `r` still counts in full.
fn stepped(
    demand: &Distribution,
    r: f64,
    quantity: f64,
    most: usize,
    next: impl Fn(f64) -> Option<f64>,
) -> Result<Option<f64>, Error> {
    let (mut at, mut left, mut sum) = (r, quantity, 0.0);
    for _ in 0..most {
        let end = next(at);
        let width = end.map_or(left, |end| left.min(end - at));
        sum += width * demand.sf(at)?;
        left -= width;
        match end {
            Some(end) if left > 0.0 => at = end,
            _ => return Ok(Some(sum)),
        }
    }
    Ok(None)
}

/// Positive nodes of the Gauss-Legendre rule of order 12, each with its weight.
const LEGENDRE: [(f64, f64); 6] = [
    (0.125_233_408_511_468_9, 0.249_147_045_813_402_77),
    (0.367_831_498_998_180_2, 0.233_492_536_538_354_8),
    (0.587_317_954_286_617_5, 0.203_167_426_723_065_92),
    (0.769_902_674_194_304_7, 0.160_078_328_543_346_22),
    (0.904_117_256_370_474_9, 0.106_939_325_995_318_43),
    (0.981_560_634_246_719_2, 0.047_175_336_386_511_83),
];

/// The `r` in `[low, high]` with `short_per_order(r) = short`.
fn solve(
    demand: &Distribution,
    quantity: f64,
    short: f64,
    mut low: f64,
    mut high: f64,
) -> Result<f64, Error> {
    let spread = 1e-12 * demand.sd();
    let mut r = high;
    for _ in 0..200 {
        let excess = short_per_order(demand, r, quantity)? - short;
        if excess > 0.0 {
            low = r;
        } else {
            high = r;
        }
        let step = excess / (demand.sf(r)? - demand.sf(r + quantity)?);
        // Below this a step is rounding: of the losses, which are of the size of r and Q.
        if step.abs() <= spread + 4.0 * f64::EPSILON * (r.abs() + quantity) {
            return Ok((r + step).clamp(low, high));
        }
        let newton = r + step;
        r = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        if r == low || r == high {
            break;
        }
    }
    Ok(r)
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::error::ParamError;
    use omni_testkit::assert_close;

    #[test]
    fn the_reorder_point_gives_the_target_back() {
        for demand in [
            Distribution::normal(100.0, 24.0).unwrap(),
            Distribution::gamma(100.0, 80.0).unwrap(),
            Distribution::empirical(&[0.0, 3.0, 4.0, 10.0, 60.0]).unwrap(),
        ] {
            for quantity in [0.5, 10.0, 400.0] {
                for target in [0.3, 0.9, 0.999] {
                    let point = fill_rate(&demand, target, quantity).unwrap();
                    let got = fill_rate_at(&demand, point.reorder_point, quantity).unwrap();
                    assert_close!(1.0 - got, 1.0 - target, 1e-9, "{demand:?} {quantity} {target}");
                }
            }
        }
    }

    #[test]
    fn small_orders_approach_the_cycle_service_level() {
        let demand = Distribution::normal(100.0, 24.0).unwrap();
        let point = fill_rate(&demand, 0.95, 1e-9).unwrap();
        assert_close!(point.reorder_point, demand.quantile(0.95).unwrap(), 1e-10);
    }

    #[test]
    fn an_order_too_small_to_move_a_loss_still_has_a_reorder_point() {
        for quantity in [1e-9, 1e-18, 1e-100, 1e-305] {
            for demand in [
                Distribution::poisson(20.0).unwrap(),
                Distribution::negative_binomial(7.5, 1.1).unwrap(),
                Distribution::empirical(&[0.0, 3.0, 4.0, 10.0, 60.0]).unwrap(),
            ] {
                for target in [0.3, 0.99] {
                    let got = fill_rate(&demand, target, quantity).unwrap().reorder_point;
                    assert_close!(got, demand.quantile(target).unwrap(), 1e-8, "{demand:?}");
                }
            }
        }
        let share = fill_rate_at(&Distribution::poisson(20.0).unwrap(), 20.0, 1e-100).unwrap();
        assert_close!(share, Distribution::poisson(20.0).unwrap().cdf(20.0).unwrap(), 1e-14);
    }

    #[test]
    fn a_skewed_demand_near_zero_keeps_its_digits() {
        // Mean, spread, r, Q, fill rate; mpmath, 40 digits.
        for (mean, sd, r, quantity, expected) in [
            (10.0, 40.0, -1.0, 2.0, 0.354_090_668_742_482_13),
            (10.0, 40.0, 0.0, 0.5, 0.678_220_899_318_875_8),
            (10.0, 40.0, 0.1, 1.0, 0.722_302_500_068_234_7),
            (10.0, 20.0, 0.0, 1.0, 0.349_986_782_875_297_44),
            (10.0, 20.0, -0.5, 3.0, 0.365_230_728_370_247_8),
            (10.0, 9.0, 0.0, 2.0, 0.064_601_512_066_139_83),
            (100.0, 80.0, 0.0, 10.0, 0.014_423_436_478_983_518),
            (100.0, 30.0, 40.0, 20.0, 0.029_254_916_236_560_324),
        ] {
            let demand = Distribution::gamma(mean, sd).unwrap();
            let got = fill_rate_at(&demand, r, quantity).unwrap();
            assert_close!(got, expected, 1e-12, "{mean} {sd} {r} {quantity}");
        }
    }

    #[test]
    fn a_target_that_a_reorder_point_just_meets_is_met_there() {
        for demand in [
            Distribution::poisson(4.0).unwrap(),
            Distribution::poisson(0.3).unwrap(),
            Distribution::negative_binomial(7.5, 1.8).unwrap(),
        ] {
            for quantity in [1.0, 3.0, 24.0] {
                for r in 0..12 {
                    let r = f64::from(r);
                    let target = fill_rate_at(&demand, r, quantity).unwrap();
                    // Nearer to 1 the target itself is rounded by more than the slack.
                    if target < 0.999 {
                        let found = fill_rate(&demand, target, quantity).unwrap();
                        assert_eq!(found.reorder_point, r, "{demand:?} {quantity}");
                    }
                }
            }
        }
    }

    #[test]
    fn large_orders_may_wait_for_customers() {
        let sure = Distribution::normal(10.0, 0.0).unwrap();
        // 100 an order, 5 % late: order when 5 of the 10 are owed already.
        assert_close!(fill_rate(&sure, 0.95, 100.0).unwrap().reorder_point, 5.0, 1e-14);
        assert_close!(fill_rate(&sure, 0.5, 100.0).unwrap().reorder_point, -40.0, 1e-14);
        let whole = Distribution::poisson(10.0).unwrap();
        assert_eq!(fill_rate(&whole, 0.5, 100.0).unwrap().reorder_point, 0.0);
    }

    #[test]
    fn bad_arguments_are_named() {
        let demand = Distribution::normal(1.0, 1.0).unwrap();
        for bad in [0.0, 1.0, f64::NAN] {
            let error = ParamError::new("target", "in (0, 1)", bad);
            assert_eq!(fill_rate(&demand, bad, 1.0), Err(error.into()));
        }
        for bad in [0.0, f64::NAN, f64::INFINITY] {
            let error = Error::from(ParamError::new("order_quantity", "positive and finite", bad));
            assert_eq!(fill_rate(&demand, 0.9, bad), Err(error.clone()));
            assert_eq!(fill_rate_at(&demand, 1.0, bad), Err(error));
        }
        assert!(fill_rate_at(&demand, f64::NAN, 1.0).is_err());
        let too_few = Err(Error::Unrepresentable { name: "units short per order" });
        assert_eq!(fill_rate(&demand, 0.9, 5e-324), too_few);
        assert_eq!(fill_rate(&Distribution::poisson(20.0).unwrap(), 0.1, 5e-324), too_few);
    }
}
