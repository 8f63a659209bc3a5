//! Who is who in one list, or in two: no labels, default settings.
//!
//! ```text
//! cargo run --release --example link_people -- A.csv [B.csv] --out DIR
//!     [--delimiter C] [--map COLUMN=FIELD]...
//! ```
//!
//! Lists are CSV by RFC 4180 with a header, plain or `.gz`. Columns are known by the names
//! of the fields or those of the Febrl lists; `--map` says what any other column is. Fields
//! are trimmed. In `DIR`, `pairs.csv` gets the accepted pairs with their probability (of
//! two lists, only those across) and `clusters.csv` every id with its person.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "not library code")]

use flate2::read::MultiGzDecoder;
use omnichannel::ingest::identity::{PersonFields, Resolver, State};
use omnichannel::ingest::record::{Dialect, RecordReader};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: link_people A.csv [B.csv] --out DIR [--delimiter C] [--map COLUMN=FIELD]...

  --out DIR           where pairs.csv and clusters.csv go
  --delimiter C       the character between fields (default: a comma)
  --map COLUMN=FIELD  what a column is: id, name, given_name, surname, email, phone, street,
                      street_number, address, address_detail, city, region, postal_code,
                      country, birth_date, national_id, loyalty, account, device, or ignore";

/// Why it could not be done.
enum Failure {
    /// The command line makes no sense: exit code 2.
    Usage(String),
    /// The input cannot be read or used: exit code 1.
    Input(String),
}

impl Failure {
    fn at(path: &Path, error: impl Display) -> Self {
        Self::Input(format!("{}: {error}", path.display()))
    }
}

struct Options {
    lists: Vec<PathBuf>,
    out: PathBuf,
    delimiter: u8,
    map: BTreeMap<String, String>,
}

fn main() -> ExitCode {
    let done = match options() {
        Ok(Some(options)) => run(&options),
        Ok(None) => {
            println!("{USAGE}");
            Ok(())
        }
        Err(failure) => Err(failure),
    };
    let Err(failure) = done else { return ExitCode::SUCCESS };
    let (reason, code) = match failure {
        Failure::Usage(reason) => (reason, 2),
        Failure::Input(reason) => (reason, 1),
    };
    // One line, whatever a file put into the message.
    let line: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    eprintln!("link_people: {line}");
    ExitCode::from(code)
}

fn options() -> Result<Option<Options>, Failure> {
    use lexopt::prelude::*;
    let usage = |error: lexopt::Error| Failure::Usage(format!("{error}; try --help"));
    let (mut lists, mut out, mut delimiter, mut map) = (Vec::new(), None, b',', BTreeMap::new());
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next().map_err(usage)? {
        match argument {
            Value(list) => lists.push(PathBuf::from(list)),
            Long("out") => out = Some(PathBuf::from(arguments.value().map_err(usage)?)),
            Long("delimiter") => {
                let text = arguments.value().map_err(usage)?.string().map_err(usage)?;
                delimiter = match (text.as_str(), text.as_bytes()) {
                    ("\\t", _) => b'\t',
                    (_, [byte]) if byte.is_ascii() && !b"\"\r\n\0".contains(byte) => *byte,
                    _ => {
                        let reason = format!("--delimiter takes one ASCII character, not {text:?}");
                        return Err(Failure::Usage(reason));
                    }
                };
            }
            Long("map") => {
                let text = arguments.value().map_err(usage)?.string().map_err(usage)?;
                let Some((column, field)) = text.rsplit_once('=') else {
                    return Err(Failure::Usage(format!("--map takes COLUMN=FIELD, not {text:?}")));
                };
                if field != "ignore" && !FIELDS.contains(&field) {
                    let reason = format!("there is no field {field:?}; try --help");
                    return Err(Failure::Usage(reason));
                }
                map.insert(column.trim().to_owned(), field.to_owned());
            }
            Long("help") | Short('h') => return Ok(None),
            other => return Err(usage(other.unexpected())),
        }
    }
    let Some(out) = out else { return Err(Failure::Usage("--out is missing; try --help".into())) };
    if !(1..=2).contains(&lists.len()) {
        return Err(Failure::Usage("one list or two are needed; try --help".into()));
    }
    Ok(Some(Options { lists, out, delimiter, map }))
}

/// What a column may be.
const FIELDS: [&str; 19] = [
    "id",
    "name",
    "given_name",
    "surname",
    "email",
    "phone",
    "street",
    "street_number",
    "address",
    "address_detail",
    "city",
    "region",
    "postal_code",
    "country",
    "birth_date",
    "national_id",
    "loyalty",
    "account",
    "device",
];

/// What columns are called besides.
const NAMES: [(&str, &str); 12] = [
    ("rec_id", "id"),
    ("first_name", "given_name"),
    ("last_name", "surname"),
    ("address_1", "street"),
    ("address_2", "address_detail"),
    ("suburb", "city"),
    ("state", "region"),
    ("postcode", "postal_code"),
    ("zip", "postal_code"),
    ("date_of_birth", "birth_date"),
    ("soc_sec_id", "national_id"),
    ("full_name", "name"),
];

/// A record with its id and the list it comes from.
struct Listed {
    id: String,
    list: usize,
    fields: PersonFields,
}

fn run(options: &Options) -> Result<(), Failure> {
    let mut records: Vec<Listed> = Vec::new();
    let mut bad = 0;
    for (list, path) in options.lists.iter().enumerate() {
        bad += read(path, list, options, &mut records)?;
    }
    let mut ids = BTreeSet::new();
    if let Some(twice) = records.iter().find(|record| !ids.insert(record.id.as_str())) {
        return Err(Failure::Input(format!("the id {:?} stands for two records", twice.id)));
    }
    let resolver = Resolver::new();
    let of_records = || records.iter().map(|record| record.fields.as_record());
    let failed = |error: omnichannel::ingest::Error| Failure::Input(error.to_string());
    let model = resolver.fit(of_records()).map_err(failed)?;
    let mut state = State::new(resolver, model).map_err(failed)?;
    state.update(records.iter().map(|record| record.id.as_str()).zip(of_records()));

    fs::create_dir_all(&options.out).map_err(|error| Failure::at(&options.out, error))?;
    let lists: BTreeMap<&str, usize> =
        records.iter().map(|record| (record.id.as_str(), record.list)).collect();
    let of_list = |id: &str| lists.get(id).copied().unwrap_or_default();
    let persons: BTreeSet<_> = state.iter().map(|(_, person)| person).collect();

    let path = options.out.join("pairs.csv");
    let mut pairs = 0_usize;
    write(&path, "a,b,probability", |out| {
        for person in &persons {
            for (a, b, probability) in state.pairs(*person) {
                if options.lists.len() == 1 || of_list(a) != of_list(b) {
                    let (a, b) = if of_list(a) > of_list(b) { (b, a) } else { (a, b) };
                    writeln!(out, "{},{},{probability:.6}", quoted(a), quoted(b))?;
                    pairs += 1;
                }
            }
        }
        Ok(())
    })?;
    let path = options.out.join("clusters.csv");
    write(&path, "id,cluster", |out| {
        for (id, person) in state.iter() {
            writeln!(out, "{},{}", quoted(id), person.get())?;
        }
        Ok(())
    })?;
    let unread = if bad > 0 { format!(", {bad} could not be read") } else { String::new() };
    println!("{} records{unread}, {} persons, {pairs} pairs", records.len(), persons.len());
    Ok(())
}

/// Reads a list; returns how many of its records cannot be read.
fn read(
    path: &Path,
    list: usize,
    options: &Options,
    records: &mut Vec<Listed>,
) -> Result<usize, Failure> {
    let failed = |error: &dyn Display| Failure::at(path, error);
    let file = File::open(path).map_err(|error| failed(&error))?;
    let mut file = BufReader::new(file);
    let packed = file.fill_buf().map_err(|error| failed(&error))?.starts_with(&[0x1f, 0x8b]);
    let input: Box<dyn Read> =
        if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let dialect = Dialect::csv().with_delimiter(options.delimiter);
    let mut reader = RecordReader::new(input, dialect).map_err(|error| failed(&error))?;
    let header = reader.header().map_err(|error| failed(&error))?;
    let mut columns: Vec<Option<&str>> =
        header.iter().map(|name| field_of(name.trim(), &options.map)).collect();
    if let Some(missing) = options.map.keys().find(|name| {
        options.lists.len() == 1 && !header.iter().any(|column| column.trim() == name.as_str())
    }) {
        return Err(failed(&format!("there is no column {missing:?}")));
    }
    if !columns.contains(&Some("id"))
        && let Some(first) = columns.first_mut()
    {
        *first = Some("id");
    }
    if columns.iter().flatten().all(|field| *field == "id") {
        return Err(failed(&"no column is known as a field of a person; try --map"));
    }
    let mut bad = 0;
    while let Some(record) = reader.next_record().map_err(|error| failed(&error))? {
        if record.defect().is_some() {
            bad += 1;
            continue;
        }
        let mut texts: BTreeMap<&str, String> = BTreeMap::new();
        for (field, text) in columns.iter().zip(record.iter()) {
            let text = text.trim();
            if let Some(field) = field
                && !text.is_empty()
            {
                // Several columns of one field are parts of it.
                let whole = texts.entry(field).or_default();
                if !whole.is_empty() {
                    whole.push(' ');
                }
                whole.push_str(text);
            }
        }
        let Some(id) = texts.remove("id") else {
            return Err(failed(&format!("record {} has no id", record.number())));
        };
        records.push(Listed { id, list, fields: person(texts) });
    }
    Ok(bad)
}

fn field_of<'a>(column: &str, map: &'a BTreeMap<String, String>) -> Option<&'a str> {
    if let Some(field) = map.get(column) {
        return Some(field.as_str()).filter(|field| *field != "ignore");
    }
    let lower = column.to_lowercase().replace([' ', '-'], "_");
    let own = FIELDS.iter().find(|field| **field == lower);
    own.copied().or_else(|| NAMES.iter().find(|(name, _)| *name == lower).map(|(_, field)| *field))
}

fn person(mut texts: BTreeMap<&str, String>) -> PersonFields {
    let street = match (texts.remove("street_number"), texts.remove("street")) {
        (Some(number), Some(street)) => Some(format!("{number} {street}")),
        (number, street) => number.or(street),
    };
    let mut take = |field: &str| texts.remove(field);
    PersonFields {
        name: take("name"),
        given_name: take("given_name"),
        surname: take("surname"),
        email: take("email"),
        phone: take("phone"),
        street,
        address: take("address"),
        address_detail: take("address_detail"),
        city: take("city"),
        region: take("region"),
        postal_code: take("postal_code"),
        country: take("country"),
        birth_date: take("birth_date"),
        national_id: take("national_id"),
        loyalty: take("loyalty"),
        account: take("account"),
        devices: take("device").map(Into::into).into_iter().collect(),
        ..PersonFields::default()
    }
}

/// Writes a file of lines below a header.
fn write(
    path: &Path,
    header: &str,
    lines: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let write = || {
        let mut out = BufWriter::new(File::create(path)?);
        writeln!(out, "{header}")?;
        lines(&mut out)?;
        out.flush()
    };
    write().map_err(|error| Failure::at(path, error))
}

/// A field by RFC 4180.
fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
