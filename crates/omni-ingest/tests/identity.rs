//! Who is who: the invented channels and the Febrl lists, without labels.

use omni_ingest::identity::{PersonFields, Resolver};
use omni_ingest::link::Score;
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
        let dialect = if file == "amazon_orders.txt" {
            Dialect::tabs()
        } else {
            let delimiter = profiles[file]["delimiter"].as_str().unwrap();
            Dialect::csv().with_delimiter(delimiter.as_bytes()[0])
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

fn score(labeled: &[&Labeled], persons: &[u32]) -> Score {
    omni_ingest::link::score(persons.iter().zip(labeled.iter().map(|l| l.person.as_str())))
}

fn resolve(labeled: &[Labeled]) -> Vec<u32> {
    let records = labeled.iter().map(|l| l.fields.as_record());
    Resolver::new().resolve(records).unwrap().persons
}

/// The files that the baseline reads.
const ORDERS: [&str; 4] =
    ["shopify_orders.csv", "woocommerce_orders.csv", "amazon_orders.txt", "phone_orders.csv"];

/// Other folders, made by `make_channels.py`, are named by `OMNI_CHANNELS`, parted by colons.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn persons_of_the_channels_are_told_apart() {
    let folders: Vec<PathBuf> = match std::env::var("OMNI_CHANNELS") {
        Ok(list) => list.split(':').map(PathBuf::from).collect(),
        Err(_) => vec![reference::path("data/ingest/channels")],
    };
    for folder in folders {
        let all = channels(&folder);
        let persons = resolve(&all);
        let of = |keep: &dyn Fn(&Labeled) -> bool| -> Score {
            let kept: Vec<(&Labeled, u32)> =
                all.iter().zip(persons.iter().copied()).filter(|(l, _)| keep(l)).collect();
            let (labeled, persons): (Vec<_>, Vec<_>) = kept.into_iter().unzip();
            score(&labeled, &persons)
        };
        let is_order = |l: &Labeled| ORDERS.contains(&l.file.as_str());
        let orders = of(&is_order);
        let till =
            of(&|l| is_order(l) || l.file.starts_with("square") || l.file.starts_with("edi"));
        let alone: Vec<Labeled> = channels(&folder).into_iter().filter(is_order).collect();
        let persons = resolve(&alone);
        let alone = score(&alone.iter().collect::<Vec<_>>(), &persons);
        println!("{}", folder.display());
        println!("  four channels, among all:    {orders}");
        println!("  four channels, alone:        {alone}");
        println!("  with till and wire orders:   {till}");
        println!("  every record with a person:  {}", of(&|_| true));
        for score in [orders, alone, till] {
            assert!(score.f1() >= 0.97 && score.precision() >= 0.975, "{score}");
        }
        if folder.ends_with("data/ingest/channels") {
            assert!(orders.precision() >= 0.98 && alone.precision() >= 0.98);
        }
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn febrl_is_solved_by_the_same_defaults() {
    for (set, bar) in [(1, 1.0), (3, 0.9996)] {
        let all = febrl(set);
        let score = score(&all.iter().collect::<Vec<_>>(), &resolve(&all));
        println!("febrl {set}: {score}");
        assert!(score.f1() >= bar, "{score}");
    }
}

mod incremental {
    use super::*;
    use omni_ingest::identity::{Model, PersonId, State};
    use proptest::prelude::*;

    /// Partition by keys, without the names of the persons.
    fn partition(state: &State) -> BTreeSet<BTreeSet<String>> {
        let mut by: BTreeMap<PersonId, BTreeSet<String>> = BTreeMap::new();
        for (key, person) in state.iter() {
            by.entry(person).or_default().insert(key.to_string());
        }
        by.into_values().collect()
    }

    /// What a small town says of itself: few names, homes and mailboxes, so that
    /// everything meets everything.
    fn record() -> impl Strategy<Value = PersonFields> {
        let of = |texts: &'static [&'static str]| {
            proptest::option::weighted(0.7, proptest::sample::select(texts))
                .prop_map(|text| text.map(ToString::to_string))
        };
        (
            of(&["Anna", "Ana", "A.", "Paul", "Usher", "Zoe"]),
            of(&["Usher", "Ushr", "Vintner", "Anna"]),
            of(&["anna@x.example", "paul.usher@x.example", "anna@y.example", "home@x.example"]),
            of(&["07700 900001", "07700 900002", "07700 900012"]),
            of(&["1 Mill Lane", "2 Mill Lane", "1 Mil Lane"]),
            of(&["NB1 1AA", "NB1 1AB", "WF2 2BB"]),
            of(&["1001", "1002"]),
            of(&["d1", "d2"]),
        )
            .prop_map(
                |(given_name, surname, email, phone, street, postal_code, loyalty, device)| {
                    PersonFields {
                        given_name,
                        surname,
                        email,
                        phone,
                        street,
                        postal_code,
                        loyalty,
                        devices: device.into_iter().map(Into::into).collect(),
                        ..PersonFields::default()
                    }
                },
            )
    }

    fn keyed(records: &[PersonFields]) -> Vec<(String, &PersonFields)> {
        records.iter().enumerate().map(|(at, record)| (format!("r{at}"), record)).collect()
    }

    fn fill(state: &mut State, records: &[(String, &PersonFields)]) {
        state.update(records.iter().map(|(key, fields)| (key, fields.as_record())));
    }

    fn model(records: &[PersonFields]) -> Model {
        Resolver::new().fit(records.iter().map(PersonFields::as_record)).unwrap()
    }

    /// Tight limits, so that blocks die and components are cut.
    fn tight() -> Resolver {
        Resolver::new().with_block_limit(4).with_people_limit(2).with_component_limit(5)
    }

    #[test]
    fn hostile_records_take_bounded_time() {
        let mut same: Vec<PersonFields> = (0..20_000)
            .map(|_| PersonFields { name: Some("Anna Usher".into()), ..PersonFields::default() })
            .collect();
        // One mailbox, one phone and one street for everybody.
        same.extend((0..5_000).map(|at| PersonFields {
            given_name: Some(format!("{}nna{at}", char::from(b'a' + (at % 26) as u8))),
            email: Some("orders@agency.example".into()),
            phone: Some("07700 900999".into()),
            street: Some("1 Mill Lane".into()),
            ..PersonFields::default()
        }));
        same.extend((0..1_000).map(|_| PersonFields::default()));
        same.extend(["\u{0}", "@", "é\u{301}\u{301}", "'", ",,,,", "+", "\u{1f}", "💥"].map(
            |text| PersonFields {
                channel: text.into(),
                name: Some(text.into()),
                email: Some(text.into()),
                phone: Some(text.into()),
                address: Some(text.into()),
                birth_date: Some(text.into()),
                account: Some(text.into()),
                devices: vec![text.into()],
                ..PersonFields::default()
            },
        ));
        let found = Resolver::new().resolve(same.iter().map(PersonFields::as_record)).unwrap();
        assert_eq!(found.persons.len(), same.len());
        assert!(found.limits.oversized_blocks > 0, "{:?}", found.limits);
        assert!(found.limits.public_identifiers >= 1, "{:?}", found.limits);
        // Nameless records and namesakes of whom nothing else is known stay apart.
        let apart: BTreeSet<u32> = found.persons.iter().copied().collect();
        assert!(apart.len() > 25_000, "{}", apart.len());
    }

    #[test]
    fn blocked_texts_and_settings() {
        assert!(Resolver::new().with_threshold(1.0).fit([]).is_err());
        assert!(Resolver::new().with_weak_threshold(f64::NAN).fit([]).is_err());
        assert!(Resolver::new().with_block_limit(0).fit([]).is_err());
        assert!(Resolver::new().with_component_limit(0).fit([]).is_err());
        let found = Resolver::new().resolve([]).unwrap();
        assert_eq!((found.count, found.persons.len()), (0, 0));
        let desk =
            PersonFields { email: Some("Desk@Shop.example".into()), ..PersonFields::default() };
        let records = [desk.as_record(), desk.as_record()];
        assert_eq!(Resolver::new().resolve(records).unwrap().count, 1);
        let blocking = Resolver::new().with_blocked("desk@shop.example");
        assert_eq!(blocking.resolve(records).unwrap().count, 2);
    }

    #[test]
    fn explanations_add_up_and_print() {
        let anna = PersonFields {
            given_name: Some("Anna".into()),
            surname: Some("Usher".into()),
            phone: Some("07700 900123".into()),
            address: Some("1 Mill Lane, Northbury, NB1 1AA".into()),
            ..PersonFields::default()
        };
        let other = PersonFields { given_name: Some("Paul".into()), ..anna.clone() };
        let why = Model::default().explain(&anna.as_record(), &other.as_record());
        let bits = why.household_prior + why.steps.iter().map(|step| step.household).sum::<f64>();
        assert!(bits < -1.0 && why.probability < 0.2, "{why}");
        let bits = why.prior + why.steps.iter().map(|step| step.strangers).sum::<f64>();
        assert!(bits > 5.0, "{why}");
        for part in ["prior", "names", "phone", "address", "household", "probability"] {
            assert!(why.to_string().contains(part), "{why}");
        }
        for secret in ["anna", "Anna", "Usher", "900123", "Mill"] {
            assert!(!why.to_string().contains(secret));
        }
        let self_same = Model::default().explain(&anna.as_record(), &anna.as_record());
        assert!(self_same.probability > 0.99, "{self_same}");
    }

    #[cfg(feature = "serde")]
    #[test]
    fn an_erased_person_leaves_no_byte() {
        let secret = PersonFields {
            name: Some("Zebedee Quixwright".into()),
            email: Some("zebedee.q@mail.example".into()),
            phone: Some("07700 900456".into()),
            address: Some("77 Xanadu Way, Zyxville, ZX9 9ZX".into()),
            devices: vec!["device-zq".into()],
            ..PersonFields::default()
        };
        let other = PersonFields {
            name: Some("Anna Usher".into()),
            phone: Some("07700 900123".into()),
            ..PersonFields::default()
        };
        // Often enough to be counted by the model.
        let all = vec![secret.clone(), secret.clone(), secret.clone(), other.clone()];
        let mut state = State::new(Resolver::new(), model(&all)).unwrap();
        state.update([
            ("shop:1", secret.as_record()),
            ("till:zeb", PersonFields { phone: None, ..secret.clone() }.as_record()),
            ("shop:2", other.as_record()),
        ]);
        let json = serde_json::to_string(&state).unwrap();
        assert!(json.contains("quixwright") && json.contains("till:zeb"));
        state.cannot_link("shop:1", "shop:2").unwrap();
        let person = state.person("shop:1").unwrap();
        let keys = state.erase(person).unwrap();
        assert_eq!(keys, ["shop:1", "till:zeb"]);
        assert!(state.erase(person).is_err() && state.person("shop:1").is_none());
        let json = serde_json::to_string(&state).unwrap();
        for gone in [
            "zebedee",
            "quixwright",
            "900456",
            "00900456",
            "xanadu",
            "zyxville",
            "zx99zx",
            "till:zeb",
            "device-zq",
        ] {
            assert!(!json.to_lowercase().contains(gone), "{gone} in {json}");
        }
        assert!(json.contains("usher"));
        // The number is not given again.
        state.update([("shop:3", secret.as_record())]);
        assert_ne!(state.person("shop:3"), Some(person));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_state_of_another_version_is_refused() {
        let state = State::new(Resolver::new(), Model::default()).unwrap();
        let json = serde_json::to_string(&state).unwrap();
        assert!(serde_json::from_str::<State>(&json).is_ok());
        let other = json.replace("\"version\":2", "\"version\":1");
        let error = serde_json::from_str::<State>(&other).unwrap_err().to_string();
        assert!(error.contains("version 1"), "{error}");
        let odd = json.replace("\"person\":0.001", "\"person\":7.0");
        assert!(serde_json::from_str::<State>(&odd).is_err());
        let vast = json.replace("\"next\":0", "\"next\":4294967295");
        let error = serde_json::from_str::<State>(&vast).unwrap_err().to_string();
        assert!(error.contains("too many"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[cfg(feature = "serde")]
        #[test]
        fn a_stored_state_goes_on_as_if_it_had_not_been(
            records in proptest::collection::vec(record(), 1..25),
            more in proptest::collection::vec(record(), 1..8),
        ) {
            let keyed = keyed(&records);
            let mut state = State::new(tight(), model(&records)).unwrap();
            fill(&mut state, &keyed);
            if records.len() > 3 {
                state.must_link("r0", "r1").unwrap();
                state.cannot_link("r1", "r2").unwrap();
                state.remove("r3").unwrap();
            }
            let json = serde_json::to_string(&state).unwrap();
            let mut again: State = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(&serde_json::to_string(&again).unwrap(), &json);
            for (at, record) in more.iter().enumerate() {
                let key = format!("x{at}");
                let own = state.update([(&key, record.as_record())]);
                prop_assert_eq!(own, again.update([(&key, record.as_record())]));
            }
            prop_assert!(state.iter().eq(again.iter()));
        }

        #[test]
        fn any_order_and_any_portions_give_the_batch(
            records in proptest::collection::vec(record(), 1..40),
            order in any::<u64>(),
            portion in 1_usize..7,
            limits in any::<bool>(),
        ) {
            let resolver = if limits { tight() } else { Resolver::new() };
            let model = model(&records);
            let mut keyed = keyed(&records);
            let mut batch = State::new(resolver.clone(), model.clone()).unwrap();
            fill(&mut batch, &keyed);
            keyed.sort_by_key(|(key, _)| {
                key.bytes().fold(order, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
            });
            let mut piecemeal = State::new(resolver, model).unwrap();
            for part in keyed.chunks(portion) {
                fill(&mut piecemeal, part);
            }
            prop_assert_eq!(partition(&piecemeal), partition(&batch));
            // Fed twice, nothing changes.
            let again = keyed.iter().map(|(key, fields)| (key, fields.as_record()));
            prop_assert!(piecemeal.update(again).is_empty());
        }

        #[test]
        fn what_goes_leaves_no_trace(
            records in proptest::collection::vec(record(), 1..30),
            extra in proptest::collection::vec(record(), 1..10),
            limits in any::<bool>(),
        ) {
            let resolver = if limits { tight() } else { Resolver::new() };
            let model = model(&records);
            let keyed = keyed(&records);
            let mut state = State::new(resolver, model).unwrap();
            fill(&mut state, &keyed);
            let before: Vec<(String, PersonId)> =
                state.iter().map(|(key, person)| (key.to_string(), person)).collect();
            for (at, record) in extra.iter().enumerate() {
                state.update([(format!("x{at}"), record.as_record())]);
            }
            for at in 0..extra.len() {
                state.remove(&format!("x{at}")).unwrap();
            }
            let after: Vec<(String, PersonId)> =
                state.iter().map(|(key, person)| (key.to_string(), person)).collect();
            prop_assert_eq!(before, after);
        }

        #[test]
        fn rules_hold_and_are_taken_back_exactly(
            records in proptest::collection::vec(record(), 4..30),
            pairs in proptest::collection::vec((0_usize..30, 0_usize..30, any::<bool>()), 1..6),
        ) {
            let keyed = keyed(&records);
            let mut state = State::new(Resolver::new(), model(&records)).unwrap();
            fill(&mut state, &keyed);
            let before: Vec<(String, PersonId)> =
                state.iter().map(|(key, person)| (key.to_string(), person)).collect();
            let n = records.len();
            let key = |at: usize| format!("r{}", at % n);
            let mut apart = BTreeSet::new();
            for (a, b, must) in &pairs {
                if key(*a) == key(*b) {
                    continue;
                }
                if *must {
                    state.must_link(&key(*a), &key(*b)).unwrap();
                    apart.remove(&(key(*a), key(*b)));
                    apart.remove(&(key(*b), key(*a)));
                } else {
                    state.cannot_link(&key(*a), &key(*b)).unwrap();
                    apart.insert((key(*a), key(*b)));
                }
                for (a, b) in &apart {
                    prop_assert_ne!(state.person(a), state.person(b));
                }
            }
            // A single must-link holds.
            for (a, b, _) in &pairs {
                state.release(&key(*a), &key(*b)).unwrap();
            }
            let after: Vec<(String, PersonId)> =
                state.iter().map(|(key, person)| (key.to_string(), person)).collect();
            prop_assert_eq!(&before, &after);
            state.must_link("r0", "r1").unwrap();
            prop_assert_eq!(state.person("r0"), state.person("r1"));
        }

        #[test]
        fn a_merge_is_undone_exactly(
            records in proptest::collection::vec(record(), 2..20),
            history in proptest::collection::vec(
                (0_u8..9, 0_usize..25, 0_usize..25, record()),
                0..30,
            ),
            limits in any::<bool>(),
        ) {
            let resolver = if limits { tight() } else { Resolver::new() };
            let mut state = State::new(resolver, model(&records)).unwrap();
            fill(&mut state, &keyed(&records));
            for (at, (kind, a, b, fields)) in history.iter().enumerate() {
                let (a, b) = (format!("r{a}"), format!("r{b}"));
                let known = state.person(&a).is_some() && state.person(&b).is_some();
                match kind {
                    // Records come and are corrected.
                    0 => drop(state.update([(&a, fields.as_record())])),
                    1 if known => drop(state.remove(&a).unwrap()),
                    2 if known => drop(state.must_link(&a, &b).unwrap()),
                    3 if known => drop(state.cannot_link(&a, &b).unwrap()),
                    4 if known => drop(state.unmerge(state.person(&a).unwrap())),
                    _ => {
                        let before = everybody(&state);
                        let key = format!("x{at}");
                        let merged = state.update([(&key, fields.as_record())]).merged;
                        let Some(merge) = merged.last() else { continue };
                        let changes = state.unmerge(merge.into).unwrap();
                        prop_assert!(changes.created.is_empty() && changes.joined.is_empty());
                        let mut after = everybody(&state);
                        let own = after.remove(&key).unwrap();
                        prop_assert_eq!(&before, &after);
                        prop_assert_eq!(state.records(own), [key.as_str()]);
                        prop_assert!(state.update([(&key, fields.as_record())]).is_empty());
                        #[cfg(feature = "serde")]
                        {
                            let json = serde_json::to_string(&state).unwrap();
                            let again: State = serde_json::from_str(&json).unwrap();
                            prop_assert!(state.iter().eq(again.iter()));
                        }
                        // The same again does not bring them together.
                        let twin = format!("{key} again");
                        state.update([(&twin, fields.as_record())]);
                        let of_merge = before.iter().filter(|(_, p)| merge.from.contains(p));
                        let mut person_of = BTreeMap::new();
                        for (key, person) in of_merge {
                            let now = state.person(key).unwrap();
                            prop_assert_eq!(*person_of.entry(now).or_insert(*person), *person);
                        }
                    }
                }
            }
        }
    }

    fn everybody(state: &State) -> BTreeMap<String, PersonId> {
        state.iter().map(|(key, person)| (key.to_string(), person)).collect()
    }

    fn fields(given: &str, surname: &str, email: &str, phone: &str) -> PersonFields {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_string());
        PersonFields {
            given_name: some(given),
            surname: some(surname),
            email: some(email),
            phone: some(phone),
            ..PersonFields::default()
        }
    }

    /// Two records of one woman and a third that has both their phones.
    fn merged() -> (State, PersonId) {
        let mut state = State::new(Resolver::new(), Model::default()).unwrap();
        let web = fields("Anna", "Usher", "anna@x.example", "");
        let call = fields("A", "Usher", "", "07700 900123");
        let both = fields("Anna", "Usher", "anna@x.example", "07700 900123");
        state.update([("web", web.as_record()), ("call", call.as_record())]);
        let changes = state.update([("both", both.as_record())]);
        assert_eq!(changes.merged.len(), 1);
        (state, changes.merged[0].into)
    }

    #[test]
    fn who_stands_aside_comes_back_when_it_is_said() {
        let (mut state, person) = merged();
        let changes = state.unmerge(person).unwrap();
        assert_eq!(changes.split.len(), 1);
        assert_eq!(state.records(person), ["web"]);
        assert!(state.unmerge(person).is_err());
        // Of one of them, and nobody else moves.
        let mut told = state.clone();
        told.must_link("both", "call").unwrap();
        assert_eq!(told.person("both"), told.person("call"));
        assert_ne!(told.person("web"), told.person("call"));
        // What was said is taken back: first of the third record, then of the two.
        state.release("both", "both").unwrap();
        assert_ne!(state.person("web"), state.person("call"));
        assert!(["web", "call"].iter().any(|key| state.person(key) == state.person("both")));
        state.release("web", "call").unwrap();
        assert_eq!(state.person("web"), state.person("call"));
    }

    #[test]
    fn of_records_that_came_together_only_the_joining_one_stands_aside() {
        let mut state = State::new(Resolver::new(), Model::default()).unwrap();
        let web = fields("Anna", "Usher", "anna@x.example", "");
        let call = fields("A", "Usher", "", "07700 900123");
        let both = fields("Anna", "Usher", "anna@x.example", "07700 900123");
        let more = PersonFields { city: Some("Northbury".into()), ..web.clone() };
        state.update([("web", web.as_record()), ("call", call.as_record())]);
        let changes = state.update(
            [("both", &both), ("same", &web), ("more", &more)]
                .map(|(key, fields)| (key, fields.as_record())),
        );
        state.unmerge(changes.merged[0].into).unwrap();
        let person = state.person("web").unwrap();
        assert_eq!(state.records(person), ["web", "same", "more"]);
        assert_eq!(state.records(state.person("call").unwrap()), ["call"]);
        assert_eq!(state.records(state.person("both").unwrap()), ["both"]);
        // Its correction is evidence again, and two that were parted stay so.
        let corrected = fields("Anna", "Usher", "", "07700 900123");
        state.update([("both", corrected.as_record())]);
        assert_eq!(state.person("both"), state.person("call"));
        assert_ne!(state.person("web"), state.person("call"));
    }

    #[test]
    fn a_merge_by_rule_is_undone_with_the_rule() {
        let mut state = State::new(Resolver::new(), Model::default()).unwrap();
        let anna = fields("Anna", "Usher", "anna@x.example", "");
        let paul = fields("Paul", "Vintner", "paul@y.example", "");
        state.update([("anna", anna.as_record()), ("paul", paul.as_record())]);
        let before = everybody(&state);
        let merge = state.must_link("anna", "paul").unwrap().merged.remove(0);
        state.unmerge(merge.into).unwrap();
        assert_eq!(everybody(&state), before);
        // What was said holds against a correction, until it is taken back.
        assert!(state.update([("paul", anna.as_record())]).merged.is_empty());
        state.update([("paul", paul.as_record())]);
        state.release("anna", "paul").unwrap();
        let merge = state.update([("paul", anna.as_record())]).merged.remove(0);
        state.unmerge(merge.into).unwrap();
        assert_eq!(everybody(&state), before);
    }
}

mod scale {
    use super::*;
    use omni_ingest::identity::{PersonRecord, State};
    use omni_testkit::people::{Person, people};
    use std::time::Instant;

    fn some(text: &str) -> Option<&str> {
        (!text.is_empty()).then_some(text)
    }

    /// A person with its street as one text.
    fn as_record<'a>(person: &'a Person, street: &'a str) -> PersonRecord<'a> {
        PersonRecord {
            given_name: some(&person.given_name),
            surname: some(&person.surname),
            street: some(street),
            city: some(&person.suburb),
            region: some(&person.state),
            postal_code: some(&person.postcode),
            birth_date: some(&person.date_of_birth),
            national_id: some(&person.soc_sec_id),
            ..PersonRecord::default()
        }
    }

    fn streets(people: &[Person]) -> Vec<String> {
        people.iter().map(|p| format!("{} {}", p.street_number, p.address_1)).collect()
    }

    fn right(people: &[Person], persons: &[u32]) -> Score {
        let labeled: Vec<Labeled> = people
            .iter()
            .map(|person| Labeled {
                file: String::new(),
                fields: PersonFields::default(),
                person: person.id.split('-').nth(1).unwrap().to_string(),
            })
            .collect();
        score(&labeled.iter().collect::<Vec<_>>(), persons)
    }

    #[test]
    fn a_thousand_people_are_found_again() {
        let people = people(5000, 10, 3);
        let streets = streets(&people);
        let records = people.iter().zip(&streets).map(|(p, s)| as_record(p, s));
        let found = Resolver::new().resolve(records).unwrap();
        let score = right(&people, &found.persons);
        assert!(score.f1() > 0.99, "{score}");
    }

    /// One thread and all give the same, bit for bit.
    #[cfg(feature = "rayon")]
    #[test]
    fn threads_do_not_change_a_bit() {
        let people = people(20_000, 10, 11);
        let streets = streets(&people);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let records = people.iter().zip(&streets).map(|(p, s)| as_record(p, s));
            pool.install(|| Resolver::new().resolve(records.collect::<Vec<_>>()).unwrap())
        };
        let one = run(1);
        for threads in [2, 5] {
            assert!(run(threads) == one, "{threads} threads");
        }
    }

    /// `cargo test --release -p omni-ingest --features rayon --test main soak_people -- --ignored --nocapture`
    #[test]
    #[ignore = "a million people"]
    fn soak_people() {
        let originals = std::env::var("OMNI_PEOPLE").map_or(1_000_000, |n| n.parse().unwrap());
        let people = people(originals, 10, 2026);
        let streets = streets(&people);
        let started = Instant::now();
        let records = people.iter().zip(&streets).map(|(p, s)| as_record(p, s));
        let found = Resolver::new().resolve(records).unwrap();
        let seconds = started.elapsed().as_secs_f64();
        println!("{} records in {seconds:.2} s; {}", people.len(), right(&people, &found.persons));
        println!(
            "{:?} {:.3e} {:.3e}",
            found.limits,
            found.model.person_rate(),
            found.model.household_rate()
        );
        println!("{}", memory());

        let started = Instant::now();
        let mut state = State::new(Resolver::new(), found.model).unwrap();
        // Enough for the tables to grow on the way.
        let held = people.len() / 10;
        let keyed = |range: std::ops::Range<usize>| {
            range.map(|at| (people[at].id.as_str(), as_record(&people[at], &streets[at])))
        };
        state.update(keyed(0..people.len() - held));
        println!("state of {} in {:.2} s", state.len(), started.elapsed().as_secs_f64());
        println!("{}", memory());
        let mut times = Vec::with_capacity(held);
        for at in people.len() - held..people.len() {
            times.push(timed(|| drop(state.update(keyed(at..at + 1)))));
        }
        report("one more record", times);
        // The same persons as all at once.
        let mut number = BTreeMap::new();
        let persons: Vec<u32> = people
            .iter()
            .map(|p| {
                let next = u32::try_from(number.len()).unwrap();
                *number.entry(state.person(&p.id).unwrap()).or_insert(next)
            })
            .collect();
        assert!(persons == found.persons);
        // A customer with hundreds of addresses: one large component of links, blocks that fill
        // up and die.
        let fields = |at: usize| PersonFields {
            given_name: Some(["Anna", "Ana", "A"][at % 3].into()),
            surname: Some("Quillfeather".into()),
            loyalty: Some(format!("card {}", at / 90)),
            street: Some(format!("{} {} Lane", 1 + at / 7, ["Mill", "Mil", "Elm"][at % 3])),
            postal_code: Some(format!("QF{} 1AA", at % 50)),
            ..PersonFields::default()
        };
        let mut times = Vec::new();
        for at in 0..600 {
            let (key, fields) = (format!("customer {at}"), fields(at));
            times.push(timed(|| drop(state.update([(&key, fields.as_record())]))));
        }
        let persons: BTreeSet<_> =
            (0..600).map(|at| state.person(&format!("customer {at}")).unwrap()).collect();
        println!("600 records of one customer: {} persons, {:?}", persons.len(), state.limits());
        report("one more of a large customer", times);
        println!("{}", memory());
    }

    /// Microseconds, and whether another process was let in meanwhile.
    fn timed(work: impl FnOnce()) -> (f64, bool) {
        let switches = || {
            let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
            status.lines().find(|line| line.starts_with("nonvol")).map(ToString::to_string)
        };
        let before = switches();
        let started = Instant::now();
        work();
        (started.elapsed().as_secs_f64() * 1e6, switches() != before)
    }

    fn report(what: &str, times: Vec<(f64, bool)>) {
        let undisturbed = times.iter().filter(|(_, disturbed)| !disturbed);
        let undisturbed: Vec<f64> = undisturbed.map(|(time, _)| *time).collect();
        let all = times.into_iter().map(|(time, _)| time).collect();
        for (name, mut times) in [("all", all), ("undisturbed", undisturbed)] {
            let n = times.len();
            let mean = times.iter().sum::<f64>() / n as f64;
            times.sort_unstable_by(f64::total_cmp);
            let part = |p: f64| times[((n - 1) as f64 * p) as usize];
            println!(
                "{what}, {name} {n}, us: mean {mean:.0}, p50 {:.0}, p99 {:.0}, p99.9 {:.0}, p99.99 {:.0}, longest {:.0?}",
                part(0.5),
                part(0.99),
                part(0.999),
                part(0.9999),
                &times[n.saturating_sub(5)..],
            );
        }
    }

    /// Memory in use, and the most that was.
    fn memory() -> String {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let lines: Vec<_> = status
            .lines()
            .filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"))
            .collect();
        lines.join(" ")
    }
}
