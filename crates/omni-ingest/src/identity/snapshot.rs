//! The state as it is stored.
//!
//! Kept are the normalized values of the records that are there, their keys and numbers,
//! the rules of the user, the merges that can be undone and those that were, the settings
//! and the model; all else follows. A version stands in front.

use super::Resolver;
use super::model::Model;
use super::profile::{Field, Profile};
use super::roster::{NONE, Roster};
use super::rules::{Apart, Pairs};
use super::state::State;
use super::undo::Merged;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The layout that is written, and the only one that is read.
const VERSION: u32 = 2;

/// Every number takes some memory, that of an erased record too: a state of more than
/// `MOST_NUMBERS` of them has one record left in so many, or is not ours.
const MOST_NUMBERS: usize = 1 << 22;
const GAPS: usize = 1024;

#[derive(Serialize, Deserialize)]
struct Snapshot<'a> {
    version: u32,
    resolver: Cow<'a, Resolver>,
    model: Cow<'a, Model>,
    /// Numbers below it were given to records.
    next: u32,
    profiles: Vec<Stored>,
    must: Vec<(u32, u32)>,
    cannot: Vec<(u32, u32)>,
    apart: Cow<'a, [Vec<Vec<u32>>]>,
    aside: Vec<u32>,
    merges: Vec<Cow<'a, Merged>>,
}

/// A profile with its records.
#[derive(Serialize, Deserialize)]
struct Stored {
    values: BTreeMap<Field, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    devices: Vec<String>,
    records: Vec<(u32, String)>,
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let store = &self.roster.store;
        let mut profiles: Vec<Stored> = Vec::new();
        let mut place: BTreeMap<u32, usize> = BTreeMap::new();
        for (record, slot) in (0..).zip(self.roster.slots.iter()) {
            let Some(profile) = store.profile(slot.node) else { continue };
            let at = *place.entry(slot.node).or_insert_with(|| {
                let known = Field::ALL.iter().zip(&profile.ids).filter(|(_, id)| **id != 0);
                profiles.push(Stored {
                    values: known
                        .map(|(field, id)| (*field, store.lexicon.text(*field, *id).to_owned()))
                        .collect(),
                    devices: profile
                        .devices
                        .iter()
                        .map(|id| store.lexicon.text(Field::Device, *id).to_owned())
                        .collect(),
                    records: Vec::new(),
                });
                profiles.len() - 1
            });
            if let Some(stored) = profiles.get_mut(at) {
                stored.records.push((record, self.key(record).to_owned()));
            }
        }
        Snapshot {
            version: VERSION,
            resolver: Cow::Borrowed(&self.resolver),
            model: Cow::Borrowed(&self.model),
            next: u32::try_from(self.roster.slots.len()).unwrap_or(NONE),
            profiles,
            must: self.must.iter().collect(),
            cannot: self.cannot.iter().collect(),
            apart: Cow::Borrowed(self.apart.families()),
            aside: self.aside.iter().copied().collect(),
            merges: self.merges.values().flatten().map(Cow::Borrowed).collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Snapshot::deserialize(deserializer)?;
        if stored.version != VERSION {
            return Err(D::Error::custom(format!(
                "the state has version {}, this is version {VERSION}",
                stored.version
            )));
        }
        let model = stored.model.into_owned();
        model.check().map_err(D::Error::custom)?;
        let mut state = Self::new(stored.resolver.into_owned(), model).map_err(D::Error::custom)?;
        let mut records: BTreeMap<u32, (usize, &str)> = BTreeMap::new();
        for (at, profile) in stored.profiles.iter().enumerate() {
            for (record, key) in &profile.records {
                if *record >= stored.next || records.insert(*record, (at, key)).is_some() {
                    return Err(D::Error::custom(format!("record {record} is out of place")));
                }
            }
        }
        if stored.next as usize > MOST_NUMBERS + GAPS * records.len() {
            return Err(D::Error::custom(format!("{} numbers are too many", stored.next)));
        }
        let profiles: Vec<Profile> =
            stored.profiles.iter().map(|profile| profile.number(&mut state.roster)).collect();
        let mut next = 0;
        for (record, (at, key)) in records {
            while next < record {
                state.roster.skip();
                state.name("", NONE);
                next += 1;
            }
            let profile = profiles.get(at).cloned().unwrap_or_default();
            let record = state.roster.add(&state.resolver, profile, 0);
            state.name(key, record);
            next += 1;
        }
        while next < stored.next {
            state.roster.skip();
            state.name("", NONE);
            next += 1;
        }
        let known =
            |record: u32| state.roster.slots.get(record as usize).is_some_and(|s| s.node != NONE);
        let rules = |pairs: Vec<(u32, u32)>| {
            let mut rules = Pairs::default();
            for (a, b) in pairs.into_iter().filter(|(a, b)| known(*a) && known(*b)) {
                rules.insert(a, b);
            }
            rules
        };
        let mut families = stored.apart.into_owned();
        for part in families.iter_mut().flatten() {
            part.retain(|record| known(*record));
        }
        (state.must, state.cannot) = (rules(stored.must), rules(stored.cannot));
        state.aside = stored.aside.into_iter().filter(|record| known(*record)).collect();
        state.apart = Apart::new(families);
        state.restore();
        for merge in stored.merges {
            let merge = merge.into_owned();
            state.merges.entry(merge.into).or_default().push(merge);
        }
        Ok(state)
    }
}

impl Stored {
    fn number(&self, roster: &mut Roster) -> Profile {
        let lexicon = &mut roster.store.lexicon;
        let mut profile = Profile::default();
        for (field, text) in &self.values {
            if let Some(slot) = profile.ids.get_mut(*field as usize) {
                *slot = lexicon.intern(*field, text);
            }
        }
        profile.devices =
            self.devices.iter().map(|device| lexicon.intern(Field::Device, device)).collect();
        profile.finish(lexicon);
        profile
    }
}
