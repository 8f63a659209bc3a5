//! Which products of two catalogs are one, and how the catalogs differ about them.
//!
//! ```text
//! cargo run --release --example match_products -- A.csv B.csv --out DIR
//! cargo run --release --example match_products -- abt.csv.gz buy.csv.gz --delimiter '|' --out DIR
//! ```
//!
//! Ids stand in the first column, anything in the others; nothing has to be set. Writes
//! `pairs.csv` (accepted pairs, the score is the probability that the pair is right),
//! `reasons.csv` (why) and `differences.csv` (titles and prices that differ).

#[path = "shell/mod.rs"]
mod shell;

use omnichannel::ingest::product::{
    Assignment, Matches, ProductMatcher, ProductTable, Role, differences,
};
use omnichannel::ingest::record::Dialect;
use shell::{Failure, open, say, usage, write_csv, wrong};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "\
usage: match_products A.csv B.csv --out DIR [--delimiter C] [--one-to-many]

  A.csv B.csv    two catalogs, plain or .gz: ids in the first column, any other columns
  --out DIR      where pairs.csv, reasons.csv and differences.csv go
  --delimiter C  the character between fields, or tab (default: a comma)
  --one-to-many  a product of A may be listed in B more than once";

struct Options {
    files: Vec<PathBuf>,
    out: PathBuf,
    delimiter: u8,
    assignment: Assignment,
}

fn main() -> ExitCode {
    shell::exit("match_products", parse().and_then(|options| options.map_or(Ok(()), |o| run(&o))))
}

/// What was asked for; `None` if it was help.
fn parse() -> Result<Option<Options>, Failure> {
    use lexopt::prelude::*;
    let (mut files, mut out, mut delimiter) = (Vec::new(), None, b',');
    let mut assignment = Assignment::OneToOne;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next().map_err(usage)? {
        match argument {
            Value(file) => files.push(file.into()),
            Long("out") => out = Some(shell::out(&mut arguments)?),
            Long("delimiter") => delimiter = shell::delimiter(&mut arguments)?,
            Long("one-to-many") => assignment = Assignment::OneToMany,
            Long("help") | Short('h') => return say(USAGE).map(|()| None),
            other => return Err(usage(other.unexpected())),
        }
    }
    let wrong = |reason: &str| Failure::Usage(format!("{reason}; try --help"));
    if files.len() != 2 {
        return Err(wrong(&format!("two catalogs are needed, got {}", files.len())));
    }
    let out = out.ok_or_else(|| wrong("--out is missing"))?;
    Ok(Some(Options { files, out, delimiter, assignment }))
}

fn run(options: &Options) -> Result<(), Failure> {
    let started = Instant::now();
    shell::folder(&options.out)?;
    let tables = options.files.iter().map(|path| read(path, options.delimiter));
    let tables = tables.collect::<Result<Vec<_>, _>>()?;
    let [a, b] = tables.as_slice() else { return Ok(()) };
    let matches = ProductMatcher::new().with_assignment(options.assignment).match_catalogs(a, b)?;
    write(&options.out, &matches, a, b)?;
    report(options, &matches, [a, b], started)
}

fn read(path: &Path, delimiter: u8) -> Result<ProductTable, Failure> {
    let dialect = Dialect::csv().with_delimiter(delimiter);
    let table = ProductTable::read(open(path)?, dialect).map_err(|error| wrong(path, error))?;
    if table.columns().is_empty() {
        return Err(wrong(path, "there is no column beside the ids; is the delimiter right?"));
    }
    if table.is_empty() {
        let reason = format!("there is no product ({} rows set aside)", table.rejects().len());
        return Err(wrong(path, reason));
    }
    Ok(table)
}

fn write(out: &Path, matches: &Matches, a: &ProductTable, b: &ProductTable) -> Result<(), Failure> {
    let pairs = matches.pairs.iter().map(|pair| {
        [a.id(pair.a).to_owned(), b.id(pair.b).to_owned(), format!("{:.4}", pair.probability)]
    });
    write_csv(&out.join("pairs.csv"), ["a", "b", "score"], pairs)?;
    let reasons = matches.pairs.iter().flat_map(|pair| {
        pair.reasons.iter().map(|reason| {
            let weight = format!("{:+.2}", reason.weight);
            [a.id(pair.a).to_owned(), b.id(pair.b).to_owned(), weight, reason.found.clone()]
        })
    });
    write_csv(&out.join("reasons.csv"), ["a", "b", "weight", "reason"], reasons)?;
    let rows: Vec<(usize, usize)> = matches.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
    let found = differences(&rows, a, b).into_iter().map(|difference| {
        let relative = difference.relative.map(|relative| format!("{relative:.4}"));
        [
            a.id(difference.a).to_owned(),
            b.id(difference.b).to_owned(),
            difference.kind.to_string(),
            difference.says_a,
            difference.says_b,
            relative.unwrap_or_default(),
        ]
    });
    write_csv(
        &out.join("differences.csv"),
        ["a", "b", "what", "a_says", "b_says", "relative"],
        found,
    )
}

fn report(
    options: &Options,
    matches: &Matches,
    tables: [&ProductTable; 2],
    started: Instant,
) -> Result<(), Failure> {
    let account = &matches.account;
    for (((path, table), roles), bad) in
        options.files.iter().zip(tables).zip(&account.roles).zip(&account.bad_gtins)
    {
        let columns = table.columns().iter().zip(roles).filter(|(_, role)| **role != Role::Empty);
        let columns: Vec<String> =
            columns.map(|(name, role)| format!("{name} = {role:?}").to_lowercase()).collect();
        say(&format!(
            "{:<12} {} products, {} rows set aside, {} bad item numbers; {}",
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            table.len(),
            table.rejects().len(),
            bad.len(),
            columns.join(", ")
        ))?;
    }
    say(&format!(
        "{:<12} {} of {} compared, {} by item number  [{:.2} s]",
        "pairs",
        account.accepted,
        account.candidates,
        account.by_gtin,
        started.elapsed().as_secs_f64()
    ))
}
