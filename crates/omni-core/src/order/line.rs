//! A line of an order: what was ordered and how far it got, in counters.
//!
//! ```text
//! 1 ≤ ordered
//! allocated + shipped ≤ ordered − canceled
//! returned + return_requested ≤ delivered ≤ shipped
//! ```
//!
//! All counters are in base units of the variant (pieces, grams, ..). `canceled`, `shipped`,
//! `delivered` and `returned` only count what happened; `allocated` and `return_requested`
//! count what is open. What comes back undelivered leaves `shipped` again.
//!
//! ```text
//! total = round(unit_price · ordered) − discount          as the price list says it
//! charge = tax split of total                             net + tax = gross
//! first(k) = k ⌊gross / ordered⌋ + min(k, gross mod ordered), the tax likewise
//! amount = charge − first(canceled)
//! returned_amount = first(canceled + returned) − first(canceled)
//! ```
//!
//! `first(k)` is what the first `k` units cost, the sum of the first `k` parts of
//! [`Taxed::split`]. So a part of a line has one value to the minor unit in whatever order
//! things happen, and the parts of a line sum to its charge. Rounding is half up, once per
//! line and once for its tax.

use crate::error::Check;
use crate::tax::{TaxMode, Taxed, split_tax};
use crate::{Currency, Money, MoneyError, OrderLineId, Rate, Rounding, Sku, UnitPrice, VariantId};

/// One line of an order; checked as a part of the [`Order`](super::Order).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct OrderLine {
    /// Its id, unique in the order.
    pub id: OrderLineId,
    /// What was ordered.
    pub variant: VariantId,
    /// The code it was sold under.
    pub sku: Sku,
    /// Units ordered, at least one.
    pub ordered: u32,
    /// Units canceled before they were shipped.
    #[cfg_attr(feature = "serde", serde(default))]
    pub canceled: u32,
    /// Units set aside for this line and not yet shipped.
    #[cfg_attr(feature = "serde", serde(default))]
    pub allocated: u32,
    /// Units that left, without those that came back undelivered or were lost.
    #[cfg_attr(feature = "serde", serde(default))]
    pub shipped: u32,
    /// Units in the customer's hands, or that were.
    #[cfg_attr(feature = "serde", serde(default))]
    pub delivered: u32,
    /// Units the customer wants to send back and that are not yet back.
    #[cfg_attr(feature = "serde", serde(default))]
    pub return_requested: u32,
    /// Units that came back from the customer.
    #[cfg_attr(feature = "serde", serde(default))]
    pub returned: u32,
    /// The price of one unit, not negative.
    pub unit_price: UnitPrice,
    /// The tax rate, zero or more.
    pub tax_rate: Rate,
    /// The discount on the whole line, from zero to its price.
    pub discount: Money,
}

impl OrderLine {
    /// A line of which nothing has happened yet, without tax and discount.
    #[must_use]
    pub fn new(
        id: OrderLineId,
        variant: VariantId,
        sku: Sku,
        ordered: u32,
        unit_price: UnitPrice,
    ) -> Self {
        Self {
            id,
            variant,
            sku,
            ordered,
            canceled: 0,
            allocated: 0,
            shipped: 0,
            delivered: 0,
            return_requested: 0,
            returned: 0,
            unit_price,
            tax_rate: Rate::ZERO,
            discount: Money::zero(unit_price.currency()),
        }
    }

    /// Units neither canceled nor shipped.
    #[must_use]
    pub const fn open(&self) -> u32 {
        self.kept().saturating_sub(self.shipped)
    }

    /// Units ordered and not canceled.
    #[must_use]
    pub const fn kept(&self) -> u32 {
        self.ordered.saturating_sub(self.canceled)
    }

    /// Units the customer holds and has not asked to send back.
    #[must_use]
    pub const fn returnable(&self) -> u32 {
        self.delivered.saturating_sub(self.returned).saturating_sub(self.return_requested)
    }

    /// What all ordered units cost after the discount, as the price list says it.
    ///
    /// # Errors
    /// [`MoneyError`] if it does not fit; never for a line of an [`Order`](super::Order).
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.unit_price.times(i64::from(self.ordered), Rounding::HalfUp)?.try_sub(self.discount)
    }

    /// What all ordered units cost, without and with tax.
    ///
    /// # Errors
    /// As [`total`](Self::total).
    pub fn charge(&self, mode: TaxMode) -> Result<Taxed, MoneyError> {
        split_tax(self.total()?, self.tax_rate, mode, Rounding::HalfUp)
    }

    /// What the units that were not canceled cost.
    ///
    /// # Errors
    /// As [`total`](Self::total).
    pub fn amount(&self, mode: TaxMode) -> Result<Taxed, MoneyError> {
        self.part(mode, self.canceled, self.ordered)
    }

    /// What the returned units had cost.
    ///
    /// # Errors
    /// As [`total`](Self::total).
    pub fn returned_amount(&self, mode: TaxMode) -> Result<Taxed, MoneyError> {
        self.part(mode, self.canceled, self.canceled.saturating_add(self.returned))
    }

    /// What the units after the first `from` up to the first `to` cost.
    fn part(&self, mode: TaxMode, from: u32, to: u32) -> Result<Taxed, MoneyError> {
        let charge = self.charge(mode)?;
        let between = |whole: Money| {
            let ordered = i64::from(self.ordered);
            let (share, rest) =
                whole.minor().checked_div(ordered).zip(whole.minor().checked_rem(ordered))?;
            let first = |units| share.checked_mul(units)?.checked_add(rest.clamp(-units, units));
            first(i64::from(to))?.checked_sub(first(i64::from(from))?)
        };
        let part = |whole: Money| whole.with(between(whole), "a part of a line");
        Taxed::new(part(charge.gross())?, part(charge.tax())?, TaxMode::Inclusive)
    }

    /// The rules of one line by itself, in an order of this currency and tax mode.
    pub(super) fn check(&self, check: &mut Check, currency: Currency, mode: TaxMode) {
        let in_hand = self.delivered.saturating_sub(self.returned);
        check.that(self.ordered >= 1, "ordered", "must be at least 1");
        check.that(self.canceled <= self.ordered, "canceled", "must not exceed ordered");
        check.that(self.shipped <= self.kept(), "shipped", "must not exceed ordered - canceled");
        let rule = "must not exceed ordered - canceled - shipped";
        check.that(self.allocated <= self.open(), "allocated", rule);
        check.that(self.delivered <= self.shipped, "delivered", "must not exceed shipped");
        check.that(self.returned <= self.delivered, "returned", "must not exceed delivered");
        let rule = "must not exceed delivered - returned";
        check.that(self.return_requested <= in_hand, "return_requested", rule);
        check.that(self.tax_rate >= Rate::ZERO, "tax_rate", "must not be negative");
        check.that(self.unit_price.value() >= 0, "unit_price", "must not be negative");
        let rule = "must be in the currency of the order";
        check.that(self.unit_price.currency() == currency, "unit_price", rule);
        check.that(self.discount.currency() == currency, "discount", rule);
        match self.unit_price.times(i64::from(self.ordered), Rounding::HalfUp) {
            Ok(price) => check.that(
                (0..=price.minor().max(0)).contains(&self.discount.minor()),
                "discount",
                "must be from zero to the price of the line",
            ),
            Err(_) => check.that(false, "unit_price", "must give a total that fits 64 bits"),
        }
        let taxed = self
            .total()
            .map(|total| split_tax(total, self.tax_rate.max(Rate::ZERO), mode, Rounding::HalfUp));
        check.that(!matches!(taxed, Ok(Err(_))), "tax_rate", "must give a total that fits 64 bits");
    }
}
