//! The grammar: where a value ends, by its bytes.
//!
//! A string is searched eight bytes at a time for its end, an escape or a control character,
//! as the splitter searches for delimiters. Nesting is a stack of bits in one word.

use super::{JsonError, MAX_DEPTH, Problem};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    True,
    False,
    Number,
    String { escaped: bool },
    Array,
    Object,
}

/// A member of an object: where its key lies without quotes, and its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) key_start: usize,
    pub(crate) key_end: usize,
    pub(crate) key_escaped: bool,
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

const fn error<T>(problem: Problem, at: usize) -> Result<T, JsonError> {
    Err(JsonError { problem, at })
}

/// What stands at a place; the text must not end there.
#[inline]
fn peek(bytes: &[u8], at: usize) -> Result<u8, JsonError> {
    bytes.get(at).copied().ok_or(JsonError { problem: Problem::Ended, at })
}

#[inline]
fn white(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

#[inline]
fn expect(bytes: &[u8], at: usize, byte: u8) -> Result<usize, JsonError> {
    if peek(bytes, at)? == byte { Ok(at + 1) } else { error(Problem::Unexpected, at) }
}

/// Whether a text begins with a mark, white space aside.
pub(super) fn begins(bytes: &[u8], open: u8) -> Result<(), JsonError> {
    expect(bytes, white(bytes, 0), open).map(|_| ())
}

/// Where a cursor is in the text of one array or object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Before,
    Within,
    Behind,
}

/// Moves from part to part of a text that is one array or object: behind the opening mark
/// or the comma, to the start of the next part. False at its end, where nothing may follow.
#[inline]
pub(crate) fn step(
    bytes: &[u8],
    at: &mut usize,
    progress: &mut Progress,
    open: u8,
    close: u8,
) -> Result<bool, JsonError> {
    let mut here = white(bytes, *at);
    match progress {
        Progress::Behind => return Ok(false),
        Progress::Before => {
            *progress = Progress::Within;
            here = white(bytes, expect(bytes, here, open)?);
            if peek(bytes, here)? != close {
                *at = here;
                return Ok(true);
            }
        }
        Progress::Within if peek(bytes, here)? == b',' => {
            *at = white(bytes, here + 1);
            return Ok(true);
        }
        Progress::Within => {}
    }
    here = white(bytes, expect(bytes, here, close)?);
    if here < bytes.len() {
        return error(Problem::Unexpected, here);
    }
    *progress = Progress::Behind;
    Ok(false)
}

/// The member that starts at a place.
#[inline]
pub(crate) fn member(bytes: &[u8], at: usize) -> Result<Member, JsonError> {
    let (key_end, key_escaped) = string(bytes, at)?;
    let colon = white(bytes, key_end);
    let start = white(bytes, expect(bytes, colon, b':')?);
    let (kind, end) = value(bytes, start)?;
    Ok(Member { key_start: at + 1, key_end: key_end - 1, key_escaped, kind, start, end })
}

/// The value that starts at a place, and where it ends.
#[inline]
pub(crate) fn value(bytes: &[u8], at: usize) -> Result<(Kind, usize), JsonError> {
    match peek(bytes, at)? {
        b'{' => Ok((Kind::Object, nested(bytes, at)?)),
        b'[' => Ok((Kind::Array, nested(bytes, at)?)),
        _ => scalar(bytes, at),
    }
}

#[inline]
fn scalar(bytes: &[u8], at: usize) -> Result<(Kind, usize), JsonError> {
    match peek(bytes, at)? {
        b'"' => {
            let (end, escaped) = string(bytes, at)?;
            Ok((Kind::String { escaped }, end))
        }
        b'-' | b'0'..=b'9' => Ok((Kind::Number, number(bytes, at)?)),
        b't' => Ok((Kind::True, literal(bytes, at, b"true")?)),
        b'f' => Ok((Kind::False, literal(bytes, at, b"false")?)),
        b'n' => Ok((Kind::Null, literal(bytes, at, b"null")?)),
        _ => error(Problem::Unexpected, at),
    }
}

/// Passes an array or object with all it holds.
fn nested(bytes: &[u8], start: usize) -> Result<usize, JsonError> {
    // A bit per open level: set for an object. The cursor that asks is a level too.
    let (mut levels, mut depth) = (0_u128, 0);
    let mut at = start;
    loop {
        match peek(bytes, at)? {
            open @ (b'{' | b'[') => {
                if depth + 1 == MAX_DEPTH {
                    return error(Problem::Depth, at);
                }
                let is_object = open == b'{';
                at = white(bytes, at + 1);
                if peek(bytes, at)? == if is_object { b'}' } else { b']' } {
                    at += 1;
                } else {
                    levels = levels << 1 | u128::from(is_object);
                    depth += 1;
                    if is_object {
                        at = key(bytes, at)?;
                    }
                    continue;
                }
            }
            _ => at = scalar(bytes, at)?.1,
        }
        loop {
            if depth == 0 {
                return Ok(at);
            }
            at = white(bytes, at);
            let is_object = levels & 1 == 1;
            match (peek(bytes, at)?, is_object) {
                (b',', _) => {
                    at = white(bytes, at + 1);
                    if is_object {
                        at = key(bytes, at)?;
                    }
                    break;
                }
                (b'}', true) | (b']', false) => {
                    at += 1;
                    levels >>= 1;
                    depth -= 1;
                }
                _ => return error(Problem::Unexpected, at),
            }
        }
    }
}

/// Passes a key and its colon, to the value.
fn key(bytes: &[u8], at: usize) -> Result<usize, JsonError> {
    let (end, _) = string(bytes, at)?;
    Ok(white(bytes, expect(bytes, white(bytes, end), b':')?))
}

fn literal(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, JsonError> {
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.starts_with(word) {
        Ok(at + word.len())
    } else if word.starts_with(rest) {
        error(Problem::Ended, bytes.len())
    } else {
        error(Problem::Unexpected, at)
    }
}

#[inline]
fn digits(bytes: &[u8], mut at: usize) -> Result<usize, JsonError> {
    if !peek(bytes, at)?.is_ascii_digit() {
        return error(Problem::Unexpected, at);
    }
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    Ok(at)
}

#[inline]
fn number(bytes: &[u8], at: usize) -> Result<usize, JsonError> {
    let mut at = if bytes.get(at) == Some(&b'-') { at + 1 } else { at };
    at = if peek(bytes, at)? == b'0' { at + 1 } else { digits(bytes, at)? };
    if bytes.get(at).is_some_and(u8::is_ascii_digit) {
        return error(Problem::Unexpected, at);
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = digits(bytes, at)?;
    }
    Ok(at)
}

/// Passes a string with its quotes; whether it has escapes.
#[inline]
fn string(bytes: &[u8], at: usize) -> Result<(usize, bool), JsonError> {
    let mut at = expect(bytes, at, b'"')?;
    let mut escaped = false;
    loop {
        at = special(bytes, at)?;
        match peek(bytes, at)? {
            b'"' => return Ok((at + 1, escaped)),
            b'\\' => {
                escaped = true;
                at = escape(bytes, at)?;
            }
            _ => return error(Problem::Control, at),
        }
    }
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The next quote, backslash or control character.
#[inline]
fn special(bytes: &[u8], from: usize) -> Result<usize, JsonError> {
    let (words, rest) = bytes.get(from..).unwrap_or_default().as_chunks::<8>();
    let mut at = from;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let equals = |byte: u8| {
            let zero = word ^ (LOW * u64::from(byte));
            zero.wrapping_sub(LOW) & !zero
        };
        // As in the splitter, only the lowest byte that is hit is meant.
        let control = word.wrapping_sub(LOW * 0x20) & !word;
        let hit = (equals(b'"') | equals(b'\\') | control) & HIGH;
        if hit != 0 {
            return Ok(at + hit.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let found = rest.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..=0x1F));
    found.map(|found| at + found).ok_or(JsonError { problem: Problem::Ended, at: bytes.len() })
}

/// Passes an escape.
fn escape(bytes: &[u8], at: usize) -> Result<usize, JsonError> {
    match peek(bytes, at + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(at + 2),
        b'u' => match unit(bytes, at)? {
            0xDC00..=0xDFFF => error(Problem::Surrogate, at),
            0xD800..=0xDBFF => {
                let second = at + 6;
                if peek(bytes, second)? != b'\\' || peek(bytes, second + 1)? != b'u' {
                    return error(Problem::Surrogate, at);
                }
                match unit(bytes, second)? {
                    0xDC00..=0xDFFF => Ok(second + 6),
                    _ => error(Problem::Surrogate, at),
                }
            }
            _ => Ok(at + 6),
        },
        _ => error(Problem::Escape, at),
    }
}

/// The code unit of `\uXXXX`.
fn unit(bytes: &[u8], at: usize) -> Result<u32, JsonError> {
    let mut unit = 0;
    for place in at + 2..at + 6 {
        match char::from(peek(bytes, place)?).to_digit(16) {
            Some(digit) => unit = unit << 4 | digit,
            None => return error(Problem::Escape, at),
        }
    }
    Ok(unit)
}

/// Appends a string without its escapes, which have been checked.
pub(crate) fn unescape(raw: &str, text: &mut String) {
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(rest.get(..at).unwrap_or_default());
        let bytes = rest.as_bytes();
        let (character, length) = match bytes.get(at + 1) {
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => decode_unit(bytes, at),
            Some(&other) => (char::from(other), 2),
            None => (char::REPLACEMENT_CHARACTER, 1),
        };
        text.push(character);
        rest = rest.get(at + length..).unwrap_or_default();
    }
    text.push_str(rest);
}

/// The character of `\uXXXX` or of a pair of them, and their length.
fn decode_unit(bytes: &[u8], at: usize) -> (char, usize) {
    match unit(bytes, at) {
        Ok(high @ 0xD800..=0xDBFF) => {
            let low = unit(bytes, at + 6).unwrap_or(0xDC00);
            let code = 0x10000 + ((high - 0xD800) << 10) + (low.wrapping_sub(0xDC00) & 0x3FF);
            (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        Ok(unit) => (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
        Err(_) => (char::REPLACEMENT_CHARACTER, 6),
    }
}
