//! One question from text to answer with a published text-to-text checkpoint: what it reads, and the search under the
//! grammar.
//!
//! What a checkpoint was taught to read is a matter of its training: see [`InputFormat`]. `config.json` may say it under
//! `sql_input`; else a card that speaks of PICARD or Spider means PICARD's format.

use super::answer::{Alternative, Answer, Timing};
use super::engine::Engine;
use super::session::{self, Request};
use super::text::{TextModel, TextOptions};
use super::text_constraint::{TextConstraint, TextVocabulary};
use super::watched::Watched;
use crate::decode::{Hypothesis, search};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::model::DeviceChoice;
use crate::schema::{ColumnId, Schema, TableId};
use crate::tokens::Vocabulary;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Pieces of an answer at most; the longest of Spider's gold queries has fewer than 200.
const LARGEST_TEXT: usize = 320;

/// Cells of one column that the input shows at most.
const CELLS: usize = 2;

/// How question and schema are written for a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputFormat {
    /// `question | table : column , column | …`, answered by SQL.
    Plain,
    /// `question | db | table : column ( cell , cell ) , column | …`, answered by `db | select …`, all names in lower
    /// case (Scholak et al. 2021).
    Picard,
}

/// A checkpoint that writes SQL.
pub(super) struct TextSql {
    model: TextModel,
    pieces: Vocabulary,
    end: u32,
    format: InputFormat,
    /// The vocabulary made ready, by dialect.
    ready: [OnceLock<TextVocabulary>; 3],
}

/// Whether this folder holds a text-to-text checkpoint.
pub(super) fn is_text_model(folder: &Path) -> bool {
    config(folder)["is_encoder_decoder"].as_bool() == Some(true)
}

/// The engine for the checkpoint in this folder.
///
/// # Errors
/// As [`TextModel::load`]; [`Error::Weights`] where the tokenizer's pieces cannot be read as bytes.
pub(super) fn load(folder: &Path, device: DeviceChoice) -> Result<Engine> {
    let model = TextModel::load(folder, TextOptions { device, ..TextOptions::default() })?;
    let path = folder.join("tokenizer.json");
    let place = path.display().to_string();
    let content = std::fs::read(&path).map_err(|error| Error::weights(&place, error.to_string()))?;
    let pieces = Vocabulary::from_json(&content, &place)?;
    let end = model.settings().eos_token_id.first().copied();
    let end = end.ok_or_else(|| Error::weights(folder.display().to_string(), "no eos_token_id"))?;
    let ready = [const { OnceLock::new() }; 3];
    Ok(Engine::of_text(TextSql { model, pieces, end, format: format_of(folder), ready }))
}

fn config(folder: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(folder.join("config.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// What the checkpoint reads, as its configuration or its card says.
fn format_of(folder: &Path) -> InputFormat {
    match config(folder)["sql_input"].as_str() {
        Some("picard") => return InputFormat::Picard,
        Some("plain") => return InputFormat::Plain,
        _ => {}
    }
    let card = std::fs::read_to_string(folder.join("README.md")).unwrap_or_default().to_lowercase();
    let known = card.contains("picard") || card.contains("spider");
    if known { InputFormat::Picard } else { InputFormat::Plain }
}

impl TextSql {
    /// The folder's name.
    pub(super) fn name(&self) -> &str {
        self.model.name()
    }

    fn ready(&self, dialect: Dialect) -> &TextVocabulary {
        let place = match dialect {
            Dialect::Sqlite => 0,
            Dialect::Postgres => 1,
            Dialect::MySql => 2,
        };
        self.ready[place].get_or_init(|| TextVocabulary::new(self.pieces.clone(), self.end, dialect))
    }

    /// Answers one request.
    pub(super) fn answer(&self, request: &Request<'_>) -> Result<Answer> {
        if request.database.is_some() {
            return Err(Error::input("only native models let a database guide the choice"));
        }
        let begin = Instant::now();
        let schema = request.schema.schema();
        let vocabulary = self.ready(request.dialect);
        let grammar = vocabulary.grammar(schema)?;
        let format = request.input.unwrap_or(self.format);
        let prefix = format!("{} | ", schema.name);
        let shown = format == InputFormat::Picard && vocabulary.spells(&prefix.to_lowercase());
        let limit = self.model.network().config().most_positions().map_or(LARGEST_TEXT, |most| most.min(LARGEST_TEXT));
        let constraint = TextConstraint::new(schema, &grammar, vocabulary, limit);
        let constraint = constraint.with_prefix(if shown { &prefix } else { "" });
        let mut search_settings = session::settings(request);
        search_settings.limit = constraint.limit();
        let mut settings = self.model.settings().clone();
        settings.beam_width = search_settings.beam_width;
        settings.max_new_tokens = Some(constraint.limit() + 1);
        let linked = Instant::now();
        let input = input_text(schema, request, format);
        let scorer = self.model.read(&input, &settings)?;
        let encoded = Instant::now();
        let mut scorer = Watched::new(scorer, request.given_up);
        let hypotheses = search(&constraint, &mut scorer, &search_settings)?;
        let mut texts = texts(&constraint, &hypotheses).into_iter().take(request.n_best.max(1));
        let best = texts.next().ok_or_else(|| Error::internal("the search came back empty"))?;
        let completed = hypotheses.iter().all(|hypothesis| hypothesis.completed);
        let mut notes: Vec<String> = request.schema.notes.to_vec();
        if completed {
            notes.push(session::COMPLETED.to_owned());
        }
        let (decode, total) = (scorer.time, begin.elapsed());
        let timing = Timing {
            link: linked - begin,
            encode: encoded - linked,
            decode,
            mask: total.saturating_sub(decode + (encoded - begin)),
            check: Duration::ZERO,
            total,
        };
        let (sql, confidence) = (best.sql, best.score);
        Ok(Answer { sql, confidence, alternatives: texts.collect(), links: Vec::new(), notes, completed, timing })
    }
}

/// The different texts with their probabilities, best first; what several sequences of pieces spell has their sum.
fn texts(constraint: &TextConstraint<'_>, hypotheses: &[Hypothesis]) -> Vec<Alternative> {
    let mut texts: Vec<Alternative> = Vec::new();
    for hypothesis in hypotheses {
        let (sql, score) = (constraint.sql(&hypothesis.ids), hypothesis.log_probability.exp());
        match texts.iter_mut().find(|other| other.sql == sql) {
            Some(other) => other.score = (other.score + score).min(1.0),
            None => texts.push(Alternative { sql, score }),
        }
    }
    texts.sort_by(|a, b| b.score.total_cmp(&a.score));
    texts
}

/// What the model reads.
fn input_text(schema: &Schema, request: &Request<'_>, format: InputFormat) -> String {
    let question = request.question.split_whitespace().collect::<Vec<_>>().join(" ");
    let picard = format == InputFormat::Picard;
    let mut text = question.clone();
    if picard {
        text.push_str(" | ");
        text.push_str(&schema.name.to_lowercase());
    }
    let cells = if picard && request.use_values { question.to_lowercase() } else { String::new() };
    for table in schema.table_ids() {
        text.push_str(" | ");
        text.push_str(&table_text(schema, table, &cells));
    }
    text
}

fn table_text(schema: &Schema, table: TableId, question: &str) -> String {
    let columns: Vec<String> = schema.columns_of(table).map(|column| column_text(schema, column, question)).collect();
    format!("{} : {}", schema.table(table).name.to_lowercase(), columns.join(" , "))
}

/// A column with those of its cells that the question holds.
fn column_text(schema: &Schema, column: ColumnId, question: &str) -> String {
    let column = schema.column(column);
    let held = |cell: &&String| cell.chars().count() > 1 && holds(question, &cell.to_lowercase());
    let cells: Vec<&str> = column.samples.iter().filter(held).take(CELLS).map(String::as_str).collect();
    let name = column.name.to_lowercase();
    if cells.is_empty() { name } else { format!("{name} ( {} )", cells.join(" , ")) }
}

/// Whether a text holds another one between borders of words.
fn holds(text: &str, part: &str) -> bool {
    let border = |character: Option<char>| character.is_none_or(|character| !character.is_alphanumeric());
    text.match_indices(part).any(|(start, found)| {
        border(text[..start].chars().next_back()) && border(text[start + found.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::schema::SchemaBuilder;

    #[test]
    fn the_input_is_written_as_the_models_read_it() {
        let mut builder = SchemaBuilder::new("Pets_1");
        builder.table("Pet").column("PetType", "TEXT").samples(&["cat", "dog"]).column("Age", "INTEGER");
        builder.table("Owner").column("Name", "TEXT");
        let schema = builder.build().unwrap();
        let table = |id: u32, question: &str| table_text(&schema, TableId(id), question);
        assert_eq!(table(0, "how old is the dog?"), "pet : pettype ( dog ) , age");
        assert_eq!(table(0, "dogs and scat"), "pet : pettype , age");
        assert_eq!(table(1, ""), "owner : name");
    }
}
