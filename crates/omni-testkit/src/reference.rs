//! Reference values and real data of the shared folder.
//!
//! The folder is named by `OMNI_SHARED`; a relative name, and the default `../shared`,
//! count from the root of the workspace, since a test runs in the folder of its crate.
//! A test that needs it says so: `#[ignore = "needs OMNI_SHARED"]`.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// The path of a file of the shared folder: `path("reference/platform/formulas.json")`.
#[must_use]
pub fn path(file: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("OMNI_SHARED").map_or_else(|| "../shared".into(), PathBuf::from);
    root.join(shared).join(file)
}

/// The content of a JSON file of the shared folder.
///
/// # Panics
/// If the file is missing or is not JSON, with its path.
#[must_use]
pub fn json(file: &str) -> Value {
    let path = path(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The number under `key` of a JSON object.
///
/// # Panics
/// If it is absent or not a number, with the key.
#[must_use]
pub fn number(object: &Value, key: &str) -> f64 {
    object[key].as_f64().unwrap_or_else(|| panic!("{key} is not a number in {object}"))
}

/// The numbers under `key` of a JSON object.
///
/// # Panics
/// If it is absent or holds anything else, with the key.
#[must_use]
pub fn numbers(object: &Value, key: &str) -> Vec<f64> {
    let list = object[key].as_array().unwrap_or_else(|| panic!("{key} is not a list in {object}"));
    list.iter().map(|v| v.as_f64().unwrap_or_else(|| panic!("{key} holds {v}"))).collect()
}
