//! `argiope summarize`: an article to a summary, or a file of articles to one each.

use super::flags::{MethodFlag, PublisherFlag, SummarizeFlags};
use super::settings::Settings;
use super::{Outcome, lines, print};
use crate::pipeline::{
    Article, ArticleSource, Deletion, Publisher, Summariser, Summary, SummaryMethod, SummaryRequest, read_article,
    rouge,
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

/// What holds for every article of a run.
struct Run<'a> {
    flags: &'a SummarizeFlags,
    summariser: Summariser,
    method: SummaryMethod,
    deletions: Vec<Deletion>,
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
            None => Deletion::DEFAULT.to_vec(),
            Some(names) => names.iter().map(|name| deletion(name)).collect::<anyhow::Result<_>>()?,
        };
        Ok(Self { flags, summariser, method, deletions })
    }

    /// One file, or stdin.
    fn single(&self) -> anyhow::Result<Outcome> {
        let path = self.flags.file.as_deref().unwrap_or(Path::new("-"));
        let name = path.display().to_string();
        let source = read_article(&read(path)?, &name)?;
        ensure!(!self.flags.score || !source.highlights.is_empty(), "--score needs @highlight lines, {name} has none");
        let begin = Instant::now();
        let summary = self.summarise(&source.article, source.article.publisher())?;
        for note in &summary.notes {
            eprintln!("note: {note}");
        }
        let rouge = self.flags.score.then(|| scores(&summary, &source.highlights.join("\n")));
        if self.flags.json {
            print(&self.json(summary, rouge, begin.elapsed())?)?;
            return Ok(Outcome::Done);
        }
        self.show(&summary)?;
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
        let read = begin.elapsed();
        let summary = self.summarise(&article, publisher)?;
        let highlights = line.highlights.filter(|_| self.flags.score);
        let rouge = highlights.map(|highlights| scores(&summary, &highlights));
        match self.flags.json {
            true => self.json(summary, rouge, read),
            false => Ok(lines::one_line(&text_of(&summary))),
        }
    }

    fn summarise(&self, article: &Article, publisher: Publisher) -> anyhow::Result<Summary> {
        Ok(self.summariser.summarise(&SummaryRequest {
            article,
            publisher: self.flags.publisher.map_or(publisher, Publisher::from),
            method: self.method,
            max_words: self.flags.max_words.map(|words| words as usize),
            lines: self.flags.lines.map(usize::from),
            deletions: &self.deletions,
        })?)
    }

    fn json(
        &self,
        summary: Summary,
        rouge: Option<BTreeMap<&'static str, f64>>,
        read: Duration,
    ) -> anyhow::Result<String> {
        let is_lead = self.method == SummaryMethod::Lead;
        let model = self.summariser.model().filter(|_| !is_lead).unwrap_or("lead");
        let answer = SummaryBody::new(summary, model, Duration::ZERO, read);
        Ok(serde_json::to_string(&Printed { answer, rouge })?)
    }

    /// The lines; in a terminal wrapped to its width.
    fn show(&self, summary: &Summary) -> anyhow::Result<()> {
        if !std::io::stdout().is_terminal() {
            return print(&text_of(summary));
        }
        let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let width = told.unwrap_or(WIDTH).clamp(NARROWEST, WIDEST);
        summary.lines.iter().try_for_each(|line| print(&wrapped(&line.text, width)))
    }
}

fn text_of(summary: &Summary) -> String {
    summary.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
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
fn scores(summary: &Summary, reference: &str) -> BTreeMap<&'static str, f64> {
    let scores = rouge::score(reference, &text_of(summary), true);
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
