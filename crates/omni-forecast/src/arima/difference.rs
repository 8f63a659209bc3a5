//! Differences and their inverse.
//!
//! ```text
//! w = (1 − B)ᵈ (1 − Bᵐ)ᴰ y          w_t = y_t − Σ δ_i y_{t−i},   i = 1 … d + D m
//! ```
//!
//! Source: Box, Jenkins, Reinsel & Ljung (2016), "Time Series Analysis", 5th edition,
//! Wiley, section 4.1 and 9.1.

use super::order::Order;

/// The changes over `lag` periods, in place; the series becomes `lag` shorter.
fn changes(values: &mut Vec<f64>, lag: usize) {
    let kept = values.len().saturating_sub(lag);
    for t in 0..kept {
        values[t] = values[t + lag] - values[t];
    }
    values.truncate(kept);
}

/// The series under all differences of an order.
pub(super) fn difference(values: &[f64], order: &Order) -> Vec<f64> {
    let mut w = values.to_vec();
    for _ in 0..order.seasonal_differences {
        changes(&mut w, order.period);
    }
    for _ in 0..order.differences {
        changes(&mut w, 1);
    }
    w
}

/// `δ` by lag − 1.
pub(super) fn lags(order: &Order) -> Vec<f64> {
    let mut polynomial = vec![1.0];
    for step in std::iter::repeat_n(1, order.differences)
        .chain(std::iter::repeat_n(order.period, order.seasonal_differences))
    {
        let mut product = polynomial.clone();
        product.resize(polynomial.len() + step, 0.0);
        for (i, c) in polynomial.iter().enumerate() {
            product[i + step] -= c;
        }
        polynomial = product;
    }
    polynomial.iter().skip(1).map(|c| -c).collect()
}
