//! Google Analytics 4: the `BigQuery` export of its events, a JSON object a line.
//!
//! `event_timestamp` is in microseconds since 1970, UTC. Every record is an [`Activity`];
//! `purchase` too. What a browser reports is not the books: a shop that wants the order
//! takes it from the channel of record, so no event is ever a sale here, and the activity
//! has the number of the order (`ecommerce.transaction_id`, or the parameter of that name)
//! to be found there.
//!
//! A purchase page that is loaded again sends its event again: a second `purchase` of one
//! transaction is a repeat (`duplicate_transaction_id`), as is an equal row. A transaction
//! without a number, or `(not set)`, is only compared as a row.
//!
//! `user_id` is the loyalty number, or the account by `with_user_id`;
//! `user_pseudo_id` is the device. The item of an activity is the first of its `items`.
//!
//! Memory: 16 bytes for every distinct record and transaction, and the slack of the table.
//!
//! Source: Google, "`BigQuery` Export schema" and "Recommended events" of Analytics 4.

use super::{Export, Identifier, Kind, Settings, text};
use crate::Error;
use crate::catalog::Codes;
use crate::json::{JsonError, Object, Value};
use crate::parse::number;
use crate::parsed::{Activity, Contact, Content, Parsed};
use crate::reader::Parser;
use crate::record::{Dialect, Record};
use crate::rule::{Case, Rule, RuleId};
use crate::schema::Header;
use crate::seen::Seen;
use chrono::DateTime;
use omni_core::event::EventKind;
use std::borrow::Cow;
use std::sync::Arc;

const RULES: &[Rule] = &[
    Rule::duplicate("duplicate_transaction_id"),
    Rule::duplicate("exact_duplicate_row"),
    Rule::reject("bad_date"),
    Rule::reject("missing_event_name"),
    Rule::flag("missing_transaction_id"),
    Rule::flag("unknown_item"),
];
const DUPLICATE_TRANSACTION_ID: RuleId = RuleId::of(RULES, "duplicate_transaction_id");
const BAD_DATE: RuleId = RuleId::of(RULES, "bad_date");
const MISSING_EVENT_NAME: RuleId = RuleId::of(RULES, "missing_event_name");
const MISSING_TRANSACTION_ID: RuleId = RuleId::of(RULES, "missing_transaction_id");
const UNKNOWN_ITEM: RuleId = RuleId::of(RULES, "unknown_item");

/// The parts of an event that a finding can point at.
const FIELDS: &[&str] =
    &["event_timestamp", "event_name", "ecommerce.transaction_id", "items.item_id"];
const TIMESTAMP: usize = 0;
const NAME: usize = 1;
const TRANSACTION: usize = 2;
const ITEM: usize = 3;

/// Events of Google Analytics 4; made by [`ga4_events`].
pub type Ga4Events = Export<Ga4>;

/// What is particular to the events of Google Analytics 4.
#[derive(Debug, Clone, PartialEq)]
pub struct Ga4 {
    user_id: Identifier,
}

/// The events of a web shop as Google Analytics exports them.
///
/// The codes are those of the channel `shopify` of a catalog, the web shop's; others are noted.
///
/// # Examples
/// ```
/// use omni_core::event::EventKind;
/// use omni_ingest::{Format, formats};
///
/// let file = r#"{"event_timestamp": "1743903759908910", "event_name": "purchase", "user_pseudo_id": "anon-1", "ecommerce": {"transaction_id": "1073"}}
/// {"event_timestamp": "1743903764000000", "event_name": "purchase", "user_pseudo_id": "anon-1", "ecommerce": {"transaction_id": "1073"}}"#;
/// let mut reader = formats::ga4_events().reader(file.as_bytes())?;
/// let first = reader.next_outcome()?.unwrap();
/// let activity = first.activity().unwrap();
/// assert_eq!((activity.kind, activity.order.as_ref()), (Some(EventKind::Purchase), "1073"));
/// let second = reader.next_outcome()?.unwrap();
/// assert_eq!(second.reason(), Some("duplicate_transaction_id"));
/// # Ok::<(), omni_ingest::Error>(())
/// ```
pub fn ga4_events() -> Ga4Events {
    let kind = Ga4 { user_id: Identifier::Loyalty };
    Export::of(kind, Settings::new(Dialect::lines(), &[]))
}

impl Ga4Events {
    /// With another meaning of `user_id`.
    pub const fn with_user_id(mut self, user_id: Identifier) -> Self {
        self.kind.user_id = user_id;
        self
    }
}

impl Kind for Ga4 {
    fn channel(&self) -> &'static str {
        "ga4"
    }

    fn name(&self) -> &'static str {
        "GA4 events"
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

    fn is_witness(&self) -> bool {
        true
    }

    fn parser(&self, settings: &Settings) -> Result<Box<dyn Parser>, Error> {
        Ok(Box::new(Ga4Parser {
            codes: settings.codes().cloned(),
            user_id: self.user_id,
            transactions: Seen::new(),
        }))
    }
}

/// Reads the events of its files.
#[derive(Debug)]
struct Ga4Parser {
    codes: Option<Arc<Codes>>,
    user_id: Identifier,
    transactions: Seen,
}

/// The members of an event that are read.
#[derive(Default)]
struct Event<'r> {
    name: Cow<'r, str>,
    timestamp: Cow<'r, str>,
    user: Cow<'r, str>,
    device: Cow<'r, str>,
    transaction: Cow<'r, str>,
    item: Cow<'r, str>,
}

impl<'r> Event<'r> {
    fn read(line: &'r str) -> Result<Self, JsonError> {
        let mut event = Self::default();
        let mut parameter = Cow::Borrowed("");
        let mut object = Object::new(line)?;
        while let Some((key, value)) = object.member()? {
            match (key.as_ref(), value) {
                ("event_name", value) => event.name = text(value),
                ("event_timestamp", value) => event.timestamp = text(value),
                ("user_id", value) => event.user = text(value),
                ("user_pseudo_id", value) => event.device = text(value),
                ("event_params", value) => parameter = transaction_parameter(value)?,
                ("ecommerce", Value::Object(mut ecommerce)) => {
                    while let Some((key, value)) = ecommerce.member()? {
                        if key == "transaction_id" {
                            event.transaction = text(value);
                        }
                    }
                }
                ("items", Value::Array(mut items)) => {
                    if let Some(Value::Object(mut item)) = items.item()? {
                        while let Some((key, value)) = item.member()? {
                            if key == "item_id" {
                                event.item = text(value);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        if event.transaction.is_empty() {
            event.transaction = parameter;
        }
        if event.transaction == "(not set)" {
            event.transaction = Cow::Borrowed("");
        }
        Ok(event)
    }
}

/// The parameter `transaction_id` of `[{"key": .., "value": {"string_value": ..}}, ..]`.
fn transaction_parameter(value: Value<'_>) -> Result<Cow<'_, str>, JsonError> {
    let mut found = Cow::Borrowed("");
    let Value::Array(mut parameters) = value else { return Ok(found) };
    while let Some(parameter) = parameters.item()? {
        let Value::Object(mut parameter) = parameter else { continue };
        let (mut is_transaction, mut given) = (false, Cow::Borrowed(""));
        while let Some((key, value)) = parameter.member()? {
            match (key.as_ref(), value) {
                ("key", value) => is_transaction = text(value) == "transaction_id",
                ("value", Value::Object(mut typed)) => {
                    while let Some((key, value)) = typed.member()? {
                        if matches!(key.as_ref(), "string_value" | "int_value") {
                            let value = text(value);
                            if !value.is_empty() {
                                given = value;
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        if is_transaction {
            found = given;
        }
    }
    Ok(found)
}

/// What the names of the recommended and automatic events mean.
fn kind(name: &str) -> Option<EventKind> {
    Some(match name {
        "view_item" | "view_item_list" | "select_item" | "page_view" | "screen_view" => {
            EventKind::View
        }
        "search" | "view_search_results" => EventKind::Search,
        "add_to_cart" => EventKind::AddToCart,
        "purchase" => EventKind::Purchase,
        "refund" => EventKind::Return,
        "select_promotion" => EventKind::Click,
        "session_start" | "first_visit" | "first_open" => EventKind::Visit,
        _ => return None,
    })
}

impl Parser for Ga4Parser {
    fn bind(&mut self, _header: &mut Header<'_>) {}

    fn parse<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Parsed<'r> {
        let event = match Event::read(record.get(0).unwrap_or_default()) {
            Ok(event) => event,
            Err(error) => {
                let defect = record.json_defect(error);
                case.breaks(RuleId::of_defect(defect), usize::MAX, "");
                return Parsed::NOTHING;
            }
        };
        let kind = kind(&event.name);
        if kind == Some(EventKind::Purchase) {
            if event.transaction.is_empty() {
                case.breaks(MISSING_TRANSACTION_ID, TRANSACTION, "");
            } else if self.transactions.repeats_text(&event.transaction) {
                case.breaks(DUPLICATE_TRANSACTION_ID, TRANSACTION, &event.transaction);
            }
        }
        if event.name.is_empty() {
            case.breaks(MISSING_EVENT_NAME, NAME, "");
        }
        let micros = number::integer(&event.timestamp).ok();
        let at = micros.and_then(DateTime::from_timestamp_micros);
        if at.is_none() {
            case.breaks(BAD_DATE, TIMESTAMP, &event.timestamp);
        }
        let known = self.codes.as_ref().map(|codes| codes.find(&event.item));
        if known.is_some_and(|known| known.is_none()) && !event.item.is_empty() {
            case.breaks(UNKNOWN_ITEM, ITEM, &event.item);
        }
        let content = at.map_or(Content::Nothing, |at| {
            Content::Activity(Box::new(Activity {
                message: Cow::Borrowed(""),
                name: event.name,
                kind,
                at,
                product: known.flatten().map(|known| Cow::Owned(known.product.to_string())),
                sku: event.item,
                order: event.transaction,
            }))
        });
        let mut contact = Contact { device: event.device, ..Contact::default() };
        self.user_id.note(&mut contact, event.user);
        Parsed { content, contact: None }.with_contact(contact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Class;
    use crate::{Catalog, Format};

    #[test]
    fn each_rule_is_met_by_its_event() {
        let by_parameter = r#"{"event_timestamp":5,"event_name":"purchase","event_params":[{"key":"x","value":{"int_value":"1"}},{"key":"transaction_id","value":{"string_value":null,"int_value":"7"}}]}"#;
        let cases: [(&str, Class, &[&str]); 10] = [
            (r#"{"event_timestamp":"1","event_name":"session_start"}"#, Class::Accepted, &[]),
            (
                r#"{"event_timestamp":"1","event_name":"session_start"}"#,
                Class::Duplicate,
                &["exact_duplicate_row"],
            ),
            (by_parameter, Class::Accepted, &[]),
            (
                r#"{"event_timestamp":"6","event_name":"purchase","ecommerce":{"transaction_id":"7"},"items":[{"item_id":"TEE"}]}"#,
                Class::Duplicate,
                &["duplicate_transaction_id", "unknown_item"],
            ),
            (by_parameter, Class::Duplicate, &["duplicate_transaction_id", "exact_duplicate_row"]),
            (
                r#"{"event_timestamp":"6","event_name":"purchase","ecommerce":{"transaction_id":"(not set)"}}"#,
                Class::Accepted,
                &["missing_transaction_id"],
            ),
            (
                r#"{"event_timestamp":"N/A","event_name":"view_item","items":[{"item_id":"MUG"},{"item_id":"TEE"}]}"#,
                Class::Rejected,
                &["bad_date"],
            ),
            (
                r#"{"event_timestamp":"9223372036854775807"}"#,
                Class::Rejected,
                &["bad_date", "missing_event_name"],
            ),
            ("{\"event_timestamp\":1,}", Class::Rejected, &["malformed_json"]),
            ("{\"event_timestamp\":1", Class::Rejected, &["truncated"]),
        ];
        let file: Vec<&str> = cases.iter().map(|case| case.0).collect();
        let file = file.join("\n");
        let mut catalog = Catalog::new();
        catalog.insert("P1", "web", "MUG").unwrap();
        let format = ga4_events().with_codes_of(&catalog, "web");
        let mut reader = format.reader(file.as_bytes()).unwrap();
        for (line, class, rules) in cases {
            let outcome = reader.next_outcome().unwrap().unwrap();
            let got: Vec<_> = outcome.rules().collect();
            assert_eq!((outcome.class(), got.as_slice()), (class, rules), "{line}");
        }
        assert!(reader.account().is_balanced());
    }

    #[test]
    fn an_event_says_when_what_and_who() {
        let line = r#"{"event_timestamp":"1743903759908910","event_name":"view_item","user_pseudo_id":"d","user_id":"0007","items":[{"item_id":"MUG"}]}"#;
        let mut reader = ga4_events().reader(line.as_bytes()).unwrap();
        let outcome = reader.next_outcome().unwrap().unwrap();
        let activity = outcome.activity().unwrap();
        assert_eq!((activity.kind, &*activity.sku), (Some(EventKind::View), "MUG"));
        assert_eq!(activity.at.to_rfc3339(), "2025-04-06T01:42:39.908910+00:00");
        let contact = outcome.contact().unwrap();
        assert_eq!((&*contact.loyalty, &*contact.device), ("0007", "d"));
    }
}
