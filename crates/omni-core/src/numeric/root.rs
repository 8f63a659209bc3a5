//! The root of a function of one variable between two points where its signs differ.
//!
//! ```text
//! x = x₁ + t (x₂ − x₁)      f(x₁) f(x₂) < 0,  x₃ the end that was given up last
//!
//! ξ = (x₁ − x₂) / (x₃ − x₂),  φ = (f₁ − f₂) / (f₃ − f₂)
//! t from the inverse parabola through the three points   if φ² < ξ and (1 − φ)² < 1 − ξ
//! t = 1/2                                                otherwise
//! ```
//!
//! The inverse parabola is used exactly where it is monotone between the ends. It mostly
//! gains as fast as Brent's method, with one rule in place of five.
//!
//! Three steps that together did not halve the number of doubles between the ends are
//! followed by the double in the middle of them. So at most four steps halve that number,
//! which is below 2⁶⁴: the method ends within 256 steps for every function, bracket and
//! tolerance, also between `-1e308` and `1e308`. O(1) memory.
//!
//! Source: Chandrupatla (1997), "A new hybrid quadratic/bisection algorithm for finding the
//! zero of a nonlinear function without using derivatives", Advances in Engineering
//! Software 28(3), 145–149.
//!
//! A change of sign is all it looks for: at a pole the "root" has a large residual.

use super::{Error, Limits};
use crate::check;
use crate::error::ParamError;

/// What [`bracketed`] found.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Root {
    /// The end of the last bracket where the function is nearer to zero.
    pub root: f64,
    /// The value of the function there.
    pub residual: f64,
    /// The steps taken; the function was called twice more.
    pub iterations: usize,
    /// Whether the bracket became as narrow as asked, or the residual zero.
    pub converged: bool,
}

/// Finds a root of `f` in `[lo, hi]`, at whose ends its signs differ.
///
/// It stops when the bracket is no wider than `tolerance · |x|`, holds no further number, or
/// the function is exactly zero.
///
/// # Errors
/// [`Error::Param`] unless `lo < hi`, both finite, and the settings are in range;
/// [`Error::NoSignChange`] if the function has one sign at both ends; [`Error::NotFinite`] if
/// it is infinite or NaN at a point that was tried, which it names.
///
/// # Examples
/// The rate at which 100 a year for ten years is worth 800 today.
/// ```
/// use omni_core::numeric::{Limits, root::bracketed};
///
/// let value = |rate: f64| 100.0 * (1.0 - (1.0 + rate).powi(-10)) / rate - 800.0;
/// let found = bracketed(value, 0.001, 1.0, Limits::ROOT)?;
/// assert!((found.root - 0.042_774_978_0).abs() < 1e-9);
/// assert!(found.converged);
/// # Ok::<(), omni_core::numeric::Error>(())
/// ```
pub fn bracketed(
    mut f: impl FnMut(f64) -> f64,
    lo: f64,
    hi: f64,
    limits: Limits,
) -> Result<Root, Error> {
    let (tolerance, max_iterations) = limits.checked()?;
    check::finite("lo", lo)?;
    check::finite("hi", hi)?;
    if lo >= hi {
        return Err(ParamError::new("hi", "above lo", hi).into());
    }
    let mut point = |x: f64| match f(x) {
        y if y.is_finite() => Ok(Point { x, y }),
        y => Err(Error::NotFinite { x: x.into(), value: y.into() }),
    };
    let (low, high) = (point(lo)?, point(hi)?);
    if (low.y > 0.0 && high.y > 0.0) || (low.y < 0.0 && high.y < 0.0) {
        return Err(Error::NoSignChange { at_lo: low.y.into(), at_hi: high.y.into() });
    }
    // `near` was tried last, `far` is the other end, `old` the end given up last.
    let (mut near, mut far, mut old) = (low, high, high);
    let mut history = [u64::MAX; 3];
    let mut iterations = 0;
    loop {
        let best = if near.y.abs() <= far.y.abs() { near } else { far };
        let near_enough = tolerance * best.x.abs();
        let width = (far.x - near.x).abs();
        let doubles = rank(near.x).abs_diff(rank(far.x));
        let converged = best.y == 0.0 || width <= near_enough || doubles <= 1;
        if converged || iterations == max_iterations {
            return Ok(Root { root: best.x, residual: best.y, iterations, converged });
        }
        let slow = doubles > history[0] / 2;
        history = if slow { [u64::MAX; 3] } else { [history[1], history[2], doubles] };
        let x = near.x + share(near, far, old, near_enough / width) * (far.x - near.x);
        let inside = x > near.x.min(far.x) && x < near.x.max(far.x);
        let x = if inside && !slow { x } else { of_rank(rank(near.x).midpoint(rank(far.x))) };
        let tried = point(x)?;
        if (tried.y > 0.0) == (near.y > 0.0) {
            old = near;
        } else {
            old = far;
            far = near;
        }
        near = tried;
        iterations += 1;
    }
}

#[derive(Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
}

/// The share of the way from `near` to `far` at which to try next, at least half of
/// `tolerance` away from both.
fn share(near: Point, far: Point, old: Point, tolerance: f64) -> f64 {
    let (f1, f2, f3) = (near.y, far.y, old.y);
    let xi = (near.x - far.x) / (old.x - far.x);
    let phi = (f1 - f2) / (f3 - f2);
    let parabola = if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
        f1 / (f2 - f1) * (f3 / (f2 - f3))
            + (old.x - near.x) / (far.x - near.x) * (f1 / (f3 - f1)) * (f2 / (f3 - f2))
    } else {
        0.5
    };
    parabola.max(tolerance / 2.0).min(1.0 - tolerance / 2.0)
}

/// The place of a double in the order of all doubles, zero at 0.
fn rank(x: f64) -> i64 {
    let bits = x.to_bits().cast_signed();
    if bits < 0 { i64::MIN - bits } else { bits }
}

/// The double of a place.
fn of_rank(rank: i64) -> f64 {
    let bits = if rank < 0 { i64::MIN - rank } else { rank };
    f64::from_bits(bits.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    fn find(f: impl FnMut(f64) -> f64, lo: f64, hi: f64) -> Root {
        bracketed(f, lo, hi, Limits::ROOT).unwrap()
    }

    #[test]
    fn known_roots_to_full_precision() {
        type Function = fn(f64) -> f64;
        // The function, its ends, its root and the steps it may take.
        let cases: [(Function, f64, f64, f64, usize); 9] = [
            (|x| x * x - 2.0, 0.0, 2.0, std::f64::consts::SQRT_2, 12),
            (|x| x.cos() - x, 0.0, 1.0, 0.739_085_133_215_160_6, 12),
            (|x| x.exp() - 2.0, -5.0, 5.0, std::f64::consts::LN_2, 15),
            (|x| 3.0 - x, 0.0, 10.0, 3.0, 3),
            (|x| x.powi(3) - 2.0 * x - 5.0, 2.0, 3.0, 2.094_551_481_542_326_5, 12),
            (|x| (x - 1.0).powi(9), -1.0, 4.0, 1.0, 256),
            (|x| x.tanh() - 0.5, -1e300, 1e308, 0.549_306_144_334_054_8, 256),
            (|x| x - 1e-300, -1.0, 1.0, 1e-300, 256),
            (|x| if x < 5e-324 { -1.0 } else { 1e-9 }, -1e308, 1e308, 5e-324, 256),
        ];
        for (f, lo, hi, expected, steps) in cases {
            for sign in [1.0, -1.0] {
                let found = find(|x| sign * f(x), lo, hi);
                let tolerance = if steps == 256 && expected == 1.0 { 1e-9 } else { 2e-15 };
                assert_close!(found.root, expected, tolerance, "{found:?}");
                assert!(found.converged && found.iterations <= steps, "{found:?}");
                assert_eq!(found.residual, sign * f(found.root));
            }
        }
    }

    #[test]
    fn a_root_at_an_end_needs_no_step() {
        assert_eq!((find(|x| x, 0.0, 1.0).root, find(|x| x, -1.0, 0.0).root), (0.0, 0.0));
        assert_eq!(find(|x| x, 0.0, 1.0).iterations, 0);
        assert_eq!(find(|_| 0.0, 2.0, 3.0).root, 2.0);
    }

    #[test]
    fn tolerances_and_the_limit_are_kept() {
        let f = |x: f64| x * x - 2.0;
        let loose = Limits::ROOT.with_tolerance(0.05);
        let found = bracketed(f, 0.0, 2.0, loose).unwrap();
        assert!(found.converged && (found.root - 2.0_f64.sqrt()).abs() <= 0.1, "{found:?}");
        let short = Limits::ROOT.with_max_iterations(2);
        let found = bracketed(f, 0.0, 2.0, short).unwrap();
        assert_eq!((found.converged, found.iterations), (false, 2));
        // Hardly a tolerance: the bracket shrinks to two neighboring numbers.
        let exact = Limits::ROOT.with_tolerance(5e-324);
        assert_close!(bracketed(f, 0.0, 2.0, exact).unwrap().root, 2.0_f64.sqrt(), 3e-16);
    }

    #[test]
    fn the_steps_are_bounded_whatever_the_function_does() {
        // A step at each power of ten: every interpolation is misled.
        for k in -300..300 {
            let edge = 10.0_f64.powi(k);
            for (low, high) in [(-1e-300, 1.0), (-1.0, 1e-300), (-1e300, 1e300)] {
                let found = find(|x| if x < edge { low } else { high }, -1e308, 1e308);
                assert!(found.converged, "{k} {found:?}");
                assert_close!(found.root, edge, 1e-15);
            }
        }
    }

    #[test]
    fn what_cannot_be_solved_is_named() {
        let find = |f: fn(f64) -> f64, lo, hi| bracketed(f, lo, hi, Limits::ROOT);
        assert_eq!(
            find(|x| x * x + 1.0, -1.0, 2.0),
            Err(Error::NoSignChange { at_lo: 2.0.into(), at_hi: 5.0.into() })
        );
        assert_eq!(
            find(f64::ln, 0.0, 2.0),
            Err(Error::NotFinite { x: 0.0.into(), value: f64::NEG_INFINITY.into() })
        );
        assert_eq!(
            find(|x| if x.abs() < 1.0 { f64::NAN } else { x }, -1.0, 1.0),
            Err(Error::NotFinite { x: 0.0.into(), value: f64::NAN.into() })
        );
        for (lo, hi) in [(1.0, 1.0), (2.0, 1.0)] {
            let error = ParamError::new("hi", "above lo", hi);
            assert_eq!(find(|x| x, lo, hi), Err(error.into()));
        }
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(find(|x| x, bad, 1.0).is_err() && find(|x| x, 0.0, bad).is_err());
            assert!(bracketed(|x| x, -1.0, 1.0, Limits::ROOT.with_tolerance(bad)).is_err());
        }
        assert!(bracketed(|x| x, -1.0, 1.0, Limits::ROOT.with_max_iterations(0)).is_err());
    }
}
