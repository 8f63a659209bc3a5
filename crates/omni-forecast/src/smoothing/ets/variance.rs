//! How uncertain the forecasts of a form are: closed formulas where there are any.
//!
//! ```text
//! c_j = α + β (φ + … + φʲ) + γ [m divides j]                      what an error does j periods later
//! additive errors          v_h = σ² (1 + Σ_{j<h} c_j²)
//! multiplicative errors,   θ_h = μ_h² + σ² Σ_{j<h} c_j² θ_{h−j}
//!   the rest additive      v_h = (1 + σ²) θ_h − μ_h²
//! multiplicative errors    first and second moments of (ℓ, b) · s, carried along period by
//!   and season             period: u ← (F + γσ²G) u where the season learns, F u elsewhere
//! ```
//!
//! `F` moves level and slope on, `G` is what a relative error does to them. In the last class
//! the mean itself is not that of the recursion without errors: level and season learn from
//! the same error, which the exact mean accounts for. Its fourth moments are those of normal
//! errors. O(h) for the first class, O(h²) for the second, O(m h) for the third.
//!
//! Source: Hyndman, Koehler, Ord & Snyder (2005), "Prediction intervals for exponential
//! smoothing using two new classes of state space models", Journal of Forecasting 24(1);
//! classes 1 to 3 there. The moments of the third are written for damped trends too.
//!
//! Limits: a trend that is a factor, or a season that is one with additive errors, has no
//! formula; these forms are [simulated](super::EtsFit::simulate).

use super::fit::EtsFit;
use super::form::{ErrorKind, Season, Trend};

/// Whether means and variances of the third class are needed.
pub(super) fn is_third_class(fit: &EtsFit) -> bool {
    let form = fit.form;
    form.error == ErrorKind::Multiplicative
        && form.season == Season::Multiplicative
        && !form.trend.is_multiplicative()
}

/// What an error does to the mean `j` periods later, for j = 1, 2, ….
fn responses(fit: &EtsFit) -> impl Iterator<Item = f64> {
    let (alpha, beta, gamma, phi) = (fit.alpha, fit.beta, fit.gamma, fit.phi);
    let period = (fit.period as usize).max(1);
    let mut fading = 1.0;
    let mut slope = 0.0;
    (1..).map(move |j| {
        fading *= phi;
        slope += fading;
        alpha + beta * slope + if gamma != 0.0 && j % period == 0 { gamma } else { 0.0 }
    })
}

/// Standard errors of the first two classes, given the means; `None` elsewhere.
pub(super) fn standard_errors(fit: &EtsFit, means: &[f64]) -> Option<Vec<f64>> {
    let form = fit.form;
    let linear = form.season != Season::Multiplicative
        && matches!(form.trend, Trend::None | Trend::Additive | Trend::AdditiveDamped);
    if !linear {
        return None;
    }
    let squares = responses(fit).map(|c| c * c);
    if form.error == ErrorKind::Additive {
        let mut sum = 1.0;
        let growth = squares.take(means.len()).map(|square| {
            let now: f64 = sum;
            sum += square;
            fit.sigma * now.sqrt()
        });
        return Some(growth.collect());
    }
    let scale = crate::moments::magnitude(means.iter().copied());
    let variance = fit.sigma * fit.sigma;
    let squares: Vec<f64> = squares.take(means.len()).collect();
    let mut theta: Vec<f64> = Vec::with_capacity(means.len());
    for mean in means {
        let mean = mean / scale;
        let learned: f64 = squares.iter().zip(theta.iter().rev()).map(|(c, t)| c * t).sum();
        theta.push(mean * mean + variance * learned);
    }
    let error = |(mean, theta): (&f64, &f64)| {
        let mean = mean / scale;
        ((1.0 + variance) * theta - mean * mean).max(0.0).sqrt() * scale
    };
    Some(means.iter().zip(&theta).map(error).collect())
}

/// Means and standard errors of the third class.
pub(super) fn third_class(fit: &EtsFit, horizon: usize) -> (Vec<f64>, Vec<f64>) {
    let (phi, gamma, variance) = (fit.phi, fit.gamma, fit.sigma * fit.sigma);
    let g = [fit.alpha, fit.beta];
    let scale = crate::moments::magnitude([fit.level, fit.slope].into_iter());
    let (level, slope) = (fit.level / scale, fit.slope / scale);
    let period = fit.season.len();
    let (mut means, mut errors) = (vec![0.0; horizon], vec![0.0; horizon]);
    for first in 0..period.min(horizon) {
        let season = fit.season.get((fit.phase as usize + first) % period).copied().unwrap_or(1.0);
        // E[x s] and E[x xᵀ s²], x = (ℓ, b).
        let mut u = [level * season, slope * season];
        let square = season * season;
        let mut w = [level * level * square, level * slope * square, slope * slope * square];
        for step in 0..horizon {
            // F x, F w Fᵀ; the mean is the first entry of F x.
            let fu = [u[0] + phi * u[1], phi * u[1]];
            let fw = [
                w[0] + 2.0 * phi * w[1] + phi * phi * w[2],
                phi * w[1] + phi * phi * w[2],
                phi * phi * w[2],
            ];
            let learns = step % period == first;
            let mut gain = 0.0;
            let (mut same, mut cross, mut both) = (1.0, 0.0, variance);
            if learns {
                means[step] = fu[0] * scale;
                errors[step] = ((1.0 + variance) * fw[0] - fu[0] * fu[0]).max(0.0).sqrt() * scale;
                gain = gamma * variance;
                same = 1.0 + gamma * gain;
                cross = 2.0 * gain;
                both = variance * (1.0 + 3.0 * gamma * gain);
            }
            u = [fu[0] + gain * g[0] * fu[0], fu[1] + gain * g[1] * fu[0]];
            w = [
                same * fw[0] + cross * 2.0 * g[0] * fw[0] + both * g[0] * g[0] * fw[0],
                same * fw[1] + cross * (g[1] * fw[0] + g[0] * fw[1]) + both * g[0] * g[1] * fw[0],
                same * fw[2] + cross * 2.0 * g[1] * fw[1] + both * g[1] * g[1] * fw[0],
            ];
        }
    }
    (means, errors)
}
