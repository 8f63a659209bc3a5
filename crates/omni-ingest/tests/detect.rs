//! Every file of the invented channels is known by what it holds, in both mixes, with and
//! without its profile.

#[cfg(feature = "serde")]
use omni_ingest::detect::Profile;
use omni_ingest::detect::{Guess, detect};
use omni_ingest::record::{Dialect, RecordReader};
use omni_ingest::rule::Class;
use omni_ingest::{Catalog, Reader};
use omni_testkit::reference;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const FILES: [(&str, &str); 9] = [
    ("shopify_orders.csv", "shopify"),
    ("woocommerce_orders.csv", "woo"),
    ("amazon_orders.txt", "amazon"),
    ("square_items.csv", "square"),
    ("tiktok_orders.csv", "tiktok"),
    ("phone_orders.csv", "phone"),
    ("segment_events.ndjson", "segment"),
    ("ga4_events.ndjson", "ga4"),
    ("edi_850.x12", "edi"),
];

/// The channels of a seed and mix, made by the script beside the data.
fn channels(test: &str, seed: &str, mix: &str) -> PathBuf {
    let script = reference::path("data/ingest/channels/make_channels.py");
    let folder = env::temp_dir().join(format!("omni_{test}_{}_{seed}_{mix}", std::process::id()));
    let made = Command::new("python3").arg(script).arg(&folder).args([seed, mix]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    folder
}

/// The expected class and reason of each record of each file.
fn truth(folder: &Path) -> BTreeMap<(String, String), (String, String)> {
    let bytes = fs::read(folder.join("truth/records.csv")).unwrap();
    let mut records = RecordReader::new(&bytes[..], Dialect::csv()).unwrap();
    let names = records.header().unwrap();
    let at = |name: &str| names.iter().position(|have| have == name).unwrap();
    let places = ["file", "record", "expected", "reason"].map(at);
    let mut truth = BTreeMap::new();
    while let Some(record) = records.next_record().unwrap() {
        let [file, number, expected, reason] = places.map(|at| record.get(at).unwrap().to_string());
        truth.insert((file, number), (expected, reason));
    }
    truth
}

/// How many records of a file have another class or reason than the truth; copies between
/// channels aside, which are found where all are read.
fn wrong(guess: &Guess, file: &str, bytes: &[u8], folder: &Path) -> (usize, usize) {
    let truth = truth(folder);
    let catalog = Catalog::read(&fs::read(folder.join("truth/products.csv")).unwrap()[..]).unwrap();
    let format = guess.format(Some(&catalog)).unwrap();
    let mut reader = Reader::open(format.as_ref(), bytes).unwrap();
    let (mut wrong, mut records) = (0, 0);
    while let Some(outcome) = reader.next_outcome().unwrap() {
        let key = (file.to_string(), outcome.record().number().to_string());
        let (expected, reason) = &truth[&key];
        let same = match outcome.class() {
            Class::Accepted | Class::Repaired => {
                matches!(expected.as_str(), "accept" | "repair" | "cross_channel_copy")
            }
            Class::Duplicate => expected == "duplicate",
            Class::Copy => expected == "cross_channel_copy",
            Class::Refund => expected == "refund",
            _ => expected == "reject" && Some(reason.as_str()) == outcome.reason(),
        };
        if !same {
            println!(
                "{file} {}: {:?} {:?}, truth {expected} {reason}",
                key.1,
                outcome.class(),
                outcome.reason()
            );
        }
        wrong += usize::from(!same);
        records += 1;
    }
    (wrong, records)
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn every_channel_is_known_by_what_it_holds() {
    for (seed, mix) in [("20251", "a"), ("4711", "b"), ("815", "a"), ("2", "b")] {
        let folder = channels("detect", seed, mix);
        let (mut sum, mut all) = (0, 0);
        for (file, channel) in FILES {
            let bytes = fs::read(folder.join(file)).unwrap();
            let guess = detect(&bytes);
            assert_eq!(guess.channel, Some(channel), "{mix} {file}");
            assert!(!guess.is_ambiguous, "{mix} {file}");
            let (errors, records) = wrong(&guess, file, &bytes, &folder);
            sum += errors;
            all += records;
        }
        println!("seed {seed}, mix {mix}, without profile: {sum} of {all} records wrong");
        assert_eq!(sum, 0, "{mix}");
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
#[cfg(feature = "serde")]
#[ignore = "needs OMNI_SHARED"]
fn a_profile_in_loose_words_says_the_same() {
    for (seed, mix) in [("20251", "a"), ("4711", "b")] {
        let folder = channels("profile", seed, mix);
        let profiles = fs::read_to_string(folder.join("profiles.json")).unwrap();
        let profiles: BTreeMap<String, Profile> = serde_json::from_str(&profiles).unwrap();
        let mut sum = 0;
        for (file, channel) in FILES {
            let bytes = fs::read(folder.join(file)).unwrap();
            let guess = detect(&bytes).with_profile(&profiles[file]);
            assert_eq!(guess.channel, Some(channel));
            sum += wrong(&guess, file, &bytes, &folder).0;
        }
        println!("seed {seed}, mix {mix}, with profile: {sum} records wrong");
        assert_eq!(sum, 0, "{mix}");
        fs::remove_dir_all(folder).unwrap();
    }
}
