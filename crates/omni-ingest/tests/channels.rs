//! The invented exports with known truth: class and reason of every record, and revenue.

use omni_core::{Currency, Money, Order};
use omni_ingest::rule::Class;
use omni_ingest::{Catalog, Format, Keys, formats};
use omni_testkit::reference;
use std::collections::BTreeMap;
use std::fs;

const FOLDER: &str = "data/ingest/channels";

/// A table of the truth as rows of named fields.
fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    use omni_ingest::record::{Dialect, RecordReader};
    let mut records = RecordReader::new(text.as_bytes(), Dialect::csv()).unwrap();
    let names = records.header().unwrap();
    let mut rows = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        assert_eq!(record.defect(), None);
        let fields = record.iter().map(ToString::to_string);
        rows.push(names.iter().cloned().zip(fields).collect());
    }
    rows
}

/// Class and reason as the truth writes them.
fn name(class: Class, reason: Option<&str>) -> (&'static str, String) {
    let reason = reason.unwrap_or_default().to_string();
    match class {
        Class::Accepted | Class::Repaired => ("accept", String::new()),
        Class::Duplicate => ("duplicate", reason),
        Class::Copy => ("cross_channel_copy", String::new()),
        Class::Refund => ("refund", String::new()),
        Class::Rejected => ("reject", reason),
        other => panic!("unknown class {other:?}"),
    }
}

/// Compares every record; returns how many are right, and which are not.
fn score<F: Format>(
    format: &F,
    file: &str,
    text: &[u8],
    truth: &[BTreeMap<String, String>],
) -> (usize, Vec<String>) {
    let mut reader = format.reader(text).unwrap();
    let mut of_file = truth.iter().filter(|row| row["file"] == file);
    let (mut right, mut wrong) = (0, Vec::new());
    while let Some(outcome) = reader.next_outcome().unwrap() {
        let truth = of_file.next().expect("a record that the truth does not know");
        assert_eq!(truth["record"], outcome.record().number().to_string());
        let class = match truth["expected"].as_str() {
            "repair" => "accept",
            class => class,
        };
        let got = name(outcome.class(), outcome.reason());
        if got == (class, truth["reason"].clone()) {
            right += 1;
        } else {
            wrong.push(format!("{file} {}: got {got:?}, truth {truth:?}", truth["record"]));
        }
    }
    assert_eq!(of_file.count(), 0, "records of the truth that were not read");
    assert!(reader.account().is_balanced());
    (right, wrong)
}

/// Money kept: ordered less returned; nothing of a canceled order.
fn net(order: &Order) -> Money {
    let returned = order.returned_goods().unwrap().gross();
    order.goods().unwrap().gross().try_sub(returned).unwrap()
}

type Revenue = BTreeMap<(Currency, String), i64>;

/// The sales of a channel per currency and UTC month of placement, from the truth.
fn true_revenue(orders: &[BTreeMap<String, String>], channel: &str) -> Revenue {
    let mut revenue = Revenue::new();
    let of_channel = |row: &&BTreeMap<String, String>| {
        row["channel_of_record"] == channel && row["status"] == "ok"
    };
    for row in orders.iter().filter(of_channel) {
        let minor = |key: &str| row[key].parse::<i64>().unwrap();
        let key = (row["currency"].parse().unwrap(), row["placed_at_utc"][..7].to_string());
        *revenue.entry(key).or_default() += minor("total_minor") - minor("refunded_minor");
    }
    revenue
}

fn read_revenue(orders: &[Order]) -> Revenue {
    let mut revenue = Revenue::new();
    for order in orders {
        let month = order.placed_at.format("%Y-%m").to_string();
        *revenue.entry((order.currency, month)).or_default() += net(order).minor();
    }
    revenue.retain(|_, minor| *minor != 0);
    revenue
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn every_record_of_shop_and_till_has_its_class_and_reason() {
    let load = |file: &str| fs::read(reference::path(&format!("{FOLDER}/{file}"))).unwrap();
    let text = |file: &str| String::from_utf8(load(file)).unwrap();
    let truth = table(&text("truth/records.csv"));
    let catalog = Catalog::read(&load("truth/products.csv")[..]).unwrap();
    let shop = formats::shopify_orders().with_catalog(&catalog);
    let till = formats::square_items().with_catalog(&catalog);
    let (shop_file, till_file) = ("shopify_orders.csv", "square_items.csv");
    let shop_score = score(&shop, shop_file, &load(shop_file), &truth);
    let till_score = score(&till, till_file, &load(till_file), &truth);
    println!("{shop_file}: {} right, {} wrong", shop_score.0, shop_score.1.len());
    println!("{till_file}: {} right, {} wrong", till_score.0, till_score.1.len());
    assert_eq!((shop_score.0, till_score.0), (605, 545), "{:#?}", (shop_score.1, till_score.1));
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn revenue_of_shop_and_till_is_equal_to_the_penny() {
    let load = |file: &str| fs::read(reference::path(&format!("{FOLDER}/{file}"))).unwrap();
    let orders = table(&String::from_utf8(load("truth/orders.csv")).unwrap());
    let catalog = Catalog::read(&load("truth/products.csv")[..]).unwrap();
    let shop = formats::shopify_orders().with_catalog(&catalog);
    let till = formats::square_items().with_catalog(&catalog);
    let shop_bytes = load("shopify_orders.csv");
    let shop = shop.reader(&shop_bytes[..]).unwrap().into_read(Keys::new()).unwrap();
    assert_eq!(read_revenue(&shop.orders), true_revenue(&orders, "shopify"));
    let till_bytes = load("square_items.csv");
    let till = till.reader(&till_bytes[..]).unwrap().into_read(shop.keys).unwrap();
    assert_eq!(read_revenue(&till.orders), true_revenue(&orders, "square"));
    assert!(till.returns.iter().all(|returned| returned.order.is_some()));

    // Each order by itself: instant, lines and status.
    let known: BTreeMap<&str, &Order> = shop
        .orders
        .iter()
        .chain(&till.orders)
        .map(|order| (order.number.as_str(), order))
        .collect();
    let of_both = orders.iter().filter(|row| {
        matches!(row["channel_of_record"].as_str(), "shopify" | "square")
            && row["status"] != "rejected"
    });
    let mut compared = 0;
    for row in of_both {
        let order = known[row["native_id"].as_str()];
        let placed = order.placed_at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        assert_eq!(placed, row["placed_at_utc"], "{}", order.number);
        let lines: Vec<(String, u32, i64)> = serde_json::from_str(&row["lines"]).unwrap();
        let got: Vec<_> = order
            .lines
            .iter()
            .map(|line| {
                let product = till.keys.variants.key(line.variant.get()).unwrap();
                (product.clone(), line.ordered, line.unit_price.value())
            })
            .collect();
        assert_eq!(got, lines, "{}", order.number);
        compared += 1;
    }
    assert_eq!((compared, known.len()), (491, 491));
}

#[test]
fn the_bundled_piece_of_the_shop_export_is_read_right() {
    let truth = table(include_str!("fixtures/records.csv"));
    let catalog = Catalog::read(&include_bytes!("fixtures/products.csv")[..]).unwrap();
    let shop = formats::shopify_orders().with_catalog(&catalog);
    let till = formats::square_items().with_catalog(&catalog);
    let files: [(&str, &[u8]); 2] = [
        ("shopify_orders.csv", include_bytes!("fixtures/shopify_orders.csv")),
        ("square_items.csv", include_bytes!("fixtures/square_items.csv")),
    ];
    let (shop_right, shop_wrong) = score(&shop, files[0].0, files[0].1, &truth);
    let (till_right, till_wrong) = score(&till, files[1].0, files[1].1, &truth);
    assert_eq!((shop_wrong, till_wrong), (Vec::<String>::new(), Vec::<String>::new()));
    assert_eq!(shop_right + till_right, truth.len());
    // Fed twice, the second half is all duplicates.
    for (name, bytes) in files {
        let body = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        let twice = [bytes, &bytes[body..]].concat();
        let account = match name {
            "square_items.csv" => omni_ingest::read(&till, &twice[..]).unwrap().account,
            _ => omni_ingest::read(&shop, &twice[..]).unwrap().account,
        };
        assert!(account.duplicates >= account.records / 2, "{account}");
        assert!(account.is_balanced());
    }
}
