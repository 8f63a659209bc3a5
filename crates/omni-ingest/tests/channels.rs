//! The invented exports with known truth: class and reason of every record, and revenue.

use crate::formats::{Bundled, bundled};
use omni_core::{Currency, Money, Order};
use omni_ingest::parse::MoneyStyle;
use omni_ingest::rule::Class;
use omni_ingest::{Catalog, Format, Keys, Leaves, Read, Reader, formats};
use omni_testkit::reference;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

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
fn score(
    format: &dyn Format,
    file: &str,
    text: &[u8],
    truth: &[BTreeMap<String, String>],
) -> (usize, Vec<String>) {
    let mut reader = Reader::open(format, text).unwrap();
    let mut got = BTreeMap::new();
    while let Some(outcome) = reader.next_outcome().unwrap() {
        let (class, reason) = name(outcome.class(), outcome.reason());
        got.insert(outcome.record().number(), (class, reason));
        // Nothing leaves that breaks a deciding rule, and nothing that breaks none stays.
        assert_eq!(outcome.leaves() == Leaves::Sale, outcome.reason().is_none());
    }
    assert!(reader.account().is_balanced());
    assert_eq!(reader.account().records, got.len() as u64);
    let (mut right, mut wrong) = (0, Vec::new());
    for row in truth.iter().filter(|row| row["file"] == file) {
        let class = if row["expected"] == "repair" { "accept" } else { &row["expected"] };
        let number: u64 = row["record"].parse().unwrap();
        let got = got.remove(&number).expect("every record of the truth is read");
        if got == (class, row["reason"].clone()) {
            right += 1;
        } else {
            wrong.push(format!("{file} {number}: got {got:?}, truth {row:?}"));
        }
    }
    assert_eq!(got.len(), 0, "{file}: records that the truth does not know");
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

/// The bytes as UTF-8.
fn decode(bytes: Vec<u8>, encoding: &str) -> Vec<u8> {
    if encoding != "cp1252" {
        return bytes;
    }
    // Those of the code page that the exports use beside Latin 1.
    let decoded = |byte: u8| match byte {
        0x80 => '\u{20ac}',
        0x92 => '\u{2019}',
        0x93 => '\u{201c}',
        0x94 => '\u{201d}',
        0x96 => '\u{2013}',
        0x97 => '\u{2014}',
        byte => char::from(byte),
    };
    bytes.into_iter().map(decoded).collect::<String>().into_bytes()
}

/// One set of exports with its truth.
struct Channels {
    folder: PathBuf,
    profiles: serde_json::Value,
    catalog: Catalog,
}

impl Channels {
    fn open(folder: &Path) -> Self {
        let load = |file: &str| fs::read(folder.join(file)).unwrap();
        Self {
            folder: folder.to_path_buf(),
            profiles: serde_json::from_slice(&load("profiles.json")).unwrap(),
            catalog: Catalog::read(&load("truth/products.csv")[..]).unwrap(),
        }
    }

    /// The given ones, and those of `OMNI_CHANNELS`: folders with a colon between.
    fn all() -> Vec<Self> {
        let more = std::env::var("OMNI_CHANNELS").unwrap_or_default();
        let more = more.split(':').filter(|folder| !folder.is_empty()).map(PathBuf::from);
        [reference::path(FOLDER)].into_iter().chain(more).map(|f| Self::open(&f)).collect()
    }

    fn truth(&self, table_name: &str) -> Vec<BTreeMap<String, String>> {
        table(&fs::read_to_string(self.folder.join("truth").join(table_name)).unwrap())
    }

    fn says(&self, file: &str, key: &str) -> &str {
        self.profiles[file][key].as_str().unwrap_or_default()
    }

    fn bytes(&self, file: &str) -> Vec<u8> {
        decode(fs::read(self.folder.join(file)).unwrap(), self.says(file, "encoding"))
    }

    /// The formats of orders as the profiles describe the files: channel of the truth, file.
    fn formats(&self) -> Vec<(&'static str, &'static str, Box<dyn Format>)> {
        let delimiter = |file: &str| self.says(file, "delimiter").as_bytes()[0];
        let woo = "woocommerce_orders.csv";
        let zone = self.says(woo, "time").rsplit(' ').next().unwrap().parse().unwrap();
        let comma = self.says(woo, "decimal") == ",";
        let tiktok_dates = self.says("tiktok_orders.csv", "time").replace(" UTC", "");
        let shop = "shopify_orders.csv";
        vec![
            (
                "shopify",
                shop,
                Box::new(
                    formats::shopify_orders()
                        .with_delimiter(delimiter(shop))
                        .with_catalog(&self.catalog),
                ),
            ),
            (
                "square",
                "square_items.csv",
                Box::new(formats::square_items().with_catalog(&self.catalog)),
            ),
            (
                "amazon",
                "amazon_orders.txt",
                Box::new(formats::amazon_orders().with_catalog(&self.catalog)),
            ),
            (
                "tiktok",
                "tiktok_orders.csv",
                Box::new(
                    formats::tiktok_orders()
                        .with_date_layouts([tiktok_dates])
                        .with_catalog(&self.catalog),
                ),
            ),
            (
                "woo",
                woo,
                Box::new(
                    formats::woocommerce_orders()
                        .with_delimiter(delimiter(woo))
                        .with_zone(zone)
                        .with_money_style(if comma { MoneyStyle::COMMA } else { MoneyStyle::POINT })
                        .with_catalog(&self.catalog),
                ),
            ),
            (
                "phone",
                "phone_orders.csv",
                Box::new(formats::phone_orders().with_catalog(&self.catalog)),
            ),
        ]
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn every_record_of_every_order_file_has_its_class_and_reason() {
    for channels in Channels::all() {
        let truth = channels.truth("records.csv");
        for (_, file, format) in channels.formats() {
            let (right, wrong) = score(&*format, file, &channels.bytes(file), &truth);
            println!("{} {file}: {right} right, {} wrong", channels.folder.display(), wrong.len());
            assert_eq!(wrong, Vec::<String>::new());
            assert!(right > 0);
        }
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn orders_and_revenue_of_every_order_file_are_equal_to_the_penny() {
    for channels in Channels::all() {
        let truth = channels.truth("orders.csv");
        let mut keys = Keys::new();
        for (channel, file, format) in channels.formats() {
            let bytes = channels.bytes(file);
            let read = Reader::open(&*format, &bytes[..]).unwrap().into_read(keys).unwrap();
            assert_eq!(read_revenue(&read.orders), true_revenue(&truth, channel), "{file}");
            assert!(read.returns.iter().all(|returned| returned.order.is_some()));
            compare_orders(&read, &truth, channel);
            keys = read.keys;
        }
    }
}

/// Each order by itself: instant, currency, status and lines.
fn compare_orders(read: &Read, truth: &[BTreeMap<String, String>], channel: &str) {
    let known: BTreeMap<&str, &Order> =
        read.orders.iter().map(|order| (order.number.as_str(), order)).collect();
    let of_channel = |row: &&BTreeMap<String, String>| {
        row["channel_of_record"] == channel && row["status"] != "rejected"
    };
    let mut compared = 0;
    for row in truth.iter().filter(of_channel) {
        let order = known[row["native_id"].as_str()];
        let at = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        // Of an hour that the clock repeats, either instant will do.
        let late = (at(&row["placed_at_utc"]) - order.placed_at).num_seconds();
        let local = matches!(channel, "woo" | "phone" | "square");
        assert!(late == 0 || late == 3600 && local, "{channel} {} {late}", order.number);
        assert_eq!(order.currency.code(), row["currency"]);
        let lines: Vec<(String, u32, i64)> = serde_json::from_str(&row["lines"]).unwrap();
        let got: Vec<_> = order
            .lines
            .iter()
            .map(|line| {
                let product = read.keys.variants.key(line.variant.get()).unwrap();
                let price = line.unit_price;
                (product.clone(), line.ordered, price.value())
            })
            .collect();
        assert_eq!(got, lines, "{channel} {}", order.number);
        compared += 1;
    }
    assert_eq!(compared, known.len(), "{channel}");
    println!("{channel}: {compared} orders");
}

#[test]
fn the_bundled_pieces_of_all_exports_are_read_right() {
    let truth = table(include_str!("fixtures/records.csv"));
    let mut right = 0;
    for Bundled { file, bytes, format, .. } in bundled().into_iter().take(6) {
        let (fit, wrong) = score(&*format, file, bytes, &truth);
        assert_eq!(wrong, Vec::<String>::new());
        right += fit;
    }
    assert_eq!(right, truth.len());
}
