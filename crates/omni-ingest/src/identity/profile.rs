//! A person record in comparable form: every field normalized and numbered.

use super::PersonRecord;
use super::values::{MISSING, Values, mix};

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
        self.lists[Self::place(field)].intern(text)
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
    domain.starts_with("marketplace.") || domain.starts_with("privaterelay.")
}

/// The numbered values of one record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Profile {
    pub(crate) ids: [u32; FIELDS],
    /// Ascending, without repeats.
    pub(crate) devices: Vec<u32>,
}

impl Profile {
    pub(crate) fn get(&self, field: Field) -> u32 {
        self.ids.get(field as usize).copied().unwrap_or(MISSING)
    }

    /// Normalizes a record.
    pub(crate) fn new(record: &PersonRecord<'_>, lexicon: &mut Lexicon) -> Self {
        let mut profile = Self::default();
        let text = clean(record);
        for (field, text) in Field::ALL.iter().zip(&text) {
            if let Some(slot) = profile.ids.get_mut(*field as usize) {
                *slot = lexicon.intern(*field, text);
            }
        }
        for device in record.devices {
            let device = known(device);
            if !device.is_empty() {
                profile.devices.push(lexicon.intern(Field::Device, device));
            }
        }
        profile.devices.sort_unstable();
        profile.devices.dedup();
        profile
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

fn clean(record: &PersonRecord<'_>) -> [String; FIELDS] {
    let of = |text: Option<&str>| known(text.unwrap_or_default()).to_owned();
    let (given, surname) = names(record);
    let whole = of(record.address);
    let (line, city, postcode) = whole_address(&whole);
    let or = |field: Option<&str>, part: &str| {
        let field = of(field);
        if field.is_empty() { part.to_owned() } else { field }
    };
    let (street, number) = street(&fold(&or(record.street, line)));
    let account = of(record.account).trim_start_matches('0').to_lowercase();
    [
        given,
        surname,
        email(&of(record.email)),
        phone(&of(record.phone)),
        street,
        number,
        fold(&of(record.address_detail)),
        fold(&or(record.city, city)),
        fold(&of(record.region)),
        fold(&or(record.postal_code, postcode)).replace(' ', ""),
        of(record.birth_date).chars().filter(char::is_ascii_digit).collect(),
        fold(&of(record.national_id)).replace(' ', ""),
        number_id(&of(record.loyalty)),
        if account.is_empty() { account } else { format!("{}\u{1f}{account}", record.channel) },
    ]
}

/// A text without blanks around it, empty if it is a placeholder.
fn known(text: &str) -> &str {
    let text = text.trim().trim_start_matches('\'').trim();
    let lower = text.to_ascii_lowercase();
    let placeholder = matches!(
        lower.as_str(),
        "n/a" | "na" | "none" | "null" | "nil" | "unknown" | "test" | "-" | "--" | "." | "?" | "x"
    );
    if placeholder { "" } else { text }
}

/// Lower case letters and digits of the Latin alphabet, words parted by one blank.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        let plain = match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
            'æ' => "ae",
            'ç' | 'ć' | 'č' => "c",
            'ď' | 'đ' => "d",
            'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
            'ì'..='ï' | 'ī' | 'ı' => "i",
            'ł' => "l",
            'ñ' | 'ń' | 'ň' => "n",
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
            'œ' => "oe",
            'ř' => "r",
            'ś' | 'š' | 'ş' => "s",
            'ß' => "ss",
            'ť' | 'ţ' => "t",
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
            'ý' | 'ÿ' => "y",
            'ź' | 'ż' | 'ž' => "z",
            '\'' | '’' | '\u{300}'..='\u{36f}' => "",
            c if c.is_alphanumeric() => {
                out.push(c);
                ""
            }
            _ => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
                ""
            }
        };
        out.push_str(plain);
    }
    out.truncate(out.trim_end().len());
    out
}

fn names(record: &PersonRecord<'_>) -> (String, String) {
    const TITLES: [&str; 16] = [
        "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "herr", "frau", "mme", "mlle", "sr",
        "sra", "don", "dona",
    ];
    const PARTICLES: [&str; 20] = [
        "van", "von", "de", "der", "den", "da", "di", "la", "le", "el", "al", "du", "des", "dos",
        "del", "ter", "ten", "zu", "mac", "mc",
    ];
    let of = |text: Option<&str>| known(text.unwrap_or_default()).to_owned();
    let (given, surname) = (of(record.given_name), of(record.surname));
    if !given.is_empty() || !surname.is_empty() {
        return (fold(&given).replace(' ', ""), fold(&surname).replace(' ', ""));
    }
    let name = of(record.name);
    let (last, first) = match name.split_once(',') {
        Some((last, first)) => (fold(last), fold(first)),
        None => (String::new(), fold(&name)),
    };
    let mut words: Vec<&str> =
        first.split(' ').filter(|word| !word.is_empty() && !TITLES.contains(word)).collect();
    if !last.is_empty() {
        let given = words.first().copied().unwrap_or_default().to_owned();
        return (given, last.replace(' ', ""));
    }
    if words.len() < 2 {
        return (String::new(), words.concat());
    }
    let given = words.remove(0).to_owned();
    let mut from = words.len().saturating_sub(1);
    while from > 0 && words.get(from - 1).is_some_and(|word| PARTICLES.contains(word)) {
        from -= 1;
    }
    (given, words.split_off(from).concat())
}

fn email(text: &str) -> String {
    let text = text.to_lowercase();
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let Some((local, domain)) = text.rsplit_once('@') else { return String::new() };
    let junk = ["test", "noreply", "no-reply", "none", "na", "unknown", "noemail", "info", "mail"];
    if local.is_empty() || !domain.contains('.') || junk.contains(&local) {
        return String::new();
    }
    text
}

fn phone(text: &str) -> String {
    let digits: String = text.replace("(0)", "").chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    let same = digits.chars().all(|c| digits.starts_with(c));
    if digits.len() < 6 || same {
        return String::new();
    }
    digits.get(digits.len().saturating_sub(10)..).unwrap_or_default().to_owned()
}

fn number_id(text: &str) -> String {
    let id: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    id.trim_start_matches('0').to_lowercase()
}

/// Street, city and postal code of an address in one line.
fn whole_address(text: &str) -> (&str, &str, &str) {
    let mut parts = text.rsplitn(3, ',');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(postcode), Some(city), Some(street)) => (street, city, postcode),
        _ => (text, "", ""),
    }
}

/// Street and house number.
fn street(text: &str) -> (String, String) {
    let (mut number, mut street) = (String::new(), String::new());
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if number.is_empty() && word.starts_with(|c: char| c.is_ascii_digit()) {
            word.clone_into(&mut number);
            continue;
        }
        let short = match word {
            "street" | "str" | "strasse" | "saint" => "st",
            "road" => "rd",
            "avenue" | "av" => "ave",
            "lane" => "ln",
            "close" => "cl",
            "drive" => "dr",
            "place" => "pl",
            "court" => "ct",
            "square" => "sq",
            "crescent" | "cres" => "cr",
            other => other,
        };
        if !street.is_empty() {
            street.push(' ');
        }
        street.push_str(short);
    }
    (street, number)
}
