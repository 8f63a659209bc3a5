//! A series made ready: scaled, gaps filled, regressors beside it.

use super::difference::{difference, lags as lags_of};
use super::objective::Objective;
use super::order::Order;
use super::state::State;
use crate::Error;
use crate::moments::magnitude;
use omni_core::check;
use omni_core::error::DataError;

/// Steps after which what the gains would still learn is left out: roots at 1.001 need fewer.
const MAX_SETTLING: usize = 40_000;

/// From the first value observed to the last, in units that neither overflow nor underflow.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Scaled, stand-ins where missing.
    pub(super) y: Vec<f64>,
    pub(super) scale: f64,
    /// Positions without a value.
    pub(super) gaps: Vec<usize>,
    /// Missing periods after the last value.
    pub(super) trailing: usize,
    /// Scaled, and their scales.
    pub(super) x: Vec<Vec<f64>>,
    pub(super) x_scale: Vec<f64>,
}

/// An objective, with what turns its numbers back into units of the sample.
#[derive(Debug, Clone)]
pub(super) struct Scaled {
    pub(super) objective: Objective,
    /// The unit of the differenced series.
    pub(super) unit: f64,
    /// What was taken off before.
    pub(super) offset: f64,
}

impl Sample {
    pub(super) fn new(y: &[Option<f64>], x: &[&[f64]]) -> Result<Self, Error> {
        for (index, value) in y.iter().enumerate() {
            if let Some(value) = value.filter(|v| !v.is_finite()) {
                return Err(DataError::entry("y", index, "finite", value).into());
            }
        }
        let too_short = DataError::TooShort { name: "y", needed: 1, got: 0 };
        let leading = y.iter().position(Option::is_some).ok_or(too_short)?;
        let trailing = y.iter().rev().take_while(|v| v.is_none()).count();
        let y = &y[leading..y.len() - trailing];
        let scale = magnitude(y.iter().flatten().copied());
        let mut sample = Self {
            y: Vec::with_capacity(y.len()),
            scale,
            gaps: Vec::new(),
            trailing,
            x: Vec::new(),
            x_scale: Vec::new(),
        };
        let mut last = 0.0;
        for (t, value) in y.iter().enumerate() {
            match value {
                Some(value) => last = value / scale,
                None => sample.gaps.push(t),
            }
            sample.y.push(last);
        }
        for column in x {
            check::same_len("x", column, leading + y.len() + trailing)?;
            check::all_finite("x", column)?;
            let scale = magnitude(column.iter().copied());
            sample.x_scale.push(scale);
            sample.x.push(column[leading..leading + y.len()].iter().map(|v| v / scale).collect());
        }
        Ok(sample)
    }

    /// Values observed.
    pub(super) fn observed(&self) -> usize {
        self.y.len() - self.gaps.len()
    }

    /// Columns of the regression besides the gaps.
    pub(super) fn regressors(&self, constant: bool) -> usize {
        usize::from(constant) + self.x.len()
    }

    /// The likelihood of an order.
    pub(super) fn objective(&self, order: &Order, constant: bool) -> Result<Scaled, Error> {
        let needed = order.lost() + self.x.len() + 1;
        if self.observed() < needed {
            let got = self.observed();
            return Err(DataError::TooShort { name: "y", needed, got }.into());
        }
        let mut w = difference(&self.y, order);
        let mean = constant && order.integration() == 0;
        let offset = if mean { w.iter().sum::<f64>() / w.len() as f64 } else { 0.0 };
        for v in &mut w {
            *v -= offset;
        }
        let unit = magnitude(w.iter().copied());
        for v in &mut w {
            *v /= unit;
        }
        let mut columns = self.gap_columns(order);
        if constant {
            columns.push(vec![slope(order); w.len()]);
        }
        columns.extend(self.x.iter().map(|x| difference(x, order)));
        let objective = Objective::new(order, w, columns, self.gaps.len());
        Ok(Scaled { objective, unit, offset })
    }
}

impl Sample {
    /// One column per gap, differenced.
    pub(super) fn gap_columns(&self, order: &Order) -> Vec<Vec<f64>> {
        let mut impulse = vec![0.0; self.y.len()];
        let mut columns = Vec::with_capacity(self.gaps.len() + self.x.len() + 1);
        for &gap in &self.gaps {
            impulse[gap] = 1.0;
            columns.push(difference(&impulse, order));
            impulse[gap] = 0.0;
        }
        columns
    }

    /// The series less constant and regressors.
    pub(super) fn errors(&self, order: &Order, constant: Option<f64>, beta: &[f64]) -> Vec<f64> {
        let mut errors = self.y.clone();
        for (x, b) in self.x.iter().zip(beta) {
            errors.iter_mut().zip(x).for_each(|(e, x)| *e -= b * x);
        }
        if let Some(c) = constant {
            errors.iter_mut().zip(1..).for_each(|(e, time)| *e -= c * trend(order, time));
        }
        errors
    }

    /// The state after `errors`, in units of the caller, where the objective of their
    /// differences (in units of `unit`) was last evaluated.
    pub(super) fn state(
        &self,
        order: &Order,
        objective: &mut Objective,
        mut errors: Vec<f64>,
        unit: f64,
    ) -> State {
        let (lost, n) = (order.lost(), errors.len());
        let (a, of_gaps) = objective.states();
        let gains = &objective.gains;
        for (gap, b) in self.gaps.iter().zip(&objective.beta) {
            errors[*gap] -= b * unit;
        }
        let dense = |by: &[f64]| {
            let mut by = by.to_vec();
            by.resize(gains.r, 0.0);
            by
        };
        let lags: Vec<f64> = errors.iter().rev().take(lost).map(|e| e * self.scale).collect();
        let mut state = State::new(
            dense(&gains.ar.dense),
            &dense(&gains.ma.dense),
            lags_of(order),
            a.iter().map(|a| a * self.scale * unit).collect(),
            &lags,
        );
        state.set_uncertainty(&gains.uncertainty(n - lost, MAX_SETTLING));
        for column in objective.gap_root() {
            let mut v = vec![0.0; gains.r + lost];
            for ((weight, of_gap), gap) in column.iter().zip(&of_gaps).zip(&self.gaps) {
                for (v, s) in v.iter_mut().zip(of_gap) {
                    *v += weight * s;
                }
                let back = n - 1 - gap;
                if back < lost {
                    v[gains.r + back] += weight;
                }
            }
            state.add_uncertainty(&v);
        }
        state
    }
}

/// What a constant of one adds in period `time`, from 1.
pub(super) fn trend(order: &Order, time: u64) -> f64 {
    if order.integration() == 0 { 1.0 } else { time as f64 }
}

/// What a constant of one is after the differences: a mean stays, a drift becomes its step.
pub(super) fn slope(order: &Order) -> f64 {
    if order.seasonal_differences == 1 { order.period as f64 } else { 1.0 }
}
