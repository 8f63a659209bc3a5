//! Reading exports and finding persons, beside the peers of `peers_ingest.py`.

use crate::{Measured, measure};
use omnichannel::ingest::block::{self, Rule};
use omnichannel::ingest::identity::{PersonFields, Resolver};
use omnichannel::ingest::link::{Comparison, Em, FellegiSunter, Level, Table, score};
use omnichannel::ingest::parse::Decimal;
use omnichannel::ingest::record::{Dialect, RecordReader};
use omnichannel::ingest::{Format, formats};
use serde::Deserialize;
use std::borrow::Cow;
use std::error::Error;

type Tasks = Result<Vec<Measured>, Box<dyn Error>>;

const ROWS: usize = 541_909;

/// Every row typed, checked by every rule and accounted for; nothing is kept but the sum.
fn checked(format: &impl Format, bytes: &[u8]) -> Result<f64, Box<dyn Error>> {
    let mut reader = format.reader(bytes)?;
    let mut sum = 0_i128;
    while let Some(outcome) = reader.next_outcome()? {
        if let Some(line) = outcome.line() {
            let total = line.total().unwrap_or(Decimal::ZERO);
            // Thousandths of a pound: no price of the file is finer.
            sum += i128::from(total.rescale(3).unwrap_or(0));
        }
    }
    let account = reader.account();
    if !account.is_balanced() {
        return Err("the account does not add up".into());
    }
    Ok(sum as f64 / 1000.0)
}

pub(crate) fn reading(csv: &[u8], ndjson: &[u8]) -> Tasks {
    #[derive(Deserialize)]
    struct Row<'a> {
        #[serde(rename = "Quantity")]
        quantity: i64,
        #[serde(rename = "UnitPrice")]
        price: f64,
        #[serde(rename = "InvoiceNo", borrow)]
        _invoice: Cow<'a, str>,
        #[serde(rename = "StockCode", borrow)]
        _code: Cow<'a, str>,
        #[serde(rename = "Description", borrow)]
        _description: Cow<'a, str>,
        #[serde(rename = "InvoiceDate", borrow)]
        _date: Cow<'a, str>,
        #[serde(rename = "CustomerID")]
        _customer: Option<f64>,
        #[serde(rename = "Country", borrow)]
        _country: Cow<'a, str>,
    }
    let table = formats::uci_online_retail();
    let objects = formats::uci_online_retail().with_dialect(Dialect::objects());
    let by_serde = || -> Result<f64, Box<dyn Error>> {
        let mut sum = 0.0;
        for line in ndjson.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let row: Row<'_> = serde_json::from_slice(line)?;
            sum += row.quantity as f64 * row.price;
        }
        Ok(sum)
    };
    Ok(vec![
        measure("type and check Online Retail", ROWS, "omni", 5, || checked(&table, csv))?,
        measure("type and check NDJSON", ROWS, "omni", 5, || checked(&objects, ndjson))?,
        measure("type and check NDJSON", ROWS, "serde_json borrowed, no rules", 5, by_serde)?,
    ])
}

const COLUMNS: [&str; 10] = [
    "given_name",
    "surname",
    "street_number",
    "address_1",
    "address_2",
    "suburb",
    "postcode",
    "state",
    "date_of_birth",
    "soc_sec_id",
];

/// Ids and fields of a Febrl list.
fn febrl(bytes: &[u8]) -> Result<(Vec<String>, Vec<Vec<String>>), Box<dyn Error>> {
    let mut records = RecordReader::new(bytes, Dialect::csv())?;
    records.header()?;
    let (mut ids, mut rows) = (Vec::new(), Vec::new());
    while let Some(record) = records.next_record()? {
        let mut fields = record.iter().map(|field| field.trim().to_owned());
        ids.push(fields.next().unwrap_or_default());
        rows.push(fields.collect());
    }
    Ok((ids, rows))
}

fn person(id: &str) -> String {
    id.split('-').nth(1).unwrap_or_default().to_owned()
}

/// The default resolver, and the model of Splink on the same comparisons and blocks.
pub(crate) fn people(task: &str, bytes: &[u8]) -> Tasks {
    let (ids, rows) = febrl(bytes)?;
    let truth: Vec<String> = ids.iter().map(|id| person(id)).collect();
    let fields: Vec<PersonFields> = rows
        .iter()
        .map(|row| {
            let at = |column: usize| row.get(column).filter(|text| !text.is_empty()).cloned();
            let street = [at(2), at(3)].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let mut fields = PersonFields::default();
            fields.given_name = at(0);
            fields.surname = at(1);
            fields.street = (!street.is_empty()).then_some(street);
            fields.address_detail = at(4);
            fields.city = at(5);
            fields.postal_code = at(6);
            fields.region = at(7);
            fields.birth_date = at(8);
            fields.national_id = at(9);
            fields
        })
        .collect();
    let resolved = measure(task, ids.len(), "omni", 3, || {
        let resolution = Resolver::new().resolve(fields.iter().map(PersonFields::as_record))?;
        Ok(score(resolution.persons.into_iter().zip(&truth)).f1())
    })?;
    let linked =
        measure(&format!("{task}, u over all pairs, EM, scores"), ids.len(), "omni", 3, || {
            linked(&rows, &truth)
        })?;
    Ok(vec![resolved, linked])
}

fn linked(rows: &[Vec<String>], truth: &[String]) -> Result<f64, Box<dyn Error>> {
    let mut table = Table::new(COLUMNS);
    for row in rows {
        table.push(row.iter().map(|text| Some(text.as_str())))?;
    }
    let jaro =
        |column: &str, levels: [f64; 2]| Comparison::new(column, levels.map(Level::jaro_winkler));
    let damerau = |column: &str| Comparison::new(column, [Level::Damerau(1), Level::Damerau(2)]);
    let mut model = FellegiSunter::new([
        jaro("given_name", [0.9, 0.7]),
        jaro("surname", [0.9, 0.7]),
        damerau("date_of_birth"),
        damerau("soc_sec_id"),
        Comparison::new("street_number", []),
        damerau("postcode"),
        jaro("address_1", [0.9, 0.8]),
        jaro("suburb", [0.9, 0.8]),
        Comparison::new("state", []),
    ])
    .fit(&table)?;
    let exact = [Rule::on(["soc_sec_id"]), Rule::on(["given_name", "surname", "date_of_birth"])];
    model.estimate_lambda(&table, &exact, 0.8)?;
    for columns in [&["date_of_birth"][..], &["postcode"], &["given_name", "surname"]] {
        model.train(&table, &Rule::on(columns.iter().copied()), &Em::new())?;
    }
    let blocks = [
        &["soc_sec_id"][..],
        &["date_of_birth"],
        &["given_name", "surname"],
        &["postcode", "surname"],
        &["given_name", "postcode"],
        &["address_1"],
    ]
    .map(|columns| Rule::on(columns.iter().copied()));
    let blocked = block::pairs(&table, &blocks, usize::MAX)?;
    let scored = model.score(&table, &blocked.pairs)?;
    let mut label: Vec<usize> = (0..rows.len()).collect();
    for pair in scored.iter().filter(|pair| pair.probability >= 0.5) {
        let (a, b) = (label[pair.a as usize], label[pair.b as usize]);
        if a != b {
            label.iter_mut().filter(|own| **own == a.max(b)).for_each(|own| *own = a.min(b));
        }
    }
    Ok(score(label.into_iter().zip(truth)).f1())
}
