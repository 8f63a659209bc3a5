//! One step of every form, and the three passes over a series that use it.
//!
//! ```text
//! q = ℓ            c = 0       no trend          δ = y − q        no season
//! q = ℓ + φb       c = φb      additive          δ = y − q − s    additive
//! q = ℓ · b^φ      c = b^φ     multiplicative    δ = y/s − q      multiplicative
//!
//! ŷ = q,  q + s  or  q · s
//! ℓ ← q + α δ      b ← c + β δ  (multiplicative: c + β δ/ℓ)
//! s ← s + γ δ  (multiplicative: s + γ (y/q − s))
//! ```
//!
//! The error of a form, additive or multiplicative, does not change a step: it changes what
//! is minimized, so nine recursions serve all thirty forms. Each is compiled on its own.
//!
//! The [slopes](slopes) pass carries the derivative of every state with respect to every
//! parameter along (`P` columns) and sums the normal equations of a Gauss–Newton step on the
//! way: O(n P²) time, O(m P) memory, nothing allocated.

use super::form::{ErrorKind, Form, Season, Trend};
use super::region::Weights;

pub(super) const NONE: u8 = 0;
pub(super) const ADDITIVE: u8 = 1;
pub(super) const MULTIPLICATIVE: u8 = 2;

/// What a multiplicative part must stay above, for values of the order of 1.
const TINY: f64 = 1e-10;

/// The parameters of one form: weights, start and coefficients of regressors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Theta {
    pub(super) weights: Weights,
    pub(super) level: f64,
    pub(super) slope: f64,
    /// By the position of a period modulo the length of the season; one entry without season.
    pub(super) season: Vec<f64>,
    pub(super) coefficients: Vec<f64>,
}

/// The states between two periods.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) level: f64,
    pub(super) slope: f64,
}

/// Level and slope a period later, before anything is learned.
#[inline]
pub(super) fn ahead<const T: u8>(state: State, phi: f64) -> (f64, f64) {
    match T {
        ADDITIVE => {
            let carried = phi * state.slope;
            (state.level + carried, carried)
        }
        MULTIPLICATIVE => {
            let carried = if phi == 1.0 { state.slope } else { state.slope.powf(phi) };
            (state.level * carried, carried)
        }
        _ => (state.level, 0.0),
    }
}

/// The mean of a period.
#[inline]
pub(super) fn expected<const S: u8>(q: f64, s: f64) -> f64 {
    match S {
        ADDITIVE => q + s,
        MULTIPLICATIVE => q * s,
        _ => q,
    }
}

/// Learns from a value; `season` is the entry of its period.
#[inline]
pub(super) fn learn<const T: u8, const S: u8>(
    state: State,
    (q, carried): (f64, f64),
    season: &mut f64,
    y: f64,
    w: &Weights,
) -> State {
    let delta = surprise::<S>(q, *season, y);
    let slope = match T {
        ADDITIVE => carried + w.beta * delta,
        MULTIPLICATIVE => carried + w.beta * delta / state.level,
        _ => 0.0,
    };
    match S {
        ADDITIVE => *season += w.gamma * delta,
        MULTIPLICATIVE => *season += w.gamma * (y / q - *season),
        _ => {}
    }
    State { level: q + w.alpha * delta, slope }
}

/// By how much a value puts the level elsewhere than expected.
#[inline]
fn surprise<const S: u8>(q: f64, s: f64, y: f64) -> f64 {
    match S {
        ADDITIVE => y - q - s,
        MULTIPLICATIVE => y / s - q,
        _ => y - q,
    }
}

/// A series as the passes see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Data<'a> {
    /// NaN where a value is missing.
    pub(super) y: &'a [f64],
    /// `count` regressors per period, side by side.
    pub(super) x: &'a [f64],
    pub(super) count: usize,
}

impl Data<'_> {
    /// The value less what the regressors explain.
    #[inline]
    fn adjusted(&self, t: usize, coefficients: &[f64]) -> f64 {
        let y = self.y[t];
        if self.count == 0 {
            return y;
        }
        let row = &self.x[t * self.count..(t + 1) * self.count];
        row.iter().zip(coefficients).fold(y, |y, (x, c)| y - x * c)
    }
}

/// What is minimized, in parts: `n ln Σe² ` or `n ln Σr² + 2 Σ ln ŷ`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums {
    /// Squared errors; relative ones where the error is multiplicative.
    pub(super) squares: f64,
    /// Mean of `ln ŷ` over the values seen; 0 where the error is additive.
    pub(super) mean_log: f64,
}

impl Sums {
    /// Where the parameters make no sense.
    pub(super) const REFUSED: Self = Self { squares: f64::INFINITY, mean_log: 0.0 };
}

/// A product that neither overflows nor vanishes, for the sum of logarithms.
struct Product {
    log: f64,
    product: f64,
}

impl Product {
    #[inline]
    fn push(&mut self, factor: f64) {
        self.product *= factor;
        if !(1e-100..1e100).contains(&self.product) {
            self.log += self.product.ln();
            self.product = 1.0;
        }
    }

    fn sum(self) -> f64 {
        self.log + self.product.ln()
    }
}

/// The sums of a series; the states end in `state` and `season`.
pub(super) fn pass<const E: u8, const T: u8, const S: u8>(
    data: Data<'_>,
    theta: &Theta,
    season: &mut [f64],
) -> (Sums, State) {
    let w = theta.weights;
    let mut state = State { level: theta.level, slope: theta.slope };
    season.copy_from_slice(&theta.season);
    let (mut squares, mut seen) = (0.0, 0.0);
    let mut logs = Product { log: 0.0, product: 1.0 };
    let mut least = f64::INFINITY;
    let mut position = 0;
    for t in 0..data.y.len() {
        let s = &mut season[position];
        position += 1;
        if S == NONE || position == theta.season.len() {
            position = 0;
        }
        let step @ (q, carried) = ahead::<T>(state, w.phi);
        let y = data.adjusted(t, &theta.coefficients);
        if y.is_nan() {
            state = State { level: q, slope: carried };
            continue;
        }
        let mean = expected::<S>(q, *s);
        let error = if E == MULTIPLICATIVE { (y - mean) / mean } else { y - mean };
        squares += error * error;
        seen += 1.0;
        if E == MULTIPLICATIVE {
            logs.push(mean);
            least = least.min(mean);
        }
        if S == MULTIPLICATIVE {
            least = least.min(q);
        }
        state = learn::<T, S>(state, step, s, y, &w);
        if T == MULTIPLICATIVE {
            least = least.min(state.level).min(state.slope);
        }
    }
    let mean_log = if E == MULTIPLICATIVE && seen > 0.0 { logs.sum() / seen } else { 0.0 };
    let sums = Sums { squares, mean_log };
    let fine = least > TINY && squares.is_finite() && mean_log.is_finite();
    (if fine { sums } else { Sums::REFUSED }, state)
}

/// What looks at the mean and the value of each period.
pub(super) type Visit<'a> = &'a mut dyn FnMut(f64, f64);

/// One-step means of a series; `f` gets each with the value.
pub(super) fn walk<const T: u8, const S: u8>(
    data: Data<'_>,
    theta: &Theta,
    season: &mut [f64],
    f: Visit<'_>,
) {
    let w = theta.weights;
    let mut state = State { level: theta.level, slope: theta.slope };
    season.copy_from_slice(&theta.season);
    let m = theta.season.len().max(1);
    for t in 0..data.y.len() {
        let s = &mut season[t % m];
        let step @ (q, carried) = ahead::<T>(state, w.phi);
        let y = data.adjusted(t, &theta.coefficients);
        f(expected::<S>(q, *s), y);
        state = if y.is_nan() {
            State { level: q, slope: carried }
        } else {
            learn::<T, S>(state, step, s, y, &w)
        };
    }
}

/// Which column of the derivatives belongs to which parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    /// The level is column 0, then the slope, if any.
    pub(super) slope: Option<usize>,
    /// The first seasonal start; there are `period − 1`: the last is held, since level and
    /// season are only known together.
    pub(super) season: usize,
    pub(super) seasons: usize,
    pub(super) coefficient: usize,
    pub(super) alpha: usize,
    pub(super) beta: Option<usize>,
    pub(super) gamma: Option<usize>,
    pub(super) phi: Option<usize>,
    pub(super) count: usize,
}

impl Columns {
    pub(super) fn new(form: Form, period: usize, coefficients: usize) -> Self {
        let slope = form.has_trend().then_some(1);
        let season = 1 + usize::from(form.has_trend());
        let seasons = if form.is_seasonal() { period - 1 } else { 0 };
        let coefficient = season + seasons;
        let alpha = coefficient + coefficients;
        let mut next = alpha + 1;
        let mut take = |there: bool| {
            next += usize::from(there);
            there.then_some(next - 1)
        };
        let beta = take(form.has_trend());
        let gamma = take(form.is_seasonal());
        let phi = take(form.trend.is_damped());
        Self { slope, season, seasons, coefficient, alpha, beta, gamma, phi, count: next }
    }
}

/// The normal equations of one pass, and the room it works in.
#[derive(Debug, Default)]
pub(super) struct Normal {
    /// `Σ j jᵀ` row by row, where `j` is the derivative of the (relative) mean, with the
    /// error as the last column; the lower triangle.
    pub(super) gram: Vec<f64>,
    /// Mean derivative of `ln ŷ`; zero where the error is additive.
    pub(super) of_log: Vec<f64>,
    level: Vec<f64>,
    slope: Vec<f64>,
    season: Vec<f64>,
    rows: Vec<f64>,
}

/// Rows collected before they are added to the Gram matrix at once.
const ROWS: usize = 4;

impl Normal {
    fn clear(&mut self, columns: &Columns, period: usize) {
        let p = columns.count;
        for (vector, len) in [
            (&mut self.gram, (p + 1) * (p + 1)),
            (&mut self.of_log, p),
            (&mut self.level, p),
            (&mut self.slope, p),
            (&mut self.season, p * period),
            (&mut self.rows, ROWS * (p + 1)),
        ] {
            vector.clear();
            vector.resize(len, 0.0);
        }
        self.level[0] = 1.0;
        if let Some(slope) = columns.slope {
            self.slope[slope] = 1.0;
        }
        for k in 0..columns.seasons {
            self.season[k * p + columns.season + k] = 1.0;
        }
    }

    /// Adds the collected rows to the Gram matrix.
    fn flush(&mut self, width: usize) {
        let (a, rest) = self.rows.split_at(width);
        let (b, rest) = rest.split_at(width);
        let (c, d) = rest.split_at(width);
        for (i, row) in self.gram.chunks_exact_mut(width).enumerate() {
            let (fa, fb, fc, fd) = (a[i], b[i], c[i], d[i]);
            let n = i + 1;
            let sources = a[..n].iter().zip(&b[..n]).zip(&c[..n]).zip(&d[..n]);
            for (entry, (((a, b), c), d)) in row[..n].iter_mut().zip(sources) {
                *entry += (fa * a + fb * b) + (fc * c + fd * d);
            }
        }
    }
}

/// The sums, the normal equations and the states of a series.
#[allow(
    clippy::too_many_lines,
    clippy::needless_range_loop,
    reason = "one step, part by part; the columns are walked by index so that they are vectorized"
)]
pub(super) fn slopes<const E: u8, const T: u8, const S: u8>(
    data: Data<'_>,
    theta: &Theta,
    columns: &Columns,
    season: &mut [f64],
    normal: &mut Normal,
) -> Sums {
    let p = columns.count;
    let width = p + 1;
    let m = theta.season.len();
    normal.clear(columns, m);
    let w = theta.weights;
    let mut state = State { level: theta.level, slope: theta.slope };
    season.copy_from_slice(&theta.season);
    let (mut seen, mut filled) = (0.0, 0);
    let mut logs = Product { log: 0.0, product: 1.0 };
    let mut squares = 0.0;
    let mut position = 0;
    for t in 0..data.y.len() {
        let at = position;
        position += 1;
        if S == NONE || position == m {
            position = 0;
        }
        let s = &mut season[at];
        let step @ (q, carried) = ahead::<T>(state, w.phi);
        let y = data.adjusted(t, &theta.coefficients);
        let missing = y.is_nan();
        let delta = surprise::<S>(q, *s, y);
        let d_level = &mut normal.level[..p];
        let d_slope = &mut normal.slope[..p];
        let d_season = &mut normal.season[at * p..(at + 1) * p];
        let row = &mut normal.rows[filled * width..(filled + 1) * width];
        let Some((last, row)) = row.split_last_mut() else { break };
        let row = &mut row[..p];
        // What a parameter does of its own goes into its column before and after the rest.
        let x = &data.x[t * data.count..(t + 1) * data.count];
        if !missing {
            for (d, x) in d_level[columns.coefficient..].iter_mut().zip(x) {
                *d += x;
            }
        }
        let fade = match T {
            ADDITIVE => w.phi,
            MULTIPLICATIVE => w.phi * carried / state.slope,
            _ => 0.0,
        };
        if let Some(phi) = columns.phi {
            d_slope[phi] += match T {
                MULTIPLICATIVE => state.slope * state.slope.ln() / w.phi,
                _ => state.slope / w.phi,
            };
        }
        let (alpha, beta, gamma) =
            if missing { (0.0, 0.0, 0.0) } else { (w.alpha, w.beta, w.gamma) };
        let of_level = if missing { 0.0 } else { w.beta * delta / (state.level * state.level) };
        let beta = if T == MULTIPLICATIVE { beta / state.level } else { beta };
        let by_season = if missing { 0.0 } else { y / (*s * *s) };
        let by_level = if missing { 0.0 } else { gamma * y / (q * q) };
        for j in 0..p {
            let dc = fade * d_slope[j];
            let dq = match T {
                ADDITIVE => d_level[j] + dc,
                MULTIPLICATIVE => d_level[j] * carried + state.level * dc,
                _ => d_level[j],
            };
            let (mean, delta) = match S {
                ADDITIVE => (dq + d_season[j], -(dq + d_season[j])),
                MULTIPLICATIVE => (dq * *s + q * d_season[j], -(by_season * d_season[j] + dq)),
                _ => (dq, -dq),
            };
            row[j] = mean;
            match T {
                ADDITIVE => d_slope[j] = dc + beta * delta,
                MULTIPLICATIVE => d_slope[j] = dc + beta * delta - of_level * d_level[j],
                _ => {}
            }
            d_level[j] = dq + alpha * delta;
            match S {
                ADDITIVE => d_season[j] += gamma * delta,
                MULTIPLICATIVE => d_season[j] = (1.0 - gamma) * d_season[j] - by_level * dq,
                _ => {}
            }
        }
        if missing {
            state = State { level: q, slope: carried };
            continue;
        }
        for (d, x) in d_level[columns.coefficient..].iter_mut().zip(x) {
            *d -= x;
        }
        d_level[columns.alpha] += delta;
        if let Some(column) = columns.beta {
            d_slope[column] += if T == MULTIPLICATIVE { delta / state.level } else { delta };
        }
        if let Some(column) = columns.gamma {
            d_season[column] += if S == MULTIPLICATIVE { y / q - *s } else { delta };
        }
        let mean = expected::<S>(q, *s);
        if E == MULTIPLICATIVE {
            let (relative, inverse) = (y / mean, 1.0 / mean);
            let weight = relative * inverse;
            for (d, log) in row.iter_mut().zip(&mut normal.of_log) {
                *log += *d * inverse;
                *d *= weight;
            }
            *last = relative - 1.0;
            logs.push(mean);
        } else {
            *last = y - mean;
        }
        squares += *last * *last;
        seen += 1.0;
        filled += 1;
        if filled == ROWS {
            normal.flush(width);
            filled = 0;
        }
        state = learn::<T, S>(state, step, s, y, &w);
    }
    normal.rows[filled * width..].fill(0.0);
    normal.flush(width);
    if seen > 0.0 {
        normal.of_log.iter_mut().for_each(|d| *d /= seen);
    }
    let mean_log = if E == MULTIPLICATIVE && seen > 0.0 { logs.sum() / seen } else { 0.0 };
    if squares.is_finite() && mean_log.is_finite() {
        Sums { squares, mean_log }
    } else {
        Sums::REFUSED
    }
}

/// The passes of one form, each compiled for it alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passes {
    pub(super) pass: fn(Data<'_>, &Theta, &mut [f64]) -> (Sums, State),
    pub(super) walk: fn(Data<'_>, &Theta, &mut [f64], Visit<'_>),
    pub(super) slopes: fn(Data<'_>, &Theta, &Columns, &mut [f64], &mut Normal) -> Sums,
    /// The mean of the next period, given level, slope and season.
    pub(super) mean: fn(State, f64, f64) -> f64,
    /// The states after a value, or after a period without one.
    pub(super) next: fn(State, &mut f64, Option<f64>, &Weights) -> State,
}

fn mean<const T: u8, const S: u8>(state: State, season: f64, phi: f64) -> f64 {
    expected::<S>(ahead::<T>(state, phi).0, season)
}

fn next<const T: u8, const S: u8>(
    state: State,
    season: &mut f64,
    y: Option<f64>,
    w: &Weights,
) -> State {
    let step = ahead::<T>(state, w.phi);
    match y {
        Some(y) => learn::<T, S>(state, step, season, y, w),
        None => State { level: step.0, slope: step.1 },
    }
}

impl Passes {
    const fn of<const E: u8, const T: u8, const S: u8>() -> Self {
        Self {
            pass: pass::<E, T, S>,
            walk: walk::<T, S>,
            slopes: slopes::<E, T, S>,
            mean: mean::<T, S>,
            next: next::<T, S>,
        }
    }

    pub(super) const fn new(form: Form) -> Self {
        const fn with_error<const T: u8, const S: u8>(form: Form) -> Passes {
            match form.error {
                ErrorKind::Additive => Passes::of::<ADDITIVE, T, S>(),
                ErrorKind::Multiplicative => Passes::of::<MULTIPLICATIVE, T, S>(),
            }
        }
        const fn with_trend<const S: u8>(form: Form) -> Passes {
            match form.trend {
                Trend::None => with_error::<NONE, S>(form),
                Trend::Additive | Trend::AdditiveDamped => with_error::<ADDITIVE, S>(form),
                Trend::Multiplicative | Trend::MultiplicativeDamped => {
                    with_error::<MULTIPLICATIVE, S>(form)
                }
            }
        }
        match form.season {
            Season::None => with_trend::<NONE>(form),
            Season::Additive => with_trend::<ADDITIVE>(form),
            Season::Multiplicative => with_trend::<MULTIPLICATIVE>(form),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums at a parameter moved by `by`.
    fn moved(
        passes: &Passes,
        data: Data<'_>,
        theta: &Theta,
        column: usize,
        by: f64,
        form: Form,
    ) -> Sums {
        let columns = Columns::new(form, theta.season.len(), data.count);
        let mut theta = theta.clone();
        let w = &mut theta.weights;
        if column == columns.alpha {
            w.alpha += by;
        } else if Some(column) == columns.beta {
            w.beta += by;
        } else if Some(column) == columns.gamma {
            w.gamma += by;
        } else if Some(column) == columns.phi {
            w.phi += by;
        } else if column == 0 {
            theta.level += by;
        } else if Some(column) == columns.slope {
            theta.slope += by;
        } else if column >= columns.coefficient {
            theta.coefficients[column - columns.coefficient] += by;
        } else {
            theta.season[column - columns.season] += by;
        }
        let mut season = theta.season.clone();
        (passes.pass)(data, &theta, &mut season).0
    }

    #[test]
    fn derivatives_agree_with_differences_for_all_forms() {
        let mut y: Vec<f64> = (0..41)
            .map(|t| (1.0 + 0.02 * f64::from(t)) * [0.9, 1.2, 0.8, 1.1][t as usize % 4])
            .collect();
        for (t, v) in y.iter_mut().enumerate() {
            *v *= 1.0 + 0.1 * ((t * 37 % 11) as f64 / 5.0 - 1.0);
        }
        y[17] = f64::NAN;
        let regressors: Vec<f64> = (0..41).map(|t| f64::from(t * 5 % 7) / 7.0).collect();
        for form in Form::all() {
            let additive = !form.needs_positive();
            let x: &[f64] = if additive { &regressors } else { &[] };
            let data = Data { y: &y, x, count: usize::from(additive) };
            let factor = form.season == Season::Multiplicative;
            let season = match form.season {
                Season::None => vec![0.0],
                Season::Additive => vec![-0.1, 0.2, -0.2, 0.1],
                Season::Multiplicative => vec![0.9, 1.2, 0.8, 1.1],
            };
            let theta = Theta {
                weights: Weights {
                    alpha: 0.3,
                    beta: if form.has_trend() { 0.1 } else { 0.0 },
                    gamma: if form.is_seasonal() { 0.2 } else { 0.0 },
                    phi: if form.trend.is_damped() { 0.9 } else { 1.0 },
                },
                level: 1.0,
                slope: match form.trend {
                    Trend::None => 0.0,
                    _ if form.trend.is_multiplicative() => 1.03,
                    _ => 0.02,
                },
                season,
                coefficients: vec![0.05; data.count],
            };
            let passes = Passes::new(form);
            let columns = Columns::new(form, theta.season.len(), data.count);
            let mut normal = Normal::default();
            let mut room = theta.season.clone();
            let sums = (passes.slopes)(data, &theta, &columns, &mut room, &mut normal);
            let again = (passes.pass)(data, &theta, &mut room).0;
            assert!((sums.squares / again.squares - 1.0).abs() < 1e-12, "{form} {factor}");
            assert!((sums.mean_log - again.mean_log).abs() < 1e-12, "{form}");
            let width = columns.count + 1;
            for column in 0..columns.count {
                let h = 1e-6;
                let up = moved(&passes, data, &theta, column, h, form);
                let down = moved(&passes, data, &theta, column, -h, form);
                let slope = (up.squares - down.squares) / (2.0 * h);
                let of_log = (up.mean_log - down.mean_log) / (2.0 * h);
                // d Σ e² = −2 Σ j e.
                let got = -2.0 * normal.gram[columns.count * width + column];
                let size = 1.0 + slope.abs();
                assert!((got - slope).abs() < 1e-6 * size, "{form} {column} {got} {slope}");
                assert!((normal.of_log[column] - of_log).abs() < 1e-6, "{form} {column}");
            }
        }
    }
}
