//! Scores of quantile forecasts, and scores of many series as one number.
//!
//! ```text
//! L      = mean over levels p and steps t of  p (y − q)⁺ + (1 − p) (q − y)⁺
//! SPL    = L / a₁                        a₁: mean absolute change of the training series
//! S_α    = mean of (u − l) + 2/α (l − y)⁺ + 2/α (y − u)⁺           the interval [l, u]
//! MSIS   = S_α / a_m
//! OWA    = ½ (sMAPE / sMAPE_Naive2 + MASE / MASE_Naive2)
//! pooled = Σ w_i s_i / Σ w_i             w_i: units or turnover of series i
//! ```
//!
//! Sources: Gneiting & Raftery (2007), "Strictly proper scoring rules, prediction, and
//! estimation", JASA 102(477), 359–378 (interval score); Makridakis, Spiliotis &
//! Assimakopoulos (2020), "The M4 Competition", International Journal of Forecasting
//! 36(1), 54–74 (MSIS, OWA), and (2022), "The M5 uncertainty competition", ibid. 38(4),
//! 1365–1385 (weights).
//!
//! Limits: OWA is a ratio of pooled scores, not a mean of ratios: pool first.

use super::backtest::Scores;
use super::metrics::{coverage, from_first_sale, mean_absolute_change, pinball};
use crate::Error;
use crate::moments::{finite, mean};
use omni_core::check;
use omni_core::error::DataError;

/// The mean of the scores of several series by weight; a series without a score (no scale)
/// adds nothing but keeps its weight, as the M5 competition counts.
///
/// # Errors
/// [`Error::Data`] if the lengths differ, a score is not finite, a weight is negative or not
/// finite, all are zero, or the sum overflows.
///
/// # Examples
/// ```
/// use omni_forecast::eval::weighted;
///
/// // RMSSE of three items that sold 6, 2 and 0 units of late.
/// assert_eq!(weighted(&[Some(0.5), Some(1.5), None], &[6.0, 2.0, 0.0])?, 0.75);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn weighted(scores: &[Option<f64>], weights: &[f64]) -> Result<f64, Error> {
    check::same_len("weights", weights, scores.len())?;
    check::all_non_negative("weights", weights)?;
    let given: Vec<f64> = scores.iter().map(|score| score.unwrap_or(0.0)).collect();
    check::all_finite("scores", &given)?;
    // By the largest weight, so that the sum of weights cannot overflow.
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return Err(DataError::entry("weights", 0, "above zero somewhere", largest).into());
    }
    let total: f64 = weights.iter().map(|w| w / largest).sum();
    let terms = given.iter().zip(weights).map(|(score, w)| score * (w / largest / total));
    finite("scores", terms.sum())
}

/// The interval score of the central `1 − alpha` interval `[lower, upper]`, in units of stock.
///
/// # Errors
/// [`Error::Param`] if `alpha` is outside `(0, 1)`; [`Error::Data`] if the lengths differ or
/// are 0, an entry is not finite, an upper end lies below its lower one or the score overflows.
///
/// # Examples
/// ```
/// use omni_forecast::eval::interval_score;
///
/// // 3 wide; 1 above the upper end costs 2 / 0.05 = 40.
/// assert_eq!(interval_score(&[6.0], &[2.0], &[5.0], 0.05)?, 43.0);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn interval_score(
    actual: &[f64],
    lower: &[f64],
    upper: &[f64],
    alpha: f64,
) -> Result<f64, Error> {
    let alpha = check::probability("alpha", alpha)?;
    coverage(actual, lower, upper)?;
    let terms = actual.iter().zip(lower.iter().zip(upper)).map(|(y, (low, high))| {
        (high - low) + 2.0 / alpha * ((low - y).max(0.0) + (y - high).max(0.0))
    });
    Ok(mean("upper", terms)?.unwrap_or_default())
}

/// The mean scaled interval score: [`interval_score`] over the mean absolute change of the
/// training series over `season` periods.
///
/// # Errors
/// As [`interval_score`] and [`mase`](super::metrics::mase).
///
/// # Examples
/// ```
/// use omni_forecast::eval::msis;
///
/// assert_eq!(msis(&[6.0], &[2.0], &[5.0], 0.05, &[1.0, 3.0, 1.0], 1)?, 21.5);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn msis(
    actual: &[f64],
    lower: &[f64],
    upper: &[f64],
    alpha: f64,
    train: &[f64],
    season: usize,
) -> Result<f64, Error> {
    let score = interval_score(actual, lower, upper, alpha)?;
    finite("upper", score / mean_absolute_change(train, season)?)
}

impl Scores {
    /// The overall weighted average of the M4 competition against the scores of Naive2 on
    /// the same series; `None` if a score of Naive2 is zero or one is not defined.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::eval::Scores;
    ///
    /// let (y, train) = ([4.0, 6.0], [1.0, 2.0, 3.0]);
    /// let naive2 = Scores::of(&y, &[3.0, 3.0], &train, 1)?;
    /// assert_eq!(naive2.owa(&naive2), Some(1.0));
    /// assert!(Scores::of(&y, &[4.0, 5.0], &train, 1)?.owa(&naive2).is_some_and(|owa| owa < 0.5));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    #[must_use]
    pub fn owa(&self, naive2: &Self) -> Option<f64> {
        let owa = 0.5 * (self.smape / naive2.smape + self.mase? / naive2.mase?);
        Some(owa).filter(|owa| owa.is_finite())
    }
}

/// How good quantile forecasts were.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct QuantileScores {
    /// Pinball loss, the mean over levels and steps, in the unit of the series.
    pub pinball: f64,
    /// The same over the mean absolute change of the training series from its first sale on;
    /// `None` if that never changes.
    pub scaled_pinball: Option<f64>,
    /// For each level the share of values not above its quantile: near the level if the
    /// forecast is calibrated, above it where values tie with the quantile.
    pub service: Vec<f64>,
    /// For each pair of levels `p` and `1 − p`, the widest first.
    pub coverage: Vec<Coverage>,
}

/// How often values fell into a central interval, ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Coverage {
    /// The share meant, `1 − 2p`.
    pub nominal: f64,
    /// The share seen.
    pub actual: f64,
}

impl QuantileScores {
    /// Scores `quantiles` of `levels`, per step the levels side by side, against `actual`.
    ///
    /// # Errors
    /// [`Error::Data`] if levels do not ascend in `(0, 1)`, there is no step, the number of
    /// quantiles is not steps times levels, an entry is not finite, quantiles cross, or a
    /// score overflows.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::eval::QuantileScores;
    ///
    /// let levels = [0.25, 0.5, 0.75];
    /// let quantiles = [0.0, 1.0, 2.0, 0.0, 1.0, 2.0];
    /// let scores = QuantileScores::of(&[1.0, 4.0], &quantiles, &levels, &[0.0, 2.0, 0.0])?;
    /// assert_eq!(scores.service, [0.0, 0.5, 0.5]);
    /// assert_eq!(scores.coverage[0].actual, 0.5);
    /// assert_eq!(scores.scaled_pinball, Some(scores.pinball / 2.0));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn of(
        actual: &[f64],
        quantiles: &[f64],
        levels: &[f64],
        train: &[f64],
    ) -> Result<Self, Error> {
        check::levels("levels", levels)?;
        check::min_len("actual", actual, 1)?;
        let count = levels.len();
        check::same_len("quantiles", quantiles, actual.len().saturating_mul(count))?;
        check::all_finite("quantiles", quantiles)?;
        let crossing =
            (1..quantiles.len()).find(|&i| i % count != 0 && quantiles[i] < quantiles[i - 1]);
        if let Some(index) = crossing {
            let rule = "at least the quantile of the level below it";
            return Err(DataError::entry("quantiles", index, rule, quantiles[index]).into());
        }
        let of_level = |level: usize| -> Vec<f64> {
            quantiles.iter().skip(level).step_by(count).copied().collect()
        };
        let columns: Vec<Vec<f64>> = (0..count).map(of_level).collect();
        let mut losses = Vec::with_capacity(count);
        let mut service = Vec::with_capacity(count);
        for (&level, column) in levels.iter().zip(&columns) {
            losses.push(pinball(actual, column, level)?);
            let met = actual.iter().zip(column).filter(|(y, q)| y <= q).count();
            service.push(met as f64 / actual.len() as f64);
        }
        let loss = mean("quantiles", losses.iter().copied())?.unwrap_or_default();
        check::all_finite("train", train)?;
        let train = from_first_sale(train);
        let scale =
            if train.len() > 1 { mean_absolute_change(train, 1) } else { Err(Error::ZeroScale) };
        let scaled_pinball = match scale {
            Ok(scale) => Some(finite("quantiles", loss / scale)?),
            Err(Error::ZeroScale) => None,
            Err(error) => return Err(error),
        };
        let mut coverages = Vec::new();
        for (low, &level) in levels.iter().enumerate().filter(|(_, level)| **level < 0.5) {
            // 0.025 and 0.975 add up to one up to rounding.
            let mirror = levels.iter().position(|other| (level + other - 1.0).abs() < 1e-9);
            if let Some(high) = mirror {
                let actual = coverage(actual, &columns[low], &columns[high])?;
                coverages.push(Coverage { nominal: 1.0 - 2.0 * level, actual });
            }
        }
        Ok(Self { pinball: loss, scaled_pinball, service, coverage: coverages })
    }

    /// The coverage of the central interval that is meant to hold the share `nominal`.
    #[must_use]
    pub fn coverage_of(&self, nominal: f64) -> Option<f64> {
        let near = |coverage: &&Coverage| (coverage.nominal - nominal).abs() < 1e-9;
        self.coverage.iter().find(near).map(|coverage| coverage.actual)
    }

    /// Several scores of the same levels and numbers of steps as one: means, the scaled one
    /// over those that have it.
    ///
    /// # Errors
    /// [`Error::Data`] if there is none, the levels differ in number or a mean overflows.
    pub fn pool(scores: &[Self]) -> Result<Self, Error> {
        check::min_len("scores", scores, 1)?;
        let levels = scores.first().map_or(0, |first| first.service.len());
        let intervals = scores.first().map_or(0, |first| first.coverage.len());
        for other in scores {
            check::same_len("service", &other.service, levels)?;
            check::same_len("coverage", &other.coverage, intervals)?;
        }
        let average = |of: &dyn Fn(&Self) -> Option<f64>| {
            let all: Vec<f64> = scores.iter().filter_map(of).collect();
            mean("scores", all.into_iter())
        };
        let at = |of: &dyn Fn(&Self) -> Option<f64>| Ok::<_, Error>(average(of)?.unwrap_or(0.0));
        let service = (0..levels).map(|i| at(&|s| s.service.get(i).copied()));
        let coverage = (0..intervals).map(|i| {
            Ok(Coverage {
                nominal: at(&|s| s.coverage.get(i).map(|c| c.nominal))?,
                actual: at(&|s| s.coverage.get(i).map(|c| c.actual))?,
            })
        });
        Ok(Self {
            pinball: at(&|s| Some(s.pinball))?,
            scaled_pinball: average(&|s| s.scaled_pinball)?,
            service: service.collect::<Result<_, Error>>()?,
            coverage: coverage.collect::<Result<_, Error>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::ParamError;

    #[test]
    fn weights_of_any_size() {
        for unit in [1.0, f64::MAX / 2.0, 1e-300] {
            let got = weighted(&[Some(1.0), Some(3.0)], &[2.0 * unit, unit]).unwrap();
            assert!((got - 5.0 / 3.0).abs() < 1e-15, "{unit} {got}");
        }
        // A series without a scale keeps its weight.
        assert_eq!(weighted(&[Some(1.0), None], &[1.0, 1.0]), Ok(0.5));
        assert!(weighted(&[], &[]).is_err());
        assert!(weighted(&[Some(1.0)], &[0.0]).is_err());
        assert!(weighted(&[Some(1.0)], &[-1.0]).is_err());
        assert!(weighted(&[Some(f64::NAN)], &[1.0]).is_err());
        assert!(weighted(&[Some(1.0)], &[]).is_err());
    }

    #[test]
    fn interval_scores_by_hand() {
        let cases = [(3.0, 3.0), (1.0, 3.0 + 20.0), (7.0, 3.0 + 40.0), (5.0, 3.0), (2.0, 3.0)];
        for (y, expected) in cases {
            assert_eq!(interval_score(&[y], &[2.0], &[5.0], 0.1), Ok(expected), "{y}");
        }
        let alpha = ParamError::new("alpha", "in (0, 1)", 0.0);
        assert_eq!(interval_score(&[1.0], &[1.0], &[1.0], 0.0), Err(alpha.into()));
        assert!(interval_score(&[1.0], &[2.0], &[1.0], 0.1).is_err());
        assert!(interval_score(&[f64::MAX], &[0.0], &[0.0], 1e-300).is_err());
        assert_eq!(msis(&[1.0], &[1.0], &[1.0], 0.1, &[2.0, 2.0], 1), Err(Error::ZeroScale));
    }

    #[test]
    fn quantile_scores_pool_and_pair_levels() {
        let levels = [0.025, 0.25, 0.5, 0.975];
        let quantiles = [0.0, 1.0, 2.0, 5.0];
        let of = |y: f64| QuantileScores::of(&[y], &quantiles, &levels, &[0.0, 3.0, 3.0, 1.0]);
        let (inside, above) = (of(5.0).unwrap(), of(6.0).unwrap());
        assert_eq!(inside.coverage.len(), 1);
        assert_eq!(inside.coverage_of(0.95), Some(1.0));
        assert_eq!(inside.coverage_of(0.5), None);
        let pooled = QuantileScores::pool(&[inside.clone(), above.clone()]).unwrap();
        assert_eq!(pooled.coverage_of(0.95), Some(0.5));
        assert_eq!(pooled.service, [0.0, 0.0, 0.0, 0.5]);
        assert_eq!(pooled.pinball, f64::midpoint(inside.pinball, above.pinball));
        // From the first sale on the training series changes by 0 and 2.
        assert_eq!(inside.scaled_pinball, Some(inside.pinball));
        assert_eq!(of(0.0).unwrap().service, [1.0; 4]);
        let flat = QuantileScores::of(&[1.0], &[1.0], &[0.5], &[0.0, 0.0]).unwrap();
        assert_eq!((flat.pinball, flat.scaled_pinball), (0.0, None));
        assert!(QuantileScores::pool(&[]).is_err());
        assert!(QuantileScores::pool(&[inside, flat]).is_err());
    }

    #[test]
    fn quantiles_that_cross_or_do_not_fit_are_named() {
        let of = |quantiles: &[f64]| QuantileScores::of(&[1.0], quantiles, &[0.1, 0.9], &[]);
        let crossed = of(&[2.0, 1.0]).unwrap_err().to_string();
        assert_eq!(
            crossed,
            "quantiles[1] must be at least the quantile of the level below it, got 1"
        );
        assert!(of(&[1.0]).is_err() && of(&[f64::NAN, 1.0]).is_err());
        assert!(QuantileScores::of(&[], &[], &[0.5], &[]).is_err());
        assert!(QuantileScores::of(&[1.0], &[1.0], &[], &[]).is_err());
    }
}
