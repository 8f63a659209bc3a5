//! How good a recommender is for users of whom something is held out.
//!
//! Each user with a history and a held-out item gets one list, ranked over all items the model
//! scores except those of the history, and the metrics of [`Ranking`] are averaged over these
//! users. Who is left out is counted. Nothing is sampled: metrics over sampled negatives rank
//! methods differently (Krichene & Rendle 2020, "On sampled metrics for item recommendation",
//! KDD, 1748–1757).
//!
//! Time is one recommendation of the largest cutoff per user.

use crate::eval::Ranking;
use crate::{Error, Filter, Interactions, Recommender};
use omni_core::check;
use omni_core::error::DataError;
use omni_core::numeric::sum;

/// What [`evaluate`] found.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Evaluation {
    /// Users in the means.
    pub users: usize,
    /// Users with a history of whom nothing is held out; not in the means.
    pub without_test: usize,
    /// Users with something held out but no history; not in the means.
    pub without_history: usize,
    /// Users in the means whose list is shorter than the largest cutoff.
    pub short_lists: usize,
    /// The means at each cutoff, in the order of the cutoffs.
    pub at: Vec<AtCutoff>,
}

/// Means over users at one cutoff; each metric as [`ranking`](crate::eval::ranking) defines it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AtCutoff {
    /// The cutoff.
    pub k: usize,
    /// Normalized discounted cumulative gain.
    pub ndcg: f64,
    /// Hits over `k`.
    pub precision: f64,
    /// Hits over held-out items.
    pub recall: f64,
    /// Hits over the smaller of `k` and held-out items.
    pub recall_truncated: f64,
    /// MAP: mean average precision.
    pub map: f64,
    /// Share of users with a hit.
    pub hit_rate: f64,
    /// Mean reciprocal rank of the first hit.
    pub mrr: f64,
}

/// Recommends to every user of `test` from `history`, and compares.
///
/// # Errors
/// [`Error::Data`] without a cutoff or with a cutoff of zero, [`Error::NothingToEvaluate`] if
/// no user has both a history and a held-out item, and what the model fails with.
///
/// # Examples
/// ```
/// use omni_recommend::eval::{self, split};
/// use omni_recommend::Popularity;
///
/// let user = [1, 1, 2, 2, 3, 3];
/// let item = [10, 20, 10, 20, 20, 30];
/// let day = [1, 2, 1, 2, 1, 2];
/// let parts = split::last_row(&user, &item, &day, 2)?.apply(&user, &item, &[1.0; 6])?;
/// let popular = Popularity::users().fit(&parts.train);
/// let result = eval::evaluate(&popular, &parts.history, &parts.test, &[1])?;
/// assert_eq!(result.users, 3);
/// assert_eq!(result.at[0].hit_rate, 2.0 / 3.0); // item 30 is bought by user 3 alone
/// # Ok::<(), omni_recommend::Error>(())
/// ```
#[doc(alias("ranking_metrics_at_k"))]
pub fn evaluate(
    model: &dyn Recommender,
    history: &Interactions,
    test: &Interactions,
    cutoffs: &[usize],
) -> Result<Evaluation, Error> {
    check::min_len("cutoffs", cutoffs, 1)?;
    if let Some(at) = cutoffs.iter().position(|&k| k == 0) {
        return Err(DataError::entry("cutoffs", at, "at least 1", 0_usize).into());
    }
    let longest = cutoffs.iter().copied().max().unwrap_or_default();
    let mut rankings = Vec::new();
    let (mut without_history, mut short_lists) = (0, 0);
    for &user in test.users() {
        let Ok(known) = history.history(user) else {
            without_history += 1;
            continue;
        };
        let list = model.recommend(&known, longest, &Filter::new())?;
        short_lists += usize::from(list.len() < longest);
        let list: Vec<u32> = list.iter().map(|scored| scored.item).collect();
        rankings.push(Ranking::new(&list, test.history(user)?.items()));
    }
    if rankings.is_empty() {
        return Err(Error::NothingToEvaluate);
    }
    Ok(Evaluation {
        users: rankings.len(),
        without_test: history.users().len() - rankings.len(),
        without_history,
        short_lists,
        at: cutoffs.iter().map(|&k| means(&rankings, k)).collect::<Result<_, _>>()?,
    })
}

/// Means at one cutoff; every ranking has a relevant item, and `k` is positive.
fn means(rankings: &[Ranking], k: usize) -> Result<AtCutoff, DataError> {
    let mean = |metric: fn(&Ranking, usize) -> Option<f64>| {
        let values: Vec<f64> = rankings.iter().filter_map(|ranking| metric(ranking, k)).collect();
        sum::mean(&values)
    };
    Ok(AtCutoff {
        k,
        ndcg: mean(Ranking::ndcg)?,
        precision: mean(Ranking::precision)?,
        recall: mean(Ranking::recall)?,
        recall_truncated: mean(Ranking::recall_truncated)?,
        map: mean(Ranking::average_precision)?,
        hit_rate: mean(Ranking::hit_rate)?,
        mrr: mean(Ranking::reciprocal_rank)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Popularity;

    #[test]
    fn who_is_left_out_is_counted() {
        let train = Interactions::new(&[1, 1, 2, 3], &[10, 20, 10, 20], &[1.0; 4]).unwrap();
        let test = Interactions::new(&[2, 4], &[20, 10], &[1.0; 2]).unwrap();
        let popular = Popularity::users().fit(&train);
        let result = evaluate(&popular, &train, &test, &[2, usize::MAX]).unwrap();
        assert_eq!((result.users, result.without_test, result.without_history), (1, 2, 1));
        assert_eq!(result.short_lists, 1);
        let at = result.at[0];
        assert_eq!((at.k, at.ndcg, at.map, at.mrr, at.hit_rate), (2, 1.0, 1.0, 1.0, 1.0));
        assert_eq!((at.precision, at.recall, at.recall_truncated), (0.5, 1.0, 1.0));
    }

    #[test]
    fn every_cutoff_gets_a_list_as_long_as_it_asks_for() {
        let train =
            Interactions::new(&[1, 2, 1, 2, 1, 4], &[10, 10, 20, 20, 30, 40], &[1.0; 6]).unwrap();
        let test = Interactions::new(&[4], &[30], &[1.0]).unwrap(); // third of 10, 20, 30
        let popular = Popularity::users().fit(&train);
        for cutoffs in [[1, 3], [3, 1]] {
            let result = evaluate(&popular, &train, &test, &cutoffs).unwrap();
            for at in result.at {
                let (hit, rank) = if at.k == 3 { (1.0, 1.0 / 3.0) } else { (0.0, 0.0) };
                assert_eq!((at.hit_rate, at.recall, at.mrr), (hit, hit, rank), "{}", at.k);
            }
        }
    }

    #[test]
    fn what_cannot_be_evaluated() {
        let rows = Interactions::new(&[1], &[10], &[1.0]).unwrap();
        let none = Interactions::new(&[], &[], &[]).unwrap();
        let popular = Popularity::users().fit(&rows);
        let error = |test, cutoffs| evaluate(&popular, &rows, test, cutoffs).unwrap_err();
        assert_eq!(error(&none, &[1]), Error::NothingToEvaluate);
        let too_short = DataError::TooShort { name: "cutoffs", needed: 1, got: 0 };
        assert_eq!(error(&rows, &[]), too_short.into());
        let zero = DataError::entry("cutoffs", 1, "at least 1", 0_usize);
        assert_eq!(error(&rows, &[5, 0]), zero.into());
    }
}
