//! The command line.

use crate::shell::{self, Failure, usage};
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
usage: retail_day [--online-retail FILE] [--stock FILE] [--out DIR]

  --online-retail FILE  the UCI Online Retail file, plain or .gz (default: the bundled nine channels)
  --stock FILE          what lies on the shelf: a CSV with the columns sku,on_hand (default: that of the bundled
                        shop; without one, orders are for an empty shelf)
  --out DIR             where the report and the lists go (default: target/retail_day)";

/// What was asked for.
pub(crate) struct Options {
    pub(crate) online_retail: Option<PathBuf>,
    pub(crate) stock: Option<PathBuf>,
    pub(crate) out: PathBuf,
    pub(crate) help: bool,
}

pub(crate) fn parse() -> Result<Options, Failure> {
    use lexopt::prelude::*;
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
            Long("out") => options.out = shell::out(&mut arguments)?,
            Long("help") | Short('h') => options.help = true,
            other => return Err(usage(other.unexpected())),
        }
    }
    Ok(options)
}
