//! `argiope summarize`: an article to a summary, or a file of articles to one each.
//!
//! By a model that chooses sentences, or freely by a text-to-text checkpoint.

use super::flags::{MethodFlag, PublisherFlag, SummarizeFlags};
use super::settings::Settings;
use super::{Outcome, lines, print};
use crate::pipeline::{
    Article, ArticleSource, Deletion, Publisher, Summariser, SummaryMethod, SummaryRequest, TextEngine,
    TextSummaryRequest, read_article, rouge,
};
use crate::serve::SummaryBody;
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::time::{Duration, Instant};

/// Columns of a terminal that does not tell.
const WIDTH: usize = 80;

/// Columns that a line of text may take, whatever the terminal says.
const NARROWEST: usize = 20;

/// Columns that a line of text takes at most: longer ones are hard to read.
const WIDEST: usize = 100;

/// A line of a batch; other keys are passed over.
#[derive(Deserialize)]
struct Line {
    article: String,
    publisher: Option<String>,
    highlights: Option<String>,
}

/// The HTTP answer, with the score where one was asked for.
#[derive(Serialize)]
struct Printed {
    #[serde(flatten)]
    answer: SummaryBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    rouge: Option<BTreeMap<&'static str, f64>>,
}

/// A summary as it is printed.
struct Made {
    lines: Vec<String>,
    body: SummaryBody,
}

/// What holds for every article of a run.
struct Run<'a> {
    flags: &'a SummarizeFlags,
    writer: Writer,
}

/// What makes the lines.
enum Writer {
    /// The article's own sentences.
    Sentences { summariser: Box<Summariser>, method: SummaryMethod, deletions: Vec<Deletion> },
    /// A checkpoint that writes freely.
    Free { engine: Box<TextEngine>, beam_width: Option<usize> },
}

/// Summarises what the flags name.
pub(super) fn run(flags: &SummarizeFlags, settings: &Settings) -> anyhow::Result<Outcome> {
    let run = Run::new(flags, settings)?;
    match &flags.batch {
        Some(path) => lines::each(path, 1, |lines| lines.iter().map(|line| run.line(line)).collect()),
        None => run.single(),
    }
}

impl<'a> Run<'a> {
    fn new(flags: &'a SummarizeFlags, settings: &Settings) -> anyhow::Result<Self> {
        let needs_none = matches!(flags.method, Some(MethodFlag::Lead));
        let writer = match if needs_none { None } else { settings.text_model()? } {
            Some(engine) => {
                let chosen = flags.method.is_some() || flags.deletions.is_some() || flags.publisher.is_some();
                ensure!(
                    !chosen,
                    "--method, --deletions and --publisher are for models that choose sentences; {} writes freely",
                    engine.name()
                );
                Writer::Free { engine: Box::new(engine), beam_width: settings.named_beam_width }
            }
            None => Writer::sentences(flags, settings)?,
        };
        Ok(Self { flags, writer })
    }

    /// One file, or stdin.
    fn single(&self) -> anyhow::Result<Outcome> {
        let path = self.flags.file.as_deref().unwrap_or(Path::new("-"));
        let name = path.display().to_string();
        let begin = Instant::now();
        let source = read_article(&read(path)?, &name)?;
        ensure!(!self.flags.score || !source.highlights.is_empty(), "--score needs @highlight lines, {name} has none");
        let made = self.summarise(&source.article, source.article.publisher(), begin.elapsed())?;
        for note in &made.body.notes {
            eprintln!("note: {note}");
        }
        let rouge = self.flags.score.then(|| scores(&made, &source.highlights.join("\n")));
        if self.flags.json {
            print(&json(made, rouge)?)?;
            return Ok(Outcome::Done);
        }
        show(&made)?;
        if let Some(rouge) = rouge {
            let shares: Vec<String> =
                rouge.iter().map(|(name, share)| format!("{name} {:.2}", share * 100.0)).collect();
            eprintln!("{}", shares.join("  "));
        }
        Ok(Outcome::Done)
    }

    /// One line of a batch.
    fn line(&self, line: &[u8]) -> anyhow::Result<String> {
        let line: Line = lines::object(line, "article")?;
        let begin = Instant::now();
        let ArticleSource { article, .. } = read_article(line.article.as_bytes(), "the article")?;
        let publisher = line.publisher.map_or_else(|| article.publisher(), |name| Publisher::named(&name));
        let made = self.summarise(&article, publisher, begin.elapsed())?;
        let highlights = line.highlights.filter(|_| self.flags.score);
        let rouge = highlights.map(|highlights| scores(&made, &highlights));
        match self.flags.json {
            true => json(made, rouge),
            false => Ok(lines::one_line(&made.body.summary)),
        }
    }

    fn summarise(&self, article: &Article, publisher: Publisher, read: Duration) -> anyhow::Result<Made> {
        let max_words = self.flags.max_words.map(|words| words as usize);
        let lines = self.flags.lines.map(usize::from);
        match &self.writer {
            Writer::Sentences { summariser, method, deletions } => {
                let summary = summariser.summarise(&SummaryRequest {
                    article,
                    publisher: self.flags.publisher.map_or(publisher, Publisher::from),
                    method: *method,
                    max_words,
                    lines,
                    deletions,
                })?;
                let lines = summary.lines.iter().map(|line| line.text.clone()).collect();
                let is_lead = *method == SummaryMethod::Lead;
                let model = summariser.model().filter(|_| !is_lead).unwrap_or("lead");
                Ok(Made { lines, body: SummaryBody::new(summary, model, Duration::ZERO, read) })
            }
            Writer::Free { engine, beam_width } => {
                let request = TextSummaryRequest { beam_width: *beam_width, max_words, lines };
                let summary = engine.summarise(article, &request)?;
                Ok(Made { lines: summary.lines.clone(), body: SummaryBody::free(summary, engine.name()) })
            }
        }
    }
}

impl Writer {
    fn sentences(flags: &SummarizeFlags, settings: &Settings) -> anyhow::Result<Self> {
        let asked = flags.method.map(SummaryMethod::from);
        let summariser = match asked {
            Some(SummaryMethod::Lead) => Summariser::without_model(),
            Some(_) => settings.summariser()?,
            None => settings.summariser_if_any()?,
        };
        let method = match asked {
            Some(method) => method,
            None if summariser.model().is_none() => {
                eprintln!("note: no model for summaries is here; these are the first sentences (--method lead)");
                SummaryMethod::Lead
            }
            None => SummaryMethod::Shorten,
        };
        let deletions = match &flags.deletions {
            None => Deletion::SAFE.to_vec(),
            Some(names) => names.iter().map(|name| deletion(name)).collect::<anyhow::Result<_>>()?,
        };
        Ok(Self::Sentences { summariser: Box::new(summariser), method, deletions })
    }
}

fn json(made: Made, rouge: Option<BTreeMap<&'static str, f64>>) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&Printed { answer: made.body, rouge })?)
}

/// The lines; in a terminal wrapped to its width.
fn show(made: &Made) -> anyhow::Result<()> {
    if !std::io::stdout().is_terminal() {
        return print(&made.body.summary);
    }
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let width = told.unwrap_or(WIDTH).clamp(NARROWEST, WIDEST);
    made.lines.iter().try_for_each(|line| print(&wrapped(line, width)))
}

/// A text in rows of at most so many characters, where words allow it.
fn wrapped(text: &str, width: usize) -> String {
    let mut rows = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 {
            let breaks = column + 1 + length > width;
            rows.push(if breaks { '\n' } else { ' ' });
            column = if breaks { 0 } else { column + 1 };
        }
        rows.push_str(word);
        column += length;
    }
    rows
}

/// F1 by kind.
fn scores(made: &Made, reference: &str) -> BTreeMap<&'static str, f64> {
    let scores = rouge::score(reference, &made.body.summary, true);
    rouge::NAMES.iter().copied().zip(scores.iter().map(|score| score.f1)).collect()
}

fn deletion(name: &str) -> anyhow::Result<Deletion> {
    let found = Deletion::ALL.into_iter().find(|kind| kind.name() == name);
    found.with_context(|| {
        let names = Deletion::ALL.map(Deletion::name).join(", ");
        format!("--deletions: {name:?} is none of {names}")
    })
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let context = || format!("reading {}", path.display());
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).with_context(context)?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(context)
}

impl From<MethodFlag> for SummaryMethod {
    fn from(flag: MethodFlag) -> Self {
        match flag {
            MethodFlag::Shorten => Self::Shorten,
            MethodFlag::Extract => Self::Extract,
            MethodFlag::Lead => Self::Lead,
        }
    }
}

impl From<PublisherFlag> for Publisher {
    fn from(flag: PublisherFlag) -> Self {
        match flag {
            PublisherFlag::Cnn => Self::Cnn,
            PublisherFlag::Dailymail => Self::DailyMail,
            PublisherFlag::Unknown => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_wide_as_they_may_be() {
        assert_eq!(wrapped("one two three four", 9), "one two\nthree\nfour");
        assert_eq!(wrapped("incomprehensibilities  and", 8), "incomprehensibilities\nand");
    }
}
