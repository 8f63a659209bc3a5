//! Which format a file is of and how it is written, from its first bytes.
//!
//! ```text
//! X12         begins with ISA
//! JSON lines  begins with {         events by their keys, a table by its columns
//! a table     the delimiter , ; tab or | whose header a format can bind; of several
//!             formats the one that finds most columns
//! ```
//!
//! The name of a file decides nothing. Then, of the columns of that format:
//!
//! - the *encoding*: Windows-1252 if some record is not UTF-8 and none is by more than
//!   ASCII; otherwise each record is decided by itself ([`Encoding::Detect`]);
//! - the *decimal mark*: the one that most amounts end with, two digits behind it;
//! - the *layouts of dates*: those that read a value. Where `01/02/2025` may be either way,
//!   a day above 12 decides; if there is none, the layouts of the format stay and
//!   [`Guess::is_ambiguous`] says so.
//!
//! A time zone cannot be seen. A [`Profile`] says it, and overrules all of this.
//!
//! At most [`SAMPLE`] bytes are looked at. Time is linear in them.

mod dates;
mod profile;

pub use profile::Profile;

use crate::formats::{self, Export, Kind};
use crate::json::Object;
use crate::parse::MoneyStyle;
use crate::record::{Dialect, Encoding, RecordReader};
use crate::schema::Header;
use crate::{Catalog, Format};
use chrono_tz::Tz;

/// As many bytes of a file are looked at.
pub const SAMPLE: usize = 64 << 10;

/// What a file seems to be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Guess {
    /// The channel of the built-in format that fits; none if none does.
    pub channel: Option<&'static str>,
    /// How it is written.
    pub dialect: Dialect,
    /// How its amounts are written; none if there is none with decimals.
    pub money_style: Option<MoneyStyle>,
    /// The layouts of its dates, the most frequent first; none if the format knows.
    pub date_layouts: Vec<String>,
    /// Whether some dates can be read with the day or the month first, and nothing decides.
    pub is_ambiguous: bool,
    /// The zone of its local times, as a profile says.
    pub zone: Option<Tz>,
}

/// A format, and the columns that tell of its dates and amounts.
struct Known {
    channel: &'static str,
    dates: &'static str,
    /// What is read behind the date: the time of a column of its own.
    time: &'static str,
    amounts: &'static str,
}

const fn known(channel: &'static str, dates: &'static str, amounts: &'static str) -> Known {
    Known { channel, dates, time: "", amounts }
}

/// The tables among the formats.
const TABLES: [Known; 7] = [
    known("shopify", "Created at", "Lineitem price"),
    known("woo", "order_date", "order_total"),
    known("amazon", "purchase-date", "item-price"),
    Known { time: " %H:%M:%S", ..known("square", "Date", "Gross Sales") },
    known("tiktok", "Created Time", "SKU Unit Original Price"),
    known("phone", "taken_at", "total"),
    known("uci_online_retail", "InvoiceDate", "UnitPrice"),
];

/// Looks at the beginning of a file.
///
/// # Examples
/// ```
/// use omni_ingest::detect::detect;
///
/// let file = "order_number;order_date;status;order_total;order_currency;line_items\n\
///     70003;17/03/2025 02:28;completed;81,20;EUR;name:Hoodie|sku:hodcor1|quantity:2|total:81,20\n";
/// let guess = detect(file.as_bytes());
/// assert_eq!((guess.channel, guess.dialect.delimiter()), (Some("woo"), b';'));
/// assert_eq!(guess.date_layouts[0], "%d/%m/%Y %H:%M");
/// let format = guess.format(None).unwrap();
/// let read = omni_ingest::Reader::open(format.as_ref(), file.as_bytes())?.into_read(Default::default())?;
/// assert_eq!(read.orders[0].total()?.to_string(), "81.20 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn detect(file: &[u8]) -> Guess {
    let sample = file.get(..SAMPLE).unwrap_or(file);
    let bytes = sample.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(sample).trim_ascii_start();
    if bytes.starts_with(b"ISA") {
        return Guess::new(Some("edi"), Dialect::transactions());
    }
    // A line that the sample cuts says nothing.
    let last = sample.iter().rposition(|&byte| byte == b'\n').filter(|_| sample.len() < file.len());
    let sample = last.and_then(|last| sample.get(..=last)).unwrap_or(sample);
    let encoding = encoding(sample);
    if bytes.starts_with(b"{") {
        if let Some(channel) = events(sample) {
            return Guess::new(Some(channel), Dialect::lines().with_encoding(encoding));
        }
        let dialect = Dialect::objects().with_encoding(encoding);
        return table(sample, &[dialect]).unwrap_or(Guess::new(None, dialect));
    }
    let dialects = [b',', b';', b'\t', b'|']
        .map(|delimiter| Dialect::csv().with_delimiter(delimiter).with_encoding(encoding));
    let guess = table(sample, &dialects);
    guess.unwrap_or_else(|| Guess::new(None, steadiest(sample, &dialects)))
}

/// The encoding that the records agree on.
fn encoding(sample: &[u8]) -> Encoding {
    let lines = || sample.split(|&byte| byte == b'\n').filter(|line| !line.is_ascii());
    let utf8 = lines().filter(|line| str::from_utf8(line).is_ok()).count();
    let marked = sample.starts_with(b"\xEF\xBB\xBF");
    if utf8 == 0 && !marked && lines().next().is_some() {
        Encoding::Windows1252
    } else {
        Encoding::Detect
    }
}

/// The stream of events that the first lines are of.
fn events(sample: &[u8]) -> Option<&'static str> {
    let lines = sample.split(|&byte| byte == b'\n').take(20);
    for line in lines.filter_map(|line| str::from_utf8(line).ok()) {
        let mut keys = Vec::new();
        let Ok(mut object) = Object::new(line) else { continue };
        while let Ok(Some((key, _))) = object.member() {
            keys.push(key);
        }
        let has = |name: &str| keys.iter().any(|key| key == name);
        if has("event_name") && has("event_timestamp") {
            return Some("ga4");
        }
        if has("messageId") && (has("type") || has("event")) {
            return Some("segment");
        }
    }
    None
}

/// The format that can bind the header and finds most columns, in the dialect that lets it.
fn table(sample: &[u8], dialects: &[Dialect]) -> Option<Guess> {
    let mut best: Option<(usize, &Known, Dialect)> = None;
    for &dialect in dialects {
        for known in &TABLES {
            let Some(format) = plain(known.channel) else { continue };
            let own = format.dialect();
            let dialect =
                if dialect.quote().is_none() { dialect } else { dialect.with_quote(own.quote()) };
            let found = columns(sample, dialect, format.as_ref()).unwrap_or(0);
            if found > best.map_or(0, |(found, ..)| found) {
                best = Some((found, known, dialect));
            }
        }
    }
    let (_, known, dialect) = best?;
    let mut guess = Guess::new(Some(known.channel), dialect);
    let dates = values(sample, dialect, known.dates);
    let layouts = dates::layouts(&dates);
    guess.is_ambiguous = layouts.is_ambiguous;
    guess.date_layouts =
        layouts.layouts.into_iter().map(|layout| format!("{layout}{}", known.time)).collect();
    guess.money_style = money_style(&values(sample, dialect, known.amounts));
    Some(guess)
}

/// How many columns a format finds in the header; none if it cannot be of it.
fn columns(sample: &[u8], dialect: Dialect, format: &dyn Format) -> Option<usize> {
    let names = RecordReader::new(sample, dialect).ok()?.header().ok()?;
    let mut header = Header::new(&names);
    format.parser().ok()?.bind(&mut header);
    let found = header.found();
    header.finish(format.name()).ok()?;
    Some(found)
}

/// The fields of a column that say anything, without blanks around them.
fn values(sample: &[u8], dialect: Dialect, column: &str) -> Vec<String> {
    let mut values = Vec::new();
    let Ok(mut records) = RecordReader::new(sample, dialect) else { return values };
    let Ok(names) = records.header() else { return values };
    let column = Header::new(&names).optional(&[column]);
    while let Ok(Some(record)) = records.next_record() {
        let value = column.of(&record).trim();
        if !value.is_empty() {
            values.push(value.to_string());
        }
    }
    values
}

/// The style that most amounts are of: those that end with a mark and two digits.
fn money_style(values: &[String]) -> Option<MoneyStyle> {
    let ends_with = |value: &&String, mark: char| {
        let number = value.trim_end_matches(|c: char| !c.is_ascii_digit());
        number.rsplit_once(mark).is_some_and(|(whole, part)| {
            part.len() == 2 && whole.ends_with(|c: char| c.is_ascii_digit())
        })
    };
    let count = |mark| values.iter().filter(|value| ends_with(value, mark)).count();
    match (count('.'), count(',')) {
        (0, 0) => None,
        (points, commas) if commas > points => Some(MoneyStyle::COMMA),
        _ => Some(MoneyStyle::POINT),
    }
}

/// The dialect in which most records have the width of the header, more than one column.
fn steadiest(sample: &[u8], dialects: &[Dialect]) -> Dialect {
    let mut best = (0, Dialect::csv());
    let plain = dialects.iter().map(|dialect| dialect.with_quote(None));
    for dialect in dialects.iter().copied().chain(plain) {
        let Ok(mut records) = RecordReader::new(sample, dialect) else { continue };
        let Ok(names) = records.header() else { continue };
        let (mut whole, mut broken) = (1, 0);
        while let Ok(Some(record)) = records.next_record() {
            match record.defect() {
                None => whole += 1,
                Some(_) => broken += 1,
            }
        }
        let steady: usize = whole * names.len().min(64) / (1 + broken);
        if names.len() > 1 && steady > best.0 {
            best = (steady, dialect);
        }
    }
    best.1
}

impl Guess {
    fn new(channel: Option<&'static str>, dialect: Dialect) -> Self {
        Self {
            channel,
            dialect,
            money_style: None,
            date_layouts: Vec::new(),
            is_ambiguous: false,
            zone: None,
        }
    }

    /// With what a profile says in the place of what was seen.
    #[must_use]
    pub fn with_profile(mut self, profile: &Profile) -> Self {
        if let Some(encoding) = profile.encoding() {
            self.dialect = self.dialect.with_encoding(encoding);
        }
        if !self.dialect.is_of_transactions() {
            if let Some(delimiter) = profile.delimiter() {
                self.dialect = self.dialect.with_delimiter(delimiter);
            }
            if profile.is_unquoted() {
                self.dialect = self.dialect.with_quote(None);
            }
        }
        self.money_style = profile.money_style().or(self.money_style);
        self.zone = profile.zone().or(self.zone);
        let layouts = profile.date_layouts();
        if !layouts.is_empty() {
            let known = TABLES.iter().find(|known| Some(known.channel) == self.channel);
            let time = known.map_or("", |known| known.time);
            let timed = |layout: &String| layout.contains("%H") || layout.contains("%I");
            let whole = |layout: String| {
                if timed(&layout) { layout } else { format!("{layout}{time}") }
            };
            self.date_layouts = layouts.into_iter().map(whole).collect();
            self.is_ambiguous = false;
        }
        self
    }

    /// The format with these settings, and the codes of a catalog; `None` if no built-in
    /// format fits.
    #[must_use]
    pub fn format(&self, catalog: Option<&Catalog>) -> Option<Box<dyn Format>> {
        Some(match self.channel? {
            "shopify" => self.tune(formats::shopify_orders(), catalog),
            "square" => self.tune(formats::square_items(), catalog),
            "uci_online_retail" => self.tune(formats::uci_online_retail(), catalog),
            "woo" => self.tune(formats::woocommerce_orders(), catalog),
            "amazon" => self.tune(formats::amazon_orders(), catalog),
            "tiktok" => self.tune(formats::tiktok_orders(), catalog),
            "phone" => self.tune(formats::phone_orders(), catalog),
            "segment" => {
                let format = formats::segment_events().with_dialect(self.dialect);
                Box::new(catalog.map_or(format.clone(), |catalog| format.with_catalog(catalog)))
            }
            "ga4" => {
                let format = formats::ga4_events().with_dialect(self.dialect);
                Box::new(catalog.map_or(format.clone(), |catalog| format.with_catalog(catalog)))
            }
            "edi" => {
                let format = formats::edi_850();
                Box::new(catalog.map_or(format.clone(), |catalog| format.with_catalog(catalog)))
            }
            _ => return None,
        })
    }

    fn tune<K: Kind + 'static>(
        &self,
        mut export: Export<K>,
        catalog: Option<&Catalog>,
    ) -> Box<dyn Format> {
        export.settings.dialect =
            self.dialect.with_max_record(export.settings.dialect.max_record());
        if !self.date_layouts.is_empty() {
            // Layouts that the sample does not show may come later, unless they contradict.
            let own = std::mem::take(&mut export.settings.layouts);
            let mut layouts = self.date_layouts.clone();
            for layout in own {
                let contradicts = layouts.contains(&dates::swapped(&layout));
                if !layouts.contains(&layout) && !contradicts {
                    layouts.push(layout);
                }
            }
            export.settings.layouts = layouts;
        }
        if let Some(style) = self.money_style {
            export.settings.style = style;
        }
        export.settings.zone = self.zone.or(export.settings.zone);
        match catalog {
            Some(catalog) => Box::new(export.with_catalog(catalog)),
            None => Box::new(export),
        }
    }
}

/// A table's format as it is without settings.
fn plain(channel: &'static str) -> Option<Box<dyn Format>> {
    Some(match channel {
        "shopify" => Box::new(formats::shopify_orders()),
        "square" => Box::new(formats::square_items()),
        "uci_online_retail" => Box::new(formats::uci_online_retail()),
        "woo" => Box::new(formats::woocommerce_orders()),
        "amazon" => Box::new(formats::amazon_orders()),
        "tiktok" => Box::new(formats::tiktok_orders()),
        "phone" => Box::new(formats::phone_orders()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_described_as_far_as_it_can_be() {
        for (file, delimiter, quote) in [
            ("a;b;c\n1;2,5;3\n4;5,1;6\n", b';', Some(b'"')),
            ("a\tb\n12\" x\t\"2\n\"x\"y\t3\n", b'\t', None),
            ("a|b,c|d\n1|2|3\n", b'|', Some(b'"')),
            ("", b',', Some(b'"')),
            ("\u{0}\u{1}", b',', Some(b'"')),
        ] {
            let guess = detect(file.as_bytes());
            assert_eq!(guess.channel, None);
            assert!(guess.format(None).is_none());
            assert_eq!(
                (guess.dialect.delimiter(), guess.dialect.quote()),
                (delimiter, quote),
                "{file}"
            );
        }
    }

    #[test]
    fn events_and_interchanges_are_known_by_what_they_hold() {
        for (file, channel) in [
            ("\u{feff} ISA*00*", Some("edi")),
            ("\n{\"event_name\":\"x\",\"event_timestamp\":1}\n", Some("ga4")),
            ("{bad\n{\"type\":\"page\",\"messageId\":\"1\"}\n", Some("segment")),
            ("{\"a\":1}\n", None),
            (
                "{\"InvoiceNo\":\"1\",\"StockCode\":\"A\",\"Description\":\"\",\"Quantity\":1,\"InvoiceDate\":\"\",\"UnitPrice\":1,\"CustomerID\":null,\"Country\":\"\"}\n",
                Some("uci_online_retail"),
            ),
        ] {
            let guess = detect(file.as_bytes());
            assert_eq!(guess.channel, channel, "{file}");
            assert_eq!(guess.format(None).is_some(), channel.is_some());
        }
    }

    #[test]
    fn the_encoding_is_that_of_all_records_or_of_each() {
        for (sample, expected) in [
            (b"a\nb\n".as_slice(), Encoding::Detect),
            (b"caf\xc3\xa9\n", Encoding::Detect),
            (b"caf\xe9\nx\n", Encoding::Windows1252),
            (b"caf\xe9\n\xc3\xa9\n", Encoding::Detect),
            (b"\xef\xbb\xbfcaf\xe9\n", Encoding::Detect),
        ] {
            assert_eq!(encoding(sample), expected, "{sample:?}");
        }
    }
}
