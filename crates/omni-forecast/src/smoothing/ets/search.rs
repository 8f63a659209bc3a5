//! The parameters of highest likelihood: damped Gauss–Newton steps within bounds.
//!
//! ```text
//! minimize   F = Σ e_t²        or   Σ (G r_t)²,  G = geometric mean of ŷ_t
//! (JᵀJ + λ diag JᵀJ) d = −Jᵀ ρ        ρ the errors, J their derivatives
//! ```
//!
//! `n ln F` is −2 times the log-likelihood (up to a constant), for multiplicative errors
//! too: their density has the factor 1/ŷ, which is what `G` brings in. Since the second
//! derivative of a one-step mean is known before the error is, `JᵀJ` is the expected second
//! derivative: the steps are those of Fisher's scoring, and few are needed. The start states
//! of additive forms enter linearly; one step sets them right.
//!
//! Searched are `α`, `β* = β/α`, `γ* = γ/(1−α)` and `φ`, for which the usual region is a box.
//! A weight that a step takes out of the box is set to its bound and the step is solved
//! again for the rest. Points outside the admissible region, or where a mean is not positive
//! as its form demands, are refused like steps uphill.
//!
//! Source: Levenberg (1944), Marquardt (1963); Moré (1978), "The Levenberg–Marquardt
//! algorithm: implementation and theory", Lecture Notes in Mathematics 630, for the scaling.

use super::form::{ErrorKind, Form};
use super::recursion::{Columns, Data, Normal, Passes, Sums, Theta};
use super::region::{LARGEST, PHI, Region, SMALLEST, Weights, is_admissible};

/// What the caller gave: the search leaves it alone.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one flag per parameter")]
pub(super) struct Given {
    pub(super) alpha: bool,
    pub(super) beta: bool,
    pub(super) gamma: bool,
    pub(super) phi: bool,
    pub(super) level: bool,
    pub(super) slope: bool,
    pub(super) season: bool,
    pub(super) coefficients: bool,
}

/// One form on one series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem<'a> {
    pub(super) form: Form,
    pub(super) period: usize,
    pub(super) data: Data<'a>,
    /// Values seen.
    pub(super) observed: usize,
    pub(super) region: Region,
    pub(super) given: Given,
}

/// How long to search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    pub(super) iterations: usize,
    /// A step that promises less, in units of −2 log-likelihood, ends the search.
    pub(super) tolerance: f64,
    /// A search that will not come below this value is given up: when five times the last
    /// gain would not be enough.
    pub(super) hopeless: f64,
}

/// A point and what it is worth.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) theta: Theta,
    pub(super) sums: Sums,
    /// `n ln F`: −2 log-likelihood without its constants.
    pub(super) value: f64,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

/// Memory the searches of one series share.
#[derive(Debug, Default)]
pub(super) struct Room {
    pub(super) normal: Normal,
    season: Vec<f64>,
    matrix: Vec<f64>,
    factor: Vec<f64>,
    right: Vec<f64>,
    step: Vec<f64>,
    free: Vec<usize>,
    trial: Option<Theta>,
    scratch: Vec<f64>,
}

/// Squared errors below this per value are rounding, for values of the order of 1.
const ROUNDING: f64 = 1e-26;

/// The coordinates of the search: weights as shares.
#[derive(Debug, Clone, Copy)]
struct Coordinates {
    /// Value and bounds of α, β*, γ*, φ.
    at: [f64; 4],
    low: [f64; 4],
    high: [f64; 4],
    /// Whether β and γ are shares of α and 1 − α.
    shares: [bool; 2],
}

impl Coordinates {
    fn new(w: &Weights, problem: &Problem<'_>) -> Self {
        let given = problem.given;
        let usual = problem.region.is_usual();
        let shares = [usual && !given.beta, usual && !given.gamma];
        let share = |value: f64, of: f64| if of > 0.0 { value / of } else { value };
        let beta = if shares[0] { share(w.beta, w.alpha) } else { w.beta };
        let gamma = if shares[1] { share(w.gamma, 1.0 - w.alpha) } else { w.gamma };
        let (mut low, mut high) = ([SMALLEST; 4], [LARGEST, 1.0, 1.0, PHI.1]);
        low[3] = PHI.0;
        if usual {
            // Given weights bound α from their side.
            if given.beta {
                low[0] = low[0].max(w.beta);
            }
            if given.gamma {
                high[0] = high[0].min(1.0 - w.gamma);
            }
        } else if problem.region == Region::Bounded {
            high = [LARGEST, LARGEST, LARGEST, PHI.1];
        } else {
            low = [SMALLEST, 0.0, 0.0, PHI.0];
            high = [2.0 - SMALLEST, 4.0, 2.0, PHI.1];
        }
        Self { at: [w.alpha, beta, gamma, w.phi], low, high, shares }
    }

    fn weights(&self, at: [f64; 4]) -> Weights {
        let beta = if self.shares[0] { at[1] * at[0] } else { at[1] };
        let gamma = if self.shares[1] { at[2] * (1.0 - at[0]) } else { at[2] };
        Weights { alpha: at[0], beta, gamma, phi: at[3] }
    }
}

impl Problem<'_> {
    pub(super) fn columns(&self) -> Columns {
        Columns::new(self.form, self.period, self.data.count)
    }

    fn multiplicative_error(&self) -> bool {
        self.form.error == ErrorKind::Multiplicative
    }

    /// `n ln F`.
    pub(super) fn value(&self, sums: Sums) -> f64 {
        let n = self.observed as f64;
        n * (sums.squares.max(n * ROUNDING).ln() + 2.0 * sums.mean_log)
    }

    /// The nearest weights that a search may choose; given ones stay.
    fn within_bounds(&self, weights: Weights) -> Weights {
        let form = self.form;
        let coordinates = Coordinates::new(&weights, self);
        let free = [
            !self.given.alpha,
            !self.given.beta && form.has_trend(),
            !self.given.gamma && form.is_seasonal(),
            !self.given.phi && form.trend.is_damped(),
        ];
        let mut at = coordinates.at;
        for k in 0..4 {
            if free[k] {
                at[k] = at[k].clamp(coordinates.low[k], coordinates.high[k]);
            }
        }
        if at == coordinates.at { weights } else { coordinates.weights(at) }
    }

    /// The sums at a point; refused outside the region.
    pub(super) fn sums(&self, passes: &Passes, theta: &Theta, room: &mut Room) -> Sums {
        let inside = self.region == Region::Usual
            || is_admissible(&theta.weights, self.form, self.period, &mut room.scratch);
        if !inside {
            return Sums::REFUSED;
        }
        room.season.resize(theta.season.len(), 0.0);
        (passes.pass)(self.data, theta, &mut room.season).0
    }

    /// Goes downhill from `theta`; `weights` tells whether they move, or the start alone.
    pub(super) fn refine(
        &self,
        theta: Theta,
        weights: bool,
        effort: Effort,
        room: &mut Room,
    ) -> Option<Found> {
        let theta = Theta { weights: self.within_bounds(theta.weights), ..theta };
        let passes = Passes::new(self.form);
        let columns = self.columns();
        let n = self.observed as f64;
        let sums = self.sums(&passes, &theta, room);
        if !sums.squares.is_finite() {
            return None;
        }
        let value = self.value(sums);
        let mut best = Found { theta, sums, value, iterations: 0, converged: false };
        let mut trial = room.trial.take().unwrap_or_else(|| best.theta.clone());
        let mut damping = 1e-3;
        let mut fresh = false;
        let mut coordinates = Coordinates::new(&best.theta.weights, self);
        while best.iterations < effort.iterations {
            best.iterations += 1;
            if !fresh {
                room.season.resize(best.theta.season.len(), 0.0);
                let Room { season, normal, .. } = room;
                (passes.slopes)(self.data, &best.theta, &columns, season, normal);
                coordinates = Coordinates::new(&best.theta.weights, self);
                self.assemble(&columns, &coordinates, best.sums, room);
                fresh = true;
            }
            let Some(promised) = self.step(&columns, &coordinates, weights, damping, room) else {
                damping = (damping * 10.0_f64).max(1e-6);
                if damping > 1e12 {
                    break;
                }
                continue;
            };
            // In units of −2 log-likelihood: n ln(F / (F − promised)) ≈ n promised / F.
            let floor = best.sums.squares.max(n * ROUNDING);
            let promised_value = n * promised / floor;
            // A heavily damped step promises little wherever it stands.
            let enough = effort.tolerance * if damping > 0.01 { 1e-3 } else { 1.0 };
            if promised_value.abs() < enough {
                best.converged = true;
                break;
            }
            if promised_value < 0.0 {
                damping = (damping * 10.0).max(1e-6);
                if damping > 1e12 {
                    break;
                }
                continue;
            }
            self.move_to(&mut trial, &best.theta, &columns, &coordinates, &room.step);
            let sums = self.sums(&passes, &trial, room);
            let scale = (2.0 * (sums.mean_log - best.sums.mean_log)).exp();
            let gained = best.sums.squares - sums.squares * scale;
            if gained > 0.0 {
                std::mem::swap(&mut best.theta, &mut trial);
                best.sums = sums;
                let before = std::mem::replace(&mut best.value, self.value(sums));
                if best.iterations > 2 && best.value - 5.0 * (before - best.value) > effort.hopeless
                {
                    break;
                }
                fresh = false;
                let ratio = gained / promised;
                if ratio > 0.75 {
                    damping = (damping * 0.1).max(1e-10);
                } else if ratio < 0.25 {
                    damping *= 4.0;
                }
            } else {
                damping = (damping * 10.0).max(1e-6);
                if damping > 1e12 {
                    // No step goes down: a minimum to within rounding, or a wall.
                    best.converged = true;
                    break;
                }
            }
        }
        room.trial = Some(trial);
        Some(best)
    }

    /// `JᵀJ` and `−Jᵀρ` in the coordinates of the search, in units of `G²`.
    fn assemble(&self, columns: &Columns, at: &Coordinates, sums: Sums, room: &mut Room) {
        let p = columns.count;
        let width = p + 1;
        let gram = &room.normal.gram;
        room.matrix.clear();
        room.matrix.resize(p * p, 0.0);
        room.right.clear();
        room.right.extend_from_slice(&gram[p * width..p * width + p]);
        for i in 0..p {
            for j in 0..=i {
                let entry = gram[i * width + j];
                room.matrix[i * p + j] = entry;
                room.matrix[j * p + i] = entry;
            }
        }
        if self.multiplicative_error() {
            // ρ' = −row + r g: the weight G moves with the means.
            let g = &room.normal.of_log;
            for i in 0..p {
                for j in 0..p {
                    let cross = room.right[i] * g[j] + g[i] * room.right[j];
                    room.matrix[i * p + j] += sums.squares * g[i] * g[j] - cross;
                }
            }
            for (right, g) in room.right.iter_mut().zip(g) {
                *right -= sums.squares * g;
            }
        }
        // From natural weights to shares: dβ = β* dα + α dβ*, dγ = −γ* dα + (1−α) dγ*.
        let mut share = |column: Option<usize>, with_alpha: f64, of: f64| {
            let Some(column) = column else { return };
            let a = columns.alpha;
            room.right[a] += with_alpha * room.right[column];
            room.right[column] *= of;
            for j in 0..p {
                room.matrix[a * p + j] += with_alpha * room.matrix[column * p + j];
                room.matrix[column * p + j] *= of;
            }
            for i in 0..p {
                room.matrix[i * p + a] += with_alpha * room.matrix[i * p + column];
                room.matrix[i * p + column] *= of;
            }
        };
        if at.shares[0] {
            share(columns.beta, at.at[1], at.at[0]);
        }
        if at.shares[1] {
            share(columns.gamma, -at.at[2], 1.0 - at.at[0]);
        }
    }

    /// Solves for a step into `room.step`; returns what it promises to take off `F / G²`.
    fn step(
        &self,
        columns: &Columns,
        at: &Coordinates,
        weights: bool,
        damping: f64,
        room: &mut Room,
    ) -> Option<f64> {
        let p = columns.count;
        let given = self.given;
        let smoothing = [
            (Some(columns.alpha), given.alpha),
            (columns.beta, given.beta),
            (columns.gamma, given.gamma),
            (columns.phi, given.phi),
        ];
        let mut held = [!weights; 4];
        for (held, (_, given)) in held.iter_mut().zip(smoothing) {
            *held |= given;
        }
        let mut bound = [0.0; 4];
        loop {
            room.free.clear();
            room.free.extend((0..columns.alpha).filter(|&i| {
                let held = if i >= columns.coefficient {
                    given.coefficients
                } else if i >= columns.season {
                    given.season
                } else if i == 0 {
                    given.level
                } else {
                    given.slope
                };
                !held
            }));
            for (k, (column, _)) in smoothing.into_iter().enumerate() {
                if let (Some(column), false) = (column, held[k]) {
                    room.free.push(column);
                }
            }
            room.step.clear();
            room.step.resize(p, 0.0);
            for (k, (column, _)) in smoothing.into_iter().enumerate() {
                if let (Some(column), true) = (column, held[k]) {
                    room.step[column] = bound[k];
                }
            }
            solve(room, p, damping)?;
            // What presses against a bound stays there; of what runs into one, the first.
            let (mut within, mut pressed, mut first) = (true, false, (0.0, None));
            for (k, (column, _)) in smoothing.into_iter().enumerate() {
                let (Some(column), false) = (column, held[k]) else { continue };
                let (from, to) = (at.at[k], at.at[k] + room.step[column]);
                let stop = to.clamp(at.low[k], at.high[k]);
                if stop == to {
                    continue;
                }
                within = false;
                let beyond = (to - stop) / (to - from);
                if stop == from {
                    held[k] = true;
                    bound[k] = 0.0;
                    pressed = true;
                } else if beyond > first.0 {
                    first = (beyond, Some((k, stop - from)));
                }
            }
            if let (_, Some((k, reach))) = first {
                held[k] = true;
                bound[k] = reach;
            } else if !within && !pressed {
                return None;
            }
            if within {
                break;
            }
        }
        // F(0) − F(d) of the quadratic model: dᵀ(2 right − A d).
        let mut promised = 0.0;
        for (i, row) in room.matrix.chunks_exact(p).enumerate() {
            let pull: f64 = row.iter().zip(&room.step).map(|(a, d)| a * d).sum();
            promised += room.step[i] * (2.0 * room.right[i] - pull);
        }
        promised.is_finite().then_some(promised)
    }

    /// The normal equations at a point: `room.normal`.
    pub(super) fn linearize(&self, theta: &Theta, room: &mut Room) -> Sums {
        room.season.resize(theta.season.len(), 0.0);
        let Room { season, normal, .. } = room;
        (Passes::new(self.form).slopes)(self.data, theta, &self.columns(), season, normal)
    }

    /// Variances of the coefficients in units of σ², weights taken as known.
    pub(super) fn coefficient_variances(&self, theta: &Theta, room: &mut Room) -> Vec<f64> {
        let columns = self.columns();
        let p = columns.count;
        let sums = self.linearize(theta, room);
        let coordinates = Coordinates::new(&theta.weights, self);
        self.assemble(&columns, &coordinates, sums, room);
        room.free.clear();
        room.free.extend(0..columns.alpha);
        let variance = |column: usize| {
            room.right.fill(0.0);
            room.right[column] = 1.0;
            room.step.clear();
            room.step.resize(p, 0.0);
            solve(room, p, 1e-12).map_or(f64::INFINITY, |()| room.step[column])
        };
        (columns.coefficient..columns.alpha).map(variance).collect()
    }

    /// The point a step leads to.
    fn move_to(
        &self,
        trial: &mut Theta,
        from: &Theta,
        columns: &Columns,
        at: &Coordinates,
        step: &[f64],
    ) {
        let smoothing = [Some(columns.alpha), columns.beta, columns.gamma, columns.phi];
        let given = [self.given.alpha, self.given.beta, self.given.gamma, self.given.phi];
        let mut to = at.at;
        for k in 0..4 {
            if let (Some(column), false) = (smoothing[k], given[k])
                && step[column] != 0.0
            {
                to[k] = (at.at[k] + step[column]).clamp(at.low[k], at.high[k]);
            }
        }
        trial.weights = at.weights(to);
        // What did not move stays as it was, to the last bit.
        if to == at.at {
            trial.weights = from.weights;
        }
        trial.level = from.level + step[0];
        trial.slope = from.slope + columns.slope.map_or(0.0, |slope| step[slope]);
        trial.season.clear();
        trial.season.extend_from_slice(&from.season);
        for (s, d) in trial.season.iter_mut().zip(&step[columns.season..]).take(columns.seasons) {
            *s += d;
        }
        trial.coefficients.clear();
        trial.coefficients.extend_from_slice(&from.coefficients);
        for (c, d) in trial.coefficients.iter_mut().zip(&step[columns.coefficient..]) {
            *c += d;
        }
    }
}

/// Solves the damped equations for the free columns, the others being where `step` has them.
fn solve(room: &mut Room, p: usize, damping: f64) -> Option<()> {
    let Room { matrix, factor, right, step, free, .. } = room;
    let n = free.len();
    factor.clear();
    factor.resize(n * (n + 1), 0.0);
    // The right side is the last column of each row: it is reduced along with the matrix.
    for (r, &i) in free.iter().enumerate() {
        let source = &matrix[i * p..(i + 1) * p];
        let held: f64 = source.iter().zip(step.iter()).map(|(a, d)| a * d).sum();
        let (above, rest) = factor.split_at_mut(r * (n + 1));
        let row = &mut rest[..=n];
        for (entry, &j) in row.iter_mut().zip(&free[..=r]) {
            *entry = source[j];
        }
        row[r] += damping * source[i];
        let mut known = right[i] - held;
        for (c, other) in above.chunks_exact(n + 1).enumerate() {
            let dot: f64 = row[..c].iter().zip(&other[..c]).map(|(a, b)| a * b).sum();
            let entry = (row[c] - dot) / other[c];
            row[c] = entry;
            known -= entry * other[n];
        }
        let squares: f64 = row[..r].iter().map(|v| v * v).sum();
        let pivot = row[r] - squares;
        // A parameter the data say nothing of does not move.
        let threshold = 1e-13 * source[i];
        if pivot.is_nan() || pivot <= threshold {
            if source[i] == 0.0 || damping == 0.0 {
                row[r] = f64::INFINITY;
                row[n] = 0.0;
                continue;
            }
            return None;
        }
        row[r] = pivot.sqrt();
        row[n] = known / row[r];
    }
    for r in (0..n).rev() {
        let value = factor[r * (n + 1) + n] / factor[r * (n + 1) + r];
        let value = if value.is_finite() { value } else { 0.0 };
        for c in 0..r {
            factor[c * (n + 1) + n] -= factor[r * (n + 1) + c] * value;
        }
        step[free[r]] = value;
    }
    Some(())
}
