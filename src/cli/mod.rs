//! The command line: flags, settings, and what is printed where.
//!
//! Owns clap. Results go to stdout, everything else to stderr; exit code 0 done, 1 no usable answer, 2 error.
//! docs/cli.md describes every flag.

mod batch;
mod fetch;
mod flags;
mod generate;
mod lines;
mod models;
mod serve;
mod settings;
mod sql;
mod summarize;
mod table;

pub use flags::Cli;

use crate::error::Error;
use clap::Parser;
use flags::Command;
use settings::Settings;
use std::io::Write;
use std::process::ExitCode;

/// How a command ended, other than by an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Everything is answered: exit code 0.
    Done,
    /// Something has no usable answer, as was said on stderr: exit code 1.
    NoAnswer,
}

/// Reads the arguments and runs the command.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NoAnswer) => ExitCode::from(1),
        // Whoever read the results has enough of them.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<Outcome> {
    let settings = Settings::read(&cli.common)?;
    match &cli.command {
        Command::Sql(flags) => match &flags.batch {
            Some(path) => batch::run(flags, path, &settings),
            None => sql::run(flags, &settings),
        },
        Command::Summarize(flags) => summarize::run(flags, &settings),
        Command::Generate(flags) => generate::run(flags, &settings),
        Command::Serve(flags) => serve::run(flags, &settings),
        Command::Fetch(flags) => fetch::run(flags),
        Command::Models(flags) => models::run(flags),
    }
}

/// The error with its chain, and a hint where one helps.
fn report(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
    if let Some(hint) = error.chain().find_map(|cause| cause.downcast_ref::<Error>()).and_then(hint) {
        eprintln!("  hint: {hint}");
    }
}

fn hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::Weights { .. } => Some("`argiope models` lists the models found; ARGIOPE_WEIGHTS names their folder"),
        Error::Hub { .. } => Some("docs/hub.md tells how models are fetched, and how to do without a network"),
        Error::Schema { .. } => {
            Some("give CREATE TABLE text as --schema, a SQLite file as --db, or tables.json as --tables with --db-id")
        }
        _ => None,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    kinds.into_iter().any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

/// One line of results.
fn print(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
