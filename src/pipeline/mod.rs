//! From a question and a schema to an answer; from an article to a summary.
//!
//! An [`Engine`] per process holds the network and the tokenizer; a [`Request`] goes through link, encode, search and
//! render and comes back as an [`Answer`]. Knows nothing about HTTP or flags: the doors call it, and use nothing of
//! the experts but what is handed on here.
//!
//! ```no_run
//! use argiope::pipeline::{DEFAULT_MODEL, DeviceChoice, Places, Request, load, read_ddl};
//! # fn main() -> argiope::Result<()> {
//! let folder = Places::from_environment().find(DEFAULT_MODEL)?;
//! let engine = load(&folder, DeviceChoice::Cpu)?;
//! let (schema, notes) = read_ddl("CREATE TABLE singer (id INTEGER PRIMARY KEY, age INTEGER);", "music")?;
//! let schema = engine.prepare(schema, notes)?;
//! let answer = engine.answer(&Request::new("How many singers are older than 30?", &schema))?;
//! println!("{} ({:.2})", answer.sql, answer.confidence);
//! # Ok(())
//! # }
//! ```

mod answer;
mod article;
mod assets;
mod cache;
mod constraint;
mod engine;
mod evidence;
mod execute;
mod fetch;
mod generation;
mod guided;
mod judge;
mod lock;
mod native;
mod network;
mod ranking;
mod session;
mod source;
mod summary;
mod summary_text;
mod text;
mod text_constraint;
mod text_engine;
mod text_sql;
mod watched;

pub use crate::decode::{EarlyStopping, GenerationSettings, Scorer, Step};
pub use crate::link::Prompt;
pub use crate::model::{DeviceChoice, NumberFormat};
pub use crate::sql::Dialect;
pub use crate::summary::rouge;
pub use crate::summary::{Article, Deletion, Layout, Publisher};
pub use answer::{Alternative, Answer, AnswerLink, Candidate, Timing};
pub use article::{ArticleSource, read_article};
pub use assets::{DEFAULT_MODEL, HubName, HubSettings, ModelEntry, Places, Purpose, models_below};
pub use engine::{Engine, Prepared};
pub use evidence::{EVIDENCE, EVIDENCE_NAMES};
pub use execute::{Rows, RunLimits, run_read_only};
pub use fetch::{FetchProgress, Fetched, fetch};
pub use generation::Task;
pub use native::load;
pub use network::Network;
pub use session::{DEFAULT_BEAM_WIDTH, LARGEST_BEAM_WIDTH, Request};
pub use source::{add_database, read_ddl, read_ddl_file};
pub use summary::{
    DEFAULT_LINES, DEFAULT_SUMMARY_MODEL, SentenceScorer, Summariser, Summary, SummaryLine, SummaryMethod,
    SummaryRequest, SummaryTiming,
};
pub use summary_text::{TextSummary, TextSummaryRequest};
pub use text::{Generated, GeneratedAlternative, TextModel, TextOptions, TextScorer};
pub use text_constraint::{TextConstraint, TextState, TextVocabulary};
pub use text_engine::{LARGEST_MAX_TOKENS, TextAnswer, TextEngine, TextRequest, TextTiming};
pub use text_sql::InputFormat;
