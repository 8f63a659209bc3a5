//! A person record in comparable form: every field normalized and numbered.

use super::PersonRecord;
use crate::clean::address::{Street, city_key, postcode};
use crate::clean::email::{Email, MailboxRules};
use crate::clean::name::{Name, full_names, name_key};
use crate::clean::phone::{Phone, Region};
use crate::clean::text::{match_key, repair_mojibake, unquote_cell};
use crate::values::{MISSING, Values, mix};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Texts that say nothing, as keys to compare.
pub(crate) type Blocked = BTreeSet<String>;

/// A field of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Field {
    /// The given name or its initial.
    Given,
    /// The surname.
    Surname,
    /// The e-mail address.
    Email,
    /// The phone number.
    Phone,
    /// The street without house number.
    Street,
    /// The house number.
    Number,
    /// The second line of the address.
    Detail,
    /// The city.
    City,
    /// The region.
    Region,
    /// The postal code.
    Postcode,
    /// The date of birth.
    Birth,
    /// The national id.
    National,
    /// The loyalty number.
    Loyalty,
    /// Channel and customer id.
    Account,
    /// Device ids.
    Device,
}

impl Field {
    /// All fields, in the order in which they are kept.
    pub const ALL: [Self; FIELDS + 1] = [
        Self::Given,
        Self::Surname,
        Self::Email,
        Self::Phone,
        Self::Street,
        Self::Number,
        Self::Detail,
        Self::City,
        Self::Region,
        Self::Postcode,
        Self::Birth,
        Self::National,
        Self::Loyalty,
        Self::Account,
        Self::Device,
    ];

    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Given => "given_name",
            Self::Surname => "surname",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Street => "street",
            Self::Number => "house_number",
            Self::Detail => "address_detail",
            Self::City => "city",
            Self::Region => "region",
            Self::Postcode => "postal_code",
            Self::Birth => "birth_date",
            Self::National => "national_id",
            Self::Loyalty => "loyalty",
            Self::Account => "account",
            Self::Device => "device",
        }
    }
}

/// How many fields hold one value.
pub(crate) const FIELDS: usize = 14;

/// The distinct values of every field. Both names share one list, since they are swapped
/// now and then.
#[derive(Clone, Default)]
pub(crate) struct Lexicon {
    lists: [Values; FIELDS + 1],
    /// What a name is short for, by its number.
    nicknames: FxHashMap<u32, Vec<&'static str>>,
}

impl Lexicon {
    const fn place(field: Field) -> usize {
        match field {
            Field::Surname => Field::Given as usize,
            other => other as usize,
        }
    }

    pub(crate) fn values(&self, field: Field) -> &Values {
        // A field is below the number of lists.
        &self.lists[Self::place(field)]
    }

    pub(crate) fn intern(&mut self, field: Field, text: &str) -> u32 {
        let list = &mut self.lists[Self::place(field)];
        let known = list.len();
        let id = list.intern(text);
        if matches!(field, Field::Given | Field::Surname) && id as usize == known {
            let full: Vec<&'static str> = full_names(text).collect();
            if !full.is_empty() {
                self.nicknames.insert(id, full);
            }
        }
        id
    }

    /// Whether one name is a usual short form of the other, or both are of one name.
    pub(crate) fn is_nickname_pair(&self, a: u32, b: u32) -> bool {
        let (of_a, of_b) = (self.nicknames.get(&a), self.nicknames.get(&b));
        let is = |full: Option<&Vec<&str>>, id: u32| {
            full.is_some_and(|full| full.contains(&self.text(Field::Given, id)))
        };
        let common = |a: &Vec<&str>, b: &Vec<&str>| a.iter().any(|full| b.contains(full));
        is(of_a, b) || is(of_b, a) || of_a.zip(of_b).is_some_and(|(a, b)| common(a, b))
    }

    pub(crate) fn text(&self, field: Field, id: u32) -> &str {
        self.values(field).text(id)
    }

    pub(crate) fn print(&self, field: Field, id: u32) -> u64 {
        self.values(field).print(id)
    }

    pub(crate) fn wipe(&mut self, field: Field, id: u32) {
        self.lists[Self::place(field)].wipe(id);
    }

    /// Whether a difference of two values says anything: a relay of a marketplace differs
    /// from every other address, and accounts are numbered by each channel.
    pub(crate) fn comparable(&self, field: Field, a: u32, b: u32) -> bool {
        let (a, b) = (self.text(field, a), self.text(field, b));
        match field {
            Field::Email => is_relay(a) == is_relay(b),
            Field::Account => a.split(UNIT).next() == b.split(UNIT).next(),
            _ => true,
        }
    }
}

/// Between the channel and the account.
const UNIT: char = '\u{1f}';

fn is_relay(email: &str) -> bool {
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    ["marketplace.", "members.ebay.", "privaterelay.", "relay."]
        .iter()
        .any(|relay| domain.starts_with(relay))
}

/// The numbered values of one record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Profile {
    pub(crate) ids: [u32; FIELDS],
    /// Of given name, surname, date of birth and national id.
    pub(crate) sketches: [Sketch; 4],
    /// Ascending, without repeats.
    pub(crate) devices: Vec<u32>,
}

/// Which characters a text has, by fifteen kinds, and how many: enough to see that two
/// texts are far apart without reading them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sketch {
    kinds: u16,
    len: u8,
}

/// The fields that have a sketch.
pub(crate) const SKETCHED: [Field; 4] =
    [Field::Given, Field::Surname, Field::Birth, Field::National];

impl Sketch {
    /// Stands for a name with usual short forms, which may look like anything.
    const NICKNAME: u16 = 1 << 15;

    fn new(text: &str, has_nickname: bool) -> Self {
        let kind = |c: char| match c {
            '0'..='9' => u32::from(c) - u32::from('0'),
            c => u32::from(c) % 15,
        };
        let kinds = text.chars().fold(0, |kinds, c| kinds | 1 << kind(c));
        let nickname = if has_nickname { Self::NICKNAME } else { 0 };
        let len = u8::try_from(text.chars().count()).unwrap_or(u8::MAX);
        Self { kinds: kinds | nickname, len }
    }

    pub(crate) const fn is_missing(self) -> bool {
        self.len == 0
    }

    pub(crate) const fn is_initial(self) -> bool {
        self.len == 1
    }

    const fn apart(self, other: Self) -> u32 {
        (self.kinds ^ other.kinds).count_ones()
    }

    /// Whether one letter dropped, added, replaced or moved may make one of the other.
    pub(crate) const fn may_be_one_edit(self, other: Self) -> bool {
        // The last length stands for all that are longer.
        self.len == u8::MAX || self.apart(other) <= 2
    }

    /// Whether they may be one name with a typing error, an initial or a short form.
    pub(crate) fn may_be_near_name(self, other: Self) -> bool {
        if self.is_initial() || other.is_initial() || self.len.max(other.len) == u8::MAX {
            return true;
        }
        if (self.kinds | other.kinds) & Self::NICKNAME != 0 {
            return true;
        }
        // A Jaro-Winkler similarity of 0.9 takes a Jaro similarity of 5/6, hence
        // m/a + m/b ≥ 3/2 for m matching letters.
        let (a, b) = (u32::from(self.len), u32::from(other.len));
        let unmatched = (a + b).saturating_sub((3 * a * b).div_ceil(a + b).min(a + b)) + 1;
        self.apart(other) <= unmatched.max(2)
    }
}

impl Profile {
    pub(crate) fn get(&self, field: Field) -> u32 {
        self.ids.get(field as usize).copied().unwrap_or(MISSING)
    }

    /// Normalizes a record.
    pub(crate) fn new(record: &PersonRecord<'_>, lexicon: &mut Lexicon, blocked: &Blocked) -> Self {
        Self::number(record, &clean(record, blocked), lexicon, blocked)
    }

    /// Numbers the normalized texts of a record.
    pub(crate) fn number(
        record: &PersonRecord<'_>,
        text: &[String; FIELDS],
        lexicon: &mut Lexicon,
        blocked: &Blocked,
    ) -> Self {
        let mut profile = Self::default();
        for (field, text) in Field::ALL.iter().zip(text) {
            if let Some(slot) = profile.ids.get_mut(*field as usize) {
                *slot = lexicon.intern(*field, text);
            }
        }
        for device in record.devices {
            let device = known(device, blocked);
            if !device.is_empty() {
                profile.devices.push(lexicon.intern(Field::Device, device));
            }
        }
        profile.finish(lexicon);
        profile
    }

    /// Brings devices into order and sketches the values.
    pub(crate) fn finish(&mut self, lexicon: &Lexicon) {
        self.devices.sort_unstable();
        self.devices.dedup();
        for (field, sketch) in SKETCHED.iter().zip(&mut self.sketches) {
            let id = self.ids.get(*field as usize).copied().unwrap_or(MISSING);
            let is_name = matches!(field, Field::Given | Field::Surname);
            let has_nickname = is_name && lexicon.nicknames.contains_key(&id);
            *sketch = Sketch::new(lexicon.text(*field, id), has_nickname);
        }
    }

    /// All its values; both names count as given names, whose list they share.
    pub(crate) fn values(&self) -> impl Iterator<Item = (Field, u32)> + '_ {
        let single = Field::ALL.iter().zip(&self.ids).map(|(field, id)| match field {
            Field::Surname => (Field::Given, *id),
            field => (*field, *id),
        });
        single
            .filter(|(_, id)| *id != MISSING)
            .chain(self.devices.iter().map(|id| (Field::Device, *id)))
    }

    /// A fingerprint of its content, the same in every lexicon.
    pub(crate) fn print(&self, lexicon: &Lexicon) -> u64 {
        let mut print = 0;
        for (field, id) in Field::ALL.iter().zip(&self.ids) {
            print = mix(print, lexicon.print(*field, *id));
        }
        let mut devices: Vec<u64> =
            self.devices.iter().map(|id| lexicon.print(Field::Device, *id)).collect();
        devices.sort_unstable();
        devices.into_iter().fold(print, mix)
    }
}

/// Every field in the form in which it is compared; empty if it says nothing.
pub(crate) fn clean(record: &PersonRecord<'_>, blocked: &Blocked) -> [String; FIELDS] {
    let of = |text: Option<&str>| known(text.unwrap_or_default(), blocked).to_owned();
    let (given, surname) = names(&of(record.given_name), &of(record.surname), &of(record.name));
    let whole = of(record.address);
    let (line, city, postcode) = whole_address(&whole);
    let or = |field: Option<&str>, part: &str| {
        let field = of(field);
        if field.is_empty() { known(part, blocked).to_owned() } else { field }
    };
    let country = of(record.country).to_ascii_uppercase();
    let street = Street::parse(&readable(&or(record.street, line)));
    let detail = match of(record.address_detail) {
        detail if detail.is_empty() => street.unit,
        detail => match_key(&readable(&detail)).into_owned(),
    };
    let account = of(record.account).trim_start_matches('0').to_lowercase();
    [
        given,
        surname,
        email(&of(record.email)),
        phone(&of(record.phone), &country),
        street.name,
        street.number,
        detail,
        city_key(&readable(&or(record.city, city))),
        match_key(&of(record.region)).into_owned(),
        postal_code(&or(record.postal_code, postcode), &country),
        of(record.birth_date).chars().filter(char::is_ascii_digit).collect(),
        letters(&of(record.national_id)),
        letters(&of(record.loyalty)).trim_start_matches('0').to_owned(),
        if account.is_empty() { account } else { format!("{}{UNIT}{account}", record.channel) },
    ]
}

/// A text without blanks and a spreadsheet's quote around it, empty if it is a
/// placeholder or blocked.
fn known<'a>(text: &'a str, blocked: &Blocked) -> &'a str {
    const PLACEHOLDERS: [&str; 16] = [
        "-",
        "--",
        ".",
        "?",
        "anonymous",
        "guest",
        "n.a.",
        "n/a",
        "na",
        "nil",
        "none",
        "null",
        "test",
        "unknown",
        "x",
        "xxx",
    ];
    let text = unquote_cell(text.trim());
    let placeholder = text.len() <= 9
        && PLACEHOLDERS.iter().any(|placeholder| text.eq_ignore_ascii_case(placeholder));
    if placeholder || (!blocked.is_empty() && blocked.contains(&*match_key(text))) {
        ""
    } else {
        text
    }
}

fn readable(text: &str) -> Cow<'_, str> {
    repair_mojibake(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Letters and digits alone, in lower case.
fn letters(text: &str) -> String {
    match_key(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The first given name or its initial, and the surname.
fn names(given: &str, surname: &str, whole: &str) -> (String, String) {
    let name = if given.is_empty() && surname.is_empty() {
        Name::parse(&readable(whole))
    } else {
        Name::of_fields(&readable(given), &readable(surname))
    };
    let first = name.given.first().map(String::as_str).unwrap_or_default();
    (name_key(first), name_key(&name.family))
}

fn email(text: &str) -> String {
    const NOBODY: [&str; 8] = ["asdf", "nobody", "noemail", "none", "test", "unknown", "x", "xxx"];
    let Ok(email) = Email::parse(text) else { return String::new() };
    if email.is_role() || NOBODY.contains(&email.local()) {
        return String::new();
    }
    email.mailbox(MailboxRules::new()).into_owned()
}

/// The last nine digits: a number with its country and one without are the same.
fn phone(text: &str, country: &str) -> String {
    const DIGITS: usize = 9;
    let region = Region::new(country).or_else(|| Region::new("GB"));
    let parsed = region.and_then(|region| Phone::parse(text, region).ok());
    let digits = match parsed {
        Some(phone) if phone.is_placeholder() => return String::new(),
        Some(phone) => phone.digits().to_string(),
        None => return String::new(),
    };
    let tail = digits.get(digits.len().saturating_sub(DIGITS)..).unwrap_or_default();
    let counted = ["123456789", "234567890", "987654321", "012345678"].contains(&tail);
    let same = tail.bytes().all(|digit| tail.as_bytes().first() == Some(&digit));
    if counted || same || tail.len() < 6 { String::new() } else { tail.to_owned() }
}

fn postal_code(text: &str, country: &str) -> String {
    let formal = postcode(text, country);
    letters(formal.as_deref().unwrap_or(text))
}

/// Street, city and postal code of an address in one line.
fn whole_address(text: &str) -> (&str, &str, &str) {
    let mut parts = text.rsplitn(3, ',');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(postcode), Some(city), Some(street)) => (street, city, postcode),
        _ => (text, "", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(record: &PersonRecord<'_>) -> [String; FIELDS] {
        clean(record, &Blocked::new())
    }

    #[test]
    fn one_person_written_differently_has_one_profile() {
        let a = PersonRecord {
            name: Some("Dr. Núria O'Malley"),
            email: Some(" Nuria+shop@Mail.EXAMPLE "),
            phone: Some("(07700) 900-305"),
            address: Some("8 Elm Grove, Río Claro, rc46lz"),
            country: Some("GB"),
            loyalty: Some("0020836"),
            ..PersonRecord::default()
        };
        let b = PersonRecord {
            name: Some("O’MALLEY, NURIA"),
            email: Some("nuria@mail.example"),
            phone: Some("'+44 (0)7700 900305"),
            street: Some("8 ELM GROVE"),
            city: Some("Rio Claro"),
            postal_code: Some("'RC4 6LZ"),
            country: Some("GB"),
            loyalty: Some("20836"),
            ..PersonRecord::default()
        };
        assert_eq!(cleaned(&a), cleaned(&b));
    }

    #[test]
    fn placeholders_say_nothing() {
        let record = PersonRecord {
            name: Some("N/A"),
            email: Some("test@example.com"),
            phone: Some("0000000000"),
            loyalty: Some("0"),
            account: Some("0"),
            postal_code: Some("-"),
            ..PersonRecord::default()
        };
        assert!(cleaned(&record).iter().all(String::is_empty), "{:?}", cleaned(&record));
        let blocked = Blocked::from(["front desk".to_owned()]);
        let record = PersonRecord { name: Some("Front  Desk"), ..PersonRecord::default() };
        assert!(clean(&record, &blocked).iter().all(String::is_empty));
    }
}
