//! Persons: every record has one, whatever it says.

use omni_ingest::identity::{Model, PersonFields, PersonId, PersonRecord, Resolver, State};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Records of NUL-ended texts, each named by the byte before them; one from 224 begins a record.
fn records(data: &[u8]) -> Vec<PersonFields> {
    let mut records: Vec<PersonFields> = Vec::new();
    for part in data.split(|&byte| byte == 0) {
        let [field, text @ ..] = part else { continue };
        if *field >= 0xE0 || records.is_empty() {
            let channel = format!("c{}", field % 3);
            records.push(PersonFields { channel, ..PersonFields::default() });
        }
        let text = String::from_utf8_lossy(text).into_owned();
        let Some(record) = records.last_mut() else { continue };
        let place = match field % 17 {
            0 => &mut record.name,
            1 => &mut record.given_name,
            2 => &mut record.surname,
            3 => &mut record.email,
            4 => &mut record.phone,
            5 => &mut record.street,
            6 => &mut record.address,
            7 => &mut record.address_detail,
            8 => &mut record.city,
            9 => &mut record.region,
            10 => &mut record.postal_code,
            11 => &mut record.country,
            12 => &mut record.birth_date,
            13 => &mut record.national_id,
            14 => &mut record.loyalty,
            15 => &mut record.account,
            _ => {
                record.devices.push(Cow::Owned(text));
                continue;
            }
        };
        *place = Some(text);
    }
    records.truncate(24);
    records
}

/// Checks that everybody of a state is found by every way.
fn consistent(state: &State, expected: usize) {
    assert_eq!(state.len(), expected);
    let all: Vec<_> = state.iter().collect();
    assert_eq!(all.len(), expected);
    for (key, person) in &all {
        assert_eq!(state.person(key), Some(*person));
        assert!(state.records(*person).contains(key));
        for (a, b, probability) in state.pairs(*person) {
            assert_ne!(a, b);
            assert!((0.0..=1.0).contains(&probability), "{probability}");
        }
    }
}

/// Any records, all at once and one after the other.
pub fn identity(data: &[u8]) {
    let [choice, data @ ..] = data else { return };
    let fields = records(data);
    let all = || fields.iter().map(PersonFields::as_record);
    let resolver = Resolver::new().with_block_limit(1 + u32::from(choice >> 4));
    let resolution = resolver.resolve(all()).expect("the settings are in range");
    assert_eq!(resolution.persons.len(), fields.len());
    let mut next = 0;
    for person in &resolution.persons {
        assert!(*person <= next, "numbered in the order of first records");
        next = next.max(person + 1);
    }
    assert_eq!(resolution.count, next);
    let rate = (resolution.model.person_rate(), resolution.model.household_rate());
    assert!((0.0..=1.0).contains(&rate.0) && (0.0..=1.0).contains(&rate.1), "{rate:?}");

    let model = if choice & 1 == 0 { Model::default() } else { resolution.model };
    let mut state = State::new(resolver, model).expect("the settings are in range");
    let keys: Vec<String> = (0..fields.len()).map(|at| format!("r{at}")).collect();
    let named = keys.iter().map(String::as_str).zip(all());
    for (key, record) in named.clone() {
        let before: BTreeMap<String, PersonId> =
            state.iter().map(|(key, person)| (key.to_owned(), person)).collect();
        let changes = state.update([(key, record)]);
        // As it is, or undone.
        let merge = changes.merged.last().filter(|_| choice & 2 != 0);
        if let Some(merge) = merge {
            state.unmerge(merge.into).expect("a merge");
            for (key, person) in &before {
                assert_eq!(state.person(key), Some(*person), "as it was");
            }
            let own = state.person(key).expect("a known record");
            assert_eq!(state.records(own), [key]);
        }
    }
    consistent(&state, fields.len());
    // The same records once more change nothing.
    assert!(state.update(named.clone()).is_empty());
    for (a, b) in keys.iter().zip(keys.iter().skip(1)) {
        if let Some(why) = state.explain(a, b) {
            assert!(!why.to_string().contains("NaN"));
        }
    }
    if let [a, b, ..] = &keys[..] {
        state.must_link(a, b).expect("known records");
        assert_eq!(state.person(a), state.person(b));
        state.cannot_link(a, b).expect("known records");
        assert_ne!(state.person(a), state.person(b));
        consistent(&state, fields.len());
        state.release(a, b).expect("known records");
        // A record that says nothing any more is a person of its own.
        state.update([(a.as_str(), PersonRecord::default())]);
        consistent(&state, fields.len());
        state.remove(b).expect("a known record");
        consistent(&state, fields.len() - 1);
        let person = state.person(a).expect("a known record");
        let gone = state.erase(person).expect("a known person");
        consistent(&state, fields.len() - 1 - gone.len());
    }
    #[cfg(feature = "serde")]
    {
        let json = serde_json::to_string(&state).expect("a state is written");
        let again: State = serde_json::from_str(&json).expect("and read");
        assert_eq!(again.iter().collect::<Vec<_>>(), state.iter().collect::<Vec<_>>());
    }
}
