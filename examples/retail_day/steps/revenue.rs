//! What each channel earned, month by month.

use super::{grouped, money, percent, units};
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::net::Canceled;
use crate::output::step;
use crate::report::{Section, Table};
use crate::shell::Failure;
use omnichannel::metrics::Ledger;
use omnichannel::{Period, Sales};
use std::time::Instant;

pub(crate) fn run(facts: &Facts) -> Result<Vec<Section>, Failure> {
    let started = Instant::now();
    let mut sections = Vec::new();
    let mut earned = Vec::new();
    // Currencies are never added up: each has a plot of its own.
    for sales in &facts.sales {
        let (section, total) = of_currency(facts, sales.view())?;
        sections.push(section);
        earned.push(total);
    }
    step("revenue", &earned.join("; "), started)?;
    Ok(sections)
}

fn of_currency(facts: &Facts, sales: Sales<'_>) -> Result<(Section, String), Failure> {
    let table = Ledger::new(sales).table(Period::Month)?;
    let currency = table.currency;
    let first = table.by_period.first().map_or(0, |p| p.period);
    let last = table.by_period.last().map_or(first, |p| p.period);
    let labels: Vec<String> = (first..=last).map(|m| Period::Month.label(m)).collect();
    let name = |channel: u32| facts.channels[channel as usize].as_str();
    let net = |channel: u32, month: i32| {
        let sold = table.get(channel, month).map_or(0, |kpi| kpi.net_revenue);
        sold - facts.loose(channel, currency, Some(month))
    };
    let series: Vec<Line<'_>> = table
        .by_channel
        .iter()
        .map(|row| Line {
            name: name(row.channel),
            from: 0,
            values: (first..=last).map(|m| units(net(row.channel, m), currency)).collect(),
        })
        .collect();
    let label = format!("revenue after returns ({currency})");
    let plot = charts::lines(&Axes { x: "month", y: &label }, &labels, &series, None)?;

    let mut total = 0;
    let mut rows = Vec::new();
    for row in &table.by_channel {
        let back = row.kpi.returned_value + facts.loose(row.channel, currency, None);
        total += row.kpi.revenue - back;
        let average = row.kpi.average_order_value().unwrap_or(0.0).round() as i64;
        let share = if row.kpi.revenue > 0 { back as f64 / row.kpi.revenue as f64 } else { 0.0 };
        rows.push(vec![
            name(row.channel).to_owned(),
            row.kpi.orders.to_string(),
            money(row.kpi.revenue - back, currency),
            money(average, currency),
            percent(share),
        ]);
    }
    let month = |m: i32| table.by_channel.iter().map(|row| net(row.channel, m)).sum::<i64>();
    let best = (first..=last).max_by_key(|&m| (month(m), -m)).unwrap_or(first);
    let best = Period::Month.label(best);
    let canceled: Vec<&Canceled> =
        facts.canceled.iter().filter(|c| c.amount.currency() == currency).collect();
    let undone: i64 = canceled.iter().map(|c| c.amount.minor()).sum();
    let units_undone: u64 = canceled.iter().map(|c| u64::from(c.units)).sum();
    let left_out = match canceled.len() as u64 {
        0 => String::new(),
        count => format!(
            " Sale lines canceled later ({}, {} units, {}) count nowhere in this report.",
            grouped(count),
            grouped(units_undone),
            money(undone, currency),
        ),
    };
    let names: Vec<&str> = series.iter().map(|line| line.name).collect();
    let section = Section {
        title: format!("Revenue in {currency}"),
        found: format!(
            "{} orders brought {} after returns; the best month was {best}.{left_out}",
            grouped(table.total.orders),
            money(total, currency),
        ),
        plot,
        advice: format!(
            "Have stock and staff ready a year after {best}; the first and the last month may be \
             incomplete."
        ),
        table: Some(Table {
            head: vec!["channel", "orders", "revenue", "average order", "sent back"],
            rows,
        }),
    };
    let without = match undone {
        0 => String::new(),
        _ => format!(", without {} canceled later", money(undone, currency)),
    };
    let line = format!(
        "{} in {} months ({}){without}",
        money(total, currency),
        labels.len(),
        names.join(", ")
    );
    Ok((section, line))
}
