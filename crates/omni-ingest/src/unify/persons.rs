//! Which records are of one person.

use super::{Channel, Fate, Sighting};
use crate::identity::{Limits, PersonRecord, Resolver};
use crate::rule::Class;
use crate::{Contact, Error};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A record that says something about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Identified {
    /// The file: its position in [`Unified::files`](super::Unified::files).
    pub file: usize,
    /// The record, from 1.
    pub record: u64,
    /// The person, from 0.
    pub person: u32,
}

/// What is known of persons when all files are read.
#[derive(Default)]
pub(super) struct Persons {
    pub(super) count: u32,
    pub(super) limits: Limits,
    pub(super) identified: Vec<Identified>,
    /// The person of a record, by its place among the fates.
    pub(super) by_fate: FxHashMap<usize, u32>,
    /// The person of an order, by channel and number.
    pub(super) by_order: BTreeMap<(usize, String), u32>,
}

/// Resolves all sightings but those of repeats, which say nothing new and are given the
/// person of what they repeat. Persons are numbered in an order that does not depend on
/// the files.
pub(super) fn resolve(
    resolver: &Resolver,
    channels: &[Channel],
    fates: &[Fate],
    mut people: Vec<Sighting>,
) -> Result<Persons, Error> {
    let name = |channel: usize| channels.get(channel).map_or("", |channel| channel.name.as_str());
    people.sort_by(|a, b| {
        (name(a.channel).cmp(name(b.channel)))
            .then_with(|| a.order.cmp(&b.order))
            .then_with(|| a.contact.cmp(&b.contact))
            .then_with(|| a.fate.cmp(&b.fate))
    });
    let is_repeat = |sighting: &Sighting| {
        fates.get(sighting.fate).is_some_and(|fate| fate.class == Class::Duplicate)
    };
    let (repeats, first): (Vec<_>, Vec<_>) = people.iter().partition(|s| is_repeat(s));
    let records = first.iter().map(|s| PersonRecord::from_contact(name(s.channel), &s.contact));
    let resolution = resolver.resolve(records)?;

    let mut persons =
        Persons { count: resolution.count, limits: resolution.limits, ..Persons::default() };
    let mut known: FxHashMap<(usize, &Contact<'_>), u32> = FxHashMap::default();
    for (sighting, person) in first.iter().zip(resolution.persons) {
        known.entry((sighting.channel, &sighting.contact)).or_insert(person);
        persons.by_fate.insert(sighting.fate, person);
        if let Some(order) = &sighting.order {
            let order = (sighting.channel, order.clone());
            persons.by_order.entry(order).and_modify(|p| *p = person.min(*p)).or_insert(person);
        }
    }
    for sighting in repeats {
        if let Some(person) = known.get(&(sighting.channel, &sighting.contact)) {
            persons.by_fate.insert(sighting.fate, *person);
        }
    }
    persons.identified = persons
        .by_fate
        .iter()
        .filter_map(|(fate, person)| {
            let fate = fates.get(*fate)?;
            Some(Identified { file: fate.file, record: fate.record, person: *person })
        })
        .collect();
    persons.identified.sort_by_key(|identified| (identified.file, identified.record));
    Ok(persons)
}
