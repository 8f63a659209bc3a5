//! What holds for every input.

use crate::degenerate::quietly;
use omni_ingest::formats;
use omni_ingest::parse::{Decimal, Layout, MoneyStyle, money, number};
use omni_ingest::record::{Defect, Dialect, RecordReader};
use proptest::collection::vec;
use proptest::prelude::*;
use std::io::{self, Read};

/// A field as files have them: text with the characters that structure a file.
fn field() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9]{0,12}", "[a-z,;\"\r\n \u{a0}é0-9]{0,20}", Just(String::new()),]
}

fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    (1_usize..6).prop_flat_map(|width| vec(vec(field(), width), 1..20))
}

/// Writes a table as RFC 4180 has it, quoting what needs it and what `quote_all` says.
fn render(table: &[Vec<String>], quote_all: bool, line_end: &str) -> String {
    let mut text = String::new();
    for row in table {
        for (at, field) in row.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            let blank = row.len() == 1 && field.is_empty();
            if quote_all || blank || field.contains([',', '"', '\n', '\r']) {
                text.push('"');
                text.push_str(&field.replace('"', "\"\""));
                text.push('"');
            } else {
                text.push_str(field);
            }
        }
        text.push_str(line_end);
    }
    text
}

/// A reader that gives a few bytes at a time.
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

/// One record: number, line, offset, defect, raw bytes and fields.
type Row = (u64, u64, u64, Option<Defect>, Vec<u8>, Vec<String>);

fn rows(bytes: &[u8], dialect: Dialect, header: bool, step: usize, capacity: usize) -> Vec<Row> {
    let input = Trickle { bytes, step };
    let mut records = RecordReader::with_capacity(input, dialect, capacity).unwrap();
    let mut rows = Vec::new();
    if header {
        match records.header() {
            Ok(names) => rows.push((0, 0, 0, None, Vec::new(), names)),
            Err(_) => return rows,
        }
    }
    while let Some(record) = records.next_record().unwrap() {
        let fields = record.iter().map(ToString::to_string).collect();
        let place = (record.number(), record.line(), record.offset());
        rows.push((place.0, place.1, place.2, record.defect(), record.raw().to_vec(), fields));
    }
    assert_eq!(records.bytes(), bytes.len() as u64);
    rows
}

/// Bytes that look like a delimited file often enough.
fn rubbish() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..400),
        "[a-c,\"\n\r]{0,200}".prop_map(String::into_bytes),
        "([a-c0-9.]{0,5}[,\n\"]){0,80}".prop_map(String::into_bytes),
    ]
}

/// Rows under the header of a format, from values that are right, wrong and absurd.
fn rows_of(header: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        4 => prop::sample::select(vec![
            "", "1", "2.0", "-1", "0", "1,5x", "two", "9.79", "-$1.00", "(9.69)", "$2,501.40", "GBP 3",
            "9223372036854775808", "123456789012345678901234567890", "0.0000000000000000001", "1e308",
            "C536379", "A1", "POST", " 85123a ", "#1001", "T1", "Refund of T1", "Shopify order #1037",
            "amazon", "paid", "voided", "refunded", "partially_refunded", "GBP", "XAU", "Payment",
            "Refund", "2010-12-01 08:26:00", "2011-02-30 00:00:00", "2025-07-14 11:58:45 +0100",
            "06/09/25", "11/02/25", "03/09/25", "01:30:00", "02:30:00", "Eastern Time (US & Canada)",
            "Europe/London", "17850.0", ".0", "4294967295", "4294967296", "9999999999999", "a@x.example",
        ]).prop_map(ToString::to_string),
        1 => field(),
    ];
    let width = header.split(',').count();
    vec(vec(value, width), 0..12)
        .prop_map(move |table| format!("{header}\n{}", render(&table, false, "\r\n")).into_bytes())
}

const UCI: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
const SHOPIFY: &str = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,\
    Lineitem price,Lineitem sku,Lineitem discount,Cancelled at,Refunded Amount,Source,Notes";
const SQUARE: &str = "Date,Time,Time Zone,Item,Qty,SKU,Gross Sales,Discounts,Transaction ID,Notes,\
    Event Type,Customer ID";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Splitting what was rendered gives back the fields.
    #[test]
    fn rendered_fields_come_back(table in table(), all in any::<bool>(), crlf in any::<bool>()) {
        let text = render(&table, all, if crlf { "\r\n" } else { "\n" });
        let rows = rows(text.as_bytes(), Dialect::csv(), false, usize::MAX, 1 << 16);
        let fields: Vec<_> = rows.iter().map(|row| row.5.clone()).collect();
        prop_assert!(rows.iter().all(|row| row.3.is_none()));
        prop_assert_eq!(fields, table);
    }

    /// The pieces in which a file arrives do not matter.
    #[test]
    fn chunks_of_any_size_give_the_same_records(
        bytes in rubbish(), header in any::<bool>(), step in 1_usize..40, capacity in 16_usize..64, max in 16_usize..200,
    ) {
        let dialect = Dialect::csv().with_max_record(max);
        let whole = rows(&bytes, dialect, header, usize::MAX, 1 << 16);
        let pieces = rows(&bytes, dialect, header, step, capacity);
        prop_assert_eq!(whole, pieces);
    }

    /// Every byte of a record is in its raw text, at its place, and nothing overlaps.
    #[test]
    fn records_tile_the_file(bytes in rubbish()) {
        let mut end = 0;
        for row in rows(&bytes, Dialect::csv(), false, usize::MAX, 1 << 16) {
            let start = row.2 as usize;
            prop_assert!(start >= end);
            prop_assert_eq!(&bytes[start..start + row.4.len()], &row.4[..]);
            let newlines = bytes[..start].split(|&byte| byte == b'\n').count() as u64 - 1;
            prop_assert_eq!(row.1, newlines + 1);
            let between = &bytes[end..start];
            prop_assert!(between.iter().all(|byte| b"\r\n\xEF\xBB\xBF".contains(byte)));
            end = start + row.4.len();
        }
    }

    /// A poisoned row costs itself: rows without quotes around it are read as ever.
    #[test]
    fn a_lone_quote_costs_one_record(
        before in vec("[a-z]{1,6}", 0..8), after in vec("[a-z]{1,6}", 0..8), poison in "[a-z]{0,4}",
    ) {
        let row = |name: &String| format!("{name},1,2\n");
        let text = format!(
            "a,b,c\n{}x,\"{poison},2\n{}",
            before.iter().map(row).collect::<String>(), after.iter().map(row).collect::<String>(),
        );
        let got = rows(text.as_bytes(), Dialect::csv(), true, usize::MAX, 1 << 16);
        let good: Vec<_> = got.iter().skip(1).filter(|row| row.3.is_none()).map(|row| row.5[0].clone()).collect();
        let expected: Vec<_> = before.iter().chain(&after).cloned().collect();
        prop_assert_eq!(good, expected);
        prop_assert_eq!(got.len(), before.len() + after.len() + 2);
    }

    /// Any bytes: no panic, and an account that adds up.
    #[test]
    fn rubbish_never_panics(bytes in rubbish()) {
        quietly(&formats::uci_online_retail(), &bytes);
        quietly(&formats::shopify_orders(), &bytes);
        quietly(&formats::square_items(), &bytes);
        let below = |header: &str| [header.as_bytes(), b"\n", &bytes[..]].concat();
        quietly(&formats::uci_online_retail(), &below(UCI));
        quietly(&formats::shopify_orders(), &below(SHOPIFY));
        quietly(&formats::square_items(), &below(SQUARE));
    }

    #[test]
    fn every_invoice_row_is_accounted(bytes in rows_of(UCI)) {
        quietly(&formats::uci_online_retail(), &bytes);
    }

    #[test]
    fn every_shop_row_is_accounted(bytes in rows_of(SHOPIFY)) {
        quietly(&formats::shopify_orders(), &bytes);
    }

    #[test]
    fn every_till_row_is_accounted(bytes in rows_of(SQUARE)) {
        quietly(&formats::square_items(), &bytes);
    }

    /// What was read once is all duplicates the second time.
    #[test]
    fn a_file_fed_twice_adds_only_duplicates(bytes in rows_of(UCI)) {
        let header = UCI.len() + 1;
        let once = omni_ingest::read(&formats::uci_online_retail(), &bytes[..]).unwrap();
        let twice = [&bytes[..], &bytes[header..]].concat();
        let twice = omni_ingest::read(&formats::uci_online_retail(), &twice[..]).unwrap();
        prop_assert_eq!(&once.orders, &twice.orders);
        prop_assert_eq!(&once.returns, &twice.returns);
        prop_assert_eq!(twice.account.records, 2 * once.account.records);
        prop_assert_eq!(twice.account.duplicates, once.account.records + once.account.duplicates);
    }

    /// Accounts of two files in either order give one sum.
    #[test]
    fn accounts_merge_in_any_order(a in rows_of(UCI), b in rows_of(SQUARE)) {
        let a = omni_ingest::read(&formats::uci_online_retail(), &a[..]).unwrap().account;
        let b = omni_ingest::read(&formats::square_items(), &b[..]).unwrap().account;
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b);
        ba.merge(&a);
        prop_assert!(ab.is_balanced());
        prop_assert_eq!(ab, ba);
    }

    #[test]
    fn decimals_come_back(mantissa in any::<i64>(), scale in 0_u8..=18) {
        let decimal = Decimal::new(mantissa, scale).unwrap();
        let back: Decimal = decimal.to_string().parse().unwrap();
        prop_assert_eq!((back.mantissa(), back.scale()), (mantissa, scale));
        let amount = money::parse(&decimal.to_string(), MoneyStyle::POINT);
        prop_assert_eq!(amount.map(|amount| amount.value), Ok(decimal));
    }

    /// Grouping, marks and parentheses do not change an amount.
    #[test]
    fn written_amounts_are_read_back(minor in 0_i64..10_i64.pow(14)) {
        let digits = (minor / 100).to_string();
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let cents = minor % 100;
        for (text, sign) in [
            (format!("{grouped}.{cents:02}"), 1),
            (format!("${grouped}.{cents:02}"), 1),
            (format!("(US${grouped}.{cents:02})"), -1),
            (format!("-GBP {grouped}.{cents:02}"), -1),
            (format!("{grouped}.{cents:02} EUR"), 1),
        ] {
            let read = money::parse(&text, MoneyStyle::POINT).unwrap().value.rescale(2);
            prop_assert_eq!(read, Some(sign * minor), "{}", text);
        }
    }

    #[test]
    fn parsers_never_panic(text in any::<String>()) {
        let _ = (number::integer(&text), number::whole(&text), text.parse::<Decimal>());
        let _ = (money::parse(&text, MoneyStyle::POINT), money::parse(&text, MoneyStyle::COMMA));
        if let Ok(layout) = Layout::new(&text) {
            let _ = layout.read(&text);
        }
        for layout in ["%Y-%m-%d %H:%M:%S %z", "%d %b %y %I:%M %p"] {
            let _ = Layout::new(layout).unwrap().read(&text);
        }
    }
}
