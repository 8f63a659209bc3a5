//! The ETS family: reference values of R and statsforecast, properties, hostile input.

use flate2::read::GzDecoder;
use omni_core::DataError;
use omni_forecast::smoothing::{
    AutoEts, Criterion, Driven, ErrorKind, Ets, EtsFit, Fallback, Form, Holt, HoltWinters, LeftOut,
    PooledEffects, Region, RegressionEts, Season, Trend, cumulative_quantiles, path_quantiles,
};
use omni_forecast::{Error, Forecaster, MAX_HORIZON};
use omni_testkit::assert_close;
use omni_testkit::reference::{json, number, numbers, path};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::time::Instant;

pub struct Series {
    pub season: usize,
    pub train: Vec<f64>,
    pub test: Vec<f64>,
}

/// The competition series by `group|id`.
pub fn competition() -> Vec<(String, Series)> {
    let mut text = String::new();
    let file = File::open(path("data/forecast/mcomp.csv.gz")).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let values = |text: &str| text.split(' ').map(|v| v.parse().unwrap()).collect();
    let row = |line: &str| {
        let r: Vec<&str> = line.split(',').collect();
        let season = r[2].parse().unwrap();
        (format!("{}|{}", r[0], r[1]), Series { season, train: values(r[5]), test: values(r[6]) })
    };
    text.lines().skip(1).map(row).collect()
}

/// The 35 series of R's file with what R found.
fn r_series() -> Vec<(String, Value, Series)> {
    let mut by_key: BTreeMap<_, _> = competition().into_iter().collect();
    let all = json("reference/forecast/r_forecast.json");
    let of = |(key, expected): (&String, &Value)| {
        let series = by_key.remove(key).unwrap_or_else(|| Series {
            season: number(expected, "season") as usize,
            train: numbers(expected, "y"),
            test: Vec::new(),
        });
        (key.clone(), expected.clone(), series)
    };
    all.as_object().unwrap().iter().map(of).collect()
}

const RELATIVE: f64 = 1e-6;
const ABSOLUTE: f64 = 1e-8;

fn form(name: &str) -> Form {
    name.parse().unwrap()
}

/// Settings with every parameter as R names them.
fn of_r(form: Form, m: usize, names: &Value, par: &[f64]) -> Ets {
    let names: Vec<&str> = names.as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    let mut ets = Ets::new(form, m);
    let mut newest_first = Vec::new();
    for (name, &value) in names.iter().zip(par) {
        ets = match *name {
            "alpha" => ets.with_alpha(value),
            "beta" => ets.with_beta(value),
            "gamma" => ets.with_gamma(value),
            "phi" => ets.with_phi(value),
            "l" => ets.with_start_level(value),
            "b" => ets.with_start_slope(value),
            _ => {
                newest_first.push(value);
                ets
            }
        };
    }
    if form.season != Season::None {
        let total = if form.season == Season::Multiplicative { m as f64 } else { 0.0 };
        newest_first.push(total - newest_first.iter().sum::<f64>());
        newest_first.reverse();
        ets = ets.with_start_season(newest_first);
    }
    ets
}

fn third_class(form: Form) -> bool {
    form.error == ErrorKind::Multiplicative && form.season == Season::Multiplicative
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn given_parameters_reproduce_r() {
    let (mut checked, mut intervals, mut refused) = (0, 0, 0);
    for (key, expected, series) in r_series() {
        let mut cases =
            vec![(expected["ets"]["method"].as_str().unwrap().to_owned(), &expected["ets"])];
        if let Some(fixed) = expected["ets_fixed"].as_object() {
            cases.extend(fixed.iter().map(|(name, case)| (name.clone(), case)));
        }
        for (name, case) in cases {
            if case["par"].is_null() {
                continue;
            }
            let form = form(&name);
            let par = numbers(case, "par");
            let settings = of_r(form, series.season, &case["par_names"], &par);
            let Ok(mut fit) = settings.fit(&series.train) else {
                // Means below zero, which no fit of ours has under a multiplicative error.
                assert!(form.needs_positive(), "{key} {name}");
                refused += 1;
                continue;
            };
            assert_close!(fit.log_likelihood, number(case, "loglik"), RELATIVE, "{key} {name}");
            let k = (par.len() + 1) as f64;
            let n = series.train.len() as f64;
            let aicc = -2.0 * fit.log_likelihood + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0);
            assert_close!(aicc, number(case, "aicc"), RELATIVE, "{key} {name}");
            // R starts the damped multiplicative forecast with the undamped slope.
            let defect = third_class(form) && form.trend == Trend::AdditiveDamped;
            let want = numbers(case, "mean");
            fit.sigma *= (n / (n - par.len() as f64)).sqrt();
            let got = fit.forecast(want.len()).unwrap();
            if defect {
                continue;
            }
            for (got, want) in got.iter().zip(&want) {
                assert_close!(*got, *want, RELATIVE, abs ABSOLUTE, "{key} {name}");
            }
            checked += 1;
            if case["sigma2"].is_null() {
                continue;
            }
            assert_close!(fit.sigma * fit.sigma, number(case, "sigma2"), RELATIVE, "{key} {name}");
            // Levels of R's 80 and 95 % intervals.
            let quantiles = fit.quantiles(want.len(), &[0.025, 0.1, 0.9, 0.975]).unwrap();
            let bounds = ["lo95", "lo80", "hi80", "hi95"].map(|name| numbers(case, name));
            for (step, row) in quantiles.chunks(4).enumerate() {
                // R moves the season of a form without trend one period too early.
                let early = form.trend == Trend::None && form.season == Season::Additive;
                if early && step + 1 >= series.season {
                    break;
                }
                for (got, bound) in row.iter().zip(&bounds) {
                    assert_close!(*got, bound[step], RELATIVE, abs 1e-6, "{key} {name} {step}");
                    intervals += 1;
                }
            }
        }
    }
    assert!(checked > 150 && intervals > 1_000 && refused <= 2, "{checked} {intervals} {refused}");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn given_parameters_reproduce_statsforecast() {
    let by_key: BTreeMap<_, _> = competition().into_iter().collect();
    let all = json("reference/forecast/statsforecast.json");
    let (mut checked, mut refused) = (0, 0);
    for (key, models) in all.as_object().unwrap() {
        let Some(series) = by_key.get(key) else { continue };
        let models = models.as_object().unwrap();
        for (name, case) in models {
            let model = &case["model"];
            let Some(letters) = model["components"].as_str() else { continue };
            let letters: Vec<char> = letters.chars().collect();
            let damped = if letters[3] == 'D' { "d" } else { "" };
            let form = form(&format!("{}{}{damped}{}", letters[0], letters[1], letters[2]));
            let par: Vec<Option<f64>> =
                model["par"].as_array().unwrap().iter().map(Value::as_f64).collect();
            let mut rest = par[4..].iter().flatten().copied();
            let m = series.season;
            let mut ets = Ets::new(form, m).with_region(Region::Admissible);
            ets = ets.with_alpha(par[0].unwrap()).with_start_level(rest.next().unwrap());
            if form.trend != Trend::None {
                ets = ets.with_beta(par[1].unwrap()).with_start_slope(rest.next().unwrap());
            }
            if form.trend == Trend::AdditiveDamped {
                ets = ets.with_phi(par[3].unwrap());
            }
            if form.season != Season::None {
                let mut season: Vec<f64> = rest.collect();
                season.reverse();
                ets = ets.with_gamma(par[2].unwrap()).with_start_season(season);
            }
            let Ok(fit) = ets.fit(&series.train) else {
                // Means below zero, which no fit of ours has under a multiplicative error.
                assert!(form.needs_positive(), "{key} {name} {form}");
                refused += 1;
                continue;
            };
            assert_close!(fit.log_likelihood, number(model, "loglik"), RELATIVE, "{key} {name}");
            checked += 1;
            if form.trend != Trend::AdditiveDamped && !third_class(form) {
                let want = numbers(case, "mean");
                for (got, want) in fit.forecast(want.len()).unwrap().iter().zip(&want) {
                    assert_close!(*got, *want, RELATIVE, abs ABSOLUTE, "{key} {name}");
                }
            }
        }
    }
    assert!(checked > 100 && refused <= 2, "{checked} {refused}");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn one_form_at_a_time_is_fitted_as_well_as_r_and_statsforecast_do() {
    let nixtla = json("reference/forecast/statsforecast.json");
    let (mut checked, mut worst) = (0, f64::NEG_INFINITY);
    for (key, expected, series) in r_series() {
        let m = series.season;
        let mut cases: Vec<(String, f64)> = Vec::new();
        if let Some(fixed) = expected["ets_fixed"].as_object() {
            let of = |(name, case): (&String, &Value)| Some((name.clone(), case["aicc"].as_f64()?));
            cases.extend(fixed.iter().filter_map(of));
        }
        for (model, name) in [
            ("ETS_ANN", "ANN"),
            ("ETS_AAdN", "AAdN"),
            ("ETS_ANA", "ANA"),
            ("ETS_MAM", "MAM"),
            ("Holt", "AAN"),
            ("HoltWintersA", "AAA"),
            ("HoltWintersM", "MAM"),
        ] {
            let model = &nixtla[&key][model]["model"];
            let letters = model["components"].as_str().unwrap_or("");
            if letters
                .replace('D', "d")
                .chars()
                .filter(|c| *c != 'N')
                .eq(name.chars().filter(|c| *c != 'N'))
            {
                cases.extend(model["aicc"].as_f64().map(|aicc| (name.to_owned(), aicc)));
            }
        }
        for (name, bar) in cases {
            let fit = Ets::new(form(&name), m).fit(&series.train).unwrap();
            let Some(aicc) = fit.aicc else { continue };
            if aicc > bar + 0.01 {
                println!("{key} {name} {:+.5}", aicc - bar);
            }
            worst = worst.max(aicc - bar);
            checked += 1;
        }
    }
    println!("worst of {checked}: {worst:+.6}");
    assert!(checked > 200 && worst <= 0.01, "{checked} {worst}");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn holt_and_holt_winters_leave_no_more_error_than_r() {
    let squares = |errors: Vec<f64>| errors.iter().map(|e| e * e).sum::<f64>();
    let mut checked = 0;
    for (key, expected, series) in r_series() {
        let (y, m) = (&series.train, series.season);
        let names = |form: Form| {
            let mut names = vec!["alpha"];
            names.extend((form.trend != Trend::None).then_some("beta"));
            names.extend((form.season != Season::None).then_some("gamma"));
            names.push("l");
            names.extend((form.trend != Trend::None).then_some("b"));
            names.resize(names.len() + if form.season == Season::None { 0 } else { m - 1 }, "s");
            Value::from(names)
        };
        let holt = Holt::new().fit(y).unwrap();
        let additive = HoltWinters::additive(m).fit(y);
        let factors = HoltWinters::multiplicative(m).with_squared_errors().fit(y);
        for (name, form, ours) in [
            ("holt", form("AAN"), Ok(holt)),
            ("hw_add", form("AAA"), additive),
            ("hw_mult", form("AAM"), factors),
        ] {
            let case = &expected[name];
            if case["par"].is_null() {
                continue;
            }
            let theirs = of_r(form, m, &names(form), &numbers(case, "par")).fit(y).unwrap();
            let fitted = ours.unwrap().fitted(y).unwrap();
            let ours = y.iter().zip(&fitted).map(|(y, f)| y - f).collect();
            let (ours, theirs) = (squares(ours), squares(theirs.residuals(y).unwrap()));
            assert!(ours <= theirs * (1.0 + 1e-6), "{key} {name} {ours} {theirs}");
            checked += 1;
        }
    }
    assert!(checked > 60, "{checked}");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn auto_finds_the_likelihood_of_r_and_statsforecast_or_better() {
    let nixtla = json("reference/forecast/statsforecast.json");
    let datasets = json("reference/forecast/r_vs_statsforecast_rdatasets.json");
    let (mut checked, mut worst) = (0, f64::NEG_INFINITY);
    let mut failed = Vec::new();
    for (key, expected, series) in r_series() {
        let start = Instant::now();
        let auto = AutoEts::new(series.season).fit(&series.train).unwrap();
        let took = start.elapsed();
        let mut bar = number(&expected["ets"], "aicc");
        for other in [&nixtla[&key]["AutoETS"]["model"]["aicc"], &datasets[&key]["sf_ets"][1]] {
            bar = bar.min(other.as_f64().unwrap_or(f64::INFINITY));
        }
        let got = auto.fit.aicc.unwrap();
        println!(
            "{key:28} {:12} {got:12.4} bar {bar:12.4} {:+9.4} R {} {:?} it {}",
            auto.fit.form.to_string(),
            got - bar,
            expected["ets"]["method"],
            took,
            auto.fit.iterations
        );
        worst = worst.max(got - bar);
        if got > bar + 0.01 {
            failed.push(key);
        }
        checked += 1;
    }
    println!("worst {worst}");
    assert_eq!(checked, 35);
    assert!(failed.is_empty(), "{failed:?}");
}

/// Values with level, trend and season, always above zero.
fn demand(n: usize, m: usize, noise: impl Fn(usize) -> f64) -> Vec<f64> {
    let season = |t: usize| 1.0 + 0.3 * (std::f64::consts::TAU * (t % m) as f64 / m as f64).sin();
    (0..n).map(|t| (50.0 + 0.4 * t as f64) * season(t) * (1.0 + 0.1 * noise(t))).collect()
}

fn jitter(t: usize) -> f64 {
    ((t * 7919 + 13) % 101) as f64 / 50.0 - 1.0
}

/// The same form and parameters, every one given.
fn frozen(fit: &EtsFit) -> Ets {
    let ets = Ets::new(fit.form, fit.period as usize)
        .with_region(Region::Admissible)
        .with_alpha(fit.alpha)
        .with_start_level(fit.start_level);
    let ets = if fit.form.trend == Trend::None {
        ets
    } else {
        ets.with_beta(fit.beta).with_start_slope(fit.start_slope)
    };
    let ets = if fit.form.trend.is_damped() { ets.with_phi(fit.phi) } else { ets };
    if fit.form.season == Season::None {
        ets
    } else {
        ets.with_gamma(fit.gamma).with_start_season(fit.start_season.clone())
    }
}

#[test]
fn updates_are_the_filter_of_the_whole_series() {
    let y = demand(60, 4, jitter);
    for form in Form::all() {
        let fit = Ets::new(form, 4).fit(&y[..40]).unwrap();
        let mut moved = fit.clone();
        let mut gapped: Vec<Option<f64>> = y.iter().copied().map(Some).collect();
        for t in 40..60 {
            if t % 3 == 1 {
                moved.skip().unwrap();
                gapped[t] = None;
            } else {
                moved.update(y[t]).unwrap();
            }
        }
        let whole = frozen(&fit).fit_with_gaps(&gapped).unwrap();
        assert_close!(moved.level, whole.level, 1e-12, "{form}");
        assert_close!(moved.slope, whole.slope, 1e-12, abs 1e-12, "{form}");
        for (a, b) in moved.season.iter().zip(&whole.season) {
            assert_close!(*a, *b, 1e-12, abs 1e-12, "{form}");
        }
        assert_eq!(moved.phase, whole.phase, "{form}");
        let (a, b) = (moved.forecast(9).unwrap(), whole.forecast(9).unwrap());
        if third_class(form) {
            continue; // σ is that of each series
        }
        for (a, b) in a.iter().zip(&b) {
            assert_close!(*a, *b, 1e-12, abs 1e-12, "{form}");
        }
    }
}

#[test]
fn the_state_of_a_form_without_season_is_small() {
    let fit = Ets::new(form("MAdN"), 1).fit(&demand(40, 4, jitter)).unwrap();
    assert!(fit.season.is_empty() && fit.start_season.is_empty());
    assert!(size_of::<EtsFit>() <= 256, "{}", size_of::<EtsFit>());
}

#[test]
fn nothing_depends_on_the_unit() {
    let y = demand(48, 4, jitter);
    let auto = AutoEts::new(4).fit(&y).unwrap();
    for exponent in [-900, -3, 1, 900] {
        let unit = 2.0_f64.powi(exponent);
        let scaled: Vec<f64> = y.iter().map(|v| v * unit).collect();
        let other = AutoEts::new(4).fit(&scaled).unwrap();
        assert_eq!(other.fit.form, auto.fit.form);
        for (a, b) in other.fit.forecast(8).unwrap().iter().zip(auto.fit.forecast(8).unwrap()) {
            assert_close!(*a, b * unit, 1e-12, "{exponent}");
        }
        let (a, b) = (other.fit.aicc.unwrap(), auto.fit.aicc.unwrap());
        assert_close!(a, b + 2.0 * 48.0 * unit.ln(), 1e-12, "{exponent}");
        for (a, b) in other.candidates.iter().zip(&auto.candidates) {
            if let (Some(a), Some(b)) = (a.criterion, b.criterion) {
                assert_close!(a, b + 2.0 * 48.0 * unit.ln(), 1e-9, "{exponent}");
            }
        }
    }
}

#[test]
fn formulas_agree_with_simulated_paths() {
    let y = demand(60, 4, jitter);
    for form in Form::all().filter(|f| !f.is_unstable() && !f.trend.is_multiplicative()) {
        let mut fit = Ets::new(form, 4).fit(&y).unwrap();
        // Weights and errors large enough to tell the formulas apart.
        fit.alpha = 0.3;
        fit.beta = if form.trend == Trend::None { 0.0 } else { 0.05 };
        fit.gamma = if form.season == Season::None { 0.0 } else { 0.3 };
        fit.sigma = if form.error == ErrorKind::Additive { 8.0 } else { 0.2 };
        let (h, count) = (10, 20_000);
        let paths = fit.simulate(h, count, 5).unwrap();
        let (means, errors) = (fit.forecast(h).unwrap(), fit.standard_errors(h).unwrap());
        for step in 0..h {
            let values: Vec<f64> = paths.iter().skip(step).step_by(h).copied().collect();
            let mean = values.iter().sum::<f64>() / count as f64;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count as f64;
            assert!(
                (mean - means[step]).abs() < 5.0 * errors[step] / (count as f64).sqrt(),
                "{form} {step}"
            );
            assert_close!(variance.sqrt(), errors[step], 0.03, "{form} {step}");
        }
    }
}

#[test]
fn quantiles_ascend_and_bootstrap_stays_with_what_was_seen() {
    let y = demand(60, 4, jitter);
    for form in Form::all().filter(|f| !f.is_unstable()) {
        let fit = Ets::new(form, 4).with_non_negative().fit(&y).unwrap();
        let quantiles = fit.quantiles(6, &[0.05, 0.5, 0.9, 0.99]).unwrap();
        assert!(quantiles.chunks(4).all(|row| row.is_sorted() && row[0] >= 0.0), "{form}");
        let residuals = fit.residuals(&y).unwrap();
        let paths = fit.simulate_from(&residuals, 6, 400, 9).unwrap();
        let (low, high) = (
            path_quantiles(&paths, 6, &[0.001]).unwrap(),
            path_quantiles(&paths, 6, &[0.999]).unwrap(),
        );
        let spread = residuals.iter().fold(0.0_f64, |m, r| m.max(r.abs()));
        let mean = fit.forecast(1).unwrap()[0];
        let spread = if form.error == ErrorKind::Additive { spread } else { spread * mean };
        assert!(low[0] >= mean - spread * 1.001 && high[0] <= mean + spread * 1.001, "{form}");
        // The same path whatever their number.
        let fewer = fit.simulate_from(&residuals, 6, 40, 9).unwrap();
        assert_eq!(fewer, paths[..240], "{form}");
        let sums = cumulative_quantiles(&paths, 6, &[0.5]).unwrap();
        assert!(sums.is_sorted(), "{form}");
    }
}

#[test]
fn missing_values_are_passed_over() {
    let y = demand(80, 4, jitter);
    let gapped: Vec<Option<f64>> =
        y.iter().enumerate().map(|(t, v)| (t % 9 != 4).then_some(*v)).collect();
    let (whole, gaps) =
        (AutoEts::new(4).fit(&y).unwrap(), AutoEts::new(4).fit_with_gaps(&gapped).unwrap());
    assert_eq!(gaps.fit.observed, 71);
    for (a, b) in gaps.fit.forecast(8).unwrap().iter().zip(whole.fit.forecast(8).unwrap()) {
        assert_close!(*a, b, 0.1);
    }
    let none = AutoEts::new(4).fit_with_gaps(&[None, None]);
    assert_eq!(none, Err(DataError::TooShort { name: "y", needed: 1, got: 0 }.into()));
    let all: Vec<Option<f64>> = y.iter().copied().map(Some).collect();
    assert_eq!(AutoEts::new(4).fit_with_gaps(&all), AutoEts::new(4).fit(&y));
}

#[test]
fn the_form_that_made_a_series_is_found() {
    // Simulated from a fit: level, damped or not, with and without season.
    for (name, expected) in [("ANN", "N,N)"), ("AAN", "A,N)"), ("MAM", "M)"), ("ANA", "A)")] {
        let mut truth = Ets::new(form(name), 4).fit(&demand(60, 4, jitter)).unwrap();
        truth.alpha = 0.4;
        truth.gamma = if truth.season.is_empty() { 0.0 } else { 0.1 };
        truth.slope = if name == "AAN" { 3.0 } else { truth.slope };
        let mut hits = 0;
        for seed in 0..10 {
            let y = truth.simulate(120, 1, seed).unwrap();
            if y.iter().any(|v| *v <= 0.0) {
                continue;
            }
            let auto = AutoEts::new(4).with_criterion(Criterion::Bic).fit(&y).unwrap();
            hits += u32::from(auto.fit.form.to_string().ends_with(expected));
        }
        assert!(hits >= 6, "{name} {hits}");
    }
}

#[test]
fn auto_names_what_it_leaves_out() {
    let y = [5.0, 0.0, 4.0, 6.0, 3.0, 5.0, 0.0, 4.0, 6.0, 5.0, 4.0, 6.0];
    let auto = AutoEts::new(4).fit(&y).unwrap();
    for candidate in &auto.candidates {
        let expected = if candidate.form.needs_positive() {
            Some(LeftOut::NotPositive)
        } else if candidate.form.parameters(4) + 1 >= y.len() {
            Some(LeftOut::TooShort)
        } else {
            None
        };
        assert_eq!(candidate.left_out, expected, "{candidate:?}");
        assert_eq!(candidate.criterion.is_some(), expected.is_none());
    }
    let auto = AutoEts::new(52).fit(&demand(120, 52, jitter)).unwrap();
    let long = |c: &&omni_forecast::smoothing::Candidate| c.left_out == Some(LeftOut::LongSeason);
    assert_eq!(auto.candidates.iter().filter(long).count(), 9);
    let auto = AutoEts::new(52).with_long_season().fit(&demand(260, 52, jitter)).unwrap();
    assert_eq!(auto.candidates.iter().filter(long).count(), 0);
    assert_ne!(auto.fit.form.season, Season::None);
    for few in [&[3.0][..], &[3.0, 5.0], &[0.0, 0.0, 1.0], &[1.0; 4]] {
        let auto = AutoEts::new(1).fit(few).unwrap();
        assert_eq!(auto.fallback, Some(Fallback::TooShort));
        let next = auto.fit.forecast(2).unwrap();
        let (low, high) = few.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        let within = low - 1e-6..=high + 1e-6;
        assert!(within.contains(&next[0]), "{few:?} {next:?}");
    }
    assert_eq!(AutoEts::new(1).fit(&[3.0]).unwrap().fit.forecast(1), Ok(vec![3.0]));
    let counts = |auto: AutoEts| auto.fit(&demand(40, 4, jitter)).unwrap().candidates.len();
    assert_eq!(counts(AutoEts::new(1)), 6);
    assert_eq!(counts(AutoEts::new(4)), 15);
    assert_eq!(counts(AutoEts::new(4).with_multiplicative_trend()), 19);
    assert_eq!(counts(AutoEts::new(4).with_multiplicative_trend().with_unstable_forms()), 30);
}

#[test]
fn settings_are_checked() {
    let y = demand(40, 4, jitter);
    let bad = |ets: Ets, name: &str| match ets.fit(&y) {
        Err(Error::Param(e)) => assert_eq!(e.name, name),
        other => panic!("{name}: {other:?}"),
    };
    bad(Ets::new(form("ANA"), 1), "period");
    bad(Ets::new(form("ANN"), 1).with_alpha(-0.1), "alpha");
    bad(Ets::new(form("ANN"), 1).with_alpha(f64::NAN), "alpha");
    bad(Ets::new(form("AAN"), 1).with_region(Region::Both).with_alpha(0.2).with_beta(0.3), "beta");
    bad(
        Ets::new(form("ANA"), 4).with_region(Region::Both).with_alpha(0.8).with_gamma(0.3),
        "gamma",
    );
    bad(Ets::new(form("AAdN"), 1).with_phi(0.0), "phi");
    bad(Ets::new(form("ANN"), 1).with_start_level(f64::INFINITY), "start_level");
    assert!(Ets::new(form("ANA"), 4).with_start_season(vec![0.0; 3]).fit(&y).is_err());
    let negative = [1.0, 2.0, -1.0, 4.0, 2.0, 5.0, 3.0, 4.0];
    let rule = "positive for a multiplicative form";
    let expected = Err(DataError::entry("y", 2, rule, -1.0).into());
    assert_eq!(Ets::new(form("MNN"), 1).fit(&negative), expected);
    let short = Err(DataError::TooShort { name: "y", needed: 3, got: 2 }.into());
    assert_eq!(Ets::new(form("ANN"), 1).fit(&[1.0, 2.0]), short);
    let mut fit = Ets::new(form("MNN"), 1).fit(&y).unwrap();
    let before = fit.clone();
    for value in [0.0, -1.0, f64::NAN] {
        assert!(fit.update(value).is_err());
    }
    assert_eq!(fit, before);
}

#[test]
fn fits_and_settings_survive_json() {
    #[cfg(feature = "serde")]
    {
        let y = demand(40, 4, jitter);
        let auto = AutoEts::new(4).fit(&y).unwrap();
        let text = serde_json::to_string(&auto).unwrap();
        assert_eq!(
            serde_json::from_str::<omni_forecast::smoothing::AutoEtsFit>(&text).unwrap(),
            auto
        );
        let ets = Ets::new(form("MAM"), 4).with_phi(0.9).with_start_season(vec![1.0; 4]);
        let text = serde_json::to_string(&ets).unwrap();
        assert_eq!(serde_json::from_str::<Ets>(&text).unwrap(), ets);
    }
}

#[test]
fn regressors_are_told_from_the_level() {
    // A random walk of a level, a promotion that comes in blocks, a price that moves.
    let n = 150;
    let promotion: Vec<f64> = (0..n).map(|t| f64::from(u8::from(t / 6 % 5 == 2))).collect();
    let price: Vec<f64> = (0..n).map(|t| 9.0 + jitter(t * 3)).collect();
    let mut level = 200.0;
    let y: Vec<f64> = (0..n)
        .map(|t| {
            level += 4.0 * jitter(t * 5 + 1);
            level + 60.0 * promotion[t] - 12.0 * price[t] + 3.0 * jitter(t * 11 + 2)
        })
        .collect();
    let x: &[&[f64]] = &[&promotion, &price];
    let fit = RegressionEts::auto(1).fit(&y, x).unwrap();
    for (k, truth) in [60.0, -12.0].into_iter().enumerate() {
        let off = (fit.coefficients[k] - truth).abs();
        assert!(off < 4.0 * fit.standard_errors[k], "{fit:?}");
        assert!(fit.standard_errors[k] < 3.0, "{fit:?}");
    }
    // The coefficients are those of least squared errors.
    let squares = |c: [f64; 2]| {
        let clean: Vec<f64> =
            (0..n).map(|t| y[t] - c[0] * promotion[t] - c[1] * price[t]).collect();
        let ets = frozen(&fit.ets).fit(&clean).unwrap();
        ets.sigma * ets.sigma
    };
    let best = squares([fit.coefficients[0], fit.coefficients[1]]);
    for (a, b) in [(0.5, 0.0), (-0.5, 0.0), (0.0, 0.2), (0.0, -0.2)] {
        assert!(best < squares([fit.coefficients[0] + a, fit.coefficients[1] + b]));
    }
    let mut moved = fit.clone();
    moved.update(200.0, &[1.0, 9.0]).unwrap();
    assert_ne!(moved.ets.level, fit.ets.level);
    assert!(moved.update(200.0, &[1.0]).is_err());
    let future: &[&[f64]] = &[&[1.0, 0.0], &[9.0, 9.0]];
    let next = fit.forecast(2, future).unwrap();
    assert_close!(next[0] - next[1], fit.coefficients[0], 0.1);
    let quantiles = fit.quantiles(2, future, &[0.1, 0.9]).unwrap();
    assert!(quantiles[0] < next[0] && next[0] < quantiles[1]);
    assert!(fit.forecast(3, future).is_err());
    assert!(RegressionEts::new(form("MNN"), 1).fit(&y, x).is_err());
    assert!(RegressionEts::auto(1).fit(&y, &[&[1.0; 150]]).is_err());
    assert!(RegressionEts::auto(1).fit(&y, &[&[1.0; 149]]).is_err());
}

#[test]
fn effects_are_pooled_over_series() {
    // Forty SKUs with three promotions each: none can tell the effect, all together can.
    let (n, truth) = (30, 0.6);
    let skus: Vec<(Vec<Option<f64>>, Vec<f64>)> = (0..40)
        .map(|i| {
            let level = 2.0 * f64::from(i + 1).powi(2);
            let promotion: Vec<f64> =
                (0..n).map(|t| f64::from(u8::from((t + i as usize) % 10 == 3))).collect();
            let noise = |t: usize| 0.35 * jitter(t * 17 + 31 * i as usize);
            let of = |t: usize| level * (1.0 + truth * promotion[t] + noise(t));
            ((0..n).map(|t| (t % 13 != 5).then(|| of(t))).collect(), promotion)
        })
        .collect();
    let columns: Vec<[&[f64]; 1]> = skus.iter().map(|(_, x)| [&x[..]]).collect();
    let mut pool: Vec<Driven<'_>> =
        skus.iter().zip(&columns).map(|((y, _), x)| Driven { y, x }).collect();
    let nothing = vec![Some(0.0); n];
    pool.push(Driven { y: &nothing, x: &columns[0] });
    let fit = PooledEffects::new().fit(&pool).unwrap();
    // The share is of the mean with promotions in it.
    let expected = truth / (1.0 + truth / 10.0);
    assert!(
        (fit.coefficients[0] - expected).abs() < 3.0 * fit.standard_errors[0],
        "{:?}",
        fit.coefficients
    );
    assert!(fit.standard_errors[0] < 0.05, "{:?}", fit.standard_errors);
    assert!(fit.converged && fit.fits[..40].iter().all(Result::is_ok));
    assert_eq!(fit.fits[40].as_ref().err(), Some(&Error::NoDemand));
    // The order of series does not matter but for rounding.
    pool.reverse();
    let other = PooledEffects::new().fit(&pool).unwrap();
    assert_close!(other.coefficients[0], fit.coefficients[0], 1e-6);
    let (on, off) =
        (fit.forecast(39, 1, &[&[1.0]]).unwrap(), fit.forecast(39, 1, &[&[0.0]]).unwrap());
    assert_close!(on[0] - off[0], fit.scales[39] * fit.coefficients[0], 1e-9);
    assert!(fit.forecast(40, 1, &[&[1.0]]).is_err() && fit.forecast(99, 1, &[&[1.0]]).is_err());
}

/// Series that break forecasting methods.
fn hostile() -> Vec<Vec<f64>> {
    let extreme = [0.0, 1.0, -1.0, 5e-324, 1e300, f64::MAX, f64::NAN];
    let mut all = vec![vec![]];
    for a in extreme {
        all.push(vec![a]);
        all.push(vec![a; 2]);
        all.push(vec![a; 30]);
        for b in extreme {
            all.push([a, b].repeat(12));
            all.push([vec![a; 20], vec![b]].concat());
            all.push([vec![a; 3], vec![b; 15], vec![a; 3]].concat());
        }
    }
    all.push([1e300, 1.0, 1e-300, 2.0].repeat(8));
    all.push((0..40).map(f64::from).collect());
    all.push((0..40).map(|t| 1.5_f64.powi(t)).collect());
    all
}

#[test]
fn no_form_panics_or_returns_what_is_not_finite() {
    let mut methods: Vec<Box<dyn Forecaster>> = vec![
        Box::new(Holt::new()),
        Box::new(Holt::damped().with_alpha(0.5)),
        Box::new(HoltWinters::additive(3)),
        Box::new(HoltWinters::multiplicative(3).damped().with_squared_errors()),
        Box::new(AutoEts::new(1)),
        Box::new(AutoEts::new(4).with_multiplicative_trend().with_unstable_forms()),
        Box::new(AutoEts::new(1_000)),
        Box::new(AutoEts::new(0)),
    ];
    for form in Form::all() {
        for period in [0, 5, 100, usize::MAX] {
            if form.season != Season::None || period == 0 {
                methods.push(Box::new(Ets::new(form, period)));
            }
        }
    }
    for y in hostile() {
        for method in &methods {
            if let Ok(forecast) = method.forecast(&y, 13) {
                assert_eq!(forecast.len(), 13);
                assert!(forecast.iter().all(|v| v.is_finite()), "{method:?} {y:?}");
            }
        }
        // A finite series of demand always has an answer.
        if !y.is_empty() && y.iter().all(|v| (0.0..=1e300).contains(v)) {
            let auto = AutoEts::new(4).with_non_negative().fit(&y).unwrap();
            let next = auto.fit.forecast(5).unwrap();
            assert!(next.iter().all(|v| v.is_finite() && *v >= 0.0), "{y:?} {next:?}");
            assert!(auto.fit.log_likelihood.is_finite(), "{y:?}");
            if let Ok(quantiles) = auto.fit.quantiles(5, &[0.1, 0.9]) {
                assert!(quantiles.iter().all(|v| v.is_finite() && *v >= 0.0), "{y:?}");
            }
        }
    }
    let fit = AutoEts::new(4).fit(&demand(40, 4, jitter)).unwrap().fit;
    assert_eq!(fit.forecast(10_000).unwrap().len(), 10_000);
    assert!(fit.standard_errors(10_000).unwrap().iter().all(|v| v.is_finite()));
    assert!(fit.forecast(0).is_err() && fit.forecast(MAX_HORIZON + 1).is_err());
    assert!(fit.simulate(10, 0, 1).is_err() && fit.simulate(MAX_HORIZON, MAX_HORIZON, 1).is_err());
}

#[test]
fn constants_and_lines_are_forecast_as_they_are() {
    let constant = AutoEts::new(4).fit(&[7.0; 30]).unwrap();
    assert_eq!(constant.fit.form, Form::LEVEL);
    for v in constant.fit.forecast(5).unwrap() {
        assert_close!(v, 7.0, 1e-12);
    }
    let line: Vec<f64> = (0..30).map(|t| 5.0 + 2.0 * f64::from(t)).collect();
    let fit = AutoEts::new(1).fit(&line).unwrap().fit;
    assert_close!(fit.forecast(10).unwrap()[9], 83.0, 1e-6, "{fit:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_series_gets_an_answer_that_does_not_see_the_future(
        y in proptest::collection::vec(0.01_f64..1e4, 1..60),
        period in 1_usize..8,
    ) {
        let auto = AutoEts::new(period).fit(&y).unwrap();
        let forecast = auto.fit.forecast(9).unwrap();
        prop_assert!(forecast.iter().all(|v| v.is_finite()));
        prop_assert_eq!(&AutoEts::new(period).fit(&y).unwrap(), &auto);
        // The criterion of the winner is the smallest.
        if let Some(aicc) = auto.fit.aicc && auto.fallback.is_none() {
            for candidate in &auto.candidates {
                prop_assert!(candidate.criterion.is_none_or(|c| c >= aicc - 1e-6), "{:?}", auto);
            }
        }
    }
}

/// Naive2 of the M4 competition.
fn naive2(y: &[f64], h: usize, m: usize) -> Vec<f64> {
    let n = y.len();
    let mut index = vec![1.0; m];
    if m > 1 && n >= 3 * m {
        let mean = y.iter().sum::<f64>() / n as f64;
        let x: Vec<f64> = y.iter().map(|v| v - mean).collect();
        let d: f64 = x.iter().map(|v| v * v).sum();
        let r: Vec<f64> =
            (1..=m).map(|k| x[k..].iter().zip(&x).map(|(a, b)| a * b).sum::<f64>() / d).collect();
        let limit =
            1.645 * ((1.0 + 2.0 * r[..m - 1].iter().map(|v| v * v).sum::<f64>()) / n as f64).sqrt();
        if r[m - 1].abs() > limit {
            let half = m / 2;
            let (mut sums, mut counts) = (vec![0.0; m], vec![0.0; m]);
            for t in half..n - half {
                let w = &y[t - half..=t + half];
                let mut sum: f64 = w.iter().sum();
                if m.is_multiple_of(2) {
                    sum -= 0.5 * (w[0] + w[2 * half]);
                }
                sums[t % m] += y[t] * m as f64 / sum;
                counts[t % m] += 1.0;
            }
            index = sums.iter().zip(&counts).map(|(s, c)| s / c).collect();
            let total: f64 = index.iter().sum();
            for s in &mut index {
                *s *= m as f64 / total;
            }
        }
    }
    let last = y[n - 1] / index[(n - 1) % m];
    (0..h).map(|k| last * index[(n + k) % m]).collect()
}

fn smape(actual: &[f64], f: &[f64]) -> f64 {
    let terms = actual.iter().zip(f).map(|(y, f)| 200.0 * (y - f).abs() / (y.abs() + f.abs()));
    terms.sum::<f64>() / actual.len() as f64
}

fn mase(actual: &[f64], f: &[f64], train: &[f64], m: usize) -> f64 {
    let changes: f64 = train[m..].iter().zip(train).map(|(a, b)| (a - b).abs()).sum();
    let scale = changes / (train.len() - m) as f64;
    let error: f64 = actual.iter().zip(f).map(|(y, f)| (y - f).abs()).sum();
    error / actual.len() as f64 / scale
}

/// Prints the accuracy and speed of [`AutoEts`]; `SPLIT=train` holds out the end of the training part.
#[test]
#[ignore = "a report: prints accuracy and speed per group"]
fn report_accuracy_per_group() {
    let region = if std::env::var_os("BOTH").is_some() { Region::Both } else { Region::Bounded };
    let holdout = std::env::var("SPLIT").is_ok_and(|v| v == "train");
    let mut groups: BTreeMap<String, Vec<[f64; 5]>> = BTreeMap::new();
    for (key, series) in competition() {
        let group = key.split('|').next().unwrap().to_owned();
        let (m, h) = (series.season, series.test.len());
        let (mut train, mut test) = (series.train, series.test);
        if holdout {
            test = train.split_off(train.len() - h);
        }
        let start = Instant::now();
        let auto = AutoEts::new(m).with_region(region).fit(&train).unwrap();
        let f = auto.fit.forecast(h).unwrap();
        let took = start.elapsed().as_secs_f64() * 1e3;
        let base = naive2(&train, h, m);
        let (ours, theirs) = (mase(&test, &f, &train, m), mase(&test, &base, &train, m));
        if ours > 4.0 * theirs && ours > 4.0 {
            let fit = &auto.fit;
            println!("far off: {key} {ours:.2} naive2 {theirs:.2} {}", fit.form);
            println!(
                "  {:.4} {:.4} {:.4} {:.4} b {}",
                fit.alpha, fit.beta, fit.gamma, fit.phi, fit.slope
            );
        }
        groups.entry(group).or_default().push([
            smape(&test, &f),
            mase(&test, &f, &train, m),
            smape(&test, &base),
            mase(&test, &base, &train, m),
            took,
        ]);
    }
    for (group, rows) in groups {
        let mean = |k: usize| rows.iter().map(|r| r[k]).sum::<f64>() / rows.len() as f64;
        let owa = f64::midpoint(mean(0) / mean(2), mean(1) / mean(3));
        println!(
            "{group:14} n {:4} sMAPE {:8.4} MASE {:7.4} OWA {owa:.4} ms {:8.3}",
            rows.len(),
            mean(0),
            mean(1),
            mean(4)
        );
    }
}
