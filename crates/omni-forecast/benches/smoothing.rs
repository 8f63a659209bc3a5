//! The ETS family: one form, the choice among all, and an update.
#![allow(clippy::unwrap_used, unreachable_pub, missing_docs, reason = "not library code")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_core::rng;
use omni_forecast::smoothing::{AutoEts, Ets, Holt, HoltWinters};
use std::hint::black_box;

/// Demand with level, trend and season and ten percent of noise.
fn demand(n: usize, period: usize) -> Vec<f64> {
    let mut rng = rng::stream(7, n as u64);
    let season = |t: usize| (std::f64::consts::TAU * (t % period) as f64 / period as f64).sin();
    let mut level = 1_000.0;
    (0..n)
        .map(|t| {
            level *= 1.0 + 0.02 * (rng::uniform(&mut rng) - 0.48);
            level * (1.0 + 0.2 * season(t)) * (1.0 + 0.1 * (rng::uniform(&mut rng) - 0.5))
        })
        .collect()
}

fn fits(c: &mut Criterion) {
    let mut group = c.benchmark_group("smoothing");
    for n in [100, 1_000, 10_000] {
        group.throughput(Throughput::Elements(n as u64));
        let y = demand(n, 12);
        for form in ["ANN", "MAN", "AAdA", "MAM"] {
            let ets = Ets::new(form.parse().unwrap(), 12);
            let id = BenchmarkId::new(format!("ets_{form}/fit"), n);
            group.bench_with_input(id, &y, |b, y| b.iter(|| ets.fit(black_box(y))));
        }
        group.bench_with_input(BenchmarkId::new("holt/fit", n), &y, |b, y| {
            b.iter(|| Holt::new().fit(black_box(y)));
        });
        group.bench_with_input(BenchmarkId::new("holt_winters/fit", n), &y, |b, y| {
            b.iter(|| HoltWinters::multiplicative(12).fit(black_box(y)));
        });
    }
    for (n, period) in [(20, 1), (50, 4), (100, 12), (300, 12), (700, 24)] {
        let y = demand(n, period);
        group.throughput(Throughput::Elements(n as u64));
        let id = BenchmarkId::new(format!("auto_ets_{period}/fit"), n);
        group.bench_with_input(id, &y, |b, y| b.iter(|| AutoEts::new(period).fit(black_box(y))));
    }
    group.finish();
}

fn updates(c: &mut Criterion) {
    let mut group = c.benchmark_group("smoothing");
    group.throughput(Throughput::Elements(1));
    let y = demand(100, 12);
    for form in ["ANN", "MAdN", "MAM"] {
        let mut fit = Ets::new(form.parse().unwrap(), 12).fit(&y).unwrap();
        let mut t = 0;
        group.bench_function(format!("ets_{form}/update"), |b| {
            b.iter(|| {
                t = (t + 1) % y.len();
                fit.update(black_box(y[t]))
            });
        });
        group.bench_function(format!("ets_{form}/standard_errors_24"), |b| {
            b.iter(|| fit.standard_errors(black_box(24)));
        });
    }
    group.finish();
}

criterion_group!(benches, fits, updates);
criterion_main!(benches);
