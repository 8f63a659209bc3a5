//! Instants as ISO 8601 and RFC 3339 write them: `2025-01-02T12:33:20.000Z`.
//!
//! ```text
//! date "T" time ["." digits] offset      date = YYYY-MM-DD   time = hh:mm:ss
//! offset = "Z" | ("+" | "-") hh [":"] mm
//! ```
//!
//! A small `t` or `z` and a blank in place of `T` are read too. Of the fraction nine digits
//! count. Without an offset there is no instant; a leap second is refused. O(bytes).

use super::date::DateError;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// Reads an instant.
///
/// # Errors
/// [`DateError::Layout`] if it is not written so, [`DateError::Range`] if there is no such
/// time.
///
/// # Examples
/// ```
/// use omni_ingest::parse::iso;
///
/// let read = iso::instant("2025-01-02T12:33:20.5+01:00")?;
/// assert_eq!(read.to_rfc3339(), "2025-01-02T11:33:20.500+00:00");
/// assert!(iso::instant("2025-01-02 12:33").is_err());
/// # Ok::<(), omni_ingest::parse::DateError>(())
/// ```
pub fn instant(text: &str) -> Result<DateTime<Utc>, DateError> {
    let mut rest = text.as_bytes();
    let year = digits(&mut rest, 4)?;
    mark(&mut rest, b"-")?;
    let month = digits(&mut rest, 2)?;
    mark(&mut rest, b"-")?;
    let day = digits(&mut rest, 2)?;
    mark(&mut rest, b"Tt ")?;
    let hour = digits(&mut rest, 2)?;
    mark(&mut rest, b":")?;
    let minute = digits(&mut rest, 2)?;
    mark(&mut rest, b":")?;
    let second = digits(&mut rest, 2)?;
    let nanos = if mark(&mut rest, b".,").is_ok() { fraction(&mut rest)? } else { 0 };
    let offset = offset(&mut rest)?;
    if !rest.is_empty() {
        return Err(DateError::Layout);
    }
    let local = i32::try_from(year)
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
        .and_then(|date| date.and_hms_nano_opt(hour, minute, second, nanos));
    let at = local.and_then(|local| local.checked_sub_signed(TimeDelta::seconds(offset)));
    at.map(|at| at.and_utc()).ok_or(DateError::Range)
}

#[inline]
fn digits(rest: &mut &[u8], count: usize) -> Result<u32, DateError> {
    let (number, tail) = rest.split_at_checked(count).ok_or(DateError::Layout)?;
    *rest = tail;
    number.iter().try_fold(0, |value, byte| match byte {
        b'0'..=b'9' => Ok(value * 10 + u32::from(byte - b'0')),
        _ => Err(DateError::Layout),
    })
}

#[inline]
fn mark(rest: &mut &[u8], marks: &[u8]) -> Result<(), DateError> {
    let (first, tail) = rest.split_first().ok_or(DateError::Layout)?;
    if !marks.contains(first) {
        return Err(DateError::Layout);
    }
    *rest = tail;
    Ok(())
}

/// Nanoseconds; at least one digit.
fn fraction(rest: &mut &[u8]) -> Result<u32, DateError> {
    let (mut value, mut count) = (0, 0);
    while let [digit @ b'0'..=b'9', tail @ ..] = *rest {
        if count < 9 {
            value = value * 10 + u32::from(digit - b'0');
        }
        count += 1;
        *rest = tail;
    }
    if count == 0 {
        return Err(DateError::Layout);
    }
    Ok(value * 10_u32.pow(9_u32.saturating_sub(count)))
}

/// Seconds east.
fn offset(rest: &mut &[u8]) -> Result<i64, DateError> {
    if mark(rest, b"Zz").is_ok() {
        return Ok(0);
    }
    let sign = if mark(rest, b"+").is_ok() { 1 } else { -1 };
    if sign == -1 {
        mark(rest, b"-")?;
    }
    let hours = digits(rest, 2)?;
    if rest.first() == Some(&b':') {
        mark(rest, b":")?;
    }
    let minutes = digits(rest, 2)?;
    if hours > 15 || minutes > 59 {
        return Err(DateError::Range);
    }
    Ok(sign * i64::from(hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_or_refused() {
        for (text, expected) in [
            ("2025-01-02T12:33:20.000Z", "2025-01-02T12:33:20+00:00"),
            ("2025-01-02T12:33:20Z", "2025-01-02T12:33:20+00:00"),
            ("2025-01-02t12:33:20.1234567891z", "2025-01-02T12:33:20.123456789+00:00"),
            ("2025-01-02 00:33:20+0530", "2025-01-01T19:03:20+00:00"),
            ("2024-02-29T23:59:59,9-03:00", "2024-03-01T02:59:59.900+00:00"),
        ] {
            assert_eq!(instant(text).map(|at| at.to_rfc3339()), Ok(expected.to_string()), "{text}");
        }
        for text in [
            "",
            "N/A",
            "2025-01-02",
            "2025-01-02T12:33:20",
            "2025-01-02T12:33:20.Z",
            "2025-1-02T12:33:20Z",
            "2025-01-02T12:33:20Z ",
            "+025-01-02T12:33:20Z",
            "2025-01-02T12:33:20+1",
        ] {
            assert_eq!(instant(text), Err(DateError::Layout), "{text}");
        }
        for text in [
            "2025-02-30T12:33:20Z",
            "2025-01-02T24:00:00Z",
            "2025-01-02T12:33:60Z",
            "2025-01-02T12:33:20+99:00",
        ] {
            assert_eq!(instant(text), Err(DateError::Range), "{text}");
        }
    }
}
