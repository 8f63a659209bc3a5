//! Days and periods: from an instant to the business day, from the day to its week or month.
//!
//! A day is an `i32`: days since 1970-01-01. A [`Calendar`] numbers the periods of one
//! kind without gaps, so that a series needs one start and no list of dates:
//!
//! ```text
//! Day          index = days since 1970-01-01
//! Week         ISO weeks, Monday first; index 0 holds 1970-01-01
//! Month        index = 12 (year − 1970) + month − 1
//! Quarter      index = 4 (year − 1970) + quarter − 1
//! Year         index = year − 1970
//! RetailMonth  index = 12 (retail year − 1970) + month − 1, weeks 4-5-4
//! ```
//!
//! The retail year of the National Retail Federation's 4-5-4 calendar ends on the
//! Saturday nearest to January 31; its weeks start on Sunday, and a 53rd week belongs
//! to its twelfth month. Ranges are half-open everywhere.
//!
//! Arithmetic is proleptic Gregorian and total: every `i32` day has a period.

use crate::error::ParamError;
use chrono::offset::LocalResult;
use chrono::{DateTime, Datelike, Days, NaiveDate, Offset, TimeDelta, TimeZone, Utc};
use std::ops::Range;

/// The day number of a date: days since 1970-01-01.
///
/// # Examples
/// ```
/// use chrono::NaiveDate;
/// use omni_core::time;
///
/// let date = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
/// assert_eq!(time::day_of(date), 20_780);
/// assert_eq!(time::date_of(20_780), Some(date));
/// ```
#[must_use]
pub fn day_of(date: NaiveDate) -> i32 {
    // chrono's years span ±262,143, so the difference always fits.
    date.num_days_from_ce() - EPOCH_FROM_CE
}

/// The date of a day number; `None` beyond the ±262,143 years that chrono knows.
#[must_use]
pub fn date_of(day: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(day.checked_add(EPOCH_FROM_CE)?)
}

const EPOCH_FROM_CE: i32 = 719_163;

/// The local day of an instant: the day on which the shop at `zone` books it.
///
/// # Examples
/// A till in New York books a late sale on the 1st although it is the 2nd in London.
/// ```
/// use chrono::{FixedOffset, TimeZone, Utc};
/// use omni_core::time;
///
/// let sale = Utc.with_ymd_and_hms(2026, 3, 2, 2, 30, 0).unwrap();
/// let new_york = FixedOffset::west_opt(5 * 3600).unwrap();
/// assert_eq!(time::business_day(sale, &new_york), time::business_day(sale, &Utc) - 1);
/// ```
#[must_use]
pub fn business_day<Tz: TimeZone>(at: DateTime<Utc>, zone: &Tz) -> i32 {
    // Not `at.with_timezone(zone).date_naive()`, which panics within a day of the ends of time.
    let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
    saturate((at.timestamp() + i64::from(offset)).div_euclid(86_400))
}

/// The instants of a local day, half-open: 23 or 25 hours where the clock changes,
/// none at all where a zone skipped the day.
///
/// Where a clock is set back over midnight (Newfoundland did so at 00:01 until 2011), the
/// hour that repeats lies here in the later day; by [`business_day`] it is booked on the
/// earlier one.
///
/// # Errors
/// [`ParamError`] if the day lies beyond the range of chrono.
pub fn day_bounds<Tz: TimeZone>(day: i32, zone: &Tz) -> Result<Range<DateTime<Utc>>, ParamError> {
    let bound = |date: Option<NaiveDate>| date.and_then(|date| first_instant(date, zone));
    let date = date_of(day);
    let end = date.and_then(|date| date.checked_add_days(Days::new(1)));
    match (bound(date), bound(end)) {
        (Some(start), Some(end)) => Ok(start..end),
        _ => Err(ParamError::new("day", "within the range of dates", day)),
    }
}

/// The first instant whose local date is `date` or later.
fn first_instant<Tz: TimeZone>(date: NaiveDate, zone: &Tz) -> Option<DateTime<Utc>> {
    let midnight = date.and_hms_opt(0, 0, 0)?;
    match zone.from_local_datetime(&midnight) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
        // Midnight was skipped: look for the jump between two instants around it.
        LocalResult::None => {
            let mut before = midnight.checked_sub_signed(TimeDelta::hours(48))?.and_utc();
            let mut after = midnight.checked_add_signed(TimeDelta::hours(48))?.and_utc();
            while after - before > TimeDelta::seconds(1) {
                let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
                if business_day(middle, zone) < day_of(date) {
                    before = middle;
                } else {
                    after = middle;
                }
            }
            Some(after)
        }
    }
}

/// The kind of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Period {
    /// One local day.
    Day,
    /// An ISO 8601 week, Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
    /// A month of the retail 4-5-4 calendar: four or five weeks, Sunday to Saturday.
    RetailMonth,
}

impl Period {
    /// The index of the period that holds `day`.
    ///
    /// # Examples
    /// ```
    /// use omni_core::Period;
    ///
    /// assert_eq!(Period::Month.index(31), 1); // 1970-02-01
    /// assert_eq!(Period::Week.index(-3), 0); // Monday, 1969-12-29
    /// assert_eq!(Period::Week.index(-4), -1);
    /// ```
    #[must_use]
    pub fn index(self, day: i32) -> i32 {
        let (year, month) = month_of(i64::from(day));
        // Each fits: an i32 of days holds fewer periods than days.
        let index = match self {
            Self::Day => i64::from(day),
            Self::Week => (i64::from(day) + MONDAY).div_euclid(7),
            Self::Month => 12 * (year - 1970) + month,
            Self::Quarter => 4 * (year - 1970) + month / 3,
            Self::Year => year - 1970,
            Self::RetailMonth => {
                let at = retail_date(i64::from(day));
                12 * (at.year - 1970) + i64::from(at.month) - 1
            }
        };
        saturate(index)
    }

    /// The first day of a period.
    ///
    /// # Errors
    /// [`ParamError`] if that day does not fit an `i32`.
    pub fn start(self, index: i32) -> Result<i32, ParamError> {
        i32::try_from(self.first_day(i64::from(index)))
            .map_err(|_| ParamError::new("index", "a period whose days fit 32 bits", index))
    }

    /// The days of a period, half-open.
    ///
    /// # Errors
    /// [`ParamError`] if one of its ends does not fit an `i32`.
    ///
    /// # Examples
    /// ```
    /// use omni_core::Period;
    ///
    /// assert_eq!(Period::Month.days(1)?.len(), 28); // February 1970
    /// assert_eq!(Period::RetailMonth.days(12 * 53 + 11)?.len(), 35); // the 53rd week of 2023
    /// # Ok::<(), omni_core::error::ParamError>(())
    /// ```
    pub fn days(self, index: i32) -> Result<Range<i32>, ParamError> {
        let end = index
            .checked_add(1)
            .ok_or_else(|| ParamError::new("index", "below 2147483647", index))?;
        Ok(self.start(index)?..self.start(end)?)
    }

    fn first_day(self, index: i64) -> i64 {
        match self {
            Self::Day => index,
            Self::Week => 7 * index - MONDAY,
            Self::Month => first_of_month(index),
            Self::Quarter => first_of_month(3 * index),
            Self::Year => first_of_month(12 * index),
            Self::RetailMonth => {
                let month = index.rem_euclid(12);
                let weeks = 13 * (month / 3)
                    + match month % 3 {
                        0 => 0,
                        1 => 4,
                        _ => 9,
                    };
                retail_year_start(1970 + index.div_euclid(12)) + 7 * weeks
            }
        }
    }

    /// The name of a period: `2026-11-23`, `2026-W48`, `2026-11`, `2026-Q4`, `2026`, `2026-P10`.
    #[must_use]
    pub fn label(self, index: i32) -> String {
        let index = i64::from(index);
        let year = |per_year: i64| 1970 + index.div_euclid(per_year);
        match self {
            Self::Day => {
                let (year, month) = month_of(index);
                let first = first_of_month(12 * (year - 1970) + month);
                format!("{year:04}-{:02}-{:02}", month + 1, index - first + 1)
            }
            Self::Week => {
                // An ISO week belongs to the year of its Thursday.
                let thursday = self.first_day(index) + 3;
                let (year, _) = month_of(thursday);
                let week = (thursday - first_of_month(12 * (year - 1970))) / 7 + 1;
                format!("{year:04}-W{week:02}")
            }
            Self::Month => format!("{:04}-{:02}", year(12), index.rem_euclid(12) + 1),
            Self::Quarter => format!("{:04}-Q{}", year(4), index.rem_euclid(4) + 1),
            Self::Year => format!("{:04}", year(1)),
            Self::RetailMonth => format!("{:04}-P{:02}", year(12), index.rem_euclid(12) + 1),
        }
    }
}

/// Numbers periods of one kind for instants of one time zone.
///
/// # Examples
/// ```
/// use chrono::{FixedOffset, TimeZone, Utc};
/// use omni_core::{Calendar, Period};
///
/// let tokyo = Calendar::new(Period::Month, FixedOffset::east_opt(9 * 3600).unwrap());
/// let sale = Utc.with_ymd_and_hms(2026, 1, 31, 20, 0, 0).unwrap();
/// assert_eq!(tokyo.period().label(tokyo.index(sale)), "2026-02");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar<Tz> {
    period: Period,
    zone: Tz,
}

impl<Tz: TimeZone> Calendar<Tz> {
    /// Periods of this kind, days as `zone` counts them.
    #[must_use]
    pub const fn new(period: Period, zone: Tz) -> Self {
        Self { period, zone }
    }

    /// The kind of its periods.
    #[must_use]
    pub const fn period(&self) -> Period {
        self.period
    }

    /// The period that holds an instant.
    #[must_use]
    pub fn index(&self, at: DateTime<Utc>) -> i32 {
        self.period.index(business_day(at, &self.zone))
    }

    /// The instants of a period, half-open.
    ///
    /// # Errors
    /// [`ParamError`] if the period lies beyond the range of dates.
    pub fn bounds(&self, index: i32) -> Result<Range<DateTime<Utc>>, ParamError> {
        let days = self.period.days(index)?;
        Ok(day_bounds(days.start, &self.zone)?.start..day_bounds(days.end, &self.zone)?.start)
    }
}

/// Where a day stands in the retail 4-5-4 calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetailDate {
    /// The retail year: the calendar year in which it starts.
    pub year: i64,
    /// The retail month, 1 to 12.
    pub month: u8,
    /// The week of the retail year, 1 to 53.
    pub week: u8,
    /// The day of the week, 1 for Sunday to 7 for Saturday.
    pub weekday: u8,
}

impl RetailDate {
    /// Where `day` stands.
    ///
    /// # Examples
    /// ```
    /// use chrono::NaiveDate;
    /// use omni_core::time::{RetailDate, day_of};
    ///
    /// // Retail year 2023 had 53 weeks and ended on Saturday, 2024-02-03.
    /// let last = day_of(NaiveDate::from_ymd_opt(2024, 2, 3).unwrap());
    /// assert_eq!((RetailDate::of(last).year, RetailDate::of(last).week), (2023, 53));
    /// assert_eq!((RetailDate::of(last + 1).year, RetailDate::of(last + 1).week), (2024, 1));
    /// ```
    #[must_use]
    pub fn of(day: i32) -> Self {
        retail_date(i64::from(day))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 53")]
fn retail_date(day: i64) -> RetailDate {
    // The retail year starts between January 29 and February 4.
    let (mut year, _) = month_of(day);
    if day < retail_year_start(year) {
        year -= 1;
    }
    let offset = day - retail_year_start(year);
    let week = offset / 7;
    let quarter = (week / 13).min(3);
    let month = match week - 13 * quarter {
        0..=3 => 0,
        4..=8 => 1,
        _ => 2,
    };
    RetailDate {
        year,
        month: (3 * quarter + month + 1) as u8,
        week: (week + 1) as u8,
        weekday: (offset % 7 + 1) as u8,
    }
}

/// The Sunday after the Saturday nearest to January 31.
fn retail_year_start(year: i64) -> i64 {
    let january_31 = first_of_month(12 * (year - 1970)) + 30;
    // Days from Saturday, 0 to 6; up to 3 the last Saturday is nearer, from 4 the next one.
    let from_saturday = (january_31 - 2).rem_euclid(7);
    let saturday = if from_saturday <= 3 {
        january_31 - from_saturday
    } else {
        january_31 + 7 - from_saturday
    };
    saturday + 1
}

/// 1970-01-01 was a Thursday, three days after Monday.
const MONDAY: i64 = 3;

/// The year and the month (from 0) of a day number.
///
/// Source: Neri & Schneider (2023), "Euclidean affine functions and their application
/// to calendar algorithms", Software: Practice and Experience 53(4); here in its plain form.
fn month_of(day: i64) -> (i64, i64) {
    // Years that start on March 1 keep the leap day at their end.
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let in_era = day.rem_euclid(146_097);
    let year = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * in_year + 2) / 153;
    let year = year + 400 * era;
    if from_march < 10 { (year, from_march + 2) } else { (year + 1, from_march - 10) }
}

/// The day number of the first of a month, months counted from January 1970.
fn first_of_month(index: i64) -> i64 {
    let (year, month) = (1970 + index.div_euclid(12), index.rem_euclid(12));
    let (year, from_march) = if month >= 2 { (year, month - 2) } else { (year - 1, month + 10) };
    let era = year.div_euclid(400);
    let in_era = year.rem_euclid(400);
    let before_year = 365 * in_era + in_era / 4 - in_era / 100;
    146_097 * era + before_year + (153 * from_march + 2) / 5 - 719_468
}

fn saturate(index: i64) -> i32 {
    i32::try_from(index).unwrap_or(if index < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Period; 6] = [
        Period::Day,
        Period::Week,
        Period::Month,
        Period::Quarter,
        Period::Year,
        Period::RetailMonth,
    ];

    fn day(year: i32, month: u32, day: u32) -> i32 {
        day_of(NaiveDate::from_ymd_opt(year, month, day).unwrap())
    }

    #[test]
    fn labels() {
        let cases = [
            (Period::Day, day(2024, 2, 29), "2024-02-29"),
            (Period::Week, day(2021, 1, 3), "2020-W53"),
            (Period::Week, day(2024, 12, 30), "2025-W01"),
            (Period::Month, day(1969, 12, 31), "1969-12"),
            (Period::Quarter, day(2026, 11, 23), "2026-Q4"),
            (Period::Year, day(1969, 12, 31), "1969"),
            (Period::RetailMonth, day(2026, 11, 23), "2026-P10"),
        ];
        for (period, day, expected) in cases {
            assert_eq!(period.label(period.index(day)), expected);
        }
    }

    /// First days of the retail years as the National Retail Federation publishes them.
    #[test]
    fn retail_years_start_as_published() {
        let starts = [
            (2012, (2012, 1, 29)),
            (2013, (2013, 2, 3)),
            (2017, (2017, 1, 29)),
            (2018, (2018, 2, 4)),
            (2019, (2019, 2, 3)),
            (2020, (2020, 2, 2)),
            (2021, (2021, 1, 31)),
            (2022, (2022, 1, 30)),
            (2023, (2023, 1, 29)),
            (2024, (2024, 2, 4)),
            (2025, (2025, 2, 2)),
        ];
        for (year, (y, m, d)) in starts {
            let at = RetailDate::of(day(y, m, d));
            assert_eq!((at.year, at.month, at.week, at.weekday), (year, 1, 1, 1));
            assert_eq!(RetailDate::of(day(y, m, d) - 1).year, year - 1);
        }
    }

    #[test]
    fn the_first_and_the_last_instant_have_a_day_in_every_zone() {
        for (at, sign) in [(DateTime::<Utc>::MIN_UTC, -1), (DateTime::<Utc>::MAX_UTC, 1)] {
            assert_eq!(business_day(at, &offset(sign * 86_399)), business_day(at, &Utc) + sign);
            // East of Greenwich, the first day began before there was time.
            let day = day_of(at.date_naive());
            let bounds = Calendar::new(Period::Day, offset(86_399)).bounds(day);
            assert!(bounds.is_err(), "{bounds:?}");
        }
    }

    #[test]
    fn a_range_beyond_the_days_is_an_error() {
        assert!(Period::Year.start(i32::MAX).is_err());
        assert!(Period::Day.days(i32::MAX).is_err());
        assert!(Period::Week.days(i32::MIN).is_err());
        assert!(day_bounds(i32::MAX, &Utc).is_err());
    }

    /// A zone with one change of its offset, enough to try every kind of odd day.
    #[derive(Debug, Clone)]
    struct OneChange {
        at: i64,
        before: i32,
        after: i32,
    }

    impl TimeZone for OneChange {
        type Offset = chrono::FixedOffset;

        fn from_offset(offset: &Self::Offset) -> Self {
            let seconds = offset.local_minus_utc();
            Self { at: 0, before: seconds, after: seconds }
        }

        fn offset_from_local_date(&self, _: &NaiveDate) -> LocalResult<Self::Offset> {
            LocalResult::None
        }

        fn offset_from_local_datetime(
            &self,
            local: &chrono::NaiveDateTime,
        ) -> LocalResult<Self::Offset> {
            let at = |offset: i32| local.and_utc().timestamp() - i64::from(offset);
            let before = (at(self.before) < self.at).then(|| offset(self.before));
            let after = (at(self.after) >= self.at).then(|| offset(self.after));
            match (before, after) {
                (Some(b), Some(a)) => LocalResult::Ambiguous(b, a),
                (Some(one), None) | (None, Some(one)) => LocalResult::Single(one),
                (None, None) => LocalResult::None,
            }
        }

        fn offset_from_utc_date(&self, utc: &NaiveDate) -> Self::Offset {
            self.offset_from_utc_datetime(&utc.and_hms_opt(0, 0, 0).unwrap())
        }

        fn offset_from_utc_datetime(&self, utc: &chrono::NaiveDateTime) -> Self::Offset {
            offset(if utc.and_utc().timestamp() < self.at { self.before } else { self.after })
        }
    }

    fn offset(seconds: i32) -> chrono::FixedOffset {
        chrono::FixedOffset::east_opt(seconds).unwrap()
    }

    #[test]
    fn days_of_23_and_25_hours_and_none() {
        let day = day(2026, 3, 29);
        let midnight = i64::from(day) * 86_400;
        let hour = 3_600;
        let cases = [
            // Spring at 01:00 UTC, autumn at 01:00 UTC, spring at midnight, a day left out.
            (OneChange { at: midnight + hour, before: 0, after: 3_600 }, 23, 23, 24),
            (OneChange { at: midnight + hour, before: 3_600, after: 0 }, 23, 25, 24),
            (OneChange { at: midnight, before: 0, after: 3_600 }, 24, 23, 24),
            (OneChange { at: midnight, before: -36_000, after: 50_400 }, 24, 24, 24),
        ];
        for (zone, ..) in &cases[..3] {
            let hours = |day| {
                let bounds = day_bounds(day, zone).unwrap();
                (bounds.end - bounds.start).num_hours()
            };
            let total = hours(day - 1) + hours(day) + hours(day + 1);
            let change = i64::from(zone.after - zone.before) / hour;
            assert_eq!(total, 72 - change, "{zone:?}");
        }
        let spring = day_bounds(day, &cases[0].0).unwrap();
        assert_eq!((spring.end - spring.start).num_hours(), 23);
        let autumn = day_bounds(day, &cases[1].0).unwrap();
        assert_eq!((autumn.end - autumn.start).num_hours(), 25);
        let at_midnight = day_bounds(day, &cases[2].0).unwrap();
        assert_eq!((at_midnight.end - at_midnight.start).num_hours(), 23);
        // 24 hours forward at local midnight: the whole day is missing.
        let skipped = OneChange { at: midnight + 36_000, before: -36_000, after: 50_400 };
        let bounds = day_bounds(day, &skipped).unwrap();
        assert_eq!((bounds.end - bounds.start).num_hours(), 0);
    }

    proptest! {
        #[test]
        fn days_agree_with_chrono(day in -90_000_000_i32..90_000_000) {
            let date = date_of(day).unwrap();
            prop_assert_eq!(day_of(date), day);
            prop_assert_eq!(Period::Year.index(day), date.year() - 1970);
            prop_assert_eq!(Period::Month.index(day), 12 * (date.year() - 1970) + date.month0() as i32);
            let week = date.iso_week();
            if week.year() >= 0 {
                prop_assert_eq!(
                    Period::Week.label(Period::Week.index(day)),
                    format!("{:04}-W{:02}", week.year(), week.week())
                );
            }
        }

        #[test]
        fn every_day_lies_in_its_period(day in any::<i32>()) {
            for period in ALL {
                let index = period.index(day);
                if let Ok(days) = period.days(index) {
                    prop_assert!(days.contains(&day), "{:?} {}", period, day);
                    prop_assert_eq!(period.index(days.start), index);
                    prop_assert_eq!(period.index(days.end - 1), index);
                    prop_assert_eq!(period.index(days.end), index + 1);
                }
            }
        }

        #[test]
        fn retail_months_have_four_or_five_weeks(index in -20_000_i32..20_000) {
            let weeks = Period::RetailMonth.days(index).unwrap().len() / 7;
            let long = index.rem_euclid(3) == 1;
            let last = index.rem_euclid(12) == 11;
            let usual = if long { 5 } else { 4 };
            prop_assert!(weeks == usual || (last && weeks == 5), "{} weeks", weeks);
        }
    }
}
