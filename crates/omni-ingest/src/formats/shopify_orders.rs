//! Shopify: the Orders export, one row per line item.
//!
//! The first row of an order carries its date, currency, customer, source and notes; the
//! rows after it repeat the number (`Name`) and hold only a line. A row without currency
//! and financial status is such a further row; it takes the order from the first row,
//! wherever that stands in the file, and is rejected as `line_without_order` if there is
//! none. A first row that is rejected for its line still opens its order; without a
//! readable date or currency it opens an order whose rows are all rejected for that.
//!
//! `Lineitem price` is the price of one unit, `Lineitem discount` is off the whole line.
//! Times carry their offset. The key of a customer is the e-mail address in small letters.
//! An order is canceled if it is `voided` or has a time of cancellation, refunded if it
//! is `refunded`; of a partial refund the export says how much but not for which line,
//! so it is only flagged. Shipping, order-level discounts and taxes are not lines and not
//! read.
//!
//! Orders of a marketplace that are copied into the shop carry its name as `Source`. They
//! are copies, provided the marketplace's own export is read too: the default expects
//! that for `amazon`; see [`ShopifyOrders::with_copied_sources`].
//!
//! Memory: one entry per order, beside that for exact repeats.

use super::{CodeRules, is_countable, is_label, is_payable, look_up, tidy, trim};
use super::{Export, Kind, Settings};
use crate::Error;
use crate::catalog::Codes;
use crate::parse::{DateParser, Decimal, MoneyStyle, money, number};
use crate::parsed::{Contact, Parsed};
use crate::reader::Parser;
use crate::record::{Dialect, Record};
use crate::rule::{Case, Rule, RuleId};
use crate::sale::{Price, SaleLine, SaleStatus};
use crate::schema::{Column, Header};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use omni_core::Currency;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

const RULES: &[Rule] = &[
    Rule::duplicate("exact_duplicate_row"),
    Rule::copy("cross_channel_copy"),
    Rule::reject("missing_order_id"),
    Rule::reject("line_without_order"),
    Rule::reject("bad_date"),
    Rule::reject("bad_currency"),
    Rule::reject("bad_quantity"),
    Rule::reject("bad_price"),
    Rule::reject("bad_discount"),
    Rule::reject("unbookable_amount"),
    Rule::reject("missing_sku"),
    Rule::reject("unknown_sku"),
    Rule::repair("title_spaces"),
    Rule::repair("email_normalized"),
    Rule::flag("missing_email"),
    Rule::flag("partial_refund"),
];
const CROSS_CHANNEL_COPY: RuleId = RuleId::of(RULES, "cross_channel_copy");
const MISSING_ORDER_ID: RuleId = RuleId::of(RULES, "missing_order_id");
const LINE_WITHOUT_ORDER: RuleId = RuleId::of(RULES, "line_without_order");
const BAD_DATE: RuleId = RuleId::of(RULES, "bad_date");
const BAD_CURRENCY: RuleId = RuleId::of(RULES, "bad_currency");
const BAD_QUANTITY: RuleId = RuleId::of(RULES, "bad_quantity");
const BAD_PRICE: RuleId = RuleId::of(RULES, "bad_price");
const BAD_DISCOUNT: RuleId = RuleId::of(RULES, "bad_discount");
const UNBOOKABLE_AMOUNT: RuleId = RuleId::of(RULES, "unbookable_amount");
const TITLE_SPACES: RuleId = RuleId::of(RULES, "title_spaces");
const EMAIL_NORMALIZED: RuleId = RuleId::of(RULES, "email_normalized");
const MISSING_EMAIL: RuleId = RuleId::of(RULES, "missing_email");
const PARTIAL_REFUND: RuleId = RuleId::of(RULES, "partial_refund");
const CODE_RULES: CodeRules = CodeRules {
    bad: RuleId::of(RULES, "missing_sku"),
    unknown: RuleId::of(RULES, "unknown_sku"),
    lost_zeros: None,
};

/// The Shopify Orders export; made by [`shopify_orders`].
pub type ShopifyOrders = Export<Shopify>;

/// What is particular to the Shopify Orders export.
#[derive(Debug, Clone, PartialEq)]
pub struct Shopify {
    copied_sources: Vec<String>,
}

/// The Orders export of a Shopify shop that also sells on Amazon.
///
/// # Examples
/// ```
/// use omni_ingest::formats;
///
/// let file = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,\
///     Lineitem name,Lineitem price,Lineitem sku,Source,Notes\n\
///     #1001,Ada@example.com,paid,GBP,2025-07-14 11:58:45 +0100,2,Mug,9.79,MUG-S,web,\n\
///     #1001,,,,,1,Tee,14.90,TEE-M,,\n";
/// let read = omni_ingest::read(&formats::shopify_orders(), file.as_bytes())?;
/// assert_eq!(read.orders[0].total()?.to_string(), "34.48 GBP");
/// assert_eq!(read.keys.customers.keys(), ["ada@example.com"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn shopify_orders() -> ShopifyOrders {
    let layouts = ["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z"];
    let kind = Shopify { copied_sources: vec!["amazon".to_string()] };
    Export::of(kind, Settings::new(Dialect::csv(), &layouts))
}

impl ShopifyOrders {
    /// With the sources whose own exports are read too, so that their orders are copies
    /// here. None: every order of the shop counts, and a copy still names its original
    /// ([`SaleLine::refers_to`]).
    pub fn with_copied_sources<S: Into<String>>(
        mut self,
        sources: impl IntoIterator<Item = S>,
    ) -> Self {
        self.kind.copied_sources = sources.into_iter().map(Into::into).collect();
        self
    }
}

impl Kind for Shopify {
    fn channel(&self) -> &'static str {
        "shopify"
    }

    fn name(&self) -> &'static str {
        "Shopify orders"
    }

    fn rules(&self) -> &[Rule] {
        RULES
    }

    fn parser(&self, settings: &Settings) -> Result<Box<dyn Parser>, Error> {
        Ok(Box::new(ShopifyParser {
            columns: Columns::default(),
            dates: DateParser::new(settings.layouts()?, settings.zone().unwrap_or(Tz::UTC)),
            currency: settings.currency(),
            style: settings.money_style(),
            codes: settings.codes().cloned(),
            copied_sources: self.copied_sources.clone(),
            orders: FxHashMap::default(),
        }))
    }
}

/// Reads the rows of its files.
#[derive(Debug, Clone)]
struct ShopifyParser {
    columns: Columns,
    dates: DateParser<Tz>,
    /// The currency of orders that name none.
    currency: Option<Currency>,
    style: MoneyStyle,
    codes: Option<Arc<Codes>>,
    copied_sources: Vec<String>,
    /// What the first row of each order said.
    orders: FxHashMap<Box<str>, Opened>,
}

/// Where the columns of a file stand.
#[derive(Debug, Clone, Default)]
struct Columns {
    name: Column,
    email: Column,
    financial_status: Column,
    currency: Column,
    created: Column,
    quantity: Column,
    title: Column,
    price: Column,
    sku: Column,
    discount: Column,
    country: Column,
    canceled: Column,
    refunded: Column,
    source: Column,
    notes: Column,
    phone: Column,
    billing: Place,
    shipping: Place,
}

/// The columns of an address.
#[derive(Debug, Clone, Default)]
struct Place {
    name: Column,
    street: Column,
    line: Column,
    city: Column,
    region: Column,
    postal_code: Column,
    country: Column,
    phone: Column,
}

impl Place {
    /// The columns `Billing ..` or `Shipping ..`.
    fn of(header: &mut Header<'_>, whose: &str) -> Self {
        let mut column = |name: &str| header.optional(&[&format!("{whose} {name}")]);
        Self {
            name: column("Name"),
            street: column("Street"),
            line: column("Address1"),
            city: column("City"),
            region: column("Province"),
            postal_code: column("Zip"),
            country: column("Country"),
            phone: column("Phone"),
        }
    }
}

impl Columns {
    /// The person of an order, as it is written: who pays, and of whom goods are sent to
    /// only what is not known of the payer. An address is taken from one of the two.
    fn contact<'r>(&self, record: &Record<'r>) -> Contact<'r> {
        let first = |columns: [Column; 3]| {
            let texts = columns.map(|column| column.of(record));
            let found = texts.into_iter().find(|text| !trim(text).is_empty());
            Cow::Borrowed(found.unwrap_or_default())
        };
        let (payer, receiver) = (&self.billing, &self.shipping);
        let says = |column: Column| !trim(column.of(record)).is_empty();
        let lives = says(payer.street) || says(payer.line) || says(payer.postal_code);
        let place = if lives { payer } else { receiver };
        let of = |column: Column| Cow::Borrowed(column.of(record));
        Contact {
            name: first([payer.name, receiver.name, Column::ABSENT]),
            email: of(self.email),
            phone: first([payer.phone, receiver.phone, self.phone]),
            street: first([place.street, place.line, Column::ABSENT]),
            city: of(place.city),
            region: of(place.region),
            postal_code: of(place.postal_code),
            country: of(place.country),
            ..Contact::default()
        }
    }
}

/// What the first row of an order says for all its rows.
#[derive(Clone)]
struct Opened {
    placed_at: Option<DateTime<Utc>>,
    currency: Option<Currency>,
    customer: Option<Box<str>>,
    country: Box<str>,
    status: SaleStatus,
    is_copy: bool,
    /// The order of its source, if the notes name it.
    copies: Option<Box<str>>,
}

impl std::fmt::Debug for Opened {
    /// Without the customer.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("placed_at", &self.placed_at).finish_non_exhaustive()
    }
}

/// Whether the label of a note starts with the source of the order: `Amazon Order ID`.
fn names(label: &str, source: &str) -> bool {
    let start = label.trim_start().get(..source.len());
    !source.is_empty() && start.is_some_and(|start| start.eq_ignore_ascii_case(source))
}

impl ShopifyParser {
    /// Whether it is the first row of an order.
    fn opens(&self, record: &Record<'_>) -> bool {
        let says = |column: Column| !trim(column.of(record)).is_empty();
        says(self.columns.currency) || says(self.columns.financial_status)
    }

    /// Reads the order from its first row.
    fn open(&mut self, record: &Record<'_>, case: &mut Case) -> Opened {
        let raw = self.columns.email.of(record);
        let email = trim(raw).to_lowercase();
        if email.is_empty() {
            case.breaks(MISSING_EMAIL, self.columns.email.position(), raw);
        } else if email != raw {
            case.repair(EMAIL_NORMALIZED, self.columns.email.position(), raw, &email);
        }
        let refunded = money::parse(self.columns.refunded.of(record), self.style);
        let status = trim(self.columns.financial_status.of(record));
        let is = |word: &str| status.eq_ignore_ascii_case(word);
        let status = if is("voided") || !trim(self.columns.canceled.of(record)).is_empty() {
            SaleStatus::Canceled
        } else if is("refunded") {
            SaleStatus::Refunded
        } else {
            if is("partially_refunded") || refunded.is_ok_and(|amount| !amount.value.is_zero()) {
                let raw = self.columns.refunded.of(record);
                case.breaks(PARTIAL_REFUND, self.columns.refunded.position(), raw);
            }
            SaleStatus::Sold
        };
        let source = trim(self.columns.source.of(record));
        let is_copy = self.copied_sources.iter().any(|copied| copied.eq_ignore_ascii_case(source));
        // "Amazon Order ID: 020-3510987-8122212"
        let note = self.columns.notes.of(record).lines().next().unwrap_or_default();
        let named = note.rsplit_once(':').filter(|(label, _)| is_copy || names(label, source));
        let copies = named.map(|(_, id)| id.trim()).filter(|id| is_label(id)).map(Into::into);
        Opened {
            placed_at: self
                .dates
                .parse(trim(self.columns.created.of(record)))
                .ok()
                .map(|read| read.at),
            currency: match trim(self.columns.currency.of(record)) {
                "" => self.currency,
                code => Currency::new(code).ok(),
            },
            customer: (!email.is_empty()).then(|| email.into()),
            country: trim(self.columns.country.of(record)).into(),
            status,
            is_copy,
            copies,
        }
    }

    /// The discount of the line; an empty field is none.
    fn discount(&self, record: &Record<'_>) -> Option<Decimal> {
        match trim(self.columns.discount.of(record)) {
            "" => Some(Decimal::ZERO),
            text => {
                let amount = money::parse(text, self.style).ok()?.value;
                (!amount.is_negative()).then_some(amount)
            }
        }
    }
}

impl Parser for ShopifyParser {
    fn bind(&mut self, header: &mut Header<'_>) {
        self.columns = Columns {
            name: header.required(&["Name"]),
            email: header.required(&["Email"]),
            financial_status: header.required(&["Financial Status"]),
            currency: header.required(&["Currency"]),
            created: header.required(&["Created at"]),
            quantity: header.required(&["Lineitem quantity"]),
            title: header.required(&["Lineitem name"]),
            price: header.required(&["Lineitem price"]),
            sku: header.required(&["Lineitem sku"]),
            discount: header.optional(&["Lineitem discount"]),
            country: header.optional(&["Billing Country"]),
            canceled: header.optional(&["Cancelled at"]),
            refunded: header.optional(&["Refunded Amount"]),
            source: header.optional(&["Source"]),
            notes: header.optional(&["Notes"]),
            phone: header.optional(&["Phone"]),
            billing: Place::of(header, "Billing"),
            shipping: Place::of(header, "Shipping"),
        };
    }

    fn may_wait(&self) -> bool {
        true
    }

    /// A further row before the first row of its order.
    fn is_early(&self, record: &Record<'_>) -> bool {
        !self.opens(record) && !self.orders.contains_key(trim(self.columns.name.of(record)))
    }

    fn parse<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Parsed<'r> {
        let parsed = Parsed::line(self.line(record, case));
        // The rows after the first repeat nothing of the person but the e-mail address.
        if self.opens(record) { parsed.with_contact(self.columns.contact(record)) } else { parsed }
    }
}

impl ShopifyParser {
    /// The line of a row.
    fn line<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Option<SaleLine<'r>> {
        let name = trim(self.columns.name.of(record));
        if !is_label(name) {
            case.breaks(MISSING_ORDER_ID, self.columns.name.position(), name);
        }
        if self.opens(record) {
            let opened = self.open(record, case);
            self.orders.entry(name.into()).or_insert(opened);
        }
        let order = self.orders.get(name);

        let currency = order.and_then(|order| order.currency);
        match order {
            None => case.breaks(LINE_WITHOUT_ORDER, self.columns.name.position(), name),
            Some(order) => {
                if order.is_copy {
                    let source = self.columns.source.of(record);
                    case.breaks(CROSS_CHANNEL_COPY, self.columns.source.position(), source);
                }
                if order.placed_at.is_none() {
                    case.breaks(
                        BAD_DATE,
                        self.columns.created.position(),
                        self.columns.created.of(record),
                    );
                }
                if order.currency.is_none() {
                    case.breaks(
                        BAD_CURRENCY,
                        self.columns.currency.position(),
                        self.columns.currency.of(record),
                    );
                }
            }
        }

        let raw = self.columns.quantity.of(record);
        let quantity = number::integer(trim(raw)).ok();
        let quantity = quantity.filter(|&units| units > 0 && is_countable(units));
        if quantity.is_none() {
            case.breaks(BAD_QUANTITY, self.columns.quantity.position(), raw);
        }

        let raw = self.columns.price.of(record);
        let amount = money::parse(raw, self.style).ok();
        let amount = amount.filter(|amount| {
            let named = amount.currency.zip(currency);
            !amount.value.is_negative() && named.is_none_or(|(named, known)| named == known)
        });
        if amount.is_none() {
            case.breaks(BAD_PRICE, self.columns.price.position(), raw);
        }
        let price = amount.map(|amount| Price::Unit(amount.value));
        let priced = quantity.zip(price);
        if let Some(((units, price), currency)) = priced.zip(currency)
            && !is_payable(price, units, currency)
        {
            case.breaks(UNBOOKABLE_AMOUNT, self.columns.price.position(), raw);
        }
        let total = priced.and_then(|(units, price)| price.total(units));
        let discount = self.discount(record);
        let discount = discount.filter(|discount| {
            let exact = currency.is_none_or(|c| discount.rescale(c.exponent()).is_some());
            exact && total.is_none_or(|total| *discount <= total)
        });
        if discount.is_none() {
            case.breaks(
                BAD_DISCOUNT,
                self.columns.discount.position(),
                self.columns.discount.of(record),
            );
        }

        let raw = self.columns.sku.of(record);
        let (padded, product) =
            look_up(trim(raw), self.codes.as_deref(), self.columns.sku, CODE_RULES, case);
        let sku = padded.map_or(Cow::Borrowed(trim(raw)), Cow::Owned);
        let raw = self.columns.title.of(record);
        let title = tidy(raw);
        if title != raw {
            case.repair(TITLE_SPACES, self.columns.title.position(), raw, &title);
        }

        let order = order?;
        let owned = |text: &str| Cow::Owned(text.to_string());
        Some(SaleLine {
            order: Cow::Borrowed(name),
            refers_to: order.copies.as_deref().map(owned),
            sku,
            product: product.map(Cow::Owned),
            title,
            quantity: quantity?,
            price: price?,
            discount: discount?,
            currency: currency?,
            placed_at: order.placed_at?,
            customer: order.customer.as_deref().map(owned),
            country: owned(&order.country),
            status: order.status,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Class;
    use crate::{Catalog, Format};

    const HEADER: &str = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,\
        Lineitem name,Lineitem price,Lineitem sku,Lineitem discount,Cancelled at,Source,Notes\n";

    /// Class, rules and order total of each row.
    fn judge(format: &ShopifyOrders, rows: &[&str]) -> Vec<(Class, Vec<String>)> {
        let file = format!("{HEADER}{}\n", rows.join("\n"));
        let mut reader = format.reader(file.as_bytes()).unwrap();
        let mut judged = Vec::new();
        while let Some(outcome) = reader.next_outcome().unwrap() {
            judged.push((outcome.class(), outcome.rules().map(str::to_string).collect()));
        }
        assert!(reader.account().is_balanced());
        judged
    }

    const AT: &str = "2025-07-14 11:58:45 +0100";

    #[test]
    fn each_rule_is_met_by_its_row() {
        let row = |name: &str, line: &str| format!("{name},a@x.example,paid,GBP,{AT},{line},,web,");
        let mut catalog = Catalog::new();
        catalog.insert("P1", "shopify", "A1").unwrap();
        let cases: [(String, Class, &[&str]); 16] = [
            (row("#1", "2,Mug,9.79,A1,"), Class::Accepted, &[]),
            (row("#1", "2,Mug,9.79,A1,"), Class::Duplicate, &["exact_duplicate_row"]),
            (row("#2", "1, Mug ,9.79,A1,0.50"), Class::Repaired, &["title_spaces"]),
            (
                row("#3", "1,\"Mug\nGift note: \"\"x\"\"\",9.79,A1,"),
                Class::Repaired,
                &["title_spaces"],
            ),
            (row("#4", "-,Mug,9.79,A1,"), Class::Rejected, &["bad_quantity"]),
            (row("#5", "\"1,5x\",Mug,#REF!,A1,"), Class::Rejected, &["bad_quantity", "bad_price"]),
            (row("#6", "1,Mug,12.3.4,A1,"), Class::Rejected, &["bad_price"]),
            (row("#7", "1,Mug,EUR 3,A1,"), Class::Rejected, &["bad_price"]),
            (row("#8", "1,Mug,3,A1,3.01"), Class::Rejected, &["bad_discount"]),
            (row("#9", "1,Mug,3,ZZZ-000,"), Class::Rejected, &["unknown_sku"]),
            (row("#10", "1,Mug,3,,"), Class::Rejected, &["missing_sku"]),
            (row("", "1,Mug,3,A1,"), Class::Rejected, &["missing_order_id"]),
            (row("#11", "4294967295,Mug,9999999999,A1,"), Class::Rejected, &["unbookable_amount"]),
            (
                "#13,a@x.example,paid,GBP,31/04/2025,1,Mug,3,A1,,,web,".into(),
                Class::Rejected,
                &["bad_date"],
            ),
            (
                format!("#14, A@x.example,paid,XAU,{AT},1,Mug,3,A1,,,web,"),
                Class::Rejected,
                &["bad_currency", "email_normalized"],
            ),
            // It waits for its order to the end of the file.
            (format!("#12,,,,{AT},1,Mug,3,A1,,,,"), Class::Rejected, &["line_without_order"]),
        ];
        let rows: Vec<&str> = cases.iter().map(|case| case.0.as_str()).collect();
        let judged = judge(&shopify_orders().with_catalog(&catalog), &rows);
        for ((row, class, rules), got) in cases.iter().zip(judged) {
            assert_eq!(
                (got.0, got.1),
                (*class, rules.iter().map(ToString::to_string).collect()),
                "{row}"
            );
        }
    }

    #[test]
    fn further_rows_take_the_order_from_the_first() {
        let rows = [
            "#1,a@x.example,paid,GBP,2025-02-30 10:00:00,1,Mug,3,A1,,,web,",
            "#1,,,,2025-07-14 11:58:45 +0100,1,Mug,3,A2,,,,",
            "#2,a@x.example,paid,EUR,2025-07-14 11:58:45 +0100,two,Mug,3,A1,,,amazon,Amazon Order ID: 020-1",
            "#2,,,,,1,Mug,3,A2,,,,",
            "#3,a@x.example,paid,EUR,2025-07-14 11:58:45 +0100,two,Mug,3,A1,,,web,",
            "#3,,,,,1,Mug,3,A2,,,,",
        ];
        let classes = |format| -> Vec<_> {
            judge(format, &rows).into_iter().map(|(class, _)| class).collect()
        };
        let (copy, reject, accept) = (Class::Copy, Class::Rejected, Class::Accepted);
        let format = shopify_orders();
        assert_eq!(classes(&format), [reject, reject, copy, copy, reject, accept]);
        let format = format.clone().with_copied_sources([""; 0]);
        assert_eq!(classes(&format), [reject, reject, reject, accept, reject, accept]);
    }

    #[test]
    fn further_rows_may_stand_before_the_first() {
        let rows = [
            "#1,,,,,1,Mug,3,A2,,,,",
            "#1,,,,,1,Mug,3,A2,,,,",
            "#9,,,,,1,Mug,3,A2,,,,",
            "#1,a@x.example,paid,EUR,2025-07-14 11:58:45 +0100,1,Mug,3,A1,,,web,",
        ];
        let classes: Vec<_> =
            judge(&shopify_orders(), &rows).into_iter().map(|(class, _)| class).collect();
        // The first row comes first, then those that waited, in their order.
        let expected = [Class::Accepted, Class::Accepted, Class::Duplicate, Class::Rejected];
        assert_eq!(classes, expected);
        let file = format!("{HEADER}{}\n", rows.join("\n"));
        let mut reader = shopify_orders().reader(file.as_bytes()).unwrap();
        let mut places = Vec::new();
        while let Some(outcome) = reader.next_outcome().unwrap() {
            let record = outcome.record();
            places.push((record.number(), record.line(), record.offset() > 100));
        }
        assert_eq!(places, [(4, 5, true), (1, 2, true), (2, 3, true), (3, 4, true)]);
        // A second file goes on where the first ended.
        reader.follow("second.csv", file.as_bytes()).unwrap();
        while reader.next_outcome().unwrap().is_some() {}
        assert_eq!((reader.account().records, reader.account().duplicates), (4, 4));
    }

    #[test]
    fn a_copy_names_its_original() {
        let file =
            format!("{HEADER}#2,,paid,EUR,{AT},1,Mug,3,A1,,,Amazon,Amazon Order ID: 020-1\n");
        let mut reader = shopify_orders().reader(file.as_bytes()).unwrap();
        let outcome = reader.next_outcome().unwrap().unwrap();
        assert_eq!(outcome.line().unwrap().refers_to.as_deref(), Some("020-1"));
    }
}
