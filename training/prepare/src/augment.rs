//! Changes what a prompt shows from epoch to epoch, so that a network learns to read schemas instead of remembering them.

use std::collections::HashSet;

use argiope::error::Result;
use argiope::link::{Prompt, PromptOptions};
use argiope::schema::{ColumnId, TableId};
use argiope::tokens::Tokenizer;

use crate::example::Example;
use crate::options::Options;
use crate::random::Random;

/// The share of tables whose columns are shuffled; the other half keeps the order people chose, which says something.
const SHUFFLED_COLUMNS: f64 = 0.5;

/// Word pieces of a prompt besides words and labels: `[CLS]` and the question's `[SEP]`.
const FRAME: usize = 2;

/// A prompt longer than this when dumped is cut as it would be in use.
const DUMP_PIECES: usize = 320;

/// The prompt as it would be in use.
///
/// # Errors
/// When the question has no words.
pub(crate) fn plain(example: &Example<'_>, tokenizer: &Tokenizer, bare: bool) -> Result<Prompt> {
    let options = PromptOptions { use_values: !bare, max_pieces: DUMP_PIECES, ..PromptOptions::default() };
    example.database.index(bare).prompt(tokenizer, example.question, &options)
}

/// A prompt for training.
///
/// # Errors
/// When the question has no words.
pub(crate) fn changed(
    example: &Example<'_>,
    tokenizer: &Tokenizer,
    options: &Options,
    random: &mut Random,
) -> Result<Prompt> {
    let bare = random.chance(options.drop_labels);
    let use_values = !random.chance(options.drop_values);
    let schema = example.database.schema();
    let mut tables: Vec<TableId> = schema.table_ids().collect();
    random.shuffle(&mut tables);
    let left_out = left_out(example, options.max_pieces, bare, random);
    let mut columns = Vec::with_capacity(tables.len());
    for table in schema.table_ids() {
        let mut order: Vec<ColumnId> = schema.columns_of(table).filter(|column| !left_out.contains(column)).collect();
        if random.chance(SHUFFLED_COLUMNS) {
            random.shuffle(&mut order);
        }
        columns.push(order);
    }
    let options = PromptOptions {
        use_values,
        max_pieces: DUMP_PIECES,
        table_order: Some(tables),
        column_order: Some(columns),
        keep: Some(&example.columns),
    };
    example.database.index(bare).prompt(tokenizer, example.question, &options)
}

/// Random unused columns without which the prompt has at most `max_pieces` word pieces, if that can be.
fn left_out(example: &Example<'_>, max_pieces: usize, bare: bool, random: &mut Random) -> HashSet<ColumnId> {
    let lengths = &example.lengths[usize::from(bare)];
    let mut pieces = FRAME + example.question_pieces + lengths.total();
    let mut left_out = HashSet::new();
    if pieces <= max_pieces {
        return left_out;
    }
    let mut unused: Vec<ColumnId> =
        example.database.schema().column_ids().filter(|column| !example.columns.contains(column)).collect();
    random.shuffle(&mut unused);
    for column in unused {
        if pieces <= max_pieces {
            break;
        }
        pieces -= lengths.columns[column.index()];
        left_out.insert(column);
    }
    left_out
}
