//! Speed of windows over a stream, in events a second.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "not library code"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_ingest::stream::{Arrival, Memory, Stream};

/// Events a second apart, each up to two minutes late; every tenth is a second version.
fn events(n: usize) -> Vec<(String, String, u64, i64, i64)> {
    let mut state = 7_u64;
    (0..n)
        .map(|number| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let draw = (state >> 33) as i64;
            let (order, version) = if number % 10 == 9 { (number - 1, 2) } else { (number, 1) };
            (
                format!("e{number}"),
                format!("#{order}"),
                version,
                number as i64 - draw % 120,
                draw % 9_999,
            )
        })
        .collect()
}

fn windows(c: &mut Criterion) {
    let mut group = c.benchmark_group("stream");
    group.sample_size(10);
    for n in [100, 10_000, 1_000_000] {
        let events = events(n);
        group.throughput(Throughput::Elements(n as u64));
        for (name, memory) in [("hour", Memory::Seconds(3_600)), ("forever", Memory::Forever)] {
            group.bench_with_input(BenchmarkId::new(name, n), &events, |b, events| {
                b.iter(|| {
                    let mut state = Stream::new(60, 120, memory).start().unwrap();
                    let mut closed = 0;
                    for (id, key, version, at, amount) in events {
                        let (version, at, amount) = (*version, *at, *amount);
                        let step = state.push(&Arrival { id, key, version, at, amount }).unwrap();
                        closed += step.closed.len();
                    }
                    (closed, state.counts())
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, windows);
criterion_main!(benches);
