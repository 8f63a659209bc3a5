//! Speed of splitting, parsing and whole formats, in bytes a second.
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
use omni_ingest::parse::{DateParser, Layout, MoneyStyle, money};
use omni_ingest::record::{Dialect, RecordReader};
use omni_ingest::seen::Seen;
use omni_ingest::{Format, formats};
use std::fmt::Write;
use std::hint::black_box;

/// Rows like those of UCI Online Retail: every fourth without customer, every fiftieth
/// quoted, every hundredth canceled.
fn invoices(rows: usize) -> String {
    let mut text = String::from(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n",
    );
    let mut state = 7_u64;
    for row in 0..rows {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(row as u64);
        let draw = state >> 33;
        let (cancel, sign) = if draw.is_multiple_of(100) { ("C", "-") } else { ("", "") };
        let title = match draw % 50 {
            0 => "\"LIGHT, WHITE \"\"HEART\"\"\"",
            _ => "WHITE HANGING HEART T-LIGHT HOLDER",
        };
        let customer = if draw.is_multiple_of(4) {
            String::new()
        } else {
            format!("{}.0", 12_000 + draw % 4_000)
        };
        writeln!(
            text,
            "{cancel}{},{}A,{title},{sign}{},2011-{:02}-{:02} {:02}:{:02}:00,{}.{:02},{customer},United Kingdom",
            536_365 + row / 20, 20_000 + draw % 4_000, 1 + draw % 24,
            1 + row * 12 / rows, 1 + row / 20 % 28, 8 + row / 600 % 10, row / 20 % 60,
            draw % 20, draw % 100,
        )
        .unwrap();
    }
    text
}

fn sizes() -> [usize; 3] {
    [100, 10_000, 200_000]
}

fn splitting(c: &mut Criterion) {
    let mut group = c.benchmark_group("record");
    group.sample_size(10);
    for rows in sizes() {
        let text = invoices(rows);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("split", rows), &text, |b, text| {
            b.iter(|| {
                let mut records = RecordReader::new(text.as_bytes(), Dialect::csv()).unwrap();
                let mut fields = 0;
                while let Some(record) = records.next_record().unwrap() {
                    fields += record.len();
                }
                fields
            });
        });
        group.bench_with_input(BenchmarkId::new("seen", rows), &text, |b, text| {
            b.iter(|| {
                let mut records = RecordReader::new(text.as_bytes(), Dialect::csv()).unwrap();
                let mut seen = Seen::new();
                while let Some(record) = records.next_record().unwrap() {
                    black_box(seen.repeats(&record));
                }
                seen.len()
            });
        });
    }
    group.finish();
}

fn reading(c: &mut Criterion) {
    let mut group = c.benchmark_group("uci_online_retail");
    group.sample_size(10);
    for rows in sizes() {
        let text = invoices(rows);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("stream", rows), &text, |b, text| {
            b.iter(|| {
                let mut reader = formats::uci_online_retail().reader(text.as_bytes()).unwrap();
                while let Some(outcome) = reader.next_outcome().unwrap() {
                    black_box(outcome.line());
                }
                reader.account()
            });
        });
        group.bench_with_input(BenchmarkId::new("read", rows), &text, |b, text| {
            b.iter(|| omni_ingest::read(&formats::uci_online_retail(), text.as_bytes()).unwrap());
        });
    }
    group.finish();
}

fn parsing(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for text in ["2.55", "$2,501.40"] {
        group.bench_with_input(BenchmarkId::new("money", text), text, |b, text| {
            b.iter(|| money::parse(black_box(text), MoneyStyle::POINT));
        });
    }
    let layout = Layout::new("%Y-%m-%d %H:%M:%S").unwrap();
    let mut dates = DateParser::new(vec![layout], chrono_tz::Europe::London);
    let texts = ["2011-06-01 08:26:00", "2011-06-01 08:27:00"];
    group.bench_function("date/new", |b| {
        b.iter(|| (dates.parse(black_box(texts[0])), dates.parse(black_box(texts[1]))));
    });
    group.bench_function("date/same", |b| b.iter(|| dates.parse(black_box(texts[0]))));
    group.finish();
}

criterion_group!(benches, splitting, reading, parsing);
criterion_main!(benches);
