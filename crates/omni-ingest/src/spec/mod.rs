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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;
    use crate::formats;
    use crate::rule::Class;
    use crate::sale::SaleStatus;
    use omni_core::Currency;

    fn kiosk() -> SpecDraft {
        SpecDraft {
            refunds: Some(Marker { column: vec!["kind".into()], pattern: "Refund".into() }),
            copies: Some(Marker { column: vec!["note".into()], pattern: "Shop order *".into() }),
            original: Some(Phrase { column: vec!["note".into()], words: "Shop order".into() }),
            ..SpecDraft::new("kiosk", "Kiosk sales")
        }
        .with_date_layouts(["%d/%m/%Y %H:%M"])
        .with_zone("Europe/London")
        .with_column(Field::Order, ["ticket"])
        .with_column(Field::PlacedAt, ["day"])
        .with_column(Field::PlacedTime, ["time"])
        .with_column(Field::Sku, ["sku"])
        .with_column(Field::Quantity, ["units"])
        .with_column(Field::Price, ["price"])
        .with_optional(Field::Discount, ["off"])
        .with_optional(Field::Currency, ["currency"])
        .with_optional(Field::Status, ["status"])
        .with_optional(Field::Email, ["email"])
        .with_status("Paid", SaleStatus::Sold)
        .with_status("owed", SaleStatus::Open)
        .with_repair(FieldRepair {
            name: "not_available".into(),
            field: Field::Email,
            mend: Mend::Replace { from: "n/a".into(), to: String::new() },
        })
        .with_check(Check {
            name: "large_order".into(),
            severity: Severity::Flag,
            column: vec!["units".into()],
            test: Test::Range { min: None, max: "99".parse().ok() },
        })
        .with_check(Check {
            name: "odd_ticket".into(),
            severity: Severity::Reject,
            column: vec!["ticket".into()],
            test: Test::Matches("T*".into()),
        })
    }

    const HEADER: &str = "ticket,day,time,sku,units,price,off,currency,status,email,kind,note\n";

    /// Rows, `@` for a plain day and time, with their class and rules.
    const CASES: &str = "\
        T1,@,37,2,9.79,,GBP,paid,,,|Accepted|
        T1,@,37,2,9.79,,GBP,paid,,,|Duplicate|exact_duplicate_row
        T2,@,00037,2.0,£9.79,-1,,PAID,,Sale,|Accepted|
        T3,@,1,2,9.79,,GBP,,N/A,,|Repaired|lost_leading_zeros not_available
        T4,@,37,2,9.79,,GBP,paid,,,Shop order #7|Copy|cross_channel_copy
        T5,@,37,-2,-9.79,,GBP,paid,,refund,|Refund|refund
        T6,@,37,2,9.79,,GBP,paid,,Refund,|Refund|refund
        X6,@,37,2,9.79,,GBP,paid,,Refund,|Rejected|odd_ticket refund
        T7,@,37,0,9.79,,GBP,paid,,Refund,|Rejected|bad_quantity refund
        T8,@,37,-1,-1,,GBP,paid,,,|Rejected|bad_quantity bad_price
        T9,@,37,100,1,,GBP,lost,,,|Accepted|unknown_status large_order
        ,@,37,1,1,,GBP,,,,|Rejected|missing_order_id
        5.77E+17,@,37,1,1,,GBP,,,,|Rejected|lossy_id odd_ticket
        T10,30/02/2025,10:00,37,1,1,,GBP,,,,|Rejected|bad_date
        T11,26/10/2025,01:30,37,1,1,,GBP,,,,|Accepted|repeated_local_time
        T12,30/03/2025,01:30,37,1,1,,GBP,,,,|Repaired|skipped_local_time
        T13,@,37,1,1,,,,,,|Rejected|bad_currency
        T14,@,37,1,free,,,,,,|Rejected|bad_price
        T15,@,37,1,€1,,GBP,,,,|Rejected|bad_price
        T16,@,37,1,1,2,GBP,,,,|Rejected|bad_discount
        T17,@,37,1,1,0.001,GBP,,,,|Rejected|bad_discount
        T18,@,37,1,£1,€1,,,,,|Rejected|bad_price
        T19,@,37,1,1,,XAU,,,,|Rejected|bad_currency
        T20,@,37,4294967295,9999999999,,GBP,,,,|Rejected|unbookable_amount large_order
        T21,@,,1,1,,GBP,,,,|Rejected|missing_sku
        T22,@,99,1,1,,GBP,,,,|Rejected|unknown_sku";

    #[test]
    fn each_rule_is_met_by_its_row() {
        let mut catalog = Catalog::new();
        for code in ["00037", "37", "001"] {
            catalog.insert("P1", "kiosk", code).unwrap();
        }
        let spec = ChannelSpec::new(kiosk()).unwrap().with_catalog(&catalog);
        let cases = CASES.replace('@', "01/06/2025,10:00");
        let cases: Vec<Vec<&str>> =
            cases.lines().map(|case| case.trim().split('|').collect()).collect();
        let rows: String = cases.iter().flat_map(|case| [case[0], "\n"]).collect();
        let file = format!("{HEADER}{rows}");
        let mut reader = spec.reader(file.as_bytes()).unwrap();
        for case in &cases {
            let outcome = reader.next_outcome().unwrap().unwrap();
            let got =
                (format!("{:?}", outcome.class()), outcome.rules().collect::<Vec<_>>().join(" "));
            assert_eq!(got, (case[1].to_string(), case[2].to_string()), "{case:?}");
            if outcome.class() == Class::Copy {
                assert_eq!(outcome.line().unwrap().refers_to.as_deref(), Some("#7"));
            }
        }
        assert!(reader.next_outcome().unwrap().is_none());
        assert!(reader.account().is_balanced());
    }

    #[test]
    fn orders_in_one_record_stand_or_fall_as_a_whole() {
        let rows = "\
            1,2025-06-01 10:00,2x A @ 9.79; 1x B @ 1.00,£20.58|Accepted|
            2,2025-06-01 10:00,2x A @ 9.79; 1x B @ 1.00,20.00|Accepted|total_mismatch
            3,2025-06-01 10:00,2x A @ 9.79; twox B @ 1.00,20.58|Rejected|bad_quantity
            4,2025-06-01 10:00,2x A @ 9.79; 1x B @ free,20.58|Rejected|bad_price
            5,2025-06-01 10:00,2x A @ 9.79; B,20.58|Rejected|bad_items
            6,2025-06-01 10:00,,20.58|Rejected|bad_items
            7,2025-06-01 10:00,1x A @ 1,12.3.4|Rejected|bad_price
            8,2025-06-01 10:00,1x A @ 1,|Rejected|bad_price
            9,2025-06-01 10:00,1x A @ £1,€1|Rejected|bad_price
            10,2025-06-01 10:00,1x @ 1,1|Rejected|missing_sku
            11,2025-06-01 10:00,9999999x A @ 99999999999,1|Rejected|unbookable_amount total_mismatch";
        let cases: Vec<Vec<&str>> =
            rows.lines().map(|case| case.trim().split('|').collect()).collect();
        let rows: String = cases.iter().flat_map(|case| [case[0], "\n"]).collect();
        let file = format!("call_ref,taken_at,items,total\n{rows}");
        let mut reader = formats::phone_orders().reader(file.as_bytes()).unwrap();
        for case in &cases {
            let outcome = reader.next_outcome().unwrap().unwrap();
            let got =
                (format!("{:?}", outcome.class()), outcome.rules().collect::<Vec<_>>().join(" "));
            assert_eq!(got, (case[1].to_string(), case[2].to_string()), "{case:?}");
        }
        let read = crate::read(&formats::phone_orders(), file.as_bytes()).unwrap();
        let lines: Vec<_> = read.orders.iter().map(|order| order.lines.len()).collect();
        assert_eq!(lines, [2, 2]);
    }

    #[test]
    fn all_that_is_wrong_with_a_draft_is_named() {
        type Edit = fn(&mut SpecDraft);
        let wrong = |draft: SpecDraft| {
            let violations = ChannelSpec::new(draft).unwrap_err();
            violations.paths().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        let expected = "channel name columns.order columns.placed_at columns.sku columns.quantity columns.price";
        assert_eq!(wrong(SpecDraft::default()), expected);
        let edits: [(&str, Edit); 20] = [
            ("channel", |d| d.channel = "My Kiosk".into()),
            ("delimiter", |d| d.delimiter = '"'),
            ("delimiter", |d| d.delimiter = '·'),
            ("max_record", |d| d.max_record = 1),
            ("date_layouts", |d| d.date_layouts.clear()),
            ("date_layouts[0]", |d| d.date_layouts = vec!["%q".into()]),
            ("zone", |d| d.zone = Some("Moon".into())),
            ("money_style", |d| d.money_style = crate::parse::MoneyStyle::new(',', Some(','))),
            ("columns.sku", |d| d.columns.insert(Field::Sku, vec![" ".into()]).map_or((), |_| ())),
            ("optional.sku", |d| *d = d.clone().with_optional(Field::Sku, ["code"])),
            ("items", |d| *d = d.clone().with_optional(Field::Items, ["lines"])),
            ("statuses", |d| *d = d.clone().with_status("PAID", SaleStatus::Open)),
            ("copies.column copies.pattern", |d| {
                d.copies = Some(Marker { column: Vec::new(), pattern: "\\".into() });
            }),
            ("original.words", |d| {
                d.original = Some(Phrase { column: vec!["note".into()], words: String::new() });
            }),
            ("customer[0]", |d| d.customer = vec![Field::Sku]),
            ("mask", |d| d.mask = Some('a')),
            ("repairs[0].field", |d| d.repairs[0].field = Field::Loyalty),
            ("checks[0].name checks[0].test", |d| {
                d.checks[0].name = String::new();
                d.checks[0].test = Test::OneOf(Vec::new());
            }),
            ("checks", |d| d.checks[0].name = "bad_price".into()),
            ("columns.items", |d| {
                d.items = formats::phone_orders().draft().items;
                for field in [Field::Sku, Field::Quantity, Field::Price, Field::Discount] {
                    d.columns.remove(&field);
                    d.optional.remove(&field);
                }
            }),
        ];
        for (paths, edit) in edits {
            let mut draft = kiosk();
            edit(&mut draft);
            assert_eq!(wrong(draft), paths);
        }
        // Tests and templates say what they must be.
        let mut draft = kiosk();
        draft.checks[0].test = Test::Range { min: "2".parse().ok(), max: "1".parse().ok() };
        draft.checks[1].test = Test::Matches(String::new());
        let error = Error::from(ChannelSpec::new(draft).unwrap_err()).to_string();
        assert!(
            error.starts_with("channel spec: checks[0].test must have a least value"),
            "{error}"
        );
    }

    #[test]
    fn the_built_in_specs_are_right_and_know_their_settings() {
        for spec in [
            formats::amazon_orders(),
            formats::tiktok_orders(),
            formats::woocommerce_orders(),
            formats::phone_orders(),
        ] {
            assert_eq!(ChannelSpec::new(spec.draft()), Ok(spec.clone()));
            let other = spec.with_delimiter(b';').with_zone(chrono_tz::Europe::Madrid);
            let draft = other.with_currency(Currency::EUR).with_date_layouts(["%d.%m.%Y"]).draft();
            assert_eq!((draft.delimiter, draft.zone.as_deref()), (';', Some("Europe/Madrid")));
            assert_eq!((draft.currency, draft.date_layouts.len()), (Some(Currency::EUR), 1));
            assert_eq!(ChannelSpec::new(draft.clone()).unwrap().draft(), draft);
        }
    }
}
