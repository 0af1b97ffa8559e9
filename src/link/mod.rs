//! Which tables, columns and cells a question means, and the network's input made from that.
//!
//! A [`SchemaIndex`] is built once a schema and gives a [`Prompt`] for each question. Knows
//! nothing about networks, symbols or SQL: what a trained model sees of a question is decided here and nowhere else.

mod index;
mod prompt;
mod relations;
mod words;

pub use index::SchemaIndex;
pub use prompt::{Link, LinkKind, LinkTarget, Node, NodeKind, Prompt, PromptOptions};
pub use relations::{FEATURE_NAMES, NODE_FEATURES, RELATIONS, Relation};
pub use words::{Word, split_question};
