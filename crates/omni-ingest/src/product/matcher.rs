//! The matcher: settings, steps and result.

use super::assign::{Assignment, Choice, Scored, rounds, sort};
use super::calibrate::calibrate;
use super::candidates;
use super::columns::{Role, roles, shared};
use super::evidence::{Evidence, Reason, Signal, explain};
use super::profile::{Profile, Profiles, Side};
use super::shared::ColumnWeights;
use super::table::ProductTable;
use crate::Error;
use omni_core::check;
use omni_core::error::ParamError;
use std::collections::BTreeMap;

/// Settings of the matching of two tables; checked by [`match_catalogs`](Self::match_catalogs).
///
/// The defaults are meant for every catalog; nothing has to be set for a new one.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ProductMatcher {
    assignment: Assignment,
    candidates: usize,
    list_limit: usize,
    min_probability: f64,
}

impl Default for ProductMatcher {
    fn default() -> Self {
        Self::new()
    }
}

impl ProductMatcher {
    /// One to one, ten candidates, lists of at most 2,000 products, pairs that are more
    /// likely right than wrong.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            assignment: Assignment::OneToOne,
            candidates: 10,
            list_limit: 2_000,
            min_probability: 0.5,
        }
    }

    /// With another rule for how many products may be one.
    #[must_use]
    pub const fn with_assignment(mut self, assignment: Assignment) -> Self {
        self.assignment = assignment;
        self
    }

    /// With so many candidates for each product, from 3: the second and third tell what a
    /// wrong answer looks like.
    #[must_use]
    pub const fn with_candidates(mut self, count: usize) -> Self {
        self.candidates = count;
        self
    }

    /// With another list limit: a token that more products of the second table hold finds
    /// no candidates.
    #[must_use]
    pub const fn with_list_limit(mut self, products: usize) -> Self {
        self.list_limit = products;
        self
    }

    /// Accepting pairs from another probability, in `[0, 1]`.
    #[must_use]
    pub const fn with_min_probability(mut self, probability: f64) -> Self {
        self.min_probability = probability;
        self
    }

    /// Finds the products that both tables list.
    ///
    /// # Errors
    /// [`Error::Param`] if there are fewer than 3 candidates or more than 1,000, the list
    /// limit is 0, or the probability is outside `[0, 1]` or NaN.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::product::{ProductMatcher, ProductTable};
    ///
    /// let mut shop = ProductTable::new(["title", "price"]);
    /// shop.push("s1", ["Panasonic Laser Toner Cartridge - KXFA83", "29.00"])?;
    /// shop.push("s2", ["Sharp Printing Calculator EL1192BL", "37.63"])?;
    /// let mut market = ProductTable::new(["name", "cost"]);
    /// market.push("m1", ["Sharp EL-1192BL Printing Calculator", "36.89"])?;
    /// market.push("m2", ["Panasonic KX-FA84 Drum Cartridge", "88.50"])?;
    ///
    /// let matches = ProductMatcher::new().match_catalogs(&shop, &market)?;
    /// assert_eq!(matches.pairs.len(), 1);
    /// let pair = &matches.pairs[0];
    /// assert_eq!((shop.id(pair.a), market.id(pair.b)), ("s2", "m1"));
    /// assert_eq!(pair.reasons[0].to_string(), "+5.0 same code: el1192bl");
    /// # Ok::<(), omni_ingest::Error>(())
    /// ```
    pub fn match_catalogs(&self, a: &ProductTable, b: &ProductTable) -> Result<Matches, Error> {
        let min_probability = self.min_probability;
        if !(0.0..=1.0).contains(&min_probability) {
            return Err(ParamError::new("min_probability", "in [0, 1]", min_probability).into());
        }
        if !(3..=1_000).contains(&self.candidates) {
            return Err(ParamError::new("candidates", "in 3..=1000", self.candidates).into());
        }
        let limit = check::at_least_one("list_limit", self.list_limit)?;
        let (roles_a, roles_b) = (roles(a), roles(b));
        let pairs = shared((a, &roles_a), (b, &roles_b));
        let profiles = Profiles::new([
            Side { table: a, roles: &roles_a, shared: pairs.iter().map(|(at, _)| *at).collect() },
            Side { table: b, roles: &roles_b, shared: pairs.iter().map(|(_, at)| *at).collect() },
        ]);
        let candidates = candidates::find(&profiles, self.candidates, limit);
        let work = Work { profiles: &profiles, assignment: self.assignment };
        let by_gtin = work.same_gtin();
        let mut scored = work.score(&candidates.pairs, &by_gtin);
        let columns = work.learn(&scored, pairs.len());
        for pair in &mut scored {
            pair.score +=
                work.columns(&columns, pair.a, pair.b).map(|(_, weight)| weight).sum::<f64>();
        }
        sort(&mut scored);
        let (chosen, share) = work.judge(&scored);
        let mut matches: Vec<Match> = Vec::new();
        for (x, y) in &by_gtin {
            if let (Some(x), Some(y)) = (work.left(*x), work.right(*y)) {
                let gtin = x.gtin.map_or_else(String::new, |gtin| gtin.to_string());
                let found = format!("same trade item number: {gtin}");
                let reasons = vec![Reason { signal: Signal::SameGtin, weight: 0.0, found }];
                matches.push(Match {
                    a: x.row,
                    b: y.row,
                    probability: 1.0,
                    score: f64::MAX,
                    reasons,
                });
            }
        }
        let accepted = chosen.iter().filter(|(_, probability)| *probability >= min_probability);
        for (at, probability) in accepted {
            if let Some(found) = scored.get(*at).and_then(|pair| {
                let (x, y) = (work.left(pair.a)?, work.right(pair.b)?);
                let mut reasons = explain(&profiles, x, y, &Evidence::of(&profiles, x, y));
                reasons.extend(work.columns(&columns, pair.a, pair.b).map(|(column, weight)| {
                    let name = pairs.get(column).and_then(|(at, _)| a.columns().get(*at));
                    let field = |p: &Profile| p.shared.get(column).cloned().unwrap_or_default();
                    let name = name.map_or("", String::as_str);
                    Reason {
                        signal: Signal::Column,
                        weight,
                        found: format!("{name}: {} / {}", field(x), field(y)),
                    }
                }));
                reasons.sort_by(|p, q| q.weight.abs().total_cmp(&p.weight.abs()));
                let (score, probability) = (pair.score, *probability);
                Some(Match { a: x.row, b: y.row, probability, score, reasons })
            }) {
                matches.push(found);
            }
        }
        Ok(Matches {
            account: MatchAccount {
                products: [a.len(), b.len()],
                roles: [roles_a, roles_b],
                by_gtin: by_gtin.len(),
                accepted: matches.len(),
                candidates: candidates.pairs.len(),
                stop_tokens: candidates.stop_tokens,
                cut_fields: profiles.cut_fields,
                bad_gtins: profiles
                    .bad_gtins
                    .each_ref()
                    .map(|bad| bad.iter().map(|(row, error)| (*row, error.reason())).collect()),
                share,
            },
            pairs: matches,
        })
    }
}

/// The products that two tables share.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Matches {
    /// Accepted pairs: those by trade item number, then by falling score.
    pub pairs: Vec<Match>,
    /// What was looked at on the way.
    pub account: MatchAccount,
}

/// A product of either table that is one.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Match {
    /// Its row in the first table.
    pub a: usize,
    /// Its row in the second table.
    pub b: usize,
    /// How likely the pair is right, in `[0, 1]`.
    pub probability: f64,
    /// The sum of the reasons; the largest number for a pair by trade item number.
    pub score: f64,
    /// Why, the weightiest first.
    pub reasons: Vec<Reason>,
}

/// What a matching looked at and passed over.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MatchAccount {
    /// Products of each table.
    pub products: [usize; 2],
    /// What the columns of each table were taken for.
    pub roles: [Vec<Role>; 2],
    /// Pairs by equal trade item number.
    pub by_gtin: usize,
    /// All accepted pairs.
    pub accepted: usize,
    /// Pairs that were compared.
    pub candidates: usize,
    /// Tokens too frequent to find candidates by.
    pub stop_tokens: usize,
    /// Fields of which only the beginning was read.
    pub cut_fields: usize,
    /// Rows of each table whose trade item number is wrong, and the broken rule.
    pub bad_gtins: [Vec<(usize, &'static str)>; 2],
    /// The estimated share of first choices that are right.
    pub share: f64,
}

/// What the steps look at.
struct Work<'a> {
    profiles: &'a Profiles,
    assignment: Assignment,
}

/// Beyond so many listings of one number on both sides together, they are paired in order.
const SAME_GTIN: usize = 64;

impl<'a> Work<'a> {
    fn left(&self, at: u32) -> Option<&'a Profile> {
        self.profiles.sides[0].get(at as usize)
    }

    fn right(&self, at: u32) -> Option<&'a Profile> {
        self.profiles.sides[1].get(at as usize)
    }

    fn products(&self) -> [usize; 2] {
        self.profiles.sides.each_ref().map(Vec::len)
    }

    fn evidence(&self, a: u32, b: u32) -> Option<Evidence> {
        Some(Evidence::of(self.profiles, self.left(a)?, self.right(b)?))
    }

    /// Pairs of equal trade item number, the best first if a number is listed often.
    fn same_gtin(&self) -> Vec<(u32, u32)> {
        let mut numbers: BTreeMap<u64, [Vec<u32>; 2]> = BTreeMap::new();
        for (side, profiles) in self.profiles.sides.iter().enumerate() {
            for (at, profile) in (0..).zip(profiles) {
                if let Some(gtin) = profile.gtin {
                    let lists = numbers.entry(gtin.number()).or_default();
                    if let Some(list) = lists.get_mut(side) {
                        list.push(at);
                    }
                }
            }
        }
        let mut pairs = Vec::new();
        for [left, right] in numbers.values() {
            if self.assignment == Assignment::OneToMany && left.len() == 1 {
                pairs.extend(left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b))));
            } else if left.len() * right.len() > SAME_GTIN {
                pairs.extend(left.iter().copied().zip(right.iter().copied()));
            } else {
                let all = left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b)));
                let mut scored: Vec<Scored> = all
                    .filter_map(|(a, b)| {
                        let score = self.evidence(a, b)?.score();
                        Some(Scored { a, b, score, identified: false })
                    })
                    .collect();
                sort(&mut scored);
                let [chosen] = rounds::<1>(&scored, self.products(), self.assignment);
                let chosen = chosen.iter().filter_map(|choice| scored.get(choice.at));
                pairs.extend(chosen.map(|pair| (pair.a, pair.b)));
            }
        }
        pairs
    }

    /// The scores of the candidates that no trade item number has decided, without columns.
    fn score(&self, candidates: &[(u32, u32)], by_gtin: &[(u32, u32)]) -> Vec<Scored> {
        let [mut left, mut right] = self.products().map(|n| vec![false; n]);
        for (a, b) in by_gtin {
            if let Some(taken) = left.get_mut(*a as usize) {
                *taken = self.assignment == Assignment::OneToOne;
            }
            if let Some(taken) = right.get_mut(*b as usize) {
                *taken = true;
            }
        }
        let taken = |side: &[bool], at: u32| side.get(at as usize).copied().unwrap_or(true);
        let free = candidates.iter().filter(|(a, b)| !taken(&left, *a) && !taken(&right, *b));
        let mut scored: Vec<Scored> = free
            .filter_map(|(a, b)| {
                let evidence = self.evidence(*a, *b)?;
                let (score, identified) = (evidence.score(), evidence.identified());
                Some(Scored { a: *a, b: *b, score, identified })
            })
            .collect();
        sort(&mut scored);
        scored
    }

    /// First choices with their probabilities, and the share of right ones.
    fn judge(&self, scored: &[Scored]) -> (Vec<(usize, f64)>, f64) {
        let rounds: [Vec<Choice>; 3] = rounds(scored, self.products(), self.assignment);
        let standings = rounds
            .each_ref()
            .map(|round| round.iter().map(|choice| choice.standing).collect::<Vec<_>>());
        let calibration = calibrate(&standings[0], &standings[1], &standings[2]);
        let [first, ..] = rounds;
        let first = first.into_iter().map(|choice| choice.at);
        (first.zip(calibration.probabilities).collect(), calibration.share)
    }

    fn learn(&self, scored: &[Scored], columns: usize) -> ColumnWeights {
        let (first, _) = self.judge(scored);
        let [_, second] = rounds::<2>(scored, self.products(), self.assignment);
        let first = first.iter().filter_map(|(at, probability)| {
            scored.get(*at).map(|pair| (pair.a, pair.b, *probability))
        });
        let second = second.iter().filter_map(|choice| scored.get(choice.at));
        let second = second.map(|pair| (pair.a, pair.b));
        ColumnWeights::learn(self.profiles, columns, first, second)
    }

    fn columns<'b>(
        &self,
        weights: &'b ColumnWeights,
        a: u32,
        b: u32,
    ) -> impl Iterator<Item = (usize, f64)> + 'b
    where
        'a: 'b,
    {
        let pair = self.left(a).zip(self.right(b));
        pair.into_iter().flat_map(|(a, b)| weights.of(a, b))
    }
}
