//! The command line of `prepare`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

/// Turns question sets into training batches with the library's own schema, linking, tokens and form.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the keywords, relations and features of this version as JSON.
    Describe,
    /// Print how much of each set the form covers, and why not the rest.
    Check(Options),
    /// Write endless training batches to standard output.
    Stream(Options),
    /// Write each example once, unchanged, in batches to standard output; with --hold-out, of those databases alone.
    Dump(Options),
    /// Batches of articles for the selector.
    #[command(subcommand)]
    Summary(SummaryCommand),
}

/// What to do with articles.
#[derive(Debug, Subcommand)]
pub(crate) enum SummaryCommand {
    /// Write endless training batches to standard output.
    Stream(SummaryOptions),
    /// Write each article once, with its publisher, in batches to standard output.
    Dump(SummaryOptions),
    /// Write what is known of the cuts of a model's best sentences, and what each does to ROUGE, to standard output.
    Cuts(SummaryOptions),
    /// Print what each kind of deletion does to the ROUGE of the lines that a model chooses.
    Deletions(SummaryOptions),
}

/// Where the articles are and how they are mixed.
#[derive(Debug, Clone, Args)]
pub(crate) struct SummaryOptions {
    /// A file with one {"publisher", "article", "highlights"} a line, not compressed.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// MiniLM's tokenizer.json.
    #[arg(long)]
    pub(crate) tokenizer: PathBuf,
    /// Which process this feeds.
    #[arg(long, default_value_t = 0)]
    pub(crate) rank: usize,
    /// How many processes there are.
    #[arg(long, default_value_t = 1)]
    pub(crate) ranks: usize,
    /// Decides order and augmentation.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Articles a process and step.
    #[arg(long, default_value_t = 16)]
    pub(crate) batch: usize,
    /// The first step to write; earlier ones are passed over.
    #[arg(long, default_value_t = 0)]
    pub(crate) start: u64,
    /// The articles of the file that are used: the first so many.
    #[arg(long)]
    pub(crate) limit: Option<usize>,
    /// The chance that an epoch shows an article of CNN; all others are shown. CNN has most of the training rows.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) cnn: f64,
    /// Cuts, deletions: the folder of the model whose lines are shortened.
    #[arg(long)]
    pub(crate) model: Option<PathBuf>,
    /// Deletions: print each cut, in the line that it would leave.
    #[arg(long)]
    pub(crate) list: bool,
    /// The share of training articles whose publisher is not told: a user's article has none.
    #[arg(long, default_value_t = 0.25)]
    pub(crate) unknown: f64,
}

/// Where the data are and how they are mixed and changed.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Spider's folder: train.json, tables.json, database/.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// Loom's folder: questions.jsonl, schemas/.
    #[arg(long)]
    pub(crate) loom: Option<PathBuf>,
    /// The folder with sparc/, cosql/, bird/, ambrosia/ and gretel/.
    #[arg(long)]
    pub(crate) extra: Option<PathBuf>,
    /// WikiSQL's training questions, not compressed: one {"table_id", "columns", "question", "query"} a line.
    #[arg(long)]
    pub(crate) wikisql: Option<PathBuf>,
    /// MiniLM's tokenizer.json.
    #[arg(long)]
    pub(crate) tokenizer: PathBuf,
    /// The sets, by name: train, train_others, train_syn, train_paraphrased, dev, loom, sparc, cosql, bird, ambrosia,
    /// gretel, wikisql.
    #[arg(long, value_delimiter = ',', default_value = "train,train_others,loom")]
    pub(crate) set: Vec<String>,
    /// The chance that an epoch shows an example, by set. train_others has 6 databases and odd SQL, Loom other habits.
    #[arg(long, value_delimiter = ',', default_value = "train=1.0,train_others=0.35,loom=0.6")]
    pub(crate) weights: Vec<String>,
    /// Which process this feeds.
    #[arg(long, default_value_t = 0)]
    pub(crate) rank: usize,
    /// How many processes there are.
    #[arg(long, default_value_t = 1)]
    pub(crate) ranks: usize,
    /// Decides order and augmentation.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Examples a process and step.
    #[arg(long, default_value_t = 12)]
    pub(crate) batch: usize,
    /// The first step to write; earlier ones are passed over.
    #[arg(long, default_value_t = 0)]
    pub(crate) start: u64,
    /// Word pieces of a training prompt; random unused columns are left out above it.
    #[arg(long, default_value_t = 176)]
    pub(crate) max_pieces: usize,
    /// Symbols of a form; longer ones are passed over.
    #[arg(long, default_value_t = 120)]
    pub(crate) max_symbols: usize,
    /// The share of examples whose prompt sees no cell values: an app sends none.
    #[arg(long, default_value_t = 0.35)]
    pub(crate) drop_values: f64,
    /// The share of examples whose prompt has the words of raw names for curated ones: an app has no others.
    #[arg(long, default_value_t = 0.35)]
    pub(crate) drop_labels: f64,
    /// So many databases of Spider and of Loom, those whose name's SHA-256 is smallest, are left out of training.
    #[arg(long, default_value_t = 0)]
    pub(crate) hold_out: usize,
    /// Dump: prompts without cell values and curated names.
    #[arg(long)]
    pub(crate) bare: bool,
    /// Check: print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Check: print each example that is not covered.
    #[arg(long)]
    pub(crate) list: bool,
}

impl Options {
    /// Loom's folder.
    ///
    /// # Errors
    /// When it was not given.
    pub(crate) fn loom_folder(&self) -> Result<&Path> {
        self.loom.as_deref().context("the set loom needs --loom")
    }

    /// The folder of one of the further sets.
    ///
    /// # Errors
    /// When their folder was not given.
    pub(crate) fn extra_folder(&self, set: &str) -> Result<PathBuf> {
        let folder = self.extra.as_deref().with_context(|| format!("the set {set} needs --extra"))?;
        Ok(folder.join(set))
    }

    /// WikiSQL's file.
    ///
    /// # Errors
    /// When it was not given.
    pub(crate) fn wikisql_file(&self) -> Result<&Path> {
        self.wikisql.as_deref().context("the set wikisql needs --wikisql")
    }

    /// The weights by set; 1 for a set that is not named.
    ///
    /// # Errors
    /// When an entry is not `NAME=SHARE`.
    pub(crate) fn weights(&self) -> Result<HashMap<String, f64>> {
        let pair = |entry: &String| {
            let (name, share) = entry.split_once('=').with_context(|| format!("--weights {entry}: no '='"))?;
            Ok((name.to_owned(), share.parse().with_context(|| format!("--weights {entry}: no number"))?))
        };
        self.weights.iter().map(pair).collect()
    }
}
