//! What a step of the constraint over SQL text costs with T5's 32,100 pieces: which ids may follow, and the move to the
//! next state, along dev's gold queries. The target is 200 µs in the median and 1 ms at the 99th percentile.
//!
//! Needs the benchmark's files and T5's tokenizer (`ARGIOPE_DATA`); without them nothing is measured.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench may fail loudly")]

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use argiope::decode::Constraint;
use argiope::dialect::Dialect;
use argiope::grammar::Grammar;
use argiope::pipeline::{TextConstraint, TextVocabulary};
use argiope::schema::Schema;
use argiope::tokens::Vocabulary;
use criterion::{Criterion, criterion_group, criterion_main};

/// Ids of an answer at most.
const LIMIT: usize = 512;

/// The vocabulary, and dev's queries with their schemas.
fn read() -> Option<(Vocabulary, Vec<(Schema, String)>)> {
    let base = std::env::var_os("ARGIOPE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let Ok(file) = std::fs::read(base.join("tokenizers/t5/tokenizer.json")) else {
        eprintln!("SKIPPED: no tokenizers/t5 under {}", base.display());
        return None;
    };
    let vocabulary = Vocabulary::from_json(&file, "t5").unwrap();
    let schemas = argiope::schema::spider::read_tables(&base.join("spider/tables.json")).unwrap();
    let rows = std::fs::read_to_string(base.join("spider/dev.json")).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&rows).unwrap();
    let query = |row: &serde_json::Value| {
        let schema = schemas.iter().find(|schema| schema.name == row["db_id"].as_str().unwrap_or_default())?;
        let words: Vec<&str> = row["query"].as_str()?.split_whitespace().collect();
        Some((schema.clone(), words.join(" ")))
    };
    Some((vocabulary, rows.iter().step_by(10).filter_map(query).collect()))
}

/// Walks along a text, at each step by the longest piece that may follow; what each step took.
fn walk(constraint: &TextConstraint, vocabulary: &Vocabulary, text: &str, times: &mut Vec<Duration>) {
    let (mut state, mut rest, mut ids) = (constraint.start(), text.as_bytes(), Vec::new());
    loop {
        let begin = Instant::now();
        ids.clear();
        constraint.allowed(black_box(&state), &mut ids);
        let masked = begin.elapsed();
        let longest = ids.iter().copied().filter(|&id| fits(vocabulary.bytes(id), rest));
        let longest = longest.max_by_key(|&id| vocabulary.bytes(id).len());
        let Some(id) = longest else { break };
        let begin = Instant::now();
        let next = constraint.advance(&state, id);
        times.push(masked + begin.elapsed());
        let Some(next) = next else { break };
        (state, rest) = (next, &rest[vocabulary.bytes(id).len()..]);
    }
}

fn fits(piece: &[u8], rest: &[u8]) -> bool {
    !piece.is_empty() && rest.starts_with(piece)
}

fn masks(criterion: &mut Criterion) {
    let Some((vocabulary, queries)) = read() else { return };
    let ready = TextVocabulary::new(vocabulary.clone(), 1, Dialect::Sqlite);
    let grammars: Vec<Grammar> = queries.iter().map(|(schema, _)| ready.grammar(schema).unwrap()).collect();
    let round = || {
        let mut times = Vec::new();
        for ((schema, text), grammar) in queries.iter().zip(&grammars) {
            walk(&TextConstraint::new(schema, grammar, &ready, LIMIT), &vocabulary, text, &mut times);
        }
        times
    };
    let mut times = round();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    eprintln!("{} steps: median {:?}, 99 % {:?}, longest {:?}", times.len(), at(0.5), at(0.99), at(1.0));
    criterion.bench_function("SQL text of dev over T5's pieces", |bencher| bencher.iter(|| black_box(round()).len()));
    let (schema, _) = &queries[0];
    criterion.bench_function("the grammar of a schema", |bencher| bencher.iter(|| ready.grammar(black_box(schema))));
}

criterion_group!(benches, masks);
criterion_main!(benches);
