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

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_core::numeric::Limits;
use omni_core::numeric::minimize::{brent, nelder_mead, quasi_newton};
use omni_core::numeric::quantile::{QuantileType, quantiles};
use omni_core::numeric::root::bracketed;
use omni_core::numeric::sum::{mean, sum};
use omni_core::order::{Order, OrderLine, OrderRecord, OrderState, PaymentMethod, Shipment};
use omni_core::rng;
use omni_core::tax::split_tax;
use omni_core::totals::{Discount, Line, Policy, Reduction, RoundLevel, order_totals};
use omni_core::{
    BehaviorColumns, ChannelId, Currency, CustomerId, DemandColumns, LocationId, Money, OrderId,
    OrderLineId, PaymentId, PurchaseColumns, Rate, Rounding, SaleColumns, ShipmentId, Sku, TaxMode,
    UnitPrice, VariantId,
};
use rand::Rng;
use std::hint::black_box;

/// Amounts, and sums of them, from a cent to ten thousand.
fn money(c: &mut Criterion) {
    const EUR: Currency = Currency::EUR;
    const HALF_UP: Rounding = Rounding::HalfUp;
    let amounts = |n: usize| -> Vec<Money> {
        let mut random = rng::stream(7, n as u64);
        (0..n).map(|_| Money::new((random.next_u64() % 1_000_000) as i64 + 1, EUR)).collect()
    };
    let rates = [Rate::from_ppm(70_000), Rate::from_ppm(190_000)];

    let mut group = c.benchmark_group("money");
    group.sample_size(10);
    for n in [100, 10_000, 1_000_000] {
        group.throughput(Throughput::Elements(n as u64));
        let amounts = amounts(n);
        let weights: Vec<u64> = amounts.iter().map(|m| m.minor().unsigned_abs()).collect();
        let total = Money::new(123_456_789, EUR);
        group.bench_function(BenchmarkId::new("allocate", n), |b| {
            b.iter(|| black_box(total).allocate(black_box(&weights)).unwrap());
        });
        group.bench_function(BenchmarkId::new("split_tax", n), |b| {
            let split =
                |&amount: &Money| split_tax(amount, rates[1], TaxMode::Inclusive, HALF_UP).unwrap();
            b.iter(|| Money::try_sum(EUR, black_box(&amounts).iter().map(|m| split(m).tax())));
        });
        let texts: Vec<String> = amounts.iter().map(ToString::to_string).collect();
        group.bench_function(BenchmarkId::new("parse", n), |b| {
            b.iter(|| Money::try_sum(EUR, black_box(&texts).iter().map(|t| t.parse().unwrap())));
        });
        let lines: Vec<Line> =
            amounts.iter().enumerate().map(|(i, &m)| Line::goods(m, rates[i % 2])).collect();
        let off = [Discount::order("10 % off", Reduction::Percent(Rate::from_ppm(100_000)))];
        for level in [RoundLevel::Line, RoundLevel::OrderPerRate] {
            let policy = Policy::new(EUR, TaxMode::Inclusive, HALF_UP, level);
            let id = BenchmarkId::new(format!("totals {level:?}"), n);
            group.bench_function(id, |b| {
                b.iter(|| order_totals(black_box(&lines), &off, policy).unwrap());
            });
        }
    }
    group.finish();
}

/// Orders of three lines each, one in ten of a guest, some of them sent back in part.
fn orders(n: u64) -> Vec<Order> {
    let order = |id| {
        let mut random = rng::stream(7, id);
        let mut record = order_record(id, 3);
        record.placed_at += TimeDelta::hours(rng::below(&mut random, 9_000) as i64);
        record.customer = (id % 10 > 0).then(|| CustomerId::new(rng::below(&mut random, n) as u32));
        record.state = OrderState::Completed;
        for line in &mut record.lines {
            (line.shipped, line.delivered) = (line.ordered, line.ordered);
            line.returned = u32::from(rng::below(&mut random, 8) == 0);
        }
        Order::new(record).unwrap()
    };
    (0..n).map(order).collect()
}

fn order_record(id: u64, lines: u64) -> OrderRecord {
    let currency = Currency::EUR;
    let at = DateTime::UNIX_EPOCH;
    let mut record = OrderRecord::new(OrderId::new(id), ChannelId::new(0), at, currency);
    record.lines = (0..lines)
        .map(|i| {
            let price = UnitPrice::new(999 + (id + i) as i64 % 5_000, 2, currency).unwrap();
            let (line, variant) =
                (OrderLineId::new(i), VariantId::new((id * 7 + i) as u32 % 3_000));
            let mut line = OrderLine::new(line, variant, Sku::new("85123A").unwrap(), 2, price);
            line.tax_rate = Rate::from_ppm(190_000);
            line
        })
        .collect();
    record
}

/// From draft to completed: seven commands on the order and one on each line.
fn live(mut order: Order) -> Order {
    let (at, payment, shipment) = (DateTime::UNIX_EPOCH, PaymentId::new(1), ShipmentId::new(1));
    order.place().unwrap();
    order.add_payment(payment, PaymentMethod::Card).unwrap();
    order.authorize(payment, order.total().unwrap()).unwrap();
    let lines: Vec<_> = order.lines.iter().map(|line| (line.id, line.ordered)).collect();
    for &(line, units) in &lines {
        order.allocate(line, units).unwrap();
    }
    order.ship(Shipment::new(shipment, LocationId::new(0), lines), at).unwrap();
    order.capture(payment, order.total().unwrap()).unwrap();
    order.deliver(shipment, at).unwrap();
    order.complete().unwrap();
    order
}

fn domain(c: &mut Criterion) {
    let mut group = c.benchmark_group("domain");
    group.sample_size(10);
    for n in [100, 10_000] {
        group.throughput(Throughput::Elements(n));
        let orders = orders(n);
        group.bench_function(BenchmarkId::new("purchases from orders", n), |b| {
            b.iter(|| {
                PurchaseColumns::from_orders(black_box(&orders), Currency::EUR, &Utc).unwrap()
            });
        });
        group.bench_function(BenchmarkId::new("sales from orders", n), |b| {
            b.iter(|| SaleColumns::from_orders(black_box(&orders), Currency::EUR, &Utc).unwrap());
        });
        group.bench_function(BenchmarkId::new("demand from orders", n), |b| {
            b.iter(|| DemandColumns::from_orders(black_box(&orders), &Utc));
        });
        group.bench_function(BenchmarkId::new("behavior from orders", n), |b| {
            b.iter(|| BehaviorColumns::from_orders(black_box(&orders), &Utc));
        });
    }
    for lines in [3, 100] {
        let draft = Order::new(order_record(1, lines)).unwrap();
        group.throughput(Throughput::Elements(lines + 7));
        group.bench_function(BenchmarkId::new("commands of a life", lines), |b| {
            b.iter(|| live(black_box(&draft).clone()));
        });
    }
    group.finish();
}

/// Sums and quantiles of numbers in `[0, 1)`, roots and minima of textbook functions.
fn numeric(c: &mut Criterion) {
    let mut group = c.benchmark_group("numeric");
    group.sample_size(10);
    for n in [100, 10_000, 1_000_000] {
        group.throughput(Throughput::Elements(n as u64));
        let mut random = rng::stream(7, n as u64);
        let values: Vec<f64> = (0..n).map(|_| rng::uniform(&mut random)).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        group.bench_function(BenchmarkId::new("sum", n), |b| {
            b.iter(|| sum(black_box(&values)));
        });
        group.bench_function(BenchmarkId::new("mean", n), |b| {
            b.iter(|| mean(black_box(&values)).unwrap());
        });
        group.bench_function(BenchmarkId::new("quantiles", n), |b| {
            let levels = [0.05, 0.5, 0.95];
            b.iter(|| quantiles(black_box(&sorted), &levels, QuantileType::Linear).unwrap());
        });
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("bracketed", |b| {
        b.iter(|| bracketed(|x| x.cos() - x, black_box(0.0), 1.0, Limits::ROOT).unwrap());
    });
    group.bench_function("brent", |b| {
        b.iter(|| brent(|x| x.exp() - 2.0 * x, black_box(-5.0), 5.0, Limits::BRENT).unwrap());
    });
    let valley = |x: &[f64]| -> f64 {
        x.windows(2).map(|p| 100.0 * (p[1] - p[0] * p[0]).powi(2) + (1.0 - p[0]).powi(2)).sum()
    };
    for n in [2, 5, 10] {
        let (start, lower, upper) = (vec![0.5; n], vec![-5.0; n], vec![5.0; n]);
        group.bench_function(BenchmarkId::new("NelderMead", n), |b| {
            let limits = Limits::NELDER_MEAD;
            b.iter(|| nelder_mead(valley, black_box(&start), 0.05, limits).unwrap());
        });
        group.bench_function(BenchmarkId::new("QuasiNewton", n), |b| {
            let limits = Limits::QUASI_NEWTON;
            b.iter(|| quasi_newton(valley, black_box(&start), &lower, &upper, limits).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, money, domain, numeric);
criterion_main!(benches);
