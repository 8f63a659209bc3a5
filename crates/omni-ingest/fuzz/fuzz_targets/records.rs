//! Any bytes in any dialect: records tile the file, in whatever pieces it comes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest_fuzz::hostile::records::records;

fuzz_target!(|data: &[u8]| records(data));
