//! Postcodes in the form of their country.
//!
//! A form is written with `9` for a digit, `A` for a letter, `X` for either and all else as
//! itself. The
//! letters and digits of a postcode are read without what is between them, so `gf185pt`,
//! `GF18-5PT` and `GF18 5PT` are one.
//!
//! Source: Universal Postal Union, postal addressing systems of its member countries.

/// A country's postcodes.
struct Country {
    code: &'static str,
    /// The longest first, where one begins with another.
    forms: &'static [&'static str],
    /// Zeros in front that a spreadsheet took away are put back, up to so many.
    zeros: usize,
}

const fn of(code: &'static str, forms: &'static [&'static str]) -> Country {
    Country { code, forms, zeros: 0 }
}

/// Only digits, of which the first may be zero.
const fn padded(code: &'static str, forms: &'static [&'static str], zeros: usize) -> Country {
    Country { code, forms, zeros }
}

const GB: &[&str] = &["AA99 9AA", "AA9A 9AA", "A99 9AA", "A9A 9AA", "AA9 9AA", "A9 9AA", "AAA 9AA"];

/// By country.
const COUNTRIES: &[Country] = &[
    of("AR", &["A9999AAA", "9999"]),
    of("AT", &["9999"]),
    padded("AU", &["9999"], 1),
    of("BE", &["9999"]),
    of("BG", &["9999"]),
    padded("BR", &["99999-999"], 1),
    of("CA", &["A9A 9A9"]),
    of("CH", &["9999"]),
    of("CN", &["999999"]),
    of("CY", &["9999"]),
    of("CZ", &["999 99"]),
    padded("DE", &["99999"], 1),
    padded("DK", &["9999"], 1),
    padded("EE", &["99999"], 0),
    padded("ES", &["99999"], 1),
    padded("FI", &["99999"], 2),
    padded("FR", &["99999"], 1),
    of("GB", GB),
    of("GG", GB),
    of("GR", &["999 99"]),
    of("HR", &["99999"]),
    of("HU", &["9999"]),
    of("IE", &["A99 XXXX", "A9A XXXX"]),
    of("IM", GB),
    of("IN", &["999999"]),
    of("IS", &["999"]),
    padded("IT", &["99999"], 3),
    of("JE", GB),
    padded("JP", &["999-9999"], 1),
    padded("KR", &["99999"], 1),
    of("LI", &["9999"]),
    of("LT", &["99999"]),
    of("LU", &["9999"]),
    of("LV", &["9999"]),
    of("MC", &["99999"]),
    of("MT", &["AAA 9999"]),
    padded("MX", &["99999"], 1),
    of("NL", &["9999 AA"]),
    padded("NO", &["9999"], 2),
    padded("NZ", &["9999"], 1),
    padded("PL", &["99-999"], 1),
    of("PT", &["9999-999", "9999"]),
    padded("RO", &["999999"], 1),
    of("RS", &["99999"]),
    of("RU", &["999999"]),
    of("SE", &["999 99"]),
    padded("SG", &["999999"], 1),
    of("SI", &["9999"]),
    padded("SK", &["999 99"], 1),
    padded("TR", &["99999"], 1),
    of("UA", &["99999"]),
    padded("US", &["99999-9999", "99999"], 2),
    padded("ZA", &["9999"], 3),
];

/// A postcode in the form of its country; `None` if it has no such form or the country
/// (ISO 3166-1, two letters, upper case) is not known here.
///
/// A country in front, as in `D-10115`, is dropped; zeros that a spreadsheet took away in
/// front are put back where postcodes of the country begin with them.
///
/// # Examples
/// ```
/// use omni_ingest::clean::address::postcode;
///
/// assert_eq!(postcode("gf185pt", "GB").as_deref(), Some("GF18 5PT"));
/// assert_eq!(postcode("2139", "US").as_deref(), Some("02139"));
/// assert_eq!(postcode("D-10115", "DE").as_deref(), Some("10115"));
/// assert_eq!(postcode("1234ab", "NL").as_deref(), Some("1234 AB"));
/// assert_eq!(postcode("12345", "GB"), None);
/// ```
#[must_use]
pub fn postcode(text: &str, country: &str) -> Option<String> {
    let known = COUNTRIES.iter().find(|known| known.code == country)?;
    let mut code = String::with_capacity(12);
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            code.push(character.to_ascii_uppercase());
        } else if character.is_alphanumeric() || code.len() > 16 {
            return None;
        }
    }
    if let Some(written) = known.written(&code) {
        return Some(written);
    }
    // The country in front: its code, or the letter on its cars.
    let rest = code.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let sign = code.get(..code.len() - rest.len())?;
    let digits_only = known.forms.iter().all(|form| form.starts_with('9'));
    let is_sign =
        sign == country || (digits_only && (1..=3).contains(&sign.len()) && car(country) == sign);
    if is_sign { known.written(rest) } else { None }
}

/// The letters that mark a country's cars, where they stood before postcodes.
fn car(country: &str) -> &str {
    match country {
        "DE" => "D",
        "FR" => "F",
        "AT" => "A",
        "IT" => "I",
        "BE" => "B",
        "LU" => "L",
        "ES" => "E",
        "SE" => "S",
        "NO" => "N",
        "PT" => "P",
        "HU" => "H",
        "LI" => "FL",
        "SI" => "SLO",
        _ => country,
    }
}

impl Country {
    /// Letters and digits in the first form they fit.
    fn written(&self, code: &str) -> Option<String> {
        let fitting = self.forms.iter().find_map(|form| write(form, code));
        if fitting.is_some() || self.zeros == 0 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return fitting;
        }
        let shortest = self.forms.iter().map(|form| digits(form)).min()?;
        let longest = self.forms.iter().map(|form| digits(form)).max()?;
        [shortest, longest].into_iter().find_map(|length| {
            let missing = length.checked_sub(code.len())?;
            if missing > self.zeros || code.is_empty() {
                return None;
            }
            let code = format!("{code:0>length$}");
            self.forms.iter().find_map(|form| write(form, &code))
        })
    }
}

fn digits(form: &str) -> usize {
    form.bytes().filter(|byte| *byte == b'9').count()
}

/// Letters and digits in a form.
fn write(form: &str, code: &str) -> Option<String> {
    let mut rest = code.chars();
    let mut written = String::with_capacity(form.len());
    for place in form.chars() {
        match place {
            '9' => written.push(rest.next().filter(char::is_ascii_digit)?),
            'A' => written.push(rest.next().filter(char::is_ascii_uppercase)?),
            'X' => written.push(rest.next()?),
            between => written.push(between),
        }
    }
    rest.next().is_none().then_some(written)
}

/// The part of a postcode that stands for a wider area, to find pairs by: what is in front
/// of its blank or hyphen (`GF18` of `GF18 5PT`), else its first three characters.
///
/// # Examples
/// ```
/// use omni_ingest::clean::address::postcode_area;
///
/// assert_eq!((postcode_area("GF18 5PT"), postcode_area("10115")), ("GF18", "101"));
/// ```
#[must_use]
pub fn postcode_area(postcode: &str) -> &str {
    match postcode.split_once([' ', '-']) {
        // A ZIP code with four more digits is parted behind the whole code.
        Some((area, _)) if area.chars().count() < 5 => area,
        _ => postcode.char_indices().nth(3).map_or(postcode, |(at, _)| &postcode[..at]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_country_writes_its_own() {
        for (text, country, written) in [
            ("sw1a1aa", "GB", "SW1A 1AA"),
            ("M1 1AE", "GB", "M1 1AE"),
            (" ec1a-1bb ", "GB", "EC1A 1BB"),
            ("k1a0b1", "CA", "K1A 0B1"),
            ("2139-4307", "US", "02139-4307"),
            ("021394307", "US", "02139-4307"),
            ("501", "US", "00501"),
            ("75008", "FR", "75008"),
            ("'06000", "FR", "06000"),
            ("6000", "FR", "06000"),
            ("800", "AU", "0800"),
            ("12345", "SE", "123 45"),
            ("SE-123 45", "SE", "123 45"),
            ("S-12345", "SE", "123 45"),
            ("LV-1010", "LV", "1010"),
            ("00-950", "PL", "00-950"),
            ("950", "PL", ""),
            ("0950", "PL", "00-950"),
            ("1000-205", "PT", "1000-205"),
            ("1000001", "JP", "100-0001"),
            ("d02x285", "IE", "D02 X285"),
            ("D6W AB12", "IE", "D6W AB12"),
            ("MSD 1751", "MT", "MSD 1751"),
            ("110 001", "IN", "110001"),
            ("１０１", "JP", ""),
            ("", "US", ""),
        ] {
            assert_eq!(postcode(text, country).unwrap_or_default(), written, "{text} {country}");
        }
        assert_eq!(postcode("12345", "XX"), None);
        assert!(COUNTRIES.is_sorted_by(|a, b| a.code < b.code));
    }

    #[test]
    fn areas_are_in_front() {
        assert_eq!(postcode_area("02139-4307"), "021");
        assert_eq!(postcode_area("1234 AB"), "1234");
        assert_eq!((postcode_area("é1"), postcode_area("")), ("é1", ""));
    }

    proptest! {
        #[test]
        fn any_text_is_written_or_refused(text in any::<String>(), code in "[A-Z0-9 -]{0,9}") {
            for known in COUNTRIES {
                for text in [&text, &code] {
                    if let Some(written) = postcode(text, known.code) {
                        prop_assert_eq!(postcode(&written, known.code), Some(written.clone()));
                        let _ = postcode_area(&written);
                    }
                }
            }
            let _ = postcode_area(&text);
        }
    }
}
