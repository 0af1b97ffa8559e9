//! What a model is shown of the databases it is asked about.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use argiope::pipeline::{self, Engine, Prepared};
use argiope::schema::Schema;
use argiope::schema::spider::read_tables;
use clap::Args;

use crate::exec::{Limits, Session, Value};

/// How much of a database is shown.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Shown {
    /// Use no cell values of the databases.
    #[arg(long)]
    no_values: bool,
    /// Use names as SQL spells them instead of the curated names of `tables.json`.
    #[arg(long)]
    plain_names: bool,
    /// Give the model each database's own CREATE TABLE text and nothing else, as an app would.
    #[arg(long, conflicts_with_all = ["no_values", "plain_names"])]
    pub(super) ddl_only: bool,
}

impl Shown {
    /// Whether cell values are.
    pub(super) fn values(self) -> bool {
        !self.no_values && !self.ddl_only
    }

    /// Whether the curated names are.
    pub(super) fn curated_names(self) -> bool {
        !self.plain_names && !self.ddl_only
    }
}

/// The schemas of a data folder, each made ready once.
pub(super) struct Schemas {
    data: PathBuf,
    shown: Shown,
    described: HashMap<String, Schema>,
    prepared: HashMap<String, Prepared>,
}

impl Schemas {
    /// Of a folder with `tables.json` and `database/ID/ID.sqlite`.
    pub(super) fn new(data: &Path, shown: Shown) -> Result<Self> {
        let schemas = read_tables(&data.join("tables.json"))?;
        let described = schemas.into_iter().map(|schema| (schema.name.clone(), schema)).collect();
        Ok(Self { data: data.to_owned(), shown, described, prepared: HashMap::new() })
    }

    /// Where a database lies.
    pub(super) fn database(&self, db_id: &str) -> PathBuf {
        self.data.join("database").join(db_id).join(format!("{db_id}.sqlite"))
    }

    /// One of them, ready for questions.
    pub(super) fn prepared(&mut self, engine: &Engine, db_id: &str) -> Result<Prepared> {
        if let Some(found) = self.prepared.get(db_id) {
            return Ok(found.clone());
        }
        let path = self.database(db_id);
        let (schema, notes) = match self.shown.ddl_only {
            true => pipeline::read_ddl(&create_table_text(&path)?, db_id)?,
            false => (self.described(db_id, &path)?, Vec::new()),
        };
        let prepared = engine.prepare(schema, notes)?;
        self.prepared.insert(db_id.to_owned(), prepared.clone());
        Ok(prepared)
    }

    /// The schema as `tables.json` has it, with cells where they may be used.
    fn described(&mut self, db_id: &str, path: &Path) -> Result<Schema> {
        let schema = self.described.remove(db_id).with_context(|| format!("database {db_id} is not in tables.json"))?;
        let mut schema = if self.shown.plain_names { schema.without_labels() } else { schema };
        if self.shown.values() {
            pipeline::add_database(&mut schema, path)?;
        }
        Ok(schema)
    }
}

/// The statements that made a database's tables.
fn create_table_text(path: &Path) -> Result<String> {
    let sql = "SELECT sql || ';' FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let rows = Session::open(path)?.run(sql, Limits::default())?;
    let text = |cell: &Value| if let Value::Text(text) = cell { Some(text.to_string()) } else { None };
    Ok(rows.cells.iter().filter_map(text).collect::<Vec<_>>().join("\n"))
}
