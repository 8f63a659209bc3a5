//! Speed of each method and how it grows with the number of items.
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
use omni_core::{Quantiles, rng};
use omni_inventory::eoq::eoq;
use omni_inventory::{
    Distribution, ProtectionInterval, Replenish, StockPosition, newsvendor, reorder_point,
};
use std::hint::black_box;

const SIZES: [usize; 3] = [100, 10_000, 1_000_000];

/// Mean demand of each item, from 1 to 100 units.
fn means(n: usize) -> Vec<f64> {
    let mut random = rng::stream(11, n as u64);
    (0..n).map(|_| 1.0 + 99.0 * rng::uniform(&mut random)).collect()
}

fn closed_forms(c: &mut Criterion) {
    let mut group = c.benchmark_group("closed_forms");
    group.sample_size(10);
    for n in SIZES {
        let means = means(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("eoq", n), |b| {
            b.iter(|| {
                let each = |m: &f64| eoq(*m, 200.0, 10.0).unwrap().order_quantity;
                black_box(means.iter().map(each).sum::<f64>())
            });
        });
        group.bench_function(BenchmarkId::new("cycle_service/normal", n), |b| {
            b.iter(|| {
                let each = |m: &f64| {
                    let interval = ProtectionInterval::new(*m, 0.5 * m, 5.0).with_lead_time_sd(1.0);
                    let demand = interval.demand().unwrap().normal().unwrap();
                    reorder_point::cycle_service(&demand, 0.95).unwrap().reorder_point
                };
                black_box(means.iter().map(each).sum::<f64>())
            });
        });
    }
    group.finish();
}

fn searches(c: &mut Criterion) {
    let mut group = c.benchmark_group("searches");
    group.sample_size(10);
    for n in [100, 10_000] {
        let means = means(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("newsvendor/poisson", n), |b| {
            b.iter(|| {
                let each = |m: &f64| {
                    let demand = Distribution::poisson(*m).unwrap();
                    newsvendor(6.0, 2.0, &demand).unwrap().base_stock_level
                };
                black_box(means.iter().map(each).sum::<f64>())
            });
        });
        group.bench_function(BenchmarkId::new("fill_rate/negative_binomial", n), |b| {
            b.iter(|| {
                let each = |m: &f64| {
                    let demand = Distribution::negative_binomial(*m, 3.0).unwrap();
                    reorder_point::fill_rate(&demand, 0.98, 24.0).unwrap().reorder_point
                };
                black_box(means.iter().map(each).sum::<f64>())
            });
        });
    }
    group.finish();
}

fn losses(c: &mut Criterion) {
    let mut group = c.benchmark_group("losses");
    for mean in [1.0, 100.0, 10_000.0] {
        for (name, demand) in [
            ("normal", Distribution::normal(mean, 0.3 * mean)),
            ("gamma", Distribution::gamma(mean, 0.3 * mean)),
            ("poisson", Distribution::poisson(mean)),
            ("negative_binomial", Distribution::negative_binomial(mean, 3.0)),
        ] {
            let demand = demand.unwrap();
            group.bench_function(BenchmarkId::new(name, mean), |b| {
                b.iter(|| demand.loss(black_box(1.2 * mean).floor()).unwrap());
            });
        }
    }
    group.finish();
}

fn replenishment(c: &mut Criterion) {
    let mut group = c.benchmark_group("replenish");
    group.sample_size(10);
    for n in [100, 10_000, 100_000] {
        let horizon = 4;
        let means = means(n);
        let mut values = Vec::new();
        for mean in &means {
            values.extend((1..=horizon).flat_map(|h| [h as f64 * mean, 1.5 * h as f64 * mean]));
        }
        let forecast =
            Quantiles::new((0..n as u32).collect(), vec![0.5, 0.95], horizon, values.clone())
                .and_then(|quantiles| quantiles.with_cumulative(values))
                .unwrap();
        let position = |key| StockPosition { key, available: i64::from(key % 200), incoming: 0 };
        let stock: Vec<_> = (0..n as u32).map(position).collect();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("plan", n), |b| {
            b.iter(|| black_box(Replenish::new(0.95, 1, 2).plan(&forecast, &stock).unwrap().len()));
        });
    }
    group.finish();
}

criterion_group!(benches, closed_forms, searches, losses, replenishment);
criterion_main!(benches);
