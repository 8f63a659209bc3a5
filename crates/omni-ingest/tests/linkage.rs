//! Linkage of tables: the values of Splink and of the Record Linkage Toolkit on Febrl.

use omni_ingest::block::{self, Rule};
use omni_ingest::link::{Comparison, Em, FellegiSunter, Level, Model, Table, score};
use omni_ingest::record::{Dialect, RecordReader};
use omni_testkit::{assert_close, reference};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::time::Instant;

const COLUMNS: [&str; 10] = [
    "given_name",
    "surname",
    "street_number",
    "address_1",
    "address_2",
    "suburb",
    "postcode",
    "state",
    "date_of_birth",
    "soc_sec_id",
];

/// A Febrl list as a table, and its ids.
fn febrl(set: &str) -> (Table, Vec<String>) {
    let name = set.replace("febrl", "dataset");
    let path = reference::path(&format!("data/ingest/febrl/{name}.csv.gz"));
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut records = RecordReader::new(text.as_bytes(), Dialect::csv()).unwrap();
    records.header().unwrap();
    let (mut table, mut ids) = (Table::new(COLUMNS), Vec::new());
    while let Some(record) = records.next_record().unwrap() {
        let mut fields = record.iter().map(str::trim);
        ids.push(fields.next().unwrap().to_string());
        table.push(fields.map(Some)).unwrap();
    }
    (table, ids)
}

fn splink() -> FellegiSunter {
    let jaro =
        |column: &str, levels: [f64; 2]| Comparison::new(column, levels.map(Level::jaro_winkler));
    let damerau = |column: &str| Comparison::new(column, [Level::Damerau(1), Level::Damerau(2)]);
    FellegiSunter::new([
        jaro("given_name", [0.9, 0.7]),
        jaro("surname", [0.9, 0.7]),
        damerau("date_of_birth"),
        damerau("soc_sec_id"),
        Comparison::new("street_number", []),
        damerau("postcode"),
        jaro("address_1", [0.9, 0.8]),
        jaro("suburb", [0.9, 0.8]),
        Comparison::new("state", []),
    ])
}

fn rules(list: &Value) -> Vec<Rule> {
    let texts = |rule: &Value| -> Vec<String> {
        rule.as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_string()).collect()
    };
    list.as_array().unwrap().iter().map(|rule| Rule::on(texts(rule))).collect()
}

/// The model as Splink makes it: λ from rules, u counted, m from three sessions.
fn trained(table: &Table, reference: &Value) -> (Model, Vec<omni_ingest::link::Session>) {
    let mut model = splink().fit(table).unwrap();
    let deterministic = rules(&reference["deterministic_rules_for_lambda"]);
    model.estimate_lambda(table, &deterministic, 0.8).unwrap();
    let sessions = rules(&reference["em_training_blocking_rules"])
        .iter()
        .map(|rule| model.train(table, rule, &Em::new()).unwrap())
        .collect();
    (model, sessions)
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn blocking_counts_are_those_of_both_references() {
    let splink = reference::json("reference/ingest/splink_febrl.json");
    let toolkit = reference::json("reference/ingest/recordlinkage.json");
    for set in ["febrl1", "febrl3"] {
        let (table, _) = febrl(set);
        let expected = &splink["sets"][set];
        let blocked =
            block::pairs(&table, &rules(&splink["blocking_rules_predict"]), usize::MAX).unwrap();
        for (rule, count) in expected["blocking"].as_array().unwrap().iter().zip(&blocked.counts) {
            assert_eq!(rule["pairs"].as_u64().unwrap(), count.pairs, "{set} {rule}");
            assert_eq!(rule["new_pairs"].as_u64().unwrap(), count.new_pairs, "{set} {rule}");
        }
        assert_eq!(expected["pairs_blocked"].as_u64().unwrap(), blocked.pairs.len() as u64);

        let expected = &toolkit["sets"][set];
        let keys = ["given_name", "surname", "date_of_birth", "soc_sec_id"];
        let rules: Vec<Rule> = keys.iter().map(|key| Rule::on([*key])).collect();
        let blocked = block::pairs(&table, &rules, usize::MAX).unwrap();
        for (key, count) in keys.iter().zip(&blocked.counts) {
            assert_eq!(expected["pairs_per_key"][key].as_u64().unwrap(), count.pairs);
        }
        assert_eq!(expected["pairs"].as_u64().unwrap(), blocked.pairs.len() as u64);
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn parameters_and_weights_are_those_of_splink() {
    let reference = reference::json("reference/ingest/splink_febrl.json");
    for set in ["febrl1", "febrl3"] {
        let expected = &reference["sets"][set];
        let (table, ids) = febrl(set);
        let (model, sessions) = trained(&table, &reference);
        assert_close!(model.lambda(), reference::number(expected, "lambda_deterministic"), 1e-12);
        let (mut us, mut ms, mut worst_m) = (0, 0, 0.0_f64);
        for (comparison, own) in model.comparisons().iter().zip(model.parameters()) {
            let levels = expected["parameters"][comparison.column()].as_array().unwrap();
            assert_eq!(levels.len(), own.u.len());
            for ((level, u), m) in levels.iter().zip(&own.u).zip(&own.m) {
                if let Some(theirs) = level["u_probability"].as_f64() {
                    assert_close!(*u, theirs, 1e-9, "{set} u {level}");
                    us += 1;
                }
                if let (Some(theirs), Some(m)) = (level["m_probability"].as_f64(), m) {
                    worst_m = worst_m.max((theirs - m).abs());
                    ms += 1;
                }
            }
        }
        println!("{set}: {us} u to 1e-9, {ms} m, the worst off by {worst_m:.2e}");
        assert!(worst_m <= 1e-4, "{set}: m off by {worst_m:e}");
        for (session, theirs) in sessions.iter().zip(expected["em_sessions"].as_array().unwrap()) {
            assert!(session.converged);
            assert_close!(
                session.lambda,
                reference::number(theirs, "final_lambda_in_block"),
                0.0,
                abs 1e-4
            );
        }
        let place: BTreeMap<&str, u32> = ids.iter().map(String::as_str).zip(0..).collect();
        let mut worst = 0.0_f64;
        for pair in expected["sample_pairs"].as_array().unwrap() {
            let row = |key: &str| place[pair[key].as_str().unwrap()];
            let scored = model.score(&table, &[(row("l"), row("r"))]).unwrap();
            let theirs = reference::number(pair, "match_weight");
            worst = worst.max((scored[0].weight - theirs).abs());
        }
        println!("{set}: sample weights off by at most {worst:.2e} bits");
        assert!(worst <= 1e-3, "{set}: weights off by {worst}");
    }
}

/// `slot cargo test --release -p omni-ingest --test main febrl_3_takes -- --ignored --nocapture`
#[test]
#[ignore = "needs OMNI_SHARED"]
fn febrl_3_takes_a_moment() {
    let reference = reference::json("reference/ingest/splink_febrl.json");
    let (table, ids) = febrl("febrl3");
    let started = Instant::now();
    let (model, _) = trained(&table, &reference);
    let trained = started.elapsed().as_secs_f64();
    let rules = rules(&reference["blocking_rules_predict"]);
    let blocked = block::pairs(&table, &rules, usize::MAX).unwrap();
    let scored = model.score(&table, &blocked.pairs).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    let mut components = omni_ingest::cluster::Components::new(table.len());
    for pair in scored.iter().filter(|pair| pair.probability >= 0.5) {
        components.link(pair.a, pair.b);
    }
    let person = |id: &str| id.split('-').nth(1).unwrap().to_string();
    let labels = ids.iter().zip(0..).map(|(id, row)| (components.root(row), person(id)));
    let right = score(labels);
    println!("u over 12.5 M pairs and EM {trained:.2} s, with predict {seconds:.2} s; {right}");
    assert!(right.f1() >= 0.9996);
}

/// A table of few values, so that they meet.
fn table() -> impl Strategy<Value = Table> {
    let name = proptest::option::of("[ab]{1,4}");
    let city = proptest::option::of("[xy]{1,2}");
    proptest::collection::vec((name.clone(), name, city), 0..40).prop_map(|rows| {
        let mut table = Table::new(["first", "last", "city"]);
        for (first, last, city) in rows {
            table.push([first.as_deref(), last.as_deref(), city.as_deref()]).unwrap();
        }
        table
    })
}

proptest! {
    #[test]
    fn the_likelihood_never_falls_and_nothing_is_nan(table in table(), start in 0.01..0.5_f64) {
        let method = FellegiSunter::new([
            Comparison::new("first", [Level::jaro_winkler(0.8)]).with_term_frequency(),
            Comparison::new("last", [Level::Damerau(1)]),
            Comparison::new("city", []),
        ]);
        let mut model = method.fit(&table).unwrap();
        for parameters in model.parameters() {
            let total: f64 = parameters.u.iter().sum();
            prop_assert!(total == 0.0 || (total - 1.0).abs() < 1e-12);
        }
        let rule = Rule::on(["city"]);
        let em = Em::new().with_start(start).with_max_rounds(60);
        let session = model.train(&table, &rule, &em).unwrap();
        for pair in session.log_likelihood.windows(2) {
            prop_assert!(pair[1] >= pair[0] - 1e-9 * pair[0].abs().max(1.0), "{:?}", pair);
        }
        prop_assert!((0.0..=1.0).contains(&session.lambda));
        let blocked = block::pairs(&table, &[rule], 1000).unwrap();
        for scored in model.score(&table, &blocked.pairs).unwrap() {
            prop_assert!((0.0..=1.0).contains(&scored.probability));
            let why = model.explain(&table, scored.a, scored.b).unwrap();
            let sum = why.prior + why.steps.iter().map(|step| step.weight).sum::<f64>();
            prop_assert!((sum - why.weight).abs() < 1e-9);
            prop_assert!(why.to_string().contains("together"));
        }
    }

    #[test]
    fn blocked_pairs_are_those_of_the_definition(table in table()) {
        let rules = [Rule::on(["first"]), Rule::on(["last", "city"]), Rule::on(["city"])];
        let blocked = block::pairs(&table, &rules, usize::MAX).unwrap();
        let agree = |a: u32, b: u32, rule: &Rule| {
            rule.columns().iter().all(|name| {
                let column = table.column(name).unwrap();
                table.get(a, column).is_some() && table.get(a, column) == table.get(b, column)
            })
        };
        let mut pairs = Vec::new();
        let mut counts = vec![(0, 0); rules.len()];
        for b in 0..table.len() {
            for a in 0..b {
                let by: Vec<bool> = rules.iter().map(|rule| agree(a, b, rule)).collect();
                for (count, by) in counts.iter_mut().zip(&by) {
                    count.0 += u64::from(*by);
                }
                if let Some(first) = by.iter().position(|by| *by) {
                    counts[first].1 += 1;
                    pairs.push((a, b));
                }
            }
        }
        let mut own = blocked.pairs.clone();
        own.sort_unstable();
        pairs.sort_unstable();
        prop_assert_eq!(own, pairs);
        let own: Vec<(u64, u64)> = blocked.counts.iter().map(|c| (c.pairs, c.new_pairs)).collect();
        prop_assert_eq!(own, counts);
    }
}
