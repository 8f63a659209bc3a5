//! Error metrics of point and quantile forecasts.
//!
//! ```text
//! e_t = f_t − y_t                                    t = 1..h, the periods forecast
//! MAE   = mean |e_t|          RMSE  = √ mean e_t²    bias = mean e_t
//! sMAPE = mean 200 |e_t| / (|y_t| + |f_t|)           in percent, 0..200; 0/0 counts 0
//! a_m   = mean |x_t − x_{t−m}|                       over the training series x
//! r_m   = √ mean (x_t − x_{t−m})²
//! MASE  = MAE / a_m           RMSSE = RMSE / r_m
//! L_p   = mean of p (y_t − q_t) where y_t ≥ q_t, (1 − p) (q_t − y_t) elsewhere
//! SPL_p = L_p / a₁
//! coverage = share of t with l_t ≤ y_t ≤ u_t
//! ```
//!
//! `y` is what came, `f` its forecast mean, `q` its forecast quantile of level `p`,
//! `l` and `u` the ends of an interval: all of length h and in units of stock. `m` is the
//! season of the scale, 1 without one. O(h) and O(length of x).
//!
//! Sources: Makridakis, Spiliotis & Assimakopoulos (2020), "The M4 Competition",
//! International Journal of Forecasting 36(1), 54–74 (sMAPE, MASE); Hyndman & Koehler
//! (2006), "Another look at measures of forecast accuracy", ibid. 22(4), 679–688;
//! Makridakis, Spiliotis & Assimakopoulos (2022), "M5 accuracy competition", ibid. 38(4),
//! 1346–1364 (RMSSE), and "The M5 uncertainty competition", ibid. 38(4), 1365–1385
//! (scaled pinball loss).
//!
//! Limits: a training series that never changes has no scale: that is
//! [`Error::ZeroScale`], not infinity. The M5 competition scales by the series
//! [from the first sale on](from_first_sale); the scale here takes the series as given.
//! Where most periods have no demand, a forecast of zero does well on MASE and sMAPE:
//! judge by bias and pinball loss.

use crate::Error;
use crate::moments::{changes, finite, magnitude, mean, root_mean_square, root_mean_square_change};
use omni_core::check;

/// What scales errors: the part of a training series from the first value above zero on.
///
/// # Examples
/// ```
/// use omni_forecast::eval::metrics::from_first_sale;
///
/// assert_eq!(from_first_sale(&[0.0, 0.0, 3.0, 0.0]), [3.0, 0.0]);
/// ```
#[must_use]
pub fn from_first_sale(train: &[f64]) -> &[f64] {
    let first = train.iter().position(|v| *v > 0.0).unwrap_or(train.len());
    train.get(first..).unwrap_or_default()
}

/// The mean absolute error.
///
/// # Errors
/// [`Error::Data`] if the lengths differ or are 0, an entry is not finite, or the result
/// overflows.
///
/// # Examples
/// ```
/// use omni_forecast::eval::metrics::mae;
///
/// assert_eq!(mae(&[2.0, 4.0], &[3.0, 1.0])?, 2.0);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
#[doc(alias("mean_absolute_error"))]
pub fn mae(actual: &[f64], forecast: &[f64]) -> Result<f64, Error> {
    let errors = errors(actual, forecast)?;
    Ok(mean("forecast", errors.map(f64::abs))?.unwrap_or_default())
}

/// The root mean square error.
///
/// # Errors
/// As [`mae`].
///
/// # Examples
/// ```
/// use omni_forecast::eval::metrics::rmse;
///
/// assert_eq!(rmse(&[2.0, 4.0], &[3.0, -3.0])?, 5.0);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
#[doc(alias("root_mean_squared_error"))]
pub fn rmse(actual: &[f64], forecast: &[f64]) -> Result<f64, Error> {
    let errors = errors(actual, forecast)?;
    Ok(root_mean_square("forecast", errors)?.unwrap_or_default())
}

/// The mean error, forecast minus actual: above zero if too much was forecast.
///
/// # Errors
/// As [`mae`].
///
/// # Examples
/// ```
/// use omni_forecast::eval::metrics::bias;
///
/// assert_eq!(bias(&[2.0, 4.0], &[3.0, 4.0])?, 0.5);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn bias(actual: &[f64], forecast: &[f64]) -> Result<f64, Error> {
    let errors = errors(actual, forecast)?;
    Ok(mean("forecast", errors)?.unwrap_or_default())
}

/// The symmetric mean absolute percentage error of the M4 competition, in `[0, 200]`.
///
/// A period where both are zero counts 0.
///
/// # Errors
/// As [`mae`].
///
/// # Examples
/// ```
/// use omni_forecast::eval::metrics::smape;
///
/// assert_eq!(smape(&[3.0, 0.0], &[1.0, 0.0])?, 50.0); // 100 % and 0 %
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn smape(actual: &[f64], forecast: &[f64]) -> Result<f64, Error> {
    paired(actual, forecast)?;
    let terms = actual.iter().zip(forecast).map(|(y, f)| {
        // Divided first, so that the sum cannot overflow.
        let scale = magnitude([*y, *f].into_iter());
        let (y, f) = (y / scale, f / scale);
        let sum = y.abs() + f.abs();
        if sum > 0.0 { 200.0 * (y - f).abs() / sum } else { 0.0 }
    });
    Ok(mean("forecast", terms)?.unwrap_or_default())
}

/// The mean absolute scaled error: [`mae`] over that of the seasonal naive forecast
/// within the training series.
///
/// # Errors
/// As [`mae`]; [`Error::Param`] if `season` is 0, [`Error::Data`] if `train` is not longer
/// than a season, [`Error::ZeroScale`] if it never changes from one season to the next.
///
/// # Examples
/// ```
/// use omni_forecast::eval::metrics::mase;
///
/// let train = [1.0, 3.0, 2.0, 4.0];
/// assert_eq!(mase(&[5.0], &[4.0], &train, 2)?, 1.0); // changes over 2 periods: 1 and 1
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn mase(actual: &[f64], forecast: &[f64], train: &[f64], season: usize) -> Result<f64, Error> {
    finite("forecast", mae(actual, forecast)? / mean_absolute_change(train, season)?)
}

/// The root mean squared scaled error: [`rmse`] over that of the seasonal naive forecast
/// within the training series.
///
/// # Errors
/// As [`mase`].
///
/// # Examples
/// ```
/// use omni_forecast::eval::metrics::rmsse;
///
/// let train = [1.0, 3.0, 1.0]; // changes +2 and −2
/// assert_eq!(rmsse(&[5.0], &[4.0], &train, 1)?, 0.5);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn rmsse(actual: &[f64], forecast: &[f64], train: &[f64], season: usize) -> Result<f64, Error> {
    check_train(train, season)?;
    let scale = root_mean_square_change("train", train, season)?;
    finite("forecast", rmse(actual, forecast)? / positive(scale)?)
}

/// The pinball loss of forecast quantiles of one `level` in `(0, 1)`, in units of stock.
///
/// It is least, in the mean, where a share `level` of what comes lies below the forecast.
///
/// # Errors
/// As [`mae`]; [`Error::Param`] if `level` is outside `(0, 1)` or NaN.
///
/// # Examples
/// ```
/// use omni_forecast::eval::metrics::pinball;
///
/// // A unit short costs nine times a unit too many.
/// assert_eq!(pinball(&[10.0], &[8.0], 0.9)?, 1.8);
/// assert_eq!(pinball(&[10.0], &[12.0], 0.9)?, 2.0 * (1.0 - 0.9));
/// # Ok::<(), omni_forecast::Error>(())
/// ```
#[doc(alias("quantile_loss", "mean_pinball_loss"))]
pub fn pinball(actual: &[f64], forecast: &[f64], level: f64) -> Result<f64, Error> {
    let level = check::probability("level", level)?;
    let losses = errors(actual, forecast)?
        .map(|error| if error <= 0.0 { -level * error } else { (1.0 - level) * error });
    Ok(mean("forecast", losses)?.unwrap_or_default())
}

/// The [`pinball`] loss over the mean absolute change of the training series from one
/// period to the next, as in the M5 uncertainty competition.
///
/// # Errors
/// As [`pinball`] and [`mase`].
///
/// # Examples
/// ```
/// use omni_forecast::eval::metrics::scaled_pinball;
///
/// assert_eq!(scaled_pinball(&[10.0], &[8.0], 0.9, &[0.0, 2.0, 4.0])?, 0.9);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn scaled_pinball(
    actual: &[f64],
    forecast: &[f64],
    level: f64,
    train: &[f64],
) -> Result<f64, Error> {
    finite("forecast", pinball(actual, forecast, level)? / mean_absolute_change(train, 1)?)
}

/// The share of periods whose value lies between `lower` and `upper`, ends included.
///
/// # Errors
/// As [`mae`]; [`Error::Data`] if an upper end lies below its lower one.
///
/// # Examples
/// ```
/// use omni_forecast::eval::metrics::coverage;
///
/// assert_eq!(coverage(&[1.0, 5.0], &[0.0, 0.0], &[1.0, 4.0])?, 0.5);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn coverage(actual: &[f64], lower: &[f64], upper: &[f64]) -> Result<f64, Error> {
    check::min_len("actual", actual, 1)?;
    check::same_len("lower", lower, actual.len())?;
    check::same_len("upper", upper, actual.len())?;
    for (name, column) in [("actual", actual), ("lower", lower), ("upper", upper)] {
        check::all_finite(name, column)?;
    }
    let interval = || lower.iter().zip(upper);
    if let Some((index, (_, &end))) = interval().enumerate().find(|(_, (low, high))| high < low) {
        let rule = "at least the lower end";
        return Err(omni_core::DataError::entry("upper", index, rule, end).into());
    }
    let inside = actual.iter().zip(interval()).filter(|(y, (low, high))| low <= y && y <= high);
    Ok(inside.count() as f64 / actual.len() as f64)
}

pub(super) fn mean_absolute_change(train: &[f64], season: usize) -> Result<f64, Error> {
    check_train(train, season)?;
    positive(mean("train", changes(train, season).map(f64::abs))?)
}

fn check_train(train: &[f64], season: usize) -> Result<(), Error> {
    check::at_least_one("season", season)?;
    check::all_finite("train", train)?;
    Ok(check::min_len("train", train, season.saturating_add(1))?)
}

fn positive(scale: Option<f64>) -> Result<f64, Error> {
    scale.filter(|scale| *scale > 0.0).ok_or(Error::ZeroScale)
}

/// Forecast minus actual, both checked.
fn errors<'a>(
    actual: &'a [f64],
    forecast: &'a [f64],
) -> Result<impl Iterator<Item = f64> + Clone + use<'a>, Error> {
    paired(actual, forecast)?;
    Ok(actual.iter().zip(forecast).map(|(y, f)| f - y))
}

fn paired(actual: &[f64], forecast: &[f64]) -> Result<(), Error> {
    check::min_len("actual", actual, 1)?;
    check::same_len("forecast", forecast, actual.len())?;
    check::all_finite("actual", actual)?;
    Ok(check::all_finite("forecast", forecast)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::{DataError, ParamError};

    #[test]
    fn a_perfect_forecast_has_no_error() {
        let (y, train) = ([2.0, 0.0, 7.0], [1.0, 2.0]);
        for metric in [mae, rmse, bias, smape] {
            assert_eq!(metric(&y, &y), Ok(0.0));
        }
        assert_eq!(mase(&y, &y, &train, 1), Ok(0.0));
        assert_eq!(rmsse(&y, &y, &train, 1), Ok(0.0));
        assert_eq!(pinball(&y, &y, 0.3), Ok(0.0));
        assert_eq!(coverage(&y, &y, &y), Ok(1.0));
    }

    #[test]
    fn smape_at_its_edges() {
        let cases = [
            (0.0, 0.0, 0.0),
            (-0.0, 0.0, 0.0),
            (0.0, 1.0, 200.0),
            (-1.0, 1.0, 200.0),
            (1.0, 3.0, 100.0),
            (1e308, 3e307, 200.0 * 7.0 / 13.0),
            (5e-324, 0.0, 200.0),
        ];
        for (y, f, expected) in cases {
            let got = smape(&[y], &[f]).unwrap();
            assert!((got - expected).abs() < 1e-12, "{y} {f}: {got}");
        }
    }

    #[test]
    fn a_constant_training_series_has_no_scale() {
        for train in [&[2.0, 2.0, 2.0][..], &[0.0, 0.0]] {
            assert_eq!(mase(&[1.0], &[2.0], train, 1), Err(Error::ZeroScale));
            assert_eq!(rmsse(&[1.0], &[2.0], train, 1), Err(Error::ZeroScale));
            assert_eq!(scaled_pinball(&[1.0], &[2.0], 0.5, train), Err(Error::ZeroScale));
        }
        // Seasonal and without noise: no seasonal change, but changes within the season.
        let train = [1.0, 2.0, 1.0, 2.0];
        assert_eq!(mase(&[1.0], &[2.0], &train, 2), Err(Error::ZeroScale));
        assert_eq!(mase(&[1.0], &[2.0], &train, 1), Ok(1.0));
    }

    #[test]
    fn scales_far_from_one_do_not_overflow_or_vanish() {
        for unit in [1e300, 1e-300] {
            let (y, f, train) = ([2.0 * unit], [3.0 * unit], [0.0, unit, 0.0]);
            assert!((rmse(&y, &f).unwrap() / unit - 1.0).abs() < 1e-12);
            assert!((rmsse(&y, &f, &train, 1).unwrap() - 1.0).abs() < 1e-12);
            assert!((mase(&y, &f, &train, 1).unwrap() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let short = |name, needed, got| Error::from(DataError::TooShort { name, needed, got });
        assert_eq!(mae(&[], &[]), Err(short("actual", 1, 0)));
        let length = DataError::Length { name: "forecast", expected: 1, got: 2 };
        assert_eq!(smape(&[1.0], &[1.0, 2.0]), Err(length.into()));
        let entry = DataError::entry("forecast", 0, "finite", f64::NAN);
        assert_eq!(rmse(&[1.0], &[f64::NAN]), Err(entry.into()));
        assert_eq!(mase(&[1.0], &[1.0], &[1.0], 1), Err(short("train", 2, 1)));
        assert_eq!(mase(&[1.0], &[1.0], &[1.0], usize::MAX), Err(short("train", usize::MAX, 1)));
        assert_eq!(
            mase(&[1.0], &[1.0], &[1.0, 2.0], 0),
            Err(ParamError::new("season", "at least 1", 0_u32).into())
        );
        assert_eq!(
            pinball(&[1.0], &[1.0], 1.0),
            Err(ParamError::new("level", "in (0, 1)", 1.0).into())
        );
        let crossed = DataError::entry("upper", 0, "at least the lower end", 1.0);
        assert_eq!(coverage(&[1.0], &[2.0], &[1.0]), Err(crossed.into()));
        let overflow = Error::from(DataError::Overflow { name: "forecast" });
        assert_eq!(mae(&[f64::MAX], &[f64::MIN]), Err(overflow.clone()));
        assert_eq!(mase(&[0.0], &[1e300], &[0.0, 1e-300], 1), Err(overflow));
    }
}
