//! Reconciliation: reference values, properties, hostile input, and the size of a whole shop.

use omni_core::{Panel, Period, rng};
use omni_forecast::Error;
use omni_forecast::hierarchy::{
    Covariance, Hierarchy, MinT, Paths, Proportions, TopDown, bottom_up,
};
use omni_testkit::assert_close;
use omni_testkit::reference::{json, numbers};
use proptest::prelude::*;
use serde_json::Value;

const COVARIANCES: [Covariance; 5] = [
    Covariance::Identity,
    Covariance::Structural,
    Covariance::Variance,
    Covariance::Shrunk,
    Covariance::Sample,
];

// ---- A second implementation: the formula as it stands, with dense matrices.

type Matrix = Vec<Vec<f64>>;

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let row = |a: &Vec<f64>| -> Vec<f64> {
        (0..b[0].len()).map(|j| a.iter().zip(b).map(|(x, row)| x * row[j]).sum()).collect()
    };
    a.iter().map(row).collect()
}

fn transposed(a: &Matrix) -> Matrix {
    (0..a[0].len()).map(|j| a.iter().map(|row| row[j]).collect()).collect()
}

fn inverse(a: &Matrix) -> Matrix {
    let n = a.len();
    let mut left = a.clone();
    let mut right: Matrix =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for i in 0..n {
        let pivot = (i..n).max_by(|a, b| left[*a][i].abs().total_cmp(&left[*b][i].abs())).unwrap();
        left.swap(i, pivot);
        right.swap(i, pivot);
        let by = left[i][i];
        left[i].iter_mut().chain(&mut right[i]).for_each(|v| *v /= by);
        for k in (0..n).filter(|k| *k != i) {
            let factor = left[k][i];
            let (li, ri) = (left[i].clone(), right[i].clone());
            left[k].iter_mut().zip(&li).for_each(|(v, l)| *v -= factor * l);
            right[k].iter_mut().zip(&ri).for_each(|(v, r)| *v -= factor * r);
        }
    }
    right
}

fn summing(hierarchy: &Hierarchy) -> Matrix {
    let bottom = hierarchy.rows() - hierarchy.aggregates();
    let mut identity = vec![0.0; bottom * bottom];
    (0..bottom).for_each(|i| identity[i * bottom + i] = 1.0);
    hierarchy.sum(&identity).unwrap().chunks(bottom).map(<[f64]>::to_vec).collect()
}

fn covariance(kind: Covariance, s: &Matrix, residuals: &[f64], shrinkage: Option<f64>) -> Matrix {
    let n = s.len();
    let periods = residuals.len() / n;
    let row = |i: usize| &residuals[i * periods..][..periods];
    let mean = |i: usize| row(i).iter().sum::<f64>() / periods as f64;
    let centered = |i: usize, j: usize| -> f64 {
        let pairs = row(i).iter().zip(row(j));
        pairs.map(|(a, b)| (a - mean(i)) * (b - mean(j))).sum::<f64>() / (periods - 1) as f64
    };
    let entry = |i: usize, j: usize| match kind {
        Covariance::Shrunk if i != j => (1.0 - shrinkage.unwrap()) * centered(i, j),
        Covariance::Shrunk | Covariance::Sample => centered(i, j),
        _ if i != j => 0.0,
        Covariance::Structural => s[i].iter().sum(),
        Covariance::Variance => row(i).iter().map(|e| e * e).sum::<f64>() / periods as f64,
        _ => 1.0,
    };
    (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect()
}

fn dense(s: &Matrix, w: &Matrix, base: &[f64]) -> Vec<f64> {
    let precision = product(&transposed(s), &inverse(w));
    let base: Matrix = base.iter().map(|v| vec![*v]).collect();
    let bottom = product(&inverse(&product(&precision, s)), &product(&precision, &base));
    product(s, &bottom).concat()
}

fn distance(w: &Matrix, a: &[f64], b: &[f64]) -> f64 {
    let apart: Matrix = a.iter().zip(b).map(|(a, b)| vec![a - b]).collect();
    product(&product(&transposed(&apart), &inverse(w)), &apart)[0][0]
}

// ---- Reference values.

struct Case {
    hierarchy: Hierarchy,
    base: Vec<f64>,
    stressed: Vec<f64>,
    history: Vec<f64>,
    residuals: Vec<f64>,
    all: Value,
}

fn table(value: &Value, key: &str) -> Matrix {
    let row = |row: &Value| row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    value[key].as_array().unwrap().iter().map(row).collect()
}

fn case(name: &str) -> Case {
    let all = json("reference/forecast/reconcile.json")[name].clone();
    let s = table(&all, "S");
    let bottom = s[0].len();
    let member = |row: &Vec<f64>| -> Vec<u32> {
        (0..).zip(row).filter(|(_, v)| **v == 1.0).map(|(i, _)| i).collect()
    };
    let aggregates: Vec<Vec<u32>> = s[..s.len() - bottom].iter().map(member).collect();
    let aggregates: Vec<&[u32]> = aggregates.iter().map(Vec::as_slice).collect();
    let history = table(&all, "y_train").concat();
    let fitted = table(&all, "fitted").concat();
    Case {
        hierarchy: Hierarchy::from_members(bottom, &aggregates).unwrap(),
        base: numbers(&all, "base"),
        stressed: numbers(&all, "base_stressed"),
        residuals: history.iter().zip(fitted).map(|(y, f)| y - f).collect(),
        history,
        all,
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn reconciled_as_hierarchicalforecast() {
    let mut checked = 0;
    for name in ["strict", "grouped"] {
        let Case { hierarchy, base, history, residuals, all, .. } = case(name);
        assert_eq!(hierarchy.is_tree(), name == "strict");
        let expected = &all["reconciled"];
        let mut check = |key: &str, got: &[f64], tolerance: f64| {
            for (row, (got, want)) in got.iter().zip(numbers(expected, key)).enumerate() {
                assert_close!(*got, want, tolerance, abs 1e-6, "{name} {key} row {row}");
                checked += 1;
            }
        };
        check("bottom_up", &bottom_up(&hierarchy, &base).unwrap().values, 1e-6);
        for (key, proportions) in [
            ("top_down_average_proportions", Proportions::Average),
            ("top_down_proportion_averages", Proportions::OfAverages),
            ("top_down_forecast_proportions", Proportions::Forecast),
        ] {
            if name == "strict" || proportions != Proportions::Forecast {
                let fit = TopDown::new(proportions).fit(&hierarchy, &history).unwrap();
                check(key, &fit.reconcile(&base).unwrap().values, 1e-6);
            }
        }
        for (key, covariance, tolerance) in [
            ("mint_ols", Covariance::Identity, 1e-6),
            ("mint_wls_struct", Covariance::Structural, 1e-6),
            ("mint_wls_var", Covariance::Variance, 1e-6),
            ("mint_shrink", Covariance::Shrunk, 1e-6),
            ("mint_cov", Covariance::Sample, 1e-5),
        ] {
            let fit = MinT::new(covariance).fit(&hierarchy, &residuals).unwrap();
            check(key, &fit.reconcile(&base).unwrap().values, tolerance);
            if let Some(shrinkage) = fit.shrinkage {
                let want = if name == "strict" { 0.449_870 } else { 0.376_462 };
                assert!((shrinkage - want).abs() < 5e-7, "{shrinkage}");
            }
        }
    }
    assert_eq!(checked, 25 * 9 + 30 * 8);
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn non_negative_as_near_as_the_reference_or_nearer() {
    for name in ["strict", "grouped"] {
        let Case { hierarchy, base, stressed, residuals, all, .. } = case(name);
        let s = summing(&hierarchy);
        for (key, covariance, base) in [
            ("mint_shrink_nonneg", Covariance::Shrunk, &base),
            ("stressed_mint_ols_nonneg", Covariance::Identity, &stressed),
            ("stressed_wls_struct_nonneg", Covariance::Structural, &stressed),
        ] {
            let settings = MinT::new(covariance).with_non_negative();
            let fit = settings.fit(&hierarchy, &residuals).unwrap();
            let got = fit.reconcile(base).unwrap();
            let want = numbers(&all["reconciled"], key);
            for (got, want) in got.values.iter().zip(&want) {
                assert!(*got >= 0.0 && (got - want).abs() < 2e-4, "{name} {key} {got} {want}");
            }
            let w = self::covariance(covariance, &s, &residuals, fit.shrinkage);
            let (ours, theirs) = (distance(&w, &got.values, base), distance(&w, &want, base));
            assert!(got.converged && ours <= theirs * (1.0 + 1e-9), "{name} {key} {ours} {theirs}");
        }
        // Without the bound the total of the stressed base pulls some series below zero.
        let fit = MinT::new(Covariance::Identity).fit(&hierarchy, &[]).unwrap();
        let got = fit.reconcile(&stressed).unwrap().values;
        for (got, want) in got.iter().zip(numbers(&all["reconciled"], "stressed_mint_ols")) {
            assert_close!(*got, want, 1e-6, abs 1e-6, "{name}");
        }
        assert!(got.iter().any(|v| *v < 0.0));
    }
}

// ---- Properties.

#[derive(Debug, Clone)]
struct Problem {
    labels: Vec<Vec<u32>>,
    base: Vec<f64>,
    residuals: Vec<f64>,
    hierarchy: Hierarchy,
}

/// Up to three levels of labels, nested or not, over up to a dozen series.
fn problem(periods: usize) -> impl Strategy<Value = Problem> {
    (1_usize..12, 1_usize..4)
        .prop_flat_map(|(bottom, levels)| {
            let column = prop::collection::vec(0_u32..4, bottom);
            (prop::collection::vec(column, levels), 0_u64..1_000_000)
        })
        .prop_map(move |(labels, seed)| {
            let named: Vec<(String, &[u32])> =
                labels.iter().enumerate().map(|(i, of)| (i.to_string(), &of[..])).collect();
            let named: Vec<(&str, &[u32])> =
                named.iter().map(|(name, of)| (name.as_str(), *of)).collect();
            let hierarchy = Hierarchy::from_labels(&named).unwrap();
            let mut stream = rng::stream(seed, 0);
            let mut draw = |scale: f64| scale * (rng::uniform(&mut stream) - 0.3);
            let base = (0..hierarchy.rows()).map(|_| draw(10.0)).collect();
            let residuals = (0..hierarchy.rows() * periods).map(|_| draw(3.0)).collect();
            Problem { labels, base, residuals, hierarchy }
        })
}

fn close(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    let largest = a.iter().chain(b).fold(1.0, |m: f64, v| m.max(v.abs()));
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance * largest)
}

/// The reconciled base of a problem, if it converged.
fn fits(covariance: Covariance, p: &Problem) -> Option<Vec<f64>> {
    let fit = MinT::new(covariance).fit(&p.hierarchy, &p.residuals).unwrap();
    let got = fit.reconcile(&p.base).unwrap();
    got.converged.then_some(got.values)
}

proptest! {
    #[test]
    fn agrees_with_the_dense_formula(p in problem(40)) {
        let s = summing(&p.hierarchy);
        for kind in COVARIANCES {
            let fit = MinT::new(kind).fit(&p.hierarchy, &p.residuals).unwrap();
            let got = fit.reconcile(&p.base).unwrap();
            let w = covariance(kind, &s, &p.residuals, fit.shrinkage);
            let want = dense(&s, &w, &p.base);
            prop_assert!(got.converged && close(&got.values, &want, 1e-8), "{kind:?} {got:?} {want:?}");
        }
    }

    #[test]
    fn more_rows_than_periods_agree_with_the_dense_formula(p in problem(5)) {
        let s = summing(&p.hierarchy);
        let fit = MinT::new(Covariance::Shrunk).fit(&p.hierarchy, &p.residuals).unwrap();
        let got = fit.reconcile(&p.base).unwrap().values;
        let w = covariance(Covariance::Shrunk, &s, &p.residuals, fit.shrinkage);
        prop_assert!(close(&got, &dense(&s, &w, &p.base), 1e-8));
        let sample = MinT::new(Covariance::Sample).fit(&p.hierarchy, &p.residuals);
        if p.hierarchy.rows() >= 5 {
            let rows = p.hierarchy.rows();
            prop_assert_eq!(sample.map(|_| ()), Err(Error::Singular { rows, periods: 5 }));
        }
    }

    #[test]
    fn results_add_up_and_coherent_forecasts_stay(p in problem(40)) {
        let bottom = &p.base[p.hierarchy.aggregates()..];
        let coherent = p.hierarchy.sum(bottom).unwrap();
        for kind in COVARIANCES {
            let got = fits(kind, &p).unwrap();
            prop_assert!(p.hierarchy.incoherence(&got).unwrap() < 1e-12);
            let fit = MinT::new(kind).fit(&p.hierarchy, &p.residuals).unwrap();
            // S P S = S: unbiased stays unbiased, and doing it twice changes nothing.
            prop_assert!(close(&fit.reconcile(&coherent).unwrap().values, &coherent, 1e-9));
            prop_assert!(close(&fit.reconcile(&got).unwrap().values, &got, 1e-9));
        }
    }

    #[test]
    fn columns_do_not_see_each_other(p in problem(40)) {
        let doubled: Vec<f64> = p.base.iter().flat_map(|v| [*v, -2.0 * v, 0.0]).collect();
        for kind in COVARIANCES {
            let fit = MinT::new(kind).fit(&p.hierarchy, &p.residuals).unwrap();
            let one = fit.reconcile(&p.base).unwrap().values;
            let three = fit.reconcile(&doubled).unwrap().values;
            for (one, three) in one.iter().zip(three.chunks(3)) {
                prop_assert!(close(three, &[*one, -2.0 * one, 0.0], 1e-9));
            }
        }
    }

    #[test]
    fn scale_of_base_and_residuals_does_not_matter(p in problem(40), power in -300_i32..300) {
        let unit = 10.0_f64.powi(power);
        let scaled = |values: &[f64]| values.iter().map(|v| v * unit).collect::<Vec<_>>();
        for kind in COVARIANCES {
            let fit = MinT::new(kind).fit(&p.hierarchy, &p.residuals).unwrap();
            let other = MinT::new(kind).fit(&p.hierarchy, &scaled(&p.residuals)).unwrap();
            let one = fit.reconcile(&p.base).unwrap().values;
            let two = other.reconcile(&scaled(&p.base)).unwrap().values;
            let two: Vec<f64> = two.iter().map(|v| v / unit).collect();
            prop_assert!(close(&one, &two, 1e-9), "{kind:?}");
        }
    }

    #[test]
    fn order_of_series_does_not_matter(p in problem(40), seed in 0_u64..1_000) {
        let bottom = p.base.len() - p.hierarchy.aggregates();
        let mut order: Vec<usize> = (0..bottom).collect();
        rng::shuffle(&mut rng::stream(seed, 0), &mut order);
        let labels: Vec<Vec<u32>> =
            p.labels.iter().map(|of| order.iter().map(|&i| of[i]).collect()).collect();
        let names: Vec<String> = (0..labels.len()).map(|i| i.to_string()).collect();
        let named: Vec<(&str, &[u32])> =
            names.iter().zip(&labels).map(|(name, of)| (name.as_str(), &of[..])).collect();
        let shuffled = Hierarchy::from_labels(&named).unwrap();
        let rows: Vec<usize> = (0..p.hierarchy.aggregates())
            .chain(order.iter().map(|i| p.hierarchy.aggregates() + i))
            .collect();
        let moved = |values: &[f64], width: usize| -> Vec<f64> {
            rows.iter().flat_map(|row| values[row * width..][..width].to_vec()).collect()
        };
        for kind in COVARIANCES {
            for settings in [MinT::new(kind), MinT::new(kind).with_non_negative()] {
                let one = settings.fit(&p.hierarchy, &p.residuals).unwrap();
                let one = one.reconcile(&p.base).unwrap().values;
                let two = settings.fit(&shuffled, &moved(&p.residuals, 40)).unwrap();
                let two = two.reconcile(&moved(&p.base, 1)).unwrap().values;
                prop_assert!(close(&moved(&one, 1), &two, 1e-8), "{settings:?}");
            }
        }
    }

    #[test]
    fn non_negative_is_the_nearest(p in problem(40)) {
        let s = summing(&p.hierarchy);
        let bottom = s[0].len();
        for kind in COVARIANCES {
            let settings = MinT::new(kind).with_non_negative();
            let fit = settings.fit(&p.hierarchy, &p.residuals).unwrap();
            let got = fit.reconcile(&p.base).unwrap();
            prop_assert!(got.converged && got.values.iter().all(|v| *v >= 0.0));
            prop_assert!(p.hierarchy.incoherence(&got.values).unwrap() < 1e-12);
            // The conditions of a minimum, with dense matrices.
            let w = covariance(kind, &s, &p.residuals, fit.shrinkage);
            let apart: Matrix =
                got.values.iter().zip(&p.base).map(|(a, b)| vec![a - b]).collect();
            let gradient = product(&product(&transposed(&s), &inverse(&w)), &apart).concat();
            let scale = gradient.iter().fold(1.0, |m: f64, g| m.max(g.abs()));
            for (b, g) in got.values[s.len() - bottom..].iter().zip(&gradient) {
                prop_assert!(*g >= -1e-7 * scale, "{kind:?} {b} {g}");
                prop_assert!(*b == 0.0 || g.abs() <= 1e-7 * scale, "{kind:?} {b} {g}");
            }
        }
    }

    #[test]
    fn whatever_comes_is_reconciled_or_refused(
        labels in prop::collection::vec(0_u32..3, 1..6),
        extreme in prop::collection::vec(
            prop::sample::select(vec![
                0.0, -0.0, 1.0, -1.0, 5e-324, 1e-300, 1e300, f64::MAX, f64::MIN, f64::NAN,
                f64::INFINITY,
            ]),
            100,
        ),
        periods in 0_usize..6,
    ) {
        let mirrored: Vec<u32> = labels.iter().rev().copied().collect();
        let hierarchy = Hierarchy::from_labels(&[("a", &labels), ("b", &mirrored)]).unwrap();
        let rows = hierarchy.rows();
        let residuals: Vec<f64> = extreme.iter().cycle().take(rows * periods).copied().collect();
        let base = &extreme[..rows.min(100)];
        let whole = |result: Result<omni_forecast::hierarchy::Reconciled, Error>| {
            result.map_or(true, |all| all.values.iter().all(|v| v.is_finite()))
        };
        for kind in COVARIANCES {
            for settings in [MinT::new(kind), MinT::new(kind).with_non_negative()] {
                if let Ok(fit) = settings.fit(&hierarchy, &residuals) {
                    prop_assert!(whole(fit.reconcile(base)), "{settings:?}");
                }
            }
        }
        prop_assert!(whole(bottom_up(&hierarchy, base)));
        for proportions in [Proportions::Average, Proportions::OfAverages, Proportions::Forecast] {
            for settings in [TopDown::new(proportions), TopDown::new(proportions).with_level("a")] {
                if let Ok(fit) = settings.fit(&hierarchy, &residuals) {
                    prop_assert!(whole(fit.reconcile(base)), "{settings:?}");
                }
            }
        }
        if let Ok(paths) = Paths::bootstrap(rows, base, &residuals, 3, 1) {
            prop_assert!(paths.quantiles(&[0.1, 0.9]).is_ok());
            let _ = paths.cumulative_quantiles(&[0.1, 0.9]);
        }
    }
}

#[test]
fn hundreds_of_cross_aggregates_take_the_iterative_way() {
    // 900 series in 450 pairs along each of two rings: 450 aggregates cross.
    let n = 900_u32;
    let one: Vec<u32> = (0..n).map(|i| i / 2).collect();
    let two: Vec<u32> = (0..n).map(|i| (i + 1) % n / 2).collect();
    let hierarchy = Hierarchy::from_labels(&[("one", &one), ("two", &two)]).unwrap();
    assert!(!hierarchy.is_tree());
    let mut stream = rng::stream(3, 0);
    let base: Vec<f64> = (0..hierarchy.rows()).map(|_| rng::uniform(&mut stream)).collect();
    for kind in [Covariance::Identity, Covariance::Structural] {
        let got = MinT::new(kind).fit(&hierarchy, &[]).unwrap().reconcile(&base).unwrap();
        assert!(got.converged && got.iterations > 2, "{} iterations", got.iterations);
        assert!(hierarchy.incoherence(&got.values).unwrap() < 1e-12);
        // Nearest: what is left is orthogonal to all that adds up.
        let weight = |row| match kind {
            Covariance::Structural => hierarchy.members(row).len().max(1) as f64,
            _ => 1.0,
        };
        let apart: Vec<f64> =
            (0..hierarchy.rows()).map(|row| (got.values[row] - base[row]) / weight(row)).collect();
        for series in 0..n {
            let mut along = apart[hierarchy.aggregates() + series as usize];
            for (row, part) in apart.iter().take(hierarchy.aggregates()).enumerate() {
                if hierarchy.members(row).contains(&series) {
                    along += part;
                }
            }
            assert!(along.abs() < 1e-10, "{series} {along}");
        }
    }
}

#[test]
fn a_panel_with_labels_is_a_hierarchy() {
    let mut panel = Panel::new(Period::Week);
    for key in 0..4 {
        panel.push(key, 0, &[1.0, f64::from(key)]).unwrap();
    }
    let panel = panel.with_labels("region", vec![0, 0, 1, 1]).unwrap();
    let twice = panel.clone().with_labels("region", vec![0, 1, 0, 1]).unwrap();
    assert_eq!(Hierarchy::from_panel(&panel, &[&["region"]]).unwrap().rows(), 7);
    let unknown = Hierarchy::from_panel(&panel, &[&["store"]]).unwrap_err().to_string();
    assert_eq!(unknown, "levels must be a label of the panel, once, got \"store\"");
    assert!(Hierarchy::from_panel(&twice, &[&["region"]]).is_err());
    assert!(Hierarchy::from_panel(&Panel::new(Period::Day), &[]).is_err());
    // A list without names is one more total.
    assert_eq!(Hierarchy::from_panel(&panel, &[&[]]).unwrap().rows(), 6);
}

#[test]
fn quantiles_of_a_total_come_from_paths_that_add_up() {
    let hierarchy = Hierarchy::from_labels(&[("region", &[1, 1, 2])]).unwrap();
    let (rows, periods) = (hierarchy.rows(), 200);
    let mut stream = rng::stream(11, 0);
    let bottom: Vec<f64> = (0..3 * periods).map(|_| rng::uniform(&mut stream) - 0.5).collect();
    let residuals = hierarchy.sum(&bottom).unwrap();
    let base = vec![10.0; rows];
    let paths = Paths::bootstrap(rows, &base, &residuals, 500, 5).unwrap();
    let mint = MinT::new(Covariance::Structural).fit(&hierarchy, &[]).unwrap();
    let history = hierarchy.sum(&[3.0, 2.0, 1.0]).unwrap();
    let top_down = TopDown::new(Proportions::Average).fit(&hierarchy, &history).unwrap();
    for values in [
        mint.reconcile(&paths.values).unwrap().values,
        top_down.reconcile(&paths.values).unwrap().values,
    ] {
        assert!(hierarchy.incoherence(&values).unwrap() < 1e-12);
        let quantiles = paths.clone().with_values(values).unwrap().quantiles(&[0.05, 0.5, 0.95]);
        let quantiles = quantiles.unwrap();
        assert_eq!(quantiles.len(), rows * 3);
        assert!(quantiles.chunks(3).all(|q| q[0] < q[1] && q[1] < q[2]));
        // Rows do not move as one, so the total spreads less than its parts together.
        let spread = |row: usize| quantiles[row * 3 + 2] - quantiles[row * 3];
        assert!(spread(0) <= 1e-12 + (3..6).map(spread).sum::<f64>());
    }
}

/// A shop of 100,000 series in five levels, and residuals that partly move together.
fn shop(cross: bool, periods: usize) -> (Hierarchy, Vec<f64>, Vec<f64>) {
    let n = 100_000_u32;
    let region: Vec<u32> = (0..n).map(|i| i / 10_000).collect();
    let store: Vec<u32> = (0..n).map(|i| i / 1_000).collect();
    let department: Vec<u32> = (0..n).map(|i| if cross { i % 20 } else { i / 50 }).collect();
    let levels: [(&str, &[u32]); 3] =
        [("region", &region), ("store", &store), ("department", &department)];
    let hierarchy = Hierarchy::from_labels(&levels).unwrap();
    let mut stream = rng::stream(9, 0);
    let shock: Vec<f64> = (0..periods).map(|_| rng::uniform(&mut stream) - 0.5).collect();
    let mut bottom = Vec::with_capacity(n as usize * periods);
    for _ in 0..n {
        let size = 1.0 + 4.0 * rng::uniform(&mut stream);
        bottom.extend(shock.iter().map(|s| size * (s + rng::uniform(&mut stream) - 0.5)));
    }
    let mut residuals = hierarchy.sum(&bottom).unwrap();
    drop(bottom);
    // Forecasts of aggregates err on their own too.
    for v in residuals.iter_mut().take(hierarchy.aggregates() * periods) {
        *v *= 0.7 + 0.6 * rng::uniform(&mut stream);
    }
    let demand: Vec<f64> =
        (0..n).map(|_| (4.0 * rng::uniform(&mut stream) - 1.0).max(0.0)).collect();
    let mut base = hierarchy.sum(&demand).unwrap();
    // Totals forecast lower than their parts, so some series are pushed below zero.
    for v in base.iter_mut().take(hierarchy.aggregates()) {
        *v *= 0.8 + 0.1 * rng::uniform(&mut stream);
    }
    (hierarchy, base, residuals)
}

#[test]
#[ignore = "large: a timing, run in release"]
fn soak_a_hundred_thousand_series() {
    use std::time::Instant;
    for cross in [false, true] {
        let (hierarchy, base, residuals) = shop(cross, 100);
        println!("{} rows, cross {cross}", hierarchy.rows());
        for kind in [Covariance::Structural, Covariance::Variance, Covariance::Shrunk] {
            for settings in [MinT::new(kind), MinT::new(kind).with_non_negative()] {
                let start = Instant::now();
                let fit = settings.fit(&hierarchy, &residuals).unwrap();
                let fitted = start.elapsed();
                let got = fit.reconcile(&base).unwrap();
                let iterations = got.iterations;
                println!(
                    "{settings:?}: fit {fitted:?}, all {:?}, {iterations} iterations",
                    start.elapsed()
                );
                assert!(got.converged && hierarchy.incoherence(&got.values).unwrap() < 1e-12);
            }
        }
    }
}
