//! Speed of the decompositions.
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
use omni_forecast::decompose::{BoxCox, Classical, Mstl, Stl};
use std::hint::black_box;

fn seasonal(seed: u64, n: usize, period: usize) -> Vec<f64> {
    let mut rng = rng::stream(seed, 4);
    (0..n)
        .map(|t| {
            let phase = (t % period) as f64 / period as f64;
            500.0 + 50.0 * (std::f64::consts::TAU * phase).sin() + 20.0 * rng::uniform(&mut rng)
        })
        .collect()
}

fn decompositions(c: &mut Criterion) {
    let mut group = c.benchmark_group("decompose");
    group.sample_size(10);
    for n in [100, 10_000, 1_000_000] {
        let y = seasonal(7, n, 7);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::new("stl", n), &y, |b, y| {
            b.iter(|| Stl::new(7, 11).fit(black_box(y)).unwrap());
        });
        group.bench_with_input(BenchmarkId::new("stl_robust", n), &y, |b, y| {
            b.iter(|| Stl::new(7, 11).robust().fit(black_box(y)).unwrap());
        });
        group.bench_with_input(BenchmarkId::new("classical", n), &y, |b, y| {
            b.iter(|| Classical::additive(7).fit(black_box(y)).unwrap());
        });
        group.bench_with_input(BenchmarkId::new("guerrero", n), &y, |b, y| {
            b.iter(|| BoxCox::guerrero(black_box(y), 7).unwrap());
        });
    }
    let monthly = seasonal(7, 108, 12);
    group.throughput(Throughput::Elements(108));
    group.bench_function("stl/monthly", |b| {
        b.iter(|| Stl::new(12, 11).fit(black_box(&monthly)).unwrap());
    });
    let hourly = seasonal(7, 850, 168);
    group.throughput(Throughput::Elements(850));
    group.bench_function("mstl/hourly", |b| {
        b.iter(|| Mstl::new(&[24, 168]).fit(black_box(&hourly)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, decompositions);
criterion_main!(benches);
