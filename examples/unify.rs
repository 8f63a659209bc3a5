//! Every channel's export in, one set of orders and persons out, and an account of every record.
//!
//! ```text
//! cargo run --release --example unify -- --channels DIR [--profiles FILE] [--catalogue FILE] --out DIR
//! ```
//!
//! Reads every file at the top level of DIR whose format it recognizes by content; the others are
//! named and skipped. Writes `records.csv`, `persons.csv`, `orders.csv`, `revenue.csv` and
//! `report.json`.

#[path = "shell/mod.rs"]
mod shell;

use omnichannel::MoneyError;
use omnichannel::ingest::detect::{self, Profile};
use omnichannel::ingest::record::Dialect;
use omnichannel::ingest::rule::Class;
use omnichannel::ingest::unify::{Unified, UnifiedOrder, Unifier};
use omnichannel::ingest::{Catalog, SaleStatus};
use serde_json::json;
use shell::{Failure, open, say, usage, write_csv, wrong};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: unify --channels DIR [--profiles FILE] [--catalogue FILE] [--delimiter C] --out DIR

  --channels DIR    the exports: the files at its top level, plain or .gz
  --profiles FILE   how files are written, by file name, where that cannot be detected (JSON)
  --catalogue FILE  one product a row: product_id and a column sku_<channel> for each channel
  --delimiter C     the byte between the fields of the catalogue (default: a comma)
  --out DIR         where the lists go";

struct Options {
    channels: PathBuf,
    profiles: Option<PathBuf>,
    catalogue: Option<PathBuf>,
    delimiter: u8,
    out: PathBuf,
}

fn main() -> ExitCode {
    shell::exit("unify", parse().and_then(|options| options.map_or(Ok(()), |o| run(&o))))
}

/// What was asked for; `None` if it was help.
fn parse() -> Result<Option<Options>, Failure> {
    use lexopt::prelude::*;
    let (mut channels, mut profiles, mut catalogue, mut out) = (None, None, None, None);
    let mut delimiter = b',';
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next().map_err(usage)? {
        let path = match argument {
            Long("channels") => &mut channels,
            Long("profiles") => &mut profiles,
            Long("catalogue" | "catalog") => &mut catalogue,
            Long("out") => {
                out = Some(shell::out(&mut arguments)?);
                continue;
            }
            Long("delimiter") => {
                delimiter = shell::delimiter(&mut arguments)?;
                continue;
            }
            Long("help") | Short('h') => return say(USAGE).map(|()| None),
            other => return Err(usage(other.unexpected())),
        };
        *path = Some(PathBuf::from(arguments.value().map_err(usage)?));
    }
    let missing = |name: &str| Failure::Usage(format!("--{name} is missing; try --help"));
    Ok(Some(Options {
        channels: channels.ok_or_else(|| missing("channels"))?,
        out: out.ok_or_else(|| missing("out"))?,
        profiles,
        catalogue,
        delimiter,
    }))
}

fn run(options: &Options) -> Result<(), Failure> {
    shell::folder(&options.out)?;
    let catalog = match &options.catalogue {
        Some(path) => Some(catalog(path, options.delimiter)?),
        None => None,
    };
    let profiles = match &options.profiles {
        Some(path) => profiles(path)?,
        None => BTreeMap::new(),
    };
    let mut unifier = Unifier::new();
    let mut skipped = Vec::new();
    for path in files(&options.channels)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut input = open(&path)?;
        let mut head = Vec::new();
        // One byte more than is looked at: a file that ends there is whole.
        let sample = detect::SAMPLE as u64 + 1;
        let broken = (&mut input).take(sample).read_to_end(&mut head).err();
        let mut guess = detect::detect(&head);
        if let Some(profile) = profiles.get(name.trim_end_matches(".gz")) {
            guess = guess.with_profile(profile);
        }
        let Some(format) = guess.format(catalog.as_ref()) else {
            let why = broken.map_or("no known format".to_owned(), |error| error.to_string());
            say(&format!("skipped    {name:?}: {why}"))?;
            skipped.push(name);
            continue;
        };
        // Half an export is worse than none: its sales would be missing without a word.
        if let Some(error) = broken {
            return Err(wrong(&path, error));
        }
        if guess.is_ambiguous {
            say(&format!("note       {name:?}: day and month could not be told apart"))?;
        }
        let input = Cursor::new(head).chain(input);
        unifier.read(&name, format.as_ref(), input).map_err(|error| wrong(&path, error))?;
    }
    let unified = unifier.finish()?;
    if unified.files.is_empty() {
        return Err(wrong(&options.channels, "no file of a known format"));
    }
    write(&unified, &skipped, &options.out)
}

fn catalog(path: &Path, delimiter: u8) -> Result<Catalog, Failure> {
    let dialect = Dialect::csv().with_delimiter(delimiter);
    Catalog::read_in(open(path)?, dialect).map_err(|error| wrong(path, error))
}

/// How files are written, by their names.
fn profiles(path: &Path) -> Result<BTreeMap<String, Profile>, Failure> {
    let text = shell::text(path, open(path)?)?;
    let says: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
        serde_json::from_str(&text).map_err(|error| wrong(path, error))?;
    let profile = |words: &BTreeMap<String, serde_json::Value>| {
        let word = |key: &str| words.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        Profile {
            encoding: word("encoding"),
            delimiter: word("delimiter"),
            quoting: word("quoting"),
            decimal: word("decimal"),
            time: word("time"),
        }
    };
    Ok(says.iter().map(|(file, words)| (file.clone(), profile(words))).collect())
}

/// The files at the top level of a folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| wrong(folder, error))? {
        let path = entry.map_err(|error| wrong(folder, error))?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn write(unified: &Unified, skipped: &[String], out: &Path) -> Result<(), Failure> {
    let file = |at: usize| unified.files.get(at).map_or_else(String::new, |file| file.file.clone());
    let fates = unified.fates.iter().map(|fate| {
        let class = class(fate.class);
        // The class says all of a copy and of a refund.
        let silent = matches!(fate.class, Class::Copy | Class::Refund);
        let reason = fate.reason.clone().filter(|_| !silent).unwrap_or_default();
        [file(fate.file), fate.record.to_string(), class.to_owned(), reason]
    });
    write_csv(&out.join("records.csv"), ["file", "record", "class", "reason"], fates)?;
    let persons = unified.identified.iter().map(|identified| {
        [file(identified.file), identified.record.to_string(), person(Some(identified.person))]
    });
    write_csv(&out.join("persons.csv"), ["file", "record", "person"], persons)?;
    write_orders(unified, out)?;
    let revenue = revenue(&unified.orders)?;
    write_csv(
        &out.join("revenue.csv"),
        ["currency", "month", "net_minor"],
        revenue
            .iter()
            .map(|((currency, month), minor)| [currency.clone(), month.clone(), minor.to_string()]),
    )?;
    let report = report(unified, skipped, &revenue);
    let path = out.join("report.json");
    fs::write(&path, format!("{report:#}\n")).map_err(|error| wrong(&path, error))?;
    say(&unified.account().to_string())?;
    say(&format!(
        "{} orders of {} persons in {} files, written to {}",
        unified.orders.len(),
        unified.persons,
        unified.files.len(),
        out.display()
    ))
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Accepted | Class::Repaired => "accept",
        Class::Duplicate => "duplicate",
        Class::Copy => "cross_channel_copy",
        Class::Refund => "refund",
        _ => "reject",
    }
}

fn person(number: Option<u32>) -> String {
    number.map_or_else(String::new, |number| format!("P{:06}", number + 1))
}

fn write_orders(unified: &Unified, out: &Path) -> Result<(), Failure> {
    let rows = unified.orders.iter().map(|order| {
        let also: Vec<String> = order.also_in.iter().map(ToString::to_string).collect();
        [
            order.channel.clone(),
            order.order.number.clone(),
            person(order.person),
            order.order.placed_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            order.total.currency().to_string(),
            status(order.status).to_owned(),
            order.total.minor().to_string(),
            order.refunded.minor().to_string(),
            also.join("|"),
        ]
    });
    let head = [
        "channel",
        "native_id",
        "person",
        "placed_at_utc",
        "currency",
        "status",
        "total_minor",
        "refunded_minor",
        "also_in",
    ];
    write_csv(&out.join("orders.csv"), head, rows)
}

fn status(status: SaleStatus) -> &'static str {
    match status {
        SaleStatus::Sold => "ok",
        SaleStatus::Open => "open",
        SaleStatus::Canceled => "cancelled",
        SaleStatus::Refunded => "refunded",
    }
}

/// What was kept, by currency and UTC month of the order.
fn revenue(orders: &[UnifiedOrder]) -> Result<BTreeMap<(String, String), i64>, MoneyError> {
    let mut revenue = BTreeMap::new();
    for order in orders.iter().filter(|order| order.status == SaleStatus::Sold) {
        let net = order.net()?;
        let month = order.order.placed_at.format("%Y-%m").to_string();
        let key = (net.currency().to_string(), month);
        let sum = revenue.get(&key).copied().unwrap_or(0_i64);
        let zero = omnichannel::Money::new(sum, net.currency());
        revenue.insert(key, zero.try_add(net)?.minor());
    }
    Ok(revenue)
}

fn report(
    unified: &Unified,
    skipped: &[String],
    revenue: &BTreeMap<(String, String), i64>,
) -> serde_json::Value {
    let account = |account: &omnichannel::ingest::Account| {
        let rules: BTreeMap<&str, u64> =
            account.rules.iter().map(|(name, count)| (name.as_str(), count.each)).collect();
        json!({
            "records": account.records,
            "accepted": account.accepted,
            "repaired": account.repaired,
            "duplicates": account.duplicates,
            "copies": account.copies,
            "refunds": account.refunds,
            "rejected": account.rejected,
            "rules": rules,
            "bytes": account.bytes,
            "balanced": account.is_balanced(),
        })
    };
    let files: Vec<_> = unified
        .files
        .iter()
        .map(|file| json!({"file": file.file, "channel": file.channel, "account": account(&file.account)}))
        .collect();
    let mut by_currency: BTreeMap<&str, BTreeMap<&str, i64>> = BTreeMap::new();
    for ((currency, month), minor) in revenue {
        by_currency.entry(currency).or_default().insert(month, *minor);
    }
    let in_two = unified.orders.iter().filter(|order| !order.also_in.is_empty()).count();
    json!({
        "files": files,
        "skipped": skipped,
        "all": account(&unified.account()),
        "orders": unified.orders.len(),
        "orders_seen_in_several_channels": in_two,
        "persons": unified.persons,
        "identified_records": unified.identified.len(),
        "activities": unified.activities.len(),
        "returns": unified.returns.len(),
        "net_revenue_minor": by_currency,
    })
}
