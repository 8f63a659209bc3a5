//! What is stored reads back as it was; what breaks a rule is refused.

use omni_core::EventKind;
use omni_recommend::baseline::PopularityFit;
use omni_recommend::eval::{self, Split, split};
use omni_recommend::neighbors::ItemKnnFit;
use omni_recommend::{
    Filter, History, Interactions, ItemKnn, Popularity, Quantity, Recommender, Weighting,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value, "{text}");
}

#[test]
fn everything_reads_back() {
    let user = [1, 1, 2, 2, 3, 3, 3];
    let item = [10, 20, 10, 30, 20, 30, 40];
    let weight = [1.0, 0.3, 2.0, 1e-30, 1.0, 7.0, 1.0];
    let rows = Interactions::new(&user, &item, &weight).unwrap();
    let knn = ItemKnn::new(2).with_shrink(0.5);
    let (fit, popular) = (knn.fit(&rows).unwrap(), Popularity::weight().fit(&rows));
    let history = rows.history(1).unwrap();
    let split = split::last_row(&user, &item, &[1, 2, 1, 2, 1, 2, 3], 2).unwrap();
    let parts = split.apply(&user, &item, &weight).unwrap();
    round_trip(&eval::evaluate(&popular, &parts.history, &parts.test, &[1, 2]).unwrap());
    round_trip(&parts);
    round_trip(&rows);
    round_trip(&knn);
    round_trip(&fit);
    round_trip(&popular);
    round_trip(&Popularity::users());
    round_trip(&history);
    round_trip(&split);
    round_trip(&Filter::in_stock([3, 1]).without([7]).with_history());
    round_trip(&fit.recommend(&history, 5, &Filter::new()).unwrap());
    round_trip(
        &Weighting::new(7)
            .with_weight(EventKind::View, 0.1)
            .with_half_life(30.0)
            .with_quantity(Quantity::Units),
    );
}

fn refused<T: DeserializeOwned + Debug>(texts: &[&str]) {
    for text in texts {
        assert!(serde_json::from_str::<T>(text).is_err(), "{text}");
    }
}

#[test]
fn broken_rules_are_refused() {
    refused::<Interactions>(&[
        r#"{"user":[1],"item":[],"weight":[1.0]}"#,
        r#"{"user":[1],"item":[1],"weight":[-1.0]}"#,
        r#"{"user":[-1],"item":[1],"weight":[1.0]}"#,
        r#"{"user":[1],"item":[1],"weight":[1e300]}"#,
    ]);
    refused::<History>(&[r#"{"item":[1],"weight":[]}"#, r#"{"item":[1],"weight":[-0.5]}"#]);
    refused::<PopularityFit>(&[
        r#"[{"item":1,"score":1.0},{"item":1,"score":2.0}]"#,
        r#"[{"item":1,"score":0.0}]"#,
        r#"[{"item":1,"score":-1.0}]"#,
    ]);
    refused::<ItemKnnFit>(&[
        r#"{"items":[1,2],"neighbors":[[]]}"#,
        r#"{"items":[2,1],"neighbors":[[],[]]}"#,
        r#"{"items":[1,1],"neighbors":[[],[]]}"#,
        r#"{"items":[1,2],"neighbors":[[[3,0.5]],[]]}"#,
        r#"{"items":[1,2],"neighbors":[[[1,0.5]],[]]}"#,
        r#"{"items":[1,2],"neighbors":[[[2,0.5],[2,0.4]],[]]}"#,
        r#"{"items":[1,2],"neighbors":[[[2,1.5]],[]]}"#,
        r#"{"items":[1,2],"neighbors":[[[2,0.0]],[]]}"#,
        r#"{"items":[1,2],"neighbors":[[[2,-0.5]],[]]}"#,
    ]);
    refused::<Split>(&[r#"{"train":[-1],"history":[],"test":[],"repeats":0}"#]);
}

#[test]
fn lists_in_any_order_are_put_in_order() {
    let filter: Filter =
        serde_json::from_str(r#"{"with_history":false,"only":[3,1,3],"without":[]}"#).unwrap();
    assert_eq!(filter, Filter::in_stock([1, 3]));
    let text = r#"{"items":[1,2,3],"neighbors":[[[2,0.25],[3,0.5]],[],[]]}"#;
    let fit: ItemKnnFit = serde_json::from_str(text).unwrap();
    let nearest: Vec<u32> = fit.neighbors(1).iter().map(|s| s.item).collect();
    assert_eq!(nearest, [3, 2]);
    let text = r#"[{"item":1,"score":1.0},{"item":2,"score":2.0}]"#;
    let popular: PopularityFit = serde_json::from_str(text).unwrap();
    assert_eq!(popular.ranking()[0].item, 2);
}
