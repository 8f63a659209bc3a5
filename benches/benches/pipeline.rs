//! Whole pipelines at three sizes: an export to orders, orders to what to order, orders to
//! what to recommend.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "not library code"
)]

use chrono_tz::Europe::London;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omnichannel::forecast::EmpiricalQuantiles;
use omnichannel::ingest::{self, formats};
use omnichannel::inventory::{Replenish, StockPosition};
use omnichannel::recommend::{Filter, Interactions, ItemKnn, Recommender};
use omnichannel::{BehaviorColumns, DemandColumns, Order, Panel};
use std::hint::black_box;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

fn orders(csv: &str) -> Vec<Order> {
    ingest::read(&formats::uci_online_retail(), csv.as_bytes()).unwrap().orders
}

fn replenishment(orders: &[Order]) -> usize {
    let demand = DemandColumns::from_orders(orders, &London).columns;
    let rows = demand.view();
    let panel = Panel::daily(rows.key(), rows.day(), rows.units()).unwrap();
    let fan = EmpiricalQuantiles::new(28).with_levels(&[0.5, 0.95]).fit(&panel).unwrap();
    let keys = fan.quantiles.keys().iter();
    let stock: Vec<_> =
        keys.map(|&key| StockPosition { key, available: 10, incoming: 0 }).collect();
    Replenish::new(0.95, 7, 14).plan(&fan.quantiles, &stock).unwrap().len()
}

fn lists(orders: &[Order]) -> usize {
    let behavior = BehaviorColumns::from_orders(orders, &London).columns;
    let rows = behavior.view();
    let once = vec![1.0; rows.len()];
    let bought = Interactions::new(rows.customer(), rows.item(), &once).unwrap().binary();
    let model = ItemKnn::new(50).fit(&bought).unwrap();
    let filter = Filter::new();
    let list = |customer: &u32| {
        model.recommend(&bought.history(*customer).unwrap(), 10, &filter).unwrap().len()
    };
    bought.users().iter().map(list).sum()
}

fn pipelines(c: &mut Criterion) {
    let mut group = c.benchmark_group("pipeline");
    group.sample_size(10);
    for rows in SIZES {
        let csv = omni_bench::online_retail(rows, 7);
        let read = orders(&csv);
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(BenchmarkId::new("export_to_orders", rows), |b| {
            b.iter(|| black_box(orders(&csv).len()));
        });
        group.bench_function(BenchmarkId::new("orders_to_replenishment", rows), |b| {
            b.iter(|| black_box(replenishment(&read)));
        });
        group.bench_function(BenchmarkId::new("orders_to_lists", rows), |b| {
            b.iter(|| black_box(lists(&read)));
        });
    }
    group.finish();
}

criterion_group!(benches, pipelines);
criterion_main!(benches);
