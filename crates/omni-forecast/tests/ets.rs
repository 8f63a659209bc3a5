//! The ETS family: reference values of R and statsforecast, properties, hostile input.

use flate2::read::GzDecoder;
use omni_forecast::smoothing::{AutoEts, Ets, Form};
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
