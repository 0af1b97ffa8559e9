//! Results that are worth keeping: within a run for every query text, between runs for gold, by (database hash, query).
//!
//! A store file holds one database's gold results. It is a plain list of texts and rows; one that cannot be read is
//! passed over and written anew.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};

use super::guard::Failure;
use super::rows::{Rows, Value};
use crate::error::{Error, Result};

/// What opens a store file; changes with its form.
const MAGIC: &[u8; 8] = b"argiope1";

/// What a query gave.
pub(crate) type Kept = Arc<std::result::Result<Rows, Failure>>;

/// A result that is computed at most once.
type Place = Arc<OnceLock<Kept>>;

/// The results of one database, by query text.
#[derive(Default)]
pub(crate) struct Store {
    kept: Mutex<HashMap<String, Place>>,
}

impl Store {
    /// The result of a text, computed on the first request only.
    pub(crate) fn get(&self, sql: &str, compute: impl FnOnce() -> std::result::Result<Rows, Failure>) -> Kept {
        Arc::clone(self.place(sql).get_or_init(|| Arc::new(compute())))
    }

    fn place(&self, sql: &str) -> Place {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.get(sql) {
            return Arc::clone(found);
        }
        Arc::clone(kept.entry(sql.to_owned()).or_default())
    }

    /// Reads what an earlier run kept; nothing where there is no such file or it is spoilt.
    pub(crate) fn load(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_default();
        let kept = Reader(&bytes).all().unwrap_or_default();
        Self { kept: Mutex::new(kept) }
    }

    /// Writes the results of these texts that are there, are no failures and cannot change from run to run.
    pub(crate) fn save<'a>(&self, path: &Path, texts: impl Iterator<Item = &'a str>) -> Result<()> {
        let mut out = MAGIC.to_vec();
        for sql in texts.filter(|sql| is_steady(sql)) {
            let place = self.place(sql);
            let Some(Ok(rows)) = place.get().map(|kept| kept.as_ref()) else { continue };
            write_bytes(&mut out, sql.as_bytes());
            write_rows(&mut out, rows);
        }
        let part = path.with_extension(format!("part{}", std::process::id()));
        let written = std::fs::write(&part, out).and_then(|()| std::fs::rename(&part, path));
        written.map_err(|source| Error::io("writing", path, source))
    }
}

/// Whether a query gives the same on every day.
fn is_steady(sql: &str) -> bool {
    let sql = sql.to_ascii_lowercase();
    !["random", "now", "current_", "date(", "julianday"].iter().any(|word| sql.contains(word))
}

/// Where a database's gold results are kept.
pub(crate) fn path_in(folder: &Path, database: &Path) -> Result<PathBuf> {
    Ok(folder.join(format!("{}.gold", file_hash(database)?)))
}

/// The SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn file_hash(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|source| Error::io("reading", path, source))?;
    Ok(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend(bytes);
}

fn write_rows(out: &mut Vec<u8>, rows: &Rows) {
    out.extend((rows.width as u64).to_le_bytes());
    out.extend((rows.count as u64).to_le_bytes());
    for value in &rows.cells {
        match value {
            Value::Null => out.push(0),
            Value::Integer(number) => {
                out.push(1);
                out.extend(number.to_le_bytes());
            }
            Value::Real(number) => {
                out.push(2);
                out.extend(number.to_le_bytes());
            }
            Value::Text(text) => {
                out.push(3);
                write_bytes(out, text.as_bytes());
            }
            Value::Blob(bytes) => {
                out.push(4);
                write_bytes(out, bytes);
            }
        }
    }
}

/// Reads a store file; every step ends with `None` where the bytes do not fit.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn all(mut self) -> Option<HashMap<String, Place>> {
        let mut kept = HashMap::new();
        if self.take(MAGIC.len())? != MAGIC {
            return None;
        }
        while !self.0.is_empty() {
            let sql = String::from_utf8(self.bytes()?.to_vec()).ok()?;
            let rows = self.rows()?;
            kept.insert(sql, Arc::new(OnceLock::from(Arc::new(Ok(rows)))));
        }
        Some(kept)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn word(&mut self) -> Option<[u8; 8]> {
        self.take(8)?.try_into().ok()
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.word()?)).ok()
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    fn rows(&mut self) -> Option<Rows> {
        let (width, count) = (self.length()?, self.length()?);
        let total = width.checked_mul(count).filter(|total| *total <= self.0.len())?;
        let cells = (0..total).map(|_| self.value()).collect::<Option<Vec<Value>>>()?;
        Some(Rows { width, cells, count })
    }

    fn value(&mut self) -> Option<Value> {
        Some(match self.take(1)? {
            [0] => Value::Null,
            [1] => Value::Integer(i64::from_le_bytes(self.word()?)),
            [2] => Value::Real(f64::from_le_bytes(self.word()?)),
            [3] => Value::Text(std::str::from_utf8(self.bytes()?).ok()?.into()),
            [4] => Value::Blob(self.bytes()?.into()),
            _ => return None,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_store_reads_back_what_it_wrote() {
        let cells =
            vec![Value::Null, Value::Integer(-3), Value::Real(0.5), Value::Text("é".into()), Value::Blob([7].into())];
        let rows = Rows { width: 5, count: 1, cells };
        let store = Store::default();
        store.get("SELECT 1", || Ok(rows.clone()));
        let path = std::env::temp_dir().join(format!("store-{}.gold", std::process::id()));
        store.save(&path, ["SELECT 1", "SELECT 2"].into_iter()).unwrap();
        let read = Store::load(&path);
        assert_eq!(read.get("SELECT 1", || Err(Failure::NotReadOnly)).as_ref(), &Ok(rows));
        std::fs::write(&path, b"argiope1spoilt").unwrap();
        assert!(Store::load(&path).kept.lock().unwrap().is_empty());
        std::fs::remove_file(&path).unwrap();
    }
}
