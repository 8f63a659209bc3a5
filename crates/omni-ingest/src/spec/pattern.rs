//! Simple patterns of texts, for what needs no regular expression.
//!
//! ```text
//! #  a digit      @  an ASCII letter      ?  any character
//! *  any text, also none                  \  the character behind it stands for itself
//! ```
//!
//! A pattern fits a whole text. O(pattern · text) time at worst, no memory.

use omni_core::error::ParamError;

/// One part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Digit,
    Letter,
    One,
    Any,
    Char(char),
}

impl Part {
    fn fits(self, c: char, ignore_case: bool) -> bool {
        match self {
            Self::Digit => c.is_ascii_digit(),
            Self::Letter => c.is_ascii_alphabetic(),
            Self::One | Self::Any => true,
            Self::Char(own) if ignore_case => own.eq_ignore_ascii_case(&c),
            Self::Char(own) => own == c,
        }
    }
}

/// A pattern of texts.
///
/// # Examples
/// ```
/// use omni_ingest::spec::Pattern;
///
/// let order = Pattern::new("###-#######-#######")?;
/// assert!(order.fits("026-4848474-0126373"));
/// assert!(!order.fits("026-4848474-012637X"));
/// assert!(Pattern::new("Refund of *")?.fits("Refund of T75"));
/// # Ok::<(), omni_core::ParamError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`ParamError`] if it is empty, ends with a lone `\` or has more than 256 characters.
    pub fn new(pattern: &str) -> Result<Self, ParamError> {
        let rule = "of 1 to 256 characters, none missing behind a backslash";
        let wrong = || ParamError::new("pattern", rule, pattern);
        let mut parts = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '#' => Part::Digit,
                '@' => Part::Letter,
                '?' => Part::One,
                '*' => Part::Any,
                '\\' => Part::Char(chars.next().ok_or_else(wrong)?),
                plain => Part::Char(plain),
            });
        }
        if (1..=256).contains(&parts.len()) { Ok(Self { parts }) } else { Err(wrong()) }
    }

    /// Whether it fits the whole text.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        self.walk(text, false)
    }

    /// Whether it fits the whole text, capital ASCII letters or not.
    #[must_use]
    pub fn fits_ignoring_case(&self, text: &str) -> bool {
        self.walk(text, true)
    }

    fn walk(&self, text: &str, ignore_case: bool) -> bool {
        let (mut at, mut rest) = (0, text);
        // Where the last `*` stands, and the text from which it may take one more.
        let mut star: Option<(usize, &str)> = None;
        loop {
            let part = self.parts.get(at).copied();
            let mut chars = rest.chars();
            match (part, chars.next()) {
                (Some(Part::Any), _) => {
                    star = Some((at, rest));
                    at += 1;
                }
                (None, None) => return true,
                (Some(part), Some(c)) if part.fits(c, ignore_case) => {
                    rest = chars.as_str();
                    at += 1;
                }
                _ => {
                    let Some((place, from)) = star else { return false };
                    let mut chars = from.chars();
                    if chars.next().is_none() {
                        return false;
                    }
                    star = Some((place, chars.as_str()));
                    (at, rest) = (place + 1, chars.as_str());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_texts() {
        let cases = [
            ("abc", "abc", true),
            ("abc", "ab", false),
            ("abc", "abcd", false),
            ("*", "", true),
            ("a*b*c", "aXbbYc", true),
            ("a*b*c", "aXbbYcZ", false),
            ("*.csv", "a.csv.csv", true),
            ("##-@", "12-x", true),
            ("##-@", "1a-x", false),
            ("?é", "éé", true),
            ("\\#\\*\\\\", "#*\\", true),
            ("\\#", "1", false),
            ("**", "any", true),
        ];
        for (pattern, text, fits) in cases {
            assert_eq!(Pattern::new(pattern).unwrap().fits(text), fits, "{pattern} {text}");
        }
        assert!(Pattern::new("refund of *").unwrap().fits_ignoring_case("Refund OF T1"));
        for bad in ["", "a\\", &"x".repeat(257)] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }
}
