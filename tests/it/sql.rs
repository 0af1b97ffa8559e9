//! SQL over the benchmark's gold queries: parse, render, parse again, run both.

use std::collections::{BTreeMap, HashMap};

use argiope::query::Query;
use argiope::schema::{Column, ColumnId, ColumnKind, ForeignKey, Schema, Table, TableId};
use argiope::sql::{self, Dialect, ParseOptions};
use serde_json::Value;

const LENIENT: ParseOptions = ParseOptions { dialect: Dialect::Sqlite, lenient: true };

struct Gold {
    schemas: HashMap<String, Schema>,
    rows: Vec<(String, String)>,
}

fn schema(value: &Value) -> Schema {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut tables: Vec<Table> = value["table_names_original"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| Table { name: text(name), label: String::new(), columns: 0..0, primary_key: Vec::new() })
        .collect();
    let mut columns = Vec::new();
    let kinds = value["column_types"].as_array().unwrap();
    for (pair, kind) in value["column_names_original"].as_array().unwrap().iter().zip(kinds).skip(1) {
        let table = pair[0].as_u64().unwrap() as usize;
        let range = &mut tables[table].columns;
        if range.start == range.end {
            range.start = columns.len() as u32;
        }
        range.end = columns.len() as u32 + 1;
        let kind = match kind.as_str().unwrap() {
            "text" => ColumnKind::Text,
            "number" => ColumnKind::Number,
            "time" => ColumnKind::Time,
            "boolean" => ColumnKind::Boolean,
            _ => ColumnKind::Other,
        };
        columns.push(Column {
            table: TableId(table as u32),
            name: text(&pair[1]),
            label: String::new(),
            kind,
            declared_type: String::new(),
            comment: None,
            samples: Vec::new(),
        });
    }
    let id = |value: &Value| ColumnId(value.as_u64().unwrap() as u32 - 1);
    let foreign_keys = value["foreign_keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| ForeignKey { columns: vec![(id(&pair[0]), id(&pair[1]))] })
        .collect();
    Schema { name: text(&value["db_id"]), tables, columns, foreign_keys }
}

fn gold(split: &str) -> Option<Gold> {
    let tables = super::data("spider/tables.json")?;
    let tables: Value = serde_json::from_str(&std::fs::read_to_string(tables).unwrap()).unwrap();
    let schemas = tables.as_array().unwrap().iter().map(schema).map(|schema| (schema.name.clone(), schema)).collect();
    let rows: Value =
        serde_json::from_str(&std::fs::read_to_string(super::data(&format!("spider/{split}.json"))?).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = rows.as_array().unwrap().iter().map(|row| (text(&row["db_id"]), text(&row["query"]))).collect();
    Some(Gold { schemas, rows })
}

#[test]
fn gold_reads_and_reads_back() {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for split in ["train", "train_others", "dev"] {
        let Some(gold) = gold(split) else { return };
        let (mut parsed, mut strict, mut back) = (0, 0, [0; 3]);
        for (index, (db, text)) in gold.rows.iter().enumerate() {
            let schema = &gold.schemas[db];
            match sql::parse_with(text, LENIENT, schema) {
                Ok(query) => {
                    parsed += 1;
                    match sql::parse(text, Dialect::Sqlite, schema) {
                        Ok(_) => strict += 1,
                        Err(error) => eprintln!("{split} {index} strict: {error}: {text}"),
                    }
                    for (place, dialect) in Dialect::ALL.into_iter().enumerate() {
                        back[place] += usize::from(reads_back(&query, schema, dialect));
                    }
                }
                Err(error) => {
                    eprintln!("{split} {index} {error}: {text}");
                    *reasons.entry(error.to_string()).or_default() += 1;
                }
            }
        }
        eprintln!("{split}: {} gold, {parsed} parsed, {strict} strict, back {back:?}", gold.rows.len());
    }
}

fn reads_back(query: &Query, schema: &Schema, dialect: Dialect) -> bool {
    let text = sql::render(query, schema, dialect);
    match sql::parse_with(&text, ParseOptions { dialect, lenient: true }, schema) {
        Ok(again) if again == *query => true,
        Ok(again) => {
            eprintln!("{dialect:?} differs: {text}\n   {}", sql::render(&again, schema, dialect));
            false
        }
        Err(error) => {
            eprintln!("{dialect:?} {error}: {text}");
            false
        }
    }
}
