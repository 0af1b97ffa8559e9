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

/// Rows as text, sorted unless the query sorts; `None` where it fails or takes too long.
fn rows(database: &mut rusqlite::Connection, text: &str) -> Option<Vec<String>> {
    let start = std::time::Instant::now();
    let slow = move || start.elapsed().as_secs() >= 3;
    database.progress_handler(100_000, Some(slow)).ok()?;
    let mut statement = database.prepare(text).ok()?;
    let width = statement.column_count();
    let mut cursor = statement.query([]).ok()?;
    let mut found = Vec::new();
    while let Some(row) = cursor.next().ok()? {
        found.push((0..width).map(|at| format!("{:?} ", row.get_ref(at).unwrap())).collect::<String>());
    }
    found.sort();
    Some(found)
}

/// Counts of one set of queries there and back, by their results.
#[derive(Debug, Default)]
struct Results {
    all: usize,
    same: usize,
    symbols: usize,
    gold_fails: usize,
    reasons: BTreeMap<String, usize>,
}

impl Results {
    fn count(&mut self, gold: &str, schema: &Schema, graph: &JoinGraph, database: &mut rusqlite::Connection) {
        self.all += 1;
        let made = round_trip(gold, schema, graph);
        let why = match made {
            Err(why) => why,
            Ok((form, back)) => {
                self.symbols += form.len();
                let Some(wanted) = rows(database, gold) else {
                    self.gold_fails += 1;
                    return;
                };
                match rows(database, &back) {
                    Some(found) if found == wanted => {
                        self.same += 1;
                        return;
                    }
                    _ => {
                        if std::env::var_os("ARGIOPE_SHOW").is_some() {
                            println!("{}\n  {gold}\n  {}\n  {back}", schema.name, spell(&form, schema));
                        }
                        "other rows".to_owned()
                    }
                }
            }
        };
        if std::env::var_os("ARGIOPE_SHOW").is_some() && why != "other rows" {
            println!("{}: {why}\n  {gold}", schema.name);
        }
        *self.reasons.entry(why).or_insert(0) += 1;
    }

    fn report(&self, name: &str) {
        println!(
            "{name}: {} of {} give the same rows ({} gold fail or are slow), {:.2} symbols a form; {:?}",
            self.same,
            self.all,
            self.gold_fails,
            self.symbols as f64 / self.all as f64,
            self.reasons
        );
    }
}

#[test]
fn loom_gives_the_same_rows() {
    let Some(folder) = data("loom") else { return };
    let text = std::fs::read_to_string(folder.join("questions.jsonl")).unwrap();
    let mut made: BTreeMap<String, (Schema, JoinGraph, rusqlite::Connection)> = BTreeMap::new();
    let mut results = Results::default();
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let db_id = row["db_id"].as_str().unwrap();
        let (schema, graph, database) = made.entry(db_id.to_owned()).or_insert_with(|| {
            let ddl = std::fs::read_to_string(folder.join(format!("schemas/{db_id}.sql"))).unwrap();
            let (schema, _) = sql::ddl::read(&ddl, db_id).unwrap();
            let database = rusqlite::Connection::open_in_memory().unwrap();
            database.execute_batch(&ddl).unwrap();
            let graph = JoinGraph::new(&schema);
            (schema, graph, database)
        });
        results.count(row["query"].as_str().unwrap(), schema, graph, database);
    }
    results.report("loom");
    assert!(results.same * 100 >= results.all * 99);
}

/// Minutes long, so only where it is asked for: `ARGIOPE_ROWS=1`.
#[test]
fn spider_gives_the_same_rows() {
    if std::env::var_os("ARGIOPE_ROWS").is_none() {
        return;
    }
    let Some(tables_json) = data("spider/tables.json") else { return };
    let schemas: HashMap<String, Schema> =
        argiope::schema::spider::read_tables(&tables_json).unwrap().into_iter().map(|s| (s.name.clone(), s)).collect();
    for split in ["train", "train_others", "dev"] {
        let mut results = Results::default();
        let text = std::fs::read_to_string(data(&format!("spider/{split}.json")).unwrap()).unwrap();
        let mut all: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        all.sort_by_key(|row| row["db_id"].as_str().unwrap().to_owned());
        let mut open: Option<(String, JoinGraph, rusqlite::Connection)> = None;
        for row in &all {
            let db_id = row["db_id"].as_str().unwrap();
            if open.as_ref().is_none_or(|(name, ..)| name != db_id) {
                let path = data(&format!("spider/database/{db_id}/{db_id}.sqlite")).unwrap();
                let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
                let database = rusqlite::Connection::open_with_flags(path, flags).unwrap();
                open = Some((db_id.to_owned(), JoinGraph::new(&schemas[db_id]), database));
            }
            let Some((_, graph, database)) = &mut open else { continue };
            results.count(row["query"].as_str().unwrap(), &schemas[db_id], graph, database);
        }
        results.report(split);
        assert!(results.same * 100 >= results.all * 97);
    }
}
