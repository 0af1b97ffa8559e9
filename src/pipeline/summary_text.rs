//! A summary that a text-to-text checkpoint writes freely: nothing ties its lines to the article's sentences.

use super::text_engine::{TextAnswer, TextEngine, TextRequest};
use crate::error::{Error, Result};
use crate::summary::{Article, word_count};
use std::time::Duration;

/// What `task_specific_params` call it.
const TASK: &str = "summarization";

/// What PEGASUS writes for a line break.
const LINE_BREAK: &str = "<n>";

/// A summary without sources.
#[derive(Debug, Clone, PartialEq)]
pub struct TextSummary {
    /// The lines: sentences, as far as they fit.
    pub lines: Vec<String>,
    /// What the reader should know of how it was made.
    pub notes: Vec<String>,
    /// The encoder and the decoder's steps.
    pub network: Duration,
}

/// What is wanted of a summary besides the article.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextSummaryRequest {
    /// Hypotheses kept; as the checkpoint says where it is missing.
    pub beam_width: Option<usize>,
    /// Words at most, over all lines; a first line that is longer stays.
    pub max_words: Option<usize>,
    /// Lines at most.
    pub lines: Option<usize>,
}

impl TextEngine {
    /// Summarises an article, by the checkpoint's task of that name where it has one. What the network cannot read of
    /// a long article is left out with a note.
    ///
    /// # Errors
    /// [`Error::Input`] where there is no word in the article or the model writes none; as [`TextEngine::answer`].
    pub fn summarise(&self, article: &Article, request: &TextSummaryRequest) -> Result<TextSummary> {
        if article.sentences().is_empty() {
            return Err(Error::input("the article is empty: no word in it"));
        }
        let task = self.has_task(TASK).then_some(TASK);
        let asked = TextRequest { beam_width: request.beam_width, task, ..TextRequest::default() };
        let answer = self.answer(&[article.text().trim()], &asked)?.pop();
        let TextAnswer { text, mut notes, timing, .. } =
            answer.ok_or_else(|| Error::internal("a text without an answer"))?;
        let (lines, left_out) = lines(&text, request);
        if lines.is_empty() {
            return Err(Error::input(format!("the model {} wrote no words for this article", self.name())));
        }
        if left_out > 0 {
            notes.push(format!("{left_out} lines of the summary were too many and left out"));
        }
        notes.push(format!("written freely by {}: no rule ties it to the article", self.name()));
        Ok(TextSummary { lines, notes, network: timing.encode + timing.decode })
    }
}

/// The lines that fit, and how many do not.
fn lines(text: &str, request: &TextSummaryRequest) -> (Vec<String>, usize) {
    let written = Article::new(text.replace(LINE_BREAK, "\n"));
    let mut lines: Vec<String> = Vec::new();
    let mut words = 0;
    for place in 0..written.sentences().len() {
        let line = written.sentence(place);
        words += word_count(line);
        let is_long = request.max_words.is_some_and(|most| words > most) && !lines.is_empty();
        if is_long || request.lines.is_some_and(|most| lines.len() == most) {
            break;
        }
        lines.push(line.to_owned());
    }
    let left_out = written.sentences().len() - lines.len();
    (lines, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_become_lines_as_far_as_they_fit() {
        let text = "The bridge fell.<n>Nobody was hurt. It was old.";
        let of = |max_words, most| {
            lines(text, &TextSummaryRequest { max_words, lines: most, ..TextSummaryRequest::default() })
        };
        let all = ["The bridge fell.", "Nobody was hurt.", "It was old."].map(String::from);
        assert_eq!(of(None, None), (all.to_vec(), 0));
        assert_eq!(of(Some(7), None), (all[..2].to_vec(), 1));
        assert_eq!(of(Some(1), None), (all[..1].to_vec(), 2));
        assert_eq!(of(None, Some(1)), (all[..1].to_vec(), 2));
    }
}
