//! Minimum trace: every row counts as much as its past errors allow.
//!
//! ```text
//! ỹ = S (S' W⁻¹ S)⁻¹ S' W⁻¹ ŷ                       W: covariance of the base errors
//!
//! ols         W = I
//! structural  W = diag(number of bottom series of each row)
//! variance    W = diag(mean of e_it²)                residuals not centered
//! shrunk      W = λ diag(Ŵ) + (1 − λ) Ŵ             Ŵ: sample covariance, λ of Schäfer & Strimmer
//! sample      W = Ŵ
//! ```
//!
//! If the base forecasts are unbiased so is `ỹ`, and with the true W its errors have the
//! least variance in every row. No matrix of size n × n is ever made:
//!
//! - Diagonal W is a weighted projection `M` that runs up and down the tree.
//! - Shrunk W is a diagonal plus the T columns of past residuals. With
//!   `F = √((1−λ)/λ/(T−1)) E` (E centered), D the diagonal and `X = F − M F`:
//!
//!   ```text
//!   ỹ = M (ŷ − F α),    (I + X' D⁻¹ X) α = F' D⁻¹ (ŷ − M ŷ)
//!   ```
//!
//!   In words: of what does not add up, take away what past errors explain, then project.
//! - Sample W takes away the shortest combination of past residuals that makes the rows
//!   add up: `ỹ = ŷ − E β`. It needs more periods than rows.
//!
//! For n rows, T periods and h columns: O(n h) for a tree, O(n T (T + h)) with residuals,
//! times the iterations of the cross part where aggregates cross; memory a few times that of
//! the residuals. With [`with_non_negative`](MinT::with_non_negative) the same distance is
//! minimized over `b ≥ 0`, column by column.
//!
//! Sources: Wickramasuriya, Athanasopoulos & Hyndman (2019), "Optimal forecast
//! reconciliation for hierarchical and grouped time series through trace minimization",
//! JASA 114(526), 804–819; Hyndman, Ahmed, Athanasopoulos & Shang (2011), "Optimal
//! combination forecasts for hierarchical time series", Computational Statistics & Data
//! Analysis 55(9), 2579–2589; structural: Athanasopoulos, Hyndman, Kourentzes & Petropoulos
//! (2017), "Forecasting with temporal hierarchies", EJOR 262(1), 60–74.
//!
//! Limits: W is that of one-step errors and taken to be proportional at every step. A row
//! whose residuals are all zero counts as very sure (a variance of 10⁻¹² of the mean one).

use super::dense::{Cholesky, add_gram, axpy, dot, least_norm};
use super::non_negative::{self, Step};
use super::projection::{Effort, Gains, Projection};
use super::residuals::{Residuals, compressed, shrinkage, variances};
use super::structure::{Hierarchy, NONE, all_finite, columns};
use crate::Error;
use crate::moments::magnitude;
use omni_core::check;
use std::borrow::Cow;

/// What is assumed of the errors of the base forecasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Covariance {
    /// All rows err alike and independently.
    Identity,
    /// Variance in proportion to the number of bottom series.
    Structural,
    /// The mean squared residual of each row.
    Variance,
    /// The sample covariance, its correlations shrunk.
    Shrunk,
    /// The sample covariance itself.
    Sample,
}

/// Settings of minimum-trace reconciliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MinT {
    covariance: Covariance,
    non_negative: bool,
}

impl MinT {
    /// Reconciles under `covariance`.
    #[must_use]
    pub const fn new(covariance: Covariance) -> Self {
        Self { covariance, non_negative: false }
    }

    /// Lets no row fall below zero.
    #[must_use]
    pub const fn with_non_negative(self) -> Self {
        Self { non_negative: true, ..self }
    }

    /// Learns the weights from `residuals`: actual less fitted of all rows, oldest first,
    /// the periods of a row side by side. `Identity` and `Structural` do not read them.
    ///
    /// # Errors
    /// [`Error::Data`] if the length is not a multiple of the rows, an entry is not finite,
    /// all are zero or there are fewer than two periods (one for `Variance`);
    /// [`Error::Singular`] if `Sample` has no more periods than rows or rows depend on each
    /// other: take `Shrunk`.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::hierarchy::{Covariance, Hierarchy, MinT};
    ///
    /// let hierarchy = Hierarchy::from_labels(&[("country", &[1, 1, 2])])?;
    /// // Total, two countries, three series: 12 is not 4 + 6, and 6 is not 7.
    /// let base = [12.0, 4.0, 6.0, 1.0, 3.0, 7.0];
    /// let fit = MinT::new(Covariance::Structural).fit(&hierarchy, &[])?;
    /// let coherent = fit.reconcile(&base)?.values;
    /// assert!(hierarchy.incoherence(&coherent)? < 1e-15);
    /// assert!((coherent[0] - 11.0).abs() < 1e-12);
    /// // What adds up already is left as it is.
    /// assert_eq!(fit.reconcile(&[9.0, 5.0, 4.0, 2.0, 3.0, 4.0])?.values[3..], [2.0, 3.0, 4.0]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit<'a>(
        &self,
        hierarchy: &'a Hierarchy,
        residuals: &[f64],
    ) -> Result<MinTFit<'a>, Error> {
        let rows = hierarchy.rows();
        let periods = |least: usize| {
            let periods = columns("residuals", residuals, rows)?;
            check::min_len("residuals", residuals, least * rows)?;
            Ok::<_, Error>(periods)
        };
        let (weights, shrinkage) = match self.covariance {
            Covariance::Identity => {
                (Weights::Diagonal(Projection::new(hierarchy, vec![1.0; rows])), None)
            }
            Covariance::Structural => {
                let count = |row| hierarchy.members(row).len().max(1) as f64;
                let counts = (0..rows).map(count).collect();
                (Weights::Diagonal(Projection::new(hierarchy, counts)), None)
            }
            Covariance::Variance => {
                let squares = Residuals::new(residuals, periods(1)?).mean_squares()?;
                (Weights::Diagonal(Projection::new(hierarchy, squares)), None)
            }
            Covariance::Shrunk => {
                let residuals = Residuals::new(residuals, periods(2)?);
                let (weights, shrinkage) = Factors::learn(hierarchy, &residuals)?;
                (weights, Some(shrinkage))
            }
            Covariance::Sample => {
                let periods = periods(2)?;
                if periods <= rows {
                    return Err(Error::Singular { rows, periods });
                }
                let residuals = Residuals::new(residuals, periods);
                (Weights::Sample(Sample::new(hierarchy, &residuals)?), None)
            }
        };
        Ok(MinTFit { hierarchy, non_negative: self.non_negative, weights, shrinkage })
    }
}

/// What [`MinT::fit`] learned: reconciles any base forecasts of the same hierarchy.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MinTFit<'a> {
    /// How far correlations were shrunk, in `[0, 1]`; `None` unless [`Covariance::Shrunk`].
    pub shrinkage: Option<f64>,
    hierarchy: &'a Hierarchy,
    non_negative: bool,
    weights: Weights<'a>,
}

/// Forecasts of all rows that add up.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Reconciled {
    /// The rows, their columns side by side.
    pub values: Vec<f64>,
    /// The most iterations or pivots a column took; 0 where a formula sufficed.
    pub iterations: usize,
    /// Whether all columns met the tolerance; they add up in any case.
    pub converged: bool,
}

impl MinTFit<'_> {
    /// Reconciles base forecasts of all rows, one or more columns side by side.
    ///
    /// # Errors
    /// [`Error::Data`] if the length is not a multiple of the rows, an entry is not finite or
    /// a result overflows.
    pub fn reconcile(&self, base: &[f64]) -> Result<Reconciled, Error> {
        let columns = columns("base", base, self.hierarchy.rows())?;
        let unit = magnitude(base.iter().copied());
        let base: Vec<f64> = base.iter().map(|v| v / unit).collect();
        let (mut values, mut effort) = self.weights.reconcile(&base, columns)?;
        if self.non_negative {
            let bottom = self.hierarchy.aggregates() * columns;
            let mut fixed = vec![false; values.len() / columns - self.hierarchy.aggregates()];
            for column in 0..columns {
                let of = |all: &[f64], from: usize| -> Vec<f64> {
                    all[from..].iter().skip(column).step_by(columns).copied().collect()
                };
                let free = of(&values, bottom);
                if free.iter().all(|b| *b >= 0.0) {
                    continue;
                }
                fixed.iter_mut().zip(&free).for_each(|(fixed, b)| *fixed |= *b < 0.0);
                let target = of(&base, 0);
                let mut start = Vec::new();
                if let Weights::Shrunk(factors) = &self.weights {
                    factors.guess(&target, &mut fixed, &mut start)?;
                }
                let step = |fixed: &[bool]| self.weights.step(&target, fixed, &mut start);
                let (solved, this) = non_negative::solve(&mut fixed, step)?;
                effort = effort.and(this);
                let to = values[bottom..].iter_mut().skip(column).step_by(columns);
                to.zip(solved).for_each(|(to, solved)| *to = solved);
            }
            self.hierarchy.add_up(&mut values, columns);
        }
        for v in &mut values {
            *v *= unit;
        }
        Ok(Reconciled {
            values: all_finite("base", values)?,
            iterations: effort.iterations,
            converged: effort.converged,
        })
    }
}

#[derive(Debug, Clone)]
enum Weights<'a> {
    Diagonal(Projection<'a>),
    Shrunk(Box<Factors<'a>>),
    Sample(Sample<'a>),
}

impl Weights<'_> {
    fn reconcile(&self, base: &[f64], columns: usize) -> Result<(Vec<f64>, Effort), Error> {
        match self {
            Self::Diagonal(projection) => {
                let mut values = base.to_vec();
                let effort = projection.apply(&mut values, columns);
                Ok((values, effort))
            }
            Self::Shrunk(factors) => Ok(factors.reconcile(base, columns)),
            Self::Sample(sample) => sample.reconcile(base, columns),
        }
    }

    /// One column with some bottom series fixed at zero; `start` carries over what helps
    /// the next call.
    fn step(&self, base: &[f64], fixed: &[bool], start: &mut Vec<f64>) -> Result<Step, Error> {
        match self {
            Self::Diagonal(projection) => Ok(nearest(projection, &projection.gains(fixed), base)),
            Self::Shrunk(factors) => Ok(factors.step(base, fixed, start)),
            Self::Sample(sample) => sample.step(base, fixed),
        }
    }
}

/// The weighted projection with series fixed, and the pull on the bottom series.
fn nearest(projection: &Projection<'_>, gains: &Gains, base: &[f64]) -> Step {
    let hierarchy = projection.hierarchy();
    let (tree, aggregates) = (hierarchy.tree(), hierarchy.aggregates());
    let mut values = base.to_vec();
    projection.apply_with(gains, &mut values, 1);
    // S' D⁻¹ (S b − ŷ): every row hands its part to its members.
    let parts = values.iter().zip(base).zip(projection.variances());
    let mut parts: Vec<f64> = parts.map(|((value, base), d)| (value - base) / d).collect();
    let cross: Vec<f64> = tree.cross.iter().map(|&row| parts[row as usize]).collect();
    for &row in &tree.order {
        let parent = tree.parent[row as usize];
        if parent != NONE {
            parts[row as usize] += parts[parent as usize];
        }
    }
    let mut pull = parts.split_off(aggregates);
    for (pull, &parent) in pull.iter_mut().zip(&tree.parent[aggregates..]) {
        if parent != NONE {
            *pull += parts[parent as usize];
        }
    }
    for (&row, part) in tree.cross.iter().zip(cross) {
        for &member in hierarchy.members(row as usize) {
            pull[member as usize] += part;
        }
    }
    pull.iter_mut().zip(&projection.variances()[aggregates..]).for_each(|(pull, d)| *pull *= d);
    Step { bottom: values.split_off(aggregates), pull }
}

/// Shrunk covariance: the diagonal, and past residuals as columns beside it.
#[derive(Debug, Clone)]
struct Factors<'a> {
    projection: Projection<'a>,
    /// `F`, `width` per row.
    columns: Vec<f64>,
    width: usize,
    /// `M F`, the part of each column that adds up.
    coherent: Vec<f64>,
    /// Of `I + X' D⁻¹ X`.
    system: Cholesky,
    effort: Effort,
}

impl<'a> Factors<'a> {
    fn learn(
        hierarchy: &'a Hierarchy,
        residuals: &Residuals<'_>,
    ) -> Result<(Weights<'a>, f64), Error> {
        // Rows to work on at a time, so that the differences stay in the cache.
        const BLOCK: usize = 64;
        let periods = residuals.periods;
        let centered = residuals.centered();
        let shrinkage = shrinkage(&centered, periods);
        let projection = Projection::new(hierarchy, variances(&centered, periods)?);
        // Not all digits of a share near 0 could be kept; the sample covariance is for that.
        let share = shrinkage.max(1e-9);
        let (mut factors, width) = compressed(centered, periods);
        let scale = ((1.0 - share) / share / (periods - 1) as f64).sqrt();
        if scale == 0.0 {
            return Ok((Weights::Diagonal(projection), shrinkage));
        }
        for f in &mut factors {
            *f *= scale;
        }
        let mut coherent = factors.clone();
        let effort = projection.apply(&mut coherent, width);
        let mut gram = vec![0.0; width * width];
        (0..width).for_each(|i| gram[i * width + i] = 1.0);
        let mut apart = Vec::with_capacity(BLOCK * width);
        let blocks = factors.chunks(BLOCK * width).zip(coherent.chunks(BLOCK * width));
        for ((factors, coherent), d) in blocks.zip(projection.variances().chunks(BLOCK)) {
            apart.clear();
            apart.extend(factors.iter().zip(coherent).map(|(f, c)| f - c));
            let weights: Vec<f64> = d.iter().map(|d| d.recip()).collect();
            add_gram(&mut gram, &apart, &weights, width);
        }
        let singular = Error::Singular { rows: hierarchy.rows(), periods };
        let system = Cholesky::new(gram, width).ok_or(singular)?;
        let factors = Self { projection, columns: factors, width, coherent, system, effort };
        Ok((Weights::Shrunk(Box::new(factors)), shrinkage))
    }

    /// `F' D⁻¹ r`, column by column.
    fn explain(&self, apart: &[f64], columns: usize) -> Vec<f64> {
        let mut sums = vec![0.0; self.width * columns];
        let rows = self.columns.chunks_exact(self.width).zip(apart.chunks_exact(columns));
        for ((factors, apart), d) in rows.zip(self.projection.variances()) {
            if columns == 1 {
                axpy(&mut sums, apart[0] / d, factors);
            } else {
                for (sums, f) in sums.chunks_exact_mut(columns).zip(factors) {
                    axpy(sums, f / d, apart);
                }
            }
        }
        sums
    }

    fn reconcile(&self, base: &[f64], columns: usize) -> (Vec<f64>, Effort) {
        let mut values = base.to_vec();
        let effort = self.effort.and(self.projection.apply(&mut values, columns));
        let apart: Vec<f64> = base.iter().zip(&values).map(|(b, v)| b - v).collect();
        let mut alpha = self.explain(&apart, columns);
        self.system.solve(&mut alpha, columns);
        let hierarchy = self.projection.hierarchy();
        let aggregates = hierarchy.aggregates();
        let bottom = values[aggregates * columns..].chunks_exact_mut(columns);
        for (row, coherent) in
            bottom.zip(self.coherent[aggregates * self.width..].chunks_exact(self.width))
        {
            for (alpha, coherent) in alpha.chunks_exact(columns).zip(coherent) {
                axpy(row, -coherent, alpha);
            }
        }
        hierarchy.add_up(&mut values, columns);
        (values, effort)
    }

    /// One column with series fixed.
    fn step(&self, base: &[f64], fixed: &[bool], alpha: &mut Vec<f64>) -> Step {
        let gains = self.projection.gains(fixed);
        self.weigh(base, &gains, alpha, 1e-26);
        nearest(&self.projection, &gains, &self.less(base, alpha))
    }

    /// A set of fixed series to start from: with `α` held, pivots cost no more than those of
    /// diagonal weights; then `α` is found for their set, and so on until it stays.
    fn guess(&self, base: &[f64], fixed: &mut [bool], alpha: &mut Vec<f64>) -> Result<(), Error> {
        const MAX_ROUNDS: usize = 12;
        for _ in 0..MAX_ROUNDS {
            let before = fixed.to_vec();
            self.weigh(base, &self.projection.gains(fixed), alpha, 1e-10);
            let less = self.less(base, alpha);
            let step = |fixed: &[bool]| {
                Ok(nearest(&self.projection, &self.projection.gains(fixed), &less))
            };
            non_negative::solve(fixed, step)?;
            if fixed == before {
                break;
            }
        }
        Ok(())
    }

    /// `F α`
    fn combined(&self, alpha: &[f64]) -> Vec<f64> {
        self.columns.chunks_exact(self.width).map(|factors| dot(factors, alpha)).collect()
    }

    /// `ŷ − F α`
    fn less(&self, base: &[f64], alpha: &[f64]) -> Vec<f64> {
        base.iter().zip(self.combined(alpha)).map(|(base, explained)| base - explained).collect()
    }

    /// Finds `α` with the series of `gains` fixed. `X` is another then: conjugate gradients,
    /// from the `alpha` given, preconditioned by the system without fixed series, until the
    /// squared error is below the share `tolerance` of that without any factor.
    fn weigh(&self, base: &[f64], gains: &Gains, alpha: &mut Vec<f64>, tolerance: f64) {
        const MAX_ITERATIONS: usize = 200;
        // F' D⁻¹ (v − M v)
        let image = |values: &[f64]| {
            let mut apart = values.to_vec();
            self.projection.apply_with(gains, &mut apart, 1);
            for (apart, value) in apart.iter_mut().zip(values) {
                *apart = value - *apart;
            }
            self.explain(&apart, 1)
        };
        let solved = |error: &[f64]| {
            let mut solution = error.to_vec();
            self.system.solve(&mut solution, 1);
            solution
        };
        alpha.resize(self.width, 0.0);
        let whole = image(base);
        let goal = dot(&whole, &solved(&whole)) * tolerance;
        let mut error = image(&self.less(base, alpha));
        axpy(&mut error, -1.0, alpha);
        let mut direction = solved(&error);
        let mut size = dot(&error, &direction);
        let mut iterations = 0;
        while size > goal && iterations < MAX_ITERATIONS {
            iterations += 1;
            let mut pushed = image(&self.combined(&direction));
            axpy(&mut pushed, 1.0, &direction);
            let step = size / dot(&direction, &pushed);
            if !step.is_finite() {
                break;
            }
            axpy(alpha, step, &direction);
            axpy(&mut error, -step, &pushed);
            let preconditioned = solved(&error);
            let next = dot(&error, &preconditioned);
            let turn = next / size;
            size = next;
            for (d, p) in direction.iter_mut().zip(&preconditioned) {
                *d = p + turn * *d;
            }
        }
    }
}

/// The sample covariance, by its residuals.
#[derive(Debug, Clone)]
struct Sample<'a> {
    hierarchy: &'a Hierarchy,
    centered: Vec<f64>,
    periods: usize,
    /// Each aggregate less the sum of its members, of the centered residuals.
    apart: Vec<Vec<f64>>,
}

impl<'a> Sample<'a> {
    fn new(hierarchy: &'a Hierarchy, residuals: &Residuals<'_>) -> Result<Self, Error> {
        let (centered, periods) = (residuals.centered(), residuals.periods);
        let apart = apart(hierarchy, &centered, periods);
        let sample = Self { hierarchy, centered, periods, apart };
        // Not for its answer: whether the rows are independent at all.
        let all = sample.centered.chunks_exact(periods).map(<[f64]>::to_vec).collect();
        let zeros = vec![0.0; hierarchy.rows()];
        least_norm(all, &zeros).ok_or(Error::Singular { rows: hierarchy.rows(), periods })?;
        Ok(sample)
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.centered[row * self.periods..][..self.periods]
    }

    fn reconcile(&self, base: &[f64], columns: usize) -> Result<(Vec<f64>, Effort), Error> {
        let mut values = base.to_vec();
        let free = vec![false; values.len() / columns - self.hierarchy.aggregates()];
        let bottom = self.hierarchy.aggregates() * columns;
        for column in 0..columns {
            let target: Vec<f64> = base.iter().skip(column).step_by(columns).copied().collect();
            let solved = self.step(&target, &free)?.bottom;
            let to = values[bottom..].iter_mut().skip(column).step_by(columns);
            to.zip(solved).for_each(|(to, solved)| *to = solved);
        }
        self.hierarchy.add_up(&mut values, columns);
        Ok((values, Effort::NONE))
    }

    fn step(&self, base: &[f64], fixed: &[bool]) -> Result<Step, Error> {
        let aggregates = self.hierarchy.aggregates();
        let held: Vec<usize> = (0..fixed.len()).filter(|&i| fixed[i]).collect();
        let mut rows = self.apart.clone();
        let mut gaps = apart(self.hierarchy, base, 1).concat();
        for &series in &held {
            rows.push(self.row(aggregates + series).to_vec());
            gaps.push(base[aggregates + series]);
        }
        let singular = Error::Singular { rows: self.hierarchy.rows(), periods: self.periods };
        let found = least_norm(rows, &gaps).ok_or(singular)?;
        let left = |series: usize| {
            let row = aggregates + series;
            base[row] - dot(self.row(row), &found.solution)
        };
        let bottom = (0..fixed.len()).map(|i| if fixed[i] { 0.0 } else { left(i) }).collect();
        let mut pull = vec![0.0; fixed.len()];
        for (&series, multiplier) in held.iter().zip(&found.multipliers[aggregates..]) {
            let row = self.row(aggregates + series);
            pull[series] = -multiplier * dot(row, row);
        }
        Ok(Step { bottom, pull })
    }
}

/// For each aggregate, its row less the sum of those of its members.
fn apart(hierarchy: &Hierarchy, values: &[f64], columns: usize) -> Vec<Vec<f64>> {
    let mut summed = Cow::Borrowed(values);
    hierarchy.add_up(summed.to_mut(), columns);
    let rows = values.chunks_exact(columns).zip(summed.chunks_exact(columns));
    rows.take(hierarchy.aggregates())
        .map(|(row, sum)| row.iter().zip(sum).map(|(a, b)| a - b).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::DataError;

    #[test]
    fn two_series_and_their_total_by_hand() {
        // min (t − 10)² + (a − 3)² + (b − 4)² with t = a + b: the gap of 3 in three parts.
        let hierarchy = Hierarchy::from_members(2, &[&[0, 1]]).unwrap();
        let fit = MinT::new(Covariance::Identity).fit(&hierarchy, &[]).unwrap();
        let got = fit.reconcile(&[10.0, 3.0, 4.0]).unwrap();
        assert!(got.values.iter().zip([9.0, 4.0, 5.0]).all(|(a, b)| (a - b).abs() < 1e-15));
        assert_eq!((got.iterations, got.converged), (0, true));
        // The total counts half as much.
        let fit = MinT::new(Covariance::Structural).fit(&hierarchy, &[]).unwrap();
        let got = fit.reconcile(&[10.0, 3.0, 4.0]).unwrap().values;
        assert!(got.iter().zip([8.5, 3.75, 4.75]).all(|(a, b)| (a - b).abs() < 1e-15));
    }

    #[test]
    fn a_series_pushed_below_zero_stays_at_zero() {
        let hierarchy = Hierarchy::from_members(2, &[&[0, 1]]).unwrap();
        let base = [1.0, 0.5, 5.0, 1.0, 0.5, 2.0]; // two columns
        for covariance in [Covariance::Identity, Covariance::Structural] {
            let fit = MinT::new(covariance).with_non_negative().fit(&hierarchy, &[]).unwrap();
            let got = fit.reconcile(&base).unwrap();
            assert!(got.values.iter().all(|v| *v >= 0.0) && got.converged, "{got:?}");
            assert_eq!(hierarchy.incoherence(&got.values), Ok(0.0));
        }
        let fit = MinT::new(Covariance::Identity).with_non_negative().fit(&hierarchy, &[]);
        let got = fit.unwrap().reconcile(&[1.0, 0.5, 5.0]).unwrap().values;
        // With a = 0: min (b − 1)² + (b − 5)².
        assert!(got.iter().zip([3.0, 0.0, 3.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{got:?}");
    }

    #[test]
    fn errors() {
        let hierarchy = Hierarchy::from_members(2, &[&[0, 1]]).unwrap();
        let fit = |covariance, residuals: &[f64]| {
            MinT::new(covariance).fit(&hierarchy, residuals).map(|_| ()).unwrap_err()
        };
        let length = |expected, got| DataError::Length { name: "residuals", expected, got }.into();
        assert_eq!(fit(Covariance::Variance, &[]), length(3, 0));
        assert_eq!(fit(Covariance::Shrunk, &[1.0; 4]), length(3, 4));
        let short = DataError::TooShort { name: "residuals", needed: 6, got: 3 };
        assert_eq!(fit(Covariance::Shrunk, &[1.0; 3]), short.into());
        let entry = DataError::entry("residuals", 2, "finite", f64::NAN);
        assert_eq!(fit(Covariance::Variance, &[1.0, 1.0, f64::NAN]), entry.into());
        let zero = DataError::entry("residuals", 0, "not zero in all rows", 0.0);
        for covariance in [Covariance::Variance, Covariance::Shrunk] {
            assert_eq!(fit(covariance, &[0.0; 6]), zero.clone().into());
        }
        let singular = |periods| Error::Singular { rows: 3, periods };
        assert_eq!(fit(Covariance::Sample, &[1.0, 2.0, 3.0, 1.0, 5.0, 1.0]), singular(2));
        // The total's residuals are the sum of the others'.
        let coherent = [3.0, -1.0, 2.0, 0.0, 1.0, 1.0, -1.0, 0.0, 2.0, -2.0, 3.0, 0.0];
        assert_eq!(fit(Covariance::Sample, &coherent), singular(4));
        let fit = MinT::new(Covariance::Identity).fit(&hierarchy, &[]).unwrap();
        assert!(fit.reconcile(&[1.0, 2.0]).is_err());
        assert!(fit.reconcile(&[]).is_err());
        assert!(fit.reconcile(&[1.0, f64::INFINITY, 0.0]).is_err());
    }

    #[test]
    fn coherent_residuals_make_shrunk_ignore_correlations_of_what_adds_up() {
        // Every residual adds up, so no combination explains a gap: X = 0.
        let hierarchy = Hierarchy::from_members(2, &[&[0, 1]]).unwrap();
        let residuals = [3.0, -1.0, 2.0, 0.0, 1.0, 1.0, -1.0, 0.0, 2.0, -2.0, 3.0, 0.0];
        let fit = MinT::new(Covariance::Shrunk).fit(&hierarchy, &residuals).unwrap();
        let got = fit.reconcile(&[10.0, 3.0, 4.0]).unwrap().values;
        assert!(hierarchy.incoherence(&got).unwrap() < 1e-15);
        assert!(got.iter().all(|v| v.is_finite()));
    }
}
