//! Results that are worth keeping: within a run for every query text; between runs, by (database hash, query), for gold
//! and for whatever took long.
//!
//! A store file holds one database's results. It is a plain list of texts and rows; one that cannot be read is passed
//! over and written anew.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::guard::Failure;
use super::rows::{Rows, Value};
use crate::error::{Error, Result};

/// What opens a store file; changes with its form.
const MAGIC: &[u8; 8] = b"argiope2";

/// A query that took longer is worth keeping though it is not gold: reading it back takes less.
const SLOW: Duration = Duration::from_millis(5);

/// Stands where the width of a result would, for a query that was stopped at its row limit.
const STOPPED: u64 = u64::MAX;

/// What a query gave.
pub(crate) type Kept = Arc<std::result::Result<Rows, Failure>>;

/// A result that is computed at most once.
type Place = Arc<OnceLock<Computed>>;

/// A result, and what is known of its worth.
struct Computed {
    result: Kept,
    is_slow: bool,
    is_read: bool,
}

/// The results of one database, by query text.
#[derive(Default)]
pub(crate) struct Store {
    kept: Mutex<HashMap<String, Place>>,
}

impl Store {
    /// The result of a text, computed on the first request only.
    pub(crate) fn get(&self, sql: &str, compute: impl FnOnce() -> std::result::Result<Rows, Failure>) -> Kept {
        let timed = || {
            let begin = Instant::now();
            let result = Arc::new(compute());
            Computed { result, is_slow: begin.elapsed() > SLOW, is_read: false }
        };
        Arc::clone(&self.place(sql).get_or_init(timed).result)
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

    /// Writes the results of the texts that are gold, of those that took long, and of those that were read, unless all
    /// were read. Failures, but for stops at the row limit, and what may change from run to run are left out.
    pub(crate) fn save(&self, path: &Path, gold: &HashSet<String>) -> Result<()> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().filter_map(|(sql, place)| Some((sql, place.get()?)));
        let is_worth = |sql: &String, one: &Computed| one.is_read || one.is_slow || gold.contains(sql);
        let lasts = |one: &Computed| matches!(one.result.as_ref(), Ok(_) | Err(Failure::Rows(_)));
        let mut worth: Vec<(&String, &Computed)> =
            found.filter(|(sql, one)| lasts(one) && is_steady(sql) && is_worth(sql, one)).collect();
        if worth.iter().all(|(_, one)| one.is_read) {
            return Ok(());
        }
        worth.sort_by_key(|(sql, _)| *sql);
        let mut out = MAGIC.to_vec();
        for (sql, one) in worth {
            write_bytes(&mut out, sql.as_bytes());
            write_result(&mut out, one.result.as_ref().as_ref());
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

/// Where a database's results are kept.
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

fn write_result(out: &mut Vec<u8>, result: std::result::Result<&Rows, &Failure>) {
    match result {
        Ok(rows) => write_rows(out, rows),
        Err(Failure::Rows(limit)) => {
            out.extend(STOPPED.to_le_bytes());
            out.extend((*limit as u64).to_le_bytes());
        }
        Err(_) => {}
    }
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
            let result = Arc::new(self.result()?);
            kept.insert(sql, Arc::new(OnceLock::from(Computed { result, is_slow: false, is_read: true })));
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

    fn result(&mut self) -> Option<std::result::Result<Rows, Failure>> {
        let (width, count) = (u64::from_le_bytes(self.word()?), self.length()?);
        match width {
            STOPPED => Some(Err(Failure::Rows(count))),
            _ => self.rows(usize::try_from(width).ok()?, count).map(Ok),
        }
    }

    fn rows(&mut self, width: usize, count: usize) -> Option<Rows> {
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
        store.get("SELECT 3", || Ok(rows.clone()));
        let stop = || {
            std::thread::sleep(SLOW);
            Err(Failure::Rows(7))
        };
        store.get("SELECT 4", stop);
        let path = std::env::temp_dir().join(format!("store-{}.gold", std::process::id()));
        store.save(&path, &["SELECT 1".to_owned(), "SELECT 2".to_owned()].into()).unwrap();
        let read = Store::load(&path);
        let again = |sql| read.get(sql, || Err(Failure::NotReadOnly));
        assert_eq!(again("SELECT 1").as_ref(), &Ok(rows));
        assert_eq!(again("SELECT 3").as_ref(), &Err(Failure::NotReadOnly), "neither gold nor slow");
        assert_eq!(again("SELECT 4").as_ref(), &Err(Failure::Rows(7)));
        std::fs::write(&path, b"argiope2spoilt").unwrap();
        assert!(Store::load(&path).kept.lock().unwrap().is_empty());
        std::fs::remove_file(&path).unwrap();
    }
}
