//! Any text as a number, an amount, a time: written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest_fuzz::hostile::values::values;

fuzz_target!(|data: &[u8]| values(data));
