//! The parameters of least squared errors, found exactly but for one of them.
//!
//! For a given `α` every one-step error is linear in the first level and in `ω = 1 − 1/θ`:
//!
//! ```text
//! e_t = u_t − δ c_t − ω d_t         c_t = (1 − α)^{t−1}
//! d_t = c_t A_{t−1} + (1 − (1 − α) c_t) / α · B_{t−1}
//! ```
//!
//! `u_t` is the error of plain smoothing from the first value on, `A` and `B` the line,
//! all of the series minus its first value. So `δ` and `ω` have a closed form, and the
//! search is over `α` alone: 32 values in one pass each of 8 at a time, then Brent's method
//! around every one lower than its neighbors.

use crate::Error;
use omni_core::numeric::{Limits, minimize::brent};

/// Weights tried before refining, and how many of them run through the data at once.
const GRID: usize = 32;
const LANES: usize = 8;

/// The largest `ω`: a θ of 10¹⁰.
pub(super) const MAX_OMEGA: f64 = 1.0 - 1e-10;

/// Below it the first level has no say in any error that counts.
const LEAST_PULL: f64 = 1e-16;

/// One period: the value, the line before it, and whether its error counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    pub(super) value: f64,
    pub(super) intercept: f64,
    pub(super) slope: f64,
    pub(super) weight: f64,
}

/// What is searched, and what is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) periods: &'a [Period],
    pub(super) alpha: (f64, f64),
    /// `None`: free in `[0, MAX_OMEGA]`.
    pub(super) omega: Option<f64>,
    /// `δ`, `None`: free.
    pub(super) start: Option<f64>,
}

/// The best parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best {
    pub(super) alpha: f64,
    pub(super) omega: f64,
    pub(super) start: f64,
    pub(super) squares: f64,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

/// The sums of products, for one `α`.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    uu: f64,
    uc: f64,
    ud: f64,
    cc: f64,
    cd: f64,
    dd: f64,
}

impl Search<'_> {
    /// The parameters of least squared errors.
    pub(super) fn run(&self) -> Result<Best, Error> {
        let (lowest, highest) = self.alpha;
        let mut best = Best {
            alpha: lowest,
            omega: 0.0,
            start: 0.0,
            squares: f64::INFINITY,
            iterations: 0,
            converged: true,
        };
        let mut keep = |alpha: f64| {
            let [sums] = self.sums([alpha]);
            let (start, omega, squares) = self.solve(sums);
            if squares < best.squares {
                best = Best { alpha, omega, start, squares, ..best };
            }
        };
        if !(highest > lowest) {
            keep(lowest);
            return Ok(best);
        }
        let mut weights = [0.0; GRID];
        for (k, weight) in weights.iter_mut().enumerate() {
            *weight = lowest + (highest - lowest) * k as f64 / (GRID - 1) as f64;
        }
        let mut losses = [0.0; GRID];
        for (weights, losses) in weights.as_chunks().0.iter().zip(losses.as_chunks_mut().0) {
            let sums = self.sums::<LANES>(*weights);
            *losses = sums.map(|sums| self.solve(sums).2);
        }
        let tried: Vec<(f64, f64)> = weights.into_iter().zip(losses).collect();
        let limits = Limits::BRENT.with_tolerance(1e-6);
        let (mut iterations, mut converged) = (0, true);
        for (k, middle) in tried.iter().enumerate() {
            // At an end of the range the search goes to one side only.
            let below = tried.get(k.saturating_sub(1)).unwrap_or(middle);
            let above = tried.get(k + 1).unwrap_or(middle);
            if !(middle.1 <= below.1 && middle.1 <= above.1) {
                continue;
            }
            keep(middle.0);
            if middle.1 < below.1 || middle.1 < above.1 {
                let loss = |alpha: f64| {
                    let [sums] = self.sums([alpha]);
                    self.solve(sums).2
                };
                let refined = brent(loss, below.0, above.0, limits)?;
                iterations += refined.iterations;
                converged &= refined.converged;
                keep(refined.x);
            }
        }
        Ok(Best { iterations, converged, ..best })
    }

    /// The sums for several weights in one pass.
    fn sums<const N: usize>(&self, alpha: [f64; N]) -> [Sums; N] {
        let (mut level, mut pull) = ([0.0; N], [1.0; N]);
        let keep = alpha.map(|a| 1.0 - a);
        let inverse = alpha.map(|a| 1.0 / a);
        let (mut uu, mut uc, mut ud) = ([0.0; N], [0.0; N], [0.0; N]);
        let (mut cc, mut cd, mut dd) = ([0.0; N], [0.0; N], [0.0; N]);
        for period in self.periods {
            for k in 0..N {
                let u = period.value - level[k];
                let c = pull[k];
                let d = c * period.intercept + (1.0 - keep[k] * c) * inverse[k] * period.slope;
                let (wu, wc, wd) = (period.weight * u, period.weight * c, period.weight * d);
                uu[k] += wu * u;
                uc[k] += wu * c;
                ud[k] += wu * d;
                cc[k] += wc * c;
                cd[k] += wc * d;
                dd[k] += wd * d;
                level[k] += alpha[k] * u;
                // A pull that no longer counts would slow everything as a subnormal number.
                pull[k] = if c > 1e-100 { c * keep[k] } else { 0.0 };
            }
        }
        let mut sums = [Sums::default(); N];
        for (k, sums) in sums.iter_mut().enumerate() {
            *sums = Sums { uu: uu[k], uc: uc[k], ud: ud[k], cc: cc[k], cd: cd[k], dd: dd[k] };
        }
        sums
    }

    /// `δ`, `ω` and the squared errors for them.
    fn solve(&self, s: Sums) -> (f64, f64, f64) {
        let start = |omega: f64| match self.start {
            Some(start) => start,
            // Without a say in any error the first level is the first value.
            None if s.cc > LEAST_PULL => (s.uc - omega * s.cd) / s.cc,
            None => 0.0,
        };
        let omega = match (self.omega, self.start) {
            (Some(omega), _) => omega,
            (None, None) => {
                let determinant = s.cc * s.dd - s.cd * s.cd;
                if determinant > 1e-12 * s.cc * s.dd {
                    (s.cc * s.ud - s.cd * s.uc) / determinant
                } else if s.cc <= LEAST_PULL && s.dd > 0.0 {
                    s.ud / s.dd
                } else {
                    0.5
                }
            }
            (None, Some(start)) if s.dd > 0.0 => (s.ud - start * s.cd) / s.dd,
            (None, Some(_)) => 0.5,
        };
        let omega = omega.clamp(0.0, MAX_OMEGA);
        let start = start(omega);
        let squares = s.uu - 2.0 * (start * s.uc + omega * s.ud)
            + start * start * s.cc
            + 2.0 * start * omega * s.cd
            + omega * omega * s.dd;
        // Rounding can leave a perfect fit below 0.
        (start, omega, squares.max(0.0))
    }
}
