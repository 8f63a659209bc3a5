//! EDI X12 850: purchase orders of business customers.
//!
//! ```text
//! BEG*00*NE*number**CCYYMMDD           CUR*BY*GBP
//! N1*BY*name*92*code   N3*street   N4*city*region*postcode*country   PER*..*TE*phone*EM*mail
//! PO1*line*quantity*EA*unit price**EN*gtin*VN*code    PID*F****title    CTT*lines
//! ```
//!
//! A record is a transaction, from `ST` to `SE`; the interchange says its separators. It is
//! an order: one thing wrong rejects it, for half an order is not what was asked for, and
//! costs no other transaction. `SE01` must be the number of segments
//! (`se_count_mismatch`) and `CTT01` that of lines (`ctt_count_mismatch`): otherwise
//! something was lost on the way. A GTIN (`EN`, `UP`, `UK`, `UA`) must have its check digit.
//!
//! Prices are those of a unit. A date has no time: it is midnight, UTC. The code of a line
//! is the seller's (`VN`, else `SK`), else the GTIN. The customer is the party `BY`: code `92` is the
//! loyalty number, or the account by `with_buyer_code`.
//!
//! A purchase order comes twice if a buyer sends its number again (`duplicate_order_number`,
//! unless the first was rejected), or if the transaction is the same text. Only originals
//! (`BEG01` is `00`) are sales; a cancellation or change of an order is rejected
//! (`not_an_original`), to be decided by people.
//!
//! Memory: 16 bytes for every distinct record and order, and the slack of the table.
//!
//! Source: ANSI ASC X12, transaction set 850, version 004010.

use super::{
    CodeRules, Export, Identifier, Kind, Settings, is_countable, is_label, is_payable, look_up,
    trim,
};
use crate::Error;
use crate::catalog::Codes;
use crate::parse::{Decimal, MoneyStyle, money, number};
use crate::parsed::{Contact, Content, Parsed};
use crate::product::Gtin;
use crate::reader::Parser;
use crate::record::{Dialect, Record};
use crate::rule::{Case, Rule, RuleId, RuleSet};
use crate::sale::{Price, SaleLine, SaleStatus};
use crate::schema::{Column, Header};
use crate::seen::Seen;
use chrono::{DateTime, NaiveDate, Utc};
use omni_core::Currency;
use std::borrow::Cow;
use std::sync::Arc;

const RULES: &[Rule] = &[
    Rule::duplicate("exact_duplicate_row"),
    Rule::duplicate("duplicate_order_number"),
    Rule::reject("not_a_purchase_order"),
    Rule::reject("se_count_mismatch"),
    Rule::reject("control_number_mismatch"),
    Rule::reject("ctt_count_mismatch"),
    Rule::reject("not_an_original"),
    Rule::reject("missing_order_id"),
    Rule::reject("bad_date"),
    Rule::reject("bad_currency"),
    Rule::reject("missing_products"),
    Rule::reject("bad_quantity"),
    Rule::reject("bad_price"),
    Rule::reject("unbookable_amount"),
    Rule::reject("bad_gtin_check_digit"),
    Rule::reject("missing_sku"),
    Rule::reject("unknown_sku"),
    Rule::flag("missing_buyer"),
];
const DUPLICATE_ORDER_NUMBER: RuleId = RuleId::of(RULES, "duplicate_order_number");
const EXACT_DUPLICATE_ROW: RuleId = RuleId::of(RULES, "exact_duplicate_row");
const NOT_A_PURCHASE_ORDER: RuleId = RuleId::of(RULES, "not_a_purchase_order");
const SE_COUNT_MISMATCH: RuleId = RuleId::of(RULES, "se_count_mismatch");
const CONTROL_NUMBER_MISMATCH: RuleId = RuleId::of(RULES, "control_number_mismatch");
const CTT_COUNT_MISMATCH: RuleId = RuleId::of(RULES, "ctt_count_mismatch");
const NOT_AN_ORIGINAL: RuleId = RuleId::of(RULES, "not_an_original");
const MISSING_ORDER_ID: RuleId = RuleId::of(RULES, "missing_order_id");
const BAD_DATE: RuleId = RuleId::of(RULES, "bad_date");
const BAD_CURRENCY: RuleId = RuleId::of(RULES, "bad_currency");
const MISSING_PRODUCTS: RuleId = RuleId::of(RULES, "missing_products");
const BAD_QUANTITY: RuleId = RuleId::of(RULES, "bad_quantity");
const BAD_PRICE: RuleId = RuleId::of(RULES, "bad_price");
const UNBOOKABLE_AMOUNT: RuleId = RuleId::of(RULES, "unbookable_amount");
const BAD_GTIN_CHECK_DIGIT: RuleId = RuleId::of(RULES, "bad_gtin_check_digit");
const MISSING_BUYER: RuleId = RuleId::of(RULES, "missing_buyer");
const CODE_RULES: CodeRules = CodeRules {
    bad: RuleId::of(RULES, "missing_sku"),
    unknown: RuleId::of(RULES, "unknown_sku"),
    lost_zeros: None,
};
/// What keeps an order from being typed.
const UNTYPED: RuleSet = RuleSet::of(&[
    NOT_A_PURCHASE_ORDER,
    MISSING_ORDER_ID,
    BAD_DATE,
    BAD_CURRENCY,
    BAD_QUANTITY,
    BAD_PRICE,
    UNBOOKABLE_AMOUNT,
    CODE_RULES.bad,
]);
/// What does not keep an order from being remembered by its number.
const NO_FAULT: RuleSet = RuleSet::of(&[MISSING_BUYER, EXACT_DUPLICATE_ROW]);

/// The elements that a finding can point at.
const FIELDS: &[&str] = &[
    "ST01", "SE01", "SE02", "CTT01", "BEG01", "BEG03", "BEG05", "CUR02", "PO102", "PO104", "PO107",
    "N1",
];
const SET: usize = 0;
const COUNT: usize = 1;
const CONTROL: usize = 2;
const LINES: usize = 3;
const PURPOSE: usize = 4;
const ORDER: usize = 5;
const DATE: usize = 6;
const CURRENCY: usize = 7;
const QUANTITY: usize = 8;
const PRICE: usize = 9;
const CODE: Column = Column::at(10);
const BUYER: usize = 11;

/// Purchase orders by X12 850; made by [`edi_850`].
pub type Edi850 = Export<Edi>;

/// What is particular to purchase orders by X12 850.
#[derive(Debug, Clone, PartialEq)]
pub struct Edi {
    buyer_code: Identifier,
}

/// Purchase orders by X12 850.
///
/// The codes are those of the channel `shopify` of a catalog, the seller's own. An order that
/// names no currency is rejected, unless there is one for those.
///
/// # Examples
/// ```
/// use omni_ingest::formats;
///
/// let file = "ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         \
/// *250101*0000*U*00401*000000001*0*T*>~GS*PO*BUYER*SELLER*20250101*0000*1*X*004010~\
/// ST*850*0001~BEG*00*NE*PO9000**20250328~CUR*BY*GBP~N1*BY*ADA ABBOT*92*0014063~\
/// PO1*1*3*EA*6.80**EN*2025100001076*VN*CND-XL~CTT*1~SE*7*0001~\
/// ST*850*0002~BEG*00*NE*PO9001**20250328~SE*9*0002~GE*2*1~IEA*1*000000001~";
/// let read = omni_ingest::read(&formats::edi_850(), file.as_bytes())?;
/// assert_eq!(read.orders[0].total()?.to_string(), "20.40 GBP");
/// assert_eq!(read.rejects[0].reason(), "se_count_mismatch");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn edi_850() -> Edi850 {
    let kind = Edi { buyer_code: Identifier::Loyalty };
    Export::of(kind, Settings::new(Dialect::transactions(), &[]))
}

impl Edi850 {
    /// With another meaning of the code of the buyer.
    pub const fn with_buyer_code(mut self, buyer_code: Identifier) -> Self {
        self.kind.buyer_code = buyer_code;
        self
    }
}

impl Kind for Edi {
    fn channel(&self) -> &'static str {
        "edi"
    }

    fn name(&self) -> &'static str {
        "X12 850"
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

    fn parser(&self, settings: &Settings) -> Result<Box<dyn Parser>, Error> {
        Ok(Box::new(EdiParser {
            codes: settings.codes().cloned(),
            buyer_code: self.buyer_code,
            currency: settings.currency(),
            orders: Seen::new(),
        }))
    }
}

/// Reads the transactions of its files.
#[derive(Debug)]
struct EdiParser {
    codes: Option<Arc<Codes>>,
    buyer_code: Identifier,
    currency: Option<Currency>,
    /// The numbers of the orders that were taken, by buyer.
    orders: Seen,
}

/// The elements of a segment; the first is its name.
#[derive(Clone, Copy)]
struct Segment<'r> {
    text: &'r str,
    separator: char,
}

impl<'r> Segment<'r> {
    /// An element without blanks around it, empty if there is none.
    fn element(self, position: usize) -> &'r str {
        trim(self.text.split(self.separator).nth(position).unwrap_or_default())
    }

    /// Pairs of a qualifier and a value from a position on.
    fn pairs(self, from: usize) -> impl Iterator<Item = (&'r str, &'r str)> {
        let mut elements = self.text.split(self.separator).skip(from).map(trim);
        std::iter::from_fn(move || Some((elements.next()?, elements.next()?)))
    }
}

/// What a transaction says.
#[derive(Default)]
struct PurchaseOrder<'r> {
    purpose: &'r str,
    number: &'r str,
    date: &'r str,
    currency: &'r str,
    /// What `CTT` counts.
    counted: Option<&'r str>,
    lines: Vec<Line<'r>>,
    contact: Contact<'r>,
    code: &'r str,
}

/// A line of it.
#[derive(Default)]
struct Line<'r> {
    quantity: &'r str,
    price: &'r str,
    code: &'r str,
    gtin: &'r str,
    title: &'r str,
}

impl<'r> Line<'r> {
    fn read(segment: Segment<'r>) -> Self {
        let mut line =
            Self { quantity: segment.element(2), price: segment.element(4), ..Self::default() };
        let mut kept = "";
        for (qualifier, value) in segment.pairs(6) {
            match qualifier {
                "EN" | "UP" | "UK" | "UA" => line.gtin = value,
                "VN" => line.code = value,
                "SK" => kept = value,
                _ => {}
            }
        }
        for code in [kept, line.gtin] {
            if line.code.is_empty() {
                line.code = code;
            }
        }
        line
    }
}

impl<'r> PurchaseOrder<'r> {
    fn read(segments: impl Iterator<Item = Segment<'r>>) -> Self {
        let mut order = Self::default();
        let mut is_buyer = false;
        for segment in segments {
            match segment.element(0) {
                "BEG" => {
                    order.purpose = segment.element(1);
                    order.number = segment.element(3);
                    order.date = segment.element(5);
                }
                "CUR" => order.currency = segment.element(2),
                "N1" => {
                    is_buyer = segment.element(1) == "BY";
                    if is_buyer {
                        order.contact.name = segment.element(2).into();
                        order.code = segment.element(4);
                    }
                }
                "N3" if is_buyer => order.contact.street = segment.element(1).into(),
                "N4" if is_buyer => {
                    order.contact.city = segment.element(1).into();
                    order.contact.region = segment.element(2).into();
                    order.contact.postal_code = segment.element(3).into();
                    order.contact.country = segment.element(4).into();
                }
                "PER" if is_buyer => {
                    for (qualifier, value) in segment.pairs(3) {
                        match qualifier {
                            "TE" => order.contact.phone = value.into(),
                            "EM" => order.contact.email = value.into(),
                            _ => {}
                        }
                    }
                }
                "PO1" => {
                    is_buyer = false;
                    order.lines.push(Line::read(segment));
                }
                "PID" => {
                    if let Some(line) = order.lines.last_mut() {
                        line.title = segment.element(5);
                    }
                }
                "CTT" => order.counted = Some(segment.element(1)),
                _ => {}
            }
        }
        order
    }
}

/// Midnight of `CCYYMMDD`.
fn midnight(text: &str) -> Option<DateTime<Utc>> {
    let digits = |from: usize, to: usize| {
        let part = text.get(from..to).filter(|part| part.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse::<u32>().ok()
    };
    let year = i32::try_from(digits(0, 4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, digits(4, 6)?, digits(6, 8)?)?;
    (text.len() == 8).then(|| day.and_time(chrono::NaiveTime::MIN).and_utc())
}

/// Whether it is a GTIN of 8, 12, 13 or 14 digits, and nothing but digits, whose last digit is
/// right.
fn has_check_digit(gtin: &str) -> bool {
    let plain = matches!(gtin.len(), 8 | 12..=14) && gtin.bytes().all(|b| b.is_ascii_digit());
    plain && gtin.parse::<Gtin>().is_ok()
}

impl Parser for EdiParser {
    fn bind(&mut self, _header: &mut Header<'_>) {}

    fn parse<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Parsed<'r> {
        // The separator stands behind the name of the first segment; it is one byte.
        let first = record.get(0).unwrap_or_default();
        let separator = first.chars().find(|c| !c.is_ascii_alphanumeric()).unwrap_or('*');
        let segments = record.iter().map(|text| Segment { text, separator });
        let first = Segment { text: first, separator };
        let last = record.get(record.len().saturating_sub(1)).unwrap_or_default();
        let last = Segment { text: last, separator };
        if first.element(0) != "ST" || first.element(1) != "850" {
            case.breaks(NOT_A_PURCHASE_ORDER, SET, first.element(1));
        }
        let declared = last.element(1).parse::<usize>();
        if last.element(0) != "SE" || declared != Ok(record.len()) {
            case.breaks(SE_COUNT_MISMATCH, COUNT, last.element(1));
        } else if first.element(2) != last.element(2) {
            case.breaks(CONTROL_NUMBER_MISMATCH, CONTROL, last.element(2));
        }
        let order = PurchaseOrder::read(segments);
        let lines = self.lines(&order, case);
        if case.broken().without(NO_FAULT).is_empty() {
            let key = format!("{}\u{1f}{}\u{1f}{}", order.code, order.contact.name, order.number);
            if self.orders.repeats_text(&key) {
                case.breaks(DUPLICATE_ORDER_NUMBER, ORDER, order.number);
            }
        }
        let mut contact = order.contact;
        self.buyer_code.note(&mut contact, Cow::Borrowed(order.code));
        let content = if lines.is_empty() { Content::Nothing } else { Content::Order(lines) };
        Parsed { content, contact: None }.with_contact(contact)
    }
}

impl EdiParser {
    /// The lines of an order; none if one of them, or the order, cannot be typed.
    fn lines<'r>(&self, order: &PurchaseOrder<'r>, case: &mut Case) -> Vec<SaleLine<'r>> {
        if order.purpose != "00" {
            case.breaks(NOT_AN_ORIGINAL, PURPOSE, order.purpose);
        }
        if !is_label(order.number) {
            case.breaks(MISSING_ORDER_ID, ORDER, order.number);
        }
        let placed_at = midnight(order.date);
        if placed_at.is_none() {
            case.breaks(BAD_DATE, DATE, order.date);
        }
        let currency = match order.currency {
            "" => self.currency,
            code => Currency::new(code).ok(),
        };
        if currency.is_none() {
            case.breaks(BAD_CURRENCY, CURRENCY, order.currency);
        }
        if order.code.is_empty() && order.contact.name.is_empty() {
            case.breaks(MISSING_BUYER, BUYER, "");
        }
        if order.lines.is_empty() {
            case.breaks(MISSING_PRODUCTS, LINES, "");
        }
        if let Some(counted) = order.counted
            && counted.parse() != Ok(order.lines.len())
        {
            case.breaks(CTT_COUNT_MISMATCH, LINES, counted);
        }
        let typed = order.lines.iter().filter_map(|line| {
            let quantity = number::whole(line.quantity).ok();
            let quantity = quantity.filter(|&units| units > 0 && is_countable(units));
            if quantity.is_none() {
                case.breaks(BAD_QUANTITY, QUANTITY, line.quantity);
            }
            let price = money::parse(line.price, MoneyStyle::POINT.ungrouped()).ok();
            let price = price.filter(|amount| !amount.value.is_negative());
            let price = price.map(|amount| Price::Unit(amount.value));
            if price.is_none() {
                case.breaks(BAD_PRICE, PRICE, line.price);
            }
            if let (Some(units), Some(price), Some(currency)) = (quantity, price, currency)
                && !is_payable(price, units, currency)
            {
                case.breaks(UNBOOKABLE_AMOUNT, PRICE, line.price);
            }
            if !line.gtin.is_empty() && !has_check_digit(line.gtin) {
                case.breaks(BAD_GTIN_CHECK_DIGIT, CODE.position(), line.gtin);
            }
            let (padded, product) =
                look_up(line.code, self.codes.as_deref(), CODE, CODE_RULES, case);
            Some(SaleLine {
                order: Cow::Borrowed(order.number),
                refers_to: None,
                sku: padded.map_or(Cow::Borrowed(line.code), Cow::Owned),
                product: product.map(Cow::Owned),
                title: Cow::Borrowed(line.title),
                quantity: quantity?,
                price: price?,
                discount: Decimal::ZERO,
                currency: currency?,
                placed_at: placed_at?,
                customer: Some(order.code).filter(|code| !code.is_empty()).map(Cow::Borrowed),
                country: order.contact.country.clone(),
                status: SaleStatus::Sold,
            })
        });
        let mut lines: Vec<_> = typed.collect();
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

    const ISA: &str = "ISA|00|          |00|          |ZZ|BUYER          |ZZ|SELLER         |250101|0000|U|00401|000000001|0|T|>\n";
    const BUYER: [&str; 4] =
        ["CUR|BY|GBP", "N1|BY|ADA|92|07", "N1|ST|WAREHOUSE|92|99", "N3|DOCK 1"];
    const LINE: &str = "PO1|1|3|EA|6.80||EN|4006381333931|VN|MUG";

    /// A transaction of a header and lines, counted right.
    fn transaction(control: usize, beg: &str, lines: &[&str]) -> String {
        let mut segments = vec![format!("ST|850|{control:04}"), beg.to_string()];
        segments.extend(BUYER.iter().chain(lines).map(ToString::to_string));
        segments.push(format!("SE|{}|{control:04}", segments.len() + 1));
        segments.join("\n") + "\n"
    }

    /// Class and rules of each transaction.
    fn judge(transactions: &[String]) -> Vec<(Class, Vec<String>)> {
        let group = "GS|PO|B|S|20250101|0000|1|X|004010\n";
        let count = transactions.len();
        let file = format!("{ISA}{group}{}GE|{count}|1\nIEA|1|000000001\n", transactions.concat());
        let mut catalog = Catalog::new();
        catalog.insert("P1", "shopify", "MUG").unwrap();
        let mut reader = edi_850().with_catalog(&catalog).reader(file.as_bytes()).unwrap();
        let mut judged = Vec::new();
        while let Some(outcome) = reader.next_outcome().unwrap() {
            let rules = outcome.rules().map(ToString::to_string).collect();
            judged.push((outcome.class(), rules));
        }
        assert!(reader.account().is_balanced());
        assert_eq!(reader.account().bytes, file.len() as u64);
        judged
    }

    #[test]
    fn each_rule_is_met_by_its_transaction() {
        let beg = "BEG|00|NE|PO1||20250328";
        let good = transaction(1, beg, &[LINE, "PID|F||||Mug", "CTT|1"]);
        let other = |number: &str| format!("BEG|00|NE|{number}||20250328");
        let cases: Vec<(String, &[&str])> = vec![
            (good.replace("SE|10|", "SE|9|"), &["se_count_mismatch"]),
            (good.clone(), &[]),
            (good.clone(), &["exact_duplicate_row", "duplicate_order_number"]),
            (transaction(4, beg, &[LINE]), &["duplicate_order_number"]),
            (good.replace("ST|850|0001", "ST|850|0009"), &["control_number_mismatch"]),
            (good.replace("ST|850", "ST|855"), &["not_a_purchase_order"]),
            (transaction(5, &other("PO5"), &[LINE, "CTT|2"]), &["ctt_count_mismatch"]),
            (
                transaction(6, "BEG|01|NE|PO1||20250230", &[]),
                &["not_an_original", "bad_date", "missing_products"],
            ),
            (
                transaction(7, &other(""), &["PO1|1|0|EA|x||VN|TEE"]),
                &["missing_order_id", "bad_quantity", "bad_price", "unknown_sku"],
            ),
            (
                transaction(8, &other("PO8"), &[&LINE.replace("3931", "3932")]),
                &["bad_gtin_check_digit"],
            ),
            (
                transaction(9, &other("PO9"), &[LINE]).replace("CUR|BY|GBP", "CUR|BY|ABC"),
                &["bad_currency"],
            ),
            (transaction(10, &other("PO10"), &[LINE, "PO1|2|1|EA|1"]), &["missing_sku"]),
        ];
        let transactions: Vec<String> = cases.iter().map(|case| case.0.clone()).collect();
        let judged = judge(&transactions);
        assert_eq!(judged.len(), cases.len());
        for ((transaction, rules), got) in cases.into_iter().zip(judged) {
            assert_eq!(got.1, rules, "{transaction}");
        }
    }

    #[test]
    fn an_order_says_when_what_and_who() {
        let file =
            format!("{ISA}{}", transaction(1, "BEG|00|NE|PO1||20250328", &[LINE, "PID|F||||Mug"]));
        let mut reader = edi_850().reader(file.as_bytes()).unwrap();
        let outcome = reader.next_outcome().unwrap().unwrap();
        let line = outcome.line().unwrap();
        assert_eq!((&*line.order, &*line.sku, &*line.title), ("PO1", "MUG", "Mug"));
        assert_eq!(line.placed_at.to_rfc3339(), "2025-03-28T00:00:00+00:00");
        assert_eq!((outcome.record().number(), outcome.record().offset()), (1, ISA.len() as u64));
        let contact = outcome.contact().unwrap();
        assert_eq!((&*contact.name, &*contact.loyalty, &*contact.street), ("ADA", "07", ""));
    }

    #[test]
    fn check_digits_and_dates_are_checked() {
        for gtin in ["4006381333931", "036000291452", "96385074", "14006381333938"] {
            assert!(has_check_digit(gtin), "{gtin}");
        }
        for gtin in ["4006381333932", "", "1", "40063813339310", "400638133393x", "٤٠٠٦٣٨١٣"]
        {
            assert!(!has_check_digit(gtin), "{gtin}");
        }
        for date in ["", "2025032", "202503280", "20250230", "2025-3-28", "+2250328", "２０２５"]
        {
            assert_eq!(midnight(date), None, "{date}");
        }
    }
}
