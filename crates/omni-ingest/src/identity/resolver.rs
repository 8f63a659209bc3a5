//! Settings, and all records at once.

use super::PersonRecord;
use super::model::Model;
use super::odds::{Odds, Weights};
use super::profile::{Blocked, Profile, clean};
use super::roster::{NONE, Roster};
use crate::Error;
use crate::clean::text::match_key;
use crate::parallel::in_chunks;
use omni_core::error::ParamError;

/// Settings of identity resolution; checked when they are used.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Resolver {
    pub(crate) threshold: f64,
    pub(crate) weak_threshold: f64,
    pub(crate) block_limit: u32,
    pub(crate) people_limit: u32,
    pub(crate) component_limit: usize,
    pub(crate) blocked: Blocked,
}

impl Default for Resolver {
    fn default() -> Self {
        Self::new()
    }
}

/// Who is who.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Resolution {
    /// For every record the number of its person, from 0 in the order of first records.
    pub persons: Vec<u32>,
    /// How many persons there are.
    pub count: u32,
    /// What it followed from.
    pub model: Model,
    /// What was left out to keep the time bounded.
    pub limits: Limits,
}

/// What the limits held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Limits {
    /// Distinct profiles.
    pub profiles: u64,
    /// Blocks of more profiles than the block limit: their pairs were not compared for it.
    pub oversized_blocks: u64,
    /// Profiles in them, a profile once for every block.
    pub oversized_profiles: u64,
    /// Identifiers that more people use than the people limit: no evidence.
    pub public_identifiers: u64,
    /// Times that a component of links was cut because it was too large.
    pub cut_components: u64,
}

/// A link cannot weigh more: a single agreement is never beyond doubt.
const HEAVIEST: f64 = 8.0;
/// Records that are normalized at a time.
pub(super) const PORTION: usize = 1 << 14;
/// So many comparisons are enough to learn how common persons and households are.
const SAMPLE: usize = 200_000;

impl Resolver {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            threshold: 0.9,
            weak_threshold: 0.5,
            block_limit: 100,
            people_limit: 8,
            component_limit: 200,
            blocked: Blocked::new(),
        }
    }

    /// With links from this probability on, in (0, 1); 0.9 by default: a wrong merge costs
    /// more than a missed one.
    #[must_use]
    pub fn with_threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    /// With links from this probability on where nobody else fits, in (0, 1); 0.5 by
    /// default.
    #[must_use]
    pub fn with_weak_threshold(mut self, threshold: f64) -> Self {
        self.weak_threshold = threshold;
        self
    }

    /// With blocks of at most so many profiles; 100 by default.
    #[must_use]
    pub fn with_block_limit(mut self, profiles: u32) -> Self {
        self.block_limit = profiles;
        self
    }

    /// With identifiers of at most so many people, told apart by their initials; 8 by
    /// default. An identifier of more is neither key nor evidence.
    #[must_use]
    pub fn with_people_limit(mut self, people: u32) -> Self {
        self.people_limit = people;
        self
    }

    /// With components of links of at most so many profiles; 200 by default.
    #[must_use]
    pub fn with_component_limit(mut self, profiles: usize) -> Self {
        self.component_limit = profiles;
        self
    }

    /// With a text that says nothing in any field, like a shop's own address or the name of
    /// a till; case and accents do not matter. Placeholders such as `n/a`, `test@…`,
    /// mailboxes of roles and repeated digits are known without it.
    #[must_use]
    pub fn with_blocked(mut self, text: &str) -> Self {
        self.blocked.insert(match_key(text).into_owned());
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        for (name, value) in
            [("threshold", self.threshold), ("weak_threshold", self.weak_threshold)]
        {
            if !(value > 0.0 && value < 1.0) {
                return Err(ParamError::new(name, "in (0, 1)", value).into());
            }
        }
        if !(1..1 << 20).contains(&self.block_limit) {
            return Err(ParamError::new("block_limit", "from 1 to 2^20", self.block_limit).into());
        }
        if !(1..=4096).contains(&self.component_limit) {
            let rule = "from 1 to 4096";
            return Err(ParamError::new("component_limit", rule, self.component_limit).into());
        }
        Ok(())
    }

    /// What a pair weighs in clusters, on the cut and on the weak cut.
    pub(crate) fn weights(&self, odds: &Odds) -> (f64, f64) {
        let weight = |threshold: f64| {
            let beyond = odds.posterior - (threshold / (1.0 - threshold)).ln();
            if beyond > 0.0 {
                beyond.min(HEAVIEST)
            } else {
                // Silence is no contradiction: it weighs what speaks against, at most.
                let against = odds.stranger.min(odds.household).min(beyond.max(odds.against));
                against.clamp(-HEAVIEST, 0.0)
            }
        };
        (weight(self.threshold), weight(self.weak_threshold))
    }

    /// Pairs of a posterior from here on are worth putting into one component.
    pub(crate) fn least(&self) -> f64 {
        let cut = self.threshold.min(self.weak_threshold);
        (cut / (1.0 - cut)).ln()
    }

    /// Learns a model from records.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is out of range.
    pub fn fit<'a>(
        &self,
        records: impl IntoIterator<Item = PersonRecord<'a>>,
    ) -> Result<Model, Error> {
        self.check()?;
        let roster = self.read(records);
        Ok(self.learn(&roster))
    }

    /// Says for all records who is who, by a model learned from them.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is out of range.
    pub fn resolve<'a>(
        &self,
        records: impl IntoIterator<Item = PersonRecord<'a>>,
    ) -> Result<Resolution, Error> {
        self.check()?;
        let mut roster = self.read(records);
        let model = self.learn(&roster);
        roster.weights = Weights::new(&model);
        roster.settle(self, &model);
        let mut number = vec![NONE; roster.slots.len()];
        let mut count = 0;
        let mut persons = Vec::with_capacity(roster.slots.len());
        for slot in roster.slots.iter() {
            if let Some(own) = number.get_mut(slot.person as usize) {
                if *own == NONE {
                    *own = count;
                    count += 1;
                }
                persons.push(*own);
            }
        }
        let limits = self.limits(&roster);
        Ok(Resolution { persons, count, model, limits })
    }

    fn read<'a>(&self, records: impl IntoIterator<Item = PersonRecord<'a>>) -> Roster {
        let mut roster = Roster::default();
        let records = records.into_iter().map(|record| ((), record));
        self.profiles(records, &mut roster, |roster, (), profile| {
            roster.add(self, profile, 0);
        });
        roster
    }

    /// Normalizes records, in parallel if the crate may, and hands them on in their order.
    pub(crate) fn profiles<'a, K>(
        &self,
        records: impl IntoIterator<Item = (K, PersonRecord<'a>)>,
        roster: &mut Roster,
        mut hand_on: impl FnMut(&mut Roster, K, Profile),
    ) {
        let mut records = records.into_iter();
        loop {
            let (keys, portion): (Vec<K>, Vec<PersonRecord<'a>>) =
                records.by_ref().take(PORTION).unzip();
            if portion.is_empty() {
                return;
            }
            let count = u32::try_from(portion.len()).unwrap_or(NONE);
            let texts = in_chunks(count, 256, |range| {
                let of = |at: u32| portion.get(at as usize).map(|r| clean(r, &self.blocked));
                range.filter_map(of).collect::<Vec<_>>()
            });
            for ((key, record), text) in keys.into_iter().zip(&portion).zip(texts.iter().flatten())
            {
                let lexicon = &mut roster.store.lexicon;
                let profile = Profile::number(record, text, lexicon, &self.blocked);
                hand_on(roster, key, profile);
            }
        }
    }

    pub(crate) fn limits(&self, roster: &Roster) -> Limits {
        let over = || roster.store.block_sizes().filter(|size| *size > self.block_limit);
        Limits {
            profiles: u64::from(roster.store.len()),
            oversized_blocks: over().count() as u64,
            oversized_profiles: over().map(u64::from).sum(),
            public_identifiers: roster.store.public_count() as u64,
            cut_components: roster.cut,
        }
    }

    fn learn(&self, roster: &Roster) -> Model {
        let store = &roster.store;
        let records = roster.slots.len();
        let mut model = Model::count(&store.lexicon, &store.profiles(), records);
        let mut weights = Weights::new(&model);
        weights.extend(&model, &store.lexicon);
        // Nodes in an order that does not depend on their arrival.
        let mut nodes: Vec<(u64, u32)> =
            (0..store.len()).map(|node| (store.print(node), node)).collect();
        nodes.sort_unstable();
        let (mut odds, mut used) = (Vec::new(), 0.0);
        for batch in nodes.chunks(1 << 14) {
            let weights = &weights;
            let found = in_chunks(u32::try_from(batch.len()).unwrap_or(NONE), 512, |range| {
                let (mut candidates, mut odds) = (Vec::new(), Vec::new());
                for at in range {
                    let Some((_, node)) = batch.get(at as usize) else { continue };
                    store.candidates(*node, self.block_limit, false, &mut candidates);
                    odds.extend(candidates.iter().filter_map(|b| store.odds(weights, *node, *b)));
                }
                odds
            });
            odds.extend(found.into_iter().flatten());
            used += batch.len() as f64;
            if odds.len() > SAMPLE {
                break;
            }
        }
        odds.sort_unstable_by(|a, b| {
            a.stranger.total_cmp(&b.stranger).then(a.household.total_cmp(&b.household))
        });
        let n = nodes.len() as f64;
        // Every pair was met from both ends.
        let weight = n / (2.0 * used).max(1.0);
        model.learn(&odds, weight, n * (n - 1.0).max(0.0) / 2.0);
        model
    }
}
