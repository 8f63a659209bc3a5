//! What a reader takes of memory and time, whatever the file holds.

use omni_ingest::record::{Dialect, RecordReader};
use omni_ingest::rule::Rule;
use omni_ingest::{Account, Error, Format, Parser, formats};
use std::fmt::Write as _;
use std::io::{self, Read};
use std::time::Instant;

const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
const ROW: &str = "1,A1,X,6,2010-12-01 08:26:00,2.55,17850,France\n";

/// Rows made as they are read, each another: none is kept.
struct Rows {
    text: String,
    at: usize,
    row: u64,
    /// Bytes still to be given, to the end of a row.
    left: usize,
}

impl Rows {
    fn new(bytes: usize) -> Self {
        Self { text: HEADER.to_string(), at: 0, row: 0, left: bytes }
    }
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.text.len() {
            self.text.clear();
            self.at = 0;
            if self.left > 0 {
                let (row, minute) = (self.row, self.row / 20 % 60);
                writeln!(
                    self.text,
                    "{row},A{},WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:{minute:02}:00,2.55,17850,United Kingdom",
                    row % 4_000
                )
                .map_err(io::Error::other)?;
                self.row += 1;
                self.left = self.left.saturating_sub(self.text.len());
            }
        }
        let rest = &self.text.as_bytes()[self.at..];
        let bytes = rest.len().min(buffer.len());
        buffer[..bytes].copy_from_slice(&rest[..bytes]);
        self.at += bytes;
        Ok(bytes)
    }
}

/// A format whose repeats are not looked for.
struct Unremembered<F>(F);

impl<F: Format> Format for Unremembered<F> {
    fn channel(&self) -> &str {
        self.0.channel()
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn dialect(&self) -> Dialect {
        self.0.dialect()
    }

    fn rules(&self) -> &[Rule] {
        self.0.rules()
    }

    fn parser(&self) -> Result<Box<dyn Parser>, Error> {
        self.0.parser()
    }
}

/// The account of a file read record by record.
fn account(format: &impl Format, input: impl Read) -> Result<Account, Error> {
    let mut reader = format.reader(input)?;
    while reader.next_outcome()?.is_some() {}
    Ok(reader.account())
}

/// Peak memory of the process in bytes, where the system says.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

/// Alone in its process: `soak_memory -- --ignored --nocapture`.
#[test]
#[ignore = "long, and about the memory of the process"]
fn soak_memory_does_not_grow_with_the_file() {
    let held_to = |account: &Account, distinct: u64| {
        assert!(account.bytes >= 1 << 30);
        assert_eq!(account.accepted, account.records);
        if let Some(peak) = peak() {
            let (mib, records) = (peak >> 20, account.records);
            println!("{} bytes, {records} records, {distinct} kept: peak {mib} MiB", account.bytes);
            assert!(peak <= (64 << 20) + 16 * distinct, "{peak}");
        }
    };
    let format = formats::uci_online_retail();
    let off = account(&Unremembered(format.clone()), Rows::new(1 << 30)).unwrap();
    held_to(&off, 0);
    let on = account(&format, Rows::new(1 << 30)).unwrap();
    held_to(&on, on.records);
}

#[test]
fn a_line_of_64_mb_is_one_reject_of_the_reader() {
    let line = io::repeat(b'x').take(64 << 20);
    let input = HEADER.as_bytes().chain(line).chain(b"\n".as_slice()).chain(ROW.as_bytes());
    let account = account(&formats::uci_online_retail(), input).unwrap();
    assert_eq!((account.records, account.accepted), (2, 1));
    assert_eq!(account.rejected["record_too_long"], 1);
    assert!(account.is_balanced());
}

#[test]
fn an_input_without_end_is_an_error() {
    let dialect = Dialect::csv().with_max_record(64);
    let format = formats::uci_online_retail().with_dialect(dialect.with_max_record(256));
    for byte in *b"x\n\"\0" {
        let input = HEADER.as_bytes().chain(ROW.as_bytes()).chain(io::repeat(byte));
        let error = account(&format, input).unwrap_err();
        assert!(matches!(error, Error::Endless { line: 3.. }), "{byte}: {error}");
        let mut records = RecordReader::new(io::repeat(byte), dialect).unwrap();
        assert_eq!(records.header(), Err(Error::Endless { line: 1 }), "{byte}");
    }
    // Records without end are records; the caller decides how many to take.
    let mut reader = format.reader(Rows::new(1 << 20)).unwrap();
    assert!((0..1_000).all(|_| reader.next_outcome().unwrap().is_some()));
}

#[test]
fn a_hundred_thousand_columns_are_a_reject_or_an_error_of_the_reader() {
    let columns = vec!["c"; 100_000].join(",");
    let format = formats::uci_online_retail();
    let rejected = account(&format, format!("{HEADER}{columns}\n").as_bytes()).unwrap();
    assert_eq!(rejected.rejected["wrong_field_count"], 1);
    let error = account(&format, format!("{columns}\n").as_bytes()).unwrap_err();
    assert!(matches!(error, Error::MissingColumns { .. }), "{error}");
}

/// A line of objects in objects.
fn nested(levels: usize) -> String {
    format!("{}1{}\n", "{\"a\":".repeat(levels), "}".repeat(levels))
}

#[test]
fn json_of_ten_thousand_levels_is_a_reject_of_the_reader() {
    let file = nested(10_000);
    let account = account(&formats::segment_events(), file.as_bytes()).unwrap();
    assert_eq!((account.records, account.rejected["malformed_json"]), (1, 1));
}

type Reading<'a> = &'a dyn Fn(&str) -> Result<Account, Error>;
type File<'a> = &'a dyn Fn(usize) -> String;

/// Four times as much takes about four times as long, not sixteen times.
#[test]
#[ignore = "about time: for a quiet machine"]
fn soak_time_is_linear() {
    let retail = formats::uci_online_retail();
    let segment = formats::segment_events();
    let time = |format: Reading<'_>, file: &str| {
        let once = || {
            let start = Instant::now();
            assert!(format(file).unwrap().is_balanced());
            start.elapsed()
        };
        (0..3).map(|_| once()).min().unwrap_or_default().as_secs_f64()
    };
    let table = |file: &str| account(&retail, file.as_bytes());
    let events = |file: &str| account(&segment, file.as_bytes());
    let rows = |row: &str, n: usize| format!("{HEADER}{}", row.repeat(n));
    let cases: [(&str, Reading<'_>, File<'_>); 6] = [
        ("lone quotes", &table, &|n| rows("\"x,\n", 40_000 * n)),
        ("quotes in quotes", &table, &|n| rows("\"a\n,\"\"b\"\n", 40_000 * n)),
        ("one quote", &table, &|n| rows(&format!("\"{ROW}"), 1) + &ROW.repeat(20_000 * n)),
        ("columns", &table, &|n| rows(&format!("{}\n", ",".repeat(100_000)), n)),
        ("repeats", &table, &|n| rows(ROW, 40_000 * n)),
        ("levels", &events, &|n| nested(10_000).repeat(20 * n)),
    ];
    for (name, read, file) in cases {
        let (small, large) = (time(read, &file(4)), time(read, &file(16)));
        println!("{name}: {small:.3} s, four times as much {large:.3} s");
        assert!(large < 8.0 * small + 0.05, "{name}");
    }
}
