//! String similarity, codes and cleaning beside the reference values of `strings.json`.

use omni_ingest::clean::address::{Street, city_key, postcode};
use omni_ingest::clean::email::{Email, EmailError};
use omni_ingest::clean::name::{Name, may_be_same_given};
use omni_ingest::clean::phone::{Phone, PhoneError, Region};
use omni_ingest::clean::text;
use omni_ingest::similarity::{
    Grams, damerau_levenshtein, indel, jaro, jaro_winkler, lcs, levenshtein,
    levenshtein_similarity, levenshtein_within, match_rating_codex, metaphone, nysiis, osa,
    partial_ratio, ratio, soundex, token_set_ratio, token_sort_ratio,
};
use omni_testkit::{assert_close, reference};
use serde_json::Value;

fn strings() -> Value {
    reference::json("reference/ingest/strings.json")
}

fn cases<'a>(all: &'a Value, key: &str) -> &'a [Value] {
    all[key].as_array().unwrap()
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn every_pair_has_its_distances() {
    let all = strings();
    let pairs = cases(&all, "pairs");
    assert_eq!(pairs.len(), 236);
    for pair in pairs {
        let (a, b) = (pair["a"].as_str().unwrap(), pair["b"].as_str().unwrap());
        for (key, of) in [
            ("levenshtein", levenshtein as fn(&str, &str) -> usize),
            ("osa", osa),
            ("damerau_levenshtein", damerau_levenshtein),
            ("indel", indel),
            ("lcs", lcs),
        ] {
            assert_eq!(of(a, b) as u64, pair[key].as_u64().unwrap(), "{key} {a} {b}");
        }
        for (key, of, tolerance) in [
            ("jaro", jaro as fn(&str, &str) -> f64, 1e-12),
            ("jaro_winkler", jaro_winkler, 1e-12),
            ("levenshtein_norm", levenshtein_similarity, 1e-12),
            ("ratio", ratio, 1e-9),
            ("token_sort_ratio", token_sort_ratio, 1e-9),
            ("token_set_ratio", token_set_ratio, 1e-9),
            ("partial_ratio", partial_ratio, 1e-9),
        ] {
            let expected = pair[key].as_f64().unwrap();
            assert_close!(of(a, b), expected, tolerance, "{key} {a} {b}");
        }
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn every_name_has_its_codes() {
    let all = strings();
    let names = cases(&all, "phonetic");
    assert_eq!(names.len(), 113);
    for case in names {
        let name = case["s"].as_str().unwrap();
        for (key, of) in [
            ("soundex", soundex as fn(&str) -> String),
            ("metaphone", metaphone),
            ("nysiis", nysiis),
            ("match_rating", match_rating_codex),
        ] {
            assert_eq!(of(name), case[key].as_str().unwrap(), "{key} {name}");
        }
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn every_text_has_its_forms() {
    let all = strings();
    for case in cases(&all, "text") {
        let input = case["input"].as_str().unwrap();
        let of = |key: &str| case[key].as_str().unwrap();
        assert_eq!(text::nfc(input), of("nfc"));
        assert_eq!(text::nfkc(input), of("nfkc"));
        assert_eq!(text::nfc(&text::nfkd(of("nfd"))), text::nfc(&text::nfkd(input)));
        assert_eq!(text::case_fold(input), of("casefold"));
        assert_eq!(text::lower(input), of("lower"));
        assert_eq!(text::strip_marks(input), of("ascii_fold_nfkd"));
    }
    let table = all["cp1252_high"].as_object().unwrap();
    assert_eq!(table.len(), 32);
    for (byte, character) in table {
        let at = usize::from_str_radix(byte.trim_start_matches("0x"), 16).unwrap() - 0x80;
        assert_eq!(text::CP1252_HIGH[at].map(String::from).as_deref(), character.as_str());
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn every_phone_number_has_its_form() {
    let all = strings();
    let phones = cases(&all, "phones");
    assert_eq!(phones.len(), 46);
    for case in phones {
        let region = Region::new(case["region"].as_str().unwrap()).unwrap();
        let input = case["input"].as_str().unwrap();
        let Ok(phone) = Phone::parse(input, region) else {
            assert!(case.get("error").is_some(), "{input}");
            continue;
        };
        assert_eq!(phone.to_string(), case["e164"].as_str().unwrap(), "{input}");
        assert_eq!(phone.is_possible(), case["possible"].as_bool().unwrap(), "{input}");
        assert_eq!(phone.extension().as_deref(), case["extension"].as_str(), "{input}");
        #[cfg(feature = "phone")]
        assert_eq!(phone.is_valid(), case["valid"].as_bool().unwrap(), "{input}");
    }
}

/// A long text costs no more than its length, whatever it is made of.
#[test]
fn long_texts_take_no_quadratic_time() {
    let start = std::time::Instant::now();
    for unit in
        ["a", "é", "mr ", "st ", "Ã©", "1", "a,", "'", "\u{301}", "<", "@a.", "x1 ", "\u{a0}"]
    {
        let long = unit.repeat(40_000 / unit.len());
        let other = format!("b{long}");
        assert_eq!(levenshtein_within(&long, &other, 3), Some(1));
        assert!(levenshtein_within(&long, &"山".repeat(long.chars().count()), 3).is_none());
        assert_eq!(levenshtein(&long, &other), 1);
        assert!(jaro_winkler(&long, &other) > 0.9);
        assert!(Grams::<3>::new(&long).cosine(&Grams::new(&other)) > 0.9);
        for code in [soundex, metaphone, nysiis, match_rating_codex] {
            let _ = code(&long);
        }
        for clean in [text::match_key, text::lower, text::case_fold, text::plain_punctuation] {
            let _ = clean(&long);
        }
        let _ = (text::repair_mojibake(&long), city_key(&long), postcode(&long, "GB"));
        let _ = (Name::parse(&long), Street::parse(&long), may_be_same_given(&long, &other));
        assert!(long.parse::<Email>().is_err_and(|error| error != EmailError::Masked));
        assert!(Phone::parse(&long, Region::new("GB").unwrap()).is_err());
    }
    // Far above what it takes without optimization, far below quadratic.
    assert!(start.elapsed().as_secs() < 60);
}

#[test]
fn errors_say_what_is_wrong() {
    assert_eq!("".parse::<Email>().unwrap_err().to_string(), "no e-mail address at all");
    assert_eq!("*".parse::<Phone>().unwrap_err(), PhoneError::Masked);
    assert_eq!(PhoneError::Masked.to_string(), "a phone number with hidden digits");
}

#[cfg(feature = "serde")]
#[test]
fn what_is_read_is_checked() {
    let email: Email = serde_json::from_str("\" Ada@Mail.Example\"").unwrap();
    assert_eq!(serde_json::to_string(&email).unwrap(), "\"ada@mail.example\"");
    assert!(serde_json::from_str::<Email>("\"ada\"").is_err());
    let phone: Phone = serde_json::from_str("\"+44 7700 900123;ext=07\"").unwrap();
    assert_eq!(serde_json::to_string(&phone).unwrap(), "\"+447700900123;ext=07\"");
    assert!(serde_json::from_str::<Phone>("\"07700900123\"").is_err());
    let name = Name::parse("Dr Ada Lovelace");
    let again: Name = serde_json::from_str(&serde_json::to_string(&name).unwrap()).unwrap();
    assert_eq!(again, name);
}
