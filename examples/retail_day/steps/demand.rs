//! How much will be sold, and how far off such a forecast was before.

use super::{grouped, percent};
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::output::step;
use crate::report::Section;
use crate::shell::{Failure, write_csv};
use omnichannel::forecast::baseline::Naive;
use omnichannel::forecast::eval::Backtest;
use omnichannel::forecast::intermittent::{Croston, Tsb};
use omnichannel::forecast::smoothing::Ses;
use omnichannel::forecast::{EmpiricalQuantiles, Fan, Forecaster};
use omnichannel::{Demand, Panel, Period};
use std::path::Path;
use std::time::Instant;

/// Weeks forecast ahead.
pub(crate) const HORIZON: usize = 4;
/// The quantile levels: as likely above as below, and 19 weeks in 20.
pub(crate) const LEVELS: [f64; 2] = [0.5, 0.95];
/// Weeks of the past that the quantiles look at.
const WINDOW: usize = 26;
/// Weeks of the past against which the methods are tried.
const TRIED: usize = 8;

/// The demand by week and its forecast.
pub(crate) struct Outlook {
    pub(crate) panel: Panel,
    pub(crate) fan: Fan,
}

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

pub(crate) fn run(facts: &Facts, out: &Path) -> Result<(Outlook, Vec<Section>), Failure> {
    let started = Instant::now();
    let (panel, left_out) = weekly(facts)?;
    let fan =
        EmpiricalQuantiles::new(HORIZON).with_levels(&LEVELS).with_window(WINDOW).fit(&panel)?;
    let skipped = fan.skipped().count();

    let methods: [(&str, &dyn Forecaster); 4] = [
        ("last week again (naive)", &Naive),
        ("smoothing (SES)", &Ses::optimized()),
        ("Croston, corrected (SBA)", &Croston::sba(0.1)),
        ("chance times size (TSB)", &Tsb::new(0.1, 0.1)),
    ];
    let backtest = Backtest::new(1, TRIED).with_min_train(HORIZON);
    let mut errors = Vec::new();
    for (name, method) in methods {
        errors.push((name, backtest.run_panel(method, &panel)?.scores.mae));
    }
    let held = coverage(&panel)?;
    write(facts, &fan, out)?;

    let naive = errors[0].1;
    let best = errors.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(errors[0]);
    let error = if best.1 < naive {
        format!("error of {} {:.2} units a week, naive {naive:.2}", best.0, best.1)
    } else {
        format!("error of naive {naive:.2} units a week, no method beats it")
    };
    step(
        "forecast",
        &format!(
            "{} articles, {HORIZON} weeks ahead ({} too new); {error}{}",
            grouped(fan.quantiles.keys().len() as u64),
            grouped(skipped as u64),
            held.map_or_else(String::new, |share| {
                format!("; {} of weeks stayed below the 95 % line", percent(share))
            }),
        ),
        started,
    )?;

    let labels: Vec<String> = errors.iter().map(|e| e.0.to_owned()).collect();
    let values = errors.iter().map(|e| e.1).collect();
    let axes = Axes { x: "mean error, one week ahead (units per article and week)", y: "method" };
    let plot = charts::bars(&axes, &labels, &[Line { name: "error", from: 0, values }], "")?;
    let mut sections = vec![Section {
        title: "How far off the forecasts were".to_owned(),
        found: format!(
            "Each method was tried on the last {TRIED} weeks as if they were still to come. {} repeating \
             the last week was off by {naive:.2} units a week. {}",
            if best.1 < naive {
                format!("The best, {}, was off by {:.2}, ", best.0, best.1)
            } else {
                "None did better than ".to_owned()
            },
            held.map_or_else(String::new, |share| {
                format!("The 95 % line held in {} of the weeks.", percent(share))
            }),
        ),
        plot,
        advice: if best.1 < naive {
            format!("Plan with {}, and order by the 95 % line, not by the average.", best.0)
        } else {
            "Nothing beats repeating the last week here: collect more history before trusting a method."
                .to_owned()
        },
        table: None,
    }];
    sections.extend(fans(facts, &panel, &fan, left_out)?);
    Ok((Outlook { panel, fan }, sections))
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
    let fan =
        EmpiricalQuantiles::new(HORIZON).with_levels(&LEVELS).with_window(WINDOW).fit(&earlier)?;
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

fn write(facts: &Facts, fan: &Fan, out: &Path) -> Result<(), Failure> {
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
fn fans(facts: &Facts, panel: &Panel, fan: &Fan, left_out: usize) -> Result<Vec<Section>, Failure> {
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
        let labels: Vec<String> =
            (0..weeks).map(|w| Period::Week.label(first + w as i32)).collect();
        let of_level = |level: usize| -> Vec<f64> {
            (0..HORIZON).filter_map(|step| fan.quantiles.get(key, step).map(|q| q[level])).collect()
        };
        let ahead = history.len();
        let high = of_level(1);
        let most = high.iter().copied().fold(0.0, f64::max);
        let plot = charts::lines(
            &Axes { x: "week", y: "units per week" },
            &labels,
            &[
                Line { name: "sold", from: 0, values: history },
                Line { name: "as likely above as below", from: ahead, values: of_level(0) },
            ],
            Some(&Line { name: "19 weeks in 20 stay below", from: ahead, values: high }),
        )?;
        sections.push(Section {
            title: format!("What {} will sell", facts.name(key)),
            found: format!(
                "The next {HORIZON} weeks as the last {WINDOW} suggest. {left_out} sales of incomplete \
                 weeks at the ends of the data are left out."
            ),
            plot,
            advice: format!(
                "Be ready to sell {most:.0} a week; an order for the middle line runs out every other week."
            ),
            table: None,
        });
    }
    Ok(sections)
}
