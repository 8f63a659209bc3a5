//! Survivorship: the order of records never matters, nothing that was said is lost.

use chrono::{DateTime, TimeDelta, Utc};
use omni_core::customer::{Address, Consent, ConsentState, Purpose};
use omni_core::{ChannelId, CustomerId};
use omni_ingest::merge::{Entity, Origin, Person, PersonVersion, Rule, Survivorship};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
struct Version {
    origin: Origin,
    name: String,
    email: String,
    phone: String,
    street: String,
    consent: Option<(u8, i64)>,
}

impl Version {
    fn add_to(&self, person: &mut Person) {
        let (emails, phones) = ([self.email.as_str()], [self.phone.as_str()]);
        let addresses = [Address {
            name: self.name.clone(),
            street: self.street.clone(),
            city: String::new(),
            region: String::new(),
            postal_code: String::new(),
            country: "GB".into(),
        }];
        let consents: Vec<Consent> =
            self.consent.iter().map(|&(state, seconds)| said(state, seconds)).collect();
        let version = PersonVersion {
            name: &self.name,
            emails: &emails,
            phones: &phones,
            loyalty: &emails,
            references: &[(ChannelId::new(1), &self.phone)],
            addresses: &addresses,
            consents: &consents,
            ..PersonVersion::default()
        };
        person.add(&version, &self.origin);
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn said(state: u8, seconds: i64) -> Consent {
    let state = match state % 3 {
        0 => ConsentState::Granted,
        1 => ConsentState::Pending,
        _ => ConsentState::Withdrawn,
    };
    let (source, text_version) = ("form".to_owned(), "1".to_owned());
    let purpose = Purpose::Marketing;
    Consent { purpose, channel: None, state, at: at(seconds), source, text_version }
}

fn origin() -> impl Strategy<Value = Origin> {
    ("[ab]", 0_u64..4, prop::option::of(0_i64..6), any::<bool>()).prop_map(
        |(source, record, seconds, proven)| {
            let origin = Origin::new(&source, record);
            let origin = seconds.map_or(origin.clone(), |seconds| origin.with_time(at(seconds)));
            if proven { origin.with_proof() } else { origin }
        },
    )
}

fn versions() -> impl Strategy<Value = Vec<Version>> {
    let text = "[xyz]{0,2}";
    let version =
        (origin(), text, text, "[+7]{0,2}[0-9 ]{0,9}", text, prop::option::of((0_u8..3, 0_i64..4)));
    vec(
        version.prop_map(|(origin, name, email, phone, street, consent)| Version {
            origin,
            name,
            email,
            phone,
            street,
            consent,
        }),
        0..12,
    )
}

fn person(versions: &[Version]) -> Person {
    let mut person = Person::new();
    for version in versions {
        version.add_to(&mut person);
    }
    person
}

fn merged(a: &Person, b: &Person) -> Person {
    let mut sum = a.clone();
    sum.merge(b);
    sum
}

const RULES: [Rule; 6] =
    [Rule::Verified, Rule::Recent, Rule::First, Rule::Frequent, Rule::Source, Rule::Longest];

proptest! {
    #[test]
    fn merging_is_commutative_associative_and_idempotent(
        a in versions(), b in versions(), c in versions(),
    ) {
        let whole = person(&[a.clone(), b.clone(), c.clone()].concat());
        let (a, b, c) = (person(&a), person(&b), person(&c));
        let left = merged(&merged(&a, &b), &c);
        prop_assert_eq!(&left, &merged(&a, &merged(&b, &c)));
        prop_assert_eq!(&left, &merged(&merged(&c, &b), &a));
        prop_assert_eq!(&left, &merged(&left, &left));
        prop_assert_eq!(&left, &whole);
        let rules = Survivorship::person();
        prop_assert_eq!(left.profile(&rules), whole.profile(&rules));
        let (customer, _) = whole.customer(CustomerId::new(1)).unwrap();
        // The latest word counts, the stricter of two of one instant.
        let last = whole.consents().into_iter().last();
        let granted = last.is_some_and(|said| said.state == ConsentState::Granted);
        prop_assert_eq!(customer.allows(Purpose::Marketing, None, at(100)), granted);
    }

    #[test]
    fn a_record_taken_out_was_never_there(versions in versions(), out in 0_u64..4) {
        let (gone, kept): (Vec<Version>, Vec<Version>) = versions
            .iter()
            .cloned()
            .partition(|version| version.origin.source == "a" && version.origin.record == out);
        let mut rest = person(&versions);
        rest.remove("a", out);
        prop_assert_eq!(&rest, &person(&kept));
        // And back again: a merge that was undone can be done.
        rest.merge(&person(&gone));
        prop_assert_eq!(rest, person(&versions));
    }

    #[test]
    fn nothing_that_was_said_is_lost(
        said in vec((0_usize..3, "[xyz]{0,3}", origin()), 0..20),
        order in vec(0_usize..20, 0..20),
        rules in vec(prop::sample::select(RULES.to_vec()), 0..4),
    ) {
        let names = ["color", "size", "title"];
        let (mut forward, mut shuffled) = (Entity::new(), Entity::new());
        for (field, value, origin) in &said {
            forward.add(names[*field], value, origin);
        }
        // The same in any order and with repeats.
        let all = order.iter().map(|at| at % said.len().max(1)).chain((0..said.len()).rev());
        for (field, value, origin) in all.filter_map(|at| said.get(at)) {
            shuffled.add(names[*field], value, origin);
        }
        prop_assert_eq!(&forward, &shuffled);
        let rules = Survivorship::new(&rules).with_sources(&["b", "a"]);
        let golden = rules.golden(&forward);
        prop_assert_eq!(&golden, &rules.golden(&shuffled));
        let kept: BTreeSet<(&str, &str, &Origin)> = golden
            .iter()
            .flat_map(|(field, survivor)| survivor.all().map(move |(value, by)| (field, value, by)))
            .flat_map(|(field, value, by)| by.iter().map(move |by| (field.as_str(), value.as_str(), by)))
            .collect();
        let expected: BTreeSet<(&str, &str, &Origin)> = said
            .iter()
            .filter(|(_, value, _)| !value.is_empty())
            .map(|(field, value, origin)| (names[*field], value.as_str(), origin))
            .collect();
        prop_assert_eq!(kept, expected);
    }

    #[test]
    fn each_rule_agrees_with_its_definition(said in vec(("[xyz]{1,3}", origin()), 1..12)) {
        let mut entity = Entity::new();
        for (value, origin) in &said {
            entity.add("f", value, origin);
        }
        let best = |rule| {
            let rules = Survivorship::new(&[rule]).with_sources(&["b"]);
            rules.golden(&entity)["f"].value.clone()
        };
        let times = |value: &str| {
            said.iter().filter(|(v, _)| v == value).filter_map(|(_, o)| o.at).collect::<Vec<_>>()
        };
        let latest = said.iter().filter_map(|(_, o)| o.at).max();
        prop_assert_eq!(times(&best(Rule::Recent)).into_iter().max(), latest);
        let earliest = said.iter().filter_map(|(_, o)| o.at).min();
        prop_assert_eq!(times(&best(Rule::First)).into_iter().min(), earliest);
        let longest = said.iter().map(|(v, _)| v.len()).max().unwrap();
        prop_assert_eq!(best(Rule::Longest).len(), longest);
        let records = |value: &str| {
            let of = said.iter().filter(|(v, _)| v == value);
            of.map(|(_, o)| (&o.source, o.record)).collect::<BTreeSet<_>>().len()
        };
        let most = said.iter().map(|(v, _)| records(v)).max().unwrap();
        prop_assert_eq!(records(&best(Rule::Frequent)), most);
        let has = |value: &str, test: fn(&Origin) -> bool| {
            said.iter().any(|(v, o)| v == value && test(o))
        };
        let proven = said.iter().any(|(_, o)| o.verified);
        prop_assert_eq!(has(&best(Rule::Verified), |o| o.verified), proven);
        let from_b = said.iter().any(|(_, o)| o.source == "b");
        prop_assert_eq!(has(&best(Rule::Source), |o| o.source == "b"), from_b);
    }
}

#[cfg(feature = "serde")]
proptest! {
    #[test]
    fn a_state_survives_json(versions in versions()) {
        let person = person(&versions);
        let json = serde_json::to_string(&person).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Person>(&json).unwrap(), &person);
        let other = json.replace("\"layout\":1", "\"layout\":2");
        prop_assert!(serde_json::from_str::<Person>(&other).is_err());
        let profile = person.profile(&Survivorship::person());
        let json = serde_json::to_string(&profile).unwrap();
        prop_assert_eq!(serde_json::from_str::<omni_ingest::merge::Profile>(&json).unwrap(), profile);
    }
}
