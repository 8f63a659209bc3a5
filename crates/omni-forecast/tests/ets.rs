//! The ETS family: reference values of R and statsforecast, properties, hostile input.

use flate2::read::GzDecoder;
use omni_forecast::smoothing::{AutoEts, Ets, Form, Region};
use omni_testkit::assert_close;
use omni_testkit::reference::{json, number, numbers, path};
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

fn region() -> Region {
    if std::env::var_os("BOUNDED").is_some() { Region::Bounded } else { Region::Both }
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
        let auto = AutoEts::new(series.season).with_region(region()).fit(&series.train).unwrap();
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
                if m % 2 == 0 {
                    sum -= 0.5 * (w[0] + w[2 * half]);
                }
                sums[t % m] += y[t] * m as f64 / sum;
                counts[t % m] += 1.0;
            }
            index = sums.iter().zip(&counts).map(|(s, c)| s / c).collect();
            let total: f64 = index.iter().sum();
            index.iter_mut().for_each(|s| *s *= m as f64 / total);
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

/// Prints the accuracy and speed of AutoETS; `SPLIT=train` holds out the end of the training part.
#[test]
#[ignore = "a report: prints accuracy and speed per group"]
fn report_accuracy_per_group() {
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
        let auto = AutoEts::new(m).with_region(region()).fit(&train).unwrap();
        let f = auto.fit.forecast(h).unwrap();
        let took = start.elapsed().as_secs_f64() * 1e3;
        let base = naive2(&train, h, m);
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
