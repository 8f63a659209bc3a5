//! Persons erased from the nine invented channels: no byte of them is left anywhere, and the
//! books are what they were.
//!
//! What is looked for is what the truth knows of a person, not what the crate found: e-mail
//! addresses, telephone numbers, full names, cards, devices, relays, in the forms in which
//! exports write them.

use crate::rights::everything;
use crate::truth::{FILES, table, unified};
use omni_ingest::identity::{Model, PersonRecord, Resolver, State};
use omni_ingest::privacy::{Key, Tombstones};
use omni_ingest::unify::Unified;
use std::collections::{BTreeMap, BTreeSet};

type Truth = BTreeMap<String, String>;

/// The net revenue by currency and month, in minor units.
fn revenue(unified: &Unified) -> BTreeMap<(String, String), i64> {
    let mut sums = BTreeMap::new();
    for order in &unified.orders {
        let month = order.order.placed_at.format("%Y-%m").to_string();
        let net = order.net().unwrap();
        *sums.entry((net.currency().to_string(), month)).or_default() += net.minor();
    }
    sums
}

/// All but the person: number, time, status, amounts and lines of every order, the account.
fn books(unified: &Unified) -> String {
    let orders = unified.orders.iter().map(|own| {
        let order = &own.order;
        format!(
            "{} {} {:?} {} {} {:?} {:?}\n",
            own.channel,
            order.placed_at,
            own.status,
            own.total,
            own.refunded,
            order.lines,
            order.id
        )
    });
    let returns = unified.returns.iter().map(|(_, back)| format!("{} {}\n", back.amount, back.at));
    orders.chain(returns).collect::<String>() + &unified.account().to_string()
}

/// Letters and digits alone, in lower case and without accents, words parted by one blank.
fn plain(text: &str) -> String {
    let folded: String = text.chars().map(letter).collect();
    let mut words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| text + " " + word)
}

/// The letter below an accent, of the letters that the invented names have.
fn letter(c: char) -> char {
    match c.to_lowercase().next().unwrap_or(c) {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        c => c,
    }
}

/// What tells of a person in texts: as written in lower case, and in plain words.
struct Traces {
    written: BTreeSet<String>,
    words: BTreeSet<String>,
    /// The last nine digits of the telephone.
    digits: String,
}

fn mojibake(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

fn traces(person: &Truth) -> Traces {
    let mut written = BTreeSet::new();
    let emails = person["emails"].split('|').chain([person["relay"].as_str()]);
    written.extend(emails.map(str::to_lowercase));
    written.extend([&person["loyalty"], &person["square_id"]].map(|code| code.to_lowercase()));
    written.extend(person["anon"].split('|').map(str::to_lowercase));
    let mut words = BTreeSet::new();
    for (a, b) in [("first", "last"), ("last", "first")] {
        for between in [" ", ", ", ","] {
            let name = format!("{}{between}{}", person[a], person[b]);
            written.insert(mojibake(&name).to_lowercase());
            written.insert(name.to_lowercase());
        }
        words.insert(plain(&format!("{} {}", person[a], person[b])));
    }
    written.remove("");
    let phone: String = person["phone"].chars().filter(char::is_ascii_digit).collect();
    let digits = phone.get(phone.len().saturating_sub(9)..).unwrap_or_default().to_owned();
    Traces { written, words, digits }
}

/// Every run of digits of a text, whatever stands between them within a number.
fn numbers(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{a0}')).collect()
}

impl Traces {
    /// What of the person is in a text.
    fn left_in<'a>(&'a self, text: &str, plain: &str, numbers: &str) -> Vec<&'a str> {
        let written = self.written.iter().filter(|trace| text.contains(trace.as_str()));
        let words = self.words.iter().filter(|trace| plain.contains(trace.as_str()));
        let digits = Some(&self.digits).filter(|d| d.len() == 9 && numbers.contains(d.as_str()));
        written.chain(words).chain(digits).map(String::as_str).collect()
    }
}

fn all_left<'a>(erased: &'a [(&Truth, Traces)], text: &str) -> Vec<(&'a str, Vec<&'a str>)> {
    let (plain, numbers) = (plain(text), numbers(text));
    let of = |(person, traces): &'a (&Truth, Traces)| {
        (person["person_id"].as_str(), traces.left_in(text, &plain, &numbers))
    };
    erased.iter().map(of).filter(|(_, left)| !left.is_empty()).collect()
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn nine_channels_keep_no_byte_of_erased_persons_and_every_penny() {
    let mut unified = unified(&FILES);
    let people = table("truth/persons.csv");
    let key = Key::new(*b"0123456789abcdef");
    let before = (books(&unified), revenue(&unified));
    let all = everything(&unified, &Tombstones::new(&key));
    let homes = people.iter().fold(BTreeMap::new(), |mut homes: BTreeMap<&str, u32>, person| {
        *homes.entry(person["household"].as_str()).or_default() += 1;
        homes
    });
    // Every seventh who lives alone and whose name and telephone are nobody else's.
    let own = |person: &Truth| {
        let traces = traces(person);
        let others = people.iter().filter(|other| other["person_id"] != person["person_id"]);
        homes[person["household"].as_str()] == 1
            && others.into_iter().all(|other| {
                let text = other.values().cloned().collect::<Vec<_>>().join(" ").to_lowercase();
                traces.left_in(&text, &plain(&text), &numbers(&text)).is_empty()
            })
    };
    let chosen: Vec<&Truth> = people.iter().filter(|person| own(person)).step_by(7).collect();
    let erased: Vec<(&Truth, Traces)> =
        chosen.iter().map(|person| (*person, traces(person))).collect();
    assert!(erased.len() >= 10, "{}", erased.len());
    let there = all_left(&erased, &all).len();
    assert!(there >= 10, "{there} of {}", erased.len());

    // By the truth, which records are whose; the crate says which persons those are.
    let mut of_person: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
    let records = table("truth/records.csv");
    for row in &records {
        let own = of_person.entry(row["person_id"].as_str()).or_default();
        own.insert((row["file"].clone(), row["record"].clone()));
    }
    let mut doomed = BTreeSet::new();
    for found in &unified.identified {
        let place = (unified.files[found.file].file.clone(), found.record.to_string());
        let hit = |person: &&Truth| of_person[person["person_id"].as_str()].contains(&place);
        if chosen.iter().any(hit) {
            doomed.insert(found.person);
        }
    }

    // The state of identity, record by record, as a service would hold it.
    let mut state = State::new(Resolver::new(), Model::default()).unwrap();
    for (at, mention) in unified.mentions.iter().enumerate() {
        let channel = unified.files.first().map_or("", |file| file.channel.as_str());
        let record = PersonRecord::from_contact(channel, &mention.contact);
        state.update([(at.to_string(), record)]);
    }
    #[cfg(feature = "serde")]
    {
        let json = serde_json::to_string(&state).unwrap().to_lowercase();
        assert!(all_left(&erased, &json).len() >= 10);
    }
    for (at, mention) in unified.mentions.iter().enumerate() {
        // Another record of the person may have taken it along.
        if let Some(person) = state.person(&at.to_string())
            && doomed.contains(&mention.person)
        {
            state.erase(person).unwrap();
        }
    }
    #[cfg(feature = "serde")]
    {
        let json = serde_json::to_string(&state).unwrap();
        let left = all_left(&erased, &json.to_lowercase());
        assert!(left.is_empty(), "{left:?}");
        let again: State = serde_json::from_str(&json).unwrap();
        assert_eq!(again.len(), state.len());
    }

    let mut tombstones = Tombstones::new(&key);
    for person in &doomed {
        unified.erase(*person, &key, &mut tombstones).unwrap();
    }
    println!("{there} persons of the truth are {} of ours", doomed.len());
    let left = all_left(&erased, &everything(&unified, &tombstones));
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(revenue(&unified), before.1);
    assert!(books(&unified) == before.0);
    assert!(unified.account().is_balanced());
}

#[test]
fn what_was_read_is_not_shown() {
    let shop = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Phone\n\
        #1,ada@old.example,paid,GBP,2025-06-08 12:00:00 +0100,1,Mug,10.00,MUG,Ada Lovelace,07700 900001\n\
        #2,ada@old.example,paid,GBP,never,1,Mug,10.00,MUG,Ada Lovelace,07700 900001\n";
    let read = omni_ingest::read(&omni_ingest::formats::shopify_orders(), shop.as_bytes()).unwrap();
    assert_eq!((read.orders.len(), read.rejects.len()), (1, 1));
    assert_eq!(read.keys.customers.key(0).map(String::as_str), Some("ada@old.example"));
    let shown = format!("{read:?}").to_lowercase();
    for secret in ["ada@", "old.example", "lovelace", "900001"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}
