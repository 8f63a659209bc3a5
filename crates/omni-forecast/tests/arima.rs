//! ARIMA against R, statsforecast and its own laws.

use flate2::read::GzDecoder;
use omni_forecast::arima::{Arima, AutoArima, Order};
use omni_forecast::eval::metrics;
use omni_testkit::assert_close;
use omni_testkit::reference::{json, number, numbers, path};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::time::Instant;

struct Competition {
    group: String,
    season: usize,
    train: Vec<f64>,
    test: Vec<f64>,
}

fn unpacked(file: &str) -> String {
    let mut text = String::new();
    GzDecoder::new(File::open(path(file)).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// The competition series, by `group|id` in the order of the file.
fn competition() -> Vec<(String, Competition)> {
    let values = |text: &str| -> Vec<f64> { text.split(' ').map(|v| v.parse().unwrap()).collect() };
    let text = unpacked("data/forecast/mcomp.csv.gz");
    let series = text.lines().skip(1).map(|line| {
        let r: Vec<&str> = line.split(',').collect();
        let series = Competition {
            group: r[0].to_owned(),
            season: r[2].parse().unwrap(),
            train: values(r[5]),
            test: values(r[6]),
        };
        (format!("{}|{}", r[0], r[1]), series)
    });
    series.collect()
}

/// R's order, in R's order: p, q, P, Q, m, d, D.
fn order(arma: &[f64]) -> Order {
    let a: Vec<usize> = arma.iter().map(|v| *v as usize).collect();
    Order::new(a[0], a[5], a[1]).with_season(a[2], a[6], a[3], a[4])
}

/// The series of R's file with R's model, and statsforecast's where it has one: its orders
/// and AICc.
struct Reference {
    key: String,
    y: Vec<f64>,
    season: usize,
    r: Value,
    sf: Option<(Order, f64)>,
}

fn references() -> Vec<Reference> {
    let by_key: BTreeMap<_, _> = competition().into_iter().collect();
    let sf = json("reference/forecast/statsforecast.json");
    let own = json("reference/forecast/r_vs_statsforecast_rdatasets.json");
    let all = json("reference/forecast/r_forecast.json");
    let mut references = Vec::new();
    for (key, value) in all.as_object().unwrap() {
        let r = value["auto_arima"].clone();
        if r.is_null() {
            continue;
        }
        let (y, season) = match by_key.get(key) {
            Some(series) => (series.train.clone(), series.season),
            None => (numbers(value, "y"), number(value, "season") as usize),
        };
        let sf = if let Some(own) = own.get(key) {
            let pair = own["sf_arima"].as_array().unwrap();
            let arma: Vec<f64> =
                pair[0].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            Some((order(&arma), pair[1].as_f64().unwrap()))
        } else {
            let model = &sf[key]["AutoARIMA"]["model"];
            (!model.is_null()).then(|| (order(&numbers(model, "arma")), number(model, "aicc")))
        };
        references.push(Reference { key: key.clone(), y, season, r, sf });
    }
    references
}

fn names(r: &Value) -> Vec<String> {
    match &r["coef_names"] {
        Value::Array(all) => all.iter().map(|v| v.as_str().unwrap().to_owned()).collect(),
        Value::String(one) => vec![one.clone()],
        _ => Vec::new(),
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn fixed_orders_reach_the_likelihood_of_r() {
    let (mut checked, mut above) = (0, 0);
    for reference in references() {
        let Reference { key, y, r, .. } = reference;
        let order = order(&numbers(&r, "arma"));
        let constant = names(&r).iter().any(|n| n == "drift" || n == "intercept");
        let settings = if constant { Arima::new(order).with_constant() } else { Arima::new(order) };
        let fit = settings.fit(&y).unwrap();
        let (ours, theirs) = (fit.log_likelihood.unwrap(), number(&r, "loglik"));
        println!("{key} {order}: {ours:.6} {theirs:.6} {} {}", fit.iterations, fit.converged);
        assert!(ours >= theirs - 1e-6 * theirs.abs(), "{key} {order}: {ours} < {theirs}");
        above += usize::from(ours > theirs + 1e-3);
        checked += 1;
        // Where both found the same maximum, the forecasts are the same too.
        if (ours - theirs).abs() < 1e-5 * theirs.abs() {
            let mean = numbers(&r, "mean");
            let got = fit.forecast(mean.len()).unwrap();
            let errors = fit.standard_errors(mean.len()).unwrap();
            let hi95 = numbers(&r, "hi95");
            for h in 0..mean.len() {
                let slack = 0.03 * errors[h];
                assert_close!(got[h], mean[h], 0.0, abs slack, "{key} {order} {h}");
                let width = 1.959_963_984_540_054 * errors[h];
                assert_close!(width, hi95[h] - mean[h], 0.02, "{key} {order} {h}");
            }
        }
    }
    println!("{checked} models, {above} above R by more than 0.001");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn automatic_orders_are_at_or_below_both_criteria() {
    let mut worse = Vec::new();
    for reference in references() {
        let Reference { key, y, season, r, sf } = reference;
        let theirs = order(&numbers(&r, "arma"));
        let begin = Instant::now();
        let free = AutoArima::new(season).fit(&y).unwrap();
        let ms = begin.elapsed().as_secs_f64() * 1e3;
        let mut bars = vec![("R", theirs, number(&r, "aicc"))];
        bars.extend(sf.map(|(order, aicc)| ("sf", order, aicc)));
        for (name, order, aicc) in bars {
            let (d, seasonal_d) = (order.differences, order.seasonal_differences);
            let auto = if (d, seasonal_d)
                == (free.model.order.differences, free.model.order.seasonal_differences)
            {
                free.clone()
            } else {
                AutoArima::new(season).with_differences(d, seasonal_d).fit(&y).unwrap()
            };
            let ours = auto.model.aicc.unwrap();
            let mark = if ours > aicc + 0.01 { "WORSE" } else { "" };
            println!(
                "{key} n={} ours {} {ours:.3} {name} {order} {aicc:.3} {mark} free {} tried {} {ms:.2} ms",
                y.len(),
                auto.model.order,
                free.model.order,
                free.tried.len()
            );
            if ours > aicc + 0.01 {
                worse.push(format!("{key} {name} {ours} {aicc}"));
            }
        }
    }
    println!("{} worse: {worse:#?}", worse.len());
}

/// sMAPE and MASE against Naive2 as M4 has them, on the first `n` series of a group.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn accuracy_table() {
    let theirs: Value =
        serde_json::from_str(&unpacked("reference/forecast/forecasts_shared.json.gz")).unwrap();
    let mut groups: BTreeMap<String, Vec<Competition>> = BTreeMap::new();
    for (_, series) in competition() {
        groups.entry(series.group.clone()).or_default().push(series);
    }
    let only = std::env::var("GROUP").ok();
    for (group, series) in groups {
        if only.as_ref().is_some_and(|only| !group.contains(only.as_str())) {
            continue;
        }
        let of = |name: &str| -> Vec<Vec<f64>> {
            let all = theirs[format!("{name}|{group}")].as_array().cloned().unwrap_or_default();
            all.iter()
                .map(|f| f.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect())
                .collect()
        };
        let begin = Instant::now();
        let ours: Vec<Vec<f64>> = series
            .iter()
            .map(|s| {
                AutoArima::new(s.season)
                    .fit(&s.train)
                    .unwrap()
                    .model
                    .forecast(s.test.len())
                    .unwrap()
            })
            .collect();
        let ms = begin.elapsed().as_secs_f64() * 1e3 / series.len() as f64;
        let (naive2, sf) = (of("Naive2"), of("AutoARIMA"));
        let score = |forecasts: &[Vec<f64>]| {
            let (mut smape, mut mase) = (0.0, 0.0);
            for (s, f) in series.iter().zip(forecasts) {
                smape += metrics::smape(&s.test, f).unwrap();
                mase += metrics::mase(&s.test, f, &s.train, s.season).unwrap();
            }
            (smape / forecasts.len() as f64, mase / forecasts.len() as f64)
        };
        let owa = |forecasts: &[Vec<f64>]| {
            let (a, b) = score(forecasts);
            let (c, d) = score(&naive2[..forecasts.len()]);
            0.5 * (a / c + b / d)
        };
        let n = sf.len();
        let whole = owa(&ours);
        if n == 0 {
            println!("{group}: n {} OWA {whole:.3}, {ms:.2} ms", ours.len());
        } else {
            println!(
                "{group}: n {} OWA {whole:.3}, first {n}: ours {:.3} sf {:.3}, {ms:.2} ms",
                ours.len(),
                owa(&ours[..n]),
                owa(&sf)
            );
        }
    }
}
