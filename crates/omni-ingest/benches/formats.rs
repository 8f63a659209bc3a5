//! Time of reading each format: typed, with all its rules and its account.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "not library code"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use omni_ingest::parse::MoneyStyle;
use omni_ingest::{Format, Reader, formats};
use std::fmt::Write;
use std::hint::black_box;

/// A header and a row, in which `{n}` is the number of the order, eight digits, and `{d}`
/// a day of the month, two digits.
struct Export {
    name: &'static str,
    format: Box<dyn Format>,
    header: &'static str,
    row: &'static str,
}

fn exports() -> Vec<Export> {
    let woo = formats::woocommerce_orders()
        .with_delimiter(b';')
        .with_money_style(MoneyStyle::COMMA)
        .with_zone(chrono_tz::Europe::Madrid);
    vec![
        Export {
            name: "shopify_orders",
            format: Box::new(formats::shopify_orders()),
            header: "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,\
                Lineitem price,Lineitem sku,Billing Name,Billing Address1,Billing City,Billing Zip,\
                Billing Country,Billing Phone,Notes,Source",
            row: "#{n},lena{n}@example.com,paid,GBP,2025-07-{d} 11:58:45 +0100,1,Jacket - Coral / 2,\
                90.35,JKT-COR-2,Lena Lorimer,199 Church Walk,Ashcombe,AC9 4GQ,GB,07700900284,,web",
        },
        Export {
            name: "square_items",
            format: Box::new(formats::square_items()),
            header: "Date,Time,Time Zone,Category,Item,Qty,SKU,Gross Sales,Discounts,Net Sales,\
                Transaction ID,Notes,Event Type,Customer ID,Customer Name,Customer Reference ID",
            row: "06/{d}/25,08:48:08,Eastern Time (US & Canada),Retail,\"LAMP, DESK COR\",2.0,1110,\
                \"$2,501.40\",$0.00,\"$2,501.40\",T{n},,Payment,SQ{n},Petra Porter,{n}",
        },
        Export {
            name: "amazon_orders",
            format: Box::new(formats::amazon_orders()),
            header: "order-id\torder-item-id\tpurchase-date\tbuyer-email\tbuyer-name\tbuyer-phone-number\tsku\t\
                product-name\tquantity-purchased\tcurrency\titem-price\tship-address-1\tship-city\t\
                ship-postal-code\tship-country",
            row: "026-{n}-0126373\t07241469119267\t2025-04-{d}T16:56:13+00:00\t{n}@marketplace.example\t\
                Ada Weaver\t07700 900278\tLMP-BLA-L-FBA\tLamp, Desk, 12\" Black\t2\tGBP\t2501.40\t\
                123 Elm Grove\tWestford\tWF12 2DU\tGB",
        },
        Export {
            name: "tiktok_orders",
            format: Box::new(formats::tiktok_orders()),
            header: "Order ID,Order Status,SKU ID,Seller SKU,Product Name,Quantity,SKU Unit Original Price,\
                Order Amount,Created Time,Recipient,Phone #,Zipcode,Country,City,Buyer Username",
            row: "57700074{n}\t,Completed,1729000000062,062_MUG-COR-1,Mug 350 ml - Coral / 1,2,GBP 9.19,\
                £224.28,{d}/03/2025 01:25:36\t,I*** M***,(+44)77******59,WF3 ***,United Kingdom,Westford,u{n}",
        },
        Export {
            name: "woocommerce_orders",
            format: Box::new(woo),
            header: "order_id;order_number;order_date;status;shipping_total;order_total;order_currency;\
                customer_id;billing_first_name;billing_last_name;billing_email;billing_phone;\
                billing_address_1;billing_postcode;billing_city;billing_country;customer_note;line_items",
            row: "{n};{n};2025-05-{d} 18:03:39;completed;0,00;595,08;EUR;53339;Zoe;Glover;zoe{n}@mail.example;\
                00447700900389;114 Church Walk;NB18 2AS;Northbury;GB;;\"name:Mug 350 ml - Plum / M|sku:mugplum|\
                quantity:12|total:109,08;name:Hoodie - Black / 1|sku:hodbla1|quantity:12|total:486,00\"",
        },
        Export {
            name: "phone_orders",
            format: Box::new(formats::phone_orders()),
            header: "call_ref,taken_at,agent,customer_name,phone,email,loyalty_no,address,items,total,notes",
            row: "CALL-{n},{d}/07/2025 21:18,B2,L. Usher,,lusher{n}@example.com,20836,\"29 Mill Road, Southwick\",\
                2x CND-WHI-2 @ 6.60; 1x HOD-TEA-S @ 39.90,£53.10,",
        },
    ]
}

/// A file of so many rows.
fn file(export: &Export, rows: usize) -> String {
    let mut text = format!("{}\n", export.header);
    for row in 0..rows {
        let number = format!("{:08}", row * 37 % 99_999_989);
        let day = format!("{:02}", 1 + row * 28 / rows);
        writeln!(text, "{}", export.row.replace("{n}", &number).replace("{d}", &day)).unwrap();
    }
    text
}

fn reading(c: &mut Criterion) {
    for export in exports() {
        let mut group = c.benchmark_group(export.name);
        group.sample_size(10);
        for rows in [100, 10_000, 100_000] {
            let text = file(&export, rows);
            let mut check = Reader::open(&*export.format, text.as_bytes()).unwrap();
            while check.next_outcome().unwrap().is_some() {}
            assert_eq!(check.account().rejected_total(), 0, "{}", check.account());
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_with_input(BenchmarkId::new("stream", rows), &text, |b, text| {
                b.iter(|| {
                    let mut reader = Reader::open(&*export.format, text.as_bytes()).unwrap();
                    while let Some(outcome) = reader.next_outcome().unwrap() {
                        black_box(outcome.lines());
                    }
                    reader.account()
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, reading);
criterion_main!(benches);
