//! Autocovariances of an ARMA process, and the slopes of what is made of them.
//!
//! ```text
//! Σ_i a_i γ_{|j−i|} = y_j        j = 0 … p,   a₀ = 1, a_i = −φ_i
//! y_j = Σ_i θ_{j+i} ψ_i          ψ = θ(B)/φ(B), θ₀ = 1
//! ```
//!
//! Stepping the polynomial `a` down one degree at a time (`κ_d` its last coefficient at
//! degree d) turns the system into two triangular ones. O(p²), where elimination takes O(p³);
//! the transposed system, which the slopes need, is solved by the same steps in reverse.
//!
//! Source: Wilson (1979), "Some efficient computational procedures for high order ARMA
//! models", Journal of Statistical Computation and Simulation 8(4), 301–309.

/// The polynomials of every degree from 1 to p.
#[derive(Debug, Clone, Default)]
pub(super) struct StepDown {
    degree: usize,
    /// The polynomial of degree `d` starts at `d (d + 1) / 2`.
    table: Vec<f64>,
}

const fn start(degree: usize) -> usize {
    degree * (degree + 1) / 2
}

impl StepDown {
    pub(super) fn new(degree: usize) -> Self {
        Self { degree, table: vec![0.0; start(degree + 1)] }
    }

    /// From `φ` (lag − 1); false if a root is not outside the unit circle.
    pub(super) fn set(&mut self, phi: &[f64]) -> bool {
        let p = self.degree;
        let top = &mut self.table[start(p)..];
        top[0] = 1.0;
        for (a, phi) in top[1..].iter_mut().zip(phi) {
            *a = -phi;
        }
        for d in (1..=p).rev() {
            let (below, top) = self.table.split_at_mut(start(d));
            let below = &mut below[start(d - 1)..];
            let kappa = top[d];
            let rest = 1.0 - kappa * kappa;
            let inverse = 1.0 / rest;
            if rest <= 0.0 || !inverse.is_finite() {
                return false;
            }
            for i in 0..d {
                below[i] = (top[i] - kappa * top[d - i]) * inverse;
            }
        }
        true
    }

    /// Solves `A x = x` in place for the autocovariances, `x[0..=p]`.
    pub(super) fn solve(&self, x: &mut [f64]) {
        for d in (1..=self.degree).rev() {
            self.reflect(d, x);
        }
        x[0] /= 2.0;
        for d in 1..=self.degree {
            let a = &self.table[start(d - 1)..start(d)];
            let sum: f64 = (1..d).map(|k| a[d - k] * x[k]).sum();
            x[d] -= sum;
        }
        x[0] *= 2.0;
    }

    /// Solves the transposed system in place.
    pub(super) fn solve_transposed(&self, x: &mut [f64]) {
        x[0] *= 2.0;
        for d in (1..=self.degree).rev() {
            let a = &self.table[start(d - 1)..start(d)];
            let top = x[d];
            for k in 1..d {
                x[k] -= a[d - k] * top;
            }
        }
        x[0] /= 2.0;
        for d in 1..=self.degree {
            self.reflect(d, x);
        }
    }

    fn reflect(&self, d: usize, x: &mut [f64]) {
        let kappa = self.table[start(d) + d];
        let inverse = 1.0 / (1.0 - kappa * kappa);
        for i in 0..=d / 2 {
            let j = d - i;
            let (a, b) = (x[i], x[j]);
            x[i] = (a - kappa * b) * inverse;
            x[j] = (b - kappa * a) * inverse;
        }
    }
}
