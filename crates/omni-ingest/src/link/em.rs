//! EM: how often matches agree, and how many pairs are matches, without labels.
//!
//! ```text
//! pattern γ: a level of every comparison, or none where a value is missing
//! E   p(γ) = λ Π m(γ) / (λ Π m(γ) + (1 − λ) Π u(γ))
//! M   λ    = Σ n(γ) p(γ) / Σ n(γ)
//!     m(ℓ) = Σ_{γ at ℓ} n(γ) p(γ) / Σ_{γ known} n(γ) p(γ)
//! ```
//!
//! `n(γ)` is how many of the pairs of one block rule have the pattern, so a round costs as
//! much as there are patterns, however many pairs. Products are sums of logarithms; m and
//! u are kept in [1e-12, 1]. The frequencies u of strangers stay as they were counted:
//! that, and a start at which matches agree more than strangers, keeps the two classes from
//! changing places. The likelihood never falls.
//!
//! A comparison whose column is in the block rule agrees in all these pairs and cannot be
//! learned from them; a level that no pair is at stays unlearned, not zero.
//!
//! Sources: Dempster, Laird & Rubin (1977), "Maximum likelihood from incomplete data via
//! the EM algorithm", JRSS B 39, 1–38; Winkler (1988), "Using the EM algorithm for weight
//! computation in the Fellegi-Sunter model of record linkage", Proc. Survey Research
//! Methods, ASA, 667–671.

use crate::Error;
use omni_core::error::ParamError;
use std::collections::BTreeMap;

/// Settings of EM.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Em {
    tolerance: f64,
    max_rounds: usize,
    start: f64,
    block_limit: usize,
}

impl Default for Em {
    fn default() -> Self {
        Self::new()
    }
}

impl Em {
    /// Until nothing changes by more than 1e-7, at most 500 rounds; a tenth of the pairs
    /// are matches to start with; blocks of at most 10,000 rows.
    #[must_use]
    pub const fn new() -> Self {
        Self { tolerance: 1e-7, max_rounds: 500, start: 0.1, block_limit: 10_000 }
    }

    /// Until no probability changes by more than this.
    #[must_use]
    pub const fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// With at most so many rounds.
    #[must_use]
    pub const fn with_max_rounds(mut self, rounds: usize) -> Self {
        self.max_rounds = rounds;
        self
    }

    /// With this share of matches to start with, in (0, 0.5].
    #[must_use]
    pub const fn with_start(mut self, share: f64) -> Self {
        self.start = share;
        self
    }

    pub(crate) const fn block_limit(&self) -> usize {
        self.block_limit
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.tolerance.is_nan() || self.tolerance < 0.0 {
            return Err(ParamError::new("tolerance", "at least 0", self.tolerance).into());
        }
        if !(self.start > 0.0 && self.start <= 0.5) {
            return Err(ParamError::new("start", "in (0, 0.5]", self.start).into());
        }
        Ok(())
    }

    /// Runs on patterns; `m` and `u` are by comparison and level. A comparison without m is
    /// not part of it.
    pub(crate) fn run(
        &self,
        patterns: &BTreeMap<Vec<Option<u8>>, u64>,
        m: &mut [Option<Vec<f64>>],
        u: &[Vec<f64>],
    ) -> Session {
        let mut session = Session {
            lambda: self.start,
            rounds: 0,
            converged: false,
            log_likelihood: Vec::new(),
            pairs: patterns.values().sum(),
            m: Vec::new(),
        };
        // Which levels are seen at all.
        let seen: Vec<Vec<bool>> = u
            .iter()
            .enumerate()
            .map(|(at, levels)| {
                let is_seen = |level: usize| {
                    patterns
                        .keys()
                        .any(|p| p.get(at).copied().flatten() == u8::try_from(level).ok())
                };
                (0..levels.len()).map(is_seen).collect()
            })
            .collect();
        while session.rounds < self.max_rounds && session.pairs > 0 {
            let ln_m = logs(m);
            let ln_u: Vec<Vec<f64>> =
                u.iter().map(|levels| levels.iter().map(|u| ln(*u)).collect()).collect();
            let mut sums: Vec<Vec<f64>> = u.iter().map(|levels| vec![0.0; levels.len()]).collect();
            let (mut matches, mut likelihood) = (0.0, 0.0);
            for (pattern, count) in patterns {
                let count = *count as f64;
                let (mut a, mut b) = (session.lambda.ln(), (-session.lambda).ln_1p());
                for ((level, m), u) in pattern.iter().zip(&ln_m).zip(&ln_u) {
                    let (Some(level), Some(m)) = (level, m) else { continue };
                    let at = usize::from(*level);
                    a += m.get(at).copied().unwrap_or(0.0);
                    b += u.get(at).copied().unwrap_or(0.0);
                }
                let most = a.max(b);
                let total = most + ((a - most).exp() + (b - most).exp()).ln();
                let share = (a - total).exp() * count;
                likelihood += total * count;
                matches += share;
                for (level, sums) in pattern.iter().zip(&mut sums) {
                    if let Some(sum) = level.and_then(|level| sums.get_mut(usize::from(level))) {
                        *sum += share;
                    }
                }
            }
            session.log_likelihood.push(likelihood);
            session.rounds += 1;
            let lambda = (matches / session.pairs as f64).clamp(SMALLEST, 1.0 - SMALLEST);
            let mut change = (lambda - session.lambda).abs();
            session.lambda = lambda;
            for ((m, sums), seen) in m.iter_mut().zip(&sums).zip(&seen) {
                let Some(m) = m else { continue };
                let total: f64 = sums.iter().sum();
                if total <= 0.0 {
                    continue;
                }
                for ((m, sum), seen) in m.iter_mut().zip(sums).zip(seen) {
                    let next = if *seen { (sum / total).clamp(SMALLEST, 1.0) } else { SMALLEST };
                    change = change.max((next - *m).abs());
                    *m = next;
                }
            }
            if change <= self.tolerance {
                session.converged = true;
                break;
            }
        }
        session.m = m
            .iter()
            .zip(&seen)
            .map(|(m, seen)| {
                let learned = |(m, seen): (&f64, &bool)| seen.then_some(*m);
                m.as_ref().map(|m| m.iter().zip(seen).map(learned).collect())
            })
            .collect();
        session
    }
}

/// What one run of EM learned.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Session {
    /// The share of matches among the pairs of the block rule.
    pub lambda: f64,
    /// How many rounds it took.
    pub rounds: usize,
    /// Whether it came to rest.
    pub converged: bool,
    /// The logarithm of the likelihood before every round; it never falls.
    pub log_likelihood: Vec<f64>,
    /// How many pairs it learned from.
    pub pairs: u64,
    /// By comparison and level; `None` for a comparison of the block rule, and for a level
    /// that no pair is at.
    pub m: Vec<Option<Vec<Option<f64>>>>,
}

/// No probability is thought to be smaller.
pub(crate) const SMALLEST: f64 = 1e-12;

pub(crate) fn ln(probability: f64) -> f64 {
    probability.clamp(SMALLEST, 1.0).ln()
}

fn logs(m: &[Option<Vec<f64>>]) -> Vec<Option<Vec<f64>>> {
    m.iter().map(|m| m.as_ref().map(|m| m.iter().map(|m| ln(*m)).collect())).collect()
}
