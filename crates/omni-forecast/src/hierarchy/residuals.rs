//! What past errors say about the errors of all rows: variances, and how far to trust
//! their correlations.
//!
//! ```text
//! e_it   residual of row i in period t, t = 1..T
//! z_it = (e_it − ē_i) / s_i        s_i² = 1/T Σ_t (e_it − ē_i)²
//! r_ij = 1/T Σ_t z_it z_jt
//! λ = Σ_{i≠j} var(r_ij) / Σ_{i≠j} r_ij²                      cut to [0, 1]
//! var(r_ij) = 1/(T (T−1)) Σ_t (z_it z_jt − r_ij)²       r_ij is a mean of T products
//! ```
//!
//! Both sums over all pairs come from the T × T products of periods, so n series cost
//! O(n T²) instead of O(n² T):
//!
//! ```text
//! Σ_ij r_ij² = 1/T² Σ_tu (Σ_i z_it z_iu)²       Σ_ij Σ_t (z_it z_jt)² = Σ_t (Σ_i z_it²)²
//! ```
//!
//! Source: Schäfer & Strimmer (2005), "A shrinkage approach to large-scale covariance
//! matrix estimation", Statistical Applications in Genetics and Molecular Biology 4(1).

use super::dense::{add_gram, dot, semidefinite_root};
use crate::Error;
use crate::moments::magnitude;
use omni_core::error::DataError;

/// A variance below this share of the mean one counts as that: a series that was never
/// missed is trusted, but not against everything else.
const LEAST_VARIANCE: f64 = 1e-12;

/// Rows whose products are accumulated together.
const BLOCK: usize = 256;

/// Residuals in units of their magnitude, `periods` per row.
#[derive(Debug)]
pub(super) struct Residuals<'a> {
    values: &'a [f64],
    unit: f64,
    pub(super) periods: usize,
}

impl<'a> Residuals<'a> {
    /// Residuals checked to be finite and `periods` per row.
    pub(super) fn new(values: &'a [f64], periods: usize) -> Self {
        Self { values, unit: magnitude(values.iter().copied()), periods }
    }

    fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = f64> + Clone> {
        let unit = self.unit;
        self.values.chunks_exact(self.periods).map(move |row| row.iter().map(move |e| e / unit))
    }

    /// The mean squares of the rows, not centered.
    pub(super) fn mean_squares(&self) -> Result<Vec<f64>, Error> {
        let of = |row: &mut dyn Iterator<Item = f64>| row.map(|e| e * e).sum::<f64>();
        let squares = self.rows().map(|mut row| of(&mut row) / self.periods as f64);
        floored(squares.collect())
    }

    /// The rows, each less its mean.
    pub(super) fn centered(&self) -> Vec<f64> {
        let mut centered = Vec::with_capacity(self.values.len());
        for row in self.rows() {
            let mean = row.clone().sum::<f64>() / self.periods as f64;
            centered.extend(row.map(|e| e - mean));
        }
        centered
    }
}

/// The sample variances of centered rows.
pub(super) fn variances(centered: &[f64], periods: usize) -> Result<Vec<f64>, Error> {
    let freedom = (periods - 1) as f64;
    floored(centered.chunks_exact(periods).map(|row| dot(row, row) / freedom).collect())
}

fn floored(mut variances: Vec<f64>) -> Result<Vec<f64>, Error> {
    let mean = variances.iter().sum::<f64>() / variances.len() as f64;
    let least = mean * LEAST_VARIANCE;
    if least <= 0.0 {
        return Err(DataError::entry("residuals", 0, "not zero in all rows", 0.0).into());
    }
    for v in &mut variances {
        *v = v.max(least);
    }
    Ok(variances)
}

/// The share `λ` by which correlations are shrunk to zero.
pub(super) fn shrinkage(centered: &[f64], periods: usize) -> f64 {
    let t = periods as f64;
    let rows = centered.len() / periods;
    let mut counted = 0.0;
    // By period: Σ_i z⁴ and Σ_i z²; over pairs of periods or of rows: the products of z.
    let mut fourth = 0.0;
    let mut squares = vec![0.0; periods];
    let mut standard = Vec::with_capacity(centered.len().min(BLOCK * periods));
    let by_rows = rows < periods;
    let mut gram = vec![0.0; if by_rows { 0 } else { periods * periods }];
    for block in centered.chunks(BLOCK * periods) {
        if !by_rows {
            standard.clear();
        }
        for row in block.chunks_exact(periods) {
            let deviation = (dot(row, row) / t).sqrt();
            let scale = if deviation > 0.0 { deviation.recip() } else { 0.0 };
            let from = standard.len();
            standard.extend(row.iter().map(|e| e * scale));
            counted += f64::from(u8::from(scale > 0.0));
            for (sum, z) in squares.iter_mut().zip(&standard[from..]) {
                *sum += z * z;
                fourth += (z * z) * (z * z);
            }
        }
        if !by_rows {
            let ones = vec![1.0; standard.len() / periods];
            add_gram(&mut gram, &standard, &ones, periods);
        }
    }
    let correlations = if by_rows {
        let pairs = (0..rows).flat_map(|i| (0..i).map(move |j| (i, j)));
        let row = |i: usize| &standard[i * periods..][..periods];
        2.0 * pairs.map(|(i, j)| (dot(row(i), row(j)) / t).powi(2)).sum::<f64>()
    } else {
        let all: f64 = (0..periods)
            .map(|i| {
                let before = &gram[i * periods..][..i];
                2.0 * dot(before, before) + gram[i * periods + i].powi(2)
            })
            .sum();
        // Each row has correlation 1 with itself.
        all / (t * t) - counted
    };
    let spread = dot(&squares, &squares) - fourth - t * correlations;
    let variance = spread / (t * (t - 1.0));
    let shrunk = variance / correlations;
    // Without two rows that vary there is nothing to trust.
    if shrunk.is_finite() && correlations > 0.0 { shrunk.clamp(0.0, 1.0) } else { 1.0 }
}

/// Columns that have the same products as the centered rows, as few as there are rows or
/// periods; the values and how many columns.
pub(super) fn compressed(centered: Vec<f64>, periods: usize) -> (Vec<f64>, usize) {
    let rows = centered.len() / periods;
    if rows >= periods {
        return (centered, periods);
    }
    let row = |i: usize| &centered[i * periods..][..periods];
    let mut products = vec![0.0; rows * rows];
    for i in 0..rows {
        for j in 0..=i {
            products[i * rows + j] = dot(row(i), row(j));
        }
    }
    (semidefinite_root(products, rows), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By pairs of rows, as the formula stands.
    fn shrinkage_by_pairs(centered: &[f64], periods: usize) -> f64 {
        let t = periods as f64;
        let rows: Vec<Vec<f64>> = centered
            .chunks_exact(periods)
            .map(|row| {
                let deviation = (dot(row, row) / t).sqrt();
                row.iter().map(|e| e / deviation).collect()
            })
            .collect();
        let (mut variance, mut squares) = (0.0, 0.0);
        for i in 0..rows.len() {
            for j in 0..i {
                let w: Vec<f64> = rows[i].iter().zip(&rows[j]).map(|(a, b)| a * b).collect();
                let mean = w.iter().sum::<f64>() / t;
                variance += w.iter().map(|w| (w - mean).powi(2)).sum::<f64>();
                squares += mean * mean;
            }
        }
        variance / squares / (t * (t - 1.0))
    }

    fn some(rows: usize, periods: usize) -> Vec<f64> {
        let mut rng = omni_core::rng::stream(5, rows as u64);
        let values: Vec<f64> =
            (0..rows * periods).map(|_| omni_core::rng::uniform(&mut rng) - 0.3).collect();
        Residuals::new(&values, periods).centered()
    }

    #[test]
    fn both_ways_to_count_pairs_agree() {
        for (rows, periods) in [(2, 9), (9, 9), (10, 9), (700, 9), (3, 50), (49, 50)] {
            let centered = some(rows, periods);
            let (got, expected) =
                (shrinkage(&centered, periods), shrinkage_by_pairs(&centered, periods));
            assert!((got - expected.min(1.0)).abs() < 1e-10, "{rows} {periods}: {got} {expected}");
        }
    }

    #[test]
    fn rows_that_do_not_vary_count_as_uncorrelated() {
        let mut centered = some(4, 20);
        let before = shrinkage(&centered, 20);
        centered.extend([0.0; 20]);
        assert!((shrinkage(&centered, 20) - before).abs() < 1e-12);
        assert_eq!(shrinkage(&[0.0; 20], 10), 1.0);
        assert_eq!(shrinkage(&some(1, 10), 10), 1.0);
    }

    #[test]
    fn compressed_columns_have_the_same_products() {
        for (rows, periods) in [(3, 12), (12, 3), (4, 4)] {
            let centered = some(rows, periods);
            let (columns, width) = compressed(centered.clone(), periods);
            assert_eq!(width, rows.min(periods));
            for i in 0..rows {
                for j in 0..rows {
                    let of = |all: &[f64], n| dot(&all[i * n..][..n], &all[j * n..][..n]);
                    assert!((of(&columns, width) - of(&centered, periods)).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn variances_have_a_floor_but_not_of_nothing() {
        let residuals = [0.0, 0.0, 3.0, -3.0];
        let got = Residuals::new(&residuals, 2).mean_squares().unwrap();
        assert_eq!(got[1], (3.0_f64 / 2.0).powi(2));
        assert!(got[0] > 0.0 && got[0] < 1e-11);
        assert!(Residuals::new(&[0.0; 4], 2).mean_squares().is_err());
        assert!(variances(&[0.0; 4], 2).is_err());
        // Far from one in both directions.
        for unit in [1e300, 1e-300] {
            let residuals = [unit, -unit, 3.0 * unit, -3.0 * unit];
            let got = Residuals::new(&residuals, 2).mean_squares().unwrap();
            assert!((got[1] / got[0] - 9.0).abs() < 1e-12);
        }
    }
}
