//! Distinct profiles, the blocks they stand in and the links between them.

use super::Resolver;
use super::keys::{Key, keys};
use super::odds::{Odds, Weights};
use super::profile::{Field, Lexicon, Profile};
use crate::steady::{List, Map};
use crate::values::mix;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

const NONE: u32 = u32::MAX;

/// The profiles of all records, each once, with an index of their keys.
///
/// A profile is named by its number, a node. Every block is a chain from its newest to its
/// oldest entry, so that the earlier nodes of a block are found without looking it up.
#[derive(Clone, Default)]
pub(crate) struct Store {
    pub(crate) lexicon: Lexicon,
    profiles: List<Profile>,
    /// Fingerprints of the profiles.
    prints: List<u64>,
    tags: List<u64>,
    known: Map<u32>,
    /// Where the entries of a node start.
    starts: List<u32>,
    entries: List<Entry>,
    blocks: Map<Block>,
    /// Initials of the people behind identifiers with many profiles.
    crowds: Map<BTreeMap<(char, char), u32>>,
    public: FxHashSet<(Field, u32)>,
    buffer: Vec<Key>,
}

/// One key of one node.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: Key,
    node: u32,
    next: u32,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    head: u32,
    len: u32,
}

impl Store {
    /// How many nodes there are, removed ones among them.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.profiles.len()).unwrap_or(NONE)
    }

    pub(crate) fn profiles(&self) -> impl Iterator<Item = &Profile> + Clone {
        self.profiles.iter()
    }

    pub(crate) fn profile(&self, node: u32) -> Option<&Profile> {
        self.profiles.get(node as usize)
    }

    /// An order of nodes that depends on their content alone.
    pub(crate) fn print(&self, node: u32) -> u64 {
        self.prints.get(node as usize).copied().unwrap_or_default()
    }

    /// The tag of a node: 0 unless it is one of its own.
    pub(crate) fn tag(&self, node: u32) -> u64 {
        self.tags.get(node as usize).copied().unwrap_or_default()
    }

    /// The node of a profile and whether it is new. A tag other than 0 makes a node of its
    /// own; an even one makes it stand aside, where nobody meets it.
    pub(crate) fn insert(&mut self, profile: Profile, tag: u64) -> (u32, bool) {
        let print = mix(profile.print(&self.lexicon), 0);
        let mut slot = first_slot(print, tag);
        while let Some(&node) = self.known.get(slot) {
            let same = self.profile(node) == Some(&profile);
            if same && self.tag(node) == tag {
                return (node, false);
            }
            slot = mix(slot, 1);
        }
        let node = self.len();
        self.known.insert(slot, node);
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        if tag == 0 || tag % 2 == 1 {
            keys(&self.lexicon, &profile, &mut buffer);
        }
        self.starts.push(u32::try_from(self.entries.len()).unwrap_or(NONE));
        for key in &buffer {
            let at = u32::try_from(self.entries.len()).unwrap_or(NONE);
            let next = if let Some(block) = self.blocks.get_mut(key.hash) {
                block.len += 1;
                std::mem::replace(&mut block.head, at)
            } else {
                self.blocks.insert(key.hash, Block { head: at, len: 1 });
                NONE
            };
            self.entries.push(Entry { key: *key, node, next });
        }
        self.buffer = buffer;
        self.profiles.push(profile);
        self.prints.push(print);
        self.tags.push(tag);
        (node, true)
    }

    /// Takes a node out of everything.
    pub(crate) fn remove(&mut self, node: u32) {
        for at in self.entries_of(node) {
            let Some(Entry { key, next, .. }) = self.entries.get(at).copied() else { continue };
            let Some(block) = self.blocks.get_mut(key.hash) else { continue };
            block.len = block.len.saturating_sub(1);
            if block.head as usize == at {
                block.head = next;
            } else {
                let mut before = block.head;
                while let Some(entry) = self.entries.get_mut(before as usize) {
                    if entry.next as usize == at {
                        entry.next = next;
                        break;
                    }
                    before = entry.next;
                }
            }
            if self.blocks.get(key.hash).is_some_and(|block| block.len == 0) {
                self.blocks.remove(key.hash);
            }
            if let Some(entry) = self.entries.get_mut(at) {
                *entry = Entry { key: Key { hash: 0, identifier: None }, node: NONE, next: NONE };
            }
        }
        // The chain of slots must not break: later profiles of the same fingerprint move up.
        let first = first_slot(self.print(node), self.tag(node));
        let mut slot = first;
        let mut kept = Vec::new();
        while let Some(other) = self.known.remove(slot) {
            if other != node {
                kept.push(other);
            }
            slot = mix(slot, 1);
        }
        let mut slot = first;
        for other in kept {
            self.known.insert(slot, other);
            slot = mix(slot, 1);
        }
        if let Some(profile) = self.profiles.get_mut(node as usize) {
            *profile = Profile::default();
        }
    }

    fn entries_of(&self, node: u32) -> std::ops::Range<usize> {
        let at = |node: u32| self.starts.get(node as usize).map(|at| *at as usize);
        at(node).unwrap_or(0)..at(node + 1).unwrap_or(self.entries.len())
    }

    /// The keys of a node.
    pub(crate) fn keys_of(&self, node: u32) -> impl Iterator<Item = Key> + '_ {
        self.entries_of(node).filter_map(|at| self.entries.get(at)).map(|entry| entry.key)
    }

    /// How many nodes share a key.
    pub(crate) fn block_len(&self, hash: u64) -> u32 {
        self.blocks.get(hash).map_or(0, |block| block.len)
    }

    /// The sizes of all blocks.
    pub(crate) fn block_sizes(&self) -> impl Iterator<Item = u32> + '_ {
        self.blocks.values().map(|block| block.len)
    }

    /// The nodes of a block, newest first.
    pub(crate) fn members(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        self.chain(self.blocks.get(hash).map_or(NONE, |block| block.head))
    }

    fn chain(&self, mut at: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::from_fn(move || {
            let entry = self.entries.get(at as usize)?;
            at = entry.next;
            Some(entry.node)
        })
    }

    fn initials(&self, node: u32) -> (char, char) {
        let first = |field| {
            let id = self.profile(node).map_or(0, |profile| profile.get(field));
            self.lexicon.text(field, id).chars().next().unwrap_or(' ')
        };
        let (a, b) = (first(Field::Given), first(Field::Surname));
        (a.min(b), a.max(b))
    }

    /// Counts a node in or out of the people behind its identifiers; returns the keys of
    /// those that became public or ceased to be. Counting in comes after the insertion,
    /// counting out before the removal.
    pub(crate) fn count_people(&mut self, node: u32, people: u32, enters: bool) -> Vec<u64> {
        let keys: Vec<Key> = self.keys_of(node).filter(|key| key.identifier.is_some()).collect();
        let initials = self.initials(node);
        let mut changed = Vec::new();
        for key in keys {
            let Some(identifier) = key.identifier else { continue };
            if let Some(crowd) = self.crowds.get_mut(key.hash) {
                let count = crowd.entry(initials).or_default();
                *count = if enters { *count + 1 } else { count.saturating_sub(1) };
                if *count == 0 {
                    crowd.remove(&initials);
                }
            } else if self.block_len(key.hash) > people {
                // Counted from here on.
                let mut crowd = BTreeMap::new();
                for other in self.members(key.hash).filter(|other| enters || *other != node) {
                    *crowd.entry(self.initials(other)).or_default() += 1;
                }
                self.crowds.insert(key.hash, crowd);
            }
            let crowd = self.crowds.get(key.hash).map_or(0, BTreeMap::len);
            let is_public = crowd > people as usize;
            let was = if is_public {
                !self.public.insert(identifier)
            } else {
                self.public.remove(&identifier)
            };
            if was != is_public {
                changed.push(key.hash);
            }
        }
        changed
    }

    /// Whether too many people use an identifier.
    pub(crate) fn is_public(&self, field: Field, id: u32) -> bool {
        !self.public.is_empty() && self.public.contains(&(field, id))
    }

    /// How many identifiers too many people use.
    pub(crate) fn public_count(&self) -> usize {
        self.public.len()
    }

    /// The nodes that share a block with a node, ascending: the earlier ones or all.
    pub(crate) fn candidates(&self, node: u32, limit: u32, earlier: bool, out: &mut Vec<u32>) {
        out.clear();
        for at in self.entries_of(node) {
            let Some(entry) = self.entries.get(at) else { continue };
            let block = self.blocks.get(entry.key.hash);
            let Some(block) = block.filter(|block| block.len <= limit) else { continue };
            if entry.key.identifier.is_some_and(|(field, id)| self.is_public(field, id)) {
                continue;
            }
            out.extend(self.chain(if earlier { entry.next } else { block.head }));
        }
        out.sort_unstable();
        out.dedup();
        if let Ok(own) = out.binary_search(&node) {
            out.remove(own);
        }
    }

    /// The keys of a node whose blocks give links.
    pub(crate) fn living_keys(&self, node: u32, limit: u32) -> Vec<u64> {
        self.keys_of(node)
            .filter(|key| {
                self.block_len(key.hash) <= limit
                    && !key.identifier.is_some_and(|(field, id)| self.is_public(field, id))
            })
            .map(|key| key.hash)
            .collect()
    }

    /// What two nodes say about being one person.
    pub(crate) fn odds(&self, weights: &Weights, a: u32, b: u32) -> Option<Odds> {
        let pair = (self.profile(a)?, self.profile(b)?);
        let public = |field, id| self.is_public(field, id);
        weights.odds(&self.lexicon, pair, public, f64::NEG_INFINITY, |_, _, _| ())
    }

    /// Whether two nodes are worth putting into one component.
    pub(crate) fn is_link(&self, weights: &Weights, least: f64, a: u32, b: u32) -> bool {
        let (Some(a), Some(b)) = (self.profile(a), self.profile(b)) else { return false };
        let public = |field, id| self.is_public(field, id);
        weights.odds(&self.lexicon, (a, b), public, least, |_, _, _| ()).is_some()
    }

    /// The links of a node to the earlier nodes, or to all.
    pub(crate) fn links(
        &self,
        weights: &Weights,
        resolver: &Resolver,
        node: u32,
        earlier: bool,
        candidates: &mut Vec<u32>,
        out: &mut Vec<(u32, u32)>,
    ) {
        self.candidates(node, resolver.block_limit, earlier, candidates);
        let least = resolver.least();
        for other in candidates.iter() {
            if self.is_link(weights, least, node, *other) {
                out.push((node, *other));
            }
        }
    }

    /// Wipes values of profiles that are gone, unless another profile has them.
    pub(crate) fn forget(&mut self, gone: &[Profile]) {
        let mut values: FxHashSet<(Field, u32)> = gone.iter().flat_map(Profile::values).collect();
        for profile in self.profiles.iter() {
            for value in profile.values() {
                values.remove(&value);
            }
        }
        for (field, id) in values {
            self.public.remove(&(field, id));
            self.lexicon.wipe(field, id);
        }
    }
}

/// Where a profile is looked for first.
const fn first_slot(print: u64, tag: u64) -> u64 {
    if tag == 0 { print } else { mix(print, tag) }
}
