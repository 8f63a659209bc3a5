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
use omni_core::{Currency, Period, PurchaseColumns, Sale, SaleColumns, rng};
use omni_metrics::clv::{AnnualRate, Cycle, Margin, MarginStream, Term};
use omni_metrics::{Activity, Cohorts, Ledger, Rfm};

const SIZES: [usize; 3] = [100, 10_000, 1_000_000];
const DAYS: u64 = 730;

/// Ten purchases per customer over two years, in no order.
fn purchases(n: usize) -> PurchaseColumns {
    let mut rng = rng::stream(7, n as u64);
    let mut rows = PurchaseColumns::new(Currency::EUR);
    for _ in 0..n {
        let customer = rng::below(&mut rng, n as u64 / 10);
        let day = rng::below(&mut rng, DAYS);
        rows.push(customer as u32, day as i32, rng::below(&mut rng, 20_000) as i64);
    }
    rows
}

/// The same in four channels, one order in ten from a guest.
fn sales(n: usize) -> SaleColumns {
    let mut rng = rng::stream(8, n as u64);
    let mut rows = SaleColumns::new(Currency::EUR);
    for _ in 0..n {
        let customer = rng::below(&mut rng, n as u64 / 10) as u32;
        let sale = Sale {
            customer: (rng::below(&mut rng, 10) > 0).then_some(customer),
            channel: rng::below(&mut rng, 4) as u32,
            day: rng::below(&mut rng, DAYS) as i32,
            revenue: rng::below(&mut rng, 20_000) as i64,
            units: 1,
            returned_value: 0,
            returned_units: 0,
        };
        rows.push(sale).unwrap();
    }
    rows
}

fn of_purchases<R>(c: &mut Criterion, name: &str, run: impl Fn(&PurchaseColumns) -> R) {
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    for n in SIZES {
        let rows = purchases(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::new("fit", n), &rows, |b, rows| b.iter(|| run(rows)));
    }
    group.finish();
}

fn retention(c: &mut Criterion) {
    let as_of = DAYS as i32;
    of_purchases(c, "retention", |rows| {
        let activity = Activity::since_first_purchase(&rows.view(), as_of).unwrap();
        (activity.day_n(30), activity.range(1..=30).unwrap(), activity.rolling(30))
    });
}

fn cohort(c: &mut Criterion) {
    let settings = Cohorts::new(Period::Month, DAYS as i32);
    of_purchases(c, "cohort", |rows| settings.fit(&rows.view()).unwrap());
}

fn rfm(c: &mut Criterion) {
    let settings = Rfm::new(DAYS as i32);
    of_purchases(c, "rfm", |rows| settings.fit(&rows.view()).unwrap());
}

fn kpi(c: &mut Criterion) {
    let mut group = c.benchmark_group("kpi");
    group.sample_size(10);
    for n in SIZES {
        let rows = sales(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::new("table", n), &rows, |b, rows| {
            b.iter(|| Ledger::new(rows.view()).table(Period::Month).unwrap());
        });
    }
    group.finish();
}

fn clv(c: &mut Criterion) {
    let mut group = c.benchmark_group("clv");
    group.sample_size(10);
    for n in SIZES {
        let mut rng = rng::stream(9, n as u64);
        let streams: Vec<MarginStream> = (0..n)
            .map(|_| {
                let margin = Margin::monthly(100.0 * rng::uniform(&mut rng));
                MarginStream::new(margin, AnnualRate::new(0.1), Term::Years(5))
                    .with_retention(rng::uniform(&mut rng), Cycle::Year)
            })
            .collect();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::new("value", n), &streams, |b, streams| {
            b.iter(|| streams.iter().map(|stream| stream.value().unwrap()).sum::<f64>());
        });
    }
    group.finish();
}

criterion_group!(benches, retention, cohort, rfm, kpi, clv);
criterion_main!(benches);
