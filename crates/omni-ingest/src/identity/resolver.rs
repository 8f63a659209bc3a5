//! All records at once.

use super::PersonRecord;
use super::model::{Model, Odds};
use super::profile::Profile;
use super::store::Store;
use crate::cluster::{Components, average_linkage, join_unambiguous};

/// Settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolver {
    block_limit: u32,
    people_limit: usize,
    threshold: f64,
    weak: f64,
}

impl Default for Resolver {
    fn default() -> Self {
        Self::new()
    }
}

/// Who is who.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Resolution {
    /// For every record the number of its person, from 0 in the order of first records.
    pub persons: Vec<u32>,
    /// How many persons.
    pub count: u32,
}

/// A link cannot weigh more: a single agreement is never beyond doubt.
const HEAVIEST: f64 = 8.0;

impl Resolver {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self { block_limit: 100, people_limit: 8, threshold: 0.9, weak: 0.5 }
    }

    /// With links from this probability on.
    #[must_use]
    pub const fn with_threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    fn weight(odds: &Odds, threshold: f64) -> f64 {
        let cut = (threshold / (1.0 - threshold)).ln();
        let beyond = odds.posterior - cut;
        if beyond > 0.0 {
            beyond.min(HEAVIEST)
        } else {
            odds.stranger.min(odds.household).min(beyond.max(odds.against)).max(-HEAVIEST)
        }
    }

    /// Resolves records.
    #[must_use]
    pub fn resolve<'a>(&self, records: impl IntoIterator<Item = PersonRecord<'a>>) -> Resolution {
        let mut store = Store::default();
        let mut nodes = Vec::new();
        for record in records {
            let profile = Profile::new(&record, &mut store.lexicon);
            nodes.push(store.insert(profile));
        }
        let mut model = Model::count(&store.lexicon, store.profiles.iter(), nodes.len());
        store.mark_public(self.people_limit);
        let count = store.profiles.len() as u32;
        let mut components = Components::new(count);
        let mut candidates = Vec::new();
        let mut pairs = Vec::new();
        for node in 0..count {
            store.candidates(node, self.block_limit, &mut candidates);
            pairs.extend(candidates.iter().filter_map(|other| store.odds(&model, node, *other)));
        }
        let all = f64::from(count) * (f64::from(count) - 1.0) / 2.0;
        model.learn(&pairs, 1.0, all.max(1.0));
        if std::env::var("OMNI_SHOW").is_ok() { eprintln!("{:?}", model.lambdas()); }
        for node in 0..count {
            store.candidates(node, self.block_limit, &mut candidates);
            for other in &candidates {
                if let Some(odds) = store.odds(&model, node, *other)
                    && Self::weight(&odds, self.weak) > 0.0
                {
                    components.link(node, *other);
                }
            }
        }
        let mut members: Vec<(u32, u64, u32)> = (0..count)
            .map(|node| {
                let print = store.prints.get(node as usize).copied().unwrap_or_default();
                (components.root(node), print, node)
            })
            .collect();
        members.sort_unstable();
        let mut cluster: Vec<u32> = (0..count).collect();
        for group in members.chunk_by(|a, b| a.0 == b.0) {
            if group.len() < 2 {
                continue;
            }
            let mut weights = Vec::with_capacity(group.len() * (group.len() - 1) / 2);
            let mut weak = Vec::with_capacity(weights.capacity());
            for (i, a) in group.iter().enumerate() {
                for b in group.iter().skip(i + 1) {
                    let odds = store.odds(&model, a.2, b.2);
                    let weight =
                        |threshold| odds.map_or(0.0, |odds| Self::weight(&odds, threshold));
                    weights.push(weight(self.threshold));
                    weak.push(weight(self.weak));
                }
            }
            let strong = average_linkage(group.len(), &weights);
            for (at, first) in join_unambiguous(&strong, &weak).into_iter().enumerate() {
                if let (Some(item), Some(first)) = (group.get(at), group.get(first))
                    && let Some(slot) = cluster.get_mut(item.2 as usize)
                {
                    *slot = first.2;
                }
            }
        }
        let mut number = vec![u32::MAX; cluster.len()];
        let mut persons = Vec::with_capacity(nodes.len());
        let mut next = 0;
        for node in nodes {
            let first = cluster[node as usize] as usize;
            if number[first] == u32::MAX {
                number[first] = next;
                next += 1;
            }
            persons.push(number[first]);
        }
        Resolution { persons, count: next }
    }
}
