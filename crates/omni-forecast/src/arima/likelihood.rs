//! The exact Gaussian likelihood of a multiplicative seasonal ARMA process, and its slopes.
//!
//! ```text
//! w_t = Σ φ_i w_{t−i} + ε_t + Σ θ_j ε_{t−j}          φ, θ: products, at most (p+1)(P+1) lags
//! e_t = w_t − a_t,                   F_t = Var(e_t)/σ²
//! A_{t+1} = shift(A_t) + φ a_t + K_t e_t/F_t          a_t: first entry of the state A_t
//! l_t = L_t/√F_t (first entry),      v = shift(L_t) + φ L_t
//! K_{t+1} = (K_t − l_t v)/√(1−l_t²),   L_{t+1} = (v − l_t K_t)/√(1−l_t²)   both over √F
//! F_{t+1} = F_t (1 − l_t²)
//! log L = −½ (n log 2πσ² + Σ log F_t + Σ e_t²/(F_t σ²)),   σ̂² = Σ e_t²/F_t / n
//! ```
//!
//! The gains do not depend on the data: they are computed once and applied to the series and
//! to every regressor. `L_t` is the square root of the change of the state's covariance,
//! which has rank one, so a step costs O(r), r = max(p + Pm, q + Qm), not O(r²); `l_t` is
//! the partial autocorrelation of the process. Where `L_t` has vanished, the innovations
//! follow from the few lags that are not zero. Slopes by reverse differentiation: about
//! three times the work of the value, for any number of coefficients.
//!
//! Sources: Morf, Sidhu & Kailath (1974), "Some new algorithms for recursive estimation in
//! constant, linear, discrete-time systems", IEEE Transactions on Automatic Control 19(4),
//! 315–323; Mélard (1984), "A fast algorithm for the exact likelihood of autoregressive-moving
//! average models", Applied Statistics 33(1), 104–114.

use super::autocovariance::StepDown;
use super::order::Order;
use super::polynomial::Product;

/// Roots of the polynomials stay outside this circle.
pub(super) const RADIUS: f64 = 1.001;

/// `L_t` counts as vanished below this: what it still changes is its square.
const VANISHED: f64 = 1e-9;

/// The gains of an ARMA process for one set of coefficients.
#[derive(Debug, Clone)]
pub(super) struct Gains {
    orders: [usize; 4],
    /// Autoregressive and moving-average coefficients by lag.
    pub(super) ar: Product,
    pub(super) ma: Product,
    /// Size of the state.
    pub(super) r: usize,
    steps_down: StepDown,
    gamma: Vec<f64>,
    y: Vec<f64>,
    psi: Vec<f64>,
    /// Steps before the gains have settled.
    pub(super) steps: usize,
    /// `F_t` and `1/√F_t` of these steps; afterwards both are 1.
    pub(super) f: Vec<f64>,
    inverse_root: Vec<f64>,
    /// `K_t/√F_t`, `v` and `l_t`, step after step.
    k: Vec<f64>,
    v: Vec<f64>,
    l: Vec<f64>,
    /// `L` after the last step.
    last: Vec<f64>,
    slopes: Slopes,
}

#[derive(Debug, Clone, Default)]
struct Slopes {
    k: Vec<f64>,
    f: Vec<f64>,
    l: Vec<f64>,
    v: Vec<f64>,
    gamma: Vec<f64>,
    y: Vec<f64>,
    psi: Vec<f64>,
    phi: Vec<f64>,
    theta: Vec<f64>,
    state: Vec<f64>,
}

/// The sum of products, in four lanes that add up in the same order everywhere.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a4.remainder().iter().zip(b4.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a4.zip(b4) {
        for i in 0..4 {
            lanes[i] += a[i] * b[i];
        }
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + rest
}

impl Gains {
    pub(super) fn new(order: &Order) -> Self {
        let m = order.period;
        let ar = Product::new(order.ar, order.seasonal_ar, m, RADIUS, 1.0);
        let ma = Product::new(order.ma, order.seasonal_ma, m, RADIUS, -1.0);
        let (p, q) = (ar.degree(), ma.degree());
        let r = p.max(q).max(1);
        Self {
            orders: [order.ar, order.seasonal_ar, order.ma, order.seasonal_ma],
            r,
            steps_down: StepDown::new(p),
            gamma: vec![0.0; p + 1],
            y: vec![0.0; p.max(q) + 1],
            psi: vec![0.0; q + 1],
            steps: 0,
            f: Vec::new(),
            inverse_root: Vec::new(),
            k: Vec::new(),
            v: Vec::new(),
            l: Vec::new(),
            last: vec![0.0; r],
            slopes: Slopes {
                l: vec![0.0; r],
                v: vec![0.0; r],
                gamma: vec![0.0; p + 1],
                y: vec![0.0; p.max(q) + 1],
                psi: vec![0.0; q + 1],
                phi: vec![0.0; p],
                theta: vec![0.0; q],
                ..Slopes::default()
            },
            ar,
            ma,
        }
    }

    /// The parts of a parameter vector: plain and seasonal autoregressive, then moving average.
    fn parts<'x>(&self, x: &'x [f64]) -> [&'x [f64]; 4] {
        let [p, sp, q, _] = self.orders;
        let (p, rest) = x.split_at(p);
        let (sp, rest) = rest.split_at(sp);
        let (q, sq) = rest.split_at(q);
        [p, sp, q, sq]
    }

    /// Computes the gains for `n` steps from partial correlations; false if they degenerate.
    pub(super) fn set(&mut self, x: &[f64], n: usize) -> bool {
        let [p, sp, q, sq] = self.parts(x);
        self.ar.set(p, sp);
        self.ma.set(q, sq);
        self.first() && self.recurse(n)
    }

    /// Computes the gains for `n` steps from coefficients by lag (more than there are: ignored).
    pub(super) fn set_coefficients(&mut self, phi: &[f64], theta: &[f64], n: usize) -> bool {
        for (dense, given) in [(&mut self.ar.dense, phi), (&mut self.ma.dense, theta)] {
            dense.iter_mut().zip(given).for_each(|(dense, given)| *dense = *given);
        }
        self.first() && self.recurse(n)
    }

    /// `y`, `ψ`, `γ`, and the first gain, unscaled, into `last`.
    fn first(&mut self) -> bool {
        let (phi, theta) = (&self.ar.dense, &self.ma.dense);
        let (p, q) = (phi.len(), theta.len());
        self.psi[0] = 1.0;
        for i in 1..=q {
            let lags = self.ar.lags.iter().take_while(|lag| **lag <= i);
            let sum: f64 = lags.map(|&lag| phi[lag - 1] * self.psi[i - lag]).sum();
            self.psi[i] = theta[i - 1] + sum;
        }
        self.y.fill(0.0);
        self.y[0] = 1.0;
        for &lag in &self.ma.lags {
            for j in 0..=lag {
                self.y[j] += theta[lag - 1] * self.psi[lag - j];
            }
        }
        if !self.steps_down.set(phi) {
            return false;
        }
        self.gamma.copy_from_slice(&self.y[..=p]);
        self.steps_down.solve(&mut self.gamma);
        self.last.fill(0.0);
        let most = p.max(q);
        self.last[..most].copy_from_slice(&self.y[1..=most]);
        for &lag in &self.ar.lags {
            for i in 0..lag {
                self.last[i] += phi[lag - 1] * self.gamma[lag - 1 - i];
            }
        }
        self.gamma[0] > 0.0 && self.gamma[0].is_finite()
    }

    fn recurse(&mut self, n: usize) -> bool {
        let r = self.r;
        let mut f = self.gamma[0];
        let mut inverse_root = 1.0 / f.sqrt();
        self.last.iter_mut().for_each(|l| *l *= inverse_root);
        self.f.clear();
        self.inverse_root.clear();
        self.l.clear();
        if self.k.len() < r {
            self.k.resize(r, 0.0);
        }
        self.k[..r].copy_from_slice(&self.last);
        let phi = &self.ar.dense;
        let mut t = 0;
        loop {
            self.f.push(f);
            self.inverse_root.push(inverse_root);
            let settled = t % 4 == 0 && self.last.iter().all(|l| l.abs() <= VANISHED);
            if t + 1 >= n || settled {
                break;
            }
            let first = self.last[0];
            let l = first * inverse_root;
            let rest = 1.0 - l * l;
            if rest <= 0.0 || rest.is_nan() {
                return false;
            }
            if self.k.len() < (t + 2) * r {
                self.k.resize((t + 2) * r, 0.0);
            }
            if self.v.len() < (t + 1) * r {
                self.v.resize((t + 1) * r, 0.0);
            }
            let v = &mut self.v[t * r..(t + 1) * r];
            v[..r - 1].copy_from_slice(&self.last[1..]);
            v[r - 1] = 0.0;
            for &lag in &self.ar.lags {
                v[lag - 1] += phi[lag - 1] * first;
            }
            let c = 1.0 / rest.sqrt();
            let s = l * c;
            let (k, next) = self.k[t * r..(t + 2) * r].split_at_mut(r);
            for (((next, last), k), v) in next.iter_mut().zip(&mut self.last).zip(&*k).zip(&*v) {
                *next = c * k - s * v;
                *last = c * v - s * k;
            }
            self.l.push(l);
            f *= rest;
            inverse_root *= c;
            t += 1;
        }
        self.steps = t + 1;
        f.is_finite()
    }

    /// `Σ log F_t`.
    pub(super) fn log_variance(&self) -> f64 {
        // Few logarithms: the product of F, with its exponent apart.
        let (mut product, mut sum) = (1.0_f64, 0.0);
        for f in &self.f {
            product *= f;
            if !(1e-100..=1e100).contains(&product) {
                sum += product.ln();
                product = 1.0;
            }
        }
        sum + product.ln()
    }

    /// The scaled innovations `e_t/√F_t` of a series, into `e`.
    pub(super) fn whiten(&self, w: &[f64], e: &mut [f64], state: &mut Vec<f64>) {
        let (n, r) = (w.len(), self.r);
        let steps = self.steps.min(n);
        let (phi, theta) = (&self.ar.dense, &self.ma.dense);
        state.clear();
        state.resize(steps + r + 1, 0.0);
        for t in 0..steps {
            let predicted = state[t];
            let scaled = (w[t] - predicted) * self.inverse_root[t];
            e[t] = scaled;
            let next = &mut state[t + 1..=t + r];
            for (next, k) in next.iter_mut().zip(&self.k[t * r..(t + 1) * r]) {
                *next += k * scaled;
            }
            for &lag in &self.ar.lags {
                next[lag - 1] += phi[lag - 1] * predicted;
            }
        }
        let settled = n.min(steps + r);
        for t in steps..settled {
            let mut predicted = state[t];
            for &lag in self.ar.lags.iter().take_while(|lag| **lag <= t - steps) {
                predicted += phi[lag - 1] * w[t - lag];
            }
            for &lag in self.ma.lags.iter().take_while(|lag| **lag <= t - steps) {
                predicted += theta[lag - 1] * e[t - lag];
            }
            e[t] = w[t] - predicted;
        }
        for t in settled..n {
            let mut predicted = 0.0;
            for &lag in &self.ar.lags {
                predicted += phi[lag - 1] * w[t - lag];
            }
            for &lag in &self.ma.lags {
                predicted += theta[lag - 1] * e[t - lag];
            }
            e[t] = w[t] - predicted;
        }
    }

    /// The state after a series whose scaled innovations are `e`: the means of the coming
    /// values as far as the past tells.
    pub(super) fn state_after(&self, w: &[f64], e: &[f64], state: &[f64]) -> Vec<f64> {
        let (n, r) = (w.len(), self.r);
        let steps = self.steps.min(n);
        // Before the gains settle, the running state itself; then the lags since.
        let mut after: Vec<f64> =
            (0..r).map(|i| state.get(n + i).copied().unwrap_or_default()).collect();
        for t in steps.max(n.saturating_sub(r))..n {
            let back = n - t;
            for (lags, by, of) in
                [(&self.ar.lags, &self.ar.dense, w[t]), (&self.ma.lags, &self.ma.dense, e[t])]
            {
                for &lag in lags.iter().filter(|lag| **lag >= back) {
                    after[lag - back] += by[lag - 1] * of;
                }
            }
        }
        after
    }

    /// What is still uncertain about that state after `n` values, `M/σ²` row by row: the sum of
    /// the products of all `L` that follow. Empty where the gains have settled.
    pub(super) fn uncertainty(&self, n: usize, most: usize) -> Vec<f64> {
        let r = self.r;
        if self.steps < n || self.f.is_empty() {
            return Vec::new();
        }
        let mut k = self.k[(self.steps - 1) * r..self.steps * r].to_vec();
        let mut last = self.last.clone();
        let mut inverse_root = self.inverse_root[self.steps - 1];
        let mut m = Vec::new();
        // The change from step n − 1 to n is already part of the past.
        for _ in 0..=most {
            let first = last[0];
            let l = first * inverse_root;
            let rest = 1.0 - l * l;
            if rest <= 0.0 || rest.is_nan() || last.iter().all(|l| l.abs() <= VANISHED) {
                break;
            }
            let c = 1.0 / rest.sqrt();
            let s = l * c;
            for i in 0..r {
                let shifted = last.get(i + 1).copied().unwrap_or_default();
                let v = shifted + self.ar.dense.get(i).copied().unwrap_or_default() * first;
                last[i] = c * v - s * k[i];
                k[i] = c * k[i] - s * v;
            }
            inverse_root *= c;
            m.resize(r * r, 0.0);
            for (i, row) in m.chunks_exact_mut(r).enumerate() {
                let by = last[i];
                row[i..].iter_mut().zip(&last[i..]).for_each(|(m, l)| *m += by * l);
            }
        }
        for i in 1..if m.is_empty() { 0 } else { r } {
            for j in 0..i {
                m[i * r + j] = m[j * r + i];
            }
        }
        m
    }

    /// Prepares the slopes: those of `½ Σ log F_t`.
    pub(super) fn begin_slopes(&mut self) {
        let (steps, slopes) = (self.steps, &mut self.slopes);
        slopes.k.clear();
        slopes.k.resize(steps * self.r, 0.0);
        slopes.f.clear();
        slopes.f.extend(self.f.iter().map(|f| 0.5 / f));
        slopes.phi.fill(0.0);
        slopes.theta.fill(0.0);
    }

    /// Adds the slopes that come through the scaled innovations `e` of series `w`, whose own
    /// slopes are `by_e` (overwritten).
    pub(super) fn add_slopes(&mut self, w: &[f64], e: &[f64], by_e: &mut [f64]) {
        let (n, r) = (w.len(), self.r);
        let steps = self.steps.min(n);
        let (phi, theta) = (&self.ar.dense, &self.ma.dense);
        let Slopes { k: by_k, f: by_f, phi: by_phi, theta: by_theta, state, .. } = &mut self.slopes;
        state.clear();
        state.resize(steps + r + 1, 0.0);
        for t in (steps..n).rev() {
            let back = -by_e[t];
            for &lag in self.ma.lags.iter().take_while(|lag| **lag <= t - steps) {
                by_theta[lag - 1] += back * e[t - lag];
                by_e[t - lag] += back * theta[lag - 1];
            }
            for &lag in self.ar.lags.iter().take_while(|lag| **lag <= t - steps) {
                by_phi[lag - 1] += back * w[t - lag];
            }
            if t - steps < r {
                state[t] = back;
            }
        }
        for t in (0..steps).rev() {
            let next = &state[t + 1..=t + r];
            let by_scaled = by_e[t] + dot(&self.k[t * r..(t + 1) * r], next);
            for (by_k, next) in by_k[t * r..(t + 1) * r].iter_mut().zip(next) {
                *by_k += e[t] * next;
            }
            let predicted = w[t] - e[t] / self.inverse_root[t];
            let mut back = -by_scaled * self.inverse_root[t];
            for &lag in &self.ar.lags {
                by_phi[lag - 1] += predicted * next[lag - 1];
                back += phi[lag - 1] * next[lag - 1];
            }
            by_f[t] -= 0.5 * by_scaled * e[t] / self.f[t];
            state[t] = back;
        }
    }

    /// The slopes with respect to the partial correlations, into `out`.
    pub(super) fn end_slopes(&mut self, x: &[f64], out: &mut [f64]) {
        self.pull_gains();
        self.pull_first();
        let [p, sp, q, sq] = self.parts(x);
        let (out_ar, out_ma) = out.split_at_mut(p.len() + sp.len());
        self.ar.pull(&self.slopes.phi, (p, sp), out_ar.split_at_mut(p.len()));
        self.ma.pull(&self.slopes.theta, (q, sq), out_ma.split_at_mut(q.len()));
    }

    /// Back through the recursion of the gains.
    fn pull_gains(&mut self) {
        let r = self.r;
        let phi = &self.ar.dense;
        let Slopes { k: by_k, f: by_f, l: by_last, v: by_v, phi: by_phi, .. } = &mut self.slopes;
        by_last.fill(0.0);
        for t in (0..self.steps - 1).rev() {
            let (l, f) = (self.l[t], self.f[t]);
            let rest = 1.0 - l * l;
            let c = 1.0 / rest.sqrt();
            let s = l * c;
            let (k, v) = (&self.k[t * r..(t + 1) * r], &self.v[t * r..(t + 1) * r]);
            let (now, next) = by_k[t * r..(t + 2) * r].split_at_mut(r);
            let by_c = dot(k, next) + dot(v, by_last);
            let by_s = -(dot(v, next) + dot(k, by_last));
            for (((now, next), last), v) in
                now.iter_mut().zip(&*next).zip(&*by_last).zip(by_v.iter_mut())
            {
                *now += c * next - s * last;
                *v = c * last - s * next;
            }
            let by_l = (by_c * l + by_s) * c * c * c - 2.0 * l * f * by_f[t + 1];
            by_f[t] += by_f[t + 1] * rest - 0.5 * by_l * l / f;
            let first = l / self.inverse_root[t];
            by_last[1..].copy_from_slice(&by_v[..r - 1]);
            let mut by_first = by_l * self.inverse_root[t];
            for &lag in &self.ar.lags {
                by_first += phi[lag - 1] * by_v[lag - 1];
                by_phi[lag - 1] += first * by_v[lag - 1];
            }
            by_last[0] = by_first;
        }
    }

    /// Back through the first gain and the autocovariances.
    fn pull_first(&mut self) {
        let r = self.r;
        let (phi, theta) = (&self.ar.dense, &self.ma.dense);
        let (p, q) = (phi.len(), theta.len());
        let slopes = &mut self.slopes;
        // K̃₀ and L̃₀ are both the first gain over √F₀.
        for (last, k) in slopes.l.iter_mut().zip(&slopes.k[..r]) {
            *last += k;
        }
        let by_f = slopes.f[0] - 0.5 * dot(&slopes.l, &self.k[..r]) / self.f[0];
        slopes.l.iter_mut().for_each(|l| *l *= self.inverse_root[0]);
        let by_gain = &slopes.l;
        slopes.gamma.fill(0.0);
        slopes.gamma[0] = by_f;
        for &lag in &self.ar.lags {
            let mut by = 0.0;
            for (i, by_gain) in by_gain.iter().enumerate().take(lag) {
                by += self.gamma[lag - 1 - i] * by_gain;
                slopes.gamma[lag - 1 - i] += phi[lag - 1] * by_gain;
            }
            slopes.phi[lag - 1] += by;
        }
        self.steps_down.solve_transposed(&mut slopes.gamma);
        for &lag in &self.ar.lags {
            let sum: f64 = (0..=p).map(|j| slopes.gamma[j] * self.gamma[lag.abs_diff(j)]).sum();
            slopes.phi[lag - 1] += sum;
        }
        slopes.y.fill(0.0);
        let most = p.max(q);
        slopes.y[1..=most].copy_from_slice(&by_gain[..most]);
        for (y, g) in slopes.y.iter_mut().zip(&slopes.gamma) {
            *y += g;
        }
        slopes.psi.fill(0.0);
        for &lag in &self.ma.lags {
            let mut by = 0.0;
            for j in 0..=lag {
                by += slopes.y[j] * self.psi[lag - j];
                slopes.psi[lag - j] += slopes.y[j] * theta[lag - 1];
            }
            slopes.theta[lag - 1] += by;
        }
        for i in (1..=q).rev() {
            let by = slopes.psi[i];
            slopes.theta[i - 1] += by;
            for &lag in self.ar.lags.iter().take_while(|lag| **lag <= i) {
                slopes.phi[lag - 1] += by * self.psi[i - lag];
                slopes.psi[i - lag] += by * phi[lag - 1];
            }
        }
    }
}
