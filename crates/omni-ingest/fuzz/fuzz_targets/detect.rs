//! Any bytes as whatever they seem to be: the account adds up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest_fuzz::hostile::channels::detected;

fuzz_target!(|data: &[u8]| detected(data));
