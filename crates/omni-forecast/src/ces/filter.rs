//! The recursions of the four forms, for several parameters at once.

/// Parameters: α₀, α₁, β₀, β₁; those a form does not have are ignored.
pub(super) type Params = [f64; 4];

/// Which states have a season.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Season {
    /// No season.
    None,
    /// Level and potential of their own for each phase.
    Simple,
    /// An index per phase that is smoothed.
    Partial,
    /// An index and its potential per phase.
    Full,
}

/// What runs beside one another: the errors, and how they answer to the first level and
/// potential.
const RUNS: usize = 3;

/// A series and where its states start.
#[derive(Debug, Clone)]
pub(super) struct Data {
    /// NaN where missing.
    pub(super) values: Vec<f64>,
    /// The level to correct.
    pub(super) level: f64,
    /// One index per phase, summing to 0; empty without a season.
    pub(super) seasonal: Vec<f64>,
}

/// Sums of products of the errors `u` and the two answers `v`, `w`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    uu: f64,
    uv: f64,
    uw: f64,
    vv: f64,
    vw: f64,
    ww: f64,
}

impl Sums {
    /// The corrections of level and potential of least squared errors, and these.
    pub(super) fn solve(&self) -> ([f64; 2], f64) {
        // Level alone first: the potential only where it has a say of its own.
        let determinant = self.vv * self.ww - self.vw * self.vw;
        let correction = if determinant > 1e-8 * self.vv * self.ww {
            [
                (self.uv * self.ww - self.uw * self.vw) / determinant,
                (self.uw * self.vv - self.uv * self.vw) / determinant,
            ]
        } else if self.vv > 0.0 {
            [self.uv / self.vv, 0.0]
        } else {
            [0.0, 0.0]
        };
        let [v, w] = correction;
        let squares = self.uu - 2.0 * (v * self.uv + w * self.uw)
            + v * v * self.vv
            + 2.0 * v * w * self.vw
            + w * w * self.ww;
        (correction, squares.max(0.0))
    }
}

type Lanes<const N: usize> = [[f64; N]; RUNS];

/// Room for the seasonal states, used again by every call.
#[derive(Debug, Clone)]
pub(super) struct Room<const N: usize> {
    seasonal: Vec<[Lanes<N>; 2]>,
}

impl<const N: usize> Room<N> {
    pub(super) fn new(data: &Data) -> Self {
        Self { seasonal: vec![[[[0.0; N]; RUNS]; 2]; data.seasonal.len()] }
    }
}

/// Coefficients of one complex pair for several parameters.
struct Pair<const N: usize> {
    /// `1 − α₁`, `1 − α₀`, `α₀ − α₁`, `α₀ + α₁`.
    drag: [f64; N],
    keep: [f64; N],
    gain: [f64; N],
    push: [f64; N],
}

impl<const N: usize> Pair<N> {
    fn new(real: [f64; N], imaginary: [f64; N]) -> Self {
        let mut pair = Self { drag: [0.0; N], keep: [0.0; N], gain: [0.0; N], push: [0.0; N] };
        for k in 0..N {
            pair.drag[k] = 1.0 - imaginary[k];
            pair.keep[k] = 1.0 - real[k];
            pair.gain[k] = real[k] - imaginary[k];
            pair.push[k] = real[k] + imaginary[k];
        }
        pair
    }

    #[inline]
    fn step(&self, [level, potential]: &mut [Lanes<N>; 2], error: &Lanes<N>) {
        for run in 0..RUNS {
            for k in 0..N {
                let (l, c, e) = (level[run][k], potential[run][k], error[run][k]);
                level[run][k] = l - self.drag[k] * c + self.gain[k] * e;
                potential[run][k] = l + self.keep[k] * c + self.push[k] * e;
            }
        }
    }
}

/// The sums for several parameters in one pass.
pub(super) fn sums<const N: usize>(
    season: Season,
    data: &Data,
    params: [Params; N],
    room: &mut Room<N>,
) -> [Sums; N] {
    let column = |i: usize| params.map(|p| p.get(i).copied().unwrap_or_default());
    let pair = Pair::new(column(0), column(1));
    let beta = Pair::new(column(2), column(3));
    let steady = column(0);
    // The potential of a level that stays: ℓ / α₀.
    let mut main = [[[0.0; N]; RUNS]; 2];
    for k in 0..N {
        main[0][0][k] = data.level;
        main[0][1][k] = 1.0;
        main[1][0][k] = data.level / steady[k];
        main[1][1][k] = 1.0 / steady[k];
        main[1][2][k] = 1.0;
    }
    for (state, index) in room.seasonal.iter_mut().zip(&data.seasonal) {
        *state = [[[0.0; N]; RUNS]; 2];
        if season == Season::Simple {
            *state = main;
        }
        for k in 0..N {
            state[0][0][k] += index;
            let of = if season == Season::Simple { steady[k] } else { column(2)[k] };
            state[1][0][k] += index / of;
        }
    }
    let mut totals = [[0.0; N]; 6];
    let mut phase = 0;
    let phases = room.seasonal.len();
    for &value in &data.values {
        let seen = !value.is_nan();
        let mut error: Lanes<N> = [[0.0; N]; RUNS];
        let lagged = room.seasonal.get(phase);
        if seen {
            let of_main = season != Season::Simple;
            for run in 0..RUNS {
                let value = if run == 0 { value } else { 0.0 };
                for k in 0..N {
                    let mut mean = if of_main { main[0][run][k] } else { 0.0 };
                    if let Some(lagged) = lagged {
                        mean += lagged[0][run][k];
                    }
                    error[run][k] = value - mean;
                }
            }
            for k in 0..N {
                // The answers enter with the opposite sign: a higher start, a lower error.
                let (u, v, w) = (error[0][k], -error[1][k], -error[2][k]);
                totals[0][k] += u * u;
                totals[1][k] += u * v;
                totals[2][k] += u * w;
                totals[3][k] += v * v;
                totals[4][k] += v * w;
                totals[5][k] += w * w;
            }
        }
        if season != Season::Simple {
            pair.step(&mut main, &error);
        }
        if let Some(state) = room.seasonal.get_mut(phase) {
            match season {
                Season::None => {}
                Season::Simple => pair.step(state, &error),
                Season::Partial => {
                    for run in 0..RUNS {
                        for k in 0..N {
                            state[0][run][k] += params[k][2] * error[run][k];
                        }
                    }
                }
                Season::Full => beta.step(state, &error),
            }
            phase += 1;
            if phase == phases {
                phase = 0;
            }
        }
    }
    let [uu, uv, uw, vv, vw, ww] = totals;
    let mut sums = [Sums::default(); N];
    for (k, sums) in sums.iter_mut().enumerate() {
        *sums = Sums { uu: uu[k], uv: uv[k], uw: uw[k], vv: vv[k], vw: vw[k], ww: ww[k] };
    }
    sums
}
