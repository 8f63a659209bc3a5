//! Retention: the share of a cohort that is still there after a number of days.
//!
//! ```text
//! day n      |{c : c active on day start_c + n}|                       / |C|
//! range a..b |{c : c active on a day of start_c + a ..= start_c + b}|  / |C|
//! rolling n  |{c : c active on day start_c + n or later}|              / |C|
//!
//! C = {c : the last day the definition asks about (n, b, n) is at most as_of}
//! ```
//!
//! `start_c` is the day of a customer's first purchase, or of the registration. The
//! three definitions go by other names too: day n is "classic", range is "bracket",
//! rolling is "unbounded". They give different numbers from the same data, so there is
//! no default: the caller names one.
//!
//! A customer whose day `n` is still to come can be neither retained nor lost. Such
//! customers are left out of the cohort and counted as `censored`.
//!
//! O(m log m) once to sort m purchases, then at most O(k log m) for a question about k
//! customers.
//!
//! Limits: rolling retention of young customers is too low, since their later days are
//! still to come; compare only cohorts of one age. `active` means "bought", or whatever
//! the rows hold.
//!
//! The source document's "daily retention of 30 %" (300 of 1000) is the right quotient
//! under the wrong name: it counts who came back within the following 30 days, a range.

use crate::Error;
use crate::history::{self, Purchase};
use omni_core::error::{DataError, ParamError};
use omni_core::{Purchases, check};
use std::ops::RangeInclusive;

/// Who registered on which day: a cohort whose members need not have bought anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registrations<'a> {
    customer: &'a [u32],
    day: &'a [i32],
}

impl<'a> Registrations<'a> {
    /// Takes columns of equal length: who, on which day since 1970-01-01. Of several
    /// rows of one customer the earliest counts.
    ///
    /// # Errors
    /// [`DataError::Length`] if `day` differs in length from `customer`.
    pub fn new(customer: &'a [u32], day: &'a [i32]) -> Result<Self, DataError> {
        check::same_len("day", day, customer.len())?;
        Ok(Self { customer, day })
    }
}

/// When each customer of a cohort started and was active afterwards, seen from one day.
///
/// It is sorted once and then answers any number of questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    as_of: i32,
    /// The active days of all members, from the start on, ascending for each.
    days: Vec<i32>,
    members: Vec<Member>,
}

/// The start of a customer and where its active days end; they begin where those of
/// the member before it end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Member {
    start: i32,
    end: usize,
}

impl Activity {
    /// The cohort of all customers with a purchase; each starts on the day of the first.
    ///
    /// Day 0 is that first purchase, so retention on day 0 is 1. No row gives an empty cohort.
    ///
    /// # Errors
    /// [`DataError::Entry`] if a purchase lies after `as_of`, the last day observed.
    pub fn since_first_purchase(purchases: &Purchases<'_>, as_of: i32) -> Result<Self, Error> {
        let rows = history::by_customer(purchases, as_of)?;
        let mut activity =
            Self { as_of, days: Vec::with_capacity(rows.len()), members: Vec::new() };
        for own in history::customers(&rows) {
            if let Some(first) = own.first() {
                activity.push(first.day, own);
            }
        }
        Ok(activity)
    }

    /// The cohort of all who registered; each starts on the day of the registration.
    ///
    /// Purchases before the registration or of customers who never registered do not count.
    ///
    /// # Errors
    /// [`DataError::Entry`] if a registration or a purchase lies after `as_of`, the last
    /// day observed.
    ///
    /// # Examples
    /// The source document's example: 1000 registered, 300 of them came back within
    /// 30 days, here ten on each day. Three names, three numbers:
    /// ```
    /// use omni_core::{Currency, Purchases};
    /// use omni_metrics::retention::{Activity, Registrations};
    ///
    /// let (registered, start): (Vec<u32>, Vec<i32>) = (0..1000).map(|c| (c, 0)).unzip();
    /// let (buyer, day): (Vec<u32>, Vec<i32>) = (0..300).zip((1..=30).cycle()).unzip();
    /// let amount = vec![2500; 300];
    ///
    /// let activity = Activity::since_registration(
    ///     &Registrations::new(&registered, &start)?,
    ///     &Purchases::new(&buyer, &day, &amount, Currency::EUR)?,
    ///     30,
    /// )?;
    /// assert_eq!(activity.range(1..=30)?.rate(), Some(0.3)); // 300 of 1000
    /// assert_eq!(activity.day_n(30).rate(), Some(0.01)); // 10 of 1000
    /// assert_eq!(activity.rolling(15).rate(), Some(0.16)); // 160 of 1000
    /// # Ok::<(), omni_metrics::Error>(())
    /// ```
    pub fn since_registration(
        registrations: &Registrations<'_>,
        purchases: &Purchases<'_>,
        as_of: i32,
    ) -> Result<Self, Error> {
        history::not_after("registrations.day", registrations.day, as_of)?;
        let rows = history::by_customer(purchases, as_of)?;
        let mut starts: Vec<(u32, i32)> =
            registrations.customer.iter().copied().zip(registrations.day.iter().copied()).collect();
        starts.sort_unstable_by_key(|&(customer, day)| history::order(customer, day));
        starts.dedup_by_key(|(customer, _)| *customer);

        let mut activity = Self { as_of, days: Vec::new(), members: Vec::new() };
        let mut buyers = history::customers(&rows).peekable();
        for (customer, start) in starts {
            let is_before = |own: &&[Purchase]| own.first().is_some_and(|p| p.customer < customer);
            while buyers.next_if(is_before).is_some() {}
            let is_same = |own: &&[Purchase]| own.first().is_some_and(|p| p.customer == customer);
            activity.push(start, buyers.next_if(is_same).unwrap_or_default());
        }
        Ok(activity)
    }

    fn push(&mut self, start: i32, own: &[Purchase]) {
        let days = own.iter().map(|purchase| purchase.day);
        self.days.extend(days.skip_while(|&day| day < start));
        self.members.push(Member { start, end: self.days.len() });
    }

    /// Day-n ("classic") retention: who was active exactly `n` days after the start.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Purchases};
    /// use omni_metrics::retention::Activity;
    ///
    /// // Customer 0 comes back after 7 days, 1 does not, 2 started only 3 days ago.
    /// let rows = Purchases::new(&[0, 0, 1, 2], &[10, 17, 10, 17], &[500; 4], Currency::EUR)?;
    /// let day_7 = Activity::since_first_purchase(&rows, 20)?.day_n(7);
    /// assert_eq!((day_7.active, day_7.cohort, day_7.censored), (1, 2, 1));
    /// assert_eq!(day_7.rate(), Some(0.5));
    /// # Ok::<(), omni_metrics::Error>(())
    /// ```
    #[must_use]
    #[doc(alias("classic retention"))]
    pub fn day_n(&self, n: u32) -> Retention {
        self.count(n, |start, days| {
            start.checked_add_unsigned(n).is_some_and(|day| days.binary_search(&day).is_ok())
        })
    }

    /// Range ("bracket") retention: who was active at least once from the first to the
    /// last of these days after the start, both included.
    ///
    /// # Errors
    /// [`ParamError`] if the range is empty.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Purchases};
    /// use omni_metrics::retention::Activity;
    ///
    /// let rows = Purchases::new(&[0, 0, 1], &[10, 15, 10], &[500; 3], Currency::EUR)?;
    /// let first_week = Activity::since_first_purchase(&rows, 20)?.range(1..=7)?;
    /// assert_eq!(first_week.rate(), Some(0.5));
    /// # Ok::<(), omni_metrics::Error>(())
    /// ```
    #[doc(alias("bracket retention"))]
    pub fn range(&self, days_after: RangeInclusive<u32>) -> Result<Retention, Error> {
        let (first, last) = days_after.into_inner();
        if first > last {
            let rule = "from a day to the same or a later one";
            let range = format!("{first}..={last}");
            return Err(ParamError::new("days_after", rule, range.as_str()).into());
        }
        Ok(self.count(last, |start, days| {
            let within = |day: i32| (first..=last).contains(&day.abs_diff(start));
            let after = days.partition_point(|day| day.abs_diff(start) < first);
            days.get(after).is_some_and(|&day| within(day))
        }))
    }

    /// Rolling ("unbounded") retention: who was active `n` days after the start or later.
    ///
    /// Never below [`day_n`](Self::day_n), and it does not rise with `n` while the
    /// cohort stays the same.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Purchases};
    /// use omni_metrics::retention::Activity;
    ///
    /// let rows = Purchases::new(&[0, 0, 1], &[10, 19, 10], &[500; 3], Currency::EUR)?;
    /// let activity = Activity::since_first_purchase(&rows, 20)?;
    /// assert_eq!(activity.rolling(7).rate(), Some(0.5)); // active on day 9
    /// assert_eq!(activity.day_n(7).rate(), Some(0.0));
    /// # Ok::<(), omni_metrics::Error>(())
    /// ```
    #[must_use]
    #[doc(alias("unbounded retention", "churn"))]
    pub fn rolling(&self, n: u32) -> Retention {
        self.count(n, |start, days| days.last().is_some_and(|day| day.abs_diff(start) >= n))
    }

    /// Counts the members whose day `asked` is observed and those of them who are `active`.
    fn count(&self, asked: u32, active: impl Fn(i32, &[i32]) -> bool) -> Retention {
        let mut retention = Retention { active: 0, cohort: 0, censored: 0 };
        let mut from = 0;
        for member in &self.members {
            let days = self.days.get(from..member.end).unwrap_or_default();
            from = member.end;
            if self.as_of.abs_diff(member.start) < asked {
                retention.censored += 1;
            } else {
                retention.cohort += 1;
                retention.active += u64::from(active(member.start, days));
            }
        }
        retention
    }
}

/// How many of a cohort were active, by one of the definitions of [`Activity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Retention {
    /// Customers of the cohort who were active.
    pub active: u64,
    /// Customers whose day has come.
    pub cohort: u64,
    /// Customers left out because their day is after `as_of`.
    pub censored: u64,
}

impl Retention {
    /// `active / cohort`; `None` if the cohort is empty.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.cohort > 0).then(|| self.active as f64 / self.cohort as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::Currency;

    fn activity(customer: &[u32], day: &[i32], as_of: i32) -> Result<Activity, Error> {
        let amount = vec![1; customer.len()];
        let purchases = Purchases::new(customer, day, &amount, Currency::EUR)?;
        Activity::since_first_purchase(&purchases, as_of)
    }

    fn counts(retention: Retention) -> (u64, u64, u64) {
        (retention.active, retention.cohort, retention.censored)
    }

    #[test]
    fn three_definitions_of_one_history() {
        // 0 on days 0, 1, 8; 1 on days 0, 7; 2 on day 0 only; 3 starts on day 5.
        let activity =
            activity(&[0, 1, 0, 2, 1, 0, 3], &[100, 100, 101, 100, 107, 108, 105], 110).unwrap();
        let cases = [
            (activity.day_n(0), (4, 4, 0)),
            (activity.day_n(1), (1, 4, 0)),
            (activity.day_n(7), (1, 3, 1)),
            (activity.day_n(8), (1, 3, 1)),
            (activity.day_n(11), (0, 0, 4)),
            (activity.range(1..=7).unwrap(), (2, 3, 1)),
            (activity.range(1..=5).unwrap(), (1, 4, 0)),
            (activity.range(2..=6).unwrap(), (0, 3, 1)),
            (activity.range(0..=0).unwrap(), (4, 4, 0)),
            (activity.rolling(1), (2, 4, 0)),
            (activity.rolling(7), (2, 3, 1)),
            (activity.rolling(8), (1, 3, 1)),
            (activity.rolling(9), (0, 3, 1)),
        ];
        for (i, (got, expected)) in cases.into_iter().enumerate() {
            assert_eq!(counts(got), expected, "case {i}");
        }
        assert_eq!(activity.day_n(11).rate(), None);
    }

    #[test]
    fn only_what_follows_the_registration_counts() {
        // 1 bought before it registered, 2 never registered, 4 registered twice, 5 never bought.
        let registrations = Registrations::new(&[5, 4, 1, 4], &[0, 3, 10, 0]).unwrap();
        let purchases =
            Purchases::new(&[4, 1, 2, 1], &[2, 8, 12, 12], &[1; 4], Currency::EUR).unwrap();
        let activity = Activity::since_registration(&registrations, &purchases, 12).unwrap();
        assert_eq!(counts(activity.day_n(2)), (2, 3, 0));
        assert_eq!(counts(activity.rolling(0)), (2, 3, 0));
        assert_eq!(counts(activity.range(0..=1).unwrap()), (0, 3, 0));
    }

    #[test]
    fn rows_after_as_of_and_empty_ranges_are_errors() {
        assert_eq!(
            activity(&[0, 0], &[1, 9], 8).unwrap_err(),
            Error::Data(DataError::entry("day", 1, "not after as_of", 9_i32))
        );
        let none = Purchases::new(&[], &[], &[], Currency::EUR).unwrap();
        let late = Registrations::new(&[0, 1], &[3, 4]).unwrap();
        assert_eq!(
            Activity::since_registration(&late, &none, 3).unwrap_err(),
            Error::Data(DataError::entry("registrations.day", 1, "not after as_of", 4_i32))
        );
        assert_eq!(
            Registrations::new(&[0], &[]),
            Err(DataError::Length { name: "day", expected: 1, got: 0 })
        );
        let activity = activity(&[0], &[0], 0).unwrap();
        #[expect(clippy::reversed_empty_ranges, reason = "what the test is about")]
        let empty = activity.range(2..=1);
        let rule = "from a day to the same or a later one";
        let error = Error::Param(ParamError::new("days_after", rule, "2..=1"));
        assert_eq!(empty.unwrap_err(), error);
    }

    #[test]
    fn the_widest_span_of_days() {
        let activity = activity(&[0, 0], &[i32::MIN, i32::MAX], i32::MAX).unwrap();
        assert_eq!(counts(activity.day_n(u32::MAX)), (1, 1, 0));
        assert_eq!(counts(activity.rolling(u32::MAX)), (1, 1, 0));
        assert_eq!(counts(activity.range(1..=u32::MAX).unwrap()), (1, 1, 0));
        assert_eq!(counts(activity.range(1..=u32::MAX - 1).unwrap()), (0, 1, 0));
    }
}
