//! Where a symbol stands in a pattern of up to 64 symbols, as one word.
//!
//! ```text
//! bit i of get(s) = 1  ⇔  pattern[i] = s
//! ```
//!
//! Everything bit-parallel in this folder starts from these masks. A pattern of ASCII of
//! up to 16 bytes is kept as it is and compared byte by byte inside a word, which needs no
//! table; a longer one fills a table of 128 words; other characters fill an
//! open-addressed table of 128 slots, at most half full. Nothing here allocates.
//!
//! Bytes of a word are compared at once: with every byte below `0x80`,
//! `x = word ^ (s · 0x0101…01)` is zero where they are equal, `x + 0x7f7f…7f` has its top
//! bits set where they are not, and a multiplication gathers the top bits of eight bytes.

/// Most symbols of a pattern.
pub(super) const WORD: usize = 64;

/// What strings are made of: bytes if both are ASCII, characters otherwise.
pub(super) trait Symbol: Copy + Ord + Into<u32> {
    /// Runs a job with the fastest masks for a pattern; symbols after the 64th are
    /// ignored.
    fn with_masks<J: Job<Self>>(pattern: &[Self], job: J) -> J::Out;
}

/// Masks of one pattern.
pub(super) trait Masks<S> {
    /// Where the symbol stands.
    fn get(&self, symbol: S) -> u64;
}

/// What is done with masks of any kind.
pub(super) trait Job<S> {
    /// Its result.
    type Out;
    /// Does it.
    fn run<M: Masks<S>>(self, masks: &M) -> Self::Out;
}

/// What is done with two strings as symbols.
pub(super) trait Task {
    /// Its result.
    type Out;
    /// Does it.
    fn run<S: Symbol>(self, a: &[S], b: &[S]) -> Self::Out;
}

/// Runs a task on the bytes of two ASCII strings, or else on their characters: up to 64
/// of them without allocation.
#[inline]
pub(super) fn with_symbols<T: Task>(a: &str, b: &str, task: T) -> T::Out {
    if a.is_ascii() && b.is_ascii() {
        return task.run(a.as_bytes(), b.as_bytes());
    }
    let (mut first, mut second) = (Characters::new(), Characters::new());
    task.run(first.fill(a), second.fill(b))
}

/// The characters of a string.
struct Characters {
    short: [char; WORD],
    long: Vec<char>,
}

impl Characters {
    const fn new() -> Self {
        Self { short: ['\0'; WORD], long: Vec::new() }
    }

    fn fill(&mut self, text: &str) -> &[char] {
        let mut characters = text.chars();
        let mut len = 0;
        for (slot, character) in self.short.iter_mut().zip(&mut characters) {
            *slot = character;
            len += 1;
        }
        // A full buffer took no character too many: the slots are asked first.
        if characters.as_str().is_empty() {
            self.short.get(..len).unwrap_or_default()
        } else {
            self.long.extend(text.chars());
            &self.long
        }
    }
}

impl Symbol for u8 {
    #[inline]
    fn with_masks<J: Job<Self>>(pattern: &[Self], job: J) -> J::Out {
        match pattern.len() {
            0..=8 => job.run(&Lane::new(pattern)),
            9..=16 => {
                let (low, high) = pattern.split_at(8);
                job.run(&Lanes { low: Lane::new(low), high: Lane::new(high) })
            }
            _ => job.run(&AsciiTable::new(pattern)),
        }
    }
}

impl Symbol for char {
    #[inline]
    fn with_masks<J: Job<Self>>(pattern: &[Self], job: J) -> J::Out {
        job.run(&CharTable::new(pattern))
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const TOP: u64 = 0x8080_8080_8080_8080;
/// Times bits at 0, 8, 16 .. it puts them side by side into the top byte.
const GATHER: u64 = 0x0102_0408_1020_4080;

/// Up to eight bytes of ASCII.
struct Lane {
    word: u64,
    /// The top bit of each byte in use.
    used: u64,
}

impl Lane {
    #[inline]
    fn new(bytes: &[u8]) -> Self {
        let len = bytes.len();
        let used = match len {
            0 => 0,
            1..=7 => TOP & ((1 << (8 * len)) - 1),
            _ => TOP,
        };
        Self { word: word(bytes), used }
    }
}

impl Masks<u8> for Lane {
    #[inline]
    fn get(&self, symbol: u8) -> u64 {
        // No byte carries into the next: all are below 0x80.
        let differs = (self.word ^ u64::from(symbol).wrapping_mul(ONES)).wrapping_add(LOW);
        ((!differs & self.used) >> 7).wrapping_mul(GATHER) >> 56
    }
}

/// Up to eight bytes as a little-endian word.
#[inline]
fn word(bytes: &[u8]) -> u64 {
    if let Some(all) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(*all);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // They overlap where there are fewer than eight bytes, and agree there.
        let last = u64::from(u32::from_le_bytes(*last));
        return u64::from(u32::from_le_bytes(*first)) | last << (8 * (bytes.len() - 4));
    }
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Nine to sixteen bytes of ASCII.
struct Lanes {
    low: Lane,
    high: Lane,
}

impl Masks<u8> for Lanes {
    #[inline]
    fn get(&self, symbol: u8) -> u64 {
        self.low.get(symbol) | self.high.get(symbol) << 8
    }
}

/// Any number of ASCII symbols, of which the first 64 count.
struct AsciiTable([u64; 128]);

impl AsciiTable {
    #[inline]
    fn new(pattern: &[u8]) -> Self {
        let mut table = [0; 128];
        for (at, byte) in pattern.iter().take(WORD).enumerate() {
            table[usize::from(byte & 0x7f)] |= 1 << at;
        }
        Self(table)
    }
}

impl Masks<u8> for AsciiTable {
    #[inline]
    fn get(&self, symbol: u8) -> u64 {
        self.0[usize::from(symbol & 0x7f)]
    }
}

/// Any characters; a slot with an empty mask is free.
struct CharTable {
    keys: [char; 128],
    masks: [u64; 128],
}

impl CharTable {
    fn new(pattern: &[char]) -> Self {
        let mut table = Self { keys: ['\0'; 128], masks: [0; 128] };
        for (at, &symbol) in pattern.iter().take(WORD).enumerate() {
            let slot = table.slot(symbol);
            table.keys[slot & 127] = symbol;
            table.masks[slot & 127] |= 1 << at;
        }
        table
    }

    /// The slot of a symbol, or the free one where it belongs. At most 64 of the 128
    /// slots are taken, so the search ends.
    #[inline]
    fn slot(&self, symbol: char) -> usize {
        let mut slot = (u32::from(symbol).wrapping_mul(0x9e37_79b1) >> 25) as usize;
        while self.masks[slot & 127] != 0 && self.keys[slot & 127] != symbol {
            slot += 1;
        }
        slot & 127
    }
}

impl Masks<char> for CharTable {
    #[inline]
    fn get(&self, symbol: char) -> u64 {
        self.masks[self.slot(symbol) & 127]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gets<S>(Vec<S>);

    impl<S: Symbol> Job<S> for Gets<S> {
        type Out = Vec<u64>;
        fn run<M: Masks<S>>(self, masks: &M) -> Vec<u64> {
            self.0.into_iter().map(|symbol| masks.get(symbol)).collect()
        }
    }

    fn plain<S: Symbol>(pattern: &[S], symbol: S) -> u64 {
        let places = pattern.iter().take(WORD).enumerate();
        places.filter(|(_, s)| **s == symbol).map(|(at, _)| 1 << at).sum()
    }

    #[test]
    fn masks_of_every_length_and_kind_are_the_same() {
        let text: String =
            "the quick brown fox jumps over the lazy dog\0\x7f0123456789abcdef\0zz".into();
        for len in 0..=text.len() {
            let bytes = &text.as_bytes()[..len];
            let all: Vec<u8> = (0..128).collect();
            let masks = u8::with_masks(bytes, Gets(all.clone()));
            for (symbol, mask) in all.iter().zip(masks) {
                assert_eq!(mask, plain(bytes, *symbol), "{len} {symbol}");
            }
            let chars: Vec<char> = bytes.iter().map(|b| char::from(*b * 2)).collect();
            let masks = char::with_masks(&chars, Gets(('\0'..='\u{200}').collect()));
            for (symbol, mask) in ('\0'..='\u{200}').zip(masks) {
                assert_eq!(mask, plain(&chars, symbol), "{len} {symbol}");
            }
        }
    }

    #[test]
    fn characters_of_every_number_are_kept() {
        for len in [0, 1, 63, 64, 65, 200] {
            let text = "é".repeat(len);
            assert_eq!(Characters::new().fill(&text).len(), len);
        }
    }
}
