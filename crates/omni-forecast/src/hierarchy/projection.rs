//! Weighted least squares over a hierarchy: the nearest values that add up.
//!
//! ```text
//! M ŷ = argmin over y = S b of Σ_i (y_i − ŷ_i)² / d_i        d_i: variance of row i
//!
//! tree, up      s_p = Σ μ_c, σ_p = Σ v_c            over the children c of p
//!               κ_p = σ_p / (σ_p + d_p)
//!               μ_p = s_p + κ_p (ŷ_p − s_p),  v_p = σ_p (1 − κ_p)
//! tree, down    δ_p = κ_p (ŷ_p − s_p) + v_p/σ_q δ_q          q: the parent of p
//!               b_c = ŷ_c + v_c/σ_p δ_p
//! ```
//!
//! A leaf has `μ = ŷ`, `v = d`. The passes are exact: O(n) per column. Aggregates G that
//! cross the tree are then met by a correction:
//!
//! ```text
//! b = b_T + P G' (G P G' + D_G)⁻¹ (ŷ_G − G b_T)
//! ```
//!
//! where `P w` are the bottom rows of the tree passes over `(0, D w)`. The system is solved
//! by conjugate gradients over all columns at once, preconditioned by its own Cholesky
//! factor (which makes it a direct solve) while there are at most 400 cross aggregates, and
//! by its diagonal beyond.
//!
//! A bottom series may be fixed at zero: it is a leaf with `μ = v = 0`.
//!
//! Sources: the tree passes are those of Pearl (1988), "Probabilistic Reasoning in
//! Intelligent Systems", chapter 7, for normal variables; conjugate gradients: Hestenes &
//! Stiefel (1952), Journal of Research of the National Bureau of Standards 49(6), 409–436.

use super::dense::{Cholesky, axpy, divide};
use super::structure::{Hierarchy, NONE, add};

/// The most cross aggregates whose system is factored.
const FACTORED: usize = 400;

/// Columns that run through the hierarchy together.
const CHUNK: usize = 16;

/// The conjugate gradients stop at this share of the first error, squared.
const TOLERANCE: f64 = 1e-27;
const MAX_ITERATIONS: usize = 1_000;

/// Weighted least squares with given variances, all above zero.
#[derive(Debug, Clone)]
pub(super) struct Projection<'a> {
    hierarchy: &'a Hierarchy,
    variances: Vec<f64>,
    gains: Gains,
    preconditioner: Preconditioner,
}

/// How far a projection went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effort {
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

impl Effort {
    pub(super) const NONE: Self = Self { iterations: 0, converged: true };

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            iterations: self.iterations.max(other.iterations),
            converged: self.converged && other.converged,
        }
    }
}

/// What the passes need of the variances.
#[derive(Debug, Clone)]
pub(super) struct Gains {
    /// `κ` of each aggregate.
    gain: Vec<f64>,
    /// Of each row, its share of what its parent hands down.
    share: Vec<f64>,
    /// The variance of each bottom row, 0 if fixed.
    leaf: Vec<f64>,
}

#[derive(Debug, Clone)]
enum Preconditioner {
    Factor(Cholesky),
    Diagonal(Vec<f64>),
}

impl<'a> Projection<'a> {
    pub(super) fn new(hierarchy: &'a Hierarchy, variances: Vec<f64>) -> Self {
        let gains = gains(hierarchy, &variances, None);
        let diagonal = hierarchy.tree().cross.iter().map(|&row| {
            let (_, leaf) = variances.split_at(hierarchy.aggregates());
            let members = hierarchy.members(row as usize).iter();
            variances[row as usize] + members.map(|&b| leaf[b as usize]).sum::<f64>()
        });
        let preconditioner = Preconditioner::Diagonal(diagonal.collect());
        let mut projection = Self { hierarchy, variances, gains, preconditioner };
        if let Some(factor) = projection.factor() {
            projection.preconditioner = Preconditioner::Factor(factor);
        }
        projection
    }

    pub(super) const fn hierarchy(&self) -> &'a Hierarchy {
        self.hierarchy
    }

    pub(super) fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// What the passes need if some bottom series are fixed at zero.
    pub(super) fn gains(&self, fixed: &[bool]) -> Gains {
        gains(self.hierarchy, &self.variances, Some(fixed))
    }

    /// Replaces all rows by the nearest ones that add up.
    pub(super) fn apply(&self, values: &mut [f64], columns: usize) -> Effort {
        self.apply_with(&self.gains, values, columns)
    }

    /// As [`apply`](Self::apply), with the bottom series of `gains` fixed.
    pub(super) fn apply_with(&self, gains: &Gains, values: &mut [f64], columns: usize) -> Effort {
        if columns <= CHUNK {
            return self.apply_chunk(gains, values, columns);
        }
        let mut effort = Effort::NONE;
        let mut part = Vec::new();
        for start in (0..columns).step_by(CHUNK) {
            let width = CHUNK.min(columns - start);
            part.clear();
            for row in values.chunks_exact(columns) {
                part.extend_from_slice(&row[start..start + width]);
            }
            effort = effort.and(self.apply_chunk(gains, &mut part, width));
            for (row, part) in values.chunks_exact_mut(columns).zip(part.chunks_exact(width)) {
                row[start..start + width].copy_from_slice(part);
            }
        }
        effort
    }

    fn apply_chunk(&self, gains: &Gains, values: &mut [f64], columns: usize) -> Effort {
        let cross = &self.hierarchy.tree().cross;
        let mut effort = Effort::NONE;
        self.tree_passes(gains, values, columns);
        if !cross.is_empty() {
            let mut error = Vec::with_capacity(cross.len() * columns);
            for &row in cross {
                error.extend_from_slice(&values[row as usize * columns..][..columns]);
            }
            let mut found = vec![0.0; error.len()];
            self.gather(values, columns, &mut found);
            error.iter_mut().zip(&found).for_each(|(error, sum)| *error -= sum);
            let weights;
            (weights, effort) = self.solve_cross(gains, error, columns);
            let correction = self.spread(gains, &weights, columns);
            let bottom = self.hierarchy.aggregates() * columns;
            add(&mut values[bottom..], &correction[bottom..]);
        }
        self.hierarchy.add_up(values, columns);
        effort
    }

    /// The passes up and down the tree; bottom rows become `b_T`, tree aggregates are spent.
    fn tree_passes(&self, gains: &Gains, values: &mut [f64], columns: usize) {
        let tree = self.hierarchy.tree();
        let aggregates = self.hierarchy.aggregates();
        let (above, bottom) = values.split_at_mut(aggregates * columns);
        for (row, &leaf) in bottom.chunks_exact_mut(columns).zip(&gains.leaf) {
            if leaf == 0.0 {
                row.fill(0.0);
            }
        }
        // Sums of the children, s_p; above becomes κ (ŷ − s).
        let mut sums = vec![0.0; above.len()];
        for (row, &parent) in bottom.chunks_exact(columns).zip(&tree.parent[aggregates..]) {
            if parent != NONE {
                add(&mut sums[parent as usize * columns..][..columns], row);
            }
        }
        for &row in tree.order.iter().rev() {
            let (row, parent) = (row as usize, tree.parent[row as usize]);
            let gain = gains.gain[row];
            for column in 0..columns {
                let at = row * columns + column;
                let innovation = gain * (above[at] - sums[at]);
                above[at] = innovation;
                if parent != NONE {
                    sums[parent as usize * columns + column] += sums[at] + innovation;
                }
            }
        }
        for &row in &tree.order {
            let (row, parent) = (row as usize, tree.parent[row as usize]);
            if parent != NONE {
                for column in 0..columns {
                    let handed = above[parent as usize * columns + column];
                    above[row * columns + column] += gains.share[row] * handed;
                }
            }
        }
        let bottom = bottom.chunks_exact_mut(columns);
        for ((row, &parent), &share) in
            bottom.zip(&tree.parent[aggregates..]).zip(&gains.share[aggregates..])
        {
            if parent != NONE {
                axpy(row, share, &above[parent as usize * columns..][..columns]);
            }
        }
    }

    /// The sums of the bottom rows over each cross aggregate.
    fn gather(&self, values: &[f64], columns: usize, sums: &mut [f64]) {
        let bottom = &values[self.hierarchy.aggregates() * columns..];
        sums.fill(0.0);
        let cross = self.hierarchy.tree().cross.iter();
        for (&row, sum) in cross.zip(sums.chunks_exact_mut(columns)) {
            for &member in self.hierarchy.members(row as usize) {
                add(sum, &bottom[member as usize * columns..][..columns]);
            }
        }
    }

    /// `P G' w` in the bottom rows.
    fn spread(&self, gains: &Gains, weights: &[f64], columns: usize) -> Vec<f64> {
        let mut values = vec![0.0; self.hierarchy.rows() * columns];
        let start = self.hierarchy.aggregates() * columns;
        let cross = self.hierarchy.tree().cross.iter();
        for (&row, weight) in cross.zip(weights.chunks_exact(columns)) {
            for &member in self.hierarchy.members(row as usize) {
                let member = member as usize;
                let to = &mut values[start + member * columns..][..columns];
                axpy(to, gains.leaf[member], weight);
            }
        }
        self.tree_passes(gains, &mut values, columns);
        values
    }

    /// `(G P G' + D_G) w`
    fn system(&self, gains: &Gains, weights: &[f64], columns: usize) -> Vec<f64> {
        let values = self.spread(gains, weights, columns);
        let mut result = vec![0.0; weights.len()];
        self.gather(&values, columns, &mut result);
        for ((row, result), weight) in self
            .hierarchy
            .tree()
            .cross
            .iter()
            .zip(result.chunks_exact_mut(columns))
            .zip(weights.chunks_exact(columns))
        {
            axpy(result, self.variances[*row as usize], weight);
        }
        result
    }

    fn factor(&self) -> Option<Cholesky> {
        let count = self.hierarchy.tree().cross.len();
        if count == 0 || count > FACTORED {
            return None;
        }
        let mut matrix = vec![0.0; count * count];
        for start in (0..count).step_by(CHUNK) {
            let width = CHUNK.min(count - start);
            let mut unit = vec![0.0; count * width];
            for column in 0..width {
                unit[(start + column) * width + column] = 1.0;
            }
            let part = self.system(&self.gains, &unit, width);
            for (row, part) in matrix.chunks_exact_mut(count).zip(part.chunks_exact(width)) {
                row[start..start + width].copy_from_slice(part);
            }
        }
        Cholesky::new(matrix, count)
    }

    fn precondition(&self, values: &mut [f64], columns: usize) {
        match &self.preconditioner {
            Preconditioner::Factor(factor) => factor.solve(values, columns),
            Preconditioner::Diagonal(diagonal) => {
                for (row, d) in values.chunks_exact_mut(columns).zip(diagonal) {
                    divide(row, *d);
                }
            }
        }
    }

    /// Conjugate gradients, each column with its own steps.
    fn solve_cross(
        &self,
        gains: &Gains,
        mut error: Vec<f64>,
        columns: usize,
    ) -> (Vec<f64>, Effort) {
        let mut weights = vec![0.0; error.len()];
        let mut preconditioned = error.clone();
        self.precondition(&mut preconditioned, columns);
        let mut direction = preconditioned.clone();
        let mut size = products(&error, &preconditioned, columns);
        let goal: Vec<f64> = size.iter().map(|first| first * TOLERANCE).collect();
        let open = |size: &[f64]| size.iter().zip(&goal).any(|(size, goal)| size > goal);
        let mut iterations = 0;
        while open(&size) && iterations < MAX_ITERATIONS {
            iterations += 1;
            let image = self.system(gains, &direction, columns);
            let curvature = products(&direction, &image, columns);
            let step: Vec<f64> = size.iter().zip(&curvature).map(|(s, c)| ratio(*s, *c)).collect();
            for at in 0..error.len() {
                weights[at] += step[at % columns] * direction[at];
                error[at] -= step[at % columns] * image[at];
            }
            preconditioned.copy_from_slice(&error);
            self.precondition(&mut preconditioned, columns);
            let next = products(&error, &preconditioned, columns);
            let turn: Vec<f64> = next.iter().zip(&size).map(|(n, s)| ratio(*n, *s)).collect();
            for at in 0..direction.len() {
                direction[at] = preconditioned[at] + turn[at % columns] * direction[at];
            }
            size = next;
        }
        let converged = !open(&size);
        (weights, Effort { iterations, converged })
    }
}

fn gains(hierarchy: &Hierarchy, variances: &[f64], fixed: Option<&[bool]>) -> Gains {
    let tree = hierarchy.tree();
    let aggregates = hierarchy.aggregates();
    let mut leaf = variances[aggregates..].to_vec();
    if let Some(fixed) = fixed {
        leaf.iter_mut().zip(fixed).filter(|(_, fixed)| **fixed).for_each(|(v, _)| *v = 0.0);
    }
    let mut spread = vec![0.0; aggregates];
    let mut gain = vec![0.0; aggregates];
    let mut share = vec![0.0; aggregates];
    share.extend_from_slice(&leaf);
    for (v, &parent) in leaf.iter().zip(&tree.parent[aggregates..]) {
        if parent != NONE {
            spread[parent as usize] += v;
        }
    }
    for &row in tree.order.iter().rev() {
        let (row, parent) = (row as usize, tree.parent[row as usize]);
        let both = spread[row] + variances[row];
        gain[row] = ratio(spread[row], both);
        share[row] = spread[row] * ratio(variances[row], both);
        if parent != NONE {
            spread[parent as usize] += share[row];
        }
    }
    for (share, &parent) in share.iter_mut().zip(&tree.parent) {
        *share = if parent == NONE { 0.0 } else { ratio(*share, spread[parent as usize]) };
    }
    Gains { gain, share, leaf }
}

/// `a / b`, 0 where there is nothing to divide by.
fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

fn products(a: &[f64], b: &[f64], columns: usize) -> Vec<f64> {
    let mut sums = vec![0.0; columns];
    for (a, b) in a.chunks_exact(columns).zip(b.chunks_exact(columns)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums
}
