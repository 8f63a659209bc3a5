//! The steps of the day, one file each. A step prints one line, writes its list and
//! leaves its section of the report.

pub(crate) mod customers;
pub(crate) mod demand;
pub(crate) mod intake;
pub(crate) mod recommend;
pub(crate) mod reorder;
pub(crate) mod revenue;

use crate::charts::short;
use omnichannel::Currency;

/// Minor units as units of the currency, for a plot.
pub(crate) fn units(minor: i64, currency: Currency) -> f64 {
    minor as f64 / 10_f64.powi(i32::from(currency.exponent()))
}

/// Minor units for a reader: `1.23M GBP`.
pub(crate) fn money(minor: i64, currency: Currency) -> String {
    format!("{} {currency}", short(units(minor, currency)))
}

/// A share as a whole percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
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
