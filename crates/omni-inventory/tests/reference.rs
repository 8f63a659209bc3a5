//! Every case of the shared reference files, at the tolerances their README names.

use omni_inventory::demand::{Empirical, Gamma};
use omni_inventory::{
    Distribution, ProtectionInterval, UnitEconomics, eoq, newsvendor, newsvendor_cost,
    reorder_point,
};
use omni_testkit::assert_close;
use omni_testkit::reference::{json, number};
use serde_json::Value;

/// The cases of one block of a file; at least `least`, so that a renamed key is noticed.
fn cases(file: &str, block: &str, least: usize) -> Vec<Value> {
    let all = json(&format!("reference/inventory/{file}"));
    let list = all[block].as_array().unwrap_or_else(|| panic!("no {block} in {file}")).clone();
    assert!(list.len() >= least, "{} cases of {block} in {file}", list.len());
    println!("{file} {block}: {} cases", list.len());
    list
}

/// A number that may be left out of a case.
fn optional(object: &Value, key: &str) -> f64 {
    object.get(key).map_or(0.0, |value| value.as_f64().unwrap())
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn economic_order_quantity() {
    for case in cases("eoq_family.json", "eoq", 27) {
        let (input, output) = (&case["input"], &case["output"]);
        let of = |key| number(input, key);
        let best = eoq(of("demand_rate"), of("fixed_cost"), of("holding_cost")).unwrap();
        assert_close!(best.order_quantity, number(output, "order_quantity"), 1e-12, "{case}");
        assert_close!(best.cost, number(output, "cost"), 1e-12, "{case}");
        let elsewhere = best.cost_at(number(output, "at_quantity")).unwrap();
        assert_close!(elsewhere, number(output, "cost_at_quantity"), 1e-12, "{case}");
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn the_source_document() {
    let file = json("reference/platform/formulas.json");
    let case = &file["document"]["4.3_eoq"];
    let of = |key| number(&case["inputs"], key);
    let best = eoq(of("D"), of("S"), of("H")).unwrap();
    assert_close!(best.order_quantity, number(case, "value"), 1e-12);
    assert_close!(best.cost, number(case, "cost_at_eoq"), 1e-12);
    assert_close!(best.cost_at(632.0).unwrap(), number(case, "cost_at_632"), 1e-12);
    assert_close!(best.cost_at(633.0).unwrap(), number(case, "cost_at_633"), 1e-12);
    assert_close!(best.whole_quantity().unwrap() as f64, number(case, "best_integer"), 0.0);
    assert_close!(best.orders_per_time, number(case, "orders_per_year"), 1e-12);
    assert_close!(best.cycle_time * 365.0, number(case, "cycle_days_365"), 1e-12);
    let printed = number(case, "printed");
    assert_close!(best.cost_at(printed).unwrap(), number(case, "cost_at_printed_2000"), 1e-12);
    assert_close!(best.excess_at(printed).unwrap(), number(case, "excess_cost_of_printed"), 1e-12);
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn loss_functions() {
    let normal = Distribution::normal(0.0, 1.0).unwrap();
    for case in cases("loss_functions.json", "standard_normal", 20) {
        let z = number(&case, "z");
        check_losses(&normal, z, &case);
        check_complementary_loss(&normal, z, &case);
    }
    for case in cases("loss_functions.json", "poisson", 22) {
        let demand = Distribution::poisson(number(&case, "mean")).unwrap();
        let x = number(&case, "x");
        check_losses(&demand, x, &case);
        check_complementary_loss(&demand, x, &case);
    }
    for case in cases("loss_functions.json", "gamma", 15) {
        let demand = Gamma::new(number(&case, "shape"), number(&case, "scale")).unwrap().into();
        check_losses(&demand, number(&case, "x"), &case);
    }
}

fn check_losses(demand: &Distribution, x: f64, case: &Value) {
    assert_close!(demand.loss(x).unwrap(), number(case, "loss"), 1e-12, "{case}");
    assert_close!(demand.second_loss(x).unwrap(), number(case, "second_loss"), 1e-12, "{case}");
}

fn check_complementary_loss(demand: &Distribution, x: f64, case: &Value) {
    let got = demand.complementary_loss(x).unwrap();
    assert_close!(got, number(case, "complementary_loss"), 1e-12, "{case}");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn newsvendor_normal() {
    for case in cases("newsvendor.json", "normal", 27) {
        let (input, output) = (&case["input"], &case["output"]);
        let of = |key| number(input, key);
        let demand = ProtectionInterval::new(
            of("demand_mean"),
            of("demand_sd"),
            optional(input, "lead_time"),
        )
        .with_review_period(1.0)
        .demand()
        .and_then(|demand| demand.normal())
        .unwrap();
        let best = newsvendor(of("stockout_cost"), of("holding_cost"), &demand).unwrap();
        let level = number(output, "base_stock_level");
        assert_close!(best.base_stock_level, level, 1e-12, "{case}");
        assert_close!(best.expected_cost, number(output, "cost"), 1e-12, "{case}");
        let above = newsvendor_cost(of("stockout_cost"), of("holding_cost"), &demand, level * 1.1);
        assert_close!(above.unwrap(), number(output, "cost_at_S_times_1_1"), 1e-12, "{case}");
    }
}

fn economics(input: &Value) -> UnitEconomics {
    UnitEconomics::new(number(input, "revenue"), number(input, "purchase_cost"))
        .with_salvage_value(number(input, "salvage_value"))
        .with_holding_cost(optional(input, "holding_cost"))
        .with_stockout_cost(optional(input, "stockout_cost"))
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn newsvendor_by_prices() {
    for case in cases("newsvendor.json", "normal_explicit", 16) {
        let (input, output) = (&case["input"], &case["output"]);
        let demand = (number(input, "demand_mean"), number(input, "demand_sd"));
        let demand = Distribution::normal(demand.0, demand.1).unwrap();
        let best = economics(input).newsvendor(&demand).unwrap();
        let level = number(output, "base_stock_level");
        assert_close!(best.stock.base_stock_level, level, 1e-12, "{case}");
        assert_close!(best.expected_profit, number(output, "profit"), 1e-12, "{case}");
    }
    for case in cases("newsvendor.json", "poisson_explicit", 12) {
        let (input, output) = (&case["input"], &case["output"]);
        let demand = Distribution::poisson(number(input, "demand_mean")).unwrap();
        let best = economics(input).newsvendor(&demand).unwrap();
        assert_eq!(best.stock.base_stock_level, number(output, "base_stock_level"), "{case}");
        assert_close!(best.expected_profit, number(output, "profit"), 1e-9, "{case}");
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn newsvendor_in_whole_units() {
    for case in cases("newsvendor.json", "poisson", 26) {
        let demand = Distribution::poisson(number(&case["input"], "demand_mean")).unwrap();
        check_discrete(&demand, &case);
    }
    for case in cases("newsvendor.json", "discrete", 15) {
        let (values, weights): (Vec<f64>, Vec<f64>) = case["input"]["demand_pmf"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(value, p)| (value.parse::<f64>().unwrap(), p.as_f64().unwrap()))
            .unzip();
        check_discrete(&Empirical::weighted(&values, &weights).unwrap().into(), &case);
    }
}

fn check_discrete(demand: &Distribution, case: &Value) {
    let (input, output) = (&case["input"], &case["output"]);
    let (under, over) = (number(input, "stockout_cost"), number(input, "holding_cost"));
    let best = newsvendor(under, over, demand).unwrap();
    assert_eq!(best.base_stock_level, number(output, "check_S"), "{case}");
    assert_close!(best.expected_cost, number(output, "check_cost"), 1e-9, "{case}");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn newsvendor_continuous() {
    let mut done = 0;
    for case in cases("newsvendor.json", "continuous", 18) {
        let (input, output) = (&case["input"], &case["output"]);
        let of = |key| number(input, key);
        let demand = match input["distribution"].as_str().unwrap() {
            "gamma" => Gamma::new(of("shape"), of("scale")),
            "exponential" => Gamma::new(1.0, of("mean")),
            _ => continue, // log-normal and uniform demand are not in this crate
        };
        let best = newsvendor(of("stockout_cost"), of("holding_cost"), &demand.unwrap().into());
        let best = best.unwrap();
        let level = number(output, "base_stock_level");
        assert_close!(best.base_stock_level, level, 1e-12, "{case}");
        assert_close!(best.expected_cost, number(output, "cost"), 1e-9, "{case}");
        done += 1;
    }
    assert!(done >= 9, "{done} cases");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn reorder_points() {
    for case in cases("safety_stock.json", "reorder_point", 30) {
        let (input, output) = (&case["input"], &case["output"]);
        let of = |key| number(input, key);
        let (level, target, quantity) =
            (of("cycle_service_level"), of("fill_rate"), of("order_quantity"));
        let demand =
            ProtectionInterval::new(of("demand_mean"), of("demand_sd"), of("lead_time_mean"))
                .with_lead_time_sd(of("lead_time_sd"))
                .with_review_period(of("review_period"))
                .demand()
                .unwrap();
        let close = |got, key: &str, tolerance| {
            assert_close!(got, number(output, key), tolerance, "{key} {case}");
        };
        close(demand.mean, "ltd_mean", 1e-12);
        close(demand.sd, "ltd_sd", 1e-12);
        close(demand.safety_stock(level).unwrap(), "ss_csl", 1e-12);

        let normal = demand.normal().unwrap();
        let point = reorder_point::cycle_service(&normal, level).unwrap();
        close(point.reorder_point, "reorder_point_csl", 1e-12);
        close(point.safety_stock, "ss_csl", 1e-11);
        let share = reorder_point::fill_rate_at(&normal, point.reorder_point, quantity).unwrap();
        close(share, "fill_rate_at_csl_point", 1e-12);

        let point = reorder_point::fill_rate(&normal, target, quantity).unwrap();
        close(point.reorder_point, "reorder_point_fill_rate", 1e-10);
        assert_close!(
            point.safety_stock,
            number(output, "ss_fill_rate"),
            1e-8,
            abs 1e-10 * demand.sd,
            "{case}"
        );
        close(point.cycle_service_level, "csl_at_fill_rate_point", 1e-10);

        let gamma = demand.gamma().unwrap();
        let Distribution::Gamma(parameters) = &gamma else { panic!("{gamma:?}") };
        let output = &output["gamma"];
        assert_close!(parameters.shape(), number(output, "shape"), 1e-12, "{case}");
        assert_close!(parameters.scale(), number(output, "scale"), 1e-12, "{case}");
        let point = reorder_point::cycle_service(&gamma, level).unwrap().reorder_point;
        assert_close!(point, number(output, "reorder_point_csl"), 1e-12, "{case}");
        let point = reorder_point::fill_rate(&gamma, target, quantity).unwrap().reorder_point;
        assert_close!(point, number(output, "reorder_point_fill_rate"), 1e-10, "{case}");
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn reorder_points_in_whole_units() {
    for case in cases("safety_stock.json", "discrete", 12) {
        let (input, output) = (&case["input"], &case["output"]);
        let of = |key| number(input, key);
        let dispersion = of("dispersion");
        let demand = if dispersion > 1.0 {
            Distribution::negative_binomial(of("ltd_mean"), dispersion)
        } else {
            Distribution::poisson(of("ltd_mean"))
        }
        .unwrap();
        let quantity = of("order_quantity");
        let point = reorder_point::cycle_service(&demand, of("cycle_service_level")).unwrap();
        assert_eq!(point.reorder_point, number(output, "reorder_point_csl"), "{case}");
        let point = reorder_point::fill_rate(&demand, of("fill_rate"), quantity).unwrap();
        assert_eq!(point.reorder_point, number(output, "reorder_point_fill_rate"), "{case}");
        let share = reorder_point::fill_rate_at(&demand, point.reorder_point, quantity).unwrap();
        assert_close!(share, number(output, "fill_rate_there"), 1e-12, "{case}");
    }
}
