//! Sums, quantiles, roots and minima: known answers, laws, hostile input.

use omni_core::numeric::Limits;
use omni_core::numeric::minimize::{
    Minimum, brent, nelder_mead, quasi_newton, quasi_newton_with_gradient,
};
use omni_core::numeric::quantile::{QuantileType, quantile, quantiles};
use omni_core::numeric::root::bracketed;
use omni_core::numeric::sum::{Accumulator, mean, sum};
use omni_core::rng;
use omni_testkit::assert_close;
use proptest::collection::vec;
use proptest::prelude::*;

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |v| v.is_finite())
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// A function without any order: its value at `x` is any double, from `seed` and the bits of `x`.
fn chaos(seed: u64, x: &[f64]) -> f64 {
    use rand::Rng;
    let key = x.iter().fold(0, |key: u64, v| key.rotate_left(7) ^ v.to_bits());
    f64::from_bits(rng::stream(seed, key).next_u64())
}

mod sums {
    use super::*;

    /// Whole numbers up to 2⁵³⁺ˢ in size, exactly doubles.
    fn whole(s: u32) -> impl Strategy<Value = i128> {
        (-(1_i128 << 53)..=(1 << 53), 0..s).prop_map(|(digits, shift)| digits << shift)
    }

    proptest! {
        #[test]
        fn the_error_is_bounded_as_stated(
            terms in vec(whole(60), 0..200),
            cancel in any::<bool>(),
            scale in -900..900_i32,
        ) {
            let mut terms = terms;
            if cancel {
                let opposite: Vec<i128> = terms.iter().skip(1).map(|t| -t).collect();
                terms.extend(opposite);
            }
            let exact: i128 = terms.iter().sum();
            let size: f64 = terms.iter().map(|t| t.abs() as f64).sum();
            let unit = 2.0_f64.powi(scale);
            let values: Vec<f64> = terms.iter().map(|&t| t as f64 * unit).collect();
            let epsilon = f64::EPSILON / 2.0;
            let bound = epsilon * (exact as f64).abs()
                + terms.len() as f64 * epsilon * epsilon * 4.0 * size;
            let got = sum(&values) / unit;
            // Every partial result is whole, so the difference is exact.
            let error = (got as i128 - exact).abs() as f64;
            prop_assert!(error <= bound * 1.01, "{} {} {}", got, exact, bound);
        }

        #[test]
        fn the_order_and_the_parts_do_not_matter(
            terms in vec(whole(44), 1..100),
            cut in any::<prop::sample::Index>(),
        ) {
            // Terms that cancel almost entirely: condition up to 3e13.
            let mut values: Vec<f64> = terms.iter().flat_map(|&t| [t as f64, -(t as f64)]).collect();
            values.push(1e18);
            let forward = sum(&values);
            assert_close!(sum(&sorted(values.clone())), forward, 1e-15);
            values.reverse();
            assert_close!(sum(&values), forward, 1e-15);
            let (left, right) = values.split_at(cut.index(values.len()));
            let mut merged: Accumulator = left.iter().copied().collect();
            let other: Accumulator = right.iter().copied().collect();
            let mut mirrored = other;
            mirrored.merge(&merged);
            merged.merge(&other);
            prop_assert_eq!(merged.total(), mirrored.total());
            assert_close!(merged.total(), forward, 1e-15);
        }

        #[test]
        fn finite_terms_never_make_nan(values in vec(finite(), 0..50)) {
            prop_assert!(!sum(&values).is_nan());
            if let Ok(mean) = mean(&values) {
                let values = sorted(values);
                prop_assert!(values[0] <= mean && mean <= values[values.len() - 1]);
            } else {
                prop_assert!(values.is_empty());
            }
        }
    }
}

mod quantiles {
    use super::*;

    /// The definitions in whole numbers: level `a / b` of whole values.
    fn by_definition(sorted: &[i64], a: i64, b: i64, kind: QuantileType) -> f64 {
        let n = sorted.len() as i64;
        let x = |rank: i64| sorted[(rank.clamp(1, n) - 1) as usize] as f64;
        // Types 4 to 9: position n p + (u + v p) / 24.
        let (u, v) = match kind {
            QuantileType::InverseCdf | QuantileType::AveragedInverseCdf => {
                // The smallest value whose share of the sample is at least the level.
                let rank = (1..=n).find(|rank| rank * b >= n * a).unwrap_or(n);
                let average = kind == QuantileType::AveragedInverseCdf && rank * b == n * a;
                return if average { f64::midpoint(x(rank), x(rank + 1)) } else { x(rank) };
            }
            QuantileType::NearestEven => {
                let distance = |rank: i64| (rank * b - n * a).abs();
                let nearest = (0..=n).min_by_key(|&rank| (distance(rank), rank % 2)).unwrap_or(0);
                return x(nearest);
            }
            QuantileType::LinearInverseCdf => (0, 0),
            QuantileType::Hazen => (12, 0),
            QuantileType::Weibull => (0, 24),
            QuantileType::Linear => (24, -24),
            QuantileType::MedianUnbiased => (8, 8),
            QuantileType::NormalUnbiased => (9, 6),
        };
        let position = 24 * n * a + u * b + v * a; // in 1 / (24 b)
        let (rank, part) = (position.div_euclid(24 * b), position.rem_euclid(24 * b));
        let (low, high) = (x(rank), x(rank + 1));
        low + (high - low) * part as f64 / (24 * b) as f64
    }

    fn kind() -> impl Strategy<Value = QuantileType> {
        prop::sample::select(QuantileType::ALL.to_vec())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn all_types_are_as_defined(
            mut values in vec(-1_000_i64..1_000, 1..60),
            (a, b) in (1_i64..200).prop_flat_map(|b| (0..=b, Just(b))),
            kind in kind(),
        ) {
            values.sort_unstable();
            let expected = by_definition(&values, a, b, kind);
            let values: Vec<f64> = values.into_iter().map(|v| v as f64).collect();
            let got = quantile(&values, a as f64 / b as f64, kind).unwrap();
            assert_close!(got, expected, 1e-12, abs 1e-10, "{kind:?} {a}/{b} of {}", values.len());
        }

        #[test]
        fn they_rise_with_the_level_and_stay_in_range(
            values in vec(finite(), 1..40),
            levels in vec(0.0..=1.0_f64, 1..40),
            kind in kind(),
        ) {
            let values = sorted(values);
            let levels = sorted(levels);
            let got = quantiles(&values, &levels, kind).unwrap();
            prop_assert!(got.is_sorted(), "{:?}", got);
            prop_assert!(values[0] <= got[0] && got[got.len() - 1] <= values[values.len() - 1]);
        }

        #[test]
        fn any_level_and_value_is_an_answer_or_an_error(
            values in vec(any::<f64>(), 0..10),
            p in any::<f64>(),
            kind in kind(),
        ) {
            if let Ok(found) = quantile(&values, p, kind) {
                prop_assert!(found.is_finite());
            }
        }
    }
}

mod roots {
    use super::*;

    proptest! {
        #[test]
        fn a_rising_cubic(
            root in -1e3..1e3_f64,
            cubic in 0.0..1e3_f64,
            linear in 1e-3..1e3_f64,
            (below, above) in (1e-3..1e6_f64, 1e-3..1e6_f64),
        ) {
            let f = |x: f64| (x - root) * (cubic * (x - root).powi(2) + linear);
            let found = bracketed(f, root - below, root + above, Limits::ROOT).unwrap();
            prop_assert!(found.converged && found.iterations <= 60, "{:?}", found);
            assert_close!(found.root, root, 1e-15, "{found:?}");
        }

        #[test]
        fn any_function_between_any_ends(
            seed in any::<u64>(),
            lo in any::<f64>(),
            hi in any::<f64>(),
            tolerance in prop::sample::select(vec![5e-324, 1e-9]),
        ) {
            let mut calls = 0;
            let f = |x: f64| {
                calls += 1;
                let y = chaos(seed, &[x]);
                // Opposite signs at the ends, anything finite between them.
                let y = if y.is_finite() { y } else { 1.0 };
                if x == lo { -y.abs() } else if x == hi { y.abs() } else { y }
            };
            match bracketed(f, lo, hi, Limits::ROOT.with_tolerance(tolerance)) {
                Ok(found) => {
                    prop_assert!(found.converged && calls <= 258);
                    prop_assert!(lo <= found.root && found.root <= hi);
                    prop_assert!(found.residual.is_finite());
                }
                Err(_) => prop_assert!(!(lo < hi && lo.is_finite() && hi.is_finite())),
            }
        }
    }
}

mod minima {
    use super::*;

    fn rosenbrock(x: &[f64]) -> f64 {
        x.windows(2).map(|p| 100.0 * (p[1] - p[0] * p[0]).powi(2) + (1.0 - p[0]).powi(2)).sum()
    }

    fn rosenbrock_gradient(x: &[f64], g: &mut [f64]) {
        g.fill(0.0);
        for i in 0..x.len() - 1 {
            let valley = x[i + 1] - x[i] * x[i];
            g[i] += -400.0 * x[i] * valley - 2.0 * (1.0 - x[i]);
            g[i + 1] += 200.0 * valley;
        }
    }

    fn beale(x: &[f64]) -> f64 {
        let term = |c: f64, k: i32| (c - x[0] * (1.0 - x[1].powi(k))).powi(2);
        term(1.5, 1) + term(2.25, 2) + term(2.625, 3)
    }

    fn powell(x: &[f64]) -> f64 {
        (x[0] + 10.0 * x[1]).powi(2)
            + 5.0 * (x[2] - x[3]).powi(2)
            + (x[1] - 2.0 * x[2]).powi(4)
            + 10.0 * (x[0] - x[3]).powi(4)
    }

    fn himmelblau(x: &[f64]) -> f64 {
        (x[0] * x[0] + x[1] - 11.0).powi(2) + (x[0] + x[1] * x[1] - 7.0).powi(2)
    }

    /// Condition 1e6, minimum 3 at (1, 2, …).
    fn bowl(x: &[f64]) -> f64 {
        let n = x.len() as f64 - 1.0;
        let term = |(i, x): (usize, &f64)| {
            10.0_f64.powf(6.0 * i as f64 / n) * (x - i as f64 - 1.0).powi(2)
        };
        3.0 + x.iter().enumerate().map(term).sum::<f64>()
    }

    /// Size `s` in every variable and in the value, minimum 0 at (s, s).
    fn tiny_or_huge(x: &[f64], s: f64) -> f64 {
        let (a, b) = (x[0] / s - 1.0, x[1] / s - x[0] / s);
        s * (a * a + 3.0 * b * b)
    }

    fn unbounded(f: impl FnMut(&[f64]) -> f64, start: &[f64]) -> Minimum {
        let open = vec![f64::INFINITY; start.len()];
        let below: Vec<f64> = open.iter().map(|v| -v).collect();
        quasi_newton(f, start, &below, &open, Limits::QUASI_NEWTON).unwrap()
    }

    type Function = fn(&[f64]) -> f64;

    struct Case {
        f: Function,
        start: Vec<f64>,
        at: Vec<f64>,
        value: f64,
        /// How well `x` is found, relative to 1 or to its size, whichever is larger.
        x_within: f64,
    }

    fn cases() -> Vec<Case> {
        let case = |f: Function, start: &[f64], at: &[f64], value, x_within| Case {
            f,
            start: start.to_vec(),
            at: at.to_vec(),
            value,
            x_within,
        };
        vec![
            case(rosenbrock, &[-1.2, 1.0], &[1.0; 2], 0.0, 1e-7),
            case(rosenbrock, &[-1.2, 1.0, -1.2, 1.0, -1.2], &[1.0; 5], 0.0, 1e-7),
            case(rosenbrock, &[0.5; 10], &[1.0; 10], 0.0, 1e-7),
            case(beale, &[1.0, 1.0], &[3.0, 0.5], 0.0, 1e-7),
            // The second derivatives are singular at the minimum.
            case(powell, &[3.0, -1.0, 0.0, 1.0], &[0.0; 4], 0.0, 1e-4),
            case(himmelblau, &[0.0, 0.0], &[3.0, 2.0], 0.0, 1e-7),
            case(bowl, &[0.0; 3], &[1.0, 2.0, 3.0], 3.0, 1e-7),
            case(bowl, &[100.0; 6], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3.0, 1e-7),
            case(|x| tiny_or_huge(x, 1e150), &[3e150, -2e150], &[1e150; 2], 0.0, 1e-7),
            case(|x| tiny_or_huge(x, 1e-150), &[3e-150, -2e-150], &[1e-150; 2], 0.0, 1e-157),
            // Seen through rounding: the value is good to 1e-16, the place to 1e-8 of 1e3.
            case(|x| 1e6 + bowl(x), &[1e3, 20.0], &[1.0, 2.0], 1e6 + 3.0, 1e-4),
            case(
                |x| if x[0] < 0.0 { f64::NAN } else { x[0] - 2.0 * x[0].sqrt() },
                &[4.0],
                &[1.0],
                -1.0,
                1e-7,
            ),
        ]
    }

    fn check(case: &Case, found: &Minimum) {
        assert!(found.converged, "{found:?}");
        for (&got, &at) in found.x.iter().zip(&case.at) {
            assert_close!(got, at, case.x_within, abs case.x_within, "{found:?}");
        }
        // The value 0 is met to the square of the error in x, in units of the first value.
        let slack = 1e-15 * (case.f)(&case.start).abs();
        assert_close!(found.value, case.value, 1e-14, abs slack, "{found:?}");
        assert_eq!(found.value, (case.f)(&found.x));
    }

    #[test]
    fn both_methods_find_the_known_minima() {
        for case in cases() {
            check(&case, &unbounded(case.f, &case.start));
            let simplex = nelder_mead(case.f, &case.start, 0.05, Limits::NELDER_MEAD);
            check(&case, &simplex.unwrap());
        }
    }

    #[test]
    fn a_gradient_saves_calls_and_gives_digits() {
        for n in [2, 5, 10, 50] {
            let start = vec![-0.5; n];
            let (lower, upper) = (vec![-5.0; n], vec![5.0; n]);
            let limits = Limits::QUASI_NEWTON.with_tolerance(1e-12);
            let gradient = rosenbrock_gradient;
            let found =
                quasi_newton_with_gradient(rosenbrock, gradient, &start, &lower, &upper, limits)
                    .unwrap();
            assert!(found.converged && found.value < 1e-22, "{found:?}");
            assert!(found.evaluations < 20 * n + 80, "{n}: {found:?}");
        }
    }

    #[test]
    fn a_curved_valley_ends_at_a_wall() {
        // Rosenbrock with x₀ at most 0.5: the minimum is (0.5, 0.25) with value 0.25.
        let (start, lower, upper) = ([-1.2, 1.0], [-9.0, -9.0], [0.5, 9.0]);
        let limits = Limits::QUASI_NEWTON;
        let found = quasi_newton(rosenbrock, &start, &lower, &upper, limits).unwrap();
        assert!(found.converged, "{found:?}");
        assert_eq!(found.x[0], 0.5);
        assert_close!(found.x[1], 0.25, 1e-8);
        assert_close!(found.value, 0.25, 1e-12);
    }

    /// `½ xᵀ(MMᵀ + I) x − bᵀx` and its gradient.
    fn quadratic(m: &[f64], b: &[f64], x: &[f64]) -> (f64, Vec<f64>) {
        let n = b.len();
        let image: Vec<f64> = (0..n).map(|j| (0..n).map(|i| m[i * n + j] * x[i]).sum()).collect();
        let gradient: Vec<f64> = (0..n)
            .map(|i| x[i] - b[i] + (0..n).map(|j| m[i * n + j] * image[j]).sum::<f64>())
            .collect();
        let value = image.iter().map(|v| v * v / 2.0).sum::<f64>()
            + x.iter().zip(b).map(|(x, b)| x * x / 2.0 - b * x).sum::<f64>();
        (value, gradient)
    }

    fn program() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>)> {
        (1..7_usize).prop_flat_map(|n| {
            let unit = || vec(-1.0..1.0_f64, n);
            (vec(-3.0..3.0_f64, n * n), vec(-20.0..20.0_f64, n), unit(), unit())
        })
    }

    proptest! {
        /// The minimum of a convex function in a box is where its slopes press against the
        /// bounds that are reached, and vanish elsewhere.
        #[test]
        fn a_quadratic_program_is_solved((m, b, a, c) in program(), exact in any::<bool>()) {
            let lower: Vec<f64> = a.iter().zip(&c).map(|(a, c)| a.min(*c)).collect();
            let upper: Vec<f64> = a.iter().zip(&c).map(|(a, c)| a.max(*c)).collect();
            let f = |x: &[f64]| quadratic(&m, &b, x).0;
            let gradient = |x: &[f64], g: &mut [f64]| g.copy_from_slice(&quadratic(&m, &b, x).1);
            let limits = Limits::QUASI_NEWTON;
            let found = if exact {
                quasi_newton_with_gradient(f, gradient, &a, &lower, &upper, limits)
            } else {
                quasi_newton(f, &a, &lower, &upper, limits)
            }.unwrap();
            prop_assert!(found.converged, "{:?}", found);
            prop_assert!(found.value <= f(&a));
            for (i, slope) in quadratic(&m, &b, &found.x).1.into_iter().enumerate() {
                let x = found.x[i];
                prop_assert!(lower[i] <= x && x <= upper[i]);
                prop_assert!(slope > -1e-5 || x == upper[i], "{} {} {:?}", i, slope, found);
                prop_assert!(slope < 1e-5 || x == lower[i], "{} {} {:?}", i, slope, found);
            }
        }

        /// In other units, by a power of two, both methods walk the same way bit by bit.
        #[test]
        fn the_unit_of_the_variables_does_not_matter(
            start in vec(prop_oneof![-9.0..-0.1, 0.1..9.0], 2..5),
            power in -300..300_i32,
        ) {
            let unit = 2.0_f64.powi(power);
            let scaled: Vec<f64> = start.iter().map(|v| v * unit).collect();
            let f = |x: &[f64]| rosenbrock(&x.iter().map(|v| v / unit).collect::<Vec<_>>());
            let back = |m: Minimum| m.x.iter().map(|v| v / unit).collect::<Vec<_>>();
            let plain = unbounded(rosenbrock, &start).x;
            prop_assert_eq!(back(unbounded(f, &scaled)), plain);
            let limits = Limits::NELDER_MEAD.with_max_iterations(300);
            let plain = nelder_mead(rosenbrock, &start, 0.05, limits).unwrap().x;
            prop_assert_eq!(back(nelder_mead(f, &scaled, 0.05, limits).unwrap()), plain);
        }

        #[test]
        fn no_objective_makes_them_fail(
            seed in any::<u64>(),
            ends in vec((any::<f64>(), any::<f64>(), any::<f64>()), 1..4),
        ) {
            let start: Vec<f64> = ends.iter().map(|e| e.0).collect();
            let lower: Vec<f64> = ends.iter().map(|e| e.1).collect();
            let upper: Vec<f64> = ends.iter().map(|e| e.2).collect();
            let f = |x: &[f64]| chaos(seed, x);
            let limits = Limits::NELDER_MEAD.with_max_iterations(500);
            if let Ok(found) = nelder_mead(f, &start, 0.05, limits) {
                prop_assert!(found.value <= f(&start) && found.value.is_finite());
                prop_assert!(found.x.iter().all(|v| v.is_finite()));
            }
            // Bounds that hold the start, so that the search is reached.
            let lower: Vec<f64> = lower.iter().zip(&start).map(|(l, s)| l.min(*s)).collect();
            let upper: Vec<f64> = upper.iter().zip(&start).map(|(u, s)| u.max(*s)).collect();
            if let Ok(found) = quasi_newton(f, &start, &lower, &upper, Limits::QUASI_NEWTON) {
                prop_assert!(found.value <= f(&start) && found.value.is_finite());
                for (i, x) in found.x.iter().enumerate() {
                    prop_assert!(x.is_finite() && lower[i] <= *x && *x <= upper[i]);
                }
            }
            if let Ok(found) = brent(|x| f(&[x]), lower[0], upper[0], Limits::BRENT) {
                prop_assert!(lower[0] <= found.x && found.x <= upper[0]);
                prop_assert!(found.value.is_finite());
            }
        }

        #[test]
        fn a_parabola_in_an_interval(
            at in -10.0..10.0_f64,
            (lo, hi) in (-10.0..0.0_f64, 0.0..10.0_f64),
        ) {
            let found = brent(|x| (x - at).powi(2), lo, hi, Limits::BRENT).unwrap();
            prop_assert!(found.converged && found.evaluations < 100, "{:?}", found);
            assert_close!(found.x, at.clamp(lo, hi), 3e-8, abs 1e-7);
        }
    }
}

#[cfg(feature = "serde")]
#[test]
fn settings_and_results_are_data() {
    fn round<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
        serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
    }
    let limits = Limits::QUASI_NEWTON.with_tolerance(1e-5);
    assert_eq!(round(&limits), limits);
    assert!(serde_json::from_str::<Limits>("{\"tolerance\": 1}").is_err());
    let found = brent(|x| x * x, -1.0, 1.0, Limits::BRENT).unwrap();
    assert_eq!(round(&found), found);
    assert_eq!(round(&QuantileType::MedianUnbiased), QuantileType::MedianUnbiased);
    let mut half: Accumulator = [1e100, 1.0].into_iter().collect();
    half = round(&half);
    half.push(-1e100);
    assert_eq!(half.total(), 1.0);
}
