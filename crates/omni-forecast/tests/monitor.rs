//! Monitors and market share: speed of notice, hostile input, states that survive storage.

use omni_core::rng;
use omni_forecast::market_share::{MarketShare, share, smoothed};
use omni_forecast::monitor::{Alarm, Cusum, PageHinkley, TrackingSignal};
use omni_testkit::reference::json;
use proptest::prelude::*;

#[test]
#[ignore = "needs OMNI_SHARED"]
fn the_example_of_the_source_document() {
    let all = json("reference/platform/formulas.json");
    let example = &all["document"]["4.4_exponential_smoothing"];
    let input = |key: &str| example["inputs"][key].as_f64().unwrap();
    let got = smoothed(input("alpha"), input("D_t"), input("S_prev")).unwrap();
    assert_eq!(Some(got), example["value"].as_f64());
    let printed = example["printed"].as_f64().unwrap();
    let other = example["alpha_that_would_give_printed"].as_f64().unwrap();
    assert_eq!(smoothed(other, input("D_t"), input("S_prev")).unwrap(), printed);
    assert_ne!(got, printed);
}

#[test]
fn a_forecast_that_stops_following_is_noticed_by_all() {
    let mut stream = rng::stream(2, 0);
    let mut signal = TrackingSignal::new(0.1);
    let mut cusum = Cusum::new(3.0);
    let mut page = PageHinkley::new(0.5, 40.0);
    let mut first = [None; 3];
    for t in 0..260 {
        // Demand doubles after 200 periods, the forecast stays.
        let level = if t < 200 { 20.0 } else { 40.0 };
        let actual = level + 10.0 * (rng::uniform(&mut stream) - 0.5);
        let trigg = signal.update(actual, 20.0).unwrap();
        let alarms = [
            (trigg < -0.8 && t > 20).then_some(Alarm::TooLow),
            cusum.update(actual, 20.0).unwrap(),
            page.update(actual, 20.0).unwrap(),
        ];
        for (first, alarm) in first.iter_mut().zip(alarms) {
            if first.is_none() {
                *first = alarm.map(|alarm| (t, alarm));
            }
        }
    }
    for (at, within) in first.into_iter().zip([210, 202, 205]) {
        let (t, alarm) = at.unwrap();
        assert!((200..within).contains(&t) && alarm == Alarm::TooLow, "{first:?}");
    }
}

#[test]
fn states_are_small() {
    assert!(size_of::<TrackingSignal>() <= 80);
    assert!(size_of::<Cusum>() <= 80 && size_of::<PageHinkley>() <= 80);
}

#[cfg(feature = "serde")]
#[test]
fn a_stored_state_goes_on_as_if_never_stored() {
    fn stored<T: serde::Serialize + serde::de::DeserializeOwned>(state: &T) -> T {
        serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
    }
    let mut signal = (TrackingSignal::new(0.3), TrackingSignal::new(0.3));
    let mut cusum = (Cusum::new(1.5), Cusum::new(1.5));
    let mut page = (PageHinkley::new(0.1, 9.0), PageHinkley::new(0.1, 9.0));
    let mut shares = MarketShare::new(0.3).fit(&[1.0], &[3.0]).unwrap();
    let mut twin = shares;
    let mut stream = rng::stream(3, 0);
    for _ in 0..50 {
        let (actual, forecast) = (rng::uniform(&mut stream) / 3.0, rng::uniform(&mut stream));
        signal.1 = stored(&signal.1);
        cusum.1 = stored(&cusum.1);
        page.1 = stored(&page.1);
        twin = stored(&twin);
        assert_eq!(signal.0.update(actual, forecast), signal.1.update(actual, forecast));
        assert_eq!(cusum.0.update(actual, forecast), cusum.1.update(actual, forecast));
        assert_eq!(page.0.update(actual, forecast), page.1.update(actual, forecast));
        shares.update(actual, 1.0).unwrap();
        twin.update(actual, 1.0).unwrap();
        assert_eq!(shares, twin);
    }
}

fn extreme() -> impl Strategy<Value = f64> {
    prop::sample::select(vec![
        0.0,
        -0.0,
        1.0,
        -1.0,
        5e-324,
        1e-300,
        1e300,
        f64::MAX,
        f64::MIN,
        f64::NAN,
        f64::INFINITY,
    ])
}

proptest! {
    #[test]
    fn updates_give_finite_states_or_errors_that_change_nothing(
        settings in (extreme(), extreme()),
        pairs in prop::collection::vec((extreme(), extreme()), 1..20),
    ) {
        let mut signal = TrackingSignal::new(0.3);
        let mut cusum = Cusum::new(settings.0).with_limit(settings.1);
        let mut page = PageHinkley::new(settings.0, settings.1);
        for (actual, forecast) in pairs {
            let before = (signal, cusum, page);
            if signal.update(actual, forecast).is_err() {
                prop_assert_eq!(signal, before.0);
            }
            prop_assert!((-1.0..=1.0).contains(&signal.trigg()) && signal.brown().is_finite());
            if cusum.update(actual, forecast).is_ok() {
                prop_assert!(cusum.high.is_finite() && cusum.low.is_finite());
            }
            if page.update(actual, forecast).is_ok() {
                prop_assert!(page.mean.is_finite() && page.rise.is_finite() && page.fall.is_finite());
            }
            prop_assert!(share(actual, forecast).map_or(true, |s| (0.0..=1.0).contains(&s)));
        }
    }

    #[test]
    fn shares_do_not_know_the_unit(
        own in prop::collection::vec(0.0..10.0_f64, 1..20),
        unit in 1e-3..1e3_f64,
        alpha in 0.01..1.0_f64,
    ) {
        let market: Vec<f64> = own.iter().map(|v| 1.5 * v + 1.0).collect();
        let scale = |values: &[f64]| values.iter().map(|v| v * unit).collect::<Vec<_>>();
        let one = MarketShare::new(alpha).fit(&own, &market).unwrap();
        let two = MarketShare::new(alpha).fit(&scale(&own), &scale(&market)).unwrap();
        prop_assert!((one.share().unwrap() - two.share().unwrap()).abs() < 1e-12);
        prop_assert!((one.demand * unit / two.demand.max(1e-300) - 1.0).abs() < 1e-9 || one.demand == 0.0);
    }
}
