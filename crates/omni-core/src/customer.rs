//! A customer: what identifies a person in each channel, and what they agreed to.
//!
//! `Debug` never prints what identifies a person: an e-mail address reads `a***@d***`,
//! everything else `***`. Consent is a history that only grows: the latest entry for a
//! purpose wins, and without one the answer is no.

use crate::error::{Check, Violations};
use crate::record::{checked, distinct};
use crate::{ChannelId, CustomerId};
use chrono::{DateTime, Utc};
use std::fmt;

/// What kind of name a person goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum IdentityKind {
    /// An e-mail address in its normal form, lower case.
    Email,
    /// A telephone number as E.164 writes it: `+` and up to 15 digits.
    Phone,
    /// A device or browser.
    Device,
    /// The number of a loyalty card.
    Loyalty,
    /// What another system calls the person: a shop's customer number.
    ChannelRef(ChannelId),
}

/// One name a person goes by. It proves something only once it is verified.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Identity {
    /// What kind of name it is.
    pub kind: IdentityKind,
    /// The name in its normal form.
    pub value: String,
    /// When the person proved to own it.
    pub verified_at: Option<DateTime<Utc>>,
}

impl Identity {
    fn check(&self, check: &mut Check) {
        let value = self.value.as_str();
        let plain = |text: &str| !text.chars().any(|c| c.is_control() || c.is_whitespace());
        let (holds, rule) = match self.kind {
            IdentityKind::Email => {
                let parts = value.split_once('@');
                let whole = parts.is_some_and(|(user, host)| {
                    !user.is_empty() && !host.is_empty() && !host.contains('@')
                });
                let normal = value.len() <= 254 && !value.chars().any(char::is_uppercase);
                (whole && normal && plain(value), "must be an e-mail address in lower case")
            }
            IdentityKind::Phone => {
                let digits = value.strip_prefix('+').unwrap_or_default();
                let counted = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
                let holds = counted && digits.bytes().all(|b| b.is_ascii_digit());
                (holds, "must be + and 7 to 15 digits, the first not 0")
            }
            _ => {
                let counted = !value.trim().is_empty() && value.chars().count() <= 128;
                let holds = counted && !value.chars().any(char::is_control);
                (holds, "must be 1 to 128 characters, not blank, without control characters")
            }
        };
        check.that(holds, "value", rule);
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masked = match (self.kind, self.value.split_once('@')) {
            (IdentityKind::Email, Some((user, host))) => {
                let first = |part: &str| part.chars().next().map_or_else(String::new, String::from);
                format!("{}***@{}***", first(user), first(host))
            }
            _ => "***".to_owned(),
        };
        f.debug_struct("Identity")
            .field("kind", &self.kind)
            .field("value", &masked)
            .field("verified_at", &self.verified_at)
            .finish()
    }
}

/// What a person may agree to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Purpose {
    /// To be written to.
    Marketing,
    /// To be shown what fits them alone.
    Profiling,
    /// To be counted.
    Analytics,
    /// What an order or a contract needs.
    Essential,
}

/// What a person said about a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ConsentState {
    /// Asked, not yet confirmed: a no.
    Pending,
    /// Agreed.
    Granted,
    /// Refused or taken back.
    Withdrawn,
}

/// One entry of the consent history.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Consent {
    /// For what.
    pub purpose: Purpose,
    /// In which channel; `None` for all.
    pub channel: Option<ChannelId>,
    /// What was said.
    pub state: ConsentState,
    /// When.
    pub at: DateTime<Utc>,
    /// Where it was said: a form, a till. Not personal data.
    pub source: String,
    /// The version of the text that was agreed to.
    pub text_version: String,
}

/// Where an order goes. Every field but the country is masked in `Debug`.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Address {
    /// Who lives there.
    pub name: String,
    /// Street and house, one or more lines in one text.
    pub street: String,
    /// City.
    pub city: String,
    /// State, province or county; empty where there is none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub region: String,
    /// Postal code; empty where there is none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub postal_code: String,
    /// The two letters of ISO 3166, upper case.
    pub country: String,
}

impl Address {
    fn has_country(&self) -> bool {
        self.country.len() == 2 && self.country.bytes().all(|b| b.is_ascii_uppercase())
    }

    pub(crate) fn check(&self, check: &mut Check) {
        for (field, text) in [
            ("name", &self.name),
            ("street", &self.street),
            ("city", &self.city),
            ("region", &self.region),
            ("postal_code", &self.postal_code),
        ] {
            check.that(text.chars().count() <= 256, field, "must be at most 256 characters");
        }
        check.that(self.has_country(), "country", "must be two letters, upper case");
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let country = if self.has_country() { self.country.as_str() } else { "***" };
        f.debug_struct("Address").field("country", &country).finish_non_exhaustive()
    }
}

/// Everything a customer holds, as plain data; [`Customer::new`] checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct CustomerRecord {
    /// Their id.
    pub id: CustomerId,
    /// The names they go by, none twice.
    #[cfg_attr(feature = "serde", serde(default))]
    pub identities: Vec<Identity>,
    /// What they agreed to, oldest first.
    #[cfg_attr(feature = "serde", serde(default))]
    pub consents: Vec<Consent>,
    /// The customer they turned out to be.
    pub merged_into: Option<CustomerId>,
    /// When everything that identifies them was erased.
    pub erased_at: Option<DateTime<Utc>>,
}

impl CustomerRecord {
    fn check(&self, check: &mut Check) {
        let names = self.identities.iter().map(|name| (name.kind, &name.value));
        distinct(check, "identities", "", names);
        check.each("identities", &self.identities, |check, name| name.check(check));
        let before = [None].into_iter().chain(self.consents.iter().map(|entry| Some(entry.at)));
        check.each("consents", self.consents.iter().zip(before), |check, (entry, before)| {
            check.that(Some(entry.at) >= before, "at", "must not be before the entry above it");
        });
        check.that(self.merged_into != Some(self.id), "merged_into", "must be another customer");
        let gone = self.erased_at.is_none() || self.identities.is_empty();
        check.that(gone, "identities", "must be empty once erased");
    }
}

checked! {
    /// A customer that breaks no rule. Reads like its [`CustomerRecord`].
    ///
    /// # Examples
    /// ```
    /// use chrono::{DateTime, TimeDelta};
    /// use omni_core::customer::{Consent, ConsentState, Customer, CustomerRecord, Purpose};
    /// use omni_core::CustomerId;
    ///
    /// let (id, now) = (CustomerId::new(7), DateTime::UNIX_EPOCH);
    /// let mut anna = Customer::new(CustomerRecord {
    ///     id, identities: vec![], consents: vec![], merged_into: None, erased_at: None,
    /// })?;
    /// assert!(!anna.allows(Purpose::Marketing, None, now)); // nothing said: no
    ///
    /// let mut said = Consent {
    ///     purpose: Purpose::Marketing,
    ///     channel: None,
    ///     state: ConsentState::Granted,
    ///     at: now,
    ///     source: "newsletter form".into(),
    ///     text_version: "3".into(),
    /// };
    /// anna.record_consent(said.clone())?;
    /// assert!(anna.allows(Purpose::Marketing, None, now));
    ///
    /// (said.state, said.at) = (ConsentState::Withdrawn, now + TimeDelta::days(2));
    /// anna.record_consent(said)?;
    /// assert!(anna.allows(Purpose::Marketing, None, now + TimeDelta::days(1)));
    /// assert!(!anna.allows(Purpose::Marketing, None, now + TimeDelta::days(2)));
    /// # Ok::<(), omni_core::Violations>(())
    /// ```
    Customer(CustomerRecord)
}

impl Customer {
    /// Adds what the customer said to the history.
    ///
    /// # Errors
    /// [`Violations`] if it was said before the latest entry. The history is then as it was.
    pub fn record_consent(&mut self, consent: Consent) -> Result<(), Violations> {
        let follows = self.consents.last().is_none_or(|latest| latest.at <= consent.at);
        Check::all(|check| {
            check.that(follows, "consent.at", "must not be before the latest entry");
        })?;
        self.0.consents.push(consent);
        Ok(())
    }

    /// Whether the customer agrees to a purpose at an instant, in a channel or (`None`)
    /// in general.
    ///
    /// The latest entry up to the instant that speaks for the channel or for all channels
    /// decides. Without one, and once the customer is erased, the answer is no.
    #[must_use]
    pub fn allows(&self, purpose: Purpose, channel: Option<ChannelId>, at: DateTime<Utc>) -> bool {
        let speaks = |consent: &&Consent| {
            let here = consent.channel.is_none() || consent.channel == channel;
            consent.purpose == purpose && here && consent.at <= at
        };
        let erased = self.erased_at.is_some_and(|erased| erased <= at);
        let latest = self.consents.iter().rev().find(speaks);
        !erased && latest.is_some_and(|consent| consent.state == ConsentState::Granted)
    }

    /// Forgets everything that identifies the person; id and consent history stay for
    /// the books. Erasing twice keeps the first instant.
    pub fn erase(&mut self, at: DateTime<Utc>) {
        self.0.identities.clear();
        self.0.erased_at.get_or_insert(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn email(value: &str) -> Identity {
        Identity { kind: IdentityKind::Email, value: value.into(), verified_at: None }
    }

    fn customer(identities: Vec<Identity>) -> CustomerRecord {
        CustomerRecord {
            id: CustomerId::new(1),
            identities,
            consents: vec![],
            merged_into: None,
            erased_at: None,
        }
    }

    #[test]
    fn identities_are_in_their_normal_form() {
        let phone = |value: &str| Identity { kind: IdentityKind::Phone, ..email(value) };
        let reference = |value: &str| Identity {
            kind: IdentityKind::ChannelRef(ChannelId::new(2)),
            ..email(value)
        };
        for good in [
            email("a@b"),
            email("anna.o'neil+x@müller.example"),
            phone("+4915112345678"),
            reference("C-17"),
        ] {
            assert!(Customer::new(customer(vec![good.clone()])).is_ok(), "{:?}", good.value);
        }
        let long = format!("{}@b", "a".repeat(260));
        for bad in [
            email(""),
            email("@b"),
            email("a@"),
            email("a@b@c"),
            email("A@b"),
            email("a b@c"),
            email(&long),
            phone("4915112345678"),
            phone("+0151123456"),
            phone("+49 151 123"),
            phone("+1234567890123456"),
            phone("+123456"),
            reference(" "),
            reference("a\nb"),
        ] {
            let violations = Customer::new(customer(vec![bad.clone()])).unwrap_err();
            assert_eq!(violations.paths().collect::<Vec<_>>(), ["identities[0].value"]);
        }
    }

    #[test]
    fn every_broken_rule_is_named() {
        let said = |seconds| Consent {
            purpose: Purpose::Analytics,
            channel: None,
            state: ConsentState::Granted,
            at: DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds),
            source: "till".into(),
            text_version: "1".into(),
        };
        let record = CustomerRecord {
            consents: vec![said(5), said(4)],
            merged_into: Some(CustomerId::new(1)),
            erased_at: Some(DateTime::UNIX_EPOCH),
            ..customer(vec![email("a@b"), email("a@b")])
        };
        let violations = Customer::new(record).unwrap_err();
        assert_eq!(
            violations.paths().collect::<Vec<_>>(),
            ["identities[1]", "consents[1].at", "merged_into", "identities"]
        );
    }

    #[test]
    fn consent_is_by_purpose_channel_and_time() {
        let shop = Some(ChannelId::new(1));
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let mut person = Customer::new(customer(vec![])).unwrap();
        for (seconds, channel, state) in [
            (10, shop, ConsentState::Granted),
            (20, None, ConsentState::Withdrawn),
            (30, None, ConsentState::Granted),
            (30, shop, ConsentState::Pending),
        ] {
            let purpose = Purpose::Profiling;
            let (source, text_version) = ("till".into(), "1".into());
            let at = at(seconds);
            let said = Consent { purpose, channel, state, at, source, text_version };
            person.record_consent(said).unwrap();
        }
        let answers =
            |channel| [9, 10, 20, 30].map(|s| person.allows(Purpose::Profiling, channel, at(s)));
        assert_eq!(answers(shop), [false, true, false, false]);
        assert_eq!(answers(None), [false, false, false, true]);
        assert!(!person.allows(Purpose::Marketing, shop, at(10)));

        let before = person.clone();
        let early = Consent { at: at(29), ..person.consents[0].clone() };
        assert_eq!(person.record_consent(early).unwrap_err().paths().next(), Some("consent.at"));
        assert_eq!(person, before);
        person.erase(at(40));
        person.erase(at(50));
        assert_eq!(person.erased_at, Some(at(40)));
        assert!(!person.allows(Purpose::Profiling, None, at(40)));
    }

    #[test]
    fn debug_shows_nothing_personal() {
        let phone = Identity { kind: IdentityKind::Phone, ..email("+4915112345678") };
        let card = Identity { kind: IdentityKind::Loyalty, ..email("L-9912") };
        let names = vec![email("anna.schmidt@example.org"), phone, card, email("no sign")];
        let record = customer(names);
        let shown =
            format!("{record:?} {:#?}", Customer::new(customer(record.identities[..3].to_vec())));
        assert!(shown.contains("a***@e***"), "{shown}");
        for name in &record.identities {
            assert!(!shown.contains(&name.value), "{shown}");
        }
        for part in ["anna", "schmidt", "example", "151", "9912"] {
            assert!(!shown.contains(part), "{shown}");
        }
        let address = Address {
            name: "Anna Schmidt".into(),
            street: "Hauptstraße 1".into(),
            city: "Köln".into(),
            region: "NRW".into(),
            postal_code: "50667".into(),
            country: "DE".into(),
        };
        assert_eq!(format!("{address:?}"), "Address { country: \"DE\", .. }");
        let swapped = Address { country: address.name.clone(), ..address };
        assert_eq!(format!("{swapped:?}"), "Address { country: \"***\", .. }");
        let broken = Check::all(|check| swapped.check(check)).unwrap_err();
        assert_eq!(broken.paths().collect::<Vec<_>>(), ["country"]);
    }
}
