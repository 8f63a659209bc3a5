//! Which smoothing weights a fit may choose.
//!
//! ```text
//! usual        0 < α < 1,  0 < β < α,  0 < γ < 1 − α,  0.8 ≤ φ ≤ 0.98
//! admissible   what was long ago counts for nothing: the roots of
//!              z^{m+1} + (α+β−φ) z^m + (α+β−αφ)(z^{m−1} + … + z²)
//!                      + (α+β−αφ+γ−1) z + φ(1−α−γ)        lie within the unit circle
//! ```
//!
//! Here `β` stands for `φβ`, since the slope enters a mean as `φb`; R's check has `β` itself,
//! which is not the same with damping. φ = 1 and β = 0 without damping or trend; without a season the condition is
//! `1 − 1/φ < α < 1 + 1/φ`, `α(φ−1) < β < (1+φ)(2−α)`. Whether roots lie within the unit
//! circle is decided by the recursion of Schur and Cohn, O(m²), without finding them.
//!
//! Source: Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential
//! Smoothing", Springer, chapter 10.

use super::form::{Form, Trend};

/// The smallest and the largest weight a fit chooses, as in R.
pub(super) const SMALLEST: f64 = 1e-4;
pub(super) const LARGEST: f64 = 0.9999;
/// The range of the damping a fit chooses, as in R.
pub(super) const PHI: (f64, f64) = (0.8, 0.98);

/// Which region a fit searches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Region {
    /// Each weight between 0 and 1, and admissible: what statsforecast searches. It contains
    /// the usual region as far as that is admissible, so its likelihood is never lower.
    #[default]
    Bounded,
    /// Usual and admissible at once: R's default. Its forecasts of short series are a little
    /// better, since a slope cannot follow the errors faster than the level does.
    Both,
    /// Weights that are averages: `β < α`, `γ < 1 − α`.
    Usual,
    /// Weights of a forecast that forgets its start; some are above 1.
    Admissible,
}

impl Region {
    /// Whether `β < α` and `γ < 1 − α`.
    pub(super) const fn is_usual(self) -> bool {
        matches!(self, Self::Both | Self::Usual)
    }
}

/// The smoothing weights and the damping; absent ones are 0, φ is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weights {
    pub(super) alpha: f64,
    pub(super) beta: f64,
    pub(super) gamma: f64,
    pub(super) phi: f64,
}

/// Whether the forecasts of these weights forget the start of the series.
pub(super) fn is_admissible(
    w: &Weights,
    form: Form,
    period: usize,
    scratch: &mut Vec<f64>,
) -> bool {
    let Weights { alpha, gamma, phi, .. } = *w;
    // The slope enters a mean as φb: its weight counts as φβ.
    let beta = phi * w.beta;
    if !(phi > 0.0 && phi <= 1.0 + 1e-8) {
        return false;
    }
    if !form.is_seasonal() {
        let level = (1.0 - 1.0 / phi..=1.0 + 1.0 / phi).contains(&alpha);
        let slope = beta >= alpha * (phi - 1.0) && beta <= (1.0 + phi) * (2.0 - alpha);
        return level && (form.trend == Trend::None || slope);
    }
    let m = period as f64;
    if form.trend == Trend::None {
        // α + γ < 2 and a bound from below that only negative weights meet.
        let sum = alpha + gamma;
        return gamma >= (-m * alpha).max(0.0)
            && sum <= 2.0
            && alpha >= -2.0 * gamma / (m - 1.0).max(1.0);
    }
    if beta < -(1.0 - phi) * (gamma / m + alpha) || gamma < (1.0 - 1.0 / phi - alpha).max(0.0) {
        return false;
    }
    // Highest power last.
    scratch.clear();
    scratch.push(phi * (1.0 - alpha - gamma));
    scratch.push(alpha + beta - alpha * phi + gamma - 1.0);
    scratch.resize(period, alpha + beta - alpha * phi);
    scratch.push(alpha + beta - phi);
    scratch.push(1.0);
    roots_within_unit_circle(scratch)
}

/// Whether all roots of `Σ c_i zⁱ` lie within the unit circle, or on it to within rounding.
///
/// Each step of Schur and Cohn takes one degree away: `c_i ← c_i − κ c_{d−i}`, where
/// `κ = c_0 / c_d` is the product of the roots, which must be below 1 at each step.
fn roots_within_unit_circle(c: &mut Vec<f64>) -> bool {
    while c.len() > 1 {
        let d = c.len() - 1;
        let ratio = c[0] / c[d];
        if ratio.is_nan() || ratio.abs() >= 1.0 + 1e-10 {
            return false;
        }
        if ratio.abs() >= 1.0 - 1e-12 {
            // A root on the circle: what is left cannot be told from rounding.
            return true;
        }
        // The pair (i, d − i) at once; the lowest coefficient becomes zero and is dropped.
        for i in 0..=d / 2 {
            let (low, high) = (c[i], c[d - i]);
            c[i] = low - ratio * high;
            c[d - i] = high - ratio * low;
        }
        c.remove(0);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(roots: &[(f64, f64)]) -> Vec<f64> {
        // Pairs (modulus, angle): real roots have angle 0 or π, others come with their conjugate.
        let mut c = vec![1.0];
        for &(r, angle) in roots {
            let factor =
                if angle == 0.0 { vec![-r, 1.0] } else { vec![r * r, -2.0 * r * angle.cos(), 1.0] };
            let mut product = vec![0.0; c.len() + factor.len() - 1];
            for (i, a) in c.iter().enumerate() {
                for (j, b) in factor.iter().enumerate() {
                    product[i + j] += a * b;
                }
            }
            c = product;
        }
        c
    }

    #[test]
    fn roots_are_told_by_their_modulus() {
        let cases: [(&[(f64, f64)], bool); 5] = [
            (&[(0.5, 0.0), (-0.9, 0.0)], true),
            (&[(0.999, 1.0), (0.2, 2.0), (0.7, 0.0)], true),
            (&[(1.001, 1.0), (0.2, 2.0), (0.7, 0.0)], false),
            (&[(0.9, 0.3), (0.9, 0.9), (1.2, 0.0)], false),
            (&[(0.99, 0.1), (0.98, 0.2), (0.97, 0.3), (0.96, 0.4)], true),
        ];
        for (roots, within) in cases {
            assert_eq!(roots_within_unit_circle(&mut expand(roots)), within, "{roots:?}");
        }
    }

    /// How far the states are from forgotten after many periods without news: the matrix
    /// `F − g w'` applied over and over.
    fn forgets(w: &Weights, period: usize) -> bool {
        let (mut level, mut slope) = (1.0_f64, -0.7);
        let mut season: Vec<f64> = (0..period).map(|i| ((i * 7 + 3) % 5) as f64 - 2.0).collect();
        let mean = season.iter().sum::<f64>() / period as f64;
        for s in &mut season {
            *s -= mean;
        }
        let norm = |l: f64, b: f64, s: &[f64]| {
            // What the forecasts see: the level and season only by their sum.
            let seen = s.iter().map(|s| (l + s).powi(2)).sum::<f64>();
            (seen + b * b).sqrt()
        };
        let first = norm(level, slope, &season);
        for t in 0..40_000 {
            let s = &mut season[t % period];
            let carried = w.phi * slope;
            let error = -(level + carried + *s);
            level += carried + w.alpha * error;
            slope = carried + w.beta * error;
            *s += w.gamma * error;
            let now = norm(level, slope, &season);
            if now > 1e6 * first {
                return false;
            }
        }
        norm(level, slope, &season) < 1e3 * first
    }

    #[test]
    fn the_admissible_region_is_where_the_start_is_forgotten() {
        let form: Form = "AAdA".parse().unwrap();
        let mut scratch = Vec::new();
        let mut counts = [0, 0];
        for period in [2, 4, 7, 12] {
            for a in 1..8 {
                for b in 1..8 {
                    for g in 1..8 {
                        for phi in [0.85, 1.0] {
                            let w = Weights {
                                alpha: f64::from(a) * 0.23,
                                beta: f64::from(b) * 0.21,
                                gamma: f64::from(g) * 0.11,
                                phi,
                            };
                            let expected = forgets(&w, period);
                            let got = is_admissible(&w, form, period, &mut scratch);
                            assert_eq!(got, expected, "{w:?} {period}");
                            counts[usize::from(got)] += 1;
                        }
                    }
                }
            }
        }
        assert!(counts.iter().all(|c| *c > 100), "{counts:?}");
    }
}
