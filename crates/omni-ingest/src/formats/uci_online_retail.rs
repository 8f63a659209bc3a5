//! UCI Online Retail: the invoices of a British gift wholesaler, 2010-12 to 2011-12.
//!
//! ```text
//! InvoiceNo  StockCode  Description  Quantity  InvoiceDate  UnitPrice  CustomerID  Country
//! ```
//!
//! A row is a line of an invoice. `C` in front of the invoice number marks a cancellation
//! (negative quantity), `A` an adjustment of bad debt. Prices are pounds for one unit with
//! up to three decimals; a quarter of the rows has no customer. Times are local.
//!
//! Rules in their order (after those about the record as a whole): `duplicate_row` (all
//! eight fields equal an earlier row's, the first is kept), `accounting_adjustment`,
//! `cancellation` (leaves as a return), `non_product_code` (postage, fees, manual entries,
//! vouchers), `non_positive_quantity` (write-offs), `non_positive_price`, then what cannot
//! be typed. Codes are compared trimmed and in capitals.
//!
//! A cancellation does not name the invoice it cancels;
//! [`SaleMatcher`](crate::returns::SaleMatcher) finds the likely one.
//!
//! Source: Chen, Sain & Guo (2012), "Data mining for the online retail industry", Journal
//! of Database Marketing & Customer Strategy Management 19(3), 197–208; UCI Machine
//! Learning Repository, data set 352.

use super::{CodeRules, is_countable, is_label, is_payable, look_up, trim};
use super::{Export, Kind, Settings};
use crate::Error;
use crate::catalog::Codes;
use crate::parse::{Clock, DateParser, Decimal, MoneyStyle, money, number};
use crate::parsed::{Content, Parsed};
use crate::reader::Parser;
use crate::record::{Dialect, Record};
use crate::rule::{Case, Rule, RuleId, RuleSet};
use crate::sale::{Price, SaleLine, SaleStatus};
use crate::schema::{Column, Header};
use chrono_tz::Tz;
use omni_core::Currency;
use std::borrow::Cow;
use std::sync::Arc;

const RULES: &[Rule] = &[
    Rule::duplicate("duplicate_row"),
    Rule::reject("accounting_adjustment"),
    Rule::cancellation("cancellation"),
    Rule::reject("non_product_code"),
    Rule::reject("non_positive_quantity"),
    Rule::reject("non_positive_price"),
    Rule::reject("bad_invoice_number"),
    Rule::reject("bad_stock_code"),
    Rule::reject("unknown_sku"),
    Rule::reject("bad_quantity"),
    Rule::reject("bad_price"),
    Rule::reject("unbookable_amount"),
    Rule::reject("bad_date"),
    Rule::repair("customer_id_written_as_float"),
    Rule::repair("stock_code_normalized"),
    Rule::repair("description_untrimmed"),
    Rule::repair("skipped_local_time"),
    Rule::flag("repeated_local_time"),
    Rule::flag("missing_customer"),
    Rule::flag("missing_description"),
    Rule::flag("unspecific_country"),
];
const ACCOUNTING_ADJUSTMENT: RuleId = RuleId::of(RULES, "accounting_adjustment");
const CANCELLATION: RuleId = RuleId::of(RULES, "cancellation");
const NON_PRODUCT_CODE: RuleId = RuleId::of(RULES, "non_product_code");
const NON_POSITIVE_QUANTITY: RuleId = RuleId::of(RULES, "non_positive_quantity");
const NON_POSITIVE_PRICE: RuleId = RuleId::of(RULES, "non_positive_price");
const BAD_INVOICE_NUMBER: RuleId = RuleId::of(RULES, "bad_invoice_number");
const BAD_QUANTITY: RuleId = RuleId::of(RULES, "bad_quantity");
const BAD_PRICE: RuleId = RuleId::of(RULES, "bad_price");
const UNBOOKABLE_AMOUNT: RuleId = RuleId::of(RULES, "unbookable_amount");
const BAD_DATE: RuleId = RuleId::of(RULES, "bad_date");
const CUSTOMER_ID_WRITTEN_AS_FLOAT: RuleId = RuleId::of(RULES, "customer_id_written_as_float");
const STOCK_CODE_NORMALIZED: RuleId = RuleId::of(RULES, "stock_code_normalized");
const DESCRIPTION_UNTRIMMED: RuleId = RuleId::of(RULES, "description_untrimmed");
const SKIPPED_LOCAL_TIME: RuleId = RuleId::of(RULES, "skipped_local_time");
const REPEATED_LOCAL_TIME: RuleId = RuleId::of(RULES, "repeated_local_time");
const MISSING_CUSTOMER: RuleId = RuleId::of(RULES, "missing_customer");
const MISSING_DESCRIPTION: RuleId = RuleId::of(RULES, "missing_description");
const UNSPECIFIC_COUNTRY: RuleId = RuleId::of(RULES, "unspecific_country");
const CODE_RULES: CodeRules = CodeRules {
    bad: RuleId::of(RULES, "bad_stock_code"),
    unknown: RuleId::of(RULES, "unknown_sku"),
    lost_zeros: None,
};
/// What keeps a line from being booked, as a sale or as a return.
const UNTYPED: RuleSet = RuleSet::of(&[BAD_INVOICE_NUMBER, CODE_RULES.bad, UNBOOKABLE_AMOUNT]);

/// Codes that are no products, and `GIFT_*`.
const NON_PRODUCT: [&str; 11] =
    ["POST", "DOT", "M", "C2", "D", "S", "BANK CHARGES", "AMAZONFEE", "CRUK", "B", "PADS"];

/// UCI Online Retail as CSV; made by [`uci_online_retail`].
pub type UciOnlineRetail = Export<Uci>;

/// What is particular to UCI Online Retail.
#[derive(Debug, Clone, PartialEq)]
pub struct Uci(());

/// The invoices of UCI Online Retail: pounds, London time, dates as `2010-12-01 08:26:00`
/// or as the spreadsheet shows them, `12/1/2010 8:26`.
///
/// # Examples
/// ```
/// use omni_ingest::formats;
///
/// let file = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
///     536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
///     C536379,85123A,WHITE HANGING HEART,-1,2010-12-01 09:41:00,2.55,17850.0,United Kingdom\n";
/// let read = omni_ingest::read(&formats::uci_online_retail(), file.as_bytes())?;
/// assert_eq!(read.orders[0].total()?.to_string(), "15.30 GBP");
/// assert_eq!(read.returns[0].amount.to_string(), "2.55 GBP");
/// assert_eq!(read.account.rejected["cancellation"], 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn uci_online_retail() -> UciOnlineRetail {
    let settings = Settings::new(Dialect::csv(), &["%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M"]);
    Export::of(Uci(()), settings.in_zone(Tz::Europe__London).in_currency(Currency::GBP))
}

impl Kind for Uci {
    fn channel(&self) -> &'static str {
        "uci_online_retail"
    }

    fn name(&self) -> &'static str {
        "UCI Online Retail"
    }

    fn rules(&self) -> &[Rule] {
        RULES
    }

    fn repeat_rule(&self) -> Option<&'static str> {
        Some("duplicate_row")
    }

    fn parser(&self, settings: &Settings) -> Result<Box<dyn Parser>, Error> {
        Ok(Box::new(UciParser {
            columns: Columns::default(),
            dates: DateParser::new(
                settings.layouts()?,
                settings.zone().unwrap_or(Tz::Europe__London),
            ),
            currency: settings.currency().unwrap_or(Currency::GBP),
            style: settings.money_style(),
            codes: settings.codes().cloned(),
        }))
    }
}

/// Reads the rows of its files.
#[derive(Debug, Clone)]
struct UciParser {
    columns: Columns,
    dates: DateParser<Tz>,
    currency: Currency,
    style: MoneyStyle,
    codes: Option<Arc<Codes>>,
}

/// Where the columns of a file stand.
#[derive(Debug, Clone, Default)]
struct Columns {
    invoice: Column,
    code: Column,
    description: Column,
    quantity: Column,
    date: Column,
    price: Column,
    customer: Column,
    country: Column,
}

impl UciParser {
    /// The code in capitals and without blanks around it.
    fn code<'r>(&self, raw: &'r str, case: &mut Case) -> Cow<'r, str> {
        let trimmed = trim(raw);
        let code = if trimmed.bytes().any(|byte| byte.is_ascii_lowercase()) {
            Cow::Owned(trimmed.to_ascii_uppercase())
        } else if trimmed.len() == raw.len() {
            return Cow::Borrowed(raw);
        } else {
            Cow::Borrowed(trimmed)
        };
        case.repair(STOCK_CODE_NORMALIZED, self.columns.code.position(), raw, &code);
        code
    }

    /// The number of the customer; some copies of the file write it as `17850.0`.
    fn customer<'r>(&self, raw: &'r str, case: &mut Case) -> Option<Cow<'r, str>> {
        let trimmed = trim(raw);
        if trimmed.is_empty() {
            case.breaks(MISSING_CUSTOMER, self.columns.customer.position(), raw);
            return None;
        }
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        Some(match trimmed.strip_suffix(".0") {
            Some(number) if !number.is_empty() && is_number(number) => {
                let column = self.columns.customer.position();
                case.repair(CUSTOMER_ID_WRITTEN_AS_FLOAT, column, raw, number);
                Cow::Borrowed(number)
            }
            _ => Cow::Borrowed(trimmed),
        })
    }
}

impl Parser for UciParser {
    fn bind(&mut self, header: &mut Header<'_>) {
        self.columns = Columns {
            invoice: header.required(&["InvoiceNo", "Invoice"]),
            code: header.required(&["StockCode"]),
            description: header.required(&["Description"]),
            quantity: header.required(&["Quantity"]),
            date: header.required(&["InvoiceDate"]),
            price: header.required(&["UnitPrice", "Price"]),
            customer: header.required(&["CustomerID", "Customer ID"]),
            country: header.required(&["Country"]),
        };
    }

    fn parse<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Parsed<'r> {
        let content = self.line(record, case).map_or(Content::Nothing, Content::Line);
        Parsed { content, contact: None }
    }
}

impl UciParser {
    /// The line of a row.
    fn line<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Option<Box<SaleLine<'r>>> {
        let invoice = trim(self.columns.invoice.of(record));
        match invoice.as_bytes() {
            [b'A', ..] => {
                case.breaks(ACCOUNTING_ADJUSTMENT, self.columns.invoice.position(), invoice);
            }
            [b'C', ..] => case.breaks(CANCELLATION, self.columns.invoice.position(), invoice),
            _ => {}
        }
        if !is_label(invoice) {
            case.breaks(BAD_INVOICE_NUMBER, self.columns.invoice.position(), invoice);
        }

        let code = self.code(self.columns.code.of(record), case);
        // The code of a product starts with a digit, nearly always.
        let is_word = !code.as_bytes().first().is_some_and(u8::is_ascii_digit);
        if is_word && (code.starts_with("GIFT_") || NON_PRODUCT.contains(&code.as_ref())) {
            case.breaks(NON_PRODUCT_CODE, self.columns.code.position(), &code);
        }
        let codes = self.codes.as_deref();
        let (_, product) = look_up(&code, codes, self.columns.code, CODE_RULES, case);

        let raw = self.columns.quantity.of(record);
        let quantity = number::integer(trim(raw)).ok().filter(|&units| is_countable(units));
        match quantity {
            None => case.breaks(BAD_QUANTITY, self.columns.quantity.position(), raw),
            Some(units) if units <= 0 => {
                case.breaks(NON_POSITIVE_QUANTITY, self.columns.quantity.position(), raw);
            }
            Some(_) => {}
        }

        let raw = self.columns.price.of(record);
        let amount = money::parse(raw, self.style).ok();
        let amount = amount.filter(|amount| amount.currency.is_none_or(|c| c == self.currency));
        let price = amount.map(|amount| amount.value);
        match price {
            None => case.breaks(BAD_PRICE, self.columns.price.position(), raw),
            Some(price) if !price.is_positive() => {
                case.breaks(NON_POSITIVE_PRICE, self.columns.price.position(), raw);
            }
            Some(_) => {}
        }
        let price = price.map(Price::Unit);
        if let Some((units, price)) = quantity.zip(price)
            && !is_payable(price, units, self.currency)
        {
            case.breaks(UNBOOKABLE_AMOUNT, self.columns.price.position(), raw);
        }

        let raw = self.columns.date.of(record);
        let placed = self.dates.parse(trim(raw)).ok();
        match placed.map(|placed| (placed.clock, placed.at)) {
            None => case.breaks(BAD_DATE, self.columns.date.position(), raw),
            Some((Clock::Plain, _)) => {}
            Some((Clock::Repeated, _)) => {
                case.breaks(REPEATED_LOCAL_TIME, self.columns.date.position(), raw);
            }
            Some((Clock::Skipped, at)) => {
                case.repair(
                    SKIPPED_LOCAL_TIME,
                    self.columns.date.position(),
                    raw,
                    &at.to_rfc3339(),
                );
            }
        }

        let raw = self.columns.description.of(record);
        let title = trim(raw);
        if raw.is_empty() {
            case.breaks(MISSING_DESCRIPTION, self.columns.description.position(), raw);
        } else if title.len() != raw.len() {
            case.repair(DESCRIPTION_UNTRIMMED, self.columns.description.position(), raw, title);
        }
        let customer = self.customer(self.columns.customer.of(record), case);
        let country = trim(self.columns.country.of(record));
        if matches!(country, "" | "Unspecified" | "European Community") {
            case.breaks(UNSPECIFIC_COUNTRY, self.columns.country.position(), country);
        }

        if !case.broken().and(UNTYPED).is_empty() {
            return None;
        }
        let ((quantity, price), placed) = (quantity.zip(price)?, placed?);
        Some(Box::new(SaleLine {
            order: Cow::Borrowed(invoice),
            refers_to: None,
            sku: code,
            product: product.map(Cow::Owned),
            title: Cow::Borrowed(title),
            quantity,
            price,
            discount: Decimal::ZERO,
            currency: self.currency,
            placed_at: placed.at,
            customer,
            country: Cow::Borrowed(country),
            status: SaleStatus::Sold,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;
    use crate::rule::Class;

    const HEADER: &str =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    /// Class and rules of each row.
    fn judge(rows: &[&str]) -> Vec<(Class, Vec<String>)> {
        let file = format!("{HEADER}{}", rows.join("\n"));
        let mut reader = uci_online_retail().reader(file.as_bytes()).unwrap();
        let mut judged = Vec::new();
        while let Some(outcome) = reader.next_outcome().unwrap() {
            judged.push((outcome.class(), outcome.rules().map(str::to_string).collect()));
        }
        assert!(reader.account().is_balanced());
        judged
    }

    #[test]
    fn each_rule_is_met_by_its_row() {
        let cases: [(&str, Class, &[&str]); 16] = [
            ("1,A1,X,6,2010-12-01 08:26:00,2.55,17850,France", Class::Accepted, &[]),
            ("1,A1,X,6,12/1/2010 8:26,2.55,17851,France", Class::Accepted, &[]),
            (
                "1,A1,X,6,2010-12-01 08:26:00,2.55,17850.0,France",
                Class::Repaired,
                &["customer_id_written_as_float"],
            ),
            (
                "1, a1 ,X,6,2010-12-01 08:26:00,2.55,1,France",
                Class::Repaired,
                &["stock_code_normalized"],
            ),
            (
                "1,A1,X ,6,2010-12-01 08:26:00,2.55,1,France",
                Class::Repaired,
                &["description_untrimmed"],
            ),
            (
                "1,A1,,6,2010-12-01 08:26:00,2.55,,Unspecified",
                Class::Accepted,
                &["missing_customer", "missing_description", "unspecific_country"],
            ),
            (
                "A1,B,X,1,2010-12-01 08:26:00,-5,1,France",
                Class::Rejected,
                &["accounting_adjustment", "non_product_code", "non_positive_price"],
            ),
            (
                "C1,D,X,-1,2010-12-01 08:26:00,5,1,France",
                Class::Rejected,
                &["cancellation", "non_product_code", "non_positive_quantity"],
            ),
            (
                "1,gift_0001_20,X,1,2010-12-01 08:26:00,5,1,France",
                Class::Rejected,
                &["non_product_code", "stock_code_normalized"],
            ),
            (
                "1,A1,X,0,2010-12-01 08:26:00,0,1,France",
                Class::Rejected,
                &["non_positive_quantity", "non_positive_price"],
            ),
            (
                "1,A1,X,9223372036854775808,2011-02-30 08:26:00,123456789012345678901234567890,1,France",
                Class::Rejected,
                &["bad_quantity", "bad_price", "bad_date"],
            ),
            (
                "1,A1,X,4294967295,2010-12-01 08:26:00,1000000000.5,1,France",
                Class::Rejected,
                &["unbookable_amount"],
            ),
            (
                ",,X,1,2010-12-01 08:26:00,1,1,France",
                Class::Rejected,
                &["bad_invoice_number", "bad_stock_code"],
            ),
            ("1,A1,X,1,2011-03-27 01:30:00,1,1,France", Class::Repaired, &["skipped_local_time"]),
            ("1,A1,X,1,2011-10-30 01:30:00,1,1,France", Class::Accepted, &["repeated_local_time"]),
            ("1,A1,X,1", Class::Rejected, &["truncated"]),
        ];
        let judged = judge(&cases.map(|case| case.0));
        for ((row, class, rules), got) in cases.into_iter().zip(judged) {
            assert_eq!(got, (class, rules.iter().map(ToString::to_string).collect()), "{row}");
        }
    }

    #[test]
    fn a_repeat_is_a_duplicate_whatever_else_it_is() {
        let row = "C1,D,X,-1,2010-12-01 08:26:00,5,1,France";
        let quoted = "\"C1\",D,X,-1,2010-12-01 08:26:00,5,1,France";
        let classes: Vec<_> = judge(&[row, row, quoted]).into_iter().map(|j| j.0).collect();
        assert_eq!(classes, [Class::Rejected, Class::Duplicate, Class::Duplicate]);
    }
}
