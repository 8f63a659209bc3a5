//! A person: names, addresses of all kinds, consent.

use super::{Entity, Origin, Rule, Survivor, Survivorship, Values};
use chrono::{DateTime, Utc};
use omni_core::customer::{
    Address, Consent, ConsentState, CustomerRecord, Identity, IdentityKind, Purpose,
};
use omni_core::{ChannelId, Customer, CustomerId, Violations};
use std::collections::BTreeSet;
use std::fmt;

/// What one record says about a person. Blank texts say nothing. `Debug` leaves out the
/// values.
#[derive(Clone, Default)]
pub struct PersonVersion<'a> {
    /// The whole name.
    pub name: &'a str,
    /// The given name.
    pub given_name: &'a str,
    /// The surname.
    pub surname: &'a str,
    /// E-mail addresses, cleaned.
    pub emails: &'a [&'a str],
    /// Phone numbers, as `+` and digits where that is known.
    pub phones: &'a [&'a str],
    /// Numbers of loyalty cards.
    pub loyalty: &'a [&'a str],
    /// What channels call the person.
    pub references: &'a [(ChannelId, &'a str)],
    /// Postal addresses.
    pub addresses: &'a [Address],
    /// What the person agreed to.
    pub consents: &'a [Consent],
}

impl fmt::Debug for PersonVersion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonVersion").field("consents", &self.consents).finish_non_exhaustive()
    }
}

/// The names of the text fields.
const NAME: &str = "name";
const GIVEN: &str = "given_name";
const SURNAME: &str = "surname";
const EMAIL: &str = "email";
const PHONE: &str = "phone";
const LOYALTY: &str = "loyalty";
const ADDRESS: &str = "address";

impl Survivorship {
    /// The rules of a [`Person`].
    ///
    /// | field | rules | why |
    /// |---|---|---|
    /// | `name`, `given_name`, `surname` | verified, frequent, longest, recent | a slip is made once, the name is written again and again; an initial loses to the name |
    /// | `email`, `phone` | verified, recent, frequent | people move on: what was used last reaches them |
    /// | `address` | recent, frequent, longest | goods go where the last ones arrived |
    /// | `loyalty` | verified, frequent, recent | the card was swiped, a slip was typed |
    #[must_use]
    pub fn person() -> Self {
        use Rule::{Frequent, Longest, Recent, Verified};
        let names = [Verified, Frequent, Longest, Recent];
        let reach = [Verified, Recent, Frequent];
        Self::new(&[Verified, Recent])
            .with_field(NAME, &names)
            .with_field(GIVEN, &names)
            .with_field(SURNAME, &names)
            .with_field(EMAIL, &reach)
            .with_field(PHONE, &reach)
            .with_field(ADDRESS, &[Recent, Frequent, Longest])
            .with_field(LOYALTY, &[Verified, Frequent, Recent])
    }
}

/// The parts of an address, in the order of its fields.
type Place = [String; 6];

/// When, how strict, for what, where, source, version of the text.
type Said = (DateTime<Utc>, ConsentState, Purpose, Option<ChannelId>, String, String);

/// All that was said about one person.
///
/// Merged like any [`Entity`]; every e-mail address, phone number, postal address and card
/// ever seen is kept. With the feature `serde` the state is read and written with the number
/// of its layout, 1.
///
/// # Examples
/// ```
/// use chrono::DateTime;
/// use omni_core::CustomerId;
/// use omni_ingest::merge::{Origin, Person, PersonVersion, Survivorship};
///
/// let (mut shop, mut till) = (Person::new(), Person::new());
/// let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
/// shop.add(
///     &PersonVersion { name: "A. Lovelace", emails: &["ada@old.example"], ..Default::default() },
///     &Origin::new("shop", 1).with_time(at(1_000)),
/// );
/// till.add(
///     &PersonVersion { name: "Ada Lovelace", emails: &["ada@new.example"], ..Default::default() },
///     &Origin::new("till", 5).with_time(at(2_000)),
/// );
/// shop.merge(&till);
/// let profile = shop.profile(&Survivorship::person());
/// assert_eq!(profile.name.as_ref().map(|name| name.value.as_str()), Some("Ada Lovelace"));
/// let emails: Vec<_> = profile.email.iter().flat_map(|email| email.all()).map(|(e, _)| e.as_str()).collect();
/// assert_eq!(emails, ["ada@new.example", "ada@old.example"]);
/// let (customer, unfit) = shop.customer(CustomerId::new(0))?;
/// assert_eq!((customer.identities.len(), unfit.len()), (2, 0));
/// # Ok::<(), omni_core::Violations>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Stored", into = "Stored")
)]
pub struct Person {
    texts: Entity,
    references: Values<(ChannelId, String)>,
    addresses: Values<Place>,
    consents: Consents,
}

/// What was agreed to, and by whom it was told. `Debug` leaves out the texts.
#[derive(Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Consents(BTreeSet<(Said, Origin)>);

impl fmt::Debug for Consents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Consents").field(&self.0.len()).finish()
    }
}

impl Person {
    /// Nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what one record says.
    pub fn add(&mut self, version: &PersonVersion<'_>, origin: &Origin) {
        for (field, values) in [
            (NAME, std::slice::from_ref(&version.name)),
            (GIVEN, std::slice::from_ref(&version.given_name)),
            (SURNAME, std::slice::from_ref(&version.surname)),
            (EMAIL, version.emails),
            (PHONE, version.phones),
            (LOYALTY, version.loyalty),
        ] {
            for value in values {
                self.texts.add(field, value, origin);
            }
        }
        for (channel, name) in version.references {
            let name = name.trim();
            if !name.is_empty() {
                self.references.add((*channel, name.to_owned()), origin.clone());
            }
        }
        for address in version.addresses {
            let place = place(address);
            // A country alone is no address.
            if place.iter().take(5).any(|part| !part.is_empty()) {
                self.addresses.add(place, origin.clone());
            }
        }
        for consent in version.consents {
            let Consent { purpose, channel, state, at, source, text_version } = consent.clone();
            let said = (at, state, purpose, channel, source, text_version);
            self.consents.0.insert((said, origin.clone()));
        }
    }

    /// Takes over what another state knows.
    pub fn merge(&mut self, other: &Self) {
        self.texts.merge(&other.texts);
        self.references.merge(&other.references);
        self.addresses.merge(&other.addresses);
        self.consents.0.extend(other.consents.0.iter().cloned());
    }

    /// Takes out what one record said: the state is as if it had never come.
    pub fn remove(&mut self, source: &str, record: u64) {
        self.texts.remove(source, record);
        self.references.remove(source, record);
        self.addresses.remove(source, record);
        self.consents.0.retain(|(_, origin)| origin.record != record || origin.source != source);
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The text fields: `name`, `given_name`, `surname`, `email`, `phone`, `loyalty`.
    #[must_use]
    pub const fn texts(&self) -> &Entity {
        &self.texts
    }

    /// What channels call the person.
    #[must_use]
    pub const fn references(&self) -> &Values<(ChannelId, String)> {
        &self.references
    }

    /// Every postal address.
    pub fn addresses(&self) -> impl Iterator<Item = Address> + '_ {
        self.addresses.iter().map(|(place, _)| address(place.clone()))
    }

    /// The records that said something, by source and number.
    #[must_use]
    pub fn records(&self) -> BTreeSet<(&str, u64)> {
        let texts = self.texts.fields().flat_map(|(_, values)| values.iter());
        let texts = texts.flat_map(|(_, origins)| origins);
        let references = self.references.iter().flat_map(|(_, origins)| origins);
        let addresses = self.addresses.iter().flat_map(|(_, origins)| origins);
        let consents = self.consents.0.iter().map(|(_, origin)| origin);
        let all = texts.chain(references).chain(addresses).chain(consents);
        all.map(|origin| (origin.source.as_str(), origin.record)).collect()
    }

    /// What survives, with what lost.
    #[must_use]
    pub fn profile(&self, rules: &Survivorship) -> Profile {
        let text = |field| self.texts.field(field).and_then(|all| rules.survivor(field, all));
        let length = |place: &Place| place.iter().map(|part| part.chars().count()).sum();
        let address =
            self.addresses.survivor(rules.rules(ADDRESS), rules.sources(), length).map(|found| {
                let former = |former: super::Former<Place>| super::Former {
                    value: address(former.value),
                    origins: former.origins,
                };
                Survivor {
                    value: address(found.value),
                    origins: found.origins,
                    rule: found.rule,
                    lost: found.lost.into_iter().map(former).collect(),
                }
            });
        Profile {
            name: text(NAME),
            given_name: text(GIVEN),
            surname: text(SURNAME),
            email: text(EMAIL),
            phone: text(PHONE),
            loyalty: text(LOYALTY),
            address,
            consents: self.consents(),
        }
    }

    /// What was agreed to, by time. Of two statements of the same instant the stricter one
    /// stands last, so that it counts.
    #[must_use]
    pub fn consents(&self) -> Vec<Consent> {
        let mut said: Vec<&Said> = self.consents.0.iter().map(|(said, _)| said).collect();
        // Two origins of one statement stand side by side.
        said.dedup();
        let strict = |state| match state {
            ConsentState::Granted => 0,
            ConsentState::Pending => 1,
            _ => 2,
        };
        said.sort_by_key(|(at, state, ..)| (*at, strict(*state)));
        let consent = |(at, state, purpose, channel, source, text_version): &Said| Consent {
            purpose: *purpose,
            channel: *channel,
            state: *state,
            at: *at,
            source: source.clone(),
            text_version: text_version.clone(),
        };
        said.into_iter().map(consent).collect()
    }

    /// The person as a customer: every e-mail address, phone number, card and reference that
    /// is in its normal form, verified when an origin with a time was, and all consents. What
    /// is not in its normal form is listed, not mended.
    ///
    /// # Errors
    /// [`Violations`] if the customer breaks a rule all the same.
    pub fn customer(&self, id: CustomerId) -> Result<(Customer, Vec<Unfit>), Violations> {
        let empty = |identities| CustomerRecord {
            id,
            identities,
            consents: Vec::new(),
            merged_into: None,
            erased_at: None,
        };
        let texts = [
            (EMAIL, IdentityKind::Email),
            (PHONE, IdentityKind::Phone),
            (LOYALTY, IdentityKind::Loyalty),
        ];
        let texts = texts.into_iter().flat_map(|(field, kind)| {
            let values = self.texts.field(field).into_iter().flat_map(Values::iter);
            values.map(move |(value, origins)| (kind, value, origins))
        });
        let references = self
            .references
            .iter()
            .map(|((channel, name), origins)| (IdentityKind::ChannelRef(*channel), name, origins));
        let (mut identities, mut unfit) = (Vec::new(), Vec::new());
        for (kind, value, origins) in texts.chain(references) {
            let proven = origins.iter().filter(|origin| origin.verified);
            let verified_at = proven.filter_map(|origin| origin.at).max();
            let identity = Identity { kind, value: value.clone(), verified_at };
            match Customer::new(empty(vec![identity.clone()])) {
                Ok(_) => identities.push(identity),
                Err(_) => unfit.push(Unfit { kind, origins: origins.iter().cloned().collect() }),
            }
        }
        let record = CustomerRecord { consents: self.consents(), ..empty(identities) };
        Ok((Customer::new(record)?, unfit))
    }
}

/// The state as it is written.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    layout: u32,
    texts: Entity,
    references: Values<(ChannelId, String)>,
    addresses: Values<Place>,
    consents: Consents,
}

#[cfg(feature = "serde")]
impl From<Person> for Stored {
    fn from(person: Person) -> Self {
        let Person { texts, references, addresses, consents } = person;
        Self { layout: 1, texts, references, addresses, consents }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Stored> for Person {
    type Error = omni_core::ParamError;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let Stored { layout, texts, references, addresses, consents } = stored;
        if layout == 1 {
            Ok(Self { texts, references, addresses, consents })
        } else {
            Err(omni_core::ParamError::new("layout", "1", layout))
        }
    }
}

/// What survives of a person, with what lost. `Debug` leaves out the values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Profile {
    /// The whole name.
    pub name: Option<Survivor<String>>,
    /// The given name.
    pub given_name: Option<Survivor<String>>,
    /// The surname.
    pub surname: Option<Survivor<String>>,
    /// The e-mail address to write to; the former ones are in `lost`.
    pub email: Option<Survivor<String>>,
    /// The number to call; the former ones are in `lost`.
    pub phone: Option<Survivor<String>>,
    /// The card; the others are in `lost`.
    pub loyalty: Option<Survivor<String>>,
    /// The address to send to; the former ones are in `lost`.
    pub address: Option<Survivor<Address>>,
    /// What was agreed to, by time.
    pub consents: Vec<Consent>,
}

/// A value that is not in the normal form of its kind, and so not in the [`Customer`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Unfit {
    /// What it was meant as.
    pub kind: IdentityKind,
    /// Who said it.
    pub origins: Vec<Origin>,
}

fn place(address: &Address) -> Place {
    let Address { name, street, city, region, postal_code, country } = address;
    [name, street, city, region, postal_code, country].map(|part| part.trim().to_owned())
}

fn address([name, street, city, region, postal_code, country]: Place) -> Address {
    Address { name, street, city, region, postal_code, country }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn said(state: ConsentState, seconds: i64) -> Consent {
        let purpose = Purpose::Marketing;
        let (source, text_version) = ("form".to_owned(), "1".to_owned());
        Consent { purpose, channel: None, state, at: at(seconds), source, text_version }
    }

    fn home(street: &str) -> Address {
        Address {
            name: "Ada Lovelace".into(),
            street: street.into(),
            city: "London".into(),
            region: String::new(),
            postal_code: "SW1Y 4JH".into(),
            country: "GB".into(),
        }
    }

    #[test]
    fn every_former_address_is_kept() {
        let mut person = Person::new();
        for (seconds, email, phone, street) in [
            (10, "ada@old.example", "+447700900001", "12 St James's Square"),
            (30, "ada@new.example", "+447700900002", "6 Marylebone Road"),
            (20, "ada@old.example", "07700 900003", "12 St James's Square"),
        ] {
            let version = PersonVersion {
                emails: &[email],
                phones: &[phone],
                addresses: &[home(street)],
                references: &[(ChannelId::new(2), "C-17")],
                ..PersonVersion::default()
            };
            person.add(&version, &Origin::new("shop", seconds as u64).with_time(at(seconds)));
        }
        let profile = person.profile(&Survivorship::person());
        let email = profile.email.unwrap();
        assert_eq!((email.value.as_str(), email.rule), ("ada@new.example", Some(Rule::Recent)));
        assert_eq!(email.lost[0].origins.len(), 2);
        let phones: Vec<String> =
            profile.phone.unwrap().all().map(|(phone, _)| phone.clone()).collect();
        assert_eq!(phones, ["+447700900002", "07700 900003", "+447700900001"]);
        assert_eq!(profile.address.unwrap().value, home("6 Marylebone Road"));

        let (customer, unfit) = person.customer(CustomerId::new(7)).unwrap();
        assert_eq!(customer.identities.len(), 5);
        assert_eq!((unfit.len(), unfit[0].kind), (1, IdentityKind::Phone));
        assert_eq!(unfit[0].origins[0].record, 20);
    }

    #[test]
    fn the_stricter_of_two_statements_of_one_instant_counts() {
        use ConsentState::{Granted, Pending, Withdrawn};
        for (states, allowed) in [
            ([Granted, Withdrawn], false),
            ([Withdrawn, Granted], false),
            ([Pending, Granted], false),
        ] {
            let mut person = Person::new();
            for (record, state) in states.into_iter().enumerate() {
                let consents = [said(state, 10)];
                let version = PersonVersion { consents: &consents, ..PersonVersion::default() };
                person.add(&version, &Origin::new("form", record as u64));
                // Told by two files, said once.
                person.add(&version, &Origin::new("copy", record as u64));
            }
            let (customer, _) = person.customer(CustomerId::new(0)).unwrap();
            assert_eq!(customer.consents.len(), 2);
            assert_eq!(customer.allows(Purpose::Marketing, None, at(10)), allowed, "{states:?}");
        }
        // A later word always counts.
        let mut person = Person::new();
        let consents = [said(Granted, 20), said(Withdrawn, 10)];
        person.add(
            &PersonVersion { consents: &consents, ..Default::default() },
            &Origin::new("f", 1),
        );
        let (customer, _) = person.customer(CustomerId::new(0)).unwrap();
        assert!(customer.allows(Purpose::Marketing, None, at(20)));
    }

    #[test]
    fn a_verified_identity_has_the_time_of_its_proof() {
        let mut person = Person::new();
        let version = PersonVersion { emails: &["a@b.example"], ..PersonVersion::default() };
        person.add(&version, &Origin::new("mail", 1).with_time(at(5)).with_proof());
        person.add(&version, &Origin::new("shop", 1).with_time(at(9)));
        let (customer, _) = person.customer(CustomerId::new(0)).unwrap();
        assert_eq!(customer.identities[0].verified_at, Some(at(5)));
        person.remove("shop", 1);
        person.remove("mail", 1);
        assert!(person.is_empty());
    }

    #[test]
    fn debug_shows_nothing_personal() {
        let mut person = Person::new();
        let version = PersonVersion {
            name: "Ada Lovelace",
            emails: &["ada@old.example"],
            addresses: &[home("12 St James's Square")],
            consents: &[said(ConsentState::Granted, 1)],
            ..PersonVersion::default()
        };
        person.add(&version, &Origin::new("shop", 1));
        let profile = person.profile(&Survivorship::person());
        let shown = format!("{version:?} {person:?} {profile:?}");
        for part in ["Ada", "ada", "James", "SW1Y"] {
            assert!(!shown.contains(part), "{shown}");
        }
    }
}
