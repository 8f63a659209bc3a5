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

#[path = "shell/mod.rs"]
mod shell;

use omnichannel::ingest::identity::{PersonFields, Resolver, State};
use omnichannel::ingest::record::{Dialect, RecordReader};
use shell::{Failure, open, say, usage, write_csv, wrong};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: link_people A.csv [B.csv] --out DIR [--delimiter C] [--map COLUMN=FIELD]...

  --out DIR           where pairs.csv and clusters.csv go
  --delimiter C       the character between fields (default: a comma)
  --map COLUMN=FIELD  what a column is: id, name, given_name, surname, email, phone, street,
                      street_number, address, address_detail, city, region, postal_code,
                      country, birth_date, national_id, loyalty, account, device, or ignore";

struct Options {
    lists: Vec<PathBuf>,
    out: PathBuf,
    delimiter: u8,
    map: BTreeMap<String, String>,
}

fn main() -> ExitCode {
    shell::exit("link_people", parse().and_then(|options| options.map_or(Ok(()), |o| run(&o))))
}

/// What was asked for; `None` if it was help.
fn parse() -> Result<Option<Options>, Failure> {
    use lexopt::prelude::*;
    let (mut lists, mut out, mut delimiter, mut map) = (Vec::new(), None, b',', BTreeMap::new());
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next().map_err(usage)? {
        match argument {
            Value(list) => lists.push(PathBuf::from(list)),
            Long("out") => out = Some(shell::out(&mut arguments)?),
            Long("delimiter") => delimiter = shell::delimiter(&mut arguments)?,
            Long("map") => {
                let text = arguments.value().and_then(ValueExt::string).map_err(usage)?;
                let Some((column, field)) = text.rsplit_once('=') else {
                    return Err(Failure::Usage(format!("--map takes COLUMN=FIELD, not {text:?}")));
                };
                if field != "ignore" && !FIELDS.contains(&field) {
                    let reason = format!("there is no field {field:?}; try --help");
                    return Err(Failure::Usage(reason));
                }
                map.insert(column.trim().to_owned(), field.to_owned());
            }
            Long("help") | Short('h') => return say(USAGE).map(|()| None),
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
    shell::folder(&options.out)?;
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
    let model = resolver.fit(of_records())?;
    let mut state = State::new(resolver, model)?;
    state.update(records.iter().map(|record| record.id.as_str()).zip(of_records()));

    let lists: BTreeMap<&str, usize> =
        records.iter().map(|record| (record.id.as_str(), record.list)).collect();
    let of_list = |id: &str| lists.get(id).copied().unwrap_or_default();
    let persons: BTreeSet<_> = state.iter().map(|(_, person)| person).collect();

    let is_one = options.lists.len() == 1;
    let mut count = 0_usize;
    let pairs = persons.iter().flat_map(|person| state.pairs(*person));
    let pairs = pairs.filter(|(a, b, _)| is_one || of_list(a) != of_list(b));
    let pairs = pairs.inspect(|_| count += 1).map(|(a, b, probability)| {
        let (a, b) = if of_list(a) > of_list(b) { (b, a) } else { (a, b) };
        [a.to_owned(), b.to_owned(), format!("{probability:.6}")]
    });
    write_csv(&options.out.join("pairs.csv"), ["a", "b", "probability"], pairs)?;
    let clusters = state.iter().map(|(id, person)| [id.to_owned(), person.get().to_string()]);
    write_csv(&options.out.join("clusters.csv"), ["id", "cluster"], clusters)?;
    let unread = if bad > 0 { format!(", {bad} could not be read") } else { String::new() };
    say(&format!("{} records{unread}, {} persons, {count} pairs", records.len(), persons.len()))
}

/// Reads a list; returns how many of its records cannot be read.
fn read(
    path: &Path,
    list: usize,
    options: &Options,
    records: &mut Vec<Listed>,
) -> Result<usize, Failure> {
    let failed = |error: omnichannel::ingest::Error| wrong(path, error);
    let dialect = Dialect::csv().with_delimiter(options.delimiter);
    let mut reader = RecordReader::new(open(path)?, dialect).map_err(failed)?;
    let header = reader.header().map_err(failed)?;
    let mut columns: Vec<Option<&str>> =
        header.iter().map(|name| field_of(name.trim(), &options.map)).collect();
    if let Some(missing) = options.map.keys().find(|name| {
        options.lists.len() == 1 && !header.iter().any(|column| column.trim() == name.as_str())
    }) {
        return Err(wrong(path, format!("there is no column {missing:?}")));
    }
    if !columns.contains(&Some("id"))
        && let Some(first) = columns.first_mut()
    {
        *first = Some("id");
    }
    if columns.iter().flatten().all(|field| *field == "id") {
        return Err(wrong(path, "no column is known as a field of a person; try --map"));
    }
    let mut bad = 0;
    while let Some(record) = reader.next_record().map_err(failed)? {
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
            bad += 1;
            continue;
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
