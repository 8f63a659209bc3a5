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
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "not library code")]

use flate2::read::MultiGzDecoder;
use omnichannel::ingest::product::{
    Assignment, Matches, ProductMatcher, ProductTable, Role, differences,
};
use omnichannel::ingest::record::Dialect;
use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
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

enum Failure {
    /// The command line makes no sense: exit code 2.
    Usage(String),
    /// The input cannot be read or used: exit code 1.
    Input(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Usage(reason) | Self::Input(reason)) = self;
        // One line, whatever a file put into the message.
        reason.chars().try_for_each(|c| f.write_char(if c.is_control() { ' ' } else { c }))
    }
}

fn main() -> ExitCode {
    let done = parse().and_then(|options| {
        if let Some(options) = options {
            return run(&options);
        }
        println!("{USAGE}");
        Ok(())
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("match_products: {failure}");
            ExitCode::from(if matches!(failure, Failure::Usage(_)) { 2 } else { 1 })
        }
    }
}

fn parse() -> Result<Option<Options>, Failure> {
    use lexopt::prelude::*;
    let usage = |error: &dyn fmt::Display| Failure::Usage(format!("{error}; try --help"));
    let mut options = Options {
        files: Vec::new(),
        out: PathBuf::new(),
        delimiter: b',',
        assignment: Assignment::OneToOne,
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next().map_err(|e| usage(&e))? {
        match argument {
            Value(file) => options.files.push(file.into()),
            Long("out") => options.out = arguments.value().map_err(|e| usage(&e))?.into(),
            Long("delimiter") => {
                let text = arguments.value().and_then(ValueExt::string).map_err(|e| usage(&e))?;
                options.delimiter = match text.as_bytes() {
                    b"tab" | b"\\t" => b'\t',
                    [byte] if byte.is_ascii() => *byte,
                    _ => return Err(usage(&"--delimiter takes one ASCII character or tab")),
                };
            }
            Long("one-to-many") => options.assignment = Assignment::OneToMany,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(usage(&other.unexpected())),
        }
    }
    if options.files.len() != 2 {
        return Err(usage(&format!("two catalogs are needed, got {}", options.files.len())));
    }
    if options.out.as_os_str().is_empty() {
        return Err(usage(&"--out is missing"));
    }
    if matches!(options.delimiter, b'"' | b'\n' | b'\r') {
        return Err(usage(&"a quote or line end cannot be the delimiter"));
    }
    Ok(Some(options))
}

fn run(options: &Options) -> Result<(), Failure> {
    let started = Instant::now();
    let tables = options.files.iter().map(|path| read(path, options.delimiter));
    let tables = tables.collect::<Result<Vec<_>, _>>()?;
    let [a, b] = tables.as_slice() else { return Ok(()) };
    let matches = ProductMatcher::new()
        .with_assignment(options.assignment)
        .match_catalogs(a, b)
        .map_err(|error| Failure::Input(error.to_string()))?;
    write(&options.out, &matches, a, b)
        .map_err(|error| Failure::Input(format!("{}: {error}", options.out.display())))?;
    report(options, &matches, [a, b], started);
    Ok(())
}

fn read(path: &Path, delimiter: u8) -> Result<ProductTable, Failure> {
    let fail = |reason: &dyn fmt::Display| Failure::Input(format!("{}: {reason}", path.display()));
    let mut file = BufReader::new(File::open(path).map_err(|error| fail(&error))?);
    // A .gz by its first bytes, whatever it is called.
    let packed =
        io::BufRead::fill_buf(&mut file).map_err(|error| fail(&error))?.starts_with(&[0x1f, 0x8b]);
    let input: Box<dyn Read> =
        if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let dialect = Dialect::csv().with_delimiter(delimiter);
    let table = ProductTable::read(input, dialect).map_err(|error| fail(&error))?;
    if table.columns().is_empty() {
        return Err(fail(&"there is no column beside the ids; is the delimiter right?"));
    }
    if table.is_empty() {
        return Err(fail(&format!(
            "there is no product ({} rows set aside)",
            table.rejects().len()
        )));
    }
    Ok(table)
}

fn write(out: &Path, matches: &Matches, a: &ProductTable, b: &ProductTable) -> io::Result<()> {
    fs::create_dir_all(out)?;
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

/// Writes a list as CSV (RFC 4180 quoting, lines end in LF).
fn write_csv<const N: usize>(
    path: &Path,
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "{}", head.join(","))?;
    for row in rows {
        let fields = row.map(|field| {
            if field.contains(['"', ',', '\n', '\r']) {
                format!("\"{}\"", field.replace('"', "\"\""))
            } else {
                field
            }
        });
        writeln!(out, "{}", fields.join(","))?;
    }
    out.flush()
}

fn report(options: &Options, matches: &Matches, tables: [&ProductTable; 2], started: Instant) {
    let account = &matches.account;
    for (((path, table), roles), bad) in
        options.files.iter().zip(tables).zip(&account.roles).zip(&account.bad_gtins)
    {
        let columns = table.columns().iter().zip(roles).filter(|(_, role)| **role != Role::Empty);
        let columns: Vec<String> =
            columns.map(|(name, role)| format!("{name} = {role:?}").to_lowercase()).collect();
        println!(
            "{:<12} {} products, {} rows set aside, {} bad item numbers; {}",
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            table.len(),
            table.rejects().len(),
            bad.len(),
            columns.join(", ")
        );
    }
    println!(
        "{:<12} {} of {} compared, {} by item number  [{:.2} s]",
        "pairs",
        account.accepted,
        account.candidates,
        account.by_gtin,
        started.elapsed().as_secs_f64()
    );
}
