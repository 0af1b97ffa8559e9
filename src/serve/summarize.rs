//! `POST /summarize`: its JSON, and what the thread behind it does.

use super::about::ModelBody;
use super::body::milliseconds;
use super::worker::{Model, Task};
use crate::error::{Error, Result};
use crate::pipeline::{
    Article, Publisher, Summariser, Summary, SummaryLine, SummaryMethod, SummaryRequest, TextSummary,
};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use utoipa::ToSchema;

/// The name of the method that needs no model.
pub(super) const LEAD: &str = "lead";

/// An article to be summarised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArticleBody {
    /// The article, as plain text.
    #[schema(example = "The old bridge fell into the river on Monday. Nobody was hurt.")]
    pub article: String,
    /// Words at most; three sentences where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_words: Option<usize>,
    /// `shorten` (the default), `extract` or `lead`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "shorten")]
    pub method: Option<String>,
    /// `cnn` or `dailymail`, where it is one of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
}

/// A summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SummaryBody {
    /// The lines, with line breaks between them.
    pub summary: String,
    /// Each line with its source; empty where a text-to-text model wrote freely.
    pub sentences: Vec<SentenceBody>,
    /// What the reader should know of how it was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The model that chose the sentences, or `lead`.
    pub model: String,
    /// How long each stage took, in milliseconds.
    pub timing_ms: SummaryTimingBody,
}

/// A line of a summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SentenceBody {
    /// The line.
    pub text: String,
    /// Its sentence, counted from 0.
    pub index: usize,
    /// Its sentence as it stands in the article.
    pub source: String,
    /// Where the sentence starts in the article, in characters.
    pub start: usize,
    /// Where it ends (excluded), in characters.
    pub end: usize,
    /// Where the words of the line stand in the article, in characters: `[start, end]`, end excluded.
    pub kept: Vec<[usize; 2]>,
    /// The model's score of the sentence; missing where no model was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
}

/// Milliseconds a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SummaryTimingBody {
    /// Waiting for the model.
    pub queue: f64,
    /// Sentences, features and word pieces.
    pub read: f64,
    /// The network.
    pub score: f64,
    /// Choosing and shortening.
    pub choose: f64,
    /// Everything.
    pub total: f64,
}

impl ArticleBody {
    /// The method that is asked for; where there is no model and none is asked for, the one that needs none.
    fn method(&self, has_model: bool) -> Result<SummaryMethod> {
        match self.method.as_deref() {
            None if !has_model => Ok(SummaryMethod::Lead),
            None | Some("shorten") => Ok(SummaryMethod::Shorten),
            Some("extract") => Ok(SummaryMethod::Extract),
            Some(LEAD) => Ok(SummaryMethod::Lead),
            Some(other) => Err(Error::input(format!("`method` must be shorten, extract or lead, not {other:?}"))),
        }
    }

    fn publisher(&self, article: &Article) -> Result<Publisher> {
        match self.publisher.as_deref() {
            None => Ok(article.publisher()),
            Some(name @ ("cnn" | "dailymail")) => Ok(Publisher::named(name)),
            Some(other) => Err(Error::input(format!("`publisher` must be cnn or dailymail, not {other:?}"))),
        }
    }

    /// Summarises the article.
    ///
    /// # Errors
    /// [`Error::Input`] for an article, a method, a publisher or a number that cannot be used; as
    /// [`Summariser::summarise`].
    pub fn answer(&self, summariser: &Summariser, waited: Duration) -> Result<SummaryBody> {
        let begin = Instant::now();
        let method = self.method(summariser.model().is_some())?;
        if self.max_words == Some(0) {
            return Err(Error::input("`max_words` must be at least 1"));
        }
        if method != SummaryMethod::Lead && summariser.model().is_none() {
            return Err(Error::input("this server has no model for summaries: `method` must be lead"));
        }
        let article = Article::new(self.article.as_str());
        let publisher = self.publisher(&article)?;
        let split = begin.elapsed();
        let max_words = self.max_words;
        let request = SummaryRequest { publisher, method, max_words, ..SummaryRequest::new(&article) };
        let summary = summariser.summarise(&request)?;
        let model = if method == SummaryMethod::Lead { LEAD } else { summariser.model().unwrap_or(LEAD) };
        Ok(SummaryBody::new(summary, model, waited, split))
    }
}

impl SummaryBody {
    /// From the pipeline's summary. `waited` and `split` are the times before it: in the queue, and for the sentences.
    pub fn new(summary: Summary, model: &str, waited: Duration, split: Duration) -> Self {
        let timing = summary.timing;
        let texts: Vec<&str> = summary.lines.iter().map(|line| line.text.as_str()).collect();
        Self {
            summary: texts.join("\n"),
            model: model.to_owned(),
            timing_ms: SummaryTimingBody {
                queue: milliseconds(waited),
                read: milliseconds(split + timing.read),
                score: milliseconds(timing.score),
                choose: milliseconds(timing.choose),
                total: milliseconds(waited + split + timing.total),
            },
            notes: summary.notes,
            sentences: summary.lines.into_iter().map(SentenceBody::from).collect(),
        }
    }

    /// From a summary that a text-to-text model wrote freely: its lines have no sources.
    pub fn free(summary: TextSummary, model: &str) -> Self {
        let network = milliseconds(summary.network);
        Self {
            summary: summary.lines.join("\n"),
            sentences: Vec::new(),
            notes: summary.notes,
            model: model.to_owned(),
            timing_ms: SummaryTimingBody { score: network, total: network, ..SummaryTimingBody::default() },
        }
    }
}

impl From<SummaryLine> for SentenceBody {
    fn from(line: SummaryLine) -> Self {
        Self {
            text: line.text,
            index: line.sentence,
            source: line.source,
            start: line.place.start,
            end: line.place.end,
            kept: line.kept.into_iter().map(|place| [place.start, place.end]).collect(),
            score: line.score,
        }
    }
}

/// The summariser on its thread.
pub(super) struct SummaryModel {
    pub(super) summariser: Summariser,
}

impl Model for SummaryModel {
    type Body = ArticleBody;
    type Answer = SummaryBody;

    fn about(&self) -> ModelBody {
        ModelBody::new(self.summariser.model().unwrap_or(LEAD), "/summarize", None)
    }

    fn answer(&self, task: &Task<'_, ArticleBody>) -> Result<SummaryBody> {
        task.body.answer(&self.summariser, task.waited)
    }
}
