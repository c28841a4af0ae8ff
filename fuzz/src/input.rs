//! Bytes read as a program. Every input is a program, and a small change of one makes a small change of the other:
//! what is missing at the end is zero.

/// The longest stretch of bytes that a program carries: more than any datagram.
const STRETCH_MAX: usize = 1600;
/// A length byte of this says that two more bytes hold the length.
const LONG: u8 = 255;

/// What is left of the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// One of `count`.
    pub(crate) fn choice(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count.max(1)
    }

    /// A length and as many bytes, or as many as are left.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let len = match self.byte() {
            LONG => usize::from(self.word()),
            short => usize::from(short),
        };
        let (bytes, rest) = self.0.split_at(len.min(STRETCH_MAX).min(self.0.len()));
        self.0 = rest;
        bytes
    }
}

/// Writes what [`Input`] reads: for seeds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output(pub(crate) Vec<u8>);

impl Output {
    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    pub(crate) fn word(mut self, word: u16) -> Self {
        self.0.extend(word.to_be_bytes());
        self
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        let mut to = match u8::try_from(bytes.len()) {
            Ok(short) if short < LONG => self.byte(short),
            _ => self.byte(LONG).word(bytes.len() as u16),
        };
        to.0.extend(bytes);
        to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for len in [0, 1, 254, 255, 256, STRETCH_MAX] {
            let written = Output::default().byte(7).bytes(&vec![9; len]).word(0x1234);

            let mut input = Input::new(&written.0);

            assert_eq!((input.byte(), input.bytes().len(), input.word()), (7, len, 0x1234));
            assert!(input.is_empty());
        }
    }

    #[test]
    fn what_is_missing_is_zero() {
        let mut input = Input::new(&[5, 1]);

        assert_eq!((input.bytes(), input.word(), input.choice(3)), (&[1][..], 0, 0));
    }
}
