//! Numbers, amounts and times: what is read and written is read again as the same.

use chrono_tz::Tz;
use omni_core::{Currency, Money};
use omni_ingest::parse::{DateParser, Decimal, Layout, MoneyStyle, iso, money, number};

const LAYOUTS: [&str; 6] = [
    "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%y",
    "%d %b %Y %I:%M %p",
    "%Y-%m-%dT%H:%M:%S%z",
    "%d.%m.%y %H:%M",
];

/// Any text as a value, and as the layout of a time.
pub fn values(data: &[u8]) {
    let texts = super::texts(data);
    let text = &texts[0];
    for read in [number::integer(text), number::whole(text)].into_iter().flatten() {
        assert_eq!(number::integer(&read.to_string()), Ok(read));
        assert_eq!(number::whole(&read.to_string()), Ok(read));
    }
    if let Ok(read) = text.parse::<Decimal>() {
        let again: Decimal = read.to_string().parse().expect("what was written");
        assert_eq!((again.mantissa(), again.scale()), (read.mantissa(), read.scale()));
        let trimmed = read.trim();
        assert_eq!(trimmed.rescale(read.scale()), Some(read.mantissa()));
        assert_eq!(money::parse(&read.to_string(), MoneyStyle::POINT).map(|a| a.value), Ok(read));
    }
    for style in [MoneyStyle::POINT, MoneyStyle::COMMA, MoneyStyle::POINT.ungrouped()] {
        let Ok(amount) = money::parse(text, style) else { continue };
        let plain = amount.value.to_string();
        let again = money::parse(&plain, MoneyStyle::POINT).expect("what was written");
        assert_eq!(again.value, amount.value);
        let european = plain.replace('.', ",");
        assert_eq!(money::parse(&european, MoneyStyle::COMMA).map(|a| a.value), Ok(amount.value));
    }
    if let Ok(read) = text.parse::<Money>() {
        assert_eq!(read.to_string().parse(), Ok(read));
    }
    if let Ok(currency) = text.parse::<Currency>() {
        assert_eq!(currency.to_string().parse(), Ok(currency));
    }
    if let Ok(instant) = iso::instant(text) {
        let utc = instant.to_rfc3339();
        // An offset can lead out of the years of four digits.
        assert!(
            !utc.starts_with(|c: char| c.is_ascii_digit()) || iso::instant(&utc) == Ok(instant)
        );
    }
    let mut layouts = Vec::new();
    if let Some(layout) = texts.get(1).and_then(|layout| Layout::new(layout).ok()) {
        let _ = layout.read(text);
        layouts.push(layout);
    }
    for layout in LAYOUTS {
        let layout = Layout::new(layout).expect("a layout");
        if let Ok(local) = layout.read(text) {
            assert_eq!(layout.read(text), Ok(local));
        }
        layouts.push(layout);
    }
    for zone in [Tz::UTC, Tz::Europe__London, Tz::America__New_York, Tz::Asia__Kolkata] {
        let mut parser = DateParser::new(layouts.clone(), zone);
        let first = parser.parse(text);
        // What was read before changes nothing.
        let _ = parser.parse("2025-03-30 01:30:00");
        let _ = parser.parse("06/09/25");
        assert_eq!(parser.parse(text), first);
        if let Ok(instant) = first {
            let utc = instant.at.to_rfc3339();
            let four = utc.starts_with(|c: char| c.is_ascii_digit());
            assert!(!four || iso::instant(&utc) == Ok(instant.at), "{utc}");
        }
    }
}
