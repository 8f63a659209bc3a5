//! Words, numbers, measures and codes of product text.
//!
//! ```text
//! word      letters                                      turntable
//! number    digits, no unit behind                       5.1
//! measure   a number and a unit, in the base of the unit 4 GB, 4gb, 4-GB → 4000mb
//! code      letters and digits mixed, or digits from 4   kxfa83, 34508
//! ```
//!
//! A code is what names one article: a model or part number. Channels write one code in
//! many ways (`KX-FA83`, `KX FA83`, `KXFA83`), so a chunk between blanks that holds digits
//! counts as its parts and as one joined code. Numbers with a unit never become codes:
//! `15-inch` is a measure, `8-port` a number and a word.
//!
//! Text is folded first: lower case, Latin letters without their marks, typographic quotes
//! and dashes as plain ones, trade marks dropped. O(length).

use std::borrow::Cow;

/// What a token is by its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum TokenKind {
    /// Letters.
    Word,
    /// Digits without a unit.
    Number,
    /// A number with its unit.
    Measure,
    /// A model or part number by its form.
    Code,
}

/// A token of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its folded text; a measure as number and base unit.
    pub text: String,
}

/// The tokens of a text in their order.
///
/// # Examples
/// ```
/// use omni_ingest::product::tokenize;
///
/// let texts = |text| tokenize(text).into_iter().map(|token| token.text).collect::<Vec<_>>();
/// assert_eq!(texts("Panasonic KX-FA83"), ["panasonic", "kx", "fa83", "kxfa83"]);
/// assert_eq!(texts("32 GB / 32gb"), texts("32-GB 32 Gigabytes"));
/// assert_eq!(texts("15.6\" Crème"), ["15.6in", "creme"]);
/// ```
#[must_use]
pub fn tokenize(text: &str) -> Vec<Token> {
    let folded = fold(text);
    let mut tokens = Tokens::default();
    let chunks = folded.split(|c: char| {
        c.is_whitespace() || matches!(c, '|' | ';' | '(' | ')' | '[' | ']' | '{' | '}')
    });
    for chunk in chunks {
        let chunk = chunk.trim_end_matches(['.', ',', ':', '!', '?']);
        if !chunk.is_empty() {
            tokens.chunk(chunk);
        }
    }
    tokens.settle();
    tokens.list
}

/// Lower case without marks; what only decorates becomes a blank.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            _ if c.is_ascii() => out.push(c),
            '\u{300}'..='\u{36f}' => {}
            '™' | '®' | '©' => out.push(' '),
            '×' => out.push('x'),
            '″' | '”' | '“' => out.push('"'),
            '′' | '’' | '‘' => out.push('\''),
            '–' | '—' | '‐' | '‑' | '−' => out.push('-'),
            _ => c.to_lowercase().for_each(|letter| match plain(letter) {
                Some(text) => out.push_str(text),
                None => out.push(letter),
            }),
        }
    }
    out
}

/// A Latin letter without its mark.
const fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ț' => "t",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

/// The letters and digits of a folded text, nothing between them.
pub(super) fn squash(folded: &str) -> String {
    folded.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The runs of letters and digits of a folded text.
pub(super) fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether letters and digits are mixed.
fn is_mixed(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit()) && text.chars().any(char::is_alphabetic)
}

/// The base of a unit and how many of the base it is.
fn unit(word: &str) -> Option<(&'static str, f64)> {
    Some(match word {
        "kb" | "kilobyte" | "kilobytes" => ("mb", 1e-3),
        "mb" | "meg" | "megabyte" | "megabytes" => ("mb", 1.0),
        "gb" | "gig" | "gigabyte" | "gigabytes" => ("mb", 1e3),
        "tb" | "terabyte" | "terabytes" => ("mb", 1e6),
        "in" | "inch" | "inches" => ("in", 1.0),
        "ft" | "foot" | "feet" => ("ft", 1.0),
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => ("mm", 1.0),
        "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" => ("mm", 10.0),
        "m" | "meter" | "meters" | "metre" | "metres" => ("m", 1.0),
        "mg" | "milligram" | "milligrams" => ("g", 1e-3),
        "g" | "gr" | "gram" | "grams" => ("g", 1.0),
        "kg" | "kilo" | "kilos" | "kilogram" | "kilograms" => ("g", 1e3),
        "oz" | "ounce" | "ounces" => ("oz", 1.0),
        "lb" | "lbs" | "pound" | "pounds" => ("lb", 1.0),
        "ml" | "milliliter" | "milliliters" | "millilitre" | "millilitres" => ("ml", 1.0),
        "cl" => ("ml", 10.0),
        "l" | "liter" | "liters" | "litre" | "litres" => ("ml", 1e3),
        "qt" | "quart" | "quarts" => ("qt", 1.0),
        "gal" | "gallon" | "gallons" => ("gal", 1.0),
        "w" | "watt" | "watts" => ("w", 1.0),
        "kw" | "kilowatt" | "kilowatts" => ("w", 1e3),
        "va" => ("va", 1.0),
        "v" | "volt" | "volts" => ("v", 1.0),
        "mah" => ("mah", 1.0),
        "amp" | "amps" => ("a", 1.0),
        "hz" => ("hz", 1.0),
        "khz" => ("hz", 1e3),
        "mhz" => ("hz", 1e6),
        "ghz" => ("hz", 1e9),
        "mbps" => ("mbps", 1.0),
        "gbps" => ("mbps", 1e3),
        "mp" | "megapixel" | "megapixels" => ("mp", 1.0),
        "dpi" => ("dpi", 1.0),
        "rpm" => ("rpm", 1.0),
        "btu" => ("btu", 1.0),
        "pk" | "pack" | "packs" | "pc" | "pcs" | "piece" | "pieces" | "ct" | "count" => ("pk", 1.0),
        "x" => ("x", 1.0),
        "min" | "minute" | "minutes" => ("min", 1.0),
        "hr" | "hrs" | "hour" | "hours" => ("min", 60.0),
        _ => return None,
    })
}

/// A run of a chunk and the character before it.
struct Run<'a> {
    text: &'a str,
    before: Option<char>,
}

impl Run<'_> {
    /// Whether it is digits, with marks between them at most.
    fn is_number(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
    }
}

/// The runs of letters and digits of a chunk; a point or comma between digits of a number
/// belongs to it.
fn runs(chunk: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let (mut start, mut before, mut last) = (None, None, ' ');
    let mut numeric = true;
    let mut chars = chunk.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |(_, next)| *next);
        let mark = matches!(c, '.' | ',') && last.is_ascii_digit() && next.is_ascii_digit();
        if c.is_alphanumeric() || (mark && numeric && start.is_some()) {
            numeric = (start.is_none() || numeric) && !c.is_alphabetic();
            start = start.or(Some(at));
        } else {
            if let Some(from) = start.take() {
                runs.push(Run { text: chunk.get(from..at).unwrap_or_default(), before });
            }
            before = Some(c);
        }
        last = c;
    }
    if let Some(from) = start {
        runs.push(Run { text: chunk.get(from..).unwrap_or_default(), before });
    }
    runs
}

/// What a number of up to 15 digits says; commas group.
fn value(text: &str) -> Option<f64> {
    let plain: Cow<'_, str> =
        if text.contains(',') { text.replace(',', "").into() } else { text.into() };
    plain.parse().ok().filter(|value: &f64| value.is_finite() && *value < 1e15)
}

fn written(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[derive(Default)]
struct Tokens {
    list: Vec<Token>,
    /// A number that may still find its unit.
    waiting: Option<f64>,
}

impl Tokens {
    fn add(&mut self, kind: TokenKind, text: impl Into<String>) {
        self.list.push(Token { kind, text: text.into() });
    }

    /// The number that waits has no unit.
    fn settle(&mut self) {
        if let Some(value) = self.waiting.take() {
            self.add(TokenKind::Number, written(value));
        }
    }

    fn measure(&mut self, value: f64, (base, factor): (&str, f64)) {
        self.add(TokenKind::Measure, format!("{}{base}", written(value * factor)));
    }

    fn chunk(&mut self, chunk: &str) {
        let runs = runs(chunk);
        let inches = chunk.ends_with(['"', '\'']);
        for (at, run) in runs.iter().enumerate() {
            let last = at + 1 == runs.len();
            if run.is_number() {
                self.settle();
                match value(run.text) {
                    _ if run.text.len() >= 4 && !run.text.contains(['.', ',']) => {
                        self.add(TokenKind::Code, run.text);
                    }
                    Some(value) if last && inches => self.measure(value, ("in", 1.0)),
                    Some(value) => self.waiting = Some(value),
                    None => self.add(TokenKind::Code, run.text),
                }
            } else {
                self.word(run.text);
            }
        }
        if let Some(joined) = joined(&runs) {
            self.settle();
            self.add(TokenKind::Code, joined);
        }
    }

    /// A run that is no number.
    fn word(&mut self, text: &str) {
        if let Some(waiting) = self.waiting.take() {
            if let Some(unit) = unit(text) {
                return self.measure(waiting, unit);
            }
            self.add(TokenKind::Number, written(waiting));
        }
        let digits = text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        if let (Some(number), Some(rest)) = (text.get(..digits), text.get(digits..)) {
            if let (Some(value), Some(unit)) = (value(number), unit(rest)) {
                return self.measure(value, unit);
            }
        }
        self.add(if is_mixed(text) { TokenKind::Code } else { TokenKind::Word }, text);
    }
}

/// The code that the parts of a chunk form together.
fn joined(runs: &[Run<'_>]) -> Option<String> {
    if runs.len() < 2 {
        return None;
    }
    let joins = |c: char| matches!(c, '-' | '/' | '#' | '_' | '.' | '+');
    let plain = |run: &Run<'_>| !run.is_number() && !is_mixed(run.text);
    // `15-inch`, `8-port`: a number and what it counts.
    let counts = match runs {
        [number, word] => {
            number.is_number() && plain(word) && (word.text.len() >= 3 || unit(word.text).is_some())
        }
        _ => false,
    };
    if counts || !runs.iter().skip(1).all(|run| run.before.is_some_and(joins)) {
        return None;
    }
    let joined: String = runs.iter().map(|run| run.text).collect();
    let digits = joined.bytes().filter(u8::is_ascii_digit).count();
    // A long plain word is part of a sentence, not of a code.
    let sentence = runs.iter().any(|run| plain(run) && run.text.len() > 6);
    let code = digits >= 6 || (digits >= 2 && is_mixed(&joined) && !sentence);
    (code && joined.len() >= 4).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        let mark = |kind| match kind {
            TokenKind::Word => "",
            TokenKind::Number => "#",
            TokenKind::Measure => "~",
            TokenKind::Code => "!",
        };
        let tokens = tokenize(text).into_iter();
        tokens.map(|t| format!("{}{}", t.text, mark(t.kind))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tokens_are_typed_by_form() {
        for (text, tokens) in [
            ("Sony Turntable - PSLX350H", "sony turntable pslx350h!"),
            ("Nikon SB-900 AF", "nikon sb 900# sb900! af"),
            ("DVP-NS700H/S", "dvp ns700h! s dvpns700hs!"),
            ("960-000048", "960# 000048! 960000048!"),
            ("5.1 Channel, 2.5-inch, 27' TV", "5.1# channel 2.5in~ 27in~ tv"),
            ("8-Port 10/100 24 x", "8# port 10# 100# 24x~"),
            ("4GB 4 gb 4-GB 4000 MB", "4000mb~ 4000mb~ 4000mb~ 4000! mb"),
            ("0.5 l / 500ml / 50 cl", "500ml~ 500ml~ 500ml~"),
            ("1,000 Sheets 25-Pack", "1000# sheets 25pk~"),
            ("802.11g", "802.11g!"),
            ("Café Größe™ ＡＢ", "cafe grosse ａｂ"),
            ("", ""),
            ("- / ...", ""),
        ] {
            assert_eq!(show(text), tokens, "{text}");
        }
    }

    #[test]
    fn numbers_beyond_reason_are_codes() {
        assert_eq!(show(&"9".repeat(400)), format!("{}!", "9".repeat(400)));
        assert_eq!(show("9999999999999999.5 in"), "9999999999999999.5! in");
    }
}
