//! The tables of the unified set and their rows.

use super::{Cell, Column, Field, Kind, Row, Table};
use crate::merge::Profile;
use crate::rule::Class;
use crate::{Reject, ReturnedLine};
use chrono::{DateTime, Utc};
use omni_core::customer::{ConsentState, IdentityKind, Purpose};
use omni_core::event::Actor;
use omni_core::order::OrderLine;
use omni_core::{Customer, Event, EventKind, MoneyError, Order, Product, Variant};
use std::fmt;

/// A row struct with its table: the fields are the columns, their docs the meaning.
macro_rules! row {
    (
        $(#[doc = $meaning:expr])+
        $name:ident, $table:literal, $version:literal,
        $($(#[doc = $doc:expr])+ $field:ident: $type:ty,)+
    ) => {
        $(#[doc = $meaning])+
        /// `Debug` leaves out the values.
        #[derive(Clone, PartialEq, Default)]
        pub struct $name<'a> {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl Row for $name<'_> {
            const TABLE: &'static Table = {
                // The lifetime of the row does not matter to its kinds.
                type Of<'a> = $name<'a>;
                const COLUMNS: &[Column] = &[$(Column {
                    name: stringify!($field),
                    kind: kind_of(|row: &Of<'static>| &row.$field),
                    optional: optional_of(|row: &Of<'static>| &row.$field),
                    meaning: concat!($($doc),+),
                },)+];
                &Table {
                    name: $table,
                    version: $version,
                    meaning: concat!($($meaning),+),
                    columns: COLUMNS,
                }
            };

            fn visit<E>(
                &self,
                mut take: impl FnMut(&'static Column, Cell<'_>) -> Result<(), E>,
            ) -> Result<(), E> {
                let mut columns = Self::TABLE.columns.iter();
                $(
                    if let Some(column) = columns.next() {
                        take(column, self.$field.cell())?;
                    }
                )+
                Ok(())
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

const fn kind_of<R, F: Field>(_: fn(&R) -> &F) -> Kind {
    F::KIND
}

const fn optional_of<R, F: Field>(_: fn(&R) -> &F) -> bool {
    F::OPTIONAL
}

row! {
    /// A person with the values that survived.
    PersonRow, "persons", 1,
    /// The number of the person.
    person: u32,
    /// The whole name.
    name: Option<&'a str>,
    /// The given name.
    given_name: Option<&'a str>,
    /// The surname.
    surname: Option<&'a str>,
    /// The e-mail address to write to.
    email: Option<&'a str>,
    /// The phone number to call.
    phone: Option<&'a str>,
    /// The number of the loyalty card.
    loyalty: Option<&'a str>,
    /// Who takes the goods at the address.
    address_name: Option<&'a str>,
    /// Street and house number.
    street: Option<&'a str>,
    /// The city.
    city: Option<&'a str>,
    /// The region or state.
    region: Option<&'a str>,
    /// The postal code.
    postal_code: Option<&'a str>,
    /// The country, two letters of ISO 3166.
    country: Option<&'a str>,
}

row! {
    /// One of the names a person has: every e-mail address, phone number and card ever seen.
    IdentityRow, "identities", 1,
    /// The number of the person.
    person: u32,
    /// `email`, `phone`, `device`, `loyalty` or `channel_ref`.
    kind: &'a str,
    /// The name.
    value: &'a str,
    /// When it was proven to belong to the person.
    verified_at: Option<DateTime<Utc>>,
}

row! {
    /// What a person said about one purpose at one time.
    ConsentRow, "consents", 1,
    /// The number of the person.
    person: u32,
    /// `marketing`, `profiling`, `analytics` or `essential`.
    purpose: &'a str,
    /// The channel it is about; missing if it is about all.
    channel: Option<&'a str>,
    /// `pending`, `granted` or `withdrawn`.
    state: &'a str,
    /// When.
    at: DateTime<Utc>,
    /// Where it was said.
    source: &'a str,
    /// The version of the text that was agreed to.
    text_version: &'a str,
}

row! {
    /// A variant of a product: what is stocked, priced and sold.
    ProductRow, "products", 1,
    /// The number of the product.
    product: u32,
    /// The number of the variant.
    variant: u32,
    /// The code it is sold under.
    sku: &'a str,
    /// What the product is called.
    title: &'a str,
    /// Its category from the most general down, joined by ` > `.
    category: String,
    /// What sets the variant apart, as `name=value` joined by `; `.
    attributes: String,
    /// The trade item number, 8 to 14 digits.
    gtin: Option<&'a str>,
}

row! {
    /// One order, counted once, in whatever channels it was seen.
    OrderRow, "orders", 1,
    /// The number of the order.
    order: u64,
    /// What the channel calls it.
    number: &'a str,
    /// The channel it was placed in.
    channel: &'a str,
    /// The number of the person; missing for a guest.
    person: Option<u32>,
    /// When it was placed.
    placed_at: DateTime<Utc>,
    /// The currency of its amounts, three letters of ISO 4217.
    currency: &'a str,
    /// `draft`, `placed`, `completed` or `canceled`.
    state: &'a str,
    /// What it costs with tax and shipping, in minor units.
    total_minor: i64,
    /// What the returned units cost with tax, in minor units.
    returned_minor: i64,
    /// The shipping, in minor units.
    shipping_minor: i64,
    /// The other channels it was seen in, joined by a blank.
    also_in: &'a str,
}

row! {
    /// A line of an order.
    OrderLineRow, "order_lines", 1,
    /// The number of the order.
    order: u64,
    /// The number of the line.
    line: u64,
    /// The number of the variant.
    variant: u32,
    /// The code it was sold under.
    sku: &'a str,
    /// Units ordered.
    ordered: u32,
    /// Units canceled.
    canceled: u32,
    /// Units delivered.
    delivered: u32,
    /// Units that came back.
    returned: u32,
    /// The price of one unit, an exact decimal in units of the currency.
    unit_price: String,
    /// The currency of its amounts, three letters of ISO 4217.
    currency: &'a str,
    /// The discount on the line, in minor units.
    discount_minor: i64,
    /// What the units that were not canceled cost without tax, in minor units.
    net_minor: i64,
    /// The tax on them, in minor units.
    tax_minor: i64,
}

row! {
    /// What somebody did.
    EventRow, "events", 1,
    /// The number of the event.
    event: u64,
    /// When.
    at: DateTime<Utc>,
    /// In which channel.
    channel: &'a str,
    /// The number of the person; missing if nobody knows.
    person: Option<u32>,
    /// The session of somebody unknown.
    session: Option<&'a str>,
    /// `view`, `search`, `add_to_cart`, `purchase`, `rate`, `return`, `open`, `click`, `call` or `visit`.
    kind: &'a str,
    /// The number of the variant.
    variant: Option<u32>,
    /// How many units.
    quantity: Option<u32>,
    /// What goes with the kind: the stars of a rating.
    value: Option<f64>,
}

row! {
    /// A line that came back: a refund or a cancellation.
    ReturnRow, "returns", 1,
    /// The record it was read from, from 1.
    record: u64,
    /// The channel.
    channel: &'a str,
    /// What the channel calls the return.
    number: &'a str,
    /// What the channel calls the order it undoes.
    refers_to: Option<&'a str>,
    /// The number of that order, if it is known.
    order: Option<u64>,
    /// The number of the person; missing for a guest.
    person: Option<u32>,
    /// The number of the variant.
    variant: u32,
    /// The code it was sold under.
    sku: &'a str,
    /// How many units.
    quantity: u32,
    /// The currency of its amounts, three letters of ISO 4217.
    currency: &'a str,
    /// The money that went back, in minor units.
    amount_minor: i64,
    /// When.
    at: DateTime<Utc>,
}

row! {
    /// A record that was set aside, with its reason.
    RejectRow, "rejects", 1,
    /// The file.
    file: &'a str,
    /// The record, from 1; the header is not counted.
    record: u64,
    /// The physical line it starts on, from 1.
    line: u64,
    /// The byte it starts at, from 0.
    offset: u64,
    /// `duplicate`, `copy` or `rejected`.
    class: &'a str,
    /// The first rule it breaks.
    reason: &'a str,
    /// All deciding rules it breaks, joined by `+`.
    rules: String,
    /// The column that breaks the first rule; missing if it is the record as a whole.
    column: Option<&'a str>,
    /// The text of that column.
    value: &'a str,
    /// The text of the whole record.
    raw: &'a str,
}

row! {
    /// A column of a table: the schema.
    ColumnRow, "columns", 1,
    /// The table.
    table: &'a str,
    /// The version of its layout.
    version: u32,
    /// The place of the column, from 1.
    position: u32,
    /// The name of the column.
    column: &'a str,
    /// `text`, `count`, `whole`, `real`, `flag` or `time`.
    kind: &'a str,
    /// Whether a cell may be missing.
    optional: bool,
    /// What it means.
    meaning: &'a str,
}

/// All tables.
#[must_use]
pub const fn tables() -> [&'static Table; 10] {
    [
        PersonRow::TABLE,
        IdentityRow::TABLE,
        ConsentRow::TABLE,
        ProductRow::TABLE,
        OrderRow::TABLE,
        OrderLineRow::TABLE,
        EventRow::TABLE,
        ReturnRow::TABLE,
        RejectRow::TABLE,
        ColumnRow::TABLE,
    ]
}

impl ColumnRow<'_> {
    /// The schema of a table.
    pub fn of(table: &Table) -> impl Iterator<Item = ColumnRow<'static>> + use<> {
        let (name, version) = (table.name, table.version);
        (1..).zip(table.columns).map(move |(position, column)| ColumnRow {
            table: name,
            version,
            position,
            column: column.name,
            kind: column.kind.name(),
            optional: column.optional,
            meaning: column.meaning.trim(),
        })
    }
}

impl<'a> PersonRow<'a> {
    /// A person and what survived of it.
    #[must_use]
    pub fn of(person: u32, profile: &'a Profile) -> Self {
        let text = |text: &'a str| (!text.is_empty()).then_some(text);
        let value = |field: &'a Option<crate::merge::Survivor<String>>| {
            field.as_ref().map(|survivor| survivor.value.as_str())
        };
        let address = profile.address.as_ref().map(|survivor| &survivor.value);
        Self {
            person,
            name: value(&profile.name),
            given_name: value(&profile.given_name),
            surname: value(&profile.surname),
            email: value(&profile.email),
            phone: value(&profile.phone),
            loyalty: value(&profile.loyalty),
            address_name: address.and_then(|address| text(&address.name)),
            street: address.and_then(|address| text(&address.street)),
            city: address.and_then(|address| text(&address.city)),
            region: address.and_then(|address| text(&address.region)),
            postal_code: address.and_then(|address| text(&address.postal_code)),
            country: address.and_then(|address| text(&address.country)),
        }
    }
}

impl<'a> IdentityRow<'a> {
    /// The names of a customer.
    pub fn of(customer: &'a Customer) -> impl Iterator<Item = Self> {
        customer.identities.iter().map(|identity| Self {
            person: customer.id.get(),
            kind: match identity.kind {
                IdentityKind::Email => "email",
                IdentityKind::Phone => "phone",
                IdentityKind::Device => "device",
                IdentityKind::Loyalty => "loyalty",
                IdentityKind::ChannelRef(_) => "channel_ref",
                _ => "other",
            },
            value: &identity.value,
            verified_at: identity.verified_at,
        })
    }
}

impl<'a> ConsentRow<'a> {
    /// What a customer said. `channel` names channels by their number.
    pub fn of(
        customer: &'a Customer,
        channel: impl Fn(u32) -> Option<&'a str>,
    ) -> impl Iterator<Item = Self> {
        customer.consents.iter().map(move |consent| Self {
            person: customer.id.get(),
            purpose: match consent.purpose {
                Purpose::Marketing => "marketing",
                Purpose::Profiling => "profiling",
                Purpose::Analytics => "analytics",
                Purpose::Essential => "essential",
                _ => "other",
            },
            // A channel without a name still is one: the consent is not about all of them.
            channel: consent.channel.map(|id| channel(id.get()).unwrap_or_default()),
            state: match consent.state {
                ConsentState::Pending => "pending",
                ConsentState::Granted => "granted",
                _ => "withdrawn",
            },
            at: consent.at,
            source: &consent.source,
            text_version: &consent.text_version,
        })
    }
}

impl<'a> ProductRow<'a> {
    /// A variant of a product.
    #[must_use]
    pub fn of(product: &'a Product, variant: &'a Variant) -> Self {
        let pairs = variant.attributes.iter().map(|(name, value)| format!("{name}={value}"));
        Self {
            product: product.id.get(),
            variant: variant.id.get(),
            sku: variant.sku.as_str(),
            title: &product.title,
            category: product.category.join(" > "),
            attributes: pairs.collect::<Vec<_>>().join("; "),
            gtin: None,
        }
    }
}

impl<'a> OrderRow<'a> {
    /// An order; `channel` is the name of its channel.
    ///
    /// # Errors
    /// [`MoneyError`] if an amount does not fit.
    pub fn of(order: &'a Order, channel: &'a str) -> Result<Self, MoneyError> {
        Ok(Self {
            order: order.id.get(),
            number: &order.number,
            channel,
            person: order.customer.map(omni_core::CustomerId::get),
            placed_at: order.placed_at,
            currency: order.currency.code(),
            state: order.state.as_str(),
            total_minor: order.total()?.minor(),
            returned_minor: order.returned_goods()?.gross().minor(),
            shipping_minor: order.shipping.minor(),
            also_in: "",
        })
    }
}

impl<'a> OrderLineRow<'a> {
    /// The lines of an order.
    ///
    /// # Errors
    /// [`MoneyError`] if an amount does not fit.
    pub fn of(order: &'a Order) -> impl Iterator<Item = Result<Self, MoneyError>> {
        order.lines.iter().map(|line| Self::line(order, line))
    }

    fn line(order: &Order, line: &'a OrderLine) -> Result<Self, MoneyError> {
        let amount = line.amount(order.tax_mode)?;
        let price = line.unit_price.to_string();
        Ok(Self {
            order: order.id.get(),
            line: line.id.get(),
            variant: line.variant.get(),
            sku: line.sku.as_str(),
            ordered: line.ordered,
            canceled: line.canceled,
            delivered: line.delivered,
            returned: line.returned,
            unit_price: price.split_once(' ').map_or(price.as_str(), |(price, _)| price).to_owned(),
            currency: order.currency.code(),
            discount_minor: line.discount.minor(),
            net_minor: amount.net().minor(),
            tax_minor: amount.tax().minor(),
        })
    }
}

/// What a kind of event is called.
pub(super) const fn event_kind(kind: EventKind) -> &'static str {
    match kind {
        EventKind::View => "view",
        EventKind::Search => "search",
        EventKind::AddToCart => "add_to_cart",
        EventKind::Purchase => "purchase",
        EventKind::Rate => "rate",
        EventKind::Return => "return",
        EventKind::Open => "open",
        EventKind::Click => "click",
        EventKind::Call => "call",
        EventKind::Visit => "visit",
        _ => "other",
    }
}

impl<'a> EventRow<'a> {
    /// An event; `channel` is the name of its channel.
    #[must_use]
    pub fn of(event: &'a Event, channel: &'a str) -> Self {
        let (person, session) = match &event.actor {
            Actor::Customer(id) => (Some(id.get()), None),
            Actor::Session(name) => (None, Some(name.as_str())),
            _ => (None, None),
        };
        Self {
            event: event.id.get(),
            at: event.at,
            channel,
            person,
            session,
            kind: event_kind(event.kind),
            variant: event.variant.map(omni_core::VariantId::get),
            quantity: event.quantity,
            value: event.value,
        }
    }
}

impl<'a> ReturnRow<'a> {
    /// A line that came back; `channel` is the name of its channel.
    #[must_use]
    pub fn of(returned: &'a ReturnedLine, channel: &'a str) -> Self {
        Self {
            record: returned.record,
            channel,
            number: &returned.number,
            refers_to: returned.refers_to.as_deref(),
            order: returned.order.map(omni_core::OrderId::get),
            person: returned.customer.map(omni_core::CustomerId::get),
            variant: returned.variant.get(),
            sku: returned.sku.as_str(),
            quantity: returned.quantity,
            currency: returned.amount.currency().code(),
            amount_minor: returned.amount.minor(),
            at: returned.at,
        }
    }
}

impl<'a> RejectRow<'a> {
    /// A record that was set aside.
    #[must_use]
    pub fn of(reject: &'a Reject) -> Self {
        Self {
            file: &reject.file,
            record: reject.record,
            line: reject.line,
            offset: reject.offset,
            class: match reject.class {
                Class::Accepted => "accepted",
                Class::Repaired => "repaired",
                Class::Duplicate => "duplicate",
                Class::Copy => "copy",
                Class::Refund => "refund",
                Class::Rejected => "rejected",
            },
            reason: reject.reason(),
            rules: reject.rules.join("+"),
            column: reject.column.as_deref(),
            value: &reject.value,
            raw: &reject.raw,
        }
    }
}
