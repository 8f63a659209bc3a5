//! Minima of functions without derivatives, or with them.
//!
//! | Variables | Method |
//! |---|---|
//! | one, in an interval | [`brent`] |
//! | several, smooth, each within bounds | [`quasi_newton`] |
//! | several, with kinks, jumps or forbidden regions | [`nelder_mead`] |
//!
//! Each returns a [`Minimum`]: a search that runs out of iterations is not an error, its
//! report says `converged: false` and holds the best point met. All are local: on a
//! function with several minima the answer depends on the start.
//!
//! A value of the objective that is infinite or NaN counts as worse than any number, so
//! an objective may refuse a region by returning `f64::INFINITY` there.

mod bounds;
mod model;
mod nelder_mead;
mod one;
mod quasi_newton;

pub use nelder_mead::nelder_mead;
pub use one::brent;
pub use quasi_newton::{quasi_newton, quasi_newton_with_gradient};

use super::Error;
use crate::check;
use crate::error::ParamError;

/// The best point a search met; `X` is `f64` for one variable.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Minimum<X = Vec<f64>> {
    /// Where.
    pub x: X,
    /// The objective there, always finite.
    pub value: f64,
    /// The steps taken.
    pub iterations: usize,
    /// How often the objective was called.
    pub evaluations: usize,
    /// Whether the search ended because it could not do better.
    pub converged: bool,
    /// Why the search ended.
    pub reason: Reason,
}

impl<X> Minimum<X> {
    const fn new(x: X, value: f64, iterations: usize, evaluations: usize, reason: Reason) -> Self {
        let converged = !matches!(reason, Reason::NoDescent | Reason::Limit);
        Self { x, value, iterations, evaluations, converged, reason }
    }
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Reason {
    /// What is left to search is smaller than the tolerance.
    SmallStep,
    /// What a further step promises is less than the rounding of the value.
    SmallChange,
    /// No variable that may move has a slope, or none that rounding lets a step follow.
    SmallGradient,
    /// The gradient promises a descent that no step finds, as at a kink or where the
    /// objective is noisy: not converged.
    NoDescent,
    /// The iterations allowed were used up: not converged.
    Limit,
}

/// The objective, counting its calls; what is not finite becomes infinite.
struct Objective<F> {
    f: F,
    evaluations: usize,
}

impl<F> Objective<F> {
    const fn new(f: F) -> Self {
        Self { f, evaluations: 0 }
    }

    fn value<X>(&mut self, x: X) -> f64
    where
        F: FnMut(X) -> f64,
    {
        self.evaluations += 1;
        let value = (self.f)(x);
        if value.is_finite() { value } else { f64::INFINITY }
    }

    /// The value at a point of several variables; infinite where a coordinate is.
    fn at(&mut self, x: &[f64]) -> f64
    where
        F: FnMut(&[f64]) -> f64,
    {
        if x.iter().all(|v| v.is_finite()) { self.value(x) } else { f64::INFINITY }
    }

    /// The value at a start of several variables.
    fn at_start(&mut self, start: &[f64]) -> Result<f64, Error>
    where
        F: FnMut(&[f64]) -> f64,
    {
        check::min_len("start", start, 1)?;
        check::all_finite("start", start)?;
        if start.len() > MAX_VARIABLES {
            return Err(ParamError::new("start.len()", "at most 1000", start.len()).into());
        }
        self.evaluations += 1;
        Ok(check::finite("f(start)", (self.f)(start))?)
    }
}

/// The methods for several variables keep a square matrix of them.
const MAX_VARIABLES: usize = 1000;
