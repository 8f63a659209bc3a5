//! What records say about persons, and what survives of it.

use super::Unified;
use crate::clean::email::Email;
use crate::clean::name::Name;
use crate::clean::phone::{Phone, Region};
use crate::clean::text::{collapse_space, match_key, repair_mojibake, unquote_cell};
use crate::merge::{Origin, Person, PersonVersion, Profile, Survivorship};
use crate::{Contact, Error};
use chrono::{DateTime, Utc};
use omni_core::customer::{
    Address, Consent, ConsentState, CustomerRecord, Identity, IdentityKind, Purpose,
};
use omni_core::{ChannelId, Customer, CustomerId};
use std::collections::BTreeSet;

/// What one record says about a person. `Debug` says which fields are filled, not with what.
///
/// Its number is that of the [`Origin`]s of golden records, beside the name of the channel:
/// [`Identified`](super::Identified) leads from it to file and record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Mention {
    /// The person, from 0.
    pub person: u32,
    /// Its number, from 0; it does not depend on the order of files and lines.
    pub number: u64,
    /// The channel.
    pub channel: ChannelId,
    /// The order it is about.
    pub order: Option<String>,
    /// When the order was placed or the event happened, if that could be read.
    pub at: Option<DateTime<Utc>>,
    /// What it says, as it is written.
    pub contact: Contact<'static>,
}

impl Mention {
    /// What it says in the form in which values are compared: an e-mail address in lower
    /// case, a phone number with its country (of the address, else Great Britain, as for the
    /// resolution of persons), the name with the given name first. What cannot be brought
    /// into its form stays as it is written. `id` is what references call the channel.
    pub(crate) fn with_version<T>(
        &self,
        channel: &str,
        id: ChannelId,
        take: impl FnOnce(&PersonVersion<'_>) -> T,
    ) -> T {
        let Contact { country, .. } = &self.contact;
        let (given, surname) = (tidy(&self.contact.given_name), tidy(&self.contact.surname));
        let name = match tidy(&self.contact.name) {
            name if name.is_empty() => format!("{given} {surname}").trim().to_owned(),
            name => given_first(name),
        };
        let (email, phone) = (email(&self.contact.email), phone(&self.contact.phone, country));
        let (loyalty, account) = (tidy(&self.contact.loyalty), tidy(&self.contact.account));
        let street = match tidy(&self.contact.street) {
            street if street.is_empty() => tidy(&self.contact.address),
            street => street,
        };
        let address = Address {
            name: String::new(),
            street,
            city: tidy(&self.contact.city),
            region: tidy(&self.contact.region),
            postal_code: tidy(&self.contact.postal_code),
            country: tidy(country),
        };
        let consent = self.consent(channel);
        take(&PersonVersion {
            name: &name,
            given_name: &given,
            surname: &surname,
            emails: &[&email],
            phones: &[&phone],
            loyalty: &[&loyalty],
            references: &[(id, &account)],
            addresses: std::slice::from_ref(&address),
            consents: consent.as_slice(),
        })
    }

    /// What it says about being written to, in its channel. A word without a time says
    /// nothing: it may be older than any other.
    fn consent(&self, channel: &str) -> Option<Consent> {
        let word = self.contact.marketing.trim();
        let is = |words: [&str; 3]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
        let state = if is(["yes", "true", "1"]) {
            ConsentState::Granted
        } else if is(["no", "false", "0"]) {
            ConsentState::Withdrawn
        } else {
            return None;
        };
        Some(Consent {
            purpose: Purpose::Marketing,
            channel: Some(self.channel),
            state,
            at: self.at?,
            source: channel.to_owned(),
            text_version: String::new(),
        })
    }

    fn origin(&self, channel: &str) -> Origin {
        Origin { at: self.at, ..Origin::new(channel, self.number) }
    }
}

/// Without broken letters, an apostrophe before a number, and blanks that are too many.
fn tidy(text: &str) -> String {
    let text = unquote_cell(text.trim());
    let mended = repair_mojibake(text);
    collapse_space(mended.as_deref().unwrap_or(text)).trim().to_owned()
}

/// `Lovelace, Ada` as `Ada Lovelace`; a comma before anything but a given name stays.
fn given_first(name: String) -> String {
    let Some((left, right)) = name.split_once(',') else { return name };
    let parsed = Name::parse(&name);
    let turned = parsed.suffix.is_empty() && parsed.family == match_key(left.trim());
    if turned && !right.trim().is_empty() {
        format!("{} {}", right.trim(), left.trim())
    } else {
        name
    }
}

fn email(text: &str) -> String {
    let text = tidy(text);
    Email::parse(&text).map_or(text, |email| email.as_str().to_owned())
}

fn phone(text: &str, country: &str) -> String {
    let text = tidy(text);
    let region = Region::new(country.trim()).or_else(|| Region::new("GB"));
    let parsed = region.and_then(|region| Phone::parse(&text, region).ok());
    match parsed {
        Some(phone) if phone.is_possible() => phone.without_extension().to_string(),
        _ => text,
    }
}

impl Unified {
    /// What records say about a person.
    #[must_use]
    pub fn mentions_of(&self, person: u32) -> &[Mention] {
        let start = self.mentions.partition_point(|mention| mention.person < person);
        let own = self.mentions.get(start..).unwrap_or_default();
        own.get(..own.partition_point(|mention| mention.person == person)).unwrap_or_default()
    }

    /// All that is known of a person, with its lineage: the state of a [`merge`](crate::merge).
    /// Nothing is known of who was erased. O(k log k) for k records of the person.
    #[must_use]
    pub fn person(&self, person: u32) -> Person {
        let mut state = Person::new();
        for mention in self.mentions_of(person) {
            let channel = self.channel(mention.channel);
            let origin = mention.origin(channel);
            mention.with_version(channel, mention.channel, |said| state.add(said, &origin));
        }
        state
    }

    /// The golden record of every person who was not erased, by number: what survives by the
    /// rules, from which records it is, and every former value.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::formats;
    /// use omni_ingest::merge::Survivorship;
    /// use omni_ingest::unify::Unifier;
    ///
    /// let shop = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Phone,Billing Zip\n\
    ///     #1,ada@old.example,paid,GBP,2025-06-08 11:58:45 +0100,1,Mug,10.00,MUG,A. Lovelace,07700 900001,SW1Y 4JH\n\
    ///     #2,ADA@new.example,paid,GBP,2025-07-08 11:58:45 +0100,1,Tee,9.00,TEE,Ada Lovelace,+44 7700 900001,SW1Y 4JH\n";
    /// let mut unifier = Unifier::new();
    /// unifier.read("shop.csv", &formats::shopify_orders(), shop.as_bytes())?;
    /// let unified = unifier.finish()?;
    ///
    /// let (_, ada) = unified.profiles(&Survivorship::person()).next().ok_or("nobody")?;
    /// let name = ada.name.ok_or("no name")?;
    /// assert_eq!((name.value.as_str(), name.lost.len()), ("Ada Lovelace", 1));
    /// let email = ada.email.ok_or("no e-mail")?;
    /// assert_eq!(email.value, "ada@new.example");
    /// assert_eq!(email.lost[0].value, "ada@old.example");
    /// assert_eq!(email.lost[0].origins[0].source, "shopify");
    /// assert_eq!(ada.phone.ok_or("no phone")?.origins.len(), 2); // one number, two records
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn profiles<'u>(
        &'u self,
        rules: &'u Survivorship,
    ) -> impl Iterator<Item = (u32, Profile)> + 'u {
        self.remaining().map(|person| (person, self.person(person).profile(rules)))
    }

    /// A person as a customer: every e-mail address, phone number, card, account and device
    /// in its normal form, and all consents. The number of the customer is the person's.
    ///
    /// # Errors
    /// [`Error::Person`] if the customer breaks a rule, which it has no reason to.
    pub fn customer(&self, person: u32) -> Result<Customer, Error> {
        let failed = |violations| Error::Person { person, violations };
        let id = CustomerId::new(person);
        let mut record = self.person(person).customer(id).map_err(failed)?.0.into_record();
        for device in self.devices(person) {
            let identity = Identity {
                kind: IdentityKind::Device,
                value: device.to_owned(),
                verified_at: None,
            };
            let alone = CustomerRecord {
                id,
                identities: vec![identity.clone()],
                consents: Vec::new(),
                merged_into: None,
                erased_at: None,
            };
            if Customer::new(alone).is_ok() {
                record.identities.push(identity);
            }
        }
        Customer::new(record).map_err(failed)
    }

    /// The persons who were not erased.
    pub(crate) fn remaining(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.persons).filter(|person| !self.erased.contains(person))
    }

    /// The devices of a person.
    pub(crate) fn devices(&self, person: u32) -> BTreeSet<&str> {
        let devices = self.mentions_of(person).iter().map(|mention| mention.contact.device.trim());
        devices.filter(|device| !device.is_empty()).collect()
    }

    /// The name of a channel.
    pub(crate) fn channel(&self, id: ChannelId) -> &str {
        self.keys.channels.key(id.get()).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_brought_into_one_form() {
        for (name, expected) in [
            ("Lovelace, Ada", "Ada Lovelace"),
            (" Ada   Lovelace ", "Ada Lovelace"),
            ("Ada Lovelace, Jr", "Ada Lovelace, Jr"),
            ("Lovelace,", "Lovelace,"),
        ] {
            assert_eq!(given_first(tidy(name)), expected);
        }
        assert_eq!(email(" Ada <ADA@mail.example> "), "ada@mail.example");
        assert_eq!(email("ada at mail"), "ada at mail");
        for (text, country, expected) in [
            ("'07700 900284", "", "+447700900284"),
            ("(212) 555-0123", "US", "+12125550123"),
            ("none", "GB", "none"),
        ] {
            assert_eq!(phone(text, country), expected);
        }
    }

    #[test]
    fn a_word_on_marketing_counts_with_its_time() {
        let said = |word: &'static str, at| {
            let contact = Contact { marketing: word.into(), ..Contact::default() };
            let channel = ChannelId::new(1);
            let mention = Mention { person: 0, number: 0, channel, order: None, at, contact };
            mention.consent("shop").map(|consent| consent.state)
        };
        let now = Some(DateTime::UNIX_EPOCH);
        assert_eq!(said(" Yes", now), Some(ConsentState::Granted));
        assert_eq!(said("no", now), Some(ConsentState::Withdrawn));
        assert_eq!((said("", now), said("perhaps", now), said("yes", None)), (None, None, None));
    }
}
