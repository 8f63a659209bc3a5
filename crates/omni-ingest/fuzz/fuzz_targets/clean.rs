//! Any texts as a contact: what is clean stays as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest_fuzz::hostile::clean::clean;

fuzz_target!(|data: &[u8]| clean(data));
