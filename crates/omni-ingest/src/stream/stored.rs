//! The state of a stream as it is written: checked on reading.

use super::{Counted, Counts, Held, State, Stream};
use omni_core::ParamError;
use std::collections::BTreeMap;

/// The number of this layout.
const LAYOUT: u32 = 1;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    layout: u32,
    stream: Stream,
    watermark: Option<i64>,
    open: BTreeMap<i64, i64>,
    /// Fingerprints of ids by window, in hexadecimal.
    seen: BTreeMap<i64, Vec<String>>,
    keys: BTreeMap<String, Counted>,
    counts: Counts,
}

impl From<State> for Stored {
    fn from(state: State) -> Self {
        let seen = state.held.into_iter().filter(|(_, held)| !held.prints.is_empty());
        let hex = |held: Held| held.prints.iter().map(|print| format!("{print:032x}")).collect();
        Self {
            layout: LAYOUT,
            stream: state.stream,
            watermark: state.watermark,
            open: state.open,
            seen: seen.map(|(window, held)| (window, hex(held))).collect(),
            keys: state.keys,
            counts: state.counts,
        }
    }
}

impl TryFrom<Stored> for State {
    type Error = crate::Error;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        if stored.layout != LAYOUT {
            return Err(ParamError::new("layout", "1", stored.layout).into());
        }
        let mut state = stored.stream.start()?;
        state.watermark = stored.watermark;
        for (&window, &sum) in &stored.open {
            if state.watermark.is_none() || state.has_passed(window, 0) {
                let rule = "of windows the watermark has not passed; window";
                return Err(ParamError::new("open", rule, window).into());
            }
            state.open.insert(window, sum);
        }
        for (window, prints) in stored.seen {
            let held = state.held.entry(window).or_default();
            for text in prints {
                let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
                match u128::from_str_radix(&text, 16) {
                    Ok(print) if digits && state.seen.insert(print) => held.prints.push(print),
                    _ => {
                        let rule = "of distinct fingerprints of 32 digits; entry";
                        let shown: String = text.chars().take(40).collect();
                        return Err(ParamError::new("seen", rule, shown.as_str()).into());
                    }
                }
            }
        }
        for (key, counted) in &stored.keys {
            state.held.entry(counted.window).or_default().keys.push(key.clone());
        }
        state.keys = stored.keys;
        state.counts = stored.counts;
        Ok(state)
    }
}
