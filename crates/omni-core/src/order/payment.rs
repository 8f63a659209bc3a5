//! A payment of an order: promised, taken, given back.
//!
//! ```text
//! 0 ≤ refunded ≤ captured ≤ authorized
//! ```
//!
//! An amount may be captured in parts up to what was authorized, and refunded in parts up
//! to what was captured. Money taken at once (cash, a transfer) counts as authorized too.

use super::{Order, OrderError, OrderState, PaymentState};
use crate::error::Check;
use crate::{Currency, Money, PaymentId};

/// How an order is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PaymentMethod {
    /// Credit or debit card, or a wallet in front of one.
    Card,
    /// Cash.
    Cash,
    /// Gift card or store credit.
    GiftCard,
    /// Points of a loyalty program.
    Points,
    /// Bank transfer.
    Transfer,
    /// To the carrier on delivery.
    OnDelivery,
}

/// A payment; checked as a part of the [`Order`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Payment {
    /// Its id, unique in the order.
    pub id: PaymentId,
    /// How it is paid.
    pub method: PaymentMethod,
    /// Where it stands.
    pub state: PaymentState,
    /// What was promised.
    pub authorized: Money,
    /// What was taken.
    pub captured: Money,
    /// What went back.
    pub refunded: Money,
    /// What the payment provider calls it.
    pub reference: Option<String>,
}

impl Payment {
    /// A payment that has just been started.
    #[must_use]
    pub const fn new(id: PaymentId, method: PaymentMethod, currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self {
            id,
            method,
            state: PaymentState::Pending,
            authorized: zero,
            captured: zero,
            refunded: zero,
            reference: None,
        }
    }

    pub(super) fn check(&self, check: &mut Check, currency: Currency) {
        let [authorized, captured, refunded] =
            [self.authorized, self.captured, self.refunded].map(Money::minor);
        let rule = "must be in the currency of the order";
        check.that(self.authorized.currency() == currency, "authorized", rule);
        check.that(self.captured.currency() == currency, "captured", rule);
        check.that(self.refunded.currency() == currency, "refunded", rule);
        check.that(refunded >= 0, "refunded", "must not be negative");
        check.that(refunded <= captured, "refunded", "must not exceed captured");
        check.that(captured <= authorized, "captured", "must not exceed authorized");
        let (holds, rule) = match self.state {
            PaymentState::Pending | PaymentState::Failed => {
                (authorized == 0, "must go with nothing authorized")
            }
            PaymentState::Authorized | PaymentState::Expired => (
                authorized > 0 && captured == 0,
                "must go with an amount authorized and nothing captured",
            ),
            PaymentState::Voided => (captured == 0, "must go with nothing captured"),
            PaymentState::Captured => {
                (captured > refunded, "must go with more captured than refunded")
            }
            PaymentState::Refunded => (
                captured > 0 && captured == refunded,
                "must go with all that was captured refunded",
            ),
        };
        check.that(holds, "state", rule);
    }
}

impl Order {
    /// Starts a payment.
    ///
    /// # Errors
    /// [`OrderError::State`] if the order is canceled, [`OrderError::Duplicate`].
    pub fn add_payment(&mut self, id: PaymentId, method: PaymentMethod) -> Result<(), OrderError> {
        self.payable("take a payment")?;
        if self.payments.iter().any(|payment| payment.id == id) {
            return Err(OrderError::Duplicate { entity: "payment", id: id.get() });
        }
        let payment = Payment::new(id, method, self.currency);
        self.commit(|order| order.payments.push(payment))
    }

    /// Notes that an amount was promised.
    ///
    /// # Errors
    /// [`OrderError::State`] if the order is canceled, [`OrderError::Unknown`],
    /// [`OrderError::Illegal`] unless the payment is pending, [`OrderError::Money`] for
    /// another currency, [`OrderError::Amount`] unless it is above zero and all
    /// authorizations of the order fit 64 bits.
    pub fn authorize(&mut self, id: PaymentId, amount: Money) -> Result<(), OrderError> {
        self.payable("take a payment")?;
        let mut payment = self.payment(id)?.clone();
        payment.state = payment.state.try_to(PaymentState::Authorized)?;
        within(amount, self.unauthorized()?)?;
        payment.authorized = amount;
        self.put_payment(payment)
    }

    /// Notes that an amount was taken, all or a part of what was authorized; of a pending
    /// payment any amount, which counts as authorized at once.
    ///
    /// # Errors
    /// As [`authorize`](Self::authorize); [`OrderError::Illegal`] if the payment has ended,
    /// [`OrderError::Amount`] above what is authorized and not yet captured.
    pub fn capture(&mut self, id: PaymentId, amount: Money) -> Result<(), OrderError> {
        self.payable("take a payment")?;
        let mut payment = self.payment(id)?.clone();
        if payment.state == PaymentState::Pending {
            within(amount, self.unauthorized()?)?;
            payment.authorized = amount;
        } else if payment.state != PaymentState::Captured {
            payment.state.try_to(PaymentState::Captured)?;
        }
        within(amount, payment.authorized.try_sub(payment.captured)?)?;
        payment.state = PaymentState::Captured;
        payment.captured = payment.captured.try_add(amount)?;
        self.put_payment(payment)
    }

    /// Notes that an amount went back. The payment ends when all of it is back.
    ///
    /// # Errors
    /// [`OrderError::Unknown`], [`OrderError::Illegal`] unless the payment is captured,
    /// [`OrderError::Money`] for another currency, [`OrderError::Amount`] unless the amount
    /// is above zero and at most what was captured and not yet refunded.
    pub fn refund(&mut self, id: PaymentId, amount: Money) -> Result<(), OrderError> {
        let mut payment = self.payment(id)?.clone();
        let refunded = payment.state.try_to(PaymentState::Refunded)?;
        within(amount, payment.captured.try_sub(payment.refunded)?)?;
        payment.refunded = payment.refunded.try_add(amount)?;
        if payment.refunded == payment.captured {
            payment.state = refunded;
        }
        self.put_payment(payment)
    }

    /// Gives a payment up before money was taken.
    ///
    /// # Errors
    /// [`OrderError::Unknown`], [`OrderError::Illegal`] unless pending or authorized.
    pub fn void(&mut self, id: PaymentId) -> Result<(), OrderError> {
        self.end_payment(id, PaymentState::Voided)
    }

    /// Notes that a payment was refused.
    ///
    /// # Errors
    /// [`OrderError::Unknown`], [`OrderError::Illegal`] unless pending.
    pub fn fail(&mut self, id: PaymentId) -> Result<(), OrderError> {
        self.end_payment(id, PaymentState::Failed)
    }

    /// Notes that what was promised lapsed.
    ///
    /// # Errors
    /// [`OrderError::Unknown`], [`OrderError::Illegal`] unless authorized.
    pub fn expire(&mut self, id: PaymentId) -> Result<(), OrderError> {
        self.end_payment(id, PaymentState::Expired)
    }

    fn end_payment(&mut self, id: PaymentId, end: PaymentState) -> Result<(), OrderError> {
        let mut payment = self.payment(id)?.clone();
        payment.state = payment.state.try_to(end)?;
        self.put_payment(payment)
    }

    fn payable(&self, command: &'static str) -> Result<(), OrderError> {
        match self.state {
            state @ OrderState::Canceled => Err(OrderError::State { command, state }),
            _ => Ok(()),
        }
    }

    fn payment(&self, id: PaymentId) -> Result<&Payment, OrderError> {
        let unknown = OrderError::Unknown { entity: "payment", id: id.get() };
        self.payments.iter().find(|payment| payment.id == id).ok_or(unknown)
    }

    fn put_payment(&mut self, payment: Payment) -> Result<(), OrderError> {
        self.commit(|order| {
            if let Some(old) = order.payments.iter_mut().find(|old| old.id == payment.id) {
                *old = payment;
            }
        })
    }

    /// What all authorizations of the order may still grow by, so that their sum fits.
    fn unauthorized(&self) -> Result<Money, OrderError> {
        let authorized = self.payments.iter().map(|payment| payment.authorized);
        let sum = Money::try_sum(self.currency, authorized)?;
        Ok(Money::new(i64::MAX, self.currency).try_sub(sum)?)
    }
}

/// An amount above zero and at most `limit`.
fn within(amount: Money, limit: Money) -> Result<(), OrderError> {
    let fits = amount.try_cmp(limit)?.is_le() && amount.minor() > 0;
    if fits { Ok(()) } else { Err(OrderError::Amount { amount, limit }) }
}
