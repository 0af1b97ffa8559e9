//! Articles in, batches for the selector out, through the library's own sentences, features and layout.
//!
//! | file | what it owns |
//! |---|---|
//! | `rows` | reading the file, one article at a time |
//! | `labels` | which sentences the network is asked to choose |
//! | `cuts` | what is known of each cut, and what leaving it out does to ROUGE |
//! | `deletions` | what leaving words out does to ROUGE |
//! | `batch` | padded arrays → safetensors |

mod batch;
mod cuts;
mod deletions;
mod labels;
mod rows;

use std::io::Write;

use anyhow::{Context, Result, ensure};
use argiope::pipeline::{DeviceChoice, Summariser};
use argiope::summary::{LONGEST_SENTENCE, SENTENCE_FEATURE_NAMES, WINDOW, WINDOWS, cut_feature_names};
use argiope::tokens::Tokenizer;
use rayon::prelude::*;

use crate::arrays::write_blob;
use crate::options::{SummaryCommand, SummaryOptions};
use crate::plan::{Entry, Plan, share};
use crate::random::Random;
use batch::Item;
use rows::Rows;

/// Runs a command.
///
/// # Errors
/// When a file cannot be read or written, or is not in its form.
pub(crate) fn run(command: &SummaryCommand, out: &mut impl Write) -> Result<()> {
    let options = match command {
        SummaryCommand::Stream(options)
        | SummaryCommand::Dump(options)
        | SummaryCommand::Cuts(options)
        | SummaryCommand::Deletions(options) => options,
    };
    ensure!(options.rank < options.ranks && options.batch > 0, "--rank is below --ranks, --batch above 0");
    let tokenizer = Tokenizer::from_file(&options.tokenizer)?;
    let rows = Rows::open(&options.data, options.limit)?;
    let feed = Feed { options, tokenizer: &tokenizer, rows: &rows };
    match command {
        SummaryCommand::Stream(_) => feed.stream(out),
        SummaryCommand::Dump(_) => feed.dump(out),
        SummaryCommand::Cuts(_) => cuts::dump(&feed, out),
        SummaryCommand::Deletions(_) => {
            let folder = options.model.as_deref().context("--model says whose lines are shortened")?;
            deletions::report(&rows, &Summariser::load(folder, DeviceChoice::Cpu)?, options.list, out)
        }
    }
}

/// The inputs of this version, for `prepare describe`.
pub(crate) fn names() -> serde_json::Value {
    serde_json::json!({
        "features": SENTENCE_FEATURE_NAMES,
        "publishers": ["unknown", "cnn", "dailymail"],
        "window": WINDOW,
        "windows": WINDOWS,
        "longest_sentence": LONGEST_SENTENCE,
        "cut_features": cut_feature_names(),
    })
}

/// All that the commands work on.
struct Feed<'a> {
    options: &'a SummaryOptions,
    tokenizer: &'a Tokenizer,
    rows: &'a Rows,
}

impl Feed<'_> {
    /// Training batches without end, from step `--start` on. Articles without a sentence to choose are passed over.
    fn stream(&self, out: &mut impl Write) -> Result<()> {
        let entries = self
            .rows
            .entries
            .iter()
            .map(|entry| Entry { length: entry.pieces, weight: if entry.is_cnn { self.options.cnn } else { 1.0 } });
        let mut plan = Plan::new(entries.collect(), self.options.seed, self.options.batch * self.options.ranks);
        let mut step = 0;
        loop {
            let (epoch, whole) = plan.next().context("too few articles for one batch")?;
            step += 1;
            if step <= self.options.start {
                continue;
            }
            let mine = share(&whole, self.options.rank, self.options.ranks);
            let hidden =
                |index: usize| Random::of(&[self.options.seed, epoch, index as u64]).chance(self.options.unknown);
            let items: Result<Vec<Item>> = mine.into_par_iter().map(|index| self.item(index, hidden(index))).collect();
            let items: Vec<Item> = items?.into_iter().filter(Item::has_label).collect();
            if !items.is_empty() {
                write_blob(out, &batch::blob(&items)?)?;
            }
        }
    }

    /// Each article once, like lengths together.
    fn dump(&self, out: &mut impl Write) -> Result<()> {
        let mut order: Vec<usize> = (0..self.rows.entries.len()).collect();
        order.sort_by_key(|&index| self.rows.entries[index].pieces);
        for places in share(&order, self.options.rank, self.options.ranks).chunks(self.options.batch) {
            let items: Result<Vec<Item>> = places.par_iter().map(|&index| self.item(index, false)).collect();
            write_blob(out, &batch::blob(&items?)?)?;
        }
        Ok(())
    }

    fn item(&self, index: usize, hide_publisher: bool) -> Result<Item> {
        let row = self.rows.read(index)?;
        Ok(Item::new(&row, index, hide_publisher, self.tokenizer))
    }
}
