//! What every example shares: how it fails, opens files and writes lists.
#![allow(dead_code, reason = "no example needs all of it")]

use flate2::read::MultiGzDecoder;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
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
pub(crate) fn exit(program: &str, result: Result<(), Failure>) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    // Who closed even this learns it from the exit code.
    let _ = writeln!(io::stderr(), "{program}: {failure}");
    match failure {
        Failure::Usage(_) => ExitCode::from(2),
        Failure::Input(_) => ExitCode::from(1),
    }
}

/// An argument that cannot be used.
#[allow(clippy::needless_pass_by_value, reason = "goes into map_err")]
pub(crate) fn usage(error: lexopt::Error) -> Failure {
    Failure::Usage(format!("{error}; try --help"))
}

/// The byte between fields: the value of `--delimiter`.
pub(crate) fn delimiter(arguments: &mut lexopt::Parser) -> Result<u8, Failure> {
    let text = arguments.value().map_err(usage)?;
    match text.as_encoded_bytes() {
        b"\\t" | b"tab" => Ok(b'\t'),
        // Quotes and line ends mean something else.
        [byte] if byte.is_ascii() && !b"\"\r\n\0".contains(byte) => Ok(*byte),
        _ => {
            let text = text.to_string_lossy();
            Err(Failure::Usage(format!("--delimiter takes one ASCII character, not {text:?}")))
        }
    }
}

/// The folder that `--out` names.
pub(crate) fn out(arguments: &mut lexopt::Parser) -> Result<PathBuf, Failure> {
    let folder = arguments.value().map_err(usage)?;
    if folder.is_empty() {
        return Err(Failure::Usage("--out needs the name of a folder; try --help".to_owned()));
    }
    Ok(folder.into())
}

/// A folder that is there afterwards.
pub(crate) fn folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| wrong(path, error))
}

/// Prints a line. Who stops listening, such as `| head`, still gets the files.
pub(crate) fn say(line: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Input(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// A failure that names the file.
pub(crate) fn wrong(path: &Path, error: impl fmt::Display) -> Failure {
    Failure::Input(format!("{}: {error}", path.display()))
}

/// A file, unpacked if it starts like a gzip file.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    open_watched(path, |file, _| file)
}

/// A file whose bytes pass through `watch`, which is told how many there are, before they are
/// unpacked.
pub(crate) fn open_watched<R: Read + 'static>(
    path: &Path,
    watch: impl FnOnce(File, u64) -> R,
) -> Result<Box<dyn Read>, Failure> {
    let wrong = |error: io::Error| wrong(path, error);
    let file = File::open(path).map_err(wrong)?;
    let metadata = file.metadata().map_err(wrong)?;
    if metadata.is_dir() {
        return Err(wrong(io::Error::other("is a folder")));
    }
    let mut input = BufReader::with_capacity(1 << 16, watch(file, metadata.len()));
    let packed = input.fill_buf().map_err(wrong)?.starts_with(&[0x1f, 0x8b]);
    Ok(if packed { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) })
}

/// What is in a small file: 64 MiB at most, however much unpacks from it.
pub(crate) fn text(path: &Path, input: impl Read) -> Result<String, Failure> {
    const LIMIT: u64 = 64 << 20;
    let mut text = String::new();
    let length = input.take(LIMIT + 1).read_to_string(&mut text);
    match length.map_err(|error| wrong(path, error))? as u64 {
        ..=LIMIT => Ok(text),
        _ => Err(wrong(path, "is longer than 64 MiB")),
    }
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
