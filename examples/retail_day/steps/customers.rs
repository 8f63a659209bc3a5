//! Who comes back, and who needs what.

use super::{grouped, money, percent};
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::output::step;
use crate::report::{Section, Table};
use crate::shell::Failure;
use omnichannel::metrics::{Activity, Cohorts, Rfm};
use omnichannel::{Period, Purchases};
use std::time::Instant;

/// The most recent months shown as rows.
const COHORTS: usize = 13;

pub(crate) fn cohorts(facts: &Facts) -> Result<Section, Failure> {
    let started = Instant::now();
    let purchases = facts.most_purchases()?;
    let matrix = Cohorts::new(Period::Month, facts.last_day).fit(&purchases)?;
    let from = matrix.cohorts.len().saturating_sub(COHORTS);
    let shown = &matrix.cohorts[from..];
    let rows: Vec<String> = shown.iter().map(|c| Period::Month.label(c.first)).collect();
    let columns = shown.iter().map(|c| c.cells.len()).max().unwrap_or(0);
    let share: Vec<Vec<Option<f64>>> = shown
        .iter()
        .map(|cohort| (0..cohort.cells.len()).map(|age| cohort.retention(age)).collect())
        .collect();
    let axes = Axes { x: "months since the first purchase", y: "month of the first purchase" };
    let plot = charts::heat(&axes, &rows, columns, &share)?;

    let activity = Activity::since_first_purchase(&purchases, facts.last_day)?;
    let again = activity.range(1..=90)?;
    let rate = again.rate().map_or_else(|| "unknown".to_owned(), percent);
    step(
        "cohorts",
        &format!(
            "{} cohorts; {rate} of {} customers bought again within 90 days",
            matrix.cohorts.len(),
            grouped(again.cohort),
        ),
        started,
    )?;
    Ok(Section {
        title: "Who comes back".to_owned(),
        found: format!(
            "Of 100 customers who bought for the first time in a month, so many bought again 1, 2, 3 … \
             months later. {rate} bought again within 90 days of their first purchase \
             ({} customers could be watched that long; {} came too late for it).",
            grouped(again.cohort),
            grouped(again.censored),
        ),
        plot,
        advice:
            "Compare the rows from top to bottom: where a month starts paler than the one above \
                 it, its new customers were less worth winning; find out where they came from."
                .to_owned(),
        table: None,
    })
}

pub(crate) fn segments(facts: &Facts) -> Result<Section, Failure> {
    let started = Instant::now();
    let purchases: Purchases<'_> = facts.most_purchases()?;
    let table = Rfm::new(facts.last_day).fit(&purchases)?;
    let customers: u64 = table.segments.iter().map(|s| s.customers).sum();
    let spent: i64 = table.segments.iter().map(|s| s.monetary).sum();
    let share = |part: f64, whole: f64| if whole > 0.0 { 100.0 * part / whole } else { 0.0 };
    let labels: Vec<String> = table.segments.iter().map(|s| s.segment.to_string()).collect();
    let series = [
        Line {
            name: "of customers",
            from: 0,
            values: table
                .segments
                .iter()
                .map(|s| share(s.customers as f64, customers as f64))
                .collect(),
        },
        Line {
            name: "of revenue",
            from: 0,
            values: table.segments.iter().map(|s| share(s.monetary as f64, spent as f64)).collect(),
        },
    ];
    let axes = Axes { x: "share (%)", y: "segment" };
    let plot = charts::bars(&axes, &labels, &series, " %")?;
    let top = table.segments.iter().max_by_key(|s| s.monetary);
    let top_line = top.map_or_else(String::new, |s| {
        format!(
            "{}: {} of customers, {} of revenue",
            s.segment,
            percent(share(s.customers as f64, customers as f64) / 100.0),
            percent(share(s.monetary as f64, spent as f64) / 100.0),
        )
    });
    step("segments", &format!("{} customers; {top_line}", grouped(customers)), started)?;
    Ok(Section {
        title: "Which customers need what".to_owned(),
        found: format!(
            "{} customers by how lately, how often and for how much they bought. The largest: {top_line}.",
            grouped(customers),
        ),
        plot,
        advice:
            "Call the customers you cannot lose first, then those at risk: they used to buy much \
                 and have gone quiet."
                .to_owned(),
        table: Some(Table {
            head: vec!["segment", "customers", "spent", "what to do"],
            rows: table
                .segments
                .iter()
                .map(|s| {
                    vec![
                        s.segment.to_string(),
                        s.customers.to_string(),
                        money(s.monetary, table.currency),
                        s.segment.advice().to_owned(),
                    ]
                })
                .collect(),
        }),
    })
}
