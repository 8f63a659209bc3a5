//! A channel described as data: a format without code.
//!
//! A [`SpecDraft`] says how a file is written, which columns hold what, how dates and
//! amounts look, which words end an order and which extra rules hold.
//! [`ChannelSpec::new`] checks it and names everything that is wrong; a [`ChannelSpec`] is
//! an [`Export`] like those of [`formats`](crate::formats), four of which are
//! made this way. With the feature `serde` it is read from JSON, TOML or whatever the
//! caller prefers, and checked while it is.
//!
//! A row is a line of an order, or a whole order whose lines stand in one column
//! ([`Items`]). What a record may break, in this order:
//!
//! ```text
//! exact_duplicate_row   cross_channel_copy (the copies marker)
//! missing_order_id   lossy_id (5.77E+17)   bad_date   bad_currency   bad_items
//! bad_quantity   bad_price   bad_discount   unbookable_amount   missing_sku   unknown_sku
//! refund (the refunds marker), after the spec's own checks that reject
//! repairs: lost_leading_zeros   skipped_local_time   and those of the spec
//! flags: repeated_local_time   total_mismatch   unknown_status   and those of the spec
//! ```
//!
//! One bad line, or a bad total, rejects an order that is one record: nothing of it can be
//! set aside alone. O(bytes) a record.
//!
//! # Limits
//! An order of several rows whose later rows are blank (Shopify), a time zone in a column
//! (Square) and columns that mean different things in different rows need code.

mod check;
mod draft;
mod items;
mod parser;
mod pattern;

pub use check::{Check, Comparison, FieldRepair, Mend, Relation, Severity, Test};
pub use draft::{Field, Marker, Phrase, PriceOf, SpecDraft};
pub use items::{Items, Tags};
pub use pattern::Pattern;

use crate::formats::{Export, Kind, Settings};
use crate::reader::Parser;
use crate::record::Dialect;
use crate::rule::{Action, Rule};
use crate::{Error, Format};
use omni_core::error::Violations;
use parser::SpecParser;

/// The rules before those of the spec.
const RULES: &[Rule] = &[
    Rule::duplicate("exact_duplicate_row"),
    Rule::copy("cross_channel_copy"),
    Rule::reject("missing_order_id"),
    Rule::reject("lossy_id"),
    Rule::reject("bad_date"),
    Rule::reject("bad_currency"),
    Rule::reject("bad_items"),
    Rule::reject("bad_quantity"),
    Rule::reject("bad_price"),
    Rule::reject("bad_discount"),
    Rule::reject("unbookable_amount"),
    Rule::reject("missing_sku"),
    Rule::reject("unknown_sku"),
    Rule::repair("lost_leading_zeros"),
    Rule::repair("skipped_local_time"),
    Rule::flag("repeated_local_time"),
    Rule::flag("total_mismatch"),
    Rule::flag("unknown_status"),
];
/// The rule after all others: a refund that breaks another rule is no refund.
const REFUND: Rule = Rule::refund("refund");

/// A channel described as data; see the [module](self).
///
/// # Examples
/// ```
/// use omni_ingest::spec::{ChannelSpec, Field, SpecDraft};
///
/// let spec = ChannelSpec::new(
///     SpecDraft::new("kiosk", "Kiosk sales")
///         .with_delimiter(';')
///         .with_date_layouts(["%d/%m/%Y %H:%M"])
///         .with_zone("Europe/Madrid")
///         .with_currency(omni_core::Currency::EUR)
///         .with_column(Field::Order, ["ticket", "receipt"])
///         .with_column(Field::PlacedAt, ["when"])
///         .with_column(Field::Sku, ["article"])
///         .with_column(Field::Quantity, ["units"])
///         .with_column(Field::Price, ["price"]),
/// )?;
/// let file = "ticket;when;article;units;price\n7;01/06/2025 10:00;MUG;2;9.50\n8;soon;MUG;1;9.50\n";
/// let read = omni_ingest::read(&spec, file.as_bytes())?;
/// assert_eq!(read.orders[0].total()?.to_string(), "19.00 EUR");
/// assert_eq!(read.rejects[0].reason(), "bad_date");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type ChannelSpec = Export<Spec>;

/// What is particular to a channel that is described as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    draft: SpecDraft,
    rules: Vec<Rule>,
}

impl ChannelSpec {
    /// The channel of a draft.
    ///
    /// # Errors
    /// All that is wrong with the draft.
    pub fn new(draft: SpecDraft) -> Result<Self, Violations> {
        draft.check()?;
        Ok(Self::unchecked(draft))
    }

    /// The channel of a draft that is right: what is wrong with it shows when a file is
    /// opened.
    pub(crate) fn unchecked(draft: SpecDraft) -> Self {
        let mut dialect = Dialect::csv().with_max_record(draft.max_record);
        dialect = dialect.with_quote(draft.quote.map(byte)).with_delimiter(byte(draft.delimiter));
        let mut settings = Settings::new(dialect, &[]);
        settings.layouts.clone_from(&draft.date_layouts);
        settings.zone = draft.zone.as_deref().and_then(|zone| zone.parse().ok());
        settings.currency = draft.currency;
        settings.style = draft.money_style;
        let rules = draft.rules();
        Self { settings, kind: Spec { draft, rules } }
    }

    /// The channel as a draft, with the settings it has now; without its catalog.
    #[must_use]
    pub fn draft(&self) -> SpecDraft {
        let dialect = self.dialect();
        SpecDraft {
            delimiter: char::from(dialect.delimiter()),
            quote: dialect.quote().map(char::from),
            max_record: dialect.max_record(),
            date_layouts: self.settings.layouts.clone(),
            zone: self.settings.zone.map(|zone| zone.name().to_string()),
            currency: self.settings.currency,
            money_style: self.settings.style,
            ..self.kind.draft.clone()
        }
    }
}

/// The byte of a character; NUL, which no dialect may have, if it is no byte.
fn byte(character: char) -> u8 {
    if character.is_ascii() { u8::try_from(character).unwrap_or(0) } else { 0 }
}

impl Kind for Spec {
    fn channel(&self) -> &str {
        &self.draft.channel
    }

    fn name(&self) -> &str {
        &self.draft.name
    }

    fn codes(&self) -> &str {
        self.draft.codes.as_deref().unwrap_or(&self.draft.channel)
    }

    fn rules(&self) -> &[Rule] {
        &self.rules
    }

    fn parser(&self, settings: &Settings) -> Result<Box<dyn Parser>, Error> {
        Ok(Box::new(SpecParser::new(&self.draft, &self.rules, settings)?))
    }
}

impl SpecDraft {
    /// All rules in their fixed order: those of every spec, then its checks that reject,
    /// then refunds, then what is only noted.
    fn rules(&self) -> Vec<Rule> {
        let own = |severity| {
            let of_severity = self.checks.iter().filter(move |check| check.severity == severity);
            of_severity.map(|check| Rule::named(check.name.clone(), check.severity.action()))
        };
        let mut repairs: Vec<Rule> = Vec::new();
        for repair in &self.repairs {
            // One repair may be made in several fields.
            if repairs.iter().all(|known| known.name() != repair.name) {
                repairs.push(Rule::named(repair.name.clone(), Action::Repair));
            }
        }
        let rejects = own(Severity::Reject);
        RULES
            .iter()
            .cloned()
            .chain(rejects)
            .chain([REFUND])
            .chain(repairs)
            .chain(own(Severity::Flag))
            .collect()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ChannelSpec {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.draft().serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for ChannelSpec {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(SpecDraft::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
