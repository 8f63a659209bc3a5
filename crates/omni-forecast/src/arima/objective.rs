//! The concentrated likelihood of a differenced series, regressors and gaps included.
//!
//! ```text
//! w̃ = X̃ β + ẽ           whitened by the gains of the process; β̂ by least squares
//! S = Σ ẽ²,  N = n − gaps
//! −log L = ½ (N log(2π S/N) + N + Σ log F_t + log det Z̃ᵀZ̃)
//! ```
//!
//! The noise variance and the coefficients of regressors are concentrated out, so the search
//! is over the ARMA coefficients alone; slopes of `S` are those at a fixed `β̂`. A missing
//! value is a regressor `Z` of its own, zero but for its period (differenced like the
//! series): what it is filled with does not matter, and `det Z̃ᵀZ̃` makes the likelihood that
//! of the values observed.
//!
//! Source: Gómez, Maravall & Peña (1999), "Missing observations in ARIMA models: skipping
//! approach versus additive outlier approach", Journal of Econometrics 88(2), 341–363.

use super::likelihood::Gains;
use super::order::Order;

/// Columns that depend on those before them by more than this are collinear.
const COLLINEAR: f64 = 1e-9;

/// A differenced series, its columns, and all that evaluating its likelihood needs.
#[derive(Debug, Clone)]
pub(super) struct Objective {
    pub(super) gains: Gains,
    w: Vec<f64>,
    /// Gaps first, then regressors.
    columns: Vec<Vec<f64>>,
    gaps: usize,
    /// The whitened series, then its residual.
    e: Vec<f64>,
    /// The state the whitening left.
    state: Vec<f64>,
    scratch: Vec<f64>,
    q: Vec<Vec<f64>>,
    /// Upper triangle, column after column.
    r: Vec<Vec<f64>>,
    pub(super) beta: Vec<f64>,
    residual: Vec<f64>,
    by_e: Vec<f64>,
    inverse: Vec<f64>,
    pub(super) squares: f64,
    pub(super) log_determinant: f64,
}

impl Objective {
    pub(super) fn new(order: &Order, w: Vec<f64>, columns: Vec<Vec<f64>>, gaps: usize) -> Self {
        let (n, k) = (w.len(), columns.len());
        Self {
            gains: Gains::new(order),
            e: vec![0.0; n],
            state: Vec::new(),
            scratch: Vec::new(),
            q: columns.clone(),
            r: (1..=k).map(|rows| vec![0.0; rows]).collect(),
            beta: vec![0.0; k],
            residual: w.clone(),
            by_e: vec![0.0; n],
            inverse: vec![0.0; gaps],
            squares: 0.0,
            log_determinant: 0.0,
            w,
            columns,
            gaps,
        }
    }

    /// Values observed.
    pub(super) fn observed(&self) -> usize {
        self.w.len().saturating_sub(self.gaps)
    }

    /// `½ (N log S + log determinant)` at partial correlations `x`; infinite where undefined.
    pub(super) fn value(&mut self, x: &[f64]) -> f64 {
        if !(self.gains.set(x, self.w.len()) && self.regress()) {
            return f64::INFINITY;
        }
        self.squares = self.e.iter().map(|e| e * e).sum();
        let gaps: f64 =
            self.r.iter().take(self.gaps).filter_map(|r| r.last()).map(|r| r.ln()).sum();
        self.log_determinant = self.gains.log_variance() + 2.0 * gaps;
        let value = 0.5 * (self.observed() as f64 * self.squares.ln() + self.log_determinant);
        if value.is_finite() { value } else { f64::INFINITY }
    }

    /// Whitens series and columns by the gains as they are, and regresses; false where columns
    /// are collinear.
    pub(super) fn regress(&mut self) -> bool {
        self.gains.whiten(&self.w, &mut self.e, &mut self.state);
        for (q, column) in self.q.iter_mut().zip(&self.columns) {
            self.gains.whiten(column, q, &mut self.scratch);
        }
        self.least_squares()
    }

    /// As many steps as the series is long.
    pub(super) fn set_coefficients(&mut self, phi: &[f64], theta: &[f64]) -> bool {
        self.gains.set_coefficients(phi, theta, self.w.len()) && self.regress()
    }

    /// Orthogonalizes the whitened columns, solves for `β`, and leaves the residual in `e`.
    fn least_squares(&mut self) -> bool {
        for j in 0..self.q.len() {
            let (before, rest) = self.q.split_at_mut(j);
            let Some(column) = rest.first_mut() else { return false };
            let norm = dot(column, column).sqrt();
            for (i, q) in before.iter().enumerate() {
                let along = dot(q, column);
                self.r[j][i] = along;
                add(column, q, -along);
            }
            let left = dot(column, column).sqrt();
            if left <= COLLINEAR * norm || !left.is_finite() {
                return false;
            }
            self.r[j][j] = left;
            for v in column.iter_mut() {
                *v /= left;
            }
            let along = dot(column, &self.e);
            self.beta[j] = along;
            add(&mut self.e, column, -along);
        }
        for j in (0..self.beta.len()).rev() {
            let solved = self.beta[j] / self.r[j][j];
            self.beta[j] = solved;
            for i in 0..j {
                self.beta[i] -= self.r[j][i] * solved;
            }
        }
        true
    }

    /// The slopes at `x`, where [`value`](Self::value) was called last.
    pub(super) fn slopes(&mut self, x: &[f64], out: &mut [f64]) {
        self.gains.begin_slopes();
        self.take_residual();
        let factor = self.observed() as f64 / self.squares;
        for (by, e) in self.by_e.iter_mut().zip(&self.e) {
            *by = factor * e;
        }
        self.gains.add_slopes(&self.residual, &self.e, &mut self.by_e);
        for j in 0..self.gaps {
            // Column j of Q R⁻ᵀ, the slope of ½ log det; and the whitened column itself.
            self.by_e.fill(0.0);
            self.e.fill(0.0);
            self.inverse.fill(0.0);
            for i in j..self.gaps {
                let sum: f64 = (j..i).map(|k| self.r[i][k] * self.inverse[k]).sum();
                self.inverse[i] = (f64::from(i == j) - sum) / self.r[i][i];
                add(&mut self.by_e, &self.q[i], self.inverse[i]);
            }
            for i in 0..=j {
                add(&mut self.e, &self.q[i], self.r[j][i]);
            }
            self.gains.add_slopes(&self.columns[j], &self.e, &mut self.by_e);
        }
        self.gains.end_slopes(x, out);
    }

    /// The series less what its columns explain, for the `β̂` of the last value.
    fn take_residual(&mut self) {
        self.residual.copy_from_slice(&self.w);
        for (column, beta) in self.columns.iter().zip(&self.beta) {
            add(&mut self.residual, column, -beta);
        }
    }

    /// The scaled innovations of the last value.
    pub(super) fn whitened(&self) -> &[f64] {
        &self.e
    }

    /// The state after the last value, where [`value`](Self::value) was called last: of the
    /// series, and of each gap.
    pub(super) fn states(&mut self) -> (Vec<f64>, Vec<Vec<f64>>) {
        self.take_residual();
        self.gains.whiten(&self.residual, &mut self.e, &mut self.state);
        let mean = self.gains.state_after(&self.residual, &self.e, &self.state);
        let mut of_gaps = Vec::new();
        for column in &self.columns[..self.gaps] {
            self.gains.whiten(column, &mut self.by_e, &mut self.scratch);
            of_gaps.push(self.gains.state_after(column, &self.by_e, &self.scratch));
        }
        (mean, of_gaps)
    }

    /// The columns of `R⁻¹` for the gaps, each down to its diagonal: `R⁻¹ R⁻ᵀ σ²` is what is uncertain about them.
    pub(super) fn gap_root(&self) -> Vec<Vec<f64>> {
        let mut root: Vec<Vec<f64>> = Vec::with_capacity(self.gaps);
        for k in 0..self.gaps {
            let mut column = vec![0.0; k + 1];
            for i in (0..=k).rev() {
                let sum: f64 = (i + 1..=k).map(|j| self.r[j][i] * column[j]).sum();
                column[i] = (f64::from(i == k) - sum) / self.r[i][i];
            }
            root.push(column);
        }
        root
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], column: &[f64], times: f64) {
    for (to, c) in to.iter_mut().zip(column) {
        *to += times * c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::rng;

    fn noise(seed: u64, n: usize) -> Vec<f64> {
        let mut rng = rng::stream(seed, 0);
        (0..n).map(|_| (0..4).map(|_| rng::uniform(&mut rng) - 0.5).sum()).collect()
    }

    /// The covariance of the process by its ψ weights, far enough.
    fn covariance(phi: &[f64], theta: &[f64], n: usize) -> Vec<Vec<f64>> {
        let far = 60_000;
        let mut psi = vec![0.0; far];
        for i in 0..far {
            let mut sum = if i == 0 { 1.0 } else { theta.get(i - 1).copied().unwrap_or(0.0) };
            for (j, phi) in phi.iter().enumerate().take(i) {
                sum += phi * psi[i - 1 - j];
            }
            psi[i] = sum;
        }
        let gamma: Vec<f64> = (0..n).map(|k| dot(&psi[..far - k], &psi[k..])).collect();
        (0..n).map(|i| (0..n).map(|j| gamma[i.abs_diff(j)]).collect()).collect()
    }

    /// The lower factor.
    fn cholesky(mut a: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        for i in 0..a.len() {
            for j in 0..=i {
                let sum: f64 = (0..j).map(|k| a[i][k] * a[j][k]).sum();
                a[i][j] = if i == j { (a[i][i] - sum).sqrt() } else { (a[i][j] - sum) / a[j][j] };
            }
        }
        a
    }

    fn forward(l: &[Vec<f64>], b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        for i in 0..x.len() {
            let sum: f64 = (0..i).map(|j| l[i][j] * x[j]).sum();
            x[i] = (x[i] - sum) / l[i][i];
        }
        x
    }

    /// The same objective by the dense covariance of what is observed.
    fn brute(objective: &Objective, observed: &[usize]) -> f64 {
        let gains = &objective.gains;
        let full = covariance(&gains.ar.dense, &gains.ma.dense, objective.w.len());
        let part: Vec<Vec<f64>> =
            observed.iter().map(|i| observed.iter().map(|j| full[*i][*j]).collect()).collect();
        let l = cholesky(part);
        let pick = |v: &[f64]| -> Vec<f64> { observed.iter().map(|i| v[*i]).collect() };
        let mut e = forward(&l, &pick(&objective.w));
        let columns: Vec<Vec<f64>> =
            objective.columns[objective.gaps..].iter().map(|c| forward(&l, &pick(c))).collect();
        // Orthogonalized one after the other.
        let mut q: Vec<Vec<f64>> = Vec::new();
        for mut c in columns {
            for q in &q {
                let along = dot(q, &c);
                add(&mut c, q, -along);
            }
            let norm = dot(&c, &c).sqrt();
            for v in &mut c {
                *v /= norm;
            }
            let along = dot(&c, &e);
            add(&mut e, &c, -along);
            q.push(c);
        }
        let log: f64 = l.iter().enumerate().map(|(i, row)| 2.0 * row[i].ln()).sum();
        0.5 * (observed.len() as f64 * dot(&e, &e).ln() + log)
    }

    const ORDERS: [(Order, usize); 11] = [
        (Order::new(0, 0, 0), 9),
        (Order::new(1, 0, 0), 7),
        (Order::new(0, 0, 1), 7),
        (Order::new(2, 0, 1), 30),
        (Order::new(1, 0, 3), 2),
        (Order::new(5, 0, 4), 40),
        (Order::new(1, 0, 1).with_season(1, 0, 1, 4), 60),
        (Order::new(2, 0, 2).with_season(2, 0, 2, 4), 30),
        (Order::new(0, 0, 1).with_season(0, 0, 1, 12), 50),
        (Order::new(5, 0, 1).with_season(2, 0, 1, 3), 40),
        (Order::new(1, 0, 0).with_season(1, 0, 1, 7), 200),
    ];

    fn partial(order: &Order, seed: u64, width: f64) -> Vec<f64> {
        noise(seed, order.coefficients()).iter().map(|u| (u * width).clamp(-0.97, 0.97)).collect()
    }

    #[test]
    fn the_likelihood_is_that_of_the_dense_covariance() {
        for (i, (order, n)) in ORDERS.iter().enumerate() {
            for seed in 0..4 {
                let x = partial(order, 10 + seed, 1.0);
                let constant = if *n > 20 { vec![vec![1.0; *n], noise(5, *n)] } else { vec![] };
                let mut objective = Objective::new(order, noise(seed, *n), constant, 0);
                let got = objective.value(&x);
                let all: Vec<usize> = (0..*n).collect();
                let expected = brute(&objective, &all);
                let error = (got - expected).abs() / expected.abs().max(1.0);
                assert!(error < 1e-9, "{i} {order} {x:?}: {got} {expected}");
            }
        }
    }

    #[test]
    fn a_gap_leaves_the_likelihood_of_what_is_observed() {
        for (order, n) in &ORDERS[3..] {
            for gaps in [vec![0], vec![3, 4], vec![1, *n - 1]] {
                let n = *n;
                if n < 10 {
                    continue;
                }
                let x = partial(order, 3, 1.0);
                let mut columns: Vec<Vec<f64>> =
                    gaps.iter().map(|gap| (0..n).map(|t| f64::from(t == *gap)).collect()).collect();
                columns.push(vec![1.0; n]);
                let mut objective = Objective::new(order, noise(1, n), columns, gaps.len());
                let got = objective.value(&x);
                let observed: Vec<usize> = (0..n).filter(|t| !gaps.contains(t)).collect();
                let expected = brute(&objective, &observed);
                assert!((got - expected).abs() < 1e-9 * expected.abs(), "{order} {got} {expected}");
            }
        }
    }

    #[test]
    fn slopes_are_those_of_differences() {
        for (order, n) in &ORDERS[1..] {
            for gaps in [vec![], vec![1, 2]] {
                let n = (*n).max(20);
                let x = partial(order, 7, 0.9);
                let mut columns: Vec<Vec<f64>> =
                    gaps.iter().map(|gap| (0..n).map(|t| f64::from(t == *gap)).collect()).collect();
                columns.push(vec![1.0; n]);
                let mut objective = Objective::new(order, noise(2, n), columns, gaps.len());
                objective.value(&x);
                let mut slopes = vec![0.0; x.len()];
                objective.slopes(&x, &mut slopes);
                for i in 0..x.len() {
                    let mut at = |h: f64| {
                        let mut moved = x.clone();
                        moved[i] += h;
                        objective.value(&moved)
                    };
                    let h = 1e-4;
                    let two = (at(h) - at(-h)) / (2.0 * h);
                    let four = (at(2.0 * h) - at(-2.0 * h)) / (4.0 * h);
                    let expected = (4.0 * two - four) / 3.0;
                    let error = (slopes[i] - expected).abs() / expected.abs().max(1.0);
                    assert!(error < 1e-7, "{order} {gaps:?} {i}: {} {expected}", slopes[i]);
                }
            }
        }
    }
}
