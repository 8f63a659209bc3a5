//! scratch
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "not library code")]
mod charts;
mod report;
use charts::*;
fn main() {
    let steps: Vec<String> = (0..12).map(|m| format!("2025-{:02}", m + 1)).collect();
    let a = lines(
        &Axes { x: "month", y: "revenue (GBP)" },
        &steps,
        &[
            Line {
                name: "web",
                from: 0,
                values: (0..12).map(|x| 1000.0 + 300.0 * f64::from(x)).collect(),
            },
            Line {
                name: "store",
                from: 0,
                values: (0..12).map(|x| 9000.0 - 300.0 * f64::from(x)).collect(),
            },
        ],
        None,
    )
    .unwrap();
    let b = bars(
        &Axes { x: "records", y: "reason" },
        &["duplicate row".into(), "cancellation".into(), "non positive price".into()],
        &[Line { name: "a", from: 0, values: vec![5268.0, 9251.0, 1156.0] }],
        "",
    )
    .unwrap();
    let b2 = bars(
        &Axes { x: "share of customers (%)", y: "group" },
        &["champions".into(), "loyal".into(), "at risk".into()],
        &[
            Line { name: "customers", from: 0, values: vec![10.0, 20.0, 33.3] },
            Line { name: "revenue", from: 0, values: vec![50.0, 20.0, 3.3] },
        ],
        " %",
    )
    .unwrap();
    let rows: Vec<String> = steps.clone();
    let share: Vec<Vec<Option<f64>>> = (0..12)
        .map(|r| {
            (0..12 - r).map(|c| Some(if c == 0 { 1.0 } else { 0.4 / (c as f64).sqrt() })).collect()
        })
        .collect();
    let h = heat(
        &Axes { x: "months since the first purchase", y: "month of first purchase" },
        &rows,
        12,
        &share,
    )
    .unwrap();
    let st: Vec<String> = (0..40).map(|w| format!("W{w:02}")).collect();
    let f = lines(
        &Axes { x: "week", y: "units per week" },
        &st,
        &[
            Line {
                name: "sold",
                from: 0,
                values: (0..32).map(|x| f64::from(x % 7) * 3.0).collect(),
            },
            Line { name: "middle", from: 32, values: vec![9.0; 8] },
        ],
        Some(&Line { name: "19 weeks in 20 stay below", from: 32, values: vec![18.0; 8] }),
    )
    .unwrap();
    let s: Vec<_> = [a, b, b2, h, f]
        .into_iter()
        .map(|plot| report::Section {
            title: "T".into(),
            found: "Found.".into(),
            plot,
            advice: "Do this.".into(),
            table: Some(report::Table {
                head: vec!["a", "b"],
                rows: vec![vec!["x".into(), "12".into()]],
            }),
        })
        .collect();
    std::fs::create_dir_all("target").unwrap();
    std::fs::write(
        "target/scratch.html",
        report::page("A day of retail", "summary", &s, &["x".into()]),
    )
    .unwrap();
}
