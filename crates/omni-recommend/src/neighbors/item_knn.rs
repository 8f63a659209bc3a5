//! Item-kNN by cosine: people who had to do with this item also had to do with those.
//!
//! ```text
//! s(i, j) = Σ_u X[u, i] X[u, j] / (‖X[·, i]‖ ‖X[·, j]‖ + shrink)          i ≠ j
//! N(i)    = the K items j with the largest s(i, j) > 0
//! score(j) = Σ_{i in history, j in N(i)} h_i · s(i, j)
//! ```
//!
//! `X` are the weights (users × items, zero where nothing is stored), `h_i` the weight of item
//! `i` in the history. With `shrink` 0 the similarity is in `[0, 1]`; a positive `shrink`, in
//! squared units of the weights, lowers similarities that rest on few users. Sums are in
//! `f64`, similarities are stored as `f32`; equal stored similarities rank by the smaller
//! item. A score is a sum over the history, so the items that caused it add up to it
//! ([`explain`](ItemKnnFit::explain)), and a new user is served without fitting again.
//!
//! Exact: every pair of items with a common user is computed, one item at a time. If user
//! `u` has `n_u` items, that takes `Σ n_u²` multiplications and, to rank,
//! O(m + K log K) steps for an item with `m` such partners. The result takes 8 bytes a
//! neighbor, at most `K` an item; the work beside it O(items), whatever the number of pairs.
//! A few users with very many items (a wholesaler, a crawler) dominate the time.
//!
//! Sources: Sarwar, Karypis, Konstan & Riedl (2001), "Item-based collaborative filtering
//! recommendation algorithms", WWW, 285–295; Deshpande & Karypis (2004), "Item-based top-N
//! recommendation algorithms", ACM TOIS 22(1), 143–177. As in the library `implicit`, `N` is
//! taken around the items of the history. There an item is one of its own K neighbors, here it
//! is none, so its K is ours plus one; the scores of items outside the history are equal.

use crate::interactions::position;
use crate::{Error, History, Interactions, Recommender, Scored};
use omni_core::check;
use sprs::{CsMatI, CsVecViewI};

/// Settings of item-kNN; checked by [`fit`](Self::fit).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("CosineRecommender", "ItemItemRecommender", "collaborative filtering", "item_item"))]
pub struct ItemKnn {
    neighbors: usize,
    shrink: f64,
}

impl ItemKnn {
    /// Keeps so many neighbors per item, at least one.
    #[must_use]
    pub const fn new(neighbors: usize) -> Self {
        Self { neighbors, shrink: 0.0 }
    }

    /// Adds this, not negative, to the denominator of every similarity.
    #[must_use]
    pub const fn with_shrink(mut self, shrink: f64) -> Self {
        self.shrink = shrink;
        self
    }

    /// Finds the neighbors of every item.
    ///
    /// # Errors
    /// [`Error::Param`] if the number of neighbors is zero or the shrinkage is negative or not
    /// finite.
    ///
    /// # Examples
    /// ```
    /// use omni_recommend::{Filter, Interactions, ItemKnn, Recommender};
    ///
    /// let user = [1, 1, 2, 2, 3, 3];
    /// let item = [10, 20, 10, 20, 20, 30];
    /// let interactions = Interactions::new(&user, &item, &[1.0; 6])?;
    /// let model = ItemKnn::new(100).fit(&interactions)?;
    ///
    /// let list = model.recommend(&interactions.history(1)?, 10, &Filter::new())?;
    /// assert_eq!(list.len(), 1); // 10 and 20 are bought already
    /// assert_eq!(list[0].item, 30);
    /// assert!((list[0].score - (1.0_f64 / 3.0).sqrt()).abs() < 1e-7);
    /// # Ok::<(), omni_recommend::Error>(())
    /// ```
    pub fn fit(&self, interactions: &Interactions) -> Result<ItemKnnFit, Error> {
        let keep = check::at_least_one("neighbors", self.neighbors)?;
        let shrink = check::non_negative("shrink", self.shrink)?;
        let by_user = interactions.matrix();
        let by_item = by_user.to_csc();
        let squares: Vec<f64> = by_item
            .outer_iterator()
            .map(|column| column.data().iter().map(|&w| f64::from(w) * f64::from(w)).sum())
            .collect();

        let mut fit = ItemKnnFit {
            items: interactions.items().to_vec(),
            ends: Vec::with_capacity(squares.len()),
            neighbors: Vec::new(),
            similarities: Vec::new(),
        };
        let mut products = Products::new(squares.len());
        let mut nearest = Nearest::new(keep, shrink, &squares);
        for (own, column) in (0_u32..).zip(by_item.outer_iterator()) {
            products.add_rows(by_user, column);
            nearest.start(own);
            products.drain(|other, product| nearest.offer(other, product));
            nearest.finish(&mut fit);
        }
        Ok(fit)
    }
}

/// The inner products of one item with all others.
struct Products {
    /// By column; zero where no user is shared.
    sums: Vec<f64>,
    /// The columns that are not zero.
    columns: Vec<u32>,
}

impl Products {
    fn new(items: usize) -> Self {
        Self { sums: vec![0.0; items], columns: Vec::new() }
    }

    /// Adds the rows of the users of an item, each times the user's weight.
    fn add_rows(&mut self, by_user: &CsMatI<f32, u32, usize>, item: CsVecViewI<'_, f32, u32>) {
        let rows = || item.iter().filter_map(|(user, &w)| Some((by_user.outer_view(user)?, w)));
        let steps: usize = rows().map(|(row, _)| row.nnz()).sum();
        if steps > self.sums.len() {
            // Looking through all sums once is cheaper than a question at every step.
            for (row, weight) in rows() {
                let weight = f64::from(weight);
                for (&column, &value) in row.indices().iter().zip(row.data()) {
                    if let Some(sum) = self.sums.get_mut(column as usize) {
                        *sum += weight * f64::from(value);
                    }
                }
            }
            let sums = (0_u32..).zip(&self.sums);
            self.columns.extend(sums.filter(|&(_, &sum)| sum > 0.0).map(|(column, _)| column));
        } else {
            for (row, weight) in rows() {
                let weight = f64::from(weight);
                for (&column, &value) in row.indices().iter().zip(row.data()) {
                    if let Some(sum) = self.sums.get_mut(column as usize) {
                        if *sum == 0.0 {
                            self.columns.push(column);
                        }
                        *sum += weight * f64::from(value);
                    }
                }
            }
        }
    }

    /// Hands out every positive product with its column and is empty again.
    fn drain(&mut self, mut take: impl FnMut(u32, f64)) {
        for column in self.columns.drain(..) {
            if let Some(sum) = self.sums.get_mut(column as usize) {
                take(column, std::mem::take(sum));
            }
        }
    }
}

/// The nearest items of one item so far.
struct Nearest<'a> {
    keep: usize,
    shrink: f64,
    squares: &'a [f64],
    inverse_norms: Vec<f64>,
    own: u32,
    own_square: f64,
    /// A product over the norm of the other item that is below this cannot be among the nearest.
    floor: f64,
    ranked: Vec<u64>,
}

impl<'a> Nearest<'a> {
    fn new(keep: usize, shrink: f64, squares: &'a [f64]) -> Self {
        let inverse_norms = squares.iter().map(|square| 1.0 / square.sqrt()).collect();
        let (own, own_square, floor, ranked) = (0, 0.0, 0.0, Vec::new());
        Self { keep, shrink, squares, inverse_norms, own, own_square, floor, ranked }
    }

    fn start(&mut self, own: u32) {
        self.own = own;
        self.own_square = self.squares.get(own as usize).copied().unwrap_or_default();
        self.floor = 0.0;
    }

    fn offer(&mut self, other: u32, product: f64) {
        let at = other as usize;
        let (Some(&square), Some(&inverse)) = (self.squares.get(at), self.inverse_norms.get(at))
        else {
            return;
        };
        // One multiplication spares most items the root and the division.
        if product * inverse < self.floor || other == self.own {
            return;
        }
        #[expect(clippy::cast_possible_truncation, reason = "rounds to at most 1")]
        let similarity = (product / ((self.own_square * square).sqrt() + self.shrink)) as f32;
        if similarity > 0.0 {
            self.ranked.push(rank_key(similarity, other));
        }
        if self.ranked.len() / 2 >= self.keep {
            self.cut();
        }
    }

    /// Drops what is not among the nearest so far, and raises the floor.
    fn cut(&mut self) {
        self.ranked.select_nth_unstable_by(self.keep - 1, |a, b| b.cmp(a));
        self.ranked.truncate(self.keep);
        let least = self.ranked.last().map_or(0.0, |&key| from_rank_key(key).0);
        // Far enough below for the rounding to `f32`, also of subnormal similarities.
        let safely_below = f64::from(least - f32::MIN_POSITIVE) * (1.0 - 1e-6);
        self.floor = safely_below * self.own_square.sqrt();
    }

    fn finish(&mut self, fit: &mut ItemKnnFit) {
        keep_largest(&mut self.ranked, self.keep);
        for key in self.ranked.drain(..) {
            let (similarity, other) = from_rank_key(key);
            fit.neighbors.push(other);
            fit.similarities.push(similarity);
        }
        fit.ends.push(fit.neighbors.len());
    }
}

/// One integer that is larger for the larger similarity, and for the smaller item among
/// equals: positive floats order as their bits.
fn rank_key(similarity: f32, column: u32) -> u64 {
    u64::from(similarity.to_bits()) << 32 | u64::from(!column)
}

#[expect(clippy::cast_possible_truncation, reason = "the two halves")]
fn from_rank_key(key: u64) -> (f32, u32) {
    (f32::from_bits((key >> 32) as u32), !(key as u32))
}

/// Keeps the largest keys, the largest first.
fn keep_largest(keys: &mut Vec<u64>, keep: usize) {
    if keep < keys.len() {
        keys.select_nth_unstable_by(keep, |a, b| b.cmp(a));
        keys.truncate(keep);
    }
    keys.sort_unstable_by(|a, b| b.cmp(a));
}

/// What [`ItemKnn::fit`] learned: the neighbors of each item.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Lists", into = "Lists")
)]
pub struct ItemKnnFit {
    /// Ascending; the position of an item is its column.
    items: Vec<u32>,
    /// Where the neighbors of each item end; they start where those of the item before end.
    ends: Vec<usize>,
    /// Columns.
    neighbors: Vec<u32>,
    similarities: Vec<f32>,
}

impl ItemKnnFit {
    /// The items the model knows, ascending.
    #[must_use]
    pub fn items(&self) -> &[u32] {
        &self.items
    }

    /// The neighbors of an item with their similarities, the nearest first; none if the model
    /// does not know the item.
    ///
    /// # Examples
    /// ```
    /// use omni_recommend::{Interactions, ItemKnn, Scored};
    ///
    /// let interactions = Interactions::new(&[1, 1, 2], &[10, 20, 20], &[3.0, 3.0, 4.0])?;
    /// let model = ItemKnn::new(5).fit(&interactions)?;
    /// let nearest = model.neighbors(10);
    /// assert_eq!(nearest.len(), 1);
    /// assert_eq!(nearest[0], Scored { item: 20, score: f64::from(0.6_f32) });
    /// # Ok::<(), omni_recommend::Error>(())
    /// ```
    #[must_use]
    pub fn neighbors(&self, item: u32) -> Vec<Scored> {
        let neighbors = self.columns(item).filter_map(|(column, similarity)| {
            let &item = self.items.get(column as usize)?;
            Some(Scored { item, score: f64::from(similarity) })
        });
        neighbors.collect()
    }

    /// Why an item is recommended: the items of the history that have it among their
    /// neighbors, each with its part of the score, the largest first. The parts add up to the
    /// score.
    ///
    /// # Examples
    /// ```
    /// use omni_recommend::{History, Interactions, ItemKnn};
    ///
    /// let interactions =
    ///     Interactions::new(&[1, 1, 2, 2, 3, 3], &[10, 30, 20, 30, 20, 30], &[1.0; 6])?;
    /// let model = ItemKnn::new(5).fit(&interactions)?;
    /// let because = model.explain(&History::of([10, 20]), 30);
    /// assert_eq!(because.iter().map(|part| part.item).collect::<Vec<_>>(), [20, 10]);
    /// # Ok::<(), omni_recommend::Error>(())
    /// ```
    #[must_use]
    pub fn explain(&self, history: &History, item: u32) -> Vec<Contribution> {
        let Some(wanted) = position(&self.items, item) else { return Vec::new() };
        let mut parts: Vec<Contribution> = history
            .iter()
            .filter_map(|(item, weight)| {
                let (_, similarity) = self.columns(item).find(|&(column, _)| column == wanted)?;
                Some(Contribution { item, amount: f64::from(weight) * f64::from(similarity) })
            })
            .collect();
        parts.sort_unstable_by(|a, b| b.amount.total_cmp(&a.amount).then(a.item.cmp(&b.item)));
        parts
    }

    /// The neighbors of an item as (column, similarity).
    fn columns(&self, item: u32) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.items.binary_search(&item).ok().and_then(|at| {
            let start = at.checked_sub(1).map_or(Some(0), |at| self.ends.get(at).copied())?;
            Some(start..*self.ends.get(at)?)
        });
        let range = range.unwrap_or_default();
        let neighbors = self.neighbors.get(range.clone()).unwrap_or_default();
        let similarities = self.similarities.get(range).unwrap_or_default();
        neighbors.iter().copied().zip(similarities.iter().copied())
    }
}

/// How much an item of the history adds to a score.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Contribution {
    /// The item of the history.
    pub item: u32,
    /// Its part of the score, positive.
    pub amount: f64,
}

impl Recommender for ItemKnnFit {
    /// The score of every item that is a neighbor of the history, ascending by item, positive.
    /// Items of the history that the model does not know say nothing. Never an error.
    fn score(&self, history: &History) -> Result<Vec<Scored>, Error> {
        let mut scores = vec![0.0_f64; self.items.len()];
        for (item, weight) in history.iter() {
            let weight = f64::from(weight);
            for (column, similarity) in self.columns(item) {
                if let Some(score) = scores.get_mut(column as usize) {
                    *score += weight * f64::from(similarity);
                }
            }
        }
        let scored = self.items.iter().zip(scores).filter(|&(_, score)| score > 0.0);
        Ok(scored.map(|(&item, score)| Scored { item, score }).collect())
    }
}

/// [`ItemKnnFit`] as it is stored: per item, in the order of `items`, its neighbors as ids.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Lists {
    items: Vec<u32>,
    neighbors: Vec<Vec<(u32, f32)>>,
}

#[cfg(feature = "serde")]
impl From<ItemKnnFit> for Lists {
    fn from(fit: ItemKnnFit) -> Self {
        let list = |&item: &u32| {
            let ids = fit.columns(item).filter_map(|(column, similarity)| {
                Some((*fit.items.get(column as usize)?, similarity))
            });
            ids.collect()
        };
        Self { neighbors: fit.items.iter().map(list).collect(), items: fit.items }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Lists> for ItemKnnFit {
    type Error = Error;

    /// Checks that items ascend and that each neighbor is another known item, named once, with
    /// a similarity in `(0, 1]`.
    fn try_from(lists: Lists) -> Result<Self, Error> {
        use omni_core::error::DataError;

        let Lists { items, neighbors: lists } = lists;
        check::same_len("neighbors", &lists, items.len())?;
        if let Some(at) = items.windows(2).position(|pair| pair.first() >= pair.last()) {
            let item = items.get(at + 1).copied().unwrap_or_default();
            return Err(DataError::entry("items", at + 1, "above the one before it", item).into());
        }
        let mut fit =
            Self { items, ends: Vec::new(), neighbors: Vec::new(), similarities: Vec::new() };
        for (at, list) in lists.into_iter().enumerate() {
            let mut ranked = Vec::with_capacity(list.len());
            for (item, similarity) in list {
                let column = position(&fit.items, item)
                    .filter(|&column| column as usize != at)
                    .ok_or_else(|| DataError::entry("neighbors", at, "other known items", item))?;
                if !(similarity > 0.0 && similarity <= 1.0) {
                    let value = f64::from(similarity);
                    return Err(DataError::entry("similarities", at, "in (0, 1]", value).into());
                }
                ranked.push(rank_key(similarity, column));
            }
            keep_largest(&mut ranked, usize::MAX);
            let mut columns: Vec<u32> = ranked.iter().map(|&key| from_rank_key(key).1).collect();
            fit.neighbors.extend(&columns);
            fit.similarities.extend(ranked.iter().map(|&key| from_rank_key(key).0));
            fit.ends.push(fit.neighbors.len());
            columns.sort_unstable();
            if columns.windows(2).any(|pair| pair.first() == pair.last()) {
                return Err(DataError::entry("neighbors", at, "distinct", columns.len()).into());
            }
        }
        Ok(fit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Filter;
    use omni_core::error::ParamError;

    fn rows() -> Interactions {
        // 10 and 20 share two users, 10 and 30 one, 20 and 40 one.
        let user = [1, 1, 2, 2, 3, 3, 4, 4, 5];
        let item = [10, 20, 10, 20, 10, 30, 20, 40, 50];
        Interactions::new(&user, &item, &[1.0; 9]).unwrap()
    }

    fn ids(list: &[Scored]) -> Vec<u32> {
        list.iter().map(|scored| scored.item).collect()
    }

    #[test]
    fn neighbors_by_similarity_then_item() {
        let fit = ItemKnn::new(10).fit(&rows()).unwrap();
        assert_eq!(ids(&fit.neighbors(10)), [20, 30]);
        assert_eq!(fit.neighbors(10)[0].score, f64::from(2.0_f32 / 3.0));
        assert_eq!(ids(&fit.neighbors(20)), [10, 40]);
        assert_eq!(ids(&fit.neighbors(50)), [] as [u32; 0]);
        assert_eq!(ids(&fit.neighbors(60)), [] as [u32; 0]);
        let nearest = ItemKnn::new(1).fit(&rows()).unwrap();
        assert_eq!(ids(&nearest.neighbors(20)), [10]);
        // Equal similarities: the smaller item stays.
        let tied = Interactions::new(&[1, 1, 1], &[9, 8, 7], &[1.0; 3]).unwrap();
        let nearest = ItemKnn::new(1).fit(&tied).unwrap();
        assert_eq!(ids(&nearest.neighbors(9)), [7]);
    }

    #[test]
    fn shrinkage_lowers_similarities() {
        let fit = ItemKnn::new(10).with_shrink(3.0).fit(&rows()).unwrap();
        assert_eq!(fit.neighbors(10)[0].score, f64::from(2.0_f32 / 6.0));
        let away = ItemKnn::new(10).with_shrink(f64::MAX).fit(&rows()).unwrap();
        assert_eq!(away.score(&History::of([10])), Ok(vec![]));
    }

    #[test]
    fn parts_add_up_to_the_score() {
        let fit = ItemKnn::new(10).fit(&rows()).unwrap();
        let history = History::new(&[30, 20, 50, 99], &[2.0, 1.0, 1.0, 1.0]).unwrap();
        for scored in fit.score(&history).unwrap() {
            let parts = fit.explain(&history, scored.item);
            let sum: f64 = parts.iter().map(|part| part.amount).sum();
            assert!((sum - scored.score).abs() <= 1e-15 * sum, "{scored:?} {parts:?}");
        }
        assert_eq!(fit.explain(&history, 50), []);
        assert_eq!(fit.explain(&history, 98), []);
    }

    #[test]
    fn lists_are_as_long_as_what_passes() {
        let fit = ItemKnn::new(10).fit(&rows()).unwrap();
        let history = History::of([10, 20]);
        let list = |n, filter: &Filter| ids(&fit.recommend(&history, n, filter).unwrap());
        assert_eq!(list(usize::MAX, &Filter::new()), [30, 40]);
        assert_eq!(list(1, &Filter::new()), [30]);
        assert_eq!(list(0, &Filter::new()), [] as [u32; 0]);
        assert_eq!(list(9, &Filter::in_stock([40, 50])), [40]);
        assert_eq!(list(9, &Filter::new().with_history().without([30])), [10, 20, 40]);
        assert_eq!(fit.recommend(&History::default(), 5, &Filter::new()), Ok(vec![]));
    }

    #[test]
    fn bad_settings_are_named() {
        let error = ItemKnn::new(0).fit(&rows()).unwrap_err();
        assert_eq!(error, ParamError::new("neighbors", "at least 1", 0_usize).into());
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            let error = ItemKnn::new(1).with_shrink(bad).fit(&rows()).unwrap_err();
            assert_eq!(error, ParamError::new("shrink", "non-negative and finite", bad).into());
        }
    }

    #[test]
    fn extreme_weights() {
        let (tiny, huge) = (f64::from(f32::from_bits(1)), f64::from(f32::MAX));
        let user = [1, 1, 2, 2];
        let item = [1, 2, 1, 2];
        let rows = Interactions::new(&user, &item, &[huge, tiny, tiny, huge]).unwrap();
        // The cosine of two nearly orthogonal vectors lies below f32: no neighbor.
        assert_eq!(ItemKnn::new(5).fit(&rows).unwrap().neighbors(1), []);
        let rows = Interactions::new(&user, &item, &[tiny, tiny, huge, huge]).unwrap();
        let fit = ItemKnn::new(usize::MAX).fit(&rows).unwrap();
        assert_eq!(fit.neighbors(1), [Scored { item: 2, score: 1.0 }]);
        let history = History::new(&[1], &[huge]).unwrap();
        assert_eq!(fit.score(&history), Ok(vec![Scored { item: 2, score: huge }]));
        let none = Interactions::new(&[], &[], &[]).unwrap();
        assert_eq!(ItemKnn::new(5).fit(&none).unwrap().items(), [] as [u32; 0]);
    }
}
