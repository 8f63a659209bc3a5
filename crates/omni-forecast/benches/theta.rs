//! Speed of the theta methods and of complex exponential smoothing.
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
use omni_core::rng;
use omni_forecast::Forecaster;
use omni_forecast::ces::{AutoCes, Ces, Season};
use omni_forecast::theta::{AutoTheta, Theta};
use std::hint::black_box;

/// A level that drifts, a season of so many periods, and noise.
fn seasonal(seed: u64, n: usize, period: usize) -> Vec<f64> {
    let mut rng = rng::stream(seed, 3);
    let index: Vec<f64> = (0..period).map(|_| 1.0 + 0.4 * (rng::uniform(&mut rng) - 0.5)).collect();
    let mut level = 5_000.0;
    (0..n)
        .map(|t| {
            level += 12.0 + 150.0 * (rng::uniform(&mut rng) - 0.5);
            (level + 400.0 * (rng::uniform(&mut rng) - 0.5)) * index[t % period]
        })
        .collect()
}

/// The lengths and seasons of the accuracy tables: yearly, quarterly, monthly, hourly.
const SERIES: [(&str, usize, usize); 4] =
    [("yearly", 22, 1), ("quarterly", 44, 4), ("monthly", 108, 12), ("hourly", 850, 24)];

fn one_series(c: &mut Criterion) {
    let mut group = c.benchmark_group("theta_one_series");
    for (name, n, period) in SERIES {
        let y = seasonal(7, n, period);
        let methods: [(&str, Box<dyn Forecaster>); 5] = [
            ("standard", Box::new(Theta::standard().with_season(period))),
            ("dynamic_optimized", Box::new(Theta::dynamic_optimized().with_season(period))),
            ("auto_theta", Box::new(AutoTheta::new(period))),
            ("ces", Box::new(Ces::new())),
            ("auto_ces", Box::new(AutoCes::new(period))),
        ];
        for (method, settings) in methods {
            group.bench_function(format!("{method}/{name}"), |b| {
                b.iter(|| settings.forecast(black_box(&y), 18).unwrap());
            });
        }
    }
    let y = seasonal(7, 108, 12);
    for season in [Season::Simple, Season::Partial, Season::Full] {
        let ces = Ces::seasonal(season, 12);
        group.bench_function(format!("ces_{season:?}/monthly"), |b| {
            b.iter(|| ces.forecast(black_box(&y), 18).unwrap());
        });
    }
    let y = seasonal(7, 200, 1);
    let mut theta = Theta::dynamic_optimized().fit(&y).unwrap();
    group.bench_function("dynamic_optimized/update", |b| {
        b.iter(|| theta.update(black_box(5_000.0)).unwrap());
    });
    let mut ces = Ces::new().fit(&y).unwrap();
    group.bench_function("ces/update", |b| b.iter(|| ces.update(black_box(5_000.0)).unwrap()));
    group.finish();
}

fn growth(c: &mut Criterion) {
    let mut group = c.benchmark_group("theta");
    group.sample_size(10);
    for n in [100, 10_000, 1_000_000] {
        let y = seasonal(7, n, 7);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::new("dynamic_optimized/fit", n), &y, |b, y| {
            let theta = Theta::dynamic_optimized().with_season(7);
            b.iter(|| theta.fit(black_box(y)).unwrap());
        });
        if n <= 10_000 {
            group.bench_with_input(BenchmarkId::new("auto_ces/fit", n), &y, |b, y| {
                b.iter(|| AutoCes::new(7).fit(black_box(y)).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, one_series, growth);
criterion_main!(benches);
