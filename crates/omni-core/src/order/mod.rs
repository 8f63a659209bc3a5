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
use std::collections::BTreeMap;

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

/// What the shipments and returns of an order say about one line.
#[derive(Debug, Clone, Copy, Default)]
struct Explained {
    packing: u64,
    under_way: u64,
    arrived: u64,
    return_requested: u64,
    returned: u64,
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

    fn check(&self) -> Result<(), Violations> {
        let mut check = Check::new();
        label(&mut check, "number", &self.number);
        check.that(!self.lines.is_empty(), "lines", "must not be empty");
        check.that(
            self.shipping.currency() == self.currency,
            "shipping",
            "must be in the currency of the order",
        );
        check.that(!self.shipping.is_negative(), "shipping", "must not be negative");
        distinct(&mut check, "lines", ".id", self.lines.iter().map(|line| line.id));
        distinct(&mut check, "payments", ".id", self.payments.iter().map(|p| p.id));
        distinct(&mut check, "shipments", ".id", self.shipments.iter().map(|s| s.id));
        distinct(&mut check, "returns", ".id", self.returns.iter().map(|r| r.id));

        let mut nest = |part: Result<(), Violations>, list: &str, i: usize| {
            if let Err(violations) = part {
                check.nested(&format!("{list}[{i}]"), violations);
            }
        };
        for (i, line) in self.lines.iter().enumerate() {
            nest(line.check(self.currency, self.tax_mode), "lines", i);
            nest(self.check_line_state(line), "lines", i);
        }
        for (i, payment) in self.payments.iter().enumerate() {
            nest(payment.check(self.currency), "payments", i);
        }
        for (i, shipment) in self.shipments.iter().enumerate() {
            nest(shipment.check(), "shipments", i);
        }
        for (i, goods) in self.returns.iter().enumerate() {
            nest(goods.check(), "returns", i);
        }
        if let Some(Err(violations)) = self.ship_to.as_ref().map(Address::check) {
            check.nested("ship_to", violations);
        }
        self.check_explained(&mut check);
        self.check_sums(&mut check);
        check.finish()
    }

    /// What the state of the order says about its lines.
    fn check_line_state(&self, line: &OrderLine) -> Result<(), Violations> {
        let mut check = Check::new();
        match self.state {
            OrderState::Draft => {
                let moved = line.canceled.max(line.allocated).max(line.shipped);
                check.that(moved == 0, "ordered", "must be the only counter of a draft");
            }
            OrderState::Placed => {}
            OrderState::Completed => {
                let done = line.delivered == line.kept();
                check.that(done, "delivered", "must be ordered - canceled once completed");
            }
            OrderState::Canceled => {
                let none = line.canceled == line.ordered;
                check.that(none, "canceled", "must be ordered once the order is canceled");
            }
        }
        check.finish()
    }

    /// Shipments and returns name known lines and explain at most what the lines count.
    fn check_explained(&self, check: &mut Check) {
        if self.shipments.is_empty() && self.returns.is_empty() {
            return;
        }
        let mut explained: BTreeMap<OrderLineId, Explained> =
            self.lines.iter().map(|line| (line.id, Explained::default())).collect();
        for (i, shipment) in self.shipments.iter().enumerate() {
            for (j, part) in shipment.lines.iter().enumerate() {
                match explained.get_mut(&part.line) {
                    Some(line) => shipment.explain(u64::from(part.quantity), line),
                    None => check.that(
                        false,
                        format!("shipments[{i}].lines[{j}].line"),
                        "must be a line of the order",
                    ),
                }
            }
        }
        for (i, goods) in self.returns.iter().enumerate() {
            for part in &goods.received {
                if let Some(line) = explained.get_mut(&part.line) {
                    line.returned += u64::from(part.quantity);
                }
            }
            for (j, part) in goods.lines.iter().enumerate() {
                match explained.get_mut(&part.line) {
                    Some(line) if goods.is_open() => {
                        line.return_requested += u64::from(part.quantity);
                    }
                    Some(_) => {}
                    None => check.that(
                        false,
                        format!("returns[{i}].lines[{j}].line"),
                        "must be a line of the order",
                    ),
                }
            }
        }
        for (i, line) in self.lines.iter().enumerate() {
            let Some(of) = explained.get(&line.id) else { continue };
            let under_way = u64::from(line.shipped.saturating_sub(line.delivered));
            for (holds, field, rule) in [
                (of.packing <= line.allocated.into(), "allocated", "must cover open shipments"),
                (of.under_way <= under_way, "shipped", "must cover shipments under way"),
                (of.arrived <= line.delivered.into(), "delivered", "must cover arrived shipments"),
                (
                    of.return_requested <= line.return_requested.into(),
                    "return_requested",
                    "must cover open returns",
                ),
                (of.returned <= line.returned.into(), "returned", "must cover received returns"),
            ] {
                if !holds {
                    check.that(false, format!("lines[{i}].{field}"), rule);
                }
            }
        }
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
        check.that(
            fits(&mut gross.chain([self.shipping])),
            "lines",
            "must have a total that fits 64 bits",
        );
        check.that(
            fits(&mut authorized.into_iter()),
            "payments",
            "must have a total that fits 64 bits",
        );
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
            let limit = line.open().saturating_sub(packing.of(line.id));
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
        let packing = self.packing().of(line);
        let i = self.units(line, quantity, |line| line.open().saturating_sub(packing))?;
        self.commit(|order| {
            if let Some(line) = order.lines.get_mut(i) {
                line.canceled += quantity;
                line.allocated = line.allocated.min(line.open());
            }
        })
    }

    /// Sets units of a line aside: somewhere they are reserved for it.
    ///
    /// # Errors
    /// [`OrderError::State`] unless placed, [`OrderError::Unknown`], [`OrderError::Quantity`].
    pub fn allocate(&mut self, line: OrderLineId, quantity: u32) -> Result<(), OrderError> {
        self.placed("allocate units")?;
        let i = self.units(line, quantity, |line| line.open().saturating_sub(line.allocated))?;
        self.commit(|order| {
            if let Some(line) = order.lines.get_mut(i) {
                line.allocated += quantity;
            }
        })
    }

    /// Gives units up that were set aside and are not being packed.
    ///
    /// # Errors
    /// [`OrderError::State`] unless placed, [`OrderError::Unknown`], [`OrderError::Quantity`].
    pub fn release(&mut self, line: OrderLineId, quantity: u32) -> Result<(), OrderError> {
        self.placed("release units")?;
        let packing = self.packing().of(line);
        let i = self.units(line, quantity, |line| line.allocated.saturating_sub(packing))?;
        self.commit(|order| {
            if let Some(line) = order.lines.get_mut(i) {
                line.allocated -= quantity;
            }
        })
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

    /// The position of a line that can give so many units.
    fn units(
        &self,
        id: OrderLineId,
        quantity: u32,
        limit: impl Fn(&OrderLine) -> u32,
    ) -> Result<usize, OrderError> {
        let found = self.lines.iter().enumerate().find(|(_, line)| line.id == id);
        let (i, line) = found.ok_or(OrderError::Unknown { entity: "line", id: id.get() })?;
        within(line, quantity, limit).map(|()| i)
    }

    /// Whether every line named here, none twice, can give so many units.
    fn all_units(
        &self,
        parts: &Units,
        limit: impl Fn(&OrderLine) -> u32,
    ) -> Result<(), OrderError> {
        let lines: BTreeMap<_, _> = self.lines.iter().map(|line| (line.id, line)).collect();
        parts.0.iter().try_for_each(|(id, &quantity)| {
            let line = lines.get(id).ok_or(OrderError::Unknown { entity: "line", id: id.get() })?;
            within(line, quantity, &limit)
        })
    }
}

fn within(
    line: &OrderLine,
    quantity: u32,
    limit: impl Fn(&OrderLine) -> u32,
) -> Result<(), OrderError> {
    let limit = limit(line);
    if (1..=limit).contains(&quantity) {
        Ok(())
    } else {
        Err(OrderError::Quantity { line: line.id, quantity, limit })
    }
}

/// Units per line.
#[derive(Debug, Default)]
struct Units(BTreeMap<OrderLineId, u32>);

impl Units {
    fn of(&self, line: OrderLineId) -> u32 {
        self.0.get(&line).copied().unwrap_or_default()
    }
}

impl FromIterator<(OrderLineId, u32)> for Units {
    fn from_iter<T: IntoIterator<Item = (OrderLineId, u32)>>(parts: T) -> Self {
        let mut units = Self::default();
        for (line, quantity) in parts {
            let sum = units.0.entry(line).or_default();
            *sum = sum.saturating_add(quantity);
        }
        units
    }
}
