//! The export formats, one file each.
//!
//! | function | file | a record is | price | time |
//! |---|---|---|---|---|
//! | [`uci_online_retail`] | UCI Online Retail, CSV | a line of an invoice | of a unit | local, Europe/London |
//! | [`shopify_orders`] | Shopify, Orders export, CSV | a line of an order | of a unit | offset in the text |
//! | [`segment_events`] | Segment, tracked events, NDJSON | an event, of them an order | of a unit | corrected for the clock of the client |
//! | [`ga4_events`] | Google Analytics 4, `BigQuery` export, NDJSON | an event | | microseconds, UTC |
//! | [`square_items`] | Square, Item detail, CSV | a line of a receipt | of the line | local, zone in the row |
//!
//! Each is a settings struct with the defaults of the export: `with_catalog` joins its
//! codes to products, `with_delimiter` reads a variant of the file.

mod ga4_events;
mod segment_events;
mod shopify_orders;
mod square_items;
mod uci_online_retail;

pub use ga4_events::{Ga4Events, ga4_events};
pub use segment_events::{SegmentEvents, segment_events};
pub use shopify_orders::{ShopifyOrders, shopify_orders};
pub use square_items::{SquareItems, square_items};
pub use uci_online_retail::{UciOnlineRetail, uci_online_retail};

use crate::catalog::Codes;
use crate::json::Value;
use crate::parse::Layout;
use crate::parsed::Contact;
use crate::rule::{Case, RuleId};
use crate::sale::Price;
use crate::schema::Column;
use omni_core::Currency;
use std::borrow::Cow;

/// What the number of a customer in a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Identifier {
    /// The number of the loyalty card, the same in every channel.
    Loyalty,
    /// A number that this channel gives out.
    Account,
}

impl Identifier {
    /// Notes the number of a customer.
    fn note<'r>(self, contact: &mut Contact<'r>, number: Cow<'r, str>) {
        match self {
            Self::Loyalty => contact.loyalty = number,
            Self::Account => contact.account = number,
        }
    }
}

/// The layouts of a format.
fn layouts(texts: &[String]) -> Result<Vec<Layout>, crate::Error> {
    texts.iter().map(|text| Layout::new(text).map_err(Into::into)).collect()
}

/// Whether a trimmed text can be an order number or a code: 1 to 64 characters, no control
/// characters.
fn is_label(text: &str) -> bool {
    let short = text.len() <= 64 || text.chars().nth(64).is_none();
    !text.is_empty() && short && !text.chars().any(char::is_control)
}

/// [`str::trim`], at once where there is nothing to trim.
#[inline]
fn trim(text: &str) -> &str {
    let solid = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if solid(bytes.first()) && solid(bytes.last()) { text } else { text.trim() }
}

/// The text of a JSON value without blanks around it; what has parts is none.
fn text(value: Value<'_>) -> Cow<'_, str> {
    match value.scalar().unwrap_or_default() {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_string()),
    }
}

/// Units of a line: an order counts them in 32 bits.
fn is_countable(quantity: i64) -> bool {
    u32::try_from(quantity.unsigned_abs()).is_ok()
}

/// Largest total of a line, in minor units: ninety thousand such lines fit an order.
const LARGEST_TOTAL: u64 = 100_000_000_000_000;

/// Whether a line of this price can be booked: exact in its currency and not absurd.
fn is_payable(price: Price, quantity: i64, currency: Currency) -> bool {
    let Some(total) = price.total(quantity) else { return false };
    // Compared in units of the currency; the decimals of the total do not matter here.
    let units = total.mantissa().unsigned_abs() / 10_u64.pow(total.scale().into());
    let small = units <= LARGEST_TOTAL / 10_u64.pow(currency.exponent().into());
    let exact = match (price, quantity.checked_abs()) {
        // No larger than its total, so it fits.
        (Price::Unit(_), _) | (_, Some(0)) => true,
        (Price::Line(_), Some(quantity)) => price.unit_price(quantity, currency).is_ok(),
        (Price::Line(_), None) => false,
    };
    small && exact
}

/// The text without white space around it and without double or odd spaces inside.
fn tidy(text: &str) -> Cow<'_, str> {
    let trimmed = trim(text);
    let odd = |c: char| c.is_whitespace() && c != ' ';
    if trimmed.contains("  ") || trimmed.contains(odd) {
        Cow::Owned(trimmed.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        Cow::Borrowed(trimmed)
    }
}

/// The rules about the code of a line.
#[derive(Clone, Copy)]
struct CodeRules {
    bad: RuleId,
    unknown: RuleId,
    lost_zeros: Option<RuleId>,
}

/// Looks the code of a line up; without a catalog any code will do.
fn look_up<'r>(
    code: &'r str,
    codes: Option<&Codes>,
    column: Column,
    rules: CodeRules,
    case: &mut Case,
) -> (Cow<'r, str>, Option<Cow<'r, str>>) {
    if !is_label(code) {
        case.breaks(rules.bad, column.position(), code);
        return (Cow::Borrowed(code), None);
    }
    let Some(codes) = codes else {
        return (Cow::Borrowed(code), None);
    };
    let product = |key: &str| Some(Cow::Owned(key.to_string()));
    let known = codes.find(code).map(|known| (known.product, known.padded));
    match (known, rules.lost_zeros) {
        (Some((key, None)), _) => (Cow::Borrowed(code), product(key)),
        (Some((key, Some(padded))), Some(rule)) => {
            case.repair(rule, column.position(), code, padded);
            (Cow::Owned(padded.to_string()), product(key))
        }
        _ => {
            case.breaks(rules.unknown, column.position(), code);
            (Cow::Borrowed(code), None)
        }
    }
}
