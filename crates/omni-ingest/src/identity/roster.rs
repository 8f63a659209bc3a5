//! Records, their nodes and their persons, kept up to date.
//!
//! Everything here is a function of the records present: links follow from the profiles
//! and the fixed model, clusters from each connected component of links. A change touches
//! the nodes whose links may differ, and only the components they lie in are clustered
//! again; so any order of arrival ends where one batch ends.

use super::Resolver;
use super::memo::{self, Memo, Weight};
use super::model::Model;
use super::odds::Weights;
use super::profile::Profile;
use super::store::Store;
use crate::cluster::{Components, average_linkage_apart, join_unambiguous_apart};
use crate::parallel::in_chunks;
use crate::steady::List;
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) const NONE: u32 = u32::MAX;

/// One record: where it stands and whose it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) node: u32,
    next: u32,
    /// The oldest record of its person.
    pub(crate) person: u32,
}

/// What a change did to one record: its person before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Move {
    pub(crate) record: u32,
    pub(crate) before: u32,
    pub(crate) after: u32,
}

impl Move {
    /// Who a record was before moves, ascending by record; `None` if it did not move.
    pub(crate) fn before(moves: &[Self], record: u32) -> Option<u32> {
        let at = moves.binary_search_by_key(&record, |step| step.record).ok()?;
        moves.get(at).map(|step| step.before)
    }
}

#[derive(Clone, Default)]
pub(crate) struct Roster {
    pub(crate) store: Store,
    pub(crate) weights: Weights,
    pub(crate) slots: List<Slot>,
    /// The newest record of every node.
    heads: List<u32>,
    edges: List<Vec<u32>>,
    /// Nodes that must be together, both ways.
    must: FxHashMap<u32, Vec<u32>>,
    /// Nodes that must not, smaller first.
    cannot: FxHashSet<(u32, u32)>,
    /// Nodes of parts that were taken apart: family and part.
    parts: FxHashMap<u32, Vec<(u32, u32)>>,
    /// Nodes with records of several such parts: they are with nobody.
    torn: FxHashSet<u32>,
    /// Nodes whose links are to be found anew.
    touched: FxHashSet<u32>,
    /// Blocks that grew too large: links that only they gave are to go.
    died: Vec<u64>,
    /// Blocks that are small enough again: links that they give are to come.
    revived: Vec<u64>,
    /// Nodes whose clusters are.
    dirty: FxHashSet<u32>,
    /// What pairs of large components weigh.
    memo: Memo,
    /// Components that were cut because they are too large.
    pub(crate) cut: u64,
}

impl Roster {
    /// No records, judged by a model.
    pub(crate) fn new(model: &Model) -> Self {
        Self { weights: Weights::new(model), ..Self::default() }
    }

    /// Adds a record that stands at a node; it has no person yet.
    pub(crate) fn add(&mut self, resolver: &Resolver, profile: Profile, tag: u64) -> u32 {
        let record = u32::try_from(self.slots.len()).unwrap_or(NONE);
        self.slots.push(Slot { node: NONE, next: NONE, person: NONE });
        self.place(resolver, record, profile, tag);
        record
    }

    /// A number that is used up and names no record.
    #[cfg(feature = "serde")]
    pub(crate) fn skip(&mut self) {
        self.slots.push(Slot { node: NONE, next: NONE, person: NONE });
    }

    /// Puts a record at the node of a profile.
    pub(crate) fn place(&mut self, resolver: &Resolver, record: u32, profile: Profile, tag: u64) {
        let (node, is_new) = self.store.insert(profile, tag);
        if is_new {
            self.heads.push(NONE);
            self.edges.push(Vec::new());
            self.touched.insert(node);
            for hash in self.store.count_people(node, resolver.people_limit, true) {
                self.touched.extend(self.store.members(hash));
                self.memo = Memo::default();
            }
            for key in self.store.keys_of(node) {
                // The block grew too large by this very node.
                if self.store.block_len(key.hash) == resolver.block_limit + 1 {
                    self.died.push(key.hash);
                }
            }
        }
        if let (Some(head), Some(slot)) =
            (self.heads.get_mut(node as usize), self.slots.get_mut(record as usize))
        {
            *slot = Slot { node, next: *head, ..*slot };
            *head = record;
        }
        self.dirty.insert(node);
    }

    /// Takes a record from its node; the node goes with its last record.
    pub(crate) fn displace(&mut self, resolver: &Resolver, record: u32) {
        let Some(slot) = self.slots.get(record as usize).copied() else { return };
        let Some(head) = self.heads.get_mut(slot.node as usize) else { return };
        if *head == record {
            *head = slot.next;
        } else {
            let mut before = *head;
            while let Some(other) = self.slots.get_mut(before as usize) {
                if other.next == record {
                    other.next = slot.next;
                    break;
                }
                before = other.next;
            }
        }
        if let Some(slot) = self.slots.get_mut(record as usize) {
            slot.node = NONE;
            slot.next = NONE;
        }
        let node = slot.node;
        self.dirty.insert(node);
        if self.heads.get(node as usize) != Some(&NONE) {
            return;
        }
        self.unlink(node);
        let keys: Vec<u64> = self.store.keys_of(node).map(|key| key.hash).collect();
        for hash in self.store.count_people(node, resolver.people_limit, false) {
            self.touched.extend(self.store.members(hash));
            self.memo = Memo::default();
        }
        self.store.remove(node);
        for hash in keys {
            if self.store.block_len(hash) == resolver.block_limit {
                self.revived.push(hash);
            }
        }
        self.touched.remove(&node);
        self.dirty.remove(&node);
    }

    /// Forgets the links of a node.
    fn unlink(&mut self, node: u32) {
        let Some(edges) = self.edges.get_mut(node as usize).map(std::mem::take) else { return };
        for other in edges {
            if let Some(back) = self.edges.get_mut(other as usize) {
                back.retain(|n| *n != node);
            }
            self.dirty.insert(other);
        }
        self.dirty.insert(node);
    }

    fn link(&mut self, a: u32, b: u32) {
        for (from, to) in [(a, b), (b, a)] {
            if let Some(edges) = self.edges.get_mut(from as usize) {
                edges.push(to);
            }
            self.dirty.insert(from);
        }
    }

    /// Drops the links within a block that no living block gives.
    fn recheck(&mut self, resolver: &Resolver, hash: u64) {
        // By node, the blocks that give it links.
        let living: FxHashMap<u32, Vec<u64>> = self
            .store
            .members(hash)
            .map(|node| (node, self.store.living_keys(node, resolver.block_limit)))
            .collect();
        let meet = |a: &[u64], b: &[u64]| a.iter().any(|key| b.contains(key));
        for (node, own) in &living {
            let Some(edges) = self.edges.get_mut(*node as usize) else { continue };
            let known = edges.len();
            edges.retain(|other| living.get(other).is_none_or(|theirs| meet(own, theirs)));
            if edges.len() < known {
                self.dirty.insert(*node);
            }
        }
    }

    /// Finds the links within a block.
    fn revive(&mut self, resolver: &Resolver, hash: u64) {
        let members: Vec<u32> = self.store.members(hash).collect();
        let gives =
            |node: &u32| self.store.living_keys(*node, resolver.block_limit).contains(&hash);
        if !members.first().is_some_and(gives) {
            return;
        }
        let least = resolver.least();
        for (at, a) in members.iter().enumerate() {
            let known: FxHashSet<u32> =
                self.edges.get(*a as usize).into_iter().flatten().copied().collect();
            for b in members.iter().skip(at + 1).filter(|b| !known.contains(b)) {
                if self.store.is_link(&self.weights, least, *a, *b) {
                    self.link(*a, *b);
                }
            }
        }
    }

    /// Says which nodes must and must not be together, all of them, and which nodes are of
    /// a part of a family whose parts stay apart.
    pub(crate) fn constrain(
        &mut self,
        must: impl Iterator<Item = (u32, u32)>,
        cannot: impl Iterator<Item = (u32, u32)>,
        parts: impl Iterator<Item = (u32, (u32, u32))>,
    ) {
        self.must.clear();
        self.cannot.clear();
        for (a, b) in must {
            self.must.entry(a).or_default().push(b);
            self.must.entry(b).or_default().push(a);
        }
        self.cannot.extend(cannot.map(|(a, b)| (a.min(b), a.max(b))));
        self.parts.clear();
        self.torn.clear();
        for (node, part) in parts {
            let own = self.parts.entry(node).or_default();
            if own.last() != Some(&part) {
                if own.last().is_some_and(|last| last.0 == part.0) {
                    self.torn.insert(node);
                }
                own.push(part);
            }
        }
    }

    /// Whether two nodes are of two parts that stay apart.
    fn are_apart(&self, a: u32, b: u32) -> bool {
        if self.torn.contains(&a) || self.torn.contains(&b) {
            return true;
        }
        let (Some(of_a), Some(of_b)) = (self.parts.get(&a), self.parts.get(&b)) else {
            return false;
        };
        of_a.iter().any(|a| of_b.iter().any(|b| a.0 == b.0 && a.1 != b.1))
    }

    /// Marks a node whose constraints changed.
    pub(crate) fn touch(&mut self, node: u32) {
        self.dirty.insert(node);
    }

    /// Brings links and persons up to date; returns who moved, by record.
    pub(crate) fn settle(&mut self, resolver: &Resolver, model: &Model) -> Vec<Move> {
        self.weights.extend(model, &self.store.lexicon);
        if self.touched.len() * 4 > self.edges.len() {
            return self.settle_all(resolver);
        }
        for hash in std::mem::take(&mut self.died) {
            if self.store.block_len(hash) > resolver.block_limit {
                self.recheck(resolver, hash);
            }
        }
        for hash in std::mem::take(&mut self.revived) {
            if self.store.block_len(hash) <= resolver.block_limit {
                self.revive(resolver, hash);
            }
        }
        let mut touched: Vec<u32> = std::mem::take(&mut self.touched).into_iter().collect();
        touched.sort_unstable();
        let (mut candidates, mut links) = (Vec::new(), Vec::new());
        for node in touched {
            self.unlink(node);
            links.clear();
            self.store.links(&self.weights, resolver, node, false, &mut candidates, &mut links);
            for (a, b) in &links {
                self.link(*a, *b);
            }
        }
        let mut dirty: Vec<u32> = std::mem::take(&mut self.dirty).into_iter().collect();
        dirty.sort_unstable();
        let mut visited = FxHashSet::default();
        let mut moves = Vec::new();
        let mut memo = std::mem::take(&mut self.memo);
        for node in dirty {
            if self.heads.get(node as usize).is_none_or(|head| *head == NONE) {
                continue;
            }
            if visited.insert(node) {
                let mut component = vec![node];
                let mut at = 0;
                while let Some(node) = component.get(at).copied() {
                    let must = self.must.get(&node).map_or(&[][..], Vec::as_slice);
                    let edges = self.edges.get(node as usize).map_or(&[][..], Vec::as_slice);
                    for other in edges.iter().chain(must) {
                        if visited.insert(*other) {
                            component.push(*other);
                        }
                    }
                    at += 1;
                }
                let found = self.cluster(resolver, component, &mut memo);
                self.cut += u64::from(found.1);
                for group in found.0 {
                    self.assign(resolver, &group, &mut moves);
                }
            }
        }
        self.memo = memo;
        moves.sort_unstable();
        moves
    }

    /// The same from the beginning.
    fn settle_all(&mut self, resolver: &Resolver) -> Vec<Move> {
        // What held so many would be slow to go through ever after.
        self.touched = FxHashSet::default();
        self.died = Vec::new();
        self.revived = Vec::new();
        self.dirty = FxHashSet::default();
        let count = self.store.len();
        self.edges.iter_mut().for_each(Vec::clear);
        let mut components = Components::new(count);
        let (store, weights) = (&self.store, &self.weights);
        let chunks = in_chunks(count, CHUNK, |nodes| {
            let (mut candidates, mut links) = (Vec::new(), Vec::new());
            for node in nodes {
                store.links(weights, resolver, node, true, &mut candidates, &mut links);
            }
            links
        });
        for (a, b) in chunks.into_iter().flatten() {
            components.link(a, b);
            for (from, to) in [(a, b), (b, a)] {
                if let Some(edges) = self.edges.get_mut(from as usize) {
                    edges.push(to);
                }
            }
        }
        for (a, others) in &self.must {
            for b in others {
                components.link(*a, *b);
            }
        }
        let present = |node: &u32| self.heads.get(*node as usize).is_some_and(|h| *h != NONE);
        let mut members: Vec<(u32, u32)> =
            (0..count).filter(present).map(|node| (components.root(node), node)).collect();
        members.sort_unstable();
        let mut groups = members.chunk_by(|a, b| a.0 == b.0);
        let mut moves = Vec::new();
        loop {
            // Some at a time: a million small answers would take more memory than anything.
            let some: Vec<&[(u32, u32)]> = groups.by_ref().take(BATCH).collect();
            if some.is_empty() {
                break;
            }
            let this = &*self;
            let total = u32::try_from(some.len()).unwrap_or(NONE);
            let found = in_chunks(total, CHUNK, |range| {
                let mut out = Vec::new();
                for at in range {
                    let group = some.get(at as usize).copied().unwrap_or_default();
                    let nodes = group.iter().map(|(_, node)| *node).collect();
                    out.push(this.cluster(resolver, nodes, &mut Memo::default()));
                }
                out
            });
            for (groups, cut) in found.into_iter().flatten() {
                self.cut += u64::from(cut);
                for group in groups {
                    self.assign(resolver, &group, &mut moves);
                }
            }
        }
        moves.sort_unstable();
        moves
    }

    /// Divides a component into clusters; also says whether it had to be cut.
    fn cluster(
        &self,
        resolver: &Resolver,
        mut nodes: Vec<u32>,
        memo: &mut Memo,
    ) -> (Vec<Vec<u32>>, bool) {
        if nodes.len() < 2 {
            return (vec![nodes], false);
        }
        nodes.sort_unstable_by_key(|node| (self.store.print(*node), self.store.tag(*node), *node));
        if nodes.len() > resolver.component_limit {
            let parts = self.cut(resolver, &nodes, memo);
            let clusters = parts.into_iter().flat_map(|part| self.divide(resolver, &part, memo));
            return (clusters.collect(), true);
        }
        (self.divide(resolver, &nodes, memo), false)
    }

    /// What two nodes weigh, if that is not known; then it is noted.
    fn weigh(
        &self,
        resolver: &Resolver,
        (a, b): (u32, u32),
        row: &[(u32, Weight)],
        fresh: &mut Vec<(u32, u32, Weight)>,
    ) -> Weight {
        Memo::find(row, b).unwrap_or_else(|| {
            let odds = self.store.odds(&self.weights, a, b);
            let (strong, weak) = odds.map_or((0.0, 0.0), |odds| resolver.weights(&odds));
            let posterior = odds.map_or(0.0, |odds| odds.posterior);
            let weight = Weight { posterior, strong, weak };
            fresh.push((a, b, weight));
            weight
        })
    }

    fn divide(&self, resolver: &Resolver, nodes: &[u32], memo: &mut Memo) -> Vec<Vec<u32>> {
        let pairs = nodes.len() * nodes.len().saturating_sub(1) / 2;
        let (mut strong, mut weak) = (Vec::with_capacity(pairs), Vec::with_capacity(pairs));
        let (mut apart, mut fresh) = (Vec::new(), Vec::new());
        for (i, a) in nodes.iter().enumerate() {
            let row = memo.row(*a);
            for (j, b) in nodes.iter().enumerate().skip(i + 1) {
                if !self.parts.is_empty() && self.are_apart(*a, *b) {
                    apart.push((i, j));
                }
                let (s, w) = if self.cannot.contains(&(*a.min(b), *a.max(b))) {
                    (f64::NEG_INFINITY, f64::NEG_INFINITY)
                } else if self.must.get(a).is_some_and(|others| others.contains(b)) {
                    (MUST, MUST)
                } else {
                    let weight = self.weigh(resolver, (*a, *b), row, &mut fresh);
                    (weight.strong, weight.weak)
                };
                strong.push(s);
                weak.push(w);
            }
        }
        if nodes.len() >= memo::LEAST {
            memo.keep(&fresh);
        }
        let labels = average_linkage_apart(nodes.len(), &strong, &apart);
        let labels = join_unambiguous_apart(&labels, &weak, &apart);
        let mut clusters = vec![Vec::new(); nodes.len()];
        for (node, label) in nodes.iter().zip(labels) {
            if let Some(cluster) = clusters.get_mut(label) {
                cluster.push(*node);
            }
        }
        clusters.retain(|cluster| !cluster.is_empty());
        clusters
    }

    /// Parts a component that is too large along its strongest links: parts grow by the
    /// next strongest link unless they would be too large together.
    fn cut(&self, resolver: &Resolver, nodes: &[u32], memo: &mut Memo) -> Vec<Vec<u32>> {
        let place: FxHashMap<u32, u32> = nodes.iter().copied().zip(0..).collect();
        let (mut links, mut fresh) = (Vec::new(), Vec::new());
        for (a, at) in nodes.iter().zip(0_u32..) {
            let row = memo.row(*a);
            for b in self.edges.get(*a as usize).map_or(&[][..], Vec::as_slice) {
                if let Some(to) = place.get(b).copied().filter(|to| *to > at) {
                    let weight = self.weigh(resolver, (*a, *b), row, &mut fresh);
                    links.push((weight.posterior, at, to));
                }
            }
            for b in self.must.get(a).map_or(&[][..], Vec::as_slice) {
                if let Some(to) = place.get(b).copied().filter(|to| *to > at) {
                    links.push((MUST, at, to));
                }
            }
        }
        memo.keep(&fresh);
        links.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut components = Components::new(u32::try_from(nodes.len()).unwrap_or(NONE));
        let mut sizes = vec![1_usize; nodes.len()];
        for (weight, a, b) in links {
            let (a, b) = (components.root(a), components.root(b));
            let size = |at: u32| sizes.get(at as usize).copied().unwrap_or(0);
            let together = size(a) + size(b);
            if a != b && (together <= resolver.component_limit || weight == MUST) {
                components.link(a, b);
                if let Some(size) = sizes.get_mut(components.root(a) as usize) {
                    *size = together;
                }
            }
        }
        let mut parts = vec![Vec::new(); nodes.len()];
        for (node, at) in nodes.iter().zip(0..) {
            if let Some(part) = parts.get_mut(components.root(at) as usize) {
                part.push(*node);
            }
        }
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// Gives a cluster of nodes its person.
    fn assign(&mut self, resolver: &Resolver, nodes: &[u32], moves: &mut Vec<Move>) {
        let mut records: Vec<u32> = nodes.iter().flat_map(|node| self.records_of(*node)).collect();
        records.sort_unstable();
        // A profile that says too little to recognize its like is a person per record.
        let alone = matches!(nodes, [node] if records.len() > 1
            && (self.torn.contains(node) || !self.links_itself(resolver, *node)));
        let oldest = records.first().copied().unwrap_or(NONE);
        for record in records {
            let after = if alone { record } else { oldest };
            if let Some(slot) = self.slots.get_mut(record as usize)
                && slot.person != after
            {
                moves.push(Move { record, before: slot.person, after });
                slot.person = after;
            }
        }
    }

    fn links_itself(&self, resolver: &Resolver, node: u32) -> bool {
        self.store
            .odds(&self.weights, node, node)
            .is_some_and(|odds| resolver.weights(&odds).0 > 0.0)
    }

    /// For every two of some nodes, row by row, the probability along the best way from one
    /// to the other: that of its weakest step.
    pub(crate) fn support(&self, nodes: &[u32]) -> Vec<f64> {
        let n = nodes.len();
        let mut best = vec![0.0_f64; n * n];
        for (i, a) in nodes.iter().enumerate() {
            for (j, b) in nodes.iter().enumerate() {
                let must = self.must.get(a).is_some_and(|others| others.contains(b));
                let odds = self.store.odds(&self.weights, *a, *b);
                best[i * n + j] = if must { 1.0 } else { odds.map_or(0.0, |o| o.probability()) };
            }
        }
        for over in 0..n {
            for i in 0..n {
                for j in 0..n {
                    let way = best[i * n + over].min(best[over * n + j]);
                    best[i * n + j] = best[i * n + j].max(way);
                }
            }
        }
        best
    }

    /// The records at a node, newest first.
    pub(crate) fn records_of(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.heads.get(node as usize).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let slot = self.slots.get(at as usize)?;
            let record = at;
            at = slot.next;
            Some(record)
        })
    }

    /// The records of a person, ascending.
    pub(crate) fn records_of_person(&self, person: u32) -> Vec<u32> {
        let Some(slot) = self.slots.get(person as usize) else { return Vec::new() };
        if slot.person != person || slot.node == NONE {
            return Vec::new();
        }
        let mut visited: FxHashSet<u32> = FxHashSet::default();
        let mut queue = vec![slot.node];
        visited.insert(slot.node);
        let mut records = Vec::new();
        while let Some(node) = queue.pop() {
            records.extend(
                self.records_of(node)
                    .filter(|r| self.slots.get(*r as usize).is_some_and(|s| s.person == person)),
            );
            let must = self.must.get(&node).map_or(&[][..], Vec::as_slice);
            let edges = self.edges.get(node as usize).map_or(&[][..], Vec::as_slice);
            queue.extend(edges.iter().chain(must).copied().filter(|n| visited.insert(*n)));
        }
        records.sort_unstable();
        records
    }
}

/// Nodes or components that one thread takes at a time.
const CHUNK: u32 = 2048;
/// Components that are clustered before their persons are noted.
const BATCH: usize = 1 << 16;

/// Outweighs any evidence.
const MUST: f64 = 1e9;
