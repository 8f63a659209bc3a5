//! Distinct texts of one kind: each is kept once and named by a number.
//!
//! Number 0 is the missing value. A text has a 64-bit fingerprint that depends on nothing
//! but the text, so an order by fingerprints is the same whatever arrived first.

use crate::siphash::siphash128;
use crate::steady::Map;
use std::ops::Range;

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

/// Texts of a page, as a power of two.
const PAGE: u32 = 10;

/// The distinct texts of one kind; none is ever moved far when there are many.
#[derive(Clone)]
pub(crate) struct Values {
    pages: Vec<Page>,
    index: Map<u32>,
}

/// Some texts, one behind the other.
#[derive(Clone, Default)]
struct Page {
    text: String,
    ends: Vec<u32>,
    prints: Vec<u64>,
}

impl Default for Values {
    fn default() -> Self {
        let first = Page { text: String::new(), ends: vec![0], prints: vec![0] };
        Self { pages: vec![first], index: Map::default() }
    }
}

/// The page of a number, and its place there.
const fn place(id: u32) -> (usize, usize) {
    ((id >> PAGE) as usize, (id & ((1 << PAGE) - 1)) as usize)
}

impl Page {
    fn range(&self, at: usize) -> Option<Range<usize>> {
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        Some(start as usize..*self.ends.get(at)? as usize)
    }
}

impl Values {
    /// How many there are, the missing one among them.
    pub(crate) fn len(&self) -> usize {
        let full = self.pages.len().saturating_sub(1) << PAGE;
        full + self.pages.last().map_or(0, |page| page.ends.len())
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
        while let Some(&id) = self.index.get(slot) {
            if self.text(id) == text {
                return id;
            }
            slot = mix(slot, 1);
        }
        let Ok(id) = u32::try_from(self.len()) else { return MISSING };
        if self.pages.last().is_none_or(|page| page.ends.len() >= 1 << PAGE) {
            if let Some(full) = self.pages.last_mut() {
                full.text.shrink_to_fit();
            }
            self.pages.push(Page::default());
        }
        let Some(page) = self.pages.last_mut() else { return MISSING };
        let Ok(end) = u32::try_from(page.text.len() + text.len()) else { return MISSING };
        page.text.push_str(text);
        page.ends.push(end);
        page.prints.push(print);
        self.index.insert(slot, id);
        id
    }

    /// The number of a text that is there.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        let mut slot = fingerprint(text);
        while let Some(&id) = self.index.get(slot) {
            if self.text(id) == text {
                return Some(id);
            }
            slot = mix(slot, 1);
        }
        None
    }

    /// Overwrites a text; its number is not used again.
    pub(crate) fn wipe(&mut self, id: u32) {
        let print = self.print(id);
        // Later texts of the same fingerprint move up.
        let (mut slot, mut kept) = (print, Vec::new());
        while let Some(other) = self.index.remove(slot) {
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
        let (page, at) = place(id);
        let Some(page) = self.pages.get_mut(page) else { return };
        if let Some(range) = page.range(at) {
            let blanks = " ".repeat(range.len());
            page.text.replace_range(range, &blanks);
        }
        if let Some(print) = page.prints.get_mut(at) {
            *print = 0;
        }
    }

    /// The text of a number.
    pub(crate) fn text(&self, id: u32) -> &str {
        let (page, at) = place(id);
        let page = self.pages.get(page);
        page.and_then(|page| page.text.get(page.range(at)?)).unwrap_or_default()
    }

    /// The fingerprint of the text of a number; 0 if it is missing.
    pub(crate) fn print(&self, id: u32) -> u64 {
        let (page, at) = place(id);
        self.pages.get(page).and_then(|page| page.prints.get(at)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_again_on_every_page() {
        let mut values = Values::default();
        let texts: Vec<String> = (0..5000).map(|at| format!("text {at}")).collect();
        let ids: Vec<u32> = texts.iter().map(|text| values.intern(text)).collect();
        assert_eq!((values.len(), values.intern("")), (5001, MISSING));
        for (text, id) in texts.iter().zip(&ids) {
            assert_eq!((values.text(*id), values.find(text)), (text.as_str(), Some(*id)));
            assert_eq!((values.intern(text), values.print(*id)), (*id, fingerprint(text)));
        }
        for id in [1, 1023, 1024, 5000] {
            let text = values.text(id).to_owned();
            values.wipe(id);
            assert!(values.text(id).trim().is_empty() && values.find(&text).is_none());
            assert_eq!(values.intern(&text) as usize, values.len() - 1);
        }
        assert_eq!((values.text(MISSING), values.text(u32::MAX)), ("", ""));
    }
}
