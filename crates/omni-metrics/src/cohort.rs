//! Cohort matrix: customers by the period of their first purchase, followed over time.
//!
//! ```text
//! cohort c       = customers whose first purchase lies in period c
//! customers(c,a) = customers of cohort c with a purchase in period c + a
//! revenue(c,a)   = Σ amounts of cohort c in period c + a
//! retention(c,a) = customers(c,a) / customers(c,0)
//! ```
//!
//! `a` (the age) counts periods from 0. A cell is known only if its period was over on
//! the last day observed, `as_of`: a running month would look like customers leaving.
//! All other cells are `None`, never 0. What already happened in the running period is
//! not lost, it is counted beside the matrix, so that the cells and the running period
//! together hold every row.
//!
//! O(m log m) time for m purchases, O(m + cells) memory.
//!
//! Limits: customers who bought before the data begins land in its first cohorts, so
//! the first cohorts are larger and more loyal than the later ones. Rows are taken as
//! they are: leave out what is not a purchase (cancellations, refunds) beforehand.

use crate::Error;
use crate::history::{self, Purchase};
use omni_core::{Currency, Period, Purchases};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The most cells a matrix may have: seven years of daily cohorts.
pub const MAX_CELLS: u64 = 1 << 22;

/// Settings of a cohort matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cohorts {
    period: Period,
    as_of: i32,
}

impl Cohorts {
    /// Cohorts of this kind of period, observed up to and with the day `as_of`.
    #[must_use]
    pub const fn new(period: Period, as_of: i32) -> Self {
        Self { period, as_of }
    }

    /// Counts customers and revenue of each cohort at each age. No row gives a matrix
    /// without cohorts.
    ///
    /// # Errors
    /// [`Error::Data`] if a purchase lies after `as_of` or a sum of amounts does not fit
    /// 64 bits, [`Error::TooManyCells`] if there would be more than [`MAX_CELLS`].
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Period, Purchases};
    /// use omni_metrics::cohort::Cohorts;
    ///
    /// // Customer 0 buys in January and March 1970, customer 1 in February.
    /// let rows = Purchases::new(&[0, 0, 1], &[3, 65, 40], &[1000, 700, 400], Currency::EUR)?;
    /// let matrix = Cohorts::new(Period::Month, 89).fit(&rows)?; // up to 1970-03-31
    ///
    /// assert_eq!(matrix.retention(0, 1), Some(0.0)); // observed, and nobody came
    /// assert_eq!(matrix.retention(0, 2), Some(1.0));
    /// assert_eq!(matrix.retention(1, 2), None); // April is still to come
    /// # Ok::<(), omni_metrics::Error>(())
    /// ```
    pub fn fit(&self, purchases: &Purchases<'_>) -> Result<CohortMatrix, Error> {
        let rows = history::by_customer(purchases, self.as_of)?;
        let mut counting = Counting {
            period: self.period,
            last: last_complete(self.period, self.as_of),
            rows: BTreeMap::new(),
            cells: 0,
            unfinished_customers: 0,
            unfinished_revenue: 0,
        };
        for own in history::customers(&rows) {
            counting.count(own)?;
        }
        counting.finish(*self, purchases.currency())
    }
}

/// The last period whose days have all been observed on the day `as_of`.
fn last_complete(period: Period, as_of: i32) -> i32 {
    let running = period.index(as_of);
    // The last day of all has no successor; any period but a day may go on after it.
    let is_over =
        as_of.checked_add(1).map_or(period == Period::Day, |next| period.index(next) > running);
    if is_over { running } else { running.saturating_sub(1) }
}

/// The matrix while it is being counted; sums cannot overflow.
struct Counting {
    period: Period,
    last: i32,
    rows: BTreeMap<i32, Vec<(u64, i128)>>,
    cells: u64,
    unfinished_customers: u64,
    unfinished_revenue: i128,
}

impl Counting {
    /// Adds the purchases of one customer, oldest first.
    fn count(&mut self, own: &[Purchase]) -> Result<(), Error> {
        let Some(first) = own.first() else { return Ok(()) };
        let cohort = self.period.index(first.day);
        if cohort > self.last {
            self.unfinished_customers += 1;
            self.unfinished_revenue += own.iter().map(|p| i128::from(p.amount)).sum::<i128>();
            return Ok(());
        }
        let row = match self.rows.entry(cohort) {
            Entry::Occupied(row) => row.into_mut(),
            Entry::Vacant(gap) => {
                let ages = self.last.abs_diff(cohort);
                self.cells += u64::from(ages) + 1;
                if self.cells > MAX_CELLS {
                    return Err(Error::TooManyCells { limit: MAX_CELLS });
                }
                gap.insert((0..=ages).map(|_| (0, 0)).collect())
            }
        };
        let mut counted = None;
        for purchase in own {
            let period = self.period.index(purchase.day);
            let age = usize::try_from(period.abs_diff(cohort)).ok();
            match age.and_then(|age| row.get_mut(age)) {
                Some((customers, revenue)) => {
                    *customers += u64::from(counted != Some(period));
                    *revenue += i128::from(purchase.amount);
                    counted = Some(period);
                }
                None => self.unfinished_revenue += i128::from(purchase.amount),
            }
        }
        Ok(())
    }

    fn finish(self, settings: Cohorts, currency: Currency) -> Result<CohortMatrix, Error> {
        let mut cohorts = Vec::with_capacity(self.rows.len());
        for (first, row) in self.rows {
            let mut cells = Vec::with_capacity(row.len());
            for (customers, revenue) in row {
                cells.push(Cell { customers, revenue: history::total("amount", revenue)? });
            }
            cohorts.push(Cohort { first, cells });
        }
        Ok(CohortMatrix {
            period: settings.period,
            as_of: settings.as_of,
            currency,
            cohorts,
            unfinished_customers: self.unfinished_customers,
            unfinished_revenue: history::total("amount", self.unfinished_revenue)?,
        })
    }
}

/// What [`Cohorts::fit`] counted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CohortMatrix {
    /// The kind of period of cohorts and ages.
    pub period: Period,
    /// The last day observed.
    pub as_of: i32,
    /// The currency of every revenue.
    pub currency: Currency,
    /// The cohorts with at least one customer, oldest first.
    pub cohorts: Vec<Cohort>,
    /// Customers whose first purchase lies in the running period: too young for a cohort.
    pub unfinished_customers: u64,
    /// Revenue of the running period, of all customers, in minor units.
    pub unfinished_revenue: i64,
}

/// The customers who first bought in one period.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Cohort {
    /// The period of the first purchase, as [`Period::index`] numbers it.
    pub first: i32,
    /// The observed cells by age; what lies beyond is not observed.
    pub cells: Vec<Cell>,
}

/// One cohort in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Cell {
    /// Customers of the cohort who bought in the period.
    pub customers: u64,
    /// What they spent in it, in minor units.
    pub revenue: i64,
}

impl Cohort {
    /// How many customers it has.
    #[must_use]
    pub fn customers(&self) -> u64 {
        self.cells.first().map_or(0, |cell| cell.customers)
    }

    /// The share of its customers who bought at `age`; `None` if not observed.
    #[must_use]
    pub fn retention(&self, age: usize) -> Option<f64> {
        let cell = self.cells.get(age)?;
        let size = self.customers();
        (size > 0).then(|| cell.customers as f64 / size as f64)
    }
}

impl CohortMatrix {
    /// The cohort whose customers first bought in this period, if there is one.
    #[must_use]
    pub fn cohort(&self, first: i32) -> Option<&Cohort> {
        let at = self.cohorts.binary_search_by_key(&first, |cohort| cohort.first).ok()?;
        self.cohorts.get(at)
    }

    /// A cell; `None` if its period was not over on `as_of` or the cohort has no customer.
    #[must_use]
    pub fn get(&self, first: i32, age: usize) -> Option<Cell> {
        self.cohort(first)?.cells.get(age).copied()
    }

    /// The share of a cohort that bought at `age`; `None` where [`get`](Self::get) gives none.
    #[must_use]
    pub fn retention(&self, first: i32, age: usize) -> Option<f64> {
        self.cohort(first)?.retention(age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::error::DataError;

    fn purchases<'a>(customer: &'a [u32], day: &'a [i32], amount: &'a [i64]) -> Purchases<'a> {
        Purchases::new(customer, day, amount, Currency::EUR).unwrap()
    }

    #[test]
    fn a_period_is_complete_on_its_last_day() {
        let cases = [
            (Period::Month, 30, 0), // 1970-01-31
            (Period::Month, 29, -1),
            (Period::Month, 31, 0),
            (Period::Week, 3, 0), // Sunday
            (Period::Week, 2, -1),
            (Period::Day, 7, 7),
            (Period::Day, i32::MAX, i32::MAX),
            (Period::Day, i32::MIN, i32::MIN),
        ];
        for (period, as_of, expected) in cases {
            assert_eq!(last_complete(period, as_of), expected, "{period:?} {as_of}");
        }
    }

    #[test]
    fn the_running_month_stands_beside_the_matrix() {
        // January: 0 and 1; February: 0 twice; March runs: 1 again, 2 new.
        let rows = purchases(&[0, 1, 0, 0, 1, 2], &[0, 5, 31, 40, 60, 61], &[1, 2, 4, 8, 16, 32]);
        let matrix = Cohorts::new(Period::Month, 61).fit(&rows).unwrap();
        let cell = |customers, revenue| Some(Cell { customers, revenue });
        assert_eq!(matrix.cohorts.len(), 1);
        assert_eq!(matrix.get(0, 0), cell(2, 3));
        assert_eq!(matrix.get(0, 1), cell(1, 12));
        assert_eq!(matrix.get(0, 2), None);
        assert_eq!(matrix.get(2, 0), None);
        assert_eq!((matrix.unfinished_customers, matrix.unfinished_revenue), (1, 48));
        assert_eq!(matrix.retention(0, 1), Some(0.5));
        assert_eq!(matrix.cohort(1), None);
    }

    #[test]
    fn no_row_no_cohort() {
        let matrix = Cohorts::new(Period::Week, 0).fit(&purchases(&[], &[], &[])).unwrap();
        assert!(matrix.cohorts.is_empty());
        assert_eq!((matrix.unfinished_customers, matrix.unfinished_revenue), (0, 0));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let late = purchases(&[0], &[1], &[1]);
        assert_eq!(
            Cohorts::new(Period::Day, 0).fit(&late),
            Err(Error::Data(DataError::entry("day", 0, "not after as_of", 1_i32)))
        );
        let rich = purchases(&[0, 1], &[0, 0], &[i64::MAX, 1]);
        assert_eq!(
            Cohorts::new(Period::Day, 0).fit(&rich),
            Err(Error::Data(DataError::Overflow { name: "amount" }))
        );
        let long = purchases(&[0, 0], &[i32::MIN, i32::MAX], &[1, 1]);
        assert_eq!(
            Cohorts::new(Period::Day, i32::MAX).fit(&long),
            Err(Error::TooManyCells { limit: MAX_CELLS })
        );
    }

    #[test]
    fn the_sum_may_pass_the_limit_on_its_way() {
        let rows = purchases(&[0, 1, 2], &[0, 0, 0], &[i64::MAX, i64::MAX, -i64::MAX]);
        let matrix = Cohorts::new(Period::Day, 0).fit(&rows).unwrap();
        assert_eq!(matrix.get(0, 0), Some(Cell { customers: 3, revenue: i64::MAX }));
    }
}
