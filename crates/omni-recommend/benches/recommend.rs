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
use omni_core::rng::{below, stream, uniform};
use omni_core::{BehaviorColumns, EventKind};
use omni_recommend::eval::{self, split};
use omni_recommend::{Filter, Interactions, ItemKnn, Popularity, Recommender, Weighting};
use std::hint::black_box;

const SIZES: [usize; 3] = [100, 10_000, 1_000_000];

/// Columns of `n` rows: about 50 a user, items skewed toward bestsellers.
struct Rows {
    user: Vec<u32>,
    item: Vec<u32>,
    weight: Vec<f64>,
    day: Vec<i32>,
}

fn rows(n: usize) -> Rows {
    let mut rng = stream(7, n as u64);
    let users = (n / 50).max(2) as u64;
    let items = (n / 20).clamp(50, 5_000) as f64;
    Rows {
        user: (0..n).map(|_| below(&mut rng, users) as u32).collect(),
        item: (0..n).map(|_| (uniform(&mut rng).powi(2) * items) as u32).collect(),
        weight: (0..n).map(|_| 1.0).collect(),
        day: (0..n).map(|_| below(&mut rng, 365) as i32).collect(),
    }
}

fn interactions(n: usize) -> Interactions {
    let rows = rows(n);
    Interactions::new(&rows.user, &rows.item, &rows.weight).unwrap().binary()
}

fn build(c: &mut Criterion) {
    let mut group = c.benchmark_group("interactions");
    group.sample_size(10);
    for n in SIZES {
        let rows = rows(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("new", n), |b| {
            b.iter(|| Interactions::new(&rows.user, &rows.item, &rows.weight).unwrap());
        });
        let mut behavior = BehaviorColumns::new();
        for (at, (&user, &item)) in rows.user.iter().zip(&rows.item).enumerate() {
            let kind =
                [EventKind::Purchase, EventKind::View, EventKind::View, EventKind::Return][at % 4];
            behavior.push(user, item, rows.day[at], kind, 1.0).unwrap();
        }
        let weighting = Weighting::new(365).with_weight(EventKind::View, 0.1).with_half_life(90.0);
        group.bench_function(BenchmarkId::new("weighting", n), |b| {
            b.iter(|| weighting.apply(&behavior.view()).unwrap());
        });
    }
    group.finish();
}

fn popularity(c: &mut Criterion) {
    let mut group = c.benchmark_group("popularity");
    group.sample_size(10);
    for n in SIZES {
        let interactions = interactions(n);
        group.throughput(Throughput::Elements(interactions.len() as u64));
        group.bench_function(BenchmarkId::new("fit", n), |b| {
            b.iter(|| Popularity::users().fit(black_box(&interactions)));
        });
    }
    group.finish();
}

fn item_knn(c: &mut Criterion) {
    let mut group = c.benchmark_group("item_knn");
    group.sample_size(10);
    for n in SIZES {
        let interactions = interactions(n);
        group.throughput(Throughput::Elements(interactions.len() as u64));
        group.bench_function(BenchmarkId::new("fit", n), |b| {
            b.iter(|| ItemKnn::new(100).fit(&interactions).unwrap());
        });
        let model = ItemKnn::new(100).fit(&interactions).unwrap();
        let users = interactions.users();
        let users = &users[..users.len().min(1_000)];
        let filter = Filter::new();
        group.throughput(Throughput::Elements(users.len() as u64));
        group.bench_function(BenchmarkId::new("recommend", n), |b| {
            b.iter(|| {
                for &user in users {
                    let history = interactions.history(user).unwrap();
                    black_box(model.recommend(&history, 10, &filter).unwrap());
                }
            });
        });
    }
    group.finish();
}

fn evaluation(c: &mut Criterion) {
    let mut group = c.benchmark_group("eval");
    group.sample_size(10);
    for n in SIZES {
        let rows = rows(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("last_moment", n), |b| {
            b.iter(|| split::last_moment(&rows.user, &rows.item, &rows.day).unwrap());
        });
        let split = split::last_moment(&rows.user, &rows.item, &rows.day).unwrap();
        let parts = split.apply(&rows.user, &rows.item, &rows.weight).unwrap();
        let popular = Popularity::users().fit(&parts.train);
        group.bench_function(BenchmarkId::new("evaluate", n), |b| {
            b.iter(|| eval::evaluate(&popular, &parts.history, &parts.test, &[10, 100]).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, build, popularity, item_knn, evaluation);
criterion_main!(benches);
