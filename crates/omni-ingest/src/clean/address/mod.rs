//! Postal addresses: house number and street told apart, streets and cities in one
//! spelling, postcodes by country.
//!
//! ```text
//! "Flat 3, 12a High St."   →  unit 3, number 12a, street "high street"
//! "29 St. Mary's Rd"       →  number 29, street "saint mary's road"
//! "Hauptstr. 7"            →  number 7, street "hauptstrasse"
//! gf185pt, GB              →  GF18 5PT
//! ```
//!
//! Streets and cities become keys to compare, not texts to print on a parcel: lower case,
//! plain letters ([`match_key`]), abbreviations written out. What an abbreviation stands
//! for is decided by its place: `St` at the end of a street is a street, in front of a name
//! it is a saint; `Dr` at the end is a drive. O(length).
//!
//! Limits: one street of one address, in a Latin script; no list of streets or places is
//! asked, so nothing misspelled is put right.

mod postcode;
mod words;

pub use postcode::{postcode, postcode_area};

use super::text::match_key;
use words::{DIRECTIONS, PLACE_STARTS, STREET_ENDS, STREET_STARTS, UNITS};

/// A street address, taken apart.
///
/// # Examples
/// ```
/// use omni_ingest::clean::address::Street;
///
/// let street = Street::parse("Flat 3, 12a High St.");
/// assert_eq!((street.unit.as_str(), street.number.as_str()), ("3", "12a"));
/// assert_eq!(street.name, "high street");
/// assert_eq!(Street::parse("29 St. Mary's Rd").name, "saint mary's road");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Street {
    /// House number as written, lower case: `12a`, `12-14`; empty if there is none.
    pub number: String,
    /// Flat, apartment, suite or post box, without that word; empty if there is none.
    pub unit: String,
    /// What is left: the name of the street, and a house's name before it.
    pub name: String,
}

impl std::fmt::Debug for Street {
    /// Masked.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Street").finish_non_exhaustive()
    }
}

impl Street {
    /// Takes a street address apart; never fails, what is not understood is the name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let key = match_key(text);
        let mut street = Self::default();
        let mut names: Vec<String> = Vec::new();
        for part in key.split([',', ';', '\n']) {
            let mut words: Vec<&str> = split(part).collect();
            street.take_box(&mut words);
            street.take_unit(&mut words);
            street.take_number(&mut words);
            let name = spelled_out(&words);
            if !name.is_empty() {
                names.push(name);
            }
        }
        street.name = names.join(" ");
        street
    }

    /// `P.O. Box 12`: the box is the unit, `po box` the name.
    fn take_box(&mut self, words: &mut Vec<&str>) {
        let after = match words.as_slice() {
            ["po", "box", ..] => 2,
            ["p", "o", "box", ..] => 3,
            ["pobox" | "postfach" | "postbus" | "postboks", ..] => 1,
            _ => return,
        };
        if let Some(number) = words.get(after).filter(|word| has_digit(word)) {
            self.unit = (*number).to_string();
            words.drain(..=after);
            words.splice(0..0, ["po", "box"]);
        }
    }

    /// `Flat 3`, `Apt. 4b`, `# 5`, `Unit 2`, or the first half of `2/14`.
    fn take_unit(&mut self, words: &mut Vec<&str>) {
        if !self.unit.is_empty() {
            return;
        }
        let is_number = |word: &&&str| has_digit(word) || word.chars().count() == 1;
        let named = words.iter().position(|word| UNITS.contains(word));
        if let Some(at) = named
            && let Some(number) = words.get(at + 1).filter(is_number)
        {
            self.unit = (*number).to_string();
            words.drain(at..at + 2);
            return;
        }
        let marked = words.iter().position(|word| word.len() > 1 && word.starts_with('#'));
        if let Some(at) = marked {
            self.unit = words.remove(at).trim_start_matches('#').to_string();
        } else if let Some((unit, number)) = words.first().and_then(|word| word.split_once('/'))
            && [unit, number].iter().all(|part| is_house_number(part))
            && words.len() > 1
        {
            // Australia, New Zealand, Canada: the flat before the house.
            self.unit = unit.to_string();
            if let Some(first) = words.first_mut() {
                *first = number;
            }
        }
    }

    /// The house number in front, or at the end as in German.
    fn take_number(&mut self, words: &mut Vec<&str>) {
        if !self.number.is_empty() || words.is_empty() {
            return;
        }
        // `No. 12`
        if let ["no" | "nr" | "num" | "numero", number, ..] = words.as_slice()
            && is_house_number(number)
        {
            words.remove(0);
        }
        let first = words.first().copied().unwrap_or_default();
        if is_house_number(first) {
            words.remove(0);
            self.number = first.to_string();
            // `12 a` and `12 bis`, but not `12 a street`.
            if let [letter, _, ..] = words.as_slice()
                && (matches!(*letter, "bis" | "ter")
                    || (letter.len() == 1 && !DIRECTIONS.iter().any(|(d, _)| d == letter)))
            {
                self.number.push_str(letter);
                words.remove(0);
            }
            return;
        }
        let (last, before) = match words.as_slice() {
            [_, .., number, letter] if letter.len() == 1 && is_house_number(number) => {
                (format!("{number}{letter}"), 2)
            }
            [_, .., number] if is_house_number(number) => ((*number).to_string(), 1),
            _ => return,
        };
        words.truncate(words.len() - before);
        // `Hauptstr. Nr. 7`
        if words.len() > 1 && matches!(words.last(), Some(&("no" | "nr"))) {
            words.pop();
        }
        self.number = last;
    }
}

/// The words of a part of an address: full stops part words, or end abbreviations.
fn split(part: &str) -> impl Iterator<Item = &str> {
    part.split([' ', '.', '(', ')', '"', ':']).filter(|word| !word.is_empty())
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Up to five digits, then a letter; or two such with a hyphen or slash between.
fn is_house_number(word: &str) -> bool {
    let one = |part: &str| {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = part.len() - rest.len();
        (1..=5).contains(&digits)
            && (rest.is_empty() || (rest.len() == 1 && rest.is_ascii()))
            && rest.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    match word.split_once(['-', '/']) {
        Some((from, to)) => one(from) && (one(to) || (to.len() == 1 && to.is_ascii())),
        None => one(word),
    }
}

/// The words of a street, abbreviations written out.
fn spelled_out(words: &[&str]) -> String {
    let full = |table: &[(&str, &'static str)], word: &str| {
        table.iter().find(|(short, _)| *short == word).map(|(_, full)| *full)
    };
    // Where the name ends: directions may follow the kind of street.
    let trailing = words.iter().rev().take_while(|word| full(DIRECTIONS, word).is_some()).count();
    let end = if trailing < words.len() { words.len() - trailing } else { words.len() };
    let mut name = String::new();
    for (at, word) in words.iter().enumerate() {
        let (first, last) = (at == 0, at + 1 == end);
        let spelled = if last && !first {
            full(STREET_ENDS, word)
        } else if at >= end || (first && words.len() > 2) {
            full(DIRECTIONS, word).or_else(|| full(STREET_STARTS, word))
        } else {
            full(STREET_STARTS, word)
        };
        if !name.is_empty() {
            name.push(' ');
        }
        match spelled {
            Some(spelled) => name.push_str(spelled),
            None => push_word(word, &mut name),
        }
    }
    name
}

/// A word with its German ending written out: `hauptstr` is `hauptstrasse`.
fn push_word(word: &str, name: &mut String) {
    name.push_str(word);
    if word.len() > 3 && word.ends_with("str") {
        name.push_str("asse");
    }
}

/// A street to compare: lower case, plain letters, abbreviations written out, without
/// house number.
///
/// # Examples
/// ```
/// use omni_ingest::clean::address::street_key;
///
/// assert_eq!(street_key("High St"), street_key("HIGH STREET"));
/// assert_eq!(street_key("Hauptstraße 7"), street_key("Hauptstr. 12"));
/// ```
#[must_use]
pub fn street_key(text: &str) -> String {
    Street::parse(text).name
}

/// A city to compare: lower case, plain letters, `St`, `Mt` and `Ft` written out, hyphens
/// as blanks.
///
/// # Examples
/// ```
/// use omni_ingest::clean::address::city_key;
///
/// assert_eq!(city_key("St. Gallen"), city_key("Saint-Gallen"));
/// assert_eq!(city_key("GRÜNFELD "), "grunfeld");
/// ```
#[must_use]
pub fn city_key(text: &str) -> String {
    let key = match_key(text);
    // An apostrophe is as often left out.
    let key = key.replace('\'', "");
    let words = key.split([' ', '.', ',', '-', '/', '(', ')', '"']).filter(|word| !word.is_empty());
    let mut city = String::with_capacity(key.len());
    for word in words {
        if !city.is_empty() {
            city.push(' ');
        }
        let full = PLACE_STARTS.iter().find(|(short, _)| *short == word);
        city.push_str(full.map_or(word, |(_, full)| *full));
    }
    city
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_taken_apart() {
        for (text, unit, number, name) in [
            ("91 Mill Lane", "", "91", "mill lane"),
            ("12a High St", "", "12a", "high street"),
            ("12 a High St", "", "12a", "high street"),
            ("Flat 3, 12 High St.", "3", "12", "high street"),
            ("12 High Street, Flat B", "b", "12", "high street"),
            ("100 Main St Apt 4B", "4b", "100", "main street"),
            ("100 Main St # 4B", "4b", "100", "main street"),
            ("100 Main St #4B", "4b", "100", "main street"),
            ("2/14 Wallaby Pl", "2", "14", "wallaby place"),
            ("12-14 Queens Ave", "", "12-14", "queens avenue"),
            ("Hauptstr. 7", "", "7", "hauptstrasse"),
            ("Lange Str. 7 b", "", "7b", "lange strasse"),
            ("Straße des 17. Juni 135", "", "135", "strasse des 17 juni"),
            ("12 bis, rue de la Paix", "", "12", "bis rue de la paix"),
            ("12 bis rue de la Paix", "", "12bis", "rue de la paix"),
            ("PO Box 12", "12", "", "po box"),
            ("P.O. Box 12", "12", "", "po box"),
            ("100 N Main St", "", "100", "north main street"),
            ("100 Main St NW", "", "100", "main street northwest"),
            ("No. 5 Church Rd", "", "5", "church road"),
            ("Rose Cottage, Church Lane", "", "", "rose cottage church lane"),
            ("29 St. Mary's Road", "", "29", "saint mary's road"),
            ("St James St", "", "", "saint james street"),
            ("7 Dr Martin Dr", "", "7", "doctor martin drive"),
            ("St", "", "", "saint"),
            ("", "", "", ""),
            ("12", "", "12", ""),
        ] {
            let street = Street::parse(text);
            assert_eq!(
                (street.unit.as_str(), street.number.as_str(), street.name.as_str()),
                (unit, number, name),
                "{text}"
            );
        }
    }

    #[test]
    fn debug_shows_no_address() {
        assert_eq!(format!("{:?}", Street::parse("12 High St")), "Street { .. }");
    }

    proptest! {
        #[test]
        fn any_text_has_keys(text in any::<String>(), odd in "[0-9a-cst A-C.,/#'-]{0,24}") {
            for text in [&text, &odd] {
                let street = Street::parse(text);
                prop_assert!(!street.name.contains("  "));
                prop_assert_eq!(city_key(&city_key(text)), city_key(text));
                prop_assert_eq!(Street::parse(&text.to_lowercase()).name.is_empty(), street.name.is_empty());
            }
        }

        #[test]
        fn a_key_is_its_own_key(name in "[a-z]{3,9}", kind in prop::sample::select(vec!["St", "Rd", "Ave", "Dr", "Ln"])) {
            let key = street_key(&format!("{name} {kind}"));
            prop_assert_eq!(street_key(&key), key);
        }
    }
}
