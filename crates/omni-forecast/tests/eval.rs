//! Evaluation: the accuracy tables of the reference, and properties of scores and stock.

use crate::reference::{CARPARTS, RETAIL, intermittent};
use omni_core::numeric::quantile::{QuantileType, quantiles};
use omni_core::rng;
use omni_forecast::baseline::Naive;
use omni_forecast::eval::{
    Backtest, OrderUpTo, QuantileScores, cumulative_error, diebold_mariano, msis, periods_in_stock,
    weighted,
};
use omni_forecast::intermittent::Croston;
use omni_forecast::interval::Conformal;
use omni_testkit::reference::json;
use proptest::prelude::*;

const LEVELS: [f64; 9] = [0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995];

/// Quantiles of the whole past, scored as the accuracy table does: mean and weighted scaled
/// pinball loss, and coverage pooled over all values.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn quantile_scores_as_the_accuracy_table() {
    let table = json("reference/forecast/retail_accuracy.json");
    for (file, name, recent) in [(RETAIL, "retail_daily", 28), (CARPARTS, "carparts_monthly", 6)] {
        let (mut scores, mut weights) = (Vec::new(), Vec::new());
        for (_, series) in intermittent(file) {
            let mut sorted = series.train.clone();
            sorted.sort_by(f64::total_cmp);
            let one = quantiles(&sorted, &LEVELS, QuantileType::InverseCdf).unwrap();
            let all = one.repeat(series.test.len());
            scores.push(QuantileScores::of(&series.test, &all, &LEVELS, &series.train).unwrap());
            weights.push(series.train.iter().rev().take(recent).sum());
        }
        let pooled = QuantileScores::pool(&scores).unwrap();
        let scaled: Vec<Option<f64>> = scores.iter().map(|s| s.scaled_pinball).collect();
        let want = |key: &str| table[name]["quantile"]["empirical_all"][key].as_f64().unwrap();
        let near = |got: f64, key: &str, digits: f64| {
            assert!((got - want(key)).abs() <= digits, "{name} {key} {got} {}", want(key));
        };
        // Stored with five and four digits.
        near(pooled.scaled_pinball.unwrap(), "SPL", 6e-6);
        near(weighted(&scaled, &weights).unwrap(), "wSPL", 6e-6);
        near(pooled.coverage_of(0.95).unwrap(), "cover95", 6e-5);
        near(pooled.service[7], "service_at_q975", 6e-5);
    }
}

/// A sharper forecast is cheaper to stock: 60 SKUs under the same policy.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn stock_of_a_conformal_forecast_meets_about_its_service() {
    let policy = OrderUpTo::new(3, 0.02, 1.0);
    let (mut served, mut seen) = (0.0, 0.0);
    for (_, series) in intermittent(RETAIL).into_iter().take(60) {
        let y = [series.train, series.test].concat();
        let settings = Conformal::new(60).with_step(1).with_non_negative();
        let report = policy.run_with(&y, y.len() - 28, |past| {
            // Short series get as many windows as they have.
            let windows = (past.len() - 14).min(60);
            let settings = if windows < 60 {
                Conformal::new(windows).with_step(1).with_non_negative()
            } else {
                settings
            };
            let fit = settings.fit(&Croston::sba(0.1), past, policy.protection())?;
            Ok(fit.cumulative_quantiles(&[0.95])?[policy.protection() - 1])
        });
        if let Ok(report) = report {
            served += report.cycle_service * report.periods as f64;
            seen += report.periods as f64;
        }
    }
    // Lost sales and the peak of December push both ways: a band, not a value.
    let service = served / seen;
    assert!(seen > 28.0 * 50.0 && (0.85..1.0).contains(&service), "{service} of {seen}");
}

fn column(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.0..50.0_f64, len)
}

proptest! {
    #[test]
    fn free_origins_agree_with_even_ones(y in column(12..40), horizon in 1_usize..4) {
        let backtest = Backtest::new(horizon, 3).with_step(2);
        let even = backtest.run(&Naive, &y).unwrap();
        let origins: Vec<usize> = even.origins.iter().map(|o| o.train_len).collect();
        prop_assert_eq!(&backtest.run_at(&Naive, &y, &origins).unwrap(), &even);
        let levels = [0.1, 0.5, 0.9];
        let quantiles = |past: &[f64], horizon: usize| {
            Ok([0.5, 1.0, 2.0].map(|by| by * past[past.len() - 1]).repeat(horizon))
        };
        let one = backtest.run_quantiles(&y, &levels, quantiles).unwrap();
        let two = backtest.run_quantiles_at(&y, &levels, &origins, quantiles).unwrap();
        prop_assert_eq!(&one, &two);
        // The loss of the median alone is half the absolute error.
        let median = backtest
            .run_quantiles(&y, &[0.5], |past, h| Ok(vec![past[past.len() - 1]; h]))
            .unwrap();
        prop_assert!((median.scores.pinball - even.scores.mae / 2.0).abs() < 1e-9);
    }

    #[test]
    fn origins_out_of_place_are_refused(origin in 0_usize..60) {
        let y = vec![1.0; 30];
        let backtest = Backtest::new(4, 1).with_min_train(5);
        let result = backtest.run_at(&Naive, &y, &[origin]);
        prop_assert_eq!(result.is_ok(), (5..=26).contains(&origin));
        prop_assert!(backtest.run_at(&Naive, &y, &[10, 10]).is_err());
        prop_assert!(backtest.run_at(&Naive, &y, &[]).is_err());
    }

    #[test]
    fn scaled_scores_do_not_know_the_unit(y in column(3..20), unit in 1e-3..1e3_f64) {
        let scale = |values: &[f64]| values.iter().map(|v| v * unit).collect::<Vec<_>>();
        let (train, q) = ([0.0, 3.0, 1.0, 5.0], [1.0, 4.0].repeat(y.len()));
        let of = |y: &[f64], q: &[f64], train: &[f64]| {
            QuantileScores::of(y, q, &[0.1, 0.9], train).unwrap().scaled_pinball.unwrap()
        };
        let (one, two) = (of(&y, &q, &train), of(&scale(&y), &scale(&q), &scale(&train)));
        prop_assert!((one / two - 1.0).abs() < 1e-9);
        let (low, high) = (vec![1.0; y.len()], vec![4.0; y.len()]);
        let of = |y: &[f64], low: &[f64], high: &[f64], train: &[f64]| {
            msis(y, low, high, 0.05, train, 1).unwrap()
        };
        let one = of(&y, &low, &high, &train);
        let two = of(&scale(&y), &scale(&low), &scale(&high), &scale(&train));
        prop_assert!((one / two - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_interval_score_is_least_at_the_quantiles(y in column(20..60)) {
        let n = y.len();
        let mut sorted = y.clone();
        sorted.sort_by(f64::total_cmp);
        let score = |low: f64, high: f64| {
            msis(&y, &vec![low; n], &vec![high; n], 0.2, &[0.0, 1.0], 1).unwrap()
        };
        let ends = quantiles(&sorted, &[0.1, 0.9], QuantileType::InverseCdf).unwrap();
        let best = score(ends[0], ends[1]);
        for (down, up) in [(-3.0, 0.0), (2.0, 0.0), (0.0, 2.0), (0.0, -3.0)] {
            if ends[0] + down <= ends[1] + up {
                prop_assert!(best <= score(ends[0] + down, ends[1] + up) + 1e-9);
            }
        }
    }

    #[test]
    fn stock_balances_and_more_of_it_serves_more(
        demand in prop::collection::vec(0_u32..9, 1..80),
        lead_time in 0_usize..6,
        review in 1_usize..4,
    ) {
        let demand: Vec<f64> = demand.into_iter().map(f64::from).collect();
        for policy in [
            OrderUpTo::new(lead_time, 1.0, 7.0).with_review(review),
            OrderUpTo::new(lead_time, 1.0, 7.0).with_review(review).with_backorders(),
        ] {
            let mut before = f64::INFINITY;
            for level in [0.0, 3.0, 10.0, 40.0, 1e6] {
                let report = policy.run(&demand, &vec![level; demand.len()]).unwrap();
                prop_assert_eq!(report.demand, demand.iter().sum::<f64>());
                prop_assert!(report.short <= report.demand && report.short <= before);
                prop_assert!(report.average_stock <= level);
                prop_assert!((report.cost - report.holding - report.shortage).abs() < 1e-9);
                prop_assert!((0.0..=1.0).contains(&report.cycle_service));
                before = report.short;
            }
            prop_assert_eq!(before, 0.0);
        }
    }

    #[test]
    fn periods_in_stock_are_the_running_cumulative_errors(y in column(1..30), f in 0.0..50.0_f64) {
        let forecast = vec![f; y.len()];
        let running: f64 =
            (1..=y.len()).map(|n| cumulative_error(&y[..n], &forecast[..n]).unwrap()).sum();
        let got = periods_in_stock(&y, &forecast).unwrap();
        prop_assert!((got - running).abs() <= 1e-9 * (1.0 + running.abs()));
    }

    #[test]
    fn diebold_mariano_does_not_know_the_unit(seed in 0_u64..500, unit in 1e-3..1e3_f64) {
        let mut stream = rng::stream(seed, 0);
        let mut draw = || -> Vec<f64> { (0..30).map(|_| rng::uniform(&mut stream)).collect() };
        let (a, b) = (draw(), draw());
        let scale = |values: &[f64]| values.iter().map(|v| v * unit).collect::<Vec<_>>();
        for horizon in [1, 3] {
            let one = diebold_mariano(&a, &b, horizon).unwrap();
            let two = diebold_mariano(&scale(&a), &scale(&b), horizon).unwrap();
            prop_assert!((one.statistic - two.statistic).abs() < 1e-8);
            prop_assert!((0.0..=1.0).contains(&one.p_value));
        }
    }

    #[test]
    fn whatever_is_scored_gives_a_number_or_an_error(
        extreme in prop::collection::vec(
            prop::sample::select(vec![
                0.0, -0.0, 1.0, -1.0, 5e-324, 1e300, f64::MAX, f64::MIN, f64::NAN, f64::INFINITY,
            ]),
            12,
        ),
    ) {
        let (y, q) = (&extreme[..4], &extreme[4..8]);
        let finite = |result: Result<f64, omni_forecast::Error>| result.map_or(true, f64::is_finite);
        prop_assert!(finite(msis(y, q, q, 0.1, &extreme, 1)));
        prop_assert!(finite(cumulative_error(y, q)) && finite(periods_in_stock(y, q)));
        prop_assert!(finite(weighted(&y.iter().map(|v| Some(*v)).collect::<Vec<_>>(), q)));
        prop_assert!(finite(QuantileScores::of(y, q, &[0.5], &extreme).map(|s| s.pinball)));
        prop_assert!(finite(OrderUpTo::new(1, 1e300, 1e300).run(y, q).map(|r| r.cost)));
        let owed = OrderUpTo::new(0, 1.0, 1.0).with_backorders();
        prop_assert!(finite(owed.run(&extreme, &extreme).map(|r| r.average_stock)));
        prop_assert!(finite(diebold_mariano(y, q, 2).map(|t| t.statistic + t.p_value)));
    }
}
