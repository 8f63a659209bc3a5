//! Golden records, tables and the rights of a person, on all channels as one.

use chrono::DateTime;
use omni_core::customer::Purpose;
use omni_ingest::export::{self, Form};
use omni_ingest::merge::Survivorship;
use omni_ingest::privacy::{Key, Tombstones};
use omni_ingest::record::{Dialect, RecordReader};
use omni_ingest::unify::{Unified, Unifier};
use omni_ingest::{Error, Format, formats};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

fn key() -> Key {
    Key::new(*b"0123456789abcdef")
}

/// The pieces of the invented exports, all channels.
fn fixtures() -> Unified {
    let mut unifier = Unifier::new();
    let mut read = |name: &str, format: &dyn Format, bytes: &'static [u8]| {
        unifier.read(name, format, bytes).unwrap();
    };
    read("shop.csv", &formats::shopify_orders(), include_bytes!("fixtures/shopify_orders.csv"));
    read("till.csv", &formats::square_items(), include_bytes!("fixtures/square_items.csv"));
    let web = formats::woocommerce_orders().with_delimiter(b';');
    read("web.csv", &web, include_bytes!("fixtures/woocommerce_orders.csv"));
    read("amazon.txt", &formats::amazon_orders(), include_bytes!("fixtures/amazon_orders.txt"));
    read("tiktok.csv", &formats::tiktok_orders(), include_bytes!("fixtures/tiktok_orders.csv"));
    read("phone.csv", &formats::phone_orders(), include_bytes!("fixtures/phone_orders.csv"));
    unifier.finish().unwrap()
}

fn tables(unified: &Unified, form: Form) -> Vec<(&'static str, u64, Vec<u8>)> {
    let rules = Survivorship::person();
    let written = export::unified(unified, &rules, form, |_| Ok(Vec::new())).unwrap();
    written.into_iter().map(|table| (table.table.name, table.rows, table.output)).collect()
}

/// Every byte that is kept or leaves.
pub fn everything(unified: &Unified, tombstones: &Tombstones) -> String {
    let mut text = format!("{unified:?} {tombstones:?}");
    for form in [Form::Csv(b','), Form::Ndjson] {
        for (_, _, bytes) in tables(unified, form) {
            text += &String::from_utf8(bytes).unwrap();
        }
    }
    #[cfg(feature = "serde")]
    {
        text += &serde_json::to_string(unified).unwrap();
        text += &serde_json::to_string(tombstones).unwrap();
    }
    text.to_lowercase()
}

/// Whole names, e-mail addresses and phone numbers of a person, as they are written and in
/// their form.
fn needles(unified: &Unified, person: u32) -> BTreeSet<String> {
    let state = unified.person(person);
    let mut needles = BTreeSet::new();
    for field in ["name", "email", "phone"] {
        for (value, _) in state.texts().field(field).into_iter().flat_map(|values| values.iter()) {
            needles.insert(value.to_lowercase());
        }
    }
    for mention in unified.mentions_of(person) {
        let contact = &mention.contact;
        for text in [&contact.name, &contact.email, &contact.phone] {
            needles.insert(text.trim().to_lowercase());
        }
    }
    needles.retain(|needle| !needle.is_empty());
    needles
}

/// Number, time, amounts and lines of every order, and the account: the books.
fn books(unified: &Unified) -> String {
    let orders = unified.orders.iter().map(|unified| {
        let order = &unified.order;
        let net = unified.net().unwrap();
        let counts = (unified.total, unified.refunded, net, &order.lines, order.placed_at);
        format!("{} {:?} {:?} {counts:?}\n", order.number, unified.channel, unified.status)
    });
    let returns = unified.returns.iter().map(|(_, back)| format!("{} {}\n", back.amount, back.at));
    orders.chain(returns).collect::<String>() + &unified.account().to_string()
}

#[test]
fn what_is_written_is_read_back() {
    let unified = fixtures();
    let (csv, json) = (tables(&unified, Form::Csv(b';')), tables(&unified, Form::Ndjson));
    let names: Vec<_> = csv.iter().map(|(name, ..)| *name).collect();
    let expected = [
        "persons",
        "identities",
        "consents",
        "products",
        "orders",
        "order_lines",
        "events",
        "returns",
        "rejects",
    ];
    assert_eq!(names, expected);
    for ((name, rows, csv), (_, same, json)) in csv.iter().zip(&json) {
        assert_eq!(rows, same);
        let dialect = Dialect::csv().with_delimiter(b';');
        let mut records = RecordReader::new(csv.as_slice(), dialect).unwrap();
        let header = records.header().unwrap();
        let mut lines = json.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut count = 0;
        while let Some(record) = records.next_record().unwrap() {
            assert_eq!(record.defect(), None, "{name}");
            let object: Value = serde_json::from_slice(lines.next().unwrap()).unwrap();
            for (column, cell) in header.iter().zip(record.iter()) {
                let value = match &object[column] {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(cell, value, "{name}.{column}");
            }
            count += 1;
        }
        assert_eq!((count, lines.next()), (*rows, None), "{name}");
    }
    let rows: BTreeMap<_, _> = csv.iter().map(|(name, rows, _)| (*name, *rows)).collect();
    assert_eq!(rows["persons"], u64::from(unified.persons));
    assert_eq!(rows["orders"], unified.orders.len() as u64);
    let set_aside = unified.rejects.len() + unified.set_aside.len();
    assert_eq!(rows["rejects"], set_aside as u64);
    let lines: usize = unified.orders.iter().map(|order| order.order.lines.len()).sum();
    assert_eq!(rows["order_lines"], lines as u64);
    assert!(rows["consents"] > 0 && rows["identities"] >= rows["persons"]);

    // An order leads to a person.
    let customer = |order: &omni_core::Order| order.customer.map(omni_core::CustomerId::get);
    assert!(unified.orders.iter().all(|order| customer(&order.order) == order.person));

    let failed = export::unified(&unified, &Survivorship::person(), Form::Ndjson, |table| {
        if table.name == "orders" { Err(io::Error::other("disk full")) } else { Ok(Vec::new()) }
    });
    assert!(matches!(failed, Err(Error::Write { .. })));
}

#[cfg(feature = "arrow")]
#[test]
fn parquet_has_the_same_rows() {
    let unified = fixtures();
    let (csv, parquet) = (tables(&unified, Form::Csv(b',')), tables(&unified, Form::Parquet));
    for ((name, rows, _), (same, counted, bytes)) in csv.iter().zip(&parquet) {
        assert_eq!((name, rows), (same, counted));
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{name}");
    }
}

#[test]
fn an_erased_person_leaves_the_books_and_nothing_else() {
    let unified = fixtures();
    let all: Vec<BTreeSet<String>> =
        (0..unified.persons).map(|person| needles(&unified, person)).collect();
    let before = books(&unified);
    let (mut looked_for, mut orders) = (0, 0);
    for person in 0..unified.persons {
        let mut tombstones = Tombstones::new(&key());
        let mut left = unified.clone();
        let erased = left.erase(person, &key(), &mut tombstones).unwrap();
        assert_eq!(erased.customers, 1);
        orders += erased.orders;
        assert_eq!(books(&left), before);
        let text = everything(&left, &tombstones);
        let others: Vec<&String> = (0..)
            .zip(&all)
            .filter(|(other, _)| *other != person)
            .flat_map(|(_, own)| own)
            .collect();
        for needle in &all[person as usize] {
            // What others are known by stays theirs.
            if !others.iter().any(|other| other.contains(needle.as_str())) {
                assert!(!text.contains(needle.as_str()), "person {person} is left");
                looked_for += 1;
            }
        }
        assert!(left.orders.iter().all(|order| order.person != Some(person)));
        let again = left.erase(person, &key(), &mut tombstones);
        assert_eq!(again, Err(Error::UnknownPerson));

        // The old export comes again.
        let mut again = unified.clone();
        let erased = again.keep_out(&tombstones, &key()).unwrap();
        if !tombstones.is_empty() {
            assert!(erased.customers >= 1 && again.erased.contains(&person));
        }
        assert_eq!(books(&again), before);
        assert!(again.keep_out(&tombstones, &key()).unwrap().customers == 0);
        let wrong = Key::new([1; 16]);
        assert!(again.keep_out(&tombstones, &wrong).is_err() || again.mentions.is_empty());
    }
    assert!(looked_for > 20 && orders > 10, "{looked_for} {orders}");
}

#[test]
fn a_person_sees_their_own_records_and_no_others() {
    let unified = fixtures();
    let rules = Survivorship::person();
    let all: Vec<BTreeSet<String>> =
        (0..unified.persons).map(|person| needles(&unified, person)).collect();
    for person in 0..unified.persons {
        let bytes = unified.disclose(person, &rules, Vec::new()).unwrap();
        let object: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(object["persons"].as_array().unwrap().len(), 1);
        let own = unified.orders.iter().filter(|order| order.person == Some(person)).count();
        assert_eq!(object["orders"].as_array().unwrap().len(), own);
        let identities = object["identities"].to_string().to_lowercase();
        for (field, _) in unified.person(person).texts().fields() {
            if ["email", "phone", "loyalty"].contains(&field) {
                assert!(identities.contains(field), "{field}");
            }
        }
        // A reject may name several.
        let mut object = object;
        object.as_object_mut().unwrap().remove("rejects");
        let text = object.to_string().to_lowercase();
        for (other, needles) in (0..).zip(&all) {
            for needle in needles.difference(&all[person as usize]) {
                let part = all[person as usize].iter().any(|own| own.contains(needle.as_str()));
                let short = needle.len() < 6;
                assert!(part || short || !text.contains(needle.as_str()), "{other} at {person}");
            }
        }
    }
    let nobody = unified.disclose(unified.persons, &rules, Vec::new());
    assert_eq!(nobody, Err(Error::UnknownPerson));
}

const SHOP: &str = "Name,Email,Financial Status,Accepts Marketing,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Phone,Billing Zip";
const SHOP_ROWS: [&str; 6] = [
    "#1,ada@old.example,paid,yes,GBP,2025-06-08 12:00:00 +0100,1,Mug,10.00,MUG,A. Lovelace,07700 900001,SW1Y 4JH",
    "#2,ADA@new.example,paid,no,GBP,2025-07-08 12:00:00 +0100,1,Tee,9.00,TEE,Ada Lovelace,+44 7700 900001,SW1Y 4JH",
    "#3,ada@new.example,paid,yes,GBP,2025-08-08 12:00:00 +0100,1,Cap,9.00,CAP,\"Lovelace, Ada\",07700900001,SW1Y 4JH",
    "#4,bob@mail.example,paid,no,GBP,2025-08-09 12:00:00 +0100,1,Cap,9.00,CAP,Bob Hope,07700900002,N1 9GU",
    "#5,cyd@mail.example,paid,,GBP,2025-08-09 12:00:00 +0100,1,Cap,9.00,CAP,Cyd Charisse,07700900003,E1 6AN",
    "#6,cyd@mail.example,paid,,GBP,never,1,Cap,9.00,CAP,Cyd Charisse,07700900003,E1 6AN",
];
const TILL: &str = "Date,Time,Time Zone,Item,Qty,SKU,Gross Sales,Transaction ID,Event Type,Notes,Customer Name,Customer Reference ID";
const TILL_ROWS: [&str; 2] = [
    "06/09/25,12:00:00,London,Mug,1,MUG,$12.00,T1,Payment,,Dee Doe,L7",
    "06/10/25,12:00:00,London,Tee,1,TEE,$9.00,T2,Payment,,D. Doe,L7",
];

fn file(header: &str, rows: &[&str]) -> String {
    [header].iter().chain(rows).flat_map(|row| [*row, "\n"]).collect()
}

fn unify(shop_rows: &[&str], till_rows: &[&str], till_first: bool, times: usize) -> Unified {
    let (shop, till) = (formats::shopify_orders(), formats::square_items());
    let mut files: Vec<(&str, &dyn Format, String)> = vec![
        ("shop.csv", &shop, file(SHOP, shop_rows)),
        ("till.csv", &till, file(TILL, till_rows)),
    ];
    if till_first {
        files.reverse();
    }
    let mut unifier = Unifier::new();
    for _ in 0..times {
        for (name, format, text) in &files {
            unifier.read(name, *format, io::Cursor::new(text.clone())).unwrap();
        }
    }
    unifier.finish().unwrap()
}

#[test]
fn a_consent_of_the_shop_is_the_last_word_and_counts_there_alone() {
    let unified = unify(&SHOP_ROWS, &TILL_ROWS, false, 1);
    assert_eq!(unified.persons, 4);
    let later = DateTime::from_timestamp(2_000_000_000, 0).unwrap();
    let between = DateTime::from_timestamp(1_752_500_000, 0).unwrap(); // after #2
    let ask = |channel, at| unified.audience(Purpose::Marketing, channel, at).unwrap();
    let shop = ask(Some("shopify"), later);
    assert_eq!((shop.included.len(), shop.withdrawn, shop.not_asked), (1, 1, 2));
    let ada = shop.included[0].get();
    assert_eq!(unified.person(ada).consents().len(), 3);
    assert_eq!(ask(Some("shopify"), between).included, []);
    for channel in [None, Some("square"), Some("post")] {
        let other = ask(channel, later);
        assert_eq!((other.included.len(), other.left_out()), (0, 4), "{channel:?}");
    }
    let mut unified = unified.clone();
    unified.erase(ada, &key(), &mut Tombstones::new(&key())).unwrap();
    let shop = unified.audience(Purpose::Marketing, Some("shopify"), later).unwrap();
    assert_eq!((shop.included.len(), shop.erased, shop.left_out()), (0, 1, 4));
}

#[test]
fn a_golden_record_leads_to_its_records() {
    let unified = unify(&SHOP_ROWS, &TILL_ROWS, false, 1);
    let profiles: BTreeMap<_, _> = unified.profiles(&Survivorship::person()).collect();
    let named = |name: &str| {
        profiles.values().find(|profile| profile.name.as_ref().is_some_and(|n| n.value == name))
    };
    let ada = named("Ada Lovelace").unwrap();
    let email = ada.email.as_ref().unwrap();
    assert_eq!((email.value.as_str(), email.origins.len()), ("ada@new.example", 2));
    assert_eq!(email.lost[0].value, "ada@old.example");
    assert_eq!(ada.phone.as_ref().unwrap().origins.len(), 3);
    let origin = &email.lost[0].origins[0];
    let record = unified.identified.iter().find(|seen| seen.mention == Some(origin.record));
    assert_eq!((origin.source.as_str(), record.unwrap().record), ("shopify", 1));
    assert_eq!(named("Dee Doe").unwrap().loyalty.as_ref().unwrap().origins.len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn golden_records_do_not_depend_on_the_order_of_files_and_lines(
        shop_rows in Just(SHOP_ROWS.to_vec()).prop_shuffle(),
        till_rows in Just(TILL_ROWS.to_vec()).prop_shuffle(),
        till_first: bool,
        times in 1_usize..3,
    ) {
        let plain = unify(&SHOP_ROWS, &TILL_ROWS, false, 1);
        let mixed = unify(&shop_rows, &till_rows, till_first, times);
        prop_assert_eq!(&mixed.mentions, &plain.mentions);
        let rules = Survivorship::person();
        prop_assert!(mixed.profiles(&rules).eq(plain.profiles(&rules)));
        for form in [Form::Csv(b','), Form::Ndjson] {
            // Places in files differ, and what of the refunds' records is theirs.
            let without = |unified: &Unified| {
                let mut all = tables(unified, form);
                all.retain(|(name, ..)| !["rejects", "returns"].contains(name));
                all
            };
            prop_assert_eq!(without(&mixed), without(&plain));
        }
    }
}
