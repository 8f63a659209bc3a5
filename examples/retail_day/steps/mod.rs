//! The steps of the day, one file each. A step prints one line, writes its list and
//! leaves its section of the report.

pub(crate) mod customers;
pub(crate) mod demand;
pub(crate) mod intake;
pub(crate) mod recommend;
pub(crate) mod reorder;
pub(crate) mod revenue;

use crate::charts::short;
use omnichannel::time::date_of;
use omnichannel::{Currency, Period};

/// Minor units as units of the currency, for a plot.
pub(crate) fn units(minor: i64, currency: Currency) -> f64 {
    minor as f64 / 10_f64.powi(i32::from(currency.exponent()))
}

/// Minor units on one line of the terminal: `1.23M GBP`.
pub(crate) fn money(minor: i64, currency: Currency) -> String {
    format!("{} {currency}", short(units(minor, currency)))
}

/// Minor units for a reader of the report, in whole units: `1,234,567 GBP`.
pub(crate) fn amount(minor: i64, currency: Currency) -> String {
    let whole = units(minor, currency).round();
    let sign = if whole < 0.0 { "-" } else { "" };
    format!("{sign}{} {currency}", grouped(whole.abs() as u64))
}

/// A share in percent: whole ones, and one decimal below 1.
pub(crate) fn percent(share: f64) -> String {
    let hundredths = 100.0 * share;
    if hundredths > 0.0 && hundredths < 0.95 {
        format!("{hundredths:.1} %")
    } else {
        format!("{hundredths:.0} %")
    }
}

/// `522537` as `522,537`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 article`, `2 articles`.
pub(crate) fn counted(count: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A day for a reader: `3 Jan 2025`.
pub(crate) fn date(day: i32) -> String {
    match date_of(day) {
        Some(date) => date.format("%-d %b %Y").to_string(),
        None => Period::Day.label(day),
    }
}

/// A month for a reader: `Jan 2025`.
pub(crate) fn month(index: i32) -> String {
    match Period::Month.start(index).ok().and_then(date_of) {
        Some(date) => date.format("%b %Y").to_string(),
        None => Period::Month.label(index),
    }
}

/// Words in a row: `a, b and c`.
pub(crate) fn list(words: &[&str]) -> String {
    match words {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => words.concat(),
    }
}
