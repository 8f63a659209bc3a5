//! What a person says about a file.
//!
//! The texts are read as people write them: `utf-8-sig` or `Windows-1252`; `naive local,
//! Europe/Madrid` names a zone; `%d/%m/%Y %H:%M:%S UTC` a layout and a zone; what is not
//! understood is passed over.

use crate::parse::{Layout, MoneyStyle};
use crate::record::Encoding;
use chrono_tz::Tz;

/// How a file is written, in loose words. All of it may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Profile {
    /// The encoding: `utf-8`, `cp1252`.
    pub encoding: Option<String>,
    /// The character between fields, or its name: `;`, `tab`.
    pub delimiter: Option<String>,
    /// `none` if a quote is an ordinary character.
    pub quoting: Option<String>,
    /// The decimal mark.
    pub decimal: Option<String>,
    /// Zone and layouts of the times.
    pub time: Option<String>,
}

impl Profile {
    /// The encoding, if it is one that is known.
    #[must_use]
    pub fn encoding(&self) -> Option<Encoding> {
        let plain: String =
            self.encoding.as_deref()?.chars().filter(char::is_ascii_alphanumeric).collect();
        match plain.to_ascii_lowercase().as_str() {
            "utf8" | "utf8sig" | "utf8bom" | "ascii" | "usascii" => Some(Encoding::Utf8),
            "cp1252" | "windows1252" | "latin1" | "iso88591" | "ansi" => {
                Some(Encoding::Windows1252)
            }
            _ => None,
        }
    }

    /// The byte between fields.
    #[must_use]
    pub fn delimiter(&self) -> Option<u8> {
        match self.delimiter.as_deref()? {
            "tab" | "\\t" => Some(b'\t'),
            "comma" => Some(b','),
            "semicolon" => Some(b';'),
            text => match text.as_bytes() {
                [byte] if byte.is_ascii() => Some(*byte),
                _ => None,
            },
        }
    }

    /// Whether a quote is an ordinary character.
    #[must_use]
    pub fn is_unquoted(&self) -> bool {
        self.quoting.as_deref().is_some_and(|quoting| quoting.eq_ignore_ascii_case("none"))
    }

    /// How amounts are written.
    #[must_use]
    pub fn money_style(&self) -> Option<MoneyStyle> {
        match self.decimal.as_deref()? {
            "," | "comma" => Some(MoneyStyle::COMMA),
            "." | "point" => Some(MoneyStyle::POINT),
            _ => None,
        }
    }

    /// The zone: the first name of one, or UTC where only that is said.
    #[must_use]
    pub fn zone(&self) -> Option<Tz> {
        let time = self.time.as_deref()?;
        let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '+' | '-');
        let mut words = time.split(|c: char| !in_name(c));
        let named =
            words.clone().filter(|word| word.contains('/')).find_map(|word| word.parse().ok());
        named.or_else(|| words.any(|word| word == "UTC").then_some(Tz::UTC))
    }

    /// The layouts of the dates, in their order.
    #[must_use]
    pub fn date_layouts(&self) -> Vec<String> {
        let mut layouts = Vec::new();
        let mut rest = self.time.as_deref().unwrap_or_default();
        while let Some(start) = rest.find('%') {
            rest = rest.get(start..).unwrap_or_default();
            let layout = rest.get(..layout_length(rest)).unwrap_or_default();
            if Layout::new(layout).is_ok() {
                layouts.push(layout.to_string());
            }
            rest = rest.get(layout.len().max(1)..).unwrap_or_default();
        }
        layouts
    }
}

/// The length of the layout at the start of a text: letters behind `%` with at most two
/// marks between.
fn layout_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut end) = (0, 0);
    while bytes.get(at) == Some(&b'%') && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) {
        end = at + 2;
        let marks = bytes.get(end..).unwrap_or_default().iter().take(2);
        let marks = marks.take_while(|byte| b"-/.:, T".contains(byte)).count();
        at = end + marks;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(time: &str) -> (Option<Tz>, Vec<String>) {
        let profile = Profile { time: Some(time.into()), ..Profile::default() };
        (profile.zone(), profile.date_layouts())
    }

    #[test]
    fn loose_words_are_understood() {
        let layouts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(time("naive local, Europe/Madrid"), (Some(Tz::Europe__Madrid), vec![]));
        assert_eq!(time("%d/%m/%Y %H:%M:%S UTC"), (Some(Tz::UTC), layouts(&["%d/%m/%Y %H:%M:%S"])));
        assert_eq!(
            time("%m/%d/%y + Time, zone America/New_York (Eastern Time (US & Canada))"),
            (Some(Tz::America__New_York), layouts(&["%m/%d/%y"]))
        );
        assert_eq!(
            time("local Europe/London, day first, formats: %Y-%m-%d %H:%M | %d %b %Y %I:%M %p"),
            (Some(Tz::Europe__London), layouts(&["%Y-%m-%d %H:%M", "%d %b %Y %I:%M %p"]))
        );
        assert_eq!(time("offset in the text, 100% sure %"), (None, vec![]));
        for (name, encoding) in [
            ("UTF-8-sig", Some(Encoding::Utf8)),
            ("cp1252", Some(Encoding::Windows1252)),
            ("ISO-8859-1", Some(Encoding::Windows1252)),
            ("klingon", None),
        ] {
            let profile = Profile { encoding: Some(name.into()), ..Profile::default() };
            assert_eq!(profile.encoding(), encoding);
        }
        let profile = Profile {
            delimiter: Some("tab".into()),
            quoting: Some("None".into()),
            ..Profile::default()
        };
        assert_eq!((profile.delimiter(), profile.is_unquoted()), (Some(b'\t'), true));
    }
}
