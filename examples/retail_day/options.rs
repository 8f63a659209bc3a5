//! The command line, and how the program fails.

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) const USAGE: &str = "\
usage: retail_day [--online-retail FILE] [--stock FILE] [--out DIR]

  --online-retail FILE  the UCI Online Retail file, plain or .gz (default: the bundled nine channels)
  --stock FILE          what lies on the shelf: a CSV with the columns sku,on_hand
  --out DIR             where the report and the lists go (default: target/retail_day)";

/// What was asked for.
pub(crate) struct Options {
    pub(crate) online_retail: Option<PathBuf>,
    pub(crate) stock: Option<PathBuf>,
    pub(crate) out: PathBuf,
    pub(crate) help: bool,
}

/// Why the day could not be finished.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line makes no sense: exit code 2.
    Usage(String),
    /// The input cannot be read or used: exit code 1.
    Input(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Input(_) => ExitCode::from(1),
        }
    }
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

pub(crate) fn parse() -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let usage = |error: lexopt::Error| Failure::Usage(format!("{error}; try --help"));
    let mut options = Options {
        online_retail: None,
        stock: None,
        out: PathBuf::from("target/retail_day"),
        help: false,
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next().map_err(usage)? {
        match argument {
            Long("online-retail") => {
                options.online_retail = Some(arguments.value().map_err(usage)?.into());
            }
            Long("stock") => options.stock = Some(arguments.value().map_err(usage)?.into()),
            Long("out") => options.out = arguments.value().map_err(usage)?.into(),
            Long("help") | Short('h') => options.help = true,
            other => return Err(usage(other.unexpected())),
        }
    }
    if options.out.as_os_str().is_empty() {
        return Err(Failure::Usage("--out needs the name of a folder; try --help".to_owned()));
    }
    Ok(options)
}
