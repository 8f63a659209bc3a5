//! Bottom-up, top-down and middle-out: one level is forecast, the others follow.
//!
//! ```text
//! bottom-up             b̃ = b̂
//! top-down              b̃_i = p_i t̂        t: the row of the level above series i
//! average proportions   p_i = mean over periods of b_it / t_t
//! proportion averages   p_i = mean b_i / mean t
//! forecast proportions  p_i = product, down the tree, of ŷ_c / Σ of ŷ over c and its siblings
//! ```
//!
//! The level is the total, or, for middle-out, a lower one: rows above it are then sums.
//! Periods in which `t` is zero say nothing about proportions and are left out. Where the
//! base forecasts of siblings do not add up to more than zero, each gets the same share.
//! O(n T) to learn, O(n h) to apply.
//!
//! Sources: Gross & Sohl (1990), "Disaggregation methods to expedite product line
//! forecasting", Journal of Forecasting 9(3), 233–254; Athanasopoulos, Ahmed & Hyndman
//! (2009), "Hierarchical forecasts for Australian domestic tourism", International Journal
//! of Forecasting 25(1), 146–166.
//!
//! Limits: top-down forecasts are biased even where the base forecasts are not. Forecast
//! proportions need a tree. Shares of history do not see that one part grows.

use super::mint::Reconciled;
use super::structure::{Hierarchy, NONE, all_finite, columns};
use crate::Error;
use crate::moments::magnitude;
use omni_core::error::{DataError, ParamError};

/// Forecasts of all rows that add up, from those of the bottom rows.
///
/// # Errors
/// [`Error::Data`] if the length is not a multiple of the rows, an entry is not finite or a
/// sum overflows.
///
/// # Examples
/// ```
/// use omni_forecast::hierarchy::{Hierarchy, bottom_up};
///
/// let hierarchy = Hierarchy::from_labels(&[("country", &[1, 1, 2])])?;
/// let base = [12.0, 4.0, 6.0, 1.0, 3.0, 7.0];
/// assert_eq!(bottom_up(&hierarchy, &base)?.values, [11.0, 4.0, 7.0, 1.0, 3.0, 7.0]);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
pub fn bottom_up(hierarchy: &Hierarchy, base: &[f64]) -> Result<Reconciled, Error> {
    let columns = columns("base", base, hierarchy.rows())?;
    let bottom = base.get(hierarchy.aggregates() * columns..).unwrap_or_default();
    Ok(direct(hierarchy.sum(bottom)?))
}

const fn direct(values: Vec<f64>) -> Reconciled {
    Reconciled { values, iterations: 0, converged: true }
}

/// How a total is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Proportions {
    /// The mean of the shares of all periods.
    Average,
    /// The share in the sum over all periods.
    OfAverages,
    /// The shares of the base forecasts, level by level.
    Forecast,
}

/// Settings of top-down and middle-out reconciliation; checked by [`fit`](TopDown::fit).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TopDown {
    proportions: Proportions,
    level: Option<String>,
}

impl TopDown {
    /// Divides the row that holds all bottom series.
    #[must_use]
    pub const fn new(proportions: Proportions) -> Self {
        Self { proportions, level: None }
    }

    /// Middle-out: divides the rows of the level with this name and adds up above it.
    #[must_use]
    pub fn with_level(self, name: &str) -> Self {
        Self { level: Some(name.to_owned()), ..self }
    }

    /// Learns the proportions from the `history` of all rows, oldest first, the periods of
    /// a row side by side; forecast proportions do not read it.
    ///
    /// # Errors
    /// [`Error::Param`] if there is no such level, its rows do not hold each bottom series
    /// once, or forecast proportions are asked of rows that cross; [`Error::Data`] if the
    /// length of `history` is not a multiple of the rows, an entry is not finite, or a row
    /// to divide was zero throughout.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::hierarchy::{Hierarchy, Proportions, TopDown};
    ///
    /// let hierarchy = Hierarchy::from_members(2, &[&[0, 1]])?;
    /// let history = [
    ///     4.0, 8.0, // total
    ///     1.0, 6.0, // 1/4, then 3/4
    ///     3.0, 2.0,
    /// ];
    /// let base = [16.0, 5.0, 5.0];
    /// let with = |proportions| TopDown::new(proportions).fit(&hierarchy, &history)?.reconcile(&base);
    /// assert_eq!(with(Proportions::Average)?.values, [16.0, 8.0, 8.0]);
    /// assert_eq!(with(Proportions::OfAverages)?.values, [16.0, 16.0 * 7.0 / 12.0, 16.0 * 5.0 / 12.0]);
    /// assert_eq!(with(Proportions::Forecast)?.values, [16.0, 8.0, 8.0]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn fit<'a>(
        &self,
        hierarchy: &'a Hierarchy,
        history: &[f64],
    ) -> Result<TopDownFit<'a>, Error> {
        let anchor = self.anchors(hierarchy)?;
        let shares = match self.proportions {
            Proportions::Forecast if !hierarchy.is_tree() => {
                let cross = hierarchy.tree().cross.len();
                let rule = "a tree, without aggregates that cross";
                return Err(ParamError::new("hierarchy", rule, cross).into());
            }
            Proportions::Forecast => None,
            Proportions::Average | Proportions::OfAverages => {
                let periods = columns("history", history, hierarchy.rows())?;
                let unit = magnitude(history.iter().copied());
                let row =
                    |row: usize| history[row * periods..][..periods].iter().map(move |v| v / unit);
                let mut shares = Vec::with_capacity(anchor.len());
                for (series, &anchor) in anchor.iter().enumerate() {
                    let pairs = row(hierarchy.aggregates() + series).zip(row(anchor as usize));
                    let pairs = pairs.filter(|(_, total)| *total != 0.0);
                    let count = pairs.clone().count() as f64;
                    let share = if self.proportions == Proportions::Average {
                        pairs.map(|(part, total)| part / total).sum::<f64>() / count
                    } else {
                        let parts: f64 = row(hierarchy.aggregates() + series).sum();
                        parts / row(anchor as usize).sum::<f64>()
                    };
                    if !share.is_finite() {
                        let rule = "not zero in all periods";
                        return Err(DataError::entry(
                            "history",
                            anchor as usize * periods,
                            rule,
                            0.0,
                        )
                        .into());
                    }
                    shares.push(share);
                }
                Some(shares)
            }
        };
        Ok(TopDownFit { hierarchy, anchor, shares })
    }

    /// For each bottom series the row that is divided.
    fn anchors(&self, hierarchy: &Hierarchy) -> Result<Vec<u32>, Error> {
        let bottom = hierarchy.rows() - hierarchy.aggregates();
        let rows = match &self.level {
            None => {
                let all = (0..hierarchy.aggregates())
                    .find(|&row| hierarchy.members(row).len() == bottom)
                    .ok_or_else(|| {
                        ParamError::new("hierarchy", "with a total of all series", bottom)
                    })?;
                all..all + 1
            }
            Some(name) => {
                let level = hierarchy.levels().iter().find(|level| level.name == *name);
                let rule = "a level of the hierarchy";
                let unknown = || ParamError::new("level", rule, name.as_str());
                level.ok_or_else(unknown)?.rows.clone()
            }
        };
        if rows.end > hierarchy.aggregates() {
            return Ok((0..).skip(hierarchy.aggregates()).take(bottom).collect());
        }
        let mut anchor = vec![NONE; bottom];
        let rule = "one whose rows hold each bottom series once";
        for (row, id) in rows.clone().zip((0..).skip(rows.start)) {
            for &member in hierarchy.members(row) {
                let slot = &mut anchor[member as usize];
                if *slot != NONE {
                    return Err(ParamError::new("level", rule, member).into());
                }
                *slot = id;
            }
        }
        match anchor.iter().position(|&row| row == NONE) {
            None => Ok(anchor),
            Some(series) => Err(ParamError::new("level", rule, series).into()),
        }
    }
}

/// What [`TopDown::fit`] learned.
#[derive(Debug, Clone, PartialEq)]
pub struct TopDownFit<'a> {
    hierarchy: &'a Hierarchy,
    /// For each bottom series the row that is divided.
    anchor: Vec<u32>,
    /// Its share; `None` if the base forecasts say.
    shares: Option<Vec<f64>>,
}

impl TopDownFit<'_> {
    /// Reconciles base forecasts of all rows, one or more columns side by side.
    ///
    /// Sample paths are columns as well: with those of the divided level this gives
    /// quantiles of every row that belong together, see [`Paths`](super::Paths).
    ///
    /// # Errors
    /// [`Error::Data`] if the length is not a multiple of the rows, an entry is not finite or
    /// a result overflows.
    pub fn reconcile(&self, base: &[f64]) -> Result<Reconciled, Error> {
        let hierarchy = self.hierarchy;
        let columns = columns("base", base, hierarchy.rows())?;
        let aggregates = hierarchy.aggregates();
        let mut values = base.to_vec();
        if let Some(shares) = &self.shares {
            for ((series, anchor), share) in self.anchor.iter().enumerate().zip(shares) {
                for column in 0..columns {
                    values[(aggregates + series) * columns + column] =
                        base[*anchor as usize * columns + column] * share;
                }
            }
        } else {
            self.divide(base, &mut values, columns);
        }
        hierarchy.add_up(&mut values, columns);
        Ok(direct(all_finite("base", values)?))
    }

    /// Hands each row's value down to its children in proportion to their base forecasts.
    fn divide(&self, base: &[f64], values: &mut [f64], columns: usize) {
        let tree = self.hierarchy.tree();
        let rows = self.hierarchy.rows();
        let mut anchored = vec![false; rows];
        self.anchor.iter().for_each(|&row| anchored[row as usize] = true);
        // Sums of the base and numbers of the children.
        let mut sums = vec![0.0; self.hierarchy.aggregates() * columns];
        let mut children = vec![0_u32; self.hierarchy.aggregates()];
        for (row, &parent) in tree.parent.iter().enumerate().filter(|(_, p)| **p != NONE) {
            children[parent as usize] += 1;
            for column in 0..columns {
                sums[parent as usize * columns + column] += base[row * columns + column];
            }
        }
        // Rows below an anchor, each after its parent.
        let bottom = (0..).skip(self.hierarchy.aggregates()).take(self.anchor.len());
        let mut below = anchored.clone();
        for row in tree.order.iter().copied().chain(bottom) {
            let (row, parent) = (row as usize, tree.parent[row as usize]);
            if anchored[row] || parent == NONE || !below[parent as usize] {
                continue;
            }
            below[row] = true;
            let count = f64::from(children[parent as usize]);
            for column in 0..columns {
                let above = parent as usize * columns + column;
                let share = base[row * columns + column] / sums[above];
                let usable = sums[above] > 0.0 && share.is_finite();
                let share = if usable { share } else { count.recip() };
                values[row * columns + column] = values[above] * share;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Hierarchy {
        Hierarchy::from_labels(&[("country", &[1, 1, 2, 2])]).unwrap()
    }

    #[test]
    fn forecast_proportions_level_by_level() {
        let base = [20.0, 3.0, 1.0, 1.0, 3.0, 0.0, 0.0];
        let fit = TopDown::new(Proportions::Forecast);
        let hierarchy = tree();
        let got = fit.fit(&hierarchy, &[]).unwrap().reconcile(&base).unwrap().values;
        // The second country's series say nothing: halves.
        assert_eq!(got, [20.0, 15.0, 5.0, 3.75, 11.25, 2.5, 2.5]);
        let middle = fit.with_level("country").fit(&hierarchy, &[]).unwrap();
        let got = middle.reconcile(&base).unwrap().values;
        assert_eq!(got, [4.0, 3.0, 1.0, 0.75, 2.25, 0.5, 0.5]);
    }

    #[test]
    fn middle_out_with_shares_of_history() {
        let hierarchy = tree();
        let history = hierarchy.sum(&[1.0, 0.0, 3.0, 0.0, 2.0, 2.0, 2.0, 6.0]).unwrap();
        let with = |proportions| TopDown::new(proportions).with_level("country");
        let base = [0.0, 8.0, 16.0, 0.0, 0.0, 0.0, 0.0];
        // The first country sold nothing in the second period: it does not count.
        let fit = with(Proportions::Average).fit(&hierarchy, &history).unwrap();
        let got = fit.reconcile(&base).unwrap().values;
        assert_eq!(got, [24.0, 8.0, 16.0, 2.0, 6.0, 6.0, 10.0]);
        let fit = with(Proportions::OfAverages).fit(&hierarchy, &history).unwrap();
        let got = fit.reconcile(&base).unwrap().values;
        assert_eq!(got[3..], [2.0, 6.0, 16.0 * 4.0 / 12.0, 16.0 * 8.0 / 12.0]);
        // Middle-out from the bottom is bottom-up.
        let bottom = TopDown::new(Proportions::Average).with_level("bottom");
        let base = [0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0];
        let history = vec![1.0; 7];
        let got = bottom.fit(&hierarchy, &history).unwrap().reconcile(&base).unwrap().values;
        assert_eq!(got, [10.0, 3.0, 7.0, 1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn what_cannot_be_divided_is_an_error() {
        let message = |hierarchy: &Hierarchy, settings: TopDown, history: &[f64]| {
            settings.fit(hierarchy, history).unwrap_err().to_string()
        };
        let grouped = Hierarchy::from_labels(&[("a", &[1, 1, 2, 2]), ("b", &[1, 2, 1, 2])]);
        let (grouped, forest) = (grouped.unwrap(), Hierarchy::from_members(2, &[&[0]]).unwrap());
        let new = |proportions| TopDown::new(proportions);
        assert_eq!(
            message(&grouped, new(Proportions::Forecast), &[]),
            "hierarchy must be a tree, without aggregates that cross, got 2"
        );
        assert_eq!(
            message(&forest, new(Proportions::Forecast), &[]),
            "hierarchy must be with a total of all series, got 2"
        );
        assert_eq!(
            message(&forest, new(Proportions::Forecast).with_level("given"), &[]),
            "level must be one whose rows hold each bottom series once, got 1"
        );
        assert_eq!(
            message(&grouped, new(Proportions::Average).with_level("c"), &[]),
            "level must be a level of the hierarchy, got \"c\""
        );
        assert_eq!(
            message(&tree(), new(Proportions::Average), &[0.0; 7]),
            "history[0] must be not zero in all periods, got 0"
        );
        assert!(message(&tree(), new(Proportions::Average), &[1.0]).starts_with("history"));
    }
}
