//! The syntax of ANSI ASC X12: envelopes, segments, elements.
//!
//! ```text
//! ISA                                   interchange: sender, receiver, separators
//!   GS                                  group: documents of one kind
//!     ST  segment segment ..  SE        transaction: one document
//!     ..                                SE01 = number of its segments, SE02 = ST02
//!   GE                                  GE01 = number of transactions, GE02 = GS06
//! IEA                                   IEA01 = number of groups, IEA02 = ISA13
//!
//! segment  = name, element separator, element, .., terminator
//! ```
//!
//! The separators are whatever the `ISA` segment says; there is no escaping, so a value
//! cannot hold one. [`X12Reader`] lends one transaction after the other in bounded memory,
//! [`X12Writer`] writes them.
//!
//! Source: ANSI ASC X12.5 (interchange control structures) and X12.6 (application control
//! structure), version 004010.

mod defect;
mod read;
mod scan;
mod write;

pub use defect::{Defect, EnvelopeDefect, Finding};
pub use read::{Limits, Transaction, X12Reader};
pub use write::{Draft, Envelope, Party, Usage, Version, X12Writer};

use super::EdiError;

/// The characters between the parts of an interchange, each one byte of ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Separators {
    element: u8,
    component: u8,
    repetition: Option<u8>,
    terminator: u8,
}

impl Separators {
    /// `*` between elements, `>` between their components, `^` between repetitions, `~` at
    /// the end of a segment.
    pub const USUAL: Self =
        Self { element: b'*', component: b'>', repetition: Some(b'^'), terminator: b'~' };

    /// Separators of one's own. Before version 00402 there is none of repetitions.
    ///
    /// # Errors
    /// [`EdiError::Separators`] if one is no ASCII, a letter, digit, blank or NUL, or two are
    /// the same.
    pub fn new(
        element: u8,
        component: u8,
        repetition: Option<u8>,
        terminator: u8,
    ) -> Result<Self, EdiError> {
        let mut before: Vec<u8> = Vec::new();
        for (name, byte) in [
            ("element", Some(element)),
            ("component", Some(component)),
            ("repetition", repetition),
            ("terminator", Some(terminator)),
        ] {
            let Some(byte) = byte else { continue };
            if !may_separate(byte) || before.contains(&byte) {
                return Err(EdiError::Separators { name, byte });
            }
            before.push(byte);
        }
        Ok(Self { element, component, repetition, terminator })
    }

    /// Between the elements of a segment.
    #[must_use]
    pub const fn element(&self) -> char {
        self.element as char
    }

    /// Between the components of an element.
    #[must_use]
    pub const fn component(&self) -> char {
        self.component as char
    }

    /// Between the repetitions of an element.
    #[must_use]
    pub fn repetition(&self) -> Option<char> {
        self.repetition.map(char::from)
    }

    /// At the end of a segment.
    #[must_use]
    pub const fn terminator(&self) -> char {
        self.terminator as char
    }

    /// Whether a character is one of them.
    #[must_use]
    pub fn contains(&self, c: char) -> bool {
        let all =
            [Some(self.element), Some(self.component), self.repetition, Some(self.terminator)];
        u8::try_from(c).is_ok_and(|byte| c.is_ascii() && all.contains(&Some(byte)))
    }
}

/// Whether a byte can be told from text.
const fn may_separate(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte != b' ' && byte != 0
}

/// One segment, lent by its transaction. Elements are counted from 1, as X12 does: `BEG03`
/// is `element(3)` of the segment `BEG`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    text: &'a str,
    separators: Separators,
}

impl<'a> Segment<'a> {
    /// Its name: `BEG`, `PO1`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.text.split(self.separators.element()).next().unwrap_or_default()
    }

    /// An element; `None` if it is absent or empty.
    #[must_use]
    pub fn element(&self, position: usize) -> Option<&'a str> {
        let element = self.text.split(self.separators.element()).nth(position);
        element.filter(|text| position > 0 && !text.is_empty())
    }

    /// An element without the blanks around it, `""` if it is absent or blank.
    #[must_use]
    pub fn text(&self, position: usize) -> &'a str {
        self.element(position).map_or("", str::trim)
    }

    /// All its elements, empty ones too.
    pub fn elements(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.text.split(self.separators.element()).skip(1)
    }

    /// The components of an element; nothing if it is absent.
    pub fn components(&self, position: usize) -> impl Iterator<Item = &'a str> + use<'a> {
        let component = self.separators.component();
        self.element(position).into_iter().flat_map(move |text| text.split(component))
    }

    /// The repetitions of an element; the whole where the interchange knows none.
    pub fn repetitions(&self, position: usize) -> impl Iterator<Item = &'a str> + use<'a> {
        let repetition = self.separators.repetition();
        let element = self.element(position).into_iter();
        element.flat_map(move |text| text.split(move |c| Some(c) == repetition))
    }

    /// Pairs of a qualifier and a value from a position on, as `PO1`, `LIN` and `N1` list
    /// codes: `EN*4006381333931*VN*MUG`. A pair with an empty side is left out.
    pub fn pairs(&self, from: usize) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut elements = self.text.split(self.separators.element()).skip(from.max(1));
        let pair = move || Some((elements.next()?.trim(), elements.next()?.trim()));
        std::iter::from_fn(pair).filter(|(name, value)| !name.is_empty() && !value.is_empty())
    }

    /// The segment as it is written, without its terminator.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.text
    }
}

impl std::fmt::Debug for Segment<'_> {
    /// Without the elements: they may be personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// What the `ISA` segment says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Interchange {
    /// ISA05 and ISA06: how the sender is named, and its name.
    pub sender: (String, String),
    /// ISA07 and ISA08: how the receiver is named, and its name.
    pub receiver: (String, String),
    /// ISA09: `YYMMDD`.
    pub date: String,
    /// ISA10: `HHMM`.
    pub time: String,
    /// ISA12: `00401`.
    pub version: String,
    /// ISA13.
    pub control: String,
    /// ISA15 is `T`: nothing in it is meant.
    pub is_test: bool,
}

/// What the `GS` segment says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Group {
    /// GS01: `PO` holds purchase orders.
    pub function: String,
    /// GS02.
    pub sender: String,
    /// GS03.
    pub receiver: String,
    /// GS04: `CCYYMMDD`.
    pub date: String,
    /// GS05: `HHMM`, with or without more digits.
    pub time: String,
    /// GS06.
    pub control: String,
    /// GS08: `004010`.
    pub version: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(text: &str) -> Segment<'_> {
        Segment { text, separators: Separators::USUAL }
    }

    #[test]
    fn elements_are_counted_from_one() {
        let beg = segment("BEG*00*NE* PO9 **20250328");
        assert_eq!(
            (beg.name(), beg.element(1), beg.element(3)),
            ("BEG", Some("00"), Some(" PO9 "))
        );
        assert_eq!((beg.text(3), beg.text(4), beg.text(9)), ("PO9", "", ""));
        assert_eq!((beg.element(0), beg.element(4), beg.element(6)), (None, None, None));
        assert_eq!(beg.elements().count(), 5);
        let codes = segment("PO1*1*3*EA*6.80**EN*2025*VN**SK* A *UP");
        assert_eq!(codes.pairs(6).collect::<Vec<_>>(), [("EN", "2025"), ("SK", "A")]);
        let lists = segment("X*a>b>*c^d");
        assert_eq!(lists.components(1).collect::<Vec<_>>(), ["a", "b", ""]);
        assert_eq!(lists.repetitions(2).collect::<Vec<_>>(), ["c", "d"]);
        assert_eq!((segment("").name(), segment("").element(1)), ("", None));
        assert!(!format!("{beg:?}").contains("PO9"));
    }

    #[test]
    fn separators_are_told_from_text_and_each_other() {
        assert!(Separators::new(b'|', b':', None, b'\n').is_ok());
        for (bytes, name, byte) in [
            ((b'a', b'>', None, b'~'), "element", b'a'),
            ((b'*', b'*', None, b'~'), "component", b'*'),
            ((b'*', b'>', Some(0xb7), b'~'), "repetition", 0xb7),
            ((b'*', b'>', Some(b'^'), 0), "terminator", 0),
        ] {
            let (element, component, repetition, terminator) = bytes;
            let error = Separators::new(element, component, repetition, terminator).unwrap_err();
            assert_eq!(error, EdiError::Separators { name, byte });
        }
        assert!(Separators::USUAL.contains('~') && !Separators::USUAL.contains('\u{17e}'));
    }
}
