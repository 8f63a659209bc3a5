//! One day of retail: raw channel exports in, decisions and a report out.
//!
//! ```text
//! cargo run --release --example retail_day
//! cargo run --release --example retail_day -- --online-retail FILE.csv.gz --stock STOCK.csv --out DIR
//! ```
//!
//! `facts` turns exports into columns, each file of `steps` answers one question from
//! them, `report` puts the answers on a page.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "not library code"
)]

mod charts;
mod facts;
mod net;
mod options;
mod output;
mod report;
#[path = "../shell/mod.rs"]
mod shell;
mod steps;

use options::Options;
use shell::{Failure, say, wrong};
use std::fs;
use std::process::ExitCode;
use std::time::Instant;
use steps::{customers, date, demand, intake, list, recommend, reorder, revenue};

fn main() -> ExitCode {
    shell::exit("retail_day", options::parse().and_then(|options| run(&options)))
}

fn run(options: &Options) -> Result<(), Failure> {
    if options.help {
        return say(options::USAGE);
    }
    let started = Instant::now();
    let facts = facts::read(options)?;
    let out = &options.out;
    shell::folder(out)?;
    let counted = facts::stock(options, &facts)?;

    let mut sections = vec![intake::run(&facts, out, started)?];
    sections.extend(revenue::run(&facts)?);
    sections.push(customers::cohorts(&facts)?);
    sections.push(customers::segments(&facts)?);
    let (fan, forecasts) = demand::run(&facts, out)?;
    sections.extend(forecasts);
    sections.push(reorder::run(&facts, &fan, counted.as_ref(), out)?);
    sections.push(recommend::run(&facts, out)?);

    let channels: Vec<&str> =
        facts.channels.iter().map(|channel| facts::channel(channel)).collect();
    let page = report::page(
        "A day of retail",
        &format!(
            "Sales from {} to {}: {}.",
            date(facts.first_day),
            date(facts.last_day),
            list(&channels)
        ),
        &sections,
        &assumptions(),
    );
    let path = out.join("report.html");
    fs::write(&path, page).map_err(|error| wrong(&path, error))?;
    let found = format!("{} and four lists beside it", path.display());
    say(&format!("{:<10} {found}  [{:.2} s in all]", "report", started.elapsed().as_secs_f64()))
}

fn assumptions() -> Vec<String> {
    vec![
        "Days begin at midnight in London. Amounts of different currencies are never added up."
            .to_owned(),
        "One person counts once, whichever channel they bought in, as far as name, address, \
         e-mail, telephone and card tell."
            .to_owned(),
        format!(
            "An order arrives {} week after it is placed, orders are placed once a week, and an \
             order lasts {} weeks beyond the next one. Stock lasts that long in {:.0} of 100 cases.",
            reorder::LEAD_TIME,
            reorder::COVER,
            100.0 * reorder::SERVICE_LEVEL
        ),
        "Forecasts look at whole weeks and know neither seasons nor promotions nor stock-outs: \
         an empty shelf looks like a customer who stayed away."
            .to_owned(),
        "A sale that was canceled later counts nowhere, as if it had never been. A cancellation \
         that fits no sale, such as one of a part of it, lowers the revenue of its own month only."
            .to_owned(),
    ]
}
