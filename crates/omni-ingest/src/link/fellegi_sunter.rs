//! Fellegi-Sunter: what agreement is worth, as weights that add up.
//!
//! ```text
//! weight(pair) = log₂ λ/(1 − λ) + Σ log₂ m(ℓ)/u(ℓ)          bits
//! probability  = 2^weight / (1 + 2^weight)
//! equal values with term frequencies:  log₂ m(0)/f(v)   in place of   log₂ m(0)/u(0)
//! ```
//!
//! `m(ℓ)` and `u(ℓ)` are the chances of level ℓ among matches and among strangers, λ the
//! share of matches among all pairs, `f(v)` how frequent the value is. Missing values weigh
//! nothing. A level that was never seen among the pairs EM learned from has no m and weighs
//! nothing either, rather than −∞.
//!
//! Limits: comparisons are taken to be independent given match or not, which street and
//! postal code are not, so probabilities are too sure of themselves; they order well.
//!
//! Sources: Fellegi & Sunter (1969), "A theory for record linkage", JASA 64(328),
//! 1183–1210; Winkler (2000), "Frequency-based matching in Fellegi-Sunter model of record
//! linkage", US Census Bureau RR2000/06.

use super::comparison::Comparison;
use super::em::{Em, SMALLEST, Session};
use super::explain::{Waterfall, WaterfallStep};
use super::frequency::{all_pairs, shares};
use super::table::Table;
use crate::Error;
use crate::block::{Rule, pairs};
use omni_core::error::ParamError;
use std::collections::BTreeMap;

/// The method: what is compared.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FellegiSunter {
    comparisons: Vec<Comparison>,
    lambda: Option<f64>,
}

impl FellegiSunter {
    /// Compares these columns, at most one comparison each.
    pub fn new(comparisons: impl IntoIterator<Item = Comparison>) -> Self {
        Self { comparisons: comparisons.into_iter().collect(), lambda: None }
    }

    /// With this share of matches among all pairs, in (0, 1); by default 1 / rows: every row
    /// has half a partner. See also [`Model::estimate_lambda`].
    #[must_use]
    pub const fn with_lambda(mut self, lambda: f64) -> Self {
        self.lambda = Some(lambda);
        self
    }

    /// Counts how often strangers agree; m is a guess until [`Model::train`] learns it.
    ///
    /// # Errors
    /// [`Error::Param`] if a column is not in the table or a setting is out of range.
    pub fn fit(&self, table: &Table) -> Result<Model, Error> {
        let lambda = self.lambda.unwrap_or(1.0 / f64::from(table.len().max(2)));
        if !(lambda > 0.0 && lambda < 1.0) {
            return Err(ParamError::new("lambda", "in (0, 1)", lambda).into());
        }
        let mut parameters = Vec::with_capacity(self.comparisons.len());
        for comparison in &self.comparisons {
            comparison.check()?;
            let column = table.column(comparison.column())?;
            let u = all_pairs(table, column, comparison);
            parameters.push(Parameters { m: guess(u.len()), u, learned: Vec::new() });
        }
        Ok(Model { comparisons: self.comparisons.clone(), lambda, parameters })
    }
}

/// Matches agree in 19 of 20 cases; what is left halves from level to level.
fn guess(levels: usize) -> Vec<Option<f64>> {
    let rest = levels.saturating_sub(1);
    let mut m = vec![Some(0.95)];
    let total: f64 = (0..rest).map(|at| 0.5_f64.powi(i32::try_from(at).unwrap_or(0))).sum();
    m.extend(
        (0..rest)
            .map(|at| Some(0.05 * 0.5_f64.powi(i32::try_from(at).unwrap_or(0)) / total.max(1.0))),
    );
    m
}

/// What is known of a comparison.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Parameters {
    /// Chances of the levels among matches; `None` for a level that was never seen.
    pub m: Vec<Option<f64>>,
    /// Chances of the levels among strangers.
    pub u: Vec<f64>,
    /// What every session learned; m is their median.
    learned: Vec<Vec<Option<f64>>>,
}

/// A pair with its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Scored {
    /// The first row.
    pub a: u32,
    /// The second row.
    pub b: u32,
    /// Bits for a match.
    pub weight: f64,
    /// Probability of a match.
    pub probability: f64,
}

/// What is known of all comparisons.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Model {
    comparisons: Vec<Comparison>,
    lambda: f64,
    parameters: Vec<Parameters>,
}

impl Model {
    /// The share of matches among all pairs.
    #[must_use]
    pub const fn lambda(&self) -> f64 {
        self.lambda
    }

    /// One for each comparison.
    #[must_use]
    pub fn parameters(&self) -> &[Parameters] {
        &self.parameters
    }

    /// What is compared.
    #[must_use]
    pub fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }

    fn columns(&self, table: &Table) -> Result<Vec<usize>, Error> {
        self.comparisons.iter().map(|comparison| table.column(comparison.column())).collect()
    }

    /// Estimates the share of matches from rules that hardly ever err: the pairs that agree
    /// by one of them, divided by the share of all matches that they find.
    ///
    /// # Errors
    /// [`Error::Param`] if a column is not in the table or `recall` is outside (0, 1].
    pub fn estimate_lambda(
        &mut self,
        table: &Table,
        rules: &[Rule],
        recall: f64,
    ) -> Result<(), Error> {
        if !(recall > 0.0 && recall <= 1.0) {
            return Err(ParamError::new("recall", "in (0, 1]", recall).into());
        }
        let found = pairs(table, rules, usize::MAX)?.pairs.len() as f64;
        let rows = f64::from(table.len());
        let all = (rows * (rows - 1.0) / 2.0).max(1.0);
        self.lambda = (found / recall / all).clamp(SMALLEST, 0.5);
        Ok(())
    }

    /// Learns m from the pairs of one block rule by EM. Learn by several rules that block on
    /// different columns: m is the median of what they learn.
    ///
    /// # Errors
    /// [`Error::Param`] if a column is not in the table or a setting is out of range.
    pub fn train(&mut self, table: &Table, rule: &Rule, em: &Em) -> Result<Session, Error> {
        em.check()?;
        let columns = self.columns(table)?;
        let blocked = pairs(table, std::slice::from_ref(rule), em.block_limit())?;
        let mut patterns: BTreeMap<Vec<Option<u8>>, u64> = BTreeMap::new();
        for (a, b) in &blocked.pairs {
            *patterns.entry(self.pattern(table, &columns, *a, *b)).or_default() += 1;
        }
        let in_rule =
            |comparison: &Comparison| rule.columns().iter().any(|c| c == comparison.column());
        let mut m: Vec<Option<Vec<f64>>> = self
            .comparisons
            .iter()
            .map(|comparison| {
                let start = guess(comparison.level_count()).into_iter().flatten().collect();
                (!in_rule(comparison)).then_some(start)
            })
            .collect();
        let u: Vec<Vec<f64>> = self.parameters.iter().map(|p| p.u.clone()).collect();
        let session = em.run(&patterns, &mut m, &u);
        if session.pairs > 0 {
            for (parameters, m) in self.parameters.iter_mut().zip(&session.m) {
                if let Some(m) = m {
                    parameters.learned.push(m.clone());
                    parameters.settle();
                }
            }
        }
        Ok(session)
    }

    fn pattern(&self, table: &Table, columns: &[usize], a: u32, b: u32) -> Vec<Option<u8>> {
        let level = |(comparison, column): (&Comparison, &usize)| {
            let level = comparison.level_of(table, *column, a, b)?;
            u8::try_from(level).ok()
        };
        self.comparisons.iter().zip(columns).map(level).collect()
    }

    /// Weighs pairs of rows.
    ///
    /// # Errors
    /// [`Error::Param`] if a column is not in the table.
    pub fn score(&self, table: &Table, pairs: &[(u32, u32)]) -> Result<Vec<Scored>, Error> {
        let columns = self.columns(table)?;
        let shares: Vec<Vec<f64>> =
            self.comparisons
                .iter()
                .zip(&columns)
                .map(|(comparison, column)| {
                    if comparison.has_term_frequency() {
                        shares(table, *column)
                    } else {
                        Vec::new()
                    }
                })
                .collect();
        let scored = pairs.iter().map(|(a, b)| {
            let steps = self.steps(table, &columns, &shares, (*a, *b));
            let weight = self.prior() + steps.iter().map(|(.., weight)| weight).sum::<f64>();
            Scored { a: *a, b: *b, weight, probability: probability(weight) }
        });
        Ok(scored.collect())
    }

    /// Why a pair weighs what it weighs.
    ///
    /// # Errors
    /// [`Error::Param`] if a column is not in the table.
    pub fn explain(&self, table: &Table, a: u32, b: u32) -> Result<Waterfall, Error> {
        let columns = self.columns(table)?;
        let shares: Vec<Vec<f64>> = columns.iter().map(|column| shares(table, *column)).collect();
        let steps = self.steps(table, &columns, &shares, (a, b));
        let weight = self.prior() + steps.iter().map(|(.., weight)| weight).sum::<f64>();
        let steps = steps.into_iter().filter_map(|(at, level, weight)| {
            let comparison = self.comparisons.get(at)?;
            Some(WaterfallStep {
                column: comparison.column().to_owned(),
                level: comparison.level_name(level),
                weight,
            })
        });
        let steps = steps.collect();
        Ok(Waterfall { prior: self.prior(), steps, weight, probability: probability(weight) })
    }

    fn prior(&self) -> f64 {
        (self.lambda / (1.0 - self.lambda)).log2()
    }

    /// Comparison, level and bits of every comparison that says something.
    fn steps(
        &self,
        table: &Table,
        columns: &[usize],
        shares: &[Vec<f64>],
        (a, b): (u32, u32),
    ) -> Vec<(usize, usize, f64)> {
        let mut steps = Vec::with_capacity(columns.len());
        let by_comparison = self.comparisons.iter().zip(columns).zip(&self.parameters);
        for (at, ((comparison, column), parameters)) in by_comparison.enumerate() {
            let Some(level) = comparison.level_of(table, *column, a, b) else { continue };
            let m = parameters.m.get(level).copied().flatten();
            let (Some(m), Some(u)) = (m, parameters.u.get(level)) else { continue };
            let mut u = *u;
            if level == 0 && comparison.has_term_frequency() {
                let id = table.ids(*column).get(a as usize).copied().unwrap_or_default();
                u = shares.get(at).and_then(|f| f.get(id as usize)).copied().unwrap_or(u);
            }
            let weight = (m.clamp(SMALLEST, 1.0) / u.clamp(SMALLEST, 1.0)).log2();
            steps.push((at, level, weight));
        }
        steps
    }
}

impl Parameters {
    /// Takes the median over sessions, so that one odd session does not count.
    fn settle(&mut self) {
        for (level, m) in self.m.iter_mut().enumerate() {
            let mut known: Vec<f64> =
                self.learned.iter().filter_map(|m| m.get(level).copied().flatten()).collect();
            known.sort_unstable_by(f64::total_cmp);
            let at = |place: usize| known.get(place).copied();
            // Of an even number, the mean of the middle two.
            let middle = at(known.len().saturating_sub(1) / 2).zip(at(known.len() / 2));
            *m = middle.map(|(low, high)| f64::midpoint(low, high));
        }
    }
}

fn probability(weight: f64) -> f64 {
    1.0 / (1.0 + (-weight).exp2())
}
