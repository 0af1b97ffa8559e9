//! Settings: flag, then environment (both read by clap), then the configuration file, then the default.

use super::flags::{CommonFlags, ServeFlags};
use crate::pipeline::{
    DEFAULT_BEAM_WIDTH, DEFAULT_MODEL, DEFAULT_SUMMARY_MODEL, DeviceChoice, Engine, LARGEST_BEAM_WIDTH, Places,
    Purpose, Summariser, TextEngine, TextOptions, load,
};
use crate::serve::ServeSettings;
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The content of a configuration file; every key may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    model: Option<String>,
    device: Option<String>,
    beam_width: Option<usize>,
    addr: Option<SocketAddr>,
    queue: Option<usize>,
    deadline_ms: Option<u64>,
    max_body_bytes: Option<usize>,
    text_models: Option<Vec<String>>,
}

/// What holds for a run.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) model: String,
    pub(super) device: DeviceChoice,
    pub(super) beam_width: usize,
    /// The model where one is named anywhere: summaries have another default, texts have none.
    pub(super) named_model: Option<String>,
    /// The beam's width where it is named anywhere; checkpoints have their own.
    pub(super) named_beam_width: Option<usize>,
    file: File,
}

impl Settings {
    /// From flags and environment, and from the file that they name or that lies at the usual place.
    pub(super) fn read(flags: &CommonFlags) -> anyhow::Result<Self> {
        let mut file = match flags.config.clone().or_else(usual_file) {
            Some(path) => read_file(&path)?,
            None => File::default(),
        };
        let named_beam_width = flags.beam_width.or(file.beam_width);
        let beam_width = named_beam_width.unwrap_or(DEFAULT_BEAM_WIDTH);
        ensure!(
            (1..=LARGEST_BEAM_WIDTH).contains(&beam_width),
            "beam_width must be 1 to {LARGEST_BEAM_WIDTH}, not {beam_width}"
        );
        let device = flags.device.clone().or_else(|| file.device.take()).unwrap_or_else(|| "cpu".to_owned());
        let named_model = flags.model.clone().or_else(|| file.model.take());
        let model = named_model.clone().unwrap_or_else(|| DEFAULT_MODEL.to_owned());
        Ok(Self { model, device: device.parse()?, beam_width, named_model, named_beam_width, file })
    }

    /// The settings of `argiope serve`.
    pub(super) fn serve(&self, flags: &ServeFlags) -> ServeSettings {
        let default = ServeSettings::default();
        let deadline_ms = flags.deadline_ms.or(self.file.deadline_ms);
        ServeSettings {
            addr: flags.addr.or(self.file.addr).unwrap_or(default.addr),
            beam_width: self.beam_width,
            queue: flags.queue.or(self.file.queue).unwrap_or(default.queue),
            deadline: deadline_ms.map_or(default.deadline, Duration::from_millis),
            max_body_bytes: flags.max_body_bytes.or(self.file.max_body_bytes).unwrap_or(default.max_body_bytes),
            grace: default.grace,
        }
    }

    /// The text-to-text models of `argiope serve`.
    pub(super) fn text_models<'a>(&'a self, flags: &'a ServeFlags) -> &'a [String] {
        if flags.text_model.is_empty() {
            self.file.text_models.as_deref().unwrap_or_default()
        } else {
            &flags.text_model
        }
    }

    /// The engine with the chosen model.
    pub(super) fn engine(&self) -> anyhow::Result<Engine> {
        let folder = Places::from_environment().find(&self.model)?;
        load(&folder, self.device).with_context(|| format!("loading the model {}", self.model))
    }

    /// The chosen model for summaries, or the usual one.
    pub(super) fn summariser(&self) -> anyhow::Result<Summariser> {
        let name = self.named_model.as_deref().unwrap_or(DEFAULT_SUMMARY_MODEL);
        let folder = Places::from_environment().find(name)?;
        Summariser::load(&folder, self.device).with_context(|| format!("loading the model {name}"))
    }

    /// The text-to-text checkpoint, where the model named is one.
    pub(super) fn text_model(&self) -> anyhow::Result<Option<TextEngine>> {
        let Some(name) = &self.named_model else { return Ok(None) };
        let entry = Places::from_environment().entry(name)?;
        if !matches!(entry.purpose, Purpose::Text { .. }) {
            return Ok(None);
        }
        let options = TextOptions { device: self.device, ..TextOptions::default() };
        Ok(Some(TextEngine::load(entry, options).with_context(|| format!("loading the model {name}"))?))
    }

    /// As [`Settings::summariser`]; without a model where the usual one is not here.
    pub(super) fn summariser_if_any(&self) -> anyhow::Result<Summariser> {
        if self.named_model.is_some() {
            return self.summariser();
        }
        Ok(Summariser::find(&Places::from_environment(), DEFAULT_SUMMARY_MODEL, self.device)?)
    }
}

fn read_file(path: &Path) -> anyhow::Result<File> {
    let context = || format!("reading the settings in {}", path.display());
    let text = std::fs::read_to_string(path).with_context(context)?;
    serde_json::from_str(&text).with_context(context)
}

/// `argiope/config.json` in the user's configuration folder, where it exists.
fn usual_file() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))?;
    Some(base.join("argiope/config.json")).filter(|path| path.is_file())
}
