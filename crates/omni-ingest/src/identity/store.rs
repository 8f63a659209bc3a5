//! Distinct profiles and the blocks they stand in.

use super::model::{Key, Model, Odds, keys};
use super::profile::{Field, Lexicon, Profile};
use super::values::mix;
use rustc_hash::{FxHashMap, FxHashSet};

const NONE: u32 = u32::MAX;

/// The profiles of all records, each once, with an index of their keys.
#[derive(Clone, Default)]
pub(crate) struct Store {
    pub(crate) lexicon: Lexicon,
    pub(crate) profiles: Vec<Profile>,
    pub(crate) prints: Vec<u64>,
    known: FxHashMap<u64, u32>,
    /// Where the keys of a profile start.
    starts: Vec<u32>,
    keys: Vec<Key>,
    owners: Vec<u32>,
    next: Vec<u32>,
    blocks: FxHashMap<u64, Block>,
    public: FxHashSet<(Field, u32)>,
    buffer: Vec<Key>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    head: u32,
    len: u32,
}

impl Store {
    /// The number of a profile.
    pub(crate) fn insert(&mut self, profile: Profile) -> u32 {
        let print = profile.print(&self.lexicon);
        let mut slot = print;
        while let Some(&node) = self.known.get(&slot) {
            if self.profiles.get(node as usize) == Some(&profile) {
                return node;
            }
            slot = mix(slot, 1);
        }
        let node = self.profiles.len() as u32;
        self.known.insert(slot, node);
        let mut buffer = std::mem::take(&mut self.buffer);
        keys(&self.lexicon, &profile, &mut buffer);
        self.starts.push(self.keys.len() as u32);
        for key in &buffer {
            let entry = self.keys.len() as u32;
            let block = self.blocks.entry(key.hash).or_insert(Block { head: NONE, len: 0 });
            self.next.push(block.head);
            block.head = entry;
            block.len += 1;
            self.keys.push(*key);
            self.owners.push(node);
        }
        self.buffer = buffer;
        self.profiles.push(profile);
        self.prints.push(print);
        node
    }

    fn entries(&self, node: u32) -> std::ops::Range<usize> {
        let start = self.starts.get(node as usize).map_or(0, |at| *at as usize);
        let end = self.starts.get(node as usize + 1).map_or(self.keys.len(), |at| *at as usize);
        start..end
    }

    /// Nodes of a block.
    fn chain(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        let mut entry = self.blocks.get(&hash).map_or(NONE, |block| block.head);
        std::iter::from_fn(move || {
            let node = *self.owners.get(entry as usize)?;
            entry = self.next.get(entry as usize).copied().unwrap_or(NONE);
            Some(node)
        })
    }

    /// Marks identifiers that too many people use.
    pub(crate) fn mark_public(&mut self, people: usize) {
        let mut public = FxHashSet::default();
        for key in &self.keys {
            let Some(holder) = key.holder else { continue };
            if self.blocks.get(&key.hash).is_some_and(|block| block.len as usize > people) {
                let mut initials: FxHashSet<(char, char)> = FxHashSet::default();
                for node in self.chain(key.hash) {
                    let first = |field| {
                        let id = self.profiles.get(node as usize).map_or(0, |p| p.get(field));
                        self.lexicon.text(field, id).chars().next().unwrap_or(' ')
                    };
                    let (a, b) = (first(Field::Given), first(Field::Surname));
                    initials.insert((a.min(b), a.max(b)));
                }
                if initials.len() > people {
                    public.insert(holder);
                }
            }
        }
        self.public = public;
    }

    pub(crate) fn is_public(&self, field: Field, id: u32) -> bool {
        !self.public.is_empty() && self.public.contains(&(field, id))
    }

    /// The earlier nodes that share a block with a node, ascending.
    pub(crate) fn candidates(&self, node: u32, limit: u32, out: &mut Vec<u32>) {
        out.clear();
        for at in self.entries(node) {
            let (Some(key), Some(next)) = (self.keys.get(at), self.next.get(at)) else { continue };
            if self.blocks.get(&key.hash).is_none_or(|block| block.len > limit) {
                continue;
            }
            if key.holder.is_some_and(|(field, id)| self.is_public(field, id)) {
                continue;
            }
            let mut entry = *next;
            while let Some(other) = self.owners.get(entry as usize) {
                if *other != node {
                    out.push(*other);
                }
                entry = self.next.get(entry as usize).copied().unwrap_or(NONE);
            }
        }
        out.sort_unstable();
        out.dedup();
    }

    pub(crate) fn odds(&self, model: &Model, a: u32, b: u32) -> Option<Odds> {
        let a = self.profiles.get(a as usize)?;
        let b = self.profiles.get(b as usize)?;
        let public = |field, id| self.is_public(field, id);
        Some(model.odds(&self.lexicon, a, b, public, |_, _, _, _| ()))
    }
}
