//! The methods that the default tries.

use super::Seasons;
use crate::Error;
use crate::arima::{ArimaFit, AutoArima};
use crate::baseline::Naive;
use crate::ces::AutoCes;
use crate::decompose::Mstl;
use crate::smoothing::{AutoEts, Ets, EtsFit, Form, Region, Trend};
use crate::theta::Theta;
use omni_core::{DataError, check};

/// A method with its season.
#[derive(Debug, Clone)]
pub(super) enum Candidate {
    Naive,
    Ets(usize),
    Arima(usize),
    Ces(usize),
    Theta(usize),
    DynamicTheta(usize),
    /// Applied to the series without these seasons.
    Adjusted(Vec<usize>, Box<Candidate>),
}

/// What a candidate says of the coming periods.
#[derive(Debug, Clone)]
pub(super) struct Outlook {
    pub(super) mean: Vec<f64>,
    pub(super) standard_error: Option<Vec<f64>>,
}

/// The candidates for a series with these seasons.
pub(super) fn pool(seasons: &Seasons) -> Vec<Candidate> {
    let (modeled, shortest) = (seasons.modeled(), seasons.shortest());
    let mut pool = vec![
        Candidate::Ets(modeled),
        Candidate::Arima(modeled),
        Candidate::Ces(modeled),
        Candidate::Theta(shortest),
        Candidate::DynamicTheta(shortest),
    ];
    let adjusted =
        |periods: &[usize], inner| Candidate::Adjusted(periods.to_vec(), Box::new(inner));
    if modeled > 1 && !seasons.has_more() {
        pool.push(adjusted(&[modeled], Candidate::DynamicTheta(1)));
    }
    if seasons.has_more() {
        for inner in [Candidate::Ets(1), Candidate::Arima(1), Candidate::DynamicTheta(1)] {
            pool.push(adjusted(&seasons.periods, inner));
        }
    }
    pool
}

impl Candidate {
    /// As the result shows it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Ets(_) => "ets",
            Self::Arima(_) => "arima",
            Self::Ces(_) => "ces",
            Self::Theta(_) => "theta",
            Self::DynamicTheta(_) => "dynamic theta",
            Self::Adjusted(_, inner) => match inner.as_ref() {
                Self::Ets(_) => "ets after mstl",
                Self::Arima(_) => "arima after mstl",
                _ => "dynamic theta after mstl",
            },
        }
    }

    pub(super) fn outlook(&self, y: &[Option<f64>], horizon: usize) -> Result<Outlook, Error> {
        let known = |mean, errors| Ok(Outlook { mean, standard_error: Some(errors) });
        match self {
            Self::Naive => {
                let seen: Vec<f64> = y.iter().copied().flatten().collect();
                let fit = Naive.fit(&seen)?;
                let steps = (1..=horizon).map(|step| fit.standard_error(step));
                let standard_error = steps.collect::<Result<Option<Vec<f64>>, _>>()?;
                Ok(Outlook { mean: fit.forecast(horizon)?, standard_error })
            }
            Self::Ets(period) => {
                let fit = damped(*period, y)?;
                known(fit.forecast(horizon)?, fit.standard_errors(horizon)?)
            }
            Self::Arima(period) => {
                let fit = once_differenced(*period, y)?;
                known(fit.forecast(horizon)?, fit.standard_errors(horizon)?)
            }
            Self::Ces(period) => {
                let fit = AutoCes::new(*period).fit(&complete(y)?)?;
                known(fit.forecast(horizon)?, fit.standard_errors(horizon)?)
            }
            Self::Theta(period) => {
                let fit = Theta::standard().with_season(*period).fit_with_gaps(y)?;
                known(fit.forecast(horizon)?, fit.standard_errors(horizon)?)
            }
            Self::DynamicTheta(period) => {
                let fit = Theta::dynamic_optimized().with_season(*period).fit_with_gaps(y)?;
                known(fit.forecast(horizon)?, fit.standard_errors(horizon)?)
            }
            Self::Adjusted(periods, inner) => adjusted(periods, inner, y, horizon),
        }
    }
}

/// The best form whose trend, if any, is damped, within the bounds and the admissible region.
///
/// A trend that goes on unchanged fits well and forecasts badly: it is the last few changes.
fn damped(period: usize, y: &[Option<f64>]) -> Result<EtsFit, Error> {
    let auto = AutoEts::new(period).with_region(Region::Both).fit_with_gaps(y)?;
    let is_level = |form: &Form| form.trend == Trend::None || form.trend.is_damped();
    if is_level(&auto.fit.form) {
        return Ok(auto.fit);
    }
    let tried = auto.candidates.iter().filter(|candidate| is_level(&candidate.form));
    let best = tried
        .filter_map(|candidate| Some((candidate.form, candidate.criterion?)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    match best {
        Some((form, _)) => Ets::new(form, period).with_region(Region::Both).fit_with_gaps(y),
        None => Ok(auto.fit),
    }
}

/// The best order with one difference at most, for the same reason.
fn once_differenced(period: usize, y: &[Option<f64>]) -> Result<ArimaFit, Error> {
    let model = AutoArima::new(period).fit_with_gaps(y)?.model;
    if model.order.differences < 2 {
        return Ok(model);
    }
    let settings = AutoArima::new(period).with_differences(1, model.order.seasonal_differences);
    Ok(settings.fit_with_gaps(y)?.model)
}

/// The values of a series without a gap.
fn complete(y: &[Option<f64>]) -> Result<Vec<f64>, Error> {
    let value = |(index, value): (usize, &Option<f64>)| {
        value.ok_or_else(|| DataError::entry("y", index, "observed", "missing").into())
    };
    y.iter().enumerate().map(value).collect()
}

/// Takes the seasons out, forecasts, and puts them back: as factors where every value is
/// positive, else as sums.
fn adjusted(
    periods: &[usize],
    inner: &Candidate,
    y: &[Option<f64>],
    horizon: usize,
) -> Result<Outlook, Error> {
    let is_positive = y.iter().flatten().all(|v| *v > 0.0);
    let to = |v: f64| if is_positive { v.ln() } else { v };
    let from = |v: f64| if is_positive { v.exp() } else { v };
    let z: Vec<Option<f64>> = y.iter().map(|v| v.map(to)).collect();
    let parts = Mstl::new(periods).fit_with_gaps(&z)?;
    let seasons = parts.seasonal_forecast(horizon)?;
    let plain = parts.seasonally_adjusted();
    let plain: Vec<Option<f64>> =
        y.iter().zip(plain).map(|(v, plain)| v.map(|_| from(plain))).collect();
    let mut outlook = inner.outlook(&plain, horizon)?;
    for (mean, season) in outlook.mean.iter_mut().zip(&seasons) {
        *mean = if is_positive { *mean * season.exp() } else { *mean + season };
    }
    if is_positive && let Some(errors) = &mut outlook.standard_error {
        errors.iter_mut().zip(&seasons).for_each(|(error, season)| *error *= season.exp());
    }
    check::all_finite("y", &outlook.mean)?;
    Ok(outlook)
}
