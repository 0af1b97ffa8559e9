//! `argiope serve`.

use super::Outcome;
use super::flags::ServeFlags;
use super::settings::Settings;
use crate::pipeline::{
    DEFAULT_SUMMARY_MODEL, DeviceChoice, ModelEntry, Places, Summariser, TextEngine, TextOptions, load,
};
use crate::serve::{self, Load, Models};
use anyhow::{Context, ensure};
use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// Serves until the process is told to stop.
pub(super) fn run(flags: &ServeFlags, settings: &Settings) -> anyhow::Result<Outcome> {
    log_to_stderr()?;
    let (places, device) = (Places::from_environment(), settings.device);
    let entry = places.entry(&settings.model)?;
    let folder = entry.path.clone();
    let mut texts: Vec<(String, Load<TextEngine>)> = Vec::new();
    for model in settings.text_models(flags) {
        let (name, load) = text_model(places.entry(model)?, device);
        ensure!(texts.iter().all(|(other, _)| *other != name), "two text models have the name {name}");
        texts.push((name, load));
    }
    let models = Models {
        sql: Box::new(move || load(&folder, device)),
        sql_entry: Some(entry),
        summaries: Box::new(move || Summariser::find(&places, DEFAULT_SUMMARY_MODEL, device)),
        texts,
    };
    serve::run(&settings.serve(flags), models)?;
    Ok(Outcome::Done)
}

/// A checkpoint's name, and how it is loaded.
fn text_model(entry: ModelEntry, device: DeviceChoice) -> (String, Load<TextEngine>) {
    let options = TextOptions { device, ..TextOptions::default() };
    (entry.short_name().to_owned(), Box::new(move || TextEngine::load(entry, options)))
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
