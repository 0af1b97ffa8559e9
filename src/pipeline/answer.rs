//! What comes back for a question.

use super::evidence::EVIDENCE;
use crate::link::{Link, LinkKind, LinkTarget, Word};
use crate::schema::Schema;
use std::time::Duration;

/// The answer to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// One read-only statement that is valid for the schema and the dialect.
    pub sql: String,
    /// How likely it is right, between 0 and 1: by the model's ranking, where it has one; else the network's probability
    /// of this text, the sum over all found forms that are written as it.
    pub confidence: f64,
    /// Other texts, best first.
    pub alternatives: Vec<Alternative>,
    /// Which words of the question met which part of the schema.
    pub links: Vec<AnswerLink>,
    /// What was left out or guessed, for people.
    pub notes: Vec<String>,
    /// True where the search found nothing acceptable and this is merely the shortest valid statement.
    pub completed: bool,
    /// How long each stage took.
    pub timing: Timing,
}

/// Another text for the same question.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// One read-only statement that is valid for the schema and the dialect.
    pub sql: String,
    /// As [`Answer::confidence`].
    pub score: f64,
}

/// A query that the search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// One read-only statement that is valid for the schema and the dialect.
    pub sql: String,
    /// What the ranking knows of it, in the order of [`super::EVIDENCE_NAMES`].
    pub evidence: [f64; EVIDENCE],
    /// How likely it is right, between 0 and 1.
    pub confidence: f64,
}

/// Words of the question that met a part of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerLink {
    /// The words as written.
    pub text: String,
    /// Where they start in the question, in characters.
    pub start: usize,
    /// Where they end (excluded), in characters.
    pub end: usize,
    /// How they met: `exact`, `partial`, `abbreviation`, `cell`, `cell_stem` or `cell_word`.
    pub kind: &'static str,
    /// The table that was met, or whose column was met.
    pub table: String,
    /// The column that was met, or whose cell was met.
    pub column: Option<String>,
}

/// How long each stage of one answer took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timing {
    /// Linking the question with the schema and laying out the prompt.
    pub link: Duration,
    /// The encoder.
    pub encode: Duration,
    /// The decoder's steps.
    pub decode: Duration,
    /// What may follow: the recogniser.
    pub mask: Duration,
    /// Rendering and checking finished forms.
    pub check: Duration,
    /// Everything.
    pub total: Duration,
}

impl AnswerLink {
    /// From a link of the prompt; `None` where it names words that are not there.
    pub(super) fn new(link: &Link, question: &str, words: &[Word], schema: &Schema) -> Option<Self> {
        let (first, last) = (words.get(link.words.start)?, words.get(link.words.end.checked_sub(1)?)?);
        let (table, column) = match link.target {
            LinkTarget::Table(table) => (table, None),
            LinkTarget::Column(column) => (schema.column(column).table, Some(schema.column(column).name.clone())),
        };
        let text = question.get(first.start..last.end)?.to_owned();
        let start = question[..first.start].chars().count();
        Some(Self {
            start,
            end: start + text.chars().count(),
            text,
            kind: kind_name(link.kind),
            table: schema.table(table).name.clone(),
            column,
        })
    }
}

fn kind_name(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Exact => "exact",
        LinkKind::Partial => "partial",
        LinkKind::Abbreviation => "abbreviation",
        LinkKind::Cell => "cell",
        LinkKind::CellStem => "cell_stem",
        LinkKind::CellWord => "cell_word",
    }
}
