//! Speed of string similarity on names, addresses and long texts, beside two other
//! libraries, and of cleaning; in pairs or texts a second.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    clippy::cast_possible_truncation,
    reason = "not library code"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_ingest::clean::text;
use omni_ingest::similarity;
use std::hint::black_box;

const NAMES: [&str; 24] = [
    "emma",
    "olivia",
    "james",
    "charlotte",
    "william",
    "thomas",
    "joshua",
    "lachlan",
    "benjamin",
    "samuel",
    "smith",
    "johnson",
    "williams",
    "robertson",
    "macdonald",
    "fernandez",
    "schneider",
    "papadopoulos",
    "springfield",
    "queanbeyan",
    "wollongong",
    "newcastle",
    "stratford",
    "zoe",
];

struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) as usize % bound
    }
}

/// Pairs of texts of so many names: every second one the same with a slip, the others any.
fn pairs(words: usize, count: usize) -> Vec<(String, String)> {
    let mut draw = Draw(7);
    let text = |draw: &mut Draw| -> String {
        let names: Vec<_> = (0..words).map(|_| NAMES[draw.below(NAMES.len())]).collect();
        names.join(" ")
    };
    (0..count)
        .map(|pair| {
            let a = text(&mut draw);
            let b = if pair % 2 == 0 {
                let mut letters: Vec<char> = a.chars().collect();
                let at = draw.below(letters.len() - 1);
                match draw.below(3) {
                    0 => letters[at] = 'x',
                    1 => drop(letters.remove(at)),
                    _ => letters.swap(at, at + 1),
                }
                letters.into_iter().collect()
            } else {
                text(&mut draw)
            };
            (a, b)
        })
        .collect()
}

type Measure = fn(&str, &str) -> f64;
type Code = fn(&str) -> String;

fn comparing(c: &mut Criterion) {
    let measures: [(&str, &str, Measure); 15] = [
        ("jaro_winkler", "omni", similarity::jaro_winkler),
        ("jaro_winkler", "strsim", strsim::jaro_winkler),
        ("jaro_winkler", "rapidfuzz", |a, b| {
            rapidfuzz::distance::jaro_winkler::similarity(a.chars(), b.chars())
        }),
        ("levenshtein", "omni", |a, b| similarity::levenshtein(a, b) as f64),
        ("levenshtein", "strsim", |a, b| strsim::levenshtein(a, b) as f64),
        ("levenshtein", "rapidfuzz", |a, b| {
            rapidfuzz::distance::levenshtein::distance(a.chars(), b.chars()) as f64
        }),
        ("osa", "omni", |a, b| similarity::osa(a, b) as f64),
        ("osa", "strsim", |a, b| strsim::osa_distance(a, b) as f64),
        ("osa", "rapidfuzz", |a, b| {
            rapidfuzz::distance::osa::distance(a.chars(), b.chars()) as f64
        }),
        ("damerau_levenshtein", "omni", |a, b| similarity::damerau_levenshtein(a, b) as f64),
        ("damerau_levenshtein", "strsim", |a, b| strsim::damerau_levenshtein(a, b) as f64),
        ("damerau_levenshtein", "rapidfuzz", |a, b| {
            rapidfuzz::distance::damerau_levenshtein::distance(a.chars(), b.chars()) as f64
        }),
        ("ratio", "omni", similarity::ratio),
        ("ratio", "rapidfuzz", |a, b| rapidfuzz::fuzz::ratio(a.chars(), b.chars())),
        ("levenshtein_within_2", "omni", |a, b| {
            similarity::levenshtein_within(a, b, 2).map_or(-1.0, |distance| distance as f64)
        }),
    ];
    // One name, a full name with an address, a long text.
    for (words, count) in [(1, 1_000), (4, 1_000), (40, 200)] {
        let ascii = pairs(words, count);
        let accents: Vec<_> =
            ascii.iter().map(|(a, b)| (a.replace('a', "é"), b.replace('a', "é"))).collect();
        for (kind, pairs) in [("ascii", ascii), ("accents", accents)] {
            for (measure, library, of) in measures {
                let mut group = c.benchmark_group(format!("{measure}/{kind}"));
                group.sample_size(10);
                group.warm_up_time(std::time::Duration::from_millis(100));
                group.measurement_time(std::time::Duration::from_millis(300));
                group.throughput(Throughput::Elements(pairs.len() as u64));
                group.bench_with_input(BenchmarkId::new(library, words), &pairs, |b, pairs| {
                    b.iter(|| pairs.iter().map(|(a, b)| of(black_box(a), b)).sum::<f64>());
                });
                group.finish();
            }
        }
    }
}

fn coding(c: &mut Criterion) {
    let names = pairs(2, 1_000);
    let codes: [(&str, Code); 6] = [
        ("soundex", similarity::soundex),
        ("metaphone", similarity::metaphone),
        ("nysiis", similarity::nysiis),
        ("match_rating", similarity::match_rating_codex),
        ("match_key", |name| text::match_key(name).into_owned()),
        ("transliterate", |name| text::transliterate(name).into_owned()),
    ];
    let mut group = c.benchmark_group("codes");
    group.sample_size(10);
    group.measurement_time(std::time::Duration::from_millis(500));
    group.throughput(Throughput::Elements(names.len() as u64));
    for (code, of) in codes {
        group.bench_function(code, |b| {
            b.iter(|| names.iter().map(|(name, _)| of(black_box(name)).len()).sum::<usize>());
        });
    }
    group.finish();
}

criterion_group!(benches, comparing, coding);
criterion_main!(benches);
