//! The minimum of a function of several variables that may have kinks and cliffs.
//!
//! ```text
//! n + 1 corners, the worst of them w; c = the mean of the others
//! reflect   c + (c − w)          kept if better than the second worst
//! expand    c + β (c − w)        tried if the reflection is the best
//! contract  c ± γ (c − w)        tried otherwise, outside or inside
//! shrink    b + δ (x − b)        all corners towards the best, if nothing helped
//!
//! β = 1 + 2/n,  γ = 3/4 − 1/(2n),  δ = 1 − 1/n     adaptive; for n ≤ 2 as the classic
//! β = 2,        γ = 1/2,           δ = 1/2         classic
//! ```
//!
//! The first simplex adds to each variable in turn its step: a share (5 %) of its start, or
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
use crate::numeric::Error;

/// Settings of the simplex search; checked by [`minimize`](Self::minimize).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default, deny_unknown_fields))]
pub struct NelderMead {
    tolerance: f64,
    step: f64,
    adaptive: bool,
    max_iterations: usize,
}

impl Default for NelderMead {
    fn default() -> Self {
        Self { tolerance: 1e-8, step: 0.05, adaptive: true, max_iterations: 20_000 }
    }
}

impl NelderMead {
    /// A tolerance of `1e-8`, first steps of 5 %, adaptive parameters, 20,000 iterations.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How well each variable is determined, as a share of its size; in `(0, 1)`.
    #[must_use]
    pub const fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The first step of each variable, as a share of its start; positive.
    #[must_use]
    pub const fn with_step(mut self, step: f64) -> Self {
        self.step = step;
        self
    }

    /// Whether the parameters depend on the number of variables (Gao & Han) or are the
    /// classic ones.
    #[must_use]
    pub const fn with_adaptive(mut self, adaptive: bool) -> Self {
        self.adaptive = adaptive;
        self
    }

    /// The number of steps, over all restarts, after which the best point so far is
    /// returned; at least 1.
    #[must_use]
    pub const fn with_max_iterations(mut self, iterations: usize) -> Self {
        self.max_iterations = iterations;
        self
    }

    /// Finds a minimum of `f` near `start`.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is out of range, `f(start)` is not finite, or there are
    /// more than 1000 variables; [`Error::Data`] if `start` is empty or not finite.
    ///
    /// # Examples
    /// The store that is nearest to three customers, in straight lines.
    /// ```
    /// use omni_core::numeric::minimize::NelderMead;
    ///
    /// let customers = [(0.0, 0.0), (4.0, 0.0), (2.0, 3.0)];
    /// let way = |at: &[f64]| customers.iter().map(|(x, y)| (at[0] - x).hypot(at[1] - y)).sum();
    /// let best = NelderMead::new().minimize(way, &[1.0, 1.0])?;
    /// assert!(best.converged);
    /// assert!((best.value - (3.0 + 12.0_f64.sqrt())).abs() < 1e-12);
    /// # Ok::<(), omni_core::numeric::Error>(())
    /// ```
    pub fn minimize(&self, f: impl FnMut(&[f64]) -> f64, start: &[f64]) -> Result<Minimum, Error> {
        let tolerance = check::probability("tolerance", self.tolerance)?;
        let share = check::positive("step", self.step)?;
        check::at_least_one("max_iterations", self.max_iterations)?;
        let mut objective = Objective::new(f);
        let y = objective.at_start(start)?;
        let mut best = Corner { x: start.to_vec(), y };
        let first: Vec<f64> =
            start.iter().map(|x| if *x == 0.0 { share } else { share * x.abs() }).collect();
        let mut iterations = 0;
        let mut direction = 1.0;
        let reason = loop {
            let steps = best
                .x
                .iter()
                .zip(&first)
                .map(|(x, first)| direction * (share * x.abs()).max(*first));
            let mut simplex = vec![best.clone()];
            for (i, step) in steps.enumerate() {
                let mut x = best.x.clone();
                x[i] += step;
                let y = objective.at(&x);
                simplex.push(Corner { x, y });
            }
            let near = |a: &Corner, b: &Corner| {
                a.x.iter()
                    .zip(&b.x)
                    .zip(&first)
                    .all(|((a, b), first)| (a - b).abs() <= tolerance * b.abs().max(*first))
            };
            let shrunk = self.descend(&mut objective, &mut simplex, &mut iterations, near);
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
        Ok(Minimum {
            x: best.x,
            value: best.y,
            iterations,
            evaluations: objective.evaluations,
            converged: reason.converged(),
            reason,
        })
    }

    /// Moves the simplex until all its corners are near the best, which it puts first;
    /// false if the iterations end before.
    fn descend<F: FnMut(&[f64]) -> f64>(
        &self,
        objective: &mut Objective<F>,
        simplex: &mut [Corner],
        iterations: &mut usize,
        near: impl Fn(&Corner, &Corner) -> bool,
    ) -> bool {
        let last = simplex.len() - 1;
        let n = if self.adaptive { last.max(2) as f64 } else { 2.0 };
        let (expansion, contraction, shrinkage) = (1.0 + 2.0 / n, 0.75 - 0.5 / n, 1.0 - 1.0 / n);
        loop {
            simplex.sort_by(|a, b| a.y.total_cmp(&b.y));
            if simplex.iter().all(|corner| near(corner, &simplex[0])) {
                return true;
            }
            if *iterations == self.max_iterations {
                return false;
            }
            *iterations += 1;
            let center: Vec<f64> = (0..last)
                .map(|i| simplex[..last].iter().map(|corner| corner.x[i] / last as f64).sum())
                .collect();
            let worst = &simplex[last];
            let mut at = |share: f64| {
                let x: Vec<f64> =
                    center.iter().zip(&worst.x).map(|(c, w)| c + share * (c - w)).collect();
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
                continue;
            }
            let (best, others) = simplex.split_at_mut(1);
            for corner in others {
                for (x, b) in corner.x.iter_mut().zip(&best[0].x) {
                    *x = b + shrinkage * (*x - b);
                }
                corner.y = objective.at(&corner.x);
            }
        }
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
        let best = NelderMead::new().minimize(kink, &[3.0, -2.0]).unwrap();
        assert!(best.converged);
        assert_close!(best.value, 5.0, 1e-8);

        let cliff = |x: &[f64]| if x[0] < 1.0 { f64::NAN } else { x[0] * x[0] + x[1] * x[1] };
        let best = NelderMead::new().minimize(cliff, &[4.0, 3.0]).unwrap();
        assert_close!(best.value, 1.0, 1e-6);
        assert!(best.x[0] >= 1.0);

        let plain = NelderMead::new().minimize(|_| 7.0, &[1.0, 2.0, 3.0]).unwrap();
        assert_eq!((plain.value, plain.converged), (7.0, true));

        let alone = NelderMead::new().minimize(|x| (x[0] - 3.0).powi(2), &[0.0]).unwrap();
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
        let best = NelderMead::new().minimize(f, &[1.0, 1.0]).unwrap();
        assert_close!(best.value, -0.25, 1e-12);
    }

    #[test]
    fn the_limit_covers_all_restarts() {
        let settings = NelderMead::new().with_max_iterations(30);
        let f = |x: &[f64]| (x[0] - 1.0).powi(2) + (x[1] - 3.0).powi(2);
        let best = settings.minimize(f, &[0.0, 0.0]).unwrap();
        assert_eq!((best.iterations, best.reason, best.converged), (30, Reason::Limit, false));
        assert!(best.value < f(&[0.0, 0.0]));
    }

    #[test]
    fn bad_input_is_named() {
        let f = |x: &[f64]| x[0];
        let settings = NelderMead::new();
        assert_eq!(
            settings.minimize(f, &[]),
            Err(DataError::TooShort { name: "start", needed: 1, got: 0 }.into())
        );
        assert_eq!(
            settings.minimize(f, &[0.0, f64::NAN]),
            Err(DataError::entry("start", 1, "finite", f64::NAN).into())
        );
        assert_eq!(
            settings.minimize(|_| f64::NAN, &[0.0]),
            Err(ParamError::new("f(start)", "finite", f64::NAN).into())
        );
        assert_eq!(
            settings.minimize(f, &[0.0; 1001]),
            Err(ParamError::new("start.len()", "at most 1000", 1001_usize).into())
        );
        for bad in [0.0, 1.0, -1.0, f64::NAN] {
            assert!(settings.with_tolerance(bad).minimize(f, &[0.0]).is_err());
        }
        assert!(settings.with_step(0.0).minimize(f, &[0.0]).is_err());
        assert!(settings.with_max_iterations(0).minimize(f, &[0.0]).is_err());
    }
}
