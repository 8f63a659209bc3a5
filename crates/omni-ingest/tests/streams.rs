//! Events out of order, late, corrected and repeated: the reference cases, any order of
//! arrival, crash and replay.

use omni_ingest::stream::{Arrival, Memory, State, Stream, Verdict};
use omni_testkit::reference;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One event, with its names.
#[derive(Debug, Clone, PartialEq)]
struct Owned {
    id: String,
    key: String,
    version: u64,
    at: i64,
    amount: i64,
}

impl Owned {
    fn of(value: &Value) -> Self {
        let text = |key: &str| value[key].as_str().unwrap().to_owned();
        Self {
            id: text("id"),
            key: text("order"),
            version: value["version"].as_u64().unwrap(),
            at: value["t"].as_i64().unwrap(),
            amount: value["amount"].as_i64().unwrap(),
        }
    }

    fn lend(&self) -> Arrival<'_> {
        Arrival {
            id: &self.id,
            key: &self.key,
            version: self.version,
            at: self.at,
            amount: self.amount,
        }
    }
}

/// What left a stream so far.
#[derive(Debug, Clone, PartialEq, Default)]
struct Outputs {
    windows: BTreeMap<i64, i64>,
    late: Vec<String>,
    corrections: Vec<Value>,
    settled: BTreeMap<String, i64>,
}

impl Outputs {
    fn take(&mut self, state: &mut State, event: &Owned) {
        let step = state.push(&event.lend()).unwrap();
        for closed in step.closed {
            assert_eq!(self.windows.insert(closed.window, closed.sum), None, "closed twice");
        }
        match step.verdict {
            Verdict::Late => self.late.push(event.id.clone()),
            Verdict::Corrected { window, amount } => self
                .corrections
                .push(json!({"id": event.id, "old_window": window, "old_amount": amount})),
            _ => {}
        }
        // A key may settle again: once forgotten, its next version is a new one.
        self.settled.extend(step.settled.into_iter().map(|(key, last)| (key, last.amount)));
    }

    fn finish(&mut self, state: State) {
        self.settled.extend(state.keys().map(|(key, counted)| (key.to_owned(), counted.amount)));
        for closed in state.finish() {
            assert_eq!(self.windows.insert(closed.window, closed.sum), None, "closed twice");
        }
    }

    /// As the reference writes it.
    fn json(&self, state: &State) -> Value {
        json!({
            "windows": self.windows.iter().map(|(w, s)| (w.to_string(), *s)).collect::<BTreeMap<_, _>>(),
            "duplicates": state.counts().duplicates,
            "late_ids": self.late,
            "stale": state.counts().stale,
            "corrections": self.corrections,
            "final_watermark": state.watermark(),
            "orders": self.settled,
        })
    }
}

fn run(stream: Stream, events: &[Owned]) -> (State, Outputs) {
    let (mut state, mut outputs) = (stream.start().unwrap(), Outputs::default());
    for event in events {
        outputs.take(&mut state, event);
    }
    outputs.finish(state.clone());
    (state, outputs)
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn all_reference_streams_are_exact() {
    let cases = reference::json("reference/ingest/streaming.json");
    let cases = cases["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 24);
    for (number, case) in cases.iter().enumerate() {
        let seconds = |key: &str| u32::try_from(case[key].as_u64().unwrap()).unwrap();
        let stream =
            Stream::new(seconds("window_seconds"), seconds("lateness_seconds"), Memory::Forever);
        let events: Vec<Owned> =
            case["arrivals"].as_array().unwrap().iter().map(Owned::of).collect();
        let (end, outputs) = run(stream, &events);
        assert_eq!(outputs.json(&end), case["expected"], "case {number}");

        // A crash anywhere, not only where the case has it: the state of the checkpoint,
        // then the rest again.
        let replay = &case["replay"];
        let after = usize::try_from(replay["checkpoint_after"].as_u64().unwrap()).unwrap();
        assert!(after <= events.len());
        for checkpoint in 0..=events.len() {
            let (mut state, mut again) = (stream.start().unwrap(), Outputs::default());
            for event in &events[..checkpoint] {
                again.take(&mut state, event);
            }
            let mut state = stored(&state);
            for event in &events[checkpoint..] {
                again.take(&mut state, event);
            }
            again.finish(state.clone());
            assert_eq!(again.json(&state), case["expected"], "case {number} at {checkpoint}");
        }

        // Without a checkpoint: what came before the crash is delivered a second time.
        let crash = usize::try_from(replay["crash_after"].as_u64().unwrap()).unwrap();
        let twice = [&events[..crash], &events[after..]].concat();
        let (state, again) = run(stream, &twice);
        assert_eq!(again, outputs, "case {number}");
        let repeats = state.counts().duplicates - end.counts().duplicates;
        assert_eq!(repeats, (crash - after) as u64);
    }
}

/// The state written and read back, where it can be.
fn stored(state: &State) -> State {
    #[cfg(feature = "serde")]
    {
        let json = serde_json::to_string(state).unwrap();
        let back: State = serde_json::from_str(&json).unwrap();
        assert_eq!(&back, state);
        assert_eq!(serde_json::to_string(&back).unwrap(), json);
        back
    }
    #[cfg(not(feature = "serde"))]
    state.clone()
}

const LATENESS: u32 = 40;

/// Events of few keys; the versions of a key are distinct.
fn events() -> impl Strategy<Value = Vec<Owned>> {
    vec((0_u8..12, 0_i64..600, -1_000_i64..1_000), 0..40).prop_map(|drawn| {
        let owned = |(number, (key, at, amount)): (usize, (u8, i64, i64))| Owned {
            id: format!("e{number}"),
            key: format!("k{key}"),
            version: number as u64,
            at,
            amount,
        };
        drawn.into_iter().enumerate().map(owned).collect()
    })
}

/// An order of arrival in which nothing is late: each event is moved back by less than the
/// lateness.
fn arrival_order(events: &[Owned], delays: &[i64]) -> Vec<Owned> {
    let mut order: Vec<(i64, &Owned)> =
        events.iter().zip(delays).map(|(event, delay)| (event.at + delay, event)).collect();
    order.sort_by_key(|(at, _)| *at);
    order.into_iter().map(|(_, event)| event.clone()).collect()
}

/// Sums less corrections, without empty windows, and what counts in the end.
fn books(outputs: &Outputs) -> (BTreeMap<i64, i64>, BTreeMap<String, i64>) {
    let mut net = outputs.windows.clone();
    for correction in &outputs.corrections {
        let window = correction["old_window"].as_i64().unwrap();
        *net.get_mut(&window).unwrap() -= correction["old_amount"].as_i64().unwrap();
    }
    net.retain(|_, sum| *sum != 0);
    (net, outputs.settled.clone())
}

/// What has to come out, computed without any stream.
fn expected(events: &[Owned], size: i64) -> (BTreeMap<i64, i64>, BTreeMap<String, i64>) {
    let mut last: BTreeMap<&str, &Owned> = BTreeMap::new();
    for event in events {
        let kept = last.entry(&event.key).or_insert(event);
        if event.version > kept.version {
            *kept = event;
        }
    }
    let mut net = BTreeMap::new();
    for event in last.values() {
        *net.entry(event.at.div_euclid(size)).or_default() += event.amount;
    }
    net.retain(|_, sum| *sum != 0);
    (net, last.into_values().map(|event| (event.key.clone(), event.amount)).collect())
}

proptest! {
    #[test]
    fn any_order_within_the_lateness_gives_the_same_books(
        events in events(),
        delays in vec(0_i64..=i64::from(LATENESS), 40),
        size in 1_u32..200,
    ) {
        // All times lie within 600 seconds: that memory is as good as one without end.
        for memory in [Memory::Forever, Memory::Seconds(600)] {
            let stream = Stream::new(size, LATENESS, memory);
            let (state, outputs) = run(stream, &arrival_order(&events, &delays));
            prop_assert_eq!(state.counts().late, 0);
            prop_assert_eq!(books(&outputs), expected(&events, i64::from(size)));
        }
    }

    #[test]
    fn every_event_twice_is_every_event_once(
        events in events(),
        order in vec(0_usize..40, 0..80),
        size in 1_u32..200,
        seconds in prop::option::of(0_u32..100),
    ) {
        // Any repeats in any order, late ones too.
        let arrivals: Vec<Owned> =
            order.iter().filter_map(|at| events.get(*at)).cloned().collect();
        let mut met = BTreeSet::new();
        let once: Vec<Owned> =
            arrivals.iter().filter(|event| met.insert(event.id.clone())).cloned().collect();
        let stream = Stream::new(size, 0, seconds.map_or(Memory::Forever, Memory::Seconds));
        let ((state, all), (single, first)) = (run(stream, &arrivals), run(stream, &once));
        prop_assert_eq!(&all.windows, &first.windows);
        prop_assert_eq!(&all.corrections, &first.corrections);
        prop_assert_eq!(&all.settled, &first.settled);
        prop_assert_eq!(state.watermark(), single.watermark());
        prop_assert_eq!(state.counts().stale, single.counts().stale);
    }

    #[test]
    fn a_crash_anywhere_changes_nothing(
        arrivals in events(),
        checkpoint in 0_usize..40,
        size in 1_u32..200,
        lateness in 0_u32..100,
        seconds in prop::option::of(0_u32..100),
    ) {
        let memory = seconds.map_or(Memory::Forever, Memory::Seconds);
        let stream = Stream::new(size, lateness, memory);
        let (end, outputs) = run(stream, &arrivals);
        let (mut state, mut again) = (stream.start().unwrap(), Outputs::default());
        for (number, event) in arrivals.iter().enumerate() {
            if number == checkpoint {
                state = stored(&state);
            }
            again.take(&mut state, event);
        }
        prop_assert_eq!(&state, &end);
        again.finish(state);
        prop_assert_eq!(again, outputs);
    }

    #[test]
    fn events_are_conserved_and_memory_is_bounded(
        arrivals in vec((any::<u8>(), any::<i16>(), any::<i64>()), 0..200),
        size in 1_u32..2_000,
        lateness in 0_u32..2_000,
        memory in 0_u32..2_000,
    ) {
        let mut state = Stream::new(size, lateness, Memory::Seconds(memory)).start().unwrap();
        let mut times = Vec::new();
        for (number, (key, at, amount)) in arrivals.iter().enumerate() {
            let (id, key, at) = (number.to_string(), key.to_string(), i64::from(*at));
            let arrival = Arrival { id: &id, key: &key, version: number as u64, at, amount: *amount };
            if state.push(&arrival).is_ok() {
                times.push(at);
            }
            // Nothing is kept that is older than the lateness, the memory and one window.
            let reach = i64::from(size) + i64::from(lateness) + i64::from(memory);
            let newest = times.iter().max().copied().unwrap_or_default();
            let recent = times.iter().filter(|at| **at >= newest - reach).count();
            prop_assert!(state.ids() <= recent, "{} ids, {recent} recent events", state.ids());
            prop_assert!(state.keys().count() <= recent);
        }
        prop_assert_eq!(state.counts().events, times.len() as u64);
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_state_that_cannot_be_is_refused() {
    let mut state = Stream::new(60, 30, Memory::Forever).start().unwrap();
    let event = Arrival { id: "e", key: "k", version: 1, at: 100, amount: 5 };
    state.push(&event).unwrap();
    let good = serde_json::to_value(&state).unwrap();
    assert_eq!(good["layout"], 1);
    assert!(!good.to_string().contains("\"e\""), "ids are kept as fingerprints: {good}");
    let print = good["seen"]["1"][0].clone();
    for (pointer, value) in [
        ("/layout", json!(2)),
        ("/stream/size", json!(0)),
        ("/watermark", json!(120)),
        ("/watermark", json!(null)),
        ("/seen/1", json!([print, print])),
        ("/seen/1", json!(["+0000000000000000000000000000000"])),
        ("/seen/1", json!(["é000000000000000000000000000000"])),
        ("/open", json!({"1": 1e3})),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(serde_json::from_value::<State>(bad).is_err(), "{pointer}");
    }
    assert_eq!(serde_json::from_value::<State>(good).unwrap(), state);
}
