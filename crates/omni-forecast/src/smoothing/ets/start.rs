//! Where a search starts: season, level and slope from the data, weights from a short list.
//!
//! ```text
//! season   classical decomposition: mean of y − trend (or y / trend) by position, trend a
//!          centered moving average over one season; with less than two seasons, a line
//! level, slope   a line through the first max(10, 2m) values without their season
//! ```
//!
//! The likelihood may have several maxima: one where the level hardly moves, one where it
//! follows every value, others for the season. So several weights are tried, each with its
//! start states set right by one or two Gauss–Newton steps, and those of highest likelihood
//! are searched from. O(n) per start.
//!
//! Source for the start states: Hyndman, Koehler, Snyder & Grose (2002), "A state space
//! framework for automatic forecasting using exponential smoothing methods",
//! International Journal of Forecasting 18(3).

use super::form::{Form, Season, Trend};
use super::recursion::Theta;
use super::region::{PHI, SMALLEST, Weights};
use super::search::{Effort, Found, Problem, Room};

/// What all forms of one series start from.
#[derive(Debug)]
pub(super) struct Seeds {
    /// The series with gaps filled by straight lines.
    filled: Vec<f64>,
    additive: Option<Vec<f64>>,
    multiplicative: Option<Vec<f64>>,
    period: usize,
}

impl Seeds {
    pub(super) fn new(y: &[f64], period: usize) -> Self {
        Self { filled: filled(y), additive: None, multiplicative: None, period }
    }

    /// The start states of a form before any search.
    pub(super) fn theta(&mut self, form: Form, coefficients: usize) -> Theta {
        let season = match form.season {
            Season::None => vec![0.0],
            Season::Additive => {
                let Self { filled, additive, period, .. } = self;
                additive.get_or_insert_with(|| seasonal(filled, *period, false)).clone()
            }
            Season::Multiplicative => {
                let Self { filled, multiplicative, period, .. } = self;
                multiplicative.get_or_insert_with(|| seasonal(filled, *period, true)).clone()
            }
        };
        let period = if form.is_seasonal() { self.period } else { 1 };
        let few = (2 * period).max(10).min(self.filled.len());
        let adjusted = self.filled.iter().take(few).enumerate().map(|(t, &y)| {
            let s = season[t % season.len()];
            match form.season {
                Season::None => y,
                Season::Additive => y - s,
                Season::Multiplicative => y / s,
            }
        });
        let (intercept, slope) = line(adjusted.clone());
        let mean = adjusted.sum::<f64>() / few.max(1) as f64;
        let (level, slope) = if !form.has_trend() {
            (mean, 0.0)
        } else if form.trend.is_multiplicative() {
            let first = intercept.max(0.1 * mean);
            (first, ((first + slope) / first).clamp(0.5, 2.0))
        } else {
            (intercept - slope, slope)
        };
        let weights = Weights { alpha: 0.1, beta: 0.0, gamma: 0.0, phi: 1.0 };
        Theta { weights, level, slope, season, coefficients: vec![0.0; coefficients] }
    }
}

/// Missing values by straight lines between their neighbors.
fn filled(y: &[f64]) -> Vec<f64> {
    let mut out = y.to_vec();
    let mut before: Option<usize> = None;
    for t in 0..y.len() {
        if y[t].is_nan() {
            continue;
        }
        let from = before.map_or(0, |b| b + 1);
        for (k, gap) in out.iter_mut().enumerate().take(t).skip(from) {
            *gap = match before {
                Some(b) => y[b] + (y[t] - y[b]) * ((k - b) as f64 / (t - b) as f64),
                None => y[t],
            };
        }
        before = Some(t);
    }
    let last = before.map_or(0.0, |b| y[b]);
    out[before.map_or(0, |b| b + 1)..].fill(last);
    out
}

/// Least squares line at 1, 2, …: its value at 1 and its slope.
fn line(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count().max(1) as f64;
    let middle = (n - 1.0) / 2.0;
    let mean = values.clone().sum::<f64>() / n;
    let (mut cross, mut squares) = (0.0, 0.0);
    for (t, v) in values.enumerate() {
        let away = t as f64 - middle;
        cross += away * (v - mean);
        squares += away * away;
    }
    let slope = if squares > 0.0 { cross / squares } else { 0.0 };
    (mean - slope * middle, slope)
}

/// Seasonal indices by position: of mean 0, or of mean 1 and above 0.01.
fn seasonal(y: &[f64], period: usize, factors: bool) -> Vec<f64> {
    let n = y.len();
    let against = |y: f64, trend: f64| if factors { y / trend } else { y - trend };
    let neutral = f64::from(u8::from(factors));
    let mut sums = vec![0.0; period];
    let mut counts = vec![0.0; period];
    if n >= 2 * period {
        // An even season takes half of the value at either end.
        let half = period / 2;
        let even = period.is_multiple_of(2);
        for t in half..n - half {
            let window = &y[t - half..=t + half];
            let mut sum: f64 = window.iter().sum();
            if even {
                sum -= 0.5 * (window[0] + window[2 * half]);
            }
            sums[t % period] += against(y[t], sum / period as f64);
            counts[t % period] += 1.0;
        }
    } else {
        let (first, slope) = line(y.iter().copied());
        let mean = y.iter().sum::<f64>() / n.max(1) as f64;
        for (t, &value) in y.iter().enumerate() {
            let trend = first + slope * t as f64;
            let trend = if factors { trend.max(0.1 * mean) } else { trend };
            sums[t % period] += against(value, trend);
            counts[t % period] += 1.0;
        }
    }
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum = if count > 0.0 { *sum / count } else { neutral };
    }
    let mean = sums.iter().sum::<f64>() / period as f64;
    for s in &mut sums {
        *s = if factors { (*s / mean).max(1e-2) } else { *s - mean };
        if !s.is_finite() {
            *s = neutral;
        }
    }
    sums
}

/// α, β*, γ* and φ of a start.
type Start = [f64; 4];

/// Starts without a season: the level slow, following, a walk.
const PLAIN: [Start; 9] = [
    [0.02, 0.05, 0.0, 0.97],
    [0.1, 0.1, 0.0, 0.9],
    [0.3, 0.02, 0.0, 0.97],
    [0.3, 0.4, 0.0, 0.9],
    [0.6, 0.05, 0.0, 0.95],
    [0.75, 0.5, 0.0, 0.9],
    [0.95, 0.01, 0.0, 0.97],
    [0.98, 0.8, 0.0, 0.85],
    // A slope that follows the errors where the level hardly does.
    [0.05, 2.0, 0.0, 0.8],
];

/// Starts with a season: it stands still, moves, or takes all there is to learn. The most
/// different come first: a long series, which tells its minima apart, gets these alone.
const SEASONAL: [Start; 8] = [
    [0.1, 0.05, 0.2, 0.97],
    [0.35, 0.05, 0.6, 0.97],
    [0.6, 0.02, 0.02, 0.97],
    [0.95, 0.01, 0.05, 0.97],
    [0.02, 0.05, 0.02, 0.97],
    [0.1, 0.02, 0.6, 0.95],
    [0.3, 0.02, 0.05, 0.97],
    [0.7, 0.3, 0.3, 0.9],
];

/// From this many values on a series counts as long.
const LONG: usize = 400;

fn weights_of(form: Form, start: Start) -> Weights {
    let [alpha, beta, gamma, phi] = start;
    Weights {
        alpha,
        beta: if form.has_trend() { alpha * beta } else { 0.0 },
        gamma: if form.is_seasonal() { (1.0 - alpha) * gamma } else { 0.0 },
        phi: if form.trend.is_damped() { phi } else { 1.0 },
    }
}

/// How many starts are searched from, and how far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Starts searched from, beside the warm ones.
    pub(super) starts: usize,
    /// For the searches between which the best is chosen.
    pub(super) rough: Effort,
    /// For the best of them, if at all.
    pub(super) fine: Option<Effort>,
}

impl Plan {
    pub(super) const ROUGH: Effort =
        Effort { iterations: 12, tolerance: 0.05, hopeless: f64::INFINITY };
    pub(super) const FINE: Effort =
        Effort { iterations: 100, tolerance: 1e-7, hopeless: f64::INFINITY };
    /// For a form on its own.
    pub(super) const ONE: Self = Self { starts: 8, rough: Self::ROUGH, fine: Some(Self::FINE) };
}

/// The parameters given by the caller over those of a start.
pub(super) type Overlay<'a> = &'a dyn Fn(&mut Theta);

/// The best of several searches of one form; `warm` are points of related forms.
pub(super) fn best_of(
    problem: &Problem<'_>,
    seeds: &mut Seeds,
    overlay: Overlay<'_>,
    warm: &[&Theta],
    plan: Plan,
    room: &mut Room,
) -> Option<Found> {
    let form = problem.form;
    let base = seeds.theta(form, problem.data.count);
    let few = if problem.observed > LONG { 4 } else { SEASONAL.len() };
    let list = if form.is_seasonal() { &SEASONAL[..few] } else { &PLAIN };
    let mut tried: Vec<Found> = Vec::with_capacity(list.len());
    // The start states are linear where all is additive, and nearly so elsewhere: one step.
    let states = Effort { iterations: 1, ..Plan::ROUGH };
    for start in list {
        let mut theta = base.clone();
        theta.weights = weights_of(form, *start);
        overlay(&mut theta);
        tried.extend(problem.refine(theta, false, states, room));
    }
    if tried.is_empty() {
        // A trend that crosses zero: start without one.
        let mut theta = base.clone();
        theta.weights = weights_of(form, [0.02, SMALLEST, 0.02, PHI.1]);
        theta.level = seeds.filled.iter().sum::<f64>() / seeds.filled.len().max(1) as f64;
        theta.slope = f64::from(u8::from(form.trend.is_multiplicative()));
        overlay(&mut theta);
        tried.extend(problem.refine(theta, false, states, room));
    }
    tried.sort_by(|a, b| a.value.total_cmp(&b.value));
    tried.truncate(plan.starts);
    let mut best: Option<Found> = None;
    // A form on its own starts from the simpler ones too.
    let simpler = warm.is_empty().then(|| simpler(form)).flatten().and_then(|form| {
        let problem = Problem { form, ..*problem };
        best_of(&problem, seeds, overlay, warm, plan, room)
    });
    let warm = warm.iter().copied().chain(simpler.iter().map(|found| &found.theta));
    let related = warm.map(|from| {
        let mut theta = adapt(from, form, &base);
        overlay(&mut theta);
        theta
    });
    let related: Vec<Theta> = related.collect();
    for theta in related.into_iter().chain(tried.into_iter().map(|found| found.theta)) {
        // A later search must beat the earlier ones.
        let so_far = best.as_ref().map_or(f64::INFINITY, |best| best.value);
        let effort = Effort { hopeless: plan.rough.hopeless.min(so_far), ..plan.rough };
        if let Some(found) = problem.refine(theta, true, effort, room)
            && found.value < so_far
        {
            best = Some(found);
        }
    }
    match plan.fine {
        Some(effort) => problem.refine(best?.theta, true, effort, room),
        None => best,
    }
}

/// The form with the next simpler trend.
fn simpler(form: Form) -> Option<Form> {
    let trend = match form.trend {
        Trend::None => return None,
        Trend::Additive | Trend::Multiplicative => Trend::None,
        Trend::AdditiveDamped => Trend::Additive,
        Trend::MultiplicativeDamped => Trend::Multiplicative,
    };
    Some(Form { trend, ..form })
}

/// A point of a related form as a start of this one.
fn adapt(from: &Theta, form: Form, base: &Theta) -> Theta {
    let mut theta = from.clone();
    let w = &mut theta.weights;
    if form.has_trend() && (w.beta == 0.0 || theta.slope == 0.0) {
        w.beta = w.alpha * 0.01;
        theta.slope = f64::from(u8::from(form.trend.is_multiplicative()));
    }
    if form.trend.is_damped() && w.phi == 1.0 {
        w.phi = PHI.1;
    }
    if form.is_seasonal() && theta.season.len() != base.season.len() {
        w.gamma = (1.0 - w.alpha) * 0.01;
        theta.season.clone_from(&base.season);
    }
    theta
}

/// Whether weights lie where a fit may choose them.
pub(super) fn is_usual(w: &Weights) -> bool {
    (0.0..=1.0).contains(&w.alpha)
        && (0.0..=w.alpha).contains(&w.beta)
        && (0.0..=1.0 - w.alpha + 1e-12).contains(&w.gamma)
        && w.phi > 0.0
        && w.phi <= 1.0
}
