//! Who comes back, and who needs what.

use super::{amount, counted, grouped, list, month, percent};
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::output::step;
use crate::report::{Section, Table};
use crate::shell::Failure;
use omnichannel::metrics::rfm::Segment;
use omnichannel::metrics::{Activity, Cohorts, Rfm};
use omnichannel::numeric::quantile::{QuantileType, quantile};
use omnichannel::{Period, Purchases};
use std::collections::BTreeMap;
use std::time::Instant;

/// The most recent months shown as rows.
const COHORTS: usize = 13;
/// Customers to call by name.
const NAMED: usize = 5;
/// Customers who came back from which on a typical time between purchases is told.
const RETURNED: usize = 10;

pub(crate) const NOBODY: &str = "No sale names its customer.";
pub(crate) const ASK: &str = "Give customers a reason to say who they are, such as a card, a receipt by \
                   e-mail or an account.";

pub(crate) fn cohorts(facts: &Facts) -> Result<Section, Failure> {
    let started = Instant::now();
    let title = "Who comes back";
    let Some(purchases) = facts.most_purchases() else {
        step("cohorts", "no sale names its customer", started)?;
        return Ok(Section::unanswered(title, NOBODY, ASK));
    };
    let who = facts.paying_in(purchases.currency());
    let matrix = Cohorts::new(Period::Month, facts.last_day).fit(&purchases)?;
    // A month of which no later month is over yet has nothing to show.
    let watched: Vec<_> = matrix.cohorts.iter().filter(|c| c.cells.len() > 1).collect();
    let shown = &watched[watched.len().saturating_sub(COHORTS)..];
    let rows: Vec<String> = shown
        .iter()
        .map(|c| format!("{} ({})", month(c.first), counted(c.customers(), "customer")))
        .collect();
    let columns = shown.iter().map(|c| c.cells.len() - 1).max().unwrap_or(0);
    let share: Vec<Vec<Option<f64>>> = shown
        .iter()
        .map(|cohort| (1..cohort.cells.len()).map(|age| cohort.retention(age)).collect())
        .collect();
    let axes = Axes { x: "months since the first purchase", y: "month of the first purchase" };
    let plot =
        if shown.is_empty() { None } else { Some(charts::heat(&axes, &rows, columns, &share)?) };

    let activity = Activity::since_first_purchase(&purchases, facts.last_day)?;
    let again = activity.range(1..=90)?;
    let rate = again.rate().map_or_else(|| "unknown".to_owned(), percent);
    step(
        "cohorts",
        &format!(
            "{}; {rate} of {} bought again within 90 days",
            counted(matrix.cohorts.len() as u64, "cohort"),
            counted(again.cohort, "customer"),
        ),
        started,
    )?;
    let within = match again.rate() {
        None => "Nobody can be watched for 90 days after a first purchase yet.".to_owned(),
        Some(rate) => format!(
            "{} of {} {who} bought again within 90 days of their first purchase; {} more came too \
             lately to tell.",
            percent(rate),
            grouped(again.cohort),
            grouped(again.censored),
        ),
    };
    let explained = match plot {
        None => String::new(),
        Some(_) => " The plot: of 100 customers who first bought in a month, so many bought again \
                    in the first, second, third … month after it. In the first row may stand old \
                    customers too, who bought before the data begins."
            .to_owned(),
    };
    let advice = match days_to_second(&purchases) {
        days if days.len() < RETURNED => {
            "Collect more: too few customers came back so far to say when to write to them."
                .to_owned()
        }
        days => {
            let half = quantile(&days, 0.5, QuantileType::Linear)?;
            format!(
                "Write to new customers before day {half:.0} after their first purchase: of the {} \
                 who came back, half had done so by then.",
                grouped(days.len() as u64)
            )
        }
    };
    Ok(Section {
        title: title.to_owned(),
        found: format!("{within}{explained}"),
        plot,
        advice,
        table: None,
        today: None,
    })
}

/// Days from the first to the second day with a purchase, of each customer who has one; days,
/// ascending.
fn days_to_second(purchases: &Purchases<'_>) -> Vec<f64> {
    let mut first_two = BTreeMap::<u32, (i32, Option<i32>)>::new();
    for (&customer, &day) in purchases.customer().iter().zip(purchases.day()) {
        let (first, second) = first_two.entry(customer).or_insert((day, None));
        if day < *first {
            *second = Some(*first);
            *first = day;
        } else if day > *first && second.is_none_or(|second| day < second) {
            *second = Some(day);
        }
    }
    let mut days: Vec<f64> = first_two
        .into_values()
        .filter_map(|(first, second)| Some(f64::from(second?) - f64::from(first)))
        .collect();
    days.sort_by(f64::total_cmp);
    days
}

pub(crate) fn segments(facts: &Facts) -> Result<Section, Failure> {
    let started = Instant::now();
    let title = "Which customers need what";
    let Some(purchases) = facts.most_purchases() else {
        step("segments", "no sale names its customer", started)?;
        return Ok(Section::unanswered(title, NOBODY, ASK));
    };
    let who = facts.paying_in(purchases.currency());
    let table = Rfm::new(facts.last_day).fit(&purchases)?;
    let customers: u64 = table.segments.iter().map(|s| s.customers).sum();
    let spent: i64 = table.segments.iter().map(|s| s.monetary).sum();
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let of_customers = |count: u64| share(count as f64, customers as f64);
    let of_revenue = |minor: i64| share(minor as f64, spent as f64);
    let held: Vec<_> = table.segments.iter().filter(|s| s.customers > 0).collect();
    let labels: Vec<String> = held.iter().map(|s| s.segment.to_string()).collect();
    let series = [
        Line {
            name: "of customers",
            from: 0,
            values: held.iter().map(|s| (100.0 * of_customers(s.customers)).round()).collect(),
        },
        Line {
            name: "of revenue",
            from: 0,
            values: held.iter().map(|s| (100.0 * of_revenue(s.monetary)).round()).collect(),
        },
    ];
    let axes = Axes { x: "share (%)", y: "group" };
    let plot = charts::bars(&axes, &labels, &series, " %")?;
    let top = held.iter().max_by_key(|s| s.monetary);
    let top_line = top.map_or_else(String::new, |s| {
        format!(
            "{}: {} of customers, {} of revenue",
            s.segment,
            percent(of_customers(s.customers)),
            percent(of_revenue(s.monetary)),
        )
    });
    step("segments", &format!("{}; {top_line}", counted(customers, "customer")), started)?;

    let quiet = |segment: Segment| held.iter().find(|s| s.segment == segment);
    let lost = [quiet(Segment::CannotLose), quiet(Segment::AtRisk)];
    let names: Vec<String> = lost
        .into_iter()
        .flatten()
        .map(|s| {
            let paid = amount(s.monetary, table.currency);
            format!("the {} in “{}” ({paid} so far)", grouped(s.customers), s.segment)
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let advice = if names.is_empty() {
        "Do for each group what its line says; none of those who bought often has gone quiet."
            .to_owned()
    } else {
        format!("Speak to {} first: they bought often and have gone quiet.", names.join(", then "))
    };
    Ok(Section {
        title: title.to_owned(),
        found: format!(
            "{} {who}, put into groups by how lately and how often they bought, compared with \
             each other. The group that brings most is {top_line}.",
            grouped(customers),
        ),
        plot: Some(plot),
        today: lost[0].map(|_| {
            let mut dear: Vec<_> = table
                .customers
                .iter()
                .filter(|customer| customer.segment() == Segment::CannotLose)
                .collect();
            dear.sort_by_key(|customer| (-customer.monetary, customer.customer));
            let shown = &dear[..dear.len().min(NAMED)];
            let mut names: Vec<String> =
                shown.iter().map(|customer| facts.customer_name(customer.customer)).collect();
            if dear.len() > NAMED {
                names.push(format!("{} more", dear.len() - NAMED));
            }
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("Call {}: they bought most often and have gone quiet.", list(&names))
        }),
        advice,
        table: Some(Table {
            head: vec!["group", "who they are", "customers", "spent", "what to do"],
            rows: held
                .iter()
                .map(|s| {
                    vec![
                        s.segment.to_string(),
                        who_they_are(s.segment).to_owned(),
                        grouped(s.customers),
                        amount(s.monetary, table.currency),
                        s.segment.advice().to_owned(),
                    ]
                })
                .collect(),
        }),
    })
}

fn who_they_are(segment: Segment) -> &'static str {
    match segment {
        Segment::Champions => "bought just now, and often",
        Segment::Loyal => "buy often, not long ago",
        Segment::PotentialLoyalists => "bought lately, more than once",
        Segment::New => "bought just now, seldom before",
        Segment::Promising => "bought lately, but seldom",
        Segment::NeedAttention => "in the middle of everything",
        Segment::AboutToSleep => "bought seldom, a while ago",
        Segment::CannotLose => "bought most often, but long ago",
        Segment::AtRisk => "bought often, but long ago",
        Segment::Hibernating => "bought seldom, and long ago",
    }
}
