//! How much will be sold, and how far off such a forecast was before.

use super::{counted, date, grouped, percent};
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::output::step;
use crate::report::Section;
use crate::shell::{Failure, write_csv};
use omnichannel::forecast::auto::{AutoFan, Method};
use omnichannel::forecast::baseline::Naive;
use omnichannel::forecast::eval::Backtest;
use omnichannel::forecast::intermittent::{Croston, Tsb};
use omnichannel::forecast::smoothing::Ses;
use omnichannel::forecast::{Auto, Forecaster};
use omnichannel::{Demand, Panel, Period};
use std::path::Path;
use std::time::Instant;

/// Weeks forecast ahead.
pub(crate) const HORIZON: usize = 4;
/// The quantile levels: as likely above as below, and 19 weeks in 20.
pub(crate) const LEVELS: [f64; 2] = [0.5, 0.95];
/// Weeks of the past by which the articles sold most are found.
const WINDOW: usize = 26;
/// Weeks of the past against which the methods are tried.
const TRIED: usize = 8;

/// Demand by whole weeks; rows of a week cut off by the ends of the data stay out.
fn weekly(facts: &Facts) -> Result<(Panel, usize), Failure> {
    let week = Period::Week;
    let mut start = week.start(week.index(facts.first_day))?;
    if start < facts.first_day {
        start += 7;
    }
    let end = week.start(week.index(facts.last_day + 1))?.max(start);
    let demand = facts.demand.view();
    let (mut key, mut day, mut units) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..demand.len() {
        if (start..end).contains(&demand.day()[row]) {
            key.push(demand.key()[row]);
            day.push(demand.day()[row]);
            units.push(demand.units()[row]);
        }
    }
    let left_out = demand.len() - key.len();
    Ok((Panel::from_demand(week, &Demand::new(&key, &day, &units)?, start..end)?, left_out))
}

pub(crate) fn run(facts: &Facts, out: &Path) -> Result<(AutoFan, Vec<Section>), Failure> {
    let started = Instant::now();
    let (panel, left_out) = weekly(facts)?;
    let fan = Auto::new(HORIZON).with_levels(&LEVELS).fit(&panel)?;
    let combined =
        fan.series.iter().filter(|one| matches!(one.method, Method::Combination { .. })).count();

    write(facts, &fan, out)?;
    let held = coverage(&panel)?;
    let trial = try_methods(&panel);
    let error = match &trial {
        None => "too little history to try the methods".to_owned(),
        Some(Trial { errors, naive, .. }) => match best_of(errors) {
            Some((name, error)) if error < *naive => {
                format!("error of {name} {error:.2} units a week, naive {naive:.2}")
            }
            _ => format!("error of naive {naive:.2} units a week, no method beats it"),
        },
    };
    step(
        "forecast",
        &format!(
            "{}, {HORIZON} weeks ahead ({} by a combination, the others by counts); {error}{}",
            counted(fan.quantiles.keys().len() as u64, "article"),
            grouped(combined as u64),
            held.map_or_else(String::new, |share| {
                format!(
                    "; {} of weeks stayed below the {:.0} % line",
                    percent(share),
                    100.0 * LEVELS[1]
                )
            }),
        ),
        started,
    )?;

    let mut sections = vec![match trial {
        Some(trial) => tried(&trial, held)?,
        None => Section::unanswered(
            "How far off the forecasts were",
            &format!(
                "To try a forecast, some article must have been sold for {} whole weeks; none has \
                 been so far.",
                HORIZON + TRIED
            ),
            "Order by experience until then, and come back.",
        ),
    }];
    sections.extend(fans(facts, &panel, &fan, left_out)?);
    Ok((fan, sections))
}

/// How the methods did on weeks that are known.
struct Trial {
    errors: Vec<(&'static str, f64)>,
    naive: f64,
    /// Units that an article sold in a week of the trial.
    mean: f64,
    articles: usize,
}

/// None if no article is old enough.
fn try_methods(panel: &Panel) -> Option<Trial> {
    let methods: [(&str, &dyn Forecaster); 4] = [
        ("as last week (naive)", &Naive),
        ("smoothed average (SES)", &Ses::optimized()),
        ("size over gap (Croston, SBA)", &Croston::sba(0.1)),
        ("chance times size (TSB)", &Tsb::new(0.1, 0.1)),
    ];
    let backtest = Backtest::new(1, TRIED).with_min_train(HORIZON);
    let mut errors = Vec::new();
    let (mut mean, mut articles) = (0.0, 0);
    for (name, method) in methods {
        let report = backtest.run_panel(method, panel).ok()?;
        (mean, articles) = (report.scores.mean_actual, report.series.len());
        errors.push((name, report.scores.mae));
    }
    let naive = errors.first()?.1;
    Some(Trial { errors, naive, mean, articles })
}

fn best_of(errors: &[(&'static str, f64)]) -> Option<(&'static str, f64)> {
    errors.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))
}

fn tried(trial: &Trial, held: Option<f64>) -> Result<Section, Failure> {
    let Trial { errors, naive, mean, articles } = trial;
    let labels: Vec<String> = errors.iter().map(|e| e.0.to_owned()).collect();
    let values = errors.iter().map(|e| e.1).collect();
    let axes =
        Axes { x: "mean error, one week ahead (units per article and week)", y: "way to forecast" };
    let plot = charts::bars(&axes, &labels, &[Line { name: "error", from: 0, values }], "")?;
    let best = match best_of(errors) {
        Some((name, error)) if error < *naive => {
            format!(
                "The best, the {name}, was off by {error:.2} units; “as last week” by {naive:.2}."
            )
        }
        _ => format!("None did better than “as last week”, which was off by {naive:.2} units."),
    };
    let rough = match best_of(errors) {
        Some((_, error)) if error > 0.75 * mean => {
            " That is about as much as is sold: single weeks cannot be foreseen, only how high they \
             may go."
        }
        _ => "",
    };
    let promised = LEVELS[1];
    let line = held.map_or_else(String::new, |share| {
        format!(
            " The orders below do not rest on one number but on the most that {:.0} of 100 weeks \
             ask for; over the last {HORIZON} weeks, {:.0} of 100 stayed below it.",
            100.0 * promised,
            100.0 * share
        )
    });
    let advice = match held {
        Some(share) if share < promised - 0.03 => {
            "Put something on top of the orders below for articles whose sales are rising: more \
             weeks than expected asked for more."
        }
        Some(_) => {
            "Order by the upper edge of the pale bands below, not by the average: it kept what it promised."
        }
        None => "Order by experience where the numbers below look odd: they are untried.",
    };
    Ok(Section {
        title: "How far off the forecasts were".to_owned(),
        found: format!(
            "Each way to forecast was tried on the last {TRIED} weeks as if they were still to come, \
             for {}; each sold {mean:.2} units in a week on average. {best}{rough}{line}",
            counted(*articles as u64, "article"),
        ),
        plot: Some(plot),
        advice: advice.to_owned(),
        table: None,
        today: None,
    })
}

/// The share of held-out weeks at or below the 95 % line: the last weeks of each series,
/// forecast from what came before them.
fn coverage(panel: &Panel) -> Result<Option<f64>, Failure> {
    let mut earlier = Panel::new(panel.period());
    for (key, series) in panel.iter() {
        if let Some(cut) = series.values.len().checked_sub(HORIZON).filter(|&cut| cut > 0) {
            earlier.push(key, series.first, &series.values[..cut])?;
        }
    }
    if earlier.is_empty() {
        return Ok(None);
    }
    let fan = Auto::new(HORIZON).with_levels(&LEVELS).fit(&earlier)?;
    let (mut below, mut all) = (0_u32, 0_u32);
    for &key in fan.quantiles.keys() {
        let Some(series) = panel.get(key) else { continue };
        let held_out = &series.values[series.values.len() - HORIZON..];
        for (step, actual) in held_out.iter().enumerate() {
            let Some(&[_, high]) = fan.quantiles.get(key, step) else { continue };
            below += u32::from(*actual <= high);
            all += 1;
        }
    }
    Ok((all > 0).then(|| f64::from(below) / f64::from(all)))
}

fn write(facts: &Facts, fan: &AutoFan, out: &Path) -> Result<(), Failure> {
    let rows = fan.quantiles.keys().iter().flat_map(|&key| {
        let next = facts.next_week();
        (0..HORIZON).filter_map(move |step| {
            let &[middle, high] = fan.quantiles.get(key, step)? else { return None };
            Some([
                facts.skus[key as usize].clone(),
                Period::Week.label(next + step as i32),
                middle.to_string(),
                high.to_string(),
            ])
        })
    });
    write_csv(&out.join("forecast.csv"), ["sku", "period", "q50", "q95"], rows)?;
    Ok(())
}

/// The fans of the two articles sold most.
fn fans(
    facts: &Facts,
    panel: &Panel,
    fan: &AutoFan,
    left_out: usize,
) -> Result<Vec<Section>, Failure> {
    let mut sold: Vec<(u32, f64)> = fan
        .quantiles
        .keys()
        .iter()
        .filter_map(|&key| panel.get(key).map(|s| (key, s.values.iter().rev().take(WINDOW).sum())))
        .collect();
    sold.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut sections = Vec::new();
    for &(key, _) in sold.iter().take(2) {
        let Some(series) = panel.get(key) else { continue };
        let from = series.values.len().saturating_sub(2 * WINDOW);
        let history = series.values[from..].to_vec();
        let first = series.first + from as i32;
        let weeks = history.len() + HORIZON;
        let labels: Vec<String> = (0..weeks)
            .map(|w| Period::Week.start(first + w as i32).map_or_else(|_| String::new(), date))
            .collect();
        let of_level = |level: usize| -> Vec<f64> {
            (0..HORIZON).filter_map(|step| fan.quantiles.get(key, step).map(|q| q[level])).collect()
        };
        let ahead = history.len();
        let high = of_level(1);
        let middle = of_level(0);
        let (Some(&usual), Some(&most)) = (middle.first(), high.first()) else { continue };
        let lasting = 20.0 * (1.0 - LEVELS[1]);
        let rising = rising(&series.values[from..]);
        let plot = charts::lines(
            &Axes { x: "week from", y: "units per week" },
            &labels,
            &[
                Line { name: "sold", from: 0, values: history },
                Line { name: "as likely above as below", from: ahead, values: middle },
            ],
            Some(&Line { name: "19 weeks in 20 stay below", from: ahead, values: high }),
        )?;
        sections.push(Section {
            title: format!("What to expect of {}", facts.name(key)),
            found: format!(
                "Units sold per week, and what the next {HORIZON} weeks are likely to bring. {} of \
                 weeks cut off by the ends of the data are left out.{}",
                counted(left_out as u64, "sale"),
                if rising {
                    " The last four weeks all sold more than usual; if that goes on, the forecast is too low."
                } else {
                    ""
                },
            ),
            plot: Some(plot),
            advice: if usual > 0.0 {
                format!(
                    "Expect about {} a week; with {} on the shelf at its start, {lasting:.0} week in 20 \
                     runs out.",
                    grouped(usual.round() as u64),
                    grouped(most.ceil() as u64),
                )
            } else {
                format!(
                    "Expect none in most weeks; with {} on the shelf at its start, {lasting:.0} week in \
                     20 runs out.",
                    grouped(most.ceil() as u64),
                )
            },
            table: None,
            today: None,
        });
    }
    Ok(sections)
}

/// Whether the last four weeks all sold more than the median week, and together half as much
/// again as the average.
fn rising(weeks: &[f64]) -> bool {
    let weeks = &weeks[weeks.len().saturating_sub(WINDOW)..];
    let Some((before, lately)) = weeks.split_at_checked(weeks.len().saturating_sub(4)) else {
        return false;
    };
    let mut sorted = before.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(&median) = sorted.get(sorted.len() / 2) else { return false };
    let mean = before.iter().sum::<f64>() / before.len() as f64;
    lately.iter().all(|&week| week > median) && lately.iter().sum::<f64>() > 1.5 * 4.0 * mean
}
