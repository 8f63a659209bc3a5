//! Arguments that make no sense: nothing panics, nothing runs on forever, no NaN comes out.

use chrono::{DateTime, Days, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, TimeZone, Utc};
use omni_core::numeric::minimize::{Minimum, brent, nelder_mead, quasi_newton};
use omni_core::numeric::quantile::{QuantileType, quantile, quantiles};
use omni_core::numeric::root::bracketed;
use omni_core::numeric::sum::{Accumulator, mean};
use omni_core::numeric::{Error, Limits};
use omni_core::stock::StockPolicy;
use omni_core::time::{self, RetailDate};
use omni_core::{
    Behavior, Calendar, Currency, DataError, Decimal, Demand, ExchangeRate, Money, Observation,
    Panel, Period, Quantiles, Rate, Rounding, Sales, TaxMode, Taxed, TimeSeries, UnitPrice, check,
    rng, tax,
};

const FLOATS: [f64; 18] = [
    0.0,
    -0.0,
    5e-324,
    -5e-324,
    f64::MIN_POSITIVE,
    1e-300,
    0.5,
    1.0 - f64::EPSILON,
    1.0,
    -1.0,
    1.0 + f64::EPSILON,
    1e16,
    1e308,
    -1e308,
    f64::MAX,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
];
const DAYS: [i32; 9] =
    [i32::MIN, i32::MIN + 1, -96_465_293, -719_163, -1, 0, 20_780, 95_026_236, i32::MAX];
const MINORS: [i64; 8] = [i64::MIN, i64::MIN + 1, -1_000_001, -1, 0, 1, 999_999_999_999, i64::MAX];

/// A function that loses its patience with a search that does not end.
fn patient<X: Copy + std::fmt::Debug>(f: impl Fn(X) -> f64) -> impl FnMut(X) -> f64 {
    let mut calls = 0;
    move |x| {
        calls += 1;
        assert!(calls < 1_000_000, "still searching at {x:?}");
        f(x)
    }
}

/// The same of several variables.
fn impatient<'a>(f: &'a dyn Fn(&[f64]) -> f64, who: &'a str) -> impl FnMut(&[f64]) -> f64 + 'a {
    let mut calls = 0;
    move |x| {
        calls += 1;
        assert!(calls < 1_000_000, "{who} still searching at {x:?}");
        f(x)
    }
}

/// Everything there is of a limit: no tolerance to speak of, and no end.
const ENDLESS: Limits = Limits::new(5e-324, usize::MAX);

#[test]
fn guards_let_nothing_through_that_is_not_a_number() {
    for value in FLOATS {
        for guard in [
            check::weight,
            check::fraction,
            check::probability,
            check::positive,
            check::non_negative,
            check::finite,
        ] {
            if let Ok(passed) = guard("x", value) {
                assert!(passed.is_finite() && passed.to_bits() == value.to_bits());
            }
        }
        assert_eq!(check::all_finite("x", &[value]).is_ok(), value.is_finite());
        assert_eq!(check::levels("x", &[value]).is_ok(), value > 0.0 && value < 1.0);
    }
}

#[test]
fn sums_and_quantiles_of_any_values() {
    for a in FLOATS {
        for b in FLOATS {
            let mut total: Accumulator = [a, b, -a].into_iter().collect();
            total.merge(&total.clone());
            assert!(!(total.total().is_nan() && a.is_finite() && b.is_finite()), "{a} {b}");
            if let Ok(mean) = mean(&[a, b]) {
                assert!(mean >= a.min(b) && mean <= a.max(b), "{a} {b} {mean}");
            }
            for kind in QuantileType::ALL {
                if let Ok(found) = quantile(&[a.min(b), a.max(b)], 0.3, kind) {
                    assert!(found.is_finite());
                }
                assert_eq!(quantiles(&[1.0], &[a], kind).is_ok(), (0.0..=1.0).contains(&a));
            }
        }
    }
}

#[test]
fn searches_end_without_a_limit_and_without_a_tolerance() {
    type Function = fn(f64) -> f64;
    let functions: [Function; 12] = [
        |x| x,
        |x| -x,
        |x| x * x,
        |x| (x - 0.3).powi(2),
        |x| (x - 1e300).abs(),
        |x| if x == 0.5 { 0.0 } else { f64::NAN },
        |x| if x > 0.25 { f64::INFINITY } else { -x },
        |x| if x < 0.7 { f64::NEG_INFINITY } else { x },
        |x| (x * 1e3).sin(),
        |_| 0.0,
        |x| x.to_bits().wrapping_mul(0x9E37_79B9_7F4A_7C15) as f64,
        |x| (x * 1e-310).exp(),
    ];
    for f in functions {
        for lo in FLOATS {
            for hi in FLOATS {
                if let Ok(found) = brent(patient(f), lo, hi, ENDLESS) {
                    assert!(found.value.is_finite() && lo <= found.x && found.x <= hi);
                }
                match bracketed(patient(f), lo, hi, ENDLESS) {
                    Ok(root) => assert!(root.residual.is_finite() && root.iterations <= 256),
                    Err(Error::NoSignChange { .. } | Error::NotFinite { .. } | Error::Param(_)) => {
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }
}

#[test]
fn simplexes_end_without_a_limit_and_without_a_tolerance() {
    type Function = fn(&[f64]) -> f64;
    let finite = |found: Result<Minimum, Error>| {
        if let Ok(found) = found {
            assert!(found.value.is_finite() && found.x.iter().all(|x| x.is_finite()), "{found:?}");
        }
    };
    let functions: [Function; 7] = [
        |_| 7.0,
        |x| x.iter().map(|x| x * x).sum(),
        |x| x.iter().map(|x| (x - 3.0).abs()).sum(),
        |x| {
            x.iter().enumerate().map(|(i, x)| (i + 1) as f64 * (x - 1.0).powi(2)).sum::<f64>() + 5.0
        },
        |x| if x[0] == x[x.len() - 1] { 1.0 } else { f64::NAN },
        |x| x.iter().map(|x| (x / 1e308).abs()).sum(),
        |x| if x.iter().all(|x| *x >= 0.0) { -x[0].min(1.0) } else { f64::INFINITY },
    ];
    for f in functions {
        for at in FLOATS {
            for n in [1, 2, 3, 7] {
                for step in [5e-324, 0.05, 1.0, 1e308] {
                    finite(nelder_mead(impatient(&f, "simplex"), &vec![at; n], step, ENDLESS));
                }
                let (open, half) = (vec![f64::INFINITY; n], vec![f64::NEG_INFINITY; n]);
                finite(quasi_newton(
                    impatient(&f, "quasi-Newton"),
                    &vec![at; n],
                    &half,
                    &open,
                    ENDLESS,
                ));
                finite(quasi_newton(
                    impatient(&f, "quasi-Newton"),
                    &vec![at; n],
                    &vec![at; n],
                    &open,
                    ENDLESS,
                ));
                finite(quasi_newton(
                    impatient(&f, "quasi-Newton"),
                    &vec![at; n],
                    &vec![0.0; n],
                    &vec![1.0; n],
                    ENDLESS,
                ));
            }
        }
    }
}

#[test]
fn days_and_periods_at_the_ends_of_time() {
    let periods = [
        Period::Day,
        Period::Week,
        Period::Month,
        Period::Quarter,
        Period::Year,
        Period::RetailMonth,
    ];
    for period in periods {
        for number in DAYS {
            let index = period.index(number);
            if let Ok(days) = period.days(index) {
                assert!(days.contains(&number), "{period:?} {number}");
            }
            let _ = (period.start(number), period.days(number), period.label(number));
            let _ = Calendar::new(period, Utc).bounds(number);
            assert!(!period.label(index).is_empty());
        }
    }
    for number in DAYS {
        assert!((1..=53).contains(&RetailDate::of(number).week));
        if let Some(date) = time::date_of(number) {
            assert_eq!(time::day_of(date), number);
        }
        for hours in [-23, 0, 23] {
            let zone = FixedOffset::east_opt(hours * 3600).unwrap();
            if let Ok(bounds) = time::day_bounds(number, &zone) {
                assert_eq!(time::business_day(bounds.start, &zone), number);
            }
            for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                let _ = Calendar::new(Period::Week, zone).index(at);
            }
        }
    }
}

/// A zone that answers local times as it likes.
#[derive(Debug, Clone, Copy)]
struct Unreliable(i32);

impl TimeZone for Unreliable {
    type Offset = FixedOffset;

    fn from_offset(_: &FixedOffset) -> Self {
        Self(0)
    }

    fn offset_from_local_date(&self, _: &NaiveDate) -> LocalResult<FixedOffset> {
        LocalResult::None
    }

    fn offset_from_local_datetime(&self, _: &NaiveDateTime) -> LocalResult<FixedOffset> {
        LocalResult::None
    }

    fn offset_from_utc_date(&self, _: &NaiveDate) -> FixedOffset {
        FixedOffset::east_opt(self.0).unwrap()
    }

    fn offset_from_utc_datetime(&self, at: &NaiveDateTime) -> FixedOffset {
        let wild = at.and_utc().timestamp().rem_euclid(7) == 3;
        FixedOffset::east_opt(if wild { -self.0 } else { self.0 }).unwrap()
    }
}

#[test]
fn a_zone_without_local_times_ends() {
    for offset in [-86_399, 0, 86_399] {
        for number in DAYS {
            let _ = time::day_bounds(number, &Unreliable(offset));
        }
        let date = time::date_of(20_780).unwrap() + Days::new(1);
        assert!(time::day_bounds(time::day_of(date), &Unreliable(offset)).is_ok());
    }
}

#[test]
fn a_broken_date_among_many_keys_does_not_fill_the_memory() {
    // Each key's series is within a million periods; together they would be 75 GB.
    let keys: Vec<u32> = (0..10_000).collect();
    let mut day = vec![20_000; keys.len()];
    day[0] = 20_000 + 900_000;
    let panel = Panel::daily(&keys, &day, &vec![1.0; keys.len()]);
    assert_eq!(panel, Err(DataError::Overflow { name: "periods" }));
}

#[test]
fn series_of_any_numbers() {
    for value in FLOATS {
        for first in DAYS {
            if let Ok(series) = TimeSeries::new(Period::Day, first, vec![value, 1.0]) {
                assert!(series.view().values.iter().all(|v| v.is_finite()));
                assert!(series.with_observation(usize::MAX, Observation::Missing).is_err());
            }
            let mut panel = Panel::new(Period::Month);
            if panel.push(u32::MAX, first, &[value]).is_ok() {
                assert!(
                    panel.mark(u32::MAX, first.wrapping_add(1), Observation::Censored).is_err()
                );
                assert!(panel.push(u32::MAX, 0, &[1.0]).is_err());
            }
            for period in [Period::Day, Period::RetailMonth] {
                if let Ok(demand) = Demand::new(&[1], &[first], &[value]) {
                    for edge in DAYS {
                        let _ = Panel::from_demand(period, &demand, first..edge);
                        let _ = Panel::from_demand(period, &demand, edge..first);
                    }
                }
            }
        }
        if let Ok(fan) = Quantiles::new(vec![1], vec![0.5], 1, vec![value]) {
            assert!(fan.get(1, usize::MAX).is_none() && fan.cumulative(1, 0).is_none());
        }
        assert!(Behavior::new(&[1], &[1], &[1], &[], &[value]).is_err());
    }
    for horizon in [usize::MAX, usize::MAX / 2] {
        assert!(Quantiles::new(vec![1, 2], vec![0.1, 0.5, 0.9], horizon, vec![]).is_err());
        assert!(Quantiles::new(vec![], vec![0.5], horizon, vec![]).unwrap().get(0, 0).is_none());
    }
    let none = [i64::MIN];
    assert!(Sales::new(&[None], &[0], &[0], &[0], &none, &[0], &[0], Currency::JPY).is_err());
}

#[test]
fn money_of_any_size() {
    let roundings = [
        Rounding::HalfUp,
        Rounding::HalfEven,
        Rounding::HalfDown,
        Rounding::Floor,
        Rounding::Ceil,
        Rounding::TowardZero,
        Rounding::AwayFromZero,
    ];
    let four: Currency = "UYW".parse().unwrap();
    for currency in [Currency::JPY, Currency::EUR, four] {
        for a in MINORS {
            let money = Money::new(a, currency);
            assert_eq!(money.to_string().parse(), Ok(money));
            let _ = (money.try_abs(), money.try_neg());
            for b in MINORS {
                let _ = (money.checked_mul(b), money.try_add(Money::new(b, currency)));
                let weights = [b.unsigned_abs(), 1, u64::MAX, 0, a.unsigned_abs()];
                let parts = money.allocate(&weights).unwrap();
                assert_eq!(Money::try_sum(currency, parts), Ok(money));
                for rounding in roundings {
                    let rate = Rate::from_ppm(b);
                    let _ = money.mul_rate(rate, rounding);
                    for mode in [TaxMode::Inclusive, TaxMode::Exclusive] {
                        if let Ok(taxed) = tax::split_tax(money, rate, mode, rounding) {
                            assert_eq!(taxed.net().try_add(taxed.tax()), Ok(taxed.gross()));
                            let parts = taxed.split(3).unwrap();
                            assert_eq!(Taxed::try_sum(currency, parts), Ok(taxed));
                        }
                    }
                    for scale in [0, 4, 18, u8::MAX] {
                        if let Ok(price) = UnitPrice::new(a, scale, currency) {
                            assert_eq!(price.to_string().parse(), Ok(price));
                            let _ = price.times(b, rounding);
                        }
                    }
                    if let Ok(rate) = ExchangeRate::new(currency, Currency::USD, b as u64, a as u64)
                    {
                        let _ = (
                            rate.convert(money, rounding),
                            rate.inverse().convert(money, rounding),
                        );
                    }
                }
            }
            for scale in [0, 18, 19, u8::MAX] {
                let Some(decimal) = Decimal::new(a, scale) else { continue };
                assert_eq!(decimal.trim(), decimal);
                assert_eq!(decimal.to_string().parse(), Ok(decimal));
                let _ = (decimal.abs(), decimal.times(a), decimal.rescale(u8::MAX));
                assert!(decimal <= Decimal::new(i64::MAX, 0).unwrap());
            }
        }
    }
    for available in MINORS {
        for buffer in MINORS {
            for cap in [None, Some(i64::MIN), Some(0), Some(i64::MAX)] {
                assert!(StockPolicy { buffer, cap }.offer(available) >= 0);
            }
        }
    }
}

#[test]
fn random_numbers_below_any_bound() {
    let mut random = rng::stream(u64::MAX, u64::MAX);
    for bound in [0, 1, 2, u64::MAX / 2 + 1, u64::MAX / 2 + 2, u64::MAX] {
        for _ in 0..100 {
            assert!(rng::below(&mut random, bound) < bound.max(1));
            assert!((0.0..1.0).contains(&rng::uniform(&mut random)));
        }
    }
    rng::shuffle::<u8>(&mut random, &mut []);
}
