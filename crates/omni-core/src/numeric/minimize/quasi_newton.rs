//! The minimum of a smooth function of several variables, each within bounds.
//!
//! ```text
//! x⁺ = P(x + α d)            P cuts each variable off at its bounds
//! B_FF d_F = −g_F            F: the variables that may move
//! d_i = −g_i / B_ii          where i presses against a bound it has (nearly) reached
//! α = 1, cut to 1/2 … 1/10   until f(x⁺) ≤ f(x) + 10⁻⁴ g·(x⁺ − x)
//! B⁺ = B − (Bs)(Bs)ᵀ/(sᵀBs) + r rᵀ/(sᵀr)      s = x⁺ − x,  r = g⁺ − g, damped so that
//!                                               sᵀr ≥ sᵀBs / 5
//! ```
//!
//! `x` is measured in units of its start (where that is 0, of the width of its bounds, at
//! most 1) and the gradient in units of its first size, so the search is the same for cents
//! and millions. It ends when a full step is below `tolerance · max(|x_i|, unit)`, when the
//! decrease it promises is below the rounding of `f`, or when no variable that may move has
//! a slope; where no step descends, a slope of `∛ε` of the first counts as none. Without a gradient from the caller, three-point differences are taken, on one
//! side where a bound or a forbidden region is near: 2n calls each.
//!
//! O(n³) work per step beside the objective, O(n²) memory, at most 1000 variables.
//!
//! Sources: Bertsekas (1982), "Projected Newton methods for optimization problems with
//! simple constraints", SIAM Journal on Control and Optimization 20(2), 221–246, for the
//! projection; Powell (1978), "A fast algorithm for nonlinearly constrained optimization
//! calculations", Lecture Notes in Mathematics 630, 144–157, for the damped update.

use super::bounds::{Bounds, difference};
use super::model::{Model, dot};
use super::{Minimum, Objective, Reason};
use crate::check;
use crate::numeric::{Error, Limits};

/// Finds a minimum of `f` with `lower[i] <= x[i] <= upper[i]`, the gradient by differences.
///
/// Bounds may be infinite; a variable whose bounds are equal is fixed.
///
/// # Errors
/// [`Error::Param`] if a limit is out of range, `f(start)` is not finite, or there are
/// more than 1000 variables; [`Error::Data`] if the slices are empty, differ in length,
/// `start` is not finite or outside its bounds, or the gradient overflows.
///
/// # Examples
/// ```
/// use omni_core::numeric::{Limits, minimize::quasi_newton};
///
/// // The minimum of the plane, (3, −1), is out of reach for the second variable.
/// let f = |x: &[f64]| (x[0] - 3.0).powi(2) + (x[1] + 1.0).powi(2);
/// let best = quasi_newton(f, &[1.0, 1.0], &[0.0, 0.0], &[9.0, 9.0], Limits::QUASI_NEWTON)?;
/// assert!((best.x[0] - 3.0).abs() < 1e-8 && best.x[1] == 0.0);
/// # Ok::<(), omni_core::numeric::Error>(())
/// ```
pub fn quasi_newton(
    f: impl FnMut(&[f64]) -> f64,
    start: &[f64],
    lower: &[f64],
    upper: &[f64],
    limits: Limits,
) -> Result<Minimum, Error> {
    let mut moved = start.to_vec();
    let differences =
        |objective: &mut Objective<_>, bounds: &Bounds<'_>, x: &[f64], y, g: &mut [f64]| {
            moved.copy_from_slice(x);
            for (i, slope) in g.iter_mut().enumerate() {
                *slope = difference(objective, bounds, &mut moved, y, i);
            }
        };
    search(f, differences, start, lower, upper, limits)
}

/// As [`quasi_newton`] with a gradient: `gradient(x, g)` writes the slopes
/// at `x` into `g`.
///
/// # Errors
/// As [`quasi_newton`]; [`Error::Data`] if a slope is not finite.
///
/// # Examples
/// ```
/// use omni_core::numeric::{Limits, minimize::quasi_newton_with_gradient};
///
/// let f = |x: &[f64]| x[0].exp() - 2.0 * x[0];
/// let gradient = |x: &[f64], g: &mut [f64]| g[0] = x[0].exp() - 2.0;
/// let open = [f64::INFINITY];
/// let limits = Limits::QUASI_NEWTON;
/// let best = quasi_newton_with_gradient(f, gradient, &[3.0], &[0.0], &open, limits)?;
/// assert!((best.x[0] - 2.0_f64.ln()).abs() < 1e-8);
/// # Ok::<(), omni_core::numeric::Error>(())
/// ```
pub fn quasi_newton_with_gradient(
    f: impl FnMut(&[f64]) -> f64,
    mut gradient: impl FnMut(&[f64], &mut [f64]),
    start: &[f64],
    lower: &[f64],
    upper: &[f64],
    limits: Limits,
) -> Result<Minimum, Error> {
    let given = |_: &mut Objective<_>, _: &Bounds<'_>, x: &[f64], _, g: &mut [f64]| gradient(x, g);
    search(f, given, start, lower, upper, limits)
}

fn search<F: FnMut(&[f64]) -> f64>(
    f: F,
    mut slopes: impl FnMut(&mut Objective<F>, &Bounds<'_>, &[f64], f64, &mut [f64]),
    start: &[f64],
    lower: &[f64],
    upper: &[f64],
    limits: Limits,
) -> Result<Minimum, Error> {
    let (tolerance, max_iterations) = limits.checked()?;
    let mut objective = Objective::new(f);
    let bounds = Bounds::new(start, lower, upper)?;
    let mut y = objective.at_start(start)?;
    let mut x = start.to_vec();
    let mut scaled = |objective: &mut Objective<F>, x: &[f64], y| {
        let mut g = vec![0.0; x.len()];
        slopes(objective, &bounds, x, y, &mut g);
        for (g, unit) in g.iter_mut().zip(&bounds.unit) {
            *g *= unit;
        }
        check::all_finite("gradient", &g).map(|()| g)
    };
    let mut g = scaled(&mut objective, &x, y)?;
    let size = g.iter().fold(f64::MIN_POSITIVE, |size, g| size.max(g.abs()));
    let normalize = |g: &mut [f64]| g.iter_mut().for_each(|g| *g /= size);
    normalize(&mut g);
    // The first step moves the steepest variable that may move by its unit.
    let mut model = Model::new(x.len(), bounds.steepest(&x, &g));
    let mut iterations = 0;
    let reason = loop {
        let slope = bounds.steepest(&x, &g);
        if slope == 0.0 {
            break Reason::SmallGradient;
        }
        if iterations == max_iterations {
            break Reason::Limit;
        }
        iterations += 1;
        let direction = model.direction(&bounds.free(&x, &g, slope), &g);
        let path = Path { bounds: &bounds, x: &x, y, direction: &direction };
        let (_, whole) = path.at(1.0);
        let hopeless = (dot(&g, &whole) * size).abs() / 2.0 <= f64::EPSILON * y.abs();
        // A model that has learned nothing yet cannot say how far it is to go.
        let small = !model.fresh
            && whole
                .iter()
                .zip(&x)
                .zip(&bounds.unit)
                .all(|((step, x), unit)| step.abs() <= tolerance * (x.abs() / unit).max(1.0));
        let end = match (hopeless, small) {
            (true, _) => Some(Reason::SmallChange),
            (_, true) => Some(Reason::SmallStep),
            _ => None,
        };
        let Some(found) = path.descend(&mut objective, |step| dot(&g, step) * size) else {
            if let Some(reason) = end {
                break reason;
            }
            if slope <= f64::EPSILON.cbrt() {
                break Reason::SmallGradient;
            }
            if model.fresh {
                break Reason::NoDescent;
            }
            model.reset();
            continue;
        };
        (x, y) = (found.x, found.y);
        if let Some(reason) = end {
            break reason;
        }
        let mut next = scaled(&mut objective, &x, y)?;
        normalize(&mut next);
        let change: Vec<f64> = next.iter().zip(&g).map(|(a, b)| a - b).collect();
        model.update(&found.step, &change);
        g = next;
    };
    Ok(Minimum::new(x, y, iterations, objective.evaluations, reason))
}

/// The way from a point along a direction, bent at the bounds.
struct Path<'a> {
    bounds: &'a Bounds<'a>,
    x: &'a [f64],
    y: f64,
    direction: &'a [f64],
}

/// A lower point on a [`Path`], and the step to it in units.
struct Lower {
    x: Vec<f64>,
    y: f64,
    step: Vec<f64>,
}

impl Path<'_> {
    /// The point `alpha` of the way, and the step to it in units.
    fn at(&self, alpha: f64) -> (Vec<f64>, Vec<f64>) {
        let Bounds { lower, upper, unit } = self.bounds;
        let to =
            |i: usize| (self.x[i] + alpha * self.direction[i] * unit[i]).clamp(lower[i], upper[i]);
        let point: Vec<f64> = (0..self.x.len()).map(to).collect();
        let step = (0..point.len()).map(|i| (point[i] - self.x[i]) / unit[i]).collect();
        (point, step)
    }

    /// The first point, from the whole way backwards, that is lower by 10⁻⁴ of what the
    /// gradient promises for its step.
    fn descend<F: FnMut(&[f64]) -> f64>(
        &self,
        objective: &mut Objective<F>,
        promise: impl Fn(&[f64]) -> f64,
    ) -> Option<Lower> {
        let mut alpha = 1.0_f64;
        while alpha > 1e-30 {
            let (x, step) = self.at(alpha);
            if x == self.x {
                break;
            }
            let promised = promise(&step);
            let y = objective.at(&x);
            if y < self.y && y - self.y <= 1e-4 * promised {
                return Some(Lower { x, y, step });
            }
            let vertex = -promised / (2.0 * (y - self.y - promised));
            alpha *= if vertex > 0.1 { vertex.min(0.5) } else { 0.1 };
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{DataError, ParamError};
    use omni_testkit::assert_close;

    const INF: f64 = f64::INFINITY;

    /// A valley along x₀ = x₁ with its minimum 0 at (1, 1).
    fn valley(x: &[f64]) -> f64 {
        100.0 * (x[1] - x[0]).powi(2) + (x[0] - 1.0).powi(2)
    }

    #[test]
    fn a_bound_on_the_way_is_followed() {
        let limits = Limits::QUASI_NEWTON;
        // Upper bound, lower bound and start of the first variable; where the minimum then is.
        let cases = [(-INF, INF, -3.0, 1.0), (-9.0, 0.5, -3.0, 0.5), (2.0, 2.5, 2.25, 2.0)];
        for (low, high, start, expected) in cases {
            let best = quasi_newton(valley, &[start, 7.0], &[low, -INF], &[high, INF], limits);
            let best = best.unwrap();
            assert!(best.converged, "{best:?}");
            assert_close!(best.x[0], expected, 1e-8);
            assert_close!(best.x[1], expected, 1e-8);
        }
        let fixed = quasi_newton(valley, &[4.0, 7.0], &[4.0, -INF], &[4.0, INF], limits).unwrap();
        assert_eq!(fixed.x[0], 4.0);
        assert_close!(fixed.x[1], 4.0, 1e-9);
        let all_fixed =
            quasi_newton(valley, &[4.0, 7.0], &[4.0, 7.0], &[4.0, 7.0], limits).unwrap();
        assert_eq!((all_fixed.x, all_fixed.reason), (vec![4.0, 7.0], Reason::SmallGradient));
    }

    #[test]
    fn a_forbidden_region_beside_the_start_is_avoided() {
        let f = |x: &[f64]| if x[0] > 1.0 { f64::NAN } else { (x[0] + 2.0).powi(2) };
        let best = quasi_newton(f, &[1.0], &[-INF], &[INF], Limits::QUASI_NEWTON).unwrap();
        assert_close!(best.x[0], -2.0, 1e-8);
    }

    #[test]
    fn not_converged_is_reported_not_an_error() {
        let limits = Limits::QUASI_NEWTON.with_max_iterations(1);
        let open = ([-INF; 2], [INF; 2]);
        let best = quasi_newton(valley, &[-3.0, 7.0], &open.0, &open.1, limits).unwrap();
        assert_eq!((best.converged, best.reason, best.iterations), (false, Reason::Limit, 1));
        assert!(best.value < valley(&[-3.0, 7.0]));
        // A gradient that points uphill.
        let uphill = |x: &[f64], g: &mut [f64]| g[0] = -2.0 * x[0];
        let square = |x: &[f64]| x[0] * x[0];
        let limits = Limits::QUASI_NEWTON;
        let best =
            quasi_newton_with_gradient(square, uphill, &[3.0], &[-INF], &[INF], limits).unwrap();
        assert_eq!((best.x[0], best.converged, best.reason), (3.0, false, Reason::NoDescent));
    }

    #[test]
    fn bad_input_is_named() {
        let run = |start: &[f64], lower: &[f64], upper: &[f64]| {
            quasi_newton(|x| x[0], start, lower, upper, Limits::QUASI_NEWTON).unwrap_err()
        };
        let short = |name, got| DataError::Length { name, expected: 1, got };
        let cases = [
            (run(&[], &[], &[]), DataError::TooShort { name: "start", needed: 1, got: 0 }),
            (run(&[1.0], &[], &[2.0]), short("lower", 0)),
            (run(&[1.0], &[0.0], &[2.0, 3.0]), short("upper", 2)),
            (
                run(&[1.0], &[2.0], &[0.0]),
                DataError::entry("upper", 0, "at least the lower bound", 0.0),
            ),
            (run(&[1.0], &[f64::NAN], &[0.0]), DataError::entry("lower", 0, "a number", f64::NAN)),
            (run(&[9.0], &[0.0], &[2.0]), DataError::entry("start", 0, "within its bounds", 9.0)),
            (
                run(&[f64::NAN], &[0.0], &[2.0]),
                DataError::entry("start", 0, "within its bounds", f64::NAN),
            ),
            (run(&[INF], &[0.0], &[INF]), DataError::entry("start", 0, "finite", INF)),
        ];
        for (error, expected) in cases {
            assert_eq!(error, expected.into());
        }
        let (low, high) = ([-INF], [INF]);
        let limits = Limits::QUASI_NEWTON;
        assert_eq!(
            quasi_newton(|_| f64::NAN, &[1.0], &low, &high, limits),
            Err(ParamError::new("f(start)", "finite", f64::NAN).into())
        );
        assert_eq!(
            quasi_newton_with_gradient(
                |x| x[0],
                |_, g| g[0] = f64::NAN,
                &[1.0],
                &low,
                &high,
                limits
            ),
            Err(DataError::entry("gradient", 0, "finite", f64::NAN).into())
        );
        for bad in [0.0, 1.0, f64::NAN] {
            let limits = limits.with_tolerance(bad);
            assert!(quasi_newton(|x| x[0], &[1.0], &low, &high, limits).is_err());
        }
        let none = limits.with_max_iterations(0);
        assert!(quasi_newton(|x| x[0], &[1.0], &low, &high, none).is_err());
        let many = vec![0.0; 1001];
        assert!(quasi_newton(|x| x[0], &many, &many, &many, limits).is_err());
    }
}
