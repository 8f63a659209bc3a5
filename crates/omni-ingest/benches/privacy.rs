//! Speed of pseudonyms, tombstones and the search for a person.
#![allow(missing_docs, clippy::unwrap_used, reason = "not library code")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_ingest::merge::{Origin, Person, PersonVersion};
use omni_ingest::privacy::{Key, Subject, Tombstones};
use std::hint::black_box;

fn rights(c: &mut Criterion) {
    let mut group = c.benchmark_group("privacy");
    group.sample_size(10);
    let key = Key::new(*b"0123456789abcdef");
    for n in [100_u64, 10_000] {
        let emails: Vec<String> = (0..n).map(|at| format!("ada{at}@mail.example")).collect();
        group.throughput(Throughput::Elements(n));
        group.bench_with_input(BenchmarkId::new("pseudonym", n), &emails, |b, emails| {
            b.iter(|| emails.iter().map(|email| key.pseudonym("shop", email)).max());
        });
        let mut tombstones = Tombstones::new(&key);
        let mut last = Person::new();
        for (at, email) in emails.iter().enumerate() {
            let mut person = Person::new();
            let version = PersonVersion { name: "Ada", emails: &[email], ..Default::default() };
            person.add(&version, &Origin::new("shop", at as u64));
            tombstones.bury(&key, &person).unwrap();
            last = person;
        }
        group.bench_with_input(BenchmarkId::new("standing", n), &emails, |b, emails| {
            b.iter(|| {
                for email in emails {
                    let version =
                        PersonVersion { name: "Ada", emails: &[email], ..Default::default() };
                    black_box(tombstones.standing(&key, &version).unwrap());
                }
            });
        });
        let subject = Subject::of(&last);
        group.bench_with_input(BenchmarkId::new("search", n), &emails, |b, emails| {
            b.iter(|| emails.iter().filter(|email| subject.is_in(email)).count());
        });
    }
    group.finish();
}

criterion_group!(benches, rights);
criterion_main!(benches);
