//! Reconciliation of a shop in five levels, by the number of bottom series.
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
use omni_forecast::hierarchy::{Covariance, Hierarchy, MinT, Paths, bottom_up};
use std::hint::black_box;

const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];
const PERIODS: usize = 52;

struct Shop {
    hierarchy: Hierarchy,
    base: Vec<f64>,
    residuals: Vec<f64>,
}

/// Total, 10 regions, 100 stores, departments within stores or across them, and series.
fn shop(bottom: usize, cross: bool) -> Shop {
    let n = bottom as u32;
    let groups = |count: u32| -> Vec<u32> { (0..n).map(|i| i / (n / count).max(1)).collect() };
    let (region, store) = (groups(10), groups(100));
    let department = if cross { (0..n).map(|i| i % 20).collect() } else { groups(n / 50 + 1) };
    let levels: [(&str, &[u32]); 3] =
        [("region", &region), ("store", &store), ("department", &department)];
    let hierarchy = Hierarchy::from_labels(&levels).unwrap();
    let mut stream = rng::stream(1, n.into());
    let mut draw = |count: usize| -> Vec<f64> {
        (0..count).map(|_| rng::uniform(&mut stream) - 0.3).collect()
    };
    let (base, residuals) = (draw(hierarchy.rows()), draw(hierarchy.rows() * PERIODS));
    Shop { hierarchy, base, residuals }
}

fn reconcile(c: &mut Criterion) {
    for (shape, cross) in [("tree", false), ("grouped", true)] {
        let mut group = c.benchmark_group(format!("hierarchy/{shape}"));
        group.sample_size(10);
        for size in SIZES {
            let Shop { hierarchy, base, residuals } = shop(size, cross);
            group.throughput(Throughput::Elements(size as u64));
            group.bench_function(BenchmarkId::new("bottom_up", size), |b| {
                b.iter(|| bottom_up(black_box(&hierarchy), &base).unwrap());
            });
            for (name, covariance) in [
                ("structural", Covariance::Structural),
                ("variance", Covariance::Variance),
                ("shrunk", Covariance::Shrunk),
            ] {
                let fit = MinT::new(covariance).fit(&hierarchy, &residuals).unwrap();
                group.bench_function(BenchmarkId::new(format!("{name}/fit"), size), |b| {
                    b.iter(|| {
                        MinT::new(covariance).fit(&hierarchy, black_box(&residuals)).unwrap()
                    });
                });
                group.bench_function(BenchmarkId::new(format!("{name}/reconcile"), size), |b| {
                    b.iter(|| fit.reconcile(black_box(&base)).unwrap());
                });
            }
            let fit = MinT::new(Covariance::Structural).with_non_negative();
            let fit = fit.fit(&hierarchy, &[]).unwrap();
            group.bench_function(BenchmarkId::new("structural/non_negative", size), |b| {
                b.iter(|| fit.reconcile(black_box(&base)).unwrap());
            });
        }
        group.finish();
    }
}

fn build_and_sample(c: &mut Criterion) {
    let mut group = c.benchmark_group("hierarchy/paths");
    group.sample_size(10);
    for size in SIZES {
        let store: Vec<u32> = (0..size as u32).map(|i| i / 100).collect();
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::new("from_labels", size), |b| {
            b.iter(|| Hierarchy::from_labels(&[("store", black_box(&store))]).unwrap());
        });
        if size <= 10_000 {
            let Shop { hierarchy, base, residuals } = shop(size, false);
            group.bench_function(BenchmarkId::new("bootstrap_100", size), |b| {
                b.iter(|| {
                    let paths =
                        Paths::bootstrap(hierarchy.rows(), black_box(&base), &residuals, 100, 1);
                    let paths = paths.unwrap();
                    let coherent = bottom_up(&hierarchy, &paths.values).unwrap().values;
                    paths.with_values(coherent).unwrap().quantiles(&[0.5, 0.95]).unwrap()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, reconcile, build_and_sample);
criterion_main!(benches);
