//! Any two texts: symmetric, within bounds, the same by every way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest_fuzz::hostile::similarity::similarity;

fuzz_target!(|data: &[u8]| similarity(data));
