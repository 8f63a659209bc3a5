//! Demand as it was observed: a list of values, each with a weight.
//!
//! ```text
//! F(x) = Σ_{v_i ≤ x} w_i / W                 W = Σ w_i
//! n(v_i) = n(v_{i+1}) + (v_{i+1} − v_i)·P(X > v_i)      loss, from the top down
//! n̄(v_i) = n̄(v_{i−1}) + (v_i − v_{i−1})·P(X < v_i)      complementary, from the bottom up
//! ```
//!
//! `v` are distinct values in units of stock, ascending; between two of them both losses
//! are straight lines. All sums are of positive numbers and made once: O(n log n) to
//! build, O(log n) for each question, O(n) memory. The quantile is the smallest value with
//! `F(v) ≥ p`; a probability within 1e-12 of `p` counts as reached, since weights such as
//! 0.1 + 0.2 + 0.45 miss 0.75 by rounding, and at a tie both values cost the same.
//!
//! Limit: nothing beyond the largest value is thought possible, so a high service level
//! needs many observations: at least `1/(1 − p)`.

use super::Level;
use crate::Error;
use omni_core::check;
use omni_core::error::{DataError, ParamError};

/// Demand with the values of a sample, or with the probabilities of a list.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "RawEmpirical", into = "RawEmpirical")
)]
pub struct Empirical {
    values: Vec<f64>,
    weights: Vec<f64>,
    /// `P(X <= v)`, `P(X > v)`, the losses and the second loss at each value.
    cdf: Vec<f64>,
    sf: Vec<f64>,
    loss: Vec<f64>,
    complementary: Vec<f64>,
    second: Vec<f64>,
    mean: f64,
    sd: f64,
}

impl Empirical {
    /// Demand that takes each of `values` with equal probability, in any order.
    ///
    /// # Errors
    /// [`Error::Data`] if there is no value or one is not finite,
    /// [`Error::Unrepresentable`] if they are too far apart for an `f64`.
    pub fn new(values: &[f64]) -> Result<Self, Error> {
        Self::weighted(values, &vec![1.0; values.len()])
    }

    /// Demand that takes each of `values` with a probability proportional to its weight,
    /// in any order; equal values add up.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::Data`] if the columns differ in length or a weight
    /// is negative or not finite; [`Error::Param`] if all weights are zero.
    ///
    /// # Examples
    /// ```
    /// use omni_inventory::{Distribution, demand::Empirical};
    ///
    /// // None in 6 weeks of 10, two in 3, five in 1.
    /// let demand = Distribution::from(Empirical::weighted(&[0.0, 2.0, 5.0], &[6.0, 3.0, 1.0])?);
    /// assert_eq!((demand.quantile(0.9)?, demand.quantile(0.95)?), (2.0, 5.0));
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn weighted(values: &[f64], weights: &[f64]) -> Result<Self, Error> {
        check::min_len("values", values, 1)?;
        check::same_len("weights", weights, values.len())?;
        check::all_finite("values", values)?;
        check::all_non_negative("weights", weights)?;
        let mut rows: Vec<(f64, f64)> = values
            .iter()
            .zip(weights)
            .filter(|(_, weight)| **weight > 0.0)
            .map(|(&value, &weight)| (value + 0.0, weight)) // no −0
            .collect();
        // Weights sort too: their sums do not depend on the order of the rows.
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let merged: Vec<(f64, f64)> = rows
            .chunk_by(|a, b| a.0 == b.0)
            .filter_map(|same| Some((same.first()?.0, same.iter().map(|row| row.1).sum())))
            .collect();
        if merged.is_empty() {
            return Err(ParamError::new("weights", "above zero somewhere", 0.0).into());
        }
        Self::from_distinct(&merged)
    }

    /// From distinct values, ascending, with positive weights.
    fn from_distinct(rows: &[(f64, f64)]) -> Result<Self, Error> {
        let values: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let weights: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let mut below = Vec::with_capacity(rows.len()); // weight up to and with each value
        let mut sum = 0.0;
        for weight in &weights {
            sum += weight;
            below.push(sum);
        }
        let total = crate::error::positive("total of weights", sum)?;
        let mut above = vec![0.0; rows.len()]; // weight beyond each value
        sum = 0.0;
        for (slot, weight) in above.iter_mut().zip(&weights).rev() {
            *slot = sum;
            sum += weight;
        }
        let cdf: Vec<f64> = below.iter().map(|w| w / total).collect();
        let sf: Vec<f64> = above.iter().map(|w| w / total).collect();

        let gaps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let (mut loss, mut second) = (vec![0.0], vec![0.0]); // from the top down
        let (mut at, mut twice) = (0.0_f64, 0.0_f64);
        for (gap, beyond) in gaps.iter().zip(&sf).rev() {
            let next = at + gap * beyond;
            twice += gap * f64::midpoint(at, next);
            at = next;
            loss.push(at);
            second.push(twice);
        }
        loss.reverse();
        second.reverse();
        let mut complementary = vec![0.0];
        let mut under = 0.0;
        for (gap, within) in gaps.iter().zip(&cdf) {
            under += gap * within;
            complementary.push(under);
        }
        let lowest = values.first().copied().unwrap_or_default();
        let mean = lowest + loss.first().copied().unwrap_or_default();
        let spread: f64 = values
            .iter()
            .zip(&weights)
            .map(|(value, weight)| (value - mean) * (value - mean) * (weight / total))
            .sum();
        let demand = Self {
            mean: crate::error::finite("mean", mean)?,
            sd: crate::error::finite("variance", spread)?.sqrt(),
            values,
            weights,
            cdf,
            sf,
            loss,
            complementary,
            second,
        };
        let sums = [&demand.loss, &demand.complementary, &demand.second];
        if sums.iter().any(|sums| sums.iter().any(|v| !v.is_finite())) {
            return Err(DataError::Overflow { name: "values" }.into());
        }
        Ok(demand)
    }

    /// The distinct values of positive weight, ascending, in units of stock.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The weight of each of the [`values`](Self::values).
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    pub(super) const fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) const fn sd(&self) -> f64 {
        self.sd
    }

    /// How many values are at most `x`.
    fn count(&self, x: f64) -> usize {
        self.values.partition_point(|v| *v <= x)
    }

    /// The smallest value above `x`.
    pub(crate) fn next_above(&self, x: f64) -> Option<f64> {
        self.values.get(self.count(x)).copied()
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        at(&self.cdf, self.count(x).checked_sub(1)).unwrap_or(0.0)
    }

    pub(super) fn sf(&self, x: f64) -> f64 {
        at(&self.sf, self.count(x).checked_sub(1)).unwrap_or(1.0)
    }

    pub(super) fn quantile(&self, level: Level) -> f64 {
        const SLACK: f64 = 1e-12;
        let index = if level.below <= level.above {
            self.cdf.partition_point(|p| *p < level.below * (1.0 - SLACK))
        } else {
            self.sf.partition_point(|p| *p > level.above * (1.0 + SLACK))
        };
        let last = self.values.len().saturating_sub(1);
        at(&self.values, Some(index.min(last))).unwrap_or(self.mean)
    }

    pub(super) fn loss(&self, x: f64) -> f64 {
        let next = self.count(x);
        match (at(&self.values, Some(next)), at(&self.loss, Some(next))) {
            (Some(value), Some(loss)) => loss + (value - x) * self.sf(x),
            _ => 0.0,
        }
    }

    pub(super) fn complementary_loss(&self, x: f64) -> f64 {
        let last = self.count(x).checked_sub(1);
        match (at(&self.values, last), at(&self.complementary, last)) {
            (Some(value), Some(under)) => under + (x - value) * self.cdf(x),
            _ => 0.0,
        }
    }

    /// `E[((X − x)⁺)²]/2`, the integral of the loss.
    pub(super) fn second_loss(&self, x: f64) -> f64 {
        let next = self.count(x);
        let (value, loss, second) = (
            at(&self.values, Some(next)),
            at(&self.loss, Some(next)),
            at(&self.second, Some(next)),
        );
        match (value, loss, second) {
            (Some(value), Some(loss), Some(second)) => {
                second + (value - x) * f64::midpoint(loss, self.loss(x))
            }
            _ => 0.0,
        }
    }
}

fn at(column: &[f64], index: Option<usize>) -> Option<f64> {
    column.get(index?).copied()
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEmpirical {
    values: Vec<f64>,
    weights: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Empirical> for RawEmpirical {
    fn from(demand: Empirical) -> Self {
        Self { values: demand.values, weights: demand.weights }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<RawEmpirical> for Empirical {
    type Error = Error;

    fn try_from(raw: RawEmpirical) -> Result<Self, Error> {
        Self::weighted(&raw.values, &raw.weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    #[test]
    fn agrees_with_the_sum_over_the_sample() {
        let sample = [3.0, 0.0, 7.5, 3.0, 1.0, 12.0, 0.0, 3.0];
        let demand = Empirical::new(&sample).unwrap();
        assert_eq!(demand.values(), [0.0, 1.0, 3.0, 7.5, 12.0]);
        assert_eq!(demand.weights(), [2.0, 1.0, 3.0, 1.0, 1.0]);
        for x in [-2.0, 0.0, 0.5, 1.0, 3.0, 5.0, 7.5, 11.9, 12.0, 20.0] {
            let mean = |f: &dyn Fn(f64) -> f64| sample.iter().map(|v| f(*v)).sum::<f64>() / 8.0;
            assert_close!(demand.cdf(x), mean(&|v| f64::from(v <= x)), 1e-15);
            assert_close!(demand.sf(x), mean(&|v| f64::from(v > x)), 1e-15);
            assert_close!(demand.loss(x), mean(&|v| (v - x).max(0.0)), 1e-14);
            assert_close!(demand.complementary_loss(x), mean(&|v| (x - v).max(0.0)), 1e-14);
            let second = mean(&|v| (v - x).max(0.0).powi(2) / 2.0);
            assert_close!(demand.second_loss(x), second, 1e-14);
        }
        assert_close!(demand.mean(), 29.5 / 8.0, 1e-15);
    }

    #[test]
    fn a_tie_blurred_by_rounding_takes_the_smaller_value() {
        let demand = Empirical::weighted(&[1.0, 2.0, 3.0, 4.0], &[0.1, 0.2, 0.45, 0.25]).unwrap();
        let level = |p: f64| Level { below: p, above: 1.0 - p };
        assert_eq!(demand.quantile(level(0.3)), 2.0);
        assert_eq!(demand.quantile(level(0.75)), 3.0);
        assert_eq!(demand.quantile(level(0.750_001)), 4.0);
        assert_eq!(demand.quantile(level(1e-300)), 1.0);
        assert_eq!(demand.quantile(Level { below: 1.0, above: 1e-300 }), 4.0);
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let a = Empirical::weighted(&[1.0, 1.0, 1.0, -0.0], &[0.1, 0.2, 0.3, 1.0]).unwrap();
        let b = Empirical::weighted(&[0.0, 1.0, 1.0, 1.0], &[1.0, 0.3, 0.2, 0.1]).unwrap();
        assert_eq!(a, b);
    }

    #[test]
    fn bad_columns_are_named() {
        let error =
            |values: &[f64], weights: &[f64]| Empirical::weighted(values, weights).unwrap_err();
        assert_eq!(
            error(&[], &[]),
            DataError::TooShort { name: "values", needed: 1, got: 0 }.into()
        );
        let length = DataError::Length { name: "weights", expected: 2, got: 1 };
        assert_eq!(error(&[1.0, 2.0], &[1.0]), length.into());
        let entry = DataError::entry("weights", 1, "non-negative and finite", -1.0);
        assert_eq!(error(&[1.0, 2.0], &[1.0, -1.0]), entry.into());
        assert!(matches!(error(&[1.0, 2.0], &[0.0, 0.0]), Error::Param(_)));
        assert!(matches!(error(&[f64::NAN], &[1.0]), Error::Data(DataError::Entry { .. })));
        assert!(Empirical::new(&[-f64::MAX, f64::MAX]).is_err());
        assert!(Empirical::weighted(&[1.0, 2.0], &[f64::MAX, f64::MAX]).is_err());
    }
}
