//! The rights of a person, on the exports of channels: no byte is left, no penny is lost.

use crate::edi::at as local;
use chrono::{DateTime, Utc};
use omni_core::customer::{
    Address, Consent, ConsentState, CustomerRecord, Identity, IdentityKind, Purpose,
};
use omni_core::event::{Actor, EventRecord};
use omni_core::{ChannelId, Customer, CustomerId, Event, EventId, EventKind, Order, VariantId};
use omni_ingest::export::{CsvWriter, OrderRow, RejectRow, ReturnRow, Row};
use omni_ingest::merge::{Origin, Person, PersonVersion, Survivorship};
use omni_ingest::privacy::{
    Holdings, Key, Pseudonym, Standing, Subject, Tombstones, audience, disclose,
};
use omni_ingest::record::{Dialect, RecordReader};
use omni_ingest::{Read, formats};
use omni_testkit::reference;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const SHOP: &[u8] = include_bytes!("fixtures/shopify_orders.csv");

fn key() -> Key {
    Key::new(*b"0123456789abcdef")
}

fn now() -> DateTime<Utc> {
    local().and_utc()
}

/// What the shop wrote about somebody.
#[derive(Debug, Clone)]
struct Somebody {
    record: u64,
    name: String,
    email: String,
    phone: String,
    home: Address,
}

impl Somebody {
    fn version<R>(&self, take: impl FnOnce(&PersonVersion<'_>) -> R) -> R {
        take(&PersonVersion {
            name: &self.name,
            emails: &[&self.email],
            phones: &[&self.phone],
            addresses: std::slice::from_ref(&self.home),
            ..PersonVersion::default()
        })
    }

    fn person(&self) -> Person {
        let mut person = Person::new();
        self.version(|version| person.add(version, &Origin::new("shopify", self.record)));
        person
    }
}

/// Everybody with a name in an export of the shop.
fn everybody(file: &[u8]) -> Vec<Somebody> {
    let mut reader = RecordReader::new(file, Dialect::csv()).unwrap();
    let header = reader.header().unwrap();
    let place = |name: &str| header.iter().position(|column| column == name).unwrap();
    let columns =
        ["Billing Name", "Email", "Billing Phone", "Billing Street", "Billing Zip"].map(place);
    let mut all = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        let [name, email, phone, street, postal_code] =
            columns.map(|at| record.get(at).unwrap_or_default().to_owned());
        if !name.is_empty() && !email.is_empty() {
            let home = Address {
                name: name.clone(),
                street,
                city: String::new(),
                region: String::new(),
                postal_code,
                country: "GB".into(),
            };
            all.push(Somebody { record: record.number(), name, email, phone, home });
        }
    }
    all
}

/// Everything that leaves or is kept, as bytes.
fn serialized(read: &Read, tombstones: &Tombstones) -> String {
    let mut bytes = Vec::new();
    let mut orders = CsvWriter::new(&mut bytes, OrderRow::TABLE, b',').unwrap();
    for order in &read.orders {
        orders.write(&OrderRow::of(order, "shopify").unwrap()).unwrap();
    }
    orders.finish().unwrap();
    let mut rejects = CsvWriter::new(&mut bytes, RejectRow::TABLE, b',').unwrap();
    for reject in read.rejects.iter().chain(&read.set_aside) {
        rejects.write(&RejectRow::of(reject)).unwrap();
    }
    rejects.finish().unwrap();
    let mut returns = CsvWriter::new(&mut bytes, ReturnRow::TABLE, b',').unwrap();
    for returned in &read.returns {
        returns.write(&ReturnRow::of(returned, "shopify")).unwrap();
    }
    returns.finish().unwrap();
    let mut text = String::from_utf8(bytes).unwrap();
    text += &format!("{read:?} {tombstones:?}");
    text += &read.keys.customers.keys().join(" ");
    #[cfg(feature = "serde")]
    {
        text += &serde_json::to_string(read).unwrap();
        text += &serde_json::to_string(tombstones).unwrap();
    }
    text.to_lowercase()
}

fn books(orders: &[Order]) -> (usize, BTreeMap<String, i64>) {
    let mut sums = BTreeMap::new();
    for order in orders {
        *sums.entry(order.currency.to_string()).or_default() += order.total().unwrap().minor();
    }
    (orders.len(), sums)
}

#[test]
fn no_byte_of_an_erased_person_is_left_and_the_books_are_unchanged() {
    assert!(erase_each(SHOP, &everybody(SHOP)) > 20);
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn no_byte_is_left_in_a_whole_export() {
    let file = std::fs::read(reference::path("data/ingest/channels/shopify_orders.csv")).unwrap();
    // Every tenth: each is looked for in all that is written.
    let people: Vec<Somebody> = everybody(&file).into_iter().step_by(10).collect();
    assert!(people.len() > 30);
    erase_each(&file, &people);
}

/// Erases each person from all that was read, alone; how many orders and rejects that met.
fn erase_each(file: &[u8], people: &[Somebody]) -> u64 {
    let whole = omni_ingest::read(&formats::shopify_orders(), file).unwrap();
    let none = Tombstones::new(&key());
    let before = serialized(&whole, &none);
    let mut found = 0;
    for somebody in people {
        let person = somebody.person();
        let customers: Vec<CustomerId> = whole
            .orders
            .iter()
            .filter_map(|order| order.customer)
            .filter(|id| {
                whole
                    .keys
                    .customers
                    .key(id.get())
                    .is_some_and(|key| key.eq_ignore_ascii_case(&somebody.email))
            })
            .collect();
        let subject = Subject::of(&person).with_customers(&customers);
        let mut read = whole.clone();
        let mut tombstones = none.clone();
        tombstones.bury(&key(), &person).unwrap();
        let erased = subject.erase_read(&mut read, &key()).unwrap();
        found += erased.orders + erased.rejects;

        let after = serialized(&read, &tombstones);
        let digits = somebody.phone.trim_start_matches('0').to_owned();
        let needles =
            [somebody.name.clone(), somebody.email.clone(), somebody.phone.clone(), digits];
        for needle in needles.iter().filter(|needle| needle.len() > 2) {
            assert!(!after.contains(&needle.to_lowercase()), "{}: {needle}", somebody.record);
        }
        // No word of the name either, unless a product or somebody else has it too.
        let others = whole
            .keys
            .customers
            .keys()
            .iter()
            .filter(|key| !key.eq_ignore_ascii_case(&somebody.email));
        let elsewhere: String = whole
            .keys
            .titles()
            .iter()
            .chain(others)
            .map(|text| text.to_lowercase() + " ")
            .collect();
        let [left, elsewhere] = [&after, &elsewhere]
            .map(|text| text.split(|c: char| !c.is_alphanumeric()).collect::<BTreeSet<_>>());
        for word in somebody.name.to_lowercase().split_whitespace().filter(|word| word.len() > 2) {
            let found = left.contains(word) && !elsewhere.contains(word);
            assert!(!found, "{}: {word}", somebody.record);
        }
        assert!(!after.contains(&somebody.email.to_lowercase()));
        assert!(before.contains(&somebody.email.to_lowercase()));

        assert_eq!(books(&read.orders), books(&whole.orders));
        assert_eq!(read.account, whole.account);
        assert_eq!(read.keys.variants, whole.keys.variants);
        assert_eq!(read.keys.customers.len(), whole.keys.customers.len());
        let reasons = |read: &Read| {
            let all = read.rejects.iter().chain(&read.set_aside);
            all.map(|reject| (reject.record, reject.rules.clone())).collect::<Vec<_>>()
        };
        assert_eq!(reasons(&read), reasons(&whole));
        assert!(
            read.orders
                .iter()
                .all(|order| order.customer.is_none_or(|id| !customers.contains(&id)))
        );
        // Once is enough.
        let once = read.clone();
        let again = subject.erase_read(&mut read, &key()).unwrap();
        assert_eq!((again.orders, again.returns), (0, 0));
        assert_eq!(read, once);
    }
    found
}

#[test]
fn whoever_was_erased_is_kept_out_of_an_old_export() {
    let people = everybody(SHOP);
    for somebody in &people {
        let mut tombstones = Tombstones::new(&key());
        tombstones.bury(&key(), &somebody.person()).unwrap();
        let standing = |somebody: &Somebody| {
            somebody.version(|version| tombstones.standing(&key(), version)).unwrap()
        };
        assert_eq!(standing(somebody), Standing::Erased);
        // The same in another dress, and with a part of it.
        let upper = Somebody {
            name: somebody.name.to_uppercase(),
            email: format!(" {} ", somebody.email.to_uppercase()),
            phone: String::new(),
            ..somebody.clone()
        };
        assert_eq!(standing(&upper), Standing::Erased);
        let only_home = Somebody { email: String::new(), phone: String::new(), ..somebody.clone() };
        assert_eq!(standing(&only_home), Standing::Erased);
        for other in &people {
            let strange = other.email != somebody.email
                && other.phone != somebody.phone
                && other.home.street != somebody.home.street;
            if strange {
                assert_eq!(standing(other), Standing::Unknown);
            }
        }
        // Another member of the household, by the same mailbox.
        let family = Somebody {
            name: format!("Ø{}", somebody.name),
            home: Address { street: String::new(), ..somebody.home.clone() },
            ..somebody.clone()
        };
        assert_eq!(standing(&family), Standing::Shared);
    }
}

#[test]
fn a_wrong_key_is_an_error_and_lets_nobody_in() {
    let somebody = &everybody(SHOP)[0];
    let mut tombstones = Tombstones::new(&key());
    let other = Key::new([1; 16]);
    assert!(tombstones.bury(&other, &somebody.person()).is_err());
    assert!(somebody.version(|version| tombstones.standing(&other, version)).is_err());
    assert!(tombstones.merge(&Tombstones::new(&other)).is_err());
    assert!(tombstones.is_empty());
}

#[test]
fn events_and_customers_are_cut_off_too() {
    let somebody = &everybody(SHOP)[0];
    let (id, stranger) = (CustomerId::new(4), CustomerId::new(5));
    let subject = Subject::of(&somebody.person()).with_customers(&[id]);
    let event = |number, actor| {
        Event::new(EventRecord {
            id: EventId::new(number),
            at: now(),
            channel: ChannelId::new(0),
            actor,
            kind: EventKind::View,
            variant: Some(VariantId::new(1)),
            quantity: None,
            value: None,
        })
        .unwrap()
    };
    let mut events = vec![
        event(1, Actor::Customer(id)),
        event(2, Actor::Customer(stranger)),
        event(3, Actor::Session(somebody.email.to_uppercase())),
        event(4, Actor::Session("s-17".into())),
    ];
    assert_eq!(subject.erase_events(&mut events).unwrap(), 2);
    assert_eq!(events[0].actor, Actor::Session("erased".into()));
    assert_eq!(events[1].actor, Actor::Customer(stranger));
    assert_eq!(events[3].actor, Actor::Session("s-17".into()));

    let customer = |id, email: &str| {
        let said = Consent {
            purpose: Purpose::Marketing,
            channel: None,
            state: ConsentState::Granted,
            at: now(),
            source: format!("mail of {email}"),
            text_version: "1".into(),
        };
        Customer::new(CustomerRecord {
            id,
            identities: vec![Identity {
                kind: IdentityKind::Email,
                value: email.to_lowercase(),
                verified_at: None,
            }],
            consents: vec![said],
            merged_into: None,
            erased_at: None,
        })
        .unwrap()
    };
    let mut customers = vec![customer(id, &somebody.email), customer(stranger, "x@y.example")];
    assert_eq!(subject.erase_customers(&mut customers, now()).unwrap(), 1);
    assert_eq!((customers[0].identities.len(), customers[0].erased_at), (0, Some(now())));
    assert_eq!(customers[0].consents[0].source, "erased");
    assert_eq!(customers[1], customer(stranger, "x@y.example"));

    let mail = audience(&customers, Purpose::Marketing, None, now());
    assert_eq!((mail.included, mail.erased, mail.not_asked), (vec![stranger], 1, 0));
}

#[test]
fn all_records_of_one_person_are_disclosed_and_nobody_elses() {
    let read = omni_ingest::read(&formats::shopify_orders(), SHOP).unwrap();
    let people = everybody(SHOP);
    let (mut orders, mut rejects) = (0, 0);
    let emails: BTreeSet<&str> = people.iter().map(|somebody| somebody.email.as_str()).collect();
    for email in emails {
        let somebody = people.iter().find(|somebody| somebody.email == email).unwrap();
        let Some(number) = read.keys.customers.get(email.to_lowercase().as_str()) else { continue };
        let id = CustomerId::new(number);
        let person = somebody.person();
        let (customer, _) = person.customer(id).unwrap();
        let profile = person.profile(&Survivorship::person());
        let aside: Vec<_> = read.rejects.iter().chain(&read.set_aside).cloned().collect();
        let returns: Vec<_> = read.returns.iter().map(|returned| ("shopify", returned)).collect();
        let holdings = Holdings {
            profile: Some(&profile),
            customers: std::slice::from_ref(&customer),
            orders: &read.orders,
            returns: &returns,
            rejects: &aside,
            channels: read.keys.channels.keys(),
            ..Holdings::default()
        };
        let subject = Subject::of(&person).with_customers(&[id]);
        let text = disclose(Vec::new(), &subject, &holdings).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let rows = |table: &str| json[table].as_array().unwrap().clone();
        assert_eq!(json.as_object().unwrap().len(), 8);
        assert_eq!(rows("persons")[0]["name"], somebody.name);
        let own = read.orders.iter().filter(|order| order.customer == Some(id)).count();
        assert_eq!(rows("orders").len(), own);
        assert!(
            rows("orders").iter().all(|row| row["person"] == number && row["channel"] == "shopify")
        );
        assert_eq!(rows("events").len(), 0);
        orders += own;
        rejects += rows("rejects").len();
    }
    assert!(orders > 5 && rejects > 0, "{orders} {rejects}");
}

/// Same surname, street and phone; each has an order and a rejected row.
const HOUSEHOLD: &str = "\
Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Phone
#1,ada.finch@x.example,paid,GBP,2025-07-14 11:58:45 +0100,1,Mug,9.79,MUG,Ada Finch,07700900001
#2,bob.finch@x.example,paid,GBP,2025-07-14 11:58:45 +0100,1,Mug,9.79,MUG,Bob Finch,07700900001
#3,ada.finch@x.example,paid,GBP,31/04/2025,1,Mug,9.79,MUG,Ada Finch,07700900001
#4,bob.finch@x.example,paid,GBP,31/04/2025,1,Mug,9.79,MUG,Bob Finch,07700900001
";

#[test]
fn the_rest_of_the_household_keeps_what_is_theirs() {
    let whole = omni_ingest::read(&formats::shopify_orders(), HOUSEHOLD.as_bytes()).unwrap();
    assert_eq!((whole.orders.len(), whole.rejects.len()), (2, 2));
    let id = |email: &str| CustomerId::new(whole.keys.customers.get(email).unwrap());
    let (ada, bob) = (id("ada.finch@x.example"), id("bob.finch@x.example"));
    let mut person = Person::new();
    let version = PersonVersion {
        name: "Ada Finch",
        emails: &["ada.finch@x.example"],
        phones: &["+447700900001"],
        ..PersonVersion::default()
    };
    person.add(&version, &Origin::new("shopify", 1));
    let subject = Subject::of(&person).with_customers(&[ada]);

    let holdings =
        Holdings { orders: &whole.orders, rejects: &whole.rejects, ..Holdings::default() };
    let text = disclose(Vec::new(), &subject, &holdings).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(json["orders"].as_array().unwrap().len(), 1);
    assert_eq!(json["rejects"][0]["record"], 3);
    assert!(!String::from_utf8(text).unwrap().contains("bob"));

    let mut read = whole.clone();
    let erased = subject.erase_read(&mut read, &key()).unwrap();
    assert_eq!((erased.orders, erased.keys), (1, 1));
    assert_eq!(read.orders[0].customer, None);
    assert_eq!(read.orders[1], whole.orders[1]);
    assert_eq!(read.keys.customers.get("bob.finch@x.example"), Some(bob.get()));
    // Rather one text too many: the row names the surname.
    assert_eq!((erased.rejects, read.rejects[1].raw.as_str()), (2, ""));
    assert_eq!(read.rejects[1].reason(), "bad_date");
}

#[test]
fn everybody_who_is_left_out_is_counted() {
    use ConsentState::{Granted, Pending, Withdrawn};
    let shop = Some(ChannelId::new(1));
    let customer = |id, states: &[(ConsentState, Option<ChannelId>)]| {
        let said = |(state, channel): &(ConsentState, Option<ChannelId>)| Consent {
            purpose: Purpose::Profiling,
            channel: *channel,
            state: *state,
            at: now(),
            source: "form".into(),
            text_version: "1".into(),
        };
        CustomerRecord {
            id: CustomerId::new(id),
            identities: vec![],
            consents: states.iter().map(said).collect(),
            merged_into: None,
            erased_at: None,
        }
    };
    let customers: Vec<Customer> = [
        customer(0, &[]),
        customer(1, &[(Granted, None)]),
        customer(2, &[(Granted, None), (Withdrawn, shop)]),
        customer(3, &[(Pending, None)]),
        customer(4, &[(Granted, shop)]),
        CustomerRecord { merged_into: Some(CustomerId::new(1)), ..customer(5, &[(Granted, None)]) },
        CustomerRecord { erased_at: Some(now()), ..customer(6, &[(Granted, None)]) },
    ]
    .into_iter()
    .map(|record| Customer::new(record).unwrap())
    .collect();
    let of = |purpose, channel| {
        let audience = audience(&customers, purpose, channel, now());
        let numbers: Vec<u32> = audience.included.iter().map(|id| id.get()).collect();
        assert_eq!(numbers.len() as u64 + audience.left_out(), customers.len() as u64);
        (numbers, audience.not_asked, audience.pending, audience.withdrawn)
    };
    assert_eq!(of(Purpose::Profiling, shop), (vec![1, 4], 1, 1, 1));
    assert_eq!(of(Purpose::Profiling, None), (vec![1, 2], 2, 1, 0));
    assert_eq!(of(Purpose::Marketing, None), (vec![], 5, 0, 0));
}

proptest! {
    #[test]
    fn tombstones_are_a_set(
        names in vec(("[A-C][a-z]{0,3}", "[a-z]{1,3}@x", "[0-9]{0,11}"), 0..8), cut in 0_usize..8,
    ) {
        let persons: Vec<Person> = names
            .iter()
            .map(|(name, email, phone)| {
                let mut person = Person::new();
                let version = PersonVersion {
                    name, emails: &[email], phones: &[phone], ..PersonVersion::default()
                };
                person.add(&version, &Origin::new("f", 1));
                person
            })
            .collect();
        let bury = |persons: &[Person]| {
            let mut tombstones = Tombstones::new(&key());
            for person in persons {
                tombstones.bury(&key(), person).unwrap();
            }
            tombstones
        };
        let (left, right) = persons.split_at(cut.min(persons.len()));
        let (left, right, all) = (bury(left), bury(right), bury(&persons));
        let (mut a, mut b) = (left.clone(), right.clone());
        a.merge(&right).unwrap();
        b.merge(&left).unwrap();
        b.merge(&all).unwrap();
        prop_assert_eq!(&a, &all);
        prop_assert_eq!(&b, &all);
        #[cfg(feature = "serde")]
        {
            let json = serde_json::to_string(&all).unwrap();
            prop_assert_eq!(serde_json::from_str::<Tombstones>(&json).unwrap(), all);
        }
    }

    #[test]
    fn no_text_breaks_a_subject(name in any::<String>(), phone in any::<String>(), text in any::<String>()) {
        let mut person = Person::new();
        let version = PersonVersion {
            name: &name, emails: &[&phone], phones: &[&phone], loyalty: &[&name], ..PersonVersion::default()
        };
        person.add(&version, &Origin::new("f", 1));
        let subject = Subject::of(&person);
        let _ = subject.is_in(&text);
        let mut tombstones = Tombstones::new(&key());
        tombstones.bury(&key(), &person).unwrap();
        let standing = tombstones.standing(&key(), &version).unwrap();
        prop_assert!(tombstones.is_empty() || standing == Standing::Erased);
        let pseudonym = key().pseudonym(&name, &phone);
        prop_assert_eq!(pseudonym.to_string().parse::<Pseudonym>().unwrap(), pseudonym);
    }
}
