//! Speed of the default for intermittent demand and of its parts.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not library code"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_core::{Panel, Period, rng};
use omni_forecast::Forecaster;
use omni_forecast::intermittent::{Adida, CountState, Croston, Imapa, IntermittentQuantiles, Tsb};
use std::hint::black_box;
use std::time::Duration;

const LEVELS: [f64; 9] = [0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995];

/// Daily demand of one item: slow or fast, its level wandering, sizes geometric.
fn demand(seed: u64, periods: usize) -> Vec<f64> {
    let mut rng = rng::stream(seed, 1);
    let mut chance = 0.02 + 0.8 * rng::uniform(&mut rng).powi(2);
    let size = 1.0 + 9.0 * rng::uniform(&mut rng).powi(3);
    (0..periods)
        .map(|_| {
            chance = (chance + 0.01 * (rng::uniform(&mut rng) - 0.5)).clamp(0.01, 0.95);
            if rng::uniform(&mut rng) < chance {
                (1.0 - size * (1.0 - rng::uniform(&mut rng)).ln()).floor()
            } else {
                0.0
            }
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
    let y = demand(7, 280);
    let methods: [(&str, &dyn Forecaster); 5] = [
        ("tsb", &Tsb::new(0.1, 0.1)),
        ("croston", &Croston::new(0.1)),
        ("croston_optimized", &Croston::optimized()),
        ("adida", &Adida),
        ("imapa", &Imapa),
    ];
    let mut group = c.benchmark_group("intermittent_point");
    for (name, method) in methods {
        group.bench_function(BenchmarkId::new(name, 280), |b| {
            b.iter(|| method.forecast(black_box(&y), 28).unwrap());
        });
    }
    group.finish();
}

fn update(c: &mut Criterion) {
    let panel = panel(50, 400);
    let learned = IntermittentQuantiles::new(28).learn(&panel).unwrap();
    let mut group = c.benchmark_group("intermittent_update");
    group.throughput(Throughput::Elements(400));
    for (name, key) in [("slow", 3_u32), ("fast", 8)] {
        let values = panel.get(key).unwrap().values.to_vec();
        let (state, prior) = learned.state(key).unwrap();
        group.bench_function(BenchmarkId::new("update", name), |b| {
            let mut state: CountState = state.clone();
            b.iter(|| {
                for &units in &values {
                    state.update(&prior, Some(3), black_box(units)).unwrap();
                }
            });
        });
    }
    group.finish();
}

fn quantiles(c: &mut Criterion) {
    let mut group = c.benchmark_group("intermittent_quantiles");
    group.sample_size(10).warm_up_time(Duration::from_millis(1));
    let settings = IntermittentQuantiles::new(28).with_levels(&LEVELS);
    for (series, periods) in [(1, 280), (500, 280), (1_000, 1_900), (30_490, 1_900)] {
        let panel = panel(series, periods);
        group.throughput(Throughput::Elements(u64::from(series)));
        let id = BenchmarkId::new(format!("fit/{periods}"), series);
        group.bench_with_input(id, &panel, |b, panel| {
            b.iter(|| settings.fit(black_box(panel)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, point_methods, update, quantiles);
criterion_main!(benches);
