//! One set of effects for many SKUs, each with a level of its own.
//!
//! ```text
//! y_it / a_i = c·x_it + η_it       a_i the mean of |y_i|, η_i an additive form of the family
//! maximize   Σ_i −n_i/2 · ln Σ_t e_it²        over one c, and each SKU's weights and start
//! ```
//!
//! A SKU has seen a handful of promotions; together they have seen thousands. `c` (K numbers)
//! is shared and relative: 0.4 means that a promotion adds 40 % of a SKU's mean sales.
//! Everything else is each SKU's own. The joint likelihood is climbed in turn: given `c`,
//! each SKU is fitted on its own; given the fits, `c` is the generalized least squares
//! estimate over all SKUs, each weighed by its variance, with the start states eliminated:
//!
//! ```text
//! c ← c + (Σ A_i/σ_i²)⁻¹ Σ b_i/σ_i²     A_i = S_cc − S_cs S_ss⁻¹ S_sc,  b_i = S_ce − S_cs S_ss⁻¹ S_se
//! ```
//!
//! `S` are the sums of products of the filtered regressors (c), of the derivatives by the
//! start (s) and of the errors (e). Standard errors come from the same matrix. O(N P²)
//! per round for N values in all, and a handful of rounds.
//!
//! Source: Harvey (1989), "Forecasting, Structural Time Series Models and the Kalman Filter",
//! Cambridge, section 3.4 (regression by filtering both sides); Zellner (1962), JASA 57(298)
//! for the weighing.
//!
//! Limits: effects are the same share of each SKU's mean, and constant; errors of different
//! SKUs are taken as independent.

use super::fit::EtsFit;
use super::form::Form;
use super::recursion::{Data, Theta};
use super::regression::{check_form, effects, problem};
use super::search::{Problem, Room};
use super::settings::{marked, scaled};
use super::start::{Plan, Seeds, best_of};
use crate::Error;
use crate::moments::{finite, mean};
use omni_core::check;
use omni_core::error::DataError;

/// One series of a pool: its values, `None` where missing, and a column per regressor.
#[derive(Debug, Clone, Copy)]
pub struct Driven<'a> {
    /// One value per period, oldest first.
    pub y: &'a [Option<f64>],
    /// The regressors, in the same order for every series, each as long as `y`.
    pub x: &'a [&'a [f64]],
}

/// Settings of effects pooled over series; checked by [`fit`](PooledEffects::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PooledEffects {
    form: Form,
    period: usize,
    rounds: usize,
}

impl PooledEffects {
    /// A level of its own for every series.
    #[must_use]
    pub const fn new() -> Self {
        Self { form: Form::LEVEL, period: 1, rounds: 20 }
    }

    /// Another additive form for every series; `period` is the length of its season.
    #[must_use]
    pub const fn with_form(self, form: Form, period: usize) -> Self {
        Self { form, period, ..self }
    }

    /// At most so many rounds between effects and series; 20 unless given.
    #[must_use]
    pub const fn with_rounds(self, rounds: usize) -> Self {
        Self { rounds, ..self }
    }

    /// Learns from many series at once.
    ///
    /// A series that cannot be used (too short, all zero, a value that is not finite) has its
    /// error in the result and no say in the effects.
    ///
    /// # Errors
    /// [`Error::Param`] if the form is not additive or `rounds` is 0, [`Error::Data`] if there
    /// is no series or regressor, numbers or lengths of columns differ, a regressor is not
    /// finite, or the effects cannot be told apart.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::smoothing::{Driven, PooledEffects};
    ///
    /// // Two SKUs of very different size; a promotion adds half of the mean.
    /// let promotion: Vec<f64> = (0..30).map(|t| f64::from(u8::from(t % 7 == 3))).collect();
    /// let sales = |level: f64| -> Vec<Option<f64>> {
    ///     let noise = |t: usize| (t * 5 % 7) as f64 / 7.0;
    ///     (0..30).map(|t| Some(level * (1.0 + 0.1 * noise(t) + 0.5 * promotion[t]))).collect()
    /// };
    /// let (large, small) = (sales(800.0), sales(3.0));
    /// let x: &[&[f64]] = &[&promotion];
    /// let pool = [Driven { y: &large, x }, Driven { y: &small, x }];
    /// let fit = PooledEffects::new().fit(&pool)?;
    /// assert!((fit.coefficients[0] - 0.5).abs() < 0.1, "{:?}", fit.coefficients);
    /// assert!(fit.forecast(1, 2, &[&[1.0, 0.0]])?[0] > 4.0);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, series: &[Driven<'_>]) -> Result<PooledFit, Error> {
        check_form(self.form, self.period)?;
        check::at_least_one("rounds", self.rounds)?;
        check::min_len("series", series, 1)?;
        let count = series.first().map_or(0, |s| s.x.len());
        if count == 0 {
            return Err(DataError::TooShort { name: "x", needed: 1, got: 0 }.into());
        }
        for one in series {
            check::same_len("x", one.x, count)?;
            for column in one.x {
                check::same_len("x", column, one.y.len())?;
                check::all_finite("x", column)?;
            }
        }
        let mut room = Room::default();
        let mut members: Vec<Result<Member, Error>> =
            series.iter().map(|one| self.member(one, count)).collect();
        let mut effects = vec![0.0; count];
        let mut normal = Sums::new(count);
        let (mut rounds, mut converged) = (0, false);
        while rounds < self.rounds && !converged {
            rounds += 1;
            normal.clear();
            for member in &mut members {
                let Ok(good) = member else { continue };
                match self.settle(good, &effects, &mut room) {
                    Ok(()) => normal.add(&self.problem(good, count), good, &mut room),
                    Err(error) => *member = Err(error),
                }
            }
            let step = normal.solve(&normal.right)?;
            let largest = effects.iter().zip(&step).map(|(c, d)| d.abs() / (1.0 + c.abs()));
            converged = largest.fold(0.0, f64::max) < 1e-7;
            effects.iter_mut().zip(&step).for_each(|(c, d)| *c += d);
            check::all_finite("effects", &effects)?;
        }
        let mut standard_errors = Vec::with_capacity(count);
        for k in 0..count {
            let mut unit = vec![0.0; count];
            unit[k] = 1.0;
            standard_errors.push(normal.solve(&unit)?[k].max(0.0).sqrt());
        }
        let mut scales = Vec::with_capacity(members.len());
        let mut fits = Vec::with_capacity(members.len());
        for member in members {
            scales.push(member.as_ref().map_or(0.0, |m| m.scale));
            fits.push(member.and_then(|mut m| {
                self.settle(&mut m, &effects, &mut room)?;
                let problem = self.problem(&m, count);
                let found = m.found.as_ref().ok_or(Error::NoDemand)?;
                let parameters = self.form.parameters(self.period);
                EtsFit::new(found, &problem, m.scale * m.unit, parameters, false, false)
            }));
        }
        Ok(PooledFit { coefficients: effects, standard_errors, scales, fits, rounds, converged })
    }

    /// A series in units of its mean, then of a power of two near its largest value.
    fn member(&self, one: &Driven<'_>, count: usize) -> Result<Member, Error> {
        let mut y = marked(one.y)?;
        let seen = y.iter().filter(|v| !v.is_nan());
        let observed = seen.clone().count();
        let needed = self.form.parameters(self.period).saturating_add(1);
        if observed < needed {
            return Err(DataError::TooShort { name: "y", needed, got: observed }.into());
        }
        let scale = mean("y", seen.map(|v| v.abs()))?.unwrap_or(0.0);
        if scale == 0.0 {
            return Err(Error::NoDemand);
        }
        for v in &mut y {
            *v /= scale;
        }
        let unit = scaled(&mut y);
        let mut x = vec![0.0; y.len() * count];
        for (k, column) in one.x.iter().enumerate() {
            for (t, value) in column.iter().enumerate() {
                x[t * count + k] = *value;
            }
        }
        Ok(Member { y, x, observed, scale, unit, found: None })
    }

    fn problem<'a>(&self, member: &'a Member, count: usize) -> Problem<'a> {
        let data = Data { y: &member.y, x: &member.x, count };
        problem(data, self.form, self.period, member.observed, true)
    }

    /// Fits a series given the effects.
    fn settle(&self, member: &mut Member, effects: &[f64], room: &mut Room) -> Result<(), Error> {
        let set = |theta: &mut Theta| {
            theta.coefficients.clear();
            theta.coefficients.extend(effects.iter().map(|c| c / member.unit));
        };
        let problem = self.problem(member, effects.len());
        let found = if let Some(found) = &member.found {
            let mut theta = found.theta.clone();
            set(&mut theta);
            problem.refine(theta, true, Plan::FINE, room)
        } else {
            let mut seeds = Seeds::new(&member.y, self.period);
            best_of(&problem, &mut seeds, &set, &[], Plan::ONE, room)
        };
        member.found = Some(found.ok_or(DataError::Overflow { name: "y" })?);
        Ok(())
    }
}

impl Default for PooledEffects {
    fn default() -> Self {
        Self::new()
    }
}

/// One series on its way.
#[derive(Debug)]
struct Member {
    y: Vec<f64>,
    x: Vec<f64>,
    observed: usize,
    scale: f64,
    unit: f64,
    found: Option<super::search::Found>,
}

/// The normal equations of the shared effects.
struct Sums {
    count: usize,
    matrix: Vec<f64>,
    right: Vec<f64>,
}

impl Sums {
    fn new(count: usize) -> Self {
        Self { count, matrix: vec![0.0; count * count], right: vec![0.0; count] }
    }

    fn clear(&mut self) {
        self.matrix.fill(0.0);
        self.right.fill(0.0);
    }

    /// Adds a series, its start states eliminated.
    fn add(&mut self, problem: &Problem<'_>, member: &Member, room: &mut Room) {
        let Some(found) = &member.found else { return };
        let columns = problem.columns();
        let sums = problem.linearize(&found.theta, room);
        let degrees = (member.observed as f64 - columns.alpha as f64).max(1.0);
        let variance = sums.squares / degrees;
        if !(1e-24..f64::MAX).contains(&variance) {
            // A series without errors would outweigh all others.
            return;
        }
        // Start states, coefficients, error: the weights in between are left out.
        let width = columns.count + 1;
        let kept: Vec<usize> = (0..columns.alpha).chain([columns.count]).collect();
        let size = kept.len();
        let gram = &room.normal.gram;
        let mut s: Vec<f64> = Vec::with_capacity(size * size);
        for &i in &kept {
            s.extend(kept.iter().map(|&j| gram[i.max(j) * width + i.min(j)]));
        }
        for pivot in 0..columns.coefficient {
            let diagonal = s[pivot * size + pivot];
            let smallest = 1e-12 * gram[pivot * width + pivot];
            if diagonal <= smallest {
                continue;
            }
            for i in pivot + 1..size {
                let share = s[i * size + pivot] / diagonal;
                for j in pivot + 1..size {
                    s[i * size + j] -= share * s[pivot * size + j];
                }
            }
        }
        // The series is measured in its unit: so are the effects in its equations.
        let first = columns.coefficient;
        for k in 0..self.count {
            for j in 0..self.count {
                let entry = s[(first + k) * size + first + j];
                self.matrix[k * self.count + j] += entry / (variance * member.unit * member.unit);
            }
            let entry = s[(first + k) * size + size - 1];
            self.right[k] += entry / (variance * member.unit);
        }
    }

    /// Solves by Gauss with pivots.
    #[allow(clippy::needless_range_loop, reason = "rows and columns by their numbers")]
    fn solve(&self, right: &[f64]) -> Result<Vec<f64>, Error> {
        let n = self.count;
        let mut a = self.matrix.clone();
        let mut b = right.to_vec();
        for c in 0..n {
            let size = |r: &usize| a[r * n + c].abs();
            let pivot = (c..n).max_by(|x, y| size(x).total_cmp(&size(y))).unwrap_or(c);
            for j in 0..n {
                a.swap(c * n + j, pivot * n + j);
            }
            b.swap(c, pivot);
            let diagonal = a[c * n + c];
            let smallest = 1e-12 * self.matrix[c * n + c].abs();
            if diagonal == 0.0 || diagonal.abs() <= smallest {
                let rule = "told apart from the others by the series";
                return Err(DataError::entry("x", c, rule, diagonal).into());
            }
            for r in c + 1..n {
                let share = a[r * n + c] / diagonal;
                for j in c..n {
                    a[r * n + j] -= share * a[c * n + j];
                }
                b[r] -= share * b[c];
            }
        }
        for c in (0..n).rev() {
            let known: f64 = (c + 1..n).map(|j| a[c * n + j] * b[j]).sum();
            b[c] = (b[c] - known) / a[c * n + c];
        }
        Ok(b)
    }
}

/// What [`PooledEffects::fit`] learned.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PooledFit {
    /// What a unit of each regressor adds, as a share of a series's mean.
    pub coefficients: Vec<f64>,
    /// Standard errors of the coefficients.
    pub standard_errors: Vec<f64>,
    /// The mean of the absolute values of each series; 0 where it could not be used.
    pub scales: Vec<f64>,
    /// The fit of what the regressors leave of each series, or why there is none.
    pub fits: Vec<Result<EtsFit, Error>>,
    /// Rounds between effects and series.
    pub rounds: usize,
    /// Whether the effects no longer moved.
    pub converged: bool,
}

impl PooledFit {
    /// Forecast means of the next `horizon` periods of a series, given its regressors there.
    ///
    /// # Errors
    /// The series's own error, [`Error::Data`] if there is no such series, or as
    /// [`RegressionFit::forecast`](super::RegressionFit::forecast).
    pub fn forecast(&self, series: usize, horizon: usize, x: &[&[f64]]) -> Result<Vec<f64>, Error> {
        let (Some(fit), Some(scale)) = (self.fits.get(series), self.scales.get(series)) else {
            let got = self.fits.len();
            return Err(DataError::TooShort { name: "series", needed: series + 1, got }.into());
        };
        let means = fit.clone()?.forecast(horizon)?;
        let effects = effects(&self.coefficients, horizon, x)?;
        means.iter().zip(effects).map(|(mean, e)| finite("mean", mean + scale * e)).collect()
    }
}
