//! Conformal and bootstrap quantiles: Nixtla's values, calibration, hostile input.

use crate::reference::{CARPARTS, RETAIL, competition, intermittent, objects};
use omni_core::rng;
use omni_forecast::Forecaster;
use omni_forecast::baseline::{Naive, SeasonalNaive};
use omni_forecast::intermittent::Croston;
use omni_forecast::interval::{Bootstrap, Conformal};
use omni_forecast::smoothing::Ses;
use omni_testkit::assert_close;
use omni_testkit::reference::numbers;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
#[ignore = "needs OMNI_SHARED"]
fn symmetric_quantiles_as_statsforecast() {
    let mut checked = 0;
    let mut check = |key: &str,
                     method: &dyn Forecaster,
                     windows: usize,
                     y: &[f64],
                     expected: &serde_json::Value| {
        if expected.get("error").is_some() {
            return;
        }
        let mean = numbers(expected, "mean");
        let h = mean.len();
        let fit = Conformal::new(windows).fit(method, y, h).unwrap();
        let got = fit.symmetric_quantiles(&[0.025, 0.1, 0.9, 0.975]).unwrap();
        for step in 0..h {
            assert_close!(fit.mean[step], mean[step], 1e-6, abs 1e-8, "{key} {step}");
            for (at, of) in ["lo-95", "lo-80", "hi-80", "hi-95"].iter().enumerate() {
                let want = numbers(expected, of)[step];
                assert_close!(got[step * 4 + at], want, 1e-6, abs 1e-6, "{key} {of} {step}");
                checked += 1;
            }
        }
    };
    let expected: BTreeMap<_, _> =
        objects("reference/forecast/statsforecast.json", "").into_iter().collect();
    for (key, series) in competition() {
        if let Some(of) = expected.get(&key) {
            check(&key, &Naive, 2, &series.train, &of["Naive_conformal"]);
        }
    }
    for (file, prefix) in [(RETAIL, "retail"), (CARPARTS, "carparts")] {
        for (id, series) in intermittent(file) {
            let key = format!("{prefix}|{id}");
            if let Some(of) = expected.get(&key) {
                check(&key, &Croston::sba(0.1), 3, &series.train, &of["CrostonSBA_conformal"]);
            }
        }
    }
    assert!(checked > 1_500, "{checked}");
}

/// White noise around a level: one-sided quantiles hold what they say, one step or sums.
#[test]
fn quantiles_hold_their_level() {
    let mut stream = rng::stream(21, 0);
    let (mut met, mut met_sum, mut met_boot, runs) = (0.0, 0.0, 0.0, 600);
    for run in 0..runs {
        let y: Vec<f64> = (0..130).map(|_| 10.0 * rng::uniform(&mut stream).powi(2)).collect();
        let (known, future) = y.split_at(126);
        let method = Ses::new(0.05);
        let fit = Conformal::new(39).with_step(2).fit(&method, known, 4).unwrap();
        let quantile = fit.quantiles(&[0.9]).unwrap();
        met += future.iter().zip(&quantile).filter(|(y, q)| y <= q).count() as f64 / 4.0;
        let sums = fit.cumulative_quantiles(&[0.9]).unwrap();
        met_sum += f64::from(u8::from(future.iter().sum::<f64>() <= sums[3]));
        let boot = Bootstrap::new(80, run).with_paths(200).fit(&method, known, 4).unwrap();
        let sums = boot.cumulative_quantiles(&[0.9]).unwrap();
        met_boot += f64::from(u8::from(future.iter().sum::<f64>() <= sums[3]));
    }
    let runs = runs as f64;
    // Standard deviation of a share of 0.9 in 600 runs: 0.012.
    assert!((0.88..0.95).contains(&(met / runs)), "{}", met / runs);
    assert!((0.86..0.95).contains(&(met_sum / runs)), "{}", met_sum / runs);
    assert!((0.84..0.94).contains(&(met_boot / runs)), "{}", met_boot / runs);
}

fn never_crossing(quantiles: &[f64], levels: usize) -> bool {
    quantiles.iter().all(|q| q.is_finite())
        && quantiles.chunks(levels).all(|q| q.windows(2).all(|pair| pair[0] <= pair[1]))
}

const LEVELS: [f64; 5] = [0.001, 0.1, 0.5, 0.9, 0.999];

proptest! {
    #[test]
    fn quantiles_never_cross_and_move_with_the_unit(
        y in prop::collection::vec(0.0..100.0_f64, 30..60),
        windows in 1_usize..8,
        step in 1_usize..4,
        horizon in 1_usize..5,
        unit in 1e-3..1e3_f64,
    ) {
        let scaled: Vec<f64> = y.iter().map(|v| v * unit).collect();
        for settings in [
            Conformal::new(windows).with_step(step),
            Conformal::split(windows),
            Conformal::new(windows).with_step(step).with_non_negative(),
        ] {
            let fit = settings.fit(&SeasonalNaive::new(2), &y, horizon).unwrap();
            let other = settings.fit(&SeasonalNaive::new(2), &scaled, horizon).unwrap();
            for (one, two) in [
                (fit.quantiles(&LEVELS), other.quantiles(&LEVELS)),
                (fit.symmetric_quantiles(&LEVELS), other.symmetric_quantiles(&LEVELS)),
                (fit.cumulative_quantiles(&LEVELS), other.cumulative_quantiles(&LEVELS)),
            ] {
                let Ok(one) = one else { continue };
                prop_assert!(never_crossing(&one, LEVELS.len()));
                for (one, two) in one.iter().zip(two.unwrap()) {
                    prop_assert!((one * unit - two).abs() <= 1e-9 * unit * 1e3);
                }
            }
            if fit.non_negative {
                let sums = fit.cumulative_quantiles(&LEVELS).unwrap();
                prop_assert!(sums.iter().all(|q| *q >= 0.0));
                prop_assert!(sums.iter().zip(&sums[LEVELS.len().min(sums.len())..]).all(|(a, b)| a <= b));
            }
        }
        let fit = Bootstrap::new(windows, 1).with_step(step).with_paths(50).with_non_negative();
        let fit = fit.fit(&Naive, &y, horizon).unwrap();
        prop_assert!(never_crossing(&fit.quantiles(&LEVELS).unwrap(), LEVELS.len()));
        let sums = fit.cumulative_quantiles(&LEVELS).unwrap();
        prop_assert!(never_crossing(&sums, LEVELS.len()));
    }

    #[test]
    fn the_future_is_not_seen(
        y in prop::collection::vec(0.0..100.0_f64, 20..40),
        later in prop::collection::vec(0.0..100.0_f64, 1..5),
    ) {
        // Windows before the end do not change when later values do.
        let mut longer = y.clone();
        longer.extend(&later);
        let fit = Conformal::new(3).fit(&Naive, &y, 2).unwrap();
        let all = Conformal::new(3).with_step(1).fit(&Naive, &longer, 2).unwrap();
        prop_assert_eq!(fit.errors.len(), all.errors.len());
        let again = Conformal::new(3).fit(&Naive, &longer[..y.len()], 2).unwrap();
        prop_assert_eq!(fit, again);
    }

    #[test]
    fn whatever_comes_gives_quantiles_or_an_error(
        y in prop::collection::vec(
            prop::sample::select(vec![
                0.0, -0.0, 1.0, -1.0, 5e-324, 1e-300, 1e300, f64::MAX, f64::MIN, f64::NAN,
                f64::NEG_INFINITY,
            ]),
            0..30,
        ),
        windows in 0_usize..5,
        horizon in 0_usize..4,
    ) {
        for method in [&Naive as &dyn Forecaster, &Croston::sba(0.1), &Ses::optimized()] {
            for settings in [Conformal::new(windows), Conformal::split(windows)] {
                if let Ok(fit) = settings.fit(method, &y, horizon) {
                    for read in [
                        fit.quantiles(&LEVELS),
                        fit.symmetric_quantiles(&LEVELS),
                        fit.cumulative_quantiles(&LEVELS),
                    ] {
                        prop_assert!(read.map_or(true, |q| never_crossing(&q, LEVELS.len())));
                    }
                }
            }
            if let Ok(fit) = Bootstrap::new(windows, 3).with_paths(5).fit(method, &y, horizon) {
                prop_assert!(fit.quantiles(&LEVELS).is_ok());
                let sums = fit.cumulative_quantiles(&LEVELS);
                prop_assert!(sums.map_or(true, |q| never_crossing(&q, LEVELS.len())));
            }
        }
    }
}
