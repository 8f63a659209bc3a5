//! How often strangers agree: counted over all pairs of rows, nothing is sampled.
//!
//! ```text
//! u(ℓ) = pairs of rows at level ℓ / pairs of rows with both values known
//!      = Σ_{v ≤ w, level(v, w) = ℓ} c(v) c(w)   ÷   n (n − 1) / 2        v ≠ w
//!        Σ_v c(v) (c(v) − 1) / 2                                         v = w, ℓ = 0
//! ```
//!
//! `c(v)` is how often value `v` occurs, `n = Σ c(v)`. Rows of the same value pair are
//! compared once, so d distinct values cost d² / 2 comparisons however many rows there
//! are. Matching pairs are counted too; in a list of n rows they are about one in n.
//!
//! Integers all the way: the result does not depend on the order or on threads.

use super::{Comparison, Table};
use crate::parallel::in_chunks;

/// The share of all pairs of rows at each level; zeros if no two rows are known.
///
/// # Examples
/// ```
/// use omni_ingest::link::{Comparison, Table, frequency};
///
/// let mut table = Table::new(["city"]);
/// for city in [Some("bath"), Some("bath"), Some("york"), None] {
///     table.push([city])?;
/// }
/// // One pair of three is equal.
/// let u = frequency::all_pairs(&table, 0, &Comparison::new("city", []));
/// assert_eq!(u, [1.0 / 3.0, 2.0 / 3.0]);
/// # Ok::<(), omni_ingest::Error>(())
/// ```
#[must_use]
pub fn all_pairs(table: &Table, column: usize, comparison: &Comparison) -> Vec<f64> {
    let counts = table.counts(column);
    let known: Vec<(u32, u64)> = (0..).zip(counts).filter(|(_, count)| *count > 0).collect();
    let levels = comparison.level_count();
    let total = u32::try_from(known.len()).unwrap_or(u32::MAX);
    let chunks = in_chunks(total, 64, |range| {
        let mut sums = vec![0_u128; levels];
        for at in range {
            let Some((v, of_v)) = known.get(at as usize) else { continue };
            let text = table.text(column, *v);
            if let Some(equal) = sums.first_mut() {
                *equal += u128::from(*of_v) * u128::from(of_v.saturating_sub(1)) / 2;
            }
            for (w, of_w) in known.iter().take(at as usize) {
                let level = comparison.level(text, table.text(column, *w));
                if let Some(sum) = sums.get_mut(level) {
                    *sum += u128::from(*of_v) * u128::from(*of_w);
                }
            }
        }
        sums
    });
    let mut sums = vec![0_u128; levels];
    for chunk in chunks {
        for (sum, part) in sums.iter_mut().zip(chunk) {
            *sum += part;
        }
    }
    let all: u128 = sums.iter().sum();
    sums.into_iter().map(|sum| if all == 0 { 0.0 } else { sum as f64 / all as f64 }).collect()
}

/// How frequent every value of a column is among the known ones, by the number of the value.
pub(crate) fn shares(table: &Table, column: usize) -> Vec<f64> {
    let counts = table.counts(column);
    let total: u64 = counts.iter().sum();
    counts.into_iter().map(|count| count as f64 / total.max(1) as f64).collect()
}
