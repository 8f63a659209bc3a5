//! Properties of money, tax, exchange and totals; brute force beside each.

use omni_core::rounding::{Rounding, round_div};
use omni_core::tax::{TaxMode, Taxed, split_tax};
use omni_core::totals::{
    Discount, Line, LineKind, OrderTotals, Policy, Reduction, RoundLevel, Target, order_totals,
};
use omni_core::{Currency, ExchangeRate, Money, MoneyError, Rate, UnitPrice};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::num::NonZeroU64;

const ROUNDINGS: [Rounding; 7] = [
    Rounding::HalfUp,
    Rounding::HalfEven,
    Rounding::HalfDown,
    Rounding::Floor,
    Rounding::Ceil,
    Rounding::TowardZero,
    Rounding::AwayFromZero,
];

fn currency() -> impl Strategy<Value = Currency> {
    select(Currency::all().collect::<Vec<_>>())
}

fn rounding() -> impl Strategy<Value = Rounding> {
    select(ROUNDINGS.to_vec())
}

fn mode() -> impl Strategy<Value = TaxMode> {
    select(vec![TaxMode::Inclusive, TaxMode::Exclusive])
}

/// Everyday numbers, any number, and the ends of the range.
fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![
        -100_000_i64..100_000,
        any::<i64>(),
        select(vec![i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX]),
    ]
}

fn weight() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..10, any::<u64>(), select(vec![0, 1, u64::MAX - 1, u64::MAX])]
}

fn wide(money: Money) -> i128 {
    i128::from(money.minor())
}

/// The result agrees with 128-bit arithmetic: the same number, or an overflow where it does
/// not fit 64 bits.
fn agrees(result: &Result<Money, MoneyError>, exact: i128) -> bool {
    match result {
        Ok(money) => wide(*money) == exact,
        Err(MoneyError::Overflow { .. }) => i64::try_from(exact).is_err(),
        Err(_) => false,
    }
}

fn minors(parts: &[Money]) -> Vec<i64> {
    parts.iter().map(|part| part.minor()).collect()
}

/// Exact shares of an allocation: rounded down, and what is left of each.
fn floors(amount: i64, weights: &[u64]) -> Vec<(u128, u128)> {
    let sum: u128 = weights.iter().map(|&w| u128::from(w)).sum();
    let products = weights.iter().map(|&w| u128::from(amount.unsigned_abs()) * u128::from(w));
    products.map(|p| (p / sum, p % sum)).collect()
}

proptest! {
    /// The rounded number is a neighbor of the quotient, and the one the mode names.
    #[test]
    fn rounding_takes_the_named_neighbor(
        num in prop_oneof![-1_000_i128..1_000, -(1_i128 << 120)..(1_i128 << 120)],
        den in prop_oneof![1_u64..20, any::<u64>().prop_filter("positive", |&d| d > 0)],
    ) {
        let wide_den = i128::from(den);
        for mode in ROUNDINGS {
            let rounded = round_div(num, NonZeroU64::new(den).unwrap(), mode);
            let error = rounded * wide_den - num;
            prop_assert!(error.abs() < wide_den);
            let twice = 2 * error.abs();
            let away = (rounded * wide_den).abs() >= num.abs();
            let holds = match mode {
                Rounding::Floor => error <= 0,
                Rounding::Ceil => error >= 0,
                Rounding::TowardZero => error == 0 || !away,
                Rounding::AwayFromZero => away,
                Rounding::HalfUp => twice < wide_den || (twice == wide_den && away),
                Rounding::HalfDown => twice < wide_den || (twice == wide_den && !away),
                Rounding::HalfEven => twice < wide_den || (twice == wide_den && rounded % 2 == 0),
                _ => false,
            };
            prop_assert!(holds, "{mode:?} of {num} / {den} is {rounded}");
        }
    }

    #[test]
    fn text_round_trips_in_every_currency(minor in minor()) {
        for currency in Currency::all() {
            let money = Money::new(minor, currency);
            prop_assert_eq!(money.to_string().parse(), Ok(money));
            prop_assert_eq!(Money::from_decimal(&money.to_decimal(), currency), Ok(money));
            let price = UnitPrice::from(money);
            prop_assert_eq!(price.to_string(), money.to_string());
            prop_assert_eq!(Money::try_from(price), Ok(money));
        }
    }

    #[test]
    fn prices_and_rates_round_trip(value in minor(), scale in 0_u8..=18, currency in currency()) {
        if let Ok(price) = UnitPrice::new(value, scale, currency) {
            prop_assert_eq!(price.to_string().parse(), Ok(price));
        } else {
            prop_assert!(scale < currency.exponent());
        }
        let rate = Rate::from_ppm(value);
        prop_assert_eq!(rate.to_string().parse(), Ok(rate));
    }

    /// Whatever text is read is printed as the same number; nothing panics.
    #[test]
    fn any_text_is_read_exactly_or_refused(
        text in prop_oneof![".{0,24}", "-?[0-9]{0,22}\\.?[0-9]{0,22} ?[A-Z%]{0,3}"],
    ) {
        if let Ok(money) = text.parse::<Money>() {
            prop_assert_eq!(money.to_string().parse(), Ok(money));
        }
        if let Ok(price) = text.parse::<UnitPrice>() {
            prop_assert_eq!(price.to_string().parse(), Ok(price));
        }
        if let Ok(rate) = text.parse::<Rate>() {
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }
        let _ = ExchangeRate::from_decimal(&text, Currency::EUR, Currency::USD);
    }

    #[test]
    fn no_operation_overflows_silently(
        a in minor(), b in minor(), more in vec(minor(), 0..6), currency in currency(),
        rounding in rounding(),
    ) {
        let money = |minor| Money::new(minor, currency);
        let (left, right) = (money(a), money(b));
        let (wide_a, wide_b) = (i128::from(a), i128::from(b));
        prop_assert!(agrees(&left.try_add(right), wide_a + wide_b));
        prop_assert!(agrees(&left.try_sub(right), wide_a - wide_b));
        prop_assert!(agrees(&left.checked_mul(b), wide_a * wide_b));
        prop_assert!(agrees(&left.try_neg(), -wide_a));
        prop_assert!(agrees(&left.try_abs(), wide_a.abs()));
        let sum = Money::try_sum(currency, more.iter().copied().map(money));
        prop_assert!(agrees(&sum, more.iter().copied().map(i128::from).sum()));
        prop_assert_eq!(left.try_cmp(right), Ok(a.cmp(&b)));

        let share = |den| round_div(wide_a * wide_b, NonZeroU64::new(den).unwrap(), rounding);
        prop_assert!(agrees(&left.mul_rate(Rate::from_ppm(b), rounding), share(1_000_000)));
        if let Ok(price) = UnitPrice::new(a, 12, currency) {
            let unit = 10_u64.pow(12 - u32::from(currency.exponent()));
            prop_assert!(agrees(&price.times(b, rounding), share(unit)));
        }
    }

    #[test]
    fn currencies_never_mix(a in minor(), b in minor(), from in currency(), to in currency()) {
        prop_assume!(from != to);
        let (left, right) = (Money::new(a, from), Money::new(b, to));
        let error = MoneyError::CurrencyMismatch { left: from, right: to };
        prop_assert_eq!(left.try_add(right), Err(error.clone()));
        prop_assert_eq!(left.try_sub(right), Err(error.clone()));
        prop_assert_eq!(left.try_cmp(right), Err(error.clone()));
        prop_assert_eq!(Money::try_sum(from, [left, right]), Err(error));
        prop_assert_ne!(left, right);
    }

    #[test]
    fn allocation_is_exact(amount in minor(), weights in vec(weight(), 1..20)) {
        prop_assume!(weights.iter().any(|&w| w > 0));
        let money = Money::new(amount, Currency::EUR);
        let parts = money.allocate(&weights).unwrap();
        prop_assert_eq!(Money::try_sum(Currency::EUR, parts.iter().copied()), Ok(money));

        // Brute force: round down, then one unit each in the order of the remainders.
        let shares = floors(amount, &weights);
        let mut expected: Vec<u128> = shares.iter().map(|s| s.0).collect();
        let left = u128::from(amount.unsigned_abs()) - expected.iter().sum::<u128>();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by(|&i, &j| shares[j].1.cmp(&shares[i].1).then(i.cmp(&j)));
        for &i in order.iter().take(left as usize) {
            expected[i] += 1;
        }
        let found: Vec<u128> = parts.iter().map(|p| p.minor().unsigned_abs().into()).collect();
        prop_assert_eq!(found, expected);
        prop_assert!(parts.iter().all(|p| p.minor().signum() * amount.signum() >= 0));
        prop_assert!(parts.iter().zip(&weights).all(|(p, &w)| w > 0 || p.is_zero()));
    }

    #[test]
    fn allocation_is_sign_symmetric(amount in minor(), weights in vec(weight(), 1..10)) {
        prop_assume!(amount != i64::MIN && weights.iter().any(|&w| w > 0));
        let plus = Money::new(amount, Currency::EUR).allocate(&weights).unwrap();
        let minus = Money::new(-amount, Currency::EUR).allocate(&weights).unwrap();
        prop_assert!(plus.iter().zip(&minus).all(|(p, m)| p.minor() == -m.minor()));
    }

    /// Parts follow their weights under a permutation, unless a tie of remainders has to be
    /// cut: then the index decides, and only who of the tied gets the unit may change.
    #[test]
    fn allocation_is_permutation_equivariant_up_to_ties(
        amount in minor(),
        (weights, order) in vec(weight(), 1..12).prop_flat_map(|weights| {
            let order = Just((0..weights.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(weights), order)
        }),
    ) {
        prop_assume!(weights.iter().any(|&w| w > 0));
        let money = Money::new(amount, Currency::EUR);
        let parts = minors(&money.allocate(&weights).unwrap());
        let permuted: Vec<u64> = order.iter().map(|&i| weights[i]).collect();
        let found = minors(&money.allocate(&permuted).unwrap());

        let shares = floors(amount, &weights);
        let extra = |i: usize, part: i64| u128::from(part.unsigned_abs()) - shares[i].0;
        let winners = |extras: Vec<(usize, u128)>| {
            let mut won: Vec<u128> =
                extras.into_iter().filter(|e| e.1 == 1).map(|e| shares[e.0].1).collect();
            won.sort_unstable();
            won
        };
        let before = winners((0..parts.len()).map(|i| (i, extra(i, parts[i]))).collect());
        let after =
            winners(order.iter().zip(&found).map(|(&i, &part)| (i, extra(i, part))).collect());
        prop_assert_eq!(&before, &after);

        let mut remainders: Vec<u128> = shares.iter().map(|s| s.1).collect();
        remainders.sort_unstable_by(|a, b| b.cmp(a));
        let cut = before.len();
        if cut == 0 || cut == remainders.len() || remainders[cut - 1] != remainders[cut] {
            let expected: Vec<i64> = order.iter().map(|&i| parts[i]).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_split_is_an_allocation_to_equal_weights(amount in minor(), n in 1_u32..50) {
        let money = Money::new(amount, Currency::EUR);
        let split: Vec<Money> = money.split(n).unwrap().collect();
        prop_assert_eq!(Ok(split), money.allocate(&vec![1; n as usize]));
    }

    #[test]
    fn net_and_tax_are_gross(
        amount in minor(), ppm in prop_oneof![0_i64..1_000_000, any::<i64>()],
        mode in mode(), rounding in rounding(), currency in currency(), n in 1_u32..9,
    ) {
        let amount = Money::new(amount, currency);
        let rate = Rate::from_ppm(ppm);
        match split_tax(amount, rate, mode, rounding) {
            Ok(split) => {
                prop_assert_eq!(split.net().try_add(split.tax()), Ok(split.gross()));
                let (kept, whole) = match mode {
                    TaxMode::Inclusive => (split.gross(), 1_000_000 + i128::from(ppm)),
                    TaxMode::Exclusive => (split.net(), 1_000_000),
                };
                prop_assert_eq!(kept, amount);
                // The tax is the rounded exact tax.
                let error = wide(split.tax()) * whole - wide(amount) * i128::from(ppm);
                prop_assert!(error.abs() < whole);
                let parts = split.split(n).unwrap();
                prop_assert!(parts.clone().all(|p| p.net().try_add(p.tax()) == Ok(p.gross())));
                prop_assert_eq!(Taxed::try_sum(currency, parts), Ok(split));
            }
            Err(MoneyError::Param(_)) => prop_assert!(ppm < 0),
            Err(MoneyError::Overflow { .. }) => {
                prop_assert_eq!(mode, TaxMode::Exclusive);
                let gross = wide(amount) * (1_000_000 + i128::from(ppm)) / 1_000_000;
                prop_assert!(gross.abs() >= i128::from(i64::MAX));
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn exchange_rounds_the_exact_amount_once(
        amount in minor(), from in currency(), to in currency(), rounding in rounding(),
        numerator in 1_u64..1_000_000, denominator in 1_u64..1_000_000,
    ) {
        prop_assume!(from != to);
        let rate = ExchangeRate::new(from, to, numerator, denominator).unwrap();
        let scale = |exponent: u8| 10_u64.pow(exponent.into());
        let num = i128::from(amount) * i128::from(numerator * scale(to.exponent()));
        let den = NonZeroU64::new(denominator * scale(from.exponent())).unwrap();
        let converted = rate.convert(Money::new(amount, from), rounding);
        prop_assert!(agrees(&converted, round_div(num, den, rounding)));
        prop_assert_eq!(rate.inverse().inverse(), rate);
        prop_assert!(converted.is_err() || converted.unwrap().currency() == to);
    }

    #[test]
    fn exchange_rates_of_any_size_never_panic(
        amount in minor(), from in currency(), to in currency(), n in weight(), d in weight(),
    ) {
        if let Ok(rate) = ExchangeRate::new(from, to, n, d) {
            let _ = rate.convert(Money::new(amount, from), Rounding::HalfUp);
            let _ = rate.inverse().convert(Money::new(amount, to), Rounding::HalfUp);
        }
    }
}

fn line(currency: Currency) -> impl Strategy<Value = Line> {
    let rate = select(vec![0, 55_000, 70_000, 88_750, 200_000, 250_000]);
    let amount = prop_oneof![0_i64..10, 0_i64..1_000_000];
    (amount, rate, any::<bool>()).prop_map(move |(minor, ppm, goods)| {
        let (amount, rate) = (Money::new(minor, currency), Rate::from_ppm(ppm));
        if goods { Line::goods(amount, rate) } else { Line::shipping(amount, rate) }
    })
}

fn discount(currency: Currency, lines: usize) -> impl Strategy<Value = Discount> {
    let reduction = (0..3_u8, 0_i64..=1_000_000).prop_map(move |(kind, number)| match kind {
        0 => Reduction::Percent(Rate::from_ppm(number)),
        1 => Reduction::UpTo(Money::new(number, currency)),
        _ => Reduction::Amount(Money::new(number / 100_000, currency)),
    });
    (reduction, 0..=lines).prop_map(move |(reduction, line)| {
        if line < lines {
            Discount::line("line", line, reduction)
        } else {
            Discount::order("order", reduction)
        }
    })
}

fn order() -> impl Strategy<Value = (Vec<Line>, Vec<Discount>, Policy)> {
    let level = select(vec![RoundLevel::Line, RoundLevel::OrderPerRate]);
    (currency(), mode(), rounding(), level)
        .prop_flat_map(|(currency, mode, rounding, level)| {
            let policy = Policy::new(currency, mode, rounding, level);
            (vec(line(currency), 0..8), Just(policy))
        })
        .prop_flat_map(|(lines, policy)| {
            let discounts = vec(discount(policy.currency, lines.len()), 0..5);
            (Just(lines), discounts, Just(policy))
        })
}

fn sum(parts: impl IntoIterator<Item = Money>) -> i64 {
    parts.into_iter().map(Money::minor).sum()
}

fn figures(charge: Taxed) -> [i64; 3] {
    [charge.net(), charge.tax(), charge.gross()].map(Money::minor)
}

fn total(charges: impl Iterator<Item = Taxed>) -> [i64; 3] {
    charges.map(figures).fold([0; 3], |a, b| std::array::from_fn(|i| a[i] + b[i]))
}

/// Everything that must hold of the totals of any order.
fn check(totals: &OrderTotals) -> Result<(), TestCaseError> {
    let OrderTotals { policy, lines, discounts, rates, .. } = totals;
    let charges = || lines.iter().map(|l| l.charge);
    let kind = |kind| lines.iter().filter(move |l| l.line.kind == kind).map(|l| l.charge);
    prop_assert_eq!(figures(totals.total), total(charges()));
    prop_assert_eq!(figures(totals.total), total(rates.iter().map(|r| r.charge)));
    prop_assert_eq!(figures(totals.goods), total(kind(LineKind::Goods)));
    prop_assert_eq!(figures(totals.shipping), total(kind(LineKind::Shipping)));
    prop_assert_eq!(totals.listed.minor(), sum(lines.iter().map(|l| l.line.amount)));
    prop_assert_eq!(totals.discount.minor(), sum(lines.iter().map(|l| l.discount)));
    prop_assert_eq!(totals.discount.minor(), sum(discounts.iter().map(|d| d.amount)));
    prop_assert!(rates.is_sorted_by(|a, b| a.rate < b.rate));

    let all = charges().chain(rates.iter().map(|r| r.charge)).chain([totals.total]);
    for charge in all {
        let [net, tax, gross] = figures(charge);
        prop_assert_eq!(net + tax, gross);
        prop_assert!(net >= 0 && tax >= 0);
    }
    let paid = |charge: Taxed| match policy.mode {
        TaxMode::Inclusive => charge.gross(),
        TaxMode::Exclusive => charge.net(),
    };
    for (i, line) in lines.iter().enumerate() {
        let left = line.line.amount.try_sub(line.discount).unwrap();
        prop_assert_eq!(paid(line.charge), left);
        let shares = discounts.iter().flat_map(|d| &d.shares).filter(|share| share.0 == i);
        prop_assert_eq!(line.discount.minor(), sum(shares.map(|share| share.1)));
        if policy.level == RoundLevel::Line {
            let split = split_tax(left, line.line.rate, policy.mode, policy.rounding);
            prop_assert_eq!(Ok(line.charge), split);
        }
    }
    for discount in discounts {
        prop_assert_eq!(discount.amount.minor(), sum(discount.shares.iter().map(|s| s.1)));
        prop_assert!(discount.amount.minor() <= discount.base.minor());
        if discount.discount.target == Target::Order {
            let goods = |i: usize| lines[i].line.kind == LineKind::Goods;
            prop_assert!(discount.shares.iter().all(|&(i, _)| goods(i)));
        }
    }
    if policy.level == RoundLevel::OrderPerRate {
        for rate in rates {
            let split = split_tax(paid(rate.charge), rate.rate, policy.mode, policy.rounding);
            prop_assert_eq!(Ok(rate.charge), split);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn totals_are_equal_from_below_and_above((lines, discounts, policy) in order()) {
        match order_totals(&lines, &discounts, policy) {
            Ok(totals) => check(&totals)?,
            Err(error) => prop_assert!(error.to_string().contains("at most what is left"), "{}", error),
        }
    }

    /// Without discounts and with tax by line, the order of the lines means nothing.
    #[test]
    fn totals_do_not_depend_on_the_order_of_lines((mut lines, _, mut policy) in order()) {
        policy.level = RoundLevel::Line;
        let totals = order_totals(&lines, &[], policy).unwrap();
        lines.reverse();
        let reversed = order_totals(&lines, &[], policy).unwrap();
        prop_assert_eq!((totals.total, totals.rates), (reversed.total, reversed.rates));
    }

    /// Totals of hostile amounts are right or a typed error, never a panic.
    #[test]
    fn hostile_orders_do_not_panic(
        (lines, discounts, policy) in order(),
        amounts in vec((minor(), minor(), currency()), 8),
    ) {
        let lines: Vec<Line> = lines
            .iter()
            .zip(&amounts)
            .map(|(line, &(minor, ppm, currency))| {
                let currency = if ppm % 5 == 0 { currency } else { policy.currency };
                let rate = if minor % 3 == 0 { Rate::from_ppm(ppm) } else { line.rate };
                Line::goods(Money::new(minor, currency), rate)
            })
            .collect();
        if let Ok(totals) = order_totals(&lines, &discounts, policy) {
            check(&totals)?;
        }
    }
}

#[cfg(feature = "serde")]
mod json {
    use super::*;
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde_json::{from_slice, from_str, json, to_string, to_vec};
    use std::fmt::Debug;

    const MARKS: &[u8] = b"0123456789-.eE\"{}[],:";

    fn read<T: DeserializeOwned>(value: &serde_json::Value) -> Result<T, String> {
        from_str(&value.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn money_is_an_integer_and_a_code() {
        let money = Money::new(1999, Currency::EUR);
        assert_eq!(to_string(&money).unwrap(), r#"{"minor":1999,"currency":"EUR"}"#);
        for minor in [json!(1999), json!("1999")] {
            assert_eq!(read(&json!({"minor": minor, "currency": "EUR"})), Ok(money));
        }
        let least = json!({"minor": "-9223372036854775808", "currency": "EUR"});
        assert_eq!(read(&least), Ok(Money::new(i64::MIN, Currency::EUR)));
    }

    #[test]
    fn anything_else_is_refused() {
        for minor in [
            "19.99",
            "1999.0",
            "1e3",
            "\"19.99\"",
            "\"+1\"",
            "\"\"",
            "\" 1\"",
            "null",
            "true",
            "[]",
            "9223372036854775808",
            "\"9223372036854775808\"",
            "-9223372036854775809",
            "1e400",
        ] {
            let text = format!(r#"{{"minor":{minor},"currency":"EUR"}}"#);
            assert!(from_str::<Money>(&text).is_err(), "{text}");
        }
        for rest in [
            r#""minor":1"#,
            r#""currency":"EUR""#,
            r#""minor":1,"currency":"XAU""#,
            r#""minor":1,"currency":"eur""#,
            r#""minor":1,"currency":978"#,
            r#""minor":1,"currency":"EUR","currency":"USD""#,
            r#""minor":1,"currency":"EUR","exponent":3"#,
        ] {
            assert!(from_str::<Money>(&format!("{{{rest}}}")).is_err(), "{rest}");
        }
    }

    #[test]
    fn broken_parts_do_not_come_in() {
        let eur = |minor: i64| json!({"minor": minor, "currency": "EUR"});
        let taxed =
            |net, tax, gross| json!({"net": eur(net), "tax": eur(tax), "gross": eur(gross)});
        assert!(read::<Taxed>(&taxed(100, 20, 120)).is_ok());
        let error = read::<Taxed>(&taxed(100, 20, 121)).unwrap_err();
        assert!(error.contains("gross must be the sum of net and tax"), "{error}");
        assert!(read::<Taxed>(&taxed(i64::MAX, 1, 0)).is_err());
        let mixed = json!({"net": eur(1), "tax": {"minor": 0, "currency": "USD"}, "gross": eur(1)});
        assert!(read::<Taxed>(&mixed).is_err());

        for (numerator, denominator) in [(0, 1), (1, 0)] {
            let rate = json!({"from": "EUR", "to": "USD", "numerator": numerator, "denominator": denominator});
            assert!(read::<ExchangeRate>(&rate).is_err(), "{rate}");
        }
        for text in [json!("20"), json!(20), json!(0.2), json!("0.00001 %"), json!(null)] {
            assert!(read::<Rate>(&text).is_err(), "{text}");
        }
        for text in [json!("2.555"), json!(2.5), json!("2.5 XAU"), json!("1e5 EUR")] {
            assert!(read::<UnitPrice>(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn totals_are_read_only_if_they_follow_from_their_lines() {
        let eur = |minor| Money::new(minor, Currency::EUR);
        let lines = [Line::goods(eur(999), Rate::from_ppm(200_000))];
        let off = [Discount::order("off", Reduction::Amount(eur(99)))];
        let policy = Policy::new(
            Currency::EUR,
            TaxMode::Inclusive,
            Rounding::HalfUp,
            RoundLevel::OrderPerRate,
        );
        let good = serde_json::to_value(order_totals(&lines, &off, policy).unwrap()).unwrap();
        assert!(read::<OrderTotals>(&good).is_ok());
        let mut bad = good.clone();
        bad["listed"]["minor"] = json!(1);
        bad["rates"] = json!([]);
        let error = read::<OrderTotals>(&bad).unwrap_err();
        assert!(error.contains("listed must") && error.contains("rates must"), "{error}");
        for (path, value) in [
            ("/lines/0/line/amount/minor", json!(1000)),
            ("/lines/0/discount/minor", json!(98)),
            ("/discounts/0/amount/minor", json!(98)),
            ("/discounts/0/shares", json!([])),
            ("/discounts/0/discount/target", json!({"line": 1})),
            ("/policy/mode", json!("exclusive")),
            ("/policy/currency", json!("USD")),
            ("/total/gross/currency", json!("USD")),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(path).unwrap() = value;
            assert!(read::<OrderTotals>(&bad).is_err(), "{path}");
        }
    }

    /// What is read prints and reads the same again.
    fn stable<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
        if let Ok(value) = from_slice::<T>(bytes) {
            assert_eq!(from_slice::<T>(&to_vec(&value).unwrap()).unwrap(), value);
        }
    }

    fn all_stable(bytes: &[u8]) {
        stable::<Money>(bytes);
        stable::<UnitPrice>(bytes);
        stable::<Rate>(bytes);
        stable::<Rounding>(bytes);
        stable::<Taxed>(bytes);
        stable::<ExchangeRate>(bytes);
        stable::<Policy>(bytes);
        stable::<Line>(bytes);
        stable::<Discount>(bytes);
        stable::<OrderTotals>(bytes);
    }

    proptest! {
        #[test]
        fn values_round_trip(
            amount in minor(), scale in 0_u8..=18, currency in currency(), rounding in rounding(),
            (lines, discounts, policy) in order(),
        ) {
            fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
                assert_eq!(&from_slice::<T>(&to_vec(value).unwrap()).unwrap(), value);
            }
            let money = Money::new(amount, currency);
            same(&money);
            same(&Rate::from_ppm(amount));
            same(&rounding);
            same(&Taxed::zero(currency));
            if let Ok(price) = UnitPrice::new(amount, scale, currency) {
                same(&price);
            }
            if let Ok(rate) = ExchangeRate::new(currency, Currency::USD, amount.unsigned_abs(), 7) {
                same(&rate);
            }
            if let Ok(totals) = order_totals(&lines, &discounts, policy) {
                same(&totals);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
            all_stable(&bytes);
        }

        #[test]
        fn mutated_json_never_panics(
            (lines, discounts, policy) in order(),
            hits in vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
        ) {
            let money = Money::new(-1999, policy.currency);
            let rate = ExchangeRate::new(Currency::EUR, Currency::JPY, 16_135, 100).unwrap();
            let mut texts = vec![
                to_vec(&money).unwrap(),
                to_vec(&rate).unwrap(),
                to_vec(&UnitPrice::from(money)).unwrap(),
                to_vec(&Rate::from_ppm(88_750)).unwrap(),
                to_vec(&Taxed::new(money, money, policy.mode).unwrap()).unwrap(),
                to_vec(&policy).unwrap(),
            ];
            if let Ok(totals) = order_totals(&lines, &discounts, policy) {
                texts.push(to_vec(&totals).unwrap());
            }
            for mut bytes in texts {
                for (at, byte, how) in &hits {
                    let i = at.index(bytes.len().max(1));
                    match how {
                        0 if i < bytes.len() => bytes[i] = *byte,
                        // A digit for a digit keeps the JSON valid.
                        1 => if let Some(digit) = bytes.iter_mut().skip(i).find(|b| b.is_ascii_digit()) {
                            *digit = b'0' + byte % 10;
                        },
                        2 => bytes.truncate(i),
                        _ => bytes.insert(i, MARKS[usize::from(*byte) % MARKS.len()]),
                    }
                }
                all_stable(&bytes);
            }
        }
    }
}
