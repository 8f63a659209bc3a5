//! Coherent quantiles: joint sample paths of all rows, each of which adds up.
//!
//! ```text
//! bootstrap     y_{i,s,k} = ŷ_{i,k} + e_{i,τ_s+k}            one start τ_s for all rows
//! by marginals  the values of a row in the order of its past residuals (Schaake shuffle)
//! then          each column is reconciled, and quantiles are read per row
//! ```
//!
//! `i` is the row, `s` the path, `k` the step from 0. Quantiles do not add up: the 95 %
//! quantile of a total is below the sum of those of its parts unless these move together.
//! What can add up are the paths, and a path keeps how rows moved together because all
//! rows take their errors from the same periods. Rows whose residuals tie (demand that is
//! mostly zero) are ordered by chance within the tie, each row by its own stream of
//! the seed, so that ties do not make rows move together.
//!
//! O(n · paths · horizon) time and memory, times a logarithm for the quantiles.
//!
//! Sources: Panagiotelis, Gamakumara, Athanasopoulos & Hyndman (2023), "Probabilistic
//! forecast reconciliation", EJOR 306(2), 693–706; Clark, Gangopadhyay, Hay, Rajagopalan &
//! Wilby (2004), "The Schaake shuffle", Journal of Hydrometeorology 5(1), 243–262; Ben
//! Taieb, Taylor & Hyndman (2021), "Hierarchical probabilistic forecasting of electricity
//! demand with smart meter data", JASA 116(533), 27–43.
//!
//! Limits: bootstrapped residuals are those of one step, so the spread grows with the step
//! only as far as consecutive residuals add up in [`cumulative_quantiles`](Paths::cumulative_quantiles).
//! K paths cannot tell levels above 1 − 1/K apart.

use super::structure::columns;
use crate::Error;
use omni_core::error::{DataError, ParamError};
use omni_core::numeric::quantile::{QuantileType, quantiles};
use omni_core::{check, rng};

/// Joint sample paths of all rows: columns `path · horizon + step`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Paths {
    /// The rows, their columns side by side.
    pub values: Vec<f64>,
    /// How many paths.
    pub paths: usize,
    /// How many steps each.
    pub horizon: usize,
}

impl Paths {
    /// Base forecasts of all rows (`horizon` per row) plus past residuals of all rows, the
    /// same stretch of periods for all rows of a path.
    ///
    /// # Errors
    /// [`Error::Param`] if `rows` or `paths` is 0; [`Error::Data`] if a length is not a
    /// multiple of the rows, an entry is not finite, a row has fewer residuals than steps,
    /// or a value overflows.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::hierarchy::{Hierarchy, Paths, bottom_up};
    ///
    /// let hierarchy = Hierarchy::from_members(2, &[&[0, 1]])?;
    /// // Two stores that share a shopper: what one sells the other does not.
    /// let residuals = [0.0, 0.0, 1.0, -1.0, -1.0, 1.0];
    /// let base = [4.0, 2.0, 2.0];
    /// let paths = Paths::bootstrap(hierarchy.rows(), &base, &residuals, 200, 7)?;
    /// let coherent = bottom_up(&hierarchy, &paths.values)?.values;
    /// let quantiles = paths.with_values(coherent)?.quantiles(&[0.05, 0.95])?;
    /// assert_eq!(quantiles, [4.0, 4.0, 1.0, 3.0, 1.0, 3.0]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn bootstrap(
        rows: usize,
        base: &[f64],
        residuals: &[f64],
        paths: usize,
        seed: u64,
    ) -> Result<Self, Error> {
        check::at_least_one("rows", rows)?;
        check::at_least_one("paths", paths)?;
        let horizon = columns("base", base, rows)?;
        let periods = columns("residuals", residuals, rows)?;
        check::min_len("residuals", residuals, horizon.saturating_mul(rows))?;
        let mut values = with_room(rows, paths, horizon)?;
        let starts = periods - horizon + 1;
        let mut stream = rng::stream(seed, 0);
        #[expect(clippy::cast_possible_truncation, reason = "below a length")]
        let starts: Vec<usize> =
            (0..paths).map(|_| rng::below(&mut stream, starts as u64) as usize).collect();
        for (base, residuals) in base.chunks_exact(horizon).zip(residuals.chunks_exact(periods)) {
            for &start in &starts {
                values.extend(base.iter().zip(&residuals[start..]).map(|(base, e)| base + e));
            }
        }
        Self { values: Vec::new(), paths, horizon }.with_values(values)
    }

    /// One step ahead from samples of each row alone, in any order: each row's are put into
    /// the order its template (as long, say past residuals) has.
    ///
    /// # Errors
    /// [`Error::Param`] if `rows` is 0; [`Error::Data`] if the lengths differ or are not a
    /// multiple of the rows, or an entry is not finite.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::hierarchy::Paths;
    ///
    /// let samples = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0];
    /// let template = [0.5, -0.5, 0.0, 5.0, -5.0, 0.0]; // both: high, low, middle
    /// let paths = Paths::from_marginals(2, &samples, &template, 1)?;
    /// assert_eq!(paths.values, [3.0, 1.0, 2.0, 30.0, 10.0, 20.0]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn from_marginals(
        rows: usize,
        samples: &[f64],
        template: &[f64],
        seed: u64,
    ) -> Result<Self, Error> {
        check::at_least_one("rows", rows)?;
        let paths = columns("samples", samples, rows)?;
        check::same_len("template", template, samples.len())?;
        check::all_finite("template", template)?;
        let mut values = vec![0.0; samples.len()];
        let mut order: Vec<usize> = (0..paths).collect();
        let mut sorted = Vec::with_capacity(paths);
        let given = samples.chunks_exact(paths).zip(template.chunks_exact(paths));
        for ((key, out), (samples, template)) in
            (0..).zip(values.chunks_exact_mut(paths)).zip(given)
        {
            sorted.clear();
            sorted.extend_from_slice(samples);
            sorted.sort_unstable_by(f64::total_cmp);
            order.sort_unstable();
            rng::shuffle(&mut rng::stream(seed, key), &mut order);
            order.sort_by(|&a, &b| (template[a] + 0.0).total_cmp(&(template[b] + 0.0)));
            for (&at, &value) in order.iter().zip(&sorted) {
                out[at] = value;
            }
        }
        Ok(Self { values, paths, horizon: 1 })
    }

    /// The same paths with other values, say the reconciled ones.
    ///
    /// # Errors
    /// [`Error::Data`] if they are not whole rows or one is not finite.
    pub fn with_values(self, values: Vec<f64>) -> Result<Self, Error> {
        let width = self.paths.saturating_mul(self.horizon);
        if !values.len().is_multiple_of(width) {
            let name = "values";
            return Err(DataError::Length { name, expected: width, got: values.len() }.into());
        }
        check::all_finite("values", &values)?;
        Ok(Self { values, ..self })
    }

    /// The quantiles of each row and step, the levels side by side (type 7).
    ///
    /// # Errors
    /// [`Error::Data`] if levels do not ascend in `(0, 1)`.
    pub fn quantiles(&self, levels: &[f64]) -> Result<Vec<f64>, Error> {
        self.read(levels, |path, step| path.get(step).copied().unwrap_or_default())
    }

    /// The quantiles of each row over steps `0..=k` together, the levels side by side.
    ///
    /// # Errors
    /// As [`quantiles`](Self::quantiles), or if a sum overflows.
    pub fn cumulative_quantiles(&self, levels: &[f64]) -> Result<Vec<f64>, Error> {
        self.read(levels, |path, step| path.iter().take(step + 1).sum())
    }

    fn read(&self, levels: &[f64], of: impl Fn(&[f64], usize) -> f64) -> Result<Vec<f64>, Error> {
        check::levels("levels", levels)?;
        let width = self.paths.saturating_mul(self.horizon).max(1);
        let mut read = Vec::with_capacity(self.values.len() / self.paths.max(1) * levels.len());
        let mut column = Vec::with_capacity(self.paths);
        for row in self.values.chunks_exact(width) {
            for step in 0..self.horizon {
                column.clear();
                column.extend(row.chunks_exact(self.horizon).map(|path| of(path, step)));
                if column.iter().any(|v: &f64| !v.is_finite()) {
                    return Err(DataError::Overflow { name: "values" }.into());
                }
                column.sort_unstable_by(f64::total_cmp);
                read.extend(quantiles(&column, levels, QuantileType::Linear)?);
            }
        }
        Ok(read)
    }
}

/// Room for all values, or an error if there are too many of them.
fn with_room(rows: usize, paths: usize, horizon: usize) -> Result<Vec<f64>, Error> {
    const MOST: usize = 1 << 30;
    let all = rows.checked_mul(paths).and_then(|all| all.checked_mul(horizon));
    match all.filter(|all| *all <= MOST) {
        Some(all) => Ok(Vec::with_capacity(all)),
        None => Err(ParamError::new("paths", "at most 2^30 / rows / horizon", paths).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rows_of_a_path_take_the_same_periods() {
        let residuals = [0.0, 1.0, 2.0, 3.0, 0.0, 10.0, 20.0, 30.0];
        let paths = Paths::bootstrap(2, &[100.0, 100.0, 500.0, 500.0], &residuals, 50, 3).unwrap();
        assert_eq!((paths.paths, paths.horizon, paths.values.len()), (50, 2, 200));
        let (a, b) = paths.values.split_at(100);
        for (a, b) in a.iter().zip(b) {
            assert_eq!((a - 100.0) * 10.0, b - 500.0);
        }
        for path in a.chunks_exact(2) {
            assert_eq!(path[0] + 1.0, path[1]);
        }
        assert_eq!(paths.quantiles(&[0.5]).unwrap().len(), 4);
        // A sum of two steps is 2 · first + 1.
        let (single, both) =
            (paths.quantiles(&[0.9]).unwrap(), paths.cumulative_quantiles(&[0.9]).unwrap());
        assert!((both[1] - (2.0 * single[0] + 1.0)).abs() < 1e-12);
        assert_eq!(both[0], single[0]);
    }

    #[test]
    fn ties_do_not_make_rows_move_together() {
        // Both rows were never wrong: no order is to be read from that.
        let n = 2_000;
        let samples: Vec<f64> = (0..2 * n).map(|i| (i % n) as f64).collect();
        let paths = Paths::from_marginals(2, &samples, &vec![0.0; 2 * n], 1).unwrap();
        let (a, b) = paths.values.split_at(n);
        let mean = (n - 1) as f64 / 2.0;
        let product: f64 = a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum();
        let square: f64 = a.iter().map(|a| (a - mean).powi(2)).sum();
        assert!((product / square).abs() < 0.08, "{}", product / square);
        // −0 and 0 tie as well.
        assert!(Paths::from_marginals(1, &[1.0, 2.0], &[-0.0, 0.0], 1).is_ok());
    }

    #[test]
    fn errors() {
        assert!(Paths::bootstrap(0, &[], &[], 1, 0).is_err());
        assert!(Paths::bootstrap(1, &[1.0], &[1.0], 0, 0).is_err());
        assert!(Paths::bootstrap(1, &[1.0, 2.0], &[1.0], 1, 0).is_err());
        assert!(Paths::bootstrap(1, &[1.0], &[f64::NAN], 1, 0).is_err());
        assert!(Paths::bootstrap(1, &[1.0], &[1.0], usize::MAX, 0).is_err());
        assert!(Paths::bootstrap(1, &[f64::MAX], &[f64::MAX], 1, 0).is_err());
        assert!(Paths::from_marginals(0, &[], &[], 0).is_err());
        assert!(Paths::from_marginals(1, &[1.0], &[], 0).is_err());
        let paths = Paths::bootstrap(1, &[1.0], &[1.0], 2, 0).unwrap();
        assert!(paths.quantiles(&[]).is_err());
        assert!(paths.clone().with_values(vec![1.0]).is_err());
        assert!(paths.with_values(vec![1.0, f64::NAN]).is_err());
    }
}
