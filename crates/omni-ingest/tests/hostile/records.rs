//! Delimited records: they tile the file, in whatever pieces it comes.

use omni_ingest::record::{Defect, Dialect, Encoding, RecordReader};
use std::io::{self, Read};

/// Gives a few bytes at a time.
struct Trickle<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let step = self.step.min(buffer.len()).min(self.bytes.len());
        buffer[..step].copy_from_slice(&self.bytes[..step]);
        self.bytes = &self.bytes[step..];
        Ok(step)
    }
}

#[derive(Debug, PartialEq)]
struct Row {
    place: (u64, u64, u64),
    defect: Option<Defect>,
    guessed: bool,
    raw: Vec<u8>,
    text: String,
    fields: Vec<String>,
}

/// Names, if they were asked for, and all records; `None` if the header has a defect.
fn rows(
    bytes: &[u8],
    dialect: Dialect,
    header: bool,
    (step, capacity): (usize, usize),
) -> Option<(Vec<String>, Vec<Row>)> {
    let input = Trickle { bytes, step };
    let mut records = RecordReader::with_capacity(input, dialect, capacity).ok()?;
    let names = if header { records.header().ok()? } else { Vec::new() };
    let mut rows = Vec::new();
    while let Some(record) = records.next_record().expect("a slice gives no error") {
        let fields: Vec<_> = record.iter().map(ToString::to_string).collect();
        assert_eq!(fields.len(), record.len(), "a field that cannot be read");
        assert_eq!(record.get(fields.len()), None);
        rows.push(Row {
            place: (record.number(), record.line(), record.offset()),
            defect: record.defect(),
            guessed: record.is_guessed(),
            raw: record.raw().to_vec(),
            text: record.raw_text().into_owned(),
            fields,
        });
    }
    assert!(records.next_record().expect("a slice gives no error").is_none());
    assert_eq!(records.bytes(), bytes.len() as u64, "bytes that were not read");
    Some((names, rows))
}

/// Any bytes in any dialect.
pub fn records(data: &[u8]) {
    let [choice, delimiter, quote, max, capacity, step, bytes @ ..] = data else { return };
    let encoding = match choice % 3 {
        0 => Encoding::Utf8,
        1 => Encoding::Windows1252,
        _ => Encoding::Detect,
    };
    let objects = choice & 0x80 != 0;
    let mut dialect = if objects { Dialect::objects() } else { Dialect::csv() };
    if choice & 0x40 != 0 && !objects {
        dialect = dialect.with_delimiter(*delimiter).with_quote((*quote != 0).then_some(*quote));
    }
    dialect = dialect.with_encoding(encoding).with_max_record(16 + 8 * usize::from(*max));
    let header = objects || choice & 0x20 != 0;
    let whole = rows(bytes, dialect, header, (usize::MAX, 1 << 16));
    if !objects {
        // The keys of objects are those of the first buffer.
        let pieces = (usize::from(*step) + 1, usize::from(*capacity));
        assert_eq!(whole, rows(bytes, dialect, header, pieces), "pieces of {pieces:?}");
    }
    let Some((names, rows)) = whole else { return };
    let (mut end, mut line) = (0, 0);
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(row.place.0, at as u64 + 1);
        assert!(row.place.1 > line, "lines ascend");
        line = row.place.1;
        let start = usize::try_from(row.place.2).expect("inside the file");
        assert!(start >= end && start < bytes.len());
        assert_eq!(bytes.get(start..start + row.raw.len()), Some(&row.raw[..]));
        end = start + row.raw.len();
        assert!(row.defect.is_none() || row.fields.is_empty());
        if header && row.defect.is_none() {
            assert_eq!(row.fields.len(), names.len());
        }
        assert!(!row.guessed || encoding != Encoding::Utf8);
        if row.guessed {
            assert!(str::from_utf8(&row.raw).is_err());
        }
        if objects || row.defect.is_some() {
            continue;
        }
        // No field is lost: what was not quoted is the text itself.
        let quotes = dialect.quote().is_some_and(|quote| row.raw.contains(&quote));
        let joined = row.fields.join(&char::from(dialect.delimiter()).to_string());
        if quotes {
            assert!(joined.len() <= row.text.len());
            again(&row.fields, dialect);
        } else {
            assert_eq!(joined, row.text);
        }
    }
}

/// Fields that are all quoted are read as what they are.
fn again(fields: &[String], dialect: Dialect) {
    let Some(quote) = dialect.quote().map(|quote| char::from(quote).to_string()) else { return };
    let quoted: Vec<_> = fields
        .iter()
        .map(|field| format!("{quote}{}{quote}", field.replace(&quote, &quote.repeat(2))))
        .collect();
    let line = quoted.join(&char::from(dialect.delimiter()).to_string());
    let dialect = dialect.with_encoding(Encoding::Utf8).with_max_record(1 << 20);
    let (_, rows) =
        rows(line.as_bytes(), dialect, false, (usize::MAX, 1 << 12)).expect("no header");
    assert_eq!(rows.len(), 1, "{line:?}");
    assert_eq!((rows[0].defect, &rows[0].fields[..]), (None, fields), "{line:?}");
}
