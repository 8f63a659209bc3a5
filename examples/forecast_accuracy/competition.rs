//! Competition series: sMAPE, MASE and OWA of every method, per group.

use crate::methods::{self, Seasons};
use crate::options::Options;
use crate::plot;
use crate::shell::{Failure, say, wrong};
use crate::table;
use crate::work::{each, timed};
use omnichannel::forecast::Forecaster;
use omnichannel::forecast::baseline::Naive2;
use omnichannel::forecast::eval::metrics;
use serde_json::{Value, json};
use std::path::Path;

/// A series and what came after it.
struct Series {
    group: String,
    id: String,
    /// The season of the scale of MASE.
    season: usize,
    train: Vec<f64>,
    test: Vec<f64>,
}

/// The errors of one forecast; MASE is not defined where the series never changes.
struct Errors {
    smape: f64,
    mase: Option<f64>,
}

pub(crate) fn run(path: &Path, options: &Options) -> Result<Vec<Value>, Failure> {
    let all = read(path, options.horizon)?;
    let mut groups: Vec<&str> = Vec::new();
    for series in &all {
        if !groups.contains(&series.group.as_str()) {
            groups.push(&series.group);
        }
    }
    say(&format!(
        "{:<14} {:<22} {:>5} {:>9} {:>8} {:>8} {:>12}",
        "group", "method", "n", "sMAPE", "MASE", "OWA", "ms/series"
    ))?;
    let mut rows = Vec::new();
    for group in groups {
        let series: Vec<&Series> = all.iter().filter(|s| s.group == group).collect();
        let naive = score(&series, options, group, "naive2")?;
        for name in methods::POINT.iter().filter(|name| options.wants(name)) {
            let tried = score(&series, options, group, name)?;
            let owa = tried.owa(&naive);
            say(&format!(
                "{group:<14} {name:<22} {:>5} {:>9.4} {:>8.4} {} {:>12.4}{}",
                series.len(),
                tried.smape,
                tried.mase,
                owa.map_or_else(|| format!("{:>8}", "-"), |owa| format!("{owa:>8.4}")),
                tried.milliseconds,
                match tried.failed {
                    0 => String::new(),
                    n => format!("   {n} fell back to naive2"),
                }
            ))?;
            rows.push(json!({
                "group": group, "method": name, "n": series.len(), "smape": tried.smape,
                "mase": tried.mase, "owa": owa, "ms_per_series": tried.milliseconds,
                "fell_back_to_naive2": tried.failed,
            }));
        }
    }
    for series in all.iter().filter(|series| options.plot_ids.contains(&series.id)) {
        let seasons = Seasons::of(&series.group, series.season);
        let fan = methods::fan(&series.train, series.test.len(), &seasons, &plot::LEVELS)?;
        plot::save(options, &series.id, &series.train, &series.test, &fan)?;
    }
    Ok(rows)
}

/// What a method scored on a group.
struct Tried {
    smape: f64,
    mase: f64,
    milliseconds: f64,
    failed: usize,
}

impl Tried {
    /// The mean of the two errors relative to Naive2; `None` where that makes none.
    fn owa(&self, naive: &Self) -> Option<f64> {
        let owa = f64::midpoint(self.smape / naive.smape, self.mase / naive.mase);
        owa.is_finite().then_some(owa)
    }
}

fn score(series: &[&Series], options: &Options, group: &str, name: &str) -> Result<Tried, Failure> {
    let title = format!("{group} {name}");
    let answers = each(&title, series.len(), options.threads, |index| {
        let series = series[index];
        let seasons = Seasons::of(group, series.season);
        let (forecast, milliseconds) =
            timed(|| methods::point(name, &seasons).forecast(&series.train, series.test.len()));
        let failed = forecast.is_err();
        let errors = forecast
            .or_else(|_| Naive2::new(series.season).forecast(&series.train, series.test.len()))
            .and_then(|forecast| errors(series, &forecast));
        (errors, milliseconds, failed)
    });
    let (mut smape, mut mase, mut scaled) = (0.0, 0.0, 0.0);
    let (mut milliseconds, mut failed) = (0.0, 0);
    for (errors, took, fell_back) in answers {
        let errors = errors?;
        smape += errors.smape;
        mase += errors.mase.unwrap_or(0.0);
        scaled += f64::from(errors.mase.is_some());
        milliseconds += took;
        failed += usize::from(fell_back);
    }
    let count = series.len() as f64;
    Ok(Tried {
        smape: smape / count,
        mase: if scaled > 0.0 { mase / scaled } else { 0.0 },
        milliseconds: milliseconds / count,
        failed,
    })
}

fn errors(series: &Series, forecast: &[f64]) -> Result<Errors, omnichannel::forecast::Error> {
    use omnichannel::forecast::Error;
    let Series { test, train, season, .. } = series;
    let mase = match metrics::mase(test, forecast, train, *season) {
        Err(Error::ZeroScale | Error::Data(_)) => None,
        other => Some(other?),
    };
    Ok(Errors { smape: metrics::smape(test, forecast)?, mase })
}

fn read(path: &Path, horizon: Option<usize>) -> Result<Vec<Series>, Failure> {
    let columns = ["group", "id", "season", "h", "n", "train", "test"];
    let mut all = Vec::new();
    for [group, id, season, h, n, train, test] in table::read(path, columns)? {
        let h: usize = table::whole(path, &id, "h", &h)?;
        let n: usize = table::whole(path, &id, "n", &n)?;
        let season: usize = table::whole(path, &id, "season", &season)?;
        let train = table::numbers(path, &id, &train)?;
        let mut test = table::numbers(path, &id, &test)?;
        let ahead = horizon.unwrap_or(h);
        if train.len() != n || train.is_empty() || season == 0 || test.len() < ahead || ahead == 0 {
            let reason = format!(
                "series {id:?} has {} training values (n {n}), {} test values (h {ahead}) and season {season}",
                train.len(),
                test.len()
            );
            return Err(wrong(path, reason));
        }
        test.truncate(ahead);
        all.push(Series { group, id, season, train, test });
    }
    Ok(all)
}
