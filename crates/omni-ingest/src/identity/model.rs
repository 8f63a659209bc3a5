//! What is learned from data: how frequent values are, and how common persons and
//! households.
//!
//! ```text
//! share(v)  = c(v) / Σ c              c(v) = profiles with the value v, each profile once
//! near      = Σ_{v<w near} c(v) c(w) / Σ_{v≤w} c(v) c(w)
//!
//! person = Σ p(person | pair) / pairs       household = Σ p(household | pair) / pairs
//! ```
//!
//! The last two lines are the steps of EM over the compared pairs, with what the fields say
//! held fixed; pairs that are not compared count as strangers. A belief in a few pairs of
//! either kind keeps small lists sensible. Shares are counted, not sampled; near agreement
//! is counted over the pairs of a thousand distinct values, chosen by their fingerprint.
//!
//! Values are kept as fingerprints, and only those of at least three profiles: no name can
//! be read from a model.

use super::beliefs::{
    PRIOR_HOUSEHOLD, PRIOR_PAIRS, PRIOR_PERSON, RAREST, SMALLEST_POPULATION, Stranger, UNCOUNTED,
    belief,
};
use super::levels::{Level, compare};
use super::odds::Odds;
use super::profile::{FIELDS, Field, Lexicon, Profile};
#[cfg(feature = "serde")]
use crate::Error;
#[cfg(feature = "serde")]
use omni_core::error::ParamError;

/// A value of fewer profiles is not kept.
const LEAST: u32 = 3;
/// Most distinct values whose pairs are compared to count near agreement.
const SAMPLE: usize = 1000;

/// The chances that everything follows from.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Model {
    pub(super) population: f64,
    /// Chance that two profiles are of one person.
    pub(super) person: f64,
    /// Chance that they are of two members of a household.
    pub(super) household: f64,
    /// By field.
    frequencies: Vec<Frequencies>,
    /// Chance that two strangers agree nearly, by field.
    near: Vec<f64>,
}

/// How often the values of a field occur.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Frequencies {
    total: f64,
    /// Fingerprints with counts, ascending.
    counts: Vec<(u64, u32)>,
}

impl Frequencies {
    fn share(&self, print: u64) -> f64 {
        if self.total < 1.0 {
            return UNCOUNTED;
        }
        let at = self.counts.binary_search_by_key(&print, |(print, _)| *print);
        let count = at.ok().and_then(|at| self.counts.get(at));
        // A value that is not kept has one profile or two.
        let count = count.map_or(1.5, |(_, count)| f64::from(*count));
        (count / self.total).clamp(RAREST, 1.0)
    }
}

impl Default for Model {
    /// Nothing learned: a thousand people, every value once in a hundred.
    fn default() -> Self {
        Self {
            population: SMALLEST_POPULATION,
            person: 1.0 / SMALLEST_POPULATION,
            household: PRIOR_HOUSEHOLD / PRIOR_PERSON / SMALLEST_POPULATION,
            frequencies: vec![Frequencies::default(); FIELDS],
            near: Field::ALL.iter().take(FIELDS).map(|field| belief(*field).near).collect(),
        }
    }
}

impl Model {
    /// The chance that two profiles are of one person.
    #[must_use]
    pub const fn person_rate(&self) -> f64 {
        self.person
    }

    /// The chance that two profiles are of two members of a household.
    #[must_use]
    pub const fn household_rate(&self) -> f64 {
        self.household
    }

    /// Whether it can be used; a model that was stored may be anything.
    #[cfg(feature = "serde")]
    pub(crate) fn check(&self) -> Result<(), Error> {
        let rate = |name, rate: f64| {
            let fits = rate > 0.0 && rate < 0.5;
            if fits { Ok(()) } else { Err(ParamError::new(name, "in (0, 0.5)", rate)) }
        };
        rate("person", self.person)?;
        rate("household", self.household)?;
        for near in &self.near {
            rate("near", *near)?;
        }
        if !(self.population >= 1.0 && self.population.is_finite()) {
            return Err(ParamError::new("population", "at least 1", self.population).into());
        }
        let is_count = |total: f64| total >= 0.0 && total.is_finite();
        if let Some(odd) = self.frequencies.iter().find(|f| !is_count(f.total)) {
            return Err(ParamError::new("total", "finite, not negative", odd.total).into());
        }
        Ok(())
    }

    /// Counts values, each profile once.
    pub(crate) fn count<'a>(
        lexicon: &Lexicon,
        profiles: &(impl Iterator<Item = &'a Profile> + Clone),
        records: usize,
    ) -> Self {
        let population = (records as f64).max(SMALLEST_POPULATION);
        let rate = 1.0 / population;
        let household = rate * PRIOR_HOUSEHOLD / PRIOR_PERSON;
        let mut model = Self { population, person: rate, household, ..Self::default() };
        let by_field = Field::ALL.iter().zip(&mut model.frequencies).zip(&mut model.near);
        for ((field, frequencies), near) in by_field {
            let mut counts = vec![0_u32; lexicon.values(*field).len()];
            for profile in profiles.clone() {
                if let Some(count) = counts.get_mut(profile.get(*field) as usize) {
                    *count += 1;
                }
            }
            if let Some(missing) = counts.first_mut() {
                *missing = 0;
            }
            frequencies.total = counts.iter().map(|count| f64::from(*count)).sum();
            let known = (0..).zip(&counts).filter(|(_, count)| **count >= LEAST);
            frequencies.counts =
                known.map(|(id, count)| (lexicon.print(*field, id), *count)).collect();
            frequencies.counts.sort_unstable();
            *near = count_near(*field, lexicon, &counts);
        }
        model
    }

    /// Chance that two strangers have one value, given that one of them has it.
    pub(super) fn stranger_exact(&self, field: Field, print: u64) -> f64 {
        match belief(field).stranger {
            Stranger::Accident(people) => people / self.population,
            Stranger::Value => {
                self.frequencies.get(field as usize).map_or(UNCOUNTED, |f| f.share(print))
            }
        }
    }

    /// Chance that two strangers agree nearly.
    pub(super) fn stranger_near(&self, field: Field) -> f64 {
        self.near.get(field as usize).copied().unwrap_or(belief(field).near)
    }

    /// Learns how common pairs of one person and of one household are. `odds` are those of
    /// the fields for compared pairs, of which each stands `weight` times among `all`.
    pub(crate) fn learn(&mut self, odds: &[Odds], weight: f64, all: f64) {
        const ROUNDS: usize = 100;
        for _ in 0..ROUNDS {
            let (mut person, mut household) = (0.0, 0.0);
            let strangers = 1.0 - self.person - self.household;
            for odds in odds {
                let p = self.person.ln() + odds.stranger;
                let h = self.household.ln() + odds.stranger - odds.household;
                // Beyond any doubt, and within what can be added up.
                let most = p.max(h).max(0.0);
                let (p, h) = ((p - most).exp(), (h - most).exp());
                let total = p + h + strangers * (-most).exp();
                person += p / total;
                household += h / total;
            }
            let of = |sum: f64, prior: f64| {
                ((sum * weight + prior) / (all + SMALLEST_POPULATION)).clamp(1e-12, 0.3)
            };
            let next = (of(person, PRIOR_PERSON), of(household, PRIOR_HOUSEHOLD));
            let change = (next.0 / self.person).ln().abs() + (next.1 / self.household).ln().abs();
            (self.person, self.household) = next;
            if change < 1e-6 {
                break;
            }
        }
    }
}

/// Chance that two values of different people agree nearly.
fn count_near(field: Field, lexicon: &Lexicon, counts: &[u32]) -> f64 {
    let mut seen: Vec<(u64, u32, f64)> = (0..)
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(id, count)| (lexicon.print(field, id), id, f64::from(*count)))
        .collect();
    if seen.len() > SAMPLE {
        seen.select_nth_unstable_by_key(SAMPLE, |(print, ..)| *print);
        seen.truncate(SAMPLE);
    }
    seen.sort_unstable_by_key(|(print, ..)| *print);
    let (mut near, mut all) = (0.0, 0.0);
    for (i, (_, a, count_a)) in seen.iter().enumerate() {
        all += count_a * (count_a - 1.0) / 2.0;
        for (_, b, count_b) in seen.iter().take(i) {
            all += count_a * count_b;
            if compare(field, lexicon.text(field, *a), lexicon.text(field, *b)) == Level::Near {
                near += count_a * count_b;
            }
        }
    }
    ((near + PRIOR_PAIRS * belief(field).near) / (all + PRIOR_PAIRS)).clamp(1e-9, 0.5)
}
