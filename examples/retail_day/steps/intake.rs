//! What came in, and what was turned away and why.

use super::grouped;
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::output::step;
use crate::report::{Section, Table};
use crate::shell::{Failure, write_csv};
use std::path::Path;
use std::time::Instant;

pub(crate) fn run(facts: &Facts, out: &Path, started: Instant) -> Result<Section, Failure> {
    write_csv(
        &out.join("rejects.csv"),
        ["file", "record", "column", "rule", "raw"],
        facts.rejects.iter().map(|r| {
            [r.file.clone(), r.record.to_string(), r.column.clone(), r.rule.clone(), r.raw.clone()]
        }),
    )?;
    let fates = facts.fates();
    let (taken, total) = facts.taken();
    let main: Vec<String> =
        fates.iter().take(3).map(|(fate, count)| format!("{} {fate}", grouped(*count))).collect();
    let found = format!(
        "{} of {} records taken; not taken: {}",
        grouped(taken),
        grouped(total),
        main.join(", ")
    );
    step("intake", &found, started)?;
    let (labels, values): (Vec<String>, Vec<f64>) =
        fates.into_iter().map(|(fate, count)| (fate, count as f64)).unzip();
    let axes = Axes { x: "records", y: "why not taken" };
    let plot = charts::bars(&axes, &labels, &[Line { name: "records", from: 0, values }], "")?;
    let rows = facts.intake.iter().map(|file| {
        let account = &file.account;
        vec![
            file.name.clone(),
            grouped(account.records),
            grouped(account.accepted),
            grouped(account.repaired),
            grouped(account.duplicates + account.copies),
            grouped(account.refunds),
            grouped(account.rejected_total()),
        ]
    });
    Ok(Section {
        title: "What came in".to_owned(),
        found: format!(
            "{} of {} records were taken, {} of them after a repair. The plot says why the others were not; \
             each rejected one is in rejects.csv.",
            grouped(taken),
            grouped(total),
            grouped(facts.intake.iter().map(|file| file.account.repaired).sum()),
        ),
        plot,
        advice: "Look at the longest bar first: a reason that repeats is mended once, where the \
                 export is made."
            .to_owned(),
        table: Some(Table {
            head: vec!["file", "records", "accepted", "repaired", "repeats", "refunds", "rejected"],
            rows: rows.collect(),
        }),
    })
}
