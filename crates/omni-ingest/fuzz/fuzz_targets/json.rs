//! Any text as JSON: the opinion of another reader.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest_fuzz::hostile::json::json;

fuzz_target!(|data: &[u8]| json(data));
