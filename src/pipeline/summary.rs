//! One article from text to summary: sentences, scores, choice, shortening.
//!
//! Every line is a compression of one sentence and passes the recogniser before it is given out, so that a summary
//! cannot say what its article does not.

use super::assets::Places;
use super::judge::Judge;
use crate::error::{Error, Result};
use crate::model::{DeviceChoice, Selector, SelectorConfig, SelectorInput};
use crate::summary::{
    Article, Choice, Deletion, Layout, Line, Publisher, Recogniser, SENTENCE_FEATURE_NAMES, SENTENCE_FEATURES, WINDOW,
    WINDOWS, choose, sentence_features, word_count,
};
use crate::tokens::Tokenizer;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

/// The model that chooses sentences when none is named.
pub const DEFAULT_SUMMARY_MODEL: &str = "summary-small";

/// Lines of a summary where neither lines nor words are given; `--lines` with `spider-eval rouge` measures others.
pub const DEFAULT_LINES: usize = 3;

/// The publishers' names, in the order of their ids.
const PUBLISHERS: [&str; 3] = ["unknown", "cnn", "dailymail"];

/// How a summary is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SummaryMethod {
    /// The model's sentences, shortened where it is safe.
    #[default]
    Shorten,
    /// The model's sentences as they stand.
    Extract,
    /// The first sentences as they stand.
    Lead,
}

/// An article and what is wanted of it.
#[derive(Debug, Clone)]
pub struct SummaryRequest<'a> {
    /// The article.
    pub article: &'a Article,
    /// Who published it.
    pub publisher: Publisher,
    /// How.
    pub method: SummaryMethod,
    /// Words at most, over all lines.
    pub max_words: Option<usize>,
    /// Lines at most; [`DEFAULT_LINES`] where neither is given.
    pub lines: Option<usize>,
    /// What [`SummaryMethod::Shorten`] may leave out, where the summary is better without it.
    pub deletions: &'a [Deletion],
}

impl<'a> SummaryRequest<'a> {
    /// With the default settings.
    pub fn new(article: &'a Article) -> Self {
        let publisher = article.publisher();
        let method = SummaryMethod::default();
        Self { article, publisher, method, max_words: None, lines: None, deletions: &Deletion::SAFE }
    }
}

/// A summary.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The lines, in the article's order; at least one.
    pub lines: Vec<SummaryLine>,
    /// What the reader should know of how it was made.
    pub notes: Vec<String>,
    /// How long each stage took.
    pub timing: SummaryTiming,
}

/// A line of a summary and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryLine {
    /// The line.
    pub text: String,
    /// The index of its sentence.
    pub sentence: usize,
    /// The sentence as it stands in the article.
    pub source: String,
    /// Where the sentence stands in the article, in characters.
    pub place: Range<usize>,
    /// Where the kept words stand in the article, in characters.
    pub kept: Vec<Range<usize>>,
    /// The model's score of the sentence; `None` where no model scored it.
    pub score: Option<f32>,
    /// Whether words were left out.
    pub is_shortened: bool,
}

/// How long each stage of one summary took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SummaryTiming {
    /// Features and word pieces.
    pub read: Duration,
    /// The network.
    pub score: Duration,
    /// Choosing and shortening.
    pub choose: Duration,
    /// Everything.
    pub total: Duration,
}

/// What says how much each sentence belongs in the summary.
pub trait SentenceScorer: Send + Sync {
    /// The model's name.
    fn name(&self) -> &str;

    /// One score a sentence of those that the layout read; the higher the better.
    ///
    /// # Errors
    /// Whatever the network reports.
    fn scores(&self, layout: &Layout, features: &[f32], publisher: Publisher) -> Result<Vec<f32>>;
}

/// Makes summaries. Shared by threads; nothing in it changes.
pub struct Summariser {
    model: Option<(Box<dyn SentenceScorer>, Tokenizer)>,
    judge: Judge,
}

impl Summariser {
    /// Without a model: only [`SummaryMethod::Lead`] works.
    pub fn without_model() -> Self {
        Self { model: None, judge: Judge::default() }
    }

    /// With this model and its tokenizer; of each sentence the kinds in [`Deletion::DEFAULT`] are left out.
    pub fn new(scorer: Box<dyn SentenceScorer>, tokenizer: Tokenizer) -> Self {
        Self { model: Some((scorer, tokenizer)), judge: Judge::default() }
    }

    /// The model in this folder.
    ///
    /// # Errors
    /// [`Error::Weights`] where a file is missing, cut, or made for other features; [`Error::Input`] where the device
    /// cannot be used.
    pub fn load(folder: &Path, device: DeviceChoice) -> Result<Self> {
        let selector = Selector::load(folder, device)?;
        let tokenizer = Tokenizer::from_file(folder.join("tokenizer.json"))?;
        let findings = misfits(selector.config(), &tokenizer);
        if !findings.is_empty() {
            return Err(Error::weights(folder.join("config.json").display().to_string(), findings.join("; ")));
        }
        let name = selector.config().name.clone();
        let judge = Judge::read(folder)?;
        Ok(Self { judge, ..Self::new(Box::new(NativeScorer { name, selector }), tokenizer) })
    }

    /// The model of this name where it lies in one of the places, else none.
    ///
    /// # Errors
    /// As [`Summariser::load`].
    pub fn find(places: &Places, name: &str, device: DeviceChoice) -> Result<Self> {
        match places.find(name) {
            Ok(folder) => Self::load(&folder, device),
            Err(_) => Ok(Self::without_model()),
        }
    }

    /// The model's name.
    pub fn model(&self) -> Option<&str> {
        self.model.as_ref().map(|(scorer, _)| scorer.name())
    }

    /// Summarises an article.
    ///
    /// # Errors
    /// [`Error::Input`] where there is no sentence in it; [`Error::Weights`] where the method needs a model and there
    /// is none; what the network reports.
    pub fn summarise(&self, request: &SummaryRequest<'_>) -> Result<Summary> {
        let begin = Instant::now();
        let article = request.article;
        if article.sentences().is_empty() {
            return Err(Error::input("the article is empty: no word in it"));
        }
        let mut timing = SummaryTiming::default();
        let scores = match request.method {
            SummaryMethod::Lead => Vec::new(),
            SummaryMethod::Shorten | SummaryMethod::Extract => self.scores(request, &mut timing)?,
        };
        let chosen = Instant::now();
        let (lines, notes) = self.lines(request, &scores);
        timing.choose = chosen.elapsed();
        timing.total = begin.elapsed();
        Ok(Summary { lines, notes, timing })
    }

    /// The chosen lines with what is to be said of them.
    fn lines(&self, request: &SummaryRequest<'_>, scores: &[f32]) -> (Vec<SummaryLine>, Vec<String>) {
        let article = request.article;
        let kinds = if request.method == SummaryMethod::Shorten { request.deletions } else { &[] };
        let recogniser = Recogniser::new(article, kinds, usize::MAX);
        let worth = self.judge.worth(article, &recogniser);
        let all: Vec<Line> =
            worth.iter().enumerate().map(|(index, worth)| recogniser.compressed(index, worth)).collect();
        let lengths: Vec<usize> = all.iter().map(|line| word_count(&line.text)).collect();
        let is_lead = request.method == SummaryMethod::Lead;
        let choice = Choice {
            lines: request.lines.or_else(|| request.max_words.is_none().then_some(DEFAULT_LINES)),
            max_words: request.max_words,
            no_repeats: !is_lead && request.publisher != Publisher::Cnn,
            speakers: request.method == SummaryMethod::Shorten,
        };
        let mut chosen = choose(article, scores, &lengths, &choice);
        let mut notes = Vec::new();
        if chosen.is_empty() {
            // Something is better than nothing: the shortest sentence.
            chosen.extend((0..lengths.len()).min_by_key(|&index| lengths[index]));
            notes.push("no sentence is as short as was asked for; this is the shortest".to_owned());
        }
        let lines = chosen.into_iter().map(|index| {
            let line = &all[index];
            let fits = recogniser.read(&recogniser.spell(line)).is_some();
            let line = if fits { line.clone() } else { recogniser.whole(index) };
            summary_line(article, &recogniser, line, scores.get(index).copied())
        });
        (lines.collect(), notes)
    }

    fn scores(&self, request: &SummaryRequest<'_>, timing: &mut SummaryTiming) -> Result<Vec<f32>> {
        let Some((scorer, tokenizer)) = &self.model else {
            let message = "no such model here; the method \"lead\" needs none";
            return Err(Error::weights(DEFAULT_SUMMARY_MODEL, message));
        };
        let begin = Instant::now();
        let layout = Layout::new(request.article, tokenizer);
        let mut features = sentence_features(request.article);
        features.truncate(layout.read() * SENTENCE_FEATURES);
        timing.read = begin.elapsed();
        let begin = Instant::now();
        let scores = scorer.scores(&layout, &features, request.publisher);
        timing.score = begin.elapsed();
        scores
    }
}

fn summary_line(article: &Article, recogniser: &Recogniser<'_>, line: Line, score: Option<f32>) -> SummaryLine {
    let range = article.sentences().get(line.sentence).map_or(0..0, |sentence| sentence.range.clone());
    let before = article.text()[..range.start].chars().count();
    let characters = |place: &Range<usize>| {
        let start = before + article.text()[range.start..place.start].chars().count();
        start..start + article.text()[place.clone()].chars().count()
    };
    SummaryLine {
        is_shortened: line.kept.len() < recogniser.whole(line.sentence).kept.len(),
        kept: recogniser.places(&line).iter().map(characters).collect(),
        place: characters(&range),
        source: article.sentence(line.sentence).to_owned(),
        sentence: line.sentence,
        text: line.text,
        score,
    }
}

/// The selector as the pipeline asks it.
struct NativeScorer {
    name: String,
    selector: Selector,
}

impl SentenceScorer for NativeScorer {
    fn name(&self) -> &str {
        &self.name
    }

    fn scores(&self, layout: &Layout, features: &[f32], publisher: Publisher) -> Result<Vec<f32>> {
        let spans = layout.spans[..layout.read()].iter().map(|span| (span.start as u32, span.end as u32));
        self.selector.score(&SelectorInput {
            piece_ids: layout.piece_ids.clone(),
            spans: spans.collect(),
            features: features.to_vec(),
            publisher: publisher.id(),
        })
    }
}

/// What of a model does not fit this program: inputs would mean something else than they were trained to.
fn misfits(config: &SelectorConfig, tokenizer: &Tokenizer) -> Vec<String> {
    let mut findings = Vec::new();
    let known: [(&str, &[String], &[&str]); 2] =
        [("features", &config.features, &SENTENCE_FEATURE_NAMES), ("publishers", &config.publishers, &PUBLISHERS)];
    for (what, theirs, ours) in known {
        if theirs != ours {
            findings.push(format!("its {what} are not this program's"));
        }
    }
    let sizes = &config.sizes;
    if (sizes.windows, sizes.positions) != (WINDOWS, WINDOW) {
        findings.push(format!("{} windows of {} pieces, not {WINDOWS} of {WINDOW}", sizes.windows, sizes.positions));
    }
    if tokenizer.size() > sizes.vocabulary {
        findings.push(format!("{} word pieces for a vocabulary of {}", tokenizer.size(), sizes.vocabulary));
    }
    findings
}
