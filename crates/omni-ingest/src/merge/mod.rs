//! Survivorship: one golden record from many versions of one entity.
//!
//! ```text
//! state(field) = { (value, origin) }                a set: what was ever said, and by whom
//! merge(A, B)  = A ∪ B                              for every field
//! survivor     = max over values by (r₁, r₂, .., value itself, the smaller first)
//! ```
//!
//! Nothing is decided while records come in. The state is a set of observations, so merging
//! is commutative, associative and idempotent: the order of files and a record that comes
//! twice change nothing. The rules of a field are asked at the end, one after the other,
//! each only where those before it tie; the last tie goes to the smaller value, so that
//! there always is one answer. What lost is kept with its origins, and the observations of
//! one record can be taken out again.
//!
//! | rule | the value that survives |
//! |---|---|
//! | [`Rule::Verified`] | of the latest verified observation |
//! | [`Rule::Recent`] | of the latest observation |
//! | [`Rule::First`] | of the earliest observation |
//! | [`Rule::Frequent`] | said by the most records |
//! | [`Rule::Source`] | said by the source that stands first in the list |
//! | [`Rule::Longest`] | with the most characters |
//!
//! An observation without a time is older than any with one for `Recent`, and younger for
//! `First`: an unknown time never wins. Blank values are not observations. Values are
//! compared as they are: clean them before.
//!
//! Where the states of persons come from: [`unify`](crate::unify) keeps what every record
//! says, and [`Unified::profiles`](crate::unify::Unified::profiles) gives the golden records.
//! [`export`](crate::export) writes them, [`privacy`](crate::privacy) takes a person out.
//!
//! Adding is O(log n) for n observations, an answer O(n log n).

mod entity;
mod person;

pub use entity::{Entity, Golden, Survivorship};
pub use person::{Person, PersonVersion, Profile, Unfit};

use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Who said something, and when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Origin {
    /// The file or channel.
    pub source: String,
    /// The record in it.
    pub record: u64,
    /// When it was true.
    #[cfg_attr(feature = "serde", serde(default))]
    pub at: Option<DateTime<Utc>>,
    /// Whether it was proven: a mail that was answered, a card that was shown.
    #[cfg_attr(feature = "serde", serde(default))]
    pub verified: bool,
}

impl Origin {
    /// A record of a source, at no known time, not verified.
    #[must_use]
    pub fn new(source: &str, record: u64) -> Self {
        Self { source: source.to_owned(), record, at: None, verified: false }
    }

    /// The same at a time.
    #[must_use]
    pub fn with_time(self, at: DateTime<Utc>) -> Self {
        Self { at: Some(at), ..self }
    }

    /// The same, proven.
    #[must_use]
    pub fn with_proof(self) -> Self {
        Self { verified: true, ..self }
    }
}

/// What makes one value survive another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Rule {
    /// The latest verified observation; a verified one without a time before none at all.
    Verified,
    /// The latest observation.
    Recent,
    /// The earliest observation.
    First,
    /// The most records.
    Frequent,
    /// The source that stands first in the list of sources; sources not in it come last.
    Source,
    /// The most characters.
    Longest,
}

/// All that was said about one field, and by whom. `Debug` leaves out the values.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        from = "Vec<(V, Vec<Origin>)>",
        into = "Vec<(V, Vec<Origin>)>",
        bound(
            serialize = "V: Clone + Ord + serde::Serialize",
            deserialize = "V: Clone + Ord + serde::Deserialize<'de>"
        )
    )
)]
pub struct Values<V> {
    values: BTreeMap<V, BTreeSet<Origin>>,
}

impl<V> Default for Values<V> {
    fn default() -> Self {
        Self { values: BTreeMap::new() }
    }
}

impl<V> fmt::Debug for Values<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("distinct", &self.values.len()).finish_non_exhaustive()
    }
}

impl<V: Ord> From<Vec<(V, Vec<Origin>)>> for Values<V> {
    fn from(list: Vec<(V, Vec<Origin>)>) -> Self {
        let mut all = Self::default();
        for (value, origins) in list.into_iter().filter(|(_, origins)| !origins.is_empty()) {
            all.values.entry(value).or_default().extend(origins);
        }
        all
    }
}

impl<V: Ord> From<Values<V>> for Vec<(V, Vec<Origin>)> {
    fn from(values: Values<V>) -> Self {
        let listed =
            |(value, origins): (V, BTreeSet<Origin>)| (value, origins.into_iter().collect());
        values.values.into_iter().map(listed).collect()
    }
}

impl<V: Ord + Clone> Values<V> {
    /// Nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what one record says.
    pub fn add(&mut self, value: V, origin: Origin) {
        self.values.entry(value).or_default().insert(origin);
    }

    /// Takes over what another state knows.
    pub fn merge(&mut self, other: &Self) {
        for (value, origins) in &other.values {
            self.values.entry(value.clone()).or_default().extend(origins.iter().cloned());
        }
    }

    /// Takes out what one record said: the state is as if it had never come.
    pub fn remove(&mut self, source: &str, record: u64) {
        self.values.retain(|_, origins| {
            origins.retain(|origin| origin.record != record || origin.source != source);
            !origins.is_empty()
        });
    }

    /// How many different values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Every value with its origins, in the order of the values.
    pub fn iter(&self) -> impl Iterator<Item = (&V, &BTreeSet<Origin>)> {
        self.values.iter()
    }

    /// The value that survives and those that lost, the best first. `length` counts the
    /// characters of a value. `None` if nothing was said.
    #[must_use]
    pub fn survivor(
        &self,
        rules: &[Rule],
        sources: &[String],
        length: impl Fn(&V) -> usize,
    ) -> Option<Survivor<V>> {
        let mut ranked: Vec<(Vec<Rank>, &V, &BTreeSet<Origin>)> = Vec::new();
        for (value, origins) in &self.values {
            let rank = |rule: &Rule| rule.rank(origins, sources, || length(value));
            ranked.push((rules.iter().map(rank).collect(), value, origins));
        }
        // The sort is stable and the values are in order: the smaller one wins the last tie.
        ranked.sort_by(|a, b| b.0.cmp(&a.0));
        let mut ranked = ranked.into_iter();
        let (best, value, origins) = ranked.next()?;
        let mut rest = ranked.peekable();
        let decisive = rest.peek().and_then(|(second, ..)| {
            let apart = best.iter().zip(second).position(|(a, b)| a != b)?;
            rules.get(apart).copied()
        });
        let owned = |value: &V, origins: &BTreeSet<Origin>| {
            (value.clone(), origins.iter().cloned().collect::<Vec<_>>())
        };
        let (value, origins) = owned(value, origins);
        let lost = rest.map(|(_, value, origins)| {
            let (value, origins) = owned(value, origins);
            Former { value, origins }
        });
        Some(Survivor { value, origins, rule: decisive, lost: lost.collect() })
    }
}

/// How a value stands under one rule; the greater wins.
type Rank = (u64, Option<DateTime<Utc>>, Reverse<Option<DateTime<Utc>>>);

impl Rule {
    fn rank(
        self,
        origins: &BTreeSet<Origin>,
        sources: &[String],
        length: impl FnOnce() -> usize,
    ) -> Rank {
        let count = |n: usize| (n as u64, None, Reverse(None));
        match self {
            Self::Verified => {
                let proven = || origins.iter().filter(|origin| origin.verified);
                let latest = proven().map(|origin| origin.at).max().flatten();
                (u64::from(proven().next().is_some()), latest, Reverse(None))
            }
            Self::Recent => {
                (0, origins.iter().map(|origin| origin.at).max().flatten(), Reverse(None))
            }
            Self::First => {
                let earliest = origins.iter().filter_map(|origin| origin.at).min();
                (u64::from(earliest.is_some()), None, Reverse(earliest))
            }
            Self::Frequent => {
                let records: BTreeSet<(&str, u64)> =
                    origins.iter().map(|origin| (origin.source.as_str(), origin.record)).collect();
                count(records.len())
            }
            Self::Source => {
                let place = |source: &str| sources.iter().position(|known| known == source);
                let best = origins.iter().filter_map(|origin| place(&origin.source)).min();
                count(best.map_or(0, |best| sources.len() - best))
            }
            Self::Longest => count(length()),
        }
    }
}

/// The value that survives, where it comes from, and what lost. `Debug` leaves out the values.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Survivor<V> {
    /// The value.
    pub value: V,
    /// Who said it.
    pub origins: Vec<Origin>,
    /// The rule that set it before the next; `None` if there is no other, or no rule did.
    pub rule: Option<Rule>,
    /// The values that lost, the best first.
    pub lost: Vec<Former<V>>,
}

/// A value that lost. `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Former<V> {
    /// The value.
    pub value: V,
    /// Who said it.
    pub origins: Vec<Origin>,
}

impl<V> Survivor<V> {
    /// All values with their origins, the surviving one first.
    pub fn all(&self) -> impl Iterator<Item = (&V, &[Origin])> {
        let lost = self.lost.iter().map(|former| (&former.value, former.origins.as_slice()));
        std::iter::once((&self.value, self.origins.as_slice())).chain(lost)
    }
}

impl<V> fmt::Debug for Survivor<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Survivor")
            .field("origins", &self.origins)
            .field("rule", &self.rule)
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}

impl<V> fmt::Debug for Former<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Former").field("origins", &self.origins).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// "a": shop 1 at 10, shop 2 at 20; "bb": till 3 at 30; "ccc": mail 4, verified, no time.
    fn values() -> Values<String> {
        let mut values = Values::new();
        values.add("a".to_owned(), Origin::new("shop", 1).with_time(at(10)));
        values.add("a".to_owned(), Origin::new("shop", 2).with_time(at(20)));
        values.add("bb".to_owned(), Origin::new("till", 3).with_time(at(30)));
        values.add("ccc".to_owned(), Origin::new("mail", 4).with_proof());
        values
    }

    fn order(rules: &[Rule]) -> (Vec<String>, Option<Rule>) {
        let sources = ["till".to_owned(), "mail".to_owned()];
        let survivor = values().survivor(rules, &sources, String::len).unwrap();
        (survivor.all().map(|(value, _)| value.clone()).collect(), survivor.rule)
    }

    #[test]
    fn each_rule() {
        use Rule::{First, Frequent, Longest, Recent, Source, Verified};
        for (rules, expected, rule) in [
            (&[][..], ["a", "bb", "ccc"], None),
            (&[Recent], ["bb", "a", "ccc"], Some(Recent)),
            (&[First], ["a", "bb", "ccc"], Some(First)),
            (&[Frequent], ["a", "bb", "ccc"], Some(Frequent)),
            (&[Source], ["bb", "ccc", "a"], Some(Source)),
            (&[Longest], ["ccc", "bb", "a"], Some(Longest)),
            (&[Verified], ["ccc", "a", "bb"], Some(Verified)),
            (&[Verified, Longest], ["ccc", "bb", "a"], Some(Verified)),
        ] {
            let expected = expected.map(String::from).to_vec();
            assert_eq!(order(rules), (expected, rule), "{rules:?}");
        }
        assert_eq!(Values::<String>::new().survivor(&[Recent], &[], String::len), None);
    }

    #[test]
    fn a_repeated_record_counts_once() {
        let mut values = values();
        for seconds in 0..5 {
            values.add("bb".to_owned(), Origin::new("till", 3).with_time(at(seconds)));
        }
        let survivor = values.survivor(&[Rule::Frequent], &[], String::len).unwrap();
        assert_eq!((survivor.value.as_str(), survivor.origins.len()), ("a", 2));
    }

    #[test]
    fn a_record_taken_out_leaves_no_trace() {
        let mut with = values();
        with.add("ccc".to_owned(), Origin::new("till", 9));
        with.add("d".to_owned(), Origin::new("till", 9));
        with.remove("till", 9);
        assert_eq!(with, values());
        with.remove("shop", 3);
        assert_eq!((with.len(), with.is_empty()), (3, false));
    }

    #[test]
    fn debug_shows_no_value() {
        let mut values = Values::new();
        values.add("ada".to_owned(), Origin::new("shop", 1));
        values.add("ada lovelace".to_owned(), Origin::new("till", 1));
        let survivor = values.survivor(&[Rule::Longest], &[], String::len);
        assert!(!format!("{values:?} {survivor:#?}").contains("ada"));
    }
}
