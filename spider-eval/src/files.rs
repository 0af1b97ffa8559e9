//! Reads gold and prediction files: one query a line, gold with its database after a tab. Every complaint names file and line.

use std::path::Path;

use crate::error::{Error, Result};

/// One line of a gold file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gold {
    /// The query.
    pub sql: String,
    /// Its database.
    pub db_id: String,
}

/// Reads a gold file.
///
/// # Errors
/// The file cannot be read, holds nothing, or a line has no query or no database.
pub fn read_gold(path: &Path) -> Result<Vec<Gold>> {
    let text = text(path)?;
    let mut gold = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let parts = line.split_once('\t').map(|(sql, id)| (sql.trim(), id.trim()));
        let Some((sql, db_id)) = parts.filter(|(sql, id)| !sql.is_empty() && !id.is_empty()) else {
            return Err(Error::input(format!("{}:{number}: not a query, a tab and a database", path.display())));
        };
        gold.push(Gold { sql: sql.to_owned(), db_id: db_id.to_owned() });
    }
    if gold.is_empty() { Err(Error::input(format!("{}: no gold queries", path.display()))) } else { Ok(gold) }
}

/// Reads a prediction file for a gold file: one line each, in the same order; an empty line is a prediction that failed.
///
/// What follows a tab may name the database, which must then be gold's.
///
/// # Errors
/// The file cannot be read, has more or fewer lines than gold, or names another database.
pub fn read_predictions(path: &Path, gold: &[Gold]) -> Result<Vec<String>> {
    let text = text(path)?;
    let lines: Vec<&str> = text.lines().collect();
    let extra = lines.get(gold.len()..).unwrap_or_default().iter().position(|line| !line.trim().is_empty());
    if lines.len() < gold.len() || extra.is_some() {
        let place = extra.map_or(lines.len(), |place| gold.len() + place) + 1;
        let fault = if extra.is_some() { "is one too many" } else { "is missing" };
        let (path, found, wanted) = (path.display(), lines.len(), gold.len());
        return Err(Error::input(format!(
            "{path}:{place}: this line {fault}: {found} predictions for {wanted} gold queries"
        )));
    }
    let of_line = |(number, (line, gold)): (usize, (&&str, &Gold))| match line.split_once('\t') {
        Some((_, id)) if id.trim() != gold.db_id && !id.trim().is_empty() && !id.contains(' ') => {
            let message = format!("a prediction for database {}, where gold asks {}", id.trim(), gold.db_id);
            Err(Error::input(format!("{}:{number}: {message}", path.display())))
        }
        Some((sql, _)) => Ok(sql.trim().to_owned()),
        None => Ok(line.trim().to_owned()),
    };
    (1..).zip(lines.iter().zip(gold)).map(of_line).collect()
}

/// A file's text; bytes that are not UTF-8 become replacement characters.
fn text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|source| Error::io("reading", path, source))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
