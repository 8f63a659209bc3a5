//! What each channel earned, month by month.

use super::{money, percent, units};
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::options::Failure;
use crate::output::step;
use crate::report::{Section, Table};
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
    step("revenue", &earned.join("; "), started);
    Ok(sections)
}

fn of_currency(facts: &Facts, sales: Sales<'_>) -> Result<(Section, String), Failure> {
    let table = Ledger::new(sales).table(Period::Month)?;
    let currency = table.currency;
    let first = table.by_period.first().map_or(0, |p| p.period);
    let last = table.by_period.last().map_or(first, |p| p.period);
    let months: Vec<String> = (first..=last).map(|m| Period::Month.label(m)).collect();
    let names: Vec<&str> =
        table.by_channel.iter().map(|c| facts.channels[c.channel as usize].as_str()).collect();
    let series: Vec<Line<'_>> = table
        .by_channel
        .iter()
        .zip(&names)
        .map(|(channel, name)| Line {
            name,
            from: 0,
            values: (first..=last)
                .map(|m| table.get(channel.channel, m).map_or(0, |kpi| kpi.net_revenue))
                .map(|minor| units(minor, currency))
                .collect(),
        })
        .collect();
    let plot = charts::lines(
        &Axes { x: "month", y: &format!("revenue after returns ({currency})") },
        &months,
        &series,
        None,
    )?;
    let rows = table
        .by_channel
        .iter()
        .zip(&names)
        .map(|(channel, name)| {
            let kpi = &channel.kpi;
            let average = kpi.average_order_value().unwrap_or(0.0).round() as i64;
            vec![
                (*name).to_owned(),
                kpi.orders.to_string(),
                money(kpi.net_revenue, currency),
                money(average, currency),
                kpi.return_rate_value().map_or_else(String::new, percent),
            ]
        })
        .collect();
    let best = table.by_period.iter().max_by_key(|p| (p.kpi.net_revenue, -p.period));
    let best = best.map_or_else(String::new, |p| Period::Month.label(p.period));
    let total = &table.total;
    let section = Section {
        title: format!("Revenue in {currency}"),
        found: format!(
            "{} orders brought {} after returns; the best month was {best}.",
            super::grouped(total.orders),
            money(total.net_revenue, currency),
        ),
        plot,
        advice: format!(
            "Have stock and staff ready before {best} comes round again; the last month shown may be incomplete."
        ),
        table: Some(Table {
            head: vec!["channel", "orders", "revenue", "average order", "returned"],
            rows,
        }),
    };
    let line = format!(
        "{} in {} months ({})",
        money(total.net_revenue, currency),
        months.len(),
        names.join(", ")
    );
    Ok((section, line))
}
