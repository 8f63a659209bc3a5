//! Bounds of the variables, the unit each is measured in, and slopes by differences within them.
//!
//! ```text
//! s₁ = (f(x + h₁) − f(x)) / h₁,  s₂ likewise;  slope = (s₁ h₂ − s₂ h₁) / (h₂ − h₁)
//! h₁ = h, h₂ = −h inside;  h, 2h beside the lower bound;  −h, −2h beside the upper
//! h = ∛ε · max(|x|, unit)
//! ```
//!
//! The slope is that of the parabola through the three points, exact for parabolas.

use super::Objective;
use crate::check;
use crate::error::DataError;

/// The bounds, and the unit of each variable.
pub(super) struct Bounds<'a> {
    pub(super) lower: &'a [f64],
    pub(super) upper: &'a [f64],
    pub(super) unit: Vec<f64>,
}

impl<'a> Bounds<'a> {
    pub(super) fn new(
        start: &[f64],
        lower: &'a [f64],
        upper: &'a [f64],
    ) -> Result<Self, DataError> {
        check::same_len("lower", lower, start.len())?;
        check::same_len("upper", upper, start.len())?;
        let mut unit = Vec::with_capacity(start.len());
        for (index, &x) in start.iter().enumerate() {
            let (low, high) = (lower[index], upper[index]);
            if low.is_nan() {
                return Err(DataError::entry("lower", index, "a number", low));
            }
            if high.is_nan() || high < low {
                return Err(DataError::entry("upper", index, "at least the lower bound", high));
            }
            if !(low..=high).contains(&x) {
                return Err(DataError::entry("start", index, "within its bounds", x));
            }
            // Below 1e-200, differences would be lost among the subnormal numbers.
            let width = if high - low > 1e-200 { high - low } else { 1.0 };
            unit.push(if x.abs() > 1e-200 { x.abs() } else { width.min(1.0) });
        }
        Ok(Self { lower, upper, unit })
    }

    /// Whether a slope presses a variable against the bound it has reached to within `slack`.
    fn pressed(&self, i: usize, x: f64, slope: f64, slack: f64) -> bool {
        (slope > 0.0 && x - self.lower[i] <= slack) || (slope < 0.0 && self.upper[i] - x <= slack)
    }

    /// The largest slope of a variable that may follow it.
    pub(super) fn steepest(&self, x: &[f64], g: &[f64]) -> f64 {
        let free = (0..x.len()).filter(|&i| !self.pressed(i, x[i], g[i], 0.0));
        free.map(|i| g[i].abs()).fold(0.0, f64::max)
    }

    /// The variables that are not pressed against a bound, or nearly.
    pub(super) fn free(&self, x: &[f64], g: &[f64], slope: f64) -> Vec<usize> {
        let slack = slope.min(1e-6);
        (0..x.len()).filter(|&i| !self.pressed(i, x[i], g[i], slack * self.unit[i])).collect()
    }
}

/// The slope of variable `i` at `x`, where the objective is `y`, by two further points.
pub(super) fn difference<F: FnMut(&[f64]) -> f64>(
    objective: &mut Objective<F>,
    bounds: &Bounds<'_>,
    x: &mut [f64],
    y: f64,
    i: usize,
) -> f64 {
    let (at, lower, upper) = (x[i], bounds.lower[i], bounds.upper[i]);
    let (below, above) = (at - lower, upper - at);
    let far = f64::EPSILON.cbrt() * at.abs().max(bounds.unit[i]);
    let (one, two) = if below.min(above) >= far {
        (far, -far)
    } else if above >= below {
        (far.min(above / 2.0), 2.0 * far.min(above / 2.0))
    } else {
        (-far.min(below / 2.0), -2.0 * far.min(below / 2.0))
    };
    let mut secant = |offset: f64| {
        x[i] = (at + offset).clamp(lower, upper);
        let offset = x[i] - at;
        // Fixed, or too near to a bound to tell the points apart.
        let slope = if offset == 0.0 { 0.0 } else { (objective.at(x) - y) / offset };
        (offset, slope)
    };
    let ((one, slope_one), (two, slope_two)) = (secant(one), secant(two));
    x[i] = at;
    match (slope_one.is_finite(), slope_two.is_finite()) {
        (true, true) if one != two => (slope_one * two - slope_two * one) / (two - one),
        (true, _) => slope_one,
        (false, true) => slope_two,
        (false, false) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    const INF: f64 = f64::INFINITY;

    #[test]
    fn differences_keep_within_the_bounds_and_are_exact_for_parabolas() {
        let f = |x: &[f64]| 3.0 * x[0] * x[0] + 2.0 * x[0];
        // Lower bound, point, upper bound.
        let cases = [
            (-INF, 0.5, INF),
            (0.5, 0.5, INF),
            (-INF, 0.5, 0.5),
            (0.5, 0.5, 0.5 + 1e-7),
            (0.5 - 1e-7, 0.5, 0.5 + 1e-9),
        ];
        for (low, at, high) in cases {
            let (lower, upper) = ([low], [high]);
            let bounds = Bounds::new(&[at], &lower, &upper).unwrap();
            let mut objective = Objective::new(|x: &[f64]| {
                assert!((low..=high).contains(&x[0]));
                f(x)
            });
            let slope = difference(&mut objective, &bounds, &mut [at], f(&[at]), 0);
            assert_close!(slope, 6.0 * at + 2.0, 1e-7);
            assert_eq!(objective.evaluations, 2);
        }
    }
}
