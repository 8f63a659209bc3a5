//! Speed of writing tables, in bytes a second.
#![allow(missing_docs, clippy::unwrap_used, reason = "not library code")]

use chrono::DateTime;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_ingest::export::{CsvWriter, NdjsonWriter, OrderRow, Row};

fn tables(c: &mut Criterion) {
    let mut group = c.benchmark_group("export");
    group.sample_size(10);
    for n in [100_u64, 10_000, 1_000_000] {
        let row = |order| OrderRow {
            order,
            number: "#1001",
            channel: "shopify",
            person: Some(7),
            placed_at: DateTime::from_timestamp(1_750_000_000 + i64::try_from(order).unwrap(), 0)
                .unwrap(),
            currency: "GBP",
            state: "completed",
            total_minor: 1_999,
            ..OrderRow::default()
        };
        let rows: Vec<OrderRow<'_>> = (0..n).map(row).collect();
        let csv = || {
            let mut writer = CsvWriter::new(Vec::new(), OrderRow::TABLE, b',').unwrap();
            for row in &rows {
                writer.write(row).unwrap();
            }
            writer.finish().unwrap()
        };
        let json = || {
            let mut writer = NdjsonWriter::new(Vec::new(), OrderRow::TABLE);
            for row in &rows {
                writer.write(row).unwrap();
            }
            writer.finish().unwrap()
        };
        group.throughput(Throughput::Bytes(csv().len() as u64));
        group.bench_function(BenchmarkId::new("csv", n), |b| b.iter(csv));
        group.throughput(Throughput::Bytes(json().len() as u64));
        group.bench_function(BenchmarkId::new("ndjson", n), |b| b.iter(json));
        #[cfg(feature = "arrow")]
        {
            let parquet = || {
                use omni_ingest::export::parquet::ParquetWriter;
                let mut writer = ParquetWriter::new(Vec::new(), OrderRow::TABLE).unwrap();
                for row in &rows {
                    writer.write(row).unwrap();
                }
                writer.finish().unwrap()
            };
            group.throughput(Throughput::Elements(n));
            group.bench_function(BenchmarkId::new("parquet", n), |b| b.iter(parquet));
        }
    }
    group.finish();
}

criterion_group!(benches, tables);
criterion_main!(benches);
