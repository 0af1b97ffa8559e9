//! How many word pieces the parts of a schema take in a prompt, so that prompts can be cut and bucketed before
//! they are made.

use argiope::schema::Schema;
use argiope::tokens::Tokenizer;

/// Word pieces of every label.
#[derive(Debug)]
pub(crate) struct Lengths {
    /// By column.
    pub(crate) columns: Vec<usize>,
    /// By table, with its separator.
    pub(crate) tables: Vec<usize>,
}

impl Lengths {
    /// Counts them.
    pub(crate) fn of(schema: &Schema, tokenizer: &Tokenizer) -> Self {
        Self {
            columns: schema.columns.iter().map(|column| tokenizer.pieces(&column.label).len()).collect(),
            tables: schema.tables.iter().map(|table| tokenizer.pieces(&table.label).len() + 1).collect(),
        }
    }

    /// The whole schema's.
    pub(crate) fn total(&self) -> usize {
        self.columns.iter().sum::<usize>() + self.tables.iter().sum::<usize>()
    }
}
