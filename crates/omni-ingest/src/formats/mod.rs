//! The export formats, one file each.
//!
//! | function | file | a record is | price | time |
//! |---|---|---|---|---|
//! | [`uci_online_retail`] | UCI Online Retail, CSV | a line of an invoice | of a unit | local, Europe/London |
//! | [`shopify_orders`] | Shopify, Orders export, CSV | a line of an order | of a unit | offset in the text |
//! | [`square_items`] | Square, Item detail, CSV | a line of a receipt | of the line | local, zone in the row |
//! | [`amazon_orders`] | Amazon, Order report, tabs | a line of an order | of the line | offset in the text |
//! | [`tiktok_orders`] | TikTok Shop, All orders, CSV | a line of an order | of a unit | UTC |
//! | [`woocommerce_orders`] | WooCommerce, order export, CSV | an order | of the line | local, a setting |
//! | [`phone_orders`] | orders typed by agents, CSV | an order | of a unit | local, Europe/London |
//! | [`segment_events`] | Segment, tracked events, NDJSON | an event, some an order | of a unit | corrected for the clock of the client |
//! | [`ga4_events`] | Google Analytics 4, `BigQuery` export, NDJSON | an event | | microseconds, UTC |
//! | [`edi_850`] | X12 850, purchase orders | an order | of a unit | a day, UTC |
//!
//! Each is an [`Export`] with the defaults of its channel: `with_catalog` joins its codes to
//! products, `with_delimiter` and others read a variant of the file. Amazon, `TikTok`,
//! `WooCommerce` and the phone hold no code: each is a [`ChannelSpec`](crate::ChannelSpec) that a
//! user could have written.
//! Shopify and Square cannot be one: a row of Shopify after the first takes its order from
//! another row, and one of Square names its own time zone.

mod amazon_orders;
mod edi_850;
mod export;
mod ga4_events;
mod phone_orders;
mod segment_events;
mod shopify_orders;
mod square_items;
mod tiktok_orders;
mod uci_online_retail;
mod woocommerce_orders;

pub use amazon_orders::amazon_orders;
pub use edi_850::{Edi, Edi850, edi_850};
pub use export::{Export, Kind, Settings};
pub use ga4_events::{Ga4, Ga4Events, ga4_events};
pub use phone_orders::phone_orders;
pub use segment_events::{Segment, SegmentEvents, segment_events};
pub use shopify_orders::{Shopify, ShopifyOrders, shopify_orders};
pub use square_items::{Square, SquareItems, square_items};
pub use tiktok_orders::tiktok_orders;
pub use uci_online_retail::{Uci, UciOnlineRetail, uci_online_retail};
pub use woocommerce_orders::woocommerce_orders;

use crate::catalog::Codes;
use crate::json::Value;
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

/// Whether a trimmed text can be an order number or a code: 1 to 64 characters, no control
/// characters.
pub(crate) fn is_label(text: &str) -> bool {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte);
    if text.len() <= 64 && text.bytes().all(plain) {
        return !text.is_empty();
    }
    let short = text.len() <= 64 || text.chars().nth(64).is_none();
    !text.is_empty() && short && !text.chars().any(char::is_control)
}

/// [`str::trim`], at once where there is nothing to trim.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
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
pub(crate) fn is_countable(quantity: i64) -> bool {
    u32::try_from(quantity.unsigned_abs()).is_ok()
}

/// Largest total of a line, in minor units: ninety thousand such lines fit an order.
pub(crate) const LARGEST_TOTAL: u64 = 100_000_000_000_000;

/// No larger than that in any currency, which have four decimals at most, whatever its own.
const SMALL_TOTAL: u64 = LARGEST_TOTAL / 10_000;

/// Whether a line of this price can be booked: exact in its currency and not absurd.
pub(crate) fn is_payable(price: Price, quantity: i64, currency: Currency) -> bool {
    let Some(total) = price.total(quantity) else { return false };
    // Compared in units of the currency; the decimals of the total do not matter here.
    let mantissa = total.mantissa().unsigned_abs();
    let small = mantissa <= SMALL_TOTAL || {
        let units = mantissa / 10_u64.pow(total.scale().into());
        units <= LARGEST_TOTAL / 10_u64.pow(currency.exponent().into())
    };
    let exact = match (price, quantity.checked_abs()) {
        // No larger than its total, so it fits.
        (Price::Unit(_), _) | (_, Some(0)) => true,
        (Price::Line(_), Some(quantity)) => price.unit_price(quantity, currency).is_ok(),
        (Price::Line(_), None) => false,
    };
    small && exact
}

/// The text without white space around it and without double or odd spaces inside.
pub(crate) fn tidy(text: &str) -> Cow<'_, str> {
    let trimmed = trim(text);
    let odd = |c: char| c.is_whitespace() && c != ' ';
    if trimmed.contains("  ") || trimmed.contains(odd) {
        Cow::Owned(trimmed.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        Cow::Borrowed(trimmed)
    }
}

/// The word after a phrase at the start of a note: `#1037` of `Shopify order #1037`.
pub(crate) fn named<'r>(note: &'r str, phrase: &str) -> Option<&'r str> {
    let (start, rest) = note.trim().split_at_checked(phrase.len())?;
    let id = rest.split_whitespace().next()?;
    (start.eq_ignore_ascii_case(phrase) && rest.starts_with(' ')).then_some(id)
}

/// Whether a spreadsheet has turned a long number into a power of ten: `5.77E+17`. Its
/// digits are lost.
pub(crate) fn is_lossy(id: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((mantissa, exponent)) = id.split_once(['E', 'e']) else { return false };
    let (whole, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    digits(whole) && digits(decimals) && exponent.strip_prefix('+').is_some_and(digits)
}

/// The rules about the code of a line.
#[derive(Clone, Copy)]
pub(crate) struct CodeRules {
    pub(crate) bad: RuleId,
    pub(crate) unknown: RuleId,
    pub(crate) lost_zeros: Option<RuleId>,
}

/// Looks the code of a line up: with its zeros, if it had lost any, and the key of its
/// product. Without a catalog any code will do.
pub(crate) fn look_up(
    code: &str,
    codes: Option<&Codes>,
    column: Column,
    rules: CodeRules,
    case: &mut Case,
) -> (Option<String>, Option<String>) {
    if !is_label(code) {
        case.breaks(rules.bad, column.position(), code);
        return (None, None);
    }
    let Some(codes) = codes else {
        return (None, None);
    };
    let product = |key: &str| Some(key.to_string());
    let known = codes.find(code).map(|known| (known.product, known.padded));
    match (known, rules.lost_zeros) {
        (Some((key, None)), _) => (None, product(key)),
        (Some((key, Some(padded))), Some(rule)) => {
            case.repair(rule, column.position(), code, padded);
            (Some(padded.to_string()), product(key))
        }
        _ => {
            case.breaks(rules.unknown, column.position(), code);
            (None, None)
        }
    }
}
