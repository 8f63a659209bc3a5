//! An order: its lines with their counters, its payments, shipments and returns.
//!
//! ```text
//! OrderRecord ──check──► Order ──command──► Order, version + 1
//!                          │
//!                          └─► payment, fulfillment and return status: derived
//! ```
//!
//! An [`Order`] cannot be inconsistent: it is made from an [`OrderRecord`] that breaks no
//! rule, it is read field by field, and it changes only through commands. A command either
//! succeeds and counts the version up by one, or returns an error and changes nothing.
//! A command takes O(n log n) in the size of the order at most, one on a line O(n).
//!
//! Which units lie at which place is not known here: an allocation is a count, the
//! reservations behind it belong to the stock ledger. Neither are promotions or gift
//! cards: a discount is an amount on a line.

mod line;
mod payment;
mod place;
mod returns;
mod shipment;
mod state;
mod status;

pub use line::OrderLine;
pub use payment::{Payment, PaymentMethod};
pub use returns::{Disposition, ReceivedLine, Return, ReturnLine, ReturnReason};
pub use shipment::{Shipment, ShipmentLine};
pub use state::{IllegalTransition, OrderState, PaymentState, ReturnState, ShipmentState};
pub use status::{FulfillmentStatus, PaymentStatus, ReturnStatus};

use crate::customer::Address;
use crate::error::{Check, Violations};
use crate::record::{checked, distinct, label};
use crate::tax::{TaxMode, Taxed};
use crate::{ChannelId, Currency, CustomerId, Money, MoneyError, OrderId, OrderLineId};
use chrono::{DateTime, Utc};
use place::Place;
use std::collections::{BTreeMap, BTreeSet};

/// Why a command was refused. The order is then as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// The lifecycle has no such move.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// The order is in a state in which this is not done.
    #[error("a {state} order cannot {command}")]
    State {
        /// What was to be done.
        command: &'static str,
        /// The state of the order.
        state: OrderState,
    },
    /// There is no such line, payment, shipment or return.
    #[error("there is no {entity} {id}")]
    Unknown {
        /// What was looked for.
        entity: &'static str,
        /// Its id.
        id: u64,
    },
    /// There is such a payment, shipment or return already.
    #[error("there is a {entity} {id} already")]
    Duplicate {
        /// What was to be added.
        entity: &'static str,
        /// Its id.
        id: u64,
    },
    /// The number of units is zero or more than the line can give.
    #[error("line {line} can give 1 to {limit} units, got {quantity}")]
    Quantity {
        /// The line.
        line: OrderLineId,
        /// What was asked for.
        quantity: u32,
        /// What there is.
        limit: u32,
    },
    /// The amount is zero, negative or more than the payment can give.
    #[error("the amount must be above zero and at most {limit}, got {amount}")]
    Amount {
        /// What was asked for.
        amount: Money,
        /// What there is.
        limit: Money,
    },
    /// The payment, shipment or return that was to be added breaks a rule by itself.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// An amount could not be computed.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The order has been changed 2³² - 1 times.
    #[error("the order has no versions left")]
    Version,
}

/// Everything an order holds, as plain data; [`Order::new`] checks it.
///
/// # Examples
/// ```
/// use chrono::DateTime;
/// use omni_core::order::{Order, OrderLine, OrderRecord};
/// use omni_core::{ChannelId, Currency, OrderId, OrderLineId, Sku, UnitPrice, VariantId};
///
/// let mut record = OrderRecord::new(
///     OrderId::new(1),
///     ChannelId::new(0),
///     DateTime::UNIX_EPOCH,
///     Currency::EUR,
/// );
/// assert!(Order::new(record.clone()).is_err()); // no lines
/// let price = UnitPrice::new(1999, 2, Currency::EUR)?;
/// let sku = Sku::new("MUG-S")?;
/// record.lines.push(OrderLine::new(OrderLineId::new(1), VariantId::new(7), sku, 3, price));
/// let order = Order::new(record)?;
/// assert_eq!(order.total()?.to_string(), "59.97 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct OrderRecord {
    /// Its id.
    pub id: OrderId,
    /// The number the customer knows: 1 to 64 characters.
    pub number: String,
    /// Where it was ordered.
    pub channel: ChannelId,
    /// Who ordered; `None` for a guest.
    pub customer: Option<CustomerId>,
    /// When it was placed, or begun while it is a draft.
    pub placed_at: DateTime<Utc>,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// Whether its prices include the tax.
    pub tax_mode: TaxMode,
    /// Where it stands.
    #[cfg_attr(feature = "serde", serde(default))]
    pub state: OrderState,
    /// How often it was changed.
    #[cfg_attr(feature = "serde", serde(default))]
    pub version: u32,
    /// Where it goes.
    pub ship_to: Option<Address>,
    /// What shipping costs, tax included, not negative.
    pub shipping: Money,
    /// At least one, with distinct ids.
    pub lines: Vec<OrderLine>,
    /// With distinct ids.
    #[cfg_attr(feature = "serde", serde(default))]
    pub payments: Vec<Payment>,
    /// With distinct ids; together they explain at most what the lines count.
    #[cfg_attr(feature = "serde", serde(default))]
    pub shipments: Vec<Shipment>,
    /// With distinct ids; together they explain at most what the lines count.
    #[cfg_attr(feature = "serde", serde(default))]
    pub returns: Vec<Return>,
}

impl OrderRecord {
    /// A draft of a guest, numbered by its id, prices with tax, free of shipping, still
    /// without lines.
    #[must_use]
    pub fn new(
        id: OrderId,
        channel: ChannelId,
        placed_at: DateTime<Utc>,
        currency: Currency,
    ) -> Self {
        Self {
            id,
            number: id.to_string(),
            channel,
            customer: None,
            placed_at,
            currency,
            tax_mode: TaxMode::Inclusive,
            state: OrderState::Draft,
            version: 0,
            ship_to: None,
            shipping: Money::zero(currency),
            lines: Vec::new(),
            payments: Vec::new(),
            shipments: Vec::new(),
            returns: Vec::new(),
        }
    }

    fn check(&self, check: &mut Check) {
        label(check, "number", &self.number);
        check.that(!self.lines.is_empty(), "lines", "must not be empty");
        let same = self.shipping.currency() == self.currency;
        check.that(same, "shipping", "must be in the currency of the order");
        check.that(!self.shipping.is_negative(), "shipping", "must not be negative");
        distinct(check, "lines", ".id", self.lines.iter().map(|line| line.id));
        distinct(check, "payments", ".id", self.payments.iter().map(|p| p.id));
        distinct(check, "shipments", ".id", self.shipments.iter().map(|s| s.id));
        distinct(check, "returns", ".id", self.returns.iter().map(|r| r.id));

        check.each("lines", &self.lines, |check, line| {
            line.check(check, self.currency, self.tax_mode);
            self.check_line_state(check, line);
        });
        check.each("payments", &self.payments, |check, payment| {
            payment.check(check, self.currency);
        });
        check.each("shipments", &self.shipments, |check, shipment| shipment.check(check));
        check.each("returns", &self.returns, |check, goods| goods.check(check));
        if let Some(address) = &self.ship_to {
            check.part("ship_to", |check| address.check(check));
        }
        self.check_places(check);
        self.check_sums(check);
    }

    /// What the state of the order says about its lines.
    fn check_line_state(&self, check: &mut Check, line: &OrderLine) {
        let (holds, field, rule) = match self.state {
            OrderState::Draft => {
                let moved = line.canceled.max(line.allocated).max(line.shipped);
                (moved == 0, "ordered", "must be the only counter of a draft")
            }
            OrderState::Placed => return,
            OrderState::Completed => {
                let done = line.delivered == line.kept();
                (done, "delivered", "must be ordered - canceled once completed")
            }
            OrderState::Canceled => {
                let none = line.canceled == line.ordered;
                (none, "canceled", "must be ordered once the order is canceled")
            }
        };
        check.that(holds, field, rule);
    }

    /// Shipments and returns name known lines and hold at most what the lines count.
    fn check_places(&self, check: &mut Check) {
        let known: BTreeSet<_> = self.lines.iter().map(|line| line.id).collect();
        let is_known = |check: &mut Check, line: OrderLineId| {
            check.that(known.contains(&line), "line", "must be a line of the order");
        };
        check.each("shipments", &self.shipments, |check, shipment| {
            check.each("lines", &shipment.lines, |check, part| is_known(check, part.line));
        });
        check.each("returns", &self.returns, |check, goods| {
            check.each("lines", &goods.lines, |check, part| is_known(check, part.line));
        });
        let places = self.places();
        check.each("lines", &self.lines, |check, line| {
            let under_way = line.shipped.saturating_sub(line.delivered);
            for (place, limit, field, rule) in [
                (Place::Packing, line.allocated, "allocated", "must cover open shipments"),
                (Place::UnderWay, under_way, "shipped", "must cover shipments under way"),
                (Place::Arrived, line.delivered, "delivered", "must cover arrived shipments"),
                (
                    Place::ComingBack,
                    line.return_requested,
                    "return_requested",
                    "must cover open returns",
                ),
                (Place::Back, line.returned, "returned", "must cover received returns"),
            ] {
                let held = places.get(&(line.id, place)).copied().unwrap_or(0);
                check.that(held <= u64::from(limit), field, rule);
            }
        });
    }

    /// The largest sums of the order fit, so all others do. What is wrong with a single
    /// amount is noted elsewhere.
    fn check_sums(&self, check: &mut Check) {
        let gross = self.lines.iter().flat_map(|line| line.charge(self.tax_mode)).map(Taxed::gross);
        let authorized = self.payments.iter().map(|payment| payment.authorized);
        let fits = |amounts: &mut dyn Iterator<Item = Money>| {
            let sum = Money::try_sum(self.currency, amounts);
            !matches!(sum, Err(MoneyError::Overflow { .. }))
        };
        let rule = "must have a total that fits 64 bits";
        check.that(fits(&mut gross.chain([self.shipping])), "lines", rule);
        check.that(fits(&mut authorized.into_iter()), "payments", rule);
    }
}

checked! {
    /// An order that breaks no rule. Reads like its [`OrderRecord`], changes by commands.
    ///
    /// # Examples
    /// A sale over the counter:
    /// ```
    /// use chrono::DateTime;
    /// use omni_core::order::{
    ///     FulfillmentStatus, Order, OrderLine, OrderRecord, PaymentMethod, PaymentStatus, Shipment,
    /// };
    /// use omni_core::{
    ///     ChannelId, Currency, LocationId, Money, OrderId, OrderLineId, PaymentId, ShipmentId, Sku,
    ///     UnitPrice, VariantId,
    /// };
    ///
    /// let (now, line) = (DateTime::UNIX_EPOCH, OrderLineId::new(1));
    /// let mut record = OrderRecord::new(OrderId::new(1), ChannelId::new(0), now, Currency::EUR);
    /// let price = UnitPrice::new(1999, 2, Currency::EUR)?;
    /// record.lines.push(OrderLine::new(line, VariantId::new(7), Sku::new("MUG-S")?, 2, price));
    ///
    /// let mut order = Order::new(record)?;
    /// order.place()?;
    /// let cash = PaymentId::new(1);
    /// order.add_payment(cash, PaymentMethod::Cash)?;
    /// order.capture(cash, Money::new(3998, Currency::EUR))?;
    /// order.allocate(line, 2)?;
    /// order.ship(Shipment::new(ShipmentId::new(1), LocationId::new(4), vec![(line, 2)]), now)?;
    /// order.deliver(ShipmentId::new(1), now)?;
    /// order.complete()?;
    ///
    /// assert_eq!(order.payment_status()?, PaymentStatus::Paid);
    /// assert_eq!(order.fulfillment_status(), FulfillmentStatus::Delivered);
    /// assert_eq!(order.version, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Order(OrderRecord)
}

impl Order {
    /// What the units cost that were not canceled, without shipping.
    ///
    /// # Errors
    /// [`MoneyError`] never happens: construction refuses totals that do not fit.
    pub fn goods(&self) -> Result<Taxed, MoneyError> {
        let amounts = self.lines.iter().map(|line| line.amount(self.tax_mode));
        Taxed::try_sum(self.currency, amounts.collect::<Result<Vec<_>, _>>()?)
    }

    /// What the units had cost that came back.
    ///
    /// # Errors
    /// As [`goods`](Self::goods).
    pub fn returned_goods(&self) -> Result<Taxed, MoneyError> {
        let back = self.lines.iter().filter(|line| line.returned > 0);
        let amounts = back.map(|line| line.returned_amount(self.tax_mode));
        Taxed::try_sum(self.currency, amounts.collect::<Result<Vec<_>, _>>()?)
    }

    /// What the customer owes: the goods with their tax and shipping; nothing once the
    /// order is canceled. Returns do not lower it, refunds answer them.
    ///
    /// # Errors
    /// As [`goods`](Self::goods).
    pub fn total(&self) -> Result<Money, MoneyError> {
        match self.state {
            OrderState::Canceled => Ok(Money::zero(self.currency)),
            _ => self.goods()?.gross().try_add(self.shipping),
        }
    }

    /// Places a draft.
    ///
    /// # Errors
    /// [`OrderError::Illegal`] if it is not a draft.
    pub fn place(&mut self) -> Result<(), OrderError> {
        let state = self.state.try_to(OrderState::Placed)?;
        self.commit(|order| order.state = state)
    }

    /// Cancels the whole order and gives its allocations up. Payments are refunded or
    /// voided by commands of their own.
    ///
    /// # Errors
    /// [`OrderError::Illegal`] if it has ended; [`OrderError::Quantity`] for the first line
    /// of which units are shipped or being packed: cancel those shipments first, or cancel
    /// the rest of the lines and complete the order.
    pub fn cancel(&mut self) -> Result<(), OrderError> {
        let state = self.state.try_to(OrderState::Canceled)?;
        let packing = self.packing();
        for line in &self.lines {
            let limit = line.open().saturating_sub(packing(line.id));
            if limit < line.kept() {
                return Err(OrderError::Quantity { line: line.id, quantity: line.kept(), limit });
            }
        }
        self.commit(|order| {
            order.state = state;
            for line in &mut order.lines {
                line.canceled = line.ordered;
                line.allocated = 0;
            }
        })
    }

    /// Cancels units of a line that are neither shipped nor being packed. Units that are
    /// not allocated go first, then allocations are given up.
    ///
    /// # Errors
    /// [`OrderError::State`] unless placed, [`OrderError::Unknown`], [`OrderError::Quantity`].
    pub fn cancel_line(&mut self, line: OrderLineId, quantity: u32) -> Result<(), OrderError> {
        self.placed("cancel units")?;
        let packing = self.packing()(line);
        self.change_line(
            line,
            quantity,
            |line| line.open().saturating_sub(packing),
            |line| {
                line.canceled += quantity;
                line.allocated = line.allocated.min(line.open());
            },
        )
    }

    /// Sets units of a line aside: somewhere they are reserved for it.
    ///
    /// # Errors
    /// [`OrderError::State`] unless placed, [`OrderError::Unknown`], [`OrderError::Quantity`].
    pub fn allocate(&mut self, line: OrderLineId, quantity: u32) -> Result<(), OrderError> {
        self.placed("allocate units")?;
        let free = |line: &OrderLine| line.open().saturating_sub(line.allocated);
        self.change_line(line, quantity, free, |line| line.allocated += quantity)
    }

    /// Gives units up that were set aside and are not being packed.
    ///
    /// # Errors
    /// [`OrderError::State`] unless placed, [`OrderError::Unknown`], [`OrderError::Quantity`].
    pub fn release(&mut self, line: OrderLineId, quantity: u32) -> Result<(), OrderError> {
        self.placed("release units")?;
        let packing = self.packing()(line);
        let idle = |line: &OrderLine| line.allocated.saturating_sub(packing);
        self.change_line(line, quantity, idle, |line| line.allocated -= quantity)
    }

    /// Completes an order of which every unit was delivered or canceled. Returns and
    /// refunds go on afterwards.
    ///
    /// # Errors
    /// [`OrderError::Illegal`] unless placed; [`OrderError::Quantity`] for the first line
    /// of which units are not delivered, with those as `quantity` and a `limit` of 0.
    pub fn complete(&mut self) -> Result<(), OrderError> {
        let state = self.state.try_to(OrderState::Completed)?;
        if let Some(line) = self.lines.iter().find(|line| line.delivered != line.kept()) {
            let quantity = line.kept().saturating_sub(line.delivered);
            return Err(OrderError::Quantity { line: line.id, quantity, limit: 0 });
        }
        self.commit(|order| order.state = state)
    }

    /// Applies what was checked: the only place where an order changes.
    fn commit(&mut self, change: impl FnOnce(&mut OrderRecord)) -> Result<(), OrderError> {
        let version = self.version.checked_add(1).ok_or(OrderError::Version)?;
        change(&mut self.0);
        self.0.version = version;
        Ok(())
    }

    fn placed(&self, command: &'static str) -> Result<(), OrderError> {
        match self.state {
            OrderState::Placed => Ok(()),
            state => Err(OrderError::State { command, state }),
        }
    }

    /// Changes a line, if it can give so many units.
    fn change_line(
        &mut self,
        id: OrderLineId,
        quantity: u32,
        limit: impl Fn(&OrderLine) -> u32,
        change: impl FnOnce(&mut OrderLine),
    ) -> Result<(), OrderError> {
        self.can_give([(id, quantity)], limit)?;
        self.commit(|order| {
            if let Some(line) = order.lines.iter_mut().find(|line| line.id == id) {
                change(line);
            }
        })
    }

    /// Whether every line named, none twice, can give so many units.
    fn can_give(
        &self,
        parts: impl IntoIterator<Item = (OrderLineId, u32)>,
        limit: impl Fn(&OrderLine) -> u32,
    ) -> Result<(), OrderError> {
        let lines: BTreeMap<_, _> = self.lines.iter().map(|line| (line.id, line)).collect();
        parts.into_iter().try_for_each(|(id, quantity)| {
            let line =
                lines.get(&id).ok_or(OrderError::Unknown { entity: "line", id: id.get() })?;
            match limit(line) {
                limit if (1..=limit).contains(&quantity) => Ok(()),
                limit => Err(OrderError::Quantity { line: id, quantity, limit }),
            }
        })
    }

    /// How many units of a line are being packed.
    fn packing(&self) -> impl Fn(OrderLineId) -> u32 + use<> {
        let places = self.places();
        // No more than are allocated, so they fit.
        let units = move |line| places.get(&(line, Place::Packing)).copied().unwrap_or(0);
        move |line| u32::try_from(units(line)).unwrap_or(u32::MAX)
    }
}
