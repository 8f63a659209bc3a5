//! What each channel earned, month by month.

use super::{amount, counted, grouped, money, month, percent, units};
use crate::charts::{self, Axes, Line};
use crate::facts::{self, Facts};
use crate::net::Canceled;
use crate::output::step;
use crate::report::{Section, Table};
use crate::shell::Failure;
use omnichannel::metrics::Ledger;
use omnichannel::{Currency, Period, Sales};
use std::time::Instant;

/// Orders from which on months are compared.
const FEW: usize = 30;

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
    let labels: Vec<String> = (first..=last).map(month).collect();
    let name = |channel: u32| facts::channel(&facts.channels[channel as usize]);
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
    let plot = match labels.len() {
        // A single month is no course of anything.
        ..2 => None,
        _ => Some(charts::lines(&Axes { x: "month", y: &label }, &labels, &series, None)?),
    };

    let mut total = 0;
    let mut rows = Vec::new();
    for row in &table.by_channel {
        let back = row.kpi.returned_value + facts.loose(row.channel, currency, None);
        total += row.kpi.revenue - back;
        let average = row.kpi.average_order_value().unwrap_or(0.0).round() as i64;
        let share = if row.kpi.revenue > 0 { back as f64 / row.kpi.revenue as f64 } else { 0.0 };
        rows.push(vec![
            name(row.channel).to_owned(),
            grouped(row.kpi.orders),
            amount(row.kpi.revenue - back, currency),
            amount(average, currency),
            percent(share),
        ]);
    }
    let earned = |m: i32| table.by_channel.iter().map(|row| net(row.channel, m)).sum::<i64>();
    let best = (first..=last).max_by_key(|&m| (earned(m), -m)).unwrap_or(first);
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
            amount(undone, currency),
        ),
    };
    let names: Vec<&str> =
        table.by_channel.iter().map(|row| facts.channels[row.channel as usize].as_str()).collect();
    let cut_off: Vec<String> = [first, last]
        .into_iter()
        .filter(|&m| {
            Period::Month
                .days(m)
                .is_ok_and(|days| days.start < facts.first_day || days.end - 1 > facts.last_day)
        })
        .map(month)
        .collect();
    let cut_off = match cut_off.first() {
        Some(first) if labels.len() > 1 => match cut_off.get(1) {
            Some(last) => format!(" {first} and {last} are not whole."),
            None => format!(" {first} is not a whole month."),
        },
        _ => String::new(),
    };
    let section = Section {
        title: format!("Revenue in {currency}"),
        found: format!(
            "{} brought {} after returns; the best month was {} with {}.{cut_off}{left_out}",
            counted(table.total.orders, "order"),
            amount(total, currency),
            month(best),
            amount(earned(best), currency),
        ),
        plot,
        advice: advice(sales, currency, best, earned(best), labels.len()),
        table: Some(Table {
            head: vec!["channel", "orders", "revenue", "average order", "sent back"],
            rows,
        }),
        today: None,
    };
    let without = match undone {
        0 => String::new(),
        _ => format!(", without {} canceled later", money(undone, currency)),
    };
    let line = format!(
        "{} in {} ({}){without}",
        money(total, currency),
        counted(labels.len() as u64, "month"),
        names.join(", ")
    );
    Ok((section, line))
}

/// One order can make a month: then the month says nothing about the next one.
fn advice(sales: Sales<'_>, currency: Currency, best: i32, earned: i64, months: usize) -> String {
    if months < 2 || sales.len() < FEW {
        return "Come back when there are more orders and months: so few say nothing about the next."
            .to_owned();
    }
    let within = |row: &usize| Period::Month.index(sales.day()[*row]) == best;
    let largest = (0..sales.len())
        .filter(within)
        .map(|row| sales.revenue()[row] - sales.returned_value()[row])
        .max()
        .unwrap_or(0);
    let share = if earned > 0 { largest as f64 / earned as f64 } else { 0.0 };
    if share >= 0.2 {
        format!(
            "Ask who placed the order of {} whether to expect another before you stock up for the \
             next such month: it alone is {} of the best one.",
            amount(largest, currency),
            percent(share),
        )
    } else {
        format!(
            "Compare {} with the same month of another year before you call it a season; until \
             then have more stock and staff at hand for the next one, since no single order made \
             it.",
            month(best)
        )
    }
}
