//! Blocking keys: which profiles are compared at all.
//!
//! | rule | two profiles are compared if they share |
//! |---|---|
//! | `email`, `phone`, `loyalty`, `account`, `national_id`, `device` | the identifier |
//! | `mailbox` | what stands before the `@`, at least five characters |
//! | `birth_date` | the date of birth |
//! | `names` | both names, in either order |
//! | `name_postcode` | one of the names and the postal code |
//! | `house` | street and house number |
//! | `street_postcode` | street and postal code |
//! | `number_postcode` | house number and postal code |
//!
//! A pair of records of one person is missed only if every rule is broken by a typing
//! error or a missing value. A block of more profiles than the limit compares too many
//! strangers to be worth it and is left out, and counted.

use super::profile::{Field, Lexicon, Profile};
use crate::values::{fingerprint, mix};

/// A blocking key of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) hash: u64,
    /// The identifier that the key stands for, if it is one.
    pub(crate) identifier: Option<(Field, u32)>,
}

/// The identifiers; each is a rule.
const IDENTIFIERS: [Field; 5] =
    [Field::Email, Field::Phone, Field::Loyalty, Field::Account, Field::National];

/// Collects the keys of a profile.
pub(crate) fn keys(lexicon: &Lexicon, profile: &Profile, out: &mut Vec<Key>) {
    out.clear();
    let print = |field: Field| lexicon.print(field, profile.get(field));
    let mut add = |rule: u64, parts: &[u64], identifier: Option<(Field, u32)>| {
        if parts.iter().all(|part| *part != 0) {
            let hash = parts.iter().fold(rule, |hash, part| mix(hash, *part));
            if out.iter().all(|key| key.hash != hash) {
                out.push(Key { hash, identifier });
            }
        }
    };
    for (rule, field) in (0..).zip(IDENTIFIERS) {
        add(rule, &[print(field)], Some((field, profile.get(field))));
    }
    for device in &profile.devices {
        add(5, &[lexicon.print(Field::Device, *device)], Some((Field::Device, *device)));
    }
    let email = lexicon.text(Field::Email, profile.get(Field::Email));
    let mailbox = email.split('@').next().unwrap_or_default();
    if mailbox.len() >= 5 {
        add(6, &[fingerprint(mailbox)], None);
    }
    let (given, surname) = (print(Field::Given), print(Field::Surname));
    let (street, number) = (print(Field::Street), print(Field::Number));
    let postcode = print(Field::Postcode);
    add(7, &[print(Field::Birth)], None);
    add(8, &[given.min(surname), given.max(surname)], None);
    add(9, &[given, postcode], None);
    add(9, &[surname, postcode], None);
    add(10, &[street, number], None);
    add(11, &[street, postcode], None);
    add(12, &[number, postcode], None);
}
