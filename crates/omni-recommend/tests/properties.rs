//! What holds for any input.

use omni_core::rng::{below, shuffle, stream};
use omni_core::{BehaviorColumns, EventKind};
use omni_recommend::eval::{self, Gain, Ranking, catalog, graded_ndcg, split};
use omni_recommend::{
    Filter, History, Interactions, ItemKnn, Popularity, Quantity, Recommender, Scored, Weighting,
    baseline, recommender,
};
use omni_testkit::assert_close;
use proptest::prelude::*;
use std::collections::BTreeSet;

type Row = (u32, u32, f64);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let weight = prop_oneof![Just(1.0), 0.01..9.0, Just(0.0)];
    prop::collection::vec((0..12_u32, 0..15_u32, weight), 0..80)
}

fn build(rows: &[Row]) -> Interactions {
    let user: Vec<u32> = rows.iter().map(|row| row.0).collect();
    let item: Vec<u32> = rows.iter().map(|row| row.1).collect();
    let weight: Vec<f64> = rows.iter().map(|row| row.2).collect();
    Interactions::new(&user, &item, &weight).unwrap()
}

fn history() -> impl Strategy<Value = History> {
    prop::collection::vec((0..18_u32, 0.1..4.0), 0..8).prop_map(|rows| {
        let (item, weight): (Vec<u32>, Vec<f64>) = rows.into_iter().unzip();
        History::new(&item, &weight).unwrap()
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let items = || prop::collection::vec(0..18_u32, 0..9);
    (any::<bool>(), prop::option::of(items()), items()).prop_map(|(with_history, only, without)| {
        let filter = Filter::new().without(without);
        let filter = if with_history { filter.with_history() } else { filter };
        only.into_iter().fold(filter, Filter::only)
    })
}

/// The cosine of two items, from the pairs alone.
fn cosine(rows: &Interactions, a: u32, b: u32) -> f64 {
    let of = |user, item| f64::from(rows.weight(user, item).unwrap_or(0.0));
    let dot = |a, b| rows.users().iter().map(|&user| of(user, a) * of(user, b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Many more partners than neighbors kept, so that most are refused early; few distinct
/// weights, so that ties at the last place abound.
#[test]
fn early_refusal_drops_no_neighbor() {
    let mut rng = stream(5, 0);
    for scale in [1.0, 3.7, 1e-22, 1e-44, 1e30] {
        let mut rows: Vec<Row> = Vec::new();
        for _ in 0..6_000 {
            let (user, item) = (below(&mut rng, 150) as u32, below(&mut rng, 120) as u32);
            let rare = if below(&mut rng, 9) == 0 { 1e-7 } else { 1.0 };
            rows.push((user, item, scale * rare * (1 + below(&mut rng, 2)) as f64));
        }
        let rows = build(&rows);
        for shrink in [0.0, 2.0] {
            let all = ItemKnn::new(usize::MAX).with_shrink(shrink).fit(&rows).unwrap();
            for k in [1, 2, 7, 30, 59, 60, 100] {
                let some = ItemKnn::new(k).with_shrink(shrink).fit(&rows).unwrap();
                for &item in rows.items() {
                    let expected: Vec<Scored> = all.neighbors(item).into_iter().take(k).collect();
                    assert_eq!(some.neighbors(item), expected, "{scale} {shrink} {k} {item}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn the_order_of_rows_does_not_matter(rows in rows(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        shuffle(&mut stream(seed, 0), &mut shuffled);
        let (a, b) = (build(&rows), build(&shuffled));
        prop_assert_eq!(&a, &b);
        prop_assert_eq!(ItemKnn::new(3).fit(&a).unwrap(), ItemKnn::new(3).fit(&b).unwrap());
        let total: f64 = rows.iter().map(|row| row.2).sum();
        let stored: f64 = a.pairs().map(|pair| f64::from(pair.2)).sum();
        prop_assert!((total - stored).abs() <= 1e-6 * total);
    }

    #[test]
    fn all_neighbors_are_the_dense_cosine(rows in rows()) {
        let rows = build(&rows);
        let fit = ItemKnn::new(usize::MAX).fit(&rows).unwrap();
        for &a in rows.items() {
            let neighbors = fit.neighbors(a);
            prop_assert!(neighbors.is_sorted_by(|a, b| Scored::best_first(a, b).is_lt()));
            let found: Vec<u32> = neighbors.iter().map(|s| s.item).collect();
            for &b in rows.items() {
                let expected = cosine(&rows, a, b);
                if a == b || expected == 0.0 {
                    prop_assert!(!found.contains(&b));
                } else {
                    let got = neighbors.iter().find(|s| s.item == b).unwrap().score;
                    assert_close!(got, expected, 1e-6);
                    prop_assert!(got <= 1.0);
                }
            }
        }
    }

    #[test]
    fn fewer_neighbors_are_the_first_of_more(rows in rows(), k in 1..6_usize, shrink in 0.0..9.0) {
        let rows = build(&rows);
        let all = ItemKnn::new(usize::MAX).with_shrink(shrink).fit(&rows).unwrap();
        let some = ItemKnn::new(k).with_shrink(shrink).fit(&rows).unwrap();
        for &item in rows.items() {
            let expected: Vec<Scored> = all.neighbors(item).into_iter().take(k).collect();
            prop_assert_eq!(some.neighbors(item), expected);
        }
    }

    #[test]
    fn scaling_weights_changes_no_list(rows in rows(), history in history(), power in -9..9_i32) {
        let scale = 2.0_f64.powi(power);
        let scaled: Vec<Row> = rows.iter().map(|&(u, i, w)| (u, i, w * scale)).collect();
        let (a, b) = (build(&rows), build(&scaled));
        let (fit_a, fit_b) = (ItemKnn::new(4).fit(&a).unwrap(), ItemKnn::new(4).fit(&b).unwrap());
        prop_assert_eq!(&fit_a, &fit_b);
        let weight: Vec<f64> = history.weights().iter().map(|&w| f64::from(w) * scale).collect();
        let larger = History::new(history.items(), &weight).unwrap();
        let scores = fit_a.score(&history).unwrap();
        for (one, other) in scores.iter().zip(fit_b.score(&larger).unwrap()) {
            prop_assert_eq!((one.item, one.score * scale), (other.item, other.score));
        }
        let ids = |fit: &[Scored]| fit.iter().map(|s| s.item).collect::<Vec<_>>();
        let (a, b) = (Popularity::weight().fit(&a), Popularity::weight().fit(&b));
        prop_assert_eq!(ids(a.ranking()), ids(b.ranking()));
    }

    #[test]
    fn lists_are_the_start_of_the_full_sort(
        rows in rows(),
        history in history(),
        filter in filter(),
        n in prop_oneof![0..20_usize, Just(usize::MAX)],
    ) {
        let rows = build(&rows);
        let knn = ItemKnn::new(5).fit(&rows).unwrap();
        let popular = Popularity::users().fit(&rows);
        let models: [&dyn Recommender; 2] = [&knn, &popular];
        for model in models {
            let list = model.recommend(&history, n, &filter).unwrap();
            let mut expected = model.score(&history).unwrap();
            expected.retain(|s| filter.passes(s.item, &history));
            expected.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.item.cmp(&b.item)));
            expected.truncate(n);
            prop_assert_eq!(&list, &expected);
            for scored in &list {
                prop_assert!(filter.passes(scored.item, &history));
                prop_assert!(scored.score.is_finite() && scored.score > 0.0);
            }
        }
        let filled = baseline::recommend_or(&knn, &popular, &history, n, &filter).unwrap();
        let distinct: BTreeSet<u32> = filled.list.iter().map(|s| s.item).collect();
        prop_assert_eq!(distinct.len(), filled.list.len());
        let eligible = rows.items().iter().filter(|&&item| filter.passes(item, &history)).count();
        prop_assert_eq!(filled.list.len(), n.min(eligible));
        let own = knn.recommend(&history, n, &filter).unwrap();
        prop_assert_eq!(&filled.list[..filled.own], &own[..]);
    }

    #[test]
    fn denied_items_never_show(rows in rows(), history in history(), denied in prop::collection::vec(0..18_u32, 0..9)) {
        let rows = build(&rows);
        let filter = Filter::in_stock(0..18).with_history().without(denied.clone());
        let popular = Popularity::weight().fit(&rows);
        let list = popular.recommend(&history, usize::MAX, &filter).unwrap();
        prop_assert!(list.iter().all(|s| !denied.contains(&s.item)));
        let shown = rows.items().iter().filter(|item| !denied.contains(item)).count();
        prop_assert_eq!(list.len(), shown);
    }

    #[test]
    fn scores_are_sums_over_neighbors(rows in rows(), history in history()) {
        let rows = build(&rows);
        let fit = ItemKnn::new(4).fit(&rows).unwrap();
        let scores = fit.score(&history).unwrap();
        for &item in rows.items() {
            let parts = fit.explain(&history, item);
            let sum: f64 = parts.iter().map(|part| part.amount).sum();
            let expected: f64 = history
                .iter()
                .flat_map(|(i, w)| fit.neighbors(i).into_iter().map(move |s| (s, f64::from(w))))
                .filter(|(s, _)| s.item == item)
                .map(|(s, w)| w * s.score)
                .sum();
            let got = scores.iter().find(|s| s.item == item).map_or(0.0, |s| s.score);
            assert_close!(sum, got, 1e-12);
            assert_close!(got, expected, 1e-12);
            prop_assert!(parts.iter().all(|part| history.contains(part.item)));
        }
    }

    #[test]
    fn any_weights_give_an_error_or_finite_scores(
        rows in prop::collection::vec((any::<u32>(), 0..4_u32, any::<f64>()), 0..12),
        shrink in any::<f64>(),
        neighbors in any::<usize>(),
    ) {
        let user: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let item: Vec<u32> = rows.iter().map(|row| row.1).collect();
        let weight: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let abs: Vec<f64> = weight.iter().map(|w| w.abs().min(1e30)).collect();
        for weight in [weight, abs] {
            let Ok(rows) = Interactions::new(&user, &item, &weight) else { continue };
            for shrink in [shrink, shrink.abs()] {
                let Ok(fit) = ItemKnn::new(neighbors).with_shrink(shrink).fit(&rows) else { continue };
                for &user in rows.users() {
                    let scores = fit.score(&rows.history(user).unwrap()).unwrap();
                    prop_assert!(scores.iter().all(|s| s.score.is_finite() && s.score > 0.0));
                }
            }
        }
    }

    #[test]
    fn the_best_are_the_start_of_the_sort(scores in prop::collection::vec(-3..3_i32, 0..40), n in 0..50_usize) {
        let scored: Vec<Scored> =
            (0..).zip(&scores).map(|(item, &s)| Scored { item, score: f64::from(s) }).collect();
        let mut sorted = scored.clone();
        sorted.sort_by_key(|s| (-s.score as i32, s.item));
        sorted.truncate(n);
        prop_assert_eq!(recommender::best(scored, n), sorted);
    }

    #[test]
    fn metrics_by_definition(
        list in prop::collection::vec(0..20_u32, 0..15),
        relevant in prop::collection::btree_set(0..20_u32, 0..10),
        k in 0..20_usize,
    ) {
        let mut seen = BTreeSet::new();
        let hit: Vec<bool> =
            list.iter().map(|item| seen.insert(*item) && relevant.contains(item)).collect();
        let ranking = Ranking::new(&list, &relevant.iter().copied().collect::<Vec<_>>());
        let first = &hit[..k.min(hit.len())];
        let hits = first.iter().filter(|&&hit| hit).count();
        let n = relevant.len();
        prop_assert_eq!(ranking.hits(k), hits);
        let metrics = [
            ranking.precision(k),
            ranking.recall(k),
            ranking.recall_truncated(k),
            ranking.f1(k),
            ranking.hit_rate(k),
            ranking.reciprocal_rank(k),
            ranking.average_precision(k),
            ranking.average_precision_full(k),
            ranking.ndcg(k),
        ];
        for metric in metrics.into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&metric), "{}", metric);
        }
        if k > 0 && n > 0 {
            let gain = |hits: &mut dyn Iterator<Item = bool>| -> f64 {
                hits.zip(2..).map(|(hit, p)| f64::from(hit) / f64::from(p).log2()).sum()
            };
            let ideal = gain(&mut (0..n.min(k)).map(|_| true));
            assert_close!(ranking.ndcg(k).unwrap(), gain(&mut first.iter().copied()) / ideal, 1e-12);
            let precisions: f64 = (0..first.len())
                .filter(|&at| first[at])
                .map(|at| first[..=at].iter().filter(|&&h| h).count() as f64 / (at + 1) as f64)
                .sum();
            assert_close!(ranking.average_precision(k).unwrap(), precisions / n.min(k) as f64, 1e-12);
        }
        // Binary grades are the binary metric.
        let items: Vec<u32> = relevant.iter().copied().collect();
        let ones = vec![1.0; n];
        for gain in [Gain::Linear, Gain::Exponential] {
            let graded = graded_ndcg(&list, &items, &ones, k, gain).unwrap();
            match (graded, ranking.ndcg(k)) {
                (Some(graded), Some(binary)) => assert_close!(graded, binary, 1e-12),
                (graded, binary) => prop_assert_eq!(graded, binary),
            }
        }
    }

    #[test]
    fn graded_ndcg_is_in_range_and_one_for_the_ideal(
        grades in prop::collection::vec(0.0..1000.0_f64, 1..9),
        k in 1..12_usize,
    ) {
        let items: Vec<u32> = (0..grades.len() as u32).collect();
        let mut ideal: Vec<u32> = items.clone();
        ideal.sort_by(|&a, &b| grades[b as usize].total_cmp(&grades[a as usize]));
        for gain in [Gain::Linear, Gain::Exponential] {
            let any = graded_ndcg(&items, &items, &grades, k, gain).unwrap().unwrap_or(0.0);
            prop_assert!((0.0..=1.0).contains(&any));
            let best = graded_ndcg(&ideal, &items, &grades, k, gain).unwrap();
            assert_close!(best.unwrap_or(1.0), 1.0, 1e-12);
        }
    }

    #[test]
    fn catalog_metrics_in_range(lists in prop::collection::vec(prop::collection::btree_set(0..9_u32, 3), 1..9)) {
        let lists: Vec<Vec<u32>> = lists.into_iter().map(|l| l.into_iter().collect()).collect();
        let items: Vec<u32> = (0..9).collect();
        let shown = catalog::exposure(&lists, &items).unwrap();
        let fractions = [
            catalog::coverage(&shown),
            catalog::gini(&shown),
            catalog::personalization(&shown, lists.len(), 3).unwrap(),
        ];
        for fraction in fractions.into_iter().flatten() {
            prop_assert!((-1e-12..=1.0).contains(&fraction), "{}", fraction);
        }
        let entropy = catalog::entropy(&shown).unwrap();
        prop_assert!((0.0..=9.0_f64.ln() + 1e-12).contains(&entropy));
        // Personalization by its definition: pairs of lists.
        let (mut common, mut pairs) = (0.0, 0.0);
        for (at, a) in lists.iter().enumerate() {
            for b in &lists[at + 1..] {
                common += a.iter().filter(|item| b.contains(item)).count() as f64 / 3.0;
                pairs += 1.0;
            }
        }
        if pairs > 0.0 {
            let got = catalog::personalization(&shown, lists.len(), 3).unwrap().unwrap();
            assert_close!(got, 1.0 - common / pairs, 1e-12, abs 1e-12);
        }
    }

    #[test]
    fn splits_leave_no_row_and_leak_none(
        rows in prop::collection::vec((0..6_u32, 0..9_u32, 0..8_i64), 0..60),
        cut in 0..8_i64,
    ) {
        let user: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let item: Vec<u32> = rows.iter().map(|row| row.1).collect();
        let time: Vec<i64> = rows.iter().map(|row| row.2).collect();
        let splits = [
            split::last_row(&user, &item, &time, 3).unwrap(),
            split::last_moment(&user, &item, &time).unwrap(),
            split::at_time(&user, &item, &time, cut).unwrap(),
            split::unseen_users(&user, &item, &time, 2, 1, 0.6).unwrap(),
        ];
        for (which, split) in splits.iter().enumerate() {
            let own_history = if which == 3 { split.history.len() } else { 0 };
            let kept = split.train.len() + own_history + split.test.len() + split.repeats;
            prop_assert_eq!(kept, rows.len());
            for &row in &split.test {
                for &known in split.history.iter().filter(|&&known| user[known] == user[row]) {
                    prop_assert!(time[known] <= time[row]);
                    prop_assert_ne!(item[known], item[row]);
                }
            }
            if which == 3 {
                let trained: BTreeSet<u32> = split.train.iter().map(|&row| user[row]).collect();
                let asked = split.history.iter().chain(&split.test);
                prop_assert!(asked.clone().all(|&row| !trained.contains(&user[row])));
            } else {
                prop_assert_eq!(&split.train, &split.history);
            }
            let parts = split.apply(&user, &item, &vec![1.0; rows.len()]).unwrap();
            let model = ItemKnn::new(3).fit(&parts.train).unwrap();
            if let Ok(result) = eval::evaluate(&model, &parts.history, &parts.test, &[1, 3]) {
                prop_assert_eq!(result.users + result.without_test, parts.history.users().len());
                prop_assert_eq!(result.users + result.without_history, parts.test.users().len());
                for at in result.at {
                    for metric in [at.ndcg, at.precision, at.recall, at.recall_truncated, at.map, at.hit_rate, at.mrr] {
                        prop_assert!((0.0..=1.0).contains(&metric));
                    }
                }
            }
        }
    }

    #[test]
    fn weights_from_behavior(
        acts in prop::collection::vec((0..3_u32, 0..3_u32, 0..50_i32, 0..4_usize, 0..5_u32), 0..40),
        seed in any::<u64>(),
        units in any::<bool>(),
    ) {
        let kinds = [EventKind::Purchase, EventKind::Return, EventKind::View, EventKind::Call];
        let columns = |acts: &[(u32, u32, i32, usize, u32)]| {
            let mut columns = BehaviorColumns::new();
            for &(user, item, day, kind, quantity) in acts {
                columns.push(user, item, day, kinds[kind], f64::from(quantity)).unwrap();
            }
            columns
        };
        let weighting = Weighting::new(40)
            .with_weight(EventKind::View, 0.25)
            .with_half_life(15.0)
            .with_quantity(if units { Quantity::Units } else { Quantity::Acts });
        let result = weighting.apply(&columns(&acts).view()).unwrap();
        prop_assert_eq!(
            result.used + result.future + result.unweighted + result.empty,
            acts.len()
        );
        let mut shuffled = acts.clone();
        shuffle(&mut stream(seed, 1), &mut shuffled);
        prop_assert_eq!(&weighting.apply(&columns(&shuffled).view()).unwrap(), &result);

        // Without returns nothing weighs less; with everything returned, only views are left.
        let kept: Vec<_> = acts.iter().copied().filter(|act| act.3 != 1).collect();
        let without_returns = weighting.apply(&columns(&kept).view()).unwrap().interactions;
        for (user, item, weight) in result.interactions.pairs() {
            prop_assert!(weight <= without_returns.weight(user, item).unwrap());
        }
        let mut all_back = acts.clone();
        all_back.extend((0..9).map(|at| (at / 3, at % 3, 40, 1, 1000)));
        let views: Vec<_> = acts.iter().copied().filter(|act| act.3 == 2).collect();
        let left = weighting.apply(&columns(&all_back).view()).unwrap().interactions;
        prop_assert_eq!(left, weighting.apply(&columns(&views).view()).unwrap().interactions);

        // A half-life beyond all ages forgets nothing.
        let never = weighting.clone().with_half_life(1e12).apply(&columns(&acts).view()).unwrap();
        for (user, item, weight) in result.interactions.pairs() {
            prop_assert!(weight <= never.interactions.weight(user, item).unwrap());
        }
    }
}
