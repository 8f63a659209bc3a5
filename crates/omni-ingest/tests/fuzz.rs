//! Input that fuzzing found worth keeping, through the functions that its targets call.

use crate::hostile;
use std::collections::BTreeSet;
use std::fs;
use std::panic;

const TARGETS: [&str; 10] = [
    "records",
    "json",
    "detect",
    "channels",
    "values",
    "specs",
    "clean",
    "similarity",
    "products",
    "identity",
];

fn file(target: &str) -> String {
    format!("{}/tests/corpus/{target}.bin", env!("CARGO_MANIFEST_DIR"))
}

/// The kept inputs of a target: a length of four bytes, the lowest first, and as many
/// bytes, again and again.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let packed = fs::read(file(target)).unwrap_or_default();
    let (mut rest, mut inputs) = (&packed[..], Vec::new());
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let (input, tail) = tail.split_at(u32::from_le_bytes(*length) as usize);
        inputs.push(input.to_vec());
        rest = tail;
    }
    assert!(rest.is_empty(), "{target}: cut");
    inputs
}

/// Calls a target with every input that was kept.
fn replay(target: &str, call: fn(&[u8])) {
    let inputs = kept(target);
    assert!(inputs.len() > 10, "{target}: {} inputs", inputs.len());
    for input in inputs {
        let called = panic::catch_unwind(|| call(&input));
        assert!(called.is_ok(), "{target}: \"{}\"", input.escape_ascii());
    }
}

#[test]
fn records() {
    replay("records", hostile::records::records);
}

#[test]
fn json() {
    replay("json", hostile::json::json);
}

#[test]
fn detected() {
    replay("detect", hostile::channels::detected);
}

#[test]
fn channels() {
    replay("channels", hostile::channels::channels);
}

#[test]
fn values() {
    replay("values", hostile::values::values);
}

#[cfg(feature = "serde")]
#[test]
fn specs() {
    replay("specs", hostile::specs::specs);
}

#[test]
fn clean() {
    replay("clean", hostile::clean::clean);
}

#[test]
fn similarity() {
    replay("similarity", hostile::similarity::similarity);
}

#[test]
fn products() {
    replay("products", hostile::products::products);
}

#[test]
fn identity() {
    replay("identity", hostile::identity::identity);
}

/// Adds the inputs of `fuzz/corpus/TARGET`, if there are any, to those of the tests above.
#[test]
#[ignore = "writes tests/corpus"]
fn pack() {
    for target in TARGETS {
        let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
        let Ok(folder) = fs::read_dir(folder) else { continue };
        let mut inputs: BTreeSet<Vec<u8>> = kept(target).into_iter().collect();
        inputs.extend(folder.map(|file| fs::read(file.unwrap().path()).unwrap()));
        let mut packed = Vec::new();
        for input in inputs {
            packed.extend(u32::try_from(input.len()).unwrap().to_le_bytes());
            packed.extend(input);
        }
        fs::write(file(target), packed).unwrap();
    }
}
