//! Drift, averages and Naive2: reference values.

use crate::reference::{RELATIVE, competition, objects, r_series};
use omni_forecast::Forecaster;
use omni_forecast::baseline::{Average, Drift, Naive2, SeasonalAverage};
use omni_forecast::eval::metrics;
use omni_testkit::assert_close;
use omni_testkit::reference::{json, number, numbers};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
#[ignore = "needs OMNI_SHARED"]
fn drift_agrees_with_r_mean_and_intervals() {
    let z95 = 1.959_963_984_540_054;
    let mut checked = 0;
    for (key, expected, series) in r_series() {
        let expected = &expected["rwd"];
        let fit = Drift.fit(&series.train).unwrap();
        let (means, hi95) = (numbers(expected, "mean"), numbers(expected, "hi95"));
        let ahead = fit.forecast(means.len()).unwrap();
        for (h, (got, want)) in ahead.iter().zip(&means).enumerate() {
            assert_close!(*got, *want, RELATIVE, abs 1e-8, "{key} {h}");
            let error = fit.standard_error(h + 1).unwrap().unwrap();
            assert_close!(got + z95 * error, hi95[h], RELATIVE, abs 1e-8, "{key} {h}");
            checked += 1;
        }
    }
    assert!(checked > 300, "{checked}");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn averages_agree_with_statsforecast() {
    let z95 = 1.959_963_984_540_054;
    let competition: BTreeMap<_, _> = competition().into_iter().collect();
    let mut checked = 0;
    for (key, expected) in objects("reference/forecast/statsforecast.json", "m") {
        let y = &competition[&key].train;
        let window = Average::window(8).fit(y).unwrap();
        let want = numbers(&expected["WindowAverage8"], "mean")[0];
        assert_close!(window.mean(), want, RELATIVE, "{key}");
        let historic = Average::historic().fit(y).unwrap();
        let expected = &expected["HistoricAverage"];
        assert_close!(historic.mean(), numbers(expected, "mean")[0], RELATIVE, "{key}");
        let error = historic.standard_error(1).unwrap().unwrap();
        let hi95 = numbers(expected, "hi-95")[0];
        assert_close!(historic.mean() + z95 * error, hi95, RELATIVE, "{key}");
        checked += 1;
    }
    assert_eq!(checked, 26);
}

/// sMAPE and MASE of the table, rounded to 4 decimals.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn naive2_agrees_with_the_accuracy_table() {
    let table = &json("reference/forecast/accuracy_table.json")["table"]["Naive2"];
    let mut groups: BTreeMap<String, (f64, f64, f64)> = BTreeMap::new();
    for (key, s) in competition() {
        let fit = Naive2::new(s.season).fit(&s.train).unwrap();
        let forecast = fit.forecast(s.test.len()).unwrap();
        let sums = groups.entry(key.split('|').next().unwrap().to_owned()).or_default();
        sums.0 += metrics::smape(&s.test, &forecast).unwrap();
        sums.1 += metrics::mase(&s.test, &forecast, &s.train, s.season).unwrap();
        sums.2 += 1.0;
    }
    assert_eq!(groups.len(), 7);
    for (group, (smape, mase, n)) in groups {
        assert_close!(smape / n, number(&table[&group], "sMAPE"), 0.0, abs 5.1e-5, "{group}");
        assert_close!(mase / n, number(&table[&group], "MASE"), 0.0, abs 5.1e-5, "{group}");
    }
}

fn methods() -> [Box<dyn Forecaster>; 7] {
    [
        Box::new(Drift),
        Box::new(Average::historic()),
        Box::new(Average::window(3)),
        Box::new(SeasonalAverage::new(4, 2)),
        Box::new(SeasonalAverage::new(1, usize::MAX)),
        Box::new(Naive2::new(1)),
        Box::new(Naive2::new(4)),
    ]
}

proptest! {
    #[test]
    fn scale(y in vec(0.0..100.0_f64, 4..40), power in -30..30_i32) {
        let factor = 2.0_f64.powi(power);
        let scaled: Vec<f64> = y.iter().map(|v| v * factor).collect();
        for method in methods() {
            let (one, two) = (method.forecast(&y, 6).unwrap(), method.forecast(&scaled, 6).unwrap());
            for (one, two) in one.iter().zip(two) {
                prop_assert_eq!(one * factor, two);
            }
        }
    }
}

#[test]
fn hostile_series_are_finite_or_errors() {
    for y in crate::degenerate::series() {
        for method in methods() {
            for horizon in [0, 1, 13, usize::MAX] {
                if let Ok(ahead) = method.forecast(&y, horizon) {
                    assert!(ahead.len() == horizon && ahead.iter().all(|v| v.is_finite()));
                }
            }
            let sane = y.len() >= 4 && y.iter().all(|v| v.abs() <= 1e300);
            assert!(!sane || method.forecast(&y, 13).is_ok(), "{method:?} {y:?}");
        }
        for error in [
            Drift.fit(&y).and_then(|fit| fit.standard_error(13)),
            Average::historic().fit(&y).and_then(|fit| fit.standard_error(13)),
        ] {
            assert!(!matches!(error, Ok(Some(e)) if !e.is_finite()), "{y:?}");
        }
    }
}

#[cfg(feature = "serde")]
#[test]
fn settings_and_fits_round_trip() {
    fn same<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq>(value: &T) -> bool {
        serde_json::from_str::<T>(&serde_json::to_string(value).unwrap()).unwrap() == *value
    }
    let y: Vec<f64> = (0..40).map(|t| f64::from(t % 4 * 9 + t * 7 % 11) / 3.0).collect();
    assert!(same(&Drift) && same(&Drift.fit(&y).unwrap()));
    assert!(same(&Average::window(3)) && same(&Average::window(3).fit(&y).unwrap()));
    let seasonal = SeasonalAverage::new(4, 2);
    assert!(same(&seasonal) && same(&seasonal.fit(&y).unwrap()));
    assert!(same(&Naive2::new(4)) && same(&Naive2::new(4).fit(&y).unwrap()));
}
