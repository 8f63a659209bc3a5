//! Forecasts of competition series and reconciliation, as `peers_forecast.py` has them.

use crate::{Measured, measure, unpacked};
use omnichannel::forecast::Forecaster;
use omnichannel::forecast::arima::AutoArima;
use omnichannel::forecast::ces::AutoCes;
use omnichannel::forecast::combine::{Combination, Combine};
use omnichannel::forecast::eval::metrics;
use omnichannel::forecast::hierarchy::{Covariance, Hierarchy, MinT};
use omnichannel::forecast::smoothing::AutoEts;
use omnichannel::forecast::theta::Theta;
use std::error::Error;

struct Series {
    season: usize,
    train: Vec<f64>,
    test: Vec<f64>,
}

/// The series of a group, in the order of the file.
fn group(text: &str, name: &str) -> Result<Vec<Series>, Box<dyn Error>> {
    let numbers = |field: Option<&&str>| -> Result<Vec<f64>, std::num::ParseFloatError> {
        field.unwrap_or(&"").split_whitespace().map(str::parse).collect()
    };
    let rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    rows.filter(|row| row.first() == Some(&name))
        .map(|row| {
            let season = row.get(2).unwrap_or(&"").parse()?;
            Ok(Series { season, train: numbers(row.get(5))?, test: numbers(row.get(6))? })
        })
        .collect()
}

/// The mean sMAPE of a method that is made for the season of each series.
fn smape(
    series: &[Series],
    method: &dyn Fn(usize) -> Box<dyn Forecaster>,
) -> Result<f64, Box<dyn Error>> {
    let mut sum = 0.0;
    for one in series {
        let forecast = method(one.season).forecast(&one.train, one.test.len())?;
        sum += metrics::smape(&one.test, &forecast)?;
    }
    Ok(sum / series.len() as f64)
}

/// Methods on monthly and hourly series.
pub(crate) fn point(path: &str) -> Result<Vec<Measured>, Box<dyn Error>> {
    let text = unpacked(path)?;
    let (monthly, hourly) = (group(&text, "m3_monthly")?, group(&text, "m4_hourly")?);
    let dot = |season| Theta::dynamic_optimized().with_season(season);
    let (few, days) = (&monthly[..30], &hourly[..15]);
    let task = |name: &str, series: &[Series], method: &dyn Fn(usize) -> Box<dyn Forecaster>| {
        measure(name, series.len(), "omni", 3, || smape(series, method))
    };
    Ok(vec![
        task("DOT, M3 monthly", &monthly, &|m| Box::new(dot(m)))?,
        task("AutoETS, M3 monthly", &monthly, &|m| Box::new(AutoEts::new(m)))?,
        task("AutoCES, M3 monthly", &monthly, &|m| Box::new(AutoCes::new(m)))?,
        task("AutoARIMA, M3 monthly", few, &|m| Box::new(AutoArima::new(m)))?,
        task("mean of ETS, ARIMA, CES and DOT", few, &|m| {
            let mean = Combination::new(Combine::Mean)
                .with_member("ets", AutoEts::new(m))
                .with_member("arima", AutoArima::new(m))
                .with_member("ces", AutoCes::new(m))
                .with_member("dot", dot(m));
            Box::new(mean)
        })?,
        task("AutoETS, M4 hourly", days, &|m| Box::new(AutoEts::new(m)))?,
    ])
}

/// 500 articles, grouped by the first two and three signs of their number.
pub(crate) fn reconciliation(path: &str) -> Result<Vec<Measured>, Box<dyn Error>> {
    let text = unpacked(path)?;
    let (mut ids, mut bottom) = (Vec::new(), Vec::new());
    for line in text.lines().skip(1) {
        let row: Vec<&str> = line.split(',').collect();
        let [id, _, _, y] = row.as_slice() else {
            return Err("four columns: see the usage".into());
        };
        let y: Vec<f64> = y.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        ids.push((*id).to_owned());
        bottom.push(y[y.len() - 128..y.len() - 28].to_vec());
    }
    let label = |signs: usize| -> Vec<u32> {
        let heads: Vec<&str> = ids.iter().map(|id| &id[..signs]).collect();
        let mut known = heads.clone();
        known.sort_unstable();
        known.dedup();
        heads.iter().map(|head| known.partition_point(|other| other < head) as u32).collect()
    };
    let (two, three) = (label(2), label(3));
    let hierarchy = Hierarchy::from_labels(&[("two", &two), ("three", &three)])?;
    let rows = hierarchy.rows();
    let mut y = vec![Vec::new(); rows];
    for day in 0..100 {
        let today: Vec<f64> = bottom.iter().map(|values| values[day]).collect();
        hierarchy.sum(&today)?.iter().zip(&mut y).for_each(|(value, row)| row.push(*value));
    }
    // Bottom forecasts look at 28 days, those above at 14, so they do not add up.
    let base: Vec<f64> = y
        .iter()
        .enumerate()
        .map(|(row, y)| {
            let days = if row < rows - bottom.len() { 14 } else { 28 };
            y[y.len() - days..].iter().sum::<f64>() / days as f64
        })
        .collect();
    let residuals: Vec<f64> =
        y.iter().flat_map(|y| y.windows(2).map(|pair| pair[1] - pair[0])).collect();
    let task = |name: &str, covariance, residuals: &[f64]| {
        measure(name, rows, "omni", 3, || {
            let fit = MinT::new(covariance).fit(&hierarchy, residuals)?;
            Ok(fit.reconcile(&base)?.values.iter().sum())
        })
    };
    Ok(vec![
        task("reconcile, structural weights", Covariance::Structural, &[])?,
        task("reconcile, MinT shrink", Covariance::Shrunk, &residuals)?,
    ])
}
