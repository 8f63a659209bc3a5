//! Values of numpy and implicit, and the published figures on real data.

use flate2::read::GzDecoder;
use omni_recommend::eval::{self, AtCutoff, Evaluation, Gain, Parts, Ranking, catalog, split};
use omni_recommend::{
    Error, Filter, History, Interactions, ItemKnn, Popularity, Recommender, Scored,
};
use omni_testkit::assert_close;
use omni_testkit::reference::{json, number, numbers, path};
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;

/// The columns of a gzipped table of whole numbers.
fn table(file: &str) -> HashMap<String, Vec<i64>> {
    let mut text = String::new();
    GzDecoder::new(File::open(path(file)).unwrap()).read_to_string(&mut text).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut columns = vec![Vec::new(); names.len()];
    for line in lines {
        for (column, cell) in columns.iter_mut().zip(line.split(',')) {
            column.push(cell.parse().unwrap());
        }
    }
    names.into_iter().map(str::to_string).zip(columns).collect()
}

fn ids(column: &[i64]) -> Vec<u32> {
    column.iter().map(|&id| id as u32).collect()
}

fn matrix(value: &Value) -> Vec<Vec<f64>> {
    let row = |row: &Value| row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    value.as_array().unwrap().iter().map(row).collect()
}

/// All positive cells of a dense matrix; rows are users.
fn interactions(dense: &[Vec<f64>]) -> Interactions {
    let (mut user, mut item, mut weight) = (vec![], vec![], vec![]);
    for (u, row) in (0..).zip(dense) {
        for (i, &value) in (0..).zip(row) {
            user.push(u);
            item.push(i);
            weight.push(value);
        }
    }
    Interactions::new(&user, &item, &weight).unwrap()
}

fn transposed(dense: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..dense[0].len()).map(|i| dense.iter().map(|row| row[i]).collect()).collect()
}

/// Similarities are stored as `f32`: half an ULP is 6e-8.
const F32: f64 = 1e-7;

#[test]
#[ignore = "needs OMNI_SHARED"]
fn cosines_of_the_small_matrix() {
    let expected = json("reference/recommend/similarity.json");
    let ratings = matrix(&expected["ratings"]);
    let implicit = &expected["implicit_item_similarity"]["cosine"];
    let cases = [
        (interactions(&ratings), &expected["item"]["cosine_zero_filled"]),
        (interactions(&ratings), implicit),
        (interactions(&transposed(&ratings)), &expected["user"]["cosine_zero_filled"]),
    ];
    for (rows, similarity) in cases {
        let fit = ItemKnn::new(usize::MAX).fit(&rows).unwrap();
        for (a, row) in (0..).zip(matrix(similarity)) {
            let neighbors: HashMap<u32, f64> =
                fit.neighbors(a).iter().map(|s| (s.item, s.score)).collect();
            for (b, expected) in (0..).zip(row).filter(|&(b, _)| b != a) {
                let got = neighbors.get(&b).copied().unwrap_or(0.0);
                assert_close!(got, expected, F32, "{a} {b}");
            }
        }
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn cosines_of_movielens() {
    let table = table("data/recommend/ml100k.csv.gz");
    let rating: Vec<f64> = table["rating"].iter().map(|&r| r as f64).collect();
    let (user, item) = (ids(&table["user"]), ids(&table["item"]));
    let expected = json("reference/recommend/similarity.json");
    let mut compared = 0;
    for (key, rows) in [
        ("item_cosine_zero_filled", Interactions::new(&user, &item, &rating).unwrap()),
        ("user_cosine_zero_filled", Interactions::new(&item, &user, &rating).unwrap()),
    ] {
        let fit = ItemKnn::new(usize::MAX).fit(&rows).unwrap();
        for pair in expected["ml100k_pairs"].as_array().unwrap() {
            let Some(similarity) = pair.get(key).and_then(Value::as_f64) else { continue };
            let (a, b) = (number(pair, "a") as u32, number(pair, "b") as u32);
            let got = fit.neighbors(a).iter().find(|s| s.item == b).map_or(0.0, |s| s.score);
            assert_close!(got, similarity, F32, "{key} {a} {b}");
            compared += 1;
        }
    }
    assert_eq!(compared, 28);
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn metrics_of_toy_lists() {
    let reference = json("reference/recommend/metrics_toy.json");
    let items = |v: &Value| {
        ids(&v.as_array().unwrap().iter().map(|v| v.as_i64().unwrap()).collect::<Vec<_>>())
    };
    let mut compared = 0;
    for case in reference["cases"].as_array().unwrap() {
        let (list, relevant) = (items(&case["rec"]), items(&case["rel"]));
        let ranking = Ranking::new(&list, &relevant);
        for (k, expected) in case["at"].as_object().unwrap() {
            let k: usize = k.parse().unwrap();
            let mut got = vec![
                ("hits", Some(ranking.hits(k) as f64)),
                ("precision", ranking.precision(k)),
                ("recall", ranking.recall(k)),
                ("recall_truncated", ranking.recall_truncated(k)),
                ("hit_rate", ranking.hit_rate(k)),
                ("f1", ranking.f1(k)),
                ("ndcg", ranking.ndcg(k)),
                ("dcg", Some(ranking.dcg(k))),
                ("mrr", ranking.reciprocal_rank(k)),
                ("ap_min_k_n", ranking.average_precision(k)),
                ("ap_n", ranking.average_precision_full(k)),
            ];
            if let Some(gains) = case["gains"].as_object() {
                let item: Vec<u32> = gains.keys().map(|key| key.parse().unwrap()).collect();
                let grade: Vec<f64> = gains.values().map(|v| v.as_f64().unwrap()).collect();
                for (name, gain) in
                    [("ndcg_linear", Gain::Linear), ("ndcg_exp2", Gain::Exponential)]
                {
                    got.push((name, eval::graded_ndcg(&list, &item, &grade, k, gain).unwrap()));
                }
            }
            assert_eq!(got.len(), expected.as_object().unwrap().len());
            for (name, got) in got {
                match (got, expected[name].as_f64()) {
                    (Some(got), Some(expected)) => {
                        assert_close!(got, expected, 1e-12, "{name}@{k} {list:?}");
                    }
                    (got, expected) => assert_eq!(got, expected, "{name}@{k} {list:?}"),
                }
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 10 * 4 * 11 + 2 * 4 * 2);
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn catalog_metrics_of_toy_lists() {
    let expected = &json("reference/recommend/metrics_toy.json")["aggregate"];
    let lists: Vec<Vec<u32>> = matrix(&expected["lists"])
        .iter()
        .map(|list| list.iter().map(|&item| item as u32).collect())
        .collect();
    let users_of: Vec<u64> =
        numbers(expected, "item_user_counts").iter().map(|&count| count as u64).collect();
    let features = matrix(&expected["features"]);
    let cosine = |a: u32, b: u32| {
        let (a, b) = (&features[a as usize], &features[b as usize]);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    let shown = catalog::exposure(&lists, &[0, 1, 2, 3, 4, 5]).unwrap();
    let users = number(expected, "n_users_total") as u64;
    let got = [
        ("coverage", catalog::coverage(&shown)),
        ("gini", catalog::gini(&shown)),
        ("shannon_entropy_nats", catalog::entropy(&shown)),
        ("novelty_mean_self_information_bits", catalog::novelty(&shown, &users_of, users).unwrap()),
        ("arp_mean_popularity", catalog::mean_popularity(&shown, &users_of).unwrap()),
        ("personalisation", catalog::personalization(&shown, 3, 3).unwrap()),
    ];
    for (name, got) in got {
        assert_close!(got.unwrap(), number(expected, name), 1e-12, "{name}");
    }
    for (list, expected) in lists.iter().zip(numbers(expected, "intra_list_distance_cosine")) {
        let got = catalog::intra_list_distance(list, cosine).unwrap().unwrap();
        assert_close!(got, expected, 1e-12);
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn weights_fade_by_half_lives() {
    use omni_core::{BehaviorColumns, EventKind};
    let expected = &json("reference/recommend/misc_toy.json")["time_decay"];
    let ages = numbers(expected, "ages_days");
    let mut rows = BehaviorColumns::new();
    for (item, &age) in (0..).zip(&ages) {
        rows.push(1, item, 1000 - age as i32, EventKind::Purchase, 1.0).unwrap();
    }
    let weighting =
        omni_recommend::Weighting::new(1000).with_half_life(number(expected, "half_life_days"));
    let got = weighting.apply(&rows.view()).unwrap().interactions;
    for (item, expected) in (0..).zip(numbers(expected, "weights")) {
        assert_close!(f64::from(got.weight(1, item).unwrap()), expected, F32);
    }
}

/// The published line of one algorithm, split and a single thread.
fn published(dataset: &str, split: &str, algorithm: &str) -> Value {
    let file = path(&format!("reference/recommend/bench_{dataset}.jsonl"));
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let wanted = [("split", split), ("algo", algorithm)];
    lines
        .find(|line| wanted.iter().all(|(key, value)| line[key] == *value) && line["threads"] == 1)
        .unwrap()
}

fn at(evaluation: &Evaluation, k: usize) -> AtCutoff {
    *evaluation.at.iter().find(|at| at.k == k).unwrap()
}

/// Item-kNN as implicit 0.7.3 computes it: weights normalized before they are multiplied, an
/// item among its own neighbors, ties at the K-th neighbor decided by the order in which a
/// linked list visits the items, and every item of the catalog ranked, also with score 0.
///
/// Among binary weights such ties abound, and rounding splits some of them at random.
struct Implicit<'a> {
    catalog: &'a [u32],
    items: Vec<u32>,
    similar: Vec<Vec<(usize, f64)>>,
}

impl<'a> Implicit<'a> {
    fn fit(rows: &Interactions, k: usize, catalog: &'a [u32]) -> Self {
        let by_user = rows.matrix().map(|&w| f64::from(w));
        let by_item = by_user.to_csc();
        let norms: Vec<f64> = by_item
            .outer_iterator()
            .map(|column| column.data().iter().map(|w| w * w).sum::<f64>().sqrt())
            .collect();
        let mut similar = Vec::new();
        for (own, column) in by_item.outer_iterator().enumerate() {
            let mut sums = vec![0.0; norms.len()];
            let mut visited = Vec::new();
            for (user, weight) in column.iter() {
                for (other, value) in by_user.outer_view(user).unwrap().iter() {
                    if sums[other] == 0.0 {
                        visited.push(other);
                    }
                    sums[other] += (value / norms[other]) * (weight / norms[own]);
                }
            }
            // The smallest (similarity, item) leaves; only a larger similarity enters.
            let mut kept: Vec<(f64, usize)> = Vec::new();
            for &other in visited.iter().rev() {
                if kept.len() >= k {
                    if sums[other] <= kept[0].0 {
                        continue;
                    }
                    kept.remove(0);
                }
                let entry = (sums[other], other);
                let at = kept.partition_point(|kept| *kept < entry);
                kept.insert(at, entry);
            }
            similar.push(kept.into_iter().map(|(similarity, item)| (item, similarity)).collect());
        }
        Self { catalog, items: rows.items().to_vec(), similar }
    }
}

impl Recommender for Implicit<'_> {
    fn score(&self, history: &History) -> Result<Vec<Scored>, Error> {
        let mut scores = vec![0.0; self.items.len()];
        for (item, weight) in history.iter() {
            let Ok(at) = self.items.binary_search(&item) else { continue };
            for &(other, similarity) in &self.similar[at] {
                scores[other] += f64::from(weight) * similarity;
            }
        }
        let score = |item: &u32| self.items.binary_search(item).map_or(0.0, |at| scores[at]);
        Ok(self.catalog.iter().map(|&item| Scored { item, score: score(&item) }).collect())
    }
}

/// Compares popularity and item-kNN with the figures of numpy and implicit on one split.
///
/// `k` is implicit's, which counts the item itself. With implicit's order of ties the
/// published figures come out to the last digit. With the smaller item first, they differ by
/// what the ties are worth: at most one hit of 943 users, or four items of 3,145 shown.
fn compare(dataset: &str, split: &str, parts: &Parts, k: usize, catalog_items: &[u32]) {
    let popular = Popularity::users().fit(&parts.train);
    let similar = ItemKnn::new(k - 1).fit(&parts.train).unwrap();
    let implicit = Implicit::fit(&parts.train, k, catalog_items);
    let models: [(&str, &dyn Recommender, f64); 3] = [
        ("pop", &popular, 6e-7),
        ("itemknn_cosine", &implicit, 6e-7),
        ("itemknn_cosine", &similar, 1.5e-3),
    ];
    for (algorithm, model, tolerance) in models {
        let expected = published(dataset, split, algorithm);
        let got = eval::evaluate(model, &parts.history, &parts.test, &[10, 20, 50, 100]).unwrap();
        assert_eq!(got.users as f64, number(&expected, "users"));
        assert_eq!(got.without_history, 0);
        let (lists, novelty) = lists_and_novelty(model, parts, catalog_items);
        let figures = [
            ("ndcg@10", at(&got, 10).ndcg),
            ("ndcg@100", at(&got, 100).ndcg),
            ("recall@10", at(&got, 10).recall_truncated),
            ("recall@20", at(&got, 20).recall_truncated),
            ("recall@50", at(&got, 50).recall_truncated),
            ("map@10", at(&got, 10).map),
            ("mrr@10", at(&got, 10).mrr),
            ("hit@10", at(&got, 10).hit_rate),
            ("precision@10", at(&got, 10).precision),
            ("coverage@10", catalog::coverage(&lists).unwrap()),
            ("gini@10", catalog::gini(&lists).unwrap()),
            ("novelty@10", novelty),
        ];
        for (name, got) in figures {
            let expected = number(&expected, name);
            let context = format!("{dataset} {split} {algorithm} {name}");
            assert_close!(got, expected, 0.0, abs tolerance, "{context}");
        }
    }
}

/// How often each item is among the first ten, and the novelty of these lists.
fn lists_and_novelty(
    model: &dyn Recommender,
    parts: &Parts,
    catalog_items: &[u32],
) -> (Vec<u64>, f64) {
    let list = |&user: &u32| {
        let history = parts.history.history(user).unwrap();
        let list = model.recommend(&history, 10, &Filter::new()).unwrap();
        list.iter().map(|scored| scored.item).collect()
    };
    let lists: Vec<Vec<u32>> = parts.test.users().iter().map(list).collect();
    let shown = catalog::exposure(&lists, catalog_items).unwrap();
    let mut users_of = vec![0; catalog_items.len()];
    for (_, item, _) in parts.train.pairs() {
        users_of[catalog_items.binary_search(&item).unwrap()] += 1;
    }
    let users = parts.train.users().len() as u64;
    let novelty = catalog::novelty(&shown, &users_of, users).unwrap().unwrap();
    (shown, novelty)
}

fn distinct(column: &[u32]) -> Vec<u32> {
    let mut distinct = column.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// Positions of the rows whose mark is one of `marks`.
fn marked(column: &[i64], marks: &[i64]) -> Vec<usize> {
    (0..column.len()).filter(|&row| marks.contains(&column[row])).collect()
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn movielens_as_published() {
    let table = table("data/recommend/ml100k.csv.gz");
    let (user, item, time) = (ids(&table["user"]), ids(&table["item"]), &table["ts"]);
    let weight = vec![1.0; user.len()];
    let catalog_items = distinct(&item);

    let unseen = split::unseen_users(&user, &item, time, 5, 0, 0.8).unwrap();
    assert_eq!(unseen.train, marked(&table["strong"], &[0]));
    assert_eq!(unseen.history, marked(&table["strong"], &[1]));
    assert_eq!(unseen.test, marked(&table["strong"], &[2]));
    let parts = unseen.apply(&user, &item, &weight).unwrap();
    compare("ml100k", "strong", &parts, 400, &catalog_items);

    let last = split::last_row(&user, &item, time, 3).unwrap();
    assert_eq!(last.train, marked(&table["loo"], &[0, 1]));
    assert_eq!(last.test, marked(&table["loo"], &[2]));
    let parts = last.apply(&user, &item, &weight).unwrap();
    compare("ml100k", "loo", &parts, 400, &catalog_items);
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn online_retail_as_published() {
    let table = table("data/recommend/online_retail_pairs.csv.gz");
    let (user, item, first) = (ids(&table["user"]), ids(&table["item"]), &table["first"]);
    let weight = vec![1.0; user.len()];
    let catalog_items = distinct(&item);

    let unseen = split::unseen_users(&user, &item, first, 5, 0, 0.8).unwrap();
    assert_eq!(unseen.train, marked(&table["strong"], &[0]));
    assert_eq!(unseen.history, marked(&table["strong"], &[1]));
    assert_eq!(unseen.test, marked(&table["strong"], &[2]));
    let parts = unseen.apply(&user, &item, &weight).unwrap();
    compare("online_retail", "strong", &parts, 20, &catalog_items);

    // A row for the first and one for the last purchase of each pair: the moments that matter.
    let twice = [user.clone(), user.clone()].concat();
    let items = [item.clone(), item.clone()].concat();
    let times = [first.clone(), table["last"].clone()].concat();
    let basket = split::last_moment(&twice, &items, &times).unwrap();
    let parts = basket.apply(&twice, &items, &vec![1.0; twice.len()]).unwrap();
    let parts_as_marked: Vec<(u32, u32, f32)> = marked(&table["last_basket"], &[1])
        .iter()
        .map(|&row| (user[row], item[row], 1.0))
        .collect();
    let test = parts.test.binary();
    assert_eq!(test.pairs().collect::<Vec<_>>(), parts_as_marked);
    let train = parts.train.binary();
    assert_eq!(train.len(), marked(&table["last_basket"], &[0]).len());
    let mut parts = parts;
    parts.history = train.clone();
    parts.train = train;
    compare("online_retail", "last_basket", &parts, 20, &catalog_items);
}
