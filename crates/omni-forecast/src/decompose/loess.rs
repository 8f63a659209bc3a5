//! Local regression on equally spaced points, the smoother inside STL.
//!
//! ```text
//! ŷ(x) = Σ w_j y_j     w_j = (1 − (|j − x| / h)³)³ · weight_j, scaled to sum 1
//! ```
//!
//! `h` is the distance to the farther end of the window of `window` points; a window
//! longer than the series widens `h` by half of what is missing. Degree 1 tilts the
//! weights so that a straight line is reproduced.

/// How to smooth one series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loess {
    /// Points in a window; odd, at least 3.
    pub(super) window: usize,
    /// 0: locally constant, else locally linear.
    pub(super) degree: u8,
    /// Points from one evaluation to the next; a straight line between them.
    pub(super) jump: usize,
}

/// One series being smoothed; the kernel is kept where the next window has the same.
struct Local<'a> {
    y: &'a [f64],
    weights: Option<&'a [f64]>,
    how: Loess,
    kernel: &'a mut Vec<f64>,
    /// Where in its window the point of the kernel lies: points before it and after it.
    kept: Option<(f64, f64)>,
}

impl Loess {
    /// Smooths `y` into `out`, of the same length.
    pub(super) fn smooth(
        self,
        y: &[f64],
        weights: Option<&[f64]>,
        out: &mut [f64],
        kernel: &mut Vec<f64>,
    ) {
        let n = y.len();
        let Some(last) = n.checked_sub(1) else { return };
        if last == 0 {
            out.copy_from_slice(y);
            return;
        }
        let jump = self.jump.clamp(1, last);
        let mut local = Local { y, weights, how: self, kernel, kept: None };
        let mut before: Option<(usize, f64)> = None;
        for i in (0..=last).step_by(jump) {
            let value = local.inside(i);
            fill(out, before, i, value);
            before = Some((i, value));
        }
        if last % jump != 0 {
            let value = local.inside(last);
            fill(out, before, last, value);
        }
    }

    /// Smooths `y` and one point beyond each end into `out`, two longer than `y`.
    pub(super) fn smooth_and_extend(
        self,
        y: &[f64],
        weights: Option<&[f64]>,
        out: &mut [f64],
        kernel: &mut Vec<f64>,
    ) {
        let n = y.len();
        if let Some(inner) = out.get_mut(1..=n) {
            self.smooth(y, weights, inner, kernel);
        }
        let mut local = Local { y, weights, how: self, kernel, kept: None };
        let window = self.window.min(n);
        let first = local.at(-1.0, 0, window.saturating_sub(1));
        let last = local.at(n as f64, n - window, n.saturating_sub(1));
        if let [head, second, ..] = out {
            *head = first.unwrap_or(*second);
        }
        if let [.., before, tail] = out {
            *tail = last.unwrap_or(*before);
        }
    }
}

/// Writes `value` at `i` and a straight line from the evaluation before.
fn fill(out: &mut [f64], before: Option<(usize, f64)>, i: usize, value: f64) {
    if let Some((from, start)) = before {
        let slope = (value - start) / (i - from) as f64;
        for (k, out) in out.iter_mut().take(i).skip(from + 1).enumerate() {
            *out = start + slope * (k + 1) as f64;
        }
    }
    if let Some(out) = out.get_mut(i) {
        *out = value;
    }
}

impl Local<'_> {
    /// The smooth at point `i`; the point itself where no point of the window has weight.
    fn inside(&mut self, i: usize) -> f64 {
        let n = self.y.len();
        let window = self.how.window.min(n);
        let left = i.saturating_sub(window / 2).min(n - window);
        let fallback = self.y.get(i).copied().unwrap_or_default();
        self.at(i as f64, left, left + window - 1).unwrap_or(fallback)
    }

    /// The smooth at `x` from the points `left..=right`; `None` if none of them has weight.
    fn at(&mut self, x: f64, left: usize, right: usize) -> Option<f64> {
        let points = self.y.get(left..=right)?;
        let place = (x - left as f64, right as f64 - x);
        if self.weights.is_some() || self.kept != Some(place) {
            self.kept = None;
            let weights = match self.weights {
                Some(weights) => Some(weights.get(left..=right)?),
                None => None,
            };
            weigh(self.kernel, place, self.how, self.y.len(), weights)?;
            self.kept = Some(place);
        }
        Some(dot(self.kernel, points))
    }
}

/// Fills `kernel` with the weights of a window; `None` if they are all 0.
fn weigh(
    kernel: &mut Vec<f64>,
    (before, after): (f64, f64),
    how: Loess,
    n: usize,
    weights: Option<&[f64]>,
) -> Option<()> {
    let h = before.max(after) + (how.window.saturating_sub(n) / 2) as f64;
    let points = (before + after) as usize + 1;
    kernel.clear();
    kernel.extend((0..points).map(|k| {
        let r = (k as f64 - before).abs();
        let u = r / h;
        let v = 1.0 - u * u * u;
        // The bounds of the original: 1 at the center, 0 at the far end, also for h = 0.
        if r <= 0.001 * h {
            1.0
        } else if r <= 0.999 * h {
            v * v * v
        } else {
            0.0
        }
    }));
    if let Some(weights) = weights {
        kernel.iter_mut().zip(weights).for_each(|(k, weight)| *k *= weight);
    }
    let total: f64 = kernel.iter().sum();
    if !(total > 0.0) {
        return None;
    }
    kernel.iter_mut().for_each(|k| *k /= total);
    if how.degree > 0 {
        let mean: f64 = kernel.iter().enumerate().map(|(k, w)| w * k as f64).sum();
        let spread: f64 =
            kernel.iter().enumerate().map(|(k, w)| w * (k as f64 - mean).powi(2)).sum();
        // Too narrow to tell a slope.
        if spread.sqrt() > 0.001 * (n as f64 - 1.0) {
            let tilt = (before - mean) / spread;
            for (k, w) in kernel.iter_mut().enumerate() {
                *w *= tilt * (k as f64 - mean) + 1.0;
            }
        }
    }
    Some(())
}

/// `Σ a b` in four sums, so that the additions need not wait for one another.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in a4.iter().zip(b4) {
        for k in 0..4 {
            sums[k] += a[k] * b[k];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_reproduced_with_any_jump_window_and_weight() {
        let y: Vec<f64> = (0..30).map(|t| 3.0 + 0.5 * f64::from(t)).collect();
        let weights: Vec<f64> = (0..30).map(|t| f64::from(1 + t % 3)).collect();
        for window in [3, 7, 31, 99] {
            for jump in [1, 4, 29, 1_000] {
                for weights in [None, Some(&weights[..])] {
                    let how = Loess { window, degree: 1, jump };
                    let mut out = [0.0; 32];
                    how.smooth_and_extend(&y, weights, &mut out, &mut Vec::new());
                    for (t, value) in out.into_iter().enumerate() {
                        let line = 2.5 + 0.5 * t as f64;
                        assert!((value - line).abs() < 1e-9, "{window} {jump} {t} {value}");
                    }
                }
            }
        }
    }

    #[test]
    fn by_hand() {
        // h = 1 in a window of 3: the neighbors are at the far end and count 0.
        let how = Loess { window: 3, degree: 0, jump: 1 };
        let mut out = [0.0; 3];
        how.smooth(&[1.0, 5.0, 3.0], None, &mut out, &mut Vec::new());
        let near: f64 = (1.0 - 0.125_f64).powi(3);
        let expected = [(1.0 + 5.0 * near) / (1.0 + near), 5.0, (3.0 + 5.0 * near) / (1.0 + near)];
        for (got, expected) in out.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-14, "{out:?}");
        }
    }

    #[test]
    fn without_weight_a_point_stays() {
        let how = Loess { window: 3, degree: 1, jump: 1 };
        let mut out = [0.0; 6];
        let weights = [0.0; 4];
        how.smooth_and_extend(&[1.0, 2.0, 5.0, 4.0], Some(&weights), &mut out, &mut Vec::new());
        assert_eq!(out, [1.0, 1.0, 2.0, 5.0, 4.0, 4.0]);
        let mut one = [0.0; 3];
        how.smooth_and_extend(&[2.0], None, &mut one, &mut Vec::new());
        assert_eq!(one, [2.0; 3]);
    }
}
