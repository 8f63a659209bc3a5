//! Every format: pieces of its export, cut, corrupted and fed twice.

use crate::degenerate::quietly;
use omni_ingest::parse::MoneyStyle;
use omni_ingest::record::{Dialect, RecordReader};
use omni_ingest::rule::Class;
use omni_ingest::{Catalog, Contact, Error, Format, Keys, Reader, formats};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A piece of an export, with the format that reads it.
pub struct Bundled {
    pub file: &'static str,
    pub bytes: &'static [u8],
    pub format: Box<dyn Format>,
    pub delimiter: char,
}

const INVOICES: &str = "\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,\"LANTERN, WHITE\",6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,71053,\"LANTERN, WHITE\",6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
C536379,85123a,WHITE HEART ,-1,2010-12-01 09:41:00,2.55,17850.0,United Kingdom
536544,POST,POSTAGE,1,2010-12-02 14:00:00,18.00,,France
";

/// A piece of every export.
pub fn bundled() -> Vec<Bundled> {
    let catalog = Catalog::read(&include_bytes!("fixtures/products.csv")[..]).unwrap();
    let of = |file, bytes, format, delimiter| Bundled { file, bytes, format, delimiter };
    let woo = formats::woocommerce_orders()
        .with_delimiter(b';')
        .with_money_style(MoneyStyle::COMMA)
        .with_zone(chrono_tz::Europe::Madrid)
        .with_catalog(&catalog);
    vec![
        of(
            "shopify_orders.csv",
            include_bytes!("fixtures/shopify_orders.csv"),
            Box::new(formats::shopify_orders().with_catalog(&catalog)),
            ',',
        ),
        of(
            "square_items.csv",
            include_bytes!("fixtures/square_items.csv"),
            Box::new(formats::square_items().with_catalog(&catalog)),
            ',',
        ),
        of(
            "amazon_orders.txt",
            include_bytes!("fixtures/amazon_orders.txt"),
            Box::new(formats::amazon_orders().with_catalog(&catalog)),
            '\t',
        ),
        of(
            "tiktok_orders.csv",
            include_bytes!("fixtures/tiktok_orders.csv"),
            Box::new(formats::tiktok_orders().with_catalog(&catalog)),
            ',',
        ),
        of(
            "woocommerce_orders.csv",
            include_bytes!("fixtures/woocommerce_orders.csv"),
            Box::new(woo),
            ';',
        ),
        of(
            "phone_orders.csv",
            include_bytes!("fixtures/phone_orders.csv"),
            Box::new(formats::phone_orders().with_catalog(&catalog)),
            ',',
        ),
        of("online-retail.csv", INVOICES.as_bytes(), Box::new(formats::uci_online_retail()), ','),
    ]
}

/// Class, first reason and contact of each record, by its number.
fn judge(format: &dyn Format, bytes: &[u8]) -> BTreeMap<u64, (Class, String, Contact<'static>)> {
    let mut reader = Reader::open(format, bytes).unwrap();
    let mut judged = BTreeMap::new();
    while let Some(outcome) = reader.next_outcome().unwrap() {
        let reason = outcome.reason().unwrap_or_default().to_string();
        let contact = outcome.contact().cloned().unwrap_or_default().into_owned();
        judged.insert(outcome.record().number(), (outcome.class(), reason, contact));
    }
    assert!(reader.account().is_balanced());
    judged
}

/// The record of the fixture with this text in it, as the format reads it.
fn contact(file: &str, needle: &str) -> Contact<'static> {
    let bundled = bundled().into_iter().find(|bundled| bundled.file == file).unwrap();
    let mut reader = Reader::open(&*bundled.format, bundled.bytes).unwrap();
    while let Some(outcome) = reader.next_outcome().unwrap() {
        if outcome.record().raw_text().contains(needle) {
            return outcome.contact().cloned().unwrap_or_default().into_owned();
        }
    }
    panic!("no {needle} in {file}");
}

#[test]
fn contacts_are_what_the_channel_wrote() {
    let shop = contact("shopify_orders.csv", "#1001,");
    let shown = |c: &Contact<'_>| {
        [&c.name, &c.email, &c.phone, &c.street, &c.city, &c.postal_code, &c.country]
            .map(ToString::to_string)
    };
    let expected = [
        "Lena Lefèvre",
        "lena.lefevre11@example.com",
        "07700900284",
        "199 Church Walk",
        "Ashcombe",
        "AC9 4GQ",
        "GB",
    ];
    assert_eq!(shown(&shop), expected);
    let till = contact("square_items.csv", "Shopify order #1037");
    assert_eq!((till.name.as_ref(), till.account.as_ref()), ("Petra Van-Dyne", "SQ000058"));
    assert_eq!(till.loyalty, "0026341");
    let market = contact("amazon_orders.txt", "021-4732677-0874336");
    assert_eq!(market.email, "4d9106da0d@marketplace.example");
    assert_eq!((market.name.as_ref(), market.postal_code.as_ref()), ("Jude Barker", "RC9 3GU"));
    assert!(contact("tiktok_orders.csv", "577000745839347097").is_empty());
    let woo = contact("woocommerce_orders.csv", "70000;");
    assert_eq!((woo.given_name.as_ref(), woo.surname.as_ref()), ("Zoë", "Glover"));
    assert_eq!((woo.account.as_ref(), woo.phone.as_ref()), ("53339", "00447700900389"));
    assert_eq!(contact("woocommerce_orders.csv", "70001;").account, "");
    let call = contact("phone_orders.csv", "CALL-00002");
    assert_eq!((call.name.as_ref(), call.loyalty.as_ref()), ("L. Usher", "0020836"));
    assert_eq!(call.address, "29 St. Mary's Road, Southwick, SW16 3GZ");
}

#[test]
fn the_row_below_the_header_is_no_record_if_it_describes_the_columns() {
    let header = "Order ID,Seller SKU,Quantity,SKU Unit Original Price,Created Time\n";
    let row = "577000745839347097,A,1,GBP 9.19,03/03/2025 01:25:36\n";
    let text = "Platform unique order ID.,Code.,Units.,Price.,Time.\n";
    let numbers = |file: String| {
        let judged = judge(&formats::tiktok_orders(), file.as_bytes());
        judged.into_iter().map(|(number, judged)| (number, judged.0)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(format!("{header}{text}{row}")), [(1, Class::Accepted)]);
    assert_eq!(numbers(format!("{header}{row}")), [(1, Class::Accepted)]);
    assert_eq!(numbers(format!("{header}{text}")), []);
    let (good, bad) = (Class::Accepted, Class::Rejected);
    assert_eq!(numbers(format!("{header}{row}{text}")), [(1, good), (2, bad)]);
    assert_eq!(numbers(format!("{header}{text}{text}{row}")), [(1, bad), (2, good)]);
    // A second file begins anew.
    let file = format!("{header}{text}{row}");
    let mut reader = formats::tiktok_orders().reader(file.as_bytes()).unwrap();
    while reader.next_outcome().unwrap().is_some() {}
    reader.follow("second", file.as_bytes()).unwrap();
    while reader.next_outcome().unwrap().is_some() {}
    assert_eq!((reader.account().records, reader.account().duplicates), (1, 1));
}

#[test]
fn a_copy_that_counts_still_names_its_original() {
    let originals = |format: &dyn Format, file: &str| {
        let bundled = bundled().into_iter().find(|bundled| bundled.file == file).unwrap();
        let mut reader = Reader::open(format, bundled.bytes).unwrap();
        let mut originals = Vec::new();
        while let Some(outcome) = reader.next_outcome().unwrap() {
            assert_ne!(outcome.class(), Class::Copy);
            let named = outcome.line().and_then(|line| line.refers_to.as_deref());
            originals.extend(named.map(str::to_string));
        }
        originals
    };
    let shop = formats::shopify_orders().with_copied_sources([""; 0]);
    let named = originals(&shop, "shopify_orders.csv");
    assert!(named.contains(&"020-3510987-8122212".to_string()), "{named:?}");
    let till = formats::square_items().with_shop_copies(false);
    let named = originals(&till, "square_items.csv");
    assert!(named.contains(&"#1037".to_string()), "{named:?}");
}

#[test]
fn what_was_read_once_is_all_duplicates_the_second_time() {
    for Bundled { file, bytes, format, .. } in bundled() {
        let mut reader = Reader::open(&*format, bytes).unwrap();
        while reader.next_outcome().unwrap().is_some() {}
        let first = reader.account();
        reader.follow("second", bytes).unwrap();
        while reader.next_outcome().unwrap().is_some() {}
        let second = reader.account();
        assert_eq!(second.records, first.records, "{file}");
        let broken: u64 = ["truncated", "wrong_field_count", "malformed_quotes"]
            .iter()
            .filter_map(|reason| second.rejected.get(*reason))
            .sum();
        assert_eq!(second.duplicates + broken, second.records, "{file} {second}");
    }
}

#[test]
fn any_beginning_of_a_file_is_accounted() {
    for Bundled { bytes, format, .. } in bundled() {
        for end in (0..bytes.len()).step_by(61) {
            quietly(&*format, &bytes[..end]);
        }
    }
}

#[test]
fn a_missing_column_is_named() {
    for Bundled { file, bytes, format, delimiter } in bundled() {
        let dialect = Dialect::csv().with_delimiter(delimiter as u8);
        let names = RecordReader::new(bytes, dialect).unwrap().header().unwrap();
        let (mut needed, mut optional) = (Vec::new(), 0);
        for skip in 0..names.len() {
            let mut fewer = names.clone();
            let name = fewer.remove(skip);
            let header = fewer.join(&delimiter.to_string());
            match Reader::open(&*format, header.as_bytes()) {
                Ok(_) => optional += 1,
                Err(Error::MissingColumns { missing, .. }) => {
                    assert_eq!(missing, std::slice::from_ref(&name), "{file}");
                    needed.push(name);
                }
                Err(error) => panic!("{file}: {error}"),
            }
        }
        assert!((3..=9).contains(&needed.len()), "{file} {needed:?}");
        assert_eq!(needed.len() + optional, names.len());
        // Other names alone: all that is needed is missing at once.
        let error = Reader::open(&*format, &b"a\n1\n"[..]).err().unwrap();
        let Error::MissingColumns { missing, .. } = error else { panic!("{error}") };
        assert!(missing.len() >= needed.len(), "{file}");
    }
}

#[test]
fn hostile_items_cost_linear_time_and_their_own_record() {
    let phone = "call_ref,taken_at,items,total\n";
    let woo = "order_number,order_date,status,order_total,order_currency,line_items\n";
    let full = |piece: &str| piece.repeat(250_000 / piece.len());
    let cases = [
        "|",
        ";",
        ":",
        "x",
        "@",
        "|:",
        ";:",
        "name",
        "name:",
        "name:;",
        "name:|",
        "1x",
        "1x A",
        "x@",
        "A|",
        ";name",
        "name:a|sku:b|quantity:1|total:2;",
        "1x A @ 1;",
        "4294967295x A @ 23283;",
        "99999999x A @ 1000000;",
    ];
    for case in cases {
        for (items, separator) in
            [(full(case), ""), (format!("name:{}", full(case)), ""), (full(";"), ":")]
        {
            let items = format!("{items}{separator}{separator}{items}");
            let items = items.get(..250_000).unwrap_or(&items);
            let good = "\n2,2025-06-01 10:00,1x A @ 1,1\n";
            let file = format!("{phone}1,2025-06-01 10:00,{items},1{good}");
            let read = omni_ingest::read(&formats::phone_orders(), file.as_bytes()).unwrap();
            assert_eq!(
                (read.account.records, read.orders.last().map(|o| o.number.as_str())),
                (2, Some("2"))
            );
            let good = "\n2,2025-06-01 10:00:00,completed,2,EUR,name:a|sku:b|quantity:1|total:2\n";
            let file = format!("{woo}1,2025-06-01 10:00:00,completed,1,EUR,{items}{good}");
            let read = omni_ingest::read(&formats::woocommerce_orders(), file.as_bytes()).unwrap();
            assert_eq!(
                (read.account.records, read.orders.last().map(|o| o.number.as_str())),
                (2, Some("2"))
            );
        }
    }
}

/// What goes wrong with a row.
#[derive(Debug, Clone)]
enum Damage {
    Field(usize, &'static str),
    Drop(usize),
    Insert(usize, u8),
    Twice,
    Cut(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let texts = prop::sample::select(vec![
        "",
        " ",
        "0",
        "-1",
        "2.0",
        "1,5x",
        "two",
        "12.3.4",
        "#REF!",
        "N/A",
        "free",
        "9223372036854775808",
        "123456789012345678901234567890",
        "0.0000000000000000001",
        "1e308",
        "5.77E+17",
        "GBP 1",
        "EUR 1",
        "£1,000,000,000,000.00",
        "($9.69)",
        "-$1.00",
        "31/04/2025",
        "2025-02-30 10:00:00",
        "26/10/2025 01:30:00",
        "2025-03-30 01:30",
        "2025-10-26 02:30:00",
        "ZZZ-000",
        "37",
        "\"",
        "\"\"\"",
        "\u{a0}",
        "é\u{301}",
        "\u{0}",
        "Refund",
        "Shopify order #1037",
        "amazon",
        "voided",
        "refunded",
        "pending",
        "2x MUG @ 9; x; 3x @",
        "@",
        "x",
        "name:a|sku:b|quantity:1|total:2;name:|sku:|quantity:|total:",
        "name:|||||:",
        ";;;;",
        "4294967295x A @ 99999999",
        "4294967296",
        "A*** B***",
        "line\nbreak",
        "tab\t",
    ]);
    prop_oneof![
        6 => (any::<usize>(), texts).prop_map(|(at, text)| Damage::Field(at, text)),
        1 => any::<usize>().prop_map(Damage::Drop),
        1 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        1 => Just(Damage::Twice),
        1 => any::<usize>().prop_map(Damage::Cut),
    ]
}

/// The rows of a piece, some of them damaged.
fn corrupt(bundled: &Bundled, damages: &[(usize, Damage)]) -> Vec<u8> {
    let text = String::from_utf8(bundled.bytes.to_vec()).unwrap();
    let mut rows: Vec<Vec<u8>> = text.lines().map(|row| row.as_bytes().to_vec()).collect();
    for (row, damage) in damages {
        let at = 1 + row % (rows.len() - 1);
        let row = &mut rows[at];
        let place = |at: &usize, len: usize| at % (len + 1);
        match damage {
            Damage::Field(field, text) => {
                let delimiter = bundled.delimiter as u8;
                let mut fields: Vec<Vec<u8>> =
                    row.split(|byte| *byte == delimiter).map(<[u8]>::to_vec).collect();
                let field = field % fields.len();
                fields[field] = text.as_bytes().to_vec();
                *row = fields.join(&delimiter);
            }
            Damage::Drop(at) => {
                let at = place(at, row.len());
                if at < row.len() {
                    row.remove(at);
                }
            }
            Damage::Insert(at, byte) => {
                let at = place(at, row.len());
                row.insert(at, *byte);
            }
            Damage::Twice => {
                let row = row.clone();
                rows.insert(at, row);
            }
            Damage::Cut(at) => {
                let at = place(at, row.len());
                row.truncate(at);
            }
        }
    }
    rows.join(&b'\n')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Real rows with damage of all kinds: every record has one class, whatever happens.
    #[test]
    fn corrupted_rows_are_all_accounted(
        which in 0_usize..7, damages in vec((any::<usize>(), damage()), 1..12),
    ) {
        let bundled = bundled().swap_remove(which);
        quietly(&*bundled.format, &corrupt(&bundled, &damages));
    }

    /// One damaged field costs its own record, and those of its order where a row opens one.
    #[test]
    fn a_damaged_field_costs_no_neighbor(
        which in 1_usize..7, row in any::<usize>(), field in any::<usize>(),
    ) {
        let bundled = bundled().swap_remove(which);
        let text = std::str::from_utf8(bundled.bytes).unwrap();
        let rows: Vec<&str> = text.lines().skip(1).collect();
        prop_assume!(!rows[row % rows.len()].contains('"'));
        let clean = judge(&*bundled.format, bundled.bytes);
        let damage = [(row, Damage::Field(field, "\u{a4}"))];
        let judged = judge(&*bundled.format, &corrupt(&bundled, &damage));
        prop_assert_eq!(judged.len(), clean.len());
        let differ = clean.iter().filter(|(number, known)| judged[number].0 != known.0).count();
        // A repeat of the damaged row is the first of its kind now.
        prop_assert!(differ <= 2, "{}", differ);
    }

    /// The order of the rows decides nothing but which of two equal rows is the repeat.
    #[test]
    fn rows_in_any_order_give_the_same_account(
        which in 0_usize..7, seed in any::<u64>(),
    ) {
        let bundled = bundled().swap_remove(which);
        let text = std::str::from_utf8(bundled.bytes).unwrap();
        // Records on one line each, of a file whose last line is whole.
        let head = if bundled.file == "tiktok_orders.csv" { 2 } else { 1 };
        let lines: Vec<&str> = text.lines().collect();
        let whole = |line: &&&str| line.matches('"').count().is_multiple_of(2);
        let mut rows: Vec<&str> = lines[head..].iter().filter(whole).copied().collect();
        let join = |rows: &[&str]| [lines[..head].join("\n"), rows.join("\n"), String::new()].join("\n");
        let sorted = join(&rows);
        let mut state = seed | 1;
        for at in (1..rows.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            rows.swap(at, (state >> 33) as usize % (at + 1));
        }
        let account = |text: &str| {
            let reader = Reader::open(&*bundled.format, text.as_bytes()).unwrap();
            reader.into_read(Keys::new()).unwrap().account
        };
        prop_assert_eq!(account(&sorted), account(&join(&rows)));
    }
}
