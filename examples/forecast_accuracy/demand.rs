//! Intermittent demand: scaled errors, pinball losses and coverage of every method.

use crate::methods::{self, Demand};
use crate::options::Options;
use crate::plot;
use crate::shell::{Failure, say, wrong};
use crate::table;
use omnichannel::Period;
use omnichannel::forecast::eval::metrics;
use serde_json::{Value, json};
use std::path::Path;

/// The nine levels of the M5 uncertainty competition.
pub(crate) const LEVELS: [f64; 9] = [0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995];
/// Where the central 95 % begin and end among them.
const CENTRAL: (usize, usize) = (1, 7);

/// An article: its demand per period from `start` on, and what came after.
pub(crate) struct Article {
    pub(crate) id: String,
    pub(crate) start: i32,
    pub(crate) train: Vec<f64>,
    test: Vec<f64>,
}

/// The days since 1970 of the trading days, by their index.
pub(crate) fn calendar(path: &Path) -> Result<Vec<i32>, Failure> {
    let mut days = Vec::new();
    for [index, date] in table::read(path, ["index", "date"])? {
        let index: usize = table::whole(path, &index, "index", &index)?;
        let day = date
            .parse::<chrono::NaiveDate>()
            .map_err(|_| wrong(path, format!("row {index}: {date:?} is not a date")))?;
        if index != days.len() {
            return Err(wrong(path, format!("row {index} is not in its place")));
        }
        days.push(day.to_epoch_days());
    }
    Ok(days)
}

pub(crate) fn run(
    name: &str,
    path: &Path,
    calendar: Option<&[i32]>,
    options: &Options,
) -> Result<Vec<Value>, Failure> {
    let articles = read(path, options.horizon)?;
    let Some(horizon) = articles.first().map(|article| article.test.len()) else {
        return Ok(Vec::new());
    };
    say(&format!(
        "{:<20} {:<18} {:>7} {:>7} {:>7} {:>8} {:>7} {:>7} {:>8} {:>10}",
        name, "method", "MASE", "RMSSE", "wRMSSE", "bias", "SPL", "wSPL", "cover95", "ms/series"
    ))?;
    let period = if name == "retail" { Period::Day } else { Period::Month };
    let demand =
        Demand { articles: &articles, period, calendar, horizon, threads: options.threads };
    let mut rows = Vec::new();
    for method in methods::DEMAND.iter().filter(|method| options.wants(method)) {
        let forecast = demand.forecast(method, name)?;
        let scores = Scores::of(&articles, &forecast)?;
        let shown = |value: Option<f64>, width: usize| match value {
            Some(value) => format!("{value:>width$.4}"),
            None => format!("{:>width$}", "-"),
        };
        say(&format!(
            "{name:<20} {method:<18} {:>7.4} {:>7.4} {:>7.4} {:>+8.4} {} {} {} {:>10.4}{}",
            scores.mase,
            scores.rmsse,
            scores.weighted_rmsse,
            scores.bias,
            shown(scores.scaled_pinball, 7),
            shown(scores.weighted_scaled_pinball, 7),
            shown(scores.coverage, 8),
            forecast.milliseconds,
            fell_back(forecast.failed),
        ))?;
        rows.push(json!({
            "method": method, "n": articles.len(), "mase": scores.mase, "rmsse": scores.rmsse,
            "weighted_rmsse": scores.weighted_rmsse, "bias": scores.bias,
            "scaled_pinball": scores.scaled_pinball,
            "weighted_scaled_pinball": scores.weighted_scaled_pinball,
            "coverage95": scores.coverage, "ms_per_series": forecast.milliseconds,
            "fell_back_to_naive": forecast.failed,
        }));
        if *method == "auto" {
            for (index, article) in articles.iter().enumerate() {
                if options.plot_ids.contains(&article.id)
                    && let Some(fan) = forecast.quantiles.get(index)
                {
                    let fan: Vec<f64> = plot::of_levels(fan, &LEVELS);
                    plot::save(options, &article.id, &article.train, &article.test, &fan)?;
                }
            }
        }
    }
    Ok(rows)
}

fn fell_back(failed: usize) -> String {
    if failed > 0 { format!("   {failed} fell back to naive") } else { String::new() }
}

/// What a method forecast for every article.
pub(crate) struct Forecasts {
    /// Means, a row per article.
    pub(crate) mean: Vec<Vec<f64>>,
    /// Quantiles, a row per article, the levels of a step side by side; empty if there are none.
    pub(crate) quantiles: Vec<Vec<f64>>,
    pub(crate) milliseconds: f64,
    /// How many articles the method could not forecast; they got the naive forecast.
    pub(crate) failed: usize,
}

impl Forecasts {
    pub(crate) const fn new() -> Self {
        Self { mean: Vec::new(), quantiles: Vec::new(), milliseconds: 0.0, failed: 0 }
    }
}

struct Scores {
    mase: f64,
    rmsse: f64,
    weighted_rmsse: f64,
    bias: f64,
    scaled_pinball: Option<f64>,
    weighted_scaled_pinball: Option<f64>,
    coverage: Option<f64>,
}

impl Scores {
    /// Weights are the units of the last horizon of training.
    fn of(articles: &[Article], forecasts: &Forecasts) -> Result<Self, Failure> {
        let weights: Vec<f64> =
            articles.iter().map(|a| a.train.iter().rev().take(a.test.len()).sum()).collect();
        let weight: f64 = weights.iter().sum();
        let (mut mase, mut rmsse, mut weighted_rmsse, mut scaled) = (0.0, 0.0, 0.0, 0.0);
        let (mut error, mut actual) = (0.0, 0.0);
        let (mut loss, mut weighted_loss, mut coverage) = (0.0, 0.0, 0.0);
        for (index, article) in articles.iter().enumerate() {
            let mean = &forecasts.mean[index];
            error += mean.iter().sum::<f64>() - article.test.iter().sum::<f64>();
            actual += article.test.iter().sum::<f64>();
            let share = if weight > 0.0 { weights[index] / weight } else { 0.0 };
            let train = metrics::from_first_sale(&article.train);
            let train = if train.is_empty() { &article.train } else { train };
            let quantiles = forecasts.quantiles.get(index);
            if let Some(quantiles) = quantiles {
                let level = |l: usize| -> Vec<f64> {
                    quantiles.iter().skip(l).step_by(LEVELS.len()).copied().collect()
                };
                let (low, high) = (level(CENTRAL.0), level(CENTRAL.1));
                coverage += metrics::coverage(&article.test, &low, &high)?;
            }
            // A series that never changes has no scale.
            let Ok(a) = metrics::mase(&article.test, mean, train, 1) else { continue };
            let r = metrics::rmsse(&article.test, mean, train, 1)?;
            mase += a;
            rmsse += r;
            weighted_rmsse += share * r;
            scaled += 1.0;
            if let Some(quantiles) = quantiles {
                let mut sum = 0.0;
                for (l, level) in LEVELS.into_iter().enumerate() {
                    let of_level: Vec<f64> =
                        quantiles.iter().skip(l).step_by(LEVELS.len()).copied().collect();
                    sum += metrics::scaled_pinball(&article.test, &of_level, level, train)?;
                }
                loss += sum / LEVELS.len() as f64;
                weighted_loss += share * sum / LEVELS.len() as f64;
            }
        }
        let has_quantiles = !forecasts.quantiles.is_empty();
        let when = |value: f64| has_quantiles.then_some(value);
        let scaled = f64::max(scaled, 1.0);
        Ok(Self {
            mase: mase / scaled,
            rmsse: rmsse / scaled,
            weighted_rmsse,
            bias: if actual > 0.0 { error / actual } else { 0.0 },
            scaled_pinball: when(loss / scaled),
            weighted_scaled_pinball: when(weighted_loss),
            coverage: when(coverage / articles.len() as f64),
        })
    }
}

fn read(path: &Path, horizon: Option<usize>) -> Result<Vec<Article>, Failure> {
    let mut articles: Vec<Article> = Vec::new();
    for [id, start, h, y] in table::read(path, ["id", "start", "h", "y"])? {
        let h: usize = table::whole(path, &id, "h", &h)?;
        let start: i32 = table::whole(path, &id, "start", &start)?;
        let mut train = table::numbers(path, &id, &y)?;
        let ahead = horizon.unwrap_or(h);
        if ahead == 0 || train.len() <= ahead {
            let reason =
                format!("series {id:?} has {} values, {ahead} of them held out", train.len());
            return Err(wrong(path, reason));
        }
        if articles.first().is_some_and(|first| first.test.len() != ahead) {
            return Err(wrong(path, format!("series {id:?} has another horizon than the first")));
        }
        let test = train.split_off(train.len() - ahead);
        articles.push(Article { id, start, train, test });
    }
    Ok(articles)
}
