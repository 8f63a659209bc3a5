//! What two profiles say about being one person.
//!
//! ```text
//! person ∝ r_p Π_f p_f(ℓ_f)    household ∝ r_h Π_f h_f(ℓ_f)    strangers ∝ r_s Π_f s_f(ℓ_f)
//!
//! posterior = ln r_p + Σ ln p_f/s_f − ln( r_h exp(Σ ln h_f/s_f) + r_s )
//! ```
//!
//! `ℓ_f` is the [`Level`] of field f and `r` how common the three kinds of pairs are. With
//! strangers alone as the other side this is Fellegi & Sunter (1969); the third side is
//! what keeps families apart: surname, address, phone and mailbox speak for one person
//! against strangers, and for next to nothing against a household. Exact agreement is
//! weighed by the frequency of the value (Winkler 2000, "Frequency-based matching in
//! Fellegi-Sunter model of record linkage"). All sums are of logarithms.
//!
//! Fields are not independent given the kind of pair, so a probability is a score that
//! orders well, not a frequency.

use super::beliefs::{
    HOUSEHOLD_DWELLING, INITIAL, MAILBOX_HOUSEHOLD, MAILBOX_NAME, SAME_DWELLING, SWAPPED, belief,
};
use super::levels::{Level, bears, compare};
use super::model::Model;
use super::profile::{FIELDS, Field, Lexicon, Profile, SKETCHED};
use crate::steady::List;
use crate::values::MISSING;

/// What two records say about being one person: natural logarithms of odds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Odds {
    /// One person against two strangers, from the fields alone.
    pub stranger: f64,
    /// One person against two members of a household, from the fields alone.
    pub household: f64,
    /// The sum of what speaks against one person and for strangers.
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

/// A piece of evidence about a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Evidence {
    /// Given name and surname, straight or swapped.
    Names,
    /// A given name in the mailbox of a record without one.
    Mailbox,
    /// One field.
    Field(Field),
    /// All parts of the address.
    Address,
}

/// Logarithms of chances relative to strangers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ratio {
    pub(crate) person: f64,
    pub(crate) household: f64,
}

/// A model made ready for many comparisons.
#[derive(Clone)]
pub(crate) struct Weights {
    person: f64,
    household: f64,
    strangers: f64,
    /// By field and level; exact agreement without the frequency of the value.
    levels: [[Ratio; Level::COUNT]; FIELDS + 1],
    /// −ln of the frequency, by field and value.
    rarity: [List<f32>; FIELDS],
    device: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self::new(&Model::default())
    }
}

impl Weights {
    pub(crate) fn new(model: &Model) -> Self {
        let mut levels = [[Ratio::default(); Level::COUNT]; FIELDS + 1];
        for (field, row) in Field::ALL.iter().zip(&mut levels) {
            let belief = belief(*field);
            let near = model.stranger_near(*field);
            let chance = |level: Level| match level {
                Level::Missing | Level::Exact => 1.0,
                Level::Near => near,
                Level::Initial => INITIAL,
                Level::Different => 1.0 - near,
            };
            for level in
                [Level::Missing, Level::Exact, Level::Near, Level::Initial, Level::Different]
            {
                let stranger = chance(level).ln();
                let household = match belief.household {
                    Some(chances) => chances.of(level).ln() - stranger,
                    // Set against strangers it is nothing; the rarity is taken back below.
                    None => 0.0,
                };
                let person = belief.person.of(level).ln() - stranger;
                if let Some(slot) = row.get_mut(level as usize) {
                    *slot = Ratio { person, household };
                }
            }
        }
        Self {
            person: model.person.ln(),
            household: model.household.ln(),
            strangers: (1.0 - model.person - model.household).ln(),
            levels,
            rarity: Default::default(),
            device: -model.stranger_exact(Field::Device, 0).ln(),
        }
    }

    /// Looks up the frequencies of values that are new in the lexicon.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough")]
    pub(crate) fn extend(&mut self, model: &Model, lexicon: &Lexicon) {
        for (field, rarity) in Field::ALL.iter().zip(&mut self.rarity) {
            let known = rarity.len();
            let values = lexicon.values(*field).len();
            for id in known..values {
                let print = u32::try_from(id).map_or(0, |id| lexicon.print(*field, id));
                rarity.push(-model.stranger_exact(*field, print).ln() as f32);
            }
        }
    }

    fn rarity(&self, field: Field, id: u32) -> f64 {
        let of_field = self.rarity.get(field as usize);
        of_field.and_then(|values| values.get(id as usize)).map_or(0.0, |rarity| f64::from(*rarity))
    }

    fn at(&self, field: Field, level: Level) -> Ratio {
        let row = self.levels.get(field as usize);
        row.and_then(|row| row.get(level as usize)).copied().unwrap_or_default()
    }

    fn field(&self, lexicon: &Lexicon, field: Field, (a, b): (u32, u32)) -> (Level, Ratio) {
        if a == MISSING || b == MISSING {
            return (Level::Missing, Ratio::default());
        }
        if a == b {
            let (at, rarity) = (self.at(field, Level::Exact), self.rarity(field, a));
            let household = if belief(field).household.is_some() { rarity } else { 0.0 };
            let ratio = Ratio { person: at.person + rarity, household: at.household + household };
            return (Level::Exact, ratio);
        }
        let mut level = compare(field, lexicon.text(field, a), lexicon.text(field, b));
        let is_given = field == Field::Given && level == Level::Different;
        if is_given && lexicon.is_nickname_pair(a, b) {
            level = Level::Near;
        }
        (level, self.at(field, level))
    }

    /// Compares two profiles. `public` says whether too many people have a value for it to
    /// be evidence; `note` is told every piece of evidence. `None` if the posterior is below
    /// `least`, which is often seen before all is compared.
    pub(crate) fn odds(
        &self,
        lexicon: &Lexicon,
        (a, b): (&Profile, &Profile),
        public: impl Fn(Field, u32) -> bool,
        least: f64,
        mut note: impl FnMut(Evidence, &[(Field, Level)], Ratio),
    ) -> Option<Odds> {
        if least > f64::NEG_INFINITY && self.at_most(a, b, &public) < least {
            return None;
        }
        let (mut sum, mut against) = (Ratio::default(), 0.0);
        let mut add = |sum: &mut Ratio, evidence, levels: &[(Field, Level)], ratio: Ratio| {
            sum.person += ratio.person;
            sum.household += ratio.household;
            against += ratio.person.min(0.0);
            note(evidence, levels, ratio);
        };
        if let Some((levels, ratio)) = self.names(lexicon, a, b) {
            add(&mut sum, Evidence::Names, &levels, ratio);
        }
        for (named, other) in [(a, b), (b, a)] {
            if let Some(ratio) = self.mailbox(lexicon, named, other) {
                add(&mut sum, Evidence::Mailbox, &[], ratio);
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
            let (of_a, of_b) = (a.get(field), b.get(field));
            if of_a == MISSING || of_b == MISSING || public(field, of_a) || public(field, of_b) {
                continue;
            }
            let kinds = matches!(field, Field::Email | Field::Account);
            if kinds && of_a != of_b && !lexicon.comparable(field, of_a, of_b) {
                continue;
            }
            let (level, mut ratio) = self.field(lexicon, field, (of_a, of_b));
            if field == Field::Email && of_a == of_b && bears_one_of_two(lexicon, a, b) {
                // Somebody uses the mailbox of somebody else.
                ratio.household = ratio.household.max(ratio.person);
            }
            add(&mut sum, Evidence::Field(field), &[(field, level)], ratio);
        }
        let shares = |id: &u32| b.devices.binary_search(id).is_ok() && !public(Field::Device, *id);
        if a.devices.iter().any(shares) {
            let at = self.at(Field::Device, Level::Exact);
            let ratio =
                Ratio { person: at.person + self.device, household: at.household + self.device };
            add(&mut sum, Evidence::Field(Field::Device), &[(Field::Device, Level::Exact)], ratio);
        }
        if self.person - self.strangers + sum.person + self.address_at_most(a, b) < least {
            return None;
        }
        if let Some((levels, ratio)) = self.address(lexicon, a, b) {
            add(&mut sum, Evidence::Address, &levels, ratio);
        }
        let rest = log_add(self.household + sum.household, self.strangers);
        let posterior = self.person + sum.person - rest;
        (posterior >= least).then_some(Odds {
            stranger: sum.person,
            household: sum.person - sum.household,
            against,
            posterior,
        })
    }

    /// One person against a household and against strangers before anything is said.
    pub(super) fn prior(&self) -> (f64, f64) {
        (self.person - self.household, self.person - self.strangers)
    }

    /// Names, straight or swapped in one of the records.
    fn names(
        &self,
        lexicon: &Lexicon,
        a: &Profile,
        b: &Profile,
    ) -> Option<([(Field, Level); 2], Ratio)> {
        let given = (a.get(Field::Given), b.get(Field::Given));
        let surname = (a.get(Field::Surname), b.get(Field::Surname));
        if given == (MISSING, MISSING) && surname == (MISSING, MISSING) {
            return None;
        }
        let both = |given: (u32, u32), surname: (u32, u32)| {
            let (level_g, g) = self.field(lexicon, Field::Given, given);
            let (level_s, s) = self.field(lexicon, Field::Surname, surname);
            let ratio = Ratio { person: g.person + s.person, household: g.household + s.household };
            ([(Field::Given, level_g), (Field::Surname, level_s)], ratio)
        };
        let (mut levels, straight) = both(given, surname);
        // Worth a look only if a name stands in the other's field.
        let crossed = (given.0 != MISSING && given.0 == surname.1)
            || (given.1 != MISSING && given.1 == surname.0);
        if !crossed {
            if levels.iter().all(|(_, level)| *level == Level::Missing) {
                return None;
            }
            return Some((levels, straight));
        }
        let (levels_a, in_a) = both((surname.0, given.1), (given.0, surname.1));
        let (_, in_b) = both((given.0, surname.1), (surname.0, given.1));
        let of = |part: fn(&Ratio) -> f64| {
            let swapped = log_add(part(&in_a), part(&in_b)) + (SWAPPED / 2.0).ln();
            log_add(part(&straight) + (1.0 - SWAPPED).ln(), swapped)
        };
        let ratio = Ratio { person: of(|r| r.person), household: of(|r| r.household) };
        if in_a.person > straight.person {
            levels = levels_a;
        }
        Some((levels, ratio))
    }

    /// The given name of one record in the mailbox of another that has none, or an initial
    /// of it.
    fn mailbox(&self, lexicon: &Lexicon, named: &Profile, other: &Profile) -> Option<Ratio> {
        let (given, email) = (named.get(Field::Given), other.get(Field::Email));
        if given == MISSING || email == MISSING {
            return None;
        }
        let name = lexicon.text(Field::Given, given);
        let hidden = lexicon.text(Field::Given, other.get(Field::Given));
        if hidden.chars().count() > 1 || !name.starts_with(hidden) {
            return None;
        }
        bears(lexicon.text(Field::Email, email), name).then(|| {
            let rarity = self.rarity(Field::Given, given);
            Ratio { person: MAILBOX_NAME.ln() + rarity, household: MAILBOX_HOUSEHOLD.ln() + rarity }
        })
    }

    /// No posterior of these two is larger, seen without reading a text: by equal numbers
    /// and by sketches.
    fn at_most(&self, a: &Profile, b: &Profile, public: &impl Fn(Field, u32) -> bool) -> f64 {
        let largest = |field: Field| {
            let exact = self.at(field, Level::Exact).person + RAREST_BITS;
            exact.max(self.at(field, Level::Near).person).max(self.at(field, Level::Initial).person)
        };
        let mut sum = self.address_at_most(a, b);
        let crossed = |x: Field, y: Field| a.get(x) != MISSING && a.get(x) == b.get(y);
        if crossed(Field::Given, Field::Surname) || crossed(Field::Surname, Field::Given) {
            sum += largest(Field::Given) + largest(Field::Surname);
        }
        for ((field, of_a), of_b) in SKETCHED.iter().zip(&a.sketches).zip(&b.sketches) {
            let (id_a, id_b) = (a.get(*field), b.get(*field));
            if of_a.is_missing() || of_b.is_missing() {
                continue;
            }
            let is_name = matches!(field, Field::Given | Field::Surname);
            let may_be_near =
                if is_name { of_a.may_be_near_name(*of_b) } else { of_a.may_be_one_edit(*of_b) };
            sum += if id_a == id_b {
                (self.at(*field, Level::Exact).person + self.rarity(*field, id_a)).max(0.0)
            } else if may_be_near {
                let near = self.at(*field, Level::Near).person;
                let initial = self.at(*field, Level::Initial).person;
                if is_name { near.max(initial).max(0.0) } else { near.max(0.0) }
            } else if public(*field, id_a) || public(*field, id_b) {
                0.0
            } else {
                self.at(*field, Level::Different).person
            };
        }
        for field in [Field::Email, Field::Phone, Field::Loyalty, Field::Account] {
            let (id_a, id_b) = (a.get(field), b.get(field));
            if id_a == MISSING || id_b == MISSING {
                continue;
            }
            let level = if id_a == id_b { Level::Exact } else { Level::Near };
            let rarity = if id_a == id_b { self.rarity(field, id_a) } else { 0.0 };
            sum += (self.at(field, level).person + rarity).max(0.0);
        }
        let hidden = |p: &Profile| {
            let given = p.sketches.first().copied().unwrap_or_default();
            p.get(Field::Email) != MISSING && (given.is_missing() || given.is_initial())
        };
        for profile in [a, b] {
            if hidden(profile) {
                sum += RAREST_BITS;
            }
        }
        if !a.devices.is_empty() && !b.devices.is_empty() {
            sum += (self.at(Field::Device, Level::Exact).person + self.device).max(0.0);
        }
        self.person - self.strangers + sum
    }

    /// No address says more for these two, seen without comparing texts.
    fn address_at_most(&self, a: &Profile, b: &Profile) -> f64 {
        let postcode = a.get(Field::Postcode);
        let same_postcode = postcode != MISSING && postcode == b.get(Field::Postcode);
        let implied = |field: &Field| matches!(field, Field::City | Field::Region);
        let sum: f64 = ADDRESS
            .iter()
            .filter(|field| !(same_postcode && implied(field)))
            .map(|field| {
                let (of_a, of_b) = (a.get(*field), b.get(*field));
                if of_a == MISSING || of_b == MISSING {
                    0.0
                } else if of_a == of_b {
                    (self.at(*field, Level::Exact).person + self.rarity(*field, of_a)).max(0.0)
                } else {
                    self.at(*field, Level::Near).person.max(0.0)
                }
            })
            .sum();
        // The mixture is at most its larger part.
        sum + 1e-9
    }

    /// The dwelling: either it is the same, and the parts agree but for typing, or it is
    /// another, and they agree by chance.
    fn address(
        &self,
        lexicon: &Lexicon,
        a: &Profile,
        b: &Profile,
    ) -> Option<([(Field, Level); 6], Ratio)> {
        let mut levels = ADDRESS.map(|field| (field, Level::Missing));
        let mut sum = 0.0;
        let mut postcode = Level::Missing;
        for (field, level) in &mut levels {
            // The postal code says city and region.
            if matches!(field, Field::City | Field::Region) && postcode == Level::Exact {
                continue;
            }
            let (found, ratio) = self.field(lexicon, *field, (a.get(*field), b.get(*field)));
            if *field == Field::Postcode {
                postcode = found;
            }
            *level = found;
            sum += ratio.person;
        }
        if levels.iter().all(|(_, level)| *level == Level::Missing) {
            return None;
        }
        let mixture = |share: f64| log_add(share.ln() + sum, (1.0 - share).ln());
        let ratio =
            Ratio { person: mixture(SAME_DWELLING), household: mixture(HOUSEHOLD_DWELLING) };
        Some((levels, ratio))
    }
}

/// The parts of an address, the postal code before what it implies.
const ADDRESS: [Field; 6] =
    [Field::Street, Field::Number, Field::Detail, Field::Postcode, Field::City, Field::Region];

/// −ln of the smallest frequency.
const RAREST_BITS: f64 = 9.91;

/// Whether the common mailbox bears one of two different given names.
fn bears_one_of_two(lexicon: &Lexicon, a: &Profile, b: &Profile) -> bool {
    let given = |profile: &Profile| lexicon.text(Field::Given, profile.get(Field::Given));
    let email = lexicon.text(Field::Email, a.get(Field::Email));
    let (of_a, of_b) = (given(a), given(b));
    bears(email, of_a) != bears(email, of_b)
        && compare(Field::Given, of_a, of_b) == Level::Different
}

/// ln(eᵃ + eᵇ)
fn log_add(a: f64, b: f64) -> f64 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    high + (low - high).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::PersonRecord;
    use crate::identity::profile::Blocked;
    use proptest::prelude::*;

    fn record() -> impl Strategy<Value = [Option<String>; 8]> {
        let of = |texts: &'static [&'static str]| {
            proptest::option::weighted(0.8, proptest::sample::select(texts))
                .prop_map(|text| text.map(ToString::to_string))
        };
        [
            of(&["bill", "william", "will", "w", "marta", "martha", "marhta", "usher", "jo"])
                .boxed(),
            of(&["usher", "ushr", "vintner", "martha", "vinter", "u"]).boxed(),
            of(&["martha.u@x.example", "will@x.example", "will@y.example"]).boxed(),
            of(&["07700 900001", "07700 900011", "07700 912345"]).boxed(),
            of(&["1 mill lane", "12 mil lane", "2 high street"]).boxed(),
            of(&["nb1 1aa", "nb1 1ab", "wf2 2bb"]).boxed(),
            of(&["19700102", "19700201", "19710102", "20011231"]).boxed(),
            of(&["1234567", "1234576", "7654321", "1234561"]).boxed(),
        ]
    }

    proptest! {
        #[test]
        fn no_link_is_lost_by_looking_at_sketches(
            records in proptest::collection::vec(record(), 2..12),
            person in -12.0..-1.0_f64,
            least in -3.0..3.0_f64,
        ) {
            let mut lexicon = Lexicon::default();
            let profiles: Vec<Profile> = records
                .iter()
                .map(|texts| {
                    let [given_name, surname, email, phone, street, postal_code, birth_date, national_id] =
                        texts.each_ref().map(Option::as_deref);
                    let record = PersonRecord {
                        given_name, surname, email, phone, street, postal_code, birth_date, national_id,
                        ..PersonRecord::default()
                    };
                    Profile::new(&record, &mut lexicon, &Blocked::new())
                })
                .collect();
            let mut model = Model::count(&lexicon, &profiles.iter(), 1000);
            model.person = person.exp();
            let mut weights = Weights::new(&model);
            weights.extend(&model, &lexicon);
            for a in &profiles {
                for b in &profiles {
                    let odds = |least| {
                        weights.odds(&lexicon, (a, b), |_, _| false, least, |_, _, _| ())
                    };
                    let full = odds(f64::NEG_INFINITY).unwrap();
                    prop_assert_eq!(odds(least).is_some(), full.posterior >= least);
                    prop_assert!(full.posterior.is_finite() && full.probability() >= 0.0);
                    let back = weights.odds(&lexicon, (b, a), |_, _| false, f64::NEG_INFINITY, |_, _, _| ());
                    prop_assert!((back.unwrap().posterior - full.posterior).abs() < 1e-9);
                }
            }
        }
    }
}
