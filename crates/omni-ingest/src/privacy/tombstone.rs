//! Tombstones: who was erased is known again, without keeping who it was.
//!
//! ```text
//! mark(x)    = pseudonym(kind of x, x in its normal form)
//! state      = { mark(identifier) → { initial under that mark } }
//! ```
//!
//! An old export brings an erased person back. Therefore every identifier of the person
//! leaves a keyed hash: each e-mail address, phone number, card, reference, and name with
//! address. A record that carries one of them is that person's and kept out.
//!
//! Families share a mailbox or a telephone. So beside each mark stands the hash of the first
//! letter of the given name: a record with that identifier and another initial is somebody
//! else ([`Standing::Shared`]); one without any name is taken for the person. The initial is
//! hashed together with the identifier, so it cannot be counted across persons.
//!
//! The state is a set: merging is commutative, associative and idempotent. O(log n) per
//! identifier.

use super::{Key, Pseudonym};
use crate::merge::{Person, PersonVersion, Values};
use omni_core::customer::Address;
use omni_core::{ChannelId, ParamError};
use std::collections::{BTreeMap, BTreeSet};

/// How a record stands to the persons who were erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Standing {
    /// It is nobody's who was erased.
    Unknown,
    /// It has an identifier of an erased person and another given name: another member of the
    /// household. It may stay.
    Shared,
    /// It is an erased person's: keep it out, and count it.
    Erased,
}

/// The keyed hashes of the persons who were erased.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Stored", into = "Stored")
)]
pub struct Tombstones {
    /// Tells a wrong key, under which nobody would be recognized.
    check: Pseudonym,
    /// The initials under each identifier; `None` is a person without a given name.
    marks: BTreeMap<Pseudonym, BTreeSet<Option<Pseudonym>>>,
}

impl Tombstones {
    /// Nobody erased yet, under this key.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        Self { check: check(key), marks: BTreeMap::new() }
    }

    /// Remembers a person who is erased.
    ///
    /// # Errors
    /// [`ParamError`] if the key is not that of the tombstones.
    pub fn bury(&mut self, key: &Key, person: &Person) -> Result<(), ParamError> {
        self.check_key(key)?;
        let texts = |field| {
            let values = person.texts().field(field);
            values.into_iter().flat_map(Values::iter).map(|(value, _)| value.as_str())
        };
        let given: BTreeSet<char> = texts("given_name").filter_map(initial).collect();
        let names: Vec<&str> = texts("name").collect();
        let mut initials = given;
        initials.extend(names.iter().copied().filter_map(initial));
        let mut identifiers = Vec::new();
        identifiers.extend(texts("email").filter_map(email));
        identifiers.extend(texts("phone").filter_map(phone));
        identifiers.extend(texts("loyalty").filter_map(card));
        let references = person.references().iter();
        identifiers.extend(references.filter_map(|((channel, name), _)| reference(*channel, name)));
        for place in person.addresses() {
            // The name at an address may be that of who was given a present.
            let own = if names.is_empty() { vec![place.name.as_str()] } else { names.clone() };
            identifiers.extend(own.into_iter().filter_map(|name| home(name, &place)));
        }
        for (kind, value) in identifiers {
            let marks = self.marks.entry(key.pseudonym(kind, &value)).or_default();
            if initials.is_empty() {
                marks.insert(None);
            }
            marks.extend(initials.iter().map(|letter| Some(under(key, kind, &value, *letter))));
        }
        Ok(())
    }

    /// How a record stands to those who were erased.
    ///
    /// # Errors
    /// [`ParamError`] if the key is not that of the tombstones.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::merge::{Origin, Person, PersonVersion};
    /// use omni_ingest::privacy::{Key, Standing, Tombstones};
    ///
    /// let version = |name, phone| PersonVersion { name, phones: phone, ..Default::default() };
    /// let mut ada = Person::new();
    /// ada.add(&version("Ada Lovelace", &["+44 7700 900001"]), &Origin::new("shop", 1));
    ///
    /// let key = Key::new(*b"sixteen bytes...");
    /// let mut tombstones = Tombstones::new(&key);
    /// tombstones.bury(&key, &ada)?;
    /// let standing = |name, phone| tombstones.standing(&key, &version(name, phone));
    /// assert_eq!(standing("A. Lovelace", &["07700900001"])?, Standing::Erased);
    /// assert_eq!(standing("Byron Lovelace", &["07700900001"])?, Standing::Shared);
    /// assert_eq!(standing("Ada Lovelace", &["07700900002"])?, Standing::Unknown);
    /// # Ok::<(), omni_core::ParamError>(())
    /// ```
    pub fn standing(&self, key: &Key, version: &PersonVersion<'_>) -> Result<Standing, ParamError> {
        self.check_key(key)?;
        let letter = initial(version.given_name).or_else(|| initial(version.name));
        let mut standing = Standing::Unknown;
        let homes = version.addresses.iter().filter_map(|place| {
            let named = !version.name.trim().is_empty();
            home(if named { version.name } else { &place.name }, place)
        });
        let identifiers = version.emails.iter().filter_map(|text| email(text));
        let identifiers = identifiers.chain(version.phones.iter().filter_map(|text| phone(text)));
        let identifiers = identifiers.chain(version.loyalty.iter().filter_map(|text| card(text)));
        let references = version.references.iter();
        let references = references.filter_map(|(channel, name)| reference(*channel, name));
        for (kind, value) in identifiers.chain(references).chain(homes) {
            let Some(marks) = self.marks.get(&key.pseudonym(kind, &value)) else { continue };
            let same = letter.is_none_or(|letter| {
                marks.contains(&None) || marks.contains(&Some(under(key, kind, &value, letter)))
            });
            standing = standing.max(if same { Standing::Erased } else { Standing::Shared });
        }
        Ok(standing)
    }

    /// Takes over the tombstones of another state.
    ///
    /// # Errors
    /// [`ParamError`] if they are under another key.
    pub fn merge(&mut self, other: &Self) -> Result<(), ParamError> {
        if self.check != other.check {
            return Err(wrong_key());
        }
        for (mark, initials) in &other.marks {
            self.marks.entry(*mark).or_default().extend(initials);
        }
        Ok(())
    }

    /// How many identifiers are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether nobody was erased.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    fn check_key(&self, key: &Key) -> Result<(), ParamError> {
        if self.check == check(key) { Ok(()) } else { Err(wrong_key()) }
    }
}

fn check(key: &Key) -> Pseudonym {
    key.pseudonym("tombstones", "check")
}

fn wrong_key() -> ParamError {
    ParamError::new("key", "the one the tombstones were made with", "another")
}

/// The mark of an initial under an identifier.
fn under(key: &Key, kind: &str, value: &str, letter: char) -> Pseudonym {
    key.pseudonym("initial", &format!("{letter}{kind} {value}"))
}

/// The first letter of a name, in lower case.
fn initial(name: &str) -> Option<char> {
    name.chars().find(|c| c.is_alphabetic()).and_then(|c| c.to_lowercase().next())
}

/// Letters and digits in lower case.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

type Identifier = (&'static str, String);

fn email(text: &str) -> Option<Identifier> {
    let text = text.trim().to_lowercase();
    text.contains('@').then_some(("email", text))
}

/// The last nine digits: with or without the country, with or without the leading zero.
fn phone(text: &str) -> Option<Identifier> {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    let last = digits.get(digits.len().saturating_sub(9)..).unwrap_or_default();
    (last.len() >= 6).then(|| ("phone", last.iter().collect()))
}

/// Without the leading zeros, which spreadsheets lose.
fn card(text: &str) -> Option<Identifier> {
    let text = squeezed(text);
    let text = text.trim_start_matches('0');
    (!text.is_empty()).then(|| ("loyalty", text.to_owned()))
}

fn reference(channel: ChannelId, name: &str) -> Option<Identifier> {
    let name = name.trim();
    (!name.is_empty()).then(|| ("reference", format!("{channel} {name}")))
}

/// Name, street and postal code together.
fn home(name: &str, place: &Address) -> Option<Identifier> {
    let parts = [name, &place.street, &place.postal_code].map(squeezed);
    let [name, street, code] = &parts;
    let known = !name.is_empty() && !street.is_empty() && !code.is_empty();
    known.then(|| ("home", parts.join(" ")))
}

/// The tombstones as they are written.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    layout: u32,
    check: Pseudonym,
    marks: Vec<(Pseudonym, BTreeSet<Option<Pseudonym>>)>,
}

#[cfg(feature = "serde")]
impl From<Tombstones> for Stored {
    fn from(tombstones: Tombstones) -> Self {
        let marks = tombstones.marks.into_iter().collect();
        Self { layout: 1, check: tombstones.check, marks }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Stored> for Tombstones {
    type Error = ParamError;

    fn try_from(stored: Stored) -> Result<Self, ParamError> {
        if stored.layout != 1 {
            return Err(ParamError::new("layout", "1", stored.layout));
        }
        let mut marks: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (mark, initials) in stored.marks {
            marks.entry(mark).or_default().extend(initials);
        }
        Ok(Self { check: stored.check, marks })
    }
}
