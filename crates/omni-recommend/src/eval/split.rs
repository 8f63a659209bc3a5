//! Splits of interactions into what is learned from and what is to be guessed.
//!
//! ```text
//! last_row      the last row of each user is held out                  leave one out
//! last_moment   the last moment of each user is held out               leave the last basket out
//! at_time       rows from `cut` on are held out                        as in operation
//! unseen_users  whole users are kept from training; the first part     strong generalization
//!               of their rows is their history, the rest is held out
//! ```
//!
//! A split is a function of the rows and never random. `time` is any clock that orders: days,
//! seconds, order numbers. A held-out row whose user and item are also in that user's history
//! is a repeat: it tells nothing about a recommender that leaves out what was bought, so
//! it is in no part and is counted. Every user's history is older than what is held out of it;
//! only [`at_time`] also keeps training free of what *other* users did later.
//!
//! Weights that look at the whole period (the last purchase, the number of orders, returns)
//! leak the held-out rows into training. Compute them from the rows of one part.
//!
//! All splits take O(n log n) time. Source of the protocols: Marlin (2003), "Modeling user
//! rating profiles for collaborative filtering", NIPS (weak and strong generalization).

use crate::{Error, Interactions};
use omni_core::check;
use omni_core::error::{DataError, ParamError};

/// Rows by their use, ascending; a row is named by its position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Split {
    /// What a model is fitted to.
    pub train: Vec<usize>,
    /// What is known of the users to recommend to; the same as `train`, except for unseen users.
    pub history: Vec<usize>,
    /// What is to be guessed.
    pub test: Vec<usize>,
    /// Rows left out because the user had to do with the item before.
    pub repeats: usize,
}

/// The parts of a split as interactions.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Parts {
    /// What a model is fitted to.
    pub train: Interactions,
    /// What is known of the users to recommend to.
    pub history: Interactions,
    /// What is to be guessed.
    pub test: Interactions,
}

impl Split {
    /// Makes the interactions of each part from the columns that were split.
    ///
    /// # Errors
    /// As [`Interactions::new`]; [`DataError::Entry`] if the split names a row that the
    /// columns do not have.
    ///
    /// # Examples
    /// ```
    /// use omni_recommend::eval::split;
    ///
    /// let (user, item, day) = ([1, 1, 1, 2], [10, 20, 30, 10], [1, 2, 3, 1]);
    /// let split = split::last_row(&user, &item, &day, 2)?;
    /// let parts = split.apply(&user, &item, &[1.0; 4])?;
    /// assert_eq!(parts.test.pairs().collect::<Vec<_>>(), [(1, 30, 1.0)]);
    /// assert_eq!(parts.train.len(), 3);
    /// # Ok::<(), omni_recommend::Error>(())
    /// ```
    pub fn apply(&self, user: &[u32], item: &[u32], weight: &[f64]) -> Result<Parts, Error> {
        check::same_len("item", item, user.len())?;
        check::same_len("weight", weight, user.len())?;
        let part = |rows: &[usize]| {
            let (user, item) = (pick(user, rows)?, pick(item, rows)?);
            Interactions::new(&user, &item, &pick(weight, rows)?)
        };
        let train = part(&self.train)?;
        let history = if self.history == self.train { train.clone() } else { part(&self.history)? };
        Ok(Parts { train, history, test: part(&self.test)? })
    }

    /// Sorts the parts and takes the repeats out of the test.
    fn finish(mut self, user: &[u32], item: &[u32]) -> Self {
        let pair = |row: &usize| Some((*user.get(*row)?, *item.get(*row)?));
        let mut known: Vec<(u32, u32)> = self.history.iter().filter_map(pair).collect();
        known.sort_unstable();
        let held_out = self.test.len();
        self.test.retain(|row| pair(row).is_some_and(|pair| known.binary_search(&pair).is_err()));
        self.repeats = held_out - self.test.len();
        for part in [&mut self.train, &mut self.history, &mut self.test] {
            part.sort_unstable();
        }
        self
    }
}

fn pick<T: Copy>(column: &[T], rows: &[usize]) -> Result<Vec<T>, DataError> {
    let entry = |(at, &row): (usize, &usize)| {
        column
            .get(row)
            .copied()
            .ok_or_else(|| DataError::entry("split", at, "a row of the columns", row))
    };
    rows.iter().enumerate().map(entry).collect()
}

/// The rows of each user, oldest first; those of one moment by ascending item.
fn by_user<T: Copy + Ord>(
    user: &[u32],
    item: &[u32],
    time: &[T],
) -> Result<Vec<Vec<usize>>, DataError> {
    check::same_len("item", item, user.len())?;
    check::same_len("time", time, user.len())?;
    let columns = user.iter().zip(time).zip(item).enumerate();
    let mut rows: Vec<(u32, T, u32, usize)> =
        columns.map(|(row, ((&user, &time), &item))| (user, time, item, row)).collect();
    rows.sort_unstable();
    let users = rows.chunk_by(|a, b| a.0 == b.0);
    Ok(users.map(|rows| rows.iter().map(|&(.., row)| row).collect()).collect())
}

/// Holds out the last row of each user with at least `at_least` rows; of rows of one moment,
/// the one of the largest item. Everything else is training.
///
/// In retail the rows of a last basket share their moment: [`last_moment`] holds out all of it.
///
/// # Errors
/// [`Error::Param`] if `at_least` is below 2, [`Error::Data`] if the columns differ in length.
///
/// # Examples
/// ```
/// use omni_recommend::eval::split;
///
/// let split = split::last_row(&[1, 1, 1, 2], &[10, 20, 30, 10], &[5, 3, 4, 1], 2)?;
/// assert_eq!((split.test, split.train), (vec![0], vec![1, 2, 3]));
/// # Ok::<(), omni_recommend::Error>(())
/// ```
#[doc(alias("leave_last_out", "leave_k_out_split"))]
pub fn last_row<T: Copy + Ord>(
    user: &[u32],
    item: &[u32],
    time: &[T],
    at_least: usize,
) -> Result<Split, Error> {
    if at_least < 2 {
        return Err(ParamError::new("at_least", "at least 2", at_least).into());
    }
    let mut split = Split::default();
    for rows in by_user(user, item, time)? {
        let held_out = usize::from(rows.len() >= at_least);
        let (before, last) = rows.split_at(rows.len() - held_out);
        split.train.extend(before);
        split.test.extend(last);
    }
    split.history.clone_from(&split.train);
    Ok(split.finish(user, item))
}

/// Holds out the rows of each user's last moment: the last basket, if `time` tells baskets
/// apart. A user of a single moment is training.
///
/// # Errors
/// [`Error::Data`] if the columns differ in length.
///
/// # Examples
/// ```
/// use omni_recommend::eval::split;
///
/// // Bought 10 and 20 on day 1, then 20 again and 30 on day 2.
/// let split = split::last_moment(&[1; 4], &[10, 20, 20, 30], &[1, 1, 2, 2])?;
/// assert_eq!((split.train, split.test, split.repeats), (vec![0, 1], vec![3], 1));
/// # Ok::<(), omni_recommend::Error>(())
/// ```
pub fn last_moment<T: Copy + Ord>(user: &[u32], item: &[u32], time: &[T]) -> Result<Split, Error> {
    let mut split = Split::default();
    for rows in by_user(user, item, time)? {
        let moment = |row: Option<&usize>| row.and_then(|&row| time.get(row));
        let (first, last) = (moment(rows.first()), moment(rows.last()));
        for row in rows {
            let held_out = first != last && moment(Some(&row)) == last;
            if held_out { &mut split.test } else { &mut split.train }.push(row);
        }
    }
    split.history.clone_from(&split.train);
    Ok(split.finish(user, item))
}

/// Trains on the rows before `cut` and holds out those from `cut` on.
///
/// # Errors
/// [`Error::Data`] if the columns differ in length.
///
/// # Examples
/// ```
/// use omni_recommend::eval::split;
///
/// let split = split::at_time(&[1, 1, 2], &[10, 20, 10], &[1, 2, 3], 2)?;
/// assert_eq!((split.train, split.test), (vec![0], vec![1, 2]));
/// # Ok::<(), omni_recommend::Error>(())
/// ```
pub fn at_time<T: Copy + Ord>(
    user: &[u32],
    item: &[u32],
    time: &[T],
    cut: T,
) -> Result<Split, Error> {
    check::same_len("item", item, user.len())?;
    check::same_len("time", time, user.len())?;
    let mut split = Split::default();
    for (row, &time) in time.iter().enumerate() {
        if time < cut { &mut split.train } else { &mut split.test }.push(row);
    }
    split.history.clone_from(&split.train);
    Ok(split.finish(user, item))
}

/// Keeps fold `fold` of `folds` of the users out of training. The oldest share `known` of
/// their rows, at least one row, is their history; the rest is held out.
///
/// ```text
/// fold of user u = ⌊(2654435761 u mod 2³²) / 2¹⁶⌋ mod folds
/// ```
///
/// # Errors
/// [`Error::Param`] if `folds` is not in `2..=65536`, `fold` is not below it, or `known` is not
/// in (0, 1); [`Error::Data`] if the columns differ in length.
///
/// # Examples
/// ```
/// use omni_recommend::eval::split;
///
/// // User 0 is in fold 0, user 1 in fold 3.
/// let (user, item, time) = ([0, 0, 0, 1], [10, 20, 30, 10], [1, 2, 3, 1]);
/// let split = split::unseen_users(&user, &item, &time, 5, 0, 0.5)?;
/// assert_eq!((split.train, split.history, split.test), (vec![3], vec![0, 1], vec![2]));
/// # Ok::<(), omni_recommend::Error>(())
/// ```
pub fn unseen_users<T: Copy + Ord>(
    user: &[u32],
    item: &[u32],
    time: &[T],
    folds: u32,
    fold: u32,
    known: f64,
) -> Result<Split, Error> {
    if !(2..=65_536).contains(&folds) {
        return Err(ParamError::new("folds", "in 2..=65536", folds).into());
    }
    if fold >= folds {
        return Err(ParamError::new("fold", "below the number of folds", fold).into());
    }
    check::probability("known", known)?;
    let mut split = Split::default();
    for rows in by_user(user, item, time)? {
        let Some(id) = rows.first().and_then(|&row| user.get(row)) else { continue };
        let seen = (id.wrapping_mul(2_654_435_761) >> 16) % folds != fold;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below len")]
        let first = ((known * rows.len() as f64).ceil() as usize).clamp(1, rows.len());
        let (older, newer) = rows.split_at(first);
        if seen {
            split.train.extend(&rows);
        } else {
            split.history.extend(older);
            split.test.extend(newer);
        }
    }
    Ok(split.finish(user, item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_of_long_enough_users() {
        let user = [1, 1, 1, 2, 2, 3];
        let item = [10, 30, 20, 10, 20, 10];
        let time = [1, 9, 9, 1, 2, 1];
        let split = last_row(&user, &item, &time, 3).unwrap();
        assert_eq!((split.test, split.train), (vec![1], vec![0, 2, 3, 4, 5]));
        let split = last_row(&user, &item, &time, 2).unwrap();
        assert_eq!((split.test, split.train), (vec![1, 4], vec![0, 2, 3, 5]));
        let split = last_row(&[1, 1], &[10, 10], &[1, 2], 2).unwrap();
        assert_eq!((split.test.len(), split.repeats), (0, 1));
        let error = last_row(&user, &item, &time, 1).unwrap_err();
        assert_eq!(error, ParamError::new("at_least", "at least 2", 1_usize).into());
    }

    #[test]
    fn a_single_moment_is_training() {
        let split = last_moment(&[1, 1, 2], &[10, 20, 10], &[4, 4, 5]).unwrap();
        assert_eq!((split.train, split.test), (vec![0, 1, 2], vec![]));
    }

    #[test]
    fn repeats_are_left_out() {
        let split = at_time(&[1, 1, 2], &[10, 10, 10], &[1, 2, 3], 2).unwrap();
        assert_eq!((split.train, split.test, split.repeats), (vec![0], vec![2], 1));
    }

    #[test]
    fn a_held_out_user_keeps_a_row() {
        let split = unseen_users(&[0], &[1], &[1], 2, 0, 1e-9).unwrap();
        assert_eq!((split.train.len(), split.history, split.test.len()), (0, vec![0], 0));
        for (folds, fold, known) in
            [(0, 0, 0.5), (1, 0, 0.5), (65_537, 0, 0.5), (5, 5, 0.5), (5, 0, 0.0), (5, 0, f64::NAN)]
        {
            assert!(unseen_users(&[0], &[1], &[1], folds, fold, known).is_err());
        }
    }

    #[test]
    fn columns_and_rows_that_do_not_fit_are_named() {
        let length = |name| Error::from(DataError::Length { name, expected: 1, got: 0 });
        assert_eq!(at_time::<i32>(&[1], &[], &[], 0).unwrap_err(), length("item"));
        assert_eq!(last_moment::<i32>(&[1], &[1], &[]).unwrap_err(), length("time"));
        let split = Split { test: vec![7], ..Split::default() };
        let error = split.apply(&[1], &[1], &[1.0]).unwrap_err();
        assert_eq!(error, DataError::entry("split", 0, "a row of the columns", 7_usize).into());
        assert_eq!(split.apply(&[1], &[1], &[]).unwrap_err(), length("weight"));
    }
}
