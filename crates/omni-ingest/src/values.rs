//! Distinct texts of one kind: each is kept once and named by a number.
//!
//! Number 0 is the missing value. A text has a 64-bit fingerprint that depends on nothing
//! but the text, so an order by fingerprints is the same whatever arrived first.

use crate::siphash::siphash128;
use rustc_hash::FxHashMap;

/// The number of the missing value.
pub(crate) const MISSING: u32 = 0;

/// "omni-ingest name" as two words.
const KEY: [u64; 2] = [u64::from_le_bytes(*b"omni-ing"), u64::from_le_bytes(*b"est name")];

/// A fingerprint of a text.
#[expect(clippy::cast_possible_truncation, reason = "the low half is the fingerprint")]
pub(crate) fn fingerprint(text: &str) -> u64 {
    siphash128(KEY, text.as_bytes()) as u64
}

/// One fingerprint from several.
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    // The finalizer of MurmurHash3 over a sum that does not commute.
    let mut x = a.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b;
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ x >> 33
}

/// The distinct texts of one kind.
#[derive(Clone)]
pub(crate) struct Values {
    text: String,
    ends: Vec<u32>,
    prints: Vec<u64>,
    index: FxHashMap<u64, u32>,
}

impl Default for Values {
    fn default() -> Self {
        Self { text: String::new(), ends: vec![0], prints: vec![0], index: FxHashMap::default() }
    }
}

impl Values {
    /// How many there are, the missing one among them.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The number of a text, a new one if it was not seen; `MISSING` for the empty text,
    /// and for any further one if the numbers are used up.
    pub(crate) fn intern(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return MISSING;
        }
        let print = fingerprint(text);
        let mut slot = print;
        // Two texts of one fingerprint are told apart by their text.
        while let Some(&id) = self.index.get(&slot) {
            if self.text(id) == text {
                return id;
            }
            slot = mix(slot, 1);
        }
        let end = self.text.len() + text.len();
        let (Ok(end), Ok(id)) = (u32::try_from(end), u32::try_from(self.ends.len())) else {
            return MISSING;
        };
        self.text.push_str(text);
        self.ends.push(end);
        self.prints.push(print);
        self.index.insert(slot, id);
        id
    }

    /// The number of a text that is there.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        let mut slot = fingerprint(text);
        while let Some(&id) = self.index.get(&slot) {
            if self.text(id) == text {
                return Some(id);
            }
            slot = mix(slot, 1);
        }
        None
    }

    /// Overwrites a text; its number is not used again.
    pub(crate) fn wipe(&mut self, id: u32) {
        let text = self.text(id);
        let (len, print) = (text.len(), self.print(id));
        // Later texts of the same fingerprint move up.
        let (mut slot, mut kept) = (print, Vec::new());
        while let Some(other) = self.index.remove(&slot) {
            if other != id {
                kept.push(other);
            }
            slot = mix(slot, 1);
        }
        let mut slot = print;
        for other in kept {
            self.index.insert(slot, other);
            slot = mix(slot, 1);
        }
        let end = self.ends.get(id as usize).map_or(0, |end| *end as usize);
        self.text.replace_range(end.saturating_sub(len)..end, &" ".repeat(len));
        if let Some(print) = self.prints.get_mut(id as usize) {
            *print = 0;
        }
    }

    /// The text of a number.
    pub(crate) fn text(&self, id: u32) -> &str {
        let id = id as usize;
        let start = id.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(id).copied();
        match (start, end) {
            (Some(start), Some(end)) => {
                self.text.get(start as usize..end as usize).unwrap_or_default()
            }
            _ => "",
        }
    }

    /// The fingerprint of the text of a number; 0 if it is missing.
    pub(crate) fn print(&self, id: u32) -> u64 {
        self.prints.get(id as usize).copied().unwrap_or_default()
    }
}
