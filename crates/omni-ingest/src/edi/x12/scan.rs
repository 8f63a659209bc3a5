//! Segments out of bytes.

use super::{Interchange, Separators, may_separate};
use crate::Error;
use std::io::{self, BufRead, BufReader};

/// Cuts an input into segments, one at a time.
pub(super) struct Scanner<R> {
    input: BufReader<R>,
    /// Bytes that are kept of a segment.
    limit: usize,
    /// The byte the next read gives.
    pub(super) offset: u64,
    /// Whether it is within an interchange.
    pub(super) inside: bool,
    /// The separators of the interchange, or of the one before.
    pub(super) separators: Separators,
    /// The segment read last, where it began, and whether it was too long.
    pub(super) segment: Vec<u8>,
    pub(super) start: u64,
    pub(super) long: bool,
    /// What a header says that was read and not yet used.
    pub(super) header: Option<Header>,
    /// Where something began that is no segment.
    pub(super) garbage: Option<u64>,
}

/// What an `ISA` segment says.
pub(super) struct Header {
    pub(super) separators: Separators,
    pub(super) interchange: Interchange,
    /// Whether its elements have their fixed lengths.
    pub(super) exact: bool,
}

impl<R: io::Read> Scanner<R> {
    pub(super) fn new(input: R, limit: usize) -> Self {
        Self {
            input: BufReader::with_capacity(1 << 16, input),
            limit,
            offset: 0,
            inside: false,
            separators: Separators::USUAL,
            segment: Vec::new(),
            start: 0,
            long: false,
            header: None,
            garbage: None,
        }
    }

    /// The name of the segment read last.
    pub(super) fn name(&self) -> &[u8] {
        let element = self.separators.element;
        let end = self.segment.iter().position(|byte| *byte == element);
        self.segment.get(..end.unwrap_or(self.segment.len())).unwrap_or_default()
    }

    /// An element of the segment read last, trimmed.
    pub(super) fn part(&self, position: usize) -> String {
        let element = self.separators.element;
        let part = self.segment.split(|byte| *byte == element).nth(position);
        String::from_utf8_lossy(part.unwrap_or_default()).trim().to_owned()
    }

    /// The same as a number.
    pub(super) fn counted(&self, position: usize) -> Option<u64> {
        let part = self.part(position);
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| digits)
    }

    pub(super) fn peek(&mut self) -> Result<Option<u8>, Error> {
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(&error)),
            }
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.input.consume(bytes);
        self.offset = self.offset.saturating_add(bytes as u64);
    }

    /// Passes line ends, and outside of an interchange also blanks and a byte order mark.
    pub(super) fn skip_blanks(&mut self) -> Result<(), Error> {
        let outside = !self.inside;
        while let Some(byte) = self.peek()? {
            let blank = matches!(byte, b'\r' | b'\n')
                || outside && matches!(byte, b' ' | b'\t' | 0x1a | 0xef | 0xbb | 0xbf);
            if !blank {
                break;
            }
            self.advance(1);
        }
        Ok(())
    }

    /// Takes bytes into the segment until it has so many, or meets its end.
    pub(super) fn take_up_to(&mut self, len: usize) -> Result<(), Error> {
        self.segment.clear();
        let terminator = self.inside.then_some(self.separators.terminator);
        while self.segment.len() < len
            && let Some(byte) = self.peek()?
            && Some(byte) != terminator
        {
            self.segment.push(byte);
            self.advance(1);
        }
        Ok(())
    }

    /// Reads one segment that is not blank; `false` at the end of the input.
    pub(super) fn next_segment(&mut self) -> Result<bool, Error> {
        loop {
            self.skip_blanks()?;
            self.start = self.offset;
            self.long = false;
            if self.peek()?.is_none() {
                return Ok(false);
            }
            self.take_up_to(3)?;
            if self.segment == b"ISA" {
                if self.read_header()? {
                    return Ok(true);
                }
                self.garbage.get_or_insert(self.start);
            }
            if !self.inside {
                self.garbage.get_or_insert(self.start);
                return self.skip_to_header();
            }
            self.read_rest(self.separators.terminator)?;
            if !self.segment.is_empty() {
                return Ok(true);
            }
        }
    }

    /// Reads on to the end of the segment.
    fn read_rest(&mut self, terminator: u8) -> Result<(), Error> {
        while self.peek()?.is_some() {
            let bytes = self.input.buffer();
            let end = bytes.iter().position(|byte| *byte == terminator);
            let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
            let room = self.limit.saturating_sub(self.segment.len());
            self.long |= part.len() > room;
            self.segment.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
            let taken = part.len() + usize::from(end.is_some());
            self.advance(taken);
            if end.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Reads the rest of an `ISA` segment, whose name was taken: sixteen elements by their
    /// separators, the last of one byte, and the terminator behind it. `false` if it is no
    /// header; what was taken stays in the segment.
    pub(super) fn read_header(&mut self) -> Result<bool, Error> {
        let mut found = 0;
        while found < 16 && self.segment.len() < 512 {
            let Some(byte) = self.peek()? else { return Ok(false) };
            self.segment.push(byte);
            self.advance(1);
            let element = self.segment.get(3).copied().unwrap_or_default();
            if !may_separate(element) {
                return Ok(false);
            }
            found += usize::from(byte == element);
        }
        let mut ends = [0; 2];
        for end in &mut ends {
            let Some(byte) = self.peek()? else { return Ok(false) };
            *end = byte;
            self.segment.push(byte);
            self.advance(1);
        }
        let [component, terminator] = ends;
        let element = self.segment.get(3).copied().unwrap_or_default();
        self.segment.pop();
        let text = String::from_utf8_lossy(&self.segment).into_owned();
        let parts: Vec<&str> = text.split(char::from(element)).collect();
        let part = |at: usize| parts.get(at).copied().unwrap_or_default();
        let repetition = match part(11).as_bytes() {
            [byte] if may_separate(*byte) => Some(*byte),
            _ => None,
        };
        let Ok(separators) = Separators::new(element, component, repetition, terminator) else {
            return Ok(false);
        };
        let lengths = parts.iter().skip(1).map(|part| part.len());
        let exact = lengths.eq([2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1]);
        let owned = |at| part(at).trim().to_owned();
        let interchange = Interchange {
            sender: (owned(5), owned(6)),
            receiver: (owned(7), owned(8)),
            date: owned(9),
            time: owned(10),
            version: owned(12),
            control: owned(13),
            is_test: part(15) == "T",
        };
        // The name is found by the separators in force until the header is used.
        self.segment.truncate(3);
        self.header = Some(Header { separators, interchange, exact });
        Ok(true)
    }

    /// Passes everything up to the next header; `false` at the end of the input.
    fn skip_to_header(&mut self) -> Result<bool, Error> {
        let mut last = [0_u8; 3];
        while let Some(byte) = self.peek()? {
            self.advance(1);
            last = [last[1], last[2], byte];
            if last == *b"ISA" {
                self.start = self.offset - 3;
                self.segment.clear();
                self.segment.extend_from_slice(b"ISA");
                if self.read_header()? {
                    return Ok(true);
                }
                last = [0; 3];
            }
        }
        Ok(false)
    }
}
