//! JSON: the fields of one text without building a tree.
//!
//! [`Object`] and [`Array`] are cursors: each step checks what it passes by the grammar of
//! RFC 8259 and lends keys and values as they stand in the text; a nested value is passed in
//! one stride and can be walked with a cursor of its own. Reading is linear: a level of
//! nesting that a format knows of costs one more pass over its part.
//!
//! - A number stays a text, so that `19.99` is exact and an id of 30 digits is whole.
//! - A string is borrowed; [`Text::decode`] allocates only where there are escapes. Half a
//!   surrogate pair is an error.
//! - Where a key stands twice, both are shown; a format lets the last one win.
//! - Nesting beyond [`MAX_DEPTH`] is an error; no function here calls itself.
//!
//! Why not a library: it would parse every number into 64 bits of binary floating point or
//! allocate it, and it has no account of the place where a text breaks off, by which a cut
//! file is told from a malformed one. The speed of both is in `docs/ACCURACY.md`.
//!
//! Source: Bray (2017), RFC 8259, "The JavaScript Object Notation (JSON) Data Interchange
//! Format".
//!
//! ```
//! use omni_ingest::json::{Object, Value};
//!
//! let mut object = Object::new(r#"{"event": "Order\u0020Completed", "total": 44.19, "products": [1, 2]}"#)?;
//! let (mut event, mut total, mut products) = (None, None, 0);
//! while let Some((key, value)) = object.member()? {
//!     match (key.as_ref(), value) {
//!         ("event", value) => event = value.scalar(),
//!         ("total", Value::Number(number)) => total = Some(number),
//!         ("products", Value::Array(mut items)) => {
//!             while items.item()?.is_some() {
//!                 products += 1;
//!             }
//!         }
//!         _ => {}
//!     }
//! }
//! assert_eq!((event.as_deref(), total, products), (Some("Order Completed"), Some("44.19"), 2));
//! # Ok::<(), omni_ingest::json::JsonError>(())
//! ```

mod scan;

pub(crate) use scan::{Kind, Progress, member, step, unescape};
use std::borrow::Cow;
use std::fmt;

/// Most levels of nesting, that of the text itself included.
pub const MAX_DEPTH: usize = 128;

/// Why a text is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {at}")]
#[non_exhaustive]
pub struct JsonError {
    /// What is wrong.
    pub problem: Problem,
    /// Where, in bytes from the start of the text.
    pub at: usize,
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text ends within a value: it was cut.
    #[error("the text ends")]
    Ended,
    /// A character stands where the grammar has no place for it.
    #[error("an unexpected character")]
    Unexpected,
    /// A control character stands in a string.
    #[error("a control character in a string")]
    Control,
    /// A backslash does not begin an escape.
    #[error("no such escape")]
    Escape,
    /// An escape is half of a surrogate pair.
    #[error("half a surrogate pair")]
    Surrogate,
    /// Values are nested deeper than [`MAX_DEPTH`].
    #[error("nested too deep")]
    Depth,
}

impl JsonError {
    /// Whether the text ends too early: of the last line of a file, a sign that it was cut.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        matches!(self.problem, Problem::Ended)
    }
}

/// A value as it stands in a text.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is written.
    Number(&'a str),
    /// A string.
    String(Text<'a>),
    /// An array, to be walked.
    Array(Array<'a>),
    /// An object, to be walked.
    Object(Object<'a>),
}

impl<'a> Value<'a> {
    /// The text of a string, a number or a truth value; empty for `null`; none for what has
    /// parts.
    #[must_use]
    pub fn scalar(self) -> Option<Cow<'a, str>> {
        Some(match self {
            Self::Null => Cow::Borrowed(""),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Number(number) => Cow::Borrowed(number),
            Self::String(text) => text.decode(),
            Self::Array(_) | Self::Object(_) => return None,
        })
    }

    fn new(text: &'a str, start: usize, end: usize, kind: Kind) -> Self {
        let part = || text.get(start..end).unwrap_or_default();
        match kind {
            Kind::Null => Self::Null,
            Kind::True => Self::Bool(true),
            Kind::False => Self::Bool(false),
            Kind::Number => Self::Number(part()),
            Kind::String { escaped } => Self::String(Text::new(part(), escaped)),
            Kind::Array => Self::Array(Array(Cursor::new(part()))),
            Kind::Object => Self::Object(Object(Cursor::new(part()))),
        }
    }
}

/// A string as it stands in a text. `Debug` leaves it out: it may be personal data.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// From the text with its quotes.
    fn new(quoted: &'a str, escaped: bool) -> Self {
        Self { raw: quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default(), escaped }
    }

    /// Without its escapes.
    #[must_use]
    pub fn decode(self) -> Cow<'a, str> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut text = String::with_capacity(self.raw.len());
        unescape(self.raw, &mut text);
        Cow::Owned(text)
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text").field("bytes", &self.raw.len()).finish_non_exhaustive()
    }
}

/// A place between the parts of an array or object.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    text: &'a str,
    at: usize,
    progress: Progress,
}

impl fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").field("at", &self.at).finish_non_exhaustive()
    }
}

impl<'a> Cursor<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text, at: 0, progress: Progress::Before }
    }

    /// Moves behind the opening mark or the comma; false at the end of it all.
    fn step(&mut self, open: u8, close: u8) -> Result<bool, JsonError> {
        step(self.text.as_bytes(), &mut self.at, &mut self.progress, open, close)
    }
}

/// The members of an object, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a>(Cursor<'a>);

impl<'a> Object<'a> {
    /// Begins to read a text that is one object.
    ///
    /// # Errors
    /// [`JsonError`] if it begins with anything else.
    pub fn new(text: &'a str) -> Result<Self, JsonError> {
        scan::begins(text.as_bytes(), b'{')?;
        Ok(Self(Cursor::new(text)))
    }

    /// The next member; `None` after the last, when the text has been seen to be well-formed
    /// to its end.
    ///
    /// # Errors
    /// [`JsonError`] where the text is malformed.
    pub fn member(&mut self) -> Result<Option<(Cow<'a, str>, Value<'a>)>, JsonError> {
        if !self.0.step(b'{', b'}')? {
            return Ok(None);
        }
        let text = self.0.text;
        let member = member(text.as_bytes(), self.0.at)?;
        self.0.at = member.end;
        let key = text.get(member.key_start..member.key_end).unwrap_or_default();
        let key = Text { raw: key, escaped: member.key_escaped }.decode();
        Ok(Some((key, Value::new(text, member.start, member.end, member.kind))))
    }
}

/// The items of an array, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Array<'a>(Cursor<'a>);

impl<'a> Array<'a> {
    /// Begins to read a text that is one array.
    ///
    /// # Errors
    /// [`JsonError`] if it begins with anything else.
    pub fn new(text: &'a str) -> Result<Self, JsonError> {
        scan::begins(text.as_bytes(), b'[')?;
        Ok(Self(Cursor::new(text)))
    }

    /// The next item; `None` after the last.
    ///
    /// # Errors
    /// [`JsonError`] where the text is malformed.
    pub fn item(&mut self) -> Result<Option<Value<'a>>, JsonError> {
        if !self.0.step(b'[', b']')? {
            return Ok(None);
        }
        let (text, start) = (self.0.text, self.0.at);
        let (kind, end) = scan::value(text.as_bytes(), start)?;
        self.0.at = end;
        Ok(Some(Value::new(text, start, end, kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members as texts, nested values as their number of parts.
    fn members(text: &str) -> Result<Vec<(String, String)>, JsonError> {
        let mut object = Object::new(text)?;
        let mut members = Vec::new();
        while let Some((key, value)) = object.member()? {
            let shown = match value {
                Value::Array(mut array) => {
                    let mut parts = 0;
                    while array.item()?.is_some() {
                        parts += 1;
                    }
                    format!("[{parts}]")
                }
                Value::Object(mut object) => {
                    let mut parts = 0;
                    while object.member()?.is_some() {
                        parts += 1;
                    }
                    format!("{{{parts}}}")
                }
                scalar => scalar.scalar().unwrap().into_owned(),
            };
            members.push((key.into_owned(), shown));
        }
        Ok(members)
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    #[test]
    fn members_come_in_their_order() {
        let cases: [(&str, &[(&str, &str)]); 7] = [
            ("{}", &[]),
            (" \t\r\n{ \n} ", &[]),
            (r#"{"a":1,"b":"x","a":null}"#, &[("a", "1"), ("b", "x"), ("a", "")]),
            (r#"{ "a" : true , "b" : false }"#, &[("a", "true"), ("b", "false")]),
            (
                r#"{"a":[],"b":[1,[2]],"c":{},"d":{"x":[{}],"y":""}}"#,
                &[("a", "[0]"), ("b", "[2]"), ("c", "{0}"), ("d", "{2}")],
            ),
            (
                r#"{"\u0061\"":"\ud83d\ude00\\\/\b\f\n\r\t\u00e9"}"#,
                &[("a\"", "😀\\/\u{8}\u{c}\n\r\té")],
            ),
            (
                r#"{"n":-0.5e+10,"m":123456789012345678901234567890.10}"#,
                &[("n", "-0.5e+10"), ("m", "123456789012345678901234567890.10")],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(members(text), Ok(pairs(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        use Problem::{Control, Ended, Escape, Surrogate, Unexpected};
        let cases = [
            ("", Ended, 0),
            ("[]", Unexpected, 0),
            ("{", Ended, 1),
            ("{\"a\"", Ended, 4),
            ("{\"a\":1,}", Unexpected, 7),
            ("{\"a\":1 \"b\":2}", Unexpected, 7),
            ("{\"a\":01}", Unexpected, 6),
            ("{\"a\":.5}", Unexpected, 5),
            ("{\"a\":1.}", Unexpected, 7),
            ("{\"a\":-}", Unexpected, 6),
            ("{\"a\":1e}", Unexpected, 7),
            ("{\"a\":tru}", Unexpected, 5),
            ("{\"a\":tr", Ended, 7),
            ("{\"a\":NaN}", Unexpected, 5),
            ("{\"a\":12", Ended, 7),
            ("{'a':1}", Unexpected, 1),
            ("{\"a\":\"x\ny\"}", Control, 7),
            ("{\"a\":\"\\x\"}", Escape, 6),
            ("{\"a\":\"\\u12g4\"}", Escape, 6),
            ("{\"a\":\"\\u12", Ended, 10),
            ("{\"a\":\"\\ud800\"}", Surrogate, 6),
            ("{\"a\":\"\\ud800\\u0041\"}", Surrogate, 6),
            ("{\"a\":\"\\udc00\"}", Surrogate, 6),
            ("{\"a\":[1,2}", Unexpected, 9),
            ("{\"a\":{\"b\"}}", Unexpected, 9),
            ("{\"a\":1}x", Unexpected, 7),
            ("{\"a\":1}{}", Unexpected, 7),
        ];
        for (text, problem, at) in cases {
            assert_eq!(members(text), Err(JsonError { problem, at }), "{text:?}");
        }
    }

    #[test]
    fn depth_is_limited_and_does_not_touch_the_stack() {
        let nested = |levels: usize| {
            format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1))
        };
        assert!(members(&nested(MAX_DEPTH)).is_ok());
        let error = members(&nested(MAX_DEPTH + 1)).unwrap_err();
        assert_eq!(error.problem, Problem::Depth);
        assert_eq!(members(&nested(1_000_000)).unwrap_err().problem, Problem::Depth);
        let objects = "{\"a\":".repeat(10_000);
        assert_eq!(members(&objects).unwrap_err().problem, Problem::Depth);
    }

    #[test]
    fn every_cut_is_seen_as_a_cut() {
        let text = r#"{"a":[1.5,true,{"b":"\u00e9x"}],"c":-2e5,"d":null}"#;
        assert!(members(text).is_ok());
        for end in 0..text.len() {
            let error = members(&text[..end]).unwrap_err();
            assert!(error.is_cut(), "{} {error}", &text[..end]);
        }
    }
}
