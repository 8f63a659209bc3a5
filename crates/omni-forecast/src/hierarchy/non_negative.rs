//! Least squares with no bottom series below zero, by block pivoting.
//!
//! ```text
//! b ≥ 0,  g = gradient of the squared distance ≥ 0,  b_i g_i = 0 for all i
//! ```
//!
//! A set of series is fixed at zero, the others are solved for without a bound. Free
//! series that came out negative are then fixed and fixed ones that pull upward (`g < 0`)
//! are freed, all at once; if that does not make them fewer for a while, only the last one
//! is exchanged (Murty's rule), which cannot go round in circles. The solution is unique,
//! so the way to it does not matter.
//!
//! Sources: Júdice & Pires (1994), "A block principal pivoting algorithm for large-scale
//! strictly monotone linear complementarity problems", Computers & Operations Research
//! 21(5), 587–596; for reconciliation: Wickramasuriya, Turlach & Hyndman (2020), "Optimal
//! non-negative forecast reconciliation", Statistics and Computing 30, 1167–1182.

use super::projection::Effort;
use crate::Error;

/// Values in units of the magnitude of the base count as zero below this.
const SLACK: f64 = 1e-12;
const MAX_PIVOTS: usize = 300;
/// How often all are exchanged without getting fewer.
const PATIENCE: usize = 3;

/// The unbounded solution for a set of fixed series.
#[derive(Debug)]
pub(super) struct Step {
    /// The bottom series; fixed ones are 0.
    pub(super) bottom: Vec<f64>,
    /// For each, half the gradient in units of the series; only that of fixed ones is read.
    pub(super) pull: Vec<f64>,
}

/// Finds the set of fixed series, starting from `fixed`, and the bottom series.
pub(super) fn solve(
    fixed: &mut [bool],
    mut step: impl FnMut(&[bool]) -> Result<Step, Error>,
) -> Result<(Vec<f64>, Effort), Error> {
    let mut fewest = usize::MAX;
    let mut patience = PATIENCE;
    let mut pivots = 0;
    loop {
        let Step { mut bottom, pull } = step(fixed)?;
        let wrong = |i: usize, fixed: bool| if fixed { pull[i] } else { bottom[i] } < -SLACK;
        let all: Vec<usize> = (0..fixed.len()).filter(|&i| wrong(i, fixed[i])).collect();
        if all.is_empty() || pivots == MAX_PIVOTS {
            bottom.iter_mut().zip(&*fixed).for_each(|(b, fixed)| {
                *b = if *fixed { 0.0 } else { b.max(0.0) };
            });
            let effort = Effort { iterations: pivots, converged: all.is_empty() };
            return Ok((bottom, effort));
        }
        pivots += 1;
        if all.len() < fewest {
            fewest = all.len();
            patience = PATIENCE;
        } else {
            patience = patience.saturating_sub(1);
        }
        let exchanged = if patience > 0 { &all[..] } else { &all[all.len() - 1..] };
        for &i in exchanged {
            fixed[i] = !fixed[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// min ½ b'Ab − c'b for a 2 × 2 matrix, by the four sets that can be fixed.
    fn two(a: [[f64; 2]; 2], c: [f64; 2]) -> impl FnMut(&[bool]) -> Result<Step, Error> {
        move |fixed| {
            let determinant = a[0][0] * a[1][1] - a[0][1] * a[1][0];
            let bottom = match fixed {
                [false, false] => [
                    (c[0] * a[1][1] - c[1] * a[0][1]) / determinant,
                    (c[1] * a[0][0] - c[0] * a[1][0]) / determinant,
                ],
                [false, true] => [c[0] / a[0][0], 0.0],
                [true, false] => [0.0, c[1] / a[1][1]],
                _ => [0.0, 0.0],
            };
            let pull = (0..2).map(|i| a[i][0] * bottom[0] + a[i][1] * bottom[1] - c[i]).collect();
            Ok(Step { bottom: bottom.to_vec(), pull })
        }
    }

    #[test]
    fn small_problems() {
        let a = [[2.0, 1.0], [1.0, 2.0]];
        let cases = [
            ([3.0, 3.0], [1.0, 1.0]),
            ([4.0, 1.0], [2.0, 0.0]),
            ([-1.0, -1.0], [0.0, 0.0]),
            ([-1.0, 4.0], [0.0, 2.0]),
        ];
        for (c, expected) in cases {
            for start in [[false, false], [true, true], [true, false]] {
                let mut fixed = start;
                let (got, effort) = solve(&mut fixed, two(a, c)).unwrap();
                assert_eq!(got, expected, "{c:?} {start:?}");
                assert!(effort.converged);
            }
        }
    }

    #[test]
    fn what_never_settles_is_reported_and_still_not_negative() {
        let flip = |fixed: &[bool]| {
            let n = fixed.len();
            Ok(Step { bottom: vec![-1.0; n], pull: vec![-1.0; n] })
        };
        let (bottom, effort) = solve(&mut [false; 3], flip).unwrap();
        assert_eq!((bottom, effort.converged), (vec![0.0; 3], false));
    }
}
