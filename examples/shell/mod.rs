//! What every example shares: how it fails, opens files and writes lists.
#![allow(dead_code, reason = "no example needs all of it")]

use flate2::read::MultiGzDecoder;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// Why an example could not finish.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line makes no sense: exit code 2.
    Usage(String),
    /// The input cannot be read or used: exit code 1.
    Input(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Usage(reason) | Self::Input(reason)) = self;
        // One line, whatever a file put into the message.
        let line: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        f.write_str(&line)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Input(error.to_string())
    }
}

/// Ends a program: 0 done, 1 bad input, 2 wrong usage, one line on stderr.
#[allow(clippy::print_stderr, reason = "not library code")]
pub(crate) fn exit(program: &str, result: Result<(), Failure>) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    eprintln!("{program}: {failure}");
    match failure {
        Failure::Usage(_) => ExitCode::from(2),
        Failure::Input(_) => ExitCode::from(1),
    }
}

/// An argument that cannot be used.
#[allow(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
pub(crate) fn usage(error: lexopt::Error) -> Failure {
    Failure::Usage(format!("{error}; try --help"))
}

/// A delimiter: one ASCII character, or `\t`.
pub(crate) fn delimiter(text: &str) -> Result<u8, Failure> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() => Ok(*byte),
        _ => Err(Failure::Usage(format!("--delimiter {text:?} is not one ASCII character"))),
    }
}

/// A failure that names the file.
pub(crate) fn wrong(path: &Path, error: impl fmt::Display) -> Failure {
    Failure::Input(format!("{}: {error}", path.display()))
}

/// A file, unpacked if it starts like a gzip file.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    let file = File::open(path).map_err(|error| wrong(path, error))?;
    if file.metadata().map_err(|error| wrong(path, error))?.is_dir() {
        return Err(wrong(path, "is a folder"));
    }
    let mut input = BufReader::with_capacity(1 << 16, file);
    let head = input.fill_buf().map_err(|error| wrong(path, error))?;
    Ok(if head.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(input))
    } else {
        Box::new(input)
    })
}

/// Writes a list as CSV (RFC 4180 quoting, lines end in LF).
pub(crate) fn write_csv<const N: usize>(
    path: &Path,
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        let mut out = BufWriter::new(File::create(path)?);
        writeln!(out, "{}", head.join(","))?;
        for row in rows {
            writeln!(out, "{}", row.map(|field| quoted(&field)).join(","))?;
        }
        out.flush()
    };
    write().map_err(|error| wrong(path, error))
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
