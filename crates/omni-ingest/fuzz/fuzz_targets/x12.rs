//! Any bytes as X12: no panic, every byte read, every document tried.
#![no_main]

use libfuzzer_sys::fuzz_target;
use omni_core::Currency;
use omni_ingest::edi::x12::{Limits, X12Reader};
use omni_ingest::edi::{
    Acknowledgment, Fulfillment, ItemCodes, PurchaseLine, PurchaseOrder, ShipNotice,
};

fn order() -> Option<PurchaseOrder> {
    let date = "2025-03-28".parse().ok()?;
    let mut order = PurchaseOrder::new("PO1", date, Currency::GBP);
    let codes = ItemCodes { gtin: Some("4006381333931".into()), ..ItemCodes::default() };
    order.lines.push(PurchaseLine::new(1, 3, "6.80 GBP".parse().ok()?, codes));
    Some(order)
}

fuzz_target!(|data: &[u8]| {
    let mut limits = Limits::default();
    (limits.segment, limits.transaction) = (256, 1024);
    let Ok(mut reader) = X12Reader::with_limits(data, limits) else { return };
    let Some(order) = order() else { return };
    let mut count = 0;
    while let Some(transaction) = reader.next_transaction().expect("a slice gives no error") {
        count += 1;
        assert_eq!(transaction.number(), count);
        assert!(transaction.as_str().len() <= 3 * 1024);
        let text: usize = transaction.segments().map(|segment| segment.as_str().len() + 1).sum();
        assert_eq!(text, transaction.as_str().len());
        for segment in transaction.segments() {
            let elements = segment.elements().count();
            assert!(
                (1..=elements).filter_map(|at| segment.element(at)).all(|text| !text.is_empty())
            );
            let _ = (
                segment.pairs(1).count(),
                segment.components(1).count(),
                segment.repetitions(1).count(),
            );
        }
        if let Ok(read) = Acknowledgment::read(&transaction, Currency::GBP) {
            let _ = read.differences(&order);
        }
        if let Ok(notice) = ShipNotice::read(&transaction) {
            for item in &notice.items {
                assert!(notice.around(item).count() <= notice.packages.len());
            }
            let _ = Fulfillment::of(&order, &[notice]);
        }
    }
    assert_eq!(reader.bytes(), data.len() as u64);
    assert!(reader.findings().len() <= 1_000);
});
