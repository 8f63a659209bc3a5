//! A channel: a way of selling with a currency, a tax mode, a clock and places to sell from.

use crate::error::Check;
use crate::record::{checked, code, distinct};
use crate::stock::StockPolicy;
use crate::{ChannelId, Currency, LocationId, TaxMode};

/// What kind of channel it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ChannelKind {
    /// A web shop of our own.
    Web,
    /// Stores with tills.
    Store,
    /// An app of our own.
    App,
    /// A social network.
    Social,
    /// Orders by telephone.
    Phone,
    /// Somebody else's marketplace.
    Marketplace,
    /// None of these.
    Other,
}

/// Everything a channel holds, as plain data; [`Channel::new`] checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct ChannelRecord {
    /// Its id.
    pub id: ChannelId,
    /// Its code, `[a-z0-9_-]{1,32}`.
    pub code: String,
    /// What kind of channel it is.
    pub kind: ChannelKind,
    /// The currency of its prices.
    pub currency: Currency,
    /// Whether its prices include the tax.
    pub tax_mode: TaxMode,
    /// The time zone of its business days by its IANA name, such as `Europe/Berlin`. Only
    /// the form is checked: the zones themselves are not known here.
    pub zone: String,
    /// The places it sells from, the first choice first, none twice.
    pub locations: Vec<LocationId>,
    /// How much of the stock it may offer.
    #[cfg_attr(feature = "serde", serde(default))]
    pub stock_policy: StockPolicy,
}

impl ChannelRecord {
    fn check(&self, check: &mut Check) {
        code(check, "code", &self.code);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_+-".contains(&b);
        let named = |part: &str| !part.is_empty() && part.bytes().all(plain);
        let zone = self.zone.len() <= 64 && self.zone.split('/').all(named);
        check.that(zone, "zone", "must be the IANA name of a time zone");
        distinct(check, "locations", "", &self.locations);
        let StockPolicy { buffer, cap } = self.stock_policy;
        check.that(buffer >= 0, "stock_policy.buffer", "must not be negative");
        check.that(cap.is_none_or(|cap| cap >= 0), "stock_policy.cap", "must not be negative");
    }
}

checked! {
    /// A channel that breaks no rule. Reads like its [`ChannelRecord`].
    ///
    /// # Examples
    /// ```
    /// use omni_core::channel::{Channel, ChannelKind, ChannelRecord};
    /// use omni_core::stock::StockPolicy;
    /// use omni_core::{ChannelId, Currency, LocationId, TaxMode};
    ///
    /// let web = Channel::new(ChannelRecord {
    ///     id: ChannelId::new(0),
    ///     code: "web-de".into(),
    ///     kind: ChannelKind::Web,
    ///     currency: Currency::EUR,
    ///     tax_mode: TaxMode::Inclusive,
    ///     zone: "Europe/Berlin".into(),
    ///     locations: vec![LocationId::new(0), LocationId::new(3)],
    ///     stock_policy: StockPolicy::default(),
    /// })?;
    /// assert_eq!(web.code, "web-de");
    /// # Ok::<(), omni_core::Violations>(())
    /// ```
    #[derive(Eq)]
    Channel(ChannelRecord)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_rule_is_named() {
        let record = ChannelRecord {
            id: ChannelId::new(0),
            code: "x".repeat(33),
            kind: ChannelKind::Marketplace,
            currency: Currency::USD,
            tax_mode: TaxMode::Exclusive,
            zone: "America//New York".into(),
            locations: [1, 2, 1].map(LocationId::new).to_vec(),
            stock_policy: StockPolicy { buffer: -1, cap: Some(-1) },
        };
        let violations = Channel::new(record.clone()).unwrap_err();
        assert_eq!(
            violations.paths().collect::<Vec<_>>(),
            ["code", "zone", "locations[2]", "stock_policy.buffer", "stock_policy.cap"]
        );
        let good = ChannelRecord {
            code: "a".into(),
            locations: vec![],
            stock_policy: StockPolicy { buffer: 0, cap: Some(0) },
            ..record
        };
        for zone in ["UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "America/Port-au-Prince"]
        {
            let record = ChannelRecord { zone: zone.into(), ..good.clone() };
            assert!(Channel::new(record).is_ok(), "{zone}");
        }
        for bad in ["", "/", "Europe/", "Europe/Köln", "a b"] {
            let record = ChannelRecord { zone: bad.into(), ..good.clone() };
            assert!(Channel::new(record).is_err(), "{bad}");
        }
        for bad in ["", "Web", "wéb", "web de", "web.de"] {
            let record = ChannelRecord { code: bad.into(), zone: "UTC".into(), ..good.clone() };
            assert!(Channel::new(record).is_err(), "{bad}");
        }
    }
}
