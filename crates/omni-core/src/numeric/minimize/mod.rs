//! Minima of functions without derivatives, or with them.
//!
//! | Variables | Method |
//! |---|---|
//! | one, in an interval | [`brent`] |
//!
//! Each returns a [`Minimum`]: a search that runs out of iterations is not an error, its
//! report says `converged: false` and holds the best point met. All are local: on a
//! function with several minima the answer depends on the start.
//!
//! A value of the objective that is infinite or NaN counts as worse than any number, so
//! an objective may refuse a region by returning `f64::INFINITY` there.

mod one;

pub use one::{BrentSettings, brent};

/// The best point a search met; `X` is `f64` for one variable.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Reason {
    /// What is left to search is smaller than the tolerance.
    SmallStep,
    /// The iterations or evaluations allowed were used up: not converged.
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
}
