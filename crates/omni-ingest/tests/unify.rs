//! All channels as one: copies counted once, whatever the order of files and lines.

use omni_ingest::unify::{Unified, Unifier};
use omni_ingest::{Format, formats};
use proptest::prelude::*;

const SHOP: &str = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Source,Notes";
const TILL: &str = "Date,Time,Time Zone,Item,Qty,SKU,Gross Sales,Transaction ID,Event Type,Notes";
const SHOP_ROWS: [&str; 8] = [
    "#1037,ada@example.com,paid,GBP,2025-06-08 11:58:45 +0100,1,Mug,10.00,MUG,web,",
    "#1037,,,,,2,Tee,5.00,TEE,,",
    "#1037,,,,,1,Cap,free,CAP,,",
    "#1038,bea@example.com,voided,EUR,2025-06-08 12:58:45 +0100,1,Mug,10.00,MUG,web,",
    "#1039,,paid,GBP,2025-06-08 12:58:45 +0100,1,Mug,10.00,MUG,amazon,Amazon Order ID: 020-1",
    "#1039,,,,,3,Cap,1.00,CAP,,",
    "#1040,,paid,GBP,31/04/2025,1,Mug,10.00,MUG,amazon,Amazon Order ID: 020-2",
    "#1041,,,,,1,Mug,10.00,MUG,,",
];
const TILL_ROWS: [&str; 5] = [
    "06/09/25,12:00:00,London,Mug,1,MUG,$12.00,T1,Payment,Shopify order #1037",
    "06/09/25,12:00:00,London,Tee,2,TEE,$12.00,T1,Payment,Shopify order #1037",
    "06/09/25,12:05:00,London,Tee,1,TEE,$9.00,T2,Payment,",
    "06/09/25,12:06:00,London,Tee,1,TEE,$9.00,T3,Payment,Shopify order #9999",
    "06/12/25,12:00:00,London,Tee,-1,TEE,($9.00),T2R,Refund,Refund of T2",
];

fn file(header: &str, rows: &[&str]) -> String {
    [header].iter().chain(rows).flat_map(|row| [*row, "\n"]).collect()
}

fn unify(files: &[(&str, &dyn Format, String)]) -> Unified {
    let mut unifier = Unifier::new();
    for (name, format, text) in files {
        unifier.read(name, *format, text.as_bytes()).unwrap();
    }
    unifier.finish().unwrap()
}

fn orders(unified: &Unified) -> Vec<String> {
    let shown = unified.orders.iter().map(|order| {
        let also: Vec<_> = order.also_in.iter().map(ToString::to_string).collect();
        let net = order.net().unwrap();
        format!("{} {} {net} {}", order.channel, order.order.number, also.join("|"))
    });
    shown.collect()
}

#[test]
fn a_copy_counts_once_and_a_copy_without_its_original_is_a_sale() {
    let shop = formats::shopify_orders();
    let till = formats::square_items();
    let unified = unify(&[
        ("till.csv", &till, file(TILL, &TILL_ROWS)),
        ("shop.csv", &shop, file(SHOP, &SHOP_ROWS)),
    ]);
    assert_eq!(
        orders(&unified),
        [
            "shopify #1037 20.00 GBP square:T1",
            "shopify #1038 0.00 EUR ",
            "shopify #1039 13.00 GBP ", // no marketplace was read
            "square T2 0.00 USD ",
            "square T3 9.00 USD ", // the shop knows no #9999
        ]
    );
    let account = unified.account();
    assert!(account.is_balanced());
    let counts = (account.records, account.copies, account.refunds, account.rejected_total());
    assert_eq!(counts, (13, 2, 1, 3));
    // A claim that fails keeps what else is wrong with its row.
    let reasons: Vec<_> = unified.fates.iter().map(|fate| fate.reason.as_deref()).collect();
    let bad = [Some("bad_price"), Some("bad_date"), Some("line_without_order")];
    for reason in bad {
        assert!(reasons.contains(&reason), "{reasons:?}");
    }
    assert_eq!(unified.rejects.len(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_files_and_lines_does_not_matter_and_twice_is_once(
        shop_rows in Just(SHOP_ROWS.to_vec()).prop_shuffle(),
        till_rows in Just(TILL_ROWS.to_vec()).prop_shuffle(),
        shop_first: bool,
        twice: bool,
    ) {
        let (shop, till) = (formats::shopify_orders(), formats::square_items());
        let plain = unify(&[
            ("till.csv", &till, file(TILL, &TILL_ROWS)),
            ("shop.csv", &shop, file(SHOP, &SHOP_ROWS)),
        ]);
        let mut files: Vec<(&str, &dyn Format, String)> = vec![
            ("shop.csv", &shop, file(SHOP, &shop_rows)),
            ("till.csv", &till, file(TILL, &till_rows)),
        ];
        if !shop_first {
            files.reverse();
        }
        if twice {
            files.extend(files.clone());
        }
        let mixed = unify(&files);
        prop_assert_eq!(&mixed.orders, &plain.orders);
        prop_assert_eq!(&mixed.keys, &plain.keys);
        let (once, again) = (plain.account(), mixed.account());
        prop_assert!(again.is_balanced());
        prop_assert_eq!(again.accepted + again.repaired, once.accepted + once.repaired);
        if twice {
            prop_assert_eq!(again.duplicates, once.duplicates + once.records);
        }
    }
}
