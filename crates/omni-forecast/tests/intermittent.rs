//! Intermittent demand: reference values, accuracy, properties, hostile input, stock-outs.

use flate2::read::GzDecoder;
use omni_core::{Observation, Panel, Period, rng};
use omni_forecast::intermittent::{
    Adida, CountDistribution, CountPrior, CountState, Croston, Imapa, IntermittentQuantiles,
};
use omni_forecast::{EmpiricalQuantiles, Fallback, Forecaster, MAX_HORIZON, Skip};
use omni_testkit::assert_close;
use omni_testkit::reference::{json, numbers, path};
use proptest::prelude::*;
use std::fs::File;
use std::io::Read;

const LEVELS: [f64; 9] = [0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995];

struct Item {
    id: String,
    start: i32,
    y: Vec<f64>,
}

struct Set {
    items: Vec<Item>,
    horizon: usize,
    recent: usize,
    /// The day of each period, if there are trading days.
    days: Vec<i32>,
}

fn text(file: &str) -> String {
    let mut text = String::new();
    let file = File::open(path(file)).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

fn set(file: &str, recent: usize) -> Set {
    let mut horizon = 0;
    let items = text(file)
        .lines()
        .skip(1)
        .map(|line| {
            let of: Vec<&str> = line.split(',').collect();
            horizon = of[2].parse().unwrap();
            let y = of[3].split(' ').map(|v| v.parse().unwrap()).collect();
            Item { id: of[0].to_owned(), start: of[1].parse().unwrap(), y }
        })
        .collect();
    Set { items, horizon, recent, days: Vec::new() }
}

fn retail() -> Set {
    let calendar = std::fs::read_to_string(path("data/forecast/retail_calendar.csv")).unwrap();
    let day = |line: &str| {
        let date: Vec<i32> =
            line.split(',').nth(1).unwrap().split('-').map(|v| v.parse().unwrap()).collect();
        days_since_1970(date[0], date[1], date[2])
    };
    Set {
        days: calendar.lines().skip(1).map(day).collect(),
        ..set("data/forecast/retail_daily.csv.gz", 28)
    }
}

fn car_parts() -> Set {
    set("data/forecast/carparts_monthly.csv.gz", 6)
}

fn days_since_1970(year: i32, month: i32, day: i32) -> i32 {
    let years = if month <= 2 { year - 1 } else { year };
    let shifted = (month + 9) % 12;
    365 * years + years / 4 - years / 100 + years / 400 + (153 * shifted + 2) / 5 + day
        - 1
        - 719_468
}

struct Scored {
    pinball: f64,
    weighted: f64,
    coverage: f64,
    rmsse: f64,
    weighted_rmsse: f64,
    bias: f64,
    /// Pinball loss of the sum over the horizon, in the same unit per period.
    summed: f64,
}

/// Scores as the reference defines them, with `back` periods cut from the end of each series.
fn score(set: &Set, back: usize, least: usize) -> Scored {
    let h = set.horizon;
    let mut panel = Panel::new(Period::Month);
    let mut kept = Vec::new();
    for (key, item) in (0..).zip(&set.items) {
        if item.y.len() < back + h + least {
            continue;
        }
        let y = &item.y[..item.y.len() - back];
        let (train, test) = y.split_at(y.len() - h);
        if train.iter().filter(|v| **v > 0.0).count() < (least / 12).max(2) {
            continue;
        }
        panel.push(key, item.start, train).unwrap();
        kept.push((key, train, test));
    }
    let mut settings = IntermittentQuantiles::new(h).with_levels(&LEVELS);
    if !set.days.is_empty() {
        settings = settings.with_calendar(0, &set.days);
    }
    let learned = settings.learn(&panel).unwrap();
    println!("hurdle {:.3} {:?}", learned.prior().hurdle, learned.prior());
    let fan = learned.fan().unwrap();
    let total: f64 =
        kept.iter().map(|(_, train, _)| train.iter().rev().take(set.recent).sum::<f64>()).sum();
    let mut s = Scored {
        pinball: 0.0,
        weighted: 0.0,
        coverage: 0.0,
        rmsse: 0.0,
        weighted_rmsse: 0.0,
        bias: 0.0,
        summed: 0.0,
    };
    let (mut scaled, mut error, mut actual) = (0.0, 0.0, 0.0);
    for (key, train, test) in &kept {
        let from = train.iter().position(|v| *v > 0.0).unwrap();
        let changes: Vec<f64> = train[from..].windows(2).map(|w| w[1] - w[0]).collect();
        let count = changes.len() as f64;
        let scale = changes.iter().map(|c| c.abs()).sum::<f64>() / count;
        let square = changes.iter().map(|c| c * c).sum::<f64>() / count;
        let weight = train.iter().rev().take(set.recent).sum::<f64>() / total;
        let pinball = |y: f64, quantiles: &[f64]| -> f64 {
            let of = |(q, p): (&f64, &f64)| (p * (y - q)).max((p - 1.0) * (y - q));
            quantiles.iter().zip(&LEVELS).map(of).sum::<f64>() / LEVELS.len() as f64
        };
        let means = learned.means(*key).unwrap();
        let (mut loss, mut inside, mut squares) = (0.0, 0.0, 0.0);
        for (step, &y) in test.iter().enumerate() {
            let quantiles = fan.quantiles.get(*key, step).unwrap();
            loss += pinball(y, quantiles) / h as f64;
            inside += f64::from(quantiles[1] <= y && y <= quantiles[7]) / h as f64;
            squares += (means[step] - y).powi(2) / h as f64;
            error += means[step] - y;
            actual += y;
        }
        s.coverage += inside / kept.len() as f64;
        if count > 0.0 && scale > 0.0 {
            scaled += 1.0;
            s.pinball += loss / scale;
            s.weighted += weight * loss / scale;
            let rmsse = (squares / square).sqrt();
            s.rmsse += rmsse;
            s.weighted_rmsse += weight * rmsse;
            let sum = test.iter().sum();
            s.summed +=
                pinball(sum, fan.quantiles.cumulative(*key, h).unwrap()) / (scale * h as f64);
        }
    }
    s.pinball /= scaled;
    s.rmsse /= scaled;
    s.summed /= scaled;
    s.bias = error / actual;
    s
}

fn show(name: &str, s: &Scored) {
    println!(
        "{name}: SPL {:.5} weighted {:.5} coverage {:.4} RMSSE {:.5} weighted {:.5} bias {:.4} sum {:.5}",
        s.pinball, s.weighted, s.coverage, s.rmsse, s.weighted_rmsse, s.bias, s.summed
    );
}

/// What development looks at: origins inside the training part only.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn training_origins() {
    for (name, set, least, origins) in
        [("retail", retail(), 60, 1..7), ("car parts", car_parts(), 12, 1..5)]
    {
        let (mut pinball, mut weighted, mut summed, mut count) = (0.0, 0.0, 0.0, 0.0);
        for origin in origins {
            let s = score(&set, origin * set.horizon, least);
            show(&format!("{name} -{origin}"), &s);
            pinball += s.pinball;
            weighted += s.weighted;
            summed += s.summed;
            count += 1.0;
        }
        println!(
            "{name}: mean SPL {:.5} weighted {:.5} sum {:.5}",
            pinball / count,
            weighted / count,
            summed / count
        );
        // Empirical quantiles with a decay of 0.05 have 0.2878 and 0.1747.
        let limit = if name == "retail" { 0.2800 } else { 0.1690 };
        assert!(pinball / count < limit);
    }
}

/// The accuracy that is claimed, on the last part of each series.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn accuracy_on_the_test_part() {
    let retail = score(&retail(), 0, 0);
    show("retail", &retail);
    let parts = score(&car_parts(), 0, 0);
    show("car parts", &parts);
    assert!(retail.pinball <= 0.3365 && retail.weighted <= 0.398 && parts.pinball <= 0.1328);
    assert!((0.94..=0.98).contains(&retail.coverage));
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn optimized_means_agree_with_statsforecast() {
    let file = json("reference/forecast/statsforecast.json");
    let mut checked = 0;
    for (prefix, set) in [("retail|", retail()), ("carparts|", car_parts())] {
        for item in &set.items {
            let expected = &file[format!("{prefix}{}", item.id)];
            if expected.is_null() {
                continue;
            }
            let train = &item.y[..item.y.len() - set.horizon];
            let average = train.iter().sum::<f64>() / train.len() as f64;
            let methods: [(&str, &dyn Forecaster); 3] =
                [("CrostonOptimized", &Croston::optimized()), ("ADIDA", &Adida), ("IMAPA", &Imapa)];
            for (name, method) in methods {
                let want = numbers(&expected[name], "mean")[0];
                let got = method.forecast(train, 1).unwrap()[0];
                println!("{prefix}{} {name}: {got} {want}", item.id);
                if want > 1e-3 * average {
                    assert_close!(got, want, 0.01, "{} {name}", item.id);
                    checked += 1;
                }
            }
        }
    }
    assert!(checked >= 40, "{checked}");
}

/// Demand of an item whose level wanders, in packs now and then.
fn simulated(seed: u64, key: u64, periods: usize) -> Vec<f64> {
    let mut rng = rng::stream(seed, key);
    let mut chance = 0.05 + 0.7 * rng::uniform(&mut rng);
    let size = 1.0 + 12.0 * rng::uniform(&mut rng).powi(3);
    (0..periods)
        .map(|_| {
            chance = (chance + 0.02 * (rng::uniform(&mut rng) - 0.5)).clamp(0.01, 0.95);
            if rng::uniform(&mut rng) < chance {
                (1.0 - size * (1.0 - rng::uniform(&mut rng)).ln()).floor()
            } else {
                0.0
            }
        })
        .collect()
}

fn simulated_panel(seed: u64, series: u32, periods: usize) -> Panel {
    let mut panel = Panel::new(Period::Day);
    for key in 0..series {
        panel.push(key, 0, &simulated(seed, u64::from(key), periods)).unwrap();
    }
    panel
}

/// Sums forecast on simulated demand: half of them below the median, 95 % below the quantile.
#[test]
fn quantiles_of_steps_and_sums_are_calibrated_on_simulated_demand() {
    let (horizon, known) = (14, 250);
    let all = simulated_panel(3, 300, known + horizon);
    let mut past = Panel::new(Period::Day);
    for (key, series) in all.iter() {
        past.push(key, 0, &series.values[..known]).unwrap();
    }
    let levels = [0.5, 0.8, 0.95];
    let fan = IntermittentQuantiles::new(horizon).with_levels(&levels).fit(&past).unwrap();
    for (at, level) in levels.iter().enumerate() {
        let (mut step, mut sum) = (0.0, 0.0);
        for (key, series) in all.iter() {
            let future = &series.values[known..];
            for (k, y) in future.iter().enumerate() {
                step += f64::from(*y <= fan.quantiles.get(key, k).unwrap()[at]);
            }
            let total: f64 = future.iter().sum();
            sum += f64::from(total <= fan.quantiles.cumulative(key, horizon).unwrap()[at]);
        }
        let (step, sum) = (step / (300.0 * horizon as f64), sum / 300.0);
        println!("level {level}: steps {step:.3}, sums {sum:.3}");
        // A whole number reaches a level from above.
        assert!(step >= level - 0.02, "{level}: {step}");
        assert!((sum - level).abs() < 0.07, "{level}: {sum}");
    }
}

/// Demand with a known mean, served from stock that runs out: how far forecasts fall short.
#[test]
fn censoring_cuts_the_bias_of_stock_outs() {
    let mut truth = Vec::new();
    let (mut naive, mut marked) = (Panel::new(Period::Day), Panel::new(Period::Day));
    let (mut out, mut days) = (0.0, 0.0);
    for key in 0..200_u32 {
        let mut rng = rng::stream(11, u64::from(key));
        let mean = 0.3 + 6.0 * rng::uniform(&mut rng);
        let dispersion = 1.2 + 3.0 * rng::uniform(&mut rng);
        let demand = CountDistribution::negative_binomial(mean, dispersion)
            .unwrap()
            .sample(300, u64::from(key));
        // Replenished each week up to what about half of the weeks need.
        let order_up_to = (7.0 * mean).ceil();
        let (mut stock, mut sold, mut censored) = (order_up_to, Vec::new(), Vec::new());
        for (day, wanted) in (0..).zip(&demand) {
            if day % 7 == 0 {
                stock = order_up_to;
            }
            let sale = wanted.min(stock);
            stock -= sale;
            if stock == 0.0 {
                censored.push(day);
                out += 1.0;
            }
            days += 1.0;
            sold.push(sale);
        }
        naive.push(key, 0, &sold).unwrap();
        marked.push(key, 0, &sold).unwrap();
        for day in censored {
            marked.mark(key, day, Observation::Censored).unwrap();
        }
        truth.push(mean);
    }
    let bias = |panel: &Panel| {
        let fit = IntermittentQuantiles::new(7).learn(panel).unwrap();
        let of = |(key, mean): (u32, &f64)| {
            let forecast = fit.means(key).unwrap().iter().sum::<f64>() / 7.0;
            (forecast - mean, *mean)
        };
        let (error, total) = (0..)
            .zip(&truth)
            .map(of)
            .fold((0.0, 0.0), |(error, total), (e, m)| (error + e, total + m));
        error / total
    };
    let (naive, marked) = (bias(&naive), bias(&marked));
    let cut = 1.0 - marked.abs() / naive.abs();
    println!(
        "stock out on {:.1} % of days; bias {:.2} % naive, {:.2} % censored: cut by {:.1} %",
        100.0 * out / days,
        100.0 * naive,
        100.0 * marked,
        100.0 * cut
    );
    assert!(naive < -0.05 && cut >= 0.7);
}

#[test]
fn an_updated_state_equals_one_filtered_from_the_start() {
    let panel = simulated_panel(5, 20, 400);
    let mut shorter = Panel::new(Period::Day);
    for (key, series) in panel.iter() {
        shorter.push(key, 0, &series.values[..300]).unwrap();
    }
    let settings = IntermittentQuantiles::new(7).with_leading_zeros();
    let mut updated = settings.learn(&shorter).unwrap();
    for (key, series) in panel.iter() {
        let (_, prior) = updated.state(key).unwrap();
        let mut whole = CountState::default();
        for (day, &units) in series.values.iter().enumerate() {
            let missing = day > 300 && day % 50 == 0;
            let weekday = Some((day + 3) % 7);
            if missing {
                whole.skip();
            } else {
                whole.update(&prior, weekday, units).unwrap();
            }
            if day >= 300 {
                updated.update(key, (!missing).then_some(units)).unwrap();
            }
        }
        // The states were filtered before the panel's scores were known, which they do not use.
        assert_eq!(updated.state(key).unwrap().0, &whole);
        let (a, b) = (updated.distribution(key, 0).unwrap(), whole.distribution(&prior, Some(4)));
        assert_close!(a.mean(), b.mean(), 1e-12);
    }
    assert!(updated.update(999, Some(1.0)).is_err());
    assert!(updated.update(3, Some(-1.0)).is_err());
    assert!(size_of::<CountState>() <= 256 + 32);
}

#[test]
fn a_new_item_gets_the_distribution_of_its_neighbors() {
    let mut panel = Panel::new(Period::Day);
    for key in 0..40_u32 {
        let scale = if key % 2 == 0 { 1.0 } else { 20.0 };
        let y: Vec<f64> =
            simulated(1, u64::from(key), 120).iter().map(|v| (v * scale).round()).collect();
        panel.push(key, 0, &y).unwrap();
    }
    panel.push(40, 120, &[]).unwrap();
    panel.push(41, 120, &[]).unwrap();
    panel.push(42, 118, &[1.0, 0.0]).unwrap();
    panel.push(43, 0, &[0.0; 100]).unwrap();
    let labels = (0..44).map(|key| key % 2).collect();
    let panel = panel.with_labels("category", labels).unwrap();
    let learned = IntermittentQuantiles::new(7).learn(&panel).unwrap();
    let fan = learned.fan().unwrap();
    let of = |key: usize| fan.series[key].fallback;
    assert_eq!(of(0), None);
    assert_eq!(of(40), Some(Fallback::Neighbors { count: 21, labels: 1 }));
    assert_eq!(of(42), Some(Fallback::Short { periods: 2 }));
    assert_eq!(of(43), Some(Fallback::NoDemand));
    let mean = |key: u32| learned.means(key).unwrap()[0];
    assert!(mean(41) > 5.0 * mean(40), "{} {}", mean(40), mean(41));
    let average = (0..20).map(|k| mean(2 * k)).chain([mean(42)]).sum::<f64>() / 21.0;
    assert_close!(mean(40), average, 1e-9);
    assert!(fan.series[40].blend.unwrap().pooled > 0.99);
}

#[test]
fn closed_days_are_learned_from_the_calendar() {
    // Trading days are Monday to Friday; Friday sells four times as much.
    let days: Vec<i32> = (4..).filter(|day: &i32| (day + 3).rem_euclid(7) < 5).take(220).collect();
    let mut panel = Panel::new(Period::Month);
    for key in 0..30_u32 {
        let mut rng = rng::stream(2, u64::from(key));
        let y: Vec<f64> = days[..200]
            .iter()
            .map(|day| {
                let size = if (day + 3).rem_euclid(7) == 4 { 8.0 } else { 2.0 };
                (size * (0.5 + rng::uniform(&mut rng))).round()
            })
            .collect();
        panel.push(key, 0, &y).unwrap();
    }
    let learned = IntermittentQuantiles::new(10).with_calendar(0, &days).learn(&panel).unwrap();
    let means = learned.means(0).unwrap();
    let (friday, monday) =
        (means.iter().copied().fold(0.0, f64::max), means.iter().copied().fold(99.0, f64::min));
    assert!(friday > 2.5 * monday, "{means:?}");
    let unordered = IntermittentQuantiles::new(10).with_calendar(0, &[3, 3]);
    assert!(unordered.fit(&panel).is_err());
}

fn hostile() -> Vec<Vec<f64>> {
    let extreme = [0.0, -0.0, 1.0, -1.0, 5e-324, 1e-300, 0.4, 1e6, 1e8, 1e9, 1e300, f64::MAX];
    let mut all = vec![vec![]];
    for a in extreme {
        all.push(vec![a]);
        all.push(vec![a; 2]);
        all.push(vec![a; 60]);
        all.push([vec![0.0; 40], vec![a], vec![0.0; 40]].concat());
        for b in extreme {
            all.push([a, b].repeat(30));
        }
    }
    all
}

#[test]
fn hostile_series_are_forecast_or_named() {
    let mut together = Panel::new(Period::Day);
    for (key, y) in (0..).zip(hostile()) {
        together.push(key, i32::MAX - 100, &y).unwrap();
        let mut alone = Panel::new(Period::Week);
        alone.push(key, -3, &y).unwrap();
        for horizon in [1, 3] {
            let fan = IntermittentQuantiles::new(horizon).with_levels(&LEVELS).fit(&alone).unwrap();
            check_rows(&fan, horizon, 1.0);
            assert_eq!(fan.skipped().count() + fan.quantiles.keys().len(), 1);
        }
    }
    for how in [Observation::Observed, Observation::Missing, Observation::Censored] {
        for (key, y) in (0..).zip(hostile()) {
            for at in (0..y.len()).step_by(3) {
                together.mark(key, i32::MAX - 100 + at as i32, how).unwrap();
            }
        }
        let fan = IntermittentQuantiles::new(5).with_levels(&LEVELS).fit(&together).unwrap();
        check_rows(&fan, 5, 1.0);
        for (_, skip) in fan.skipped() {
            assert!(matches!(skip, Skip::Negative { .. } | Skip::Overflow));
        }
    }
    let empty = IntermittentQuantiles::new(3).fit(&Panel::new(Period::Day)).unwrap();
    assert!(empty.quantiles.keys().is_empty());
    let panel = simulated_panel(1, 2, 50);
    let long = IntermittentQuantiles::new(10_000).fit(&panel).unwrap();
    check_rows(&long, 10_000, 1.0);
    for bad in [0, MAX_HORIZON + 1] {
        assert!(IntermittentQuantiles::new(bad).fit(&panel).is_err());
    }
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(IntermittentQuantiles::new(1).with_unit(bad).fit(&panel).is_err());
    }
    assert!(IntermittentQuantiles::new(1).with_levels(&[0.5, 0.4]).fit(&panel).is_err());
    assert!(IntermittentQuantiles::new(1).with_levels(&[1e-12, 1.0 - 1e-12]).fit(&panel).is_ok());
}

/// Whole multiples of the unit, never crossing, sums never falling.
fn check_rows(fan: &omni_forecast::Fan, horizon: usize, unit: f64) {
    for &key in fan.quantiles.keys() {
        let mut before = vec![0.0; fan.quantiles.levels().len()];
        for step in 0..horizon {
            let row = fan.quantiles.get(key, step).unwrap();
            let sum = fan.quantiles.cumulative(key, step + 1).unwrap();
            for row in [row, sum] {
                assert!(row.iter().all(|v| *v >= 0.0 && ((v / unit).fract() == 0.0)), "{row:?}");
                assert!(row.is_sorted());
            }
            assert!(before.iter().zip(sum).all(|(a, b)| a <= b), "{key} {step}");
            before = sum.to_vec();
            if step == 0 {
                assert_eq!(row, sum);
            }
        }
    }
}

#[cfg(feature = "rayon")]
#[test]
fn one_thread_or_eight_give_the_same_bits() {
    let panel = simulated_panel(9, 300, 200);
    let settings = IntermittentQuantiles::new(28).with_levels(&LEVELS);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| settings.learn(&panel).unwrap())
    };
    let one = with(1);
    for threads in [2, 8] {
        let many = with(threads);
        assert_eq!(many, one);
        assert_eq!(many.fan().unwrap(), one.fan().unwrap());
    }
}

#[cfg(feature = "serde")]
#[test]
fn settings_states_and_forecasts_round_trip() {
    let panel = simulated_panel(4, 5, 90);
    let settings = IntermittentQuantiles::new(3).with_unit(0.1).with_calendar(0, &[3, 4]);
    let text = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<IntermittentQuantiles>(&text).unwrap(), settings);
    let learned = IntermittentQuantiles::new(3).learn(&panel).unwrap();
    let text = serde_json::to_string(&learned).unwrap();
    assert_eq!(
        serde_json::from_str::<omni_forecast::intermittent::CountForecast>(&text).unwrap(),
        learned
    );
    let (state, prior) = learned.state(2).unwrap();
    let text = serde_json::to_string(&(state, prior)).unwrap();
    let (mut read, prior): (CountState, CountPrior) = serde_json::from_str(&text).unwrap();
    let mut state = state.clone();
    for units in [0.0, 3.0, 1.0] {
        read.update(&prior, None, units).unwrap();
        state.update(&prior, None, units).unwrap();
    }
    assert_eq!(read, state);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn quantiles_are_whole_and_scale_with_the_unit(seed in 0_u64..1_000, unit in 0.01_f64..50.0) {
        let panel = simulated_panel(seed, 4, 70);
        let mut scaled = Panel::new(Period::Day);
        for (key, series) in panel.iter() {
            let y: Vec<f64> = series.values.iter().map(|v| v * unit).collect();
            scaled.push(key, 0, &y).unwrap();
        }
        let settings = IntermittentQuantiles::new(9).with_levels(&[0.1, 0.5, 0.9, 0.99]);
        let fan = settings.fit(&panel).unwrap();
        check_rows(&fan, 9, 1.0);
        let of_unit = settings.with_unit(unit).fit(&scaled).unwrap();
        for &key in fan.quantiles.keys() {
            for step in 0..9 {
                let (a, b) =
                    (fan.quantiles.get(key, step).unwrap(), of_unit.quantiles.get(key, step).unwrap());
                for (a, b) in a.iter().zip(b) {
                    prop_assert_eq!(a * unit, *b);
                }
            }
        }
    }

    #[test]
    fn the_order_of_series_does_not_matter(seed in 0_u64..1_000) {
        let mut backwards = Panel::new(Period::Day);
        let panel = simulated_panel(seed, 6, 60);
        for key in 0..6 {
            backwards.push(key, 0, panel.get(5 - key).unwrap().values).unwrap();
        }
        let settings = IntermittentQuantiles::new(5).with_levels(&LEVELS);
        let (a, b) = (settings.fit(&panel).unwrap(), settings.fit(&backwards).unwrap());
        for key in 0..6 {
            for step in 0..5 {
                prop_assert_eq!(a.quantiles.get(key, step), b.quantiles.get(5 - key, step));
                prop_assert_eq!(
                    a.quantiles.cumulative(key, step + 1),
                    b.quantiles.cumulative(5 - key, step + 1)
                );
            }
        }
    }

    #[test]
    fn the_past_does_not_see_the_future(seed in 0_u64..1_000, later in 0.0_f64..1e6) {
        let y = simulated(seed, 0, 80);
        let with = |tail: f64| {
            let mut state = CountState::default();
            let prior = CountPrior::default();
            let mut means = Vec::new();
            for units in y.iter().chain(&[tail]) {
                means.push(state.distribution(&prior, None).mean());
                state.update(&prior, None, *units).unwrap();
            }
            means
        };
        prop_assert_eq!(with(0.0), with(later));
    }

    #[test]
    fn distributions_are_proper(
        mean in 0.0_f64..300.0, excess in 0.0_f64..60.0, p in 0.0_f64..=1.0, seed in 0_u64..99,
    ) {
        let sizes = CountDistribution::shifted_negative_binomial(1.0 + mean, 1.0 + excess).unwrap();
        let demand = CountDistribution::hurdle(p, &sizes).unwrap();
        let q = demand.quantiles(&[0.1, 0.5, 0.9, 0.999]).unwrap();
        prop_assert!(q.is_sorted() && q.iter().all(|v| *v >= 0.0 && v.fract() == 0.0));
        for (q, level) in q.iter().zip([0.1, 0.5, 0.9, 0.999]) {
            prop_assert!(demand.cdf(*q) >= level - 1e-9);
            prop_assert!(*q == 0.0 || demand.cdf(q - 1.0) < level);
        }
        prop_assert!((demand.probability(0.0) - (1.0 - p)).abs() < 1e-12);
        prop_assert_eq!(demand.sample(5, seed), demand.sample(5, seed));
    }
}

/// Beside what was there before: wider evidence, fewer units lost on the same panel.
#[test]
fn sums_are_forecast_better_than_by_windows() {
    let (horizon, known) = (14, 200);
    let all = simulated_panel(8, 200, known + horizon);
    let mut past = Panel::new(Period::Day);
    for (key, series) in all.iter() {
        past.push(key, 0, &series.values[..known]).unwrap();
    }
    let loss = |fan: &omni_forecast::Fan| -> f64 {
        let of = |(key, series): (u32, omni_core::series::Series<'_>)| -> f64 {
            let y: f64 = series.values[known..].iter().sum();
            let q = fan.quantiles.cumulative(key, horizon).unwrap();
            let loss = |(q, p): (&f64, &f64)| (p * (y - q)).max((p - 1.0) * (y - q));
            q.iter().zip(&LEVELS).map(loss).sum()
        };
        all.iter().map(of).sum()
    };
    let ours = loss(&IntermittentQuantiles::new(horizon).with_levels(&LEVELS).fit(&past).unwrap());
    let windows = loss(
        &EmpiricalQuantiles::new(horizon).with_levels(&LEVELS).with_decay(0.02).fit(&past).unwrap(),
    );
    println!("pinball loss of sums: {ours:.1}, by windows {windows:.1}");
    assert!(ours < windows);
}
