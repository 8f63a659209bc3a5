//! When a search ends: how precise its answer has to be, and how many steps it may take.

use crate::check;
use crate::error::ParamError;

/// When a search ends; checked where it starts.
///
/// There is one for each method, to be used as it is or with another tolerance or limit.
///
/// # Examples
/// ```
/// use omni_core::numeric::Limits;
///
/// let rough = Limits::BRENT.with_tolerance(1e-3);
/// assert_eq!(rough, Limits::new(1e-3, 200));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Limits {
    tolerance: f64,
    max_iterations: usize,
}

impl Limits {
    /// For [`bracketed`](super::root::bracketed): full precision, 4 ε, and the 256 steps that
    /// are always enough.
    pub const ROOT: Self = Self::new(4.0 * f64::EPSILON, 256);
    /// For [`brent`](super::minimize::brent): `√ε`, as well as a smooth minimum is determined.
    pub const BRENT: Self = Self::new(1.5e-8, 200);
    /// For [`quasi_newton`](super::minimize::quasi_newton): eight digits.
    pub const QUASI_NEWTON: Self = Self::new(1e-8, 1_000);
    /// For [`nelder_mead`](super::minimize::nelder_mead): eight digits; its steps are many.
    pub const NELDER_MEAD: Self = Self::new(1e-8, 20_000);

    /// A tolerance in `(0, 1)`, relative to the size of each variable as the method says, and
    /// the number of steps, at least 1, after which the best point so far is returned. A
    /// tolerance below ε counts as ε: no search tells apart what rounding does not.
    #[must_use]
    pub const fn new(tolerance: f64, max_iterations: usize) -> Self {
        Self { tolerance, max_iterations }
    }

    /// With another tolerance.
    #[must_use]
    pub const fn with_tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }

    /// With another number of steps.
    #[must_use]
    pub const fn with_max_iterations(self, max_iterations: usize) -> Self {
        Self { max_iterations, ..self }
    }

    /// The tolerance, at least the rounding of a number, and the number of steps.
    pub(super) fn checked(self) -> Result<(f64, usize), ParamError> {
        Ok((
            check::probability("tolerance", self.tolerance)?.max(f64::EPSILON),
            check::at_least_one("max_iterations", self.max_iterations)?,
        ))
    }
}
