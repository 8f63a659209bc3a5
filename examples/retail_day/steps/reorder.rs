//! What to order today.

use super::demand::{HORIZON, LEVELS};
use super::{counted, grouped};
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::output::step;
use crate::report::{Section, Table};
use crate::shell::{Failure, write_csv};
use omnichannel::forecast::auto::AutoFan;
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
/// Articles on the page.
const SHOWN: usize = 12;

pub(crate) fn run(
    facts: &Facts,
    fan: &AutoFan,
    on_shelf: Option<&BTreeMap<u32, i64>>,
    out: &Path,
) -> Result<Section, Failure> {
    let started = Instant::now();
    let title = "What to order today";
    let stock: Vec<StockPosition> = fan
        .quantiles
        .keys()
        .iter()
        .map(|&key| {
            let available = on_shelf.and_then(|shelf| shelf.get(&key)).copied().unwrap_or(0);
            StockPosition { key, available, incoming: 0 }
        })
        .collect();
    let plan = Replenish::new(SERVICE_LEVEL, LEAD_TIME, COVER).plan(&fan.quantiles, &stock)?;
    write_csv(
        &out.join("reorder.csv"),
        ["sku", "on_hand", "reorder_point", "order_qty", "why"],
        plan.iter().map(|line| {
            [
                facts.skus[line.key as usize].clone(),
                on_shelf.map_or_else(String::new, |_| line.position.to_string()),
                line.reorder_point.map_or_else(String::new, |r| r.to_string()),
                line.order_quantity.to_string(),
                why(line, on_shelf),
            ]
        }),
    )?;
    let mut orders: Vec<&Replenishment> = plan.iter().filter(|l| l.order_quantity > 0).collect();
    let units: i64 = orders.iter().map(|line| line.order_quantity).sum();
    let (articles, units) = (orders.len() as u64, units.unsigned_abs());
    let shelf = if on_shelf.is_some() { "" } else { " for an empty shelf" };
    step(
        "reorder",
        &format!(
            "{} of {} to order today{shelf}, {} in all",
            grouped(articles),
            counted(plan.len() as u64, "article"),
            counted(units, "unit"),
        ),
        started,
    )?;
    if plan.is_empty() {
        return Ok(Section::unanswered(
            title,
            "No article has been sold for enough whole weeks to say what the next ones will ask for.",
            "Order by experience until then, and come back.",
        ));
    }

    orders.sort_by_key(|line| (-line.order_quantity, line.key));
    orders.truncate(SHOWN);
    let plot =
        if orders.is_empty() { None } else { Some(plot(facts, &orders, on_shelf.is_some())?) };
    let (found, advice, today) = match on_shelf {
        Some(_) => (
            format!(
                "{} of {} would not last until the order after this one arrives.",
                grouped(articles),
                counted(plan.len() as u64, "article"),
            ),
            "Order these articles today, the largest orders first; reorder.csv has all of them with \
             the reason for each. Leave out what goes out of season: the forecast knows no season.",
            format!("Order {} ({} in all).", counted(articles, "article"), counted(units, "unit")),
        ),
        None => (
            "Nobody told this report what is on the shelf, so the orders are for an empty one."
                .to_owned(),
            "Take off what you have before you order, or give a count with --stock FILE; \
             reorder.csv has all articles. Leave out what goes out of season: the forecast knows \
             no season.",
            format!(
                "Count the shelf: the orders for {} below are for an empty one.",
                counted(articles, "article")
            ),
        ),
    };
    Ok(Section {
        title: title.to_owned(),
        found,
        plot,
        advice: if articles > 0 { advice } else { "Order nothing: everything lasts." }.to_owned(),
        today: (articles > 0).then_some(today),
        table: Some(Table {
            head: vec!["article", "order", "why"],
            rows: orders
                .iter()
                .map(|line| {
                    vec![
                        facts.name(line.key),
                        grouped(line.order_quantity.unsigned_abs()),
                        why(line, on_shelf),
                    ]
                })
                .collect(),
        })
        .filter(|table| !table.rows.is_empty()),
    })
}

fn plot(facts: &Facts, orders: &[&Replenishment], counted: bool) -> Result<String, Failure> {
    let names: Vec<String> = orders.iter().map(|line| facts.name(line.key)).collect();
    let same = shared_start(&names);
    let labels: Vec<String> = names.iter().map(|name| name[same..].to_owned()).collect();
    let bar = |name, of: fn(&Replenishment) -> i64| Line {
        name,
        from: 0,
        values: orders.iter().map(|line| of(line) as f64).collect(),
    };
    let needed = bar("needed until the order after this one arrives", |line| {
        line.reorder_point.unwrap_or(0)
    });
    if counted {
        let there = bar("on the shelf", |line| line.position.max(0));
        charts::bars(&Axes { x: "units", y: "article" }, &labels, &[there, needed], "")
    } else {
        let axes = Axes { x: "units needed until the order after this one arrives", y: "article" };
        charts::bars(&axes, &labels, &[needed], "")
    }
}

/// The decision for an article in the words of a shop.
fn why(line: &Replenishment, on_shelf: Option<&BTreeMap<u32, i64>>) -> String {
    let units = |count: i64| grouped(count.max(0).unsigned_abs());
    let needed = units(line.reorder_point.unwrap_or(0));
    let lasting = line.position.saturating_add(line.order_quantity);
    let more = format!(", and {} with the {COVER} weeks after it", units(lasting));
    let there = match on_shelf {
        None => "not counted".to_owned(),
        Some(shelf) if shelf.contains_key(&line.key) => format!("{} on the shelf", line.position),
        Some(_) => "not in the count, taken as none".to_owned(),
    };
    format!(
        "{there}; up to {needed} may be asked for before the next order comes{}",
        if line.order_quantity > 0 { &more } else { "" }
    )
}

/// How many bytes of whole words all names begin with, such as the name of a brand.
fn shared_start(names: &[String]) -> usize {
    let Some((first, others)) = names.split_first() else { return 0 };
    if others.is_empty() {
        return 0;
    }
    let is_shared = |end: &usize| others.iter().all(|name| name.starts_with(&first[..*end]));
    first.match_indices(' ').map(|(at, _)| at + 1).take_while(is_shared).last().unwrap_or(0)
}
