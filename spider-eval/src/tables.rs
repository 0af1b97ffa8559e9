//! The judge's own view of a Spider schema: lower-case names as small numbers, and the foreign-key map of the official script.
//!
//! Owns the reading of `tables.json`. Knows nothing about queries or databases. It does not use the library's schema,
//! because it must keep what the official script keeps (duplicate keys, the order of keys) and nothing else.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};

/// A column in a judged query: its table and its place in it, or the star.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Column {
    /// The place of the table in the schema.
    pub table: u16,
    /// The place of the column in its table.
    pub column: u16,
}

impl Column {
    /// `*`, which belongs to no table.
    pub const STAR: Self = Self { table: u16::MAX, column: u16::MAX };
}

/// One table by its lower-case names.
#[derive(Debug, Clone)]
struct Table {
    name: String,
    columns: Vec<String>,
    by_name: HashMap<String, u16>,
}

/// One database as the exact match sees it.
#[derive(Debug, Clone)]
pub struct Tables {
    /// The name of the database.
    pub db_id: String,
    tables: Vec<Table>,
    by_name: HashMap<String, u16>,
    keys: HashMap<Column, Column>,
}

impl Tables {
    /// Builds a schema from table names with their columns and from foreign keys as pairs of column numbers, counted
    /// from 1 over all tables as in `tables.json` (0 is the star).
    pub fn new(db_id: &str, tables: &[(String, Vec<String>)], foreign_keys: &[(usize, usize)]) -> Self {
        let tables: Vec<Table> = tables.iter().map(|(name, columns)| Table::new(name, columns)).collect();
        let flat: Vec<Column> = (0..)
            .zip(&tables)
            .flat_map(|(table, found)| (0..).zip(&found.columns).map(move |(column, _)| Column { table, column }))
            .collect();
        let mut by_name = HashMap::new();
        for (place, table) in (0..).zip(&tables) {
            by_name.insert(table.name.clone(), place);
        }
        let mut built = Self { db_id: db_id.to_owned(), tables, by_name, keys: HashMap::new() };
        let column = |number: usize| number.checked_sub(1).and_then(|place| flat.get(place).copied());
        built.keys = key_map(foreign_keys, |number| column(number).map(|found| built.first_of_name(found)));
        built
    }

    /// The table of this lower-case name.
    pub fn table(&self, name: &str) -> Option<u16> {
        self.by_name.get(name).copied()
    }

    /// The lower-case name of a table.
    pub fn table_name(&self, table: u16) -> &str {
        self.tables.get(usize::from(table)).map_or("", |found| &found.name)
    }

    /// The column of this lower-case name in a table.
    pub fn column(&self, table: u16, name: &str) -> Option<Column> {
        let column = *self.tables.get(usize::from(table))?.by_name.get(name)?;
        Some(Column { table, column })
    }

    /// The lower-case name of a column, `*` for the star.
    pub fn column_name(&self, column: Column) -> &str {
        let table = self.tables.get(usize::from(column.table));
        table.and_then(|found| found.columns.get(usize::from(column.column))).map_or("*", String::as_str)
    }

    /// The column that stands for this one under the foreign keys.
    pub fn representative(&self, column: Column) -> Column {
        self.keys.get(&column).copied().unwrap_or(column)
    }

    /// Names that differ in case only are one name: the first place stands for all.
    fn first_of_name(&self, column: Column) -> Column {
        self.column(column.table, self.column_name(column)).unwrap_or(column)
    }
}

impl Table {
    fn new(name: &str, columns: &[String]) -> Self {
        let columns: Vec<String> = columns.iter().map(|column| column.to_lowercase()).collect();
        let mut by_name = HashMap::new();
        for (place, column) in (0..).zip(&columns) {
            by_name.entry(column.clone()).or_insert(place);
        }
        Self { name: name.to_lowercase(), columns, by_name }
    }
}

/// Quirk: keys join the first set that holds either side, so two sets that meet later stay apart, and where a column is
/// in two sets the later one counts.
fn key_map(pairs: &[(usize, usize)], column: impl Fn(usize) -> Option<Column>) -> HashMap<Column, Column> {
    let mut sets: Vec<Vec<usize>> = Vec::new();
    for &(from, to) in pairs {
        match sets.iter_mut().find(|set| set.contains(&from) || set.contains(&to)) {
            Some(set) => set.extend([from, to]),
            None => sets.push(vec![from, to]),
        }
    }
    let mut map = HashMap::new();
    for set in sets {
        let least = set.iter().min().and_then(|&number| column(number));
        let Some(least) = least else { continue };
        map.extend(set.iter().filter_map(|&number| column(number)).map(|member| (member, least)));
    }
    map
}

/// All schemas of a `tables.json`, by database.
#[derive(Debug, Clone, Default)]
pub struct AllTables {
    by_id: HashMap<String, Tables>,
}

/// One entry of `tables.json`; other fields are passed over.
#[derive(Deserialize)]
struct Entry {
    db_id: String,
    table_names_original: Vec<String>,
    column_names_original: Vec<(i64, String)>,
    foreign_keys: Vec<(usize, usize)>,
}

impl AllTables {
    /// Reads a `tables.json`.
    ///
    /// # Errors
    /// The file cannot be read, is not of Spider's form, or a column belongs to no table of its entry.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::io("reading", path, source))?;
        let entries: Vec<Entry> = serde_json::from_str(&text).map_err(|source| Error::Input {
            message: format!("{}: not a Spider tables.json: {source}", path.display()),
        })?;
        let tables = entries.iter().map(Tables::try_from).collect::<Result<Vec<_>>>();
        let tables = tables.map_err(|error| Error::Input { message: format!("{}: {error}", path.display()) })?;
        Ok(Self { by_id: tables.into_iter().map(|one| (one.db_id.clone(), one)).collect() })
    }

    /// The schema of a database.
    pub fn get(&self, db_id: &str) -> Option<&Tables> {
        self.by_id.get(db_id)
    }
}

impl TryFrom<&Entry> for Tables {
    type Error = Error;

    fn try_from(entry: &Entry) -> Result<Self> {
        let mut tables: Vec<(String, Vec<String>)> =
            entry.table_names_original.iter().map(|name| (name.clone(), Vec::new())).collect();
        let mut numbers = Vec::with_capacity(entry.column_names_original.len()); // old number → number table by table
        for (owner, name) in entry.column_names_original.iter().filter(|(owner, _)| *owner >= 0) {
            let table = usize::try_from(*owner).ok().and_then(|place| tables.get_mut(place));
            let Some(table) = table else {
                let message =
                    format!("database {}: column {name} belongs to table {owner}, which is not there", entry.db_id);
                return Err(Error::Input { message });
            };
            table.1.push(name.clone());
            numbers.push((*owner, table.1.len() - 1));
        }
        let before = |owner: i64| -> usize { tables.iter().zip(0..owner).map(|((_, columns), _)| columns.len()).sum() };
        let flat: Vec<usize> = numbers.iter().map(|&(owner, place)| before(owner) + place + 1).collect();
        let number = |old: usize| old.checked_sub(1).and_then(|place| flat.get(place)).copied().unwrap_or(0);
        let keys: Vec<(usize, usize)> =
            entry.foreign_keys.iter().map(|&(from, to)| (number(from), number(to))).collect();
        Ok(Self::new(&entry.db_id, &tables, &keys))
    }
}
