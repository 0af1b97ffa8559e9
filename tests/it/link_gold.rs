//! The share of the gold queries' values that linking finds in the questions and reads back, and how long prompts take.
//!
//! Needs the benchmark's files. dev runs in the suite; the others are run by name with `--run-ignored all --no-capture`.
//! `ARGIOPE_TOKENIZER` names a `tokenizer.json`; without it a vocabulary of letters stands in.

use crate::data;
use argiope::link::{PromptOptions, QuestionValues, SchemaIndex};
use argiope::query::{
    Aggregate, ColumnRef, Condition, Expr, FindValues, Literal, Predicate, Query, Set, Source, Target, ValueTarget,
    Values,
};
use argiope::schema::{spider, sqlite};
use argiope::sql::{Dialect, ParseOptions, ddl, parse_with};
use argiope::tokens::Tokenizer;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Every literal of a query with what it is compared with.
fn literals(query: &Query) -> Vec<(Literal, ValueTarget)> {
    let mut found = Vec::new();
    walk(query, &mut found);
    found
}

fn walk(query: &Query, found: &mut Vec<(Literal, ValueTarget)>) {
    for select in std::iter::once(&query.first).chain(query.rest.iter().map(|(_, select)| select)) {
        for source in &select.from.sources {
            if let Source::Query(inner) = source {
                walk(inner, found);
            }
        }
        for condition in select.filter.iter().chain(&select.having) {
            walk_condition(condition, found);
        }
    }
    if let Some(limit) = query.limit.filter(|limit| *limit != 1) {
        found.push((Literal::Number(limit.to_string()), ValueTarget::Limit));
    }
}

fn walk_condition(condition: &Condition, found: &mut Vec<(Literal, ValueTarget)>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| walk_condition(part, found)),
        Condition::Test(Predicate::Compare { left, right, .. }) => walk_side(left, right, found),
        Condition::Test(Predicate::Between { expr, low, high, .. }) => {
            walk_side(expr, low, found);
            walk_side(expr, high, found);
        }
        Condition::Test(Predicate::Like { expr: Expr::Column(column), pattern, .. }) => {
            if let Target::Column(id) = column.target {
                found.push((Literal::Text(pattern.replace('%', "")), ValueTarget::Pattern(id)));
            }
        }
        Condition::Test(Predicate::In { expr, set: Set::List(list), .. }) => {
            found.extend(list.iter().map(|literal| (literal.clone(), target(expr))));
        }
        Condition::Test(Predicate::In { set: Set::Query(inner), .. } | Predicate::Exists { query: inner, .. }) => {
            walk(inner, found)
        }
        Condition::Test(_) => {}
    }
}

fn walk_side(left: &Expr, right: &Expr, found: &mut Vec<(Literal, ValueTarget)>) {
    match right {
        Expr::Literal(literal) => found.push((literal.clone(), target(left))),
        Expr::Query(inner) => walk(inner, found),
        _ => {}
    }
}

fn target(expr: &Expr) -> ValueTarget {
    match expr {
        Expr::Column(ColumnRef { target: Target::Column(id), .. }) => ValueTarget::Column(*id),
        Expr::Aggregate { function: Aggregate::Min | Aggregate::Max, argument, .. } => target(argument),
        Expr::DatePart { part, argument } => match target(argument) {
            ValueTarget::Column(id) => ValueTarget::DatePart(*part, id),
            other => other,
        },
        _ => ValueTarget::Number,
    }
}

/// What was measured over one file of questions.
#[derive(Default)]
struct Count {
    values: usize,
    found: usize,
    read: usize,
    read_without_cells: usize,
    pieces: usize,
    times: Vec<Duration>,
}

impl Count {
    fn add(&mut self, row: &serde_json::Value, index: &SchemaIndex, tokenizer: &Tokenizer) {
        let text = |key: &str| row[key].as_str().unwrap();
        let start = Instant::now();
        let prompt = index.prompt(tokenizer, text("question"), &PromptOptions::default()).unwrap();
        self.times.push(start.elapsed());
        self.pieces += prompt.piece_ids.len();
        let options = ParseOptions { dialect: Dialect::Sqlite, lenient: true };
        let Ok(query) = parse_with(text("query"), options, index.schema()) else { return };
        let values = QuestionValues::new(index, text("question"), &prompt.words, true);
        let blind = QuestionValues::new(index, text("question"), &prompt.words, false);
        for (literal, target) in literals(&query) {
            self.values += 1;
            if let Some((from, to)) = values.find(&literal, &target) {
                self.found += 1;
                let same = |read: Literal| usize::from(loosely(&read) == loosely(&literal));
                self.read += same(values.literal(from, to, &target));
                self.read_without_cells += same(blind.literal(from, to, &target));
            }
        }
    }

    /// Prints the shares and returns that of the values found.
    fn report(mut self, name: &str) -> f64 {
        self.times.sort();
        let at = |share: usize| self.times[(self.times.len() - 1) * share / 100];
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        println!(
            "{name}: {} values: {:.4} found; of these {:.4} read back with cells, {:.4} without; {} pieces a prompt; a prompt takes {:?} (median), {:?} (p99), {:?} (most)",
            self.values,
            share(self.found, self.values),
            share(self.read, self.found),
            share(self.read_without_cells, self.found),
            self.pieces / self.times.len(),
            at(50),
            at(99),
            at(100),
        );
        share(self.found, self.values)
    }
}

/// Numbers by value, texts without case.
fn loosely(literal: &Literal) -> String {
    let (Literal::Number(text) | Literal::Text(text)) = literal;
    text.parse::<f64>().map_or_else(|_| text.trim().to_lowercase(), |number| number.to_string())
}

fn measure(
    name: &str,
    rows: &[serde_json::Value],
    indexes: &HashMap<String, SchemaIndex>,
    tokenizer: &Tokenizer,
) -> f64 {
    let mut count = Count::default();
    for row in rows {
        count.add(row, &indexes[row["db_id"].as_str().unwrap()], tokenizer);
    }
    count.report(name)
}

/// MiniLM's tokenizer where its place is given, so that pieces and times are real.
fn tokenizer() -> Tokenizer {
    match std::env::var_os("ARGIOPE_TOKENIZER") {
        Some(path) => Tokenizer::from_file(path).unwrap(),
        None => crate::link::tokenizer(),
    }
}

fn spider_indexes(tokenizer: &Tokenizer, wanted: &HashSet<String>) -> Option<HashMap<String, SchemaIndex>> {
    let mut indexes = HashMap::new();
    for mut schema in spider::read_tables(&data("spider/tables.json")?).unwrap() {
        if wanted.contains(&schema.name) {
            let file = data(&format!("spider/database/{0}/{0}.sqlite", schema.name))?;
            sqlite::add_samples(&mut schema, &file, sqlite::SampleLimits::default()).unwrap();
            indexes.insert(schema.name.clone(), SchemaIndex::new(Arc::new(schema), tokenizer));
        }
    }
    Some(indexes)
}

/// At least the share `least` of the values is found.
fn check_spider(name: &str, least: f64) {
    let Some(path) = data(&format!("spider/{name}.json")) else { return };
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let wanted = rows.iter().map(|row| row["db_id"].as_str().unwrap().to_owned()).collect();
    let tokenizer = tokenizer();
    let Some(indexes) = spider_indexes(&tokenizer, &wanted) else { return };
    assert!(measure(name, &rows, &indexes, &tokenizer) >= least, "{name}");
}

#[test]
fn dev() {
    check_spider("dev", 0.95);
}

#[test]
#[ignore = "takes seconds to minutes"]
fn train() {
    check_spider("train", 0.96);
}

#[test]
#[ignore = "takes seconds to minutes"]
fn train_others() {
    check_spider("train_others", 0.93);
}

#[test]
#[ignore = "takes seconds to minutes"]
fn loom() {
    let Some(path) = data("loom/questions.jsonl") else { return };
    let rows: Vec<serde_json::Value> =
        std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let tokenizer = tokenizer();
    let mut indexes = HashMap::new();
    for row in &rows {
        let name = row["db_id"].as_str().unwrap();
        indexes.entry(name.to_owned()).or_insert_with(|| {
            let text = std::fs::read_to_string(data(&format!("loom/schemas/{name}.sql")).unwrap()).unwrap();
            SchemaIndex::new(Arc::new(ddl::read(&text, name).unwrap().0), &tokenizer)
        });
    }
    assert!(measure("loom", &rows, &indexes, &tokenizer) >= 0.83);
}
