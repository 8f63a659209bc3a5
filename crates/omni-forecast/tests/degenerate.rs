//! Hostile input: every answer is finite or a typed error.

use omni_core::{DataError, Observation, Panel, Period};
use omni_forecast::baseline::{Naive, SeasonalNaive};
use omni_forecast::eval::{Backtest, Scores, metrics};
use omni_forecast::intermittent::{Croston, Tsb};
use omni_forecast::smoothing::{Ses, Start};
use omni_forecast::{EmpiricalQuantiles, Forecaster, MAX_HORIZON};

fn methods() -> Vec<Box<dyn Forecaster>> {
    vec![
        Box::new(Naive),
        Box::new(SeasonalNaive::new(1)),
        Box::new(SeasonalNaive::new(7)),
        Box::new(SeasonalNaive::new(usize::MAX)),
        Box::new(Ses::new(0.2)),
        Box::new(Ses::new(f64::MIN_POSITIVE)),
        Box::new(Ses::new(1.0).with_start(Start::LeastSquares)),
        Box::new(Ses::optimized()),
        Box::new(Ses::optimized().with_start(Start::LeastSquares)),
        Box::new(Croston::new(1.0)),
        Box::new(Croston::sba(0.1)),
        Box::new(Tsb::new(0.1, 1.0)),
    ]
}

pub(crate) fn series() -> Vec<Vec<f64>> {
    let extreme = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        5e-324,
        f64::MIN_POSITIVE,
        1e-300,
        1e300,
        f64::MAX,
        f64::MIN,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    let mut all = vec![vec![]];
    for a in extreme {
        all.push(vec![a]);
        all.push(vec![a; 40]);
        for b in extreme {
            all.push([a, b].repeat(20));
            all.push([vec![a; 20], vec![b]].concat());
            all.push([vec![0.0; 9], vec![a; 3], vec![b; 3]].concat());
        }
    }
    all
}

#[test]
fn no_method_panics_or_returns_what_is_not_finite() {
    for y in series() {
        for method in methods() {
            for horizon in [0, 1, 13, usize::MAX] {
                if let Ok(forecast) = method.forecast(&y, horizon) {
                    assert_eq!(forecast.len(), horizon);
                    assert!(forecast.iter().all(|v| v.is_finite()), "{method:?} {y:?}");
                    let demand = y.iter().all(|v| *v >= 0.0);
                    assert!(!demand || forecast.iter().all(|v| *v >= 0.0), "{method:?} {y:?}");
                }
            }
        }
    }
}

#[test]
fn finite_series_of_demand_are_always_forecast() {
    for y in series() {
        let sold = y.len() >= 7 && y.iter().all(|v| (0.0..=1e300).contains(v));
        if !(sold && y.iter().any(|v| *v > 0.0)) {
            continue;
        }
        for method in methods() {
            let impossible = format!("{method:?}").contains(&usize::MAX.to_string());
            assert_eq!(method.forecast(&y, 3).is_ok(), !impossible, "{method:?} {y:?}");
        }
    }
}

#[test]
fn backtests_and_metrics_of_anything_are_finite_or_errors() {
    let finite = |s: &Scores| {
        [s.mae, s.rmse, s.bias, s.mean_actual, s.smape].iter().all(|v| v.is_finite())
            && [s.mase, s.rmsse, s.relative_bias()].iter().flatten().all(|v| v.is_finite())
    };
    for y in series() {
        for method in methods() {
            for backtest in [Backtest::new(1, 1), Backtest::new(3, 4).with_step(2).with_season(7)] {
                if let Ok(report) = backtest.run(&*method, &y) {
                    assert!(finite(&report.scores), "{method:?} {y:?}");
                }
            }
        }
        let reversed: Vec<f64> = y.iter().rev().copied().collect();
        for score in [
            metrics::mae(&y, &reversed),
            metrics::rmse(&y, &reversed),
            metrics::bias(&y, &reversed),
            metrics::smape(&y, &reversed),
            metrics::mase(&y, &reversed, &y, 1),
            metrics::rmsse(&y, &reversed, &reversed, 3),
            metrics::pinball(&y, &reversed, 0.9),
            metrics::scaled_pinball(&y, &reversed, 5e-324, &y),
            metrics::coverage(&y, &y, &y),
        ] {
            assert!(score.as_ref().map_or(true, |v| v.is_finite()), "{y:?} {score:?}");
        }
    }
}

#[test]
fn quantiles_of_anything_are_reported_series_by_series() {
    let mut panel = Panel::new(Period::Day);
    let mut pushed = 0;
    for (key, y) in (0..).zip(series()) {
        if panel.push(key, i32::MAX - 100, &y).is_ok() {
            pushed += 1;
            for position in (0..y.len()).step_by(9) {
                panel.mark(key, i32::MAX - 100 + position as i32, Observation::Missing).unwrap();
            }
        }
    }
    for settings in [
        EmpiricalQuantiles::new(3).with_min_windows(1),
        EmpiricalQuantiles::new(3).with_min_windows(1).with_decay(0.999),
        EmpiricalQuantiles::new(3).with_min_windows(2).with_window(4),
        EmpiricalQuantiles::new(MAX_HORIZON),
    ] {
        let fan = settings.fit(&panel).unwrap();
        assert_eq!(fan.series.len(), pushed);
        assert_eq!(fan.quantiles.keys().len() + fan.skipped().count(), pushed);
    }
    let empty = EmpiricalQuantiles::new(3).fit(&Panel::new(Period::Day)).unwrap();
    assert!(empty.quantiles.keys().is_empty() && empty.series.is_empty());
    assert!(EmpiricalQuantiles::new(MAX_HORIZON + 1).fit(&panel).is_err());
    assert!(EmpiricalQuantiles::new(3).with_window(0).fit(&panel).is_err());
    assert!(EmpiricalQuantiles::new(3).with_window(usize::MAX).fit(&panel).is_ok());
    assert!(EmpiricalQuantiles::new(3).with_min_windows(usize::MAX).fit(&panel).is_ok());
}

#[test]
fn weights_all_too_small_to_count_still_give_what_was_seen() {
    // The newest 2,000 periods are missing; by age alone every weight would vanish.
    let mut panel = Panel::new(Period::Day);
    panel.push(0, 0, &[[5.0, 7.0].repeat(10), vec![0.0; 2_000]].concat()).unwrap();
    for period in 20..2_020 {
        panel.mark(0, period, Observation::Missing).unwrap();
    }
    let fan = EmpiricalQuantiles::new(1).with_decay(0.9).fit(&panel).unwrap();
    assert_eq!(fan.quantiles.get(0, 0), Some(&[7.0, 7.0][..]));
}

#[test]
fn a_standard_error_beyond_the_range_is_an_error() {
    let y = [0.0, 1.5e308, 0.0, 1.5e308];
    let overflow = Err(DataError::Overflow { name: "sigma" }.into());
    assert_eq!(Naive.fit(&y).unwrap().standard_error(2), overflow);
    assert_eq!(SeasonalNaive::new(1).fit(&y).unwrap().standard_error(2), overflow);
    assert_eq!(Ses::new(1.0).fit(&y).unwrap().standard_error(2), overflow);
    assert!(Naive.fit(&y).unwrap().standard_error(1).unwrap().is_some());
}
