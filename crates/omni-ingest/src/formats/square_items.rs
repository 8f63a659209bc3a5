//! Square: the Item detail export of the till, one row per item of a receipt.
//!
//! `Gross Sales` is what the line costs before `Discounts`; both are amounts with a
//! currency mark and groups (`$2,501.40`), a refund is negative in parentheses or with a
//! sign. Quantities are whole but often written `2.0`. `Date` and `Time` are local to the
//! `Time Zone` of the row, a name of Square's (`Eastern Time (US & Canada)`) or of the
//! IANA database. The key of a customer is `Customer ID`; without one it is a guest.
//!
//! - A row of event type `Refund` is a refund; `Notes` name the receipt (`Refund of T75..`).
//! - A shop order that is collected and rung up at the till carries its number in the
//!   notes (`Shopify order #1037`). It is a copy, provided the shop's own export is read
//!   too: [`SquareItems::with_shop_copies`].
//! - Spreadsheets drop the zeros in front of a code (`1850` for `01850`); with a catalog
//!   they are put back.
//! - Items sold by weight have broken quantities; stock here is counted in whole units,
//!   so they are rejected as `bad_quantity`.

use super::{CodeRules, is_countable, is_label, is_payable, look_up, named, tidy, trim};
use super::{Export, Kind, Settings};
use crate::Error;
use crate::catalog::Codes;
use crate::parse::{Clock, DateParser, Decimal, Instant, MoneyStyle, money, number};
use crate::parsed::{Contact, Parsed};
use crate::reader::Parser;
use crate::record::{Dialect, Record};
use crate::rule::{Case, Rule, RuleId};
use crate::sale::{Price, SaleLine, SaleStatus};
use crate::schema::{Column, Header};
use chrono_tz::Tz;
use omni_core::Currency;
use std::borrow::Cow;
use std::sync::Arc;

const RULES: &[Rule] = &[
    Rule::duplicate("exact_duplicate_row"),
    Rule::copy("cross_channel_copy"),
    Rule::reject("missing_order_id"),
    Rule::reject("bad_date"),
    Rule::reject("unknown_time_zone"),
    Rule::reject("bad_quantity"),
    Rule::reject("bad_price"),
    Rule::reject("bad_discount"),
    Rule::reject("unbookable_amount"),
    Rule::reject("missing_sku"),
    Rule::reject("unknown_sku"),
    Rule::refund("refund"),
    Rule::repair("lost_leading_zeros"),
    Rule::repair("skipped_local_time"),
    Rule::flag("repeated_local_time"),
];
const CROSS_CHANNEL_COPY: RuleId = RuleId::of(RULES, "cross_channel_copy");
const MISSING_ORDER_ID: RuleId = RuleId::of(RULES, "missing_order_id");
const BAD_DATE: RuleId = RuleId::of(RULES, "bad_date");
const UNKNOWN_TIME_ZONE: RuleId = RuleId::of(RULES, "unknown_time_zone");
const BAD_QUANTITY: RuleId = RuleId::of(RULES, "bad_quantity");
const BAD_PRICE: RuleId = RuleId::of(RULES, "bad_price");
const BAD_DISCOUNT: RuleId = RuleId::of(RULES, "bad_discount");
const UNBOOKABLE_AMOUNT: RuleId = RuleId::of(RULES, "unbookable_amount");
const REFUND: RuleId = RuleId::of(RULES, "refund");
const SKIPPED_LOCAL_TIME: RuleId = RuleId::of(RULES, "skipped_local_time");
const REPEATED_LOCAL_TIME: RuleId = RuleId::of(RULES, "repeated_local_time");
const CODE_RULES: CodeRules = CodeRules {
    bad: RuleId::of(RULES, "missing_sku"),
    unknown: RuleId::of(RULES, "unknown_sku"),
    lost_zeros: Some(RuleId::of(RULES, "lost_leading_zeros")),
};

/// Square's names of zones, which are those of Rails, for the countries Square serves.
const ZONES: [(&str, Tz); 21] = [
    ("Eastern Time (US & Canada)", Tz::America__New_York),
    ("Central Time (US & Canada)", Tz::America__Chicago),
    ("Mountain Time (US & Canada)", Tz::America__Denver),
    ("Pacific Time (US & Canada)", Tz::America__Los_Angeles),
    ("Atlantic Time (Canada)", Tz::America__Halifax),
    ("Indiana (East)", Tz::America__Indiana__Indianapolis),
    ("Arizona", Tz::America__Phoenix),
    ("Alaska", Tz::America__Juneau),
    ("Hawaii", Tz::Pacific__Honolulu),
    ("Newfoundland", Tz::America__St_Johns),
    ("Saskatchewan", Tz::America__Regina),
    ("London", Tz::Europe__London),
    ("Dublin", Tz::Europe__Dublin),
    ("Paris", Tz::Europe__Paris),
    ("Madrid", Tz::Europe__Madrid),
    ("Tokyo", Tz::Asia__Tokyo),
    ("Sydney", Tz::Australia__Sydney),
    ("Melbourne", Tz::Australia__Melbourne),
    ("Brisbane", Tz::Australia__Brisbane),
    ("Adelaide", Tz::Australia__Adelaide),
    ("Perth", Tz::Australia__Perth),
];

/// The Square Item detail export; made by [`square_items`].
pub type SquareItems = Export<Square>;

/// What is particular to the Square Item detail export.
#[derive(Debug, Clone, PartialEq)]
pub struct Square {
    shop_copies: bool,
}

/// The Item detail export of a till in US dollars, dates as `06/09/25` or `2025-06-09`.
///
/// # Examples
/// ```
/// use omni_ingest::formats;
///
/// let file = "Date,Time,Time Zone,Item,Qty,SKU,Gross Sales,Discounts,Transaction ID,Notes,Event Type,Customer ID\n\
///     06/09/25,23:48:08,Eastern Time (US & Canada),Mug,2.0,37,\"$2,000.00\",$0.00,T1,,Payment,SQ1\n\
///     06/12/25,12:00:00,Eastern Time (US & Canada),Mug,-1.0,37,\"($1,000.00)\",$0.00,T1R,Refund of T1,Refund,SQ1\n";
/// let read = omni_ingest::read(&formats::square_items(), file.as_bytes())?;
/// assert_eq!(read.orders[0].placed_at.to_rfc3339(), "2025-06-10T03:48:08+00:00");
/// assert_eq!(read.returns[0].order, Some(read.orders[0].id));
/// # Ok::<(), omni_ingest::Error>(())
/// ```
pub fn square_items() -> SquareItems {
    let layouts = ["%m/%d/%y %H:%M:%S", "%Y-%m-%d %H:%M:%S"];
    let settings = Settings::new(Dialect::csv(), &layouts).in_currency(Currency::USD);
    Export::of(Square { shop_copies: true }, settings)
}

impl SquareItems {
    /// Whether rows that name a shop order are copies: right if the shop's own export is
    /// read too. If they are not, a row still names that order ([`SaleLine::refers_to`]).
    pub fn with_shop_copies(mut self, copies: bool) -> Self {
        self.kind.shop_copies = copies;
        self
    }
}

impl Kind for Square {
    fn channel(&self) -> &'static str {
        "square"
    }

    fn name(&self) -> &'static str {
        "Square item detail"
    }

    fn rules(&self) -> &[Rule] {
        RULES
    }

    fn parser(&self, settings: &Settings) -> Result<Box<dyn Parser>, Error> {
        let zone = settings.zone();
        Ok(Box::new(SquareParser {
            columns: Columns::default(),
            dates: DateParser::new(settings.layouts()?, zone.unwrap_or(Tz::UTC)),
            zone,
            zone_name: None,
            when: String::new(),
            currency: settings.currency().unwrap_or(Currency::USD),
            style: settings.money_style(),
            codes: settings.codes().cloned(),
            shop_copies: self.shop_copies,
        }))
    }
}

/// Reads the rows of its files.
#[derive(Debug, Clone)]
struct SquareParser {
    columns: Columns,
    dates: DateParser<Tz>,
    /// The zone of rows that name none.
    zone: Option<Tz>,
    /// The name of the zone that `dates` has; `None` before the first row.
    zone_name: Option<String>,
    when: String,
    currency: Currency,
    style: MoneyStyle,
    codes: Option<Arc<Codes>>,
    shop_copies: bool,
}

/// Where the columns of a file stand.
#[derive(Debug, Clone, Default)]
struct Columns {
    date: Column,
    time: Column,
    zone: Column,
    item: Column,
    quantity: Column,
    sku: Column,
    gross: Column,
    transaction: Column,
    event: Column,
    discount: Column,
    notes: Column,
    customer: Column,
    customer_name: Column,
    reference: Column,
}

impl SquareParser {
    /// The instant of the row.
    fn placed(&mut self, record: &Record<'_>, case: &mut Case) -> Option<Instant> {
        let zone_name = trim(self.columns.zone.of(record));
        if self.zone_name.as_deref() != Some(zone_name) {
            let known = ZONES.iter().find(|(name, _)| *name == zone_name).map(|(_, zone)| *zone);
            let own = self.zone.filter(|_| zone_name.is_empty());
            let Some(zone) = own.or(known).or_else(|| zone_name.parse().ok()) else {
                case.breaks(UNKNOWN_TIME_ZONE, self.columns.zone.position(), zone_name);
                return None;
            };
            self.dates.set_zone(zone);
            self.zone_name = Some(zone_name.to_string());
        }
        self.when.clear();
        self.when.push_str(trim(self.columns.date.of(record)));
        self.when.push(' ');
        self.when.push_str(trim(self.columns.time.of(record)));
        let placed = self.dates.parse(&self.when).ok();
        let column = self.columns.date.position();
        match placed.map(|placed| placed.clock) {
            None => case.breaks(BAD_DATE, column, &self.when),
            Some(Clock::Plain) => {}
            Some(Clock::Repeated) => case.breaks(REPEATED_LOCAL_TIME, column, &self.when),
            Some(Clock::Skipped) => {
                let at = placed.map(|placed| placed.at.to_rfc3339()).unwrap_or_default();
                case.repair(SKIPPED_LOCAL_TIME, column, &self.when, &at);
            }
        }
        placed
    }

    /// An amount in the currency of the till.
    fn amount(&self, text: &str) -> Option<Decimal> {
        let amount = money::parse(text, self.style).ok()?;
        amount.currency.is_none_or(|named| named == self.currency).then_some(amount.value)
    }
}

impl Parser for SquareParser {
    fn bind(&mut self, header: &mut Header<'_>) {
        self.columns = Columns {
            date: header.required(&["Date"]),
            time: header.required(&["Time"]),
            zone: header.required(&["Time Zone"]),
            item: header.required(&["Item"]),
            quantity: header.required(&["Qty"]),
            sku: header.required(&["SKU"]),
            gross: header.required(&["Gross Sales"]),
            transaction: header.required(&["Transaction ID"]),
            event: header.required(&["Event Type"]),
            discount: header.optional(&["Discounts"]),
            notes: header.optional(&["Notes"]),
            customer: header.optional(&["Customer ID"]),
            customer_name: header.optional(&["Customer Name"]),
            reference: header.optional(&["Customer Reference ID"]),
        };
    }

    fn parse<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Parsed<'r> {
        // The reference is the number the shop itself gives a customer: that of the card.
        let contact = Contact {
            name: Cow::Borrowed(self.columns.customer_name.of(record)),
            account: Cow::Borrowed(self.columns.customer.of(record)),
            loyalty: Cow::Borrowed(self.columns.reference.of(record)),
            ..Contact::default()
        };
        Parsed::line(self.line(record, case)).with_contact(contact)
    }
}

impl SquareParser {
    /// The line of a row.
    fn line<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Option<SaleLine<'r>> {
        let transaction = trim(self.columns.transaction.of(record));
        if !is_label(transaction) {
            case.breaks(MISSING_ORDER_ID, self.columns.transaction.position(), transaction);
        }
        let note = self.columns.notes.of(record);
        let is_refund = trim(self.columns.event.of(record)).eq_ignore_ascii_case("Refund");
        let shop_order = named(note, "Shopify order");
        if is_refund {
            case.breaks(REFUND, self.columns.event.position(), self.columns.event.of(record));
        } else if shop_order.is_some() && self.shop_copies {
            case.breaks(CROSS_CHANNEL_COPY, self.columns.notes.position(), note);
        }
        let placed = self.placed(record, case);

        // A refund may be written with or without its sign; a sale has none.
        let raw = self.columns.quantity.of(record);
        let quantity = number::whole(trim(raw)).ok().filter(|&units| is_countable(units));
        let quantity = quantity.filter(|&units| if is_refund { units != 0 } else { units > 0 });
        if quantity.is_none() {
            case.breaks(BAD_QUANTITY, self.columns.quantity.position(), raw);
        }
        let raw = self.columns.gross.of(record);
        let gross = self.amount(raw).filter(|gross| is_refund || !gross.is_negative());
        if gross.is_none() {
            case.breaks(BAD_PRICE, self.columns.gross.position(), raw);
        }
        let price = gross.map(Price::Line);
        if let Some((units, price)) = quantity.zip(price)
            && !is_payable(price, units, self.currency)
        {
            case.breaks(UNBOOKABLE_AMOUNT, self.columns.gross.position(), raw);
        }
        // Discounts are negative in the export.
        let raw = self.columns.discount.of(record);
        let discount = if trim(raw).is_empty() { Some(Decimal::ZERO) } else { self.amount(raw) };
        let discount = discount.and_then(Decimal::abs).filter(|discount| {
            let exact = discount.rescale(self.currency.exponent()).is_some();
            exact && gross.and_then(Decimal::abs).is_none_or(|gross| *discount <= gross)
        });
        if discount.is_none() {
            case.breaks(BAD_DISCOUNT, self.columns.discount.position(), raw);
        }

        let raw = trim(self.columns.sku.of(record));
        let (padded, product) =
            look_up(raw, self.codes.as_deref(), self.columns.sku, CODE_RULES, case);
        let customer = trim(self.columns.customer.of(record));
        let refers_to = if is_refund { named(note, "Refund of") } else { shop_order };
        Some(SaleLine {
            order: Cow::Borrowed(transaction),
            refers_to: refers_to.map(Cow::Borrowed),
            sku: padded.map_or(Cow::Borrowed(raw), Cow::Owned),
            product: product.map(Cow::Owned),
            title: tidy(self.columns.item.of(record)),
            quantity: quantity?,
            price: price?,
            discount: discount?,
            currency: self.currency,
            placed_at: placed?.at,
            customer: (!customer.is_empty()).then_some(Cow::Borrowed(customer)),
            country: Cow::Borrowed(""),
            status: SaleStatus::Sold,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, Format};

    const HEADER: &str = "Date,Time,Time Zone,Item,Qty,SKU,Gross Sales,Discounts,\
        Transaction ID,Notes,Event Type,Customer ID\n";

    /// Rows, `@` for a plain date, zone and item, with their class and rules.
    const CASES: &str = "\
        @,2.0,00037,$19.38,$0.00,T1,,Payment,|Accepted|
        2025-06-09,08:48:08,Europe/Madrid,Mug,2,00037,US$19.38,,T2,,Payment,|Accepted|
        @,2,37,\"$1,019.38\",-$1.00,T3,,Payment,|Repaired|lost_leading_zeros
        @,2,37,$1,$0,T4,Shopify order #1037,Payment,|Copy|cross_channel_copy lost_leading_zeros
        @,-2.0,00037,($19.38),,T5R,Refund of T1,Refund,|Refund|refund
        @,-2.0,00037,-$19.38,,T6R,Refund of T1,Refund,|Refund|refund
        @,0,00037,-$19.38,,T7R,Refund of T1,Refund,|Rejected|bad_quantity refund
        @,-1,00037,-$19.38,,T8,,Payment,|Rejected|bad_quantity bad_price
        @,1.5,00037,$1,,T9,,Payment,|Rejected|bad_quantity
        @,1,00037,£1,,T10,,Payment,|Rejected|bad_price
        @,1,00037,$1.005,,T11,,Payment,|Rejected|unbookable_amount
        @,1,00037,$1,$1.01,T12,,Payment,|Rejected|bad_discount
        @,1,ZZZ,$1,,T13,,Payment,|Rejected|unknown_sku
        @,1,,$1,,T14,,Payment,|Rejected|missing_sku
        @,1,00037,$1,,,,Payment,|Rejected|missing_order_id
        06/09/25,08:48:08,Moon,Mug,1,00037,$1,,T15,,Payment,|Rejected|unknown_time_zone
        31/04/2025,08:48:08,London,Mug,1,00037,$1,,T16,,Payment,|Rejected|bad_date
        10/26/25,01:30:00,London,Mug,1,00037,$1,,T17,,Payment,|Accepted|repeated_local_time
        03/30/25,01:30:00,London,Mug,1,00037,$1,,T18,,Payment,|Repaired|skipped_local_time";

    #[test]
    fn each_rule_is_met_by_its_row() {
        let mut catalog = Catalog::new();
        catalog.insert("P1", "square", "00037").unwrap();
        let cases = CASES.replace('@', "06/09/25,08:48:08,Eastern Time (US & Canada),Mug");
        let cases: Vec<Vec<&str>> =
            cases.lines().map(|case| case.trim().split('|').collect()).collect();
        let rows: String = cases.iter().flat_map(|case| [case[0], "\n"]).collect();
        let file = format!("{HEADER}{rows}");
        let format = square_items().with_catalog(&catalog);
        let mut reader = format.reader(file.as_bytes()).unwrap();
        for case in &cases {
            let outcome = reader.next_outcome().unwrap().unwrap();
            let rules = outcome.rules().collect::<Vec<_>>().join(" ");
            assert_eq!(
                (format!("{:?}", outcome.class()).as_str(), rules.as_str()),
                (case[1], case[2]),
                "{case:?}"
            );
        }
        assert_eq!(reader.next_outcome().unwrap().map(|outcome| outcome.class()), None);
        assert!(reader.account().is_balanced());
    }

    #[test]
    fn notes_name_the_other_order() {
        assert_eq!(named("Shopify order #1037", "Shopify order"), Some("#1037"));
        assert_eq!(named(" shopify ORDER #7 late", "Shopify order"), Some("#7"));
        for note in
            ["", "Shopify order", "Shopify orders #7", "my Shopify order #7", "Shopify ordér #1"]
        {
            assert_eq!(named(note, "Shopify order"), None, "{note}");
        }
    }
}
