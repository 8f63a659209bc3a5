//! Lag polynomials with all roots outside the unit circle, from unbounded partial correlations.
//!
//! ```text
//! c⁽ᵏ⁾_j = c⁽ᵏ⁻¹⁾_j − r_k c⁽ᵏ⁻¹⁾_{k−j}  (j < k),   c⁽ᵏ⁾_k = r_k,   |r_k| ≤ 1
//! t_j = c_j ρ^{−j}                            roots of 1 − Σ t_j Bʲ at |B| ≥ ρ > 1
//! (1 − Σ t_i Bⁱ)(1 − Σ T_j B^{jm}) = 1 − Σ d_l Bˡ      d = t + T − t T at lags i + jm
//! ```
//!
//! Every polynomial with its roots outside the circle of radius `ρ` has such numbers `r`,
//! so a search over the box `[−1, 1]` covers all stationary (invertible) models and only
//! those. Beside the values, the slopes with respect to `r` (reverse differentiation).
//!
//! Source: Barndorff-Nielsen & Schou (1973), "On the parametrization of autoregressive
//! models by partial autocorrelations", Journal of Multivariate Analysis 3(4), 408–419.

/// One polynomial: its partial correlations, coefficients, and the steps between.
#[derive(Debug, Clone)]
struct Partial {
    /// Row `k` holds the coefficients of order `k + 1`.
    table: Vec<f64>,
    coefficients: Vec<f64>,
    shrink: Vec<f64>,
    slope: Vec<f64>,
}

impl Partial {
    /// Of `order` coefficients at lags that are multiples of `step`.
    fn new(order: usize, step: usize, radius: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "lags are short"
        )]
        let power = |j: usize| radius.powi(-(((j + 1) * step) as i32));
        Self {
            table: vec![0.0; order * order],
            coefficients: vec![0.0; order],
            shrink: (0..order).map(power).collect(),
            slope: vec![0.0; order],
        }
    }

    fn order(&self) -> usize {
        self.coefficients.len()
    }

    fn set(&mut self, partial: &[f64]) {
        let order = self.order();
        for k in 0..order {
            let (before, row) = self.table.split_at_mut(k * order);
            let before = &before[k.saturating_sub(1) * order..];
            for j in 0..k {
                row[j] = before[j] - partial[k] * before[k - 1 - j];
            }
            row[k] = partial[k];
        }
        let last = &self.table[order.saturating_sub(1) * order..];
        for ((c, t), s) in self.coefficients.iter_mut().zip(last).zip(&self.shrink) {
            *c = t * s;
        }
    }

    /// The slopes with respect to the partial correlations, from those in `self.slope`.
    fn pull(&mut self, partial: &[f64], out: &mut [f64]) {
        let order = self.order();
        for (slope, s) in self.slope.iter_mut().zip(&self.shrink) {
            *slope *= s;
        }
        for k in (0..order).rev() {
            let g = &mut self.slope;
            let mut sum = g[k];
            if k > 0 {
                let before = &self.table[(k - 1) * order..k * order];
                for j in 0..k {
                    sum -= g[j] * before[k - 1 - j];
                }
                let r = partial[k];
                for j in 0..k.div_ceil(2) {
                    let i = k - 1 - j;
                    let (a, b) = (g[j], g[i]);
                    g[j] = a - r * b;
                    if i != j {
                        g[i] = b - r * a;
                    }
                }
            }
            out[k] = sum;
        }
    }
}

/// The product of a plain and a seasonal polynomial.
#[derive(Debug, Clone)]
pub(super) struct Product {
    plain: Partial,
    seasonal: Partial,
    period: usize,
    /// `+1` keeps `d` (autoregressive), `−1` turns its sign (moving average).
    sign: f64,
    /// The lags that may be other than zero, ascending.
    pub(super) lags: Vec<usize>,
    /// By lag − 1: the coefficients.
    pub(super) dense: Vec<f64>,
}

impl Product {
    pub(super) fn new(
        order: usize,
        seasonal: usize,
        period: usize,
        radius: f64,
        sign: f64,
    ) -> Self {
        let mut lags: Vec<usize> = (0..=seasonal)
            .flat_map(|j| (0..=order).map(move |i| i + j * period))
            .filter(|lag| *lag > 0)
            .collect();
        lags.sort_unstable();
        lags.dedup();
        Self {
            plain: Partial::new(order, 1, radius),
            seasonal: Partial::new(seasonal, period, radius),
            period,
            sign,
            lags,
            dense: vec![0.0; order + seasonal * period],
        }
    }

    /// The longest lag.
    pub(super) fn degree(&self) -> usize {
        self.dense.len()
    }

    pub(super) fn set(&mut self, plain: &[f64], seasonal: &[f64]) {
        self.plain.set(plain);
        self.seasonal.set(seasonal);
        self.dense.fill(0.0);
        for (i, t) in self.plain.coefficients.iter().enumerate() {
            self.dense[i] += self.sign * t;
        }
        for (j, s) in self.seasonal.coefficients.iter().enumerate() {
            let lag = (j + 1) * self.period;
            self.dense[lag - 1] += self.sign * s;
            for (i, t) in self.plain.coefficients.iter().enumerate() {
                self.dense[lag + i] -= self.sign * t * s;
            }
        }
    }

    /// Adds to the slopes of both parts, given those of the dense coefficients.
    pub(super) fn pull(
        &mut self,
        slopes: &[f64],
        (plain, seasonal): (&[f64], &[f64]),
        (plain_out, seasonal_out): (&mut [f64], &mut [f64]),
    ) {
        let sign = self.sign;
        for i in 0..self.plain.order() {
            let cross: f64 = (self.seasonal.coefficients.iter().enumerate())
                .map(|(j, s)| s * slopes[(j + 1) * self.period + i])
                .sum();
            self.plain.slope[i] = sign * (slopes[i] - cross);
        }
        for j in 0..self.seasonal.order() {
            let lag = (j + 1) * self.period;
            let cross: f64 = (self.plain.coefficients.iter().enumerate())
                .map(|(i, t)| t * slopes[lag + i])
                .sum();
            self.seasonal.slope[j] = sign * (slopes[lag - 1] - cross);
        }
        self.plain.pull(plain, plain_out);
        self.seasonal.pull(seasonal, seasonal_out);
    }

    /// The coefficients of the two parts, with their sign.
    pub(super) fn parts(&self) -> (Vec<f64>, Vec<f64>) {
        let of = |p: &Partial| p.coefficients.iter().map(|c| self.sign * c).collect();
        (of(&self.plain), of(&self.seasonal))
    }
}
