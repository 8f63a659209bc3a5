//! Speed of reading X12, in bytes a second.
#![allow(missing_docs, clippy::unwrap_used, reason = "not library code")]

use chrono::NaiveDate;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_core::Currency;
use omni_ingest::edi::x12::{Draft, Envelope, Party, X12Reader, X12Writer};
use omni_ingest::edi::{Acknowledgment, ItemCodes, PurchaseLine, PurchaseOrder};

/// Acknowledgments of ten lines each.
fn file(documents: u32) -> Vec<u8> {
    let at = NaiveDate::from_ymd_opt(2025, 3, 28).unwrap().and_hms_opt(9, 30, 0).unwrap();
    let envelope = Envelope::new(Party::agreed("SELLER"), Party::agreed("BUYER"), 1, at);
    let mut writer = X12Writer::new(Vec::new(), envelope, "PR").unwrap();
    for number in 0..documents {
        let mut draft = Draft::new("855");
        draft.segment("BAK", ["00", "AC", &format!("PO-{number}"), "20250328"]);
        for line in 1..=10 {
            let (line, code) = (line.to_string(), format!("40063813339{line:02}"));
            draft.segment("PO1", [&line, "12", "EA", "6.80", "", "EN", &code]);
            draft.segment("ACK", ["IA", "12", "EA", "068", "20250410"]);
        }
        draft.segment("CTT", ["10"]);
        writer.write(&draft).unwrap();
    }
    writer.finish().unwrap()
}

fn order() -> PurchaseOrder {
    let date = NaiveDate::from_ymd_opt(2025, 3, 28).unwrap();
    let mut order = PurchaseOrder::new("PO-1", date, Currency::GBP);
    for line in 1..=10 {
        let gtin = Some(format!("40063813339{line:02}"));
        let codes = ItemCodes { gtin, ..ItemCodes::default() };
        order.lines.push(PurchaseLine::new(line, 12, "6.80 GBP".parse().unwrap(), codes));
    }
    order
}

fn reading(c: &mut Criterion) {
    let mut group = c.benchmark_group("edi");
    group.sample_size(10);
    let order = order();
    for documents in [100, 10_000] {
        let bytes = file(documents);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_with_input(BenchmarkId::new("x12", documents), &bytes, |b, bytes| {
            b.iter(|| {
                let mut reader = X12Reader::new(&bytes[..]).unwrap();
                let mut segments = 0;
                while let Some(transaction) = reader.next_transaction().unwrap() {
                    segments += transaction.segments().count();
                }
                segments
            });
        });
        group.bench_with_input(BenchmarkId::new("855", documents), &bytes, |b, bytes| {
            b.iter(|| {
                let mut reader = X12Reader::new(&bytes[..]).unwrap();
                let mut differences = 0;
                while let Some(transaction) = reader.next_transaction().unwrap() {
                    let read = Acknowledgment::read(&transaction, Currency::GBP).unwrap();
                    differences += read.differences(&order).len();
                }
                differences
            });
        });
    }
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
