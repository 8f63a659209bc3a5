//! The records that were split and not all lent, and how their bytes become texts.

use super::dialect::Dialect;
use super::encoding::{self, Encoding};
use super::splitter::Span;
use super::view::{Defect, Place, Record};
use super::window::{Window, has_nul};
use crate::json::unescape;

/// Records that were split and not all lent. Their bytes stay in the window.
#[derive(Default)]
pub(super) struct Ahead {
    pub(super) places: Vec<Place>,
    /// The one that was moved to.
    pub(super) current: usize,
    /// The fields of all of them, each from the start of the text of its record.
    pub(super) spans: Vec<Span>,
    /// Their texts.
    text: String,
    /// Those fields whose doubled quotes or escapes were undone.
    undoubled: String,
    /// The beginning of a record that is too long: only the first can be.
    pub(super) beginning: Vec<u8>,
}

impl Ahead {
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.current = 0;
        self.spans.clear();
        self.text.clear();
        self.undoubled.clear();
    }

    /// A record.
    #[inline]
    pub(super) fn record<'a, R>(
        &'a self,
        at: usize,
        window: &'a Window<R>,
        dialect: &'a Dialect,
    ) -> Option<Record<'a>> {
        let place = self.places.get(at)?;
        let raw = match place.defect {
            Some(Defect::TooLong) => &self.beginning,
            _ => window.get(place.start, place.end),
        };
        let none = Record { place, raw, text: "", undoubled: "", spans: &[], dialect };
        if place.defect.is_some() {
            return Some(none);
        }
        let text = self.text.get(place.text_start..place.text_end).unwrap_or_default();
        let spans = self.spans.get(place.fields_start..place.fields_end).unwrap_or_default();
        Some(Record { text, undoubled: &self.undoubled, spans, ..none })
    }

    /// Makes texts of the bytes of all records.
    pub(super) fn settle<R>(&mut self, window: &Window<R>, dialect: &Dialect) {
        let Self { places, spans, text, undoubled, .. } = self;
        let (Some(first), Some(last)) = (places.first(), places.last()) else { return };
        let start = first.start;
        let bytes = window.get(start, last.end);
        let is_utf8 = dialect.encoding() != Encoding::Windows1252 || bytes.is_ascii();
        // Nearly always all of them are texts, which takes but one look.
        match str::from_utf8(bytes) {
            Ok(all) if is_utf8 && !(window.has_nul() && has_nul(bytes)) => {
                text.push_str(all);
                for place in places.iter_mut() {
                    place.text_start = place.start - start;
                    place.text_end = place.end - start;
                }
            }
            _ => {
                for place in places.iter_mut() {
                    let raw = window.get(place.start, place.end);
                    let spans = spans.get_mut(place.fields_start..place.fields_end);
                    decode(raw, place, dialect.encoding(), spans.unwrap_or_default(), text);
                }
            }
        }
        for place in places.iter().filter(|place| place.doubled && place.defect.is_none()) {
            let text = text.get(place.text_start..place.text_end).unwrap_or_default();
            if let Some(spans) = spans.get_mut(place.fields_start..place.fields_end) {
                undouble(text, dialect.quote().map(char::from), spans, undoubled);
            }
        }
    }
}

/// Adds the text of a record, or notes that its bytes are none.
fn decode(
    raw: &[u8],
    place: &mut Place,
    encoding: Encoding,
    spans: &mut [Span],
    text: &mut String,
) {
    if place.defect == Some(Defect::TooLong) {
        return;
    }
    if has_nul(raw) {
        place.defect = Some(Defect::Nul);
    }
    place.text_start = text.len();
    let is_utf8 = encoding != Encoding::Windows1252 || raw.is_ascii();
    match str::from_utf8(raw) {
        Ok(plain) if is_utf8 => text.push_str(plain),
        utf8 => {
            let known = encoding != Encoding::Utf8;
            place.decoded = known;
            if place.defect.is_none() && !(known && encoding::decode(raw, spans, text)) {
                let is_cut = utf8.is_err_and(|error| error.error_len().is_none());
                let cut = !known && place.is_last && is_cut;
                place.defect = Some(if cut { Defect::Truncated } else { Defect::Encoding });
            }
        }
    }
    place.text_end = text.len();
}

/// Adds the fields with doubled quotes, or without a quote those with escapes of JSON, to
/// `single`, plain.
fn undouble(text: &str, quote: Option<char>, spans: &mut [Span], single: &mut String) {
    for span in spans.iter_mut().filter(|span| span.doubled) {
        let start = single.len();
        let field = text.get(span.start..span.end).unwrap_or_default();
        if let Some(quote) = quote {
            let mut second = false;
            for character in field.chars() {
                second = character == quote && !second;
                if !second {
                    single.push(character);
                }
            }
            // An odd quote cannot be left over: the splitter consumed them in pairs.
        } else {
            unescape(field, single);
        }
        *span = Span { start, end: single.len(), doubled: true };
    }
}
