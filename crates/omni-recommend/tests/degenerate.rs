//! Hostile input through the front door: an answer or a typed error, never a panic.

use omni_core::{BehaviorColumns, EventKind};
use omni_recommend::eval::{self, Ranking, split};
use omni_recommend::{
    Error, Filter, History, Interactions, ItemKnn, Popularity, Recommender, Weighting, baseline,
};

fn models(rows: &Interactions) -> [Box<dyn Recommender>; 2] {
    [
        Box::new(ItemKnn::new(usize::MAX).fit(rows).unwrap()),
        Box::new(Popularity::weight().fit(rows)),
    ]
}

#[test]
fn nothing_at_all() {
    let rows = Interactions::new(&[], &[], &[]).unwrap();
    for model in models(&rows) {
        for n in [0, 1, usize::MAX] {
            let list = model.recommend(&History::of([1, u32::MAX]), n, &Filter::new());
            assert_eq!(list, Ok(vec![]));
        }
    }
    let none: [i32; 0] = [];
    let split = split::last_moment(&[], &[], &none).unwrap();
    let parts = split.apply(&[], &[], &[]).unwrap();
    let popular = Popularity::users().fit(&parts.train);
    let result = eval::evaluate(&popular, &parts.history, &parts.test, &[10]);
    assert_eq!(result, Err(Error::NothingToEvaluate));
    let weighted = Weighting::new(i32::MIN).apply(&BehaviorColumns::new().view()).unwrap();
    assert_eq!((weighted.used, weighted.interactions.len()), (0, 0));
}

#[test]
fn one_pair() {
    let rows = Interactions::new(&[u32::MAX], &[u32::MAX], &[1.0]).unwrap();
    let history = rows.history(u32::MAX).unwrap();
    for model in models(&rows) {
        assert_eq!(model.recommend(&history, usize::MAX, &Filter::new()), Ok(vec![]));
    }
    let popular = Popularity::users().fit(&rows);
    let list = popular.recommend(&History::default(), usize::MAX, &Filter::new()).unwrap();
    assert_eq!(list.len(), 1);
}

#[test]
fn everybody_bought_everything() {
    let user: Vec<u32> = (0..20).flat_map(|u| [u; 10]).collect();
    let item: Vec<u32> = (0..20).flat_map(|_| 0..10).collect();
    let rows = Interactions::new(&user, &item, &[2.5; 200]).unwrap();
    let fit = ItemKnn::new(3).fit(&rows).unwrap();
    // All similarities are 1: the smallest items win.
    for item in 0..10 {
        let expected: Vec<u32> = (0..10).filter(|&other| other != item).take(3).collect();
        let got = fit.neighbors(item);
        assert_eq!(got.iter().map(|s| s.item).collect::<Vec<_>>(), expected);
        assert!(got.iter().all(|s| s.score == 1.0));
    }
    let all = rows.history(0).unwrap();
    assert_eq!(fit.recommend(&all, 10, &Filter::new()), Ok(vec![]));
}

#[test]
fn the_ends_of_the_number_line() {
    let weights = [f64::from(f32::MAX), f64::from(f32::from_bits(1)), 1e-300, 5e-324, 1.0, 0.0];
    let user: Vec<u32> = (0..36).map(|at| at / 6).collect();
    let item: Vec<u32> = (0..36).map(|at| at % 6).collect();
    let weight: Vec<f64> = (0..36).map(|at| weights[(at / 6 + at % 6) % 6]).collect();
    let rows = Interactions::new(&user, &item, &weight).unwrap();
    for model in models(&rows) {
        for user in 0..6 {
            let history = rows.history(user).unwrap();
            let filter = Filter::new().with_history();
            for scored in model.recommend(&history, usize::MAX, &filter).unwrap() {
                assert!(scored.score.is_finite() && scored.score > 0.0);
            }
        }
    }
}

#[test]
fn a_day_is_any_day() {
    let mut rows = BehaviorColumns::new();
    for day in [i32::MIN, -1, 0, i32::MAX] {
        rows.push(1, 1, day, EventKind::Purchase, 1.0).unwrap();
        rows.push(1, 1, day, EventKind::Return, f64::MAX).unwrap();
        rows.push(1, 2, day, EventKind::View, 1.0).unwrap();
    }
    for now in [i32::MIN, 0, i32::MAX] {
        for half_life in [5e-324, 1.0, f64::MAX] {
            let weighted = Weighting::new(now)
                .with_weight(EventKind::View, 1.0)
                .with_half_life(half_life)
                .apply(&rows.view())
                .unwrap();
            assert_eq!(weighted.interactions.weight(1, 1), None);
            assert!(weighted.interactions.weight(1, 2).is_some());
            assert_eq!(weighted.used + weighted.future, 12);
        }
    }
}

#[test]
fn huge_counts_allocate_nothing() {
    let rows = Interactions::new(&[1, 1, 2], &[1, 2, 1], &[1.0; 3]).unwrap();
    let [model, popular] = models(&rows);
    let history = History::of([1]);
    let filled = baseline::recommend_or(
        model.as_ref(),
        popular.as_ref(),
        &history,
        usize::MAX,
        &Filter::new(),
    );
    assert_eq!(filled.unwrap().list.len(), 1);
    assert_eq!(Ranking::new(&[1], &[1]).ndcg(usize::MAX), Some(1.0));
    let result = eval::evaluate(model.as_ref(), &rows, &rows, &[usize::MAX]).unwrap();
    assert_eq!((result.users, result.short_lists), (2, 2));
}
