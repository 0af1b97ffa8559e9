//! The native network behind [`Network`], and models from disk.

use super::engine::Engine;
use super::network::Network;
use super::ranking::Ranking;
use super::session::LARGEST_FORM;
use super::text_sql;
use crate::decode::{Scorer, Step};
use crate::error::{Error, Result};
use crate::form::Keyword;
use crate::link::{FEATURE_NAMES, NodeKind, Prompt, PromptOptions, Relation};
use crate::model::{COLUMN, DecoderState, DeviceChoice, EncoderInput, Memory, ModelConfig, NativeModel, TABLE, WORD};
use crate::tokens::Tokenizer;
use std::path::Path;

/// The engine for the model in this folder: a native one, or a text-to-text checkpoint held by the grammar.
///
/// # Errors
/// [`Error::Weights`] where a file is missing, cut, or made for another version of the form or of linking;
/// [`Error::Input`] where the device cannot be used.
pub fn load(folder: &Path, device: DeviceChoice) -> Result<Engine> {
    if text_sql::is_text_model(folder) {
        return text_sql::load(folder, device);
    }
    let model = NativeModel::load(folder, device)?;
    let tokenizer = Tokenizer::from_file(folder.join("tokenizer.json"))?;
    let findings = misfits(model.config(), &tokenizer);
    if !findings.is_empty() {
        return Err(Error::weights(folder.join("config.json").display().to_string(), findings.join("; ")));
    }
    Ok(Engine::new(Box::new(Native { model }), tokenizer).with_ranking(Ranking::read(folder)?))
}

/// What of a model does not fit this program: ids would mean something else than they were trained to.
fn misfits(config: &ModelConfig, tokenizer: &Tokenizer) -> Vec<String> {
    let mut findings = Vec::new();
    let known: [(&str, &[String], Vec<&str>); 3] = [
        ("keyword", &config.keywords, Keyword::ALL.iter().map(|keyword| keyword.name()).collect()),
        ("relation", &config.relations, Relation::ALL.iter().map(|relation| relation.name()).collect()),
        ("feature", &config.features, FEATURE_NAMES.to_vec()),
    ];
    for (what, theirs, ours) in known {
        if theirs.len() != ours.len() {
            findings.push(format!("{} {what}s, this program has {}", theirs.len(), ours.len()));
        } else if let Some((theirs, ours)) = theirs.iter().zip(ours).find(|(theirs, ours)| theirs != ours) {
            findings.push(format!("the {what} {theirs} stands where this program has {ours}"));
        }
    }
    if tokenizer.size() > config.sizes.vocabulary {
        findings.push(format!("{} word pieces in the tokenizer, {} known", tokenizer.size(), config.sizes.vocabulary));
    }
    if config.sizes.max_symbols <= LARGEST_FORM {
        findings.push(format!("forms of {} symbols, {} are needed", config.sizes.max_symbols, LARGEST_FORM + 1));
    }
    findings
}

struct Native {
    model: NativeModel,
}

impl Network for Native {
    fn name(&self) -> &str {
        &self.model.config().name
    }

    fn max_pieces(&self) -> usize {
        PromptOptions::default().max_pieces.min(self.model.config().sizes.positions)
    }

    fn read<'a>(&'a self, prompt: &'a Prompt) -> Result<Box<dyn Scorer + 'a>> {
        let memory = self.model.encode(&[input_of(prompt)])?;
        Ok(Box::new(NativeScorer { model: &self.model, memory, state: self.model.start(0, 1) }))
    }
}

/// The prompt as plain arrays.
fn input_of(prompt: &Prompt) -> EncoderInput {
    let kind = |kind| match kind {
        NodeKind::Word(_) => WORD,
        NodeKind::Column(_) => COLUMN,
        NodeKind::Table(_) => TABLE,
    };
    EncoderInput {
        piece_ids: prompt.piece_ids.clone(),
        type_ids: prompt.type_ids.clone(),
        starts: prompt.starts.clone(),
        node_spans: prompt.nodes.iter().map(|node| (node.pieces.start, node.pieces.end)).collect(),
        node_kinds: prompt.nodes.iter().map(|node| kind(node.kind)).collect(),
        features: prompt.features.clone(),
        relations: prompt.relations.clone(),
    }
}

/// One question's decoder with its history.
struct NativeScorer<'a> {
    model: &'a NativeModel,
    memory: Memory,
    state: DecoderState,
}

impl Scorer for NativeScorer<'_> {
    fn step(&mut self, steps: &[Step]) -> Result<Vec<Vec<f32>>> {
        if steps.iter().any(|step| step.last.is_none()) {
            self.state = self.model.start(0, 1);
        }
        let last: Vec<u32> = steps.iter().map(|step| step.last.unwrap_or(Keyword::Begin.id() as u32)).collect();
        let parents: Vec<usize> = steps.iter().map(|step| step.parent).collect();
        self.model.step(&self.memory, &mut self.state, &last, &parents)
    }
}
