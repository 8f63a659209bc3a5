//! Every channel: one outcome a record, a balanced account.

use omni_ingest::detect::detect;
use omni_ingest::rule::{Action, Class};
use omni_ingest::{Catalog, Entry, Format, Keys, Leaves, Reader, formats};
use std::collections::BTreeMap;

/// Reads bytes by every way there is: no panic, one outcome a record, a balanced account.
pub fn quietly(format: &dyn Format, bytes: &[u8]) {
    let open = || Reader::open(format, bytes);
    let read = match open().and_then(|reader| reader.into_read(Keys::new())) {
        Ok(read) => read,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let account = &read.account;
    assert!(account.is_balanced(), "{account}");
    assert_eq!(account.bytes, bytes.len() as u64);
    assert_eq!(read.rejects.len() as u64, account.rejected_total());
    assert_eq!(read.set_aside.len() as u64, account.duplicates + account.copies);
    assert!(read.rejects.iter().all(|reject| !reject.reason().is_empty()));
    let mut reader = open().expect("it was opened before");
    let (mut sales, mut lines, mut returned, mut counts) = (0, 0, 0, BTreeMap::new());
    while let Some(outcome) = reader.next_outcome().expect("a slice gives no error") {
        let leaves = outcome.leaves();
        // What somebody did without buying is kept, and no line leaves.
        let kept = outcome.reason().is_none();
        let sold = kept && !outcome.lines().is_empty();
        assert_eq!(leaves == Leaves::Sale, sold, "{outcome:?}");
        assert_eq!(outcome.class() == Class::Repaired, kept && outcome.repairs().next().is_some());
        sales += u64::from(kept);
        // Every broken rule has its text, in the fixed order, and every repair changes it.
        let violations = outcome.violations();
        let mut rules: Vec<_> = violations.iter().map(|violation| violation.rule).collect();
        rules.dedup();
        assert_eq!(rules, outcome.rules().collect::<Vec<_>>());
        for rule in rules {
            *counts.entry(rule.to_string()).or_insert(0) += 1;
        }
        let mended = violations.iter().filter(|violation| violation.action == Action::Repair);
        for repair in mended {
            assert_ne!(repair.before, repair.after, "{outcome:?}");
        }
        let reason = outcome.reason().map(str::to_string);
        let decided = violations.iter().find(|violation| violation.action.decides());
        assert_eq!(decided.map(|violation| violation.rule), reason.as_deref());
        let count = outcome.into_lines().count();
        match leaves {
            Leaves::Sale => lines += count,
            Leaves::Return => returned += count,
            Leaves::Nothing => assert_eq!(count, 0),
        }
    }
    assert_eq!(sales, account.accepted + account.repaired);
    assert_eq!(read.orders.iter().map(|order| order.lines.len()).sum::<usize>(), lines);
    assert_eq!(read.returns.len(), returned);
    let each = account.rules.iter().map(|(rule, count)| (rule.clone(), count.each));
    assert_eq!(each.collect::<BTreeMap<_, _>>(), counts);
    let entries: Vec<Entry> =
        open().expect("as before").map(|entry| entry.expect("an entry")).collect();
    assert_eq!(entries.len() as u64, account.records);
    assert_eq!(&reader.account(), account);
}

/// Bytes as whatever they seem to be.
pub fn detected(data: &[u8]) {
    let guess = detect(data);
    assert_eq!(guess, detect(data));
    if let Some(format) = guess.format(None) {
        quietly(format.as_ref(), data);
    }
}

/// The formats, each with a file of it.
const FILES: [&[u8]; 7] = [
    include_bytes!("../fixtures/shopify_orders.csv"),
    include_bytes!("../fixtures/square_items.csv"),
    include_bytes!("../fixtures/woocommerce_orders.csv"),
    include_bytes!("../fixtures/amazon_orders.txt"),
    include_bytes!("../fixtures/tiktok_orders.csv"),
    include_bytes!("../fixtures/phone_orders.csv"),
    b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
      536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
      C536379,85123A,HEART,-1,2010-12-01 09:41:00,27.50,14527,United Kingdom\n",
];

fn format(choice: u8, catalog: &Catalog) -> (Box<dyn Format>, &'static [u8], char) {
    match choice % 10 {
        0 => (Box::new(formats::shopify_orders().with_catalog(catalog)), FILES[0], ','),
        1 => (Box::new(formats::square_items().with_catalog(catalog)), FILES[1], ','),
        2 => (Box::new(formats::woocommerce_orders().with_catalog(catalog)), FILES[2], ';'),
        3 => (Box::new(formats::amazon_orders().with_catalog(catalog)), FILES[3], '\t'),
        4 => (Box::new(formats::tiktok_orders().with_catalog(catalog)), FILES[4], ','),
        5 => (Box::new(formats::phone_orders()), FILES[5], ','),
        6 => (Box::new(formats::uci_online_retail()), FILES[6], ','),
        7 => (Box::new(formats::segment_events().with_catalog(catalog)), b"", ','),
        8 => (Box::new(formats::ga4_events().with_catalog(catalog)), b"", ','),
        _ => (Box::new(formats::edi_850().with_catalog(catalog)), b"", ','),
    }
}

/// Any bytes as a file of a channel, as rows below its header, or in the place of fields of
/// its own rows.
pub fn channels(data: &[u8]) {
    let [choice, way, data @ ..] = data else { return };
    let catalog = Catalog::read(&include_bytes!("../fixtures/products.csv")[..]).unwrap();
    let (format, file, delimiter) = format(*choice, &catalog);
    let end = file.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    match way % 3 {
        0 => quietly(format.as_ref(), data),
        1 => quietly(format.as_ref(), &[&file[..end], data].concat()),
        _ => {
            // Line, column and a text that ends with NUL, again and again.
            let mut lines: Vec<Vec<u8>> = file.split(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
            lines.truncate(8);
            for edit in data.split(|&byte| byte == 0) {
                let [line, column, text @ ..] = edit else { continue };
                let line = usize::from(*line) % lines.len();
                let line = &mut lines[line];
                let mut fields: Vec<Vec<u8>> =
                    line.split(|&b| char::from(b) == delimiter).map(<[u8]>::to_vec).collect();
                let column = usize::from(*column) % fields.len();
                fields[column] = text.to_vec();
                let mark = [u8::try_from(delimiter).unwrap()];
                *line = fields.join(&mark[..]);
            }
            quietly(format.as_ref(), &lines.join(&b'\n'));
        }
    }
}
