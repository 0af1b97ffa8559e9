//! What a run was made with. Two runs with the same stamp may be continued one by the other.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::exec::file_hash;
use crate::score::METRIC_VERSION;

/// Everything that may change a run's numbers.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Stamp {
    /// The commit of the source tree it was started in; `unknown` outside one.
    pub commit: String,
    /// Whether that tree had no changes.
    pub clean: bool,
    /// The model's name.
    pub model: String,
    /// The SHA-256 of its files.
    pub weights_hash: String,
    /// The SHA-256 of questions, gold and schemas.
    pub data_hash: String,
    /// The version of the metric.
    pub metric_version: String,
    /// The seed; decoding draws nothing, so it is always 0.
    pub seed: u64,
    /// The settings.
    pub settings: Settings,
    /// The machine: system, architecture, processor, threads.
    pub machine: String,
}

/// How questions are put to the model.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
pub struct Settings {
    /// Hypotheses kept by the search.
    pub beam_width: usize,
    /// Whether cell values of the databases may be used.
    pub use_values: bool,
    /// Whether the model saw the databases' own `CREATE TABLE` text and nothing else.
    #[serde(default)]
    pub ddl_only: bool,
    /// Whether the queries found were tried on the database, and those that return nothing gave way.
    #[serde(default)]
    pub guided: bool,
    /// Whether the curated names of `tables.json` may be used.
    pub curated_names: bool,
    /// The fixed subset only.
    pub fast: bool,
    /// The first so many examples only.
    pub limit: Option<usize>,
}

/// The commit and whether the tree is clean.
pub(super) fn commit() -> (String, bool) {
    let git = |arguments: &[&str]| -> Option<String> {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let clean = git(&["status", "--porcelain"]).is_some_and(|changes| changes.is_empty());
    (commit, clean)
}

/// One hash of several files.
pub(super) fn hash_of(paths: &[&Path]) -> Result<String> {
    let hashes = paths.iter().map(|path| file_hash(path)).collect::<Result<Vec<String>>>()?;
    Ok(Sha256::digest(hashes.join("\n")).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// System, architecture, processor and threads.
pub(super) fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("", |(_, name)| name);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{} {}, {name}, {threads} threads", std::env::consts::OS, std::env::consts::ARCH)
}

impl Stamp {
    /// Writes the stamp into a run folder, or checks it against the one that is there.
    ///
    /// # Errors
    /// The folder holds a run with another stamp: says what differs.
    pub(super) fn settle(&self, folder: &Path) -> Result<()> {
        let path = folder.join("run.json");
        if let Ok(text) = std::fs::read_to_string(&path) {
            let found: Self = serde_json::from_str(&text)
                .map_err(|error| Error::input(format!("{}: no stamp of a run: {error}", path.display())))?;
            let differing = self.differing(&found);
            if differing.is_empty() {
                return Ok(());
            }
            return Err(Error::input(format!(
                "{} holds another run ({} differ); choose another folder",
                folder.display(),
                differing.join(", ")
            )));
        }
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::input(error.to_string()))?;
        std::fs::write(&path, text + "\n").map_err(|source| Error::io("writing", &path, source))
    }

    fn differing(&self, other: &Self) -> Vec<&'static str> {
        let fields = [
            ("commit", self.commit == other.commit && self.clean == other.clean),
            ("model", self.model == other.model),
            ("weights", self.weights_hash == other.weights_hash),
            ("data", self.data_hash == other.data_hash),
            ("metric version", self.metric_version == other.metric_version),
            ("settings", self.settings == other.settings && self.seed == other.seed),
        ];
        fields.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
    }

    /// The stamp of a run that starts now, with hashes of the model's and the data's files.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn new(model: &str, weights: &[&Path], data: &[&Path], settings: Settings) -> Result<Self> {
        let (commit, clean) = commit();
        Ok(Self {
            commit,
            clean,
            model: model.to_owned(),
            weights_hash: hash_of(weights)?,
            data_hash: hash_of(data)?,
            metric_version: METRIC_VERSION.to_owned(),
            seed: 0,
            settings,
            machine: machine(),
        })
    }
}
