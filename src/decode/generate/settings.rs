//! The settings of generation, by the names of `generation_config.json` (but for `beam_width` and `n_best`).

use crate::error::{Error, Result};

/// When a beam search ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EarlyStopping {
    /// `false`: when no running hypothesis is likely to become better than the worst finished one.
    #[default]
    Likely,
    /// `true`: as soon as there are as many finished hypotheses as the beam is wide.
    Full,
    /// `"never"`: when no running hypothesis can become better, at whatever length.
    Never,
}

/// How to generate.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationSettings {
    /// Hypotheses kept; 1 is greedy search. `num_beams` in the file.
    pub beam_width: usize,
    /// Generations wanted a source, at most the beam's width. `num_return_sequences` in the file.
    pub n_best: usize,
    /// Ids at most, the start included; 21 where neither this nor `max_new_tokens` is given.
    pub max_length: Option<usize>,
    /// Ids at most, the start not counted; goes before `max_length`.
    pub max_new_tokens: Option<usize>,
    /// Ids at least before the end, the start included.
    pub min_length: usize,
    /// Ids at least before the end, the start not counted; goes before `min_length`.
    pub min_new_tokens: Option<usize>,
    /// A beam orders its hypotheses by log-probability / length^length_penalty.
    pub length_penalty: f64,
    /// When a beam ends.
    pub early_stopping: EarlyStopping,
    /// No group of this many ids comes twice; 0 for any.
    pub no_repeat_ngram_size: usize,
    /// No group of this many ids of the source is copied; 0 for any.
    pub encoder_no_repeat_ngram_size: usize,
    /// What scores of ids that came before are divided by (multiplied by where negative).
    pub repetition_penalty: f32,
    /// Groups of ids that never come.
    pub bad_words_ids: Vec<Vec<u32>>,
    /// Ids that never come.
    pub suppress_tokens: Vec<u32>,
    /// Ids that never come first.
    pub begin_suppress_tokens: Vec<u32>,
    /// The id that comes first.
    pub forced_bos_token_id: Option<u32>,
    /// The ids of which one comes last where a text is as long as it may be.
    pub forced_eos_token_id: Vec<u32>,
    /// Whether scores become probabilities again after all that.
    pub renormalize_logits: bool,
    /// The id that the decoder is given first.
    pub decoder_start_token_id: u32,
    /// The ids that end a text.
    pub eos_token_id: Vec<u32>,
}

/// Ids after the start where no length is given; as in the reference.
const DEFAULT_NEW_TOKENS: usize = 20;

impl Default for GenerationSettings {
    fn default() -> Self {
        Self {
            beam_width: 1,
            n_best: 1,
            max_length: None,
            max_new_tokens: None,
            min_length: 0,
            min_new_tokens: None,
            length_penalty: 1.0,
            early_stopping: EarlyStopping::default(),
            no_repeat_ngram_size: 0,
            encoder_no_repeat_ngram_size: 0,
            repetition_penalty: 1.0,
            bad_words_ids: Vec::new(),
            suppress_tokens: Vec::new(),
            begin_suppress_tokens: Vec::new(),
            forced_bos_token_id: None,
            forced_eos_token_id: Vec::new(),
            renormalize_logits: false,
            decoder_start_token_id: 0,
            eos_token_id: Vec::new(),
        }
    }
}

impl GenerationSettings {
    /// Ids at most, the start included.
    #[must_use]
    pub fn longest(&self) -> usize {
        match (self.max_new_tokens, self.max_length) {
            (Some(new), _) => new.saturating_add(1),
            (None, Some(length)) => length,
            (None, None) => DEFAULT_NEW_TOKENS + 1,
        }
    }

    /// Ids before an end may come, the start included.
    pub(super) fn shortest(&self) -> usize {
        self.min_new_tokens.map_or(self.min_length, |new| new.saturating_add(1))
    }

    /// # Errors
    /// [`Error::Input`] with everything that contradicts itself.
    pub(super) fn check(&self) -> Result<()> {
        let mut findings = Vec::new();
        if self.beam_width == 0 {
            findings.push("a beam of no hypotheses".to_owned());
        }
        if self.n_best == 0 || self.n_best > self.beam_width {
            findings.push(format!("{} texts are wanted of a beam of {}", self.n_best, self.beam_width));
        }
        if self.longest() < 2 {
            findings.push("a text of no pieces is asked for".to_owned());
        }
        if self.shortest() > self.longest() {
            findings.push(format!("at least {} pieces and at most {}", self.shortest(), self.longest()));
        }
        if !self.length_penalty.is_finite() {
            findings.push(format!("length_penalty is {}", self.length_penalty));
        }
        if self.repetition_penalty.is_nan() || self.repetition_penalty <= 0.0 {
            findings.push(format!("repetition_penalty is {}, not above 0", self.repetition_penalty));
        }
        if findings.is_empty() { Ok(()) } else { Err(Error::input(findings.join("; "))) }
    }
}
