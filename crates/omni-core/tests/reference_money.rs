//! Every money case of the reference folder.

use omni_core::money::Money;
use omni_core::rounding::{Rounding, round_div};
use omni_core::tax::{TaxMode, Taxed, split_tax};
use omni_core::totals::{Discount, Line, Policy, Reduction, RoundLevel, order_totals};
use omni_core::{Currency, Rate, UnitPrice};
use omni_testkit::reference::json;
use serde_json::Value;
use std::num::NonZeroU64;

const EUR: Currency = Currency::EUR;

fn cases(key: &str) -> Value {
    json("reference/platform/formulas.json")["money"][key].clone()
}

fn list(key: &str) -> Vec<Value> {
    cases(key).as_array().unwrap().clone()
}

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is not an i64"))
}

fn eur(minor: i64) -> Money {
    Money::new(minor, EUR)
}

fn figures(value: &Value) -> [i64; 3] {
    ["net", "tax", "gross"].map(|key| int(&value[key]))
}

fn of(split: Taxed) -> [i64; 3] {
    [split.net(), split.tax(), split.gross()].map(Money::minor)
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn rounding() {
    let modes = [
        ("half_up", Rounding::HalfUp),
        ("half_even", Rounding::HalfEven),
        ("half_down", Rounding::HalfDown),
        ("floor", Rounding::Floor),
        ("ceil", Rounding::Ceil),
        ("toward_zero", Rounding::TowardZero),
        ("away_from_zero", Rounding::AwayFromZero),
    ];
    let cases = list("rounding");
    assert_eq!(cases.len(), 15);
    for case in cases {
        let num: i128 = case["num"].as_str().unwrap().parse().unwrap();
        let den = NonZeroU64::new(case["den"].as_u64().unwrap()).unwrap();
        for (key, mode) in modes {
            let expected: i128 = case[key].as_str().unwrap().parse().unwrap();
            assert_eq!(round_div(num, den, mode), expected, "{key} of {num} / {den}");
        }
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn allocation() {
    let cases = list("allocate");
    assert_eq!(cases.len(), 11);
    for case in cases {
        let numbers = |key: &str| case[key].as_array().unwrap().iter().map(int).collect::<Vec<_>>();
        let weights: Vec<u64> = numbers("weights").iter().map(|w| w.unsigned_abs()).collect();
        let parts = eur(int(&case["total"])).allocate(&weights).unwrap();
        assert_eq!(parts.into_iter().map(Money::minor).collect::<Vec<_>>(), numbers("parts"));
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn tax() {
    let cases = list("tax");
    assert_eq!(cases.len(), 14);
    for case in cases {
        let mode = match case["mode"].as_str().unwrap() {
            "inclusive" => TaxMode::Inclusive,
            "exclusive" => TaxMode::Exclusive,
            other => panic!("{other}"),
        };
        let rate = Rate::from_ppm(int(&case["rate_ppm"]));
        for (key, rounding) in [("half_up", Rounding::HalfUp), ("half_even", Rounding::HalfEven)] {
            let split = split_tax(eur(int(&case["amount"])), rate, mode, rounding).unwrap();
            assert_eq!(of(split), figures(&case[key]), "{case}");
        }
    }
}

/// The cases that users of shop systems reported, each through the whole of the totals.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn anchor_cases() {
    let cases = cases("anchor_cases");
    let case = |start: &str| {
        let found = cases.as_object().unwrap().iter().find(|(name, _)| name.starts_with(start));
        found.unwrap_or_else(|| panic!("no case {start}")).1.clone()
    };
    let policy = |mode| Policy::new(EUR, mode, Rounding::HalfUp, RoundLevel::Line);
    let times = |price: &str, quantity| {
        UnitPrice::from_decimal(price, EUR).unwrap().times(quantity, Rounding::HalfUp).unwrap()
    };
    let percent = |text: &str| Reduction::Percent(text.parse().unwrap());

    let expected = case("vendure#2662");
    let rate: Rate = "20 %".parse().unwrap();
    let lines = [Line::goods(times("38.23", 10), rate)];
    let totals = order_totals(&lines, &[], policy(TaxMode::Inclusive)).unwrap();
    assert_eq!(of(totals.total), figures(&expected["line_first"]));

    let expected = case("vendure#3091");
    let lines = [Line::goods(times("366.06", 25), Rate::ZERO)];
    let tenth = [Discount::order("10 % off", percent("10 %"))];
    let totals = order_totals(&lines, &tenth, policy(TaxMode::Exclusive)).unwrap();
    assert_eq!(totals.listed.minor(), int(&expected["line_net"]));
    assert_eq!(totals.discount.minor(), int(&expected["discount_line_first"]));
    assert_eq!(totals.total.net().minor(), int(&expected["subtotal_line_first"]));

    let expected = case("medusa#14817");
    let lines = [
        Line::goods(times("24.99", 1), "10.75 %".parse().unwrap()),
        Line::shipping(times("6.44", 1), Rate::ZERO),
    ];
    let totals = order_totals(&lines, &[], policy(TaxMode::Exclusive)).unwrap();
    assert_eq!(totals.total.tax().minor(), int(&expected["tax"]));
    assert_eq!(totals.total.gross().minor(), int(&expected["total"]));

    let expected = case("medusa#12789");
    let authorized = times("98.9009", 1);
    assert_eq!(authorized.minor(), int(&expected["authorised_minor"]));
    let captured = eur(int(&expected["captured_minor"]));
    assert_eq!(authorized.try_sub(captured).unwrap().minor(), int(&expected["remainder"]));

    let expected = case("cubecart#1997");
    let lines = [Line::goods(eur(10_000), Rate::ZERO)];
    let five = Discount::order("5 off", Reduction::Amount(eur(500)));
    let ten = Discount::order("10 %", percent("10 %"));
    let thirty = Discount::order("30 %", percent("30 %"));
    for (key, stack) in [
        ("fixed_first", [five.clone(), ten.clone(), thirty.clone()]),
        ("percent_first", [ten, thirty, five]),
    ] {
        let totals = order_totals(&lines, &stack, policy(TaxMode::Inclusive)).unwrap();
        assert_eq!(totals.total.gross().minor(), int(&expected[key]), "{key}");
        assert!(totals.discounts.iter().map(|d| &d.discount).eq(&stack), "{key}");
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn partial_refund() {
    let case = cases("partial_refund");
    let pieces = u32::try_from(int(&case["line_qty"])).unwrap();
    let refunds = eur(int(&case["line_gross"])).split(pieces).unwrap().map(Money::minor);
    let expected: Vec<i64> = case["unit_refunds"].as_array().unwrap().iter().map(int).collect();
    assert_eq!(refunds.collect::<Vec<_>>(), expected);
}
