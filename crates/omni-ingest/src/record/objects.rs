//! Lines of flat JSON objects as records: a key is a column, a value a field.
//!
//! Strings are fields without their quotes, numbers and truth values as they are written,
//! `null` and a missing key are empty, arrays and objects stay JSON. So a format that reads
//! columns by name reads the same table as JSON lines.

use super::splitter::Span;
use crate::json::{JsonError, Kind, Progress, member, step, unescape};
use std::collections::BTreeMap;

/// The columns: the keys of the first objects.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    /// In the order of their first appearance.
    names: Vec<Box<[u8]>>,
    /// Ordered, so that no choice of keys makes looking one up slow.
    positions: BTreeMap<Box<[u8]>, usize>,
}

/// What was met in a line beside its fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Met {
    /// Whether a string has escapes.
    pub(super) escapes: bool,
    /// Whether a key is no column.
    pub(super) stray: bool,
}

impl Columns {
    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(AsRef::as_ref)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Adds the keys of a line; a line that is no object has none.
    pub(super) fn learn(&mut self, line: &[u8]) {
        let mut keys: Vec<Box<[u8]>> = Vec::new();
        let walked = walk(line, |key, _| keys.push(Box::from(key)));
        if walked.is_err() {
            return;
        }
        for key in keys {
            let next = self.names.len();
            if *self.positions.entry(key.clone()).or_insert(next) == next {
                self.names.push(key);
            }
        }
    }

    /// Adds the fields of a line. The last of several members of one key counts.
    pub(super) fn split(&self, line: &[u8], spans: &mut Vec<Span>) -> Result<Met, JsonError> {
        let before = spans.len();
        spans.resize(before + self.names.len(), Span { start: 0, end: 0, doubled: false });
        let (mut met, mut expected) = (Met::default(), 0);
        walk(line, |key, span| {
            // Most lines have the keys in the order of the first.
            let position = match self.names.get(expected) {
                Some(name) if **name == *key => Some(expected),
                _ => self.positions.get(key).copied(),
            };
            met.escapes |= span.doubled;
            match position {
                Some(position) => {
                    if let Some(place) = spans.get_mut(before + position) {
                        *place = span;
                    }
                    expected = position + 1;
                }
                None => met.stray = true,
            }
        })?;
        Ok(met)
    }
}

/// Shows the members of a line that is one object: the key and where the field lies.
fn walk(line: &[u8], mut show: impl FnMut(&[u8], Span)) -> Result<(), JsonError> {
    let (mut at, mut progress) = (0, Progress::Before);
    while step(line, &mut at, &mut progress, b'{', b'}')? {
        let member = member(line, at)?;
        at = member.end;
        let span = match member.kind {
            Kind::Null => Span { start: 0, end: 0, doubled: false },
            Kind::String { escaped } => {
                Span { start: member.start + 1, end: member.end - 1, doubled: escaped }
            }
            _ => Span { start: member.start, end: member.end, doubled: false },
        };
        let key = line.get(member.key_start..member.key_end).unwrap_or_default();
        if member.key_escaped {
            let mut plain = String::new();
            unescape(&String::from_utf8_lossy(key), &mut plain);
            show(plain.as_bytes(), span);
        } else {
            show(key, span);
        }
    }
    Ok(())
}
