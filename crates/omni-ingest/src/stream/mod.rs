//! Sums per window of time over events that come late, twice, out of order or corrected.
//!
//! ```text
//! w(t) = ⌊t / size⌋                        the window of an instant t
//! W    = max t seen − lateness             the watermark; it never moves back
//! closed(w) ⇔ (w + 1) · size ≤ W           its sum leaves once and never changes
//! ```
//!
//! `t`, `size` and `lateness` are whole seconds (or any other whole unit, one for all);
//! amounts are whole minor units of one currency. An [`Arrival`] is one version of one
//! entity, an order for instance. What becomes of it, the first that holds:
//!
//! 1. its id was seen: a duplicate, nothing changes;
//! 2. its window is closed: late, it is listed and changes no sum;
//! 3. a version as high or higher of the same key was counted: stale, no sum changes;
//! 4. otherwise it counts. If a lower version was counted, that amount is taken out of its
//!    window; is that window closed, the difference leaves as a correction of it.
//!
//! Then the watermark moves and the windows it passed are closed, lowest first.
//!
//! # Any order of arrival
//! Let every event arrive before the watermark passes its window, and let the versions of
//! one key be distinct. Then the events that counted in the end, and for each window its
//! sum less its corrections, are the same whatever the order of arrival. Only when the
//! difference shows, in the sum or as a correction, depends on the order. A repeated
//! delivery changes the count of duplicates and nothing else.
//!
//! # Crash and replay
//! The state is plain data. Keep it with the position in the input; after a crash read it
//! back and deliver the rest again: the outputs are those of a run without the crash.
//!
//! # Memory
//! An open window costs its sum, an event 16 bytes (the fingerprint of its id, see
//! [`seen`](crate::seen)), a key its name and counted version. All this is needed while the
//! window is open, so it is bounded by what happens within `size + lateness`. What a closed
//! window still needs is a choice, [`Memory`]: a key that was forgotten cannot be corrected,
//! its next version counts as new. A forgotten id does no harm: its window is closed, so the
//! repeat is late instead of a duplicate.
//!
//! O(log n) per event, n keys held.
//!
//! # Limits
//! One event dated far ahead closes every window before it: check the times first. Keys are
//! kept as text: use numbers of orders, nothing that names a person. Amounts of two
//! currencies are two streams.

#[cfg(feature = "serde")]
mod stored;

use crate::Error;
use crate::siphash::siphash128;
use omni_core::{MoneyError, ParamError};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::fmt;

/// How long ids and keys of closed windows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Memory {
    /// Until the end: every repeat is known as one and every correction finds the amount it
    /// corrects, however old. Grows with the number of events.
    Forever,
    /// Until the watermark is so many seconds past the end of their window. Two versions of
    /// one key are recognized as such if their times are at most so far apart.
    Seconds(u32),
}

/// Settings of a stream; checked by [`start`](Stream::start).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stream {
    size: u32,
    lateness: u32,
    memory: Memory,
}

impl Stream {
    /// Windows of `size` seconds, closed once something `lateness` seconds younger than
    /// their end was seen; what closed windows need is kept as `memory` says.
    #[must_use]
    pub const fn new(size: u32, lateness: u32, memory: Memory) -> Self {
        Self { size, lateness, memory }
    }

    /// The state before the first event.
    ///
    /// # Errors
    /// [`Error::Param`] if windows have no length.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::stream::{Arrival, Memory, Stream, Verdict};
    ///
    /// let mut state = Stream::new(300, 30, Memory::Forever).start()?;
    /// let order = |id, at, version, amount| Arrival { id, key: "#1001", version, at, amount };
    /// state.push(&order("e1", 10, 1, 1999))?;
    /// // The second version takes the place of the first, its repeat changes nothing.
    /// let step = state.push(&order("e2", 20, 2, 1499))?;
    /// assert_eq!(step.verdict, Verdict::Replaced { window: 0, amount: 1999 });
    /// assert_eq!(state.push(&order("e2", 20, 2, 1499))?.verdict, Verdict::Duplicate);
    /// let closed = state.finish();
    /// assert_eq!((closed[0].window, closed[0].sum), (0, 1499));
    /// # Ok::<(), omni_ingest::Error>(())
    /// ```
    pub fn start(&self) -> Result<State, Error> {
        if self.size == 0 {
            return Err(ParamError::new("size", "at least 1", self.size).into());
        }
        Ok(State {
            stream: *self,
            watermark: None,
            open: BTreeMap::new(),
            held: BTreeMap::new(),
            seen: FxHashSet::default(),
            keys: BTreeMap::new(),
            counts: Counts::default(),
        })
    }
}

/// One version of one entity, as it arrives. `Debug` leaves out the names: they may lead to
/// a person.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// The name of the event; a repeated delivery has the same.
    pub id: &'a str,
    /// What it is a version of: an order.
    pub key: &'a str,
    /// The highest version counts.
    pub version: u64,
    /// When it happened, in seconds.
    pub at: i64,
    /// What is summed, in minor units.
    pub amount: i64,
}

impl fmt::Debug for Arrival<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival")
            .field("version", &self.version)
            .field("at", &self.at)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Verdict {
    /// The first version of its key: it counts.
    Counted,
    /// Its id was seen before.
    Duplicate,
    /// Its window is closed.
    Late,
    /// A version as high was counted before.
    Stale,
    /// It counts; the lower version was taken out of its window.
    Replaced {
        /// The window of the lower version, still open.
        window: i64,
        /// The amount taken out of it.
        amount: i64,
    },
    /// It counts; the lower version is in a sum that left already.
    Corrected {
        /// The window of the lower version, closed.
        window: i64,
        /// The amount its sum holds too much.
        amount: i64,
    },
}

/// The sum of a closed window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Window {
    /// Its number: it holds the instants from `window * size` up to the next.
    pub window: i64,
    /// The sum of its amounts; 0 if all were taken out again.
    pub sum: i64,
}

/// The version of a key that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Counted {
    /// The version.
    pub version: u64,
    /// The window its amount is in.
    pub window: i64,
    /// The amount.
    pub amount: i64,
}

/// How many events did not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Counts {
    /// All events.
    pub events: u64,
    /// Those whose id was seen before.
    pub duplicates: u64,
    /// Those whose window was closed.
    pub late: u64,
    /// Those below a version that counted.
    pub stale: u64,
    /// Those that corrected a closed window.
    pub corrections: u64,
}

/// What one event brought about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Step {
    /// What became of it.
    pub verdict: Verdict,
    /// The windows it closed, lowest first.
    pub closed: Vec<Window>,
    /// The keys that were forgotten, with the version that counts: no correction of them
    /// will be recognized. In the order of their windows and names.
    pub settled: Vec<(String, Counted)>,
}

/// What is kept for a window.
#[derive(Clone, Default)]
struct Held {
    /// The fingerprints of the ids of its events.
    prints: Vec<u128>,
    /// The keys counted in it, once or more; some have moved on since.
    keys: Vec<String>,
}

/// Everything known between two events. With the feature `serde` it is read and written
/// with the number of its layout, 1. `Debug` leaves out the names.
#[derive(Clone)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "stored::Stored", into = "stored::Stored")
)]
pub struct State {
    stream: Stream,
    watermark: Option<i64>,
    open: BTreeMap<i64, i64>,
    held: BTreeMap<i64, Held>,
    seen: FxHashSet<u128>,
    keys: BTreeMap<String, Counted>,
    counts: Counts,
}

impl State {
    /// Takes one event.
    ///
    /// # Errors
    /// [`Error::Money`] if the sum of a window would not fit 64 bits; nothing has changed
    /// then.
    pub fn push(&mut self, arrival: &Arrival<'_>) -> Result<Step, Error> {
        let print = siphash128(KEY, arrival.id.as_bytes());
        let window = arrival.at.div_euclid(i64::from(self.stream.size));
        let mut step =
            Step { verdict: Verdict::Duplicate, closed: Vec::new(), settled: Vec::new() };
        if self.seen.contains(&print) {
            self.counts.events = self.counts.events.saturating_add(1);
            self.counts.duplicates = self.counts.duplicates.saturating_add(1);
            return Ok(step);
        }
        if self.has_passed(window, 0) {
            step.verdict = Verdict::Late;
        } else {
            step.verdict = self.count(arrival, window)?;
        }
        let count = match step.verdict {
            Verdict::Late => &mut self.counts.late,
            Verdict::Stale => &mut self.counts.stale,
            Verdict::Corrected { .. } => &mut self.counts.corrections,
            _ => &mut 0,
        };
        *count = count.saturating_add(1);
        self.counts.events = self.counts.events.saturating_add(1);

        if !self.is_forgotten(window) {
            self.seen.insert(print);
            self.held.entry(window).or_default().prints.push(print);
        }
        if step.verdict != Verdict::Late {
            let mark = arrival.at.saturating_sub(i64::from(self.stream.lateness));
            if self.watermark.is_none_or(|before| before < mark) {
                self.watermark = Some(mark);
                self.close(&mut step.closed);
                self.forget(&mut step.settled);
            }
        }
        Ok(step)
    }

    /// Closes what is still open, at the end of the input.
    #[must_use]
    pub fn finish(self) -> Vec<Window> {
        self.open.into_iter().map(|(window, sum)| Window { window, sum }).collect()
    }

    /// The settings.
    #[must_use]
    pub const fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The watermark: every window that ends at it or before is closed. `None` before the
    /// first event.
    #[must_use]
    pub const fn watermark(&self) -> Option<i64> {
        self.watermark
    }

    /// The sums of the open windows, lowest first.
    pub fn open(&self) -> impl Iterator<Item = Window> + '_ {
        self.open.iter().map(|(&window, &sum)| Window { window, sum })
    }

    /// The version of each key that counts, by name, of the keys not yet forgotten.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &Counted)> {
        self.keys.iter().map(|(key, counted)| (key.as_str(), counted))
    }

    /// What happened so far, in numbers.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// How many ids are kept.
    #[must_use]
    pub fn ids(&self) -> usize {
        self.seen.len()
    }

    /// Whether the watermark is so many seconds past the end of a window.
    fn has_passed(&self, window: i64, seconds: u32) -> bool {
        let end = (i128::from(window) + 1) * i128::from(self.stream.size) + i128::from(seconds);
        self.watermark.is_some_and(|mark| end <= i128::from(mark))
    }

    fn is_forgotten(&self, window: i64) -> bool {
        match self.stream.memory {
            Memory::Forever => false,
            Memory::Seconds(seconds) => self.has_passed(window, seconds),
        }
    }

    /// Puts the amount of an event into its open window, or nothing.
    fn count(&mut self, arrival: &Arrival<'_>, window: i64) -> Result<Verdict, Error> {
        let old = self.keys.get(arrival.key).copied();
        if old.is_some_and(|old| old.version >= arrival.version) {
            return Ok(Verdict::Stale);
        }
        // All is computed before anything changes.
        let (mut verdict, mut taken) = (Verdict::Counted, None);
        let mut sum = i128::from(self.open.get(&window).copied().unwrap_or_default());
        if let Some(old) = old {
            let (from, amount) = (old.window, old.amount);
            if let Some(&before) = self.open.get(&from) {
                verdict = Verdict::Replaced { window: from, amount };
                if from == window {
                    sum -= i128::from(amount);
                } else {
                    taken = Some((from, before.checked_sub(amount).ok_or_else(overflow)?));
                }
            } else {
                verdict = Verdict::Corrected { window: from, amount };
            }
        }
        let sum = i64::try_from(sum + i128::from(arrival.amount)).map_err(|_| overflow())?;
        self.open.extend(taken);
        self.open.insert(window, sum);
        let counted = Counted { version: arrival.version, window, amount: arrival.amount };
        if old.is_none_or(|old| old.window != window) {
            self.held.entry(window).or_default().keys.push(arrival.key.to_owned());
        }
        match self.keys.get_mut(arrival.key) {
            Some(known) => *known = counted,
            None => {
                self.keys.insert(arrival.key.to_owned(), counted);
            }
        }
        Ok(verdict)
    }

    /// Closes the windows the watermark has passed.
    fn close(&mut self, closed: &mut Vec<Window>) {
        while let Some((&window, &sum)) = self.open.first_key_value()
            && self.has_passed(window, 0)
        {
            self.open.remove(&window);
            closed.push(Window { window, sum });
        }
    }

    /// Drops what belongs to windows the watermark has passed long ago.
    fn forget(&mut self, settled: &mut Vec<(String, Counted)>) {
        while let Some((&window, _)) = self.held.first_key_value()
            && self.is_forgotten(window)
            && let Some(mut held) = self.held.remove(&window)
        {
            for print in &held.prints {
                self.seen.remove(print);
            }
            held.keys.sort_unstable();
            for key in held.keys {
                // A key that moved on is held by a later window.
                if self.keys.get(&key).is_some_and(|counted| counted.window == window)
                    && let Some(counted) = self.keys.remove(&key)
                {
                    settled.push((key, counted));
                }
            }
        }
    }
}

impl PartialEq for State {
    /// Whether both go on alike: what is held for which window follows from the rest.
    fn eq(&self, other: &Self) -> bool {
        self.stream == other.stream
            && (self.watermark, self.counts) == (other.watermark, other.counts)
            && self.open == other.open
            && self.seen == other.seen
            && self.keys == other.keys
    }
}

impl Eq for State {}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("stream", &self.stream)
            .field("watermark", &self.watermark)
            .field("open", &self.open)
            .field("ids", &self.seen.len())
            .field("keys", &self.keys.len())
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

fn overflow() -> Error {
    MoneyError::Overflow { operation: "the sum of a window" }.into()
}

/// "omni-ingest id" as two words.
const KEY: [u64; 2] = [u64::from_le_bytes(*b"omni-ing"), u64::from_le_bytes(*b"est id\0\0")];

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival<'a>(id: &'a str, key: &'a str, version: u64, at: i64, amount: i64) -> Arrival<'a> {
        Arrival { id, key, version, at, amount }
    }

    fn state(memory: Memory) -> State {
        Stream::new(100, 50, memory).start().unwrap()
    }

    #[test]
    fn each_verdict() {
        let mut state = state(Memory::Forever);
        let cases = [
            (arrival("a1", "a", 1, 10, 100), Verdict::Counted, vec![]),
            (arrival("b1", "b", 1, 120, 7), Verdict::Counted, vec![]),
            (arrival("a1", "a", 1, 10, 100), Verdict::Duplicate, vec![]),
            (arrival("b2", "b", 2, 130, 8), Verdict::Replaced { window: 1, amount: 7 }, vec![]),
            (arrival("b0", "b", 0, 90, 1), Verdict::Stale, vec![]),
            (arrival("c1", "c", 1, 150, 1), Verdict::Counted, vec![Window { window: 0, sum: 100 }]),
            (arrival("d1", "d", 1, 99, 1), Verdict::Late, vec![]),
            (arrival("d1", "d", 1, 99, 1), Verdict::Duplicate, vec![]),
            (arrival("a2", "a", 2, 160, 30), Verdict::Corrected { window: 0, amount: 100 }, vec![]),
            (
                arrival("c2", "c", 2, 299, 0),
                Verdict::Replaced { window: 1, amount: 1 },
                vec![Window { window: 1, sum: 38 }],
            ),
        ];
        for (arrival, verdict, closed) in cases {
            let step = state.push(&arrival).unwrap();
            assert_eq!((step.verdict, step.closed), (verdict, closed), "{}", arrival.id);
            assert!(step.settled.is_empty());
        }
        assert_eq!(state.watermark(), Some(249));
        let counts = state.counts();
        assert_eq!((counts.events, counts.duplicates, counts.late), (10, 2, 1));
        assert_eq!((counts.stale, counts.corrections), (1, 1));
        assert_eq!(state.finish(), [Window { window: 2, sum: 0 }]);
    }

    #[test]
    fn what_the_watermark_has_passed_is_dropped() {
        let mut state = state(Memory::Seconds(100));
        for n in 0..1_000 {
            let (id, key) = (format!("e{n}"), format!("k{}", n / 2));
            let step = state.push(&arrival(&id, &key, n, n as i64 * 10, 1)).unwrap();
            for (_, counted) in step.settled {
                assert_eq!(counted.version % 2, 1, "the higher version counts");
            }
            // Lateness 50, memory 100, two windows not yet complete: 350 seconds at most.
            assert!(state.ids() <= 36, "{}", state.ids());
            assert!(state.keys().count() <= 19);
            assert!(state.held.len() <= 4 && state.open.len() <= 3);
        }
        // A repeat that was forgotten is late: no sum changes.
        assert_eq!(state.push(&arrival("e3", "k1", 3, 30, 1)).unwrap().verdict, Verdict::Late);
        assert!(state.ids() <= 36);
    }

    #[test]
    fn a_key_is_settled_once_and_where_it_counts() {
        let mut state = state(Memory::Seconds(0));
        state.push(&arrival("1", "k", 1, 0, 5)).unwrap();
        state.push(&arrival("2", "k", 2, 110, 6)).unwrap();
        assert_eq!(state.push(&arrival("3", "x", 1, 200, 0)).unwrap().settled, []);
        let settled = state.push(&arrival("4", "x", 2, 350, 0)).unwrap().settled;
        let counted = Counted { version: 2, window: 1, amount: 6 };
        assert_eq!(settled, [("k".to_owned(), counted)]);
    }

    #[test]
    fn a_sum_too_large_changes_nothing() {
        let mut state = state(Memory::Forever);
        state.push(&arrival("1", "a", 1, 0, i64::MAX)).unwrap();
        let before = state.clone();
        let error = state.push(&arrival("2", "b", 1, 0, 1)).unwrap_err();
        assert!(matches!(error, Error::Money(MoneyError::Overflow { .. })), "{error}");
        assert_eq!(state, before);
        // The old amount leaves as the new one enters.
        state.push(&arrival("3", "a", 2, 0, i64::MIN)).unwrap();
        assert_eq!(state.finish(), [Window { window: 0, sum: i64::MIN }]);
    }

    #[test]
    fn the_ends_of_time() {
        for memory in [Memory::Forever, Memory::Seconds(u32::MAX)] {
            let mut state = Stream::new(1, u32::MAX, memory).start().unwrap();
            for (id, at) in [("1", i64::MIN), ("2", i64::MAX), ("3", i64::MIN), ("4", 0)] {
                state.push(&arrival(id, id, 1, at, 1)).unwrap();
            }
            assert_eq!(state.counts().late, 2);
            assert_eq!(state.finish(), [Window { window: i64::MAX, sum: 1 }]);
        }
        assert!(Stream::new(0, 0, Memory::Forever).start().is_err());
    }

    #[test]
    fn debug_shows_no_names() {
        let mut state = state(Memory::Forever);
        let event = arrival("ada@example.com", "ada", 1, 0, 1);
        state.push(&event).unwrap();
        assert!(!format!("{state:?} {event:?}").contains("ada"));
    }
}
