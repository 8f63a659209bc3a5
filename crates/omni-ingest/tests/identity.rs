//! Who is who: the invented channels and the Febrl lists, without labels.

use omni_ingest::identity::{PersonFields, Resolver};
use omni_ingest::record::{Dialect, RecordReader};
use omni_testkit::reference;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A record with its true person.
struct Labeled {
    file: String,
    fields: PersonFields,
    person: String,
}

type Row = BTreeMap<String, String>;

fn rows(text: &str, dialect: Dialect) -> Vec<Row> {
    let mut records = RecordReader::new(text.as_bytes(), dialect).unwrap();
    let names = records.header().unwrap();
    let mut rows = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        let fields = if record.defect().is_some() {
            Vec::new()
        } else {
            record.iter().map(ToString::to_string).collect()
        };
        rows.push(names.iter().cloned().zip(fields).collect());
    }
    rows
}

/// UTF-8 or else Windows-1252, without its rare signs.
fn decode(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_string())
}

/// The records of a folder of channel exports that name somebody.
fn channels(folder: &Path) -> Vec<Labeled> {
    let load = |file: &str| decode(fs::read(folder.join(file)).unwrap());
    let profiles: Value = serde_json::from_str(&load("profiles.json")).unwrap();
    let truth: BTreeMap<(String, usize), Row> = rows(&load("truth/records.csv"), Dialect::csv())
        .into_iter()
        .map(|row| ((row["file"].clone(), row["record"].parse().unwrap()), row))
        .collect();
    let mut out = Vec::new();
    let mut add = |file: &str, record: usize, fields: PersonFields| {
        let truth = &truth[&(file.to_string(), record)];
        let set_aside = matches!(truth["expected"].as_str(), "reject" | "duplicate");
        if !set_aside && !truth["person_id"].is_empty() {
            let person = truth["person_id"].clone();
            out.push(Labeled { file: file.to_string(), fields, person });
        }
    };
    let table = |file: &str| {
        let dialect = match file {
            "amazon_orders.txt" => Dialect::tabs(),
            _ => {
                let delimiter = profiles[file]["delimiter"].as_str().unwrap();
                Dialect::csv().with_delimiter(delimiter.as_bytes()[0])
            }
        };
        rows(&load(file), dialect)
    };

    let file = "shopify_orders.csv";
    for (at, row) in table(file).iter().enumerate() {
        if row.get("Financial Status").is_some_and(|status| !status.is_empty()) {
            add(
                file,
                at + 1,
                PersonFields {
                    channel: "shopify".into(),
                    name: some(&row["Billing Name"]),
                    email: some(&row["Email"]),
                    phone: some(&row["Billing Phone"]),
                    street: some(&row["Billing Address1"]),
                    city: some(&row["Billing City"]),
                    postal_code: some(&row["Billing Zip"]),
                    country: some(&row["Billing Country"]),
                    ..PersonFields::default()
                },
            );
        }
    }
    let file = "woocommerce_orders.csv";
    for (at, row) in table(file).iter().enumerate() {
        if row.is_empty() {
            continue;
        }
        add(
            file,
            at + 1,
            PersonFields {
                channel: "woo".into(),
                given_name: some(&row["billing_first_name"]),
                surname: some(&row["billing_last_name"]),
                email: some(&row["billing_email"]),
                phone: some(&row["billing_phone"]),
                street: some(&row["billing_address_1"]),
                city: some(&row["billing_city"]),
                postal_code: some(&row["billing_postcode"]),
                country: some(&row["billing_country"]),
                account: some(&row["customer_id"]),
                ..PersonFields::default()
            },
        );
    }
    let file = "amazon_orders.txt";
    let mut seen = BTreeSet::new();
    for (at, row) in table(file).iter().enumerate() {
        if !row["order-id"].is_empty() && seen.insert(row["order-id"].clone()) {
            add(
                file,
                at + 1,
                PersonFields {
                    channel: "amazon".into(),
                    name: some(&row["buyer-name"]),
                    email: some(&row["buyer-email"]),
                    phone: some(&row["buyer-phone-number"]),
                    street: some(&row["ship-address-1"]),
                    city: some(&row["ship-city"]),
                    postal_code: some(&row["ship-postal-code"]),
                    country: some(&row["ship-country"]),
                    ..PersonFields::default()
                },
            );
        }
    }
    let file = "phone_orders.csv";
    for (at, row) in table(file).iter().enumerate() {
        add(
            file,
            at + 1,
            PersonFields {
                channel: "phone".into(),
                name: some(&row["customer_name"]),
                email: some(&row["email"]),
                phone: some(&row["phone"]),
                address: some(&row["address"]),
                country: some("GB"),
                loyalty: some(&row["loyalty_no"]),
                ..PersonFields::default()
            },
        );
    }
    let file = "square_items.csv";
    let mut seen = BTreeSet::new();
    for (at, row) in table(file).iter().enumerate() {
        if !row["Customer ID"].is_empty()
            && !row["Customer Name"].is_empty()
            && seen.insert(row["Transaction ID"].clone())
        {
            add(
                file,
                at + 1,
                PersonFields {
                    channel: "square".into(),
                    name: some(&row["Customer Name"]),
                    account: some(&row["Customer ID"]),
                    loyalty: some(&row["Customer Reference ID"]),
                    ..PersonFields::default()
                },
            );
        }
    }
    let file = "edi_850.x12";
    let text = load(file);
    for (at, transaction) in text.split("ST*850").skip(1).enumerate() {
        let mut fields = PersonFields { channel: "edi".into(), ..PersonFields::default() };
        for segment in transaction.split('~') {
            let parts: Vec<&str> = segment.trim().split('*').collect();
            match parts[0] {
                "N1" => {
                    fields.name = some(parts[2]);
                    fields.loyalty = some(parts[4]);
                }
                "N3" => fields.street = some(parts[1]),
                "N4" => {
                    fields.city = some(parts[1]);
                    fields.postal_code = some(parts[3]);
                    fields.country = some(parts[4]);
                }
                _ => (),
            }
        }
        add(file, at + 1, fields);
    }
    let text_of = |value: &Value| value.as_str().map(ToString::to_string);
    let file = "segment_events.ndjson";
    for (at, line) in load(file).lines().enumerate() {
        let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
        let traits = &event["traits"];
        add(
            file,
            at + 1,
            PersonFields {
                channel: "app".into(),
                given_name: text_of(&traits["firstName"]),
                surname: text_of(&traits["lastName"]),
                email: text_of(&traits["email"]),
                phone: text_of(&traits["phone"]),
                loyalty: text_of(&event["userId"]),
                devices: text_of(&event["anonymousId"]).into_iter().map(Into::into).collect(),
                ..PersonFields::default()
            },
        );
    }
    let file = "ga4_events.ndjson";
    for (at, line) in load(file).lines().enumerate() {
        let event: Value = serde_json::from_str(line).unwrap();
        add(
            file,
            at + 1,
            PersonFields {
                channel: "web".into(),
                loyalty: text_of(&event["user_id"]),
                devices: text_of(&event["user_pseudo_id"]).into_iter().map(Into::into).collect(),
                ..PersonFields::default()
            },
        );
    }
    out
}

/// A Febrl list.
fn febrl(set: u32) -> Vec<Labeled> {
    let path = reference::path(&format!("data/ingest/febrl/dataset{set}.csv.gz"));
    let mut text = String::new();
    let file = fs::File::open(path).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    rows(&text, Dialect::csv())
        .into_iter()
        .map(|row| {
            let row: Row =
                row.iter().map(|(k, v)| (k.trim().to_string(), v.trim().to_string())).collect();
            let street = format!("{} {}", row["street_number"], row["address_1"]);
            Labeled {
                file: row["rec_id"].clone(),
                person: row["rec_id"].split('-').nth(1).unwrap().to_string(),
                fields: PersonFields {
                    given_name: some(&row["given_name"]),
                    surname: some(&row["surname"]),
                    street: some(street.trim()),
                    address_detail: some(&row["address_2"]),
                    city: some(&row["suburb"]),
                    region: some(&row["state"]),
                    postal_code: some(&row["postcode"]),
                    birth_date: some(&row["date_of_birth"]),
                    national_id: some(&row["soc_sec_id"]),
                    ..PersonFields::default()
                },
            }
        })
        .collect()
}

/// Precision, recall and F1 over pairs.
fn score(labeled: &[&Labeled], persons: &[u32]) -> (f64, f64, f64, usize, usize) {
    let pairs =
        |sizes: &mut dyn Iterator<Item = usize>| sizes.map(|n| n * (n - 1) / 2).sum::<usize>();
    let (mut truth, mut found, mut both) =
        (BTreeMap::<&str, usize>::new(), BTreeMap::<u32, usize>::new(), BTreeMap::new());
    for (record, person) in labeled.iter().zip(persons) {
        *truth.entry(&record.person).or_default() += 1;
        *found.entry(*person).or_default() += 1;
        *both.entry((record.person.as_str(), *person)).or_insert(0_usize) += 1;
    }
    let truth = pairs(&mut truth.into_values());
    let found = pairs(&mut found.into_values());
    let both = pairs(&mut both.into_values());
    let (p, r) = (both as f64 / found as f64, both as f64 / truth as f64);
    (p, r, 2.0 * p * r / (p + r), found - both, truth - both)
}

fn resolve(labeled: &[Labeled]) -> Vec<u32> {
    let records = labeled.iter().map(|l| l.fields.as_record());
    Resolver::new().resolve(records).unwrap().persons
}

/// The files that the baseline reads.
const ORDERS: [&str; 4] =
    ["shopify_orders.csv", "woocommerce_orders.csv", "amazon_orders.txt", "phone_orders.csv"];

#[test]
#[ignore = "needs OMNI_SHARED"]
fn channels_are_resolved() {
    let folders: Vec<PathBuf> = match std::env::var("OMNI_CHANNELS") {
        Ok(list) => list.split(':').map(PathBuf::from).collect(),
        Err(_) => vec![reference::path("data/ingest/channels")],
    };
    for folder in folders {
        let all = channels(&folder);
        let persons = resolve(&all);
        let kept: Vec<(&Labeled, u32)> = all
            .iter()
            .zip(&persons)
            .filter(|(l, _)| ORDERS.contains(&l.file.as_str()))
            .map(|(l, p)| (l, *p))
            .collect();
        let (labeled, of): (Vec<_>, Vec<_>) = kept.into_iter().unzip();
        println!(
            "{} all files, scored on {}: {:?}",
            folder.display(),
            labeled.len(),
            score(&labeled, &of)
        );
        let every: Vec<_> = all.iter().collect();
        println!("  all {}: {:?}", every.len(), score(&every, &persons));
        let kept: Vec<(&Labeled, u32)> = all
            .iter()
            .zip(&persons)
            .filter(|(l, _)| {
                ORDERS.contains(&l.file.as_str())
                    || l.file.starts_with("square")
                    || l.file.starts_with("edi")
            })
            .map(|(l, p)| (l, *p))
            .collect();
        let (labeled, of): (Vec<_>, Vec<_>) = kept.into_iter().unzip();
        println!("  with till and edi {}: {:?}", labeled.len(), score(&labeled, &of));
        let alone: Vec<Labeled> =
            all.into_iter().filter(|l| ORDERS.contains(&l.file.as_str())).collect();
        let persons = resolve(&alone);
        println!("  alone: {:?}", score(&alone.iter().collect::<Vec<_>>(), &persons));
        if std::env::var("OMNI_SHOW").is_ok() {
            show(&alone, &persons);
        }
    }
}

fn show(labeled: &[Labeled], persons: &[u32]) {
    let mut of_truth: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    let mut of_found: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    for (l, p) in labeled.iter().zip(persons) {
        of_truth.entry(&l.person).or_default().insert(*p);
        of_found.entry(*p).or_default().insert(&l.person);
    }
    let line = |l: &Labeled, p: u32| {
        let f = &l.fields;
        println!(
            "   {} -> {p}: {:?} {:?}/{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            l.person,
            f.name,
            f.given_name,
            f.surname,
            f.email,
            f.phone,
            f.street,
            f.city,
            f.postal_code,
            f.birth_date,
            f.national_id,
            f.loyalty,
            f.account
        );
    };
    for (truth, found) in &of_truth {
        if found.len() > 1 {
            println!("split {truth}");
            for (l, p) in labeled.iter().zip(persons).filter(|(l, _)| l.person == **truth) {
                line(l, *p);
            }
        }
    }
    for (found, truth) in &of_found {
        if truth.len() > 1 {
            println!("merged {truth:?}");
            for (l, p) in labeled.iter().zip(persons).filter(|(_, p)| *p == found) {
                line(l, *p);
            }
        }
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn febrl_is_resolved() {
    for set in [1, 3] {
        let all = febrl(set);
        let persons = resolve(&all);
        let result = score(&all.iter().collect::<Vec<_>>(), &persons);
        println!("febrl {set}: {result:?}");
        if std::env::var("OMNI_SHOW").is_ok() {
            show(&all, &persons);
        }
    }
}
