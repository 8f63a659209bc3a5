//! Every integer of the cleaning account of UCI Online Retail.

use flate2::read::GzDecoder;
use omni_ingest::returns::{Match, SaleMatcher};
use omni_ingest::rule::{Rule, STRUCTURE};
use omni_ingest::{Format, Leaves, Outcome, formats};
use omni_testkit::reference;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

const FILE: &str = "data/ingest/online_retail/online-retail.csv.gz";
const ACCOUNT: &str = "reference/ingest/online_retail_cleaning.json";

fn open() -> GzDecoder<File> {
    GzDecoder::new(File::open(reference::path(FILE)).unwrap())
}

/// Units and thousandths of a pound of a line.
fn sums(outcome: &Outcome<'_>) -> (i64, i64) {
    let line = outcome.line().expect("every row of the file can be typed");
    (line.quantity, line.total().unwrap().rescale(3).unwrap())
}

/// Rows, units, thousandths of a pound and invoices of a group.
#[derive(Default)]
struct Group {
    rows: u64,
    quantity: i64,
    revenue: i64,
    invoices: BTreeSet<String>,
}

impl Group {
    fn add(&mut self, outcome: &Outcome<'_>) {
        let (quantity, value) = sums(outcome);
        self.rows += 1;
        self.quantity += quantity;
        self.revenue += value;
        self.invoices.insert(outcome.line().unwrap().order.to_string());
    }

    fn json(&self) -> Value {
        json!({"rows": self.rows, "quantity": self.quantity,
               "revenue_thousandths": self.revenue, "invoices": self.invoices.len()})
    }
}

/// What the reference counts of accepted rows.
#[derive(Default)]
struct Accepted {
    all: Group,
    customers: BTreeSet<String>,
    codes: BTreeSet<String>,
    without_customer: u64,
    by_country: BTreeMap<String, Group>,
    by_month: BTreeMap<String, Group>,
}

impl Accepted {
    fn add(&mut self, outcome: &Outcome<'_>) {
        let line = outcome.line().unwrap();
        self.all.add(outcome);
        match &line.customer {
            Some(customer) => {
                self.customers.insert(customer.to_string());
            }
            None => self.without_customer += 1,
        }
        self.codes.insert(line.sku.to_string());
        let local = line.placed_at.with_timezone(&chrono_tz::Europe::London);
        self.by_country.entry(line.country.to_string()).or_default().add(outcome);
        self.by_month.entry(local.format("%Y-%m").to_string()).or_default().add(outcome);
    }

    fn json(&self) -> Value {
        let groups = |groups: &BTreeMap<String, Group>| -> Value {
            groups.iter().map(|(key, group)| (key.clone(), group.json())).collect()
        };
        json!({
            "rows": self.all.rows, "quantity": self.all.quantity,
            "revenue_thousandths": self.all.revenue, "invoices": self.all.invoices.len(),
            "customers": self.customers.len(), "stock_codes_upper": self.codes.len(),
            "rows_without_customer": self.without_customer,
            "by_country": groups(&self.by_country), "by_month": groups(&self.by_month),
        })
    }
}

#[test]
#[ignore = "needs OMNI_SHARED"]
#[expect(clippy::too_many_lines, reason = "one walk over the file, one figure after the other")]
fn every_integer_of_the_online_retail_account() {
    let expected = reference::json(ACCOUNT);
    let mut reader = formats::uci_online_retail().reader(open()).unwrap();
    let mut first: BTreeMap<String, (u64, i64, i64)> = BTreeMap::new();
    let (mut all, mut known) = (Accepted::default(), Accepted::default());
    let (mut quantity, mut value) = (0, 0);
    let (mut matched, mut matched_value, mut unmatched, mut anonymous) = (0, 0, 0, 0);
    let mut matcher = SaleMatcher::new();
    let mut dirt: BTreeMap<&str, u64> = BTreeMap::new();
    let mut non_products: BTreeMap<String, u64> = BTreeMap::new();
    let mut invoices: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut countries: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut spellings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut titles: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut returned = 0;
    let (mut min_date, mut max_date) = (String::from("9"), String::new());

    while let Some(outcome) = reader.next_outcome().unwrap() {
        let (units, thousandths) = sums(&outcome);
        quantity += units;
        value += thousandths;
        let line = outcome.line().unwrap();
        let fields: Vec<&str> = outcome.record().iter().collect();
        let is_canceled = outcome.breaks("cancellation");
        if let Some(reason) = outcome.reason() {
            let sums = first.entry(reason.to_string()).or_default();
            *sums = (sums.0 + 1, sums.1 + units, sums.2 + thousandths);
        } else {
            all.add(&outcome);
            if line.customer.is_some() {
                known.add(&outcome);
            }
            let title = line.title.split_whitespace().collect::<Vec<_>>().join(" ");
            titles.entry(line.sku.to_string()).or_default().insert(title);
        }
        returned += u64::from(outcome.leaves() == Leaves::Return);
        if outcome.reason() != Some("duplicate_row") {
            if is_canceled {
                match matcher.take_back(line) {
                    Match::Sale(_) => {
                        matched += 1;
                        matched_value += thousandths.abs();
                    }
                    Match::NoSale => unmatched += 1,
                    Match::NoCustomer => anonymous += 1,
                }
            } else {
                matcher.sell(outcome.record().number(), line);
            }
        }
        if outcome.breaks("non_product_code") {
            let gift = line.sku.starts_with("GIFT_");
            *non_products
                .entry(if gift { "GIFT_*".into() } else { line.sku.to_string() })
                .or_default() += 1;
        }
        invoices.entry(line.order.to_string()).or_default().insert(fields[4].to_string());
        spellings.entry(line.sku.to_string()).or_default().insert(fields[1].to_string());
        if let Some(customer) = &line.customer {
            countries.entry(customer.to_string()).or_default().insert(line.country.to_string());
        }
        let price = thousandths.checked_div(units).unwrap();
        let standard = |code: &str| {
            let (digits, letters) = code.split_at_checked(5).unwrap_or((code, "!"));
            digits.bytes().all(|b| b.is_ascii_digit())
                && letters.len() <= 2
                && letters.bytes().all(|b| b.is_ascii_uppercase())
        };
        for (name, holds) in [
            ("description_double_space", fields[2].contains("  ")),
            ("description_with_quote_or_comma", fields[2].contains(['"', ','])),
            ("non_ascii_rows", !fields.concat().is_ascii()),
            ("quantity_negative", units < 0),
            ("quantity_zero", units == 0),
            ("negative_quantity_not_cancelled", units < 0 && !is_canceled),
            ("price_zero", price == 0),
            ("price_negative", price < 0),
            ("price_zero_with_customer", price == 0 && line.customer.is_some()),
            ("price_three_decimals", price % 10 != 0),
            ("rows_not_standard_product_code", !standard(&line.sku)),
        ] {
            *dirt.entry(name).or_default() += u64::from(holds);
        }
        min_date = min_date.min(fields[4].to_string());
        max_date = max_date.max(fields[4].to_string());
    }

    let account = reader.account();
    assert!(account.is_balanced());
    println!("{account}");
    let own = reader.rules().rules().iter().skip(STRUCTURE.len());
    let order: Vec<&str> = own.take(6).map(Rule::name).collect();
    assert_eq!(json!(order), expected["rules_in_order"]);
    assert_eq!(json!(account.records), expected["rows_in"]);
    assert_eq!(json!(account.accepted + account.repaired), expected["accepted_all"]["rows"]);
    assert_eq!(account.duplicates, first["duplicate_row"].0);
    assert_eq!(account.rejected["cancellation"], returned);

    let rejected: Value = first
        .iter()
        .map(|(rule, (rows, quantity, value))| {
            assert_eq!(account.rules[rule].first, *rows);
            let sums = json!({"rows": rows, "quantity": quantity, "value_thousandths": value});
            (rule.clone(), sums)
        })
        .collect();
    assert_eq!(rejected, expected["rejected_first_rule"]);
    for (rule, count) in expected["rejected_each_rule"].as_object().unwrap() {
        assert_eq!(json!(account.rules[rule].each), *count, "{rule}");
    }
    let mut combinations = json!(account.combinations);
    combinations["accepted"] = json!(account.accepted + account.repaired);
    assert_eq!(combinations, expected["rule_combinations"]);
    assert_eq!(json!({"quantity": quantity, "value_thousandths": value}), expected["raw_totals"]);
    assert_eq!(all.json(), expected["accepted_all"]);
    assert_eq!(known.json(), expected["accepted_with_customer"]);
    assert_eq!(json!(non_products), expected["non_product_row_counts"]);
    let matching = &expected["cancellation_matching"];
    assert_eq!(json!(matched), matching["matched"]);
    assert_eq!(json!(matched_value), matching["matched_value_thousandths"]);
    assert_eq!(json!(unmatched), matching["unmatched"]);
    assert_eq!(json!(anonymous), matching["without_customer"]);
    assert_eq!(
        (json!(min_date), json!(max_date)),
        (expected["min_date"].clone(), expected["max_date"].clone())
    );

    let each = |rule: &str| account.rules[rule].each;
    let several = |sets: &BTreeMap<String, BTreeSet<String>>| {
        sets.values().filter(|set| set.len() > 1).count() as u64
    };
    let starting =
        |letter: char| invoices.keys().filter(|number| number.starts_with(letter)).count() as u64;
    for (name, count) in [
        ("missing_customer", each("missing_customer")),
        ("missing_description", each("missing_description")),
        ("description_untrimmed", each("description_untrimmed")),
        ("customer_id_written_as_float", each("customer_id_written_as_float")),
        ("country_unspecified", each("unspecific_country")),
        ("cancelled_rows", each("cancellation")),
        ("cancelled_invoices", starting('C')),
        ("adjustment_invoices", starting('A')),
        ("duplicate_rows", each("duplicate_row")),
        ("stock_codes_raw", spellings.values().map(|set| set.len() as u64).sum()),
        ("stock_codes_upper", spellings.len() as u64),
        ("stock_codes_with_case_variants", several(&spellings)),
        ("invoices", invoices.len() as u64),
        ("invoices_with_two_timestamps", several(&invoices)),
        ("customers", countries.len() as u64),
        ("customers_in_two_countries", several(&countries)),
        ("accepted_codes_with_several_descriptions", several(&titles)),
    ] {
        dirt.insert(name, count);
    }
    assert_eq!(json!(dirt), expected["dirt"]);
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn the_whole_online_retail_file_becomes_orders() {
    let expected = reference::json(ACCOUNT);
    let read = omni_ingest::read(&formats::uci_online_retail(), open()).unwrap();
    assert_eq!(json!(read.orders.len()), expected["accepted_all"]["invoices"]);
    assert_eq!(read.returns.len() as u64, read.account.rejected["cancellation"]);
    assert_eq!(read.rejects.len() as u64, read.account.rejected_total());
    assert_eq!(read.set_aside.len() as u64, read.account.duplicates);
    // Pence against thousandths: only four prices have a third decimal.
    let total: i64 = read.orders.iter().map(|order| order.total().unwrap().minor()).sum();
    let exact = expected["accepted_all"]["revenue_thousandths"].as_i64().unwrap();
    assert!((total * 10 - exact).abs() <= 5 * 4, "{total} pence, {exact} thousandths");
    let back: i64 = read.returns.iter().map(|returned| returned.amount.minor()).sum();
    let canceled = &expected["rejected_first_rule"]["cancellation"]["value_thousandths"];
    assert_eq!(json!(-back * 10), *canceled);
    let customers = read.orders.iter().filter_map(|order| order.customer).collect::<BTreeSet<_>>();
    assert_eq!(json!(customers.len()), expected["accepted_all"]["customers"]);
}

/// Megabytes per second of one core, printed: `--release -- --include-ignored --nocapture`.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn speed_on_the_whole_online_retail_file() {
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut open(), &mut text).unwrap();
    let best = |run: &dyn Fn() -> u64| {
        let time = |_| {
            let start = std::time::Instant::now();
            assert_eq!(run(), 541_909);
            start.elapsed()
        };
        let best = (0..5).map(time).min().unwrap();
        text.len() as f64 / 1e6 / best.as_secs_f64()
    };
    let split = best(&|| {
        let dialect = omni_ingest::record::Dialect::csv();
        let mut records = omni_ingest::record::RecordReader::new(&text[..], dialect).unwrap();
        records.header().unwrap();
        let mut rows = 0;
        while let Some(record) = records.next_record().unwrap() {
            rows += u64::from(record.len() == 8);
        }
        rows
    });
    let stream = best(&|| {
        let mut reader = formats::uci_online_retail().reader(&text[..]).unwrap();
        while let Some(outcome) = reader.next_outcome().unwrap() {
            std::hint::black_box(outcome.line());
        }
        reader.account().records
    });
    let read = best(&|| {
        omni_ingest::read(&formats::uci_online_retail(), &text[..]).unwrap().account.records
    });
    println!("split {split:.0} MB/s, typed and accounted {stream:.0} MB/s, orders {read:.0} MB/s");
}
