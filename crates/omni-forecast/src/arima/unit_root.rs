//! How often a series has to be differenced.
//!
//! ```text
//! KPSS = n⁻² Σ_t (Σ_{s≤t} e_s)² / s²(l)          e: the series less its mean
//! s²(l) = n⁻¹ (Σ e_t² + 2 Σ_{j=1..l} (1 − j/(l+1)) Σ e_t e_{t−j}),   l = ⌊3 √n / 13⌋
//! differenced while KPSS > 0.463 (5 %), at most twice
//! seasonal strength max(0, 1 − Var R / Var(S + R)) of an STL decomposition > 0.64: one
//!   seasonal difference
//! ```
//!
//! Sources: Kwiatkowski, Phillips, Schmidt & Shin (1992), "Testing the null hypothesis of
//! stationarity against the alternative of a unit root", Journal of Econometrics 54, 159–178;
//! Wang, Smith & Hyndman (2006), "Characteristic-based clustering for time series data",
//! Data Mining and Knowledge Discovery 13(3), 335–364. Threshold and lag as in R's `forecast`.

use crate::decompose::Stl;

/// Rejected at 5 % above this.
const CRITICAL: f64 = 0.463;

/// A season this strong is differenced.
const STRONG: f64 = 0.64;

/// Whether nothing changes.
pub(super) fn is_constant(y: &[f64]) -> bool {
    y.windows(2).all(|pair| matches!(pair, [a, b] if a == b))
}

/// The KPSS statistic of a level; 0 where nothing varies.
pub(super) fn kpss(y: &[f64]) -> f64 {
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    let e: Vec<f64> = y.iter().map(|v| v - mean).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small, positive")]
    let lags = (3.0 * n.sqrt() / 13.0) as usize;
    let mut long_run: f64 = e.iter().map(|e| e * e).sum();
    for lag in 1..=lags {
        let products: f64 = e.iter().zip(e.iter().skip(lag)).map(|(a, b)| a * b).sum();
        long_run += 2.0 * (1.0 - lag as f64 / (lags as f64 + 1.0)) * products;
    }
    let (mut level, mut squares) = (0.0, 0.0);
    for e in &e {
        level += e;
        squares += level * level;
    }
    let statistic = squares / (n * long_run);
    if statistic.is_finite() { statistic } else { 0.0 }
}

/// Differences until the level no longer wanders.
pub(super) fn differences(y: &[f64], most: usize) -> usize {
    let mut y = y.to_vec();
    for d in 0..most {
        if y.len() < 3 || is_constant(&y) || kpss(&y) <= CRITICAL {
            return d;
        }
        y = y.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).collect();
    }
    most
}

/// Seasonal differences: one if the season is strong.
pub(super) fn seasonal_differences(y: &[f64], period: usize, most: usize) -> usize {
    if most == 0 || period < 2 || is_constant(y) {
        return 0;
    }
    let strength = Stl::new(period, 11)
        .fit(y)
        .and_then(|parts| parts.seasonal_strength(0))
        .unwrap_or_default();
    usize::from(strength > STRONG)
}
