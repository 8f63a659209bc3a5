//! What is written as CSV, NDJSON and Parquet is read back.

use chrono::{DateTime, TimeDelta, Utc};
use omni_core::customer::{Consent, ConsentState, CustomerRecord, Identity, IdentityKind, Purpose};
use omni_core::event::{Actor, EventRecord};
use omni_core::product::{Backorder, ProductRecord, UnitOfMeasure, VariantRecord};
use omni_core::{
    ChannelId, Customer, CustomerId, Event, EventId, EventKind, Product, ProductId, Sku, Variant,
    VariantId,
};
use omni_ingest::export::{
    Cell, ColumnRow, ConsentRow, CsvWriter, EventRow, IdentityRow, Kind, NdjsonWriter,
    OrderLineRow, OrderRow, PersonRow, ProductRow, RejectRow, ReturnRow, Row, tables,
};
use omni_ingest::merge::{Origin, Person, PersonVersion, Survivorship};
use omni_ingest::record::{Dialect, RecordReader};
use omni_ingest::{Error, formats};
use proptest::prelude::*;
use serde_json::Value;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

/// The cells of a row as text; `None` is missing.
fn cells<R: Row>(row: &R) -> Vec<Option<String>> {
    let mut cells = Vec::new();
    row.visit(|column, cell| {
        let (kind, text) = match cell {
            Cell::Missing => (column.kind, None),
            Cell::Text(text) => (Kind::Text, Some(text.to_owned())),
            Cell::Count(count) => (Kind::Count, Some(count.to_string())),
            Cell::Whole(whole) => (Kind::Whole, Some(whole.to_string())),
            Cell::Real(real) => (Kind::Real, Some(real.to_string())),
            Cell::Flag(flag) => (Kind::Flag, Some(flag.to_string())),
            Cell::Time(at) => (Kind::Time, Some(at.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string())),
            _ => panic!("a new kind"),
        };
        assert_eq!(kind, column.kind, "{}", column.name);
        assert!(text.is_some() || column.optional || kind == Kind::Real, "{}", column.name);
        cells.push(text);
        Ok::<(), ()>(())
    })
    .unwrap();
    assert_eq!(cells.len(), R::TABLE.columns.len());
    cells
}

/// Writes rows as CSV and reads them with the reader of this crate.
fn check_csv<R: Row>(rows: &[R], delimiter: u8) {
    let mut writer = CsvWriter::new(Vec::new(), R::TABLE, delimiter).unwrap();
    for row in rows {
        writer.write(row).unwrap();
    }
    assert_eq!(writer.rows(), rows.len() as u64);
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(text.ends_with("\r\n"));
    let dialect = Dialect::csv().with_delimiter(delimiter);
    let mut reader = RecordReader::new(text.as_bytes(), dialect).unwrap();
    let header: Vec<String> = reader.header().unwrap();
    let names: Vec<&str> = R::TABLE.columns.iter().map(|column| column.name).collect();
    assert_eq!(header, names);
    for row in rows {
        let record = reader.next_record().unwrap().unwrap();
        assert_eq!(record.defect(), None);
        let read: Vec<&str> = record.iter().collect();
        let expected = cells(row);
        assert_eq!(
            read,
            expected.iter().map(|cell| cell.as_deref().unwrap_or("")).collect::<Vec<_>>()
        );
    }
    assert!(reader.next_record().unwrap().is_none());
}

/// Writes rows as NDJSON and reads them with `serde_json`.
fn check_json<R: Row>(rows: &[R]) {
    let mut writer = NdjsonWriter::new(Vec::new(), R::TABLE);
    for row in rows {
        writer.write(row).unwrap();
    }
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert_eq!(text.lines().count(), rows.len());
    for (line, row) in text.lines().zip(rows) {
        let read: Value = serde_json::from_str(line).unwrap();
        assert_eq!(read.as_object().unwrap().len(), R::TABLE.columns.len());
        for (column, expected) in R::TABLE.columns.iter().zip(cells(row)) {
            let value = &read[column.name];
            let shown = match (value, column.kind) {
                (Value::Null, _) => None,
                (Value::String(text), Kind::Text | Kind::Time) => Some(text.clone()),
                (Value::Bool(flag), Kind::Flag) => Some(flag.to_string()),
                (Value::Number(number), Kind::Real) => number.as_f64().map(|real| real.to_string()),
                (Value::Number(number), Kind::Count | Kind::Whole) => Some(number.to_string()),
                _ => panic!("{}: {value}", column.name),
            };
            assert_eq!(shown, expected, "{}", column.name);
        }
        // The columns stand in their order.
        let places =
            R::TABLE.columns.iter().map(|c| line.find(&format!("\"{}\":", c.name)).unwrap());
        assert!(places.collect::<Vec<_>>().is_sorted());
    }
}

fn check<R: Row>(rows: &[R]) {
    assert!(!rows.is_empty());
    for delimiter in [b',', b';', b'\t', b'|'] {
        check_csv(rows, delimiter);
    }
    check_json(rows);
    #[cfg(feature = "arrow")]
    parquet::check(rows, R::TABLE.name);
}

fn anna() -> Customer {
    let said = |state, channel| Consent {
        purpose: Purpose::Marketing,
        channel,
        state,
        at: at(1_750_000_000),
        source: "form, \"footer\"".into(),
        text_version: "2".into(),
    };
    let name =
        |kind, value: &str| Identity { kind, value: value.into(), verified_at: Some(at(-1)) };
    let shop = ChannelId::new(0);
    Customer::new(CustomerRecord {
        id: CustomerId::new(3),
        identities: vec![
            name(IdentityKind::Email, "anna@example.org"),
            name(IdentityKind::Phone, "+447700900001"),
            Identity { verified_at: None, ..name(IdentityKind::ChannelRef(shop), " C;17") },
        ],
        consents: vec![
            said(ConsentState::Granted, None),
            said(ConsentState::Withdrawn, Some(shop)),
        ],
        merged_into: None,
        erased_at: None,
    })
    .unwrap()
}

#[test]
fn a_whole_reading_is_written_and_read_back() {
    let file = include_bytes!("fixtures/shopify_orders.csv");
    let read = omni_ingest::read(&formats::shopify_orders(), &file[..]).unwrap();
    let orders: Vec<OrderRow<'_>> =
        read.orders.iter().map(|order| OrderRow::of(order, "shopify").unwrap()).collect();
    check(&orders);
    let lines: Vec<OrderLineRow<'_>> =
        read.orders.iter().flat_map(OrderLineRow::of).collect::<Result<_, _>>().unwrap();
    check(&lines);
    for (order, row) in read.orders.iter().zip(&orders) {
        let of_order = lines.iter().filter(|line| line.order == row.order);
        let gross: i64 = of_order.map(|line| line.net_minor + line.tax_minor).sum();
        let canceled = order.total().unwrap().is_zero();
        assert!(canceled || gross + row.shipping_minor == row.total_minor);
    }
    let rejects: Vec<RejectRow<'_>> =
        read.rejects.iter().chain(&read.set_aside).map(RejectRow::of).collect();
    check(&rejects);

    let file = include_bytes!("fixtures/square_items.csv");
    let read = omni_ingest::read(&formats::square_items(), &file[..]).unwrap();
    let returns: Vec<ReturnRow<'_>> =
        read.returns.iter().map(|returned| ReturnRow::of(returned, "square")).collect();
    check(&returns);
}

#[test]
fn people_products_and_events_are_written_and_read_back() {
    let anna = anna();
    check(&IdentityRow::of(&anna).collect::<Vec<_>>());
    let consents: Vec<ConsentRow<'_>> =
        ConsentRow::of(&anna, |id| (id == 0).then_some("shop")).collect();
    assert_eq!((consents[0].channel, consents[1].channel), (None, Some("shop")));
    check(&consents);

    let mut person = Person::new();
    let version = PersonVersion {
        name: "Anna \"Anni\" O'Neil",
        surname: "O'Neil",
        emails: &["anna@example.org"],
        ..PersonVersion::default()
    };
    person.add(&version, &Origin::new("shop", 1));
    let profile = person.profile(&Survivorship::person());
    check(&[PersonRow::of(3, &profile), PersonRow::default()]);

    let mug = Product::new(ProductRecord {
        id: ProductId::new(1),
        title: "Mug\n0.3 l".into(),
        category: vec!["Kitchen".into(), "Mugs".into()],
    })
    .unwrap();
    let blue = Variant::new(VariantRecord {
        id: VariantId::new(2),
        product: mug.id,
        sku: Sku::new("MUG-1").unwrap(),
        attributes: [("color".to_owned(), "blue".to_owned())].into(),
        unit: UnitOfMeasure::Each,
        pack_size: 1,
        weight_grams: None,
        tracked: true,
        backorder: Backorder::Never,
    })
    .unwrap();
    let row = ProductRow { gtin: Some("4006381333931"), ..ProductRow::of(&mug, &blue) };
    assert_eq!((row.category.as_str(), row.attributes.as_str()), ("Kitchen > Mugs", "color=blue"));
    check(&[row]);

    let event = |actor, value| {
        Event::new(EventRecord {
            id: EventId::new(u64::MAX),
            at: at(1_750_000_000) + TimeDelta::milliseconds(5),
            channel: ChannelId::new(0),
            actor,
            kind: EventKind::Rate,
            variant: Some(VariantId::new(2)),
            quantity: None,
            value,
        })
        .unwrap()
    };
    let events = [
        event(Actor::Customer(CustomerId::new(3)), Some(4.5)),
        event(Actor::Session("s,1".into()), Some(1e-300)),
        event(Actor::Session("s\"2".into()), Some(-1e300)),
    ];
    check(&events.iter().map(|event| EventRow::of(event, "app")).collect::<Vec<_>>());
}

#[test]
fn the_schema_is_a_table_too() {
    let schema: Vec<ColumnRow<'_>> = tables().into_iter().flat_map(ColumnRow::of).collect();
    check(&schema);
    let order: Vec<&str> =
        schema.iter().filter(|row| row.table == "orders").map(|row| row.column).collect();
    // The layout of version 1: whoever changes it counts the version up.
    assert_eq!(
        order.join(","),
        "order,number,channel,person,placed_at,currency,state,total_minor,returned_minor,\
         shipping_minor,also_in"
    );
    assert!(schema.iter().all(|row| row.version == 1));
}

#[test]
fn what_cannot_be_written_leaves_no_half_row() {
    let mut writer = CsvWriter::new(Vec::new(), OrderRow::TABLE, b',').unwrap();
    let mut json = NdjsonWriter::new(Vec::new(), OrderRow::TABLE);
    let far = OrderRow { placed_at: DateTime::<Utc>::MAX_UTC, ..OrderRow::default() };
    assert!(matches!(writer.write(&far), Err(Error::Param(_))));
    assert!(matches!(json.write(&far), Err(Error::Param(_))));
    json.write(&OrderRow::default()).unwrap();
    assert_eq!(json.finish().unwrap().iter().filter(|byte| **byte == b'\n').count(), 1);
    let header = writer.finish().unwrap();
    assert!(header.ends_with(b"also_in\r\n"));
    let odd = EventRow { value: Some(f64::NAN), ..EventRow::default() };
    check_json(&[odd]);
}

proptest! {
    #[test]
    fn any_text_survives(texts in prop::array::uniform4(any::<String>()), whole in any::<i64>(), count in any::<u64>()) {
        // A NUL is no text for the reader of delimited files.
        let [a, b, c, d] = texts.map(|text| text.replace('\0', "0"));
        let order = OrderRow { order: count, number: &a, channel: &b, also_in: &c, total_minor: whole, ..OrderRow::default() };
        check_json(std::slice::from_ref(&order));
        check_csv(&[order], b';');
        let person = PersonRow { name: Some(&d), email: Some(&a), ..PersonRow::default() };
        check_json(std::slice::from_ref(&person));
        check_csv(&[person], b',');
    }

    #[test]
    fn any_number_reads_back_as_itself(value in any::<f64>(), seconds in -62_000_000_000_i64..250_000_000_000, nanos in 0_u32..1_000_000_000) {
        let at = DateTime::from_timestamp(seconds, nanos).unwrap();
        let row = EventRow { value: Some(value), at, ..EventRow::default() };
        let mut writer = NdjsonWriter::new(Vec::new(), EventRow::TABLE);
        writer.write(&row).unwrap();
        let read: Value = serde_json::from_slice(&writer.finish().unwrap()).unwrap();
        prop_assert_eq!(read["value"].as_f64(), Some(value).filter(|value| value.is_finite()));
        let text = read["at"].as_str().unwrap();
        prop_assert_eq!(DateTime::parse_from_rfc3339(text).unwrap().to_utc(), at);
    }
}

#[cfg(feature = "arrow")]
mod parquet {
    use super::cells;
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type};
    use arrow_array::{Array, RecordBatch};
    use arrow_schema::DataType;
    use chrono::DateTime;
    use omni_ingest::export::parquet::ParquetWriter;
    use omni_ingest::export::{OrderRow, Row};
    use std::fs::File;

    /// A file of one table, and what it holds.
    pub fn write<R: Row>(rows: &[R], name: &str) -> Vec<RecordBatch> {
        let path = format!("{}/{name}-{}.parquet", env!("CARGO_TARGET_TMPDIR"), std::process::id());
        let mut writer = ParquetWriter::new(File::create(&path).unwrap(), R::TABLE).unwrap();
        for row in rows {
            writer.write(row).unwrap();
        }
        drop(writer.finish().unwrap());
        let file = File::open(&path).unwrap();
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        assert_eq!(builder.schema().metadata()["omni.table"], R::TABLE.name);
        assert_eq!(builder.schema().metadata()["omni.version"], R::TABLE.version.to_string());
        let batches = builder.build().unwrap().collect::<Result<_, _>>().unwrap();
        std::fs::remove_file(path).unwrap();
        batches
    }

    fn cell(column: &dyn Array, row: usize) -> Option<String> {
        if column.is_null(row) {
            return None;
        }
        Some(match column.data_type() {
            DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
            DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).to_string(),
            DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
            DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
            DataType::Boolean => column.as_boolean().value(row).to_string(),
            DataType::Timestamp(..) => {
                let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
                let at = DateTime::from_timestamp_micros(micros).unwrap();
                at.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string()
            }
            other => panic!("{other}"),
        })
    }

    pub fn check<R: Row>(rows: &[R], name: &str) {
        let mut expected = rows.iter();
        for batch in write(rows, name) {
            for row in 0..batch.num_rows() {
                let read: Vec<_> = batch.columns().iter().map(|column| cell(column, row)).collect();
                assert_eq!(read, cells(expected.next().unwrap()));
            }
        }
        assert!(expected.next().is_none());
    }

    #[test]
    fn many_rows_are_written_in_groups() {
        let row = |order| OrderRow { order, currency: "EUR", ..OrderRow::default() };
        let rows: Vec<OrderRow<'_>> = (0..100_000).map(row).collect();
        check(&rows, "many");
        check(&rows[..0], "none");
    }
}
