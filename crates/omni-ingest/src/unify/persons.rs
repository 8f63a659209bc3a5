//! Which records are of one person.

use super::golden::Mention;
use super::{Channel, Fate, Sighting};
use crate::identity::{Limits, PersonRecord, Resolver};
use crate::rule::Class;
use crate::{Contact, Error};
use omni_core::ChannelId;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Its [`Mention`]; `None` if it repeats another record.
    pub mention: Option<u64>,
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
    /// What the records say, by person.
    pub(super) mentions: Vec<Mention>,
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
            .then_with(|| a.at.cmp(&b.at))
            .then_with(|| a.fate.cmp(&b.fate))
    });
    let is_repeat = |sighting: &Sighting| {
        fates.get(sighting.fate).is_some_and(|fate| fate.class == Class::Duplicate)
    };
    let (repeats, first): (Vec<_>, Vec<_>) = people.into_iter().partition(is_repeat);
    let records = first.iter().map(|s| PersonRecord::from_contact(name(s.channel), &s.contact));
    let resolution = resolver.resolve(records)?;

    let mut persons =
        Persons { count: resolution.count, limits: resolution.limits, ..Persons::default() };
    let mut known: FxHashMap<(usize, &Contact<'_>), u32> = FxHashMap::default();
    for (sighting, person) in first.iter().zip(resolution.persons.iter().copied()) {
        known.entry((sighting.channel, &sighting.contact)).or_insert(person);
        persons.by_fate.insert(sighting.fate, person);
        if let Some(order) = &sighting.order {
            let order = (sighting.channel, order.clone());
            persons.by_order.entry(order).and_modify(|p| *p = person.min(*p)).or_insert(person);
        }
    }
    for sighting in &repeats {
        if let Some(person) = known.get(&(sighting.channel, &sighting.contact)) {
            persons.by_fate.insert(sighting.fate, *person);
        }
    }
    drop(known);
    let mentioned: FxHashMap<usize, u64> =
        (0..).zip(&first).map(|(number, sighting)| (sighting.fate, number)).collect();
    persons.identified = persons
        .by_fate
        .iter()
        .filter_map(|(place, person)| {
            let fate = fates.get(*place)?;
            let mention = mentioned.get(place).copied();
            Some(Identified { file: fate.file, record: fate.record, person: *person, mention })
        })
        .collect();
    persons.identified.sort_by_key(|identified| (identified.file, identified.record));
    // As the orders number the channels: by name.
    let names: BTreeSet<&str> = channels.iter().map(|channel| channel.name.as_str()).collect();
    let numbers: BTreeMap<&str, u32> = names.into_iter().zip(0..).collect();
    for ((number, sighting), person) in (0..).zip(first).zip(resolution.persons) {
        let channel = numbers.get(name(sighting.channel)).copied().unwrap_or_default();
        persons.mentions.push(Mention {
            person,
            number,
            channel: ChannelId::new(channel),
            order: sighting.order.filter(|order| !order.is_empty()),
            at: sighting.at,
            contact: sighting.contact,
        });
    }
    persons.mentions.sort_by_key(|mention| (mention.person, mention.number));
    Ok(persons)
}
