//! How good the forecasts are, measured on series whose future is known.
//!
//! ```text
//! cargo run --release --example forecast_accuracy -- --series FILE [--retail FILE --calendar FILE]
//!     [--monthly-intermittent FILE] [--methods a,b,..] [--threads N] [--h H] --json OUT
//!     [--plot DIR --plot-ids a,b]
//! ```
//!
//! Competition series (`group,id,season,h,n,train,test`) are scored by sMAPE, MASE and OWA
//! beside Naive2, intermittent demand (`id,start,h,y`, the last `h` values held out) by
//! scaled errors, pinball losses and coverage. A method never sees a held-out value.

mod competition;
mod demand;
mod methods;
mod options;
mod plot;
#[path = "../shell/mod.rs"]
mod shell;
mod table;
mod work;

use serde_json::json;
use shell::{Failure, say, wrong};
use std::process::ExitCode;

fn main() -> ExitCode {
    shell::exit("forecast_accuracy", options::parse().and_then(|o| o.map_or(Ok(()), |o| run(&o))))
}

fn run(options: &options::Options) -> Result<(), Failure> {
    let groups = match &options.series {
        Some(path) => competition::run(path, options)?,
        None => Vec::new(),
    };
    let calendar = options.calendar.as_deref().map(demand::calendar).transpose()?;
    let retail = match &options.retail {
        Some(path) => demand::run("retail", path, calendar.as_deref(), options)?,
        None => Vec::new(),
    };
    let monthly = match &options.monthly_intermittent {
        Some(path) => demand::run("monthly_intermittent", path, None, options)?,
        None => Vec::new(),
    };
    let all = json!({ "groups": groups, "retail": retail, "monthly_intermittent": monthly });
    std::fs::write(&options.json, format!("{all:#}\n")).map_err(|e| wrong(&options.json, e))?;
    say(&format!("written: {}", options.json.display()))
}
