//! A distribution of whole numbers laid out on equally spaced points.
//!
//! ```text
//! points    lo, lo + u, lo + 2u, …      u = 1 where that takes at most 4,096 points
//! negbin    f(x+1) / f(x) = (m/φ + x (1 − 1/φ)) / (x + 1)
//! range     m − √(2φmL)  …  m + √(2φmL) + φL       L = −ln of the mass left out
//! ```
//!
//! `m` is the mean and `φ` the variance in units of it. The ratios start at the mode with 1 and
//! are scaled to the total at the end, so nothing overflows and no gamma function is needed.
//! Where `u > 1` a distribution is laid out as that of demand in units of `u`; where that
//! leaves no dispersion above a Poisson's, it is close to the normal one, which is taken.
//! The bounds of the range are those of sub-gamma tails (Boucheron, Lugosi & Massart 2013,
//! "Concentration Inequalities", section 2.4).

use super::distribution::{Kind, Part};

/// The most points of a lattice.
const POINTS: f64 = 4_096.0;

#[derive(Debug, Default)]
pub(super) struct Lattice {
    lo: f64,
    unit: f64,
    /// Mass at each point; after [`fill`](Self::fill) the mass up to each point.
    below: Vec<f64>,
    ratios: Vec<f64>,
}

impl Lattice {
    /// Lays out the parts, leaving out about `e^-left_out` of the mass at each end.
    pub(super) fn fill(&mut self, parts: &[Part], left_out: f64) {
        let (mut lo, mut hi) = (f64::INFINITY, 0.0_f64);
        for part in parts {
            let (from, to) = part.range(left_out);
            lo = lo.min(from);
            hi = hi.max(to);
        }
        let lo = if lo.is_finite() { lo } else { 0.0 };
        self.unit = 1.0;
        while (hi - lo) / self.unit > POINTS {
            self.unit *= 2.0;
        }
        self.lo = (lo / self.unit).floor() * self.unit;
        let points = to_index((hi - self.lo) / self.unit) + 2;
        self.below.clear();
        self.below.resize(points, 0.0);
        for part in parts.iter().filter(|part| part.weight > 0.0) {
            match part.kind {
                Kind::Mass { at } => self.mass(at, part.weight),
                Kind::Negbin { shift, mean, dispersion } => {
                    self.negbin(part.weight, shift, mean, dispersion);
                }
            }
        }
        let mut total = 0.0;
        for mass in &mut self.below {
            total += *mass;
            *mass = total;
        }
        if total > 0.0 {
            for mass in &mut self.below {
                *mass /= total;
            }
        }
    }

    fn mass(&mut self, at: f64, weight: f64) {
        // A value between two points counts as the upper one: a quantile never falls short of it.
        let last = self.below.len() - 1;
        let index = to_index(((at - self.lo) / self.unit).ceil()).min(last);
        if let Some(mass) = self.below.get_mut(index) {
            *mass += weight;
        }
    }

    fn negbin(&mut self, weight: f64, shift: f64, mean: f64, dispersion: f64) {
        let variance = mean * dispersion;
        if !(mean > 0.0 && variance > 1e-4) {
            return self.mass((shift + mean).round(), weight);
        }
        // In units of the lattice, from its first point.
        let (m, phi) = (mean / self.unit, dispersion / self.unit);
        let offset = (self.lo - shift) / self.unit;
        let normal = phi < 1.0 || (self.unit > 1.0 && phi < 1.05);
        let points = self.below.len();
        // The first point with a possible value.
        let start = to_index((-offset).ceil().max(0.0)).min(points - 1);
        let mode = if normal { m.round() } else { (m - phi).max(0.0).floor() };
        let top = to_index((mode - offset).max(0.0)).clamp(start, points - 1);
        let share = 1.0 - 1.0 / phi;
        let base = m / phi;
        let ratio = |at: usize| {
            // From the value at point `at` to the next one.
            let x = offset + at as f64;
            if normal {
                (-(2.0 * (x - m) + 1.0) / (2.0 * m * phi)).exp()
            } else {
                (base + share * x) / (x + 1.0)
            }
        };
        self.ratios.clear();
        self.ratios.resize(points, 0.0);
        let mut total = 1.0;
        let mut mass = 1.0;
        if let Some(slot) = self.ratios.get_mut(top) {
            *slot = 1.0;
        }
        let mut end = top + 1;
        for at in top + 1..points {
            mass *= ratio(at - 1);
            total += mass;
            if let Some(slot) = self.ratios.get_mut(at) {
                *slot = mass;
            }
            end = at + 1;
            if mass < 1e-17 * total {
                break;
            }
        }
        mass = 1.0;
        let mut begin = top;
        for at in (start..top).rev() {
            let step = ratio(at);
            mass = if step > 0.0 { mass / step } else { 0.0 };
            if mass < 1e-17 * total {
                break;
            }
            total += mass;
            if let Some(slot) = self.ratios.get_mut(at) {
                *slot = mass;
            }
            begin = at;
        }
        let scale = weight / total;
        let from = self.below.get_mut(begin..end);
        for (slot, mass) in from.into_iter().flatten().zip(self.ratios.iter().skip(begin)) {
            *slot += scale * mass;
        }
    }

    fn at(&self, index: usize) -> f64 {
        self.lo + self.unit * index as f64
    }

    /// For each level, ascending, the least point whose mass with all below reaches it.
    pub(super) fn quantiles(&self, levels: &[f64]) -> impl Iterator<Item = f64> {
        // Rounding of the sums must not push a level over a point it just reaches.
        const SLACK: f64 = 1e-12;
        let last = self.below.len().saturating_sub(1);
        let mut index = 0;
        levels.iter().map(move |&level| {
            let reached =
                |at: usize| self.below.get(at).is_none_or(|below| *below >= level - SLACK);
            while index < last && !reached(index) {
                index += 1;
            }
            self.at(index)
        })
    }

    /// The mass at or below `x`.
    pub(super) fn cdf(&self, x: f64) -> f64 {
        if x < self.lo {
            return 0.0;
        }
        let index = to_index(((x - self.lo) / self.unit).floor());
        self.below.get(index).copied().unwrap_or(1.0)
    }

    /// The mass at `x`, spread evenly over the values of its point.
    pub(super) fn probability(&self, x: f64) -> f64 {
        if !(x >= 0.0 && x.fract() == 0.0) || x < self.lo - self.unit {
            return 0.0;
        }
        let index = to_index(((x - self.lo) / self.unit).ceil().max(0.0));
        let before = index.checked_sub(1).and_then(|i| self.below.get(i)).copied();
        let mass = self.below.get(index).map_or(0.0, |below| below - before.unwrap_or(0.0));
        mass / self.unit
    }

    /// Mean and mean square of what is at least `floor`; `None` where no mass is.
    pub(super) fn beyond(&self, floor: f64) -> Option<(f64, f64)> {
        let (mut total, mut mean, mut square, mut before) = (0.0, 0.0, 0.0, 0.0);
        for (index, &below) in self.below.iter().enumerate() {
            let (x, mass) = (self.at(index), below - before);
            before = below;
            if x >= floor {
                total += mass;
                mean += mass * x;
                square += mass * x * x;
            }
        }
        (total > 1e-9).then(|| (mean / total, square / total))
    }

    /// The continuous ranked probability score of two distributions and their mixtures:
    /// `∫ (F − 1{y ≤ x})²`, the same of the other, and the product of both differences.
    pub(super) fn ranked(&self, other: &Self, y: f64) -> [f64; 3] {
        let (unit, lo) = (self.unit.max(other.unit), self.lo.min(other.lo));
        let hi = self.at(self.below.len()).max(other.at(other.below.len())).max(y + unit);
        let unit = unit.max((hi - lo) / (4.0 * POINTS));
        let mut sums = [0.0; 3];
        for index in 0..=to_index((hi - lo) / unit) {
            let x = lo + unit * index as f64;
            let step = f64::from(y <= x);
            let (a, b) = (self.cdf(x) - step, other.cdf(x) - step);
            for (sum, term) in sums.iter_mut().zip([a * a, b * b, a * b]) {
                *sum += unit * term;
            }
        }
        // Below both there is nothing but the step.
        sums.map(|sum| sum + (lo - y).max(0.0))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a lattice has few points"
)]
fn to_index(x: f64) -> usize {
    x as usize
}
