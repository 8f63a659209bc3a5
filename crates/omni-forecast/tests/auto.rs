//! The default: kinds of series, fallbacks, properties.

use omni_core::{Observation, Panel, Period};
use omni_forecast::auto::{Auto, Method, Reason};
use omni_forecast::{Error, Forecaster};
use proptest::prelude::*;

/// A season and a trend, and a little that neither explains.
fn seasonal(n: usize, period: usize) -> Vec<f64> {
    let noise = |t: usize| ((t * 7919) % 101) as f64 / 101.0 - 0.5;
    (0..n).map(|t| 200.0 + t as f64 + 40.0 * ((t % period) as f64) + 6.0 * noise(t)).collect()
}

#[test]
fn a_season_and_a_trend_are_found() {
    let y = seasonal(60, 4);
    let future = &seasonal(68, 4)[60..];
    let fit = Auto::new(8).with_seasonal_periods(&[4]).fit_series(&y).unwrap();
    assert_eq!(fit.reason, Reason::RollingOrigin);
    for (got, expected) in fit.mean.iter().zip(future) {
        assert!((got / expected - 1.0).abs() < 0.03, "{got} {expected}");
    }
    let weights: f64 = fit.candidates.iter().map(|c| c.weight).sum();
    assert!((weights - 1.0).abs() < 1e-12, "{weights}");
    let (best, worst) = (
        fit.candidates.iter().min_by(|a, b| a.error.partial_cmp(&b.error).unwrap()).unwrap(),
        fit.candidates.iter().max_by(|a, b| a.error.partial_cmp(&b.error).unwrap()).unwrap(),
    );
    assert!(best.weight > worst.weight, "{best:?} {worst:?}");
}

#[test]
fn two_seasons_of_hours() {
    let noise = |t: usize| 12.0 * (((t * 7919) % 101) as f64 / 101.0 - 0.5);
    let open = |t: usize| 100.0 * f64::from(u8::from(t / 24 % 7 < 5));
    let y: Vec<f64> =
        (0..24 * 7 * 5).map(|t| 500.0 + open(t) + 10.0 * ((t % 24) as f64) + noise(t)).collect();
    let auto = Auto::new(48).with_seasonal_periods(&[24, 168]);
    let fit = auto.fit_series(&y[..24 * 7 * 5 - 48]).unwrap();
    for (got, expected) in fit.mean.iter().zip(&y[24 * 7 * 5 - 48..]) {
        assert!((got / expected - 1.0).abs() < 0.08, "{got} {expected}");
    }
}

#[test]
fn short_and_strange_series_get_a_forecast_or_a_reason() {
    let auto = Auto::new(3).with_seasonal_periods(&[12]);
    let cases: [(&str, Vec<f64>); 12] = [
        ("one", vec![5.0]),
        ("two", vec![5.0, 7.0]),
        ("three", vec![5.0, 7.0, 6.0]),
        ("constant", vec![5.0; 40]),
        ("zero", vec![0.0; 40]),
        ("one non-zero", [vec![0.0; 20], vec![3.0], vec![0.0; 20]].concat()),
        ("huge", seasonal(40, 4).iter().map(|v| v * 1e290).collect()),
        ("tiny", seasonal(40, 4).iter().map(|v| v * 1e-290).collect()),
        ("negative", seasonal(40, 4).iter().map(|v| -v).collect()),
        ("alternating giants", (0..40).map(|t| if t % 2 == 0 { 1e150 } else { -1e150 }).collect()),
        ("one giant", [vec![1.0; 30], vec![1e300], vec![1.0; 5]].concat()),
        ("line", (0..40).map(f64::from).collect()),
    ];
    for (name, y) in cases {
        match auto.fit_series(&y) {
            Ok(fit) => {
                assert!(fit.mean.iter().all(|v| v.is_finite()), "{name}: {:?}", fit.mean);
                let weights: f64 = fit.candidates.iter().map(|c| c.weight).sum();
                assert!((weights - 1.0).abs() < 1e-9, "{name}");
                if let Some(errors) = &fit.standard_error {
                    assert!(errors.iter().all(|e| e.is_finite() && *e >= 0.0), "{name}");
                }
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
    for bad in [&[][..], &[f64::NAN], &[1.0, f64::INFINITY]] {
        assert!(matches!(auto.fit_series(bad), Err(Error::Data(_))), "{bad:?}");
    }
    assert!(matches!(auto.fit_with_gaps(&[None, None]), Err(Error::Data(_))));
    assert!(matches!(auto.forecast(&[1.0, 2.0], 0), Err(Error::Param(_))));
    let zero = Auto::new(1).with_seasonal_periods(&[0]).fit_series(&[1.0, 2.0, 3.0]);
    assert!(matches!(zero, Err(Error::Param(_))));
    assert!(auto.fit_series(&[5.0]).unwrap().quantiles(&[0.5]).is_err());
}

#[test]
fn missing_periods_stay_in_place() {
    let y = seasonal(60, 4);
    let gaps: Vec<Option<f64>> =
        y.iter().enumerate().map(|(t, v)| (t % 11 != 3).then_some(*v)).collect();
    let auto = Auto::new(4).with_seasonal_periods(&[4]);
    let (whole, gapped) = (auto.fit_series(&y).unwrap(), auto.fit_with_gaps(&gaps).unwrap());
    for (a, b) in whole.mean.iter().zip(&gapped.mean) {
        assert!((a / b - 1.0).abs() < 0.03, "{a} {b}");
    }
}

#[test]
fn a_panel_names_the_method_of_every_series() {
    let mut panel = Panel::new(Period::Month);
    panel.push(1, 0, &[0.0, 2.0, 0.0, 0.0, 1.0, 0.0].repeat(8)).unwrap();
    panel.push(2, 0, &seasonal(48, 12)).unwrap();
    panel.push(3, 0, &[]).unwrap();
    panel.push(4, 0, &[3.0, -1.0, 2.0]).unwrap();
    panel.push(5, 0, &[4.0, 3.0, 5.0].repeat(10)).unwrap();
    let mut censored = panel.clone();
    censored.mark(2, 47, Observation::Censored).unwrap();
    let auto = Auto::new(3).with_levels(&[0.1, 0.5, 0.9]);
    let fan = auto.fit(&panel).unwrap();
    let is_intermittent =
        |key: usize| matches!(fan.series[key - 1].method, Method::Intermittent(_));
    assert_eq!([1, 2, 3, 4, 5].map(is_intermittent), [true, false, true, true, true]);
    assert!(fan.series[3].skipped.is_some());
    assert_eq!(fan.quantiles.keys(), [1, 2, 3, 5]);
    for &key in fan.quantiles.keys() {
        assert_eq!(fan.mean(key).unwrap().len(), 3);
        let sum = |periods: usize| fan.quantiles.cumulative(key, periods).unwrap()[2];
        assert!(sum(1) <= sum(2) && sum(2) <= sum(3), "{key}");
    }
    assert_eq!(fan.mean(4), None);
    // The quantile of a sum is above the median's sum and below the sum of the quantiles.
    let steps: f64 = (0..3).map(|step| fan.quantiles.get(2, step).unwrap()[2]).sum();
    assert!(fan.quantiles.cumulative(2, 3).unwrap()[2] <= steps * (1.0 + 1e-12));
    assert_ne!(auto.fit(&censored).unwrap().mean(2), fan.mean(2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn scale_moves_the_forecast_along(
        y in prop::collection::vec(1.0..100.0_f64, 12..40),
        exponent in -20..20_i32,
    ) {
        // A power of two changes no digit, but for searches that stop at an absolute step.
        let scale = 2.0_f64.powi(exponent);
        let auto = Auto::new(3).with_seasonal_periods(&[4]).with_origins(1);
        let scaled: Vec<f64> = y.iter().map(|v| v * scale).collect();
        let (a, b) = (auto.fit_series(&y).unwrap(), auto.fit_series(&scaled).unwrap());
        for (a, b) in a.mean.iter().zip(&b.mean) {
            prop_assert!((a * scale / b - 1.0).abs() < 1e-4, "{} {}", a * scale, b);
        }
    }

    #[test]
    fn any_series_gets_finite_ordered_quantiles(
        y in prop::collection::vec(prop_oneof![Just(0.0), -1e6..1e6_f64, 0.0..10.0_f64], 2..30),
        period in 1..8_usize,
    ) {
        let fit = Auto::new(4).with_seasonal_periods(&[period]).with_origins(1).fit_series(&y).unwrap();
        if fit.standard_error.is_some() {
            let quantiles = fit.quantiles(&[0.05, 0.5, 0.95]).unwrap();
            for step in quantiles.chunks(3) {
                prop_assert!(step[0] <= step[1] && step[1] <= step[2], "{step:?}");
            }
            prop_assert!(fit.cumulative_quantiles(&[0.5, 0.9]).unwrap().iter().all(|q| q.is_finite()));
        }
    }
}
