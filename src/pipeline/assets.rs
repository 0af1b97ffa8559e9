//! Where models are: a name or a folder becomes the folder with its files.
//!
//! Looks at the environment and at folders, never at the network. A model is a folder that holds `config.json`,
//! `model.safetensors` and `tokenizer.json`.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The model that answers when none is named.
pub const DEFAULT_MODEL: &str = "sql-small";

/// The files that make a folder a model.
const FILES: [&str; 3] = ["config.json", "model.safetensors", "tokenizer.json"];

/// The folders in which models are looked for by name, first to last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    folders: Vec<PathBuf>,
}

/// A model found on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEntry {
    /// The folder's name, by which it is asked for.
    pub name: String,
    /// The folder.
    pub path: PathBuf,
    /// The size of its files, in bytes.
    pub bytes: u64,
    /// Files that a model needs and this folder lacks.
    pub missing: Vec<&'static str>,
}

impl Places {
    /// These folders and no others.
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders }
    }

    /// `ARGIOPE_WEIGHTS` alone where it is set; else `./weights`, `weights` beside the executable,
    /// `../share/argiope/weights` from there, and the `weights` of the source tree that the program was built in.
    pub fn from_environment() -> Self {
        if let Some(folder) = std::env::var_os("ARGIOPE_WEIGHTS").filter(|folder| !folder.is_empty()) {
            return Self::new(vec![folder.into()]);
        }
        let mut folders = vec![PathBuf::from("weights")];
        let executable = std::env::current_exe().ok().and_then(|path| path.canonicalize().ok());
        if let Some(beside) = executable.as_deref().and_then(Path::parent) {
            folders.push(beside.join("weights"));
            folders.push(beside.join("../share/argiope/weights"));
        }
        folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("weights"));
        Self::new(folders)
    }

    /// The folder of a model, by name or as a path.
    ///
    /// # Errors
    /// [`Error::Weights`] where there is none or files are missing; says where was looked and what is there.
    pub fn find(&self, model: &str) -> Result<PathBuf> {
        let is_path = model.contains(['/', '\\']) || model == "." || model == "..";
        let candidates: Vec<PathBuf> = if is_path {
            vec![PathBuf::from(model)]
        } else {
            self.folders.iter().map(|folder| folder.join(model)).collect()
        };
        let found = candidates.iter().find(|path| path.is_dir()).ok_or_else(|| self.unknown(model, is_path))?;
        let missing = missing_files(found);
        if missing.is_empty() {
            return Ok(found.clone());
        }
        Err(Error::weights(found.display().to_string(), format!("missing: {}", missing.join(", "))))
    }

    /// Every model in these folders, by name; of two with one name the one that [`Places::find`] gives.
    pub fn list(&self) -> Vec<ModelEntry> {
        let mut found: Vec<ModelEntry> = Vec::new();
        for entry in self.folders.iter().flat_map(|folder| models_in(folder)) {
            if !found.iter().any(|other| other.name == entry.name) {
                found.push(entry);
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    fn unknown(&self, model: &str, is_path: bool) -> Error {
        if is_path {
            return Error::weights(model, "no such folder");
        }
        let folders: Vec<String> = self.folders.iter().map(|folder| folder.display().to_string()).collect();
        let names: Vec<String> = self.list().into_iter().map(|entry| entry.name).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Error::weights(model, format!("no such model in {}; models found: {known}", folders.join(", ")))
    }
}

fn missing_files(folder: &Path) -> Vec<&'static str> {
    FILES.into_iter().filter(|file| !folder.join(file).is_file()).collect()
}

/// The models in one folder; a sub-folder without `config.json` is none.
fn models_in(folder: &Path) -> Vec<ModelEntry> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let models = entries.filter(|path| path.join("config.json").is_file());
    models
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            let sizes = FILES.iter().filter_map(|file| path.join(file).metadata().ok()).map(|data| data.len());
            Some(ModelEntry { name, bytes: sizes.sum(), missing: missing_files(&path), path })
        })
        .collect()
}
