//! Laws that hold for any input.

use omni_core::{Panel, Period};
use omni_forecast::baseline::{Naive, SeasonalNaive};
use omni_forecast::eval::{Backtest, metrics};
use omni_forecast::intermittent::{Croston, Tsb};
use omni_forecast::smoothing::{Ses, Start};
use omni_forecast::{EmpiricalQuantiles, Forecaster};
use omni_testkit::assert_close;
use proptest::prelude::*;

fn methods() -> Vec<Box<dyn Forecaster>> {
    vec![
        Box::new(Naive),
        Box::new(SeasonalNaive::new(3)),
        Box::new(Ses::new(0.3)),
        Box::new(Ses::new(0.3).with_start(Start::LeastSquares)),
        Box::new(Ses::optimized()),
        Box::new(Ses::optimized().with_start(Start::LeastSquares)),
        Box::new(Croston::new(0.2)),
        Box::new(Croston::sba(0.2)),
        Box::new(Tsb::new(0.2, 0.3)),
    ]
}

/// Whole units, most periods without.
fn demand() -> impl Strategy<Value = Vec<f64>> {
    let period = prop_oneof![3 => Just(0_u32), 2 => 1_u32..30];
    prop::collection::vec(period, 4..60).prop_filter_map("no demand", |units| {
        units.iter().any(|u| *u > 0).then(|| units.into_iter().map(f64::from).collect())
    })
}

fn panel(series: &[&[f64]]) -> Panel {
    let mut panel = Panel::new(Period::Day);
    for (key, values) in (0..).zip(series) {
        panel.push(key, 0, values).unwrap();
    }
    panel
}

proptest! {
    #[test]
    fn a_unit_twice_as_small_doubles_every_forecast(y in demand(), power in -40_i32..40) {
        let unit = 2.0_f64.powi(power);
        let scaled: Vec<f64> = y.iter().map(|v| v * unit).collect();
        for method in methods() {
            let (of_y, of_scaled) = (method.forecast(&y, 4).unwrap(), method.forecast(&scaled, 4).unwrap());
            for (a, b) in of_y.iter().zip(of_scaled) {
                prop_assert_eq!(a * unit, b, "{:?}", method);
            }
        }
    }

    #[test]
    fn a_constant_stays(value in 1e-3..1e6_f64, n in 3_usize..40) {
        for method in methods() {
            let corrected = format!("{method:?}").contains("corrected: true");
            let expected = if corrected { 0.9 * value } else { value };
            for got in method.forecast(&vec![value; n], 5).unwrap() {
                assert_close!(got, expected, 1e-12, "{:?}", method);
            }
        }
    }

    #[test]
    fn means_lie_within_the_data(y in demand()) {
        let (low, high) = y.iter().fold((f64::MAX, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
        for method in methods() {
            for got in method.forecast(&y, 4).unwrap() {
                let least_squares = format!("{method:?}").contains("LeastSquares");
                let below = if least_squares || format!("{method:?}").contains("corrected") { 0.0 } else { low };
                // A level of least squares may start outside the data.
                let above = if least_squares { 2.0 * high } else { high };
                prop_assert!(got >= below - 1e-9 && got <= above + 1e-9, "{:?} {}", method, got);
            }
        }
    }

    #[test]
    fn ses_is_the_weighted_mean_of_the_past(y in demand(), alpha in 0.01..1.0_f64) {
        let n = y.len();
        let mut expected = (1.0 - alpha).powi(n as i32 - 1) * y[0];
        for (t, value) in y.iter().enumerate().skip(1) {
            expected += alpha * (1.0 - alpha).powi((n - 1 - t) as i32) * value;
        }
        assert_close!(Ses::new(alpha).fit(&y).unwrap().mean(), expected, 1e-11, abs 1e-12);
    }

    #[test]
    fn no_weight_beats_the_one_found(
        y in demand(), tried in prop_oneof![1e-4..1.0_f64, 1e-4..2e-3_f64, 0.93..1.0_f64],
    ) {
        for start in [Start::FirstValue, Start::LeastSquares] {
            let found = Ses::optimized().with_start(start).fit(&y).unwrap();
            let other = Ses::new(tried).with_start(start).fit(&y).unwrap();
            prop_assert!(
                found.sigma.unwrap() <= other.sigma.unwrap() * (1.0 + 1e-9) + 1e-9,
                "{:?}: {} at {}, {} at {}", start, found.sigma.unwrap(), found.alpha, other.sigma.unwrap(), tried
            );
        }
    }

    #[test]
    fn no_start_beats_the_one_of_least_squares(y in demand(), alpha in 1e-3..1.0_f64, off in -5.0..5.0_f64) {
        let fit = Ses::new(alpha).with_start(Start::LeastSquares).fit(&y).unwrap();
        let squares = |start: f64| {
            let (mut level, mut sum) = (start, 0.0);
            for value in &y {
                sum += (value - level) * (value - level);
                level += alpha * (value - level);
            }
            sum
        };
        prop_assert!(squares(fit.start) <= squares(fit.start + off) * (1.0 + 1e-9) + 1e-9);
        let rms = (squares(fit.start) / y.len() as f64).sqrt();
        assert_close!(fit.sigma.unwrap(), rms, 1e-9, abs 1e-9);
    }

    #[test]
    fn croston_agrees_with_its_definition_on_lists(y in demand(), alpha in 0.01..=1.0_f64) {
        let at: Vec<usize> = (0..y.len()).filter(|&t| y[t] > 0.0).collect();
        let smooth = |values: Vec<f64>| values[1..].iter().fold(values[0], |l, v| alpha * v + (1.0 - alpha) * l);
        let size = smooth(at.iter().map(|&t| y[t]).collect());
        let interval = smooth(
            at.iter().enumerate().map(|(k, &t)| if k == 0 { t + 1 } else { t - at[k - 1] } as f64).collect(),
        );
        let fit = Croston::new(alpha).fit(&y).unwrap();
        assert_close!(fit.mean(), size / interval, 1e-11);
        let sba = Croston::sba(alpha).fit(&y).unwrap();
        assert_close!(sba.mean(), fit.mean() * (1.0 - alpha / 2.0), 1e-14);
        prop_assert!(fit.interval >= 1.0);
    }

    #[test]
    fn tsb_is_two_smoothings(y in demand(), alpha in 0.01..=1.0_f64, beta in 0.01..=1.0_f64) {
        let sold: Vec<f64> = y.iter().map(|v| f64::from(*v > 0.0)).collect();
        let sizes: Vec<f64> = y.iter().copied().filter(|v| *v > 0.0).collect();
        let fit = Tsb::new(alpha, beta).fit(&y).unwrap();
        prop_assert_eq!(fit.probability, Ses::new(beta).fit(&sold).unwrap().mean());
        prop_assert_eq!(fit.size, Ses::new(alpha).fit(&sizes).unwrap().mean());
        prop_assert!((0.0..=1.0).contains(&fit.probability));
    }

    #[test]
    fn quantiles_agree_with_counting(
        y in demand(), horizon in 1_usize..5, level in 0.01..0.99_f64, decay in prop::option::of(0.01..0.5_f64),
    ) {
        prop_assume!(y.len() >= horizon);
        let mut settings = EmpiricalQuantiles::new(horizon).with_levels(&[level]).with_min_windows(1);
        if let Some(decay) = decay {
            settings = settings.with_decay(decay);
        }
        let fan = settings.fit(&panel(&[&y])).unwrap();
        let mut largest = 0.0_f64;
        for h in 1..=horizon {
            let sums: Vec<(f64, f64)> = y.windows(h).rev().enumerate()
                .map(|(age, w)| (w.iter().sum(), (1.0 - decay.unwrap_or(0.0)).powi(age as i32)))
                .collect();
            let total: f64 = sums.iter().map(|s| s.1).sum();
            let reached = |x: f64| sums.iter().filter(|s| s.0 <= x).map(|s| s.1).sum::<f64>() >= (level - 1e-12) * total;
            let least = sums.iter().map(|s| s.0).filter(|&x| reached(x)).fold(f64::MAX, f64::min);
            let got = fan.quantiles.cumulative(0, h).unwrap()[0];
            if decay.is_none() {
                // The running maximum changes nothing here.
                prop_assert_eq!(got, least);
            }
            largest = largest.max(least);
            prop_assert_eq!(got, largest);
        }
        let first = fan.quantiles.cumulative(0, 1).unwrap();
        for step in 0..horizon {
            prop_assert_eq!(fan.quantiles.get(0, step).unwrap(), first);
        }
    }

    #[test]
    fn quantiles_do_not_depend_on_the_other_series(a in demand(), b in demand()) {
        let settings = EmpiricalQuantiles::new(2).with_min_windows(1);
        let alone = settings.fit(&panel(&[&b])).unwrap();
        let beside = settings.fit(&panel(&[&a, &b])).unwrap();
        for periods in 1..=2 {
            prop_assert_eq!(alone.quantiles.cumulative(0, periods), beside.quantiles.cumulative(1, periods));
        }
    }

    #[test]
    fn more_demand_never_lowers_a_quantile(y in demand(), at in any::<prop::sample::Index>(), more in 1_u32..9) {
        let settings = EmpiricalQuantiles::new(2).with_min_windows(1).with_levels(&[0.3, 0.7, 0.95]);
        let mut raised = y.clone();
        raised[at.index(y.len())] += f64::from(more);
        let (before, after) = (settings.fit(&panel(&[&y])).unwrap(), settings.fit(&panel(&[&raised])).unwrap());
        for periods in 1..=2 {
            let pairs = before.quantiles.cumulative(0, periods).unwrap().iter()
                .zip(after.quantiles.cumulative(0, periods).unwrap());
            for (low, high) in pairs {
                prop_assert!(low <= high);
            }
        }
    }

    #[test]
    fn a_backtest_sees_nothing_of_the_future(
        y in demand(), cut in any::<prop::sample::Index>(), other in 0.0..99.0_f64,
    ) {
        let cut = cut.index(y.len());
        let changed: Vec<f64> = y.iter().enumerate().map(|(t, v)| if t < cut { *v } else { other }).collect();
        let backtest = Backtest::new(2, 3).with_step(1);
        for method in methods() {
            let (Ok(a), Ok(b)) = (backtest.run(&*method, &y), backtest.run(&*method, &changed)) else { continue };
            for (a, b) in a.origins.iter().zip(&b.origins) {
                prop_assert_eq!(a.train_len, b.train_len);
                if a.train_len <= cut {
                    prop_assert_eq!(&a.forecast, &b.forecast, "{:?}", method);
                }
            }
        }
    }

    #[test]
    fn a_backtest_is_forecasts_one_by_one(y in demand(), horizon in 1_usize..4, step in 1_usize..4) {
        let backtest = Backtest::new(horizon, 2).with_step(step);
        prop_assume!(y.len() > horizon + step);
        let report = backtest.run(&Naive, &y).unwrap();
        let mut errors = Vec::new();
        for end in [y.len() - horizon - step, y.len() - horizon] {
            errors.extend(y[end..end + horizon].iter().map(|v| (y[end - 1] - v).abs()));
        }
        assert_close!(report.scores.mae, errors.iter().sum::<f64>() / errors.len() as f64, 1e-12);
        let squares: f64 = errors.iter().map(|e| e * e).sum();
        assert_close!(report.scores.rmse, (squares / errors.len() as f64).sqrt(), 1e-12);
        let panel = panel(&[&y]);
        prop_assert_eq!(backtest.run_panel(&Naive, &panel).unwrap().scores.mae, report.scores.mae);
    }

    #[test]
    fn metrics_know_their_relations(
        pairs in prop::collection::vec((0.0..50.0_f64, 0.0..50.0_f64), 1..30), train in demand(),
        level in 0.01..0.99_f64, unit in 0.1..10.0_f64,
    ) {
        let (y, f): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let (mae, rmse) = (metrics::mae(&y, &f).unwrap(), metrics::rmse(&y, &f).unwrap());
        let bias = metrics::bias(&y, &f).unwrap();
        prop_assert!(bias.abs() <= mae * (1.0 + 1e-12) && mae <= rmse * (1.0 + 1e-12));
        let smape = metrics::smape(&y, &f).unwrap();
        prop_assert!((0.0..=200.0).contains(&smape));
        assert_close!(metrics::smape(&f, &y).unwrap(), smape, 1e-12);
        // Both sides of the pinball loss together are the absolute error.
        let both = metrics::pinball(&y, &f, level).unwrap() + metrics::pinball(&y, &f, 1.0 - level).unwrap();
        assert_close!(both, mae, 1e-12);
        assert_close!(metrics::pinball(&y, &f, 0.5).unwrap(), mae / 2.0, 1e-12);
        let scale = |v: &[f64]| v.iter().map(|v| v * unit).collect::<Vec<f64>>();
        for metric in [metrics::mase, metrics::rmsse] {
            if let Ok(score) = metric(&y, &f, &train, 1) {
                assert_close!(metric(&scale(&y), &scale(&f), &scale(&train), 1).unwrap(), score, 1e-12);
            }
        }
    }

    #[test]
    fn the_quantile_itself_has_the_least_pinball_loss(y in demand(), level in 0.05..0.95_f64, other in 0.0..30.0_f64) {
        let fan = EmpiricalQuantiles::new(1).with_min_windows(1).with_levels(&[level]).fit(&panel(&[&y])).unwrap();
        let loss = |q: f64| metrics::pinball(&y, &vec![q; y.len()], level).unwrap();
        prop_assert!(loss(fan.quantiles.get(0, 0).unwrap()[0]) <= loss(other) + 1e-9);
    }
}
