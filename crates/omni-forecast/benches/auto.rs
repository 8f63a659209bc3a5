//! The default for one series: time by its length.
#![allow(
    clippy::unwrap_used,
    clippy::missing_docs_in_private_items,
    missing_docs,
    reason = "not library code"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_forecast::Auto;
use omni_forecast::baseline::{Naive, SeasonalNaive};
use omni_forecast::combine::{Combination, Combine};
use std::hint::black_box;

fn monthly(n: usize) -> Vec<f64> {
    let noise = |t: usize| ((t * 7919) % 101) as f64 / 101.0 - 0.5;
    (0..n).map(|t| 200.0 + t as f64 + 8.0 * ((t % 12) as f64) + 20.0 * noise(t)).collect()
}

fn auto(c: &mut Criterion) {
    let mut group = c.benchmark_group("auto");
    group.sample_size(10);
    for n in [24, 72, 144] {
        let y = monthly(n);
        group.throughput(Throughput::Elements(n as u64));
        let settings = Auto::new(12).with_seasonal_periods(&[12]);
        group.bench_with_input(BenchmarkId::new("auto/fit", n), &y, |b, y| {
            b.iter(|| settings.fit_series(black_box(y)).unwrap());
        });
    }
    for n in [100, 10_000] {
        let y = monthly(n);
        group.throughput(Throughput::Elements(n as u64));
        let mean = Combination::new(Combine::Mean)
            .with_member("naive", Naive)
            .with_member("seasonal naive", SeasonalNaive::new(12));
        group.bench_with_input(BenchmarkId::new("combination/fit", n), &y, |b, y| {
            b.iter(|| mean.fit(black_box(y), 12).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, auto);
criterion_main!(benches);
