//! Any two catalogs: pairs of rows that there are, each once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest_fuzz::hostile::products::products;

fuzz_target!(|data: &[u8]| products(data));
