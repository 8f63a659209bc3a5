//! How right are `unify`, `link_people` and `match_products`? Compares what they wrote with the
//! truth.
//!
//! ```text
//! cargo run --release --example score_ingest -- unify OUT TRUTH
//! cargo run --release --example score_ingest -- people OUT/clusters.csv
//! cargo run --release --example score_ingest -- products OUT/pairs.csv GT.csv[.gz]
//! ```
//!
//! `unify`: the class and reason of every record, every order, net revenue by currency and
//! month, and persons as pairs of records. `people`: Febrl ids, where the digits after `rec-`
//! are the person. `products`: pairs against pairs, the first row of the truth is a header.
#![allow(clippy::cast_precision_loss, reason = "not library code")]

#[path = "shell/mod.rs"]
mod shell;

use omnichannel::ingest::record::{Dialect, RecordReader};
use shell::{Failure, open, say, wrong};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

type Row = BTreeMap<String, String>;

const USAGE: &str = "\
usage: score_ingest unify OUT TRUTH | people CLUSTERS | products PAIRS TRUTH";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let what = arguments.first().and_then(|what| what.to_str());
    let files: Vec<&Path> = arguments.iter().skip(1).map(Path::new).collect();
    let scored = match (what, files.as_slice()) {
        (Some("unify"), [out, truth]) => unify(out, truth),
        (Some("people"), [clusters]) => people(clusters),
        (Some("products"), [pairs, truth]) => products(pairs, truth),
        (Some("--help" | "-h"), []) => say(USAGE),
        _ => Err(Failure::Usage(USAGE.to_owned())),
    };
    shell::exit("score_ingest", scored)
}

/// The rows of a CSV file by column name.
fn table(path: &Path, delimiter: u8) -> Result<(Vec<String>, Vec<Row>), Failure> {
    let failed = |error: omnichannel::ingest::Error| wrong(path, error);
    let dialect = Dialect::csv().with_delimiter(delimiter);
    let mut records = RecordReader::new(open(path)?, dialect).map_err(failed)?;
    let names = records.header().map_err(failed)?;
    let mut rows = Vec::new();
    while let Some(record) = records.next_record().map_err(failed)? {
        if record.defect().is_some() {
            return Err(wrong(path, format!("record {} is malformed", record.number())));
        }
        let fields = record.iter().map(ToString::to_string);
        rows.push(names.iter().cloned().zip(fields).collect());
    }
    Ok((names, rows))
}

fn get<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).map_or("", String::as_str)
}

/// `line` with how many of how many, and the share.
fn share(line: &str, right: usize, all: usize) -> Result<(), Failure> {
    let share = if all == 0 { 100.0 } else { 100.0 * right as f64 / all as f64 };
    say(&format!("{line:<44} {right:>7} of {all:>7}  {share:.3} %"))
}

/// Precision, recall and F1 of pairs.
fn pairs<T: Ord>(line: &str, found: &BTreeSet<T>, truth: &BTreeSet<T>) -> Result<(), Failure> {
    let right = found.intersection(truth).count() as f64;
    let precision = if found.is_empty() { 1.0 } else { right / found.len() as f64 };
    let recall = if truth.is_empty() { 1.0 } else { right / truth.len() as f64 };
    let sum = precision + recall;
    let f1 = if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 };
    say(&format!(
        "{line:<44} F1 {f1:.4}  precision {precision:.4}  recall {recall:.4}  ({} found, {} true)",
        found.len(),
        truth.len()
    ))
}

/// All pairs of members that share a label.
fn together<M: Ord + Copy, L: Ord>(labels: impl Iterator<Item = (M, L)>) -> BTreeSet<(M, M)> {
    let mut groups: BTreeMap<L, Vec<M>> = BTreeMap::new();
    for (member, label) in labels {
        groups.entry(label).or_default().push(member);
    }
    let mut found = BTreeSet::new();
    for members in groups.values_mut() {
        members.sort_unstable();
        for (at, first) in members.iter().enumerate() {
            found.extend(members.iter().skip(at + 1).map(|second| (*first, *second)));
        }
    }
    found
}

/// File and number of a record.
fn key(row: &Row) -> (String, String) {
    (get(row, "file").to_string(), get(row, "record").to_string())
}

fn unify(out: &Path, truth: &Path) -> Result<(), Failure> {
    let (_, known) = table(&truth.join("records.csv"), b',')?;
    let (_, true_orders) = table(&truth.join("orders.csv"), b',')?;
    records(out, &known)?;
    orders(out, &true_orders)?;
    revenue(out, &true_orders)?;
    persons(out, &known)
}

/// Every record in its class, with its reason.
fn records(out: &Path, known: &[Row]) -> Result<(), Failure> {
    let (_, fates) = table(&out.join("records.csv"), b',')?;
    let fates: BTreeMap<_, _> = fates.iter().map(|row| (key(row), row)).collect();
    share(
        "records with a row",
        known.iter().filter(|r| fates.contains_key(&key(r))).count(),
        known.len(),
    )?;
    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    for row in known {
        let expected = match get(row, "expected") {
            "repair" => "accept",
            class => class,
        };
        let (class, reason) =
            fates.get(&key(row)).map_or(("", ""), |fate| (get(fate, "class"), get(fate, "reason")));
        if (class, reason) != (expected, get(row, "reason")) {
            let file = get(row, "file");
            let expected = format!("{expected} {}", get(row, "reason"));
            *wrong.entry(format!("{file}: {expected} taken for {class} {reason}")).or_default() +=
                1;
        }
    }
    share(
        "records in their class with their reason",
        known.len() - wrong.values().sum::<usize>(),
        known.len(),
    )?;
    for (what, count) in &wrong {
        say(&format!("  {count} x {what}"))?;
    }
    Ok(())
}

/// Every order, column by column.
fn orders(out: &Path, true_orders: &[Row]) -> Result<(), Failure> {
    let (_, orders) = table(&out.join("orders.csv"), b',')?;
    let sold = |row: &&Row| get(row, "status") != "rejected";
    let by_number = |rows: &[Row]| -> BTreeMap<String, Row> {
        rows.iter()
            .filter(sold)
            .map(|row| (get(row, "native_id").to_string(), row.clone()))
            .collect()
    };
    let (expected, got) = (by_number(true_orders), by_number(&orders));
    let columns =
        ["placed_at_utc", "currency", "status", "total_minor", "refunded_minor", "also_in"];
    let mut differ: BTreeMap<&str, usize> = BTreeMap::new();
    let mut same = 0;
    for (number, row) in &expected {
        let Some(other) = got.get(number) else {
            *differ.entry("missing").or_default() += 1;
            continue;
        };
        let sorted = |row: &Row, column: &str| {
            let mut parts: Vec<String> =
                get(row, column).split('|').map(ToString::to_string).collect();
            parts.sort();
            parts
        };
        let odd: Vec<&&str> =
            columns.iter().filter(|c| sorted(row, c) != sorted(other, c)).collect();
        same += usize::from(odd.is_empty());
        for column in odd {
            *differ.entry(column).or_default() += 1;
        }
    }
    let extra = got.keys().filter(|number| !expected.contains_key(*number)).count();
    share("orders equal in every column", same, expected.len())?;
    say(&format!("  {extra} too many; differing: {differ:?}"))?;
    Ok(())
}

/// Net revenue by currency and month.
fn revenue(out: &Path, true_orders: &[Row]) -> Result<(), Failure> {
    let mut revenue: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in true_orders.iter().filter(|row| get(row, "status") == "ok") {
        let month = get(row, "placed_at_utc").get(..7).unwrap_or_default();
        let net =
            get(row, "total_minor").parse::<i64>()? - get(row, "refunded_minor").parse::<i64>()?;
        *revenue.entry((get(row, "currency").into(), month.into())).or_default() += net;
    }
    let (_, ours) = table(&out.join("revenue.csv"), b',')?;
    let ours: BTreeMap<(String, String), i64> = ours
        .iter()
        .map(|row| {
            let key = (get(row, "currency").to_string(), get(row, "month").to_string());
            Ok((key, get(row, "net_minor").parse()?))
        })
        .collect::<Result<_, Failure>>()?;
    let equal = revenue.iter().filter(|(key, net)| ours.get(*key) == Some(net)).count();
    share("currencies and months with equal net revenue", equal, revenue.len())?;
    say(&format!("  {} too many", ours.keys().filter(|key| !revenue.contains_key(*key)).count()))?;
    Ok(())
}

/// Persons, as pairs of records.
fn persons(out: &Path, known: &[Row]) -> Result<(), Failure> {
    let (_, persons) = table(&out.join("persons.csv"), b',')?;
    let persons: BTreeMap<_, _> =
        persons.iter().map(|row| (key(row), get(row, "person").to_string())).collect();
    let identified =
        ["shopify_orders.csv", "woocommerce_orders.csv", "amazon_orders.txt", "phone_orders.csv"];
    let mut seen = BTreeSet::new();
    let of_orders: Vec<&Row> = known
        .iter()
        .filter(|row| {
            let counts = !matches!(get(row, "expected"), "reject" | "duplicate")
                && !get(row, "person_id").is_empty()
                && identified.contains(&get(row, "file"));
            // One record an order: its first.
            counts && seen.insert((get(row, "file"), get(row, "native_id")))
        })
        .collect();
    let everything: Vec<&Row> = known
        .iter()
        .filter(|row| persons.contains_key(&key(row)) && !get(row, "person_id").is_empty())
        .collect();
    for (line, rows) in [
        ("persons, four identified channels", of_orders),
        ("persons, every identified record", everything),
    ] {
        let truth = together(rows.iter().enumerate().map(|(at, row)| (at, get(row, "person_id"))));
        let alone = |at: usize, row: &Row| {
            persons.get(&key(row)).cloned().unwrap_or_else(|| format!("unknown {at}"))
        };
        let found = together(rows.iter().enumerate().map(|(at, row)| (at, alone(at, row))));
        say(&format!("{} records", rows.len()))?;
        pairs(line, &found, &truth)?;
    }
    Ok(())
}

fn people(clusters: &Path) -> Result<(), Failure> {
    let (_, rows) = table(clusters, b',')?;
    let person = |id: &str| id.split('-').nth(1).unwrap_or_default().to_string();
    let labels = |column: fn(&Row) -> String| {
        together(rows.iter().enumerate().map(move |(at, row)| (at, column(row))))
    };
    let found = labels(|row| get(row, "cluster").to_string());
    let truth = together(rows.iter().enumerate().map(|(at, row)| (at, person(get(row, "id")))));
    pairs("persons", &found, &truth)?;
    Ok(())
}

fn products(found: &Path, truth: &Path) -> Result<(), Failure> {
    let (_, rows) = table(found, b',')?;
    let found: BTreeSet<(String, String)> =
        rows.iter().map(|row| (get(row, "a").to_string(), get(row, "b").to_string())).collect();
    let (names, rows) = table(truth, b'|')?;
    let [a, b, ..] = names.as_slice() else { return Err(wrong(truth, "there are no two columns")) };
    let truth: BTreeSet<(String, String)> = rows
        .iter()
        .map(|row| (get(row, a).trim().to_string(), get(row, b).trim().to_string()))
        .collect();
    pairs("products", &found, &truth)?;
    Ok(())
}
