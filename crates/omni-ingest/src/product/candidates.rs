//! Pairs worth comparing: for each product its nearest in the other table, both ways.
//!
//! ```text
//! near(a, b) = cos(all_a, all_b) + cos(grams_a, grams_b)      vectors of idf
//! candidates = the k nearest of every a  ∪  the k nearest of every b
//! ```
//!
//! Words find what is named alike, groups of three characters what is spelled alike. Both
//! come from one inverted index over the second table. A token that more products hold than
//! the *list limit* says nothing about which one is meant: it is a stop word, its list is
//! not walked, and it is counted. A product that has nothing but stop words walks the list
//! of its rarest one as far as the limit goes.
//!
//! Time O(|a| · tokens · limit), memory O(tokens of both + (|a| + |b|) · k): with the limit
//! fixed, linear in the number of products, never |a| · |b|.
//!
//! Source: Papadakis et al. (2020), "Blocking and filtering techniques for entity
//! resolution: a survey", ACM Computing Surveys 53(2), 31 (nearest neighbor filtering).

use super::profile::{Profile, Profiles};
use rustc_hash::FxHashSet;

/// The candidates, and what was passed over.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// Positions in both sides, ascending.
    pub(super) pairs: Vec<(u32, u32)>,
    /// Tokens whose lists were not walked.
    pub(super) stop_tokens: usize,
}

/// Products of the second table that hold a token, with the weight it has there.
type Lists = Vec<Vec<(u32, f32)>>;

pub(super) fn find(profiles: &Profiles, k: usize, limit: usize) -> Candidates {
    let [left, right] = &profiles.sides;
    let words = lists(profiles.terms.len(), right, |p| &p.all, 1, &|t| profiles.idf(t));
    let grams = lists(profiles.gram_idf.len(), right, |p| &p.grams, 2, &|t| profiles.gram_idf(t));
    let stop_tokens = words.iter().chain(&grams).filter(|list| list.len() > limit).count();
    let mut sums = vec![0_f32; right.len()];
    let mut touched: Vec<u32> = Vec::new();
    let mut nearest_left: Vec<Nearest> = vec![Nearest::default(); right.len()];
    let mut pairs: FxHashSet<(u32, u32)> = FxHashSet::default();
    for (a, profile) in left.iter().enumerate() {
        let a = u32::try_from(a).unwrap_or(u32::MAX);
        let mut walk = |list: &[(u32, f32)], weight: f64, norm: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "a share below 1")]
            let weight = (weight / norm) as f32;
            for (b, other) in list {
                if let Some(sum) = sums.get_mut(*b as usize) {
                    if *sum == 0.0 {
                        touched.push(*b);
                    }
                    *sum += weight * other;
                }
            }
        };
        let mut walked = false;
        for token in &profile.all {
            let list = list(&words, *token);
            if list.len() <= limit {
                walked |= !list.is_empty();
                walk(list, profiles.idf(*token), profile.norms[1]);
            }
        }
        for gram in &profile.grams {
            let list = list(&grams, *gram);
            if list.len() <= limit {
                walked |= !list.is_empty();
                walk(list, profiles.gram_idf(*gram), profile.norms[2]);
            }
        }
        if !walked {
            let rarest = profile.all.iter().map(|token| list(&words, *token));
            if let Some(list) = rarest.filter(|l| !l.is_empty()).min_by_key(|list| list.len()) {
                walk(list.get(..limit).unwrap_or(list), 1.0, 1.0);
            }
        }
        let mut own = Nearest::default();
        for b in touched.drain(..) {
            let Some(sum) = sums.get_mut(b as usize) else { continue };
            own.offer(*sum, b, k);
            if let Some(nearest) = nearest_left.get_mut(b as usize) {
                nearest.offer(*sum, a, k);
            }
            *sum = 0.0;
        }
        pairs.extend(own.list.iter().map(|(_, b)| (a, *b)));
    }
    for (b, nearest) in (0..).zip(&nearest_left) {
        pairs.extend(nearest.list.iter().map(|(_, a)| (*a, b)));
    }
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_unstable();
    Candidates { pairs, stop_tokens }
}

fn list(lists: &Lists, token: u32) -> &[(u32, f32)] {
    lists.get(token as usize).map_or(&[], Vec::as_slice)
}

fn lists(
    tokens: usize,
    side: &[Profile],
    bag: impl Fn(&Profile) -> &Vec<u32>,
    norm: usize,
    idf: &dyn Fn(u32) -> f64,
) -> Lists {
    let mut lists = vec![Vec::new(); tokens];
    for (b, profile) in (0..).zip(side) {
        let norm = profile.norms.get(norm).copied().unwrap_or(1.0);
        for token in bag(profile) {
            // A token that all products hold weighs nothing; it must still be found.
            #[expect(clippy::cast_possible_truncation, reason = "a share of at most 1")]
            let weight = (idf(*token) / norm.max(f64::MIN_POSITIVE)).max(1e-9) as f32;
            if let Some(list) = lists.get_mut(*token as usize) {
                list.push((b, weight));
            }
        }
    }
    lists
}

/// The k nearest, nearest first; of equals the first.
#[derive(Debug, Clone, Default)]
struct Nearest {
    list: Vec<(f32, u32)>,
}

impl Nearest {
    fn offer(&mut self, sum: f32, of: u32, k: usize) {
        let before = |(other, at): &(f32, u32)| *other > sum || (*other == sum && *at < of);
        if self.list.len() >= k && self.list.last().is_some_and(before) {
            return;
        }
        let at = self.list.partition_point(before);
        self.list.insert(at, (sum, of));
        self.list.truncate(k);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_are_kept_in_order() {
        let mut nearest = Nearest::default();
        for (sum, of) in [(0.1, 1), (0.9, 2), (0.5, 3), (0.9, 1), (0.5, 0)] {
            nearest.offer(sum, of, 3);
        }
        assert_eq!(nearest.list, [(0.9, 1), (0.9, 2), (0.5, 0)]);
    }
}
