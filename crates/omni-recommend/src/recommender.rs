//! What a recommender does, and the exact best `n` of its scores.
//!
//! A [`Recommender`] scores items for a history. It never sees a user's number, so a new
//! user, an anonymous cart and a regular are served alike, and what was bought a minute ago
//! counts without fitting again.
//!
//! The best `n` are exact: the first `n` of a full sort by descending score, equal scores by
//! ascending item. Filters are applied before the `n` are taken, so `n` items come back
//! whenever `n` items with a score pass. Selection takes O(m) for m scored items, plus
//! O(n log n) to sort the chosen.

use crate::{Error, Filter, History};
use std::cmp::Ordering;

/// An item and how well it suits.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Scored {
    /// The item.
    pub item: u32,
    /// The larger the better; the scale is the model's own.
    pub score: f64,
}

impl Scored {
    /// The order of a list: descending score, equal scores by ascending item.
    ///
    /// # Examples
    /// ```
    /// use omni_recommend::Scored;
    ///
    /// let mut list = [(3, 0.5), (1, 0.5), (2, 0.9)].map(|(item, score)| Scored { item, score });
    /// list.sort_by(Scored::best_first);
    /// assert_eq!(list.map(|scored| scored.item), [2, 1, 3]);
    /// ```
    #[must_use]
    pub fn best_first(a: &Self, b: &Self) -> Ordering {
        // Adding zero turns -0.0 into 0.0, so that the two tie.
        (b.score + 0.0).total_cmp(&(a.score + 0.0)).then(a.item.cmp(&b.item))
    }
}

/// A fitted model that says what suits a history.
pub trait Recommender {
    /// A finite score for each item about which the model has something to say, each item
    /// once; the others have no score, rather than a score of zero.
    ///
    /// # Errors
    /// What the model's own computation can meet; its documentation says what.
    fn score(&self, history: &History) -> Result<Vec<Scored>, Error>;

    /// The best `n` items that pass the filter, best first, ties by the smaller item.
    ///
    /// The list is shorter than `n` only if fewer items with a score pass: its length says
    /// how many. [`recommend_or`](crate::baseline::recommend_or) tops it up from another model.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    fn recommend(
        &self,
        history: &History,
        n: usize,
        filter: &Filter,
    ) -> Result<Vec<Scored>, Error> {
        let mut scored = self.score(history)?;
        scored.retain(|scored| filter.passes(scored.item, history));
        Ok(best(scored, n))
    }
}

/// The best `n` of `scored`, best first: the start of the full sort by [`Scored::best_first`].
///
/// # Examples
/// ```
/// use omni_recommend::{Scored, recommender};
///
/// let scored = [(1, 0.2), (2, 0.9), (3, 0.9)].map(|(item, score)| Scored { item, score });
/// let best = recommender::best(scored.to_vec(), 2);
/// assert_eq!(best.iter().map(|scored| scored.item).collect::<Vec<_>>(), [2, 3]);
/// ```
#[must_use]
pub fn best(mut scored: Vec<Scored>, n: usize) -> Vec<Scored> {
    if n == 0 {
        return Vec::new();
    }
    if n < scored.len() {
        scored.select_nth_unstable_by(n - 1, Scored::best_first);
        scored.truncate(n);
    }
    scored.sort_unstable_by(Scored::best_first);
    scored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_the_best() {
        let scored: Vec<Scored> = [(5, -0.0), (1, 2.0), (9, 2.0), (4, 0.0), (2, -1.0)]
            .map(|(item, score)| Scored { item, score })
            .to_vec();
        let order = [1, 9, 4, 5, 2];
        for n in [0, 1, 2, 3, 4, 5, 6, usize::MAX] {
            let items: Vec<u32> = best(scored.clone(), n).iter().map(|s| s.item).collect();
            assert_eq!(items, order[..n.min(5)]);
        }
        assert_eq!(best(Vec::new(), 3), []);
    }
}
