//! Any JSON as a channel and any file of it: refused with reasons, or usable.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest_fuzz::hostile::specs::specs;

fuzz_target!(|data: &[u8]| specs(data));
