//! The description of a channel before it is checked.

use super::check::{Check as OwnCheck, FieldRepair, Test};
use super::items::Items;
use super::pattern::Pattern;
use crate::parse::{Layout, MoneyStyle};
use crate::record::Dialect;
use crate::rule::RuleBook;
use crate::sale::SaleStatus;
use chrono_tz::Tz;
use omni_core::Currency;
use omni_core::error::{Check, Violations};
use std::collections::BTreeMap;

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// What a column of a file may hold.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(rename_all = "snake_case")
        )]
        #[non_exhaustive]
        pub enum Field {
            $($(#[$doc])* $name,)*
        }

        impl Field {
            /// All of them.
            pub const ALL: [Self; [$(Self::$name),*].len()] = [$(Self::$name),*];
        }
    };
}

fields! {
    /// The number of the order.
    Order
    /// When it was placed.
    PlacedAt
    /// The time of day, where the date stands alone.
    PlacedTime
    /// The code of the article.
    Sku
    /// What the article is called.
    Title
    /// Units.
    Quantity
    /// The price, of a unit or of the line.
    Price
    /// The discount on the line, with or without a sign.
    Discount
    /// The code of the currency.
    Currency
    /// How the order ended, in the words of [`SpecDraft::statuses`].
    Status
    /// All lines of the order; see [`Items`].
    Items
    /// What the whole order cost. Read where a record is an order.
    Total
    /// What of the total is shipping.
    Shipping
    /// What of the total is fees.
    Fees
    /// What of the total is tax that the prices leave out.
    Tax
    /// The whole name of the customer.
    Name
    /// The given name of the customer.
    GivenName
    /// The surname of the customer.
    Surname
    /// The e-mail address of the customer.
    Email
    /// The telephone number of the customer.
    Phone
    /// House and street.
    Street
    /// City.
    City
    /// State, province or county.
    Region
    /// Postal code.
    PostalCode
    /// Country.
    Country
    /// An address in one text.
    Address
    /// The number of the loyalty card.
    Loyalty
    /// What the channel calls the customer.
    Account
    /// A device, browser or session.
    Device
}

impl Field {
    /// Its place among all.
    pub(super) const fn at(self) -> usize {
        self as usize
    }

    /// Whether it says who a person is.
    pub(super) fn is_contact(self) -> bool {
        self >= Self::Name
    }
}

/// What a price is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum PriceOf {
    /// Of one unit.
    #[default]
    Unit,
    /// Of all units of the line.
    Line,
}

/// What marks a record as something else than a sale: a text in a column that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Marker {
    /// The names the column may have.
    pub column: Vec<String>,
    /// The [`Pattern`] of its text, capitals or not: `Refund`, `Shopify order *`.
    pub pattern: String,
}

/// Words behind which a note names another order: `Refund of T75` with `Refund of`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Phrase {
    /// The names the column may have.
    pub column: Vec<String>,
    /// The words at its start, capitals or not.
    pub words: String,
}

/// How a channel writes its export; checked by [`ChannelSpec::new`](super::ChannelSpec::new).
///
/// [`new`](Self::new) fills in what most exports have: commas and double quotes, a decimal
/// point, prices of a unit, ISO dates.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct SpecDraft {
    /// The channel, in snake case.
    pub channel: String,
    /// What the file is called in messages.
    pub name: String,
    /// The channel of the catalog whose codes it uses, if not its own.
    pub codes: Option<String>,
    /// The character between fields.
    pub delimiter: char,
    /// The character around fields that need it; none: a quote is an ordinary character.
    pub quote: Option<char>,
    /// The largest record in bytes.
    pub max_record: usize,
    /// Whether the first record may describe the columns: it is passed over if neither
    /// order, date, quantity nor price holds a digit.
    pub description_row: bool,
    /// The columns that must be there, by the names each may have.
    pub columns: BTreeMap<Field, Vec<String>>,
    /// The columns that may be there.
    pub optional: BTreeMap<Field, Vec<String>>,
    /// The layouts of dates, tried in order; see [`date`](crate::parse::date).
    pub date_layouts: Vec<String>,
    /// The name of the time zone of dates without an offset; UTC if none.
    pub zone: Option<String>,
    /// The currency of amounts for which the file names none.
    pub currency: Option<Currency>,
    /// How amounts are written.
    pub money_style: MoneyStyle,
    /// What the price is of, where a record is a line.
    pub price_of: PriceOf,
    /// How the lines of an order stand in one column; without, a record is a line.
    pub items: Option<Items>,
    /// What the words of the status mean, capitals or not; others are flagged and taken
    /// as sold.
    pub statuses: BTreeMap<String, SaleStatus>,
    /// What marks a copy of another channel's sale.
    pub copies: Option<Marker>,
    /// What marks a refund.
    pub refunds: Option<Marker>,
    /// Where a record names the order it undoes or copies.
    pub original: Option<Phrase>,
    /// By what the channel knows a customer: the first field that says something. E-mail
    /// addresses are compared in small letters.
    pub customer: Vec<Field>,
    /// Accounts that are nobody's, such as `0`.
    pub guests: Vec<String>,
    /// The character that hides a person (`A*** L***`): a record with it in a name, address
    /// or number tells of nobody.
    pub mask: Option<char>,
    /// What is mended before it is read.
    pub repairs: Vec<FieldRepair>,
    /// What must hold beside the rules of every spec.
    pub checks: Vec<OwnCheck>,
}

impl Default for SpecDraft {
    fn default() -> Self {
        Self::new("", "")
    }
}

impl SpecDraft {
    /// A channel and what its file is called; no column yet.
    #[must_use]
    pub fn new(channel: &str, name: &str) -> Self {
        Self {
            channel: channel.to_string(),
            name: name.to_string(),
            codes: None,
            delimiter: ',',
            quote: Some('"'),
            max_record: Dialect::csv().max_record(),
            description_row: false,
            columns: BTreeMap::new(),
            optional: BTreeMap::new(),
            date_layouts: vec!["%Y-%m-%d %H:%M:%S".to_string(), "%Y-%m-%dT%H:%M:%S%z".to_string()],
            zone: None,
            currency: None,
            money_style: MoneyStyle::POINT,
            price_of: PriceOf::Unit,
            items: None,
            statuses: BTreeMap::new(),
            copies: None,
            refunds: None,
            original: None,
            customer: vec![Field::Account, Field::Loyalty, Field::Email],
            guests: Vec::new(),
            mask: None,
            repairs: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// With a column that must be there, by the names it may have.
    #[must_use]
    pub fn with_column<S: Into<String>>(
        mut self,
        field: Field,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        self.columns.insert(field, names.into_iter().map(Into::into).collect());
        self
    }

    /// With a column that may be there, by the names it may have.
    #[must_use]
    pub fn with_optional<S: Into<String>>(
        mut self,
        field: Field,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        self.optional.insert(field, names.into_iter().map(Into::into).collect());
        self
    }

    /// With another character between fields.
    #[must_use]
    pub const fn with_delimiter(mut self, delimiter: char) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// With these layouts of dates, tried in order.
    #[must_use]
    pub fn with_date_layouts<S: Into<String>>(
        mut self,
        layouts: impl IntoIterator<Item = S>,
    ) -> Self {
        self.date_layouts = layouts.into_iter().map(Into::into).collect();
        self
    }

    /// With the time zone of this name, such as `Europe/Madrid`.
    #[must_use]
    pub fn with_zone(mut self, zone: &str) -> Self {
        self.zone = Some(zone.to_string());
        self
    }

    /// With the currency of amounts for which the file names none.
    #[must_use]
    pub const fn with_currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// With the meaning of a word of the status.
    #[must_use]
    pub fn with_status(mut self, word: &str, status: SaleStatus) -> Self {
        self.statuses.insert(word.to_string(), status);
        self
    }

    /// With a repair.
    #[must_use]
    pub fn with_repair(mut self, repair: FieldRepair) -> Self {
        self.repairs.push(repair);
        self
    }

    /// With a check.
    #[must_use]
    pub fn with_check(mut self, check: OwnCheck) -> Self {
        self.checks.push(check);
        self
    }

    /// Checks everything.
    pub(super) fn check(&self) -> Result<(), Violations> {
        Check::all(|check| self.check_all(check))
    }

    fn check_all(&self, check: &mut Check) {
        let snake = |name: &str| {
            let fits =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            (1..=64).contains(&name.len()) && name.bytes().all(fits)
        };
        let rule = "must be 1 to 64 small letters, digits and underscores";
        check.that(snake(&self.channel), "channel", rule);
        check.that(!self.name.trim().is_empty(), "name", "must not be blank");
        self.check_writing(check);
        self.check_columns(check);
        self.check_words(check);
        for (at, repair) in self.repairs.iter().enumerate() {
            let path = |part: &str| format!("repairs[{at}].{part}");
            check.that(snake(&repair.name), path("name"), rule);
            check.that(self.names(repair.field).is_some(), path("field"), "must have a column");
            let whole = repair.field != Field::Items;
            check.that(whole, path("field"), "must not be items: they are read as they are");
        }
        for (at, own) in self.checks.iter().enumerate() {
            let path = |part: &str| format!("checks[{at}].{part}");
            check.that(snake(&own.name), path("name"), rule);
            check.that(are_names(&own.column), path("column"), NAMES);
            let test = check_test(&own.test);
            check.that(test.is_none(), path("test"), test.unwrap_or_default());
        }
        let book = RuleBook::new(&self.rules());
        check.that(
            book.is_ok(),
            "checks",
            book.err().map(|error| error.to_string()).unwrap_or_default(),
        );
    }

    /// Dialect, dates and amounts.
    fn check_writing(&self, check: &mut Check) {
        let ascii = self.delimiter.is_ascii() && self.quote.is_none_or(|quote| quote.is_ascii());
        check.that(ascii, "delimiter", "and quote must be ASCII");
        let dialect = super::ChannelSpec::unchecked(self.clone()).settings.dialect.verify();
        if let Some(error) = dialect.err().filter(|_| ascii) {
            check.that(false, error.name, format!("must be {}", error.rule));
        }
        check.that(!self.date_layouts.is_empty(), "date_layouts", "must not be empty");
        for (at, layout) in self.date_layouts.iter().enumerate() {
            let rule = "must be of the letters YymbdHIpMSz, with a day";
            check.that(Layout::new(layout).is_ok(), format!("date_layouts[{at}]"), rule);
        }
        let known = self.zone.as_deref().is_none_or(|zone| zone.parse::<Tz>().is_ok());
        check.that(known, "zone", "must be the name of a time zone, such as Europe/London");
        let (decimal, group) = (self.money_style.decimal(), self.money_style.group());
        let mark = |c: char| !c.is_alphanumeric() && !matches!(c, '-' | '(' | ')');
        let marks = mark(decimal) && group.is_none_or(mark) && group != Some(decimal);
        check.that(marks, "money_style", "must be two different marks, no letter, digit or sign");
    }

    /// Which columns there are.
    fn check_columns(&self, check: &mut Check) {
        for (kind, columns) in [("columns", &self.columns), ("optional", &self.optional)] {
            for (field, names) in columns {
                check.that(are_names(names), format!("{kind}.{}", shown(*field)), NAMES);
            }
        }
        for field in self.optional.keys() {
            let once = !self.columns.contains_key(field);
            check.that(once, format!("optional.{}", shown(*field)), "must not be in columns too");
        }
        let line = [Field::Order, Field::PlacedAt, Field::Sku, Field::Quantity, Field::Price];
        let needed = match self.items {
            None => &line[..],
            Some(_) => &[Field::Order, Field::PlacedAt, Field::Items][..],
        };
        for field in needed {
            let there = self.columns.contains_key(field);
            check.that(there, format!("columns.{}", shown(*field)), "must be given");
        }
        let of_lines = [Field::Sku, Field::Title, Field::Quantity, Field::Price, Field::Discount];
        for field in of_lines.into_iter().filter(|_| self.items.is_some()) {
            let rule = "must not be given: items hold the lines";
            check.that(self.names(field).is_none(), format!("columns.{}", shown(field)), rule);
        }
        if let Some(items) = &self.items {
            items.check(check);
        } else {
            let stray = self.names(Field::Items).is_none();
            check.that(stray, "items", "must say how the items are written");
        }
    }

    /// Words and markers.
    fn check_words(&self, check: &mut Check) {
        let mut words: Vec<String> = self.statuses.keys().map(|word| word.to_lowercase()).collect();
        words.sort_unstable();
        let twice = words.windows(2).any(|pair| pair.first() == pair.last());
        check.that(!twice, "statuses", "must be different without regard to capitals");
        for (name, marker) in [("copies", &self.copies), ("refunds", &self.refunds)] {
            if let Some(marker) = marker {
                check.that(are_names(&marker.column), format!("{name}.column"), NAMES);
                let error = Pattern::new(&marker.pattern).err();
                let rule = error.map(|error| format!("must be {}", error.rule));
                check.that(rule.is_none(), format!("{name}.pattern"), rule.unwrap_or_default());
            }
        }
        if let Some(phrase) = &self.original {
            check.that(are_names(&phrase.column), "original.column", NAMES);
            check.that(!phrase.words.trim().is_empty(), "original.words", "must not be blank");
        }
        for (at, field) in self.customer.iter().enumerate() {
            let rule = "must say who a person is";
            check.that(field.is_contact(), format!("customer[{at}]"), rule);
        }
        let masks = self.mask.is_none_or(|mask| !mask.is_alphanumeric() && !mask.is_whitespace());
        check.that(masks, "mask", "must not be a letter, digit or blank");
    }

    /// The names of the column of a field.
    pub(super) fn names(&self, field: Field) -> Option<&[String]> {
        self.columns.get(&field).or_else(|| self.optional.get(&field)).map(Vec::as_slice)
    }
}

const NAMES: &str = "must be one name at least, none blank";

fn are_names(names: &[String]) -> bool {
    !names.is_empty() && names.iter().all(|name| !name.trim().is_empty())
}

/// What is wrong with a test.
fn check_test(test: &Test) -> Option<&'static str> {
    match test {
        Test::Present | Test::Unique => None,
        Test::Range { min: None, max: None } => Some("must have a least or a largest value"),
        Test::Range { min, max } => {
            let empty = min.zip(*max).is_some_and(|(min, max)| min > max);
            empty.then_some("must have a least value below the largest")
        }
        Test::OneOf(words) => words.is_empty().then_some("must name one word at least"),
        Test::Matches(pattern) => {
            let rule = "must be a pattern of 1 to 256 characters, none missing behind a backslash";
            Pattern::new(pattern).is_err().then_some(rule)
        }
        Test::Compare { column, .. } => (!are_names(column)).then_some(NAMES),
    }
}

/// The name of a field in a path.
fn shown(field: Field) -> String {
    let mut name = String::new();
    for c in format!("{field:?}").chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}
