//! Combination: several methods forecast, one forecast comes out.
//!
//! ```text
//! mean      f_h = (1/M) Σ_i f_{i,h}
//! median    f_h = the middle of f_{1,h} … f_{M,h}; of an even number, the mean of the middle two
//! weighted  f_h = Σ_i w_i f_{i,h},   w_i = (1/E_i²) / Σ_j (1/E_j²)
//! ```
//!
//! `f_{i,h}` is what member i of M forecasts h periods ahead, in the unit of the series, and
//! `E_i` the root mean square error that member made on a rolling origin: the weights of least
//! variance where the errors of members are not correlated. A member without an error takes all
//! the weight, shared evenly among such members.
//!
//! A member that cannot learn from a series is left out and named; the others share its
//! weight. With weights, a series too short for the rolling origin is combined by the mean,
//! which the result says.
//! One fit per member, and one more per origin for weights.
//!
//! Sources: Bates & Granger (1969), "The combination of forecasts", Operational Research
//! Quarterly 20(4), 451–468; Petropoulos & Svetunkov (2020), "A simple combination of
//! univariate models", International Journal of Forecasting 36(1), 110–115 (median).
//!
//! Limits: weights from a few origins are noisy; the mean of sensible members is hard to beat.

use crate::eval::Backtest;
use crate::{Error, Forecaster};
use omni_core::check;
use omni_core::error::DataError;
use omni_core::numeric::sum;

/// How forecasts become one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Combine {
    /// Their mean.
    Mean,
    /// Their median at every step.
    Median,
    /// Their mean, weighted by the inverse mean square error each made on this rolling origin.
    InverseError(Backtest),
}

/// Settings of a combination: members and how they are combined.
#[derive(Debug)]
pub struct Combination {
    how: Combine,
    members: Vec<(&'static str, Box<dyn Forecaster>)>,
}

impl Combination {
    /// No members yet, to be combined by `how`.
    #[must_use]
    pub const fn new(how: Combine) -> Self {
        Self { how, members: Vec::new() }
    }

    /// Adds a member under a name that the result shows.
    #[must_use]
    pub fn with_member(mut self, name: &'static str, member: impl Forecaster + 'static) -> Self {
        self.members.push((name, Box::new(member)));
        self
    }

    /// Forecasts the `horizon` periods after `y`: one value per period, oldest first.
    ///
    /// # Errors
    /// [`Error::Data`] without a member; what the first member returned if all failed;
    /// [`Error::Param`] if `horizon` or the rolling origin is out of range.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::baseline::{Naive, SeasonalNaive};
    /// use omni_forecast::combine::{Combination, Combine};
    ///
    /// let combination = Combination::new(Combine::Mean)
    ///     .with_member("naive", Naive)
    ///     .with_member("seasonal naive", SeasonalNaive::new(2));
    /// let combined = combination.fit(&[5.0, 3.0, 7.0, 1.0], 2)?;
    /// assert_eq!(combined.mean, [4.0, 1.0]);
    /// assert_eq!(combined.members[1].weight, 0.5);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(&self, y: &[f64], horizon: usize) -> Result<Combined, Error> {
        let mut members = Vec::with_capacity(self.members.len());
        for (name, method) in &self.members {
            members.push(Member::new(name, method.forecast(y, horizon)));
        }
        if members.iter().all(|member| member.failed.is_some()) {
            let none = DataError::TooShort { name: "members", needed: 1, got: 0 };
            return Err(members.into_iter().find_map(|m| m.failed).unwrap_or(none.into()));
        }
        let is_weighted = match self.how {
            Combine::InverseError(backtest) => self.score(backtest, y, &mut members)?,
            _ => false,
        };
        weigh(&mut members, is_weighted);
        match self.how {
            Combine::Median => {
                let mean = median(&members, horizon);
                Ok(Combined { mean, members })
            }
            _ => Combined::of(members, horizon),
        }
    }

    /// Gives each member the error it made on a rolling origin; `false` if `y` is too short.
    fn score(&self, backtest: Backtest, y: &[f64], members: &mut [Member]) -> Result<bool, Error> {
        let mut any = false;
        for (member, (_, method)) in members.iter_mut().zip(&self.members) {
            match backtest.run(method.as_ref(), y) {
                Ok(report) => member.error = Some(report.scores.rmse),
                Err(Error::Param(error)) => return Err(error.into()),
                Err(_) => {}
            }
            any |= member.error.is_some() && member.failed.is_none();
        }
        Ok(any)
    }
}

impl Forecaster for Combination {
    fn forecast(&self, y: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        self.fit(y, horizon).map(|combined| combined.mean)
    }
}

/// What a combination forecast, and from what.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Combined {
    /// The combined forecast, one value per step.
    pub mean: Vec<f64>,
    /// The members in the order they were added.
    pub members: Vec<Member>,
}

impl Combined {
    /// The members' forecasts by their weights.
    pub(crate) fn of(members: Vec<Member>, horizon: usize) -> Result<Self, Error> {
        let mean = weighted(&members, horizon);
        check::all_finite("y", &mean).map_err(|_| DataError::Overflow { name: "y" })?;
        Ok(Self { mean, members })
    }
}

/// A member of a combination on one series.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Its share in the mean; a member left out has none. The median has none to show, and
    /// counts members evenly.
    pub weight: f64,
    /// The root mean square error on the rolling origin, where one was run.
    pub error: Option<f64>,
    /// Its own forecast; empty if it failed.
    pub forecast: Vec<f64>,
    /// Why it was left out; `None` if it takes part.
    pub failed: Option<Error>,
}

impl Member {
    /// A member without a weight yet.
    pub(crate) fn new(name: &'static str, forecast: Result<Vec<f64>, Error>) -> Self {
        let (forecast, failed) = match forecast {
            Ok(forecast) => (forecast, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        Self { name, weight: 0.0, error: None, forecast, failed }
    }
}

/// Shares that add up to 1: by the inverse squared error, or even among those that did not fail.
pub(crate) fn weigh(members: &mut [Member], by_error: bool) {
    let usable = |m: &Member| m.failed.is_none() && (!by_error || m.error.is_some());
    let is_perfect = |m: &Member| by_error && m.error == Some(0.0);
    let some_perfect = members.iter().any(|m| usable(m) && is_perfect(m));
    let smallest =
        members.iter().filter(|m| usable(m)).filter_map(|m| m.error).fold(f64::INFINITY, f64::min);
    for member in members.iter_mut() {
        member.weight = match member.error {
            _ if !usable(member) => 0.0,
            _ if some_perfect => f64::from(is_perfect(member)),
            // Relative to the smallest, so that no inverse overflows.
            Some(error) if by_error => (smallest / error) * (smallest / error),
            _ => 1.0,
        };
    }
    let total: f64 = members.iter().map(|m| m.weight).sum();
    for member in members {
        member.weight /= total;
    }
}

fn weighted(members: &[Member], horizon: usize) -> Vec<f64> {
    let at = |step: usize| -> Vec<f64> {
        members.iter().filter_map(|m| Some(m.weight * m.forecast.get(step)?)).collect()
    };
    (0..horizon).map(|step| sum::sum(&at(step))).collect()
}

fn median(members: &[Member], horizon: usize) -> Vec<f64> {
    let mut values = Vec::with_capacity(members.len());
    let mut at = |step: usize| {
        values.clear();
        values.extend(members.iter().filter_map(|m| m.forecast.get(step)));
        middle(&mut values)
    };
    (0..horizon).map(&mut at).collect()
}

/// The middle of the values, the mean of the middle two if their number is even.
fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.get(half.wrapping_sub(1)), values.get(half)) {
        (Some(below), Some(above)) if values.len().is_multiple_of(2) => {
            f64::midpoint(*below, *above)
        }
        (_, Some(middle)) => *middle,
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::{Naive, SeasonalNaive};
    use crate::intermittent::Tsb;
    use crate::smoothing::Ses;

    /// Always the same, whatever came.
    #[derive(Debug)]
    struct Fixed(f64);

    impl Forecaster for Fixed {
        fn forecast(&self, _: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
            Ok(vec![self.0; horizon])
        }
    }

    fn of(how: Combine, values: &[f64]) -> Combination {
        values.iter().fold(Combination::new(how), |all, value| all.with_member("", Fixed(*value)))
    }

    #[test]
    fn medians_of_odd_and_even_numbers() {
        for (values, expected) in [
            (&[3.0][..], 3.0),
            (&[3.0, 1.0], 2.0),
            (&[9.0, 1.0, 2.0], 2.0),
            (&[9.0, 1.0, 2.0, 4.0], 3.0),
        ] {
            let got = of(Combine::Median, values).fit(&[0.0], 2).unwrap();
            assert_eq!(got.mean, [expected, expected], "{values:?}");
        }
    }

    #[test]
    fn weights_are_inverse_to_the_errors() {
        // Off by 1 and by 3 from a series of tens.
        let how = Combine::InverseError(Backtest::new(1, 2));
        let got = of(how, &[11.0, 7.0]).fit(&[10.0; 4], 1).unwrap();
        assert_eq!(got.members[0].error, Some(1.0));
        let weights = (got.members[0].weight, got.members[1].weight);
        assert!((weights.0 - 0.9).abs() < 1e-12 && (weights.1 - 0.1).abs() < 1e-12, "{weights:?}");
        assert!((got.mean[0] - 10.6).abs() < 1e-12);
    }

    #[test]
    fn a_member_without_error_takes_all() {
        let how = Combine::InverseError(Backtest::new(1, 2));
        let got = of(how, &[11.0, 10.0, 10.0]).fit(&[10.0; 4], 1).unwrap();
        let weights: Vec<f64> = got.members.iter().map(|m| m.weight).collect();
        assert_eq!(weights, [0.0, 0.5, 0.5]);
    }

    #[test]
    fn who_fails_is_named_and_left_out() {
        let combination = Combination::new(Combine::Mean)
            .with_member("tsb", Tsb::new(0.1, 0.1))
            .with_member("naive", Naive);
        let got = combination.fit(&[0.0, 0.0], 1).unwrap();
        assert_eq!((got.mean, got.members[0].failed.clone()), (vec![0.0], Some(Error::NoDemand)));
        assert_eq!((got.members[0].weight, got.members[1].weight), (0.0, 1.0));
    }

    #[test]
    fn too_short_for_weights_is_the_mean() {
        let how = Combine::InverseError(Backtest::new(5, 3));
        let got = of(how, &[1.0, 3.0]).fit(&[2.0, 2.0], 1).unwrap();
        assert_eq!((got.mean, got.members[0].error), (vec![2.0], None));
    }

    #[test]
    fn errors_say_what_is_wrong() {
        assert!(matches!(Combination::new(Combine::Mean).fit(&[1.0], 1), Err(Error::Data(_))));
        let one = Combination::new(Combine::Median).with_member("ses", Ses::optimized());
        assert!(one.fit(&[1.0, f64::NAN], 1).is_err());
        assert!(one.fit(&[1.0, 2.0], 0).is_err());
        let how = Combine::InverseError(Backtest::new(1, 0));
        assert!(matches!(of(how, &[1.0]).fit(&[1.0, 2.0], 1), Err(Error::Param(_))));
        let huge = of(Combine::Median, &[f64::MAX, f64::MAX]).fit(&[1.0], 1).unwrap();
        assert_eq!(huge.mean, [f64::MAX]);
        let seasonal = Combination::new(Combine::Mean).with_member("", SeasonalNaive::new(9));
        assert!(seasonal.fit(&[1.0, 2.0], 1).is_err());
    }
}
