//! Theta methods: reference values, properties and hostile input.

use crate::reference::{Competition, RELATIVE, competition, objects, r_series};
use omni_forecast::Forecaster;
use omni_forecast::baseline::Naive2;
use omni_forecast::ces::AutoCes;
use omni_forecast::decompose::{Kind, MstlForecast};
use omni_forecast::eval::metrics;
use omni_forecast::smoothing::{Ses, Start};
use omni_forecast::theta::{AutoTheta, Theta, ThetaFit};
use omni_testkit::assert_close;
use omni_testkit::reference::{json, number, numbers};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

const FORMS: [(&str, Theta); 4] = [
    ("Theta", Theta::standard()),
    ("OptimizedTheta", Theta::optimized()),
    ("DynamicTheta", Theta::dynamic()),
    ("DynamicOptimizedTheta", Theta::dynamic_optimized()),
];

#[test]
#[ignore = "needs OMNI_SHARED"]
fn means_at_the_parameters_of_statsforecast() {
    let competition: BTreeMap<_, _> = competition().into_iter().collect();
    let (mut checked, mut lower, mut ratios) = (0, 0, Vec::new());
    for (key, expected) in objects("reference/forecast/statsforecast.json", "m") {
        let series = &competition[&key];
        // Their test wants two seasons, ours three: none of these series is in between.
        for (name, form) in FORMS {
            let model = &expected[name]["model"];
            let par = &model["par"];
            let form = form.with_season(series.season);
            let theirs = form
                .with_alpha(number(par, "alpha"))
                .with_theta(number(par, "theta"))
                .with_start(number(par, "initial_smoothed"))
                .fit(&series.train)
                .unwrap();
            let decomposed = model.get("decompose").is_some();
            assert_eq!(theirs.season.is_some(), decomposed, "{key} {name}");
            let want = numbers(&expected[name], "mean");
            for (got, want) in theirs.forecast(want.len()).unwrap().iter().zip(&want) {
                assert_close!(*got, *want, RELATIVE, abs 1e-6, "{key} {name}");
            }
            // Their criterion: squared errors from the fourth on, over the mean size.
            let average = |y: &[f64]| y.iter().map(|v| v.abs()).sum::<f64>() / y.len() as f64;
            let adjusted = match &theirs.season {
                Some(season) => season.adjusted(&series.train).unwrap(),
                None => series.train.clone(),
            };
            let criterion =
                |sigma: f64, divisor: usize| sigma * sigma * divisor as f64 / average(&adjusted);
            let their_criterion = criterion(theirs.sigma.unwrap(), theirs.errors);
            assert_close!(their_criterion, number(model, "mse"), 1e-5, "{key} {name}");
            let ours = form.fit(&series.train).unwrap();
            let our_criterion = criterion(ours.sigma.unwrap(), ours.errors - ours.found);
            assert!(our_criterion <= their_criterion * (1.0 + 1e-9), "{key} {name} {ours:?}");
            lower += usize::from(our_criterion < their_criterion * (1.0 - 1e-6));
            ratios.push(our_criterion / their_criterion);
            checked += 1;
        }
    }
    let least = ratios.iter().copied().fold(1.0, f64::min);
    println!("{checked} fits, {lower} with less error than theirs, least ratio {least}");
    assert_eq!(checked, 26 * 4);
}

/// R's `thetaf`: plain smoothing of the values (so its weight, not ours) with half the slope.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn standard_form_at_the_weight_of_r() {
    let (mut checked, mut seasonal) = (0, 0);
    for (key, expected, series) in r_series() {
        let expected = &expected["theta"];
        if !expected["mean"].is_array() {
            continue;
        }
        let season =
            Theta::standard().with_season(series.season).fit(&series.train).unwrap().season;
        // R tests the season of fewer periods, and multiplies by it whatever the values.
        let adjusted = match &season {
            Some(season) if season.kind == Kind::Additive => continue,
            Some(season) => season.adjusted(&series.train).unwrap(),
            None => series.train.clone(),
        };
        let ses = Ses::optimized().with_start(Start::LeastSquares).fit(&adjusted).unwrap();
        // Below a weight of 0.1 it matters where the line starts, which R counts from 0.
        if ses.alpha < 0.1 || ses.alpha > 0.999 {
            continue;
        }
        let fit = Theta::standard()
            .with_season(series.season)
            .with_alpha(ses.alpha)
            .with_start(ses.start)
            .fit(&series.train)
            .unwrap();
        let want = numbers(expected, "mean");
        for (got, want) in fit.forecast(want.len()).unwrap().iter().zip(&want) {
            assert_close!(*got, *want, 1e-4, "{key}");
        }
        checked += 1;
        seasonal += usize::from(season.is_some());
    }
    println!("{checked} series, {seasonal} with a season");
    assert!(checked >= 10 && seasonal >= 2, "{checked} {seasonal}");
}

fn forms() -> [Theta; 4] {
    FORMS.map(|(_, form)| form)
}

#[test]
fn a_fixed_line_has_the_closed_forecast() {
    let y = [12.0, 13.0, 15.0, 14.0, 17.0, 18.0, 20.0, 19.0, 22.0, 23.0, 21.0, 25.0];
    for form in [Theta::standard(), Theta::optimized()] {
        let fit = form.fit(&y).unwrap();
        let (a, left) = (fit.alpha, (1.0 - fit.alpha).powi(12));
        for (h, got) in (1..).zip(fit.forecast(9).unwrap()) {
            let slope = fit.state.slope * (f64::from(h) - 1.0 + (1.0 - left * (1.0 - a)) / a);
            let line = fit.state.intercept * left + slope;
            assert_close!(got, fit.state.level + (1.0 - 1.0 / fit.theta) * line, 1e-12, "{h}");
        }
    }
}

#[test]
fn the_found_weight_is_the_best_of_all() {
    let y = [6.0, 1.0, 3.0, 2.0, 9.0, 8.0, 6.0, 3.0, 0.0, 4.0, 7.0, 5.0, 9.0, 2.0];
    for form in forms() {
        let found = form.fit(&y).unwrap();
        let size = |fit: &ThetaFit| {
            let freedom = (fit.errors - fit.found) as f64;
            fit.sigma.unwrap() * fit.sigma.unwrap() * freedom
        };
        for k in 100..=990 {
            let tried = form.with_alpha(f64::from(k) * 1e-3).fit(&y).unwrap();
            assert!(size(&found) <= size(&tried) * (1.0 + 1e-9), "{found:?} {tried:?}");
        }
        for theta in [1.0, 1.5, 2.0, 4.0, 100.0, 1e9] {
            if found.found == 3 {
                let tried = form.with_theta(theta).fit(&y).unwrap();
                assert!(size(&found) <= size(&tried) * (1.0 + 1e-9), "{found:?} {tried:?}");
            }
        }
    }
}

#[test]
fn dynamic_standard_errors_are_those_of_many_paths() {
    let y: Vec<f64> = (0..30).map(|t| f64::from(t) + f64::from(t * 7 % 5)).collect();
    for form in forms() {
        let fit = form.fit(&y).unwrap();
        let (means, errors) = (fit.forecast(8).unwrap(), fit.standard_errors(8).unwrap());
        let all = fit.simulate(8, 40_000, 11).unwrap();
        let paths: Vec<&[f64]> = all.chunks(8).collect();
        for h in 0..8 {
            let values = paths.iter().map(|path| path[h] - means[h]);
            let mean = values.clone().sum::<f64>() / 4e4;
            let error = (values.map(|v| v * v).sum::<f64>() / 4e4).sqrt();
            assert!(mean.abs() < 0.03 * errors[h], "{form:?} {h} {mean}");
            assert!((error / errors[h] - 1.0).abs() < 0.02, "{form:?} {h} {error} {}", errors[h]);
        }
        assert_eq!(fit.simulate(8, 3, 11).unwrap(), all[..3 * 8]);
    }
}

#[test]
fn missing_periods_move_on() {
    let line: Vec<Option<f64>> =
        (0..40).map(|t| (t % 6 != 4).then_some(5.0 + 2.0 * f64::from(t))).collect();
    for form in forms() {
        let fit = form.fit_with_gaps(&line).unwrap();
        assert_eq!(fit.state.periods, 40);
        assert!((fit.forecast(1).unwrap()[0] - 85.0).abs() < 2.0, "{fit:?}");
        let whole: Vec<_> = line.iter().flatten().copied().collect();
        let some: Vec<_> = whole.iter().copied().map(Some).collect();
        assert_eq!(form.fit_with_gaps(&some), form.fit(&whole));
        // What is missing before the first value does not count.
        let late = [&[None, None][..], &some].concat();
        assert_eq!(form.fit_with_gaps(&late), form.fit(&whole));
        assert!(form.fit_with_gaps(&[None]).is_err());
    }
}

#[test]
fn a_skipped_period_is_forecast_over() {
    let y: Vec<f64> =
        (0..36).map(|t| 20.0 + f64::from(t * 7 % 5) + [9.0, 0.0, 4.0][t as usize % 3]).collect();
    for form in forms() {
        let mut fit = form.with_season(3).fit(&y).unwrap();
        let ahead = fit.forecast(4).unwrap();
        fit.skip().unwrap();
        for (got, want) in fit.forecast(3).unwrap().iter().zip(&ahead[1..]) {
            assert_close!(*got, *want, 1e-12, "{form:?}");
        }
    }
}

proptest! {
    #[test]
    fn scale_and_shift(
        y in vec(-100.0..100.0_f64, 1..40),
        factor in 0.01..100.0_f64,
        shift in -1e3..1e3_f64,
    ) {
        for form in forms() {
            let ahead = form.fit(&y).unwrap().forecast(5).unwrap();
            let moved: Vec<f64> = y.iter().map(|v| factor * v + shift).collect();
            let size = 1.0 + factor * 300.0 + shift.abs();
            for (got, base) in form.fit(&moved).unwrap().forecast(5).unwrap().iter().zip(ahead) {
                // Equal up to where the search in the weight ends.
                prop_assert!((got - (factor * base + shift)).abs() < 2e-4 * size, "{form:?} {got} {base}");
            }
        }
    }

    #[test]
    fn update_is_the_full_filter(y in vec(0.0..100.0_f64, 12..40), keep in 8..12_usize) {
        for form in forms() {
            let start = form.fit(&y[..keep]).unwrap();
            let form = form.with_alpha(start.alpha).with_theta(start.theta).with_start(start.start);
            let mut fit = start;
            for value in &y[keep..] {
                fit.update(*value).unwrap();
            }
            if !fit.dynamic {
                continue;
            }
            let whole = form.fit(&y).unwrap();
            for (got, want) in fit.forecast(3).unwrap().iter().zip(whole.forecast(3).unwrap()) {
                prop_assert!((got - want).abs() <= 1e-12 * (1.0 + want.abs() + start_size(&fit)), "{got} {want}");
            }
        }
    }

    #[test]
    fn constants_stay(value in -1e6..1e6_f64, n in 1..30_usize) {
        for form in forms() {
            let fit = form.with_season(4).fit(&vec![value; n]).unwrap();
            for ahead in fit.forecast(7).unwrap() {
                prop_assert!((ahead - value).abs() <= 1e-9 * value.abs(), "{form:?} {ahead}");
            }
        }
    }

    #[test]
    fn quantiles_do_not_cross(y in vec(-10.0..10.0_f64, 2..30)) {
        for form in forms() {
            let fit = form.fit(&y).unwrap();
            let quantiles = fit.quantiles(6, &[0.1, 0.5, 0.9, 0.99]).unwrap();
            for step in quantiles.chunks(4) {
                prop_assert!(step.is_sorted());
            }
            prop_assert!(fit.standard_errors(6).unwrap().is_sorted());
        }
    }
}

/// The rounding of a first level far from the series.
fn start_size(fit: &ThetaFit) -> f64 {
    fit.start.abs()
}

#[test]
fn hostile_series_are_finite_or_errors() {
    for y in crate::degenerate::series() {
        for form in forms() {
            for season in [1, 4, usize::MAX] {
                let fit = form.with_season(season).fit(&y);
                if let Ok(fit) = &fit {
                    check_fit(fit, &y);
                }
                let sane = !y.is_empty() && y.iter().all(|v| v.abs() <= 1e300);
                assert_eq!(
                    fit.is_ok(),
                    sane || (fit.is_ok() && y.iter().all(|v| v.is_finite())),
                    "{y:?} {fit:?}"
                );
            }
        }
        if let Ok(fit) = AutoTheta::new(3).fit(&y) {
            check_fit(&fit, &y);
        }
    }
    for bad in [0.0, -0.5, 1.5, f64::NAN] {
        assert!(Theta::standard().with_alpha(bad).fit(&[1.0, 2.0]).is_err());
    }
    for bad in [0.99, f64::NAN, f64::INFINITY] {
        assert!(Theta::standard().with_theta(bad).fit(&[1.0, 2.0]).is_err());
    }
    assert!(Theta::standard().with_start(f64::NAN).fit(&[1.0, 2.0]).is_err());
    assert!(Theta::standard().with_season(0).fit(&[1.0, 2.0]).is_err());
    let mut fit = Theta::standard().fit(&[1.0, 2.0, 3.0]).unwrap();
    let before = fit.clone();
    assert!(fit.update(f64::NAN).is_err());
    assert_eq!(fit, before);
    assert!(fit.simulate(3, 0, 1).is_err());
    assert!(fit.forecast(10_000).is_ok() && fit.standard_errors(10_000).is_ok());
}

fn check_fit(fit: &ThetaFit, y: &[f64]) {
    for horizon in [0, 1, 13] {
        if let Ok(forecast) = fit.forecast(horizon) {
            assert!(forecast.len() == horizon && forecast.iter().all(|v| v.is_finite()), "{y:?}");
        }
        if let Ok(errors) = fit.standard_errors(horizon) {
            assert!(errors.iter().all(|v| v.is_finite() && *v >= 0.0), "{y:?} {fit:?}");
        }
    }
    let mut next = fit.clone();
    for value in [0.0, 1e300, f64::MIN, f64::MAX] {
        if next.update(value).is_ok() && next.skip().is_ok() {
            assert!(next.state.level.is_finite() && next.state.slope.is_finite());
        }
    }
}

/// OWA per competition group, beside that of the same method in the accuracy table.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn accuracy_beside_statsforecast() {
    const DOTM: Theta = Theta::dynamic_optimized();
    let table = &json("reference/forecast/accuracy_table.json")["table"];
    let mut groups: BTreeMap<String, Vec<Competition>> = BTreeMap::new();
    for (key, series) in competition() {
        groups.entry(key.split('|').next().unwrap().to_owned()).or_default().push(series);
    }
    let dotm = |m| DOTM.with_season(m);
    for (group, series) in groups {
        let score = |method: &dyn Fn(&Competition) -> Box<dyn Forecaster>| {
            let (mut smape, mut mase) = (0.0, 0.0);
            for s in &series {
                let forecast = method(s).forecast(&s.train, s.test.len()).unwrap();
                smape += metrics::smape(&s.test, &forecast).unwrap();
                mase += metrics::mase(&s.test, &forecast, &s.train, s.season).unwrap();
            }
            (smape, mase)
        };
        let base = score(&|s| Box::new(Naive2::new(s.season)));
        let owa = |method: &dyn Fn(&Competition) -> Box<dyn Forecaster>| {
            let (smape, mase) = score(method);
            f64::midpoint(smape / base.0, mase / base.1)
        };
        let periods: &[usize] = match &group[..] {
            "m4_hourly" => &[24, 168],
            "m4_daily" => &[7],
            "m4_weekly" => &[52],
            "m3_quarterly" => &[4],
            _ => &[12],
        };
        let ours = [
            ("DynamicOptimizedTheta", owa(&|s| Box::new(dotm(s.season)))),
            ("AutoTheta", owa(&|s| Box::new(AutoTheta::new(s.season)))),
            ("AutoCES", owa(&|s| Box::new(AutoCes::new(s.season)))),
            ("MSTL_ETS", owa(&|_| Box::new(MstlForecast::new(periods, &DOTM)))),
        ];
        for (name, ours) in ours {
            let theirs = table[name].get(&group).map(|row| number(row, "OWA"));
            println!("{group:13} {name:22} ours {ours:.3}, theirs {theirs:?}");
            // A guard against falling behind, not a claim to be ahead. MSTL is with another
            // method here; hourly CES chooses by one step what is judged by 48: .911 to .772.
            let other = [("MSTL_ETS", ""), ("AutoCES", "m4_hourly")];
            let guarded = other.iter().all(|(n, g)| name != *n || (!g.is_empty() && group != *g));
            assert!(!guarded || theirs.is_none_or(|theirs| ours < theirs + 0.03), "{group} {name}");
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
    for form in forms() {
        let form = form.with_season(4).with_alpha(0.3);
        assert!(same(&form) && same(&form.fit(&y).unwrap()));
    }
    assert!(same(&AutoTheta::new(4)));
}
