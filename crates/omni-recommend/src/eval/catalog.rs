//! What lists show of the catalog: breadth, evenness, novelty, diversity.
//!
//! ```text
//! e_i = how many lists hold item i of the catalog (m items),   E = Σ e_i
//!
//! coverage         share of items with e_i > 0
//! gini             Σ_r (2r − m − 1) e_(r) / (m E)           e_(1) ≤ ... ≤ e_(m); 0 = all alike
//! entropy          −Σ (e_i / E) ln(e_i / E)                 nats
//! novelty          Σ e_i · −log₂(users of i / users) / E    bits of surprise an item
//! mean_popularity  Σ e_i · users of i / E                   users an item
//! personalization  1 − mean over pairs of lists of common items / length
//! intra_list_distance   mean of 1 − similarity over the pairs of items of one list
//! ```
//!
//! A recommender that shows everybody the same bestsellers can win on hits and lose here.
//! All take O(items + lists) time, the last O(n²) for a list of n.
//!
//! Sources: Castells, Hurley & Vargas (2015), "Novelty and diversity in recommender systems",
//! Recommender Systems Handbook, 881–918; Fleder & Hosanagar (2009), "Blockbuster culture's
//! next rise or fall", Management Science 55(5), 697–712 (Gini).

use crate::Error;
use omni_core::check;
use omni_core::error::DataError;

/// In how many lists each item of the catalog stands, in the order of `catalog`.
///
/// # Errors
/// [`DataError::Entry`] if the catalog does not ascend, or names the first list with an item
/// that is not in it.
///
/// # Examples
/// ```
/// use omni_recommend::eval::catalog;
///
/// let shown = catalog::exposure(&[vec![10, 20], vec![10, 30]], &[10, 20, 30, 40])?;
/// assert_eq!(shown, [2, 1, 1, 0]);
/// assert_eq!(catalog::coverage(&shown), Some(0.75));
/// # Ok::<(), omni_recommend::Error>(())
/// ```
pub fn exposure(lists: &[Vec<u32>], catalog: &[u32]) -> Result<Vec<u64>, Error> {
    if let Some(at) = catalog.windows(2).position(|pair| pair.first() >= pair.last()) {
        let item = catalog.get(at + 1).copied().unwrap_or_default();
        let rule = "above the one before it";
        return Err(DataError::entry("catalog", at + 1, rule, item).into());
    }
    let mut shown = vec![0_u64; catalog.len()];
    for (at, list) in lists.iter().enumerate() {
        let mut distinct = list.clone();
        distinct.sort_unstable();
        distinct.dedup();
        for item in distinct {
            let count = catalog.binary_search(&item).ok().and_then(|column| shown.get_mut(column));
            let count =
                count.ok_or_else(|| DataError::entry("lists", at, "of the catalog", item))?;
            *count += 1;
        }
    }
    Ok(shown)
}

/// Share of the catalog that stands in a list; `None` for an empty catalog.
#[must_use]
pub fn coverage(exposure: &[u64]) -> Option<f64> {
    let shown = exposure.iter().filter(|&&count| count > 0).count();
    (!exposure.is_empty()).then(|| shown as f64 / exposure.len() as f64)
}

/// How unevenly the items are shown: 0 if all alike, near 1 if it is always the same ones;
/// `None` if nothing is shown.
///
/// # Examples
/// ```
/// use omni_recommend::eval::catalog;
///
/// assert_eq!(catalog::gini(&[2, 2, 2, 2]), Some(0.0));
/// assert_eq!(catalog::gini(&[0, 0, 0, 2]), Some(0.75));
/// ```
#[must_use]
pub fn gini(exposure: &[u64]) -> Option<f64> {
    let total = total(exposure)?;
    let mut counts = exposure.to_vec();
    counts.sort_unstable();
    let m = counts.len() as f64;
    let ranks = (1..).zip(&counts);
    let sum: f64 =
        ranks.map(|(r, &c): (usize, _)| (2.0 * r as f64 - m - 1.0) * (c as f64 / total)).sum();
    Some(sum / m)
}

/// Entropy of what is shown, in nats: the larger, the more varied; `None` if nothing is shown.
///
/// # Examples
/// ```
/// use omni_recommend::eval::catalog;
///
/// assert_eq!(catalog::entropy(&[3, 3, 0]), Some(2.0_f64.ln()));
/// ```
#[must_use]
pub fn entropy(exposure: &[u64]) -> Option<f64> {
    let total = total(exposure)?;
    let shares = exposure.iter().filter(|&&count| count > 0).map(|&count| count as f64 / total);
    // Adding zero turns the -0.0 of a single item into 0.0.
    Some(shares.map(|share| -share * share.ln()).sum::<f64>() + 0.0)
}

/// Mean surprise of an item shown, in bits: −log₂ of the share of `users` who know it.
///
/// An item without a user counts as known to one. `None` if nothing is shown.
///
/// # Errors
/// [`Error::Data`] if the columns differ in length or an item has more users than there are.
///
/// # Examples
/// ```
/// use omni_recommend::eval::catalog;
///
/// assert_eq!(catalog::novelty(&[1, 1], &[8, 2], 8)?, Some(1.0)); // 0 and 2 bits
/// # Ok::<(), omni_recommend::Error>(())
/// ```
pub fn novelty(exposure: &[u64], users_of: &[u64], users: u64) -> Result<Option<f64>, Error> {
    check::same_len("users_of", users_of, exposure.len())?;
    if let Some(at) = users_of.iter().position(|&of| of.max(1) > users) {
        let of = users_of.get(at).copied().unwrap_or_default();
        return Err(DataError::entry("users_of", at, "at most the number of users", of).into());
    }
    let surprise = |of: u64| (users as f64 / of.max(1) as f64).log2();
    Ok(mean_of(exposure, users_of, surprise))
}

/// Mean number of users of an item shown; `None` if nothing is shown.
///
/// # Errors
/// [`Error::Data`] if the columns differ in length.
///
/// # Examples
/// ```
/// use omni_recommend::eval::catalog;
///
/// assert_eq!(catalog::mean_popularity(&[3, 1], &[8, 4])?, Some(7.0));
/// # Ok::<(), omni_recommend::Error>(())
/// ```
pub fn mean_popularity(exposure: &[u64], users_of: &[u64]) -> Result<Option<f64>, Error> {
    check::same_len("users_of", users_of, exposure.len())?;
    Ok(mean_of(exposure, users_of, |of| of as f64))
}

/// How different the lists are from each other: 0 if all show the same, 1 if no two share an
/// item. `length` is the length of every list; `None` below two lists or for length 0.
///
/// # Errors
/// [`DataError::Entry`] if an item is shown in more lists than there are.
///
/// # Examples
/// ```
/// use omni_recommend::eval::catalog;
///
/// let shown = catalog::exposure(&[vec![1, 2], vec![1, 3]], &[1, 2, 3])?;
/// assert_eq!(catalog::personalization(&shown, 2, 2)?, Some(0.5));
/// # Ok::<(), omni_recommend::Error>(())
/// ```
pub fn personalization(
    exposure: &[u64],
    lists: usize,
    length: usize,
) -> Result<Option<f64>, Error> {
    let lists = lists as u64;
    if let Some(at) = exposure.iter().position(|&count| count > lists) {
        let count = exposure.get(at).copied().unwrap_or_default();
        let rule = "at most the number of lists";
        return Err(DataError::entry("exposure", at, rule, count).into());
    }
    // Two lists share an item where both hold it: e(e − 1) / 2 pairs of lists for each item.
    let pairs = |count: u64| count as f64 * (count as f64 - 1.0) / 2.0;
    let common: f64 = exposure.iter().map(|&count| pairs(count)).sum();
    let defined = lists >= 2 && length > 0;
    Ok(defined.then(|| (1.0 - common / pairs(lists) / length as f64).clamp(0.0, 1.0)))
}

/// How different the items of one list are: the mean of `1 − similarity` over their pairs.
/// `None` for a list of fewer than two items.
///
/// # Errors
/// [`DataError::Entry`] if a similarity is not finite.
///
/// # Examples
/// ```
/// use omni_recommend::eval::catalog;
///
/// let same_parity = |a: u32, b: u32| f64::from(a % 2 == b % 2);
/// let distance = catalog::intra_list_distance(&[1, 2, 3], same_parity)?;
/// assert_eq!(distance, Some(2.0 / 3.0));
/// # Ok::<(), omni_recommend::Error>(())
/// ```
pub fn intra_list_distance(
    list: &[u32],
    similarity: impl Fn(u32, u32) -> f64,
) -> Result<Option<f64>, Error> {
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (at, &a) in list.iter().enumerate() {
        for &b in list.iter().skip(at + 1) {
            let value = similarity(a, b);
            if !value.is_finite() {
                return Err(DataError::entry("similarity", at, "finite", value).into());
            }
            sum += 1.0 - value;
            pairs += 1.0;
        }
    }
    let mean = sum / pairs;
    if pairs == 0.0 {
        Ok(None)
    } else if mean.is_finite() {
        Ok(Some(mean))
    } else {
        Err(DataError::Overflow { name: "similarity" }.into())
    }
}

/// How much is shown; `None` if nothing is.
fn total(exposure: &[u64]) -> Option<f64> {
    let total: f64 = exposure.iter().map(|&count| count as f64).sum();
    (total > 0.0).then_some(total)
}

fn mean_of(exposure: &[u64], users_of: &[u64], value: impl Fn(u64) -> f64) -> Option<f64> {
    let total = total(exposure)?;
    let shown = exposure.iter().zip(users_of).filter(|&(&count, _)| count > 0);
    Some(shown.map(|(&count, &of)| count as f64 / total * value(of)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shown_is_none() {
        for nothing in [&[][..], &[0, 0]] {
            assert_eq!((gini(nothing), entropy(nothing)), (None, None));
            assert_eq!(novelty(nothing, nothing, 5), Ok(None));
            assert_eq!(mean_popularity(nothing, nothing), Ok(None));
        }
        assert_eq!((coverage(&[]), coverage(&[0, 0])), (None, Some(0.0)));
        assert_eq!(personalization(&[], 1, 5), Ok(None));
        assert_eq!(personalization(&[], 2, 0), Ok(None));
        assert_eq!(intra_list_distance(&[1], |_, _| f64::NAN), Ok(None));
    }

    #[test]
    fn bad_input_is_named() {
        let entry = |name, index, rule, value: u64| {
            Err(Error::from(DataError::entry(name, index, rule, value)))
        };
        let lists = [vec![1], vec![2]];
        assert_eq!(
            exposure(&lists, &[1, 3]).map(drop).map_err(|e| e.to_string()),
            Err("lists[1] must be of the catalog, got 2".to_string())
        );
        assert!(exposure(&lists, &[1, 1]).is_err());
        let rule = "at most the number of users";
        assert_eq!(novelty(&[1], &[9], 8).map(drop), entry("users_of", 0, rule, 9));
        assert!(novelty(&[1], &[], 8).is_err());
        let rule = "at most the number of lists";
        assert_eq!(personalization(&[3], 2, 1).map(drop), entry("exposure", 0, rule, 3));
        assert!(intra_list_distance(&[1, 2], |_, _| f64::INFINITY).is_err());
        assert!(intra_list_distance(&[1, 2, 3], |_, _| f64::MIN).is_err());
    }

    #[test]
    fn one_item_for_all() {
        let shown = [0, 7, 0];
        assert_eq!(entropy(&shown), Some(0.0));
        assert_eq!(coverage(&shown), Some(1.0 / 3.0));
        assert_eq!(personalization(&shown, 7, 1), Ok(Some(0.0)));
        // Counts beyond the exact doubles stay within their bounds.
        assert!(gini(&[u64::MAX, u64::MAX]).unwrap().abs() < 1e-12);
        assert_eq!(mean_popularity(&[u64::MAX], &[u64::MAX]), Ok(Some(u64::MAX as f64)));
    }
}
