//! Bootstrap quantiles: sample paths around a point forecast, made of its own past errors.
//!
//! ```text
//! e_{w,h} = y_{n_w+h} − ŷ_{n_w+h|n_w}                   windows w = 1..W, steps h = 1..H
//! path s:  y_{s,h} = ŷ_h + e_{w(s,⌈h/B⌉), h}            w drawn anew for every block of B steps
//! ```
//!
//! Errors of step h are only used at step h, so the spread grows with the step as the
//! errors did. Within a block they come from one window and keep how errors of neighboring
//! steps go together. That decides the quantiles of sums: with `B = H` (the default) a path
//! takes all its errors from one window, with `B = 1` steps err independently (residual
//! bootstrap), which is too narrow a lead time where a forecast that starts too low stays
//! too low. Whole paths are finite in number: W of them.
//!
//! W fits of the method, then O(paths · H), and a logarithm for the quantiles.
//!
//! Sources: Efron & Tibshirani (1993), "An Introduction to the Bootstrap", Chapman & Hall,
//! chapter 8; Künsch (1989), "The jackknife and the bootstrap for general stationary
//! observations", Annals of Statistics 17(3), 1217–1241 (blocks).
//!
//! Limits: no quantile exceeds what the forecast plus errors seen can give, so W windows
//! cannot tell levels above 1 − 1/W apart at a step; windows that overlap hold less than
//! they seem to. Refit and parameter errors are in the windows, a change of regime is not.

use super::conformal::{check_finite, errors, mean, window_ends};
use crate::forecaster::check_horizon;
use crate::{Error, Forecaster};
use omni_core::error::ParamError;
use omni_core::numeric::quantile::{QuantileType, quantiles};
use omni_core::{check, rng};

/// The most values kept: paths times horizon.
const MAX_VALUES: usize = 1 << 27;

/// Settings of bootstrap quantiles; checked by [`fit`](Bootstrap::fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Bootstrap {
    windows: usize,
    step: usize,
    min_train: usize,
    block: Option<usize>,
    paths: usize,
    seed: u64,
    non_negative: bool,
}

impl Bootstrap {
    /// 1,000 paths with the errors of the last `windows` windows, one period apart.
    #[must_use]
    pub const fn new(windows: usize, seed: u64) -> Self {
        Self {
            windows,
            step: 1,
            min_train: 1,
            block: None,
            paths: 1_000,
            seed,
            non_negative: false,
        }
    }

    /// Puts the windows `step` periods apart, at least 1 (default 1).
    #[must_use]
    pub const fn with_step(self, step: usize) -> Self {
        Self { step, ..self }
    }

    /// Asks for at least `min_train` periods before the first window (default 1).
    #[must_use]
    pub const fn with_min_train(self, min_train: usize) -> Self {
        Self { min_train, ..self }
    }

    /// Draws a window anew every `block` steps, at least 1 (default: the horizon).
    #[must_use]
    pub const fn with_block(self, block: usize) -> Self {
        Self { block: Some(block), ..self }
    }

    /// Draws `paths` paths, at least 1 (default 1,000).
    #[must_use]
    pub const fn with_paths(self, paths: usize) -> Self {
        Self { paths, ..self }
    }

    /// Cuts every value of a path at zero, so that no demand is negative.
    #[must_use]
    pub const fn with_non_negative(self) -> Self {
        Self { non_negative: true, ..self }
    }

    /// Tries `method` on the windows, forecasts the `horizon` periods after `y` and draws
    /// paths around it.
    ///
    /// # Errors
    /// [`Error::Param`] if a setting is 0, the horizon is not in
    /// `1..=`[`MAX_HORIZON`](crate::MAX_HORIZON), or windows or paths times horizon are too
    /// many; [`Error::Data`] if `y` is too short, an entry is not finite or a value
    /// overflows; what `method` returns if it fails.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::interval::Bootstrap;
    /// use omni_forecast::smoothing::Ses;
    ///
    /// let y: Vec<f64> = [4.0, 6.0, 3.0, 9.0, 5.0, 3.0].repeat(10);
    /// let fit = Bootstrap::new(24, 7).with_non_negative().fit(&Ses::new(0.2), &y, 3)?;
    /// let lead_time = fit.cumulative_quantiles(&[0.5, 0.95])?;
    /// assert!(lead_time[4] < lead_time[5]); // of three periods together
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit(
        &self,
        method: &dyn Forecaster,
        y: &[f64],
        horizon: usize,
    ) -> Result<BootstrapFit, Error> {
        check_horizon(horizon)?;
        check::at_least_one("windows", self.windows)?;
        check::at_least_one("step", self.step)?;
        check::at_least_one("min_train", self.min_train)?;
        let block = check::at_least_one("block", self.block.unwrap_or(horizon))?;
        check::at_least_one("paths", self.paths)?;
        if self.paths.checked_mul(horizon).is_none_or(|values| values > MAX_VALUES) {
            return Err(ParamError::new("paths", "at most 2^27 / horizon", self.paths).into());
        }
        let ends = window_ends(y, horizon, self.windows, self.step, self.min_train)?;
        let errors = errors(method, y, horizon, &ends)?;
        let mean = mean(method, y, horizon)?;
        let mut stream = rng::stream(self.seed, 0);
        let mut paths = Vec::with_capacity(self.paths * horizon);
        for _ in 0..self.paths {
            for start in (0..horizon).step_by(block.min(horizon)) {
                #[expect(clippy::cast_possible_truncation, reason = "below a length")]
                let window = rng::below(&mut stream, self.windows as u64) as usize;
                let end = start.saturating_add(block).min(horizon);
                let errors = &errors[window * horizon..][start..end];
                paths.extend(mean[start..end].iter().zip(errors).map(|(mean, e)| mean + e));
            }
        }
        if self.non_negative {
            for v in &mut paths {
                *v = v.max(0.0);
            }
        }
        Ok(BootstrapFit { mean, paths: check_finite(paths)? })
    }
}

/// A point forecast and sample paths around it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct BootstrapFit {
    /// The point forecast, one value per step; not the mean of the paths if that is off.
    pub mean: Vec<f64>,
    /// The paths one after the other, the steps of each side by side.
    pub paths: Vec<f64>,
}

impl BootstrapFit {
    /// The quantiles of each step, the levels side by side (type 7); never crossing.
    ///
    /// # Errors
    /// [`Error::Data`] if levels do not ascend in `(0, 1)`.
    pub fn quantiles(&self, levels: &[f64]) -> Result<Vec<f64>, Error> {
        self.read(levels, |path, step| path.get(step).copied().unwrap_or_default())
    }

    /// The quantiles of the demand of steps `0..=k` together, the levels side by side.
    ///
    /// # Errors
    /// As [`quantiles`](Self::quantiles), or if a sum overflows.
    pub fn cumulative_quantiles(&self, levels: &[f64]) -> Result<Vec<f64>, Error> {
        self.read(levels, |path, step| path.iter().take(step + 1).sum())
    }

    fn read(&self, levels: &[f64], of: impl Fn(&[f64], usize) -> f64) -> Result<Vec<f64>, Error> {
        check::levels("levels", levels)?;
        let horizon = self.mean.len().max(1);
        let mut read = Vec::with_capacity(horizon.saturating_mul(levels.len()));
        for step in 0..self.mean.len() {
            let column = self.paths.chunks_exact(horizon).map(|path| of(path, step)).collect();
            let mut column = check_finite(column)?;
            column.sort_unstable_by(f64::total_cmp);
            read.extend(quantiles(&column, levels, QuantileType::Linear)?);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Naive;

    #[test]
    fn whole_paths_are_windows_and_blocks_mix_them() {
        let y = [1.0, 2.0, 4.0, 8.0, 16.0];
        // Naive from 1, 2 and 4: errors (1, 3), (2, 6), (4, 12); the forecast is 16.
        let whole = [[17.0, 19.0], [18.0, 22.0], [20.0, 28.0]];
        let fit = Bootstrap::new(3, 1).with_paths(300).fit(&Naive, &y, 2).unwrap();
        assert_eq!((fit.mean.as_slice(), fit.paths.len()), (&[16.0, 16.0][..], 600));
        assert!(fit.paths.chunks(2).all(|path| whole.iter().any(|w| w == path)));
        assert!(whole.iter().all(|w| fit.paths.chunks(2).any(|path| path == w)));
        let mixed = Bootstrap::new(3, 1).with_paths(300).with_block(1).fit(&Naive, &y, 2).unwrap();
        assert!(mixed.paths.chunks(2).any(|path| path == [17.0, 28.0]));
        // Steps that err together spread a sum wider than steps that do not.
        let spread = |fit: &BootstrapFit| {
            let q = fit.cumulative_quantiles(&[0.1, 0.9]).unwrap();
            q[3] - q[2]
        };
        assert!(spread(&fit) > spread(&mixed));
        assert_eq!(fit.quantiles(&[0.001, 0.999]).unwrap(), [17.0, 20.0, 19.0, 28.0]);
    }

    #[test]
    fn the_same_seed_draws_the_same_paths() {
        let y: Vec<f64> = (0..50).map(|t| f64::from(t * t % 11)).collect();
        let fit = |seed| Bootstrap::new(20, seed).with_non_negative().fit(&Naive, &y, 5).unwrap();
        assert_eq!(fit(3), fit(3));
        assert_ne!(fit(3).paths, fit(4).paths);
        assert!(fit(3).paths.iter().all(|v| *v >= 0.0));
    }

    #[test]
    fn errors() {
        let y = [1.0, 2.0, 3.0];
        let fit = |settings: Bootstrap, horizon| settings.fit(&Naive, &y, horizon);
        for bad in [
            Bootstrap::new(0, 1),
            Bootstrap::new(1, 1).with_step(0),
            Bootstrap::new(1, 1).with_block(0),
            Bootstrap::new(1, 1).with_paths(0),
            Bootstrap::new(1, 1).with_paths(usize::MAX),
            Bootstrap::new(1, 1).with_min_train(0),
            Bootstrap::new(9, 1),
            Bootstrap::new(usize::MAX, 1),
        ] {
            assert!(fit(bad, 1).is_err(), "{bad:?}");
        }
        assert!(fit(Bootstrap::new(1, 1), 0).is_err());
        assert!(fit(Bootstrap::new(1, 1).with_block(usize::MAX), 2).is_ok());
        assert!(fit(Bootstrap::new(1, 1), 1).unwrap().quantiles(&[]).is_err());
        let huge = [0.0, 1e308, 2e307, 1.1e308];
        let fit = Bootstrap::new(2, 1).fit(&Naive, &huge, 1);
        assert!(fit.map_or(true, |fit| fit.paths.iter().all(|v| v.is_finite())));
    }
}
