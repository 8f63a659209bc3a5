//! The minimum of a function of several variables that may have kinks and cliffs.
//!
//! ```text
//! n + 1 corners, the worst of them w; c = the mean of the others
//! reflect   c + (c − w)          kept if better than the second worst
//! expand    c + β (c − w)        tried if the reflection is the best
//! contract  c ± γ (c − w)        tried otherwise, outside or inside
//! shrink    b + δ (x − b)        all corners towards the best, if nothing helped
//!
//! β = 1 + 2/n,  γ = 3/4 − 1/(2n),  δ = 1 − 1/n     n variables, at least 2
//! ```
//!
//! The first simplex adds to each variable in turn its step: the share `step` of its start, or
//! that share itself where the start is 0. It ends when every corner lies within
//! `tolerance · max(|x_i|, first step)` of the best. A simplex may collapse short of the
//! minimum, so a fresh one is then set up around the best point, its steps reversed; the
//! search ends when a fresh one neither moves it by the tolerance nor improves it.
//!
//! O(n²) work per step beside the objective. Good up to some ten variables; not for noise.
//!
//! Sources: Nelder & Mead (1965), "A simplex method for function minimization", The Computer
//! Journal 7(4), 308–313; Gao & Han (2012), "Implementing the Nelder-Mead simplex algorithm
//! with adaptive parameters", Computational Optimization and Applications 51(1), 259–277.

use super::{Minimum, Objective, Reason};
use crate::check;
use crate::numeric::{Error, Limits};

/// Finds a minimum of `f` near `start`; the first step of each variable is the share `step`
/// of its start, usually 0.05.
///
/// # Errors
/// [`Error::Param`] if `step` is not positive, a limit is out of range, `f(start)` is not finite, or there are
/// more than 1000 variables; [`Error::Data`] if `start` is empty or not finite.
///
/// # Examples
/// The store that is nearest to three customers, in straight lines.
/// ```
/// use omni_core::numeric::{Limits, minimize::nelder_mead};
///
/// let customers = [(0.0, 0.0), (4.0, 0.0), (2.0, 3.0)];
/// let way = |at: &[f64]| customers.iter().map(|(x, y)| (at[0] - x).hypot(at[1] - y)).sum();
/// let best = nelder_mead(way, &[1.0, 1.0], 0.05, Limits::NELDER_MEAD)?;
/// assert!(best.converged);
/// assert!((best.value - (3.0 + 12.0_f64.sqrt())).abs() < 1e-12);
/// # Ok::<(), omni_core::numeric::Error>(())
/// ```
pub fn nelder_mead(
    f: impl FnMut(&[f64]) -> f64,
    start: &[f64],
    step: f64,
    limits: Limits,
) -> Result<Minimum, Error> {
    let (tolerance, max_iterations) = limits.checked()?;
    // A shrinking corner is stuck where rounding undoes its step: at n ulp from the best.
    let tolerance = tolerance.max(2.0 * f64::EPSILON * start.len() as f64);
    let share = check::positive("step", step)?;
    let mut objective = Objective::new(f);
    let y = objective.at_start(start)?;
    let mut best = Corner { x: start.to_vec(), y };
    let first: Vec<f64> =
        start.iter().map(|x| if *x == 0.0 { share } else { share * x.abs() }).collect();
    let mut iterations = 0;
    let mut direction = 1.0;
    let reason = loop {
        let mut simplex = vec![best.clone()];
        for (i, first) in first.iter().enumerate() {
            let mut x = best.x.clone();
            let step = direction * first.max(share * x[i].abs());
            x[i] = (x[i] + step).clamp(f64::MIN, f64::MAX);
            let y = objective.at(&x);
            simplex.push(Corner { x, y });
        }
        let near = |a: &Corner, b: &Corner| {
            a.x.iter().zip(&b.x).zip(&first).all(|((a, b), first)| {
                (a - b).abs() <= (tolerance * b.abs().max(*first)).max(f64::MIN_POSITIVE)
            })
        };
        while !gather(&mut simplex, near) && iterations < max_iterations {
            iterations += 1;
            step_once(&mut objective, &mut simplex);
        }
        let shrunk = gather(&mut simplex, near);
        let found = simplex.swap_remove(0);
        let gain = best.y - found.y;
        let settled = near(&found, &best) || gain <= 4.0 * f64::EPSILON * best.y.abs();
        best = found;
        if !shrunk {
            break Reason::Limit;
        }
        if settled {
            break Reason::SmallStep;
        }
        direction = -direction;
    };
    Ok(Minimum::new(best.x, best.y, iterations, objective.evaluations, reason))
}

/// Puts the best corner first and the worst last; says whether all are near the best.
fn gather(simplex: &mut [Corner], near: impl Fn(&Corner, &Corner) -> bool) -> bool {
    simplex.sort_by(|a, b| a.y.total_cmp(&b.y));
    simplex.iter().all(|corner| near(corner, &simplex[0]))
}

/// Replaces the worst corner of a sorted simplex by a better one, or shrinks the simplex.
fn step_once<F: FnMut(&[f64]) -> f64>(objective: &mut Objective<F>, simplex: &mut [Corner]) {
    let last = simplex.len() - 1;
    let n = last.max(2) as f64;
    let (expansion, contraction, shrinkage) = (1.0 + 2.0 / n, 0.75 - 0.5 / n, 1.0 - 1.0 / n);
    let center: Vec<f64> = (0..last)
        .map(|i| simplex[..last].iter().map(|corner| corner.x[i] / last as f64).sum())
        .collect();
    let worst = &simplex[last];
    let mut at = |share: f64| {
        let x: Vec<f64> = center.iter().zip(&worst.x).map(|(c, w)| c + share * (c - w)).collect();
        let y = objective.at(&x);
        Corner { x, y }
    };
    let reflected = at(1.0);
    let better = if reflected.y < simplex[0].y {
        let expanded = at(expansion);
        Some(if expanded.y < reflected.y { expanded } else { reflected })
    } else if reflected.y < simplex[last - 1].y {
        Some(reflected)
    } else if reflected.y < worst.y {
        let outside = at(contraction);
        (outside.y <= reflected.y).then_some(outside)
    } else {
        let inside = at(-contraction);
        (inside.y < worst.y).then_some(inside)
    };
    if let Some(better) = better {
        simplex[last] = better;
        return;
    }
    let (best, others) = simplex.split_at_mut(1);
    for corner in others {
        for (x, b) in corner.x.iter_mut().zip(&best[0].x) {
            *x = shrinkage * *x + (1.0 - shrinkage) * b;
        }
        corner.y = objective.at(&corner.x);
    }
}

#[derive(Clone)]
struct Corner {
    x: Vec<f64>,
    y: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{DataError, ParamError};
    use omni_testkit::assert_close;

    #[test]
    fn kinks_cliffs_and_plains() {
        let kink = |x: &[f64]| 5.0 + x[0].abs() + 2.0 * (x[1] - 1.0).abs();
        let best = nelder_mead(kink, &[3.0, -2.0], 0.05, Limits::NELDER_MEAD).unwrap();
        assert!(best.converged);
        assert_close!(best.value, 5.0, 1e-8);

        let cliff = |x: &[f64]| if x[0] < 1.0 { f64::NAN } else { x[0] * x[0] + x[1] * x[1] };
        let best = nelder_mead(cliff, &[4.0, 3.0], 0.05, Limits::NELDER_MEAD).unwrap();
        assert_close!(best.value, 1.0, 1e-6);
        assert!(best.x[0] >= 1.0);

        let plain = nelder_mead(|_| 7.0, &[1.0, 2.0, 3.0], 0.05, Limits::NELDER_MEAD).unwrap();
        assert_eq!((plain.value, plain.converged), (7.0, true));

        let alone =
            nelder_mead(|x| (x[0] - 3.0).powi(2), &[0.0], 0.05, Limits::NELDER_MEAD).unwrap();
        assert_close!(alone.x[0], 3.0, 1e-8);
    }

    #[test]
    fn a_collapsed_simplex_starts_again() {
        // McKinnon (1998): from these corners the classic search creeps to the origin, which
        // is no minimum; the minimum is −1/4 at (0, −1/2).
        let f = |x: &[f64]| {
            let steep = if x[0] <= 0.0 { 360.0 } else { 6.0 };
            steep * x[0] * x[0] + x[1] + x[1] * x[1]
        };
        let best = nelder_mead(f, &[1.0, 1.0], 0.05, Limits::NELDER_MEAD).unwrap();
        assert_close!(best.value, -0.25, 1e-12);
    }

    #[test]
    fn the_limit_covers_all_restarts() {
        let limits = Limits::NELDER_MEAD.with_max_iterations(30);
        let f = |x: &[f64]| (x[0] - 1.0).powi(2) + (x[1] - 3.0).powi(2);
        let best = nelder_mead(f, &[0.0, 0.0], 0.05, limits).unwrap();
        assert_eq!((best.iterations, best.reason, best.converged), (30, Reason::Limit, false));
        assert!(best.value < f(&[0.0, 0.0]));
    }

    #[test]
    fn bad_input_is_named() {
        let f = |x: &[f64]| x[0];
        let find =
            |f: fn(&[f64]) -> f64, start: &[f64]| nelder_mead(f, start, 0.05, Limits::NELDER_MEAD);
        assert_eq!(
            find(f, &[]),
            Err(DataError::TooShort { name: "start", needed: 1, got: 0 }.into())
        );
        assert_eq!(
            find(f, &[0.0, f64::NAN]),
            Err(DataError::entry("start", 1, "finite", f64::NAN).into())
        );
        assert_eq!(
            find(|_| f64::NAN, &[0.0]),
            Err(ParamError::new("f(start)", "finite", f64::NAN).into())
        );
        assert_eq!(
            find(f, &[0.0; 1001]),
            Err(ParamError::new("start.len()", "at most 1000", 1001_usize).into())
        );
        for bad in [0.0, 1.0, -1.0, f64::NAN] {
            let limits = Limits::NELDER_MEAD.with_tolerance(bad);
            assert!(nelder_mead(f, &[0.0], 0.05, limits).is_err());
        }
        let limits = Limits::NELDER_MEAD;
        for step in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(nelder_mead(f, &[0.0], step, limits).is_err());
        }
        assert!(nelder_mead(f, &[0.0], 0.05, limits.with_max_iterations(0)).is_err());
    }
}
