//! Characters: case, accents, white space, punctuation, wrongly decoded bytes.
//!
//! | what | function |
//! |---|---|
//! | normal forms | [`nfc`], [`nfkc`], [`nfkd`] |
//! | case | [`case_fold`] to compare, [`lower`] to show |
//! | accents | [`strip_marks`]; with ø, ł, ß and the like [`transliterate`] |
//! | white space, invisible characters | [`collapse_space`], [`strip_invisible`] |
//! | typographic quotes and dashes | [`plain_punctuation`] |
//! | UTF-8 once read as Windows-1252 | [`repair_mojibake`] |
//! | the apostrophe Excel shows as text | [`unquote_cell`] |
//! | all that does not matter to a comparison | [`match_key`] |
//!
//! All are idempotent and O(length); a text that needs no change is lent back.
//!
//! Sources: Unicode Standard Annex 15 (normal forms); the Unicode Standard, section 3.13
//! (case folding); the WHATWG Encoding Standard (Windows-1252).

use std::borrow::Cow;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{UnicodeNormalization, is_nfc, is_nfkc, is_nfkd};

/// Normal form C: each letter with its accents one character where there is one.
///
/// # Examples
/// ```
/// assert_eq!(omni_ingest::clean::text::nfc("Cafe\u{301}"), "Café");
/// ```
#[must_use]
pub fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// Normal form KC: also ligatures, full-width letters and the like made plain.
///
/// # Examples
/// ```
/// assert_eq!(omni_ingest::clean::text::nfkc("ﬁne ＡＢＣ ㎏"), "fine ABC kg");
/// ```
#[must_use]
pub fn nfkc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfkc(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfkc().collect())
    }
}

/// Normal form KD: as KC, with accents as characters of their own.
#[must_use]
pub fn nfkd(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfkd(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfkd().collect())
    }
}

/// Full case folding: texts that differ in case only become equal.
///
/// No locale: `I` is `i`, never the dotless `ı`. Not for showing: ß becomes `ss`.
///
/// # Examples
/// ```
/// use omni_ingest::clean::text::case_fold;
///
/// assert_eq!(case_fold("STRASSE"), case_fold("straße"));
/// assert_eq!(case_fold("ΣΊΣΥΦΟΣ"), "σίσυφοσ");
/// ```
#[must_use]
pub fn case_fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return ascii_lower(text);
    }
    let mut folded = String::with_capacity(text.len());
    text.chars().for_each(|character| fold_character(character, &mut folded));
    unless_same(text, folded)
}

/// The folding of one character.
///
/// Lower case of upper case of lower case is the folding of every character but two
/// kinds: dotless `ı` has the upper case of `i` and stays itself, and Cherokee folds to
/// upper case, which it had long before it got a lower one.
fn fold_character(character: char, folded: &mut String) {
    match character {
        'A'..='Z' => folded.push(character.to_ascii_lowercase()),
        '\0'..='\u{7f}' | 'ı' => folded.push(character),
        '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' => {
            folded.extend(character.to_uppercase());
        }
        _ => {
            let upper = character.to_lowercase().flat_map(char::to_uppercase);
            folded.extend(upper.flat_map(char::to_lowercase));
        }
    }
}

/// Lower case without a locale; a Greek sigma at the end of a word is final.
///
/// # Examples
/// ```
/// assert_eq!(omni_ingest::clean::text::lower("ΣΊΣΥΦΟΣ"), "σίσυφος");
/// ```
#[must_use]
pub fn lower(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { ascii_lower(text) } else { unless_same(text, text.to_lowercase()) }
}

fn ascii_lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

fn unless_same(text: &str, changed: String) -> Cow<'_, str> {
    if changed == text { Cow::Borrowed(text) } else { Cow::Owned(changed) }
}

/// Normal form KD without accents: every character that combines with the one before
/// falls.
///
/// Letters that are no letter with an accent stay (ø, ł, ß); [`transliterate`] makes them
/// plain too.
///
/// # Examples
/// ```
/// assert_eq!(omni_ingest::clean::text::strip_marks("Café Ⅷ Łø"), "Cafe VIII Łø");
/// ```
#[must_use]
pub fn strip_marks(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    unless_same(text, text.nfkd().filter(|c| canonical_combining_class(*c) == 0).collect())
}

/// Latin letters made ASCII letters, as an English keyboard would have them; typographic
/// punctuation too.
///
/// For comparing names, of which one was typed without accents. Accents fall from Latin,
/// Greek and Cyrillic letters and vowel points from Hebrew and Arabic ones; marks that make
/// another letter of the one before (Japanese, Indic) stay. Other scripts stay as they are.
/// A German `ü` becomes `u`, not `ue`.
///
/// # Examples
/// ```
/// use omni_ingest::clean::text::transliterate;
///
/// assert_eq!(transliterate("Łukasz Søren Đặng Þór Weiß"), "Lukasz Soren Dang Thor Weiss");
/// assert_eq!(transliterate("山田が"), "山田が");
/// ```
#[must_use]
pub fn transliterate(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for character in text.nfkd().filter(|character| !is_accent(*character)) {
        match plain_letter(character).or_else(|| plain_mark(character)) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(character),
        }
    }
    // Korean syllables and Japanese voiced ones are put together again.
    unless_same(text, nfc(&plain).into_owned())
}

/// Marks of Latin, Greek and Cyrillic letters, and vowel points.
fn is_accent(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'
        | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Latin letters that normal form KD leaves, as they are written where they are missing.
fn plain_letter(character: char) -> Option<&'static str> {
    Some(match character {
        'ß' => "ss",
        'ẞ' => "SS",
        'æ' => "ae",
        'Æ' => "Ae",
        'œ' => "oe",
        'Œ' => "Oe",
        'ø' | 'ɔ' => "o",
        'Ø' | 'Ɔ' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' | 'ɖ' | 'ɗ' => "d",
        'Đ' | 'Ð' | 'Ɖ' | 'Ɗ' => "D",
        'þ' => "th",
        'Þ' => "Th",
        'ħ' => "h",
        'Ħ' => "H",
        'ı' => "i",
        'ŋ' => "ng",
        'Ŋ' => "Ng",
        'ŧ' => "t",
        'Ŧ' => "T",
        'ĸ' | 'ƙ' => "k",
        'Ƙ' => "K",
        'ɓ' => "b",
        'Ɓ' => "B",
        'ƴ' => "y",
        'Ƴ' => "Y",
        'ə' | 'ɛ' => "e",
        'Ə' | 'Ɛ' => "E",
        _ => return None,
    })
}

/// Typographic punctuation as ASCII.
fn plain_mark(character: char) -> Option<&'static str> {
    Some(match character {
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '‵' | '´' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | '＇' => {
            "'"
        }
        '“' | '”' | '„' | '‟' | '″' | '‶' | '«' | '»' | '＂' => "\"",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹘' | '﹣' | '－' => "-",
        '…' => "...",
        '⁄' | '∕' => "/",
        _ => return None,
    })
}

/// Quotes, dashes and the ellipsis as ASCII; all else stays.
///
/// # Examples
/// ```
/// use omni_ingest::clean::text::plain_punctuation;
///
/// assert_eq!(plain_punctuation("’10–12” pan…"), "'10-12\" pan...");
/// ```
#[must_use]
pub fn plain_punctuation(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(|character| plain_mark(character).is_some()) else {
        return Cow::Borrowed(text);
    };
    let (before, after) = text.split_at(first);
    let mut plain = String::with_capacity(text.len());
    plain.push_str(before);
    for character in after.chars() {
        match plain_mark(character) {
            Some(mark) => plain.push_str(mark),
            None => plain.push(character),
        }
    }
    Cow::Owned(plain)
}

/// One blank for each run of white space, line ends and no-break spaces among it, and none
/// at either end.
///
/// # Examples
/// ```
/// use omni_ingest::clean::text::collapse_space;
///
/// assert_eq!(collapse_space(" 12\u{a0} High\r\n Street "), "12 High Street");
/// ```
#[must_use]
pub fn collapse_space(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let mut blank = false;
    let clean = text.chars().all(|character| {
        let two = blank && character == ' ';
        blank = character == ' ';
        !two && (blank || !character.is_whitespace())
    });
    if clean {
        return Cow::Borrowed(text);
    }
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    Cow::Owned(collapsed)
}

/// Without what cannot be seen: control characters but tab and line ends, zero-width
/// characters, soft hyphens, marks of direction and of byte order, and replacement
/// characters for them.
///
/// The joiners among them also go out of emoji and of Persian or Indic words, which is
/// right for comparing, not for printing.
///
/// # Examples
/// ```
/// assert_eq!(omni_ingest::clean::text::strip_invisible("\u{feff}a\u{200b}b\0"), "ab");
/// ```
#[must_use]
pub fn strip_invisible(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_invisible) {
        Cow::Owned(text.chars().filter(|character| !is_invisible(*character)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn is_invisible(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => true,
        _ => character.is_control(),
    }
}

/// The characters of the bytes `0x80` to `0x9f` in Windows-1252; five are not defined.
pub const CP1252_HIGH: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// The byte of a character in Windows-1252. Readers show the five bytes that are not
/// defined as the control characters of the same number, so those count too.
fn cp1252_byte(character: char) -> Option<u8> {
    let code = u32::from(character);
    if let Some(at) = CP1252_HIGH.iter().position(|high| *high == Some(character)) {
        return u8::try_from(0x80 + at).ok();
    }
    let undefined = matches!(code, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
    u8::try_from(code).ok().filter(|byte| undefined || !(0x80..=0x9f).contains(byte))
}

/// Undoes UTF-8 read as Windows-1252, once or several times over: `None` if the text was
/// not damaged so.
///
/// Only if the whole text is Windows-1252 of valid UTF-8, fewer characters than before and
/// no control characters: a text that was right has a lone accented letter or a character
/// that Windows-1252 lacks, and stays.
///
/// # Examples
/// ```
/// use omni_ingest::clean::text::repair_mojibake;
///
/// assert_eq!(repair_mojibake("LefÃ¨vre").as_deref(), Some("Lefèvre"));
/// assert_eq!(repair_mojibake("Lefèvre"), None);
/// assert_eq!(repair_mojibake("São Paulo, NÃO"), None);
/// ```
#[must_use]
pub fn repair_mojibake(text: &str) -> Option<String> {
    let mut repaired = once_repaired(text)?;
    // Each time it is at least one character shorter.
    while let Some(again) = once_repaired(&repaired) {
        repaired = again;
    }
    Some(repaired)
}

fn once_repaired(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(cp1252_byte).collect();
    let repaired = String::from_utf8(bytes?).ok()?;
    // With a character beyond ASCII it has at least two bytes for it, so it is shorter.
    let clean =
        repaired.chars().all(|character| character != '\u{fffd}' && is_cp1252_or_above(character));
    clean.then_some(repaired)
}

/// Whether it is no control character that a reader of Windows-1252 never shows.
fn is_cp1252_or_above(character: char) -> bool {
    !matches!(character, '\u{80}'..='\u{9f}') || cp1252_byte(character).is_some()
}

/// Without the apostrophe in front by which Excel keeps a number or formula as text.
///
/// Only where there is a reason for it, a digit or a sign after it: `'t Hooft` is a name.
///
/// # Examples
/// ```
/// use omni_ingest::clean::text::unquote_cell;
///
/// assert_eq!(unquote_cell("'07700 900123"), "07700 900123");
/// assert_eq!(unquote_cell("'t Hooft"), "'t Hooft");
/// ```
#[must_use]
pub fn unquote_cell(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit() || "+-=@(".contains(c)) => rest,
        _ => text,
    }
}

/// What is left to compare: letters plain and of one case, no accents, no invisible
/// characters, one blank between words.
///
/// # Examples
/// ```
/// use omni_ingest::clean::text::match_key;
///
/// assert_eq!(match_key(" JOSÉ  O’Brien\u{200b}"), "jose o'brien");
/// assert_eq!(match_key("Straße"), match_key("STRASSE"));
/// ```
#[must_use]
pub fn match_key(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) {
        return match collapse_space(text) {
            Cow::Borrowed(text) => ascii_lower(text),
            Cow::Owned(mut text) => {
                text.make_ascii_lowercase();
                Cow::Owned(text)
            }
        };
    }
    let visible = strip_invisible(text);
    let plain = transliterate(&visible);
    let folded = case_fold(&plain);
    Cow::Owned(collapse_space(&folded).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folding_covers_every_special_letter() {
        for (text, folded) in [
            ("ẞ ß ŉ \u{1f0} ﬃ ﬅ", "ss ss ʼn j\u{30c} ffi st"),
            ("İ I ı i", "i\u{307} i ı i"),
            ("ς Σ σ", "σ σ σ"),
            ("\u{390} \u{1fb3} \u{1fbc}", "ι\u{308}\u{301} αι αι"),
            ("\u{212a} \u{212b} ſ", "k \u{e5} s"),
            ("Ꭰ ꭰ ᏸ", "Ꭰ Ꭰ Ᏸ"),
            ("Ԟ ՙև", "ԟ ՙեւ"),
        ] {
            assert_eq!(case_fold(text), folded);
            assert_eq!(case_fold(folded), folded);
        }
    }

    #[test]
    fn damaged_text_is_repaired_only_if_it_was() {
        let damage = |text: &str| -> String {
            text.bytes()
                .map(|b| match b {
                    0x80..=0x9f => CP1252_HIGH[usize::from(b - 0x80)].unwrap_or(char::from(b)),
                    _ => char::from(b),
                })
                .collect()
        };
        for text in ["Lefèvre", "Á la carte", "Größe 38½", "日本", "“quoted”", "€5", "naïve – café"]
        {
            assert_eq!(repair_mojibake(&damage(text)).as_deref(), Some(text), "{text}");
            assert_eq!(repair_mojibake(&damage(&damage(text))).as_deref(), Some(text), "{text}");
            assert_eq!(repair_mojibake(text), None, "{text}");
        }
        // One part damaged, the other not: it does not fit the whole.
        for text in ["", "plain", "Ã", "LefÃ¨vre é", "Ã¨ 山", "Ä Ö Ü", "ÀÉ", "Ã—Ã"]
        {
            assert_eq!(repair_mojibake(text), None, "{text}");
        }
    }

    #[test]
    fn windows_1252_has_27_characters_there() {
        assert_eq!(CP1252_HIGH.iter().flatten().count(), 27);
        for byte in 0..=u8::MAX {
            let character = match byte {
                0x80..=0x9f => CP1252_HIGH[usize::from(byte - 0x80)].unwrap_or(char::from(byte)),
                _ => char::from(byte),
            };
            assert_eq!(cp1252_byte(character), Some(byte));
        }
        assert_eq!(cp1252_byte('\u{80}'), None);
    }

    #[test]
    fn clean_text_is_lent() {
        for text in ["plain text", "", "a-b 'c'"] {
            for clean in [
                nfc,
                nfkc,
                nfkd,
                case_fold,
                lower,
                strip_marks,
                transliterate,
                collapse_space,
                strip_invisible,
                plain_punctuation,
                match_key,
            ] {
                assert!(matches!(clean(text), Cow::Borrowed(same) if same == text));
            }
        }
    }

    #[test]
    fn scripts_without_latin_letters_keep_their_letters() {
        for text in ["山田が", "한국어", "ไทย", "हिन्दी"] {
            assert_eq!(transliterate(text), nfc(text), "{text}");
        }
        assert_eq!(transliterate("Γιώργος"), "Γιωργος");
        assert_eq!(match_key("ΣΊΣΥΦΟΣ"), match_key("Σίσυφος"));
    }

    fn texts() -> impl Strategy<Value = String> {
        let odd = "[a-zA-Z0-9 '’“–…\u{a0}\u{200b}\t\u{85}\u{301}ÃÂ©¨€â‚¬éßøŁİıΣς\u{1d100}-\u{1d1ff}]{0,24}";
        prop_oneof![any::<String>(), odd.prop_map(String::from)]
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(text in texts()) {
            for clean in [
                nfc, nfkc, nfkd, case_fold, lower, strip_marks, transliterate, collapse_space,
                strip_invisible, plain_punctuation, match_key,
            ] {
                let once = clean(&text).into_owned();
                prop_assert_eq!(clean(&once).into_owned(), once);
            }
            if let Some(repaired) = repair_mojibake(&text) {
                prop_assert!(repaired.chars().count() < text.chars().count());
                prop_assert_eq!(repair_mojibake(&repaired), None);
            }
            let cell = unquote_cell(&text);
            prop_assert!(text.ends_with(cell));
        }

        #[test]
        fn case_does_not_matter_after_folding(text in texts()) {
            let upper = text.to_uppercase();
            // Upper case of dotless ı is that of i.
            prop_assume!(!text.contains('ı'));
            prop_assert_eq!(case_fold(&upper), case_fold(&text));
        }
    }
}
