//! The shape of the workspace, held by a test: who may depend on whom.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "not library code")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The most crates that omni-core may bring along, itself included.
const CORE_TREE: usize = 15;

const METHODS: [&str; 5] =
    ["omni-ingest", "omni-recommend", "omni-inventory", "omni-forecast", "omni-metrics"];

/// `cargo metadata` with the dependencies as they resolve on this machine.
fn metadata() -> Value {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(rustc.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn package<'a>(metadata: &'a Value, name: &str) -> &'a Value {
    let packages = metadata["packages"].as_array().unwrap();
    // Path packages have no source, so a foreign crate of the same name is not taken for ours.
    packages
        .iter()
        .find(|p| p["name"] == name && p["source"].is_null())
        .unwrap_or_else(|| panic!("{name} is not in the workspace"))
}

/// Our crates that `name` depends on, by kind (`""` for normal).
fn ours(metadata: &Value, name: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut by_kind = BTreeMap::<String, BTreeSet<String>>::new();
    for dependency in package(metadata, name)["dependencies"].as_array().unwrap() {
        if dependency["path"].is_string() {
            let kind = dependency["kind"].as_str().unwrap_or_default().to_owned();
            let name = dependency["name"].as_str().unwrap().to_owned();
            by_kind.entry(kind).or_default().insert(name);
        }
    }
    by_kind
}

#[test]
fn each_crate_depends_on_omni_core_alone() {
    let metadata = metadata();
    for name in METHODS {
        for (kind, found) in ours(&metadata, name) {
            let allowed: &[&str] =
                if kind == "dev" { &["omni-core", "omni-testkit"] } else { &["omni-core"] };
            let foreign: Vec<_> = found.iter().filter(|f| !allowed.contains(&f.as_str())).collect();
            assert!(foreign.is_empty(), "{name} depends ({kind}) on {foreign:?}");
        }
        assert!(ours(&metadata, name)[""].contains("omni-core"), "{name} lost omni-core");
    }
    let core = ours(&metadata, "omni-core");
    assert!(core.keys().all(|kind| kind == "dev"), "omni-core depends on {core:?}");
}

#[test]
fn omni_core_brings_few_crates() {
    // Not from the metadata: they add the features that our tests turn on.
    for features in [&[][..], &["--all-features"]] {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--locked", "-p", "omni-core", "-e", "normal", "--prefix", "none"])
            .args(features)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let names = text.lines().filter_map(|line| line.split(' ').next());
        let crates: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
        let count = crates.len();
        assert!(count <= CORE_TREE, "omni-core compiles {count} crates: {crates:#?}");
        assert!(count > 5, "the tree has only {count} crates");
    }
}

#[test]
fn nothing_of_the_tests_reaches_a_user() {
    let metadata = metadata();
    for name in METHODS.iter().chain(&["omni-core", "omnichannel"]) {
        for dependency in package(&metadata, name)["dependencies"].as_array().unwrap() {
            if dependency["kind"].is_null() {
                let used = dependency["name"].as_str().unwrap();
                let only_tests = ["proptest", "criterion", "omni-testkit", "serde_json"];
                assert!(!only_tests.contains(&used), "{name} depends on {used}");
            }
        }
    }
}
