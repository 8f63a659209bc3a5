//! Products, their variants, and what a variant costs in a channel and when.
//!
//! A quantity is a whole number of base units of its variant: pieces, grams, milliliters
//! or millimeters. A price holds from an instant up to but not including another, and from
//! a quantity on; a [`PriceList`] has at most one price for each instant and quantity.

use crate::error::{Check, Violations};
use crate::record::{checked, label, read_by_fields};
use crate::{ChannelId, Currency, ProductId, Sku, UnitPrice, VariantId};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What one unit of a variant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum UnitOfMeasure {
    /// A piece.
    Each,
    /// A gram.
    Gram,
    /// A milliliter.
    Milliliter,
    /// A millimeter.
    Millimeter,
}

/// Whether a variant is sold beyond its stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Backorder {
    /// Never.
    Never,
    /// Up to so many units.
    UpTo(u32),
    /// Always.
    Always,
}

/// Everything a product holds, as plain data; [`Product::new`] checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct ProductRecord {
    /// Its id.
    pub id: ProductId,
    /// What it is called: 1 to 256 characters.
    pub title: String,
    /// Its category from the most general down; empty if it has none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub category: Vec<String>,
}

impl ProductRecord {
    fn check(&self, check: &mut Check) {
        let title = !self.title.trim().is_empty() && self.title.chars().count() <= 256;
        check.that(title, "title", "must be 1 to 256 characters, not blank");
        for (i, name) in self.category.iter().enumerate() {
            label(check, &format!("category[{i}]"), name);
        }
    }
}

checked! {
    /// A product that breaks no rule. Reads like its [`ProductRecord`].
    #[derive(Eq)]
    Product(ProductRecord)
}

/// Everything a variant holds, as plain data; [`Variant::new`] checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct VariantRecord {
    /// Its id.
    pub id: VariantId,
    /// Of which product.
    pub product: ProductId,
    /// The code it is sold under.
    pub sku: Sku,
    /// What sets it apart: size, color. Names of 1 to 64 characters.
    #[cfg_attr(feature = "serde", serde(default))]
    pub attributes: BTreeMap<String, String>,
    /// What one unit of it is.
    pub unit: UnitOfMeasure,
    /// Units in the smallest pack it is bought and sold in, at least one.
    pub pack_size: u32,
    /// The weight of one unit in grams.
    pub weight_grams: Option<u32>,
    /// Whether its stock is counted at all.
    pub tracked: bool,
    /// Whether it is sold beyond its stock.
    pub backorder: Backorder,
}

impl VariantRecord {
    fn check(&self, check: &mut Check) {
        check.that(self.pack_size >= 1, "pack_size", "must be at least 1");
        for name in self.attributes.keys() {
            label(check, "attributes", name);
        }
    }
}

checked! {
    /// A variant that breaks no rule. Reads like its [`VariantRecord`].
    ///
    /// # Examples
    /// ```
    /// use omni_core::product::{Backorder, UnitOfMeasure, Variant, VariantRecord};
    /// use omni_core::{ProductId, Sku, VariantId};
    ///
    /// let coffee = Variant::new(VariantRecord {
    ///     id: VariantId::new(7),
    ///     product: ProductId::new(2),
    ///     sku: Sku::new("COFFEE-ETH")?,
    ///     attributes: [("roast".to_string(), "light".to_string())].into(),
    ///     unit: UnitOfMeasure::Gram,
    ///     pack_size: 250,
    ///     weight_grams: Some(1),
    ///     tracked: true,
    ///     backorder: Backorder::Never,
    /// })?;
    /// assert_eq!(coffee.attributes["roast"], "light");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[derive(Eq)]
    Variant(VariantRecord)
}

/// What one unit of a variant costs from an instant and a quantity on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Price {
    /// Of what.
    pub variant: VariantId,
    /// The price of one unit, not negative.
    pub unit_price: UnitPrice,
    /// From this many units on, at least one.
    pub min_quantity: u32,
    /// The first instant at which it holds.
    pub from: DateTime<Utc>,
    /// The first instant at which it no longer holds; `None` until further notice.
    pub to: Option<DateTime<Utc>>,
}

impl Price {
    fn check(&self, currency: Currency, check: &mut Check) {
        let same = self.unit_price.currency() == currency;
        check.that(same, "unit_price", "must be in the currency of the list");
        check.that(self.unit_price.value() >= 0, "unit_price", "must not be negative");
        check.that(self.min_quantity >= 1, "min_quantity", "must be at least 1");
        check.that(self.to.is_none_or(|to| self.from < to), "to", "must be after from");
    }

    /// Prices of one tier follow one another in time.
    const fn tier(&self) -> (VariantId, u32) {
        (self.variant, self.min_quantity)
    }

    fn holds_at(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// The prices of a channel, without two for the same variant, quantity and instant.
///
/// # Examples
/// ```
/// use chrono::{DateTime, TimeDelta};
/// use omni_core::product::{Price, PriceList};
/// use omni_core::{ChannelId, Currency, VariantId};
///
/// let (mug, start) = (VariantId::new(7), DateTime::UNIX_EPOCH);
/// let end = start + TimeDelta::days(7);
/// let price = |text: &str, from, to| -> Result<Price, omni_core::MoneyError> {
///     Ok(Price { variant: mug, unit_price: text.parse()?, min_quantity: 1, from, to })
/// };
/// let offer = price("7.99 EUR", start, Some(end))?;
/// let after = price("9.99 EUR", end, None)?;
/// let list = PriceList::new(ChannelId::new(0), Currency::EUR, vec![after, offer])?;
///
/// assert_eq!(list.find(mug, 1, start), Some(offer.unit_price));
/// assert_eq!(list.find(mug, 1, end), Some(after.unit_price));
/// assert_eq!(list.find(mug, 1, start - TimeDelta::seconds(1)), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize))]
pub struct PriceList {
    channel: ChannelId,
    currency: Currency,
    /// By variant, least quantity and start.
    prices: Vec<Price>,
}

impl PriceList {
    /// The price list of a channel, prices in any order.
    ///
    /// # Errors
    /// Every broken rule with the position of its price: another currency, a negative
    /// price, a least quantity of zero, an end not after the start, or a time that overlaps
    /// that of another price of the same variant and least quantity.
    pub fn new(
        channel: ChannelId,
        currency: Currency,
        mut prices: Vec<Price>,
    ) -> Result<Self, Violations> {
        Check::all(|check| {
            check.each("prices", &prices, |check, price| price.check(currency, check));
            check_overlaps(&prices, check);
        })?;
        prices.sort_by_key(|price| (price.tier(), price.from));
        Ok(Self { channel, currency, prices })
    }

    /// The channel it is for.
    #[must_use]
    pub const fn channel(&self) -> ChannelId {
        self.channel
    }

    /// The currency of its prices.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// Its prices by variant, least quantity and start.
    #[must_use]
    pub fn prices(&self) -> &[Price] {
        &self.prices
    }

    /// What one unit costs at an instant if so many are bought: the price with the largest
    /// least quantity that this reaches. O(log n) and the prices of the variant.
    #[must_use]
    pub fn find(&self, variant: VariantId, quantity: u32, at: DateTime<Utc>) -> Option<UnitPrice> {
        let start = self.prices.partition_point(|price| price.variant < variant);
        let of_variant = self.prices.iter().skip(start).take_while(|p| p.variant == variant);
        of_variant
            .take_while(|price| price.min_quantity <= quantity)
            .filter(|price| price.holds_at(at))
            .last()
            .map(|price| price.unit_price)
    }
}

/// Notes every price that begins while another of its tier holds.
fn check_overlaps(prices: &[Price], check: &mut Check) {
    let mut sorted: Vec<(usize, &Price)> = prices.iter().enumerate().collect();
    sorted.sort_by_key(|(_, price)| (price.tier(), price.from));
    for rivals in sorted.chunk_by(|(_, a), (_, b)| a.tier() == b.tier()) {
        // Of the prices so far, the one that ends last.
        let mut last: Option<(usize, &Price)> = None;
        for &(i, price) in rivals {
            if let Some((rival, _)) = last.filter(|(_, rival)| rival.holds_at(price.from)) {
                let rule = format!("must not be within prices[{rival}]");
                check.that(false, format!("prices[{i}].from"), rule);
            }
            let end = |price: &Price| price.to.unwrap_or(DateTime::<Utc>::MAX_UTC);
            if last.is_none_or(|(_, rival)| end(rival) <= end(price)) {
                last = Some((i, price));
            }
        }
    }
}

read_by_fields! {
    PriceList { channel: ChannelId, currency: Currency, prices: Vec<Price> }
        => Self::new(channel, currency, prices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn price(variant: u32, minor: i64, min_quantity: u32, from: i64, to: Option<i64>) -> Price {
        let variant = VariantId::new(variant);
        let unit_price = UnitPrice::new(minor, 2, Currency::EUR).unwrap();
        Price { variant, unit_price, min_quantity, from: at(from), to: to.map(at) }
    }

    fn list(prices: Vec<Price>) -> Result<PriceList, Violations> {
        PriceList::new(ChannelId::new(1), Currency::EUR, prices)
    }

    #[test]
    fn every_broken_rule_of_a_price_is_named() {
        let dollars = UnitPrice::new(1, 2, Currency::USD).unwrap();
        let broken = vec![
            price(1, -1, 1, 0, Some(10)),
            Price { unit_price: dollars, ..price(1, 1, 0, 0, Some(0)) },
            price(1, 1, 1, 9, None),
            price(1, 1, 1, 20, None),
            price(2, 1, 1, 9, None),
        ];
        assert_eq!(
            list(broken).unwrap_err().paths().collect::<Vec<_>>(),
            [
                "prices[0].unit_price",
                "prices[1].unit_price",
                "prices[1].min_quantity",
                "prices[1].to",
                "prices[2].from",
                "prices[3].from"
            ]
        );
    }

    #[test]
    fn the_price_is_that_of_the_instant_and_the_quantity() {
        let prices = vec![
            price(2, 1, 1, 0, None),
            price(1, 900, 10, 5, Some(15)),
            price(1, 1100, 1, 10, None),
            price(1, 1000, 1, 0, Some(10)),
            price(0, 2, 1, 0, None),
        ];
        let list = list(prices.clone()).unwrap();
        let found = |quantity, seconds| {
            list.find(VariantId::new(1), quantity, at(seconds)).map(UnitPrice::value)
        };
        // A brute-force reading of the same rule.
        for quantity in [0, 1, 9, 10, u32::MAX] {
            for seconds in -1..20 {
                let best = prices
                    .iter()
                    .filter(|p| p.variant == VariantId::new(1) && p.min_quantity <= quantity)
                    .filter(|p| p.from <= at(seconds) && p.to.is_none_or(|to| at(seconds) < to))
                    .max_by_key(|p| p.min_quantity);
                assert_eq!(found(quantity, seconds), best.map(|p| p.unit_price.value()));
            }
        }
        assert_eq!(
            [found(1, 9), found(1, 10), found(10, 14), found(10, 15)],
            [Some(1000), Some(1100), Some(900), Some(1100)]
        );
        assert_eq!(list.find(VariantId::new(9), 1, at(1)), None);
    }

    #[test]
    fn products_and_variants_name_what_is_broken() {
        let product = ProductRecord {
            id: ProductId::new(1),
            title: " ".into(),
            category: vec!["Home".into(), String::new()],
        };
        let violations = Product::new(product).unwrap_err();
        assert_eq!(violations.paths().collect::<Vec<_>>(), ["title", "category[1]"]);
        let variant = VariantRecord {
            id: VariantId::new(1),
            product: ProductId::new(1),
            sku: Sku::new("A").unwrap(),
            attributes: [(" ".to_string(), "x".to_string())].into(),
            unit: UnitOfMeasure::Each,
            pack_size: 0,
            weight_grams: None,
            tracked: true,
            backorder: Backorder::UpTo(3),
        };
        let violations = Variant::new(variant).unwrap_err();
        assert_eq!(violations.paths().collect::<Vec<_>>(), ["pack_size", "attributes"]);
    }
}
