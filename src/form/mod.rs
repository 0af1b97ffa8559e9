//! The native model's language: short prefix sequences of keywords and pointers;
//! joins are derived from foreign keys.
//!
//! Three readings of one language: a recogniser says what may follow, a writer turns a complete form into a
//! query (total), a reader turns a query into its canonical form. Knows schemas and queries; knows nothing
//! about SQL text, tokens, questions or numbers of a network. docs/form.md describes the syntax.

mod advance;
mod allowed;
mod cost;
mod draft;
mod joins;
mod moves;
mod next;
mod read;
mod recogniser;
mod resolve;
mod state;
mod steiner;
mod symbol;
mod target;
mod vocabulary;
mod write;

pub use allowed::{Allowed, Bits};
pub use joins::JoinGraph;
pub use read::{Uncovered, from_query, from_query_with};
pub use recogniser::Recogniser;
pub use state::State;
pub use symbol::{Keyword, Symbol};
pub use write::{to_query, to_query_with};
