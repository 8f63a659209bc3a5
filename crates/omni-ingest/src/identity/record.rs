//! What a channel knows of a person, as it wrote it.

use crate::Contact;
use std::borrow::Cow;
use std::fmt;

/// The person fields of one record of a channel, as written; whatever the channel does not
/// know is `None`. Blank texts and placeholders count as unknown.
///
/// `name` is a full name in one text; where a channel has two fields, they go to
/// `given_name` and `surname`. `account` is the customer's id within `channel`; `loyalty`
/// is an id that all channels share. `Debug` shows which fields are known, not what they
/// hold.
///
/// # Examples
/// ```
/// use omni_ingest::identity::PersonRecord;
///
/// let record = PersonRecord {
///     channel: "phone",
///     name: Some("Usher, Lena"),
///     phone: Some("07700 900123"),
///     ..PersonRecord::default()
/// };
/// assert!(!format!("{record:?}").contains("Usher"));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct PersonRecord<'a> {
    /// The channel: accounts are ids within it.
    pub channel: &'a str,
    /// The full name in one text.
    pub name: Option<&'a str>,
    /// The given name where it has a field of its own.
    pub given_name: Option<&'a str>,
    /// The surname where it has a field of its own.
    pub surname: Option<&'a str>,
    /// The e-mail address.
    pub email: Option<&'a str>,
    /// The phone number.
    pub phone: Option<&'a str>,
    /// Street and house number in one text.
    pub street: Option<&'a str>,
    /// The whole address in one text, where it has no fields of its own.
    pub address: Option<&'a str>,
    /// What else the address says: flat, building, second line.
    pub address_detail: Option<&'a str>,
    /// The city or suburb.
    pub city: Option<&'a str>,
    /// State, province or county.
    pub region: Option<&'a str>,
    /// The postal code.
    pub postal_code: Option<&'a str>,
    /// The country, best as two letters.
    pub country: Option<&'a str>,
    /// The date of birth in any fixed layout.
    pub birth_date: Option<&'a str>,
    /// A number that a state gives to one person.
    pub national_id: Option<&'a str>,
    /// The number of a loyalty card: one for all channels.
    pub loyalty: Option<&'a str>,
    /// The customer's id within the channel.
    pub account: Option<&'a str>,
    /// Ids of devices and browsers.
    pub devices: &'a [Cow<'a, str>],
}

impl<'a> PersonRecord<'a> {
    /// What a channel wrote into a contact.
    #[must_use]
    pub fn from_contact(channel: &'a str, contact: &'a Contact<'a>) -> Self {
        let some = |text: &'a Cow<'a, str>| Some(&**text).filter(|text| !text.is_empty());
        Self {
            channel,
            name: some(&contact.name),
            given_name: some(&contact.given_name),
            surname: some(&contact.surname),
            email: some(&contact.email),
            phone: some(&contact.phone),
            street: some(&contact.street),
            address: some(&contact.address),
            address_detail: None,
            city: some(&contact.city),
            region: some(&contact.region),
            postal_code: some(&contact.postal_code),
            country: some(&contact.country),
            birth_date: None,
            national_id: None,
            loyalty: some(&contact.loyalty),
            account: some(&contact.account),
            devices: std::slice::from_ref(&contact.device),
        }
    }

    fn texts(&self) -> [(&'static str, Option<&'a str>); 16] {
        [
            ("name", self.name),
            ("given_name", self.given_name),
            ("surname", self.surname),
            ("email", self.email),
            ("phone", self.phone),
            ("street", self.street),
            ("address", self.address),
            ("address_detail", self.address_detail),
            ("city", self.city),
            ("region", self.region),
            ("postal_code", self.postal_code),
            ("country", self.country),
            ("birth_date", self.birth_date),
            ("national_id", self.national_id),
            ("loyalty", self.loyalty),
            ("account", self.account),
        ]
    }
}

impl fmt::Debug for PersonRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> =
            self.texts().iter().filter(|(_, text)| text.is_some()).map(|(name, _)| *name).collect();
        f.debug_struct("PersonRecord")
            .field("channel", &self.channel)
            .field("known", &known)
            .field("devices", &self.devices.len())
            .finish_non_exhaustive()
    }
}

/// The same with texts of its own.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[allow(missing_docs, reason = "the fields are those of PersonRecord")]
pub struct PersonFields {
    pub channel: String,
    pub name: Option<String>,
    pub given_name: Option<String>,
    pub surname: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub street: Option<String>,
    pub address: Option<String>,
    pub address_detail: Option<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub birth_date: Option<String>,
    pub national_id: Option<String>,
    pub loyalty: Option<String>,
    pub account: Option<String>,
    pub devices: Vec<Cow<'static, str>>,
}

impl PersonFields {
    /// Lends the fields.
    #[must_use]
    pub fn as_record(&self) -> PersonRecord<'_> {
        PersonRecord {
            channel: &self.channel,
            name: self.name.as_deref(),
            given_name: self.given_name.as_deref(),
            surname: self.surname.as_deref(),
            email: self.email.as_deref(),
            phone: self.phone.as_deref(),
            street: self.street.as_deref(),
            address: self.address.as_deref(),
            address_detail: self.address_detail.as_deref(),
            city: self.city.as_deref(),
            region: self.region.as_deref(),
            postal_code: self.postal_code.as_deref(),
            country: self.country.as_deref(),
            birth_date: self.birth_date.as_deref(),
            national_id: self.national_id.as_deref(),
            loyalty: self.loyalty.as_deref(),
            account: self.account.as_deref(),
            devices: &self.devices,
        }
    }
}

impl fmt::Debug for PersonFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_record().fmt(f)
    }
}
