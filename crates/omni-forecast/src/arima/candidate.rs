//! One model tried: its best coefficients and its criterion.

use super::order::Order;
use super::sample::{Sample, Scaled};
use super::search::{Found, Search};
use crate::Error;
use omni_core::rng;

/// First two partial correlations of the autoregressive, moving-average, seasonal
/// autoregressive and seasonal moving-average part to start from: near white noise, what
/// differenced and undifferenced series typically have, and cycles.
const STARTS: [[[f64; 2]; 4]; 10] = [
    [[0.2, 0.0], [-0.1, 0.0], [0.2, 0.0], [-0.1, 0.0]],
    [[0.6, 0.0], [-0.3, 0.0], [0.3, 0.0], [0.6, 0.0]],
    [[0.9, 0.0], [0.5, 0.0], [0.3, 0.0], [0.7, 0.0]],
    [[-0.3, 0.0], [0.5, 0.0], [0.1, 0.0], [0.6, 0.0]],
    [[0.2, 0.0], [0.7, 0.0], [-0.2, 0.0], [0.3, 0.0]],
    [[0.5, 0.0], [0.9, 0.0], [0.8, 0.0], [0.4, 0.0]],
    [[-0.6, 0.0], [0.1, 0.0], [0.5, 0.0], [0.9, 0.0]],
    [[0.6, -0.8], [0.7, -0.9], [-0.4, 0.0], [0.4, 0.3]],
    [[-0.5, -0.8], [-0.5, -0.6], [0.2, 0.0], [0.5, 0.0]],
    [[0.1, -0.6], [0.1, -0.9], [0.1, -0.3], [0.3, -0.3]],
];

/// Residuals below this share of the series are rounding: the fit is exact.
const EXACT: f64 = 1e-14;

/// A partial correlation beyond this has its root at the edge.
const EDGE: f64 = 0.9999;

/// A model with the coefficients found.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) order: Order,
    pub(super) constant: bool,
    /// Partial correlations: plain and seasonal autoregressive, then moving average.
    pub(super) x: Vec<f64>,
    /// `None` where the fit is exact.
    pub(super) log_likelihood: Option<f64>,
    /// `None` where the fit is exact or has too few values.
    pub(super) aicc: Option<f64>,
    pub(super) iterations: usize,
    pub(super) converged: bool,
    /// Whether a root ended at the edge of the region searched.
    pub(super) at_edge: bool,
}

impl Candidate {
    /// The criterion to compare by; infinite for a model at the edge, whose root asks for
    /// another difference or cancels another root.
    pub(super) fn criterion(&self) -> f64 {
        self.aicc.filter(|_| !self.at_edge).unwrap_or(f64::INFINITY)
    }
}

/// The coefficients of one order taken over to another, block by block.
fn carried(from: &Candidate, order: &Order) -> Vec<f64> {
    let blocks = |o: &Order| [o.ar, o.seasonal_ar, o.ma, o.seasonal_ma];
    let mut x = Vec::with_capacity(order.coefficients());
    let mut at = 0;
    // New coefficients start beside zero: AR and MA apart, so that they do not cancel.
    for ((had, wanted), new) in
        blocks(&from.order).into_iter().zip(blocks(order)).zip([0.05, 0.05, -0.05, -0.05])
    {
        let kept = had.min(wanted);
        x.extend(from.x[at..at + kept].iter().map(|r| r.clamp(-0.99, 0.99)));
        x.extend(std::iter::repeat_n(new, wanted - kept));
        at += had;
    }
    x
}

/// Starts of an order: those carried over, then the typical ones.
pub(super) fn starts(order: &Order, from: &[&Candidate]) -> Vec<Vec<f64>> {
    let typical = STARTS.iter().map(|first| {
        let [ar, ma, seasonal_ar, seasonal_ma] = *first;
        let blocks = [
            (order.ar, ar),
            (order.seasonal_ar, seasonal_ar),
            (order.ma, ma),
            (order.seasonal_ma, seasonal_ma),
        ];
        blocks
            .iter()
            .flat_map(|&(size, first)| (0..size).map(move |i| first.get(i).copied().unwrap_or(0.0)))
            .collect()
    });
    from.iter().map(|from| carried(from, order)).chain(typical).collect()
}

/// How much work a fit is worth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// Searches, from the best starts.
    pub(super) searches: usize,
    /// Searches from beside the best found.
    pub(super) hops: u64,
    /// In units of the log-likelihood.
    pub(super) tolerance: f64,
}

impl Effort {
    /// While comparing orders.
    pub(super) const QUICK: Self = Self { searches: 1, hops: 0, tolerance: 1e-3 };
    /// For the one order asked for.
    pub(super) const THOROUGH: Self = Self { searches: STARTS.len(), hops: 12, tolerance: 1e-10 };
    /// For the model that is kept.
    pub(super) const FULL: Self = Self { searches: 3, hops: 0, tolerance: 1e-10 };
}

/// Fits one order. Starts are compared by their likelihood; the best are followed.
pub(super) fn fit(
    sample: &Sample,
    order: Order,
    constant: bool,
    from: &[&Candidate],
    effort: Effort,
    search: &mut Search,
) -> Result<(Candidate, Scaled), Error> {
    let mut scaled = sample.objective(&order, constant)?;
    let k = order.coefficients();
    let zero = vec![0.0; k];
    let plain = scaled.objective.value(&zero);
    let n = scaled.objective.observed();
    let residual = (scaled.objective.squares / n as f64).sqrt() * scaled.unit;
    if residual <= EXACT || residual.is_nan() {
        let candidate = Candidate {
            order,
            constant,
            x: zero,
            log_likelihood: None,
            aicc: None,
            iterations: 0,
            converged: true,
            at_edge: false,
        };
        return Ok((candidate, scaled));
    }
    let mut ranked: Vec<(f64, Vec<f64>)> = vec![(plain, zero)];
    for start in starts(&order, from).into_iter().take(if k == 0 { 0 } else { usize::MAX }) {
        ranked.push((scaled.objective.value(&start), start));
    }
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    // All roughly, then the best to the end.
    let rough = if effort.searches > 1 { effort.tolerance.max(1e-2) } else { effort.tolerance };
    let mut found =
        Found { x: vec![0.0; k], value: f64::INFINITY, iterations: 0, converged: false };
    let mut iterations = 0;
    for (_, start) in ranked.iter().take(if k == 0 { 1 } else { effort.searches }) {
        let next = search.minimize(&mut scaled.objective, start, rough);
        iterations += next.iterations;
        if next.value < found.value {
            found = next;
        }
    }
    // From beside the best: a narrow valley may have been passed.
    for hop in 0..if k > 2 { effort.hops } else { 0 } {
        let mut rng = rng::stream(0, hop);
        let moved: Vec<f64> = (found.x.iter())
            .map(|r| (r + 0.6 * (rng::uniform(&mut rng) - 0.5)).clamp(-0.95, 0.95))
            .collect();
        let next = search.minimize(&mut scaled.objective, &moved, rough);
        iterations += next.iterations;
        if next.value < found.value {
            found = next;
        }
    }
    if rough > effort.tolerance {
        found = search.minimize(&mut scaled.objective, &found.x, effort.tolerance);
        iterations += found.iterations;
    }
    let (n, parameters) = (n as f64, (k + sample.regressors(constant) + 1) as f64);
    let log_unit = scaled.unit.ln() + sample.scale.ln();
    let log_likelihood =
        -0.5 * n * ((2.0 * std::f64::consts::PI / n).ln() + 1.0) - n * log_unit - found.value;
    let left = n - parameters - 1.0;
    let aicc = -2.0 * log_likelihood + 2.0 * parameters * (1.0 + (parameters + 1.0) / left);
    let finite = |v: f64| Some(v).filter(|v| v.is_finite());
    let candidate = Candidate {
        order,
        constant,
        at_edge: found.x.iter().any(|r| r.abs() > EDGE),
        x: found.x,
        log_likelihood: finite(log_likelihood),
        aicc: if left > 0.0 { finite(aicc) } else { None },
        iterations,
        converged: found.converged,
    };
    Ok((candidate, scaled))
}
