//! What a step of the constraint costs: the mask and the move to the next state, over real forms and at both ends of
//! schema sizes. The target is 50 µs a step.
//!
//! Spider's gold queries serve as decodes where the benchmark's files are there (`ARGIOPE_DATA`); without them only the
//! large schema is measured.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench may fail loudly")]

use std::hint::black_box;
use std::path::PathBuf;

use argiope::form::{Allowed, JoinGraph, Recogniser, Symbol, from_query_with, to_query_with};
use argiope::query::{FindValues, Literal, ValueTarget, Values};
use argiope::schema::{Schema, SchemaBuilder};
use argiope::sql::{self, Dialect, ParseOptions};
use criterion::{Criterion, criterion_group, criterion_main};

/// Words of a question.
const WORDS: usize = 20;
/// Symbols a form may have.
const LIMIT: usize = 120;

struct AnyWord;

impl FindValues for AnyWord {
    fn find(&self, _: &Literal, _: &ValueTarget) -> Option<(usize, usize)> {
        Some((3, 4))
    }
}

impl Values for AnyWord {
    fn literal(&self, _: usize, _: usize, _: &ValueTarget) -> Literal {
        Literal::Number("3".to_owned())
    }

    fn other(&self, _: &ValueTarget) -> Literal {
        Literal::Number("1".to_owned())
    }
}

/// Dev's gold forms with their schemas.
fn real_forms() -> Vec<(Schema, Vec<Symbol>)> {
    let base = std::env::var_os("ARGIOPE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let (tables, dev) = (base.join("spider/tables.json"), base.join("spider/dev.json"));
    let Ok(text) = std::fs::read_to_string(dev) else {
        eprintln!("SKIPPED: no Spider under {}", base.display());
        return Vec::new();
    };
    let schemas = argiope::schema::spider::read_tables(&tables).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let options = ParseOptions { dialect: Dialect::Sqlite, lenient: true };
    let form = |row: &serde_json::Value| {
        let schema = schemas.iter().find(|schema| schema.name == row["db_id"].as_str().unwrap_or_default())?;
        let query = sql::parse_with(row["query"].as_str()?, options, schema).ok()?;
        let form = from_query_with(schema, &JoinGraph::new(schema), &query, &AnyWord).ok()?;
        Some((schema.clone(), form))
    };
    rows.iter().step_by(10).filter_map(form).collect()
}

/// A schema of 500 tables and 5,000 columns, each table referencing the one before it.
fn large() -> Schema {
    let mut builder = SchemaBuilder::new("large");
    for table in 0..500 {
        builder.table(&format!("t{table}")).column("id", "INTEGER").column("before", "INTEGER");
        for column in 2..10 {
            builder.column(&format!("c{column}"), "TEXT");
        }
        builder.primary_key(&["id"]);
        if table > 0 {
            builder.foreign_key(&["before"], &format!("t{}", table - 1), &["id"]);
        }
    }
    builder.build().unwrap()
}

fn steps(recogniser: &Recogniser<'_>, form: &[Symbol], allowed: &mut Allowed) -> usize {
    let mut state = recogniser.start();
    let mut count = 0;
    for &symbol in form {
        recogniser.allowed(black_box(&state), allowed);
        count += 1;
        match recogniser.advance(&state, symbol) {
            Some(next) => state = next,
            None => break,
        }
    }
    recogniser.allowed(&state, allowed);
    count + 1
}

fn masks(criterion: &mut Criterion) {
    let forms = real_forms();
    let mut allowed = Allowed::default();
    let total: usize = forms.iter().map(|(_, form)| form.len() + 1).sum();
    eprintln!("{} forms, {total} steps a round", forms.len());
    for (name, limit) in [("dev forms, wide budget", LIMIT), ("dev forms, tight budget", 12)] {
        let recognisers: Vec<_> = forms.iter().map(|(schema, _)| Recogniser::new(schema, WORDS, limit)).collect();
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                recognisers.iter().zip(&forms).map(|(one, (_, form))| steps(one, form, &mut allowed)).sum::<usize>()
            });
        });
    }
    let schema = large();
    let recogniser = Recogniser::new(&schema, WORDS, LIMIT);
    let columns: Vec<Symbol> = schema.column_ids().step_by(97).take(6).map(Symbol::Column).collect();
    criterion.bench_function("500 tables, 7 steps", |bencher| {
        bencher.iter(|| steps(&recogniser, &columns, &mut allowed));
    });
    let graph = JoinGraph::new(&schema);
    criterion.bench_function("500 tables, FROM over six far tables", |bencher| {
        bencher.iter(|| to_query_with(&schema, &graph, black_box(&columns), &AnyWord));
    });
}

criterion_group!(benches, masks);
criterion_main!(benches);
