//! `argiope fetch`: a model from the hub onto this machine.

use super::flags::FetchFlags;
use super::{Outcome, print};
use crate::pipeline::{FetchProgress, HubName, HubSettings, fetch};
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

/// Fetches and prints the folder.
pub(super) fn run(flags: &FetchFlags) -> anyhow::Result<Outcome> {
    let name = HubName::parse(&flags.name)?;
    let settings = HubSettings::from_environment().context("no home folder: HF_HOME must name one for models")?;
    let fetched = fetch(&name, &settings, &mut Bar::default()).with_context(|| format!("fetching {name}"))?;
    let size = fetched.bytes as f64 / 1e6;
    let came = match fetched.fetched {
        0 => "all of it was here".to_owned(),
        bytes => format!("{:.1} MB came over the network", bytes as f64 / 1e6),
    };
    eprintln!("{} at {}: {size:.1} MB, {came}", name.id, fetched.commit);
    print(&fetched.folder.display().to_string())?;
    Ok(Outcome::Done)
}

/// A bar a file, on stderr.
#[derive(Default)]
struct Bar(Option<ProgressBar>);

impl FetchProgress for Bar {
    fn begin(&mut self, file: &str, bytes: Option<u64>, have: u64) {
        self.end();
        let bar = match bytes {
            Some(bytes) => ProgressBar::new(bytes),
            None => ProgressBar::new_spinner(),
        };
        let template = "{msg:24} {bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(file.to_owned());
        bar.set_position(have);
        bar.reset_eta();
        self.0 = Some(bar);
    }

    fn advance(&mut self, bytes: u64) {
        self.0.iter().for_each(|bar| bar.inc(bytes));
    }

    fn end(&mut self) {
        self.0.take().iter().for_each(ProgressBar::finish);
    }

    fn note(&mut self, text: &str) {
        eprintln!("{text}");
    }
}
