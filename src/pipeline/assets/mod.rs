//! Where models are: a name or a folder becomes the folder with its files.
//!
//! Looks at the environment and at folders, never at the network. A model is a folder that holds `config.json`, weights
//! and `tokenizer.json`: one of ours below a folder of weights, or a checkpoint in the hub's cache.

mod card;
mod entry;
mod hub_cache;
mod name;
mod settings;

pub use entry::{ModelEntry, Purpose};
pub(super) use entry::{WEIGHTS, shards};
pub(super) use hub_cache::HubCache;
pub use name::HubName;
pub(super) use name::{DEFAULT_REVISION, is_commit, is_plain};
pub use settings::HubSettings;

use super::lock::Lock;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The model that answers when none is named.
pub const DEFAULT_MODEL: &str = "sql-small";

/// Where models are looked for by name: folders of ours first to last, then the hub's cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    folders: Vec<PathBuf>,
    hub: Option<HubSettings>,
}

impl Places {
    /// These folders and no others.
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders, hub: None }
    }

    /// What was fetched from the hub too.
    pub fn with_hub(self, hub: HubSettings) -> Self {
        Self { hub: Some(hub), ..self }
    }

    /// `ARGIOPE_WEIGHTS` alone where it is set; else `./weights`, `weights` beside the executable,
    /// `../share/argiope/weights` from there, and the `weights` of the source tree that the program was built in. Then
    /// the hub's cache, see [`HubSettings::from_environment`].
    pub fn from_environment() -> Self {
        Self { folders: folders_from_environment(), hub: HubSettings::from_environment() }
    }

    /// The folder of a model, by name or as a path.
    ///
    /// # Errors
    /// As [`Places::entry`].
    pub fn find(&self, model: &str) -> Result<PathBuf> {
        Ok(self.entry(model)?.path)
    }

    /// A model, by name or as a path: a folder where there is one, else a name below [`Places::new`]'s folders, else
    /// one that was fetched from the hub.
    ///
    /// # Errors
    /// [`Error::Weights`] where there is none or files are missing; says where was looked and what is there.
    pub fn entry(&self, model: &str) -> Result<ModelEntry> {
        let folder = self.locate(model)?;
        let entry = ModelEntry::read(model.to_owned(), folder);
        if entry.missing.is_empty() {
            return Ok(entry);
        }
        Err(Error::weights(entry.path.display().to_string(), format!("missing: {}", entry.missing.join(", "))))
    }

    /// Every model in these places, by name; of two with one name the one that [`Places::find`] gives.
    pub fn list(&self) -> Vec<ModelEntry> {
        let mut found: Vec<ModelEntry> = Vec::new();
        let ours = self.folders.iter().flat_map(|folder| models_in(folder));
        let fetched = self.hub.iter().flat_map(fetched);
        for (name, path) in ours.chain(fetched) {
            if !found.iter().any(|other| other.name == name) {
                found.push(ModelEntry::read(name, path));
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    fn locate(&self, model: &str) -> Result<PathBuf> {
        if is_path(model) {
            let folder = PathBuf::from(model);
            return if folder.is_dir() { Ok(folder) } else { Err(Error::weights(model, "no such folder")) };
        }
        let here = Some(PathBuf::from(model)).filter(|_| model.contains('/'));
        let mut candidates = here.into_iter().chain(self.folders.iter().map(|folder| folder.join(model)));
        if let Some(folder) = candidates.find(|folder| folder.is_dir()) {
            return Ok(folder);
        }
        self.fetched(model)?.ok_or_else(|| self.unknown(model))
    }

    /// The snapshot that a hub's name means here: of its revision, else the pinned one, else that of `main`.
    fn fetched(&self, model: &str) -> Result<Option<PathBuf>> {
        let (Some(hub), Ok(name)) = (&self.hub, HubName::parse(model)) else { return Ok(None) };
        let cache = hub.cache();
        let lock = Lock::read(&hub.lock)?;
        let pinned = || lock.pin(&name.id).map(|pin| pin.commit.clone());
        let commit = match &name.revision {
            Some(revision) => cache.commit(&name.id, revision),
            None => pinned().or_else(|| cache.commit(&name.id, DEFAULT_REVISION)),
        };
        Ok(commit.map(|commit| cache.snapshot(&name.id, &commit)).filter(|folder| folder.is_dir()))
    }

    fn unknown(&self, model: &str) -> Error {
        let hub = self.hub.iter().map(|hub| &hub.cache);
        let folders: Vec<String> = self.folders.iter().chain(hub).map(|folder| folder.display().to_string()).collect();
        let names: Vec<String> = self.list().into_iter().map(|entry| entry.name).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let fetch = if model.contains('/') { format!("; `argiope fetch {model}` brings it") } else { String::new() };
        Error::weights(model, format!("no such model in {}; models found: {known}{fetch}", folders.join(", ")))
    }
}

/// The models in one folder with their names: the folder itself where it is one, else those below it.
pub fn models_below(folder: &Path) -> Vec<ModelEntry> {
    let name = |path: &Path| path.display().to_string();
    if folder.join(entry::CONFIG).is_file() {
        return vec![ModelEntry::read(name(folder), folder.to_owned())];
    }
    let mut found: Vec<ModelEntry> =
        models_in(folder).into_iter().map(|(_, path)| ModelEntry::read(name(&path), path)).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Whether this can only be a folder, not a name.
fn is_path(model: &str) -> bool {
    model == "."
        || model.starts_with(['/', '~'])
        || model.starts_with("./")
        || model.starts_with("..")
        || model.contains('\\')
}

fn folders_from_environment() -> Vec<PathBuf> {
    if let Some(folder) = std::env::var_os("ARGIOPE_WEIGHTS").filter(|folder| !folder.is_empty()) {
        return vec![folder.into()];
    }
    let mut folders = vec![PathBuf::from("weights")];
    let executable = std::env::current_exe().ok().and_then(|path| path.canonicalize().ok());
    if let Some(beside) = executable.as_deref().and_then(Path::parent) {
        folders.push(beside.join("weights"));
        folders.push(beside.join("../share/argiope/weights"));
    }
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("weights"));
    folders
}

/// The models below one folder; a sub-folder without `config.json` is none.
fn models_in(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let models = entries.filter(|path| path.join(entry::CONFIG).is_file());
    models.filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path))).collect()
}

/// What was fetched, each by the name that finds it: pinned ones first.
fn fetched(hub: &HubSettings) -> Vec<(String, PathBuf)> {
    let cache = hub.cache();
    let lock = Lock::read(&hub.lock).ok();
    let of = |(name, folder): (HubName, PathBuf)| match lock.as_ref().and_then(|lock| lock.pin(&name.id)) {
        Some(pin) if cache.snapshot(&name.id, &pin.commit).is_dir() => {
            let folder = cache.snapshot(&name.id, &pin.commit);
            (name.id, folder)
        }
        _ => (name.to_string(), folder),
    };
    cache.list().into_iter().map(of).collect()
}
