//! Runs one read-only statement on a SQLite file, under limits.
//!
//! Nothing is trusted to the statement's looks: the file is opened read-only, an authorizer lets nothing but reading
//! through, and time and rows are bounded.

use crate::error::{Error, Result};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::{Duration, Instant};

/// Instructions of SQLite's machine between two looks at the clock.
const INSTRUCTIONS: i32 = 10_000;

/// What a run may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLimits {
    /// Time until it is interrupted.
    pub time: Duration,
    /// Rows read at most.
    pub rows: usize,
}

impl Default for RunLimits {
    /// Ten seconds; a thousand rows, more than a person reads.
    fn default() -> Self {
        Self { time: Duration::from_secs(10), rows: 1_000 }
    }
}

/// The rows of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    /// Names of the outputs.
    pub columns: Vec<String>,
    /// Cells as text; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// True where there were more rows than the limit.
    pub cut: bool,
}

/// Runs a statement.
///
/// # Errors
/// [`Error::Input`] where the file is no database, the statement fails, does anything but read, or takes too long.
pub fn run_read_only(path: &Path, sql: &str, limits: RunLimits) -> Result<Rows> {
    let failed = |error: rusqlite::Error| Error::input(format!("running it on {}: {error}", path.display()));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    guard(&mut connection, limits).map_err(failed)?;
    let rows = read(&connection, sql, limits.rows);
    rows.map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::OperationInterrupted) => {
            Error::input(format!("running it took longer than {} s", limits.time.as_secs_f64()))
        }
        _ => failed(error),
    })
}

fn guard(connection: &mut Connection, limits: RunLimits) -> rusqlite::Result<()> {
    connection.authorizer(Some(only_reading))?;
    let end = Instant::now() + limits.time;
    connection.progress_handler(INSTRUCTIONS, Some(move || Instant::now() > end))
}

fn only_reading(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if !function_name.eq_ignore_ascii_case("load_extension") => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}

fn read(connection: &Connection, sql: &str, most: usize) -> rusqlite::Result<Rows> {
    let mut statement = connection.prepare(sql)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut found = Rows { columns, ..Rows::default() };
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if found.rows.len() == most {
            found.cut = true;
            break;
        }
        let cells = (0..found.columns.len()).map(|place| row.get_ref(place).map(text_of));
        found.rows.push(cells.collect::<rusqlite::Result<_>>()?);
    }
    Ok(found)
}

fn text_of(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Some(format!("<{} bytes>", bytes.len())),
    }
}
