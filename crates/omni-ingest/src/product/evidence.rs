//! What speaks for and against a pair being one product.
//!
//! ```text
//! score(a, b) = Σ weight · value over the signals below  +  Σ learned weights of shared columns
//! ```
//!
//! One unit of score is about one factor e of odds. The weights are reasoned, not fitted:
//!
//! | signal | value | weight | why |
//! |---|---|---|---|
//! | words | cosine of the names | 5 | all words shared and weighted by rarity: e⁵ ≈ 150, the usual size of a brand's shelf |
//! | spelling | cosine of 3-grams of the titles | 3 | the same again for what is spelled or split differently; dependent on the first, so less |
//! | within, whole | share of one name's weight found in the other product, larger and smaller side | 2, 1 | a short name inside a long one is usual, the rest of the long one is not missed |
//! | same code | strength of the rarest code in both | 5 | a model number names one article: as much as all words together |
//! | longer code | the same if one is the other with an ending (`FS105`, `FS105NA`) | 2½ | half: endings name countries and packaging, but also colors |
//! | sibling code | codes alike but not equal (`C9722A`, `C9723A`), none equal | −3 | makers count their articles on: alike codes are the next article |
//! | other code | both have codes, none related | −1 | weak: one may be the maker's, one the shop's |
//! | same, other measure | units with an equal value; with different values only | ½, −2 | 32 GB is not 64 GB; that both are 32 GB says little |
//! | other number | share of plain numbers not found | −1 | counts, versions, sizes without unit |
//! | color | 1 if no color is shared, −0.3 if one is | −1½ | a color is left out more often than contradicted |
//! | price | the natural logarithm of the ratio, at most 2; ½ if unknown | −1½ | shops differ by some tens of percent: a factor e is a different thing |
//! | rare word | the smaller side's strongest token that the other lacks | −1 | both have a rare word that the other lacks |
//! | other item number | both have a trade item number, they differ | −3 | like a sibling code; packs of one article have numbers of their own |
//!
//! Equal trade item numbers are not scored: they decide.
//!
//! O(tokens of both), the codes pairwise (at most 32 each).

use super::profile::{Profile, Profiles};
use super::tokens::TokenKind;
use std::fmt;

/// What is looked at in a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Signal {
    /// The trade item numbers are equal.
    SameGtin,
    /// The trade item numbers differ.
    OtherGtin,
    /// Shared words of the names, the rare ones counting most.
    Words,
    /// Shared groups of three characters of the titles.
    Spelling,
    /// How much of the one name the other product holds, larger side.
    Within,
    /// The same, smaller side.
    Whole,
    /// A rare code in both.
    SameCode,
    /// A code that is the other's with an ending.
    LongerCode,
    /// Codes alike but different.
    SiblingCode,
    /// Codes in both, none related.
    OtherCode,
    /// Measures of one unit that are equal.
    SameMeasure,
    /// Measures of one unit that differ.
    OtherMeasure,
    /// Numbers in both that differ.
    OtherNumber,
    /// Colors that differ, or agree.
    Color,
    /// How far the prices are apart.
    Price,
    /// A rare word on either side that the other lacks.
    RareWord,
    /// What a shared column says, by its learned weight.
    Column,
}

/// The scored signals and their weights, see the table above.
pub(super) const WEIGHTS: [(Signal, f64); 15] = [
    (Signal::Words, 5.0),
    (Signal::Spelling, 3.0),
    (Signal::Within, 2.0),
    (Signal::Whole, 1.0),
    (Signal::SameCode, 5.0),
    (Signal::LongerCode, 2.5),
    (Signal::SiblingCode, -3.0),
    (Signal::OtherCode, -1.0),
    (Signal::SameMeasure, 0.5),
    (Signal::OtherMeasure, -2.0),
    (Signal::OtherNumber, -1.0),
    (Signal::Color, -1.5),
    (Signal::Price, -1.5),
    (Signal::RareWord, -1.0),
    (Signal::OtherGtin, -3.0),
];

/// Strength from which a code tells articles apart.
const STRONG: f64 = 0.5;
/// Strength from which a code in both is one article: a handful of products hold it.
const IDENTIFYING: f64 = 0.85;

/// Two numbers of which the first is small.
type Values = [f64; WEIGHTS.len()];

/// What was found in a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Evidence {
    pub(super) values: Values,
}

impl Evidence {
    pub(super) fn score(&self) -> f64 {
        self.values.iter().zip(WEIGHTS).map(|(value, (_, weight))| value * weight).sum()
    }

    /// Whether a code that names one article is in both.
    pub(super) fn identified(&self) -> bool {
        self.values.get(4).is_some_and(|same| *same >= IDENTIFYING)
    }

    pub(super) fn of(profiles: &Profiles, a: &Profile, b: &Profile) -> Self {
        let codes = Codes::of(profiles, a, b);
        let names = Names::of(profiles, a, b);
        let (same_measure, other_measure) = measures(profiles, a, b);
        Self {
            values: [
                names.cosine,
                cosine(&a.grams, &b.grams, a.norms[2] * b.norms[2], |t| profiles.gram_idf(t)),
                names.within[0].max(names.within[1]),
                names.within[0].min(names.within[1]),
                codes.same.0,
                codes.longer.0,
                codes.sibling.0,
                codes.other,
                same_measure,
                other_measure,
                other_number(profiles, a, b),
                color(profiles, a, b),
                price(a, b),
                names.lacking[0].min(names.lacking[1]),
                f64::from(a.gtin.is_some() && b.gtin.is_some() && a.gtin != b.gtin),
            ],
        }
    }
}

/// How the names of a pair meet.
struct Names {
    cosine: f64,
    /// Share of the weight of each name that is in the other product.
    within: [f64; 2],
    /// The strongest token of each name that the other product lacks.
    lacking: [f64; 2],
}

impl Names {
    fn of(profiles: &Profiles, a: &Profile, b: &Profile) -> Self {
        let mut dot = 0.0;
        shared(&a.name, &b.name, |token| dot += profiles.idf(token).powi(2));
        let missing = |name: &[u32], all: &[u32]| -> Vec<(u32, f64)> {
            let missing = name.iter().filter(|token| all.binary_search(token).is_err());
            missing.map(|token| (*token, 0.0)).collect()
        };
        let mut left = missing(&a.name, &b.all);
        let mut right = missing(&b.name, &a.all);
        for (x, found) in &mut left {
            let Some(x) = profiles.term(*x).filter(|term| term.kind == TokenKind::Word) else {
                continue;
            };
            for (y, other) in &mut right {
                let Some(y) = profiles.term(*y).filter(|term| term.kind == TokenKind::Word) else {
                    continue;
                };
                let alike =
                    if *found > 0.0 || *other > 0.0 { 0.0 } else { alike(&x.text, &y.text) };
                if alike > 0.0 {
                    (*found, *other) = (alike, alike);
                    dot += alike * x.idf * y.idf;
                }
            }
        }
        let within = |name: &[u32], missing: &[(u32, f64)]| {
            let whole: f64 = name.iter().map(|token| profiles.idf(*token)).sum();
            let lost: f64 = missing.iter().map(|(t, found)| profiles.idf(*t) * (1.0 - found)).sum();
            if whole > 0.0 { (1.0 - lost / whole).clamp(0.0, 1.0) } else { 0.0 }
        };
        let lacking = |missing: &[(u32, f64)]| {
            let lost = missing.iter().map(|(t, found)| profiles.strength(*t) * (1.0 - found));
            lost.fold(0.0, f64::max)
        };
        let norms = a.norms[0] * b.norms[0];
        Self {
            cosine: if norms > 0.0 { (dot / norms).min(1.0) } else { 0.0 },
            within: [within(&a.name, &left), within(&b.name, &right)],
            lacking: [lacking(&left), lacking(&right)],
        }
    }
}

/// How far two different words are the same: an abbreviation by the share of the word it
/// keeps, a slip of one letter by four fifths.
fn alike(a: &str, b: &str) -> f64 {
    let (short, long) = if a.len() <= b.len() {
        (a.as_bytes(), b.as_bytes())
    } else {
        (b.as_bytes(), a.as_bytes())
    };
    if short.len() < 3 || short.first() != long.first() {
        return 0.0;
    }
    let front = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    if front == short.len() {
        return short.len() as f64 / long.len() as f64;
    }
    if short.len() < 5 || long.len() - short.len() > 1 {
        return 0.0;
    }
    let rest =
        |bytes: &'_ [u8], skip: usize| bytes.get(front + skip..).unwrap_or_default().to_vec();
    let slip = if short.len() < long.len() {
        rest(short, 0) == rest(long, 1)
    } else {
        let swapped =
            short.get(front) == long.get(front + 1) && short.get(front + 1) == long.get(front);
        rest(short, 1) == rest(long, 1) || (swapped && rest(short, 2) == rest(long, 2))
    };
    if slip { 0.8 } else { 0.0 }
}

/// Sum over the tokens of both, both ascending.
fn shared(a: &[u32], b: &[u32], mut of: impl FnMut(u32)) {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                of(**x);
                a.next();
                b.next();
            }
        }
    }
}

fn cosine(a: &[u32], b: &[u32], norms: f64, idf: impl Fn(u32) -> f64) -> f64 {
    let mut sum = 0.0;
    shared(a, b, |token| sum += idf(token) * idf(token));
    if norms > 0.0 { (sum / norms).min(1.0) } else { 0.0 }
}

/// How two codes are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Equal,
    Longer,
    Sibling,
    Other,
}

fn relation(a: &str, b: &str) -> Relation {
    if a == b {
        return Relation::Equal;
    }
    let (short, long) = if a.len() <= b.len() {
        (a.as_bytes(), b.as_bytes())
    } else {
        (b.as_bytes(), a.as_bytes())
    };
    let front = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let back = short.iter().rev().zip(long.iter().rev()).take_while(|(x, y)| x == y).count();
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let names = short.len() >= 4 && short.iter().any(u8::is_ascii_digit);
    if names && front == short.len() {
        // A number that goes on is another number.
        let goes_on = is_digit(short.last()) && is_digit(long.get(front));
        return if goes_on { Relation::Sibling } else { Relation::Longer };
    }
    if names && back == short.len() {
        let before = long.len() - back;
        let goes_on = is_digit(short.first()) && before > 0 && is_digit(long.get(before - 1));
        return if goes_on { Relation::Other } else { Relation::Longer };
    }
    let alike = (front + back) * 3 >= long.len() * 2 || (front >= 4 && front * 2 >= long.len());
    if alike { Relation::Sibling } else { Relation::Other }
}

/// Codes of a pair: strength and tokens of the strongest of each relation.
#[derive(Default)]
struct Codes {
    same: (f64, Option<(u32, u32)>),
    longer: (f64, Option<(u32, u32)>),
    sibling: (f64, Option<(u32, u32)>),
    other: f64,
}

impl Codes {
    fn of(profiles: &Profiles, a: &Profile, b: &Profile) -> Self {
        let mut codes = Self::default();
        let keep = |best: &mut (f64, Option<(u32, u32)>), strength: f64, x: u32, y: u32| {
            if strength > best.0 {
                *best = (strength, Some((x, y)));
            }
        };
        for (from, to) in [(a, b), (b, a)] {
            for code in &from.codes {
                let Some(term) = profiles.term(*code) else { continue };
                let strong = term.strength >= STRONG && term.text.len() >= 5;
                if strong && to.squashed.contains(term.text.as_str()) {
                    keep(&mut codes.same, term.strength, *code, *code);
                }
            }
        }
        for x in &a.codes {
            for y in &b.codes {
                let (Some(one), Some(two)) = (profiles.term(*x), profiles.term(*y)) else {
                    continue;
                };
                let strength = one.strength.min(two.strength);
                match relation(&one.text, &two.text) {
                    Relation::Equal => keep(&mut codes.same, strength, *x, *y),
                    Relation::Longer => keep(&mut codes.longer, strength, *x, *y),
                    Relation::Sibling => keep(&mut codes.sibling, strength, *x, *y),
                    Relation::Other => {}
                }
            }
        }
        // The rarest codes speak: a weaker one that is shared does not outvote them.
        if codes.longer.0 <= codes.same.0 {
            codes.longer = (0.0, None);
        }
        let agree = codes.same.0.max(codes.longer.0);
        if codes.sibling.0 <= agree {
            codes.sibling = (0.0, None);
        }
        let strongest = |p: &Profile| p.codes.first().map_or(0.0, |t| profiles.strength(*t));
        let rarest = strongest(a).min(strongest(b));
        if rarest > agree.max(codes.sibling.0) {
            codes.other = rarest;
        }
        codes
    }
}

fn of_kind<'a>(
    profiles: &'a Profiles,
    name: &'a [u32],
    kind: TokenKind,
) -> impl Iterator<Item = &'a str> + Clone {
    let terms = name.iter().filter_map(|token| profiles.term(*token));
    terms.filter(move |term| term.kind == kind).map(|term| term.text.as_str())
}

/// The unit of a measure.
fn unit(measure: &str) -> &str {
    measure.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
}

fn measures(profiles: &Profiles, a: &Profile, b: &Profile) -> (f64, f64) {
    let left = of_kind(profiles, &a.name, TokenKind::Measure);
    let right = of_kind(profiles, &b.name, TokenKind::Measure);
    let (mut same, mut other) = (0.0_f64, 0.0_f64);
    for (at, measure) in left.clone().enumerate() {
        if right.clone().any(|to| to == measure) {
            same += 1.0;
        }
        // Once a unit.
        let of_unit = |texts: &mut dyn Iterator<Item = &str>| {
            texts.filter(|text| unit(text) == unit(measure)).map(str::to_owned).collect::<Vec<_>>()
        };
        if of_unit(&mut left.clone().take(at)).is_empty() {
            let (ours, theirs) = (of_unit(&mut left.clone()), of_unit(&mut right.clone()));
            if !theirs.is_empty() && !ours.iter().any(|one| theirs.contains(one)) {
                other += 1.0;
            }
        }
    }
    (same.min(2.0), other.min(2.0))
}

fn other_number(profiles: &Profiles, a: &Profile, b: &Profile) -> f64 {
    let left = of_kind(profiles, &a.name, TokenKind::Number);
    let right = of_kind(profiles, &b.name, TokenKind::Number);
    let fewer = left.clone().count().min(right.clone().count());
    if fewer == 0 {
        return 0.0;
    }
    let found = left.filter(|number| right.clone().any(|other| other == *number)).count();
    1.0 - found as f64 / fewer as f64
}

fn color(profiles: &Profiles, a: &Profile, b: &Profile) -> f64 {
    let colors = |profile: &Profile| -> Vec<u32> {
        let color = |token: &u32| profiles.term(*token).is_some_and(|term| term.color);
        profile.name.iter().copied().filter(color).collect()
    };
    let (left, right) = (colors(a), colors(b));
    if left.is_empty() || right.is_empty() {
        0.0
    } else if left.iter().any(|color| right.contains(color)) {
        -0.3
    } else {
        1.0
    }
}

fn price(a: &Profile, b: &Profile) -> f64 {
    match (a.price, b.price) {
        (Some((left, one)), Some((right, two))) if one.is_none() || two.is_none() || one == two => {
            (left / right).ln().abs().min(2.0)
        }
        _ => 0.5,
    }
}

/// One line of an explanation.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Reason {
    /// What was looked at.
    pub signal: Signal,
    /// What it adds to the score.
    pub weight: f64,
    /// What was found, in words.
    pub found: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+.1} {}", self.weight, self.found)
    }
}

/// The reasons of a pair, the weightiest first.
pub(super) fn explain(
    profiles: &Profiles,
    a: &Profile,
    b: &Profile,
    evidence: &Evidence,
) -> Vec<Reason> {
    let codes = Codes::of(profiles, a, b);
    let text = |token: u32| profiles.term(token).map_or("", |term| term.text.as_str());
    let pair = |of: Option<(u32, u32)>| match of {
        Some((x, y)) if x == y => text(x).to_owned(),
        Some((x, y)) => format!("{} / {}", text(x), text(y)),
        None => String::new(),
    };
    let list = |profile: &Profile, kind| {
        of_kind(profiles, &profile.name, kind).take(8).collect::<Vec<_>>().join(" ")
    };
    let both = |kind| format!("{} / {}", list(a, kind), list(b, kind));
    let mut shared_words: Vec<u32> = Vec::new();
    shared(&a.name, &b.name, |token| shared_words.push(token));
    shared_words.sort_by(|x, y| profiles.idf(*y).total_cmp(&profiles.idf(*x)).then(x.cmp(y)));
    let words: Vec<&str> = shared_words.iter().take(8).map(|token| text(*token)).collect();
    let amount =
        |p: &Profile| p.price.map_or_else(|| "unknown".to_owned(), |p| format!("{:.2}", p.0));
    let mut reasons: Vec<Reason> = Vec::new();
    for (value, (signal, weight)) in evidence.values.iter().zip(WEIGHTS) {
        let weight = value * weight;
        if weight == 0.0 {
            continue;
        }
        let found = match signal {
            Signal::Words => format!("shared words ({:.0} %): {}", 100.0 * value, words.join(" ")),
            Signal::Spelling => format!("titles spelled alike ({:.0} %)", 100.0 * value),
            Signal::Within => format!("one name is found in the other ({:.0} %)", 100.0 * value),
            Signal::Whole => format!("and the other way round ({:.0} %)", 100.0 * value),
            Signal::SameCode => format!("same code: {}", pair(codes.same.1)),
            Signal::LongerCode => format!("one code ends later: {}", pair(codes.longer.1)),
            Signal::SiblingCode => format!("codes alike but different: {}", pair(codes.sibling.1)),
            Signal::OtherCode => format!("different codes: {}", both(TokenKind::Code)),
            Signal::SameMeasure => format!("same measure: {}", both(TokenKind::Measure)),
            Signal::OtherMeasure => format!("different measures: {}", both(TokenKind::Measure)),
            Signal::OtherNumber => format!("different numbers: {}", both(TokenKind::Number)),
            Signal::Color if *value > 0.0 => "different colors".to_owned(),
            Signal::Color => "same color".to_owned(),
            Signal::Price => format!("prices: {} / {}", amount(a), amount(b)),
            Signal::RareWord => "a rare word of each is not in the other".to_owned(),
            Signal::OtherGtin => "different trade item numbers".to_owned(),
            Signal::SameGtin | Signal::Column => continue,
        };
        reasons.push(Reason { signal, weight, found });
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_related_by_what_differs() {
        for (a, b, expected) in [
            ("kxfa83", "kxfa83", Relation::Equal),
            ("fs105", "fs105na", Relation::Longer),
            ("gun262wv", "gun262", Relation::Longer),
            ("c9722a", "c9723a", Relation::Sibling),
            ("icusb2328", "icusb2324", Relation::Sibling),
            ("acc39316301", "acc39316303", Relation::Sibling),
            ("sd100", "sd1000", Relation::Sibling),
            ("hes10", "dscw150", Relation::Other),
            ("rphjc120", "hjc120", Relation::Longer),
            ("12345", "2345", Relation::Other),
        ] {
            assert_eq!(relation(a, b), expected, "{a} {b}");
            assert_eq!(relation(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn weights_stand_where_they_are_looked_up() {
        assert_eq!(WEIGHTS[4].0, Signal::SameCode);
    }
}
