//! Any events in any order: the books add up, a crash changes nothing, a repeat changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest::stream::{Arrival, Memory, Step, Stream, Verdict};
use std::collections::BTreeMap;

fuzz_target!(|data: &[u8]| {
    let [size, lateness, memory, crash, events @ ..] = data else { return };
    let memory = if *memory == 255 { Memory::Forever } else { Memory::Seconds(u32::from(*memory)) };
    let Ok(mut state) = Stream::new(u32::from(*size), u32::from(*lateness), memory).start() else {
        return;
    };
    let mut twin = state.clone();
    let (mut closed, mut counted, mut corrected) = (BTreeMap::new(), 0_i64, 0_i64);
    for (number, event) in events.chunks_exact(5).enumerate() {
        let (id, key) = (format!("e{}", event[0]), format!("k{}", event[1] % 16));
        let at = i64::from(event[3]) * 4 - 100;
        let arrival = Arrival {
            id: &id,
            key: &key,
            version: u64::from(event[2]),
            at,
            amount: i64::from(event[4]),
        };
        let step = state.push(&arrival).expect("small amounts fit");
        match step.verdict {
            Verdict::Counted => counted += arrival.amount,
            Verdict::Replaced { amount, .. } => counted += arrival.amount - amount,
            Verdict::Corrected { amount, .. } => {
                counted += arrival.amount;
                corrected += amount;
            }
            _ => {}
        }
        for window in &step.closed {
            assert_eq!(closed.insert(window.window, window.sum), None, "closed twice");
        }
        if number == usize::from(*crash) {
            let json = serde_json::to_string(&twin).expect("a state is written");
            twin = serde_json::from_str(&json).expect("a state is read");
        }
        let again: Step = twin.push(&arrival).expect("the same as before");
        assert_eq!(again, step);
        assert_eq!(twin, state);
        let repeat = twin.push(&arrival).expect("nothing changes");
        assert!(matches!(repeat.verdict, Verdict::Duplicate | Verdict::Late));
        assert!(repeat.closed.is_empty() && repeat.settled.is_empty());
        twin = state.clone();
    }
    let open: i64 = state.finish().iter().map(|window| window.sum).sum();
    assert_eq!(closed.values().sum::<i64>() + open, counted);
    let _ = corrected;
});
