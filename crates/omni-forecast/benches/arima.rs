//! Speed of ARIMA and how it grows.
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
use omni_forecast::arima::{Arima, AutoArima, Order};
use std::hint::black_box;

/// A level that wanders and a season that changes, seen through noise.
fn series(seed: u64, n: usize, period: usize) -> Vec<f64> {
    let mut rng = rng::stream(seed, 1);
    let mut season: Vec<f64> = (0..period).map(|_| 200.0 * rng::uniform(&mut rng)).collect();
    let mut level = 5_000.0;
    (0..n)
        .map(|t| {
            level += 60.0 * (rng::uniform(&mut rng) - 0.48);
            season[t % period] += 20.0 * (rng::uniform(&mut rng) - 0.5);
            level + season[t % period] + 100.0 * (rng::uniform(&mut rng) - 0.5)
        })
        .collect()
}

fn fixed(c: &mut Criterion) {
    let mut group = c.benchmark_group("arima/fit");
    group.sample_size(10);
    for n in [100, 1_000, 10_000] {
        group.throughput(Throughput::Elements(n as u64));
        let y = series(7, n, 12);
        for (name, order) in [
            ("1,1,1", Order::new(1, 1, 1)),
            ("airline_12", Order::new(0, 1, 1).with_season(0, 1, 1, 12)),
            ("2,1,2_1,1,1_12", Order::new(2, 1, 2).with_season(1, 1, 1, 12)),
        ] {
            group.bench_with_input(BenchmarkId::new(name, n), &y, |b, y| {
                b.iter(|| Arima::new(order).fit(black_box(y)).unwrap());
            });
        }
    }
    group.finish();
}

fn automatic(c: &mut Criterion) {
    let mut group = c.benchmark_group("arima/auto");
    group.sample_size(10);
    for (n, period) in [(60, 1), (126, 12), (700, 24), (1_000, 52)] {
        let y = series(7, n, period);
        group.bench_with_input(BenchmarkId::new(format!("period_{period}"), n), &y, |b, y| {
            b.iter(|| AutoArima::new(period).fit(black_box(y)).unwrap());
        });
    }
    group.finish();
}

fn one_value(c: &mut Criterion) {
    let mut group = c.benchmark_group("arima/update");
    for (name, order, period) in [
        ("2,1,2", Order::new(2, 1, 2), 1),
        ("1,1,1_1,1,1_12", Order::new(1, 1, 1).with_season(1, 1, 1, 12), 12),
    ] {
        let y = series(7, 600, period);
        let mut fit = Arima::new(order).fit(&y).unwrap();
        // Until nothing is uncertain about the state any more.
        for value in &y {
            fit.update(*value).unwrap();
        }
        group.bench_function(name, |b| b.iter(|| fit.update(black_box(5_000.0)).unwrap()));
    }
    group.finish();
}

criterion_group!(benches, fixed, automatic, one_value);
criterion_main!(benches);
