//! `argiope serve`.

use super::Outcome;
use super::flags::ServeFlags;
use super::settings::Settings;
use crate::pipeline::{DEFAULT_SUMMARY_MODEL, Places, Summariser, load};
use crate::serve;
use anyhow::Context;
use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// Serves until the process is told to stop.
pub(super) fn run(flags: &ServeFlags, settings: &Settings) -> anyhow::Result<Outcome> {
    log_to_stderr()?;
    let (model, device) = (settings.model.clone(), settings.device);
    let folder = Places::from_environment().find(&model)?;
    let places = Places::from_environment();
    let summaries = move || Summariser::find(&places, DEFAULT_SUMMARY_MODEL, device);
    serve::run(&settings.serve(flags), move || load(&folder, device), summaries)?;
    Ok(Outcome::Done)
}

/// `ARGIOPE_LOG` says how much; `info` where it is not set. Other crates are never heard: the SQL parser's debug lines
/// hold the SQL.
fn log_to_stderr() -> anyhow::Result<()> {
    let level = match std::env::var("ARGIOPE_LOG") {
        Ok(text) => text.parse().with_context(|| format!("ARGIOPE_LOG is {text:?}, not error, warn, info or debug"))?,
        Err(_) => LevelFilter::INFO,
    };
    let filter = EnvFilter::new(format!("off,argiope={level}"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    Ok(())
}
