//! Speed of product matching: tokens, and two catalogs of growing size.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "not library code"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_ingest::product::{Gtin, ProductMatcher, ProductTable, tokenize};
use std::hint::black_box;

const WORDS: [&str; 24] = [
    "Turntable",
    "Cordless",
    "Handset",
    "Black",
    "White",
    "Silver",
    "Speaker",
    "System",
    "Wireless",
    "Digital",
    "Camera",
    "Cartridge",
    "Notebook",
    "Sleeve",
    "Adapter",
    "Cable",
    "Mount",
    "Player",
    "Toner",
    "Phone",
    "Keyboard",
    "Monitor",
    "Printer",
    "Charger",
];

/// A catalog whose second half is in the catalog of the next seed, written otherwise.
fn catalog(rows: usize, first: usize, dashed: bool) -> ProductTable {
    let mut table = ProductTable::new(["title", "brand", "price"]);
    for at in first..first + rows {
        let draw = (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        let word = |by: u64| WORDS[(draw / by % 24) as usize];
        let maker = format!("Maker{}", draw % 97);
        let dash = if dashed { "-" } else { "" };
        let title = format!(
            "{maker} {} {} {} {} GB KX{dash}{}{}",
            word(7),
            word(171),
            word(4_105),
            1 << (draw % 8),
            at,
            if dashed { " NEW" } else { "" },
        );
        let price = format!("{}.{:02}", 5 + draw % 500, draw % 100);
        table.push(at.to_string(), [title, maker, price]).unwrap();
    }
    table
}

fn matching(c: &mut Criterion) {
    let mut group = c.benchmark_group("product");
    group.sample_size(10);
    for rows in [100, 1_000, 10_000] {
        let (a, b) = (catalog(rows, 0, false), catalog(rows, rows / 2, true));
        group.throughput(Throughput::Elements(2 * rows as u64));
        group.bench_with_input(BenchmarkId::new("match", rows), &(a, b), |bench, (a, b)| {
            bench.iter(|| ProductMatcher::new().match_catalogs(a, b).unwrap());
        });
    }
    group.finish();
}

fn parts(c: &mut Criterion) {
    let mut group = c.benchmark_group("product");
    let title = "Panasonic KX-TGA630S DECT 6.0 Silver Digital Cordless Handset 2.4 GHz, 4-Pack";
    group.throughput(Throughput::Bytes(title.len() as u64));
    group.bench_function("tokenize", |bench| bench.iter(|| tokenize(black_box(title))));
    group.throughput(Throughput::Elements(1));
    group.bench_function("gtin", |bench| {
        bench.iter(|| black_box("0 036000 291452").parse::<Gtin>());
    });
    group.finish();
}

criterion_group!(benches, matching, parts);
criterion_main!(benches);
