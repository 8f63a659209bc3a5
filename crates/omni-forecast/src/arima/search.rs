//! The minimum of the concentrated likelihood over the box of partial correlations.
//!
//! Quasi-Newton steps on the inverse of the second derivatives, which starts at what theory
//! says: the variance of a partial correlation `r` estimated from n values is near
//! `(1 − r²)/n`, so the first step already has the right length. A variable that presses
//! against its bound stays there.
//!
//! Source: Nocedal & Wright (2006), "Numerical Optimization", 2nd edition, Springer,
//! chapters 6 and 16 for update and projection.

use super::objective::Objective;

/// Where a search ended.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) x: Vec<f64>,
    pub(super) value: f64,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

/// Reused between searches: no allocation in the loop.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    inverse: Vec<f64>,
    slope: Vec<f64>,
    next_slope: Vec<f64>,
    direction: Vec<f64>,
    point: Vec<f64>,
    step: Vec<f64>,
    change: Vec<f64>,
    product: Vec<f64>,
}

const MAX_ITERATIONS: usize = 200;

impl Search {
    /// Goes down from `start` until a step promises less than `tolerance`.
    pub(super) fn minimize(
        &mut self,
        objective: &mut Objective,
        start: &[f64],
        tolerance: f64,
    ) -> Found {
        let k = start.len();
        let mut x = start.to_vec();
        let mut value = objective.value(&x);
        if k == 0 || !value.is_finite() {
            return Found { x, value, iterations: 0, converged: value.is_finite() };
        }
        for buffer in [
            &mut self.slope,
            &mut self.next_slope,
            &mut self.direction,
            &mut self.point,
            &mut self.step,
            &mut self.change,
            &mut self.product,
        ] {
            buffer.clear();
            buffer.resize(k, 0.0);
        }
        let n = objective.observed().max(1) as f64;
        self.reset(&x, n);
        objective.slopes(&x, &mut self.slope);
        let mut fresh = true;
        for iterations in 0..MAX_ITERATIONS {
            let promise = self.aim(&x);
            if promise <= tolerance || promise.is_nan() {
                if fresh {
                    return Found { x, value, iterations, converged: true };
                }
                // Perhaps the model is wrong, not the point: look once more by theory alone.
                self.reset(&x, n);
                fresh = true;
                let again = self.aim(&x);
                if again <= tolerance || again.is_nan() {
                    return Found { x, value, iterations, converged: true };
                }
            }
            let Some(lower) = self.descend(objective, &x, value) else {
                if fresh {
                    // Rounding hides what is left.
                    return Found { x, value, iterations, converged: promise < 1e-6 };
                }
                self.reset(&x, n);
                fresh = true;
                continue;
            };
            x.copy_from_slice(&self.point);
            value = lower;
            objective.slopes(&x, &mut self.next_slope);
            for i in 0..k {
                self.change[i] = self.next_slope[i] - self.slope[i];
            }
            std::mem::swap(&mut self.slope, &mut self.next_slope);
            fresh = !self.update();
        }
        Found { x, value, iterations: MAX_ITERATIONS, converged: false }
    }

    /// The inverse second derivatives by theory.
    fn reset(&mut self, x: &[f64], n: f64) {
        let k = x.len();
        self.inverse.clear();
        self.inverse.resize(k * k, 0.0);
        for (i, r) in x.iter().enumerate() {
            self.inverse[i * k + i] = (1.0 - r * r).max(0.01) / n;
        }
    }

    /// Sets the direction; half the decrease it promises.
    fn aim(&mut self, x: &[f64]) -> f64 {
        let k = x.len();
        let pressed = |i: usize, g: f64| (x[i] >= 1.0 && g < 0.0) || (x[i] <= -1.0 && g > 0.0);
        let mut promise = 0.0;
        for i in 0..k {
            let mut sum = 0.0;
            if !pressed(i, self.slope[i]) {
                for j in 0..k {
                    if !pressed(j, self.slope[j]) {
                        sum -= self.inverse[i * k + j] * self.slope[j];
                    }
                }
            }
            self.direction[i] = sum;
            promise -= 0.5 * sum * self.slope[i];
        }
        promise
    }

    /// A point along the direction, cut off at the bounds, that is low enough.
    fn descend(&mut self, objective: &mut Objective, x: &[f64], value: f64) -> Option<f64> {
        // No step across more than half of the box at once.
        let longest = self.direction.iter().fold(0.0_f64, |l, d| l.max(d.abs()));
        let mut alpha = if longest > 0.5 { 0.5 / longest } else { 1.0 };
        for _ in 0..40 {
            let mut promised = 0.0;
            for (i, x) in x.iter().enumerate() {
                self.point[i] = (x + alpha * self.direction[i]).clamp(-1.0, 1.0);
                self.step[i] = self.point[i] - x;
                promised += self.step[i] * self.slope[i];
            }
            let at = objective.value(&self.point);
            if at < value && at - value <= 1e-4 * promised {
                return Some(at);
            }
            if promised.abs() < 1e-13 {
                return None;
            }
            let vertex = -promised / (2.0 * (at - value - promised));
            alpha *= if vertex > 0.1 { vertex.min(0.5) } else { 0.1 };
        }
        None
    }

    /// Learns from the last step; false where its curvature is not positive.
    fn update(&mut self) -> bool {
        let k = self.step.len();
        let bend: f64 = self.step.iter().zip(&self.change).map(|(s, c)| s * c).sum();
        for i in 0..k {
            let row = &self.inverse[i * k..(i + 1) * k];
            self.product[i] = row.iter().zip(&self.change).map(|(h, c)| h * c).sum();
        }
        let spread: f64 = self.change.iter().zip(&self.product).map(|(c, p)| c * p).sum();
        if bend <= 1e-8 * spread || bend <= 1e-300 || bend.is_nan() {
            return true;
        }
        let factor = (1.0 + spread / bend) / bend;
        for i in 0..k {
            for j in 0..k {
                self.inverse[i * k + j] += factor * self.step[i] * self.step[j]
                    - (self.product[i] * self.step[j] + self.step[i] * self.product[j]) / bend;
            }
        }
        if self.inverse.iter().all(|v| v.is_finite()) {
            true
        } else {
            let n = 1.0;
            let x = self.point.clone();
            self.reset(&x, n);
            false
        }
    }
}
