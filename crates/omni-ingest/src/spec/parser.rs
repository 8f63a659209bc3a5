//! Reads the records of a channel that is described as data.

use super::check::{Mend, Ready};
use super::draft::{Field, Marker, PriceOf, SpecDraft};
use super::items::{Item, Items, ReadyItems};
use super::pattern::Pattern;
use super::{REFUND, RULES};
use crate::Error;
use crate::catalog::Codes;
use crate::formats::{
    CodeRules, LARGEST_TOTAL, Settings, is_countable, is_label, is_lossy, is_payable, look_up,
    named, tidy, trim,
};
use crate::parse::{Clock, DateParser, Decimal, MoneyStyle, money, number};
use crate::parsed::{Contact, Content, Parsed};
use crate::reader::Parser;
use crate::record::Record;
use crate::rule::{Case, Rule, RuleBook, RuleId};
use crate::sale::{Price, SaleLine, SaleStatus};
use crate::schema::{Column, Header};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use omni_core::error::ParamError;
use omni_core::{Currency, ParamError as Wrong};
use std::borrow::Cow;
use std::sync::Arc;

const CROSS_CHANNEL_COPY: RuleId = RuleId::of(RULES, "cross_channel_copy");
const MISSING_ORDER_ID: RuleId = RuleId::of(RULES, "missing_order_id");
const LOSSY_ID: RuleId = RuleId::of(RULES, "lossy_id");
const BAD_DATE: RuleId = RuleId::of(RULES, "bad_date");
const BAD_CURRENCY: RuleId = RuleId::of(RULES, "bad_currency");
const BAD_ITEMS: RuleId = RuleId::of(RULES, "bad_items");
const BAD_QUANTITY: RuleId = RuleId::of(RULES, "bad_quantity");
const BAD_PRICE: RuleId = RuleId::of(RULES, "bad_price");
const BAD_DISCOUNT: RuleId = RuleId::of(RULES, "bad_discount");
const UNBOOKABLE_AMOUNT: RuleId = RuleId::of(RULES, "unbookable_amount");
const SKIPPED_LOCAL_TIME: RuleId = RuleId::of(RULES, "skipped_local_time");
const REPEATED_LOCAL_TIME: RuleId = RuleId::of(RULES, "repeated_local_time");
const TOTAL_MISMATCH: RuleId = RuleId::of(RULES, "total_mismatch");
const UNKNOWN_STATUS: RuleId = RuleId::of(RULES, "unknown_status");
const CODE_RULES: CodeRules = CodeRules {
    bad: RuleId::of(RULES, "missing_sku"),
    unknown: RuleId::of(RULES, "unknown_sku"),
    lost_zeros: Some(RuleId::of(RULES, "lost_leading_zeros")),
};

/// Reads the records of its files.
#[derive(Debug, Clone)]
pub(super) struct SpecParser {
    /// The names each field may have and whether its column must be there.
    names: Vec<(Field, Vec<String>, bool)>,
    columns: [Column; Field::ALL.len()],
    /// Whether an empty total is wrong.
    needs_total: bool,
    description_row: bool,
    dates: DateParser<Tz>,
    when: String,
    currency: Option<Currency>,
    style: MoneyStyle,
    codes: Option<Arc<Codes>>,
    price_of: PriceOf,
    items: Option<ReadyItems>,
    /// By words in small letters.
    statuses: Vec<(String, SaleStatus)>,
    copies: Option<ReadyMarker>,
    refunds: Option<ReadyMarker>,
    refund: RuleId,
    original: Option<(Vec<String>, String, Column)>,
    customer: Vec<Field>,
    guests: Vec<String>,
    mask: Option<char>,
    repairs: Vec<(RuleId, Field, Mend)>,
    checks: Vec<ReadyCheck>,
}

/// A marker with the column of the file at hand.
#[derive(Debug, Clone)]
struct ReadyMarker {
    names: Vec<String>,
    pattern: Pattern,
    column: Column,
}

impl ReadyMarker {
    fn new(marker: &Marker) -> Result<Self, ParamError> {
        let pattern = Pattern::new(&marker.pattern)?;
        Ok(Self { names: marker.column.clone(), pattern, column: Column::ABSENT })
    }

    fn marks(&self, record: &Record<'_>) -> bool {
        self.pattern.fits_ignoring_case(trim(self.column.of(record)))
    }
}

/// A check with the columns of the file at hand.
#[derive(Debug, Clone)]
struct ReadyCheck {
    rule: RuleId,
    names: Vec<String>,
    others: Vec<String>,
    test: Ready,
    column: Column,
    other: Column,
}

/// One line as far as it could be typed.
struct LineDraft<'r> {
    sku: Cow<'r, str>,
    product: Option<String>,
    title: Cow<'r, str>,
    quantity: Option<i64>,
    price: Option<Decimal>,
    discount: Option<Decimal>,
}

/// The texts of a line.
struct Texts<'r> {
    sku: Cow<'r, str>,
    title: Cow<'r, str>,
    quantity: Cow<'r, str>,
    price: Cow<'r, str>,
    discount: Cow<'r, str>,
}

impl SpecParser {
    pub(super) fn new(
        draft: &SpecDraft,
        rules: &[Rule],
        settings: &Settings,
    ) -> Result<Self, Error> {
        let book = RuleBook::new(rules)?;
        let id =
            |name: &str| book.find(name).ok_or(Wrong::new("rules", "a rule of the spec", name));
        let column =
            |(field, names): (&Field, &Vec<String>), needed| (*field, names.clone(), needed);
        let needed = draft.columns.iter().map(|entry| column(entry, true));
        let optional = draft.optional.iter().map(|entry| column(entry, false));
        let repairs = draft.repairs.iter();
        let repairs =
            repairs.map(|repair| Ok((id(&repair.name)?, repair.field, repair.mend.clone())));
        let checks = draft.checks.iter().map(|check| {
            Ok(ReadyCheck {
                rule: id(&check.name)?,
                names: check.column.clone(),
                others: check.test.other().map(<[String]>::to_vec).unwrap_or_default(),
                test: check.test.ready()?,
                column: Column::ABSENT,
                other: Column::ABSENT,
            })
        });
        let zone = settings.zone().unwrap_or(Tz::UTC);
        let original = draft.original.as_ref();
        Ok(Self {
            names: needed.chain(optional).collect(),
            columns: [Column::ABSENT; Field::ALL.len()],
            needs_total: draft.columns.contains_key(&Field::Total),
            description_row: draft.description_row,
            dates: DateParser::new(settings.layouts()?, zone),
            when: String::new(),
            currency: settings.currency(),
            style: settings.money_style(),
            codes: settings.codes().cloned(),
            price_of: draft.items.as_ref().map_or(draft.price_of, Items::price_of),
            items: draft.items.as_ref().map(Items::ready).transpose()?,
            statuses: draft.statuses.iter().map(|(word, s)| (word.to_lowercase(), *s)).collect(),
            copies: draft.copies.as_ref().map(ReadyMarker::new).transpose()?,
            refunds: draft.refunds.as_ref().map(ReadyMarker::new).transpose()?,
            refund: id(REFUND.name())?,
            original: original.map(|p| (p.column.clone(), p.words.clone(), Column::ABSENT)),
            customer: draft.customer.clone(),
            guests: draft.guests.clone(),
            mask: draft.mask,
            repairs: repairs.collect::<Result<_, Wrong>>()?,
            checks: checks.collect::<Result<_, Wrong>>()?,
        })
    }

    fn column(&self, field: Field) -> Column {
        self.columns.get(field.at()).copied().unwrap_or_default()
    }

    /// The text of a field, mended. To be asked for once a record.
    fn text<'r>(&self, field: Field, record: &Record<'r>, case: &mut Case) -> Cow<'r, str> {
        let column = self.column(field);
        let mut text = Cow::Borrowed(column.of(record));
        for (rule, _, mend) in self.repairs.iter().filter(|(_, mended, _)| *mended == field) {
            if let Some(mended) = mend.apply(&text) {
                case.repair(*rule, column.position(), &text, &mended);
                text = Cow::Owned(mended);
            }
        }
        text
    }

    /// Who the record is about, as it is written.
    fn contact<'r>(&self, record: &Record<'r>, case: &mut Case) -> Contact<'r> {
        let mut of = |field| self.text(field, record, case);
        let account = of(Field::Account);
        let is_guest = self.guests.iter().any(|guest| guest == trim(&account));
        Contact {
            name: of(Field::Name),
            given_name: of(Field::GivenName),
            surname: of(Field::Surname),
            email: of(Field::Email),
            phone: of(Field::Phone),
            street: of(Field::Street),
            city: of(Field::City),
            region: of(Field::Region),
            postal_code: of(Field::PostalCode),
            country: of(Field::Country),
            address: of(Field::Address),
            loyalty: of(Field::Loyalty),
            account: if is_guest { Cow::Borrowed("") } else { account },
            device: of(Field::Device),
            ..Contact::default()
        }
    }

    /// Whether the person is hidden.
    fn is_masked(&self, contact: &Contact<'_>) -> bool {
        let telling = [
            &contact.name,
            &contact.given_name,
            &contact.surname,
            &contact.email,
            &contact.phone,
            &contact.street,
            &contact.address,
            &contact.postal_code,
        ];
        self.mask.is_some_and(|mask| telling.iter().any(|text| text.contains(mask)))
    }

    /// By what the channel knows the customer.
    fn customer<'r>(&self, contact: &Contact<'r>) -> Option<Cow<'r, str>> {
        self.customer.iter().find_map(|field| {
            let text = match field {
                Field::Name => &contact.name,
                Field::Email => &contact.email,
                Field::Phone => &contact.phone,
                Field::Loyalty => &contact.loyalty,
                Field::Account => &contact.account,
                Field::Device => &contact.device,
                _ => return None,
            };
            let key = trimmed(text.clone());
            let capitals = *field == Field::Email && key.chars().any(char::is_uppercase);
            let key = if capitals { Cow::Owned(key.to_lowercase()) } else { key };
            (!key.is_empty()).then_some(key)
        })
    }

    fn placed(&mut self, record: &Record<'_>, case: &mut Case) -> Option<DateTime<Utc>> {
        let mut when = std::mem::take(&mut self.when);
        when.clear();
        when.push_str(trim(&self.text(Field::PlacedAt, record, case)));
        if self.column(Field::PlacedTime).is_present() {
            when.push(' ');
            when.push_str(trim(&self.text(Field::PlacedTime, record, case)));
        }
        let column = self.column(Field::PlacedAt).position();
        let placed = self.dates.parse(&when).ok();
        match placed.map(|placed| (placed.clock, placed.at)) {
            None => case.breaks(BAD_DATE, column, &when),
            Some((Clock::Plain, _)) => {}
            Some((Clock::Repeated, _)) => case.breaks(REPEATED_LOCAL_TIME, column, &when),
            Some((Clock::Skipped, at)) => {
                case.repair(SKIPPED_LOCAL_TIME, column, &when, &at.to_rfc3339());
            }
        }
        self.when = when;
        placed.map(|placed| placed.at)
    }

    fn status(&self, record: &Record<'_>, case: &mut Case) -> SaleStatus {
        let raw = self.text(Field::Status, record, case);
        let word = trim(&raw);
        let known = self.statuses.iter().find(|(known, _)| {
            known.eq_ignore_ascii_case(word) || !word.is_ascii() && *known == word.to_lowercase()
        });
        if known.is_none() && !word.is_empty() {
            case.breaks(UNKNOWN_STATUS, self.column(Field::Status).position(), word);
        }
        known.map_or(SaleStatus::Sold, |(_, status)| *status)
    }

    /// What the record sells.
    fn content<'r>(
        &mut self,
        record: &Record<'r>,
        contact: &Contact<'r>,
        case: &mut Case,
    ) -> Content<'r> {
        let raw = self.text(Field::Order, record, case);
        let order = trimmed(raw);
        if !is_label(&order) {
            case.breaks(MISSING_ORDER_ID, self.column(Field::Order).position(), &order);
        } else if is_lossy(&order) {
            case.breaks(LOSSY_ID, self.column(Field::Order).position(), &order);
        }
        if let Some(copies) = self.copies.as_ref().filter(|copies| copies.marks(record)) {
            case.breaks(CROSS_CHANNEL_COPY, copies.column.position(), copies.column.of(record));
        }
        let refund = self.refunds.as_ref().filter(|refunds| refunds.marks(record));
        let is_refund = refund.is_some();
        if let Some(refunds) = refund {
            case.breaks(self.refund, refunds.column.position(), refunds.column.of(record));
        }
        let original = self.original.as_ref();
        let refers_to = original.and_then(|(_, words, column)| named(column.of(record), words));
        let placed_at = self.placed(record, case);
        let status = self.status(record, case);
        let (lines, currency) = if self.items.is_some() {
            self.order_lines(record, is_refund, case)
        } else {
            let (line, currency) = self.line(record, is_refund, case);
            (vec![line], currency)
        };
        let customer = self.customer(contact);
        let country = trimmed(contact.country.clone());
        let sale = |line: LineDraft<'r>| {
            let price = line.price?;
            Some(SaleLine {
                order: order.clone(),
                refers_to: refers_to.map(Cow::Borrowed),
                sku: line.sku,
                product: line.product.map(Cow::Owned),
                title: line.title,
                quantity: line.quantity?,
                price: self.price(price),
                discount: line.discount?,
                currency: currency?,
                placed_at: placed_at?,
                customer: customer.clone(),
                country: country.clone(),
                status,
            })
        };
        let mut lines = lines.into_iter();
        if self.items.is_none() {
            return Parsed::line(lines.next().and_then(sale)).content;
        }
        match lines.map(sale).collect::<Option<Vec<_>>>() {
            Some(lines) if !lines.is_empty() => Content::Order(lines),
            _ => Content::Nothing,
        }
    }

    const fn price(&self, value: Decimal) -> Price {
        match self.price_of {
            PriceOf::Unit => Price::Unit(value),
            PriceOf::Line => Price::Line(value),
        }
    }

    /// The one line of a record.
    fn line<'r>(
        &self,
        record: &Record<'r>,
        is_refund: bool,
        case: &mut Case,
    ) -> (LineDraft<'r>, Option<Currency>) {
        let texts = Texts {
            sku: trimmed(self.text(Field::Sku, record, case)),
            title: self.text(Field::Title, record, case),
            quantity: self.text(Field::Quantity, record, case),
            price: self.text(Field::Price, record, case),
            discount: self.text(Field::Discount, record, case),
        };
        let mut marks = Marks::default();
        let amount = self.amount(&texts.price, &mut marks);
        let line = self.read_line(texts, amount, is_refund, &mut marks, case);
        let column = self.column(Field::Price).position();
        let currency = self.settle(record, marks, column, case);
        self.book(&line, currency, case);
        (line, currency)
    }

    /// All lines of an order, and what it cost.
    fn order_lines<'r>(
        &self,
        record: &Record<'r>,
        is_refund: bool,
        case: &mut Case,
    ) -> (Vec<LineDraft<'r>>, Option<Currency>) {
        let raw = self.column(Field::Items).of(record);
        let items = self.items.as_ref().and_then(|items| items.read(raw).ok());
        if items.is_none() {
            case.breaks(BAD_ITEMS, self.column(Field::Items).position(), raw);
        }
        let mut marks = Marks::default();
        let read = |item: Item<'r>, marks: &mut Marks, case: &mut Case| {
            let amount = self.amount(item.price, marks);
            let texts = Texts {
                sku: Cow::Borrowed(item.sku),
                title: Cow::Borrowed(item.title),
                quantity: Cow::Borrowed(item.quantity),
                price: Cow::Borrowed(item.price),
                discount: Cow::Borrowed(""),
            };
            self.read_line(texts, amount, is_refund, marks, case)
        };
        let items = items.unwrap_or_default().into_iter();
        let lines: Vec<_> = items.map(|item| read(item, &mut marks, case)).collect();
        let total = self.total(record, &mut marks, case);
        let column = self.column(Field::Total).position();
        let currency = self.settle(record, marks, column, case);
        for line in &lines {
            self.book(line, currency, case);
        }
        let sums = lines.iter().map(|line| self.price(line.price?).total(line.quantity?));
        let sum = sums.map(|sum| sum.map(exact)).sum::<Option<i128>>();
        if let Some((sum, currency)) = sum.filter(|_| !lines.is_empty()).zip(currency) {
            if !is_bookable(sum, currency) {
                case.breaks(UNBOOKABLE_AMOUNT, self.column(Field::Items).position(), raw);
            }
            if total.is_some_and(|(total, beside)| sum + beside != exact(total)) {
                let raw = self.column(Field::Total).of(record);
                case.breaks(TOTAL_MISMATCH, self.column(Field::Total).position(), raw);
            }
        }
        (lines, currency)
    }

    /// What the order cost and what of it are no goods.
    fn total(
        &self,
        record: &Record<'_>,
        marks: &mut Marks,
        case: &mut Case,
    ) -> Option<(Decimal, i128)> {
        let mut beside = Some(0);
        for field in [Field::Shipping, Field::Fees, Field::Tax] {
            let raw = self.text(field, record, case);
            if !trim(&raw).is_empty() {
                let amount = self.amount(&raw, marks);
                if amount.is_none() {
                    case.breaks(BAD_PRICE, self.column(field).position(), &raw);
                }
                beside = beside.zip(amount).map(|(sum, amount)| sum + exact(amount));
            }
        }
        let raw = self.text(Field::Total, record, case);
        let total = self.amount(&raw, marks);
        let missing = trim(&raw).is_empty();
        if total.is_none() && (self.needs_total || !missing) {
            case.breaks(BAD_PRICE, self.column(Field::Total).position(), &raw);
        }
        total.zip(beside)
    }

    /// An amount; the currency it names is remembered.
    fn amount(&self, text: &str, marks: &mut Marks) -> Option<Decimal> {
        let amount = money::parse(text, self.style).ok()?;
        if let Some(currency) = amount.currency {
            match marks.first {
                Some(first) => marks.differ |= first != currency,
                None => marks.first = Some(currency),
            }
        }
        Some(amount.value)
    }

    /// The currency of the record.
    fn settle(
        &self,
        record: &Record<'_>,
        marks: Marks,
        priced: usize,
        case: &mut Case,
    ) -> Option<Currency> {
        let raw = self.text(Field::Currency, record, case);
        let column = self.column(Field::Currency).position();
        let currency = match trim(&raw) {
            "" => marks.first.or(self.currency),
            code => Currency::new(code).ok(),
        };
        // An amount that cannot be read would have named it: that is one error, not two.
        let hidden = trim(&raw).is_empty() && case.broken().contains(BAD_PRICE);
        if currency.is_none() && !hidden {
            case.breaks(BAD_CURRENCY, column, &raw);
        }
        let other = marks.first.zip(currency).is_some_and(|(mark, known)| mark != known);
        if marks.differ || other {
            case.breaks(BAD_PRICE, priced, marks.first.map_or("", Currency::code));
        }
        currency
    }

    /// A line without its currency.
    fn read_line<'r>(
        &self,
        texts: Texts<'r>,
        amount: Option<Decimal>,
        is_refund: bool,
        marks: &mut Marks,
        case: &mut Case,
    ) -> LineDraft<'r> {
        let place = |field| {
            let field = if self.items.is_some() { Field::Items } else { field };
            self.column(field)
        };
        // A refund may be written with or without its sign; a sale has none.
        let quantity =
            number::whole(trim(&texts.quantity)).ok().filter(|&units| is_countable(units));
        let quantity = quantity.filter(|&units| if is_refund { units != 0 } else { units > 0 });
        if quantity.is_none() {
            case.breaks(BAD_QUANTITY, place(Field::Quantity).position(), &texts.quantity);
        }
        let price = amount.filter(|price| is_refund || !price.is_negative());
        if price.is_none() {
            case.breaks(BAD_PRICE, place(Field::Price).position(), &texts.price);
        }
        let discount = if trim(&texts.discount).is_empty() {
            Some(Decimal::ZERO)
        } else {
            self.amount(&texts.discount, marks).and_then(Decimal::abs)
        };
        let total = price.zip(quantity).and_then(|(price, units)| self.price(price).total(units));
        let discount = discount
            .filter(|discount| total.and_then(Decimal::abs).is_none_or(|total| *discount <= total));
        if discount.is_none() {
            case.breaks(BAD_DISCOUNT, place(Field::Discount).position(), &texts.discount);
        }
        let codes = self.codes.as_deref();
        let (padded, product) = look_up(&texts.sku, codes, place(Field::Sku), CODE_RULES, case);
        LineDraft {
            sku: padded.map_or(texts.sku, Cow::Owned),
            product,
            title: match texts.title {
                Cow::Borrowed(title) => tidy(title),
                Cow::Owned(title) => Cow::Owned(tidy(&title).into_owned()),
            },
            quantity,
            price,
            discount,
        }
    }

    /// Notes whether a line cannot be booked in its currency.
    fn book(&self, line: &LineDraft<'_>, currency: Option<Currency>, case: &mut Case) {
        let (Some(quantity), Some(price), Some(currency)) = (line.quantity, line.price, currency)
        else {
            return;
        };
        if !is_payable(self.price(price), quantity, currency) {
            let priced = if self.items.is_some() { Field::Items } else { Field::Price };
            case.breaks(UNBOOKABLE_AMOUNT, self.column(priced).position(), &price.to_string());
        }
        let exact = line.discount.is_none_or(|d| d.rescale(currency.exponent()).is_some());
        if !exact {
            let shown = line.discount.map(|d| d.to_string()).unwrap_or_default();
            case.breaks(BAD_DISCOUNT, self.column(Field::Discount).position(), &shown);
        }
    }

    /// The rules of the spec itself.
    fn check(&mut self, record: &Record<'_>, case: &mut Case) {
        for check in &mut self.checks {
            let text = check.column.of(record);
            let other = check.other.of(record);
            if !check.test.passes(text, other, self.style, &mut self.dates) {
                case.breaks(check.rule, check.column.position(), text);
            }
        }
    }
}

/// The currencies that amounts of a record name.
#[derive(Debug, Clone, Copy, Default)]
struct Marks {
    first: Option<Currency>,
    differ: bool,
}

/// The amount as an integer of 18 decimals, which always fits.
const fn exact(amount: Decimal) -> i128 {
    amount.mantissa() as i128 * 10_i128.pow(18 - amount.scale() as u32)
}

/// Whether an order may cost so much: no more than one line may.
fn is_bookable(sum: i128, currency: Currency) -> bool {
    let minor = 10_u128.pow(18 - u32::from(currency.exponent()));
    sum.unsigned_abs() <= u128::from(LARGEST_TOTAL) * minor
}

/// The text without the white space around it.
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) if trim(&text).len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_string()),
    }
}

fn strs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

impl Parser for SpecParser {
    fn bind(&mut self, header: &mut Header<'_>) {
        self.columns = [Column::ABSENT; Field::ALL.len()];
        for (field, names, needed) in &self.names {
            let names = strs(names);
            let column = if *needed { header.required(&names) } else { header.optional(&names) };
            if let Some(place) = self.columns.get_mut(field.at()) {
                *place = column;
            }
        }
        for marker in [&mut self.copies, &mut self.refunds].into_iter().flatten() {
            marker.column = header.required(&strs(&marker.names));
        }
        if let Some((names, _, column)) = &mut self.original {
            *column = header.optional(&strs(names));
        }
        for check in &mut self.checks {
            check.column = header.required(&strs(&check.names));
            if !check.others.is_empty() {
                check.other = header.required(&strs(&check.others));
            }
        }
    }

    fn parse<'r>(&mut self, record: &Record<'r>, case: &mut Case) -> Parsed<'r> {
        let contact = self.contact(record, case);
        let content = self.content(record, &contact, case);
        self.check(record, case);
        let hidden = self.is_masked(&contact);
        Parsed { content, contact: None }.with_contact(if hidden {
            Contact::default()
        } else {
            contact
        })
    }

    fn is_description(&self, record: &Record<'_>) -> bool {
        let typed = [Field::Order, Field::PlacedAt, Field::Quantity, Field::Price, Field::Total];
        let mut texts = typed.into_iter().map(|field| trim(self.column(field).of(record)));
        let order = trim(self.column(Field::Order).of(record));
        let digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
        self.description_row && !order.is_empty() && !texts.any(digit)
    }
}
