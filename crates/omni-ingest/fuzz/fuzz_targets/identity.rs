//! Any records: everybody is somebody, by every way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest_fuzz::hostile::identity::identity;

fuzz_target!(|data: &[u8]| identity(data));
