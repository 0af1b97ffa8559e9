//! Text to text with a published sequence-to-sequence checkpoint: tokenizer, network and settings of one folder.
//!
//! ```no_run
//! use argiope::pipeline::{DeviceChoice, NumberFormat, TextModel, TextOptions};
//! # fn main() -> argiope::Result<()> {
//! let options = TextOptions { device: DeviceChoice::Cpu, format: NumberFormat::Auto };
//! let model = TextModel::load("models/t5-small".as_ref(), options)?;
//! let settings = model.settings().clone();
//! for answer in model.generate(&["translate English to German: A house."], &settings)? {
//!     println!("{}", answer.text);
//! }
//! # Ok(())
//! # }
//! ```

use super::generation::{self, Task};
use crate::decode::{Generation, GenerationSettings, Scorer, Step, generate};
use crate::error::{Error, Result};
use crate::model::{DeviceChoice, HubMemory, HubModel, HubState, NumberFormat};
use crate::tokens::TextTokenizer;
use std::{collections::BTreeMap, path::Path};

/// Pieces of a source at most where the network knows no limit: time and memory grow with their square.
const LONGEST_SOURCE: usize = 4096;
/// Texts that go through the network together.
const BATCH: usize = 8;

/// A loaded checkpoint; shared by reference, never changed.
#[derive(Debug)]
pub struct TextModel {
    name: String,
    network: HubModel,
    tokenizer: TextTokenizer,
    settings: GenerationSettings,
    tasks: BTreeMap<String, Task>,
}

/// Where and in which numbers a checkpoint runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextOptions {
    /// The device.
    pub device: DeviceChoice,
    /// How weights are kept.
    pub format: NumberFormat,
}

/// A generated text.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// The text, special pieces left out.
    pub text: String,
    /// Log-probability by length; comparable between texts of one source only.
    pub score: f32,
    /// The next best, best first; `n_best` of the settings says how many there are in all.
    pub alternatives: Vec<GeneratedAlternative>,
    /// Pieces of the source that were cut off because the network reads no more.
    pub cut: usize,
    /// Pieces written, the end included.
    pub pieces: usize,
}

/// A text that was not the best.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratedAlternative {
    /// The text, special pieces left out.
    pub text: String,
    /// As [`Generated::score`].
    pub score: f32,
}

impl Generated {
    /// What the reader should know: that the source was cut. `None` where there is nothing to say.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        (self.cut > 0)
            .then(|| format!("the text is too long for this model; its last {} pieces were not read", self.cut))
    }
}

impl TextModel {
    /// Loads a folder with `config.json`, weights and `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Weights`] where a file is missing, cut, of another family or shape, or asks for what this program does
    /// not do; [`Error::Input`] for a device or format that cannot be used.
    pub fn load(folder: &Path, options: TextOptions) -> Result<Self> {
        let tokenizer = TextTokenizer::from_folder(folder)?;
        let network = HubModel::load(folder, options.device, options.format)?;
        let generation::Defaults { settings, tasks } = generation::read(folder, network.config())?;
        let known = network.config().vocabulary().max(network.config().source_vocabulary());
        if tokenizer.size() > known {
            let message = format!("the tokenizer has {} pieces, the network {known}", tokenizer.size());
            return Err(Error::weights(folder.display().to_string(), message));
        }
        let name =
            folder.file_name().map_or_else(|| folder.display().to_string(), |n| n.to_string_lossy().into_owned());
        Ok(Self { name, network, tokenizer, settings, tasks })
    }

    /// The folder's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings of the checkpoint's files.
    #[must_use]
    pub fn settings(&self) -> &GenerationSettings {
        &self.settings
    }

    /// What `task_specific_params` offers, by name: a prefix and settings that the caller may use.
    #[must_use]
    pub fn tasks(&self) -> &BTreeMap<String, Task> {
        &self.tasks
    }

    /// The tokenizer.
    #[must_use]
    pub fn tokenizer(&self) -> &TextTokenizer {
        &self.tokenizer
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &HubModel {
        &self.network
    }

    /// Pieces of a source that are read, special ones included.
    #[must_use]
    pub fn longest_source(&self) -> usize {
        self.network.config().most_positions().unwrap_or(LONGEST_SOURCE)
    }

    /// One answer a text, in order; each comes out as it would alone. Longer sources than the network reads are cut,
    /// and [`Generated::cut`] says so.
    ///
    /// # Errors
    /// [`Error::Input`] for settings that contradict each other or ask for more pieces than the network has positions;
    /// what the network reports.
    pub fn generate(&self, texts: &[&str], settings: &GenerationSettings) -> Result<Vec<Generated>> {
        let mut answers = Vec::with_capacity(texts.len());
        for texts in texts.chunks(BATCH) {
            answers.extend(self.generate_together(texts, settings)?);
        }
        Ok(answers)
    }

    fn generate_together(&self, texts: &[&str], settings: &GenerationSettings) -> Result<Vec<Generated>> {
        let sources = texts.iter().map(|text| self.tokenizer.encode(text, self.longest_source()));
        let sources = sources.collect::<Result<Vec<_>>>()?;
        let ids: Vec<&[u32]> = sources.iter().map(|source| source.ids.as_slice()).collect();
        let found = self.generate_ids(&ids, settings)?;
        sources.iter().zip(found).map(|(source, found)| self.answer(&found, source.cut)).collect()
    }

    /// As [`TextModel::generate`], from the encoder's ids to the decoder's.
    ///
    /// # Errors
    /// As [`TextModel::generate`].
    pub fn generate_ids(&self, sources: &[&[u32]], settings: &GenerationSettings) -> Result<Vec<Vec<Generation>>> {
        let mut scorer = self.scorer(sources, settings)?;
        // On a thread of the pool: from outside, every product that is shared out would put this thread to sleep.
        rayon::join(|| generate(&mut scorer, sources, settings), || ()).0
    }

    /// Reads a text; what comes back scores the pieces after each hypothesis, for a search of one's own
    /// ([`crate::decode::search`]). Of the settings the lengths, the beam's width and the start count.
    ///
    /// # Errors
    /// What tokenizer and network report; [`Error::Input`] for a text that is longer than the network reads.
    pub fn read(&self, text: &str, settings: &GenerationSettings) -> Result<TextScorer<'_>> {
        let source = self.tokenizer.encode(text, self.longest_source())?;
        if source.cut > 0 {
            let most = self.longest_source();
            return Err(Error::input(format!(
                "the text has {} pieces, the model reads {most}",
                source.ids.len() + source.cut
            )));
        }
        self.scorer(&[&source.ids], settings)
    }

    pub(super) fn scorer(&self, sources: &[&[u32]], settings: &GenerationSettings) -> Result<TextScorer<'_>> {
        let (capacity, width) = (settings.longest().saturating_sub(1), settings.beam_width);
        let all: Vec<usize> = (0..sources.len()).collect();
        let state = self.network.start(&all, capacity, width)?;
        let memory = self.network.encode(sources)?;
        Ok(TextScorer { model: self, memory, state, start: settings.decoder_start_token_id, capacity, width })
    }

    pub(super) fn answer(&self, found: &[Generation], cut: usize) -> Result<Generated> {
        let texts = found.iter().map(|generation| {
            Ok(GeneratedAlternative { text: self.tokenizer.decode(&generation.ids)?, score: generation.score })
        });
        let mut texts = texts.collect::<Result<Vec<_>>>()?.into_iter();
        let best = texts.next().ok_or_else(|| Error::internal("a search without a result"))?;
        let pieces = found.first().map_or(0, |best| best.ids.len());
        Ok(Generated { text: best.text, score: best.score, alternatives: texts.collect(), cut, pieces })
    }
}

/// Encoded sources and the decoder's hypotheses.
#[derive(Debug, Clone)]
pub struct TextScorer<'a> {
    model: &'a TextModel,
    memory: HubMemory,
    state: HubState,
    /// What the decoder is given first.
    start: u32,
    /// Ids that it can be given.
    capacity: usize,
    width: usize,
}

impl Scorer for TextScorer<'_> {
    fn step(&mut self, steps: &[Step]) -> Result<Vec<Vec<f32>>> {
        let mut parents: Vec<usize> = steps.iter().map(|step| step.parent).collect();
        if steps.iter().any(|step| step.last.is_none()) {
            self.state = self.model.network.start(&parents, self.capacity, self.width)?;
            parents = (0..steps.len()).collect();
        }
        let last: Vec<u32> = steps.iter().map(|step| step.last.unwrap_or(self.start)).collect();
        self.model.network.step(&self.memory, &mut self.state, &last, &parents)
    }
}
