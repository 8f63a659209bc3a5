//! What to order today.

use super::demand::{HORIZON, LEVELS, Outlook};
use super::grouped;
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::output::step;
use crate::report::{Section, Table};
use crate::shell::{Failure, write_csv};
use omnichannel::inventory::{Replenish, Replenishment, StockPosition};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// Weeks from order to delivery.
pub(crate) const LEAD_TIME: usize = 1;
/// Weeks that an order should last beyond the next one.
pub(crate) const COVER: usize = HORIZON - LEAD_TIME - 1;
/// The chance that stock lasts.
pub(crate) const SERVICE_LEVEL: f64 = LEVELS[1];
/// Weeks of average sales taken to lie on the shelf where nobody counted.
pub(crate) const ASSUMED_WEEKS: f64 = 2.0;

pub(crate) fn run(
    facts: &Facts,
    outlook: &Outlook,
    counted: Option<&BTreeMap<u32, i64>>,
    out: &Path,
) -> Result<Section, Failure> {
    let started = Instant::now();
    let stock: Vec<StockPosition> = outlook
        .fan
        .quantiles
        .keys()
        .iter()
        .map(|&key| {
            let available = match counted {
                Some(counted) => counted.get(&key).copied().unwrap_or(0),
                None => assumed(outlook, key),
            };
            StockPosition { key, available, incoming: 0 }
        })
        .collect();
    let plan =
        Replenish::new(SERVICE_LEVEL, LEAD_TIME, COVER).plan(&outlook.fan.quantiles, &stock)?;
    write_csv(
        &out.join("reorder.csv"),
        ["sku", "on_hand", "reorder_point", "order_qty", "why"],
        plan.iter().map(|line| {
            [
                facts.skus[line.key as usize].clone(),
                line.position.to_string(),
                line.reorder_point.map_or_else(String::new, |r| r.to_string()),
                line.order_quantity.to_string(),
                line.to_string(),
            ]
        }),
    )?;
    let mut orders: Vec<&Replenishment> = plan.iter().filter(|l| l.order_quantity > 0).collect();
    let units: i64 = orders.iter().map(|line| line.order_quantity).sum();
    step(
        "reorder",
        &format!(
            "{} of {} articles to order today, {} units in all",
            grouped(orders.len() as u64),
            grouped(plan.len() as u64),
            grouped(units.unsigned_abs()),
        ),
        started,
    )?;

    orders.sort_by_key(|line| (-line.order_quantity, line.key));
    orders.truncate(12);
    let labels: Vec<String> = orders.iter().map(|line| facts.name(line.key)).collect();
    let series = [
        Line {
            name: "on hand",
            from: 0,
            values: orders.iter().map(|line| line.position.max(0) as f64).collect(),
        },
        Line {
            name: "reorder point",
            from: 0,
            values: orders.iter().map(|line| line.reorder_point.unwrap_or(0) as f64).collect(),
        },
    ];
    let axes = Axes { x: "units", y: "article" };
    let plot = charts::bars(&axes, &labels, &series, "")?;
    let source = match counted {
        Some(_) => "The stock is the counted one.".to_owned(),
        None => format!(
            "The exports say nothing about stock, so {ASSUMED_WEEKS} weeks of average sales are taken to lie on \
             the shelf: give the count with --stock."
        ),
    };
    Ok(Section {
        title: "What to order today".to_owned(),
        found: format!(
            "{} articles would not last until the order after the next one arrives. {source}",
            grouped(plan.iter().filter(|l| l.order_quantity > 0).count() as u64),
        ),
        plot,
        advice:
            "Order the articles of this list today; the whole list with the reason for each is \
                 in reorder.csv."
                .to_owned(),
        table: Some(Table {
            head: vec!["article", "order", "why"],
            rows: orders
                .iter()
                .map(|line| {
                    vec![facts.name(line.key), line.order_quantity.to_string(), line.to_string()]
                })
                .collect(),
        }),
    })
}

/// Some weeks of average sales, in whole units.
fn assumed(outlook: &Outlook, key: u32) -> i64 {
    let Some(series) = outlook.panel.get(key).filter(|series| !series.values.is_empty()) else {
        return 0;
    };
    let recent = &series.values[series.values.len().saturating_sub(26)..];
    let mean = recent.iter().sum::<f64>() / recent.len() as f64;
    (ASSUMED_WEEKS * mean).round() as i64
}
