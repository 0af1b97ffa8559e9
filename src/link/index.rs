//! What linking knows about one schema before any question comes.

use super::prompt::{Prompt, PromptOptions};
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::tokens::Tokenizer;
use std::sync::Arc;

/// A schema made ready for linking; built once, shared by all questions.
#[derive(Debug)]
pub struct SchemaIndex {
    schema: Arc<Schema>,
}

impl SchemaIndex {
    /// Prepares a schema.
    pub fn new(schema: Arc<Schema>, tokenizer: &Tokenizer) -> Self {
        let _ = tokenizer;
        Self { schema }
    }

    /// The schema.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The network's input for a question.
    ///
    /// # Errors
    /// [`Error::Input`] when the question has no words.
    pub fn prompt(&self, tokenizer: &Tokenizer, question: &str, options: &PromptOptions<'_>) -> Result<Prompt> {
        let _ = (tokenizer, options);
        Err(Error::input(format!("not written yet: {}", question.len())))
    }
}
