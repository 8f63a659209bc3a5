//! What the user said about records, by their numbers.

use std::collections::BTreeSet;

/// Pairs of records, found from both ends.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs(BTreeSet<(u32, u32)>);

impl Pairs {
    /// Adds a pair of two different records.
    pub(super) fn insert(&mut self, a: u32, b: u32) {
        if a != b {
            self.0.extend([(a, b), (b, a)]);
        }
    }

    pub(super) fn remove(&mut self, a: u32, b: u32) {
        self.0.remove(&(a, b));
        self.0.remove(&(b, a));
    }

    /// The records that stand in a pair with this one, ascending.
    pub(super) fn of(&self, record: u32) -> impl Iterator<Item = u32> + '_ {
        self.0.range((record, 0)..=(record, u32::MAX)).map(|pair| pair.1)
    }

    /// Every pair once, the smaller record first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.0.iter().copied().filter(|(a, b)| a < b)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len() / 2
    }
}

/// Families of parts: records of two parts of one family are never of one person.
#[derive(Debug, Clone, Default)]
pub(super) struct Apart {
    families: Vec<Vec<Vec<u32>>>,
    /// The records of all parts.
    records: BTreeSet<u32>,
}

impl Apart {
    /// Takes families over; less than two parts are none.
    pub(super) fn new(mut families: Vec<Vec<Vec<u32>>>) -> Self {
        for family in &mut families {
            family.retain(|part| !part.is_empty());
        }
        families.retain(|family| family.len() > 1);
        let records = families.iter().flatten().flatten().copied().collect();
        Self { families, records }
    }

    pub(super) fn insert(&mut self, family: Vec<Vec<u32>>) {
        self.records.extend(family.iter().flatten());
        self.families.push(family);
    }

    /// Whether a record stands in a part.
    pub(super) fn contains(&self, record: u32) -> bool {
        self.records.contains(&record)
    }

    /// Lets the parts of two records be together again; returns all records whose clusters
    /// may differ for it.
    pub(super) fn release(&mut self, a: u32, b: u32) -> Vec<u32> {
        if !self.contains(a) || !self.contains(b) {
            return Vec::new();
        }
        let (mut families, mut freed) = (Vec::new(), Vec::new());
        for family in std::mem::take(&mut self.families) {
            let part = |record| family.iter().position(|part| part.contains(&record));
            match (part(a), part(b)) {
                (Some(of_a), Some(of_b)) if of_a != of_b => {
                    // All others stay apart from both.
                    for left_out in [of_a, of_b] {
                        let mut rest = family.clone();
                        rest.remove(left_out);
                        families.push(rest);
                    }
                    freed.extend(family.iter().flatten().copied());
                }
                _ => families.push(family),
            }
        }
        *self = Self::new(families);
        freed
    }

    /// Forgets records.
    pub(super) fn forget(&mut self, gone: &BTreeSet<u32>) {
        if self.records.is_disjoint(gone) {
            return;
        }
        let mut families = std::mem::take(&mut self.families);
        for part in families.iter_mut().flatten() {
            part.retain(|record| !gone.contains(record));
        }
        *self = Self::new(families);
    }

    /// Every record of a part with its family and part.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, (u32, u32))> + '_ {
        (0..).zip(&self.families).flat_map(|(family, parts)| {
            (0..).zip(parts).flat_map(move |(part, records)| {
                records.iter().map(move |record| (*record, (family, part)))
            })
        })
    }

    #[cfg(feature = "serde")]
    pub(super) fn families(&self) -> &[Vec<Vec<u32>>] {
        &self.families
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releasing_two_parts_leaves_the_others_apart() {
        let mut apart = Apart::default();
        apart.insert(vec![vec![1, 2], vec![3], vec![4]]);
        assert!(apart.release(1, 2).is_empty() && apart.release(1, 9).is_empty());
        assert_eq!(apart.release(2, 3), [1, 2, 3, 4]);
        assert_eq!(apart.families, [[vec![3], vec![4]], [vec![1, 2], vec![4]]]);
        apart.forget(&BTreeSet::from([4]));
        assert!(apart.families.is_empty() && !apart.contains(1));
    }

    #[test]
    fn pairs_are_found_from_both_ends() {
        let mut pairs = Pairs::default();
        pairs.insert(5, 3);
        pairs.insert(5, 5);
        pairs.insert(3, 9);
        assert_eq!(pairs.of(3).collect::<Vec<_>>(), [5, 9]);
        assert_eq!(pairs.iter().collect::<Vec<_>>(), [(3, 5), (3, 9)]);
        pairs.remove(9, 3);
        assert_eq!((pairs.len(), pairs.of(9).count()), (1, 0));
    }
}
