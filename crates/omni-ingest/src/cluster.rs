//! Clusters that need more than a chain of links.
//!
//! ```text
//! w(i, j) > 0    evidence that i and j belong together (log odds)
//! w(i, j) < 0    evidence that they do not
//! s(A, B)        = Σ_{i∈A, j∈B} w(i, j) / (|A| |B|)
//! start with single items; join the pair of clusters with the largest s while it is
//! positive and a link leads from one to the other
//! ```
//!
//! Following links from item to item, one wrong link makes one cluster of two. Here a link
//! joins two clusters only if it outweighs what speaks against it over all pairs: average
//! linkage on log odds, a greedy solution of correlation clustering. A pair that must not
//! be together has `w = −∞` and never is.
//!
//! Ties are broken by position, so the result is a function of the items in the order
//! given: order them by something that does not depend on their arrival. O(n²) memory and
//! O(n²) typical, O(n³) worst-case time for n items: meant for one connected component of
//! the links at a time, which keeps n small.
//!
//! Sources: Sokal & Michener (1958), "A statistical method for evaluating systematic
//! relationships", Univ. Kansas Science Bulletin 38, 1409–1438; Bansal, Blum & Chawla
//! (2004), "Correlation clustering", Machine Learning 56, 89–113.

use std::collections::{BTreeMap, BTreeSet};

/// Joins items whose average weight is positive; returns for every item the first item of
/// its cluster.
///
/// `weights` holds w(i, j) for i < j, row by row: w(0,1), w(0,2), …, w(1,2), …; a pair is a
/// link if its weight is positive. Weights that are NaN count as 0.
///
/// # Examples
/// ```
/// use omni_ingest::cluster::average_linkage;
///
/// // Two links in a chain, but the ends do not belong together.
/// assert_eq!(average_linkage(3, &[5.0, -4.0, 3.0]), [0, 0, 2]);
/// assert_eq!(average_linkage(3, &[5.0, -4.0, 5.0]), [0, 0, 0]);
/// ```
#[must_use]
pub fn average_linkage(items: usize, weights: &[f64]) -> Vec<usize> {
    average_linkage_apart(items, weights, &[])
}

/// The same with pairs that stay apart without being evidence: a pair of weight −∞ changes
/// what everybody else weighs, one of these does not. If they are apart anyway, nothing
/// changes for anyone.
pub(crate) fn average_linkage_apart(
    items: usize,
    weights: &[f64],
    apart: &[(usize, usize)],
) -> Vec<usize> {
    let mut label: Vec<usize> = (0..items).collect();
    let mut table = Table::new(items, weights, apart);
    while let Some((a, b)) = table.best() {
        table.join(a, b);
        for own in &mut label {
            if *own == b {
                *own = a;
            }
        }
    }
    label
}

/// Sums of weights between clusters; a cluster is named by its first item.
struct Table {
    n: usize,
    sum: Vec<f64>,
    linked: Vec<bool>,
    /// Pairs that stay apart; empty if there are none.
    apart: Vec<bool>,
    size: Vec<f64>,
    /// For every cluster its best partner behind it, and how good it is.
    partner: Vec<Option<(f64, usize)>>,
}

impl Table {
    fn new(n: usize, weights: &[f64], apart: &[(usize, usize)]) -> Self {
        let mut table = Self {
            apart: vec![false; if apart.is_empty() { 0 } else { n * n }],
            n,
            sum: vec![0.0; n * n],
            linked: vec![false; n * n],
            size: vec![1.0; n],
            partner: vec![None; n],
        };
        let mut weights = weights.iter();
        for i in 0..n {
            for j in i + 1..n {
                let weight = weights.next().copied().filter(|w| !w.is_nan()).unwrap_or(0.0);
                for at in [i * n + j, j * n + i] {
                    table.sum[at] = weight;
                    table.linked[at] = weight > 0.0;
                }
            }
        }
        for (a, b) in apart {
            for at in [a * n + b, b * n + a] {
                if let Some(apart) = table.apart.get_mut(at) {
                    *apart = true;
                }
            }
        }
        for i in 0..n {
            table.look(i);
        }
        table
    }

    /// Whether two clusters may be joined for what they weigh.
    fn may_join(&self, at: usize) -> bool {
        self.linked[at] && self.apart.get(at) != Some(&true)
    }

    /// Finds the best partner of a cluster among those behind it.
    fn look(&mut self, i: usize) {
        let mut best: Option<(f64, usize)> = None;
        for j in i + 1..self.n {
            let at = i * self.n + j;
            if self.size[j] > 0.0 && self.may_join(at) {
                let mean = self.sum[at] / (self.size[i] * self.size[j]);
                if mean > 0.0 && best.is_none_or(|(most, _)| mean > most) {
                    best = Some((mean, j));
                }
            }
        }
        self.partner[i] = best;
    }

    /// The pair to join.
    fn best(&self) -> Option<(usize, usize)> {
        let mut best: Option<(f64, usize, usize)> = None;
        for (i, partner) in self.partner.iter().enumerate() {
            if let Some((mean, j)) = partner
                && best.is_none_or(|(most, ..)| *mean > most)
            {
                best = Some((*mean, i, *j));
            }
        }
        best.map(|(_, i, j)| (i, j))
    }

    /// Makes one cluster of `a` and `b`, `a < b`.
    fn join(&mut self, a: usize, b: usize) {
        let n = self.n;
        for c in 0..n {
            if c != a && c != b && self.size[c] > 0.0 {
                let sum = self.sum[a * n + c] + self.sum[b * n + c];
                let linked = self.linked[a * n + c] || self.linked[b * n + c];
                for at in [a * n + c, c * n + a] {
                    self.sum[at] = sum;
                    self.linked[at] = linked;
                }
                if self.apart.get(b * n + c) == Some(&true) {
                    self.apart[a * n + c] = true;
                    self.apart[c * n + a] = true;
                }
            }
        }
        self.size[a] += self.size[b];
        self.size[b] = 0.0;
        self.partner[b] = None;
        self.look(a);
        for c in 0..b {
            let lost = self.partner[c].is_some_and(|(_, p)| p == a || p == b);
            if c != a && self.size[c] > 0.0 {
                if lost {
                    self.look(c);
                } else if c < a && self.may_join(c * n + a) {
                    let mean = self.sum[c * n + a] / (self.size[c] * self.size[a]);
                    let better = self.partner[c]
                        .is_none_or(|(most, j)| mean > most || (mean == most && a < j));
                    if mean > 0.0 && better {
                        self.partner[c] = Some((mean, a));
                    }
                }
            }
        }
    }
}

/// Joins clusters on weaker evidence where it is not ambiguous: two clusters become one if
/// the average weight between them is positive and neither has a positive average with any
/// other cluster. `labels` are those of [`average_linkage`], `weights` as there, on a
/// weaker cut.
///
/// # Examples
/// ```
/// use omni_ingest::cluster::join_unambiguous;
///
/// assert_eq!(join_unambiguous(&[0, 0, 2], &[5.0, 1.0, 1.0]), [0, 0, 0]);
/// // Item 1 fits both others.
/// assert_eq!(join_unambiguous(&[0, 1, 2], &[1.0, -5.0, 1.0]), [0, 1, 2]);
/// ```
#[must_use]
pub fn join_unambiguous(labels: &[usize], weights: &[f64]) -> Vec<usize> {
    join_unambiguous_apart(labels, weights, &[])
}

/// The same with pairs of items that stay apart; they fit each other nevertheless, so that
/// what is ambiguous remains so.
pub(crate) fn join_unambiguous_apart(
    labels: &[usize],
    weights: &[f64],
    apart: &[(usize, usize)],
) -> Vec<usize> {
    let n = labels.len();
    let label = |item: usize| labels.get(item).copied().unwrap_or(n);
    let apart: BTreeSet<(usize, usize)> = apart
        .iter()
        .map(|(a, b)| (label(*a), label(*b)))
        .map(|(a, b)| (a.min(b), a.max(b)))
        .collect();
    let mut sums: BTreeMap<(usize, usize), (f64, bool)> = BTreeMap::new();
    let mut weights = weights.iter();
    for (i, a) in labels.iter().enumerate() {
        for b in labels.iter().skip(i + 1) {
            let weight = weights.next().copied().filter(|w| !w.is_nan()).unwrap_or(0.0);
            if a != b {
                let entry = sums.entry((*a.min(b), *a.max(b))).or_default();
                entry.0 += weight;
                entry.1 |= weight > 0.0;
            }
        }
    }
    let mut partners = vec![Vec::new(); n];
    for ((a, b), (sum, linked)) in sums {
        if linked && sum > 0.0 && b < n {
            partners[a].push(b);
            partners[b].push(a);
        }
    }
    let only = |a: usize| match partners.get(a).map(Vec::as_slice) {
        Some([b]) => Some(*b),
        _ => None,
    };
    let joins = |a: usize, b: usize| b < a && only(b) == Some(a) && !apart.contains(&(b, a));
    let joined = |a: usize| only(a).filter(|b| joins(a, *b)).unwrap_or(a);
    labels.iter().map(|a| joined(*a)).collect()
}

/// Items joined by links: a forest of parents with path halving.
#[derive(Debug, Clone)]
pub struct Components {
    parent: Vec<u32>,
}

impl Components {
    /// So many single items.
    #[must_use]
    pub fn new(items: u32) -> Self {
        Self { parent: (0..items).collect() }
    }

    /// The first item of the component of an item.
    pub fn root(&mut self, item: u32) -> u32 {
        let mut at = item as usize;
        while let Some(parent) = self.parent.get(at).copied().filter(|p| *p as usize != at) {
            let grand = self.parent.get(parent as usize).copied().unwrap_or(parent);
            if let Some(slot) = self.parent.get_mut(at) {
                *slot = grand;
            }
            at = parent as usize;
        }
        u32::try_from(at).unwrap_or(item)
    }

    /// Links two items.
    pub fn link(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(slot) = self.parent.get_mut(a.max(b) as usize) {
            *slot = a.min(b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn who_is_apart_anyway_changes_nothing(
            n in 2_usize..9,
            weights in proptest::collection::vec(-4_i32..5, 36),
            weak in 0_i32..3,
        ) {
            // Small whole numbers: ties everywhere.
            let strong: Vec<f64> = weights.iter().map(|w| f64::from(*w)).collect();
            let weak: Vec<f64> = weights.iter().map(|w| f64::from(w + weak)).collect();
            let labels = average_linkage(n, &strong);
            let found = join_unambiguous(&labels, &weak);
            let apart: Vec<(usize, usize)> = (0..n)
                .flat_map(|a| (0..a).map(move |b| (a, b)))
                .filter(|(a, b)| found[*a] != found[*b])
                .collect();
            for apart in [&apart[..], &apart[..apart.len() / 2]] {
                let labels = average_linkage_apart(n, &strong, apart);
                prop_assert_eq!(&join_unambiguous_apart(&labels, &weak, apart), &found);
            }
            // And whoever is to be apart is.
            let all: Vec<(usize, usize)> = (1..n).map(|a| (0, a)).collect();
            let labels = average_linkage_apart(n, &strong, &all);
            let found = join_unambiguous_apart(&labels, &weak, &all);
            prop_assert!(found[1..].iter().all(|label| *label != found[0]));
        }
    }
}
