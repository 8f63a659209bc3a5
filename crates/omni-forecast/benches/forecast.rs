//! Speed of each method and how it grows.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "not library code"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_core::{Panel, Period, rng};
use omni_forecast::baseline::{Naive, SeasonalNaive};
use omni_forecast::eval::{Backtest, metrics};
use omni_forecast::intermittent::{Croston, Tsb};
use omni_forecast::smoothing::{Ses, Start};
use omni_forecast::{EmpiricalQuantiles, Forecaster};
use std::hint::black_box;

const SIZES: [usize; 3] = [100, 10_000, 1_000_000];

/// Daily demand of one item: two days of three without, else 1 to 8 units.
fn demand(seed: u64, periods: usize) -> Vec<f64> {
    let mut rng = rng::stream(seed, 1);
    let sold = |rng: &mut _| rng::below(rng, 3) == 0;
    (0..periods)
        .map(|_| if sold(&mut rng) { 1.0 + rng::below(&mut rng, 8) as f64 } else { 0.0 })
        .collect()
}

/// A level that wanders, seen through noise.
fn wandering(seed: u64, periods: usize) -> Vec<f64> {
    let mut rng = rng::stream(seed, 2);
    let mut level = 5_000.0;
    (0..periods)
        .map(|_| {
            level += 100.0 * (rng::uniform(&mut rng) - 0.5);
            level + 400.0 * (rng::uniform(&mut rng) - 0.5)
        })
        .collect()
}

fn panel(series: u32, periods: usize) -> Panel {
    let mut panel = Panel::new(Period::Day);
    for key in 0..series {
        panel.push(key, 0, &demand(u64::from(key), periods)).unwrap();
    }
    panel
}

fn point_methods(c: &mut Criterion) {
    let methods: [(&str, Box<dyn Forecaster>); 7] = [
        ("naive", Box::new(Naive)),
        ("seasonal_naive", Box::new(SeasonalNaive::new(7))),
        ("ses", Box::new(Ses::new(0.2))),
        ("ses_optimized", Box::new(Ses::optimized())),
        ("ses_optimized_start", Box::new(Ses::optimized().with_start(Start::LeastSquares))),
        ("croston", Box::new(Croston::sba(0.1))),
        ("tsb", Box::new(Tsb::new(0.1, 0.1))),
    ];
    for (name, method) in methods {
        let mut group = c.benchmark_group(name);
        for n in SIZES {
            let y = if name.starts_with("ses") { wandering(7, n) } else { demand(7, n) };
            group.sample_size(10).throughput(Throughput::Elements(n as u64));
            group.bench_with_input(BenchmarkId::new(format!("{name}/fit"), n), &y, |b, y| {
                b.iter(|| method.forecast(black_box(y), 28).unwrap());
            });
        }
        group.finish();
    }
    // The sizes of the accuracy tables: an M3 monthly series, a retail item.
    let mut group = c.benchmark_group("one_series");
    for (name, method, y) in [
        ("ses_optimized/126", &Ses::optimized() as &dyn Forecaster, wandering(7, 126)),
        ("tsb/280", &Tsb::new(0.1, 0.1), demand(7, 280)),
        ("croston/280", &Croston::new(0.1), demand(7, 280)),
    ] {
        group.bench_function(name, |b| b.iter(|| method.forecast(black_box(&y), 18).unwrap()));
    }
    group.finish();
}

fn quantiles(c: &mut Criterion) {
    let mut group = c.benchmark_group("empirical_quantiles");
    group.sample_size(10);
    for series in [1_u32, 100, 1_000] {
        let panel = panel(series, 280);
        group.throughput(Throughput::Elements(u64::from(series)));
        for (name, settings) in [
            ("equal", EmpiricalQuantiles::new(28)),
            ("decay", EmpiricalQuantiles::new(28).with_decay(0.05)),
        ] {
            let id = BenchmarkId::new(format!("empirical_quantiles/{name}"), series);
            group.bench_with_input(id, &panel, |b, panel| {
                b.iter(|| settings.fit(black_box(panel)).unwrap());
            });
        }
    }
    group.finish();
}

fn evaluation(c: &mut Criterion) {
    let mut group = c.benchmark_group("evaluation");
    group.sample_size(10);
    for n in SIZES {
        let (y, forecast) = (demand(7, n), demand(8, n));
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::new("metrics/smape", n), &y, |b, y| {
            b.iter(|| metrics::smape(black_box(y), &forecast).unwrap());
        });
        group.bench_with_input(BenchmarkId::new("metrics/rmsse", n), &y, |b, y| {
            b.iter(|| metrics::rmsse(black_box(y), &forecast, &forecast, 7).unwrap());
        });
    }
    for series in [1_u32, 100, 1_000] {
        let panel = panel(series, 280);
        group.throughput(Throughput::Elements(u64::from(series)));
        group.bench_with_input(BenchmarkId::new("backtest/tsb", series), &panel, |b, panel| {
            let (backtest, tsb) = (Backtest::new(28, 4), Tsb::new(0.1, 0.1));
            b.iter(|| backtest.run_panel(&tsb, black_box(panel)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, point_methods, quantiles, evaluation);
criterion_main!(benches);
