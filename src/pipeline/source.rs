//! Schemas from what the doors are given: DDL text, DDL files, a database beside a `tables.json`.

use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::schema::sqlite::{SampleLimits, add_samples};
use crate::sql::ddl;
use std::path::Path;

/// The schema that DDL text declares, with notes on what was passed over.
///
/// # Errors
/// [`Error::Schema`] with every finding.
pub fn read_ddl(text: &str, name: &str) -> Result<(Schema, Vec<String>)> {
    ddl::read(text, name)
}

/// As [`read_ddl`], from a file; the schema has the file's name without its ending.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read; [`Error::Schema`] where it is not text or declares nothing usable.
pub fn read_ddl_file(path: &Path) -> Result<(Schema, Vec<String>)> {
    let bytes =
        std::fs::read(path).map_err(|source| Error::Io { context: format!("reading {}", path.display()), source })?;
    let text = String::from_utf8(bytes).map_err(|error| not_text(path, &error))?;
    if let Some(at) = text.find('\0') {
        let finding = format!("{}: not a text file: a zero byte at byte {at}", path.display());
        return Err(Error::Schema { findings: vec![finding] });
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    read_ddl(&text, &name)
}

/// Fills a schema's samples from its database file; notes on what the file lacks.
///
/// # Errors
/// As [`add_samples`].
pub fn add_database(schema: &mut Schema, path: &Path) -> Result<Vec<String>> {
    add_samples(schema, path, SampleLimits::default())
}

fn not_text(path: &Path, error: &std::string::FromUtf8Error) -> Error {
    let bytes = error.as_bytes();
    let at = error.utf8_error().valid_up_to();
    let hint = if bytes.starts_with(b"SQLite format 3\0") { "; it is a SQLite database: give it as --db" } else { "" };
    Error::Schema { findings: vec![format!("{}: not UTF-8 text at byte {at}{hint}", path.display())] }
}
