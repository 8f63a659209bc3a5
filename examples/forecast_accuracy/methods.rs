//! The methods by name.

use crate::demand::{Article, Forecasts, LEVELS};
use crate::shell::Failure;
use crate::work::{each, timed};
use omnichannel::forecast::arima::AutoArima;
use omnichannel::forecast::baseline::{Average, Drift, Naive, Naive2, SeasonalNaive};
use omnichannel::forecast::ces::AutoCes;
use omnichannel::forecast::combine::{Combination, Combine};
use omnichannel::forecast::intermittent::{Adida, Croston, Imapa, Tsb};
use omnichannel::forecast::smoothing::{AutoEts, Ses};
use omnichannel::forecast::theta::{AutoTheta, Theta};
use omnichannel::forecast::{Auto, EmpiricalQuantiles, Forecaster};
use omnichannel::{Panel, Period, Quantiles};

/// Methods for competition series.
pub(crate) const POINT: &[&str] = &[
    "naive",
    "seasonal_naive",
    "naive2",
    "drift",
    "ses",
    "theta",
    "dot",
    "auto_theta",
    "auto_ces",
    "auto_ets",
    "auto_arima",
    "ets_arima_ces_dot",
    "auto",
];

/// Methods for intermittent demand.
pub(crate) const DEMAND: &[&str] = &[
    "naive",
    "window_average",
    "ses",
    "croston",
    "sba",
    "tsb",
    "adida",
    "imapa",
    "empirical",
    "empirical_decay",
    "auto",
];

/// Every name once.
pub(crate) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = POINT.iter().chain(DEMAND).copied().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The seasons of a series, shortest first.
///
/// The files give one season, that of the scale of MASE, which the competition sets to 1 for
/// weekly and daily series. How often a series is observed is in the name of its group, as a
/// shop knows it of its own series.
pub(crate) struct Seasons {
    periods: Vec<usize>,
    /// That of the scale of MASE, and of Naive2.
    scale: usize,
}

impl Seasons {
    pub(crate) fn of(group: &str, scale: usize) -> Self {
        let periods = match group {
            _ if group.contains("hourly") => vec![24, 168],
            _ if group.contains("daily") => vec![7],
            _ if group.contains("weekly") => vec![52],
            _ => vec![scale],
        };
        Self { periods, scale }
    }

    fn shortest(&self) -> usize {
        self.periods.first().copied().unwrap_or(1)
    }

    /// Smoothing and ARIMA model a season of up to 24 periods.
    fn modeled(&self) -> usize {
        Some(self.shortest()).filter(|period| *period <= 24).unwrap_or(1)
    }
}

/// A method for one series.
pub(crate) fn point(name: &str, seasons: &Seasons) -> Box<dyn Forecaster> {
    let (shortest, modeled) = (seasons.shortest(), seasons.modeled());
    let dot = Theta::dynamic_optimized().with_season(shortest);
    match name {
        "naive" => Box::new(Naive),
        "seasonal_naive" => Box::new(SeasonalNaive::new(shortest)),
        "naive2" => Box::new(Naive2::new(seasons.scale)),
        "drift" => Box::new(Drift),
        "ses" => Box::new(Ses::optimized()),
        "theta" => Box::new(Theta::standard().with_season(shortest)),
        "dot" => Box::new(dot),
        "auto_theta" => Box::new(AutoTheta::new(shortest)),
        "auto_ces" => Box::new(AutoCes::new(modeled)),
        "auto_ets" => Box::new(AutoEts::new(modeled)),
        "auto_arima" => Box::new(AutoArima::new(modeled)),
        "ets_arima_ces_dot" => Box::new(
            Combination::new(Combine::Mean)
                .with_member("ets", AutoEts::new(modeled))
                .with_member("arima", AutoArima::new(modeled))
                .with_member("ces", AutoCes::new(modeled))
                .with_member("dot", dot),
        ),
        _ => Box::new(Auto::new(1).with_seasonal_periods(&seasons.periods)),
    }
}

/// The quantiles that `auto` gives a series: per step the levels side by side.
pub(crate) fn fan(
    y: &[f64],
    horizon: usize,
    seasons: &Seasons,
    levels: &[f64],
) -> Result<Vec<f64>, Failure> {
    let auto = Auto::new(horizon).with_seasonal_periods(&seasons.periods);
    Ok(auto.fit_series(y)?.quantiles(levels)?)
}

/// The articles of a file, to be forecast together.
pub(crate) struct Demand<'a> {
    pub(crate) articles: &'a [Article],
    pub(crate) period: Period,
    /// The day of each period, where trading has gaps.
    pub(crate) calendar: Option<&'a [i32]>,
    pub(crate) horizon: usize,
    pub(crate) threads: usize,
}

impl Demand<'_> {
    pub(crate) fn forecast(&self, method: &str, name: &str) -> Result<Forecasts, Failure> {
        let empirical =
            EmpiricalQuantiles::new(self.horizon).with_levels(&LEVELS).with_min_windows(1);
        let point: &dyn Forecaster = match method {
            "naive" => &Naive,
            "window_average" => &Average::window(self.horizon),
            "ses" => &Ses::optimized(),
            "croston" => &Croston::new(0.1),
            "sba" => &Croston::sba(0.1),
            "tsb" => &Tsb::new(0.05, 0.05),
            "adida" => &Adida,
            "imapa" => &Imapa,
            "empirical" => return self.empirical(&empirical),
            "empirical_decay" => return self.empirical(&empirical.with_decay(0.05)),
            _ => return self.auto(),
        };
        self.each(point, &format!("{name} {method}"))
    }

    /// One article after the other.
    fn each(&self, method: &dyn Forecaster, title: &str) -> Result<Forecasts, Failure> {
        let answers = each(title, self.articles.len(), self.threads, |index| {
            timed(|| method.forecast(&self.articles[index].train, self.horizon))
        });
        let mut all = Forecasts::new();
        for ((forecast, took), article) in answers.into_iter().zip(self.articles) {
            all.milliseconds += took / self.articles.len() as f64;
            all.failed += usize::from(forecast.is_err());
            let forecast = forecast.or_else(|_| Naive.forecast(&article.train, self.horizon));
            all.mean.push(forecast?);
        }
        Ok(all)
    }

    /// The whole panel at once, as a nightly run has it.
    fn auto(&self) -> Result<Forecasts, Failure> {
        let panel = self.panel()?;
        let auto = Auto::new(self.horizon).with_levels(&LEVELS);
        let auto = match self.calendar {
            Some(days) => auto.with_calendar(0, days),
            None => auto,
        };
        let (fan, took) = timed(|| auto.fit(&panel));
        let fan = fan?;
        self.gathered(took, |key| {
            let mean = fan.mean(key)?.to_vec();
            Some((mean, self.steps(&fan.quantiles, key)?))
        })
    }

    fn empirical(&self, settings: &EmpiricalQuantiles) -> Result<Forecasts, Failure> {
        let panel = self.panel()?;
        let (fan, took) = timed(|| settings.fit(&panel));
        let fan = fan?;
        self.gathered(took, |key| {
            let series = panel.get(key)?;
            let mean = series.values.iter().sum::<f64>() / series.values.len() as f64;
            Some((vec![mean; self.horizon], self.steps(&fan.quantiles, key)?))
        })
    }

    /// The quantiles of all steps; `None` if the series has none.
    fn steps(&self, quantiles: &Quantiles, key: u32) -> Option<Vec<f64>> {
        let steps: Option<Vec<&[f64]>> =
            (0..self.horizon).map(|step| quantiles.get(key, step)).collect();
        Some(steps?.concat())
    }

    fn panel(&self) -> Result<Panel, Failure> {
        let mut panel = Panel::new(self.period);
        for (key, article) in (0..).zip(self.articles) {
            panel.push(key, article.start, &article.train)?;
        }
        Ok(panel)
    }

    /// One row per article from the forecast of a panel.
    fn gathered(
        &self,
        took: f64,
        row: impl Fn(u32) -> Option<(Vec<f64>, Vec<f64>)>,
    ) -> Result<Forecasts, Failure> {
        let mut all = Forecasts::new();
        all.milliseconds = took / self.articles.len() as f64;
        for (key, article) in (0..).zip(self.articles) {
            let row = row(key);
            all.failed += usize::from(row.is_none());
            let (mean, quantiles) = if let Some(row) = row {
                row
            } else {
                let mean = Naive.forecast(&article.train, self.horizon)?;
                let quantiles = mean.iter().flat_map(|mean| [*mean; LEVELS.len()]).collect();
                (mean, quantiles)
            };
            all.mean.push(mean);
            all.quantiles.push(quantiles);
        }
        Ok(all)
    }
}
