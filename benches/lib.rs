//! Invented exports of any size for the benches of whole pipelines.

use omnichannel::rng;
use std::fmt::Write as _;

/// An export in the layout of UCI Online Retail with `rows` lines: a year of invoices of
/// five lines, popular articles and regular customers, some of them without an id.
#[must_use]
pub fn online_retail(rows: usize, seed: u64) -> String {
    let mut random = rng::stream(seed, 0);
    let mut csv = String::from(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n",
    );
    let invoices = rows.div_ceil(5).max(1);
    for row in 0..rows {
        let invoice = row / 5;
        let minute = invoice * 365 * 24 * 60 / invoices;
        let (day, hour) = (minute / 1440, minute / 60 % 24);
        let (month, of_month) = (day * 12 / 365, day % 28);
        // Squares of uniform numbers: a few articles and customers make most of the rows.
        let skewed = |uniform: f64, most: f64| (uniform * uniform * most).floor();
        let article = skewed(rng::uniform(&mut random), 3_000.0);
        let customer =
            12_000.0 + skewed(rng::uniform(&mut rng::stream(seed, 1 + invoice as u64)), 4_000.0);
        let quantity = 1 + rng::below(&mut random, 12);
        let price = 50 + rng::below(&mut random, 2_000);
        let _ = writeln!(
            csv,
            "{},{},ARTICLE {article},{quantity},2010-{:02}-{:02} {hour:02}:{:02}:00,{}.{:02},{customer},United Kingdom",
            536_365 + invoice,
            10_000.0 + article,
            month + 1,
            of_month + 1,
            minute % 60,
            price / 100,
            price % 100,
        );
    }
    csv
}
