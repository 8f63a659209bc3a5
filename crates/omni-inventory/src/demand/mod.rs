//! Demand as a probability distribution, with the losses that stock decisions are made of.
//!
//! ```text
//! F(x)  = P(X ≤ x)                distribution function     1 − F(x): its upper tail
//! n(x)  = E(X − x)⁺               loss: units short when x are in stock
//! n̄(x)  = E(x − X)⁺               complementary loss: units left over
//! n₂(x) = E[((X − x)⁺)²]/2        second loss; in whole units E[(X − x)⁺(X − x − 1)⁺]/2
//! ```
//!
//! Tails and losses are computed without subtracting large numbers, so they hold a
//! relative 1e-12 however small they are: a loss of 1e-90 has its twelve digits.
//!
//! | demand | use it for | a loss costs |
//! |---|---|---|
//! | [`Normal`] | fast movers, sums over many days | O(1) |
//! | [`Gamma`] | spread above half the mean | O(1) above shape 10⁴, O(√shape) below |
//! | [`Poisson`] | slow movers, single pieces | O(1) above mean 10⁴, O(√mean) below |
//! | [`NegativeBinomial`] | slow movers in irregular numbers | O(standard deviation + dispersion) |
//! | [`Empirical`] | what was observed, or a list of probabilities | O(log n) |

mod empirical;
mod gamma;
mod incomplete;
mod negative_binomial;
mod normal;
mod poisson;
mod whole;

pub use empirical::Empirical;
pub use gamma::Gamma;
pub use negative_binomial::NegativeBinomial;
pub use normal::Normal;
pub use poisson::Poisson;

pub(crate) use whole::smallest;

use crate::Error;
use crate::error::finite;
use omni_core::check;
use omni_core::error::ParamError;

/// A probability and its complement, each with all its digits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Level {
    pub(crate) below: f64,
    pub(crate) above: f64,
}

impl Level {
    pub(crate) fn new(name: &'static str, below: f64) -> Result<Self, Error> {
        check::probability(name, below)?;
        Ok(Self { below, above: 1.0 - below })
    }
}

/// The demand of a period, of a season or of a lead time, in units of stock.
///
/// # Examples
/// ```
/// use omni_inventory::Distribution;
///
/// let demand = Distribution::normal(50.0, 8.0)?;
/// assert_eq!(demand.sf(50.0)?, 0.5);
/// assert_eq!(format!("{:.2}", demand.quantile(0.95)?), "63.16");
/// // 58 in stock: how many customers go without, how many units stay?
/// assert_eq!(format!("{:.2}", demand.loss(58.0)?), "0.67");
/// assert_eq!(format!("{:.2}", demand.complementary_loss(58.0)?), "8.67");
/// # Ok::<(), omni_inventory::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Distribution {
    /// Normal demand.
    Normal(Normal),
    /// Gamma demand.
    Gamma(Gamma),
    /// Poisson demand.
    Poisson(Poisson),
    /// Negative binomial demand.
    NegativeBinomial(NegativeBinomial),
    /// Observed demand.
    Empirical(Empirical),
}

macro_rules! of {
    ($distribution:expr, $demand:ident => $value:expr) => {
        match $distribution {
            Distribution::Normal($demand) => $value,
            Distribution::Gamma($demand) => $value,
            Distribution::Poisson($demand) => $value,
            Distribution::NegativeBinomial($demand) => $value,
            Distribution::Empirical($demand) => $value,
        }
    };
}

impl Distribution {
    /// Normal demand of this mean and standard deviation.
    ///
    /// # Errors
    /// As [`Normal::new`].
    pub fn normal(mean: f64, sd: f64) -> Result<Self, Error> {
        Normal::new(mean, sd).map(Self::Normal)
    }

    /// Gamma demand of this mean and standard deviation.
    ///
    /// # Errors
    /// As [`Gamma::from_mean_sd`].
    pub fn gamma(mean: f64, sd: f64) -> Result<Self, Error> {
        Gamma::from_mean_sd(mean, sd).map(Self::Gamma)
    }

    /// Poisson demand of this mean.
    ///
    /// # Errors
    /// As [`Poisson::new`].
    pub fn poisson(mean: f64) -> Result<Self, Error> {
        Poisson::new(mean).map(Self::Poisson)
    }

    /// Negative binomial demand of this mean and ratio of variance to mean.
    ///
    /// # Errors
    /// As [`NegativeBinomial::new`].
    pub fn negative_binomial(mean: f64, dispersion: f64) -> Result<Self, Error> {
        NegativeBinomial::new(mean, dispersion).map(Self::NegativeBinomial)
    }

    /// Demand that takes each of the observed values with equal probability.
    ///
    /// # Errors
    /// As [`Empirical::new`].
    pub fn empirical(values: &[f64]) -> Result<Self, Error> {
        Empirical::new(values).map(Self::Empirical)
    }

    /// The mean, in units of stock.
    #[must_use]
    pub fn mean(&self) -> f64 {
        of!(self, demand => demand.mean())
    }

    /// The standard deviation, in units of stock.
    #[must_use]
    pub fn sd(&self) -> f64 {
        of!(self, demand => demand.sd())
    }

    /// Whether demand comes in whole units only, so that stock levels are whole too.
    #[must_use]
    pub const fn in_whole_units(&self) -> bool {
        matches!(self, Self::Poisson(_) | Self::NegativeBinomial(_))
    }

    /// `P(X <= x)`: the probability that `x` units are enough.
    ///
    /// # Errors
    /// [`Error::Param`] unless `x` is finite.
    ///
    /// # Examples
    /// ```
    /// use omni_inventory::Distribution;
    ///
    /// let demand = Distribution::empirical(&[2.0, 3.0, 3.0, 8.0])?;
    /// assert_eq!(demand.cdf(3.0)?, 0.75);
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn cdf(&self, x: f64) -> Result<f64, Error> {
        check::finite("x", x)?;
        probability("cdf", of!(self, demand => demand.cdf(x)))
    }

    /// `P(X > x)`: the probability that `x` units are not enough, with all its digits
    /// where `1 - cdf` has none left.
    ///
    /// # Errors
    /// [`Error::Param`] unless `x` is finite.
    ///
    /// # Examples
    /// ```
    /// use omni_inventory::Distribution;
    ///
    /// let demand = Distribution::normal(0.0, 1.0)?;
    /// assert_eq!(1.0 - demand.cdf(10.0)?, 0.0);
    /// assert_eq!(format!("{:.4e}", demand.sf(10.0)?), "7.6199e-24");
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn sf(&self, x: f64) -> Result<f64, Error> {
        check::finite("x", x)?;
        probability("sf", of!(self, demand => demand.sf(x)))
    }

    /// The smallest stock that is enough with probability `probability`. In whole units
    /// and in observed values, a probability that misses by rounding counts as reached.
    ///
    /// # Errors
    /// [`Error::Param`] unless `probability` is in `(0, 1)`, [`Error::Unrepresentable`] if
    /// the quantile does not fit an `f64`.
    ///
    /// # Examples
    /// ```
    /// use omni_inventory::Distribution;
    ///
    /// assert_eq!(Distribution::poisson(4.0)?.quantile(0.95)?, 8.0);
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn quantile(&self, probability: f64) -> Result<f64, Error> {
        self.quantile_at(Level::new("probability", probability)?)
    }

    pub(crate) fn quantile_at(&self, level: Level) -> Result<f64, Error> {
        finite("quantile", of!(self, demand => demand.quantile(level)))
    }

    /// `E(X - x)⁺`: the expected number of units short when `x` are in stock.
    ///
    /// # Errors
    /// [`Error::Param`] unless `x` is finite, [`Error::Unrepresentable`] if the loss does
    /// not fit an `f64`.
    ///
    /// # Examples
    /// ```
    /// use omni_inventory::Distribution;
    ///
    /// let demand = Distribution::empirical(&[2.0, 3.0, 3.0, 8.0])?;
    /// assert_eq!(demand.loss(3.0)?, 1.25); // 5 short in one case of four
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    #[doc(alias(
        "normal_loss",
        "poisson_loss",
        "gamma_loss",
        "negative_binomial_loss",
        "loss_function"
    ))]
    pub fn loss(&self, x: f64) -> Result<f64, Error> {
        check::finite("x", x)?;
        units("loss", of!(self, demand => demand.loss(x)))
    }

    /// `E(x - X)⁺`: the expected number of units left over when `x` are in stock.
    ///
    /// # Errors
    /// As [`loss`](Self::loss).
    ///
    /// # Examples
    /// ```
    /// use omni_inventory::Distribution;
    ///
    /// let demand = Distribution::empirical(&[2.0, 3.0, 3.0, 8.0])?;
    /// assert_eq!(demand.complementary_loss(4.0)?, 1.0);
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    pub fn complementary_loss(&self, x: f64) -> Result<f64, Error> {
        check::finite("x", x)?;
        units("complementary loss", of!(self, demand => demand.complementary_loss(x)))
    }

    /// The second loss: `E[((X - x)⁺)²]/2`, or `E[(X - x)⁺(X - x - 1)⁺]/2` for demand in
    /// whole units. Backorders over time are made of it.
    ///
    /// # Errors
    /// As [`loss`](Self::loss); [`Error::Param`] if demand comes in whole units and `x` is
    /// not whole.
    ///
    /// # Examples
    /// ```
    /// use omni_inventory::Distribution;
    ///
    /// let demand = Distribution::empirical(&[2.0, 3.0, 3.0, 8.0])?;
    /// assert_eq!(demand.second_loss(3.0)?, 3.125); // 5²/2 in one case of four
    /// # Ok::<(), omni_inventory::Error>(())
    /// ```
    #[doc(alias("normal_second_loss", "poisson_second_loss"))]
    pub fn second_loss(&self, x: f64) -> Result<f64, Error> {
        check::finite("x", x)?;
        if self.in_whole_units() && x.fract() != 0.0 {
            return Err(ParamError::new("x", "whole", x).into());
        }
        units("second loss", of!(self, demand => demand.second_loss(x)))
    }
}

/// A probability, without what rounding put outside `[0, 1]`.
fn probability(name: &'static str, value: f64) -> Result<f64, Error> {
    finite(name, value).map(|p| p.clamp(0.0, 1.0))
}

/// A loss, without what rounding put below zero.
fn units(name: &'static str, value: f64) -> Result<f64, Error> {
    finite(name, value).map(|units| units.max(0.0))
}

macro_rules! from {
    ($($demand:ident),*) => {$(
        impl From<$demand> for Distribution {
            fn from(demand: $demand) -> Self {
                Self::$demand(demand)
            }
        }
    )*};
}
from!(Normal, Gamma, Poisson, NegativeBinomial, Empirical);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_checked() {
        let demand = Distribution::poisson(3.0).unwrap();
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = Error::from(ParamError::new("x", "finite", bad));
            assert_eq!(demand.cdf(bad), Err(error.clone()));
            assert_eq!(demand.loss(bad), Err(error.clone()));
            assert_eq!(demand.second_loss(bad), Err(error));
        }
        for bad in [0.0, 1.0, f64::NAN] {
            let error = Error::from(ParamError::new("probability", "in (0, 1)", bad));
            assert_eq!(demand.quantile(bad), Err(error));
        }
        assert_eq!(demand.second_loss(1.5), Err(ParamError::new("x", "whole", 1.5).into()));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let wide = Distribution::normal(1e308, 1e308).unwrap();
        assert_eq!(wide.loss(-1e308), Err(Error::Unrepresentable { name: "loss" }));
        assert_eq!(wide.second_loss(0.0), Err(Error::Unrepresentable { name: "second loss" }));
        assert_eq!(wide.quantile(0.999), Err(Error::Unrepresentable { name: "quantile" }));
    }
}
