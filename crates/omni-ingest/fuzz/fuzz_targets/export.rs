//! Any texts as cells: what is written is read back, by this crate's reader and as JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_ingest::export::{CsvWriter, NdjsonWriter, OrderRow, Row};
use omni_ingest::record::{Dialect, RecordReader};

fuzz_target!(|data: &[u8]| {
    let [delimiter, texts @ ..] = data else { return };
    let Ok(texts) = std::str::from_utf8(texts) else { return };
    let mut texts = texts.split('\0');
    let mut next = || texts.next().unwrap_or_default();
    let row = OrderRow { number: next(), channel: next(), also_in: next(), ..OrderRow::default() };
    let mut json = NdjsonWriter::new(Vec::new(), OrderRow::TABLE);
    json.write(&row).expect("the row is of the table");
    let text = String::from_utf8(json.finish().expect("memory takes all")).expect("text");
    assert_eq!(text.lines().count(), 1);
    let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (read["number"].as_str(), read["also_in"].as_str()),
        (Some(row.number), Some(row.also_in))
    );

    let Ok(mut csv) = CsvWriter::new(Vec::new(), OrderRow::TABLE, *delimiter) else { return };
    csv.write(&row).expect("the row is of the table");
    let text = csv.finish().expect("memory takes all");
    let Ok(mut reader) = RecordReader::new(&text[..], Dialect::csv().with_delimiter(*delimiter))
    else {
        return;
    };
    let header = reader.header().expect("a header");
    assert_eq!(header.len(), OrderRow::TABLE.columns.len());
    let record = reader.next_record().expect("a slice gives no error").expect("one record");
    assert_eq!(record.defect(), None);
    assert_eq!((record.get(1), record.get(2)), (Some(row.number), Some(row.channel)));
    assert_eq!(record.get(10), Some(row.also_in));
});
