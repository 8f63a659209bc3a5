//! The minimum of a function of one variable in an interval.
//!
//! ```text
//! u = x + p/q             the vertex of the parabola through the three best points,
//!                         if it lies inside and halves the step before last
//! u = x + (3 − √5)/2 · (the larger part of the interval, from x)       otherwise
//! ```
//!
//! Both ends of the interval are tried too, since the best smoothing weight or price is
//! often the largest one allowed. A function with one minimum in the interval is solved;
//! with several, one of them is found. Around its minimum a smooth function is flat: `x` is
//! good to about `√ε ≈ 1.5e-8` relative, the value to `ε`. O(1) memory.
//!
//! Source: Brent (1973), Algorithms for Minimization without Derivatives, chapter 5.

use super::{Minimum, Objective, Reason};
use crate::check;
use crate::error::ParamError;
use crate::numeric::{Error, Limits};

/// (3 − √5) / 2, the smaller part of the golden section.
const GOLDEN: f64 = 0.381_966_011_250_105_1;

/// Finds a minimum of `f` in `[lo, hi]`, ends included.
///
/// # Errors
/// [`Error::Param`] unless `lo <= hi`, both and their distance finite, and the settings are
/// in range; [`Error::NotFinite`] if no point that was tried has a finite value.
///
/// # Examples
/// The price with the highest revenue, where demand is `100 · exp(−price / 8)`.
/// ```
/// use omni_core::numeric::{Limits, minimize::brent};
///
/// let loss = |price: f64| -price * 100.0 * (-price / 8.0).exp();
/// let best = brent(loss, 1.0, 50.0, Limits::BRENT)?;
/// assert!((best.x - 8.0).abs() < 1e-6);
///
/// // No more than 5 allowed: the best price is exactly 5.
/// assert_eq!(brent(loss, 1.0, 5.0, Limits::BRENT)?.x, 5.0);
/// # Ok::<(), omni_core::numeric::Error>(())
/// ```
pub fn brent(
    f: impl FnMut(f64) -> f64,
    lo: f64,
    hi: f64,
    limits: Limits,
) -> Result<Minimum<f64>, Error> {
    let (tolerance, max_iterations) = limits.checked()?;
    check::finite("lo", lo)?;
    check::finite("hi", hi)?;
    if !(hi >= lo && (hi - lo).is_finite()) {
        return Err(ParamError::new("hi", "at least lo, at a finite distance", hi).into());
    }
    let mut objective = Objective::new(f);
    let mut point = |x: f64| Point { x, y: objective.value(x) };
    let floor = tolerance * (hi - lo);
    let (mut a, mut b) = (lo, hi);
    // `best`, `second` and `third` lowest so far.
    let mut best = point(a + GOLDEN * (b - a));
    let (mut second, mut third) = (best, best);
    let (mut step, mut before_last) = (0.0_f64, 0.0_f64);
    let mut iterations = 0;
    let reason = loop {
        let middle = a.midpoint(b);
        // Below the normal numbers a step may round to none.
        let near = (tolerance * (best.x.abs() + floor)).max(f64::MIN_POSITIVE);
        if (best.x - middle).abs() + (b - a) / 2.0 <= 2.0 * near {
            break Reason::SmallStep;
        }
        if iterations == max_iterations {
            break Reason::Limit;
        }
        iterations += 1;
        match vertex(best, second, third) {
            Some(leap)
                if leap.abs() < before_last.abs() / 2.0
                    && best.x + leap > a
                    && best.x + leap < b =>
            {
                before_last = step;
                let u = best.x + leap;
                let at_edge = u - a < 2.0 * near || b - u < 2.0 * near;
                step = if at_edge { near.copysign(middle - best.x) } else { leap };
            }
            _ => {
                before_last = if best.x < middle { b - best.x } else { a - best.x };
                step = GOLDEN * before_last;
            }
        }
        let step_taken = if step.abs() >= near { step } else { near.copysign(step) };
        let tried = point((best.x + step_taken).clamp(a, b));
        if tried.y <= best.y {
            *(if tried.x < best.x { &mut b } else { &mut a }) = best.x;
            (third, second, best) = (second, best, tried);
        } else {
            *(if tried.x < best.x { &mut a } else { &mut b }) = tried.x;
            if tried.y <= second.y || second.x == best.x {
                (third, second) = (second, tried);
            } else if tried.y <= third.y || third.x == best.x || third.x == second.x {
                third = tried;
            }
        }
    };
    for end in [lo, hi] {
        let end = point(end);
        if end.y < best.y {
            best = end;
        }
    }
    if best.y.is_finite() {
        Ok(Minimum::new(best.x, best.y, iterations, objective.evaluations, reason))
    } else {
        Err(Error::NotFinite { x: best.x.into(), value: best.y.into() })
    }
}

#[derive(Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
}

/// How far the vertex of the parabola through three points is from the first of them.
fn vertex(best: Point, second: Point, third: Point) -> Option<f64> {
    let (to_second, to_third) = (second.x - best.x, third.x - best.x);
    let slope = (second.y - best.y) / to_second;
    let steeper = (third.y - best.y) / to_third - slope;
    let leap = (to_second - (to_third - to_second) * (slope / steeper)) / 2.0;
    leap.is_finite().then_some(leap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    fn find(f: impl FnMut(f64) -> f64, lo: f64, hi: f64) -> Minimum<f64> {
        brent(f, lo, hi, Limits::BRENT).unwrap()
    }

    #[test]
    fn known_minima() {
        type Function = fn(f64) -> f64;
        // The function, its ends, its minimum, the tolerance and the calls it may take.
        let cases: [(Function, f64, f64, f64, f64, usize); 8] = [
            (|x| (x - 0.3).powi(2), 0.0, 1.0, 0.3, 1e-8, 12),
            (|x| x.exp() - 2.0 * x, -5.0, 5.0, std::f64::consts::LN_2, 3e-8, 30),
            (|x| -x.sin(), 0.0, 3.0, std::f64::consts::FRAC_PI_2, 3e-8, 30),
            (|x| (x - 2.0).abs(), -1.0, 10.0, 2.0, 3e-8, 80),
            (|x| (x - 1.0).powi(4), -3.0, 10.0, 1.0, 1e-3, 120),
            (|x| 1e150 * (x * 1e-150 - 3.0).powi(2), 0.0, 1e151, 3e150, 1e-8, 30),
            (|x| (x * 1e150 - 3.0).powi(2), 0.0, 1e-149, 3e-150, 1e-8, 30),
            (|x| if x > 0.6 { f64::NAN } else { -x }, 0.0, 1.0, 0.6, 3e-8, 80),
        ];
        for (f, lo, hi, expected, tolerance, calls) in cases {
            let found = find(f, lo, hi);
            assert_close!(found.x, expected, tolerance, "{found:?}");
            assert!(found.converged && found.evaluations <= calls, "{found:?}");
            assert_eq!(found.value, f(found.x));
        }
        assert!(find(|x| x * x, -1.0, 2.0).x.abs() < 1e-15);
    }

    #[test]
    fn a_minimum_at_an_end_is_that_end() {
        assert_eq!(find(|x| x, 0.0, 1.0).x, 0.0);
        assert_eq!(find(|x| -x, 0.0, 1.0).x, 1.0);
        assert_eq!(find(|x| -x.sqrt(), 1e-3, 0.9).x, 0.9);
        assert_eq!(find(|x| -x, -1e307, 1e307).x, 1e307);
        let point = find(|x| x * x, 4.0, 4.0);
        assert_eq!((point.x, point.value, point.converged), (4.0, 16.0, true));
    }

    #[test]
    fn flat_and_cut_short() {
        let flat = find(|_| 7.0, 0.0, 1.0);
        assert_eq!((flat.value, flat.converged), (7.0, true));
        let short = Limits::BRENT.with_max_iterations(3);
        let found = brent(f64::cos, 0.0, 6.0, short).unwrap();
        assert_eq!((found.converged, found.reason), (false, Reason::Limit));
        assert_eq!((found.iterations, found.evaluations), (3, 6));
    }

    #[test]
    fn bad_intervals_settings_and_objectives() {
        let limits = Limits::BRENT;
        let find = |lo, hi| brent(|x| x, lo, hi, limits);
        for (lo, hi) in [(1.0, 0.0), (-1e308, 1e308)] {
            let error = ParamError::new("hi", "at least lo, at a finite distance", hi);
            assert_eq!(find(lo, hi), Err(error.into()));
        }
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(find(bad, 1.0).is_err() && find(0.0, bad).is_err());
            assert!(brent(|x| x, 0.0, 1.0, limits.with_tolerance(bad)).is_err());
            assert!(matches!(brent(|_| bad, 0.0, 1.0, limits), Err(Error::NotFinite { .. })));
        }
        assert!(brent(|x| x, 0.0, 1.0, limits.with_tolerance(0.0)).is_err());
        assert!(brent(|x| x, 0.0, 1.0, limits.with_max_iterations(0)).is_err());
    }
}
