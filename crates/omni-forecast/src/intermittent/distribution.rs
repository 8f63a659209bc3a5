//! Distributions of demand in whole units: negative binomial, hurdle, empirical, and mixtures.
//!
//! ```text
//! negbin(m, φ)       mean m, variance φ m, φ ≥ 1; Poisson where φ = 1
//! hurdle(p, S)       0 with probability 1 − p, else a size with the distribution S
//! empirical(y, δ)    y_t with probability ∝ (1 − δ)^(n−t)
//! mixture            F(x) = Σ w_i F_i(x)
//! ```
//!
//! `m` is in units, `φ` too, `p` and `δ` in `[0, 1]`. All are finite mixtures of two kinds of
//! parts, point masses and (shifted) negative binomials, so moments are closed formulas
//! and a mixture of mixtures is one again. Values are whole and never negative by
//! construction; a quantile is the least whole number whose probability with all below it
//! reaches the level.
//!
//! O(range) time for quantiles, at most 4,096 points for each part: where demand
//! spreads over more whole numbers than that, they are laid out in steps of a power of two.
//!
//! Sources: Johnson, Kemp & Kotz (2005), "Univariate Discrete Distributions", Wiley, chapter 5;
//! Mullahy (1986), "Specification and testing of some modified count data models", Journal of
//! Econometrics 33(3), 341–365; Snyder, Ord & Beaumont (2012), "Forecasting the intermittent
//! demand for slow-moving inventories", IJF 28(2), 485–496.

use super::lattice::Lattice;
use crate::Error;
use omni_core::error::ParamError;
use omni_core::numeric::{Limits, minimize::brent};
use omni_core::{DataError, check, rng};
use statrs::function::gamma::ln_gamma;

/// The largest number of units in one period, and the largest mean: a hundred million.
pub(super) const MOST: f64 = 1e8;

/// A distribution of demand in whole units.
///
/// # Examples
/// Half of the days nothing is sold; else mostly packs of six.
/// ```
/// use omni_forecast::intermittent::CountDistribution;
///
/// let sizes = CountDistribution::empirical(&[6.0, 6.0, 12.0, 6.0], 0.0)?;
/// let demand = CountDistribution::hurdle(0.5, &sizes)?;
/// assert_eq!(demand.mean(), 3.75);
/// assert_eq!(demand.quantiles(&[0.5, 0.75, 0.95])?, [0.0, 6.0, 12.0]);
/// assert_eq!(demand.probability(6.0), 0.375);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CountDistribution {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub(super) weight: f64,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Mass {
        at: f64,
    },
    /// A dispersion below 1 stands for a rounded normal distribution.
    Negbin {
        shift: f64,
        mean: f64,
        dispersion: f64,
    },
}

impl Part {
    /// Where all but `e^-left_out` of the mass lies.
    pub(super) fn range(&self, left_out: f64) -> (f64, f64) {
        match self.kind {
            Kind::Mass { at } => (at, at),
            Kind::Negbin { shift, mean, dispersion } => {
                let spread = (2.0 * dispersion * mean * left_out).sqrt();
                let low = (mean - spread).max(0.0).floor();
                (shift + low, (shift + mean + spread + dispersion * left_out).ceil())
            }
        }
    }

    const fn mean(&self) -> f64 {
        match self.kind {
            Kind::Mass { at } => at,
            Kind::Negbin { shift, mean, .. } => shift + mean,
        }
    }

    const fn variance(&self) -> f64 {
        match self.kind {
            Kind::Mass { .. } => 0.0,
            Kind::Negbin { mean, dispersion, .. } => mean * dispersion,
        }
    }

    /// Mean and mean square.
    pub(super) const fn moments(&self) -> (f64, f64) {
        let mean = self.mean();
        (mean, self.variance() + mean * mean)
    }
}

/// As much of a distribution as numbers can tell.
const LEFT_OUT: f64 = 34.0;

impl CountDistribution {
    pub(super) const fn of(parts: Vec<Part>) -> Self {
        Self { parts }
    }

    /// Negative binomial: `dispersion` is the variance in units of the mean, at least 1.
    ///
    /// # Errors
    /// [`Error::Param`] if the mean is negative, the dispersion below 1, or one of them above 1e8.
    ///
    /// # Examples
    /// Around the mean of TSB, with the dispersion of the data:
    /// ```
    /// use omni_forecast::intermittent::{CountDistribution, Tsb, dispersion};
    ///
    /// let y = [0.0, 3.0, 0.0, 0.0, 1.0, 0.0, 5.0, 0.0, 0.0, 2.0, 0.0, 0.0];
    /// let mean = Tsb::new(0.1, 0.1).fit(&y)?.mean();
    /// let demand = CountDistribution::negative_binomial(mean, dispersion(&y, 0.02)?)?;
    /// assert_eq!(demand.quantiles(&[0.5, 0.95])?, [0.0, 3.0]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn negative_binomial(mean: f64, dispersion: f64) -> Result<Self, Error> {
        if !(0.0..=MOST).contains(&mean) {
            return Err(ParamError::new("mean", "in 0..=1e8", mean).into());
        }
        if !(1.0..=MOST).contains(&dispersion) {
            return Err(ParamError::new("dispersion", "in 1..=1e8", dispersion).into());
        }
        let kind = Kind::Negbin { shift: 0.0, mean, dispersion };
        Ok(Self { parts: vec![Part { weight: 1.0, kind }] })
    }

    /// Negative binomial of a given mean, with the dispersion of greatest likelihood.
    ///
    /// # Errors
    /// As [`negative_binomial`](Self::negative_binomial), and [`Error::Data`] if `y` is empty or
    /// an entry is not a whole number from 0 to 1e8.
    pub fn likeliest_negative_binomial(mean: f64, y: &[f64]) -> Result<Self, Error> {
        check::min_len("y", y, 1)?;
        whole("y", y)?;
        let poisson = Self::negative_binomial(mean, 1.0)?;
        if mean <= 0.0 {
            return Ok(poisson);
        }
        let loss = |excess: f64| {
            let excess = excess.exp();
            let shape = mean / excess;
            let (success, failure) = (-(excess.ln_1p()), (excess / (1.0 + excess)).ln());
            let constant = shape * success - ln_gamma(shape);
            -y.iter()
                .map(|&y| constant + ln_gamma(y + shape) - ln_gamma(y + 1.0) + y * failure)
                .sum::<f64>()
        };
        let found = brent(loss, (1e-3_f64).ln(), (1e6_f64).ln(), Limits::BRENT)?;
        Self::negative_binomial(mean, 1.0 + found.x.exp())
    }

    /// Exponentially weighted empirical distribution: the weight falls by the share `decay` in
    /// `[0, 1)` with each period of age.
    ///
    /// # Errors
    /// [`Error::Param`] if `decay` is not in `[0, 1)`; [`Error::Data`] if `y` is empty or an entry
    /// is not a whole number from 0 to 1e8.
    pub fn empirical(y: &[f64], decay: f64) -> Result<Self, Error> {
        if !(0.0..1.0).contains(&decay) {
            return Err(ParamError::new("decay", "in [0, 1)", decay).into());
        }
        check::min_len("y", y, 1)?;
        whole("y", y)?;
        let mut weight = 1.0;
        let mut parts: Vec<Part> = y
            .iter()
            .rev()
            .map(|&at| {
                let part = Part { weight, kind: Kind::Mass { at: at + 0.0 } };
                weight *= 1.0 - decay;
                part
            })
            .collect();
        let total: f64 = parts.iter().map(|part| part.weight).sum();
        for part in &mut parts {
            part.weight /= total;
        }
        Ok(Self { parts })
    }

    /// Demand with probability `p`, of a size with the distribution `sizes`; else none.
    ///
    /// # Errors
    /// [`Error::Param`] if `p` is not in `[0, 1]`.
    pub fn hurdle(p: f64, sizes: &Self) -> Result<Self, Error> {
        check::fraction("p", p)?;
        let none = Part { weight: 1.0 - p, kind: Kind::Mass { at: 0.0 } };
        let scaled = sizes.parts.iter().map(|part| Part { weight: part.weight * p, ..*part });
        Ok(Self { parts: std::iter::once(none).chain(scaled).collect() })
    }

    /// One more than a negative binomial number: sizes of demand, at least 1 unit.
    ///
    /// # Errors
    /// As [`negative_binomial`](Self::negative_binomial), for `mean − 1`.
    pub fn shifted_negative_binomial(mean: f64, dispersion: f64) -> Result<Self, Error> {
        let mut shifted = Self::negative_binomial(mean - 1.0, dispersion)?;
        for part in &mut shifted.parts {
            if let Kind::Negbin { shift, .. } = &mut part.kind {
                *shift = 1.0;
            }
        }
        Ok(shifted)
    }

    /// A mixture: each distribution with its weight.
    ///
    /// # Errors
    /// [`Error::Data`] if there is none, a weight is negative or not finite, or all are zero.
    pub fn mixture(of: &[(f64, &Self)]) -> Result<Self, Error> {
        let weights: Vec<f64> = of.iter().map(|(weight, _)| *weight).collect();
        check::all_non_negative("weights", &weights)?;
        let largest = weights.iter().copied().fold(0.0, f64::max);
        if largest <= 0.0 {
            return Err(
                DataError::TooShort { name: "weights above zero", needed: 1, got: 0 }.into()
            );
        }
        let total: f64 = weights.iter().map(|weight| weight / largest).sum();
        let parts = of.iter().flat_map(|(weight, one)| {
            let share = weight / largest / total;
            one.parts.iter().map(move |part| Part { weight: part.weight * share, ..*part })
        });
        Ok(Self { parts: parts.collect() })
    }

    /// The mean, in units.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.parts.iter().map(|part| part.weight * part.mean()).sum()
    }

    /// The variance, in units squared.
    #[must_use]
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        let of = |part: &Part| {
            let off = part.mean() - mean;
            part.weight * (part.variance() + off * off)
        };
        self.parts.iter().map(of).sum()
    }

    /// For each level the least whole number whose probability with all below reaches it.
    ///
    /// # Errors
    /// [`Error::Data`] if levels do not ascend in `(0, 1)`.
    pub fn quantiles(&self, levels: &[f64]) -> Result<Vec<f64>, Error> {
        check::levels("levels", levels)?;
        Ok(self.lattice().quantiles(levels).collect())
    }

    /// The probability of exactly `x` units; 0 if that is not a whole number.
    #[must_use]
    pub fn probability(&self, x: f64) -> f64 {
        self.lattice().probability(x)
    }

    /// The probability of at most `x` units.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        self.lattice().cdf(x)
    }

    /// Draws `count` values.
    #[must_use]
    pub fn sample(&self, count: usize, seed: u64) -> Vec<f64> {
        let lattice = self.lattice();
        let mut rng = rng::stream(seed, 0);
        let mut draw = || {
            let level = rng::uniform(&mut rng).max(1e-16);
            lattice.quantiles(&[level]).next().unwrap_or(0.0)
        };
        (0..count).map(|_| draw()).collect()
    }

    fn lattice(&self) -> Lattice {
        let mut lattice = Lattice::default();
        lattice.fill(&self.parts, LEFT_OUT);
        lattice
    }
}

/// The variance of demand in units of its mean, with weights that fall by the share `decay` in
/// `[0, 1)` with each period of age; at least 1.
///
/// # Errors
/// [`Error::Param`] if `decay` is not in `[0, 1)`, [`Error::Data`] on a negative or non-finite
/// entry or if sums overflow, [`Error::NoDemand`] if `y` is empty or all zero.
///
/// # Examples
/// ```
/// use omni_forecast::intermittent::dispersion;
///
/// assert_eq!(dispersion(&[0.0, 4.0, 0.0, 4.0], 0.0)?, 2.0); // mean 2, variance 4
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn dispersion(y: &[f64], decay: f64) -> Result<f64, Error> {
    if !(0.0..1.0).contains(&decay) {
        return Err(ParamError::new("decay", "in [0, 1)", decay).into());
    }
    check::all_non_negative("y", y)?;
    let (mut total, mut sum, mut weight) = (0.0, 0.0, 1.0);
    for value in y.iter().rev() {
        total += weight;
        sum += weight * value;
        weight *= 1.0 - decay;
    }
    if sum <= 0.0 {
        return Err(Error::NoDemand);
    }
    let mean = sum / total;
    let (mut squares, mut weight) = (0.0, 1.0);
    for value in y.iter().rev() {
        squares += weight * (value - mean) * ((value - mean) / mean);
        weight *= 1.0 - decay;
    }
    let dispersion = (squares / total).max(1.0);
    if dispersion.is_finite() {
        Ok(dispersion)
    } else {
        Err(DataError::Overflow { name: "y" }.into())
    }
}

fn whole(name: &'static str, y: &[f64]) -> Result<(), DataError> {
    match y.iter().position(|v| !((0.0..=MOST).contains(v) && v.fract() == 0.0)) {
        Some(index) => Err(DataError::entry(
            name,
            index,
            "a whole number from 0 to 1e8",
            y.get(index).copied().unwrap_or(0.0),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64, slack: f64) {
        assert!((got - want).abs() <= slack * want.abs().max(1e-300), "{got} is not {want}");
    }

    #[test]
    fn negative_binomial_by_its_formula() {
        for (mean, phi) in [(0.3, 1.5), (4.0, 1.0), (7.5, 20.0), (900.0, 3.0)] {
            let demand = CountDistribution::negative_binomial(mean, phi).unwrap();
            let mut total = 0.0;
            for x in 0..2_000 {
                let x = f64::from(x);
                let log = if phi == 1.0 {
                    x * mean.ln() - mean - ln_gamma(x + 1.0)
                } else {
                    let r = mean / (phi - 1.0);
                    ln_gamma(x + r) - ln_gamma(r) - ln_gamma(x + 1.0) - r * phi.ln()
                        + x * (1.0 - 1.0 / phi).ln()
                };
                total += log.exp();
                if log > -25.0 && x < 40.0 {
                    close(demand.probability(x), log.exp(), 1e-5);
                }
                if total > 1e-6 && total < 0.999_999 {
                    close(demand.cdf(x), total, 1e-6);
                }
            }
            assert_eq!((demand.mean(), demand.variance()), (mean, mean * phi));
        }
    }

    #[test]
    fn moments_of_samples() {
        let sizes = CountDistribution::shifted_negative_binomial(4.0, 3.0).unwrap();
        let demand = CountDistribution::hurdle(0.4, &sizes).unwrap();
        let drawn = demand.sample(200_000, 5);
        assert!(drawn.iter().all(|v| *v >= 0.0 && v.fract() == 0.0));
        let mean = drawn.iter().sum::<f64>() / 200_000.0;
        let variance = drawn.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 200_000.0;
        // 0.4 · 4, and 0.4 · (9 + 16) − 1.6².
        close(demand.mean(), 1.6, 1e-12);
        close(demand.variance(), 7.44, 1e-12);
        close(mean, 1.6, 0.02);
        close(variance, 7.44, 0.03);
        assert_eq!(drawn, demand.sample(200_000, 5));
    }

    #[test]
    fn likelihood_finds_the_dispersion_of_samples() {
        let demand = CountDistribution::negative_binomial(3.0, 4.0).unwrap();
        let y = demand.sample(20_000, 1);
        let found = CountDistribution::likeliest_negative_binomial(3.0, &y).unwrap();
        close(found.variance(), 12.0, 0.04);
        close(dispersion(&y, 0.0).unwrap(), 4.0, 0.04);
    }

    #[test]
    fn wide_and_large_distributions_keep_their_moments() {
        for (mean, phi) in [(1e6, 2.0), (1e8, 1.0), (5e5, 4e4), (1e-9, 1.0), (1e3, 1e8)] {
            let demand = CountDistribution::negative_binomial(mean, phi).unwrap();
            let q = demand.quantiles(&[0.025, 0.5, 0.975]).unwrap();
            assert!(q.iter().all(|v| v.is_finite() && *v >= 0.0 && v.fract() == 0.0), "{q:?}");
            let sd = (mean * phi).sqrt();
            if sd < mean / 5.0 {
                close(q[1], mean, 0.001 + 0.1 * sd / mean);
                close(q[2] - q[0], 3.92 * sd, 0.01);
            }
        }
    }

    #[test]
    fn mixtures_weigh() {
        let a = CountDistribution::empirical(&[1.0], 0.0).unwrap();
        let b = CountDistribution::empirical(&[5.0], 0.0).unwrap();
        let both = CountDistribution::mixture(&[(1.0, &a), (3.0, &b)]).unwrap();
        assert_eq!((both.mean(), both.variance()), (4.0, 3.0));
        assert_eq!(both.quantiles(&[0.25, 0.26]).unwrap(), [1.0, 5.0]);
        assert!(CountDistribution::mixture(&[]).is_err());
        assert!(CountDistribution::mixture(&[(0.0, &a)]).is_err());
        assert!(CountDistribution::mixture(&[(f64::MAX, &a), (f64::MAX, &b)]).is_ok());
    }

    #[test]
    fn errors_name_what_is_wrong() {
        for bad in [-1.0, 1e9, f64::NAN] {
            let rule = ParamError::new("mean", "in 0..=1e8", bad);
            assert_eq!(CountDistribution::negative_binomial(bad, 2.0), Err(rule.into()));
            assert!(CountDistribution::negative_binomial(2.0, bad).is_err());
        }
        assert!(CountDistribution::empirical(&[0.5], 0.0).is_err());
        assert!(CountDistribution::empirical(&[], 0.0).is_err());
        assert!(CountDistribution::empirical(&[1.0], 1.0).is_err());
        assert_eq!(dispersion(&[0.0, 0.0], 0.1), Err(Error::NoDemand));
    }
}
