//! SQL text under the byte grammar: what it takes, what it refuses, and the law of validity over a vocabulary of single
//! bytes and over T5's.
//!
//! A small share of the walks runs with the suite; `ARGIOPE_GRAMMAR_WALKS=20000` runs so many (`just text-laws`), and
//! `ARGIOPE_GOLD_STEP=1` reads all gold queries.

use argiope::decode::Constraint;
use argiope::dialect::Dialect;
use argiope::grammar::{Grammar, State};
use argiope::pipeline::{TextConstraint, TextVocabulary};
use argiope::schema::Schema;
use argiope::sql;
use argiope::tokens::Vocabulary;
use argiope::tokens::trie::Recogniser;
use rusqlite::Connection;

use crate::laws::{Dice, database_of, schemas};

/// A vocabulary that has every character.
fn grammar_of(schema: &Schema, dialect: Dialect) -> Grammar {
    Grammar::new(schema, dialect, &|_| true).unwrap()
}

/// Reads a text to its end; on failure how far it was read.
fn read(grammar: &Grammar, text: &str) -> Result<State, usize> {
    let mut state = grammar.start();
    for (place, byte) in text.bytes().enumerate() {
        state = grammar.advance(&state, byte).ok_or(place)?;
    }
    if grammar.is_complete(&state) { Ok(state) } else { Err(text.len()) }
}

/// One space for every run of them outside quotes, no semicolon at the end.
fn normalised(text: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    for character in text.trim().trim_end_matches(';').trim().chars() {
        match (quote, character) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            _ => {}
        }
        let space = quote.is_none() && character.is_whitespace();
        if !space {
            out.push(character);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

fn gold_step() -> usize {
    std::env::var("ARGIOPE_GOLD_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(20)
}

#[test]
fn what_is_in_the_language() {
    let mut builder = argiope::schema::SchemaBuilder::new("pets");
    builder
        .table("pet")
        .column("id", "INTEGER")
        .column("name", "TEXT")
        .column("born", "DATE")
        .column("owner", "INTEGER");
    builder.table("person").column("id", "INTEGER").column("name", "TEXT").column("Home Town", "TEXT");
    let schema = builder.build().unwrap();
    let grammar = grammar_of(&schema, Dialect::Sqlite);
    for text in [
        "select T1.name, count(*) from person as T1 join pet as T2 on T1.id = T2.owner group by T1.id having count(*) > 1",
        "SELECT born, \"Home Town\" FROM pet JOIN person",
        "SELECT name FROM pet WHERE owner IN (SELECT id FROM person WHERE \"Home Town\" = \"Bonn\") AND born IS NOT NULL",
        "SELECT a.name FROM pet a WHERE NOT EXISTS (SELECT * FROM person WHERE id = a.owner)",
        "SELECT name FROM pet WHERE (id + 1) * 2 BETWEEN 3 AND 4 OR (name LIKE 'a%' AND NOT id = 3)",
        "SELECT person.name FROM person LEFT JOIN pet ON person.id = pet.owner WHERE pet.id IS NULL",
        "SELECT count(*) FROM (SELECT DISTINCT owner FROM pet) AS t WHERE owner > 2",
        "SELECT owner FROM (SELECT owner FROM pet)",
        "SELECT name FROM pet EXCEPT SELECT name FROM person ORDER BY name LIMIT 3",
        "SELECT strftime('%Y', born), max(id) FROM pet GROUP BY born ORDER BY 2 DESC",
        "SELECT sum(CASE WHEN id > 1 THEN 1 ELSE 0 END), coalesce(name, 'x'), CAST(id AS real) FROM pet",
        "SELECT name, rank() OVER (PARTITION BY owner ORDER BY born DESC) FROM pet",
        "SELECT name FROM pet WHERE id = (SELECT max(id) FROM pet) AND id <> -1",
    ] {
        read(&grammar, text).unwrap_or_else(|at| panic!("{} ⟂ {}", &text[..at], &text[at..]));
        assert_eq!(sql::check(text, Dialect::Sqlite, &schema), Ok(()), "{text}");
    }
    for (text, read_so_far) in [
        ("SELECT age", "SELECT "),
        ("SELECT born, \"Home Town\", name", "SELECT born, \"Home Town\", "),
        ("SELECT born FROM person WHERE", "SELECT born FROM person "),
        ("SELECT T1.born FROM pet AS T2 WHERE", "SELECT T1.born FROM pet AS T2 "),
        ("SELECT name FROM pet JOIN person", "SELECT name FROM pet "),
        ("SELECT name FROM pet WHERE count(*) > 1", "SELECT name FROM pet WHERE "),
        ("SELECT name FROM pet UNION SELECT name, id", "SELECT name FROM pet UNION SELECT name"),
        ("SELECT name FROM pet; DROP TABLE pet", "SELECT name FROM pet"),
        ("SELECT name FROM pet -- x", "SELECT name FROM pet "),
        ("SELECT max(min(id))", "SELECT max(mi"),
        ("SELECT name FROM pet WHERE born = \"NAME\"\"", "SELECT name FROM pet WHERE born = \"NAME\""),
    ] {
        let at = read(&grammar, text).err().unwrap_or_else(|| panic!("{text} is in the language"));
        assert!(at <= read_so_far.len() + 6 && at < text.len(), "{} ⟂ {}", &text[..at], &text[at..]);
    }
}

#[test]
fn gold_is_in_the_language() {
    let Some(path) = crate::data("spider/tables.json") else { return };
    let schemas = argiope::schema::spider::read_tables(&path).unwrap();
    let grammars: std::collections::HashMap<&str, Grammar> =
        schemas.iter().map(|schema| (schema.name.as_str(), grammar_of(schema, Dialect::Sqlite))).collect();
    let (mut all, mut taken) = (0, 0);
    for split in ["train", "train_others", "dev"] {
        let text = std::fs::read_to_string(crate::data(&format!("spider/{split}.json")).unwrap()).unwrap();
        let rows: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (place, row) in rows.as_array().unwrap().iter().enumerate().step_by(gold_step()) {
            let text = normalised(row["query"].as_str().unwrap());
            all += 1;
            match read(&grammars[row["db_id"].as_str().unwrap()], &text) {
                Ok(_) => taken += 1,
                Err(at) => println!("{split} {place} {}: {} ⟂ {}", row["db_id"], &text[..at], &text[at..]),
            }
        }
    }
    println!("{taken} of {all} gold queries are in the language");
    assert!(taken * 100 >= all * 99, "{taken} of {all}");
}

/// What is wrong with a finished text.
fn fault(schema: &Schema, database: &Connection, dialect: Dialect, text: &str) -> Option<String> {
    if let Err(findings) = sql::check(text, dialect, schema) {
        return Some(format!("check: {findings:?}: {text}"));
    }
    if dialect != Dialect::Sqlite {
        return None;
    }
    match database.prepare(text) {
        Err(error) => Some(format!("SQLite: {error}: {text}")),
        Ok(statement) => (!statement.readonly()).then(|| format!("writes: {text}")),
    }
}

/// What a walk likes to begin words with.
const LIKES: [&[&str]; 12] = [
    &[],
    &[],
    &["(", " (", "s", " s", "e", "w", "n", "i"],
    &["j", " j", "o", "l", "c", ",", " ,", "a"],
    &["u", "e", "i", " u", "a", "l"],
    &["g", "h", "c", "(", "o", "b"],
    &["t", ".", "a", "1", ",", "j"],
    &["\"", "'", "=", "w", "l", " l"],
    &["+", "-", " -", "/", "*", "(", "c"],
    &["s", " s", "(", "m", "a", "f"],
    &["f", "(", " (", "s", "*", "d"],
    &["o", "b", "1", "d", "l", "u", "k"],
];

/// A choice that prefers what a walk likes.
fn choose<'i>(ids: &'i [u32], bytes: impl Fn(u32) -> Vec<u8>, likes: &[&str], dice: &mut Dice) -> &'i u32 {
    if dice.below(10) > 3 {
        let start = dice.below(likes.len());
        for turn in 0..likes.len() {
            let liked = likes[(start + turn) % likes.len()].as_bytes();
            let found: Vec<&u32> = ids.iter().filter(|&&id| bytes(id).starts_with(liked)).collect();
            if !found.is_empty() {
                return found[dice.below(found.len())];
            }
        }
    }
    &ids[dice.below(ids.len())]
}

/// One walk to the end; the text.
fn walk(constraint: &TextConstraint, vocabulary: &TextVocabulary, pieces: &Vocabulary, seed: u64) -> String {
    let mut dice = Dice(seed);
    let likes = LIKES[dice.below(LIKES.len())];
    let patient = dice.below(2) == 0;
    let mut state = constraint.start();
    let (mut ids, mut so_far) = (Vec::new(), Vec::new());
    loop {
        ids.clear();
        constraint.allowed(&state, &mut ids);
        assert!(!ids.is_empty(), "seed {seed}: a dead end after {:?}", vocabulary.text(&so_far));
        let end = ids.iter().position(|&id| id == constraint.end());
        if let Some(end) = end {
            let only = ids.len() == 1;
            if only || (!patient && dice.below(4) == 0) {
                break;
            }
            ids.swap_remove(end);
        }
        let id = *choose(&ids, |id| pieces.bytes(id).to_vec(), likes, &mut dice);
        let next = Constraint::advance(constraint, &state, id);
        state = next.unwrap_or_else(|| panic!("seed {seed}: {id} is refused after {:?}", vocabulary.text(&so_far)));
        so_far.push(id);
        assert!(so_far.len() <= constraint.limit(), "seed {seed}: beyond the budget: {:?}", vocabulary.text(&so_far));
    }
    assert!(constraint.accepts(&so_far), "seed {seed}: the judge refuses {:?}", vocabulary.text(&so_far));
    vocabulary.text(&so_far)
}

/// Every printable byte as a piece, and the end.
fn bytes() -> Vocabulary {
    Vocabulary::new((0..=255_u8).map(|byte| (byte != 0).then(|| vec![byte])).collect())
}

fn walks(default: usize) -> usize {
    std::env::var("ARGIOPE_GRAMMAR_WALKS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Walks over all schemas with one vocabulary.
fn every_walk_is_valid(pieces: &Vocabulary, end: u32, dialect: Dialect, count: usize) {
    let vocabulary = TextVocabulary::new(pieces.clone(), end, dialect);
    let prepared: Vec<_> = schemas()
        .into_iter()
        .filter_map(|schema| Some((vocabulary.grammar(&schema).ok()?, database_of(&schema), schema)))
        .collect();
    let (mut faults, mut length) = (Vec::new(), 0);
    let first = std::env::var("ARGIOPE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    for seed in first..first + count as u64 {
        let (grammar, database, schema) = &prepared[seed as usize % prepared.len()];
        let limit = [0, 30, 60, 90, 120, 180, 250, 400][Dice(seed ^ 77).below(8)];
        let constraint = TextConstraint::new(schema, grammar, &vocabulary, limit);
        let text = walk(&constraint, &vocabulary, pieces, seed);
        length += text.len();
        faults.extend(
            fault(schema, database, dialect, &text).map(|fault| format!("seed {seed} {}: {fault}", schema.name)),
        );
    }
    println!("{count} walks, {length} bytes, {} faults", faults.len());
    let shown = faults.iter().take(12).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} faults:\n{shown}", faults.len());
}

#[test]
fn walks_over_bytes_end_in_valid_sql() {
    every_walk_is_valid(&bytes(), 0, Dialect::Sqlite, walks(40));
}

#[test]
fn walks_over_bytes_in_postgres_end_in_valid_sql() {
    every_walk_is_valid(&bytes(), 0, Dialect::Postgres, walks(20));
}

#[test]
fn walks_over_bytes_in_mysql_end_in_valid_sql() {
    every_walk_is_valid(&bytes(), 0, Dialect::MySql, walks(20));
}

#[test]
fn the_shortest_text_is_accepted() {
    for dialect in Dialect::ALL {
        let vocabulary = TextVocabulary::new(bytes(), 0, dialect);
        for schema in schemas().into_iter().step_by(20) {
            let Ok(grammar) = vocabulary.grammar(&schema) else { continue };
            let constraint = TextConstraint::new(&schema, &grammar, &vocabulary, 0);
            let ids = constraint.shortest().unwrap();
            assert!(ids.len() <= constraint.limit(), "{}", vocabulary.text(&ids));
            assert_eq!(sql::check(&constraint.sql(&ids), dialect, &schema), Ok(()));
        }
    }
}

fn t5() -> Option<Vocabulary> {
    let path = crate::data("tokenizers/t5/tokenizer.json")?;
    Some(Vocabulary::from_json(&std::fs::read(&path).unwrap(), "t5").unwrap())
}

#[test]
fn walks_over_t5_end_in_valid_sql() {
    let Some(pieces) = t5() else { return };
    every_walk_is_valid(&pieces, 1, Dialect::Sqlite, walks(3));
}

#[test]
fn the_trie_finds_what_is_read_byte_by_byte() {
    let Some(pieces) = t5() else { return };
    let vocabulary = TextVocabulary::new(pieces.clone(), 1, Dialect::Sqlite);
    let schemas = schemas();
    let mut dice = Dice(5);
    for _ in 0..3 {
        let schema = &schemas[dice.below(schemas.len())];
        let Ok(grammar) = vocabulary.grammar(schema) else { continue };
        let constraint = TextConstraint::new(schema, &grammar, &vocabulary, 100_000);
        let mut state = constraint.start();
        for _ in 0..12 {
            let mut found = Vec::new();
            constraint.allowed(&state, &mut found);
            found.retain(|&id| id != constraint.end());
            found.sort_unstable();
            let read = |place, byte: &u8| Recogniser::advance(&constraint, &place, *byte);
            let takes = |bytes: &[u8]| bytes.iter().try_fold(state.place().clone(), read).is_some();
            let expected: Vec<u32> = pieces.pieces().filter(|(_, bytes)| takes(bytes)).map(|(id, _)| id).collect();
            assert_eq!(found, expected);
            let Some(&id) = found.get(dice.below(found.len())) else { break };
            state = Constraint::advance(&constraint, &state, id).unwrap();
        }
    }
}
