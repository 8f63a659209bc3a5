//! Us beside the peers: the same data, one thread each, the fastest of several runs.
//!
//! usage: omni-compare `PEERS.jsonl` `ONLINE_RETAIL.csv` `PAIRS.csv.gz` `RETAIL_DAILY.csv.gz`
//! `ONLINE_RETAIL.ndjson` `FEBRL1.csv` `FEBRL3.csv` `MCOMP.csv.gz`

mod forecast;
mod ingest;

use flate2::read::GzDecoder;
use omnichannel::forecast::intermittent::{Croston, Tsb};
use omnichannel::forecast::smoothing::Ses;
use omnichannel::ingest::formats;
use omnichannel::recommend::{Filter, Interactions, ItemKnn, Recommender};
use serde::Deserialize;
use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::time::Instant;

/// One measured task.
#[derive(Debug, Deserialize)]
struct Measured {
    task: String,
    size: usize,
    tool: String,
    seconds: f64,
    answer: f64,
}

fn measure(
    task: &str,
    size: usize,
    tool: &str,
    repeats: usize,
    mut run: impl FnMut() -> Result<f64, Box<dyn Error>>,
) -> Result<Measured, Box<dyn Error>> {
    let (mut seconds, mut answer) = (f64::INFINITY, f64::NAN);
    for _ in 0..repeats {
        let start = Instant::now();
        answer = run()?;
        seconds = seconds.min(start.elapsed().as_secs_f64());
    }
    Ok(Measured { task: task.to_owned(), size, tool: tool.to_owned(), seconds, answer })
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [peers, online_retail, pairs, retail, ndjson, febrl1, febrl3, mcomp] = arguments.as_slice()
    else {
        return Err("eight files: see the usage".into());
    };
    let mut ours = reading(online_retail)?;
    ours.extend(ingest::reading(&std::fs::read(online_retail)?, &std::fs::read(ndjson)?)?);
    ours.extend(ingest::people("persons of Febrl 1", &std::fs::read(febrl1)?)?);
    ours.extend(ingest::people("persons of Febrl 3", &std::fs::read(febrl3)?)?);
    ours.extend(recommending(pairs)?);
    ours.extend(forecasting(retail)?);
    ours.extend(forecast::point(mcomp)?);
    ours.extend(forecast::reconciliation(retail)?);
    let peers: Vec<Measured> = std::fs::read_to_string(peers)?
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;

    println!(
        "| task | size | ours (s) | beside | theirs (s) | theirs / ours | our answer | their answer |"
    );
    println!("|---|---:|---:|---|---:|---:|---:|---:|");
    let (own, rust_peers): (Vec<_>, Vec<_>) = ours.into_iter().partition(|m| m.tool == "omni");
    for us in &own {
        for them in peers.iter().chain(&rust_peers).filter(|them| them.task == us.task) {
            println!(
                "| {} | {} | {:.4} | {} | {:.4} | {:.1} | {:.3} | {:.3} |",
                us.task,
                us.size,
                us.seconds,
                them.tool,
                them.seconds,
                them.seconds / us.seconds,
                us.answer,
                them.answer,
            );
        }
    }
    Ok(())
}

/// The whole file to orders with every rule applied, against peers that only read it.
fn reading(path: &str) -> Result<Vec<Measured>, Box<dyn Error>> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(rename = "InvoiceNo")]
        _invoice: String,
        #[serde(rename = "StockCode")]
        _code: String,
        #[serde(rename = "Description")]
        _description: String,
        #[serde(rename = "Quantity")]
        quantity: i64,
        #[serde(rename = "InvoiceDate")]
        _date: String,
        #[serde(rename = "UnitPrice")]
        price: f64,
        #[serde(rename = "CustomerID")]
        _customer: Option<f64>,
        #[serde(rename = "Country")]
        _country: String,
    }
    let bytes = std::fs::read(path)?;
    let task = "read Online Retail";
    // What was sold, without what the rules turn away: the answer differs on purpose.
    let us = measure(task, 541_909, "omni", 3, || {
        let read = omnichannel::ingest::read(&formats::uci_online_retail(), bytes.as_slice())?;
        let mut minor = 0_i64;
        for order in &read.orders {
            minor += order.goods()?.gross().minor();
        }
        Ok(minor as f64 / 100.0)
    })?;
    let csv = measure(task, 541_909, "csv 1.4 with serde, no rules", 3, || {
        let rows = csv::Reader::from_reader(bytes.as_slice())
            .into_deserialize()
            .collect::<Result<Vec<Row>, _>>()?;
        Ok(rows.iter().map(|row| row.quantity as f64 * row.price).sum())
    })?;
    Ok(vec![us, csv])
}

fn unpacked(path: &str) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    GzDecoder::new(File::open(path)?).read_to_string(&mut text)?;
    Ok(text)
}

fn recommending(path: &str) -> Result<Vec<Measured>, Box<dyn Error>> {
    let text = unpacked(path)?;
    let (mut users, mut items) = (Vec::new(), Vec::new());
    for line in text.lines().skip(1) {
        let mut fields = line.split(',');
        users.push(fields.next().unwrap_or_default().parse::<u32>()?);
        items.push(fields.next().unwrap_or_default().parse::<u32>()?);
    }
    let bought = Interactions::new(&users, &items, &vec![1.0; users.len()])?;
    let method = ItemKnn::new(20);
    let fit = measure("fit item-kNN, 20 neighbors", users.len(), "omni", 5, || {
        let model = method.fit(&bought)?;
        let row = |&item: &u32| model.neighbors(item).iter().map(|n| n.score).sum::<f64>();
        Ok(model.items().iter().map(row).sum())
    })?;
    let model = method.fit(&bought)?;
    let filter = Filter::new();
    let top = measure("top 10 for every user", bought.users().len(), "omni", 5, || {
        let mut total = 0.0;
        for &user in bought.users() {
            let list = model.recommend(&bought.history(user)?, 10, &filter)?;
            total += list.iter().map(|scored| scored.score).sum::<f64>();
        }
        Ok(total)
    })?;
    Ok(vec![fit, top])
}

fn forecasting(path: &str) -> Result<Vec<Measured>, Box<dyn Error>> {
    let text = unpacked(path)?;
    let series = text
        .lines()
        .skip(1)
        .map(|line| {
            let values = line.split(',').nth(3).unwrap_or_default();
            values.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()
        })
        .collect::<Result<Vec<_>, _>>()?;
    let size = series.len();
    let total = |mean: &dyn Fn(&[f64]) -> Result<f64, omnichannel::forecast::Error>| {
        series.iter().map(|y| mean(y)).sum::<Result<f64, _>>().map_err(Into::into)
    };
    Ok(vec![
        measure("SES, optimized", size, "omni", 3, || {
            total(&|y| Ok(Ses::optimized().fit(y)?.mean()))
        })?,
        measure("SBA", size, "omni", 3, || total(&|y| Ok(Croston::sba(0.1).fit(y)?.mean())))?,
        measure("TSB, 0.1 and 0.1", size, "omni", 3, || {
            total(&|y| Ok(Tsb::new(0.1, 0.1).fit(y)?.mean()))
        })?,
    ])
}
