//! What pairs of nodes weigh, kept where components of links are large.
//!
//! A component of n nodes is clustered anew when one comes, by the weights of all
//! n (n − 1) / 2 pairs. Comparing two profiles takes a microsecond, so of a hundred nodes
//! only the pairs of the new one are compared and the others looked up.

use crate::steady::Map;
use crate::values::mix;

/// Components of fewer nodes are weighed anew.
pub(super) const LEAST: usize = 8;
/// Most pairs that are kept; then it begins anew.
const MOST: usize = 1 << 18;

/// What a pair weighs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weight {
    pub(super) posterior: f64,
    pub(super) strong: f64,
    pub(super) weak: f64,
}

/// Weights by node and other node.
#[derive(Clone, Default)]
pub(super) struct Memo {
    rows: Map<Vec<(u32, Weight)>>,
    pairs: usize,
}

impl Memo {
    /// What is known of a node, by other nodes, ascending.
    pub(super) fn row(&self, node: u32) -> &[(u32, Weight)] {
        self.rows.get(mix(0, u64::from(node))).map_or(&[], Vec::as_slice)
    }

    /// The weight in a row.
    pub(super) fn find(row: &[(u32, Weight)], other: u32) -> Option<Weight> {
        let at = row.binary_search_by_key(&other, |entry| entry.0).ok()?;
        row.get(at).map(|entry| entry.1)
    }

    /// Keeps what pairs weigh.
    pub(super) fn keep(&mut self, pairs: &[(u32, u32, Weight)]) {
        if self.pairs + pairs.len() > MOST {
            *self = Self::default();
        }
        self.pairs += pairs.len();
        for (a, b, weight) in pairs {
            for (node, other) in [(*a, *b), (*b, *a)] {
                let key = mix(0, u64::from(node));
                if let Some(row) = self.rows.get_mut(key) {
                    // A new node has the largest number.
                    if let Err(at) = row.binary_search_by_key(&other, |entry| entry.0) {
                        row.insert(at, (other, *weight));
                    }
                } else {
                    self.rows.insert(key, vec![(other, *weight)]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_from_both_ends_until_there_are_too_many() {
        let weight = |posterior| Weight { posterior, strong: 0.0, weak: 1.0 };
        let mut memo = Memo::default();
        memo.keep(&[(7, 3, weight(1.0)), (7, 9, weight(2.0)), (1, 7, weight(3.0))]);
        assert_eq!(Memo::find(memo.row(7), 9), Some(weight(2.0)));
        assert_eq!(Memo::find(memo.row(3), 7), Some(weight(1.0)));
        assert_eq!((Memo::find(memo.row(7), 8), memo.row(2).len()), (None, 0));
        let many: Vec<_> = (0..600_000_u32).map(|at| (2 * at, 2 * at + 1, weight(0.0))).collect();
        for some in many.chunks(1000) {
            memo.keep(some);
            assert!(memo.pairs <= MOST);
        }
        assert_eq!(Memo::find(memo.row(7), 9), None);
    }
}
