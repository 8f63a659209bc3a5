//! Any bytes as a state that was kept: refused or usable, and written as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_core::CustomerId;
use omni_ingest::identity::{self, PersonRecord};
use omni_ingest::merge::{Person, PersonVersion, Survivorship};
use omni_ingest::privacy::{Key, Subject, Tombstones};
use omni_ingest::stream::{Arrival, State};

fuzz_target!(|data: &[u8]| {
    if let Ok(mut state) = serde_json::from_slice::<State>(data) {
        let json = serde_json::to_string(&state).expect("a state is written");
        assert_eq!(serde_json::from_str::<State>(&json).expect("and read"), state);
        for at in [i64::MIN, -1, 0, 1_000, i64::MAX] {
            let id = at.to_string();
            let _ = state.push(&Arrival { id: &id, key: "k", version: 1, at, amount: i64::MAX });
        }
        let _ = state.finish();
    }
    if let Ok(mut state) = serde_json::from_slice::<identity::State>(data) {
        let json = serde_json::to_string(&state).expect("a state is written");
        let again: identity::State = serde_json::from_str(&json).expect("and read");
        assert!(again.iter().eq(state.iter()));
        assert_eq!(serde_json::to_string(&again).expect("and written"), json);
        let record = PersonRecord { email: Some("ada@old.example"), ..PersonRecord::default() };
        let _ = state.update([("new", record)]);
        let keys: Vec<String> = state.iter().map(|(key, _)| key.to_owned()).collect();
        for key in &keys {
            if let Some(person) = state.person(key) {
                let _ = state.pairs(person).len();
                let _ = state.unmerge(person);
            }
            let _ = state.release(key, "new");
        }
        assert_eq!(state.len(), keys.len());
    }
    if let Ok(person) = serde_json::from_slice::<Person>(data) {
        let json = serde_json::to_string(&person).expect("a person is written");
        assert_eq!(serde_json::from_str::<Person>(&json).expect("and read"), person);
        let _ = person.profile(&Survivorship::person());
        let _ = person.customer(CustomerId::new(0));
        let _ = Subject::of(&person).is_in(&json);
        let key = Key::new([7; 16]);
        let mut tombstones = Tombstones::new(&key);
        tombstones.bury(&key, &person).expect("the key is right");
    }
    if let Ok(tombstones) = serde_json::from_slice::<Tombstones>(data) {
        let _ = tombstones.standing(&Key::new([7; 16]), &PersonVersion::default());
    }
});
