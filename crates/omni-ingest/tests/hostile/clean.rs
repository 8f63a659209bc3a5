//! Contacts and texts: what is clean stays as it is.

use omni_ingest::clean::address::{Street, city_key, postcode, postcode_area, street_key};
use omni_ingest::clean::email::{Email, MailboxRules, Tags, display_name};
use omni_ingest::clean::name::{
    Name, full_names, is_initial, is_nickname_pair, may_be_same_given, name_key,
};
use omni_ingest::clean::phone::{Phone, Region};
use omni_ingest::clean::text;
use std::borrow::Cow;

fn twice(of: fn(&str) -> Cow<'_, str>, text: &str) {
    let once = of(text);
    assert_eq!(of(&once), once, "{text:?}");
}

/// Any texts as a contact.
pub fn clean(data: &[u8]) {
    let texts = super::texts(data);
    let text = texts[0].as_str();
    let other = texts.get(1).map_or("", String::as_str);
    for of in [text::nfc, text::nfkc, text::nfkd, text::lower, text::strip_marks] {
        twice(of, text);
    }
    for of in [text::plain_punctuation, text::collapse_space, text::strip_invisible] {
        twice(of, text);
    }
    for of in [text::case_fold, text::transliterate, text::match_key] {
        twice(of, text);
    }
    let key = text::match_key(text);
    assert!(!key.starts_with(' ') && !key.ends_with(' ') && !key.contains("  "), "{key:?}");
    let _ = (text::repair_mojibake(text), display_name(text));
    assert!(text.contains(text::unquote_cell(text)));

    if let Ok(email) = Email::parse(text) {
        assert_eq!(Email::parse(email.as_str()).as_ref(), Ok(&email));
        assert_eq!(format!("{}@{}", email.local(), email.host()), email.as_str());
        assert!(!email.local().is_empty() && email.host().contains('.'));
        let rules = MailboxRules::new();
        for rules in [rules, rules.with_gmail_dots(true), rules.with_tags(Tags::Keep)] {
            let mailbox = email.mailbox(rules).into_owned();
            let again = Email::parse(&mailbox).expect("a mailbox is an address");
            assert_eq!(again.mailbox(rules), mailbox);
        }
        let _ = (email.is_role(), email.is_disposable(), email.is_reserved());
        assert!(email.is_at([email.host()]));
    }
    for region in ["GB", "US", "DE", "IT"].into_iter().filter_map(Region::new) {
        if let Ok(phone) = Phone::parse(text, region) {
            let written = String::from(phone);
            // Of several zeros dialed before a number one goes at each reading, as the
            // reference values have it.
            for again in [written.parse(), Phone::parse(&written, region)] {
                let again = again.unwrap();
                let shorter = String::from(again).len() < written.len();
                assert!(again == phone || shorter, "{text:?}");
            }
            let _ = (phone.is_possible(), phone.is_placeholder(), phone.extension());
            assert_eq!(phone.without_extension().digits(), phone.digits());
        }
    }
    for country in ["GB", "US", "CA", "NL", "DE", "", other] {
        if let Some(code) = postcode(text, country) {
            assert_eq!(postcode(&code, country).as_ref(), Some(&code), "{text:?} {country:?}");
            assert!(code.starts_with(postcode_area(&code)));
        }
    }
    assert_eq!(Street::parse(text), Street::parse(text));
    let _ = (street_key(text), city_key(text), name_key(text), full_names(text).count());
    let name = Name::parse(text);
    assert_eq!(name.swapped().swapped(), name, "{text:?}");
    let _ = (name.first(), name.initials(), name.words(), Name::of_fields(text, other));
    assert_eq!(may_be_same_given(text, other), may_be_same_given(other, text));
    assert_eq!(is_nickname_pair(text, other), is_nickname_pair(other, text));
    let _ = is_initial(text);
}
