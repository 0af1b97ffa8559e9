//! Text to text for the doors: a checkpoint under its name, what a request may ask of it, answers with their times.

use super::assets::{ModelEntry, Purpose};
use super::generation::Task;
use super::session::LARGEST_BEAM_WIDTH;
use super::text::{GeneratedAlternative, TextModel, TextOptions};
use super::watched::Watched;
use crate::decode::{GenerationSettings, generate};
use crate::error::{Error, Result};
use std::time::{Duration, Instant};

/// Pieces written at most, whatever a request says; each costs time, and memory in every layer.
pub const LARGEST_MAX_TOKENS: usize = 2048;

/// A loaded checkpoint and what is known of it. Shared by threads.
#[derive(Debug)]
pub struct TextEngine {
    entry: ModelEntry,
    model: TextModel,
}

/// What is asked.
#[derive(Clone, Copy, Default)]
pub struct TextRequest<'a> {
    /// Hypotheses kept; as the checkpoint says where it is missing.
    pub beam_width: Option<usize>,
    /// Pieces written at most; as the checkpoint says where it is missing.
    pub max_tokens: Option<usize>,
    /// One of the checkpoint's tasks, with its prefix and settings.
    pub task: Option<&'a str>,
    /// Asked at every step: true ends the work, because nobody waits for the answer.
    pub given_up: Option<&'a (dyn Fn() -> bool + Sync)>,
}

/// The answer to one text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextAnswer {
    /// The text, special pieces left out.
    pub text: String,
    /// The other hypotheses that the search ended with, best first.
    pub alternatives: Vec<GeneratedAlternative>,
    /// What was left out, for people.
    pub notes: Vec<String>,
    /// How long each stage took, for all texts that went together.
    pub timing: TextTiming,
}

/// How long each stage took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextTiming {
    /// Pieces of the text, and the encoder.
    pub encode: Duration,
    /// The decoder's steps.
    pub decode: Duration,
    /// Everything.
    pub total: Duration,
}

impl TextEngine {
    /// Loads a model that is for text.
    ///
    /// # Errors
    /// [`Error::Input`] where it is for something else; as [`TextModel::load`].
    pub fn load(entry: ModelEntry, options: TextOptions) -> Result<Self> {
        if !matches!(entry.purpose, Purpose::Text { .. }) {
            let message = format!("{} is no text-to-text model, it is for: {}", entry.name, entry.purpose);
            return Err(Error::input(message));
        }
        let model = TextModel::load(&entry.path, options)?;
        Ok(Self { entry, model })
    }

    /// The name that its answers carry, see [`ModelEntry::short_name`].
    pub fn name(&self) -> &str {
        self.entry.short_name()
    }

    /// What is known of the model.
    pub fn entry(&self) -> &ModelEntry {
        &self.entry
    }

    /// Whether its files describe a task of this name.
    pub fn has_task(&self, name: &str) -> bool {
        self.model.tasks().contains_key(name)
    }

    fn task(&self, name: &str) -> Result<&Task> {
        self.model.tasks().get(name).ok_or_else(|| {
            let known: Vec<&str> = self.model.tasks().keys().map(String::as_str).collect();
            Error::input(format!("{} has no task {name:?}; it has: {}", self.name(), known.join(", ")))
        })
    }

    /// Answers texts, in order; each comes out as it would alone.
    ///
    /// # Errors
    /// [`Error::Input`] where the request asks for too much or a text is empty; what the network reports.
    pub fn answer(&self, texts: &[&str], request: &TextRequest<'_>) -> Result<Vec<TextAnswer>> {
        if texts.iter().any(|text| text.trim().is_empty()) {
            return Err(Error::input("the text is empty"));
        }
        let task = request.task.map(|name| self.task(name)).transpose()?;
        let prefix = task.map_or("", |task| task.prefix.as_str());
        let settings = settings(task.map_or(self.model.settings(), |task| &task.settings), request)?;
        let begin = Instant::now();
        let encode = |text| self.model.tokenizer().encode(&format!("{prefix}{text}"), self.model.longest_source());
        let sources = texts.iter().map(encode);
        let sources = sources.collect::<Result<Vec<_>>>()?;
        let ids: Vec<&[u32]> = sources.iter().map(|source| source.ids.as_slice()).collect();
        let mut scorer = Watched::new(self.model.scorer(&ids, &settings)?, request.given_up);
        let encode = begin.elapsed();
        // On a thread of the pool, as `TextModel::generate_ids` does it.
        let found = rayon::join(|| generate(&mut scorer, &ids, &settings), || ()).0?;
        let timing = TextTiming { encode, decode: scorer.time, total: begin.elapsed() };
        let answer = |(source, found): (&crate::tokens::TextIds, Vec<_>)| {
            let answer = self.model.answer(&found, source.cut)?;
            let notes = answer.note().into_iter().collect();
            Ok(TextAnswer { text: answer.text, alternatives: answer.alternatives, notes, timing })
        };
        sources.iter().zip(found).map(answer).collect()
    }
}

/// The checkpoint's settings with what the request says.
fn settings(of_model: &GenerationSettings, request: &TextRequest<'_>) -> Result<GenerationSettings> {
    let mut settings = of_model.clone();
    if let Some(beam_width) = request.beam_width {
        settings.beam_width = within("beam_width", beam_width, LARGEST_BEAM_WIDTH)?;
    }
    if let Some(max_tokens) = request.max_tokens {
        settings.max_new_tokens = Some(within("max_tokens", max_tokens, LARGEST_MAX_TOKENS)?);
        // What is asked for goes before the least length of the file.
        settings.min_length = settings.min_length.min(max_tokens);
        settings.min_new_tokens = settings.min_new_tokens.map(|least| least.min(max_tokens));
    }
    settings.n_best = settings.beam_width;
    Ok(settings)
}

fn within(name: &str, value: usize, most: usize) -> Result<usize> {
    if (1..=most).contains(&value) {
        Ok(value)
    } else {
        Err(Error::input(format!("`{name}` must be 1 to {most}, not {value}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_before_the_file() {
        let file = GenerationSettings {
            beam_width: 4,
            max_length: Some(142),
            min_length: 56,
            ..GenerationSettings::default()
        };
        let of =
            |beam_width, max_tokens| settings(&file, &TextRequest { beam_width, max_tokens, ..TextRequest::default() });
        let as_it_is = of(None, None).unwrap();
        assert_eq!((as_it_is.beam_width, as_it_is.n_best, as_it_is.longest()), (4, 4, 142));
        let asked = of(Some(2), Some(20)).unwrap();
        assert_eq!((asked.beam_width, asked.n_best, asked.longest(), asked.min_length), (2, 2, 21, 20));
        for (beam_width, max_tokens) in [(Some(0), None), (Some(33), None), (None, Some(0)), (None, Some(2049))] {
            assert!(of(beam_width, max_tokens).is_err());
        }
    }
}
