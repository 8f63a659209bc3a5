//! Assignment: which of the scored pairs stand together.
//!
//! Greedy by score: the best pair first, then the best of what is left. The result is the
//! stable matching of the scores: no two products prefer each other to what they got.
//! Asked for several rounds, each round may not use the pairs of those before: the second
//! says what every product would get if its first choice did not exist.
//!
//! ```text
//! standing = score + ½ · min(lead, 6)
//! lead     = score − the next score below that either product has; 6 if there is none
//! ```
//!
//! What a choice is judged by: a pair that stands alone is better founded than one with the
//! next almost level, and what is above it is taken by better pairs. The lead counts half,
//! since both scores rest on the same names; 6 units of score are odds of 400, beyond that
//! it is beyond doubt. In [`Assignment::OneToMany`] only the second product's next counts.
//!
//! O(pairs · rounds) for pairs in order.
//!
//! Source: Gale & Shapley (1962), "College admissions and the stability of marriage",
//! American Mathematical Monthly 69(1), 9–15 (stability; with one common score the greedy
//! matching is the only stable one).

/// How many products of the second table one of the first may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Assignment {
    /// One: neither table lists a product twice.
    #[default]
    OneToOne,
    /// Any number: the second table may list a product many times, as marketplaces do.
    OneToMany,
}

/// A pair of positions and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scored {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) score: f64,
    /// A code that names one article is in both.
    pub(super) identified: bool,
}

/// The highest score first; of equals the first by position.
pub(super) fn sort(pairs: &mut [Scored]) {
    pairs.sort_unstable_by(|x, y| y.score.total_cmp(&x.score).then((x.a, x.b).cmp(&(y.a, y.b))));
}

/// A pair that a round assigns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    /// Its position among the pairs.
    pub(super) at: usize,
    /// Its score and half its lead.
    pub(super) standing: f64,
}

/// Beyond this a lead says no more.
const MAX_LEAD: f64 = 6.0;

/// What each round assigns of the pairs, which are sorted; the best standing first.
pub(super) fn rounds<const N: usize>(
    pairs: &[Scored],
    products: [usize; 2],
    assignment: Assignment,
) -> [Vec<Choice>; N] {
    let mut used = vec![false; pairs.len()];
    std::array::from_fn(|round| {
        let [mut left, mut right] = products.map(|n| vec![false; n]);
        // A further listing of the same article is no wrong answer.
        let plays = |pair: &Scored, used: bool| !used && (round == 0 || !pair.identified);
        let mut chosen: Vec<usize> = Vec::new();
        for (at, (pair, used)) in pairs.iter().zip(&used).enumerate() {
            if !plays(pair, *used) {
                continue;
            }
            let (Some(a), Some(b)) =
                (left.get_mut(pair.a as usize), right.get_mut(pair.b as usize))
            else {
                continue;
            };
            if !*b && !(*a && assignment == Assignment::OneToOne) {
                (*a, *b) = (true, true);
                chosen.push(at);
            }
        }
        let mut choices = Vec::with_capacity(chosen.len());
        let [mut left, mut right] = products.map(|n| vec![f64::NEG_INFINITY; n]);
        let mut last = chosen.iter().copied().rev().peekable();
        for (at, (pair, used)) in pairs.iter().zip(&used).enumerate().rev() {
            if !plays(pair, *used) {
                continue;
            }
            let (Some(a), Some(b)) =
                (left.get_mut(pair.a as usize), right.get_mut(pair.b as usize))
            else {
                continue;
            };
            if last.next_if_eq(&at).is_some() {
                let next = if assignment == Assignment::OneToOne { a.max(*b) } else { *b };
                let standing = pair.score + 0.5 * (pair.score - next).min(MAX_LEAD);
                choices.push(Choice { at, standing });
            }
            (*a, *b) = (pair.score, pair.score);
        }
        for at in chosen {
            if let Some(used) = used.get_mut(at) {
                *used = true;
            }
        }
        choices.sort_unstable_by(|x, y| y.standing.total_cmp(&x.standing).then(x.at.cmp(&y.at)));
        choices
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_round_takes_what_the_first_left() {
        let pair = |a, b, score, identified| Scored { a, b, score, identified };
        let mut pairs = vec![
            pair(0, 0, 9.0, true),
            pair(0, 1, 8.0, true),
            pair(1, 0, 7.0, false),
            pair(1, 1, 6.0, false),
            pair(0, 2, 5.0, false),
        ];
        sort(&mut pairs);
        let at = |round: &[Choice]| round.iter().map(|c| (c.at, c.standing)).collect::<Vec<_>>();
        let [first, second] = rounds(&pairs, [2, 3], Assignment::OneToOne);
        assert_eq!(at(&first), [(0, 9.5), (3, 9.0)]);
        assert_eq!(at(&second), [(2, 10.0), (4, 8.0)]);
        let [first, second] = rounds(&pairs, [2, 3], Assignment::OneToMany);
        assert_eq!(at(&first), [(0, 10.0), (1, 9.0), (4, 8.0)]);
        assert_eq!(at(&second), [(2, 10.0), (3, 9.0)]);
    }
}
