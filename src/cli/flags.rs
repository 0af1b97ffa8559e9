//! Every command and flag. Settings that a file may hold too have no default here; `settings` fills them in.

use crate::pipeline::{Dialect, InputFormat, NumberFormat};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Questions and a database schema to valid SQL, articles to short summaries, offline.
#[derive(Debug, Parser)]
#[command(name = "argiope", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// Settings of every command.
    #[command(flatten)]
    pub(super) common: CommonFlags,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Settings of every command.
#[derive(Debug, Args)]
pub(super) struct CommonFlags {
    /// The model: a name that `argiope models` lists, or a folder
    #[arg(long, global = true, value_name = "NAME|DIR", env = "ARGIOPE_MODEL")]
    pub(super) model: Option<String>,
    /// Where it runs: cpu, cuda, cuda:N, metal or auto
    #[arg(long, global = true, value_name = "DEVICE", env = "ARGIOPE_DEVICE")]
    pub(super) device: Option<String>,
    /// Hypotheses the search keeps; 1 is greedy search
    #[arg(long, global = true, value_name = "N", env = "ARGIOPE_BEAM_WIDTH")]
    pub(super) beam_width: Option<usize>,
    /// A JSON file with settings, used where neither a flag nor the environment says otherwise
    #[arg(long, global = true, value_name = "FILE", env = "ARGIOPE_CONFIG")]
    pub(super) config: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Answer a question, or a file of questions, with SQL
    Sql(Box<SqlFlags>),
    /// Summarise an article, or a file of articles
    Summarize(SummarizeFlags),
    /// Text to text with a checkpoint: one text, or a file of them
    Generate(GenerateFlags),
    /// Answer questions over HTTP
    Serve(ServeFlags),
    /// Bring a model from the hub onto this machine
    Fetch(FetchFlags),
    /// List the models on this machine
    Models(ModelsFlags),
}

/// Flags of `argiope fetch`.
#[derive(Debug, Args)]
pub(super) struct FetchFlags {
    /// The model's name on the hub, and a branch, tag or commit of it
    #[arg(value_name = "NAME[@REVISION]")]
    pub(super) name: String,
}

/// Flags of `argiope models`.
#[derive(Debug, Args)]
pub(super) struct ModelsFlags {
    /// Folders to look into as well: a model's, or one with models below it
    #[arg(value_name = "DIR")]
    pub(super) folders: Vec<PathBuf>,
}

/// Flags of `argiope sql`.
#[derive(Debug, Args)]
pub(super) struct SqlFlags {
    /// The question, in English
    #[arg(required_unless_present = "batch", conflicts_with = "batch")]
    pub(super) question: Option<String>,
    /// The schema as CREATE TABLE text
    #[arg(long, value_name = "FILE.sql", group = "source")]
    pub(super) schema: Option<PathBuf>,
    /// The schema and its cells as a SQLite file, opened read-only
    #[arg(long, value_name = "FILE.sqlite", group = "source")]
    pub(super) db: Option<PathBuf>,
    /// Schemas as Spider's tables.json
    #[arg(long, value_name = "tables.json", group = "source")]
    pub(super) tables: Option<PathBuf>,
    /// Which schema of --tables is meant
    #[arg(long, value_name = "ID", conflicts_with = "batch")]
    pub(super) db_id: Option<String>,
    /// A folder with ID/ID.sqlite for the schemas of --tables: questions are matched with its cells
    #[arg(long, value_name = "DIR", requires = "tables")]
    pub(super) databases: Option<PathBuf>,
    /// Whose SQL is wanted
    #[arg(long, value_enum, default_value_t = DialectFlag::Sqlite)]
    pub(super) dialect: DialectFlag,
    /// How a text-to-text checkpoint is told question and schema; as its card says where this is missing
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) input_format: Option<InputFlag>,
    /// Print the N best texts, each with its confidence
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=32))]
    pub(super) n_best: u16,
    /// Print the HTTP answer, one JSON object a question
    #[arg(long)]
    pub(super) json: bool,
    /// Run the SQL on --db, read-only, and print the rows
    #[arg(long, conflicts_with = "batch")]
    pub(super) run: bool,
    /// Try the queries found on --db, read-only: one that returns nothing gives way to one that does
    #[arg(long)]
    pub(super) guided: bool,
    /// A file with one {"question"} a line, and "db_id" with --tables; `-` is stdin
    #[arg(long, value_name = "FILE.jsonl")]
    pub(super) batch: Option<PathBuf>,
}

/// The formats of a checkpoint's input, as flags name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum InputFlag {
    /// question | table : column , column | …
    Plain,
    /// question | db | table : column ( cell ) , column | …, answered by db | select …
    Picard,
}

impl From<InputFlag> for InputFormat {
    fn from(flag: InputFlag) -> Self {
        match flag {
            InputFlag::Plain => Self::Plain,
            InputFlag::Picard => Self::Picard,
        }
    }
}

/// The dialects, as flags name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DialectFlag {
    /// SQLite
    Sqlite,
    /// PostgreSQL
    Postgres,
    /// MySQL
    Mysql,
}

impl From<DialectFlag> for Dialect {
    fn from(flag: DialectFlag) -> Self {
        match flag {
            DialectFlag::Sqlite => Self::Sqlite,
            DialectFlag::Postgres => Self::Postgres,
            DialectFlag::Mysql => Self::MySql,
        }
    }
}

/// Flags of `argiope summarize`.
#[derive(Debug, Args)]
pub(super) struct SummarizeFlags {
    /// The article: plain text, a saved web page or a CNN .story file; `-`, or nothing, is stdin
    #[arg(conflicts_with = "batch")]
    pub(super) file: Option<PathBuf>,
    /// A file with one {"article"} a line; `-` is stdin
    #[arg(long, value_name = "FILE.jsonl")]
    pub(super) batch: Option<PathBuf>,
    /// Words at most; as many sentences as fit, instead of three
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) max_words: Option<u32>,
    /// Lines at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) lines: Option<u16>,
    /// How: the model's sentences, shortened where it is safe or as they stand, or the first sentences
    #[arg(long, value_enum)]
    pub(super) method: Option<MethodFlag>,
    /// What may be left out of a sentence, instead of the usual kinds
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    pub(super) deletions: Option<Vec<String>>,
    /// Who published it, where the file does not say
    #[arg(long, value_enum)]
    pub(super) publisher: Option<PublisherFlag>,
    /// Print the HTTP answer, one JSON object an article
    #[arg(long)]
    pub(super) json: bool,
    /// Score the summary against the highlights, by ROUGE
    #[arg(long)]
    pub(super) score: bool,
}

/// The ways to make a summary, as flags name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MethodFlag {
    /// The model's sentences, shortened where it is safe
    Shorten,
    /// The model's sentences as they stand
    Extract,
    /// The first sentences
    Lead,
}

/// The publishers, as flags name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PublisherFlag {
    /// CNN
    Cnn,
    /// The Daily Mail
    Dailymail,
    /// Somebody else
    Unknown,
}

/// Flags of `argiope generate`.
#[derive(Debug, Args)]
pub(super) struct GenerateFlags {
    /// The text, with whatever stands before it for this model
    #[arg(required_unless_present = "batch", conflicts_with = "batch")]
    pub(super) text: Option<String>,
    /// Pieces written at most; as the checkpoint says where it is missing
    #[arg(long, value_name = "N")]
    pub(super) max_tokens: Option<usize>,
    /// How weights are kept: auto (as in the file), f32, f16, bf16 or int8
    #[arg(long, value_name = "FORMAT", default_value_t)]
    pub(super) number_format: NumberFormat,
    /// Print the HTTP answer, one JSON object a text
    #[arg(long)]
    pub(super) json: bool,
    /// A file with one {"text"} a line; `-` is stdin
    #[arg(long, value_name = "FILE.jsonl")]
    pub(super) batch: Option<PathBuf>,
}

/// Flags of `argiope serve`.
#[derive(Debug, Args)]
pub(super) struct ServeFlags {
    /// Where to listen
    #[arg(long, value_name = "IP:PORT", env = "ARGIOPE_ADDR")]
    pub(super) addr: Option<SocketAddr>,
    /// Questions that may wait for the model; more are refused with 429
    #[arg(long, value_name = "N", env = "ARGIOPE_QUEUE")]
    pub(super) queue: Option<usize>,
    /// Milliseconds from a request to its answer; 504 after them
    #[arg(long, value_name = "MS", env = "ARGIOPE_DEADLINE_MS")]
    pub(super) deadline_ms: Option<u64>,
    /// A text-to-text model for POST /generate: a name that `argiope models` lists, or a folder; may come several times
    #[arg(long, value_name = "NAME|DIR", env = "ARGIOPE_TEXT_MODEL", value_delimiter = ',')]
    pub(super) text_model: Vec<String>,
    /// The largest request body, in bytes; 413 above it
    #[arg(long, value_name = "BYTES", env = "ARGIOPE_MAX_BODY_BYTES")]
    pub(super) max_body_bytes: Option<usize>,
}
