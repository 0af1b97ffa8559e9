//! Runs one query on one database so that nothing can happen to either the database or the judge.
//!
//! Read-only and immutable opening, an authorizer that lets SELECT through and nothing else, a time limit by the progress
//! handler, limits on rows, on memory held by a result and on the length of a value.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error as SqliteError, ErrorCode, OpenFlags, Row};

use super::rows::{Rows, Value};
use crate::error::{Error, Result};

/// How many steps of SQLite's machine pass between looks at the clock (about 0.1 ms).
const STEPS_BETWEEN_LOOKS: i32 = 10_000;
/// The longest text or blob a query may make, in bytes.
const VALUE_LIMIT: i32 = 64 << 20;
/// How much of a database file is mapped instead of read, in bytes.
const MAPPED_BYTES: i64 = 1 << 30;
/// The size in bytes from which a database is worth a look at each query's plan.
const LARGE: u64 = 4 << 20;
/// How much memory SQLite may hold in this process, in bytes.
const HEAP_LIMIT: i64 = 2 << 30;

/// What one query may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// How long it may run.
    pub time: Duration,
    /// How many rows it may return.
    pub rows: usize,
    /// How many bytes its result may hold.
    pub bytes: usize,
}

impl Default for Limits {
    /// 30 s, a million rows, 256 MiB.
    fn default() -> Self {
        Self { time: Duration::from_secs(30), rows: 1_000_000, bytes: 256 << 20 }
    }
}

/// Why a query gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// SQLite refuses it or fails in it.
    #[error("{0}")]
    Sqlite(String),
    /// It is not a read.
    #[error("not a read-only query")]
    NotReadOnly,
    /// It ran longer than allowed.
    #[error("ran longer than {} s", .0.as_secs_f64())]
    Time(Duration),
    /// It returned more rows than allowed.
    #[error("more than {0} rows")]
    Rows(usize),
    /// Its result holds more bytes than allowed.
    #[error("a result of more than {0} bytes")]
    Bytes(usize),
}

/// An open database.
pub struct Session {
    /// Keeps what a query sorts in a temporary file, which is the fastest way to sort.
    connection: Connection,
    /// Keeps it in memory, where indexes that a query builds for itself are twice as fast; only for a large database.
    in_memory: Option<Connection>,
    clock: Clock,
}

/// The deadline that the progress handler looks at, in microseconds since `start`; the largest number for none.
#[derive(Clone)]
struct Clock {
    start: Instant,
    deadline: Arc<AtomicU64>,
}

impl Clock {
    fn new() -> Self {
        Self { start: Instant::now(), deadline: Arc::new(AtomicU64::new(u64::MAX)) }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn arm(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.deadline.store(self.now().saturating_add(time), Ordering::Relaxed);
    }

    fn passed(&self) -> bool {
        self.now() > self.deadline.load(Ordering::Relaxed)
    }
}

impl Session {
    /// Opens a database file.
    ///
    /// # Errors
    /// The file is missing or is not an SQLite database.
    pub fn open(path: &Path) -> Result<Self> {
        let refused =
            |error: SqliteError| Error::input(format!("{}: not a readable SQLite database: {error}", path.display()));
        if !path.is_file() {
            return Err(Error::input(format!("{}: no such database", path.display())));
        }
        let clock = Clock::new();
        let open = |temp_store| connect(path, &clock, temp_store).map_err(refused);
        let is_large = path.metadata().is_ok_and(|data| data.len() > LARGE);
        let (connection, in_memory) = (open("file")?, if is_large { Some(open("memory")?) } else { None });
        Ok(Self { connection, in_memory, clock })
    }

    /// Runs a query.
    ///
    /// A text without any statement has an empty result, as in the official script.
    ///
    /// # Errors
    /// The query fails, is not a read, or goes over a limit.
    pub fn run(&self, sql: &str, limits: Limits) -> std::result::Result<Rows, Failure> {
        match self.head(sql, limits)? {
            (_, true) => Err(Failure::Rows(limits.rows)),
            (rows, false) => Ok(rows),
        }
    }

    /// As [`Session::run`], but ends at the row limit without a failure; says whether there was more.
    ///
    /// # Errors
    /// The query fails, is not a read, or goes over another limit.
    pub fn head(&self, sql: &str, limits: Limits) -> std::result::Result<(Rows, bool), Failure> {
        self.clock.arm(limits.time);
        let mut statement = match self.connection_for(sql).prepare(sql) {
            Err(SqliteError::Empty) => return Ok((Rows::default(), false)),
            other => other.map_err(|error| failure(&error, limits))?,
        };
        let mut rows = Rows { width: statement.column_count(), ..Rows::default() };
        let mut bytes = 0;
        let mut found = statement.query([]).map_err(|error| failure(&error, limits))?;
        while let Some(row) = found.next().map_err(|error| failure(&error, limits))? {
            if rows.count == limits.rows {
                return Ok((rows, true));
            }
            bytes += push(&mut rows, row).map_err(|error| failure(&error, limits))?;
            if bytes > limits.bytes {
                return Err(Failure::Bytes(limits.bytes));
            }
        }
        Ok((rows, false))
    }

    /// The connection that is faster for a query.
    fn connection_for(&self, sql: &str) -> &Connection {
        match &self.in_memory {
            Some(connection) if builds_index(connection, sql).unwrap_or(false) => connection,
            _ => &self.connection,
        }
    }
}

/// Whether SQLite's plan of a query has an index that lives as long as the query.
fn builds_index(connection: &Connection, sql: &str) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let mut steps = statement.query([])?;
    while let Some(step) = steps.next()? {
        if step.get_ref("detail")?.as_str().is_ok_and(|detail| detail.contains(" AUTOMATIC ")) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn connect(path: &Path, clock: &Clock, temp_store: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(uri(path), flags)?;
    connection.pragma_update(None, "temp_store", temp_store)?;
    secure(&mut connection, clock.clone())?;
    Ok(connection)
}

/// SQLite's URI of a file that nobody writes to.
fn uri(path: &Path) -> String {
    let path = path.to_string_lossy();
    let escaped = path.chars().fold(String::with_capacity(path.len() + 32), |mut out, letter| {
        match letter {
            '%' => out.push_str("%25"),
            '?' => out.push_str("%3f"),
            '#' => out.push_str("%23"),
            _ => out.push(letter),
        }
        out
    });
    format!("file:{escaped}?mode=ro&immutable=1")
}

fn secure(connection: &mut Connection, clock: Clock) -> rusqlite::Result<()> {
    connection.pragma_update(None, "hard_heap_limit", HEAP_LIMIT)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "mmap_size", MAPPED_BYTES)?;
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_LIMIT)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || clock.passed()))?;
    connection.authorizer(Some(allow_reads))
}

fn allow_reads(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Function { function_name } if function_name.eq_ignore_ascii_case("load_extension") => {
            Authorization::Deny
        }
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Function { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}

/// Adds a row; returns about how many bytes it holds.
fn push(rows: &mut Rows, row: &Row<'_>) -> rusqlite::Result<usize> {
    let mut bytes = rows.width * size_of::<Value>();
    for column in 0..rows.width {
        let value = match row.get_ref(column)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Text(text) => Value::Text(decoded(text)),
            ValueRef::Blob(blob) => Value::Blob(blob.into()),
        };
        bytes += match &value {
            Value::Text(text) => text.len(),
            Value::Blob(blob) => blob.len(),
            _ => 0,
        };
        rows.cells.push(value);
    }
    rows.count += 1;
    Ok(bytes)
}

/// Text without the bytes that are not UTF-8.
fn decoded(bytes: &[u8]) -> Box<str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.utf8_chunks().map(|chunk| chunk.valid()).collect::<String>().into(),
    }
}

fn failure(error: &SqliteError, limits: Limits) -> Failure {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => Failure::Time(limits.time),
        Some(ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly) => Failure::NotReadOnly,
        _ => Failure::Sqlite(error.to_string()),
    }
}
