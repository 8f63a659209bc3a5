//! What the agreement of two records is worth.

use super::profile::{FIELDS, Field, Lexicon, Profile};
use super::values::MISSING;
use crate::similarity::{jaro_winkler, osa_within};
use rustc_hash::FxHashMap;

/// How two values of a field compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Level {
    /// One of them is missing, or the value is no evidence.
    Missing,
    /// They are equal.
    Exact,
    /// They differ as a typing error makes them differ.
    Near,
    /// One is an initial and the other begins with it.
    Initial,
    /// They differ.
    Different,
}

/// Chances of the levels of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Chances {
    pub(crate) exact: f64,
    pub(crate) near: f64,
}

impl Chances {
    const fn new(exact: f64, near: f64) -> Self {
        Self { exact, near }
    }

    fn different(self) -> f64 {
        (1.0 - self.exact - self.near).max(1e-12)
    }

    fn of(self, level: Level) -> f64 {
        match level {
            Level::Missing => 1.0,
            Level::Exact => self.exact,
            Level::Near => self.near,
            Level::Initial => self.exact + self.near,
            Level::Different => self.different(),
        }
    }
}

/// What is believed of a field before any data is seen.
#[derive(Debug, Clone, Copy)]
struct Belief {
    same: Chances,
    /// `None`: two members of a household agree no more often than strangers.
    household: Option<Chances>,
    stranger: Stranger,
}

#[derive(Debug, Clone, Copy)]
enum Stranger {
    /// By the frequency of the value.
    Value,
    /// So many among as many strangers as there are people.
    Crowd(f64),
}

const fn belief(field: Field) -> Belief {
    let (same, household, stranger) = match field {
        Field::Given => (Chances::new(0.87, 0.10), None, Stranger::Value),
        Field::Surname => {
            (Chances::new(0.82, 0.09), Some(Chances::new(0.75, 0.06)), Stranger::Value)
        }
        Field::Email => {
            (Chances::new(0.55, 0.06), Some(Chances::new(0.12, 0.02)), Stranger::Crowd(1e-3))
        }
        Field::Phone => {
            (Chances::new(0.65, 0.04), Some(Chances::new(0.35, 0.02)), Stranger::Crowd(1e-2))
        }
        Field::Street => {
            (Chances::new(0.75, 0.20), Some(Chances::new(0.75, 0.20)), Stranger::Value)
        }
        Field::Number => {
            (Chances::new(0.88, 0.04), Some(Chances::new(0.88, 0.04)), Stranger::Value)
        }
        Field::Detail => {
            (Chances::new(0.60, 0.20), Some(Chances::new(0.60, 0.20)), Stranger::Value)
        }
        Field::City => (Chances::new(0.80, 0.12), Some(Chances::new(0.80, 0.12)), Stranger::Value),
        Field::Region => {
            (Chances::new(0.93, 0.02), Some(Chances::new(0.93, 0.02)), Stranger::Value)
        }
        Field::Postcode => {
            (Chances::new(0.85, 0.11), Some(Chances::new(0.85, 0.11)), Stranger::Value)
        }
        Field::Birth => (Chances::new(0.91, 0.05), None, Stranger::Value),
        Field::National => (Chances::new(0.90, 0.06), None, Stranger::Crowd(1e-2)),
        Field::Loyalty => {
            (Chances::new(0.85, 0.03), Some(Chances::new(0.10, 0.01)), Stranger::Crowd(1e-3))
        }
        Field::Account => {
            (Chances::new(0.90, 0.001), Some(Chances::new(0.05, 0.001)), Stranger::Crowd(1e-3))
        }
        Field::Device => {
            (Chances::new(0.50, 0.001), Some(Chances::new(0.15, 0.001)), Stranger::Crowd(1e-2))
        }
    };
    Belief { same, household, stranger }
}

/// Chance that given name and surname stand in each other's field.
const SWAPPED: f64 = 0.04;
/// Chance that two records of one person name one dwelling.
const SAME_DWELLING: f64 = 0.9;
/// Chance that two records of a household do.
const HOUSEHOLD_DWELLING: f64 = 0.98;
/// Chance that a mailbox is named after its owner, given that the owner's given name is
/// known from another record.
const MAILBOX_NAME: f64 = 0.5;
/// Chance that it is named after another member of the household.
const MAILBOX_HOUSEHOLD: f64 = 0.05;
/// Fewest people of whom a list is thought to be a part.
const SMALLEST_POPULATION: f64 = 1000.0;
/// The rarest value is at least so frequent.
const RAREST: f64 = 5e-5;
/// Pairs of values that the prior of near agreement counts as.
const PRIOR_PAIRS: f64 = 1e5;
/// Pairs of one person and of one household that are believed in before any is seen.
const PRIOR_SAME: f64 = 5.0;
const PRIOR_HOUSEHOLD: f64 = 5.0;

/// How often the values of a field occur.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Frequencies {
    total: f64,
    /// By fingerprint, so that no name can be read from a model; rare values are left out.
    counts: FxHashMap<u64, u32>,
}

/// A value seen less often is not in the table.
const LEAST: u32 = 3;

impl Frequencies {
    fn share(&self, print: u64) -> f64 {
        if self.total < 1.0 {
            return 0.01;
        }
        let count = self.counts.get(&print).map_or(1.5, |count| f64::from(*count));
        (count / self.total).clamp(RAREST, 1.0)
    }
}

/// The chances that everything follows from.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Model {
    population: f64,
    /// Chance that two profiles are of one person.
    same: f64,
    /// Chance that they are of two members of a household.
    household: f64,
    frequencies: Vec<Frequencies>,
    /// Chance that two strangers agree nearly, by field.
    near: Vec<f64>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            population: SMALLEST_POPULATION,
            same: 1.0 / SMALLEST_POPULATION,
            household: 1.0 / SMALLEST_POPULATION,
            frequencies: vec![Frequencies::default(); FIELDS],
            near: Field::ALL.iter().take(FIELDS).map(|f| prior_near(*f)).collect(),
        }
    }
}

const fn prior_near(field: Field) -> f64 {
    match field {
        Field::Given | Field::Surname | Field::Street | Field::City | Field::Detail => 2e-3,
        Field::Number | Field::Postcode | Field::Birth => 5e-3,
        Field::Region => 1e-2,
        _ => 1e-5,
    }
}

impl Model {
    /// Counts values over profiles, each profile once.
    pub(crate) fn count(lexicon: &Lexicon, profiles: &[Profile], records: usize) -> Self {
        let population = (records as f64).max(SMALLEST_POPULATION);
        let share = 1.0 / population;
        let mut model = Self { population, same: share, household: share, ..Self::default() };
        for (place, field) in Field::ALL.iter().take(FIELDS).enumerate() {
            let mut counts = vec![0_u32; lexicon.values(*field).len()];
            for profile in profiles {
                if let Some(count) = counts.get_mut(profile.get(*field) as usize) {
                    *count += 1;
                }
            }
            if let Some(missing) = counts.first_mut() {
                *missing = 0;
            }
            if let Some(frequencies) = model.frequencies.get_mut(place) {
                frequencies.total = counts.iter().map(|count| f64::from(*count)).sum();
                for (id, count) in (0..).zip(&counts) {
                    if *count >= LEAST {
                        frequencies.counts.insert(lexicon.print(*field, id), *count);
                    }
                }
            }
            if let Some(near) = model.near.get_mut(place) {
                *near = count_near(*field, lexicon, &counts);
            }
        }
        model
    }

    fn stranger_exact(&self, field: Field, print: u64) -> f64 {
        match belief(field).stranger {
            Stranger::Crowd(crowd) => crowd / self.population,
            Stranger::Value => {
                self.frequencies.get(field as usize).map_or(0.01, |f| f.share(print))
            }
        }
    }

    fn stranger_near(&self, field: Field) -> f64 {
        self.near.get(field as usize).copied().unwrap_or(1e-5)
    }
}

/// Most distinct values whose pairs are compared to count near agreement.
const SAMPLE: usize = 1000;

/// Chance that two values of different people agree nearly.
fn count_near(field: Field, lexicon: &Lexicon, counts: &[u32]) -> f64 {
    let mut seen: Vec<(u64, u32, f64)> = (0..)
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(id, count)| (lexicon.print(field, id), id, f64::from(*count)))
        .collect();
    seen.sort_unstable_by_key(|(print, ..)| *print);
    seen.truncate(SAMPLE);
    let (mut near, mut all) = (0.0, 0.0);
    for (i, (_, a, count_a)) in seen.iter().enumerate() {
        all += count_a * (count_a - 1.0) / 2.0;
        for (_, b, count_b) in seen.iter().take(i) {
            all += count_a * count_b;
            if compare(field, lexicon.text(field, *a), lexicon.text(field, *b)) == Level::Near {
                near += count_a * count_b;
            }
        }
    }
    ((near + PRIOR_PAIRS * prior_near(field)) / (all + PRIOR_PAIRS)).clamp(1e-9, 0.5)
}

/// How two different known texts of a field compare.
fn compare(field: Field, a: &str, b: &str) -> Level {
    if a == b {
        return Level::Exact;
    }
    let one_edit = || osa_within(a, b, 1).is_some();
    let shorter = a.len().min(b.len());
    let near = match field {
        Field::Given | Field::Surname => {
            let initial = |short: &str, long: &str| {
                short.chars().count() == 1 && short.chars().next() == long.chars().next()
            };
            if shorter == 0 {
                return Level::Missing;
            }
            if a.chars().count() == 1 || b.chars().count() == 1 {
                let agree = initial(a, b) || initial(b, a);
                return if agree { Level::Initial } else { Level::Different };
            }
            jaro_winkler(a, b) >= 0.9
                || (shorter >= 3 || a.chars().next() == b.chars().next()) && one_edit()
        }
        Field::Email => {
            let local = |text: &str| text.rsplit_once('@').map(|(l, _)| l.to_owned());
            one_edit() || (local(a) == local(b))
        }
        Field::Street | Field::City => jaro_winkler(a, b) >= 0.9,
        Field::Detail => jaro_winkler(a, b) >= 0.85,
        Field::Number => {
            let digits = |text: &str| text.trim_end_matches(char::is_alphabetic).to_owned();
            digits(a) == digits(b) || (a.len().max(b.len()) >= 2 && one_edit())
        }
        Field::Postcode | Field::Region | Field::Birth | Field::National => one_edit(),
        Field::Phone | Field::Loyalty => shorter >= 5 && one_edit(),
        Field::Account | Field::Device => false,
    };
    if near { Level::Near } else { Level::Different }
}

/// What two records say about being one person: natural logarithms of odds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Odds {
    /// One person against two strangers, from the fields alone.
    pub stranger: f64,
    /// One person against two members of a household, from the fields alone.
    pub household: f64,
    /// The sum of what speaks against one person.
    pub against: f64,
    /// One person against everything else, all said.
    pub posterior: f64,
}

impl Odds {
    /// Probability of being one person.
    #[must_use]
    pub fn probability(&self) -> f64 {
        1.0 / (1.0 + (-self.posterior).exp())
    }
}

/// Chances of one field or group of fields, relative to strangers.
#[derive(Clone, Copy)]
struct Ratio {
    same: f64,
    household: f64,
}

impl Ratio {
    const NONE: Self = Self { same: 0.0, household: 0.0 };
}

impl Model {
    /// Compares two profiles. `public` says whether a value belongs to too many people to
    /// be evidence.
    pub(crate) fn odds(
        &self,
        lexicon: &Lexicon,
        a: &Profile,
        b: &Profile,
        public: impl Fn(Field, u32) -> bool,
        mut note: impl FnMut(Field, Level, f64, f64),
    ) -> Odds {
        let mut same = 0.0;
        let mut household = 0.0;
        let mut against = 0.0;
        let mut add = |ratio: Ratio| {
            against += ratio.same.min(0.0);
            same += ratio.same;
            household += ratio.household;
        };

        // Names, straight or swapped.
        let (given, surname) = (
            (a.get(Field::Given), b.get(Field::Given)),
            (a.get(Field::Surname), b.get(Field::Surname)),
        );
        let name = |given: (u32, u32), surname: (u32, u32)| {
            let (level_g, g) = self.field(lexicon, Field::Given, given);
            let (level_s, s) = self.field(lexicon, Field::Surname, surname);
            let ratio = Ratio { same: g.same + s.same, household: g.household + s.household };
            (level_g, level_s, ratio)
        };
        let straight = name(given, surname);
        let first = name((surname.0, given.1), (given.0, surname.1));
        let second = name((given.0, surname.1), (surname.0, given.1));
        let mixture = |of: fn(&Ratio) -> f64| {
            let swapped = log_add(of(&first.2), of(&second.2)) + (SWAPPED / 2.0).ln();
            log_add(of(&straight.2) + (1.0 - SWAPPED).ln(), swapped)
        };
        let names = Ratio { same: mixture(|r| r.same), household: mixture(|r| r.household) };
        note(Field::Given, straight.0, names.same, names.household);
        add(names);
        for (one, other) in [(a, b), (b, a)] {
            let ratio = self.mailbox(lexicon, one, other);
            if ratio.same != 0.0 {
                note(Field::Email, Level::Near, ratio.same, ratio.household);
                add(ratio);
            }
        }

        for field in [
            Field::Email,
            Field::Phone,
            Field::Birth,
            Field::National,
            Field::Loyalty,
            Field::Account,
        ] {
            let (ia, ib) = (a.get(field), b.get(field));
            if ia == MISSING || ib == MISSING || public(field, ia) || public(field, ib) {
                continue;
            }
            if field == Field::Email && lexicon_relay(lexicon, ia) != lexicon_relay(lexicon, ib) {
                continue;
            }
            if field == Field::Account && !same_channel(lexicon, ia, ib) {
                continue;
            }
            let (level, mut ratio) = self.field(lexicon, field, (ia, ib));
            if field == Field::Email && level == Level::Exact && names_one(lexicon, a, b) {
                // Somebody uses the mailbox of somebody else.
                ratio.household = ratio.household.max(ratio.same);
            }
            note(field, level, ratio.same, ratio.household);
            add(ratio);
        }

        let shared = a
            .devices
            .iter()
            .any(|id| b.devices.binary_search(id).is_ok() && !public(Field::Device, *id));
        if shared {
            let belief = belief(Field::Device);
            let stranger = self.stranger_exact(Field::Device, 0).ln();
            let household = belief.household.map_or(stranger, |h| h.exact.ln());
            let ratio =
                Ratio { same: belief.same.exact.ln() - stranger, household: household - stranger };
            note(Field::Device, Level::Exact, ratio.same, ratio.household);
            add(ratio);
        }

        let address = self.address(lexicon, a, b);
        if address.same != 0.0 {
            note(Field::Street, Level::Near, address.same, address.household);
            add(address);
        }

        // Odds of one person against a household or strangers.
        let rest = log_add(
            self.household.ln() + household,
            (1.0 - self.same - self.household).max(1e-12).ln(),
        );
        Odds {
            stranger: same,
            household: same - household,
            against,
            posterior: self.same.ln() + same - rest,
        }
    }

    /// Learns how many pairs are of one person and of one household by EM; what a field
    /// says stays as it is. `pairs` holds the fields' odds of candidate pairs, of which
    /// `share` were looked at, among `all` pairs.
    pub(crate) fn learn(&mut self, pairs: &[Odds], share: f64, all: f64) {
        for _ in 0..50 {
            let (mut same, mut household) = (0.0, 0.0);
            for odds in pairs {
                let s = self.same * odds.stranger.exp();
                let h = self.household * (odds.stranger - odds.household).exp();
                let u = 1.0 - self.same - self.household;
                same += s / (s + h + u);
                household += h / (s + h + u);
            }
            self.same = ((same / share + PRIOR_SAME) / (all + 1e3)).clamp(1e-12, 0.3);
            self.household =
                ((household / share + PRIOR_HOUSEHOLD) / (all + 1e3)).clamp(1e-12, 0.3);
        }
    }

    /// The given name of one record in the mailbox of another that has none or an initial.
    fn mailbox(&self, lexicon: &Lexicon, named: &Profile, other: &Profile) -> Ratio {
        let (given, email) = (named.get(Field::Given), other.get(Field::Email));
        if given == MISSING || email == MISSING {
            return Ratio::NONE;
        }
        let name = lexicon.text(Field::Given, given);
        let hidden = lexicon.text(Field::Given, other.get(Field::Given));
        let local = lexicon.text(Field::Email, email).split('@').next().unwrap_or_default();
        if name.len() < 3 || hidden.chars().count() > 1 || !name.starts_with(hidden) {
            return Ratio::NONE;
        }
        if !local.split(|c: char| !c.is_alphabetic()).any(|word| word == name) {
            return Ratio::NONE;
        }
        let stranger = self.stranger_exact(Field::Given, lexicon.print(Field::Given, given)).ln();
        Ratio { same: MAILBOX_NAME.ln() - stranger, household: MAILBOX_HOUSEHOLD.ln() - stranger }
    }

    fn field(&self, lexicon: &Lexicon, field: Field, (a, b): (u32, u32)) -> (Level, Ratio) {
        if a == MISSING || b == MISSING {
            return (Level::Missing, Ratio::NONE);
        }
        let level = if a == b {
            Level::Exact
        } else {
            compare(field, lexicon.text(field, a), lexicon.text(field, b))
        };
        let stranger = match level {
            Level::Missing => 1.0,
            Level::Exact => self.stranger_exact(field, lexicon.print(field, a)),
            Level::Near => self.stranger_near(field),
            Level::Initial => 0.08,
            Level::Different => 1.0 - self.stranger_near(field),
        };
        let belief = belief(field);
        let same = belief.same.of(level).ln() - stranger.ln();
        let household = belief.household.map_or(0.0, |h| h.of(level).ln() - stranger.ln());
        (level, Ratio { same, household })
    }

    /// The dwelling: either it is the same, and the parts agree but for typing errors, or
    /// it is another, and they agree by chance.
    fn address(&self, lexicon: &Lexicon, a: &Profile, b: &Profile) -> Ratio {
        let part = |field: Field| self.field(lexicon, field, (a.get(field), b.get(field)));
        let street = part(Field::Street);
        let number = part(Field::Number);
        let postcode = part(Field::Postcode);
        let known = |part: &(Level, Ratio)| part.0 != Level::Missing;
        let mut parts = vec![street, number, postcode, part(Field::Detail)];
        // The postal code says the city.
        if !(known(&postcode) && postcode.0 == Level::Exact) {
            parts.push(part(Field::City));
            parts.push(part(Field::Region));
        }
        if !parts.iter().any(known) {
            return Ratio::NONE;
        }
        let sum: f64 = parts.iter().map(|(_, ratio)| ratio.same).sum();
        let mixture = |share: f64| log_add(share.ln() + sum, (1.0 - share).ln());
        Ratio { same: mixture(SAME_DWELLING), household: mixture(HOUSEHOLD_DWELLING) }
    }
}

fn lexicon_relay(lexicon: &Lexicon, id: u32) -> bool {
    let text = lexicon.text(Field::Email, id);
    let domain = text.rsplit_once('@').map_or("", |(_, domain)| domain);
    domain.starts_with("marketplace.") || domain.starts_with("privaterelay.")
}

/// Whether the mailbox of `a` is named after one of two persons of different given names.
fn names_one(lexicon: &Lexicon, a: &Profile, b: &Profile) -> bool {
    let given = |p: &Profile| lexicon.text(Field::Given, p.get(Field::Given));
    let (ga, gb) = (given(a), given(b));
    if ga.is_empty() || gb.is_empty() {
        return false;
    }
    let email = lexicon.text(Field::Email, a.get(Field::Email));
    let local = email.split('@').next().unwrap_or_default();
    let named = |name: &str| {
        name.len() >= 3 && local.split(|c: char| !c.is_alphabetic()).any(|word| word == name)
    };
    match (named(ga), named(gb)) {
        (true, false) => !ga.starts_with(gb) && compare(Field::Given, ga, gb) == Level::Different,
        (false, true) => !gb.starts_with(ga) && compare(Field::Given, ga, gb) == Level::Different,
        _ => false,
    }
}

fn same_channel(lexicon: &Lexicon, a: u32, b: u32) -> bool {
    let channel = |id| lexicon.text(Field::Account, id).split('\u{1f}').next();
    channel(a) == channel(b)
}

/// ln(eᵃ + eᵇ)
fn log_add(a: f64, b: f64) -> f64 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    high + (low - high).exp().ln_1p()
}
