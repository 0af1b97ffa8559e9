//! How much of Spider the native form can say: gold text → query → form → query → text keeps the official exact match.
//!
//! Needs the benchmark's files; skipped loudly without them. `ARGIOPE_COVERAGE=FILE` writes every miss as a JSON
//! line, `ARGIOPE_FORMS=FILE` every form.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::PathBuf;

use argiope::form::{JoinGraph, Symbol, from_query_with, to_query_with};
use argiope::query::{FindValues, Literal, ValueTarget, Values};
use argiope::schema::Schema;
use argiope::sql::{self, Dialect, ParseOptions};
use spider_eval::exact;

/// Keeps literals aside: the n-th one found is spelled by word n.
#[derive(Default)]
struct Aside(RefCell<Vec<Literal>>);

impl FindValues for Aside {
    fn find(&self, literal: &Literal, _: &ValueTarget) -> Option<(usize, usize)> {
        let mut all = self.0.borrow_mut();
        all.push(literal.clone());
        Some((all.len() - 1, all.len() - 1))
    }
}

impl Values for Aside {
    fn literal(&self, start: usize, _: usize, _: &ValueTarget) -> Literal {
        self.0.borrow()[start].clone()
    }

    fn other(&self, _: &ValueTarget) -> Literal {
        Literal::Number("1".to_owned())
    }
}

fn data(relative: &str) -> Option<PathBuf> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = std::env::var_os("ARGIOPE_DATA").map_or_else(default, PathBuf::from).join(relative);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: no {} (set ARGIOPE_DATA to the folder of the benchmark data)", path.display());
    None
}

/// One gold query there and back: the text, or why not.
fn round_trip(gold: &str, schema: &Schema, graph: &JoinGraph) -> Result<(Vec<Symbol>, String), String> {
    let options = ParseOptions { dialect: Dialect::Sqlite, lenient: true };
    let query = sql::parse_with(gold, options, schema).map_err(|error| format!("parse: {error}"))?;
    let values = Aside::default();
    let form = from_query_with(schema, graph, &query, &values).map_err(|error| format!("form: {error}"))?;
    let back = to_query_with(schema, graph, &form, &values).map_err(|error| format!("query: {error}"))?;
    Ok((form, sql::render(&back, schema, Dialect::Sqlite)))
}

fn spell(form: &[Symbol], schema: &Schema) -> String {
    let spell = |symbol: &Symbol| match *symbol {
        Symbol::Keyword(keyword) => keyword.name().to_owned(),
        Symbol::Column(column) => {
            let column = schema.column(column);
            format!("{}.{}", schema.table(column.table).name, column.name)
        }
        Symbol::Table(table) => format!("{}.*", schema.table(table).name),
        Symbol::Word(word) => format!("w{word}"),
    };
    form.iter().map(spell).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_form_says_99_percent_of_spider() {
    let Some(tables_json) = data("spider/tables.json") else { return };
    let schemas: HashMap<String, (Schema, JoinGraph)> = argiope::schema::spider::read_tables(&tables_json)
        .unwrap()
        .into_iter()
        .map(|schema| (schema.name.clone(), (schema.clone(), JoinGraph::new(&schema))))
        .collect();
    let judges = spider_eval::tables::AllTables::read(&tables_json).unwrap();
    let mut misses = std::env::var_os("ARGIOPE_COVERAGE").map(|path| std::fs::File::create(path).unwrap());
    let mut forms = std::env::var_os("ARGIOPE_FORMS").map(|path| std::fs::File::create(path).unwrap());
    let (mut all, mut kept) = (0, 0);
    for split in ["train", "train_others", "dev"] {
        let text = std::fs::read_to_string(data(&format!("spider/{split}.json")).unwrap()).unwrap();
        let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let (mut good, mut symbols, mut reasons) = (0, 0, BTreeMap::new());
        for (index, row) in rows.iter().enumerate() {
            let (db_id, gold) = (row["db_id"].as_str().unwrap(), row["query"].as_str().unwrap());
            let (schema, graph) = &schemas[db_id];
            let made = round_trip(gold, schema, graph);
            let (why, back) = match made {
                Ok((form, back)) => {
                    symbols += form.len();
                    if let Some(file) = &mut forms {
                        writeln!(file, "{split} {index} {db_id}\t{gold}\t{}\t{back}", spell(&form, schema)).unwrap();
                    }
                    match exact::judge(gold, &back, judges.get(db_id).unwrap()) {
                        Ok(verdict) if verdict.exact => {
                            good += 1;
                            continue;
                        }
                        Ok(_) => ("no match".to_owned(), back),
                        Err(error) => (format!("judge: {error}"), back),
                    }
                }
                Err(why) => (why, String::new()),
            };
            if let Some(file) = &mut misses {
                let line = serde_json::json!({"split": split, "index": index, "db_id": db_id, "why": why, "gold": gold, "back": back});
                writeln!(file, "{line}").unwrap();
            }
            *reasons.entry(why).or_insert(0) += 1;
        }
        println!(
            "{split}: {good}/{} = {:.2} %, {:.2} symbols a form; {reasons:?}",
            rows.len(),
            100.0 * good as f64 / rows.len() as f64,
            symbols as f64 / rows.len() as f64
        );
        all += rows.len();
        kept += good;
    }
    println!("all: {kept}/{all} = {:.2} %", 100.0 * kept as f64 / all as f64);
    assert!(kept * 100 >= all * 99, "{kept} of {all}");
}
