//! Assignment: which of the scored pairs stand together.
//!
//! Greedy by score: the best pair first, then the best of what is left. The result is the
//! stable matching of the scores: no two products prefer each other to what they got.
//! Asked for several rounds, each round may not use the pairs of those before: the second
//! says what every product would get if its first choice did not exist.
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
    pairs.sort_unstable_by(|x, y| {
        y.score.total_cmp(&x.score).then((x.a, x.b).cmp(&(y.a, y.b)))
    });
}

/// What each round assigns, as positions in `pairs`, which are sorted.
pub(super) fn rounds<const N: usize>(
    pairs: &[Scored],
    products: [usize; 2],
    assignment: Assignment,
) -> [Vec<usize>; N] {
    let mut used = vec![false; pairs.len()];
    std::array::from_fn(|round| {
        let [mut left, mut right] = products.map(|n| vec![false; n]);
        let mut chosen = Vec::new();
        for (at, (pair, used)) in pairs.iter().zip(&mut used).enumerate() {
            // A further listing of the same article is no alternative to it.
            if *used || (round > 0 && pair.identified) {
                continue;
            }
            let (Some(a), Some(b)) =
                (left.get_mut(pair.a as usize), right.get_mut(pair.b as usize))
            else {
                continue;
            };
            if *b || (*a && assignment == Assignment::OneToOne) {
                continue;
            }
            (*a, *b, *used) = (true, true, true);
            chosen.push(at);
        }
        chosen
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
        let [first, second] = rounds(&pairs, [2, 3], Assignment::OneToOne);
        assert_eq!((first, second), (vec![0, 3], vec![2, 4]));
        let [first, second] = rounds(&pairs, [2, 3], Assignment::OneToMany);
        assert_eq!((first, second), (vec![0, 1, 4], vec![2, 3]));
    }
}
