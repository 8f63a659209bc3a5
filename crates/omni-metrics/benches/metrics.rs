//! Speed of each method and how it grows.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "not library code"
)]

use criterion::{Criterion, criterion_group, criterion_main};

fn nothing(_: &mut Criterion) {}

criterion_group!(benches, nothing);
criterion_main!(benches);
