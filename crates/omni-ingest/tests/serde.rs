//! What is written as JSON is read back.

use omni_ingest::parse::Decimal;
use omni_ingest::{Account, Read, formats};

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
