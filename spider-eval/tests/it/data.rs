//! Finds the benchmark's files, which are not part of the repository.

use std::path::PathBuf;

/// A path below the data folder (`ARGIOPE_DATA`, else `../shared/data` beside the workspace), or `None` with a message.
pub(crate) fn find(below: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let root = std::env::var_os("ARGIOPE_DATA").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let path = root.join(below);
    if !path.exists() {
        eprintln!(
            "SKIPPED: {} is not there; set ARGIOPE_DATA to the folder with the benchmark's files",
            path.display()
        );
        return None;
    }
    Some(path)
}
