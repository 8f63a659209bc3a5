//! Speed of linkage: u over all pairs, a pair of persons, whole lists, one more record.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "not library code"
)]

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_ingest::identity::{Model, PersonFields, Resolver, State};
use omni_ingest::link::{Comparison, Level, Table, frequency};
use omni_testkit::people::people;
use std::hint::black_box;

fn list(size: usize) -> Vec<PersonFields> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    people((size as u32 * 10).div_ceil(11), 10, 7)
        .iter()
        .map(|person| PersonFields {
            given_name: some(&person.given_name),
            surname: some(&person.surname),
            street: Some(format!("{} {}", person.street_number, person.address_1)),
            city: some(&person.suburb),
            region: some(&person.state),
            postal_code: some(&person.postcode),
            birth_date: some(&person.date_of_birth),
            national_id: some(&person.soc_sec_id),
            ..PersonFields::default()
        })
        .collect()
}

fn counting(c: &mut Criterion) {
    let mut group = c.benchmark_group("link");
    group.sample_size(10);
    for size in [100, 10_000] {
        let mut table = Table::new(["name"]);
        for person in list(size) {
            table.push([person.surname.as_deref()]).unwrap();
        }
        let comparison =
            Comparison::new("name", [Level::jaro_winkler(0.9), Level::jaro_winkler(0.7)]);
        group.throughput(Throughput::Elements(size as u64 * (size as u64 - 1) / 2));
        group.bench_function(BenchmarkId::new("u", size), |b| {
            b.iter(|| frequency::all_pairs(&table, 0, &comparison));
        });
    }
    group.finish();
}

fn resolving(c: &mut Criterion) {
    let mut group = c.benchmark_group("identity");
    group.sample_size(10);
    for size in [100, 10_000] {
        let records = list(size);
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::new("resolve", size), |b| {
            b.iter(|| Resolver::new().resolve(records.iter().map(PersonFields::as_record)));
        });
    }
    let records = list(10_000);
    let (last, rest) = records.split_last().unwrap();
    let model = Resolver::new().fit(rest.iter().map(PersonFields::as_record)).unwrap();
    let mut state = State::new(Resolver::new(), model).unwrap();
    let keys: Vec<String> = (0..rest.len()).map(|at| at.to_string()).collect();
    state.update(keys.iter().zip(rest.iter().map(PersonFields::as_record)));
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::new("update and remove", rest.len()), |b| {
        b.iter(|| {
            state.update([("new", last.as_record())]);
            state.remove("new").unwrap()
        });
    });
    group.bench_function("explain", |b| {
        let model = Model::default();
        b.iter_batched(
            || (rest[0].as_record(), rest[1].as_record()),
            |(a, other)| black_box(model.explain(&a, &other)),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, counting, resolving);
criterion_main!(benches);
