//! Speed of survivorship, in records a second.
#![allow(missing_docs, clippy::unwrap_used, reason = "not library code")]

use chrono::DateTime;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_ingest::merge::{Origin, Person, PersonVersion, Survivorship};

/// Records of persons, each seen four times with other addresses.
fn golden(c: &mut Criterion) {
    let mut group = c.benchmark_group("merge");
    group.sample_size(10);
    for n in [100_u64, 10_000, 1_000_000] {
        let records: Vec<(String, String, Origin)> = (0..n)
            .map(|record| {
                let at = DateTime::from_timestamp(i64::try_from(record).unwrap(), 0).unwrap();
                (
                    format!("Ada Lovelace {}", record % 3),
                    format!("ada{}@mail.example", record % 7),
                    Origin::new("shop", record).with_time(at),
                )
            })
            .collect();
        group.throughput(Throughput::Elements(n));
        group.bench_with_input(BenchmarkId::new("person", n), &records, |b, records| {
            let rules = Survivorship::person();
            b.iter(|| {
                let mut names = 0;
                for versions in records.chunks(4) {
                    let mut person = Person::new();
                    for (name, email, origin) in versions {
                        let emails = [email.as_str()];
                        let version = PersonVersion { name, emails: &emails, ..Default::default() };
                        person.add(&version, origin);
                    }
                    names += usize::from(person.profile(&rules).name.is_some());
                }
                names
            });
        });
    }
    group.finish();
}

criterion_group!(benches, golden);
criterion_main!(benches);
