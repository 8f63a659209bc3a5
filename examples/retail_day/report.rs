//! The report: one page with everything in it, for a shopkeeper.

use std::fmt::Write as _;

/// A part of the report: what was found, a plot of it, and what to do about it.
pub(crate) struct Section {
    pub(crate) title: String,
    /// What was found, a sentence or two.
    pub(crate) found: String,
    /// Inline `<svg>`; none where there is too little to show.
    pub(crate) plot: Option<String>,
    /// What to do about it, one sentence.
    pub(crate) advice: String,
    pub(crate) table: Option<Table>,
    /// A task of today, for the top of the page.
    pub(crate) today: Option<String>,
}

impl Section {
    /// A question that the data cannot answer yet: why, and what would change that.
    pub(crate) fn unanswered(title: &str, why: &str, advice: &str) -> Self {
        Self {
            title: title.to_owned(),
            found: why.to_owned(),
            plot: None,
            advice: advice.to_owned(),
            table: None,
            today: None,
        }
    }
}

/// A table under a plot.
pub(crate) struct Table {
    pub(crate) head: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// The whole page.
pub(crate) fn page(
    title: &str,
    summary: &str,
    sections: &[Section],
    assumptions: &[String],
) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main>\n\
         <h1>{title}</h1>\n<p class=\"summary\">{summary}</p>\n",
        title = escape(title),
        summary = escape(summary),
    );
    let today: Vec<&String> =
        sections.iter().filter_map(|section| section.today.as_ref()).collect();
    if !today.is_empty() {
        html.push_str("<section><h2>Today</h2>\n<ul>\n");
        for task in today {
            let _ = writeln!(html, "<li>{}</li>", escape(task));
        }
        html.push_str("</ul></section>\n");
    }
    for section in sections {
        let _ = write!(
            html,
            "<section><h2>{}</h2>\n<p>{}</p>\n<figure>",
            escape(&section.title),
            escape(&section.found),
        );
        if let Some(plot) = &section.plot {
            let _ = write!(
                html,
                "<div role=\"img\" aria-label=\"{}\">{plot}</div>",
                escape(&section.found)
            );
        }
        let _ = writeln!(
            html,
            "<figcaption><b>What to do:</b> {}</figcaption></figure>",
            escape(&section.advice)
        );
        if let Some(table) = &section.table {
            html.push_str(&rows(table));
        }
        html.push_str("</section>\n");
    }
    html.push_str("<section><h2>What these numbers assume</h2><ul>\n");
    for line in assumptions {
        let _ = writeln!(html, "<li>{}</li>", escape(line));
    }
    html.push_str("</ul></section>\n</main></body></html>\n");
    html
}

fn rows(table: &Table) -> String {
    let mut html = String::from("<table><thead><tr>");
    for (column, head) in table.head.iter().enumerate() {
        let class = class_of(table.rows.first().map_or("", |row| row[column].as_str()));
        let _ = write!(html, "<th{class}>{}</th>", escape(head));
    }
    html.push_str("</tr></thead><tbody>\n");
    for row in &table.rows {
        html.push_str("<tr>");
        for cell in row {
            let _ = write!(html, "<td{}>{}</td>", class_of(cell), escape(cell));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table>\n");
    html
}

/// Numbers stand to the right, and so do amounts such as `9.77M GBP`.
fn class_of(cell: &str) -> &'static str {
    let is_currency = |unit: &str| unit.len() == 3 && unit.chars().all(|c| c.is_ascii_uppercase());
    let figure = match cell.rsplit_once(' ') {
        Some((amount, unit)) if is_currency(unit) => amount.trim_end_matches(['k', 'M', 'G']),
        _ => cell,
    };
    let number = figure.chars().all(|c| c.is_ascii_digit() || ".,-% ".contains(c));
    if number && !figure.is_empty() { " class=\"number\"" } else { "" }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;color:#333d4b;background:#f5f6f8;margin:0}\
main{max-width:820px;margin:0 auto;padding:24px}\
h1{font-size:28px;margin:8px 0}h2{font-size:20px;margin:0 0 4px}\
.summary{font-size:18px}\
section{background:#fff;border:1px solid #e4e7ec;border-radius:10px;padding:18px 20px;margin:18px 0}\
figure{margin:10px 0 0}svg{width:100%;height:auto}\
figcaption{background:#eef5fb;border-radius:6px;padding:8px 12px;margin-top:6px}\
table{border-collapse:collapse;width:100%;font-size:14px;margin-top:12px}\
th{text-align:left;border-bottom:2px solid #e4e7ec;padding:4px 8px}\
td{border-bottom:1px solid #eef0f3;padding:4px 8px}\
th.number{text-align:right}td.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\
@media print{body{background:#fff}section{break-inside:avoid}}";
