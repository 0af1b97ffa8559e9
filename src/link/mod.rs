//! Which tables, columns and cells a question means, and the network's input made from that.
//!
//! A [`SchemaIndex`] is built once a schema and gives a [`Prompt`] for each question; [`QuestionValues`] reads spans of
//! the question as literals and finds literals in it. Knows nothing about networks, symbols or SQL: what a trained model
//! sees of a question is decided here and nowhere else.

mod abbreviations;
mod cells;
mod find;
mod index;
mod layout;
mod links;
mod matrix;
mod meanings;
mod names;
mod other;
mod places;
mod prompt;
mod question;
mod relations;
mod snap;
mod spans;
mod text;
mod values;
mod words;

pub use index::{MAX_WORDS, SchemaIndex};
pub use prompt::{Link, LinkKind, LinkTarget, Node, NodeKind, Prompt, PromptOptions};
pub use relations::{FEATURE_NAMES, NODE_FEATURES, RELATIONS, Relation};
pub use values::QuestionValues;
pub use words::{Word, split_question};
