//! The state of a fitted ARIMA model: what its forecasts need of the past, one value at a time.
//!
//! ```text
//! y_t = z·x_t + ε_t          x_t = (A_t, y_{t−1} … y_{t−d−Dm}),   z = (1, 0 …, δ)
//! x_{t+1} = T x_t + g ε_t    A: shifted, plus φ A_t;  g = (φ + θ, 1, 0 …)
//! F = 1 + z·Mz               M σ²: what is uncertain about x_t
//! observed: x ← D (x + Mz e/F) + g y,   M ← D (M − Mz zᵀM/F) Dᵀ,   D = T − g zᵀ
//! missing:  x ← T x,                    M ← T M Tᵀ + g gᵀ
//! ```
//!
//! `D` has the roots of the moving-average polynomial, so `M` dies out while values come in;
//! then it is dropped and a step costs O(lags). σ² is that of the one-step errors.
//!
//! Source: Anderson & Moore (1979), "Optimal Filtering", Prentice-Hall, chapter 9, for the
//! innovations form.

/// Below this share of σ² nothing is uncertain about the state.
const NEGLIGIBLE: f64 = 1e-16;

/// The state, and the coefficients that move it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Stored")
)]
pub(super) struct State {
    /// `φ` and `φ + θ`, as long as `A`.
    phi: Vec<f64>,
    gain: Vec<f64>,
    /// `δ`, as long as the lags kept.
    delta: Vec<f64>,
    /// `A`, then the lags, the newest first.
    x: Vec<f64>,
    /// `M`, row by row; empty where it has died out.
    m: Vec<f64>,
}

/// A state as it is read, not yet checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Stored {
    phi: Vec<f64>,
    gain: Vec<f64>,
    delta: Vec<f64>,
    x: Vec<f64>,
    m: Vec<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<Stored> for State {
    type Error = omni_core::DataError;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        use omni_core::check;
        let Stored { phi, gain, delta, x, m } = stored;
        let size = phi.len() + delta.len();
        check::min_len("phi", &phi, 1)?;
        check::same_len("gain", &gain, phi.len())?;
        check::same_len("x", &x, size)?;
        if !m.is_empty() {
            check::same_len("m", &m, size * size)?;
        }
        for (name, values) in
            [("phi", &phi), ("gain", &gain), ("delta", &delta), ("x", &x), ("m", &m)]
        {
            check::all_finite(name, values)?;
        }
        Ok(Self { phi, gain, delta, x, m })
    }
}

impl State {
    /// `phi` and `theta` as long as `a`; `lags` the newest value first, as long as `delta`.
    pub(super) fn new(
        phi: Vec<f64>,
        theta: &[f64],
        delta: Vec<f64>,
        a: Vec<f64>,
        lags: &[f64],
    ) -> Self {
        let gain = phi.iter().zip(theta).map(|(p, t)| p + t).collect();
        let mut x = a;
        x.extend_from_slice(lags);
        Self { phi, gain, delta, x, m: Vec::new() }
    }

    /// What is uncertain about `A`, row by row; about the lags nothing is.
    pub(super) fn set_uncertainty(&mut self, m: &[f64]) {
        let (r, size) = (self.phi.len(), self.size());
        self.m.clear();
        if !m.is_empty() {
            self.m.resize(size * size, 0.0);
            for (row, m) in self.m.chunks_exact_mut(size).zip(m.chunks_exact(r)) {
                row[..r].copy_from_slice(m);
            }
        }
    }

    /// Adds `v vᵀ` to what is uncertain.
    pub(super) fn add_uncertainty(&mut self, v: &[f64]) {
        let size = self.size();
        self.m.resize(size * size, 0.0);
        for (i, a) in v.iter().enumerate() {
            for (j, b) in v.iter().enumerate() {
                self.m[i * size + j] += a * b;
            }
        }
    }

    fn size(&self) -> usize {
        self.phi.len() + self.delta.len()
    }

    /// `z·v`
    fn observe(&self, v: &[f64]) -> f64 {
        let lags = v.iter().skip(self.phi.len());
        v.first().copied().unwrap_or_default()
            + lags.zip(&self.delta).map(|(v, d)| v * d).sum::<f64>()
    }

    /// The mean of the next value.
    pub(super) fn mean(&self) -> f64 {
        self.observe(&self.x)
    }

    /// `v ← T v + g e`, where `z·v` is `seen`.
    fn step(&self, v: &mut [f64], seen: f64, e: f64) {
        let r = self.phi.len();
        let (a, lags) = v.split_at_mut(r);
        let first = a[0];
        a.copy_within(1.., 0);
        a[r - 1] = 0.0;
        for ((a, phi), gain) in a.iter_mut().zip(&self.phi).zip(&self.gain) {
            *a += phi * first + gain * e;
        }
        if let Some(last) = lags.len().checked_sub(1) {
            lags.copy_within(..last, 1);
            lags[0] = seen + e;
        }
    }

    /// Learns a value.
    pub(super) fn update(&mut self, value: f64) {
        let size = self.size();
        let mut x = std::mem::take(&mut self.x);
        if !self.m.is_empty() {
            let column = self.seen();
            let f = 1.0 + self.observe(&column);
            let e = value - self.observe(&x);
            for (x, m) in x.iter_mut().zip(&column) {
                *x += m * e / f;
            }
            for i in 0..size {
                for j in 0..size {
                    self.m[i * size + j] -= column[i] * column[j] / f;
                }
            }
            self.transform(true);
            let left: f64 = self.m.iter().step_by(size + 1).sum();
            if left <= NEGLIGIBLE || left.is_nan() {
                self.m.clear();
            }
        }
        let seen = self.observe(&x);
        self.step(&mut x, seen, value - seen);
        self.x = x;
    }

    /// Moves on without a value.
    pub(super) fn skip(&mut self) {
        let mut x = std::mem::take(&mut self.x);
        let seen = self.observe(&x);
        self.step(&mut x, seen, 0.0);
        self.x = x;
        let size = self.size();
        if self.m.is_empty() {
            self.m.resize(size * size, 0.0);
        } else {
            self.transform(false);
        }
        let r = self.phi.len();
        let mut g = vec![0.0; size];
        g[..r].copy_from_slice(&self.gain);
        if let Some(newest) = g.get_mut(r) {
            *newest = 1.0;
        }
        self.add_uncertainty(&g);
    }

    /// `M z`
    fn seen(&self) -> Vec<f64> {
        self.m.chunks_exact(self.size()).map(|row| self.observe(row)).collect()
    }

    /// `M ← T M Tᵀ`, or `D M Dᵀ` where the value is known.
    fn transform(&mut self, known: bool) {
        let size = self.size();
        let mut m = std::mem::take(&mut self.m);
        for _ in 0..2 {
            for row in m.chunks_exact_mut(size) {
                let seen = self.observe(row);
                self.step(row, seen, if known { -seen } else { 0.0 });
            }
            for i in 0..size {
                for j in 0..i {
                    m.swap(i * size + j, j * size + i);
                }
            }
        }
        self.m = m;
    }

    /// `Var(y)/σ²` of the coming `horizon` values.
    pub(super) fn variances(&self, horizon: usize) -> Vec<f64> {
        let mut after = self.clone();
        let size = self.size();
        let mut impulse = vec![0.0; size];
        let r = self.phi.len();
        impulse[..r].copy_from_slice(&self.gain);
        if let Some(newest) = impulse.get_mut(r) {
            *newest = 1.0;
        }
        let mut grown = 1.0;
        let mut all = Vec::with_capacity(horizon);
        for _ in 0..horizon {
            let uncertain =
                if after.m.is_empty() { 0.0 } else { after.observe(&after.seen()).max(0.0) };
            all.push(grown + uncertain);
            let psi = self.observe(&impulse);
            grown += psi * psi;
            self.step(&mut impulse, psi, 0.0);
            if !after.m.is_empty() {
                after.transform(false);
            }
        }
        all
    }

    /// The means of the coming values.
    pub(super) fn means(&self, horizon: usize) -> Vec<f64> {
        let mut x = self.x.clone();
        (0..horizon).map(|_| self.advance(&mut x, 0.0)).collect()
    }

    /// The value one step after the state `x` with this noise; `x` moves on.
    pub(super) fn advance(&self, x: &mut [f64], noise: f64) -> f64 {
        let mean = self.observe(x);
        self.step(x, mean, noise);
        mean + noise
    }

    /// The mean of the state.
    pub(super) fn mean_state(&self) -> Vec<f64> {
        self.x.clone()
    }

    /// Columns `c` with `M = Σ c cᵀ`.
    pub(super) fn root(&self) -> Vec<Vec<f64>> {
        let size = self.size();
        let mut m = self.m.clone();
        let mut columns = Vec::new();
        if m.is_empty() {
            return columns;
        }
        let largest = m.iter().step_by(size + 1).fold(0.0_f64, |l, v| l.max(*v));
        for i in 0..size {
            let pivot = m[i * size + i];
            if pivot <= 1e-13 * largest || pivot.is_nan() {
                continue;
            }
            let column: Vec<f64> = (0..size).map(|j| m[j * size + i] / pivot.sqrt()).collect();
            for (row, a) in m.chunks_exact_mut(size).zip(&column) {
                row.iter_mut().zip(&column).for_each(|(m, b)| *m -= a * b);
            }
            columns.push(column);
        }
        columns
    }

    /// `φ` by lag.
    pub(super) fn phi(&self) -> Vec<f64> {
        self.phi.clone()
    }

    /// `θ` by lag.
    pub(super) fn theta(&self) -> Vec<f64> {
        self.gain.iter().zip(&self.phi).map(|(g, p)| g - p).collect()
    }
}
