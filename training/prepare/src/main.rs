//! `prepare`: question sets or articles in, training batches out, through the library's own schema, linking, tokens,
//! form and sentences.
//!
//! | file | what it owns |
//! |---|---|
//! | `options` | the command line |
//! | `sources` | reading question sets |
//! | `databases` | reading their schemas and cells |
//! | `example` | gold text → symbols, checked by the recogniser |
//! | `lengths` | word pieces of a schema's labels |
//! | `plan`, `random` | which examples stand in which batch |
//! | `augment` | what a prompt shows this time |
//! | `batch`, `arrays` | padded arrays → safetensors |
//! | `check` | coverage report |
//! | `summary/` | articles: rows, labels, batches for the selector |
//!
//! A batch is written as its length (u64, little-endian) and then a safetensors file; training/batches.py reads it.

mod arrays;
mod augment;
mod batch;
mod check;
mod databases;
mod example;
mod lengths;
mod options;
mod plan;
mod random;
mod sources;
mod summary;
mod wikisql;

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result, ensure};
use argiope::form::Keyword;
use argiope::link::{FEATURE_NAMES, Relation};
use argiope::tokens::Tokenizer;
use clap::Parser;

use arrays::write_blob;
use batch::Item;
use example::{Example, LengthsByDatabase, examples};
use lengths::Lengths;
use options::{Cli, Command, Options};
use plan::{Entry, Plan, share};
use random::Random;
use sources::{Family, Sources};

fn main() -> Result<()> {
    let mut out = std::io::stdout().lock();
    let done = match Cli::parse().command {
        Command::Describe => describe(&mut out),
        Command::Check(options) => Feed::with(&options, |feed| feed.check(&mut out)),
        Command::Stream(options) => Feed::with(&options, |feed| feed.stream(&mut out)),
        Command::Dump(options) => Feed::with(&options, |feed| feed.dump(&mut out)),
        Command::Summary(command) => summary::run(&command, &mut out),
    };
    let hung_up = |error: &std::io::Error| error.kind() == ErrorKind::BrokenPipe;
    match done {
        // The reader has what it wanted.
        Err(error) if error.downcast_ref().is_some_and(hung_up) => Ok(()),
        done => done,
    }
}

/// The language and the inputs of this version, by name, in the order of their ids.
fn describe(out: &mut impl Write) -> Result<()> {
    let keywords: Vec<&str> = Keyword::ALL.iter().map(|keyword| keyword.name()).collect();
    let relations: Vec<&str> = Relation::ALL.iter().map(|relation| relation.name()).collect();
    let names = serde_json::json!({
        "keywords": keywords, "relations": relations, "features": FEATURE_NAMES, "summary": summary::names(),
    });
    Ok(writeln!(out, "{names}")?)
}

/// All that the commands work on.
struct Feed<'a> {
    options: &'a Options,
    tokenizer: &'a Tokenizer,
    sources: &'a Sources,
    examples: Vec<Example<'a>>,
    refusals: Vec<example::Refusal>,
}

impl Feed<'_> {
    /// Reads everything and runs a command on it.
    fn with(options: &Options, run: impl FnOnce(&Feed<'_>) -> Result<()>) -> Result<()> {
        ensure!(options.rank < options.ranks && options.batch > 0, "--rank is below --ranks, --batch above 0");
        let tokenizer = Tokenizer::from_file(&options.tokenizer)?;
        let sources = Sources::read(options, &tokenizer)?;
        let lengths: LengthsByDatabase = sources
            .databases
            .iter()
            .map(|(key, database)| {
                let both = [false, true].map(|bare| Lengths::of(database.index(bare).schema(), &tokenizer));
                (key.clone(), both)
            })
            .collect();
        let (examples, refusals) = examples(&sources, &lengths, &tokenizer, options);
        run(&Feed { options, tokenizer: &tokenizer, sources: &sources, examples, refusals })
    }

    fn check(&self, out: &mut impl Write) -> Result<()> {
        let report = check::Report::new(self.sources, &self.examples, &self.refusals);
        if self.options.list {
            for refusal in &self.refusals {
                let set = &self.sources.sets[refusal.set].name;
                writeln!(out, "{set} {}: {}: {}", refusal.index, refusal.kind, refusal.reason)?;
            }
        }
        match self.options.json {
            true => writeln!(out, "{}", serde_json::to_string(&report)?)?,
            false => write!(out, "{}", report.text())?,
        }
        Ok(())
    }

    /// Training batches without end, from step `--start` on.
    fn stream(&self, out: &mut impl Write) -> Result<()> {
        let weights = self.options.weights()?;
        let weight = |example: &Example<'_>| {
            let share = weights.get(&self.sources.sets[example.set].name).copied().unwrap_or(1.0);
            if self.is_held_out(example) { 0.0 } else { share }
        };
        let entries =
            self.examples.iter().map(|example| Entry { length: self.length(example), weight: weight(example) });
        let mut plan = Plan::new(entries.collect(), self.options.seed, self.options.batch * self.options.ranks);
        let mut step = 0;
        loop {
            let (epoch, whole) = plan.next().context("too few examples for one batch")?;
            step += 1;
            if step <= self.options.start {
                continue;
            }
            let items: Vec<Item> = share(&whole, self.options.rank, self.options.ranks)
                .into_iter()
                .filter_map(|index| self.changed(index, epoch))
                .collect();
            if !items.is_empty() {
                write_blob(out, &batch::blob(&items)?)?;
            }
        }
    }

    /// Each example once, as in use, like lengths together.
    fn dump(&self, out: &mut impl Write) -> Result<()> {
        let wanted = |example: &&Example<'_>| self.options.hold_out == 0 || self.is_held_out(example);
        let mut chosen: Vec<&Example<'_>> = self.examples.iter().filter(wanted).collect();
        chosen.sort_by_key(|example| self.length(example));
        let mine: Vec<usize> = share(&(0..chosen.len()).collect::<Vec<_>>(), self.options.rank, self.options.ranks);
        for places in mine.chunks(self.options.batch) {
            let item = |&place: &usize| {
                let prompt = augment::plain(chosen[place], self.tokenizer, self.options.bare).ok()?;
                Item::new(chosen[place], prompt, self.options.max_symbols)
            };
            let items: Vec<Item> = places.iter().filter_map(item).collect();
            if !items.is_empty() {
                write_blob(out, &batch::blob(&items)?)?;
            }
        }
        Ok(())
    }

    fn changed(&self, index: usize, epoch: u64) -> Option<Item> {
        let mut random = Random::of(&[self.options.seed, epoch, index as u64]);
        let example = &self.examples[index];
        let prompt = augment::changed(example, self.tokenizer, self.options, &mut random).ok()?;
        Item::new(example, prompt, self.options.max_symbols)
    }

    fn length(&self, example: &Example<'_>) -> usize {
        (example.question_pieces + example.lengths[0].total()).min(self.options.max_pieces)
    }

    fn is_held_out(&self, example: &Example<'_>) -> bool {
        let family = Family::of(&self.sources.sets[example.set].name);
        self.sources.held_out.iter().any(|held| held.0 == family && held.1 == example.database.schema().name)
    }
}
