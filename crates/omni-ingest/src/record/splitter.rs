//! Where a record ends and where its fields lie.
//!
//! A field that starts with the quote runs to the quote that is followed by a delimiter
//! or a line end; a doubled quote inside stands for one (RFC 4180). Anywhere else a quote
//! is an ordinary character: `Candle 12" Taper` is a field.
//!
//! # Recovery
//! A quote that is never closed would swallow the rest of the file. So a record that
//! spans more than one physical line has to earn it. It is *broken* if
//!
//! 1. a closing quote is followed by anything but a delimiter or a line end,
//! 2. a quote stands inside an unquoted field on its second or a later line,
//! 3. it has another number of fields than the header,
//! 4. the input ends, or the largest record size is reached, inside quotes.
//!
//! Of a broken record the *first physical line* alone is the bad record, and reading goes
//! on with the next physical line. Rule 1 also holds within one line. So a lone quote
//! costs one record. What cannot be told apart from a real embedded newline is one case:
//! two lone quotes whose lines join to a well-formed record of the header's width.
//!
//! Cost: a failed attempt has looked ahead in vain. The reader has *patience* for eight
//! bytes of that per byte read, and some to start with. A file that is poisoned all over
//! uses it up; until more is read a line end inside quotes then breaks the record at once.
//! So time is linear in the input, whatever it is.
//!
//! Source: RFC 4180 (2005), "Common format and MIME type for CSV files"; the search for a
//! byte in eight at a time is that of Mycroft (1987), as in Warren (2012), "Hacker's
//! Delight", 2nd ed., section 6-1.

/// One field of the record being split: a range of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether doubled quotes inside are still doubled.
    pub(super) doubled: bool,
}

/// What was found at the start of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// A record; its spans are filled.
    Whole {
        /// Bytes without the line end.
        content: usize,
        /// Bytes with the line end.
        consumed: usize,
        /// Line ends inside quotes.
        breaks: u64,
        /// Whether any quote was met.
        quotes: bool,
    },
    /// The data ends before the record does.
    More {
        /// Line ends inside quotes so far.
        breaks: u64,
    },
    /// The record is broken: its first line is a bad record.
    Broken {
        /// Bytes looked at beyond its first line, or near.
        looked: usize,
    },
}

/// The bytes that structure a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Splitter {
    pub(super) delimiter: u8,
    pub(super) quote: Option<u8>,
}

impl Splitter {
    /// Splits the first record of `data`, adding its fields to `spans`.
    ///
    /// `ended`: no byte follows the data. `width`: the number of fields of the header.
    /// `patient`: whether it may span several lines.
    pub(super) fn split(
        self,
        data: &[u8],
        ended: bool,
        width: Option<usize>,
        patient: bool,
        spans: &mut Vec<Span>,
    ) -> Split {
        let before = spans.len();
        let mut start = match self.plain(data, spans) {
            Plain::Record(split) => return split,
            Plain::UpTo(start) => start,
        };
        let mut breaks = 0;
        let mut quotes = false;
        loop {
            let fields = spans.len() - before;
            if breaks > 0 && width.is_some_and(|width| fields >= width) {
                return Split::Broken { looked: start };
            }
            let field = if self.quote.is_some() && data.get(start).copied() == self.quote {
                quotes = true;
                self.quoted(data, start, ended, patient, &mut breaks)
            } else {
                self.bare(data, start, ended, breaks, &mut quotes)
            };
            match field {
                Field::Next { span, next } => {
                    spans.push(span);
                    start = next;
                }
                Field::Last { span, content, consumed } => {
                    spans.push(span);
                    let ragged = width.is_some_and(|width| fields + 1 != width);
                    return if breaks > 0 && ragged {
                        Split::Broken { looked: consumed }
                    } else {
                        Split::Whole { content, consumed, breaks, quotes }
                    };
                }
                Field::More => return Split::More { breaks },
                Field::Broken { at } => {
                    return Split::Broken { looked: if breaks > 0 { at } else { 0 } };
                }
            }
        }
    }

    /// A record without any quote, which most are, in whole blocks: all its fields in one
    /// pass. Otherwise the fields before the first quote or the last block.
    #[inline]
    fn plain(self, data: &[u8], spans: &mut Vec<Span>) -> Plain {
        let (mut start, mut base) = (0, 0);
        for block in data.as_chunks::<BLOCK>().0 {
            let mut hits = hits(block, [self.delimiter, LF, self.quote.unwrap_or(LF)]);
            while hits != 0 {
                let at = base + hits.trailing_zeros() as usize;
                match data.get(at) {
                    Some(&LF) => {
                        let Field::Last { span, content, consumed } =
                            Field::last(data, start, at, at + 1)
                        else {
                            return Plain::UpTo(start);
                        };
                        spans.push(span);
                        let (breaks, quotes) = (0, false);
                        return Plain::Record(Split::Whole { content, consumed, breaks, quotes });
                    }
                    Some(&byte) if byte == self.delimiter => {}
                    _ => return Plain::UpTo(start),
                }
                spans.push(Span { start, end: at, doubled: false });
                start = at + 1;
                hits &= hits - 1;
            }
            base += BLOCK;
        }
        Plain::UpTo(start)
    }

    /// A field without quotes around it.
    fn bare(self, data: &[u8], start: usize, ended: bool, breaks: u64, quotes: &mut bool) -> Field {
        let needles = Needles::new([self.delimiter, LF, self.quote.unwrap_or(LF)]);
        let mut from = start;
        loop {
            match needles.find(data, from) {
                None if !ended => return Field::More,
                None => return Field::last(data, start, data.len(), data.len()),
                Some((end, LF)) => return Field::last(data, start, end, end + 1),
                Some((end, byte)) if byte == self.delimiter => {
                    let span = Span { start, end, doubled: false };
                    return Field::Next { span, next: end + 1 };
                }
                Some((at, _)) => {
                    *quotes = true;
                    if breaks > 0 {
                        return Field::Broken { at };
                    }
                    from = at + 1;
                }
            }
        }
    }

    /// A field with quotes around it; `start` is the opening one.
    fn quoted(
        self,
        data: &[u8],
        start: usize,
        ended: bool,
        patient: bool,
        breaks: &mut u64,
    ) -> Field {
        let needles = Needles::new([self.quote.unwrap_or(LF), LF, LF]);
        let mut span = Span { start: start + 1, end: start + 1, doubled: false };
        let mut from = start + 1;
        loop {
            let at = match needles.find(data, from) {
                None if !ended => return Field::More,
                None => return Field::Broken { at: data.len() },
                Some((at, LF)) => {
                    if !patient {
                        return Field::Broken { at };
                    }
                    *breaks += 1;
                    from = at + 1;
                    continue;
                }
                Some((at, _)) => at,
            };
            span.end = at;
            let (next, after) = (data.get(at + 1).copied(), data.get(at + 2).copied());
            match (next, after) {
                (None, _) | (Some(CR), None) if !ended => return Field::More,
                (None, _) => {
                    return Field::Last { span, content: data.len(), consumed: data.len() };
                }
                (Some(byte), _) if byte == self.delimiter => {
                    return Field::Next { span, next: at + 2 };
                }
                (Some(LF), _) => {
                    return Field::Last { span, content: at + 1, consumed: at + 2 };
                }
                (Some(CR), None | Some(LF)) => {
                    let consumed = data.len().min(at + 3);
                    return Field::Last { span, content: at + 1, consumed };
                }
                (byte, _) if byte == self.quote => {
                    span.doubled = true;
                    from = at + 2;
                }
                _ => return Field::Broken { at },
            }
        }
    }
}

const LF: u8 = b'\n';
const CR: u8 = b'\r';

/// What can be told without looking at quotes.
enum Plain {
    Record(Split),
    /// The fields before this place.
    UpTo(usize),
}

/// One field and what follows it.
enum Field {
    Next { span: Span, next: usize },
    Last { span: Span, content: usize, consumed: usize },
    More,
    Broken { at: usize },
}

impl Field {
    /// The last field, bare: a carriage return before the line end belongs to the line end.
    fn last(data: &[u8], start: usize, end: usize, consumed: usize) -> Self {
        let text = data.get(start..end).unwrap_or_default();
        let end = if text.last() == Some(&CR) { end - 1 } else { end };
        Self::Last { span: Span { start, end, doubled: false }, content: end, consumed }
    }
}

/// The first line of `data`: bytes without and with its line end.
pub(super) fn first_line(data: &[u8], ended: bool) -> Option<(usize, usize)> {
    match Needles::new([LF; 3]).find(data, 0) {
        None if !ended => None,
        found => {
            let end = found.map_or(data.len(), |(at, _)| at);
            let line = data.get(..end).unwrap_or_default();
            let content = if line.last() == Some(&CR) { end - 1 } else { end };
            Some((content, data.len().min(end + 1)))
        }
    }
}

/// Bytes that are searched at once: a bit of a word for each.
const BLOCK: usize = 64;

/// Which bytes of a block are one of three, the first in the lowest bit.
///
/// Compilers do the comparison sixteen bytes at a time, or more.
#[inline]
fn hits(block: &[u8; BLOCK], bytes: [u8; 3]) -> u64 {
    // A factor that moves the lowest bit of each byte to a bit of the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let [a, b, c] = bytes;
    let hits = block.map(|byte| u8::from(byte == a) | u8::from(byte == b) | u8::from(byte == c));
    let mut bits = 0;
    for (at, eight) in hits.as_chunks::<8>().0.iter().enumerate() {
        bits |= (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56) << (8 * at);
    }
    bits
}

/// Up to three bytes to look for.
#[derive(Clone, Copy)]
struct Needles {
    bytes: [u8; 3],
    words: [u64; 3],
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

impl Needles {
    #[inline]
    fn new(bytes: [u8; 3]) -> Self {
        Self { bytes, words: bytes.map(|byte| LOW * u64::from(byte)) }
    }

    /// The first of the bytes at or after `from`, and where it is.
    #[inline]
    fn find(&self, data: &[u8], from: usize) -> Option<(usize, u8)> {
        let (words, rest) = data.get(from..)?.as_chunks::<8>();
        let mut at = from;
        for word in words {
            let word = u64::from_le_bytes(*word);
            // A byte of `hit` is set where a byte of the word equals a needle; a borrow
            // can set higher ones too, so only the lowest is meant.
            let hit = self.words.iter().fold(0, |hit, needle| {
                let zero = word ^ needle;
                hit | (zero.wrapping_sub(LOW) & !zero & HIGH)
            });
            if hit != 0 {
                let shift = hit.trailing_zeros() & !7;
                let byte = (word >> shift) & 0xFF;
                return Some((at + shift as usize / 8, u8::try_from(byte).ok()?));
            }
            at += 8;
        }
        let found = rest.iter().position(|byte| self.bytes.contains(byte))?;
        Some((at + found, *rest.get(found)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Splitter = Splitter { delimiter: b',', quote: Some(b'"') };

    fn split(text: &str, width: usize) -> (Split, Vec<&str>) {
        let mut spans = Vec::new();
        let split = CSV.split(text.as_bytes(), true, Some(width), true, &mut spans);
        let fields = spans.iter().map(|span| &text[span.start..span.end]).collect();
        (split, fields)
    }

    fn consumed(split: Split) -> Option<usize> {
        match split {
            Split::Whole { consumed, .. } => Some(consumed),
            _ => None,
        }
    }

    #[test]
    fn fields_lie_between_delimiters() {
        let cases: [(&str, &[&str], usize); 10] = [
            ("a,b\nc", &["a", "b"], 4),
            ("a,b\r\nc", &["a", "b"], 5),
            ("a,b", &["a", "b"], 3),
            (",\n", &["", ""], 2),
            ("a,\"b\"\r\nx", &["a", "b"], 7),
            ("\"a,\"\"1\",b\n", &["a,\"\"1", "b"], 10),
            ("\"x\ny\",b\n", &["x\ny", "b"], 8),
            ("12\" x,b\n", &["12\" x", "b"], 8),
            ("a,\"\"", &["a", ""], 4),
            ("a\rb,\r\n", &["a\rb", ""], 6),
        ];
        for (text, fields, bytes) in cases {
            let (split, got) = split(text, 2);
            assert_eq!((got.as_slice(), consumed(split)), (fields, Some(bytes)), "{text:?}");
        }
    }

    #[test]
    fn a_broken_record_is_recognized() {
        for text in [
            "a,\"b\nc,\"d\"\n",  // closing quote followed by a letter
            "\"a\"b,c\n",        // the same within one line
            "a,\"b\nc\",d\"e\n", // a stray quote on the second line
            "a,\"b\nc\",d,e\n",  // more fields than the header
            "\"a,b\nc\"\n",      // fewer fields than the header
            "a,\"b\nc,d\n",      // the input ends inside quotes
        ] {
            assert!(matches!(split(text, 2).0, Split::Broken { .. }), "{text:?}");
        }
    }

    #[test]
    fn without_patience_a_record_has_one_line() {
        let mut spans = Vec::new();
        let text = b"a,\"b\nc\",d\n";
        let whole = CSV.split(text, true, None, true, &mut spans);
        assert!(matches!(whole, Split::Whole { breaks: 1, .. }));
        let broken = CSV.split(text, true, None, false, &mut spans);
        assert_eq!(broken, Split::Broken { looked: 0 });
        let one_line = CSV.split(b"a,\"b\"\n", true, None, false, &mut spans);
        assert!(matches!(one_line, Split::Whole { breaks: 0, .. }));
    }

    #[test]
    fn each_hit_of_a_block_is_a_bit() {
        let mut state = 1_u64;
        for _ in 0..1_000 {
            let mut block = [0; BLOCK];
            for byte in &mut block {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = (state >> 33) as u8 % 9;
            }
            let expected = (0..BLOCK).filter(|&at| [1, 5, 8].contains(&block[at]));
            assert_eq!(hits(&block, [1, 5, 8]), expected.map(|at| 1 << at).sum());
        }
    }

    #[test]
    fn the_first_of_the_needles_is_found_at_every_place() {
        let needles = Needles::new(*b",\n\"");
        for len in 0..40 {
            for at in 0..len {
                for byte in *b",\n\"" {
                    let mut data = vec![byte.wrapping_add(1); len];
                    data[at] = byte;
                    data[len - 1] = byte;
                    assert_eq!(needles.find(&data, 0), Some((at, byte)));
                    let later = if at + 1 < len { Some((len - 1, byte)) } else { None };
                    assert_eq!(needles.find(&data, at + 1), later);
                }
            }
            assert_eq!(needles.find(&vec![0x80; len], 0), None);
        }
        assert_eq!(needles.find(b"a", 7), None);
    }
}
