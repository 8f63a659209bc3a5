//! Stock of a variant at a place, and what a channel may offer of it.
//!
//! ```text
//! on_hand   = sellable + damaged + quality + safety
//! available = on_hand − reserved − (damaged + quality + safety)
//! offer     = min(cap, max(0, Σ available − buffer))      over the places of the channel
//! ```
//!
//! All in base units of the variant. Every place counts once, however many channels sell
//! from it and however often they do: a stock of 1 + 3 is 4. What is on its way
//! (`incoming`) is no stock yet. `available` is below zero where more is reserved than is
//! left, after a count that found less; it then lowers the offer, since somebody is owed.
//!
//! Availability takes O(n log n) for n levels.

use crate::channel::Channel;
use crate::error::Check;
use crate::record::checked;
use crate::{LocationId, VariantId};
use std::collections::BTreeSet;

/// How much of its stock a channel may offer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct StockPolicy {
    /// Units kept back, since other channels sell from the same stock.
    pub buffer: i64,
    /// The most it shows; `None` for all.
    pub cap: Option<i64>,
}

impl StockPolicy {
    /// What may be offered of so many available units; never below zero.
    ///
    /// # Examples
    /// ```
    /// use omni_core::stock::StockPolicy;
    ///
    /// let policy = StockPolicy { buffer: 2, cap: Some(5) };
    /// assert_eq!([1, 4, 100].map(|available| policy.offer(available)), [0, 2, 5]);
    /// ```
    #[must_use]
    pub fn offer(self, available: i64) -> i64 {
        available.saturating_sub(self.buffer).min(self.cap.unwrap_or(i64::MAX)).max(0)
    }
}

/// Units on hand that are not for sale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Unavailable {
    /// Damaged units.
    pub damaged: i64,
    /// Units held until their quality is known.
    pub quality: i64,
    /// Units kept for emergencies.
    pub safety: i64,
}

impl Unavailable {
    fn total(self) -> i128 {
        i128::from(self.damaged) + i128::from(self.quality) + i128::from(self.safety)
    }
}

/// Everything a stock level holds, as plain data; [`StockLevel::new`] checks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct StockRecord {
    /// Of what.
    pub variant: VariantId,
    /// Where.
    pub location: LocationId,
    /// Units that lie there, in whatever condition.
    pub on_hand: i64,
    /// Units promised to orders and carts.
    #[cfg_attr(feature = "serde", serde(default))]
    pub reserved: i64,
    /// Units on hand that are not for sale, at most all of them.
    #[cfg_attr(feature = "serde", serde(default))]
    pub unavailable: Unavailable,
    /// Units on their way to the place, not on hand.
    #[cfg_attr(feature = "serde", serde(default))]
    pub incoming: i64,
}

impl StockRecord {
    fn check(&self, check: &mut Check) {
        for (field, units) in [
            ("on_hand", self.on_hand),
            ("reserved", self.reserved),
            ("unavailable.damaged", self.unavailable.damaged),
            ("unavailable.quality", self.unavailable.quality),
            ("unavailable.safety", self.unavailable.safety),
            ("incoming", self.incoming),
        ] {
            check.that(units >= 0, field, "must not be negative");
        }
        let part = self.unavailable.total() <= i128::from(self.on_hand.max(0));
        check.that(part, "unavailable", "must not exceed on_hand");
    }
}

checked! {
    /// A stock level that breaks no rule. Reads like its [`StockRecord`].
    ///
    /// # Examples
    /// ```
    /// use omni_core::stock::{StockLevel, StockRecord, Unavailable};
    /// use omni_core::{LocationId, VariantId};
    ///
    /// let level = StockLevel::new(StockRecord {
    ///     variant: VariantId::new(7),
    ///     location: LocationId::new(3),
    ///     on_hand: 20,
    ///     reserved: 4,
    ///     unavailable: Unavailable { damaged: 1, quality: 0, safety: 5 },
    ///     incoming: 12,
    /// })?;
    /// assert_eq!(level.available(), 10);
    /// # Ok::<(), omni_core::Violations>(())
    /// ```
    #[derive(Copy, Eq)]
    StockLevel(StockRecord)
}

impl StockLevel {
    /// Units that may be promised: on hand, not reserved and for sale. Below zero where
    /// more is reserved than is left.
    #[must_use]
    pub fn available(&self) -> i64 {
        let Unavailable { damaged, quality, safety } = self.unavailable;
        // The parts do not exceed on_hand, so no step leaves ±i64::MAX.
        self.on_hand - damaged - quality - safety - self.reserved
    }
}

/// Why an availability could not be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StockError {
    /// A variant has two levels at one place: counting both would sell units twice.
    #[error("variant {variant} has two stock levels at location {location}")]
    Duplicate {
        /// The variant.
        variant: VariantId,
        /// The place.
        location: LocationId,
    },
    /// The sum does not fit 64 bits.
    #[error("the stock of variant {variant} does not fit 64 bits")]
    Overflow {
        /// The variant.
        variant: VariantId,
    },
}

/// What a channel may offer of a variant: the available units of its places, each counted
/// once, less its buffer and at most its cap.
///
/// Levels of other variants and places are passed over; a place without a level has none.
///
/// # Errors
/// [`StockError::Duplicate`] if the variant has two levels at one place of the channel,
/// [`StockError::Overflow`].
///
/// # Examples
/// Two channels sell from the same two places with 1 and 3 units; each of them may offer 4.
/// ```
/// # use omni_core::channel::{Channel, ChannelKind, ChannelRecord};
/// # use omni_core::{ChannelId, Currency, TaxMode};
/// use omni_core::stock::{StockLevel, StockPolicy, StockRecord, Unavailable, channel_availability};
/// use omni_core::{LocationId, VariantId};
///
/// # let web = Channel::new(ChannelRecord {
/// #     id: ChannelId::new(0), code: "web".into(), kind: ChannelKind::Web,
/// #     currency: Currency::EUR, tax_mode: TaxMode::Inclusive, zone: "UTC".into(),
/// #     locations: vec![LocationId::new(0), LocationId::new(1)],
/// #     stock_policy: StockPolicy::default(),
/// # })?;
/// # let app = web.clone();
/// let mug = VariantId::new(7);
/// let level = |location, on_hand| {
///     StockLevel::new(StockRecord {
///         variant: mug,
///         location: LocationId::new(location),
///         on_hand,
///         reserved: 0,
///         unavailable: Unavailable::default(),
///         incoming: 0,
///     })
/// };
/// let levels = [level(0, 1)?, level(1, 3)?];
/// assert_eq!(channel_availability(&web, mug, &levels)?, 4);
/// assert_eq!(channel_availability(&app, mug, &levels)?, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn channel_availability<'a>(
    channel: &Channel,
    variant: VariantId,
    levels: impl IntoIterator<Item = &'a StockLevel>,
) -> Result<i64, StockError> {
    let places: BTreeSet<LocationId> = channel.locations.iter().copied().collect();
    let mut counted = BTreeSet::new();
    let mut available = 0_i128;
    for level in levels {
        if level.variant != variant || !places.contains(&level.location) {
            continue;
        }
        if !counted.insert(level.location) {
            return Err(StockError::Duplicate { variant, location: level.location });
        }
        available += i128::from(level.available());
    }
    let available = i64::try_from(available).map_err(|_| StockError::Overflow { variant })?;
    Ok(channel.stock_policy.offer(available))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{ChannelKind, ChannelRecord};
    use crate::{ChannelId, Currency, TaxMode};

    const MUG: VariantId = VariantId::new(7);

    fn record(location: u32, on_hand: i64, reserved: i64) -> StockRecord {
        let location = LocationId::new(location);
        let unavailable = Unavailable::default();
        StockRecord { variant: MUG, location, on_hand, reserved, unavailable, incoming: 9 }
    }

    fn channel(locations: &[u32], stock_policy: StockPolicy) -> Channel {
        Channel::new(ChannelRecord {
            id: ChannelId::new(0),
            code: "web".into(),
            kind: ChannelKind::Web,
            currency: Currency::EUR,
            tax_mode: TaxMode::Inclusive,
            zone: "UTC".into(),
            locations: locations.iter().copied().map(LocationId::new).collect(),
            stock_policy,
        })
        .unwrap()
    }

    #[test]
    fn every_broken_rule_is_named() {
        let unavailable = Unavailable { damaged: -1, quality: -2, safety: i64::MAX };
        let broken = StockRecord { unavailable, incoming: -3, ..record(1, -1, -1) };
        let violations = StockLevel::new(broken).unwrap_err();
        assert_eq!(
            violations.paths().collect::<Vec<_>>(),
            [
                "on_hand",
                "reserved",
                "unavailable.damaged",
                "unavailable.quality",
                "incoming",
                "unavailable"
            ]
        );
        let all = Unavailable { damaged: i64::MAX, quality: i64::MAX, safety: i64::MAX };
        let too_many = StockRecord { unavailable: all, ..record(1, i64::MAX, 0) };
        assert_eq!(
            StockLevel::new(too_many).unwrap_err().paths().collect::<Vec<_>>(),
            ["unavailable"]
        );
    }

    #[test]
    fn available_at_the_ends_of_the_range() {
        let most = i64::MAX;
        let unavailable = Unavailable { damaged: most, quality: 0, safety: 0 };
        for (record, expected) in [
            (record(1, most, 0), most),
            (record(1, most, most), 0),
            (record(1, 0, most), -most),
            (StockRecord { unavailable, ..record(1, most, most) }, -most),
        ] {
            assert_eq!(StockLevel::new(record).unwrap().available(), expected);
        }
    }

    #[test]
    fn each_place_of_the_channel_counts_once() {
        let level = |location, on_hand, reserved| {
            StockLevel::new(record(location, on_hand, reserved)).unwrap()
        };
        let other = StockLevel::new(StockRecord { variant: VariantId::new(8), ..record(1, 50, 0) });
        let levels =
            [level(1, 1, 0), level(2, 3, 0), level(3, 100, 0), other.unwrap(), level(4, 2, 5)];
        let offer = |locations: &[u32], buffer, cap| {
            channel_availability(&channel(locations, StockPolicy { buffer, cap }), MUG, &levels)
        };
        assert_eq!(offer(&[1, 2], 0, None), Ok(4));
        assert_eq!(offer(&[2, 1, 9], 0, None), Ok(4));
        assert_eq!(offer(&[1, 2], 3, None), Ok(1));
        assert_eq!(offer(&[1, 2], 5, None), Ok(0));
        assert_eq!(offer(&[1, 2, 3], 0, Some(20)), Ok(20));
        assert_eq!(offer(&[1, 2, 4], 0, None), Ok(1));
        assert_eq!(offer(&[], 0, None), Ok(0));

        let shop = channel(&[1, 2], StockPolicy::default());
        let twice = [level(1, 1, 0), level(2, 1, 0), level(1, 1, 0)];
        let duplicate = StockError::Duplicate { variant: MUG, location: LocationId::new(1) };
        assert_eq!(channel_availability(&shop, MUG, &twice), Err(duplicate));
        let full = [level(1, i64::MAX, 0), level(2, 1, 0)];
        let overflow = StockError::Overflow { variant: MUG };
        assert_eq!(channel_availability(&shop, MUG, &full), Err(overflow));
    }

    #[test]
    fn an_offer_is_within_its_policy() {
        for available in [i64::MIN, -1, 0, 1, i64::MAX] {
            for buffer in [0, 1, i64::MAX] {
                for cap in [None, Some(0), Some(3), Some(i64::MAX)] {
                    let offer = StockPolicy { buffer, cap }.offer(available);
                    assert!(offer >= 0 && offer <= available.max(0));
                    assert!(cap.is_none_or(|cap| offer <= cap));
                }
            }
        }
    }
}
