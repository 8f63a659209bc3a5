//! What is written as JSON is read back.

use omni_ingest::parse::Decimal;
use omni_ingest::{Account, ChannelSpec, Format, Read, Reject, formats};

#[test]
fn a_whole_reading_survives_json() {
    let file = include_bytes!("fixtures/square_items.csv");
    let read = omni_ingest::read(&formats::square_items(), &file[..]).unwrap();
    let json = serde_json::to_string(&read).unwrap();
    let back: Read = serde_json::from_str(&json).unwrap();
    assert_eq!(back, read);
}

#[test]
fn an_account_names_its_classes() {
    let file = include_bytes!("fixtures/shopify_orders.csv");
    let account = omni_ingest::read(&formats::shopify_orders(), &file[..]).unwrap().account;
    let json = serde_json::to_value(&account).unwrap();
    assert_eq!(json["records"], account.records);
    assert_eq!(json["rules"]["bad_quantity"]["action"], "reject");
    assert_eq!(serde_json::from_value::<Account>(json).unwrap(), account);
}

#[test]
fn decimals_are_checked_text() {
    let price: Decimal = serde_json::from_str("\"2.550\"").unwrap();
    assert_eq!(serde_json::to_string(&price).unwrap(), "\"2.550\"");
    for bad in ["\"1e3\"", "\"\"", "2.55", "\"123456789012345678901\""] {
        assert!(serde_json::from_str::<Decimal>(bad).is_err(), "{bad}");
    }
}

const KIOSK: &str = r###"{
  "channel": "kiosk",
  "name": "Kiosk sales",
  "delimiter": ";",
  "date_layouts": ["%d/%m/%Y %H:%M"],
  "zone": "Europe/Madrid",
  "currency": "EUR",
  "money_style": {"decimal": ",", "group": "."},
  "columns": {
    "order": ["ticket", "receipt"],
    "placed_at": ["when"],
    "sku": ["article"],
    "quantity": ["units"],
    "price": ["price"]
  },
  "optional": {"status": ["state"], "loyalty": ["card"]},
  "statuses": {"paid": "sold", "void": "canceled"},
  "repairs": [{"name": "card_zeros", "field": "loyalty", "mend": {"pad_zeros": 7}}],
  "checks": [
    {"name": "large_order", "severity": "flag", "column": ["units"], "test": {"range": {"max": "99"}}},
    {"name": "odd_ticket", "severity": "reject", "column": ["ticket", "receipt"], "test": {"matches": "##-*"}},
    {"name": "used_ticket", "severity": "reject", "column": ["ticket", "receipt"], "test": "unique"}
  ]
}"###;

#[test]
fn a_channel_is_read_from_json_checked_and_used() {
    let spec: ChannelSpec = serde_json::from_str(KIOSK).unwrap();
    let file = "receipt;when;article;units;price;state;card\n\
        01-a;01/06/2025 10:00;MUG;2;1.250,00;paid;20836\n\
        01-b;01/06/2025 10:00;MUG;100;9,50;void;\n\
        01-b;01/06/2025 11:00;MUG;1;9,50;paid;\n\
        x;01/06/2025 10:00;MUG;1;9,50;paid;\n";
    let read = omni_ingest::read(&spec, file.as_bytes()).unwrap();
    assert_eq!(read.orders[0].total().unwrap().to_string(), "2500.00 EUR");
    assert_eq!(read.orders[0].placed_at.to_rfc3339(), "2025-06-01T08:00:00+00:00");
    assert_eq!(read.keys.customers.keys(), ["0020836"]);
    let repair = &read.repairs[0];
    assert_eq!((repair.before.as_str(), repair.after.as_str()), ("20836", "0020836"));
    let reasons: Vec<&str> = read.rejects.iter().map(Reject::reason).collect();
    assert_eq!(reasons, ["used_ticket", "odd_ticket"]);
    assert_eq!(read.account.rules["large_order"].each, 1);

    let json = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<ChannelSpec>(&json).unwrap(), spec);
    for built_in in
        [formats::amazon_orders(), formats::woocommerce_orders(), formats::phone_orders()]
    {
        let json = serde_json::to_string(&built_in).unwrap();
        assert_eq!(serde_json::from_str::<ChannelSpec>(&json).unwrap(), built_in);
    }
}

#[test]
fn a_wrong_channel_is_refused_with_all_that_is_wrong() {
    let wrong = KIOSK.replace("Europe/Madrid", "Moon").replace("##-*", "").replace("%d/%m", "%q");
    let error = serde_json::from_str::<ChannelSpec>(&wrong).unwrap_err().to_string();
    for path in ["date_layouts[0]", "zone", "checks[1].test"] {
        assert!(error.contains(path), "{error}");
    }
    let unknown = KIOSK.replace("\"zone\"", "\"timezone\"");
    let error = serde_json::from_str::<ChannelSpec>(&unknown).unwrap_err().to_string();
    assert!(error.contains("timezone"), "{error}");
}

#[test]
fn violations_of_a_record_are_written_as_they_are() {
    let file = "call_ref,taken_at,loyalty_no,items,total\nC1,31/02/2025 10:00,7,1x A @ 1,free\n";
    let mut reader = formats::phone_orders().reader(file.as_bytes()).unwrap();
    let outcome = reader.next_outcome().unwrap().unwrap();
    let json = serde_json::to_value(outcome.violations()).unwrap();
    assert_eq!(
        json,
        serde_json::json!([
            {"rule": "bad_date", "action": "reject", "column": "taken_at", "before": "31/02/2025 10:00", "after": ""},
            {"rule": "bad_price", "action": "reject", "column": "total", "before": "free", "after": ""},
            {"rule": "loyalty_zeros", "action": "repair", "column": "loyalty_no", "before": "7", "after": "0000007"},
        ])
    );
}
