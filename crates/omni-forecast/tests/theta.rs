//! Theta methods: reference values, properties and hostile input.

use crate::reference::{RELATIVE, competition, objects};
use omni_forecast::Forecaster;
use omni_forecast::baseline::Naive2;
use omni_forecast::eval::metrics;
use omni_forecast::theta::{AutoTheta, Theta};
use omni_testkit::assert_close;
use omni_testkit::reference::{number, numbers};
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

fn owa_of(methods: &[(&str, &dyn Fn(usize) -> Box<dyn Forecaster>)], hold_out: bool) {
    let mut groups: BTreeMap<String, Vec<(f64, f64, Vec<(f64, f64)>)>> = BTreeMap::new();
    for (key, series) in competition() {
        let h = series.test.len();
        let (train, test) = if hold_out {
            series.train.split_at(series.train.len() - h)
        } else {
            (&series.train[..], &series.test[..])
        };
        let two = |forecast: &[f64]| {
            let mase = metrics::mase(test, forecast, train, series.season);
            mase.ok().map(|mase| (metrics::smape(test, forecast).unwrap(), mase))
        };
        let naive = Naive2::new(series.season).forecast(train, h).unwrap();
        let Some(base) = two(&naive) else { continue };
        let scores = methods.iter().map(|(_, method)| {
            let forecast =
                method(series.season).forecast(train, h).unwrap_or_else(|_| naive.clone());
            two(&forecast).unwrap()
        });
        let group = key.split('|').next().unwrap().to_owned();
        groups.entry(group).or_default().push((base.0, base.1, scores.collect()));
    }
    for (group, rows) in groups {
        let (smape, mase): (f64, f64) = rows.iter().fold((0.0, 0.0), |a, r| (a.0 + r.0, a.1 + r.1));
        print!("{group:14} n={:3}", rows.len());
        for (k, (name, _)) in methods.iter().enumerate() {
            let (s, m) = rows.iter().fold((0.0, 0.0), |a, r| (a.0 + r.2[k].0, a.1 + r.2[k].1));
            print!("  {name} {:.3}", (s / smape + m / mase) / 2.0);
        }
        println!();
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn accuracy() {
    let hold_out = std::env::var("HOLD_OUT").is_ok();
    owa_of(
        &[
            ("STM", &|m| Box::new(Theta::standard().with_season(m))),
            ("OTM", &|m| Box::new(Theta::optimized().with_season(m))),
            ("DSTM", &|m| Box::new(Theta::dynamic().with_season(m))),
            ("DOTM", &|m| Box::new(Theta::dynamic_optimized().with_season(m))),
            ("Auto", &|m| Box::new(AutoTheta::new(m))),
        ],
        hold_out,
    );
}
