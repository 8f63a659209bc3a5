//! What must hold for all arguments.

use omni_core::Quantiles;
use omni_inventory::demand::{Empirical, Gamma};
use omni_inventory::{
    Distribution, ProtectionInterval, Replenish, StockPosition, eoq, newsvendor, newsvendor_cost,
    reorder_point,
};
use omni_testkit::compare;
use proptest::prelude::*;
use proptest::sample::select;

/// Numbers that retail sees.
fn amount() -> impl Strategy<Value = f64> {
    (-3.0..5.0_f64).prop_map(|exponent| 10_f64.powf(exponent))
}

/// Every kind of demand, of ordinary size.
fn demand() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        (-100.0..1e4, 0.0..1e3).prop_map(|(mean, sd)| Distribution::normal(mean, sd).unwrap()),
        (0.05..60.0, 0.01..1e3).prop_map(|(shape, scale)| Gamma::new(shape, scale).unwrap().into()),
        (0.0..2e4).prop_map(|mean| Distribution::poisson(mean).unwrap()),
        (0.01..500.0, 1.01..30.0)
            .prop_map(|(mean, d)| Distribution::negative_binomial(mean, d).unwrap()),
        prop::collection::vec((-50.0..500.0, 0.1..9.0), 1..20).prop_map(|rows| {
            let (values, weights): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            Empirical::weighted(&values, &weights).unwrap().into()
        }),
    ]
}

/// Where arithmetic goes wrong.
const NASTY: &[f64] = &[
    0.0,
    -0.0,
    5e-324,
    1e-300,
    0.1,
    0.5,
    1.0,
    2.0,
    1e3,
    1e8,
    1e15,
    1e16,
    1e154,
    1e300,
    f64::MAX,
    -1.0,
    -1e300,
    f64::MIN,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    1.0 - f64::EPSILON / 2.0,
];

/// Any number at all, the nasty ones often.
fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![select(NASTY), any::<f64>(), amount()]
}

fn near(got: f64, expected: f64, relative: f64, absolute: f64) -> Result<(), TestCaseError> {
    compare(got, expected, relative, absolute).map_err(|e| TestCaseError::fail(e.to_string()))
}

proptest! {
    #[test]
    fn no_quantity_is_cheaper_than_the_economic_one(
        d in amount(), k in amount(), h in amount(), factor in 0.01..100.0,
    ) {
        let best = eoq(d, k, h).unwrap();
        let other = best.order_quantity * factor;
        prop_assert!(best.cost_at(other).unwrap() >= best.cost);
        near(best.cost_at(other).unwrap(), k * d / other + h * other / 2.0, 1e-12, 0.0)?;
        near(best.orders_per_time * best.cycle_time, 1.0, 1e-14, 0.0)?;
        let whole = best.whole_quantity().unwrap() as f64;
        for beside in [whole - 1.0, whole + 1.0] {
            if beside > 0.0 {
                let there = best.cost_at(beside).unwrap();
                prop_assert!(best.cost_at(whole).unwrap() <= there * (1.0 + 1e-14));
            }
        }
    }

    #[test]
    fn the_economic_quantity_scales(
        d in amount(), k in amount(), h in amount(), units in -400..400_i32,
    ) {
        // Powers of four keep every digit: units and money may have any size.
        let factor = 4_f64.powi(units);
        let best = eoq(d, k, h).unwrap();
        if let Ok(scaled) = eoq(d * factor, k, h / factor) {
            near(scaled.order_quantity, best.order_quantity * factor, 1e-15, 0.0)?;
            near(scaled.cost, best.cost, 1e-15, 0.0)?;
        }
        if let Ok(dearer) = eoq(d, k * factor, h * factor) {
            near(dearer.order_quantity, best.order_quantity, 1e-15, 0.0)?;
            near(dearer.cost, best.cost * factor, 1e-15, 0.0)?;
        }
    }

    #[test]
    fn losses_fall_and_bend_upwards(demand in demand(), at in -3.0..6.0_f64, step in 0.01..2.0_f64) {
        let (mean, sd) = (demand.mean(), demand.sd());
        let x = |i: f64| mean + sd * (at + i * step);
        let loss = |i: f64| demand.loss(x(i)).unwrap();
        let slack = 1e-12 * (mean.abs() + sd);
        prop_assert!(loss(1.0) <= loss(0.0) + slack);
        prop_assert!(loss(0.0) + loss(2.0) >= 2.0 * loss(1.0) - slack);
        let left = demand.complementary_loss(x(0.0)).unwrap();
        near(loss(0.0) - left, mean - x(0.0), 0.0, 10.0 * slack + 1e-300)?;
        near(demand.cdf(x(0.0)).unwrap() + demand.sf(x(0.0)).unwrap(), 1.0, 1e-12, 0.0)?;
        // Far out nothing is short, far below everything.
        prop_assert!(demand.loss(mean + 1e4 * sd + 1e3).unwrap() <= 1e-9 * (1.0 + sd));
        let below = mean.min(0.0) - 1e3 - 100.0 * sd;
        near(demand.loss(below).unwrap(), mean - below, 1e-12, 0.0)?;
    }

    #[test]
    fn the_tail_is_the_slope_of_the_loss(demand in demand(), at in -2.0..4.0_f64) {
        let x = (demand.mean() + demand.sd() * at).floor();
        let (before, after) = (demand.loss(x).unwrap(), demand.loss(x + 1.0).unwrap());
        let fall = before - after;
        let slack = 1e-12 * (before.abs() + after.abs()) + 1e-300;
        prop_assert!(fall <= demand.sf(x).unwrap() + slack);
        prop_assert!(fall >= demand.sf(x + 1.0).unwrap() - slack);
        if demand.in_whole_units() {
            near(fall, demand.sf(x).unwrap(), 1e-12, slack)?;
            let second = demand.second_loss(x).unwrap() - demand.second_loss(x + 1.0).unwrap();
            near(second, after, 1e-11, 1e-11 * demand.second_loss(x).unwrap())?;
        }
    }

    #[test]
    fn quantiles_reach_their_level_and_no_more(demand in demand(), p in 0.001..0.999_f64) {
        let x = demand.quantile(p).unwrap();
        let slack = 1e-9;
        prop_assert!(demand.cdf(x).unwrap() >= p - slack);
        let below = x - 1e-6 * (x.abs() + demand.sd()) - 1e-12;
        prop_assert!(demand.cdf(below).unwrap() <= p + slack);
        prop_assert!(demand.quantile(p.midpoint(0.999)).unwrap() >= x);
    }

    #[test]
    fn a_dearer_shortage_means_more_stock(
        demand in demand(), under in amount(), over in amount(), more in 1.0..50.0_f64,
    ) {
        let best = newsvendor(under, over, &demand).unwrap();
        let dearer = newsvendor(under * more, over, &demand).unwrap();
        prop_assert!(dearer.critical_ratio >= best.critical_ratio);
        prop_assert!(dearer.base_stock_level >= best.base_stock_level);
        prop_assert!(dearer.expected_cost >= best.expected_cost * (1.0 - 1e-9));
    }

    #[test]
    fn no_level_is_cheaper_than_the_newsvendors(
        demand in demand(), under in amount(), over in amount(), off in -2.0..2.0_f64,
    ) {
        let best = newsvendor(under, over, &demand).unwrap();
        let other = best.base_stock_level + off * (demand.sd() + 1.0);
        let cost = newsvendor_cost(under, over, &demand, other).unwrap();
        let scale = (under + over) * (demand.sd() + 1e-9 * demand.mean().abs());
        prop_assert!(cost >= best.expected_cost - 1e-10 * scale, "{cost} {best:?}");
    }

    #[test]
    fn the_newsvendor_scales(under in amount(), over in amount(), mean in amount(), cv in 0.05..1.5_f64) {
        for factor in [1e-6, 1e6] {
            for kind in [Distribution::normal, Distribution::gamma] {
                let best = newsvendor(under, over, &kind(mean, mean * cv).unwrap()).unwrap();
                let scaled = kind(mean * factor, mean * factor * cv).unwrap();
                let scaled = newsvendor(under, over, &scaled).unwrap();
                let slack = 1e-12 * mean * factor;
                near(scaled.base_stock_level, best.base_stock_level * factor, 1e-11, slack)?;
                near(scaled.expected_cost, best.expected_cost * factor, 1e-10, 0.0)?;
            }
        }
    }

    #[test]
    fn observed_demand_agrees_with_trying_every_value(
        sample in prop::collection::vec(0..40_u32, 1..30), under in 1..20_u32, over in 1..20_u32,
    ) {
        let values: Vec<f64> = sample.iter().copied().map(f64::from).collect();
        let demand = Distribution::empirical(&values).unwrap();
        let (under, over) = (f64::from(under), f64::from(over));
        let cost = |s: f64| {
            let each = values.iter().map(|v| under * (v - s).max(0.0) + over * (s - v).max(0.0));
            each.sum::<f64>() / values.len() as f64
        };
        let lowest = (0..41).map(|s| cost(f64::from(s))).fold(f64::INFINITY, f64::min);
        let first = (0..41).map(f64::from).find(|s| cost(*s) <= lowest * (1.0 + 1e-12) + 1e-12);
        let best = newsvendor(under, over, &demand).unwrap();
        near(best.expected_cost, lowest, 1e-12, 1e-12)?;
        prop_assert_eq!(Some(best.base_stock_level), first);
    }

    #[test]
    fn the_order_of_observations_does_not_matter(
        rows in prop::collection::vec((0.0..50.0_f64, 0.1..3.0_f64), 1..20)
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let build = |rows: &[(f64, f64)]| {
            let (values, weights): (Vec<f64>, Vec<f64>) = rows.iter().copied().unzip();
            Empirical::weighted(&values, &weights).unwrap()
        };
        prop_assert_eq!(build(&rows.0), build(&rows.1));
    }

    #[test]
    fn lead_time_demand_adds_variances(
        d in amount(), s in amount(), l in 0.0..50.0_f64, sl in 0.0..5.0_f64, r in 0.0..9.0_f64,
    ) {
        let interval = ProtectionInterval::new(d, s, l).with_lead_time_sd(sl).with_review_period(r);
        let demand = interval.demand().unwrap();
        near(demand.mean, d * (l + r), 1e-13, 0.0)?;
        near(demand.sd * demand.sd, (l + r) * s * s + d * d * sl * sl, 1e-13, 1e-300)?;
        prop_assert!(demand.safety_stock(0.9).unwrap() <= demand.safety_stock(0.95).unwrap());
    }

    #[test]
    fn reorder_points_meet_the_fill_rate(
        demand in demand(), target in 0.5..0.9999_f64, lot in 0.05..20.0_f64,
    ) {
        let quantity = if demand.in_whole_units() { lot.ceil() } else { lot * (demand.sd() + 0.1) };
        let point = reorder_point::fill_rate(&demand, target, quantity).unwrap();
        let got = reorder_point::fill_rate_at(&demand, point.reorder_point, quantity).unwrap();
        let scale = 1e-9 + 1e-12 * demand.mean().abs() / quantity;
        if demand.in_whole_units() {
            prop_assert!(got >= target - scale);
            if point.reorder_point > 0.0 {
                let before = point.reorder_point - 1.0;
                let less = reorder_point::fill_rate_at(&demand, before, quantity).unwrap();
                prop_assert!(less < target + scale);
            }
        } else {
            near(got, target, 0.0, scale)?;
        }
        let higher = reorder_point::fill_rate(&demand, target.midpoint(1.0), quantity).unwrap();
        prop_assert!(higher.reorder_point >= point.reorder_point - 1e-9 * demand.sd());
        let cycle = reorder_point::cycle_service(&demand, target).unwrap();
        prop_assert!(cycle.reorder_point >= point.reorder_point - 1e-9 * (demand.sd() + demand.mean().abs()));
    }

    #[test]
    fn a_plan_lifts_every_low_position_above_its_reorder_point(
        rows in prop::collection::vec((-50..200_i64, 0..50_i64), 1..8),
        steps in prop::collection::vec((0.0..30.0_f64, 0.0..30.0_f64), 6),
        level in 0.5..0.95_f64,
    ) {
        // Cumulative demand of 8 items over 6 periods at two levels.
        let mut cumulative = Vec::new();
        for item in 0..8 {
            let (mut low, mut high) = (0.0, 0.0);
            for (base, spread) in &steps {
                low += base * f64::from(item);
                high += (base + spread) * f64::from(item);
                cumulative.extend([low, high]);
            }
        }
        let forecast = Quantiles::new((0..8).collect(), vec![0.5, 0.95], 6, vec![0.0; 96]).unwrap()
            .with_cumulative(cumulative).unwrap();
        let stock: Vec<StockPosition> = (0..).zip(&rows)
            .map(|(key, &(available, incoming))| StockPosition { key, available, incoming })
            .collect();
        let settings = Replenish::new(level, 2, 3);
        let plan = settings.plan(&forecast, &stock).unwrap();
        for (line, row) in plan.iter().zip(&stock) {
            prop_assert_eq!(line.position, row.available + row.incoming);
            let point = line.reorder_point.unwrap();
            prop_assert_eq!(line.order_quantity > 0, line.position < point);
            prop_assert!(line.position + line.order_quantity >= point);
        }
        let mut backwards = stock.clone();
        backwards.reverse();
        prop_assert_eq!(&settings.plan(&forecast, &backwards).unwrap(), &plan);
        // Ordering what the plan says leaves nothing to order.
        let after: Vec<StockPosition> = plan.iter().zip(&stock)
            .map(|(line, row)| StockPosition { incoming: row.incoming + line.order_quantity, ..*row })
            .collect();
        let again = settings.plan(&forecast, &after).unwrap();
        prop_assert!(again.iter().all(|line| line.order_quantity == 0));
    }

    #[test]
    fn no_argument_panics_or_gives_nan(a in anything(), b in anything(), c in anything(), d in anything()) {
        let finite = |value: Result<f64, _>| match value {
            Ok(value) => f64::is_finite(value),
            Err::<_, omni_inventory::Error>(_) => true,
        };
        if let Ok(best) = eoq(a, b, c) {
            let fields = [best.order_quantity, best.cost, best.orders_per_time, best.cycle_time];
            prop_assert!(fields.iter().all(|v| v.is_finite() && *v > 0.0), "{best:?}");
            prop_assert!(finite(best.cost_at(d)) && finite(best.excess_at(d)));
            let _ = best.whole_quantity();
        }
        let interval = ProtectionInterval::new(a, b, c).with_lead_time_sd(d).demand();
        prop_assert!(interval.is_err() || interval.is_ok_and(|i| i.mean.is_finite() && i.sd.is_finite()));
        let demands = [
            Distribution::normal(a, b),
            Distribution::gamma(a, b),
            Gamma::new(a, b).map(Distribution::from),
            Distribution::poisson(a),
            Distribution::negative_binomial(a, b),
            Empirical::weighted(&[a, b], &[c, d]).map(Distribution::from),
        ];
        for demand in demands.into_iter().flatten() {
            prop_assert!(demand.mean().is_finite() && demand.sd().is_finite(), "{demand:?}");
            for x in [c, d] {
                prop_assert!(finite(demand.cdf(x)), "cdf {x}: {demand:?}");
                prop_assert!(finite(demand.sf(x)), "sf {x}: {demand:?}");
                prop_assert!(finite(demand.loss(x)), "loss {x}: {demand:?}");
                prop_assert!(finite(demand.complementary_loss(x)), "complementary {x}: {demand:?}");
                prop_assert!(finite(demand.second_loss(x)), "second {x}: {demand:?}");
                prop_assert!(finite(demand.quantile(x)), "quantile {x}: {demand:?}");
            }
            if let Ok(best) = newsvendor(c, d, &demand) {
                let fields = [best.base_stock_level, best.expected_cost, best.critical_ratio];
                prop_assert!(fields.iter().all(|v| v.is_finite()), "{best:?}");
            }
            let points = [reorder_point::fill_rate(&demand, c, d), reorder_point::cycle_service(&demand, c)];
            for point in points.into_iter().flatten() {
                prop_assert!(point.reorder_point.is_finite() && point.safety_stock.is_finite());
            }
            prop_assert!(finite(reorder_point::fill_rate_at(&demand, c, d)));
        }
    }
}
