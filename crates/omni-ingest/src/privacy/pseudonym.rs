//! Keyed pseudonyms.

use crate::siphash::siphash128;
use omni_core::ParamError;
use std::fmt;
use std::str::FromStr;

/// A secret key of 128 bits, the caller's: drawn by chance, kept apart from the data.
///
/// ```text
/// pseudonym(context, value) = SipHash-2-4-128(key, len(context) ‖ context ‖ value)
/// ```
///
/// The same value has the same pseudonym under one key and context, and unrelated ones under
/// two keys or contexts, so that data handed to two partners cannot be joined.
///
/// **It protects** against who has the data and not the key: `SipHash` is a pseudo-random
/// function, made as a message authenticator for short inputs; no attack on its full rounds
/// is better than trying all 2¹²⁸ keys. Its output is 128 bits wide, so two of n values
/// share one with probability n²/2¹²⁹. HMAC-SHA-256 would give a longer key and output and
/// no protection that this lacks, at the price of a dependency.
///
/// **It does not protect** against who has the key: phone numbers and e-mail addresses are
/// few enough to try them all. It hides no pattern either: who bought what and when may tell
/// who it is. Whoever loses the key can no longer recognize anybody: pseudonyms and
/// [`Tombstones`](super::Tombstones) are worth nothing then, and destroying it is a way to
/// make that so.
///
/// `Debug` leaves out the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u64; 2]);

impl Key {
    /// The key of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        let mut words = [0; 2];
        for (word, part) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*part);
        }
        Self(words)
    }

    /// The pseudonym of a value in a context: `key.pseudonym("partner 7", email)`.
    ///
    /// Values are taken as they are; bring them into one form before.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::privacy::Key;
    ///
    /// let key = Key::new(*b"sixteen bytes...");
    /// let name = key.pseudonym("shop", "ada@example.org");
    /// assert_eq!(name, key.pseudonym("shop", "ada@example.org"));
    /// assert_ne!(name, key.pseudonym("partner", "ada@example.org"));
    /// assert_eq!(name.to_string().len(), 32);
    /// ```
    #[must_use]
    pub fn pseudonym(&self, context: &str, value: &str) -> Pseudonym {
        let mut text = Vec::with_capacity(8 + context.len() + value.len());
        text.extend((context.len() as u64).to_le_bytes());
        text.extend(context.bytes());
        text.extend(value.bytes());
        Pseudonym(siphash128(self.0, &text))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// What stands for a value; see [`Key`]. Written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Pseudonym(u128);

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Pseudonym {
    type Err = ParamError;

    fn from_str(text: &str) -> Result<Self, ParamError> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u128::from_str_radix(text, 16) {
            Ok(number) if digits => Ok(Self(number)),
            _ => {
                let shown: String = text.chars().take(40).collect();
                Err(ParamError::new("pseudonym", "32 hexadecimal digits", shown.as_str()))
            }
        }
    }
}

impl TryFrom<String> for Pseudonym {
    type Error = ParamError;

    fn try_from(text: String) -> Result<Self, ParamError> {
        text.parse()
    }
}

impl From<Pseudonym> for String {
    fn from(pseudonym: Pseudonym) -> Self {
        pseudonym.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // SipHash-2-4-128 of no bytes is in siphash.rs; here the key is put together right:
        // the reference vector of eight zero bytes in front is that of this message.
        let bytes: [u8; 16] = std::array::from_fn(|at| at as u8);
        let words = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let expected = siphash128(words, &[0; 8]);
        assert_eq!(Key::new(bytes).pseudonym("", ""), Pseudonym(expected));
    }

    #[test]
    fn context_and_value_do_not_run_together() {
        let key = Key::new([7; 16]);
        assert_ne!(key.pseudonym("a", "bc"), key.pseudonym("ab", "c"));
        assert_ne!(key.pseudonym("", "x"), Key::new([8; 16]).pseudonym("", "x"));
        assert_eq!(format!("{key:?}"), "Key(***)");
    }

    #[test]
    fn text_is_read_as_it_is_printed() {
        let pseudonym = Pseudonym(0xabc);
        assert_eq!(pseudonym.to_string().parse(), Ok(pseudonym));
        for bad in
            ["", "abc", "+0000000000000000000000000000abc", "é00000000000000000000000000abcd"]
        {
            assert!(bad.parse::<Pseudonym>().is_err(), "{bad}");
        }
    }
}
