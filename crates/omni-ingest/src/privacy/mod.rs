//! The rights of a person: to see, to be forgotten, to be asked.
//!
//! ```text
//! Person ─► Subject ─► disclose   all records of the person, as JSON
//!                  └─► erase      the person cut off, the books unchanged
//!                  └─► Tombstones keyed hashes: who comes back is known and kept out
//! Customer ─► audience            who agreed to a purpose, and how many did not
//! ```
//!
//! On the set of all channels: [`Unified::disclose`](crate::unify::Unified::disclose),
//! [`erase`](crate::unify::Unified::erase), [`keep_out`](crate::unify::Unified::keep_out) and
//! [`audience`](crate::unify::Unified::audience). Everything below is what they are made of,
//! for sets of one's own.
//!
//! # What erasure does
//! Orders, lines, amounts, dates and counts stay to the last minor unit: they are the books,
//! which the law makes a retailer keep. What leads to the person goes: the number of the
//! customer, the address, keys, and the text of every rejected or mended record that names
//! the person. The state of the merge ([`Person`](crate::merge::Person)) is dropped by its
//! owner.
//!
//! # What it cannot do
//! A name in a text is found as the words the person was known by, whatever their case, and
//! in the records the person is known from. A misspelled name in a rejected record that
//! nobody linked to the person is not found. Copies outside of what is handed over are not
//! reached. What another person is known by stays, also if it holds the same surname.
//!
//! # What pseudonyms are
//! See [`Key`]: they link the records of a person for who does not have the key, and lead
//! back to the person for who has it. They are personal data still.

mod disclose;
mod erase;
mod pseudonym;
mod tombstone;
mod unified;

pub use disclose::{Holdings, disclose};
pub use erase::{Erased, Subject};
pub use pseudonym::{Key, Pseudonym};
pub use tombstone::{Standing, Tombstones};

use chrono::{DateTime, Utc};
use omni_core::customer::{ConsentState, Purpose};
use omni_core::{ChannelId, Customer, CustomerId};

/// Who agreed to a purpose, and how many are left out for which reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Audience {
    /// Those who agreed, in the order they were given.
    pub included: Vec<CustomerId>,
    /// Those who never said anything about the purpose.
    pub not_asked: u64,
    /// Those who have yet to confirm.
    pub pending: u64,
    /// Those who said no.
    pub withdrawn: u64,
    /// Those who were erased.
    pub erased: u64,
    /// Those who are another customer by now, who is asked in their place.
    pub merged: u64,
}

impl Audience {
    /// All who are left out.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        let silent = self.not_asked.saturating_add(self.pending).saturating_add(self.withdrawn);
        silent.saturating_add(self.erased).saturating_add(self.merged)
    }
}

/// Parts the customers of a purpose: everything about single persons starts from
/// [`included`](Audience::included). O(consents).
///
/// # Examples
/// ```
/// use chrono::DateTime;
/// use omni_core::customer::{Consent, ConsentState, CustomerRecord, Purpose};
/// use omni_core::{Customer, CustomerId};
/// use omni_ingest::privacy::audience;
///
/// let at = DateTime::UNIX_EPOCH;
/// let customer = |id| Customer::new(CustomerRecord {
///     id: CustomerId::new(id), identities: vec![], consents: vec![], merged_into: None, erased_at: None,
/// });
/// let (mut ada, bob) = (customer(0)?, customer(1)?);
/// ada.record_consent(Consent {
///     purpose: Purpose::Marketing, channel: None, state: ConsentState::Granted, at,
///     source: "form".into(), text_version: "1".into(),
/// })?;
/// let mail = audience(&[ada, bob], Purpose::Marketing, None, at);
/// assert_eq!((mail.included, mail.not_asked), (vec![CustomerId::new(0)], 1));
/// # Ok::<(), omni_core::Violations>(())
/// ```
pub fn audience<'a>(
    customers: impl IntoIterator<Item = &'a Customer>,
    purpose: Purpose,
    channel: Option<ChannelId>,
    at: DateTime<Utc>,
) -> Audience {
    let mut audience = Audience::default();
    for customer in customers {
        let speaks = |state| {
            customer.consents.iter().any(|said| {
                let here = said.channel.is_none() || said.channel == channel;
                said.purpose == purpose && here && said.at <= at && said.state == state
            })
        };
        let count = if customer.erased_at.is_some_and(|erased| erased <= at) {
            &mut audience.erased
        } else if customer.merged_into.is_some() {
            &mut audience.merged
        } else if customer.allows(purpose, channel, at) {
            audience.included.push(customer.id);
            continue;
        } else if speaks(ConsentState::Withdrawn) {
            &mut audience.withdrawn
        } else if speaks(ConsentState::Pending) {
            &mut audience.pending
        } else {
            &mut audience.not_asked
        };
        *count = count.saturating_add(1);
    }
    audience
}
