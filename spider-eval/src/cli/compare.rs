//! `spider-eval compare`: two systems on the same examples.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::compare;
use crate::score::json::Scores;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The first system: a run folder or a file of `score --json`; several runs with commas between.
    #[arg(value_name = "RUN_A")]
    left: String,
    /// The second system, likewise.
    #[arg(value_name = "RUN_B")]
    right: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let read =
        |paths: &str| paths.split(',').map(|path| compare::read(Path::new(path))).collect::<Result<Vec<Scores>, _>>();
    super::print(&compare::report(&read(&arguments.left)?, &read(&arguments.right)?)?);
    Ok(ExitCode::SUCCESS)
}
