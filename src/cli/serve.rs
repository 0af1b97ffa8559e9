//! `argiope serve`.

use super::Outcome;
use super::flags::ServeFlags;
use super::settings::Settings;
use crate::pipeline::{Places, load};
use crate::serve;
use tracing_subscriber::EnvFilter;

/// Serves until the process is told to stop.
pub(super) fn run(flags: &ServeFlags, settings: &Settings) -> anyhow::Result<Outcome> {
    log_to_stderr();
    let (model, device) = (settings.model.clone(), settings.device);
    let folder = Places::from_environment().find(&model)?;
    serve::run(&settings.serve(flags), move || load(&folder, device))?;
    Ok(Outcome::Done)
}

/// `ARGIOPE_LOG` says how much, as `tracing` filters do; `info` where it is not set.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("ARGIOPE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
