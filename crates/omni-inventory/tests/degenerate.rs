//! Extremes with a known answer.

use omni_core::Quantiles;
use omni_inventory::demand::Gamma;
use omni_inventory::{Distribution, Error, Replenish, eoq, newsvendor, reorder_point};
use omni_testkit::assert_close;

#[test]
fn a_million_units_or_a_millionth_of_one() {
    for factor in [1e-6, 1.0, 1e6] {
        let best = eoq(1e4 * factor, 200.0, 10.0 / factor).unwrap();
        assert_close!(best.cost, 6_324.555_320_336_759, 1e-12);
    }
}

#[test]
fn one_observation_is_certainty() {
    let demand = Distribution::empirical(&[7.0]).unwrap();
    for p in [1e-300, 0.5, 0.999] {
        assert_eq!(demand.quantile(p), Ok(7.0));
    }
    assert_eq!((demand.mean(), demand.sd()), (7.0, 0.0));
    assert_eq!(
        (demand.loss(5.0), demand.loss(7.0), demand.loss(1e300)),
        (Ok(2.0), Ok(0.0), Ok(0.0))
    );
    assert_eq!(newsvendor(1.0, 9.0, &demand).unwrap().expected_cost, 0.0);
}

#[test]
fn the_largest_poisson_mean_is_as_quick_as_a_small_one() {
    let demand = Distribution::poisson(1e15).unwrap();
    // Median and spread: m + 1/3 and √m.
    assert_close!(demand.quantile(0.5).unwrap(), 1e15, 1e-15);
    let z = (demand.quantile(0.975).unwrap() - 1e15) / 1e15_f64.sqrt();
    assert_close!(z, 1.959_963_985, 1e-7);
    let level = reorder_point::fill_rate(&demand, 0.99, 1e9).unwrap().reorder_point;
    assert_close!(reorder_point::fill_rate_at(&demand, level, 1e9).unwrap(), 0.99, 1e-6);
}

#[test]
fn the_poisson_loss_at_a_mean_of_a_million() {
    // mpmath, 60 digits: E(X − k)⁺ as an incomplete gamma integral.
    let demand = Distribution::poisson(1e6).unwrap();
    for (k, loss) in [
        (994_000.0, 6_000.000_000_150_38),
        (999_000.0, 1_083.275_115_238_923_5),
        (1_000_000.0, 398.942_247_156_244_04),
        (1_001_500.0, 29.339_159_335_785_41),
        (1_005_000.0, 5.471_186_935_990_863e-05),
        (1_012_000.0, 1.956_117_472_549_210_2e-31),
    ] {
        assert_close!(demand.loss(k).unwrap(), loss, 1e-12, "{k}");
    }
}

#[test]
fn a_gamma_of_tiny_shape_is_mostly_zero() {
    let demand: Distribution = Gamma::new(1e-4, 1e4).unwrap().into();
    assert_eq!(demand.mean(), 1.0);
    assert_close!(demand.loss(0.0).unwrap(), 1.0, 1e-15);
    assert!(demand.quantile(0.5).unwrap() < 1e-300);
    assert!(demand.sf(1e-300).unwrap() < 0.1);
    assert_close!(demand.sf(demand.quantile(0.9999).unwrap()).unwrap(), 1e-4, 1e-10);
}

#[test]
fn nothing_to_plan() {
    let forecast = Quantiles::new(vec![], vec![0.5], 3, vec![]).unwrap();
    assert_eq!(Replenish::new(0.5, 1, 1).plan(&forecast, &[]), Ok(vec![]));
    assert!(matches!(
        Replenish::new(0.5, usize::MAX, 1).plan(&forecast, &[]),
        Err(Error::Param(_))
    ));
}
