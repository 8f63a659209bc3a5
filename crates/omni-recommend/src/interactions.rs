//! Who had to do with what, and how much: the input of every recommender.
//!
//! ```text
//! X[u, i] = Σ weight of the rows (u, i)      users × items, sparse, X > 0 where stored
//! ```
//!
//! Rows of one user and item add up, in `f64` and from the smallest weight to the
//! largest, so the result does not depend on the order of the rows; the sum is stored as
//! `f32`. A pair that adds up to zero is not stored.
//!
//! Users and items are any `u32`. A row of the matrix stands for a user and a column for
//! an item that occurs in the data, in ascending order of the ids, so memory is
//! O(pairs) and the id 4,294,967,295 costs no more than the id 0. Building takes
//! O(rows log rows) time; finding a user or an item takes O(log n).

use crate::Error;
use omni_core::check;
use omni_core::error::DataError;
use sprs::{CsMatI, CsVecViewI};

/// Users × items with a positive weight in each stored pair.
///
/// # Examples
/// ```
/// use omni_recommend::Interactions;
///
/// let interactions = Interactions::new(&[7, 7, 9], &[100, 100, 200], &[1.0, 2.0, 1.0])?;
/// assert_eq!((interactions.users(), interactions.items()), (&[7, 9][..], &[100, 200][..]));
/// assert_eq!(interactions.weight(7, 100), Some(3.0));
/// assert_eq!(interactions.weight(7, 200), None);
/// # Ok::<(), omni_recommend::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Columns", into = "Columns")
)]
pub struct Interactions {
    users: Vec<u32>,
    items: Vec<u32>,
    matrix: CsMatI<f32, u32, usize>,
}

impl Interactions {
    /// Takes one row per act: who, with which item, with which weight.
    ///
    /// A weight of zero is no interaction. No row at all is valid: nobody did anything yet.
    ///
    /// # Errors
    /// [`DataError::Length`] if the columns differ in length, [`DataError::Entry`] if a
    /// weight is negative or not finite, [`DataError::Overflow`] if the weights of a pair
    /// add up beyond `f32`.
    pub fn new(user: &[u32], item: &[u32], weight: &[f64]) -> Result<Self, Error> {
        check::same_len("item", item, user.len())?;
        check::same_len("weight", weight, user.len())?;
        check::all_non_negative("weight", weight)?;
        let rows = user.iter().zip(item).zip(weight).map(|((&u, &i), &w)| (u, i, w));
        Self::from_totals(&totals(rows)?)
    }

    /// Takes one entry per pair, ascending by user, then item.
    fn from_totals(totals: &[(u32, u32, f32)]) -> Result<Self, Error> {
        let mut items: Vec<u32> = totals.iter().map(|&(_, item, _)| item).collect();
        items.sort_unstable();
        items.dedup();
        let mut users: Vec<u32> = Vec::new();
        let mut ends: Vec<usize> = vec![0];
        let mut columns: Vec<u32> = Vec::with_capacity(totals.len());
        let mut weights: Vec<f32> = Vec::with_capacity(totals.len());
        for &(user, item, weight) in totals {
            if users.last() != Some(&user) {
                users.push(user);
                ends.push(columns.len());
            }
            columns.push(position(&items, item).unwrap_or_default());
            weights.push(weight);
            if let Some(end) = ends.last_mut() {
                *end = columns.len();
            }
        }
        let matrix = CsMatI::try_new((users.len(), items.len()), ends, columns, weights)
            .map_err(|_| DataError::Overflow { name: "item" })?;
        Ok(Self { users, items, matrix })
    }

    /// The users with an interaction, ascending; the position of a user is its row.
    #[must_use]
    pub fn users(&self) -> &[u32] {
        &self.users
    }

    /// The items with an interaction, ascending; the position of an item is its column.
    #[must_use]
    pub fn items(&self) -> &[u32] {
        &self.items
    }

    /// The weights: rows are [`users`](Self::users), columns are [`items`](Self::items).
    #[must_use]
    pub fn matrix(&self) -> &CsMatI<f32, u32, usize> {
        &self.matrix
    }

    /// The number of pairs of a user and an item.
    #[must_use]
    pub fn len(&self) -> usize {
        self.matrix.nnz()
    }

    /// Whether there is no pair.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The weight of a user and an item, if they had to do with each other.
    #[must_use]
    pub fn weight(&self, user: u32, item: u32) -> Option<f32> {
        let column = position(&self.items, item)?;
        let row = self.row(user)?;
        let at = row.indices().binary_search(&column).ok()?;
        row.data().get(at).copied()
    }

    /// What a user had to do with.
    ///
    /// # Errors
    /// [`Error::UnknownUser`] if that is nothing; a stranger's history is
    /// [`History::default`].
    ///
    /// # Examples
    /// ```
    /// use omni_recommend::Interactions;
    ///
    /// let interactions = Interactions::new(&[7, 7, 9], &[200, 100, 100], &[1.0, 2.0, 1.0])?;
    /// let history = interactions.history(7)?;
    /// assert_eq!((history.items(), history.weights()), (&[100, 200][..], &[2.0, 1.0][..]));
    /// assert!(interactions.history(8).is_err());
    /// # Ok::<(), omni_recommend::Error>(())
    /// ```
    pub fn history(&self, user: u32) -> Result<History, Error> {
        let row = self.row(user).ok_or(Error::UnknownUser { user })?;
        let items = row.indices().iter().filter_map(|&column| self.item(column)).collect();
        Ok(History { items, weights: row.data().to_vec() })
    }

    /// Every pair as (user, item, weight), ascending by user, then item.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32, f32)> + '_ {
        self.users.iter().zip(self.matrix.outer_iterator()).flat_map(move |(&user, row)| {
            let (columns, weights) = row.into_raw_storage();
            columns.iter().zip(weights).filter_map(move |(&column, &weight)| {
                self.item(column).map(|item| (user, item, weight))
            })
        })
    }

    /// The same pairs, each with weight 1: whether, not how much.
    #[must_use]
    pub fn binary(&self) -> Self {
        Self { matrix: self.matrix.map(|_| 1.0), ..self.clone() }
    }

    fn row(&self, user: u32) -> Option<CsVecViewI<'_, f32, u32>> {
        self.matrix.outer_view(self.users.binary_search(&user).ok()?)
    }

    fn item(&self, column: u32) -> Option<u32> {
        self.items.get(column as usize).copied()
    }
}

/// Where `id` stands in an ascending list of ids.
pub(crate) fn position(ids: &[u32], id: u32) -> Option<u32> {
    ids.binary_search(&id).ok().and_then(|at| u32::try_from(at).ok())
}

/// Adds up the weights of equal pairs; the result ascends by user, then item.
///
/// Weights are non-negative and finite.
fn totals(rows: impl Iterator<Item = (u32, u32, f64)>) -> Result<Vec<(u32, u32, f32)>, DataError> {
    // One integer per row that orders by user, item, weight: positive doubles order as their bits.
    let mut keys: Vec<u128> = rows
        .filter(|&(_, _, weight)| weight > 0.0)
        .map(|(user, item, weight)| {
            u128::from(user) << 96 | u128::from(item) << 64 | u128::from(weight.to_bits())
        })
        .collect();
    keys.sort_unstable();
    let mut totals = Vec::with_capacity(keys.len());
    for pair in keys.chunk_by(|a, b| a >> 64 == b >> 64) {
        let Some(first) = pair.first() else { continue };
        #[expect(clippy::cast_possible_truncation, reason = "three fields of one integer")]
        let (user, item, sum) = (
            (first >> 96) as u32,
            (first >> 64) as u32,
            pair.iter().map(|key| f64::from_bits(*key as u64)).sum::<f64>(),
        );
        #[expect(clippy::cast_possible_truncation, reason = "rounds; the range is checked")]
        let weight = sum as f32;
        if !weight.is_finite() {
            return Err(DataError::Overflow { name: "weight" });
        }
        if weight > 0.0 {
            totals.push((user, item, weight));
        }
    }
    Ok(totals)
}

/// What one user had to do with: the input of a recommendation.
///
/// It need not come from the interactions a model was fitted to: what a new user has
/// looked at since the page opened serves as well, and no model is fitted again for it.
///
/// # Examples
/// ```
/// use omni_recommend::History;
///
/// let cart = History::of([3, 1, 3]);
/// assert_eq!((cart.items(), cart.weights()), (&[1, 3][..], &[1.0, 1.0][..]));
/// let weighted = History::new(&[3, 1, 3], &[1.0, 0.5, 1.0])?;
/// assert_eq!(weighted.weights(), [0.5, 2.0]);
/// # Ok::<(), omni_recommend::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "HistoryColumns", into = "HistoryColumns")
)]
pub struct History {
    items: Vec<u32>,
    weights: Vec<f32>,
}

impl History {
    /// Takes items and their weights; the weights of a repeated item add up.
    ///
    /// # Errors
    /// As [`Interactions::new`].
    pub fn new(item: &[u32], weight: &[f64]) -> Result<Self, Error> {
        check::same_len("weight", weight, item.len())?;
        check::all_non_negative("weight", weight)?;
        let totals = totals(item.iter().zip(weight).map(|(&item, &weight)| (0, item, weight)))?;
        Ok(Self {
            items: totals.iter().map(|&(_, item, _)| item).collect(),
            weights: totals.iter().map(|&(_, _, weight)| weight).collect(),
        })
    }

    /// Takes items that count once each, however often they are named.
    #[must_use]
    pub fn of(items: impl IntoIterator<Item = u32>) -> Self {
        let mut items: Vec<u32> = items.into_iter().collect();
        items.sort_unstable();
        items.dedup();
        Self { weights: vec![1.0; items.len()], items }
    }

    /// The items, ascending.
    #[must_use]
    pub fn items(&self) -> &[u32] {
        &self.items
    }

    /// The weight of each item, positive.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Whether the item is among them.
    #[must_use]
    pub fn contains(&self, item: u32) -> bool {
        self.items.binary_search(&item).is_ok()
    }

    /// The number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Items with their weights, ascending by item.
    pub fn iter(&self) -> impl Iterator<Item = (u32, f32)> + '_ {
        self.items.iter().copied().zip(self.weights.iter().copied())
    }
}

/// [`Interactions`] as it is stored.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Columns {
    user: Vec<u32>,
    item: Vec<u32>,
    weight: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Interactions> for Columns {
    fn from(interactions: Interactions) -> Self {
        let (mut user, mut item, mut weight) = (Vec::new(), Vec::new(), Vec::new());
        for (u, i, w) in interactions.pairs() {
            user.push(u);
            item.push(i);
            weight.push(f64::from(w));
        }
        Self { user, item, weight }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Columns> for Interactions {
    type Error = Error;

    fn try_from(columns: Columns) -> Result<Self, Error> {
        Self::new(&columns.user, &columns.item, &columns.weight)
    }
}

/// [`History`] as it is stored.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct HistoryColumns {
    item: Vec<u32>,
    weight: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<History> for HistoryColumns {
    fn from(history: History) -> Self {
        let weight = history.weights.into_iter().map(f64::from).collect();
        Self { item: history.items, weight }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<HistoryColumns> for History {
    type Error = Error;

    fn try_from(columns: HistoryColumns) -> Result<Self, Error> {
        Self::new(&columns.item, &columns.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_add_up_whatever_the_order() {
        // The two small weights count only if they are added to each other first.
        let small = 2.0_f64.powi(-29);
        let weight = [16_777_217.0, small, small];
        for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
            let weight = order.map(|at: usize| weight[at]);
            let sum = Interactions::new(&[4; 3], &[5; 3], &weight).unwrap();
            assert_eq!(sum.pairs().collect::<Vec<_>>(), [(4, 5, 16_777_218.0)]);
        }
        let rows = Interactions::new(&[2, 1, 2, 1], &[9, 8, 7, 8], &[1.0, 0.5, 3.0, 0.25]).unwrap();
        assert_eq!(rows.pairs().collect::<Vec<_>>(), [(1, 8, 0.75), (2, 7, 3.0), (2, 9, 1.0)]);
        assert_eq!((rows.len(), rows.matrix().shape()), (3, (2, 3)));
        assert_eq!(rows.binary().weight(1, 8), Some(1.0));
    }

    #[test]
    fn large_ids_cost_nothing() {
        let rows = Interactions::new(&[u32::MAX, 0], &[u32::MAX, u32::MAX], &[1.0, 1.0]).unwrap();
        assert_eq!(rows.matrix().shape(), (2, 1));
        assert_eq!(rows.history(u32::MAX).unwrap().items(), [u32::MAX]);
    }

    #[test]
    fn what_is_no_weight_is_named() {
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            let error = Interactions::new(&[0, 0], &[0, 1], &[1.0, bad]).unwrap_err();
            let expected = DataError::entry("weight", 1, "non-negative and finite", bad);
            assert_eq!(error, expected.clone().into());
            assert_eq!(History::new(&[0, 1], &[1.0, bad]).unwrap_err(), expected.into());
        }
        let error = Interactions::new(&[0], &[], &[1.0]).unwrap_err();
        assert_eq!(error, DataError::Length { name: "item", expected: 1, got: 0 }.into());
        let error = Interactions::new(&[0; 2], &[0; 2], &[3e38, 3e38]).unwrap_err();
        assert_eq!(error, DataError::Overflow { name: "weight" }.into());
        let error = Interactions::new(&[0; 2], &[0; 2], &[f64::MAX, f64::MAX]).unwrap_err();
        assert_eq!(error, DataError::Overflow { name: "weight" }.into());
    }

    #[test]
    fn nothing_is_valid() {
        for weight in [vec![], vec![0.0], vec![-0.0], vec![1e-300]] {
            let ids = vec![3; weight.len()];
            let none = Interactions::new(&ids, &ids, &weight).unwrap();
            assert!(none.is_empty() && none.users().is_empty() && none.items().is_empty());
            assert_eq!(none.history(3), Err(Error::UnknownUser { user: 3 }));
        }
        assert!(History::of([]).is_empty());
        assert_eq!(History::default(), History::new(&[], &[]).unwrap());
    }
}
