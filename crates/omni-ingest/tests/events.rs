//! The invented event streams and purchase orders with known truth.

use omni_ingest::record::{Dialect, RecordReader};
use omni_ingest::rule::Class;
use omni_ingest::{Catalog, Format, Leaves, formats};
use omni_testkit::reference;
use std::collections::BTreeMap;
use std::fs;

const FOLDER: &str = "data/ingest/channels";

fn load(file: &str) -> Vec<u8> {
    fs::read(reference::path(&format!("{FOLDER}/{file}"))).unwrap()
}

/// A table of the truth as rows of named fields.
fn table(file: &str) -> Vec<BTreeMap<String, String>> {
    let bytes = load(file);
    let mut records = RecordReader::new(&bytes[..], Dialect::csv()).unwrap();
    let names = records.header().unwrap();
    let mut rows = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        let fields = record.iter().map(ToString::to_string);
        rows.push(names.iter().cloned().zip(fields).collect());
    }
    rows
}

/// Every record has the class and reason of the truth. That a sale is one of another
/// channel too is found where all channels are read.
fn judge(format: &dyn Format, file: &str) -> usize {
    let truth = table("truth/records.csv");
    let truth: Vec<_> = truth.iter().filter(|row| row["file"] == file).collect();
    let bytes = load(file);
    let mut reader = omni_ingest::Reader::open(format, &bytes[..]).unwrap();
    let mut at = 0;
    while let Some(outcome) = reader.next_outcome().unwrap() {
        let row = truth[at];
        let class = match outcome.class() {
            Class::Accepted | Class::Repaired => "accept",
            Class::Duplicate => "duplicate",
            Class::Rejected => "reject",
            other => panic!("{other:?}"),
        };
        let expected = match row["expected"].as_str() {
            "repair" | "cross_channel_copy" => "accept",
            expected => expected,
        };
        assert_eq!(row["record"], outcome.record().number().to_string());
        let got = (class, outcome.reason().unwrap_or_default());
        assert_eq!(got, (expected, row["reason"].as_str()), "{file} {}", row["record"]);
        if row["tags"] == "clock_skew" {
            assert!(outcome.breaks("clock_skew"), "{}", row["record"]);
        }
        at += 1;
    }
    assert_eq!(at, truth.len());
    assert!(reader.account().is_balanced());
    at
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn every_event_has_its_class_and_reason() {
    let catalog = Catalog::read(&load("truth/products.csv")[..]).unwrap();
    let segment = formats::segment_events().with_catalog(&catalog);
    let ga4 = formats::ga4_events().with_catalog(&catalog);
    let edi = formats::edi_850().with_catalog(&catalog);
    let records = judge(&segment, "segment_events.ndjson")
        + judge(&ga4, "ga4_events.ndjson")
        + judge(&edi, "edi_850.x12");
    println!("{records} events right");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn orders_of_the_app_are_those_of_the_truth() {
    let catalog = Catalog::read(&load("truth/products.csv")[..]).unwrap();
    let bytes = load("segment_events.ndjson");
    let mut reader = formats::segment_events().with_catalog(&catalog).reader(&bytes[..]).unwrap();
    let mut orders = BTreeMap::new();
    while let Some(outcome) = reader.next_outcome().unwrap() {
        if outcome.leaves() == Leaves::Sale {
            let lines = outcome.lines();
            let of_lines: Vec<_> = lines
                .iter()
                .map(|line| {
                    let unit = line.price.unit_price(line.quantity, line.currency).unwrap();
                    let total = unit.times(1, omni_core::Rounding::HalfUp).unwrap().minor();
                    (line.product.clone().unwrap().into_owned(), line.quantity, total)
                })
                .collect();
            let placed = lines[0].placed_at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            orders.insert(lines[0].order.to_string(), (placed, of_lines));
        }
    }
    let truth = table("truth/orders.csv");
    let of_app = truth.iter().filter(|row| row["channel_of_record"] == "app");
    let mut compared = 0;
    for row in of_app.filter(|row| row["status"] == "ok") {
        let lines: Vec<(String, i64, i64)> = serde_json::from_str(&row["lines"]).unwrap();
        assert_eq!(orders[&row["native_id"]], (row["placed_at_utc"].clone(), lines));
        compared += 1;
    }
    assert_eq!(compared, 150);
}
