//! Empty, huge and hostile files.

use omni_ingest::record::{Defect, Dialect, RecordReader};
use omni_ingest::{Error, Format, formats};
use std::fmt::Write;
use std::io::{self, Read};
use std::time::{Duration, Instant};

pub use crate::hostile::channels::quietly;

const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
const ROW: &str = "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom";

fn uci(text: &str) -> Result<omni_ingest::Read, Error> {
    omni_ingest::read(&formats::uci_online_retail(), text.as_bytes())
}

#[test]
fn files_that_are_not_of_the_format_are_typed_errors() {
    assert_eq!(uci(""), Err(Error::Empty));
    assert_eq!(uci("\u{feff}\r\n\n"), Err(Error::Empty));
    assert_eq!(uci("a\0b\n"), Err(Error::NoHeader { defect: Defect::Nul }));
    let rubbish = [0x1f, 0x8b, 0x08, 0xff, 0xfe, 0x80];
    let error = omni_ingest::read(&formats::uci_online_retail(), &rubbish[..]).unwrap_err();
    assert_eq!(error, Error::NoHeader { defect: Defect::Encoding });
    let error = uci("InvoiceNo,Quantity\n1,2\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "not a UCI Online Retail file: no column \"StockCode\", \"Description\", \"InvoiceDate\", \
         \"UnitPrice\", \"CustomerID\", \"Country\""
    );
    assert!(matches!(uci(&format!("{HEADER},Quantity\n")), Err(Error::RepeatedColumns { .. })));
    let error = omni_ingest::read(&formats::square_items().with_delimiter(b'"'), &b"x"[..]);
    assert!(matches!(error, Err(Error::Param(_))));
    let error = omni_ingest::read(
        &formats::uci_online_retail().with_date_layouts(["%q"]),
        HEADER.as_bytes(),
    );
    assert!(matches!(error, Err(Error::Param(_))));
}

#[test]
fn a_header_alone_is_an_empty_file_of_the_format() {
    for end in ["", "\n", "\r\n\r\n"] {
        let read = uci(&format!("\u{feff}{HEADER}{end}")).unwrap();
        assert_eq!((read.account.records, read.orders.len()), (0, 0));
        assert!(read.account.is_balanced());
    }
}

#[test]
fn structure_is_judged_before_content() {
    let cases = [
        ("1,2,3", "wrong_field_count"),
        ("1,A,B,6,2010-12-01 08:26:00,2.55,1,France,x", "wrong_field_count"),
        ("1,\"A\"B,C,6,2010-12-01 08:26:00,2.55,1,France", "malformed_quotes"),
        ("1,A,B\0,6,2010-12-01 08:26:00,2.55,1,France", "nul_byte"),
    ];
    for (row, reason) in cases {
        let read = uci(&format!("{HEADER}\n{ROW}\n{row}\n\n{ROW}0\n")).unwrap();
        assert_eq!(read.account.accepted, 2, "{row}");
        let reject = &read.rejects[0];
        assert_eq!((reject.record, reject.line, reject.reason()), (2, 3, reason), "{row}");
        assert_eq!((reject.raw.as_str(), reject.column.as_deref()), (row, None));
        assert_eq!(reject.offset as usize, HEADER.len() + ROW.len() + 2);
    }
    let mut bytes = format!("{HEADER}\n1,A,caf").into_bytes();
    bytes.extend_from_slice(b"\xe9,6,2010-12-01 08:26:00,2.55,1,France\n");
    let read = omni_ingest::read(&formats::uci_online_retail(), &bytes[..]).unwrap();
    assert_eq!(read.rejects[0].reason(), "invalid_encoding");
    assert!(read.rejects[0].raw.contains('\u{fffd}'));
    let read = uci(&format!("{HEADER}\n{ROW}\n536366,85123A,HE")).unwrap();
    assert_eq!(read.rejects[0].reason(), "truncated");
    // Without a line end, but complete.
    assert_eq!(uci(&format!("{HEADER}\n{ROW}")).unwrap().account.accepted, 1);
}

#[test]
fn a_reject_names_the_column_that_breaks_the_first_rule() {
    let read = uci(&format!("{HEADER}\n1,A,B,two,2011-02-30 00:00:00,2.55,1,France\n")).unwrap();
    let reject = &read.rejects[0];
    assert_eq!(reject.rules, ["bad_quantity", "bad_date"]);
    assert_eq!((reject.column.as_deref(), reject.value.as_str()), (Some("Quantity"), "two"));
    assert!(!format!("{reject:?}").contains("two"));
}

/// Gives a text, then fails.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::new(io::ErrorKind::ConnectionReset, "gone")),
            bytes => Ok(bytes),
        }
    }
}

#[test]
fn a_failing_input_is_an_error_and_ends_the_iterator() {
    let text = format!("{HEADER}\n{ROW}\n");
    let input = Failing(text.as_bytes());
    let expected = Error::Io { kind: io::ErrorKind::ConnectionReset, message: "gone".to_string() };
    let error = match formats::uci_online_retail().reader(input) {
        Err(error) => error,
        Ok(mut reader) => {
            let error = reader.find_map(Result::err).unwrap();
            assert!(reader.next().is_none());
            error
        }
    };
    assert_eq!(error, expected);
}

/// Repeats a piece until so many bytes were given; counts nothing in memory.
struct Endless {
    piece: &'static [u8],
    at: usize,
    left: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = buffer.len().min(self.left).min(self.piece.len() - self.at);
        buffer[..bytes].copy_from_slice(&self.piece[self.at..self.at + bytes]);
        self.at = (self.at + bytes) % self.piece.len();
        self.left -= bytes;
        Ok(bytes)
    }
}

/// Reads to the end and returns the defects by how often they came, with the time.
fn defects(input: impl Read, width: bool) -> (Vec<(Option<Defect>, u64)>, Duration) {
    let start = Instant::now();
    let mut records = RecordReader::new(input, Dialect::csv()).unwrap();
    if width {
        records.header().unwrap();
    }
    let mut counts: Vec<(Option<Defect>, u64)> = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        assert!(record.raw().len() <= 1 << 20);
        match counts.iter_mut().find(|(defect, _)| *defect == record.defect()) {
            Some((_, count)) => *count += 1,
            None => counts.push((record.defect(), 1)),
        }
    }
    (counts, start.elapsed())
}

#[test]
fn a_line_without_end_is_one_reject_and_costs_its_neighbors_nothing() {
    let head = b"a,b\n1,2\n".as_slice();
    let line = Endless { piece: b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", at: 0, left: 64 << 20 };
    let (counts, _) = defects(head.chain(line).chain(b"\n3,4\n".as_slice()), true);
    assert_eq!(counts, [(None, 2), (Some(Defect::TooLong), 1)]);
    // The same inside quotes.
    let line = Endless { piece: b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", at: 0, left: 8 << 20 };
    let (counts, _) = defects(b"a,b\n1,\"".chain(line).chain(b"\n3,4\n".as_slice()), true);
    assert_eq!(counts, [(Some(Defect::TooLong), 1), (None, 1)]);
}

#[test]
#[ignore = "long, and about time"]
fn soak_quotes_that_never_close_cost_linear_time() {
    // Each of these lines is open at its end, alone and inside the quotes before it.
    for (piece, width) in [
        (b"x\",\"y\n".as_slice(), true),
        (b"x\",\"y\n".as_slice(), false),
        (b"\"\n".as_slice(), true),
        (b"a,\"b\n".as_slice(), true),
        (b"\"\"\"\n".as_slice(), true),
        (b"\",\"\"\n".as_slice(), true),
    ] {
        let mut times = [1 << 20, 4 << 20].map(|left| {
            let lines = Endless { piece, at: 0, left };
            defects(b"a,b,c\n".chain(lines), width).1
        });
        times[0] += Duration::from_millis(200);
        assert!(times[1] < times[0] * 16, "{piece:?} {times:?}");
    }
}

#[test]
fn a_hundred_thousand_columns_are_read() {
    let columns = 100_000;
    let header = vec!["c"; columns].join(",");
    let row = vec!["1"; columns].join(",");
    let text = format!("{header}\n{row}\n{row},1\n");
    let (counts, _) = defects(text.as_bytes(), true);
    assert_eq!(counts, [(None, 1), (Some(Defect::FieldCount), 1)]);
}

#[test]
fn orders_that_add_up_to_more_than_64_bits_are_an_error_not_a_panic() {
    // Ninety-two thousand lines of the largest price there is.
    let mut text = format!("{HEADER}\n");
    for line in 0..92_300 {
        writeln!(text, "1,A{line},X,1,2010-12-01 08:26:00,1000000000000,1,France").unwrap();
    }
    let error = uci(&text).unwrap_err();
    assert!(matches!(error, Error::Order { .. }), "{error}");
}
