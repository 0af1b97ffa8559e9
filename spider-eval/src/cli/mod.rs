//! The command line: reads options, calls the library, prints results to stdout and everything else to stderr.

mod candidates;
mod compare;
mod rouge;
mod run;
mod schemas;
mod score;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The judge: official and strict scores of SQL predictions, ROUGE, paired comparison of runs.
#[derive(Debug, Parser)]
#[command(name = "spider-eval", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Score a file of predictions against gold.
    Score(score::Arguments),
    /// Ask a model every question of a data folder and score its answers.
    Run(run::Arguments),
    /// Write down all queries that a model's search finds, judged, to fit a ranking on.
    Candidates(candidates::Arguments),
    /// Compare two systems on the same examples: what flipped, and whether it may be chance.
    Compare(compare::Arguments),
    /// Score a file of summaries against references.
    Rouge(rouge::Arguments),
}

/// Runs the command line; exit 0 done, 1 done with failures that are listed, 2 error.
pub fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Score(arguments) => score::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Candidates(arguments) => candidates::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Rouge(arguments) => rouge::run(&arguments),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Writes to stdout; a reader that has gone is no error.
fn print(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
