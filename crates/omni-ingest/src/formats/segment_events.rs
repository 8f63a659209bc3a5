//! Segment: tracked events, a JSON object a line.
//!
//! ```text
//! at = receivedAt − (sentAt − originalTimestamp)        truncated to seconds
//! ```
//!
//! The clock of a client may be off by hours; the difference of its two times is not, and
//! the server's time of receipt is right. The same is what Segment puts into `timestamp`: it
//! is read where one of the three is missing or unreadable (`uncorrected_clock`), and one
//! that differs by a second or more is noted (`timestamp_disagrees`). A client whose clock
//! differs from the server's by more than a minute is noted (`clock_skew`): no request
//! takes that long.
//!
//! Events are delivered at least once, so a `messageId` that was seen is a repeat, whatever
//! else the event says. `Order Completed` is an order with its products at the price of a
//! unit; one bad product rejects it, as half an order is not what was sold. Every other event
//! is an [`Activity`], `identify` too. That the order is one of another channel as well is
//! not decided here: it has its number.
//!
//! `userId` is the loyalty number, or the account by
//! `with_user_id`; `anonymousId` the device; `traits` (or
//! `context.traits`) fill the contact.
//!
//! Memory: 16 bytes for every distinct message, and the slack of the table.
//!
//! Source: Segment, "Spec: Common Fields" and "V2 Ecommerce Events", its documentation.

use super::{
    CodeRules, Export, Identifier, Kind, Settings, is_countable, is_label, is_payable, look_up,
    text,
};
use crate::Error;
use crate::catalog::Codes;
use crate::json::{JsonError, Object, Value};
use crate::parse::{MoneyStyle, iso, money, number};
use crate::parsed::{Activity, Contact, Content, Parsed};
use crate::reader::Parser;
use crate::record::{Dialect, Record};
use crate::rule::{Case, Rule, RuleId, RuleSet};
use crate::sale::{Price, SaleLine, SaleStatus};
use crate::schema::{Column, Header};
use crate::seen::Seen;
use chrono::{DateTime, TimeDelta, Utc};
use omni_core::Currency;
use omni_core::event::EventKind;
use std::borrow::Cow;
use std::sync::Arc;

const RULES: &[Rule] = &[
    Rule::duplicate("duplicate_message_id"),
    Rule::duplicate("exact_duplicate_row"),
    Rule::reject("bad_date"),
    Rule::reject("missing_event_name"),
    Rule::reject("missing_order_id"),
    Rule::reject("bad_currency"),
    Rule::reject("missing_products"),
    Rule::reject("bad_quantity"),
    Rule::reject("bad_price"),
    Rule::reject("unbookable_amount"),
    Rule::reject("missing_sku"),
    Rule::reject("unknown_sku"),
    Rule::flag("missing_message_id"),
    Rule::flag("uncorrected_clock"),
    Rule::flag("timestamp_disagrees"),
    Rule::flag("clock_skew"),
    Rule::flag("unknown_item"),
];
const DUPLICATE_MESSAGE_ID: RuleId = RuleId::of(RULES, "duplicate_message_id");
const EXACT_DUPLICATE_ROW: RuleId = RuleId::of(RULES, "exact_duplicate_row");
const BAD_DATE: RuleId = RuleId::of(RULES, "bad_date");
const MISSING_EVENT_NAME: RuleId = RuleId::of(RULES, "missing_event_name");
const MISSING_ORDER_ID: RuleId = RuleId::of(RULES, "missing_order_id");
const BAD_CURRENCY: RuleId = RuleId::of(RULES, "bad_currency");
const MISSING_PRODUCTS: RuleId = RuleId::of(RULES, "missing_products");
const BAD_QUANTITY: RuleId = RuleId::of(RULES, "bad_quantity");
const BAD_PRICE: RuleId = RuleId::of(RULES, "bad_price");
const UNBOOKABLE_AMOUNT: RuleId = RuleId::of(RULES, "unbookable_amount");
const MISSING_MESSAGE_ID: RuleId = RuleId::of(RULES, "missing_message_id");
const UNCORRECTED_CLOCK: RuleId = RuleId::of(RULES, "uncorrected_clock");
const TIMESTAMP_DISAGREES: RuleId = RuleId::of(RULES, "timestamp_disagrees");
const CLOCK_SKEW: RuleId = RuleId::of(RULES, "clock_skew");
const UNKNOWN_ITEM: RuleId = RuleId::of(RULES, "unknown_item");
const CODE_RULES: CodeRules = CodeRules {
    bad: RuleId::of(RULES, "missing_sku"),
    unknown: RuleId::of(RULES, "unknown_sku"),
    lost_zeros: None,
};
/// What keeps an order from being one. An unknown code does not: its lines are typed.
const UNTYPED: RuleSet = RuleSet::of(&[
    MISSING_ORDER_ID,
    BAD_CURRENCY,
    BAD_QUANTITY,
    BAD_PRICE,
    UNBOOKABLE_AMOUNT,
    CODE_RULES.bad,
]);

/// The parts of an event that a finding can point at.
const FIELDS: &[&str] = &[
    "messageId",
    "timestamp",
    "event",
    "properties.order_id",
    "properties.currency",
    "properties.products",
    "properties.products.quantity",
    "properties.products.price",
    "properties.products.sku",
    "properties.sku",
];
const MESSAGE: usize = 0;
const TIMESTAMP: usize = 1;
const EVENT: usize = 2;
const ORDER: usize = 3;
const CURRENCY: usize = 4;
const PRODUCTS: usize = 5;
const QUANTITY: usize = 6;
const PRICE: usize = 7;
const SKU: Column = Column::at(8);
const ITEM: usize = 9;

/// Larger than any request takes.
const LONGEST_REQUEST: TimeDelta = TimeDelta::seconds(60);

/// Tracked events of Segment; made by [`segment_events`].
pub type SegmentEvents = Export<Segment>;

/// What is particular to the events of Segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    user_id: Identifier,
}

/// The events of an app or a site as Segment delivers them.
///
/// The codes are those of the channel `shopify` of a catalog, the web shop's. An order that
/// names no currency is rejected, unless there is one for those.
///
/// # Examples
/// ```
/// use omni_ingest::{Format, formats};
///
/// let file = r#"{"messageId": "m1", "type": "track", "event": "Order Completed", "userId": "0058192", "originalTimestamp": "2025-01-02T17:33:20.000Z", "sentAt": "2025-01-02T17:33:22.000Z", "receivedAt": "2025-01-02T12:33:28.000Z", "properties": {"order_id": "1073", "currency": "GBP", "products": [{"sku": "SOC-XL", "quantity": 3, "price": 11.5}]}}"#;
/// let read = omni_ingest::read(&formats::segment_events(), file.as_bytes())?;
/// assert_eq!(read.orders[0].total()?.to_string(), "34.50 GBP");
/// assert_eq!(read.orders[0].placed_at.to_string(), "2025-01-02 12:33:26 UTC");
/// assert_eq!(read.account.rules["clock_skew"].each, 1); // five hours ahead
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn segment_events() -> SegmentEvents {
    let kind = Segment { user_id: Identifier::Loyalty };
    Export::of(kind, Settings::new(Dialect::lines(), &[]))
}

impl SegmentEvents {
    /// With another meaning of `userId`.
    pub const fn with_user_id(mut self, user_id: Identifier) -> Self {
        self.kind.user_id = user_id;
        self
    }
}

impl Kind for Segment {
    fn channel(&self) -> &'static str {
        "segment"
    }

    fn name(&self) -> &'static str {
        "Segment events"
    }

    fn codes(&self) -> &'static str {
        "shopify"
    }

    fn rules(&self) -> &[Rule] {
        RULES
    }

    fn fields(&self) -> &[&str] {
        FIELDS
    }

    fn repeat_rule(&self) -> Option<&'static str> {
        None
    }

    fn is_witness(&self) -> bool {
        true
    }

    fn parser(&self, settings: &Settings) -> Result<Box<dyn Parser>, Error> {
        Ok(Box::new(SegmentParser {
            codes: settings.codes().cloned(),
            user_id: self.user_id,
            currency: settings.currency(),
            seen: Seen::new(),
        }))
    }
}

/// Reads the events of its files.
#[derive(Debug)]
struct SegmentParser {
    codes: Option<Arc<Codes>>,
    user_id: Identifier,
    currency: Option<Currency>,
    seen: Seen,
}

/// The members of an event that are read.
#[derive(Default)]
struct Message<'r> {
    id: Cow<'r, str>,
    kind: Cow<'r, str>,
    event: Cow<'r, str>,
    user: Cow<'r, str>,
    original: Cow<'r, str>,
    sent: Cow<'r, str>,
    received: Cow<'r, str>,
    timestamp: Cow<'r, str>,
    properties: Properties<'r>,
    contact: Contact<'r>,
}

/// What an event says about an order or an item.
#[derive(Default)]
struct Properties<'r> {
    order: Cow<'r, str>,
    currency: Cow<'r, str>,
    sku: Cow<'r, str>,
    products: Vec<Product<'r>>,
}

/// A product of an order.
#[derive(Default)]
struct Product<'r> {
    sku: Cow<'r, str>,
    name: Cow<'r, str>,
    quantity: Cow<'r, str>,
    price: Cow<'r, str>,
}

impl<'r> Message<'r> {
    fn read(line: &'r str) -> Result<Self, JsonError> {
        let mut message = Self::default();
        let mut object = Object::new(line)?;
        while let Some((key, value)) = object.member()? {
            match key.as_ref() {
                "messageId" => message.id = text(value),
                "type" => message.kind = text(value),
                "event" => message.event = text(value),
                "userId" => message.user = text(value),
                "anonymousId" => message.contact.device = text(value),
                "originalTimestamp" => message.original = text(value),
                "sentAt" => message.sent = text(value),
                "receivedAt" => message.received = text(value),
                "timestamp" => message.timestamp = text(value),
                "properties" => message.properties = Properties::read(value)?,
                "traits" => read_traits(value, &mut message.contact)?,
                "context" => {
                    if let Value::Object(mut context) = value {
                        while let Some((key, value)) = context.member()? {
                            if key == "traits" {
                                read_traits(value, &mut message.contact)?;
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(message)
    }

    /// When it happened.
    fn at(&self, case: &mut Case) -> Option<DateTime<Utc>> {
        let parse = |text: &str| iso::instant(text).ok();
        let given = parse(&self.timestamp);
        let parts = (parse(&self.received), parse(&self.sent), parse(&self.original));
        let computed = match parts {
            (Some(received), Some(sent), Some(original)) => {
                if received.signed_duration_since(sent).abs() > LONGEST_REQUEST {
                    case.breaks(CLOCK_SKEW, TIMESTAMP, &self.sent);
                }
                received.checked_sub_signed(sent.signed_duration_since(original))
            }
            _ => None,
        };
        if computed.is_none() && given.is_some() {
            case.breaks(UNCORRECTED_CLOCK, TIMESTAMP, &self.timestamp);
        }
        if let Some(computed) = computed
            && !self.timestamp.is_empty()
            && given.is_none_or(|given| (given - computed).abs() >= TimeDelta::seconds(1))
        {
            case.breaks(TIMESTAMP_DISAGREES, TIMESTAMP, &self.timestamp);
        }
        let at = computed.or(given).and_then(|at| DateTime::from_timestamp(at.timestamp(), 0));
        if at.is_none() {
            case.breaks(BAD_DATE, TIMESTAMP, &self.timestamp);
        }
        at
    }

    /// What was done: the event of `track`, else the type.
    fn name(&self) -> &Cow<'r, str> {
        if self.event.is_empty() && self.kind != "track" { &self.kind } else { &self.event }
    }

    fn completes_an_order(&self) -> bool {
        let is = |name: &str| self.event.eq_ignore_ascii_case(name);
        is("Order Completed") || is("Completed Order")
    }
}

fn read_traits<'r>(value: Value<'r>, contact: &mut Contact<'r>) -> Result<(), JsonError> {
    let Value::Object(mut traits) = value else { return Ok(()) };
    while let Some((key, value)) = traits.member()? {
        match (key.as_ref(), value) {
            ("address", Value::Object(mut address)) => {
                while let Some((key, value)) = address.member()? {
                    match key.as_ref() {
                        "street" => contact.street = text(value),
                        "city" => contact.city = text(value),
                        "state" => contact.region = text(value),
                        "postalCode" | "postal_code" => contact.postal_code = text(value),
                        "country" => contact.country = text(value),
                        _ => {}
                    }
                }
            }
            ("address", value) => contact.address = text(value),
            ("email", value) => contact.email = text(value),
            ("firstName" | "first_name", value) => contact.given_name = text(value),
            ("lastName" | "last_name", value) => contact.surname = text(value),
            ("name", value) => contact.name = text(value),
            ("phone", value) => contact.phone = text(value),
            _ => {}
        }
    }
    Ok(())
}

impl<'r> Properties<'r> {
    fn read(value: Value<'r>) -> Result<Self, JsonError> {
        let mut read = Self::default();
        let Value::Object(mut properties) = value else { return Ok(read) };
        let mut id = Cow::Borrowed("");
        while let Some((key, value)) = properties.member()? {
            match (key.as_ref(), value) {
                ("order_id", value) => read.order = text(value),
                ("currency", value) => read.currency = text(value),
                ("sku", value) => read.sku = text(value),
                ("product_id", value) => id = text(value),
                ("products", Value::Array(mut products)) => {
                    read.products.clear();
                    while let Some(product) = products.item()? {
                        read.products.push(Product::read(product)?);
                    }
                }
                _ => {}
            }
        }
        if read.sku.is_empty() {
            read.sku = id;
        }
        Ok(read)
    }
}

impl<'r> Product<'r> {
    fn read(value: Value<'r>) -> Result<Self, JsonError> {
        let mut read = Self::default();
        let Value::Object(mut product) = value else { return Ok(read) };
        let mut id = Cow::Borrowed("");
        while let Some((key, value)) = product.member()? {
            match key.as_ref() {
                "sku" => read.sku = text(value),
                "product_id" => id = text(value),
                "name" => read.name = text(value),
                "quantity" => read.quantity = text(value),
                "price" => read.price = text(value),
                _ => {}
            }
        }
        if read.sku.is_empty() {
            read.sku = id;
        }
        Ok(read)
    }
}

/// What the names of the ecommerce events mean.
fn kind(name: &str, kind: &str) -> Option<EventKind> {
    Some(match name {
        "Product Viewed" | "Product List Viewed" | "Product Clicked" => EventKind::View,
        "Products Searched" => EventKind::Search,
        "Product Added" => EventKind::AddToCart,
        "Order Completed" | "Completed Order" => EventKind::Purchase,
        "Product Reviewed" => EventKind::Rate,
        "Order Refunded" => EventKind::Return,
        "Email Opened" | "Push Notification Received" => EventKind::Open,
        "Promotion Clicked" | "Email Link Clicked" | "Push Notification Tapped" => EventKind::Click,
        "Application Opened" => EventKind::Visit,
        _ if matches!(kind, "page" | "screen") => EventKind::View,
        _ => return None,
    })
}

impl Parser for SegmentParser {
    fn bind(&mut self, _header: &mut Header<'_>) {}

    fn parse<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Parsed<'r> {
        let message = match Message::read(record.get(0).unwrap_or_default()) {
            Ok(message) => message,
            Err(error) => {
                let defect = record.json_defect(error);
                case.breaks(RuleId::of_defect(defect), usize::MAX, "");
                return Parsed::NOTHING;
            }
        };
        if message.id.is_empty() {
            case.breaks(MISSING_MESSAGE_ID, MESSAGE, "");
            if self.seen.repeats_text(record.get(0).unwrap_or_default()) {
                case.breaks(EXACT_DUPLICATE_ROW, usize::MAX, "");
            }
        } else if self.seen.repeats_text(&message.id) {
            case.breaks(DUPLICATE_MESSAGE_ID, MESSAGE, &message.id);
        }
        let at = message.at(case);
        let name = message.name().clone();
        if name.is_empty() {
            case.breaks(MISSING_EVENT_NAME, EVENT, "");
        }
        let mut content = Content::Nothing;
        if message.completes_an_order() {
            let lines = self.lines(&message, at, case);
            if !lines.is_empty() {
                content = Content::Order(lines);
            }
        } else if let Some(at) = at {
            content = Content::Activity(Box::new(self.activity(&message, name, at, case)));
        }
        let mut contact = message.contact;
        self.user_id.note(&mut contact, message.user);
        Parsed { content, contact: None }.with_contact(contact)
    }
}

impl SegmentParser {
    fn activity<'r>(
        &self,
        message: &Message<'r>,
        name: Cow<'r, str>,
        at: DateTime<Utc>,
        case: &mut Case,
    ) -> Activity<'r> {
        let properties = &message.properties;
        let first = || properties.products.first().map(|product| product.sku.clone());
        let sku = if properties.sku.is_empty() { first() } else { Some(properties.sku.clone()) };
        let sku = sku.unwrap_or_default();
        let known = self.codes.as_ref().map(|codes| codes.find(&sku));
        if known.is_some_and(|known| known.is_none()) && !sku.is_empty() {
            case.breaks(UNKNOWN_ITEM, ITEM, &sku);
        }
        Activity {
            message: message.id.clone(),
            kind: kind(&name, &message.kind),
            name,
            at,
            product: known.flatten().map(|known| Cow::Owned(known.product.to_string())),
            sku,
            order: properties.order.clone(),
        }
    }

    /// The lines of an order; none if one of them, or the order, cannot be typed.
    fn lines<'r>(
        &self,
        message: &Message<'r>,
        at: Option<DateTime<Utc>>,
        case: &mut Case,
    ) -> Vec<SaleLine<'r>> {
        let Properties { order, currency, products, .. } = &message.properties;
        if !is_label(order) {
            case.breaks(MISSING_ORDER_ID, ORDER, order);
        }
        let named = if currency.is_empty() { self.currency } else { Currency::new(currency).ok() };
        if named.is_none() {
            case.breaks(BAD_CURRENCY, CURRENCY, currency);
        }
        if products.is_empty() {
            case.breaks(MISSING_PRODUCTS, PRODUCTS, "");
        }
        let mut lines = Vec::with_capacity(products.len());
        for product in products {
            let quantity = number::whole(&product.quantity).ok();
            let quantity = quantity.filter(|&units| units > 0 && is_countable(units));
            if quantity.is_none() {
                case.breaks(BAD_QUANTITY, QUANTITY, &product.quantity);
            }
            let price = money::parse(&product.price, MoneyStyle::POINT).ok();
            let price = price.filter(|amount| {
                let agrees = amount.currency.is_none_or(|currency| Some(currency) == named);
                agrees && !amount.value.is_negative()
            });
            if price.is_none() {
                case.breaks(BAD_PRICE, PRICE, &product.price);
            }
            let price = price.map(|amount| Price::Unit(amount.value));
            if let (Some(units), Some(price), Some(currency)) = (quantity, price, named)
                && !is_payable(price, units, currency)
            {
                case.breaks(UNBOOKABLE_AMOUNT, PRICE, &product.price);
            }
            let (padded, key) = look_up(&product.sku, self.codes.as_deref(), SKU, CODE_RULES, case);
            let (Some(quantity), Some(price), Some(currency), Some(placed_at)) =
                (quantity, price, named, at)
            else {
                continue;
            };
            let customer = Some(message.user.clone()).filter(|user| !user.is_empty());
            lines.push(SaleLine {
                order: order.clone(),
                refers_to: None,
                sku: padded.map_or_else(|| product.sku.clone(), Cow::Owned),
                product: key.map(Cow::Owned),
                title: product.name.clone(),
                quantity,
                price,
                discount: crate::parse::Decimal::ZERO,
                currency,
                placed_at,
                customer,
                country: Cow::Borrowed(""),
                status: SaleStatus::Sold,
            });
        }
        if !case.broken().and(UNTYPED).is_empty() {
            lines.clear();
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Class;
    use crate::{Catalog, Format};

    const TIMES: &str = r#""originalTimestamp":"2025-01-02T12:33:20.000Z","sentAt":"2025-01-02T12:33:22.000Z","receivedAt":"2025-01-02T12:33:28.900Z""#;

    fn order(id: &str, properties: &str) -> String {
        format!(
            r#"{{"messageId":"{id}","type":"track","event":"Order Completed",{TIMES},"properties":{{{properties}}}}}"#
        )
    }

    /// Class and rules of each line.
    fn judge(lines: &[String]) -> Vec<(Class, Vec<String>)> {
        let file = lines.join("\n") + "\n";
        let mut catalog = Catalog::new();
        catalog.insert("P1", "shopify", "MUG").unwrap();
        let format = segment_events().with_catalog(&catalog);
        let mut reader = format.reader(file.as_bytes()).unwrap();
        let mut judged = Vec::new();
        while let Some(outcome) = reader.next_outcome().unwrap() {
            let rules = outcome.rules().map(ToString::to_string).collect();
            judged.push((outcome.class(), rules));
        }
        assert!(reader.account().is_balanced());
        judged
    }

    #[test]
    fn each_rule_is_met_by_its_event() {
        let product = |product: &str| {
            format!(
                r#""order_id":"1","currency":"GBP","products":[{{"sku":"MUG","quantity":1,"price":9.5}},{{{product}}}]"#
            )
        };
        let cases: Vec<(String, Class, &[&str])> = vec![
            (order("a", &product(r#""sku":"MUG","quantity":"2","price":"£9.50""#)), Class::Accepted, &[]),
            (order("a", ""), Class::Duplicate, &["duplicate_message_id", "missing_order_id", "bad_currency", "missing_products"]),
            (order("b", &product(r#""sku":"MUG","quantity":0,"price":9.5"#)), Class::Rejected, &["bad_quantity"]),
            (order("c", &product(r#""sku":"MUG","quantity":1.5,"price":9.5"#)), Class::Rejected, &["bad_quantity"]),
            (order("d", &product(r#""sku":"MUG","quantity":1,"price":"12.3.4""#)), Class::Rejected, &["bad_price"]),
            (order("e", &product(r#""sku":"TEE","quantity":1,"price":1"#)), Class::Rejected, &["unknown_sku"]),
            (order("f", &product(r#""quantity":1,"price":-1"#)), Class::Rejected, &["bad_price", "missing_sku"]),
            (order("g", r#""order_id":"","currency":"XXX""#), Class::Rejected, &["missing_order_id", "bad_currency", "missing_products"]),
            (r#"{"messageId":"h","type":"track","event":"Product Viewed","properties":{"sku":"TEE"}}"#.into(), Class::Rejected, &["bad_date"]),
            (r#"{"messageId":"i","type":"page","timestamp":"2025-01-02T12:33:26Z"}"#.into(), Class::Accepted, &["uncorrected_clock"]),
            (r#"{"type":"page","timestamp":"2025-01-02T12:33:26Z"}"#.into(), Class::Accepted, &["missing_message_id", "uncorrected_clock"]),
            (r#"{"type":"page","timestamp":"2025-01-02T12:33:26Z"}"#.into(), Class::Duplicate, &["exact_duplicate_row", "missing_message_id", "uncorrected_clock"]),
            (r#"{"messageId":"j","type":"track","timestamp":"2025-01-02T12:33:26Z"}"#.into(), Class::Rejected, &["missing_event_name", "uncorrected_clock"]),
            (format!(r#"{{"messageId":"k","type":"identify",{TIMES},"timestamp":"2025-01-02T12:33:26.100Z"}}"#), Class::Accepted, &[]),
            (format!(r#"{{"messageId":"l","type":"identify",{TIMES},"timestamp":"2025-01-02T12:33:25.900Z"}}"#), Class::Accepted, &["timestamp_disagrees"]),
            ("{\"messageId\":\"m\"".into(), Class::Rejected, &["malformed_json"]),
            ("[]".into(), Class::Rejected, &["malformed_json"]),
        ];
        let lines: Vec<String> = cases.iter().map(|case| case.0.clone()).collect();
        for ((line, class, rules), got) in cases.into_iter().zip(judge(&lines)) {
            assert_eq!(
                (got.0, got.1.iter().map(String::as_str).collect()),
                (class, rules.to_vec()),
                "{line}"
            );
        }
    }

    #[test]
    fn a_cut_last_line_is_truncated() {
        let whole = order("a", r#""order_id":"1""#);
        for end in 1..whole.len() {
            let file = format!("{whole}\n{}", &whole[..end]);
            let mut reader = segment_events().reader(file.as_bytes()).unwrap();
            reader.next_outcome().unwrap();
            let outcome = reader.next_outcome().unwrap().unwrap();
            assert_eq!(outcome.reason(), Some("truncated"), "{}", &whole[..end]);
        }
    }

    #[test]
    fn an_event_says_when_what_and_who() {
        let line = format!(
            r#"{{"messageId":"k","type":"identify","userId":"0007","anonymousId":"d",{TIMES},"traits":{{"email":" ada@example.com ","firstName":"Ada","address":{{"city":"Eastmere"}}}}}}"#
        );
        let format = segment_events().with_user_id(Identifier::Account);
        let mut reader = format.reader(line.as_bytes()).unwrap();
        let outcome = reader.next_outcome().unwrap().unwrap();
        let contact = outcome.contact().unwrap();
        assert_eq!((&*contact.account, &*contact.loyalty, &*contact.device), ("0007", "", "d"));
        assert_eq!((&*contact.email, &*contact.city), ("ada@example.com", "Eastmere"));
        let activity = outcome.activity().unwrap();
        // 28.9 - (22 - 20), truncated.
        assert_eq!(activity.at.to_rfc3339(), "2025-01-02T12:33:26+00:00");
        assert_eq!((&*activity.name, activity.kind), ("identify", None));
    }
}
