//! Reference values of R, Nixtla's statsforecast and the accuracy tables made with it.

use flate2::read::GzDecoder;
use omni_core::{Panel, Period};
use omni_forecast::baseline::{Naive, SeasonalNaive};
use omni_forecast::eval::{Scores, metrics};
use omni_forecast::intermittent::{Croston, Tsb};
use omni_forecast::smoothing::{Ses, Start};
use omni_forecast::{EmpiricalQuantiles, Forecaster};
use omni_testkit::assert_close;
use omni_testkit::reference::{json, number, numbers, path};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

/// Values are stored with 10 significant digits.
pub(crate) const RELATIVE: f64 = 1e-6;
pub(crate) const ABSOLUTE: f64 = 1e-8;

fn rows(file: &str) -> Vec<Vec<String>> {
    let mut text = String::new();
    let file = File::open(path(file)).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text.lines().skip(1).map(|l| l.split(',').map(str::to_owned).collect()).collect()
}

fn values(text: &str) -> Vec<f64> {
    text.split(' ').map(|v| v.parse().unwrap()).collect()
}

pub(crate) struct Competition {
    pub(crate) season: usize,
    pub(crate) train: Vec<f64>,
    pub(crate) test: Vec<f64>,
}

/// The competition series, by `group|id` in the order of the file.
pub(crate) fn competition() -> Vec<(String, Competition)> {
    let series = rows("data/forecast/mcomp.csv.gz").into_iter().map(|r| {
        let season = r[2].parse().unwrap();
        let series = Competition { season, train: values(&r[5]), test: values(&r[6]) };
        (format!("{}|{}", r[0], r[1]), series)
    });
    series.collect()
}

struct Intermittent {
    train: Vec<f64>,
    test: Vec<f64>,
}

fn intermittent(file: &str) -> Vec<(String, Intermittent)> {
    let series = rows(file).into_iter().map(|r| {
        let (h, mut train): (usize, _) = (r[2].parse().unwrap(), values(&r[3]));
        let test = train.split_off(train.len() - h);
        (r[0].clone(), Intermittent { train, test })
    });
    series.collect()
}

const RETAIL: &str = "data/forecast/retail_daily.csv.gz";
const CARPARTS: &str = "data/forecast/carparts_monthly.csv.gz";

pub(crate) fn objects(file: &str, prefix: &str) -> Vec<(String, Value)> {
    let all = json(file);
    let of = all.as_object().unwrap().iter().filter(|(key, _)| key.starts_with(prefix));
    of.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The series of R's file: competition series by key, R's own with their values.
pub(crate) fn r_series() -> Vec<(String, Value, Competition)> {
    let mut by_key: BTreeMap<_, _> = competition().into_iter().collect();
    let of = |(key, expected): (String, Value)| {
        let series = by_key.remove(&key).unwrap_or_else(|| Competition {
            season: number(&expected, "season") as usize,
            train: numbers(&expected, "y"),
            test: Vec::new(),
        });
        (key, expected, series)
    };
    objects("reference/forecast/r_forecast.json", "").into_iter().map(of).collect()
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn baselines_agree_with_r_mean_and_intervals() {
    let (z80, z95) = (1.281_551_565_544_6, 1.959_963_984_540_054);
    let mut checked = 0;
    for (key, expected, series) in r_series() {
        let naive = Naive.fit(&series.train).unwrap();
        let seasonal = SeasonalNaive::new(series.season).fit(&series.train).unwrap();
        for (name, mean, error) in [
            ("naive", naive.forecast(8), &(|h| naive.standard_error(h)) as &dyn Fn(usize) -> _),
            ("snaive", seasonal.forecast(8), &(|h| seasonal.standard_error(h))),
        ] {
            let expected = &expected[name];
            if expected.is_null() {
                continue;
            }
            let (lo80, hi95) = (numbers(expected, "lo80"), numbers(expected, "hi95"));
            for (h, (&want, &got)) in
                numbers(expected, "mean").iter().zip(&mean.unwrap()).enumerate()
            {
                assert_close!(got, want, RELATIVE, abs ABSOLUTE, "{key} {name} {h}");
                let sigma = error(h + 1).unwrap().unwrap();
                assert_close!(got - z80 * sigma, lo80[h], RELATIVE, abs ABSOLUTE, "{key} {name} {h}");
                assert_close!(got + z95 * sigma, hi95[h], RELATIVE, abs ABSOLUTE, "{key} {name} {h}");
                checked += 1;
            }
        }
    }
    assert!(checked > 200, "{checked}");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn ses_with_a_given_weight_agrees_with_r_and_statsforecast() {
    let mut checked = 0;
    for (key, expected, series) in r_series() {
        let want = number(&expected["ses_alpha02"], "mean");
        assert_close!(Ses::new(0.2).fit(&series.train).unwrap().mean(), want, RELATIVE, "{key}");
        checked += 1;
    }
    assert_eq!(checked, 35);
    let by_key: BTreeMap<_, _> = competition().into_iter().collect();
    for (key, expected) in objects("reference/forecast/statsforecast.json", "m") {
        let want = numbers(&expected["SES_alpha0.2"], "mean")[0];
        assert_close!(
            Ses::new(0.2).fit(&by_key[&key].train).unwrap().mean(),
            want,
            RELATIVE,
            "{key}"
        );
        checked += 1;
    }
    assert_eq!(checked, 61);
}

fn sum_of_squares(y: &[f64], alpha: f64, start: f64) -> f64 {
    let mut level = start;
    let mut sum = 0.0;
    for value in y {
        sum += (value - level) * (value - level);
        level += alpha * (value - level);
    }
    sum
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn optimized_ses_is_at_or_below_the_errors_of_r_and_statsforecast() {
    let (mut lower, mut checked) = (0, 0);
    let mut compare = |key: &str, y: &[f64], start: Start, their_alpha: f64, their_start: f64| {
        let fit = Ses::optimized().with_start(start).fit(y).unwrap();
        let ours = sum_of_squares(y, fit.alpha, fit.start);
        let theirs = sum_of_squares(y, their_alpha, their_start);
        assert!(ours <= theirs * (1.0 + 1e-9), "{key}: {ours} > {theirs}, alpha {}", fit.alpha);
        lower += usize::from(ours < theirs * (1.0 - 1e-6));
        checked += 1;
        fit
    };
    for (key, expected, series) in r_series() {
        let par = numbers(&expected["ses"], "par");
        compare(&key, &series.train, Start::LeastSquares, par[0], par[1]);
    }
    let competition: BTreeMap<_, _> = competition().into_iter().collect();
    let mut means = 0;
    for (key, expected) in statsforecast() {
        let train = match competition.get(&key) {
            Some(series) => series.train.clone(),
            None => expected.1.train,
        };
        let alpha = number(&expected.0["SESOpt"]["model"], "alpha");
        let want = numbers(&expected.0["SESOpt"], "mean")[0];
        let fit = compare(&key, &train, Start::FirstValue, alpha, train[0]);
        // Their weight is held in [0.01, 0.99]; where either ends there, the means differ.
        let average = train.iter().sum::<f64>() / train.len() as f64;
        let alike = [alpha, fit.alpha].iter().all(|a| (0.010_1..0.989_9).contains(a));
        if alike && want > 1e-3 * average {
            assert_close!(fit.mean(), want, 1e-6, "{key}");
            means += 1;
        }
    }
    println!("{checked} fits, {lower} with less error than theirs");
    assert_eq!((checked, means), (35 + 42, 25));
}

/// All series of statsforecast's file; the intermittent ones with their values.
fn statsforecast() -> Vec<(String, (Value, Intermittent))> {
    let file = "reference/forecast/statsforecast.json";
    let mut all = Vec::new();
    for (prefix, data) in [("retail|", RETAIL), ("carparts|", CARPARTS)] {
        let mut by_id: BTreeMap<_, _> = intermittent(data).into_iter().collect();
        for (key, expected) in objects(file, prefix) {
            let series = by_id.remove(key.trim_start_matches(prefix)).unwrap();
            all.push((key, (expected, series)));
        }
    }
    for (key, expected) in objects(file, "m") {
        all.push((key, (expected, Intermittent { train: Vec::new(), test: Vec::new() })));
    }
    all
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn intermittent_methods_agree_with_statsforecast() {
    let mut checked = 0;
    for (key, (expected, series)) in statsforecast() {
        let methods: [(&str, &dyn Forecaster); 5] = [
            ("CrostonClassic", &Croston::new(0.1)),
            ("CrostonSBA", &Croston::sba(0.1)),
            ("TSB_0.1_0.1", &Tsb::new(0.1, 0.1)),
            ("TSB_0.2_0.3", &Tsb::new(0.2, 0.3)),
            ("SES_alpha0.1", &Ses::new(0.1)),
        ];
        for (name, method) in methods {
            if series.train.is_empty() {
                continue;
            }
            let want = numbers(&expected[name], "mean")[0];
            let got = method.forecast(&series.train, 1).unwrap()[0];
            assert_close!(got, want, RELATIVE, abs ABSOLUTE, "{key} {name}");
            checked += 1;
        }
    }
    assert_eq!(checked, 16 * 5);
}

/// sMAPE and MASE per group, as the table has them: rounded to 4 decimals, from forecasts
/// rounded to 8 significant digits.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn smape_and_mase_of_the_baselines_agree_with_the_accuracy_table() {
    let table = &json("reference/forecast/accuracy_table.json")["table"];
    let series = competition();
    let groups: BTreeMap<&str, Vec<&Competition>> =
        series.iter().fold(BTreeMap::new(), |mut groups, (key, series)| {
            groups.entry(key.split('|').next().unwrap()).or_insert_with(Vec::new).push(series);
            groups
        });
    assert_eq!(groups.len(), 7);
    for (group, series) in groups {
        let score = |of: &dyn Fn(&Competition) -> Vec<f64>| {
            let (mut smape, mut mase) = (0.0, 0.0);
            for s in &series {
                let forecast = of(s);
                smape += metrics::smape(&s.test, &forecast).unwrap();
                mase += metrics::mase(&s.test, &forecast, &s.train, s.season).unwrap();
            }
            (smape / series.len() as f64, mase / series.len() as f64)
        };
        let by = |method: &dyn Forecaster, s: &Competition| {
            method.forecast(&s.train, s.test.len()).unwrap()
        };
        for (name, (smape, mase)) in [
            ("Naive", score(&|s| by(&Naive, s))),
            ("SeasonalNaive", score(&|s| by(&SeasonalNaive::new(s.season), s))),
        ] {
            let expected = &table[name][group];
            assert_close!(smape, number(expected, "sMAPE"), 0.0, abs 5.1e-5, "{group} {name}");
            assert_close!(mase, number(expected, "MASE"), 0.0, abs 5.1e-5, "{group} {name}");
        }
        // Their optimum is held in [0.01, 0.99], ours in [0.0001, 1].
        let (smape, mase) = score(&|s| by(&Ses::optimized(), s));
        let expected = &table["SES"][group];
        println!("{group} SES: sMAPE {smape:.4} MASE {mase:.4}, theirs {expected}");
        assert_close!(smape, number(expected, "sMAPE"), 0.005, "{group} SES");
        assert_close!(mase, number(expected, "MASE"), 0.005, "{group} SES");
    }
}

/// Point accuracy of the intermittent sets: 5 decimals, bias 4.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn retail_metrics_agree_with_the_accuracy_table() {
    let table = json("reference/forecast/retail_accuracy.json");
    for (set, file, season, recent) in
        [("retail_daily", RETAIL, 6, 28), ("carparts_monthly", CARPARTS, 12, 6)]
    {
        let series = intermittent(file);
        let weights: Vec<f64> =
            series.iter().map(|(_, s)| s.train.iter().rev().take(recent).sum()).collect();
        let weight: f64 = weights.iter().sum();
        let methods: [(&str, &dyn Forecaster); 6] = [
            ("Naive", &Naive),
            ("SeasonalNaive", &SeasonalNaive::new(season)),
            ("CrostonClassic", &Croston::new(0.1)),
            ("CrostonSBA", &Croston::sba(0.1)),
            ("TSB_0.1_0.1", &Tsb::new(0.1, 0.1)),
            ("TSB_0.05_0.05", &Tsb::new(0.05, 0.05)),
        ];
        for (name, method) in methods {
            let (mut mase, mut rmsse, mut scaled) = (0.0, 0.0, 0.0);
            let (mut weighted, mut error, mut actual) = (0.0, 0.0, 0.0);
            for ((_, s), w) in series.iter().zip(&weights) {
                let forecast = method.forecast(&s.train, s.test.len()).unwrap();
                let scores = Scores::of(&s.test, &forecast, &s.train, 1).unwrap();
                error += scores.bias;
                actual += scores.mean_actual;
                if let (Some(a), Some(r)) = (scores.mase, scores.rmsse) {
                    mase += a;
                    rmsse += r;
                    weighted += w / weight * r;
                    scaled += 1.0;
                }
            }
            let expected = &table[set]["point"][name];
            for (got, key, slack) in [
                (mase / scaled, "MASE", 5.1e-6),
                (rmsse / scaled, "RMSSE", 5.1e-6),
                (weighted, "wRMSSE", 5.1e-6),
                (error / actual, "bias", 5.1e-5),
            ] {
                assert_close!(got, number(expected, key), 0.0, abs slack, "{set} {name} {key}");
            }
        }
    }
}

/// Quantile accuracy of the intermittent sets: scaled pinball loss 5 decimals, coverage 4.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn empirical_quantiles_agree_with_the_accuracy_table() {
    const LEVELS: [f64; 9] = [0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995];
    let table = json("reference/forecast/retail_accuracy.json");
    for (set, file, recent) in [("retail_daily", RETAIL, 28), ("carparts_monthly", CARPARTS, 6)] {
        let series = intermittent(file);
        let mut panel = Panel::new(Period::Day);
        for (key, (_, s)) in (0..).zip(&series) {
            panel.push(key, 0, &s.train).unwrap();
        }
        let weights: Vec<f64> =
            series.iter().map(|(_, s)| s.train.iter().rev().take(recent).sum()).collect();
        let weight: f64 = weights.iter().sum();
        let settings = EmpiricalQuantiles::new(1).with_levels(&LEVELS);
        for (name, settings) in [
            ("empirical_all", settings.clone()),
            ("empirical_last56", settings.clone().with_window(56)),
            ("ew_empirical_0.02", settings.clone().with_decay(0.02)),
            ("ew_empirical_0.05", settings.with_decay(0.05)),
        ] {
            let fan = settings.fit(&panel).unwrap();
            let (mut loss, mut weighted, mut scaled) = (0.0, 0.0, 0.0);
            let (mut inside, mut served) = (0.0, 0.0);
            for ((key, (_, s)), w) in (0..).zip(&series).zip(&weights) {
                let quantiles = fan.quantiles.get(key, 0).unwrap();
                let level = |i: usize| vec![quantiles[i]; s.test.len()];
                let train = metrics::from_first_sale(&s.train);
                let losses: Result<Vec<f64>, _> = (0..LEVELS.len())
                    .map(|i| metrics::scaled_pinball(&s.test, &level(i), LEVELS[i], train))
                    .collect();
                if let Ok(losses) = losses {
                    let mean = losses.iter().sum::<f64>() / LEVELS.len() as f64;
                    loss += mean;
                    weighted += w / weight * mean;
                    scaled += 1.0;
                }
                inside += metrics::coverage(&s.test, &level(1), &level(7)).unwrap();
                served += metrics::coverage(&s.test, &vec![0.0; s.test.len()], &level(7)).unwrap();
            }
            let count = series.len() as f64;
            let expected = &table[set]["quantile"][name];
            for (got, key, slack) in [
                (loss / scaled, "SPL", 5.1e-6),
                (weighted, "wSPL", 5.1e-6),
                (inside / count, "cover95", 5.1e-5),
                (served / count, "service_at_q975", 5.1e-5),
            ] {
                assert_close!(got, number(expected, key), 0.0, abs slack, "{set} {name} {key}");
            }
        }
    }
}
