//! The two small dense solvers reconciliation needs.
//!
//! ```text
//! Cholesky      A = L L'                       A x = b by two triangular solves
//! least norm    F' = Q R, F β = u              β = Q R'⁻¹ u, and R⁻¹ R'⁻¹ u = (F F')⁻¹ u
//! ```
//!
//! `F` has more columns than rows; `Q` comes from modified Gram–Schmidt run twice, which
//! makes its columns orthogonal to rounding. Working with `F` instead of `F F'` keeps the
//! digits that squaring the condition number would cost.
//!
//! Source: Björck (1994), "Numerics of Gram–Schmidt orthogonalization", Linear Algebra and
//! its Applications 197–198, 297–316.

/// A symmetric positive definite matrix as the product of a triangle with its mirror image.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cholesky {
    n: usize,
    /// The lower triangle, row by row.
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factors the `n × n` matrix `a`, of which the lower triangle is read; `None` if it is
    /// not positive definite.
    pub(super) fn new(mut a: Vec<f64>, n: usize) -> Option<Self> {
        for i in 0..n {
            let (done, rest) = a.split_at_mut(i * n);
            let row = &mut rest[..n];
            for j in 0..i {
                let of_j = &done[j * n..][..n];
                row[j] = (row[j] - dot(&row[..j], &of_j[..j])) / of_j[j];
            }
            let pivot = row[i] - dot(&row[..i], &row[..i]);
            if !(pivot > 0.0 && pivot.is_finite()) {
                return None;
            }
            row[i] = pivot.sqrt();
        }
        Some(Self { n, lower: a })
    }

    /// Solves for `columns` right sides at once, stored row by row.
    pub(super) fn solve(&self, b: &mut [f64], columns: usize) {
        let n = self.n;
        for i in 0..n {
            let (done, rest) = b.split_at_mut(i * columns);
            let row = &mut rest[..columns];
            for (j, known) in done.chunks_exact(columns).enumerate() {
                axpy(row, -self.lower[i * n + j], known);
            }
            let pivot = self.lower[i * n + i];
            divide(row, pivot);
        }
        for i in (0..n).rev() {
            let (rest, done) = b.split_at_mut((i + 1) * columns);
            let row = &mut rest[i * columns..];
            for (j, known) in done.chunks_exact(columns).enumerate() {
                axpy(row, -self.lower[(i + 1 + j) * n + i], known);
            }
            let pivot = self.lower[i * n + i];
            divide(row, pivot);
        }
    }
}

/// A lower triangle `L` with `L L' = a` for a positive semidefinite `a`; columns of zeros
/// where it is singular.
pub(super) fn semidefinite_root(mut a: Vec<f64>, n: usize) -> Vec<f64> {
    let largest = (0..n).map(|i| a[i * n + i]).fold(0.0, f64::max);
    let negligible = largest * n as f64 * f64::EPSILON;
    for j in 0..n {
        let pivot = a[j * n + j] - dot(&a[j * n..][..j], &a[j * n..][..j]);
        let root = if pivot > negligible { pivot.sqrt() } else { 0.0 };
        a[j * n + j] = root;
        for i in j + 1..n {
            let rest = a[i * n + j] - dot(&a[i * n..][..j], &a[j * n..][..j]);
            a[i * n + j] = if root > 0.0 { rest / root } else { 0.0 };
            a[j * n + i] = 0.0;
        }
    }
    a
}

/// What [`least_norm`] found.
#[derive(Debug)]
pub(super) struct LeastNorm {
    /// The shortest `β` with `F β = u`.
    pub(super) solution: Vec<f64>,
    /// `(F F')⁻¹ u`.
    pub(super) multipliers: Vec<f64>,
}

/// The shortest solution of `F β = u` for rows `f` of equal length; `None` if the rows
/// depend on each other.
pub(super) fn least_norm(mut f: Vec<Vec<f64>>, u: &[f64]) -> Option<LeastNorm> {
    let rows = f.len();
    // Row i of R' holds what row i of F has of the directions before it.
    let mut lower = vec![0.0; rows * rows];
    for i in 0..rows {
        let (done, rest) = f.split_at_mut(i);
        let row = rest.first_mut()?;
        let length = norm(row);
        for _ in 0..2 {
            for (j, direction) in done.iter().enumerate() {
                let along = dot(row, direction);
                axpy(row, -along, direction);
                lower[i * rows + j] += along;
            }
        }
        let left = norm(row);
        // What is left after subtracting must be more than rounding.
        if !(left > length * row.len() as f64 * f64::EPSILON && left.is_finite()) {
            return None;
        }
        divide(row, left);
        lower[i * rows + i] = left;
    }
    let mut weights = u.to_vec();
    for i in 0..rows {
        let known = dot(&lower[i * rows..][..i], &weights[..i]);
        weights[i] = (weights[i] - known) / lower[i * rows + i];
    }
    let mut solution = vec![0.0; f.first().map_or(0, Vec::len)];
    for (direction, &weight) in f.iter().zip(&weights) {
        axpy(&mut solution, weight, direction);
    }
    for i in (0..rows).rev() {
        let known: f64 = (i + 1..rows).map(|j| lower[j * rows + i] * weights[j]).sum();
        weights[i] = (weights[i] - known) / lower[i * rows + i];
    }
    Some(LeastNorm { solution, multipliers: weights })
}

/// `v /= by`
pub(super) fn divide(v: &mut [f64], by: f64) {
    for v in v {
        *v /= by;
    }
}

/// `y += a x`
pub(super) fn axpy(y: &mut [f64], a: f64, x: &[f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}

/// The sum of products, in four partial sums so that they run side by side.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    let mut lanes = [0.0; 4];
    for (a, b) in a4.iter().zip(b4) {
        for lane in 0..4 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}

fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}

/// Adds to the `n × n` matrix `gram` the products of the `n` columns of `rows`, each row
/// weighted; only the lower triangle is kept.
///
/// Four rows at a time, so that each entry of the matrix is loaded once for four products.
pub(super) fn add_gram(gram: &mut [f64], rows: &[f64], weights: &[f64], n: usize) {
    let fours = rows.chunks_exact(4 * n);
    let rest = fours.remainder();
    let (weight4, weight_rest) = weights.as_chunks::<4>();
    for (four, w) in fours.zip(weight4) {
        let (a, b) = four.split_at(2 * n);
        let ((a, b), (c, d)) = (a.split_at(n), b.split_at(n));
        for i in 0..n {
            let (wa, wb, wc, wd) = (w[0] * a[i], w[1] * b[i], w[2] * c[i], w[3] * d[i]);
            let row = &mut gram[i * n..][..=i];
            let columns = a.iter().zip(b).zip(c).zip(d);
            for (g, (((a, b), c), d)) in row.iter_mut().zip(columns) {
                *g += (wa * a + wb * b) + (wc * c + wd * d);
            }
        }
    }
    for (row, &w) in rest.chunks_exact(n).zip(weight_rest) {
        for i in 0..n {
            axpy(&mut gram[i * n..][..=i], w * row[i], row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cholesky_solves_what_it_factored() {
        let a = vec![4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 1.0, 3.0, 6.0];
        let full = [[4.0, 2.0, 1.0], [2.0, 5.0, 3.0], [1.0, 3.0, 6.0]];
        let x = [[1.0, -1.0], [2.0, 0.5], [-3.0, 4.0]];
        let mut b = Vec::new();
        for row in full {
            let column = |c: usize| row.iter().zip(&x).map(|(a, x)| a * x[c]).sum::<f64>();
            b.extend([column(0), column(1)]);
        }
        Cholesky::new(a, 3).unwrap().solve(&mut b, 2);
        for (got, expected) in b.iter().zip(x.concat()) {
            assert!((got - expected).abs() < 1e-14, "{b:?}");
        }
        assert_eq!(Cholesky::new(vec![1.0, 0.0, 1.0, 1.0], 2), None);
        assert_eq!(Cholesky::new(vec![f64::NAN], 1), None);
    }

    #[test]
    fn a_semidefinite_root_has_zero_columns() {
        // Rank one: (1, 2, 3)' (1, 2, 3).
        let a = vec![1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0];
        let root = semidefinite_root(a, 3);
        assert_eq!(root, [1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0]);
    }

    #[test]
    fn the_shortest_solution() {
        let found = least_norm(vec![vec![1.0, 1.0, 0.0], vec![0.0, 1.0, 1.0]], &[2.0, 2.0]);
        let found = found.unwrap();
        let expected = [2.0 / 3.0, 4.0 / 3.0, 2.0 / 3.0];
        assert!(found.solution.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
        assert!(found.multipliers.iter().all(|m| (m - 2.0 / 3.0).abs() < 1e-15));
        assert!(least_norm(vec![vec![1.0, 2.0], vec![2.0, 4.0]], &[1.0, 2.0]).is_none());
        assert!(least_norm(vec![vec![0.0, 0.0]], &[0.0]).is_none());
        assert!(least_norm(vec![vec![1.0], vec![2.0]], &[1.0, 2.0]).is_none());
    }

    #[test]
    fn gram_of_any_number_of_rows() {
        for rows in 0..10_usize {
            let values: Vec<f64> = (0..rows * 3).map(|v| (v * v % 7) as f64).collect();
            let weights: Vec<f64> = (0..rows).map(|v| 1.0 + v as f64).collect();
            let mut gram = vec![0.0; 9];
            add_gram(&mut gram, &values, &weights, 3);
            for i in 0..3 {
                for j in 0..=i {
                    let expected: f64 =
                        (0..rows).map(|r| weights[r] * values[r * 3 + i] * values[r * 3 + j]).sum();
                    assert_eq!(gram[i * 3 + j], expected);
                }
            }
        }
    }
}
