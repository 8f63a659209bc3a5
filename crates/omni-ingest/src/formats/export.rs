//! What the settings of all exports have in common, said once.
//!
//! An export is a [`Kind`] (which columns, which rules) and its [`Settings`] (how this shop
//! writes it). The settings are chained onto what the function of a format returns, and
//! checked when a file is opened.

use crate::catalog::Codes;
use crate::parse::{Layout, MoneyStyle};
use crate::reader::{Format, Parser};
use crate::record::Dialect;
use crate::rule::Rule;
use crate::{Catalog, Error};
use chrono_tz::Tz;
use omni_core::Currency;
use std::sync::Arc;

/// What is particular to an export: its name, its rules, and how its rows are read.
pub trait Kind {
    /// The channel, in snake case.
    fn channel(&self) -> &str;

    /// What the file is called in messages.
    fn name(&self) -> &str;

    /// The channel whose codes it uses: its own, or that of the shop it sells for.
    fn codes(&self) -> &str {
        self.channel()
    }

    /// The rules in their fixed order, without those of the structure.
    fn rules(&self) -> &[Rule];

    /// The rule that an exact repeat of an earlier record breaks; `None` if such records are
    /// not looked for.
    fn repeat_rule(&self) -> Option<&'static str> {
        Some("exact_duplicate_row")
    }

    /// What the parts of a record are called where the file has no header that says so.
    fn fields(&self) -> &[&str] {
        &[]
    }

    /// Whether it only reports orders that another channel may have sold.
    fn is_witness(&self) -> bool {
        false
    }

    /// What reads the records of its files.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is wrong.
    fn parser(&self, settings: &Settings) -> Result<Box<dyn Parser>, Error>;
}

/// How one shop writes its export.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub(crate) dialect: Dialect,
    pub(crate) layouts: Vec<String>,
    pub(crate) zone: Option<Tz>,
    pub(crate) currency: Option<Currency>,
    pub(crate) style: MoneyStyle,
    codes: Option<Arc<Codes>>,
}

impl Settings {
    /// Of this dialect and these layouts of dates; amounts as `1,234.50`, no zone, no
    /// currency, no catalog.
    #[must_use]
    pub fn new(dialect: Dialect, layouts: &[&str]) -> Self {
        Self {
            dialect,
            layouts: layouts.iter().map(ToString::to_string).collect(),
            zone: None,
            currency: None,
            style: MoneyStyle::POINT,
            codes: None,
        }
    }

    /// With the zone of local times.
    #[must_use]
    pub const fn in_zone(mut self, zone: Tz) -> Self {
        self.zone = Some(zone);
        self
    }

    /// With the currency of amounts.
    #[must_use]
    pub const fn in_currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// The layouts of dates, tried in order.
    ///
    /// # Errors
    /// [`Error::Param`] if one is wrong.
    pub fn layouts(&self) -> Result<Vec<Layout>, Error> {
        self.layouts.iter().map(|text| Layout::new(text).map_err(Into::into)).collect()
    }

    /// The zone of times for which the file names none.
    #[must_use]
    pub const fn zone(&self) -> Option<Tz> {
        self.zone
    }

    /// The currency of amounts for which the file names none.
    #[must_use]
    pub const fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// How amounts are written.
    #[must_use]
    pub const fn money_style(&self) -> MoneyStyle {
        self.style
    }

    /// The codes that are known; any code will do without.
    #[must_use]
    pub const fn codes(&self) -> Option<&Arc<Codes>> {
        self.codes.as_ref()
    }
}

/// An export of a channel; made by the functions of [`formats`](super).
///
/// # Examples
/// ```
/// use omni_ingest::formats;
///
/// // A Spanish shop: semicolons, decimal comma, Madrid time.
/// let format = formats::woocommerce_orders()
///     .with_delimiter(b';')
///     .with_money_style(omni_ingest::parse::MoneyStyle::COMMA)
///     .with_zone(chrono_tz::Europe::Madrid);
/// let file = "order_number;order_date;status;order_total;order_currency;line_items\n\
///     70003;2025-03-17 02:28:58;completed;81,20;EUR;name:Hoodie|sku:hodcor1|quantity:2|total:81,20\n";
/// let read = omni_ingest::read(&format, file.as_bytes())?;
/// assert_eq!(read.orders[0].total()?.to_string(), "81.20 EUR");
/// assert_eq!(read.orders[0].placed_at.to_rfc3339(), "2025-03-17T01:28:58+00:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Export<K> {
    pub(crate) settings: Settings,
    pub(crate) kind: K,
}

impl<K: Kind> Export<K> {
    /// An export of this kind with these settings.
    pub const fn of(kind: K, settings: Settings) -> Self {
        Self { settings, kind }
    }

    /// What is particular to it.
    pub const fn kind(&self) -> &K {
        &self.kind
    }

    /// With another byte between fields.
    pub fn with_delimiter(mut self, delimiter: u8) -> Self {
        self.settings.dialect = self.settings.dialect.with_delimiter(delimiter);
        self
    }

    /// Written in another dialect.
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.settings.dialect = dialect;
        self
    }

    /// With these layouts of dates, tried in order; see [`date`](crate::parse::date). Where
    /// date and time stand in two columns, the text is both with a blank between.
    pub fn with_date_layouts<S: Into<String>>(
        mut self,
        layouts: impl IntoIterator<Item = S>,
    ) -> Self {
        self.settings.layouts = layouts.into_iter().map(Into::into).collect();
        self
    }

    /// With the zone of local times for which the file names none.
    pub fn with_zone(mut self, zone: Tz) -> Self {
        self.settings.zone = Some(zone);
        self
    }

    /// With the currency of amounts for which the file names none.
    pub fn with_currency(mut self, currency: Currency) -> Self {
        self.settings.currency = Some(currency);
        self
    }

    /// With amounts written like this.
    pub fn with_money_style(mut self, style: MoneyStyle) -> Self {
        self.settings.style = style;
        self
    }

    /// With the codes of a catalog for the channel; others are rejected.
    pub fn with_catalog(self, catalog: &Catalog) -> Self {
        let channel = self.kind.codes().to_string();
        self.with_codes_of(catalog, &channel)
    }

    /// With the codes that a catalog has for this channel; others are rejected.
    pub fn with_codes_of(mut self, catalog: &Catalog, channel: &str) -> Self {
        let codes = catalog.codes(channel).cloned().unwrap_or_default();
        self.settings.codes = Some(Arc::new(codes));
        self
    }
}

impl<K: Kind> Format for Export<K> {
    fn channel(&self) -> &str {
        self.kind.channel()
    }

    fn name(&self) -> &str {
        self.kind.name()
    }

    fn dialect(&self) -> Dialect {
        self.settings.dialect
    }

    fn rules(&self) -> &[Rule] {
        self.kind.rules()
    }

    fn repeat_rule(&self) -> Option<&str> {
        self.kind.repeat_rule()
    }

    fn fields(&self) -> &[&str] {
        self.kind.fields()
    }

    fn is_witness(&self) -> bool {
        self.kind.is_witness()
    }

    fn parser(&self) -> Result<Box<dyn Parser>, Error> {
        self.kind.parser(&self.settings)
    }
}
