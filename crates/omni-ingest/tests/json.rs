//! JSON lines: the same answer as the table, the same opinion as another reader of JSON.

use omni_ingest::json::{JsonError, Object, Value};
use omni_ingest::record::{Dialect, RecordReader};
use omni_ingest::{Format, formats};
use omni_testkit::reference;
use proptest::prelude::*;
use std::fs::File;
use std::io::Read;
use std::time::Instant;

/// UCI Online Retail as JSON lines: strings, and numbers where the column is one.
fn online_retail() -> (Vec<u8>, String) {
    let path = reference::path("data/ingest/online_retail/online-retail.csv.gz");
    let mut table = Vec::new();
    flate2::read::GzDecoder::new(File::open(path).unwrap()).read_to_end(&mut table).unwrap();
    let mut records = RecordReader::new(&table[..], Dialect::csv()).unwrap();
    let names = records.header().unwrap();
    let mut lines = String::with_capacity(110 << 20);
    while let Some(record) = records.next_record().unwrap() {
        for (at, (name, field)) in names.iter().zip(record.iter()).enumerate() {
            lines.push(if at == 0 { '{' } else { ',' });
            lines.push_str(&serde_json::to_string(name).unwrap());
            lines.push(':');
            match name.as_str() {
                "CustomerID" if field.is_empty() => lines.push_str("null"),
                "Quantity" | "UnitPrice" | "CustomerID" => lines.push_str(field),
                _ => lines.push_str(&serde_json::to_string(field).unwrap()),
            }
        }
        lines.push_str("}\n");
    }
    (table, lines)
}

/// Megabytes per second of one core, printed; the account is that of the table.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn speed_and_account_of_online_retail_as_json_lines() {
    let (table, lines) = online_retail();
    let format = formats::uci_online_retail().with_dialect(Dialect::objects());
    let table = omni_ingest::read(&formats::uci_online_retail(), &table[..]).unwrap();
    let read = omni_ingest::read(&format, lines.as_bytes()).unwrap();
    assert_eq!(read.account.bytes, lines.len() as u64);
    let mut account = read.account.clone();
    account.bytes = table.account.bytes;
    assert_eq!(account, table.account);
    assert_eq!(read.orders, table.orders);
    let best = |run: &dyn Fn() -> u64| {
        let time = |_| {
            let start = Instant::now();
            assert_eq!(run(), 541_909);
            start.elapsed()
        };
        lines.len() as f64 / 1e6 / (0..5).map(time).min().unwrap().as_secs_f64()
    };
    let split = best(&|| {
        let mut records = RecordReader::new(lines.as_bytes(), Dialect::objects()).unwrap();
        records.header().unwrap();
        let mut rows = 0;
        while let Some(record) = records.next_record().unwrap() {
            rows += u64::from(record.len() == 8);
        }
        rows
    });
    let typed = best(&|| {
        let mut reader = format.reader(lines.as_bytes()).unwrap();
        while let Some(outcome) = reader.next_outcome().unwrap() {
            std::hint::black_box(outcome.line());
        }
        reader.account().records
    });
    let cursor = best(&|| {
        let mut rows = 0;
        for line in lines.lines() {
            let mut object = Object::new(line).unwrap();
            while let Some(member) = object.member().unwrap() {
                std::hint::black_box(member);
            }
            rows += 1;
        }
        rows
    });
    println!(
        "{:.1} MB of JSON lines: cursor {cursor:.0}, split {split:.0}, typed and accounted {typed:.0} MB/s",
        lines.len() as f64 / 1e6
    );
}

/// The value as a tree, the last of equal keys kept, numbers as 64 bits.
fn tree(value: Value<'_>) -> Result<serde_json::Value, JsonError> {
    Ok(match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => truth.into(),
        // Beyond the floating-point range there is no value for it.
        Value::Number(number) => serde_json::from_str(number).unwrap_or_default(),
        Value::String(text) => text.decode().into_owned().into(),
        Value::Array(mut array) => {
            let mut items = Vec::new();
            while let Some(item) = array.item()? {
                items.push(tree(item)?);
            }
            items.into()
        }
        Value::Object(mut object) => {
            let mut map = serde_json::Map::new();
            while let Some((key, value)) = object.member()? {
                map.insert(key.into_owned(), tree(value)?);
            }
            map.into()
        }
    })
}

fn parse(text: &str) -> Result<serde_json::Value, JsonError> {
    tree(Value::Object(Object::new(text)?))
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-1e9..1e9).prop_map(|x: f64| x.into()),
        "\\PC*".prop_map(Into::into),
        ".{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(".{0,6}", inner, 0..6)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(value in any_json(), pretty: bool) {
        let value = serde_json::json!({ "a": value, "b": 1 });
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        prop_assert_eq!(parse(&text).unwrap(), value);
    }

    #[test]
    fn a_damaged_text_is_refused_where_others_refuse_it(
        value in any_json(), at in any::<prop::sample::Index>(), with in "[\\[\\]{}:,\"\\\\u0-9eE.+\\- tfn\u{0}\u{1f}d8]{0,3}"
    ) {
        let mut text = serde_json::json!({ "a": value }).to_string();
        let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
        let at = at.index(places.len());
        let (start, end) = (places[at], *places.get(at + with.len()).unwrap_or(&text.len()));
        text.replace_range(start..end, &with);
        let theirs = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text);
        match (parse(&text), theirs) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, serde_json::Value::from(theirs)),
            (Err(_), Err(_)) => {}
            // A number beyond the floating-point range is a number all the same.
            (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("out of range"), "{}: {}", text, error),
            (Err(error), Ok(_)) => prop_assert!(false, "{}: {}", text, error),
        }
    }
}
