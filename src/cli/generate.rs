//! `argiope generate`: text to text with a checkpoint, one text or a file of them.

use super::flags::GenerateFlags;
use super::settings::Settings;
use super::{Outcome, lines, print};
use crate::pipeline::{Places, TextAnswer, TextEngine, TextOptions, TextRequest};
use crate::serve::GeneratedBody;
use anyhow::{Context, bail};
use serde::Deserialize;
use std::time::Duration;

/// Lines of a file that go through the network together.
const GROUP: usize = 8;

/// A line of the file; other keys are passed over.
#[derive(Deserialize)]
struct Line {
    text: String,
}

/// Answers one text or every line.
pub(super) fn run(flags: &GenerateFlags, settings: &Settings) -> anyhow::Result<Outcome> {
    let Some(model) = &settings.named_model else {
        bail!("--model must name a text-to-text model; `argiope models` lists them, `argiope fetch` brings more")
    };
    let entry = Places::from_environment().entry(model)?;
    let options = TextOptions { device: settings.device, format: flags.number_format };
    let engine = TextEngine::load(entry, options).with_context(|| format!("loading the model {model}"))?;
    let beam_width = settings.named_beam_width;
    let request = TextRequest { beam_width, max_tokens: flags.max_tokens, ..TextRequest::default() };
    let task = Generating { engine, request, json: flags.json };
    match (&flags.batch, &flags.text) {
        (Some(path), _) => lines::each(path, GROUP, |lines| task.lines(lines)),
        (None, Some(text)) => task.single(text),
        (None, None) => bail!("a text is needed, or --batch"),
    }
}

/// A model, and how it is asked.
struct Generating {
    engine: TextEngine,
    request: TextRequest<'static>,
    json: bool,
}

impl Generating {
    fn single(&self, text: &str) -> anyhow::Result<Outcome> {
        for answer in self.engine.answer(&[text], &self.request)? {
            answer.notes.iter().for_each(|note| eprintln!("note: {note}"));
            let text = if self.json { self.json_of(answer)? } else { answer.text };
            print(&text)?;
        }
        Ok(Outcome::Done)
    }

    /// Good lines go together; where that fails, one by one, so that each has its own reason.
    fn lines(&self, lines: &[Vec<u8>]) -> Vec<anyhow::Result<String>> {
        let texts: Vec<_> = lines.iter().map(|line| lines::object::<Line>(line, "text")).collect();
        let good: Vec<&str> = texts.iter().flatten().map(|line| line.text.as_str()).collect();
        let mut answers = self.together(&good).into_iter();
        let answer = |text: anyhow::Result<Line>| {
            text?;
            let answer = answers.next().context("a line without an answer")??;
            answer.notes.iter().for_each(|note| eprintln!("note: {note}"));
            if self.json { self.json_of(answer) } else { Ok(lines::one_line(&answer.text)) }
        };
        texts.into_iter().map(answer).collect()
    }

    fn together(&self, texts: &[&str]) -> Vec<anyhow::Result<TextAnswer>> {
        match self.engine.answer(texts, &self.request) {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(_) if texts.len() > 1 => texts.iter().flat_map(|text| self.together(&[text])).collect(),
            Err(error) => vec![Err(error.into())],
        }
    }

    fn json_of(&self, answer: TextAnswer) -> anyhow::Result<String> {
        Ok(serde_json::to_string(&GeneratedBody::new(answer, self.engine.name(), Duration::ZERO))?)
    }
}
