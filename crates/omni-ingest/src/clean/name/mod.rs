//! Names of persons: title, given names, family name, and what of them to compare.
//!
//! ```text
//! "Dr. Ada M. Lovelace"       →  title dr, given ada m, family lovelace
//! "O’MALLEY, Conor"           →  given conor, family o'malley; key omalley
//! "Ludwig van der Rohe"       →  given ludwig, family van der rohe
//! ```
//!
//! Parts are lower case and plain ([`match_key`]); apostrophes and hyphens stay in them and
//! go from the [keys](name_key), since people type them or not. Which word is the family
//! name is a convention: the last one with the particles before it, or what is in front of
//! a comma. Where that is wrong (Hungarian, Chinese, Spanish with two family names, forms
//! filled in the wrong way round) the words themselves still agree: compare
//! [`words`](Name::words), or the [swapped](Name::swapped) name too. O(length).

mod nickname;

pub use nickname::{full_names, is_nickname_pair};

use super::text::match_key;
use std::fmt;

/// A person's name, taken apart. `Debug` is masked.
///
/// # Examples
/// ```
/// use omni_ingest::clean::name::Name;
///
/// let name = Name::parse("Lovelace, Ms Ada M.");
/// assert_eq!((name.title.as_str(), name.family.as_str()), ("ms", "lovelace"));
/// assert_eq!(name.given, ["ada", "m"]);
/// assert_eq!(name.words(), Name::parse("Ada M Lovelace").words());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Name {
    /// Mr, Dr and the like, several joined by a blank; empty if there is none.
    pub title: String,
    /// Given names and initials, in order.
    pub given: Vec<String>,
    /// Family name with its particles; a name of one word is one. Empty if there is none.
    pub family: String,
    /// Jr, III, Esq and the like, several joined by a blank; empty if there is none.
    pub suffix: String,
}

impl fmt::Debug for Name {
    /// How many words there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Name").field("given", &self.given.len()).finish_non_exhaustive()
    }
}

impl Name {
    /// Takes a full name apart; never fails.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let key = match_key(text);
        let mut name = Self::default();
        // What follows the first comma is given names, unless it is a suffix.
        let mut parts = key.split(',').map(words_of).filter(|words| !words.is_empty());
        let mut first = parts.next().unwrap_or_default();
        let mut given = Vec::new();
        let mut with_comma = false;
        for mut words in parts {
            name.take_suffixes(&mut words, 0);
            with_comma |= !words.is_empty();
            given.append(&mut words);
        }
        name.take_titles(&mut first);
        name.take_titles(&mut given);
        // At least a given and a family name are left.
        name.take_suffixes(&mut first, if with_comma { 1 } else { 2 });
        if with_comma {
            name.family = first.join(" ");
        } else {
            let start = family_start(&first);
            name.family = first.get(start..).unwrap_or_default().join(" ");
            given.extend(first.get(..start).unwrap_or_default());
        }
        name.given = given.into_iter().map(String::from).collect();
        name
    }

    /// From given names and a family name in fields of their own; titles and suffixes
    /// written into them are taken out.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::clean::name::Name;
    ///
    /// assert_eq!(Name::of_fields("Ada M.", "Lovelace"), Name::parse("Ada M. Lovelace"));
    /// ```
    #[must_use]
    pub fn of_fields(given: &str, family: &str) -> Self {
        let (given, family) = (match_key(given), match_key(family));
        let separators = [' ', ',', '.'];
        let split = |text: &'_ str| -> Vec<String> {
            let words = text.split(separators).filter(|word| is_word(word));
            words.map(String::from).collect()
        };
        let (given, family) = (split(&given), split(&family));
        let mut given: Vec<&str> = given.iter().map(String::as_str).collect();
        let mut family: Vec<&str> = family.iter().map(String::as_str).collect();
        let mut name = Self::default();
        name.take_titles(&mut given);
        name.take_suffixes(&mut family, 1);
        name.given = given.into_iter().map(String::from).collect();
        name.family = family.join(" ");
        name
    }

    fn take_titles(&mut self, words: &mut Vec<&str>) {
        // A title alone is someone's name.
        let most = words.len().saturating_sub(1);
        let titles = words.iter().take(most).take_while(|word| TITLES.contains(word)).count();
        for word in words.drain(..titles) {
            append(&mut self.title, word);
        }
    }

    fn take_suffixes(&mut self, words: &mut Vec<&str>, keep: usize) {
        let mut end = words.len();
        while end > keep
            && end
                .checked_sub(1)
                .and_then(|at| words.get(at))
                .is_some_and(|word| SUFFIXES.contains(word))
        {
            end -= 1;
        }
        for word in words.drain(end..) {
            append(&mut self.suffix, word);
        }
    }

    /// The first given name, if it is more than an initial.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.given.first().map(String::as_str).filter(|name| !is_initial(name))
    }

    /// The first letters of all given names.
    #[must_use]
    pub fn initials(&self) -> String {
        self.given.iter().filter_map(|name| name.chars().next()).collect()
    }

    /// Given and family name the wrong way round, as forms get filled in.
    #[must_use]
    pub fn swapped(&self) -> Self {
        Self {
            title: self.title.clone(),
            given: self
                .family
                .split(' ')
                .filter(|word| !word.is_empty())
                .map(String::from)
                .collect(),
            family: self.given.join(" "),
            suffix: self.suffix.clone(),
        }
    }

    /// The distinct words of given and family names, sorted, without apostrophes and
    /// with the halves of hyphenated names apart.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let all = self.given.iter().map(String::as_str).chain(self.family.split(' '));
        let halves = all.flat_map(|word| word.split('-'));
        let mut words: Vec<String> = halves.map(name_key).filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        words.dedup();
        words
    }
}

fn append(list: &mut String, word: &str) {
    if !list.is_empty() {
        list.push(' ');
    }
    list.push_str(word);
}

fn is_word(word: &str) -> bool {
    word.chars().any(char::is_alphanumeric)
}

/// The words of a part of a name; full stops end abbreviations.
fn words_of(part: &str) -> Vec<&str> {
    part.split([' ', '.', ';', '"', '(', ')', '/']).filter(|word| is_word(word)).collect()
}

/// Where the family name begins: at the last word, or at the first of the particles right
/// before it; the first word is a given name.
fn family_start(words: &[&str]) -> usize {
    let mut start = words.len().saturating_sub(1);
    while start > 1 && words.get(start - 1).is_some_and(|word| PARTICLES.contains(word)) {
        start -= 1;
    }
    start
}

/// Whether a given name is only an initial.
///
/// # Examples
/// ```
/// use omni_ingest::clean::name::is_initial;
///
/// assert!(is_initial("a") && !is_initial("al"));
/// ```
#[must_use]
pub fn is_initial(name: &str) -> bool {
    name.trim_end_matches('.').chars().count() == 1
}

/// Whether two given names may be one person's: the same, an initial of it, or a usual
/// short form ([`is_nickname_pair`]). Apostrophes, hyphens, case and accents do not matter.
///
/// # Examples
/// ```
/// use omni_ingest::clean::name::may_be_same_given;
///
/// assert!(may_be_same_given("Ben", "Benjamin"));
/// assert!(may_be_same_given("J.", "José"));
/// assert!(!may_be_same_given("Ada", "Ida"));
/// ```
#[must_use]
pub fn may_be_same_given(a: &str, b: &str) -> bool {
    let (a, b) = (name_key(a), name_key(b));
    if a.is_empty() || b.is_empty() {
        return false;
    }
    let initial = |short: &str, long: &str| is_initial(short) && long.starts_with(short);
    a == b || initial(&a, &b) || initial(&b, &a) || is_nickname_pair(&a, &b)
}

/// A name as letters alone: no case, accents, apostrophes, hyphens or blanks.
///
/// # Examples
/// ```
/// use omni_ingest::clean::name::name_key;
///
/// assert_eq!(name_key("O’Malley"), name_key("OMALLEY"));
/// assert_eq!(name_key("van der Berg"), name_key("Vanderberg"));
/// ```
#[must_use]
pub fn name_key(name: &str) -> String {
    let letters: String =
        match_key(name).chars().filter(|character| character.is_alphanumeric()).collect();
    // What stood between two marks may have kept them out of their normal order.
    if letters.is_ascii() { letters } else { match_key(&letters).into_owned() }
}

/// Titles before a name, in English, German, French, Spanish, Italian, Dutch and
/// Portuguese; without full stops.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "master",
    "mister",
    "dr",
    "doctor",
    "prof",
    "professor",
    "sir",
    "dame",
    "lord",
    "lady",
    "rev",
    "reverend",
    "fr",
    "father",
    "sister",
    "capt",
    "captain",
    "col",
    "maj",
    "lt",
    "sgt",
    "hon",
    "herr",
    "hr",
    "frau",
    "fraulein",
    "dipl",
    "ing",
    "mag",
    "m",
    "mme",
    "madame",
    "mlle",
    "monsieur",
    "sr",
    "sra",
    "srta",
    "senor",
    "senora",
    "don",
    "dona",
    "sig",
    "signor",
    "signora",
    "dott",
    "dhr",
    "mevr",
    "mevrouw",
    "meneer",
];

/// What may follow a name.
const SUFFIXES: &[&str] = &[
    "jr", "jnr", "junior", "sr", "snr", "senior", "ii", "iii", "iv", "esq", "phd", "md", "dds",
    "mba", "msc", "bsc", "ma", "ba", "obe", "mbe", "cbe", "kc", "qc", "rn", "cpa",
];

/// Words that belong to the family name behind them.
const PARTICLES: &[&str] = &[
    "van", "von", "vom", "zu", "zum", "zur", "de", "den", "der", "des", "del", "della", "di", "da",
    "das", "do", "dos", "du", "d'", "la", "le", "les", "lo", "los", "las", "el", "al", "bin",
    "ibn", "ben", "bint", "abu", "ter", "ten", "te", "'t", "t", "op", "av", "af", "st", "saint",
    "san", "santa", "mac", "mc", "o", "ap", "y", "e",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_taken_apart() {
        for (text, title, given, family, suffix) in [
            ("Mr Dina Roper", "mr", "dina", "roper", ""),
            ("L. Usher", "", "l", "usher", ""),
            ("Roper, Dina", "", "dina", "roper", ""),
            ("Roper, Ms. Dina J.", "ms", "dina j", "roper", ""),
            ("Dr. med. Anna Müller", "dr", "med anna", "muller", ""),
            ("Prof. Dr. Anna Müller", "prof dr", "anna", "muller", ""),
            ("Ludwig van der Rohe", "", "ludwig", "van der rohe", ""),
            ("van der Rohe, Ludwig", "", "ludwig", "van der rohe", ""),
            ("Vincent van Gogh", "", "vincent", "van gogh", ""),
            ("Charles d'Artagnan", "", "charles", "d'artagnan", ""),
            ("Conor O’Malley", "", "conor", "o'malley", ""),
            ("Anne-Marie Smith-Jones", "", "anne-marie", "smith-jones", ""),
            ("Martin Luther King Jr.", "", "martin luther", "king", "jr"),
            ("King, Martin Luther, Jr.", "", "martin luther", "king", "jr"),
            ("Martin King, PhD", "", "martin", "king", "phd"),
            ("John Smith III", "", "john", "smith", "iii"),
            ("Jose de la Cruz", "", "jose", "de la cruz", ""),
            ("Gerard 't Hooft", "", "gerard", "'t hooft", ""),
            ("Madonna", "", "", "madonna", ""),
            ("Dr Who", "dr", "", "who", ""),
            ("Mr", "", "", "mr", ""),
            ("Van Morrison", "", "van", "morrison", ""),
            ("", "", "", "", ""),
            (" , ", "", "", "", ""),
        ] {
            let name = Name::parse(text);
            assert_eq!(
                (
                    name.title.as_str(),
                    name.given.join(" ").as_str(),
                    name.family.as_str(),
                    name.suffix.as_str()
                ),
                (title, given, family, suffix),
                "{text}"
            );
        }
    }

    #[test]
    fn order_hyphens_and_apostrophes_do_not_matter_to_words() {
        let words = Name::parse("Anne-Marie O'Malley").words();
        assert_eq!(words, ["anne", "marie", "omalley"]);
        for text in ["OMALLEY, Anne Marie", "O’Malley Anne-Marie", "Marie Anne Omalley"] {
            assert_eq!(Name::parse(text).words(), words, "{text}");
        }
        let swapped = Name::parse("Roper Dina").swapped();
        assert_eq!((swapped.first(), swapped.family.as_str()), (Some("dina"), "roper"));
        assert_eq!(Name::parse("J. R. Smith").initials(), "jr");
        assert_eq!(Name::parse("J. R. Smith").first(), None);
    }

    #[test]
    fn a_key_is_its_own_key() {
        let key = name_key("\u{1e01b}:\u{1bc9e}");
        assert_eq!(name_key(&key), key);
    }

    #[test]
    fn debug_shows_no_name() {
        assert_eq!(format!("{:?}", Name::parse("Ada Lovelace")), "Name { given: 1, .. }");
    }

    proptest! {
        #[test]
        fn any_text_is_a_name(text in any::<String>(), odd in "[a-zA-Z é',.-]{0,30}") {
            for text in [&text, &odd] {
                let name = Name::parse(text);
                prop_assert_eq!(name.swapped().words(), name.words());
                prop_assert_eq!(name_key(&name_key(text)), name_key(text));
                prop_assert!(name.given.iter().all(|word| !word.is_empty()));
                prop_assert_eq!(Name::parse(&text.to_lowercase()).words().is_empty(), name.words().is_empty());
                prop_assert_eq!(may_be_same_given(text, &odd), may_be_same_given(&odd, text));
            }
        }
    }
}
