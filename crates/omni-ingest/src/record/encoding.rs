//! From bytes to text: UTF-8 or Windows-1252.
//!
//! ```text
//! byte       00-7F   80-9F            A0-FF
//! character  same    27 of a table    same code point
//! ```
//!
//! Windows-1252 gives no meaning to 81, 8D, 8F, 90 and 9D: a record with one of them is no
//! text in it. What is valid UTF-8 and not ASCII is hardly ever meant as Windows-1252: each
//! such character would be one of `Ã`, `Â`, `â` .. followed by a rare one. So where the
//! encoding is not known, validity decides, record by record.
//!
//! Source: The Unicode Consortium, "cp1252 to Unicode table", version 2.00 (1998).

use super::splitter::Span;

/// How the text of a file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// Windows-1252, the western European code page of Windows; also called ANSI, and often
    /// meant by Latin-1. A byte order mark of UTF-8 overrules it.
    Windows1252,
    /// UTF-8 where a record is that, else Windows-1252: a repair, as it was not announced.
    Detect,
}

/// The characters of 80 to 9F; NUL where there is none.
const HIGH: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', //
    '\0', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// The character of a byte of Windows-1252.
pub(super) fn windows_1252(byte: u8) -> Option<char> {
    match byte {
        0x80..=0x9F => HIGH.get(usize::from(byte - 0x80)).copied().filter(|&c| c != '\0'),
        _ => Some(char::from(byte)),
    }
}

/// The text of Windows-1252 bytes; what is no character is replaced.
pub(crate) fn from_windows_1252(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| windows_1252(byte).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Adds the text of a record, moving its fields to where they lie in it; false if a byte is no
/// character. `spans` ascend and do not overlap.
pub(super) fn decode(raw: &[u8], spans: &mut [Span], text: &mut String) -> bool {
    let before = text.len();
    let mut at = 0;
    let mut up_to = |end: usize, text: &mut String| {
        for &byte in raw.get(at..end).unwrap_or_default() {
            match windows_1252(byte) {
                Some(character) => text.push(character),
                None => return None,
            }
        }
        at = at.max(end);
        Some(text.len() - before)
    };
    for span in spans {
        let Span { start, end, .. } = *span;
        let (Some(start), Some(end)) = (up_to(start, text), up_to(end, text)) else {
            return false;
        };
        *span = Span { start, end, ..*span };
    }
    up_to(raw.len(), text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_five_holes() {
        let holes: Vec<u8> = (0..=255).filter(|&byte| windows_1252(byte).is_none()).collect();
        assert_eq!(holes, [0x81, 0x8D, 0x8F, 0x90, 0x9D]);
        for (byte, character) in
            [(b'A', 'A'), (0x80, '€'), (0x9F, 'Ÿ'), (0xA0, '\u{a0}'), (0xFF, 'ÿ')]
        {
            assert_eq!(windows_1252(byte), Some(character));
        }
        assert_eq!(from_windows_1252(b"caf\xe9 \x81"), "café \u{fffd}");
    }

    #[test]
    fn fields_move_with_the_text() {
        let span = |start, end| Span { start, end, doubled: false };
        let raw = b"\xe9\x80,\"\xfc\",x";
        let mut spans = [span(0, 2), span(4, 5), span(7, 8)];
        let mut text = String::from("ä");
        assert!(decode(raw, &mut spans, &mut text));
        let text = text.strip_prefix("ä").unwrap();
        assert_eq!(text, "é€,\"ü\",x");
        let fields: Vec<_> = spans.iter().map(|span| &text[span.start..span.end]).collect();
        assert_eq!(fields, ["é€", "ü", "x"]);
        assert!(!decode(b"a\x90", &mut [span(0, 2)], &mut String::new()));
    }
}
