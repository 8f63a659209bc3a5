//! Any bytes as a file of every channel, and in its own rows: the account adds up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest_fuzz::hostile::channels::channels;

fuzz_target!(|data: &[u8]| channels(data));
