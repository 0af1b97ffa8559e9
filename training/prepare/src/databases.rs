//! The databases that question sets are about: `tables.json`, SQLite files, `CREATE TABLE` text and dumps, ready to link.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use argiope::link::SchemaIndex;
use argiope::schema::sqlite::{SampleLimits, add_samples};
use argiope::schema::{Schema, spider};
use argiope::tokens::Tokenizer;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::options::Options;
use crate::sources::Family;
use crate::wikisql;

/// A database, ready for linking.
#[derive(Debug)]
pub(crate) struct Database {
    /// With the names the source has; with cell values where a database is there.
    pub(crate) labelled: SchemaIndex,
    /// With the words of its raw names; `None` where the source has no others.
    pub(crate) bare: Option<SchemaIndex>,
}

impl Database {
    /// The schema, with labels and samples.
    pub(crate) fn schema(&self) -> &Arc<Schema> {
        self.labelled.schema()
    }

    /// The index to show: the bare one where it is asked for and differs.
    pub(crate) fn index(&self, bare: bool) -> &SchemaIndex {
        self.bare.as_ref().filter(|_| bare).unwrap_or(&self.labelled)
    }

    fn curated(schema: Schema, tokenizer: &Tokenizer) -> Self {
        let bare = SchemaIndex::new(Arc::new(schema.without_labels()), tokenizer);
        Self { labelled: SchemaIndex::new(Arc::new(schema), tokenizer), bare: Some(bare) }
    }
}

/// The databases of a family by these names (sorted); what is read goes into `hash`.
///
/// # Errors
/// When a file is missing or not in its form.
pub(crate) fn read(
    family: Family,
    names: &[&str],
    options: &Options,
    tokenizer: &Tokenizer,
    hash: &mut Sha256,
) -> Result<Vec<(String, Database)>> {
    match family {
        Family::Spider => curated(&options.data, Some("database"), names, tokenizer, hash),
        Family::Bird => curated(&options.extra_folder("bird")?, None, names, tokenizer, hash),
        Family::Loom => {
            let folder = options.loom_folder()?.join("schemas");
            let mut texts = HashMap::new();
            for &name in names {
                let path = folder.join(format!("{name}.sql"));
                let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
                texts.insert(name.to_owned(), text);
            }
            written(&texts, names, tokenizer, hash)
        }
        Family::Ambrosia => dumped(&options.extra_folder("ambrosia")?, names, tokenizer, hash),
        Family::Gretel => dumped(&options.extra_folder("gretel")?, names, tokenizer, hash),
        Family::WikiSql => single_tables(options.wikisql_file()?, names, tokenizer),
    }
}

/// Schemas of a `tables.json`, with cells from `databases`/NAME/NAME.sqlite where there are any.
fn curated(
    folder: &Path,
    databases: Option<&str>,
    names: &[&str],
    tokenizer: &Tokenizer,
    hash: &mut Sha256,
) -> Result<Vec<(String, Database)>> {
    let path = folder.join("tables.json");
    let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    hash.update(&bytes);
    let schemas = spider::parse_tables(&bytes)?;
    let used = schemas.into_iter().filter(|schema| names.binary_search(&schema.name.as_str()).is_ok());
    used.collect::<Vec<Schema>>()
        .into_par_iter()
        .map(|mut schema| {
            if let Some(databases) = databases {
                let file = folder.join(databases).join(&schema.name).join(format!("{}.sqlite", schema.name));
                add_samples(&mut schema, &file, SampleLimits::default())?;
            }
            Ok((schema.name.clone(), Database::curated(schema, tokenizer)))
        })
        .collect()
}

/// Schemas of a `dumps.json`: SQL text by name.
fn dumped(folder: &Path, names: &[&str], tokenizer: &Tokenizer, hash: &mut Sha256) -> Result<Vec<(String, Database)>> {
    let path = folder.join("dumps.json");
    let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    let texts = serde_json::from_slice(&bytes).with_context(|| format!("reading {}", path.display()))?;
    written(&texts, names, tokenizer, hash)
}

/// WikiSQL's tables, which its file of questions describes.
fn single_tables(path: &Path, names: &[&str], tokenizer: &Tokenizer) -> Result<Vec<(String, Database)>> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let (_, schemas) = wikisql::parse(&bytes)?;
    let used: Vec<_> = schemas.into_iter().filter(|(name, _)| names.binary_search(&name.as_str()).is_ok()).collect();
    let index = |schema| SchemaIndex::new(Arc::new(schema), tokenizer);
    Ok(used.into_par_iter().map(|(name, schema)| (name, Database { labelled: index(schema), bare: None })).collect())
}

/// Schemas of SQL text, rows included.
fn written(
    texts: &HashMap<String, String>,
    names: &[&str],
    tokenizer: &Tokenizer,
    hash: &mut Sha256,
) -> Result<Vec<(String, Database)>> {
    let mut chosen = Vec::with_capacity(names.len());
    for &name in names {
        let text = texts.get(name).with_context(|| format!("{name}: no SQL text"))?;
        hash.update(text);
        chosen.push((name, text));
    }
    chosen
        .into_par_iter()
        .map(|(name, text)| {
            let (schema, _) = argiope::sql::ddl::read(text, name)?;
            ensure!(!schema.tables.is_empty(), "{name}: no tables");
            let labelled = SchemaIndex::new(Arc::new(schema), tokenizer);
            Ok((name.to_owned(), Database { labelled, bare: None }))
        })
        .collect()
}
