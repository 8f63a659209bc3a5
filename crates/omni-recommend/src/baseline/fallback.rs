//! A second model where the first has too little to say: a new user, a thin history, a strict
//! filter.
//!
//! The list of the first model comes whole and in its order, then the best items of the
//! second that are not yet in it. Scores of two models have no common scale, so they are not
//! mixed, and the result says how many items are the first model's own.

use crate::{Error, Filter, History, Recommender, Scored};

/// What [`recommend_or`] found.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Filled {
    /// The items: those of the first model, then those of the second, each part best first.
    pub list: Vec<Scored>,
    /// How many items, from the start of the list, the first model recommends.
    pub own: usize,
}

/// Recommends `n` items by `model`, and by `other` as many as are missing.
///
/// # Errors
/// As [`Recommender::recommend`] of the two models.
///
/// # Examples
/// Nobody who bought item 30 bought anything else, so the neighbors know nothing.
/// ```
/// use omni_recommend::{Filter, History, Interactions, ItemKnn, Popularity, baseline};
///
/// let interactions =
///     Interactions::new(&[1, 1, 2, 3], &[10, 20, 10, 30], &[1.0, 1.0, 1.0, 1.0])?;
/// let model = ItemKnn::new(50).fit(&interactions)?;
/// let popular = Popularity::users().fit(&interactions);
/// let history = History::of([30]);
/// let filled = baseline::recommend_or(&model, &popular, &history, 2, &Filter::new())?;
/// assert_eq!(filled.own, 0);
/// assert_eq!(filled.list.iter().map(|s| s.item).collect::<Vec<_>>(), [10, 20]);
/// # Ok::<(), omni_recommend::Error>(())
/// ```
pub fn recommend_or(
    model: &dyn Recommender,
    other: &dyn Recommender,
    history: &History,
    n: usize,
    filter: &Filter,
) -> Result<Filled, Error> {
    let mut list = model.recommend(history, n, filter)?;
    let own = list.len();
    if own < n {
        let mut known: Vec<u32> = list.iter().map(|scored| scored.item).collect();
        known.sort_unstable();
        // At most `own` of the other's best n are known already, so n − own new ones are
        // among them if there are so many at all.
        let more = other.recommend(history, n, filter)?;
        let new = more.into_iter().filter(|scored| known.binary_search(&scored.item).is_err());
        list.extend(new.take(n - own));
    }
    Ok(Filled { list, own })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Interactions, ItemKnn, Popularity};

    #[test]
    fn fills_up_without_repeating() {
        let user = [1, 1, 2, 2, 3, 4, 5];
        let item = [10, 20, 10, 20, 30, 30, 40];
        let interactions = Interactions::new(&user, &item, &[1.0; 7]).unwrap();
        let model = ItemKnn::new(5).fit(&interactions).unwrap();
        let popular = Popularity::users().fit(&interactions);
        let history = History::of([10]);
        let cases = [
            (0, Filter::new(), 0, vec![]),
            (1, Filter::new(), 1, vec![20]),
            (2, Filter::new(), 1, vec![20, 30]),
            (9, Filter::new(), 1, vec![20, 30, 40]),
            (usize::MAX, Filter::new().without([20]), 0, vec![30, 40]),
            (9, Filter::new().with_history(), 1, vec![20, 10, 30, 40]),
        ];
        for (n, filter, own, items) in cases {
            let filled = recommend_or(&model, &popular, &history, n, &filter).unwrap();
            let got: Vec<u32> = filled.list.iter().map(|scored| scored.item).collect();
            assert_eq!((filled.own, got), (own, items), "{n} {filter:?}");
        }
    }
}
