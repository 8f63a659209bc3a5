//! Popularity: what everybody buys, the same for everybody.
//!
//! ```text
//! score(i) = number of users with item i            Popularity::users
//! score(i) = Σ_u X[u, i]                            Popularity::weight
//! ```
//!
//! With weights that fade with age (see [`Weighting`](crate::Weighting)), the second is what is
//! popular now. Fitting takes O(pairs + items log items) time, a recommendation O(n) plus one
//! step per item that does not pass the filter.
//!
//! The yardstick, and often hard to beat: Cremonesi, Koren & Turrin (2010), "Performance of
//! recommender algorithms on top-N recommendation tasks", ACM conference on recommender
//! systems, 39–46.

use crate::recommender::best;
use crate::{Error, Filter, History, Interactions, Recommender, Scored};
use omni_core::numeric::sum::Accumulator;

/// Settings of popularity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("most_popular", "MostPopular"))]
pub struct Popularity {
    weighted: bool,
}

impl Popularity {
    /// Counts the users of an item.
    #[must_use]
    pub const fn users() -> Self {
        Self { weighted: false }
    }

    /// Adds up the weights of an item.
    #[must_use]
    pub const fn weight() -> Self {
        Self { weighted: true }
    }

    /// Ranks the items.
    ///
    /// # Examples
    /// ```
    /// use omni_recommend::{Filter, History, Interactions, Popularity, Recommender};
    ///
    /// let interactions = Interactions::new(&[1, 2, 2], &[10, 10, 20], &[1.0, 1.0, 5.0])?;
    /// let popular = Popularity::users().fit(&interactions);
    /// assert_eq!(popular.ranking()[0].item, 10);
    /// let list = popular.recommend(&History::of([10]), 5, &Filter::new())?;
    /// assert_eq!(list.len(), 1); // item 10 is in the history
    /// # Ok::<(), omni_recommend::Error>(())
    /// ```
    #[must_use]
    pub fn fit(&self, interactions: &Interactions) -> PopularityFit {
        let mut scores = vec![Accumulator::new(); interactions.items().len()];
        for row in interactions.matrix().outer_iterator() {
            for (column, &weight) in row.iter() {
                if let Some(score) = scores.get_mut(column) {
                    score.push(if self.weighted { f64::from(weight) } else { 1.0 });
                }
            }
        }
        let scored = interactions.items().iter().zip(scores);
        let scored = scored.map(|(&item, score)| Scored { item, score: score.total() }).collect();
        PopularityFit { ranking: best(scored, usize::MAX) }
    }
}

/// What [`Popularity::fit`] learned: the items by popularity.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Vec<Scored>", into = "Vec<Scored>")
)]
pub struct PopularityFit {
    ranking: Vec<Scored>,
}

impl PopularityFit {
    /// Every item, the most popular first.
    #[must_use]
    pub fn ranking(&self) -> &[Scored] {
        &self.ranking
    }
}

impl Recommender for PopularityFit {
    /// The popularity of every item, whatever the history. Never an error.
    fn score(&self, _: &History) -> Result<Vec<Scored>, Error> {
        Ok(self.ranking.clone())
    }

    fn recommend(
        &self,
        history: &History,
        n: usize,
        filter: &Filter,
    ) -> Result<Vec<Scored>, Error> {
        let passing = self.ranking.iter().filter(|scored| filter.passes(scored.item, history));
        Ok(passing.take(n).copied().collect())
    }
}

#[cfg(feature = "serde")]
impl From<PopularityFit> for Vec<Scored> {
    fn from(fit: PopularityFit) -> Self {
        fit.ranking
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Vec<Scored>> for PopularityFit {
    type Error = Error;

    fn try_from(scored: Vec<Scored>) -> Result<Self, Error> {
        use omni_core::error::DataError;

        let scores: Vec<f64> = scored.iter().map(|scored| scored.score).collect();
        omni_core::check::all_positive("score", &scores)?;
        let mut items: Vec<u32> = scored.iter().map(|scored| scored.item).collect();
        items.sort_unstable();
        if let Some(at) = items.windows(2).position(|pair| pair.first() == pair.last()) {
            let item = items.get(at).copied().unwrap_or_default();
            return Err(DataError::entry("item", at, "named once", item).into());
        }
        Ok(Self { ranking: best(scored, usize::MAX) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_weights_rank_differently() {
        let interactions =
            Interactions::new(&[1, 2, 2, 3], &[8, 8, 9, 7], &[1.0, 1.0, 5.0, 5.0]).unwrap();
        let list = |settings: Popularity| {
            let fit = settings.fit(&interactions);
            fit.ranking().iter().map(|s| (s.item, s.score)).collect::<Vec<_>>()
        };
        assert_eq!(list(Popularity::users()), [(8, 2.0), (7, 1.0), (9, 1.0)]);
        assert_eq!(list(Popularity::weight()), [(7, 5.0), (9, 5.0), (8, 2.0)]);
    }

    #[test]
    fn nothing_is_popular_where_nothing_happened() {
        let fit = Popularity::users().fit(&Interactions::new(&[], &[], &[]).unwrap());
        assert_eq!(fit.recommend(&History::default(), usize::MAX, &Filter::new()), Ok(vec![]));
    }
}
