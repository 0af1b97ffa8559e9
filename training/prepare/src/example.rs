//! A question with its gold form: what a network is asked to write.
//!
//! Gold text → `sql::parse_with` (lenient) → `form::from_query` → checked step by step against the recogniser, so that no
//! target is a symbol that decoding would forbid.

use std::collections::HashSet;

use argiope::form::{Allowed, Keyword, Recogniser, Symbol, from_query};
use argiope::link::{QuestionValues, SchemaIndex, split_question};
use argiope::schema::{ColumnId, Schema, TableId};
use argiope::sql::{Dialect, ParseOptions, parse_with};
use argiope::tokens::Tokenizer;
use rayon::prelude::*;

use crate::databases::Database;
use crate::lengths::Lengths;
use crate::options::Options;
use crate::sources::{Family, Question, Sources};

/// A question that the form covers.
#[derive(Debug)]
pub(crate) struct Example<'a> {
    /// Index into [`Sources::sets`].
    pub(crate) set: usize,
    /// Index into the set's questions.
    pub(crate) index: usize,
    /// The question.
    pub(crate) question: &'a str,
    /// What it is asked over.
    pub(crate) database: &'a Database,
    /// Word pieces of the labels, with the source's names and with raw ones.
    pub(crate) lengths: &'a [Lengths; 2],
    /// Word pieces of the question.
    pub(crate) question_pieces: usize,
    /// The gold form, without END.
    pub(crate) symbols: Vec<Symbol>,
    /// The columns it names.
    pub(crate) columns: HashSet<ColumnId>,
    /// The tables it names, or names columns of.
    pub(crate) tables: HashSet<TableId>,
}

/// A question that no example could be made from.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Index into [`Sources::sets`].
    pub(crate) set: usize,
    /// Index into the set's questions.
    pub(crate) index: usize,
    /// Why, in a few words, the same for like cases.
    pub(crate) kind: String,
    /// The details.
    pub(crate) reason: String,
}

/// Makes examples of all questions, in order, and says which could not be made.
pub(crate) fn examples<'a>(
    sources: &'a Sources,
    lengths: &'a LengthsByDatabase,
    tokenizer: &Tokenizer,
    options: &Options,
) -> (Vec<Example<'a>>, Vec<Refusal>) {
    let all: Vec<(usize, usize, &Question)> = sources
        .sets
        .iter()
        .enumerate()
        .flat_map(|(set, content)| content.questions.iter().enumerate().map(move |(index, q)| (set, index, q)))
        .collect();
    let made: Vec<Result<Example<'a>, Refusal>> = all
        .into_par_iter()
        .map(|(set, index, question)| {
            let key = (Family::of(&sources.sets[set].name), question.db_id.clone());
            let refusal = |(kind, reason): (&str, String)| Refusal { set, index, kind: kind.to_owned(), reason };
            let database = sources.databases.get(&key);
            let (Some(database), Some(lengths)) = (database, lengths.get(&key)) else {
                return Err(refusal(("no schema", question.db_id.clone())));
            };
            let symbols = symbols(question, &database.labelled, options.max_symbols).map_err(refusal)?;
            let (columns, tables) = named(&symbols, database.schema());
            let question_pieces = tokenizer.pieces(&question.question).len();
            let question = question.question.as_str();
            Ok(Example { set, index, question, database, lengths, question_pieces, symbols, columns, tables })
        })
        .collect();
    let mut refusals = Vec::new();
    let examples = made.into_iter().filter_map(|made| made.map_err(|refusal| refusals.push(refusal)).ok()).collect();
    (examples, refusals)
}

/// [`Lengths`] by set family and database name.
pub(crate) type LengthsByDatabase = std::collections::HashMap<(Family, String), [Lengths; 2]>;

/// The gold form of a question; else the kind of trouble and its details.
fn symbols(question: &Question, index: &SchemaIndex, limit: usize) -> Result<Vec<Symbol>, (&'static str, String)> {
    let options = ParseOptions { dialect: Dialect::Sqlite, lenient: true };
    let schema = index.schema();
    let query = parse_with(&question.query, options, schema).map_err(|error| ("not parsed", error.to_string()))?;
    let words = split_question(&question.question);
    let values = QuestionValues::new(index, &question.question, &words, true);
    let symbols = from_query(schema, &query, &values).map_err(|error| ("not in the form", error.to_string()))?;
    let steps = steps(schema, words.len(), limit, &symbols);
    steps.map_err(|place| ("forbidden by the recogniser", format!("symbol {place} of {symbols:?}")))?;
    Ok(symbols)
}

/// What may follow before each symbol and before END; else the place of the first symbol that may not stand there.
///
/// # Errors
/// That place.
pub(crate) fn steps(schema: &Schema, words: usize, limit: usize, symbols: &[Symbol]) -> Result<Vec<Allowed>, usize> {
    let recogniser = Recogniser::new(schema, words, limit);
    let mut state = recogniser.start();
    let mut steps = Vec::with_capacity(symbols.len() + 1);
    for (place, &symbol) in symbols.iter().enumerate() {
        let mut allowed = Allowed::default();
        recogniser.allowed(&state, &mut allowed);
        steps.push(allowed);
        state = recogniser.advance(&state, symbol).ok_or(place)?;
    }
    let mut allowed = Allowed::default();
    recogniser.allowed(&state, &mut allowed);
    let complete = allowed.keywords & Keyword::End.bit() != 0;
    steps.push(allowed);
    if complete { Ok(steps) } else { Err(symbols.len()) }
}

/// The columns a form names, and the tables it names or whose columns it names.
fn named(symbols: &[Symbol], schema: &Schema) -> (HashSet<ColumnId>, HashSet<TableId>) {
    let column = |symbol: &Symbol| if let Symbol::Column(column) = symbol { Some(*column) } else { None };
    let columns: HashSet<ColumnId> = symbols.iter().filter_map(column).collect();
    let table = |symbol: &Symbol| if let Symbol::Table(table) = symbol { Some(*table) } else { None };
    let owners = columns.iter().map(|&column| schema.column(column).table);
    let tables = symbols.iter().filter_map(table).chain(owners).collect();
    (columns, tables)
}
