//! What came in, and what was turned away and why.

use super::{counted, grouped};
use crate::charts::{self, Axes, Line};
use crate::facts::Facts;
use crate::output::step;
use crate::report::{Section, Table};
use crate::shell::{Failure, write_csv};
use std::path::Path;
use std::time::Instant;

/// Reasons shown as bars.
const REASONS: usize = 12;

pub(crate) fn run(facts: &Facts, out: &Path, started: Instant) -> Result<Section, Failure> {
    write_csv(
        &out.join("rejects.csv"),
        ["file", "record", "column", "rule", "raw"],
        facts.rejects.iter().map(|r| {
            [r.file.clone(), r.record.to_string(), r.column.clone(), r.rule.clone(), r.raw.clone()]
        }),
    )?;
    let mut fates = facts.fates();
    let (taken, total) = facts.taken();
    let main: Vec<String> = fates
        .iter()
        .take(3)
        .map(|fate| format!("{} {}", grouped(fate.count), fate.reason.replace('_', " ")))
        .collect();
    let not_taken =
        if main.is_empty() { String::new() } else { format!("; not taken: {}", main.join(", ")) };
    let found = format!("{} of {} records taken{not_taken}", grouped(taken), grouped(total));
    step("intake", &found, started)?;

    let faulty: u64 = fates.iter().filter(|fate| fate.faulty).map(|fate| fate.count).sum();
    let worst = fates.iter().find(|fate| fate.faulty);
    let advice = match worst {
        Some(fate) => format!(
            "Mend “{}” first, where the export is made: it is the most frequent fault ({}, each \
             with its file and row in rejects.csv).",
            words(&fate.reason),
            counted(fate.count, "row"),
        ),
        None => "Nothing: every row that was not taken has its reason and is no fault.".to_owned(),
    };
    let today = worst.map(|fate| {
        format!(
            "Have a look at {} that could not be read; most often: “{}”.",
            counted(faulty, "row"),
            words(&fate.reason)
        )
    });
    fates.truncate(REASONS);
    let labels: Vec<String> = fates.iter().map(|fate| words(&fate.reason).to_owned()).collect();
    let row = |faulty: bool| -> Vec<f64> {
        let count =
            |fate: &crate::facts::Fate| if fate.faulty == faulty { fate.count as f64 } else { 0.0 };
        fates.iter().map(count).collect()
    };
    let series = [
        Line { name: "no fault: counted elsewhere or not at all", from: 0, values: row(false) },
        Line { name: "fault of the export", from: 0, values: row(true) },
    ];
    let axes = Axes { x: "rows", y: "why not taken" };
    let plot = if fates.is_empty() { None } else { Some(charts::either(&axes, &labels, &series)?) };
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
    let repaired = facts.intake.iter().map(|file| file.account.repaired).sum();
    Ok(Section {
        title: "What came in".to_owned(),
        found: format!(
            "{} of {} rows were taken, {} of them after putting right how something was written, \
             such as blanks around a name or a code that lost its zeros. {} had a fault; the others \
             that were not taken repeat a sale that is already counted, or are no sale.",
            grouped(taken),
            grouped(total),
            grouped(repaired),
            grouped(faulty),
        ),
        plot,
        advice,
        table: Some(Table {
            head: vec!["file", "rows", "as is", "put right", "repeats", "refunds", "set aside"],
            rows: rows.collect(),
        }),
        today,
    })
}

/// A rule in the words of a shop.
fn words(reason: &str) -> &str {
    match reason {
        "copy" => "counted in another channel",
        "duplicate" => "the same row again",
        "refund" => "money given back",
        "cancellation" => "canceled sale",
        "non_product_code" => "postage, fees and the like",
        "accounting_adjustment" => "bookkeeping entry",
        "non_positive_quantity" => "quantity not above zero",
        "non_positive_price" => "price not above zero",
        "bad_price" => "price that is no number",
        "bad_quantity" => "quantity that is no number",
        "bad_date" => "date that is none",
        "unknown_sku" => "article not in the catalog",
        "missing_order_id" => "no order number",
        "bad_gtin_check_digit" => "mistyped barcode",
        "se_count_mismatch" => "EDI message with lines missing",
        "truncated" => "row cut off",
        other => other,
    }
}
