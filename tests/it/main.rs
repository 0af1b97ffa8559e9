//! All integration tests in one binary, a module for each part of the house.
//!
//! What needs the benchmark's files asks [`data`] for their place and is skipped loudly where they are not there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

mod arch;
mod cli;
mod ddl;
mod decode;
mod fake;
mod fetch;
mod form;
mod generate;
mod grammar;
mod hub;
mod laws;
mod link;
mod link_gold;
mod model;
mod schema;
mod selector;
mod serve;
mod small_hub;
mod sql;
mod summary;
mod text_sql;
mod tiny;

use std::path::{Path, PathBuf};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file or folder of the benchmark data (`ARGIOPE_DATA`, else `../shared/data`), or `None` with a loud note.
#[allow(dead_code, reason = "the modules that need data use it")]
pub(crate) fn data(relative: &str) -> Option<PathBuf> {
    let base = std::env::var_os("ARGIOPE_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let path = base.join(relative);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: no {} (set ARGIOPE_DATA to the folder of the benchmark data)", path.display());
    None
}
