//! Codes of how a name sounds in English: Soundex, Metaphone, NYSIIS, match rating.
//!
//! | name | Soundex | Metaphone | NYSIIS | match rating |
//! |---|---|---|---|---|
//! | Catherine | C365 | K0RN | CATARAN | CTHRN |
//! | Kathryn | K365 | K0RN | CATRYN | KTHRYN |
//!
//! Names are made upper case and plain letters of ASCII first (`Müller` is `MULLER`; see
//! [`transliterate`]). What is no letter after that,
//! a blank or an apostrophe, parts letters and else stays or falls as told at each code.
//! Letters of other scripts have no code. O(length), one allocation or few.
//!
//! A code puts together what sounds alike, and more: it is good for finding pairs to
//! compare, no evidence that they agree. The rules are for English names; others are
//! coded as an English reader would say them. Several variants of each code are in use;
//! these are the ones of the library `jellyfish`.
//!
//! Sources: Russell (1918), US patent 1,261,167, with the rules of the US National
//! Archives for H and W; Philips (1990), "Hanging on the Metaphone", Computer Language
//! 7(12), 39–43; Taft (1970), "Name search techniques", New York State Identification and
//! Intelligence System, Special Report 1; Moore, Kuhns, Trefftzs & Montgomery (1977),
//! "Accessing individual records from personal data files using non-unique identifiers",
//! NBS Special Publication 500-2.

use crate::clean::text::transliterate;

/// Upper case, plain letters where there are any.
fn prepared(name: &str) -> Vec<char> {
    transliterate(name).chars().flat_map(char::to_uppercase).collect()
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'A' | 'E' | 'I' | 'O' | 'U')
}

/// Soundex: the first letter and three digits for the consonants that follow.
///
/// Equal digits side by side count once, also with H or W between them; a vowel or
/// anything else between them parts them. An empty name has an empty code.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::soundex;
///
/// assert_eq!(soundex("Robert"), soundex("Rupert"));
/// assert_eq!((soundex("Ashcraft"), soundex("Lee")), ("A261".into(), "L000".into()));
/// ```
#[must_use]
pub fn soundex(name: &str) -> String {
    let digit = |letter| match letter {
        'B' | 'F' | 'P' | 'V' => Some('1'),
        'C' | 'G' | 'J' | 'K' | 'Q' | 'S' | 'X' | 'Z' => Some('2'),
        'D' | 'T' => Some('3'),
        'L' => Some('4'),
        'M' | 'N' => Some('5'),
        'R' => Some('6'),
        _ => None,
    };
    let letters = prepared(name);
    let Some((&first, rest)) = letters.split_first() else { return String::new() };
    let mut code = String::from(first);
    let (mut last, mut digits) = (digit(first), 0);
    for &letter in rest {
        if matches!(letter, 'H' | 'W') {
            continue;
        }
        let here = digit(letter);
        if let Some(digit) = here.filter(|_| here != last && digits < 3) {
            code.push(digit);
            digits += 1;
        }
        last = here;
    }
    code.extend(std::iter::repeat_n('0', 3 - digits));
    code
}

/// Metaphone: consonants as they sound; `0` is th, `X` is sh or ch.
///
/// Vowels are kept at the beginning of a word only, blanks part words, all else falls.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::metaphone;
///
/// assert_eq!(metaphone("Knight"), metaphone("Night"));
/// assert_eq!(metaphone("Thompson"), "0MPSN");
/// ```
#[must_use]
pub fn metaphone(name: &str) -> String {
    let letters = prepared(name);
    // The first letter is mute.
    let mute =
        matches!(letters.as_slice(), ['K' | 'G' | 'P', 'N', ..] | ['W', 'R', ..] | ['A', 'E', ..]);
    let letters = letters.get(usize::from(mute)..).unwrap_or_default();
    let mut code = String::with_capacity(letters.len());
    let mut at = 0;
    while let Some((&letter, after)) = letters.get(at..).and_then(<[char]>::split_first) {
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied();
        let taken = sound(before, letter, after, &mut code);
        at += taken;
    }
    code
}

/// Adds the sound of a letter; returns how many letters it takes.
#[allow(clippy::match_same_arms, reason = "letter by letter, in the order they are tried")]
fn sound(before: Option<char>, letter: char, after: &[char], code: &mut String) -> usize {
    let next = after.first().copied();
    let front = |letter: Option<char>| matches!(letter, Some('I' | 'E' | 'Y'));
    let vowel = |letter: Option<char>| letter.is_some_and(is_vowel);
    // Doubled letters sound once.
    if next == Some(letter) && letter != 'C' {
        return 1;
    }
    let (sounds, taken) = match (letter, after) {
        ('A' | 'E' | 'I' | 'O' | 'U', _) if matches!(before, None | Some(' ')) => {
            code.push(letter);
            ("", 1)
        }
        // Mute at the end of -mb.
        ('B', []) if before == Some('M') => ("", 1),
        ('B', _) => ("B", 1),
        ('C', ['I', 'A', ..] | ['H', ..]) => ("X", 2),
        ('C', _) if front(next) => ("S", 2),
        ('C' | 'Q', _) => ("K", 1),
        ('D', ['G', 'I' | 'E' | 'Y', ..]) => ("J", 3),
        ('D', _) => ("T", 1),
        ('F' | 'V', _) => ("F", 1),
        ('J', _) => ("J", 1),
        ('L', _) => ("L", 1),
        ('M', _) => ("M", 1),
        ('N', _) => ("N", 1),
        ('R', _) => ("R", 1),
        ('G', _) if front(next) => ("J", 1),
        ('G', ['H', third, ..]) if !is_vowel(*third) => ("", 2),
        ('G', ['N']) => ("", 2),
        ('G', _) => ("K", 1),
        ('H', _) if vowel(next) || !vowel(before) => ("H", 1),
        ('K', _) if before == Some('C') => ("", 1),
        ('K', _) => ("K", 1),
        ('P', ['H', ..]) => ("F", 2),
        ('P', _) => ("P", 1),
        ('S', ['H', ..]) => ("X", 2),
        ('S', ['I', 'O' | 'A', ..]) => ("X", 3),
        ('T', ['I', 'O' | 'A', ..]) => ("X", 1),
        ('T', ['H', ..]) => ("0", 2),
        ('T', ['C', 'H', ..]) => ("", 1),
        ('T', _) => ("T", 1),
        ('W', ['H', ..]) if before.is_none() => ("W", 2),
        ('W', _) if vowel(next) => ("W", 1),
        ('X', ['H', ..] | ['I', 'O' | 'A', ..]) if before.is_none() => ("X", 1),
        ('X', _) => (if before.is_none() { "S" } else { "KS" }, 1),
        ('Y', _) if vowel(next) => ("Y", 1),
        ('S' | 'Z', _) => ("S", 1),
        (' ', _) if !code.is_empty() && !code.ends_with(' ') => (" ", 1),
        _ => ("", 1),
    };
    code.push_str(sounds);
    taken
}

/// NYSIIS: the first letter, then all that follows with vowels as `A`.
///
/// What is no letter stays.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::nysiis;
///
/// assert_eq!(nysiis("Stephen"), nysiis("Steven"));
/// assert_eq!(nysiis("Knuth"), "NAT");
/// ```
#[must_use]
pub fn nysiis(name: &str) -> String {
    let mut letters = prepared(name);
    let end = match letters.as_slice() {
        [.., 'I' | 'E', 'E'] => Some('Y'),
        [.., 'D' | 'R' | 'N', 'T'] | [.., 'R' | 'N', 'D'] => Some('D'),
        _ => None,
    };
    let mut skipped = 0;
    match letters.as_mut_slice() {
        ['M', a @ 'A', 'C', ..] => *a = 'C',
        ['K', 'N', ..] => skipped = 1,
        [k @ 'K', ..] => *k = 'C',
        [p @ 'P', h @ ('H' | 'F'), ..] => (*p, *h) = ('F', 'F'),
        ['S', c @ 'C', h @ 'H', ..] => (*c, *h) = ('S', 'S'),
        _ => {}
    }
    letters.drain(..skipped);
    if let Some(end) = end {
        letters.truncate(letters.len().saturating_sub(2));
        letters.push(end);
    }
    let Some(&first) = letters.first() else { return String::new() };
    let mut key = vec![first];
    let mut at = 1;
    while let [before, letter, after @ ..] = letters.get(at - 1..).unwrap_or_default() {
        let (mut sounds, mut taken) = ([Some(*letter), None], 1);
        match (letter, after) {
            ('E', ['V', ..]) => (sounds, taken) = ([Some('A'), Some('F')], 2),
            ('A' | 'E' | 'I' | 'O' | 'U', _) => sounds = [Some('A'), None],
            ('Q', _) => sounds = [Some('G'), None],
            ('Z', _) => sounds = [Some('S'), None],
            ('M', _) | ('K', ['N', ..]) => sounds = [Some('N'), None],
            ('K', _) => sounds = [Some('C'), None],
            ('S', ['C', 'H', ..]) => (sounds, taken) = ([Some('S'), Some('S')], 3),
            ('P', ['H', ..]) => (sounds, taken) = ([Some('F'), None], 2),
            ('H', after) => {
                // Mute unless it stands between vowels.
                if !is_vowel(*before) {
                    sounds = [Some(*before), None];
                } else if !after.first().copied().is_some_and(is_vowel) {
                    sounds = [Some('A'), None];
                }
            }
            ('W', _) if is_vowel(*before) => sounds = [Some(*before), None],
            _ => {}
        }
        let ends_with = sounds.iter().flatten().next_back();
        if ends_with != key.last() {
            key.extend(sounds.into_iter().flatten());
        }
        at += taken;
    }
    if key.len() > 1 && key.last() == Some(&'S') {
        key.pop();
    }
    if let [.., 'A', 'Y'] = key.as_slice() {
        key.remove(key.len() - 2);
    }
    if key.len() > 1 && key.last() == Some(&'A') {
        key.pop();
    }
    key.into_iter().collect()
}

/// Match rating code: the consonants, at most three from either end.
///
/// A vowel is kept at the beginning only, doubled letters count once, what is no letter
/// falls.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::match_rating_codex;
///
/// assert_eq!(match_rating_codex("Washington"), "WSHGTN");
/// ```
#[must_use]
pub fn match_rating_codex(name: &str) -> String {
    codex(name).into_iter().collect()
}

fn codex(name: &str) -> Vec<char> {
    let mut letters = prepared(name);
    letters.retain(|letter| letter.is_alphabetic());
    letters.dedup();
    let mut first = true;
    letters.retain(|letter| std::mem::take(&mut first) || !is_vowel(*letter));
    if letters.len() > 6 {
        letters.drain(3..letters.len() - 3);
    }
    letters
}

/// Whether two names match by their match rating codes; `None` if these differ too much
/// in length to be compared.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::match_rating;
///
/// assert_eq!(match_rating("Catherine", "Kathryn"), Some(true));
/// assert_eq!(match_rating("Michael", "Mike"), Some(false));
/// assert_eq!(match_rating("Tim", "Timothy"), None);
/// ```
#[must_use]
pub fn match_rating(a: &str, b: &str) -> Option<bool> {
    let (a, b) = (codex(a), codex(b));
    if a.len().abs_diff(b.len()) > 2 {
        return None;
    }
    // Letters in the same place fall, from the front, then from the back.
    let unequal = |a: &[char], b: &[char]| -> Vec<char> {
        let others = b.iter().map(Some).chain(std::iter::repeat(None));
        a.iter().zip(others).filter(|(a, b)| Some(*a) != *b).map(|(a, _)| *a).collect()
    };
    let (mut left_a, mut left_b) = (unequal(&a, &b), unequal(&b, &a));
    left_a.reverse();
    left_b.reverse();
    let left = unequal(&left_a, &left_b).len().max(unequal(&left_b, &left_a).len());
    let least = match a.len() + b.len() {
        0..=4 => 5,
        5..=7 => 4,
        8..=11 => 3,
        _ => 2,
    };
    Some(6_usize.saturating_sub(left) >= least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_have_their_published_codes() {
        for (name, code) in [("Tymczak", "T522"), ("Pfister", "P236"), ("Honeyman", "H555")] {
            assert_eq!(soundex(name), code);
        }
        assert_eq!(metaphone("Thumb"), "0M");
        assert_eq!(metaphone("Van Deusen"), "FN TSN");
        assert_eq!(nysiis("O'Hara"), "O'AR");
        assert_eq!(match_rating_codex("O'Hara"), "OHR");
    }

    #[test]
    fn accents_do_not_change_a_code() {
        for code in [soundex, metaphone, nysiis, match_rating_codex] {
            assert_eq!(code("Müller"), code("Muller"));
            assert_eq!(code("Łukasz"), code("lukasz"));
            assert_eq!(code(""), "");
        }
    }

    #[test]
    fn short_names_have_codes() {
        for name in ["K", "KN", "PH", "MAC", "SCH", "EE", "NT", "KNT", "S", "A", "AY", "H", "'"] {
            assert!(!nysiis(name).is_empty(), "{name}");
            assert!(soundex(name).len() >= 4, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_codes(a in any::<String>(), b in "[a-zA-Z' é]{0,12}") {
            for text in [&a, &b] {
                let _ = (metaphone(text), nysiis(text));
                prop_assert!(match_rating_codex(text).chars().count() <= 6);
                prop_assert!(text.is_empty() || soundex(text).chars().count() <= 4);
                prop_assert_ne!(match_rating(text, text), Some(false));
            }
            for code in [soundex, metaphone, nysiis, match_rating_codex] {
                prop_assert_eq!(code(&b), code(&b.to_uppercase()));
            }
            prop_assert_eq!(match_rating(&a, &b), match_rating(&b, &a));
        }
    }
}
