//! The command line.

use crate::methods;
use crate::shell::{Failure, say, usage};
use std::path::PathBuf;

const USAGE: &str = "\
usage: forecast_accuracy [--series FILE] [--retail FILE [--calendar FILE]]
                         [--monthly-intermittent FILE] [--methods a,b,..] [--threads N]
                         [--h H] [--plot DIR --plot-ids a,b] --json OUT

  --series FILE                competition series: group,id,season,h,n,train,test
  --retail FILE                daily demand of articles: id,start,h,y
  --calendar FILE              the date of each trading day: index,date
  --monthly-intermittent FILE  monthly demand of articles: id,start,h,y
  --methods a,b,..             which methods beside auto (default: all; none: auto alone)
  --threads N                  series at a time (default 1; a forecast does not depend on it)
  --h H                        periods ahead (default: as the file says)
  --plot DIR, --plot-ids a,b   a picture of each of these series with its quantiles
  --json OUT                   where the figures go
  files may be packed with gzip";

/// What was asked for.
pub(crate) struct Options {
    pub(crate) series: Option<PathBuf>,
    pub(crate) retail: Option<PathBuf>,
    pub(crate) calendar: Option<PathBuf>,
    pub(crate) monthly_intermittent: Option<PathBuf>,
    /// Names of methods; `None` if all are wanted.
    methods: Option<Vec<String>>,
    pub(crate) threads: usize,
    pub(crate) horizon: Option<usize>,
    pub(crate) plot: Option<PathBuf>,
    pub(crate) plot_ids: Vec<String>,
    pub(crate) json: PathBuf,
}

impl Options {
    /// Whether a method takes part; `auto` always does.
    pub(crate) fn wants(&self, method: &str) -> bool {
        method == "auto"
            || self.methods.as_ref().is_none_or(|names| names.iter().any(|name| name == method))
    }
}

/// What was asked for; `None` if it was help.
pub(crate) fn parse() -> Result<Option<Options>, Failure> {
    use lexopt::prelude::*;
    let mut options = Options {
        series: None,
        retail: None,
        calendar: None,
        monthly_intermittent: None,
        methods: None,
        threads: 1,
        horizon: None,
        plot: None,
        plot_ids: Vec::new(),
        json: PathBuf::new(),
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next().map_err(usage)? {
        match argument {
            Long("series") => options.series = Some(arguments.value().map_err(usage)?.into()),
            Long("retail") => options.retail = Some(arguments.value().map_err(usage)?.into()),
            Long("calendar") => options.calendar = Some(arguments.value().map_err(usage)?.into()),
            Long("monthly-intermittent") => {
                options.monthly_intermittent = Some(arguments.value().map_err(usage)?.into());
            }
            Long("methods") => options.methods = Some(list(&mut arguments)?),
            Long("threads") => options.threads = count("--threads", &mut arguments)?,
            Long("h") => options.horizon = Some(count("--h", &mut arguments)?),
            Long("plot") => options.plot = Some(arguments.value().map_err(usage)?.into()),
            Long("plot-ids") => options.plot_ids = list(&mut arguments)?,
            Long("json") => options.json = arguments.value().map_err(usage)?.into(),
            Long("help") | Short('h') => return say(USAGE).map(|()| None),
            other => return Err(usage(other.unexpected())),
        }
    }
    checked(options).map(Some)
}

fn checked(options: Options) -> Result<Options, Failure> {
    let missing = |what: &str| Err(Failure::Usage(format!("{what}; try --help")));
    let Options { series, retail, monthly_intermittent, .. } = &options;
    if series.is_none() && retail.is_none() && monthly_intermittent.is_none() {
        return missing("one of --series, --retail and --monthly-intermittent is needed");
    }
    if options.calendar.is_some() && retail.is_none() {
        return missing("--calendar goes with --retail");
    }
    if options.json.as_os_str().is_empty() {
        return missing("--json is missing");
    }
    if options.plot.is_none() != options.plot_ids.is_empty() {
        return missing("--plot and --plot-ids go together");
    }
    let known = methods::names();
    let unknown = options.methods.iter().flatten().find(|name| !known.contains(&name.as_str()));
    match unknown {
        Some(name) => {
            let reason = format!("there is no method {name:?}; known: {}", known.join(", "));
            Err(Failure::Usage(reason))
        }
        None => Ok(options),
    }
}

fn list(arguments: &mut lexopt::Parser) -> Result<Vec<String>, Failure> {
    use lexopt::ValueExt;
    let text = arguments.value().and_then(ValueExt::string).map_err(usage)?;
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "none");
    Ok(names.map(str::to_owned).collect())
}

fn count(name: &str, arguments: &mut lexopt::Parser) -> Result<usize, Failure> {
    let text = arguments.value().map_err(usage)?;
    let number = text.to_str().and_then(|text| text.parse().ok());
    number.filter(|number| (1..=100_000).contains(number)).ok_or_else(|| {
        let text = text.display();
        Failure::Usage(format!("{name} takes a whole number from 1 to 100000, not {text}"))
    })
}
