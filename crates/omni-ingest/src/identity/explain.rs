//! Why two records are, or are not, of one person.

use super::PersonRecord;
use super::levels::Level;
use super::model::Model;
use super::odds::{Evidence, Weights};
use super::profile::{Blocked, Field, Profile};
use super::store::Store;
use crate::values::MISSING;
use std::fmt;

/// The waterfall of a pair: from how common persons are to the probability, step by step.
///
/// Weights are in bits: +1 doubles the odds. `Display` prints them as a table; no value of
/// a record is in it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Explanation {
    /// Bits for one person against strangers before anything is said.
    pub prior: f64,
    /// Bits for one person against a household before anything is said.
    pub household_prior: f64,
    /// The evidence in the order of the fields.
    pub steps: Vec<Step>,
    /// Probability that it is one person, all said.
    pub probability: f64,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Step {
    /// What it is about.
    pub evidence: Evidence,
    /// How its fields compare; missing ones are left out.
    pub levels: Vec<(Field, Level)>,
    /// Bits for one person against strangers.
    pub strangers: f64,
    /// Bits for one person against a household.
    pub household: f64,
}

const BITS: f64 = std::f64::consts::LOG2_E;

impl Store {
    /// Explains two nodes.
    pub(crate) fn explain(&self, weights: &Weights, a: u32, b: u32) -> Option<Explanation> {
        let pair = (self.profile(a)?, self.profile(b)?);
        let mut steps = Vec::new();
        let odds = weights.odds(
            &self.lexicon,
            pair,
            |field, id| self.is_public(field, id),
            f64::NEG_INFINITY,
            |evidence, levels, ratio| {
                let known = levels.iter().copied().filter(|(_, level)| *level != Level::Missing);
                steps.push(Step {
                    evidence,
                    levels: known.collect(),
                    strangers: ratio.person * BITS,
                    household: (ratio.person - ratio.household) * BITS,
                });
            },
        )?;
        let (household_prior, prior) = weights.prior();
        Some(Explanation {
            prior: prior * BITS,
            household_prior: household_prior * BITS,
            steps,
            probability: odds.probability(),
        })
    }
}

impl Model {
    /// Explains two records by this model.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::identity::{Model, PersonRecord};
    ///
    /// let anna = PersonRecord {
    ///     name: Some("Anna Usher"),
    ///     phone: Some("+44 7700 900123"),
    ///     ..PersonRecord::default()
    /// };
    /// let paul = PersonRecord { name: Some("Paul Usher"), ..anna };
    /// let why = Model::default().explain(&anna, &paul);
    /// assert!(why.probability < 0.2); // a household: the given name is another
    /// println!("{why}");
    /// ```
    #[must_use]
    pub fn explain(&self, a: &PersonRecord<'_>, b: &PersonRecord<'_>) -> Explanation {
        let mut store = Store::default();
        let nodes = [a, b].map(|record| {
            let profile = Profile::new(record, &mut store.lexicon, &Blocked::new());
            store.insert(profile, 0).0
        });
        let mut weights = Weights::new(self);
        weights.extend(self, &store.lexicon);
        // Both nodes are there.
        store.explain(&weights, nodes[0], nodes[1]).unwrap_or(Explanation {
            prior: 0.0,
            household_prior: 0.0,
            steps: Vec::new(),
            probability: f64::from(MISSING),
        })
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<14} {:>10} {:>10}  bits for one person", "", "strangers", "household")?;
        let (mut strangers, mut household) = (self.prior, self.household_prior);
        writeln!(f, "{:<14} {strangers:>+10.2} {household:>+10.2}", "prior")?;
        for step in &self.steps {
            let name = match step.evidence {
                Evidence::Names => "names",
                Evidence::Mailbox => "mailbox",
                Evidence::Address => "address",
                Evidence::Field(field) => field.name(),
            };
            strangers += step.strangers;
            household += step.household;
            write!(f, "{name:<14} {:>+10.2} {:>+10.2} ", step.strangers, step.household)?;
            match step.levels.as_slice() {
                [(_, level)] => write!(f, " {}", level.name())?,
                levels => {
                    for (field, level) in levels {
                        write!(f, " {} {};", field.name(), level.name())?;
                    }
                }
            }
            writeln!(f)?;
        }
        writeln!(f, "{:<14} {strangers:>+10.2} {household:>+10.2}", "together")?;
        write!(f, "probability {:.6}", self.probability)
    }
}
