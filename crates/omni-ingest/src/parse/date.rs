//! Dates and times of a fixed layout, and the instants they mean.
//!
//! ```text
//! %Y year, 4 digits     %m month   %d day     %H hour 0-23   %M minute   %S second
//! %y year, 2 digits     %b Jan     %p AM/PM   %I hour 1-12   %z offset (+0100, +01:00, Z)
//! ```
//!
//! Numbers but `%Y` have one or two digits; any other character stands for itself. `%y`
//! is 1969–2068, as POSIX has it. Time parts that a layout lacks are zero. A leap second
//! (`:60`) is refused: no export has one.
//!
//! # From a local time to an instant
//! With an offset in the text the instant is plain. Without, the zone of the export
//! decides, and twice a year it cannot:
//!
//! - an hour that the clock repeats means two instants: the *earlier* is taken and
//!   [`Clock::Repeated`] says so (a flag: the sale is right to the hour);
//! - an hour that the clock skips means none: it is read with the offset *before* the
//!   change, so 01:30 becomes 02:30, and [`Clock::Skipped`] says so (a repair).
//!
//! That is how Temporal and `java.time` resolve local times by default. O(1) a text; a
//! text equal to the one before costs a comparison.

use chrono::offset::LocalResult;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use omni_core::error::ParamError;

/// Why a text is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DateError {
    /// It does not follow any layout.
    #[error("not a date of the expected layout")]
    Layout,
    /// It follows the layout and there is no such day or time, such as February 30.
    #[error("no such day or time")]
    Range,
}

/// One part of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year4,
    Year2,
    Month,
    MonthName,
    Day,
    Hour,
    Hour12,
    HalfDay,
    Minute,
    Second,
    Offset,
    Literal(u8),
}

/// How a date is written; see the [module](self) for the letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    parts: Vec<Part>,
}

/// What a text says before any zone is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalTime {
    /// The date and time on the clock.
    pub local: NaiveDateTime,
    /// Seconds east of UTC, if the text says.
    pub offset: Option<i32>,
}

impl Layout {
    /// Reads a layout.
    ///
    /// # Errors
    /// [`ParamError`] if a letter is unknown or the day is not determined.
    pub fn new(layout: &str) -> Result<Self, ParamError> {
        let mut parts = Vec::new();
        let mut bytes = layout.bytes();
        let wrong = || ParamError::new("layout", "of the letters YymbdHIpMSz, with a day", layout);
        while let Some(byte) = bytes.next() {
            parts.push(match byte {
                b'%' => match bytes.next() {
                    Some(b'Y') => Part::Year4,
                    Some(b'y') => Part::Year2,
                    Some(b'm') => Part::Month,
                    Some(b'b') => Part::MonthName,
                    Some(b'd') => Part::Day,
                    Some(b'H') => Part::Hour,
                    Some(b'I') => Part::Hour12,
                    Some(b'p') => Part::HalfDay,
                    Some(b'M') => Part::Minute,
                    Some(b'S') => Part::Second,
                    Some(b'z') => Part::Offset,
                    Some(b'%') => Part::Literal(b'%'),
                    _ => return Err(wrong()),
                },
                literal => Part::Literal(literal),
            });
        }
        let has = |wanted: &[Part]| parts.iter().any(|part| wanted.contains(part));
        let day = has(&[Part::Year4, Part::Year2])
            && has(&[Part::Month, Part::MonthName])
            && has(&[Part::Day])
            && has(&[Part::Hour12]) == has(&[Part::HalfDay]);
        if day { Ok(Self { parts }) } else { Err(wrong()) }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`DateError`] if it does not follow the layout or there is no such time.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::parse::{DateError, Layout};
    ///
    /// let layout = Layout::new("%d %b %Y %I:%M %p")?;
    /// let read = layout.read("3 Mar 2025 12:07 AM").unwrap();
    /// assert_eq!(read.local.to_string(), "2025-03-03 00:07:00");
    /// assert_eq!(layout.read("30 Feb 2025 12:07 AM"), Err(DateError::Range));
    /// # Ok::<(), omni_core::ParamError>(())
    /// ```
    pub fn read(&self, text: &str) -> Result<LocalTime, DateError> {
        let (mut year, mut month, mut day) = (0, 0, 0);
        let (mut hour, mut minute, mut second) = (0, 0, 0);
        let (mut afternoon, mut hour12, mut offset) = (None, false, None);
        let mut rest = text.as_bytes();
        for part in &self.parts {
            match part {
                Part::Literal(byte) => {
                    rest = rest.strip_prefix(&[*byte]).ok_or(DateError::Layout)?;
                }
                Part::Year4 => year = take_digits(&mut rest, 4, 4)?,
                Part::Year2 => {
                    let two = take_digits(&mut rest, 2, 2)?;
                    year = if two < 69 { 2000 + two } else { 1900 + two };
                }
                Part::Month => month = take_digits(&mut rest, 1, 2)?,
                Part::MonthName => month = take_month(&mut rest)?,
                Part::Day => day = take_digits(&mut rest, 1, 2)?,
                Part::Hour => hour = take_digits(&mut rest, 1, 2)?,
                Part::Hour12 => {
                    hour = take_digits(&mut rest, 1, 2)?;
                    hour12 = true;
                }
                Part::HalfDay => afternoon = Some(take_half_day(&mut rest)?),
                Part::Minute => minute = take_digits(&mut rest, 1, 2)?,
                Part::Second => second = take_digits(&mut rest, 1, 2)?,
                Part::Offset => offset = Some(take_offset(&mut rest)?),
            }
        }
        if !rest.is_empty() {
            return Err(DateError::Layout);
        }
        if hour12 {
            if !(1..=12).contains(&hour) {
                return Err(DateError::Range);
            }
            hour = hour % 12 + if afternoon == Some(true) { 12 } else { 0 };
        }
        let local = i32::try_from(year)
            .ok()
            .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
            .and_then(|date| date.and_hms_opt(hour, minute, second))
            .ok_or(DateError::Range)?;
        Ok(LocalTime { local, offset })
    }
}

#[inline]
fn take_digits(rest: &mut &[u8], least: usize, most: usize) -> Result<u32, DateError> {
    let (mut value, mut count) = (0, 0);
    while let [digit @ b'0'..=b'9', tail @ ..] = *rest {
        if count == most {
            break;
        }
        value = value * 10 + u32::from(digit - b'0');
        count += 1;
        *rest = tail;
    }
    if count >= least { Ok(value) } else { Err(DateError::Layout) }
}

const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

fn take_month(rest: &mut &[u8]) -> Result<u32, DateError> {
    let (name, tail) = rest.split_first_chunk::<3>().ok_or(DateError::Layout)?;
    let name = name.map(|byte| byte.to_ascii_lowercase());
    let month = (1..).zip(MONTHS).find(|(_, month)| **month == name).ok_or(DateError::Layout)?;
    *rest = tail;
    Ok(month.0)
}

fn take_half_day(rest: &mut &[u8]) -> Result<bool, DateError> {
    let (half, tail) = rest.split_first_chunk::<2>().ok_or(DateError::Layout)?;
    *rest = tail;
    match &half.map(|byte| byte.to_ascii_lowercase()) {
        b"am" => Ok(false),
        b"pm" => Ok(true),
        _ => Err(DateError::Layout),
    }
}

fn take_offset(rest: &mut &[u8]) -> Result<i32, DateError> {
    let (sign, tail) = rest.split_first().ok_or(DateError::Layout)?;
    *rest = tail;
    let sign = match sign {
        b'Z' | b'z' => return Ok(0),
        b'+' => 1,
        b'-' => -1,
        _ => return Err(DateError::Layout),
    };
    let hours = take_digits(rest, 2, 2)?;
    *rest = rest.strip_prefix(b":").unwrap_or(rest);
    let minutes = take_digits(rest, 2, 2)?;
    if hours > 15 || minutes > 59 {
        return Err(DateError::Range);
    }
    let seconds = i32::try_from(hours * 3600 + minutes * 60).map_err(|_| DateError::Range)?;
    Ok(sign * seconds)
}

/// What the clock of the zone did at a local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// It showed this time once.
    Plain,
    /// It showed this time twice; the earlier instant is meant, or not.
    Repeated,
    /// It never showed this time; it was read with the offset before the change.
    Skipped,
}

/// An instant read from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instant {
    /// When.
    pub at: DateTime<Utc>,
    /// How sure that is.
    pub clock: Clock,
}

/// The instant of a local time in a zone; see the [module](self) for repeated and skipped
/// hours.
///
/// # Errors
/// [`DateError::Range`] if the instant is beyond the range of dates.
///
/// # Examples
/// ```
/// use chrono::NaiveDate;
/// use omni_ingest::parse::{Clock, date};
///
/// let local = NaiveDate::from_ymd_opt(2025, 10, 26).and_then(|day| day.and_hms_opt(1, 30, 0));
/// let read = date::resolve(local.unwrap(), &chrono_tz::Europe::London)?;
/// assert_eq!((read.at.to_string().as_str(), read.clock), ("2025-10-26 00:30:00 UTC", Clock::Repeated));
/// # Ok::<(), omni_ingest::parse::DateError>(())
/// ```
pub fn resolve<Tz: TimeZone>(local: NaiveDateTime, zone: &Tz) -> Result<Instant, DateError> {
    let plain = |offset: i32, clock| {
        let at = local.checked_sub_signed(TimeDelta::seconds(offset.into()));
        at.map(|at| Instant { at: at.and_utc(), clock }).ok_or(DateError::Range)
    };
    match zone.offset_from_local_datetime(&local) {
        LocalResult::Single(offset) => plain(offset.fix().local_minus_utc(), Clock::Plain),
        LocalResult::Ambiguous(earlier, _) => {
            plain(earlier.fix().local_minus_utc(), Clock::Repeated)
        }
        LocalResult::None => {
            let day_before =
                local.checked_sub_signed(TimeDelta::hours(24)).ok_or(DateError::Range)?;
            let before = zone.offset_from_utc_datetime(&day_before);
            plain(before.fix().local_minus_utc(), Clock::Skipped)
        }
    }
}

/// Reads the dates of a column: the first layout that a text follows, in one zone.
#[derive(Debug, Clone)]
pub struct DateParser<Tz> {
    layouts: Vec<Layout>,
    zone: Tz,
    last_text: String,
    last: Option<Result<Instant, DateError>>,
}

impl<Tz: TimeZone> DateParser<Tz> {
    /// Of these layouts, tried in this order; `zone` is for texts without an offset.
    #[must_use]
    pub const fn new(layouts: Vec<Layout>, zone: Tz) -> Self {
        Self { layouts, zone, last_text: String::new(), last: None }
    }

    /// The zone.
    pub const fn zone(&self) -> &Tz {
        &self.zone
    }

    /// Goes on with another zone.
    pub fn set_zone(&mut self, zone: Tz) {
        self.zone = zone;
        self.last = None;
    }

    /// The instant of a text.
    ///
    /// # Errors
    /// [`DateError::Range`] if it follows a layout and there is no such time, otherwise
    /// [`DateError::Layout`].
    pub fn parse(&mut self, text: &str) -> Result<Instant, DateError> {
        match self.last {
            Some(last) if self.last_text == text => last,
            _ => {
                let read = self.parse_anew(text);
                self.last_text.clear();
                self.last_text.push_str(text);
                self.last = Some(read);
                read
            }
        }
    }

    fn parse_anew(&self, text: &str) -> Result<Instant, DateError> {
        let mut error = DateError::Layout;
        for layout in &self.layouts {
            match layout.read(text) {
                Ok(LocalTime { local, offset: None }) => return resolve(local, &self.zone),
                Ok(LocalTime { local, offset: Some(offset) }) => {
                    let at = local.checked_sub_signed(TimeDelta::seconds(offset.into()));
                    let at = at.ok_or(DateError::Range)?.and_utc();
                    return Ok(Instant { at, clock: Clock::Plain });
                }
                Err(DateError::Range) => error = DateError::Range,
                Err(DateError::Layout) => {}
            }
        }
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America, Europe, Pacific};

    fn parser<Tz: TimeZone>(layouts: &[&str], zone: Tz) -> DateParser<Tz> {
        let layouts = layouts.iter().map(|layout| Layout::new(layout).unwrap()).collect();
        DateParser::new(layouts, zone)
    }

    fn utc<Tz: TimeZone>(parser: &mut DateParser<Tz>, text: &str) -> (String, Clock) {
        let read = parser.parse(text).unwrap();
        (read.at.format("%Y-%m-%dT%H:%M:%SZ").to_string(), read.clock)
    }

    #[test]
    fn layouts_of_real_exports_are_read() {
        let cases = [
            ("%Y-%m-%d %H:%M:%S", "2010-12-01 08:26:00", "2010-12-01T08:26:00Z"),
            ("%Y-%m-%d %H:%M:%S %z", "2025-07-14 11:58:45 +0100", "2025-07-14T10:58:45Z"),
            ("%Y-%m-%dT%H:%M:%S%z", "2025-04-11T16:56:13-05:30", "2025-04-11T22:26:13Z"),
            ("%Y-%m-%dT%H:%M:%S%z", "2025-04-11T16:56:13Z", "2025-04-11T16:56:13Z"),
            ("%m/%d/%y %H:%M:%S", "06/09/25 08:48:08", "2025-06-09T08:48:08Z"),
            ("%m/%d/%Y %H:%M", "12/1/2010 8:26", "2010-12-01T08:26:00Z"),
            ("%d/%m/%Y %I:%M:%S %p", "01/02/2025 12:30:00 am", "2025-02-01T00:30:00Z"),
            ("%d %b %Y %I:%M %p", "29 Feb 2024 12:30 PM", "2024-02-29T12:30:00Z"),
            ("%d.%m.%y", "31.12.69", "1969-12-31T00:00:00Z"),
        ];
        for (layout, text, expected) in cases {
            assert_eq!(utc(&mut parser(&[layout], Utc), text).0, expected, "{layout} {text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let mut parser = parser(&["%Y-%m-%d %H:%M:%S", "%d/%m/%Y", "%Y-%m-%d %H:%M:%S %z"], Utc);
        let range = "2011-02-30 10:00:00|31/04/2025|0000-00-00 00:00:00|2025-01-01 24:00:00|\
                     2025-01-01 00:00:60|2025-01-01 00:00:00 +9900";
        for text in range.split('|') {
            assert_eq!(parser.parse(text), Err(DateError::Range), "{text}");
        }
        let layout = "N/A||2025-01-01|2025-01-01 00:00:00 |25-01-01 00:00:00|2025-1x-01 00:00:00|\
                      2025-01-01 00:00:00 +01|2025-01-01 00:00:00 X|٢٠٢٥-01-01 00:00:00";
        for text in layout.split('|') {
            assert_eq!(parser.parse(text), Err(DateError::Layout), "{text}");
        }
    }

    #[test]
    fn layouts_must_name_a_day() {
        for bad in ["", "%Y-%m", "%q", "%", "%Y-%m-%d %I:%M", "%Y-%m-%d %H %p", "%H:%M"] {
            assert!(Layout::new(bad).is_err(), "{bad}");
        }
        assert!(Layout::new("100%% %Y%m%d").unwrap().read("100% 20250131").is_ok());
    }

    #[test]
    fn repeated_hours_are_the_earlier_and_skipped_hours_move_on() {
        let layouts = ["%Y-%m-%d %H:%M"];
        let mut london = parser(&layouts, Europe::London);
        assert_eq!(
            utc(&mut london, "2025-10-26 01:30"),
            ("2025-10-26T00:30:00Z".into(), Clock::Repeated)
        );
        assert_eq!(
            utc(&mut london, "2025-03-30 01:30"),
            ("2025-03-30T01:30:00Z".into(), Clock::Skipped)
        );
        assert_eq!(
            utc(&mut london, "2025-07-01 12:00"),
            ("2025-07-01T11:00:00Z".into(), Clock::Plain)
        );
        let mut new_york = parser(&layouts, America::New_York);
        assert_eq!(
            utc(&mut new_york, "2025-03-09 02:00"),
            ("2025-03-09T07:00:00Z".into(), Clock::Skipped)
        );
        // Samoa had no December 30 in 2011.
        let mut apia = parser(&layouts, Pacific::Apia);
        assert_eq!(
            utc(&mut apia, "2011-12-30 12:00"),
            ("2011-12-30T22:00:00Z".into(), Clock::Skipped)
        );
    }

    #[test]
    fn a_repeated_text_is_read_with_the_zone_of_the_moment() {
        let mut parser = parser(&["%Y-%m-%d %H:%M"], America::New_York);
        let first = parser.parse("2025-07-01 12:00");
        assert_eq!(parser.parse("2025-07-01 12:00"), first);
        parser.set_zone(Europe::London);
        assert_ne!(parser.parse("2025-07-01 12:00"), first);
        assert_eq!(parser.parse("2025-07-01"), Err(DateError::Layout));
        assert_eq!(parser.parse("2025-07-01"), Err(DateError::Layout));
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let zone = chrono::FixedOffset::west_opt(3600).unwrap();
        assert_eq!(resolve(NaiveDateTime::MAX, &zone), Err(DateError::Range));
        let zone = chrono::FixedOffset::east_opt(3600).unwrap();
        assert_eq!(resolve(NaiveDateTime::MIN, &zone), Err(DateError::Range));
    }
}
