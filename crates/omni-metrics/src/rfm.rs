//! RFM: who bought lately, often and much, in scores from 1 to 5 and named segments.
//!
//! ```text
//! recency    R = as_of − day of the last purchase          days
//! frequency  F = number of purchases
//! monetary   M = Σ amounts                                 minor units
//!
//! q_k(x)  = quantile k/5 of column x over all customers, k = 1..4
//! score_F = 1 + |{k : q_k(F) < F}|        score_M likewise
//! score_R = 6 − (1 + |{k : q_k(R) < R}|)  the more recent, the higher
//! ```
//!
//! Quantiles interpolate linearly between order statistics (type 7 of Hyndman and Fan,
//! the default of R). A score counts the cut points **strictly below** the
//! value, so customers with equal values always get equal scores. With many ties the
//! fifths are therefore unequal: where a third of all customers bought once, all of them
//! have F = 1. Values and cut points are compared in integers, five times as large, so
//! no rounding moves a customer.
//!
//! O(m log m) time and O(m) memory for m purchases.
//!
//! Sources: Hughes (1994), "Strategic Database Marketing", Probus; Hyndman & Fan (1996),
//! "Sample quantiles in statistical packages", The American Statistician 50(4), 361–365.
//! The segments are a common grid of the trade, no theorem.
//!
//! Limits: scores are ranks among the customers given, not a forecast; one customer
//! alone is 5-1-1. Rows are taken as they are: leave out cancellations, and persons who
//! did not consent to profiling, beforehand.

use crate::Error;
use crate::history::{self, Purchase};
use omni_core::error::DataError;
use omni_core::{Currency, Purchases, check};
use std::fmt;

/// Settings of an RFM table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("recency frequency monetary"))]
pub struct Rfm {
    as_of: i32,
}

impl Rfm {
    /// Scores as seen from the day `as_of`, the reference date.
    #[must_use]
    pub const fn new(as_of: i32) -> Self {
        Self { as_of }
    }

    /// Scores every customer.
    ///
    /// # Errors
    /// [`DataError::TooShort`] without a row, since there is nothing to rank;
    /// [`DataError::Entry`] if a purchase lies after `as_of`; [`DataError::Overflow`] if a
    /// sum of amounts does not fit 64 bits.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Purchases};
    /// use omni_metrics::rfm::{Rfm, Segment};
    ///
    /// let customer = [0, 0, 0, 1, 2, 3, 4];
    /// let day = [10, 60, 98, 5, 70, 97, 80];
    /// let amount = [4000, 2500, 9900, 700, 1200, 3000, 800];
    /// let table = Rfm::new(100).fit(&Purchases::new(&customer, &day, &amount, Currency::EUR)?)?;
    ///
    /// let best = &table.customers[0];
    /// assert_eq!((best.recency, best.frequency, best.monetary), (2, 3, 16_400));
    /// assert_eq!(best.segment(), Segment::Champions);
    /// assert_eq!(table.customers[1].segment(), Segment::Hibernating);
    /// # Ok::<(), omni_metrics::Error>(())
    /// ```
    pub fn fit(&self, purchases: &Purchases<'_>) -> Result<RfmTable, Error> {
        check::min_len("customer", purchases.customer(), 1)?;
        let rows = history::by_customer(purchases, self.as_of)?;
        let mut customers = Vec::new();
        for own in history::customers(&rows) {
            customers.extend(unscored(own, self.as_of)?);
        }
        let recency = CutPoints::of(customers.iter().map(|c| i64::from(c.recency)).collect());
        let frequency = CutPoints::of(customers.iter().map(|c| i64::from(c.frequency)).collect());
        let monetary = CutPoints::of(customers.iter().map(|c| c.monetary).collect());
        for customer in &mut customers {
            customer.scores = Scores {
                recency: 6 - recency.score(i64::from(customer.recency)),
                frequency: frequency.score(i64::from(customer.frequency)),
                monetary: monetary.score(customer.monetary),
            };
        }
        Ok(RfmTable {
            as_of: self.as_of,
            currency: purchases.currency(),
            recency_cuts: recency.values(),
            frequency_cuts: frequency.values(),
            monetary_cuts: monetary.values(),
            segments: totals(&customers)?,
            customers,
        })
    }
}

/// The purchases of one customer, oldest first, as a row without its scores.
fn unscored(own: &[Purchase], as_of: i32) -> Result<Option<RfmCustomer>, DataError> {
    let Some(last) = own.last() else { return Ok(None) };
    Ok(Some(RfmCustomer {
        customer: last.customer,
        recency: as_of.abs_diff(last.day),
        frequency: u32::try_from(own.len())
            .map_err(|_| DataError::Overflow { name: "frequency" })?,
        monetary: history::total("amount", own.iter().map(|p| i128::from(p.amount)).sum())?,
        scores: Scores { recency: 0, frequency: 0, monetary: 0 },
    }))
}

/// The four quantiles that cut a column into fifths, each five times as large: an integer.
struct CutPoints([i128; 4]);

impl CutPoints {
    fn of(mut column: Vec<i64>) -> Self {
        column.sort_unstable();
        let at = |i: usize| column.get(i).or(column.last()).map_or(0, |&v| i128::from(v));
        let mut fifth = 0;
        Self([0; 4].map(|_: i128| {
            // Quantile k/5 lies at (n − 1)·k/5: at an entry, or so many fifths above it.
            fifth += 1;
            let position = column.len().saturating_sub(1) * fifth;
            let (below, above) = (at(position / 5), at(position / 5 + 1));
            5 * below + (position % 5) as i128 * (above - below)
        }))
    }

    /// 1 to 5: one more than the number of cut points strictly below the value.
    fn score(&self, value: i64) -> u8 {
        self.0.iter().map(|&cut| u8::from(cut < 5 * i128::from(value))).sum::<u8>() + 1
    }

    fn values(&self) -> [f64; 4] {
        self.0.map(|cut| cut as f64 / 5.0)
    }
}

/// What every segment holds, in the order of [`Segment::ALL`].
fn totals(customers: &[RfmCustomer]) -> Result<Vec<SegmentTotal>, DataError> {
    let mut held = Segment::ALL.map(|segment| (segment, 0, 0));
    for customer in customers {
        let (_, count, monetary) = &mut held[customer.segment() as usize];
        *count += 1;
        *monetary += i128::from(customer.monetary);
    }
    held.into_iter()
        .map(|(segment, customers, monetary)| {
            let monetary = history::total("amount", monetary)?;
            Ok(SegmentTotal { segment, customers, monetary })
        })
        .collect()
}

/// What [`Rfm::fit`] found.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RfmTable {
    /// The reference date.
    pub as_of: i32,
    /// The currency of every amount.
    pub currency: Currency,
    /// The four cut points of recency, ascending, in days.
    pub recency_cuts: [f64; 4],
    /// The four cut points of frequency, ascending, in purchases.
    pub frequency_cuts: [f64; 4],
    /// The four cut points of monetary, ascending, in minor units.
    pub monetary_cuts: [f64; 4],
    /// Every segment with what it holds, in the order of [`Segment::ALL`].
    pub segments: Vec<SegmentTotal>,
    /// One row per customer, ids ascending.
    pub customers: Vec<RfmCustomer>,
}

impl RfmTable {
    /// The row of a customer.
    #[must_use]
    pub fn get(&self, customer: u32) -> Option<&RfmCustomer> {
        let at = self.customers.binary_search_by_key(&customer, |row| row.customer).ok()?;
        self.customers.get(at)
    }
}

/// Recency, frequency and monetary value of one customer, and their scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RfmCustomer {
    /// The customer.
    pub customer: u32,
    /// Days from the last purchase to the reference date.
    pub recency: u32,
    /// Number of purchases.
    pub frequency: u32,
    /// Sum of the amounts, in minor units.
    pub monetary: i64,
    /// The three scores.
    pub scores: Scores,
}

impl RfmCustomer {
    /// The segment of its scores.
    #[must_use]
    pub const fn segment(&self) -> Segment {
        self.scores.segment()
    }
}

/// Scores from 1 (worst fifth) to 5 (best fifth).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Scores {
    /// How recent the last purchase is; 5 is the most recent.
    pub recency: u8,
    /// How often the customer bought.
    pub frequency: u8,
    /// How much the customer spent.
    pub monetary: u8,
}

impl Scores {
    /// The segment by recency and frequency; see [`Segment`] for the grid. How much a
    /// customer spent tells what the customer is worth, not what to say next, so it
    /// has no part in it.
    ///
    /// # Examples
    /// ```
    /// use omni_metrics::rfm::{Scores, Segment};
    ///
    /// let scores = Scores { recency: 2, frequency: 5, monetary: 5 };
    /// assert_eq!(scores.segment(), Segment::CannotLose);
    /// assert_eq!(scores.segment().to_string(), "can't lose them");
    /// ```
    #[must_use]
    pub const fn segment(self) -> Segment {
        match (self.recency, self.frequency) {
            (5.., 4..) => Segment::Champions,
            (3..=4, 4..) => Segment::Loyal,
            (4.., 2..=3) => Segment::PotentialLoyalists,
            (5.., _) => Segment::New,
            (4, _) => Segment::Promising,
            (3, 3) => Segment::NeedAttention,
            (3, _) => Segment::AboutToSleep,
            (_, 5..) => Segment::CannotLose,
            (_, 3 | 4) => Segment::AtRisk,
            (_, _) => Segment::Hibernating,
        }
    }
}

/// What kind of customer somebody is, by the scores of recency (R) and frequency (F).
///
/// | | F 1 | F 2 | F 3 | F 4 | F 5 |
/// |---|---|---|---|---|---|
/// | **R 5** | new | potential | potential | champion | champion |
/// | **R 4** | promising | potential | potential | loyal | loyal |
/// | **R 3** | about to sleep | about to sleep | need attention | loyal | loyal |
/// | **R 1–2** | hibernating | hibernating | at risk | at risk | can't lose |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Segment {
    /// Bought just now and buy most often.
    Champions,
    /// Buy often, and not long ago.
    Loyal,
    /// Bought lately, and more than once.
    PotentialLoyalists,
    /// Bought just now, for the first times.
    New,
    /// Bought lately, but seldom.
    Promising,
    /// In the middle of everything.
    NeedAttention,
    /// Bought seldom, and a while ago.
    AboutToSleep,
    /// Bought most often, but not for long.
    CannotLose,
    /// Bought often, but not for long.
    AtRisk,
    /// Bought seldom, and long ago.
    Hibernating,
}

impl Segment {
    /// All segments, the most active first.
    pub const ALL: [Self; 10] = [
        Self::Champions,
        Self::Loyal,
        Self::PotentialLoyalists,
        Self::New,
        Self::Promising,
        Self::NeedAttention,
        Self::AboutToSleep,
        Self::CannotLose,
        Self::AtRisk,
        Self::Hibernating,
    ];

    /// Its name, for a person to read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Champions => "champions",
            Self::Loyal => "loyal",
            Self::PotentialLoyalists => "potential loyalists",
            Self::New => "new",
            Self::Promising => "promising",
            Self::NeedAttention => "need attention",
            Self::AboutToSleep => "about to sleep",
            Self::CannotLose => "can't lose them",
            Self::AtRisk => "at risk",
            Self::Hibernating => "hibernating",
        }
    }

    /// What a shop usually does about it, in one sentence.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Champions => "Thank them, show them new goods first; they need no discount.",
            Self::Loyal => "Offer what goes with what they bought; ask for a review.",
            Self::PotentialLoyalists => "Invite them to the loyalty program; recommend more.",
            Self::New => "Welcome them and make the second purchase easy.",
            Self::Promising => "Stay in their mind with a small reason to come back.",
            Self::NeedAttention => "Make a limited offer on what they bought before.",
            Self::AboutToSleep => "Remind them of the shop before they forget it.",
            Self::CannotLose => "Speak to them in person: find out why they stay away.",
            Self::AtRisk => "Win them back with an offer on what they used to buy.",
            Self::Hibernating => "Spend little: include them in the general offers only.",
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What one segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SegmentTotal {
    /// The segment.
    pub segment: Segment,
    /// How many customers are in it.
    pub customers: u64,
    /// What they spent together, in minor units.
    pub monetary: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(customer: &[u32], day: &[i32], amount: &[i64], as_of: i32) -> Result<RfmTable, Error> {
        Rfm::new(as_of).fit(&Purchases::new(customer, day, amount, Currency::EUR)?)
    }

    #[test]
    fn cut_points_are_quantiles_of_type_7() {
        // (n − 1)·k/5 = 1, 2, 3, 4 and 0.8, 1.6, 2.4, 3.2.
        assert_eq!(CutPoints::of(vec![50, 30, 20, 10, 60, 40]).values(), [20.0, 30.0, 40.0, 50.0]);
        assert_eq!(CutPoints::of(vec![10, 20, 30, 40, 50]).values(), [18.0, 26.0, 34.0, 42.0]);
        assert_eq!(CutPoints::of(vec![7]).values(), [7.0; 4]);
        let widest = CutPoints::of(vec![i64::MIN, i64::MAX]);
        assert_eq!((widest.score(i64::MIN), widest.score(i64::MAX)), (1, 5));
    }

    #[test]
    fn a_value_on_a_cut_point_stays_below_it() {
        let cuts = CutPoints::of(vec![10, 20, 30, 40, 50, 60]);
        let scores: Vec<u8> = [19, 20, 21, 30, 50, 51].map(|v| cuts.score(v)).to_vec();
        assert_eq!(scores, [1, 1, 2, 2, 4, 5]);
    }

    #[test]
    fn equal_customers_have_equal_scores() {
        let table = fit(&[3, 1, 2], &[5, 5, 5], &[10, 10, 10], 9).unwrap();
        for (row, id) in table.customers.iter().zip([1, 2, 3]) {
            assert_eq!((row.customer, row.recency), (id, 4));
            assert_eq!(row.scores, Scores { recency: 5, frequency: 1, monetary: 1 });
            assert_eq!(row.segment(), Segment::New);
        }
        assert_eq!(table.get(2).map(|row| row.monetary), Some(10));
        assert_eq!(table.get(4), None);
    }

    #[test]
    fn the_grid_names_every_pair_of_scores() {
        use Segment::{
            AboutToSleep, AtRisk, CannotLose, Champions, Hibernating, Loyal, NeedAttention, New,
            PotentialLoyalists, Promising,
        };
        let grid = [
            [Hibernating, Hibernating, AtRisk, AtRisk, CannotLose],
            [Hibernating, Hibernating, AtRisk, AtRisk, CannotLose],
            [AboutToSleep, AboutToSleep, NeedAttention, Loyal, Loyal],
            [Promising, PotentialLoyalists, PotentialLoyalists, Loyal, Loyal],
            [New, PotentialLoyalists, PotentialLoyalists, Champions, Champions],
        ];
        for (recency, row) in (1..).zip(grid) {
            for (frequency, expected) in (1..).zip(row) {
                for monetary in 1..=5 {
                    let scores = Scores { recency, frequency, monetary };
                    assert_eq!(scores.segment(), expected, "{scores:?}");
                }
            }
        }
    }

    #[test]
    fn segments_hold_everybody_once() {
        let table = fit(&[0, 0, 1, 2], &[1, 9, 4, 8], &[5, 6, -2, 7], 9).unwrap();
        assert_eq!(table.segments.iter().map(|s| s.segment).collect::<Vec<_>>(), Segment::ALL);
        assert_eq!(table.segments.iter().map(|s| s.customers).sum::<u64>(), 3);
        assert_eq!(table.segments.iter().map(|s| s.monetary).sum::<i64>(), 16);
    }

    #[test]
    fn what_cannot_be_scored_is_an_error() {
        assert_eq!(
            fit(&[], &[], &[], 0),
            Err(Error::Data(DataError::TooShort { name: "customer", needed: 1, got: 0 }))
        );
        assert_eq!(
            fit(&[0, 1], &[0, 5], &[1, 1], 4),
            Err(Error::Data(DataError::entry("day", 1, "not after as_of", 5_i32)))
        );
        let overflow = Err(Error::Data(DataError::Overflow { name: "amount" }));
        assert_eq!(fit(&[0, 0], &[0, 0], &[i64::MAX, 1], 0), overflow);
        // Each customer fits, their segment does not.
        assert_eq!(fit(&[0, 1], &[0, 0], &[i64::MAX, i64::MAX], 0), overflow);
    }

    #[test]
    fn the_widest_recency_fits() {
        let table = fit(&[0], &[i32::MIN], &[i64::MIN], i32::MAX).unwrap();
        assert_eq!(table.customers[0].recency, u32::MAX);
        assert_eq!(table.monetary_cuts, [i64::MIN as f64; 4]);
    }
}
