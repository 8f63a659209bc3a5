//! What is stored comes back, and what is broken does not.

use omni_inventory::demand::{Empirical, Gamma, NegativeBinomial, Normal, Poisson};
use omni_inventory::{
    Distribution, Eoq, Newsvendor, ProtectionInterval, Replenish, Replenishment, UnitEconomics,
    eoq, newsvendor,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
}

#[test]
fn what_is_stored_comes_back() {
    let demand = Empirical::weighted(&[3.0, 1.0, 2.5], &[0.1, 0.2, 0.4]).unwrap();
    for kind in [
        Distribution::normal(0.1, 0.2).unwrap(),
        Distribution::gamma(0.1, 0.3).unwrap(),
        Distribution::poisson(0.3).unwrap(),
        Distribution::negative_binomial(0.3, 1.1).unwrap(),
        demand.into(),
    ] {
        round_trip(&kind);
        round_trip::<Newsvendor>(&newsvendor(0.3, 0.7, &kind).unwrap());
    }
    round_trip::<Eoq>(&eoq(10.0, 3.0, 0.7).unwrap());
    round_trip(&ProtectionInterval::new(0.1, 0.2, 0.3).with_review_period(0.7));
    round_trip(&ProtectionInterval::new(0.1, 0.2, 0.3).demand().unwrap());
    round_trip(&UnitEconomics::new(1.0, 0.3).with_salvage_value(0.1));
    round_trip(&Replenish::new(0.95, 3, 7));
    let line = r#"{"key":7,"position":-1,"reorder_point":3,"order_quantity":4,"why":"below_reorder_point"}"#;
    let line: Replenishment = serde_json::from_str(line).unwrap();
    assert_eq!(line.to_string(), "position -1 is below the reorder point 3: order 4");
    round_trip(&line);
}

#[test]
fn what_is_broken_does_not() {
    fn refused<T: DeserializeOwned>(text: &str, reason: &str) {
        let error = serde_json::from_str::<T>(text).err().map(|e| e.to_string());
        assert!(error.as_ref().is_some_and(|e| e.contains(reason)), "{text}: {error:?}");
    }
    refused::<Normal>(r#"{"mean":1.0,"sd":-1.0}"#, "sd must be non-negative");
    refused::<Gamma>(r#"{"shape":0.0,"scale":1.0}"#, "shape must be positive");
    refused::<Poisson>(r#"{"mean":1e300}"#, "mean must be at most 1e15");
    refused::<NegativeBinomial>(r#"{"mean":1.0,"dispersion":1.0}"#, "dispersion must be in");
    refused::<Empirical>(r#"{"values":[1.0],"weights":[]}"#, "weights must have 1 entries");
    refused::<Distribution>(r#"{"poisson":{"mean":-1.0}}"#, "mean must be non-negative");
    refused::<Normal>(r#"{"mean":1.0,"sd":1.0,"extra":1}"#, "unknown field");
}
