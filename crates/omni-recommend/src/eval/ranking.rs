//! Metrics of one ranked list against the items that turned out relevant.
//!
//! ```text
//! h_p = 1 if the item at place p is relevant, else 0          p = 1, 2, ...
//! n   = number of relevant items,   H_k = Σ_{p ≤ k} h_p
//!
//! precision          H_k / k                                  a short list counts as misses
//! recall             H_k / n
//! recall_truncated   H_k / min(k, n)                          1 is always within reach
//! f1                 2 H_k / (k + n)
//! hit_rate           1 if H_k > 0, else 0
//! reciprocal_rank    1 / (place of the first hit), 0 if below place k
//! average_precision  Σ_{p ≤ k} h_p H_p / p  / min(k, n)       MAP@k, averaged over users
//! ndcg               Σ_{p ≤ k} h_p / log₂(p + 1)  /  Σ_{p ≤ min(k, n)} 1 / log₂(p + 1)
//! ```
//!
//! Libraries differ in the denominators of recall and average precision; figures under
//! different denominators do not compare. The reciprocal rank is also called MRR once it is
//! averaged. A metric is `None` where it is undefined: for `k = 0`, and, where it divides by
//! the relevant items, without one. All are in `[0, 1]` except [`dcg`](Ranking::dcg).
//!
//! Sources: Järvelin & Kekäläinen (2002), "Cumulated gain-based evaluation of IR techniques",
//! ACM TOIS 20(4), 422–446; for exponential gains Burges et al. (2005), "Learning to rank
//! using gradient descent", ICML, 89–96.

use crate::Error;
use omni_core::error::DataError;

/// Where the relevant items stand in a list.
///
/// # Examples
/// ```
/// use omni_recommend::eval::Ranking;
///
/// let ranking = Ranking::new(&[5, 3, 9, 7], &[3, 7, 8]);
/// assert_eq!(ranking.hits(4), 2);
/// assert_eq!(ranking.precision(4), Some(0.5));
/// assert_eq!(ranking.recall(2), Some(1.0 / 3.0));
/// assert_eq!(ranking.recall_truncated(2), Some(0.5));
/// assert_eq!(ranking.reciprocal_rank(4), Some(0.5));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    /// The places of the hits, from 1, ascending.
    places: Vec<usize>,
    relevant: usize,
}

impl Ranking {
    /// Takes the list, best first, and the relevant items in any order.
    ///
    /// An item that the list repeats is a hit at its first place only.
    #[must_use]
    pub fn new(list: &[u32], relevant: &[u32]) -> Self {
        let mut relevant = relevant.to_vec();
        relevant.sort_unstable();
        relevant.dedup();
        let mut found = vec![false; relevant.len()];
        let mut places = Vec::new();
        for (place, item) in (1..).zip(list) {
            if let Some(found) = relevant.binary_search(item).ok().and_then(|at| found.get_mut(at))
            {
                if !*found {
                    places.push(place);
                }
                *found = true;
            }
        }
        Self { places, relevant: relevant.len() }
    }

    /// The number of relevant items.
    #[must_use]
    pub const fn relevant(&self) -> usize {
        self.relevant
    }

    /// The number of relevant items among the first `k`.
    #[must_use]
    pub fn hits(&self, k: usize) -> usize {
        self.places.partition_point(|&place| place <= k)
    }

    /// Share of the first `k` places that hold a relevant item.
    #[must_use]
    #[doc(alias("precision_at_k"))]
    pub fn precision(&self, k: usize) -> Option<f64> {
        ratio(self.hits(k), k)
    }

    /// Share of the relevant items that are among the first `k`.
    #[must_use]
    #[doc(alias("recall_at_k"))]
    pub fn recall(&self, k: usize) -> Option<f64> {
        self.defined(k).and_then(|n| ratio(self.hits(k), n))
    }

    /// Hits among the first `k` as a share of as many as there can be.
    #[must_use]
    pub fn recall_truncated(&self, k: usize) -> Option<f64> {
        self.defined(k).and_then(|n| ratio(self.hits(k), n.min(k)))
    }

    /// Harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self, k: usize) -> Option<f64> {
        self.defined(k).map(|n| 2.0 * self.hits(k) as f64 / (k as f64 + n as f64))
    }

    /// 1 if one of the first `k` is relevant, else 0.
    #[must_use]
    #[doc(alias("hit_ratio", "HR"))]
    pub fn hit_rate(&self, k: usize) -> Option<f64> {
        (k > 0).then(|| f64::from(self.hits(k) > 0))
    }

    /// One over the place of the first relevant item, 0 if it is not among the first `k`.
    #[must_use]
    #[doc(alias("mrr", "mean reciprocal rank"))]
    pub fn reciprocal_rank(&self, k: usize) -> Option<f64> {
        let first = self.places.first().filter(|&&place| place <= k);
        (k > 0).then(|| first.map_or(0.0, |&place| 1.0 / place as f64))
    }

    /// Mean precision at the hits among the first `k`, over as many hits as there can be.
    #[must_use]
    #[doc(alias("map", "mean_average_precision_at_k"))]
    pub fn average_precision(&self, k: usize) -> Option<f64> {
        self.defined(k).map(|n| self.precisions(k) / n.min(k) as f64)
    }

    /// Mean precision at the hits among the first `k`, over all relevant items.
    #[must_use]
    pub fn average_precision_full(&self, k: usize) -> Option<f64> {
        self.defined(k).map(|n| self.precisions(k) / n as f64)
    }

    /// Discounted cumulative gain of the first `k`.
    #[must_use]
    pub fn dcg(&self, k: usize) -> f64 {
        self.places.iter().take_while(|&&place| place <= k).map(|&place| discount(place)).sum()
    }

    /// [`dcg`](Self::dcg) as a share of that of the best possible list.
    ///
    /// # Examples
    /// ```
    /// use omni_recommend::eval::Ranking;
    ///
    /// let ranking = Ranking::new(&[1, 2, 3], &[2]);
    /// assert_eq!(ranking.ndcg(10), Some(1.0 / 3.0_f64.log2()));
    /// assert_eq!(Ranking::new(&[1, 2, 3], &[]).ndcg(10), None);
    /// ```
    #[must_use]
    #[doc(alias("ndcg_at_k"))]
    pub fn ndcg(&self, k: usize) -> Option<f64> {
        self.defined(k).map(|n| {
            let ideal: f64 = (1..=n.min(k)).map(discount).sum();
            self.dcg(k) / ideal
        })
    }

    /// The number of relevant items, if there is one and `k` is positive.
    fn defined(&self, k: usize) -> Option<usize> {
        (k > 0 && self.relevant > 0).then_some(self.relevant)
    }

    fn precisions(&self, k: usize) -> f64 {
        let hits = (1..).zip(&self.places).take_while(|&(_, &place)| place <= k);
        hits.map(|(hit, &place): (usize, _)| hit as f64 / place as f64).sum()
    }
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn discount(place: usize) -> f64 {
    1.0 / (place as f64 + 1.0).log2()
}

/// How a grade becomes a gain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Gain {
    /// The grade itself.
    Linear,
    /// 2 to the power of the grade, minus 1.
    Exponential,
}

/// NDCG of a list whose items have grades instead of being relevant or not.
///
/// ```text
/// Σ_{p ≤ k} gain(list_p) / log₂(p + 1)  /  the same sum over the k largest gains
/// ```
///
/// An item without a grade has the grade 0; one that the list repeats gains at its first place
/// only. `None` if `k` or every grade is zero.
///
/// # Errors
/// [`Error::Data`] if `item` and `grade` differ in length, a grade is not in `0..=1000` or an
/// item has two grades.
///
/// # Examples
/// ```
/// use omni_recommend::eval::{Gain, graded_ndcg};
///
/// let ndcg = graded_ndcg(&[7, 8], &[7, 8], &[1.0, 3.0], 1, Gain::Linear)?;
/// assert_eq!(ndcg, Some(1.0 / 3.0));
/// let ndcg = graded_ndcg(&[7, 8], &[7, 8], &[1.0, 3.0], 1, Gain::Exponential)?;
/// assert_eq!(ndcg, Some(1.0 / 7.0));
/// # Ok::<(), omni_recommend::Error>(())
/// ```
#[doc(alias("ndcg_score"))]
pub fn graded_ndcg(
    list: &[u32],
    item: &[u32],
    grade: &[f64],
    k: usize,
    gain: Gain,
) -> Result<Option<f64>, Error> {
    omni_core::check::same_len("grade", grade, item.len())?;
    let mut gains: Vec<(u32, f64)> = Vec::with_capacity(item.len());
    for (at, (&item, &grade)) in item.iter().zip(grade).enumerate() {
        if !(0.0..=1000.0).contains(&grade) {
            return Err(DataError::entry("grade", at, "in 0..=1000", grade).into());
        }
        gains.push((
            item,
            match gain {
                Gain::Linear => grade,
                // Exact for whole grades, and without cancellation near zero.
                Gain::Exponential if grade >= 1.0 => grade.exp2() - 1.0,
                Gain::Exponential => (grade * std::f64::consts::LN_2).exp_m1(),
            },
        ));
    }
    gains.sort_unstable_by_key(|&(item, _)| item);
    if let Some(at) = gains.windows(2).position(|w| w.first().map(|g| g.0) == w.last().map(|g| g.0))
    {
        let item = gains.get(at).map_or(0, |gain| gain.0);
        return Err(DataError::entry("item", at, "named once", item).into());
    }
    let mut ideal: Vec<f64> = gains.iter().map(|&(_, gain)| gain).collect();
    ideal.sort_unstable_by(|a, b| b.total_cmp(a));
    // Relative to the largest gain, so that the sums stay small.
    let Some(&largest) = ideal.first().filter(|&&largest| largest > 0.0 && k > 0) else {
        return Ok(None);
    };
    let best: f64 = (1..).zip(ideal.iter().take(k)).map(|(p, g)| g / largest * discount(p)).sum();
    let mut got = 0.0;
    for (place, item) in (1..).zip(list.iter().take(k)) {
        let at = gains.binary_search_by_key(item, |&(item, _)| item);
        if let Some((_, gain)) = at.ok().and_then(|at| gains.get_mut(at)) {
            got += std::mem::take(gain) / largest * discount(place);
        }
    }
    // The ideal order has the largest sum, up to rounding.
    Ok(Some((got / best).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_is_none() {
        let nothing = Ranking::new(&[1, 2], &[]);
        assert_eq!(
            (nothing.recall(5), nothing.ndcg(5), nothing.average_precision(5)),
            (None, None, None)
        );
        assert_eq!((nothing.precision(5), nothing.hit_rate(5)), (Some(0.0), Some(0.0)));
        let some = Ranking::new(&[1, 2], &[1]);
        let at_0 = [
            some.precision(0),
            some.recall(0),
            some.recall_truncated(0),
            some.f1(0),
            some.hit_rate(0),
            some.reciprocal_rank(0),
            some.average_precision(0),
            some.average_precision_full(0),
            some.ndcg(0),
        ];
        assert_eq!(at_0, [None; 9]);
    }

    #[test]
    fn a_repeated_item_is_one_hit() {
        let ranking = Ranking::new(&[4, 4, 4], &[4, 4, 6]);
        assert_eq!((ranking.hits(3), ranking.relevant()), (1, 2));
        assert_eq!(Ranking::new(&[4, 4], &[4]).ndcg(2), Some(1.0));
        let graded = graded_ndcg(&[4, 4], &[4], &[2.0], 2, Gain::Linear).unwrap();
        assert_eq!(graded, Some(1.0));
    }

    #[test]
    fn a_huge_cutoff_costs_nothing() {
        let ranking = Ranking::new(&[1, 2], &[2, 3]);
        assert_eq!(ranking.hits(usize::MAX), 1);
        assert_eq!(ranking.recall_truncated(usize::MAX), Some(0.5));
        assert!(ranking.precision(usize::MAX).unwrap() > 0.0);
        let graded = graded_ndcg(&[1], &[1], &[1000.0], usize::MAX, Gain::Exponential).unwrap();
        assert_eq!(graded, Some(1.0));
    }

    #[test]
    fn bad_grades_are_named() {
        for bad in [-1.0, 1001.0, f64::NAN, f64::INFINITY] {
            let error = graded_ndcg(&[1], &[1], &[bad], 1, Gain::Linear).unwrap_err();
            assert_eq!(error, DataError::entry("grade", 0, "in 0..=1000", bad).into());
        }
        let error = graded_ndcg(&[1], &[1, 1], &[1.0, 2.0], 1, Gain::Linear).unwrap_err();
        assert_eq!(error, DataError::entry("item", 0, "named once", 1_u32).into());
        assert!(graded_ndcg(&[1], &[1], &[], 1, Gain::Linear).is_err());
        assert_eq!(graded_ndcg(&[1], &[1], &[0.0], 1, Gain::Linear), Ok(None));
        assert_eq!(graded_ndcg(&[], &[], &[], 1, Gain::Linear), Ok(None));
    }
}
