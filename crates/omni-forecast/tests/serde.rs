//! Settings and results survive a trip through JSON; broken quantiles do not.

use omni_core::{Panel, Period};
use omni_forecast::baseline::{Naive, SeasonalNaive};
use omni_forecast::eval::Backtest;
use omni_forecast::intermittent::{Croston, Tsb};
use omni_forecast::smoothing::{Ses, Start};
use omni_forecast::{EmpiricalQuantiles, Fan};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
}

#[test]
fn settings_and_results_round_trip() {
    let y = [0.1, 2.0, 0.0, 0.3, 1.0 / 3.0, 7.0];
    round_trip(&Naive);
    round_trip(&Naive.fit(&y).unwrap());
    round_trip(&SeasonalNaive::new(2));
    round_trip(&SeasonalNaive::new(2).fit(&y).unwrap());
    round_trip(&Ses::new(0.2));
    round_trip(&Ses::optimized().with_start(Start::LeastSquares));
    round_trip(&Ses::optimized().fit(&y).unwrap());
    round_trip(&Croston::sba(0.1));
    round_trip(&Croston::sba(0.1).fit(&y).unwrap());
    round_trip(&Tsb::new(0.1, 0.2));
    round_trip(&Tsb::new(0.1, 0.2).fit(&y).unwrap());
    let backtest = Backtest::new(1, 2);
    round_trip(&backtest);
    round_trip(&backtest.run(&Naive, &y).unwrap());
    let mut panel = Panel::new(Period::Day);
    panel.push(3, 0, &y).unwrap();
    panel.push(4, 5, &[1.0]).unwrap();
    round_trip(&backtest.run_panel(&Naive, &panel).unwrap());
    let settings = EmpiricalQuantiles::new(2).with_decay(0.1).with_min_windows(2);
    round_trip(&settings);
    round_trip(&settings.fit(&panel).unwrap());
}

#[test]
fn a_fan_with_crossing_quantiles_is_refused() {
    let mut panel = Panel::new(Period::Day);
    panel.push(3, 0, &[0.0, 1.0, 2.0]).unwrap();
    let fan = EmpiricalQuantiles::new(1).with_min_windows(1).fit(&panel).unwrap();
    let text = serde_json::to_string(&fan).unwrap();
    assert!(text.contains("[1.0,2.0]"), "{text}");
    assert!(serde_json::from_str::<Fan>(&text.replace("[1.0,2.0]", "[2.0,1.0]")).is_err());
}
