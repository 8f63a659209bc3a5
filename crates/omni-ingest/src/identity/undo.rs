//! Merges, and how they are undone.
//!
//! ```text
//! persons(state) = f(records present, rules, model)
//! undo           = f without the records whose coming was the merge
//! ```
//!
//! A merge by a record that came is undone by what made it: the record stands aside, so
//! that it is a person of its own and evidence for nothing, and by the first line everybody
//! is who they were before it came, third persons too. The merged persons are then kept
//! apart against evidence to come; a bar on a join, not evidence itself, so that nobody else
//! is decided anew for it (see [`cluster`](crate::cluster)).
//!
//! Of several records that came together, those return who change nobody older.

use super::PersonId;
use super::roster::{Move, NONE};
use super::state::{Changes, State};
use crate::Error;
use std::collections::{BTreeMap, BTreeSet};

/// A merge that can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Merged {
    pub(super) into: u32,
    /// The records of each person before it.
    pub(super) parts: Vec<Vec<u32>>,
    /// The records that came with it and said something new.
    pub(super) joined: Vec<u32>,
}

impl Merged {
    /// Takes records out; whether it still is one.
    pub(super) fn forget(&mut self, gone: &BTreeSet<u32>) -> bool {
        for part in &mut self.parts {
            part.retain(|record| !gone.contains(record));
        }
        self.parts.retain(|part| !part.is_empty());
        self.joined.retain(|record| !gone.contains(record));
        self.parts.len() > 1
    }
}

/// What several steps did to the persons of records: before the first, after the last.
#[derive(Default)]
struct Steps(BTreeMap<u32, (u32, u32)>);

impl Steps {
    fn add(&mut self, moves: &[Move]) {
        for step in moves {
            self.0.entry(step.record).or_insert((step.before, step.after)).1 = step.after;
        }
    }

    fn moves(self) -> Vec<Move> {
        let moved = self.0.into_iter().filter(|(_, (before, after))| before != after);
        moved.map(|(record, (before, after))| Move { record, before, after }).collect()
    }
}

impl State {
    /// Undoes the last merge into a person and keeps the merged persons apart from then on.
    ///
    /// If the merge came with records that joined them, as it does when records are fed one
    /// at a time, every other record is with whom it was before they came. Such a record
    /// stands aside from now on: it is a person of its own and no evidence, until
    /// [`must_link`](Self::must_link) says whose it is, [`release`](Self::release) lets
    /// evidence decide, or its content changes. Of several, those that change nobody older
    /// stay where they belong.
    ///
    /// If it came otherwise, because a record was corrected or removed or a rule said so,
    /// rules that hold the merged persons together are taken back and their records held
    /// where they were; a third person that is linked to them is decided by what there is
    /// now. So are records that came after the merge.
    ///
    /// `release` of a record of each makes evidence decide about two merged persons again.
    ///
    /// # Errors
    /// [`Error::NoMerge`] if no merge into this person is known.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::identity::{Model, PersonRecord, Resolver, State};
    ///
    /// let anna = PersonRecord {
    ///     name: Some("Anna Usher"),
    ///     email: Some("anna@example.com"),
    ///     ..PersonRecord::default()
    /// };
    /// let called = PersonRecord {
    ///     name: Some("A. Usher"),
    ///     phone: Some("07700 900123"),
    ///     ..PersonRecord::default()
    /// };
    /// let both = PersonRecord { phone: called.phone, ..anna };
    /// let mut state = State::new(Resolver::new(), Model::default())?;
    /// state.update([("shop:1", anna), ("phone:2", called)]);
    /// let merge = state.update([("shop:3", both)]).merged.remove(0);
    /// state.unmerge(merge.into)?;
    /// assert_ne!(state.person("shop:1"), state.person("phone:2"));
    /// assert_eq!(state.records(merge.into), ["shop:1"]);
    /// # Ok::<(), omni_ingest::Error>(())
    /// ```
    pub fn unmerge(&mut self, person: PersonId) -> Result<Changes, Error> {
        let of_person = self.merges.get_mut(&person.0).ok_or(Error::NoMerge)?;
        let Merged { parts, joined, .. } = of_person.pop().ok_or(Error::NoMerge)?;
        if of_person.is_empty() {
            self.merges.remove(&person.0);
        }
        let mut steps = Steps::default();
        // Where the user said whose a record is, it stays.
        let joined: Vec<u32> =
            joined.into_iter().filter(|record| self.must.of(*record).next().is_none()).collect();
        self.aside.extend(&joined);
        steps.add(&self.decide(&joined, &[]));
        for record in joined {
            self.aside.remove(&record);
            let moves = self.decide(&[record], &[]);
            steps.add(&moves);
            if moves.iter().any(|change| change.record < record) {
                self.aside.insert(record);
                steps.add(&self.decide(&[record], &[]));
            }
        }
        let firsts: Vec<u32> = parts.iter().filter_map(|part| part.first().copied()).collect();
        if firsts.windows(2).any(|pair| self.are_one(pair)) {
            let loose = self.part_rules(&parts);
            steps.add(&self.decide(&loose, &[]));
        }
        let all = parts.concat();
        self.apart.insert(parts.clone());
        steps.add(&self.decide(&[], &all));
        let torn = parts.iter().filter(|part| !self.are_one(part));
        let pairs: Vec<(u32, u32)> =
            torn.flat_map(|part| part.iter().copied().zip(part.iter().copied().skip(1))).collect();
        if !pairs.is_empty() {
            for (a, b) in &pairs {
                self.cannot.remove(*a, *b);
                self.must.insert(*a, *b);
            }
            let ruled: BTreeSet<u32> = pairs.into_iter().flat_map(|(a, b)| [a, b]).collect();
            let ruled: Vec<u32> = ruled.into_iter().collect();
            steps.add(&self.decide(&ruled, &all));
        }
        Ok(self.changes(&steps.moves()))
    }

    /// Takes back the rules that hold two parts together; returns the records that they
    /// were about.
    fn part_rules(&mut self, parts: &[Vec<u32>]) -> Vec<u32> {
        let part_of: BTreeMap<u32, usize> = parts
            .iter()
            .enumerate()
            .flat_map(|(at, part)| part.iter().map(move |record| (*record, at)))
            .collect();
        let mut loose = Vec::new();
        for (record, part) in &part_of {
            let others: Vec<u32> = self
                .must
                .of(*record)
                .filter(|other| part_of.get(other).is_some_and(|of| of != part))
                .collect();
            if !others.is_empty() {
                loose.push(*record);
            }
            for other in others {
                self.must.remove(*record, other);
                loose.push(other);
            }
        }
        loose.sort_unstable();
        loose.dedup();
        loose
    }

    fn are_one(&self, records: &[u32]) -> bool {
        let person = |record: &u32| self.roster.slots.get(*record as usize).map(|s| s.person);
        records.windows(2).all(|pair| pair.first().map(person) == pair.last().map(person))
    }

    /// Notes a merge, so that it can be undone; `moves` are all of the change.
    pub(super) fn note_merge(&mut self, from: &BTreeSet<u32>, into: u32, moves: &[Move]) {
        // All records of those persons, wherever they are now.
        let mut parts: BTreeMap<u32, Vec<u32>> = from
            .iter()
            .map(|person| {
                let mut stayed = self.roster.records_of_person(*person);
                stayed.retain(|record| Move::before(moves, *record).is_none());
                (*person, stayed)
            })
            .collect();
        for change in moves {
            if let Some(part) = parts.get_mut(&change.before) {
                part.push(change.record);
            }
        }
        let mut parts: Vec<Vec<u32>> = parts.into_values().collect();
        parts.retain(|part| !part.is_empty());
        for part in &mut parts {
            part.sort_unstable();
        }
        let is_new = |record: u32| Move::before(moves, record) == Some(NONE);
        let node = |record: u32| self.roster.slots.get(record as usize).map_or(NONE, |s| s.node);
        let mut new_nodes: BTreeMap<u32, bool> = BTreeMap::new();
        let mut says_new = |record: u32| {
            let node = node(record);
            *new_nodes.entry(node).or_insert_with(|| self.roster.records_of(node).all(is_new))
        };
        let mut joined = self.roster.records_of_person(into);
        joined.retain(|record| is_new(*record) && says_new(*record));
        if joined.is_empty() {
            // One record may merge others without being one of them: it makes a value so
            // common that it is evidence no more.
            let mut came = moves.iter().filter(|change| change.before == NONE);
            if let (Some(one), None) = (came.next(), came.next())
                && says_new(one.record)
            {
                joined.push(one.record);
            }
        }
        if parts.len() > 1 {
            self.merges.entry(into).or_default().push(Merged { into, parts, joined });
        }
    }
}
