//! The reorder point read off a forecast.
//!
//! ```text
//! r = q(α) + (q(β) − q(α))·(level − α)/(β − α)        α ≤ level ≤ β, neighboring levels
//! ```
//!
//! `q` are the quantiles of the demand of the next periods together, in units of stock.
//! The quantile of a sum is not the sum of the quantiles, so the forecast must carry
//! [cumulative](Quantiles::cumulative) quantiles. Between two levels the reorder point is
//! a straight line; beyond the lowest and the highest one there is an error, because a
//! tail that was not forecast is not known. O(log keys + levels).

use crate::Error;
use omni_core::Quantiles;
use omni_core::check;
use omni_core::error::{DataError, ParamError};

/// The stock of `key` that covers the first `periods` of the forecast with probability
/// `level`.
///
/// # Errors
/// [`Error::NoCumulative`] if the forecast has no cumulative quantiles,
/// [`Error::OutsideLevels`] if `level` is below its lowest or above its highest one,
/// [`Error::Param`] if `key` is not in it, `periods` is not in `1..=horizon`, or `level`
/// not in `(0, 1)`.
///
/// # Examples
/// ```
/// use omni_core::Quantiles;
/// use omni_inventory::reorder_point;
///
/// let forecast = Quantiles::new(vec![7], vec![0.5, 0.9], 2, vec![3.0, 8.0, 3.0, 9.0])?
///     .with_cumulative(vec![3.0, 8.0, 6.0, 14.0])?;
/// assert_eq!(reorder_point::from_quantiles(&forecast, 7, 2, 0.9)?, 14.0);
/// assert_eq!(reorder_point::from_quantiles(&forecast, 7, 2, 0.7)?, 10.0);
/// assert!(reorder_point::from_quantiles(&forecast, 7, 2, 0.99).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn from_quantiles(
    forecast: &Quantiles,
    key: u32,
    periods: usize,
    level: f64,
) -> Result<f64, Error> {
    check::probability("level", level)?;
    if forecast.keys().binary_search(&key).is_err() {
        return Err(ParamError::new("key", "a key of the forecast", key).into());
    }
    if !(1..=forecast.horizon()).contains(&periods) {
        return Err(ParamError::new("periods", "from 1 to the horizon", periods).into());
    }
    let row = forecast.cumulative(key, periods).ok_or(Error::NoCumulative)?;
    between(forecast.levels(), row, level)
}

/// The value at `level` on the straight lines through `(levels, values)`.
fn between(levels: &[f64], values: &[f64], level: f64) -> Result<f64, Error> {
    let points = || levels.iter().copied().zip(values.iter().copied());
    let Some(((lowest, _), (highest, _))) = points().next().zip(points().next_back()) else {
        return Err(DataError::TooShort { name: "levels", needed: 1, got: 0 }.into());
    };
    let below = points().take_while(|(at, _)| *at <= level).last();
    let above = points().find(|(at, _)| *at >= level);
    let (Some((alpha, from)), Some((beta, to))) = (below, above) else {
        return Err(Error::OutsideLevels { level, lowest, highest });
    };
    if beta > alpha {
        Ok(from + (to - from) * ((level - alpha) / (beta - alpha)))
    } else {
        Ok(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    fn fan() -> Quantiles {
        let values = vec![1.0, 2.0, 4.0, 1.0, 2.0, 4.0];
        let cumulative = vec![1.0, 2.0, 4.0, 2.0, 4.0, 7.0];
        Quantiles::new(vec![3], vec![0.1, 0.5, 0.9], 2, values)
            .and_then(|q| q.with_cumulative(cumulative))
            .unwrap()
    }

    #[test]
    fn levels_are_met_or_joined_by_lines() {
        for (periods, level, expected) in
            [(1, 0.1, 1.0), (1, 0.9, 4.0), (2, 0.5, 4.0), (2, 0.3, 3.0), (2, 0.6, 4.75)]
        {
            let got = from_quantiles(&fan(), 3, periods, level).unwrap();
            assert_close!(got, expected, 1e-14, "{periods} {level}");
        }
    }

    #[test]
    fn nothing_is_made_up() {
        let forecast = fan();
        let at = |key, periods, level| from_quantiles(&forecast, key, periods, level).unwrap_err();
        for level in [0.09, 0.95] {
            let outside = Error::OutsideLevels { level, lowest: 0.1, highest: 0.9 };
            assert_eq!(at(3, 1, level), outside);
        }
        assert_eq!(at(4, 1, 0.5), ParamError::new("key", "a key of the forecast", 4_u32).into());
        for periods in [0_usize, 3, usize::MAX] {
            let error = ParamError::new("periods", "from 1 to the horizon", periods);
            assert_eq!(at(3, periods, 0.5), error.into());
        }
        assert!(matches!(at(3, 1, f64::NAN), Error::Param(_)));
        let without = Quantiles::new(vec![3], vec![0.5], 1, vec![1.0]).unwrap();
        assert_eq!(from_quantiles(&without, 3, 1, 0.5), Err(Error::NoCumulative));
    }
}
