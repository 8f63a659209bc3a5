//! A list and a table that grow without a pause.
//!
//! ```text
//! List     blocks of 4096, 4096, 8192, 16384 … items; a full one is never moved
//! Map      directory[first bits of the key] → bucket; a full bucket is parted in two by
//!          the next bit, and the directory doubles when it has no bit left to tell them
//! ```
//!
//! A vector or a hash table of millions of entries copies all of them when it is full: on
//! the average that is nothing, but one caller in a million waits for it. Here no insertion
//! moves more than one bucket ([`FULL`] entries), the first block, or a directory of four
//! bytes a bucket.
//! The memory is that of a table that doubles.
//!
//! Keys of the table are fingerprints: their bits are as good as random. Should so many
//! share their first bits that the directory would outgrow the buckets, the bucket grows
//! like any hash table, and nothing else changes.
//!
//! Source: Fagin, Nievergelt, Pippenger & Strong (1979), "Extendible hashing: a fast access
//! method for dynamic files", ACM TODS 4(3), 315–344.

use rustc_hash::FxHashMap;

/// Items of the first block, as a power of two.
const BLOCK: u32 = 12;
/// Entries of a bucket: what a hash table of 1024 places takes.
const FULL: usize = 896;
/// Most entries of the directory for each bucket.
const SPARSE: usize = 16;

/// A list in blocks.
#[derive(Debug, Clone)]
pub(crate) struct List<T> {
    blocks: Vec<Vec<T>>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { blocks: Vec::new() }
    }
}

/// The block of an item, and the items before it.
const fn block(at: usize) -> (usize, usize) {
    match at >> BLOCK {
        0 => (0, 0),
        beyond => (beyond.ilog2() as usize + 1, 1 << (beyond.ilog2() + BLOCK)),
    }
}

impl<T> List<T> {
    pub(crate) fn len(&self) -> usize {
        match (self.blocks.len(), self.blocks.last()) {
            (before @ 2.., Some(last)) => (1 << (before + BLOCK as usize - 2)) + last.len(),
            (_, last) => last.map_or(0, Vec::len),
        }
    }

    pub(crate) fn push(&mut self, item: T) {
        let len = self.len();
        let (at, before) = block(len);
        if at == self.blocks.len() {
            // The first may stay short; all others are as large as what is before them.
            self.blocks.push(Vec::with_capacity(before));
        }
        if let Some(block) = self.blocks.get_mut(at) {
            block.push(item);
        }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        let (block, before) = block(at);
        self.blocks.get(block)?.get(at - before)
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        let (block, before) = block(at);
        self.blocks.get_mut(block)?.get_mut(at - before)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> + Clone {
        self.blocks.iter().flatten()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.blocks.iter_mut().flatten()
    }
}

/// A hash table whose keys are fingerprints.
#[derive(Debug, Clone)]
pub(crate) struct Map<V> {
    /// The bits of a key that the directory goes by.
    depth: u32,
    /// A bucket for all first bits; empty as long as there is no entry.
    directory: Vec<u32>,
    buckets: Vec<Bucket<V>>,
}

#[derive(Debug, Clone)]
struct Bucket<V> {
    /// The first bits that its keys share.
    depth: u32,
    entries: FxHashMap<u64, V>,
}

impl<V> Default for Map<V> {
    fn default() -> Self {
        Self { depth: 0, directory: Vec::new(), buckets: Vec::new() }
    }
}

impl<V> Map<V> {
    /// Where the directory has a key.
    fn place(&self, key: u64) -> usize {
        // `depth` is below 32.
        usize::try_from(key >> 1 >> (63 - self.depth)).unwrap_or(usize::MAX)
    }

    fn bucket(&self, key: u64) -> Option<&Bucket<V>> {
        self.buckets.get(*self.directory.get(self.place(key))? as usize)
    }

    fn bucket_mut(&mut self, key: u64) -> Option<&mut Bucket<V>> {
        let at = *self.directory.get(self.place(key))?;
        self.buckets.get_mut(at as usize)
    }

    pub(crate) fn get(&self, key: u64) -> Option<&V> {
        self.bucket(key)?.entries.get(&key)
    }

    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut V> {
        self.bucket_mut(key)?.entries.get_mut(&key)
    }

    pub(crate) fn remove(&mut self, key: u64) -> Option<V> {
        self.bucket_mut(key)?.entries.remove(&key)
    }

    pub(crate) fn insert(&mut self, key: u64, value: V) {
        if self.directory.is_empty() {
            self.buckets.push(Bucket { depth: 0, entries: FxHashMap::default() });
            self.directory.push(0);
        }
        while self.bucket(key).is_some_and(|bucket| bucket.entries.len() >= FULL) && self.part(key)
        {
        }
        if let Some(bucket) = self.bucket_mut(key) {
            bucket.entries.insert(key, value);
        }
    }

    /// Parts the bucket of a key in two; false if that is not worth it.
    fn part(&mut self, key: u64) -> bool {
        let Some(at) = self.directory.get(self.place(key)).copied() else { return false };
        let Ok(next) = u32::try_from(self.buckets.len()) else { return false };
        let Some(bucket) = self.buckets.get_mut(at as usize) else { return false };
        if bucket.depth == self.depth {
            if self.depth >= 31 || self.directory.len() >= SPARSE * next as usize {
                return false;
            }
            let doubled = self.directory.iter().flat_map(|bucket| [*bucket; 2]).collect();
            self.directory = doubled;
            self.depth += 1;
        }
        bucket.depth += 1;
        let depth = bucket.depth;
        let room = || FxHashMap::with_capacity_and_hasher(FULL, rustc_hash::FxBuildHasher);
        let all = std::mem::replace(&mut bucket.entries, room());
        let mut other = room();
        for (key, value) in all {
            let side = if key >> (64 - depth) & 1 == 0 { &mut bucket.entries } else { &mut other };
            side.insert(key, value);
        }
        self.buckets.push(Bucket { depth, entries: other });
        // The places of a bucket stand side by side; the upper half is the new one's.
        let places = 1_usize << (self.depth - depth);
        let upper = (self.place(key) / places) | 1;
        for place in self.directory.iter_mut().skip(upper * places).take(places) {
            *place = next;
        }
        true
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.buckets.iter().flat_map(|bucket| bucket.entries.values())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::mix;
    use std::collections::BTreeMap;

    #[test]
    fn a_list_is_a_vector() {
        let mut list = List::default();
        assert_eq!((list.len(), list.get(0)), (0, None));
        for item in 0..100_000_usize {
            list.push(item);
            assert_eq!((list.len(), list.get(item)), (item + 1, Some(&item)));
        }
        assert!(
            list.blocks
                .iter()
                .skip(1)
                .all(|block| block.capacity() == block.len() || block.len() > 1 << 14)
        );
        *list.get_mut(5000).unwrap() = 7;
        list.iter_mut().for_each(|item| *item += 1);
        assert_eq!(
            (list.get(4999), list.get(5000), list.get(100_000)),
            (Some(&5000), Some(&8), None)
        );
        assert!(list.iter().copied().enumerate().all(|(at, item)| item == at + 1 || at == 5000));
        assert_eq!(list.iter().count(), 100_000);
    }

    #[test]
    fn a_map_is_a_map() {
        let mut ours = Map::default();
        let mut theirs = BTreeMap::new();
        assert!(ours.get(1).is_none() && ours.remove(1).is_none());
        for turn in 0..200_000_u64 {
            let key = mix(7, turn % 60_000);
            if turn % 7 == 3 {
                assert_eq!(ours.remove(key), theirs.remove(&key));
            } else {
                ours.insert(key, turn);
                theirs.insert(key, turn);
            }
            let other = mix(7, turn / 2);
            assert_eq!(ours.get(other), theirs.get(&other));
        }
        let mut values: Vec<u64> = ours.values().copied().collect();
        values.sort_unstable();
        let mut expected: Vec<u64> = theirs.values().copied().collect();
        expected.sort_unstable();
        assert_eq!(values, expected);
    }

    #[test]
    fn no_insertion_moves_more_than_a_bucket() {
        let mut map = Map::default();
        let mut places = 0;
        for turn in 0..300_000_u64 {
            let buckets = map.buckets.len();
            map.insert(mix(3, turn), ());
            // One bucket is parted, unless all of it was on one side.
            assert!(map.buckets.len() <= buckets + 1);
            places = places.max(map.directory.len());
        }
        assert!(map.buckets.iter().all(|bucket| bucket.entries.len() <= FULL));
        assert!(map.buckets.iter().all(|bucket| bucket.entries.capacity() <= FULL));
        assert!(places <= 4 * map.buckets.len(), "{places}");
    }

    #[test]
    fn keys_that_crowd_do_not_blow_up_the_directory() {
        let mut map = Map::default();
        for key in 0..100_000_u64 {
            map.insert(key, key);
            map.insert(u64::MAX - key, key);
        }
        assert!(map.directory.len() <= SPARSE * map.buckets.len());
        assert!((0..100_000).all(|key| map.get(key) == Some(&key)));
        assert!((0..100_000).all(|key| map.get(u64::MAX - key) == Some(&key)));
    }
}
