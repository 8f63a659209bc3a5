//! The quadratic model of a quasi-Newton search: an approximation of the second derivatives.
//!
//! Kept as the matrix itself, not its inverse, so that any subset of the variables can be
//! solved for: O(n²) per update, O(n³) per solution.

/// The quadratic model: an approximation of the second derivatives, row by row.
pub(super) struct Model {
    n: usize,
    rows: Vec<f64>,
    /// What the diagonal is set to where the model starts again.
    curvature: f64,
    /// Whether it has learned nothing since it started.
    pub(super) fresh: bool,
}

impl Model {
    pub(super) fn new(n: usize, curvature: f64) -> Self {
        let mut model = Self { n, rows: vec![0.0; n * n], curvature, fresh: true };
        model.reset();
        model
    }

    pub(super) fn reset(&mut self) {
        self.rows.fill(0.0);
        self.rows.iter_mut().step_by(self.n + 1).for_each(|diagonal| *diagonal = self.curvature);
        self.fresh = true;
    }

    /// The step to the minimum of the model over the free variables; the others go down
    /// their own slope.
    pub(super) fn direction(&mut self, free: &[usize], g: &[f64]) -> Vec<f64> {
        let mut direction: Vec<f64> =
            (0..self.n).map(|i| -g[i] / self.rows[i * self.n + i]).collect();
        let step = self.solve(free, g).unwrap_or_else(|| {
            self.reset();
            free.iter().map(|&i| g[i] / self.curvature).collect()
        });
        for (&i, step) in free.iter().zip(step) {
            direction[i] = -step;
        }
        direction
    }

    /// `B_FF⁻¹ g_F` by Cholesky; nothing if `B` is not numerically positive definite.
    fn solve(&self, free: &[usize], g: &[f64]) -> Option<Vec<f64>> {
        let mut factor: Vec<Vec<f64>> = Vec::with_capacity(free.len());
        let mut solution: Vec<f64> = Vec::with_capacity(free.len());
        for (r, &i) in free.iter().enumerate() {
            let mut row: Vec<f64> = free[..=r].iter().map(|&j| self.rows[i * self.n + j]).collect();
            for c in 0..r {
                row[c] = (row[c] - dot(&row[..c], &factor[c][..c])) / factor[c][c];
            }
            let pivot = row[r] - dot(&row[..r], &row[..r]);
            if !(pivot > 0.0 && pivot.is_finite()) {
                return None;
            }
            row[r] = pivot.sqrt();
            solution.push((g[i] - dot(&row[..r], &solution)) / row[r]);
            factor.push(row);
        }
        for r in (0..free.len()).rev() {
            solution[r] /= factor[r][r];
            let known = solution[r];
            for (above, entry) in solution[..r].iter_mut().zip(&factor[r]) {
                *above -= entry * known;
            }
        }
        solution.iter().all(|v| v.is_finite()).then_some(solution)
    }

    /// Learns from a step and the change of the gradient along it.
    pub(super) fn update(&mut self, step: &[f64], change: &[f64]) {
        let bend = dot(step, change);
        let curvature = dot(change, change) / bend;
        if bend > 0.0 && curvature > 0.0 && curvature.is_finite() {
            self.curvature = curvature;
            if self.fresh {
                self.reset();
            }
        }
        let pull: Vec<f64> = self.rows.chunks_exact(self.n).map(|row| dot(row, step)).collect();
        let expected = dot(step, &pull);
        let damping = if bend >= 0.2 * expected { 1.0 } else { 0.8 * expected / (expected - bend) };
        let damped: Vec<f64> =
            change.iter().zip(&pull).map(|(c, p)| damping * c + (1.0 - damping) * p).collect();
        let observed = dot(step, &damped);
        self.fresh = false;
        for (i, row) in self.rows.chunks_exact_mut(self.n).enumerate() {
            for (j, entry) in row.iter_mut().enumerate() {
                *entry += damped[i] * (damped[j] / observed) - pull[i] * (pull[j] / expected);
            }
        }
        if !self.rows.iter().all(|v| v.is_finite()) {
            self.reset();
        }
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadratic_is_learned_from_its_gradients() {
        // Second derivatives [[4, 1], [1, 3]].
        let change = |step: &[f64]| [4.0 * step[0] + step[1], step[0] + 3.0 * step[1]];
        let mut model = Model::new(2, 1.0);
        for _ in 0..50 {
            for step in [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]] {
                model.update(&step, &change(&step));
            }
        }
        // H⁻¹ (1, 2) = (1, 7) / 11.
        let direction = model.direction(&[0, 1], &[1.0, 2.0]);
        assert!((direction[0] + 1.0 / 11.0).abs() < 1e-12, "{direction:?}");
        assert!((direction[1] + 7.0 / 11.0).abs() < 1e-12, "{direction:?}");
        // The first variable held: 2 / 3 for the second.
        assert!((model.direction(&[1], &[1.0, 2.0])[1] + 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn it_stays_positive_definite_whatever_it_is_told() {
        let mut model = Model::new(2, 1.0);
        for (step, change) in [
            ([1.0, 0.0], [-5.0, 3.0]),
            ([0.0, 0.0], [1.0, 1.0]),
            ([1e-300, 1e300], [1e300, -1e300]),
            ([1.0, 1.0], [0.0, 0.0]),
        ] {
            model.update(&step, &change);
            let direction = model.direction(&[0, 1], &[0.5, -1.0]);
            assert!(0.5 * direction[0] - direction[1] < 0.0, "{step:?} {direction:?}");
        }
    }
}
