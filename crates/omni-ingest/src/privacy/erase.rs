//! Erasure: the person is cut off, the books stay.

use super::{Key, Pseudonym};
use crate::merge::Person;
use crate::{Error, Keys, Read, Reject, Repair, ReturnedLine};
use chrono::{DateTime, Utc};
use omni_core::customer::Address;
use omni_core::event::Actor;
use omni_core::{Customer, CustomerId, Event, Index, Order, Violations};
use std::collections::BTreeSet;
use std::fmt;

/// A person whose records are looked for: its words, numbers, customers and records.
/// `Debug` leaves them out.
#[derive(Clone, Default)]
pub struct Subject {
    /// Words of names, in lower case.
    words: BTreeSet<String>,
    /// E-mail addresses and streets, in lower case.
    texts: BTreeSet<String>,
    /// Cards and what channels call the person, in lower case.
    codes: BTreeSet<String>,
    /// Ends of phone numbers.
    digits: BTreeSet<String>,
    customers: BTreeSet<CustomerId>,
    records: BTreeSet<(String, u64)>,
}

/// How much was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Erased {
    /// Orders the person was cut off from.
    pub orders: u64,
    /// Returns.
    pub returns: u64,
    /// Events.
    pub events: u64,
    /// Customers.
    pub customers: u64,
    /// Rejected records, duplicates and copies whose text was dropped.
    pub rejects: u64,
    /// Repairs whose text was dropped.
    pub repairs: u64,
    /// Keys that were replaced by a pseudonym.
    pub keys: u64,
}

/// What stands in the place of what was erased.
pub(super) const ERASED: &str = "erased";

impl Subject {
    /// All that is known of a person.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        let mut subject = Self::default();
        for (field, values) in person.texts().fields() {
            for (value, _) in values.iter() {
                match field {
                    "name" | "given_name" | "surname" => subject.add_name(value),
                    "phone" => subject.add_phone(value),
                    "loyalty" => subject.add_code(value),
                    _ => subject.add_text(value),
                }
            }
        }
        for ((_, name), _) in person.references().iter() {
            subject.add_code(name);
        }
        // Not the name at an address: that of who was given a present is another's.
        for place in person.addresses() {
            subject.add_text(&place.street);
        }
        let records = person.records().into_iter();
        subject.records.extend(records.map(|(source, record)| (source.to_owned(), record)));
        subject
    }

    /// The customers the person is.
    #[must_use]
    pub fn with_customers(mut self, customers: &[CustomerId]) -> Self {
        self.customers.extend(customers);
        self
    }

    /// The records the person is known from, as file and number: in place of the sources of
    /// the merge state, where those are not files.
    #[must_use]
    pub fn with_records(mut self, records: impl IntoIterator<Item = (String, u64)>) -> Self {
        self.records = records.into_iter().collect();
        self
    }

    /// Further codes of the person: devices.
    pub(super) fn with_codes<'a>(mut self, codes: impl IntoIterator<Item = &'a str>) -> Self {
        for code in codes {
            self.add_text(code);
        }
        self
    }

    fn add_name(&mut self, name: &str) {
        self.words.extend(words(name).filter(|word| word.chars().count() > 1));
    }

    fn add_phone(&mut self, phone: &str) {
        let digits = digits(phone);
        if digits.len() >= 6 {
            let start = digits.len().saturating_sub(9);
            self.digits.insert(digits.get(start..).unwrap_or_default().to_owned());
        } else {
            self.add_text(phone);
        }
    }

    fn add_text(&mut self, text: &str) {
        let text = text.trim().to_lowercase();
        // Shorter texts stand in others by chance.
        if text.chars().count() >= 4 {
            self.texts.insert(text);
        } else {
            self.add_code(&text);
        }
    }

    fn add_code(&mut self, code: &str) {
        let code = code.trim().to_lowercase();
        if !code.is_empty() {
            self.codes.insert(code);
        }
    }

    /// Whether a customer is the person.
    #[must_use]
    pub fn is(&self, customer: CustomerId) -> bool {
        self.customers.contains(&customer)
    }

    /// Whether a text may name the person: a word of the name, an e-mail address, a phone
    /// number in whatever form, a card, a street. A namesake is taken for the person.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let known = |word: &String| self.words.contains(word) || self.codes.contains(word);
        self.is_reached_in(text) || words(text).any(|word| known(&word))
    }

    /// Whether a text holds an e-mail address, a phone number or a street of the person.
    #[must_use]
    pub fn is_reached_in(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        if self.texts.iter().any(|known| lower.contains(known.as_str())) {
            return true;
        }
        !self.digits.is_empty() && {
            let all = digits(text);
            self.digits.iter().any(|known| all.contains(known.as_str()))
        }
    }

    /// Whether a text holds the name of the person and not only one they share with others:
    /// two different words of it, or the only one.
    #[must_use]
    pub fn is_named_in(&self, text: &str) -> bool {
        let found: BTreeSet<String> =
            words(text).filter(|word| self.words.contains(word)).collect();
        !found.is_empty() && found.len() >= self.words.len().min(2)
    }

    /// Whether a key is the person's: an e-mail address, a phone number or a code as a whole.
    fn is_key(&self, key: &str) -> bool {
        let lower = key.trim().to_lowercase();
        let digits = digits(key);
        let called = !digits.is_empty()
            && self
                .digits
                .iter()
                .any(|known| digits.ends_with(known.as_str()) && digits.len() <= known.len() + 6);
        self.texts.contains(&lower) || self.codes.contains(&lower) || called && !key.contains('@')
    }

    /// Whether a record that was set aside is the person's: one they are known from, or one
    /// with their name.
    #[must_use]
    pub fn is_of(&self, reject: &Reject) -> bool {
        self.knows(reject) || self.is_named_in(&reject.raw)
    }

    fn knows(&self, reject: &Reject) -> bool {
        let same =
            |(source, record): &(String, u64)| *record == reject.record && *source == reject.file;
        self.records.iter().any(same)
    }

    /// Cuts the person off from their orders, and from those of others that were sent to
    /// them. Amounts, lines and dates stay.
    ///
    /// # Errors
    /// [`Violations`] if an order breaks a rule without the person, which it has no reason to.
    pub fn erase_orders(&self, orders: &mut [Order]) -> Result<u64, Violations> {
        let mut count = 0;
        for order in orders {
            let own = order.customer.is_some_and(|id| self.is(id));
            let to = |address: &Address| own || self.is_named_in(&address.name);
            let there = order.ship_to.as_ref().is_some_and(to);
            let says = |text: &str| self.is_reached_in(text) || own && self.is_in(text);
            let numbered = says(&order.number);
            let named = |reference: &Option<String>| {
                reference.as_ref().is_some_and(|text| own || says(text))
            };
            let paid = order.payments.iter().any(|payment| named(&payment.reference));
            if !(own || there || numbered || paid) {
                continue;
            }
            let mut record = order.clone().into_record();
            record.customer = record.customer.filter(|_| !own);
            record.ship_to = record.ship_to.filter(|_| !there);
            if numbered {
                record.number = format!("{ERASED} {}", record.id);
            }
            for payment in &mut record.payments {
                if named(&payment.reference) {
                    payment.reference = None;
                }
            }
            *order = Order::new(record)?;
            count += 1;
        }
        Ok(count)
    }

    /// Cuts the person off from events: they are those of an unknown session.
    ///
    /// # Errors
    /// [`Violations`] if an event breaks a rule without the person, which it has no reason to.
    pub fn erase_events(&self, events: &mut [Event]) -> Result<u64, Violations> {
        let mut count = 0;
        for event in events {
            let own = match &event.actor {
                Actor::Customer(id) => self.is(*id),
                Actor::Session(name) => self.is_reached_in(name),
                _ => false,
            };
            if own {
                let mut record = event.clone().into_record();
                record.actor = Actor::Session(ERASED.to_owned());
                *event = Event::new(record)?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Cuts the person off from returns.
    pub fn erase_returns(&self, returns: &mut [ReturnedLine]) -> u64 {
        let mut count = 0;
        for returned in returns {
            let own = returned.customer.is_some_and(|id| self.is(id));
            let says = |text: &str| self.is_reached_in(text) || own && self.is_in(text);
            let numbered = says(&returned.number);
            let refers = returned.refers_to.as_deref().is_some_and(says);
            if own {
                returned.customer = None;
            }
            if numbered {
                ERASED.clone_into(&mut returned.number);
            }
            if refers {
                returned.refers_to = None;
            }
            count += u64::from(own || numbered || refers);
        }
        count
    }

    /// Drops the text of records that may name the person or are known to be the person's, a
    /// namesake's too: rather one text too many. Their place, class and reasons stay, so the
    /// account still adds up.
    pub fn erase_rejects(&self, rejects: &mut [Reject]) -> u64 {
        let mut count = 0;
        for reject in rejects {
            let named = self.is_in(&reject.raw) || self.is_in(&reject.value);
            if !(named || self.knows(reject)) {
                continue;
            }
            reject.raw.clear();
            reject.value.clear();
            count += 1;
        }
        count
    }

    /// Drops the text of repairs that name the person. `file` is where they were made.
    pub fn erase_repairs(&self, file: &str, repairs: &mut [Repair]) -> u64 {
        let mut count = 0;
        for repair in repairs {
            let known = self.records.contains(&(file.to_owned(), repair.record));
            if known || self.is_in(&repair.before) || self.is_in(&repair.after) {
                repair.before.clear();
                repair.after.clear();
                count += 1;
            }
        }
        count
    }

    /// Takes the identities of the customers the person is, and whatever consents quote.
    ///
    /// # Errors
    /// [`Violations`] if a customer breaks a rule without the person, which it has no reason
    /// to.
    pub fn erase_customers(
        &self,
        customers: &mut [Customer],
        at: DateTime<Utc>,
    ) -> Result<u64, Violations> {
        let mut count = 0;
        for customer in customers {
            if !self.is(customer.id) {
                continue;
            }
            let mut record = customer.clone().into_record();
            for consent in &mut record.consents {
                for text in [&mut consent.source, &mut consent.text_version] {
                    if self.is_in(text) {
                        ERASED.clone_into(text);
                    }
                }
            }
            *customer = Customer::new(record)?;
            customer.erase(at);
            count += 1;
        }
        Ok(count)
    }

    /// Puts a pseudonym in the place of every key of the person. All numbers stay.
    ///
    /// # Errors
    /// [`Error::Param`] if two keys become the same, which they have no reason to.
    pub fn erase_keys(&self, keys: &mut Keys, key: &Key) -> Result<u64, Error> {
        let mut count = 0;
        let mut renamed = Index::new();
        for (number, name) in (0_u32..).zip(keys.customers.keys()) {
            let own = self.is(CustomerId::new(number)) || self.is_key(name);
            let before = name.strip_prefix(ERASED).map(str::trim_start);
            if own && before.is_none_or(|rest| rest.parse::<Pseudonym>().is_err()) {
                renamed.insert(format!("{ERASED} {}", key.pseudonym("key", name)))?;
                count += 1;
            } else {
                renamed.insert(name.clone())?;
            }
        }
        keys.customers = renamed;
        Ok(count)
    }

    /// All of this in what one file held.
    ///
    /// # Errors
    /// As each of them.
    pub fn erase_read(&self, read: &mut Read, key: &Key) -> Result<Erased, Error> {
        let file = read.rejects.iter().chain(&read.set_aside).next();
        let file = file.map(|reject| reject.file.clone()).unwrap_or_default();
        let failed = |violations| Error::Order { number: String::new(), violations };
        Ok(Erased {
            orders: self.erase_orders(&mut read.orders).map_err(failed)?,
            returns: self.erase_returns(&mut read.returns),
            rejects: self.erase_rejects(&mut read.rejects)
                + self.erase_rejects(&mut read.set_aside),
            repairs: self.erase_repairs(&file, &mut read.repairs),
            keys: self.erase_keys(&mut read.keys, key)?,
            ..Erased::default()
        })
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("customers", &self.customers)
            .field("records", &self.records.len())
            .finish_non_exhaustive()
    }
}

/// The words of a text in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::{Origin, PersonVersion};

    #[test]
    fn a_person_is_found_in_whatever_form() {
        let mut person = Person::new();
        let version = PersonVersion {
            name: "Ada O'Lovelace",
            emails: &["ada@old.example"],
            phones: &["+447700900001"],
            loyalty: &["0012345"],
            ..PersonVersion::default()
        };
        person.add(&version, &Origin::new("shop", 1));
        let subject = Subject::of(&person);
        for text in [
            "#1001,ADA@old.example,paid",
            "call 07700 900-001 now",
            "for Lovelace, with love",
            "card 0012345",
            "ÉCOLE ADA",
        ] {
            assert!(subject.is_in(text), "{text}");
        }
        for text in ["", "#1001,bob@old.example,paid", "Adam", "07700 900002", "o", "12345"] {
            assert!(!subject.is_in(text), "{text}");
        }
        // A member of the household shares one word of the name, not two.
        assert!(subject.is_in("Bob Lovelace") && !subject.is_named_in("Bob Lovelace"));
        assert!(subject.is_named_in("LOVELACE, ADA") && !subject.is_reached_in("LOVELACE, ADA"));
        assert!(!subject.is_key("bob.lovelace@old.example") && subject.is_key("ADA@old.example"));
        assert!(subject.is_key("+44 7700 900001") && !subject.is_key("1234567700900001999"));
        assert!(!format!("{subject:?}").to_lowercase().contains("ada"));
        assert!(!Subject::default().is_in("anything"));
    }
}
