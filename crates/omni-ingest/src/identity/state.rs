//! Persons as records come in, are corrected, and go.
//!
//! ```text
//! partition(state) = f(records present, rules of the user, model)
//! person(record)   = number of the oldest record of its cluster
//! ```
//!
//! The partition is a function of what is there, never of how it came: records one by one,
//! in any order, or all at once give the same clusters, as long as the model is the same.
//! Only the names depend on arrival: a person is named by its oldest record, so it keeps
//! its number as records join it, a merge keeps the older number, and when a merge is
//! undone both have the numbers they had before.
//!
//! One new record costs its candidates, at most the block limit for each of its dozen
//! keys, and the weights of the component of links that it falls into, of which only its own
//! are found anew. No table or list is copied when it is full (`steady.rs`). What may take
//! longer is a record by which an identifier comes to have too many people: all profiles that
//! have it are compared again.

use super::explain::Explanation;
use super::model::Model;
use super::profile::Profile;
use super::resolver::PORTION;
use super::roster::{Move, NONE, Roster};
use super::rules::{Apart, Pairs};
use super::undo::Merged;
use super::{Limits, PersonRecord, Resolver};
use crate::Error;
use crate::steady::List;
use crate::values::{MISSING, Values, fingerprint};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A person of a [`State`]; stable over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PersonId(pub(super) u32);

impl PersonId {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// What a change did to the persons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Changes {
    /// Persons of whom nothing was known before.
    pub created: Vec<PersonId>,
    /// Records that came to a person already known.
    pub joined: Vec<(String, PersonId)>,
    /// Persons that turned out to be one.
    pub merged: Vec<Merge>,
    /// Persons that turned out to be several.
    pub split: Vec<Split>,
}

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Several persons became one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Merge {
    /// Who they were, ascending; one of them may live on.
    pub from: Vec<PersonId>,
    /// Who they are.
    pub into: PersonId,
}

/// One person became several; or it lost its oldest record and goes on under another
/// number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Split {
    /// Who it was.
    pub from: PersonId,
    /// Who its records belong to now, ascending.
    pub into: Vec<PersonId>,
}

/// All records, who they belong to, and what the user said about it.
///
/// # Examples
/// ```
/// use omni_ingest::identity::{Model, PersonRecord, Resolver, State};
///
/// let lena = PersonRecord {
///     name: Some("Lena Usher"),
///     email: Some("lena@example.com"),
///     ..PersonRecord::default()
/// };
/// let also = PersonRecord { phone: Some("+44 7700 900123"), ..lena };
/// let mut state = State::new(Resolver::new(), Model::default())?;
/// let changes = state.update([("shop:1", lena)]);
/// assert_eq!(changes.created.len(), 1);
/// let changes = state.update([("till:7", also)]);
/// assert_eq!(state.person("shop:1"), state.person("till:7"));
/// assert_eq!(changes.joined.len(), 1);
/// # Ok::<(), omni_ingest::Error>(())
/// ```
#[derive(Clone)]
pub struct State {
    pub(super) resolver: Resolver,
    pub(super) model: Model,
    pub(super) roster: Roster,
    names: Values,
    /// The record of every name.
    record_of: List<u32>,
    /// The name of every record.
    pub(super) name_of: List<u32>,
    pub(super) must: Pairs,
    pub(super) cannot: Pairs,
    /// Parts of merges that were undone.
    pub(super) apart: Apart,
    /// Records that are no evidence.
    pub(super) aside: BTreeSet<u32>,
    /// By the person merged into, the latest last.
    pub(super) merges: BTreeMap<u32, Vec<Merged>>,
}

impl fmt::Debug for State {
    /// Without the records: they are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("resolver", &self.resolver)
            .field("records", &self.len())
            .field("must_links", &self.must.len())
            .field("cannot_links", &self.cannot.len())
            .finish_non_exhaustive()
    }
}

impl State {
    /// No records yet. The model stays as it is: learn it by [`Resolver::fit`] from what is
    /// at hand, or begin with the default.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is out of range.
    pub fn new(resolver: Resolver, model: Model) -> Result<Self, Error> {
        resolver.check()?;
        let roster = Roster::new(&model);
        let mut record_of = List::default();
        record_of.push(NONE);
        Ok(Self {
            resolver,
            model,
            roster,
            names: Values::default(),
            record_of,
            name_of: List::default(),
            must: Pairs::default(),
            cannot: Pairs::default(),
            apart: Apart::default(),
            aside: BTreeSet::new(),
            merges: BTreeMap::new(),
        })
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.roster.slots.iter().filter(|slot| slot.node != NONE).count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds records under the caller's keys; a key seen before gets the new content.
    /// Feeding a record twice changes nothing.
    pub fn update<'a, K: AsRef<str>>(
        &mut self,
        records: impl IntoIterator<Item = (K, PersonRecord<'a>)>,
    ) -> Changes {
        let (mut records, mut moved) = (records.into_iter(), false);
        loop {
            let mut portion = records.by_ref().take(PORTION).peekable();
            if portion.peek().is_none() {
                break;
            }
            let mut found = Vec::new();
            let roster = &mut self.roster;
            self.resolver.profiles(portion, roster, |_, key, own| found.push((key, own)));
            for (key, profile) in found {
                moved |= self.put(key.as_ref(), profile);
            }
        }
        if moved {
            self.constrain();
        }
        self.settle()
    }

    /// Puts a profile under a key; whether a record with rules of the user moved.
    fn put(&mut self, key: &str, profile: Profile) -> bool {
        if let Some(record) = self.record(key) {
            let node = self.roster.slots.get(record as usize).map_or(NONE, |slot| slot.node);
            if self.roster.store.profile(node) == Some(&profile) {
                return false;
            }
            // What is new is evidence again.
            self.aside.remove(&record);
            self.roster.displace(&self.resolver, record);
            self.roster.place(&self.resolver, record, profile, self.tag(record));
            return self.is_ruled(record) || self.apart.contains(record);
        }
        let record = self.roster.add(&self.resolver, profile, 0);
        self.name(key, record);
        false
    }

    /// Gives a record its name.
    pub(super) fn name(&mut self, key: &str, record: u32) {
        let name = self.names.intern(key);
        if name as usize == self.record_of.len() {
            self.record_of.push(record);
        } else if let Some(slot) = self.record_of.get_mut(name as usize) {
            *slot = record;
        }
        self.name_of.push(name);
    }

    fn record(&self, key: &str) -> Option<u32> {
        let name = self.names.find(key)?;
        self.record_of.get(name as usize).copied().filter(|record| *record != NONE)
    }

    pub(super) fn key(&self, record: u32) -> &str {
        self.names.text(self.name_of.get(record as usize).copied().unwrap_or(MISSING))
    }

    fn known(&self, key: &str) -> Result<u32, Error> {
        self.record(key).ok_or(Error::UnknownRecord)
    }

    fn is_ruled(&self, record: u32) -> bool {
        self.must.of(record).chain(self.cannot.of(record)).next().is_some()
    }

    /// The tag of the node of a record: its own if there are rules about it, an even one if
    /// it stands aside.
    fn tag(&self, record: u32) -> u64 {
        let own = fingerprint(self.key(record)) | 1;
        if self.aside.contains(&record) {
            (own ^ 1).max(2)
        } else if self.is_ruled(record) {
            own
        } else {
            0
        }
    }

    /// Says that two records are of one person, whatever the evidence.
    ///
    /// A record that must be with two that must not be together goes to one of them.
    ///
    /// # Errors
    /// [`Error::UnknownRecord`] if there is no record of a key.
    pub fn must_link(&mut self, a: &str, b: &str) -> Result<Changes, Error> {
        let (a, b) = (self.known(a)?, self.known(b)?);
        self.cannot.remove(a, b);
        self.must.insert(a, b);
        Ok(self.admit(a, b))
    }

    /// Says that two records are not of one person, whatever the evidence.
    ///
    /// # Errors
    /// [`Error::UnknownRecord`] if there is no record of a key.
    pub fn cannot_link(&mut self, a: &str, b: &str) -> Result<Changes, Error> {
        let (a, b) = (self.known(a)?, self.known(b)?);
        self.must.remove(a, b);
        self.cannot.insert(a, b);
        Ok(self.rule(&[a, b], &[]))
    }

    /// Takes back what was said about two records, by [`unmerge`](Self::unmerge) too; the
    /// evidence decides again, as if it had never been said.
    ///
    /// # Errors
    /// [`Error::UnknownRecord`] if there is no record of a key.
    pub fn release(&mut self, a: &str, b: &str) -> Result<Changes, Error> {
        let (a, b) = (self.known(a)?, self.known(b)?);
        self.must.remove(a, b);
        self.cannot.remove(a, b);
        Ok(self.admit(a, b))
    }

    /// Lets two records be evidence and be together.
    fn admit(&mut self, a: u32, b: u32) -> Changes {
        self.aside.remove(&a);
        self.aside.remove(&b);
        let freed = self.apart.release(a, b);
        self.rule(&[a, b], &freed)
    }

    fn rule(&mut self, records: &[u32], others: &[u32]) -> Changes {
        let moves = self.decide(records, others);
        self.changes(&moves)
    }

    /// Moves records to nodes of their own if there are rules about them, and back if not;
    /// then decides anew about them and others.
    pub(super) fn decide(&mut self, records: &[u32], others: &[u32]) -> Vec<Move> {
        for record in records {
            let Some(slot) = self.roster.slots.get(*record as usize).copied() else { continue };
            let Some(profile) = self.roster.store.profile(slot.node).cloned() else { continue };
            self.roster.displace(&self.resolver, *record);
            self.roster.place(&self.resolver, *record, profile, self.tag(*record));
        }
        self.constrain();
        for record in records.iter().chain(others) {
            if let Some(slot) = self.roster.slots.get(*record as usize) {
                self.roster.touch(slot.node);
            }
        }
        self.roster.settle(&self.resolver, &self.model)
    }

    /// Tells the roster the rules of the user.
    fn constrain(&mut self) {
        let slots = &self.roster.slots;
        let node = |record: u32| slots.get(record as usize).map_or(NONE, |slot| slot.node);
        let pairs = |pairs: &Pairs| -> Vec<(u32, u32)> {
            pairs.iter().map(|(a, b)| (node(a), node(b))).collect()
        };
        let (must, cannot) = (pairs(&self.must), pairs(&self.cannot));
        let parts: Vec<(u32, (u32, u32))> =
            self.apart.iter().map(|(record, part)| (node(record), part)).collect();
        self.roster.constrain(must.into_iter(), cannot.into_iter(), parts.into_iter());
    }

    /// Puts all records that something was said about where that takes them.
    #[cfg(feature = "serde")]
    pub(super) fn restore(&mut self) {
        let mut ruled: BTreeSet<u32> =
            self.must.iter().chain(self.cannot.iter()).flat_map(|(a, b)| [a, b]).collect();
        ruled.extend(&self.aside);
        let ruled: Vec<u32> = ruled.into_iter().collect();
        let merges = std::mem::take(&mut self.merges);
        self.rule(&ruled, &[]);
        self.merges = merges;
    }

    /// Brings persons up to date and says what changed.
    fn settle(&mut self) -> Changes {
        let moves = self.roster.settle(&self.resolver, &self.model);
        self.changes(&moves)
    }

    /// What moves of records, ascending, are for persons.
    pub(super) fn changes(&mut self, moves: &[Move]) -> Changes {
        let mut changes = Changes::default();
        // A person lived before if its oldest record did not move.
        let lived = |person: u32| Move::before(moves, person).is_none();
        let mut by_before: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for change in moves.iter().filter(|change| change.before != NONE) {
            by_before.entry(change.before).or_default().insert(change.after);
        }
        let mut by_after: Vec<&Move> = moves.iter().collect();
        by_after.sort_by_key(|change| change.after);
        for own in by_after.chunk_by(|a, b| a.after == b.after) {
            let Some(after) = own.first().map(|change| change.after) else { continue };
            let mut from: BTreeSet<u32> =
                own.iter().map(|m| m.before).filter(|b| *b != NONE).collect();
            if lived(after) {
                from.insert(after);
            }
            if from.is_empty() {
                changes.created.push(PersonId(after));
            } else {
                for change in own.iter().filter(|m| m.before == NONE) {
                    let key = self.key(change.record).to_owned();
                    changes.joined.push((key, PersonId(after)));
                }
            }
            if from.len() > 1 {
                let from_ids = from.iter().map(|p| PersonId(*p)).collect();
                changes.merged.push(Merge { from: from_ids, into: PersonId(after) });
                self.note_merge(&from, after, moves);
            }
        }
        for (from, mut into) in by_before {
            // Who stayed, if the person lives on.
            let stays = self
                .roster
                .slots
                .get(from as usize)
                .is_some_and(|slot| slot.person == from && slot.node != NONE && lived(from));
            if stays {
                into.insert(from);
            }
            let moved_as_one = into.len() == 1 && is_merged(&changes, from);
            if into.len() > 1 || !moved_as_one {
                let into = into.into_iter().map(PersonId).collect();
                changes.split.push(Split { from: PersonId(from), into });
            }
        }
        changes
    }

    /// Takes a record out as if it had never come.
    ///
    /// # Errors
    /// [`Error::UnknownRecord`] if there is no record of the key.
    pub fn remove(&mut self, key: &str) -> Result<Changes, Error> {
        let record = self.known(key)?;
        Ok(self.take_out(&[record]))
    }

    /// Erases a person with all records; returns their keys, so that the erasure can go on
    /// where they came from. Nothing of their content is in the serialized state
    /// afterwards, nor in the memory of this one.
    ///
    /// # Errors
    /// [`Error::UnknownPerson`] if there is no such person.
    pub fn erase(&mut self, person: PersonId) -> Result<Vec<String>, Error> {
        let records = self.roster.records_of_person(person.0);
        if records.is_empty() {
            return Err(Error::UnknownPerson);
        }
        let keys = records.iter().map(|record| self.key(*record).to_owned()).collect();
        self.take_out(&records);
        Ok(keys)
    }

    fn take_out(&mut self, records: &[u32]) -> Changes {
        let gone: BTreeSet<u32> = records.iter().copied().collect();
        let mut loose = BTreeSet::new();
        for rules in [&mut self.must, &mut self.cannot] {
            for record in records {
                let others: Vec<u32> = rules.of(*record).collect();
                for other in others {
                    rules.remove(*record, other);
                    loose.insert(other);
                }
                self.aside.remove(record);
            }
        }
        self.apart.forget(&gone);
        for merges in self.merges.values_mut() {
            merges.retain_mut(|merge| merge.forget(&gone));
        }
        self.merges.retain(|_, merges| !merges.is_empty());
        let mut profiles = Vec::with_capacity(records.len());
        for record in records {
            let node = self.roster.slots.get(*record as usize).map_or(NONE, |slot| slot.node);
            profiles.extend(self.roster.store.profile(node).cloned());
            self.roster.displace(&self.resolver, *record);
            let name = self.name_of.get(*record as usize).copied().unwrap_or(MISSING);
            if let Some(slot) = self.record_of.get_mut(name as usize) {
                *slot = NONE;
            }
            self.names.wipe(name);
        }
        self.roster.store.forget(&profiles);
        let loose: Vec<u32> = loose.difference(&gone).copied().collect();
        self.rule(&loose, &[])
    }

    /// The person of a record.
    #[must_use]
    pub fn person(&self, key: &str) -> Option<PersonId> {
        let record = self.record(key)?;
        self.roster.slots.get(record as usize).map(|slot| PersonId(slot.person))
    }

    /// The keys of the records of a person, oldest first; none if there is no such person.
    #[must_use]
    pub fn records(&self, person: PersonId) -> Vec<&str> {
        let records = self.roster.records_of_person(person.0);
        records.into_iter().map(|record| self.key(record)).collect()
    }

    /// Every pair of records of a person, oldest first, with the probability of its being
    /// one person: that of the two records alone or, where it is larger, of the weakest
    /// step of the best way from one to the other over records of the person. A pair that
    /// was said to be one person has probability 1.
    #[must_use]
    pub fn pairs(&self, person: PersonId) -> Vec<(&str, &str, f64)> {
        let records = self.roster.records_of_person(person.0);
        let node = |record: &u32| self.roster.slots.get(*record as usize).map_or(NONE, |s| s.node);
        let mut nodes: Vec<u32> = records.iter().map(node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let support = self.roster.support(&nodes);
        let place = |record: &u32| nodes.binary_search(&node(record)).unwrap_or_default();
        let mut pairs = Vec::new();
        for (at, a) in records.iter().enumerate() {
            for b in records.iter().skip(at + 1) {
                let probability = support.get(place(a) * nodes.len() + place(b));
                pairs.push((self.key(*a), self.key(*b), probability.copied().unwrap_or(1.0)));
            }
        }
        pairs
    }

    /// All records with their persons, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, PersonId)> + '_ {
        (0..)
            .zip(self.roster.slots.iter())
            .filter(|(_, slot)| slot.node != NONE)
            .map(|(record, slot)| (self.key(record), PersonId(slot.person)))
    }

    /// Why two records are, or are not, of one person.
    #[must_use]
    pub fn explain(&self, a: &str, b: &str) -> Option<Explanation> {
        let node = |key| {
            self.record(key)
                .and_then(|record| self.roster.slots.get(record as usize))
                .map(|s| s.node)
        };
        self.roster.store.explain(&self.roster.weights, node(a)?, node(b)?)
    }

    /// The model that everything is judged by.
    #[must_use]
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// What the limits held back.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.resolver.limits(&self.roster)
    }
}

fn is_merged(changes: &Changes, person: u32) -> bool {
    changes.merged.iter().any(|merge| merge.from.contains(&PersonId(person)))
}
