//! The bytes of an input, as many at a time as one buffer holds.

use crate::Error;
use std::io::{ErrorKind, Read};

/// The part of an input that lies in memory.
pub(super) struct Window<R> {
    input: R,
    buffer: Vec<u8>,
    /// The bytes of the buffer that were not consumed.
    start: usize,
    end: usize,
    ended: bool,
    has_nul: bool,
    offset: u64,
}

impl<R: Read> Window<R> {
    /// With a buffer of so many bytes to start with; nothing is read yet.
    pub(super) fn new(input: R, capacity: usize) -> Self {
        Self {
            input,
            buffer: vec![0; capacity],
            start: 0,
            end: 0,
            ended: false,
            has_nul: false,
            offset: 0,
        }
    }

    /// Reads until the buffer is full or the input ends; a full buffer grows. What was
    /// consumed is gone, so places in the buffer change.
    pub(super) fn fill(&mut self) -> Result<(), Error> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let old = self.end;
        while let Some(room) = self.buffer.get_mut(self.end..).filter(|room| !room.is_empty()) {
            match self.input.read(room) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                // A reader that claims more than it was given is held to its room.
                Ok(bytes) => self.end += bytes.min(room.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(&error)),
            }
        }
        self.has_nul |= self.buffer.get(old..self.end).is_some_and(has_nul);
        Ok(())
    }
}

impl<R> Window<R> {
    /// The bytes that were not consumed.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Some bytes of the buffer, consumed or not.
    #[inline]
    pub(super) fn get(&self, start: usize, end: usize) -> &[u8] {
        self.buffer.get(start..end).unwrap_or_default()
    }

    /// Where in the buffer the next byte to consume lies.
    #[inline]
    pub(super) const fn start(&self) -> usize {
        self.start
    }

    /// Where in the input it lies.
    #[inline]
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether no byte follows those in the buffer.
    #[inline]
    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether a NUL byte was ever read.
    pub(super) const fn has_nul(&self) -> bool {
        self.has_nul
    }

    /// Goes on behind so many bytes, which stay where they are until the next fill.
    #[inline]
    pub(super) const fn consume(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }
}

/// Whether a byte of them is NUL.
pub(super) fn has_nul(bytes: &[u8]) -> bool {
    // Without a way out of the inner loop many are looked at together.
    bytes
        .chunks(256)
        .any(|some| some.iter().fold(0, |found, &byte| found | u8::from(byte == 0)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn a_full_buffer_grows_and_what_was_consumed_makes_room() {
        let mut window = Window::new(b"abcdefghij".as_slice(), 4);
        window.fill().unwrap();
        assert_eq!((window.bytes(), window.has_ended()), (b"abcd".as_slice(), false));
        window.consume(3);
        window.fill().unwrap();
        assert_eq!((window.bytes(), window.offset()), (b"defg".as_slice(), 3));
        window.fill().unwrap();
        assert_eq!((window.bytes(), window.has_ended()), (b"defghij".as_slice(), true));
        assert_eq!((window.start(), window.get(1, 3)), (0, b"ef".as_slice()));
    }

    #[test]
    fn a_reader_that_lies_is_held_to_its_room() {
        struct Liar;
        impl Read for Liar {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Ok(usize::MAX)
            }
        }
        let mut window = Window::new(Liar, 16);
        window.fill().unwrap();
        assert_eq!((window.bytes(), window.has_nul()), ([0; 16].as_slice(), true));
    }
}
