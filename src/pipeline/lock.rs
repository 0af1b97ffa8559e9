//! The lock file: which commit a model's name means here, and what its files are.
//!
//! JSON, written by `fetch` and read wherever a model is asked for by name, so that a name means the same files until
//! somebody says otherwise. Copied to another machine (`ARGIOPE_LOCK`), it means the same files there.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// The format that is read and written.
const VERSION: u32 = 1;

/// Every pinned model, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lock {
    version: u32,
    models: BTreeMap<String, Pin>,
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pin {
    /// The revision that was asked for.
    pub(super) revision: String,
    /// The commit that it was.
    pub(super) commit: String,
    /// The files that were fetched.
    pub(super) files: BTreeMap<String, PinnedFile>,
}

/// A file of a pinned model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PinnedFile {
    /// In lower-case hexadecimal.
    pub(super) sha256: String,
    pub(super) bytes: u64,
}

impl Lock {
    /// The file's content; empty where there is no file.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { version: VERSION, models: BTreeMap::new() });
            }
            Err(source) => return Err(Error::Io { context: format!("reading {}", path.display()), source }),
        };
        let wrong = |what: String| Error::input(format!("the lock file {}: {what}", path.display()));
        let lock: Self = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if lock.version != VERSION {
            return Err(wrong(format!("version {}, this program knows {VERSION}", lock.version)));
        }
        Ok(lock)
    }

    /// What is pinned for a name.
    pub(super) fn pin(&self, id: &str) -> Option<&Pin> {
        self.models.get(id)
    }

    /// Pins a name in the file, whatever another process pins meanwhile.
    pub(super) fn add(path: &Path, id: &str, pin: Pin) -> Result<()> {
        let failed = |source| Error::Io { context: format!("writing {}", path.display()), source };
        let beside = |ending: &str| path.with_added_extension(ending);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let guard = File::create(beside("guard")).map_err(failed)?;
        guard.lock().map_err(failed)?;
        let mut lock = Self::read(path)?;
        if lock.models.get(id) == Some(&pin) {
            return Ok(());
        }
        lock.models.insert(id.to_owned(), pin);
        let text = serde_json::to_string_pretty(&lock).map_err(|error| Error::internal(error.to_string()))?;
        let partial = beside("partial");
        std::fs::write(&partial, text + "\n").map_err(failed)?;
        std::fs::rename(&partial, path).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_read_back_and_replaced() {
        let folder = std::env::temp_dir().join(format!("argiope-lock-{}", std::process::id()));
        let path = folder.join("below/argiope.lock");
        let pin = |commit: &str| Pin {
            revision: "main".to_owned(),
            commit: commit.to_owned(),
            files: BTreeMap::from([("config.json".to_owned(), PinnedFile { sha256: "00".to_owned(), bytes: 3 })]),
        };
        assert_eq!(Lock::read(&path).unwrap().pin("a/b"), None);
        for (id, commit) in [("a/b", "1"), ("c", "2"), ("a/b", "3")] {
            Lock::add(&path, id, pin(commit)).unwrap();
        }
        let lock = Lock::read(&path).unwrap();
        assert_eq!((lock.pin("a/b"), lock.pin("c")), (Some(&pin("3")), Some(&pin("2"))));
        std::fs::write(&path, r#"{"version": 2, "models": {}}"#).unwrap();
        assert!(Lock::read(&path).unwrap_err().to_string().contains("version 2"));
        std::fs::write(&path, "{").unwrap();
        assert!(Lock::read(&path).unwrap_err().to_string().contains("argiope.lock"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
