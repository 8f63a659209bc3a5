//! Reads the files: columns by name, numbers with the line they stand in.

use crate::shell::{Failure, open, wrong};
use omnichannel::ingest::record::{Dialect, RecordReader};
use std::path::Path;

/// The chosen columns of every row.
pub(crate) fn read<const N: usize>(
    path: &Path,
    columns: [&str; N],
) -> Result<Vec<[String; N]>, Failure> {
    let failed = |error: omnichannel::ingest::Error| wrong(path, error);
    let mut reader = RecordReader::new(open(path)?, Dialect::csv()).map_err(failed)?;
    let header = reader.header().map_err(failed)?;
    let mut places = [0; N];
    for (place, column) in places.iter_mut().zip(columns) {
        *place = header
            .iter()
            .position(|name| name.trim() == column)
            .ok_or_else(|| wrong(path, format!("there is no column {column:?}")))?;
    }
    let mut rows = Vec::new();
    while let Some(record) = reader.next_record().map_err(failed)? {
        if let Some(defect) = record.defect() {
            return Err(wrong(path, format!("line {}: {}", record.line(), defect.meaning())));
        }
        rows.push(places.map(|place| record.get(place).unwrap_or_default().trim().to_owned()));
    }
    if rows.is_empty() {
        return Err(wrong(path, "holds no series"));
    }
    Ok(rows)
}

/// A whole number of a row.
pub(crate) fn whole<T: std::str::FromStr>(
    path: &Path,
    id: &str,
    column: &str,
    text: &str,
) -> Result<T, Failure> {
    text.parse().map_err(|_| {
        wrong(path, format!("series {id:?}: {column} is {text:?}, not a whole number"))
    })
}

/// Numbers with spaces between.
pub(crate) fn numbers(path: &Path, id: &str, text: &str) -> Result<Vec<f64>, Failure> {
    text.split_whitespace()
        .map(|word| match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(wrong(path, format!("series {id:?}: {word:?} is not a number"))),
        })
        .collect()
}
